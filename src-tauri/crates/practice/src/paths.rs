//! Field paths: `code`, `entity.Shot.sg_status_list`, `sg_task.Task.entity.Shot.code`.

use std::borrow::Cow;

use serde_json::Value;

use crate::tables::{Data, Field, Kind, named};
use crate::world::{Record, World};

/// A path that the schema knows.
#[derive(Clone)]
pub(crate) struct Path {
    head: &'static Field,
    hops: Vec<(Kind, &'static Field)>,
}

impl Path {
    /// None where any part is unknown.
    pub(crate) fn parse(kind: Kind, text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let head = kind.field(parts.next()?)?;
        let mut hops = Vec::new();
        let mut last = head;
        while let Some(target) = parts.next() {
            let target = named(target)?;
            let reachable = last.data.is_link() && (last.links.is_empty() || last.links.contains(&target.name));
            if !reachable {
                return None;
            }
            last = target.field(parts.next()?)?;
            hops.push((target, last));
        }
        Some(Self { head, hops })
    }

    /// The field at the end of the path.
    pub(crate) fn field(&self) -> &'static Field {
        self.hops.last().map_or(self.head, |(_, field)| field)
    }

    /// Is it just this field?
    pub(crate) fn is(&self, name: &str) -> bool {
        self.hops.is_empty() && self.head.name == name
    }

    /// Does the path go through a list of links? Such a field is silently absent from records.
    pub(crate) fn fans_out(&self) -> bool {
        let through = std::iter::once(self.head)
            .chain(self.hops.iter().map(|(_, field)| *field))
            .take(self.hops.len());
        through.into_iter().any(|field| field.data == Data::MultiEntity)
    }

    /// All values that the path leads to from a record: one, none, or several through lists of links.
    pub(crate) fn values<'w>(&self, world: &'w World, kind: Kind, record: &'w Record) -> Vec<Cow<'w, Value>> {
        let mut values = vec![world.value(kind, record, self.head)];
        for (target, field) in &self.hops {
            let targets = values.iter().flat_map(|value| linked(value, target));
            values = targets
                .filter_map(|id| world.active(target, id))
                .map(|record| world.value(target, record, field))
                .collect();
        }
        values
    }

    /// The value as a record shows it. A path that ends nowhere shows null.
    pub(crate) fn shown(&self, world: &World, kind: Kind, record: &Record) -> Value {
        let Some((last_kind, last_field)) = self.hops.last() else {
            return world.shown(kind, record, self.head);
        };
        let mut at = (kind, record);
        let mut through = self.head;
        for (target, field) in &self.hops {
            let value = world.value(at.0, at.1, through);
            let next = linked(&value, target)
                .first()
                .copied()
                .and_then(|id| world.active(target, id));
            let Some(next) = next else { return Value::Null };
            at = (*target, next);
            through = field;
        }
        world.shown(last_kind, at.1, last_field)
    }
}

/// The ids of one type among a link or list of links.
fn linked(value: &Value, kind: &Kind) -> Vec<i64> {
    let id_of = |link: &Value| {
        let is_kind = link.get("type").and_then(Value::as_str) == Some(kind.name);
        link.get("id").and_then(Value::as_i64).filter(|_| is_kind)
    };
    match value {
        Value::Array(links) => links.iter().filter_map(id_of).collect(),
        link => id_of(link).into_iter().collect(),
    }
}
