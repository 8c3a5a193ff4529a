//! Between columns and the model's types.

use callboard_model::{
    Actor, ActorKind, ChangeState, EntityId, EntityKey, EntityRef, Event, HookState, HookWord, Operation, Road,
};
use jiff::Timestamp;
use rusqlite::Row;
use serde_json::Value;

use crate::{JournalError, Outcome};

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

pub(crate) fn from_word<T: serde::de::DeserializeOwned>(text: String) -> Result<T, JournalError> {
    Ok(serde_json::from_value(Value::String(text))?)
}

/// Numbers come back as numbers: a site that counts never has an id that reads the same as text.
pub(crate) fn id(text: String) -> EntityId {
    match text.parse::<i64>() {
        Ok(n) if n.to_string() == text => EntityId::Number(n),
        _ => EntityId::Text(text),
    }
}

pub(crate) fn reference(kind: Option<String>, of: Option<String>, name: Option<String>) -> Option<EntityRef> {
    let key = EntityKey {
        kind: kind?.into(),
        id: id(of?),
    };
    Some(EntityRef { key, name })
}

fn json(text: Option<String>) -> Result<Option<Value>, JournalError> {
    Ok(text.map(|t| serde_json::from_str(&t)).transpose()?)
}

/// The columns of an event with the names known of it, in the order that [`event`] reads.
pub(crate) const EVENT: &str = "
    e.seq, e.site, e.key, e.road, e.hook, e.entry_id, e.tracker_id, e.event_type, e.operation, e.entity_type, e.entity_id,
    n.name, e.field, e.is_status, e.in_create, e.old, e.new, e.actor_kind, e.actor_type, e.actor_id, a.name, e.project_type,
    e.project_id, p.name, e.occurred_at, e.received_at, e.session_uuid, e.warning, e.hook_status, e.hook_before, e.outcome,
    e.why, e.seen_again, n.parent_type, n.parent_id, o.name
    FROM event e
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
}

pub(crate) fn event(row: &Row<'_>) -> Result<Stored, JournalError> {
    let site: String = row.get(1)?;
    let key: String = row.get(2)?;
    let actor_kind: Option<String> = row.get(17)?;
    let actor = match (actor_kind, reference(row.get(18)?, row.get(19)?, row.get(20)?)) {
        (Some(kind), Some(entity)) => Some(Actor {
            kind: from_word::<ActorKind>(kind)?,
            entity,
        }),
        _ => None,
    };
    let hook_status: Option<String> = row.get(28)?;
    let previous: Option<String> = row.get(29)?;
    let event = Event {
        site: site.into(),
        key: key.into(),
        road: from_word::<Road>(row.get(3)?)?,
        hook: row.get::<_, Option<String>>(4)?.map(Into::into),
        event_log_entry_id: row.get(5)?,
        id: row.get::<_, Option<String>>(6)?.map(id),
        event_type: row.get(7)?,
        operation: from_word::<Operation>(row.get(8)?)?,
        entity: reference(row.get(9)?, row.get(10)?, row.get(11)?),
        field: row.get(12)?,
        in_create: row.get(14)?,
        old: json(row.get(15)?)?,
        new: json(row.get(16)?)?,
        actor,
        project: reference(row.get(21)?, row.get(22)?, row.get(23)?),
        occurred_at: row.get::<_, Option<i64>>(24)?.map(time).transpose()?,
        session_uuid: row.get(26)?,
        warning: row.get(27)?,
        hook_word: hook_status.map(|status| HookWord { status, previous }),
    };
    Ok(Stored {
        seq: row.get(0)?,
        event,
        is_status: row.get(13)?,
        received_at: time(row.get(25)?)?,
        outcome: from_word(row.get(30)?)?,
        why: row.get(31)?,
        seen_again: row.get(32)?,
        parent: reference(row.get(33)?, row.get(34)?, row.get(35)?),
    })
}

/// The columns of a change, in the order that [`change`] reads.
pub(crate) const CHANGE: &str = "
    c.id, c.entity_type, c.entity_id, n.name, c.from_code, c.to_code, c.rule, c.rule_name, c.parent, c.state, c.reason,
    c.attempts, c.planned_at, c.settled_at, c.skip
    FROM change c
    LEFT JOIN entity n ON n.site = c.site AND n.entity_type = c.entity_type AND n.entity_id = c.entity_id";

pub(crate) fn change(row: &Row<'_>) -> Result<callboard_model::Change, JournalError> {
    let kind: String = row.get(1)?;
    let key = EntityKey {
        kind: kind.into(),
        id: id(row.get(2)?),
    };
    let rule: String = row.get(6)?;
    Ok(callboard_model::Change {
        id: row.get(0)?,
        entity: EntityRef { key, name: row.get(3)? },
        from: row.get::<_, Option<String>>(4)?.map(Into::into),
        to: row.get::<_, Option<String>>(5)?.map(Into::into),
        rule: rule.into(),
        rule_name: row.get(7)?,
        parent: row.get(8)?,
        state: from_word::<ChangeState>(row.get(9)?)?,
        skip: row.get::<_, Option<String>>(14)?.map(from_word).transpose()?,
        reason: row.get(10)?,
        attempts: row.get(11)?,
        planned_at: time(row.get(12)?)?,
        settled_at: time(row.get(13)?)?,
    })
}

pub(crate) fn hook(row: &Row<'_>) -> Result<callboard_model::HookHealth, JournalError> {
    let name: String = row.get(0)?;
    let site: String = row.get(1)?;
    let badges: String = row.get(3)?;
    Ok(callboard_model::HookHealth {
        name: name.into(),
        site: site.into(),
        state: from_word::<HookState>(row.get(2)?)?,
        badges: serde_json::from_str(&badges)?,
        since: time(row.get(4)?)?,
        why: row.get(5)?,
    })
}
