//! Whatever a signed body of Creative Force's holds, decoding it ends in one event, and what is shown of it names nobody's mailbox.

use callboard_model::{HookName, Operation, Refusal, SiteName};
use callboard_trackers::creative_force::{Secrets, address_trouble, decode, masked, opened, sign, verify};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Map, Value, json};

use crate::creative_force::{BROKEN, JOB, PRODUCT, SAMPLE, SESSION, TASK, USER, WORK_UNIT, told};

/// Names that mean something to the decoder, and some that do not.
fn name() -> BoxedStrategy<String> {
    let known = [
        "Action",
        "EventGroupName",
        "PayloadId",
        "EventDatetimeUtc",
        "Actor",
        "UserId",
        "Assignee",
        "TaskId",
        "StepName",
        "StepStatusName",
        "WorkUnitId",
        "WorkUnitStatusName",
        "ProductId",
        "ProductCode",
        "ProductStatusName",
        "JobId",
        "JobCode",
        "JobStatusName",
        "ClientId",
        "ClientName",
        "SampleId",
        "Products",
        "SessionId",
        "PlannedTeam",
        "PlanningStatus",
        "ProductionTypeId",
        "ProductionTypeName",
        "event-group_name",
        "__proto__",
    ];
    prop_oneof![6 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,6}"].boxed()
}

fn value() -> BoxedStrategy<Value> {
    let words = [
        "task",
        "Product",
        "work unit",
        "Job",
        "session",
        "Completed",
        "StatusChanged",
        "Deleted",
        "Created",
        "ann@x.io",
        "",
        "0",
        "-0",
        "007",
        "9223372036854775808",
        "1595204418000",
        "00000000-0000-0000-0000-000000000000",
        "{\"UserId\":7}",
        "[{\"ProductId\":1}]",
        "{\"a\":\"{\\\"b\\\":\\\"c@d\\\"}\"}",
        "{",
        "\u{202e}",
        "\u{0}",
        "\\u0040",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        proptest::sample::select(words.to_vec()).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let deeper = |inner: BoxedStrategy<Value>| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((name(), inner), 0..5).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    };
    leaf.prop_recursive(3, 24, 5, move |inner| deeper(inner.boxed()))
        .boxed()
}

fn payload() -> BoxedStrategy<Value> {
    let fields = vec((name(), value()), 0..16).prop_map(|fields| fields.into_iter().collect::<Map<_, _>>());
    (fields, any::<bool>())
        .prop_map(|(mut fields, usual)| {
            if usual {
                fields.insert("EventGroupName".into(), json!("task"));
                fields.insert("Action".into(), json!("Completed"));
            }
            Value::Object(fields)
        })
        .boxed()
}

fn body() -> BoxedStrategy<Vec<u8>> {
    let samples: Vec<&[u8]> = [PRODUCT, SAMPLE, USER, TASK, WORK_UNIT, JOB, SESSION]
        .into_iter()
        .chain(BROKEN)
        .collect();
    let sample = (
        proptest::sample::select(samples),
        any::<proptest::sample::Index>(),
        any::<u8>(),
        any::<bool>(),
    );
    let damaged = sample.prop_map(|(sample, at, byte, cut)| {
        let mut bytes = sample.to_vec();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(if cut { place } else { bytes.len() });
        bytes
    });
    let made = payload().prop_map(|payload| payload.to_string().into_bytes());
    prop_oneof![4 => damaged, 4 => made, 1 => vec(any::<u8>(), 0..200)].boxed()
}

proptest! {
    #[test]
    fn whatever_a_signed_body_holds_it_is_one_event_and_always_the_same(body in body()) {
        let found = told(&body);
        prop_assert_eq!(&found, &told(&body));
        prop_assert!(!found.event.event_type.is_empty() && !found.event.key.as_str().is_empty());
        let unknown = found.event.operation == Operation::NotUnderstood;
        prop_assert!(!unknown || (found.event.entity.is_none() && found.event.warning.is_some() && found.entities.is_empty()));
        let shown = masked(&String::from_utf8_lossy(&body));
        prop_assert!(!shown.is_empty() || body.is_empty());
    }

    #[test]
    fn the_key_comes_from_the_signed_bytes_and_nothing_else(body in body()) {
        let elsewhere = decode(&SiteName::from("other"), &HookName::from("other"), &body);
        prop_assert_eq!(told(&body).event.key, elsewhere.event.key);
    }

    #[test]
    fn an_entity_that_belongs_to_another_is_told_before_it(payload in payload()) {
        let told = told(payload.to_string().as_bytes());
        for (place, entity) in told.entities.iter().enumerate() {
            let parent = entity.parent.as_ref().map(|parent| &parent.key);
            prop_assert!(parent != Some(&entity.key));
            prop_assert!(told.entities.iter().take(place).all(|other| other.key != entity.key));
        }
    }

    #[test]
    fn masking_leaves_no_name_of_an_address_and_json_stays_json(payload in payload()) {
        let shown = masked(&payload.to_string());
        prop_assert!(serde_json::from_str::<Value>(&shown).is_ok(), "{shown}");
        prop_assert!(!shown.contains("ann@") && !shown.contains("c@d"), "{shown}");
        prop_assert_eq!(masked(&shown), shown.clone());
        let seen = opened(payload).to_string();
        prop_assert!(!seen.contains("ann@"), "{seen}");
    }

    #[test]
    fn no_signature_but_the_right_one_is_taken(body in vec(any::<u8>(), 0..100), secret in ".{1,20}", at in any::<proptest::sample::Index>()) {
        let right = sign(&secret, &body);
        prop_assert!(verify(&Secrets::new(&secret, None), [right.as_bytes()], &body).is_ok());
        let place = at.index(right.len());
        let other = if right.as_bytes()[place] == b'0' { "1" } else { "0" };
        let mut wrong = right;
        wrong.replace_range(place..=place, other);
        prop_assert_eq!(verify(&Secrets::new(&secret, None), [wrong.as_bytes()], &body), Err(Refusal::SignatureWrong));
    }

    #[test]
    fn an_address_is_judged_whatever_it_is(address in ".{0,40}") {
        let trouble = address_trouble(&address);
        prop_assert!(trouble.is_some() || address.trim().to_lowercase().starts_with("https:"));
    }
}
