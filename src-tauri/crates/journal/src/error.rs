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
