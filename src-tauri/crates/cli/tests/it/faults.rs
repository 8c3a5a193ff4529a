//! Faults of the machine: refused or said, nothing lost that was answered, and well again without a restart.

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use rand::RngExt;
use serde_json::{Value, json};

use crate::crash::{chance, eventually, hook, is_whole, number};
use crate::disk::{BadDisk, Calls, EIO, ENOSPC, EROFS};
use crate::production::Production;
use crate::run::{Desk, Serving, callboard, change, client, deliver, text};

/// Every call in turn, where somebody has the time (`make faults`); else those that chance picks.
fn every() -> bool {
    std::env::var_os("CALLBOARD_EVERY_CALL").is_some()
}

/// So many bytes are 30 pages: a commit of many calls, and soon the write-ahead log is brought into the file.
const LARGE: usize = 120_000;

fn body(entry: i64) -> Vec<u8> {
    let mut change = change(entry);
    if entry % 3 == 0 {
        change["data"]["meta"]["note"] = json!("x".repeat(LARGE));
    }
    change.to_string().into_bytes()
}

/// What the receiver says of itself.
async fn health(http: &reqwest::Client, serving: &Serving) -> (u16, Value) {
    let address = format!("{}/healthz", serving.ready["receiver"].as_str().unwrap());
    let answer = http.get(address).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

const WELL: u16 = 200;

/// A day of deliveries, numbered, with what was answered.
struct Sender<'a> {
    http: reqwest::Client,
    serving: &'a Serving,
    last: i64,
    answered: BTreeSet<i64>,
}

impl<'a> Sender<'a> {
    fn new(serving: &'a Serving) -> Self {
        Self {
            http: client(),
            serving,
            last: 0,
            answered: BTreeSet::new(),
        }
    }

    /// The next delivery: taken, or refused because it could not be stored.
    async fn sends(&mut self) -> bool {
        self.last += 1;
        match deliver(&self.http, &hook(self.serving, "status"), body(self.last)).await {
            Some(200) => self.answered.insert(self.last),
            Some(503) => false,
            other => panic!("delivery {} was answered {other:?}", self.last),
        }
    }
}

/// All that was answered is there, once, in a file that is whole.
fn nothing_is_lost(desk: &Desk, answered: &BTreeSet<i64>) {
    let journal = desk.journal();
    is_whole(&journal);
    let mut query = journal.prepare("SELECT entry_id FROM event ORDER BY 1").unwrap();
    let stored = query.query_map([], |r| r.get(0)).unwrap();
    let stored: Vec<i64> = stored.collect::<Result<_, _>>().unwrap();
    let once: BTreeSet<i64> = stored.iter().copied().collect();
    assert_eq!(once.len(), stored.len(), "an event is there twice");
    let missing: Vec<_> = answered.difference(&once).collect();
    assert!(missing.is_empty(), "answered and gone: {missing:?}");
}

fn no_panic(desk: &Desk) {
    let said = std::fs::read_to_string(desk.errors()).unwrap();
    assert!(!said.contains("panicked"), "{said}");
}

#[tokio::test]
async fn an_error_at_any_call_to_the_disk_is_a_503_at_most_and_the_next_delivery_is_taken() {
    let mut chance = chance();
    let desk = Desk::new();
    let disk = BadDisk::new(desk.folder.path());
    let serving = desk.serve_on(&disk, &[]);
    let mut sender = Sender::new(&serving);
    assert!(sender.sends().await);
    let mut calls: Vec<i64> = (1..=30).collect();
    if every() {
        calls.extend(31..3_000);
    } else {
        // Far enough that some fall where the write-ahead log is brought into the file.
        calls.extend((0..20).map(|_| chance.random_range(31..3_000)));
    }
    let mut refused = 0;
    for call in calls {
        let error = if call % 2 == 0 { ENOSPC } else { EIO };
        disk.fail(Calls::All, call, call, error);
        while disk.failed() == 0 {
            refused += usize::from(!sender.sends().await);
        }
        disk.heal();
        assert!(
            sender.sends().await,
            "refused although all was well again after call {call}"
        );
        assert_eq!(health(&sender.http, &serving).await.0, WELL);
    }
    assert!(refused > 0, "no error fell on a delivery");
    let answered = sender.answered;
    assert_eq!(serving.running.terminate().0, Some(0));
    nothing_is_lost(&desk, &answered);
    no_panic(&desk);
}

