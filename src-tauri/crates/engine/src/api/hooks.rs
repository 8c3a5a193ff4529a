//! What windows may ask of hooks, the roads and the deliveries.

use std::collections::BTreeMap;

use callboard_model::{
    AnswerTimes, EntityId, HookHealth, HookName, HookState, SiteDelivery, SiteName, SiteWebhook, Subscription,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DoctorFinding, KeyText};

/// The hooks with all that is known of them, and the roads by which events come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HooksView {
    /// The hooks, by name.
    pub hooks: Vec<HookView>,
    /// How each site's log is read.
    pub logs: Vec<LogView>,
    /// The address under which sites reach the receiver; none while none is set.
    pub public_address: Option<String>,
}

/// A hook with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HookView {
    /// How it is.
    pub health: HookHealth,
    /// Its address on this machine.
    pub address: String,
    /// Its address as the site reaches it; none while no public name is set.
    pub public_address: Option<String>,
    /// Why the tracker would not take that address, and what to do; none where it would, or nobody can tell.
    #[serde(default)]
    pub address_trouble: Option<String>,
    /// What it hears, where its tracker is only heard and somebody enters the webhook there by hand; none of other trackers.
    #[serde(default)]
    pub heard: Option<HeardHook>,
    /// Whether its deliveries must be signed or show a secret.
    pub is_signed: bool,
    /// How strong that is, as a sentence, where it is less than a signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub strength: Option<String>,
    /// What makes its secret or signature worth less than it could be, as sentences with what to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub weaknesses: Vec<String>,
    /// What its site offers for it; left out: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub offered: Option<HookOffers>,
    /// The site's record of it; none where the site has none, or does not let us see it.
    pub webhook: Option<SiteWebhook>,
    /// Why the site's record is not known, and what to do.
    pub webhook_unknown: Option<String>,
    /// How much of the site's patience it takes.
    pub load: HookLoad,
    /// When the site would give up, at the pace of failures so far; none without a failure in the past 24 hours.
    pub forecast: Option<Forecast>,
    /// When the last delivery arrived.
    #[ts(type = "string | null")]
    pub last_at: Option<Timestamp>,
    /// The past thirty days, the oldest first; a day on which nothing is known is missing.
    pub days: Vec<HookDay>,
    /// The past 24 hours in steps of ten minutes, the oldest first; a step in which nothing came or failed is missing.
    pub strip: Vec<HookStep>,
}

/// What a kind of site offers for its webhooks. What it does not offer is not missing: there is no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HookOffers {
    /// Tests that it sends when it is asked to.
    pub tests: bool,
    /// A record of its deliveries, from which one can be made again.
    pub record: bool,
    /// A place in that record for what came of a delivery.
    pub acknowledgements: bool,
}

/// How much of a site's patience a hook takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HookLoad {
    /// By our own clock, over the past hour.
    pub ours: AnswerTimes,
    /// By the site's, as it measured last.
    pub site: Option<AnswerTimes>,
    /// The share of the site's one minute of response time a minute that this hook takes: the worse of the two.
    pub share: Option<f64>,
}

/// When a site would give a hook up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Forecast {
    /// Failures in the past 24 hours.
    pub failures: u32,
    /// How many the site takes in 24 hours before it gives up.
    pub limit: u32,
    /// When the limit would be reached at the pace since the first failure of the past hour; none: not at that pace.
    #[ts(type = "string | null")]
    pub at: Option<Timestamp>,
}

/// One day of a hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HookDay {
    /// The day, as `2026-11-28`, UTC.
    pub day: String,
    /// The worst state that it was in.
    pub worst: HookState,
    /// Seconds of the day in which it was active.
    pub active_seconds: u32,
    /// Seconds of the day that are known of.
    pub known_seconds: u32,
    /// Deliveries taken.
    pub deliveries: u32,
    /// Deliveries refused.
    pub refused: u32,
}

/// Ten minutes of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HookStep {
    /// When they began.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Deliveries taken.
    pub deliveries: u32,
    /// Events in them.
    pub events: u32,
    /// Deliveries refused.
    pub refused: u32,
    /// Deliveries that failed by the site's record, those that never arrived among them.
    pub failed: u32,
    /// Mean time of our answers, in milliseconds.
    pub mean_ms: f64,
    /// The longest, in milliseconds.
    pub longest_ms: f64,
}

