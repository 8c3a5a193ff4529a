//! A journal that is damaged is set aside as it is, and a new one is made of what can be read. Nothing is done twice for that.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use callboard_journal::{
    DraftIn, FeedFilter, FeedRow, Journal, JournalError, LogPageIn, LogPosition, Outcome, Reader, Rebuilt,
};
use callboard_model::{ChangeState, Event, Road};
use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::made::{Kept, at, becomes, change, decision, delivery, event, site};

const PAGE: u64 = 4096;
/// Events of the journal that is broken.
const EVENTS: i64 = 60;

fn ending(file: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", file.display()))
}

/// Events that are done with, one that waits, and one whose change is on its way.
async fn fill(journal: &Journal) {
    journal
        .publish_rules("First".into(), "one".into(), "Ada".into(), String::new(), at(0))
        .await
        .unwrap();
    journal
        .publish_rules("Second".into(), "two".into(), "Ada".into(), String::new(), at(1))
        .await
        .unwrap();
    let draft = DraftIn {
        document: "three".into(),
        author: "Ada".into(),
        based_on: Some(2),
    };
    journal.save_draft(draft, None, at(2)).await.unwrap();
    for entry in 1..=EVENTS {
        let mut one = delivery(vec![becomes(entry, "Task", entry, "rev")]);
        one.body = vec![u8::try_from(entry).unwrap(); 700];
        let seq = journal.accept(one).await.unwrap().new[0];
        if entry == EVENTS {
            continue;
        }
        let to = change("Shot", 10_000 + entry, "ip", callboard_model::Cause::Event);
        let made = journal.decide(seq, decision(vec![to]), at(entry)).await.unwrap();
        if entry + 1 == EVENTS {
            continue;
        }
        let settled = callboard_journal::Settled {
            change: made.changes[0].id,
            state: ChangeState::Confirmed,
            skip: None,
            reason: None,
            attempts: 1,
        };
        journal.settle(vec![settled], at(entry)).await.unwrap();
        journal.end_cascade(seq, Outcome::Changed).await.unwrap();
    }
    let page = LogPageIn {
        site: site(),
        received_at: at(EVENTS),
        status_field: crate::made::FIELD,
        rows: Vec::new(),
        position: Some(LogPosition {
            entry: EVENTS,
            at: Some(at(EVENTS)),
        }),
        missing: Vec::new(),
        settled: Vec::new(),
    };
    journal.take_log(page).await.unwrap();
}

/// A journal that was closed, as bytes, and what stood in it.
struct Whole {
    bytes: Vec<u8>,
    rows: BTreeMap<i64, FeedRow>,
}

fn rows(reader: &Reader) -> BTreeMap<i64, FeedRow> {
    let rows = reader.rows_after(0, 500, &FeedFilter::default()).unwrap();
    rows.into_iter().map(|row| (row.seq, row)).collect()
}

async fn close(journal: Journal) {
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
}

impl Whole {
    async fn new() -> Self {
        let Kept { journal, folder } = Kept::new();
        fill(&journal).await;
        let mine = journal.clone();
        tokio::task::spawn_blocking(move || mine.index())
            .await
            .unwrap()
            .unwrap();
        let rows = rows(journal.reader());
        close(journal).await;
        Self {
            bytes: fs::read(Journal::file(folder.path())).unwrap(),
            rows,
        }
    }

    /// A folder whose journal was changed like this.
    fn broken(&self, how: impl FnOnce(&mut Vec<u8>)) -> TempDir {
        let folder = TempDir::new().unwrap();
        let mut bytes = self.bytes.clone();
        how(&mut bytes);
        fs::write(Journal::file(folder.path()), bytes).unwrap();
        folder
    }
}

/// Bytes that mean nothing, the same ones each time.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

