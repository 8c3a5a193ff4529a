//! A site that cannot be read, known by what its deliveries say: kept as they come, answered from here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use callboard_model::{Entity, EntityKey, EntityRef, EntityType, Event, SiteName};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::facts::{self, COLUMNS};
use crate::rows::{micros, text};
use crate::write::{DeliveryIn, Known, put_names};
use crate::{JournalError, Reader, StatusView};

/// How an event stands to what was told before it.
#[derive(Default)]
struct Before {
    /// The status that it took away, as JSON.
    old: Option<serde_json::Value>,
    /// Why nothing comes of it: what happened after it was told before it.
    overtaken: Option<String>,
}

/// An event with the status that it took away, as far as the site has told, and why nothing comes of it.
pub(crate) fn against<'a>(
    c: &Connection,
    delivery: &DeliveryIn,
    event: &'a Event,
    is_status: bool,
) -> Result<(Cow<'a, Event>, Option<String>), JournalError> {
    let left_out = delivery.left_out.clone();
    let of_heard = |entity: &&EntityRef| delivery.heard.iter().any(|heard| heard.key == entity.key);
    let Some(entity) = event.entity.as_ref().filter(of_heard).filter(|_| is_status) else {
        return Ok((Cow::Borrowed(event), left_out));
    };
    let before = before(c, delivery, &entity.key)?;
    let mut told = event.clone();
    told.old = told.old.or(before.old);
    Ok((Cow::Owned(told), left_out.or(before.overtaken)))
}

/// What is known of the status that an event of a heard site says was set.
fn before(c: &Connection, delivery: &DeliveryIn, entity: &EntityKey) -> Result<Before, JournalError> {
    let Some(known) = known(c, &delivery.site, entity)? else {
        return Ok(Before::default());
    };
    let happened = happened(delivery);
    let overtaken = known.told_at.filter(|told| *told > micros(happened)).map(|_| {
        let status = known.entity.status.as_ref().map_or("another status", |s| s.as_str());
        format!("What came after it was heard before it: it has been set to {status} since")
    });
    let old = known.entity.status.filter(|_| overtaken.is_none());
    Ok(Before {
        old: old.map(|status| status.as_str().into()),
        overtaken,
    })
}

/// Keeps what a delivery says of entities: names and links as it says them, a status where none that is newer was told. Answers
/// whether a status came that no delivery had said before.
pub(crate) fn learn(c: &Connection, delivery: &DeliveryIn) -> Result<bool, JournalError> {
    let at = happened(delivery);
    let mut is_new = false;
    for said in &delivery.heard {
        let known = known(c, &delivery.site, &said.key)?;
        let told_at = known.as_ref().and_then(|known| known.told_at);
        let tells = said.status.is_some() && told_at.is_none_or(|told| told <= micros(at));
        let entity = merged(c, delivery, said, known.map(|known| known.entity), tells)?;
        facts::put(c, &delivery.site, &entity, at)?;
        if tells {
            c.prepare_cached("UPDATE fact SET told_at = ?4 WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3")?
                .execute(params![
                    delivery.site.as_str(),
                    entity.key.kind.as_str(),
                    entity.key.id.to_string(),
                    micros(at)
                ])?;
        }
        put_names(c, &delivery.site, &names(&entity))?;
        is_new |= learn_status(c, &delivery.site, said)?;
    }
    Ok(is_new)
}

/// When what a delivery tells happened, by the site's clock.
fn happened(delivery: &DeliveryIn) -> Timestamp {
    let of_event = delivery.events.first().and_then(|event| event.occurred_at);
    of_event.unwrap_or(delivery.received_at)
}

struct HeardOf {
    entity: Entity,
    told_at: Option<i64>,
}

fn known(c: &Connection, site: &SiteName, key: &EntityKey) -> Result<Option<HeardOf>, JournalError> {
    let found = c
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, told_at FROM fact f WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3"
        ))?
        .query_row([site.as_str(), key.kind.as_str(), &key.id.to_string()], |row| {
            let told_at = row.get(12)?;
            Ok(facts::fact(row).map(|fact| HeardOf {
                entity: fact.entity,
                told_at,
            }))
        })
        .optional()?;
    found.transpose()
}

/// What was known, with what is said now.
fn merged(
    c: &Connection,
    delivery: &DeliveryIn,
    said: &Entity,
    known: Option<Entity>,
    tells: bool,
) -> Result<Entity, JournalError> {
    let before = known.unwrap_or_else(|| Entity::bare(said.key.clone()));
    let mut entity = said.clone();
    entity.status = if tells { said.status.clone() } else { before.status };
    // Shown and looked for by its name, it must have one.
    let nameless = || Some(format!("{} {}", said.key.kind, said.key.id));
    entity.name = said.name.clone().or(before.name).or_else(nameless);
    if let (Some(nearer), Some(farther)) = (&before.parent, &said.parent)
        && nearer.key != farther.key
    {
        // Some deliveries name the work unit of a task, others its product alone: the nearer of the two stays.
        let above = self::known(c, &delivery.site, &nearer.key)?.and_then(|found| found.entity.parent);
        if above.is_some_and(|above| above.key == farther.key) {
            entity.parent = Some(nearer.clone());
        }
    }
    Ok(entity)
}

