//! What others are told: `{"type", "timestamp", "data"}`, as Standard Webhooks has it.

use callboard_model::{Change, ChangeState, Event, Skip};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::health::Alert;
use crate::settings::OutgoingSettings;

/// Something that is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// What makes it one message, to whomever and however often it is sent.
    pub(crate) id: String,
    /// The word by which it is chosen in the settings.
    pub(crate) what: &'static str,
    body: Value,
}

impl Message {
    pub(crate) fn body(&self) -> String {
        self.body.to_string()
    }

    /// Of an alert.
    pub(crate) fn of_alert(alert: &Alert, at: Timestamp) -> Self {
        let what = alert.kind.as_str();
        Self {
            id: format!("alert-{}", uuid::Uuid::new_v4()),
            what,
            body: json!({
                "type": format!("alert.{what}"),
                "timestamp": at,
                "data": {
                    "kind": what, "title": alert.title, "body": alert.body, "group": alert.group, "place": alert.place,
                },
            }),
        }
    }

    /// Of a change, where it has come to something that others may want to hear.
    pub(crate) fn of_change(change: &Change, seq: i64, event: &Event, at: Timestamp) -> Option<Self> {
        let what = word(change)?;
        Some(Self {
            id: format!("change-{}-{}-{what}", change.id, change.planned_at.as_microsecond()),
            what,
            body: json!({
                "type": format!("change.{what}"),
                "timestamp": at,
                "data": {
                    "change": change.id,
                    "site": event.site,
                    "rule": {"id": change.rule, "name": change.rule_name},
                    "entity": change.entity,
                    "field": change.field,
                    "from": change.from,
                    "to": change.to,
                    "reason": change.reason,
                    "follows_from": change.parent,
                    "event": {
                        "seq": seq,
                        "key": event.key,
                        "event_type": event.event_type,
                        "entity": event.entity,
                        "field": event.field,
                        "old": event.old,
                        "new": event.new,
                        "actor": event.actor,
                        "project": event.project,
                        "occurred_at": event.occurred_at,
                    },
                },
            }),
        })
    }

    /// Of nothing: to see whether it arrives.
    pub(crate) fn test(at: Timestamp) -> Self {
        Self {
            id: format!("test-{}", uuid::Uuid::new_v4()),
            what: "test",
            body: json!({
                "type": "callboard.test", "timestamp": at, "data": {"text": "Messages of Callboard arrive here"},
            }),
        }
    }
}

/// What is said of a change. What follows from something that may not be written would follow too.
fn word(change: &Change) -> Option<&'static str> {
    let [would_set, confirmed, failed] = OutgoingSettings::CHANGES;
    match (change.state, change.skip) {
        (ChangeState::Confirmed, _) => Some(confirmed),
        (ChangeState::Failed, _) => Some(failed),
        (ChangeState::Skipped, Some(Skip::NotAllowed)) => Some(would_set),
        _ => None,
    }
}
