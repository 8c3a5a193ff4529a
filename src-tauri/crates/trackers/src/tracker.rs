use std::collections::HashMap;

use async_trait::async_trait;
use callboard_model::{Entity, EntityKey, EntityRef, EntityType, HookState, StatusCode};

use crate::TrackerError;

/// A status as the site defines it for one entity type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteStatus {
    /// The code.
    pub code: StatusCode,
    /// What people call it.
    pub name: String,
    /// `#rrggbb`; none where the site gives none.
    pub color: Option<String>,
    /// Whether the site hides it from people. Writing it is not refused.
    pub hidden: bool,
}

/// A hook as the site knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteHook {
    /// The site's id of it.
    pub id: String,
    /// Where it delivers to.
    pub url: String,
    /// Its state.
    pub state: HookState,
}

/// What the engine asks of a site.
#[async_trait]
pub trait Tracker: Send + Sync {
    /// The field that holds an entity's status.
    fn status_field(&self) -> &'static str;

    /// The account that our own writes are made by, so that their echo is recognised.
    async fn me(&self) -> Result<EntityKey, TrackerError>;

    /// The entity and what hangs around it: a Version's Task, a Task's Shot; with `siblings`, the Shot's other Tasks. Read
    /// now, never remembered. An entity that is gone is missing from the answer.
    async fn around(&self, entity: &EntityKey, siblings: bool) -> Result<Vec<Entity>, TrackerError>;

    /// The entities of these keys, with their links, in one call a type.
    async fn read(&self, keys: &[EntityKey]) -> Result<Vec<Entity>, TrackerError>;

    /// The statuses of these entities now. One that is gone is missing.
    async fn statuses(&self, keys: &[EntityKey]) -> Result<HashMap<EntityKey, Option<StatusCode>>, TrackerError>;

    /// Sets a status; none clears it.
    async fn set_status(&self, entity: &EntityKey, to: Option<&StatusCode>) -> Result<(), TrackerError>;

    /// What people call these entities.
    async fn names(&self, keys: &[EntityKey]) -> Result<Vec<EntityRef>, TrackerError>;

    /// The statuses an entity type may have, in the site's order.
    async fn status_list(&self, kind: &EntityType) -> Result<Vec<SiteStatus>, TrackerError>;

    /// The hooks that the site has.
    async fn hooks(&self) -> Result<Vec<RemoteHook>, TrackerError>;
}
