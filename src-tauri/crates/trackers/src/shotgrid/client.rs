//! The REST API as the engine needs it. Facts: ShotGrid REST API reference, `/api/v1`, held against recordings of a live site.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use callboard_model::{Clock, Entity, EntityId, EntityKey, EntityRef, EntityType, HookState, StatusCode};
use jiff::Timestamp;
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode as Http, Url, redirect};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::STATUS_FIELD;
use super::record::{entity, flat, link};
use crate::{RemoteHook, SiteStatus, Tracker, TrackerError};

/// Filters as a list. The API refuses `application/json` here.
const ARRAY_FILTERS: &str = "application/vnd+shotgun.api3_array+json";
/// A token is minted anew this long before it ends, so that none ends on its way.
const TOKEN_MARGIN: Duration = Duration::from_secs(60);
/// How long the site may take to answer, and to be connected to.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// The largest page the API gives is 5,000; a Shot has far fewer Tasks.
const PAGE: usize = 500;

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
    async fn search(
        &self,
        kind: &str,
        filters: Value,
        fields: &[&str],
    ) -> Result<Vec<Map<String, Value>>, TrackerError> {
        // A type comes from outside and goes into an address.
        if !kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(TrackerError::NotFound);
        }
        let path = format!("/entity/{kind}/_search");
        let mut found = Vec::new();
        for number in 1_usize.. {
            let body = json!({"filters": filters, "fields": fields, "page": {"size": PAGE, "number": number}});
            let answer = self.call(Method::POST, &path, Some((ARRAY_FILTERS, &body))).await?;
            let page = answer
                .get("data")
                .and_then(Value::as_array)
                .ok_or_else(|| self.unreadable("no data"))?;
            found.extend(page.iter().filter_map(flat));
            if page.len() < PAGE {
                break;
            }
        }
        Ok(found)
    }

    async fn by_ids(&self, kind: &str, ids: &[i64], fields: &[&str]) -> Result<Vec<Map<String, Value>>, TrackerError> {
        self.search(kind, json!([["id", "in", ids]]), fields).await
    }

    async fn schema_field(&self, kind: &EntityType) -> Result<Value, TrackerError> {
        let answer = self
            .call(Method::GET, &format!("/schema/{kind}/fields/{STATUS_FIELD}"), None)
            .await?;
        answer.get("data").cloned().ok_or_else(|| self.unreadable("no data"))
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

    async fn around(&self, entity: &EntityKey, siblings: bool) -> Result<Vec<Entity>, TrackerError> {
        let mut entities = self.read(std::slice::from_ref(entity)).await?;
        // Dotted fields are a shortcut that a site may leave out without a word. A Task that is there but was not read would
        // look like no Task at all, and that decides.
        let unread: Vec<EntityKey> = entities
            .iter()
            .flat_map(|e| {
                e.task
                    .iter()
                    .chain(e.parent.iter().filter(|p| p.key.kind.is(EntityType::SHOT)))
            })
            .map(|link| link.key.clone())
            .filter(|key| entities.iter().all(|e| &e.key != key))
            .collect();
        if !unread.is_empty() {
            for linked in self.read(&unread).await? {
                add(&mut entities, Some(linked));
            }
        }
        if siblings {
            let shot = entities
                .iter()
                .find(|e| e.key.kind.is(EntityType::SHOT))
                .map(|e| e.key.clone());
            if let Some(id) = shot.and_then(|s| s.id.as_number()) {
                let filter = json!([["entity", "is", {"type": "Shot", "id": id}]]);
                for task in self.search("Task", filter, OWN_FIELDS).await? {
                    add(&mut entities, read_one(&task, ""));
                }
            }
        }
        Ok(entities)
    }

    async fn read(&self, keys: &[EntityKey]) -> Result<Vec<Entity>, TrackerError> {
        let mut entities = Vec::new();
        for (kind, ids) in by_kind(keys) {
            let fields: Vec<&str> = match kind {
                EntityType::VERSION => OWN_FIELDS.iter().chain(VERSION_FIELDS).copied().collect(),
                EntityType::TASK => OWN_FIELDS.iter().chain(TASK_FIELDS).copied().collect(),
                _ => OWN_FIELDS.to_vec(),
            };
            for record in self.by_ids(kind, &ids, &fields).await? {
                for entity in read_with_links(&record) {
                    add(&mut entities, Some(entity));
                }
            }
        }
        Ok(entities)
    }

    async fn statuses(&self, keys: &[EntityKey]) -> Result<HashMap<EntityKey, Option<StatusCode>>, TrackerError> {
        let mut found = HashMap::with_capacity(keys.len());
        for (kind, ids) in by_kind(keys) {
            for record in self.by_ids(kind, &ids, &[STATUS_FIELD]).await? {
                if let Some(entity) = read_one(&record, "") {
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

    async fn set_status(&self, entity: &EntityKey, to: Option<&StatusCode>) -> Result<(), TrackerError> {
        let body = json!({ STATUS_FIELD: to.map(StatusCode::as_str) });
        let path = format!("/entity/{}/{}", entity.kind, entity.id);
        self.call(Method::PUT, &path, Some(("application/json", &body)))
            .await
            .map(drop)
    }

    async fn names(&self, keys: &[EntityKey]) -> Result<Vec<EntityRef>, TrackerError> {
        let mut names = Vec::with_capacity(keys.len());
        for (kind, ids) in by_kind(keys) {
            for record in self
                .by_ids(
                    kind,
                    &ids,
                    &["name", "code", "content", "firstname", "cached_display_name"],
                )
                .await?
            {
                if let Some(entity) = read_one(&record, "") {
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
        let field = self.schema_field(kind).await?;
        let property = |name: &str| {
            field
                .get("properties")
                .and_then(|p| p.get(name))
                .and_then(|p| p.get("value"))
        };
        let codes = property("valid_values")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let rows = self.search("Status", json!([]), &["code", "name", "bg_color"]).await?;
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

    async fn hooks(&self) -> Result<Vec<RemoteHook>, TrackerError> {
        let answer = self.call(Method::GET, "/webhook/hooks", None).await?;
        let list = answer
            .get("data")
            .and_then(Value::as_array)
            .ok_or_else(|| self.unreadable("no data"))?;
        let text = |hook: &Value, name: &str| hook.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        let hook = |hook: &Value| {
            let state = HookState::from_word(&text(hook, "status")?)?;
            Some(RemoteHook {
                id: text(hook, "id")?,
                url: text(hook, "url")?,
                state,
            })
        };
        Ok(list.iter().filter_map(hook).collect())
    }
}

/// What is read of every entity. Names that a type does not have are dropped by the site without a word.
const OWN_FIELDS: &[&str] = &[
    "code",
    "content",
    "name",
    STATUS_FIELD,
    "project",
    "entity",
    "sg_task",
    "step",
    "step.Step.short_name",
    "created_at",
];
/// A Task's Shot, in the same call.
const TASK_FIELDS: &[&str] = &["entity.Shot.code", "entity.Shot.sg_status_list"];
/// A Version's Task and that Task's Shot, in the same call.
const VERSION_FIELDS: &[&str] = &[
    "entity.Shot.code",
    "entity.Shot.sg_status_list",
    "sg_task.Task.content",
    "sg_task.Task.sg_status_list",
    "sg_task.Task.step",
    "sg_task.Task.step.Step.short_name",
    "sg_task.Task.entity",
    "sg_task.Task.project",
    "sg_task.Task.entity.Shot.code",
    "sg_task.Task.entity.Shot.sg_status_list",
];

fn read_one(record: &Map<String, Value>, prefix: &str) -> Option<Entity> {
    let kind = record.get("type")?.as_str()?;
    let id = record.get("id")?.as_i64()?;
    Some(entity(EntityKey::new(kind, id), record, prefix))
}

/// The entity of a record and those that its dotted fields tell of.
fn read_with_links(record: &Map<String, Value>) -> Vec<Entity> {
    let mut entities: Vec<Entity> = read_one(record, "").into_iter().collect();
    for path in ["sg_task.Task.", "entity.Shot.", "sg_task.Task.entity.Shot."] {
        // `sg_task.Task.entity.Shot.` speaks of whatever `sg_task.Task.entity` links to.
        let field = path
            .trim_end_matches('.')
            .rsplit_once('.')
            .map_or("", |(field, _)| field);
        let kind = path.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
        let Some(there) = record.get(field).and_then(link) else {
            continue;
        };
        // Half a Task would look like one without a step or a Shot, and that decides: it is read by itself then.
        let all_told = |fields: &[&str]| fields.iter().all(|f| record.contains_key(&format!("{path}{f}")));
        let whole = if there.key.kind.is(EntityType::TASK) {
            all_told(&[STATUS_FIELD, "step", "entity"])
        } else {
            all_told(&[STATUS_FIELD])
        };
        if there.key.kind.is(kind) && whole {
            let mut linked = entity(there.key, record, path);
            linked.name = linked.name.or(there.name);
            linked.project = linked.project.or_else(|| record.get("project").and_then(link));
            add(&mut entities, Some(linked));
        }
    }
    entities
}

fn add(entities: &mut Vec<Entity>, one: Option<Entity>) {
    if let Some(one) = one
        && !entities.iter().any(|e| e.key == one.key)
    {
        entities.push(one);
    }
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
