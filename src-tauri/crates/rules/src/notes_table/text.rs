//! Tables as text: files with commas, semicolons or tabs between the columns, and what a spreadsheet puts on the clipboard.

use std::borrow::Cow;

use csv::{Reader, ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, WINDOWS_1252};

use super::grid::{Grid, Row};
use super::{TableError, columns};

/// What may stand between two columns; of those that suit a text alike, the last is taken.
const DELIMITERS: [u8; 3] = *b",;\t";

/// How many rows are looked at to find out which one it is.
const TRIAL_ROWS: usize = 200;

/// Reads a table from a text file or from pasted text.
pub(super) fn read(bytes: &[u8]) -> Result<Grid, TableError> {
    let text = decode(bytes);
    refuse_other_files(&text)?;
    // Each line ends alike, and the last one too, so that the reader counts them.
    let text = text.replace("\r\n", "\n").replace('\r', "\n") + "\n";
    let (delimiter, text) = declared_delimiter(&text).unwrap_or_else(|| (likely_delimiter(&text), &text));
    let mut grid = Grid::default();
    let mut reader = reader(text, delimiter);
    let mut record = StringRecord::new();
    let mut breaks = 0;
    // Nothing fails that is read from memory and may have rows of any width.
    while let Ok(true) = reader.read_record(&mut record) {
        // A spreadsheet counts empty lines, which are no records, but not the line breaks within a cell.
        breaks += record
            .iter()
            .map(|field| field.matches('\n').count() as u64)
            .sum::<u64>();
        let row = reader.position().line().saturating_sub(2 + breaks);
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        for (column, field) in (0..).zip(&record) {
            grid.put(row, column, field)?;
        }
    }
    Ok(grid)
}

fn reader(text: &str, delimiter: u8) -> Reader<&[u8]> {
    // One quote of an odd number never closes, and would swallow the rows below it.
    let quoting = text.matches('"').count().is_multiple_of(2);
    let mut builder = ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .quoting(quoting)
        .delimiter(delimiter);
    builder.from_reader(text.as_bytes())
}

/// The text: UTF-8 or UTF-16 where a byte order mark says so, UTF-8 where it is, and what Excel on Windows writes otherwise.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let text = bytes.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling(text).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

fn refuse_other_files(text: &str) -> Result<(), TableError> {
    if text.starts_with("%PDF") {
        Err(TableError::not_a_table("a PDF document"))
    } else if text.contains('\0') {
        Err(TableError::not_a_table("a file of another kind"))
    } else if text.trim_start().starts_with(['<', '{']) {
        Err(TableError::not_a_table("a web page or a program's data"))
    } else {
        Ok(())
    }
}

/// Excel's own way to say it: a first line `sep=;`, which it does not show as a row.
fn declared_delimiter(text: &str) -> Option<(u8, &str)> {
    let (line, rest) = text.strip_prefix("sep=")?.split_once('\n')?;
    match line.as_bytes() {
        [b'"'] => None,
        [delimiter] if delimiter.is_ascii_punctuation() || *delimiter == b'\t' => Some((*delimiter, rest)),
        _ => None,
    }
}

