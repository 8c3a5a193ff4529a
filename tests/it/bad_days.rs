//! Sites that are down, slow, in a bad mood, or refuse.

use std::sync::Arc;

use callboard_engine::api::{Ask, Overview};
use callboard_engine::{Engine, EngineOptions, KeepIn, Settings};
use callboard_journal::{FeedFilter, Outcome, Reader};
use callboard_model::{ChangeState, SystemClock};
use callboard_practice::{Practice, PracticeArgs};
use callboard_trackers::shotgrid::{SIGNATURE_HEADER, sign};
use tempfile::TempDir;

use crate::stage::{SECRET, Stage, Wishes, all_confirmed, changes, engine, http, story};

const SHOT: i64 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_down_is_waited_for_and_the_feed_says_so() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_down(true);
    stage.site.set_status_as_person("Version", version, "note");
    let waits = |s: &Stage| {
        s.row("Version", version, "note")
            .and_then(|r| r.why)
            .is_some_and(|why| why.contains("down") && why.contains("trying again"))
    };
    stage.until("the feed says what it waits for", waits).await;
    let overview = stage.engine.ask(Ask::Overview).await.unwrap();
    let overview: Overview = serde_json::from_value(overview).unwrap();
    assert!(overview.sites[0].trouble.as_deref().unwrap().contains("503"));
    stage.site.set_down(false);
    let row = stage.settled("Version", version, "note").await;
    assert!(
        all_confirmed(&row) || row.outcome == Outcome::Changed,
        "{:?}",
        story(&row)
    );
    assert_eq!(row.why, None);
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("adn"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_502_503_504_and_429_are_tried_again_and_nothing_is_written_twice() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    let mut expected = stage.written("Task", task);
    for (code, status) in [("note", 502), ("apv", 503), ("bkdn", 504), ("rev", 429)] {
        stage.site.fail_next(2, status);
        stage.site.set_status_as_person("Version", version, code);
        let row = stage.settled("Version", version, code).await;
        assert_eq!(row.outcome, Outcome::Changed, "{status}: {:?}", story(&row));
        expected.extend(
            changes(&row)
                .iter()
                .filter(|c| c.entity.key.kind.is("Task"))
                .filter_map(|c| c.to.as_ref().map(ToString::to_string)),
        );
    }
    assert_eq!(stage.written("Task", task), expected);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_the_site_refuses_is_given_up_and_told_once() {
    let stage = Stage::open().await;
    let mut alerts = stage.engine.alerts();
    let (version, _) = stage.version(SHOT, "Composite").await;
    stage.site.forbid_writes("Task", "sg_status_list");
    stage.site.set_status_as_person("Version", version, "note");
    let row = stage.settled("Version", version, "note").await;
    assert_eq!(row.outcome, Outcome::Failed);
    assert_eq!(changes(&row)[0].state, ChangeState::Failed);
    assert!(changes(&row)[0].reason.as_deref().unwrap().contains("refused"));
    assert!(
        changes(&row).iter().skip(1).all(|c| c.state == ChangeState::Skipped),
        "{:?}",
        story(&row)
    );
    let alert = alerts.recv().await.unwrap();
    assert!(alert.title.contains("Composite"), "{alert:?}");
    assert_eq!(stage.reader.issues().unwrap().len(), 1);
    stage.site.set_status_as_person("Version", version, "bkdn");
    stage.settled("Version", version, "bkdn").await;
    assert!(alerts.try_recv().is_err(), "the same trouble is told once");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_refused_is_named_and_nothing_is_lost() {
    let stage = Stage::open().await;
    let (version, _) = stage.version(SHOT, "Composite").await;
    stage.site.revoke_key();
    stage.site.set_status_as_person("Version", version, "note");
    let says = |s: &Stage| {
        s.row("Version", version, "note")
            .and_then(|r| r.why)
            .is_some_and(|why| why.contains("refuses the key"))
    };
    stage.until("the feed names the key", says).await;
    let row = stage.row("Version", version, "note").unwrap();
    assert_eq!(row.outcome, Outcome::Waiting);
    assert!(!row.why.unwrap().contains("Sites\" practice"), "no key in it");
    stage.close().await;
}

/// A signed delivery of the test's own making.
async fn deliver(stage: &Stage, entry: i64, kind: &str, id: i64, new: &str) {
    let body = format!(
        r#"{{"data":{{"id":"1.1.0","event_log_entry_id":{entry},"event_type":"Shotgun_{kind}_Change","operation":"update",
        "user":{{"type":"HumanUser","id":80}},"entity":{{"type":"{kind}","id":{id}}},"project":{{"type":"Project","id":122}},
        "meta":{{"type":"attribute_change","attribute_name":"sg_status_list","old_value":"ip","new_value":"{new}"}},
        "attribute_name":"sg_status_list","created_at":"2026-05-01 09:00:00.5"}},"timestamp":"2026-05-01T09:00:01Z"}}"#
    );
    let to = format!("{}/hooks/status", stage.engine.receiver_url());
    let signature = sign(SECRET, body.as_bytes());
    let request = http()
        .post(to)
        .header("content-type", "application/json")
        .header(SIGNATURE_HEADER, signature);
    assert_eq!(request.body(body).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_about_a_type_that_the_site_does_not_have_holds_nobody_up() {
    let stage = Stage::open().await;
    deliver(&stage, 990_001, "Foo", 1, "x").await;
    deliver(&stage, 990_002, "..%2F..%2Fauth", 1, "x").await;
    let row = stage.settled("Foo", 1, "x").await;
    assert_eq!(row.outcome, Outcome::Nothing);
    stage.version(SHOT, "Composite").await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_has_one_engine_and_keeps_what_a_missing_site_sent() {
    let data = TempDir::new().unwrap();
    let practice = Practice::start(PracticeArgs::default()).await.unwrap();
    let first = engine(&practice, &Wishes::default(), data.path()).await;
    let refused = Engine::start(without_sites(&data))
        .await
        .err()
        .expect("the folder is taken")
        .to_string();
    assert!(refused.contains("Another Callboard"), "{refused}");

    practice.control().set_down(true);
    let reader = Reader::open(data.path()).unwrap();
    let stage = Stage {
        site: practice.control(),
        practice,
        engine: first,
        _data: data,
        reader,
    };
    deliver(&stage, 990_003, "Task", 5006, "hld").await;
    stage
        .until("it waits", |s| s.rows().first().is_some_and(|r| r.why.is_some()))
        .await;
    let Stage {
        practice,
        engine: first,
        _data: data,
        reader,
        ..
    } = stage;
    // A window keeps its engine until the program ends.
    let kept = first.clone();
    first.stop().await;
    drop(kept);
    Engine::start(without_sites(&data)).await.unwrap().stop().await;
    let row = reader.rows_after(0, 10, &FeedFilter::default()).unwrap().remove(0);
    assert_eq!(
        row.outcome,
        Outcome::Waiting,
        "nothing that was accepted is thrown away"
    );
    practice.stop().await;
}

fn without_sites(data: &TempDir) -> EngineOptions {
    EngineOptions {
        data: data.path().to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        api: None,
        settings: Settings::default(),
        settings_file: None,
        secrets: KeepIn::Memory,
        rules: None,
        author: "a test".into(),
        clock: Arc::new(SystemClock),
        practice: None,
    }
}
