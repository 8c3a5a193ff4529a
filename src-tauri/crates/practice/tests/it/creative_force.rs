//! The photo studio: every kind of event, signed, tried again, and a day's work that hangs together.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callboard_practice::{
    BadDay, CREATIVE_FORCE_EVENTS, CreativeForceControl, Practice, PracticeArgs, creative_force_signature,
};
use serde_json::Value;

use crate::support::{Receiver, eventually};

const SECRET: &str = "Y2FsbGJvYXJkLWNmLXNlY3JldA==";

async fn studio(receiver: &Receiver) -> (Practice, CreativeForceControl) {
    let practice = Practice::start(PracticeArgs {
        creative_force_hook: vec![receiver.url.clone()],
        creative_force_secret: Some(SECRET.to_owned()),
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let control = practice.control().creative_force();
    (practice, control)
}

fn of<'e>(event: &'e Value, field: &str) -> &'e str {
    event[field].as_str().unwrap_or_default()
}

#[test]
fn the_signature_is_that_of_the_dossier() {
    let body = br#"{"Action":"Completed","EventGroupName":"task"}"#;
    let expected = "fa21e4fe233969226742e0c418dbcc80b0c1d1bcba4f62f1fbc51c61d0b9180d";
    assert_eq!(creative_force_signature(SECRET, body), expected);
}

#[tokio::test]
async fn one_of_each_kind_comes_at_start_signed_and_named_in_words() {
    let receiver = Receiver::start().await;
    let (practice, _) = studio(&receiver).await;
    let got = receiver.wait_for(CREATIVE_FORCE_EVENTS.len()).await;
    let mut told = BTreeSet::new();
    let mut phrases = BTreeSet::new();
    for received in &got {
        let event = received.json();
        let signed = creative_force_signature(SECRET, &received.bytes);
        assert_eq!(received.headers["x-cf-signature"], signed);
        assert!(
            event["EventDatetimeUtc"].is_i64() && of(&event, "PayloadId").len() == 36,
            "{event}"
        );
        phrases.insert(received.headers["x-cf-event"].clone());
        told.insert((of(&event, "EventGroupName").to_owned(), of(&event, "Action").to_owned()));
    }
    let listed: BTreeSet<(String, String)> = CREATIVE_FORCE_EVENTS
        .iter()
        .map(|(group, action)| ((*group).to_owned(), (*action).to_owned()))
        .collect();
    assert_eq!(told, listed);
    assert!(
        phrases.contains("Task completed") && phrases.contains("Sample checked-in"),
        "{phrases:?}"
    );
    let groups: BTreeSet<String> = told.into_iter().map(|(group, _)| group).collect();
    assert_eq!(groups.len(), 7, "{groups:?}");
    practice.stop().await;
}

#[tokio::test]
async fn a_session_has_its_plans_as_texts_of_json() {
    let receiver = Receiver::start().await;
    let (practice, control) = studio(&receiver).await;
    let event = control.send("session", "AddedToSession");
    let status: Value = serde_json::from_str(of(&event, "PlanningStatus")).unwrap();
    assert_eq!(status["PlanningStatus"], "Planned");
    let team: Value = serde_json::from_str(of(&event, "PlannedTeam")).unwrap();
    assert!(of(&team, "Photographer").contains('@'));
    practice.stop().await;
}

#[tokio::test]
async fn what_is_not_taken_is_tried_three_times_more_with_the_same_bytes() {
    let receiver = Receiver::start().await;
    let (practice, control) = studio(&receiver).await;
    receiver.wait_for(CREATIVE_FORCE_EVENTS.len()).await;
    eventually("a quiet studio", || control.is_all_delivered()).await;
    control.retry_after(Duration::from_millis(1));
    // A redirect is no success here.
    receiver.answers(302);
    let event = control.send("task", "Completed");
    eventually("all tries", || control.is_all_delivered()).await;
    let last = control.deliveries().pop().unwrap();
    assert_eq!(last.answers, [Some(302); 4]);
    let tries: Vec<_> = receiver.got().into_iter().filter(|got| got.json() == event).collect();
    assert_eq!(tries.len(), 4);
    assert!(tries.iter().all(|got| got.bytes == tries[0].bytes));
    receiver.answers(204);
    control.send("task", "Completed");
    eventually("one try", || control.is_all_delivered()).await;
    assert_eq!(control.deliveries().pop().unwrap().answers, [Some(204)]);
    practice.stop().await;
}

#[tokio::test]
async fn a_day_in_the_studio_hangs_together() {
    let receiver = Receiver::start().await;
    let (practice, control) = studio(&receiver).await;
    let (mut latest, mut products_done) = (BTreeMap::new(), 0);
    for _ in 0..600 {
        for event in control.work() {
            let (group, kind, id, status) = match of(&event, "EventGroupName") {
                "task" => ("task", "Task", "TaskId", "StepStatusName"),
                "work unit" => ("work unit", "WorkUnit", "WorkUnitId", "WorkUnitStatusName"),
                "product" => ("product", "Product", "ProductId", "ProductStatusName"),
                _ => continue,
            };
            if group == "task" {
                assert!(event["StepId"].is_i64() || event["StepId"].is_string(), "{event}");
            }
            products_done += usize::from(of(&event, "Action") == "ProductCompleted");
            latest.insert(
                (kind.to_owned(), of(&event, id).to_owned()),
                of(&event, status).to_owned(),
            );
        }
    }
    assert!(products_done > 0, "products were finished");
    for (key, status) in control.statuses() {
        assert_eq!(latest.get(&key), Some(&status), "{key:?}");
    }
    practice.stop().await;
}

#[tokio::test]
async fn deliveries_come_twice_and_late_on_a_bad_day() {
    let receiver = Receiver::start().await;
    let (practice, control) = studio(&receiver).await;
    practice.control().begin(BadDay::Duplicates);
    for _ in 0..20 {
        control.send("task", "Started");
    }
    eventually("all of it", || control.is_all_delivered()).await;
    assert!(control.deliveries().len() > CREATIVE_FORCE_EVENTS.len() + 20);
    practice.stop().await;
}
