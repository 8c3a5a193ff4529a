//! Statuses of a site that has no log, compared with what the journal knows: what nobody told becomes an event.

use std::collections::HashMap;

use callboard_model::{Actor, Entity, EntityKey, EntityType, Event, EventKey, Operation, Road, SiteName, StatusCode};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use crate::rows::{micros, time};
use crate::write::{Came, insert_event};
use crate::{Journal, JournalError, Outcome, Reader, Touched, salvage};

/// By so much the site's clock may be ahead of ours where a late delivery is held against a comparison.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(5);
/// And by so much a time of birth, in whole seconds, may lie before the comparison that it came after.
const MADE_WITHIN: SignedDuration = SignedDuration::from_secs(2);

/// What every event of a comparison has its key begin with.
const KEY: &str = "compared/";

/// Things as they stand in a site now.
#[derive(Clone, Debug)]
pub struct ComparisonIn {
    /// The site.
    pub site: SiteName,
    /// When they were read.
    pub read_at: Timestamp,
    /// The field that holds a status in this tracker.
    pub status_field: &'static str,
    /// The things, each with its status.
    pub entities: Vec<Entity>,
    /// The types of which these are all; empty where they are only some.
    pub whole: Vec<EntityType>,
    /// Who did it, as far as that is known.
    pub by: HashMap<EntityKey, Actor>,
    /// What a doorbell says that they were before. Of what was compared before, the journal knows better.
    pub was: HashMap<EntityKey, Option<StatusCode>>,
}

/// What a site's status of one thing was known to be.
struct Known {
    status: Option<String>,
    since: i64,
}

/// How a thing stands beside what is known of it.
enum Standing {
    /// As it is known.
    Same,
    /// It is seen for the first time; where it is newer than the last comparison and nothing told of it, that is news.
    First { is_news: bool },
    /// Nobody told that it is no longer as it was known; nor, where that is news, that it was made.
    Differs { known: Known, is_news: bool },
}

impl Journal {
    /// Compares, keeps what stands now, and makes events of what nobody told. The first comparison of a type tells nothing: what
    /// was before is history. Answers the events that are new.
    pub async fn take_comparison(&self, comparison: ComparisonIn) -> Result<Vec<Event>, JournalError> {
        self.writer.run(move |c| take(c, &comparison)).await
    }
}

impl Reader {
    /// Of these things, those that stand otherwise than is known: a delivery that is on its way may still tell of it.
    pub fn differing(&self, site: &SiteName, entities: &[Entity]) -> Result<Vec<EntityKey>, JournalError> {
        let c = self.connection()?;
        let mut differing = Vec::new();
        for entity in entities {
            if !matches!(
                stands(&c, site, entity, None)?,
                Standing::Same | Standing::First { is_news: false }
            ) {
                differing.push(entity.key.clone());
            }
        }
        Ok(differing)
    }

    /// Whether a comparison has told already what this change of a status led to: it happened before the statuses were read,
    /// and does not follow from what was read. Answers when they were read.
    pub fn told_by_comparison(&self, event: &Event) -> Result<Option<Timestamp>, JournalError> {
        let (Some(entity), Some(happened)) = (&event.entity, event.occurred_at) else {
            return Ok(None);
        };
        let c = self.connection()?;
        let found: Option<(i64, Option<String>)> = c
            .prepare_cached(
                "SELECT received_at, new FROM event WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3
                   AND road = 'log' AND is_status AND key LIKE 'compared/%' ORDER BY seq DESC LIMIT 1",
            )?
            .query_row(
                [
                    event.site.as_str(),
                    entity.key.kind.as_str(),
                    &entity.key.id.to_string(),
                ],
                |r| Ok((r.get(0)?, r.get(1)?)),
            )
            .optional()?;
        let Some((read_at, new)) = found else { return Ok(None) };
        let read_at = time(read_at)?;
        let is_before = happened <= read_at.checked_add(CLOCKS_DIFFER).unwrap_or(read_at);
        let follows = code(new.as_deref())? == event.old.as_ref().and_then(Value::as_str).map(str::to_owned);
        Ok(Some(read_at).filter(|_| is_before && !follows))
    }
}

