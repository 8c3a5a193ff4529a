//! Tables of notes: what is read of each kind of file, and what is said of what is not read.

use std::io::{Cursor, Write};

use callboard_model::EntityType;
use callboard_rules::{ColumnChoice, MAX_TABLE_BYTES, MAX_TABLE_ROWS, NoteColumn, NotesTable, TableError};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

fn read(bytes: &[u8]) -> Result<NotesTable, TableError> {
    NotesTable::read(bytes, &ColumnChoice::default())
}

fn table(bytes: &[u8]) -> NotesTable {
    read(bytes).expect("this is a table")
}

fn sheet(name: &str) -> ColumnChoice {
    ColumnChoice {
        sheet: Some(name.to_owned()),
        ..ColumnChoice::default()
    }
}

/// The row, the name and the note of every note.
fn notes(table: &NotesTable) -> Vec<(u32, &str, &str)> {
    table
        .rows
        .iter()
        .map(|r| (r.row, r.name.as_str(), r.note.as_str()))
        .collect()
}

/// The notes that all files here say.
const NOTES: [(u32, &str, &str); 3] = [
    (3, "sh010", "final"),
    (4, "0020", "good, but \"darker\""),
    (6, "sh030", "make it\nsuck less"),
];

#[test]
fn a_csv_file_is_read_as_a_spreadsheet_shows_it() {
    let text = "Notes of 5 March,,\r\nShot,Comment,By\r\nsh010,final,Ann\r\n0020,\"good, but \"\"darker\"\"\",\r\n\r\nsh030,\"make it\r\nsuck less\",Bob\r\n";
    let table = table(text.as_bytes());
    assert_eq!(notes(&table), NOTES);
    assert_eq!(table.headers, ["Shot", "Comment", "By"]);
    assert_eq!((table.columns.header_row, table.columns.author), (Some(2), Some(2)));
    let authors: Vec<_> = table.rows.iter().map(|r| r.author.as_deref()).collect();
    assert_eq!(authors, [Some("Ann"), None, Some("Bob")]);
    assert!(table.rows.iter().all(|r| r.kind == Some(EntityType::from("Shot"))));
    assert_eq!((table.sheet, table.sheets), (None, Vec::new()));
}

#[test]
fn pasted_rows_are_read() {
    let pasted = "sh010\tfinal\nsh020\tgood; really, good\n";
    let table = table(pasted.as_bytes());
    assert_eq!(
        notes(&table),
        [(1, "sh010", "final"), (2, "sh020", "good; really, good")]
    );
    assert_eq!(table.headers, ["A", "B"]);
    assert_eq!(table.rows.first().expect("it has rows").kind, None);
}

#[test]
fn what_is_no_note_is_left_out_with_a_reason() {
    let text = "Version,Note,Status\na,good,x\nb,,x\n,bad,\n,,x\nVersion,Note,Status\n,,\nc,no,\n";
    let table = table(text.as_bytes());
    assert_eq!(notes(&table), [(2, "a", "good"), (8, "c", "no")]);
    let why: Vec<_> = table.left_out.iter().map(|l| (l.row, l.why.as_str())).collect();
    assert_eq!(
        why,
        [
            (3, "there is no note on b"),
            (4, "a note without a name: write beside it what it is about"),
            (5, "neither a name nor a note stands here"),
            (6, "the headers stand here again"),
        ]
    );
}

#[test]
fn a_column_may_say_the_type_of_each() {
    let text = "Type,Name,Note\nSHOTS,sh010,good\nVersion,sh010_v1,good\nclient,x,good\n,y,good\n";
    let kinds =
        |table: NotesTable| -> Vec<_> { table.rows.into_iter().map(|r| r.kind.map(|k| k.to_string())).collect() };
    let some = |kind: &str| Some(kind.to_owned());
    assert_eq!(
        kinds(table(text.as_bytes())),
        [some("Shot"), some("Version"), None, None]
    );
    let choice = ColumnChoice {
        kind: some("type"),
        ..ColumnChoice::default()
    };
    let chosen = NotesTable::read(text.as_bytes(), &choice).expect("it is there");
    assert_eq!(kinds(chosen), [some("Shot"), some("Version"), some("client"), None]);
}

