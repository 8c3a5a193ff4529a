use std::path::PathBuf;

/// Why the journal could not do it. The sentence is for a coordinator.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    /// The folder or file cannot be opened.
    #[error("The journal {} cannot be opened: {why}. Check that the folder exists and that you may write in it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file was written by a newer Callboard.
    #[error("The journal {} was written by a newer Callboard. Install that version, or choose another data folder", .0.display())]
    Newer(PathBuf),
    /// The file is not what this program wrote.
    #[error(
        "The journal is damaged ({0}). Start Callboard anew: it sets the damaged file aside and takes over what can be read of it. \
         Until then nothing new is taken, and nothing is written to a site"
    )]
    Damaged(String),
    /// The file is of an older version, and could not be made one of this.
    #[error(
        "The journal {} could not be brought up to this version: {why}. It is as it was, and there is a copy of it at {}. Go on with \
         the version that you had",
        path.display(), backup.display()
    )]
    Migration {
        /// The file.
        path: PathBuf,
        /// The copy.
        backup: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// The file is of an older version, and no copy of it could be made.
    #[error(
        "The journal {} is from an older Callboard. Before it is brought up to date it is copied, and that cannot be done: {why}. \
         The journal is as it was. Make room, or move the data folder to a disk that has it", path.display()
    )]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// Another engine works on this folder.
    #[error("Another Callboard runs on the data folder {}. Stop that one, or choose another folder", .0.display())]
    InUse(PathBuf),
    /// The disk has no room.
    #[error(
        "The disk that holds the journal is full. Make room: nothing new can be taken until then, nothing taken is lost"
    )]
    Full,
    /// Another program holds the file.
    #[error("Another program holds the journal. Close it: Callboard tries again by itself")]
    Locked,
    /// The file or its folder may not be written.
    #[error("The journal is read-only. Check the rights of its file and folder")]
    ReadOnly,
    /// The database reported something else.
    #[error("The journal reported an error: {0}")]
    Database(String),
    /// What stands in a row is not what this program writes.
    #[error("The journal holds a row that this version cannot read: {0}")]
    Row(String),
    /// The draft is not the one that the writer had read.
    #[error(
        "The draft was changed in another window. Look at it there, or take it over here: yours would overwrite it"
    )]
    DraftMoved,
    /// The writer has stopped.
    #[error("The journal is closed")]
    Closed,
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

impl From<std::io::Error> for JournalError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::ReadOnly,
            _ => Self::Database(error.to_string()),
        }
    }
}

impl From<rusqlite::types::FromSqlError> for JournalError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Row(error.to_string())
    }
}

impl From<serde_json::Error> for JournalError {
    fn from(error: serde_json::Error) -> Self {
        Self::Row(error.to_string())
    }
}

impl From<r2d2::Error> for JournalError {
    fn from(error: r2d2::Error) -> Self {
        Self::Database(error.to_string())
    }
}