/// Opens a folder whose journal is damaged: what was there is kept as it was, and the issue says where.
fn rebuilt(folder: &Path) -> (Journal, Rebuilt) {
    let damaged = fs::read(Journal::file(folder)).unwrap();
    let journal = Journal::open(folder).unwrap();
    let rebuilt = journal.opened().rebuilt.clone().expect("it was found to be damaged");
    assert!(fs::read(&rebuilt.aside).unwrap() == damaged, "it is kept as it was");
    let issues = journal.reader().issues_view().unwrap().open;
    let issue = issues.iter().find(|issue| issue.key == "journal_damaged").unwrap();
    let name = rebuilt.aside.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("journal.sqlite.corrupt-"), "{name}");
    assert!(issue.remedy.contains(name), "{}", issue.remedy);
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    let named = |part: &str| left.iter().any(|name| name.to_str().unwrap().contains(part));
    assert!(
        !named("salvage") && !named("rebuilding") && !named("damaged"),
        "{left:?}"
    );
    (journal, rebuilt)
}

fn is_whole(folder: &Path) {
    let c = Connection::open(Journal::file(folder)).unwrap();
    let said: String = c.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!(said, "ok");
    let mut broken = c.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(
        broken.query([]).unwrap().next().unwrap().is_none(),
        "a row hangs on nothing"
    );
}

fn waiting(reader: &Reader) -> Vec<i64> {
    let waiting = reader.waiting(&site(), &HashSet::new(), None, 100).unwrap();
    waiting.iter().map(|one| one.seq).collect()
}

/// What was done stays as it was known, and where any of it is missing, nothing of that time is done again.
fn nothing_is_done_twice(whole: &Whole, journal: &Journal, rebuilt: &Rebuilt, what: &str) {
    let now = rows(journal.reader());
    for (seq, row) in &now {
        let before = &whole.rows[seq];
        assert_eq!((&row.entity, &row.new), (&before.entity, &before.new), "{what}");
        if rebuilt.doubtful_until.is_none() {
            assert_eq!((row.outcome, &row.cascade), (before.outcome, &before.cascade), "{what}");
        }
    }
    assert_eq!(rebuilt.events, now.len() as u64, "{what}");
    if rebuilt.doubtful_until.is_some() {
        assert!(waiting(journal.reader()).is_empty(), "{what}");
        assert_eq!(journal.reader().log_position(&site()).unwrap(), None, "{what}");
    } else {
        assert_eq!(
            now.len(),
            whole.rows.len(),
            "{what}: an event is missing and nobody doubts"
        );
    }
    let revisions = journal.reader().revisions().unwrap();
    if revisions.first().map(|r| r.revision) != Some(2) {
        let by = journal.reader().paused().unwrap().map(|pause| pause.by);
        assert_eq!(
            by.as_deref(),
            Some("Callboard"),
            "{what}: the live rules are lost, and writing goes on"
        );
    }
}

#[tokio::test]
async fn a_journal_whose_first_bytes_were_overwritten_loses_nothing() {
    let whole = Whole::new().await;
    for length in [16, 100] {
        let folder = whole.broken(|bytes| bytes[..length].copy_from_slice(&noise(7, length)));
        let (journal, rebuilt) = rebuilt(folder.path());
        assert_eq!(
            (rebuilt.doubtful_until, rebuilt.stopped),
            (None, false),
            "{length}: {rebuilt:?}"
        );
        assert_eq!(rows(journal.reader()), whole.rows, "{length}");
        assert_eq!(waiting(journal.reader()), [EVENTS - 1, EVENTS]);
        assert_eq!(journal.reader().draft().unwrap().unwrap().document, "three");
        assert_eq!(journal.reader().live_rules().unwrap().unwrap().1, "two");
        let (_, body, _) = journal.reader().delivery_of(7).unwrap().unwrap();
        assert_eq!(body, [7; 700]);
        let words = |text: &str| FeedFilter {
            text: text.into(),
            ..FeedFilter::default()
        };
        assert_eq!(journal.reader().feed(None, 5, &words("rev")).unwrap().rows.len(), 5);
        is_whole(folder.path());
    }
}

