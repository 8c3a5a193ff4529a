//! What trackers deliver, and rows of a site's log: decoding ends in events, always the same ones.

use std::collections::HashSet;

use callboard_model::{EntityType, Event, EventKey, HookName, Operation, Road, SiteName};
use callboard_trackers::ftrack::{HubFrame, ObjectTypes};
use callboard_trackers::{Rung, creative_force, ftrack, shotgrid};
use proptest::{prop_assert, prop_assert_eq};
use serde_json::{Value, json};

use crate::trying::{Outcome, fuzz, much_is_read_and_much_is_refused};

/// What an event may say beyond what was received: names of types and fields, warnings, ids.
const OWN_WORDS: usize = 2_000;

fn shotgrid_events(body: &[u8]) -> Vec<Event> {
    shotgrid::decode(&SiteName::from("practice"), &HookName::from("status"), body)
}

fn ftrack_events(body: &[u8]) -> Vec<Event> {
    let types = ObjectTypes::default();
    ftrack::decode(&SiteName::from("lab"), &HookName::from("status"), &types, body)
}

fn creative_force_told(body: &[u8]) -> creative_force::Told {
    creative_force::decode(&SiteName::from("studio"), &HookName::from("events"), body)
}

fn keys(events: &[Event]) -> Vec<&EventKey> {
    events.iter().map(|event| &event.key).collect()
}

/// What holds of an event, however it was told. It says no more than `received` bytes hold: what a JSON text takes one byte for,
/// such as U+0000 in a text, may take six where it is written again.
fn an_event_is_sound(event: &Event, received: usize) -> Outcome {
    prop_assert!(!event.event_type.is_empty() && !event.key.as_str().is_empty());
    let is_understood = event.operation != Operation::NotUnderstood;
    prop_assert!(is_understood || (event.entity.is_none() && event.warning.is_some()));
    let said = serde_json::to_string(event).expect("an event is JSON").len();
    prop_assert!(said <= received * 12 + OWN_WORDS, "{} bytes from {}", said, received);
    let back: Event = serde_json::from_str(&serde_json::to_string(event).expect("JSON")).expect("it is one still");
    prop_assert_eq!(&back.key, &event.key);
    Ok(())
}

fn shotgrid_body(body: &[u8]) -> Outcome {
    let found = shotgrid_events(body);
    prop_assert!(!found.is_empty());
    prop_assert_eq!(&found, &shotgrid_events(body));
    let elsewhere = shotgrid::decode(&SiteName::from("another"), &HookName::from("elsewhere"), body);
    prop_assert_eq!(
        keys(&found),
        keys(&elsewhere),
        "a key comes from the signed bytes alone"
    );
    // An event takes a few bytes of a batch at least: `{},`.
    prop_assert!(found.len() <= body.len() / 2 + 1);
    for (place, event) in found.iter().enumerate() {
        an_event_is_sound(event, body.len())?;
        let payload = shotgrid::payload_at(body, place);
        prop_assert!(payload.len() >= usize::from(!body.is_empty()));
        // Bytes that are no text may become three each.
        prop_assert!(payload.len() <= body.len() * 3);
    }
    one_event_alone_and_in_a_batch(body)
}

fn one_event_alone_and_in_a_batch(body: &[u8]) -> Outcome {
    let Ok(envelope) = serde_json::from_slice::<Value>(body) else {
        return Ok(());
    };
    let Some(data) = envelope.get("data").filter(|data| data.get("deliveries").is_none()) else {
        return Ok(());
    };
    let alone = shotgrid_events(json!({"data": data}).to_string().as_bytes());
    if alone[0].operation != Operation::NotUnderstood {
        let batched = shotgrid_events(json!({"data": {"deliveries": [data]}}).to_string().as_bytes());
        prop_assert_eq!(alone, batched);
    }
    Ok(())
}

#[test]
fn any_shotgrid_body_comes_to_events_and_always_the_same_ones() {
    fuzz("shotgrid", 1_500, shotgrid_body);
}

fn shotgrid_row(bytes: &[u8]) -> Outcome {
    let Ok(record) = serde_json::from_slice::<Value>(bytes) else {
        return Ok(());
    };
    let site = SiteName::from("practice");
    let decoded = shotgrid::decode_log_row(&site, &record);
    prop_assert_eq!(&decoded, &shotgrid::decode_log_row(&site, &record));
    let Some(row) = decoded else { return Ok(()) };
    prop_assert!(row.id > 0);
    let text: Value = serde_json::from_str(&row.text).expect("the text of a row is JSON");
    prop_assert_eq!(&text["event_log_entry_id"], &json!(row.id));
    if let Some(event) = row.event {
        an_event_is_sound(&event, bytes.len())?;
        prop_assert_eq!(event.key.as_str(), format!("log:{}", row.id));
        prop_assert_eq!((event.event_log_entry_id, event.road), (Some(row.id), Road::Log));
        prop_assert!(!event.in_create || event.operation != Operation::Update);
    }
    Ok(())
}

#[test]
fn any_row_of_a_shotgrid_log_is_that_row_or_none() {
    fuzz("shotgrid-log", 1_500, shotgrid_row);
}

