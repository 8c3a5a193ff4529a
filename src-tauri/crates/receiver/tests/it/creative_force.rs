//! A Creative Force hook from outside: which deliveries are taken, and what is kept of them.

use callboard_journal::Outcome;
use callboard_model::{EntityId, EntityKey, EntityType, Refusal, SiteName};
use callboard_trackers::creative_force::{SIGNATURE_HEADER, sign};
use serde_json::{Value, json};

use crate::door::{Door, SECRET};
use crate::wire::Request;

/// 2026-05-01, 09:00 UTC.
const MORNING: i64 = 1_777_626_000_000;

/// A task event, so many milliseconds after nine.
fn task(payload: &str, task: &str, action: &str, status: &str, at: i64) -> Value {
    json!({
        "Action": action, "EventGroupName": "task", "PayloadId": payload, "EventDatetimeUtc": MORNING + at, "TaskId": task,
        "StepName": "Capture", "StepStatusName": status, "ProductId": "p-1", "ProductCode": "AW21", "WorkUnitId": "w-1",
        "ShootingTypeName": "On Model", "JobId": "j-1", "JobCode": "Summer", "ClientId": "c-1", "ClientName": "North",
        "Actor": {"UserId": "u-1"},
    })
}

fn request(body: &Value) -> Request {
    let body = body.to_string();
    let signature = sign(SECRET, body.as_bytes());
    Request::unsigned(body)
        .to("/hooks/studio")
        .with(SIGNATURE_HEADER, &signature)
        .with("X-Studio-Key", "hunter2")
}

fn key(kind: &str, id: &str) -> EntityKey {
    EntityKey::new(kind, EntityId::Text(id.into()))
}

async fn deliver(door: &Door, body: &Value) {
    assert_eq!(door.ask(&request(body)).await.status, 200);
}

#[tokio::test]
async fn a_signed_delivery_is_kept_once_with_a_verdict_that_names_the_form_of_the_key() {
    let door = Door::open().await;
    let body = task("1", "t-1", "Started", "Shooting", 0);
    for _ in 0..4 {
        deliver(&door, &body).await;
    }
    let rows = door.rows();
    assert_eq!((rows.len(), rows[0].seen_again, door.count("delivery")), (1, 3, 1));
    let (view, kept, _) = door.journal.reader().delivery_of(rows[0].seq).unwrap().unwrap();
    assert_eq!(view.verdict, "Signature good, made with the secret as it is written");
    assert_eq!(kept, body.to_string().into_bytes());
    assert!(!format!("{:?}", view.headers).contains("hunter2"), "{:?}", view.headers);
    assert!(view.headers.iter().any(|(name, _)| name == SIGNATURE_HEADER));
}

#[tokio::test]
async fn a_wrong_signature_and_a_wrong_or_missing_header_are_all_401() {
    let door = Door::open().await;
    let body = task("1", "t-1", "Started", "Shooting", 0).to_string();
    let signed = |header: &str, value: &str| {
        Request::unsigned(body.clone())
            .to("/hooks/studio")
            .with(SIGNATURE_HEADER, &sign(SECRET, body.as_bytes()))
            .with(header, value)
    };
    let other = Request::unsigned(body.clone())
        .to("/hooks/studio")
        .with(SIGNATURE_HEADER, &sign("other", body.as_bytes()))
        .with("x-studio-key", "hunter2");
    let twice = signed("x-studio-key", "hunter2").with("x-studio-key", "hunter2");
    for request in [
        signed("x-other", "hunter2"),
        signed("x-studio-key", "hunter3"),
        twice,
        other,
    ] {
        let answer = door.ask(&request).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"ok":false}"#));
    }
    let refused = [(Refusal::HeaderWrong, 3), (Refusal::SignatureWrong, 1)];
    assert_eq!(
        door.refused(),
        refused.map(|(why, number)| ("studio".to_owned(), why, number))
    );
    assert!(door.rows().is_empty());
}

