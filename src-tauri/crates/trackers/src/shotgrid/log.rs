//! The site's log of events: records of `EventLogEntry` (ShotGrid REST: event log).
//!
//! Rows become readable 0.3 to 0.4 s after they happened, and not in the order of their numbers.

use async_trait::async_trait;
use callboard_model::SiteName;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::client::ShotGrid;
use super::decode::{LOG_FIELDS, decode_log_row};
use super::record::key;
use super::search::{PAGE, Search};
use crate::{LogRow, MOST_LATE, SiteLog, TrackerError};

const ENTRY: &str = "EventLogEntry";

impl ShotGrid {
    /// One page of rows, in the order of their numbers.
    async fn log_page(
        &self,
        site: &SiteName,
        filters: Value,
        sort: &'static str,
        most: usize,
    ) -> Result<Vec<LogRow>, TrackerError> {
        let fields = LOG_FIELDS.map(ToOwned::to_owned);
        let mut search = Search::new(ENTRY, filters, &fields);
        search.sort = Some(sort);
        search.page = most;
        let records = self.page(&search, 1).await?;
        let mut rows: Vec<LogRow> = records
            .iter()
            .filter_map(|record| decode_log_row(site, record))
            .collect();
        rows.sort_by_key(|row| row.id);
        Ok(rows)
    }
}

#[async_trait]
impl SiteLog for ShotGrid {
    async fn newest(&self, site: &SiteName) -> Result<Option<LogRow>, TrackerError> {
        Ok(self.log_page(site, json!([]), "-id", 1).await?.pop())
    }

    async fn after(&self, site: &SiteName, id: i64, most: usize) -> Result<Vec<LogRow>, TrackerError> {
        if most == 0 {
            return Ok(Vec::new());
        }
        let filters = json!([["id", "greater_than", id]]);
        self.log_page(site, filters, "id", most.min(PAGE)).await
    }

    async fn rows(&self, site: &SiteName, ids: &[i64]) -> Result<Vec<LogRow>, TrackerError> {
        let mut rows = Vec::with_capacity(ids.len());
        for some in ids.chunks(PAGE) {
            rows.extend(self.log_page(site, json!([["id", "in", some]]), "id", PAGE).await?);
        }
        Ok(rows)
    }

    async fn ids_since(&self, at: Timestamp, up_to: i64) -> Result<Vec<i64>, TrackerError> {
        // The site's times are whole seconds, and `greater_than` leaves out the one that is named.
        let before = at.checked_sub(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MIN);
        let before = before.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let below = up_to.saturating_add(1);
        let fields = ["id".to_owned()];
        let filters = json!([["created_at", "greater_than", before], ["id", "less_than", below]]);
        let mut search = Search::new(ENTRY, filters, &fields);
        search.sort = Some("-id");
        search.most = MOST_LATE - 1;
        let found = self.search(&search).await?;
        let mut ids: Vec<i64> = found.iter().filter_map(|row| key(row)?.id.as_number()).collect();
        ids.sort_unstable_by(|one, other| other.cmp(one));
        ids.dedup();
        ids.truncate(MOST_LATE);
        ids.reverse();
        Ok(ids)
    }
}
