//! `make bench`: what Callboard does, each figure beside something measured in the same run. Speed is told, never asserted.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on should say so and stop, and printing is its job"
)]

mod feed;
mod latency;
mod made;
mod planning;
mod receiver;
mod table;
mod what_if;

use tokio::runtime::Runtime;

fn main() {
    let runtime = Runtime::new().unwrap();
    let mut args = std::env::args().skip(1).skip_while(|arg| arg != receiver::SLOWED);
    if let (Some(_), Some(requests)) = (args.next(), args.next()) {
        return runtime.block_on(receiver::slowed(requests.as_ref()));
    }
    let mut table = table::Table::default();
    // Where the system says it: beside other work every figure is worse, and those that wait for the disk most of all.
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        let load = load.split(' ').next().unwrap_or_default();
        table.note(format!(
            "The machine's load when this began: {load}. On an idle one it is near 0."
        ));
    }
    eprintln!("Measuring the rules …");
    planning::measure(&mut table);
    eprintln!("Measuring the receiver …");
    runtime.block_on(receiver::measure(&mut table));
    eprintln!("Measuring from delivery to change …");
    runtime.block_on(latency::measure(&mut table));
    eprintln!("Measuring the feed …");
    runtime.block_on(feed::measure(&mut table));
    eprintln!("Measuring the what-if …");
    runtime.block_on(what_if::measure(&mut table));
    table.print();
}
