//! From rows to entities.

use std::collections::BTreeSet;

use callboard_model::{Entity, EntityId, EntityKey, EntityRef, EntityType, StatusCode, Step};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::STATUS_FIELD;
use super::types::{ObjectTypes, PROJECT, TYPED_CONTEXT, kind_of_wire};
use super::wire::Row;

/// Read of everything between a project and a Task.
pub(super) const OF_CONTEXT: [&str; 10] = [
    "id",
    "name",
    STATUS_FIELD,
    "type_id",
    "type.name",
    "type.sort",
    "object_type_id",
    "project_id",
    "parent_id",
    "parent.name",
];
/// Read of every Version.
pub(super) const OF_VERSION: [&str; 9] = [
    "id",
    "version",
    STATUS_FIELD,
    "date",
    "task_id",
    "task.project_id",
    "asset.name",
    "asset.context_id",
    "asset.parent.name",
];

/// The fields of a type with those that were asked for beside them.
pub(super) fn with_asked(usual: &[&str], asked: &BTreeSet<String>) -> Vec<String> {
    let usual = usual.iter().map(|name| (*name).to_owned());
    let more = asked.iter().cloned();
    let mut fields: Vec<String> = usual.chain(more).collect();
    let mut seen = BTreeSet::new();
    fields.retain(|field| seen.insert(field.clone()));
    fields
}

/// The id of a row.
pub(super) fn id(row: &Row) -> Option<&str> {
    text(row, "id")
}

pub(super) fn text<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// What a dotted path leads to. A row nests what lies behind a relation.
pub(super) fn at<'a>(row: &'a Row, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let first = row.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

fn text_at<'a>(row: &'a Row, path: &str) -> Option<&'a str> {
    at(row, path)?.as_str().filter(|text| !text.is_empty())
}

/// The type of a row, told by its object type where it has one.
pub(super) fn kind(row: &Row, types: &ObjectTypes) -> EntityType {
    let told = text(row, "__entity_type__").filter(|name| ![TYPED_CONTEXT, "Context"].contains(name));
    let by_id = || text(row, "object_type_id").and_then(|id| types.kind(id));
    told.map(kind_of_wire)
        .or_else(by_id)
        .unwrap_or_else(|| EntityType::from(TYPED_CONTEXT))
}

pub(super) fn reference(kind: impl Into<EntityType>, id: &str) -> EntityRef {
    EntityRef::new(kind, EntityId::Text(id.to_owned()))
}

/// The entity of a row of a context.
pub(super) fn context(row: &Row, types: &ObjectTypes, asked: &BTreeSet<String>) -> Option<Entity> {
    let key = EntityKey::new(kind(row, types), EntityId::Text(id(row)?.to_owned()));
    let project = text(row, "project_id");
    // What stands right under a project belongs to nothing that has a status.
    let parent = text(row, "parent_id").filter(|parent| Some(*parent) != project);
    let step = text_at(row, "type.name").filter(|_| key.kind.is(EntityType::TASK));
    Some(Entity {
        name: text(row, "name").map(ToOwned::to_owned),
        status: status(row),
        step: step.map(|name| Step {
            name: Some(name.to_owned()),
            short_name: None,
            order: at(row, "type.sort").and_then(whole),
        }),
        parent: parent.and_then(|parent| parent_link(row.get("parent"), parent, types)),
        project: project.map(|id| reference(PROJECT, id)),
        fields: kept(row, asked),
        ..Entity::bare(key)
    })
}

/// The entity of a row of a Version. Its name is that of its asset and its number: `comp v003`.
pub(super) fn version(row: &Row, types: &ObjectTypes, asked: &BTreeSet<String>) -> Option<Entity> {
    let key = EntityKey::new(EntityType::VERSION, EntityId::Text(id(row)?.to_owned()));
    let number = row.get("version").and_then(whole);
    let asset = text_at(row, "asset.name");
    let name = number.map(|number| match asset {
        Some(asset) => format!("{asset} v{number:03}"),
        None => format!("v{number:03}"),
    });
    let owner = at(row, "asset.parent");
    let owner_id = text_at(row, "asset.context_id").or_else(|| owner?.get("id")?.as_str());
    let owner = owner_id.and_then(|id| parent_link(owner, id, types));
    let project = text_at(row, "task.project_id").map(|id| reference(PROJECT, id));
    Some(Entity {
        name: name.or_else(|| asset.map(ToOwned::to_owned)),
        status: status(row),
        task: text(row, "task_id").map(|id| reference(EntityType::TASK, id)),
        created_at: row.get("date").and_then(moment),
        fields: kept(row, asked),
        // A Version of a project's own asset belongs to nothing that has a status.
        project: project.or_else(|| owner.clone().filter(|owner| owner.key.kind.is(PROJECT))),
        parent: owner.filter(|owner| !owner.key.kind.is(PROJECT)),
        ..Entity::bare(key)
    })
}

/// A link to what something belongs to. Its type is [`TYPED_CONTEXT`] where the row does not tell it.
fn parent_link(told: Option<&Value>, id: &str, types: &ObjectTypes) -> Option<EntityRef> {
    let nothing = Row::new();
    let told = told.and_then(Value::as_object).unwrap_or(&nothing);
    let link = reference(kind(told, types), id);
    Some(match text(told, "name") {
        Some(name) => link.named(name),
        None => link,
    })
}

pub(super) fn status(row: &Row) -> Option<StatusCode> {
    text(row, STATUS_FIELD).map(StatusCode::from)
}

fn kept(row: &Row, asked: &BTreeSet<String>) -> std::collections::BTreeMap<String, Value> {
    let told = asked
        .iter()
        .filter_map(|name| Some((name.clone(), plain(at(row, name)?))));
    told.collect()
}

/// A value as rules see it: a date is its text.
pub(super) fn plain(value: &Value) -> Value {
    match value.get("__type__").and_then(|_| value.get("value")) {
        Some(inner) => inner.clone(),
        None => value.clone(),
    }
}

/// A whole number, which some columns hold as a fraction.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
        format!("{number}").parse().ok()
    })
}

/// `{"__type__":"datetime","value":"2024-05-01T09:00:00"}`, in UTC where it says no zone.
fn moment(value: &Value) -> Option<Timestamp> {
    let value = plain(value);
    let text = value.as_str()?;
    text.parse().ok().or_else(|| {
        let time: DateTime = text.parse().ok()?;
        Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}
