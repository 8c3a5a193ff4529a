#![doc = include_str!("../README.md")]

mod comparison;
pub mod creative_force;
mod error;
mod examination;
pub mod ftrack;
mod http;
mod network;
pub mod shotgrid;
mod site_log;
mod tracker;
mod webhooks;

pub use comparison::{Comparison, Ring, Rung};
pub use error::{TlsFault, TrackerError};
pub use examination::{Account, Examination, Permission, SiteCard, VersionLinks};
pub use network::{Network, tls_fault};
pub use site_log::{LogRow, MOST_LATE, SiteLog};
pub use tracker::{ListedProject, SiteStatus, Tracker};
pub use webhooks::{Deliveries, DeliveriesAsked, DeliveryFilter, MOST_ACKNOWLEDGED, Offered, Webhooks};
