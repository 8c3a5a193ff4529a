//! Seen again is not done again, by whatever road.

use callboard_journal::{Decision, DeliveryIn, Journal, NewChange, Outcome};
use callboard_model::{Cause, ChangeState, Clock, EntityRef, HookName, SiteName, StatusCode, SystemClock};
use callboard_practice::{Practice, PracticeArgs};
use callboard_trackers::shotgrid::{STATUS_FIELD, decode};
use tempfile::TempDir;

use crate::stage::{SECRET, Stage, Wishes, engine, story};

const SHOT: i64 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_comes_again_is_counted_and_nothing_more() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "note");
    stage.settled("Version", version, "note").await;
    let before = stage.written("Task", task);
    let delivery = stage
        .site
        .deliveries()
        .into_iter()
        .rev()
        .find(|d| d.request_body.contains("\"note\""))
        .unwrap();
    stage.site.redeliver(&delivery.id);
    stage
        .until("it was seen again", |s| {
            s.row("Version", version, "note").is_some_and(|r| r.seen_again == 1)
        })
        .await;
    assert_eq!(stage.written("Task", task), before);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_echo_of_our_own_write_confirms_it_and_starts_nothing() {
    let mut wishes = Wishes::default();
    wishes.practice.generate_event_log_entries = true;
    let stage = Stage::with(wishes).await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "apv");
    let row = stage.settled("Version", version, "apv").await;
    assert_eq!(row.outcome, Outcome::Changed, "{:?}", story(&row));
    let echo = stage.settled("Task", task, "apv").await;
    assert_eq!(echo.outcome, Outcome::Echo);
    assert!(echo.cascade.is_none());
    let shot = stage.settled("Shot", SHOT, "apv").await;
    assert_eq!(shot.outcome, Outcome::Echo);
    assert_eq!(stage.written("Shot", SHOT).iter().filter(|w| *w == "apv").count(), 1);
    stage.close().await;
}

/// A journal that an engine left behind when it died between decision and write.
async fn cut_in_half(practice: &Practice, data: &TempDir, task: i64) {
    let journal = Journal::open(data.path()).unwrap();
    let (site, hook) = (SiteName::from("practice"), HookName::from("status"));
    let version = practice.control().create_version_as_person(Some(task), "rqc");
    let body = format!(
        r#"{{"data":{{"id":"1.1.0","event_log_entry_id":999001,"event_type":"Shotgun_Version_Change","operation":"update",
        "user":{{"type":"HumanUser","id":80}},"entity":{{"type":"Version","id":{version}}},"project":{{"type":"Project","id":122}},
        "meta":{{"type":"attribute_change","attribute_name":"sg_status_list","old_value":"rqc","new_value":"apv"}},
        "attribute_name":"sg_status_list","created_at":"2026-05-01 09:00:00.5"}},"timestamp":"2026-05-01T09:00:01Z"}}"#
    );
    let now = SystemClock.now();
    let delivery = DeliveryIn {
        tracker_id: None,
        events: decode(&site, &hook, body.as_bytes()),
        hook,
        site,
        received_at: now,
        verdict: "Signature good".into(),
        headers: Vec::new(),
        body: body.into_bytes(),
        status_field: STATUS_FIELD,
        heard: Vec::new(),
        left_out: None,
    };
    let accepted = journal.accept(delivery).await.unwrap();
    let from = practice.control().status("Task", task).map(StatusCode::from);
    let change = NewChange {
        entity: EntityRef::new("Task", task),
        field: None,
        from,
        to: Some(StatusCode::from("apv")),
        rule: "version-approved".into(),
        rule_name: "An approved Version approves its Task".into(),
        cause: Cause::Event,
        state: ChangeState::Planned,
        skip: None,
        reason: None,
    };
    let decision = Decision {
        outcome: Outcome::Waiting,
        why: None,
        cascade: Some((1, "Status overhaul".into(), vec![change])),
    };
    journal.decide(accepted.new[0], decision, now).await.unwrap();
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
}

async fn taken_up(practice: Practice, data: TempDir, task: i64) -> (Outcome, Vec<String>, usize) {
    let engine = engine(&practice, &Wishes::default(), data.path()).await;
    let reader = callboard_journal::Reader::open(data.path()).unwrap();
    let site = practice.control();
    let stage = Stage {
        practice,
        site,
        engine,
        _data: data,
        reader,
    };
    stage
        .until("the cascade is finished", |s| s.rows()[0].outcome != Outcome::Waiting)
        .await;
    let row = stage.rows().remove(0);
    let told = (row.outcome, story(&row), stage.written("Task", task).len());
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("apv"));
    stage.close().await;
    told
}

fn practice_args() -> PracticeArgs {
    PracticeArgs {
        secret: Some(SECRET.into()),
        ..PracticeArgs::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_cut_before_its_write_is_finished_at_the_next_start() {
    let practice = Practice::start(practice_args()).await.unwrap();
    let data = TempDir::new().unwrap();
    let task = 5006;
    practice.control().set_status_as_person("Task", task, "ip");
    cut_in_half(&practice, &data, task).await;
    let (outcome, story, written) = taken_up(practice, data, task).await;
    assert_eq!(outcome, Outcome::Changed);
    assert_eq!(story, ["Task ip>apv confirmed"]);
    assert_eq!(written, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_cut_after_its_write_is_confirmed_and_not_written_again() {
    let practice = Practice::start(practice_args()).await.unwrap();
    let data = TempDir::new().unwrap();
    let task = 5006;
    practice.control().set_status_as_person("Task", task, "ip");
    cut_in_half(&practice, &data, task).await;
    practice.control().set_status_as_person("Task", task, "apv");
    let (outcome, story, written) = taken_up(practice, data, task).await;
    assert_eq!(outcome, Outcome::Changed);
    assert_eq!(story, ["Task ip>apv confirmed"]);
    assert_eq!(written, 0);
}
