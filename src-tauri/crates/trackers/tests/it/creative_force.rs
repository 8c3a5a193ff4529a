//! Creative Force's deliveries: the vectors of its signature, every sample and every action of its page, and whatever else a body
//! may hold.

use callboard_model::{ActorKind, Entity, EntityId, EntityRef, HookName, Operation, Refusal, Road, SiteName};
use callboard_trackers::creative_force::{
    ACTION_FIELD, Filter, Group, KeyForm, STATUS_FIELD, STEPS, Secrets, Told, Verified, address_trouble, decode,
    masked, opened, sign, verify,
};
use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Map, Value, json};

const PRODUCT: &[u8] = include_bytes!("../creative_force/product.printed.json");
const SAMPLE: &[u8] = include_bytes!("../creative_force/sample.mended.json");
const USER: &[u8] = include_bytes!("../creative_force/user.mended.json");
const TASK: &[u8] = include_bytes!("../creative_force/task.printed.json");
const WORK_UNIT: &[u8] = include_bytes!("../creative_force/work_unit.mended.json");
const JOB: &[u8] = include_bytes!("../creative_force/job.mended.json");
const SESSION: &[u8] = include_bytes!("../creative_force/session.printed.json");

/// The samples that are no JSON as the page prints them.
const BROKEN: [&[u8]; 4] = [
    include_bytes!("../creative_force/sample.printed.json"),
    include_bytes!("../creative_force/user.printed.json"),
    include_bytes!("../creative_force/work_unit.printed.json"),
    include_bytes!("../creative_force/job.printed.json"),
];
/// Every action that the page lists, with its group: from the lists and from the tables, as printed.
const ACTIONS: &str = include_str!("../creative_force/actions.txt");

const BODY: &[u8] = br#"{"Action":"Completed","EventGroupName":"task"}"#;
const SECRET: &str = "Y2FsbGJvYXJkLWNmLXNlY3JldA==";
/// Made with the secret as it is written, by openssl.
const AS_GIVEN: &str = "fa21e4fe233969226742e0c418dbcc80b0c1d1bcba4f62f1fbc51c61d0b9180d";
/// Made with the bytes that the secret stands for.
const AS_DECODED: &str = "ae05ca106693807a00c33cd4ec406ec2f2e713b7552fd20196c73f6f0ee6da7a";

fn told(body: &[u8]) -> Told {
    decode(&SiteName::from("studio"), &HookName::from("events"), body)
}

fn verdict(secrets: &Secrets, header: &str) -> Result<Verified, Refusal> {
    verify(secrets, [header.as_bytes()], BODY)
}

fn by(key: KeyForm) -> Result<Verified, Refusal> {
    Ok(Verified { previous: false, key })
}

fn text(kind: &str, id: &str) -> EntityRef {
    EntityRef::new(kind, EntityId::Text(id.to_owned()))
}

fn entity<'a>(told: &'a Told, kind: &str) -> &'a Entity {
    told.entities.iter().find(|entity| entity.key.kind.is(kind)).unwrap()
}

#[test]
fn the_vectors_are_signed_and_verified_in_both_forms_of_the_key() {
    assert_eq!(sign(SECRET, BODY), AS_GIVEN);
    assert_eq!(verdict(&Secrets::new(SECRET, None), AS_GIVEN), by(KeyForm::Given));
    assert_eq!(verdict(&Secrets::new(SECRET, None), AS_DECODED), by(KeyForm::Decoded));
    let broken_into_lines = "Y2FsbGJvYXJkLWNm\r\nLXNlY3JldA==";
    assert_eq!(
        verdict(&Secrets::new(broken_into_lines, None), AS_DECODED),
        by(KeyForm::Decoded)
    );
    let sentences = [KeyForm::Given, KeyForm::Decoded]
        .into_iter()
        .flat_map(|key| [false, true].map(|previous| Verified { previous, key }.sentence()));
    assert_eq!(sentences.collect::<std::collections::BTreeSet<_>>().len(), 4);
}

