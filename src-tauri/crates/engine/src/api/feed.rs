//! What stands around one event.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The event before another on the same entity, as received.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PreviousPayload {
    /// Its number.
    pub seq: i64,
    /// When it reached us.
    #[ts(type = "string")]
    pub received_at: Timestamp,
    /// JSON text, untouched.
    pub payload: String,
}

/// What the sender of a delivery was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SentAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// What is written back to the site's record of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Acknowledgement {
    /// When it was written; none: not yet, or the site did not take it.
    #[ts(type = "string | null")]
    pub at: Option<Timestamp>,
    /// The words, as things stand now.
    pub text: String,
}
