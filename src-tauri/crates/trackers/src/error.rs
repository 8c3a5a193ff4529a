use std::fmt;
use std::time::Duration;

/// What is wrong with a site's certificate, or with the encryption as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// Its time is over, by this machine's clock.
    Expired,
    /// Its time has not come, by this machine's clock.
    NotYetValid,
    /// It is made out to another host.
    OtherName,
    /// Nobody whom this machine believes has signed it.
    UnknownIssuer,
    /// Whoever signed it has taken it back.
    Revoked,
    /// What answers does not encrypt.
    NotTls,
    /// Anything else, in the words of the library that checks it.
    Other(String),
}

impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => {
                "its certificate has expired. Ask whoever runs the site to renew it, and check this machine's date and time"
            }
            Self::NotYetValid => "its certificate is not valid yet. Check this machine's date and time",
            Self::OtherName => "its certificate is made out to another address. Check the site's address in Sites",
            Self::UnknownIssuer => {
                "its certificate is signed by nobody whom this machine knows. If the studio signs its own, choose the studio's CA \
                 file in Sites; on a hotel's or guest network, sign in there first"
            }
            Self::Revoked => "its certificate has been revoked. Ask whoever runs the site",
            Self::NotTls => {
                "what answers there does not speak TLS. Check whether the site's address begins with http:// and its port, and \
                 whether a proxy stands between"
            }
            Self::Other(why) => return write!(f, "its certificate or encryption cannot be used ({why}). Ask whoever runs the site"),
        })
    }
}

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
    #[error("{site} refuses the key of \"{script}\": {why}. Check the name and the key in Sites")]
    KeyRefused {
        /// The site's address.
        site: String,
        /// The name of the script or user that the key belongs to.
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
    /// This kind of site has no such thing. The text goes on from "ftrack has no".
    #[error("ftrack has no {0}")]
    NotOffered(&'static str),
    /// This kind of site cannot be asked for entities by a field.
    #[error("Nothing can be looked for by the field {0} there. Let the rule go by the name")]
    NotSearchable(String),
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
    /// No connection that can be trusted. Nothing was sent, the key neither.
    #[error("{site} cannot be trusted: {fault}")]
    Untrusted {
        /// The site's address.
        site: String,
        /// What is wrong.
        fault: TlsFault,
    },
    /// The studio's CA file in the settings is none.
    #[error(
        "The studio's CA file cannot be used: {0}. Choose a file with the studio's certificate in PEM form in Sites"
    )]
    BadAuthority(String),
    /// The proxy's address in the settings is not one. It may hold a password and is not repeated.
    #[error("The proxy's address is not one. Enter it as http://host:port in Sites")]
    BadProxy,
    /// The address in the settings is not one.
    #[error("\"{0}\" is not a web address. Enter it as https://…")]
    BadAddress(String),
    /// The address in the settings holds a name or password, which is not repeated here.
    #[error(
        "The site's address must hold no name and no password: enter them in their own places, and the address as https://host"
    )]
    AddressWithPassword,
    /// The address in the settings is one that no site can be at.
    #[error("{0}. Enter the site's address as https://host")]
    NoSiteThere(String),
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

    /// Whether it is the site as a whole that cannot be worked with, until it passes or until somebody mends a key, an address, a
    /// certificate, a clock; not one entity or field.
    #[must_use]
    pub fn of_the_site(&self) -> bool {
        self.passing()
            || matches!(
                self,
                Self::KeyRefused { .. } | Self::Redirected(_) | Self::Untrusted { .. }
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
