//! The UI and its API over HTTP on loopback: what `callboard serve` offers a browser.

use std::convert::Infallible;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event as Sse, KeepAlive, Sse as SseAnswer};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use callboard_receiver::Doors;
use futures::Stream;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::api::{ApiError, ApiErrorCode, Ask};
use crate::start::Engine;

/// What the UI may load: itself. Styles inline, because the picture's canvas places its parts by them.
const CSP: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A table of notes of 16 MiB in Base64, and something around it.
const LARGEST_QUESTION: usize = 24 * 1024 * 1024;

#[derive(RustEmbed)]
#[folder = "../../../ui/dist"]
#[allow_missing = true]
struct Ui;

#[derive(Clone)]
struct Host {
    engine: Engine,
    doors: Doors,
}

pub(crate) fn routes(engine: Engine, doors: Doors) -> Router {
    let host = Host { engine, doors };
    let api = Router::new()
        .route("/api/ask", post(ask).layer(DefaultBodyLimit::max(LARGEST_QUESTION)))
        .route("/api/news", get(news))
        .layer(middleware::from_fn_with_state(host.clone(), with_token));
    Router::new()
        .merge(api)
        .route("/metrics", get(metrics))
        .fallback(page)
        .layer(middleware::from_fn_with_state(host.clone(), only_for_us))
        .with_state(host)
}

/// Another site's page can neither reach this address by a name of its own nor call it from its own origin.
async fn only_for_us(State(host): State<Host>, request: Request, next: Next) -> Response {
    let named = request
        .headers()
        .get(header::HOST)
        .and_then(|h| h.to_str().ok())
        .unwrap_or_default();
    if !host.doors.answers_to(named) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    if let Some(origin) = request.headers().get(header::ORIGIN) {
        let own = [format!("http://{named}"), format!("https://{named}")];
        if !own.iter().any(|o| origin.as_bytes() == o.as_bytes()) {
            return StatusCode::FORBIDDEN.into_response();
        }
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

async fn with_token(State(host): State<Host>, request: Request, next: Next) -> Response {
    // Compared as digests, so that the time it takes says nothing of how much of it was right.
    let digest = |text: &str| Sha256::digest(text.as_bytes());
    let shown = bearer(request.headers()).map(digest);
    if shown == Some(digest(host.engine.token())) {
        return next.run(request).await;
    }
    let error = ApiError {
        code: ApiErrorCode::Unauthorized,
        message: "Open the address with the token that callboard serve printed".into(),
    };
    (StatusCode::UNAUTHORIZED, Json(error)).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

async fn ask(State(host): State<Host>, body: axum::body::Bytes) -> Response {
    let answer = match serde_json::from_slice::<Ask>(&body) {
        Ok(ask) => host.engine.ask(ask).await,
        Err(e) => Err(ApiError {
            code: ApiErrorCode::BadRequest,
            message: e.to_string(),
        }),
    };
    match answer {
        Ok(value) => Json(value).into_response(),
        Err(error) => {
            let status = match error.code {
                ApiErrorCode::BadRequest => StatusCode::BAD_REQUEST,
                ApiErrorCode::NotLive => StatusCode::UNPROCESSABLE_ENTITY,
                ApiErrorCode::Conflict => StatusCode::CONFLICT,
                ApiErrorCode::Site => StatusCode::BAD_GATEWAY,
                ApiErrorCode::NotFound => StatusCode::NOT_FOUND,
                ApiErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
                ApiErrorCode::Journal | ApiErrorCode::Damaged | ApiErrorCode::NotStarted => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            };
            (status, Json(error)).into_response()
        }
    }
}

async fn news(State(host): State<Host>) -> SseAnswer<impl Stream<Item = Result<Sse, Infallible>>> {
    let stop = host.engine.desk().stop.clone();
    let listener = host.engine.listen();
    let stream = futures::stream::unfold((listener, stop), |(mut listener, stop)| async move {
        loop {
            let news = tokio::select! {
                news = listener.next() => news?,
                () = stop.cancelled() => return None,
            };
            match Sse::default().json_data(news.as_ref()) {
                Ok(event) => return Some((Ok(event), (listener, stop))),
                Err(error) => tracing::error!(%error, "host: news cannot be written"),
            }
        }
    });
    SseAnswer::new(stream).keep_alive(KeepAlive::default())
}

async fn metrics(State(host): State<Host>) -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        host.engine.metrics().await,
    )
        .into_response()
}

async fn page(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let file = if path.is_empty() { "index.html" } else { path };
    match Ui::get(file) {
        Some(found) => ([(header::CONTENT_TYPE, content_type(file))], found.data.into_owned()).into_response(),
        None if file == "index.html" => (
            StatusCode::NOT_FOUND,
            "This callboard was built without its UI. Build it with: make build",
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn content_type(file: &str) -> &'static str {
    match file.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
