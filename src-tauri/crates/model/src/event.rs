use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::{EntityId, EntityRef, EventKey, HookName, SiteName, StatusCode};

/// By which road an event reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Road {
    /// A webhook delivery.
    Hook,
    /// The site's event log, read by us.
    Log,
    /// Entered in Callboard by a person: a row of a client's notes.
    Hand,
}

/// What happened to the entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Operation {
    /// It was made.
    Create,
    /// One of its fields changed.
    Update,
    /// It was put in the trash.
    Delete,
    /// It was taken out of the trash.
    Revive,
    /// Something was said about it.
    Note,
    /// Something that is not an entity's life: a login, an import, an action menu item.
    Custom,
    /// The site tried the hook's address.
    Test,
    /// The site says that the hook itself changed state.
    HookStatus,
    /// Authentic, but of no shape we know. Kept whole and shown.
    NotUnderstood,
}

/// What kind of account did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ActorKind {
    /// Somebody with a name.
    Person,
    /// A client's reviewer.
    Client,
    /// A script or service account.
    Script,
    /// Anything else that a site may call a user.
    Other,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Actor {
    /// What kind of account.
    pub kind: ActorKind,
    /// The site's reference to it.
    #[serde(flatten)]
    pub entity: EntityRef,
}

/// What somebody said, and about what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Note {
    /// The words: subject and text.
    pub text: String,
    /// The entities that the note is linked to.
    pub about: Vec<EntityRef>,
}

/// What the site says of one of its own hooks (`Webhook_Status_Change`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HookWord {
    /// The status it has now, in the site's word.
    pub status: String,
    /// The status it had before.
    pub previous: Option<String>,
}

/// One change in a site, decoded. Every field that a tracker may leave out may be missing here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The site it happened in.
    pub site: SiteName,
    /// What makes it one event.
    pub key: EventKey,
    /// By which road it came first.
    pub road: Road,
    /// The hook it came by.
    pub hook: Option<HookName>,
    /// ShotGrid's number of it; the same by both roads.
    pub event_log_entry_id: Option<i64>,
    /// The tracker's own name for it: `Shotgun_Version_Change`.
    pub event_type: String,
    /// What happened.
    pub operation: Operation,
    /// What it happened to.
    pub entity: Option<EntityRef>,
    /// The field that changed.
    pub field: Option<String>,
    /// The value before; none where there was none or the site dropped it.
    pub old: Option<Value>,
    /// The value after; none where it was cleared or the site dropped it.
    pub new: Option<Value>,
    /// Set while the entity was being made: no change of its own.
    #[serde(default)]
    pub in_create: bool,
    /// Who did it.
    pub actor: Option<Actor>,
    /// In which project.
    pub project: Option<EntityRef>,
    /// When it happened, by the site's clock.
    pub occurred_at: Option<Timestamp>,
    /// The browser session that it came from.
    pub session_uuid: Option<String>,
    /// The site's warning, when it dropped values of an event over 1 MB.
    #[serde(default)]
    pub warning: Option<String>,
    /// What the site says of the hook, when the event is about the hook.
    #[serde(default)]
    pub hook_word: Option<HookWord>,
    /// The tracker's own id of the event, where it is not a number.
    #[serde(default)]
    pub id: Option<EntityId>,
    /// What was said, when the event is a note and the note has been read.
    #[serde(default)]
    pub note: Option<Note>,
    /// The event as received, where some rule asks for it. Not kept with the event: it stands in the delivery.
    #[serde(skip)]
    pub received: Option<Arc<Value>>,
}

impl Event {
    /// An event of which nothing is known but where, how and what kind of thing happened.
    #[must_use]
    pub fn bare(
        site: SiteName,
        key: EventKey,
        road: Road,
        event_type: impl Into<String>,
        operation: Operation,
    ) -> Self {
        Self {
            site,
            key,
            road,
            hook: None,
            event_log_entry_id: None,
            event_type: event_type.into(),
            operation,
            entity: None,
            field: None,
            old: None,
            new: None,
            in_create: false,
            actor: None,
            project: None,
            occurred_at: None,
            session_uuid: None,
            warning: None,
            hook_word: None,
            id: None,
            note: None,
            received: None,
        }
    }

