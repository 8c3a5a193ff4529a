//! `make bench`: what Callboard does, each figure beside something measured in the same run. Speed is told, never asserted.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on should say so and stop, and printing is its job"
)]

#[path = "../window/asking.rs"]
mod asking;
mod backlog;
mod batches;
mod beside_webhook;
mod feed;
mod flood;
mod journal;
mod latency;
mod made;
mod planning;
mod receiver;
#[path = "../window/screen.rs"]
#[expect(dead_code, reason = "tests do more with the window than is measured")]
mod screen;
mod soak;
mod table;
mod ten_million;
mod what_if;
mod window;

use std::process::ExitCode;

use mimalloc::MiMalloc;
use tokio::runtime::Runtime;

/// As in the programs that are measured.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What can be measured, in the order of the table. `cargo bench … -- feed what-if` measures these two alone. `window` wants a
/// display and tauri-driver: `make bench-window`; `soak` too: `make soak`;
/// `ten-million` a large disk and time: `make bench-ten-million`.
const PARTS: [&str; 11] = [
    "rules",
    "receiver",
    "flood",
    "latency",
    "backlog",
    "journal",
    "feed",
    "what-if",
    WINDOW,
    SOAK,
    TEN_MILLION,
];
/// These are measured when they are asked for by name.
const WINDOW: &str = "window";
const SOAK: &str = "soak";
const TEN_MILLION: &str = "ten-million";

fn main() -> ExitCode {
    let runtime = Runtime::new().unwrap();
    let mut args = std::env::args().skip(1).skip_while(|arg| arg != receiver::SLOWED);
    if let (Some(_), Some(requests)) = (args.next(), args.next()) {
        runtime.block_on(receiver::slowed(requests.as_ref()));
        return ExitCode::SUCCESS;
    }
    let mut args = std::env::args().skip(1).skip_while(|arg| arg != journal::ENGINE);
    if let (Some(_), Some(data), Some(site)) = (args.next(), args.next(), args.next()) {
        runtime.block_on(journal::engine(data.as_ref(), &site));
        return ExitCode::SUCCESS;
    }
    // Cargo adds an option of its own.
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if let Some(unknown) = asked.iter().find(|name| !PARTS.contains(&name.as_str())) {
        panic!("there is no part {unknown:?}, there are: {}", PARTS.join(", "));
    }
    let mut table = table::Table::default();
    // Where the system says it: beside other work every figure is worse, and those that wait for the disk most of all.
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        let load = load.split(' ').next().unwrap_or_default();
        table.note(format!(
            "The machine's load when this began: {load}. On an idle one it is near 0."
        ));
    }
    let mut is_whole = true;
    for part in PARTS {
        let is_asked = asked.iter().any(|name| name == part);
        if !is_asked && (!asked.is_empty() || [WINDOW, SOAK, TEN_MILLION].contains(&part)) {
            continue;
        }
        eprintln!("Measuring {part} …");
        match part {
            "rules" => planning::measure(&mut table),
            "receiver" => runtime.block_on(receiver::measure(&mut table)),
            "flood" => runtime.block_on(flood::measure(&mut table)),
            "latency" => runtime.block_on(latency::measure(&mut table)),
            "backlog" => runtime.block_on(backlog::measure(&mut table)),
            "feed" => runtime.block_on(feed::measure(&mut table)),
            "journal" => runtime.block_on(journal::measure(&mut table)),
            TEN_MILLION => runtime.block_on(ten_million::measure(&mut table)),
            WINDOW => runtime.block_on(window::measure(&mut table)),
            SOAK => is_whole = runtime.block_on(soak::measure(&mut table)),
            _ => runtime.block_on(what_if::measure(&mut table)),
        }
    }
    table.print();
    // A figure that was not reached is told; what was lost is a fault.
    if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
