//! Whatever a body holds, decoding it ends in events; whatever a site answers, a client ends in an answer or an error.

use std::sync::{Arc, Mutex};

use callboard_model::{EntityKey, EntityType, Operation, Surroundings};
use callboard_trackers::ftrack::Trigger;
use callboard_trackers::{Tracker, TrackerError};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::deliveries::{SEED, events, seed};
use super::site::{Answer, Site};

fn leaf() -> BoxedStrategy<Value> {
    let words = [
        "Task",
        "AssetVersion",
        "TypedContext",
        "create",
        "update",
        "delete",
        "status_id",
        "ftrack_entity_event_v1",
        "bad911de-3bd6-47b9-8b46-3476e237cb36",
        "2024-02-08T15:47:28.943659+00:00",
        "-9999-01-01",
        "",
        "\u{202e}",
        "\u{0}",
        "InvalidCredentialsError",
        "ValidationError",
    ];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        proptest::sample::select(words.to_vec()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ]
    .boxed()
}

fn word() -> BoxedStrategy<String> {
    let known = [
        "id",
        "metadata",
        "date",
        "resource_id",
        "fez_id",
        "entity",
        "entity_type",
        "operation",
        "new",
        "old",
        "object_type_id",
        "status_id",
        "project_id",
        "parent_id",
        "name",
        "data",
        "next",
        "offset",
        "exception",
        "content",
        "__entity_type__",
        "asset",
        "parent",
        "context_id",
        "type",
        "sort",
        "version",
        "__type__",
        "value",
        "from_id",
        "to_id",
    ];
    prop_oneof![4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,6}"].boxed()
}

fn json_value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((word(), inner), 0..10).prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The documented sample with something else in one of its places, or cut off, or with a byte of it changed.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let places = [
        "/id",
        "/metadata",
        "/metadata/date",
        "/metadata/resource_id",
        "/fez_id",
        "/entity",
        "/entity/id",
        "/entity/id/0",
        "/entity/entity_type",
        "/entity/operation",
        "/entity/new",
        "/entity/old",
        "/entity/new/status_id",
        "/entity/old/status_id",
        "/entity/new/object_type_id",
        "/entity/new/name",
        "/entity/new/project_id",
    ];
    let place = || proptest::sample::select(places.to_vec());
    let changed = vec((place(), json_value()), 1..4).prop_map(|changes| {
        let mut delivery = seed();
        for (place, value) in changes {
            if let Some(there) = delivery.pointer_mut(place) {
                *there = value;
            }
        }
        delivery.to_string().into_bytes()
    });
    let cut = any::<proptest::sample::Index>().prop_map(|at| SEED.as_bytes()[..at.index(SEED.len())].to_vec());
    let flipped = (any::<proptest::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| {
        let mut bytes = SEED.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes
    });
    let anything = json_value().prop_map(|value| value.to_string().into_bytes());
    prop_oneof![6 => changed, 1 => cut, 3 => flipped, 1 => anything, 1 => vec(any::<u8>(), 0..200)]
}

proptest! {
    #[test]
    fn there_is_always_an_event_and_always_the_same_one(body in body()) {
        let found = events(&body);
        prop_assert!(!found.is_empty());
        prop_assert_eq!(&found, &events(&body));
        let mut keys: Vec<&str> = found.iter().map(|event| event.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(keys.len(), found.len(), "two events of one delivery are two");
        for event in &found {
            prop_assert!(!event.key.as_str().is_empty());
            let is_understood = event.operation != Operation::NotUnderstood;
            prop_assert_eq!(is_understood, event.entity.is_some());
            prop_assert_eq!(is_understood, event.warning.is_none());
            prop_assert!(event.field.is_none() || event.operation == Operation::Update);
            prop_assert!(event.field.is_none() || event.old != event.new);
        }
        let statuses = found.iter().position(|event| event.field.as_deref() == Some("status_id"));
        prop_assert!(statuses.is_none_or(|place| place == 0), "the status comes first");
    }

    #[test]
    fn a_filter_is_read_or_refused_at_a_place_in_it(source in r#"[a-z."=!() \\_-]{0,60}|(entity\.new\.x|"t"|and|or|=|!=|\(|\)| ){0,20}"#) {
        match Trigger::parse(&source) {
            Ok(trigger) => prop_assert_eq!(Trigger::parse(&trigger.to_string()), Ok(trigger)),
            Err(mistake) => prop_assert!((1..=source.chars().count() + 1).contains(&mistake.at)),
        }
    }
}

#[test]
fn whatever_a_site_answers_is_taken_or_an_error() {
    let answers = Arc::new(Mutex::new((200_u16, String::new())));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let told = Arc::clone(&answers);
    let site = runtime.block_on(Site::start(move |_, _| {
        let (status, body) = told.lock().unwrap().clone();
        Answer { status, body }
    }));
    let client = site.client();
    let rows = vec(json_value(), 0..4);
    let result =
        (rows, json_value()).prop_map(|(rows, next)| json!({"data": rows, "metadata": {"next": {"offset": next}}}));
    let listed = vec(result, 1..8).prop_map(|results| json!(results).to_string());
    let body = prop_oneof![4 => listed, 1 => json_value().prop_map(|value| value.to_string()), 1 => ".{0,40}"];
    let status = proptest::sample::select(vec![200_u16, 200, 200, 400, 401, 403, 500, 503]);
    let mut runner = TestRunner::new(Config {
        cases: 150,
        ..Config::default()
    });
    let run = runner.run(&(status, body), |answer| {
        *answers.lock().unwrap() = answer;
        let is_fine =
            |error: &TrackerError| !matches!(error, TrackerError::BadAddress(_) | TrackerError::NotOffered(_));
        let task = EntityKey::new("Task", callboard_model::EntityId::Text("t1".into()));
        let everything = Surroundings {
            owner: true,
            sibling_tasks: true,
            dependencies: true,
            ..Surroundings::default()
        };
        let around = runtime.block_on(client.around(&task, &everything));
        prop_assert!(around.as_ref().err().is_none_or(is_fine), "{around:?}");
        let statuses = runtime.block_on(client.statuses(std::slice::from_ref(&task)));
        prop_assert!(statuses.as_ref().err().is_none_or(is_fine), "{statuses:?}");
        let list = runtime.block_on(client.status_list(&EntityType::from("Task")));
        prop_assert!(list.as_ref().err().is_none_or(is_fine), "{list:?}");
        Ok(())
    });
    run.unwrap();
}
