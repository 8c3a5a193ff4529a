#![doc = include_str!("../README.md")]

mod auth;
mod bad_days;
mod batch;
mod changes;
mod clock;
mod control;
mod creative_force;
mod crowd;
mod custom_events;
mod deliveries;
mod delivery_log;
mod errors;
mod filters;
mod ftrack;
mod hooks;
mod json_rpc;
mod ledger;
mod log;
mod paths;
mod people;
mod practice;
mod records;
mod rehearsal;
mod rest;
mod rows;
mod schema;
mod search;
mod seed;
mod sending;
mod signature;
mod site;
mod statuses;
mod summaries;
mod tables;
mod weather;
mod webhooks;
mod world;

pub use bad_days::{BadDay, UnknownBadDay};
pub use control::{Control, DeliveryView, Write};
pub use creative_force::{
    CREATIVE_FORCE_EVENTS, CreativeForceControl, CreativeForceDelivery, creative_force_signature,
};
pub use custom_events::CUSTOM_EVENTS;
pub use ftrack::{FtrackControl, FtrackDelivery, FtrackWrite};
pub use practice::{Practice, PracticeArgs, PracticeError};
pub use signature::signature;
