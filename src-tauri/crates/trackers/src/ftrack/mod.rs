//! ftrack: webhooks with a secret in a header in, the operations API out.

mod around;
mod automations;
mod client;
mod decode;
mod examination;
mod header;
mod hub;
mod named;
mod query;
mod reading;
mod record;
mod schema;
mod standing;
mod trigger;
mod types;
mod wire;
mod workflow;

pub use client::Ftrack;
pub use decode::decode;
pub use header::{HEADER_STRENGTH, HeaderSecret, SECRET_HEADER, Shown};
pub use hub::{HubFrame, hub_frame};
pub use trigger::{MAX_TRIGGER_BYTES, Trigger, TriggerMistake};
pub use types::ObjectTypes;
pub use wire::UserKey;

/// The column that holds a thing's status.
pub const STATUS_FIELD: &str = "status_id";
