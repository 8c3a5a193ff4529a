//! A raw client of the site, and a receiver for its deliveries.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use callboard_practice::{Control, Practice, PracticeArgs};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const ARRAY: &str = "application/vnd+shotgun.api3_array+json";
pub(crate) const HASH: &str = "application/vnd+shotgun.api3_hash+json";
pub(crate) const PLAIN: &str = "application/json";

/// A site with somebody signed in to it.
pub(crate) struct Signed {
    pub(crate) practice: Practice,
    pub(crate) control: Control,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
}

impl Signed {
    pub(crate) async fn start(args: PracticeArgs) -> Self {
        let practice = Practice::start(args).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut signed = Self {
            control: practice.control(),
            practice,
            http,
            token: String::new(),
        };
        signed.sign_in().await;
        signed
    }

    /// Asks for a new token.
    pub(crate) async fn sign_in(&mut self) {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "practice"),
            ("client_secret", "practice"),
        ];
        let answer = self
            .http
            .post(format!("{}/api/v1/auth/access_token", self.practice.url()))
            .form(&form)
            .send()
            .await
            .unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    pub(crate) async fn plain() -> Self {
        Self::start(PracticeArgs::default()).await
    }

    /// One call; the answer's status and document, null where there is none.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<(&str, Value)>) -> (u16, Value) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self
            .http
            .request(method, format!("{}/api/v1{path}", self.practice.url()))
            .bearer_auth(&self.token);
        if let Some((content_type, body)) = body {
            request = request.header("content-type", content_type).body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, None).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("PUT", path, Some((PLAIN, body))).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, Some((PLAIN, body))).await
    }

    /// Records found by array filters.
    pub(crate) async fn find(&self, kind: &str, filters: Value, fields: &str) -> Vec<Value> {
        let body = json!({"filters": filters, "fields": fields});
        let (status, answer) = self
            .call("POST", &format!("/entity/{kind}/_search"), Some((ARRAY, body)))
            .await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].as_array().unwrap().clone()
    }
}

/// What a receiver got.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) bytes: Vec<u8>,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
}

/// A receiver that answers what it is told to.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    got: Arc<Mutex<Vec<Received>>>,
    status: Arc<Mutex<u16>>,
    hangs: Arc<AtomicBool>,
    takes: Arc<Mutex<Duration>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/status", listener.local_addr().unwrap());
        let receiver = Self {
            url,
            got: Arc::default(),
            status: Arc::new(Mutex::new(200)),
            hangs: Arc::default(),
            takes: Arc::default(),
        };
        let (hangs, takes) = (Arc::clone(&receiver.hangs), Arc::clone(&receiver.takes));
        let (got, status) = (Arc::clone(&receiver.got), Arc::clone(&receiver.status));
        let router = Router::new()
            .fallback(move |headers: HeaderMap, body: Bytes| {
                let (got, status, hangs) = (Arc::clone(&got), Arc::clone(&status), Arc::clone(&hangs));
                let delay = *takes.lock().unwrap();
                async move {
                    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
                    let headers = headers
                        .iter()
                        .map(|(name, value)| (name.to_string(), text(value)))
                        .collect();
                    got.lock().unwrap().push(Received {
                        headers,
                        bytes: body.to_vec(),
                    });
                    if hangs.load(Ordering::Relaxed) {
                        std::future::pending::<()>().await;
                    }
                    tokio::time::sleep(delay).await;
                    (StatusCode::from_u16(*status.lock().unwrap()).unwrap(), "{\"ok\":true}")
                }
            })
            .layer(axum::extract::DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub(crate) fn answers(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    /// Takes so long for every answer.
    pub(crate) fn takes(&self, delay: Duration) {
        *self.takes.lock().unwrap() = delay;
    }

    /// Takes requests and never answers them.
    pub(crate) fn hangs(&self) {
        self.hangs.store(true, Ordering::Relaxed);
    }

    pub(crate) fn got(&self) -> Vec<Received> {
        self.got.lock().unwrap().clone()
    }

    /// All events, out of single and batched deliveries.
    pub(crate) fn events(&self) -> Vec<Value> {
        let events = |received: Received| match received.json()["data"].clone() {
            data if data.get("deliveries").is_some() => data["deliveries"].as_array().unwrap().clone(),
            data => vec![data],
        };
        self.got().into_iter().flat_map(events).collect()
    }

    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Received> {
        eventually(&format!("{count} deliveries"), || self.got().len() >= count).await;
        self.got()
    }
}

/// Longer than anything here takes on a busy machine. Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(90);

/// Waits for a condition, not for luck.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(DEADLINE, waiting).await;
    assert!(waited.is_ok(), "{what} never came");
}
