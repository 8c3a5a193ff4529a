use serde::{Deserialize, Serialize};
use thiserror::Error;
use ts_rs::TS;

use super::NoteColumn;

/// Why a table of notes is not read. Its text is one sentence for whoever chose the file.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "code", rename_all = "snake_case")]
#[ts(export)]
pub enum TableError {
    /// Far larger than any table of notes.
    #[error(
        "a table of notes may be 16 MiB, and this one has {bytes} bytes; copy its rows in the spreadsheet and paste them here instead"
    )]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// Too many rows for a list of notes.
    #[error(
        "a table of notes may have 20,000 rows, and this one has more; split it, and read one part after the other"
    )]
    TooManyRows,
    /// A cell further right than any spreadsheet goes.
    #[error("a table of notes may have 16,384 columns, and this one has more; is it a table at all?")]
    TooWide,
    /// It would take more memory than any table of notes does.
    #[error(
        "there is far more in it than in a list of notes; copy the rows in the spreadsheet and paste them here instead"
    )]
    TooMuch,
    /// Nothing is in it.
    #[error("there are no rows in it")]
    Empty,
    /// Names and notes do not stand beside each other.
    #[error(
        "there is only one column in it; names and notes must stand beside each other, in columns of their own or with a comma, semicolon or tab between them"
    )]
    OneColumn,
    /// Something else.
    #[error(
        "this is {what}, which is not read as a table; save it as .xlsx or .csv and try again, or copy its rows and paste them here"
    )]
    NotATable {
        /// What it seems to be.
        what: String,
    },
    /// A workbook that asks for a password.
    #[error("the workbook is protected by a password; save a copy without one, or copy its rows and paste them here")]
    Encrypted,
    /// A workbook that is not put together as its format wants it.
    #[error(
        "the workbook cannot be read: {what}; open it in the spreadsheet program and save it anew as .xlsx, or copy its rows and paste them here"
    )]
    Damaged {
        /// What is wrong with it.
        what: String,
    },
    /// There is no sheet of that name.
    #[error("there is no sheet \"{wanted}\" in the workbook (there are {})", listed(sheets))]
    NoSuchSheet {
        /// The sheet that was asked for.
        wanted: String,
        /// The sheets that there are.
        sheets: Vec<String>,
    },
    /// The row that should hold the headers is empty.
    #[error("row {row} cannot be the headers: nothing stands there")]
    NoSuchHeaderRow {
        /// The row that was asked for.
        row: u32,
    },
    /// There is no column of that name.
    #[error("there is no column \"{wanted}\" (there are {})", listed(headers))]
    NoSuchColumn {
        /// The column that was asked for.
        wanted: String,
        /// What it should hold.
        what: NoteColumn,
        /// The headers that there are.
        headers: Vec<String>,
    },
    /// One column was chosen for two things.
    #[error("the column \"{wanted}\" cannot hold the names and the notes")]
    SameColumn {
        /// The column.
        wanted: String,
    },
    /// No header says it, or several do.
    #[error("it cannot be told which column holds {}; choose one (there are {})", what.in_words(), listed(headers))]
    WhichColumn {
        /// The headers that there are, from the first column on; empty for a column without one.
        headers: Vec<String>,
        /// What is looked for.
        what: NoteColumn,
    },
}

impl TableError {
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }

    pub(super) fn not_a_table(what: impl Into<String>) -> Self {
        Self::NotATable { what: what.into() }
    }
}

/// The names that a sentence can hold: a table may have thousands of columns.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut named = names.iter().filter(|n| !n.is_empty());
    let mut words: Vec<_> = named.by_ref().take(SHOWN).map(|n| format!("\"{n}\"")).collect();
    match named.count() {
        0 if words.is_empty() => words.push("none".to_owned()),
        0 => {}
        more => words.push(format!("and {more} more")),
    }
    words.join(", ")
}
