//! Callboard's window: a thin shell around the engine. It hands over what the window asks, and tells people what the engine
//! wants told.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod closing;
mod desk;
mod glance;
mod keep;
mod language;
mod login;
mod notices;
mod places;
mod production;
mod telling;
mod tray;
#[cfg(target_os = "linux")]
mod webkit;
mod window;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use callboard_engine::{KeepIn, PlainLines};
use clap::Parser;
use mimalloc::MiMalloc;

/// A delivery is taken apart on one thread and let go on another, and what-if holds much for a moment: this one is quick at the
/// first, and after the second gives back what it held.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The window. Everything else is `callboard`.
#[derive(Parser, Clone)]
#[command(name = "callboard-desktop", version, about)]
struct Args {
    /// The folder of the journal; the system's own place for it unless told
    #[arg(long, env = "CALLBOARD_DATA")]
    data: Option<PathBuf>,
    /// Sites and hooks, in TOML; callboard.toml in the data folder unless told
    #[arg(long)]
    config: Option<PathBuf>,
    /// Makes this rule set live
    #[arg(long)]
    rules: Option<PathBuf>,
    /// Where secrets go that are entered in the window: keychain, or file: an encrypted one in the data folder
    #[arg(long, env = "CALLBOARD_SECRETS", default_value = "keychain")]
    secrets: KeepIn,
    /// Where the receiver listens
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Opens on a practice production, in which nothing is real
    #[arg(long, conflicts_with = "config")]
    practice: bool,
    /// Events a second that the people of the practice production make
    #[arg(long, default_value_t = 0.6)]
    rate: f64,
    /// Ends by itself after so many seconds
    #[arg(long)]
    seconds: Option<f64>,
    /// Starts without showing its window: at login
    #[arg(long)]
    hidden: bool,
    /// Also prints what happens, a line each
    #[arg(long)]
    tell: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_writer(|| PlainLines(std::io::stderr()))
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("CALLBOARD_LOG").unwrap_or_else(|_| "warn".into()))
        .with_ansi(false)
        // It would be said on stderr, which is what cannot be written, and saying it there panics.
        .log_internal_errors(false)
        .init();
    #[cfg(target_os = "linux")]
    webkit::draw_plainly_without_a_card();
    match window::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("callboard-desktop: {error}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unless_told_it_listens_on_this_machine_alone() {
        let args = Args::parse_from(["callboard-desktop"]);
        assert_eq!(args.listen.to_string(), "127.0.0.1:8787");
    }
}
