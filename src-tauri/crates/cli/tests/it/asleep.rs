//! A laptop that is closed in the middle of a day: the process stands still under load, and goes on.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use callboard_practice::{Control, Practice, PracticeArgs};
use serde_json::{Value, json};

use crate::run::{DEADLINE, Desk, SECRET, Serving, callboard, text};

const VERSIONS: usize = 8;
const WAY: [&str; 5] = ["bkdn", "cnv", "rev", "note", "apv"];
const ROUNDS: usize = 9;
/// A busy machine takes its time to catch up.
pub(crate) const EVENING: Duration = Duration::from_secs(90);

pub(crate) fn rules(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("rules.json");
    let ran = callboard(&["rules", "template", "status-overhaul"]);
    std::fs::write(&file, ran.out).unwrap();
    file
}

/// Settings for a practice site, its log read every second.
pub(crate) fn settings(desk: &Desk, practice: &Practice) {
    let settings = format!(
        "[[site]]\nname = \"practice\"\nkind = \"shotgrid\"\nurl = \"{}\"\nscript_name = \"practice\"\n\
         script_key = \"practice\"\nwrite = \"act\"\npoll_seconds = 1\n\n[[hook]]\nname = \"status\"\nsite = \"practice\"\n\
         secret = \"{SECRET}\"\n",
        practice.url()
    );
    std::fs::write(desk.settings(), settings).unwrap();
}

pub(crate) async fn until(what: &str, within: Duration, mut holds: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed() < within, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Versions of one Task each, in a status that nothing follows from.
fn versions(site: &Control) -> Vec<i64> {
    let composite = |task: &Value| task["step"]["name"] == "Composite";
    let tasks = site.entities("Task");
    let tasks = tasks.iter().filter(|task| composite(task)).take(VERSIONS);
    tasks
        .map(|task| site.create_version_as_person(task["id"].as_i64(), "rqc"))
        .collect()
}

async fn work(site: &Control, versions: &[i64], rounds: std::ops::Range<usize>) {
    for round in rounds {
        for (place, version) in versions.iter().enumerate() {
            let code = WAY[(round * 3 + place) % WAY.len()];
            site.set_status_as_person("Version", *version, code);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn statuses(site: &Control) -> BTreeMap<(String, i64), Option<String>> {
    let mut all = BTreeMap::new();
    for kind in ["Version", "Task", "Shot"] {
        for entity in site.entities(kind) {
            let id = entity["id"].as_i64().unwrap();
            all.insert((kind.to_owned(), id), site.status(kind, id));
        }
    }
    all
}

/// The whole day. `sleeps`: whether the laptop is closed for the middle of it.
async fn day(sleeps: bool) -> BTreeMap<(String, i64), Option<String>> {
    let desk = Desk::new();
    let practice = Practice::start(PracticeArgs {
        generate_event_log_entries: true,
        hook: vec!["http://127.0.0.1:9/hooks/status".into()],
        secret: Some(SECRET.into()),
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    settings(&desk, &practice);
    let rules = rules(desk.folder.path());
    let serving: Serving = desk.serve_with(&["--rules", text(&rules)]);
    let site = practice.control();
    site.retarget_hook(0, &serving.hook());
    until("the log is read", DEADLINE, || position(&desk).is_some()).await;
    let versions = versions(&site);
    work(&site, &versions, 0..ROUNDS / 3).await;
    if sleeps {
        serving.running.stand_still();
    }
    let before = site.deliveries().len();
    work(&site, &versions, ROUNDS / 3..2 * ROUNDS / 3).await;
    if sleeps {
        // Long enough that the site has given up on deliveries: after six seconds each has failed.
        until("deliveries have failed", DEADLINE, || {
            let failed = site.deliveries().into_iter().skip(before.saturating_sub(1));
            failed.filter(|delivery| delivery.status == "failed").count() >= 3
        })
        .await;
        serving.running.go_on();
    }
    work(&site, &versions, 2 * ROUNDS / 3..ROUNDS).await;
    let told: Vec<i64> = site
        .event_log()
        .iter()
        .filter(|row| row["event_type"] == "Shotgun_Version_Change" && row["attribute_name"] == "sg_status_list")
        .filter(|row| row["meta"]["in_create"] != json!(true))
        .filter_map(|row| row["id"].as_i64())
        .collect();
    let mut missing = told.clone();
    until("everything is known and decided", EVENING, || {
        let journal = desk.journal();
        let known = |id: &i64| {
            let sql = "SELECT count(*) FROM event WHERE entry_id = ?1 AND outcome <> 'waiting'";
            journal.query_row(sql, [id], |r| r.get::<_, i64>(0)).unwrap() == 1
        };
        missing.retain(|id| !known(id));
        let sql = "SELECT count(*) FROM event WHERE outcome = 'waiting'";
        missing.is_empty() && journal.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap() == 0
    })
    .await;
    let journal = desk.journal();
    let confirmed: i64 = journal
        .query_row("SELECT count(*) FROM change WHERE state = 'confirmed'", [], |r| {
            r.get(0)
        })
        .unwrap();
    let written = site.writes().iter().filter(|w| w.user_type == "ApiUser").count();
    assert_eq!(i64::try_from(written).unwrap(), confirmed, "nothing is written twice");
    let statuses = statuses(&site);
    assert_eq!(serving.running.terminate().0, Some(0));
    practice.stop().await;
    statuses
}

fn position(desk: &Desk) -> Option<i64> {
    let sql = "SELECT entry_id FROM log_position WHERE site = 'practice'";
    desk.journal().query_row(sql, [], |r| r.get(0)).ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_with_a_closed_laptop_ends_as_one_without() {
    let (awake, slept) = (day(false).await, day(true).await);
    let differ: Vec<_> = awake
        .iter()
        .filter(|(place, status)| slept.get(place) != Some(status))
        .collect();
    assert!(differ.is_empty(), "{differ:?}");
}