fn ftrack_body(body: &[u8]) -> Outcome {
    let found = ftrack_events(body);
    prop_assert!(!found.is_empty());
    prop_assert_eq!(&found, &ftrack_events(body));
    let types = ObjectTypes::default();
    let elsewhere = ftrack::decode(&SiteName::from("another"), &HookName::from("elsewhere"), &types, body);
    prop_assert_eq!(keys(&found), keys(&elsewhere), "a key comes from the bytes alone");
    let distinct: HashSet<&EventKey> = keys(&found).into_iter().collect();
    prop_assert_eq!(distinct.len(), found.len(), "two events of one delivery are two");
    prop_assert!(found.len() <= body.len() / 4 + 1);
    for event in &found {
        an_event_is_sound(event, body.len())?;
        let is_understood = event.operation != Operation::NotUnderstood;
        prop_assert_eq!(
            (is_understood, is_understood),
            (event.entity.is_some(), event.warning.is_none())
        );
        prop_assert!(event.field.is_none() || event.operation == Operation::Update);
        prop_assert!(event.field.is_none() || event.old != event.new);
    }
    let statuses = found
        .iter()
        .position(|event| event.field.as_deref() == Some(ftrack::STATUS_FIELD));
    prop_assert!(statuses.is_none_or(|place| place == 0), "the status comes first");
    Ok(())
}

#[test]
fn any_ftrack_body_comes_to_events_and_always_the_same_ones() {
    fuzz("ftrack", 1_500, ftrack_body);
}

fn rung(bytes: &[u8]) -> Vec<Rung> {
    match ftrack::hub_frame(&String::from_utf8_lossy(bytes)) {
        HubFrame::Rang(rung) => rung,
        _ => Vec::new(),
    }
}

fn ftrack_hub(bytes: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(bytes);
    let found = ftrack::hub_frame(&text);
    prop_assert_eq!(&found, &ftrack::hub_frame(&text));
    if let HubFrame::Taken(packet) = found {
        prop_assert!(text.contains(packet) && !packet.contains('+'));
    }
    for one in rung(bytes) {
        // What is no Version is what the hub says that it is, and both are looked up by name and id.
        let said = |word: &str| text.contains(word) || text.contains('\\');
        prop_assert!(one.entity.kind.is(EntityType::VERSION) || said(one.entity.kind.as_str()));
        prop_assert!(said(&one.entity.id.to_string()) && one.entity.id.as_number().is_none());
        prop_assert!(one.by.is_none_or(|by| !by.key.id.to_string().is_empty()));
    }
    Ok(())
}

#[test]
fn any_frame_of_the_ftrack_hub_rings_for_what_it_names_or_for_nothing() {
    fuzz("ftrack-hub", 1_500, ftrack_hub);
}

fn creative_force_body(body: &[u8]) -> Outcome {
    let found = creative_force_told(body);
    prop_assert_eq!(&found, &creative_force_told(body));
    an_event_is_sound(&found.event, body.len())?;
    let elsewhere = creative_force::decode(&SiteName::from("other"), &HookName::from("other"), body);
    prop_assert_eq!(&found.event.key, &elsewhere.event.key);
    let is_understood = found.event.operation != Operation::NotUnderstood;
    prop_assert!(is_understood || found.entities.is_empty());
    for (place, entity) in found.entities.iter().enumerate() {
        let parent = entity.parent.as_ref().map(|parent| &parent.key);
        prop_assert!(parent != Some(&entity.key));
        prop_assert!(found.entities.iter().take(place).all(|other| other.key != entity.key));
    }
    let text = String::from_utf8_lossy(body);
    let shown = creative_force::masked(&text);
    prop_assert!(!shown.is_empty() || body.is_empty());
    prop_assert_eq!(
        creative_force::masked(&shown),
        shown.clone(),
        "what is masked stays as it is"
    );
    if serde_json::from_str::<Value>(&text).is_ok() {
        prop_assert!(serde_json::from_str::<Value>(&shown).is_ok(), "{}", shown);
    }
    Ok(())
}

#[test]
fn any_creative_force_body_comes_to_one_event_and_always_the_same() {
    fuzz("creative-force", 1_500, creative_force_body);
}

#[test]
fn much_of_what_is_tried_of_bodies_is_understood_and_much_is_not() {
    let understood = |events: &[Event]| events.iter().all(|event| event.operation != Operation::NotUnderstood);
    much_is_read_and_much_is_refused("shotgrid", |body| understood(&shotgrid_events(body)));
    much_is_read_and_much_is_refused("ftrack", |body| understood(&ftrack_events(body)));
    much_is_read_and_much_is_refused("ftrack-hub", |bytes| !rung(bytes).is_empty());
    much_is_read_and_much_is_refused("creative-force", |body| understood(&[creative_force_told(body).event]));
    much_is_read_and_much_is_refused("shotgrid-log", |bytes| {
        let record = serde_json::from_slice(bytes).unwrap_or(Value::Null);
        shotgrid::decode_log_row(&SiteName::from("practice"), &record).is_some_and(|row| row.event.is_some())
    });
}
