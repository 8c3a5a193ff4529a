//! Damage that is met while the journal is open: from then on nothing is written, and the next opening knows of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use crate::{Journal, JournalError};

/// Whether the file was found damaged since it was opened. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Damage {
    mark: Arc<Path>,
    met: watch::Sender<Option<String>>,
}

impl Damage {
    /// None was met yet.
    pub(crate) fn none(file: &Path) -> Self {
        Self {
            mark: mark(file).into(),
            met: watch::Sender::new(None),
        }
    }

    /// Errors when some was met.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        match &*self.met.borrow() {
            Some(why) => Err(JournalError::Damaged(why.clone())),
            None => Ok(()),
        }
    }

    /// Takes note of an error, if it tells of damage. The first one counts.
    pub(crate) fn note(&self, error: &JournalError) {
        let JournalError::Damaged(why) = error else { return };
        let is_first = self.met.send_if_modified(|met| {
            let is_first = met.is_none();
            met.get_or_insert_with(|| why.clone());
            is_first
        });
        if is_first && let Err(error) = std::fs::write(&self.mark, why) {
            // The next opening looks for damage by itself too.
            tracing::error!(%error, "journal: it is damaged, and that cannot be noted for the next start");
        }
    }
}

/// Beside the file, once damage was met: what SQLite said. Its time is that of the last commit, nearly.
pub(crate) fn mark(file: &Path) -> PathBuf {
    crate::opening::beside(file, ".damaged")
}

impl Journal {
    /// Takes note of an error that a reader met. Of damage nobody else hears: from then on nothing is taken or written.
    pub fn note(&self, error: &JournalError) {
        self.damage.note(error);
    }

    /// Resolves when the file is found damaged, with what is wrong.
    pub async fn damaged(&self) -> JournalError {
        let mut met = self.damage.met.subscribe();
        // The sender lives as long as this journal.
        let why = met.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        JournalError::Damaged(why.unwrap_or_default())
    }
}
