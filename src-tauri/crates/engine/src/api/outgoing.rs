//! What windows may ask of outgoing webhooks: whom Callboard tells.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::KeyText;

/// Somebody who is told by a signed webhook (Standard Webhooks).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OutgoingView {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// Where it is told.
    pub url: String,
    /// Of what: kinds of alerts, and `would_set`, `confirmed` or `failed` for changes. Empty: of everything.
    pub on: Vec<String>,
    /// How well its secret is kept, as a sentence.
    pub secret_kept: String,
    /// Messages that have not arrived yet.
    #[ts(type = "number")]
    pub waiting: u64,
    /// Since when the oldest of them waits.
    #[ts(type = "string | null")]
    pub waiting_since: Option<Timestamp>,
    /// Why the last one that waits did not arrive.
    pub trouble: Option<String>,
}

/// Somebody to tell, as a person enters it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OutgoingIn {
    /// Its name: letters, digits, `-` and `_`. One of a name that is there is changed.
    pub name: String,
    /// Where it is told: `https://host/path`.
    pub url: String,
    /// What messages are signed with, `whsec_…`. Left out: the one that is kept, where the host is the same; else one is made.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub secret: Option<KeyText>,
    /// Of what. Empty: of everything.
    #[serde(default)]
    pub on: Vec<String>,
}

/// Who is told, after somebody was put among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OutgoingSet {
    /// Who is told.
    pub outgoing: Vec<OutgoingView>,
    /// The secret that was made, to be entered on the other side. It is shown this once.
    pub secret: Option<String>,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OutgoingTest {
    /// Whether it was taken.
    pub delivered: bool,
    /// The HTTP status of the answer, where there was one.
    pub status: Option<u16>,
    /// Why it was not taken, and what to do.
    pub trouble: Option<String>,
}
