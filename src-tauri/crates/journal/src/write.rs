//! Everything that changes the journal. Each method is one job of the writer: it resolves after the commit is synced.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use callboard_model::{
    Cause, Change, ChangeState, Entity, EntityKey, EntityRef, EntityType, Event, HookHealth, HookName, Operation,
    Refusal, RuleId, SiteName, Skip, StatusCode,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::{broadcast, watch};

use crate::carry::{NewCarry, insert_carries};
use crate::damage::Damage;
use crate::log::Log;
use crate::opening::{self, Opened};
use crate::rows::{micros, word};
use crate::search::{IndexThread, Indexing};
use crate::writer::Writer;
use crate::{JournalError, Outcome, Reader, StatusView, Touched, approvals, heard, retention, salvage};

/// The file's name in the data folder.
const FILE: &str = "journal.sqlite";

/// The journal, open for writing. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    pub(crate) writer: Writer,
    reader: Reader,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    indexing: Arc<Mutex<Indexing>>,
    index_thread: Arc<Mutex<Option<IndexThread>>>,
    pub(crate) damage: Damage,
    opened: Arc<Opened>,
    /// Lasts as long as the process, or the last clone.
    _lock: Arc<std::fs::File>,
}

/// A delivery that has been verified, with the events found in it.
pub struct DeliveryIn {
    /// The hook it came to.
    pub hook: HookName,
    /// The hook's site.
    pub site: SiteName,
    /// The site's own id of it, where it says one.
    pub tracker_id: Option<String>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// What the signature said, as a sentence.
    pub verdict: String,
    /// Its headers, secrets left out.
    pub headers: Vec<(String, String)>,
    /// Its bytes, as received.
    pub body: Vec<u8>,
    /// What was found in it, in its order.
    pub events: Vec<Event>,
    /// The field that holds a status in this tracker.
    pub status_field: &'static str,
    /// What it says of entities, where its site cannot be read and this is all that will ever be known of them.
    pub heard: Vec<Entity>,
    /// Why nothing is to come of its events, where that is clear from the start: they are kept, and no rule sees them.
    pub left_out: Option<String>,
}

/// What became of a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Events that are new, by their number.
    pub new: Vec<i64>,
    /// Events that had been seen before.
    pub seen: usize,
}

/// A change to write into the outbox.
#[derive(Clone, Debug)]
pub struct NewChange {
    /// Whose status.
    pub entity: EntityRef,
    /// The field that is set; none: the status.
    pub field: Option<String>,
    /// What it was.
    pub from: Option<StatusCode>,
    /// What it should be.
    pub to: Option<StatusCode>,
    /// The rule.
    pub rule: RuleId,
    /// The rule's name now.
    pub rule_name: String,
    /// What made the rule fire: the event, or a change by its place in this list.
    pub cause: Cause,
    /// Planned, or skipped from the start.
    pub state: ChangeState,
    /// Why it is skipped, when it is.
    pub skip: Option<Skip>,
    /// The same as a sentence.
    pub reason: Option<String>,
}

/// What was decided of an event.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What came of it so far.
    pub outcome: Outcome,
    /// Why nothing came of it.
    pub why: Option<String>,
    /// The rule set's revision and name, and the changes; none when no rule set looked at it.
    pub cascade: Option<(i64, String, Vec<NewChange>)>,
}

/// An event's cascade as written.
pub struct Decided {
    /// The changes that are now in the outbox, in order.
    pub changes: Vec<Change>,
    /// Whether one of them took the place of a change that waited for a person.
    pub passed_over: bool,
}

/// How far a change has come.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The change.
    pub change: i64,
    /// Its state now.
    pub state: ChangeState,
    /// Why it is skipped, when it is.
    pub skip: Option<Skip>,
    /// Why, as a sentence.
    pub reason: Option<String>,
    /// How often it has been tried.
    pub attempts: u32,
}

impl Settled {
    /// A change as it stands in memory.
    #[must_use]
    pub fn of(change: &Change) -> Self {
        Self {
            change: change.id,
            state: change.state,
            skip: change.skip,
            reason: change.reason.clone(),
            attempts: change.attempts,
        }
    }
}

/// What has been read of an entity that is worth showing.
pub struct Known {
    /// Which, with its name.
    pub entity: EntityRef,
    /// What it belongs to.
    pub parent: Option<EntityKey>,
}

