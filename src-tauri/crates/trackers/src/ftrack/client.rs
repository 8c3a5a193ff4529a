//! The API as the engine needs it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use callboard_model::{Clock, Entity, EntityKey, EntityRef, EntityType, Note, StatusCode, Surroundings};
use serde_json::{Value, json};

use super::STATUS_FIELD;
use super::around::Walk;
use super::query::{Query, VALUES_AT_ONCE, checked};
use super::reading::{By, ids};
use super::record::{at, id, plain, reference, status, text};
use super::schema::Schemas;
use super::types::{ASSET_VERSION, ObjectTypes, PROJECT, TYPED_CONTEXT, USER, wire_name};
use super::wire::{Row, UserKey, Wire, update};
use super::workflow::Of;
use crate::{Comparison, Examination, ListedProject, Network, SiteLog, SiteStatus, Tracker, TrackerError, Webhooks};

/// One site's API.
pub struct Ftrack {
    pub(super) wire: Wire,
    pub(super) types: ObjectTypes,
    pub(super) schemas: Schemas,
}

impl Ftrack {
    /// A client for the site at `url`. Errors when that is no web address. Nothing is sent yet.
    pub fn new(url: &str, who: UserKey, clock: Arc<dyn Clock>) -> Result<Self, TrackerError> {
        Self::with_network(url, who, &Network::default(), clock)
    }

    /// As [`Self::new`], where the site has a certificate authority or a proxy of its own. Errors too when these cannot be used.
    pub fn with_network(
        url: &str,
        who: UserKey,
        network: &Network,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TrackerError> {
        Ok(Self {
            wire: Wire::new(url, who, network, clock)?,
            types: ObjectTypes::default(),
            schemas: Schemas::default(),
        })
    }

    /// A field of entities, by table.
    async fn field_of(&self, keys: &[EntityKey], field: &str) -> Result<HashMap<EntityKey, Row>, TrackerError> {
        let (contexts, versions) = ids(keys);
        let mut queries = Vec::new();
        for (table, of) in [(TYPED_CONTEXT, &contexts), (ASSET_VERSION, &versions)] {
            for some in of.chunks(VALUES_AT_ONCE) {
                queries.push(Query::select(&["id", field], table)?.one_of("id", some));
            }
        }
        if queries.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self.wire.rows_of(queries).await?.into_iter().flatten();
        let rows: HashMap<String, Row> = rows.filter_map(|row| Some((id(&row)?.to_owned(), row))).collect();
        // A row says its type in its own way: an entity is the one that was asked for.
        let found = keys
            .iter()
            .filter_map(|key| Some((key.clone(), rows.get(&key.id.to_string())?.clone())));
        Ok(found.collect())
    }

    async fn put(&self, entity: &EntityKey, field: &str, value: Value) -> Result<(), TrackerError> {
        let kind = checked(wire_name(&entity.kind), "")?;
        let data = Row::from_iter([(field.to_owned(), value)]);
        self.wire
            .ask(vec![update(kind, &entity.id.to_string(), data)])
            .await
            .map(drop)
    }

    async fn project_rows(&self, active: bool) -> Result<Vec<Row>, TrackerError> {
        let query = Query::select(&["id", "name", "full_name", "status"], "Project")?;
        self.wire
            .rows(if active { query.is("status", "active") } else { query })
            .await
    }
}

/// A project as people call it.
pub(super) fn project(row: &Row) -> Option<EntityRef> {
    let link = reference(PROJECT, id(row)?);
    Some(match text(row, "full_name").or_else(|| text(row, "name")) {
        Some(name) => link.named(name),
        None => link,
    })
}

/// A user as people call them.
pub(super) fn user(row: &Row) -> Option<EntityRef> {
    let link = reference(USER, id(row)?);
    let names: Vec<&str> = ["first_name", "last_name"]
        .into_iter()
        .filter_map(|name| text(row, name))
        .collect();
    let name = if names.is_empty() {
        text(row, "username")?.to_owned()
    } else {
        names.join(" ")
    };
    Some(link.named(name))
}

pub(super) const OF_USER: [&str; 4] = ["id", "username", "first_name", "last_name"];

#[async_trait]
impl Tracker for Ftrack {
    fn status_field(&self) -> &'static str {
        STATUS_FIELD
    }

    async fn me(&self) -> Result<EntityKey, TrackerError> {
        let query = Query::select(&OF_USER, USER)?.is("username", self.wire.user());
        let rows = self.wire.rows(query).await?;
        let me = rows.first().and_then(user);
        Ok(me
            .ok_or_else(|| {
                self.wire
                    .unreadable("it has no user of the name that the key belongs to")
            })?
            .key)
    }

    async fn around(&self, entity: &EntityKey, needed: &Surroundings) -> Result<Vec<Entity>, TrackerError> {
        Walk::new(self, needed, entity).all().await
    }

    async fn read(&self, keys: &[EntityKey]) -> Result<Vec<Entity>, TrackerError> {
        let nothing_more = Surroundings::default();
        let (contexts, versions) = ids(keys);
        let mut entities = self.entities(By::Contexts, &contexts, None, &nothing_more).await?;
        self.settle_upstream(&mut entities).await?;
        entities.extend(self.entities(By::Versions, &versions, None, &nothing_more).await?);
        for entity in &mut entities {
            if let Some(asked) = keys.iter().find(|key| key.id == entity.key.id) {
                entity.key.kind = asked.kind.clone();
            }
        }
        Ok(entities)
    }

