//! Counting without reading. ShotGrid REST: `_summarize`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::errors::Refusal;
use crate::filters::Filter;
use crate::paths::Path;
use crate::records::{filter_of, kind_of, vendor_body};
use crate::rest::Call;
use crate::tables::Kind;
use crate::world::{Record, World};

const TYPES: [&str; 14] = [
    "record_count",
    "count",
    "sum",
    "maximum",
    "minimum",
    "average",
    "earliest",
    "latest",
    "percentage",
    "status_percentage",
    "status_percentage_as_float",
    "status_list",
    "checked",
    "unchecked",
];

/// `POST /entity/{type}/_summarize`.
pub(crate) fn answer(world: &World, call: &Call, kind: &str) -> Result<Value, Refusal> {
    let kind = kind_of(kind)?;
    let body = vendor_body(call)?;
    let summaries = body
        .get("summary_fields")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let grouping = body
        .get("grouping")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let data = summarize(world, kind, &filter_of(call, kind, &body)?, summaries, grouping)?;
    Ok(json!({"data": data}))
}

/// The summaries of what passes, and of each group of it.
pub(crate) fn summarize(
    world: &World,
    kind: Kind,
    filter: &Filter,
    summaries: &[Value],
    grouping: &[Value],
) -> Result<Value, Refusal> {
    let summaries = summaries
        .iter()
        .enumerate()
        .map(|(index, summary)| Summary::read(kind, index, summary))
        .collect::<Result<Vec<_>, _>>()?;
    let groupings = grouping
        .iter()
        .map(|grouping| {
            let name = grouping.get("field").and_then(Value::as_str).unwrap_or_default();
            let path = Path::parse(kind, name).ok_or_else(|| unknown(kind, name))?;
            Ok((path, grouping.get("direction").and_then(Value::as_str) == Some("desc")))
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    let records: Vec<&Record> = world.matching(kind, filter, false).collect();
    Ok(json!({
        "summaries": totals(world, kind, &summaries, &records),
        "groups": groups(world, kind, &summaries, &groupings, &records),
    }))
}

fn unknown(kind: Kind, name: &str) -> Refusal {
    Refusal::bad(format!("API summarize() {}.{name} doesn't exist.", kind.name))
}

struct Summary {
    name: String,
    path: Path,
    how: &'static str,
}

impl Summary {
    fn read(kind: Kind, index: usize, summary: &Value) -> Result<Self, Refusal> {
        let text = |name: &str| summary.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(how) = TYPES.iter().find(|how| **how == text("type")) else {
            let message = format!("type must be one of: {}", TYPES.join(", "));
            return Err(Refusal::invalid(
                json!({"summary_fields": {index.to_string(): {"type": [message]}}}),
            ));
        };
        let name = text("field").to_owned();
        let path = Path::parse(kind, &name).ok_or_else(|| unknown(kind, &name))?;
        Ok(Self { name, path, how })
    }

    fn of(&self, world: &World, kind: Kind, records: &[&Record]) -> Value {
        let values: Vec<Value> = records
            .iter()
            .map(|record| self.path.shown(world, kind, record))
            .collect();
        let numbers = || values.iter().filter_map(Value::as_f64);
        let share = |part: usize| part as f64 * 100.0 / values.len().max(1) as f64;
        let count = |wanted: &dyn Fn(&Value) -> bool| values.iter().filter(|value| wanted(value)).count();
        let texts = || values.iter().filter_map(Value::as_str);
        match self.how {
            "record_count" => json!(values.len()),
            "count" => json!(count(&|value| !value.is_null())),
            "sum" => whole_number(numbers().sum()),
            "maximum" => numbers().reduce(f64::max).map_or(Value::Null, whole_number),
            "minimum" => numbers().reduce(f64::min).map_or(Value::Null, whole_number),
            "average" => json!(numbers().sum::<f64>() / numbers().count().max(1) as f64),
            "earliest" => json!(texts().min()),
            "latest" => json!(texts().max()),
            "checked" => json!(count(&|value| value == &json!(true))),
            "unchecked" => json!(count(&|value| value != &json!(true))),
            "status_list" => rolled_up(&values),
            "percentage" => json!(share(count(&|value| value == &json!(true)))),
            _ => json!(share(count(&|value| matches!(
                value.as_str(),
                Some("fin" | "final" | "di" | "apv" | "clsd")
            )))),
        }
    }
}

/// One status of many: the same everywhere, else in progress.
fn rolled_up(values: &[Value]) -> Value {
    match values.first() {
        None => json!("na"),
        Some(first) if values.iter().all(|value| value == first) => first.clone(),
        Some(_) => json!("ip"),
    }
}

fn whole_number(number: f64) -> Value {
    if number.fract() == 0.0 {
        json!(number as i64)
    } else {
        json!(number)
    }
}

fn totals(world: &World, kind: Kind, summaries: &[Summary], records: &[&Record]) -> Value {
    let totals: Map<String, Value> = summaries
        .iter()
        .map(|summary| (summary.name.clone(), summary.of(world, kind, records)))
        .collect();
    Value::Object(totals)
}

fn groups(
    world: &World,
    kind: Kind,
    summaries: &[Summary],
    groupings: &[(Path, bool)],
    records: &[&Record],
) -> Vec<Value> {
    let Some(((path, descending), deeper)) = groupings.split_first() else {
        return Vec::new();
    };
    let mut parts: BTreeMap<String, (Value, Vec<&Record>)> = BTreeMap::new();
    for record in records {
        let value = path.shown(world, kind, record);
        let name = match &value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Object(link) => link.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            other => other.to_string(),
        };
        parts.entry(name).or_insert_with(|| (value, Vec::new())).1.push(record);
    }
    let mut groups: Vec<Value> = parts
        .into_iter()
        .map(|(name, (value, records))| {
            json!({
                "group_name": name,
                "group_value": value,
                "summaries": totals(world, kind, summaries, &records),
                "groups": groups(world, kind, summaries, deeper, &records),
            })
        })
        .collect();
    if *descending {
        groups.reverse();
    }
    groups
}
