//! The ftrack workspace over its own wire: questions, writes, refusals. `tests/ftrack/real_client.py` has the real client.

use callboard_practice::{BadDay, FtrackControl, Practice, PracticeArgs};
use serde_json::{Value, json};

use crate::support::{Received, Receiver, eventually};

pub(crate) const NOT_STARTED: &str = "44dd9fb2-4164-11df-9218-0019bb4983d8";
pub(crate) const IN_PROGRESS: &str = "44ddd0fe-4164-11df-9218-0019bb4983d8";

pub(crate) struct Workspace {
    pub(crate) practice: Practice,
    pub(crate) ftrack: FtrackControl,
    http: reqwest::Client,
}

impl Workspace {
    pub(crate) async fn start(args: PracticeArgs) -> Self {
        let practice = Practice::start(args).await.unwrap();
        Self {
            ftrack: practice.control().ftrack(),
            practice,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn hooked(receiver: &Receiver) -> Self {
        Self::start(PracticeArgs {
            ftrack_hook: vec![receiver.url.clone()],
            ftrack_secret: Some("s3cret".to_owned()),
            ..PracticeArgs::default()
        })
        .await
    }

    async fn call_with(&self, options: &str, user: &str, operations: Value) -> (u16, Value) {
        let answer = self
            .http
            .post(format!("{}/api", self.practice.url()))
            .header("ftrack-user", user)
            .header("ftrack-api-key", "practice")
            .header("ftrack-api-options", options)
            .json(&operations)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn call(&self, operations: Value) -> Value {
        let (status, answer) = self.call_with("strict:1;denormalize:1", "callboard", operations).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn query(&self, expression: &str) -> Vec<Value> {
        let answer = self.call(json!([{"action": "query", "expression": expression}])).await;
        answer[0]["data"].as_array().unwrap().clone()
    }
}

fn set_status(id: &str, status: &str) -> Value {
    json!({"action": "update", "entity_type": "Task", "entity_key": [id],
        "entity_data": {"__entity_type__": "Task", "status_id": status}})
}

#[tokio::test]
async fn an_entity_is_shown_in_full_once_unless_the_call_asks_for_more() {
    let site = Workspace::start(PracticeArgs::default()).await;
    let question = json!([{"action": "query",
        "expression": "select status.state.short from Task where status.state.short is NOT_STARTED limit 2"}]);
    let (_, answer) = site.call_with("", "callboard", question.clone()).await;
    let short = |answer: &Value, index: usize| answer[0]["data"][index]["status"]["state"]["short"].clone();
    assert_eq!(
        (short(&answer, 0), short(&answer, 1)),
        (json!("NOT_STARTED"), Value::Null)
    );
    let (_, answer) = site.call_with("denormalize:1", "callboard", question).await;
    assert_eq!(
        (short(&answer, 0), short(&answer, 1)),
        (json!("NOT_STARTED"), json!("NOT_STARTED"))
    );
    assert_eq!(answer[0]["metadata"]["next"]["offset"], 2);
    site.practice.stop().await;
}

#[tokio::test]
async fn the_show_is_that_of_the_shotgrid_side() {
    let site = Workspace::start(PracticeArgs::default()).await;
    let control = site.practice.control();
    let tasks = site.query("select id from Task where project.status is active").await;
    assert_eq!(tasks.len(), control.entities("Task").len());
    let shots = site
        .query("select name, parent.name, parent.parent.name from Shot where name is \"SQ010_0010\"")
        .await;
    assert_eq!(shots[0]["parent"]["parent"]["name"], "EP101");
    let over = site
        .query("select id from Task where project.status is_not active")
        .await;
    assert_eq!(over.len(), 1);
    site.practice.stop().await;
}

#[tokio::test]
async fn refusals_are_objects_and_have_a_status_of_their_own_only_where_strictness_is_asked_for() {
    let site = Workspace::start(PracticeArgs::default()).await;
    let roto = site.ftrack.task("SQ010_0010", "Rotoscoping");
    let outside = json!([set_status(&roto, &site.ftrack.status_id("Pending review"))]);
    for (options, expected) in [("", 200), ("strict:1", 400)] {
        let (status, answer) = site.call_with(options, "callboard", outside.clone()).await;
        assert_eq!(
            (status, &answer["exception"]),
            (expected, &json!("ValidationError")),
            "{answer}"
        );
    }
    let (status, answer) = site.call_with("strict:1", "nobody", outside).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (401, &json!("api_credentials_invalid"))
    );
    let episode = site.query("select id from Episode").await[0]["id"].clone();
    let operation = json!([{"action": "update", "entity_type": "Episode", "entity_key": [episode],
        "entity_data": {"status_id": NOT_STARTED}}]);
    assert_eq!(site.call_with("strict:1", "callboard", operation).await.0, 400);
    site.ftrack.forbid_writes("Task", "status_id");
    let (status, answer) = site
        .call_with("strict:1", "callboard", json!([set_status(&roto, IN_PROGRESS)]))
        .await;
    assert_eq!((status, &answer["exception"]), (403, &json!("PermissionError")));
    site.practice.stop().await;
}

#[tokio::test]
async fn a_call_is_one_transaction() {
    let receiver = Receiver::start().await;
    let site = Workspace::hooked(&receiver).await;
    let composite = site.ftrack.task("SQ010_0010", "Composite");
    let before = site.ftrack.status("Task", &composite);
    let other = if before.as_deref() == Some("In progress") {
        NOT_STARTED
    } else {
        IN_PROGRESS
    };
    let operations = json!([set_status(&composite, other), set_status("nowhere", other)]);
    assert_eq!(site.call_with("strict:1", "callboard", operations).await.0, 400);
    assert_eq!(site.ftrack.status("Task", &composite), before);
    assert!(site.ftrack.deliveries().is_empty() && site.ftrack.writes().is_empty());
    site.call(json!([set_status(&composite, other)])).await;
    assert_eq!(site.ftrack.writes().len(), 1);
    let event = receiver.wait_for(1).await[0].clone();
    assert_eq!(event.headers["x-callboard-secret"], "s3cret");
    assert_eq!(event.json()["entity"]["new"]["status_id"], other);
    site.practice.stop().await;
}

#[tokio::test]
async fn a_private_project_is_told_of_only_when_the_service_user_is_let_in() {
    let receiver = Receiver::start().await;
    let site = Workspace::hooked(&receiver).await;
    let composite = site.ftrack.task("SQ010_0010", "Composite");
    let project = site.query("select id from Project where name is nlt").await[0]["id"].clone();
    let project = project.as_str().unwrap();
    assert!(site.ftrack.set_as_person("Project", project, "is_private", json!(true)));
    assert!(site.ftrack.set_status_as_person("Task", &composite, "On Hold"));
    assert!(site.ftrack.deliveries().is_empty());
    site.ftrack.let_service_user_into(project);
    assert!(site.ftrack.set_status_as_person("Task", &composite, "In progress"));
    let event = receiver.wait_for(1).await[0].json();
    assert_eq!(event["entity"]["old"]["status_id"], site.ftrack.status_id("On Hold"));
    site.practice.stop().await;
}

#[tokio::test]
async fn what_a_shot_is_called_can_be_another_thing() {
    let receiver = Receiver::start().await;
    let site = Workspace::hooked(&receiver).await;
    let shot = site.query("select id from Shot where name is \"SQ010_0010\"").await[0]["id"].clone();
    let shot = shot.as_str().unwrap();
    site.ftrack.tell_shots_as("Task");
    assert!(site.ftrack.set_status_as_person("Shot", shot, "Final"));
    let event = receiver.wait_for(1).await[0].json();
    assert_eq!(event["entity"]["entity_type"], "Task");
    assert_eq!(
        event["entity"]["new"]["object_type_id"],
        "bad911de-3bd6-47b9-8b46-3476e237cb36"
    );
    site.practice.stop().await;
}

#[tokio::test]
async fn people_publish_and_review_and_the_hook_hears_of_all_of_it() {
    let receiver = Receiver::start().await;
    let site = Workspace::start(PracticeArgs {
        ftrack_hook: vec![receiver.url.clone()],
        rate: 200.0,
        ..PracticeArgs::default()
    })
    .await;
    eventually("a day's events", || receiver.got().len() > 200).await;
    site.ftrack.people_pause(true);
    eventually("all of it", || site.ftrack.is_all_delivered()).await;
    let events: Vec<Value> = receiver.got().iter().map(Received::json).collect();
    let of = |kind: &str, operation: &str| {
        let is = |event: &&Value| event["entity"]["entity_type"] == kind && event["entity"]["operation"] == operation;
        events.iter().filter(is).count()
    };
    assert!(of("AssetVersion", "create") > 5 && of("AssetVersion", "update") > 5 && of("Task", "update") > 5);
    site.practice.stop().await;
}

#[tokio::test]
async fn deliveries_are_lost_doubled_and_late_and_the_api_fails_on_bad_days() {
    let receiver = Receiver::start().await;
    let site = Workspace::hooked(&receiver).await;
    let control = site.practice.control();
    let composite = site.ftrack.task("SQ010_0010", "Composite");
    site.ftrack.lose_deliveries(1);
    assert!(site.ftrack.set_status_as_person("Task", &composite, "On Hold"));
    assert!(site.ftrack.deliveries().is_empty());
    assert!(site.ftrack.set_status_as_person("Task", &composite, "In progress"));
    eventually("the second", || site.ftrack.is_all_delivered()).await;
    assert!(site.ftrack.redeliver(0));
    let got = receiver.wait_for(2).await;
    assert_eq!(got[0].bytes, got[1].bytes);
    control.begin(BadDay::Duplicates);
    for round in 0..8 {
        site.ftrack.set_status_as_person(
            "Task",
            &composite,
            if round % 2 == 0 { "On Hold" } else { "In progress" },
        );
    }
    eventually("all of it", || site.ftrack.is_all_delivered()).await;
    assert!(receiver.got().len() > 10);
    control.end_bad_days();
    control.set_down(true);
    let question = || {
        site.http
            .post(format!("{}/api", site.practice.url()))
            .json(&json!([]))
            .send()
    };
    assert_eq!(question().await.unwrap().status().as_u16(), 503);
    site.practice.stop().await;
}
