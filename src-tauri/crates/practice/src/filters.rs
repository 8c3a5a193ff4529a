//! Filters: compiled against the schema, so that an unknown field or relation is refused before anything is read.
//!
//! ShotGrid REST: `_search` and filters.

use std::cmp::Ordering;

use jiff::civil::Date;
use jiff::{Span, Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::clock;
use crate::errors::Refusal;
use crate::paths::Path;
use crate::tables::{Data, Kind, named};
use crate::world::{IdRange, Record, World};

/// A compiled filter.
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Is(Condition),
}

/// One condition.
pub(crate) struct Condition {
    path: Path,
    text: String,
    relation: String,
    values: Vec<Value>,
}

impl Filter {
    /// The array form: a list of conditions that all must hold, each of them possibly a hash again.
    pub(crate) fn array(kind: Kind, filters: &Value) -> Result<Self, Refusal> {
        let Value::Array(conditions) = filters else {
            return Err(Refusal::bad("Query is not an Array"));
        };
        Ok(Self::All(Self::list(kind, conditions)?))
    }

    /// The hash form, which nests. JSON-RPC sends it too, with conditions as objects.
    pub(crate) fn hash(kind: Kind, filters: &Value) -> Result<Self, Refusal> {
        let Value::Object(group) = filters else {
            return Err(Refusal::bad("Query is not an Hash"));
        };
        let conditions = match group.get("conditions") {
            Some(Value::Array(conditions)) => Self::list(kind, conditions)?,
            None | Some(Value::Null) => Vec::new(),
            Some(_) => {
                return Err(Refusal::invalid(
                    json!({"filters": {"conditions": ["conditions must be an array"]}}),
                ));
            }
        };
        match group.get("logical_operator").and_then(Value::as_str).unwrap_or("and") {
            "and" => Ok(Self::All(conditions)),
            "or" => Ok(Self::Any(conditions)),
            _ => Err(Refusal::invalid(
                json!({"filters": {"logical_operator": ["logical_operator must be one of: and, or"]}}),
            )),
        }
    }

    fn list(kind: Kind, conditions: &[Value]) -> Result<Vec<Self>, Refusal> {
        conditions
            .iter()
            .map(|condition| match condition {
                Value::Array(parts) => {
                    Self::condition(kind, parts.first(), parts.get(1), parts.get(2..).unwrap_or_default())
                }
                Value::Object(parts) if parts.contains_key("path") => {
                    let values = parts
                        .get("values")
                        .and_then(Value::as_array)
                        .map(Vec::as_slice)
                        .unwrap_or_default();
                    Self::condition(kind, parts.get("path"), parts.get("relation"), values)
                }
                Value::Object(_) => Self::hash(kind, condition),
                other => Err(Refusal::bad(format!(
                    "API read() expected a filter condition, got {other}."
                ))),
            })
            .collect()
    }

    fn condition(
        kind: Kind,
        path: Option<&Value>,
        relation: Option<&Value>,
        values: &[Value],
    ) -> Result<Self, Refusal> {
        let (Some(text), Some(relation)) = (path.and_then(Value::as_str), relation.and_then(Value::as_str)) else {
            return Err(Refusal::bad("API read() a condition is [path, relation, value]."));
        };
        Self::compare(kind, text, relation, values)
    }

    /// One condition from its parts.
    pub(crate) fn compare(kind: Kind, text: &str, relation: &str, values: &[Value]) -> Result<Self, Refusal> {
        let Some(path) = Path::parse(kind, text) else {
            return Err(unknown_field(kind, text, relation, values));
        };
        let relations = path.field().data.relations();
        if !relations.contains(&relation) {
            return Err(Refusal::bad(format!(
                "API read() {}.{text} has no relation '{relation}'. Valid relations: {}",
                kind.name,
                relations.join(", ")
            )));
        }
        // `["id","in",[1,2]]` and `["id","in",1,2]` mean the same.
        let values = match values {
            [Value::Array(list)] => list.clone(),
            values => values.to_vec(),
        };
        Ok(Self::Is(Condition {
            path,
            text: text.to_owned(),
            relation: relation.to_owned(),
            values,
        }))
    }

    /// Does a record pass?
    pub(crate) fn passes(&self, world: &World, kind: Kind, record: &Record, now: Timestamp) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.passes(world, kind, record, now)),
            Self::Any(filters) => filters.iter().any(|filter| filter.passes(world, kind, record, now)),
            Self::Is(condition) => condition.holds(world, kind, record, now),
        }
    }

    /// The ids between which all that can pass stands: a reader of the event log asks for its tail again and again.
    pub(crate) fn ids(&self, world: &World, kind: Kind, now: Timestamp) -> IdRange {
        let each =
            |filters: &[Self]| -> Vec<IdRange> { filters.iter().map(|filter| filter.ids(world, kind, now)).collect() };
        match self {
            Self::All(filters) => each(filters).into_iter().fold(IdRange::ALL, IdRange::and),
            Self::Any(filters) => each(filters).into_iter().reduce(IdRange::or).unwrap_or(IdRange::ALL),
            Self::Is(condition) => condition.ids(world, kind, now).unwrap_or(IdRange::ALL),
        }
    }
}

