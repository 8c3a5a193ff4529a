//! `callboard events`, `cascades`, `hooks`, `issues`: what the views show, as lines.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use callboard_journal::{FeedFilter, FeedRow, Outcome, Reader};
use serde_json::{Value, json};

use crate::serve::Stop;
use crate::{Failure, print};

/// How often `--follow` looks.
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// Rows read at a time.
const PAGE: u32 = 500;

#[derive(clap::Args)]
pub(crate) struct DataArgs {
    /// The folder of the journal
    #[arg(long)]
    data: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct LinesArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Go on with what happens from now on
    #[arg(long)]
    follow: bool,
    /// Only what holds these words
    #[arg(long, default_value = "")]
    search: String,
    /// Only the newest N
    #[arg(long)]
    limit: Option<usize>,
}

pub(crate) fn events(args: &LinesArgs) -> Result<(), Failure> {
    each(args, |row| Some(event_line(row)), |_| true)
}

pub(crate) fn cascades(args: &LinesArgs) -> Result<(), Failure> {
    each(args, cascade_line, |row| row.outcome != Outcome::Waiting)
}

pub(crate) fn hooks(args: &DataArgs) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    for hook in Reader::open(&args.data)?.hooks()? {
        print(&mut out, &hook)?;
    }
    Ok(())
}

pub(crate) fn issues(args: &DataArgs) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    for issue in Reader::open(&args.data)?.issues()? {
        print(&mut out, &issue)?;
    }
    Ok(())
}

/// Prints a line for each row that has one. While following, a row that is not `ready` holds up those after it, so that
/// each line is printed once and says how it ended.
fn each(
    args: &LinesArgs,
    line: impl Fn(&FeedRow) -> Option<Value>,
    ready: impl Fn(&FeedRow) -> bool,
) -> Result<(), Failure> {
    let reader = Reader::open(&args.data.data)?;
    let filter = FeedFilter {
        text: args.search.clone(),
        ..FeedFilter::default()
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut after = 0;
    if let Some(limit) = args.limit {
        let newest = newest(&reader, &filter, limit, &line)?;
        for (seq, line) in newest.iter().rev() {
            after = *seq;
            print(&mut out, line)?;
        }
        if !args.follow {
            return Ok(out.flush()?);
        }
        if limit == 0 {
            after = reader.feed(None, 1, &filter)?.rows.first().map_or(0, |row| row.seq);
        }
    }
    let stop = stop_signal()?;
    loop {
        let rows = reader.rows_after(after, PAGE, &filter)?;
        let full = rows.len() == PAGE as usize;
        let mut held = false;
        for row in &rows {
            if args.follow && !ready(row) {
                held = true;
                break;
            }
            after = row.seq;
            if let Some(line) = line(row) {
                print(&mut out, &line)?;
            }
        }
        if full && !held {
            continue;
        }
        out.flush()?;
        if !args.follow {
            return Ok(());
        }
        match stop.recv_timeout(LOOK_EVERY) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// The newest lines, newest first.
fn newest(
    reader: &Reader,
    filter: &FeedFilter,
    limit: usize,
    line: &impl Fn(&FeedRow) -> Option<Value>,
) -> Result<Vec<(i64, Value)>, Failure> {
    let mut found = Vec::new();
    let mut before = None;
    while found.len() < limit {
        let page = reader.feed(before, PAGE, filter)?;
        before = page.before;
        found.extend(page.rows.iter().filter_map(|row| Some((row.seq, line(row)?))));
        if !page.more {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// Disconnects when Ctrl-C or SIGTERM comes.
fn stop_signal() -> Result<mpsc::Receiver<()>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = {
        let _inside = runtime.enter();
        Stop::listen()?
    };
    let (sender, receiver) = mpsc::channel();
    let wait = move || {
        runtime.block_on(stop.told());
        drop(sender);
    };
    std::thread::Builder::new().name("stop".into()).spawn(wait)?;
    Ok(receiver)
}

fn event_line(row: &FeedRow) -> Value {
    json!({
        "seq": row.seq,
        "site": row.site,
        "road": row.road,
        "hook": row.hook,
        "event_log_entry_id": row.event_log_entry_id,
        "event_type": row.event_type,
        "operation": row.operation,
        "entity": row.entity,
        "field": row.field,
        "old": row.old,
        "new": row.new,
        "user": row.actor.as_ref().map(|a| &a.entity),
        "project": row.project,
        "occurred_at": row.occurred_at,
        "received_at": row.received_at,
        "outcome": row.outcome,
        "why": row.why,
        "seen_again": row.seen_again,
    })
}

/// The name of the field that a line is of, where it is not the status.
pub(crate) fn of_field(line: &mut Value, field: Option<&str>) {
    if let Some(field) = field {
        line["field"] = json!(field);
    }
}

fn cascade_line(row: &FeedRow) -> Option<Value> {
    let cascade = row.cascade.as_ref()?;
    let changes: Vec<Value> = cascade
        .changes
        .iter()
        .map(|c| {
            let mut line = json!({
                "change": c.id, "type": c.entity.key.kind, "id": c.entity.key.id, "name": c.entity.name, "from": c.from,
                "to": c.to, "rule": c.rule, "state": c.state, "skip": c.skip, "reason": c.reason, "attempts": c.attempts,
                "planned_at": c.planned_at, "settled_at": c.settled_at,
            });
            of_field(&mut line, c.field.as_deref());
            if let Some(by) = &c.accepted_by {
                line["accepted_by"] = json!(by);
            }
            line
        })
        .collect();
    let mut line = json!({
        "seq": cascade.seq,
        "event": row.seq,
        "event_log_entry_id": row.event_log_entry_id,
        "rule_set": cascade.rule_set,
        "revision": cascade.revision,
        "decided_at": cascade.decided_at,
        "changes": changes,
    });
    if !cascade.carried.is_empty() {
        line["carried"] = json!(cascade.carried);
    }
    Some(line)
}
