//! What a sender hears: a status and nothing that helps an attacker. Bodies stay under 100 bytes, which is what ShotGrid keeps.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callboard_model::Refusal;
use serde_json::json;

/// After how many seconds a sender may try again whose delivery could not be taken now.
const RETRY_AFTER: &str = "5";

/// What a sender hears whose delivery is on disk: status and body.
pub const TAKEN: (u16, &str) = (200, r#"{"ok":true}"#);

pub(crate) fn ok() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], TAKEN.1).into_response()
}

pub(crate) fn plain(status: StatusCode) -> Response {
    (status, Json(json!({"ok": false}))).into_response()
}

pub(crate) fn unwell(reason: &str) -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        Json(json!({"ok": false, "reason": reason})),
    )
        .into_response()
}

pub(crate) fn refusal(why: Refusal) -> Response {
    let status = match why {
        Refusal::SignatureMissing | Refusal::SignatureMalformed | Refusal::SignatureWrong | Refusal::HeaderWrong => {
            StatusCode::UNAUTHORIZED
        }
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::NotJsonType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Refusal::NoRoom | Refusal::NotStored => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = plain(status);
    if matches!(why, Refusal::NoRoom | Refusal::NotStored) {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    }
    response
}

/// The same as the connection's last answer.
pub(crate) fn last(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
