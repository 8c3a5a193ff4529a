#![doc = include_str!("../README.md")]

mod again;
mod ahead;
mod approvals;
mod carry;
mod checkpoint;
mod compared;
mod counts;
mod damage;
mod deliveries;
mod error;
mod facts;
mod filter;
mod groups;
mod heard;
mod held;
mod history;
mod hook_figures;
mod issues;
mod lasting;
mod log;
mod notes;
mod opening;
mod outgoing;
mod pack;
mod pause;
mod read;
mod replay;
mod retention;
mod rows;
mod rule_sets;
mod salvage;
mod search;
mod site_log;
mod undo;
mod views;
mod wal;
mod words;
mod write;
mod writer;

pub use carry::{Arriving, NewCarry, OpenCarry};
pub use compared::ComparisonIn;
pub use counts::{FacetCount, FeedCounts, OutcomeCount};
pub use deliveries::KeptDelivery;
pub use error::JournalError;
pub use facts::{Fact, LastWord};
pub use groups::{FeedGroup, FeedGroups};
pub use history::{History, Lane, Span, SpanBy};
pub use hook_figures::HookFigures;
pub use issues::{Alike, Issue, IssueState, IssueView, IssuesView, NewIssue};
pub use notes::{HandNote, SOMEBODY};
pub use opening::{Migrated, Opened};
pub use outgoing::{NewOutgoing, Outgoing, OutgoingQueue};
pub use read::{After, LaterWord, Reader, Waiting};
pub use replay::{Past, PastChange, PastEvents, Recorded};
pub use rule_sets::{DraftIn, Publication};
pub use salvage::Rebuilt;
pub use site_log::{LogPageIn, LogPosition, LogTaken};
pub use undo::{Echo, Written};
pub use views::{
    About, ByHand, CarryState, CarryView, CascadeView, Counts, DeliveryView, DraftView, FeedFilter, FeedPage, FeedRow,
    LiveName, Outcome, Pause, Resumed, RevisionView, SetAside, StatusView, WaitingChange,
};
pub use words::{Said, Word};
pub use write::{Accepted, Decided, Decision, DeliveryIn, Journal, Known, NewChange, Settled};
pub use writer::Touched;
