use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{EntityRef, EntityType, RuleId, SiteName, StatusCode};

/// What made a rule fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Cause {
    /// The event itself.
    Event,
    /// An earlier change of the same plan, by its place in it.
    Change(usize),
}

/// One status, or one other field, that should be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// Whose status.
    pub entity: EntityRef,
    /// The field that is set, by the site's name for it; none: the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What it was when the plan was made; another field's value as a person would say it.
    pub from: Option<StatusCode>,
    /// What it should be; none clears it.
    pub to: Option<StatusCode>,
    /// The rule that says so.
    pub rule: RuleId,
    /// What made the rule fire.
    pub cause: Cause,
}

/// Why a rule that fired sets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SkipReason {
    /// It has the wanted status already, so nothing follows from it.
    AlreadyThere,
    /// The entity it is linked to could not be read.
    NotFound,
    /// Another rule of the same cascade set it to something else first.
    Conflict,
    /// The cascade went on for longer than any real one does.
    TooDeep,
    /// The rule would set more entities than its limit allows, so it sets none.
    OverLimit,
    /// The site has none of the wanted statuses for this entity.
    NotValid,
}

impl SkipReason {
    /// The reason as it stands in files and on stdout.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlreadyThere => "already_there",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::TooDeep => "too_deep",
            Self::OverLimit => "over_limit",
            Self::NotValid => "not_valid",
        }
    }
}

/// A rule that fired and sets nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedSkip {
    /// What it would have set.
    pub entity: EntityRef,
    /// The field that would have been set, by the site's name for it; none: the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The status it has, or the field's value.
    pub from: Option<StatusCode>,
    /// The status or value the rule wanted.
    pub to: Option<StatusCode>,
    /// The rule.
    pub rule: RuleId,
    /// Why not.
    pub reason: SkipReason,
    /// The rule it is in conflict with, where it is.
    pub against: Option<RuleId>,
    /// What made the rule fire.
    pub cause: Cause,
}

/// What a rule hands over to another site: there an entity is found by the key, and the rule sets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Carried {
    /// The rule.
    pub rule: RuleId,
    /// The entity that moved.
    pub entity: EntityRef,
    /// Where to.
    pub site: SiteName,
    /// The type of the entity there.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// The field there that must hold the key; none: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub find_by: Option<String>,
    /// The field of the entity that moved which holds the key; none: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub key_field: Option<String>,
    /// The key; none where the entity that moved has none.
    pub key: Option<String>,
    /// What it shall be set to there, where the rule says so: the first of several; none clears it.
    pub to: Option<StatusCode>,
    /// What made the rule fire.
    pub cause: Cause,
}

/// What the rules say should change for one event. Pure data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The changes, each after the one that caused it.
    pub changes: Vec<PlannedChange>,
    /// The rules that fired and set nothing.
    pub skipped: Vec<PlannedSkip>,
    /// What is handed over to other sites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<Carried>,
}

/// How far a change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ChangeState {
    /// Decided and on disk, not yet written.
    Planned,
    /// The site took it.
    Applied,
    /// Read back from the site, or its echo seen.
    Confirmed,
    /// Not written; the reason says why.
    Skipped,
    /// Given up; the reason says why.
    Failed,
    /// Taken back.
    Undone,
}

impl ChangeState {
    /// The state as it stands in the journal and on stdout.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Applied => "applied",
            Self::Confirmed => "confirmed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Undone => "undone",
        }
    }

    /// Whether something is still to be done.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::Applied)
    }
}

/// Why a change was skipped, for whoever acts on it. The sentence stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Skip {
    /// It had the wanted status already. Nobody was overruled.
    AlreadyThere,
    /// The entity it is linked to could not be read.
    NotFound,
    /// Another rule of the same cascade set it to something else first.
    Conflict,
    /// The cascade went on for longer than any real one does.
    TooDeep,
    /// The rule would set more entities than its limit allows, so it sets none.
    OverLimit,
    /// The site has none of the wanted statuses for this entity.
    NotValid,
    /// Writing was paused by a person.
    Paused,
    /// The rule was set aside, because somebody or something sets back what it sets.
    SetAside,
    /// The site or the project is watched or left out: nothing is written there.
    NotAllowed,
    /// The site or the project asks first, and it waits in the inbox for a person.
    Asks,
    /// A person declined it.
    Declined,
    /// It waited for a person, and a later change of the same status or field took its place.
    Replaced,
    /// Somebody changed it after the event. What follows from the event still follows, as it would have at its time.
    LaterWord,
    /// Somebody changed it between our reading and our writing.
    Overruled,
    /// It is gone from the site.
    Gone,
    /// What it follows from did not come to be.
    CauseLost,
}

impl Skip {
    /// Whether what hangs beneath a change skipped for this has lost its cause.
    #[must_use]
    pub fn ends_what_follows(self) -> bool {
        matches!(
            self,
            Self::Overruled | Self::Gone | Self::SetAside | Self::NotAllowed | Self::Declined | Self::CauseLost
        )
    }
}

impl From<SkipReason> for Skip {
    fn from(reason: SkipReason) -> Self {
        match reason {
            SkipReason::AlreadyThere => Self::AlreadyThere,
            SkipReason::NotFound => Self::NotFound,
            SkipReason::Conflict => Self::Conflict,
            SkipReason::TooDeep => Self::TooDeep,
            SkipReason::OverLimit => Self::OverLimit,
            SkipReason::NotValid => Self::NotValid,
        }
    }
}

/// One write of a cascade, of a status or of another field, as it stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Change {
    /// Its number in the journal.
    #[ts(type = "number")]
    pub id: i64,
    /// Whose status.
    pub entity: EntityRef,
    /// The field that is set, by the site's name for it; none: the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    /// What it was when the plan was made; another field's value as a person would say it.
    pub from: Option<StatusCode>,
    /// What it should be.
    pub to: Option<StatusCode>,
    /// The rule that says so.
    pub rule: RuleId,
    /// The rule's name when it fired.
    pub rule_name: String,
    /// The change it hangs beneath, by `id`; none: beneath the event.
    #[ts(type = "number | null")]
    pub parent: Option<i64>,
    /// How far it has come.
    pub state: ChangeState,
    /// Why it was skipped, when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub skip: Option<Skip>,
    /// Why it was skipped or failed, or what it waits for, as a sentence.
    pub reason: Option<String>,
    /// Who accepted it, where the site asks first and it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub accepted_by: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was decided.
    #[ts(type = "string")]
    pub planned_at: Timestamp,
    /// When it came to the state it has.
    #[ts(type = "string")]
    pub settled_at: Timestamp,
}
