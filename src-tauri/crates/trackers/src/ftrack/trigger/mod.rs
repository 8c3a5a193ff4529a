//! The filter of a webhook's trigger: composed from what is to be heard, read back, and tried on events as they were received.

mod compose;
mod grammar;
mod understood;

pub(super) use compose::compose;
pub use grammar::{MAX_TRIGGER_BYTES, Trigger, TriggerMistake};
pub(super) use understood::understood;
