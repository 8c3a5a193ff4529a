use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{HookName, RuleId, SiteName};

/// What sort of thing people are told of. Each can be switched off alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum AlertKind {
    /// Deliveries of a hook fail.
    HookUnstable,
    /// The site gave a hook up.
    HookFailed,
    /// Somebody switched a hook off.
    HookDisabled,
    /// A hook misses what the site's log tells.
    HookDeaf,
    /// A hook is well again.
    HookRecovered,
    /// A rule broke and rests.
    RuleSetAside,
    /// A change could not be written, and is not tried again.
    WriteGivenUp,
    /// Two rules contradict each other, or one takes back what started it.
    Conflict,
    /// Changes wait for a person.
    Approvals,
    /// What happened in the quiet hours.
    Digest,
    /// Alerts cannot be mailed.
    Mail,
    /// Somebody cannot be told by an outgoing webhook.
    Outgoing,
    /// A site does not let us see what decisions need.
    Site,
    /// The journal does not do what it should.
    Journal,
}

impl AlertKind {
    /// Every kind there is.
    pub const ALL: [Self; 14] = [
        Self::HookUnstable,
        Self::HookFailed,
        Self::HookDisabled,
        Self::HookDeaf,
        Self::HookRecovered,
        Self::RuleSetAside,
        Self::WriteGivenUp,
        Self::Conflict,
        Self::Approvals,
        Self::Digest,
        Self::Mail,
        Self::Outgoing,
        Self::Site,
        Self::Journal,
    ];

    /// The kind as the journal and the settings spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HookUnstable => "hook_unstable",
            Self::HookFailed => "hook_failed",
            Self::HookDisabled => "hook_disabled",
            Self::HookDeaf => "hook_deaf",
            Self::HookRecovered => "hook_recovered",
            Self::RuleSetAside => "rule_set_aside",
            Self::WriteGivenUp => "write_given_up",
            Self::Conflict => "conflict",
            Self::Approvals => "approvals",
            Self::Digest => "digest",
            Self::Mail => "mail",
            Self::Outgoing => "outgoing",
            Self::Site => "site",
            Self::Journal => "journal",
        }
    }
}

/// Where in the window something is seen to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "place", rename_all = "snake_case")]
#[ts(export)]
pub enum Place {
    /// An event with its cascade.
    Event {
        /// Its number in the journal.
        #[ts(type = "number")]
        seq: i64,
    },
    /// A hook.
    Hook {
        /// Which.
        hook: HookName,
    },
    /// A rule.
    Rule {
        /// Which.
        rule: RuleId,
    },
    /// What waits for a person.
    Inbox,
    /// A site.
    Site {
        /// Which.
        site: SiteName,
    },
    /// The issues.
    Issues,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_spelt_one_way() {
        for kind in AlertKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