    /// The status it was set to, when the event is a status that changed. The outer option: is it one; the inner: cleared.
    #[must_use]
    pub fn new_status(&self, status_field: &str) -> Option<Option<StatusCode>> {
        if self.operation != Operation::Update || self.in_create || self.field.as_deref() != Some(status_field) {
            return None;
        }
        // A warning means the values were dropped, which is not the same as cleared.
        if self.new.is_none() && self.warning.is_some() {
            return None;
        }
        Some(self.new.as_ref().and_then(as_code))
    }

    /// The value that a field was set to as text, when the event is a field that changed. The outer option: is it one; the
    /// inner: cleared.
    #[must_use]
    pub fn new_text(&self) -> Option<Option<Cow<'_, str>>> {
        if self.operation != Operation::Update || self.in_create || (self.new.is_none() && self.warning.is_some()) {
            return None;
        }
        Some(self.new.as_ref().and_then(as_text))
    }

    /// The value that the field had before, as text.
    #[must_use]
    pub fn old_text(&self) -> Option<Cow<'_, str>> {
        self.old.as_ref().and_then(as_text)
    }

    /// The status it had before, where the event says so.
    #[must_use]
    pub fn old_status(&self) -> Option<StatusCode> {
        self.old.as_ref().and_then(as_code)
    }
}

/// A value as a person would say it: a link by its name, or by its id where it has none.
pub fn as_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.as_str().into()).filter(|t: &Cow<'_, str>| !t.is_empty()),
        Value::Object(link) => link.get("name").or_else(|| link.get("id")).and_then(as_text),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string().into()),
        Value::Array(list) => {
            let words: Vec<_> = list.iter().filter_map(as_text).collect();
            Some(words.join(", ").into()).filter(|t: &Cow<'_, str>| !t.is_empty())
        }
    }
}

/// Text as a value of the kind that stands in its place now: a number, yes or no; else it stays text.
///
/// A field is compared by [`as_text`], so what is written must read back as the same text: a number with a fraction keeps one.
#[must_use]
pub fn as_value(text: &str, like: Option<&Value>) -> Value {
    let fraction = || Some(Value::from(text.parse::<f64>().ok().filter(|n| n.is_finite())?));
    let value = match like {
        Some(Value::Bool(_)) if text.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        Some(Value::Bool(_)) if text.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        Some(Value::Number(number)) if number.is_f64() => fraction(),
        Some(Value::Number(_)) => text.parse::<i64>().ok().map(Value::from).or_else(fraction),
        _ => None,
    };
    value.unwrap_or_else(|| Value::from(text))
}

/// Whether a field that holds this value holds what this text means there: `7` where a number with a fraction stands is 7.0.
/// None is an empty field.
///
/// Where text was written to an empty field, only what is read back tells of which kind the field is.
#[must_use]
pub fn holds(value: &Value, text: Option<&str>) -> bool {
    let Some(text) = text else {
        return as_text(value).is_none();
    };
    match (as_value(text, Some(value)), value) {
        (Value::Number(meant), Value::Number(held)) if meant.is_f64() || held.is_f64() => {
            meant.as_f64() == held.as_f64()
        }
        (meant, held) => as_text(&meant) == as_text(held),
    }
}

fn as_code(value: &Value) -> Option<StatusCode> {
    value.as_str().filter(|s| !s.is_empty()).map(StatusCode::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_holds_what_text_means_in_its_own_type() {
        for (value, text, held) in [
            (json!(7.0), Some("7"), true),
            (json!(7), Some("7.0"), true),
            (json!(7.5), Some("7.50"), true),
            (json!(7.0), Some("7.5"), false),
            (json!(7.0), Some("seven"), false),
            (json!(7.0), None, false),
            (json!(9_007_199_254_740_993_i64), Some("9007199254740992"), false),
            (json!(true), Some("True"), true),
            (json!(false), Some("true"), false),
            (json!("7.0"), Some("7"), false),
            (json!("sent"), Some("sent"), true),
            (json!("sent"), Some("Sent"), false),
            (json!(""), None, true),
            (json!(null), None, true),
            (json!(null), Some("7"), false),
            (json!({"type": "Shot", "id": 1, "name": "sh010"}), Some("sh010"), true),
        ] {
            assert_eq!(holds(&value, text), held, "{value} {text:?}");
        }
    }
}
