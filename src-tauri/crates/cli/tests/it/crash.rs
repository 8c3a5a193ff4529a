//! Killed at any point: what was answered is there, what was begun is finished, and nothing is done twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::production::Production;
use crate::run::{DEADLINE, Desk, Serving, change, client, deliver, text};

const KILLS: usize = 50;
/// Versions that are approved before each kill that is to fall into a cascade.
const APPROVED: usize = 2;
const CONNECTIONS: usize = 4;
/// Where the kill is to fall into the receiving alone: so many that commits are large, and several wait for one sync.
const CROWD: usize = 48;
/// How long each of the few waits: enough to have something in hand at every moment, while the machine works on a cascade too.
const PACE: Duration = Duration::from_millis(4);
/// How much later the site answers, with the work done: a kill finds writes that were made and never heard of.
const ANSWERS_LATER: Duration = Duration::from_millis(8);

/// `CALLBOARD_SEED`, to have a run again that failed, or another one each time.
pub(crate) fn chance() -> ChaCha8Rng {
    let told = std::env::var("CALLBOARD_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = told.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    println!("CALLBOARD_SEED={seed}");
    ChaCha8Rng::seed_from_u64(seed)
}

pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(
        tokio::time::timeout(DEADLINE, waiting).await.is_ok(),
        "{what} never came"
    );
}

pub(crate) fn number(journal: &rusqlite::Connection, sql: &str) -> i64 {
    journal.query_row(sql, [], |r| r.get(0)).unwrap()
}

/// The numbers of what a hook brought. What only the site's log told is none of it.
fn of_hook(journal: &rusqlite::Connection, hook: &str) -> BTreeSet<i64> {
    let mut query = journal.prepare("SELECT entry_id FROM event WHERE hook = ?1").unwrap();
    let rows = query.query_map([hook], |r| r.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

pub(crate) fn is_whole(journal: &rusqlite::Connection) {
    let whole: String = journal.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!(whole, "ok");
}

pub(crate) fn hook(serving: &Serving, name: &str) -> String {
    format!("{}/hooks/{name}", serving.ready["receiver"].as_str().unwrap())
}

/// What a power cut this instant would find in the data folder of a program that was killed. Looked at in a copy, because opening a
/// journal mends it, and that is for the program to do.
fn found(desk: &Desk) -> (Desk, rusqlite::Connection) {
    let copy = Desk::new();
    std::fs::create_dir(copy.data()).unwrap();
    for entry in std::fs::read_dir(desk.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, copy.data().join(path.file_name().unwrap())).unwrap();
        }
    }
    let journal = copy.journal();
    (copy, journal)
}

/// Changes that the site has taken and the journal does not know of.
fn written_unknown(journal: &rusqlite::Connection, production: &Production) -> usize {
    let sql = "SELECT entity_type, CAST(entity_id AS INTEGER), to_code FROM change WHERE state = 'planned'";
    let mut query = journal.prepare(sql).unwrap();
    let planned = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap();
    let planned: Vec<(String, i64, String)> = planned.collect::<Result<_, _>>().unwrap();
    let stands = |(kind, id, to): &&(String, i64, String)| production.site.status(kind, *id).as_ref() == Some(to);
    planned.iter().filter(stands).count()
}

/// A change that no rule asks about.
fn remark(entry: i64) -> Vec<u8> {
    let mut remark = change(entry);
    remark["data"]["attribute_name"] = json!("description");
    remark.to_string().into_bytes()
}

/// The number of what a delivery tells.
fn entry_of(body: &[u8]) -> i64 {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["data"]["event_log_entry_id"].as_i64().unwrap()
}

