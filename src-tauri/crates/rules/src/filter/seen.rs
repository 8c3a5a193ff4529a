//! Why a filter holds for an event or does not.

use std::fmt;

use serde_json::Value;

use super::evaluate::Found;
use super::tree::{Comparison, Operand, Order, Sense, Test};

/// A comparison of a filter, and what it saw in an event. Its text is a sentence without a full stop:
/// `entity.new.status_id is "x", not "y"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The comparison, in the filter's canonical form and without a `not` before it.
    pub comparison: String,
    /// Whether it held.
    pub held: bool,
    /// What its paths led to, in the order of the comparison. Empty when it compares literals only.
    pub values: Vec<SeenValue>,
    /// What the path would have had to be, where that can be listed: the literals of `=` and of `in`.
    pub wanted: Option<String>,
}

/// What a path led to in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenValue {
    /// The path, in the filter's canonical form.
    pub path: String,
    /// The value; `null` where there is none, and a list without lists within it where there are several.
    pub value: Value,
}

impl Seen {
    pub(super) fn new(comparison: &Comparison, held: bool, event: &Value) -> Self {
        let values = comparison.paths().map(|path| SeenValue {
            path: path.to_string(),
            value: match path.find(event) {
                Found::One(value) => value.clone(),
                Found::Many(values) => values.into_iter().cloned().collect(),
            },
        });
        Self {
            comparison: comparison.to_string(),
            held,
            values: values.collect(),
            wanted: wanted(comparison),
        }
    }
}

fn wanted(comparison: &Comparison) -> Option<String> {
    match (&comparison.left, &comparison.test) {
        (Operand::Path(_), Test::Order(Order::Equal, Operand::Literal(literal)))
        | (Operand::Literal(literal), Test::Order(Order::Equal, Operand::Path(_))) => Some(literal.to_string()),
        (Operand::Path(_), Test::In(Sense::Is, operands)) => {
            let literals: Option<Vec<_>> = operands
                .iter()
                .map(|operand| match operand {
                    Operand::Literal(literal) => Some(literal.to_string()),
                    Operand::Path(_) => None,
                })
                .collect();
            literals.map(|literals| literals.join(" or "))
        }
        _ => None,
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holds = if self.held { "holds" } else { "does not hold" };
        match (self.values.as_slice(), &self.wanted) {
            ([], _) => write!(f, "{} {holds} for any event", self.comparison),
            ([value], Some(wanted)) if !self.held => write!(f, "{value}, not {wanted}"),
            (values, _) => {
                let values: Vec<_> = values.iter().map(SeenValue::to_string).collect();
                write!(f, "{}, so {} {holds}", values.join(" and "), self.comparison)
            }
        }
    }
}

impl fmt::Display for SeenValue {
    /// Long values are cut: the sentence is for reading, the whole value is in the field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 80;
        let value = match &self.value {
            Value::Null => "none".to_owned(),
            value => value.to_string(),
        };
        write!(f, "{} is ", self.path)?;
        match value.char_indices().nth(MOST) {
            Some((end, _)) => write!(f, "{}…", value.get(..end).unwrap_or_default()),
            None => f.write_str(&value),
        }
    }
}
