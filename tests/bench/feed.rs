//! The feed's first page, its filters and searches in a long journal.

use std::path::Path;
use std::time::{Duration, Instant};

use callboard_journal::{Decision, DeliveryIn, FeedFilter, Journal, Known, NewChange, Outcome, Reader, StatusView};
use callboard_model::{Cause, ChangeState, Clock as _, EntityRef, EntityType, HookName, SiteName, SystemClock};
use callboard_rules::{Status, template};
use callboard_trackers::shotgrid::{STATUS_FIELD, decode};
use rusqlite::{Connection, OpenFlags};
use tokio::task::JoinSet;

use crate::made;
use crate::receiver::folder;
use crate::table::{Row, Table, counted, median, percentile};

const EVENTS: u64 = 1_000_000;
/// Events that are brought and decided as the engine does it. The others are copies of them, which is much quicker.
const BROUGHT: u64 = 10_000;
/// Over so long a time they are spread, in microseconds.
const YEAR: i64 = 360 * 24 * 3_600 * 1_000_000;
const TOGETHER: u64 = 50;
const VERSIONS: u64 = 5_000;
/// One event in so many caused something.
const CAUSING: i64 = 5;
const PAGE: u32 = 100;
const TIMES: usize = 11;
/// How often each page is asked for: enough for the slowest of a hundred.
const ASKED: usize = 200;
const REACH: f64 = 50.0;
/// Only the oldest event has this.
pub(crate) const RARE: &str = "firstone";
/// Deliveries that are taken while the index is written, and afterwards.
const TAKEN: u64 = 300;
const EVERY: Duration = Duration::from_millis(10);
/// Senders of a rush, and how long it lasts.
const SENDERS: u64 = 64;
const RUSH: Duration = Duration::from_secs(3);

/// A journal of a million events with their index, the word [`RARE`] in the oldest alone.
pub(crate) async fn million(data: &Path) {
    many(data, EVENTS).await;
}

/// The same of so many.
pub(crate) async fn many(data: &Path, events: u64) {
    let journal = Journal::open(data).unwrap();
    fill(&journal).await;
    close(journal).await;
    copy(data, events);
    let journal = Journal::open(data).unwrap();
    let mine = journal.clone();
    tokio::task::spawn_blocking(move || mine.index())
        .await
        .unwrap()
        .unwrap();
    close(journal).await;
}

/// The rows of the journal.
pub(crate) async fn measure(table: &mut Table) {
    let data = folder();
    let journal = Journal::open(data.path()).unwrap();
    fill(&journal).await;
    close(journal).await;
    copy(data.path(), EVENTS);
    let before = size(data.path());
    // Nothing of it is in the index, as in a journal of an older Callboard.
    let journal = Journal::open(data.path()).unwrap();
    let mut taken = 0;
    let written = paced(&journal, &mut taken).await;
    let rushed = rush(&journal, &mut taken).await;
    let indexing = Instant::now();
    let mine = journal.clone();
    tokio::task::spawn_blocking(move || mine.index())
        .await
        .unwrap()
        .unwrap();
    let indexed = indexing.elapsed().as_secs_f64();
    let at_rest = paced(&journal, &mut taken).await;
    let rushed_at_rest = rush(&journal, &mut taken).await;
    let mine = journal.clone();
    tokio::task::spawn_blocking(move || mine.index())
        .await
        .unwrap()
        .unwrap();
    let bytes = index_size(data.path()) / (EVENTS + taken) as f64;

    let page = format!("SELECT * FROM event ORDER BY seq DESC LIMIT {}", PAGE + 1);
    let bare_page = bare(data.path(), &page);
    let reader = journal.reader().clone();
    let many = counted(EVENTS as f64);
    for (what, filter, rows) in asked() {
        let mut took = pages(&reader, &filter, rows);
        let (p50, p99) = (percentile(&mut took, 50), percentile(&mut took, 99));
        table.row(Row {
            what: format!("feed of {many}: {what}"),
            figure: format!("{p50:.1} ms, p99 {p99:.1} ms"),
            against: format!("SQLite, {} rows by their numbers: {bare_page:.1} ms", PAGE + 1),
            ratio: p50 / bare_page,
            reach: format!("p99 ≤ {REACH:.0} ms"),
            reached: p99 <= REACH,
        });
    }
    row(
        table,
        "a delivery taken while the index is written: p99",
        (written.1, at_rest.1),
        "ms",
        "≤ 5",
        |r| r <= 5.0,
    );
    row(table, "the same: p50", (written.0, at_rest.0), "ms", "≤ 2", |r| {
        r <= 2.0
    });
    row(
        table,
        "a rush while the index is written",
        (rushed, rushed_at_rest),
        "events/s",
        "≥ 0.9",
        |r| r >= 0.9,
    );
    table.note(format!(
        "Feed: the index has {bytes:.0} bytes an event, beside {:.0} of the journal without it. What was left of {many} events after \
         the deliveries above was put in within {indexed:.0} s, asked for at once; beside the other work it takes half of one \
         processor at most.",
        before / EVENTS as f64
    ));
    drop(reader);
    close(journal).await;
}

