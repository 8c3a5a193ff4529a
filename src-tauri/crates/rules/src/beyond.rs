//! What a newer Callboard wrote and this one does not know: kept whole, so that a file loses nothing on its way through.

use callboard_model::{RuleId, StatusCode};
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use crate::{ColumnName, RuleSet};

/// More unknown parts than any file has: each costs one reading of the file.
const MOST_PARTS: usize = 1_000;

/// A part that is not known, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beyond {
    place: Place,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A field of the document.
    Document(String),
    /// A field of a status.
    Status {
        column: ColumnName,
        code: StatusCode,
        field: String,
    },
    /// A field of a rule, or of a part of it: `when`, `if`, `3` …
    Rule {
        rule: RuleId,
        within: Vec<String>,
        field: String,
    },
    /// A rule of a form that this program cannot read at all; by its place in the file.
    WholeRule(usize),
}

impl Beyond {
    /// What it is, for people.
    pub(crate) fn in_words(&self, set: &RuleSet) -> String {
        match &self.place {
            Place::Document(field) => format!("the part \"{field}\""),
            Place::Status { column, code, field } => {
                format!("the part \"{field}\" of the {} status {code}", column.title())
            }
            Place::Rule { rule, field, .. } => {
                let name = set.rules.iter().find(|r| r.id == *rule).map(|r| r.name.as_str());
                format!("the part \"{field}\" of the rule \"{}\"", name.unwrap_or(rule.as_str()))
            }
            Place::WholeRule(_) => {
                let name = ["name", "id"].into_iter().find_map(|key| self.value.get(key)?.as_str());
                format!("the rule \"{}\"", name.unwrap_or("without a name"))
            }
        }
    }

    /// The rule that it is a part of, where that rule could be read otherwise.
    pub(crate) fn rule(&self) -> Option<&RuleId> {
        match &self.place {
            Place::Rule { rule, .. } => Some(rule),
            Place::Document(_) | Place::Status { .. } | Place::WholeRule(_) => None,
        }
    }
}

/// Reads a document from a newer program: what is not known is taken out and kept. The error is one that cannot be passed over.
pub(crate) fn read(mut document: Value) -> Result<RuleSet, (Path, serde_json::Error)> {
    // Each with the place in the file of the rule that it is a part of.
    let mut kept: Vec<(Option<usize>, Beyond)> = Vec::new();
    // The places in the file of the rules that are left.
    let rules = document.get("rules").and_then(Value::as_array).map_or(0, Vec::len);
    let mut places: Vec<usize> = (0..rules).collect();
    loop {
        match serde_path_to_error::deserialize::<_, RuleSet>(&document) {
            Ok(mut set) => {
                let mut kept: Vec<Beyond> = kept.into_iter().map(|(_, part)| part).collect();
                // Parts go back into the rules that could be read before the others stand beside these.
                kept.sort_by_key(|part| match part.place {
                    Place::WholeRule(place) => Some(place),
                    Place::Document(_) | Place::Status { .. } | Place::Rule { .. } => None,
                });
                set.beyond = kept;
                return Ok(set);
            }
            Err(error) => {
                let path = error.path().clone();
                let error = error.into_inner();
                let of_rule = rule_at(&path, &places);
                let part = (kept.len() < MOST_PARTS)
                    .then(|| take_out(&mut document, &path, &error, &mut places))
                    .flatten();
                let Some(mut part) = part else {
                    return Err((path, error));
                };
                if let Place::WholeRule(place) = part.place {
                    // It is kept with what was taken out of it before.
                    for (_, taken) in kept.extract_if(.., |(of_rule, _)| *of_rule == Some(place)) {
                        if let Place::Rule { within, field, .. } = taken.place
                            && let Some(object) = object_at(&mut part.value, &within)
                        {
                            object.insert(field, taken.value);
                        }
                    }
                }
                kept.push((of_rule, part));
            }
        }
    }
}

/// The place in the file of the rule that a path leads into.
fn rule_at(path: &Path, places: &[usize]) -> Option<usize> {
    let steps: Vec<String> = path.iter().map(step).collect::<Option<_>>()?;
    let [first, row, ..] = steps.as_slice() else {
        return None;
    };
    let row: usize = row.parse().ok().filter(|_| first == "rules")?;
    places.get(row).copied()
}

