//! What came of a delivery, written back to the site's record of it: so that a pipeline TD who looks there sees it without
//! asking us. A courtesy: it never holds anything up, and its failures are harmless.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use callboard_journal::{FeedRow, Outcome};
use callboard_model::{Change, ChangeState};
use callboard_trackers::{MOST_ACKNOWLEDGED, TrackerError, Webhooks};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backoff;
use crate::desk::Desk;
use crate::site::Site;

/// Events whose outcomes may wait to be written back. Beyond it they are not: the site's record says less, ours says all.
pub(crate) const WAITING: usize = 2_000;
/// Outcomes are gathered for a moment, so that a batch is written back once.
const GATHER: Duration = Duration::from_millis(500);
/// Between two writings: there is no hurry.
const EVERY: Duration = Duration::from_millis(100);
/// How often one is tried.
const TRIES: u32 = 3;
/// A site that refuses is left alone for this long.
const LEFT_ALONE: Duration = Duration::from_secs(3_600);

/// Writes outcomes back until the program stops or lets the site go. `settled`: events whose cascade has come to its end.
pub(crate) async fn run(desk: Arc<Desk>, site: Arc<Site>, mut settled: mpsc::Receiver<i64>) {
    let Some(webhooks) = site.tracker.webhooks() else {
        return;
    };
    let mut refused_at: Option<Instant> = None;
    while let Some(Some(first)) = site.or_stop(settled.recv()).await {
        if !site.pause(GATHER).await {
            return;
        }
        let mut seqs = vec![first];
        while let Ok(seq) = settled.try_recv() {
            seqs.push(seq);
        }
        if refused_at.is_some_and(|at| at.elapsed() < LEFT_ALONE) {
            continue;
        }
        let mut due: BTreeMap<i64, String> = BTreeMap::new();
        for seq in seqs {
            let delivery = desk.read(|reader| reader.delivery_to_acknowledge(seq)).await;
            if let Some((delivery, id, None)) = delivery {
                due.insert(delivery, id);
            }
        }
        for (delivery, id) in due {
            let events = desk.read(|reader| reader.events_in(delivery)).await;
            // Its last event brings it here again.
            if events.iter().any(|event| event.outcome == Outcome::Waiting) {
                continue;
            }
            match write(&site, webhooks, &id, &outcome_of(&events)).await {
                Ok(()) => {
                    desk.logged(desk.journal.acknowledged(delivery, desk.clock.now()).await);
                }
                Err(TrackerError::NotFound) => {}
                Err(error) if error.passing() => {
                    tracing::debug!(site = %site.name, %error, "acknowledge: an outcome was not written back");
                }
                Err(error) => {
                    tracing::info!(site = %site.name, %error, "acknowledge: the site refuses outcomes");
                    refused_at = Some(Instant::now());
                    break;
                }
            }
            if !site.pause(EVERY).await {
                return;
            }
        }
    }
}

async fn write(site: &Site, webhooks: &dyn Webhooks, delivery: &str, text: &str) -> Result<(), TrackerError> {
    let mut tries = 0;
    loop {
        match site.call(webhooks.acknowledge(delivery, text)).await {
            Err(error) if error.passing() && tries + 1 < TRIES => {
                tries += 1;
                if !site.pause(backoff::wait(tries, error.retry_after())).await {
                    return Err(error);
                }
            }
            other => return other,
        }
    }
}

/// The outcome in a few lines: one an event, then one a change. Names, codes and rules only; cut at a line where it would be too long.
pub(crate) fn outcome_of(events: &[FeedRow]) -> String {
    let mut text = String::new();
    let mut lines = events.iter().flat_map(|event| {
        let changes = event.cascade.iter().flat_map(|cascade| &cascade.changes);
        std::iter::once(headline(event)).chain(changes.map(line))
    });
    let more = "…\n";
    for line in &mut lines {
        if text.len() + line.len() + more.len() > MOST_ACKNOWLEDGED {
            text.push_str(more);
            break;
        }
        text.push_str(&line);
    }
    text
}

/// A name may be anything that somebody typed.
fn short(text: &str) -> String {
    const MOST: usize = 80;
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MOST)
        .collect();
    if text.chars().count() > MOST {
        plain + "…"
    } else {
        plain
    }
}

fn headline(event: &FeedRow) -> String {
    let what = event.entity.as_ref().map_or_else(
        || event.event_type.clone(),
        |entity| {
            let name = entity.name.clone().unwrap_or_else(|| entity.key.id.to_string());
            format!("{} {}", entity.key.kind, short(&name))
        },
    );
    let came = match event.outcome {
        Outcome::Changed => "done",
        Outcome::Skipped => "done in part",
        Outcome::Failed => "failed in part",
        Outcome::Waiting | Outcome::Nothing | Outcome::Echo | Outcome::NotUnderstood => "nothing to do",
    };
    let rules = event
        .cascade
        .as_ref()
        .map_or_else(String::new, |c| format!(" by rules revision {}", c.revision));
    format!("Callboard: {}: {came}{rules}\n", short(&what))
}

fn line(change: &Change) -> String {
    let code =
        |code: Option<&callboard_model::StatusCode>| code.map_or_else(|| "none".to_owned(), |c| short(c.as_str()));
    let name = change
        .entity
        .name
        .clone()
        .unwrap_or_else(|| change.entity.key.id.to_string());
    let state = match change.state {
        ChangeState::Planned => "planned",
        ChangeState::Applied => "set",
        ChangeState::Confirmed => "set and confirmed",
        ChangeState::Skipped => "not set",
        ChangeState::Failed => "could not be set",
        ChangeState::Undone => "set and undone",
    };
    let mut line = format!(
        "- {} {}: {} to {}, {state} (rule {})",
        change.entity.key.kind,
        short(&name),
        code(change.from.as_ref()),
        code(change.to.as_ref()),
        short(&change.rule_name)
    );
    if let Some(reason) = &change.reason {
        // Writing to a String cannot fail.
        let _ = write!(line, ": {}", short(reason));
    }
    line.push('\n');
    line
}
