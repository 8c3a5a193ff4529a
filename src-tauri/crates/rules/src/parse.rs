use std::collections::HashSet;
use std::fmt::Write as _;

use callboard_model::RuleId;
use serde::Deserialize;
use serde_json::Value;
use serde_path_to_error::Path;
use thiserror::Error;

use crate::document::FILE_VERSION;
use crate::{RuleSet, beyond, named};

/// The largest rule set file that is read. The largest sensible one is a hundredth of it.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// Why a file is not a rule set. Its text is one sentence for whoever wrote the file.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RuleFileError {
    /// Far larger than any rule set.
    #[error("a rule set file may be 4 MiB, and this one has {bytes} bytes")]
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
    /// Not JSON.
    #[error("line {line}, column {column}: this is not JSON, {what}")]
    NotJson {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What the reader met there.
        what: String,
    },
    /// JSON of another kind.
    #[error("this is not a rule set: a rule set file begins with {{\"callboard\":{FILE_VERSION}, …}}")]
    NotARuleSet,
    /// Something in it that a rule set does not have.
    #[error("line {line}, column {column}: {what}{}", place(path))]
    Wrong {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// The place in the document: `rules[2].when.becomes`. Empty for the document itself.
        path: String,
        /// What is wrong and what was perhaps meant.
        what: String,
    },
    /// Two rules of one id: nobody could tell which one made a change.
    #[error("two rules have the id \"{id}\"; every rule needs its own")]
    DuplicateRule {
        /// The id.
        id: RuleId,
    },
    /// A rule without an id.
    #[error("the rule \"{name}\" has an empty id; every rule needs its own")]
    EmptyId {
        /// The rule's name.
        name: String,
    },
}

impl RuleSet {
    /// Reads a rule set file. Errors when it is anything but a rule set, to the last field: a misspelt condition that was
    /// passed over would make a rule fire where nobody wants it.
    ///
    /// Statuses are read by their codes as they stand; a file that a person wrote is read by [`RuleSet::from_file`].
    ///
    /// A file from a newer program is read as far as this one knows it. The rest is kept and written again
    /// ([`RuleSet::not_understood`]); the check does not let such a set go live.
    pub fn parse(bytes: &[u8]) -> Result<Self, RuleFileError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(RuleFileError::TooLarge { bytes: bytes.len() });
        }
        let text = std::str::from_utf8(bytes).map_err(|e| RuleFileError::NotUtf8 { at: e.valid_up_to() })?;
        // Editors on Windows put one there.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let set: Self = if version(text)? > u64::from(FILE_VERSION) {
            let document = serde_json::from_str(text).map_err(|e| not_json(&e))?;
            beyond::read(document).map_err(|(path, error)| wrong(&path, &error))?
        } else {
            let mut reader = serde_json::Deserializer::from_str(text);
            serde_path_to_error::deserialize(&mut reader).map_err(|e| {
                let path = e.path().clone();
                wrong(&path, &e.into_inner())
            })?
        };
        let mut seen = HashSet::new();
        for rule in &set.rules {
            if rule.id.as_str().is_empty() {
                return Err(RuleFileError::EmptyId {
                    name: rule.name.clone(),
                });
            }
            if !seen.insert(&rule.id) {
                return Err(RuleFileError::DuplicateRule { id: rule.id.clone() });
            }
        }
        Ok(set)
    }

    /// Reads a rule set file that a person wrote: as [`RuleSet::parse`] does, and a rule in it may call a status by its name,
    /// and write names and codes with capitals or not. What its column does not have as it stands is read as the one it must
    /// mean ([AYON] and ftrack know statuses by name).
    ///
    /// What the program has kept is never read so: where a status is taken away whose code is another's name, the rules that
    /// name it must not come to mean the other.
    ///
    /// [AYON]: https://ayon.ynput.io
    pub fn from_file(bytes: &[u8]) -> Result<Self, RuleFileError> {
        let mut set = Self::parse(bytes)?;
        named::by_code(&mut set);
        Ok(set)
    }

    /// The document as a file: the same rule set gives the same bytes.
    #[must_use]
    pub fn to_json_pretty(&self) -> String {
        // Strings, lists and maps with string keys always have a JSON form.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The version is read before the rest: a file from a later program may have parts that are no mistakes.
fn version(text: &str) -> Result<u64, RuleFileError> {
    #[derive(Deserialize)]
    struct Head {
        callboard: Option<Value>,
    }

    let head: Head = serde_json::from_str(text).map_err(|e| {
        if e.is_data() {
            RuleFileError::NotARuleSet
        } else {
            not_json(&e)
        }
    })?;
    let version = head.callboard.as_ref().and_then(Value::as_u64);
    version.filter(|v| *v > 0).ok_or(RuleFileError::NotARuleSet)
}

fn not_json(error: &serde_json::Error) -> RuleFileError {
    RuleFileError::NotJson {
        line: error.line(),
        column: error.column(),
        what: bare_message(error),
    }
}

fn wrong(path: &Path, error: &serde_json::Error) -> RuleFileError {
    let message = bare_message(error);
    let path = path.to_string();
    RuleFileError::Wrong {
        line: error.line(),
        column: error.column(),
        what: in_words(&message),
        path: if path == "." { String::new() } else { path },
    }
}

/// serde_json ends its messages with the place, which has its own fields here.
fn bare_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text.get(..end).unwrap_or_default().to_owned()
}

/// serde's message, said so that a coordinator can act on it.
fn in_words(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(name) = quoted.next() else {
        return message.to_owned();
    };
    let mut words = if message.starts_with("unknown field") {
        format!("there is no field \"{name}\"")
    } else if message.starts_with("unknown variant") {
        format!("\"{name}\" is not one of the words that may stand here")
    } else if message.starts_with("missing field") {
        return format!("the field \"{name}\" is missing");
    } else if message.starts_with("duplicate field") {
        return format!("the field \"{name}\" stands there twice");
    } else {
        return message.to_owned();
    };
    let known: Vec<_> = quoted.collect();
    let closest = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match closest {
        Some((likeness, candidate)) if likeness > 0.75 => {
            let _ = write!(words, ", did you mean \"{candidate}\"?");
        }
        _ if known.is_empty() => {}
        _ => {
            let _ = write!(words, " (there are {})", known.join(", "));
        }
    }
    words
}

fn place(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!(" (in {path})")
    }
}
