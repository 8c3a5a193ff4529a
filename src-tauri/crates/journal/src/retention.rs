//! Letting old events go, with all that hangs on them. Everything that deletes history stands here.

use callboard_model::SiteName;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::rows::micros;
use crate::{Journal, JournalError, Reader, Touched, pack};

/// The oldest events that may go. Both times must be old, so that a clock that was wrong for an hour makes nothing old.
///
/// What stays: what waits, and from what something is still to be handed over to another site; what else there is of its entity, by
/// which it is decided; what has a change of a status or field of which one is still to be written, accepted, resumed or taken back;
/// what has a number that its site's log had not come to an hour later: as the mark of what has gone, it would have all that is to come
/// taken for old. The newest event, cascade and change stay too: numbers are never used again, because windows and followers know rows
/// by them.
const OLDEST: &str = "
    SELECT e.seq FROM event e
    WHERE e.received_at < ?1 AND coalesce(e.occurred_at, e.received_at) < ?1 AND e.outcome <> 'waiting'
      AND e.seq < (SELECT max(seq) FROM event)
      AND NOT EXISTS (
          SELECT 1 FROM log_position p
          WHERE p.site = e.site AND p.entry_id < e.entry_id AND p.read_at > e.received_at + 3600000000)
      AND (e.entity_type IS NULL OR e.entity_id IS NULL OR (e.site, e.entity_type, e.entity_id) NOT IN (
          SELECT site, entity_type, entity_id FROM event
          WHERE outcome = 'waiting' AND entity_type IS NOT NULL AND entity_id IS NOT NULL))
      AND NOT EXISTS (
          SELECT 1 FROM cascade k LEFT JOIN change c ON c.cascade_seq = k.seq
          WHERE k.event_seq = e.seq AND (k.seq = (SELECT max(seq) FROM cascade) OR c.id = (SELECT max(id) FROM change)))
      AND NOT EXISTS (
          SELECT 1 FROM cascade k JOIN carry y ON y.cascade_seq = k.seq WHERE k.event_seq = e.seq AND y.state = 'planned')
      AND NOT EXISTS (
          SELECT 1 FROM cascade k
          JOIN change c ON c.cascade_seq = k.seq
          JOIN change o ON o.site = c.site AND o.entity_type = c.entity_type AND o.entity_id = c.entity_id AND o.field IS c.field
          WHERE k.event_seq = e.seq AND (
              o.state IN ('planned', 'applied')
              OR o.skip = 'asks'
              OR o.skip = 'paused' AND o.pause IN (SELECT id FROM pause WHERE ended_at IS NULL)
              OR o.undoing IS NOT NULL AND o.state <> 'undone'))
    ORDER BY e.received_at, e.seq LIMIT ?2";

/// Why nothing comes of an event whose number is at or below one that was let go.
pub(crate) const LONG_AGO: &str = "It is as old as events that are no longer kept. Whether it was acted on then is not known any more, so \
                                   it is only shown. Replay it if something should have followed";

/// Pages that are given back in one step.
const PAGES: u32 = 500;

impl Journal {
    /// Lets the oldest events go that were received and happened before a time, at most so many, with their deliveries, rows of the
    /// log, cascades and changes. Answers how many went: fewer than asked for when no more may go. All of a call goes, or nothing.
    pub async fn let_go(&self, before: Timestamp, most: u32) -> Result<u32, JournalError> {
        let gone = self
            .writer
            .run(move |c| Ok((let_go(c, before, most)?, Touched::nothing())))
            .await;
        // The numbers of deliveries that went may be given anew.
        self.reader().unpacked.forget();
        gone
    }

    /// Gives some of the file's free pages back to the disk. Answers whether there are more. A file that was made by an older version
    /// keeps its size, and fills its free pages first.
    pub async fn give_back(&self) -> Result<bool, JournalError> {
        self.writer
            .run(move |c| {
                let free = |c: &Connection| c.query_row("PRAGMA freelist_count", [], |r| r.get::<_, i64>(0));
                let before = free(c)?;
                if before == 0 {
                    return Ok((false, Touched::nothing()));
                }
                // Each step of the statement frees a page.
                let mut vacuum = c.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
                let mut steps = vacuum.query([])?;
                while steps.next()?.is_some() {}
                let after = free(c)?;
                Ok((0 < after && after < before, Touched::nothing()))
            })
            .await
    }
}

