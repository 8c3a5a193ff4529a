//! The doors of the site: which call goes where, who may pass, and what a rehearsed fault answers instead.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::bad_days::BadDay;
use crate::errors::Refusal;
use crate::site::Site;
use crate::world::{Actor, World};
use crate::{batch, ftrack, json_rpc, records, schema, summaries, webhooks};

/// A batch of the largest notes is far below this.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// A gateway before the site gives up on an answer after this long.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(35);

/// One request, taken apart.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// `/api/v1` or `/api/v1.1`, as the caller wrote it: links echo it.
    pub(crate) prefix: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// The query string as it came: a collection's `self` echoes it.
    pub(crate) raw_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// The address as it was asked, for `self` links.
    pub(crate) fn own_link(&self) -> String {
        let mark = if self.raw_query.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", self.path, self.raw_query)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The content type without its parameters.
    pub(crate) fn content_type(&self) -> &str {
        let whole = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        whole.split(';').next().unwrap_or_default().trim()
    }

    /// The body of a call that takes plain JSON objects only.
    pub(crate) fn json_object(&self) -> Result<serde_json::Map<String, Value>, Refusal> {
        if self.content_type() != "application/json" {
            return Err(Refusal::content_type(&["application/json"]));
        }
        self.any_json_object()
    }

    pub(crate) fn any_json_object(&self) -> Result<serde_json::Map<String, Value>, Refusal> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(body)) => Ok(body),
            _ => Err(Refusal::bad("Invalid JSON body")),
        }
    }
}

/// 200 with a document.
pub(crate) fn ok(document: Value) -> Response {
    Json(document).into_response()
}

/// Answers every request of the site.
pub(crate) async fn answer(State(site): State<Arc<Site>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path().to_owned();
    let raw_query = parts.uri.query().unwrap_or_default().to_owned();
    let query = form_urlencoded::parse(raw_query.as_bytes()).into_owned().collect();
    let mut call = Call {
        method: parts.method,
        prefix: String::new(),
        path,
        query,
        raw_query,
        headers: parts.headers,
        body,
    };
    let (mut response, delay) = if call.path == "/api" && call.method == Method::POST {
        let arrived = arrived(&mut site.lock(), &call.path);
        let (response, is_write) = match arrived {
            Ok(()) => ftrack::answer(&site, &call.headers, &call.body),
            Err(refusal) => (refusal.into_response(), false),
        };
        late(&mut site.lock(), response, is_write)
    } else {
        let mut world = site.lock();
        let answer = arrived(&mut world, &call.path).and_then(|()| dispatch(&site, &mut world, &mut call));
        let response = answer.unwrap_or_else(IntoResponse::into_response);
        late(&mut world, response, is_write(&call))
    };
    // After the work, not before: a caller that gave up waiting may still have written. ShotGrid REST: batch.
    if !delay.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = site.cancel.cancelled() => {}
        }
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().simple().to_string()) {
        headers.insert("x-request-id", id);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, max-age=0, must-revalidate"));
    headers.insert(header::SERVER, HeaderValue::from_static("nginx + Phusion Passenger(R)"));
    response
}

/// Does the call change records?
fn is_write(call: &Call) -> bool {
    let is_question = ["/_search", "/_summarize"].iter().any(|end| call.path.ends_with(end));
    call.method != Method::GET && call.path.contains("/entity/") && !is_question
}

/// The answer, and after how long it comes; on a day of timeouts a gateway's in its place.
fn late(world: &mut World, response: Response, is_write: bool) -> (Response, Duration) {
    if is_write && response.status().is_success() && world.days.strikes(BadDay::Timeouts) {
        let patience = world.faults.gateway_patience.unwrap_or(GATEWAY_PATIENCE);
        return (Refusal::rehearsed(504).into_response(), patience);
    }
    (response, delay(world))
}

fn delay(world: &mut World) -> Duration {
    if world.days.strikes(BadDay::Slow) {
        let millis = world.days.pick(BadDay::Slow, &(500..=2_000));
        return world.faults.slow + Duration::from_millis(millis);
    }
    world.faults.slow
}

/// Counts the request, and refuses it where a test said so.
fn arrived(world: &mut World, path: &str) -> Result<(), Refusal> {
    world.traffic.total += 1;
    *world.traffic.by_path.entry(path.to_owned()).or_default() += 1;
    world.traffic.last = Instant::now();
    if world.faults.down {
        return Err(Refusal::rehearsed(503));
    }
    if (path == "/api" || path.starts_with("/api/")) && world.days.strikes(BadDay::Errors) {
        let status = match world.days.pick(BadDay::Errors, &(0..=2)) {
            0 => 502,
            1 => 503,
            _ => 504,
        };
        return Err(Refusal::rehearsed(status));
    }
    match &mut world.faults.fail_next {
        Some((left, status)) if *left > 0 && (path == "/api" || path.contains("/entity/")) => {
            *left -= 1;
            Err(Refusal::rehearsed(*status))
        }
        _ => Ok(()),
    }
}

