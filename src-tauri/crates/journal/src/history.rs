//! A Shot's own history: its statuses and those of its Tasks and Versions, as lanes over time.

use callboard_model::{ActorKind, EntityKey, EntityRef, SiteName, StatusCode};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::groups::gathered_under;
use crate::replay::code;
use crate::rows::{from_word, key, maybe, reference, text, time};
use crate::{JournalError, Reader};

/// Lanes of one history: a Shot has some ten Tasks and some dozens of Versions.
const LANES: usize = 200;
/// Spans of one lane: the newest.
const SPANS: usize = 500;
/// One more, to know whether there are more.
const MOST: u32 = 501;

/// A Shot's history, or an Asset's: what each of its entities was, and when.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct History {
    /// The Shot, Asset ….
    pub entity: EntityRef,
    /// What it belongs to, where that is known.
    pub parent: Option<EntityRef>,
    /// Its own lane first, then its Tasks by pipeline step, then its Versions, newest first.
    pub lanes: Vec<Lane>,
    /// Set when there was more than is shown: the newest is.
    pub truncated: bool,
}

/// What one entity was, over time.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Lane {
    /// Whose.
    pub entity: EntityRef,
    /// Its pipeline step, where it has one.
    pub step: Option<String>,
    /// Its statuses, oldest first.
    pub spans: Vec<Span>,
}

/// A status and how long it lasted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Span {
    /// The event that set it; of a rule's change, the event that it follows from.
    pub seq: i64,
    /// Since when.
    #[ts(type = "string")]
    pub from: Timestamp,
    /// Until when; none: still.
    #[ts(type = "string | null")]
    pub until: Option<Timestamp>,
    /// The status; none: it was cleared.
    pub status: Option<StatusCode>,
    /// The status before.
    pub before: Option<StatusCode>,
    /// Who set it.
    pub who: Option<EntityRef>,
    /// What kind of hand that was.
    pub by: Option<SpanBy>,
    /// The rule that set it, by name; none where it was no rule, or an undo.
    pub rule: Option<String>,
    /// The event that made the rule set it.
    pub cause: Option<i64>,
}

/// Who sets a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SpanBy {
    /// Somebody with a name.
    Person,
    /// A client's reviewer.
    Client,
    /// A script other than ours.
    Script,
    /// Anything else that a site may call a user.
    Other,
    /// A rule of ours, or an undo.
    Callboard,
}

impl From<ActorKind> for SpanBy {
    fn from(kind: ActorKind) -> Self {
        match kind {
            ActorKind::Person => Self::Person,
            ActorKind::Client => Self::Client,
            ActorKind::Script => Self::Script,
            ActorKind::Other => Self::Other,
        }
    }
}

impl Reader {
    /// The history of a Shot, an Asset …; asked of a Task or Version, that of what it belongs to. None when the journal has heard
    /// nothing of it.
    pub fn history(&self, site: &SiteName, entity: &EntityKey) -> Result<Option<History>, JournalError> {
        let c = self.connection()?;
        let (asked, above) = known(&c, site, entity)?;
        let top = gathered_under(asked, above);
        let (top, parent) = known(&c, site, &top.key)?;
        let mut members = vec![(top.clone(), None)];
        members.extend(below(&c, site, &top.key)?);
        let mut truncated = members.len() > LANES;
        members.truncate(LANES);
        let mut lanes = Vec::with_capacity(members.len());
        for (entity, step) in members {
            let (spans, cut) = spans(&c, site, &entity.key)?;
            truncated |= cut;
            lanes.push(Lane { entity, step, spans });
        }
        if lanes.iter().all(|lane| lane.spans.is_empty()) && top.name.is_none() {
            return Ok(None);
        }
        Ok(Some(History {
            entity: top,
            parent,
            lanes,
            truncated,
        }))
    }
}

/// An entity by name, and what it belongs to.
fn known(c: &Connection, site: &SiteName, entity: &EntityKey) -> Result<(EntityRef, Option<EntityRef>), JournalError> {
    let mut look = c.prepare_cached(
        "SELECT n.name, n.parent_type, n.parent_id, o.name FROM entity n
         LEFT JOIN entity o ON o.site = n.site AND o.entity_type = n.parent_type AND o.entity_id = n.parent_id
         WHERE n.site = ?1 AND n.entity_type = ?2 AND n.entity_id = ?3",
    )?;
    let mut found = look.query(params![site.as_str(), entity.kind.as_str(), entity.id.to_string()])?;
    let mut one = EntityRef {
        key: entity.clone(),
        name: None,
    };
    let Some(row) = found.next()? else {
        return Ok((one, None));
    };
    one.name = row.get(0)?;
    Ok((one, reference(maybe(row, 1)?, maybe(row, 2)?, row.get(3)?)))
}

/// What belongs to an entity: Tasks by step and name, then the rest, newest first.
fn below(c: &Connection, site: &SiteName, top: &EntityKey) -> Result<Vec<(EntityRef, Option<String>)>, JournalError> {
    let mut look = c.prepare_cached(
        "SELECT n.entity_type, n.entity_id, n.name, f.step ->> '$.name' AS step FROM entity n
         LEFT JOIN fact f ON f.site = n.site AND f.entity_type = n.entity_type AND f.entity_id = n.entity_id
         WHERE n.site = ?1 AND n.parent_type = ?2 AND n.parent_id = ?3 AND n.entity_type IN ('Task', 'Version')
         ORDER BY n.entity_type, iif(n.entity_type = 'Task', step, NULL), iif(n.entity_type = 'Task', n.name, NULL),
             CAST(n.entity_id AS INTEGER) DESC, n.entity_id DESC",
    )?;
    let rows = look.query_and_then(params![site.as_str(), top.kind.as_str(), top.id.to_string()], |r| {
        let one = EntityRef {
            key: key(text(r, 0)?, text(r, 1)?),
            name: r.get(2)?,
        };
        Ok::<_, JournalError>((one, r.get(3)?))
    })?;
    rows.collect()
}

