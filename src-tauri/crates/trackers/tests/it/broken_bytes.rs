//! Whatever a signed body holds, decoding it ends in events.

use callboard_model::{EventKey, HookName, Operation, SiteName};
use callboard_trackers::shotgrid::{decode, payload_at};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Map, Value, json};

use crate::deliveries::events;

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
}
