//! Rule sets from the YAML maps that studios feed their own webhook services: three status lists, and which status of one
//! leads to which of another.

mod build;
mod mapping;
mod tree;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ts_rs::TS;

use crate::RuleSet;

/// The largest YAML map that is read. A studio's real one has 3 KB.
pub const MAX_YAML_BYTES: usize = 1024 * 1024;

/// How deep lists and maps may lie within one another; such a file needs four.
pub const MAX_YAML_DEPTH: usize = 16;

/// How many values it may have, counted with every repetition that `*` stands for.
pub const MAX_YAML_VALUES: usize = 50_000;

/// What was made of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Imported {
    /// The rules that do what the map says.
    pub set: RuleSet,
    /// What its author should know, in the order of the file; what is about no line of it comes last.
    pub notes: Vec<ImportNote>,
}

/// Something that was left out, added, or understood in a way that one should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImportNote {
    /// The line that it is about, counted from 1.
    pub line: Option<usize>,
    /// What to know, in a sentence.
    pub message: String,
}

/// Why a file is no YAML map of statuses. Its text is one sentence for whoever wrote the file.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum YamlImportError {
    /// Far larger than any map.
    #[error("a YAML map of statuses may be 1 MiB, and this file has {bytes} bytes")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("the file is not UTF-8 text: byte {at} cannot be read")]
    NotUtf8 {
        /// The first byte that is not, counted from 0.
        at: usize,
    },
    /// Not YAML.
    #[error("line {line}, column {column}: this is not YAML, {what}")]
    NotYaml {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What the reader met there.
        what: String,
    },
    /// Lists within lists within lists.
    #[error("line {line}, column {column}: lists and maps lie more than {MAX_YAML_DEPTH} deep here")]
    TooDeep {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// Far too much in it, perhaps by repeating itself.
    #[error(
        "line {line}, column {column}: up to here the file has more than {MAX_YAML_VALUES} values, repetitions with * counted"
    )]
    TooMany {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// YAML of another kind.
    #[error(
        "this is no map of statuses: it has none of version_statuses, task_statuses, shot_statuses, version_to_task, task_to_shot, shot_to_task and task_step_relations"
    )]
    NotAMap,
    /// Something else stands where a status, a list or a map should be.
    #[error("line {line}, column {column}: {what}")]
    Wrong {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
}

impl RuleSet {
    /// Makes a rule set of that name from a YAML map: `version_statuses`, `task_statuses` and `shot_statuses`, the maps
    /// `version_to_task`, `task_to_shot` and `shot_to_task`, and `task_step_relations`.
    ///
    /// A map's value is a list of acceptable statuses: what has one of them stays, anything else is set to the first. What
    /// the file says beyond that is not passed over but noted. Errors when it is not such a file.
    pub fn from_yaml(bytes: &[u8], name: &str) -> Result<Imported, YamlImportError> {
        if bytes.len() > MAX_YAML_BYTES {
            return Err(YamlImportError::TooLarge { bytes: bytes.len() });
        }
        let text = std::str::from_utf8(bytes).map_err(|e| YamlImportError::NotUtf8 { at: e.valid_up_to() })?;
        // Editors on Windows put one there.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let root = tree::read(text)?;
        let mut notes = Vec::new();
        let mapping = mapping::read(&root, &mut notes)?;
        let set = build::rule_set(name, mapping, &mut notes);
        notes.sort_by_key(|note| note.line.unwrap_or(usize::MAX));
        Ok(Imported { set, notes })
    }
}

impl ImportNote {
    fn at(line: usize, message: String) -> Self {
        Self {
            line: Some(line),
            message,
        }
    }

    fn of_all(message: &str) -> Self {
        Self {
            line: None,
            message: message.to_owned(),
        }
    }
}
