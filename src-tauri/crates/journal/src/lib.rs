#![doc = include_str!("../README.md")]

mod again;
mod ahead;
mod approvals;
mod deliveries;
mod error;
mod facts;
mod hook_figures;
mod notes;
mod pause;
mod read;
mod replay;
mod rows;
mod rule_sets;
mod site_log;
mod undo;
mod views;
mod words;
mod write;
mod writer;

pub use deliveries::KeptDelivery;
pub use error::JournalError;
pub use facts::{Fact, LastWord};
pub use hook_figures::HookFigures;
pub use notes::HandNote;
pub use read::{Issue, LaterWord, Reader, Waiting};
pub use replay::{Past, PastChange, Recorded, Snapshot};
pub use rule_sets::{DraftIn, Publication};
pub use site_log::{LogPageIn, LogPosition, LogTaken};
pub use undo::{Echo, Written};
pub use views::{
    ByHand, CascadeView, Counts, DeliveryView, DraftView, FeedFilter, FeedPage, FeedRow, LiveName, Outcome, Pause,
    Resumed, RevisionView, SetAside, StatusView, WaitingChange,
};
pub use words::{Said, Word};
pub use write::{Accepted, Decided, Decision, DeliveryIn, Journal, Known, NewChange, NewIssue, Settled};
pub use writer::Touched;