/// An entity's statuses, oldest first, and whether there were more.
fn spans(c: &Connection, site: &SiteName, entity: &EntityKey) -> Result<(Vec<Span>, bool), JournalError> {
    let (mut heard, mut cut) = heard(c, site, entity)?;
    let (writes, cut_too) = writes(c, site, entity)?;
    cut |= cut_too;
    // A site that logs our writes tells each a second time, with the time by its own clock.
    for write in writes {
        let echo = heard.iter_mut().find(|one| {
            one.by == Some(SpanBy::Callboard)
                && one.cause.is_none()
                && one.status == write.status
                && one.from.duration_since(write.from).abs() < CLOCKS
        });
        match echo {
            Some(echo) => {
                echo.rule = write.rule;
                echo.cause = write.cause;
                echo.seq = write.seq;
            }
            None => heard.push(write),
        }
    }
    heard.sort_by_key(|one| (one.from, one.seq));
    if heard.len() > SPANS {
        cut = true;
        heard.drain(..heard.len() - SPANS);
    }
    for at in 1..heard.len() {
        heard[at - 1].until = Some(heard[at].from);
    }
    Ok((heard, cut))
}

/// The site's clock may differ from ours.
const CLOCKS: SignedDuration = SignedDuration::from_mins(10);

/// What the site told, newest first, and whether there was more.
fn heard(c: &Connection, site: &SiteName, entity: &EntityKey) -> Result<(Vec<Span>, bool), JournalError> {
    let mut look = c.prepare_cached(
        "SELECT e.seq, coalesce(e.occurred_at, e.received_at) AS at, e.old, e.new, e.actor_kind, e.actor_type, e.actor_id,
                a.name, e.outcome = 'echo'
         FROM event e
         LEFT JOIN entity a ON a.site = e.site AND a.entity_type = e.actor_type AND a.entity_id = e.actor_id
         WHERE e.site = ?1 AND e.entity_type = ?2 AND e.entity_id = ?3 AND e.is_status AND e.road <> 'hand'
         ORDER BY at DESC, e.seq DESC LIMIT ?4",
    )?;
    let of = params![site.as_str(), entity.kind.as_str(), entity.id.to_string(), MOST];
    let rows = look.query_and_then(of, |row| {
        let kind: Option<ActorKind> = maybe(row, 4)?.map(from_word).transpose()?;
        let is_ours: bool = row.get(8)?;
        Ok::<_, JournalError>(Span {
            seq: row.get(0)?,
            from: time(row.get(1)?)?,
            until: None,
            status: code(maybe(row, 3)?)?.as_deref().map(StatusCode::from),
            before: code(maybe(row, 2)?)?.as_deref().map(StatusCode::from),
            who: reference(maybe(row, 5)?, maybe(row, 6)?, row.get(7)?),
            by: if is_ours {
                Some(SpanBy::Callboard)
            } else {
                kind.map(SpanBy::from)
            },
            rule: None,
            cause: None,
        })
    })?;
    let mut all = rows.collect::<Result<Vec<_>, _>>()?;
    let cut = all.len() > SPANS;
    all.truncate(SPANS);
    Ok((all, cut))
}

/// What we wrote, newest first, and whether there was more. A change that was undone was written twice.
fn writes(c: &Connection, site: &SiteName, entity: &EntityKey) -> Result<(Vec<Span>, bool), JournalError> {
    let mut look = c.prepare_cached(
        "SELECT k.event_seq, c.planned_at, c.settled_at, c.from_code, c.to_code, c.rule_name, c.state = 'undone'
         FROM change c JOIN cascade k ON k.seq = c.cascade_seq
         WHERE c.site = ?1 AND c.entity_type = ?2 AND c.entity_id = ?3 AND c.field IS NULL
           AND c.state IN ('applied', 'confirmed', 'undone') ORDER BY c.id DESC LIMIT ?4",
    )?;
    let of = params![site.as_str(), entity.kind.as_str(), entity.id.to_string(), MOST];
    let mut rows = look.query(of)?;
    let mut all = Vec::new();
    let mut cut = false;
    while let Some(row) = rows.next()? {
        if all.len() >= SPANS {
            cut = true;
            break;
        }
        let cause: i64 = row.get(0)?;
        let (planned, settled) = (time(row.get(1)?)?, time(row.get(2)?)?);
        let (before, status) = (
            maybe(row, 3)?.map(StatusCode::from),
            maybe(row, 4)?.map(StatusCode::from),
        );
        let undone: bool = row.get(6)?;
        let written = Span {
            seq: cause,
            from: if undone { planned } else { settled },
            until: None,
            status,
            before,
            who: None,
            by: Some(SpanBy::Callboard),
            rule: row.get(5)?,
            cause: Some(cause),
        };
        if undone {
            all.push(Span {
                from: settled,
                status: written.before.clone(),
                before: written.status.clone(),
                rule: None,
                ..written.clone()
            });
        }
        all.push(written);
    }
    Ok((all, cut))
}
