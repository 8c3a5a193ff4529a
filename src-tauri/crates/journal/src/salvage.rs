//! A journal that is damaged: it is set aside as it is, and a new one is made of what can be read of it.
//!
//! What counts is that nothing is done twice. Where something of what was done cannot be read any more, whatever happened until
//! the file was last written is only shown, however it comes to be known again, and what was still to be done is not.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use callboard_model::{AlertKind, Place};
use jiff::{SignedDuration, Timestamp};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params, params_from_iter};

use crate::lasting::sync_name;
use crate::opening::{LATEST, beside, cannot_open, migrations, private, siblings, version, written_at};
use crate::rows::micros;
use crate::{JournalError, NewIssue, damage, issues, wal};

/// What a site's clock may be ahead of ours, and more.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);
/// How far back a site's log is read again, for showing.
const READ_AGAIN: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Rows in one commit.
const LOT: u64 = 20_000;
/// Numbers of rows that are tried in a row to get past a page that cannot be read.
const FURTHEST: u32 = 40;
/// Made anew from the events.
const INDEX: [&str; 4] = ["word", "word_again", "word_named", "word_place"];
/// Where these are whole, all is known that was done.
const DONE: [&str; 7] = ["event", "cascade", "change", "carry", "log_position", "let_go", "doubt"];
/// Where these are whole, what may be done is what people have said.
const MAY: [&str; 3] = ["rule_set", "pause", "quarantine"];
/// Why nothing comes of an event that happened in the time that is in doubt.
pub(crate) const ONLY_SHOWN: &str = "It happened before the journal was rebuilt. Whether it was acted on then is not known, so it is \
                                     only shown. Replay it if something should have followed";
const PAGE: u16 = 4096;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A journal that was made of one that was damaged.
#[derive(Clone, Debug)]
pub struct Rebuilt {
    /// Where the damaged one is now.
    pub aside: PathBuf,
    /// What is wrong with it.
    pub why: String,
    /// Events that were taken over.
    pub events: u64,
    /// Until when it is not known what was done; none: all of it is known.
    pub doubtful_until: Option<Timestamp>,
    /// Whether writing is stopped until somebody has looked.
    pub stopped: bool,
    /// What stands about it among the issues.
    pub issue: NewIssue,
}

/// Whether SQLite says that the file is not what it wrote.
pub(crate) fn tells_of_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// The new file, until it is whole. Whatever became of it before is thrown away.
fn unfinished(file: &Path) -> PathBuf {
    beside(file, ".unfinished")
}

/// The new file, once it is whole and on the disk. It takes the old one's place when that is out of the way: until then it may be thrown
/// away, and from then on it is all there is.
fn rebuilding(file: &Path) -> PathBuf {
    beside(file, ".rebuilding")
}

/// Ends what [`rebuild`] was killed in, if it was.
pub(crate) fn finish(file: &Path) -> io::Result<()> {
    remove(&unfinished(file))?;
    let new = rebuilding(file);
    if file.exists() {
        // It was not needed after all, and would be old by the time that it might be.
        return remove(&new);
    }
    if !new.exists() {
        return Ok(());
    }
    let aside = siblings(file, ".corrupt-")?.into_iter().max();
    put_in_place(file, &aside.unwrap_or_else(|| beside(file, ".corrupt")))
}

