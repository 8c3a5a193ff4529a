//! `callboard try`: one event of the journal through a rule set.

use std::path::PathBuf;

use callboard_engine::try_recorded;
use callboard_journal::{FeedFilter, Reader};

use crate::rules::read_rules;
use crate::{Failure, mistake, print};

#[derive(clap::Args)]
pub(crate) struct TryArgs {
    /// The folder of the journal
    #[arg(long)]
    data: PathBuf,
    /// The rule set
    #[arg(long)]
    rules: PathBuf,
    /// The event, by the number that `callboard events` gives as \"seq\"; left out: the newest
    #[arg(long)]
    event: Option<i64>,
}

/// Prints each stop on the event's way, with every rule's why or why not, then what would be changed.
pub(crate) fn run(args: &TryArgs) -> Result<(), Failure> {
    let set = read_rules(&args.rules)?;
    let reader = Reader::open(&args.data)?;
    let newest = || {
        Ok::<_, Failure>(
            reader
                .feed(None, 1, &FeedFilter::default())?
                .rows
                .first()
                .map(|row| row.seq),
        )
    };
    let seq = match args.event {
        Some(seq) => seq,
        None => newest()?.ok_or_else(|| mistake("there is no event in the journal yet"))?,
    };
    let trial = try_recorded(&reader, &set, seq, None)?
        .ok_or_else(|| mistake(format!("there is no event {seq} in the journal")))?;
    let mut out = std::io::stdout();
    for stop in &trial.stops {
        print(&mut out, stop)?;
    }
    print(
        &mut out,
        &serde_json::json!({
            "entity": trial.entity, "changes": trial.changes, "skipped": trial.skipped, "unknown": trial.unknown,
        }),
    )
}