fn unknown_field(kind: Kind, text: &str, relation: &str, values: &[Value]) -> Refusal {
    let values: Vec<String> = values.iter().map(Value::to_string).collect();
    // The site is a Ruby program and prints its hash as one.
    let value = format!(
        " does not exist. Value: {{\"path\"=>\"{text}\", \"relation\"=>\"{relation}\", \"values\"=>[{}]}}",
        values.join(", ")
    );
    let mut refusal = Refusal::bad(format!("API read() {}.{text} doesn't exist.", kind.name));
    refusal.source = json!({ format!("{}.{text}", kind.name): value });
    refusal
}

impl Condition {
    fn ids(&self, world: &World, kind: Kind, now: Timestamp) -> Option<IdRange> {
        let relation = self.relation.as_str();
        match self.text.as_str() {
            "id" => {
                let mut ids = self.values.iter().filter_map(whole_number);
                match relation {
                    "greater_than" => Some(IdRange::from(ids.next()?.saturating_add(1))),
                    "less_than" => Some(IdRange::up_to(ids.next()?.saturating_sub(1))),
                    "between" => {
                        let (first, last) = (ids.next()?, ids.next()?);
                        Some(IdRange { first, last })
                    }
                    "is" | "in" => ids.map(|id| IdRange { first: id, last: id }).reduce(IdRange::or),
                    _ => None,
                }
            }
            // Rows of the log are written in the order of their times.
            "created_at" if kind.name == "EventLogEntry" => {
                let since = match relation {
                    "greater_than" | "is" | "between" => moment(self.values.first()?)?,
                    "in_last" => now.checked_sub(self.span()?).ok()?,
                    _ => return None,
                };
                Some(IdRange::from(world.ledger.first_since(since.as_second())))
            }
            _ => None,
        }
    }

    fn holds(&self, world: &World, kind: Kind, record: &Record, now: Timestamp) -> bool {
        if let Some(positive) = self.relation.strip_prefix("not_").or(match self.relation.as_str() {
            "is_not" => Some("is"),
            "type_is_not" => Some("type_is"),
            "name_not_contains" => Some("name_contains"),
            _ => None,
        }) {
            return !self.any(world, kind, record, positive, now);
        }
        self.any(world, kind, record, &self.relation, now)
    }

    fn any(&self, world: &World, kind: Kind, record: &Record, relation: &str, now: Timestamp) -> bool {
        let reached = self.path.values(world, kind, record);
        if reached.is_empty() {
            return self.compares(world, &Value::Null, relation, now);
        }
        reached.iter().any(|value| match value.as_ref() {
            Value::Array(links) if links.is_empty() => self.compares(world, &Value::Null, relation, now),
            Value::Array(links) if self.path.field().data == Data::MultiEntity => {
                links.iter().any(|link| self.compares(world, link, relation, now))
            }
            value => self.compares(world, value, relation, now),
        })
    }

    fn compares(&self, world: &World, value: &Value, relation: &str, now: Timestamp) -> bool {
        let data = self.path.field().data;
        let first = self.values.first().unwrap_or(&Value::Null);
        match relation {
            "is" => equal(data, value, first),
            "in" => self.values.iter().any(|wanted| equal(data, value, wanted)),
            "contains" => text_pair(value, first).is_some_and(|(text, part)| text.contains(&part)),
            "starts_with" => text_pair(value, first).is_some_and(|(text, part)| text.starts_with(&part)),
            "ends_with" => text_pair(value, first).is_some_and(|(text, part)| text.ends_with(&part)),
            "type_is" => value.get("type") == Some(first),
            "greater_than" => order(data, value, first) == Some(Ordering::Greater),
            "less_than" => order(data, value, first) == Some(Ordering::Less),
            "between" => self.values.get(1).is_some_and(|last| {
                order(data, value, first).is_some_and(Ordering::is_ge)
                    && order(data, value, last).is_some_and(Ordering::is_le)
            }),
            "in_last" | "in_next" => self.in_span(value, relation, now),
            _ if relation.starts_with("in_calendar_") => self.in_calendar(value, relation, now),
            _ => name_of(world, value).is_some_and(|name| {
                let name = Value::String(name);
                text_pair(&name, first).is_some_and(|(name, part)| match relation {
                    "name_contains" => name.contains(&part),
                    "name_is" => name == part,
                    "name_starts_with" => name.starts_with(&part),
                    "name_ends_with" => name.ends_with(&part),
                    _ => false,
                })
            }),
        }
    }

