//! What was read from the site, kept so that history can be replayed. A decision is never made from here.

use std::collections::{BTreeMap, HashMap};

use callboard_model::{Entity, EntityKey, EntityRef, SiteName, StatusCode};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;

use crate::replay::code;
use crate::rows::{json, key, maybe, micros, text, time};
use crate::{Journal, JournalError, Reader, Touched};

/// The columns of a fact `f`, in the order that [`fact`] reads.
pub(crate) const COLUMNS: &str = "f.entity_type, f.entity_id, f.name, f.status, f.step, f.parent, f.task, f.upstream, f.project, \
                                  f.created_at, f.fields, f.seen_at";

/// An entity as last read.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What was read.
    pub entity: Entity,
    /// When it was first read as it is here. No later reading said anything else.
    pub seen_at: Timestamp,
}

/// Where an entity's status stood at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastWord {
    /// The entity's site.
    pub site: SiteName,
    /// The entity.
    pub entity: EntityKey,
    /// Its status; none when it was cleared.
    pub status: Option<StatusCode>,
    /// Since when, as far as the journal has heard.
    pub at: Timestamp,
}

impl Journal {
    /// Keeps entities as they were read, for replays. What a reading leaves out stays as an earlier one told it, because not
    /// every reading asks for everything; the status is always that of the last reading. Names for showing are
    /// [`Self::learn`]'s.
    pub async fn learn_entities(
        &self,
        site: SiteName,
        entities: Vec<Entity>,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                for entity in &entities {
                    put(c, &site, entity, at)?;
                }
                Ok(((), Touched::nothing()))
            })
            .await
    }
}

impl Reader {
    /// Everything that was read of a site's entities. For replays, never for deciding.
    pub fn facts(&self, site: &SiteName) -> Result<Vec<Fact>, JournalError> {
        let mut facts = Vec::new();
        self.each_fact(site, &mut |fact| facts.push(fact))?;
        Ok(facts)
    }

    /// The same one by one: a large production need not stand in memory twice.
    pub fn each_fact(&self, site: &SiteName, each: &mut dyn FnMut(Fact)) -> Result<(), JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(&format!("SELECT {COLUMNS} FROM fact f WHERE site = ?1"))?;
        for found in q.query_and_then([site.as_str()], fact)? {
            each(found?);
        }
        Ok(())
    }

    /// The project that an entity was last read in. An entity hardly ever moves to another, and nobody has to ask the site.
    pub fn project_of(&self, site: &SiteName, entity: &EntityKey) -> Result<Option<EntityRef>, JournalError> {
        let c = self.connection()?;
        let project: Option<Option<String>> = c
            .prepare_cached("SELECT project FROM fact WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3")?
            .query_row([site.as_str(), entity.kind.as_str(), &entity.id.to_string()], |r| {
                r.get(0)
            })
            .optional()?;
        json(project.flatten().as_deref())
    }

    /// Where every status stood before a time: the last that an event told or that we wrote, by our own clock. An entity of
    /// which neither told anything is missing.
    pub fn history_before(&self, before: Timestamp) -> Result<Vec<LastWord>, JournalError> {
        let c = self.connection()?;
        let c = c.unchecked_transaction()?;
        let mut words = Words::default();
        let mut told = c.prepare_cached(TOLD)?;
        let mut rows = told.query([micros(before)])?;
        while let Some(row) = rows.next()? {
            words.put(row, code(maybe(row, 4)?)?.as_deref(), |_| true)?;
        }
        let mut written = c.prepare_cached(WRITTEN)?;
        let mut rows = written.query([micros(before)])?;
        while let Some(row) = rows.next()? {
            let at = row.get(3)?;
            words.put(row, maybe(row, 4)?, |told| told < at)?;
        }
        words.into_list()
    }
}

/// Statuses that events told, a birth's too, in the order they came; a replay tells nothing that its event has not told. SQLite would sort them all to group them; the pluses
/// keep it from an order in which every row is looked up by itself.
const TOLD: &str = "
    SELECT site, entity_type, entity_id, received_at, new FROM event
    WHERE is_status AND operation = 'update' AND +received_at < ?1 AND entity_type IS NOT NULL AND entity_id IS NOT NULL
      AND road <> 'hand' AND (new IS NOT NULL OR warning IS NULL)
      AND seq <= (SELECT max(seq) FROM event WHERE received_at < ?1)
    ORDER BY seq";

/// Statuses that we wrote, or took back, in the order they were planned.
const WRITTEN: &str = "
    SELECT site, entity_type, entity_id, settled_at, CASE state WHEN 'undone' THEN from_code ELSE to_code END FROM change
    WHERE state IN ('applied', 'confirmed', 'undone') AND settled_at < ?1 AND field IS NULL
    ORDER BY id";

