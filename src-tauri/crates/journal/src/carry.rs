//! What rules hand over to other sites: kept with the cascade that it belongs to, until it has arrived there or cannot.

use callboard_model::{Carried, Cause, Change, EntityRef, Event, StatusCode};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::rows::{self, CHANGE, EVENT, from_word, micros, time};
use crate::write::{Came, insert_event};
use crate::{CarryState, CarryView, Journal, JournalError, Outcome, Reader, Touched};

/// Something to hand over to another site.
#[derive(Clone, Debug)]
pub struct NewCarry {
    /// What, and where to.
    pub carried: Carried,
    /// The rule's name now.
    pub rule_name: String,
    /// Why it cannot be handed over, where that is clear from the start.
    pub reason: Option<String>,
}

/// Something that is still to be handed over.
#[derive(Clone, Debug)]
pub struct OpenCarry {
    /// What, and where to.
    pub carry: CarryView,
    /// The event that it comes from, by its number.
    pub seq: i64,
    /// That event.
    pub event: Event,
    /// The change that it hangs beneath; none: the event.
    pub parent: Option<Change>,
}

/// An event that another site hands over: how it is shown where it comes from.
#[derive(Clone, Debug)]
pub struct Arriving {
    /// The event, with the entity that was found.
    pub event: Event,
    /// Who hands it over.
    pub entered_by: String,
    /// What it comes from.
    pub source: String,
}

impl Journal {
    /// Takes what was handed over as an event of the other site that waits, and says so where it came from, in one transaction.
    /// Answers the event's number; taken once, it is answered again.
    pub async fn carry_arrives(&self, id: i64, arriving: Arriving, at: Timestamp) -> Result<i64, JournalError> {
        self.writer.run(move |c| arrive(c, id, &arriving, at)).await
    }

    /// Says why something is not handed over, and that it will not be. Does nothing to what was handed over meanwhile.
    pub async fn carry_ends(
        &self,
        id: i64,
        state: CarryState,
        reason: String,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.prepare_cached(
                    "UPDATE carry SET state = ?2, reason = ?3, settled_at = ?4 WHERE id = ?1 AND state = 'planned'",
                )?
                .execute(params![id, state.as_str(), reason, micros(at)])?;
                let event = event_of(c, id)?;
                if state == CarryState::Failed {
                    c.prepare_cached("UPDATE event SET outcome = 'failed' WHERE seq = ?1 AND outcome <> 'waiting'")?
                        .execute([event])?;
                }
                Ok(((), Touched::events(vec![event])))
            })
            .await
    }

    /// Says what something that is to be handed over waits for.
    pub async fn carry_waits(&self, id: i64, reason: String) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.prepare_cached("UPDATE carry SET reason = ?2 WHERE id = ?1 AND state = 'planned'")?
                    .execute(params![id, reason])?;
                Ok(((), Touched::events(vec![event_of(c, id)?])))
            })
            .await
    }
}

impl Reader {
    /// What is still to be handed over to a site, in the order in which it was decided. What hangs beneath a change comes when
    /// that change is written, or will not be.
    pub fn open_carries(&self, site: &str, limit: u32) -> Result<Vec<OpenCarry>, JournalError> {
        let c = self.connection()?;
        let mut open = c.prepare_cached(&format!(
            "SELECT {CARRY}, k.event_seq, y.parent
             {FROM} JOIN cascade k ON k.seq = y.cascade_seq LEFT JOIN change c ON c.id = y.parent
             WHERE y.site = ?1 AND y.state = 'planned' AND (y.parent IS NULL OR c.state IN ('confirmed', 'failed', 'undone')
                OR c.state = 'skipped' AND c.skip NOT IN ('paused', 'asks'))
             ORDER BY y.id LIMIT ?2"
        ))?;
        let mut event = c.prepare_cached(&format!("SELECT {EVENT} WHERE e.seq = ?1"))?;
        let mut change = c.prepare_cached(&format!("SELECT {CHANGE} WHERE c.id = ?1"))?;
        let rows = open.query_and_then(params![site, limit], |r| {
            Ok::<_, JournalError>((view(r)?, r.get::<_, i64>(16)?, r.get::<_, Option<i64>>(17)?))
        })?;
        rows.map(|row| {
            let (carry, seq, parent) = row?;
            let parent = match parent {
                Some(id) => change
                    .query_row([id], |r| Ok(rows::change(r)))
                    .optional()?
                    .transpose()?,
                None => None,
            };
            let event = event.query_row([seq], |r| Ok(rows::event(r)))??.event;
            Ok(OpenCarry {
                carry,
                seq,
                event,
                parent,
            })
        })
        .collect()
    }
}

/// The columns of what is handed over, in the order that [`view`] reads. `n` is what moved.
const CARRY: &str = "
    y.id, y.rule, y.rule_name, y.entity_type, y.entity_id, n.name, y.site, y.kind, y.find_by, y.key_field, y.key, y.to_code,
    y.state, y.reason, y.arrived_seq, y.settled_at";
const FROM: &str = "
    FROM carry y
    LEFT JOIN entity n ON n.site = (SELECT e.site FROM cascade s JOIN event e ON e.seq = s.event_seq WHERE s.seq = y.cascade_seq)
       AND n.entity_type = y.entity_type AND n.entity_id = y.entity_id";

