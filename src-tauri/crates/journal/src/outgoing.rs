//! What is still to be sent to webhooks of others: on disk until it has arrived or is given up.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::rows::{micros, time};
use crate::{Journal, JournalError, Reader, Touched};

/// Messages that may wait for one receiver. Beyond it the oldest go: somebody who takes none for that long does not want them.
const MOST: i64 = 10_000;

/// A message for one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOutgoing {
    /// The receiver's name in the settings.
    pub receiver: String,
    /// What makes it one message, however often it is sent.
    pub id: String,
    /// Its body: JSON text.
    pub body: String,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its number.
    pub seq: i64,
    /// What makes it one message.
    pub id: String,
    /// Its body: JSON text.
    pub body: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// How often it was sent in vain.
    pub tries: u32,
    /// When it is to be sent.
    pub next_at: Timestamp,
}

/// What waits for a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutgoingQueue {
    /// How many messages.
    pub waiting: u64,
    /// Since when the oldest waits.
    pub since: Option<Timestamp>,
    /// Why the last try came to nothing.
    pub why: Option<String>,
}

impl Journal {
    /// Keeps messages until they are sent. One that waits already stays as it is. Answers how many of older ones had to go for them.
    pub async fn post(&self, messages: Vec<NewOutgoing>, at: Timestamp) -> Result<usize, JournalError> {
        self.writer
            .run(move |c| {
                for message in &messages {
                    c.prepare_cached(
                        "INSERT INTO outgoing (receiver, id, body, made_at, next_at) VALUES (?1, ?2, ?3, ?4, ?4)
                         ON CONFLICT DO NOTHING",
                    )?
                    .execute(params![message.receiver, message.id, message.body, micros(at)])?;
                }
                let receivers: BTreeSet<&str> = messages.iter().map(|message| message.receiver.as_str()).collect();
                let mut dropped = 0;
                for receiver in receivers {
                    dropped += keep_few(c, receiver)?;
                }
                Ok((dropped, Touched::nothing()))
            })
            .await
    }

    /// Says that a message has arrived, or is given up.
    pub async fn posted(&self, seq: i64) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.prepare_cached("DELETE FROM outgoing WHERE seq = ?1")?
                    .execute([seq])?;
                Ok(((), Touched::nothing()))
            })
            .await
    }

    /// Says that a message was sent in vain, and when it is to be sent again.
    pub async fn post_later(&self, seq: i64, next_at: Timestamp, why: String) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.prepare_cached("UPDATE outgoing SET tries = tries + 1, next_at = ?2, why = ?3 WHERE seq = ?1")?
                    .execute(params![seq, micros(next_at), why])?;
                Ok(((), Touched::nothing()))
            })
            .await
    }

    /// Lets everything go that waits for others than these.
    pub async fn keep_outgoing(&self, receivers: Vec<String>) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                let receivers = serde_json::to_string(&receivers)?;
                c.execute(
                    "DELETE FROM outgoing WHERE receiver NOT IN (SELECT value FROM json_each(?1))",
                    [receivers],
                )?;
                Ok(((), Touched::nothing()))
            })
            .await
    }

    /// Lets everything go that waits for a receiver. Answers how much that was.
    pub async fn drop_outgoing(&self, receiver: String) -> Result<usize, JournalError> {
        self.writer
            .run(move |c| {
                let gone = c.execute("DELETE FROM outgoing WHERE receiver = ?1", [&receiver])?;
                Ok((gone, Touched::nothing()))
            })
            .await
    }
}

fn keep_few(c: &Connection, receiver: &str) -> Result<usize, JournalError> {
    let gone = c
        .prepare_cached(
            "DELETE FROM outgoing WHERE receiver = ?1 AND seq <= (
                 SELECT seq FROM outgoing WHERE receiver = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![receiver, MOST])?;
    Ok(gone)
}

impl Reader {
    /// The message that is to be sent to a receiver next, be it now or later.
    pub fn next_outgoing(&self, receiver: &str) -> Result<Option<Outgoing>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(
            "SELECT seq, id, body, made_at, tries, next_at FROM outgoing WHERE receiver = ?1 ORDER BY next_at, seq LIMIT 1",
        )?;
        let mut rows = q.query_and_then([receiver], |row| {
            Ok::<_, JournalError>(Outgoing {
                seq: row.get(0)?,
                id: row.get(1)?,
                body: row.get(2)?,
                made_at: time(row.get(3)?)?,
                tries: row.get(4)?,
                next_at: time(row.get(5)?)?,
            })
        })?;
        rows.next().transpose()
    }

    /// What waits for a receiver.
    pub fn outgoing_queue(&self, receiver: &str) -> Result<OutgoingQueue, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(
            "SELECT count(*), min(made_at), (SELECT why FROM outgoing WHERE receiver = ?1 AND why IS NOT NULL ORDER BY next_at DESC LIMIT 1)
             FROM outgoing WHERE receiver = ?1",
        )?;
        q.query_row([receiver], |row| {
            Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?, row.get(2)?))
        })
        .map_err(JournalError::from)
        .and_then(|(waiting, since, why)| {
            Ok(OutgoingQueue {
                waiting,
                since: since.map(time).transpose()?,
                why,
            })
        })
    }
}
