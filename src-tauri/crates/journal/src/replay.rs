//! History, told again in its order: events with what the rules that were live then made of them.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::ControlFlow;

use callboard_model::{Change, ChangeState, EntityKey, EntityRef, Event, Operation, Road, RuleId, Skip, StatusCode};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Rows};
use serde_json::Value;

use crate::read::{changes_of, stored};
use crate::rows::{self, EVENT, from_word, json, maybe, micros, text, time};
use crate::{JournalError, Outcome, Reader};

/// One event of the past. It borrows from the journal's row, so that a million of them cost little: what a rule is asked by
/// first stands here, the whole event is made by [`Past::to_event`].
pub struct Past<'a> {
    /// Its number.
    pub seq: i64,
    /// The site it happened in.
    pub site: &'a str,
    /// What happened.
    pub operation: Operation,
    /// The type of what it happened to.
    pub entity_type: Option<&'a str>,
    /// The id of it, as text.
    pub entity_id: Option<&'a str>,
    /// The field that changed.
    pub field: Option<&'a str>,
    /// Whether that field is the entity's status.
    pub is_status: bool,
    /// Set while the entity was being made: no change of its own.
    pub in_create: bool,
    /// When it reached us.
    pub received_at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
    /// The delivery it came in, and its place there.
    pub delivery: Option<(i64, usize)>,
    /// The revision that decided, when some rule set looked at it.
    pub revision: Option<i64>,
    /// What that revision made of it, in the order of its plan.
    pub changes: &'a [PastChange],
    old: Option<&'a str>,
    new: Option<&'a str>,
    dropped: bool,
    row: &'a Row<'a>,
    names: &'a Names<'a>,
}

/// A change of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastChange {
    /// Whose status.
    pub entity: EntityKey,
    /// The field that was to be set; none: the status.
    pub field: Option<String>,
    /// What it was when the plan was made.
    pub from: Option<StatusCode>,
    /// What it should be.
    pub to: Option<StatusCode>,
    /// The rule that said so.
    pub rule: RuleId,
    /// How far it came.
    pub state: ChangeState,
    /// Why it was skipped, when it was.
    pub skip: Option<Skip>,
}

/// One event as the journal holds it, with everything beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its number.
    pub seq: i64,
    /// When it reached us.
    pub received_at: Timestamp,
    /// The event.
    pub event: Event,
    /// Whether its field is the entity's status.
    pub is_status: bool,
    /// What came of it.
    pub outcome: Outcome,
    /// The delivery it came in, and its place there.
    pub delivery: Option<(i64, usize)>,
    /// The revision that decided, when some rule set looked at it.
    pub revision: Option<i64>,
    /// What that revision made of it, in the order of its plan.
    pub changes: Vec<Change>,
}

