//! Bad days: faults that a studio meets, rehearsed. Each is seeded, comes and goes, and stays within bounds, so that a
//! reader who does everything right ends the day as if nothing had been wrong, unless its story says otherwise.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use thiserror::Error;
use tokio::time::Instant;

/// A dead tunnel comes back after this long, and dies again after as long as that twice over.
const TUNNEL_DEAD: Duration = Duration::from_secs(15);
const TUNNEL_ALIVE: Duration = Duration::from_secs(30);

/// A fault of the site or of the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BadDay {
    /// Deliveries come twice.
    Duplicates,
    /// Deliveries overtake one another.
    Reordering,
    /// Some deliveries are never sent.
    LostDeliveries,
    /// Some rows of the event log become readable late.
    LateRows,
    /// Many ids of the event log never appear.
    Gaps,
    /// A hundred Tasks change at once.
    Bursts,
    /// Answers take long.
    Slow,
    /// The REST API answers 502, 503 and 504 in bursts.
    Errors,
    /// Some records refuse the status writes of scripts.
    Refusals,
    /// Writes are done, but their answers never come.
    Timeouts,
    /// No delivery arrives for a while.
    DeadTunnel,
    /// Hooks fail and fall silent.
    FailedHook,
    /// What scripts write leaves no trace.
    ScriptSilence,
    /// Tokens end before their time.
    ExpiredTokens,
    /// Some events are too large to be delivered with their values.
    BigPayloads,
    /// Values come in shapes that few expect.
    OddValues,
    /// The site's budget of response time holds.
    Throttled,
}

/// No bad day has this name.
#[derive(Debug, Error)]
#[error("there is no bad day '{0}'; --bad-day list names them")]
pub struct UnknownBadDay(String);

impl BadDay {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Duplicates,
        Self::Reordering,
        Self::LostDeliveries,
        Self::LateRows,
        Self::Gaps,
        Self::Bursts,
        Self::Slow,
        Self::Errors,
        Self::Refusals,
        Self::Timeouts,
        Self::DeadTunnel,
        Self::FailedHook,
        Self::ScriptSilence,
        Self::ExpiredTokens,
        Self::BigPayloads,
        Self::OddValues,
        Self::Throttled,
    ];

    /// What `--bad-day` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Duplicates => "duplicates",
            Self::Reordering => "reordering",
            Self::LostDeliveries => "lost-deliveries",
            Self::LateRows => "late-rows",
            Self::Gaps => "gaps",
            Self::Bursts => "bursts",
            Self::Slow => "slow",
            Self::Errors => "errors",
            Self::Refusals => "refusals",
            Self::Timeouts => "timeouts",
            Self::DeadTunnel => "dead-tunnel",
            Self::FailedHook => "failed-hook",
            Self::ScriptSilence => "script-silence",
            Self::ExpiredTokens => "expired-tokens",
            Self::BigPayloads => "big-payloads",
            Self::OddValues => "odd-values",
            Self::Throttled => "throttled",
        }
    }

    /// What happens on it, in one line.
    pub fn story(self) -> &'static str {
        match self {
            Self::Duplicates => {
                "Every second to fourth delivery comes twice: byte for byte, or as a new delivery of the same events."
            }
            Self::Reordering => "Deliveries overtake one another: some are held back for up to a second and a half.",
            Self::LostDeliveries => "Some deliveries are never sent. The event log has every row.",
            Self::LateRows => {
                "Some rows of the event log become readable two to six seconds after rows with higher ids."
            }
            Self::Gaps => {
                "Transactions are rolled back: many ids of the event log never appear, at times a hundred in a row."
            }
            Self::Bursts => "People select a hundred Tasks and change all of them at once (with --rate).",
            Self::Slow => "Many answers of the API take half a second to two seconds.",
            Self::Errors => {
                "The REST API answers 502, 503 and 504 for two to five calls in a row, and then it is well again."
            }
            Self::Refusals => {
                "One record in six refuses what scripts write into its status, with 400 and the rule, until the day ends."
            }
            Self::Timeouts => {
                "Now and then a write is done, but its answer never comes: a gateway gives up with 504 at last."
            }
            Self::DeadTunnel => {
                "The tunnel to the receiver dies for fifteen seconds, again and again: no delivery arrives, hooks turn \
                 unstable or fail, the event log goes on."
            }
            Self::FailedHook => {
                "Each hook fails at its fifth event and is silent until somebody puts it active again. The event log goes on."
            }
            Self::ScriptSilence => {
                "Somebody turned generate_event_log_entries off: what scripts write leaves no row and raises no delivery."
            }
            Self::ExpiredTokens => "Now and then a token ends before its time: 401 until a new one is asked for.",
            Self::BigPayloads => {
                "People paste texts of more than a megabyte: those events are delivered without their values (with --rate)."
            }
            Self::OddValues => {
                "Deliveries carry some ids as text, and people clear statuses and set them again, from nothing (with --rate)."
            }
            Self::Throttled => "Receivers get a minute of response time a minute; what is beyond it waits.",
        }
    }

    /// How many times in a row it goes well, and how many it then goes wrong.
    fn rhythm(self) -> (RangeInclusive<u64>, RangeInclusive<u64>) {
        match self {
            Self::Duplicates | Self::Reordering => (1..=3, 1..=1),
            Self::LostDeliveries => (2..=6, 1..=2),
            Self::LateRows => (3..=8, 1..=3),
            Self::Gaps => (1..=4, 1..=1),
            Self::Bursts => (30..=60, 1..=1),
            Self::Slow => (0..=2, 1..=3),
            Self::Errors => (10..=30, 2..=5),
            Self::Timeouts => (3..=9, 1..=1),
            Self::ExpiredTokens => (8..=20, 1..=1),
            Self::BigPayloads => (15..=30, 1..=1),
            Self::OddValues => (1..=3, 1..=2),
            Self::Refusals | Self::DeadTunnel | Self::FailedHook | Self::ScriptSilence | Self::Throttled => {
                (u64::MAX..=u64::MAX, 0..=0)
            }
        }
    }

    /// A stream of its own, so that a day goes the same whatever other days it falls together with.
    fn stream(self) -> u64 {
        let place = Self::ALL.iter().position(|day| *day == self).unwrap_or(0);
        100 + place as u64
    }
}