#[tokio::test]
async fn while_every_call_to_the_disk_fails_each_delivery_is_a_503_and_afterwards_a_200_again() {
    for (calls, error) in [
        (Calls::All, EROFS),
        (Calls::Writes, ENOSPC),
        (Calls::Writes, EIO),
        (Calls::Syncs, EIO),
    ] {
        let desk = Desk::new();
        let disk = BadDisk::new(desk.folder.path());
        let serving = desk.serve_on(&disk, &[]);
        let mut sender = Sender::new(&serving);
        assert!(sender.sends().await);
        disk.fail(calls, 1, i64::MAX, error);
        for _ in 0..5 {
            assert!(!sender.sends().await, "error {error}: taken, and not on the disk");
        }
        let (status, said) = health(&sender.http, &serving).await;
        assert_eq!((status, &said["reason"]), (503, &json!("journal")), "error {error}");
        disk.heal();
        for _ in 0..5 {
            assert!(
                sender.sends().await,
                "error {error}: refused although all is well again"
            );
        }
        assert_eq!(health(&sender.http, &serving).await, (WELL, json!({"ok": true})));
        let told = |what: &str| std::fs::read_to_string(desk.errors()).unwrap().contains(what);
        eventually("what people are told", || {
            told("Nothing can be stored: ") && told("The journal takes everything again")
        })
        .await;
        // It ends in time, whatever its disk does.
        disk.fail(calls, 1, i64::MAX, error);
        assert!(!sender.sends().await);
        let answered = sender.answered;
        assert_eq!(serving.running.terminate().0, Some(0));
        nothing_is_lost(&desk, &answered);
        no_panic(&desk);
    }
}

/// In bytes, and with what the last commits bring.
const BOUND_OF_THE_LOG: u64 = 60_000_000;
/// Bytes of a delivery with which few fill the log.
const MUCH: u64 = 1_000_000;

/// So much, as the sender's next, and what it was answered.
async fn sends_much(sender: &mut Sender<'_>) -> Option<u16> {
    sender.last += 1;
    let mut change = change(sender.last);
    change["data"]["meta"]["note"] = json!("x".repeat(usize::try_from(MUCH).unwrap()));
    let change = change.to_string().into_bytes();
    deliver(&sender.http, &hook(sender.serving, "status"), change).await
}

fn length_of_the_log(desk: &Desk) -> u64 {
    std::fs::metadata(desk.data().join("journal.sqlite-wal")).unwrap().len()
}

/// Longer than it takes until the disk is tried some times.
const SOON: Duration = Duration::from_secs(20);

/// The disk is tried once in a while, and then all is well.
async fn is_taken_soon(sender: &mut Sender<'_>) {
    let well = async { while !sender.sends().await {} };
    tokio::time::timeout(SOON, well)
        .await
        .expect("it takes nothing although all is well again");
    for _ in 0..5 {
        assert!(sender.sends().await);
    }
}

/// What is refused is in the log all the same, as it could not be synced: for as long as senders try again, more of it.
#[tokio::test]
async fn while_no_sync_goes_well_the_write_ahead_log_stays_bounded() {
    let desk = Desk::new();
    let disk = BadDisk::new(desk.folder.path());
    let serving = desk.serve_on(&disk, &[]);
    let mut sender = Sender::new(&serving);
    assert!(sender.sends().await);
    disk.fail(Calls::Syncs, 1, i64::MAX, ENOSPC);
    for _ in 0..2 * BOUND_OF_THE_LOG / MUCH {
        assert_eq!(sends_much(&mut sender).await, Some(503));
    }
    let log = length_of_the_log(&desk);
    assert!((BOUND_OF_THE_LOG / 2..BOUND_OF_THE_LOG).contains(&log), "{log} bytes");
    disk.heal();
    is_taken_soon(&mut sender).await;
    let answered = sender.answered;
    serving.running.kill();
    nothing_is_lost(&desk, &answered);
    no_panic(&desk);
}