/// A workbook as Excel writes it: an overview, the notes, and a sheet that is hidden.
fn xlsx() -> Workbook {
    let mut workbook = Workbook::new();
    let overview = workbook.add_worksheet();
    overview.set_name("Overview").expect("a name");
    overview.write(0, 0, "Project").expect("a cell");
    overview.write(0, 1, "Dune").expect("a cell");
    let notes = workbook.add_worksheet();
    notes.set_name("5 March").expect("a name");
    notes.write(0, 0, "Notes of 5 March").expect("a cell");
    for (column, header) in (0..).zip(["Shot", "Comment", "Date", "Frames", "Approved", "Type"]) {
        notes.write(1, column, header).expect("a cell");
    }
    notes.write(2, 0, "sh010").expect("a cell");
    notes
        .write_formula(2, 1, Formula::new("=LOWER(\"FINAL\")").set_result("final"))
        .expect("a cell");
    let date = ExcelDateTime::from_ymd(2026, 3, 5).expect("a date");
    notes
        .write_with_format(2, 2, date, &Format::new().set_num_format("dd/mm/yyyy"))
        .expect("a cell");
    notes.write(2, 3, 120).expect("a cell");
    notes.write(2, 4, true).expect("a cell");
    notes
        .write_with_format(3, 0, 20, &Format::new().set_num_format("0000"))
        .expect("a cell");
    let bold = Format::new().set_bold();
    let rich = [(&Format::new(), "good, but "), (&bold, "\"darker\"")];
    notes.write_rich_string(3, 1, &rich).expect("a cell");
    notes.write(5, 0, "sh030").expect("a cell");
    notes.write(5, 1, "make it\nsuck less").expect("a cell");
    let hidden = workbook.add_worksheet();
    hidden.set_name("Old").expect("a name").set_hidden(true);
    for (column, (header, value)) in (0..).zip([("Shot", "sh001"), ("Note", "no")]) {
        hidden.write(0, column, header).expect("a cell");
        hidden.write(1, column, value).expect("a cell");
    }
    workbook
}

fn saved(workbook: &mut Workbook) -> Vec<u8> {
    workbook.save_to_buffer().expect("a workbook")
}

#[test]
fn the_sheet_of_a_workbook_is_read_that_holds_the_notes() {
    let bytes = saved(&mut xlsx());
    let table = table(&bytes);
    assert_eq!(notes(&table), NOTES);
    assert_eq!(table.sheet.as_deref(), Some("5 March"));
    assert_eq!(table.sheets, ["Overview", "5 March", "Old"]);

    let old = NotesTable::read(&bytes, &sheet("old")).expect("a hidden sheet may be asked for");
    assert_eq!(notes(&old), [(2, "sh001", "no")]);
    assert_eq!(
        NotesTable::read(&bytes, &sheet("New"))
            .expect_err("there is none")
            .to_string(),
        "there is no sheet \"New\" in the workbook (there are \"Overview\", \"5 March\", \"Old\")"
    );
}

#[test]
fn cells_of_every_type_are_read_as_they_are_shown() {
    let bytes = saved(&mut xlsx());
    for (header, shown) in [("Date", "2026-03-05"), ("Frames", "120"), ("Approved", "TRUE")] {
        let choice = ColumnChoice {
            note: Some(header.to_owned()),
            ..ColumnChoice::default()
        };
        let table = NotesTable::read(&bytes, &choice).expect("it is there");
        assert_eq!(notes(&table), [(3, "sh010", shown)]);
    }
}

/// An archive of these parts.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a part");
        archive.write_all(content).expect("a part");
    }
    archive.finish().expect("an archive").into_inner()
}

/// The workbook with one part written anew.
fn rewritten(part: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut old = ZipArchive::new(Cursor::new(saved(&mut xlsx()))).expect("an archive");
    let mut new = ZipWriter::new(Cursor::new(Vec::new()));
    let mut found = false;
    for index in 0..old.len() {
        let file = old.by_index(index).expect("a part");
        let name = file.name().expect("a name").into_owned();
        let content = std::io::read_to_string(file).expect("a text");
        found |= name == part;
        let content = if name == part { change(&content) } else { content };
        new.start_file(name, SimpleFileOptions::default()).expect("a part");
        new.write_all(content.as_bytes()).expect("a part");
    }
    assert!(found, "there is a part {part}");
    new.finish().expect("an archive").into_inner()
}