/// Sets a damaged journal aside and makes a new one of it, which is whole and on disk when this returns.
pub(crate) fn rebuild(file: &Path, why: &str) -> Result<Rebuilt, JournalError> {
    let failed = |e: io::Error| cannot_open(file, &e);
    tracing::warn!(%why, "journal: it is damaged, and a new one is made of what can be read");
    let new = unfinished(file);
    remove(&rebuilding(file)).and_then(|()| remove(&new)).map_err(failed)?;
    let source = Source::of(file)?;
    let form = source.as_ref().map_or(Ok(LATEST), |source| source.form(file))?;
    let mut target = fresh(&new, form)?;
    let now = written_at(&new).map_err(failed)?;
    let mut lost = Vec::new();
    target.execute_batch("BEGIN")?;
    for table in Table::all(&target)? {
        let whole = match &source {
            Some(source) => copy(&source.connection, &target, &table)?,
            None => false,
        };
        if !whole {
            lost.push(table.name);
        }
    }
    if !lost.is_empty() {
        tracing::warn!(
            tables = lost.join(", "),
            "journal: not all rows of these tables can be read"
        );
    }
    target.execute_batch("COMMIT")?;
    migrations().to_latest(&mut target).map_err(|e| cannot_open(&new, &e))?;
    target.execute_batch("BEGIN")?;
    let log_is_whole = wal::fault(file).map_err(failed)?.is_none();
    drop(source);
    let misses = |tables: &[&str]| !log_is_whole || lost.iter().any(|name| tables.contains(&name.as_str()));
    let doubtful_until = misses(&DONE).then(|| last_written(file)).transpose().map_err(failed)?;
    let aside = free_name(file, now).map_err(failed)?;
    tie_up(&target)?;
    if let Some(until) = doubtful_until {
        doubt(&target, until)?;
    }
    let stopped = misses(&MAY);
    if stopped {
        stop(&target, now)?;
    }
    let events = target.query_row("SELECT count(*) FROM event", [], |r| r.get(0))?;
    let mut rebuilt = Rebuilt {
        issue: NewIssue {
            key: "journal_damaged".into(),
            kind: AlertKind::Journal,
            place: Place::Issues,
            title: "The journal was damaged and has been rebuilt".into(),
            remedy: String::new(),
        },
        aside,
        why: why.to_owned(),
        events,
        doubtful_until,
        stopped,
    };
    rebuilt.issue.remedy = remedy(&rebuilt, &lost);
    issues::raise(&target, &rebuilt.issue, now)?;
    target.execute_batch("COMMIT")?;
    target.close().map_err(|(_, e)| JournalError::from(e))?;
    File::open(&new).and_then(|new| new.sync_all()).map_err(failed)?;
    fs::rename(&new, rebuilding(file))
        .and_then(|()| sync_name(file))
        .map_err(failed)?;
    put_in_place(file, &rebuilt.aside).map_err(failed)?;
    Ok(rebuilt)
}

fn remedy(rebuilt: &Rebuilt, lost: &[String]) -> String {
    let name = rebuilt.aside.file_name().unwrap_or_default().to_string_lossy();
    let mut said = format!(
        "What was wrong: {}. {} events were taken over. The damaged file is in the data folder as {name}; delete it when nobody \
         needs it any more.",
        rebuilt.why, rebuilt.events
    );
    let missing: BTreeSet<&str> = lost.iter().filter_map(|table| called(table)).collect();
    if !missing.is_empty() {
        let missing = Vec::from_iter(missing).join(", ");
        said.push_str(&format!(" Not all could be read of: {missing}."));
    }
    if let Some(until) = rebuilt.doubtful_until {
        let until = until.strftime("%Y-%m-%d %H:%M:%S UTC");
        said.push_str(&format!(
            " What happened until {until} is read again from the sites' event logs. It is shown, and nothing is done about it, so \
             that nothing is done twice. Look in the feed whether something should have followed, and replay it."
        ));
    }
    if rebuilt.stopped {
        said.push_str(" Writing is stopped: look whether the live rules are the ones you want, then resume it.");
    }
    said
}

/// What is in a table, for people.
fn called(table: &str) -> Option<&'static str> {
    Some(match table {
        "event" => "events",
        "cascade" | "change" | "carry" => "changes",
        "delivery" | "delivery_pack" | "log_row" | "log_pack" => "payloads",
        "rule_set" | "draft" | "quarantine" | "quarantine_past" => "rules",
        "pause" => "pauses",
        "issue" | "held_notice" => "issues",
        "entity" | "fact" | "status" | "standing" => "names and statuses",
        "hook" | "hook_state" | "hook_step" | "refusal" => "the history of hooks",
        _ => return None,
    })
}