/// What is answered is on the disk in the log, and cannot be brought into the file.
#[tokio::test]
async fn while_the_journals_file_takes_nothing_so_much_is_taken_as_its_log_may_hold() {
    for calls in [Calls::WritesOfTheFile, Calls::SyncsOfTheFile] {
        let desk = Desk::new();
        let disk = BadDisk::new(desk.folder.path());
        let serving = desk.serve_on(&disk, &[]);
        let mut sender = Sender::new(&serving);
        assert!(sender.sends().await);
        disk.fail(calls, 1, i64::MAX, EIO);
        let mut taken = 0;
        let refused = loop {
            match sends_much(&mut sender).await {
                Some(200) => sender.answered.insert(sender.last),
                other => break other,
            };
            taken += MUCH;
            assert!(taken < BOUND_OF_THE_LOG, "the log has no end");
        };
        assert_eq!(refused, Some(503));
        assert!(taken > BOUND_OF_THE_LOG / 2, "{taken} bytes");
        let (status, said) = health(&sender.http, &serving).await;
        assert_eq!((status, &said["reason"]), (503, &json!("journal")));
        // The disk is tried again and again, and is not said to be well meanwhile.
        let tried = disk.failed();
        let trying = async {
            while disk.failed() < tried + 3 {
                assert_eq!(sends_much(&mut sender).await, Some(503));
            }
        };
        tokio::time::timeout(SOON, trying)
            .await
            .expect("the disk is not tried again");
        let log = length_of_the_log(&desk);
        assert!(log < BOUND_OF_THE_LOG, "{log} bytes");
        let told = |what: &str| std::fs::read_to_string(desk.errors()).unwrap().matches(what).count();
        eventually("what people are told", || told("Nothing can be stored: ") == 1).await;
        assert_eq!(told("The journal takes everything again"), 0);
        disk.heal();
        is_taken_soon(&mut sender).await;
        eventually("what people are told", || {
            told("The journal takes everything again") == 1
        })
        .await;
        assert_eq!(told("Nothing can be stored: "), 1);
        let answered = sender.answered;
        serving.running.kill();
        nothing_is_lost(&desk, &answered);
        no_panic(&desk);
    }
}

#[tokio::test]
async fn a_log_that_cannot_be_written_stops_nothing() {
    let desk = Desk::new().with_its_log_beside_its_data();
    let disk = BadDisk::new(desk.folder.path());
    let serving = desk.serve_on(&disk, &[]);
    let mut sender = Sender::new(&serving);
    disk.fail(Calls::All, 1, i64::MAX, ENOSPC);
    assert!(!sender.sends().await);
    assert_eq!(health(&sender.http, &serving).await.0, 503);
    disk.heal();
    assert!(sender.sends().await);
    let answered = sender.answered;
    assert_eq!(serving.running.terminate().0, Some(0));
    nothing_is_lost(&desk, &answered);
    no_panic(&desk);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_while_its_disk_fails_it_ends_in_time_and_goes_on_at_the_next_start() {
    let desk = Desk::new();
    let mut production = Production::begin(2).await;
    production.settle_at(&desk);
    let rules = Production::rules(&desk);
    let disk = BadDisk::new(desk.folder.path());
    let serving = desk.serve_on(&disk, &["--rules", text(&rules)]);
    let journal = desk.journal();
    eventually("the reading of the log", || {
        number(&journal, "SELECT count(*) FROM log_position") > 0
    })
    .await;
    disk.fail(Calls::All, 1, i64::MAX, EROFS);
    let body = production.approve();
    assert_eq!(deliver(&client(), &hook(&serving, "status"), body).await, Some(503));
    eventually("a step that the journal does not take", || {
        let said = std::fs::read_to_string(desk.errors()).unwrap();
        said.contains("the journal did not take a step, trying again")
    })
    .await;
    assert_eq!(serving.running.terminate().0, Some(0));
    let serving = desk.serve();
    eventually("the end of the cascade", || production.is_done()).await;
    assert_eq!(serving.running.terminate().0, Some(0));
    production.was_written_once();
    is_whole(&journal);
    no_panic(&desk);
    production.end().await;
}

/// A folder in which a program was killed in the middle of its work, and what it had answered.
async fn left_by_a_kill() -> (Desk, BTreeSet<i64>) {
    let desk = Desk::new();
    let serving = desk.serve();
    let mut sender = Sender::new(&serving);
    for _ in 0..5 {
        assert!(sender.sends().await);
    }
    let answered = sender.answered;
    serving.running.kill();
    (desk, answered)
}

fn copy(of: &Desk) -> Desk {
    let desk = Desk::new();
    std::fs::create_dir(desk.data()).unwrap();
    for entry in std::fs::read_dir(of.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, desk.data().join(path.file_name().unwrap())).unwrap();
        }
    }
    desk
}

