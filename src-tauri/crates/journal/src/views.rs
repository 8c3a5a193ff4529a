//! What the journal gives back: rows as windows and the command line show them.

use callboard_model::{
    Actor, Change, EntityKey, EntityRef, EntityType, HookName, HookWord, Operation, Road, RuleId, SiteName, StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Which rows of the feed. An empty list means any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct FeedFilter {
    /// Entity types: `Version`, `Task` …
    pub entity_types: Vec<String>,
    /// Projects, by name.
    pub projects: Vec<String>,
    /// What came of them.
    pub outcomes: Vec<Outcome>,
    /// Sites.
    pub sites: Vec<SiteName>,
    /// Who did it, by name.
    pub people: Vec<String>,
    /// Only events received from then on.
    #[ts(type = "string | null")]
    pub since: Option<Timestamp>,
    /// Only events received before then.
    #[ts(type = "string | null")]
    pub until: Option<Timestamp>,
    /// Only events about this, or about what belongs to it: of a Shot, its Tasks and Versions.
    pub about: Option<About>,
    /// Only events with these words, or words that begin so: names, people, statuses, rules, reasons, payload.
    pub text: String,
}

/// An entity of a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct About {
    /// The site.
    pub site: SiteName,
    /// The entity.
    pub entity: EntityKey,
}

/// What came of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Outcome {
    /// Not decided yet, or changes still to be written.
    Waiting,
    /// Every change of its cascade is confirmed.
    Changed,
    /// At least one change was skipped because a person or another rule came first.
    Skipped,
    /// At least one change was given up.
    Failed,
    /// No rule had anything to change.
    Nothing,
    /// The echo of our own write.
    Echo,
    /// Authentic, but of no shape we know.
    NotUnderstood,
}

impl Outcome {
    /// Every outcome there is.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Changed,
        Self::Skipped,
        Self::Failed,
        Self::Nothing,
        Self::Echo,
        Self::NotUnderstood,
    ];

    /// The outcome as it stands in the journal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Changed => "changed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Nothing => "nothing",
            Self::Echo => "echo",
            Self::NotUnderstood => "not_understood",
        }
    }
}

/// One row of the feed: an event and what it caused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FeedRow {
    /// Its number in the journal; newer is higher.
    pub seq: i64,
    /// The site it happened in.
    pub site: SiteName,
    /// By which road it came.
    pub road: Road,
    /// The hook it came by.
    pub hook: Option<HookName>,
    /// The site's own number of it.
    pub event_log_entry_id: Option<i64>,
    /// The tracker's name for it.
    pub event_type: String,
    /// What happened.
    pub operation: Operation,
    /// What it happened to.
    pub entity: Option<EntityRef>,
    /// What a Task or Version belongs to, where it has been read.
    pub parent: Option<EntityRef>,
    /// The field that changed.
    pub field: Option<String>,
    /// Whether that field is the entity's status, so that old and new are status codes.
    pub is_status: bool,
    /// The value before.
    #[ts(type = "unknown")]
    pub old: Option<Value>,
    /// The value after.
    #[ts(type = "unknown")]
    pub new: Option<Value>,
    /// What the site says of the hook, when the event is about the hook.
    pub hook_word: Option<HookWord>,
    /// What was said, when the event is a note and the note has been read.
    pub note: Option<String>,
    /// Who entered it and from where, when it came by hand.
    pub by_hand: Option<ByHand>,
    /// Who did it.
    pub actor: Option<Actor>,
    /// In which project.
    pub project: Option<EntityRef>,
    /// When it happened, by the site's clock.
    #[ts(type = "string | null")]
    pub occurred_at: Option<Timestamp>,
    /// When it reached us.
    #[ts(type = "string")]
    pub received_at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
    /// What it waits for or why nothing came of it, as a sentence.
    pub why: Option<String>,
    /// How often it was delivered again; acted on once all the same.
    pub seen_again: u32,
    /// What it caused.
    pub cascade: Option<CascadeView>,
}

/// Where an event that was entered by hand comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ByHand {
    /// Who entered it.
    pub entered_by: String,
    /// The file's name, or `pasted`.
    pub source: String,
    /// Its row there.
    pub row: u32,
}

/// What an event caused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CascadeView {
    /// Its number in the journal.
    pub seq: i64,
    /// The revision of the rule set that decided.
    pub revision: i64,
    /// The rule set's name.
    pub rule_set: String,
    /// When it was decided.
    #[ts(type = "string")]
    pub decided_at: Timestamp,
    /// The changes, each after the one it hangs beneath.
    pub changes: Vec<Change>,
    /// What was handed over to other sites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<CarryView>>", optional)]
    pub carried: Vec<CarryView>,
}

