//! An event is decided once more, by the rules as they are now, and what follows is written.

use callboard_engine::WriteMode;
use callboard_engine::api::{ApiError, ApiErrorCode, Ask, Draft, ProjectMode, SiteIn};
use callboard_journal::{FeedRow, Outcome};
use callboard_model::{Road, Skip};
use callboard_rules::RuleSet;
use serde_json::{Value, json};

use crate::approvals::{Scene, ask, is_conflict, quiet, scene};
use crate::stage::{Stage, Wishes, all_confirmed, changes, story};

/// The Shot that has every step.
const SHOT: i64 = 1000;

async fn replay(stage: &Stage, seq: i64) -> Result<i64, ApiError> {
    let answer = ask(stage, json!({ "ask": "replay", "seq": seq, "by": "Grace" })).await?;
    Ok(answer.as_i64().expect("a number"))
}

fn row(stage: &Stage, seq: i64) -> FeedRow {
    stage.reader.rows(&[seq]).unwrap().remove(0)
}

/// A scene in which the Version came to `rev` while nothing was to follow from that: its event's number.
async fn missed(mode: WriteMode) -> (Scene, i64) {
    let scene = scene(mode).await;
    let live = ask(&scene.stage, json!({ "ask": "rules" })).await.unwrap();
    let rules = live["document"].clone();
    go_live(&scene.stage, &json!(RuleSet::new("Nothing yet"))).await;
    scene.stage.site.set_status_as_person("Version", scene.version, "rev");
    quiet(&scene.stage).await;
    let row = scene.row("rev");
    assert_eq!((row.outcome, row.cascade.is_none()), (Outcome::Nothing, true));
    go_live(&scene.stage, &rules).await;
    assert!(scene.stage.written("Task", scene.task).is_empty());
    (scene, row.seq)
}