#[test]
fn other_files_are_called_what_they_are() {
    let old = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more".to_vec();
    for (bytes, said) in [
        (old.clone(), "an old Office"),
        (archive(&[("word/document.xml", b"<w/>")]), "an archive or a document"),
        (
            archive(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")]),
            "an archive or a document",
        ),
        (archive(&[("xl/workbook.bin", b"")]), "an archive or a document"),
        (b"%PDF-1.7".to_vec(), "a PDF document"),
    ] {
        let error = read(&bytes).expect_err(said);
        assert!(matches!(error, TableError::NotATable { .. }), "{error:?}");
        let error = error.to_string();
        assert!(
            error.contains(said) && error.contains("save it as .xlsx or .csv and try again"),
            "{error}"
        );
    }
    let name = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes);
    assert_eq!(
        read(&old.into_iter().chain(name).collect::<Vec<_>>()),
        Err(TableError::Encrypted)
    );
}

#[test]
fn too_much_is_refused() {
    let error = read(&vec![b'x'; MAX_TABLE_BYTES + 1]).expect_err("it is too large");
    assert!(
        error
            .to_string()
            .starts_with("a table of notes may be 16 MiB, and this one has 16777217 bytes"),
        "{error}"
    );

    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for row in 0..=u32::try_from(MAX_TABLE_ROWS).expect("a number of rows") {
        sheet.write(row, 0, "sh010").expect("a cell");
    }
    assert_eq!(read(&saved(&mut workbook)), Err(TableError::TooManyRows));
}

#[test]
fn a_small_workbook_that_stands_for_a_large_one_is_refused() {
    let spaces = " ".repeat(129 * 1024 * 1024);
    let bomb = archive(&[("xl/workbook.xml", spaces.as_bytes())]);
    assert!(bomb.len() < 1024 * 1024);
    assert_eq!(read(&bomb), Err(TableError::TooMuch));

    // The directory says that it is small.
    let size = u32::try_from(spaces.len()).expect("a length").to_le_bytes();
    let lie = 10_u32.to_le_bytes();
    let mut lying = bomb;
    let places: Vec<_> = (0..lying.len() - 4)
        .filter(|at| lying.get(*at..at + 4) == Some(&size))
        .collect();
    assert_eq!(places.len(), 2, "in the directory and before the part");
    for at in places {
        lying.splice(at..at + 4, lie);
    }
    assert!(matches!(read(&lying), Err(TableError::Damaged { .. })));

    // A directory of half a million parts.
    let mut crowded = saved(&mut xlsx());
    crowded.extend(vec![0; 1024 * 1024]);
    crowded.extend([b"PK\x06\x06".as_slice(), &[0; 28], &500_000_u64.to_le_bytes()].concat());
    assert_eq!(read(&crowded), Err(TableError::TooMuch));
}

#[test]
fn what_a_workbook_claims_to_hold_takes_no_room() {
    let texts = "xl/sharedStrings.xml";
    for claim in ["18446744073709551615", "99999999999999999999999", "2000001"] {
        let bytes = rewritten(texts, |part| {
            part.replace("uniqueCount=\"", &format!("uniqueCount = '{claim}' x=\""))
        });
        assert_eq!(read(&bytes), Err(TableError::TooMuch), "{claim}");
    }
    let hidden = rewritten(texts, |part| part.replace("uniqueCount", "uni\x1B(JqueCount"));
    assert!(matches!(read(&hidden), Err(TableError::Damaged { .. })));
    let crowded = rewritten(texts, |part| {
        part.replacen("<si>", &("<si/>".repeat(4_100_000) + "<si>"), 1)
    });
    assert_eq!(read(&crowded), Err(TableError::TooMuch));

    // Each style would have a copy of a font's name, a megabyte long.
    let long = format!("<name val=\"{}", "x".repeat(1024 * 1024));
    let styles = rewritten("xl/styles.xml", |part| {
        let part = part.replace("<name val=\"", &long);
        part.replace("</cellXfs>", &("<xf fontId=\"0\"/>".repeat(1000) + "</cellXfs>"))
    });
    assert_eq!(read(&styles), Err(TableError::TooMuch));
}

