//! A site's own log of events: the second road by which they reach us.

use async_trait::async_trait;
use callboard_model::{Event, SiteName};
use jiff::Timestamp;

use crate::TrackerError;

/// One row of a site's log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    /// The site's number of it.
    pub id: i64,
    /// When it happened, by the site's clock; none where the row does not say.
    pub at: Option<Timestamp>,
    /// The event that it tells. None where it only repeats a part of another row's event: a field that was set while its
    /// entity was being made, the date beside a retirement. No webhook delivers those either.
    pub event: Option<Event>,
    /// The row as the site gave it: JSON text.
    pub text: String,
}

/// The log of a site that has one (ShotGrid: EventLogEntry).
///
/// Rows come in the order of their numbers. A number may be missing because its transaction is not finished yet, or because it
/// was rolled back: only waiting tells.
#[async_trait]
pub trait SiteLog: Send + Sync {
    /// The newest row; none in an empty log.
    async fn newest(&self, site: &SiteName) -> Result<Option<LogRow>, TrackerError>;

    /// The first rows after a number, at most `most` (up to 500).
    async fn after(&self, site: &SiteName, id: i64, most: usize) -> Result<Vec<LogRow>, TrackerError>;

    /// The rows of these numbers (up to 500), those that can be read.
    async fn rows(&self, site: &SiteName, ids: &[i64]) -> Result<Vec<LogRow>, TrackerError>;

    /// The numbers of all rows from a time on that are not above a number: what may have been committed late. Where there are
    /// more than [`MOST_LATE`], the greatest of them.
    async fn ids_since(&self, at: Timestamp, up_to: i64) -> Result<Vec<i64>, TrackerError>;
}

/// The most numbers that [`SiteLog::ids_since`] gives.
pub const MOST_LATE: usize = 5000;