/// What a rule hands over to another site, where an entity is found by the key and the rule sets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CarryView {
    /// Its number in the journal.
    #[ts(type = "number")]
    pub id: i64,
    /// The rule.
    pub rule: RuleId,
    /// The rule's name when it fired.
    pub rule_name: String,
    /// The entity that moved.
    pub entity: EntityRef,
    /// Where to.
    pub site: SiteName,
    /// The type of the entity there.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// The field there that must hold the key; none: its name.
    pub find_by: Option<String>,
    /// The field of the entity that moved which holds the key; none: its name.
    pub key_field: Option<String>,
    /// The key; none where the entity that moved has none.
    pub key: Option<String>,
    /// What it shall be set to there; none clears it.
    pub to: Option<StatusCode>,
    /// The change it hangs beneath, by `id`; none: beneath the event.
    #[ts(type = "number | null")]
    pub parent: Option<i64>,
    /// How far it has come.
    pub state: CarryState,
    /// Why it was not handed over, or what it waits for, as a sentence.
    pub reason: Option<String>,
    /// What was found there.
    pub found: Option<EntityRef>,
    /// The event that was taken there, by its number in the journal. What came of it stands in its own cascade.
    #[ts(type = "number | null")]
    pub event: Option<i64>,
    /// When it came to the state it has.
    #[ts(type = "string")]
    pub settled_at: Timestamp,
}

/// How far something that is handed over to another site has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CarryState {
    /// Decided and on disk; it has not been found there yet.
    Planned,
    /// It was found, and an event was taken there.
    Carried,
    /// What it follows from was not written.
    Skipped,
    /// Given up; the reason says why.
    Failed,
}

impl CarryState {
    /// The state as it stands in the journal and on stdout.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Carried => "carried",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// A page of the feed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FeedPage {
    /// The rows, newest first.
    pub rows: Vec<FeedRow>,
    /// Whether there are older ones, or may be: an answer stops where looking on would keep people waiting.
    pub more: bool,
    /// Where to go on, when there are more: the page `before` this number. It may be below the last row, and a page without rows has one too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub before: Option<i64>,
}

/// One HTTP request received for a hook.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DeliveryView {
    /// Its number in the journal.
    pub seq: i64,
    /// The hook.
    pub hook: HookName,
    /// When it arrived.
    #[ts(type = "string")]
    pub received_at: Timestamp,
    /// The signature's verdict, as a sentence.
    pub verdict: String,
    /// Its headers, secrets left out.
    pub headers: Vec<(String, String)>,
    /// The body's length in bytes.
    pub bytes: u64,
}

/// Numbers of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Counts {
    /// Events received.
    pub events: u64,
    /// Changes confirmed.
    pub changes: u64,
    /// Changes skipped.
    pub skipped: u64,
    /// Changes given up.
    pub failed: u64,
    /// Events still waiting.
    pub waiting: u64,
}

/// Which rule set is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LiveName {
    /// Its revision.
    pub revision: i64,
    /// Its name.
    pub name: String,
    /// Since when.
    #[ts(type = "string")]
    pub since: Timestamp,
}

/// How a status is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StatusView {
    /// The code.
    pub code: StatusCode,
    /// What people call it.
    pub name: String,
    /// `#rrggbb`; none where the site gives none.
    pub color: Option<String>,
}

/// One revision of the rules: a rule set that is live, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RevisionView {
    /// Its number; newer is higher.
    pub revision: i64,
    /// The rule set's name.
    pub name: String,
    /// Who made it live.
    pub author: String,
    /// What they said of it.
    pub note: String,
    /// When it went live.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Whether it is live now.
    pub live: bool,
    /// The revision whose rules it brought back, when it is a roll-back.
    pub rolled_back_from: Option<i64>,
}

/// The rules that somebody works on and that are not live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DraftView {
    /// What whoever saves next must have read.
    pub version: i64,
    /// The rule set, as its file.
    pub document: String,
    /// Who saved it last.
    pub author: String,
    /// The revision that it began as.
    pub based_on: Option<i64>,
    /// When it was saved last.
    #[ts(type = "string")]
    pub saved_at: Timestamp,
}

/// A rule that broke and rests until somebody has looked at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SetAside {
    /// The rule.
    pub rule: RuleId,
    /// What is wrong with it, as a sentence.
    pub why: String,
    /// The revision in which it broke.
    pub revision: i64,
    /// Since when it rests.
    #[ts(type = "string")]
    pub since: Timestamp,
}

/// All writing is stopped by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Pause {
    /// Who stopped it.
    pub by: String,
    /// Why, in their words.
    pub why: Option<String>,
    /// Since when.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// Changes that were not written for it.
    pub held: u64,
}

/// What the end of a pause did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Resumed {
    /// Changes that are to be written after all.
    pub reopened: u64,
    /// Their events, oldest first. They wait again.
    pub events: Vec<i64>,
}

/// A change that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WaitingChange {
    /// Its number in the journal.
    pub change: i64,
    /// The number of the event that it follows from.
    pub seq: i64,
    /// The site.
    pub site: SiteName,
    /// Whose status.
    pub entity: EntityRef,
    /// What it belongs to, where that has been read: a Task's or Version's Shot.
    pub parent: Option<EntityRef>,
    /// The field, where it is not the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    /// What it was when the plan was made.
    pub from: Option<StatusCode>,
    /// What it should be; none clears it.
    pub to: Option<StatusCode>,
    /// The rule that says so.
    pub rule: RuleId,
    /// The rule's name when it fired.
    pub rule_name: String,
    /// The waiting change that it hangs beneath: accepting this one accepts that one too, and declining that one takes this one
    /// out. None: it follows from the event, or from one that does not wait.
    pub follows_from: Option<i64>,
    /// Who did what it follows from.
    pub actor: Option<Actor>,
    /// When that happened.
    #[ts(type = "string")]
    pub at: Timestamp,
}
