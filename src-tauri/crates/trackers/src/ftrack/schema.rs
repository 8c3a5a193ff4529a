//! The site's own description of its tables: which columns there are, and which of them may be set to what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use callboard_model::as_value;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::client::Ftrack;
use super::query::checked;
use crate::TrackerError;

/// How long a description is believed. It is half a megabyte and changes when the workspace is upgraded.
const BELIEVED_FOR: SignedDuration = SignedDuration::from_mins(5);

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Text,
    /// A day, or a moment.
    Time,
    Number,
    Flag,
    /// The id of something else.
    Link,
    /// A relation, a list, something made up when it is asked for.
    NoColumn,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    holds: Holds,
    /// The site fills it itself, or it is given once and for all.
    is_fixed: bool,
}

/// A table by its columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Table(BTreeMap<String, Column>);

impl Table {
    fn of(schema: &Value) -> Self {
        let names = |list: &str| -> BTreeSet<&str> {
            let list = schema.get(list).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).collect()
        };
        let (immutable, computed) = (names("immutable"), names("computed"));
        let properties = schema.get("properties").and_then(Value::as_object);
        let columns = properties.into_iter().flatten().map(|(name, property)| {
            let is_fixed = immutable.contains(name.as_str()) || computed.contains(name.as_str());
            let holds = if computed.contains(name.as_str()) {
                Holds::NoColumn
            } else {
                holds(property)
            };
            (name.clone(), Column { holds, is_fixed })
        });
        Self(columns.collect())
    }

    /// The names of what is a column of the table itself, and so in a delivery.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        let own = self.0.iter().filter(|(_, column)| column.holds != Holds::NoColumn);
        own.map(|(name, _)| name.as_str())
    }

    /// Whether it has a field of that name, be it no column.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Text as a column takes it. The error goes on from the column's name.
    pub(super) fn in_type(&self, name: &str, text: Option<&str>) -> Result<Value, String> {
        let Some(column) = self.0.get(name) else {
            return Err("the site has no such field there. Check its name in the rule".to_owned());
        };
        if column.is_fixed {
            return Err("the site sets it itself and lets nobody else".to_owned());
        }
        let like = match column.holds {
            Holds::Link => return Err("it links to something else, and rules do not set links".to_owned()),
            Holds::NoColumn => return Err("it is no plain field, and rules set no others".to_owned()),
            Holds::Time => return Ok(text.map_or(Value::Null, |text| json!({"__type__": "datetime", "value": text}))),
            Holds::Text => return Ok(json!(text)),
            Holds::Flag => Value::Bool(false),
            Holds::Number => json!(0),
        };
        let Some(text) = text else {
            return match column.holds {
                Holds::Flag => Err("it is a checkbox, which is never empty. Set it to false".to_owned()),
                _ => Ok(Value::Null),
            };
        };
        match as_value(text, Some(&like)) {
            Value::String(_) if like.is_boolean() => {
                Err(format!("it is a checkbox, so \"{text}\" must be true or false"))
            }
            Value::String(_) => Err(format!("it holds a number, and \"{text}\" is none")),
            value => Ok(value),
        }
    }
}

fn holds(property: &Value) -> Holds {
    let told = |name: &str| property.get(name).and_then(Value::as_str);
    if property.get("$ref").is_some() || property.get("items").is_some() {
        return Holds::NoColumn;
    }
    match (told("format"), told("type")) {
        (Some("foreign_key"), _) => Holds::Link,
        (Some("date-time" | "date"), _) => Holds::Time,
        (_, Some("string")) => Holds::Text,
        (_, Some("number" | "integer")) => Holds::Number,
        (_, Some("boolean")) => Holds::Flag,
        _ => Holds::NoColumn,
    }
}

/// The tables of a site, as they were described last.
#[derive(Default)]
pub(super) struct Schemas(Mutex<Option<(Timestamp, Arc<Tables>)>>);

type Tables = BTreeMap<String, Table>;

impl Ftrack {
    /// The site's tables.
    pub(super) async fn tables(&self) -> Result<Arc<Tables>, TrackerError> {
        let mut held = self.schemas.0.lock().await;
        let now = self.wire.clock.now();
        if let Some((at, tables)) = held.as_ref()
            && now.duration_since(*at) < BELIEVED_FOR
        {
            return Ok(tables.clone());
        }
        let answer = self.wire.ask(vec![json!({"action": "query_schemas"})]).await?;
        // Some servers wrap the list as they wrap the rows of a query.
        let list = answer.first().map(|first| first.get("data").unwrap_or(first));
        let list = list.and_then(Value::as_array).filter(|list| !list.is_empty());
        let list = list.ok_or_else(|| self.wire.unreadable("it has no list of schemas"))?;
        let named = list
            .iter()
            .filter_map(|schema| Some((schema.get("id")?.as_str()?, schema)));
        let tables: Arc<Tables> = Arc::new(
            named
                .map(|(name, schema)| (name.to_owned(), Table::of(schema)))
                .collect(),
        );
        *held = Some((now, tables.clone()));
        Ok(tables)
    }

    /// Those of some fields that a table has. The site refuses a whole query for one that it lacks.
    pub(super) async fn known_fields(
        &self,
        table: &str,
        asked: Option<&BTreeSet<String>>,
    ) -> Result<BTreeSet<String>, TrackerError> {
        let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
            return Ok(BTreeSet::new());
        };
        let tables = self.tables().await?;
        let has = |field: &&String| {
            let first = field.split('.').next().unwrap_or_default();
            checked(field, ".").is_ok() && tables.get(table).is_some_and(|table| table.has(first))
        };
        Ok(asked.iter().filter(has).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_takes_what_it_holds_and_nothing_else() {
        let table = Table::of(&json!({
            "id": "Task", "immutable": ["id", "created_at"], "computed": ["thumbnail_url"],
            "properties": {
                "id": {"type": "string"}, "description": {"type": "string"}, "bid": {"type": "number"},
                "created_at": {"type": "string", "format": "date-time"}, "is_global": {"type": "boolean"},
                "end_date": {"type": "string", "format": "date-time", "alias_for": "enddate"},
                "type_id": {"type": "string", "format": "foreign_key"}, "type": {"$ref": "Type"},
                "children": {"type": "array", "items": {"$ref": "Context"}}, "thumbnail_url": {"type": "object"},
            },
        }));
        let takes = |name: &str, text: Option<&str>| table.in_type(name, text);
        assert_eq!(takes("description", Some("late")), Ok(json!("late")));
        assert_eq!(takes("bid", Some("3600")), Ok(json!(3600)));
        assert_eq!(takes("bid", Some("1.5")), Ok(json!(1.5)));
        assert_eq!(takes("bid", None), Ok(Value::Null));
        assert_eq!(takes("is_global", Some("true")), Ok(json!(true)));
        let day = json!({"__type__": "datetime", "value": "2024-05-01"});
        assert_eq!(takes("end_date", Some("2024-05-01")), Ok(day));
        for (name, text) in [
            ("bid", Some("soon")),
            ("is_global", None),
            ("is_global", Some("maybe")),
            ("created_at", Some("2024-05-01")),
            ("type_id", Some("a750a84f")),
            ("type", Some("Comp")),
            ("children", None),
            ("thumbnail_url", None),
            ("sg_status_list", Some("ip")),
        ] {
            assert!(takes(name, text).is_err(), "{name} {text:?}");
        }
        let columns: Vec<_> = table.columns().collect();
        assert_eq!(
            columns,
            [
                "bid",
                "created_at",
                "description",
                "end_date",
                "id",
                "is_global",
                "type_id"
            ]
        );
    }
}
