//! Sites that ask first: what waits for a person, and what becomes of it.

use std::time::Duration;

use callboard_engine::WriteMode;
use callboard_engine::api::{ApiError, ApiErrorCode, Ask, Inbox, Undone};
use callboard_journal::{FeedRow, Outcome, WaitingChange};
use callboard_model::{AlertKind, Change, Place, Skip};
use callboard_rules::RuleSet;
use serde_json::{Value, json};

use crate::stage::{Stage, Wishes, all_confirmed, changes, story};

/// The Shot that has every step.
const SHOT: i64 = 1000;

/// A Version takes its Task along, and a Task its Shot.
fn rules() -> RuleSet {
    let of = |codes: &[&str]| -> Vec<Value> { codes.iter().map(|c| json!({ "code": c, "name": c })).collect() };
    let up = |entity: &str, set: &str, becomes: &str, to: &str| {
        json!({
            "id": format!("{entity}-{becomes}").to_lowercase(), "name": format!("{entity} {becomes}"),
            "when": { "entity": entity, "becomes": [becomes] }, "then": { "set": set, "to": [to] },
        })
    };
    let text = json!({
        "callboard": 1, "name": "Test",
        "rules": [
            up("Version", "task", "rev", "rev"), up("Version", "task", "apv", "apv"),
            up("Task", "shot", "rev", "rev"), up("Task", "shot", "apv", "apv"), up("Task", "shot", "ip", "actv"),
        ],
        "statuses": {
            "version": of(&["rqc", "rev", "apv"]), "task": of(&["hld", "ip", "rev", "apv"]),
            "shot": of(&["hld", "actv", "rev", "apv"]),
        },
    });
    RuleSet::parse(text.to_string().as_bytes()).expect("a rule set")
}

/// A site that tells what our script writes too, so that there are echoes.
pub(crate) fn wishes(write: WriteMode) -> Wishes {
    let mut wishes = Wishes {
        write,
        rules: rules(),
        ..Wishes::default()
    };
    wishes.practice.generate_event_log_entries = true;
    wishes
}

/// A Version, its Task in progress and its Shot active, with nothing left to do.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) version: i64,
    pub(crate) task: i64,
}

pub(crate) async fn scene(write: WriteMode) -> Scene {
    let stage = Stage::with(wishes(write)).await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    for (kind, id, code) in [
        ("Shot", SHOT, "hld"),
        ("Shot", SHOT, "actv"),
        ("Task", task, "hld"),
        ("Task", task, "ip"),
    ] {
        stage.site.set_status_as_person(kind, id, code);
    }
    quiet(&stage).await;
    Scene { stage, version, task }
}

impl Scene {
    /// A person sets the Version, and what follows from that is decided.
    pub(crate) async fn version_becomes(&self, code: &str) -> FeedRow {
        self.stage.site.set_status_as_person("Version", self.version, code);
        quiet(&self.stage).await;
        self.row(code)
    }

    pub(crate) fn row(&self, code: &str) -> FeedRow {
        self.stage.row("Version", self.version, code).expect("it happened")
    }

    pub(crate) fn status(&self, kind: &str, id: i64) -> String {
        self.stage.site.status(kind, id).unwrap_or_default()
    }
}

pub(crate) async fn quiet(stage: &Stage) {
    stage
        .until("everything is delivered and settled", |s| {
            s.site.is_all_delivered() && s.rows().iter().all(|r| r.outcome != Outcome::Waiting)
        })
        .await;
}

pub(crate) async fn ask(stage: &Stage, question: Value) -> Result<Value, ApiError> {
    let question: Ask = serde_json::from_value(question).expect("a question");
    stage.engine.ask(question).await
}

async fn inbox(stage: &Stage) -> Vec<WaitingChange> {
    let answer = ask(stage, json!({ "ask": "inbox" })).await.expect("an inbox");
    serde_json::from_value::<Inbox>(answer).expect("an inbox").waiting
}

