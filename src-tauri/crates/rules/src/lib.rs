#![doc = include_str!("../README.md")]

mod apply;
mod beyond;
mod check;
mod classes;
mod column;
mod compile;
mod diff;
mod document;
mod elsewhere;
mod explain;
mod filter;
mod import_yaml;
mod matching;
mod named;
mod needs;
mod notes_table;
mod parse;
mod picture;
mod plan;
mod scene;
mod sentence;
mod settable;
mod simulate;
mod subscription;
mod templates;
mod trace;
mod wish;
mod words;

pub use apply::{LINK_FIELDS, apply_event, apply_plan};
pub use check::{Finding, FindingCode, Level, SiteStatuses, check, check_at};
pub use column::ColumnName;
pub use compile::{CompiledRules, DEFAULT_STATUS_FIELD};
pub use diff::{
    RuleChange, RuleChangeKind, RuleSetDiff, StatusChange, StatusChangeKind, StepsChange, TextChange, diff,
};
pub use document::{
    ChangedBy, Children, Condition, Conditions, Elsewhere, FILE_VERSION, GroupLook, Moment, NextBy, NextTasks, Pick,
    Relatives, RollUp, RollUpRow, Rule, RuleSet, Siblings, StateClass, Status, Target, TasksOfShot, Then, Wanted,
    WantedWord, When, WhichVersions, schema,
};
pub use elsewhere::{ARRIVAL, Arrival};
pub use explain::{FailedCondition, RuleVerdict, SiblingsWhy, explain};
pub use filter::{Filter, FilterError, FilterMistake, MAX_FILTER_BYTES, MAX_FILTER_DEPTH, Seen, SeenValue};
pub use import_yaml::{ImportNote, Imported, MAX_YAML_BYTES, MAX_YAML_DEPTH, MAX_YAML_VALUES, YamlImportError};
pub use needs::needs;
pub use notes_table::{
    ColumnChoice, LeftOut, MAX_TABLE_BYTES, MAX_TABLE_ROWS, NoteColumn, NoteColumns, NoteRow, NotesTable, TableError,
};
pub use parse::{MAX_FILE_BYTES, RuleFileError};
pub use picture::{Caption, Standing, svg, svg_of};
pub use plan::{MAX_DEPTH, plan};
pub use sentence::sentence;
pub use simulate::Simulation;
pub use subscription::{Listening, listens_to};
pub use templates::{Template, template, templates};
pub use trace::{TraceStop, trace};
