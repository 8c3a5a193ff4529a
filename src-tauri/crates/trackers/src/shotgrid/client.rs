//! The REST API as the engine needs it. Facts: ShotGrid REST API reference, `/api/v1`, held against recordings of a live site.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use callboard_model::{
    Clock, Entity, EntityId, EntityKey, EntityRef, EntityType, Note, StatusCode, Surroundings, as_value,
};
use jiff::Timestamp;
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode as Http, Url, redirect};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::STATUS_FIELD;
use super::around::Walk;
use super::fields::{filter_link, name_field, read_one, read_with_links, with_links};
use super::note::{NOTE_FIELDS, note_from_flat};
use super::record::{flat, key};
use crate::{Examination, SiteLog, SiteStatus, Tracker, TrackerError, Webhooks};

/// Filters as a list. The API refuses `application/json` here.
const ARRAY_FILTERS: &str = "application/vnd+shotgun.api3_array+json";
/// Filters as a tree.
const HASH_FILTERS: &str = "application/vnd+shotgun.api3_hash+json";
/// A token is minted anew this long before it ends, so that none ends on its way.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);
/// How long the site may take to answer, and to be connected to.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// The largest page the API gives is 5,000; a Shot has far fewer Tasks.
const PAGE: usize = 500;
/// Names that one filter asks for.
const NAMES_AT_ONCE: usize = 100;

/// The name and key of a script user.
#[derive(Clone)]
pub struct ScriptKey {
    /// The script's name in the site.
    pub name: String,
    /// Its key.
    pub key: String,
}

impl std::fmt::Debug for ScriptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ScriptKey({}, …)", self.name)
    }
}

/// One site's REST API.
pub struct ShotGrid {
    http: Client,
    /// Scheme, host and port: the only place that the key goes to.
    site: String,
    script: ScriptKey,
    token: Mutex<Option<Token>>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
struct Token {
    bearer: String,
    good_until: Timestamp,
    user: Option<EntityKey>,
}

impl ShotGrid {
    /// A client for the site at `url`. Errors when that is no web address. Nothing is sent yet.
    pub fn new(url: &str, script: ScriptKey, clock: Arc<dyn Clock>) -> Result<Self, TrackerError> {
        let bad = || TrackerError::BadAddress(url.to_owned());
        let parsed = Url::parse(url).map_err(|_| bad())?;
        if !matches!(parsed.scheme(), "http" | "https") || !parsed.username().is_empty() || parsed.password().is_some()
        {
            return Err(bad());
        }
        // Another provider may be installed already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let origin = parsed.origin();
        let within_site = redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() < 5 && attempt.url().origin() == origin {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let http = Client::builder()
            .redirect(within_site)
            .timeout(ANSWER_WITHIN)
            .connect_timeout(CONNECT_WITHIN)
            .user_agent(concat!("Callboard/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| TrackerError::Unreachable {
                site: url.to_owned(),
                why: e.to_string(),
            })?;
        Ok(Self {
            http,
            site: parsed.origin().ascii_serialization(),
            script,
            token: Mutex::new(None),
            clock,
        })
    }

    fn at(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.site)
    }

