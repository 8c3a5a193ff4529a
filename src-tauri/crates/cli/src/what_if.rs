//! `callboard what-if`: a rule set on the journal's own history, without a write.

use std::io::{BufWriter, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use callboard_engine::api::Difference;
use callboard_engine::{Span, what_if};
use callboard_journal::Reader;
use callboard_rules::{CompiledRules, SiteStatuses};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::lines::of_field;
use crate::rules::read_rules;
use crate::{Failure, mistake, print, say};

#[derive(clap::Args)]
pub(crate) struct WhatIfArgs {
    /// The folder of the journal
    #[arg(long)]
    data: PathBuf,
    /// The rule set to try
    #[arg(long)]
    rules: PathBuf,
    /// Only events received from then on: 2026-11-20, or 2026-11-20T09:00:00Z
    #[arg(long)]
    since: Option<String>,
    /// Only events received before then; of a date alone, up to its end
    #[arg(long)]
    until: Option<String>,
}

pub(crate) fn run(args: &WhatIfArgs) -> Result<(), Failure> {
    let set = read_rules(&args.rules)?;
    let span = Span {
        since: args.since.as_deref().map(|text| time(text, Edge::Begin)).transpose()?,
        until: args.until.as_deref().map(|text| time(text, Edge::End)).transpose()?,
    };
    let reader = Reader::open(&args.data)?;
    // As last read by an engine. Of several wanted statuses a rule sets the first that the site has.
    let mut statuses = SiteStatuses::default();
    for (kind, list) in reader.statuses()? {
        statuses.insert(&kind.into(), list.into_iter().map(|status| status.code));
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let watched = std::io::stderr().is_terminal();
    let mut failed = None;
    let mut tenths = 0;
    // Statuses stand under the same field on every site that the journal can come from.
    let way = |_: &str, rules: CompiledRules| rules.with_site(statuses.clone());
    let summary = what_if(&reader, &set, &way, span, &mut |told| {
        for difference in &told.differences {
            if let Err(failure) = print(&mut out, &line(difference)) {
                failed = Some(failure);
                return ControlFlow::Break(());
            }
        }
        if !told.differences.is_empty() && out.flush().is_err() {
            // Whoever read the lines has gone.
            failed = Some(Failure::Check);
            return ControlFlow::Break(());
        }
        let done = told.events.saturating_mul(10).checked_div(told.of).unwrap_or(10);
        if watched && done > tenths {
            tenths = done;
            say(&format!("{} of {} events", told.events, told.of));
        }
        ControlFlow::Continue(())
    })?;
    if let Some(failure) = failed {
        return Err(failure);
    }
    print(&mut out, &summary)?;
    Ok(out.flush()?)
}

fn line(difference: &Difference) -> Value {
    let Difference {
        seq,
        event_log_entry_id,
        at,
        entity,
        field,
        group,
        from,
        live,
        draft,
        by_hand,
        people_agree_with,
        guess,
    } = difference;
    let mut line = json!({
        "seq": seq, "event_log_entry_id": event_log_entry_id, "received_at": at,
        "type": entity.key.kind, "id": entity.key.id, "name": entity.name, "group": group,
        "from": from, "live": live, "draft": draft, "by_hand": by_hand, "people_agree_with": people_agree_with,
        "guess": guess,
    });
    of_field(&mut line, field.as_deref());
    line
}

/// Which end of a day a date alone means.
#[derive(Clone, Copy)]
enum Edge {
    Begin,
    End,
}

fn time(text: &str, edge: Edge) -> Result<Timestamp, Failure> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let day = text.parse::<Date>().ok();
    let day = match edge {
        Edge::Begin => day,
        Edge::End => day.and_then(|day| day.tomorrow().ok()),
    };
    let midnight = day.and_then(|day| day.to_zoned(TimeZone::system()).ok());
    midnight.map(|midnight| midnight.timestamp()).ok_or_else(|| {
        mistake(format!(
            "\"{text}\" is no time: write 2026-11-20, or 2026-11-20T09:00:00Z"
        ))
    })
}
