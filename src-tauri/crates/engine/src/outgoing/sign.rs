//! Signatures of Standard Webhooks: `v1,` and HMAC-SHA256 over `id.timestamp.body` in Base64 (specification 1.0.0, "Signature scheme").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// How many bytes a secret may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;
/// How many a new one has.
const NEW: usize = 32;

/// A receiver's secret, ready to sign with.
#[derive(Clone)]
pub(crate) struct Signer(Hmac<Sha256>);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// Reads a secret. Errors with a sentence that does not quote it.
    pub(crate) fn new(secret: &str) -> Result<Self, String> {
        const WRONG: &str = "the secret is not one: it begins with whsec_ and goes on with 24 to 64 bytes in Base64. Leave it out to have one made";
        let key = secret
            .trim()
            .strip_prefix(PREFIX)
            .and_then(|text| STANDARD.decode(text).ok());
        let key = key.filter(|key| LENGTHS.contains(&key.len())).ok_or(WRONG)?;
        Hmac::new_from_slice(&key).map(Self).map_err(|_| WRONG.to_owned())
    }

    /// A new secret: 256 random bits, as both sides write it.
    pub(crate) fn make() -> Result<String, getrandom::Error> {
        let mut key = [0_u8; NEW];
        getrandom::fill(&mut key)?;
        Ok(format!("{PREFIX}{}", STANDARD.encode(key)))
    }

    /// The signature of a message that is sent at a time, in seconds since 1970.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = self
            .0
            .clone()
            .chain_update(format!("{id}.{timestamp}."))
            .chain_update(body);
        format!("v1,{}", STANDARD.encode(signed.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_standard_webhooks_is_signed_as_its_own_libraries_do() {
        let signer = Signer::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_quoted() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for wrong in [
            "",
            "hunter2",
            "whsec_",
            "whsec_hunter2",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            &short,
            &long,
        ] {
            let told = Signer::new(wrong).unwrap_err();
            assert!(wrong.len() < 7 || !told.contains(wrong), "{told}");
        }
    }

    #[test]
    fn a_new_secret_is_one_and_another_every_time() {
        let (one, other) = (Signer::make().unwrap(), Signer::make().unwrap());
        assert!(Signer::new(&one).is_ok() && one != other);
    }
}
