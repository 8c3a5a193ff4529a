//! From a delivery's bytes, or a row of the site's log, to events. Never fails: what is not understood is an event that says so.

use std::collections::HashMap;

use callboard_model::{
    Actor, ActorKind, EntityId, EntityKey, EntityRef, Event, EventKey, HookName, HookWord, Operation, Road, SiteName,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::record::flat;
use crate::LogRow;
use crate::unambiguous::{self, Json, Object};

/// Events of one delivery. A site batches fifty.
const MOST_EVENTS: usize = 1_000;
const TOO_MANY: &str = "A batch of more events than a site puts into one";

/// The events of a signed body, in its order: one for a single delivery, up to fifty for a batched one, and one that says
/// "not understood" for anything else. Shapes: ShotGrid documentation, Webhooks and "Batched deliveries".
#[must_use]
pub fn decode(site: &SiteName, hook: &HookName, body: &[u8]) -> Vec<Event> {
    let bare = Bare {
        site,
        road: Road::Hook,
        hook: Some(hook),
    };
    let envelope = match unambiguous::parse(without_bom(body)) {
        Ok(Json::Object(envelope)) => envelope,
        read => {
            let why = read.err().as_ref().and_then(unambiguous::why_not);
            return vec![bare.not_understood(&[body], why.unwrap_or("The body is not a JSON object"))];
        }
    };
    let timestamp = envelope.get("timestamp").and_then(Json::as_str).unwrap_or_default();
    match envelope.get("data") {
        Some(single @ Json::Object(data)) => match data.get("deliveries") {
            Some(Json::List(list)) if list.len() > MOST_EVENTS => vec![bare.not_understood(&[body], TOO_MANY)],
            Some(Json::List(list)) if !list.is_empty() => list.iter().map(|one| bare.event(one, timestamp)).collect(),
            Some(_) => vec![bare.not_understood(&[body], "A batch without deliveries in it")],
            None => vec![bare.event(single, timestamp)],
        },
        _ => vec![bare.not_understood(&[body], "There is no \"data\" in it")],
    }
}

/// The JSON text of one event of a body, as received: the whole body of a single delivery or of one that is not understood, the element
/// of a batched one.
#[must_use]
pub fn payload_at(body: &[u8], place: usize) -> String {
    // Maps, not structs: serde reads a struct from an array too.
    type Object<'a> = HashMap<String, &'a RawValue>;
    let batched = || {
        // Whoever looks at what could be taken for two things must see both.
        if place == 0 && unambiguous::parse(without_bom(body)).is_err() {
            return None;
        }
        let envelope: Object<'_> = serde_json::from_slice(without_bom(body)).ok()?;
        let data: Object<'_> = serde_json::from_str(envelope.get("data")?.get()).ok()?;
        let list: Vec<&RawValue> = serde_json::from_str(data.get("deliveries")?.get()).ok()?;
        // One of too many is one event of all of them.
        if list.len() > MOST_EVENTS {
            return None;
        }
        list.get(place).map(|one| one.get().to_owned())
    };
    batched().unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}

fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// A row of the site's log: a record of `EventLogEntry` with the fields that are read of one (ShotGrid REST: event log). None when it is no
/// record, or has no number.
///
/// Its event is that of the delivery of the same happening, but that it came by the log, that it also knows names, and that its
/// time is in whole seconds. Its text is an object with the keys of a single delivery's `data`, so that whoever looks into an
/// event as it was received looks into one shape: the row's own fields, `event_log_entry_id` which is its `id`, and `operation`
/// as its `meta` tells it.
#[must_use]
pub fn decode_log_row(site: &SiteName, record: &Value) -> Option<LogRow> {
    let mut row = flat(record)?;
    row.remove("type");
    let id = integer(row.get("id").map(Json::from).as_ref()).filter(|id| *id > 0)?;
    row.insert("event_log_entry_id".into(), id.into());
    let word = row.get("meta").and_then(word_of_meta);
    row.insert("operation".into(), word.into());
    let at = row.get("created_at").and_then(Value::as_str).and_then(time);
    let data = Value::Object(row);
    let bare = Bare {
        site,
        road: Road::Log,
        hook: None,
    };
    let mut event = bare.event(&Json::from(&data), "");
    // Without a type it is not understood, but it is still that row.
    event.key = log_key(id);
    event.event_log_entry_id = Some(id);
    let is_part = event.operation == Operation::Update
        && (event.in_create || event.field.as_deref().is_some_and(|field| field == RETIREMENT_DATE));
    Some(LogRow {
        id,
        at,
        event: (!is_part).then_some(event),
        text: data.to_string(),
    })
}

/// What is read of a row of the site's log.
pub(super) const LOG_FIELDS: [&str; 11] = [
    "id",
    "event_type",
    "attribute_name",
    "description",
    "meta",
    "entity",
    "project",
    "user",
    "created_at",
    "session_uuid",
    "cached_display_name",
];
/// The field that says since when an entity is in the trash. The site logs its change beside the retirement or revival.
const RETIREMENT_DATE: &str = "retirement_date";

fn log_key(id: i64) -> EventKey {
    EventKey::from(format!("log:{id}"))
}

/// By which road something came that is to be an event.
struct Bare<'a> {
    site: &'a SiteName,
    road: Road,
    hook: Option<&'a HookName>,
}

