#![doc = include_str!("../README.md")]

mod apply;
mod check;
mod column;
mod compile;
mod document;
mod explain;
mod matching;
mod needs;
mod parse;
mod picture;
mod plan;
mod scene;
mod sentence;
mod simulate;
mod templates;

pub use apply::{apply_event, apply_plan};
pub use check::{Finding, FindingCode, Level, SiteStatuses, check};
pub use column::ColumnName;
pub use compile::{CompiledRules, DEFAULT_STATUS_FIELD};
pub use document::{
    ChangedBy, Condition, Conditions, FILE_VERSION, Moment, Rule, RuleSet, SameCode, Status, Target, TasksOfShot, Then,
    Wanted, When, schema,
};
pub use explain::{FailedCondition, RuleVerdict, explain};
pub use needs::{Surroundings, needs};
pub use parse::{MAX_FILE_BYTES, RuleFileError};
pub use picture::svg;
pub use plan::{MAX_DEPTH, plan};
pub use sentence::sentence;
pub use simulate::Simulation;
pub use templates::{Template, template, templates};