/// Sends until nobody answers. What is answered is noted.
async fn load(
    http: reqwest::Client,
    hook: String,
    next: Arc<AtomicI64>,
    answered: Arc<Mutex<BTreeSet<i64>>>,
    of_round: Arc<AtomicUsize>,
    pace: Duration,
) {
    loop {
        let entry = next.fetch_add(1, Ordering::Relaxed);
        match deliver(&http, &hook, remark(entry)).await {
            Some(200) => {
                answered.lock().unwrap().insert(entry);
                of_round.fetch_add(1, Ordering::Relaxed);
            }
            Some(other) => panic!("answered {other}"),
            None => break,
        }
        tokio::time::sleep(pace).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_nothing_that_was_answered_and_every_change_is_written_once() {
    let mut chance = chance();
    let desk = Desk::new();
    let mut production = Production::begin(KILLS / 2 * APPROVED).await;
    production.settle_at(&desk);
    let rules = Production::rules(&desk);
    let serve = || desk.serve_with(&["--rules", text(&rules)]);
    production.site.slow(ANSWERS_LATER);
    let answered: Arc<Mutex<BTreeSet<i64>>> = Arc::default();
    let next = Arc::new(AtomicI64::new(1));
    let mut cut_in_half = 0;
    let http = client();
    let waiting = "SELECT count(*) FROM event WHERE outcome = 'waiting'";
    for kill in 0..KILLS {
        let serving = serve();
        if kill % 2 == 1 {
            // On a busy machine more is left over each time than is decided in between, and a cascade comes after all of it.
            let journal = desk.journal();
            eventually("what was left over", || number(&journal, waiting) == 0).await;
        }
        let of_round = Arc::new(AtomicUsize::new(0));
        let (number, pace) = if kill % 2 == 1 {
            (CONNECTIONS, PACE)
        } else {
            (CROWD, Duration::ZERO)
        };
        let senders: Vec<_> = (0..number)
            .map(|_| {
                tokio::spawn(load(
                    http.clone(),
                    hook(&serving, "load"),
                    next.clone(),
                    answered.clone(),
                    of_round.clone(),
                    pace,
                ))
            })
            .collect();
        // One kill falls on the receiving, the next on a cascade.
        if kill % 2 == 1 {
            for _ in 0..APPROVED {
                let body = production.approve();
                assert_eq!(deliver(&http, &hook(&serving, "status"), body).await, Some(200));
            }
            let before = production.writes();
            let more = chance.random_range(1..=2);
            eventually("a write", || {
                production.writes() >= before + more || production.is_done()
            })
            .await;
        } else {
            let until = *[1, 10, 50, 250].choose(&mut chance).unwrap();
            eventually("the load", || of_round.load(Ordering::Relaxed) >= until).await;
        }
        tokio::time::sleep(Duration::from_micros(chance.random_range(0..12_000))).await;
        serving.running.kill();
        for sender in senders {
            sender.await.unwrap();
        }
        let (_copy, journal) = found(&desk);
        let of_load = answered.lock().unwrap().clone();
        let of_status = production.approved.iter().map(|(_, body)| entry_of(body)).collect();
        for (hook, answered) in [("load", of_load), ("status", of_status)] {
            let missing: Vec<i64> = answered.difference(&of_hook(&journal, hook)).copied().collect();
            assert!(
                missing.is_empty(),
                "kill {kill}: answered by {hook} and gone: {missing:?}"
            );
        }
        cut_in_half += written_unknown(&journal, &production);
    }
    // Otherwise this has tried nothing.
    assert!(cut_in_half > 0, "no kill fell between a write and its record");

    production.site.slow(Duration::ZERO);
    let serving = serve();
    let journal = desk.journal();
    eventually("the end of every cascade", || {
        let open = "SELECT count(*) FROM change WHERE state IN ('planned', 'applied')";
        let waiting = "SELECT count(*) FROM event WHERE outcome = 'waiting' AND site = 'practice'";
        production.is_done() && number(&journal, open) == 0 && number(&journal, waiting) == 0
    })
    .await;
    production.was_written_once();
    let failed = "SELECT count(*) FROM change WHERE state <> 'confirmed'";
    assert_eq!(number(&journal, failed), 0);

    // All of it sent again.
    let stored = of_hook(&journal, "load");
    let of_load = stored.iter().map(|entry| ("load", remark(*entry)));
    let approvals = production.approved.iter().map(|(_, body)| ("status", body.clone()));
    let again: Arc<Mutex<Vec<_>>> = Arc::new(Mutex::new(of_load.chain(approvals).collect()));
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (http, again) = (http.clone(), again.clone());
            let to = ["load", "status"].map(|name| (name, hook(&serving, name)));
            tokio::spawn(async move {
                let next = || again.lock().unwrap().pop();
                while let Some((name, body)) = next() {
                    let to = &to.iter().find(|(of, _)| *of == name).unwrap().1;
                    assert_eq!(deliver(&http, to, body).await, Some(200));
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    assert_eq!(of_hook(&journal, "load"), stored);
    let twice = "SELECT count(*) FROM (SELECT 1 FROM event GROUP BY site, key HAVING count(*) > 1)";
    assert_eq!(number(&journal, twice), 0);
    let not_seen = "SELECT count(*) FROM event WHERE hook = 'load' AND seen_again <> 1";
    assert_eq!(number(&journal, not_seen), 0);
    assert_eq!(serving.running.terminate().0, Some(0));
    production.was_written_once();
    is_whole(&journal);
    production.end().await;
}
