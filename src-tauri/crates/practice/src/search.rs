//! Reading many records: what was asked, which records pass, in which order, which page.

use std::cmp::Ordering;
use std::sync::atomic::Ordering as AtomicOrdering;

use serde_json::Value;

use crate::clock;
use crate::errors::Refusal;
use crate::filters::Filter;
use crate::paths::Path;
use crate::tables::Kind;
use crate::world::{Record, World};

/// ShotGrid REST: default and largest page.
pub(crate) const DEFAULT_PAGE: usize = 500;
const LARGEST_PAGE: usize = 5000;

/// One page of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) number: usize,
    pub(crate) size: usize,
}

impl Page {
    /// A page as asked for; sizes of 0 and 5001 are refused.
    pub(crate) fn asked(number: Option<&Value>, size: Option<&Value>) -> Result<Self, Refusal> {
        let count = |value: Option<&Value>, default: usize, name: &str| match value {
            None | Some(Value::Null) => Ok(default),
            Some(value) => {
                let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
                number
                    .and_then(|number| usize::try_from(number).ok())
                    .filter(|number| *number > 0)
                    .ok_or_else(|| {
                        Refusal::invalid(
                            serde_json::json!({"page": {name: [format!("{name} must be greater than 0")]}}),
                        )
                    })
            }
        };
        let page = Self {
            number: count(number, 1, "number")?,
            size: count(size, DEFAULT_PAGE, "size")?,
        };
        if page.size > LARGEST_PAGE {
            let message = format!("size must be less than or equal to {LARGEST_PAGE}");
            return Err(Refusal::invalid(serde_json::json!({"page": {"size": [message]}})));
        }
        Ok(page)
    }
}

/// A sort key; unknown fields were dropped silently.
pub(crate) struct SortKey {
    path: Path,
    descending: bool,
}

/// What to read.
pub(crate) struct Query {
    pub(crate) filter: Filter,
    pub(crate) sort: Vec<SortKey>,
    pub(crate) page: Page,
    pub(crate) retired: bool,
}

/// Sort keys from `-code,id`.
pub(crate) fn sort_keys<'t>(kind: Kind, names: impl Iterator<Item = &'t str>) -> Vec<SortKey> {
    let key = |name: &str| {
        let name = name.trim();
        let (descending, name) = match name.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, name.strip_prefix('+').unwrap_or(name)),
        };
        Path::parse(kind, name).map(|path| SortKey { path, descending })
    };
    names.filter_map(key).collect()
}

impl World {
    /// The records that pass, unordered beyond their ids: a summary needs no page.
    pub(crate) fn matching<'w>(
        &'w self,
        kind: Kind,
        filter: &'w Filter,
        retired: bool,
    ) -> impl DoubleEndedIterator<Item = &'w Record> {
        let now = clock::now();
        self.records_within(kind, filter.ids(self, kind, now))
            .inspect(|_| {
                self.traffic.examined.fetch_add(1, AtomicOrdering::Relaxed);
            })
            .filter(move |record| record.retired == retired)
            .filter(move |record| record.visible_from.is_none_or(|from| from <= now))
            .filter(move |record| filter.passes(self, kind, record, now))
    }

    /// One page of the records that pass, and whether there are more.
    pub(crate) fn search<'w>(&'w self, kind: Kind, query: &'w Query) -> (Vec<&'w Record>, bool) {
        let skip = query.page.size.saturating_mul(query.page.number - 1);
        let matching = self.matching(kind, &query.filter, query.retired);
        let take = query.page.size.saturating_add(1);
        let mut found: Vec<&Record> = match query.sort.as_slice() {
            [] => matching.skip(skip).take(take).collect(),
            // Readers of the event log ask for its newest row, or for its tail: no reason to sort all of it.
            [key] if key.path.is("id") && key.descending => matching.rev().skip(skip).take(take).collect(),
            [key] if key.path.is("id") => matching.skip(skip).take(take).collect(),
            keys => {
                let key_of = |record: &Record| keys.iter().map(|key| key.path.shown(self, kind, record)).collect();
                let mut keyed: Vec<(Vec<Value>, &Record)> = matching.map(|record| (key_of(record), record)).collect();
                keyed.sort_by(|(one, _), (other, _)| in_order(keys, one, other));
                keyed
                    .into_iter()
                    .map(|(_, record)| record)
                    .skip(skip)
                    .take(take)
                    .collect()
            }
        };
        let more = found.len() > query.page.size;
        found.truncate(query.page.size);
        (found, more)
    }
}

/// The order of two records by their keys; equal ones keep the order of their ids.
fn in_order(keys: &[SortKey], one: &[Value], other: &[Value]) -> Ordering {
    for (key, (one, other)) in keys.iter().zip(one.iter().zip(other)) {
        let order = compare(one, other);
        if order != Ordering::Equal {
            return if key.descending { order.reverse() } else { order };
        }
    }
    Ordering::Equal
}

fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Object(one), Value::Object(other)) => {
            let name = |link: &serde_json::Map<String, Value>| link.get("name").map(Value::to_string);
            name(one).cmp(&name(other))
        }
        (one, other) => one.is_null().cmp(&other.is_null()).reverse(),
    }
}