fn view(row: &Row<'_>) -> Result<CarryView, JournalError> {
    Ok(CarryView {
        id: row.get(0)?,
        rule: rows::text(row, 1)?.into(),
        rule_name: row.get(2)?,
        entity: EntityRef {
            key: rows::key(rows::text(row, 3)?, rows::text(row, 4)?),
            name: row.get(5)?,
        },
        site: rows::text(row, 6)?.into(),
        kind: rows::text(row, 7)?.into(),
        find_by: row.get(8)?,
        key_field: row.get(9)?,
        key: row.get(10)?,
        to: rows::maybe(row, 11)?.map(Into::into),
        state: from_word(rows::text(row, 12)?)?,
        reason: row.get(13)?,
        event: row.get(14)?,
        settled_at: time(row.get(15)?)?,
        parent: None,
        found: None,
    })
}

/// What an event's rules handed over to other sites, in the order in which it was decided.
pub(crate) fn carried_of(c: &Connection, cascade: i64) -> Result<Vec<CarryView>, JournalError> {
    let mut q = c.prepare_cached(&format!(
        "SELECT {CARRY}, y.parent, y.found_type, y.found_id,
            (SELECT o.name FROM entity o WHERE o.site = y.site AND o.entity_type = y.found_type AND o.entity_id = y.found_id)
         {FROM} WHERE y.cascade_seq = ?1 ORDER BY y.id"
    ))?;
    q.query_and_then([cascade], |r| {
        Ok(CarryView {
            parent: r.get(16)?,
            found: rows::reference(rows::maybe(r, 17)?, rows::maybe(r, 18)?, r.get(19)?),
            ..view(r)?
        })
    })?
    .collect()
}

/// `changes`: the numbers of the cascade's changes, in the order of the plan.
pub(crate) fn insert_carries(
    c: &Connection,
    cascade: i64,
    carries: &[NewCarry],
    changes: &[i64],
    at: Timestamp,
) -> Result<(), JournalError> {
    for NewCarry {
        carried,
        rule_name,
        reason,
    } in carries
    {
        let parent = match carried.cause {
            Cause::Event => None,
            Cause::Change(place) => changes.get(place).copied(),
        };
        let state = match reason {
            Some(_) => CarryState::Failed,
            None => CarryState::Planned,
        };
        c.prepare_cached(
            "INSERT INTO carry (cascade_seq, rule, rule_name, entity_type, entity_id, site, kind, find_by, key_field, key,
                to_code, parent, state, reason, settled_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            cascade,
            carried.rule.as_str(),
            rule_name,
            carried.entity.key.kind.as_str(),
            carried.entity.key.id.to_string(),
            carried.site.as_str(),
            carried.kind.as_str(),
            carried.find_by,
            carried.key_field,
            carried.key,
            carried.to.as_ref().map(StatusCode::as_str),
            parent,
            state.as_str(),
            reason,
            micros(at),
        ])?;
    }
    Ok(())
}

fn event_of(c: &Connection, id: i64) -> Result<i64, JournalError> {
    let event = c
        .prepare_cached("SELECT k.event_seq FROM carry y JOIN cascade k ON k.seq = y.cascade_seq WHERE y.id = ?1")?
        .query_row([id], |r| r.get(0))?;
    Ok(event)
}

fn arrive(c: &Connection, id: i64, arriving: &Arriving, at: Timestamp) -> Result<(i64, Touched), JournalError> {
    let event = &arriving.event;
    let from = event_of(c, id)?;
    let came = Came {
        received_at: at,
        delivery: None,
        place: 0,
        is_status: false,
        by_hand: Some((&arriving.entered_by, &arriving.source)),
    };
    let taken = insert_event(c, event, &came, Outcome::Waiting)?;
    let seq: i64 = match taken {
        Some(seq) => seq,
        None => c
            .prepare_cached("SELECT seq FROM event WHERE site = ?1 AND key = ?2")?
            .query_row([event.site.as_str(), event.key.as_str()], |r| r.get(0))?,
    };
    let found = event.entity.as_ref();
    c.prepare_cached(
        "UPDATE carry SET state = 'carried', reason = NULL, found_type = ?2, found_id = ?3, arrived_seq = ?4, settled_at = ?5
         WHERE id = ?1 AND state = 'planned'",
    )?
    .execute(params![
        id,
        found.map(|e| e.key.kind.as_str()),
        found.map(|e| e.key.id.to_string()),
        seq,
        micros(at)
    ])?;
    // Names are shown, and found, by what is known of them.
    let actor = event.actor.as_ref().map(|actor| &actor.entity);
    for one in found.into_iter().chain(actor).filter(|one| one.name.is_some()) {
        c.prepare_cached(
            "INSERT INTO entity (site, entity_type, entity_id, name) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            event.site.as_str(),
            one.key.kind.as_str(),
            one.key.id.to_string(),
            one.name
        ])?;
    }
    let touched = Touched {
        events: vec![from, seq],
        overview: false,
        work: taken.is_some(),
    };
    Ok((seq, touched))
}
