//! The hour of `make soak`, made short: deliveries without a pause, the window open, and what-if asked over and over.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use callboard_journal::{DraftIn, Journal};
use callboard_model::{Clock as _, SystemClock};
use callboard_practice::PracticeArgs;
use callboard_rules::template;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::asking::what_if;
use crate::screen::{Screen, until};
use crate::studio::Studio;

/// Events a second that people make; each is one delivery.
const RATE: f64 = 50.0;
const SHOTS: usize = 2_000;
const LASTS: Duration = Duration::from_secs(40);
/// From then on memory is looked at: the page is laid out and caches are full.
const WARM: Duration = Duration::from_secs(15);
/// What the program may hold more at the end than when it was warm, in bytes. The journal's caches and the production of a what-if still
/// grow in so short a time; what leaks with every delivery or run is more.
const MORE: u64 = 96 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_deliveries_a_second_beside_what_ifs_are_each_kept_once_and_decided_and_memory_stays() {
    let people = PracticeArgs {
        rate: RATE,
        shots: SHOTS,
        ..PracticeArgs::default()
    };
    let studio = Studio::open_with("act", people).await;
    let site = studio.site();
    site.people_pause(true);
    save_draft(&studio).await;
    let screen = studio.window().await;
    site.people_pause(false);

    let begun = Instant::now();
    let mut runs = 0;
    let mut warm = None;
    while begun.elapsed() < LASTS {
        runs += u64::from(what_if(&screen).await);
        if warm.is_none() && begun.elapsed() > WARM {
            warm = Some(held(&screen));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (warm, held) = (warm.unwrap(), held(&screen));
    site.people_pause(true);
    until("everything is delivered and decided", || async {
        site.is_all_delivered() && count(&studio, WAITING) == 0
    })
    .await;

    let sent = site.deliveries();
    let refused = sent.iter().filter(|delivery| delivery.response_code != 200).count();
    assert_eq!(refused, 0, "of {} deliveries", sent.len());
    let entries: HashSet<i64> = sent.iter().filter_map(|sent| entry(&sent.request_body)).collect();
    let expected = RATE * LASTS.as_secs_f64() / 2.0;
    assert!(entries.len() as f64 > expected, "only {} came", entries.len());
    assert!(runs > 1, "what-if ran {runs} times");
    let journal = entries_kept(&studio);
    let distinct: HashSet<i64> = journal.iter().copied().collect();
    assert_eq!(distinct.len(), journal.len(), "kept twice");
    let lost: Vec<&i64> = entries.difference(&distinct).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(
        held < warm + MORE,
        "it held {warm} bytes when it was warm, and {held} at the end"
    );
    screen.close().await;
    studio.practice.stop().await;
}

/// What the draft would do otherwise: one rule less.
async fn save_draft(studio: &Studio) {
    let mut draft = template("status-overhaul").unwrap();
    draft.rules.pop();
    let journal = Journal::open(studio.data.path()).unwrap();
    let draft = DraftIn {
        document: draft.to_json_pretty(),
        author: "busy".into(),
        based_on: None,
    };
    journal.save_draft(draft, None, SystemClock.now()).await.unwrap();
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
}

fn entry(body: &str) -> Option<i64> {
    let body: Value = serde_json::from_str(body).ok()?;
    body["data"]["event_log_entry_id"].as_i64()
}

fn journal(studio: &Studio) -> Connection {
    let file = Journal::file(studio.data.path());
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

const WAITING: &str = "SELECT (SELECT count(*) FROM event WHERE outcome = 'waiting') \
                       + (SELECT count(*) FROM change WHERE state IN ('planned', 'applied'))";

fn count(studio: &Studio, query: &str) -> i64 {
    journal(studio).query_row(query, [], |row| row.get(0)).unwrap()
}

fn entries_kept(studio: &Studio) -> Vec<i64> {
    let journal = journal(studio);
    let mut query = journal
        .prepare("SELECT entry_id FROM event WHERE entry_id IS NOT NULL")
        .unwrap();
    let found = query.query_map([], |row| row.get(0)).unwrap();
    found.map(Result::unwrap).collect()
}

/// What the window's program holds for itself, in bytes (proc(5), `RssAnon`).
fn held(screen: &Screen) -> u64 {
    let [program] = screen.programs()[..] else {
        panic!("one program runs");
    };
    let status = std::fs::read_to_string(format!("/proc/{program}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes * 1024
}
