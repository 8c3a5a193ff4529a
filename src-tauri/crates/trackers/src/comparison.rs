//! The second road where a site has no log: what stands in it now, to be compared with what is known.

use async_trait::async_trait;
use callboard_model::{Entity, EntityKey, EntityRef, EntityType, StatusCode};
use tokio::sync::mpsc;

use crate::TrackerError;

/// A site whose statuses can be read as they stand.
#[async_trait]
pub trait Comparison: Send + Sync {
    /// The things of these types in projects that are being worked on, each with its status now. Types that the site does not have
    /// give nothing, and so do Versions of no Task.
    async fn standing(&self, kinds: &[EntityType]) -> Result<Vec<Entity>, TrackerError>;

    /// Listens at the site's doorbell, where it has one, and passes on what changed, until the connection ends. What happens while
    /// nobody listens is not told later. Errors when it cannot be listened to.
    async fn listen(&self, rung: &mpsc::Sender<Ring>) -> Result<(), TrackerError>;
}

/// What a doorbell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ring {
    /// Somebody listens from now on.
    Open,
    /// Statuses changed.
    Changed(Vec<Rung>),
}

/// A status that a doorbell says was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Whose.
    pub entity: EntityKey,
    /// From what; none where there was none or it is not told.
    pub was: Option<StatusCode>,
    /// To what; none where it was cleared or is not told.
    pub status: Option<StatusCode>,
    /// By whom.
    pub by: Option<EntityRef>,
}
