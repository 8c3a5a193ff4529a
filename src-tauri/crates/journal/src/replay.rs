//! History, told again in its order: events with what the rules that were live then made of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::ControlFlow;

use callboard_model::{
    Actor, ActorKind, Change, ChangeState, EntityKey, EntityRef, Event, Operation, Road, RuleId, SiteName, Skip,
    StatusCode,
};
use jiff::Timestamp;
use r2d2::PooledConnection;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{Connection, OptionalExtension, Row, Rows};
use serde_json::Value;
use smol_str::SmolStr;

use crate::ahead::ahead;
use crate::read::{changes_of, stored};
use crate::rows::{self, EVENT, from_word, json, maybe, micros, text, time};
use crate::{JournalError, Outcome, Reader};

/// The events that there were at one moment. What comes meanwhile does not show, however long they are read; what is made of them
/// meanwhile may.
pub struct PastEvents {
    pub(crate) connection: PooledConnection<SqliteConnectionManager>,
    /// The number of the last one.
    pub(crate) last: i64,
}

/// Events that are read in one go. In between, the journal's log may begin anew: whoever reads all of the past in one go would
/// have it grow by all that is written meanwhile.
const SLICE: i64 = 2_048;

/// One event of the past, as far as rules look at it: nothing of how it came, and no names but the project's. A million of
/// them pass from thread to thread, so whatever is short is held in place and not on the heap.
#[derive(Clone, Debug)]
pub struct Past {
    /// Its number.
    pub seq: i64,
    /// The site it happened in.
    pub site: SiteName,
    /// What happened.
    pub operation: Operation,
    /// What it happened to.
    pub entity: Option<EntityKey>,
    /// The field that changed.
    pub field: Option<SmolStr>,
    /// Whether that field is the entity's status.
    pub is_status: bool,
    /// Set while the entity was being made: no change of its own.
    pub in_create: bool,
    /// The status it was set to, when the event is a status that changed; as [`Event::new_status`].
    pub new_status: Option<Option<StatusCode>>,
    /// When it reached us.
    pub received_at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
    /// The site's own number of it.
    pub entry: Option<i64>,
    /// The revision that decided, when some rule set looked at it.
    pub revision: Option<i64>,
    /// What that revision made of it, in the order of its plan.
    pub changes: Vec<PastChange>,
    /// Values as they stand in the journal, as JSON.
    old: Option<SmolStr>,
    new: Option<SmolStr>,
    warning: Option<SmolStr>,
    event_type: SmolStr,
    actor: Option<(ActorKind, EntityKey)>,
    project: Option<(EntityKey, Option<SmolStr>)>,
    /// What was said and about what, which few events have.
    note: Option<Box<(String, Option<String>)>>,
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

/// Has `read` read what there is of the events from `first` to `last`, some numbers at a time, and hands it over until `put` breaks
/// off. Nothing is held of the journal while somebody takes his time with what was read.
pub(crate) fn in_slices<T>(
    connection: &Connection,
    first: i64,
    last: i64,
    mut read: impl FnMut(&Connection, i64, i64, &mut Vec<T>) -> Result<(), JournalError>,
    put: &mut dyn FnMut(T) -> ControlFlow<()>,
) -> Result<(), JournalError> {
    let mut slice = Vec::new();
    let mut from = first;
    while from <= last {
        let upto = last.min(from.saturating_add(SLICE - 1));
        let as_it_stands = connection.unchecked_transaction()?;
        let read = read(&as_it_stands, from, upto, &mut slice);
        drop(as_it_stands);
        // What was read before it failed is told all the same.
        if slice.drain(..).try_for_each(&mut *put).is_break() {
            break;
        }
        read?;
        from = upto + 1;
    }
    Ok(())
}

impl PastEvents {
    /// Tells the events received from `since` on and before `until`, oldest first, until `each` breaks off. They are read
    /// ahead on another thread.
    pub fn replay(
        &mut self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        each: &mut dyn FnMut(&Past) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let last = self.last;
        let connection: &mut Connection = &mut self.connection;
        ahead(move |put| replay(connection, last, bounds(since, until), put), each)
    }