impl Bare<'_> {
    fn not_understood(&self, bytes: &[&[u8]], why: &str) -> Event {
        let key = by_bytes(bytes);
        let mut event = Event::bare(
            self.site.clone(),
            key,
            self.road,
            "Not understood",
            Operation::NotUnderstood,
        );
        event.hook = self.hook.cloned();
        event.warning = Some(why.into());
        event
    }

    fn event(&self, one: &Json<'_>, timestamp: &str) -> Event {
        let not_understood = |why| self.not_understood(&[timestamp.as_bytes(), one.to_string().as_bytes()], why);
        let Json::Object(data) = one else {
            return not_understood("An event of the batch is not a JSON object");
        };
        let Some(event_type) = string(data, "event_type") else {
            return not_understood("There is no \"event_type\" in it");
        };
        let nothing = Object::default();
        let meta = data.get("meta").and_then(Json::as_object).unwrap_or(&nothing);
        let entry = integer(data.get("event_log_entry_id")).filter(|id| *id > 0);
        let key = match (entry, string(data, "delivery_id")) {
            // One row of the site's log is one attribute's change, and polling the log yields the same number.
            (Some(id), _) => log_key(id),
            (None, Some(delivery)) => EventKey::from(format!("delivery:{delivery}")),
            (None, None) => by_bytes(&[timestamp.as_bytes(), one.to_string().as_bytes()]),
        };
        let hook_word = string(data, "webhook_status")
            .or_else(|| string(meta, "webhook_status"))
            .map(|status| HookWord {
                status,
                previous: string(data, "previous_webhook_status").or_else(|| string(meta, "previous_webhook_status")),
            });
        let operation = operation(&event_type, data, meta, hook_word.is_some());
        let user = data.get("user").and_then(Json::as_object);
        let (old, new) = values(meta);
        Event {
            site: self.site.clone(),
            key,
            road: self.road,
            hook: self.hook.cloned(),
            event_log_entry_id: entry,
            operation,
            entity: reference(data.get("entity")).or_else(|| meta_entity(meta)),
            field: string(data, "attribute_name").or_else(|| string(meta, "attribute_name")),
            old,
            new,
            in_create: meta.get("in_create").and_then(Json::as_bool).unwrap_or(false),
            actor: user.and_then(reference_of).map(|entity| Actor {
                kind: actor_kind(entity.key.kind.as_str()),
                entity,
            }),
            project: reference(data.get("project")),
            occurred_at: string(data, "created_at")
                .as_deref()
                .and_then(time)
                .or_else(|| time(timestamp)),
            session_uuid: string(data, "session_uuid"),
            warning: string(data, "warning").or_else(|| string(meta, "warning")),
            hook_word,
            id: None,
            note: None,
            received: None,
            event_type,
        }
    }
}

