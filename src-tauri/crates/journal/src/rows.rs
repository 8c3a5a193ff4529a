//! Between columns and the model's types.

use callboard_model::{
    Actor, ActorKind, ChangeState, EntityId, EntityKey, EntityRef, Event, HookState, HookWord, Note, Operation, Road,
};
use jiff::Timestamp;
use rusqlite::Row;
use serde::Deserialize;
use serde::de::{IntoDeserializer, value::Error as WordError};
use serde_json::Value;

use crate::{ByHand, JournalError, Outcome};

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn time(micros: i64) -> Result<Timestamp, JournalError> {
    Timestamp::from_microsecond(micros).map_err(|e| JournalError::Row(e.to_string()))
}

/// A word as serde spells it, so that files, columns and answers say the same.
pub(crate) fn word<T: serde::Serialize>(value: &T) -> Result<String, JournalError> {
    match serde_json::to_value(value)? {
        Value::String(text) => Ok(text),
        other => Err(JournalError::Row(other.to_string())),
    }
}

pub(crate) fn from_word<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JournalError> {
    T::deserialize(text.into_deserializer()).map_err(|e: WordError| JournalError::Row(e.to_string()))
}

/// Numbers come back as numbers: a site that counts never has an id that reads the same as text.
pub(crate) fn id(text: &str) -> EntityId {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let counts = digits.starts_with(|c: char| matches!(c, '1'..='9')) || text == "0";
    match text.parse::<i64>() {
        Ok(n) if counts => EntityId::Number(n),
        _ => EntityId::Text(text.to_owned()),
    }
}

pub(crate) fn key(kind: &str, of: &str) -> EntityKey {
    EntityKey::new(kind, id(of))
}

pub(crate) fn reference(kind: Option<&str>, of: Option<&str>, name: Option<String>) -> Option<EntityRef> {
    Some(EntityRef {
        key: key(kind?, of?),
        name,
    })
}

pub(crate) fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str, JournalError> {
    Ok(row.get_ref(column)?.as_str()?)
}

pub(crate) fn maybe<'a>(row: &'a Row<'_>, column: usize) -> Result<Option<&'a str>, JournalError> {
    Ok(row.get_ref(column)?.as_str_or_null()?)
}

pub(crate) fn json<'a, T: Deserialize<'a>>(text: Option<&'a str>) -> Result<Option<T>, JournalError> {
    Ok(text.map(serde_json::from_str).transpose()?)
}

/// The columns of an event with the names known of it, in the order that [`event`] reads.
pub(crate) const EVENT: &str = "
    e.seq, e.site, e.key, e.road, e.hook, e.entry_id, e.tracker_id, e.event_type, e.operation, e.entity_type, e.entity_id,
    n.name, e.field, e.is_status, e.in_create, e.old, e.new, e.actor_kind, e.actor_type, e.actor_id, a.name, e.project_type,
    e.project_id, p.name, e.occurred_at, e.received_at, e.session_uuid, e.warning, e.hook_status, e.hook_before, e.outcome,
    e.why, e.seen_again, n.parent_type, n.parent_id, o.name, e.note, e.note_about, e.hand_by, e.hand_source, e.place
    FROM event e
    LEFT JOIN entity n ON n.site = e.site AND n.entity_type = e.entity_type AND n.entity_id = e.entity_id
    LEFT JOIN entity a ON a.site = e.site AND a.entity_type = e.actor_type AND a.entity_id = e.actor_id
    LEFT JOIN entity p ON p.site = e.site AND p.entity_type = e.project_type AND p.entity_id = e.project_id
    LEFT JOIN entity o ON o.site = e.site AND o.entity_type = n.parent_type AND o.entity_id = n.parent_id";

/// The names beside an event, for what asks for less than [`EVENT`]. SQLite leaves out the joins that nothing asks for.
pub(crate) const NAMES: &str = "
    LEFT JOIN entity n ON n.site = e.site AND n.entity_type = e.entity_type AND n.entity_id = e.entity_id
    LEFT JOIN entity a ON a.site = e.site AND a.entity_type = e.actor_type AND a.entity_id = e.actor_id
    LEFT JOIN entity p ON p.site = e.site AND p.entity_type = e.project_type AND p.entity_id = e.project_id
    LEFT JOIN entity o ON o.site = e.site AND o.entity_type = n.parent_type AND o.entity_id = n.parent_id";

/// An event with what the journal knows beside it.
pub(crate) struct Stored {
    pub(crate) seq: i64,
    pub(crate) event: Event,
    pub(crate) is_status: bool,
    pub(crate) received_at: Timestamp,
    pub(crate) outcome: Outcome,
    pub(crate) why: Option<String>,
    pub(crate) seen_again: u32,
    pub(crate) parent: Option<EntityRef>,
    pub(crate) by_hand: Option<ByHand>,
}

