//! A site that is only heard: whatever is asked of it is answered from what its deliveries have told, and nothing is written there.

use std::collections::{BTreeSet, HashMap, HashSet};

use async_trait::async_trait;
use callboard_journal::{JournalError, Reader};
use callboard_model::{Entity, EntityKey, EntityRef, EntityType, Note, SiteName, StatusCode, Surroundings};
use callboard_trackers::creative_force::STATUS_FIELD;
use callboard_trackers::{Examination, ListedProject, SiteLog, SiteStatus, Tracker, TrackerError, Webhooks};
use serde_json::Value;

/// The most entities that a plan looks at.
const MOST: usize = 5_000;
/// How far up something can belong to something else.
const HIGHEST: usize = 8;
/// Why nothing is written.
const NOT_WRITTEN: &str = "Creative Force has no public way for others to set anything. Callboard shows what the rules would set, and \
                           tells it to outgoing webhooks";

/// A Creative Force studio as the journal has heard of it.
pub(crate) struct HeardSite {
    name: SiteName,
    reader: Reader,
}

impl HeardSite {
    pub(crate) fn new(name: SiteName, reader: Reader) -> Self {
        Self { name, reader }
    }

    /// Looks something up. These go by an index and take microseconds.
    fn look<T>(&self, look_up: impl FnOnce(&Reader) -> Result<T, JournalError>) -> Result<T, TrackerError> {
        look_up(&self.reader).map_err(|error| TrackerError::Unreadable {
            site: self.name.to_string(),
            why: error.to_string(),
        })
    }

    fn below(&self, owner: &EntityKey, kind: &EntityType) -> Result<Vec<Entity>, TrackerError> {
        self.look(|reader| reader.facts_below(&self.name, owner, kind, MOST + 1))
    }

    fn not_written() -> TrackerError {
        TrackerError::Refused(NOT_WRITTEN.into())
    }
}

/// What has been found around an event, each entity once, in the order in which it was found.
#[derive(Default)]
struct Around {
    found: Vec<Entity>,
    keys: HashSet<EntityKey>,
}

impl Around {
    fn add(&mut self, entities: Vec<Entity>) {
        for entity in entities {
            if self.keys.insert(entity.key.clone()) {
                self.found.push(entity);
            }
        }
    }
}

#[async_trait]
impl Tracker for HeardSite {
    fn status_field(&self) -> &'static str {
        STATUS_FIELD
    }

    fn is_read(&self) -> bool {
        false
    }

    /// Nothing is done there in our name.
    async fn me(&self) -> Result<EntityKey, TrackerError> {
        Err(TrackerError::NotFound)
    }

    async fn around(&self, entity: &EntityKey, needed: &Surroundings) -> Result<Vec<Entity>, TrackerError> {
        let mut around = Around::default();
        around.add(self.read(std::slice::from_ref(entity)).await?);
        let task = EntityType::from(EntityType::TASK);
        let mut next = 0;
        let mut height = 0;
        while let Some(here) = around.found.get(next).cloned() {
            next += 1;
            // What it belongs to costs nothing, and rules may lead there.
            if let Some(parent) = here.parent.as_ref().filter(|_| height < HIGHEST) {
                let above = self.read(std::slice::from_ref(&parent.key)).await?;
                height += usize::from(above.iter().any(|one| !around.keys.contains(&one.key)));
                around.add(above);
            }
            let same_kind = needed.same_kind.contains(&here.key.kind);
            let sibling = needed.sibling_tasks && here.key.kind == task;
            if let Some(parent) = here.parent.as_ref().filter(|_| same_kind || sibling) {
                around.add(self.below(&parent.key, &here.key.kind)?);
            }
            for (_, below) in needed.below.iter().filter(|(of, _)| *of == here.key.kind) {
                around.add(self.below(&here.key, below)?);
            }
            if around.found.len() > MOST {
                return Err(TrackerError::TooMany {
                    what: entity.to_string(),
                    most: MOST,
                });
            }
        }
        Ok(around.found)
    }

    async fn read(&self, keys: &[EntityKey]) -> Result<Vec<Entity>, TrackerError> {
        self.look(|reader| reader.facts_of(&self.name, keys))
    }

    /// Nothing that it sends is a note.
    async fn note(&self, _key: &EntityKey) -> Result<Option<Note>, TrackerError> {
        Ok(None)
    }

    async fn find(
        &self,
        kind: &EntityType,
        names: &[String],
        project: Option<&EntityKey>,
    ) -> Result<Vec<(String, Vec<EntityRef>)>, TrackerError> {
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            let named = self.look(|reader| reader.facts_named(&self.name, kind, name))?;
            let is_there =
                |entity: &Entity| project.is_none_or(|key| entity.project.as_ref().is_some_and(|p| p.key == *key));
            let named: Vec<EntityRef> = named.iter().filter(|e| is_there(e)).map(Entity::to_ref).collect();
            let exact: Vec<EntityRef> = named
                .iter()
                .filter(|e| e.name.as_ref() == Some(name))
                .cloned()
                .collect();
            found.push((name.clone(), if exact.is_empty() { named } else { exact }));
        }
        Ok(found)
    }

    async fn projects(&self) -> Result<Vec<EntityRef>, TrackerError> {
        self.look(|reader| reader.projects_of(&self.name))
    }

    async fn all_projects(&self) -> Result<Vec<ListedProject>, TrackerError> {
        let listed = self.projects().await?.into_iter();
        Ok(listed
            .map(|project| ListedProject {
                project,
                archived: false,
            })
            .collect())
    }

    async fn statuses(&self, keys: &[EntityKey]) -> Result<HashMap<EntityKey, Option<StatusCode>>, TrackerError> {
        let entities = self.read(keys).await?.into_iter();
        Ok(entities.map(|entity| (entity.key, entity.status)).collect())
    }

    async fn set_status(
        &self,
        _entity: &EntityKey,
        _to: Option<&StatusCode>,
        _session: Option<&str>,
    ) -> Result<(), TrackerError> {
        Err(Self::not_written())
    }

    async fn values(&self, keys: &[EntityKey], field: &str) -> Result<HashMap<EntityKey, Value>, TrackerError> {
        let entities = self.read(keys).await?.into_iter();
        Ok(entities
            .map(|mut entity| (entity.key, entity.fields.remove(field).unwrap_or_default()))
            .collect())
    }

    async fn set_field(
        &self,
        _entity: &EntityKey,
        _field: &str,
        _to: Option<&str>,
        _session: Option<&str>,
    ) -> Result<(), TrackerError> {
        Err(Self::not_written())
    }

    async fn names(&self, keys: &[EntityKey]) -> Result<Vec<EntityRef>, TrackerError> {
        self.look(|reader| reader.names_of(&self.name, keys))
    }

    /// Those that were heard so far. There may be others.
    async fn status_list(&self, kind: &EntityType) -> Result<Vec<SiteStatus>, TrackerError> {
        let by_type = self.look(|reader| reader.statuses_of(&self.name))?;
        let heard = by_type.get(kind).into_iter().flatten();
        Ok(heard
            .map(|status| SiteStatus {
                code: status.code.clone(),
                name: status.name.clone(),
                color: status.color.clone(),
                hidden: false,
            })
            .collect())
    }

    async fn hidden(&self, _kind: &EntityType, _project: &EntityKey) -> Result<BTreeSet<StatusCode>, TrackerError> {
        Ok(BTreeSet::new())
    }

    fn log(&self) -> Option<&dyn SiteLog> {
        None
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        None
    }

    fn examination(&self) -> Option<&dyn Examination> {
        None
    }
}