#[test]
fn a_cell_may_say_that_it_is_anywhere() {
    let notes_sheet = "xl/worksheets/sheet2.xml";
    let moved = |to: &str| {
        let bytes = rewritten(notes_sheet, |part| part.replace("r=\"A6\"", &format!("r=\"{to}\"")));
        NotesTable::read(&bytes, &sheet("5 March"))
    };
    let far = moved("A4294967295").expect("it is read");
    assert_eq!(far.left_out.last().map(|left| left.row), Some(4_294_967_295));
    assert_eq!(moved("XFE6"), Err(TableError::TooWide));
    for nowhere in ["A", "6", "é6"] {
        assert!(matches!(moved(nowhere), Err(TableError::Damaged { .. })), "{nowhere}");
    }
    // Calamine reckons with these, and panics in a build that watches for overflows.
    for beyond in ["A99999999999", "AAAAAAAAAAAA6"] {
        let _ = moved(beyond);
    }
    let sizes = rewritten(notes_sheet, |part| {
        part.replace("<dimension ref=\"A1:F6\"", "<dimension ref=\"A1:XFD1048576\"")
    });
    assert_eq!(notes(&table(&sizes)), NOTES);
}

#[test]
fn the_window_is_told_by_codes() {
    let error = read(b"a,b,c\n1,2,3\n").expect_err("it cannot be told");
    let json = serde_json::to_value(&error).expect("it goes to the window");
    assert_eq!(
        json,
        serde_json::json!({"code": "which_column", "headers": ["a", "b", "c"], "what": "name"})
    );
    assert_eq!(
        serde_json::from_value::<TableError>(json).expect("it comes back"),
        error
    );
    let choice: ColumnChoice = serde_json::from_str(r#"{"name":"b"}"#).expect("what is not chosen may be left out");
    assert_eq!(choice.name.as_deref(), Some("b"));
    assert!(matches!(
        NotesTable::read(b"a,b,c\n", &choice),
        Err(TableError::WhichColumn {
            what: NoteColumn::Note,
            ..
        })
    ));
}

/// The text of a cell, such that nothing is lost with the blanks around it.
fn a_cell() -> impl Strategy<Value = String> {
    "[^\\x00\\r]{0,12}".prop_map(|text| text.trim().to_owned())
}

proptest! {
    #[test]
    fn a_table_written_as_csv_reads_back(
        rows in prop::collection::vec((a_cell(), a_cell()), 1..12),
        delimiter in prop::sample::select(b"\t;,".to_vec()),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(["Shot", "Note"]).expect("a record");
        for (name, note) in &rows {
            writer.write_record([name, note]).expect("a record");
        }
        let table = read(&writer.into_inner().expect("a text")).expect("a table");
        let wanted = (2..).zip(&rows).filter(|(_, (name, note))| {
            !name.is_empty() && !note.is_empty() && (name.as_str(), note.as_str()) != ("Shot", "Note")
        });
        let wanted: Vec<_> = wanted.map(|(row, (name, note))| (row, name.as_str(), note.as_str())).collect();
        prop_assert_eq!(notes(&table), wanted);
    }

    #[test]
    fn whatever_the_bytes_are_they_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = read(&bytes);
    }

    #[test]
    fn whatever_the_text_is_it_is_read_or_refused(text in "[\"\t;,\r\nshotne1 ]{0,200}") {
        let _ = read(text.as_bytes());
    }

    #[test]
    fn a_broken_workbook_is_read_or_refused(
        faults in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = saved(&mut xlsx());
        for (at, byte) in faults {
            *at.get_mut(&mut bytes) = byte;
        }
        if cut {
            bytes.truncate(length.index(bytes.len()));
        }
        let _ = read(&bytes);
    }

    #[test]
    fn a_workbook_with_a_broken_part_is_read_or_refused(
        part in prop::sample::select(vec![
            "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml",
            "xl/worksheets/sheet2.xml",
        ]),
        faults in prop::collection::vec((any::<prop::sample::Index>(), "[0-9A-Z<>/\"&;= ]{0,9}"), 1..6),
    ) {
        let bytes = rewritten(part, |text| {
            let mut letters: Vec<_> = text.chars().collect();
            for (at, fault) in &faults {
                let at = at.index(letters.len());
                letters.splice(at..=at, fault.chars());
            }
            letters.into_iter().collect()
        });
        let _ = read(&bytes);
    }
}
