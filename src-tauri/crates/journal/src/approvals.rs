//! The inbox: changes of sites that ask first, until a person has accepted or declined them.

use callboard_model::{EntityKey, EntityRef, Skip, StatusCode};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::rows::{actor_of, key, maybe, micros, reference, text, time};
use crate::{Journal, JournalError, NewChange, Reader, Touched, WaitingChange};

/// What stands on a change whose place in the inbox a later one took.
const PASSED_OVER: &str = "A later change took its place before anybody accepted it";

/// What stands on a change whose cause was declined.
const CAUSE_DECLINED: &str = "What it follows from was declined";

/// A later change of the same status or field that stands, or waits, beside `change`. Later is what the site's log says, because
/// deliveries may overtake each other.
const LATER: &str = "
    EXISTS (SELECT 1 FROM change l
      JOIN cascade their_cascade ON their_cascade.seq = l.cascade_seq JOIN event theirs ON theirs.seq = their_cascade.event_seq
      JOIN cascade own_cascade ON own_cascade.seq = change.cascade_seq JOIN event own ON own.seq = own_cascade.event_seq
    WHERE l.site = change.site AND l.entity_type = change.entity_type AND l.entity_id = change.entity_id
      AND l.field IS change.field AND l.cascade_seq <> change.cascade_seq
      AND iif(theirs.entry_id <> own.entry_id, theirs.entry_id > own.entry_id, l.id > change.id)
      AND (l.skip IN ('asks', 'already_there') OR l.state IN ('planned', 'applied', 'confirmed')))";

impl Journal {
    /// Has changes of the inbox written, with those that they follow from, and their events wait again. Where a later one
    /// stands by now, they are passed over instead. Answers how many are to be written.
    pub async fn accept_changes(&self, changes: Vec<i64>, by: String, at: Timestamp) -> Result<u64, JournalError> {
        self.writer.run(move |c| accept(c, &changes, &by, at)).await
    }

    /// Takes changes out of the inbox for good, for the reason that `said` gives as a sentence, and what follows from them.
    /// Answers how many were declined.
    pub async fn decline_changes(&self, changes: Vec<i64>, said: String, at: Timestamp) -> Result<u64, JournalError> {
        self.writer.run(move |c| decline(c, &changes, &said, at)).await
    }
}

impl Reader {
    /// What waits for a person, by event, causes before what follows from them.
    pub fn inbox(&self) -> Result<Vec<WaitingChange>, JournalError> {
        let c = self.connection()?;
        c.prepare_cached(
            "SELECT c.id, e.seq, c.site, c.entity_type, c.entity_id, n.name, n.parent_type, n.parent_id, o.name, c.field,
                c.from_code, c.to_code, c.rule, c.rule_name, p.id, e.actor_kind, e.actor_type, e.actor_id, a.name,
                coalesce(e.occurred_at, e.received_at)
             FROM change c
             JOIN cascade k ON k.seq = c.cascade_seq
             JOIN event e ON e.seq = k.event_seq
             LEFT JOIN change p ON p.id = c.parent AND p.skip = 'asks'
             LEFT JOIN entity n ON n.site = c.site AND n.entity_type = c.entity_type AND n.entity_id = c.entity_id
             LEFT JOIN entity o ON o.site = c.site AND o.entity_type = n.parent_type AND o.entity_id = n.parent_id
             LEFT JOIN entity a ON a.site = e.site AND a.entity_type = e.actor_type AND a.entity_id = e.actor_id
             WHERE c.skip = 'asks' ORDER BY e.seq, c.id",
        )?
        .query_and_then([], waiting)?
        .collect()
    }

    /// How many changes wait for a person.
    pub fn waiting_for_a_person(&self) -> Result<u32, JournalError> {
        let c = self.connection()?;
        Ok(c.prepare_cached("SELECT count(*) FROM change WHERE skip = 'asks'")?
            .query_row([], |r| r.get(0))?)
    }
}

fn waiting(row: &Row<'_>) -> Result<WaitingChange, JournalError> {
    let actor = reference(maybe(row, 16)?, maybe(row, 17)?, row.get(18)?);
    Ok(WaitingChange {
        change: row.get(0)?,
        seq: row.get(1)?,
        site: text(row, 2)?.into(),
        entity: EntityRef {
            key: key(text(row, 3)?, text(row, 4)?),
            name: row.get(5)?,
        },
        parent: reference(maybe(row, 6)?, maybe(row, 7)?, row.get(8)?),
        field: row.get(9)?,
        from: maybe(row, 10)?.map(StatusCode::from),
        to: maybe(row, 11)?.map(StatusCode::from),
        rule: text(row, 12)?.into(),
        rule_name: row.get(13)?,
        follows_from: row.get(14)?,
        actor: actor_of(maybe(row, 15)?, actor)?,
        at: time(row.get(19)?)?,
    })
}

