//! The red pause: a person stops all writing, and what was held back meanwhile is written after all, or not.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::rows::{micros, time};
use crate::{Journal, JournalError, Pause, Reader, Resumed, Touched};

/// What stands on a held change that is not written at the end of its pause.
const PASSED_OVER: &str = "A later change of the same pause took its place";

impl Journal {
    /// Stops all writing, until [`Self::resume`]. Answers whether it was not stopped already; a pause that holds stays as it
    /// is, but takes a reason that is given afterwards. Changes skipped as [`Paused`](callboard_model::Skip::Paused) from now on are held by it.
    pub async fn pause(&self, by: String, why: Option<String>, at: Timestamp) -> Result<bool, JournalError> {
        self.writer
            .run(move |c| {
                let newly = c.execute(
                    "INSERT INTO pause (by, why, since) SELECT ?1, ?2, ?3
                     WHERE NOT EXISTS (SELECT 1 FROM pause WHERE ended_at IS NULL)",
                    params![by, why, micros(at)],
                )? > 0;
                let said = !newly
                    && why.is_some()
                    && c.execute(
                        "UPDATE pause SET why = ?1 WHERE ended_at IS NULL AND why IS NOT ?1",
                        [&why],
                    )? > 0;
                let touched = if newly || said {
                    Touched::overview()
                } else {
                    Touched::nothing()
                };
                Ok((newly, touched))
            })
            .await
    }

    /// Ends the pause. With `write_held`, the last change that it held for each status or field is to be written after all, and its
    /// event waits again; unless a later one found the entity where it wanted it. Without, they stay skipped.
    pub async fn resume(&self, at: Timestamp, write_held: bool) -> Result<Resumed, JournalError> {
        self.writer.run(move |c| resume(c, at, write_held)).await
    }
}

impl Reader {
    /// The pause that holds, when one does.
    pub fn paused(&self) -> Result<Option<Pause>, JournalError> {
        let c = self.connection()?;
        c.prepare_cached(
            "SELECT by, why, since, (SELECT count(*) FROM change WHERE pause = p.id AND skip = 'paused')
             FROM pause p WHERE ended_at IS NULL",
        )?
        .query_and_then([], |r| {
            Ok(Pause {
                by: r.get(0)?,
                why: r.get(1)?,
                since: time(r.get(2)?)?,
                held: r.get(3)?,
            })
        })?
        .next()
        .transpose()
    }
}

fn resume(c: &Connection, at: Timestamp, write_held: bool) -> Result<(Resumed, Touched), JournalError> {
    let ended: Option<i64> = c
        .prepare_cached("UPDATE pause SET ended_at = ?1, write_held = ?2 WHERE ended_at IS NULL RETURNING id")?
        .query_row(params![micros(at), write_held], |r| r.get(0))
        .optional()?;
    let Some(pause) = ended.filter(|_| write_held) else {
        let touched = ended.map_or_else(Touched::nothing, |_| Touched::overview());
        return Ok((Resumed::default(), touched));
    };
    // Reopening one leaves those before it for the same entity with a later one all the same. Later is what the site's log
    // says, because deliveries may overtake each other.
    let mut reopened = c.prepare_cached(
        "WITH said (cascade_seq, entry) AS (SELECT k.seq, e.entry_id FROM cascade k JOIN event e ON e.seq = k.event_seq)
         UPDATE change SET state = 'planned', skip = NULL, reason = NULL, settled_at = ?2, pause = NULL
         WHERE pause = ?1 AND skip = 'paused' AND NOT EXISTS (
             SELECT 1 FROM change l
               JOIN said theirs ON theirs.cascade_seq = l.cascade_seq
               JOIN said own ON own.cascade_seq = change.cascade_seq
             WHERE l.site = change.site AND l.entity_type = change.entity_type AND l.entity_id = change.entity_id
               AND l.field IS change.field
               AND iif(theirs.entry <> own.entry, theirs.entry > own.entry, l.id > change.id)
               AND (l.pause = ?1 AND l.skip = 'paused' OR l.skip = 'already_there'
                    OR l.state IN ('planned', 'applied', 'confirmed')))
         RETURNING (SELECT event_seq FROM cascade WHERE seq = cascade_seq)",
    )?;
    let mut events: Vec<i64> = reopened
        .query_map(params![pause, micros(at)], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    let mut passed_over = c.prepare_cached(
        "UPDATE change SET reason = ?2 WHERE pause = ?1 AND skip = 'paused'
         RETURNING (SELECT event_seq FROM cascade WHERE seq = cascade_seq)",
    )?;
    let passed_over: Vec<i64> = passed_over
        .query_map(params![pause, PASSED_OVER], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    let number = events.len() as u64;
    events.sort_unstable();
    events.dedup();
    let mut wait = c.prepare_cached("UPDATE event SET outcome = 'waiting', why = NULL WHERE seq = ?1")?;
    for event in &events {
        wait.execute([event])?;
    }
    let touched = Touched {
        events: events.iter().copied().chain(passed_over).collect(),
        overview: true,
        work: !events.is_empty(),
    };
    let resumed = Resumed {
        reopened: number,
        events,
    };
    Ok((resumed, touched))
}
