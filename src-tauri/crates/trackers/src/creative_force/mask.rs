//! What is shown of a payload: people's mail addresses are not. The delivery itself stays as it came.

use serde_json::{Map, Value};

use super::actions::letters;

/// What stands in place of the part of a mail address that names its person.
const MASK: char = '…';

/// A payload's text with the names in its mail addresses masked: `…@studio.example`. Where signs are written as `\u0040`, JSON is
/// read and written anew, so that none is missed; otherwise every other byte of the text stays.
#[must_use]
pub fn masked(text: &str) -> String {
    if text.contains("\\u")
        && let Ok(value) = serde_json::from_str::<Value>(text)
    {
        return in_value(value, 0).to_string();
    }
    in_text(text)
}

/// Whether a payload is one of Creative Force's.
#[must_use]
pub fn is_payload(payload: &Value) -> bool {
    let names = payload.as_object().map(Map::keys);
    names.is_some_and(|mut names| names.any(|name| letters(name) == "eventgroupname"))
}

/// A payload as filters see it: JSON inside strings is read, mail addresses are masked.
#[must_use]
pub fn opened(payload: Value) -> Value {
    let Value::Object(fields) = payload else {
        return in_value(payload, 0);
    };
    let open = |value: Value| match &value {
        Value::String(text) => inside(text).unwrap_or(value),
        _ => value,
    };
    let fields: Map<String, Value> = fields.into_iter().map(|(name, value)| (name, open(value))).collect();
    in_value(Value::Object(fields), 0)
}

/// The JSON object or list that a string holds.
pub(super) fn inside(text: &str) -> Option<Value> {
    let text = text.trim();
    let holds = text.starts_with('{') || text.starts_with('[');
    serde_json::from_str(text)
        .ok()
        .filter(|value: &Value| holds && (value.is_object() || value.is_array()))
}

/// `depth`: how often JSON was found inside JSON. A string in a string in a string hides nothing that anybody reads.
fn in_value(value: Value, depth: u8) -> Value {
    match value {
        Value::String(text) => match inside(&text).filter(|_| depth < 2 && text.contains("\\u")) {
            Some(held) => Value::from(in_value(held, depth + 1).to_string()),
            None => Value::from(in_text(&text)),
        },
        Value::Array(list) => list.into_iter().map(|one| in_value(one, depth)).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (in_text(&name), in_value(value, depth)))
                .collect(),
        ),
        other => other,
    }
}

/// Text with the names in its mail addresses masked.
pub(super) fn in_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('@') {
        let names_somebody = after.chars().next().is_some_and(char::is_alphanumeric);
        let start = before
            .char_indices()
            .rev()
            .find(|(_, c)| !of_name(*c))
            .map_or(0, |(at, c)| at + c.len_utf8());
        let (kept, name) = before.split_at(start);
        out.push_str(kept);
        if names_somebody && !name.is_empty() {
            // `\n` before a name is one sign, and half of it would spoil the text.
            if kept.ends_with('\\') {
                out.extend(name.chars().next());
            }
            out.push(MASK);
        } else {
            out.push_str(name);
        }
        out.push('@');
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Whether a sign can stand in the part of a mail address before the `@`.
fn of_name(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(
            c,
            '.' | '_' | '%' | '+' | '-' | '\'' | '&' | '~' | '!' | '#' | '$' | '*'
        )
}
