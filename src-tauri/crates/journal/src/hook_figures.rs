//! How hooks did over time: steps of ten minutes, and the states that they went through.

use callboard_model::{HookName, HookState};
use jiff::Timestamp;
use rusqlite::params;

use crate::rows::{from_word, micros, text, time};
use crate::{Journal, JournalError, Reader, Touched};

/// A step, in microseconds.
pub(crate) const STEP: i64 = 600_000_000;

/// What a hook did since it was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookFigures {
    /// The hook.
    pub hook: HookName,
    /// Within the step that this is in.
    pub at: Timestamp,
    /// Deliveries taken.
    pub deliveries: u64,
    /// Events in them.
    pub events: u64,
    /// Deliveries refused.
    pub refused: u64,
    /// Time that our answers took together, in microseconds.
    pub took: u64,
    /// The longest of them, in microseconds.
    pub longest: u64,
}

impl Journal {
    /// Adds figures to the steps that they are in. Steps older than `keep_from` go.
    pub async fn add_figures(&self, figures: Vec<HookFigures>, keep_from: Timestamp) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
                for one in &figures {
                    c.prepare_cached(
                        "INSERT INTO hook_step (hook, at, deliveries, events, refused, took, longest)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                         ON CONFLICT DO UPDATE SET deliveries = deliveries + ?3, events = events + ?4,
                            refused = refused + ?5, took = took + ?6, longest = max(longest, ?7)",
                    )?
                    .execute(params![
                        one.hook.as_str(),
                        micros(one.at).div_euclid(STEP) * STEP,
                        number(one.deliveries),
                        number(one.events),
                        number(one.refused),
                        number(one.took),
                        number(one.longest),
                    ])?;
                }
                c.prepare_cached("DELETE FROM hook_step WHERE at < ?1")?
                    .execute([micros(keep_from)])?;
                Ok(((), Touched::nothing()))
            })
            .await
    }
}

impl Reader {
    /// A hook's steps from a time on, oldest first; each is told with its beginning.
    pub fn figures(&self, hook: &HookName, since: Timestamp) -> Result<Vec<HookFigures>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(
            "SELECT at, deliveries, events, refused, took, longest FROM hook_step WHERE hook = ?1 AND at >= ?2 ORDER BY at",
        )?;
        q.query_and_then(params![hook.as_str(), micros(since)], |r| {
            Ok(HookFigures {
                hook: hook.clone(),
                at: time(r.get(0)?)?,
                deliveries: r.get(1)?,
                events: r.get(2)?,
                refused: r.get(3)?,
                took: r.get(4)?,
                longest: r.get(5)?,
            })
        })?
        .collect()
    }

    /// The states that a hook went through and since when, oldest first.
    pub fn hook_states(&self, hook: &HookName) -> Result<Vec<(Timestamp, HookState)>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached("SELECT since, state FROM hook_state WHERE hook = ?1 ORDER BY since")?;
        q.query_and_then([hook.as_str()], |r| Ok((time(r.get(0)?)?, from_word(text(r, 1)?)?)))?
            .collect()
    }

    /// When a hook's last delivery that brought something arrived.
    pub fn last_delivery(&self, hook: &HookName) -> Result<Option<Timestamp>, JournalError> {
        let c = self.connection()?;
        let at: Option<i64> = c
            .prepare_cached("SELECT max(received_at) FROM delivery WHERE hook = ?1")?
            .query_row([hook.as_str()], |r| r.get(0))?;
        at.map(time).transpose()
    }
}
