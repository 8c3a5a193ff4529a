//! Entities read by a condition, with what they belong to.

use std::collections::{BTreeMap, BTreeSet};

use callboard_model::{Entity, EntityId, EntityKey, EntityType, Surroundings};

use super::client::Ftrack;
use super::query::{Query, VALUES_AT_ONCE};
use super::record::{OF_CONTEXT, OF_VERSION, context, id, kind, reference, text, version, with_asked};
use super::types::{ASSET_VERSION, PROJECT, TYPED_CONTEXT, is_context};
use super::wire::Row;
use crate::TrackerError;

/// Which column of which table is asked for some ids.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    /// Contexts themselves.
    Contexts,
    /// Versions themselves.
    Versions,
    /// What stands right under contexts.
    Parents,
    /// The Versions of Tasks.
    Tasks,
    /// The Versions of what the assets of contexts hold.
    AssetsOf,
}

impl By {
    fn of_versions(self) -> bool {
        matches!(self, Self::Versions | Self::Tasks | Self::AssetsOf)
    }

    fn column(self) -> &'static str {
        match self {
            Self::Contexts | Self::Versions => "id",
            Self::Parents => "parent_id",
            Self::Tasks => "task_id",
            Self::AssetsOf => "asset.context_id",
        }
    }
}

/// The ids of keys that this tracker can have, and whether each is a Version's.
pub(super) fn ids<'k>(keys: impl IntoIterator<Item = &'k EntityKey>) -> (Vec<&'k str>, Vec<&'k str>) {
    let (mut contexts, mut versions) = (Vec::new(), Vec::new());
    for key in keys {
        let EntityId::Text(id) = &key.id else { continue };
        if key.kind.is(EntityType::VERSION) {
            versions.push(id.as_str());
        } else if is_context(&key.kind) {
            contexts.push(id.as_str());
        }
    }
    (contexts, versions)
}

impl Ftrack {
    /// Entities whose column is one of these ids, with those fields that the type was asked for. `kind`: only of that type, where
    /// the table has several.
    pub(super) async fn entities(
        &self,
        by: By,
        of: &[&str],
        kind: Option<&EntityType>,
        needed: &Surroundings,
    ) -> Result<Vec<Entity>, TrackerError> {
        let mut queries = Vec::new();
        for some in of.chunks(VALUES_AT_ONCE) {
            queries.push(self.reads(by, kind, needed).await?.one_of(by.column(), some));
        }
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.wire.rows_of(queries).await?.into_iter().flatten();
        let none = BTreeSet::new();
        let types = &self.types;
        let mut entities: Vec<Entity> = rows
            .filter_map(|row| {
                if by.of_versions() {
                    let version_kind = EntityType::from(EntityType::VERSION);
                    version(&row, types, needed.fields.get(&version_kind).unwrap_or(&none))
                } else {
                    let of_kind = super::record::kind(&row, types);
                    context(&row, types, needed.fields.get(&of_kind).unwrap_or(&none))
                }
            })
            .filter(|entity| by.of_versions() || kind.is_none_or(|kind| entity.key.kind == *kind))
            .collect();
        self.settle_owners(&mut entities).await?;
        Ok(entities)
    }

    /// The query without its condition.
    async fn reads(&self, by: By, of_kind: Option<&EntityType>, needed: &Surroundings) -> Result<Query, TrackerError> {
        let version = EntityType::from(EntityType::VERSION);
        if by.of_versions() {
            let asked = self.known_fields(ASSET_VERSION, needed.fields.get(&version)).await?;
            return Query::select(&with_asked(&OF_VERSION, &asked), ASSET_VERSION);
        }
        // Every kind stands in one table, and a field that one of them lacks spoils the whole query.
        let kinds = needed.fields.keys().filter(|kind| is_context(kind));
        let mut asked = BTreeSet::new();
        for kind in kinds.filter(|kind| of_kind.is_none_or(|only| only == *kind)) {
            asked.extend(self.known_fields(TYPED_CONTEXT, needed.fields.get(kind)).await?);
        }
        // These two are in every workspace; others may have been made by the studio, under two ids of one name.
        let table = match of_kind {
            Some(kind) if kind.is(EntityType::TASK) || kind.is(EntityType::SHOT) => kind.as_str(),
            _ => TYPED_CONTEXT,
        };
        Query::select(&with_asked(&OF_CONTEXT, &asked), table)
    }

