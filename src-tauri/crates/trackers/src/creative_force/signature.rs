//! HMAC-SHA256 over the exact received bytes, hex, in `X-CF-Signature` (Creative Force help, "Webhooks", "Validating Webhooks").
//!
//! The vendor's text says that the secret is Base64, its sample signs with the text as it is. Both are tried on the first delivery,
//! and the one that matched is the only one from then on.

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use callboard_model::Refusal;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::credential::the_only;

/// Length of a SHA-256 digest in bytes.
const DIGEST: usize = 32;

/// RFC 2045 allows line breaks, which are taken out before; whether it is padded does not matter.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// In which form a secret signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// The text as it is.
    Given,
    /// The bytes that it stands for in Base64.
    Decoded,
}

/// A hook's secret, and during a rotation the one before it. Clones share what was found out.
#[derive(Clone)]
pub struct Secrets {
    inside: Arc<Inside>,
}

struct Inside {
    current: Secret,
    previous: Option<Secret>,
}

struct Secret {
    given: Hmac<Sha256>,
    /// None where the text is no Base64, or stands for nothing.
    decoded: Option<Hmac<Sha256>>,
    /// Which of the two signed the first good delivery.
    found: OnceLock<KeyForm>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length; the error type only exists for MACs that do not.
    Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()))
}

impl Secret {
    fn new(text: &str) -> Self {
        let plain: String = text.split_ascii_whitespace().collect();
        let decoded = BASE64.decode(plain).ok().filter(|bytes| !bytes.is_empty());
        Self {
            given: keyed(text.as_bytes()),
            decoded: decoded.map(|bytes| keyed(&bytes)),
            found: OnceLock::new(),
        }
    }

    /// Whether it signed these bytes, and in which form. Both forms are worked out whatever the first says, so that the time tells
    /// nothing of which one is meant.
    fn signed(&self, body: &[u8], digest: &[u8]) -> Option<KeyForm> {
        let by = |key: &Hmac<Sha256>| key.clone().chain_update(body).verify_slice(digest).is_ok();
        let given = by(&self.given);
        let decoded = self.decoded.as_ref().is_some_and(by);
        let form = match (given, decoded) {
            (true, _) => KeyForm::Given,
            (false, true) => KeyForm::Decoded,
            (false, false) => return None,
        };
        (*self.found.get_or_init(|| form) == form).then_some(form)
    }
}

impl Secrets {
    /// The secret as typed on both sides, and the previous one while Creative Force may still sign with it.
    #[must_use]
    pub fn new(current: &str, previous: Option<&str>) -> Self {
        Self {
            inside: Arc::new(Inside {
                current: Secret::new(current),
                previous: previous.map(Secret::new),
            }),
        }
    }
}

/// What signed a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whether it was the secret before the current one: Creative Force has not been changed over yet.
    pub previous: bool,
    /// In which form it signed.
    pub key: KeyForm,
}

impl Verified {
    /// The verdict as a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match (self.previous, self.key) {
            (false, KeyForm::Given) => "Signature good, made with the secret as it is written",
            (false, KeyForm::Decoded) => "Signature good, made with the secret decoded from Base64",
            (true, KeyForm::Given) => "Signature good, made with the previous secret as it is written",
            (true, KeyForm::Decoded) => "Signature good, made with the previous secret decoded from Base64",
        }
    }
}

/// What the signature header shows, of all its values.
pub fn shown<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Result<[u8; DIGEST], Refusal> {
    let value = the_only(headers)?;
    let mut digest = [0_u8; DIGEST];
    hex::decode_to_slice(value, &mut digest).map_err(|_| Refusal::SignatureMalformed)?;
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
    let Inside { current, previous } = secrets.inside.as_ref();
    if let Some(key) = current.signed(body, &digest) {
        return Ok(Verified { previous: false, key });
    }
    let previous = previous.as_ref().and_then(|secret| secret.signed(body, &digest));
    previous
        .map(|key| Verified { previous: true, key })
        .ok_or(Refusal::SignatureWrong)
}

/// The header's value for a body: what Creative Force would send, with the secret as it is written.
#[must_use]
pub fn sign(secret: &str, body: &[u8]) -> String {
    hex::encode(keyed(secret.as_bytes()).chain_update(body).finalize().into_bytes())
}
