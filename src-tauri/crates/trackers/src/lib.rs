#![doc = include_str!("../README.md")]

mod comparison;
pub mod creative_force;
mod credential;
mod error;
mod examination;
pub mod ftrack;
mod http;
mod network;
mod reach;
pub mod shotgrid;
mod site_log;
mod tracker;
mod unambiguous;
mod webhooks;

pub use comparison::{Comparison, Ring, Rung};
pub use error::{TlsFault, TrackerError};
pub use examination::{Account, Examination, Permission, SiteCard, VersionLinks};
pub use network::{Network, tls_fault};
pub use reach::{guarded, is_this_machine, judge_number};
pub use site_log::{LogRow, MOST_LATE, SiteLog};
pub use tracker::{ListedProject, SiteStatus, Tracker};
pub use webhooks::{Deliveries, DeliveriesAsked, DeliveryFilter, MOST_ACKNOWLEDGED, Offered, Webhooks};
