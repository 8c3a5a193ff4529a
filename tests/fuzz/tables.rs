//! Tables of a client's notes.

use std::io::{Cursor, Read, Write};
use std::sync::OnceLock;

use callboard_rules::{ColumnChoice, MAX_TABLE_ROWS, NotesTable};
use proptest::{prop_assert, prop_assert_eq};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::trying::{Outcome, files, fuzz, much_is_read_and_much_is_refused};

/// What somebody may have chosen: nothing, and a few things that the table may not have.
fn choices() -> [ColumnChoice; 4] {
    let some = |text: &str| Some(text.to_owned());
    [
        ColumnChoice::default(),
        ColumnChoice {
            header_row: Some(0),
            name: some("A"),
            note: some("2"),
            ..ColumnChoice::default()
        },
        ColumnChoice {
            sheet: some("Old"),
            header_row: Some(2),
            name: some("Shot"),
            note: some("Note"),
            kind: some("ZZ"),
            author: some(""),
        },
        ColumnChoice {
            header_row: Some(u32::MAX),
            note: some("99999999999"),
            ..ColumnChoice::default()
        },
    ]
}

fn a_table_is_read_or_refused(bytes: &[u8]) -> Outcome {
    for choice in choices() {
        let table = match NotesTable::read(bytes, &choice) {
            Ok(table) => table,
            Err(error) => {
                prop_assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let again = NotesTable::read(bytes, &choice);
        prop_assert_eq!(again.as_ref(), Ok(&table));
        prop_assert!(table.rows.len() + table.left_out.len() <= MAX_TABLE_ROWS);
        prop_assert!(table.rows.is_sorted_by(|one, other| one.row < other.row));
        prop_assert!(table.left_out.is_sorted_by(|one, other| one.row < other.row));
        for row in &table.rows {
            let is_told = row.row > 0 && !row.name.trim().is_empty() && !row.note.trim().is_empty();
            prop_assert!(is_told, "{:?}", row);
        }
        let kept = serde_json::to_value(&table).and_then(serde_json::from_value::<NotesTable>);
        prop_assert_eq!(kept.ok(), Some(table));
    }
    Ok(())
}

#[test]
fn tables_of_any_bytes_are_read_or_refused() {
    fuzz("tables", 500, a_table_is_read_or_refused);
}

/// The parts of the corpus's workbook, by name.
fn parts() -> &'static [(String, Vec<u8>)] {
    static PARTS: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    PARTS.get_or_init(|| {
        let packed = files("tables").into_iter().find(|(_, file)| file.0.starts_with(b"PK"));
        let packed = packed.expect("there is a workbook").1.0;
        let mut archive = ZipArchive::new(Cursor::new(packed)).expect("an archive");
        (0..archive.len())
            .map(|index| {
                let mut file = archive.by_index(index).expect("a part");
                let mut text = Vec::new();
                file.read_to_end(&mut text).expect("a part can be read");
                (file.name().expect("a part has a name").into_owned(), text)
            })
            .collect()
    })
}

/// The workbook with another part: its name is the input's first line, the rest is what it holds. Packed anew, so that the reader
/// comes to see it.
fn with_part(input: &[u8]) -> Vec<u8> {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let name = String::from_utf8_lossy(&input[..end]);
    let held = input.get(end + 1..).unwrap_or_default();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (part, text) in parts() {
        archive.start_file(part.as_str(), stored).expect("a part");
        archive
            .write_all(if *part == name { held } else { text })
            .expect("a part");
    }
    archive.finish().expect("an archive").into_inner()
}

#[test]
fn workbooks_with_any_part_are_read_or_refused() {
    fuzz("workbooks", 250, |input| a_table_is_read_or_refused(&with_part(input)));
}

#[test]
fn much_of_what_is_tried_of_tables_is_read_and_much_is_refused() {
    let is_read = |bytes: &[u8]| NotesTable::read(bytes, &ColumnChoice::default()).is_ok();
    much_is_read_and_much_is_refused("tables", is_read);
    much_is_read_and_much_is_refused("workbooks", |input| is_read(&with_part(input)));
}
