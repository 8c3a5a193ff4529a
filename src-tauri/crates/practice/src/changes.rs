//! Changing records: first checked whole, then applied, so that a batch is all or nothing.

use serde_json::{Value, json};

use crate::clock;
use crate::control::Write;
use crate::errors::Refusal;
use crate::log::Action;
use crate::statuses;
use crate::tables::{Data, Field, Kind, named};
use crate::world::{Actor, Fields, Record, World, link, same_entity};

/// One change that somebody asks for.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Create { kind: Kind, fields: Fields },
    Update { kind: Kind, id: i64, fields: Fields },
    Delete { kind: Kind, id: i64 },
    Revive { kind: Kind, id: i64 },
}

impl World {
    /// Would the site take this change? Reads only.
    pub(crate) fn check(&self, actor: &Actor, change: &Change) -> Result<(), Refusal> {
        match change {
            Change::Create { kind, fields } => {
                if kind.name == "EventLogEntry" {
                    return Err(Refusal::refused(
                        "Create failed for [EventLogEntry]: rule 'create_entity' does not allow it.",
                    ));
                }
                self.check_fields(kind, "create", fields)
            }
            Change::Update { kind, id, fields } => {
                self.active(kind, *id)
                    .ok_or_else(|| Refusal::no_entity(kind.name, *id))?;
                if actor.kind == "ApiUser" && fields.contains_key("sg_status_list") && self.days.refuses(*id) {
                    return Err(Refusal::refused(format!(
                        "API update() {0}.sg_status_list is not editable by this user: rule 'update_field' does not \
                         allow it for {0} {id}.",
                        kind.name
                    )));
                }
                self.check_fields(kind, "update", fields)
            }
            Change::Delete { kind, id } => {
                self.active(kind, *id)
                    .ok_or_else(|| Refusal::no_entity(kind.name, *id))?;
                match kind.name {
                    "EventLogEntry" | "Status" => Err(Refusal::refused(format!(
                        "Delete failed for [{}]: rule 'retire_entity' does not allow it.",
                        kind.name
                    ))),
                    _ => Ok(()),
                }
            }
            Change::Revive { kind, id } => self
                .record(kind, *id)
                .map(|_| ())
                .ok_or_else(|| Refusal::no_entity(kind.name, *id)),
        }
    }

    fn check_fields(&self, kind: Kind, verb: &str, fields: &Fields) -> Result<(), Refusal> {
        for (name, value) in fields {
            if name == "type" {
                continue;
            }
            let Some(field) = kind.field(name) else {
                return Err(Refusal::bad(format!(
                    "API {verb}() {}.{name} doesn't exist.",
                    kind.name
                )));
            };
            if !field.editable {
                return Err(Refusal::bad(format!(
                    "API {verb}() {}.{name} is not editable.",
                    kind.name
                )));
            }
            if self
                .faults
                .forbidden
                .iter()
                .any(|(on, of)| on == kind.name && of == name)
            {
                return Err(Refusal::refused(format!(
                    "API {verb}() {}.{name} is not editable by this user: rule 'update_field' does not allow it.",
                    kind.name
                )));
            }
            self.check_value(kind, verb, field, value)?;
        }
        Ok(())
    }

    fn check_value(&self, kind: Kind, verb: &str, field: &Field, value: &Value) -> Result<(), Refusal> {
        let wrong = |expected: &str| {
            Refusal::bad(format!(
                "API {verb}() {}.{} expected {expected}, got {value}.",
                kind.name, field.name
            ))
        };
        if value.is_null() {
            return Ok(());
        }
        match field.data {
            Data::StatusList => match value.as_str() {
                Some("") => Ok(()),
                Some(code) => check_status(kind, verb, field, code),
                None => Err(wrong("String")),
            },
            Data::Text | Data::List => value.as_str().map(|_| ()).ok_or_else(|| wrong("String")),
            Data::Number | Data::Duration => value.as_i64().map(|_| ()).ok_or_else(|| wrong("Number")),
            Data::Float => value.as_f64().map(|_| ()).ok_or_else(|| wrong("Float")),
            Data::Checkbox => value
                .as_bool()
                .map(|_| ())
                .ok_or_else(|| wrong("TrueClass or FalseClass")),
            Data::Date => value
                .as_str()
                .and_then(|text| text.parse::<jiff::civil::Date>().ok())
                .map(|_| ())
                .ok_or_else(|| wrong("a date as YYYY-MM-DD")),
            Data::DateTime => value
                .as_str()
                .and_then(|text| text.parse::<jiff::Timestamp>().ok())
                .map(|_| ())
                .ok_or_else(|| wrong("a time as YYYY-MM-DDTHH:MM:SSZ")),
            Data::Entity => self.check_link(kind, verb, field, value),
            Data::MultiEntity => match list_of(value) {
                Some(links) => links
                    .iter()
                    .try_for_each(|link| self.check_link(kind, verb, field, link)),
                None => Err(wrong("a list of entities")),
            },
            Data::Serializable => Ok(()),
        }
    }

