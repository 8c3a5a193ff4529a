//! One call of the API: operations in, results out, in the same order. Facts: ftrack API reference, held against the vendor's own clients.

use std::sync::Arc;

use callboard_model::Clock;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode as Http};
use serde_json::{Map, Value, json};

use super::query::Query;
use crate::http::SiteHttp;
use crate::{Network, TrackerError};

const JSON: &str = "application/json";
/// Rows of one page, as the vendor's clients ask.
const PAGE: usize = 500;
/// What is kept of a refusal's text: some servers put their own history into it.
const LONGEST_REFUSAL: usize = 400;

/// A row as a query gives it.
pub(super) type Row = Map<String, Value>;

/// The user that a site is asked as, and that user's API key.
#[derive(Clone)]
pub struct UserKey {
    /// The user's name in the site, mostly a mail address.
    pub user: String,
    /// Its API key.
    pub key: String,
}

impl std::fmt::Debug for UserKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UserKey({}, …)", self.user)
    }
}

/// What the site says when it does not do what it was asked: `{"exception":…,"content":…}`.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    exception: String,
    content: String,
    status: Http,
}

impl Complaint {
    fn of(answer: &Value, status: Http) -> Option<Self> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
        let exception = answer.get("exception")?.as_str()?.to_owned();
        let content: String = text("content").trim().chars().take(LONGEST_REFUSAL).collect();
        Some(Self {
            content: if content.is_empty() { exception.clone() } else { content },
            exception,
            status,
        })
    }

    fn is(&self, words: &[&str]) -> bool {
        let name = self.exception.to_lowercase();
        words.iter().any(|word| name.contains(word))
    }

    /// It is about who asks.
    fn is_of_the_key(&self) -> bool {
        self.is(&["credential", "authentication", "unauthorized"]) || self.status == Http::UNAUTHORIZED
    }

    /// The user may not do that.
    pub(super) fn is_of_permission(&self) -> bool {
        self.is(&["permission", "forbidden"]) || self.status == Http::FORBIDDEN
    }

    /// It says something of what was asked, by which asking again would not help.
    fn is_of_the_question(&self) -> bool {
        const NAMES: [&str; 10] = [
            "validation",
            "permission",
            "query",
            "parse",
            "integrity",
            "duplicate",
            "attribute",
            "key",
            "type",
            "value",
        ];
        self.is(&NAMES) || self.status.is_client_error() || self.status.is_success()
    }

    /// In the site's words.
    pub(super) fn words(&self) -> &str {
        &self.content
    }
}

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The site says why.
    Said(Complaint),
    /// It could not be asked, or does not answer as it should.
    Other(TrackerError),
}

impl From<TrackerError> for Failure {
    fn from(error: TrackerError) -> Self {
        Self::Other(error)
    }
}

/// One site's API.
pub(super) struct Wire {
    http: SiteHttp,
    user: String,
    headers: Option<(HeaderValue, HeaderValue)>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Wire {
    /// Errors when `url` is no web address, or what is said of the network cannot be used. Nothing is sent yet.
    pub(super) fn new(url: &str, who: UserKey, network: &Network, clock: Arc<dyn Clock>) -> Result<Self, TrackerError> {
        let header = |text: &str| {
            let mut header = HeaderValue::from_bytes(text.as_bytes()).ok()?;
            header.set_sensitive(true);
            Some(header)
        };
        Ok(Self {
            http: SiteHttp::new(url, network)?,
            headers: header(&who.user).zip(header(&who.key)),
            user: who.user,
            clock,
        })
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }

    pub(super) fn http(&self) -> &SiteHttp {
        &self.http
    }

    /// A request with the user and the key.
    pub(super) fn signed(&self, request: RequestBuilder) -> Result<RequestBuilder, TrackerError> {
        let (user, key) = self
            .headers
            .clone()
            .ok_or_else(|| self.key_refused("the user's name or the key holds characters that no request can carry"))?;
        Ok(request.header("ftrack-user", user).header("ftrack-api-key", key))
    }

    /// Makes one call, which the site does as a whole or not at all.
    pub(super) async fn ask(&self, operations: Vec<Value>) -> Result<Vec<Value>, TrackerError> {
        self.try_to(operations).await.map_err(|failure| self.error(failure))
    }

    /// As [`Self::ask`], with refusals as the site says them.
    pub(super) async fn try_to(&self, operations: Vec<Value>) -> Result<Vec<Value>, Failure> {
        let wanted = operations.len();
        let request = self
            .signed(self.http.request(Method::POST, "/api"))?
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, JSON)
            .header("ftrack-strict-api", "true")
            // Left to itself the site tells of each thing once in an answer, and of a type that many rows have only the first time.
            .header("ftrack-api-options", "strict:1;denormalize:1")
            .body(Value::Array(operations).to_string());
        let response = self.http.send(request).await?;
        let (status, down) = (response.status(), self.http.down(&response));
        let answer = self.http.json(response).await;
        if let Some(complaint) = answer.as_ref().ok().and_then(|answer| Complaint::of(answer, status)) {
            return Err(match down {
                Some(down) if !complaint.is_of_the_key() && !complaint.is_of_the_question() => Failure::Other(down),
                _ => Failure::Said(complaint),
            });
        }
        if let Some(down) = down {
            return Err(down.into());
        }
        if status == Http::UNAUTHORIZED {
            return Err(self.key_refused(status.as_str()).into());
        }
        match answer? {
            Value::Array(results) if results.len() == wanted && status.is_success() => Ok(results),
            _ => Err(self.unreadable("it is no list of results").into()),
        }
    }

