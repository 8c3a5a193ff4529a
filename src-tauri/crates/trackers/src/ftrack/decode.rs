//! From a delivery's bytes to events. Never fails: what is not understood is an event that says so.

use callboard_model::{
    Actor, ActorKind, EntityId, EntityKey, EntityRef, EntityType, Event, EventKey, HookName, Operation, Road, SiteName,
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::STATUS_FIELD;
use super::types::{ASSET_VERSION, ObjectTypes, PROJECT, TYPED_CONTEXT, USER, kind_of_wire};
use crate::unambiguous;

/// The one shape of delivery that there is (ftrack documentation, Webhooks, "Entity events").
const ENTITY_EVENT: &str = "ftrack_entity_event_v1";
/// Columns of one delivery that become events. No table has so many.
const MOST_COLUMNS: usize = 200;

/// The events of a delivery: one for what was made, one for each column that changed, the status first, and one that says "not
/// understood" for anything else. Made from the bytes and the object types alone.
///
/// The first event has the delivery's id as its key, each further one that id with its column. A change of nothing that is told is
/// one event without a column. Where the site does not say what was there before, only the status counts as changed.
#[must_use]
pub fn decode(site: &SiteName, hook: &HookName, types: &ObjectTypes, body: &[u8]) -> Vec<Event> {
    let delivery = Delivery {
        site,
        hook,
        types,
        body,
    };
    match delivery.events() {
        Ok(events) => events,
        Err(why) => vec![delivery.not_understood(why)],
    }
}

struct Delivery<'a> {
    site: &'a SiteName,
    hook: &'a HookName,
    types: &'a ObjectTypes,
    body: &'a [u8],
}

impl Delivery<'_> {
    fn bare(&self, key: EventKey, operation: Operation, event_type: &str) -> Event {
        let mut event = Event::bare(self.site.clone(), key, Road::Hook, event_type, operation);
        event.hook = Some(self.hook.clone());
        event
    }

    fn not_understood(&self, why: &str) -> Event {
        let mut event = self.bare(by_bytes(self.body), Operation::NotUnderstood, "Not understood");
        event.warning = Some(why.to_owned());
        event
    }

    fn events(&self) -> Result<Vec<Event>, &'static str> {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.body);
        let envelope = match unambiguous::parse(body).map(Value::from) {
            Ok(Value::Object(envelope)) => envelope,
            read => {
                let why = read.err().as_ref().and_then(unambiguous::why_not);
                return Err(why.unwrap_or("The body is not a JSON object"));
            }
        };
        if envelope.get("fez_id").and_then(Value::as_str) != Some(ENTITY_EVENT) {
            return Err("It is no ftrack_entity_event_v1, the one kind of delivery that ftrack documents");
        }
        let entity = envelope.get("entity").and_then(Value::as_object);
        let entity = entity.ok_or("There is no \"entity\" in it")?;
        let columns = |name: &str| entity.get(name).and_then(Value::as_object);
        let (new, old) = (columns("new"), columns("old"));
        let operation = match entity.get("operation").and_then(Value::as_str) {
            Some("create") => Operation::Create,
            Some("update") => Operation::Update,
            Some("delete") => Operation::Delete,
            _ => return Err("Its operation is none of create, update and delete"),
        };
        let nothing = Map::new();
        // What is gone is told by what it was.
        let told = new.or(old).unwrap_or(&nothing);
        let subject = self.subject(entity, told).ok_or("It does not say what it is about")?;
        let metadata = envelope.get("metadata").and_then(Value::as_object).unwrap_or(&nothing);
        let id = text(&envelope, "id");
        let key = id.map_or_else(|| by_bytes(self.body), EventKey::from);
        let mut first = self.bare(key, operation, ENTITY_EVENT);
        first.id = id.map(|id| EntityId::Text(id.to_owned()));
        first.actor = text(metadata, "resource_id").map(|id| Actor {
            kind: ActorKind::Person,
            entity: EntityRef::new(USER, EntityId::Text(id.to_owned())),
        });
        first.occurred_at = text(metadata, "date").and_then(time);
        first.project = match subject.key.kind.as_str() {
            PROJECT => Some(subject.clone()),
            _ => text(told, "project_id").map(|id| EntityRef::new(PROJECT, EntityId::Text(id.to_owned()))),
        };
        first.entity = Some(subject);
        if operation != Operation::Update {
            return Ok(vec![first]);
        }
        Ok(by_column(
            &first,
            changes(new.unwrap_or(&nothing), old.unwrap_or(&nothing)),
        ))
    }

    fn subject(&self, entity: &Map<String, Value>, told: &Map<String, Value>) -> Option<EntityRef> {
        let ids: Vec<&str> = match entity.get("id") {
            Some(Value::Array(parts)) => parts.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(id)) => vec![id],
            _ => Vec::new(),
        };
        // A key may be of several parts.
        let id = if ids.is_empty() {
            text(told, "id")?.to_owned()
        } else {
            ids.join("/")
        };
        let id = Some(id).filter(|id| !id.is_empty())?;
        let name = text(told, "name").map(ToOwned::to_owned);
        Some(EntityRef {
            key: EntityKey::new(self.kind(text(entity, "entity_type"), told)?, EntityId::Text(id)),
            name,
        })
    }

    /// The object type counts before the name of the type, which may be that of the whole table.
    fn kind(&self, name: Option<&str>, told: &Map<String, Value>) -> Option<EntityType> {
        match (text(told, "object_type_id"), name) {
            (Some(id), name) if name != Some(ASSET_VERSION) => {
                Some(self.types.kind(id).unwrap_or_else(|| match name {
                    // One of the studio's own object types that has not been learned yet.
                    None | Some(EntityType::TASK) => EntityType::from(TYPED_CONTEXT),
                    Some(name) => EntityType::from(name),
                }))
            }
            (_, name) => name.map(kind_of_wire),
        }
    }
}

