//! Taking back what was written, and knowing our own writes when the site tells them.

use callboard_model::{Change, ChangeState, EntityKey, SiteName, StatusCode};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::read::LaterWord;
use crate::rows::{self, CHANGE, EVENT, micros};
use crate::{Journal, JournalError, Reader, Touched};

/// What of ours an event is the echo of.
#[derive(Clone, Debug)]
pub enum Echo {
    /// Of the writing of a change.
    Write(Change),
    /// Of the taking back of one.
    Undo(Change),
}

/// A change of which one asks by its number.
#[derive(Clone, Debug)]
pub struct Written {
    /// The site.
    pub site: SiteName,
    /// The event that it follows from.
    pub event_seq: i64,
    /// The change.
    pub change: Change,
    /// Whether taking it back was begun, and how that ended is not known: the site may have taken it.
    pub undoing: bool,
}

impl Journal {
    /// Notes that a change is being taken back, before the site hears of it. `said` will stand on it as a sentence. Answers whether it is one
    /// that was written.
    pub async fn begin_undo(&self, change: i64, said: String, at: Timestamp) -> Result<bool, JournalError> {
        self.writer
            .run(move |c| {
                let begun = c
                    .prepare_cached(
                        "UPDATE change SET undoing = ?2, undoing_at = ?3 WHERE id = ?1 AND state IN ('applied', 'confirmed')",
                    )?
                    .execute(params![change, said, micros(at)])?;
                Ok((begun > 0, Touched::nothing()))
            })
            .await
    }

    /// Says how taking a change back ended: it is undone, or it stands as before.
    pub async fn end_undo(&self, change: i64, undone: bool, at: Timestamp) -> Result<(), JournalError> {
        let sql = if undone {
            "UPDATE change SET state = 'undone', reason = undoing, settled_at = ?2
             WHERE id = ?1 AND undoing IS NOT NULL AND state IN ('applied', 'confirmed')
             RETURNING (SELECT event_seq FROM cascade WHERE seq = cascade_seq)"
        } else {
            "UPDATE change SET undoing = NULL, undoing_at = NULL WHERE id = ?1 AND state <> 'undone' AND ?2 IS NOT NULL
             RETURNING (SELECT event_seq FROM cascade WHERE seq = cascade_seq)"
        };
        self.writer
            .run(move |c| {
                let event: Option<i64> = c
                    .prepare_cached(sql)?
                    .query_row(params![change, micros(at)], |r| r.get(0))
                    .optional()?;
                let touched = Touched {
                    events: event.into_iter().collect(),
                    overview: undone,
                    work: false,
                };
                Ok(((), touched))
            })
            .await
    }
}

impl Reader {
    /// A change by its number.
    pub fn change(&self, id: i64) -> Result<Option<Written>, JournalError> {
        let c = self.connection()?;
        let mut found = c.prepare_cached(&format!("SELECT {CHANGE} WHERE c.id = ?1"))?;
        let mut found = found.query([id])?;
        let Some(row) = found.next()? else { return Ok(None) };
        let change = rows::change(row)?;
        Ok(Some(Written {
            site: rows::text(row, 17)?.into(),
            event_seq: c
                .prepare_cached("SELECT event_seq FROM cascade WHERE seq = ?1")?
                .query_row([row.get::<_, i64>(18)?], |r| r.get(0))?,
            undoing: row.get::<_, bool>(19)? && change.state != ChangeState::Undone,
            change,
        }))
    }

    /// The newest of our own writes that set an entity's status, or a field of it, to what `is_it` says: what an event of our
    /// account is the echo of. Settled before `since`, it is too old for that.
    pub fn echo_of(
        &self,
        site: &SiteName,
        (entity, field): (&EntityKey, Option<&str>),
        is_it: impl Fn(Option<&StatusCode>) -> bool,
        since: Timestamp,
    ) -> Result<Option<Echo>, JournalError> {
        let c = self.connection()?;
        // What was taken back has two echoes, and both may be late.
        let mut found = c.prepare_cached(&format!(
            "SELECT {CHANGE} WHERE c.site = ?1 AND c.entity_type = ?2 AND c.entity_id = ?3 AND c.field IS ?5
               AND (c.state IN ('planned', 'applied') OR c.undoing_at >= ?4
                    OR c.state IN ('confirmed', 'undone') AND c.settled_at >= ?4) ORDER BY c.id DESC"
        ))?;
        let mut found = found.query(params![
            site.as_str(),
            entity.kind.as_str(),
            entity.id.to_string(),
            micros(since),
            field
        ])?;
        while let Some(row) = found.next()? {
            let change = rows::change(row)?;
            if is_it(change.to.as_ref()) {
                return Ok(Some(Echo::Write(change)));
            }
            if row.get(19)? && is_it(change.from.as_ref()) {
                return Ok(Some(Echo::Undo(change)));
            }
        }
        Ok(None)
    }

    /// Whether a status or field that we wrote was set again since, by a person or for a later event, be it to the same value.
    pub fn set_since(&self, written: &Written, me: Option<&EntityKey>) -> Result<Option<LaterWord>, JournalError> {
        let c = self.connection()?;
        let Change { id, entity, field, .. } = &written.change;
        let (site, kind, of) = (
            written.site.as_str(),
            entity.key.kind.as_str(),
            entity.key.id.to_string(),
        );
        let by_us: Option<i64> = c
            .prepare_cached(
                "SELECT settled_at FROM change WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3 AND field IS ?4 AND id > ?5
                   AND state IN ('applied', 'confirmed') ORDER BY id DESC LIMIT 1",
            )?
            .query_row(params![site, kind, of, field, id], |r| r.get(0))
            .optional()?;
        if let Some(at) = by_us {
            let at = rows::time(at)?;
            return Ok(Some(LaterWord { who: None, at }));
        }
        // Our write stands in the site's log as its echo; while that has not come, what came in after the write counts.
        let by_somebody = c
            .prepare_cached(&format!(
                "WITH echo (entry) AS (
                     SELECT max(entry_id) FROM event WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3 AND outcome = 'echo'
                       AND iif(?4 IS NULL, is_status, field = ?4) AND received_at >= ?5)
                 SELECT {EVENT} WHERE e.site = ?1 AND e.entity_type = ?2 AND e.entity_id = ?3
                   AND iif(?4 IS NULL, e.is_status, e.field = ?4) AND e.operation = 'update' AND NOT e.in_create
                   AND e.outcome <> 'echo' AND e.road <> 'hand' AND NOT (e.actor_type IS ?7 AND e.actor_id IS ?8)
                   AND iif((SELECT entry FROM echo) IS NULL, e.received_at > ?6, e.entry_id > (SELECT entry FROM echo))
                 ORDER BY e.seq DESC LIMIT 1"
            ))?
            .query_row(
                params![
                    site,
                    kind,
                    of,
                    field,
                    micros(written.change.planned_at),
                    micros(written.change.settled_at),
                    me.map(|m| m.kind.as_str()),
                    me.map(|m| m.id.to_string())
                ],
                |r| Ok(rows::event(r)),
            )
            .optional()?
            .transpose()?;
        Ok(by_somebody.map(|stored| LaterWord {
            who: stored.event.actor.and_then(|a| a.entity.name),
            at: stored.event.occurred_at.unwrap_or(stored.received_at),
        }))
    }
}
