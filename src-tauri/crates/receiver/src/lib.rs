#![doc = include_str!("../README.md")]

mod answer;
mod body;
mod connection;
mod creative_force;
mod doors;
mod hook;
mod knocks;
mod tally;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use callboard_journal::Journal;
use callboard_model::{Clock, Refusal};
use jiff::Timestamp;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tower_http::catch_panic::CatchPanicLayer;

use body::Room;

pub use answer::TAKEN;
use connection::Accepts;
pub use connection::{Limits, serve};
pub use creative_force::CreativeForceDoor;
pub use doors::Doors;
use hook::Verified;
pub use hook::{HookDoor, Protocol};
pub use knocks::{Knocks, TurnedAway};
pub use tally::{Answers, Seen, Tally};

/// Where the receiver says how it is.
const HEALTH: &str = "/healthz";

/// Memory that bodies over 64 KiB take at once, in bytes: four of the largest.
const ROOM: usize = 4 * HookDoor::MAX_BODY;

/// Bodies of any size that are in hand at once, from when one is verified until the journal has it. One that comes when there are so many
/// waits.
const IN_HAND: usize = 1_024;

/// What stands behind the address.
pub struct Receiver {
    journal: Journal,
    doors: Doors,
    tally: Arc<Tally>,
    clock: Arc<dyn Clock>,
    room: Room,
    in_hand: Arc<Semaphore>,
    /// When the journal was last asked whether it takes anything, and whether it did.
    well: Mutex<Option<(Instant, bool)>>,
}

impl Receiver {
    /// A receiver behind these doors.
    #[must_use]
    pub fn new(journal: Journal, doors: Doors, tally: Arc<Tally>, clock: Arc<dyn Clock>) -> Self {
        Self {
            journal,
            doors,
            tally,
            clock,
            room: Room::new(ROOM),
            in_hand: Arc::new(Semaphore::new(IN_HAND)),
            well: Mutex::const_new(None),
        }
    }

    /// The same with so many bytes of memory for the bodies over 64 KiB that are received at once. One that finds no room is answered
    /// 503.
    #[must_use]
    pub fn with_room(mut self, bytes: usize) -> Self {
        self.room = Room::new(bytes);
        self
    }

    /// The routes, to be served by [`serve`].
    pub fn routes(self) -> Router {
        let state = Arc::new(self);
        Router::new()
            .route("/hooks/{name}", post(deliver))
            .route(HEALTH, get(healthz))
            .fallback(nothing_here)
            .layer(middleware::from_fn_with_state(state.clone(), only_for_us))
            .layer(CatchPanicLayer::custom(|_| {
                answer::plain(StatusCode::INTERNAL_SERVER_ERROR)
            }))
            .with_state(state)
    }
}

/// A web page that was made to resolve to this machine still says its own name in `Host`, and a page's script says where it
/// comes from in `Origin`. No tracker does either.
async fn only_for_us(State(receiver): State<Arc<Receiver>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|h| h.to_str().ok());
    let host = host.or_else(|| request.uri().host());
    let knocks = receiver.doors.knocks();
    if request.uri().path() == HEALTH {
        knocks.heard(request.uri().query());
    }
    if !host.is_some_and(|h| receiver.doors.answers_to(h)) {
        if request.uri().path().starts_with("/hooks/") {
            knocks.turned_away(host.unwrap_or_default());
        }
        receiver.tally.stranger();
        return answer::plain(StatusCode::MISDIRECTED_REQUEST);
    }
    if request.headers().contains_key(header::ORIGIN) {
        receiver.tally.stranger();
        return answer::plain(StatusCode::FORBIDDEN);
    }
    next.run(request).await
}

/// Whether a `Host` value names this machine: loopback, or one of the configured names, with any port.
#[must_use]
pub fn is_ours(host: &str, public_names: &[String]) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, "")) => (v6, None),
        Some((v6, rest)) => (v6, Some(rest.strip_prefix(':').unwrap_or_default())),
        None => host
            .split_once(':')
            .map_or((host, None), |(name, port)| (name, Some(port))),
    };
    if port.is_some_and(|p| p.is_empty() || !p.bytes().all(|b| b.is_ascii_digit())) {
        return false;
    }
    let loopback = name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    loopback || name.eq_ignore_ascii_case("localhost") || public_names.iter().any(|n| n.eq_ignore_ascii_case(name))
}

