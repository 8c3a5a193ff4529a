//! Keeping the write-ahead log short: it is written back into the file between commits, never inside of one, so that nobody who
//! waits for an answer waits for it.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::JournalError;

/// Pages in the log from which on it is written back when nobody waits.
const ENOUGH: i64 = 1_000;
/// Pages from which on it is written back although somebody waits: the log begins anew after that, if nobody reads in it.
const MANY: i64 = 4_000;
/// Pages from which on readers are waited for, a moment at a time, and nothing more is taken while the disk fails.
const TOO_MANY: i64 = 12_000;
/// How long, in milliseconds.
const A_MOMENT: u32 = 50;
/// How long they are waited for, in milliseconds, where nothing is taken until the log has been written back.
const A_WHILE: u32 = 1_000;
/// How long after it was tried it is tried again, where not much was written since.
const AGAIN: Duration = Duration::from_secs(1);
/// What the log is cut to when it begins anew, in bytes.
const LIMIT: i64 = 16_000_000;

/// How much of the log there is, in pages.
#[derive(Clone, Copy)]
pub(crate) struct Pages {
    /// In all.
    pub(crate) all: i64,
    /// Written back already.
    back: i64,
}

/// When the log was last written back.
#[derive(Default)]
pub(crate) struct Checkpoints {
    /// When, and its pages then.
    tried: Option<(Instant, i64)>,
    /// Whether the disk did not take it, nor all of it since.
    has_failed: bool,
}

/// Has the log written back by [`Checkpoints`] alone.
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", LIMIT)
}

/// How much of the log there is.
pub(crate) fn pages(connection: &Connection) -> rusqlite::Result<Pages> {
    checkpoint(connection, "NOOP")
}

/// Writes all of it back and empties it, as far as nobody reads in it.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "busy_timeout", A_MOMENT)?;
    checkpoint(connection, "TRUNCATE").map(drop)
}

impl Pages {
    /// Whether there is no room for more until some have been written back.
    pub(crate) fn are_too_many(&self) -> bool {
        self.all >= TOO_MANY
    }

    /// Whether all of it has been written back. It has no number of pages where it could not be asked.
    fn is_back(&self) -> bool {
        (0..=self.back).contains(&self.all)
    }
}

impl Checkpoints {
    /// Writes the log of so many pages back if it is time. `idle`: nobody waits for the writer.
    pub(crate) fn after_commit(&mut self, connection: &Connection, log: Pages, idle: bool) -> Result<(), JournalError> {
        let behind = log.all - log.back;
        if behind < ENOUGH || log.all < MANY && !idle {
            return Ok(());
        }
        // Somebody may have read in it the last time, and still may.
        if let Some((at, pages)) = self.tried
            && (pages..pages + ENOUGH).contains(&log.all)
            && at.elapsed() < AGAIN
        {
            return Ok(());
        }
        self.tried = Some((Instant::now(), log.all));
        let done = match log.are_too_many() {
            true => restart(connection, A_MOMENT),
            false => checkpoint(connection, "PASSIVE"),
        };
        self.learn(done, false)
    }

    /// Writes all of the log back, as nothing more is taken before. That somebody reads in it for long is no error: what it does
    /// then is not the disk's doing.
    pub(crate) fn make_room(&mut self, connection: &Connection) -> Result<(), JournalError> {
        self.learn(restart(connection, A_WHILE), true)
    }

    fn learn(&mut self, done: rusqlite::Result<Pages>, is_patient: bool) -> Result<(), JournalError> {
        match done {
            Ok(log) if log.is_back() || is_patient => self.has_failed = false,
            // The file is synced with the last of it. A reader was in the way for a moment, and nothing is known that was not before.
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "journal: its log cannot be written back now");
                self.has_failed = true;
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Whether the disk failed when some of the log was written back, and all of it has not been since.
    pub(crate) fn have_failed(&self) -> bool {
        self.has_failed
    }
}

/// Waits so many milliseconds for those who read in the log, so that it begins anew.
fn restart(connection: &Connection, patience: u32) -> rusqlite::Result<Pages> {
    let usual: i64 = connection.query_row("PRAGMA busy_timeout", [], |r| r.get(0))?;
    connection.pragma_update(None, "busy_timeout", patience)?;
    let done = checkpoint(connection, "RESTART");
    connection.pragma_update(None, "busy_timeout", usual)?;
    done
}

fn checkpoint(connection: &Connection, how: &str) -> rusqlite::Result<Pages> {
    connection
        .prepare_cached(&format!("PRAGMA wal_checkpoint({how})"))?
        .query_row([], |r| {
            Ok(Pages {
                all: r.get(1)?,
                back: r.get(2)?,
            })
        })
}