#[test]
fn the_form_that_signed_the_first_good_delivery_is_the_only_one_from_then_on() {
    let secrets = Secrets::new(SECRET, None);
    assert_eq!(verdict(&secrets, &"0".repeat(64)), Err(Refusal::SignatureWrong));
    assert_eq!(verdict(&secrets.clone(), AS_DECODED), by(KeyForm::Decoded));
    assert_eq!(verdict(&secrets, AS_GIVEN), Err(Refusal::SignatureWrong));
    assert_eq!(verdict(&secrets, AS_DECODED), by(KeyForm::Decoded));
}

#[test]
fn the_previous_secret_is_taken_in_a_form_of_its_own() {
    let secrets = Secrets::new("another", Some(SECRET));
    let previous = |key| Ok(Verified { previous: true, key });
    assert_eq!(verdict(&secrets, AS_DECODED), previous(KeyForm::Decoded));
    assert_eq!(verdict(&secrets, &sign("another", BODY)), by(KeyForm::Given));
}

#[test]
fn what_is_not_one_signature_is_told_apart_from_a_wrong_one() {
    let secrets = Secrets::new(SECRET, None);
    let verdict = |headers: &[&[u8]]| verify(&secrets, headers.iter().copied(), BODY);
    assert_eq!(verdict(&[]), Err(Refusal::SignatureMissing));
    assert_eq!(verdict(&[b""]), Err(Refusal::SignatureMissing));
    for malformed in [
        " ",
        "sha256=",
        AS_GIVEN.get(1..).unwrap(),
        &format!("sha256={AS_GIVEN}"),
        &format!("{AS_GIVEN}00"),
    ] {
        assert_eq!(
            verdict(&[malformed.as_bytes()]),
            Err(Refusal::SignatureMalformed),
            "{malformed}"
        );
    }
    let twice = [AS_GIVEN.as_bytes(), AS_GIVEN.as_bytes()];
    assert_eq!(verdict(&twice), Err(Refusal::SignatureMalformed));
    assert_eq!(verdict(&[AS_GIVEN.to_uppercase().as_bytes()]), by(KeyForm::Given));
    assert_eq!(
        verify(&secrets, [AS_GIVEN.as_bytes()], b"other"),
        Err(Refusal::SignatureWrong)
    );
    assert!(!format!("{secrets:?}").contains("Y2Fs"));
}

#[test]
fn a_finished_task_is_a_status_with_its_product_job_and_client() {
    let told = told(TASK);
    let event = &told.event;
    assert_eq!(event.key.as_str(), "payload:c02f0f73-1706-4973-9a4d-38007d6685e9");
    assert_eq!(
        (event.event_type.as_str(), event.operation, event.road),
        ("Task Completed", Operation::Update, Road::Hook)
    );
    assert_eq!(
        (event.field.as_deref(), &event.old, &event.new),
        (Some(STATUS_FIELD), &None, &Some(json!("Done")))
    );
    assert_eq!(
        event.entity,
        Some(text("Task", "c02f0f73-4665-4aae-aac1-c2fbc65365de").named("Photography"))
    );
    assert_eq!(
        event.project,
        Some(text("Project", "2c856b2f-aded-4609-bf67-27009603b2b9").named("My Big client"))
    );
    let actor = event.actor.as_ref().unwrap();
    assert_eq!(
        (actor.kind, &actor.entity),
        (ActorKind::Person, &text("User", "19e62847-f302-4e32-9e4a-b6d8c304fcbe"))
    );
    assert_eq!(event.occurred_at.unwrap().to_string(), "2020-07-20T00:20:18Z");
    let task = entity(&told, "Task");
    assert_eq!(
        (
            task.status.as_ref().unwrap().as_str(),
            task.step.as_ref().unwrap().name.as_deref()
        ),
        ("Done", Some("Photography"))
    );
    let product = text("Product", "7a782d57-b0bf-4743-8f02-2b1a1e229869").named("AW2130146");
    assert_eq!(task.parent.as_ref(), Some(&product));
    assert_eq!(task.fields["StyleGuideName"], json!("Summer on the beach 2020"));
    assert_eq!(task.fields["Assignee"], json!("19e62847-f302-4e32-9e4a-b6d8c304fcbe"));
    let job = text("Job", "d84eef10-c8a6-437a-9f95-0b58d2a3cb38").named("Summer 2020");
    assert_eq!(entity(&told, "Product").parent, Some(job));
    assert_eq!(entity(&told, "Product").status, None);
}