/// Takes out of the inbox what `new` replaces, and `new` itself where a later one is there already. Answers their events.
pub(crate) fn pass_over(c: &Connection, site: &str, new: &NewChange, at: Timestamp) -> Result<Vec<i64>, JournalError> {
    let stands = match new.skip {
        None => new.state.is_open(),
        Some(skip) => matches!(skip, Skip::Asks | Skip::AlreadyThere),
    };
    if !stands {
        return Ok(Vec::new());
    }
    pass_over_at(c, site, (&new.entity.key, new.field.as_deref()), at)
}

fn pass_over_at(
    c: &Connection,
    site: &str,
    (entity, field): (&EntityKey, Option<&str>),
    at: Timestamp,
) -> Result<Vec<i64>, JournalError> {
    c.prepare_cached(&format!(
        "UPDATE change SET skip = 'replaced', reason = ?5, settled_at = ?6
         WHERE skip = 'asks' AND site = ?1 AND entity_type = ?2 AND entity_id = ?3 AND field IS ?4 AND {LATER}
         RETURNING (SELECT event_seq FROM cascade WHERE seq = cascade_seq)"
    ))?
    .query_and_then(
        params![
            site,
            entity.kind.as_str(),
            entity.id.to_string(),
            field,
            PASSED_OVER,
            micros(at)
        ],
        |r| Ok(r.get(0)?),
    )?
    .collect()
}

fn accept(c: &Connection, changes: &[i64], by: &str, at: Timestamp) -> Result<(u64, Touched), JournalError> {
    const WANTED: &str = "WITH RECURSIVE wanted (id) AS (
        SELECT id FROM change WHERE skip = 'asks' AND id IN (SELECT value FROM json_each(?1))
        UNION SELECT c.parent FROM change c JOIN wanted w ON w.id = c.id WHERE c.parent IS NOT NULL)";
    let wanted = serde_json::to_string(changes)?;
    let mut passed_over = c.prepare_cached(&format!(
        "{WANTED} UPDATE change SET skip = 'replaced', reason = ?2, settled_at = ?3
         WHERE skip = 'asks' AND id IN (SELECT id FROM wanted) AND {LATER}
         RETURNING (SELECT event_seq FROM cascade WHERE seq = cascade_seq)"
    ))?;
    let passed_over = passed_over
        .query_map(params![wanted, PASSED_OVER, micros(at)], |r| r.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    let mut reopened = c.prepare_cached(&format!(
        "{WANTED} UPDATE change SET state = 'planned', skip = NULL, reason = NULL, settled_at = ?2, accepted_by = ?3
         WHERE skip = 'asks' AND id IN (SELECT id FROM wanted)
         RETURNING (SELECT event_seq FROM cascade WHERE seq = cascade_seq)"
    ))?;
    let mut events = reopened
        .query_map(params![wanted, micros(at), by], |r| r.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    let number = events.len() as u64;
    events.sort_unstable();
    events.dedup();
    let mut wait = c.prepare_cached("UPDATE event SET outcome = 'waiting', why = NULL WHERE seq = ?1")?;
    for event in &events {
        wait.execute([event])?;
    }
    let touched = Touched {
        work: !events.is_empty(),
        overview: true,
        events: events.into_iter().chain(passed_over).collect(),
    };
    Ok((number, touched))
}

fn decline(c: &Connection, changes: &[i64], said: &str, at: Timestamp) -> Result<(u64, Touched), JournalError> {
    let mut declined = c.prepare_cached(
        "UPDATE change SET skip = 'declined', reason = ?2, settled_at = ?3
         WHERE skip = 'asks' AND id IN (SELECT value FROM json_each(?1))
         RETURNING id, (SELECT event_seq FROM cascade WHERE seq = cascade_seq)",
    )?;
    let declined = declined
        .query_map(params![serde_json::to_string(changes)?, said, micros(at)], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })?
        .collect::<Result<Vec<(i64, i64)>, _>>()?;
    let (ids, events): (Vec<i64>, Vec<i64>) = declined.into_iter().unzip();
    c.prepare_cached(
        "WITH RECURSIVE beneath (id) AS (
             SELECT value FROM json_each(?1)
             UNION SELECT c.id FROM beneath b
               JOIN change p ON p.id = b.id
               JOIN change c ON c.cascade_seq = p.cascade_seq AND c.parent = p.id)
         UPDATE change SET skip = 'cause_lost', reason = ?2, settled_at = ?3
         WHERE skip = 'asks' AND id IN (SELECT id FROM beneath)",
    )?
    .execute(params![serde_json::to_string(&ids)?, CAUSE_DECLINED, micros(at)])?;
    let touched = Touched {
        events,
        overview: true,
        work: false,
    };
    Ok((ids.len() as u64, touched))
}
