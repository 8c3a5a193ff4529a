//! What can be found out about a site before it is trusted: facts alone. What they mean for a coordinator is said elsewhere.

use async_trait::async_trait;
use callboard_model::{EntityKey, EntityRef, EntityType, StatusCode};

use crate::TrackerError;

/// What a site says of itself to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteCard {
    /// Its version, in its own words.
    pub version: String,
    /// How people sign in: `default`, `oxygen` …
    pub sign_in: Option<String>,
}

/// The account that our key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The script user, with its name.
    pub entity: EntityRef,
    /// Whether its writes leave event log entries, and so reach webhooks; none where the site does not say.
    pub leaves_entries: Option<bool>,
}

/// What the site would do with a write. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It would take it.
    Allowed,
    /// It would refuse, in its words.
    Refused(String),
    /// There is no entity of that type to try it on.
    NothingToTry,
}

/// How the latest Versions stand to Tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersionLinks {
    /// Versions looked at.
    pub looked: usize,
    /// Those that name their Task.
    pub with_task: usize,
}

/// What a setup wants to know of a site. All of it reads; nothing is written.
#[async_trait]
pub trait Examination: Send + Sync {
    /// What the site says of itself; no key is needed. Errors with `Unreadable` where it is no such site.
    async fn card(&self) -> Result<SiteCard, TrackerError>;

    /// The account of the key. Errors with `KeyRefused`.
    async fn account(&self) -> Result<Account, TrackerError>;

    /// Whether a field of an entity type may be set, tried on the newest entity of the type without writing (ShotGrid: a batch that
    /// always rolls back).
    async fn may_set(&self, kind: &EntityType, field: &str) -> Result<Permission, TrackerError>;

    /// Whether entities of a type may be read at all; the newest one, if so.
    async fn newest_of(&self, kind: &EntityType) -> Result<Option<EntityKey>, TrackerError>;

    /// Whether the latest Versions name their Task.
    async fn version_links(&self) -> Result<VersionLinks, TrackerError>;

    /// The fields of an entity type, by the site's names for them.
    async fn fields(&self, kind: &EntityType) -> Result<Vec<String>, TrackerError>;

    /// The entity types that the site has.
    async fn kinds(&self) -> Result<Vec<EntityType>, TrackerError>;

    /// The statuses of a type that a project shows, in the site's order.
    async fn shown_statuses(&self, kind: &EntityType, project: &EntityKey) -> Result<Vec<StatusCode>, TrackerError>;
}
