//! The address of the API: who may pass, one call a request, and how a refusal is said. ftrack: API transport.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::errors::Fault;
use super::seed::API_KEY;
use super::workspace::{Call, Workspace, writes};
use crate::site::Site;

/// Answers `POST /api`, and says whether it was a call that changes something.
pub(crate) fn answer(site: &Site, headers: &HeaderMap, body: &[u8]) -> (Response, bool) {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let options = header("ftrack-api-options");
    let strict = header("ftrack-strict-api") == "true" || options.contains("strict:1");
    let mut workspace = site.ftrack.lock();
    let mut is_write = false;
    let result = signed_in(&workspace, header("ftrack-user"), header("ftrack-api-key")).and_then(|who| {
        let operations: Vec<Value> =
            serde_json::from_slice(body).map_err(|_| Fault::invalid("The body is not a JSON array of operations."))?;
        is_write = writes(&operations);
        let call = Call {
            operations: &operations,
            who: &who,
            by_api: true,
            repeats: options.contains("denormalize:1"),
            url: &site.url,
        };
        workspace.commit(&call, || site.weather())
    });
    let response = match result {
        Ok(results) => Json(results).into_response(),
        Err(fault) => {
            tracing::debug!(said = fault.content(), "the practice ftrack refused a call");
            let status = StatusCode::from_u16(fault.status(strict)).unwrap_or(StatusCode::OK);
            (status, Json(fault.document())).into_response()
        }
    };
    (response, is_write)
}

/// The id of the user. The key is a global one, so anybody who is active may use it.
pub(super) fn signed_in(workspace: &Workspace, username: &str, key: &str) -> Result<String, Fault> {
    if key != API_KEY {
        return Err(Fault::credentials());
    }
    workspace.user(username).ok_or_else(Fault::credentials)
}
