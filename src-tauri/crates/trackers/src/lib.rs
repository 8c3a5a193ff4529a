#![doc = include_str!("../README.md")]

mod error;
pub mod shotgrid;
mod tracker;

pub use error::TrackerError;
pub use tracker::{RemoteHook, SiteStatus, Tracker};