/// When the file was last written to, and what clocks may differ by.
fn last_written(file: &Path) -> io::Result<Timestamp> {
    let met = written_at(&damage::mark(file));
    let written = match met {
        Ok(met) => met,
        Err(_) => written_at(file)?.max(written_at(&beside(file, "-wal")).unwrap_or(Timestamp::MIN)),
    };
    written.checked_add(CLOCKS).map_err(io::Error::other)
}

pub(crate) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn free_name(file: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let name = beside(file, &format!(".corrupt-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    let numbered = |number: u32| match number {
        0 => name.clone(),
        more => beside(&name, &format!("-{more}")),
    };
    (0..u32::MAX)
        .map(numbered)
        .find(|name| !name.exists())
        .ok_or_else(|| io::Error::other("no name is free"))
}

/// Moves the damaged file out of the way, if it is not yet, and the new one into its place. Killed at any point, it can be done again.
fn put_in_place(file: &Path, aside: &Path) -> io::Result<()> {
    let moved = |from: &Path, to: &Path| match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    moved(file, aside)?;
    // A log that stayed would be taken for the new file's.
    moved(&beside(file, "-wal"), &beside(aside, "-wal"))?;
    remove(&beside(file, "-shm"))?;
    remove(&damage::mark(file))?;
    fs::rename(rebuilding(file), file)?;
    sync_name(file)
}

fn fresh(new: &Path, form: usize) -> Result<Connection, JournalError> {
    let mut target = Connection::open(new)?;
    private(new).map_err(|e| cannot_open(new, &e))?;
    target.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = 0;",
    )?;
    migrations()
        .to_version(&mut target, form)
        .map_err(|e| cannot_open(new, &e))?;
    Ok(target)
}

/// A table of the new file.
struct Table {
    name: String,
    /// Its columns, with what its rows are known by first.
    columns: Vec<String>,
    /// What its rows are in order of: `rowid`, or its key.
    order: Vec<String>,
}

impl Table {
    fn all(c: &Connection) -> Result<Vec<Self>, JournalError> {
        let list = |sql: &str, of: &str| -> Result<Vec<String>, JournalError> {
            let mut q = c.prepare(sql)?;
            let names = q.query_map([of], |r| r.get(0))?;
            Ok(names.collect::<Result<_, _>>()?)
        };
        let names = list(
            "SELECT name FROM pragma_table_list WHERE schema = ?1 AND type = 'table' AND name NOT LIKE 'sqlite_%'",
            "main",
        )?;
        names
            .into_iter()
            .filter(|name| !INDEX.contains(&name.as_str()))
            .map(|name| {
                let columns = list("SELECT name FROM pragma_table_info(?1)", &name)?;
                let without_rowid: bool = c.query_row(
                    "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1",
                    [&name],
                    |r| r.get(0),
                )?;
                let order = if without_rowid {
                    list("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", &name)?
                } else {
                    vec!["rowid".to_owned()]
                };
                Ok(Self { name, columns, order })
            })
            .collect()
    }

    fn ordered(&self, way: &str) -> String {
        let columns: Vec<String> = self.order.iter().map(|column| format!("{column} {way}")).collect();
        columns.join(", ")
    }
}

/// Copies what can be read of a table. Answers whether that is all of it. Errors are those of the new file.
fn copy(source: &Connection, target: &Connection, table: &Table) -> Result<bool, JournalError> {
    let Some(columns) = known_columns(source, table) else {
        return Ok(false);
    };
    let mut copying = Copying::new(source, target, table, &columns)?;
    if table.order == ["rowid"] {
        let mut after = i64::MIN;
        loop {
            if copying.forward(&mut after)? {
                return Ok(copying.whole);
            }
            copying.whole = false;
            match next_readable(source, &table.name, after) {
                Some(next) => after = next - 1,
                None => break,
            }
        }
        copying.all("rowid > ?1", &[after.into()], "DESC")?;
    } else if !copying.all("?1", &[1.into()], "ASC")? {
        copying.whole = false;
        copying.all("?1", &[1.into()], "DESC")?;
    }
    Ok(copying.whole)
}