    fn check_link(&self, kind: Kind, verb: &str, field: &Field, value: &Value) -> Result<(), Refusal> {
        let place = format!("{}.{}", kind.name, field.name);
        let target = value
            .get("type")
            .and_then(Value::as_str)
            .zip(value.get("id").and_then(Value::as_i64));
        let Some((target, id)) = target else {
            return Err(Refusal::bad(format!(
                "API {verb}() {place} expected an entity with type and id, got {value}."
            )));
        };
        if !field.links.is_empty() && !field.links.contains(&target) {
            return Err(Refusal::refused(format!(
                "API {verb}() {place} does not take a {target}. Valid types: {}",
                field.links.join(", ")
            )));
        }
        match named(target).and_then(|table| self.active(table, id)) {
            Some(_) => Ok(()),
            None => Err(Refusal::refused(format!(
                "API {verb}() {place}: {target} {id} does not exist."
            ))),
        }
    }

    /// Makes a change that was checked, and tells the log. Returns the id of the record.
    pub(crate) fn apply(&mut self, actor: &Actor, change: Change) -> i64 {
        self.burst += 1;
        self.burst_events = 0;
        match change {
            Change::Create { kind, fields } => self.create(actor, kind, fields),
            Change::Update { kind, id, fields } => {
                self.update(actor, kind, id, fields);
                id
            }
            Change::Delete { kind, id } => {
                self.retire(actor, kind, id, true);
                id
            }
            Change::Revive { kind, id } => {
                self.retire(actor, kind, id, false);
                id
            }
        }
    }

    /// Checks and applies in one go.
    pub(crate) fn change(&mut self, actor: &Actor, change: Change) -> Result<i64, Refusal> {
        self.check(actor, &change)?;
        Ok(self.apply(actor, change))
    }

    fn create(&mut self, actor: &Actor, kind: Kind, sent: Fields) -> i64 {
        let id = self.next_id(kind);
        let now = clock::plain(clock::now());
        let mut fields = Fields::new();
        for (name, value) in sent {
            if let Some(field) = kind.field(&name) {
                self.note_write(actor, kind, id, field, &value);
                fields.insert(name, settled(field, &Value::Null, value));
            }
        }
        if fields.get(kind.title).is_none_or(Value::is_null) {
            fields.insert(kind.title.to_owned(), json!(format!("New {} {id}", kind.label)));
        }
        if kind.field("sg_status_list").is_some()
            && !fields.contains_key("sg_status_list")
            && let Some((_, default)) = statuses::of(kind.name)
        {
            fields.insert("sg_status_list".to_owned(), json!(default));
        }
        let populated: Vec<(&'static Field, Value)> = fields
            .iter()
            .filter(|(_, value)| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()))
            .filter_map(|(name, value)| Some((kind.field(name)?, value.clone())))
            .collect();
        for stamp in ["created_at", "updated_at"] {
            fields.insert(stamp.to_owned(), json!(now));
        }
        for stamp in ["created_by", "updated_by"] {
            fields.insert(stamp.to_owned(), actor.link());
        }
        self.insert(
            kind,
            Record {
                id,
                fields,
                ..Record::default()
            },
        );
        for (field, value) in &populated {
            self.mirror_dependency(kind, id, field, &Value::Null, value);
        }
        self.log(actor, kind, id, Action::New);
        for (field, new) in populated {
            self.log(
                actor,
                kind,
                id,
                Action::Change {
                    field,
                    old: Value::Null,
                    new,
                    in_create: true,
                },
            );
        }
        id
    }

    fn update(&mut self, actor: &Actor, kind: Kind, id: i64, sent: Fields) {
        let now = clock::plain(clock::now());
        for (name, value) in sent {
            let Some(field) = kind.field(&name) else { continue };
            self.note_write(actor, kind, id, field, &value);
            let Some(record) = self.record(kind, id) else {
                return;
            };
            let old = record.fields.get(&name).cloned().unwrap_or(Value::Null);
            let new = settled(field, &old, value);
            if new == old {
                continue;
            }
            self.set(kind, id, &name, new.clone());
            self.set(kind, id, "updated_at", json!(now));
            self.set(kind, id, "updated_by", actor.link());
            self.mirror_dependency(kind, id, field, &old, &new);
            self.log(
                actor,
                kind,
                id,
                Action::Change {
                    field,
                    old,
                    new,
                    in_create: false,
                },
            );
        }
    }