#[tokio::test]
async fn an_error_at_any_call_to_the_disk_at_the_start_is_said_in_a_line_and_the_next_start_goes_well() {
    const PICKED: usize = 6;
    let mut chance = chance();
    let (killed, answered) = left_by_a_kill().await;
    for is_new in [true, false] {
        let start = || if is_new { Desk::new() } else { copy(&killed) };
        let calls = {
            let desk = start();
            let disk = BadDisk::new(desk.folder.path());
            disk.count();
            let serving = desk.serve_on(&disk, &[]);
            let calls = disk.calls();
            assert_eq!(serving.running.terminate().0, Some(0));
            calls
        };
        let picked: Vec<i64> = if every() {
            (1..=calls).collect()
        } else {
            (0..PICKED).map(|_| chance.random_range(1..=calls)).collect()
        };
        for call in picked {
            let desk = start();
            let disk = BadDisk::new(desk.folder.path());
            disk.fail(Calls::All, call, call, EIO);
            match desk.try_to_serve_on(&disk) {
                Ok(serving) => {
                    disk.heal();
                    let mut sender = Sender::new(&serving);
                    sender.last = 100;
                    assert!(sender.sends().await, "call {call} of the start");
                    assert_eq!(serving.running.terminate().0, Some(0));
                }
                Err(ran) => {
                    let said = ran.err.lines().filter(|line| line.starts_with("callboard: ")).count();
                    assert_eq!(ran.code, Some(2), "call {call}: {}", ran.err);
                    assert_eq!(said, 1, "call {call}: {}", ran.err);
                }
            }
            no_panic(&desk);
            let serving = desk.serve();
            let mut sender = Sender::new(&serving);
            sender.last = 200;
            assert!(sender.sends().await, "after call {call} of the start had failed");
            let mut all = sender.answered;
            assert_eq!(serving.running.terminate().0, Some(0));
            if !is_new {
                all.extend(&answered);
            }
            nothing_is_lost(&desk, &all);
        }
    }
}

#[tokio::test]
async fn while_another_program_holds_the_journal_the_answer_is_503_and_afterwards_200_again() {
    let desk = Desk::new();
    let serving = desk.serve();
    let mut sender = Sender::new(&serving);
    assert!(sender.sends().await);
    let other = desk.journal();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(!sender.sends().await);
    let (status, said) = health(&sender.http, &serving).await;
    assert_eq!((status, &said["reason"]), (503, &json!("journal")));
    other.execute_batch("ROLLBACK").unwrap();
    assert!(sender.sends().await);
    assert_eq!(health(&sender.http, &serving).await.0, WELL);
    let answered = sender.answered;
    assert_eq!(serving.running.terminate().0, Some(0));
    nothing_is_lost(&desk, &answered);
}

/// A disk that takes no more: writes beyond the limit fail, as they do on a full one.
#[tokio::test]
async fn while_the_disk_takes_nothing_the_answer_is_503_and_afterwards_200_again() {
    let desk = Desk::new();
    let serving = desk.serve_with_failing_writes();
    let http = client();
    let large = |n: u8| vec![n; 512 * 1024];
    assert_eq!(deliver(&http, &serving.hook(), large(1)).await, Some(200));
    limit(&serving, "fsize", "1048576:unlimited");
    let mut taken: u8 = 1;
    let refused = loop {
        match deliver(&http, &serving.hook(), large(taken + 1)).await {
            Some(200) => taken += 1,
            other => break other,
        }
    };
    assert_eq!(refused, Some(503));
    limit(&serving, "fsize", "unlimited:unlimited");
    assert_eq!(deliver(&http, &serving.hook(), large(taken + 1)).await, Some(200));
    let rows = number(&desk.journal(), "SELECT count(*) FROM delivery");
    assert_eq!(rows, i64::from(taken) + 1);
    assert_eq!(serving.running.terminate().0, Some(0));
}

fn limit(serving: &Serving, of: &str, to: &str) {
    let pid = serving.running.pid().to_string();
    let set = Command::new("prlimit")
        .args(["--pid", &pid, &format!("--{of}={to}")])
        .status();
    assert!(set.unwrap().success());
}

