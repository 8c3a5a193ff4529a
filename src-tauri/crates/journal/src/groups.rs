//! The feed by Shot: which Shots, Assets … something happened to lately, and what.

use std::collections::HashSet;

use callboard_model::{EntityKey, EntityRef, SiteName};
use jiff::Timestamp;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::filter::Query;
use crate::read::{narrowed, rows_of};
use crate::rows::{NAMES, key, maybe, reference, text, time};
use crate::{About, FeedFilter, FeedRow, JournalError, Reader};

/// Events looked at for one page: where one Shot has very many, a page is shorter and the next goes on.
const LOOKED_AT: u32 = 20_000;
/// The largest page.
const PAGE: usize = 100;
/// Rows that stand under a group before it is opened.
const ROWS: usize = 3;
/// How often looking for words goes on where it stopped, for one group.
const ROUNDS: u32 = 2;
/// Events of one group that are counted: a page has many groups.
const COUNTED: usize = 1_000;

/// A page of the feed by Shot.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FeedGroups {
    /// The groups, that of the newest event first.
    pub groups: Vec<FeedGroup>,
    /// Whether there may be more.
    pub more: bool,
    /// From where the next page goes on.
    pub before: Option<i64>,
}

/// What happened to a Shot, an Asset … and to what belongs to it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FeedGroup {
    /// The site.
    pub site: SiteName,
    /// The Shot, Asset …; none: events of nothing in particular.
    pub entity: Option<EntityRef>,
    /// Its project, by the newest event.
    pub project: Option<EntityRef>,
    /// The newest event's number.
    pub latest: i64,
    /// When that was received.
    #[ts(type = "string")]
    pub latest_at: Timestamp,
    /// Events under the filter, the newest 1,000.
    pub events: u32,
    /// Set when there are more than were counted.
    pub capped: bool,
    /// Changes of theirs that are confirmed.
    pub changes: u32,
    /// Changes of theirs that were given up.
    pub failed: u32,
    /// The newest three rows.
    pub rows: Vec<FeedRow>,
}

/// An event as far as grouping needs it.
struct Glance {
    seq: i64,
    at: i64,
    site: SiteName,
    entity: Option<EntityRef>,
    project: Option<EntityRef>,
}

impl Reader {
    /// A page of the feed by Shot: those with an event before `before` that matches, and none after it. At most 100.
    pub fn feed_groups(
        &self,
        before: Option<i64>,
        limit: u32,
        filter: &FeedFilter,
    ) -> Result<FeedGroups, JournalError> {
        let limit = (limit as usize).clamp(1, PAGE);
        let mut page = FeedGroups {
            groups: Vec::new(),
            more: false,
            before: None,
        };
        let mut seen: HashSet<(SiteName, Option<EntityKey>)> = HashSet::new();
        let mut heads = Vec::new();
        let c = self.connection()?;
        // Index and events are of one time.
        let c = c.unchecked_transaction()?;
        let mut looked_at = 0;
        let stopped = glances(&c, before, filter, |glance| {
            looked_at += 1;
            let group = (glance.site.clone(), glance.entity.as_ref().map(|e| e.key.clone()));
            let is_new = seen.insert(group);
            if is_new && heads.len() == limit {
                page.before = Some(glance.seq + 1);
            } else {
                let last = glance.seq;
                if is_new {
                    heads.push(glance);
                }
                page.before = (looked_at == LOOKED_AT).then_some(last);
            }
            page.before.is_none()
        })?;
        page.before = page.before.or(stopped);
        page.more = page.before.is_some();
        for head in heads {
            page.groups.extend(group(&c, head, before, filter)?);
        }
        Ok(page)
    }
}

/// None where the group stood on a page above already.
fn group(
    c: &Connection,
    head: Glance,
    before: Option<i64>,
    filter: &FeedFilter,
) -> Result<Option<FeedGroup>, JournalError> {
    if let Some(before) = before {
        let (newest, _) = newest_of(c, &head, (None, 1), filter)?;
        if newest.first().is_some_and(|newest| *newest >= before) {
            return Ok(None);
        }
    }
    // Nothing of it is newer than its head, however far down that is.
    let (seqs, is_all) = newest_of(c, &head, (Some(head.seq + 1), COUNTED + 1), filter)?;
    let counted = seqs.get(..COUNTED).unwrap_or(&seqs);
    let (changes, failed) = c
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE c.state = 'confirmed'), count(*) FILTER (WHERE c.state = 'failed')
             FROM json_each(?1) e CROSS JOIN cascade k ON k.event_seq = e.value CROSS JOIN change c ON c.cascade_seq = k.seq",
        )?
        .query_row([serde_json::to_string(counted)?], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let mut rows = rows_of(c, seqs.get(..ROWS).unwrap_or(&seqs))?;
    rows.reverse();
    Ok(Some(FeedGroup {
        site: head.site,
        entity: head.entity,
        project: head.project,
        latest: head.seq,
        latest_at: time(head.at)?,
        events: u32::try_from(counted.len()).unwrap_or(u32::MAX),
        capped: seqs.len() > counted.len() || !is_all,
        changes,
        failed,
        rows,
    }))
}