#[tokio::test]
async fn whichever_page_is_overwritten_nothing_is_taken_over_that_is_wrong_or_done_twice() {
    let whole = Whole::new().await;
    let pages = u64::try_from(whole.bytes.len()).unwrap() / PAGE;
    assert!(pages > 40, "{pages}");
    let mut found = 0;
    let mut sound = 0;
    for page in 1..pages {
        let from = usize::try_from(page * PAGE).unwrap();
        let folder = whole.broken(|bytes| bytes[from..from + 4096].copy_from_slice(&noise(page, 4096)));
        let what = format!("page {}", page + 1);
        let journal = Journal::open(folder.path()).unwrap();
        if journal.opened().rebuilt.is_none() {
            // What nothing is read from, a list of free pages, say, or what was not looked at in time.
            let c = Connection::open(Journal::file(folder.path())).unwrap();
            let said: String = c.query_row("PRAGMA quick_check", [], |r| r.get(0)).unwrap();
            if said == "ok" {
                assert_eq!(rows(journal.reader()), whole.rows, "{what}");
            }
            continue;
        }
        drop(journal);
        let folder = whole.broken(|bytes| bytes[from..from + 4096].copy_from_slice(&noise(page, 4096)));
        let (journal, rebuilt) = rebuilt(folder.path());
        nothing_is_done_twice(&whole, &journal, &rebuilt, &what);
        is_whole(folder.path());
        found += 1;
        sound += u64::from(rebuilt.doubtful_until.is_none());
    }
    assert!(found > pages * 3 / 4, "{found} of {pages}");
    assert!(sound > 0 && sound < found, "{sound} of {found}");
}

#[tokio::test]
async fn however_short_a_journal_was_cut_it_opens_and_does_nothing_twice() {
    let whole = Whole::new().await;
    let pages = whole.bytes.len() / 4096;
    for left in [100, 4096, 4096 * 5 + 17, 4096 * (pages / 2), 4096 * (pages - 1)] {
        let folder = whole.broken(|bytes| bytes.truncate(left));
        let (journal, rebuilt) = rebuilt(folder.path());
        nothing_is_done_twice(&whole, &journal, &rebuilt, &format!("{left} bytes"));
        is_whole(folder.path());
        let new = journal.accept(delivery(vec![event(1_000)])).await.unwrap();
        assert_eq!(new.new.len(), 1);
    }
}

#[tokio::test]
async fn of_a_file_of_noise_nothing_is_taken_over_writing_stops_and_the_past_is_only_shown() {
    let whole = Whole::new().await;
    let folder = whole.broken(|bytes| {
        let length = bytes.len();
        bytes.copy_from_slice(&noise(3, length));
    });
    let (journal, rebuilt) = rebuilt(folder.path());
    assert_eq!((rebuilt.events, rebuilt.stopped), (0, true));
    let until = rebuilt.doubtful_until.unwrap();
    assert!(
        rebuilt.issue.remedy.contains("Writing is stopped"),
        "{}",
        rebuilt.issue.remedy
    );
    assert_eq!(journal.reader().paused().unwrap().unwrap().by, "Callboard");

    // It comes again, by both roads, and so does what is new.
    let before = journal.accept(delivery(vec![event(1)])).await.unwrap().new[0];
    let new = Event {
        occurred_at: Some(until.checked_add(jiff::SignedDuration::from_secs(1)).unwrap()),
        ..event(2)
    };
    let after = journal.accept(delivery(vec![new])).await.unwrap().new[0];
    let by_the_log = Event {
        road: Road::Log,
        hook: None,
        ..event(3)
    };
    journal.read_again(vec![site()]).await.unwrap();
    let (since, first) = journal.reader().reread(&site()).unwrap().unwrap();
    assert_eq!((until.duration_since(since).as_hours(), first), (30 * 24, 0));
    let page = LogPageIn {
        site: site(),
        received_at: at(0),
        status_field: crate::made::FIELD,
        rows: vec![(by_the_log, "{}".into())],
        position: Some(LogPosition { entry: 3, at: None }),
        missing: Vec::new(),
        settled: Vec::new(),
    };
    let by_the_log = journal.take_log(page).await.unwrap().new[0];
    assert_eq!(waiting(journal.reader()), [after]);
    for seq in [before, by_the_log] {
        let row = journal.reader().rows(&[seq]).unwrap().remove(0);
        assert_eq!(row.outcome, Outcome::Nothing);
        assert!(row.why.unwrap().contains("Replay it"));
    }
    assert_eq!(journal.reader().reread(&site()).unwrap(), None, "once");
    journal.read_again(vec!["later".into()]).await.unwrap();
    assert_eq!(
        journal.reader().reread(&"later".into()).unwrap(),
        None,
        "a site that came later has no past here"
    );
}

