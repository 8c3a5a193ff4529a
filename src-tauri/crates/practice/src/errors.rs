//! The site's error documents.
//!
//! ShotGrid REST: error documents. Permission refusals are 400, never 403; an unknown route or verb is 404 code 103.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

/// One refused request, as REST and JSON-RPC both tell it.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: Option<u16>,
    pub(crate) title: String,
    pub(crate) source: Value,
    pub(crate) detail: Option<String>,
}

impl Refusal {
    fn new(status: StatusCode, code: Option<u16>, title: impl Into<String>) -> Self {
        Self {
            status,
            code,
            title: title.into(),
            source: Value::Null,
            detail: None,
        }
    }

    /// 400 code 103: something in the request is wrong, in words.
    pub(crate) fn bad(title: impl Into<String>) -> Self {
        Self {
            source: json!({}),
            ..Self::new(StatusCode::BAD_REQUEST, Some(103), title)
        }
    }

    /// 400 code 103 with the nested map of field to messages.
    pub(crate) fn invalid(source: Value) -> Self {
        Self {
            source,
            ..Self::new(StatusCode::BAD_REQUEST, Some(103), "Request Parameters invalid.")
        }
    }

    /// 400 code 104: the site understood a write and refuses it, for its value or for permission.
    pub(crate) fn refused(title: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some(104), title)
    }

    /// 400 code 102: authentication.
    pub(crate) fn authentication(title: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some(102), title)
    }

    /// 401: no token, an expired or a forged one.
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, None, "Unauthorized")
    }

    fn missing(detail: String) -> Self {
        Self {
            detail: Some(detail),
            ..Self::new(StatusCode::NOT_FOUND, Some(104), "Not Found")
        }
    }

    /// A record that cannot be read.
    pub(crate) fn unreadable(kind: &str, id: i64) -> Self {
        Self::missing(format!("{kind}: {id} not found"))
    }

    /// A record that cannot be written, retired or revived.
    pub(crate) fn no_entity(kind: &str, id: i64) -> Self {
        Self::missing(format!("Entity of type [{kind}] with id={id} does not exist."))
    }

    /// An entity type that the site does not have.
    pub(crate) fn no_type(kind: &str) -> Self {
        Self::missing(format!("Entity type '{kind}' does not exist."))
    }

    /// A hook or delivery that is not there.
    pub(crate) fn no_such(what: &str, id: &str) -> Self {
        Self::missing(format!("{what}: {id} not found"))
    }

    /// 404 code 103: unknown route or verb.
    pub(crate) fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, Some(103), "Not Found")
    }

    /// 406: a vendor content type used as `Accept`.
    pub(crate) fn not_acceptable(accept: &str) -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            Some(103),
            format!("Accept '{accept}' is not supported."),
        )
    }

    /// 415: the title lists what would have been accepted.
    pub(crate) fn content_type(accepted: &[&str]) -> Self {
        let title = format!(
            "Content-Type is not supported. Supported types: {}",
            accepted.join(", ")
        );
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Some(103), title)
    }

    /// What a test told the site to answer.
    pub(crate) fn rehearsed(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(status, None, status.canonical_reason().unwrap_or("Error"))
    }

    /// The sentence that JSON-RPC carries as `message`.
    pub(crate) fn message(&self) -> &str {
        self.detail.as_deref().unwrap_or(&self.title)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let document = json!({"errors": [{
            "id": Uuid::new_v4().simple().to_string(),
            "status": self.status.as_u16(),
            "code": self.code,
            "title": self.title,
            "source": self.source,
            "detail": self.detail,
            "meta": null,
        }]});
        (
            self.status,
            [(header::CACHE_CONTROL, "no-cache, max-age=0")],
            Json(document),
        )
            .into_response()
    }
}
