//! A long time away: a hundred thousand events wait in the site's log.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use callboard_engine::Engine;
use callboard_journal::Reader;
use callboard_model::{EntityKey, SiteName, SystemClock};
use callboard_practice::{Practice, PracticeArgs};
use callboard_trackers::shotgrid::{ScriptKey, ShotGrid};
use callboard_trackers::{SiteLog as _, Tracker as _};

use crate::latency::options;
use crate::receiver::folder;
use crate::table::{Row, Table, counted};

const EVENTS: usize = 100_000;
const PAGE: usize = 500;
/// As many calls at once as the engine makes to one site.
const AT_ONCE: usize = 4;
const CALLS: usize = 4_000;
/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(600);

/// The rows of the second road.
pub(crate) async fn measure(table: &mut Table) {
    let practice = Practice::start(PracticeArgs::default()).await.unwrap();
    let site = practice.control();
    let data = folder();
    // Once, so that there is a place to go on from.
    let engine = Engine::start(options(&practice, data.path())).await.unwrap();
    let reader = Reader::open(data.path()).unwrap();
    let name = SiteName::from("practice");
    until(|| reader.log_position(&name).unwrap().is_some()).await;
    let from = reader.log_position(&name).unwrap().map_or(0, |position| position.entry);
    engine.stop().await;
    let ids = site.write_backlog(EVENTS, false);
    let last = *ids.end();
    let (bare_rows, calls) = (
        rows_by_the_site(&practice, from, last).await,
        calls_by_the_site(&practice).await,
    );

    let asked_before = site.requests();
    let begun = Instant::now();
    let engine = Engine::start(options(&practice, data.path())).await.unwrap();
    let reader = Reader::open(data.path()).unwrap();
    until(|| {
        reader
            .log_position(&name)
            .unwrap()
            .is_some_and(|position| position.entry >= last)
    })
    .await;
    let read = begun.elapsed().as_secs_f64();
    until(|| reader.waiting(&name, &HashSet::new(), None, 1).unwrap().is_empty()).await;
    let done = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count of requests is far below 2^52")]
    let asked = (site.requests() - asked_before) as f64;
    let events = EVENTS as f64;
    table.row(Row {
        what: format!("a backlog of {} events: read into the journal", counted(events)),
        figure: format!("{} events/s", counted(events / read)),
        against: format!("the same pages read and thrown away: {}/s", counted(bare_rows)),
        ratio: events / read / bare_rows,
        reach: "told".into(),
        reached: true,
    });
    table.row(Row {
        what: "the same: decided, written and read back".into(),
        figure: format!("{} calls/s", counted(asked / done)),
        against: format!("the site's own answers, {AT_ONCE} at once: {}/s", counted(calls)),
        ratio: asked / done / calls,
        reach: "told".into(),
        reached: true,
    });
    table.note(format!(
        "Backlog: read after {read:.1} s, all decided after {done:.1} s ({} events/s), with {} calls to the site.",
        counted(events / done),
        counted(asked)
    ));
    drop(reader);
    engine.stop().await;
    practice.stop().await;
}

async fn until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < DEADLINE, "waited in vain for the engine");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn client(practice: &Practice) -> ShotGrid {
    let key = ScriptKey {
        name: "practice".into(),
        key: "practice".into(),
    };
    ShotGrid::new(&practice.url(), key, Arc::new(SystemClock)).unwrap()
}

/// How many rows a second the site's log gives by the client that the engine uses.
async fn rows_by_the_site(practice: &Practice, mut from: i64, last: i64) -> f64 {
    let (client, name) = (client(practice), SiteName::from("practice"));
    let begun = Instant::now();
    let mut rows = 0;
    while from < last {
        let page = client.after(&name, from, PAGE).await.unwrap();
        rows += page.len();
        from = page.last().map_or(last, |row| row.id);
    }
    rows as f64 / begun.elapsed().as_secs_f64()
}

/// How many calls a second the site answers to that client.
async fn calls_by_the_site(practice: &Practice) -> f64 {
    let task = practice
        .control()
        .entities("Task")
        .first()
        .and_then(|t| t["id"].as_i64());
    let keys = [EntityKey::new("Task", task.unwrap())];
    let client = client(practice);
    let begun = Instant::now();
    let callers = (0..AT_ONCE).map(|_| async {
        for _ in 0..CALLS / AT_ONCE {
            client.statuses(&keys).await.unwrap();
        }
    });
    futures::future::join_all(callers).await;
    CALLS as f64 / begun.elapsed().as_secs_f64()
}
