//! The workspace: its tables in memory, how one entity leads to another, and a change that is all or nothing.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::schema::{Attribute, EntityType, Shape, named};
use super::types::{CONTEXTS, PROJECTS};

/// The columns of one entity.
pub(super) type Row = Map<String, Value>;

/// The text of a column; empty where there is none.
pub(super) fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// The value of a column; null where there is none.
pub(super) fn column(row: &Row, name: &str) -> Value {
    row.get(name).cloned().unwrap_or(Value::Null)
}

#[derive(Debug, Default)]
struct Table {
    /// In the order of creation; none where one was deleted.
    rows: Vec<Option<(&'static EntityType, Row)>>,
    places: HashMap<String, usize>,
}

/// A row that is there, and the type it is of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'w> {
    pub(super) kind: &'static EntityType,
    pub(super) row: &'w Row,
}

impl<'w> Found<'w> {
    pub(super) fn id(&self) -> &'w str {
        text(self.row, "id")
    }
}

/// One step back: what a row was before a transaction touched it.
#[derive(Debug)]
struct Undo {
    table: &'static str,
    key: String,
    before: Option<(&'static EntityType, Row)>,
}

/// All tables.
#[derive(Debug, Default)]
pub(super) struct Show {
    tables: HashMap<&'static str, Table>,
    undo: Vec<Undo>,
}

fn key_of(kind: &EntityType, row: &Row) -> String {
    let parts: Vec<&str> = kind.key.iter().map(|part| text(row, part)).collect();
    parts.join(",")
}

impl Show {
    /// Puts a row in place, new or changed.
    pub(super) fn put(&mut self, kind: &'static EntityType, row: Row) {
        let key = key_of(kind, &row);
        let table = self.tables.entry(kind.table).or_default();
        let before = match table.places.get(&key) {
            Some(place) => table.rows.get_mut(*place).and_then(|held| held.replace((kind, row))),
            None => {
                table.places.insert(key.clone(), table.rows.len());
                table.rows.push(Some((kind, row)));
                None
            }
        };
        self.undo.push(Undo {
            table: kind.table,
            key,
            before,
        });
    }

    /// Takes a row away.
    pub(super) fn remove(&mut self, kind: &'static EntityType, key: &str) -> Option<Row> {
        let table = self.tables.get_mut(kind.table)?;
        let place = *table.places.get(key)?;
        let before = table.rows.get_mut(place)?.take();
        self.undo.push(Undo {
            table: kind.table,
            key: key.to_owned(),
            before: before.clone(),
        });
        before.map(|(_, row)| row)
    }

    /// What was done since the last call stays.
    pub(super) fn keep(&mut self) {
        self.undo.clear();
    }

    /// What was done since the last `keep` never was.
    pub(super) fn undo(&mut self) {
        while let Some(step) = self.undo.pop() {
            let table = self.tables.entry(step.table).or_default();
            if let Some(held) = table.places.get(&step.key).and_then(|place| table.rows.get_mut(*place)) {
                *held = step.before;
            }
        }
    }

    /// The row of a type with this key, its parts joined by commas.
    pub(super) fn get(&self, kind: &'static EntityType, key: &str) -> Option<Found<'_>> {
        let of = |name: &'static str| {
            let table = self.tables.get(name)?;
            let (kind, row) = table.rows.get(*table.places.get(key)?)?.as_ref()?;
            Some(Found { kind, row })
        };
        let found = match kind.name {
            "Context" => of(CONTEXTS).or_else(|| of(PROJECTS)),
            _ => of(kind.table),
        };
        found.filter(|found| is_of(found, kind))
    }

    /// The same by the type's name.
    pub(super) fn find(&self, kind: &str, key: &str) -> Option<Found<'_>> {
        self.get(named(kind)?, key)
    }

    /// All rows of a type, in the order of creation.
    pub(super) fn all(&self, kind: &'static EntityType) -> impl Iterator<Item = Found<'_>> {
        let tables: &[&'static str] = match kind.name {
            "Context" => &[PROJECTS, CONTEXTS],
            _ => std::slice::from_ref(&kind.table),
        };
        tables
            .iter()
            .filter_map(|name| self.tables.get(name))
            .flat_map(|table| table.rows.iter().flatten())
            .map(|(kind, row)| Found { kind, row })
            .filter(move |found| is_of(found, kind))
    }

    /// The rows of a type that have this text in a column.
    pub(super) fn with<'s, 'v>(
        &'s self,
        kind: &str,
        column: &'v str,
        value: &'v str,
    ) -> impl Iterator<Item = Found<'s>> + use<'s, 'v> {
        let rows = named(kind).map(|kind| self.all(kind));
        rows.into_iter()
            .flatten()
            .filter(move |found| !value.is_empty() && text(found.row, column) == value)
    }

    /// The one entity that a relation leads to.
    pub(super) fn related(&self, from: Found<'_>, attribute: &Attribute) -> Option<Found<'_>> {
        let Shape::One { to, by } = attribute.shape else {
            return None;
        };
        if attribute.computed {
            return self.latest_version(from.id());
        }
        self.find(to, text(from.row, by))
    }

    /// The entities that a relation to many leads to.
    pub(super) fn collection(&self, from: Found<'_>, attribute: &Attribute) -> Vec<Found<'_>> {
        match attribute.shape {
            Shape::Many { of, by } => self.with(of, by, from.id()).collect(),
            Shape::Through { of, join, mine, theirs } => self
                .with(join, mine, from.id())
                .filter_map(|tie| self.find(of, text(tie.row, theirs)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// What a scalar attribute says: a column, or what is worked out.
    pub(super) fn value(&self, of: Found<'_>, attribute: &Attribute) -> Value {
        match (attribute.computed, attribute.name) {
            (true, "is_latest_version") => {
                let latest = self.latest_version(text(of.row, "asset_id"));
                json!(latest.is_some_and(|latest| latest.id() == of.id()))
            }
            (true, "link") => self.link(of),
            _ => column(of.row, attribute.name),
        }
    }

    fn latest_version(&self, asset: &str) -> Option<Found<'_>> {
        let number = |found: &Found<'_>| found.row.get("version").and_then(Value::as_i64).unwrap_or(0);
        self.with("AssetVersion", "asset_id", asset).max_by_key(number)
    }

    /// From the project down to the entity itself.
    fn link(&self, of: Found<'_>) -> Value {
        let mut steps = Vec::new();
        let mut at = Some(of);
        while let Some(found) = at {
            let (name, above) = match found.kind.name {
                "AssetVersion" => {
                    let asset = self.find("Asset", text(found.row, "asset_id"));
                    let asset_name = asset.map(|asset| text(asset.row, "name")).unwrap_or_default();
                    let number = found.row.get("version").and_then(Value::as_i64).unwrap_or(0);
                    let above = asset.map(|asset| text(asset.row, "context_id")).unwrap_or_default();
                    (format!("{asset_name} - v{number:03}"), above)
                }
                _ => (text(found.row, "name").to_owned(), text(found.row, "parent_id")),
            };
            let kind = if found.kind.table == CONTEXTS {
                "TypedContext"
            } else {
                found.kind.name
            };
            steps.push(json!({"type": kind, "id": found.id(), "name": name}));
            at = self.find("Context", above);
        }
        steps.reverse();
        Value::Array(steps)
    }
}

/// Is a row of a type, or of one that stands for several?
fn is_of(found: &Found<'_>, kind: &EntityType) -> bool {
    match kind.name {
        "Context" => true,
        "TypedContext" => found.kind.table == CONTEXTS,
        name => found.kind.name == name,
    }
}
