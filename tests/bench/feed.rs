//! The feed's first page and searches in a long journal.

use std::path::Path;
use std::time::Instant;

use callboard_journal::{Decision, DeliveryIn, FeedFilter, Journal, Known, NewChange, Outcome, Reader, StatusView};
use callboard_model::{Cause, ChangeState, Clock as _, EntityRef, EntityType, HookName, SiteName, SystemClock};
use callboard_rules::{Status, template};
use callboard_trackers::shotgrid::{STATUS_FIELD, decode};
use rusqlite::{Connection, OpenFlags};
use tokio::task::JoinSet;

use crate::made;
use crate::receiver::folder;
use crate::table::{Row, Table, counted, median};

const EVENTS: u64 = 100_000;
const TOGETHER: u64 = 500;
const VERSIONS: u64 = 5_000;
/// One event in so many caused something.
const CAUSING: i64 = 5;
const PAGE: u32 = 100;
const TIMES: usize = 11;
const REACH: f64 = 50.0;
/// Only the oldest event has this, so looking for it means looking at all of them.
const RARE: &str = "firstone";

/// The rows of the journal.
pub(crate) async fn measure(table: &mut Table) {
    let data = folder();
    let journal = Journal::open(data.path()).unwrap();
    fill(&journal).await;
    let reader = journal.reader().clone();
    let page = page(&reader, "", PAGE as usize);
    let often = self::page(&reader, "apv", PAGE as usize);
    let rarely = self::page(&reader, RARE, 1);
    let bare_page = bare(
        data.path(),
        &format!("SELECT * FROM event ORDER BY seq DESC LIMIT {}", PAGE + 1),
    );
    let bare_search = bare(
        data.path(),
        &format!("SELECT * FROM event WHERE new LIKE '%{RARE}%' ORDER BY seq DESC"),
    );
    let mut row = |what: String, took: f64, against: &str, bare: f64| {
        table.row(Row {
            what,
            figure: format!("{took:.1} ms"),
            against: format!("{against}: {bare:.1} ms"),
            ratio: took / bare,
            reach: format!("≤ {REACH:.0} ms at 1,000,000"),
            reached: took <= REACH,
        });
    };
    let many = counted(EVENTS as f64);
    let newest = "SQLite, the same rows of one table";
    row(format!("feed of {many} events: first page"), page, newest, bare_page);
    row(format!("search in {many}: a common word"), often, newest, bare_page);
    let scan = "SQLite, the same word in one column";
    row(format!("search in {many}: the oldest event"), rarely, scan, bare_search);
    table.note(format!(
        "Feed: the journal here holds {many} events, a tenth of what the reach is for. A first page and a common word do not \
         take longer in a longer journal; a word that only an old event has does, in proportion."
    ));
    drop(reader);
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
}

async fn fill(journal: &Journal) {
    let (site, hook) = (SiteName::from("practice"), HookName::from("status"));
    let now = SystemClock.now();
    for first in (0..EVENTS).step_by(usize::try_from(TOGETHER).unwrap()) {
        let events: Vec<String> = (first..first + TOGETHER)
            .map(|n| {
                let to = match n {
                    0 => RARE,
                    _ => ["rev", "note", "apv", "cnv", "sndcli", "rqc", "bkdn"]
                        .get((n % 7) as usize)
                        .unwrap(),
                };
                made::event(1_000_000 + n, "Version", n * 7919 % VERSIONS, "na", to, "")
            })
            .collect();
        let body = made::batch(&events).into_bytes();
        let delivery = DeliveryIn {
            tracker_id: None,
            events: decode(&site, &hook, &body),
            hook: hook.clone(),
            site: site.clone(),
            received_at: now,
            verdict: "Signature good".into(),
            headers: Vec::new(),
            body,
            status_field: STATUS_FIELD,
        };
        let accepted = journal.accept(delivery).await.unwrap();
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
    let people = (80..96).map(|n| named("HumanUser", n, format!("Artist {n}"), None));
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

/// How long a page of events with this text takes, in milliseconds.
fn page(reader: &Reader, text: &str, rows: usize) -> f64 {
    let filter = FeedFilter {
        text: text.to_owned(),
        ..FeedFilter::default()
    };
    milliseconds(|| assert_eq!(reader.feed(None, PAGE, &filter).unwrap().rows.len(), rows))
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
