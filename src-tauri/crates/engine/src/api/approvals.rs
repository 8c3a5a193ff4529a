//! What waits for a person, and what a person takes back.

use callboard_journal::WaitingChange;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The changes that wait for a person, by event and then in the order in which they would be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Inbox {
    /// The changes; at most one of each status or field.
    pub waiting: Vec<WaitingChange>,
}

/// What of a cascade was taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Undone {
    /// The changes that were, by their number in the journal, last first.
    pub undone: Vec<i64>,
    /// Those that were not.
    pub left: Vec<NotUndone>,
}

/// A change that could not be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NotUndone {
    /// Its number in the journal.
    pub change: i64,
    /// Why not, as a sentence.
    pub why: String,
}
