//! ShotGrid REST: signature. HMAC-SHA1 keyed by the token's UTF-8 bytes, over the exact bytes of the body.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// The value of `x-sg-signature`.
pub fn signature(token: &str, body: &[u8]) -> String {
    // HMAC takes a key of any length, so there is always a digest.
    let mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).map(|mac| mac.chain_update(body).finalize().into_bytes());
    mac.map(|digest| format!("sha1={}", hex::encode(digest)))
        .unwrap_or_default()
}