impl fmt::Display for BadDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for BadDay {
    type Err = UnknownBadDay;

    fn from_str(name: &str) -> Result<Self, UnknownBadDay> {
        let found = Self::ALL.into_iter().find(|day| day.name() == name);
        found.ok_or_else(|| UnknownBadDay(name.to_owned()))
    }
}

/// Reads the name of a bad day; `list` is answered with all of them, as lines of JSON, and ends the program well.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named;

impl TypedValueParser for Named {
    type Value = BadDay;

    fn parse_ref(
        &self,
        _command: &clap::Command,
        _argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<BadDay, clap::Error> {
        let name = value.to_string_lossy();
        if name == "list" {
            let line = |day: BadDay| format!("{}\n", json!({"name": day.name(), "story": day.story()}));
            let lines: String = BadDay::ALL.into_iter().map(line).collect();
            // As a page of help: it goes to stdout, without the word "error" before it, and the program ends well.
            let page = clap::Command::new("list").override_help(lines);
            let asked = page.try_get_matches_from(["list", "--help"]).err();
            return Err(asked.unwrap_or_else(|| clap::Error::new(ErrorKind::DisplayHelp)));
        }
        name.parse()
            .map_err(|unknown| clap::Error::raw(ErrorKind::InvalidValue, unknown))
    }
}

/// One day that has begun.
#[derive(Debug)]
struct Day {
    rng: ChaCha8Rng,
    began: Instant,
    good_left: u64,
    bad_left: u64,
}

impl Day {
    fn within(&mut self, range: &RangeInclusive<u64>) -> u64 {
        let width = (range.end() - range.start()).saturating_add(1);
        range.start().saturating_add(self.rng.next_u64() % width)
    }
}

/// The days that have begun and not ended, and what they remember.
#[derive(Debug)]
pub(crate) struct BadDays {
    seed: u64,
    days: BTreeMap<BadDay, Day>,
    /// How many events each hook has had since a failed-hook day began, by the hook's place.
    pub(crate) heard: BTreeMap<usize, u32>,
    /// Scripts that left traces before a script-silence day began.
    pub(crate) silenced: Vec<i64>,
    /// How many texts of more than a megabyte people have pasted.
    pub(crate) pasted: i64,
}

impl BadDays {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            days: BTreeMap::new(),
            heard: BTreeMap::new(),
            silenced: Vec::new(),
            pasted: 0,
        }
    }

    pub(crate) fn begin(&mut self, bad: BadDay) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(bad.stream());
        let mut day = Day {
            rng,
            began: Instant::now(),
            // The first trouble comes as early as it may.
            good_left: *bad.rhythm().0.start(),
            bad_left: 0,
        };
        day.bad_left = day.within(&bad.rhythm().1);
        self.days.insert(bad, day);
    }

    pub(crate) fn end(&mut self) {
        *self = Self::new(self.seed);
    }

    pub(crate) fn is(&self, bad: BadDay) -> bool {
        self.days.contains_key(&bad)
    }

    pub(crate) fn begun(&self) -> impl Iterator<Item = BadDay> {
        self.days.keys().copied()
    }

    /// One more chance for it to go wrong: does it?
    pub(crate) fn strikes(&mut self, bad: BadDay) -> bool {
        let Some(day) = self.days.get_mut(&bad) else {
            return false;
        };
        if day.good_left > 0 {
            day.good_left -= 1;
            return false;
        }
        day.bad_left = day.bad_left.saturating_sub(1);
        if day.bad_left == 0 {
            let (good, wrong) = bad.rhythm();
            day.good_left = day.within(&good);
            day.bad_left = day.within(&wrong);
        }
        true
    }

    /// A number of the range, from the day's own stream; its start where it is no such day.
    pub(crate) fn pick(&mut self, bad: BadDay, range: &RangeInclusive<u64>) -> u64 {
        self.days.get_mut(&bad).map_or(*range.start(), |day| day.within(range))
    }

    /// Is the tunnel to the receivers dead just now?
    pub(crate) fn is_tunnel_dead(&self) -> bool {
        self.days.get(&BadDay::DeadTunnel).is_some_and(|day| {
            let cycle = (TUNNEL_DEAD + TUNNEL_ALIVE).as_millis();
            day.began.elapsed().as_millis() % cycle < TUNNEL_DEAD.as_millis()
        })
    }

    /// Does this record refuse what scripts write into its status? Always the same ones, so that asking first helps.
    pub(crate) fn refuses(&self, id: i64) -> bool {
        let seed = i64::try_from(self.seed % 6).unwrap_or(0);
        self.is(BadDay::Refusals) && (id % 6 + seed).rem_euclid(6) == 2
    }
}