/// What changed of a row: column, before, after. The status first, the others by name.
fn changes<'a>(new: &'a Map<String, Value>, old: &'a Map<String, Value>) -> Vec<(&'a str, Value, Value)> {
    let mut columns: Vec<&str> = new.keys().chain(old.keys()).map(String::as_str).collect();
    columns.sort_unstable_by_key(|column| (*column != STATUS_FIELD, *column));
    columns.dedup();
    let changed = columns.into_iter().filter_map(|column| {
        let (before, after) = (value(old.get(column)), value(new.get(column)));
        // Of a row whose past is not told nobody knows what changed; that it has this status now is worth knowing all the same.
        let is_told = !old.is_empty() || column == STATUS_FIELD;
        (is_told && before != after).then_some((column, before, after))
    });
    changed.take(MOST_COLUMNS).collect()
}

fn by_column(first: &Event, changes: Vec<(&str, Value, Value)>) -> Vec<Event> {
    if changes.is_empty() {
        return vec![first.clone()];
    }
    let events = changes.into_iter().enumerate().map(|(place, (column, old, new))| {
        let mut event = first.clone();
        if place > 0 {
            event.key = EventKey::from(format!("{}/{column}", first.key.as_str()));
        }
        event.field = Some(column.to_owned());
        event.old = Some(old).filter(|old| !old.is_null());
        event.new = Some(new).filter(|new| !new.is_null());
        event
    });
    events.collect()
}

/// A value, where null, `{}` and one that is missing are all alike nothing.
fn value(value: Option<&Value>) -> Value {
    match value {
        Some(Value::Object(empty)) if empty.is_empty() => Value::Null,
        Some(value) => value.clone(),
        None => Value::Null,
    }
}

fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    map.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn by_bytes(body: &[u8]) -> EventKey {
    EventKey::from(format!("bytes:{}", hex::encode(Sha256::digest(body))))
}
