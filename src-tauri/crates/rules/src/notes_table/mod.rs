//! A client's notes as they come: a table with a column of names and a column of notes.
//!
//! From bytes to rows and nothing more. What a note means, and of which entity it speaks, is not decided here.

mod columns;
mod error;
mod grid;
mod headers;
mod package;
mod text;
mod workbook;

use callboard_model::EntityType;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use error::TableError;

use columns::Layout;
use grid::{Grid, Row};
use workbook::Table;

/// The largest file that is read as a table of notes.
pub const MAX_TABLE_BYTES: usize = 16 * 1024 * 1024;

/// The most rows that a table of notes may have.
pub const MAX_TABLE_ROWS: usize = 20_000;

/// A client's notes, each with the name that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NotesTable {
    /// The sheet it was read from; none for text.
    pub sheet: Option<String>,
    /// All sheets of the workbook, so that another can be chosen; empty for text.
    pub sheets: Vec<String>,
    /// The headers from the first column on, empty for a column without one; letters (`A`, `B`) if the table has none.
    pub headers: Vec<String>,
    /// Which column holds what.
    pub columns: NoteColumns,
    /// The notes, from the top.
    pub rows: Vec<NoteRow>,
    /// The rows below the headers that are no notes, from the top. A row in which nothing stands is not among them.
    pub left_out: Vec<LeftOut>,
}

/// Which column of a table holds what, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NoteColumns {
    /// The row that the headers stand in, as a person counts; none if the table has no headers.
    pub header_row: Option<u32>,
    /// The names of Shots, Versions …
    pub name: u32,
    /// The notes.
    pub note: u32,
    /// The types of the entities, where a column says them.
    pub kind: Option<u32>,
    /// Who wrote the notes, where a column says it.
    pub author: Option<u32>,
}

/// What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum NoteColumn {
    /// The names of Shots, Versions …
    Name,
    /// The notes.
    Note,
    /// The types of the entities.
    Kind,
    /// Who wrote the notes.
    Author,
}

impl NoteColumn {
    fn in_words(self) -> &'static str {
        match self {
            Self::Name => "the names of shots or versions",
            Self::Note => "the notes",
            Self::Kind => "the types",
            Self::Author => "who wrote the notes",
        }
    }
}

/// One note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NoteRow {
    /// The row it stands in, as a person counts.
    pub row: u32,
    /// What it is about, as it is written there.
    pub name: String,
    /// The type of what it is about, where the row or the header of the names says it.
    pub kind: Option<EntityType>,
    /// What it says.
    pub note: String,
    /// Who wrote it, where the row says it.
    pub author: Option<String>,
}

/// A row that is no note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LeftOut {
    /// The row, as a person counts.
    pub row: u32,
    /// Why, in a sentence.
    pub why: String,
}

/// What a person chose where it could not be told, or was told wrong. What is left out is found.
///
/// A column is named by its header (of two alike, the first), by its letter (`C`) or by its number (`3`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(export, optional_fields)]
pub struct ColumnChoice {
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The row that the headers stand in, as a person counts; 0 if the table has no headers.
    pub header_row: Option<u32>,
    /// The column of the names.
    pub name: Option<String>,
    /// The column of the notes.
    pub note: Option<String>,
    /// The column of the types.
    pub kind: Option<String>,
    /// The column of those who wrote the notes.
    pub author: Option<String>,
}

impl NotesTable {
    /// Reads a table: a text with commas, semicolons or tabs between its columns, as a file or from the clipboard, or a
    /// workbook of Excel (`.xlsx`). Errors when it is anything else, when it is far larger than a list of notes, and when it
    /// cannot be told where the names or the notes stand.
    pub fn read(bytes: &[u8], choice: &ColumnChoice) -> Result<Self, TableError> {
        if bytes.len() > MAX_TABLE_BYTES {
            return Err(TableError::TooLarge { bytes: bytes.len() });
        }
        if package::is_package(bytes)? {
            let Table {
                sheets,
                sheet,
                grid,
                layout,
            } = workbook::read(bytes, choice)?;
            return Ok(Self {
                sheet: Some(sheet),
                sheets,
                ..Self::of(&grid, layout, choice.kind.is_some())
            });
        }
        let grid = text::read(bytes)?;
        let layout = columns::lay_out(&grid, choice)?;
        Ok(Self::of(&grid, layout, choice.kind.is_some()))
    }

    /// `any_kind`: a person says that the column of types holds types, so whatever stands there is one.
    fn of(grid: &Grid, layout: Layout, any_kind: bool) -> Self {
        let Layout { headers, columns, kind } = layout;
        let mut rows = Vec::new();
        let mut left_out = Vec::new();
        let is_header = |row: &Row| (0..).zip(&headers).all(|(at, header)| row.cell(at) == header);
        for (number, row) in grid.rows() {
            // Above the headers stands the title of the table.
            if columns.header_row.is_some_and(|header| number <= header) {
                continue;
            }
            let said = |column: Option<u32>| column.map(|at| row.cell(at)).filter(|text| !text.is_empty());
            let why = match (said(Some(columns.name)), said(Some(columns.note))) {
                _ if is_header(row) => "the headers stand here again".to_owned(),
                (None, None) => "neither a name nor a note stands here".to_owned(),
                (None, Some(_)) => "a note without a name: write beside it what it is about".to_owned(),
                (Some(name), None) => format!("there is no note on {name}"),
                (Some(name), Some(note)) => {
                    let of_cell =
                        |text| headers::kind_of_cell(text).or_else(|| any_kind.then(|| EntityType::from(text)));
                    rows.push(NoteRow {
                        row: number,
                        name: name.to_owned(),
                        kind: said(columns.kind).and_then(of_cell).or_else(|| kind.clone()),
                        note: note.to_owned(),
                        author: said(columns.author).map(str::to_owned),
                    });
                    continue;
                }
            };
            left_out.push(LeftOut { row: number, why });
        }
        Self {
            sheet: None,
            sheets: Vec::new(),
            headers,
            columns,
            rows,
            left_out,
        }
    }
}