/// The newest `most` events of a group below a number, and whether all of it was looked at for them.
fn newest_of(
    c: &Connection,
    head: &Glance,
    (below, most): (Option<i64>, usize),
    filter: &FeedFilter,
) -> Result<(Vec<i64>, bool), JournalError> {
    let about = head.entity.as_ref().map(|entity| About {
        site: head.site.clone(),
        entity: entity.key.clone(),
    });
    let others = FeedFilter {
        // It is told with the entity: as a filter it would have every event read.
        sites: Vec::new(),
        ..filter.clone()
    };
    let (asked, sql, stopped) = match &about {
        Some(about) if others == FeedFilter::default() => {
            let mut asked = Query::new();
            let seqs = asked.seqs_about(about);
            let below = asked.bind(below.unwrap_or(i64::MAX));
            let sql = format!("SELECT seq FROM ({seqs}) WHERE seq < {below} ORDER BY seq DESC LIMIT {most}");
            (asked, sql, None)
        }
        _ => {
            let is_of_nothing = about.is_none();
            let (mut asked, stopped) = narrowed(c, below, (most, ROUNDS), &FeedFilter { about, ..others })?;
            if is_of_nothing {
                asked.and("e.site = ", head.site.as_str().to_owned());
                asked
                    .condition
                    .push_str(" AND e.entity_type IS NULL AND e.entity_id IS NULL");
            }
            let sql = format!(
                "SELECT e.seq FROM event e {NAMES} WHERE {} ORDER BY e.seq DESC LIMIT {most}",
                asked.condition
            );
            (asked, sql, stopped)
        }
    };
    let mut seqs = c.prepare_cached(&sql)?;
    let seqs = seqs.query_and_then(params_from_iter(asked.values), |r| Ok::<_, JournalError>(r.get(0)?))?;
    Ok((seqs.collect::<Result<_, _>>()?, stopped.is_none()))
}

/// Looks at matching events, newest first, as long as it is told to go on. Answers where looking for words stopped before the end.
fn glances(
    c: &Connection,
    before: Option<i64>,
    filter: &FeedFilter,
    mut look: impl FnMut(Glance) -> bool,
) -> Result<Option<i64>, JournalError> {
    let (asked, stopped) = narrowed(c, before, (LOOKED_AT as usize, 1), filter)?;
    let sql = format!(
        "SELECT e.seq, e.received_at, e.site, e.entity_type, e.entity_id, n.name, n.parent_type, n.parent_id, o.name,
                e.project_type, e.project_id, p.name
         FROM event e {NAMES} WHERE {} ORDER BY e.seq DESC LIMIT {LOOKED_AT}",
        asked.condition
    );
    let mut q = c.prepare_cached(&sql)?;
    let mut rows = q.query(params_from_iter(asked.values))?;
    while let Some(row) = rows.next()? {
        let entity = reference(maybe(row, 3)?, maybe(row, 4)?, row.get(5)?);
        let parent = match (maybe(row, 6)?, maybe(row, 7)?) {
            (Some(kind), Some(id)) => Some(EntityRef {
                key: key(kind, id),
                name: row.get(8)?,
            }),
            _ => None,
        };
        let glance = Glance {
            seq: row.get(0)?,
            at: row.get(1)?,
            site: text(row, 2)?.into(),
            entity: entity.map(|entity| gathered_under(entity, parent)),
            project: reference(maybe(row, 9)?, maybe(row, 10)?, row.get(11)?),
        };
        if !look(glance) {
            return Ok(None);
        }
    }
    Ok(stopped)
}

/// A Task and a Version stand under what they belong to. A Shot stands for itself, though it belongs to a Sequence.
pub(crate) fn gathered_under(entity: EntityRef, parent: Option<EntityRef>) -> EntityRef {
    match parent {
        Some(parent) if matches!(entity.key.kind.as_str(), "Task" | "Version") => parent,
        _ => entity,
    }
}
