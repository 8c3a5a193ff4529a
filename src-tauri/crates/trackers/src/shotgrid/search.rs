//! Searches: records of a type by a filter, page by page.

use serde_json::{Map, Value, json};

use super::client::ShotGrid;
use super::record::flat;
use super::wire::{Call, in_address};
use crate::TrackerError;

/// Filters as a list. The API refuses `application/json` here.
const ARRAY_FILTERS: &str = "application/vnd+shotgun.api3_array+json";
/// Filters as a tree.
const HASH_FILTERS: &str = "application/vnd+shotgun.api3_hash+json";
/// The largest page the API gives is 5,000; a Shot has far fewer Tasks.
pub(super) const PAGE: usize = 500;

/// One question to the site: records of a type, by a filter.
pub(super) struct Search<'a> {
    kind: &'a str,
    filters: Value,
    fields: &'a [String],
    /// What is in the trash, and nothing else.
    pub(super) retired: bool,
    /// No page is asked for after more than this many were found.
    pub(super) most: usize,
    /// The field that orders them, `-` before it for the greatest first; none: by their ids.
    pub(super) sort: Option<&'static str>,
    /// Records a page.
    pub(super) page: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(kind: &'a str, filters: Value, fields: &'a [String]) -> Self {
        Self {
            kind,
            filters,
            fields,
            retired: false,
            most: usize::MAX,
            sort: None,
            page: PAGE,
        }
    }
}

impl ShotGrid {
    /// Every record that a filter finds. `links.next` is there on the last page too, so a short page is the end.
    pub(super) async fn search(&self, search: &Search<'_>) -> Result<Vec<Map<String, Value>>, TrackerError> {
        let mut found = Vec::new();
        for number in 1_usize.. {
            let page = self.page(search, number).await?;
            found.extend(page.iter().filter_map(flat));
            if page.len() < search.page || found.len() > search.most {
                break;
            }
        }
        Ok(found)
    }

    /// One page of what a filter finds, counted from 1: records as the site gave them.
    pub(super) async fn page(&self, search: &Search<'_>, number: usize) -> Result<Vec<Value>, TrackerError> {
        let path = format!("/entity/{}/_search", in_address(search.kind)?);
        let content_type = if search.filters.is_array() {
            ARRAY_FILTERS
        } else {
            HASH_FILTERS
        };
        let page = json!({"size": search.page, "number": number});
        let mut body = json!({"filters": search.filters, "fields": search.fields, "page": page});
        if search.retired {
            body["options"] = json!({"return_only": "retired"});
        }
        if let Some(sort) = search.sort {
            body["sort"] = json!(sort);
        }
        self.wire.list(Call::post(&path).body(content_type, body)).await
    }

    pub(super) async fn by_ids(
        &self,
        kind: &str,
        ids: &[i64],
        fields: &[String],
    ) -> Result<Vec<Map<String, Value>>, TrackerError> {
        self.search(&Search::new(kind, json!([["id", "in", ids]]), fields))
            .await
    }
}
