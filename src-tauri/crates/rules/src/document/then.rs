//! Whose status, or field, a rule sets.

use callboard_model::{EntityType, SiteName, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Wanted;

/// What a rule sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Then {
    /// Whose status, or whose field.
    pub set: Target,
    /// The field that is set, by the site's name for it. Left out: the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    /// To which status, or to which value of the field.
    pub to: Wanted,
}

/// Whose status a rule sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Target {
    /// The entity itself.
    Itself,
    /// A Version's Task.
    Task,
    /// The Shot of a Task or Version. What belongs to an Asset has none.
    Shot,
    /// The entity of this type that it belongs to, however far up: a Version's Asset, a Task's Sequence.
    Parent(EntityType),
    /// The Tasks of the Shot; seen from a Task, the other ones.
    TasksOfShot(TasksOfShot),
    /// What belongs to it: a Sequence's Shots, an Asset's Tasks.
    Children(Children),
    /// Versions of the Task: of the one that moved, or of the moved Version's.
    Versions(WhichVersions),
    /// The Tasks whose turn comes after this Task.
    NextTasks(NextTasks),
    /// An entity on another site: the one that is found there by what the entity that moved is called, or says of itself.
    Elsewhere(Elsewhere),
}

/// Which entity on another site. Exactly one must be found there; otherwise nothing is set, and people are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Elsewhere {
    /// The site, by its name in the settings.
    pub site: SiteName,
    /// Of this type.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// The field there that must hold the key, by that site's name for it. Left out: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub find_by: Option<String>,
    /// The field of the entity that moved whose value is the key, by its site's name for it. Left out: its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub key: Option<String>,
}

/// Which Tasks of a Shot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct TasksOfShot {
    /// Those of these steps, by name or short name. Left out: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
}

/// Which entities below one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Children {
    /// Of this type.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// Below the entity of this type that it belongs to, itself left out. Left out: below the entity that moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub of: Option<EntityType>,
    /// Tasks of these steps, by name or short name. Left out: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
}

/// Which Versions of a Task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum WhichVersions {
    /// The one that was made last; of two made at once, the one with the higher id.
    Latest,
    /// All that have the highest version number in their names (`v012`); where none has one, the latest.
    HighestNumber,
    /// All of them.
    All,
    /// All but the one that moved: those that it supersedes.
    Others,
}

/// Which Tasks come next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct NextTasks {
    /// What decides about the order. Left out: the steps.
    #[serde(default, skip_serializing_if = "NextBy::is_steps")]
    #[ts(as = "Option<NextBy>", optional)]
    pub by: NextBy,
    /// Only once all that come before them have one of these statuses: by step, all Tasks of the step that moved; by
    /// dependency, all Tasks that they wait for; by name, the Task that moved. Left out: at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub when_all: Vec<StatusCode>,
    /// Tasks in these statuses count as done, once what they wait for is, and are stepped over: N/A, omitted. What comes
    /// after them is next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub through: Vec<StatusCode>,
    /// Of what comes next, only Tasks of these steps. Left out: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
}

/// What decides which Task comes after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum NextBy {
    /// The order of the steps, among the Tasks of the same Shot or Asset.
    #[default]
    Steps,
    /// The Tasks that wait for it.
    Dependency,
    /// The Tasks' names, among the Tasks of the same Shot or Asset.
    Name,
}

impl NextBy {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_steps(&self) -> bool {
        *self == Self::Steps
    }
}
