//! From the REST API's records to entities.

use std::collections::BTreeSet;

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

/// An entity from a flat record, as `callboard simulate` has it. None without a type and an id.
///
/// Nobody knows here which fields a rule asks about: all are kept but the status, which has a place of its own and changes
/// there.
#[must_use]
pub fn entity_from_flat(fields: &Map<String, Value>) -> Option<Entity> {
    let mut entity = entity(key(fields)?, fields, "", &BTreeSet::new());
    let others = fields
        .iter()
        .filter(|(name, _)| !["type", "id", STATUS_FIELD].contains(&name.as_str()));
    entity.fields = others.map(|(name, value)| (name.clone(), value.clone())).collect();
    Some(entity)
}

/// Which entity a flat record is.
pub(super) fn key(fields: &Map<String, Value>) -> Option<EntityKey> {
    Some(EntityKey::new(
        fields.get("type")?.as_str()?,
        fields.get("id")?.as_i64()?,
    ))
}

/// The links by which an entity of a type belongs to another, the first that leads anywhere counts. Sites link a Shot to its
/// Sequence or right to its Episode.
pub(super) fn parent_fields(kind: &EntityType) -> &'static [&'static str] {
    match kind.as_str() {
        EntityType::SHOT => &["sg_sequence", "sg_episode", "episode"],
        "Sequence" => &["episode", "sg_episode"],
        "Asset" => &[],
        _ => &["entity"],
    }
}

/// The entity whose fields stand under `prefix` (`sg_task.Task.`) in a flat record. It keeps those that were `asked` for.
pub(super) fn entity(key: EntityKey, fields: &Map<String, Value>, prefix: &str, asked: &BTreeSet<String>) -> Entity {
    let told = |name: &str| fields.get(&format!("{prefix}{name}"));
    let get = |name: &str| told(name).filter(|v| !v.is_null());
    let text = |name: &str| get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let name = ["code", "content", "name", "cached_display_name"]
        .into_iter()
        .find_map(text);
    let step = get("step").map(|step| Step {
        name: step.get("name").and_then(Value::as_str).map(ToOwned::to_owned),
        short_name: text("step.Step.short_name")
            .or_else(|| step.get("short_name").and_then(Value::as_str).map(ToOwned::to_owned)),
        order: get("step.Step.list_order")
            .or_else(|| step.get("list_order"))
            .and_then(Value::as_i64),
    });
    let upstream = get("upstream_tasks").filter(|_| key.kind.is(EntityType::TASK));
    Entity {
        name,
        status: text(STATUS_FIELD).filter(|s| !s.is_empty()).map(StatusCode::from),
        step,
        parent: parent_fields(&key.kind)
            .iter()
            .find_map(|name| get(name).and_then(link)),
        task: if key.kind.is(EntityType::VERSION) {
            get("sg_task").and_then(link)
        } else {
            None
        },
        upstream: upstream.map(links).unwrap_or_default(),
        project: get("project").and_then(link),
        created_at: text("created_at").and_then(|t| t.parse::<Timestamp>().ok()),
        fields: asked
            .iter()
            .filter_map(|name| Some((name.clone(), told(name)?.clone())))
            .collect(),
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

/// A list of links.
pub(super) fn links(value: &Value) -> Vec<EntityRef> {
    value.as_array().into_iter().flatten().filter_map(link).collect()
}
