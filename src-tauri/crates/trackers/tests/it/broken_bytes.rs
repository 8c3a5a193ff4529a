//! Whatever a signed body holds, decoding it ends in events; whatever a site answers, a client ends in an answer or an error.

use std::sync::{Arc, Mutex};

use callboard_model::{EventKey, HookName, Operation, Road, SiteName};
use callboard_trackers::shotgrid::{decode, decode_log_row, payload_at};
use callboard_trackers::{DeliveriesAsked, Tracker, TrackerError};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::deliveries::events;
use crate::hooks::HOOK;
use crate::site::{Site, text};

/// Words that mean something to the decoder, and some that do not.
fn word() -> BoxedStrategy<String> {
    let known = [
        "data",
        "deliveries",
        "event_type",
        "event_log_entry_id",
        "delivery_id",
        "operation",
        "meta",
        "type",
        "entity",
        "user",
        "project",
        "id",
        "attribute_name",
        "old_value",
        "new_value",
        "added",
        "removed",
        "warning",
        "webhook_status",
        "in_create",
        "created_at",
        "timestamp",
        "session_uuid",
        "entity_type",
        "entity_id",
        "__proto__",
        "constructor",
    ];
    prop_oneof![4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,6}"].boxed()
}

fn leaf() -> BoxedStrategy<Value> {
    let words = [
        "update",
        "create",
        "delete",
        "revive",
        "Test_Connection",
        "Webhook_Status_Change",
        "Version",
        "HumanUser",
        "attribute_change",
        "sg_status_list",
        "2024-05-01 09:00:00.523887",
        "9999-12-31T23:59:60Z",
        "-9999-01-01",
        "",
        "0",
        "545175",
        "\u{202e}abc",
        "\u{0}",
    ];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        proptest::sample::select(words.to_vec()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ]
    .boxed()
}

