//! A sheet as a person sees it: texts at their places.

use std::collections::BTreeMap;

use super::{MAX_TABLE_ROWS, TableError};

/// How many columns the widest spreadsheet has.
const MAX_COLUMNS: u32 = 16_384;

/// How many cells that hold something are kept of one sheet.
const MAX_CELLS: usize = 2_000_000;

/// How many bytes of text are kept of one sheet. A few bytes of a workbook can stand for the same long text in thousands of
/// cells.
const MAX_TEXT: usize = 64 * 1024 * 1024;

/// The cells of a sheet that hold something.
#[derive(Debug, Default)]
pub(super) struct Grid {
    rows: BTreeMap<u32, Row>,
    /// How many cells were put into it.
    cells: usize,
    /// How many bytes their texts had.
    text: usize,
}

/// The cells of a row that hold something.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    cells: BTreeMap<u32, String>,
}

impl Grid {
    /// Puts a text where it stands, both places counted from 0. What was there first stays.
    pub(super) fn put(&mut self, row: u32, column: u32, text: &str) -> Result<(), TableError> {
        self.text += text.len();
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        self.cells += 1;
        if self.cells > MAX_CELLS || self.text > MAX_TEXT {
            return Err(TableError::TooMuch);
        }
        if column >= MAX_COLUMNS {
            return Err(TableError::TooWide);
        }
        if self.rows.len() >= MAX_TABLE_ROWS && !self.rows.contains_key(&row) {
            return Err(TableError::TooManyRows);
        }
        let cells = &mut self.rows.entry(row).or_default().cells;
        cells.entry(column).or_insert_with(|| text.replace("\r\n", "\n"));
        Ok(())
    }

    /// The rows that hold something, from the top, each with its number as a person sees it.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, &Row)> {
        self.rows.iter().map(|(at, row)| (at.saturating_add(1), row))
    }

    /// The columns that hold something, up to `most` of them.
    pub(super) fn columns(&self, most: usize) -> Vec<u32> {
        let mut columns = Vec::new();
        for column in self.rows.values().flat_map(|row| row.cells.keys()) {
            if columns.len() == most {
                break;
            }
            if !columns.contains(column) {
                columns.push(*column);
            }
        }
        columns.sort_unstable();
        columns
    }

    /// How many columns there are up to the last that holds something.
    pub(super) fn width(&self) -> u32 {
        let last = |row: &Row| row.cells.keys().next_back().map_or(0, |c| c.saturating_add(1));
        self.rows.values().map(last).max().unwrap_or_default()
    }
}

impl Row {
    /// What stands in a column; empty where nothing does.
    pub(super) fn cell(&self, column: u32) -> &str {
        self.cells.get(&column).map_or("", String::as_str)
    }

    /// The cells that hold something, from the left.
    pub(super) fn cells(&self) -> impl Iterator<Item = (u32, &str)> {
        self.cells.iter().map(|(column, text)| (*column, text.as_str()))
    }
}

impl<'a> FromIterator<(u32, &'a str)> for Row {
    fn from_iter<I: IntoIterator<Item = (u32, &'a str)>>(cells: I) -> Self {
        let cells = cells.into_iter().filter(|(_, text)| !text.trim().is_empty());
        Self {
            cells: cells.map(|(at, text)| (at, text.trim().to_owned())).collect(),
        }
    }
}

/// The column, counted from 0, that a person calls `C` or `3`.
pub(super) fn place(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<u32>().ok()?.checked_sub(1);
    }
    if text.len() > 3 || !text.bytes().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let value = |letter: char| letter.to_digit(36).map(|digit| digit - 9);
    let sum = text
        .chars()
        .map(value)
        .try_fold(0, |sum: u32, letter| Some(sum * 26 + letter?))?;
    sum.checked_sub(1)
}

/// What a spreadsheet calls a column.
pub(super) fn letters(column: u32) -> String {
    let mut rest = Some(column);
    let mut letters = Vec::new();
    while let Some(at) = rest {
        letters.extend(char::from_digit(10 + at % 26, 36).map(|c| c.to_ascii_uppercase()));
        rest = (at / 26).checked_sub(1);
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_the_letters_of_a_spreadsheet() {
        for (column, name) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (701, "ZZ"),
            (702, "AAA"),
            (16_383, "XFD"),
        ] {
            assert_eq!(letters(column), name);
            assert_eq!(place(name), Some(column));
            assert_eq!(place(&name.to_lowercase()), Some(column));
            assert_eq!(place(&format!("{}", column + 1)), Some(column));
        }
        for text in ["", "0", "A1", "NOTE", "-1", "99999999999", "é"] {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
