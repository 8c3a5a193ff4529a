//! Sites that are down, slow, in a bad mood, or refuse.

use callboard_engine::api::{Ask, Overview};
use callboard_journal::Outcome;
use callboard_model::ChangeState;

use crate::stage::{Stage, all_confirmed, changes, story};

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