fn names(entity: &Entity) -> Vec<Known> {
    let project = entity.project.clone().map(|project| Known {
        entity: project,
        parent: None,
    });
    let itself = Known {
        entity: entity.to_ref(),
        parent: entity.parent.as_ref().map(|parent| parent.key.clone()),
    };
    project.into_iter().chain([itself]).collect()
}

/// Keeps a status among those that its type may have, in the order in which they were heard.
fn learn_status(c: &Connection, site: &SiteName, said: &Entity) -> Result<bool, JournalError> {
    let Some(status) = &said.status else { return Ok(false) };
    let added = c
        .prepare_cached(
            "INSERT OR IGNORE INTO status (site, entity_type, code, place, name)
             SELECT ?1, ?2, ?3, coalesce(max(place) + 1, 0), ?3 FROM status WHERE site = ?1 AND entity_type = ?2",
        )?
        .execute([site.as_str(), said.key.kind.as_str(), status.as_str()])?;
    Ok(added > 0)
}

impl Reader {
    /// These entities as they were last told. One that nothing was heard of is missing.
    pub fn facts_of(&self, site: &SiteName, keys: &[EntityKey]) -> Result<Vec<Entity>, JournalError> {
        let c = self.connection()?;
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            found.extend(known(&c, site, key)?.map(|known| known.entity));
        }
        Ok(found)
    }

    /// The entities of a type that belong to another, as they were last told; at most `most`.
    pub fn facts_below(
        &self,
        site: &SiteName,
        owner: &EntityKey,
        kind: &EntityType,
        most: usize,
    ) -> Result<Vec<Entity>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entity n JOIN fact f USING (site, entity_type, entity_id)
             WHERE site = ?1 AND n.parent_type = ?2 AND n.parent_id = ?3 AND entity_type = ?4 ORDER BY entity_id LIMIT ?5"
        ))?;
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = q.query_and_then(
            params![
                site.as_str(),
                owner.kind.as_str(),
                owner.id.to_string(),
                kind.as_str(),
                limit
            ],
            |row| Ok(facts::fact(row)?.entity),
        )?;
        rows.collect()
    }

    /// The entities of a type that have a name, in whatever capitals.
    pub fn facts_named(&self, site: &SiteName, kind: &EntityType, name: &str) -> Result<Vec<Entity>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM fact f WHERE site = ?1 AND entity_type = ?2 AND lower(name) = lower(?3)"
        ))?;
        let rows = q.query_and_then([site.as_str(), kind.as_str(), name], |row| Ok(facts::fact(row)?.entity))?;
        rows.collect()
    }

    /// The names that are known of these entities.
    pub fn names_of(&self, site: &SiteName, keys: &[EntityKey]) -> Result<Vec<EntityRef>, JournalError> {
        let c = self.connection()?;
        let mut q =
            c.prepare_cached("SELECT name FROM entity WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3")?;
        let mut named = Vec::new();
        for key in keys {
            let name = q
                .query_row([site.as_str(), key.kind.as_str(), &key.id.to_string()], |row| {
                    row.get(0)
                })
                .optional()?;
            named.extend(name.map(|name| EntityRef {
                key: key.clone(),
                name: Some(name),
            }));
        }
        Ok(named)
    }

    /// The projects of a site that somebody has named, by name.
    pub fn projects_of(&self, site: &SiteName) -> Result<Vec<EntityRef>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(
            "SELECT entity_id, name FROM entity WHERE site = ?1 AND entity_type = 'Project' ORDER BY name",
        )?;
        let rows = q.query_and_then([site.as_str()], |row| {
            Ok::<_, JournalError>(EntityRef {
                key: crate::rows::key("Project", text(row, 0)?),
                name: row.get(1)?,
            })
        })?;
        rows.collect()
    }

    /// The statuses of a site by type, in its order.
    pub fn statuses_of(&self, site: &SiteName) -> Result<BTreeMap<EntityType, Vec<StatusView>>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(
            "SELECT entity_type, code, name, color FROM status WHERE site = ?1 ORDER BY entity_type, place",
        )?;
        let mut rows = q.query([site.as_str()])?;
        let mut by_type: BTreeMap<EntityType, Vec<StatusView>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            by_type.entry(text(row, 0)?.into()).or_default().push(StatusView {
                code: text(row, 1)?.into(),
                name: row.get(2)?,
                color: row.get(3)?,
            });
        }
        Ok(by_type)
    }
}
