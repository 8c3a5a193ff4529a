//! What happens, as lines of words: for a terminal beside the window.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use callboard_engine::Engine;
use callboard_engine::api::{Ask, News, Overview};
use callboard_journal::{FeedRow, Outcome, StatusView};
use callboard_model::{Change, ChangeState, EntityRef};
use jiff::tz::TimeZone;
use serde_json::Value;

type Statuses = BTreeMap<String, Vec<StatusView>>;

/// Prints each event once, when it is known what came of it.
#[expect(clippy::print_stdout, reason = "that is what was asked for")]
pub(crate) async fn tell(engine: Engine) {
    let mut listener = engine.listen();
    let mut told = HashSet::new();
    let mut statuses = Statuses::new();
    if let Ok(overview) = engine.ask(Ask::Overview).await
        && let Ok(overview) = serde_json::from_value::<Overview>(overview)
    {
        statuses = overview.statuses;
    }
    while let Some(news) = listener.next().await {
        match news.as_ref() {
            News::Overview { overview } => statuses.clone_from(&overview.statuses),
            News::Rows { rows } => {
                for row in rows.iter().filter(|r| r.outcome != Outcome::Waiting) {
                    if told.insert(row.seq) {
                        println!("{}", line(row, &statuses));
                    }
                }
            }
            News::WhatIf { .. } | News::Missed => {}
        }
    }
}

fn line(row: &FeedRow, statuses: &Statuses) -> String {
    let time = row
        .received_at
        .to_zoned(TimeZone::system())
        .strftime("%H:%M:%S")
        .to_string();
    let who = row
        .actor
        .as_ref()
        .and_then(|a| a.entity.name.as_deref())
        .unwrap_or("somebody");
    let what = row.entity.as_ref().map_or_else(|| row.event_type.clone(), named);
    let mut line = format!("{time}  {who}: {what}");
    if row.is_status {
        let kind = row.entity.as_ref().map_or("", |e| e.key.kind.as_str());
        let _ = write!(
            line,
            "  {} → {}",
            value(kind, row.old.as_ref(), statuses),
            value(kind, row.new.as_ref(), statuses)
        );
    } else {
        let _ = write!(line, "  {}", row.field.as_deref().unwrap_or(&row.event_type));
    }
    for change in row.cascade.iter().flat_map(|c| &c.changes) {
        let _ = write!(line, "\n            ↳ {}", change_line(row, change, statuses));
    }
    line
}

fn change_line(row: &FeedRow, change: &Change, statuses: &Statuses) -> String {
    let kind = change.entity.key.kind.as_str();
    let name = |code: Option<&callboard_model::StatusCode>| {
        code.map_or_else(|| "nothing".into(), |c| label(kind, c.as_str(), statuses))
    };
    let mark = match change.state {
        ChangeState::Confirmed => {
            let took = change.settled_at.duration_since(row.received_at).as_millis();
            format!("✓ confirmed after {took} ms")
        }
        state => {
            let reason = change.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
            format!("{}{reason}", state.as_str())
        }
    };
    if let Some(field) = &change.field {
        let value =
            |text: Option<&callboard_model::StatusCode>| text.map_or("nothing", |text| text.as_str()).to_owned();
        let (from, to) = (value(change.from.as_ref()), value(change.to.as_ref()));
        return format!("{} {field}: {from} → {to}  {mark}", named(&change.entity));
    }
    format!(
        "{}  {} → {}  {mark}",
        named(&change.entity),
        name(change.from.as_ref()),
        name(change.to.as_ref())
    )
}

fn named(entity: &EntityRef) -> String {
    format!(
        "{} {}",
        entity.key.kind,
        entity.name.clone().unwrap_or_else(|| entity.key.id.to_string())
    )
}

fn value(kind: &str, value: Option<&Value>, statuses: &Statuses) -> String {
    value
        .and_then(Value::as_str)
        .map_or_else(|| "nothing".into(), |code| label(kind, code, statuses))
}

fn label(kind: &str, code: &str, statuses: &Statuses) -> String {
    let known = statuses
        .get(kind)
        .and_then(|list| list.iter().find(|s| s.code.as_str() == code));
    known.map_or_else(|| code.to_owned(), |s| s.name.clone())
}
