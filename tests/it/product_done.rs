//! A photo studio on Creative Force and a show on ShotGrid at once: a product that is done sets the Task that was waiting for it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use callboard_engine::{Engine, EngineOptions, KeepIn, Settings};
use callboard_journal::{FeedFilter, FeedRow, Reader};
use callboard_model::SystemClock;
use callboard_practice::{Practice, PracticeArgs};
use callboard_rules::{ARRIVAL, RuleSet};
use callboard_trackers::creative_force::{SIGNATURE_HEADER, sign};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stage::{all_confirmed, http};

/// Longer than anything here takes on a busy machine. Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(45);
const SECRET: &str = "Y2FsbGJvYXJkLWNmLXNlY3JldA==";
/// The Shot that has every step.
const SHOT: i64 = 1000;

fn rules() -> RuleSet {
    let column = |codes: &[&str]| -> Vec<Value> { codes.iter().map(|c| json!({"code": c, "name": c})).collect() };
    let set = json!({
        "callboard": 1, "name": "Studio and show",
        "statuses": {
            "product": column(&["In Progress", "Done"]), "task": column(&["hld", "ip", "apv"]),
            "version": column(&["rev"]), "shot": column(&["actv"]),
        },
        "rules": [{
            "id": "over", "name": "A product that is done approves its Task",
            "when": {"site": "studio", "entity": "Product", "becomes": ["Done"]},
            "if": {"target_is_not": ["hld"]},
            "then": {
                "set": {"elsewhere": {"site": "show", "type": "Task", "find_by": "sg_client_state"}},
                "to": ["apv"],
            },
        }],
    });
    RuleSet::parse(set.to_string().as_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_done_in_the_studio_sets_the_shows_task() {
    let practice = Practice::start(PracticeArgs::default()).await.unwrap();
    let show = practice.control();
    let is_composite = |t: &&Value| t["entity"]["id"] == SHOT && t["step"]["name"] == "Composite";
    let task = show.entities("Task").iter().find(is_composite).unwrap()["id"]
        .as_i64()
        .unwrap();
    show.set_field_as_person("Task", task, "sg_client_state", json!("AW2130146"));
    show.set_status_as_person("Task", task, "ip");
    let text = format!(
        r#"
        [[site]]
        name = "studio"
        kind = "creative_force"

        [[site]]
        name = "show"
        kind = "shotgrid"
        url = "{}"
        script_name = "practice"
        script_key = "practice"
        write = "act"

        [[hook]]
        name = "cf"
        site = "studio"
        secret = "{SECRET}"
        "#,
        practice.url()
    );
    let data = TempDir::new().unwrap();
    let engine = Engine::start(EngineOptions {
        data: data.path().to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        api: None,
        settings: Settings::parse(&text).unwrap(),
        settings_file: None,
        secrets: KeepIn::Memory,
        rules: Some(rules()),
        author: "a test".into(),
        clock: Arc::new(SystemClock),
        practice: None,
    })
    .await
    .unwrap();
    let body = json!({
        "Action": "StatusChanged", "Actor": {"UserId": "19e62847-f302-4e32-9e4a-b6d8c304fcbe"},
        "PayloadId": "c02f0f73-1706-4973-9a4d-38007d6685e9", "EventGroupName": "product",
        "EventDatetimeUtc": 1_777_626_000_000_i64, "ProductId": "7a782d57-b0bf-4743-8f02-2b1a1e229869",
        "ProductCode": "AW2130146", "ProductStatusId": 3, "ProductStatusName": "Done",
    });
    for _retry in 0..2 {
        let request = http().post(format!("{}/hooks/cf", engine.receiver_url()));
        let request = request.header("content-type", "application/json");
        let signed = request.header(SIGNATURE_HEADER, sign(SECRET, body.to_string().as_bytes()));
        let answer = signed.body(body.to_string()).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }
    let reader = Reader::open(data.path()).unwrap();
    let rows = || -> Vec<FeedRow> { reader.rows_after(0, 1_000, &FeedFilter::default()).unwrap() };
    let arrived = || rows().into_iter().find(|row| row.event_type == ARRIVAL);
    let begun = tokio::time::Instant::now();
    while !arrived().is_some_and(|row| all_confirmed(&row)) {
        assert!(begun.elapsed() < DEADLINE, "it does not arrive: {:#?}", rows());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(show.status("Task", task).as_deref(), Some("apv"));
    let arrivals = rows().iter().filter(|row| row.event_type == ARRIVAL).count();
    assert_eq!(arrivals, 1, "a retry hands nothing over again");
    engine.stop().await;
    practice.stop().await;
}
