//! Conditions over events: of what type and outcome, where, who, when, and about what.

use std::fmt::Write as _;

use rusqlite::types::Value as Sql;

use crate::rows::micros;
use crate::{About, FeedFilter, JournalError, search};

/// A condition over events, built with bound values only.
pub(crate) struct Query {
    pub(crate) condition: String,
    pub(crate) values: Vec<Sql>,
}

impl Query {
    pub(crate) fn new() -> Self {
        Self {
            condition: search::ANY.into(),
            values: Vec::new(),
        }
    }

    /// These events.
    pub(crate) fn of(seqs: &[i64]) -> Result<Self, JournalError> {
        let mut asked = Self::new();
        let list = asked.bind(serde_json::to_string(seqs)?);
        // Writing to a String cannot fail.
        let _ = write!(asked.condition, " AND e.seq IN (SELECT value FROM json_each({list}))");
        Ok(asked)
    }

    pub(crate) fn bind(&mut self, value: impl Into<Sql>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    pub(crate) fn and(&mut self, left: &str, value: impl Into<Sql>) {
        let bound = self.bind(value);
        // Writing to a String cannot fail.
        let _ = write!(self.condition, " AND {left}{bound}");
    }

    pub(crate) fn any(&mut self, column: &str, values: &[String]) {
        if !values.is_empty() {
            let bound: Vec<String> = values.iter().map(|v| self.bind(v.clone())).collect();
            let _ = write!(self.condition, " AND {column} IN ({})", bound.join(", "));
        }
    }

    /// All of a filter but its words, which stand in no column.
    pub(crate) fn filter(&mut self, filter: &FeedFilter) {
        self.any("e.entity_type", &filter.entity_types);
        self.any("p.name", &filter.projects);
        let outcomes: Vec<String> = filter.outcomes.iter().map(|o| o.as_str().to_owned()).collect();
        self.any("e.outcome", &outcomes);
        self.narrow(filter);
    }

    /// The part of a filter that says where, who, when and about what.
    pub(crate) fn narrow(&mut self, filter: &FeedFilter) {
        let sites: Vec<String> = filter.sites.iter().map(|site| site.as_str().to_owned()).collect();
        // The plus keeps SQLite from reading all events of a site where their numbers or an entity say more.
        self.any("+e.site", &sites);
        self.any("a.name", &filter.people);
        if let Some(since) = filter.since {
            self.and("e.received_at >= ", micros(since));
        }
        if let Some(until) = filter.until {
            self.and("e.received_at < ", micros(until));
        }
        if let Some(about) = &filter.about {
            self.about(about);
        }
    }

    /// Found by its index, whatever else is asked: a Shot has hundreds of events among a million.
    fn about(&mut self, about: &About) {
        let seqs = self.seqs_about(about);
        // Writing to a String cannot fail.
        let _ = write!(self.condition, " AND e.seq IN ({seqs})");
    }

    /// The numbers of the events about an entity and what belongs to it, in no order, as a question that reads no event.
    pub(crate) fn seqs_about(&mut self, About { site, entity }: &About) -> String {
        let site = self.bind(site.as_str().to_owned());
        let kind = self.bind(entity.kind.as_str().to_owned());
        let id = self.bind(entity.id.to_string());
        format!(
            "SELECT seq FROM event WHERE site = {site} AND entity_type = {kind} AND entity_id = {id}
             UNION ALL SELECT of.seq FROM entity under CROSS JOIN event of
               ON of.site = under.site AND of.entity_type = under.entity_type AND of.entity_id = under.entity_id
             WHERE under.site = {site} AND under.parent_type = {kind} AND under.parent_id = {id}"
        )
    }
}