impl Reader {
    /// Tells the events received from `since` on and before `until`, oldest first, until `each` breaks off. Whatever is
    /// written meanwhile does not show.
    pub fn replay(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        each: &mut dyn FnMut(Past<'_>) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let c = self.connection()?;
        // Both scans see the journal as it was at the first.
        let c = c.unchecked_transaction()?;
        let (since, until) = bounds(since, until);
        let (first, last): (Option<i64>, Option<i64>) = c
            .prepare_cached("SELECT min(seq), max(seq) FROM event WHERE received_at >= ?1 AND received_at < ?2")?
            .query_row([since, until], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(());
        };
        let names = Names::of(&c);
        let mut decided = c.prepare_cached(DECIDED)?;
        let mut decided = Decided::new(decided.query([first, last])?)?;
        let mut changes = Vec::new();
        let mut events = c.prepare_cached(PAST)?;
        let mut events = events.query([first, last, since, until])?;
        while let Some(row) = events.next()? {
            let seq = row.get(0)?;
            let revision = decided.take(seq, &mut changes)?;
            if each(past(row, seq, revision, &changes, &names)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// How many events a replay tells.
    pub fn count_events(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> Result<u64, JournalError> {
        let c = self.connection()?;
        let (since, until) = bounds(since, until);
        Ok(
            c.prepare_cached("SELECT count(*) FROM event WHERE received_at >= ?1 AND received_at < ?2")?
                .query_row([since, until], |r| r.get(0))?,
        )
    }

    /// One event, with what became of it.
    pub fn event(&self, seq: i64) -> Result<Option<Recorded>, JournalError> {
        let c = self.connection()?;
        let Some(found) = stored(&c, &format!("SELECT {EVENT} WHERE e.seq = ?1"), [seq.into()])?.pop() else {
            return Ok(None);
        };
        let delivery = c
            .prepare_cached("SELECT delivery_seq, place FROM event WHERE seq = ?1 AND delivery_seq IS NOT NULL")?
            .query_row([seq], |r| Ok((r.get(0)?, r.get::<_, u32>(1)? as usize)))
            .optional()?;
        let revision = c
            .prepare_cached("SELECT revision FROM cascade WHERE event_seq = ?1")?
            .query_row([seq], |r| r.get(0))
            .optional()?;
        Ok(Some(Recorded {
            seq,
            received_at: found.received_at,
            event: found.event,
            is_status: found.is_status,
            outcome: found.outcome,
            delivery,
            revision,
            changes: changes_of(&c, seq)?,
        }))
    }
}

fn bounds(since: Option<Timestamp>, until: Option<Timestamp>) -> (i64, i64) {
    (since.map_or(i64::MIN, micros), until.map_or(i64::MAX, micros))
}

/// In the order that [`past`] and [`Past::to_event`] read. The plus keeps the scan in the order of the numbers.
const PAST: &str = "
    SELECT seq, site, operation, entity_type, entity_id, field, is_status, in_create, received_at, outcome, delivery_seq, place,
        old, new, warning, key, road, hook, entry_id, tracker_id, event_type, actor_kind, actor_type, actor_id, project_type,
        project_id, occurred_at, session_uuid, hook_status, hook_before, note, note_about
    FROM event WHERE seq BETWEEN ?1 AND ?2 AND +received_at >= ?3 AND +received_at < ?4 ORDER BY seq";

fn past<'a>(
    row: &'a Row<'a>,
    seq: i64,
    revision: Option<i64>,
    changes: &'a [PastChange],
    names: &'a Names<'a>,
) -> Result<Past<'a>, JournalError> {
    let delivery = match row.get(10)? {
        Some(delivery) => Some((delivery, row.get::<_, u32>(11)? as usize)),
        None => None,
    };
    Ok(Past {
        seq,
        site: text(row, 1)?,
        operation: from_word(text(row, 2)?)?,
        entity_type: maybe(row, 3)?,
        entity_id: maybe(row, 4)?,
        field: maybe(row, 5)?,
        is_status: row.get(6)?,
        in_create: row.get(7)?,
        received_at: time(row.get(8)?)?,
        outcome: from_word(text(row, 9)?)?,
        delivery,
        revision,
        changes,
        old: maybe(row, 12)?,
        new: maybe(row, 13)?,
        dropped: row.get_ref(14)? != rusqlite::types::ValueRef::Null,
        row,
        names,
    })
}

impl<'a> Past<'a> {
    /// What it happened to.
    #[must_use]
    pub fn entity(&self) -> Option<EntityKey> {
        Some(rows::key(self.entity_type?, self.entity_id?))
    }

    /// The status it was set to, when the event is a status that changed; as [`Event::new_status`].
    pub fn new_status(&self) -> Result<Option<Option<Cow<'a, str>>>, JournalError> {
        let changed = self.is_status && self.operation == Operation::Update && !self.in_create;
        if !changed || (self.new.is_none() && self.dropped) {
            return Ok(None);
        }
        code(self.new).map(Some)
    }

    /// The status it had before, where the event says so; as [`Event::old_status`].
    pub fn old_status(&self) -> Result<Option<Cow<'a, str>>, JournalError> {
        code(self.old)
    }

    /// The event as far as rules look at it: nothing of how it came, and no names but the project's. Much cheaper than the
    /// whole.
    pub fn to_event_for_rules(&self) -> Result<Event, JournalError> {
        let (row, names) = (self.row, self.names);
        let actor = rows::reference(maybe(row, 22)?, maybe(row, 23)?, None);
        Ok(Event {
            site: self.site.into(),
            key: "".into(),
            road: Road::Log,
            hook: None,
            event_log_entry_id: row.get(18)?,
            id: None,
            event_type: row.get(20)?,
            operation: self.operation,
            entity: rows::reference(self.entity_type, self.entity_id, None),
            field: self.field.map(Into::into),
            old: json::<Value>(self.old)?,
            new: json::<Value>(self.new)?,
            in_create: self.in_create,
            actor: rows::actor_of(maybe(row, 21)?, actor)?,
            project: names.reference(self.site, maybe(row, 24)?, maybe(row, 25)?)?,
            occurred_at: None,
            session_uuid: None,
            warning: row.get(14)?,
            hook_word: None,
            note: rows::note(maybe(row, 30)?, maybe(row, 31)?)?,
            received: None,
        })
    }

    /// The whole event, with the names that are known.
    pub fn to_event(&self) -> Result<Event, JournalError> {
        let (row, names) = (self.row, self.names);
        let actor = names.reference(self.site, maybe(row, 22)?, maybe(row, 23)?)?;
        Ok(Event {
            site: self.site.into(),
            key: text(row, 15)?.into(),
            road: from_word::<Road>(text(row, 16)?)?,
            hook: maybe(row, 17)?.map(Into::into),
            event_log_entry_id: row.get(18)?,
            id: maybe(row, 19)?.map(rows::id),
            event_type: row.get(20)?,
            operation: self.operation,
            entity: names.reference(self.site, self.entity_type, self.entity_id)?,
            field: self.field.map(Into::into),
            old: json::<Value>(self.old)?,
            new: json::<Value>(self.new)?,
            in_create: self.in_create,
            actor: rows::actor_of(maybe(row, 21)?, actor)?,
            project: names.reference(self.site, maybe(row, 24)?, maybe(row, 25)?)?,
            occurred_at: row.get::<_, Option<i64>>(26)?.map(time).transpose()?,
            session_uuid: row.get(27)?,
            warning: row.get(14)?,
            hook_word: rows::hook_word(maybe(row, 28)?, maybe(row, 29)?),
            note: rows::note(maybe(row, 30)?, maybe(row, 31)?)?,
            received: None,
        })
    }
}

/// A status as it stands in a column of JSON. Nearly all are a plain word in quotes.
pub(crate) fn code(column: Option<&str>) -> Result<Option<Cow<'_, str>>, JournalError> {
    let Some(value) = column else { return Ok(None) };
    let plain = value
        .strip_prefix('"')
        .and_then(|v| v.strip_suffix('"'))
        .filter(|v| !v.contains(['\\', '"']));
    let word = match plain {
        Some(word) => Cow::Borrowed(word),
        None => match serde_json::from_str(value)? {
            Value::String(word) => Cow::Owned(word),
            _ => return Ok(None),
        },
    };
    Ok(Some(word).filter(|w| !w.is_empty()))
}