    async fn note(&self, key: &EntityKey) -> Result<Option<Note>, TrackerError> {
        self.read_note(key).await
    }

    async fn find(
        &self,
        kind: &EntityType,
        names: &[String],
        project: Option<&EntityKey>,
    ) -> Result<Vec<(String, Vec<EntityRef>)>, TrackerError> {
        self.find_named(kind, names, project).await
    }

    async fn find_by(&self, kind: &EntityType, field: &str, text: &str) -> Result<Vec<EntityRef>, TrackerError> {
        self.find_holding(kind, field, text).await
    }

    async fn projects(&self) -> Result<Vec<EntityRef>, TrackerError> {
        let rows = self.project_rows(true).await?;
        let mut projects: Vec<EntityRef> = rows.iter().filter_map(project).collect();
        projects.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(projects)
    }

    async fn all_projects(&self) -> Result<Vec<ListedProject>, TrackerError> {
        let rows = self.project_rows(false).await?;
        let listed = rows.iter().filter_map(|row| {
            Some(ListedProject {
                project: project(row)?,
                archived: text(row, "status").is_some_and(|status| status != "active"),
            })
        });
        Ok(listed.collect())
    }

    async fn statuses(&self, keys: &[EntityKey]) -> Result<HashMap<EntityKey, Option<StatusCode>>, TrackerError> {
        let rows = self.field_of(keys, STATUS_FIELD).await?;
        Ok(rows.into_iter().map(|(key, row)| (key, status(&row))).collect())
    }

    /// The session is of no use: open pages of ftrack refresh by themselves.
    async fn set_status(
        &self,
        entity: &EntityKey,
        to: Option<&StatusCode>,
        _session: Option<&str>,
    ) -> Result<(), TrackerError> {
        let code = json!(to.map(StatusCode::as_str));
        self.put(entity, STATUS_FIELD, code).await
    }

    async fn values(&self, keys: &[EntityKey], field: &str) -> Result<HashMap<EntityKey, Value>, TrackerError> {
        let rows = self.field_of(keys, field).await?;
        let value = |row: Row| at(&row, field).map(plain).unwrap_or_default();
        Ok(rows.into_iter().map(|(key, row)| (key, value(row))).collect())
    }

    async fn set_field(
        &self,
        entity: &EntityKey,
        field: &str,
        to: Option<&str>,
        _session: Option<&str>,
    ) -> Result<(), TrackerError> {
        let not = |why: String| TrackerError::NotSettable {
            field: field.to_owned(),
            why,
        };
        if [STATUS_FIELD, "status"].contains(&field) {
            return Err(not("it is the status, which has a way of its own".to_owned()));
        }
        let tables = self.tables().await?;
        let table = tables.get(wire_name(&entity.kind)).ok_or(TrackerError::NotFound)?;
        let value = table.in_type(field, to).map_err(not)?;
        self.put(entity, field, value).await
    }

    async fn names(&self, keys: &[EntityKey]) -> Result<Vec<EntityRef>, TrackerError> {
        let of = |kind: &str| -> Vec<String> {
            let of_kind = keys.iter().filter(|key| key.kind.is(kind));
            of_kind.map(|key| key.id.to_string()).collect()
        };
        let mut names = Vec::with_capacity(keys.len());
        let (users, projects) = (of(USER), of(PROJECT));
        for some in users.chunks(VALUES_AT_ONCE) {
            let query = Query::select(&OF_USER, USER)?.one_of("id", some);
            names.extend(self.wire.rows(query).await?.iter().filter_map(user));
        }
        for some in projects.chunks(VALUES_AT_ONCE) {
            let query = Query::select(&["id", "name", "full_name"], PROJECT)?.one_of("id", some);
            names.extend(self.wire.rows(query).await?.iter().filter_map(project));
        }
        let entities = self.read(keys).await?;
        names.extend(entities.iter().map(Entity::to_ref));
        Ok(names)
    }

    /// Those that some project that is being worked on allows for the type. Errors with `NotFound` for a type that is none.
    async fn status_list(&self, kind: &EntityType) -> Result<Vec<SiteStatus>, TrackerError> {
        let workflows = self.workflows(Of::Active).await?;
        if !workflows.knows(kind) {
            return Err(TrackerError::NotFound);
        }
        Ok(workflows.of_kind(kind))
    }

    /// Those of the workspace that the project's workflow does not allow for the type: the site refuses to set them there.
    async fn hidden(&self, kind: &EntityType, project: &EntityKey) -> Result<BTreeSet<StatusCode>, TrackerError> {
        let id = project.id.to_string();
        let workflows = self.workflows(Of::Project(&id)).await?;
        Ok(workflows.not_allowed(kind, &id))
    }

    fn log(&self) -> Option<&dyn SiteLog> {
        None
    }

    fn comparison(&self) -> Option<&dyn Comparison> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        Some(self)
    }

    fn examination(&self) -> Option<&dyn Examination> {
        Some(self)
    }

    fn object_types(&self) -> Option<ObjectTypes> {
        Some(self.types.clone())
    }
}