async fn nothing_here(State(receiver): State<Arc<Receiver>>) -> Response {
    receiver.tally.stranger();
    answer::plain(StatusCode::NOT_FOUND)
}

async fn healthz(State(receiver): State<Arc<Receiver>>, Extension(accepts): Extension<Accepts>) -> Response {
    if !accepts.now() {
        return answer::unwell("file handles");
    }
    // Asking is a commit, and anybody may ask. So one asks at a time, and for all who have come by then.
    let came = Instant::now();
    let mut well = receiver.well.lock().await;
    let takes = match *well {
        Some((asked, takes)) if asked >= came => takes,
        _ => {
            let asked = Instant::now();
            let takes = receiver.journal.answers().await.is_ok();
            *well = Some((asked, takes));
            takes
        }
    };
    if takes { answer::ok() } else { answer::unwell("journal") }
}

async fn deliver(
    State(receiver): State<Arc<Receiver>>,
    Extension(limits): Extension<Limits>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    // Taken apart, not extracted: that would copy the headers.
    let (Parts { headers, .. }, body) = request.into_parts();
    let Some(door) = name.ok().and_then(|Path(name)| receiver.doors.get(&name)) else {
        return nothing_here(State(receiver)).await;
    };
    let brought = Brought {
        begun: Instant::now(),
        received_at: receiver.clock.now(),
        receiver,
        door,
    };
    if !body::is_json(&headers) {
        return brought.unread(Refusal::NotJsonType);
    }
    if body::may_be_large(&headers)
        && let Err(why) = brought.door.glance(&headers)
    {
        return brought.unread(why);
    }
    let reading = body::read(&headers, body, brought.door.max_body, &brought.receiver.room);
    let read = match tokio::time::timeout(limits.body_within, reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(why)) => return brought.unread(why),
        Err(_) => return brought.unread(Refusal::TooSlow),
    };
    let verified = match hook::verified(&brought.door, headers, read, brought.received_at).await {
        Ok(verified) => verified,
        Err(why) => return brought.refused(why),
    };
    let place = brought.receiver.in_hand.clone().acquire_owned().await.ok();
    brought.taken(verified, place).await
}

/// A delivery that has come to a door.
struct Brought {
    receiver: Arc<Receiver>,
    door: Arc<HookDoor>,
    begun: Instant,
    received_at: Timestamp,
}

impl Brought {
    fn refused(&self, why: Refusal) -> Response {
        self.receiver.tally.refused(&self.door.name, why, self.received_at);
        answer::refusal(why)
    }

    /// The same where the body has not been read: the connection can carry no other request.
    fn unread(&self, why: Refusal) -> Response {
        answer::last(self.refused(why))
    }

    /// Has it written. This ends where the sender goes away, and the body lies on in the queues behind: what it takes is held by them.
    async fn taken(self, verified: Verified, place: Option<OwnedSemaphorePermit>) -> Response {
        let (delivery, held) = match hook::delivery(&self.door, verified, self.received_at).await {
            Ok(delivery) => delivery,
            Err(why) => return self.refused(why),
        };
        let Receiver { journal, tally, .. } = &*self.receiver;
        let (name, begun) = (&self.door.name, self.begun);
        let newest = delivery
            .events
            .iter()
            .filter_map(|event| event.event_log_entry_id)
            .max();
        match journal.accept_holding(delivery, (held, place)).await {
            Ok(accepted) => {
                tally.accepted(name, accepted.new.len(), accepted.seen, newest, begun.elapsed());
                answer::ok()
            }
            Err(error) => {
                if let Some(passed_over) = tally.worth_a_line(begun) {
                    tracing::error!(hook = %name, %error, passed_over, "receiver: a delivery could not be stored, answered 503");
                }
                self.refused(Refusal::NotStored)
            }
        }
    }
}
