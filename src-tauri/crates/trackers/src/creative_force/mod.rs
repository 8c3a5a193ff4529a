//! Creative Force: signed webhooks in, and nothing out. No public way is known to read it or to set anything there, so all that is
//! known of a studio is what its deliveries say.

mod actions;
mod address;
mod decode;
mod fields;
mod filter;
mod mask;
mod signature;

pub use actions::Group;
pub use address::address_trouble;
pub use decode::{Told, decode};
pub use filter::{Filter, STEPS};
pub use mask::{is_payload, masked, opened};
pub use signature::{KeyForm, Secrets, Verified, shown, sign, verify};

/// The field that holds an entity's status, above the wire.
pub const STATUS_FIELD: &str = "status";
/// The field that says what was done, where an event is no change of a status.
pub const ACTION_FIELD: &str = "Action";
/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-cf-signature";
/// The header that says in words what happened. Not signed, and nothing is decided by it.
pub const EVENT_HEADER: &str = "x-cf-event";
