//! A payload's fields, read leniently: names known by their letters and digits, ids and times as numbers or as text, each of them
//! perhaps missing.

use std::collections::{BTreeMap, HashMap};

use callboard_model::EntityId;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::actions::letters;
use super::mask::{in_text, inside};

/// What stands where nothing is meant.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";
/// Signs of a text that are kept of what rules may ask about: descriptions are longer, and no rule compares one.
const LONGEST: usize = 500;

/// A payload by the letters of its names. Of two that read alike, the first counts.
pub(super) struct Fields<'a> {
    by_letters: HashMap<String, &'a Value>,
    as_sent: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(payload: &'a Map<String, Value>) -> Self {
        let mut by_letters = HashMap::with_capacity(payload.len());
        for (name, value) in payload {
            by_letters.entry(letters(name)).or_insert(value);
        }
        Self {
            by_letters,
            as_sent: payload,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.by_letters
            .get(&letters(name))
            .copied()
            .filter(|value| !value.is_null())
    }

    /// A text that is there and says something. A number is read as text too.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = match self.get(name)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// An id, as a number or as text.
    pub(super) fn id(&self, name: &str) -> Option<EntityId> {
        self.get(name).and_then(id)
    }

    /// A time in milliseconds since 1970.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        let millis = match self.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        Timestamp::from_millisecond(millis?).ok()
    }

    /// The fields of an object, which may stand as JSON in a string.
    pub(super) fn object(&self, name: &str) -> Option<Map<String, Value>> {
        match self.get(name)? {
            Value::Object(fields) => Some(fields.clone()),
            Value::String(text) => match inside(text)? {
                Value::Object(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        }
    }

    /// The objects of a list, which may stand as JSON in a string.
    pub(super) fn list(&self, name: &str) -> Vec<Map<String, Value>> {
        let list = match self.get(name) {
            Some(Value::Array(list)) => list.clone(),
            Some(Value::String(text)) => match inside(text) {
                Some(Value::Array(list)) => list,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let object = |one| match one {
            Value::Object(fields) => Some(fields),
            _ => None,
        };
        list.into_iter().filter_map(object).collect()
    }

    /// What rules may ask about beside status and links: plain values, by the names they came under, mail addresses masked. What
    /// identifies the delivery, and ids, are left out.
    pub(super) fn plain(&self) -> BTreeMap<String, Value> {
        let mut plain = BTreeMap::new();
        for (name, value) in self.as_sent {
            let known = letters(name);
            if known.ends_with("id") || matches!(known.as_str(), "action" | "eventgroupname" | "eventdatetimeutc") {
                continue;
            }
            let value = match value {
                Value::Bool(_) | Value::Number(_) => value.clone(),
                Value::String(text) if text.is_empty() || text.chars().count() > LONGEST => continue,
                Value::String(text) => match inside(text) {
                    None => Value::from(in_text(text)),
                    // `"PlanningStatus": "{\"PlanningStatus\":\"Planned\"}"` says "Planned".
                    Some(Value::Object(held)) => match Fields::of(&held).text(name) {
                        Some(text) => Value::from(in_text(&text)),
                        None => continue,
                    },
                    Some(_) => continue,
                },
                _ => continue,
            };
            plain.insert(name.clone(), value);
        }
        plain
    }
}

/// An id as it is kept: a number where it counts, so that `"3"` and `3` are one.
pub(super) fn id(value: &Value) -> Option<EntityId> {
    match value {
        Value::Number(number) => number.as_i64().map(EntityId::Number),
        Value::String(text) => {
            let text = text.trim();
            if text.is_empty() || text == NO_ID {
                return None;
            }
            let number = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
            Some(number.map_or_else(|| EntityId::Text(text.to_owned()), EntityId::Number))
        }
        _ => None,
    }
}