fn json_value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((word(), inner), 0..10).prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// An object with the keys that a record of a hook, a delivery or a row may have, each with anything.
fn record() -> impl Strategy<Value = Value> {
    let keys = [
        "id",
        "type",
        "url",
        "status",
        "entity_types",
        "event_type",
        "projects",
        "is_token_set",
        "event_time",
        "process_time",
        "response_code",
        "request_body",
        "acknowledgement",
        "attributes",
        "relationships",
    ];
    let words = prop_oneof![
        Just(json!("active")),
        Just(json!("failed")),
        Just(json!(1_714_554_000)),
        Just(json!({"Version": {"update": null, "create": [7]}})),
        body().prop_map(|bytes| Value::from(String::from_utf8_lossy(&bytes).into_owned())),
    ];
    let value = prop_oneof![1 => words, 2 => json_value()];
    vec((proptest::sample::select(keys.to_vec()), value), 0..12)
        .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A row of the log with anything in any of its fields.
fn row() -> impl Strategy<Value = Value> {
    let fields = || vec((word(), json_value()), 0..10);
    (any::<i64>(), fields(), fields()).prop_map(|(id, attributes, links)| {
        let attributes: Map<_, _> = attributes.into_iter().collect();
        let links: Map<_, _> = links
            .into_iter()
            .map(|(name, link)| (name, json!({"data": link})))
            .collect();
        json!({"type": "EventLogEntry", "id": id, "attributes": attributes, "relationships": links})
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let single = json_value().prop_map(|data| json!({"data": data, "timestamp": "2024-05-01T09:00:01Z"}));
    let batch = vec(json_value(), 0..6).prop_map(|list| json!({"data": {"deliveries": list}}));
    let odd_time = (json_value(), json_value()).prop_map(|(data, time)| json!({"data": data, "timestamp": time}));
    let whole = prop_oneof![single, batch, odd_time, json_value()].prop_map(|v| v.to_string().into_bytes());
    let cut = (whole.boxed(), any::<proptest::sample::Index>(), any::<bool>()).prop_map(|(bytes, at, cut)| {
        let end = if cut { at.index(bytes.len()) } else { bytes.len() };
        bytes[..end].to_vec()
    });
    prop_oneof![8 => cut, 1 => vec(any::<u8>(), 0..200)]
}

fn keys(site: &str, hook: &str, body: &[u8]) -> Vec<EventKey> {
    let events = decode(&SiteName::from(site), &HookName::from(hook), body);
    events.into_iter().map(|e| e.key).collect()
}

proptest! {
    #[test]
    fn there_is_always_an_event_and_always_the_same_one(body in body()) {
        let found = events(&body);
        prop_assert!(!found.is_empty());
        prop_assert_eq!(&found, &events(&body));
        for (place, event) in found.iter().enumerate() {
            prop_assert!(!event.event_type.is_empty());
            prop_assert!(!event.key.as_str().is_empty());
            prop_assert!(event.operation != Operation::NotUnderstood || (event.entity.is_none() && event.warning.is_some()));
            prop_assert!(payload_at(&body, place).len() >= usize::from(!body.is_empty()));
        }
    }

    #[test]
    fn keys_come_from_the_signed_bytes_and_nothing_else(body in body()) {
        prop_assert_eq!(keys("practice", "status", &body), keys("another", "elsewhere", &body));
    }

    #[test]
    fn an_event_that_is_understood_has_the_same_operation_alone_and_in_a_batch(data in json_value()) {
        let alone = events(json!({"data": data}).to_string().as_bytes());
        let batched = events(json!({"data": {"deliveries": [data]}}).to_string().as_bytes());
        if data.get("deliveries").is_none() && alone[0].operation != Operation::NotUnderstood {
            prop_assert_eq!(alone, batched);
        }
    }

    #[test]
    fn a_row_of_the_log_with_a_number_is_that_row_whatever_else_it_holds(row in row()) {
        let id = row["id"].as_i64().unwrap();
        // What it holds under the name of its number is no other number.
        let renamed = row["attributes"].get("id").is_some() || row["relationships"].get("id").is_some();
        let decoded = decode_log_row(&SiteName::from("practice"), &row);
        prop_assert_eq!(&decoded, &decode_log_row(&SiteName::from("practice"), &row));
        prop_assert!(renamed || decoded.is_some() == (id > 0));
        if let Some(decoded) = decoded {
            let text: Value = serde_json::from_str(&decoded.text).unwrap();
            prop_assert_eq!(&text["event_log_entry_id"], &json!(decoded.id));
            if let Some(event) = decoded.event {
                prop_assert_eq!(event.key.as_str(), format!("log:{}", decoded.id));
                prop_assert_eq!((event.event_log_entry_id, event.road), (Some(decoded.id), Road::Log));
                prop_assert!(!event.in_create || event.operation != Operation::Update);
            }
        }
    }

    #[test]
    fn what_is_no_row_is_none_and_no_panic(value in json_value()) {
        let decoded = decode_log_row(&SiteName::from("practice"), &value);
        prop_assert!(decoded.is_none_or(|row| row.id > 0));
    }
}

#[test]
fn whatever_a_site_answers_about_hooks_and_deliveries_is_taken_or_unreadable() {
    let answers = Arc::new(Mutex::new(String::new()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let told = Arc::clone(&answers);
    let site = runtime.block_on(Site::start(move |_, _| text(200, told.lock().unwrap().clone())));
    let client = site.client();
    let hooks = client.webhooks().unwrap();
    let asked = DeliveriesAsked {
        most: 40,
        ..DeliveriesAsked::default()
    };
    let listed = (vec(record(), 0..5), json_value())
        .prop_map(|(list, metrics)| json!({"data": list, "performance_metrics": metrics}).to_string());
    let answer = prop_oneof![3 => listed, 1 => json_value().prop_map(|value| value.to_string()), 1 => ".{0,40}"];
    let mut runner = TestRunner::default();
    let run = runner.run(&answer, |answer| {
        answers.lock().unwrap().clone_from(&answer);
        let is_fine = |error: &TrackerError| matches!(error, TrackerError::Unreadable { .. });
        let list = runtime.block_on(hooks.list());
        prop_assert!(list.as_ref().err().is_none_or(is_fine), "{answer}: {list:?}");
        for hook in list.into_iter().flatten() {
            prop_assert!(!hook.id.is_empty() && !hook.draft.url.is_empty());
        }
        let found = runtime.block_on(hooks.deliveries(HOOK, &asked));
        prop_assert!(found.as_ref().err().is_none_or(is_fine), "{answer}: {found:?}");
        for delivery in found.into_iter().flat_map(|found| found.list) {
            prop_assert!(!delivery.id.is_empty() && delivery.seconds.is_finite() && delivery.seconds >= 0.0);
            prop_assert!(delivery.entries.iter().all(|entry| *entry > 0));
        }
        Ok(())
    });
    run.unwrap();
}