    /// Finds out what entities belong to where a row told no more than an id.
    async fn settle_owners(&self, entities: &mut [Entity]) -> Result<(), TrackerError> {
        let is_unclear = |key: &EntityKey| key.kind.is(TYPED_CONTEXT);
        let owners = entities.iter().filter_map(|entity| entity.parent.as_ref());
        let mut unclear: BTreeMap<String, Option<Row>> = owners
            .filter(|owner| is_unclear(&owner.key))
            .map(|owner| (owner.key.id.to_string(), None))
            .collect();
        // A Version without a Task tells its project by what it belongs to.
        let homeless = entities.iter().filter(|entity| entity.project.is_none());
        let homeless = homeless.filter_map(|entity| entity.parent.as_ref());
        unclear.extend(homeless.map(|owner| (owner.key.id.to_string(), None)));
        if unclear.is_empty() {
            return Ok(());
        }
        let asked: Vec<&str> = unclear.keys().map(String::as_str).collect();
        let mut queries = Vec::new();
        for some in asked.chunks(VALUES_AT_ONCE) {
            let fields = ["id", "name", "object_type_id", "project_id"];
            queries.push(Query::select(&fields, TYPED_CONTEXT)?.one_of("id", some));
        }
        for row in self.wire.rows_of(queries).await?.into_iter().flatten() {
            if let Some(id) = id(&row).map(ToOwned::to_owned) {
                unclear.insert(id, Some(row));
            }
        }
        for entity in entities {
            let Some(owner) = entity.parent.clone() else { continue };
            match unclear.get(&owner.key.id.to_string()) {
                Some(Some(row)) => {
                    let id = owner.key.id.to_string();
                    let link = reference(kind(row, &self.types), &id);
                    let name = text(row, "name").map(ToOwned::to_owned).or(owner.name);
                    entity.parent = Some(callboard_model::EntityRef { name, ..link });
                    let project = text(row, "project_id").map(|id| reference(PROJECT, id));
                    entity.project = entity.project.take().or(project);
                }
                // No context: the project itself, or gone.
                Some(None) if is_unclear(&owner.key) => entity.parent = None,
                _ => {}
            }
        }
        Ok(())
    }

    /// Puts in what Tasks wait for.
    pub(super) async fn settle_upstream(&self, entities: &mut [Entity]) -> Result<(), TrackerError> {
        let tasks = entities.iter().filter(|entity| entity.key.kind.is(EntityType::TASK));
        let tasks: Vec<String> = tasks.map(|task| task.key.id.to_string()).collect();
        let mut upstream: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (from, to) in self.links("to_id", &tasks).await? {
            upstream.entry(to).or_default().push(from);
        }
        for entity in entities {
            let of_task = upstream.get(&entity.key.id.to_string()).into_iter().flatten();
            entity.upstream = of_task.map(|id| reference(EntityType::TASK, id)).collect();
        }
        Ok(())
    }

    /// What comes before what: from, to. `column`: the end that is asked for.
    pub(super) async fn links(&self, column: &str, of: &[String]) -> Result<Vec<(String, String)>, TrackerError> {
        let mut queries = Vec::new();
        for some in of.chunks(VALUES_AT_ONCE) {
            queries.push(Query::select(&["from_id", "to_id"], "TypedContextLink")?.one_of(column, some));
        }
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.wire.rows_of(queries).await?.into_iter().flatten();
        let link = |row: Row| Some((text(&row, "from_id")?.to_owned(), text(&row, "to_id")?.to_owned()));
        Ok(rows.filter_map(link).collect())
    }
}