#[tokio::test]
async fn an_empty_file_is_a_new_journal_unless_there_was_one() {
    let folder = TempDir::new().unwrap();
    let file = Journal::file(folder.path());
    fs::write(&file, "").unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    assert!(journal.opened().rebuilt.is_none());
    close(journal).await;
    fs::write(&file, "").unwrap();
    let (_, rebuilt) = rebuilt(folder.path());
    assert!(rebuilt.stopped && rebuilt.doubtful_until.is_some());
}

#[tokio::test]
async fn a_file_that_never_was_a_journal_is_set_aside_whole() {
    let folder = TempDir::new().unwrap();
    let list = b"this is not a database, it is somebody's shopping list".repeat(100);
    fs::write(Journal::file(folder.path()), &list).unwrap();
    let (_, rebuilt) = rebuilt(folder.path());
    assert!(fs::read(rebuilt.aside).unwrap() == list);
}

/// A folder with the files of a journal that was not closed: much of it is in the log only, and nothing says how far that was synced.
async fn killed() -> (TempDir, BTreeMap<i64, FeedRow>) {
    left_of(&["", "-wal"]).await
}

/// The same with the note of how far the log was synced.
async fn killed_with_its_note() -> (TempDir, BTreeMap<i64, FeedRow>) {
    left_of(&["-synced", "", "-wal"]).await
}

async fn left_of(parts: &[&str]) -> (TempDir, BTreeMap<i64, FeedRow>) {
    let kept = Kept::new();
    fill(&kept).await;
    let folder = TempDir::new().unwrap();
    let (from, to) = (Journal::file(kept.path()), Journal::file(folder.path()));
    for part in parts {
        fs::copy(ending(&from, part), ending(&to, part)).unwrap();
    }
    fs::write(folder.path().join("engine.lock"), "A journal was begun here.\n").unwrap();
    (folder, rows(kept.reader()))
}

fn overwrite(file: &Path, from: u64, with: &[u8]) {
    let mut file = File::options().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(with).unwrap();
}

#[tokio::test]
async fn a_log_that_was_overwritten_is_not_taken_for_one_that_was_cut_off() {
    let frame = PAGE + 24;
    for (what, from) in [("its beginning", 0), ("a page of it", 32 + frame * 20 + 1_000)] {
        let (folder, _) = killed().await;
        let file = Journal::file(folder.path());
        let log = fs::metadata(ending(&file, "-wal")).unwrap().len();
        assert!(log > 32 + frame * 60, "{log}");
        overwrite(&ending(&file, "-wal"), from, &noise(5, 64));
        let damaged = fs::read(ending(&file, "-wal")).unwrap();
        let (journal, rebuilt) = rebuilt(folder.path());
        assert!(rebuilt.doubtful_until.is_some() && rebuilt.stopped, "{what}");
        assert!(fs::read(ending(&rebuilt.aside, "-wal")).unwrap() == damaged, "{what}");
        assert!(waiting(journal.reader()).is_empty(), "{what}");
        is_whole(folder.path());
    }
}

#[tokio::test]
async fn a_log_whose_last_commit_was_cut_off_is_no_damage() {
    let (folder, before) = killed().await;
    let log = ending(&Journal::file(folder.path()), "-wal");
    let length = fs::metadata(&log).unwrap().len();
    File::options()
        .write(true)
        .open(&log)
        .unwrap()
        .set_len(length - 10)
        .unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    assert!(journal.opened().rebuilt.is_none());
    assert_eq!(rows(journal.reader()), before, "the last commit was none of an event");
}

#[tokio::test]
async fn a_log_that_is_whole_is_no_damage() {
    let (folder, before) = killed().await;
    let journal = Journal::open(folder.path()).unwrap();
    assert!(journal.opened().rebuilt.is_none());
    assert_eq!(rows(journal.reader()), before);
    assert_eq!(journal.reader().log_position(&site()).unwrap().unwrap().entry, EVENTS);
}

