//! The secret in a header of a delivery. ftrack signs nothing (ftrack documentation, Webhooks): whoever shows the secret is taken for
//! the site, and nothing says that the body is as the site sent it but the encryption on the way.

use callboard_model::Refusal;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::credential::the_only;

/// The header that a webhook made from here carries its secret in.
pub const SECRET_HEADER: &str = "x-callboard-secret";
/// How strong that is, for whoever sets up a hook or looks at one.
pub const HEADER_STRENGTH: &str = "ftrack signs nothing: a secret in a header says that a delivery is the site's, not that its text is \
                                   unchanged. Keep the address https, and the address and the secret to yourself; with read_back each \
                                   change is looked up on the site before anything follows from it";

/// A hook's secret and the header that it stands in, and during a rotation the secret before it.
#[derive(Clone)]
pub struct HeaderSecret {
    name: String,
    current: [u8; 32],
    previous: Option<[u8; 32]>,
}

impl std::fmt::Debug for HeaderSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeaderSecret({}, …)", self.name)
    }
}

impl HeaderSecret {
    /// The header's name, the secret as typed on both sides, and the previous one while the site may still show it.
    #[must_use]
    pub fn new(name: &str, current: &str, previous: Option<&str>) -> Self {
        Self {
            name: name.to_ascii_lowercase(),
            current: digest(current.as_bytes()),
            previous: previous.map(|secret| digest(secret.as_bytes())),
        }
    }

    /// The header's name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether one of the secrets is shown. `headers` are all values of the header. Compared by their digests, in constant time, so that
    /// not even a length is told.
    pub fn verify<'a>(&self, headers: impl IntoIterator<Item = &'a [u8]>) -> Result<Shown, Refusal> {
        let value = the_only(headers)?;
        let shown = digest(value);
        let is_current = shown.ct_eq(&self.current);
        let is_previous = shown.ct_eq(&self.previous.unwrap_or(self.current));
        match (bool::from(is_current), bool::from(is_previous)) {
            (true, _) => Ok(Shown::Current),
            (false, true) => Ok(Shown::Previous),
            (false, false) => Err(Refusal::SignatureWrong),
        }
    }
}

fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Which secret a delivery showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The current one.
    Current,
    /// The one before: the site has not been changed over yet.
    Previous,
}

impl Shown {
    /// The verdict as a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Current => "Its header shows the secret; ftrack signs nothing",
            Self::Previous => "Its header shows the previous secret; ftrack signs nothing",
        }
    }
}