    pub(super) fn error(&self, failure: Failure) -> TrackerError {
        match failure {
            Failure::Other(error) => error,
            Failure::Said(complaint) if complaint.is_of_the_key() => self.key_refused(complaint.words()),
            Failure::Said(complaint) if complaint.is(&["notfound", "noresult"]) => TrackerError::NotFound,
            Failure::Said(complaint) => TrackerError::Refused(complaint.content),
        }
    }

    /// The rows of a query, page by page.
    pub(super) async fn rows(&self, query: Query) -> Result<Vec<Row>, TrackerError> {
        Ok(self.rows_of(vec![query]).await?.pop().unwrap_or_default())
    }

    /// The rows of several queries, asked at once.
    pub(super) async fn rows_of(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, TrackerError> {
        let operations = queries.iter().map(|query| {
            let limited = query.is_limited().then(|| query.to_string());
            asked(&limited.unwrap_or_else(|| query.page(0, PAGE)))
        });
        let first = self.ask(operations.collect()).await?;
        let mut found = Vec::with_capacity(queries.len());
        for (query, result) in queries.into_iter().zip(first) {
            let (mut rows, mut next) = self.page(result)?;
            let mut at = 0;
            // A site that names the same place again would be asked for ever.
            while let Some(offset) = next.filter(|next| *next > at && !query.is_limited()) {
                at = offset;
                let page = self.ask(vec![asked(&query.page(offset, PAGE))]).await?;
                let (more, after) = self.page(page.into_iter().next().unwrap_or_default())?;
                rows.extend(more);
                next = after;
            }
            found.push(rows);
        }
        Ok(found)
    }

    /// The rows of one result, and where the next page begins.
    fn page(&self, result: Value) -> Result<(Vec<Row>, Option<u64>), TrackerError> {
        let next = result.pointer("/metadata/next/offset").and_then(Value::as_u64);
        let Value::Object(mut result) = result else {
            return Err(self.unreadable("a query's result is no object"));
        };
        let Some(Value::Array(list)) = result.remove("data") else {
            return Err(self.unreadable("a query's result has no list of data"));
        };
        let rows = list.into_iter().filter_map(|row| match row {
            Value::Object(row) => Some(row),
            _ => None,
        });
        Ok((rows.collect(), next))
    }

    fn key_refused(&self, why: &str) -> TrackerError {
        TrackerError::KeyRefused {
            site: self.http.site().to_owned(),
            script: self.user.clone(),
            why: why.to_owned(),
        }
    }

    pub(super) fn unreadable(&self, why: &str) -> TrackerError {
        self.http.unreadable(why)
    }
}

fn asked(expression: &str) -> Value {
    json!({"action": "query", "expression": expression})
}

/// Makes an entity. Whoever makes it gives it its id.
pub(super) fn create(kind: &str, id: &str, mut data: Row) -> Value {
    data.insert("__entity_type__".into(), kind.into());
    data.insert("id".into(), id.into());
    json!({"action": "create", "entity_type": kind, "entity_key": [id], "entity_data": data})
}

/// Changes fields of an entity.
pub(super) fn update(kind: &str, id: &str, mut data: Row) -> Value {
    data.insert("__entity_type__".into(), kind.into());
    json!({"action": "update", "entity_type": kind, "entity_key": [id], "entity_data": data})
}

/// Deletes an entity.
pub(super) fn delete(kind: &str, id: &str) -> Value {
    json!({"action": "delete", "entity_type": kind, "entity_key": [id]})
}
