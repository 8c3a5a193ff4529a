use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use callboard_model::{Entity, EntityKey, EntityRef, EntityType, Note, StatusCode, Surroundings};
use serde_json::Value;

use crate::ftrack::ObjectTypes;
use crate::{Comparison, Examination, SiteLog, TrackerError, Webhooks};

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

/// A project, as its site lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedProject {
    /// Which, with its name.
    pub project: EntityRef,
    /// Whether it is archived.
    pub archived: bool,
}

/// What the engine asks of a site.
#[async_trait]
pub trait Tracker: Send + Sync {
    /// The field that holds an entity's status.
    fn status_field(&self) -> &'static str;

    /// Whether it is asked over the network. Of a site that is only heard, all answers come from what the journal was told, so that
    /// nothing in them is new to it, and its lists hold what was heard so far.
    fn is_read(&self) -> bool {
        true
    }

    /// The account that our own writes are made by, so that their echo is recognised.
    async fn me(&self) -> Result<EntityKey, TrackerError>;

    /// The entity, first, and what hangs around it as far as it is `needed`; more may come, where it came with the same
    /// call. Read now, never remembered. An entity that is gone is missing from the answer; one in the trash is not gone, but
    /// of what is around it nothing comes that is in the trash itself.
    ///
    /// Errors with `TooMany` when it would be more than a plan can look at.
    async fn around(&self, entity: &EntityKey, needed: &Surroundings) -> Result<Vec<Entity>, TrackerError>;

    /// The entities of these keys, with their links, in one call a type.
    async fn read(&self, keys: &[EntityKey]) -> Result<Vec<Entity>, TrackerError>;

    /// What a note says, and about what. None for what is no note or is gone.
    async fn note(&self, key: &EntityKey) -> Result<Option<Note>, TrackerError>;

    /// The entities of a type that have these names, for each name as it was given: those with exactly that name or, where
    /// there is none, those whose name differs in capitals only.
    async fn find(
        &self,
        kind: &EntityType,
        names: &[String],
        project: Option<&EntityKey>,
    ) -> Result<Vec<(String, Vec<EntityRef>)>, TrackerError>;

    /// The entities of a type of which a field holds this text, said in the field's own type; more than two need not all come.
    /// What is in the trash is none. Errors where this kind of site cannot be asked so.
    async fn find_by(&self, kind: &EntityType, field: &str, text: &str) -> Result<Vec<EntityRef>, TrackerError> {
        let (_, _) = (kind, text);
        Err(TrackerError::NotSearchable(field.to_owned()))
    }

    /// The projects that are being worked on, by name.
    async fn projects(&self) -> Result<Vec<EntityRef>, TrackerError>;

    /// Every project, archived ones too, in no order. Templates are none.
    async fn all_projects(&self) -> Result<Vec<ListedProject>, TrackerError>;

    /// The statuses of these entities now. One that is gone is missing.
    async fn statuses(&self, keys: &[EntityKey]) -> Result<HashMap<EntityKey, Option<StatusCode>>, TrackerError>;

    /// Sets a status; none clears it. `session`: the browser session of the event that it follows from, so that its open pages
    /// refresh.
    async fn set_status(
        &self,
        entity: &EntityKey,
        to: Option<&StatusCode>,
        session: Option<&str>,
    ) -> Result<(), TrackerError>;

    /// What another field of these entities holds now, in the field's own type. One that is gone is missing.
    async fn values(&self, keys: &[EntityKey], field: &str) -> Result<HashMap<EntityKey, Value>, TrackerError>;

    /// Sets another field to text, said in the field's own type; none clears it. The status and links to other entities are
    /// not set by this road. `session`: as of [`Self::set_status`].
    async fn set_field(
        &self,
        entity: &EntityKey,
        field: &str,
        to: Option<&str>,
        session: Option<&str>,
    ) -> Result<(), TrackerError>;

    /// What people call these entities.
    async fn names(&self, keys: &[EntityKey]) -> Result<Vec<EntityRef>, TrackerError>;

    /// The statuses an entity type may have, in the site's order.
    async fn status_list(&self, kind: &EntityType) -> Result<Vec<SiteStatus>, TrackerError>;

    /// The statuses of an entity type that a project hides from its people, or that its workflow does not allow (ftrack, which refuses
    /// them there). Some may be none of the type's.
    async fn hidden(&self, kind: &EntityType, project: &EntityKey) -> Result<BTreeSet<StatusCode>, TrackerError>;

    /// The site's own log of events, where it has one.
    fn log(&self) -> Option<&dyn SiteLog>;

    /// The site's statuses as they stand, where it has no log to read.
    fn comparison(&self) -> Option<&dyn Comparison> {
        None
    }

    /// The site's webhooks, where it lets us administer them.
    fn webhooks(&self) -> Option<&dyn Webhooks>;

    /// What can be found out about the site, where there is more to find out than reading and writing show.
    fn examination(&self) -> Option<&dyn Examination>;

    /// The site's object types as far as it has been asked for them, where its deliveries name things by them.
    fn object_types(&self) -> Option<ObjectTypes> {
        None
    }
}
