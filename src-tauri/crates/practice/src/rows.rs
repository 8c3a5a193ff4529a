//! A row of the event log, as small as a log of a hundred thousand rows wants it; its fields are worked out when they are
//! read. ShotGrid REST: event log.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock;
use crate::tables::{Data, Field};
use crate::world::link;

/// A record that a row names: its type and id.
pub(crate) type Named = (&'static str, i64);

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) event_type: String,
    pub(crate) attribute: Option<&'static str>,
    pub(crate) description: String,
    pub(crate) meta: Meta,
    pub(crate) session_uuid: Option<String>,
    pub(crate) entity: Option<Named>,
    pub(crate) project: Option<i64>,
    pub(crate) user: Named,
    pub(crate) at: Timestamp,
}

/// What a row says of its event.
#[derive(Clone, Debug)]
pub(crate) enum Meta {
    Lifecycle {
        what: &'static str,
        on: Named,
    },
    Change {
        on: Named,
        field: &'static Field,
        old: Value,
        new: Value,
        in_create: bool,
    },
    /// A custom event's, or that of a change of a field that no table has.
    Other(Value),
}

impl Row {
    /// One of the fields that are stored; null for any other.
    pub(crate) fn value(&self, field: &str) -> Value {
        match field {
            "event_type" => json!(self.event_type),
            "attribute_name" => json!(self.attribute),
            "description" => json!(self.description),
            "meta" => self.meta.value(),
            "session_uuid" => json!(self.session_uuid),
            "entity" => self.entity.map_or(Value::Null, |(kind, id)| link(kind, id)),
            "project" => self.project(),
            "user" => self.user(),
            "created_at" | "updated_at" => json!(clock::plain(self.at)),
            _ => Value::Null,
        }
    }

    pub(crate) fn entity(&self) -> Value {
        self.value("entity")
    }

    pub(crate) fn project(&self) -> Value {
        self.project.map_or(Value::Null, |id| link("Project", id))
    }

    pub(crate) fn user(&self) -> Value {
        link(self.user.0, self.user.1)
    }
}

impl Meta {
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Lifecycle { what, on } => lifecycle(what, *on),
            Self::Change {
                on,
                field,
                old,
                new,
                in_create,
            } => attribute_change(*on, field, old, new, *in_create),
            Self::Other(meta) => meta.clone(),
        }
    }
}

pub(crate) fn lifecycle(what: &str, (kind, id): Named) -> Value {
    json!({"type": what, "entity_type": kind, "entity_id": id})
}

fn attribute_change((kind, id): Named, field: &Field, old: &Value, new: &Value, in_create: bool) -> Value {
    let mut meta = json!({
        "type": "attribute_change",
        "attribute_name": field.name,
        "entity_type": kind,
        "entity_id": id,
        "field_data_type": field.data.name(),
    });
    if field.data == Data::MultiEntity {
        let missing_in = |from: &Value, other: &Value| -> Value {
            let links = |value: &Value| value.as_array().cloned().unwrap_or_default();
            let other = links(other);
            links(from).into_iter().filter(|link| !other.contains(link)).collect()
        };
        meta["added"] = missing_in(new, old);
        meta["removed"] = missing_in(old, new);
    } else {
        meta["old_value"] = old.clone();
        meta["new_value"] = new.clone();
    }
    if in_create {
        meta["in_create"] = json!(true);
    }
    meta
}
