//! Which column holds what: by its header, or as a person chose.

use callboard_model::EntityType;

use super::grid::{Grid, Row, letters, place};
use super::headers::{self, folded, is_one_of, kind_of_header, speaks_of_notes};
use super::{ColumnChoice, NoteColumn, NoteColumns, TableError};

/// In how many rows from the top the headers are looked for: above them there may be a title, a date, a logo's caption.
pub(super) const HEADER_ROWS: usize = 20;

/// From how many rows it is judged whether a column of versions holds their names or only their numbers.
const SAMPLE_ROWS: usize = 50;

/// Where everything stands in a table.
#[derive(Debug)]
pub(super) struct Layout {
    /// The headers, from the first column on.
    pub(super) headers: Vec<String>,
    /// The columns that matter.
    pub(super) columns: NoteColumns,
    /// What the header of the names says of their type.
    pub(super) kind: Option<EntityType>,
}

/// Finds the headers and the columns. Errors when it cannot be told which column holds the names, or which the notes.
pub(super) fn lay_out(grid: &Grid, choice: &ColumnChoice) -> Result<Layout, TableError> {
    let few = grid.columns(3);
    let pair = match few.as_slice() {
        [] => return Err(TableError::Empty),
        [_] => return Err(TableError::OneColumn),
        &[first, second] => Some((first, second)),
        _ => None,
    };
    let table = Table { grid, choice, pair };
    match choice.header_row {
        Some(0) => table.without_headers(),
        Some(number) => match grid.rows().find(|(at, _)| *at == number) {
            Some((at, row)) => table.under(Some(at), &Header::of(row, grid)),
            None => Err(TableError::NoSuchHeaderRow { row: number }),
        },
        None => table.search(),
    }
}

/// Whether a row names a column of names and a column of notes.
pub(super) fn is_header(row: &Row) -> bool {
    let header = Header::of(row, &Grid::default());
    !header.name.is_empty() && !header.note.is_empty()
}

/// What a row says if it is read as headers: in which columns what was found. If in several, nothing says which one counts.
#[derive(Default)]
struct Header {
    /// From the first column on.
    texts: Vec<String>,
    name: Vec<u32>,
    note: Vec<u32>,
    author: Vec<u32>,
    kind: Vec<u32>,
}

/// The column where something was found, if there is just one.
fn only(found: &[u32]) -> Option<u32> {
    match found {
        [column] => Some(*column),
        _ => None,
    }
}

impl Header {
    fn of(row: &Row, grid: &Grid) -> Self {
        let words: Vec<_> = row.cells().map(|(at, text)| (at, folded(text))).collect();
        let one_of = |line: &str| -> Vec<u32> {
            let found = words.iter().filter(|(_, word)| is_one_of(word, line));
            found.map(|(at, _)| *at).collect()
        };
        let best_of = |lines: &[&str]| {
            let mut found = lines.iter().map(|line| one_of(line));
            found.find(|columns| !columns.is_empty()).unwrap_or_default()
        };
        let mut names = headers::NAMES.iter().map(|(kind, line)| (*kind, one_of(line)));
        let names = names.find(|(kind, columns)| match columns.as_slice() {
            [] => false,
            [at] => *kind != Some(EntityType::VERSION) || !holds_numbers(grid, *at),
            _ => true,
        });
        let mut note = best_of(headers::NOTES);
        if note.is_empty() {
            note.extend(row.cells().filter(|(_, text)| speaks_of_notes(text)).map(|(at, _)| at));
        }
        Self {
            texts: (0..grid.width()).map(|at| row.cell(at).to_owned()).collect(),
            name: names.map(|(_, columns)| columns).unwrap_or_default(),
            note,
            author: best_of(headers::AUTHORS),
            kind: best_of(headers::KINDS),
        }
    }

    /// Whether one of its words is a header's. A single one may be the title above a table.
    fn says_something(&self) -> bool {
        self.filled() > 1 && !(self.name.is_empty() && self.note.is_empty())
    }

    fn filled(&self) -> usize {
        self.texts.iter().filter(|text| !text.is_empty()).count()
    }

    /// The first column that goes by this text.
    fn named(&self, wanted: &str) -> Option<u32> {
        let (wanted, letters) = (wanted.trim(), folded(wanted));
        let is_it = |text: &str| !text.is_empty() && (text == wanted || !letters.is_empty() && folded(text) == letters);
        let mut found = (0..).zip(&self.texts).filter(|(_, text)| is_it(text));
        found.next().map(|(at, _)| at)
    }

