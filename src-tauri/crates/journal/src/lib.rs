#![doc = include_str!("../README.md")]

mod error;
mod read;
mod rows;
mod views;
mod write;
mod writer;

pub use error::JournalError;
pub use read::{Issue, LaterWord, Reader, Waiting};
pub use views::{CascadeView, Counts, DeliveryView, FeedFilter, FeedPage, FeedRow, LiveName, Outcome, StatusView};
pub use write::{Accepted, Decided, Decision, DeliveryIn, Journal, Known, NewChange, NewIssue, Settled};
pub use writer::Touched;