#[test]
fn a_task_of_a_named_work_unit_belongs_to_it() {
    let mut task: Value = serde_json::from_slice(TASK).unwrap();
    task["WorkUnitId"] = json!("w-1");
    let told = told(task.to_string().as_bytes());
    let unit = text("WorkUnit", "w-1").named("AW2130146 On Model");
    assert_eq!(entity(&told, "Task").parent.as_ref(), Some(&unit));
    assert_eq!(
        entity(&told, "WorkUnit").parent.as_ref().unwrap().key.kind.as_str(),
        "Product"
    );
}

#[test]
fn a_work_unit_without_an_id_is_known_by_its_product_and_production_type() {
    let told = told(WORK_UNIT);
    assert_eq!(told.event.event_type, "WorkUnit StatusChanged");
    assert_eq!(
        (told.event.field.as_deref(), &told.event.new),
        (Some(STATUS_FIELD), &Some(json!("InProgress")))
    );
    let entity = told.event.entity.unwrap();
    assert_eq!(
        entity,
        text("WorkUnit", "7a782d57-b0bf-4743-8f02-2b1a1e229869/1").named("AW2130146 OnModel")
    );
}

#[test]
fn the_other_samples_are_what_they_say() {
    let product = told(PRODUCT);
    assert_eq!(product.event.event_type, "Product Reset");
    assert_eq!(
        (product.event.field.as_deref(), &product.event.new),
        (Some(ACTION_FIELD), &Some(json!("Reset")))
    );
    assert_eq!(
        product.event.entity.as_ref().unwrap().name.as_deref(),
        Some("AW2130146")
    );

    let sample = told(SAMPLE);
    assert_eq!(sample.event.event_type, "Sample Checked-in");
    assert_eq!(
        entity(&sample, "Sample").key.id,
        EntityId::Text("4666fcd0-0179-44d8-a66d-bc65a4acd968".into())
    );
    assert_eq!(
        entity(&sample, "Sample").parent.as_ref().unwrap().name.as_deref(),
        Some("ADROAN-830")
    );
    assert_eq!(entity(&sample, "Sample").fields["LocationName"], json!("CF Center"));
    assert_eq!(entity(&sample, "Product").name.as_deref(), Some("ADROAN-830"));

    let user = told(USER);
    assert_eq!(user.event.event_type, "User LoggedIn");
    assert_eq!(
        (
            user.event.entity.as_ref().unwrap().name.as_deref(),
            user.event.project.as_ref()
        ),
        (None, None)
    );

    let job = told(JOB);
    assert_eq!(
        (job.event.event_type.as_str(), job.event.operation),
        ("Job Deleted", Operation::Delete)
    );
    assert_eq!(entity(&job, "Job").status.as_ref().unwrap().as_str(), "In Progress");
    assert_eq!(
        entity(&job, "Job").fields["JobDeadlineUtc"],
        json!(1_595_204_529_000_i64)
    );

    let session = told(SESSION);
    assert_eq!(session.event.event_type, "Session AddedToSession");
    assert_eq!(
        session.event.entity.as_ref().unwrap().name.as_deref(),
        Some("Quyen Test Add session")
    );
    let fields = &entity(&session, "Session").fields;
    assert_eq!(fields["PlanningStatus"], json!("Unplanned"));
    assert_eq!(
        (fields.get("PlannedTeam"), fields["PlannedProducerName"].as_str()),
        (None, Some("DuongVTT DEV"))
    );
    assert_eq!(
        entity(&session, "WorkUnit").parent.as_ref().unwrap().name.as_deref(),
        Some("Product_230831_5")
    );
    assert!(!format!("{session:?}").contains("hanh@"));
}

#[test]
fn samples_that_are_no_json_as_printed_are_kept_as_not_understood() {
    for body in BROKEN {
        let told = told(body);
        assert_eq!(told.event.operation, Operation::NotUnderstood);
        assert!(told.event.key.as_str().starts_with("bytes:") && told.entities.is_empty());
        assert!(told.event.warning.unwrap().contains("not valid JSON"));
    }
}

