//! Opening the file for writing: alone, whole, and of this version, or made so.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};

use crate::lasting::{make_folder, sync_name};
use crate::salvage::{self, Rebuilt};
use crate::{JournalError, checkpoint, damage, wal};

/// How long a write waits for another program that holds the file, in milliseconds. Well under the 6 s that ShotGrid waits.
const BUSY_MS: u64 = 2_000;
/// Beside the file: held by the one program that writes it. It holds a sentence once there was a journal.
const LOCK: &str = "engine.lock";
/// A journal that was here may be gone. A folder in which none was ever finished has an empty lock.
const WAS_HERE: &str = "A journal was begun here.\n";
/// A start is not held up for longer to look for damage. Damage that is not found then is found when it is met.
const LOOK_FOR: Duration = Duration::from_millis(200);
/// Steps of SQLite, or pages that it looks at, between two looks at the time.
const STEPS: i32 = 500;
/// What is looked at first: where damage would have something done twice, or not at all.
const FIRST: [&str; 8] = [
    "rule_set",
    "pause",
    "quarantine",
    "log_position",
    "let_go",
    "cascade",
    "change",
    "event",
];
/// Copies of older versions that are kept.
const BACKUPS: usize = 2;

/// What came of opening the file.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// It was made by an older version and was brought up to date.
    pub migrated: Option<Migrated>,
    /// It was damaged, was set aside, and this one was made of what could be read.
    pub rebuilt: Option<Rebuilt>,
}

/// A journal that was brought up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The number of the form that it had.
    pub from: usize,
    /// The number of the form that it has now.
    pub to: usize,
    /// Where it is as it was before.
    pub backup: PathBuf,
}

/// The forms that a journal has had, each made of the one before.
const SCHEMA: [&str; 13] = [
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
    include_str!("schema/0006.sql"),
    include_str!("schema/0007.sql"),
    include_str!("schema/0008.sql"),
    include_str!("schema/0009.sql"),
    include_str!("schema/0010.sql"),
    include_str!("schema/0011.sql"),
    include_str!("schema/0012.sql"),
    include_str!("schema/0013.sql"),
];
/// The number of today's form.
pub(crate) const LATEST: usize = SCHEMA.len();

pub(crate) fn migrations() -> Migrations<'static> {
    Migrations::new(SCHEMA.into_iter().map(M::up).collect())
}

/// Opens the journal's file, and the lock beside it.
pub(crate) fn open(file: &Path) -> Result<(Connection, File, Opened), JournalError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    make_folder(folder).map_err(|e| cannot_open(folder, &e))?;
    let mut lock = alone_in(folder)?;
    salvage::finish(file).map_err(|e| cannot_open(file, &e))?;
    let mut opened = Opened::default();
    let was_here = lock.metadata().map_err(|e| cannot_open(folder, &e))?.len() > 0;
    if let Some(why) = damage_to(file, was_here)? {
        opened.rebuilt = Some(salvage::rebuild(file, &why)?);
    }
    let (connection, migrated) = match connect(file) {
        Err(JournalError::Damaged(why)) if opened.rebuilt.is_none() => {
            opened.rebuilt = Some(salvage::rebuild(file, &why)?);
            connect(file)?
        }
        other => other?,
    };
    opened.migrated = migrated;
    if !was_here {
        lock.write_all(WAS_HERE.as_bytes())
            .map_err(|e| cannot_open(folder, &e))?;
    }
    Ok((connection, lock, opened))
}

pub(crate) fn cannot_open(path: &Path, why: &dyn std::fmt::Display) -> JournalError {
    JournalError::Open {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

/// The path of a file that belongs to this one: `journal.sqlite` and what follows.
pub(crate) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// When a file was last written, by the file system's clock.
pub(crate) fn written_at(file: &Path) -> io::Result<Timestamp> {
    Timestamp::try_from(fs::metadata(file)?.modified()?).map_err(io::Error::other)
}

/// Two engines on one folder would both carry out the same outbox. Readers need no lock.
fn alone_in(folder: &Path) -> Result<File, JournalError> {
    let failed = |e: io::Error| cannot_open(folder, &e);
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(LOCK))
        .map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(JournalError::InUse(folder.to_owned())),
        Err(fs::TryLockError::Error(e)) => Err(failed(e)),
    }
}

/// Production data is nobody else's on this machine.
pub(crate) fn private(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    {
        // Windows keeps a user's own folders from other users by inheritance.
        let _: &Path = file;
    }
    Ok(())
}

fn connect(file: &Path) -> Result<(Connection, Option<Migrated>), JournalError> {
    let failed = |e: rusqlite::Error| match JournalError::from(e) {
        JournalError::Database(why) => cannot_open(file, &why),
        other => other,
    };
    let mut connection = Connection::open(file).map_err(failed)?;
    private(file).map_err(|e| cannot_open(file, &e))?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    // Only a file that is empty takes it: free pages can be given back in small steps then.
    connection
        .pragma_update(None, "auto_vacuum", "INCREMENTAL")
        .map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS a plain fsync does not empty the drive's own cache. Elsewhere these two do nothing.
    connection.pragma_update(None, "fullfsync", 1)?;
    connection.pragma_update(None, "checkpoint_fullfsync", 1)?;
    connection.pragma_update(None, "foreign_keys", 1)?;
    checkpoint::prepare(&connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    let migrated = bring_up_to_date(&mut connection, file)?;
    Ok((connection, migrated))
}

/// The number of the form that a file has; nought: none yet.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<usize> {
    connection.query_row("PRAGMA user_version", [], |r| r.get(0))
}