/// The columns that the damaged file has too; none where it does not know the table.
fn known_columns(source: &Connection, table: &Table) -> Option<Vec<String>> {
    let mut q = source.prepare("SELECT name FROM pragma_table_info(?1)").ok()?;
    let known: Vec<String> = q
        .query_map([&table.name], |r| r.get(0))
        .ok()?
        .collect::<Result<_, _>>()
        .ok()?;
    let columns: Vec<String> = table.columns.iter().filter(|c| known.contains(c)).cloned().collect();
    (!columns.is_empty()).then_some(columns)
}

struct Copying<'c> {
    source: &'c Connection,
    target: &'c Connection,
    table: &'c Table,
    columns: String,
    number: usize,
    put: rusqlite::Statement<'c>,
    put_rows: u64,
    whole: bool,
}

impl<'c> Copying<'c> {
    fn new(
        source: &'c Connection,
        target: &'c Connection,
        table: &'c Table,
        columns: &[String],
    ) -> Result<Self, JournalError> {
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
        let joined = columns.join(", ");
        let put = target.prepare(&format!(
            "INSERT OR IGNORE INTO {} ({joined}) VALUES ({})",
            table.name,
            places.join(", ")
        ))?;
        Ok(Self {
            source,
            target,
            table,
            columns: joined,
            number: columns.len(),
            put,
            put_rows: 0,
            whole: true,
        })
    }

    /// Copies the rows after one, in their order. Answers whether the end was reached; `after` is the last one read.
    fn forward(&mut self, after: &mut i64) -> Result<bool, JournalError> {
        let sql = format!(
            "SELECT {}, rowid FROM {} NOT INDEXED WHERE rowid > ?1 ORDER BY rowid",
            self.columns, self.table.name
        );
        let from = *after;
        self.rows(&sql, &[from.into()], after)
    }

    /// Copies rows until one cannot be read. Answers whether none was so.
    fn all(&mut self, which: &str, with: &[Value], way: &str) -> Result<bool, JournalError> {
        let sql = format!(
            "SELECT {}, 0 FROM {} NOT INDEXED WHERE {which} ORDER BY {}",
            self.columns,
            self.table.name,
            self.table.ordered(way)
        );
        self.rows(&sql, with, &mut 0)
    }

    fn rows(&mut self, sql: &str, with: &[Value], last: &mut i64) -> Result<bool, JournalError> {
        let source = self.source;
        let Ok(mut q) = source.prepare(sql) else {
            return Ok(false);
        };
        let Ok(mut rows) = q.query(params_from_iter(with)) else {
            return Ok(false);
        };
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(true),
                Err(_) => return Ok(false),
            };
            let values: rusqlite::Result<Vec<Value>> = (0..self.number).map(|place| row.get(place)).collect();
            let Ok(at) = row.get(self.number) else { return Ok(false) };
            *last = at;
            // A row that was read and makes no sense is lost, and those after it need not be.
            match values {
                Ok(values) => self.put(&values)?,
                Err(_) => self.whole = false,
            }
        }
    }

    fn put(&mut self, values: &[Value]) -> Result<(), JournalError> {
        match self.put.execute(params_from_iter(values)) {
            Ok(_) => {}
            Err(error)
                if matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
                ) =>
            {
                self.whole = false;
            }
            Err(error) => return Err(error.into()),
        }
        self.put_rows += 1;
        if self.put_rows.is_multiple_of(LOT) {
            self.target.execute_batch("COMMIT; BEGIN")?;
            tracing::warn!(table = %self.table.name, rows = self.put_rows, "journal: taking over what can be read");
        }
        Ok(())
    }
}