/// Whether values were dropped for size, or a list's additions and removals stand in place of old and new.
fn values(meta: &Object<'_>) -> (Option<Value>, Option<Value>) {
    let present = |name: &str| meta.get(name).filter(|v| **v != Json::Null).cloned().map(Value::from);
    let old = present("old_value").or_else(|| present("removed"));
    let new = present("new_value").or_else(|| present("added"));
    (old, new)
}

fn operation(event_type: &str, data: &Object<'_>, meta: &Object<'_>, hook_word: bool) -> Operation {
    let meta_type = meta.get("type").and_then(Json::as_str).unwrap_or_default();
    if event_type == "Test_Connection" || meta_type == "test_connection" {
        return Operation::Test;
    }
    if event_type == "Webhook_Status_Change" || (hook_word && meta_type == "webhook_status_change") {
        return Operation::HookStatus;
    }
    match data.get("operation").and_then(Json::as_str) {
        Some("create") => return Operation::Create,
        Some("update") => return Operation::Update,
        Some("delete") => return Operation::Delete,
        Some("revive") => return Operation::Revive,
        _ => {}
    }
    of_meta(meta_type).unwrap_or(Operation::Custom)
}

fn of_meta(meta_type: &str) -> Option<Operation> {
    Some(match meta_type {
        "new_entity" => Operation::Create,
        "attribute_change" => Operation::Update,
        "entity_retirement" => Operation::Delete,
        "entity_revival" => Operation::Revive,
        _ => return None,
    })
}

/// The word that a delivery has for what a row's `meta` tells.
fn word_of_meta(meta: &Value) -> Option<&'static str> {
    let operation = of_meta(meta.get("type")?.as_str()?)?;
    Some(match operation {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Delete => "delete",
        Operation::Revive => "revive",
        _ => return None,
    })
}

fn actor_kind(kind: &str) -> ActorKind {
    match kind {
        "HumanUser" => ActorKind::Person,
        "ClientUser" => ActorKind::Client,
        "ApiUser" => ActorKind::Script,
        _ => ActorKind::Other,
    }
}

fn reference(value: Option<&Json<'_>>) -> Option<EntityRef> {
    reference_of(value?.as_object()?)
}

fn reference_of(map: &Object<'_>) -> Option<EntityRef> {
    let kind = string(map, "type")?;
    let id = integer(map.get("id"))?;
    let key = EntityKey::new(kind, EntityId::Number(id));
    Some(EntityRef {
        key,
        name: string(map, "name"),
    })
}

fn meta_entity(meta: &Object<'_>) -> Option<EntityRef> {
    let kind = string(meta, "entity_type")?;
    Some(EntityRef::new(kind, integer(meta.get("entity_id"))?))
}

fn string(map: &Object<'_>, name: &str) -> Option<String> {
    map.get(name)?.as_str().filter(|s| !s.is_empty()).map(ToOwned::to_owned)
}

fn integer(value: Option<&Json<'_>>) -> Option<i64> {
    match value? {
        Json::Number(n) => n.as_i64(),
        Json::Text(s) => s.parse().ok(),
        _ => None,
    }
}

/// Letters of `2024-05-01`.
const DATE: usize = 10;

/// `2024-05-01 09:00:00.523887` without a zone is UTC; with one it says so itself.
fn time(text: &str) -> Option<Timestamp> {
    let says_its_zone = text.bytes().skip(DATE).any(|b| matches!(b, b'Z' | b'z' | b'+' | b'-'));
    if says_its_zone {
        return text.parse().ok();
    }
    let local: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}

fn by_bytes(parts: &[&[u8]]) -> EventKey {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    EventKey::from(format!("bytes:{}", hex::encode(hash.finalize())))
}
