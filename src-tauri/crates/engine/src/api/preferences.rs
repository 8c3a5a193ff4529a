//! What a person wants to be told of, and how long history is kept.

use callboard_model::AlertKind;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What each production chooses for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Preferences {
    /// What people are told of, and when.
    pub notify: NotifyChoices,
    /// How long history is kept.
    pub keep: Keep,
}

/// What people are told of by notifications, and when. Mail goes by nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NotifyChoices {
    /// The kinds that nobody is told of.
    #[serde(default)]
    pub off: Vec<AlertKind>,
    /// When nobody is told of anything until the end of it; none: at any time.
    #[serde(default)]
    pub quiet: Option<QuietHours>,
}

/// When people are left alone, by this machine's time of day. What happens meanwhile is told in one message when they end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct QuietHours {
    /// When they begin: `19:00`.
    pub from: String,
    /// When they end: `08:00`. Where it is earlier than their beginning, on the next day.
    pub until: String,
    /// Whether all of Saturday and Sunday belongs to them.
    #[serde(default)]
    pub weekends: bool,
}

/// How long events are kept, with their deliveries and changes. What is not finished stays however old it is, and so does
/// everything of the past eight days: until then a site may deliver again what it delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Keep {
    /// Events older than so many days go, at least 8; none: they stay for ever.
    #[serde(default)]
    pub days: Option<u32>,
    /// The oldest events go while the journal's file has more in use than so many megabytes (of 1,000,000 bytes), at least 10; none:
    /// it may have any size.
    #[serde(default)]
    pub megabytes: Option<u32>,
}
