//! What deliveries brought, put together once they have lain for a while. Deliveries of one hook are nearly the same: compressed
//! together they take a tenth of what each takes by itself, and whoever brings one waits for none of it.

use std::io::Read;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};

use crate::writer::Writer;
use crate::{JournalError, Reader, Touched};

/// The newest stay as they are, so many or a pack's bytes of them: they are what is looked at.
const LOOSE: usize = 256;
/// Rows in one pack.
const ROWS: usize = 256;
/// Bytes in one pack, before they are compressed: whoever looks at one of them has all of them unpacked.
const BYTES: usize = 400_000;
/// So many bytes are enough for a pack, and for what stays as it is. Deliveries of fifty events are large, and few.
const ENOUGH_BYTES: usize = 2 * BYTES;
/// How hard zstd tries. Nobody waits.
const LEVEL: i32 = 9;
/// The headers of a row whose delivery is in a pack. Of any other they are JSON.
const PACKED: &str = "";

/// What a delivery brought, or a row of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

/// Where payloads lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shelf {
    Deliveries,
    LogRows,
}

impl Shelf {
    /// The packs' table.
    fn packs(self) -> &'static str {
        match self {
            Self::Deliveries => "delivery_pack",
            Self::LogRows => "log_pack",
        }
    }

    /// Number, headers and body of those that are in no pack, after a number.
    fn loose(self) -> &'static str {
        match self {
            Self::Deliveries => "SELECT seq, headers, body FROM delivery WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            Self::LogRows => {
                "SELECT event_seq, '' AS headers, CAST(body AS BLOB) AS body FROM log_row WHERE event_seq > ?1 ORDER BY event_seq LIMIT ?2"
            }
        }
    }
}

/// A pack, unpacked.
struct Unpacked {
    shelf: Shelf,
    numbers: Range<i64>,
    bytes: Vec<u8>,
    rows: Vec<(i64, Range<usize>, Range<usize>)>,
}

/// What was unpacked last: payloads are mostly asked for in their order. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Last(Arc<Mutex<Option<Unpacked>>>);

impl Last {
    /// What a delivery brought; none where there is no such delivery.
    pub(crate) fn delivery(&self, c: &Connection, seq: i64) -> Result<Option<Payload>, JournalError> {
        let row = c
            .prepare_cached("SELECT headers, body FROM delivery WHERE seq = ?1")?
            .query_row([seq], |r| {
                Ok(Payload {
                    headers: r.get(0)?,
                    body: r.get(1)?,
                })
            })
            .optional()?;
        match row {
            Some(row) if row.headers == PACKED => {
                // A pack may have been lost with a damaged journal.
                let packed = self.packed(c, Shelf::Deliveries, seq)?;
                Ok(Some(packed.unwrap_or_else(|| Payload {
                    headers: "[]".to_owned(),
                    body: Vec::new(),
                })))
            }
            row => Ok(row),
        }
    }

    /// The row of a site's log that an event came in, if it came so.
    pub(crate) fn log_row(&self, c: &Connection, event: i64) -> Result<Option<Vec<u8>>, JournalError> {
        let row: Option<String> = c
            .prepare_cached("SELECT body FROM log_row WHERE event_seq = ?1")?
            .query_row([event], |r| r.get(0))
            .optional()?;
        match row {
            Some(row) => Ok(Some(row.into_bytes())),
            None => Ok(self.packed(c, Shelf::LogRows, event)?.map(|payload| payload.body)),
        }
    }

    /// Has the next payload read from the file.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn packed(&self, c: &Connection, shelf: Shelf, seq: i64) -> Result<Option<Payload>, JournalError> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last
            .as_ref()
            .is_none_or(|last| last.shelf != shelf || !last.numbers.contains(&seq))
        {
            let sql = format!(
                "SELECT first, last, held FROM {} WHERE first <= ?1 ORDER BY first DESC LIMIT 1",
                shelf.packs()
            );
            let mut q = c.prepare_cached(&sql)?;
            let mut rows = q.query([seq])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let numbers = row.get(0)?..row.get::<_, i64>(1)? + 1;
            if !numbers.contains(&seq) {
                return Ok(None);
            }
            *last = Some(Unpacked::new(shelf, numbers, row.get_ref(2)?.as_blob()?)?);
        }
        Ok(last.as_ref().and_then(|last| last.payload(seq)))
    }
}

impl Unpacked {
    fn new(shelf: Shelf, numbers: Range<i64>, held: &[u8]) -> Result<Self, JournalError> {
        let broken = |why: std::io::Error| JournalError::Row(format!("a pack of payloads: {why}"));
        let short = || broken(std::io::ErrorKind::UnexpectedEof.into());
        let mut bytes = Vec::new();
        zstd::Decoder::new(held)
            .and_then(|mut pack| pack.read_to_end(&mut bytes))
            .map_err(broken)?;
        let mut rows = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let mut number = || {
                let number = bytes.get(at..at + 8).and_then(|word| word.try_into().ok());
                at += 8;
                number.map(i64::from_le_bytes).ok_or_else(short)
            };
            let seq = number()?;
            let [headers, body] = [number()?, number()?].map(|length| usize::try_from(length).unwrap_or(usize::MAX));
            let ends = at
                .checked_add(headers)
                .zip(at.checked_add(headers.saturating_add(body)));
            let Some((middle, end)) = ends.filter(|(_, end)| *end <= bytes.len()) else {
                return Err(short());
            };
            rows.push((seq, at..middle, middle..end));
            at = end;
        }
        Ok(Self {
            shelf,
            numbers,
            bytes,
            rows,
        })
    }

    fn payload(&self, seq: i64) -> Option<Payload> {
        let place = self.rows.binary_search_by_key(&seq, |(seq, ..)| *seq).ok()?;
        let (_, headers, body) = self.rows.get(place)?;
        Some(Payload {
            headers: String::from_utf8_lossy(self.bytes.get(headers.clone())?).into_owned(),
            body: self.bytes.get(body.clone())?.to_vec(),
        })
    }
}

