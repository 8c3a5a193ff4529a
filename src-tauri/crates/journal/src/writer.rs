//! The one thread that writes takes what has queued and commits it at once; another brings it onto the disk, and then answers. So the
//! next group is written while the last is synced.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::JournalError;
use crate::checkpoint::{self, Checkpoints};
use crate::damage::Damage;
use crate::log::Log;
use crate::wal::Synced;

/// Jobs that may wait in the queue. A sender beyond it waits, which is how a slow disk slows the senders down.
const QUEUE: usize = 4096;
/// Jobs in one commit: enough that the sync costs each of them little, few enough that none waits long.
const BATCH: usize = 512;
/// Commits that may wait for the disk beside those that are being synced. The next sync is for all of them; beyond that the disk slows the
/// writer down, and so the senders.
const UNSYNCED: usize = 16;
/// How long after it was tried the disk is tried again, where the log is full and it goes on to fail.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// News that a slow listener may fall behind before it must ask anew.
const NEWS: usize = 1024;

/// What a commit changed, for those who show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Events that are new or whose cascade moved.
    pub events: Vec<i64>,
    /// Whether hooks, statuses or the live rule set changed.
    pub overview: bool,
    /// Whether there are events to decide.
    pub work: bool,
}

impl Touched {
    /// Nothing that anybody shows.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    /// These events' cascades or outcomes moved.
    pub(crate) fn events(events: Vec<i64>) -> Self {
        Self {
            events,
            ..Self::default()
        }
    }

    /// Something that stands around every view changed.
    pub(crate) fn overview() -> Self {
        Self {
            overview: true,
            ..Self::default()
        }
    }

    fn merge(&mut self, other: Self) {
        self.events.extend(other.events);
        self.overview |= other.overview;
        self.work |= other.work;
    }
}

/// A job, or none to say that it was the last.
type Message = Option<Box<dyn Job>>;

/// One thing to write.
trait Job: Send {
    /// Does it inside the open transaction. May be called again after a rollback, and does the same then.
    fn run(&mut self, connection: &Connection) -> Result<Touched, JournalError>;
    /// Tells the sender, once the commit's fate is known.
    fn answer(self: Box<Self>, fate: Result<(), JournalError>);
}

struct Asked<T, F> {
    job: F,
    value: Option<T>,
    sender: oneshot::Sender<Result<T, JournalError>>,
}

type Answer<T> = oneshot::Receiver<Result<T, JournalError>>;

impl<T, F> Asked<T, F> {
    fn new(job: F) -> (Box<Self>, Answer<T>) {
        let (sender, answer) = oneshot::channel();
        let asked = Self {
            job,
            value: None,
            sender,
        };
        (Box::new(asked), answer)
    }
}

impl<T, F> Job for Asked<T, F>
where
    T: Send,
    F: FnMut(&Connection) -> Result<(T, Touched), JournalError> + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<Touched, JournalError> {
        let (value, touched) = (self.job)(connection)?;
        self.value = Some(value);
        Ok(touched)
    }

    fn answer(self: Box<Self>, fate: Result<(), JournalError>) {
        let Self { job, value, sender } = *self;
        // What it holds is free before anybody hears of it.
        drop(job);
        let result = fate.and_then(|()| value.ok_or(JournalError::Closed));
        // A sender that went away no longer cares; what it asked for is done all the same.
        drop(sender.send(result));
    }
}

/// The sending end. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Message>,
    news: broadcast::Sender<Touched>,
    trouble: Trouble,
}

/// Why the last commit that had something to write came to nothing, or why nothing is taken; none where all is well, or where all that was
/// committed has been synced since.
type Trouble = watch::Sender<Option<JournalError>>;

/// That it is over, or why it goes on, is news once.
fn tell(trouble: &Trouble, fate: &Result<(), JournalError>) {
    trouble.send_if_modified(|known| {
        let is_news = known.is_some() != fate.is_err();
        *known = fate.as_ref().err().cloned();
        is_news
    });
}