impl Reader {
    /// How much of the journal's file is in use, in bytes: without pages that are free.
    pub fn size(&self) -> Result<u64, JournalError> {
        let c = self.connection()?;
        let of = |pragma: &str| c.query_row(&format!("PRAGMA {pragma}"), [], |r| r.get::<_, u64>(0));
        Ok(of("page_count")?.saturating_sub(of("freelist_count")?) * of("page_size")?)
    }
}

fn let_go(c: &Connection, before: Timestamp, most: u32) -> Result<u32, JournalError> {
    let list = |sql: &str, with: &[&dyn rusqlite::ToSql]| {
        let mut q = c.prepare_cached(sql)?;
        let rows = q.query_and_then(with, |r| r.get::<_, i64>(0))?;
        rows.collect::<Result<Vec<i64>, rusqlite::Error>>()
    };
    let seqs = list(OLDEST, &[&micros(before), &most])?;
    if seqs.is_empty() {
        return Ok(0);
    }
    let events = serde_json::to_string(&seqs)?;
    let deliveries = list(
        "SELECT DISTINCT delivery_seq FROM event
         WHERE delivery_seq IS NOT NULL AND seq IN (SELECT value FROM json_each(?1))",
        &[&events],
    )?;
    c.prepare_cached(
        "INSERT INTO let_go (site, entry_id)
         SELECT site, max(entry_id) FROM event
         WHERE entry_id IS NOT NULL AND seq IN (SELECT value FROM json_each(?1)) GROUP BY site
         ON CONFLICT DO UPDATE SET entry_id = max(entry_id, excluded.entry_id)",
    )?
    .execute([&events])?;
    for sql in [
        "DELETE FROM carry WHERE cascade_seq IN
            (SELECT seq FROM cascade WHERE event_seq IN (SELECT value FROM json_each(?1)))",
        "DELETE FROM change WHERE cascade_seq IN
            (SELECT seq FROM cascade WHERE event_seq IN (SELECT value FROM json_each(?1)))",
        "DELETE FROM cascade WHERE event_seq IN (SELECT value FROM json_each(?1))",
        "DELETE FROM log_row WHERE event_seq IN (SELECT value FROM json_each(?1))",
        "DELETE FROM event WHERE seq IN (SELECT value FROM json_each(?1))",
        // An issue stays, and no longer leads to an event that is gone.
        "UPDATE issue SET place = NULL
         WHERE place ->> 'place' = 'event' AND place ->> 'seq' IN (SELECT value FROM json_each(?1))",
    ] {
        c.prepare_cached(sql)?.execute([&events])?;
    }
    let deliveries = serde_json::to_string(&deliveries)?;
    // A delivery goes with the last of its events.
    c.prepare_cached(
        "DELETE FROM delivery WHERE seq IN (SELECT value FROM json_each(?1))
           AND NOT EXISTS (SELECT 1 FROM event WHERE delivery_seq = delivery.seq)",
    )?
    .execute([&deliveries])?;
    pack::let_go(c, &deliveries, &events)?;
    Ok(u32::try_from(seqs.len()).unwrap_or(u32::MAX))
}

/// Whether an event with this number of its site's log is at or below what was let go. It is not here, so it was, or is older than
/// what is kept: either way it is not acted on. The once-promise holds although its key is gone.
pub(crate) fn was_let_go(c: &Connection, site: &SiteName, entry: i64) -> Result<bool, JournalError> {
    let found: Option<bool> = c
        .prepare_cached("SELECT entry_id >= ?2 FROM let_go WHERE site = ?1")?
        .query_row(params![site.as_str(), entry], |r| r.get(0))
        .optional()?;
    Ok(found.unwrap_or(false))
}
