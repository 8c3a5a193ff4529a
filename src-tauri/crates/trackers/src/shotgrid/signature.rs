//! HMAC-SHA1 over the exact received bytes, hex, in `x-sg-signature: sha1=…` (ShotGrid documentation, Webhooks, "Secret token").

use callboard_model::Refusal;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::credential::the_only;

/// Length of a SHA-1 digest in bytes.
const DIGEST: usize = 20;

/// How strong that is, for whoever looks at a hook.
pub const SIGNATURE_STRENGTH: &str = "ShotGrid signs with HMAC and SHA-1, which is weak by today's measure and all that it offers; it has not been \
                                      broken as a signature. Keep the address https";

/// A hook's secret token, and during a rotation the one before it.
#[derive(Clone)]
pub struct Secrets {
    current: Hmac<Sha1>,
    previous: Option<Hmac<Sha1>>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

fn keyed(token: &str) -> Hmac<Sha1> {
    // HMAC takes a key of any length; the error type only exists for MACs that do not.
    Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap_or_else(|_| Hmac::<Sha1>::new(&Default::default()))
}

impl Secrets {
    /// The token as typed on both sides, and the previous one while the tracker may still sign with it.
    #[must_use]
    pub fn new(current: &str, previous: Option<&str>) -> Self {
        Self {
            current: keyed(current),
            previous: previous.map(keyed),
        }
    }
}

/// Which secret signed a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// The current one.
    Current,
    /// The one before: the tracker has not been changed over yet.
    Previous,
}

impl Verified {
    /// The verdict as a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Current => "Signature good",
            Self::Previous => "Signature good, made with the previous secret",
        }
    }
}

/// What the signature header shows, of all its values.
pub fn shown<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Result<[u8; DIGEST], Refusal> {
    let value = the_only(headers)?;
    let digits = value.strip_prefix(b"sha1=").ok_or(Refusal::SignatureMalformed)?;
    let mut digest = [0_u8; DIGEST];
    hex::decode_to_slice(digits, &mut digest).map_err(|_| Refusal::SignatureMalformed)?;
    Ok(digest)
}

/// Whether one of the secrets signed exactly these bytes. `headers` are all values of the signature header. Compared in constant time,
/// on decoded bytes.
pub fn verify<'a>(
    secrets: &Secrets,
    headers: impl IntoIterator<Item = &'a [u8]>,
    body: &[u8],
) -> Result<Verified, Refusal> {
    let digest = shown(headers)?;
    let signed_by = |secret: &Hmac<Sha1>| secret.clone().chain_update(body).verify_slice(&digest).is_ok();
    if signed_by(&secrets.current) {
        Ok(Verified::Current)
    } else if secrets.previous.as_ref().is_some_and(signed_by) {
        Ok(Verified::Previous)
    } else {
        Err(Refusal::SignatureWrong)
    }
}

/// The header's value for a body: what ShotGrid would send.
#[must_use]
pub fn sign(token: &str, body: &[u8]) -> String {
    format!(
        "sha1={}",
        hex::encode(keyed(token).chain_update(body).finalize().into_bytes())
    )
}
