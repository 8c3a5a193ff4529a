//! What must hold for a rule to apply.

use std::collections::BTreeMap;
use std::slice;

use callboard_model::{EntityId, EntityType, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What must hold: one condition, or any of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(untagged)]
#[ts(export)]
#[expect(
    clippy::large_enum_variant,
    reason = "a rule set has a few hundred at most, and most of them are one"
)]
pub enum Conditions {
    /// All parts of this one.
    All(Condition),
    /// All parts of any of these; an empty list asks nothing.
    Any(Vec<Condition>),
}

/// Parts that must hold together. What is left out is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Condition {
    /// The pipeline step is one of these, by name or short name. A Version's step is its Task's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub step: Vec<String>,
    /// The pipeline step is none of these. Holds too where there is no step or no Task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub step_not: Vec<String>,
    /// It is in one of these projects, by name or id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<EntityId>>", optional)]
    pub project: Vec<EntityId>,
    /// Who changed or made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub changed_by: Option<ChangedBy>,
    /// What would be set has one of these statuses now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub target_is: Vec<StatusCode>,
    /// What would be set has none of these statuses now: on hold, omitted …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub target_is_not: Vec<StatusCode>,
    /// Each of these fields of what would be set has one of these values, said as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, Vec<String>>>", optional)]
    pub target_field_is: BTreeMap<String, Vec<String>>,
    /// None of these fields of what would be set has one of these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, Vec<String>>>", optional)]
    pub target_field_is_not: BTreeMap<String, Vec<String>>,
    /// What would be set does not go back in its column's order. One that is in a status outside the column may be set.
    #[serde(default, skip_serializing_if = "is_not")]
    #[ts(as = "Option<bool>", optional)]
    pub never_backwards: bool,
    /// The entity that moved has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub status_is: Vec<StatusCode>,
    /// The entity that moved has none of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub status_is_not: Vec<StatusCode>,
    /// It belongs to an entity of one of these types: `Shot`, `Asset` … A Version belongs to what its Task belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<EntityType>>", optional)]
    pub belongs_to: Vec<EntityType>,
    /// It is the first Version of its Task.
    #[serde(default, skip_serializing_if = "is_not")]
    #[ts(as = "Option<bool>", optional)]
    pub first_version: bool,
    /// Each of these fields of it has one of these values, said as text; fields by the site's name for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, Vec<String>>>", optional)]
    pub field_is: BTreeMap<String, Vec<String>>,
    /// None of these fields of it has one of these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, Vec<String>>>", optional)]
    pub field_is_not: BTreeMap<String, Vec<String>>,
    /// The note, or the new value of the field, has one of these words or phrases in it: whole words, capitals or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub text: Vec<String>,
    /// The note, or the new value of the field, has none of these words or phrases in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub text_not: Vec<String>,
    /// An expression over the event as received: `entity.entity_type = "Task" and project.name in ("Demo", "Test")`. It
    /// never holds for what a rule set, because that was not received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub filter: Option<String>,
    /// How its siblings stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub siblings: Option<Siblings>,
}

/// How a set of entities around the one that moved stands: all parts that are given must hold, over those not ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Siblings {
    /// Which set. Left out: the Tasks of what it belongs to.
    #[serde(default, skip_serializing_if = "Relatives::is_tasks")]
    #[ts(as = "Option<Relatives>", optional)]
    pub of: Relatives,
    /// Only those of these steps, by name or short name. Left out: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
    /// Each has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub all: Vec<StatusCode>,
    /// At least one has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub any: Vec<StatusCode>,
    /// None has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub none: Vec<StatusCode>,
    /// Those that have one of these statuses are not looked at: N/A, omitted …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub ignoring: Vec<StatusCode>,
    /// Whether this holds when there is none to look at, because all are ignored or there are none. Left out: it does not.
    #[serde(default, skip_serializing_if = "is_not")]
    #[ts(as = "Option<bool>", optional)]
    pub if_none_left: bool,
}

/// A set of entities around the one that moved, itself among them where it is of their kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Relatives {
    /// The Tasks of the Shot or Asset that it belongs to; of itself, where it is one.
    #[default]
    Tasks,
    /// The Versions of its Task; of itself, where it is a Task.
    Versions,
    /// The Tasks that it waits for.
    Upstream,
    /// The entities of its own type that belong to the same: the Shots of the Sequence.
    SameKind,
    /// The entities of this type that belong to it: a Sequence's Shots.
    Below(EntityType),
}

/// Who changed or made an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ChangedBy {
    /// Somebody with a name, a client's reviewer too.
    Person,
    /// A client's reviewer.
    Client,
    /// A script or service account.
    Script,
    /// A rule of this set, earlier in the same cascade.
    Callboard,
    /// Whoever it was, but no rule of this set.
    Outside,
    /// Whoever it was.
    Anyone,
}

impl Conditions {
    /// The conditions of which any must hold; none at all means that nothing is asked.
    #[must_use]
    pub fn alternatives(&self) -> &[Condition] {
        match self {
            Self::All(one) => slice::from_ref(one),
            Self::Any(several) => several,
        }
    }

    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.alternatives().is_empty()
    }
}

impl Siblings {
    /// The entity type of the set, seen from an entity of this type.
    #[must_use]
    pub fn kind(&self, of: &EntityType) -> EntityType {
        match &self.of {
            Relatives::Tasks | Relatives::Upstream => EntityType::from(EntityType::TASK),
            Relatives::Versions => EntityType::from(EntityType::VERSION),
            Relatives::SameKind => of.clone(),
            Relatives::Below(kind) => kind.clone(),
        }
    }
}

impl Relatives {
    fn is_tasks(&self) -> bool {
        *self == Self::Tasks
    }
}

impl Default for Conditions {
    fn default() -> Self {
        Self::Any(Vec::new())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_not(yes: &bool) -> bool {
    !yes
}