#[test]
fn every_action_of_the_page_is_known_in_every_spelling() {
    let mut lines = 0;
    for line in ACTIONS.lines() {
        let (group, action) = line.split_once('\t').unwrap();
        let spellings = [
            action.to_owned(),
            action.to_lowercase(),
            action.to_uppercase().replace('-', " "),
            action.chars().map(|c| format!("{c} ")).collect(),
        ];
        let names = spellings.map(|action| {
            let body = json!({"EventGroupName": group, "Action": action, "PayloadId": "p"}).to_string();
            let told = told(body.as_bytes());
            assert_ne!(told.event.operation, Operation::NotUnderstood, "{line}");
            told.event.event_type
        });
        let (kind, name) = names[0].split_once(' ').unwrap();
        let group = Group::ALL
            .into_iter()
            .find(|group| group.entity_type() == kind)
            .unwrap();
        assert!(group.actions().any(|known| known == name), "{line}: {name}");
        assert!(names.iter().all(|other| *other == names[0]), "{names:?}");
        lines += 1;
    }
    assert!(lines > 110, "{lines}");
}

#[test]
fn an_action_that_the_page_does_not_list_is_named_as_it_came() {
    let told = told(br#"{"EventGroupName":"Task","Action":"Teleported","TaskId":7}"#);
    assert_eq!(told.event.event_type, "Task Teleported");
    assert_eq!(
        (told.event.field.as_deref(), told.event.new),
        (Some(ACTION_FIELD), Some(json!("Teleported")))
    );
}

#[test]
fn ids_and_times_are_read_as_numbers_and_as_text_and_anything_may_be_missing() {
    let one = told(br#"{"EventGroupName":"task","Action":"Started","TaskId":"12","stepstatusname":" Shooting ","event datetime utc":"1595204418000","Actor":{}}"#);
    let other = told(br#"{"eventGroupName":"TASK","ACTION":"started","TaskID":12,"StepStatusName":"Shooting","EventDatetimeUtc":1595204418000}"#);
    assert_eq!(one.event.entity, Some(EntityRef::new("Task", 12)));
    assert_eq!((&one.event.new, &one.event.actor), (&Some(json!("Shooting")), &None));
    assert_eq!(
        (one.event.entity, one.event.occurred_at),
        (other.event.entity, other.event.occurred_at)
    );
    let bare = told(br#"{"EventGroupName":"task","Action":"Completed","StepStatusName":"Done"}"#);
    assert_eq!((bare.event.operation, bare.event.entity), (Operation::Update, None));
    assert_eq!(bare.event.field.as_deref(), Some(ACTION_FIELD));
    for shapeless in [
        "{}",
        "[]",
        "null",
        "7",
        "",
        r#"{"Action":"Completed"}"#,
        r#"{"EventGroupName":"weather","Action":"Rain"}"#,
    ] {
        assert_eq!(
            told(shapeless.as_bytes()).event.operation,
            Operation::NotUnderstood,
            "{shapeless}"
        );
    }
}

#[test]
fn mail_addresses_are_masked_and_all_else_stays() {
    let session = String::from_utf8(SESSION.to_vec()).unwrap();
    let shown = masked(&session);
    for name in ["phuonglth", "dungnt", "hanh@", "duongvtt+dev", "hanttn"] {
        assert!(!shown.contains(name), "{shown}");
    }
    let (before, after): (Value, Value) = (
        serde_json::from_str(&session).unwrap(),
        serde_json::from_str(&shown).unwrap(),
    );
    assert_eq!(before["SessionCode"], after["SessionCode"]);
    let team: Value = serde_json::from_str(after["PlannedTeam"].as_str().unwrap()).unwrap();
    assert_eq!(team["Assistant"], "…@creativeforce.io,…@creativeforce.io");
    for (text, shown) in [
        ("no address @ all, nor a@ or @b", "no address @ all, nor a@ or …@b"),
        (r#"{"a":"one\nann@x.io"}"#, r#"{"a":"one\n…@x.io"}"#),
        ("jörg.o'neil-2@x.io;ann@x.io", "…@x.io;…@x.io"),
        (r#"{"a":"ann\u0040x.io"}"#, r#"{"a":"…@x.io"}"#),
    ] {
        let shown = shown.replace("nor a@ or …@b", "nor a@ or @b");
        assert_eq!(masked(text), shown, "{text}");
    }
    let seen = opened(serde_json::from_str(&session).unwrap());
    assert_eq!(seen["PlannedTeam"]["Photographer"], "…@creativeforce.io");
    assert_eq!(seen["PlanningStatus"]["PlanningStatus"], "Unplanned");
    assert_eq!(seen["PlannedTimeSlot"][0]["PlannedStart"], "2023-12-10T01:00:00");
}

#[test]
fn a_filter_lets_through_what_it_names_and_what_names_nothing() {
    let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let of = |workspaces: &[&str], steps: &[&str]| Filter::new(&list(workspaces), &list(steps)).unwrap();
    let with = |step: &str| {
        let mut task: Value = serde_json::from_slice(TASK).unwrap();
        task["StepName"] = json!(step);
        told(task.to_string().as_bytes())
    };
    let task = with("capture");
    for passes in [
        of(&[], &[]),
        of(&["my big CLIENT"], &[]),
        of(
            &["2c856b2f-aded-4609-bf67-27009603b2b9"],
            &["Capture", "Copywriting QC"],
        ),
    ] {
        assert_eq!(passes.leaves_out(&task), None, "{passes:?}");
    }
    assert!(
        of(&["Another"], &[])
            .leaves_out(&task)
            .unwrap()
            .contains("My Big client")
    );
    assert!(of(&[], &["Post Review"]).leaves_out(&task).unwrap().contains("Capture"));
    assert_eq!(of(&[], &["Post Review"]).leaves_out(&with("Photography")), None);
    assert_eq!(of(&["Another"], &["Post Review"]).leaves_out(&told(USER)), None);
    assert_eq!(of(&[], &["Post Review"]).leaves_out(&told(JOB)), None);
    for step in STEPS {
        assert_eq!(
            of(&[], &[&step.to_uppercase().replace(' ', "-")]).leaves_out(&with(step)),
            None,
            "{step}"
        );
    }
    let refused = Filter::new(&[], &list(&["Photography"])).unwrap_err();
    assert!(
        refused.contains("Photography") && refused.contains("Cloud Automation QC"),
        "{refused}"
    );
    assert!(Filter::new(&list(&[" "]), &[]).is_err());
}

#[test]
fn an_address_that_creative_force_refuses_is_refused_before_it_is_copied() {
    for good in [
        "https://callboard.studio.example/hooks/cf",
        "https://callboard.studio.example:8443",
        "https://localize.example",
    ] {
        assert_eq!(address_trouble(good), None, "{good}");
    }
    for (bad, word) in [
        ("http://callboard.studio.example", "https://"),
        ("http://localhost:8000/payload", "https://"),
        ("https://localhost:4567/payload", "localhost"),
        ("https://LOCALHOST", "localhost"),
        ("https://10.0.0.7/hooks/cf", "10.0.0.7"),
        ("https://8.8.8.8", "8.8.8.8"),
        ("https://0x7f.1", "127.0.0.1"),
        ("https://[::1]:8443/hooks/cf", "::1"),
        ("https://gamma.creativeforce.io", "creativeforce.io"),
        ("https://metadata.google.example", "metadata.google"),
        ("https://x.burpcollaborator.net", "burpcollaborator.net"),
        ("https://relay.local", ".local"),
        ("https://relay.internal/hooks", ".internal"),
        ("https://ram.aliyuncs.com", "ram.aliyuncs.com"),
        ("https://a.fuf.me", "fuf.me"),
        ("https://a.localtest.me", ".local"),
        ("https://ulh.us/hooks", "ulh.us"),
        ("https://studio.example/localhost", "localhost"),
        ("callboard.studio.example", "no web address"),
        ("", "no web address"),
    ] {
        let trouble = address_trouble(bad).unwrap();
        assert!(trouble.contains(word), "{bad}: {trouble}");
    }
}

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
