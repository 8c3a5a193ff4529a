//! The write-ahead log as a file. SQLite writes into it and does not wait for the disk; here it is brought onto the disk, beside the
//! next commit.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::opening::beside;
use crate::wal::Synced;

/// What is written anew in one piece, in bytes.
const PIECE: usize = 1 << 20;

/// The log of a journal that is open.
pub(crate) struct Log {
    file: File,
    /// Says how much of it is on the disk.
    synced: File,
    /// Whether a sync has failed, and what lies in the log is not known to be on the disk.
    owes: AtomicBool,
    /// Held by whoever writes into it.
    writing: Mutex<()>,
}

impl Log {
    /// The log beside this file, which SQLite has made by now.
    pub(crate) fn of(file: &Path) -> io::Result<Self> {
        let log = File::options().read(true).write(true).open(beside(file, "-wal"))?;
        Ok(Self {
            file: log,
            synced: Synced::open(file)?,
            owes: AtomicBool::new(false),
            writing: Mutex::new(()),
        })
    }

    /// To be held as long as SQLite may write into it.
    pub(crate) fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the log ends that has so many frames. To be asked by whoever writes into it.
    pub(crate) fn end(&self, frames: i64) -> Option<Synced> {
        Synced::through(&self.file, frames)
    }

    /// Takes note that a sync that began after the log ended there has gone well.
    pub(crate) fn is_synced(&self, end: Synced) {
        if let Err(error) = end.write(&self.synced) {
            // Less is known of the log then, and nothing that is not so.
            tracing::debug!(%error, "journal: how far its log is synced cannot be noted");
        }
    }

    /// Brings everything that was committed onto the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let nobody_writes = self.owes().then(|| self.writing());
        if nobody_writes.is_some() {
            self.write_anew()?;
        }
        // On macOS this is fcntl(F_FULLFSYNC), as `sync_all` is, which empties the drive's own cache too: no pragma of SQLite's has a part
        // in it.
        let synced = self.file.sync_data();
        match &synced {
            Err(_) => self.doubt(),
            // Nobody can have come to doubt it meanwhile.
            Ok(()) if nobody_writes.is_some() => self.owes.store(false, Ordering::Release),
            Ok(()) => {}
        }
        synced
    }

    /// Whether a sync has failed since the last that went well.
    pub(crate) fn owes(&self) -> bool {
        self.owes.load(Ordering::Acquire)
    }

    /// Takes note that a sync of SQLite's own may have failed. To be called by whoever writes into it.
    pub(crate) fn doubt(&self) {
        self.owes.store(true, Ordering::Release);
    }

    /// After a sync that failed the system may take for written what is not, and the next sync goes well without it. So what is read of
    /// the log is written into it once more, where it stands.
    fn write_anew(&self) -> io::Result<()> {
        let mut log = &self.file;
        let mut piece = vec![0; PIECE];
        let mut at = 0;
        loop {
            log.seek(SeekFrom::Start(at))?;
            let read = log.read(&mut piece)?;
            let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
                return Ok(());
            };
            log.seek(SeekFrom::Start(at))?;
            log.write_all(bytes)?;
            at += bytes.len() as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn after_a_sync_that_failed_all_of_it_is_written_once_more_as_it_stands() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("journal.sqlite");
        let bytes: Vec<u8> = (0..PIECE * 2 + 7).map(|n| u8::try_from(n % 251).unwrap()).collect();
        std::fs::write(beside(&file, "-wal"), &bytes).unwrap();
        let log = Log::of(&file).unwrap();
        log.doubt();
        log.sync().unwrap();
        assert!(!log.owes());
        assert_eq!(std::fs::read(beside(&file, "-wal")).unwrap(), bytes);
    }
}