fn take(c: &Connection, comparison: &ComparisonIn) -> Result<(Vec<Event>, Touched), JournalError> {
    let (mut new, mut events) = (Vec::new(), Vec::new());
    let site = &comparison.site;
    for entity in &comparison.entities {
        let was = comparison.was.get(&entity.key).map(|was| Known {
            status: was.as_ref().map(ToString::to_string),
            since: micros(comparison.read_at),
        });
        let standing = stands(c, site, entity, was)?;
        let (is_news, change) = match &standing {
            Standing::Same => continue,
            Standing::First { is_news } => (*is_news, None),
            Standing::Differs { known, is_news } => (*is_news, Some(changed(comparison, entity, known))),
        };
        let birth = is_news.then(|| created(site, entity));
        for event in birth.into_iter().chain(change) {
            let came = Came {
                received_at: comparison.read_at,
                delivery: None,
                place: 0,
                is_status: event.operation == Operation::Update,
                by_hand: None,
            };
            if let Some(seq) = insert_event(c, &event, &came, Outcome::Waiting)? {
                let row = json!({"compared": entity.key.to_string(), "known": event.old, "now": event.new});
                c.prepare_cached("INSERT INTO log_row (event_seq, body) VALUES (?1, ?2)")?
                    .execute(params![seq, row.to_string()])?;
                if in_doubt(c, site, entity)? {
                    c.prepare_cached("UPDATE event SET outcome = 'nothing', why = ?2 WHERE seq = ?1")?
                        .execute(params![seq, salvage::ONLY_SHOWN])?;
                }
                new.push(seq);
                events.push(event);
            }
        }
        c.prepare_cached(
            "INSERT INTO standing (site, entity_type, entity_id, status, since) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET status = ?4, since = ?5",
        )?
        .execute(params![
            site.as_str(),
            entity.key.kind.as_str(),
            entity.key.id.to_string(),
            entity.status.as_ref().map(StatusCode::as_str),
            micros(comparison.read_at)
        ])?;
    }
    for kind in &comparison.whole {
        c.prepare_cached(
            "INSERT INTO compared (site, entity_type, at) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET at = ?3",
        )?
        .execute(params![site.as_str(), kind.as_str(), micros(comparison.read_at)])?;
    }
    let touched = Touched {
        work: !new.is_empty(),
        events: new,
        overview: false,
    };
    Ok((events, touched))
}

/// Whether what is compared now may have been known, and acted on, before the journal was made anew of a damaged one.
fn in_doubt(c: &Connection, site: &SiteName, entity: &Entity) -> Result<bool, JournalError> {
    Ok(c.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM doubt WHERE until >= coalesce(
             (SELECT at FROM compared WHERE site = ?1 AND entity_type = ?2), until))",
    )?
    .query_row([site.as_str(), entity.key.kind.as_str()], |r| r.get(0))?)
}

