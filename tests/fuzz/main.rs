//! Everything that reads bytes from outside, given bytes that nobody meant.
//!
//! Each test is one target: a property that holds for any bytes. `cargo test` tries it on the target's files in `corpus`, and on those
//! with a few edits, always the same ones. `make fuzz` builds the same tests with coverage counters and lets libFuzzer find the
//! edits, from the same files and the same words (`words`). What it finds goes into the corpus with its cure.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say so and stop"
)]

mod answers;
mod bodies;
mod feed;
mod questions;
mod receiver;
mod rules;
mod settings;
mod signatures;
mod tables;
mod trying;