/// What waits, as short as it can be said: `Task ip>rev`.
async fn waiting(stage: &Stage) -> Vec<String> {
    let said = |w: &WaitingChange| {
        let code = |c: &Option<callboard_model::StatusCode>| c.as_ref().map_or("-".to_owned(), ToString::to_string);
        format!("{} {}>{}", w.entity.key.kind, code(&w.from), code(&w.to))
    };
    inbox(stage).await.iter().map(said).collect()
}

async fn judge(stage: &Stage, how: &str, of: &[&WaitingChange]) -> Result<Value, ApiError> {
    let ids: Vec<i64> = of.iter().map(|w| w.change).collect();
    ask(stage, json!({ "ask": how, "changes": ids, "by": "Ada" })).await
}

pub(crate) async fn undo(stage: &Stage, change: &Change) -> Result<Undone, ApiError> {
    let answer = ask(stage, json!({ "ask": "undo", "change": change.id, "by": "Grace" })).await?;
    Ok(serde_json::from_value(answer).expect("what was undone"))
}

pub(crate) fn is_conflict<T: std::fmt::Debug>(answer: Result<T, ApiError>, part: &str) {
    let error = answer.expect_err("it is refused");
    assert_eq!(error.code, ApiErrorCode::Conflict, "{}", error.message);
    assert!(error.message.contains(part), "{}", error.message);
}

