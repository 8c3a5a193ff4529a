//! Webhooks and the event log: one stream, whatever becomes of either.

use std::time::Duration;

use callboard_engine::api::{Ask, HooksView, LogState, Overview};
use callboard_journal::{FeedRow, Outcome};
use callboard_model::{AlertKind, HookState, Road, SiteName};

use crate::stage::{Stage, Wishes, all_confirmed, story};

const SHOT: i64 = 1000;
/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9/hooks/status";

fn both_roads() -> Wishes {
    Wishes {
        event_log: true,
        ..Wishes::default()
    }
}

/// The state of the site's log, as windows see it.
pub(crate) async fn log_state(stage: &Stage) -> (LogState, Option<i64>) {
    let overview = stage.engine.ask(Ask::Overview).await.unwrap();
    let overview: Overview = serde_json::from_value(overview).unwrap();
    let log = overview.sites[0].log.clone().unwrap();
    (log.state, log.position)
}

pub(crate) async fn live(stage: &Stage) {
    while log_state(stage).await.0 != LogState::Live {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn newest(stage: &Stage) -> i64 {
    let log = stage.site.event_log();
    log.iter().filter_map(|row| row["id"].as_i64()).max().unwrap()
}

/// Waits until the journal has read the site's log to its end.
pub(crate) async fn read_to_the_end(stage: &Stage) {
    stage
        .until("the log is read to its end", |s| {
            let position = s.reader.log_position(&SiteName::from("practice")).unwrap();
            position.is_some_and(|position| position.entry >= newest(s))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workstation_that_no_site_can_reach_works_by_the_log_alone() {
    let stage = Stage::with(both_roads()).await;
    live(&stage).await;
    stage.site.retarget_hook(0, NOWHERE);
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "apv");
    let row = stage.settled("Version", version, "apv").await;
    assert_eq!((row.road, row.hook.clone()), (Road::Log, None));
    assert!(all_confirmed(&row), "{:?}", story(&row));
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("apv"));
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("apv"));
    // The creation of the Version is one event; the fields set with it are none.
    let about = |r: &FeedRow| r.entity.as_ref().is_some_and(|e| e.key.kind.is("Version"));
    assert_eq!(stage.rows().iter().filter(|r| about(r)).count(), 2);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_by_both_roads_is_one_event() {
    let stage = Stage::with(both_roads()).await;
    live(&stage).await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    for code in ["note", "bkdn", "apv"] {
        stage.site.set_status_as_person("Version", version, code);
        stage.settled("Version", version, code).await;
    }
    let (rows, written) = (stage.rows(), stage.written("Task", task));
    read_to_the_end(&stage).await;
    // And the other way round: the log first, then a delivery held back until then.
    stage.site.hold_deliveries(true);
    stage.site.set_status_as_person("Version", version, "cnv");
    let first = stage.settled("Version", version, "cnv").await;
    assert_eq!(first.road, Road::Log);
    stage.site.hold_deliveries(false);
    stage
        .until("the delivery has arrived too", |s| {
            s.row("Version", version, "cnv").is_some_and(|row| row.hook.is_some())
        })
        .await;
    let (view, ..) = stage
        .reader
        .delivery_of(first.seq)
        .unwrap()
        .expect("its delivery is kept");
    assert!(view.verdict.contains("good"), "{}", view.verdict);
    assert_eq!(stage.rows().len(), rows.len() + 1);
    assert_eq!(stage.written("Task", task).len(), written.len() + 1);
    assert_eq!(stage.rows().iter().filter(|row| row.seen_again > 0).count(), 0);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_all_that_was_missed_is_caught_up_in_its_order() {
    let wishes = both_roads();
    let stage = Stage::with(both_roads()).await;
    live(&stage).await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    let away = stage.without_engine().await;
    // More than two pages of what people did, and in it the way of one Version.
    let way = ["bkdn", "cnv", "rev", "note", "apv"];
    for code in way {
        away.site.write_backlog(220, false);
        away.site.set_status_as_person("Version", version, code);
    }
    let stage = away.back(&wishes).await;
    // What arrives by the hook now waits for what came before it.
    stage.site.set_hook_status(0, "active");
    stage.site.set_status_as_person("Version", version, "sndcli");
    read_to_the_end(&stage).await;
    stage
        .until("all is decided", |s| {
            s.rows().iter().all(|row| row.outcome != Outcome::Waiting)
        })
        .await;
    live(&stage).await;
    let told: Vec<String> = stage
        .rows()
        .iter()
        .filter(|row| row.entity.as_ref().is_some_and(|e| e.key.kind.is("Version")) && row.is_status)
        .filter(|row| row.entity.as_ref().and_then(|e| e.key.id.as_number()) == Some(version))
        .filter_map(|row| row.new.as_ref()?.as_str().map(ToOwned::to_owned))
        .collect();
    for code in way.iter().chain(&["sndcli"]) {
        assert!(told.iter().any(|t| t == code), "{code} is missing in {told:?}");
    }
    assert_eq!(stage.site.status("Version", version).as_deref(), Some("sndcli"));
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("sndcli"));
    let last = stage.row("Version", version, "sndcli").unwrap();
    assert_ne!(last.outcome, Outcome::Failed);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_committed_late_are_waited_for_and_numbers_that_never_come_are_let_go() {
    let stage = Stage::with(both_roads()).await;
    live(&stage).await;
    stage.site.retarget_hook(0, NOWHERE);
    stage.site.log_gaps(0);
    stage.site.late_rows(0);
    let gaps = |s: &Stage| s.reader.log_gaps(&SiteName::from("practice")).unwrap().len();
    let (version, _) = stage.version(SHOT, "Composite").await;
    read_to_the_end(&stage).await;
    let open = gaps(&stage);
    // Never there: a transaction that was rolled back.
    stage.site.roll_back(3);
    // Late: visible long after what came after it.
    stage.site.next_row_is_late(Duration::from_secs(4));
    stage.site.set_status_as_person("Version", version, "bkdn");
    let (other, _) = {
        let task = stage.task(SHOT, "Rotoscoping");
        (stage.site.create_version_as_person(Some(task), "rqc"), task)
    };
    stage.site.set_status_as_person("Version", other, "apv");
    let later = stage.settled("Version", other, "apv").await;
    let late = stage.settled("Version", version, "bkdn").await;
    assert!(late.seq > later.seq, "it was read after what came after it");
    assert!(late.event_log_entry_id < later.event_log_entry_id);
    assert_eq!(late.road, Road::Log);
    // The Shot has gone on since, by what came later.
    assert_eq!(story(&late), ["Task cnv>adn confirmed", "Shot apv>actv skipped"]);
    assert_eq!(gaps(&stage), open + 3, "what may still come is waited for");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_is_silent_while_the_log_moves_is_an_alarm_and_its_next_delivery_ends_it() {
    let mut wishes = both_roads();
    wishes.deaf_after = 1;
    let stage = Stage::with(wishes).await;
    live(&stage).await;
    let mut alerts = stage.engine.alerts();
    let (version, _) = stage.version(SHOT, "Composite").await;
    read_to_the_end(&stage).await;
    // The site believes that it delivers, and nothing arrives.
    stage.site.hold_deliveries(true);
    stage.site.set_status_as_person("Version", version, "bkdn");
    let state = |s: &Stage| s.reader.hooks().unwrap()[0].clone();
    stage.until("it is deaf", |s| state(s).state == HookState::Deaf).await;
    let why = state(&stage).why.unwrap();
    assert!(why.contains("tunnel") && why.contains("Version"), "{why}");
    let alert = alerts.recv().await.unwrap();
    assert!(alert.title.contains("hears nothing"), "{}", alert.title);
    assert_eq!(alert.kind, AlertKind::HookDeaf);
    let open = stage.reader.issues().unwrap();
    assert!(
        open.iter()
            .any(|issue| issue.key == "hook:status" && issue.state == "open")
    );
    // The event itself was not lost.
    assert_ne!(stage.settled("Version", version, "bkdn").await.outcome, Outcome::Failed);
    stage.site.hold_deliveries(false);
    stage
        .until("it hears again", |s| state(s).state == HookState::Active)
        .await;
    assert!(alerts.recv().await.unwrap().title.contains("active again"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_the_key_may_not_read_holds_nothing_up_and_says_so() {
    let stage = Stage::with(both_roads()).await;
    live(&stage).await;
    stage.site.forbid_reads("EventLogEntry", "meta");
    let begun = std::time::Instant::now();
    loop {
        let view: HooksView = serde_json::from_value(stage.engine.ask(Ask::Hooks).await.unwrap()).unwrap();
        if view.logs[0].state == LogState::Trouble {
            assert!(view.logs[0].trouble.as_deref().unwrap().contains("permission"));
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", view.logs[0]);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (version, _) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "apv");
    let row = stage.settled("Version", version, "apv").await;
    assert_eq!(row.road, Road::Hook);
    assert!(all_confirmed(&row), "{:?}", story(&row));
    stage.close().await;
}
