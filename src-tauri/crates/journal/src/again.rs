//! Events replayed: taken once more, as new ones, for the rules as they are now.

use callboard_model::Road;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::rows::{self, EVENT, micros};
use crate::write::{Came, insert_event};
use crate::{Journal, JournalError, Outcome, Reader, Touched};

/// Asked again within so long, a replay is the same one: a button pressed twice, a request sent twice.
const MOMENT: SignedDuration = SignedDuration::from_secs(2);

/// What the keys of replays begin with; the number of the event that is replayed follows, then which replay of it this is.
const KEY: &str = "replay";

impl Journal {
    /// Takes an event once more, as a new one that waits, entered by hand. One that was asked for a moment ago, or that still waits, is answered
    /// instead. Answers the new event's number.
    pub async fn accept_again(&self, seq: i64, by: String, at: Timestamp) -> Result<i64, JournalError> {
        self.writer.run(move |c| accept_again(c, seq, &by, at)).await
    }
}

impl Reader {
    /// The replay of an event that still waits, or that was asked for a moment ago.
    pub fn replayed_just_now(&self, seq: i64, at: Timestamp) -> Result<Option<i64>, JournalError> {
        let c = self.connection()?;
        just_now(&c, seq, at)
    }

    /// The event that another is a replay of, as far back as that goes; itself, where it is none.
    pub(crate) fn original_of(&self, seq: i64) -> Result<i64, JournalError> {
        let c = self.connection()?;
        let mut look = c.prepare_cached("SELECT key FROM event WHERE seq = ?1 AND road = 'hand'")?;
        let mut original = seq;
        loop {
            let key: Option<String> = look.query_row([original], |r| r.get(0)).optional()?;
            // A replay comes after what it replays, so this ends.
            match key.as_deref().and_then(replayed).filter(|before| *before < original) {
                Some(before) => original = before,
                None => return Ok(original),
            }
        }
    }
}

fn replayed(key: &str) -> Option<i64> {
    let (kind, rest) = key.split_once(':')?;
    let (seq, _) = rest.split_once(':')?;
    seq.parse().ok().filter(|_| kind == KEY)
}

fn just_now(c: &Connection, seq: i64, at: Timestamp) -> Result<Option<i64>, JournalError> {
    let since = at.checked_sub(MOMENT).unwrap_or(Timestamp::MIN);
    let found = c
        .prepare_cached(
            "SELECT seq FROM event WHERE site = (SELECT site FROM event WHERE seq = ?1)
               AND key >= ?2 || ':' || ?1 || ':' AND key < ?2 || ':' || ?1 || ';'
               AND (outcome = 'waiting' OR received_at BETWEEN ?3 AND ?4) ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(params![seq, KEY, micros(since), micros(at)], |r| r.get(0))
        .optional()?;
    Ok(found)
}

fn accept_again(c: &Connection, seq: i64, by: &str, at: Timestamp) -> Result<(i64, Touched), JournalError> {
    if let Some(replay) = just_now(c, seq, at)? {
        return Ok((replay, Touched::nothing()));
    }
    let stored = c
        .prepare_cached(&format!("SELECT {EVENT} WHERE e.seq = ?1"))?
        .query_row([seq], |r| Ok(rows::event(r)))??;
    let before: i64 = c
        .prepare_cached(
            "SELECT count(*) FROM event WHERE site = ?2
               AND key >= ?3 || ':' || ?1 || ':' AND key < ?3 || ':' || ?1 || ';'",
        )?
        .query_row(params![seq, stored.event.site.as_str(), KEY], |r| r.get(0))?;
    let mut event = stored.event;
    event.key = format!("{KEY}:{seq}:{}", before + 1).into();
    event.road = Road::Hand;
    event.hook = None;
    let source = format!("replay of {seq}");
    let came = Came {
        received_at: at,
        delivery: None,
        place: 0,
        is_status: stored.is_status,
        by_hand: Some((by, &source)),
    };
    let new = insert_event(c, &event, &came, Outcome::Waiting)?;
    let new = new.ok_or_else(|| JournalError::Row(format!("there is an event of the key {}", event.key.as_str())))?;
    let touched = Touched {
        events: vec![new],
        overview: false,
        work: true,
    };
    Ok((new, touched))
}
