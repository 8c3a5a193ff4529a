//! The event log, and what of it goes to the hooks. ShotGrid REST: event log.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bad_days::BadDay;
use crate::clock;
use crate::custom_events::CustomEvent;
use crate::hooks::{Happening, Operation};
use crate::tables::{Data, Field, Kind, named};
use crate::world::{Actor, Fields, Record, World, link};

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

/// One row of the log.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) event_type: String,
    pub(crate) attribute: Option<&'static str>,
    pub(crate) description: String,
    pub(crate) meta: Value,
    pub(crate) session_uuid: Option<String>,
    pub(crate) entity: Value,
    pub(crate) project: Value,
    pub(crate) user: Value,
    pub(crate) at: Timestamp,
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
        let project = match kind.name {
            "Project" => link("Project", id),
            _ => record.fields.get("project").cloned().unwrap_or(Value::Null),
        };
        let described = self.described(actor, kind, record, &action);
        let (suffix, operation, attribute, meta) = match action {
            Action::New => ("New", Some(Operation::Create), None, lifecycle("new_entity", kind, id)),
            Action::Retirement => (
                "Retirement",
                Some(Operation::Delete),
                None,
                lifecycle("entity_retirement", kind, id),
            ),
            Action::Revival => (
                "Revival",
                Some(Operation::Revive),
                None,
                lifecycle("entity_revival", kind, id),
            ),
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
                    attribute_change(kind, id, field, old, new, in_create),
                )
            }
        };
        let at = self.ledger.stamp(clock::now());
        let mut row = Row {
            event_type: format!("Shotgun_{}_{suffix}", kind.name),
            attribute,
            description: described,
            meta,
            // A script has no session but one that it was given. ShotGrid REST: authentication, event log.
            session_uuid: actor.session.clone(),
            entity: link(kind.name, id),
            project,
            user: actor.link(),
            at,
        };
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
            row.event_type = format!("Shotgun_{}_Change", kind.name);
            row.attribute = Some("retirement_date");
            row.meta = lifecycle("attribute_change", kind, id);
            row.meta["attribute_name"] = json!("retirement_date");
            row.meta["field_data_type"] = json!("date_time");
            row.meta["old_value"] = Value::Null;
            row.meta["new_value"] = json!(clock::plain(at));
            self.write_row(log, &row);
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
        let project = match entity {
            Some((kind, record)) if kind.name == "Project" => link("Project", record.id),
            Some((_, record)) => record.fields.get("project").cloned().unwrap_or(Value::Null),
            None => Value::Null,
        };
        let entity = entity.map_or(Value::Null, |(kind, record)| link(kind.name, record.id));
        let who = self.shown_link(&actor.link());
        let who = who.get("name").and_then(Value::as_str).unwrap_or("Somebody");
        let row = Row {
            description: format!("{who}: {}", event.event_type),
            event_type: event.event_type,
            attribute: None,
            meta: event.meta,
            session_uuid: actor.session.clone(),
            entity,
            project,
            user: actor.link(),
            at: self.ledger.stamp(clock::now()),
        };
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
    pub(crate) fn log_the_past(&mut self, actor: &Actor, at: Timestamp) {
        let Some(log) = named("EventLogEntry") else { return };
        let row = Row {
            event_type: "Shotgun_User_Login".to_owned(),
            attribute: None,
            description: "Signed in".to_owned(),
            meta: json!({"type": "login"}),
            session_uuid: actor.session.clone(),
            entity: Value::Null,
            project: Value::Null,
            user: actor.link(),
            at,
        };
        self.put_row(log, FIRST_ROW - 1, &row, None);
    }

    fn write_row(&mut self, log: Kind, row: &Row) -> i64 {
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
        self.put_row(log, id, row, visible_from);
        id
    }

    /// The id of the row that was written last.
    pub(crate) fn last_row(&self) -> i64 {
        named("EventLogEntry").map_or(0, |log| self.next_id(log) - 1)
    }

    fn put_row(&mut self, log: Kind, id: i64, row: &Row, visible_from: Option<Timestamp>) {
        let at = clock::plain(row.at);
        let fields: Fields = [
            ("event_type", json!(row.event_type)),
            ("attribute_name", json!(row.attribute)),
            ("description", json!(row.description)),
            ("meta", row.meta.clone()),
            ("session_uuid", json!(row.session_uuid)),
            ("entity", row.entity.clone()),
            ("project", row.project.clone()),
            ("user", row.user.clone()),
            ("created_at", json!(at)),
            ("updated_at", json!(at)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        self.ledger.written(row.at, id);
        self.insert(
            log,
            Record {
                id,
                fields,
                retired: false,
                visible_from,
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

fn lifecycle(meta: &str, kind: Kind, id: i64) -> Value {
    json!({"type": meta, "entity_type": kind.name, "entity_id": id})
}

fn attribute_change(kind: Kind, id: i64, field: &Field, old: Value, new: Value, in_create: bool) -> Value {
    let mut meta = json!({
        "type": "attribute_change",
        "attribute_name": field.name,
        "entity_type": kind.name,
        "entity_id": id,
        "field_data_type": field.data.name(),
    });
    if field.data == Data::MultiEntity {
        let list = |value: Value| {
            if let Value::Array(links) = value {
                links
            } else {
                Vec::new()
            }
        };
        let (old, new) = (list(old), list(new));
        let missing_in = |from: &[Value], other: &[Value]| -> Value {
            from.iter().filter(|link| !other.contains(link)).cloned().collect()
        };
        meta["added"] = missing_in(&new, &old);
        meta["removed"] = missing_in(&old, &new);
    } else {
        meta["old_value"] = old;
        meta["new_value"] = new;
    }
    if in_create {
        meta["in_create"] = json!(true);
    }
    meta
}
