//! Where changes may be written, project by project.

use std::time::Duration;

use callboard_engine::WriteMode;
use callboard_engine::api::{Ask, Inbox, ProjectMode, SiteIn, SiteProject};
use callboard_engine::{ProjectWrite, Settings};
use callboard_journal::{FeedRow, Outcome};
use callboard_model::{HookState, SiteName, Skip};
use serde_json::{Value, json};

use crate::approvals::{Scene, ask, is_conflict, quiet, scene, undo};
use crate::fresh::Fresh;
use crate::stage::{Stage, all_confirmed, changes, story};

/// The Shot that has every step.
const SHOT: i64 = 1000;
/// The project that the scene is in, and the other.
const OURS: i64 = 122;
const OTHER: i64 = 123;

fn listed(id: i64, write: &str) -> ProjectMode {
    ProjectMode {
        id: id.into(),
        name: if id == OURS { "Northlight" } else { "Paper Lantern" }.into(),
        write: write.into(),
    }
}

/// Says anew what may be done in which project.
async fn modes(stage: &Stage, modes: &[(i64, &str)]) {
    change(stage, |site| {
        site.projects = modes.iter().map(|(id, write)| listed(*id, write)).collect();
    })
    .await;
}

async fn change(stage: &Stage, how: impl FnOnce(&mut SiteIn)) {
    let sites = stage.engine.ask(Ask::Sites).await.unwrap();
    let mut site = serde_json::from_value::<Vec<SiteIn>>(sites).unwrap().remove(0);
    how(&mut site);
    stage.engine.ask(Ask::PutSite { site }).await.unwrap();
}

/// A scene whose Shot was moved to the other project: its Task stayed.
async fn across() -> Scene {
    let scene = scene(WriteMode::Act).await;
    let other = json!({ "type": "Project", "id": OTHER });
    assert!(scene.stage.site.set_field_as_person("Shot", SHOT, "project", other));
    quiet(&scene.stage).await;
    scene
}

fn skips(row: &FeedRow) -> Vec<Option<Skip>> {
    changes(row).iter().map(|change| change.skip).collect()
}

fn reason(row: &FeedRow, place: usize) -> &str {
    changes(row)[place].reason.as_deref().unwrap_or_default()
}

