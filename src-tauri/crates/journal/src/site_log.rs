//! What is read from a site's own log: its rows, how far it has been read, and the numbers that are waited for.

use std::collections::HashSet;

use callboard_model::{Event, HookName, Operation, SiteName};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::rows::{micros, time};
use crate::write::{Came, insert_event};
use crate::{Journal, JournalError, Outcome, Reader, Touched};

/// Rows of a site's log, to be taken with what they say of the reading.
#[derive(Clone, Debug)]
pub struct LogPageIn {
    /// The site.
    pub site: SiteName,
    /// When they were read.
    pub received_at: Timestamp,
    /// The field that holds a status in this tracker.
    pub status_field: &'static str,
    /// The events of rows that have one, each with its row as the site gave it.
    pub rows: Vec<(Event, String)>,
    /// How far the log has been read with them; none where these rows were asked for by their numbers.
    pub position: Option<LogPosition>,
    /// Numbers that were not there, and until when they are waited for.
    pub missing: Vec<(i64, Timestamp)>,
    /// Numbers that are no longer waited for: they came, or their time is over.
    pub settled: Vec<i64>,
}

/// How far a log has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPosition {
    /// The number of the last row.
    pub entry: i64,
    /// When it happened, by the site's clock.
    pub at: Option<Timestamp>,
}

/// What became of the rows of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogTaken {
    /// Events that are new, by their number.
    pub new: Vec<i64>,
    /// Events that were known, by their place among the rows, with the hook that they came by.
    pub known: Vec<(usize, Option<HookName>)>,
}

impl Journal {
    /// Takes rows of a site's log and how far it has been read, in one transaction: killed at any point, the reading goes on where
    /// the journal stands. An event that a hook delivered already is known by its key and left alone.
    pub async fn take_log(&self, page: LogPageIn) -> Result<LogTaken, JournalError> {
        self.writer.run(move |c| take_log(c, &page)).await
    }

    /// Notes, once after the journal was made anew of one that was damaged, that the logs of these sites are read again.
    pub async fn read_again(&self, sites: Vec<SiteName>) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                let since: Option<i64> = c
                    .query_row("UPDATE doubt SET noted = 1 WHERE NOT noted RETURNING since", [], |r| {
                        r.get(0)
                    })
                    .optional()?;
                let mut note = c.prepare_cached(
                    "INSERT INTO reread (site, since, first_id) SELECT ?1, ?2, 0
                     WHERE NOT EXISTS (SELECT 1 FROM log_position WHERE site = ?1) ON CONFLICT DO NOTHING",
                )?;
                for site in since.map_or(&[][..], |_| &sites) {
                    note.execute(params![site.as_str(), since])?;
                }
                Ok(((), Touched::nothing()))
            })
            .await
    }
}

fn take_log(c: &Connection, page: &LogPageIn) -> Result<(LogTaken, Touched), JournalError> {
    let mut taken = LogTaken::default();
    let site = page.site.as_str();
    let came = |event: &Event| Came {
        received_at: page.received_at,
        delivery: None,
        place: 0,
        is_status: event.field.as_deref() == Some(page.status_field),
        by_hand: None,
    };
    for (place, (event, text)) in page.rows.iter().enumerate() {
        let hook: Option<Option<String>> = c
            .prepare_cached("SELECT hook FROM event WHERE site = ?1 AND key = ?2")?
            .query_row([site, event.key.as_str()], |r| r.get(0))
            .optional()?;
        if let Some(hook) = hook {
            taken.known.push((place, hook.map(HookName::from)));
            continue;
        }
        let outcome = match event.operation {
            Operation::NotUnderstood => Outcome::NotUnderstood,
            _ => Outcome::Waiting,
        };
        if let Some(seq) = insert_event(c, event, &came(event), outcome)? {
            c.prepare_cached("INSERT INTO log_row (event_seq, body) VALUES (?1, ?2)")?
                .execute(params![seq, text])?;
            taken.new.push(seq);
        }
    }
    for entry in &page.settled {
        c.prepare_cached("DELETE FROM log_gap WHERE site = ?1 AND entry_id = ?2")?
            .execute(params![site, entry])?;
    }
    for (entry, until) in &page.missing {
        c.prepare_cached("INSERT OR IGNORE INTO log_gap (site, entry_id, until) VALUES (?1, ?2, ?3)")?
            .execute(params![site, entry, micros(*until)])?;
    }
    if let Some(position) = page.position {
        c.prepare_cached(
            "INSERT INTO log_position (site, entry_id, first_id, at, read_at) VALUES (?1, ?2, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET entry_id = max(entry_id, ?2), at = iif(?2 >= entry_id, ?3, at), read_at = ?4",
        )?
        .execute(params![
            site,
            position.entry,
            position.at.map(micros),
            micros(page.received_at)
        ])?;
        c.prepare_cached("DELETE FROM reread WHERE site = ?1")?
            .execute([site])?;
    }
    let touched = Touched {
        events: taken.new.clone(),
        overview: false,
        work: !taken.new.is_empty(),
    };
    Ok((taken, touched))
}