fn take_out(document: &mut Value, path: &Path, error: &serde_json::Error, places: &mut Vec<usize>) -> Option<Beyond> {
    let steps: Vec<String> = path.iter().map(step).collect::<Option<_>>()?;
    unknown_field(error)
        .and_then(|field| take_field(document, &steps, &field))
        .or_else(|| take_rule(document, &steps, places))
}

fn take_field(document: &mut Value, steps: &[String], field: &str) -> Option<Beyond> {
    let steps = match steps.split_last() {
        Some((last, above)) if last == field => above,
        _ => steps,
    };
    let place = match steps {
        [] => Place::Document(field.to_owned()),
        [first, column, row, ..] if first == "statuses" => Place::Status {
            column: ColumnName::from(column.as_str()),
            code: at(document, &["statuses", column, row, "code"])?.as_str()?.into(),
            field: field.to_owned(),
        },
        [first, row, within @ ..] if first == "rules" => Place::Rule {
            rule: at(document, &["rules", row, "id"])?.as_str()?.into(),
            within: within.to_vec(),
            field: field.to_owned(),
        },
        _ => return None,
    };
    let value = object_at(document, steps)?.remove(field)?;
    Some(Beyond { place, value })
}

fn take_rule(document: &mut Value, steps: &[String], places: &mut Vec<usize>) -> Option<Beyond> {
    let [first, row, ..] = steps else { return None };
    let row: usize = row.parse().ok().filter(|_| first == "rules")?;
    let rules = document.get_mut("rules")?.as_array_mut()?;
    if row >= rules.len() || row >= places.len() {
        return None;
    }
    let value = rules.remove(row);
    let place = Place::WholeRule(places.remove(row));
    Some(Beyond { place, value })
}

/// The document with what was not known put back where it stood. What belonged to a rule or status that is gone is gone too.
pub(crate) fn put_back(document: &mut Value, parts: &[Beyond]) {
    for Beyond { place, value } in parts {
        match place {
            Place::Document(field) => {
                if let Some(object) = document.as_object_mut() {
                    object.insert(field.clone(), value.clone());
                }
            }
            Place::Status { column, code, field } => {
                let list = document
                    .pointer_mut(&format!("/statuses/{column}"))
                    .and_then(Value::as_array_mut);
                let of_code = |s: &&mut Value| s.get("code").and_then(Value::as_str) == Some(code.as_str());
                let status = list
                    .and_then(|l| l.iter_mut().find(of_code))
                    .and_then(Value::as_object_mut);
                if let Some(object) = status {
                    object.insert(field.clone(), value.clone());
                }
            }
            Place::Rule { rule, within, field } => {
                let rules = document.get_mut("rules").and_then(Value::as_array_mut);
                let of_id = |r: &&mut Value| r.get("id").and_then(Value::as_str) == Some(rule.as_str());
                let found = rules.and_then(|l| l.iter_mut().find(of_id));
                if let Some(object) = found.and_then(|rule| object_at(rule, within)) {
                    object.insert(field.clone(), value.clone());
                }
            }
            Place::WholeRule(place) => {
                if let Some(rules) = document.get_mut("rules").and_then(Value::as_array_mut) {
                    rules.insert((*place).min(rules.len()), value.clone());
                }
            }
        }
    }
}

fn step(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    }
}

fn at<'a>(value: &'a Value, steps: &[&str]) -> Option<&'a Value> {
    steps.iter().try_fold(value, |value, step| match value {
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

fn object_at<'a>(value: &'a mut Value, steps: &[String]) -> Option<&'a mut Map<String, Value>> {
    let found = steps.iter().try_fold(value, |value, step| match value {
        Value::Array(list) => list.get_mut(step.parse::<usize>().ok()?),
        other => other.get_mut(step),
    });
    found?.as_object_mut()
}

/// The name in serde's "unknown field `weather`, expected …".
fn unknown_field(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    let rest = text.strip_prefix("unknown field `")?;
    rest.split('`').next().map(str::to_owned)
}
