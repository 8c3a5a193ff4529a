use std::time::Duration;

/// Why a site did not do what it was asked. The sentence is for a coordinator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrackerError {
    /// Nobody answered at the address.
    #[error("{site} cannot be reached: {why}. Check the network and the site's address")]
    Unreachable {
        /// The site's address.
        site: String,
        /// What the network said.
        why: String,
    },
    /// It did not answer in time.
    #[error("{0} did not answer in time")]
    Timeout(String),
    /// It answers that it is busy or down.
    #[error("{site} is down or busy (it answered {status})")]
    Down {
        /// The site's address.
        site: String,
        /// The HTTP status.
        status: u16,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// It does not accept the key.
    #[error("{site} refuses the key of script \"{script}\": {why}. Check the script's name and key in Sites")]
    KeyRefused {
        /// The site's address.
        site: String,
        /// The script's name.
        script: String,
        /// What the site said.
        why: String,
    },
    /// It understood and will not do it: an invalid status, a missing permission.
    #[error("The site refused: {0}")]
    Refused(String),
    /// A field that is not for rules to set, or not to that.
    #[error("The field {field} cannot be set: {why}")]
    NotSettable {
        /// The field.
        field: String,
        /// Why, and what to do.
        why: String,
    },
    /// There is no such entity (any more).
    #[error("The site has no such entity (any more)")]
    NotFound,
    /// What is to be read around one event is more than can be planned with.
    #[error(
        "The rules would look at more than {most} entities around {what}, too many for one plan. Let fewer rules lead from it to others"
    )]
    TooMany {
        /// The event's entity.
        what: String,
        /// How many would be read at most.
        most: usize,
    },
    /// It sends us elsewhere. A key goes to no other host.
    #[error("{0} redirects to another address. Enter that address in Sites if it is the right one")]
    Redirected(String),
    /// Its answer is not one of this tracker's.
    #[error("{site} gave an answer that is not a tracker's: {why}. Check the site's address")]
    Unreadable {
        /// The site's address.
        site: String,
        /// What was wrong with it.
        why: String,
    },
    /// The address in the settings is not one.
    #[error("\"{0}\" is not a web address. Enter it as https://…")]
    BadAddress(String),
}

impl TrackerError {
    /// Whether the same call may succeed later without anybody doing anything.
    #[must_use]
    pub fn passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Timeout(_) | Self::Down { .. } | Self::Unreadable { .. }
        )
    }

    /// How long the site asks to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Down { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
