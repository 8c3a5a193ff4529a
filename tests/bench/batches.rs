//! Batched deliveries: how many events a second, and how many the journal takes without HTTP before it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use callboard_journal::{DeliveryIn, Journal};
use callboard_model::{Clock as _, HookName, SiteName, SystemClock};
use callboard_trackers::shotgrid::{STATUS_FIELD, decode};
use tokio::task::JoinSet;

use crate::made;
use crate::receiver::{CONNECTIONS, Requests, event, folder, ours, signed};
use crate::table::{Row, Table, counted, median};

const EVENTS: u64 = 50;
/// Deliveries for each thread of the client.
const EACH: u64 = 8_000;
const ROUNDS: usize = 3;
const FOR: Duration = Duration::from_secs(2);
const RATE: f64 = 60_000.0;

fn body(n: u64) -> String {
    let events: Vec<String> = (n * EVENTS..(n + 1) * EVENTS).map(|n| event(n, "")).collect();
    made::batch(&events)
}

/// The row of batched deliveries.
pub(crate) async fn measure(table: &mut Table, at: &Path) {
    let requests = Requests::write(at.join("batches"), EACH, |n| signed(n, EVENTS as usize, &body(n)));
    let (mut over_http, mut journals) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        over_http.push(ours(&requests, EVENTS).await.rate * EVENTS as f64);
        journals.push(journal().await);
    }
    let (rate, limit) = (median(&mut over_http), median(&mut journals));
    let (reach, which) = match limit < RATE {
        true => (limit, "the journal's own limit"),
        false => (RATE, "60,000 events/s"),
    };
    table.row(Row {
        what: format!("receiver: batched deliveries of {EVENTS}"),
        figure: format!("{} events/s", counted(rate)),
        against: format!("the journal without HTTP: {} events/s", counted(limit)),
        ratio: rate / limit,
        reach: format!("≥ {which}"),
        reached: rate >= reach,
    });
}

/// Events a second that the journal takes, already decoded.
async fn journal() -> f64 {
    let data = folder();
    let journal = Journal::open(data.path()).unwrap();
    let (site, hook) = (SiteName::from("practice"), HookName::from("status"));
    let prepared: Vec<DeliveryIn> = (0..EACH)
        .map(|n| {
            let body = body(n).into_bytes();
            DeliveryIn {
                hook: hook.clone(),
                site: site.clone(),
                tracker_id: None,
                received_at: SystemClock.now(),
                verdict: "Signature good".into(),
                headers: Vec::new(),
                events: decode(&site, &hook, &body),
                body,
                status_field: STATUS_FIELD,
                heard: Vec::new(),
                left_out: None,
            }
        })
        .collect();
    let prepared = Arc::new(std::sync::Mutex::new(prepared.into_iter()));
    let taken = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut senders = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (journal, prepared, taken) = (journal.clone(), prepared.clone(), taken.clone());
        senders.spawn(async move {
            while begun.elapsed() < FOR {
                let next = prepared.lock().unwrap().next();
                let Some(delivery) = next else { break };
                journal.accept(delivery).await.unwrap();
                taken.fetch_add(EVENTS, Ordering::Relaxed);
            }
        });
    }
    senders.join_all().await;
    let rate = taken.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
    rate
}