impl Journal {
    /// Opens the journal of a data folder, making or migrating it. One that is damaged is set aside, and this one is made of what
    /// could be read: see [`Self::opened`]. Errors when the folder cannot be written or the file is from a newer version.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let file = Self::file(folder);
        let (connection, lock, opened) = opening::open(&file)?;
        let damage = Damage::none(&file);
        let log = Log::of(&file).map_err(|e| opening::cannot_open(&file, &e))?;
        let (writer, thread) = Writer::start(connection, log, damage.clone())?;
        let reader = Reader::open(folder)?;
        let indexing = Arc::new(Mutex::new(Indexing::new(reader.clone(), writer.clone())));
        let index_thread = IndexThread::start(&indexing)?;
        Ok(Self {
            writer,
            reader,
            thread: Arc::new(Mutex::new(Some(thread))),
            indexing,
            index_thread: Arc::new(Mutex::new(Some(index_thread))),
            damage,
            opened: Arc::new(opened),
            _lock: Arc::new(lock),
        })
    }

    /// Where a data folder's journal is.
    #[must_use]
    pub fn file(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// What came of opening the file.
    #[must_use]
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// For reading.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// What commits touch, from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Touched> {
        self.writer.subscribe()
    }

    /// Why nothing can be stored, from now on; none while it can.
    #[must_use]
    pub fn trouble(&self) -> watch::Receiver<Option<JournalError>> {
        self.writer.trouble()
    }

    /// Writes what has queued, closes the file and returns when that is done. Blocking. Other clones are told that the
    /// journal is closed.
    pub fn close(self) {
        let index_thread = self.index_thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(index_thread) = index_thread {
            index_thread.end();
        }
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.writer.end();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("journal: the writer ended badly");
        }
    }

    /// Puts into the index what is not there yet and packs what has lain for a while, all of it and at once, instead of beside the
    /// other work as the journal does by itself. Blocking, and not to be called in async code. Search finds the same before and
    /// after; before, it may take several answers.
    pub fn index(&self) -> Result<(), JournalError> {
        self.indexing.lock().unwrap_or_else(PoisonError::into_inner).all()
    }

    /// Whether the journal takes anything now. Only a write tells: a file that may not be written, or whose disk is full, is still read.
    pub async fn answers(&self) -> Result<(), JournalError> {
        self.writer
            .run(|c| {
                // The version that stands there: a page goes to the disk, and nothing is different.
                let version: i64 = c.pragma_query_value(None, "user_version", |r| r.get(0))?;
                c.pragma_update(None, "user_version", version)?;
                Ok(((), Touched::nothing()))
            })
            .await
    }

    /// Takes a verified delivery. What has been seen before is counted and otherwise left alone; a delivery in which
    /// nothing is new is not kept.
    pub async fn accept(&self, delivery: DeliveryIn) -> Result<Accepted, JournalError> {
        self.accept_holding(delivery, ()).await
    }

    /// The same, and holds something until the delivery is written: it is, and takes its memory until then, although whoever asked has
    /// gone away meanwhile.
    pub async fn accept_holding(
        &self,
        delivery: DeliveryIn,
        held: impl Send + 'static,
    ) -> Result<Accepted, JournalError> {
        let taken = (delivery, held);
        let job = move |c: &Connection| {
            // A closure holds no more than it speaks of.
            let (delivery, _held) = &taken;
            accept(c, delivery)
        };
        self.writer.run(job).await
    }

    /// Counts a delivery that was not taken. An unknown hook counts under the empty name.
    pub async fn refuse(&self, hook: String, reason: Refusal, number: u64, at: Timestamp) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.prepare_cached(
                    "INSERT INTO refusal (hook, day, reason, number, last_at) VALUES (?1, date(?4 / 1000000, 'unixepoch'), ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET number = number + ?3, last_at = max(last_at, ?4)",
                )?
                .execute(params![hook, reason.as_str(), i64::try_from(number).unwrap_or(i64::MAX), micros(at)])?;
                Ok(((), Touched::nothing()))
            })
            .await
    }

    /// Writes a decision: the outcome, the cascade and its outbox, in one transaction. Deciding twice is a no-op that
    /// answers what stands there already.
    pub async fn decide(&self, event_seq: i64, decision: Decision, at: Timestamp) -> Result<Decided, JournalError> {
        self.decide_and_carry(event_seq, decision, Vec::new(), at).await
    }

    /// The same with what the cascade hands over to other sites.
    pub async fn decide_and_carry(
        &self,
        event_seq: i64,
        decision: Decision,
        carries: Vec<NewCarry>,
        at: Timestamp,
    ) -> Result<Decided, JournalError> {
        self.writer
            .run(move |c| decide(c, event_seq, &decision, &carries, at))
            .await
    }

    /// Says what an event waits for.
    pub async fn postpone(&self, event_seq: i64, why: String) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.prepare_cached("UPDATE event SET why = ?2 WHERE seq = ?1")?
                    .execute(params![event_seq, why])?;
                Ok(((), Touched::events(vec![event_seq])))
            })
            .await
    }

    /// Moves changes on, all in one commit. What a person has taken back meanwhile stays so.
    pub async fn settle(&self, settled: Vec<Settled>, at: Timestamp) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                let mut events = Vec::new();
                for one in &settled {
                    let event = c
                        .prepare_cached(
                            "UPDATE change SET state = iif(state = 'undone', state, ?2), reason = iif(state = 'undone', reason, ?3),
                                settled_at = iif(state = 'undone', settled_at, ?5), attempts = ?4, skip = ?6,
                                pause = CASE ?6 WHEN 'paused' THEN (SELECT id FROM pause WHERE ended_at IS NULL) END
                             WHERE id = ?1
                             RETURNING (SELECT event_seq FROM cascade WHERE seq = cascade_seq)",
                        )?
                        .query_row(
                            params![
                                one.change,
                                one.state.as_str(),
                                one.reason,
                                one.attempts,
                                micros(at),
                                one.skip.as_ref().map(word).transpose()?
                            ],
                            |r| r.get(0),
                        )?;
                    if !events.contains(&event) {
                        events.push(event);
                    }
                }
                Ok(((), Touched::events(events)))
            })
            .await
    }

    /// Says what came of an event in the end.
    pub async fn close_event(&self, event_seq: i64, outcome: Outcome, why: Option<String>) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.prepare_cached("UPDATE event SET outcome = ?2, why = ?3 WHERE seq = ?1")?
                    .execute(params![event_seq, outcome.as_str(), why])?;
                Ok(((), Touched::events(vec![event_seq])))
            })
            .await
    }

    /// Says what came of an event whose changes have all been settled, and answers whether it could: where a person reopened one
    /// of them meanwhile, the event goes on waiting.
    pub async fn end_cascade(&self, event_seq: i64, outcome: Outcome) -> Result<bool, JournalError> {
        self.writer
            .run(move |c| {
                let ended = c
                    .prepare_cached(
                        "UPDATE event SET why = NULL, outcome = CASE
                             WHEN EXISTS (SELECT 1 FROM cascade k JOIN carry y ON y.cascade_seq = k.seq
                                WHERE k.event_seq = ?1 AND y.state = 'failed') THEN 'failed'
                             WHEN ?2 = 'nothing' AND EXISTS (SELECT 1 FROM cascade k JOIN carry y ON y.cascade_seq = k.seq
                                WHERE k.event_seq = ?1 AND y.state <> 'skipped') THEN 'changed'
                             ELSE ?2 END
                         WHERE seq = ?1 AND NOT EXISTS (
                             SELECT 1 FROM cascade k JOIN change c ON c.cascade_seq = k.seq
                             WHERE k.event_seq = ?1 AND c.state IN ('planned', 'applied'))",
                    )?
                    .execute(params![event_seq, outcome.as_str()])?;
                Ok((ended > 0, Touched::events(vec![event_seq])))
            })
            .await
    }

    /// Keeps names and links for showing. [`Self::learn_entities`] keeps the rest.
    pub async fn learn(&self, site: SiteName, known: Vec<Known>) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                put_names(c, &site, &known)?;
                Ok(((), Touched::nothing()))
            })
            .await
    }

    /// Keeps a type's statuses, in the site's order, in place of those known before.
    pub async fn put_statuses(
        &self,
        site: SiteName,
        kind: EntityType,
        statuses: Vec<StatusView>,
    ) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.execute("DELETE FROM status WHERE site = ?1 AND entity_type = ?2", [site.as_str(), kind.as_str()])?;
                for (place, status) in statuses.iter().enumerate() {
                    c.prepare_cached(
                        "INSERT OR IGNORE INTO status (site, entity_type, code, place, name, color) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute(params![
                        site.as_str(),
                        kind.as_str(),
                        status.code.as_str(),
                        i64::try_from(place).unwrap_or(i64::MAX),
                        status.name,
                        status.color
                    ])?;
                }
                Ok(((), Touched::overview()))
            })
            .await
    }

    /// Puts a hook's health and answers what it was, so that a change of state is told once.
    pub async fn set_hook(&self, health: HookHealth) -> Result<Option<HookHealth>, JournalError> {
        self.writer
            .run(move |c| {
                let before = c
                    .query_row("SELECT name, site, state, badges, since, why FROM hook WHERE name = ?1", [health.name.as_str()], |r| {
                        Ok(crate::rows::hook(r))
                    })
                    .optional()?
                    .transpose()?;
                if before.as_ref() == Some(&health) {
                    return Ok((before, Touched::nothing()));
                }
                if before.as_ref().map(|b| b.state) != Some(health.state) {
                    c.prepare_cached("INSERT OR REPLACE INTO hook_state (hook, since, state) VALUES (?1, ?2, ?3)")?
                        .execute(params![health.name.as_str(), micros(health.since), health.state.as_str()])?;
                }
                c.prepare_cached(
                    "INSERT OR REPLACE INTO hook (name, site, state, badges, since, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    health.name.as_str(),
                    health.site.as_str(),
                    health.state.as_str(),
                    serde_json::to_string(&health.badges)?,
                    micros(health.since),
                    health.why
                ])?;
                Ok((before, Touched::overview()))
            })
            .await
    }

    /// Forgets hooks that are no longer configured.
    pub async fn keep_hooks(&self, names: Vec<HookName>) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                let names = serde_json::to_string(&names)?;
                c.execute(
                    "DELETE FROM hook WHERE name NOT IN (SELECT value FROM json_each(?1))",
                    [names],
                )?;
                Ok(((), Touched::overview()))
            })
            .await
    }
}

