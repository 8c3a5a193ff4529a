//! What deliveries come to.

use callboard_model::{ActorKind, EntityId, Event, HookName, Operation, Road, SiteName};
use callboard_trackers::ftrack::{ObjectTypes, decode};
use serde_json::{Value, json};

/// The sample of the vendor's documentation, as printed.
pub(crate) const SEED: &str = include_str!("seed.json");
pub(crate) const SHOT_TYPE: &str = "bad911de-3bd6-47b9-8b46-3476e237cb36";
const IN_PROGRESS: &str = "44ddd0fe-4164-11df-9218-0019bb4983d8";
const NOT_STARTED: &str = "44dd9fb2-4164-11df-9218-0019bb4983d8";

pub(crate) fn events(body: &[u8]) -> Vec<Event> {
    decode(
        &SiteName::from("lab"),
        &HookName::from("status"),
        &ObjectTypes::default(),
        body,
    )
}

fn of(delivery: &Value) -> Vec<Event> {
    events(delivery.to_string().as_bytes())
}

pub(crate) fn seed() -> Value {
    serde_json::from_str(SEED).unwrap()
}

fn id_of(event: &Event) -> String {
    event.entity.as_ref().unwrap().key.to_string()
}

#[test]
fn the_documented_sample_is_a_status_that_changed() {
    let found = events(SEED.as_bytes());
    let [event] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(event.key.as_str(), "a3760d18-0b3e-4d3f-9c75-b730c6e3a80a");
    assert_eq!(event.operation, Operation::Update);
    assert_eq!(
        (event.road, event.hook.as_ref().unwrap().as_str()),
        (Road::Hook, "status")
    );
    assert_eq!(id_of(event), "Task 3567adcf-794c-4d6f-9645-9d4e1cdb6969");
    assert_eq!(event.entity.as_ref().unwrap().name.as_deref(), Some("Task name"));
    assert_eq!(event.field.as_deref(), Some("status_id"));
    assert_eq!(event.old_status().unwrap().as_str(), NOT_STARTED);
    assert_eq!(event.new_status("status_id").unwrap().unwrap().as_str(), IN_PROGRESS);
    let actor = event.actor.as_ref().unwrap();
    assert_eq!(
        (actor.kind, actor.entity.key.to_string()),
        (ActorKind::Person, "User 6cb6d7bc-4d03-11ec-bb05-f230d9abde89".into())
    );
    assert_eq!(
        event.project.as_ref().unwrap().key.to_string(),
        "Project 85a2d78f-6ca6-4787-bd18-0d84da8a6ef9"
    );
    assert_eq!(event.occurred_at.unwrap().to_string(), "2024-02-08T15:47:28.943659Z");
    assert_eq!(
        event.id,
        Some(EntityId::Text("a3760d18-0b3e-4d3f-9c75-b730c6e3a80a".into()))
    );
}

#[test]
fn each_further_column_is_an_event_of_its_own_after_the_status() {
    let mut delivery = seed();
    delivery["entity"]["new"]["description"] = json!("late");
    delivery["entity"]["new"]["bid"] = json!(3600);
    let told: Vec<(String, String)> = of(&delivery)
        .into_iter()
        .map(|event| (event.key.as_str().to_owned(), event.field.unwrap()))
        .collect();
    let id = "a3760d18-0b3e-4d3f-9c75-b730c6e3a80a";
    let expected = [
        (id.to_owned(), "status_id".to_owned()),
        (format!("{id}/bid"), "bid".to_owned()),
        (format!("{id}/description"), "description".to_owned()),
    ];
    assert_eq!(told, expected);
}

#[test]
fn nothing_is_null_or_empty_or_missing_all_alike() {
    for nothing in [json!(null), json!({}), Value::String("MISSING".into())] {
        let mut delivery = seed();
        let set = |row: &mut Value, value: &Value| match value.as_str() {
            Some(_) => drop(row.as_object_mut().unwrap().remove("status_id")),
            None => row["status_id"] = value.clone(),
        };
        set(&mut delivery["entity"]["old"], &nothing);
        let event = of(&delivery).remove(0);
        assert_eq!(
            (event.field.as_deref(), event.old),
            (Some("status_id"), None),
            "{nothing}"
        );
        // And against each other they are no change.
        set(&mut delivery["entity"]["new"], &json!(null));
        let event = of(&delivery).remove(0);
        assert_eq!((event.operation, event.field), (Operation::Update, None), "{nothing}");
    }
}

