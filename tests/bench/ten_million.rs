//! A journal of ten million events: what people wait for in it. `make bench-ten-million`; it takes some ten gigabytes and half an hour.

use std::ops::ControlFlow;
use std::time::Instant;

use callboard_engine::{Span, what_if};
use callboard_journal::{FeedFilter, Journal, Outcome, Reader};
use callboard_model::{EntityKey, SiteName};
use callboard_rules::template;
use jiff::{SignedDuration, Timestamp};

use crate::feed;
use crate::receiver::folder;
use crate::table::{Row, Table, counted, percentile};

const EVENTS: u64 = 10_000_000;
/// What people may wait for.
const REACH: f64 = 1_000.0;
const TIMES: usize = 11;
const PAGE: u32 = 100;
/// Events that are let go in one batch, as the engine does it.
const BATCH: u32 = 200;
const BATCHES: u32 = 25;

/// The rows of a very long journal.
pub(crate) async fn measure(table: &mut Table) {
    let data = folder();
    let making = Instant::now();
    feed::many(data.path(), EVENTS).await;
    let made = making.elapsed().as_secs_f64();
    let size = std::fs::metadata(Journal::file(data.path())).unwrap().len() as f64;
    let begun = Instant::now();
    let journal = Journal::open(data.path()).unwrap();
    let opened = begun.elapsed().as_secs_f64() * 1_000.0;
    let page = format!("SELECT * FROM event ORDER BY seq DESC LIMIT {}", PAGE + 1);
    let bare = feed::bare(data.path(), &page);
    let mut row = |what: &str, took: &mut [f64]| {
        let (p50, most) = (percentile(took, 50), percentile(took, 100));
        eprintln!("{what}: {p50:.1} ms, {most:.1} ms at most");
        table.row(Row {
            what: format!("{} events: {what}", counted(EVENTS as f64)),
            figure: format!("{p50:.1} ms, {most:.1} ms at most"),
            against: format!("SQLite, {} rows by their numbers: {bare:.1} ms", PAGE + 1),
            ratio: p50 / bare,
            reach: format!("≤ {REACH:.0} ms"),
            reached: most <= REACH,
        });
    };
    row("opening the journal", &mut [opened]);
    let reader = journal.reader().clone();
    for (what, filter, rows) in feed::asked() {
        row(
            what,
            &mut times(|| assert_eq!(reader.feed(None, PAGE, &filter).unwrap().rows.len(), rows)),
        );
    }
    let all = FeedFilter::default();
    let text = |text: &str| FeedFilter {
        text: text.into(),
        ..FeedFilter::default()
    };
    row(
        "a page at the other end",
        &mut times(|| {
            assert_eq!(reader.feed(Some(1_000), PAGE, &all).unwrap().rows.len(), PAGE as usize);
        }),
    );
    let changed = FeedFilter {
        outcomes: vec![Outcome::Changed],
        projects: vec!["Show 2".into()],
        ..FeedFilter::default()
    };
    for (what, filter) in [
        ("counts of all", &all),
        ("counts of a project and an outcome", &changed),
        ("counts with a common word", &text("apv")),
        ("counts with a word of the oldest event", &text(feed::RARE)),
    ] {
        row(what, &mut times(|| drop(reader.feed_counts(filter).unwrap())));
    }
    row(
        "groups by Shot",
        &mut times(|| drop(reader.feed_groups(None, 50, &all).unwrap())),
    );
    let site = SiteName::from("practice");
    row(
        "the history of a Shot",
        &mut times(|| {
            assert!(reader.history(&site, &EntityKey::new("Shot", 7)).unwrap().is_some());
        }),
    );
    row(
        "an event with its delivery",
        &mut times(|| {
            let seq = i64::try_from(EVENTS / 2).unwrap();
            assert!(reader.event(seq).unwrap().is_some() && reader.received_of(seq).unwrap().is_some());
            drop(reader.rows(&[seq]).unwrap());
        }),
    );
    row(
        "what the overview counts",
        &mut times(|| {
            drop((
                reader
                    .counts(Timestamp::MAX.checked_sub(SignedDuration::from_hours(1)).unwrap())
                    .unwrap(),
                reader.filters().unwrap(),
            ));
        }),
    );
    row("what /metrics counts", &mut times(|| drop(reader.totals().unwrap())));
    let mut batches = Vec::new();
    for _ in 0..BATCHES {
        let begun = Instant::now();
        assert_eq!(journal.let_go(Timestamp::MAX, BATCH).await.unwrap(), BATCH);
        batches.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    row("letting 200 events go", &mut batches);
    drop(reader);
    let began = Instant::now();
    let reader = Reader::open(data.path()).unwrap();
    let rules = template("status-overhaul").unwrap();
    let summary = what_if(&reader, &rules, &|_, rules| rules, Span::default(), &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    let took = began.elapsed().as_secs_f64();
    table.note(format!(
        "Ten million: made in {made:.0} s; the file has {:.1} GB, {:.0} bytes an event. A what-if over all {} took {took:.1} s, {:.2} s \
         a million.",
        size / 1e9,
        size / EVENTS as f64,
        counted(summary.events as f64),
        took * 1e6 / summary.events as f64,
    ));
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
}

fn times(mut action: impl FnMut()) -> Vec<f64> {
    (0..TIMES)
        .map(|_| {
            let begun = Instant::now();
            action();
            begun.elapsed().as_secs_f64() * 1_000.0
        })
        .collect()
}
