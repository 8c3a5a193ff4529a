//! Expressions of the query language (ftrack documentation, "Querying"). Whatever comes from outside goes in quoted, or is checked to be
//! a name.

use std::fmt;

use crate::TrackerError;

/// Values in one list of an expression.
pub(super) const VALUES_AT_ONCE: usize = 200;

/// `select … from … where …`
#[derive(Clone, Debug)]
pub(super) struct Query {
    kind: String,
    fields: Vec<String>,
    conditions: Vec<String>,
    order: Option<&'static str>,
    most: Option<usize>,
}

impl Query {
    /// Fields of a type. Errors when one of the names is none.
    pub(super) fn select<F: AsRef<str>>(fields: &[F], kind: &str) -> Result<Self, TrackerError> {
        let names = fields.iter().map(|field| checked(field.as_ref(), "."));
        Ok(Self {
            kind: checked(kind, "")?.to_owned(),
            fields: names
                .map(|name| name.map(ToOwned::to_owned))
                .collect::<Result<_, _>>()?,
            conditions: Vec::new(),
            order: None,
            most: None,
        })
    }

    /// Only where a field is that text.
    pub(super) fn is(mut self, field: &str, value: &str) -> Self {
        self.conditions.push(format!("{field} is {}", quoted(value)));
        self
    }

    /// Only where a field is one of these texts.
    pub(super) fn one_of<V: AsRef<str>>(mut self, field: &str, values: &[V]) -> Self {
        let values: Vec<String> = values.iter().map(|value| quoted(value.as_ref())).collect();
        self.conditions.push(format!("{field} in ({})", values.join(", ")));
        self
    }

    /// Only where a field holds one of these texts somewhere, in whatever capitals.
    pub(super) fn holds_one_of<V: AsRef<str>>(mut self, field: &str, values: &[V]) -> Self {
        let tests = values
            .iter()
            .map(|value| format!("{field} like {}", quoted(&format!("%{}%", value.as_ref()))));
        self.conditions
            .push(format!("({})", tests.collect::<Vec<_>>().join(" or ")));
        self
    }

    /// The newest first, by a column.
    pub(super) fn newest_by(mut self, column: &'static str) -> Self {
        self.order = Some(column);
        self
    }

    /// At most so many.
    pub(super) fn most(mut self, most: usize) -> Self {
        self.most = Some(most);
        self
    }

    /// Whether it asks for a number of rows of its own, and so for one page alone.
    pub(super) fn is_limited(&self) -> bool {
        self.most.is_some()
    }

    /// The expression for one page.
    pub(super) fn page(&self, offset: u64, size: usize) -> String {
        format!("{self} offset {offset} limit {size}")
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "select {} from {}", self.fields.join(", "), self.kind)?;
        if !self.conditions.is_empty() {
            write!(f, " where {}", self.conditions.join(" and "))?;
        }
        if let Some(order) = self.order {
            write!(f, " order by {order} descending")?;
        }
        match self.most {
            Some(most) => write!(f, " limit {most}"),
            None => Ok(()),
        }
    }
}

/// Text as a string of the language.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A name of a type or a field; it comes from rules and from sites, and stands in an expression as it is.
pub(super) fn checked<'n>(name: &'n str, besides: &str) -> Result<&'n str, TrackerError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || besides.contains(c);
    let begins = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if name.chars().all(fits) && name.split('.').all(begins) {
        Ok(name)
    } else {
        Err(TrackerError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_ends_no_string_and_is_no_name() {
        let query = Query::select(&["id", "type.name"], "Task").unwrap();
        let query = query.is("name", r#"a" or name like "%\"#);
        assert_eq!(
            query.to_string(),
            r#"select id, type.name from Task where name is "a\" or name like \"%\\""#
        );
        for name in [
            "",
            "Task where id",
            "status_id, api_key",
            "1st",
            "a..b",
            "na\"me",
            "Täsk",
        ] {
            assert!(Query::select(&[name], "Task").is_err(), "{name}");
            assert!(Query::select(&["id"], name).is_err(), "{name}");
        }
        assert!(Query::select(&["id"], "Task.parent").is_err());
    }

    #[test]
    fn an_expression_is_as_the_language_has_it() {
        let query = Query::select(&["id"], "AssetVersion").unwrap();
        let query = query
            .one_of("task_id", &["a", "b"])
            .holds_one_of("asset.name", &["x", "y"]);
        assert_eq!(
            query.clone().newest_by("date").most(1).to_string(),
            r#"select id from AssetVersion where task_id in ("a", "b") and (asset.name like "%x%" or asset.name like "%y%") order by date descending limit 1"#
        );
        assert!(query.page(500, 500).ends_with(" offset 500 limit 500"));
    }
}
