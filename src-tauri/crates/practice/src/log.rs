//! The event log, and what of it goes to the hooks. ShotGrid REST: event log.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bad_days::BadDay;
use crate::clock;
use crate::custom_events::CustomEvent;
use crate::hooks::{Happening, Operation};
use crate::rows::{self, Meta, Row};
use crate::tables::{Field, Kind, named};
use crate::world::{Actor, Record, World};

/// What happened to a record.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    New,
    Change {
        field: &'static Field,
        old: Value,
        new: Value,
        in_create: bool,
    },
    Retirement,
    Revival,
}

impl World {
    /// Writes the row and hands it to the hooks that asked for it.
    ///
    /// A script leaves no trace, neither row nor delivery, unless its `generate_event_log_entries` is true.
    pub(crate) fn log(&mut self, actor: &Actor, kind: Kind, id: i64, action: Action) {
        let Some(log) = named("EventLogEntry").filter(|_| self.is_audible(actor)) else {
            return;
        };
        let Some(record) = self.record(kind, id) else { return };
        let project = Self::project_of(kind, record);
        let described = self.described(actor, kind, record, &action);
        let on = (kind.name, id);
        let lifecycle = |what| Meta::Lifecycle { what, on };
        let (suffix, operation, attribute, meta) = match action {
            Action::New => ("New", Some(Operation::Create), None, lifecycle("new_entity")),
            Action::Retirement => (
                "Retirement",
                Some(Operation::Delete),
                None,
                lifecycle("entity_retirement"),
            ),
            Action::Revival => ("Revival", Some(Operation::Revive), None, lifecycle("entity_revival")),
            Action::Change {
                field,
                old,
                new,
                in_create,
            } => {
                // Fields set while creating are rows of the log, never deliveries.
                let operation = (!in_create).then_some(Operation::Update);
                (
                    "Change",
                    operation,
                    Some(field.name),
                    Meta::Change {
                        on,
                        field,
                        old,
                        new,
                        in_create,
                    },
                )
            }
        };
        let at = self.ledger.stamp(clock::now());
        let row = Row {
            event_type: format!("Shotgun_{}_{suffix}", kind.name),
            attribute,
            description: described,
            meta,
            // A script has no session but one that it was given. ShotGrid REST: authentication, event log.
            session_uuid: actor.session.clone(),
            entity: Some(on),
            project,
            user: (actor.kind, actor.id),
            at,
        };
        let row = Arc::new(row);
        let event_log_entry_id = self.write_row(log, &row);
        if let Some(operation) = operation {
            self.dispatch(&Happening {
                event_log_entry_id,
                operation: Some(operation),
                kind: kind.name,
                row: &row,
            });
        }
        if operation == Some(Operation::Delete) {
            // Deleting also logs a change of `retirement_date`, which no hook hears of.
            let mut meta = rows::lifecycle("attribute_change", on);
            meta["attribute_name"] = json!("retirement_date");
            meta["field_data_type"] = json!("date_time");
            meta["old_value"] = Value::Null;
            meta["new_value"] = json!(clock::plain(at));
            let row = Row {
                event_type: format!("Shotgun_{}_Change", kind.name),
                attribute: Some("retirement_date"),
                meta: Meta::Other(meta),
                ..Row::clone(&row)
            };
            self.write_row(log, &Arc::new(row));
        }
    }

    /// Writes the row of a custom event, and hands it to the hooks that asked for events of its type. Returns the row's
    /// id; 0 where the event is about a record that is not there.
    pub(crate) fn log_custom(&mut self, actor: &Actor, event: CustomEvent) -> i64 {
        let Some(log) = named("EventLogEntry") else { return 0 };
        let entity = match event.about {
            None => None,
            Some((kind, id)) => match self.active(kind, id) {
                None => return 0,
                Some(record) => Some((kind, record)),
            },
        };
        let project = entity.and_then(|(kind, record)| Self::project_of(kind, record));
        let entity = entity.map(|(kind, record)| (kind.name, record.id));
        let who = self.shown_link(&actor.link());
        let who = who.get("name").and_then(Value::as_str).unwrap_or("Somebody");
        let row = Arc::new(Row {
            description: format!("{who}: {}", event.event_type),
            event_type: event.event_type,
            attribute: None,
            meta: Meta::Other(event.meta),
            session_uuid: actor.session.clone(),
            entity,
            project,
            user: (actor.kind, actor.id),
            at: self.ledger.stamp(clock::now()),
        });
        self.burst += 1;
        self.burst_events = 0;
        let event_log_entry_id = self.write_row(log, &row);
        self.dispatch(&Happening {
            event_log_entry_id,
            operation: None,
            kind: "",
            row: &row,
        });
        event_log_entry_id
    }

