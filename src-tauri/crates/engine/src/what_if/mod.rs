//! A rule set on the past: what it would have done otherwise than the rules that were live, and whether what people did by
//! hand afterwards bears it out. Nothing is written.

mod asked;
mod at;
mod history;
mod live;
mod run;
mod runs;
mod threads;
mod world;

pub(crate) use at::world_at;
pub use run::{Span, Told, what_if};
pub(crate) use runs::Runs;
