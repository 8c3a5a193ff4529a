//! Looking for words, and for what the feed is filtered by, over all history: an index that is written after the event.

mod block;
mod document;
mod fold;
mod indexing;
mod look;

pub(crate) use document::{PERSON, PROJECT, mark, of as documents};
pub(crate) use fold::typed;
pub(crate) use indexing::{IndexThread, Indexing};
pub(crate) use look::{ANY, Found, Group, Look, are_few, by_outcome};
