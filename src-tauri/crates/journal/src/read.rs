//! Everything that reads the journal. Blocking: callers in async code go through their runtime's blocking pool.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use callboard_model::{Change, EntityKey, Event, HookHealth, HookName, Road, RuleId, SiteName, Skip, StatusCode};
use jiff::Timestamp;
use r2d2::{Pool, PooledConnection};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params_from_iter, types::Value as Sql};

use crate::carry::carried_of;
use crate::filter::Query;
use crate::opening::migrations;
use crate::pack::{self, Payload};
use crate::rows::{self, CHANGE, EVENT, Stored, micros, time};
use crate::salvage::tells_of_damage;
use crate::search::{self, Group, Look};
use crate::{
    CascadeView, Counts, DeliveryView, FeedFilter, FeedPage, FeedRow, Journal, JournalError, Outcome, StatusView,
};

/// Readers at once. Each holds about three file handles, and a GUI program on macOS gets 256.
const READERS: u32 = 6;
/// The largest page of the feed.
const PAGE: u32 = 500;

/// The journal, open for reading. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    pool: Pool<SqliteConnectionManager>,
    pub(crate) unpacked: pack::Last,
}

/// An event that is still to be decided.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its number.
    pub seq: i64,
    /// When it reached us.
    pub received_at: Timestamp,
    /// The event.
    pub event: Event,
    /// Its cascade, when it was decided already and changes are still open.
    pub changes: Vec<Change>,
}

/// A change of a status that came after an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaterWord {
    /// Who made it; none when it was ours, for a later event, or the name is not known.
    pub who: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What later is later than: where an event stands among those of its site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// By its number in the site's event log.
    Entry(i64),
    /// By the time at which it happened, on a site that numbers nothing.
    Time(Timestamp),
}

impl After {
    /// None where nothing says when it happened.
    pub fn of(event: &Event) -> Option<Self> {
        let entry = event.event_log_entry_id.map(Self::Entry);
        // What a person enters happens when it is entered, whatever it tells of.
        entry.or_else(|| event.occurred_at.filter(|_| event.road == Road::Hook).map(Self::Time))
    }

    /// Its column of the event `e`, and the number to hold against it.
    fn column(self) -> (&'static str, i64) {
        match self {
            Self::Entry(entry) => ("e.entry_id", entry),
            Self::Time(at) => ("coalesce(e.occurred_at, e.received_at)", micros(at)),
        }
    }
}