async fn go_live(stage: &Stage, document: &Value) {
    let save = json!({ "ask": "save_draft", "document": document, "expected": null });
    let draft: Draft = serde_json::from_value(ask(stage, save).await.unwrap()).unwrap();
    let live = json!({ "ask": "go_live", "version": draft.version, "note": "a test" });
    ask(stage, live).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_no_rule_was_live_for_is_replayed_and_its_cascade_is_written() {
    let (scene, seq) = missed(WriteMode::Act).await;
    let stage = &scene.stage;
    let new = replay(stage, seq).await.unwrap();
    assert!(new > seq);
    assert_eq!(replay(stage, seq).await.unwrap(), new, "sent twice, it is one");
    quiet(stage).await;
    let replayed = row(stage, new);
    assert!(all_confirmed(&replayed), "{:?} {:?}", replayed.why, story(&replayed));
    assert_eq!(story(&replayed).len(), 2);
    assert_eq!(stage.written("Task", scene.task), ["rev"]);
    assert_eq!(stage.written("Shot", SHOT), ["rev"]);
    let first = row(stage, seq);
    assert_eq!(
        (first.outcome, first.cascade.is_none()),
        (Outcome::Nothing, true),
        "what happened stays as it was"
    );
    assert_eq!((replayed.road, first.road), (Road::Hand, Road::Hook));
    let by_hand = replayed.by_hand.unwrap();
    assert_eq!(by_hand.entered_by, "Grace");
    assert_eq!(by_hand.source, format!("replay of {seq}"));
    assert_eq!(
        replayed.actor.unwrap().entity,
        first.actor.unwrap().entity,
        "it is still that person's"
    );
    let payload =
        |seq: i64| async move { ask(stage, json!({ "ask": "event", "seq": seq })).await.unwrap()["payload"].clone() };
    assert_eq!(payload(new).await, payload(seq).await);

    // Nothing is left to do, and a replay can be replayed.
    let twice = replay(stage, new).await.unwrap();
    quiet(stage).await;
    assert!(twice > new);
    assert_eq!(
        row(stage, twice).outcome,
        Outcome::Nothing,
        "{:?}",
        story(&row(stage, twice))
    );
    assert_eq!(stage.written("Task", scene.task), ["rev"]);
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_refused_where_the_field_has_moved_on_and_people_win_where_its_targets_have() {
    let (scene, seq) = missed(WriteMode::Act).await;
    let (stage, task) = (&scene.stage, scene.task);
    stage.site.set_status_as_person("Task", task, "hld");
    quiet(stage).await;
    let new = replay(stage, seq).await.unwrap();
    quiet(stage).await;
    let replayed = row(stage, new);
    assert_eq!(
        changes(&replayed)[0].skip,
        Some(Skip::LaterWord),
        "{:?}",
        story(&replayed)
    );
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("hld"));

    stage.site.set_status_as_person("Version", scene.version, "rqc");
    quiet(stage).await;
    let other = scene.row("rqc").seq;
    stage.site.set_status_as_person("Version", scene.version, "apv");
    quiet(stage).await;
    is_conflict(
        replay(stage, other).await,
        "this event set it to rqc, and it is apv now",
    );
    let rows = stage.rows().len();
    stage.site.retire_as_person("Version", scene.version);
    quiet(stage).await;
    is_conflict(replay(stage, scene.row("apv").seq).await, "gone from the site");
    assert_eq!(stage.rows().len(), rows + 1, "a refusal leaves nothing behind");
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_replayed_while_writing_is_paused_nor_what_can_start_nothing() {
    let (scene, seq) = missed(WriteMode::Act).await;
    let stage = &scene.stage;
    ask(stage, json!({ "ask": "pause", "by": "Ada" })).await.unwrap();
    is_conflict(replay(stage, seq).await, "paused by Ada");
    ask(stage, json!({ "ask": "resume", "write_held": false }))
        .await
        .unwrap();
    let unknown = replay(stage, 987_654).await.unwrap_err();
    assert_eq!(unknown.code, ApiErrorCode::NotFound);

    replay(stage, seq).await.unwrap();
    quiet(stage).await;
    let echo = stage.row("Task", scene.task, "rev").unwrap();
    assert_eq!(echo.outcome, Outcome::Echo);
    is_conflict(replay(stage, echo.seq).await, "echo");
    stage.site.set_hook_status(0, "unstable");
    stage
        .until("the site's word is there", |s| {
            s.rows()
                .iter()
                .any(|row| row.operation == callboard_model::Operation::HookStatus)
        })
        .await;
    quiet(stage).await;
    let rows = stage.rows();
    let word = rows
        .iter()
        .find(|row| row.operation == callboard_model::Operation::HookStatus)
        .unwrap();
    is_conflict(replay(stage, word.seq).await, "about the hook itself");
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_writes_as_its_site_and_project_allow() {
    let (scene, seq) = missed(WriteMode::Act).await;
    let stage = &scene.stage;
    let in_project = async |write: &str| {
        let sites = stage.engine.ask(Ask::Sites).await.unwrap();
        let mut site = serde_json::from_value::<Vec<SiteIn>>(sites).unwrap().remove(0);
        site.projects = vec![ProjectMode {
            id: 122.into(),
            name: "Northlight".into(),
            write: write.into(),
        }];
        stage.engine.ask(Ask::PutSite { site }).await.unwrap();
    };
    in_project("off").await;
    is_conflict(
        replay(stage, seq).await,
        "Project Northlight is left out of Callboard's work",
    );
    in_project("ask").await;
    let new = replay(stage, seq).await.unwrap();
    quiet(stage).await;
    let skips: Vec<_> = changes(&row(stage, new)).iter().map(|change| change.skip).collect();
    assert_eq!(skips, [Some(Skip::Asks), Some(Skip::Asks)]);
    let inbox = ask(stage, json!({ "ask": "inbox" })).await.unwrap();
    let waiting = inbox["waiting"].as_array().unwrap();
    assert!(waiting.len() == 2 && waiting.iter().all(|change| change["seq"] == new));
    let accept: Vec<&Value> = waiting.iter().map(|change| &change["change"]).collect();
    ask(stage, json!({ "ask": "accept", "changes": accept })).await.unwrap();
    quiet(stage).await;
    assert!(all_confirmed(&row(stage, new)), "{:?}", story(&row(stage, new)));
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_asks_for_the_event_as_received_sees_that_of_the_event_replayed() {
    let rules = json!({
        "callboard": 1, "name": "Test",
        "rules": [{
            "id": "as-received", "name": "As received", "when": { "entity": "Version", "becomes": ["rev"] },
            "if": { "filter": "meta.new_value = \"rev\"" },
            "then": { "set": "task", "to": ["rev"] },
        }],
        "statuses": { "version": [{ "code": "rev", "name": "rev" }], "task": [{ "code": "rev", "name": "rev" }] },
    });
    let rules = RuleSet::parse(rules.to_string().as_bytes()).unwrap();
    let stage = Stage::with(Wishes {
        rules,
        ..Wishes::default()
    })
    .await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    ask(&stage, json!({ "ask": "pause", "by": "Ada" })).await.unwrap();
    stage.site.set_status_as_person("Version", version, "rev");
    quiet(&stage).await;
    let seq = stage.row("Version", version, "rev").unwrap().seq;
    ask(&stage, json!({ "ask": "resume", "write_held": false }))
        .await
        .unwrap();
    assert!(stage.written("Task", task).is_empty());
    let new = replay(&stage, seq).await.unwrap();
    quiet(&stage).await;
    assert!(all_confirmed(&row(&stage, new)), "{:?}", story(&row(&stage, new)));
    stage.close().await;
}