pub(crate) fn event(row: &Row<'_>) -> Result<Stored, JournalError> {
    let actor = reference(maybe(row, 18)?, maybe(row, 19)?, row.get(20)?);
    let event = Event {
        site: text(row, 1)?.into(),
        key: text(row, 2)?.into(),
        road: from_word::<Road>(text(row, 3)?)?,
        hook: maybe(row, 4)?.map(Into::into),
        event_log_entry_id: row.get(5)?,
        id: maybe(row, 6)?.map(id),
        event_type: row.get(7)?,
        operation: from_word::<Operation>(text(row, 8)?)?,
        entity: reference(maybe(row, 9)?, maybe(row, 10)?, row.get(11)?),
        field: row.get(12)?,
        in_create: row.get(14)?,
        old: json::<Value>(maybe(row, 15)?)?,
        new: json::<Value>(maybe(row, 16)?)?,
        actor: actor_of(maybe(row, 17)?, actor)?,
        project: reference(maybe(row, 21)?, maybe(row, 22)?, row.get(23)?),
        occurred_at: row.get::<_, Option<i64>>(24)?.map(time).transpose()?,
        session_uuid: row.get(26)?,
        warning: row.get(27)?,
        hook_word: hook_word(maybe(row, 28)?, maybe(row, 29)?),
        note: note(maybe(row, 36)?, maybe(row, 37)?)?,
        received: None,
    };
    let by_hand = match (row.get(38)?, row.get(39)?) {
        (Some(entered_by), Some(source)) => Some(ByHand {
            entered_by,
            source,
            row: row.get(40)?,
        }),
        _ => None,
    };
    Ok(Stored {
        seq: row.get(0)?,
        event,
        is_status: row.get(13)?,
        received_at: time(row.get(25)?)?,
        outcome: from_word(text(row, 30)?)?,
        why: row.get(31)?,
        seen_again: row.get(32)?,
        parent: reference(maybe(row, 33)?, maybe(row, 34)?, row.get(35)?),
        by_hand,
    })
}

pub(crate) fn actor_of(kind: Option<&str>, entity: Option<EntityRef>) -> Result<Option<Actor>, JournalError> {
    let (Some(kind), Some(entity)) = (kind, entity) else {
        return Ok(None);
    };
    let kind = from_word::<ActorKind>(kind)?;
    Ok(Some(Actor { kind, entity }))
}

pub(crate) fn hook_word(status: Option<&str>, previous: Option<&str>) -> Option<HookWord> {
    Some(HookWord {
        status: status?.to_owned(),
        previous: previous.map(Into::into),
    })
}

pub(crate) fn note(words: Option<&str>, about: Option<&str>) -> Result<Option<Note>, JournalError> {
    let Some(words) = words else { return Ok(None) };
    Ok(Some(Note {
        text: words.to_owned(),
        about: json(about)?.unwrap_or_default(),
    }))
}

/// The columns of a change, in the order that [`change`] reads; then its site, its cascade, and whether an undo of it was begun.
pub(crate) const CHANGE: &str = "
    c.id, c.entity_type, c.entity_id, n.name, c.from_code, c.to_code, c.rule, c.rule_name, c.parent, c.state, c.reason,
    c.attempts, c.planned_at, c.settled_at, c.skip, c.field, c.accepted_by,
    c.site, c.cascade_seq, c.undoing IS NOT NULL
    FROM change c
    LEFT JOIN entity n ON n.site = c.site AND n.entity_type = c.entity_type AND n.entity_id = c.entity_id";

pub(crate) fn change(row: &Row<'_>) -> Result<callboard_model::Change, JournalError> {
    Ok(callboard_model::Change {
        id: row.get(0)?,
        entity: EntityRef {
            key: key(text(row, 1)?, text(row, 2)?),
            name: row.get(3)?,
        },
        field: row.get(15)?,
        from: maybe(row, 4)?.map(Into::into),
        to: maybe(row, 5)?.map(Into::into),
        rule: text(row, 6)?.into(),
        rule_name: row.get(7)?,
        parent: row.get(8)?,
        state: from_word::<ChangeState>(text(row, 9)?)?,
        skip: maybe(row, 14)?.map(from_word).transpose()?,
        reason: row.get(10)?,
        accepted_by: row.get(16)?,
        attempts: row.get(11)?,
        planned_at: time(row.get(12)?)?,
        settled_at: time(row.get(13)?)?,
    })
}

pub(crate) fn hook(row: &Row<'_>) -> Result<callboard_model::HookHealth, JournalError> {
    Ok(callboard_model::HookHealth {
        name: text(row, 0)?.into(),
        site: text(row, 1)?.into(),
        state: from_word::<HookState>(text(row, 2)?)?,
        badges: serde_json::from_str(text(row, 3)?)?,
        since: time(row.get(4)?)?,
        why: row.get(5)?,
    })
}