/// `was`: what a doorbell says of it, for what has not been compared before.
fn stands(c: &Connection, site: &SiteName, entity: &Entity, was: Option<Known>) -> Result<Standing, JournalError> {
    let (kind, id) = (entity.key.kind.as_str(), entity.key.id.to_string());
    let held: Option<(Option<String>, i64)> = c
        .prepare_cached("SELECT status, since FROM standing WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3")?
        .query_row([site.as_str(), kind, &id], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let is_now = |status: &Option<String>| status.as_deref() == entity.status.as_ref().map(StatusCode::as_str);
    let is_news = held.is_none() && is_news(c, site, entity)?;
    let since = held.as_ref().map_or(i64::MIN, |(_, since)| *since);
    let known = held.map(|(status, since)| Known { status, since }).or(was);
    let (told, written) = (
        told_since(c, site, kind, &id, since)?,
        written_since(c, site, kind, &id, since)?,
    );
    // What was told or written since counts, and the later of the two is what it changed from.
    let mut heard: Vec<Known> = [told, written].into_iter().flatten().collect();
    let is_same = match &known {
        _ if !heard.is_empty() => heard.iter().any(|word| is_now(&word.status)),
        Some(known) => is_now(&known.status),
        None => return Ok(Standing::First { is_news }),
    };
    if is_same {
        return Ok(Standing::Same);
    }
    heard.sort_by_key(|word| word.since);
    Ok(match heard.pop().or(known) {
        Some(known) => Standing::Differs { known, is_news },
        None => Standing::First { is_news },
    })
}

/// The last status that an event told, by the site's clock.
fn told_since(
    c: &Connection,
    site: &SiteName,
    kind: &str,
    id: &str,
    since: i64,
) -> Result<Option<Known>, JournalError> {
    let found: Option<(Option<String>, i64)> = c
        .prepare_cached(
            "SELECT new, received_at FROM event WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3 AND is_status
               AND operation = 'update' AND road <> 'hand' AND received_at >= ?4
             ORDER BY coalesce(occurred_at, received_at) DESC, seq DESC LIMIT 1",
        )?
        .query_row(params![site.as_str(), kind, id, since], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    found
        .map(|(new, since)| {
            Ok(Known {
                status: code(new.as_deref())?,
                since,
            })
        })
        .transpose()
}

/// The last status that we wrote, or took back.
fn written_since(
    c: &Connection,
    site: &SiteName,
    kind: &str,
    id: &str,
    since: i64,
) -> Result<Option<Known>, JournalError> {
    let found = c
        .prepare_cached(
            "SELECT CASE state WHEN 'undone' THEN from_code ELSE to_code END, settled_at FROM change
             WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3 AND field IS NULL
               AND state IN ('applied', 'confirmed', 'undone') AND settled_at >= ?4 ORDER BY settled_at DESC, id DESC LIMIT 1",
        )?
        .query_row(params![site.as_str(), kind, id, since], |r| {
            Ok(Known {
                status: r.get(0)?,
                since: r.get(1)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// Was it made after the last comparison of its type, and has no event told of it?
fn is_news(c: &Connection, site: &SiteName, entity: &Entity) -> Result<bool, JournalError> {
    let (kind, id) = (entity.key.kind.as_str(), entity.key.id.to_string());
    let Some(made) = entity.created_at else {
        return Ok(false);
    };
    let compared: Option<i64> = c
        .prepare_cached("SELECT at FROM compared WHERE site = ?1 AND entity_type = ?2")?
        .query_row([site.as_str(), kind], |r| r.get(0))
        .optional()?;
    // What that comparison saw itself has its standing and is not asked about here.
    let latest = made.checked_add(MADE_WITHIN).unwrap_or(made);
    if compared.is_none_or(|at| micros(latest) < at) {
        return Ok(false);
    }
    let is_told: bool = c
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM event WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3 AND operation = 'create')",
        )?
        .query_row([site.as_str(), kind, &id], |r| r.get(0))?;
    Ok(!is_told)
}

/// A status as an event has it: JSON.
fn code(new: Option<&str>) -> Result<Option<String>, JournalError> {
    let value: Option<Value> = new.map(serde_json::from_str).transpose()?;
    Ok(value.and_then(|value| value.as_str().map(str::to_owned)))
}

fn changed(comparison: &ComparisonIn, entity: &Entity, known: &Known) -> Event {
    let now = entity.status.as_ref().map(StatusCode::as_str);
    let part = |status: Option<&str>| status.unwrap_or("none").to_owned();
    let (key, was, is) = (&entity.key, part(known.status.as_deref()), part(now));
    let key = EventKey::from(format!("{KEY}{}/{}/{was}/{is}/{}", key.kind, key.id, known.since));
    Event {
        entity: Some(entity.to_ref()),
        field: Some(comparison.status_field.to_owned()),
        old: known.status.as_ref().map(|status| json!(status)),
        new: now.map(|status| json!(status)),
        actor: comparison.by.get(&entity.key).cloned(),
        project: entity.project.clone(),
        ..Event::bare(comparison.site.clone(), key, Road::Log, "compared", Operation::Update)
    }
}

fn created(site: &SiteName, entity: &Entity) -> Event {
    let key = EventKey::from(format!("{KEY}{}/{}/created", entity.key.kind, entity.key.id));
    Event {
        entity: Some(entity.to_ref()),
        project: entity.project.clone(),
        occurred_at: entity.created_at,
        ..Event::bare(site.clone(), key, Road::Log, "compared", Operation::Create)
    }
}