async fn close(journal: Journal) {
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
}

fn row(table: &mut Table, what: &str, (busy, rest): (f64, f64), unit: &str, reach: &str, reached: fn(f64) -> bool) {
    let said = |figure: f64| match unit {
        "ms" => format!("{figure:.2} ms"),
        _ => format!("{} {unit}", counted(figure)),
    };
    table.row(Row {
        what: what.to_owned(),
        figure: said(busy),
        against: format!("when it is written: {}", said(rest)),
        ratio: busy / rest,
        reach: reach.to_owned(),
        reached: reached(busy / rest),
    });
}

/// What is asked for, and how many rows come.
pub(crate) fn asked() -> Vec<(&'static str, FeedFilter, usize)> {
    let all = PAGE as usize;
    let filter = |kinds: &[&str], projects: &[&str], outcomes: &[Outcome], text: &str| FeedFilter {
        entity_types: kinds.iter().map(|&kind| kind.into()).collect(),
        projects: projects.iter().map(|&project| project.into()).collect(),
        outcomes: outcomes.to_vec(),
        text: text.into(),
        ..FeedFilter::default()
    };
    vec![
        ("first page", filter(&[], &[], &[], ""), all),
        ("of a type", filter(&["Version"], &[], &[], ""), all),
        (
            "of a project and an outcome",
            filter(&[], &["Show 2"], &[Outcome::Changed], ""),
            all,
        ),
        ("of a type that no event has", filter(&["Shot"], &[], &[], ""), 0),
        (
            "of an outcome that no event has",
            filter(&["Version"], &["Show 1"], &[Outcome::Failed], ""),
            0,
        ),
        (
            "of a project, by a person who never works in it",
            filter(&[], &["Show 2"], &[], "artist80"),
            0,
        ),
        ("a common word", filter(&[], &[], &[], "apv"), all),
        ("a word of the oldest event", filter(&[], &[], &[], RARE), 1),
        ("a word that is nowhere", filter(&[], &[], &[], "nosuch"), 0),
        ("two words", filter(&[], &[], &[], "comp bkdn"), all),
        (
            "two words, one of the oldest event",
            filter(&[], &[], &[], "comp firsto"),
            1,
        ),
        ("two letters", filter(&[], &[], &[], "co"), all),
        ("two letters that no word begins with", filter(&[], &[], &[], "zq"), 0),
        (
            "one letter, and a word that is nowhere",
            filter(&[], &[], &[], "a nosuch"),
            0,
        ),
    ]
}

fn delivery(first: u64, number: u64) -> DeliveryIn {
    let (site, hook) = (SiteName::from("practice"), HookName::from("status"));
    let event = |n: u64| {
        let codes = ["rev", "note", "apv", "cnv", "sndcli", "rqc", "bkdn"];
        let to = codes.get((n % 7) as usize).unwrap();
        made::event(1_000_000 + n, "Version", n * 7919 % VERSIONS, "na", to, "")
    };
    let events: Vec<String> = (first..first + number).map(event).collect();
    let body = made::batch(&events).into_bytes();
    DeliveryIn {
        tracker_id: None,
        events: decode(&site, &hook, &body),
        hook,
        site,
        received_at: SystemClock.now(),
        verdict: "Signature good".into(),
        headers: Vec::new(),
        body,
        status_field: STATUS_FIELD,
        heard: Vec::new(),
        left_out: None,
    }
}

/// How long taking a delivery takes that nobody hurries, in milliseconds: p50 and p99.
async fn paced(journal: &Journal, taken: &mut u64) -> (f64, f64) {
    let mut every = tokio::time::interval(EVERY);
    let mut took = Vec::new();
    for _ in 0..TAKEN {
        every.tick().await;
        let delivery = delivery(EVENTS + *taken, 1);
        let begun = Instant::now();
        journal.accept(delivery).await.unwrap();
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
        *taken += 1;
    }
    (percentile(&mut took, 50), percentile(&mut took, 99))
}

