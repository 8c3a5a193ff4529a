//! A site that answers what a test tells it to, byte for byte, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use base64::Engine as _;
use callboard_model::{Clock, EntityKey};
use callboard_trackers::shotgrid::{ScriptKey, ShotGrid};
use callboard_trackers::{Network, TrackerError};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "k3y-of-the-script";

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: String,
    pub(crate) content_type: String,
    pub(crate) accept: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn mints(&self) -> bool {
        self.path == "/api/v1/auth/access_token"
    }
}

/// What it answers.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    pub(crate) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

pub(crate) fn text(status: u16, body: impl Into<String>) -> Answer {
    Answer {
        status,
        headers: vec![("content-type".into(), "application/json; charset=utf-8".into())],
        body: body.into(),
    }
}

/// Records as a search answers them: with `links.next`, whether there is more or not.
pub(crate) fn records(list: &[Value]) -> Answer {
    let links = json!({
        "self": "/api/v1/entity/Version/_search",
        "next": "/api/v1/entity/Version/_search?page%5Bnumber%5D=2&page%5Bsize%5D=500",
    });
    text(200, json!({"data": list, "links": links}).to_string())
}

/// An error document, as recorded.
pub(crate) fn error(status: u16, code: u32, title: &str) -> Answer {
    let error = json!({
        "id": "20c4fb862df36b574b2c8ce984cd920f", "status": status, "code": code, "title": title, "source": null,
        "detail": null, "meta": null,
    });
    text(status, json!({"errors": [error]}).to_string())
}

/// The token that the `n`th minting gives, for script user 41.
pub(crate) fn bearer(n: usize) -> String {
    let part = |v: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(v.to_string());
    let claims =
        json!({"iss": "site.example", "user": {"type": "ApiUser", "id": 41}, "jti": n, "auth_type": "api_key"});
    format!("{}.{}.c2lnbmF0dXJl", part(&json!({"alg": "HS256"})), part(&claims))
}

pub(crate) fn minted(n: usize, seconds: u64) -> Answer {
    let answer = json!({
        "token_type": "Bearer", "access_token": bearer(n), "expires_in": seconds, "refresh_token": "a1b2c3",
    });
    text(200, answer.to_string())
}

/// A clock that stands still until it is moved.
pub(crate) struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl Hands {
    pub(crate) fn stopped() -> Arc<Self> {
        Arc::new(Self(Mutex::new("2024-05-01T09:00:00Z".parse().unwrap())))
    }

    pub(crate) fn forward(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }
}

pub(crate) struct Site {
    pub(crate) url: String,
    pub(crate) clock: Arc<Hands>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Site {
    /// Answers everything, the minting of tokens too, by `answer`, which also hears how many requests came before.
    pub(crate) async fn raw(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self::on(listener, url, answer)
    }

    /// As [`Self::raw`], behind a listener of one's own.
    pub(crate) fn on<L>(
        listener: L,
        url: String,
        answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
    ) -> Self
    where
        L: axum::serve::Listener,
        L::Addr: std::fmt::Debug,
    {
        let site = Self {
            url,
            clock: Hands::stopped(),
            asked: Arc::default(),
        };
        let (asked, answer) = (Arc::clone(&site.asked), Arc::new(answer));
        let router = Router::new().fallback(move |request: Request| {
            let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
            async move {
                let one = take(request).await;
                let before = {
                    let mut asked = asked.lock().unwrap();
                    asked.push(one.clone());
                    asked.len() - 1
                };
                let answer = answer(&one, before);
                let mut response = Response::builder().status(answer.status);
                for (name, value) in answer.headers {
                    response = response.header(name, value);
                }
                response.body(axum::body::Body::from(answer.body)).unwrap()
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        site
    }

    /// Mints tokens for ten minutes, and answers the rest by `answer`, which hears how many of the rest came before.
    pub(crate) async fn start(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        let minted_before = Mutex::new(0);
        Self::raw(move |asked, before| {
            let mut minted_before = minted_before.lock().unwrap();
            if asked.mints() {
                *minted_before += 1;
                return minted(*minted_before, 600);
            }
            answer(asked, before - *minted_before)
        })
        .await
    }

    /// A client of it.
    pub(crate) fn client(&self) -> ShotGrid {
        self.client_by(&Network::default()).unwrap()
    }

    /// A client of it by a network of its own.
    pub(crate) fn client_by(&self, network: &Network) -> Result<ShotGrid, TrackerError> {
        let script = ScriptKey {
            name: "callboard".into(),
            key: KEY.into(),
        };
        let clock = Arc::clone(&self.clock);
        ShotGrid::with_network(&self.url, script, network, clock)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What it was asked besides tokens.
    pub(crate) fn calls(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|a| !a.mints()).collect()
    }

    pub(crate) fn mintings(&self) -> usize {
        self.asked().iter().filter(|a| a.mints()).count()
    }
}

async fn take(request: Request) -> Asked {
    let (head, body) = request.into_parts();
    let header = |name| {
        head.headers
            .get(name)
            .map(|v| v.to_str().unwrap().to_owned())
            .unwrap_or_default()
    };
    let bytes: Bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Asked {
        method: head.method.to_string(),
        // By way of a proxy the address is whole.
        path: head.uri.path_and_query().unwrap().to_string(),
        host: header(header::HOST),
        content_type: header(header::CONTENT_TYPE),
        accept: header(header::ACCEPT),
        authorization: header(header::AUTHORIZATION),
        body: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

pub(crate) fn task(id: i64) -> EntityKey {
    EntityKey::new("Task", id)
}

/// A record of a Task with nothing but a status.
pub(crate) fn task_record(id: i64, status: &str) -> Value {
    json!({
        "type": "Task", "attributes": {"content": format!("task {id}"), "sg_status_list": status}, "relationships": {},
        "id": id, "links": {"self": format!("/api/v1/entity/tasks/{id}")},
    })
}