    /// The column that goes by this text, or stands at this letter or number.
    fn column(&self, wanted: &str) -> Option<u32> {
        let placed = || place(wanted).filter(|at| (*at as usize) < self.texts.len());
        self.named(wanted).or_else(placed)
    }
}

struct Table<'a> {
    grid: &'a Grid,
    choice: &'a ColumnChoice,
    /// The columns, where there are exactly two.
    pair: Option<(u32, u32)>,
}

impl Table<'_> {
    fn search(&self) -> Result<Layout, TableError> {
        let read = |(at, row)| (at, Header::of(row, self.grid));
        let tops: Vec<_> = self.grid.rows().take(HEADER_ROWS).map(read).collect();
        let whole = tops.iter().find(|(_, header)| self.says_all(header));
        if let Some((at, header)) = whole {
            return self.under(Some(*at), header);
        }
        if self.pair.is_some() || self.chosen_by_place() {
            return match tops.first() {
                Some((at, header)) if header.says_something() => self.under(Some(*at), header),
                _ => self.without_headers(),
            };
        }
        // Nothing is sure, so ask with what looks most like headers.
        let likely = tops.iter().find(|(_, header)| header.says_something());
        let likely = likely.or_else(|| tops.iter().find(|(_, header)| header.filled() > 1));
        let (at, header) = likely.or(tops.first()).ok_or(TableError::Empty)?;
        self.under(Some(*at), header)
    }

    /// Whether a row answers for the names and for the notes, at least one of them by its words.
    fn says_all(&self, header: &Header) -> bool {
        let by_word = |chosen: Option<&str>, found: &[u32]| match chosen {
            Some(wanted) => header.named(wanted).is_some(),
            None => !found.is_empty(),
        };
        let by_place = |chosen: Option<&str>| chosen.is_some_and(|wanted| header.column(wanted).is_some());
        let (name, note) = (self.choice.name.as_deref(), self.choice.note.as_deref());
        match (by_word(name, &header.name), by_word(note, &header.note)) {
            (true, true) => true,
            (true, false) => by_place(note),
            (false, true) => by_place(name),
            (false, false) => false,
        }
    }

    fn chosen_by_place(&self) -> bool {
        let by_place = |chosen: Option<&String>| chosen.is_some_and(|wanted| place(wanted).is_some());
        by_place(self.choice.name.as_ref()) && by_place(self.choice.note.as_ref())
    }

    /// A table that begins with its first row: its columns go by their letters.
    fn without_headers(&self) -> Result<Layout, TableError> {
        let nothing = Header {
            texts: (0..self.grid.width()).map(letters).collect(),
            ..Header::default()
        };
        self.under(None, &nothing)
    }

    fn under(&self, header_row: Option<u32>, header: &Header) -> Result<Layout, TableError> {
        let name = self.chosen(self.choice.name.as_deref(), NoteColumn::Name, header)?;
        let note = self.chosen(self.choice.note.as_deref(), NoteColumn::Note, header)?;
        let named = name.or(only(&header.name).filter(|at| note != Some(*at)));
        let noted = note.or(only(&header.note).filter(|at| name != Some(*at)));
        let (named, noted) = match (named, noted, self.pair) {
            (Some(named), None, Some(pair)) => (Some(named), other(pair, named)),
            (None, Some(noted), Some(pair)) => (other(pair, noted), Some(noted)),
            (None, None, Some((first, second))) => (Some(first), Some(second)),
            (named, noted, _) => (named, noted),
        };
        let which = |what| TableError::WhichColumn {
            headers: header.texts.clone(),
            what,
        };
        let named = named.ok_or_else(|| which(NoteColumn::Name))?;
        let noted = noted.ok_or_else(|| which(NoteColumn::Note))?;
        if named == noted {
            let wanted = header.texts.get(named as usize).filter(|text| !text.is_empty());
            return Err(TableError::SameColumn {
                wanted: wanted.cloned().unwrap_or_else(|| letters(named)),
            });
        }
        let free = |found: &[u32]| only(found).filter(|at| ![named, noted].contains(at));
        let kind = self.chosen(self.choice.kind.as_deref(), NoteColumn::Kind, header)?;
        let author = self.chosen(self.choice.author.as_deref(), NoteColumn::Author, header)?;
        Ok(Layout {
            headers: header.texts.clone(),
            columns: NoteColumns {
                header_row,
                name: named,
                note: noted,
                kind: kind.or(free(&header.kind)),
                author: author.or(free(&header.author)),
            },
            kind: header.texts.get(named as usize).and_then(|text| kind_of_header(text)),
        })
    }

    fn chosen(&self, wanted: Option<&str>, what: NoteColumn, header: &Header) -> Result<Option<u32>, TableError> {
        let Some(wanted) = wanted else {
            return Ok(None);
        };
        match header.column(wanted) {
            Some(column) => Ok(Some(column)),
            None => Err(TableError::NoSuchColumn {
                wanted: wanted.to_owned(),
                what,
                headers: header.texts.clone(),
            }),
        }
    }
}