impl Reader {
    /// Opens a data folder's journal for reading, while another process may be writing it. Errors when there is none that this
    /// version can read.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let path = Journal::file(folder);
        if !path.is_file() {
            return Err(JournalError::Open {
                path,
                why: "there is no journal in this folder".into(),
            });
        }
        // Read-only access to a WAL file still needs to write its shared-memory index, so the lock is in `query_only`.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        readable(&path, flags)?;
        let manager = SqliteConnectionManager::file(&path).with_flags(flags).with_init(|c| {
            // Whoever only reads writes nothing back either, least of all into a file that is damaged.
            c.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            c.execute_batch("PRAGMA query_only = 1; PRAGMA busy_timeout = 2000;")
        });
        let pool = Pool::builder()
            .max_size(READERS)
            .min_idle(Some(1))
            // A connection to a file does not break. What is wrong with the file is said by whoever reads, and at once.
            .test_on_check_out(false)
            .build(manager)?;
        Ok(Self {
            pool,
            unpacked: pack::Last::default(),
        })
    }

    pub(crate) fn connection(&self) -> Result<PooledConnection<SqliteConnectionManager>, JournalError> {
        Ok(self.pool.get()?)
    }

    /// A site's events that are still to be decided or whose changes are still open, in the order of the site's own numbers;
    /// those without one come first. Without those in `held`, and none above the number `up_to`, where that is given.
    pub fn waiting(
        &self,
        site: &SiteName,
        held: &HashSet<i64>,
        up_to: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Waiting>, JournalError> {
        let c = self.connection()?;
        let seqs = Self::waiting_seqs(&c, site, held, up_to, limit)?;
        let mut one = c.prepare_cached(&format!("SELECT {EVENT} WHERE e.seq = ?1"))?;
        seqs.into_iter()
            .map(|seq| {
                let stored = one.query_row([seq], |r| Ok(rows::event(r)))??;
                Ok(Waiting {
                    seq,
                    received_at: stored.received_at,
                    event: stored.event,
                    changes: changes_of(&c, seq)?,
                })
            })
            .collect()
    }

    /// A site's changes that are to be written, or were written and are not known to have stayed.
    pub fn unfinished(&self, site: &SiteName) -> Result<HashSet<i64>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached("SELECT id FROM change WHERE site = ?1 AND state IN ('planned', 'applied')")?;
        let rows = q.query_map([site.as_str()], |r| r.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A page of the feed, newest first.
    pub fn feed(&self, before: Option<i64>, limit: u32, filter: &FeedFilter) -> Result<FeedPage, JournalError> {
        let c = self.connection()?;
        let c = c.unchecked_transaction()?;
        let limit = limit.clamp(1, PAGE) as usize;
        let mut found = found(&c, before, limit + 1, filter)?;
        if found.seqs.len() > limit {
            found.seqs.truncate(limit);
            found.stopped = found.seqs.last().copied();
        }
        let mut rows = rows_of(&c, &found.seqs)?;
        rows.reverse();
        Ok(FeedPage {
            rows,
            more: found.stopped.is_some(),
            before: found.stopped,
        })
    }

    /// The rows of these events, oldest first.
    pub fn rows(&self, seqs: &[i64]) -> Result<Vec<FeedRow>, JournalError> {
        let c = self.connection()?;
        rows_of(&c, seqs)
    }

    /// Rows after `after`, oldest first: what `--follow` prints.
    pub fn rows_after(&self, after: i64, limit: u32, filter: &FeedFilter) -> Result<Vec<FeedRow>, JournalError> {
        let c = self.connection()?;
        let typed = search::typed(&filter.text);
        let mut found = Vec::new();
        let mut after = after;
        while found.len() < limit as usize {
            let mut asked = Query::new();
            asked.and("e.seq > ", after);
            asked.filter(filter);
            let sql = format!(
                "SELECT {EVENT} WHERE {} ORDER BY e.seq LIMIT {}",
                asked.condition,
                limit.min(PAGE)
            );
            let mut some = stored(&c, &sql, asked.values)?;
            let Some(last) = some.last() else { break };
            after = last.seq;
            if !typed.is_empty() {
                let seqs: Vec<i64> = some.iter().map(|event| event.seq).collect();
                let documents = search::documents(&c, &seqs)?;
                let with: HashSet<i64> = documents.iter().filter(|d| d.has(&typed)).map(|d| d.seq).collect();
                some.retain(|event| with.contains(&event.seq));
            }
            found.extend(some);
        }
        found.truncate(limit as usize);
        with_cascades(&c, found)
    }

    /// The delivery an event came in, and its place in it.
    pub fn delivery_of(&self, seq: i64) -> Result<Option<(DeliveryView, Vec<u8>, usize)>, JournalError> {
        let c = self.connection()?;
        let row = c
            .prepare_cached(
                "SELECT d.seq, d.hook, d.received_at, d.verdict, e.place
                 FROM event e JOIN delivery d ON d.seq = e.delivery_seq WHERE e.seq = ?1",
            )?
            .query_row([seq], |r| {
                Ok((
                    r.get::<_, i64>(0)?,
                    r.get::<_, String>(1)?,
                    r.get::<_, i64>(2)?,
                    r.get::<_, String>(3)?,
                    r.get::<_, u32>(4)?,
                ))
            })
            .optional()?;
        let Some((seq, hook, at, verdict, place)) = row else {
            return Ok(None);
        };
        let Some(Payload { headers, body }) = self.unpacked.delivery(&c, seq)? else {
            return Ok(None);
        };
        let view = DeliveryView {
            seq,
            hook: HookName::from(hook),
            received_at: time(at)?,
            verdict,
            headers: serde_json::from_str(&headers)?,
            bytes: body.len() as u64,
        };
        Ok(Some((view, body, place as usize)))
    }

    /// A delivery's bytes, as received.
    pub fn payload_of(&self, delivery: i64) -> Result<Option<Vec<u8>>, JournalError> {
        let c = self.connection()?;
        Ok(self.unpacked.delivery(&c, delivery)?.map(|payload| payload.body))
    }

    /// How often a rule has set an entity to this status, or a field of it to this value, since a time.
    pub fn times_set(
        &self,
        site: &SiteName,
        rule: &RuleId,
        (entity, field): (&EntityKey, Option<&str>),
        to: Option<&StatusCode>,
        since: Timestamp,
    ) -> Result<u64, JournalError> {
        let c = self.connection()?;
        Ok(c.prepare_cached(
            "SELECT count(*) FROM change WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3 AND rule = ?4
               AND field IS ?7 AND to_code IS ?5 AND state IN ('applied', 'confirmed') AND settled_at >= ?6",
        )?
        .query_row(
            rusqlite::params![
                site.as_str(),
                entity.kind.as_str(),
                entity.id.to_string(),
                rule.as_str(),
                to.map(StatusCode::as_str),
                micros(since),
                field
            ],
            |r| r.get(0),
        )?)
    }

    /// What happened to an entity's status, or to a field of it, after an event: somebody else's change, or ours for a later event,
    /// what was there already for one too. `me` is the account whose events are only the echo of our own writes.
    pub fn later_word(
        &self,
        site: &SiteName,
        (entity, field): (&EntityKey, Option<&str>),
        after: After,
        me: Option<&EntityKey>,
    ) -> Result<Option<LaterWord>, JournalError> {
        let c = self.connection()?;
        let (column, after) = after.column();
        let (kind, id) = (entity.kind.as_str(), entity.id.to_string());
        let by_somebody = c
            .prepare_cached(&format!(
                "SELECT {EVENT} WHERE e.site = ?1 AND e.entity_type = ?2 AND e.entity_id = ?3 AND {column} > ?4
                   AND e.road <> 'hand' AND iif(?7 IS NULL, e.is_status, e.field = ?7) AND e.operation = 'update' AND NOT e.in_create
                   AND NOT (e.actor_type IS ?5 AND e.actor_id IS ?6) ORDER BY {column} DESC LIMIT 1"
            ))?
            .query_row(
                rusqlite::params![
                    site.as_str(),
                    kind,
                    id,
                    after,
                    me.map(|m| m.kind.as_str()),
                    me.map(|m| m.id.to_string()),
                    field
                ],
                |r| Ok(rows::event(r)),
            )
            .optional()?
            .transpose()?;
        if let Some(stored) = by_somebody {
            let who = stored.event.actor.and_then(|a| a.entity.name);
            return Ok(Some(LaterWord {
                who,
                at: stored.event.occurred_at.unwrap_or(stored.received_at),
            }));
        }
        let by_us: Option<i64> = c
            .prepare_cached(&format!(
                "SELECT c.settled_at FROM change c JOIN cascade k ON k.seq = c.cascade_seq JOIN event e ON e.seq = k.event_seq
                 WHERE c.site = ?1 AND c.entity_type = ?2 AND c.entity_id = ?3 AND {column} > ?4 AND c.field IS ?5
                   AND (c.state IN ('planned', 'applied', 'confirmed', 'undone') OR c.skip = 'already_there') LIMIT 1"
            ))?
            .query_row(rusqlite::params![site.as_str(), kind, id, after, field], |r| r.get(0))
            .optional()?;
        by_us
            .map(|at| {
                Ok(LaterWord {
                    who: None,
                    at: time(at)?,
                })
            })
            .transpose()
    }

    /// The changes that an event caused, in the order they were planned.
    pub fn changes_of(&self, event_seq: i64) -> Result<Vec<Change>, JournalError> {
        let c = self.connection()?;
        changes_of(&c, event_seq)
    }

    /// What an entity belongs to, as last read. For ordering and showing, never for deciding.
    pub fn parent_of(&self, site: &SiteName, entity: &EntityKey) -> Result<Option<EntityKey>, JournalError> {
        let c = self.connection()?;
        let found = c
            .prepare_cached(
                "SELECT parent_type, parent_id FROM entity WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3",
            )?
            .query_row([site.as_str(), entity.kind.as_str(), &entity.id.to_string()], |r| {
                Ok(key_in(r))
            })
            .optional()?
            .transpose()?;
        Ok(found.flatten())
    }

    /// Whether an entity's name is known.
    pub fn knows(&self, site: &SiteName, entity: &EntityKey) -> Result<bool, JournalError> {
        let c = self.connection()?;
        Ok(c.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM entity WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3)",
        )?
        .query_row([site.as_str(), entity.kind.as_str(), &entity.id.to_string()], |r| {
            r.get(0)
        })?)
    }

    /// What happened since a time.
    pub fn counts(&self, since: Timestamp) -> Result<Counts, JournalError> {
        let c = self.connection()?;
        let events = c
            .prepare_cached("SELECT count(*) FROM event WHERE received_at >= ?1")?
            .query_row([micros(since)], |r| r.get(0))?;
        let waiting = c
            .prepare_cached("SELECT count(*) FROM event WHERE outcome = 'waiting'")?
            .query_row([], |r| r.get(0))?;
        let mut counts = Counts {
            events,
            waiting,
            ..Counts::default()
        };
        let mut by_state = c.prepare_cached(
            "SELECT state, count(*) FROM change WHERE planned_at >= ?1 AND skip IS NOT 'already_there' GROUP BY state",
        )?;
        let mut rows = by_state.query([micros(since)])?;
        while let Some(row) = rows.next()? {
            let (state, number): (String, u64) = (row.get(0)?, row.get(1)?);
            match state.as_str() {
                "confirmed" => counts.changes = number,
                "skipped" => counts.skipped = number,
                "failed" => counts.failed = number,
                _ => {}
            }
        }
        Ok(counts)
    }

    /// Every hook and how it is.
    pub fn hooks(&self) -> Result<Vec<HookHealth>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached("SELECT name, site, state, badges, since, why FROM hook ORDER BY name")?;
        q.query_and_then([], rows::hook)?.collect()
    }

    /// One hook.
    pub fn hook(&self, name: &HookName) -> Result<Option<HookHealth>, JournalError> {
        Ok(self.hooks()?.into_iter().find(|h| &h.name == name))
    }

    /// What was not taken: hook, reason, number and when last, over all days.
    pub fn refusals(&self) -> Result<Vec<(String, String, u64, Timestamp)>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached(
            "SELECT hook, reason, sum(number), max(last_at) FROM refusal GROUP BY hook, reason ORDER BY hook, reason",
        )?;
        let rows = q.query_and_then([], |r| {
            Ok::<_, JournalError>((r.get(0)?, r.get(1)?, r.get(2)?, time(r.get(3)?)?))
        })?;
        rows.collect()
    }

    /// How many events stand in the journal, by outcome.
    pub fn totals(&self) -> Result<BTreeMap<String, u64>, JournalError> {
        let c = self.connection()?;
        let c = c.unchecked_transaction()?;
        search::by_outcome(&c)
    }

    /// Statuses by entity type, in the site's order.
    pub fn statuses(&self) -> Result<BTreeMap<String, Vec<StatusView>>, JournalError> {
        let c = self.connection()?;
        let mut q =
            c.prepare_cached("SELECT entity_type, code, name, color FROM status ORDER BY entity_type, site, place")?;
        let mut rows = q.query([])?;
        let mut by_type: BTreeMap<String, Vec<StatusView>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let code: String = row.get(1)?;
            let list = by_type.entry(row.get(0)?).or_default();
            if !list.iter().any(|s| s.code.as_str() == code) {
                list.push(StatusView {
                    code: code.into(),
                    name: row.get(2)?,
                    color: row.get(3)?,
                });
            }
        }
        Ok(by_type)
    }

    /// The projects and the entity types that may be filtered by.
    pub fn filters(&self) -> Result<(Vec<String>, Vec<String>), JournalError> {
        let c = self.connection()?;
        let list = |sql: &str| -> Result<Vec<String>, JournalError> {
            let mut q = c.prepare_cached(sql)?;
            q.query_and_then([], |r| Ok(r.get(0)?))?.collect()
        };
        let projects = list("SELECT DISTINCT name FROM entity WHERE entity_type = 'Project' ORDER BY name")?;
        let kinds = list(
            "WITH RECURSIVE sites (site) AS (
                 SELECT min(site) FROM event
                 UNION SELECT (SELECT min(site) FROM event WHERE site > s.site) FROM sites s WHERE s.site IS NOT NULL),
             kinds (site, kind) AS (
                 SELECT site, (SELECT min(entity_type) FROM event WHERE site = s.site) FROM sites s WHERE s.site IS NOT NULL
                 UNION SELECT k.site, (SELECT min(entity_type) FROM event WHERE site = k.site AND entity_type > k.kind)
                 FROM kinds k WHERE k.kind IS NOT NULL)
             SELECT DISTINCT kind FROM kinds WHERE kind IS NOT NULL ORDER BY kind",
        )?;
        Ok((projects, kinds))
    }
}

