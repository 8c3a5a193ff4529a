//! What was written is taken back, where nobody has set it since.

use std::time::Duration;

use callboard_engine::WriteMode;
use callboard_engine::api::{ApiErrorCode, Ask, Undone};
use callboard_journal::{FeedRow, Outcome};
use callboard_model::ChangeState;
use serde_json::json;

use crate::approvals::{ask, is_conflict, quiet, scene, undo, wishes};
use crate::stage::{Stage, all_confirmed, changes, story};

/// The Shot that has every step.
const SHOT: i64 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_sets_what_stood_there_before_and_its_echo_starts_nothing() {
    let scene = scene(WriteMode::Act).await;
    let (stage, task) = (&scene.stage, scene.task);
    let row = scene.version_becomes("rev").await;
    let [to_task, _] = changes(&row) else {
        panic!("{:?}", story(&row))
    };
    let echoes = |stage: &Stage| stage.rows().iter().filter(|r| r.outcome == Outcome::Echo).count();
    let before = echoes(stage);
    let undone = undo(stage, to_task).await.unwrap();
    assert_eq!((undone.undone, undone.left.len()), (vec![to_task.id], 0));
    stage.until("the undo is heard back", |s| echoes(s) == before + 1).await;
    quiet(stage).await;
    assert_eq!(stage.written("Task", task), ["rev", "ip"]);
    assert_eq!(
        stage.written("Shot", SHOT),
        ["rev"],
        "a Task that a person sets to ip would have made it actv"
    );
    let row = scene.row("rev");
    assert_eq!(changes(&row)[0].state, ChangeState::Undone);
    let reason = changes(&row)[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("Grace undid it at 20"), "{reason}");
    is_conflict(undo(stage, to_task).await, "nothing left to undo: Grace undid it");
    assert_eq!(stage.written("Task", task).len(), 2);

    // What is done anew afterwards is done.
    scene.version_becomes("apv").await;
    assert_eq!(scene.status("Task", task), "apv");
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_and_the_late_echo_of_what_it_undoes_start_nothing() {
    let scene = scene(WriteMode::Act).await;
    let (stage, task) = (&scene.stage, scene.task);
    // The event comes, and before anything is written because of it, nothing more is told.
    stage.site.slow(Duration::from_millis(200));
    stage.site.set_status_as_person("Version", scene.version, "apv");
    stage
        .until("the event is there", |s| {
            s.row("Version", scene.version, "apv").is_some()
        })
        .await;
    stage.site.hold_deliveries(true);
    assert!(stage.written("Task", task).is_empty());
    stage.site.slow(Duration::ZERO);
    stage
        .until("it is written", |s| {
            s.row("Version", scene.version, "apv")
                .is_some_and(|r| all_confirmed(&r))
        })
        .await;
    let row = scene.row("apv");
    for change in changes(&row).iter().rev() {
        undo(stage, change).await.unwrap();
    }
    stage.site.hold_deliveries(false);
    stage
        .until("all four are heard back", |s| {
            let ours = |r: &&FeedRow| r.outcome == Outcome::Echo;
            s.rows().iter().filter(ours).count() == 4
        })
        .await;
    quiet(stage).await;
    assert_eq!(stage.written("Task", task), ["apv", "ip"]);
    assert_eq!(stage.written("Shot", SHOT), ["apv", "actv"]);
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_that_was_cut_off_is_known_by_its_echo() {
    let scene = scene(WriteMode::Act).await;
    let task = scene.task;
    let row = scene.version_becomes("rev").await;
    let (stage, change) = (scene.stage, changes(&row)[0].clone());
    stage.site.hold_deliveries(true);
    stage.site.slow(Duration::from_secs(2));
    let engine = stage.engine.clone();
    let cut_off = tokio::spawn(async move {
        engine
            .ask(Ask::Undo {
                change: change.id,
                by: None,
            })
            .await
    });
    stage
        .until("the site has it", |s| s.written("Task", task) == ["rev", "ip"])
        .await;
    let away = stage.without_engine().await;
    let error = cut_off.await.unwrap().expect_err("nobody knows how it ended");
    assert_eq!(error.code, ApiErrorCode::NotStarted, "{}", error.message);
    away.site.slow(Duration::ZERO);
    let stage = away.back(&wishes(WriteMode::Act)).await;
    let state = |s: &Stage| changes(&s.row("Version", scene.version, "rev").unwrap())[0].state;
    assert_eq!(state(&stage), ChangeState::Confirmed);
    stage.site.hold_deliveries(false);
    stage
        .until("its echo says so", |s| state(s) == ChangeState::Undone)
        .await;
    quiet(&stage).await;
    assert_eq!(stage.written("Shot", SHOT), ["rev"], "and starts nothing");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_undone_that_a_person_has_set_since() {
    let scene = scene(WriteMode::Act).await;
    let (stage, task) = (&scene.stage, scene.task);
    let row = scene.version_becomes("rev").await;
    stage.site.set_status_as_person("Task", task, "hld");
    quiet(stage).await;
    is_conflict(undo(stage, &changes(&row)[0]).await, "It was set to hld since");
    // Set back to what we wrote, it is that person's word.
    stage.site.set_status_as_person("Task", task, "rev");
    quiet(stage).await;
    is_conflict(undo(stage, &changes(&row)[0]).await, "set it again since");
    assert_eq!(stage.written("Task", task), ["rev"]);
    assert_eq!(changes(&scene.row("rev"))[0].state, ChangeState::Confirmed);
    let unknown = ask(stage, json!({ "ask": "undo", "change": 987_654 })).await;
    assert_eq!(unknown.unwrap_err().code, ApiErrorCode::NotFound);
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_is_undone_last_first_as_far_as_it_may_be() {
    let scene = scene(WriteMode::Act).await;
    let (stage, task) = (&scene.stage, scene.task);
    let row = scene.version_becomes("rev").await;
    let all = |seq: i64| json!({ "ask": "undo_cascade", "event": seq, "by": "Grace" });
    let undone: Undone = serde_json::from_value(ask(stage, all(row.seq)).await.unwrap()).unwrap();
    let [to_task, to_shot] = changes(&row) else {
        panic!("{:?}", story(&row))
    };
    assert_eq!(undone.undone, [to_shot.id, to_task.id]);
    assert!(undone.left.is_empty());
    quiet(stage).await;
    assert_eq!(
        (scene.status("Task", task), scene.status("Shot", SHOT)),
        ("ip".into(), "actv".into())
    );
    is_conflict(ask(stage, all(row.seq)).await, "nothing to undo");

    let row = scene.version_becomes("apv").await;
    stage.site.set_status_as_person("Shot", SHOT, "hld");
    quiet(stage).await;
    let undone: Undone = serde_json::from_value(ask(stage, all(row.seq)).await.unwrap()).unwrap();
    assert_eq!(undone.undone, [changes(&row)[0].id]);
    assert_eq!(undone.left[0].change, changes(&row)[1].id);
    assert_eq!(undone.left[0].why, "It was set to hld since");
    quiet(stage).await;
    assert_eq!(
        (scene.status("Task", task), scene.status("Shot", SHOT)),
        ("ip".into(), "hld".into())
    );
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_undone_while_writing_is_paused_or_where_it_is_not_allowed() {
    let scene = scene(WriteMode::Act).await;
    let row = scene.version_becomes("rev").await;
    let change = &changes(&row)[0];
    ask(&scene.stage, json!({ "ask": "pause", "by": "Ada" })).await.unwrap();
    is_conflict(undo(&scene.stage, change).await, "paused by Ada");
    ask(&scene.stage, json!({ "ask": "resume", "write_held": false }))
        .await
        .unwrap();
    let stage = scene.stage.without_engine().await.back(&wishes(WriteMode::Watch)).await;
    is_conflict(undo(&stage, change).await, "watch only");
    let stage = stage.without_engine().await.back(&wishes(WriteMode::Ask)).await;
    undo(&stage, change).await.expect("a person asks for it");
    assert_eq!(stage.site.status("Task", scene.task).as_deref(), Some("ip"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_not_set_aside_for_what_people_undo() {
    let scene = scene(WriteMode::Act).await;
    let stage = &scene.stage;
    for _ in 0..7 {
        let row = scene.version_becomes("rev").await;
        assert!(all_confirmed(&row), "{:?}", story(&row));
        for change in changes(&row).iter().rev() {
            undo(stage, change).await.unwrap();
        }
        scene.version_becomes("rqc").await;
    }
    assert!(stage.reader.set_aside().unwrap().is_empty());
    scene.stage.close().await;
}