impl Writer {
    /// Begins the two threads, and hands out the one that ends last. `log`: that of the connection's file.
    pub(crate) fn start(
        connection: Connection,
        log: Log,
        damage: Damage,
    ) -> Result<(Self, JoinHandle<()>), JournalError> {
        // The log is synced by us, which does the same as FULL; and SQLite syncs it before it writes it back.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let news = broadcast::Sender::new(NEWS);
        let trouble = Trouble::new(None);
        let log = Arc::new(log);
        let (committed, to_sync) = sync_channel(UNSYNCED);
        let failed = |e: std::io::Error| JournalError::Database(e.to_string());
        let named = |name: &str| std::thread::Builder::new().name(name.into());
        let syncing = named("journal-sync")
            .spawn({
                let (log, news, trouble) = (log.clone(), news.clone(), trouble.clone());
                move || sync_until_closed(&to_sync, &log, &news, &trouble)
            })
            .map_err(failed)?;
        let thread = named("journal")
            .spawn({
                let trouble = trouble.clone();
                move || write_until_closed(connection, queue, &log, &damage, &trouble, committed, syncing)
            })
            .map_err(failed)?;
        Ok((Self { jobs, news, trouble }, thread))
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Touched> {
        self.news.subscribe()
    }

    pub(crate) fn trouble(&self) -> watch::Receiver<Option<JournalError>> {
        self.trouble.subscribe()
    }

    /// Lets the thread end after what has queued, although others still hold a sender.
    pub(crate) fn end(&self) {
        // A queue that is closed has ended already.
        drop(self.jobs.blocking_send(None));
    }

    /// Jobs that wait.
    pub(crate) fn queued(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// The same as [`Self::run`], of a thread that belongs to no runtime.
    pub(crate) fn run_blocking<T, F>(&self, job: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<(T, Touched), JournalError> + Send + 'static,
    {
        let (asked, answer) = Asked::new(job);
        self.jobs.blocking_send(Some(asked)).map_err(|_| JournalError::Closed)?;
        answer.blocking_recv().map_err(|_| JournalError::Closed)?
    }

    /// Runs `job` in the next commit. Resolves after that commit is synced.
    pub(crate) async fn run<T, F>(&self, job: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<(T, Touched), JournalError> + Send + 'static,
    {
        let (asked, answer) = Asked::new(job);
        self.jobs.send(Some(asked)).await.map_err(|_| JournalError::Closed)?;
        answer.await.map_err(|_| JournalError::Closed)?
    }
}

fn write_until_closed(
    connection: Connection,
    mut queue: mpsc::Receiver<Message>,
    log: &Log,
    damage: &Damage,
    trouble: &Trouble,
    committed: SyncSender<Committed>,
    syncing: JoinHandle<()>,
) {
    let mut taken = Vec::with_capacity(BATCH);
    let mut checkpoints = Checkpoints::default();
    let mut last = false;
    let mut is_full = false;
    let mut refusing: Option<Refusing> = None;
    while !last && queue.blocking_recv_many(&mut taken, BATCH) > 0 {
        last = taken.iter().any(Option::is_none);
        // Nothing of it is written back while the disk fails, so it would grow for as long as that lasts. Then nothing comes of these,
        // unless the disk takes now what it owes.
        refusing = match refusing.take() {
            _ if !is_full || !(log.owes() || checkpoints.have_failed()) || damage.check().is_err() => None,
            Some(waiting) if waiting.lasts && waiting.tried.elapsed() < TRY_AGAIN => Some(waiting),
            before => {
                let made = make_room(&connection, log, &mut checkpoints, &committed);
                tell(trouble, &made);
                made.err().map(|why| {
                    damage.note(&why);
                    Refusing {
                        why,
                        tried: Instant::now(),
                        lasts: before.is_some(),
                    }
                })
            }
        };
        if let Some(Refusing { why, .. }) = &refusing {
            for job in taken.drain(..).flatten() {
                job.answer(Err(why.clone()));
            }
            continue;
        }
        let writing = log.writing();
        let mut group = Group::begin(&connection, damage);
        for job in taken.drain(..).flatten() {
            group.run(job);
        }
        let mut group = group.commit();
        let pages = checkpoint::pages(&connection);
        if let Ok(pages) = &pages {
            is_full = pages.are_too_many();
        }
        group.end = pages.as_ref().ok().and_then(|pages| log.end(pages.all));
        drop(writing);
        // Its thread ends after this one.
        drop(committed.send(group));
        let _writing = log.writing();
        // What is not known to be on the disk is not written back either, nor anything into a damaged file.
        if log.owes() || damage.check().is_err() {
            continue;
        }
        let written_back = pages
            .map_err(JournalError::from)
            .and_then(|pages| checkpoints.after_commit(&connection, pages, queue.is_empty()));
        if let Err(error) = written_back {
            damage.note(&error);
            log.doubt();
        }
    }
    // Whoever still asks is told that it is closed.
    drop(queue);
    drop(committed);
    if syncing.join().is_err() {
        tracing::error!("journal: what was written could not be answered");
    }
    // What is not known to be on the disk stays in the log, and a damaged file as it is.
    let ended = if log.owes() || damage.check().is_err() {
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .map(drop)
    } else {
        checkpoint::all(&connection)
    };
    if let Err(error) = ended {
        tracing::warn!(%error, "journal: its log could not be put in order");
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "journal: could not be closed cleanly");
    }
}

/// Brings onto the disk what has been committed, all of it with one sync, and answers.
fn sync_until_closed(committed: &Receiver<Committed>, log: &Log, news: &broadcast::Sender<Touched>, trouble: &Trouble) {
    // What lies in the log and was answered with an error. The next sync brings it onto the disk all the same.
    let mut unheard = Touched::default();
    while let Ok(first) = committed.recv() {
        let groups: Vec<Committed> = std::iter::once(first).chain(committed.try_iter()).collect();
        let is_committed = groups.iter().any(|group| group.fate.is_ok());
        let owed = log.owes();
        let synced = match is_committed {
            true => log.sync().map_err(JournalError::from),
            false => Ok(()),
        };
        if is_committed && synced.is_ok() {
            if owed && !groups.iter().all(|group| group.is_trial) {
                tell(trouble, &synced);
            }
            if let Some(end) = groups.iter().rev().find_map(|group| group.end) {
                log.is_synced(end);
            }
            if unheard != Touched::default() {
                // Nobody listening is no error.
                drop(news.send(std::mem::take(&mut unheard)));
            }
        }
        for group in groups {
            if group.fate.is_ok() && synced.is_err() {
                unheard.merge(group.touched.clone());
            }
            let fate = group.fate.and_then(|()| synced.clone());
            // A commit that wrote nothing says nothing of the disk.
            if !group.is_trial && (fate.is_err() || group.has_written) {
                tell(trouble, &fate);
            }
            if fate.is_ok() && group.touched != Touched::default() {
                drop(news.send(group.touched));
            }
            for job in group.done {
                job.answer(fate.clone());
            }
        }
    }
}

/// A group whose commit is over.
struct Committed {
    /// To be answered.
    done: Vec<Box<dyn Job>>,
    touched: Touched,
    /// What came of the commit. Where it went well, it may not be on the disk yet.
    fate: Result<(), JournalError>,
    has_written: bool,
    /// Whether it is there for the sync alone. What becomes of that is for its sender to tell.
    is_trial: bool,
    /// Where the log ends with it.
    end: Option<Synced>,
}

/// Nothing is taken, as the log is full and the disk failed when it was last tried.
struct Refusing {
    why: JournalError,
    tried: Instant,
    /// Whether it failed before that too. What fails once may have failed for once, and is tried with whatever comes next.
    lasts: bool,
}

/// Has what lies in the log synced, waits for it, and writes it back where that failed.
fn make_room(
    connection: &Connection,
    log: &Log,
    checkpoints: &mut Checkpoints,
    committed: &SyncSender<Committed>,
) -> Result<(), JournalError> {
    let (mut asked, answer) = Asked::new(|_: &Connection| Ok(((), Touched::nothing())));
    asked.value = Some(());
    let nothing_new = Committed {
        done: vec![asked],
        touched: Touched::nothing(),
        fate: Ok(()),
        has_written: false,
        is_trial: true,
        end: None,
    };
    drop(committed.send(nothing_new));
    answer.blocking_recv().map_err(|_| JournalError::Closed)??;
    if checkpoints.have_failed() {
        let _writing = log.writing();
        checkpoints.make_room(connection).inspect_err(|_| log.doubt())?;
    }
    Ok(())
}

/// Jobs that are committed together.
struct Group<'a> {
    connection: &'a Connection,
    damage: &'a Damage,
    done: Vec<Box<dyn Job>>,
    touched: Touched,
    fate: Result<(), JournalError>,
    is_careful: bool,
    changes_before: u64,
}

impl<'a> Group<'a> {
    fn begin(connection: &'a Connection, damage: &'a Damage) -> Self {
        // Whatever is written to a damaged file may damage more of it.
        let fate = damage
            .check()
            .and_then(|()| Ok(connection.execute_batch("BEGIN IMMEDIATE")?));
        Self {
            connection,
            damage,
            done: Vec::with_capacity(BATCH),
            touched: Touched::default(),
            fate,
            is_careful: false,
            changes_before: connection.total_changes(),
        }
    }

    fn run(&mut self, mut job: Box<dyn Job>) {
        if let Err(error) = &self.fate {
            job.answer(Err(error.clone()));
            return;
        }
        let ran = if self.is_careful {
            in_savepoint(self.connection, job.as_mut())
        } else {
            attempt(self.connection, job.as_mut())
        };
        let error = match ran {
            Ok(touched) => {
                self.touched.merge(touched);
                self.done.push(job);
                return;
            }
            Err(error) => error,
        };
        self.damage.note(&error);
        if self.connection.is_autocommit() || self.damage.check().is_err() {
            // A full disk or an I/O error rolls back the whole transaction, not just the job that met it.
            self.fate = Err(error.clone());
            job.answer(Err(error));
        } else if self.is_careful {
            job.answer(Err(error));
        } else {
            self.run_carefully(job);
        }
    }

    /// A savepoint costs each job as much as a row, and hardly any job fails. So there are none until one does: then what it had begun
    /// goes with all the rest, and all of them run once more, each in a savepoint of its own.
    fn run_carefully(&mut self, failed: Box<dyn Job>) {
        self.is_careful = true;
        self.touched = Touched::default();
        let anew = self.connection.execute_batch("ROLLBACK; BEGIN IMMEDIATE");
        self.fate = anew.map_err(JournalError::from);
        for job in std::mem::take(&mut self.done).into_iter().chain([failed]) {
            self.run(job);
        }
    }

    fn commit(mut self) -> Committed {
        if self.fate.is_ok() {
            self.fate = self.connection.execute_batch("COMMIT").map_err(JournalError::from);
        }
        if let Err(error) = &self.fate {
            self.damage.note(error);
        }
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "journal: could not roll back");
        }
        Committed {
            done: self.done,
            touched: self.touched,
            fate: self.fate,
            has_written: self.connection.total_changes() > self.changes_before,
            is_trial: false,
            end: None,
        }
    }
}

