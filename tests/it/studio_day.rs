//! A day in the practice photo studio, heard from morning to evening, on good and on bad days.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use callboard_engine::{Engine, EngineOptions, KeepIn, Settings};
use callboard_journal::{FeedFilter, Reader};
use callboard_model::{SiteName, SystemClock};
use callboard_practice::{BadDay, Practice, PracticeArgs};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here takes on a busy machine. Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(60);
const SECRET: &str = "Y2FsbGJvYXJkLWNmLXNlY3JldA==";
/// Things that people do on a day.
const WORK: usize = 150;

async fn engine(data: &TempDir) -> Engine {
    let text = format!(
        "[[site]]\nname = \"studio\"\nkind = \"creative_force\"\n\n[[hook]]\nname = \"cf\"\nsite = \"studio\"\nsecret = \"{SECRET}\"\n"
    );
    Engine::start(EngineOptions {
        data: data.path().to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        api: None,
        settings: Settings::parse(&text).unwrap(),
        settings_file: None,
        secrets: KeepIn::Memory,
        rules: None,
        author: "a test".into(),
        clock: Arc::new(SystemClock),
        practice: None,
    })
    .await
    .unwrap()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = tokio::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed() < DEADLINE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What goes wrong on a day, if anything, and whether all of it is sent once more in the evening.
async fn a_day(bad: Option<BadDay>, again: bool) {
    let data = TempDir::new().unwrap();
    let engine = engine(&data).await;
    let practice = Practice::start(PracticeArgs {
        creative_force_hook: vec![format!("{}/hooks/cf", engine.receiver_url())],
        creative_force_secret: Some(SECRET.to_owned()),
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let (weather, studio) = (practice.control(), practice.control().creative_force());
    until("the morning is quiet", || studio.is_all_delivered()).await;
    studio.retry_after(Duration::from_millis(300));
    if let Some(bad) = bad {
        weather.begin(bad);
    }
    for _ in 0..WORK {
        studio.work();
    }
    weather.end_bad_days();
    until("all is delivered", || studio.is_all_delivered()).await;
    let sent = studio.deliveries();
    if again {
        assert!((0..sent.len()).all(|index| studio.redeliver(index)));
        until("all is delivered again", || studio.is_all_delivered()).await;
    }
    assert!(
        sent.iter().all(|delivery| delivery.answers.last() == Some(&Some(200))),
        "{bad:?}: each was taken in the end"
    );
    let id = |body: &str| -> String { serde_json::from_str::<Value>(body).unwrap()["PayloadId"].to_string() };
    let told: BTreeSet<String> = sent.iter().map(|delivery| id(&delivery.body)).collect();
    let reader = Reader::open(data.path()).unwrap();
    let rows = reader.rows_after(0, 100_000, &FeedFilter::default()).unwrap();
    assert_eq!(rows.len(), told.len(), "{bad:?}: each event once");
    let facts = reader.facts(&SiteName::from("studio")).unwrap();
    let heard: BTreeMap<(String, String), String> = facts
        .into_iter()
        .filter_map(|fact| {
            let key = fact.entity.key;
            Some((
                (key.kind.to_string(), key.id.to_string()),
                fact.entity.status?.to_string(),
            ))
        })
        .collect();
    for (key, status) in studio.statuses() {
        assert_eq!(heard.get(&key), Some(&status), "{bad:?}: {key:?}");
    }
    engine.stop().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_day_is_heard_whole_and_sent_again_changes_nothing() {
    a_day(None, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_days_end_as_a_good_one() {
    for bad in [BadDay::Duplicates, BadDay::Reordering, BadDay::DeadTunnel] {
        a_day(Some(bad), false).await;
    }
}
