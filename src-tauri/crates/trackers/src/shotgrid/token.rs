//! Tokens: minted in time, one at a time, and a few on behalf of browser sessions.

use std::sync::{Arc, Mutex as Brief, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use callboard_model::{EntityId, EntityKey};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Mutex;

use super::wire::Wire;
use crate::TrackerError;

/// A token is minted anew this long before it ends, so that none ends on its way.
const MARGIN: Duration = Duration::from_secs(60);
/// How long a token lasts where the site does not say, in seconds.
const LASTS: u64 = 600;
/// Browser sessions whose tokens are kept.
const MOST_SESSIONS: usize = 16;
/// The longest name of a session that is passed on, in bytes. A UUID has 36.
const LONGEST_SESSION: usize = 64;

#[derive(Clone)]
pub(super) struct Token {
    pub(super) bearer: String,
    good_until: Timestamp,
    pub(super) user: Option<EntityKey>,
    /// Whether it stands for a browser session too.
    pub(super) of_session: bool,
}

impl Token {
    pub(super) fn new(bearer: &str, of_session: bool, seconds: Option<u64>, now: Timestamp) -> Self {
        let seconds = seconds.unwrap_or(LASTS);
        let lasts = Duration::from_secs(seconds).saturating_sub(MARGIN.min(Duration::from_secs(seconds / 2)));
        Self {
            bearer: bearer.to_owned(),
            good_until: now.checked_add(lasts).unwrap_or(Timestamp::MAX),
            user: user_in(bearer),
            of_session,
        }
    }

    fn serves(&self, now: Timestamp, not: Option<&str>) -> bool {
        self.good_until > now && not != Some(self.bearer.as_str())
    }
}

/// What is held for one session.
enum Held {
    Token(Token),
    /// The site mints none for it or does not take it; not asked again until then.
    Refused(Timestamp),
}

impl Held {
    fn refused(now: Timestamp) -> Self {
        Self::Refused(now.checked_add(Duration::from_secs(LASTS)).unwrap_or(Timestamp::MAX))
    }
}

type Slot = Arc<Mutex<Option<Held>>>;

/// The tokens of one site.
#[derive(Default)]
pub(super) struct Tokens {
    plain: Mutex<Option<Token>>,
    /// The least recently used first.
    sessions: Brief<Vec<(String, Slot)>>,
}

impl Tokens {
    /// A token that is good for a while yet and is `not` that one. One is minted at a time, whoever asks.
    pub(super) async fn plain(&self, wire: &Wire, not: Option<&str>) -> Result<Token, TrackerError> {
        let mut held = self.plain.lock().await;
        if let Some(token) = held.as_ref().filter(|token| token.serves(wire.clock.now(), not)) {
            return Ok(token.clone());
        }
        let token = wire.mint(None).await?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// A token on behalf of a session; where there is none, or the site mints none for it, the plain one.
    ///
    /// Its events carry the session, so that the pages open in that browser refresh (ShotGrid REST: `session_uuid` of
    /// `/auth/access_token`).
    pub(super) async fn of(
        &self,
        wire: &Wire,
        session: Option<&str>,
        not: Option<&str>,
    ) -> Result<Token, TrackerError> {
        let Some(session) = session.filter(|session| is_session(session)) else {
            return self.plain(wire, not).await;
        };
        let slot = self.slot(session);
        let mut held = slot.lock().await;
        match held.as_ref() {
            Some(Held::Token(token)) if token.serves(wire.clock.now(), None) => return Ok(token.clone()),
            Some(Held::Refused(until)) if *until > wire.clock.now() => {}
            _ => match wire.mint(Some(session)).await {
                Ok(token) => {
                    *held = Some(Held::Token(token.clone()));
                    return Ok(token);
                }
                // Where the key itself is refused or nothing readable comes, asking for the plain one tells.
                Err(TrackerError::KeyRefused { .. } | TrackerError::Unreadable { .. }) => {
                    *held = Some(Held::refused(wire.clock.now()));
                }
                Err(error) => return Err(error),
            },
        }
        drop(held);
        self.plain(wire, not).await
    }

    /// Does without a session's token for a while: the site does not take it.
    pub(super) async fn set_aside(&self, session: &str, now: Timestamp) {
        *self.slot(session).lock().await = Some(Held::refused(now));
    }

    fn slot(&self, session: &str) -> Slot {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sessions.iter().position(|(known, _)| known == session);
        let slot = known.map(|place| sessions.remove(place).1).unwrap_or_default();
        sessions.push((session.to_owned(), Arc::clone(&slot)));
        if sessions.len() > MOST_SESSIONS {
            sessions.remove(0);
        }
        slot
    }
}

/// It comes from outside, and is kept.
fn is_session(text: &str) -> bool {
    (1..=LONGEST_SESSION).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The user that a token stands for. There is no call that says so; the token's claims do.
fn user_in(bearer: &str) -> Option<EntityKey> {
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(bearer.split('.').nth(1)?)
        .ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let user = claims.get("user")?;
    Some(EntityKey::new(
        user.get("type")?.as_str()?,
        EntityId::Number(user.get("id")?.as_i64()?),
    ))
}
