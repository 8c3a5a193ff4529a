//! 200 means on disk: killed at any point, nothing that was answered is missing, and nothing is done twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::run::{DEADLINE, Desk, change, client, deliver};

const CONNECTIONS: usize = 12;
/// Answers before the kill; each round is killed at another point.
const ROUNDS: [usize; 4] = [40, 1, 250, 120];

fn in_journal(desk: &Desk) -> BTreeSet<i64> {
    let journal = desk.journal();
    let mut query = journal.prepare("SELECT entry_id FROM event").unwrap();
    let rows = query.query_map([], |r| r.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_delivery_outlives_a_kill_and_sending_all_again_adds_nothing() {
    let desk = Desk::new();
    let answered: Arc<Mutex<BTreeSet<i64>>> = Arc::default();
    let next = Arc::new(AtomicI64::new(1));
    for before_kill in ROUNDS {
        let serving = desk.serve();
        let stored = in_journal(&desk);
        let missing: Vec<i64> = answered.lock().unwrap().difference(&stored).copied().collect();
        assert!(missing.is_empty(), "answered and gone: {missing:?}");
        let this_round = Arc::new(AtomicUsize::new(0));
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (answered, next, this_round) = (answered.clone(), next.clone(), this_round.clone());
                let hook = serving.hook();
                tokio::spawn(async move {
                    let http = client();
                    loop {
                        let entry = next.fetch_add(1, Ordering::Relaxed);
                        match deliver(&http, &hook, change(entry).to_string().into_bytes()).await {
                            Some(200) => {
                                answered.lock().unwrap().insert(entry);
                                this_round.fetch_add(1, Ordering::Relaxed);
                            }
                            Some(other) => panic!("answered {other}"),
                            None => break,
                        }
                    }
                })
            })
            .collect();
        eventually("the load", || this_round.load(Ordering::Relaxed) >= before_kill).await;
        serving.running.kill();
        for sender in senders {
            sender.await.unwrap();
        }
    }

    let serving = desk.serve();
    let stored = in_journal(&desk);
    let answered = answered.lock().unwrap().clone();
    assert!(answered.is_subset(&stored));
    assert!(answered.len() >= ROUNDS.iter().sum());
    let http = client();
    for entry in &stored {
        assert_eq!(
            deliver(&http, &serving.hook(), change(*entry).to_string().into_bytes()).await,
            Some(200)
        );
    }
    let (rows, keys, seen_again): (usize, usize, usize) = desk
        .journal()
        .query_row(
            "SELECT count(*), count(DISTINCT key), sum(seen_again) FROM event",
            [],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )
        .unwrap();
    assert_eq!((rows, keys, seen_again), (stored.len(), stored.len(), stored.len()));
    assert_eq!(serving.running.terminate().0, Some(0));
    let whole: String = desk
        .journal()
        .query_row("PRAGMA integrity_check", [], |r| r.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
}

/// A disk that takes no more: writes beyond the limit fail, as they do on a full one.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn while_the_disk_takes_nothing_the_answer_is_503_and_afterwards_200_again() {
    let desk = Desk::new();
    let serving = desk.serve_with_failing_writes();
    let http = client();
    let pid = serving.running.pid().to_string();
    let limit = |bytes: &str| {
        let set = std::process::Command::new("prlimit")
            .args(["--pid", &pid, &format!("--fsize={bytes}")])
            .status();
        assert!(set.unwrap().success());
    };
    let large = |n: u8| vec![n; 512 * 1024];
    assert_eq!(deliver(&http, &serving.hook(), large(1)).await, Some(200));
    limit("1048576:unlimited");
    let mut taken: u8 = 1;
    let refused = loop {
        match deliver(&http, &serving.hook(), large(taken + 1)).await {
            Some(200) => taken += 1,
            other => break other,
        }
    };
    assert_eq!(refused, Some(503));
    limit("unlimited:unlimited");
    assert_eq!(deliver(&http, &serving.hook(), large(taken + 1)).await, Some(200));
    let rows: u8 = desk
        .journal()
        .query_row("SELECT count(*) FROM delivery", [], |r| r.get(0))
        .unwrap();
    assert_eq!(rows, taken + 1);
    assert_eq!(serving.running.terminate().0, Some(0));
}
