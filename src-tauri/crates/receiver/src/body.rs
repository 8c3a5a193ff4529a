//! Reading a body without believing what its headers say of it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use callboard_model::Refusal;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// `Content-Length` is a promise of strangers: no more than this is set aside on its word. A body up to this size needs no
/// [`Room`]: connections are few enough.
const TRUSTED_LENGTH: usize = 64 * 1024;
/// What room is counted in.
const KIB: usize = 1024;

/// Memory for large bodies, shared by all connections: each may hold 64 MiB, all of them together may not.
pub(crate) struct Room(Arc<Semaphore>);

impl Room {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / KIB).min(Semaphore::MAX_PERMITS))))
    }

    /// Room for so many bytes more. None is waited for: two half bodies could wait for each other for ever.
    fn more(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let kib = u32::try_from(bytes.div_ceil(KIB)).map_err(|_| Refusal::TooLarge)?;
        self.0.clone().try_acquire_many_owned(kib).map_err(|_| Refusal::NoRoom)
    }
}

/// A body with the room that it takes, to be kept for as long as the body is.
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    pub(crate) held: Option<OwnedSemaphorePermit>,
}

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

fn said_length(headers: &HeaderMap) -> Option<u64> {
    let said = headers.get(header::CONTENT_LENGTH)?;
    said.to_str().ok()?.parse().ok()
}

/// Whether a body may come that takes [`Room`].
pub(crate) fn may_be_large(headers: &HeaderMap) -> bool {
    said_length(headers).is_none_or(|said| said > TRUSTED_LENGTH as u64)
}

/// The whole body, or as soon as it is known: that it is too large, or that there is no room for it.
pub(crate) async fn read(headers: &HeaderMap, mut body: Body, limit: usize, room: &Room) -> Result<Read, Refusal> {
    let said = said_length(headers);
    if said.is_some_and(|n| n > limit as u64) {
        return Err(Refusal::TooLarge);
    }
    let mut bytes = Vec::with_capacity(
        said.and_then(|n| usize::try_from(n).ok())
            .unwrap_or(0)
            .min(TRUSTED_LENGTH),
    );
    let mut has_room = TRUSTED_LENGTH;
    let mut held: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        // A connection that breaks half way is one more way of being too slow: the sender tries again.
        let frame = frame.map_err(|_| Refusal::TooSlow)?;
        if let Ok(data) = frame.into_data() {
            let length = bytes.len() + data.len();
            if length > limit {
                return Err(Refusal::TooLarge);
            }
            if length > has_room {
                // As the vector grows: only what has come takes room, not what was promised.
                let wanted = length.max(has_room * 2).min(limit);
                let more = room.more(wanted - has_room)?;
                has_room = wanted;
                match &mut held {
                    Some(held) => held.merge(more),
                    None => held = Some(more),
                }
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(Read { bytes, held })
}