/// Decisions in the order of their events, so that one scan goes beside the other.
const DECIDED: &str = "
    SELECT k.event_seq, k.revision, c.entity_type, c.entity_id, c.from_code, c.to_code, c.rule, c.state, c.skip, c.field
    FROM cascade k LEFT JOIN change c ON c.cascade_seq = k.seq
    WHERE k.event_seq BETWEEN ?1 AND ?2 ORDER BY k.event_seq, c.id";

struct Decided<'s> {
    rows: Rows<'s>,
    /// The row read last and not taken: event, revision, and a change where the cascade has one.
    ahead: Option<(i64, i64, Option<PastChange>)>,
}

impl<'s> Decided<'s> {
    fn new(rows: Rows<'s>) -> Result<Self, JournalError> {
        let mut decided = Self { rows, ahead: None };
        decided.step()?;
        Ok(decided)
    }

    fn step(&mut self) -> Result<(), JournalError> {
        self.ahead = match self.rows.next()? {
            Some(row) => Some((row.get(0)?, row.get(1)?, past_change(row)?)),
            None => None,
        };
        Ok(())
    }

    /// Fills `changes` with those of an event and answers the revision that decided.
    fn take(&mut self, event: i64, changes: &mut Vec<PastChange>) -> Result<Option<i64>, JournalError> {
        changes.clear();
        let mut decided = None;
        while let Some((of, revision, change)) = self.ahead.as_mut().filter(|(of, ..)| *of <= event) {
            if *of == event {
                decided = Some(*revision);
                changes.extend(change.take());
            }
            self.step()?;
        }
        Ok(decided)
    }
}

fn past_change(row: &Row<'_>) -> Result<Option<PastChange>, JournalError> {
    let (Some(kind), Some(id)) = (maybe(row, 2)?, maybe(row, 3)?) else {
        return Ok(None);
    };
    Ok(Some(PastChange {
        entity: rows::key(kind, id),
        field: row.get(9)?,
        from: maybe(row, 4)?.map(Into::into),
        to: maybe(row, 5)?.map(Into::into),
        rule: text(row, 6)?.into(),
        state: from_word(text(row, 7)?)?,
        skip: maybe(row, 8)?.map(from_word).transpose()?,
    }))
}

/// Names for showing, each looked up once.
struct Names<'c> {
    connection: &'c Connection,
    known: RefCell<HashMap<String, Option<String>>>,
    /// What is looked for: reused, because there are a million.
    place: RefCell<String>,
}

impl<'c> Names<'c> {
    fn of(connection: &'c Connection) -> Self {
        Self {
            connection,
            known: RefCell::default(),
            place: RefCell::default(),
        }
    }

    fn reference(&self, site: &str, kind: Option<&str>, id: Option<&str>) -> Result<Option<EntityRef>, JournalError> {
        let (Some(kind), Some(id)) = (kind, id) else {
            return Ok(None);
        };
        let mut place = self.place.borrow_mut();
        place.clear();
        for part in [site, "\n", kind, "\n", id] {
            place.push_str(part);
        }
        let known = self.known.borrow().get(place.as_str()).cloned();
        let name = match known {
            Some(name) => name,
            None => {
                let found = self.look_up(site, kind, id)?;
                self.known.borrow_mut().insert(place.clone(), found.clone());
                found
            }
        };
        Ok(rows::reference(Some(kind), Some(id), name))
    }

    fn look_up(&self, site: &str, kind: &str, id: &str) -> Result<Option<String>, JournalError> {
        Ok(self
            .connection
            .prepare_cached("SELECT name FROM entity WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3")?
            .query_row([site, kind, id], |r| r.get(0))
            .optional()?)
    }
}