    /// A token that is good for a while yet. One is minted at a time, whoever asks.
    async fn token(&self, not: Option<&str>) -> Result<Token, TrackerError> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref()
            && token.good_until > self.clock.now()
            && not != Some(token.bearer.as_str())
        {
            return Ok(token.clone());
        }
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.script.name.as_str()),
            ("client_secret", self.script.key.as_str()),
        ];
        let request = self
            .http
            .post(self.at("/auth/access_token"))
            .header(ACCEPT, "application/json")
            .form(&form);
        let response = self.send(request).await?;
        let status = response.status();
        let answer = self.json(response).await?;
        if !status.is_success() {
            let why = title(&answer).unwrap_or_else(|| status.to_string());
            return Err(TrackerError::KeyRefused {
                site: self.site.clone(),
                script: self.script.name.clone(),
                why,
            });
        }
        let bearer = answer
            .get("access_token")
            .and_then(Value::as_str)
            .ok_or_else(|| self.unreadable("no access_token"))?;
        let seconds = answer.get("expires_in").and_then(Value::as_u64).unwrap_or(600);
        let lasts = Duration::from_secs(seconds).saturating_sub(TOKEN_MARGIN.min(Duration::from_secs(seconds / 2)));
        let good_until = self.clock.now().checked_add(lasts).unwrap_or(Timestamp::MAX);
        let token = Token {
            bearer: bearer.to_owned(),
            good_until,
            user: user_in(bearer),
        };
        *held = Some(token.clone());
        Ok(token)
    }

    /// One call with a token; once more with a new one when the site no longer takes it.
    async fn call(&self, method: Method, path: &str, body: Option<(&str, &Value)>) -> Result<Value, TrackerError> {
        let mut refused: Option<String> = None;
        loop {
            let token = self.token(refused.as_deref()).await?;
            let mut request = self
                .http
                .request(method.clone(), self.at(path))
                .header(ACCEPT, "application/json")
                .bearer_auth(&token.bearer);
            if let Some((content_type, body)) = body {
                request = request.header(CONTENT_TYPE, content_type).body(body.to_string());
            }
            let response = self.send(request).await?;
            let status = response.status();
            if status == Http::UNAUTHORIZED && refused.is_none() {
                refused = Some(token.bearer);
                continue;
            }
            if status == Http::NO_CONTENT {
                return Ok(Value::Null);
            }
            let answer = self.json(response).await?;
            return match status {
                s if s.is_success() => Ok(answer),
                Http::UNAUTHORIZED => Err(TrackerError::KeyRefused {
                    site: self.site.clone(),
                    script: self.script.name.clone(),
                    why: title(&answer).unwrap_or_else(|| "Unauthorized".into()),
                }),
                Http::NOT_FOUND => Err(TrackerError::NotFound),
                s => Err(TrackerError::Refused(title(&answer).unwrap_or_else(|| s.to_string()))),
            };
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, TrackerError> {
        let response = request.send().await.map_err(|e| self.network(&e))?;
        let status = response.status();
        if status.is_redirection() {
            return Err(TrackerError::Redirected(self.site.clone()));
        }
        if status.is_server_error() || status == Http::TOO_MANY_REQUESTS {
            let retry_after = response
                .headers()
                .get(RETRY_AFTER)
                .and_then(|v| v.to_str().ok()?.parse().ok())
                .map(Duration::from_secs);
            return Err(TrackerError::Down {
                site: self.site.clone(),
                status: status.as_u16(),
                retry_after,
            });
        }
        Ok(response)
    }

    async fn json(&self, response: Response) -> Result<Value, TrackerError> {
        let bytes = response.bytes().await.map_err(|e| self.network(&e))?;
        serde_json::from_slice(&bytes).map_err(|e| self.unreadable(&e.to_string()))
    }

    fn network(&self, error: &reqwest::Error) -> TrackerError {
        if error.is_timeout() {
            return TrackerError::Timeout(self.site.clone());
        }
        // reqwest's own words name the URL and hide the cause.
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        TrackerError::Unreachable {
            site: self.site.clone(),
            why: cause.to_string(),
        }
    }

    fn unreadable(&self, why: &str) -> TrackerError {
        TrackerError::Unreadable {
            site: self.site.clone(),
            why: why.to_owned(),
        }
    }

    /// Every record that a filter finds. `links.next` is there on the last page too, so a short page is the end.
    pub(super) async fn search(&self, search: &Search<'_>) -> Result<Vec<Map<String, Value>>, TrackerError> {
        let path = format!("/entity/{}/_search", in_address(search.kind)?);
        let content_type = if search.filters.is_array() {
            ARRAY_FILTERS
        } else {
            HASH_FILTERS
        };
        let mut found = Vec::new();
        for number in 1_usize.. {
            let page = json!({"size": PAGE, "number": number});
            let mut body = json!({"filters": search.filters, "fields": search.fields, "page": page});
            if search.retired {
                body["options"] = json!({"return_only": "retired"});
            }
            let answer = self.call(Method::POST, &path, Some((content_type, &body))).await?;
            let page = answer
                .get("data")
                .and_then(Value::as_array)
                .ok_or_else(|| self.unreadable("no data"))?;
            found.extend(page.iter().filter_map(flat));
            if page.len() < PAGE || found.len() > search.most {
                break;
            }
        }
        Ok(found)
    }

    async fn by_ids(
        &self,
        kind: &str,
        ids: &[i64],
        fields: &[String],
    ) -> Result<Vec<Map<String, Value>>, TrackerError> {
        self.search(&Search::new(kind, json!([["id", "in", ids]]), fields))
            .await
    }

    /// The schema of a type's field, as one project sees it or as all do.
    async fn schema(&self, kind: &EntityType, field: &str, project: Option<i64>) -> Result<Value, TrackerError> {
        let mut path = format!("/schema/{}/fields/{}", in_address(kind.as_str())?, in_address(field)?);
        if let Some(project) = project {
            path.push_str(&format!("?project_id={project}"));
        }
        let answer = self.call(Method::GET, &path, None).await?;
        answer.get("data").cloned().ok_or_else(|| self.unreadable("no data"))
    }

    async fn put(&self, entity: &EntityKey, field: &str, value: Value) -> Result<(), TrackerError> {
        let id = entity.id.as_number().ok_or(TrackerError::NotFound)?;
        let path = format!("/entity/{}/{id}", in_address(entity.kind.as_str())?);
        let body = json!({ field: value });
        self.call(Method::PUT, &path, Some(("application/json", &body)))
            .await
            .map(drop)
    }

    /// What a type's entities of these names are, by the names that they have.
    async fn named(
        &self,
        kind: &EntityType,
        names: &[&str],
        project: Option<&EntityKey>,
        exactly: bool,
    ) -> Result<Vec<EntityRef>, TrackerError> {
        let field = name_field(kind);
        let fields = [field.to_owned()];
        let in_project = project.and_then(filter_link).map(|link| json!(["project", "is", link]));
        let mut found = Vec::new();
        for some in names.chunks(NAMES_AT_ONCE) {
            // `in` and `is` may mind the case, `contains` does not.
            let named = if exactly {
                json!([field, "in", some])
            } else {
                let any: Vec<Value> = some.iter().map(|name| json!([field, "contains", name])).collect();
                json!({"logical_operator": "or", "conditions": any})
            };
            let conditions: Vec<&Value> = std::iter::once(&named).chain(&in_project).collect();
            let filters = if exactly {
                json!(conditions)
            } else {
                json!({"logical_operator": "and", "conditions": conditions})
            };
            let records = self.search(&Search::new(kind.as_str(), filters, &fields)).await?;
            found.extend(records.iter().filter_map(|record| {
                Some(EntityRef {
                    key: key(record)?,
                    name: Some(record.get(field)?.as_str()?.to_owned()),
                })
            }));
        }
        Ok(found)
    }
}

/// One question to the site: records of a type, by a filter.
pub(super) struct Search<'a> {
    kind: &'a str,
    filters: Value,
    fields: &'a [String],
    /// What is in the trash, and nothing else.
    pub(super) retired: bool,
    /// No page is asked for after more than this many were found.
    pub(super) most: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(kind: &'a str, filters: Value, fields: &'a [String]) -> Self {
        Self {
            kind,
            filters,
            fields,
            retired: false,
            most: usize::MAX,
        }
    }
}