/// The newest events, below the number `before`, that a filter lets through: at most as many as are `wanted`.
pub(crate) fn found(
    c: &Connection,
    before: Option<i64>,
    wanted: usize,
    filter: &FeedFilter,
) -> Result<search::Found, JournalError> {
    let mut asked = Query::new();
    asked.filter(filter);
    let known = Group::of(c, filter)?;
    if !known.0.is_empty() {
        return Look::new(c, known, (&asked.condition, &asked.values), wanted).newest(before);
    }
    if let Some(before) = before {
        asked.and("e.seq < ", before);
    }
    let sql = format!(
        "SELECT seq FROM (SELECT {EVENT} WHERE {}) ORDER BY seq DESC LIMIT {wanted}",
        asked.condition
    );
    let mut seqs = c.prepare_cached(&sql)?;
    let seqs = seqs.query_and_then(params_from_iter(asked.values), |r| Ok::<_, JournalError>(r.get(0)?))?;
    Ok(search::Found {
        seqs: seqs.collect::<Result<_, _>>()?,
        stopped: None,
    })
}

/// The newest events, below the number `before`, that a filter lets through, as a condition; and where looking for its words
/// stopped, when that was before the end. At most `most` with the words, looked for in so many `rounds`.
pub(crate) fn narrowed(
    c: &Connection,
    before: Option<i64>,
    (most, rounds): (usize, u32),
    filter: &FeedFilter,
) -> Result<(Query, Option<i64>), JournalError> {
    let (groups, typed) = Group::of(c, filter)?;
    // What is about an entity or of a time is found by those.
    let is_narrow = filter.about.is_some() || filter.since.is_some();
    if typed.is_empty() && (is_narrow || !search::are_few(c, &groups, most)?) {
        let mut asked = Query::new();
        if let Some(before) = before {
            asked.and("e.seq < ", before);
        }
        asked.filter(filter);
        return Ok((asked, None));
    }
    let mut seqs = Vec::new();
    let mut from = before;
    for _ in 0..rounds {
        let more = found(c, from, most - seqs.len(), filter)?;
        seqs.extend(more.seqs);
        from = more.stopped;
        if from.is_none() || seqs.len() == most {
            break;
        }
    }
    Ok((Query::of(&seqs)?, from))
}

