//! From the REST API's records to entities.

use callboard_model::{Entity, EntityId, EntityKey, EntityRef, EntityType, StatusCode, Step};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::STATUS_FIELD;

/// A record with attributes and relationships side by side, as a flat map of fields. Dotted fields come back flat in
/// `attributes`, an entity-valued one sometimes under `relationships`: both end up under their dotted name.
pub(super) fn flat(record: &Value) -> Option<Map<String, Value>> {
    let mut fields = Map::new();
    fields.insert("type".into(), record.get("type")?.clone());
    fields.insert("id".into(), record.get("id")?.clone());
    if let Some(attributes) = record.get("attributes").and_then(Value::as_object) {
        fields.extend(attributes.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    if let Some(relationships) = record.get("relationships").and_then(Value::as_object) {
        for (name, relation) in relationships {
            fields.insert(name.clone(), relation.get("data").cloned().unwrap_or(Value::Null));
        }
    }
    Some(fields)
}

/// An entity from a flat record, as `callboard simulate` and the client both have it. None without a type and an id.
#[must_use]
pub fn entity_from_flat(fields: &Map<String, Value>) -> Option<Entity> {
    let kind = fields.get("type")?.as_str()?;
    let id = fields.get("id")?.as_i64()?;
    Some(entity(EntityKey::new(kind, id), fields, ""))
}

/// The entity whose fields stand under `prefix` (`sg_task.Task.`) in a flat record.
pub(super) fn entity(key: EntityKey, fields: &Map<String, Value>, prefix: &str) -> Entity {
    let get = |name: &str| fields.get(&format!("{prefix}{name}")).filter(|v| !v.is_null());
    let text = |name: &str| get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let name = ["code", "content", "name", "cached_display_name"]
        .into_iter()
        .find_map(text);
    let step = get("step").map(|step| Step {
        name: step.get("name").and_then(Value::as_str).map(ToOwned::to_owned),
        short_name: text("step.Step.short_name")
            .or_else(|| step.get("short_name").and_then(Value::as_str).map(ToOwned::to_owned)),
    });
    Entity {
        name,
        status: text(STATUS_FIELD).filter(|s| !s.is_empty()).map(StatusCode::from),
        step,
        parent: get("entity").and_then(link),
        task: if key.kind.is(EntityType::VERSION) {
            get("sg_task").and_then(link)
        } else {
            None
        },
        project: get("project").and_then(link),
        created_at: text("created_at").and_then(|t| t.parse::<Timestamp>().ok()),
        key,
    }
}

/// A link to an entity: `{"type":"Shot","id":862,"name":"sh010"}`.
pub(super) fn link(value: &Value) -> Option<EntityRef> {
    let kind = value.get("type")?.as_str()?;
    let id = value.get("id")?.as_i64()?;
    let name = value.get("name").and_then(Value::as_str).map(ToOwned::to_owned);
    Some(EntityRef {
        key: EntityKey::new(kind, EntityId::Number(id)),
        name,
    })
}
