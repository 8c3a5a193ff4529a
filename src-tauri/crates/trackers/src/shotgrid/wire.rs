//! One HTTP call with its token: what goes out, and what an answer means. Facts: ShotGrid REST API reference, `/api/v1`, held
//! against recordings of a live site.

use std::sync::Arc;

use callboard_model::Clock;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder, Response, StatusCode as Http};
use serde_json::Value;

use super::token::{Token, Tokens};
use crate::http::SiteHttp;
use crate::{Network, TrackerError};

/// A plain body.
pub(super) const JSON: &str = "application/json";

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

/// One question to the API.
pub(super) struct Call<'a> {
    method: Method,
    /// What follows `/api/v1`.
    path: &'a str,
    query: Vec<(&'static str, String)>,
    /// Its content type, and what it says.
    body: Option<(&'static str, Value)>,
    session: Option<&'a str>,
}

impl<'a> Call<'a> {
    fn new(method: Method, path: &'a str) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            body: None,
            session: None,
        }
    }

    pub(super) fn get(path: &'a str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(super) fn post(path: &'a str) -> Self {
        Self::new(Method::POST, path)
    }

    pub(super) fn put(path: &'a str, body: Value) -> Self {
        Self::new(Method::PUT, path).body(JSON, body)
    }

    pub(super) fn delete(path: &'a str) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub(super) fn query(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(super) fn body(mut self, content_type: &'static str, body: Value) -> Self {
        self.body = Some((content_type, body));
        self
    }

    /// Makes it on behalf of a browser session, where the site lets us.
    pub(super) fn session(mut self, session: Option<&'a str>) -> Self {
        self.session = session;
        self
    }
}

/// One site's API.
pub(super) struct Wire {
    http: SiteHttp,
    script: ScriptKey,
    pub(super) clock: Arc<dyn Clock>,
    tokens: Tokens,
}

impl Wire {
    /// Errors when `url` is no web address, or what is said of the network cannot be used. Nothing is sent yet.
    pub(super) fn new(
        url: &str,
        script: ScriptKey,
        network: &Network,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TrackerError> {
        Ok(Self {
            http: SiteHttp::new(url, network)?,
            script,
            clock,
            tokens: Tokens::default(),
        })
    }

    pub(super) fn script_name(&self) -> &str {
        &self.script.name
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, &format!("/api/v1{path}"))
    }

    /// The token that stands for nobody's session.
    pub(super) async fn token(&self) -> Result<Token, TrackerError> {
        self.tokens.plain(self, None).await
    }

