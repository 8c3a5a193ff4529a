//! A filter as a tree, and the tree as text.

use std::fmt;

use serde_json::Value;

/// As deep as the parser lets it be, so that whatever walks it may call itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// Two or more.
    And(Vec<Self>),
    /// Two or more.
    Or(Vec<Self>),
    Not(Box<Self>),
    Comparison(Comparison),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) left: Operand,
    pub(super) test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Order(Order, Operand),
    /// One or more.
    In(Sense, Vec<Operand>),
    Like(Sense, Literal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Whether a test is meant as it stands, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    Is,
    IsNot,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Path(Path),
    Literal(Literal),
}

/// One name or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(pub(super) Vec<String>);

/// A number keeps its digits: written anew, the last of seventeen might not be read back as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    written: String,
    pub(super) value: Value,
}

impl Expression {
    /// All comparisons, in the order of the filter.
    pub(super) fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::comparisons).collect(),
            Self::Not(inner) => inner.comparisons(),
            Self::Comparison(comparison) => vec![comparison],
        }
    }

    /// `and` within `or` needs no parentheses; all else that is joined does.
    fn fmt_within(&self, outer: &Self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (outer, self) {
            (Self::Or(_), Self::And(_)) | (_, Self::Not(_) | Self::Comparison(_)) => write!(f, "{self}"),
            _ => write!(f, "({self})"),
        }
    }

    fn fmt_joined(&self, parts: &[Self], word: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, part) in parts.iter().enumerate() {
            if n > 0 {
                write!(f, " {word} ")?;
            }
            part.fmt_within(self, f)?;
        }
        Ok(())
    }
}

impl Comparison {
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let right = match &self.test {
            Test::Order(_, operand) => std::slice::from_ref(operand),
            Test::In(_, operands) => operands.as_slice(),
            Test::Like(..) => &[],
        };
        std::iter::once(&self.left).chain(right).filter_map(Operand::path)
    }
}

impl Operand {
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Literal(_) => None,
        }
    }
}

impl Literal {
    pub(super) fn text(text: String) -> Self {
        let mut written = String::new();
        push_quoted(&mut written, '"', &text);
        Self {
            written,
            value: Value::String(text),
        }
    }

    /// Read as an event's numbers are, so that the same digits are the same number. None when it is not one.
    pub(super) fn number(written: &str) -> Option<Self> {
        Some(Self {
            written: written.to_owned(),
            value: Value::Number(written.parse().ok()?),
        })
    }

    /// One of the values that have a name. None when it is not one.
    pub(super) fn named(word: &str) -> Option<Self> {
        let (written, value) = match word.to_ascii_lowercase().as_str() {
            "true" => ("true", Value::Bool(true)),
            "false" => ("false", Value::Bool(false)),
            "none" | "null" => ("none", Value::Null),
            _ => return None,
        };
        Some(Self {
            written: written.to_owned(),
            value,
        })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => self.fmt_joined(parts, "and", f),
            Self::Or(parts) => self.fmt_joined(parts, "or", f),
            Self::Not(inner) => {
                f.write_str("not ")?;
                inner.fmt_within(self, f)
            }
            Self::Comparison(comparison) => comparison.fmt(f),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = &self.left;
        match &self.test {
            Test::Order(order, right) => write!(f, "{left} {order} {right}"),
            Test::In(sense, operands) => {
                let list: Vec<_> = operands.iter().map(Operand::to_string).collect();
                write!(f, "{left} {sense}in ({})", list.join(", "))
            }
            Test::Like(sense, pattern) => write!(f, "{left} {sense}like {pattern}"),
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl fmt::Display for Sense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Is => "",
            // ftrack knows `not_in` and `not_like` as one word only.
            Self::IsNot => "not_",
        })
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Literal(literal) => literal.fmt(f),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = String::new();
        for (n, name) in self.0.iter().enumerate() {
            if n > 0 {
                written.push('.');
            }
            if is_plain(name, n == 0) {
                written.push_str(name);
            } else {
                push_quoted(&mut written, '`', name);
            }
        }
        f.write_str(&written)
    }
}

/// Words that are not the first name of a path unless in backticks.
pub(super) const KEYWORDS: [&str; 17] = [
    "after",
    "and",
    "before",
    "false",
    "greater_than",
    "in",
    "is",
    "is_not",
    "less_than",
    "like",
    "none",
    "not",
    "not_in",
    "not_like",
    "null",
    "or",
    "true",
];

pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

pub(super) fn begins_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

pub(super) fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// Whether a name can stand in a path without backticks.
fn is_plain(name: &str, first: bool) -> bool {
    !name.is_empty()
        && name.chars().all(continues_name)
        && (!first || name.starts_with(begins_name) && !is_keyword(name))
}

fn push_quoted(out: &mut String, quote: char, text: &str) {
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => {
                if c == quote || c == '\\' {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    out.push(quote);
}
