//! A short form of `make soak`, without the window: people at work, deliveries at fifty a second, what-if asked over and over.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use callboard_practice::{Control, Practice, PracticeArgs};
use serde_json::{Value, json};

use crate::asleep::{EVENING, rules, settings, until};
use crate::run::{DEADLINE, Desk, SECRET, Serving, client, text};

/// Deliveries of the rush, and after how many of them it counts as warm.
const DELIVERIES: i64 = 800;
const WARM: i64 = 300;
/// A busy machine makes fewer than fifty events a second.
const RUSH: Duration = Duration::from_secs(240);
/// What the program may hold more at the end than when it was warm, in bytes. What five hundred deliveries say takes a hundredth of it.
const MORE: u64 = 64 << 20;

/// Asks what another rule set would do, over and over, and counts the runs that come to their end.
async fn ask_what_if(api: String, token: String, ended: Arc<AtomicUsize>) {
    let http = client();
    let mut news = http
        .get(format!("{api}/api/news"))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    let asking = async {
        loop {
            let ask = json!({"ask": "what_if", "which": {"template": "roll-up"}});
            let ask = http.post(format!("{api}/api/ask")).bearer_auth(&token).json(&ask);
            // As many as may run at once are running already, or the engine has ended.
            let _ = ask.send().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let hearing = async {
        let mut heard = String::new();
        while let Ok(Some(chunk)) = news.chunk().await {
            heard.push_str(&String::from_utf8_lossy(&chunk));
            let (whole, rest) = heard.rsplit_once('\n').unwrap_or(("", &heard));
            let runs = whole
                .lines()
                .filter(|line| line.contains("\"what_if\"") && line.contains("\"summary\":{"));
            ended.fetch_add(runs.count(), Ordering::Relaxed);
            heard = rest.to_owned();
        }
    };
    tokio::select! {
        () = asking => {}
        () = hearing => {}
    }
}

/// Bytes that the program holds for itself (proc(5), `RssAnon`).
fn held(serving: &Serving) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.running.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// The numbers of the events that were answered with 200.
fn acknowledged(site: &Control) -> BTreeSet<i64> {
    let deliveries = site
        .deliveries()
        .into_iter()
        .filter(|delivery| delivery.response_code == 200);
    let entries = deliveries.map(|delivery| {
        let body: Value = serde_json::from_str(&delivery.request_body).unwrap();
        body["data"]["event_log_entry_id"].as_i64().unwrap()
    });
    entries.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_people_work_and_what_if_runs_nothing_is_lost_or_kept_twice_and_all_is_decided() {
    let desk = Desk::new();
    let practice = Practice::start(PracticeArgs {
        hook: vec!["http://127.0.0.1:9/hooks/status".into()],
        secret: Some(SECRET.into()),
        rate: 50.0,
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let site = practice.control();
    site.people_pause(true);
    settings(&desk, &practice);
    let rules = rules(desk.folder.path());
    let serving = desk.serve_with(&["--rules", text(&rules)]);
    site.retarget_hook(0, &serving.hook());
    let said = |name: &str| serving.ready[name].as_str().unwrap().to_owned();
    let ended: Arc<AtomicUsize> = Arc::default();
    let asking = tokio::spawn(ask_what_if(said("api"), said("token"), ended.clone()));

    site.people_pause(false);
    let count = |query: &str| -> i64 { desk.journal().query_row(query, [], |row| row.get(0)).unwrap() };
    let arrived = || count("SELECT count(*) FROM delivery");
    until("it is warm", RUSH, || arrived() >= WARM).await;
    let warm = held(&serving);
    until("all have been sent", RUSH, || arrived() >= DELIVERIES).await;
    site.people_pause(true);
    until("all are answered", EVENING, || site.is_all_delivered()).await;
    let waiting = "SELECT (SELECT count(*) FROM event WHERE outcome = 'waiting')
                   + (SELECT count(*) FROM change WHERE state IN ('planned', 'applied'))";
    until("all is decided and settled", EVENING, || count(waiting) == 0).await;
    let now = held(&serving);
    until("a what-if has come to its end", DEADLINE, || {
        ended.load(Ordering::Relaxed) > 0
    })
    .await;
    asking.abort();

    let told = acknowledged(&site);
    assert!(
        i64::try_from(told.len()).unwrap() >= DELIVERIES,
        "{} were acknowledged",
        told.len()
    );
    assert!(site.deliveries().iter().all(|delivery| delivery.response_code == 200));
    let journal = desk.journal();
    let mut query = journal
        .prepare("SELECT entry_id FROM event WHERE entry_id IS NOT NULL")
        .unwrap();
    let rows: Vec<i64> = query.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    let kept: BTreeSet<i64> = rows.iter().copied().collect();
    assert_eq!(told.difference(&kept).count(), 0, "acknowledged and gone");
    assert_eq!(rows.len(), kept.len(), "kept twice");
    let changes = count("SELECT count(*) FROM change WHERE state = 'confirmed'");
    assert!(changes > 50, "{changes} changes were made");
    assert!(now < warm + MORE, "it held {warm} bytes, and now {now}");
    assert_eq!(serving.running.terminate().0, Some(0));
    practice.stop().await;
}
