//! The main job: a person changes a status, and what should follow follows.

use callboard_engine::WriteMode;
use callboard_journal::Outcome;

use crate::stage::{Stage, Wishes, all_confirmed, changes, story};

/// The Shot that has every step.
const SHOT: i64 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_note_sends_the_task_back_and_the_shot_to_active() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Shot", SHOT, "rev");
    stage.settled("Shot", SHOT, "rev").await;
    stage.site.set_status_as_person("Version", version, "note");
    let row = stage.settled("Version", version, "note").await;

    assert_eq!(stage.site.status("Task", task).as_deref(), Some("adn"));
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("actv"));
    assert_eq!(row.outcome, Outcome::Changed);
    assert!(all_confirmed(&row), "{:?}", story(&row));
    let [to_task, to_shot] = changes(&row) else {
        panic!("{:?}", story(&row))
    };
    assert_eq!(to_task.parent, None);
    assert_eq!(to_shot.parent, Some(to_task.id), "the Shot hangs beneath the Task");
    assert!(row.actor.unwrap().entity.name.is_some(), "people are shown by name");
    assert!(row.parent.unwrap().name.is_some(), "the Version is shown with its Shot");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_is_checked_first_in_some_steps_and_na_in_others() {
    let stage = Stage::open().await;
    let (comp, task) = stage.version(SHOT, "Composite").await;
    assert_eq!(stage.site.status("Version", comp).as_deref(), Some("cnv"));
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("cnv"));
    let (roto, _) = stage.version(SHOT, "Rotoscoping").await;
    assert_eq!(stage.site.status("Version", roto).as_deref(), Some("na"));
    let loose = stage.site.create_version_as_person(None, "rev");
    stage
        .until("the loose Version is set aside", |s| {
            s.site.status("Version", loose).as_deref() == Some("na")
        })
        .await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_another_step_leaves_the_shot_alone() {
    let stage = Stage::open().await;
    let before = stage.site.status("Shot", SHOT);
    let roto = stage.task(SHOT, "Rotoscoping");
    stage.site.set_status_as_person("Task", roto, "hld");
    let row = stage.settled("Task", roto, "hld").await;
    assert_eq!(row.outcome, Outcome::Nothing);
    assert_eq!(stage.site.status("Shot", SHOT), before);

    let comp = stage.task(SHOT, "Composite");
    stage.site.set_status_as_person("Task", comp, "hld");
    stage.settled("Task", comp, "hld").await;
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("hld"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_there_already_ends_the_cascade() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Task", task, "adn");
    stage.settled("Task", task, "adn").await;
    stage.site.set_status_as_person("Shot", SHOT, "rev");
    stage.settled("Shot", SHOT, "rev").await;
    stage.site.set_status_as_person("Version", version, "bkdn");
    let row = stage.settled("Version", version, "bkdn").await;
    assert_eq!(story(&row), ["Task adn>adn skipped"]);
    assert_eq!(row.outcome, Outcome::Nothing);
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("rev"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_only_watched_is_not_written() {
    let stage = Stage::with(Wishes {
        write: WriteMode::Watch,
        ..Wishes::default()
    })
    .await;
    let task = stage.task(SHOT, "Composite");
    let version = stage.site.create_version_as_person(Some(task), "rev");
    stage.site.set_status_as_person("Version", version, "note");
    let row = stage.settled("Version", version, "note").await;
    assert!(changes(&row)[0].reason.as_deref().unwrap().contains("watch only"));
    assert_eq!(
        stage.site.writes().iter().filter(|w| w.user_type == "ApiUser").count(),
        0
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_production_day_leaves_every_event_decided_and_nothing_written_twice() {
    let mut wishes = Wishes::default();
    wishes.practice.rate = 25.0;
    wishes.practice.batched = true;
    wishes.practice.seconds = Some(8.0);
    let stage = Stage::with(wishes).await;
    stage.practice.finished().await;
    let rows = stage.rows();
    assert!(rows.len() > 100, "{} events", rows.len());
    assert!(rows.iter().all(|r| r.outcome != Outcome::Waiting));
    assert!(rows.iter().all(|r| r.outcome != Outcome::Failed));
    let confirmed = rows
        .iter()
        .flat_map(changes)
        .filter(|c| c.state == callboard_model::ChangeState::Confirmed)
        .count();
    let written = stage.site.writes().iter().filter(|w| w.user_type == "ApiUser").count();
    assert!(confirmed > 30, "{confirmed} changes");
    assert_eq!(
        written, confirmed,
        "each confirmed change was written once, and nothing else was"
    );
    stage.close().await;
}