fn other((first, second): (u32, u32), one: u32) -> Option<u32> {
    match one {
        _ if one == first => Some(second),
        _ if one == second => Some(first),
        _ => None,
    }
}

/// Whether most of what stands in a column is the number of a version (`v003`) and not its name.
fn holds_numbers(grid: &Grid, column: u32) -> bool {
    let cells = grid
        .rows()
        .map(|(_, row)| row.cell(column))
        .filter(|cell| !cell.is_empty());
    let cells: Vec<_> = cells.take(SAMPLE_ROWS).map(folded).collect();
    let is_number = |cell: &&String| {
        let digits = cell
            .trim_start_matches("version")
            .trim_start_matches("ver")
            .trim_start_matches('v');
        !digits.is_empty() && digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit())
    };
    cells.iter().filter(is_number).count() * 2 > cells.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: &[&[&str]]) -> Grid {
        let mut grid = Grid::default();
        for (at, row) in (0..).zip(rows) {
            for (column, text) in (0..).zip(*row) {
                grid.put(at, column, text).unwrap();
            }
        }
        grid
    }

    fn laid_out(rows: &[&[&str]], choice: &ColumnChoice) -> Result<NoteColumns, TableError> {
        lay_out(&grid(rows), choice).map(|layout| layout.columns)
    }

    /// The columns of names, of notes and of authors.
    fn found(headers: &[&str]) -> Result<(u32, u32, Option<u32>), TableError> {
        let columns = laid_out(&[headers, &["sh010", "good", "x", "y", "z"]], &ColumnChoice::default())?;
        Ok((columns.name, columns.note, columns.author))
    }

    fn choice(name: &str, note: &str) -> ColumnChoice {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        ColumnChoice {
            name: some(name),
            note: some(note),
            ..ColumnChoice::default()
        }
    }

    #[test]
    fn headers_are_known_in_any_case_and_with_any_punctuation() {
        for headers in [
            ["Shot", "Notes"],
            ["SHOT_NAME", "client notes:"],
            ["Version Name", "Feedback"],
            ["code", "Remarks"],
            ["VFX Shot #", "Notes/Comments"],
            ["Shot", "Notes 03/05"],
            ["Shot", "Director's review notes, 5 March"],
        ] {
            assert_eq!(found(&headers), Ok((0, 1, None)), "{headers:?}");
        }
        assert_eq!(found(&["Notes", "Thumbnail", "Shot", "By"]), Ok((2, 0, Some(3))));
        assert_eq!(
            found(&["Shot", "Length", "Client Notes", "Client", "Internal notes"]),
            Ok((0, 2, Some(3)))
        );
    }

    #[test]
    fn the_name_is_taken_that_says_most() {
        assert_eq!(found(&["Shot", "Task", "Version", "Note"]), Ok((2, 3, None)));
        assert_eq!(found(&["Task", "Shot", "Note"]), Ok((1, 2, None)));
        assert_eq!(found(&["Name", "Asset", "Note"]), Ok((1, 2, None)));
    }

    #[test]
    fn a_column_of_version_numbers_names_nothing() {
        let numbered: &[&[&str]] = &[
            &["Shot", "Version", "Note"],
            &["sh010", "v003", "good"],
            &["sh020", "12", "no"],
        ];
        assert_eq!(laid_out(numbered, &ColumnChoice::default()).unwrap().name, 0);
        let named: &[&[&str]] = &[&["Shot", "Version", "Note"], &["sh010", "sh010_comp_v003", "good"]];
        assert_eq!(laid_out(named, &ColumnChoice::default()).unwrap().name, 1);
    }

    #[test]
    fn the_headers_may_stand_below_a_title() {
        let rows: &[&[&str]] = &[
            &["Client notes"],
            &[],
            &["", "5 March"],
            &["#", "Shot", "Comment"],
            &["1", "sh010", "good"],
        ];
        let columns = laid_out(rows, &ColumnChoice::default()).unwrap();
        assert_eq!((columns.header_row, columns.name, columns.note), (Some(4), 1, 2));
    }

    #[test]
    fn two_columns_need_no_headers() {
        let bare: &[&[&str]] = &[&["", "sh010", "good"], &["", "sh020", "no"]];
        let columns = laid_out(bare, &ColumnChoice::default()).unwrap();
        assert_eq!((columns.header_row, columns.name, columns.note), (None, 1, 2));
        // One of them says enough for both.
        for (headers, name, note) in [(["Plate", "Notes"], 0, 1), (["Verdict", "Shot"], 1, 0)] {
            let columns = laid_out(&[&headers, &["a", "b"]], &ColumnChoice::default()).unwrap();
            assert_eq!((columns.header_row, columns.name, columns.note), (Some(1), name, note));
        }
        // A title above is no header.
        let titled: &[&[&str]] = &[&["Notes"], &["sh010", "good"]];
        assert_eq!(laid_out(titled, &ColumnChoice::default()).unwrap().header_row, None);
    }

    #[test]
    fn where_it_cannot_be_told_it_is_asked() {
        let headers = ["Plate", "Shot", "Notes", "Comments"].map(str::to_owned).to_vec();
        let asked = |what, headers: &[String]| TableError::WhichColumn {
            headers: headers.to_vec(),
            what,
        };
        let row = ["Plate", "Shot", "Notes", "Comments"];
        assert_eq!(
            laid_out(&[&row], &ColumnChoice::default()),
            Err(asked(NoteColumn::Note, &headers))
        );
        let bare: &[&[&str]] = &[&["1", "sh010", "good"]];
        let first = ["1", "sh010", "good"].map(str::to_owned);
        assert_eq!(
            laid_out(bare, &ColumnChoice::default()),
            Err(asked(NoteColumn::Name, &first))
        );
        assert_eq!(
            laid_out(&[&row], &ColumnChoice::default()).unwrap_err().to_string(),
            "it cannot be told which column holds the notes; choose one (there are \"Plate\", \"Shot\", \"Notes\", \"Comments\")"
        );
    }

    #[test]
    fn a_person_chooses_by_header_letter_or_number() {
        let rows: &[&[&str]] = &[&["Plate", "Shot", "Notes", "Comments"], &["p1", "sh010", "good", "bad"]];
        for (name, note, columns) in [
            ("", "comments", (1, 3)),
            ("plate", "notes", (0, 2)),
            ("A", "D", (0, 3)),
            ("1", "4", (0, 3)),
            ("", "d", (1, 3)),
        ] {
            let layout = laid_out(rows, &choice(name, note)).unwrap();
            assert_eq!((layout.name, layout.note), columns, "{name} {note}");
            assert_eq!(layout.header_row, Some(1));
        }
        assert_eq!(
            laid_out(rows, &choice("", "verdict")).unwrap_err().to_string(),
            "there is no column \"verdict\" (there are \"Plate\", \"Shot\", \"Notes\", \"Comments\")"
        );
        assert!(matches!(
            laid_out(rows, &choice("Z", "")),
            Err(TableError::NoSuchColumn { .. })
        ));
        assert!(matches!(
            laid_out(rows, &choice("B", "shot")),
            Err(TableError::SameColumn { .. })
        ));
    }

    #[test]
    fn a_table_without_headers_is_read_by_places() {
        let rows: &[&[&str]] = &[&["1", "sh010", "good"], &["2", "sh020", "no"]];
        let layout = lay_out(&grid(rows), &choice("B", "3")).unwrap();
        assert_eq!(
            (layout.columns.header_row, layout.columns.name, layout.columns.note),
            (None, 1, 2)
        );
        assert_eq!(layout.headers, ["A", "B", "C"]);
    }

    #[test]
    fn a_person_may_say_where_the_headers_stand() {
        let rows: &[&[&str]] = &[&["Shot", "Notes"], &["Plate", "Verdict"], &["sh010", "good"]];
        let at = |header_row| ColumnChoice {
            header_row,
            ..ColumnChoice::default()
        };
        assert_eq!(laid_out(rows, &at(Some(2))).unwrap().header_row, Some(2));
        assert_eq!(laid_out(rows, &at(Some(0))).unwrap().header_row, None);
        assert_eq!(
            laid_out(rows, &at(Some(9))),
            Err(TableError::NoSuchHeaderRow { row: 9 })
        );
    }

    #[test]
    fn one_column_is_no_table() {
        assert_eq!(
            laid_out(&[&["sh010"], &["good"]], &ColumnChoice::default()),
            Err(TableError::OneColumn)
        );
        assert_eq!(laid_out(&[], &ColumnChoice::default()), Err(TableError::Empty));
    }
}