#[test]
fn without_a_past_only_the_status_counts_as_changed() {
    for old in [json!(null), json!({})] {
        let mut delivery = seed();
        delivery["entity"]["old"] = old;
        let found = of(&delivery);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].field.as_deref(), &found[0].old), (Some("status_id"), &None));
    }
}

#[test]
fn a_shot_is_told_by_its_object_type_whatever_its_type_is_called() {
    for name in ["Task", "Shot", "TypedContext"] {
        let mut delivery = seed();
        delivery["entity"]["entity_type"] = json!(name);
        delivery["entity"]["new"]["object_type_id"] = json!(SHOT_TYPE);
        delivery["entity"]["old"]["object_type_id"] = json!(SHOT_TYPE);
        assert!(id_of(&of(&delivery)[0]).starts_with("Shot "), "{name}");
    }
    let mut delivery = seed();
    delivery["entity"]["new"]["object_type_id"] = json!("cafe0000-0000-4000-8000-000000000001");
    delivery["entity"]["entity_type"] = json!("AssetBuild");
    assert!(id_of(&of(&delivery)[0]).starts_with("AssetBuild "));
    // The table's name says nothing of the studio's own object type.
    delivery["entity"]["entity_type"] = json!("Task");
    assert!(id_of(&of(&delivery)[0]).starts_with("TypedContext "));
}

#[test]
fn what_is_made_is_one_event_and_an_asset_version_is_a_version() {
    let mut delivery = seed();
    let entity = &mut delivery["entity"];
    entity["entity_type"] = json!("AssetVersion");
    entity["operation"] = json!("create");
    entity["new"] = json!({"id": "v1", "version": 3, "status_id": IN_PROGRESS, "task_id": "t1"});
    for old in [json!(null), json!({}), json!([])] {
        delivery["entity"]["old"] = old;
        let found = of(&delivery);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].operation, found[0].field.as_deref()),
            (Operation::Create, None)
        );
        assert!(id_of(&found[0]).starts_with("Version 3567adcf"));
    }
    delivery["entity"].as_object_mut().unwrap().remove("old");
    assert_eq!(of(&delivery)[0].operation, Operation::Create);
}

#[test]
fn what_is_of_no_known_shape_is_kept_and_said_to_be_not_understood() {
    let spoilt = |change: &dyn Fn(&mut Value)| {
        let mut delivery = seed();
        change(&mut delivery);
        let found = of(&delivery);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].operation, Operation::NotUnderstood, "{found:#?}");
        assert!(found[0].warning.is_some() && found[0].entity.is_none());
    };
    spoilt(&|delivery| delivery["fez_id"] = json!("ftrack_entity_event_v2"));
    spoilt(&|delivery| delivery["entity"]["operation"] = json!("sneeze"));
    spoilt(&|delivery| delivery["entity"] = json!([]));
    spoilt(&|delivery| {
        delivery["entity"]["id"] = json!([]);
        delivery["entity"]["new"] = json!({});
        delivery["entity"]["old"] = json!({});
    });
    for body in ["", "[]", "{", "\"text\"", "null"] {
        assert_eq!(events(body.as_bytes())[0].operation, Operation::NotUnderstood, "{body}");
    }
}

#[test]
fn one_delivery_twice_has_the_same_keys_and_two_have_not() {
    let key = |delivery: &Value| of(delivery)[0].key.clone();
    let mut other = seed();
    other["id"] = json!("b3760d18-0b3e-4d3f-9c75-b730c6e3a80b");
    assert_eq!(key(&seed()), key(&seed()));
    assert_ne!(key(&seed()), key(&other));
    other.as_object_mut().unwrap().remove("id");
    assert!(key(&other).as_str().starts_with("bytes:"));
}
