//! Power cuts: what was answered is there, whatever the disk had written of the rest.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use callboard_journal::Journal;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use crate::crash::{chance, eventually, hook, is_whole, number};
use crate::disk::{BadDisk, Calls, EIO, Recording};
use crate::production::Production;
use crate::run::{Desk, change, client, deliver, text};

const CONNECTIONS: usize = 4;
const DELIVERIES: i64 = 160;
/// So many bytes a delivery: their pages fill the write-ahead log several times, and it is brought into the file.
const LARGE: usize = 120_000;
/// Moments at which the power is cut, each twice: nothing unsynced lands, some of it does.
const CUTS: usize = 40;

/// A delivery, some of them large.
fn body(entry: i64) -> Vec<u8> {
    let mut change = change(entry);
    if entry % 3 == 0 {
        change["data"]["meta"]["note"] = serde_json::json!("x".repeat(LARGE));
    }
    change.to_string().into_bytes()
}

/// What was answered, each with how much the disk had recorded by then.
type Answered = Vec<(usize, i64)>;

/// Sends deliveries over some connections and kills the program when all have their answer.
async fn day(
    desk: &Desk,
    disk: &Arc<BadDisk>,
    before_load: impl FnOnce(&BadDisk),
    mut during: impl FnMut(&BadDisk),
) -> Answered {
    let serving = desk.serve_on(disk, &[]);
    before_load(disk);
    let next = Arc::new(AtomicI64::new(1));
    let done = Arc::new(AtomicI64::new(0));
    let answered: Arc<Mutex<Answered>> = Arc::default();
    let to = hook(&serving, "status");
    for _ in 0..CONNECTIONS {
        let (next, done, answered) = (next.clone(), done.clone(), answered.clone());
        let (disk, to) = (disk.clone(), to.clone());
        tokio::spawn(async move {
            let http = client();
            loop {
                let entry = next.fetch_add(1, Ordering::Relaxed);
                if entry > DELIVERIES {
                    break;
                }
                match deliver(&http, &to, body(entry)).await {
                    Some(200) => answered.lock().unwrap().push((disk.recorded(), entry)),
                    Some(503) => {}
                    other => panic!("answered {other:?}"),
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    eventually("the last answer", || {
        during(disk);
        done.load(Ordering::Relaxed) == DELIVERIES
    })
    .await;
    serving.running.kill();
    std::mem::take(&mut *answered.lock().unwrap())
}

/// The deliveries that were answered by then and are not in what the power cut left.
fn missing(after: &Desk, answered: &[(usize, i64)], cut: usize) -> Vec<i64> {
    let by_then = answered
        .iter()
        .filter(|(recorded, _)| *recorded <= cut)
        .map(|(_, entry)| *entry);
    if !after.data().join("journal.sqlite").is_file() {
        return by_then.collect();
    }
    let journal = after.journal();
    is_whole(&journal);
    let has_events = "SELECT count(*) FROM sqlite_schema WHERE name = 'event'";
    if number(&journal, has_events) == 0 {
        return by_then.collect();
    }
    by_then
        .filter(|entry| {
            number(
                &journal,
                &format!("SELECT count(*) FROM event WHERE entry_id = {entry}"),
            ) != 1
        })
        .collect()
}

/// A power cut is no damage: nothing is set aside for it, and nothing that was on its way is given up.
fn is_taken_for_what_it_is(after: &Desk, how: &str) {
    let data = after.data();
    let opening = std::thread::spawn(move || {
        let journal = Journal::open(&data).unwrap();
        let rebuilt = journal.opened().rebuilt.as_ref().map(|rebuilt| rebuilt.why.clone());
        journal.close();
        rebuilt
    });
    assert_eq!(opening.join().unwrap(), None, "{how}");
}

/// Cuts the power at many moments; nothing that was answered may be missing.
fn cut_everywhere(record: &Recording, answered: &Answered, chance: &mut ChaCha8Rng) {
    let mut cuts: Vec<usize> = (0..CUTS).map(|_| chance.random_range(0..=record.len())).collect();
    // Where least lies between the answer and the cut.
    cuts.extend(answered.iter().step_by(8).map(|(recorded, _)| *recorded));
    cuts.sort_unstable();
    let mut playing = record.play();
    for cut in cuts {
        let disk = playing.to(cut);
        let (hard, torn) = (Desk::new(), Desk::new());
        disk.cut(hard.folder.path());
        disk.cut_torn(torn.folder.path(), chance);
        for (how, after) in [("nothing unsynced landed", hard), ("some of it landed", torn)] {
            if cut >= answered[0].0 {
                is_taken_for_what_it_is(&after, how);
            }
            let missing = missing(&after, answered, cut);
            assert!(
                missing.is_empty(),
                "cut at {cut}, {how}: answered and gone: {missing:?}"
            );
        }
    }
}

/// The program starts on what is left, takes everything again and has nothing twice.
async fn goes_on(after: &Desk) {
    let serving = after.serve();
    let http = client();
    for entry in 1..=DELIVERIES {
        assert_eq!(deliver(&http, &hook(&serving, "status"), body(entry)).await, Some(200));
    }
    let journal = after.journal();
    let counts = ["count(*)", "count(DISTINCT key)", "count(DISTINCT entry_id)"]
        .map(|what| number(&journal, &format!("SELECT {what} FROM event")));
    assert_eq!(counts, [DELIVERIES; 3]);
    assert_eq!(serving.running.terminate().0, Some(0));
    is_whole(&journal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_the_power_is_cut_every_answered_delivery_is_on_the_disk_and_the_program_goes_on() {
    let mut chance = chance();
    let desk = Desk::new();
    let disk = Arc::new(BadDisk::with_record(desk.folder.path()));
    let answered = day(&desk, &disk, |_| {}, |_| {}).await;
    assert_eq!(answered.len(), usize::try_from(DELIVERIES).unwrap());
    let record = disk.recording();
    let begun = record.begun("journal.sqlite-wal");
    assert!(begun > 1, "the write-ahead log never began anew");
    cut_everywhere(&record, &answered, &mut chance);
    let mut playing = record.play();
    let made = answered.first().unwrap().0;
    let mut moments = [
        chance.random_range(0..made),
        chance.random_range(made..record.len()),
        record.len(),
    ];
    moments.sort_unstable();
    for moment in moments {
        let after = Desk::new();
        playing.to(moment).cut_torn(after.folder.path(), &mut chance);
        goes_on(&after).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_failed_is_not_believed_when_the_next_one_goes_well() {
    let mut chance = chance();
    let desk = Desk::new();
    let disk = Arc::new(BadDisk::with_record(desk.folder.path()));
    let mut armed = 0;
    let mut dice = chance.clone();
    let answered = day(
        &desk,
        &disk,
        |_| {},
        |disk| {
            // Armed anew as soon as one has failed.
            if disk.failed() > 0 || armed == 0 {
                armed += 1;
                let next = dice.random_range(1..=6);
                disk.fail(Calls::Syncs, next, next, EIO);
            }
        },
    )
    .await;
    assert!(armed > 3, "too few syncs failed: {armed}");
    assert!(!answered.is_empty());
    let record = disk.recording();
    cut_everywhere(&record, &answered, &mut chance);
    let after = Desk::new();
    record.play().to(record.len()).cut(after.folder.path());
    goes_on(&after).await;
}

/// Nothing else looks for it: the site's log is not read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_refused_for_a_sync_that_failed_and_comes_again_is_decided() {
    const APPROVALS: usize = 4;
    let mut production = Production::begin(APPROVALS).await;
    let desk = Desk::new();
    production.settle_at(&desk);
    let settings = std::fs::read_to_string(desk.settings()).unwrap();
    std::fs::write(
        desk.settings(),
        settings.replace("poll_seconds = 1", "event_log = false"),
    )
    .unwrap();
    let rules = Production::rules(&desk);
    let disk = BadDisk::new(desk.folder.path());
    let serving = desk.serve_on(&disk, &["--rules", text(&rules)]);
    let (http, to) = (client(), hook(&serving, "status"));
    let mut refused = 0;
    for _ in 0..APPROVALS {
        let body = production.approve();
        disk.fail(Calls::Syncs, 1, 1, EIO);
        loop {
            match deliver(&http, &to, body.clone()).await {
                Some(200) => break,
                Some(503) => refused += 1,
                other => panic!("answered {other:?}"),
            }
        }
        disk.heal();
        eventually("what follows from it", || production.is_done()).await;
    }
    assert!(refused > 0, "no sync failed that a delivery waited for");
    production.was_written_once();
    assert_eq!(serving.running.terminate().0, Some(0));
    production.end().await;
}

/// So that of the power cuts can fail: this is how a journal fares that answers before it has synced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_disk_that_lies_about_its_syncs_a_power_cut_takes_what_was_answered() {
    let desk = Desk::new();
    let disk = Arc::new(BadDisk::with_record(desk.folder.path()));
    let answered = day(&desk, &disk, BadDisk::lie, |_| {}).await;
    let record = disk.recording();
    let after = Desk::new();
    record.play().to(record.len()).cut(after.folder.path());
    assert_eq!(missing(&after, &answered, record.len()).len(), answered.len());
}

#[test]
fn what_a_program_did_not_sync_is_gone_after_the_cut_and_what_it_synced_is_there() {
    let folder = TempDir::new().unwrap();
    let disk = BadDisk::with_record(folder.path());
    let run = |script: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-ec", script]).current_dir("/").env("AT", folder.path());
        disk.put_beneath(&mut shell);
        assert!(shell.status().unwrap().success());
    };
    // dd syncs a file when it is told to; sync, a file or a folder.
    run("printf synced > $AT/synced; sync $AT/synced; printf ' and more' >> $AT/synced");
    run("printf unsynced > $AT/unsynced; sync $AT");
    run("printf synced > $AT/unnamed; sync $AT/unnamed");
    let left = TempDir::new().unwrap();
    let record = disk.recording();
    record.play().to(record.len()).cut(left.path());
    let read = |name: &str| std::fs::read_to_string(Path::new(left.path()).join(name)).ok();
    assert_eq!(read("synced").as_deref(), Some("synced"));
    assert_eq!(read("unsynced").as_deref(), Some(""));
    assert_eq!(read("unnamed"), None);
}

#[test]
fn whenever_the_power_is_cut_a_journal_that_was_brought_up_to_date_has_its_copy_beside_it() {
    let mut chance = chance();
    let elsewhere = TempDir::new().unwrap();
    let older = rusqlite::Connection::open(elsewhere.path().join("journal.sqlite")).unwrap();
    older.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    older
        .execute_batch(include_str!("../../../journal/src/schema/0001.sql"))
        .unwrap();
    older.execute_batch("PRAGMA user_version = 1").unwrap();
    let desk = Desk::new();
    let disk = BadDisk::with_record(desk.folder.path());
    // As a program leaves it that was killed: with its log, whose name is on the disk before anything is brought up to date.
    let put = "mkdir $AT/data; sync $AT; cd $OLDER; for file in journal.sqlite journal.sqlite-wal; do \
               dd if=$file of=$AT/data/$file bs=64k conv=fsync status=none; done; sync $AT/data";
    let mut shell = Command::new("sh");
    shell
        .args(["-ec", put])
        .env("AT", desk.folder.path())
        .env("OLDER", elsewhere.path());
    disk.put_beneath(&mut shell);
    assert!(shell.status().unwrap().success());
    let began = disk.recorded();
    desk.serve_on(&disk, &[]).running.kill();
    let record = disk.recording();
    let (mut up_to_date, mut still_older) = (0, 0);
    let mut playing = record.play();
    playing.to(began);
    while let Some(disk) = playing.step() {
        let (hard, torn) = (Desk::new(), Desk::new());
        disk.cut(hard.folder.path());
        disk.cut_torn(torn.folder.path(), &mut chance);
        for after in [hard, torn] {
            let version = number(&after.journal(), "PRAGMA user_version");
            if version == 1 {
                still_older += 1;
                continue;
            }
            up_to_date += 1;
            let beside = std::fs::read_dir(after.data())
                .unwrap()
                .map(|entry| entry.unwrap().path());
            let copies: Vec<_> = beside
                .filter(|path| text(path).contains("journal.sqlite.v1-"))
                .collect();
            assert_eq!(copies.len(), 1, "{copies:?}");
            let copy = rusqlite::Connection::open(&copies[0]).unwrap();
            is_whole(&copy);
            assert_eq!(number(&copy, "PRAGMA user_version"), 1);
        }
    }
    assert!(up_to_date > 0 && still_older > 0, "{up_to_date}, {still_older}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cascade_that_a_power_cut_falls_into_is_finished_and_no_change_is_written_twice() {
    const CASCADES: usize = 12;
    let mut chance = chance();
    let mut production = Production::begin(CASCADES).await;
    production.site.slow(Duration::from_millis(8));
    let desk = Desk::new();
    production.settle_at(&desk);
    let rules = Production::rules(&desk);
    let disk = BadDisk::with_record(desk.folder.path());
    let serving = desk.serve_on(&disk, &["--rules", text(&rules)]);
    let http = client();
    for _ in 0..CASCADES {
        let body = production.approve();
        assert_eq!(deliver(&http, &hook(&serving, "status"), body).await, Some(200));
    }
    let written = chance.random_range(1..CASCADES * 2);
    eventually("a write", || production.writes() >= written).await;
    serving.running.kill();
    production.site.slow(Duration::ZERO);

    let after = Desk::new();
    production.settle_at(&after);
    let record = disk.recording();
    record
        .play()
        .to(record.len())
        .cut_torn(after.folder.path(), &mut chance);
    let serving = after.serve();
    let journal = after.journal();
    eventually("the end of every cascade", || {
        let open = "SELECT count(*) FROM change WHERE state IN ('planned', 'applied')";
        let waiting = "SELECT count(*) FROM event WHERE outcome = 'waiting'";
        production.is_done() && number(&journal, open) == 0 && number(&journal, waiting) == 0
    })
    .await;
    for (_, body) in &production.approved {
        assert_eq!(deliver(&http, &hook(&serving, "status"), body.clone()).await, Some(200));
    }
    assert_eq!(serving.running.terminate().0, Some(0));
    production.was_written_once();
    is_whole(&journal);
    production.end().await;
}