/// The delimiter under which the text looks most like a table: a row of headers, or many rows of the same width.
fn likely_delimiter(text: &str) -> u8 {
    let suits = |delimiter: &u8| {
        let mut reader = reader(text, *delimiter);
        let rows: Vec<_> = reader.records().take(TRIAL_ROWS).flatten().collect();
        let mut tops = rows
            .iter()
            .take(columns::HEADER_ROWS)
            .map(|row| (0..).zip(row).collect());
        let headed = tops.any(|row: Row| columns::is_header(&row));
        let like = |width: usize| rows.iter().filter(|row| row.len() == width).count();
        let alike = rows
            .iter()
            .map(StringRecord::len)
            .filter(|width| *width > 1)
            .map(like)
            .max();
        (headed, alike)
    };
    // Of equals, `max_by_key` takes the last.
    DELIMITERS.into_iter().max_by_key(suits).unwrap_or(b'\t')
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_16LE;

    use super::*;
    use crate::notes_table::MAX_TABLE_ROWS;

    fn cells(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
        let grid = read(bytes).unwrap();
        let row = |row: &Row| row.cells().map(|(_, text)| text.to_owned()).collect();
        grid.rows().map(|(at, cells)| (at, row(cells))).collect()
    }

    #[test]
    fn rows_are_those_of_a_spreadsheet() {
        for (text, rows) in [
            (
                "a,\"b, c\"\r\n\"two\nlines\",\"say \"\"no\"\"\"\nd",
                [(1, "a|b, c"), (2, "two\nlines|say \"no\""), (3, "d")],
            ),
            ("a\rb\n\n\nc", [(1, "a"), (2, "b"), (5, "c")]),
            ("\"a\r\n\r\nb\" ,c\n\nd\n,e", [(1, "a\n\nb|c"), (3, "d"), (4, "e")]),
            // A quote that never closes is part of the note.
            (
                "a,\"make it\nb,darker\nc,5",
                [(1, "a|\"make it"), (2, "b|darker"), (3, "c|5")],
            ),
        ] {
            let rows = rows.map(|(at, cells)| (at, cells.split('|').map(str::to_owned).collect()));
            assert_eq!(cells(text.as_bytes()), rows, "{text:?}");
        }
    }

    #[test]
    fn the_delimiter_is_the_one_that_makes_a_table() {
        for (text, delimiter) in [
            ("shot\tnote\nsh010\tgood, really; good", b'\t'),
            ("shot;note\nsh010;good, but darker, please\nsh020;no, no, no", b';'),
            ("shot,note\nsh010,good; but darker\nsh020,no", b','),
            ("sh010,good\nsh020,no; never\nsh030,final", b','),
            ("sh010;good\nsh020;no, never\nsh030;final", b';'),
            ("Client notes, 5 March\n\nshot;date;note\nsh010;1,2;good, yes", b';'),
            ("one column\nonly", b'\t'),
            ("", b'\t'),
        ] {
            assert_eq!(likely_delimiter(text), delimiter, "{text:?}");
        }
    }

    #[test]
    fn a_delimiter_may_be_declared() {
        assert_eq!(
            cells(b"sep=|\r\nshot|note\r\nsh010|good, bad; ugly"),
            [
                (1, vec!["shot".to_owned(), "note".to_owned()]),
                (2, vec!["sh010".to_owned(), "good, bad; ugly".to_owned()])
            ]
        );
        for text in ["sep=x\na", "sep=;", "sep=\n\n", "sep=\"\n", "sep=;;\n"] {
            assert_eq!(declared_delimiter(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_encoding_that_spreadsheets_write_is_read() {
        let wanted = "shot,note\nsh010,café – “schön”\n";
        let utf16 = |big: bool| -> Vec<u8> {
            let mark = std::iter::once(0xFEFF);
            let units = mark.chain(wanted.encode_utf16());
            units
                .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
                .collect()
        };
        let with_mark = [b"\xEF\xBB\xBF".as_slice(), wanted.as_bytes()].concat();
        let windows = WINDOWS_1252.encode(wanted).0.into_owned();
        for bytes in [
            wanted.as_bytes().to_vec(),
            with_mark,
            utf16(true),
            utf16(false),
            windows,
        ] {
            assert_eq!(decode(&bytes), wanted, "{bytes:?}");
        }
        assert_eq!(UTF_16LE.decode(&utf16(false)).0, wanted);
    }

    #[test]
    fn other_files_are_called_what_they_are() {
        for (bytes, said) in [
            (b"%PDF-1.7\n".as_slice(), "a PDF document"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a file of another kind"),
            (b"\n<html><table>", "a web page or a program's data"),
            (b"{\"notes\":[]}", "a web page or a program's data"),
        ] {
            assert_eq!(read(bytes).unwrap_err(), TableError::not_a_table(said));
        }
    }

    #[test]
    fn there_are_limits() {
        let line = |n| format!("{n},good\n");
        let many: String = (0..=MAX_TABLE_ROWS).map(line).collect();
        assert_eq!(read(many.as_bytes()).unwrap_err(), TableError::TooManyRows);
        let most: String = (0..MAX_TABLE_ROWS).map(line).collect();
        assert_eq!(cells(most.as_bytes()).len(), MAX_TABLE_ROWS);
        let wide = vec!["x"; 16_385].join(",");
        assert_eq!(read(wide.as_bytes()).unwrap_err(), TableError::TooWide);
    }
}
