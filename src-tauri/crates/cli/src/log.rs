//! The log: on stderr, and in a file where that is wanted.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callboard_engine::PlainLines;
use callboard_model::{Clock, SystemClock};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::{BoxMakeWriter, MakeWriterExt};

use crate::{Failure, mistake};

/// Files of past days that are kept.
const KEPT: usize = 10;

/// Begins the log. The file has all its lines once the answer is dropped.
pub(crate) fn begin(file: Option<&Path>) -> Result<Option<WorkerGuard>, Failure> {
    let Some(path) = file else {
        write_to(io::stderr);
        return Ok(None);
    };
    let log = DailyLog::open(path, Arc::new(SystemClock))
        .map_err(|e| mistake(format!("The log file {} cannot be written: {e}", path.display())))?;
    // A slow disk holds nothing up.
    let (file, guard) = tracing_appender::non_blocking(log);
    write_to(io::stderr.and(file));
    Ok(Some(guard))
}

fn write_to(writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    tracing_subscriber::fmt()
        .with_writer(Plain(BoxMakeWriter::new(writer)))
        .with_env_filter(EnvFilter::try_from_env("CALLBOARD_LOG").unwrap_or_else(|_| "warn".into()))
        .with_ansi(false)
        // It would be said on stderr, which is what cannot be written, and saying it there panics.
        .log_internal_errors(false)
        .init();
}

/// Where lines go, made plain on their way.
struct Plain(BoxMakeWriter);

impl<'a> MakeWriter<'a> for Plain {
    type Writer = PlainLines<<BoxMakeWriter as MakeWriter<'a>>::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        PlainLines(self.0.make_writer())
    }
}

/// A log file that is put aside at midnight, UTC as the times in it, under its name and the day: `callboard.log.2026-11-27`.
///
/// `tracing_appender`'s own rolling files are readable for everybody, and what it removes is whatever begins with the file's name.
struct DailyLog {
    path: PathBuf,
    file: File,
    /// Of its lines. None: no file that could be put aside, `/dev/null` for one.
    day: Option<Date>,
    clock: Arc<dyn Clock>,
}

impl DailyLog {
    /// Opens the file at its end, or makes it. What an earlier run left in it on another day is put aside.
    fn open(path: &Path, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let file = private(path)?;
        // Where it is a link, what it leads to has its other days beside it.
        let path = std::fs::canonicalize(path)?;
        let about = file.metadata()?;
        let mut day = None;
        if about.is_file() {
            let written = Timestamp::try_from(about.modified()?).map_err(io::Error::other)?;
            day = Some(if about.len() == 0 {
                today(clock.as_ref())
            } else {
                day_of(written)
            });
        }
        let mut log = Self { path, file, day, clock };
        log.put_aside()?;
        Ok(log)
    }

    /// Begins a new file where the day is another one.
    fn put_aside(&mut self) -> io::Result<()> {
        let today = today(self.clock.as_ref());
        let Some(day) = self.day.filter(|day| *day != today) else {
            return Ok(());
        };
        // Said once a day, whatever comes of it.
        self.day = Some(today);
        self.file.flush()?;
        let aside = self.of_day(day);
        // A clock that was set back must not cost a day's log.
        if !aside.exists() {
            std::fs::rename(&self.path, aside)?;
            self.file = private(&self.path)?;
        }
        self.remove_oldest()
    }

    fn of_day(&self, day: Date) -> PathBuf {
        let mut name = self.path.file_name().map(OsString::from).unwrap_or_default();
        name.push(format!(".{day}"));
        self.path.with_file_name(name)
    }

    /// Removes what is too old, among the files that carry a day as this program writes it.
    fn remove_oldest(&self) -> io::Result<()> {
        let Some(folder) = self.path.parent() else {
            return Ok(());
        };
        let mut days: Vec<Date> = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name();
            let day = name.to_str().and_then(|name| name.rsplit_once('.')?.1.parse().ok());
            days.extend(day.filter(|day| self.of_day(*day).file_name() == Some(&name)));
        }
        days.sort_unstable();
        for day in days.iter().rev().skip(KEPT) {
            std::fs::remove_file(self.of_day(*day))?;
        }
        Ok(())
    }
}

