//! The file: who may hold it, and what is said when it cannot be used.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use callboard_journal::{FeedFilter, Journal, JournalError, Reader};
use callboard_model::ChangeState;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::made::{Kept, at, delivery, event, of_write, site};

fn refusal(folder: &Path) -> JournalError {
    Journal::open(folder).err().unwrap()
}

#[test]
fn a_folder_that_is_missing_is_made() {
    let folder = TempDir::new().unwrap();
    let deep = folder.path().join("a/b/c");
    Journal::open(&deep).unwrap();
    assert!(Journal::file(&deep).is_file());
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let kept = Kept::new();
    let mode = std::fs::metadata(Journal::file(kept.path()))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_folder_that_is_a_file_is_refused_in_words() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("data");
    std::fs::write(&file, "").unwrap();
    let said = refusal(&file).to_string();
    assert!(said.contains("cannot be opened") && said.contains("data"), "{said}");
}

#[test]
fn a_journal_of_a_newer_callboard_is_refused_in_words_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    Journal::open(folder.path()).unwrap().close();
    let file = Journal::file(folder.path());
    let connection = Connection::open(&file).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    let refused = refusal(folder.path());
    assert!(
        matches!(&refused, JournalError::Newer(path) if *path == file),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("newer Callboard"), "{refused}");
    let version: i64 = connection.query_row("PRAGMA user_version", [], |r| r.get(0)).unwrap();
    assert_eq!(version, 99);
}

/// A journal as the first version left it, with a row of each kind.
fn of_the_first_version(folder: &Path) {
    let connection = Connection::open(Journal::file(folder)).unwrap();
    let schema = include_str!("../../src/schema/0001.sql");
    connection.execute_batch(schema).unwrap();
    connection
        .execute_batch(
            "INSERT INTO delivery VALUES (1, 'status', 'practice', 1714564800000000, 'Signature good', '[]', x'7b7d');
             INSERT INTO event (seq, site, key, road, hook, delivery_seq, entry_id, event_type, operation, entity_type, entity_id,
                field, is_status, in_create, old, new, received_at, outcome)
             VALUES (1, 'practice', 'log:1', 'hook', 'status', 1, 1, 'Shotgun_Task_Change', 'update', 'Task', '5001',
                    'sg_status_list', 1, 0, '\"ip\"', '\"rev\"', 1714564800000000, 'changed'),
                (2, 'practice', 'log:2', 'log', NULL, NULL, 2, 'Shotgun_Task_Change', 'update', 'Task', '5001',
                    'sg_status_list', 1, 0, NULL, NULL, 1714564801000000, 'waiting');
             INSERT INTO cascade VALUES (1, 1, 2, 'Status overhaul', 1714564800000000);
             INSERT INTO change (id, cascade_seq, site, entity_type, entity_id, from_code, to_code, rule, rule_name, state, skip,
                planned_at, settled_at)
             VALUES (1, 1, 'practice', 'Shot', '862', 'wtg', 'ip', 'r', 'A rule', 'confirmed', NULL, 1714564800000000,
                    1714564800500000),
                (2, 1, 'practice', 'Shot', '863', 'wtg', 'ip', 'r', 'A rule', 'skipped', 'overruled', 1714564800000000,
                    1714564800500000);
             INSERT INTO entity VALUES ('practice', 'Task', '5001', 'Composite', 'Shot', '862');
             INSERT INTO rule_set VALUES (1, 'First', 'one', 'Ada', '', 1), (2, 'Second', 'two', 'Ada', '', 2);
             INSERT INTO issue VALUES ('k', 'Title', 'Remedy', 1, 1, 1, 1);
             PRAGMA user_version = 1;",
        )
        .unwrap();
}

