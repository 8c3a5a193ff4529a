//! Creative Force's deliveries: the vectors of its signature, every sample and every action of its page.

use callboard_model::{ActorKind, Entity, EntityId, EntityRef, HookName, Operation, Refusal, Road, SiteName};
use callboard_trackers::creative_force::{
    ACTION_FIELD, Filter, Group, KeyForm, STATUS_FIELD, STEPS, Secrets, Told, Verified, address_trouble, decode,
    masked, opened, sign, verify,
};
use serde_json::{Value, json};

pub(crate) const PRODUCT: &[u8] = include_bytes!("../creative_force/product.printed.json");
pub(crate) const SAMPLE: &[u8] = include_bytes!("../creative_force/sample.mended.json");
pub(crate) const USER: &[u8] = include_bytes!("../creative_force/user.mended.json");
pub(crate) const TASK: &[u8] = include_bytes!("../creative_force/task.printed.json");
pub(crate) const WORK_UNIT: &[u8] = include_bytes!("../creative_force/work_unit.mended.json");
pub(crate) const JOB: &[u8] = include_bytes!("../creative_force/job.mended.json");
pub(crate) const SESSION: &[u8] = include_bytes!("../creative_force/session.printed.json");

/// The samples that are no JSON as the page prints them.
pub(crate) const BROKEN: [&[u8]; 4] = [
    include_bytes!("../creative_force/sample.printed.json"),
    include_bytes!("../creative_force/user.printed.json"),
    include_bytes!("../creative_force/work_unit.printed.json"),
    include_bytes!("../creative_force/job.printed.json"),
];
/// Every action that the page lists, with its group: from the lists and from the tables, as printed.
const ACTIONS: &str = include_str!("../creative_force/actions.txt");

const BODY: &[u8] = br#"{"Action":"Completed","EventGroupName":"task"}"#;
const SECRET: &str = "Y2FsbGJvYXJkLWNmLXNlY3JldA==";
/// Made with the secret as it is written, by another program.
const AS_GIVEN: &str = "fa21e4fe233969226742e0c418dbcc80b0c1d1bcba4f62f1fbc51c61d0b9180d";
/// Made with the bytes that the secret stands for.
const AS_DECODED: &str = "ae05ca106693807a00c33cd4ec406ec2f2e713b7552fd20196c73f6f0ee6da7a";

pub(crate) fn told(body: &[u8]) -> Told {
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