fn skips(row: &FeedRow) -> Vec<Option<Skip>> {
    changes(row).iter().map(|c| c.skip).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_site_is_asked_for_waits_and_is_written_once_when_it_is_accepted() {
    let scene = scene(WriteMode::Ask).await;
    let (stage, task) = (&scene.stage, scene.task);
    let mut alerts = stage.engine.alerts();
    let row = scene.version_becomes("rev").await;
    assert_eq!(skips(&row), [Some(Skip::Asks), Some(Skip::Asks)]);
    let reason = changes(&row)[0].reason.as_deref().unwrap();
    assert!(reason.contains("waits for a person"), "{reason}");
    assert_eq!(scene.status("Task", task), "ip");

    let waits = inbox(stage).await;
    assert_eq!(waiting(stage).await, ["Task ip>rev", "Shot actv>rev"]);
    assert_eq!(waits[0].seq, row.seq);
    assert_eq!(waits[0].rule_name, "Version rev");
    assert!(waits[0].entity.name.is_some() && waits[0].actor.as_ref().unwrap().entity.name.is_some());
    let shot = waits[0].parent.as_ref().expect("a Task is shown with its Shot");
    assert!(shot.key.kind.is("Shot") && shot.name.is_some());
    assert_eq!(waits[1].follows_from, Some(waits[0].change));
    let overview = ask(stage, json!({ "ask": "overview" })).await.unwrap();
    assert_eq!(overview["waiting_for_you"], 2);
    let alert = alerts.try_recv().expect("somebody is told");
    assert_eq!(alert.title, "2 changes wait for you");
    assert_eq!((alert.kind, alert.place), (AlertKind::Approvals, Place::Inbox));
    let issue = |s: &Stage| {
        s.reader
            .issues()
            .unwrap()
            .into_iter()
            .find(|i| i.key == "inbox")
            .unwrap()
    };
    assert_eq!(
        (issue(stage).state, issue(stage).title.as_str()),
        ("open", "2 changes wait for you")
    );

    let left = judge(stage, "accept", &waits.iter().collect::<Vec<_>>()).await.unwrap();
    assert_eq!(left["waiting"], json!([]));
    quiet(stage).await;
    let row = scene.row("rev");
    assert!(all_confirmed(&row), "{:?}", story(&row));
    assert_eq!(row.outcome, Outcome::Changed);
    assert!(changes(&row).iter().all(|c| c.accepted_by.as_deref() == Some("Ada")));
    assert_eq!(stage.written("Task", task), ["rev"]);
    assert_eq!(stage.written("Shot", SHOT), ["rev"]);
    assert_eq!(
        stage.row("Task", task, "rev").unwrap().outcome,
        Outcome::Echo,
        "its echo starts nothing"
    );
    assert_eq!(issue(stage).state, "resolved");
    assert!(alerts.try_recv().is_err(), "once, when something begins to wait");
    is_conflict(judge(stage, "accept", &[&waits[0]]).await, "waits any more");
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declined_stays_unwritten_with_what_follows_from_it() {
    let scene = scene(WriteMode::Ask).await;
    let stage = &scene.stage;
    scene.version_becomes("rev").await;
    let waits = inbox(stage).await;
    let declined = json!({ "ask": "decline", "changes": [waits[0].change], "by": "Ada", "why": "Not before the client has seen it" });
    let left = ask(stage, declined).await.unwrap();
    assert_eq!(left["waiting"], json!([]), "the Shot has lost its cause");
    let row = scene.row("rev");
    assert_eq!(skips(&row), [Some(Skip::Declined), Some(Skip::CauseLost)]);
    let reason = changes(&row)[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("Ada declined it at 20"), "{reason}");
    assert!(reason.ends_with("UTC: Not before the client has seen it"), "{reason}");
    is_conflict(
        judge(stage, "accept", &waits.iter().collect::<Vec<_>>()).await,
        "waits any more",
    );
    is_conflict(judge(stage, "decline", &[&waits[0]]).await, "waits any more");
    quiet(stage).await;
    assert!(stage.written("Task", scene.task).is_empty() && stage.written("Shot", SHOT).is_empty());
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_changed_it_while_it_waited_wins() {
    let scene = scene(WriteMode::Ask).await;
    let (stage, task) = (&scene.stage, scene.task);
    scene.version_becomes("rev").await;
    stage.site.set_status_as_person("Task", task, "hld");
    quiet(stage).await;
    let waits = inbox(stage).await;
    judge(stage, "accept", &[&waits[0]]).await.unwrap();
    quiet(stage).await;
    let row = scene.row("rev");
    assert_eq!(skips(&row), [Some(Skip::Overruled), Some(Skip::CauseLost)]);
    assert_eq!(changes(&row)[0].reason.as_deref(), Some("Somebody set it to hld first"));
    assert_eq!(scene.status("Task", task), "hld");
    assert!(waiting(stage).await.is_empty(), "what followed from it waits no more");
    let issues = stage.reader.issues().unwrap();
    assert!(issues.iter().any(|i| i.key == "inbox" && i.state == "resolved"));
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_did_by_hand_while_it_waited_is_not_ours() {
    let scene = scene(WriteMode::Ask).await;
    let (stage, task) = (&scene.stage, scene.task);
    scene.version_becomes("rev").await;
    let waits = inbox(stage).await;
    stage.site.set_status_as_person("Task", task, "rev");
    quiet(stage).await;
    judge(stage, "accept", &[&waits[0]]).await.unwrap();
    quiet(stage).await;
    let row = scene.row("rev");
    assert_eq!(changes(&row)[0].skip, Some(Skip::AlreadyThere), "{:?}", story(&row));
    assert!(stage.written("Task", task).is_empty());
    is_conflict(undo(stage, &changes(&row)[0]).await, "was not written");
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_wait_for_one_entity_the_later_stays() {
    let scene = scene(WriteMode::Ask).await;
    let stage = &scene.stage;
    scene.version_becomes("rev").await;
    scene.version_becomes("apv").await;
    assert_eq!(waiting(stage).await, ["Task ip>apv", "Shot actv>apv"]);
    let first = scene.row("rev");
    assert_eq!(skips(&first), [Some(Skip::Replaced), Some(Skip::Replaced)]);
    let reason = changes(&first)[0].reason.as_deref().unwrap();
    assert!(reason.contains("A later change took its place"), "{reason}");
    let waits = inbox(stage).await;
    judge(stage, "accept", &waits.iter().collect::<Vec<_>>()).await.unwrap();
    quiet(stage).await;
    assert_eq!(stage.written("Task", scene.task), ["apv"]);
    assert_eq!(stage.written("Shot", SHOT), ["apv"]);
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_what_follows_accepts_its_cause() {
    let scene = scene(WriteMode::Ask).await;
    let stage = &scene.stage;
    scene.version_becomes("rev").await;
    let waits = inbox(stage).await;
    judge(stage, "accept", &[&waits[1]]).await.unwrap();
    quiet(stage).await;
    assert!(all_confirmed(&scene.row("rev")), "{:?}", story(&scene.row("rev")));
    let order: Vec<String> = stage
        .site
        .writes()
        .into_iter()
        .filter(|w| w.user_type == "ApiUser")
        .map(|w| w.kind)
        .collect();
    assert_eq!(order, ["Task", "Shot"], "the cause first");
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_accepted_while_its_cause_is_being_written_is_written_too() {
    let scene = scene(WriteMode::Ask).await;
    let stage = &scene.stage;
    scene.version_becomes("rev").await;
    let waits = inbox(stage).await;
    stage.site.slow(Duration::from_millis(300));
    judge(stage, "accept", &[&waits[0]]).await.unwrap();
    stage
        .until("the first is being written", |s| {
            s.written("Task", scene.task) == ["rev"]
        })
        .await;
    judge(stage, "accept", &[&waits[1]]).await.unwrap();
    stage.site.slow(Duration::ZERO);
    quiet(stage).await;
    assert!(all_confirmed(&scene.row("rev")), "{:?}", story(&scene.row("rev")));
    assert_eq!(scene.status("Shot", SHOT), "rev");
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_outlives_the_engine_and_the_question() {
    let scene = scene(WriteMode::Ask).await;
    let task = scene.task;
    scene.version_becomes("rev").await;
    let stage = scene.stage.without_engine().await.back(&wishes(WriteMode::Watch)).await;
    let waits = inbox(&stage).await;
    assert_eq!(waiting(&stage).await, ["Task ip>rev", "Shot actv>rev"]);
    is_conflict(judge(&stage, "accept", &[&waits[0]]).await, "watch only");

    // A site that is written without asking has what waited before wait on.
    let stage = stage.without_engine().await.back(&wishes(WriteMode::Act)).await;
    quiet(&stage).await;
    assert_eq!(waiting(&stage).await.len(), 2);
    assert!(stage.written("Task", task).is_empty());
    judge(&stage, "accept", &[&waits[1]]).await.unwrap();
    quiet(&stage).await;
    assert_eq!(stage.written("Task", task), ["rev"]);
    assert_eq!(stage.written("Shot", SHOT), ["rev"]);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pause_holds_what_is_accepted_meanwhile() {
    let scene = scene(WriteMode::Ask).await;
    let stage = &scene.stage;
    ask(stage, json!({ "ask": "pause", "by": "Grace" })).await.unwrap();
    scene.version_becomes("rev").await;
    let waits = inbox(stage).await;
    assert_eq!(waits.len(), 2, "deciding goes on");
    judge(stage, "accept", &waits.iter().collect::<Vec<_>>()).await.unwrap();
    quiet(stage).await;
    assert_eq!(skips(&scene.row("rev")), [Some(Skip::Paused), Some(Skip::Paused)]);
    assert!(stage.written("Task", scene.task).is_empty());
    let resumed = ask(stage, json!({ "ask": "resume", "write_held": true }))
        .await
        .unwrap();
    assert_eq!(resumed["reopened"], 2);
    quiet(stage).await;
    assert!(all_confirmed(&scene.row("rev")), "{:?}", story(&scene.row("rev")));
    scene.stage.close().await;
}
