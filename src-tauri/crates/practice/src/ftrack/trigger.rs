//! The filter of a Trigger: `and`, `or`, `=` and `!=` over paths of an event and quoted texts. ftrack: webhooks.

use serde_json::Value;

use super::errors::Fault;

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Side {
    Path(Vec<String>),
    Text(String),
}

/// A filter that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Compare { left: Side, right: Side, differ: bool },
}

/// Reads a filter.
pub(super) fn read(text: &str) -> Result<Filter, Fault> {
    let mut reader = Reader {
        rest: text.trim_start(),
    };
    let filter = reader.any()?;
    if reader.rest.is_empty() {
        Ok(filter)
    } else {
        Err(reader.lost())
    }
}

impl Filter {
    /// Does it hold for an event?
    pub(super) fn holds(&self, event: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(event)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(event)),
            Self::Compare { left, right, differ } => (left.value(event) != right.value(event)) == *differ,
        }
    }
}

impl Side {
    /// What is not there is null.
    fn value(&self, event: &Value) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Path(path) => {
                let found = path.iter().try_fold(event, |at, step| at.get(step));
                found.cloned().unwrap_or(Value::Null)
            }
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn lost(&self) -> Fault {
        let near: String = self.rest.chars().take(30).collect();
        Fault::invalid(format!("The filter of a Trigger cannot be read near \"{near}\"."))
    }

    fn skip(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default().trim_start();
    }

    fn takes(&mut self, word: &str) -> bool {
        let is = self
            .rest
            .strip_prefix(word)
            .is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.'));
        if is {
            self.skip(word.len());
        }
        is
    }

    fn any(&mut self) -> Result<Filter, Fault> {
        let mut choices = vec![self.all()?];
        while self.takes("or") {
            choices.push(self.all()?);
        }
        Ok(if choices.len() == 1 {
            choices.remove(0)
        } else {
            Filter::Any(choices)
        })
    }

    fn all(&mut self) -> Result<Filter, Fault> {
        let mut parts = vec![self.one()?];
        while self.takes("and") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Filter::All(parts)
        })
    }

    fn one(&mut self) -> Result<Filter, Fault> {
        if self.rest.starts_with('(') {
            self.skip(1);
            let inner = self.any()?;
            if !self.rest.starts_with(')') {
                return Err(self.lost());
            }
            self.skip(1);
            return Ok(inner);
        }
        let left = self.side()?;
        let differ = self.rest.starts_with("!=");
        if !differ && !self.rest.starts_with('=') {
            return Err(self.lost());
        }
        self.skip(if differ { 2 } else { 1 });
        let right = self.side()?;
        Ok(Filter::Compare { left, right, differ })
    }

    fn side(&mut self) -> Result<Side, Fault> {
        if let Some(inside) = self.rest.strip_prefix('"') {
            let end = inside.find('"').ok_or_else(|| self.lost())?;
            let text = inside.get(..end).unwrap_or_default().to_owned();
            self.skip(end + 2);
            return Ok(Side::Text(text));
        }
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
        let (path, _) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if path.is_empty() {
            return Err(self.lost());
        }
        let path_length = path.len();
        let path = path.split('.').map(str::to_owned).collect();
        self.skip(path_length);
        Ok(Side::Path(path))
    }
}
