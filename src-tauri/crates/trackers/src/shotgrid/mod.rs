//! ShotGrid (Flow Production Tracking): signed webhooks in, REST API out.

mod around;
mod client;
mod decode;
mod examination;
mod fields;
mod hooks;
mod log;
mod note;
mod record;
mod search;
mod signature;
mod token;
mod wire;

pub use client::ShotGrid;
pub use decode::{decode, decode_log_row, payload_at};
pub use note::note_from_flat;
pub use record::entity_from_flat;
pub use signature::{SIGNATURE_STRENGTH, Secrets, Verified, shown, sign, verify};
pub use wire::ScriptKey;

/// The field that holds an entity's status.
pub const STATUS_FIELD: &str = "sg_status_list";
/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-sg-signature";
/// The header that carries the site's id of a delivery, by which an outcome can be written back to it.
pub const DELIVERY_HEADER: &str = "x-sg-delivery-id";
