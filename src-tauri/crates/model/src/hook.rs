use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{HookName, SiteName};

/// A hook's state, in the trackers' words and our one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum HookState {
    /// No delivery failed in the past 24 hours.
    Active,
    /// Some failed, not enough for the site to give up.
    Unstable,
    /// The site gave up: 100 failures in 24 hours.
    Failed,
    /// Somebody switched it off.
    Disabled,
    /// The site's log moves and nothing arrives.
    Deaf,
}

impl HookState {
    /// The state as it stands in the journal and on stdout.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Unstable => "unstable",
            Self::Failed => "failed",
            Self::Disabled => "disabled",
            Self::Deaf => "deaf",
        }
    }

    /// The state that a site or the journal means by a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "active" => Self::Active,
            "unstable" => Self::Unstable,
            "failed" => Self::Failed,
            "disabled" => Self::Disabled,
            "deaf" => Self::Deaf,
            _ => return None,
        })
    }
}

/// A mark beside a hook's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Badge {
    /// Answers take more than 500 ms in the mean.
    SlowResponse,
    /// More than 10 % of the site's response budget.
    HeavyLoad,
    /// More than 50 % of it.
    VeryHeavyLoad,
    /// More than all of it: the site makes deliveries wait.
    Throttled,
    /// Deliveries carry neither signature nor secret: anybody who knows the address can send one.
    Unsigned,
}

/// How a hook is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HookHealth {
    /// Its name.
    pub name: HookName,
    /// The site it belongs to.
    pub site: SiteName,
    /// Its state.
    pub state: HookState,
    /// Marks beside it.
    pub badges: Vec<Badge>,
    /// Since when it is in this state.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// What is wrong and what to do, as sentences; none when all is well.
    pub why: Option<String>,
}

/// Why the receiver did not take a delivery. The sender hears none of this; the coordinator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Refusal {
    /// No signature header.
    SignatureMissing,
    /// A signature header that is not one signature of this hook's kind.
    SignatureMalformed,
    /// A signature made with another secret, or over other bytes.
    SignatureWrong,
    /// A custom header that the hook asks for is missing or says something else.
    HeaderWrong,
    /// The body is over the hook's limit.
    TooLarge,
    /// `Content-Type` is not JSON, or the body is encoded.
    NotJsonType,
    /// The body did not arrive in time.
    TooSlow,
    /// So many large bodies were being received that this one found no room in memory.
    NoRoom,
    /// The journal could not take it.
    NotStored,
}

impl Refusal {
    /// Every reason there is.
    pub const ALL: [Self; 9] = [
        Self::SignatureMissing,
        Self::SignatureMalformed,
        Self::SignatureWrong,
        Self::HeaderWrong,
        Self::TooLarge,
        Self::NotJsonType,
        Self::TooSlow,
        Self::NoRoom,
        Self::NotStored,
    ];

    /// The reason as it stands in the journal and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignatureMissing => "signature_missing",
            Self::SignatureMalformed => "signature_malformed",
            Self::SignatureWrong => "signature_wrong",
            Self::HeaderWrong => "header_wrong",
            Self::TooLarge => "too_large",
            Self::NotJsonType => "not_json_type",
            Self::TooSlow => "too_slow",
            Self::NoRoom => "no_room",
            Self::NotStored => "not_stored",
        }
    }

    /// What happened and what to do, for a coordinator.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::SignatureMissing => {
                "deliveries arrive without a signature or secret. Set the same secret on the webhook in the tracker as here"
            }
            Self::SignatureMalformed => {
                "deliveries carry a signature or secret that this hook cannot read. Check that a webhook of the tracker, and nothing between, sends them"
            }
            Self::SignatureWrong => {
                "deliveries are signed with another secret, or show another one. Set the same secret on the webhook in the tracker as here"
            }
            Self::HeaderWrong => {
                "deliveries lack a custom header of this hook, or say something else in it. Enter the same headers on the webhook in the tracker as here"
            }
            Self::TooLarge => {
                "deliveries are larger than the hook's limit. Raise max_body for this hook, or subscribe to fewer fields"
            }
            Self::NotJsonType => {
                "deliveries are not JSON. Check that nothing between the tracker and Callboard rewrites them"
            }
            Self::TooSlow => {
                "deliveries stall half way. Check the tunnel or proxy between the tracker and this machine"
            }
            Self::NoRoom => {
                "so many large deliveries came at once that there was no room for more. Lower max_body of hooks that need no batches, or have the tunnel or proxy let fewer through at once"
            }
            Self::NotStored => {
                "the journal could not be written. Check that the disk has room and that no other program holds the file"
            }
        }
    }
}
