//! Reading a body without believing what its headers say of it.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use callboard_model::Refusal;
use http_body_util::BodyExt;

/// `Content-Length` is a promise of strangers: no more than this is set aside on its word.
const TRUSTED_LENGTH: usize = 64 * 1024;

/// Whether the body says that it is JSON, plainly encoded.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|v| v.to_str().unwrap_or_default().trim().to_ascii_lowercase())
    };
    let encoded = text(header::CONTENT_ENCODING).is_some_and(|e| e != "identity");
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    !encoded && (essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")))
}

/// The whole body, or as soon as it is known: that it is too large.
pub(crate) async fn read(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    let said: Option<u64> = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse().ok());
    if said.is_some_and(|n| n > limit as u64) {
        return Err(Refusal::TooLarge);
    }
    let mut bytes = Vec::with_capacity(
        said.and_then(|n| usize::try_from(n).ok())
            .unwrap_or(0)
            .min(TRUSTED_LENGTH),
    );
    while let Some(frame) = body.frame().await {
        // A connection that breaks half way is one more way of being too slow: the sender tries again.
        let frame = frame.map_err(|_| Refusal::TooSlow)?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > limit {
                return Err(Refusal::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}
