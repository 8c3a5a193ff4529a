//! What the operations of a call do: all of them or none. ftrack: API transport.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::errors::Fault;
use super::schema::{EntityType, Shape, named};
use super::show::{Row, Show, column, text};
use super::types::{CONTEXTS, PROJECTS};
use crate::clock;

/// What happens to an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Update,
    Delete,
}

/// One change that a call made.
#[derive(Clone, Debug)]
pub(super) struct Happening {
    pub(super) kind: &'static EntityType,
    pub(super) operation: Operation,
    pub(super) new: Row,
    /// Empty for what is new.
    pub(super) old: Row,
}

/// A call on its way through its operations.
pub(super) struct Transaction<'s> {
    pub(super) show: &'s mut Show,
    /// The id of the user who calls.
    pub(super) who: String,
    pub(super) happenings: Vec<Happening>,
}

/// Now, as the API writes times.
pub(super) fn stamp() -> String {
    clock::now().strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

impl Transaction<'_> {
    pub(super) fn create(&mut self, operation: &Value) -> Result<Value, Fault> {
        let kind = concrete(operation)?;
        let data = data_of(operation)?;
        let mut row: Row = Map::new();
        for attribute in kind.attributes.iter().filter(|attribute| attribute.is_column()) {
            let default = match kind.default_of(attribute) {
                Some(Value::String(uid)) if uid == "{uid}" => json!(Uuid::new_v4().to_string()),
                Some(default) => default,
                None => Value::Null,
            };
            row.insert(attribute.name.to_owned(), default);
        }
        for (name, value) in given(kind, data)? {
            row.insert(name, value);
        }
        if kind
            .classifier
            .is_some_and(|wanted| text(&row, "object_type_id") != wanted)
        {
            return Err(Fault::invalid(format!(
                "object_type_id is not that of a {}.",
                kind.name
            )));
        }
        let key: Vec<&str> = kind.key.iter().map(|part| text(&row, part)).collect();
        let key = key.join(",");
        if key.is_empty() || self.show.get(kind, &key).is_some() {
            return Err(Fault::invalid(format!(
                "There is a {} with primary key [{key}] already.",
                kind.name
            )));
        }
        self.complete(kind, &mut row)?;
        self.check_links(kind, &row)?;
        if row.get("status_id").is_some_and(Value::is_string) && is_statusable(kind) {
            self.show.check_status(kind, &row)?;
        }
        self.show.put(kind, row.clone());
        self.happenings.push(Happening {
            kind,
            operation: Operation::Create,
            new: row,
            old: Map::new(),
        });
        let found = self
            .show
            .get(kind, &key)
            .ok_or_else(|| Fault::no_such(kind.name, &key))?;
        Ok(json!({"action": "create", "data": self.show.whole(found)}))
    }

    /// What the site itself puts into a new entity.
    fn complete(&self, kind: &'static EntityType, row: &mut Row) -> Result<(), Fault> {
        if kind.table == CONTEXTS {
            let parent = text(row, "parent_id");
            let above = self
                .show
                .find("Context", parent)
                .ok_or_else(|| Fault::no_such("Context", parent))?;
            let project = if above.kind.table == PROJECTS {
                above.id()
            } else {
                text(above.row, "project_id")
            };
            row.insert("project_id".to_owned(), json!(project));
            row.insert("created_at".to_owned(), json!(stamp()));
            row.insert("created_by_id".to_owned(), json!(self.who));
        }
        if kind.name == "AssetVersion" {
            let asset = text(row, "asset_id").to_owned();
            let versions = self.show.with("AssetVersion", "asset_id", &asset);
            let last = versions
                .filter_map(|version| version.row.get("version")?.as_i64())
                .max();
            row.insert("version".to_owned(), json!(last.unwrap_or(0) + 1));
        }
        for (name, value) in [("date", json!(stamp())), ("user_id", json!(self.who))] {
            let is_wanted = kind.attribute(name).is_some() && column(row, name).is_null();
            if is_wanted {
                row.insert(name.to_owned(), value);
            }
        }
        if is_statusable(kind) && column(row, "status_id").is_null() {
            let first = self
                .show
                .allowed(kind, row)
                .and_then(|allowed| allowed.into_iter().next());
            row.insert("status_id".to_owned(), json!(first));
        }
        Ok(())
    }

    pub(super) fn update(&mut self, operation: &Value) -> Result<Value, Fault> {
        let (asked, key) = (kind_of(operation)?, key_of(operation));
        let found = self
            .show
            .get(asked, &key)
            .ok_or_else(|| Fault::no_such(asked.name, &key))?;
        let (kind, old) = (found.kind, found.row.clone());
        let data = data_of(operation)?;
        let mut row = old.clone();
        let mut answer = json!({"__entity_type__": kind.name});
        for part in kind.key {
            answer[*part] = column(&row, part);
        }
        for name in data.keys() {
            if kind.immutable.contains(&name.as_str()) && data.get(name) != old.get(name) {
                return Err(Fault::invalid(format!(
                    "Attribute \"{name}\" of a {} cannot be changed.",
                    kind.name
                )));
            }
        }
        for (name, value) in given(kind, data)? {
            answer[name.as_str()] = value.clone();
            row.insert(name, value);
        }
        if row != old {
            self.check_links(kind, &row)?;
            if text(&row, "status_id") != text(&old, "status_id") && is_statusable(kind) {
                self.show.check_status(kind, &row)?;
                self.remember_status(kind, &old, &row);
            }
            self.show.put(kind, row.clone());
            self.happenings.push(Happening {
                kind,
                operation: Operation::Update,
                new: row,
                old,
            });
        }
        Ok(json!({"action": "update", "data": answer}))
    }

    /// The history of an entity's status, which the site keeps and tells nobody of by itself.
    fn remember_status(&mut self, kind: &EntityType, old: &Row, new: &Row) {
        let Some(history) = named("StatusChange") else { return };
        let entry = json!({
            "id": Uuid::new_v4().to_string(), "parent_id": column(new, "id"),
            "parent_type": if kind.table == CONTEXTS { "task" } else { "asset_version" },
            "status_id": column(new, "status_id"), "from_status_id": column(old, "status_id"),
            "user_id": self.who, "date": stamp(),
        });
        if let Value::Object(row) = entry {
            self.show.put(history, row);
        }
    }

    pub(super) fn delete(&mut self, operation: &Value) -> Result<Value, Fault> {
        let (asked, key) = (kind_of(operation)?, key_of(operation));
        let found = self
            .show
            .get(asked, &key)
            .ok_or_else(|| Fault::no_such(asked.name, &key))?;
        let kind = found.kind;
        if let Some(old) = self.show.remove(kind, &key) {
            self.happenings.push(Happening {
                kind,
                operation: Operation::Delete,
                new: Map::new(),
                old,
            });
        }
        Ok(json!({"action": "delete", "data": true}))
    }

    /// What a row points at must be there.
    fn check_links(&self, kind: &EntityType, row: &Row) -> Result<(), Fault> {
        for attribute in kind.attributes.iter().filter(|attribute| !attribute.computed) {
            if let Shape::One { to, by } = attribute.shape {
                let id = text(row, by);
                if !id.is_empty() && self.show.find(to, id).is_none() {
                    return Err(Fault::no_such(to, id));
                }
            }
        }
        Ok(())
    }
}

