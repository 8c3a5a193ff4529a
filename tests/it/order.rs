//! Events about one Shot in order, and people before us.

use std::time::Duration;

use callboard_journal::Outcome;
use callboard_model::ChangeState;
use callboard_practice::Control;
use callboard_trackers::shotgrid::{SIGNATURE_HEADER, sign};

use crate::stage::{SECRET, Stage, changes, http, story};

const SHOT: i64 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn events_about_one_shot_are_handled_one_after_the_other() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    let way = ["bkdn", "cnv", "stcomp", "sndcli", "rev", "note", "apv"];
    for code in way {
        stage.site.set_status_as_person("Version", version, code);
        stage.settled("Version", version, code).await;
    }
    assert_eq!(
        stage.written("Task", task).split_off(1),
        ["adn", "cnv", "stcomp", "sndcli", "rev", "adn", "apv"]
    );
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("apv"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_about_one_shot_ends_as_its_last_event_says() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    for code in ["bkdn", "cnv", "stcomp", "sndcli", "rev", "note", "apv"] {
        stage.site.set_status_as_person("Version", version, code);
    }
    stage
        .until("all are settled", |s| {
            s.rows().len() >= 8 && s.rows().iter().all(|r| r.outcome != Outcome::Waiting)
        })
        .await;
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("apv"));
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("apv"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_late_does_not_undo_a_later_one() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    // Nobody hears these two: they will be delivered by hand, the wrong way round.
    let here = format!("{}/hooks/status", stage.engine.receiver_url());
    stage.site.retarget_hook(0, "http://127.0.0.1:9/hooks/status");
    stage.site.set_status_as_person("Version", version, "bkdn");
    stage.site.set_status_as_person("Version", version, "apv");
    let body = |site: &Control, code: &str| {
        let bodies = site.deliveries().into_iter().rev().map(|d| d.request_body);
        let says = format!("\"new_value\":\"{code}\"");
        bodies.into_iter().find(|body| body.contains(&says))
    };
    stage
        .until("both failed to arrive", |s| {
            body(&s.site, "bkdn").is_some() && body(&s.site, "apv").is_some()
        })
        .await;
    for code in ["apv", "bkdn"] {
        let body = body(&stage.site, code).unwrap();
        let request = http().post(&here).header("content-type", "application/json");
        let request = request
            .header(SIGNATURE_HEADER, sign(SECRET, body.as_bytes()))
            .body(body);
        assert_eq!(request.send().await.unwrap().status(), 200);
        stage.settled("Version", version, code).await;
    }
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("apv"));
    let late = stage.settled("Version", version, "bkdn").await;
    assert_eq!(late.outcome, Outcome::Skipped, "{:?}", story(&late));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_comes_between_reading_and_writing_wins() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    let asked = |s: &Stage| {
        s.site
            .requests_by_path()
            .into_iter()
            .filter(|(p, _)| p.contains("ersion"))
            .map(|(_, n)| n)
            .sum::<u64>()
    };
    let before = asked(&stage);
    stage.site.slow(Duration::from_millis(800));
    stage.site.set_status_as_person("Version", version, "note");
    stage
        .until("the engine has asked for the Version", |s| asked(s) > before)
        .await;
    stage.site.set_status_as_person("Task", task, "hld");
    let row = stage.settled("Version", version, "note").await;
    stage.site.slow(Duration::ZERO);
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("hld"));
    assert_eq!(changes(&row)[0].state, ChangeState::Skipped, "{:?}", story(&row));
    assert!(changes(&row)[0].reason.is_some());
    stage.close().await;
}