fn dispatch(site: &Arc<Site>, world: &mut World, call: &mut Call) -> Result<Response, Refusal> {
    let path = call.path.clone();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        ["api3", "json"] if call.method == Method::POST => Ok(ok(json_rpc::answer(world, &call.body))),
        ["api", version @ ("v1" | "v1.1"), rest @ ..] => {
            call.prefix = format!("/api/{version}");
            rest_call(site, world, call, version, rest)
        }
        _ => Err(Refusal::no_route()),
    }
}

fn rest_call(
    site: &Arc<Site>,
    world: &mut World,
    call: &Call,
    version: &str,
    segments: &[&str],
) -> Result<Response, Refusal> {
    match segments {
        [] if call.method == Method::GET => return Ok(ok(probe(version))),
        ["auth", "access_token"] if call.method == Method::POST => return token(world, call),
        _ => {}
    }
    let accept = call
        .headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    if accept.contains("vnd+shotgun") {
        return Err(Refusal::not_acceptable(accept));
    }
    let authorization = call
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|token| token.to_str().ok());
    let actor = world.bearer(authorization)?;
    if world.days.strikes(BadDay::ExpiredTokens) {
        world.end_token(authorization);
        return Err(Refusal::unauthorized());
    }
    match segments {
        ["entity", rest @ ..] => entity_call(world, call, &actor, rest),
        ["schema", rest @ ..] if call.method == Method::GET => schema::answer(world, call, rest).map(ok),
        ["webhook", rest @ ..] => webhooks::answer(site, world, call, &actor, rest),
        _ => Err(Refusal::no_route()),
    }
}

fn entity_call(world: &mut World, call: &Call, actor: &Actor, segments: &[&str]) -> Result<Response, Refusal> {
    let created = |document| (StatusCode::CREATED, Json(document)).into_response();
    match (call.method.as_str(), segments) {
        ("POST", ["_batch"]) => batch::answer(world, call, actor).map(ok),
        ("POST", [kind, "_search"]) => records::search(world, call, kind).map(ok),
        ("POST", [kind, "_summarize"]) => summaries::answer(world, call, kind).map(ok),
        ("GET", [kind]) => records::list(world, call, kind).map(ok),
        ("POST", [kind]) => records::create(world, call, actor, kind).map(created),
        ("GET", [kind, id]) => records::one(world, call, kind, id).map(ok),
        ("PUT", [kind, id]) => records::update(world, call, actor, kind, id).map(ok),
        ("DELETE", [kind, id]) => {
            records::delete(world, actor, kind, id)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        ("POST", [kind, id]) if matches!(call.query("revive"), Some("true" | "1")) => {
            records::revive(world, call, actor, kind, id).map(ok)
        }
        ("GET", [kind, id, "relationships", field]) => records::related(world, call, kind, id, field).map(ok),
        _ => Err(Refusal::no_route()),
    }
}

/// ShotGrid REST: base and versions; the probe that tells whether an address is such a site.
fn probe(version: &str) -> Value {
    json!({"data": {
        "shotgun_version": "v8.89.0.9724 (build practice)",
        "api_version": version,
        "shotgun_version_number": "8.89.0.9724",
        "shotgun_build_number": "practice",
        "portfolio_version": "8.89.0.9724",
        "unified_login_flow_enabled": true,
        "authentication_app_session_launcher_enabled": false,
        "user_authentication_method": "default",
        "site_id": "48138",
        "site_name": "callboard_practice",
    }})
}

/// ShotGrid REST: authentication. The arguments come as a form or in the query string.
fn token(world: &mut World, call: &Call) -> Result<Response, Refusal> {
    let mut fields: HashMap<String, String> = call.query.iter().cloned().collect();
    match call.content_type() {
        "" | "application/x-www-form-urlencoded" => {
            fields.extend(form_urlencoded::parse(&call.body).into_owned());
        }
        "application/json" if call.any_json_object().is_err() => return Err(Refusal::bad("Invalid JSON body")),
        _ => return Err(Refusal::content_type(&["application/x-www-form-urlencoded"])),
    }
    world.access_token(&fields).map(ok)
}
