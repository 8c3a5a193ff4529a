#![doc = include_str!("../README.md")]

mod auth;
mod batch;
mod changes;
mod clock;
mod control;
mod deliveries;
mod errors;
mod filters;
mod json_rpc;
mod log;
mod paths;
mod people;
mod practice;
mod records;
mod rest;
mod schema;
mod search;
mod seed;
mod signature;
mod site;
mod statuses;
mod summaries;
mod tables;
mod webhooks;
mod world;

pub use control::{Control, DeliveryView, Write};
pub use practice::{Practice, PracticeArgs, PracticeError};
pub use signature::signature;
