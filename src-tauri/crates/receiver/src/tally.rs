//! What the receiver took and what it did not, counted in memory so that a flood of bad requests writes nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use callboard_model::{HookName, Refusal};
use jiff::Timestamp;
use tokio::sync::Notify;

/// Between two lines of the log about deliveries that could not be stored: one for each would fill a full disk further.
const LOGGED_EVERY: Duration = Duration::from_secs(10);

/// Refusals of one kind at one hook since they were last drained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The hook.
    pub hook: HookName,
    /// Why.
    pub reason: Refusal,
    /// How many.
    pub number: u64,
    /// When last.
    pub last_at: Timestamp,
}

/// What a hook took and refused since it was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Deliveries taken.
    pub deliveries: u64,
    /// Events in them.
    pub events: u64,
    /// Deliveries refused.
    pub refused: u64,
    /// Time that the answers to those taken took together, in microseconds.
    pub micros: u64,
    /// The longest of them, in microseconds.
    pub longest: u64,
    /// The site's highest number of an event in them.
    pub newest: Option<i64>,
}

/// Counters since the program started, and refusals that are not in the journal yet.
#[derive(Debug, Default)]
pub struct Tally {
    deliveries: AtomicU64,
    events: AtomicU64,
    seen_again: AtomicU64,
    answering_micros: AtomicU64,
    strangers: AtomicU64,
    answers: Mutex<HashMap<HookName, Answers>>,
    refused: Mutex<HashMap<(HookName, Refusal), (u64, Timestamp)>>,
    totals: Mutex<HashMap<Refusal, u64>>,
    logged: Mutex<Logged>,
    something: Notify,
}

/// When a line was last written into the log, and how many were passed over since.
#[derive(Debug, Default)]
struct Logged {
    last: Option<Instant>,
    passed_over: u64,
}

impl Tally {
    pub(crate) fn accepted(&self, hook: &HookName, new: usize, seen: usize, newest: Option<i64>, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.count(hook, |answers| {
            answers.deliveries += 1;
            answers.events += (new + seen) as u64;
            answers.micros += micros;
            answers.longest = answers.longest.max(micros);
            answers.newest = answers.newest.max(newest);
        });
        self.deliveries.fetch_add(1, Ordering::Relaxed);
        self.events.fetch_add(new as u64, Ordering::Relaxed);
        self.seen_again.fetch_add(seen as u64, Ordering::Relaxed);
        self.answering_micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn count(&self, hook: &HookName, add: impl FnOnce(&mut Answers)) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.get_mut(hook) {
            Some(of_hook) => add(of_hook),
            None => add(answers.entry(hook.clone()).or_default()),
        }
    }

    /// What each hook took and refused since this was asked last.
    pub fn answers(&self) -> HashMap<HookName, Answers> {
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn refused(&self, hook: &HookName, reason: Refusal, at: Timestamp) {
        self.count(hook, |answers| answers.refused += 1);
        {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = refused.entry((hook.clone(), reason)).or_insert((0, at));
            entry.0 += 1;
            entry.1 = entry.1.max(at);
        }
        *self
            .totals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(reason)
            .or_default() += 1;
        self.something.notify_one();
    }

    /// Whether a delivery that could not be stored is worth a line in the log, and how many before it were not.
    pub(crate) fn worth_a_line(&self, now: Instant) -> Option<u64> {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < LOGGED_EVERY)
        {
            logged.passed_over += 1;
            return None;
        }
        logged.last = Some(now);
        Some(std::mem::take(&mut logged.passed_over))
    }

    pub(crate) fn stranger(&self) {
        self.strangers.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until something was refused since the last drain.
    pub async fn refusals(&self) {
        self.something.notified().await;
    }

    /// What was refused since the last drain.
    pub fn drain(&self) -> Vec<Seen> {
        let drained = std::mem::take(&mut *self.refused.lock().unwrap_or_else(PoisonError::into_inner));
        drained
            .into_iter()
            .map(|((hook, reason), (number, last_at))| Seen {
                hook,
                reason,
                number,
                last_at,
            })
            .collect()
    }

    /// The counters in Prometheus' text format.
    #[must_use]
    pub fn prometheus(&self) -> String {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut text = format!(
            "# TYPE callboard_deliveries_total counter\ncallboard_deliveries_total {}\n\
             # TYPE callboard_events_total counter\ncallboard_events_total {}\n\
             # TYPE callboard_events_seen_again_total counter\ncallboard_events_seen_again_total {}\n\
             # TYPE callboard_answering_seconds_total counter\ncallboard_answering_seconds_total {}\n\
             # TYPE callboard_strangers_total counter\ncallboard_strangers_total {}\n\
             # TYPE callboard_refused_total counter\n",
            number(&self.deliveries),
            number(&self.events),
            number(&self.seen_again),
            Duration::from_micros(number(&self.answering_micros)).as_secs_f64(),
            number(&self.strangers),
        );
        let totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        for reason in Refusal::ALL {
            let number = totals.get(&reason).copied().unwrap_or(0);
            text.push_str(&format!(
                "callboard_refused_total{{reason=\"{}\"}} {number}\n",
                reason.as_str()
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_deliveries_that_cannot_be_stored_is_a_line_in_ten_seconds() {
        let tally = Tally::default();
        let begun = Instant::now();
        let lines: Vec<u64> = (0..2_500)
            .filter_map(|n| tally.worth_a_line(begun + Duration::from_millis(10 * n)))
            .collect();
        assert_eq!(lines, [0, 999, 999]);
    }
}