/// Has the type a status that a workflow rules?
pub(super) fn is_statusable(kind: &EntityType) -> bool {
    kind.attribute("status_id").is_some()
        && !kind.immutable.contains(&"status_id")
        && kind.name != "StatusChange"
        && kind.name != "WorkflowSchemaStatus"
        && kind.name != "SchemaStatus"
}

fn kind_of(operation: &Value) -> Result<&'static EntityType, Fault> {
    let name = operation.get("entity_type").and_then(Value::as_str).unwrap_or_default();
    named(name).ok_or_else(|| Fault::invalid(format!("Entity type \"{name}\" does not exist.")))
}

fn concrete(operation: &Value) -> Result<&'static EntityType, Fault> {
    let kind = kind_of(operation)?;
    if matches!(kind.name, "Context" | "TypedContext" | "StatusChange") {
        return Err(Fault::invalid(format!("A {} cannot be created.", kind.name)));
    }
    Ok(kind)
}

fn key_of(operation: &Value) -> String {
    let parts = operation
        .get("entity_key")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
}

fn data_of(operation: &Value) -> Result<&Map<String, Value>, Fault> {
    operation
        .get("entity_data")
        .and_then(Value::as_object)
        .ok_or_else(|| Fault::invalid("The operation has no entity_data."))
}

/// The columns that the data of an operation speaks of: a relation is the id of what it leads to, a time its text.
fn given(kind: &EntityType, data: &Map<String, Value>) -> Result<Vec<(String, Value)>, Fault> {
    let mut columns = Vec::new();
    for (name, value) in data {
        if name == "__entity_type__" {
            continue;
        }
        let attribute = kind.attribute(name).ok_or_else(|| {
            Fault::invalid(format!(
                "Attribute \"{name}\" does not exist on entity type \"{}\".",
                kind.name
            ))
        })?;
        match attribute.shape {
            _ if attribute.computed => {
                return Err(Fault::invalid(format!(
                    "Attribute \"{name}\" of a {} is computed.",
                    kind.name
                )));
            }
            Shape::Many { .. } | Shape::Through { .. } if value.as_array().is_some_and(Vec::is_empty) => {}
            Shape::Many { .. } | Shape::Through { .. } => {
                return Err(Fault::invalid(format!(
                    "The practice site does not write the collection \"{name}\"."
                )));
            }
            Shape::One { .. } => {
                let by = kind.kept_by(name).unwrap_or_default();
                columns.push((by.to_owned(), value.get("id").cloned().unwrap_or(Value::Null)));
            }
            Shape::Date => {
                let at = value.get("value").cloned().unwrap_or_else(|| value.clone());
                columns.push((name.clone(), at));
            }
            _ => columns.push((name.clone(), value.clone())),
        }
    }
    Ok(columns)
}