/// Keeps names and links. What has no name is not kept.
pub(crate) fn put_names(c: &Connection, site: &SiteName, known: &[Known]) -> Result<(), JournalError> {
    let mut put = c.prepare_cached(
        "INSERT INTO entity (site, entity_type, entity_id, name, parent_type, parent_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET name = ?4, parent_type = coalesce(?5, parent_type), parent_id = coalesce(?6, parent_id)
         WHERE name <> ?4 OR parent_type IS NOT coalesce(?5, parent_type) OR parent_id IS NOT coalesce(?6, parent_id)",
    )?;
    for Known { entity, parent } in known {
        let Some(name) = &entity.name else { continue };
        put.execute(params![
            site.as_str(),
            entity.key.kind.as_str(),
            entity.key.id.to_string(),
            name,
            parent.as_ref().map(|p| p.kind.as_str()),
            parent.as_ref().map(|p| p.id.to_string()),
        ])?;
    }
    Ok(())
}

fn accept(c: &Connection, delivery: &DeliveryIn) -> Result<(Accepted, Touched), JournalError> {
    let mut accepted = Accepted::default();
    // The delivery's row must come before its events', and goes again when none of them is new.
    let delivery_seq = {
        c.prepare_cached(
            "INSERT INTO delivery (hook, site, received_at, verdict, headers, body, tracker_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            delivery.hook.as_str(),
            delivery.site.as_str(),
            micros(delivery.received_at),
            delivery.verdict,
            serde_json::to_string(&delivery.headers)?,
            delivery.body,
            delivery.tracker_id
        ])?;
        c.last_insert_rowid()
    };
    let mut waiting = false;
    let mut brings_bytes = false;
    for (place, event) in delivery.events.iter().enumerate() {
        let is_status = event.field.as_deref() == Some(delivery.status_field);
        let (event, left_out) = heard::against(c, delivery, event, is_status)?;
        let event = event.as_ref();
        let left_out = match (left_out, event.event_log_entry_id) {
            (None, Some(entry)) if retention::was_let_go(c, &event.site, entry)? => {
                Some(retention::LONG_AGO.to_owned())
            }
            (left_out, _) => left_out,
        };
        let outcome = match (event.operation, &left_out) {
            (Operation::NotUnderstood, _) => Outcome::NotUnderstood,
            (_, Some(_)) => Outcome::Nothing,
            (_, None) => Outcome::Waiting,
        };
        let came = Came {
            received_at: delivery.received_at,
            delivery: Some(delivery_seq),
            place: i64::try_from(place).unwrap_or(i64::MAX),
            is_status,
            by_hand: None,
        };
        match insert_event(c, event, &came, outcome)? {
            Some(seq) => {
                waiting |= outcome == Outcome::Waiting;
                if let Some(why) = left_out.filter(|_| outcome == Outcome::Nothing) {
                    c.prepare_cached("UPDATE event SET why = ?2 WHERE seq = ?1")?
                        .execute(params![seq, why])?;
                }
                accepted.new.push(seq);
            }
            None if first_by_a_hook(c, event, &came)? => brings_bytes = true,
            None => {
                accepted.seen += 1;
                seen_again(c, event)?;
            }
        }
    }
    if accepted.new.is_empty() && !brings_bytes {
        c.prepare_cached("DELETE FROM delivery WHERE seq = ?1")?
            .execute([delivery_seq])?;
    }
    let is_new_status = !accepted.new.is_empty() && heard::learn(c, delivery)?;
    let touched = Touched {
        events: accepted.new.clone(),
        overview: is_new_status,
        work: waiting,
    };
    Ok((accepted, touched))
}