/// How a site's log is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LogView {
    /// The site.
    pub site: SiteName,
    /// How it goes.
    pub state: LogState,
    /// The number of the last row that was read; none before the first reading.
    pub position: Option<i64>,
    /// When that row happened.
    #[ts(type = "string | null")]
    pub position_at: Option<Timestamp>,
    /// About how many rows are still to be read, while catching up.
    pub behind: u32,
    /// How many were read in this catching up.
    pub caught_up: u32,
    /// Numbers that are missing and still waited for.
    pub gaps: u32,
    /// When it was read last.
    #[ts(type = "string | null")]
    pub read_at: Option<Timestamp>,
    /// Seconds between readings.
    pub every: u32,
    /// Why it cannot be read, and what to do.
    pub trouble: Option<String>,
    /// Where the site has no log and is compared instead: what cannot be brought back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub limits: Option<String>,
}

/// How the reading of a log goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LogState {
    /// The settings say not to read it.
    Off,
    /// Everything is read.
    Live,
    /// Rows are still to be read: after sleep, a restart or an outage.
    CatchingUp,
    /// It cannot be read now.
    Trouble,
}

/// Deliveries of a hook by the site's record beside our own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ComparedDeliveries {
    /// The newest first.
    pub rows: Vec<ComparedDelivery>,
    /// From when on both were looked at.
    #[ts(type = "string")]
    pub from: Timestamp,
    /// Deliveries that the site counts as delivered, or as failed, and that never arrived here, with events that are not known here.
    pub missing_here: u32,
    /// Deliveries that arrived here and that the site's record does not show.
    pub missing_there: u32,
    /// Whether the site has more than were looked at.
    pub more: bool,
    /// Why the site's record is not known, and what to do; the rows are then ours alone.
    pub trouble: Option<String>,
}

/// One delivery by both records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ComparedDelivery {
    /// The site's id of it; none where it was sent without.
    pub id: Option<String>,
    /// When it was made, or arrived.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// The site's record.
    pub site: Option<SiteDelivery>,
    /// Our events of it, by their numbers.
    pub events: Vec<i64>,
    /// The event log entries in it.
    pub entries: Vec<i64>,
    /// What the two together say.
    pub verdict: Compared,
}

/// What the site's record and ours say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Compared {
    /// It arrived, and both say so.
    Both,
    /// It did not arrive, but all its events are known here: by the log, or by another delivery.
    KnownAnyway,
    /// It did not arrive, and something in it is not known here.
    Missing,
    /// It arrived, and the site does not show it.
    OnlyHere,
    /// It is about the webhook itself and starts nothing.
    AboutItself,
}

/// What became of a backfill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Backfilled {
    /// Events that are new here.
    pub new: u32,
    /// Events that were known.
    pub known: u32,
    /// Event log entries that the site no longer has.
    pub gone: Vec<i64>,
}

/// A hook to make: here and on the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NewHook {
    /// Its name, the last part of its address.
    pub name: HookName,
    /// The site.
    pub site: SiteName,
    /// What it delivers.
    pub subscription: Subscription,
    /// Only from these projects; empty: from all.
    #[serde(default)]
    pub projects: Vec<EntityId>,
    /// Whether up to fifty events come in one request.
    #[serde(default)]
    pub batched: bool,
    /// Whether the site checks our certificate.
    pub validates_certificate: bool,
}

/// What a hook of a site hears that is only heard (Creative Force).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HeardHook {
    /// The workspaces (clients) of which deliveries are worked on. Empty: all.
    pub workspaces: Vec<String>,
    /// The production steps of which Task events are worked on. Empty: all.
    pub steps: Vec<String>,
    /// The names of the custom headers that each delivery must have.
    pub headers: Vec<String>,
    /// The production steps that there are to choose among.
    pub all_steps: Vec<String>,
}

/// A hook of a site that is only heard, as a person enters it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HookIn {
    /// Its name, the last part of its address. One of a name that is there is changed.
    pub name: HookName,
    /// The site.
    pub site: SiteName,
    /// The secret. Left out: the one that is kept, or where there is none, one is made.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub secret: Option<KeyText>,
    /// The names or ids of workspaces (clients) of which deliveries are worked on. Empty: all.
    #[serde(default)]
    pub workspaces: Vec<String>,
    /// The production steps of which Task events are worked on. Empty: all.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Custom headers that each delivery must have. An empty value keeps the one that is kept.
    #[serde(default)]
    #[ts(as = "BTreeMap<String, String>")]
    pub headers: BTreeMap<String, KeyText>,
}

/// The hooks, after one of a site was put among them that is only heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HookPut {
    /// The hooks.
    pub hooks: HooksView,
    /// The secret that was made, to be entered in the tracker. It is shown this once.
    pub secret: Option<String>,
}

/// What a test of a hook showed, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HookTest {
    /// Whether the test arrived.
    pub arrived: bool,
    /// Milliseconds from asking until it arrived.
    pub took_ms: Option<u32>,
    /// Each step: what was tried, and what to do where it failed.
    pub steps: Vec<DoctorFinding>,
}