impl Reader {
    /// How far a site's log has been read; none before the first reading.
    pub fn log_position(&self, site: &SiteName) -> Result<Option<LogPosition>, JournalError> {
        let c = self.connection()?;
        let found: Option<(i64, Option<i64>)> = c
            .prepare_cached("SELECT entry_id, at FROM log_position WHERE site = ?1")?
            .query_row([site.as_str()], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        found
            .map(|(entry, at)| {
                Ok(LogPosition {
                    entry,
                    at: at.map(time).transpose()?,
                })
            })
            .transpose()
    }

    /// From when on a site's log is to be read again, and from which number at the earliest; none: it need not be.
    pub fn reread(&self, site: &SiteName) -> Result<Option<(Timestamp, i64)>, JournalError> {
        let c = self.connection()?;
        c.prepare_cached("SELECT since, first_id FROM reread WHERE site = ?1")?
            .query_row([site.as_str()], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?
            .map(|(since, first)| Ok((time(since)?, first)))
            .transpose()
    }

    /// Where the reading of a site's log began; none before the first reading.
    pub fn log_begun(&self, site: &SiteName) -> Result<Option<i64>, JournalError> {
        let c = self.connection()?;
        Ok(c.prepare_cached("SELECT first_id FROM log_position WHERE site = ?1")?
            .query_row([site.as_str()], |r| r.get(0))
            .optional()?)
    }

    /// The numbers of a site's log that are waited for, and until when, in their order.
    pub fn log_gaps(&self, site: &SiteName) -> Result<Vec<(i64, Timestamp)>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached("SELECT entry_id, until FROM log_gap WHERE site = ?1 ORDER BY entry_id")?;
        q.query_and_then([site.as_str()], |r| Ok((r.get(0)?, time(r.get(1)?)?)))?
            .collect()
    }

    /// Of these event log entries, those that the journal has an event of, with the event's number and the hook it came by.
    pub fn entries(
        &self,
        site: &SiteName,
        entries: impl IntoIterator<Item = i64>,
    ) -> Result<Vec<(i64, i64, Option<HookName>)>, JournalError> {
        let c = self.connection()?;
        let mut look = c.prepare_cached("SELECT seq, hook FROM event WHERE site = ?1 AND key = 'log:' || ?2")?;
        let mut known = Vec::new();
        for entry in entries {
            let found: Option<(i64, Option<String>)> = look
                .query_row(params![site.as_str(), entry], |r| Ok((r.get(0)?, r.get(1)?)))
                .optional()?;
            known.extend(found.map(|(seq, hook)| (entry, seq, hook.map(HookName::from))));
        }
        Ok(known)
    }

    /// The number of the newest event that a site has told, by its own count.
    pub fn newest_entry(&self, site: &SiteName) -> Result<Option<i64>, JournalError> {
        let c = self.connection()?;
        Ok(c.query_row(
            "SELECT max(entry_id) FROM (
                 SELECT entry_id FROM event WHERE site = ?1 UNION ALL SELECT entry_id FROM log_position WHERE site = ?1)",
            [site.as_str()],
            |r| r.get(0),
        )?)
    }

    /// The bytes that an event came in, as received, and its place in them: its delivery, or its row of the log. Of a replay,
    /// those of the event that it replays.
    pub fn received_of(&self, seq: i64) -> Result<Option<(Vec<u8>, usize)>, JournalError> {
        let seq = self.original_of(seq)?;
        if let Some((_, body, place)) = self.delivery_of(seq)? {
            return Ok(Some((body, place)));
        }
        let c = self.connection()?;
        Ok(self.unpacked.log_row(&c, seq)?.map(|row| (row, 0)))
    }

    /// A site's events that are still to be decided or whose changes are still open, in the order of the site's own numbers;
    /// those without one come first. Without those in `held`, and none above `up_to`, where that is given.
    pub(crate) fn waiting_seqs(
        c: &Connection,
        site: &SiteName,
        held: &HashSet<i64>,
        up_to: Option<i64>,
        limit: usize,
    ) -> Result<Vec<i64>, JournalError> {
        let mut q = c.prepare_cached(
            "SELECT seq FROM event WHERE outcome = 'waiting' AND site = ?1
               AND (?2 IS NULL OR entry_id IS NULL OR entry_id <= ?2) ORDER BY entry_id, seq",
        )?;
        let mut rows = q.query(params![site.as_str(), up_to])?;
        let mut seqs = Vec::with_capacity(limit);
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            if !held.contains(&seq) {
                seqs.push(seq);
                if seqs.len() == limit {
                    break;
                }
            }
        }
        Ok(seqs)
    }
}