/// How many events a second are taken from many senders at once.
async fn rush(journal: &Journal, taken: &mut u64) -> f64 {
    let begun = Instant::now();
    let mut senders = JoinSet::new();
    let first = EVENTS + *taken;
    for sender in 0..SENDERS {
        let journal = journal.clone();
        senders.spawn(async move {
            let mut number = 0;
            while begun.elapsed() < RUSH {
                let delivery = delivery(first + sender + number * SENDERS, 1);
                journal.accept(delivery).await.unwrap();
                number += 1;
            }
            number
        });
    }
    let numbers = senders.join_all().await;
    // The next begins above the highest.
    *taken += numbers.iter().max().unwrap() * SENDERS;
    numbers.iter().sum::<u64>() as f64 / begun.elapsed().as_secs_f64()
}

/// Bytes of the journal's file.
fn size(data: &Path) -> f64 {
    std::fs::metadata(Journal::file(data)).unwrap().len() as f64
}

/// Bytes that the words' table has in the file.
fn index_size(data: &Path) -> f64 {
    let connection = Connection::open_with_flags(Journal::file(data), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    connection
        .query_row("SELECT sum(length(word) + length(events) + 8) FROM word", [], |r| {
            r.get(0)
        })
        .unwrap()
}

/// Copies what was brought until there are as many events as are wanted: a year of history, of which the last part came just now.
fn copy(data: &Path, wanted: u64) {
    let connection = Connection::open(Journal::file(data)).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -200000;")
        .unwrap();
    let count = |table: &str, column: &str| -> i64 {
        let sql = format!("SELECT max({column}) FROM {table}");
        connection.query_row(&sql, [], |r| r.get(0)).unwrap()
    };
    let (events, deliveries) = (count("event", "seq"), count("delivery", "seq"));
    let (cascades, changes) = (count("cascade", "seq"), count("change", "id"));
    let insert = |table: &str, moved: &[(&str, String)], key: (&str, i64)| {
        let columns: Vec<String> = connection
            .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
            .unwrap()
            .query_map([], |r| r.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let values = columns.iter().map(|column| {
            let as_moved = moved.iter().find(|(name, _)| name == column);
            as_moved.map_or_else(|| column.clone(), |(_, value)| value.clone())
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let (column, last) = key;
        let sql = format!(
            "INSERT INTO {table} ({}) SELECT {values} FROM {table} WHERE {column} <= {last}",
            columns.join(", ")
        );
        connection.execute(&sql, []).unwrap();
    };
    let copies = i64::try_from(wanted / BROUGHT).unwrap();
    let back = |copy: i64| (copies - 1 - copy) * (YEAR / copies);
    for copy in 1..copies {
        let earlier = |column: &'static str| (column, format!("{column} - {}", back(copy)));
        let by = |column: &str, all: i64| format!("{column} + {}", copy * all);
        connection.execute_batch("BEGIN").unwrap();
        let moved = [("seq", by("seq", deliveries)), earlier("received_at")];
        insert("delivery", &moved, ("seq", deliveries));
        let moved = [
            ("seq", by("seq", events)),
            ("delivery_seq", by("delivery_seq", deliveries)),
            ("entry_id", by("entry_id", events)),
            ("key", format!("'log:' || ({})", by("entry_id", events))),
            earlier("occurred_at"),
            earlier("received_at"),
        ];
        insert("event", &moved, ("seq", events));
        let moved = [
            ("seq", by("seq", cascades)),
            ("event_seq", by("event_seq", events)),
            earlier("decided_at"),
        ];
        insert("cascade", &moved, ("seq", cascades));
        let moved = [
            ("id", by("id", changes)),
            ("cascade_seq", by("cascade_seq", cascades)),
            ("parent", by("parent", changes)),
            earlier("planned_at"),
            earlier("settled_at"),
        ];
        insert("change", &moved, ("id", changes));
        connection.execute_batch("COMMIT").unwrap();
    }
    // What was copied is the oldest of all.
    let first = back(0);
    connection
        .execute_batch(&format!(
            "UPDATE delivery SET received_at = received_at - {first} WHERE seq <= {deliveries};
             UPDATE event SET (occurred_at, received_at) = (occurred_at - {first}, received_at - {first}) WHERE seq <= {events};
             UPDATE cascade SET decided_at = decided_at - {first} WHERE seq <= {cascades};
             UPDATE change SET (planned_at, settled_at) = (planned_at - {first}, settled_at - {first}) WHERE id <= {changes};
             UPDATE event SET new = '\"{RARE}\"' WHERE seq = 1;
             DELETE FROM word; DELETE FROM word_again; DELETE FROM word_named;
             UPDATE word_place SET (low, first, upto, high) = (SELECT max(seq) + 1, max(seq) + 1, max(seq), max(seq) FROM event);
             PRAGMA wal_checkpoint(TRUNCATE)"
        ))
        .unwrap();
}

async fn fill(journal: &Journal) {
    let site = SiteName::from("practice");
    let now = SystemClock.now();
    for first in (0..BROUGHT).step_by(usize::try_from(TOGETHER).unwrap()) {
        let accepted = journal.accept(delivery(first, TOGETHER)).await.unwrap();
        let mut deciding = JoinSet::new();
        for seq in accepted.new {
            let journal = journal.clone();
            deciding.spawn(async move { journal.decide(seq, decision(seq), now).await.unwrap() });
        }
        deciding.join_all().await;
    }
    let named = |kind: &str, n: u64, name: String, parent: Option<u64>| Known {
        entity: EntityRef::new(kind, i64::try_from(n).unwrap()).named(name),
        parent: parent.map(|n| EntityRef::new(EntityType::SHOT, i64::try_from(n).unwrap()).key),
    };
    let versions = (0..VERSIONS).map(|n| named("Version", n, format!("SQ{:03}_comp_v{n:04}", n / 50), Some(n / 10)));
    let tasks = (0..VERSIONS).map(|n| named("Task", n, "Composite".into(), Some(n / 10)));
    let shots = (0..VERSIONS / 10).map(|n| named("Shot", n, format!("SQ{:03}_{n:04}", n / 5), None));
    let people = (80..96).map(|n| named("HumanUser", n, format!("Artist{n}"), None));
    let projects = (1..=made::PROJECTS).map(|n| named("Project", n, format!("Show {n}"), None));
    let known = versions
        .chain(tasks)
        .chain(shots)
        .chain(people)
        .chain(projects)
        .collect();
    journal.learn(site.clone(), known).await.unwrap();
    // A search looks at what statuses are called, too.
    for column in [EntityType::VERSION, EntityType::TASK, EntityType::SHOT] {
        let kind = EntityType::from(column);
        let view = |s: &Status| StatusView {
            code: s.code.clone(),
            name: s.name.clone(),
            color: None,
        };
        let statuses = template("status-overhaul")
            .unwrap()
            .statuses_of(&kind)
            .iter()
            .map(view)
            .collect();
        journal.put_statuses(site.clone(), kind, statuses).await.unwrap();
    }
}

fn decision(seq: i64) -> Decision {
    if seq % CAUSING != 0 {
        return Decision {
            outcome: Outcome::Nothing,
            why: None,
            cascade: None,
        };
    }
    let change = |kind: &str, cause: Cause| NewChange {
        entity: EntityRef::new(kind, seq * 7919 % i64::try_from(VERSIONS).unwrap()),
        field: None,
        from: Some("ip".into()),
        to: Some("apv".into()),
        rule: "version-approved".into(),
        rule_name: "The client's approval closes the Task".into(),
        cause,
        state: ChangeState::Confirmed,
        skip: None,
        reason: None,
    };
    let changes = vec![change("Task", Cause::Event), change("Shot", Cause::Change(0))];
    Decision {
        outcome: Outcome::Changed,
        why: None,
        cascade: Some((1, "Status overhaul".into(), changes)),
    }
}

/// How long each of many askings takes for a first page of so many rows, in milliseconds.
fn pages(reader: &Reader, filter: &FeedFilter, rows: usize) -> Vec<f64> {
    let asking = |_| {
        let begun = Instant::now();
        let page = reader.feed(None, PAGE, filter).unwrap();
        let took = begun.elapsed().as_secs_f64() * 1000.0;
        assert_eq!(page.rows.len(), rows, "{filter:?}");
        assert_eq!(page.more, rows == PAGE as usize, "{filter:?}");
        took
    };
    (0..ASKED).map(asking).collect()
}

/// How long SQLite takes by itself.
pub(crate) fn bare(data: &Path, sql: &str) -> f64 {
    let connection = Connection::open_with_flags(Journal::file(data), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    milliseconds(|| {
        let mut query = connection.prepare_cached(sql).unwrap();
        let columns = query.column_count();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                std::hint::black_box(row.get_ref(column).unwrap());
            }
        }
    })
}

fn milliseconds(mut action: impl FnMut()) -> f64 {
    let mut taken: Vec<f64> = (0..TIMES)
        .map(|_| {
            let begun = Instant::now();
            action();
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    median(&mut taken)
}
