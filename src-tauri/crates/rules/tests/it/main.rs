//! Rule sets from the outside: what they decide, what they say of themselves, and what they refuse.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "rules are written as json! literals, and a borrow before each would only be noise"
)]

mod cases;
mod checks;
mod differential;
mod diffs;
mod elsewhere;
mod fields;
mod files;
mod filters;
mod interpreter;
mod laws;
mod made;
mod notes_tables;
mod oracle;
mod overhaul;
mod peers;
mod pictures;
mod plans;
mod reasons;
mod story;
mod templates;
mod yaml;