fn bring_up_to_date(connection: &mut Connection, file: &Path) -> Result<Option<Migrated>, JournalError> {
    let from = version(connection)?;
    if from > LATEST {
        return Err(JournalError::Newer(file.to_owned()));
    }
    let migrated = if (1..LATEST).contains(&from) {
        Some(Migrated {
            from,
            to: LATEST,
            backup: back_up(connection, file, from)?,
        })
    } else {
        None
    };
    // All of it is one transaction.
    migrations().to_latest(connection).map_err(|e| {
        let damaged = match &e {
            rusqlite_migration::Error::RusqliteError { err, .. } => salvage::tells_of_damage(err),
            _ => false,
        };
        match (&migrated, damaged) {
            (_, true) => JournalError::Damaged(e.to_string()),
            (Some(migrated), false) => JournalError::Migration {
                path: file.to_owned(),
                backup: migrated.backup.clone(),
                why: e.to_string(),
            },
            (None, false) => cannot_open(file, &e),
        }
    })?;
    Ok(migrated)
}

/// Copies the file as it stands beside itself, named by the number of its form and when it was last written.
fn back_up(connection: &Connection, file: &Path, version: usize) -> Result<PathBuf, JournalError> {
    let failed = |why: &dyn std::fmt::Display| JournalError::NoBackup {
        path: file.to_owned(),
        why: why.to_string(),
    };
    let of = |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |r| r.get::<_, u64>(0));
    let needed = of("page_count")? * of("page_size")?;
    let free = fs4::available_space(file.parent().unwrap_or(Path::new("."))).map_err(|e| failed(&e))?;
    // What is brought up to date needs room too.
    if free < needed + needed / 4 {
        let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
        return Err(failed(&format!(
            "the disk has {} MB free, and {} MB are needed",
            free / 1_000_000,
            megabytes(needed + needed / 4)
        )));
    }
    let written = written_at(file).map_err(|e| failed(&e))?;
    let kept = beside(file, &format!(".v{version}-{}", written.strftime("%Y%m%dT%H%M%SZ")));
    let partial = beside(file, ".partial");
    File::create(&partial)
        .and_then(|_| private(&partial))
        .map_err(|e| failed(&e))?;
    let mut copy = Connection::open(&partial)?;
    let step = Backup::new(connection, &mut copy)?.step(-1)?;
    drop(copy);
    if step != StepResult::Done {
        return Err(JournalError::Locked);
    }
    // Its name too: what is done to the file from here on may be on the disk before it otherwise.
    File::open(&partial)
        .and_then(|copy| copy.sync_all())
        .and_then(|()| fs::rename(&partial, &kept))
        .and_then(|()| sync_name(file))
        .map_err(|e| failed(&e))?;
    keep_newest(file, &kept).map_err(|e| failed(&e))?;
    Ok(kept)
}

/// Removes copies of older versions, but the newest few. `kept` stays.
fn keep_newest(file: &Path, kept: &Path) -> io::Result<()> {
    let mut copies = Vec::new();
    for copy in siblings(file, ".v")? {
        copies.push((copy != kept, std::cmp::Reverse(written_at(&copy)?), copy));
    }
    copies.sort();
    copies
        .into_iter()
        .skip(BACKUPS)
        .try_for_each(|(_, _, copy)| fs::remove_file(copy))
}

/// The files beside this one whose names go on like this.
pub(crate) fn siblings(file: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let begins = beside(file, ending);
    let begins = begins.as_os_str().as_encoded_bytes();
    let mut found = Vec::new();
    for entry in fs::read_dir(file.parent().unwrap_or(Path::new(".")))? {
        let path = entry?.path();
        if path.as_os_str().as_encoded_bytes().starts_with(begins) {
            found.push(path);
        }
    }
    Ok(found)
}

/// What is wrong with the file, if something is. `was_here`: this folder has had a journal.
fn damage_to(file: &Path, was_here: bool) -> Result<Option<String>, JournalError> {
    let failed = |e: io::Error| cannot_open(file, &e);
    let mark = damage::mark(file);
    let length = match fs::metadata(file) {
        Ok(about) if about.is_file() => about.len(),
        // A folder in its place is no journal that was damaged.
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Somebody took the damaged file away: what is said of it is not so of the one that comes now.
            salvage::remove(&mark).map_err(failed)?;
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    if let Ok(mut met) = File::open(&mark) {
        let mut why = String::new();
        met.read_to_string(&mut why).map_err(failed)?;
        return Ok(Some(why));
    }
    // SQLite takes an empty file for a new one, and throws the log away.
    if length == 0 {
        return Ok(was_here.then(|| "the file is empty".to_owned()));
    }
    if let Some(why) = wal::fault(file).map_err(failed)? {
        return Ok(Some(why.to_owned()));
    }
    match look(file) {
        Ok(found) => Ok(found),
        Err(error) if salvage::tells_of_damage(&error) => Ok(Some(error.to_string())),
        Err(error) => Err(match JournalError::from(error) {
            JournalError::Database(why) => cannot_open(file, &why),
            other => other,
        }),
    }
}

/// Looks for damage, for a short time.
fn look(file: &Path) -> rusqlite::Result<Option<String>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    // A file that turns out to be damaged stays as it is.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let until = Instant::now() + LOOK_FOR;
    let mut all = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let mut tables: Vec<String> = all.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?;
    tables.sort_by_key(|name| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
    connection.progress_handler(STEPS, Some(move || Instant::now() >= until))?;
    for table in tables {
        let said = connection.query_row(&format!("PRAGMA quick_check('{table}')"), [], |r| r.get::<_, String>(0));
        match said {
            Ok(said) if said == "ok" => {}
            Ok(said) => return Ok(Some(said)),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
