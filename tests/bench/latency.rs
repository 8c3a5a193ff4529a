//! From a delivery to the change it causes, read back from the site.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use callboard_engine::{Engine, EngineOptions, HookSettings, KeepIn, Secret, Settings, SiteSettings, WriteMode};
use callboard_journal::{FeedFilter, FeedRow, Outcome, Reader};
use callboard_model::{ChangeState, EntityKey, SystemClock};
use callboard_practice::{Practice, PracticeArgs};
use callboard_rules::template;
use callboard_trackers::Tracker as _;
use callboard_trackers::shotgrid::{ScriptKey, ShotGrid};

use crate::receiver::folder;
use crate::table::{Row, Table, median, percentile};

const SECRET: &str = "mytoken";
const RATE: f64 = 50.0;
const FOR: Duration = Duration::from_secs(5);
const READS: usize = 500;
/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(30);

/// The rows of the engine.
pub(crate) async fn measure(table: &mut Table) {
    let practice = Practice::start(PracticeArgs {
        hook: vec!["http://127.0.0.1:9/hooks/status".into()],
        secret: Some(SECRET.into()),
        rate: RATE,
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let site = practice.control();
    site.people_pause(true);
    let data = folder();
    let engine = Engine::start(options(&practice, data.path())).await.unwrap();
    site.retarget_hook(0, &format!("{}/hooks/status", engine.receiver_url()));
    let reader = Reader::open(data.path()).unwrap();
    // The site is read once at the start; what is measured begins after that.
    until(|| reader.statuses().unwrap().len() == 3).await;

    site.people_pause(false);
    tokio::time::sleep(FOR).await;
    site.people_pause(true);
    let rows = || reader.rows_after(0, 100_000, &FeedFilter::default()).unwrap();
    until(|| site.is_all_delivered() && rows().iter().all(|r| r.outcome != Outcome::Waiting)).await;
    let rows = rows();
    let mut waited: Vec<f64> = rows.iter().flat_map(confirmed_after).collect();
    let mut decided: Vec<f64> = rows.iter().filter_map(decided_after).collect();
    let answers = answers_in(&practice).await;

    let (p50, p99) = (median(&mut waited), percentile(&mut waited, 99));
    let mut row = |what: &str, figure: f64, reach: f64| {
        table.row(Row {
            what: what.to_owned(),
            figure: format!("{figure:.1} ms"),
            against: format!("one REST answer of the practice site: {answers:.2} ms"),
            ratio: figure / answers,
            reach: format!("≤ {reach:.0} ms"),
            reached: figure <= reach,
        });
    };
    row("delivery → change confirmed: p50", p50, 5.0);
    row("the same: p99", p99, 50.0);
    table.note(format!(
        "Delivery → change: {:.0} events/s for {} s, people at work on the practice site; {} changes read back from it, chains of \
         changes each from the first delivery. Half were planned within {:.1} ms.",
        rows.len() as f64 / FOR.as_secs_f64(),
        FOR.as_secs(),
        waited.len(),
        median(&mut decided)
    ));
    drop(reader);
    engine.stop().await;
    practice.stop().await;
}

/// An engine for a practice site, whose log is read as in a studio.
pub(crate) fn options(practice: &Practice, data: &std::path::Path) -> EngineOptions {
    EngineOptions {
        data: data.to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        api: None,
        settings: Settings {
            sites: vec![SiteSettings {
                write: WriteMode::Act,
                practice: true,
                ..SiteSettings::shotgrid(
                    "practice",
                    &practice.url(),
                    "practice",
                    Secret::Plain("practice".into()),
                )
            }],
            hooks: vec![HookSettings::signed("status", "practice", Secret::Plain(SECRET.into()))],
            ..Settings::default()
        },
        settings_file: None,
        secrets: KeepIn::Memory,
        rules: template("status-overhaul"),
        author: "a benchmark".into(),
        clock: Arc::new(SystemClock),
        practice: None,
    }
}

async fn until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < DEADLINE, "waited in vain for the engine");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn confirmed_after(row: &FeedRow) -> impl Iterator<Item = f64> {
    let changes = row.cascade.iter().flat_map(|c| &c.changes);
    let confirmed = changes.filter(|c| c.state == ChangeState::Confirmed);
    confirmed.map(|c| c.settled_at.duration_since(row.received_at).as_secs_f64() * 1000.0)
}

fn decided_after(row: &FeedRow) -> Option<f64> {
    let cascade = row.cascade.as_ref().filter(|c| !c.changes.is_empty())?;
    Some(cascade.decided_at.duration_since(row.received_at).as_secs_f64() * 1000.0)
}

/// How long the site takes to tell a status, by the client that the engine uses, in milliseconds.
async fn answers_in(practice: &Practice) -> f64 {
    let key = ScriptKey {
        name: "practice".into(),
        key: "practice".into(),
    };
    let client = ShotGrid::new(&practice.url(), key, Arc::new(SystemClock)).unwrap();
    let task = practice
        .control()
        .entities("Task")
        .first()
        .and_then(|t| t["id"].as_i64())
        .unwrap();
    let keys = [EntityKey::new("Task", task)];
    let mut taken = Vec::with_capacity(READS);
    for _ in 0..READS {
        let begun = Instant::now();
        client.statuses(&keys).await.unwrap();
        taken.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    median(&mut taken)
}