#[tokio::test]
async fn damage_that_is_met_while_it_is_open_stops_all_writing_and_the_next_opening_mends_it() {
    let Kept { journal, folder } = Kept::new();
    fill(&journal).await;
    close(journal).await;
    let journal = Journal::open(folder.path()).unwrap();
    assert!(journal.opened().rebuilt.is_none());
    let file = Journal::file(folder.path());
    let pages = fs::metadata(&file).unwrap().len() / PAGE;
    for page in 1..pages {
        overwrite(&file, page * PAGE, &noise(page, 4096));
    }
    // Whoever meets it first: here it is somebody who looks.
    let reader = Reader::open(folder.path());
    let met = match reader.and_then(|reader| reader.feed(None, 50, &FeedFilter::default())) {
        Err(error) => error,
        Ok(page) => panic!("{} rows were read of noise", page.rows.len()),
    };
    assert!(matches!(met, JournalError::Damaged(_)), "{met:?}");
    journal.note(&met);
    let said = tokio::time::timeout(Duration::from_secs(10), journal.damaged())
        .await
        .unwrap();
    assert!(said.to_string().contains("Start Callboard anew"), "{said}");
    let damaged = fs::read(&file).unwrap();
    for refused in [
        journal.accept(delivery(vec![event(1_000)])).await.map(drop),
        journal.answers().await,
    ] {
        assert!(matches!(refused, Err(JournalError::Damaged(_))), "{refused:?}");
    }
    close(journal).await;
    assert!(fs::read(&file).unwrap() == damaged, "nothing more is written to it");
    let (journal, _) = rebuilt(folder.path());
    assert_eq!(journal.accept(delivery(vec![event(1_000)])).await.unwrap().new.len(), 1);
}

#[tokio::test]
async fn the_writer_meets_damage_by_itself() {
    let Kept { journal, folder } = Kept::new();
    fill(&journal).await;
    close(journal).await;
    let journal = Journal::open(folder.path()).unwrap();
    let file = Journal::file(folder.path());
    let pages = fs::metadata(&file).unwrap().len() / PAGE;
    for page in 1..pages {
        overwrite(&file, page * PAGE, &noise(page, 4096));
    }
    let refused = journal.accept(delivery(vec![event(1_000)])).await.unwrap_err();
    assert!(matches!(refused, JournalError::Damaged(_)), "{refused:?}");
    tokio::time::timeout(Duration::from_secs(10), journal.damaged())
        .await
        .unwrap();
    assert!(ending(&file, ".damaged").exists());
}

#[tokio::test]
async fn killed_while_it_is_made_anew_it_is_made_anew_again_or_finished() {
    let whole = Whole::new().await;
    let folder = whole.broken(|bytes| bytes[..100].fill(0));
    let file = Journal::file(folder.path());
    fs::write(ending(&file, ".rebuilding"), noise(1, 10_000)).unwrap();
    let (journal, rebuilt) = rebuilt(folder.path());
    assert_eq!(rows(journal.reader()), whole.rows);
    close(journal).await;

    // Killed after the damaged file was moved, and before its log was and the new one took its place.
    fs::rename(&file, ending(&file, ".rebuilding")).unwrap();
    fs::write(ending(&file, "-wal"), noise(2, 9_000)).unwrap();
    fs::write(ending(&file, "-shm"), noise(2, 9_000)).unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    assert!(journal.opened().rebuilt.is_none());
    assert_eq!(rows(journal.reader()), whole.rows);
    assert!(fs::read(ending(&rebuilt.aside, "-wal")).unwrap() == noise(2, 9_000));
    let open = journal.reader().issues_view().unwrap().open;
    assert_eq!(open.len(), 1, "it is still said");
    is_whole(folder.path());
    close(journal).await;

    // Killed in the middle of it, and then somebody took the damaged file away.
    fs::rename(&file, ending(&file, ".unfinished")).unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    assert!(
        rows(journal.reader()).is_empty(),
        "what is not finished is not believed"
    );
    assert!(!ending(&file, ".unfinished").exists());
}

#[tokio::test]
async fn numbers_of_revisions_are_not_used_again_where_the_rules_are_lost() {
    let whole = Whole::new().await;
    let folder = whole.broken(|_| {});
    let c = Connection::open(Journal::file(folder.path())).unwrap();
    let root: u64 = c
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'rule_set'", [], |r| {
            r.get(0)
        })
        .unwrap();
    drop(c);
    overwrite(&Journal::file(folder.path()), (root - 1) * PAGE, &noise(4, 4096));
    let (journal, rebuilt) = rebuilt(folder.path());
    assert!(rebuilt.stopped && rebuilt.doubtful_until.is_none(), "{rebuilt:?}");
    assert_eq!(journal.reader().live_rules().unwrap(), None);
    assert!(rebuilt.issue.remedy.contains("rules"), "{}", rebuilt.issue.remedy);
    let revision = journal
        .publish_rules(
            "New".into(),
            "new".into(),
            "Ada".into(),
            String::new(),
            Timestamp::UNIX_EPOCH,
        )
        .await
        .unwrap();
    assert_eq!(revision, 4, "cascades speak of the third");
}

