//! The rule set: the document that people draw, review and keep.

mod condition;
mod read;
mod rule;
mod then;
mod wanted;

use std::collections::BTreeMap;

use callboard_model::{EntityType, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use self::condition::{ChangedBy, Condition, Conditions, Relatives, Siblings};
use self::read::each_column_once;
pub use self::rule::{Moment, Rule, When};
pub use self::then::{Children, Elsewhere, NextBy, NextTasks, Target, TasksOfShot, Then, WhichVersions};
pub use self::wanted::{Pick, RollUp, RollUpRow, Wanted, WantedWord};
use crate::ColumnName;
use crate::beyond::Beyond;

/// The version of the document that this program writes, and the newest it reads.
pub const FILE_VERSION: u32 = 1;

/// A rule set: the statuses it speaks of, in order toward completion, and the rules between them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct RuleSet {
    /// The version of this document's form.
    pub callboard: u32,
    /// What the rule set is called.
    pub name: String,
    /// What it is for, in a sentence or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub description: Option<String>,
    /// By entity type, the statuses in order toward completion.
    #[serde(default, deserialize_with = "each_column_once")]
    #[schemars(with = "BTreeMap<ColumnName, Vec<Status>>")]
    pub statuses: BTreeMap<ColumnName, Vec<Status>>,
    /// The pipeline steps in the order of the work, by name or short name. Left out: the site's own order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub steps: Vec<String>,
    /// How groups of statuses look in the picture, by name. Left out: plain.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, GroupLook>>", optional)]
    pub groups: BTreeMap<String, GroupLook>,
    /// The rules. Where two disagree, the earlier one has its way and the later one is reported.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// What a newer program wrote.
    #[serde(skip)]
    pub(crate) beyond: Vec<Beyond>,
}

/// How a group of statuses looks in the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct GroupLook {
    /// The colour of its band, `#rrggbb`.
    pub color: String,
}

/// A status as people know it and as the site knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Status {
    /// The site's code.
    pub code: StatusCode,
    /// The name that people say.
    pub name: String,
    /// The heading it stands under in the picture; statuses of one group stand together.
    #[serde(default)]
    pub group: String,
    /// Its swatch, `#rrggbb`.
    #[serde(default = "unpainted")]
    pub color: String,
    /// How far the work is in it, whatever the code: what rules mean by `@done`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub class: Option<StateClass>,
}

/// How far the work is in a status. Wherever a rule names a status, `@` and a class names all statuses of that class.
///
/// The first four are those of ftrack and AYON; what counts as done there and will never be made is `omitted` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StateClass {
    /// Nobody has begun.
    NotStarted,
    /// Somebody works on it, or looks at it.
    InProgress,
    /// It is finished.
    Done,
    /// It waits for something or somebody.
    Blocked,
    /// It will not be made.
    Omitted,
}

impl RuleSet {
    /// A rule set of that name with nothing in it.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            callboard: FILE_VERSION,
            name: name.into(),
            description: None,
            statuses: BTreeMap::new(),
            steps: Vec::new(),
            groups: BTreeMap::new(),
            rules: Vec::new(),
            beyond: Vec::new(),
        }
    }

    /// The statuses of an entity type in order toward completion; empty where the set does not speak of it.
    #[must_use]
    pub fn statuses_of(&self, kind: &EntityType) -> &[Status] {
        self.statuses.get(&ColumnName::of(kind)).map_or(&[], Vec::as_slice)
    }

    /// A status by entity type and code.
    #[must_use]
    pub fn status(&self, kind: &EntityType, code: &StatusCode) -> Option<&Status> {
        self.statuses_of(kind).iter().find(|s| s.code == *code)
    }

    /// The parts that a newer program wrote and this one does not know, in words. They are kept as they are.
    #[must_use]
    pub fn not_understood(&self) -> Vec<String> {
        self.beyond.iter().map(|part| part.in_words(self)).collect()
    }

    /// Whether all of a rule is known here.
    pub(crate) fn understands(&self, rule: &Rule) -> bool {
        !self.beyond.iter().any(|part| part.rule() == Some(&rule.id))
    }

    /// The rules that are switched on.
    pub fn enabled_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|r| r.enabled)
    }
}

impl StateClass {
    /// Every class, from nothing done to done, then the two that stand aside.
    pub const ALL: [Self; 5] = [
        Self::NotStarted,
        Self::InProgress,
        Self::Done,
        Self::Blocked,
        Self::Omitted,
    ];

    /// The class as it stands in a file, after the `@`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::InProgress => "in_progress",
            Self::Done => "done",
            Self::Blocked => "blocked",
            Self::Omitted => "omitted",
        }
    }
}

fn unpainted() -> String {
    "#9aa3b2".to_owned()
}

/// The JSON Schema of a rule set file.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RuleSet).to_value()
}
