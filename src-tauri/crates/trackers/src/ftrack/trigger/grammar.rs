//! ftrack's own language of triggers, as far as it is documented: `and`, `or`, `=` and `!=` between dotted paths of an event and texts in
//! double quotes (ftrack documentation, Webhooks). Parentheses are not shown there; ours are read, and nothing else.

use std::fmt;

use serde_json::Value;

/// The longest filter that is read, in bytes.
pub const MAX_TRIGGER_BYTES: usize = 64 * 1024;
/// How many parentheses may stand around a comparison.
const MAX_DEPTH: usize = 64;

/// A filter that an event satisfies or does not. `and` binds more tightly than `or`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger(pub(super) Expression);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    Or(Vec<Expression>),
    And(Vec<Expression>),
    Compare { left: Operand, equal: bool, right: Operand },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// `entity.new.status_id`
    Path(String),
    Text(String),
}

/// Where a filter cannot be read, and what should stand there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The filter cannot be read at character {at}: there should be {expected}")]
pub struct TriggerMistake {
    /// The character, counted from 1.
    pub at: usize,
    /// What should be there.
    pub expected: &'static str,
}

impl Trigger {
    /// Reads a filter. Errors at the first place that is not of the language.
    pub fn parse(source: &str) -> Result<Self, TriggerMistake> {
        let mut reader = Reader { source, at: 0 };
        if source.len() > MAX_TRIGGER_BYTES {
            return Err(reader.mistake("no more than 64 KiB"));
        }
        let expression = reader.either(0)?;
        reader.blank();
        if reader.at == source.len() {
            Ok(Self(expression))
        } else {
            Err(reader.mistake("and, or, or the end"))
        }
    }

    /// Whether an event, as it is delivered, satisfies the filter. What is missing, null or empty is all one.
    #[must_use]
    pub fn holds(&self, event: &Value) -> bool {
        self.0.holds(event)
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Expression {
    pub(super) fn is(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Compare {
            left: Operand::Path(path.into()),
            equal: true,
            right: Operand::Text(text.into()),
        }
    }

    /// All of these; of one alone that one.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::And(inner) => inner,
            other => vec![other],
        });
        Self::joined(flat.collect(), Self::And)
    }

    /// Any of these; of one alone that one.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::Or(inner) => inner,
            other => vec![other],
        });
        Self::joined(flat.collect(), Self::Or)
    }

    fn joined(mut parts: Vec<Self>, join: fn(Vec<Self>) -> Self) -> Self {
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => only,
            (last, _) => join(parts.into_iter().chain(last).collect()),
        }
    }

    fn holds(&self, event: &Value) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.holds(event)),
            Self::And(parts) => parts.iter().all(|part| part.holds(event)),
            Self::Compare { left, equal, right } => (left.value(event) == right.value(event)) == *equal,
        }
    }
}

impl Operand {
    fn value(&self, event: &Value) -> Value {
        let path = match self {
            Self::Text(text) => return Value::from(text.as_str()),
            Self::Path(path) => path,
        };
        let value = path.split('.').try_fold(event, |value, part| value.get(part));
        match value {
            Some(Value::Object(empty)) if empty.is_empty() => Value::Null,
            Some(value) => value.clone(),
            None => Value::Null,
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (place, part) in parts.iter().enumerate() {
                if place > 0 {
                    write!(f, " {word} ")?;
                }
                match part {
                    Self::Compare { .. } => part.fmt(f)?,
                    _ => write!(f, "({part})")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Or(parts) => joined(f, parts, "or"),
            Self::And(parts) => joined(f, parts, "and"),
            Self::Compare { left, equal, right } => write!(f, "{left} {} {right}", if *equal { "=" } else { "!=" }),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Text(text) => write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        }
    }
}

struct Reader<'s> {
    source: &'s str,
    /// In bytes, always between two characters.
    at: usize,
}

impl<'s> Reader<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn mistake(&self, expected: &'static str) -> TriggerMistake {
        let before = self.source.get(..self.at).unwrap_or_default();
        TriggerMistake {
            at: before.chars().count() + 1,
            expected,
        }
    }

    fn blank(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.blank();
        let is_there = self.rest().starts_with(sign);
        self.at += if is_there { sign.len() } else { 0 };
        is_there
    }

    /// A word of the language, in whatever capitals.
    fn takes_word(&mut self, word: &str) -> bool {
        self.blank();
        let rest = self.rest();
        let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
        let is_there = rest.get(..end).is_some_and(|found| found.eq_ignore_ascii_case(word));
        self.at += if is_there { end } else { 0 };
        is_there
    }

    fn either(&mut self, depth: usize) -> Result<Expression, TriggerMistake> {
        let mut parts = vec![self.both(depth)?];
        while self.takes_word("or") {
            parts.push(self.both(depth)?);
        }
        Ok(Expression::any(parts))
    }

    fn both(&mut self, depth: usize) -> Result<Expression, TriggerMistake> {
        let mut parts = vec![self.term(depth)?];
        while self.takes_word("and") {
            parts.push(self.term(depth)?);
        }
        Ok(Expression::all(parts))
    }

    fn term(&mut self, depth: usize) -> Result<Expression, TriggerMistake> {
        if self.takes("(") {
            if depth == MAX_DEPTH {
                return Err(self.mistake("fewer parentheses"));
            }
            let inner = self.either(depth + 1)?;
            return if self.takes(")") {
                Ok(inner)
            } else {
                Err(self.mistake("a closing parenthesis"))
            };
        }
        let left = self.operand()?;
        let equal = self.takes("=");
        if !equal && !self.takes("!=") {
            return Err(self.mistake("= or !="));
        }
        let right = self.operand()?;
        Ok(Expression::Compare { left, equal, right })
    }

    fn operand(&mut self) -> Result<Operand, TriggerMistake> {
        if self.takes("\"") {
            return self.text();
        }
        let rest = self.rest();
        let end = rest.find(|c: char| !is_of_name(c) && c != '.').unwrap_or(rest.len());
        let path = rest.get(..end).unwrap_or_default();
        let is_word = ["and", "or"].iter().any(|word| path.eq_ignore_ascii_case(word));
        if path.is_empty() || is_word || path.split('.').any(str::is_empty) {
            return Err(self.mistake("a path as entity.new.status_id, or a text in double quotes"));
        }
        self.at += end;
        Ok(Operand::Path(path.to_owned()))
    }

    fn text(&mut self) -> Result<Operand, TriggerMistake> {
        let mut text = String::new();
        let mut meant = false;
        for (place, c) in self.rest().char_indices() {
            match c {
                '\\' if !meant => meant = true,
                '"' if !meant => {
                    self.at += place + 1;
                    return Ok(Operand::Text(text));
                }
                _ => {
                    // A backslash before anything else stands for itself.
                    if meant && !matches!(c, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(c);
                    meant = false;
                }
            }
        }
        self.at = self.source.len();
        Err(self.mistake("the double quote that ends the text"))
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}