/// The last word on each entity, by its site, type and id in one text.
#[derive(Default)]
struct Words {
    last: HashMap<String, Word>,
    /// What is looked for: reused, because there are a million.
    place: String,
}

struct Word {
    at: i64,
    code: Option<String>,
}

/// Between the parts of a place. No tracker has it in a type or an id.
const BETWEEN: char = '\n';

impl Words {
    /// Puts a word in, in place of one from a time that `over` answers for.
    fn put(&mut self, row: &Row<'_>, code: Option<&str>, over: impl Fn(i64) -> bool) -> Result<(), JournalError> {
        let at = row.get(3)?;
        self.place.clear();
        for column in 0..3 {
            self.place.push_str(text(row, column)?);
            self.place.push(BETWEEN);
        }
        match self.last.get_mut(&self.place) {
            Some(word) if !over(word.at) => {}
            Some(word) => {
                word.at = at;
                if word.code.as_deref() != code {
                    word.code = code.map(Into::into);
                }
            }
            None => {
                let code = code.map(Into::into);
                self.last.insert(self.place.clone(), Word { at, code });
            }
        }
        Ok(())
    }

    fn into_list(self) -> Result<Vec<LastWord>, JournalError> {
        let words = self.last.into_iter().map(|(place, word)| {
            let mut parts = place.split(BETWEEN);
            let mut part = || parts.next().unwrap_or_default();
            Ok(LastWord {
                site: part().into(),
                entity: key(part(), part()),
                status: word.code.map(Into::into),
                at: time(word.at)?,
            })
        });
        words.collect()
    }
}

pub(crate) fn put(c: &Connection, site: &SiteName, entity: &Entity, at: Timestamp) -> Result<(), JournalError> {
    let id = entity.key.id.to_string();
    let fields = if entity.fields.is_empty() {
        None
    } else {
        Some(with_fields(c, site, entity, &id)?)
    };
    c.prepare_cached(
        "INSERT INTO fact (site, entity_type, entity_id, name, status, step, parent, task, upstream, project, created_at,
            fields, seen_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, coalesce(?9, '[]'), ?10, ?11, coalesce(?12, '{}'), ?13)
         ON CONFLICT DO UPDATE SET name = coalesce(?4, name), status = ?5, step = coalesce(?6, step),
            parent = coalesce(?7, parent), task = coalesce(?8, task), upstream = coalesce(?9, upstream),
            project = coalesce(?10, project), created_at = coalesce(?11, created_at), fields = coalesce(?12, fields),
            seen_at = ?13
         WHERE (name, status, step, parent, task, upstream, project, created_at, fields) IS NOT
            (coalesce(?4, name), ?5, coalesce(?6, step), coalesce(?7, parent), coalesce(?8, task), coalesce(?9, upstream),
             coalesce(?10, project), coalesce(?11, created_at), coalesce(?12, fields))",
    )?
    .execute(params![
        site.as_str(),
        entity.key.kind.as_str(),
        id,
        entity.name,
        entity.status.as_ref().map(StatusCode::as_str),
        as_json(entity.step.as_ref())?,
        as_json(entity.parent.as_ref())?,
        as_json(entity.task.as_ref())?,
        as_json(Some(&entity.upstream).filter(|u| !u.is_empty()))?,
        as_json(entity.project.as_ref())?,
        entity.created_at.map(micros),
        fields,
        micros(at),
    ])?;
    Ok(())
}

/// The fields that are known, with those that were read now.
fn with_fields(c: &Connection, site: &SiteName, entity: &Entity, id: &str) -> Result<String, JournalError> {
    let known: Option<String> = c
        .prepare_cached("SELECT fields FROM fact WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3")?
        .query_row([site.as_str(), entity.key.kind.as_str(), id], |r| r.get(0))
        .optional()?;
    let mut fields: BTreeMap<String, Value> = json(known.as_deref())?.unwrap_or_default();
    fields.extend(entity.fields.clone());
    Ok(serde_json::to_string(&fields)?)
}

fn as_json<T: Serialize>(value: Option<&T>) -> Result<Option<String>, JournalError> {
    Ok(value.map(serde_json::to_string).transpose()?)
}

pub(crate) fn fact(row: &Row<'_>) -> Result<Fact, JournalError> {
    Ok(Fact {
        entity: Entity {
            key: key(text(row, 0)?, text(row, 1)?),
            name: row.get(2)?,
            status: maybe(row, 3)?.map(Into::into),
            step: json(maybe(row, 4)?)?,
            parent: json(maybe(row, 5)?)?,
            task: json(maybe(row, 6)?)?,
            upstream: serde_json::from_str(text(row, 7)?)?,
            project: json(maybe(row, 8)?)?,
            created_at: row.get::<_, Option<i64>>(9)?.map(time).transpose()?,
            fields: serde_json::from_str(text(row, 10)?)?,
        },
        seen_at: time(row.get(11)?)?,
    })
}
