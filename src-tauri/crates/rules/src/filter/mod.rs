//! Filters: an expression over an event as it was received, in the language of ftrack's webhook triggers.

use std::fmt;

use serde_json::Value;

mod error;
mod evaluate;
mod grammar;
mod seen;
#[cfg(test)]
mod tests;
mod tree;

pub use error::{FilterError, FilterMistake};
pub use grammar::{MAX_FILTER_BYTES, MAX_FILTER_DEPTH};
pub use seen::{Seen, SeenValue};
use tree::Expression;

/// An expression that an event satisfies or does not.
///
/// ```text
/// entity.entity_type = "Task" and entity.new.status_id != entity.old.status_id
/// ```
///
/// # Grammar
///
/// ftrack documents `and`, `or`, `=` and `!=` for its triggers. The other operators are those of its query language, so
/// that there is one set of words to know.
///
/// ```text
/// either     = both { "or" both }
/// both       = term { "and" term }
/// term       = "not" term | "(" either ")" | operand test
/// test       = order operand | [ "not" ] "in" "(" operand { "," operand } ")" | [ "not" ] "like" text
/// order      = "=" | "!=" | "<" | "<=" | ">" | ">="
/// operand    = path | text | number | "true" | "false" | "none"
/// path       = name { "." name }
/// number     = as JSON writes it
/// text       = "…" or '…', where \ stands before a quote or a backslash that is meant, and \n, \r and \t are known
/// ```
///
/// Upper and lower case are alike in keywords. `is` is `=`; `is_not` and `is not` are `!=`; `after` and `greater_than`
/// are `>`; `before` and `less_than` are `<`; `not_in` and `not_like` may be one word; `null` is `none`.
///
/// A name in a path is made of letters, digits, `_` and `-`. The first may not begin with a digit or a `-`, nor be a
/// keyword. Any other name goes into backticks: ``entity.`frame range` ``. A name of digits is an index where it meets a
/// list (`entity.id.0`), counted from 0.
///
/// # Meaning
///
/// - What is missing is `none`, and so are `null`, `{}` and `[]`. No event is an error.
/// - `=` holds for values of the same type: numbers by value (`1` is `1.0`), texts to the letter, objects when their
///   JSON is the same but for the order of fields. `!=` is exactly `not … =`, for lists too, and so with
///   `not_in` and `not_like`.
/// - `<` and its like hold between two numbers, or between two texts by their characters' code points, which puts times
///   of one form in order. Between anything else they do not hold.
/// - `like` is for texts. A `%` in the pattern stands for any characters or none. `_` stands for itself, since names are
///   full of it.
/// - A path that leads to a list, or through one without an index, leads to all of its values; lists within lists count
///   as one list. A comparison holds if it holds for any of them: `entity.id = "x"` finds "x" among the ids. That is how
///   ftrack's queries treat collections.
/// - Two lists are compared whole, so that `entity.new.ids != entity.old.ids` says that the list changed. They have no
///   order.
///
/// Two filters are equal when they are the same expression, whatever the spaces and spellings of their sources.
#[derive(Clone, Debug)]
pub struct Filter {
    source: String,
    tree: Expression,
}

impl Filter {
    /// Reads a filter. Errors with the first place that cannot be read, and at more than [`MAX_FILTER_BYTES`] or
    /// [`MAX_FILTER_DEPTH`].
    pub fn parse(source: &str) -> Result<Self, FilterError> {
        Ok(Self {
            tree: grammar::parse(source)?,
            source: source.to_owned(),
        })
    }

    /// The text it was read from, unchanged.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the event, as it was received, satisfies the filter.
    #[must_use]
    pub fn holds(&self, event: &Value) -> bool {
        self.tree.holds(event)
    }

    /// The comparisons that decided, as [`holds`](Self::holds) would have met them, and what they saw: for an `and` that
    /// failed the first that failed it, for an `or` that held the first that held, otherwise all. Never empty.
    #[must_use]
    pub fn explain(&self, event: &Value) -> Vec<Seen> {
        self.tree.explain(event).1
    }

    /// The paths it asks for, as they are written in the canonical form: each once, in the order of the filter.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for comparison in self.tree.comparisons() {
            for path in comparison.paths() {
                let path = path.to_string();
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
        paths
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.tree == other.tree
    }
}

impl Eq for Filter {}

/// The canonical form: keywords in lower case, one spelling for each operator, no needless parentheses. It parses to an
/// equal filter, unless its spaces take a source that nearly had [`MAX_FILTER_BYTES`] beyond that.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}