/// What commits that failed have left in the log behind the last one that did not: frames of this log, each the end of nothing.
#[tokio::test]
async fn what_failed_commits_left_in_the_log_is_no_damage() {
    let frame = usize::try_from(PAGE).unwrap() + 24;
    let (folder, before) = killed().await;
    let log = ending(&Journal::file(folder.path()), "-wal");
    let bytes = fs::read(&log).unwrap();
    let salts = bytes[16..24].to_vec();
    let mut left = Vec::new();
    for number in 1..=3_u32 {
        let mut one = noise(u64::from(number), frame);
        one[..4].copy_from_slice(&number.to_be_bytes());
        one[4..8].copy_from_slice(&30_u32.to_be_bytes());
        one[8..16].copy_from_slice(&salts);
        left.extend(one);
    }
    fs::write(&log, [bytes, left].concat()).unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    assert!(journal.opened().rebuilt.is_none());
    assert_eq!(rows(journal.reader()), before);
}

/// Where the part of a log ends that its note says is synced, in bytes.
fn synced_end(file: &Path) -> u64 {
    let note = fs::read(ending(file, "-synced")).unwrap();
    let log = fs::read(ending(file, "-wal")).unwrap();
    assert_eq!(note[..8], log[16..24], "it is the note of this log");
    let frames = u64::from_be_bytes(note[8..16].try_into().unwrap());
    assert!(frames > 20, "{frames}");
    32 + frames * (PAGE + 24)
}

/// Commits are written while those before them are synced: where the power fails meanwhile, a later one may be whole on the disk and an
/// earlier one not. Nobody was told of either.
#[tokio::test]
async fn commits_that_were_not_synced_yet_may_land_in_any_order() {
    let (folder, before) = killed_with_its_note().await;
    let file = Journal::file(folder.path());
    let log = ending(&file, "-wal");
    let end = synced_end(&file);
    let unheard = Connection::open(&file).unwrap();
    unheard
        .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .unwrap();
    unheard.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    for time in ["once", "twice", "thrice"] {
        let changed = unheard.execute("UPDATE rule_set SET note = ?1", [time]).unwrap();
        assert_eq!(changed, 2);
    }
    drop(unheard);
    assert_eq!(synced_end(&file), end, "the log goes on");
    overwrite(&log, end + 1_000, &noise(5, 64));
    let journal = Journal::open(folder.path()).unwrap();
    assert!(journal.opened().rebuilt.is_none(), "{:?}", journal.opened().rebuilt);
    assert_eq!(rows(journal.reader()), before);
}

#[tokio::test]
async fn what_was_synced_and_is_not_there_is_missed_also_where_nothing_came_after_it() {
    for is_cut_off in [false, true] {
        let (folder, _) = killed_with_its_note().await;
        let file = Journal::file(folder.path());
        let (log, end) = (ending(&file, "-wal"), synced_end(&file));
        if is_cut_off {
            let cut_off = File::options().write(true).open(&log).unwrap();
            cut_off.set_len(end - 10).unwrap();
        } else {
            overwrite(&log, end - 100, &noise(5, 64));
        }
        let (_, found) = rebuilt(folder.path());
        assert!(found.doubtful_until.is_some() && found.stopped);
    }
}

#[tokio::test]
async fn what_was_said_of_a_damaged_file_is_not_said_of_the_one_that_took_its_place() {
    let folder = TempDir::new().unwrap();
    let file = Journal::file(folder.path());
    fs::write(ending(&file, ".damaged"), "database disk image is malformed").unwrap();
    for _ in 0..2 {
        let journal = Journal::open(folder.path()).unwrap();
        assert!(journal.opened().rebuilt.is_none());
        tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
    }
}
