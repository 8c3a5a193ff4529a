//! One hook's door: its secret, its limit, its protocol.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use callboard_journal::DeliveryIn;
use callboard_model::{Entity, Event, HookName, Refusal, SiteName};
use callboard_trackers::{creative_force, ftrack, shotgrid};
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::body::Read;
use crate::creative_force::CreativeForceDoor;

/// Bodies up to this size are verified and decoded on the spot; a larger one would hold up other deliveries.
const DONE_HERE: usize = 64 * 1024;
/// Larger ones are decoded one after the other: a value takes many times the memory of the bytes that it is written in.
const DECODED_ALONE: usize = 1024 * 1024;
static ALONE: Semaphore = Semaphore::const_new(1);
/// A delivery's id is a UUID in every tracker that we know.
const LONGEST_ID: usize = 64;
/// What the names of headers hold that may carry a secret, of a tracker, a proxy or a tunnel. They are not kept.
const SECRET: [&str; 9] = [
    "authorization",
    "cookie",
    "secret",
    "token",
    "password",
    "credential",
    "api-key",
    "apikey",
    "jwt",
];

/// What the signature or secret of a delivery says of it.
pub(crate) struct Verdict {
    pub(crate) sentence: &'static str,
    /// Whether it was the secret before the current one.
    pub(crate) by_previous: bool,
}

impl Verdict {
    pub(crate) fn plain(sentence: &'static str) -> Self {
        Self {
            sentence,
            by_previous: false,
        }
    }
}

/// The wire protocol of a hook. Fixed by its site's kind, never read from a request.
#[derive(Clone, Debug)]
pub enum Protocol {
    /// ShotGrid, with its secrets; none says that deliveries are not signed.
    ShotGrid(Option<shotgrid::Secrets>),
    /// ftrack, with the secret of a header, and what is known of the site's object types. No secret says that anybody who knows the
    /// address is believed.
    Ftrack(Option<ftrack::HeaderSecret>, ftrack::ObjectTypes),
    /// Creative Force, with its secret, headers and filter.
    CreativeForce(CreativeForceDoor),
}

/// What is known of a hook when a delivery knocks.
#[derive(Clone, Debug)]
pub struct HookDoor {
    /// Its name, the last part of its address.
    pub name: HookName,
    /// Its site.
    pub site: SiteName,
    /// How it speaks.
    pub protocol: Protocol,
    /// The largest body it takes, in bytes.
    pub max_body: usize,
    /// Until when the secret before the current one is taken; none: until there is another.
    pub previous_until: Option<Timestamp>,
}

impl HookDoor {
    /// 64 MiB: a ShotGrid batch may hold 50 deliveries of 1 MB.
    pub const MAX_BODY: usize = 64 * 1024 * 1024;

    /// Whether the headers alone say that nothing is signed, or not as it should be. What passes may still be wrong.
    pub(crate) fn glance(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        match &self.protocol {
            Protocol::ShotGrid(None) | Protocol::Ftrack(None, _) => Ok(()),
            Protocol::ShotGrid(Some(_)) => shotgrid::shown(values(headers, shotgrid::SIGNATURE_HEADER)).map(drop),
            Protocol::Ftrack(Some(secret), _) => secret.verify(values(headers, secret.name())).map(drop),
            Protocol::CreativeForce(door) => door.glance(headers),
        }
    }

    fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<&'static str, Refusal> {
        let verdict = self.verdict(headers, body)?;
        if verdict.by_previous && self.previous_until.is_some_and(|until| now > until) {
            return Err(Refusal::SignatureWrong);
        }
        Ok(verdict.sentence)
    }

    fn verdict(&self, headers: &HeaderMap, body: &[u8]) -> Result<Verdict, Refusal> {
        match &self.protocol {
            Protocol::ShotGrid(None) => Ok(Verdict::plain("Not signed: this hook has no secret")),
            Protocol::ShotGrid(Some(secrets)) => {
                shotgrid::verify(secrets, values(headers, shotgrid::SIGNATURE_HEADER), body).map(|verified| Verdict {
                    sentence: verified.sentence(),
                    by_previous: verified == shotgrid::Verified::Previous,
                })
            }
            Protocol::Ftrack(None, _) => Ok(Verdict::plain("No secret is asked for, and ftrack signs nothing")),
            Protocol::Ftrack(Some(secret), _) => secret.verify(values(headers, secret.name())).map(|shown| Verdict {
                sentence: shown.sentence(),
                by_previous: shown == ftrack::Shown::Previous,
            }),
            Protocol::CreativeForce(door) => door.verify(headers, body),
        }
    }

    fn decode(&self, body: &[u8]) -> Decoded {
        match &self.protocol {
            Protocol::ShotGrid(_) => Decoded {
                events: shotgrid::decode(&self.site, &self.name, body),
                ..Decoded::default()
            },
            Protocol::Ftrack(_, types) => Decoded {
                events: ftrack::decode(&self.site, &self.name, types, body),
                ..Decoded::default()
            },
            Protocol::CreativeForce(door) => door.decode(&self.site, &self.name, body),
        }
    }

    /// The site's own id of a delivery. A header is not signed: nothing is decided by it, and only an outcome goes back under it.
    fn delivery_id(&self, headers: &HeaderMap) -> Option<String> {
        let name = match &self.protocol {
            Protocol::ShotGrid(_) => shotgrid::DELIVERY_HEADER,
            // One keeps no record of deliveries to write an outcome to, the other's deliveries have no id beside that of the event.
            Protocol::Ftrack(..) | Protocol::CreativeForce(_) => return None,
        };
        let id = headers.get(name)?.to_str().ok()?;
        let is_plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (is_plain && (1..=LONGEST_ID).contains(&id.len())).then(|| id.to_owned())
    }

    fn status_field(&self) -> &'static str {
        match &self.protocol {
            Protocol::ShotGrid(_) => shotgrid::STATUS_FIELD,
            Protocol::Ftrack(..) => ftrack::STATUS_FIELD,
            Protocol::CreativeForce(_) => creative_force::STATUS_FIELD,
        }
    }

    /// Whether a header may be kept: none that carries a secret is.
    fn keeps(&self, header: &HeaderName) -> bool {
        let is_ours = match &self.protocol {
            Protocol::ShotGrid(_) | Protocol::Ftrack(None, _) => false,
            Protocol::Ftrack(Some(secret), _) => header.as_str() == secret.name(),
            Protocol::CreativeForce(door) => door.asks_for(header),
        };
        !is_ours && !SECRET.iter().any(|word| header.as_str().contains(word))
    }
}

/// What a body holds.
#[derive(Default)]
pub(crate) struct Decoded {
    pub(crate) events: Vec<Event>,
    /// What it says of entities, of a site that cannot be read.
    pub(crate) heard: Vec<Entity>,
    /// Why nothing is to come of it.
    pub(crate) left_out: Option<String>,
}

/// All values of a header, as bytes.
pub(crate) fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    headers.get_all(name).into_iter().map(HeaderValue::as_bytes)
}

/// A body whose signature or secret is good.
pub(crate) struct Verified {
    pub(crate) headers: HeaderMap,
    pub(crate) read: Read,
    pub(crate) verdict: &'static str,
}

/// Whether a body may come in.
pub(crate) async fn verified(
    door: &Arc<HookDoor>,
    headers: HeaderMap,
    read: Read,
    received_at: Timestamp,
) -> Result<Verified, Refusal> {
    let door = door.clone();
    let is_large = read.bytes.len() > DONE_HERE;
    let verify = move || {
        let verdict = door.verify(&headers, &read.bytes, received_at)?;
        Ok(Verified { headers, read, verdict })
    };
    if is_large { elsewhere(verify).await? } else { verify() }
}

/// The same as the journal takes it, with the room that it takes.
pub(crate) async fn delivery(
    door: &Arc<HookDoor>,
    verified: Verified,
    received_at: Timestamp,
) -> Result<(DeliveryIn, Option<OwnedSemaphorePermit>), Refusal> {
    let Verified { headers, read, verdict } = verified;
    let (Read { bytes: body, held }, decoded) = if read.bytes.len() <= DONE_HERE {
        let decoded = door.decode(&read.bytes);
        (read, decoded)
    } else {
        let alone = match read.bytes.len() > DECODED_ALONE {
            true => ALONE.acquire().await.ok(),
            false => None,
        };
        let door = door.clone();
        // It goes on where the sender has gone away, and holds what it takes.
        elsewhere(move || {
            let decoded = door.decode(&read.bytes);
            drop(alone);
            (read, decoded)
        })
        .await?
    };
    let kept = headers.iter().filter(|(name, _)| door.keeps(name));
    let delivery = DeliveryIn {
        hook: door.name.clone(),
        site: door.site.clone(),
        tracker_id: door.delivery_id(&headers),
        received_at,
        verdict: verdict.to_owned(),
        headers: kept
            .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect(),
        body,
        events: decoded.events,
        status_field: door.status_field(),
        heard: decoded.heard,
        left_out: decoded.left_out,
    };
    Ok((delivery, held))
}

/// Does it where nobody else is held up.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::NotStored)
}