/// The first row that can be reached beyond what cannot be read after one; none where there is none within reach.
fn next_readable(source: &Connection, table: &str, after: i64) -> Option<i64> {
    let sql = format!("SELECT rowid FROM {table} NOT INDEXED WHERE rowid > ?1 ORDER BY rowid LIMIT 1");
    let reach = |beyond: i64| -> Result<Option<i64>, rusqlite::Error> {
        let mut q = source.prepare_cached(&sql)?;
        q.query_row([after.max(0).saturating_add(beyond)], |r| r.get(0))
            .optional()
    };
    let found = (0..FURTHEST)
        .map(|power| 1_i64 << power)
        .find(|beyond| reach(*beyond).is_ok())?;
    let (mut fails, mut reaches) = (found / 2, found);
    while reaches - fails > 1 {
        let middle = fails + (reaches - fails) / 2;
        match reach(middle) {
            Ok(_) => reaches = middle,
            Err(_) => fails = middle,
        }
    }
    reach(reaches).ok().flatten()
}

/// Takes out what hangs on something that is not there any more, and has the index written anew.
fn tie_up(target: &Connection) -> Result<(), JournalError> {
    target.execute_batch(
        "UPDATE event SET delivery_seq = NULL WHERE delivery_seq NOT IN (SELECT seq FROM delivery);
         DELETE FROM cascade WHERE event_seq NOT IN (SELECT seq FROM event);
         DELETE FROM change WHERE cascade_seq NOT IN (SELECT seq FROM cascade);
         DELETE FROM carry WHERE cascade_seq NOT IN (SELECT seq FROM cascade);
         DELETE FROM log_row WHERE event_seq NOT IN (SELECT seq FROM event);
         UPDATE change SET pause = NULL WHERE pause NOT IN (SELECT id FROM pause);
         -- Revisions are never used again, not even those whose rules are lost.
         INSERT INTO sqlite_sequence (name, seq) SELECT 'rule_set', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'rule_set');
         UPDATE sqlite_sequence SET seq = max(seq, (SELECT coalesce(max(revision), 0) FROM cascade)) WHERE name = 'rule_set';
         DELETE FROM word_again;
         INSERT OR REPLACE INTO word_place SELECT 1, last + 1, last + 1, last, last FROM (SELECT coalesce(max(seq), 0) AS last FROM event);",
    )?;
    Ok(())
}

/// Nothing of what happened until then is acted on any more, and what the sites' logs tell of it is read again.
fn doubt(target: &Connection, until: Timestamp) -> Result<(), JournalError> {
    let since = until.checked_sub(READ_AGAIN).unwrap_or(Timestamp::MIN);
    target.execute(
        "INSERT INTO reread (site, since, first_id) SELECT site, ?1, first_id FROM log_position WHERE true
         ON CONFLICT DO UPDATE SET since = min(since, excluded.since)",
        [micros(since)],
    )?;
    target.execute(
        "INSERT OR REPLACE INTO doubt (one, since, until, noted) VALUES (1, ?1, ?2, 0)",
        [micros(since), micros(until)],
    )?;
    target.execute_batch(
        "DELETE FROM log_position;
         DELETE FROM log_gap;
         UPDATE change SET state = 'failed', skip = NULL,
             reason = 'The journal was damaged before it was known whether this was written. Look at it on the site'
         WHERE state IN ('planned', 'applied');
         UPDATE carry SET state = 'failed',
             reason = 'The journal was damaged before it was known whether this was handed over. Look at it on the other site'
         WHERE state = 'planned';
         UPDATE event SET outcome = 'failed', why = NULL
         WHERE outcome = 'waiting' AND seq IN (SELECT event_seq FROM cascade);
         UPDATE event SET outcome = 'nothing',
             why = 'The journal was damaged before it was known whether this was acted on. Replay it if something should have followed'
         WHERE outcome = 'waiting';",
    )?;
    Ok(())
}

/// Stops writing, unless it was: nobody knows any more what people had said.
fn stop(target: &Connection, now: Timestamp) -> Result<(), JournalError> {
    target.execute(
        "INSERT INTO pause (by, why, since) SELECT 'Callboard', ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM pause WHERE ended_at IS NULL)",
        params![
            "The journal was damaged. Look whether the live rules are the ones you want, then resume",
            micros(now)
        ],
    )?;
    Ok(())
}