    /// How many events a replay tells.
    pub fn count_events(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> Result<u64, JournalError> {
        let (since, until) = bounds(since, until);
        Ok(self
            .connection
            .prepare_cached("SELECT count(*) FROM event WHERE received_at >= ?1 AND received_at < ?2 AND seq <= ?3")?
            .query_row([since, until, self.last], |r| r.get(0))?)
    }
}

impl Reader {
    /// The events that there are now.
    pub fn past(&self) -> Result<PastEvents, JournalError> {
        let connection = self.connection()?;
        let last = connection.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |r| r.get(0))?;
        Ok(PastEvents { connection, last })
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

fn replay(
    c: &Connection,
    last: i64,
    (since, until): (i64, i64),
    put: &mut dyn FnMut(Past) -> ControlFlow<()>,
) -> Result<(), JournalError> {
    let (first, last): (Option<i64>, Option<i64>) = c
        .prepare_cached(
            "SELECT min(seq), max(seq) FROM event WHERE received_at >= ?1 AND received_at < ?2 AND seq <= ?3",
        )?
        .query_row([since, until, last], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(());
    };
    let mut projects = Projects::of(c);
    let read = |c: &Connection, from, upto, slice: &mut Vec<Past>| {
        let mut decided = c.prepare_cached(DECIDED)?;
        let mut decided = Decided::new(decided.query([from, upto])?)?;
        let mut events = c.prepare_cached(PAST)?;
        let mut events = events.query([from, upto, since, until])?;
        while let Some(row) = events.next()? {
            let mut past = past(row, &mut projects)?;
            past.revision = decided.take(past.seq, &mut past.changes)?;
            slice.push(past);
        }
        Ok(())
    };
    in_slices(c, first, last, read, put)
}

/// In the order that [`past`] reads. The plus keeps the scan in the order of the numbers.
const PAST: &str = "
    SELECT seq, site, operation, entity_type, entity_id, field, is_status, in_create, received_at, outcome, entry_id, old, new,
        warning, event_type, actor_kind, actor_type, actor_id, project_type, project_id, note, note_about
    FROM event WHERE seq BETWEEN ?1 AND ?2 AND +received_at >= ?3 AND +received_at < ?4 ORDER BY seq";

fn past(row: &Row<'_>, projects: &mut Projects<'_>) -> Result<Past, JournalError> {
    let short = |column| Ok::<_, JournalError>(maybe(row, column)?.map(SmolStr::from));
    let key = |column| {
        let parts = maybe(row, column)?.zip(maybe(row, column + 1)?);
        Ok::<_, JournalError>(parts.map(|(kind, id)| rows::key(kind, id)))
    };
    let site = SiteName::from(text(row, 1)?);
    let operation = from_word(text(row, 2)?)?;
    let (is_status, in_create): (bool, bool) = (row.get(6)?, row.get(7)?);
    let (new, warning) = (maybe(row, 12)?, short(13)?);
    let changed = is_status && operation == Operation::Update && !in_create;
    let new_status = if changed && (new.is_some() || warning.is_none()) {
        Some(code(new)?.map(|code| StatusCode::from(code.as_ref())))
    } else {
        None
    };
    let actor = match (maybe(row, 15)?, key(16)?) {
        (Some(kind), Some(actor)) => Some((from_word(kind)?, actor)),
        _ => None,
    };
    let project = match key(18)? {
        Some(project) => {
            let name = projects.name(&site, &project)?;
            Some((project, name))
        }
        None => None,
    };
    let note: Option<String> = row.get(20)?;
    let note = match note {
        Some(words) => Some(Box::new((words, row.get(21)?))),
        None => None,
    };
    Ok(Past {
        seq: row.get(0)?,
        site,
        operation,
        entity: key(3)?,
        field: short(5)?,
        is_status,
        in_create,
        new_status,
        received_at: time(row.get(8)?)?,
        outcome: from_word(text(row, 9)?)?,
        entry: row.get(10)?,
        revision: None,
        changes: Vec::new(),
        old: short(11)?,
        new: new.map(SmolStr::from),
        warning,
        event_type: text(row, 14)?.into(),
        actor,
        project,
        note,
    })
}

impl Past {
    /// The tracker's name for it.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// The event as rules are asked about it.
    pub fn to_event(&self) -> Result<Event, JournalError> {
        let named = |key: &EntityKey, name: Option<&SmolStr>| EntityRef {
            key: key.clone(),
            name: name.map(ToString::to_string),
        };
        let (said, about) = self
            .note
            .as_deref()
            .map(|(said, about)| (said.as_str(), about.as_deref()))
            .unzip();
        Ok(Event {
            site: self.site.clone(),
            key: "".into(),
            road: Road::Log,
            hook: None,
            event_log_entry_id: self.entry,
            id: None,
            event_type: self.event_type.to_string(),
            operation: self.operation,
            entity: self.entity.as_ref().map(|key| named(key, None)),
            field: self.field.as_ref().map(ToString::to_string),
            old: json::<Value>(self.old.as_deref())?,
            new: json::<Value>(self.new.as_deref())?,
            in_create: self.in_create,
            actor: self.actor.as_ref().map(|(kind, key)| Actor {
                kind: *kind,
                entity: named(key, None),
            }),
            project: self.project.as_ref().map(|(key, name)| named(key, name.as_ref())),
            occurred_at: None,
            session_uuid: None,
            warning: self.warning.as_ref().map(ToString::to_string),
            hook_word: None,
            note: rows::note(said, about.flatten())?,
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

/// Names of projects, each looked up once.
struct Projects<'c> {
    connection: &'c Connection,
    known: HashMap<(SiteName, EntityKey), Option<SmolStr>>,
}

impl<'c> Projects<'c> {
    fn of(connection: &'c Connection) -> Self {
        Self {
            connection,
            known: HashMap::new(),
        }
    }

    fn name(&mut self, site: &SiteName, project: &EntityKey) -> Result<Option<SmolStr>, JournalError> {
        let place = (site.clone(), project.clone());
        if let Some(known) = self.known.get(&place) {
            return Ok(known.clone());
        }
        let name: Option<String> = self
            .connection
            .prepare_cached("SELECT name FROM entity WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3")?
            .query_row([site.as_str(), project.kind.as_str(), &project.id.to_string()], |r| {
                r.get(0)
            })
            .optional()?;
        let name = name.map(SmolStr::from);
        self.known.insert(place, name.clone());
        Ok(name)
    }
}
