#![doc = include_str!("../README.md")]

mod auth;
mod batch;
mod changes;
mod clock;
mod control;
mod custom_events;
mod deliveries;
mod delivery_log;
mod errors;
mod filters;
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
mod schema;
mod search;
mod seed;
mod sending;
mod signature;
mod site;
mod statuses;
mod summaries;
mod tables;
mod webhooks;
mod world;

pub use control::{Control, DeliveryView, Write};
pub use custom_events::CUSTOM_EVENTS;
pub use practice::{Practice, PracticeArgs, PracticeError};
pub use signature::signature;