/// A damaged file, as far as SQLite opens it.
struct Source {
    connection: Connection,
    /// A copy whose first bytes were mended, to be removed afterwards.
    copy: Option<PathBuf>,
}

impl Source {
    /// None: nothing can be read of it. It is not written to, except that a copy is made of one that does not say what it is.
    fn of(file: &Path) -> Result<Option<Self>, JournalError> {
        if let Ok(connection) = reading(file) {
            return Ok(Some(Self { connection, copy: None }));
        }
        let copy = beside(file, ".salvage");
        let mended = mended_copy(file, &copy);
        if let Err(error) = &mended {
            tracing::warn!(%error, "journal: the beginning of the damaged file cannot be mended, so that nothing is read of it");
        }
        let found = matches!(mended, Ok(true)).then(|| reading(&copy).ok()).flatten();
        match found {
            Some(connection) => Ok(Some(Self {
                connection,
                copy: Some(copy),
            })),
            None => {
                remove_copy(&copy).map_err(|e| cannot_open(&copy, &e))?;
                Ok(None)
            }
        }
    }

    /// The number of the form that it has.
    fn form(&self, file: &Path) -> Result<usize, JournalError> {
        match version(&self.connection) {
            Ok(form) if form > LATEST => Err(JournalError::Newer(file.to_owned())),
            Ok(form) if form > 0 => Ok(form),
            _ => Ok(LATEST),
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Some(copy) = &self.copy
            && let Err(error) = remove_copy(copy)
        {
            tracing::warn!(%error, "journal: a copy of the damaged file could not be removed");
        }
    }
}

fn remove_copy(copy: &Path) -> io::Result<()> {
    ["", "-wal", "-shm"]
        .iter()
        .try_for_each(|ending| remove(&beside(copy, ending)))
}

/// Opens a damaged file so that it stays as it is.
fn reading(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // The first lets what is shorter than it says be read all the same; the second has broken pages found for what they are.
    connection.execute_batch("PRAGMA writable_schema = 1; PRAGMA cell_size_check = 1; PRAGMA query_only = 1;")?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get::<_, i64>(0))?;
    Ok(connection)
}

/// Copies a file, with its log, and writes the first 100 bytes as they must have been. False where what follows them is no
/// page of a database.
fn mended_copy(file: &Path, copy: &Path) -> io::Result<bool> {
    let mut header = [0; 101];
    let length = fs::metadata(file)?.len();
    if length < u64::from(PAGE) {
        return Ok(false);
    }
    File::open(file)?.read_exact(&mut header)?;
    if !matches!(header[100], 0x05 | 0x0d) {
        return Ok(false);
    }
    File::create(copy).and_then(|_| private(copy))?;
    fs::copy(file, copy)?;
    let log = beside(file, "-wal");
    if log.exists() {
        fs::copy(log, beside(copy, "-wal"))?;
    }
    header[..16].copy_from_slice(MAGIC);
    let is_ours = header[16..18] == PAGE.to_be_bytes() && header[21..24] == [64, 32, 32];
    if !is_ours {
        // Page size, a log beside it, and what every file has; the form of today; text as UTF-8.
        header[16..100].fill(0);
        header[16..18].copy_from_slice(&PAGE.to_be_bytes());
        header[18..24].copy_from_slice(&[2, 2, 0, 64, 32, 32]);
        let pages = u32::try_from(length / u64::from(PAGE)).unwrap_or(u32::MAX);
        header[28..32].copy_from_slice(&pages.to_be_bytes());
        header[44..48].copy_from_slice(&4_u32.to_be_bytes());
        header[56..60].copy_from_slice(&1_u32.to_be_bytes());
        header[60..64].copy_from_slice(&u32::try_from(LATEST).unwrap_or_default().to_be_bytes());
    }
    let mut copy = File::options().write(true).open(copy)?;
    copy.seek(SeekFrom::Start(0))?;
    copy.write_all(&header[..100])?;
    copy.sync_all()?;
    Ok(true)
}