/// Rows that are to be put together.
struct Lot {
    numbers: Vec<i64>,
    held: Vec<u8>,
}

/// Puts some payloads together, and answers whether there were any.
pub(crate) fn some(reader: &Reader, writer: &Writer) -> Result<bool, JournalError> {
    for shelf in [Shelf::Deliveries, Shelf::LogRows] {
        let c = reader.connection()?;
        let lot = next(&c, shelf)?;
        drop(c);
        if let Some(lot) = lot {
            writer.run_blocking(move |c| {
                write(c, shelf, &lot)?;
                Ok(((), Touched::default()))
            })?;
            return Ok(true);
        }
    }
    Ok(false)
}

fn next(c: &Connection, shelf: Shelf) -> Result<Option<Lot>, JournalError> {
    let after: i64 = c
        .prepare_cached(&format!("SELECT coalesce(max(last), 0) FROM {}", shelf.packs()))?
        .query_row([], |r| r.get(0))?;
    let enough = ROWS + LOOSE;
    let is_there: bool = c
        .prepare_cached(&format!(
            "SELECT count(*) = ?2 OR sum(length(headers) + length(body)) >= ?3 FROM ({})",
            shelf.loose()
        ))?
        .query_row(params![after, enough, ENOUGH_BYTES], |r| r.get::<_, Option<bool>>(0))?
        .unwrap_or_default();
    if !is_there {
        return Ok(None);
    }
    let mut loose = c.prepare_cached(shelf.loose())?;
    let mut rows = loose.query(params![after, ROWS])?;
    let mut numbers = Vec::with_capacity(ROWS);
    let mut bytes = Vec::new();
    while bytes.len() < BYTES
        && let Some(row) = rows.next()?
    {
        let (headers, body) = (row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_blob()?);
        let seq: i64 = row.get(0)?;
        for number in [seq, length(headers.as_bytes())?, length(body)?] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(headers.as_bytes());
        bytes.extend(body);
        numbers.push(seq);
    }
    let held = zstd::encode_all(&*bytes, LEVEL).map_err(|e| JournalError::Row(e.to_string()))?;
    Ok(Some(Lot { numbers, held }))
}

fn length(bytes: &[u8]) -> Result<i64, JournalError> {
    i64::try_from(bytes.len()).map_err(|e| JournalError::Row(e.to_string()))
}

fn write(c: &Connection, shelf: Shelf, lot: &Lot) -> Result<(), JournalError> {
    let (Some(first), Some(last)) = (lot.numbers.first(), lot.numbers.last()) else {
        return Ok(());
    };
    c.prepare_cached(&format!(
        "INSERT INTO {} (first, last, held) VALUES (?1, ?2, ?3)",
        shelf.packs()
    ))?
    .execute(params![first, last, lot.held])?;
    if shelf == Shelf::LogRows {
        c.prepare_cached("DELETE FROM log_row WHERE event_seq BETWEEN ?1 AND ?2")?
            .execute([first, last])?;
        return Ok(());
    }
    // Rows that only became shorter would leave their pages as empty as they are. Their events hang on them meanwhile.
    c.execute_batch("PRAGMA defer_foreign_keys = 1")?;
    let mut rows = c.prepare_cached(
        "SELECT seq, hook, site, received_at, verdict, tracker_id, acknowledged_at FROM delivery WHERE seq BETWEEN ?1 AND ?2",
    )?;
    let rows: Vec<[rusqlite::types::Value; 7]> = rows
        .query_and_then([first, last], |r| {
            let mut row = [const { rusqlite::types::Value::Null }; 7];
            for (place, value) in row.iter_mut().enumerate() {
                *value = r.get(place)?;
            }
            Ok::<_, JournalError>(row)
        })?
        .collect::<Result<_, _>>()?;
    c.prepare_cached("DELETE FROM delivery WHERE seq BETWEEN ?1 AND ?2")?
        .execute([first, last])?;
    let mut put = c.prepare_cached(
        "INSERT INTO delivery (seq, hook, site, received_at, verdict, tracker_id, acknowledged_at, headers, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', x'')",
    )?;
    for row in rows {
        put.execute(row)?;
    }
    c.execute_batch("PRAGMA defer_foreign_keys = 0")?;
    Ok(())
}

/// Takes out the packs that held these deliveries and rows of the log, if they hold nothing else that is still there.
pub(crate) fn let_go(c: &Connection, deliveries: &str, events: &str) -> Result<(), JournalError> {
    for (shelf, table, gone) in [
        (Shelf::Deliveries, "delivery", deliveries),
        (Shelf::LogRows, "event", events),
    ] {
        let packs = shelf.packs();
        c.prepare_cached(&format!(
            "DELETE FROM {packs} WHERE first IN (
                 SELECT (SELECT max(first) FROM {packs} WHERE first <= value) FROM json_each(?1))
               AND NOT EXISTS (SELECT 1 FROM {table} WHERE seq BETWEEN {packs}.first AND {packs}.last)"
        ))?
        .execute([gone])?;
    }
    Ok(())
}