/// A type comes from outside and goes into an address.
fn in_address(kind: &str) -> Result<&str, TrackerError> {
    if kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(kind)
    } else {
        Err(TrackerError::NotFound)
    }
}

#[async_trait]
impl Tracker for ShotGrid {
    fn status_field(&self) -> &'static str {
        STATUS_FIELD
    }

    async fn me(&self) -> Result<EntityKey, TrackerError> {
        self.token(None)
            .await?
            .user
            .ok_or_else(|| self.unreadable("the token names no user"))
    }

    async fn around(&self, entity: &EntityKey, needed: &Surroundings) -> Result<Vec<Entity>, TrackerError> {
        Walk::new(self, needed, entity).all().await
    }

    async fn read(&self, keys: &[EntityKey]) -> Result<Vec<Entity>, TrackerError> {
        let nothing_more = Surroundings::default();
        let mut entities: Vec<Entity> = Vec::new();
        for (kind, ids) in by_kind(keys) {
            let fields = with_links(&kind.into(), &nothing_more);
            for record in self.by_ids(kind, &ids, &fields).await? {
                for entity in read_with_links(&record, &nothing_more) {
                    if entities.iter().all(|e| e.key != entity.key) {
                        entities.push(entity);
                    }
                }
            }
        }
        Ok(entities)
    }

    async fn note(&self, key: &EntityKey) -> Result<Option<Note>, TrackerError> {
        let Some(id) = key.id.as_number().filter(|_| key.kind.is(EntityType::NOTE)) else {
            return Ok(None);
        };
        let fields = NOTE_FIELDS.map(ToOwned::to_owned);
        let found = self.by_ids(EntityType::NOTE, &[id], &fields).await?;
        Ok(found.first().and_then(note_from_flat))
    }

    async fn find(
        &self,
        kind: &EntityType,
        names: &[String],
        project: Option<&EntityKey>,
    ) -> Result<Vec<(String, Vec<EntityRef>)>, TrackerError> {
        let asked: BTreeSet<&str> = names.iter().map(|name| name.trim()).filter(|n| !n.is_empty()).collect();
        let asked: Vec<&str> = asked.into_iter().collect();
        let exact = self.named(kind, &asked, project, true).await?;
        let is_found = |name: &str| exact.iter().any(|found| found.name.as_deref() == Some(name));
        let others: Vec<&str> = asked.into_iter().filter(|name| !is_found(name)).collect();
        let loose = self.named(kind, &others, project, false).await?;
        let answers = names.iter().map(|name| {
            let wanted = name.trim();
            let is_wanted = |found: &&EntityRef| found.name.as_deref() == Some(wanted);
            let is_nearly = |found: &&EntityRef| {
                let lower = found.name.as_deref().map(str::to_lowercase);
                !wanted.is_empty() && lower == Some(wanted.to_lowercase())
            };
            let mut found: Vec<EntityRef> = exact.iter().filter(is_wanted).cloned().collect();
            if found.is_empty() {
                found = loose.iter().filter(is_nearly).cloned().collect();
            }
            (name.clone(), found)
        });
        Ok(answers.collect())
    }

    async fn projects(&self) -> Result<Vec<EntityRef>, TrackerError> {
        let filters = json!([["archived", "is_not", true], ["is_template", "is_not", true]]);
        let fields = ["name".to_owned()];
        let found = self.search(&Search::new("Project", filters, &fields)).await?;
        let mut projects: Vec<EntityRef> = found
            .iter()
            .filter_map(|record| {
                Some(EntityRef {
                    key: key(record)?,
                    name: record.get("name").and_then(Value::as_str).map(ToOwned::to_owned),
                })
            })
            .collect();
        projects.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(projects)
    }

    async fn statuses(&self, keys: &[EntityKey]) -> Result<HashMap<EntityKey, Option<StatusCode>>, TrackerError> {
        let mut found = HashMap::with_capacity(keys.len());
        let nothing_more = Surroundings::default();
        for (kind, ids) in by_kind(keys) {
            for record in self.by_ids(kind, &ids, &[STATUS_FIELD.to_owned()]).await? {
                if let Some(entity) = read_one(&record, &nothing_more) {
                    found.insert(
                        EntityKey {
                            kind: kind.into(),
                            id: entity.key.id,
                        },
                        entity.status,
                    );
                }
            }
        }
        Ok(found)
    }

    async fn set_status(
        &self,
        entity: &EntityKey,
        to: Option<&StatusCode>,
        _session: Option<&str>,
    ) -> Result<(), TrackerError> {
        self.put(entity, STATUS_FIELD, json!(to.map(StatusCode::as_str))).await
    }

    async fn values(&self, keys: &[EntityKey], field: &str) -> Result<HashMap<EntityKey, Value>, TrackerError> {
        let mut found = HashMap::with_capacity(keys.len());
        for (kind, ids) in by_kind(keys) {
            for record in self.by_ids(kind, &ids, &[field.to_owned()]).await? {
                if let Some(key) = key(&record) {
                    let kind = kind.into();
                    let value = record.get(field).cloned().unwrap_or_default();
                    found.insert(EntityKey { kind, id: key.id }, value);
                }
            }
        }
        Ok(found)
    }

    async fn set_field(
        &self,
        entity: &EntityKey,
        field: &str,
        to: Option<&str>,
        _session: Option<&str>,
    ) -> Result<(), TrackerError> {
        let not = |why: &str| TrackerError::NotSettable {
            field: field.to_owned(),
            why: why.to_owned(),
        };
        if field == STATUS_FIELD {
            return Err(not("it is the status, which has a way of its own"));
        }
        // Asked each time: a field's type decides what is written, and an empty one does not show it.
        let schema = match self.schema(&entity.kind, field, None).await {
            Err(TrackerError::NotFound) => {
                let why = format!(
                    "the site has no such field for a {}. Check its name in the rule",
                    entity.kind
                );
                return Err(not(&why));
            }
            answered => answered?,
        };
        let data_type = schema
            .get("data_type")
            .and_then(|t| t.get("value"))
            .and_then(Value::as_str);
        let value = in_type(data_type.unwrap_or_default(), to).map_err(|why| not(&why))?;
        self.put(entity, field, value).await
    }

    async fn names(&self, keys: &[EntityKey]) -> Result<Vec<EntityRef>, TrackerError> {
        let mut names = Vec::with_capacity(keys.len());
        let nothing_more = Surroundings::default();
        let fields = ["name", "code", "content", "firstname", "cached_display_name"].map(ToOwned::to_owned);
        for (kind, ids) in by_kind(keys) {
            for record in self.by_ids(kind, &ids, &fields).await? {
                if let Some(entity) = read_one(&record, &nothing_more) {
                    names.push(EntityRef {
                        key: EntityKey {
                            kind: kind.into(),
                            id: entity.key.id,
                        },
                        name: entity.name,
                    });
                }
            }
        }
        Ok(names)
    }

    async fn status_list(&self, kind: &EntityType) -> Result<Vec<SiteStatus>, TrackerError> {
        let field = self.schema(kind, STATUS_FIELD, None).await?;
        let property = |name: &str| property(&field, name);
        let codes = property("valid_values")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let fields = ["code", "name", "bg_color"].map(ToOwned::to_owned);
        let rows = self.search(&Search::new("Status", json!([]), &fields)).await?;
        let list = codes.iter().filter_map(Value::as_str).map(|code| {
            let row = rows
                .iter()
                .find(|r| r.get("code").and_then(Value::as_str) == Some(code));
            let label = property("display_values")
                .and_then(|d| d.get(code))
                .and_then(Value::as_str);
            let name = label.or_else(|| row?.get("name")?.as_str()).unwrap_or(code);
            let hidden = property("hidden_values")
                .and_then(Value::as_array)
                .is_some_and(|h| h.iter().any(|c| c == code));
            let color = row.and_then(|r| r.get("bg_color")?.as_str()).and_then(hex_color);
            SiteStatus {
                code: code.into(),
                name: name.to_owned(),
                color,
                hidden,
            }
        });
        Ok(list.collect())
    }

    async fn hidden(&self, kind: &EntityType, project: &EntityKey) -> Result<BTreeSet<StatusCode>, TrackerError> {
        let project = project.id.as_number().ok_or(TrackerError::NotFound)?;
        let field = self.schema(kind, STATUS_FIELD, Some(project)).await?;
        let codes = property(&field, "hidden_values").and_then(Value::as_array);
        let codes = codes.into_iter().flatten().filter_map(Value::as_str);
        Ok(codes.map(StatusCode::from).collect())
    }

    fn log(&self) -> Option<&dyn SiteLog> {
        None
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        None
    }

    fn examination(&self) -> Option<&dyn Examination> {
        None
    }
}