/// How an event came, and when.
pub(crate) struct Came<'a> {
    pub(crate) received_at: Timestamp,
    pub(crate) delivery: Option<i64>,
    /// Its place in the delivery, or its row.
    pub(crate) place: i64,
    pub(crate) is_status: bool,
    /// Who entered it, and from where.
    pub(crate) by_hand: Option<(&'a str, &'a str)>,
}

pub(crate) fn insert_event(
    c: &Connection,
    event: &Event,
    came: &Came<'_>,
    outcome: Outcome,
) -> Result<Option<i64>, JournalError> {
    // A log that is read again tells of much that has gone. What a delivery brings is shown all the same, and a person who enters an event
    // knows that it is an old one.
    let by_the_log = came.delivery.is_none() && came.by_hand.is_none();
    if let Some(entry) = event.event_log_entry_id.filter(|_| by_the_log)
        && retention::was_let_go(c, &event.site, entry)?
    {
        return Ok(None);
    }
    let new = c
        .prepare_cached(
            "INSERT INTO event (site, key, road, hook, delivery_seq, place, entry_id, tracker_id, event_type, operation,
                entity_type, entity_id, field, is_status, in_create, old, new, actor_kind, actor_type, actor_id, project_type,
                project_id, occurred_at, received_at, session_uuid, warning, hook_status, hook_before, outcome, note,
                note_about, hand_by, hand_source, why)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
                ?25, ?26, ?27, ?28,
                CASE WHEN ?29 = 'waiting' AND ?32 IS NULL AND coalesce(?23, ?24) <= (SELECT until FROM doubt) THEN 'nothing' ELSE ?29 END,
                ?30, ?31, ?32, ?33,
                CASE WHEN ?29 = 'waiting' AND ?32 IS NULL AND coalesce(?23, ?24) <= (SELECT until FROM doubt) THEN ?34 END)
             ON CONFLICT (site, key) DO NOTHING",
        )?
        .execute(
            params![
                event.site.as_str(),
                event.key.as_str(),
                word(&event.road)?,
                event.hook.as_ref().map(HookName::as_str),
                came.delivery,
                came.place,
                event.event_log_entry_id,
                event.id.as_ref().map(ToString::to_string),
                event.event_type,
                word(&event.operation)?,
                event.entity.as_ref().map(|e| e.key.kind.as_str()),
                event.entity.as_ref().map(|e| e.key.id.to_string()),
                event.field,
                came.is_status,
                event.in_create,
                event.old.as_ref().map(ToString::to_string),
                event.new.as_ref().map(ToString::to_string),
                event.actor.as_ref().map(|a| word(&a.kind)).transpose()?,
                event.actor.as_ref().map(|a| a.entity.key.kind.as_str()),
                event.actor.as_ref().map(|a| a.entity.key.id.to_string()),
                event.project.as_ref().map(|p| p.key.kind.as_str()),
                event.project.as_ref().map(|p| p.key.id.to_string()),
                event.occurred_at.map(micros),
                micros(came.received_at),
                event.session_uuid,
                event.warning,
                event.hook_word.as_ref().map(|w| w.status.as_str()),
                event.hook_word.as_ref().and_then(|w| w.previous.as_deref()),
                outcome.as_str(),
                event.note.as_ref().map(|n| n.text.as_str()),
                event.note.as_ref().map(|n| serde_json::to_string(&n.about)).transpose()?,
                came.by_hand.map(|(by, _)| by),
                came.by_hand.map(|(_, source)| source),
                salvage::ONLY_SHOWN,
            ],
        )?;
    // Asking for the number by RETURNING would cost a journal of the statement's own.
    Ok((new > 0).then(|| c.last_insert_rowid()))
}