/// The rows of these events, oldest first.
pub(crate) fn rows_of(c: &Connection, seqs: &[i64]) -> Result<Vec<FeedRow>, JournalError> {
    let list = serde_json::to_string(seqs)?;
    let sql = format!("SELECT {EVENT} WHERE e.seq IN (SELECT value FROM json_each(?1)) ORDER BY e.seq");
    with_cascades(c, stored(c, &sql, [Sql::from(list)])?)
}

/// Looks before the pool does, which would try again and again for half a minute.
fn readable(path: &Path, flags: OpenFlags) -> Result<(), JournalError> {
    let failed = |why: String| JournalError::Open {
        path: path.to_owned(),
        why,
    };
    let connection = Connection::open_with_flags(path, flags).map_err(|e| failed(e.to_string()))?;
    let pending = migrations().pending_migrations(&connection).map_err(|e| match e {
        rusqlite_migration::Error::RusqliteError { err, .. } if tells_of_damage(&err) => {
            JournalError::Damaged(format!("{}: {err}", path.display()))
        }
        rusqlite_migration::Error::RusqliteError { err, .. } => failed(err.to_string()),
        other => failed(other.to_string()),
    })?;
    match pending {
        0 => Ok(()),
        ..0 => Err(JournalError::Newer(path.to_owned())),
        1.. => Err(failed(
            "it is from an older Callboard, and is brought up to date when this one is started".into(),
        )),
    }
}

