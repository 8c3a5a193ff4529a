//! How the event log numbers its rows and when it shows them. ShotGrid REST: event log.
//!
//! Ids are taken before a transaction ends: one that is rolled back leaves a gap for ever, one that ends late shows its row
//! after rows with higher ids. Both draw from a stream of their own, so that the same seed leaves out the same ids.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Before one row in this many, ids were rolled back.
const GAPS: u64 = 12;
const WIDEST_GAP: u64 = 2;

/// What the log keeps besides its rows.
#[derive(Debug)]
pub(crate) struct Ledger {
    rng: ChaCha8Rng,
    last: Timestamp,
    /// The first row of each second in which there was one: the log is searched by its times.
    seconds: BTreeMap<i64, i64>,
    /// How long until a row is readable, instead of 0.3 to 0.4 s.
    pub(crate) usual_delay: Option<Duration>,
    /// Before one row in this many, ids are left out; 0 for never.
    pub(crate) gaps: u64,
    /// One row in this many is late by seconds; 0 for none.
    pub(crate) late: u64,
    /// Ids to leave out before the next row, because a test said so.
    pub(crate) leave_out: i64,
    /// By how much the next row is late, because a test said so.
    pub(crate) next_is_late: Option<Duration>,
}

impl Ledger {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(8);
        Self {
            rng,
            last: Timestamp::MIN,
            seconds: BTreeMap::new(),
            usual_delay: None,
            gaps: GAPS,
            late: 0,
            leave_out: 0,
            next_is_late: None,
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound.max(1)
    }

    fn is_one_in(&mut self, count: u64) -> bool {
        count > 0 && self.below(count) == 0
    }

    /// The time of a row: `now`, but never before the row that was written last.
    pub(crate) fn stamp(&mut self, now: Timestamp) -> Timestamp {
        self.last = self.last.max(now);
        self.last
    }

    /// How many ids were rolled back before the next row.
    pub(crate) fn rolled_back(&mut self) -> i64 {
        let told = std::mem::take(&mut self.leave_out);
        let drawn = if self.is_one_in(self.gaps) {
            1 + self.below(WIDEST_GAP)
        } else {
            0
        };
        told.saturating_add(i64::try_from(drawn).unwrap_or(0))
    }

    /// How long until the next row is readable. Delays differ, so even an ordinary day shows a later id before an earlier.
    pub(crate) fn delay(&mut self) -> Duration {
        let usual = match self.usual_delay {
            Some(delay) => delay,
            None => Duration::from_millis(300 + self.below(100)),
        };
        let late = if self.is_one_in(self.late) {
            Duration::from_millis(2_000 + self.below(4_000))
        } else {
            Duration::ZERO
        };
        usual + self.next_is_late.take().unwrap_or(late)
    }

    /// Takes note of a row.
    pub(crate) fn written(&mut self, at: Timestamp, id: i64) {
        self.seconds.entry(at.as_second()).or_insert(id);
    }

    /// Before this id there is no row of this second or a later one.
    pub(crate) fn first_since(&self, second: i64) -> i64 {
        self.seconds.range(second..).next().map_or(i64::MAX, |(_, id)| *id)
    }
}