async fn waiting(stage: &Stage) -> Vec<i64> {
    let inbox = ask(stage, json!({ "ask": "inbox" })).await.unwrap();
    let inbox: Inbox = serde_json::from_value(inbox).unwrap();
    inbox.waiting.iter().map(|change| change.change).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rule_runs_for_a_project_that_is_left_out_until_it_is_let_in_again() {
    let scene = scene(WriteMode::Act).await;
    let stage = &scene.stage;
    modes(stage, &[(OURS, "off")]).await;
    let row = scene.version_becomes("rev").await;
    assert_eq!(row.outcome, Outcome::Nothing);
    assert_eq!(
        row.why.as_deref(),
        Some("Project Northlight is left out of Callboard's work")
    );
    assert!(row.cascade.is_none() && stage.written("Task", scene.task).is_empty());
    assert!(row.entity.unwrap().name.is_some(), "it is shown as any other");

    modes(stage, &[(OTHER, "off")]).await;
    assert!(all_confirmed(&scene.version_becomes("apv").await), "at once");
    assert_eq!(stage.written("Task", scene.task), ["apv"]);
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_project_wins_over_its_site() {
    let scene = scene(WriteMode::Act).await;
    let stage = &scene.stage;
    modes(stage, &[(OURS, "watch")]).await;
    let row = scene.version_becomes("rev").await;
    assert_eq!(skips(&row), [Some(Skip::NotAllowed), Some(Skip::NotAllowed)]);
    assert_eq!(
        reason(&row, 0),
        "Project Northlight is watch only: nothing is written there"
    );

    modes(stage, &[(OURS, "ask")]).await;
    let row = scene.version_becomes("apv").await;
    assert_eq!(skips(&row), [Some(Skip::Asks), Some(Skip::Asks)]);
    assert_eq!(reason(&row, 0), "Project Northlight asks first: it waits for a person");
    assert!(stage.written("Task", scene.task).is_empty());

    // Accepted where it may be written, and not where that has changed meanwhile.
    let changes = waiting(stage).await;
    modes(stage, &[(OURS, "off")]).await;
    let accept = json!({ "ask": "accept", "changes": changes, "by": "Ada" });
    is_conflict(
        ask(stage, accept.clone()).await,
        "is left out of Callboard's work. Decline",
    );
    change(stage, |site| {
        site.projects = vec![listed(OURS, "act")];
        site.write = "watch".into();
    })
    .await;
    ask(stage, accept).await.unwrap();
    quiet(stage).await;
    assert_eq!(stage.written("Task", scene.task), ["apv"]);

    let row = scene.row("apv");
    modes(stage, &[(OURS, "watch")]).await;
    is_conflict(
        undo(stage, &crate::stage::changes(&row)[1]).await,
        "Northlight is watch only",
    );
    modes(stage, &[(OURS, "ask")]).await;
    undo(stage, &crate::stage::changes(&row)[1])
        .await
        .expect("a person asks for it");
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_only_listed_projects_all_others_are_left_out_and_hooks_are_still_heard() {
    let scene = scene(WriteMode::Act).await;
    let stage = &scene.stage;
    change(stage, |site| {
        site.projects = vec![listed(OTHER, "act")];
        site.only_listed = true;
    })
    .await;
    let row = scene.version_becomes("rev").await;
    assert_eq!((row.outcome, row.cascade.is_none()), (Outcome::Nothing, true));
    let task = stage.task(100_000, "Composite");
    stage.site.set_status_as_person("Task", task, "hld");
    quiet(stage).await;
    stage.site.set_status_as_person("Task", task, "apv");
    quiet(stage).await;
    let row = stage.row("Task", task, "apv").unwrap();
    assert!(all_confirmed(&row), "{:?} {:?}", row.why, story(&row));
    assert_eq!(stage.written("Shot", 100_000), ["apv"]);

    stage.site.set_hook_status(0, "unstable");
    stage
        .until("the site's word on its hook counts", |s| {
            s.reader.hooks().unwrap().iter().any(|h| h.state == HookState::Unstable)
        })
        .await;
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_echo_of_our_own_write_is_known_in_a_project_that_is_left_out_since() {
    let scene = scene(WriteMode::Act).await;
    let (stage, task) = (&scene.stage, scene.task);
    // The event comes, and before anything is written because of it, nothing more is told.
    stage.site.slow(Duration::from_millis(200));
    stage.site.set_status_as_person("Version", scene.version, "rev");
    stage
        .until("the event is there", |s| {
            s.row("Version", scene.version, "rev").is_some()
        })
        .await;
    stage.site.hold_deliveries(true);
    stage.site.slow(Duration::ZERO);
    stage
        .until("it is written", |s| {
            s.row("Version", scene.version, "rev")
                .is_some_and(|row| all_confirmed(&row))
        })
        .await;
    modes(stage, &[(OURS, "off")]).await;
    stage.site.hold_deliveries(false);
    quiet(stage).await;
    assert_eq!(stage.row("Task", task, "rev").unwrap().outcome, Outcome::Echo);
    assert_eq!(stage.row("Shot", SHOT, "rev").unwrap().outcome, Outcome::Echo);
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_set_in_another_project_goes_by_the_mode_there() {
    let scene = across().await;
    let stage = &scene.stage;
    modes(stage, &[(OTHER, "off")]).await;
    let row = scene.version_becomes("rev").await;
    assert_eq!(skips(&row), [None, Some(Skip::NotAllowed)], "{:?}", story(&row));
    assert_eq!(reason(&row, 1), "Project Paper Lantern is left out of Callboard's work");
    assert_eq!(stage.written("Task", scene.task), ["rev"]);
    assert!(stage.written("Shot", SHOT).is_empty());

    modes(stage, &[(OTHER, "ask")]).await;
    let row = scene.version_becomes("apv").await;
    assert_eq!(skips(&row), [None, Some(Skip::Asks)], "{:?}", story(&row));
    assert_eq!(stage.written("Task", scene.task), ["rev", "apv"]);
    let accept = json!({ "ask": "accept", "changes": waiting(stage).await });
    ask(stage, accept).await.unwrap();
    quiet(stage).await;
    assert_eq!(stage.written("Shot", SHOT), ["apv"]);
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_something_that_is_not_written_is_not_written_elsewhere_either() {
    let scene = across().await;
    let stage = &scene.stage;
    modes(stage, &[(OURS, "watch"), (OTHER, "act")]).await;
    let row = scene.version_becomes("rev").await;
    assert_eq!(
        skips(&row),
        [Some(Skip::NotAllowed), Some(Skip::CauseLost)],
        "{:?}",
        story(&row)
    );
    assert_eq!(reason(&row, 1), "What it follows from is not written");
    assert!(stage.written("Shot", SHOT).is_empty());

    modes(stage, &[(OURS, "ask"), (OTHER, "act")]).await;
    let row = scene.version_becomes("apv").await;
    assert_eq!(skips(&row), [Some(Skip::Asks), Some(Skip::Asks)], "{:?}", story(&row));
    assert!(reason(&row, 1).contains("waits with it"), "{}", reason(&row, 1));
    let to_shot = changes(&row)[1].id;
    ask(stage, json!({ "ask": "accept", "changes": [to_shot] }))
        .await
        .unwrap();
    quiet(stage).await;
    assert!(all_confirmed(&scene.row("apv")), "{:?}", story(&scene.row("apv")));
    assert_eq!(stage.written("Shot", SHOT), ["apv"]);
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_decided_before_goes_by_the_mode_that_holds_when_it_is_written() {
    let scene = scene(WriteMode::Act).await;
    let (stage, task) = (&scene.stage, scene.task);
    for (mode, skip) in [("watch", Skip::NotAllowed), ("ask", Skip::Asks)] {
        stage.site.slow(Duration::from_millis(150));
        let code = if mode == "watch" { "rev" } else { "apv" };
        stage.site.set_status_as_person("Version", scene.version, code);
        stage
            .until("the Task is written", |s| {
                s.written("Task", task).last().is_some_and(|last| last == code)
            })
            .await;
        // The Shot cannot be written before the mode is another.
        stage.site.set_down(true);
        stage.site.slow(Duration::ZERO);
        modes(stage, &[(OURS, mode)]).await;
        stage.site.set_down(false);
        quiet(stage).await;
        let row = scene.row(code);
        assert_eq!(changes(&row)[1].skip, Some(skip), "{mode}: {:?}", story(&row));
        assert!(stage.written("Shot", SHOT).is_empty(), "{mode}");
        modes(stage, &[(OURS, "act")]).await;
    }
    assert_eq!(waiting(stage).await.len(), 1);
    scene.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_projects_of_a_site_are_read_from_it_and_what_is_said_of_them_is_kept() {
    let fresh = Fresh::connected().await;
    let site = SiteName::from("practice");
    let archived = json!(true);
    assert!(fresh.site.set_field_as_person("Project", OURS, "archived", archived));
    let projects: Vec<SiteProject> = fresh.ask(Ask::SiteProjects { site: site.clone() }).await.unwrap();
    let told: Vec<(&str, bool)> = projects.iter().map(|p| (p.name.as_str(), p.archived)).collect();
    assert_eq!(told, [("Paper Lantern", false), ("Northlight", true)]);
    assert_eq!(projects[0].id, OTHER.into());
    let nowhere = SiteName::from("nowhere");
    fresh
        .ask::<Value>(Ask::SiteProjects { site: nowhere })
        .await
        .unwrap_err();

    let mut entered = fresh.entered();
    entered.projects = vec![listed(OTHER, "ask"), listed(OURS, "off")];
    entered.only_listed = true;
    fresh.put(entered.clone()).await.unwrap();
    let text = fresh.settings_text();
    assert!(
        text.contains("[[site.project]]") && text.contains("\"Paper Lantern\""),
        "{text}"
    );
    let fresh = fresh.restart().await;
    let sites: Vec<SiteIn> = fresh.ask(Ask::Sites).await.unwrap();
    assert_eq!((&sites[0].projects, sites[0].only_listed), (&entered.projects, true));
    let kept = Settings::of(fresh.data.path(), None).unwrap();
    assert_eq!(kept.sites[0].projects[1].write, ProjectWrite::Off);

    entered.projects.push(listed(OURS, "act"));
    let refused = fresh.put(entered.clone()).await.unwrap_err();
    assert!(
        refused.message.contains("lists the project 122 twice"),
        "{}",
        refused.message
    );
    entered.projects = vec![listed(OURS, "on")];
    let refused = fresh.put(entered).await.unwrap_err();
    assert!(
        refused.message.contains("none of off, watch, ask and act"),
        "{}",
        refused.message
    );
    assert_eq!(fresh.settings_text(), text);
    fresh.close().await;
}