fn key_in(row: &Row<'_>) -> Result<Option<EntityKey>, JournalError> {
    let (kind, id) = (rows::maybe(row, 0)?, rows::maybe(row, 1)?);
    Ok(kind.zip(id).map(|(kind, id)| rows::key(kind, id)))
}

pub(crate) fn stored(
    c: &Connection,
    sql: &str,
    values: impl IntoIterator<Item = Sql>,
) -> Result<Vec<Stored>, JournalError> {
    let mut q = c.prepare_cached(sql)?;
    q.query_and_then(params_from_iter(values), rows::event)?.collect()
}

/// An event's changes, in the order they were planned.
pub(crate) fn changes_of(c: &Connection, event_seq: i64) -> Result<Vec<Change>, JournalError> {
    let mut q = c.prepare_cached(&format!(
        "SELECT {CHANGE} WHERE c.cascade_seq = (SELECT seq FROM cascade WHERE event_seq = ?1) ORDER BY c.id"
    ))?;
    q.query_and_then([event_seq], rows::change)?.collect()
}

fn with_cascades(c: &Connection, events: Vec<Stored>) -> Result<Vec<FeedRow>, JournalError> {
    let mut head = c.prepare_cached("SELECT seq, revision, rule_set, decided_at FROM cascade WHERE event_seq = ?1")?;
    events
        .into_iter()
        .map(|s| {
            let found = head
                .query_row([s.seq], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get::<_, i64>(3)?)))
                .optional()?;
            let cascade = match found {
                Some((seq, revision, rule_set, at)) => {
                    let changes = changes_of(c, s.seq)?;
                    Some(CascadeView {
                        seq,
                        revision,
                        rule_set,
                        decided_at: time(at)?,
                        changes,
                        carried: carried_of(c, seq)?,
                    })
                }
                None => None,
            };
            Ok(FeedRow {
                seq: s.seq,
                site: s.event.site,
                road: s.event.road,
                hook: s.event.hook,
                event_log_entry_id: s.event.event_log_entry_id,
                event_type: s.event.event_type,
                operation: s.event.operation,
                entity: s.event.entity,
                parent: s.parent,
                field: s.event.field,
                is_status: s.is_status,
                old: s.event.old,
                new: s.event.new,
                hook_word: s.event.hook_word,
                note: s.event.note.map(|n| n.text),
                by_hand: s.by_hand,
                actor: s.event.actor,
                project: s.event.project,
                occurred_at: s.event.occurred_at,
                received_at: s.received_at,
                outcome: s.outcome,
                why: s.why,
                seen_again: s.seen_again,
                cascade,
            })
        })
        .collect()
}

impl Outcome {
    /// What came of an event whose changes have all been settled.
    #[must_use]
    pub fn of(changes: &[Change]) -> Self {
        use callboard_model::ChangeState::{Applied, Confirmed, Failed, Planned, Skipped, Undone};
        let any = |f: fn(&Change) -> bool| changes.iter().any(f);
        if any(|c| matches!(c.state, Planned | Applied)) {
            Self::Waiting
        } else if any(|c| c.state == Failed) {
            Self::Failed
        } else if any(|c| c.state == Skipped && c.skip != Some(Skip::AlreadyThere)) {
            Self::Skipped
        } else if any(|c| matches!(c.state, Confirmed | Undone)) {
            Self::Changed
        } else {
            Self::Nothing
        }
    }
}