/// An event that the site's log told first keeps the delivery that brings it now: headers, verdict, the site's id of it. Nothing
/// else comes of it.
fn first_by_a_hook(c: &Connection, event: &Event, came: &Came<'_>) -> Result<bool, JournalError> {
    let changed = c
        .prepare_cached(
            "UPDATE event SET hook = ?3, delivery_seq = ?4, place = ?5
             WHERE site = ?1 AND key = ?2 AND road = 'log' AND hook IS NULL",
        )?
        .execute(params![
            event.site.as_str(),
            event.key.as_str(),
            event.hook.as_ref().map(HookName::as_str),
            came.delivery,
            came.place
        ])?;
    Ok(changed > 0)
}

pub(crate) fn seen_again(c: &Connection, event: &Event) -> Result<(), JournalError> {
    c.prepare_cached("UPDATE event SET seen_again = seen_again + 1 WHERE site = ?1 AND key = ?2")?
        .execute([event.site.as_str(), event.key.as_str()])?;
    Ok(())
}

fn decide(
    c: &Connection,
    event_seq: i64,
    decision: &Decision,
    carries: &[NewCarry],
    at: Timestamp,
) -> Result<(Decided, Touched), JournalError> {
    let (site, decided_before): (String, bool) = c
        .prepare_cached(
            "SELECT site, outcome <> 'waiting' OR EXISTS (SELECT 1 FROM cascade WHERE event_seq = event.seq) FROM event WHERE seq = ?1",
        )?
        .query_row([event_seq], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let mut touched = vec![event_seq];
    if !decided_before {
        c.prepare_cached("UPDATE event SET outcome = ?2, why = ?3 WHERE seq = ?1")?
            .execute(params![event_seq, decision.outcome.as_str(), decision.why])?;
        if let Some((revision, rule_set, changes)) = &decision.cascade {
            c.prepare_cached(
                "INSERT INTO cascade (event_seq, revision, rule_set, decided_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![event_seq, revision, rule_set, micros(at)])?;
            let cascade = c.last_insert_rowid();
            let ids = insert_changes(c, &site, cascade, changes, at)?;
            insert_carries(c, cascade, carries, &ids, at)?;
            for change in changes {
                touched.extend(approvals::pass_over(c, &site, change, at)?);
            }
        }
    }
    let changes = crate::read::changes_of(c, event_seq)?;
    let passed_over = touched.len() > 1;
    Ok((Decided { changes, passed_over }, Touched::events(touched)))
}

fn insert_changes(
    c: &Connection,
    site: &str,
    cascade: i64,
    changes: &[NewChange],
    at: Timestamp,
) -> Result<Vec<i64>, JournalError> {
    let mut ids: Vec<i64> = Vec::with_capacity(changes.len());
    for change in changes {
        let parent = match change.cause {
            Cause::Event => None,
            Cause::Change(place) => ids.get(place).copied(),
        };
        c.prepare_cached(
            "INSERT INTO change (cascade_seq, site, entity_type, entity_id, from_code, to_code, rule, rule_name, parent, state,
                reason, planned_at, settled_at, skip, pause, field)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13,
                CASE ?13 WHEN 'paused' THEN (SELECT id FROM pause WHERE ended_at IS NULL) END, ?14)",
        )?
        .execute(params![
            cascade,
            site,
            change.entity.key.kind.as_str(),
            change.entity.key.id.to_string(),
            change.from.as_ref().map(StatusCode::as_str),
            change.to.as_ref().map(StatusCode::as_str),
            change.rule.as_str(),
            change.rule_name,
            parent,
            change.state.as_str(),
            change.reason,
            micros(at),
            change.skip.as_ref().map(word).transpose()?,
            change.field,
        ])?;
        ids.push(c.last_insert_rowid());
    }
    Ok(ids)
}