#[tokio::test]
async fn without_file_handles_new_connections_wait_healthz_says_so_and_all_goes_on_when_there_are_some_again() {
    let desk = Desk::new();
    let serving = desk.serve();
    let mut sender = Sender::new(&serving);
    assert!(sender.sends().await);
    // A connection from before.
    let watching = client();
    assert_eq!(health(&watching, &serving).await.0, WELL);
    let open = std::fs::read_dir(format!("/proc/{}/fd", serving.running.pid()))
        .unwrap()
        .count();
    limit(&serving, "nofile", &format!("{}:", open + 4));
    // More than there are handles for: as those that got one are let go for saying nothing, others take their places.
    let address = serving.ready["receiver"]
        .as_str()
        .unwrap()
        .trim_start_matches("http://");
    let held: Vec<_> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut said = (0, Value::Null);
    for _ in 0..200 {
        said = health(&watching, &serving).await;
        if said.0 != WELL {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((said.0, &said.1["reason"]), (503, &json!("file handles")));
    let waiting = {
        let to = hook(&serving, "status");
        tokio::spawn(async move { deliver(&client(), &to, body(1_000)).await })
    };
    drop(held);
    assert_eq!(waiting.await.unwrap(), Some(200));
    limit(&serving, "nofile", "1024:");
    assert_eq!(health(&client(), &serving).await.0, WELL);
    assert!(sender.sends().await);
    let mut answered = sender.answered;
    answered.insert(1_000);
    assert_eq!(serving.running.terminate().0, Some(0));
    nothing_is_lost(&desk, &answered);
    no_panic(&desk);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_or_ahead_loses_nothing_and_has_nothing_done_twice() {
    const DAY: i64 = 86_400;
    let desk = Desk::new();
    let mut production = Production::begin(8).await;
    production.settle_at(&desk);
    let rules = Production::rules(&desk);
    let disk = BadDisk::new(desk.folder.path());
    let serving = desk.serve_on(&disk, &["--rules", text(&rules)]);
    let http = client();
    let journal = desk.journal();
    for seconds in [0, -3_600, -400 * DAY, 30 * DAY] {
        disk.set_clock(seconds);
        for _ in 0..2 {
            let body = production.approve();
            assert_eq!(deliver(&http, &hook(&serving, "status"), body).await, Some(200));
        }
        eventually(
            &format!("the end of every cascade with the clock off by {seconds} s"),
            || {
                let waiting = "SELECT count(*) FROM event WHERE outcome = 'waiting'";
                // What the site's log tells of our own writes comes a moment later.
                let echoes = "SELECT count(*) FROM event WHERE outcome = 'echo'";
                let written = i64::try_from(production.writes()).unwrap();
                production.is_done() && number(&journal, waiting) == 0 && number(&journal, echoes) == written
            },
        )
        .await;
        assert_eq!(
            number(&journal, "SELECT count(*) FROM change WHERE state <> 'confirmed'"),
            0
        );
        for (_, body) in &production.approved {
            assert_eq!(deliver(&http, &hook(&serving, "status"), body.clone()).await, Some(200));
        }
        assert_eq!(health(&http, &serving).await.0, WELL, "clock off by {seconds} s");
    }
    let told = number(&journal, "SELECT count(*) FROM event WHERE hook = 'status'");
    assert_eq!(told, 8);
    production.was_written_once();
    let hooks = desk.read("hooks", &[]).lines();
    assert!(hooks.iter().all(|hook| hook["state"] == "active"), "{hooks:?}");
    assert_eq!(serving.running.terminate().0, Some(0));
    is_whole(&journal);
    no_panic(&desk);
    production.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_did_by_hand_is_not_ours_although_the_clock_was_set_back() {
    let desk = Desk::new();
    let mut production = Production::begin(1).await;
    production.settle_at(&desk);
    let settings = std::fs::read_to_string(desk.settings()).unwrap();
    std::fs::write(desk.settings(), settings.replace("\"act\"", "\"ask\"")).unwrap();
    let rules = Production::rules(&desk);
    let disk = BadDisk::new(desk.folder.path());
    let serving = desk.serve_on(&disk, &["--rules", text(&rules)]);
    let body = production.approve();
    assert_eq!(deliver(&client(), &hook(&serving, "status"), body).await, Some(200));
    let journal = desk.journal();
    let waiting = "SELECT count(*) FROM change WHERE skip = 'asks'";
    eventually("what waits for a person", || number(&journal, waiting) == 2).await;
    assert!(
        production
            .site
            .set_status_as_person("Task", production.approved[0].0.task, "apv")
    );
    disk.set_clock(-3_600);
    let (api, token) = (
        serving.ready["api"].as_str().unwrap(),
        serving.ready["token"].as_str().unwrap(),
    );
    let accepted = callboard(&["inbox", "accept", "--all", "--api", api, "--token", token]);
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    let there =
        "SELECT count(*) FROM change WHERE entity_type = 'Task' AND state = 'skipped' AND skip = 'already_there'";
    eventually("the change that somebody made by hand", || number(&journal, there) == 1).await;
    assert_eq!(serving.running.terminate().0, Some(0));
    production.end().await;
}
