//! Workbooks of Excel since 2007 (`.xlsx`), as Calamine reads them.

use std::borrow::Cow;
use std::io::Cursor;
use std::panic::catch_unwind;

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Style, Xlsx, XlsxError};

use super::columns::{self, Layout};
use super::grid::Grid;
use super::{ColumnChoice, TableError, package};

/// Among how many sheets the table is looked for.
const MAX_SHEETS: usize = 100;

/// The most digits that a number is filled up to.
const MAX_DIGITS: usize = 15;

/// The table of a workbook.
pub(super) struct Table {
    /// The names of all sheets that can hold one.
    pub(super) sheets: Vec<String>,
    /// The sheet it stands on.
    pub(super) sheet: String,
    pub(super) grid: Grid,
    pub(super) layout: Layout,
}

/// Reads the table of a workbook.
pub(super) fn read(bytes: &[u8], choice: &ColumnChoice) -> Result<Table, TableError> {
    package::check(bytes)?;
    // Calamine reckons with what stands in the file, and may panic over a row of twenty digits.
    let read = catch_unwind(|| likely_table(bytes, choice));
    read.unwrap_or_else(|_| Err(TableError::damaged("it says of a cell what cannot be")))
}

/// The table on the sheet that is asked for. Otherwise, of those that are not hidden, on the first whose headers speak of
/// names and notes, or else on the first that can be read without them.
fn likely_table(bytes: &[u8], choice: &ColumnChoice) -> Result<Table, TableError> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut listed = workbook.sheets_metadata().to_vec();
    listed.retain(|sheet| sheet.typ == SheetType::WorkSheet);
    let sheets: Vec<_> = listed.iter().map(|sheet| sheet.name.clone()).collect();
    match &choice.sheet {
        Some(wanted) => {
            listed.retain(|sheet| sheet.name.trim().to_lowercase() == wanted.trim().to_lowercase());
            if listed.is_empty() {
                let wanted = wanted.clone();
                return Err(TableError::NoSuchSheet { wanted, sheets });
            }
        }
        None => listed.retain(|sheet| sheet.visible == SheetVisible::Visible),
    }
    let mut without_headers = None;
    let mut refused = TableError::Empty;
    for sheet in listed.into_iter().take(MAX_SHEETS).map(|sheet| sheet.name) {
        let grid = cells(&mut workbook, &sheet);
        match grid.and_then(|grid| columns::lay_out(&grid, choice).map(|layout| (sheet, grid, layout))) {
            Ok(found) if found.2.columns.header_row.is_some() => {
                without_headers = Some(found);
                break;
            }
            Ok(found) => {
                without_headers.get_or_insert(found);
            }
            // An empty sheet is the last thing to speak of.
            Err(error) => match refused {
                TableError::Empty | TableError::OneColumn => refused = error,
                _ => {}
            },
        }
    }
    let (sheet, grid, layout) = without_headers.ok_or(refused)?;
    Ok(Table {
        sheets,
        sheet,
        grid,
        layout,
    })
}

fn cells(workbook: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<Grid, TableError> {
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|e| broken(&e))?;
    let mut grid = Grid::default();
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|e| broken(&e))? {
        let (row, column) = cell.get_position();
        grid.put(row, column, &shown(cell.get_value(), reader.styles().get(style)))?;
    }
    Ok(grid)
}

/// What a cell shows.
fn shown<'a>(value: &'a DataRef<'_>, style: Option<&Style>) -> Cow<'a, str> {
    let text = match value {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => return text.into(),
        DataRef::SharedString(text) => return (*text).into(),
        DataRef::Empty => return "".into(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => {
            let format = style.and_then(|style| style.number_format.as_ref());
            let zeros = format.map_or("", |format| &format.format_code);
            // The numbers of shots often have a format such as `0000`.
            if zeros.len() <= MAX_DIGITS && zeros.bytes().all(|b| b == b'0') {
                format!("{number:0digits$.0}", digits = zeros.len())
            } else {
                number.to_string()
            }
        }
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::DateTime(moment) => in_iso(*moment),
        DataRef::Error(error) => error.to_string(),
    };
    text.into()
}

fn in_iso(moment: ExcelDateTime) -> String {
    let days = moment.as_f64();
    let (year, month, day, hours, minutes, seconds, _) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    let time = format!("{minutes:02}:{seconds:02}");
    if moment.is_duration() {
        format!("{:.0}:{time}", days.trunc() * 24.0 + f64::from(hours))
    } else if days < 1.0 {
        format!("{hours:02}:{time}")
    } else if (hours, minutes, seconds) == (0, 0, 0) {
        date
    } else {
        format!("{date} {hours:02}:{time}")
    }
}

fn broken(error: &XlsxError) -> TableError {
    TableError::damaged(error.to_string())
}
