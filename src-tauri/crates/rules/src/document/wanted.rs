//! What a rule sets it to.

use callboard_model::{EntityType, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The status that a rule wants, or the value of a field: that is a list of values, said as text, `same` or `cleared`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(untagged)]
#[ts(export)]
pub enum Wanted {
    /// Where it has one of these already, it stays; otherwise it is set to the first that the site has for it.
    OneOf(Vec<StatusCode>),
    /// Something said in a word.
    Word(WantedWord),
    /// What a set of entities below it comes to.
    RollUp {
        /// How it is found.
        roll_up: RollUp,
    },
}

/// A status said in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum WantedWord {
    /// What the entity itself came to: its status, or the field that the rule goes by.
    Same,
    /// Where it has a status of the class that the entity itself came to, it stays; otherwise the first of that class.
    SameClass,
    /// No status, or nothing in the field.
    Cleared,
}

/// A status found by looking at all entities of a type that belong to the one that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct RollUp {
    /// Of which type. Left out: the type of the entity that moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub of: Option<EntityType>,
    /// Only Tasks of these steps. Left out: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
    /// Those that have one of these statuses are not looked at. Where none is left, nothing is set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub ignoring: Vec<StatusCode>,
    /// Look only at the one that is least, or most, far in its column's order. Left out: at all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pick: Option<Pick>,
    /// Asked in order; the first that holds says the status, and where none holds nothing is set. Left out, with `pick`: the
    /// status of the one picked, by its code or else by its class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<RollUpRow>>", optional)]
    pub rows: Vec<RollUpRow>,
}

/// Which one of a set speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Pick {
    /// The one that is least far.
    LeastAdvanced,
    /// The one that is farthest.
    MostAdvanced,
}

/// One row of a roll-up: when all given parts hold over those looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct RollUpRow {
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
    /// Where it has one of these already, it stays; otherwise it is set to the first. Empty: it is left as it is.
    pub to: Vec<StatusCode>,
}

impl Wanted {
    /// The word `same`.
    pub const SAME: Self = Self::Word(WantedWord::Same);
}