    /// Asks for a new token, on behalf of a browser session or of none.
    pub(super) async fn mint(&self, session: Option<&str>) -> Result<Token, TrackerError> {
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", self.script.name.as_str()),
            ("client_secret", self.script.key.as_str()),
        ];
        form.extend(session.map(|session| ("session_uuid", session)));
        let request = self.request(Method::POST, "/auth/access_token");
        let response = self.send(request.header(ACCEPT, JSON).form(&form)).await?;
        let status = response.status();
        let answer = self.http.json(response).await?;
        if !status.is_success() {
            return Err(self.refused_key(status, &answer));
        }
        let bearer = answer
            .get("access_token")
            .and_then(Value::as_str)
            .ok_or_else(|| self.unreadable("no access_token"))?;
        let seconds = answer.get("expires_in").and_then(Value::as_u64);
        Ok(Token::new(bearer, session.is_some(), seconds, self.clock.now()))
    }

    /// One call with a token; once more with a new one when the site no longer takes it. Errors for every answer that is none
    /// of success.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Value, TrackerError> {
        let (status, answer) = self.ask(call).await?;
        self.judged(status, answer)
    }

    /// An answer, if it is one of success.
    pub(super) fn judged(&self, status: Http, answer: Value) -> Result<Value, TrackerError> {
        match status {
            s if s.is_success() => Ok(answer),
            Http::UNAUTHORIZED => Err(self.refused_key(status, &answer)),
            Http::NOT_FOUND => Err(TrackerError::NotFound),
            s => Err(TrackerError::Refused(title(&answer).unwrap_or_else(|| s.to_string()))),
        }
    }

    /// The `data` of a call's answer.
    pub(super) async fn data(&self, call: Call<'_>) -> Result<Value, TrackerError> {
        let data = match self.call(call).await? {
            Value::Object(mut answer) => answer.remove("data"),
            _ => None,
        };
        data.ok_or_else(|| self.unreadable("no data"))
    }

    /// The list that is the `data` of a call's answer.
    pub(super) async fn list(&self, call: Call<'_>) -> Result<Vec<Value>, TrackerError> {
        match self.data(call).await? {
            Value::Array(list) => Ok(list),
            _ => Err(self.unreadable("no list of data")),
        }
    }

    /// As [`Self::call`], with refusals as the site says them.
    pub(super) async fn ask(&self, call: Call<'_>) -> Result<(Http, Value), TrackerError> {
        let mut session = call.session;
        let mut refused: Option<String> = None;
        loop {
            let token = self.tokens.of(self, session, refused.as_deref()).await?;
            let mut request = self
                .request(call.method.clone(), call.path)
                .header(ACCEPT, JSON)
                .bearer_auth(&token.bearer);
            if !call.query.is_empty() {
                request = request.query(&call.query);
            }
            if let Some((content_type, body)) = &call.body {
                request = request.header(CONTENT_TYPE, *content_type).body(body.to_string());
            }
            let response = self.send(request).await?;
            let status = response.status();
            // Nothing was done, so the same may be asked again.
            if status == Http::UNAUTHORIZED {
                let on_behalf = session.take().filter(|_| token.of_session);
                if let Some(session) = on_behalf {
                    self.tokens.set_aside(session, self.clock.now()).await;
                    continue;
                }
                if refused.is_none() {
                    refused = Some(token.bearer);
                    continue;
                }
            }
            if status == Http::NO_CONTENT {
                return Ok((status, Value::Null));
            }
            return Ok((status, self.http.json(response).await?));
        }
    }

    /// One call that needs no key, and takes none along.
    pub(super) async fn ask_openly(&self, path: &str) -> Result<(Http, Value), TrackerError> {
        let request = self.request(Method::GET, path);
        let response = self.send(request.header(ACCEPT, JSON)).await?;
        Ok((response.status(), self.http.json(response).await?))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, TrackerError> {
        let response = self.http.send(request).await?;
        self.http.down(&response).map_or(Ok(response), Err)
    }

    fn refused_key(&self, status: Http, answer: &Value) -> TrackerError {
        TrackerError::KeyRefused {
            site: self.http.site().to_owned(),
            script: self.script.name.clone(),
            why: title(answer).unwrap_or_else(|| status.to_string()),
        }
    }

    pub(super) fn unreadable(&self, why: &str) -> TrackerError {
        self.http.unreadable(why)
    }
}

/// A type comes from outside and goes into an address.
pub(super) fn in_address(kind: &str) -> Result<&str, TrackerError> {
    if !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(kind)
    } else {
        Err(TrackerError::NotFound)
    }
}

/// An error document's own words: its first title, else its first detail. Of parameters that are invalid the messages beside it
/// say which and why.
pub(super) fn title(answer: &Value) -> Option<String> {
    let error = answer.get("errors")?.get(0)?;
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let title = text("title").or_else(|| text("detail"))?;
    let mut messages = Vec::new();
    if title.starts_with("Request Parameters invalid") {
        error
            .get("source")
            .into_iter()
            .for_each(|source| gather(source, &mut messages));
    }
    if messages.is_empty() {
        return Some(title);
    }
    Some(format!("{}: {}", title.trim_end_matches('.'), messages.join("; ")))
}

/// The messages of a nested map of field to list of messages.
fn gather(source: &Value, messages: &mut Vec<String>) {
    match source {
        Value::Object(fields) => fields.values().for_each(|inner| gather(inner, messages)),
        Value::Array(list) => list.iter().for_each(|inner| gather(inner, messages)),
        Value::String(message) if !message.is_empty() => messages.push(message.clone()),
        _ => {}
    }
}
