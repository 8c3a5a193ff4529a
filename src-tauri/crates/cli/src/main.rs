#![doc = include_str!("../README.md")]

mod doctor;
mod hook;
mod inbox;
mod lines;
mod log;
mod mail_test;
mod outgoing;
mod practice;
mod remote;
mod rules;
mod send;
mod serve;
mod simulate;
mod site;
mod trial;
mod what_if;

use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

/// A delivery is taken apart on one thread and let go on another, and what-if holds much for a moment: this one is quick at the
/// first, and after the second gives back what it held.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Keeps Version, Task and Shot statuses in step.
#[derive(Parser)]
#[command(name = "callboard", version, about, propagate_version = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A practice site that speaks the trackers' wire protocols
    Practice(callboard_practice::PracticeArgs),
    /// The engine without a window
    Serve(serve::ServeArgs),
    /// Templates, check, picture, import, revisions … of rule sets
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// Plans without a site and without writes
    Simulate(simulate::SimulateArgs),
    /// One event of the journal through a rule set, step by step
    Try(trial::TryArgs),
    /// Past events through a rule set: what would differ from what happened, and whom people bore out
    WhatIf(what_if::WhatIfArgs),
    /// What a client's notes would change, from a CSV or XLSX table; --enter enters them
    Notes(remote::NotesArgs),
    /// Stops all writing; deciding goes on
    Pause(remote::PauseArgs),
    /// Writes again
    Resume(remote::ResumeArgs),
    /// What waits for a person where a site asks first: lists, accepts and declines it
    #[command(subcommand)]
    Inbox(inbox::InboxCommand),
    /// Takes back a change that was written, where nobody has changed it since
    Undo(inbox::UndoArgs),
    /// Lets a rule that was set aside apply again
    Release(remote::ReleaseArgs),
    /// What happened, oldest first
    Events(lines::LinesArgs),
    /// What it caused, oldest first
    Cascades(lines::LinesArgs),
    /// How the hooks are
    Hooks(lines::DataArgs),
    /// What needs a person
    Issues(lines::DataArgs),
    /// Examines a site, a line a finding: address, key, permissions, roads, statuses. Nothing is written; exit 1 on a problem
    Doctor(doctor::DoctorArgs),
    /// Makes, changes, switches, deletes and tests the hooks of a running engine, here and on their sites
    #[command(subcommand)]
    Hook(hook::HookCommand),
    /// Connects, changes and lists the sites of a running engine
    #[command(subcommand)]
    Site(site::SiteCommand),
    /// Checks that an address leads to the receiver of a running engine, a line a finding; --set makes it the public one
    Reach(site::ReachArgs),
    /// Whom a running engine tells by signed webhooks: lists, sets, removes and tests them
    #[command(subcommand)]
    Outgoing(outgoing::OutgoingCommand),
    /// Sends one signed delivery and prints the answer
    Send(send::SendArgs),
    /// Sends one mail to everyone who gets alerts and says what came of it
    MailTest(mail_test::MailTestArgs),
}

/// Why a command ended early.
enum Failure {
    /// A check failed; what is wrong has been said.
    Check,
    /// A mistake, in one line.
    Mistake(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Mistake(error.to_string())
    }
}

fn mistake(text: impl Into<String>) -> Failure {
    Failure::Mistake(text.into())
}

/// Prints one line of JSON. A reader that has gone (`| head`) ends the program without a word.
fn print(out: &mut impl Write, line: &impl serde::Serialize) -> Result<(), Failure> {
    let written = serde_json::to_writer(&mut *out, line)
        .map_err(std::io::Error::from)
        .and_then(|()| out.write_all(b"\n"));
    written.map_err(|error| {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Failure::Check
        } else {
            mistake(error.to_string())
        }
    })
}

/// Words for people. Where nobody can read them, `eprintln` would end the program.
fn say(text: &str) {
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// What is wrong with a command line, without the usage that clap prints beneath it.
fn one_line(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing. Try --help".into();
    }
    let text = error.to_string();
    let lines = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:"));
    let words: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("For more information"))
        .collect();
    let words = words.join(" ");
    format!("{}. Try --help", words.strip_prefix("error: ").unwrap_or(&words))
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(asked) if matches!(asked.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => asked.exit(),
        Err(wrong) => {
            say(&format!("callboard: {}", one_line(&wrong)));
            return ExitCode::from(2);
        }
    };
    match run(args.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Check) => ExitCode::from(1),
        Err(Failure::Mistake(text)) => {
            say(&format!("callboard: {text}"));
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    let log_file = match &command {
        Command::Serve(args) => args.log_file.as_deref(),
        _ => None,
    };
    let _written_out = log::begin(log_file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| mistake(format!("cannot start: {e}")))?;
    let done = match command {
        Command::Practice(args) => runtime.block_on(practice::run(args)),
        Command::Serve(args) => runtime.block_on(serve::run(args)),
        Command::Rules(command) => runtime.block_on(rules::run(command)),
        Command::Simulate(args) => simulate::run(&args),
        Command::Try(args) => trial::run(&args),
        Command::WhatIf(args) => what_if::run(&args),
        Command::Notes(args) => runtime.block_on(remote::notes(args)),
        Command::Pause(args) => runtime.block_on(remote::pause(args)),
        Command::Resume(args) => runtime.block_on(remote::resume(args)),
        Command::Inbox(command) => runtime.block_on(inbox::run(command)),
        Command::Undo(args) => runtime.block_on(inbox::undo(args)),
        Command::Release(args) => runtime.block_on(remote::release(args)),
        Command::Events(args) => lines::events(&args),
        Command::Cascades(args) => lines::cascades(&args),
        Command::Hooks(args) => lines::hooks(&args),
        Command::Issues(args) => lines::issues(&args),
        Command::Doctor(args) => runtime.block_on(doctor::run(args)),
        Command::Hook(command) => runtime.block_on(hook::run(command)),
        Command::Site(command) => runtime.block_on(site::run(command)),
        Command::Reach(args) => runtime.block_on(site::reach(args)),
        Command::Outgoing(command) => runtime.block_on(outgoing::run(command)),
        Command::Send(args) => runtime.block_on(send::run(args)),
        Command::MailTest(args) => runtime.block_on(mail_test::run(args)),
    };
    // A question that still reads the journal is nobody's any more, and could read for minutes.
    runtime.shutdown_background();
    done
}
