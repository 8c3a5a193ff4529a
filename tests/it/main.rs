//! The engine against the practice site: real HTTP on a free port, a real file, nothing mocked.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say so and stop"
)]

mod approvals;
mod bad_days;
mod cascades;
mod creative_force;
mod damaged;
mod ears;
mod elsewhere;
mod fresh;
mod ftrack;
mod host;
mod mail;
mod mailbox;
mod once;
mod order;
mod outgoing;
mod practice_start;
mod product_done;
mod projects;
mod replays;
mod rules_at_work;
mod second_road;
mod security;
mod set_up;
mod shots;
mod stage;
mod studio_day;
mod the_site;
mod told;
mod two_roads;
mod undone;
mod what_if;
mod whole_days;