#[tokio::test]
async fn what_a_delivery_says_of_entities_is_known_from_then_on() {
    let door = Door::open().await;
    deliver(&door, &task("1", "t-1", "Started", "Shooting", 0)).await;
    deliver(&door, &task("2", "t-1", "Completed", "Done", 10)).await;
    let mut without_unit = task("3", "t-1", "Assigned", "Done", 20);
    without_unit.as_object_mut().unwrap().remove("WorkUnitId");
    deliver(&door, &without_unit).await;
    let rows = door.rows();
    let told: Vec<_> = rows
        .iter()
        .rev()
        .map(|row| (row.field.as_deref(), row.old.clone(), row.new.clone()))
        .collect();
    let told_of = |field, old: Option<&str>, new: &str| (Some(field), old.map(Value::from), Some(json!(new)));
    assert_eq!(
        told,
        [
            told_of("status", None, "Shooting"),
            told_of("status", Some("Shooting"), "Done"),
            told_of("Action", None, "Assigned")
        ]
    );
    let reader = door.journal.reader();
    let site = SiteName::from("practice");
    let chain = ["t-1", "w-1", "p-1", "j-1"]
        .into_iter()
        .zip(["Task", "WorkUnit", "Product", "Job"]);
    let known = reader
        .facts_of(&site, &chain.map(|(id, kind)| key(kind, id)).collect::<Vec<_>>())
        .unwrap();
    let names: Vec<_> = known.iter().map(|entity| entity.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["Capture", "AW21 On Model", "AW21", "Summer"]);
    let parents: Vec<_> = known
        .iter()
        .map(|entity| entity.parent.as_ref().map(|p| p.key.kind.as_str()))
        .collect();
    assert_eq!(parents, [Some("WorkUnit"), Some("Product"), Some("Job"), None]);
    assert_eq!(known[0].status.as_ref().unwrap().as_str(), "Done");
    let below = reader
        .facts_below(&site, &key("WorkUnit", "w-1"), &EntityType::from("Task"), 10)
        .unwrap();
    assert_eq!(below.len(), 1);
    let statuses = reader.statuses_of(&site).unwrap();
    let of_tasks: Vec<_> = statuses[&EntityType::from("Task")]
        .iter()
        .map(|s| s.code.as_str())
        .collect();
    assert_eq!(of_tasks, ["Shooting", "Done"]);
    assert_eq!(reader.projects_of(&site).unwrap()[0].name.as_deref(), Some("North"));
    assert_eq!(reader.facts_named(&site, &"Product".into(), "aw21").unwrap().len(), 1);
}

#[tokio::test]
async fn what_comes_late_changes_no_status_and_starts_nothing() {
    let door = Door::open().await;
    deliver(&door, &task("2", "t-1", "Completed", "Done", 10)).await;
    deliver(&door, &task("1", "t-1", "Started", "Shooting", 0)).await;
    let rows = door.rows();
    assert_eq!((rows[0].outcome, rows[1].outcome), (Outcome::Nothing, Outcome::Waiting));
    assert!(rows[0].why.as_ref().unwrap().contains("Done"), "{:?}", rows[0].why);
    let known = door
        .journal
        .reader()
        .facts_of(&"practice".into(), &[key("Task", "t-1")])
        .unwrap();
    assert_eq!(known[0].status.as_ref().unwrap().as_str(), "Done");
}

#[tokio::test]
async fn what_the_filter_leaves_out_is_kept_and_nothing_comes_of_it() {
    let door = Door::open().await;
    let mut other_client = task("1", "t-1", "Started", "Shooting", 0);
    other_client["ClientName"] = json!("South");
    let mut other_step = task("2", "t-2", "Started", "Shooting", 0);
    other_step["StepName"] = json!("Post Review");
    deliver(&door, &other_client).await;
    deliver(&door, &other_step).await;
    deliver(&door, &task("3", "t-3", "Started", "Shooting", 0)).await;
    let rows = door.rows();
    let outcomes: Vec<_> = rows.iter().rev().map(|row| row.outcome).collect();
    assert_eq!(outcomes, [Outcome::Nothing, Outcome::Nothing, Outcome::Waiting]);
    assert!(rows[2].why.as_ref().unwrap().contains("South"));
    assert!(rows[1].why.as_ref().unwrap().contains("Post Review"));
}

#[tokio::test]
async fn what_is_no_json_is_kept_whole_as_not_understood() {
    let door = Door::open().await;
    let body = "{\"Action\":\"Deleted\",\u{201c}JobName:\u{201d}Summer\u{201d}}";
    let request = Request::unsigned(body)
        .to("/hooks/studio")
        .with(SIGNATURE_HEADER, &sign(SECRET, body.as_bytes()))
        .with("x-studio-key", "hunter2");
    assert_eq!(door.ask(&request).await.status, 200);
    assert_eq!(door.rows()[0].outcome, Outcome::NotUnderstood);
}