/// The second version knew no field but the status.
#[tokio::test]
async fn the_changes_of_a_journal_of_the_second_version_are_of_statuses() {
    let folder = TempDir::new().unwrap();
    of_the_first_version(folder.path());
    let connection = Connection::open(Journal::file(folder.path())).unwrap();
    connection
        .execute_batch(include_str!("../../src/schema/0002.sql"))
        .unwrap();
    connection
        .execute_batch(
            "INSERT INTO pause (id, by, since) VALUES (1, 'Ada', 1714564800000000);
             UPDATE change SET pause = 1, skip = 'paused' WHERE id = 2;
             PRAGMA user_version = 2;",
        )
        .unwrap();
    drop(connection);
    let refused = Reader::open(folder.path()).err().unwrap().to_string();
    assert!(refused.contains("from an older Callboard"), "{refused}");

    let journal = Journal::open(folder.path()).unwrap();
    let reader = journal.reader();
    let changes = reader.rows(&[1]).unwrap().remove(0).cascade.unwrap().changes;
    let told: Vec<_> = changes.iter().map(|c| (c.id, c.field.as_deref(), c.state)).collect();
    assert_eq!(
        told,
        [(1, None, ChangeState::Confirmed), (2, None, ChangeState::Skipped)]
    );
    let shot = callboard_model::EntityKey::new("Shot", 862);
    let is_ip = |code: Option<&callboard_model::StatusCode>| code == Some(&"ip".into());
    let echo = reader.echo_of(&site(), (&shot, None), is_ip, changes[0].planned_at);
    assert_eq!(echo.unwrap().map(|echo| of_write(echo).id), Some(1));
    let mut replayed = Vec::new();
    reader
        .past()
        .unwrap()
        .replay(None, None, &mut |past| {
            replayed.extend(past.changes.iter().map(|c| c.field.clone()));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(replayed, [None, None]);
    assert_eq!(journal.resume(at(10), true).await.unwrap().reopened, 1);
}

#[tokio::test]
async fn a_journal_of_the_first_version_opens_and_reads_right() {
    let folder = TempDir::new().unwrap();
    of_the_first_version(folder.path());
    let refused = Reader::open(folder.path()).err().unwrap().to_string();
    assert!(refused.contains("from an older Callboard"), "{refused}");

    let journal = Journal::open(folder.path()).unwrap();
    let reader = journal.reader();
    let row = reader.rows(&[1]).unwrap().remove(0);
    assert_eq!((row.note, row.by_hand), (None, None));
    assert_eq!(row.entity.unwrap().name.as_deref(), Some("Composite"));
    let changes = row.cascade.unwrap().changes;
    assert_eq!((changes.len(), changes[0].state), (2, ChangeState::Confirmed));
    let waiting = reader.waiting(&site(), &HashSet::new(), None, 10).unwrap();
    assert_eq!((waiting.len(), &waiting[0].event.note), (1, &None));
    let revisions: Vec<_> = reader.revisions().unwrap();
    assert_eq!(
        revisions.iter().map(|r| (r.revision, r.live)).collect::<Vec<_>>(),
        [(2, true), (1, false)]
    );
    assert!(revisions.iter().all(|r| r.rolled_back_from.is_none()));
    assert_eq!(reader.draft().unwrap(), None);
    assert!(reader.set_aside().unwrap().is_empty() && reader.facts(&site()).unwrap().is_empty());
    assert_eq!(reader.paused().unwrap(), None);
    let mut told = Vec::new();
    reader
        .past()
        .unwrap()
        .replay(None, None, &mut |past| {
            told.push((past.seq, past.changes.len()));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(told, [(1, 2), (2, 0)]);
    let came_in = |seq| reader.event(seq).unwrap().unwrap().delivery;
    assert_eq!((came_in(1), came_in(2)), (Some((1, 0)), None));
    assert_eq!(reader.counts(at(0)).unwrap().events, 2);
    assert_eq!(reader.history_before(at(10)).unwrap().len(), 2);

    assert_eq!(journal.accept(delivery(vec![event(1)])).await.unwrap().seen, 1);
    let new = journal.accept(delivery(vec![event(3)])).await.unwrap().new;
    assert_eq!(new, [3]);
    assert_eq!(
        journal
            .publish_rules("Third".into(), "three".into(), "Ada".into(), String::new(), at(1))
            .await
            .unwrap(),
        3
    );
}

/// What stands beside the journal as it was in an older version.
fn backups(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("journal.sqlite.v")
    };
    let mut found: Vec<_> = all.filter(named).collect();
    found.sort();
    found
}

fn told(file: &Path, sql: &str) -> i64 {
    Connection::open(file)
        .unwrap()
        .query_row(sql, [], |r| r.get(0))
        .unwrap()
}

#[test]
fn a_journal_of_an_older_version_is_copied_before_it_is_brought_up_to_date() {
    let folder = TempDir::new().unwrap();
    of_the_first_version(folder.path());
    let journal = Journal::open(folder.path()).unwrap();
    let migrated = journal.opened().migrated.clone().unwrap();
    assert_eq!(
        (migrated.from, vec![migrated.backup.clone()]),
        (1, backups(folder.path()))
    );
    assert_eq!(told(&migrated.backup, "PRAGMA user_version"), 1);
    assert_eq!(told(&migrated.backup, "SELECT count(*) FROM event"), 2);
    assert_eq!(
        told(
            &migrated.backup,
            "SELECT count(*) FROM pragma_table_info('event') WHERE name = 'note'"
        ),
        0
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&migrated.backup).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    journal.close();
    let journal = Journal::open(folder.path()).unwrap();
    assert!(journal.opened().migrated.is_none());
    assert_eq!(backups(folder.path()).len(), 1, "once");

    // The copy is a journal: the older version could open it, and so can this one.
    let elsewhere = TempDir::new().unwrap();
    std::fs::copy(&migrated.backup, Journal::file(elsewhere.path())).unwrap();
    assert_eq!(
        Journal::open(elsewhere.path())
            .unwrap()
            .reader()
            .revisions()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn a_journal_that_is_new_or_of_this_version_is_not_copied() {
    let kept = Kept::new();
    assert!(kept.opened().migrated.is_none() && backups(kept.path()).is_empty());
}

#[test]
fn only_the_newest_copies_of_older_versions_are_kept() {
    let folder = TempDir::new().unwrap();
    of_the_first_version(folder.path());
    let file = Journal::file(folder.path());
    let days_ago = |path: &Path, days: u64| {
        let then = std::fs::metadata(path).unwrap().modified().unwrap() - std::time::Duration::from_secs(86_400 * days);
        std::fs::File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_modified(then)
            .unwrap();
    };
    for (name, days) in [(".v3-a", 9), (".v4-b", 7), (".v5-c", 8)] {
        let path = PathBuf::from(format!("{}{name}", file.display()));
        std::fs::write(&path, "a copy").unwrap();
        days_ago(&path, days);
    }
    // The copy counts as made now, however long the journal lay there.
    days_ago(&file, 30);
    let kept = Journal::open(folder.path())
        .unwrap()
        .opened()
        .migrated
        .clone()
        .unwrap()
        .backup;
    let named = PathBuf::from(format!("{}.v4-b", file.display()));
    assert_eq!(backups(folder.path()), [kept, named]);
}

#[test]
fn a_journal_that_cannot_be_brought_up_to_date_stays_as_it_was_and_says_where_its_copy_is() {
    let folder = TempDir::new().unwrap();
    of_the_first_version(folder.path());
    let file = Journal::file(folder.path());
    // The tenth form makes this table too, after nine others have been made.
    Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE compared (a)")
        .unwrap();
    let forms = "SELECT group_concat(sql) = ?1 FROM sqlite_schema";
    let c = Connection::open(&file).unwrap();
    let before: String = c
        .query_row("SELECT group_concat(sql) FROM sqlite_schema", [], |r| r.get(0))
        .unwrap();
    drop(c);
    for _ in 0..2 {
        let refused = refusal(folder.path());
        assert!(matches!(refused, JournalError::Migration { .. }), "{refused:?}");
        let copy = backups(folder.path()).pop().unwrap();
        let said = refused.to_string();
        assert!(
            said.contains(copy.to_str().unwrap()) && said.contains("It is as it was"),
            "{said}"
        );
        assert_eq!(told(&file, "PRAGMA user_version"), 1);
        let c = Connection::open(&file).unwrap();
        assert!(c.query_row(forms, [&before], |r| r.get::<_, bool>(0)).unwrap());
        assert_eq!(told(&file, "SELECT count(*) FROM event"), 2);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_journal_of_an_older_version_is_left_alone_where_there_is_no_room_for_a_copy() {
    let Some(disk) = SmallDisk::mount("a journal of an older version where there is no room for a copy") else {
        return;
    };
    of_the_first_version(disk.0.path());
    let file = Journal::file(disk.0.path());
    Connection::open(&file)
        .unwrap()
        .execute_batch("INSERT INTO delivery VALUES (2, 'status', 'practice', 0, '', '[]', zeroblob(600000))")
        .unwrap();
    let refused = refusal(disk.0.path());
    assert!(matches!(refused, JournalError::NoBackup { .. }), "{refused:?}");
    assert!(refused.to_string().contains("Make room"), "{refused}");
    assert_eq!(told(&file, "PRAGMA user_version"), 1);
    assert!(backups(disk.0.path()).is_empty());
}

#[test]
fn reading_where_there_is_no_journal_is_refused_and_makes_none() {
    let folder = TempDir::new().unwrap();
    let refused = Reader::open(folder.path()).err().unwrap();
    assert!(
        refused.to_string().contains("there is no journal in this folder"),
        "{refused}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn reading_what_this_version_cannot_read_is_refused_in_words() {
    let folder = TempDir::new().unwrap();
    let file = Journal::file(folder.path());
    let refusal = || Reader::open(folder.path()).err().unwrap();
    std::fs::write(&file, "somebody's shopping list ".repeat(500)).unwrap();
    assert!(refusal().to_string().contains("not a database"), "{}", refusal());
    std::fs::write(&file, "").unwrap();
    assert!(matches!(refusal(), JournalError::Open { .. }), "{:?}", refusal());
    Journal::open(folder.path()).unwrap().close();
    Connection::open(&file)
        .unwrap()
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    assert!(matches!(refusal(), JournalError::Newer(_)), "{:?}", refusal());
}

#[tokio::test]
async fn a_second_reader_sees_each_row_while_the_writer_is_open() {
    let kept = Kept::new();
    let reader = Reader::open(kept.path()).unwrap();
    for entry in 1..=5_i64 {
        let seq = kept.accept_one(event(entry)).await;
        let rows = reader.rows_after(seq - 1, 10, &FeedFilter::default()).unwrap();
        assert_eq!(
            rows.iter().map(|r| r.event_log_entry_id).collect::<Vec<_>>(),
            [Some(entry)]
        );
    }
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let kept = Kept::new();
    kept.accept_one(event(1)).await;
    let before = std::fs::read(Journal::file(kept.path())).unwrap();
    let reader = Reader::open(kept.path()).unwrap();
    reader.feed(None, 10, &FeedFilter::default()).unwrap();
    reader.totals().unwrap();
    assert_eq!(std::fs::read(Journal::file(kept.path())).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_another_program_holds_is_locked_and_free_again_after() {
    let kept = Kept::new();
    kept.accept_one(event(1)).await;
    let other = kept.another();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (first, second, asked) = tokio::join!(
        kept.accept(delivery(vec![event(2)])),
        kept.accept(delivery(vec![event(3)])),
        kept.answers()
    );
    for refused in [first.unwrap_err(), second.unwrap_err(), asked.unwrap_err()] {
        assert!(matches!(refused, JournalError::Locked), "{refused:?}");
    }
    assert_eq!(kept.feed().len(), 1, "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    kept.answers().await.unwrap();
    assert_eq!(
        kept.accept(delivery(vec![event(2)])).await.unwrap().new.len(),
        1,
        "nothing of it was kept before"
    );
    assert_eq!(kept.count("event"), 2);
}

#[tokio::test]
async fn a_lock_that_is_let_go_in_time_is_waited_for() {
    let kept = Kept::new();
    let other = kept.another();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut accepting = Box::pin(kept.accept(delivery(vec![event(1)])));
    let early = tokio::time::timeout(std::time::Duration::from_millis(50), &mut accepting).await;
    assert!(early.is_err(), "it waits");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(accepting.await.unwrap().new.len(), 1);
}

#[tokio::test]
async fn one_job_that_fails_takes_none_of_the_others_along() {
    let kept = Kept::new();
    let unknown = kept.decide(
        99,
        callboard_journal::Decision {
            outcome: callboard_journal::Outcome::Nothing,
            why: None,
            cascade: None,
        },
        crate::made::at(0),
    );
    let (before, failed, after) = tokio::join!(
        kept.accept(delivery(vec![event(1)])),
        unknown,
        kept.accept(delivery(vec![event(2)]))
    );
    assert!(matches!(failed.err(), Some(JournalError::Database(_))));
    assert_eq!((before.unwrap().new.len(), after.unwrap().new.len()), (1, 1));
    assert_eq!(kept.count("event"), 2);
}

/// A disk of one megabyte, where this machine lets us have one.
#[cfg(target_os = "linux")]
struct SmallDisk(TempDir);

#[cfg(target_os = "linux")]
impl SmallDisk {
    /// For a test of that name. None, and it is said, where nothing may be mounted; a failure where that was to be relied on.
    fn mount(test: &str) -> Option<Self> {
        use std::io::Write;
        use std::os::unix::fs::MetadataExt;

        let folder = TempDir::new().unwrap();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(folder.path());
        let mounted = mount.output();
        if mounted.as_ref().is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(folder));
        }
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        let is_ci = std::env::var_os("CI").is_some();
        assert!(!(is_root && is_ci), "no small disk can be mounted: {mounted:?}");
        // Not by `eprintln!`: what that says in a test that passes is seen by nobody.
        writeln!(
            std::io::stderr(),
            "\nNOT TRIED: {test}: no small disk can be mounted here"
        )
        .unwrap();
        None
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(self.0.path())
            .status();
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_said_loses_nothing_and_goes_on_once_there_is_room() {
    let Some(disk) = SmallDisk::mount("a full disk") else {
        return;
    };
    let ballast = disk.0.path().join("ballast");
    let journal = Journal::open(disk.0.path()).unwrap();
    let mut taken = 0;
    let full = loop {
        let mut large = delivery(vec![event(taken + 1)]);
        large.body = vec![b'x'; 32 * 1024];
        match journal.accept(large).await {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
        if taken == 4 {
            std::fs::write(&ballast, vec![0; 256 * 1024]).unwrap();
        }
    };
    assert!(matches!(full, JournalError::Full), "{full:?}");
    assert!(full.to_string().contains("Make room"), "{full}");
    let rows = |journal: &Journal| {
        journal
            .reader()
            .feed(None, 500, &FeedFilter::default())
            .unwrap()
            .rows
            .len()
    };
    assert_eq!(rows(&journal), usize::try_from(taken).unwrap());
    std::fs::remove_file(&ballast).unwrap();
    journal.accept(delivery(vec![event(taken + 1)])).await.unwrap();
    assert_eq!(rows(&journal), usize::try_from(taken).unwrap() + 1);
}
