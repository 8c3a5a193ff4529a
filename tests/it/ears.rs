//! Somebody who is told by webhooks: a real server on a free port that keeps what it hears.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::task::JoinHandle;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) text: String,
    pub(crate) body: Value,
}

#[derive(Default)]
struct Inside {
    heard: Mutex<Vec<Heard>>,
    answer: Mutex<Option<Answer>>,
}

/// What is answered in place of 200.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<u32>,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            location: None,
            retry_after: None,
        }
    }
}

/// Ears on a port of their own.
pub(crate) struct Ears {
    inside: Arc<Inside>,
    pub(crate) url: String,
    serving: JoinHandle<()>,
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Ears {
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in?from=callboard", listener.local_addr().unwrap());
        let inside = Arc::new(Inside::default());
        let routes = Router::new().fallback(hear).with_state(inside.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { inside, url, serving }
    }

    /// From now on this is answered; none: 200.
    pub(crate) fn answer(&self, answer: Option<Answer>) {
        *self.inside.answer.lock().unwrap() = answer;
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.inside.heard.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn hears(&self, number: usize) -> Vec<Heard> {
        let waiting = async {
            while self.heard().len() < number {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let came = tokio::time::timeout(Duration::from_secs(45), waiting).await;
        assert!(
            came.is_ok(),
            "waited in vain for {number} messages: {:#?}",
            self.heard()
        );
        self.heard()
    }
}

async fn hear(State(inside): State<Arc<Inside>>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let text = String::from_utf8(body.to_vec()).unwrap();
    inside.heard.lock().unwrap().push(Heard {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: serde_json::from_str(&text).unwrap(),
        text,
    });
    let answer = inside.answer.lock().unwrap().clone();
    let Some(answer) = answer else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let mut response = StatusCode::from_u16(answer.status).unwrap().into_response();
    let headers = response.headers_mut();
    if let Some(location) = answer.location {
        headers.insert(header::LOCATION, location.parse().unwrap());
    }
    if let Some(seconds) = answer.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Whether a message is signed with a secret, by the rules of Standard Webhooks, worked out here anew.
pub(crate) fn is_signed(heard: &Heard, secret: &str) -> bool {
    use base64::Engine as _;
    use hmac::{Hmac, KeyInit, Mac};

    let base64 = base64::engine::general_purpose::STANDARD;
    let key = base64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.{}", heard.id, heard.timestamp, heard.text).as_bytes());
    heard.signature == format!("v1,{}", base64.encode(mac.finalize().into_bytes()))
}