/// Text as a field of this data type takes it. The error goes on from the field's name.
fn in_type(data_type: &str, text: Option<&str>) -> Result<Value, String> {
    let like = match data_type {
        "entity" | "multi_entity" => return Err("it links to other entities, and rules do not set links".to_owned()),
        "image" | "url" | "serializable" | "tag_list" | "password" | "pivot_column" | "summary"
        | "system_task_type" => {
            return Err(format!("it is of the type {data_type}, which rules do not set"));
        }
        "checkbox" => Value::Bool(false),
        "number" | "duration" | "percent" | "timecode" => json!(0),
        "float" | "currency" => json!(0.0),
        _ => return Ok(json!(text)),
    };
    let Some(text) = text else {
        return match like {
            Value::Bool(_) => Err("it is a checkbox, which is never empty. Set it to false".to_owned()),
            _ => Ok(Value::Null),
        };
    };
    match as_value(text, Some(&like)) {
        Value::String(_) if like.is_boolean() => Err(format!("it is a checkbox, so \"{text}\" must be true or false")),
        Value::String(_) => Err(format!("it holds a number, and \"{text}\" is none")),
        value => Ok(value),
    }
}

/// A property of a field, as the schema wraps it.
fn property<'a>(field: &'a Value, name: &str) -> Option<&'a Value> {
    field.get("properties")?.get(name)?.get("value")
}

fn by_kind(keys: &[EntityKey]) -> BTreeMap<&str, Vec<i64>> {
    let mut kinds: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for key in keys {
        if let Some(id) = key.id.as_number() {
            kinds.entry(key.kind.as_str()).or_default().push(id);
        }
    }
    kinds
}

/// An error document's own words: its first title, else its first detail.
fn title(answer: &Value) -> Option<String> {
    let error = answer.get("errors")?.get(0)?;
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    text("title").or_else(|| text("detail"))
}

/// The user that a token stands for. There is no call that says so; the token's claims do.
fn user_in(bearer: &str) -> Option<EntityKey> {
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(bearer.split('.').nth(1)?)
        .ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let user = claims.get("user")?;
    Some(EntityKey::new(
        user.get("type")?.as_str()?,
        EntityId::Number(user.get("id")?.as_i64()?),
    ))
}

/// `"255,204,0"` as `#ffcc00`.
fn hex_color(decimal: &str) -> Option<String> {
    let parts: Vec<u8> = decimal
        .split(',')
        .map(|p| p.trim().parse())
        .collect::<Result<_, _>>()
        .ok()?;
    let [r, g, b] = parts[..] else { return None };
    Some(format!("#{r:02x}{g:02x}{b:02x}"))
}
