//! A journal that was damaged, with a site that is there: what was done is shown again from its log and not done again, and what is
//! new is done.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use callboard_engine::api::{Ask, LogState};
use callboard_journal::{Journal, Outcome};
use callboard_model::{AlertKind, Road};
use jiff::Timestamp;

use crate::stage::{Stage, Wishes, all_confirmed, story};
use crate::two_roads::{live, log_state, read_to_the_end};

const SHOT: i64 = 1000;
/// What a site's clock may be ahead of ours, as the journal takes it.
const CLOCKS: Duration = Duration::from_secs(300);

fn by_the_log() -> Wishes {
    Wishes {
        event_log: true,
        ..Wishes::default()
    }
}

/// The file system's time.
fn now(folder: &Path) -> Timestamp {
    let file = folder.join("a-clock");
    fs::write(&file, "").unwrap();
    Timestamp::try_from(fs::metadata(file).unwrap().modified().unwrap()).unwrap()
}

/// Waits until nothing that happens from now on can be taken for something of before.
async fn time_has_passed(folder: &Path) {
    let since = now(folder);
    while now(folder).duration_since(since).as_secs() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Changes the file, as if that had happened with its last commit, which clocks may differ from. What its readers left of its log is as old.
fn damage(file: &Path, how: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    how(&mut bytes);
    fs::write(file, bytes).unwrap();
    let log = file.with_extension("sqlite-wal");
    for file in [file, &log] {
        let Ok(file) = File::options().write(true).open(file) else {
            continue;
        };
        let written = file.metadata().unwrap().modified().unwrap();
        file.set_modified(written - CLOCKS).unwrap();
    }
}

fn spoil(bytes: &mut [u8]) {
    bytes.fill(0xa5);
}

async fn restarted(stage: Stage, how: impl FnOnce(&mut Vec<u8>)) -> Stage {
    // What happened before is well before.
    time_has_passed(stage._data.path()).await;
    let away = stage.without_engine().await;
    damage(&Journal::file(away.data.path()), how);
    time_has_passed(away.data.path()).await;
    let stage = away.back(&by_the_log()).await;
    read_to_the_end(&stage).await;
    live(&stage).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_journal_is_lost_its_events_are_read_again_and_none_is_acted_on_twice() {
    let stage = Stage::with(by_the_log()).await;
    live(&stage).await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    for code in ["note", "bkdn", "apv"] {
        stage.site.set_status_as_person("Version", version, code);
        stage.settled("Version", version, code).await;
    }
    // People have the last word, and nobody's rule takes it back.
    stage.site.set_status_as_person("Task", task, "hld");
    stage.settled("Task", task, "hld").await;
    let (before, written) = (stage.rows(), stage.site.writes().len());

    let stage = restarted(stage, |bytes| spoil(bytes)).await;
    let issues = stage.reader.issues_view().unwrap().open;
    assert!(
        issues.iter().any(|issue| issue.kind == AlertKind::Journal),
        "{issues:?}"
    );
    let after = stage.rows();
    for row in &before {
        let again = after
            .iter()
            .find(|one| one.event_log_entry_id == row.event_log_entry_id)
            .unwrap_or_else(|| panic!("{row:?} is not shown again"));
        assert_eq!((again.road, &again.new), (Road::Log, &row.new));
        assert_eq!(
            (again.outcome, again.cascade.is_some()),
            (Outcome::Nothing, false),
            "{again:?}"
        );
    }
    assert_eq!(stage.site.writes().len(), written, "nothing was written again");
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("hld"));

    // What happens now is decided, and written once a person has said that it may.
    stage.site.set_status_as_person("Version", version, "qckbk");
    let held = stage.settled("Version", version, "qckbk").await;
    assert_eq!(held.outcome, Outcome::Skipped, "{held:?}");
    stage.engine.ask(Ask::Resume { write_held: true }).await.unwrap();
    stage
        .until("what was held is written", |s| {
            s.row("Version", version, "qckbk")
                .is_some_and(|row| all_confirmed(&row))
        })
        .await;
    assert!(stage.site.writes().len() > written);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_whose_first_bytes_are_lost_goes_on_where_it_stopped() {
    let stage = Stage::with(by_the_log()).await;
    live(&stage).await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "note");
    stage.settled("Version", version, "note").await;
    read_to_the_end(&stage).await;
    let (before, written) = (stage.rows(), stage.site.writes().len());
    let stage = restarted(stage, |bytes| spoil(&mut bytes[..100])).await;
    assert_eq!(log_state(&stage).await.0, LogState::Live);
    assert_eq!(stage.rows(), before);
    assert_eq!(stage.reader.paused().unwrap(), None);
    stage.site.set_status_as_person("Version", version, "apv");
    let row = stage.settled("Version", version, "apv").await;
    assert!(all_confirmed(&row), "{:?}", story(&row));
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("apv"));
    assert!(stage.site.writes().len() > written);
    stage.close().await;
}
