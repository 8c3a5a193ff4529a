//! Conditions over events beyond types and words: where, who, when, and about what.

use std::fmt::Write as _;

use crate::read::Query;
use crate::rows::micros;
use crate::{About, FeedFilter};

impl Query {
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