/// A fault in one job is an error of that job: whoever else writes is not to suffer for it.
fn attempt(connection: &Connection, job: &mut dyn Job) -> Result<Touched, JournalError> {
    catch_unwind(AssertUnwindSafe(|| job.run(connection))).unwrap_or_else(|fault| {
        let said = fault
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| fault.downcast_ref::<&str>().copied())
            .unwrap_or_default();
        tracing::error!(fault = said, "journal: a fault in Callboard itself, while it wrote");
        Err(JournalError::Database(
            "a fault in Callboard itself; its log says which".into(),
        ))
    })
}

fn in_savepoint(connection: &Connection, job: &mut dyn Job) -> Result<Touched, JournalError> {
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    match attempt(connection, job) {
        Ok(touched) => {
            connection.prepare_cached("RELEASE job")?.execute([])?;
            Ok(touched)
        }
        Err(error) => {
            if !connection.is_autocommit() {
                connection.execute_batch("ROLLBACK TO job; RELEASE job")?;
            }
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use tempfile::TempDir;

    use super::Touched;
    use crate::{Journal, JournalError};

    #[tokio::test]
    async fn a_fault_in_one_job_undoes_that_job_alone() {
        let folder = TempDir::new().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let writes = |name: &'static str, has_fault: bool| {
            move |c: &Connection| {
                c.execute(
                    "INSERT INTO entity (site, entity_type, entity_id, name) VALUES ('practice', ?1, '1', 'Opening')",
                    [name],
                )?;
                match has_fault {
                    true => panic!("{name}"),
                    false => Ok(((), Touched::nothing())),
                }
            }
        };
        // In one group: its thread is held up until they have queued.
        let (go_on, held_up) = std::sync::mpsc::channel::<()>();
        let (begun, is_held) = tokio::sync::oneshot::channel();
        let mut held_up = Some((begun, held_up));
        let writer = journal.writer.clone();
        let holding = move |_: &Connection| {
            if let Some((begun, held_up)) = held_up.take() {
                begun.send(()).unwrap();
                held_up.recv().unwrap();
            }
            Ok(((), Touched::nothing()))
        };
        let holding = tokio::spawn(async move { writer.run(holding).await });
        is_held.await.unwrap();
        let queued = async {
            while journal.writer.queued() < 3 {
                tokio::task::yield_now().await;
            }
            go_on.send(()).unwrap();
        };
        let (first, bad, last, ()) = tokio::join!(
            journal.writer.run(writes("Shot", false)),
            journal.writer.run(writes("Task", true)),
            journal.writer.run(writes("Version", false)),
            queued,
        );
        holding.await.unwrap().unwrap();
        assert!(first.is_ok() && last.is_ok());
        assert!(matches!(bad, Err(JournalError::Database(_))), "{bad:?}");
        assert!(journal.writer.run(writes("Asset", false)).await.is_ok());
        let written: Vec<String> = {
            let c = journal.reader().connection().unwrap();
            let mut types = c.prepare("SELECT entity_type FROM entity ORDER BY 1").unwrap();
            let types = types.query_map([], |r| r.get(0)).unwrap();
            types.map(Result::unwrap).collect()
        };
        assert_eq!(written, ["Asset", "Shot", "Version"]);
        tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
    }
}