impl Write for DailyLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The line is worth more than the new file.
        if let Err(error) = self.put_aside() {
            let said = format!("The log file {} cannot be put aside: {error}\n", self.path.display());
            self.file.write_all(said.as_bytes())?;
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn today(clock: &dyn Clock) -> Date {
    day_of(clock.now())
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// A file to append to, for this account alone.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    if file.metadata()?.is_file() {
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A clock that goes when it is told to.
    struct Told(Mutex<Timestamp>);

    impl Clock for Told {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn clock(at: &str) -> Arc<Told> {
        Arc::new(Told(Mutex::new(at.parse().unwrap())))
    }

    fn set(clock: &Told, at: &str) {
        *clock.0.lock().unwrap() = at.parse().unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn text(path: PathBuf) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_day_is_put_aside_at_midnight_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("callboard.log");
        let clock = clock("2026-11-27T23:59:59.9Z");
        let mut log = DailyLog::open(&path, clock.clone()).unwrap();
        log.write_all(b"late\n").unwrap();
        set(&clock, "2026-11-28T00:00:00Z");
        log.write_all(b"early\n").unwrap();
        log.write_all(b"later\n").unwrap();
        assert_eq!(text(path), "early\nlater\n");
        assert_eq!(text(folder.path().join("callboard.log.2026-11-27")), "late\n");
    }

    #[test]
    fn a_run_goes_on_in_the_file_of_the_day_and_puts_one_of_another_day_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("callboard.log");
        std::fs::write(&path, "before\n").unwrap();
        let written: Timestamp = std::fs::metadata(&path)
            .unwrap()
            .modified()
            .unwrap()
            .try_into()
            .unwrap();
        let clock = clock(&written.to_string());
        DailyLog::open(&path, clock.clone())
            .unwrap()
            .write_all(b"now\n")
            .unwrap();
        assert_eq!(text(path.clone()), "before\nnow\n");
        let day = day_of(written);
        set(&clock, &format!("{}T09:00:00Z", day.tomorrow().unwrap()));
        DailyLog::open(&path, clock.clone())
            .unwrap()
            .write_all(b"tomorrow\n")
            .unwrap();
        assert_eq!(text(path.clone()), "tomorrow\n");
        let aside = folder.path().join(format!("callboard.log.{day}"));
        assert_eq!(text(aside.clone()), "before\nnow\n");
        // A clock that goes back and forth writes over nothing.
        set(&clock, &format!("{day}T10:00:00Z"));
        let mut log = DailyLog::open(&path, clock.clone()).unwrap();
        log.write_all(b"back\n").unwrap();
        set(&clock, &format!("{}T11:00:00Z", day.tomorrow().unwrap()));
        log.write_all(b"forth\n").unwrap();
        let all = names(folder.path())
            .into_iter()
            .map(|name| text(folder.path().join(name)));
        let all: String = all.collect();
        for line in ["before", "now", "tomorrow", "back", "forth"] {
            assert!(all.contains(line), "{line}: {all}");
        }
        assert_eq!(text(aside), "before\nnow\n");
    }

    #[test]
    fn ten_past_days_are_kept_and_no_other_file_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("callboard");
        let others = [
            "callboard.toml",
            "callboard.log.2026-01-01",
            "callboard.2026-1-1",
            "callboard.old",
        ];
        for name in others {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let clock = clock("2026-11-01T00:00:00Z");
        let mut log = DailyLog::open(&path, clock.clone()).unwrap();
        for day in 1..=20 {
            set(&clock, &format!("2026-11-{day:02}T08:00:00Z"));
            log.write_all(format!("day {day}\n").as_bytes()).unwrap();
        }
        let names = names(folder.path());
        let past: Vec<&str> = names
            .iter()
            .filter_map(|name| name.strip_prefix("callboard.2026-11-"))
            .collect();
        assert_eq!(past, ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"]);
        for name in others {
            assert!(names.iter().any(|kept| kept == name), "{name}: {names:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it_and_what_is_no_file_is_left_as_it_is() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("callboard.log");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let clock = clock("2026-11-27T08:00:00Z");
        let mut log = DailyLog::open(&path, clock.clone()).unwrap();
        log.write_all(b"one\n").unwrap();
        set(&clock, "2026-11-28T08:00:00Z");
        log.write_all(b"two\n").unwrap();
        for name in names(folder.path()) {
            let mode = std::fs::metadata(folder.path().join(&name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let mut nowhere = DailyLog::open(Path::new("/dev/null"), clock.clone()).unwrap();
        set(&clock, "2026-11-29T08:00:00Z");
        nowhere.write_all(b"gone\n").unwrap();
    }
}
