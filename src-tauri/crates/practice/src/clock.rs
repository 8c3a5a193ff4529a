//! The one wall clock of the practice site, and the four ways in which a ShotGrid site writes a time.

use jiff::Timestamp;

/// A stand-in for a real site has to stamp real times: its tokens expire and its event log is searched by them.
#[expect(
    clippy::disallowed_methods,
    reason = "the practice site is an outside system with a clock of its own"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// `2021-06-16T08:55:30Z`: records, single deliveries.
pub(crate) fn plain(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2021-06-16 08:55:29 UTC`: only the thin answer to a create.
pub(crate) fn thin(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `2024-05-01 09:00:00.523887`: `created_at` of a webhook event.
pub(crate) fn spaced(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// `2024-05-01T09:00:01.140Z`: `timestamp` of a batched delivery.
pub(crate) fn millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