    /// `[3, "HOUR"]`.
    fn span(&self) -> Option<Span> {
        let count = self.values.first().and_then(Value::as_i64)?;
        // Months and years as the site's users mean them in a filter: round numbers of days.
        let hours = match self.values.get(1).and_then(Value::as_str)? {
            "HOUR" => 1,
            "DAY" => 24,
            "WEEK" => 24 * 7,
            "MONTH" => 24 * 30,
            "YEAR" => 24 * 365,
            _ => return None,
        };
        Some(count.saturating_mul(hours).clamp(0, 1_000_000).hours())
    }

    fn in_span(&self, value: &Value, relation: &str, now: Timestamp) -> bool {
        let (Some(span), Some(at)) = (self.span(), moment(value)) else {
            return false;
        };
        if relation == "in_last" {
            now.checked_sub(span).is_ok_and(|from| from <= at && at <= now)
        } else {
            now.checked_add(span).is_ok_and(|until| now <= at && at <= until)
        }
    }

    fn in_calendar(&self, value: &Value, relation: &str, now: Timestamp) -> bool {
        let offset = self
            .values
            .first()
            .and_then(Value::as_i64)
            .unwrap_or(0)
            .clamp(-10_000, 10_000);
        let today = clock_date(now);
        let (Some(today), Some(day)) = (today, moment(value).and_then(clock_date)) else {
            return false;
        };
        let shift = match relation {
            "in_calendar_day" => offset.days(),
            "in_calendar_week" => offset.weeks(),
            "in_calendar_month" => offset.months(),
            _ => offset.years(),
        };
        let Ok(target) = today.checked_add(shift) else {
            return false;
        };
        match relation {
            "in_calendar_day" => day == target,
            "in_calendar_week" => {
                day.iso_week_date().year() == target.iso_week_date().year()
                    && day.iso_week_date().week() == target.iso_week_date().week()
            }
            "in_calendar_month" => (day.year(), day.month()) == (target.year(), target.month()),
            _ => day.year() == target.year(),
        }
    }
}

fn clock_date(at: Timestamp) -> Option<Date> {
    clock::plain(at).get(..10).and_then(|day| day.parse().ok())
}

fn equal(data: Data, value: &Value, wanted: &Value) -> bool {
    match data {
        Data::Entity | Data::MultiEntity => match (value, wanted) {
            (Value::Null, Value::Null) => true,
            _ => {
                wanted.get("id").is_some()
                    && value.get("id") == wanted.get("id")
                    && value.get("type") == wanted.get("type")
            }
        },
        Data::DateTime => value == wanted || order(data, value, wanted) == Some(Ordering::Equal),
        Data::Number | Data::Duration => match wanted {
            // The query string has only text.
            Value::String(text) => text.parse::<i64>().is_ok_and(|wanted| value.as_i64() == Some(wanted)),
            wanted => value == wanted,
        },
        Data::Float => order(data, value, wanted) == Some(Ordering::Equal) || value == wanted,
        Data::Checkbox => match wanted {
            Value::String(text) => value.as_bool() == Some(text == "true"),
            wanted => value == wanted,
        },
        _ => value == wanted,
    }
}

fn order(data: Data, value: &Value, wanted: &Value) -> Option<Ordering> {
    match data {
        Data::Number | Data::Float | Data::Duration => {
            let wanted = wanted.as_f64().or_else(|| wanted.as_str()?.parse().ok())?;
            value.as_f64()?.partial_cmp(&wanted)
        }
        // The site's own times sort as text, and a reader of the event log compares one with every row.
        _ => match (value.as_str()?, wanted.as_str()?) {
            (value, wanted) if is_site_time(value) && is_site_time(wanted) => Some(value.cmp(wanted)),
            _ => Some(moment(value)?.cmp(&moment(wanted)?)),
        },
    }
}

fn is_site_time(text: &str) -> bool {
    text.len() == "2021-06-16T08:55:30Z".len() && text.ends_with('Z')
}

/// A number, also as the query string has it.
fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn moment(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?;
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok())
}

fn text_pair(value: &Value, part: &Value) -> Option<(String, String)> {
    Some((value.as_str()?.to_lowercase(), part.as_str()?.to_lowercase()))
}

fn name_of(world: &World, link: &Value) -> Option<String> {
    let kind = named(link.get("type")?.as_str()?)?;
    world
        .active(kind, link.get("id")?.as_i64()?)
        .map(|record| World::title(kind, record))
}