    /// A real site's log is never empty: its newest row is where a reader begins.
    pub(crate) fn log_the_past(&mut self, actor: &Actor, at: Timestamp, first_row: i64) {
        let Some(log) = named("EventLogEntry") else { return };
        let row = Row {
            event_type: "Shotgun_User_Login".to_owned(),
            attribute: None,
            description: "Signed in".to_owned(),
            meta: Meta::Other(json!({"type": "login"})),
            session_uuid: actor.session.clone(),
            entity: None,
            project: None,
            user: (actor.kind, actor.id),
            at,
        };
        self.put_row(log, first_row - 1, Arc::new(row), None);
    }

    fn project_of(kind: Kind, record: &Record) -> Option<i64> {
        match kind.name {
            "Project" => Some(record.id),
            _ => record.link_id("project"),
        }
    }

    fn write_row(&mut self, log: Kind, row: &Arc<Row>) -> i64 {
        let mut id = self.next_id(log).max(FIRST_ROW) + self.ledger.rolled_back();
        if self.days.strikes(BadDay::Gaps) {
            let is_wide = self.days.pick(BadDay::Gaps, &(1..=12)) == 12;
            let gap = self
                .days
                .pick(BadDay::Gaps, if is_wide { &(40..=120) } else { &(1..=5) });
            id = id.saturating_add(i64::try_from(gap).unwrap_or(0));
        }
        let mut delay = self.ledger.delay();
        if self.days.strikes(BadDay::LateRows) {
            delay += Duration::from_millis(self.days.pick(BadDay::LateRows, &(2_000..=6_000)));
        }
        let visible_from = row.at.checked_add(delay).ok();
        self.put_row(log, id, Arc::clone(row), visible_from);
        id
    }

    /// The id of the row that was written last.
    pub(crate) fn last_row(&self) -> i64 {
        named("EventLogEntry").map_or(0, |log| self.next_id(log) - 1)
    }

    fn put_row(&mut self, log: Kind, id: i64, row: Arc<Row>, visible_from: Option<Timestamp>) {
        self.ledger.written(row.at, id);
        self.insert(
            log,
            Record {
                id,
                row: Some(row),
                visible_from,
                ..Record::default()
            },
        );
    }

    fn is_audible(&self, actor: &Actor) -> bool {
        actor.kind != "ApiUser"
            || named("ApiUser")
                .and_then(|kind| self.active(kind, actor.id))
                .and_then(|script| script.fields.get("generate_event_log_entries"))
                == Some(&Value::Bool(true))
    }

    fn described(&self, actor: &Actor, kind: Kind, record: &Record, action: &Action) -> String {
        let who = self.shown_link(&actor.link());
        let who = who.get("name").and_then(Value::as_str).unwrap_or("Somebody");
        let what = format!("{} {}", kind.label, Self::title(kind, record));
        let short = |value: &Value| match value {
            Value::String(text) => text.chars().take(80).collect(),
            Value::Null => "nothing".to_owned(),
            _ => "a new value".to_owned(),
        };
        match action {
            Action::New => format!("{who} created new {what}"),
            Action::Retirement => format!("{who} deleted {what}"),
            Action::Revival => format!("{who} revived {what}"),
            Action::Change { field, old, new, .. } => {
                format!(
                    "{who} changed \"{}\" from \"{}\" to \"{}\" on {what}",
                    field.label,
                    short(old),
                    short(new)
                )
            }
        }
    }
}

/// Where the log begins: a site has a past.
pub(crate) const FIRST_ROW: i64 = 700_001;
