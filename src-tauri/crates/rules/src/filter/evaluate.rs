//! Whether an event satisfies a filter. [`Filter`](super::Filter) says what each comparison means.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::seen::Seen;
use super::tree::{Comparison, Expression, Operand, Order, Path, Sense, Test};

static NONE: Value = Value::Null;

/// What an operand leads to.
#[derive(Clone, Debug)]
pub(super) enum Found<'a> {
    One(&'a Value),
    /// The values of a list, one or more, none of them a list.
    Many(Vec<&'a Value>),
}

impl Expression {
    pub(super) fn holds(&self, event: &Value) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(event)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(event)),
            Self::Not(inner) => !inner.holds(event),
            Self::Comparison(comparison) => comparison.holds(event),
        }
    }

    /// Whether it holds, and by which comparisons.
    pub(super) fn explain(&self, event: &Value) -> (bool, Vec<Seen>) {
        match self {
            Self::And(parts) => decided(parts, false, event),
            Self::Or(parts) => decided(parts, true, event),
            Self::Not(inner) => {
                let (holds, seen) = inner.explain(event);
                (!holds, seen)
            }
            Self::Comparison(comparison) => {
                let held = comparison.holds(event);
                (held, vec![Seen::new(comparison, held, event)])
            }
        }
    }
}

/// The first part that is as `settles` says settles it; if there is none, all have had a hand in it.
fn decided(parts: &[Expression], settles: bool, event: &Value) -> (bool, Vec<Seen>) {
    let mut all = Vec::new();
    for part in parts {
        let (holds, seen) = part.explain(event);
        if holds == settles {
            return (holds, seen);
        }
        all.extend(seen);
    }
    (!settles, all)
}

impl Comparison {
    fn holds(&self, event: &Value) -> bool {
        let left = self.left.find(event);
        match &self.test {
            Test::Order(order, right) => order.holds(&left, &right.find(event)),
            Test::In(sense, operands) => {
                let any = operands
                    .iter()
                    .any(|right| Order::Equal.holds(&left, &right.find(event)));
                sense.holds(any)
            }
            Test::Like(sense, pattern) => sense.holds(left.any(|value| like(value, &pattern.value))),
        }
    }
}

impl Sense {
    fn holds(self, plainly: bool) -> bool {
        match self {
            Self::Is => plainly,
            Self::IsNot => !plainly,
        }
    }
}

impl Order {
    fn holds(self, left: &Found<'_>, right: &Found<'_>) -> bool {
        let wanted = match self {
            Self::Equal => return equal(left, right),
            Self::NotEqual => return !equal(left, right),
            Self::Less => Ordering::is_lt,
            Self::LessOrEqual => Ordering::is_le,
            Self::Greater => Ordering::is_gt,
            Self::GreaterOrEqual => Ordering::is_ge,
        };
        let holds = |a: &Value, b: &Value| in_order(a, b).is_some_and(wanted);
        match (left, right) {
            (Found::Many(_), Found::Many(_)) => false,
            (left, Found::One(b)) => left.any(|a| holds(a, b)),
            (Found::One(a), right) => right.any(|b| holds(a, b)),
        }
    }
}

fn equal(left: &Found<'_>, right: &Found<'_>) -> bool {
    match (left, right) {
        (Found::Many(left), Found::Many(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| same(a, b))
        }
        (left, Found::One(b)) => left.any(|a| same(a, b)),
        (Found::One(a), right) => right.any(|b| same(a, b)),
    }
}

impl Operand {
    fn find<'a>(&'a self, event: &'a Value) -> Found<'a> {
        match self {
            Self::Path(path) => path.find(event),
            Self::Literal(literal) => Found::One(&literal.value),
        }
    }
}

impl Found<'_> {
    /// Whether a comparison with a single value holds.
    fn any(&self, holds: impl Fn(&Value) -> bool) -> bool {
        match self {
            Self::One(value) => holds(value),
            Self::Many(values) => values.iter().any(|value| holds(value)),
        }
    }
}

impl Path {
    pub(super) fn find<'a>(&self, event: &'a Value) -> Found<'a> {
        let mut values = vec![event];
        let mut many = false;
        for name in &self.0 {
            let mut next = Vec::with_capacity(values.len());
            for value in values {
                match (value, index(name)) {
                    (Value::Array(items), Some(index)) => next.push(items.get(index)),
                    (Value::Array(items), None) => {
                        many = true;
                        next.extend(flat(items).into_iter().map(|item| item.get(name)));
                    }
                    _ => next.push(value.get(name)),
                }
            }
            values = next.into_iter().map(|value| value.unwrap_or(&NONE)).collect();
        }
        many |= values.iter().any(|value| value.is_array());
        let values = flat(values);
        match values.as_slice() {
            [] => Found::One(&NONE),
            [only] if !many => Found::One(only),
            _ => Found::Many(values),
        }
    }
}

fn index(name: &str) -> Option<usize> {
    // `parse` would take a sign as well.
    if name.starts_with('+') { None } else { name.parse().ok() }
}

/// Lists within lists as one list. It keeps its own stack, since an event may be nested deeper than a filter.
fn flat<'a>(values: impl IntoIterator<Item = &'a Value, IntoIter: DoubleEndedIterator>) -> Vec<&'a Value> {
    let mut waiting: Vec<_> = values.into_iter().rev().collect();
    let mut flat = Vec::with_capacity(waiting.len());
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items.iter().rev()),
            _ => flat.push(value),
        }
    }
    flat
}

fn is_none(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => by_value(a, b) == Some(Ordering::Equal),
        _ => a == b || is_none(a) && is_none(b),
    }
}

fn in_order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => by_value(a, b),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Exact: beyond 2^53 not every whole number is an `f64`, and two that differ could become the same.
fn by_value(a: &Number, b: &Number) -> Option<Ordering> {
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

fn whole(number: &Number) -> Option<i128> {
    if let Some(whole) = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from)) {
        return Some(whole);
    }
    // The whole numbers up to here are all an `i128`.
    const MOST: f64 = 1e38;
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() <= MOST).then_some(float as i128)
}

/// The pieces between the `%` must follow each other in the text, the first at its beginning and the last at its end.
/// The earliest place for each piece leaves the most room for the next, so nothing is tried twice.
fn like(value: &Value, pattern: &Value) -> bool {
    let (Value::String(text), Value::String(pattern)) = (value, pattern) else {
        return false;
    };
    let Some((head, rest)) = pattern.split_once('%') else {
        return text == pattern;
    };
    let (middle, tail) = rest.rsplit_once('%').unwrap_or(("", rest));
    let Some(between) = text.strip_prefix(head).and_then(|text| text.strip_suffix(tail)) else {
        return false;
    };
    let mut left = between;
    middle.split('%').all(|piece| match left.split_once(piece) {
        Some((_, after)) => {
            left = after;
            true
        }
        None => false,
    })
}
