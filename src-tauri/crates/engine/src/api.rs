//! What windows may ask and hear. Two hosts carry it: the shell over Tauri IPC, `callboard serve` over HTTP and SSE.
//!
//! A window only reads the journal and sends commands, so a question is answered from disk, never from an engine's memory.

use std::collections::BTreeMap;

use callboard_journal::{Counts, DeliveryView, FeedFilter, FeedRow, LiveName, StatusView};
use callboard_model::{HookHealth, RuleId, SiteName};
use callboard_rules::{Finding, RuleSet};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A question or command from a window.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "ask", rename_all = "snake_case")]
#[ts(export)]
pub enum Ask {
    /// Sites, hooks, counts and statuses: what stands around every view. Answered with [`Overview`].
    Overview,
    /// A page of the feed, newest first. Answered with [`FeedPage`].
    Feed {
        /// Only events before this one, for the next page down.
        before: Option<i64>,
        /// How many, at most 500.
        limit: u32,
        /// Which.
        #[serde(default)]
        filter: FeedFilter,
    },
    /// One event with all that is known of it. Answered with [`EventDetail`].
    Event {
        /// Its number in the journal.
        seq: i64,
    },
    /// The live rule set. Answered with [`LiveRules`], or null where none is live.
    Rules,
}

/// One event with all that is known of it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EventDetail {
    /// The row as the feed shows it.
    pub row: FeedRow,
    /// The request it came in.
    pub delivery: Option<DeliveryView>,
    /// The event as received: JSON text, untouched.
    pub payload: String,
    /// The rules that fired, as they were then.
    pub rules: Vec<FiredRule>,
}

/// A rule that fired.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FiredRule {
    /// Its id.
    pub id: RuleId,
    /// Its name.
    pub name: String,
    /// The rule in English.
    pub sentence: String,
}

/// What stands around every view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Overview {
    /// The program's version.
    pub version: String,
    /// The receiver's address on this machine.
    pub receiver: String,
    /// Set when a site is the practice production: nothing there is real.
    pub practice: bool,
    /// The connected sites.
    pub sites: Vec<SiteView>,
    /// The hooks and how they are.
    pub hooks: Vec<HookHealth>,
    /// What happened since midnight, local time.
    pub today: Counts,
    /// The live rule set.
    pub live: Option<LiveName>,
    /// Projects that events have named, for the filter.
    pub projects: Vec<String>,
    /// Entity types that events have named, for the filter.
    pub entity_types: Vec<String>,
    /// Statuses by entity type, in the site's order: how a code is shown.
    pub statuses: BTreeMap<String, Vec<StatusView>>,
}

/// A connected site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SiteView {
    /// Its name in the settings.
    pub name: SiteName,
    /// Its kind: `shotgrid` …
    pub kind: String,
    /// Its address.
    pub url: String,
    /// Where changes may be written: `watch`, `ask` or `act`.
    pub write: String,
    /// What is wrong and what to do; none when it answers.
    pub trouble: Option<String>,
}

/// The live rule set with what the check says of it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LiveRules {
    /// Revision, name, since when.
    pub live: LiveName,
    /// The document.
    pub document: RuleSet,
    /// Every rule in English, by id.
    pub sentences: BTreeMap<String, String>,
    /// What the check says.
    pub findings: Vec<Finding>,
}

/// What windows hear without asking. Batched, so that a burst is one message.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "news", rename_all = "snake_case")]
#[ts(export)]
pub enum News {
    /// Rows that are new or have changed, oldest first. A window knows a row by its `seq`.
    Rows {
        /// The rows.
        rows: Vec<FeedRow>,
    },
    /// Hooks, sites, counts or the live rule set changed.
    Overview {
        /// All of it.
        overview: Box<Overview>,
    },
    /// Some news were lost to a slow window: ask again from the start.
    Missed,
}

/// Why a question could not be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ApiError {
    /// What a program may act on.
    pub code: ApiErrorCode,
    /// What a coordinator may act on.
    pub message: String,
}

/// What a window does differently from one error to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ApiErrorCode {
    /// The question makes no sense.
    BadRequest,
    /// There is no such event.
    NotFound,
    /// The journal could not be read.
    Journal,
    /// The token is missing or wrong.
    Unauthorized,
    /// There is no engine: the message says why it could not start, and what to do.
    NotStarted,
}