    fn retire(&mut self, actor: &Actor, kind: Kind, id: i64, retired: bool) {
        let Some(record) = self.record_mut(kind, id) else {
            return;
        };
        if record.retired != retired {
            record.retired = retired;
            self.log(
                actor,
                kind,
                id,
                if retired { Action::Retirement } else { Action::Revival },
            );
        }
    }

    /// `upstream_tasks` and `downstream_tasks` are two views on the same dependency. ShotGrid REST: the three entities.
    fn mirror_dependency(&mut self, kind: Kind, id: i64, field: &Field, old: &Value, new: &Value) {
        let other = match field.name {
            "upstream_tasks" => "downstream_tasks",
            "downstream_tasks" => "upstream_tasks",
            _ => return,
        };
        for gone in old.as_array().into_iter().flatten() {
            let far = gone
                .get("id")
                .and_then(Value::as_i64)
                .and_then(|far| self.record_mut(kind, far));
            if let Some(Value::Array(links)) = far.and_then(|far| far.fields.get_mut(other)) {
                links.retain(|back| !same_entity(back, kind.name, id));
            }
        }
        for come in new.as_array().into_iter().flatten() {
            let far = come
                .get("id")
                .and_then(Value::as_i64)
                .and_then(|far| self.record_mut(kind, far));
            let Some(far) = far else { continue };
            let links = far.fields.entry(other).or_insert_with(|| json!([]));
            if let Value::Array(links) = links
                && !links.iter().any(|back| same_entity(back, kind.name, id))
            {
                links.push(link(kind.name, id));
            }
        }
    }

    /// Keeps every status write that came over the wire, no-ops too: a test can prove that nothing was written twice.
    fn note_write(&mut self, actor: &Actor, kind: Kind, id: i64, field: &Field, value: &Value) {
        if actor.by_api && field.data == Data::StatusList {
            self.writes.push(Write {
                kind: kind.name.to_owned(),
                id,
                field: field.name.to_owned(),
                value: value.clone(),
                user_type: actor.kind.to_owned(),
                user_id: actor.id,
                session_uuid: actor.session.clone(),
                at_ms: clock::now().as_millisecond(),
            });
        }
    }
}

/// ShotGrid REST: error documents; the text lists what would have been valid. Hidden codes are not refused.
fn check_status(kind: Kind, verb: &str, field: &Field, code: &str) -> Result<(), Refusal> {
    let (valid, _) = statuses::of(kind.name).unwrap_or_default();
    if valid.iter().any(|status| status.code == code) {
        return Ok(());
    }
    let what = if verb == "create" { "Create" } else { "Update" };
    let codes: Vec<&str> = valid.iter().map(|status| status.code).collect();
    Err(Refusal::refused(format!(
        "{what} failed for [{}.{}]: '{code}' is not a valid status. Valid statuses: {}",
        kind.name,
        field.name,
        codes.join(", ")
    )))
}

/// The list in a multi-entity value, plain or with an update mode around it.
fn list_of(value: &Value) -> Option<&Vec<Value>> {
    value
        .as_array()
        .or_else(|| value.get("value").and_then(Value::as_array))
}

/// What is stored for what was sent: bare links, no empty status, a float of a whole number too, update modes worked out.
fn settled(field: &Field, old: &Value, new: Value) -> Value {
    match field.data {
        Data::StatusList if new == json!("") => Value::Null,
        Data::Float => new.as_f64().map_or(Value::Null, Value::from),
        Data::Entity => bare(&new),
        Data::MultiEntity => {
            let sent: Vec<Value> = list_of(&new).into_iter().flatten().map(bare).collect();
            let before = old.as_array().cloned().unwrap_or_default();
            match new.get("multi_entity_update_mode").and_then(Value::as_str) {
                Some("add") => {
                    let added = sent
                        .into_iter()
                        .filter(|link| !before.contains(link))
                        .collect::<Vec<_>>();
                    before.into_iter().chain(added).collect()
                }
                Some("remove") => before.into_iter().filter(|link| !sent.contains(link)).collect(),
                _ => Value::Array(sent),
            }
        }
        _ => new,
    }
}

fn bare(value: &Value) -> Value {
    match (value.get("type"), value.get("id")) {
        (Some(kind), Some(id)) => json!({"type": kind, "id": id}),
        _ => Value::Null,
    }
}
