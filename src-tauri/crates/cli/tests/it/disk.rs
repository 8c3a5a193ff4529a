//! A disk that goes wrong as it is told: `bad-disk.c`, preloaded before the program, and what a power cut leaves of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use tempfile::TempDir;

/// What the system says of a disk.
pub(crate) const EIO: i64 = 5;
pub(crate) const ENOSPC: i64 = 28;
pub(crate) const EROFS: i64 = 30;

/// Calls that change what is on the disk: writes, syncs, changes of a file's size, of names, and opening for writing; bad-disk.c has
/// the same.
#[derive(Clone, Copy)]
pub(crate) enum Calls {
    Writes = 1,
    Syncs = 2,
    All = 31,
    /// The same on the journal's file alone: none on its log, nor on what else lies beside it.
    WritesOfTheFile = 33,
    SyncsOfTheFile = 34,
}

/// Places in the orders; bad-disk.c has the same.
#[derive(Clone, Copy)]
enum Order {
    Calls,
    Failed,
    Kinds,
    First,
    Last,
    Error,
    Lies,
    Clock,
}

const ORDERS: u64 = 8;

/// The part of a disk that lands in one piece, or not at all.
const SECTOR: usize = 512;

/// Told to go wrong while the program runs.
pub(crate) struct BadDisk {
    beneath: PathBuf,
    folder: TempDir,
    orders: File,
    is_recorded: bool,
}

impl BadDisk {
    /// A disk that works, beneath a folder that is there.
    pub(crate) fn new(beneath: &Path) -> Self {
        let folder = TempDir::new().unwrap();
        let orders = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(folder.path().join("orders"))
            .unwrap();
        orders.set_len(ORDERS * 8).unwrap();
        Self {
            beneath: beneath.to_owned(),
            folder,
            orders,
            is_recorded: false,
        }
    }

    /// The same with a record of all that is written, which is as long as that.
    pub(crate) fn with_record(beneath: &Path) -> Self {
        Self {
            is_recorded: true,
            ..Self::new(beneath)
        }
    }

    /// Has a program run on it.
    pub(crate) fn put_beneath(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", library())
            .env("BAD_DISK_FOLDER", &self.beneath)
            .env("BAD_DISK_ORDERS", self.folder.path().join("orders"));
        if self.is_recorded {
            command.env("BAD_DISK_RECORD", self.record());
        }
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("record")
    }

    fn set(&self, order: Order, value: i64) {
        self.orders
            .write_all_at(&value.to_ne_bytes(), order as u64 * 8)
            .unwrap();
    }

    fn get(&self, order: Order) -> i64 {
        let mut value = [0; 8];
        self.orders.read_exact_at(&mut value, order as u64 * 8).unwrap();
        i64::from_ne_bytes(value)
    }

    /// Counts these calls anew from here, and lets the ones from `first` to `last` fail.
    pub(crate) fn fail(&self, calls: Calls, first: i64, last: i64, error: i64) {
        self.heal();
        for (order, value) in [
            (Order::Calls, 0),
            (Order::Failed, 0),
            (Order::First, first),
            (Order::Last, last),
            (Order::Error, error),
            (Order::Kinds, calls as i64),
        ] {
            self.set(order, value);
        }
    }

    /// Counts calls from here, and lets none fail.
    pub(crate) fn count(&self) {
        self.fail(Calls::All, 0, 0, 0);
    }

    /// The same of syncs alone.
    pub(crate) fn count_syncs(&self) {
        self.fail(Calls::Syncs, 0, 0, 0);
    }

    /// All goes well again.
    pub(crate) fn heal(&self) {
        self.set(Order::Kinds, 0);
    }

    /// Calls since they were counted.
    pub(crate) fn calls(&self) -> i64 {
        self.get(Order::Calls)
    }

    /// Those of them that failed.
    pub(crate) fn failed(&self) -> i64 {
        self.get(Order::Failed)
    }

    /// Syncs are answered from now on, and nothing is synced.
    pub(crate) fn lie(&self) {
        self.set(Order::Lies, 1);
    }

    /// Sets the program's clock, in seconds from the right time.
    pub(crate) fn set_clock(&self, seconds: i64) {
        self.set(Order::Clock, seconds);
    }

    /// How much is recorded by now: what was synced before this was asked lies before it.
    pub(crate) fn recorded(&self) -> usize {
        let length = std::fs::metadata(self.record()).map_or(0, |m| m.len());
        usize::try_from(length).unwrap()
    }

    /// All that is recorded.
    pub(crate) fn recording(&self) -> Recording {
        let mut bytes = Vec::new();
        File::open(self.record()).unwrap().read_to_end(&mut bytes).unwrap();
        Recording { bytes }
    }
}

/// The shim, compiled once.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let made = folder.join(format!("bad-disk-{}.so", std::process::id()));
        let library = folder.join("bad-disk.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/bad-disk.c");
        let compiled = Command::new("cc")
            .args([
                "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-o",
            ])
            .args([made.as_path(), Path::new(source)])
            .status();
        assert!(compiled.unwrap().success());
        // Other processes of the same tests may be using the one that is there.
        std::fs::rename(&made, &library).unwrap();
        library
    })
}

/// What was done to the disk, in its order.
pub(crate) struct Recording {
    bytes: Vec<u8>,
}

struct Note<'a> {
    what: u8,
    path: &'a str,
    at: usize,
    bytes: &'a [u8],
}

impl Recording {
    /// How long it is, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How many times the file of that name was begun: its first byte was written.
    pub(crate) fn begun(&self, name: &str) -> usize {
        let mut rest = self.bytes.as_slice();
        let mut begun = 0;
        while let Some((note, length)) = note(rest) {
            begun += usize::from(note.what == b'W' && note.at == 0 && note.path.ends_with(name));
            rest = &rest[length..];
        }
        begun
    }

    /// The disk from its beginning.
    pub(crate) fn play(&self) -> Playing<'_> {
        Playing {
            bytes: &self.bytes,
            played: 0,
            disk: Disk::default(),
        }
    }
}

/// A record that is played from its beginning.
pub(crate) struct Playing<'a> {
    bytes: &'a [u8],
    played: usize,
    disk: Disk,
}

impl Playing<'_> {
    /// The disk after one change more; none when that was the last.
    pub(crate) fn step(&mut self) -> Option<&Disk> {
        let (note, length) = note(&self.bytes[self.played..])?;
        self.disk.take(&note);
        self.played += length;
        Some(&self.disk)
    }

    /// The disk when so many bytes were recorded: no fewer than were asked for before.
    pub(crate) fn to(&mut self, end: usize) -> &Disk {
        while let Some((note, length)) = note(&self.bytes[self.played..])
            && self.played + length <= end
        {
            self.disk.take(&note);
            self.played += length;
        }
        &self.disk
    }
}

/// The first note, and how long it is. What was cut off while it was noted is none.
fn note(bytes: &[u8]) -> Option<(Note<'_>, usize)> {
    let (head, rest) = bytes.split_at_checked(16)?;
    let path = usize::from(u16::from_ne_bytes(head[2..4].try_into().unwrap()));
    let length = u32::from_ne_bytes(head[4..8].try_into().unwrap()) as usize;
    let at = i64::from_ne_bytes(head[8..16].try_into().unwrap());
    let (path, rest) = rest.split_at_checked(path)?;
    let (written, rest) = rest.split_at_checked(length)?;
    let note = Note {
        what: head[0],
        path: std::str::from_utf8(path).unwrap(),
        at: usize::try_from(at).unwrap(),
        bytes: written,
    };
    Some((note, bytes.len() - rest.len()))
}

/// Something that a sync makes last.
#[derive(Clone)]
enum Pending {
    Write { at: usize, bytes: Vec<u8> },
    Size(usize),
}

#[derive(Clone, Default)]
struct Kept {
    synced: Vec<u8>,
    pending: Vec<Pending>,
}

impl Kept {
    fn land(content: &mut Vec<u8>, pending: &Pending) {
        match pending {
            Pending::Size(length) => content.resize(*length, 0),
            Pending::Write { at, bytes } => {
                content.resize(content.len().max(at + bytes.len()), 0);
                content[*at..at + bytes.len()].copy_from_slice(bytes);
            }
        }
    }
}

/// A change of a folder, which lasts once the folder is synced.
#[derive(Clone)]
enum Naming {
    Put(String, usize),
    Drop(String),
}

impl Naming {
    fn folder(&self) -> &str {
        let (Self::Put(path, _) | Self::Drop(path)) = self;
        path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    fn land(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Put(path, file) => drop(names.insert(path.clone(), *file)),
            Self::Drop(path) => drop(names.remove(path)),
        }
    }
}

/// What of a disk outlives a power cut, and what need not. Stricter than any file system: a file whose folder was not synced
/// after it was made is gone, and so is all that lies in a folder that is gone.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    files: Vec<Kept>,
    /// As the program sees them.
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    pending_names: Vec<Naming>,
    folders: BTreeSet<usize>,
}

impl Disk {
    fn name(&mut self, naming: Naming) {
        naming.land(&mut self.names);
        self.pending_names.push(naming);
    }

    fn take(&mut self, note: &Note<'_>) {
        let path = note.path.to_owned();
        match note.what {
            b'C' | b'M' => {
                if note.what == b'M' {
                    self.folders.insert(self.files.len());
                }
                self.files.push(Kept::default());
                self.name(Naming::Put(path, self.files.len() - 1));
            }
            b'U' => self.name(Naming::Drop(path)),
            b'R' => {
                let to = std::str::from_utf8(note.bytes).unwrap().to_owned();
                if let Some(file) = self.names.get(note.path).copied() {
                    self.name(Naming::Put(to, file));
                    self.name(Naming::Drop(path));
                }
            }
            b'D' => {
                let (synced, pending): (Vec<_>, Vec<_>) = std::mem::take(&mut self.pending_names)
                    .into_iter()
                    .partition(|naming| naming.folder() == note.path);
                for naming in synced {
                    naming.land(&mut self.synced_names);
                }
                self.pending_names = pending;
            }
            what => {
                let Some(file) = self.names.get(note.path).and_then(|file| self.files.get_mut(*file)) else {
                    return;
                };
                match what {
                    b'W' => file.pending.push(Pending::Write {
                        at: note.at,
                        bytes: note.bytes.to_vec(),
                    }),
                    b'T' => file.pending.push(Pending::Size(note.at)),
                    b'S' => {
                        for pending in std::mem::take(&mut file.pending) {
                            Kept::land(&mut file.synced, &pending);
                        }
                    }
                    // A sync that failed once: the system forgets that these pages were never written, and no later sync writes
                    // them. What the file's length is stays known.
                    b'F' => file.pending.retain(|pending| matches!(pending, Pending::Size(_))),
                    _ => unreachable!("bad-disk.c notes nothing else"),
                }
            }
        }
    }

    /// Only what was synced lands.
    pub(crate) fn cut(&self, to: &Path) {
        self.leave(to);
    }

    /// What was synced lands, and of the rest what chance wants: a name here and there, a sector or, as often, a whole write.
    pub(crate) fn cut_torn(&self, to: &Path, chance: &mut impl Rng) {
        let mut torn = self.clone();
        for naming in &self.pending_names {
            if chance.random() {
                naming.land(&mut torn.synced_names);
            }
        }
        let piece: usize = if chance.random() { SECTOR } else { usize::MAX };
        for file in &mut torn.files {
            let mut pieces = Vec::new();
            for pending in std::mem::take(&mut file.pending) {
                match pending {
                    Pending::Write { at, bytes } => {
                        // Sectors as the disk counts them, not the write.
                        let mut from = 0;
                        while from < bytes.len() {
                            let next = ((at + from) / piece).saturating_add(1).saturating_mul(piece) - at;
                            let until = next.min(bytes.len());
                            pieces.push(Pending::Write {
                                at: at + from,
                                bytes: bytes[from..until].to_vec(),
                            });
                            from = until;
                        }
                    }
                    size @ Pending::Size(_) => pieces.push(size),
                }
            }
            pieces.shuffle(chance);
            for piece in pieces.into_iter().filter(|_| chance.random()) {
                Kept::land(&mut file.synced, &piece);
            }
        }
        torn.leave(to);
    }

    fn leave(&self, to: &Path) {
        let place = |path: &str| to.join(path.trim_start_matches('/'));
        for (path, file) in &self.synced_names {
            let is_folder = self.folders.contains(file);
            // Names come in order, so a folder is made before what lies in it.
            let within = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if !place(within).is_dir() {
                continue;
            }
            if is_folder {
                std::fs::create_dir(place(path)).unwrap();
            } else {
                std::fs::write(place(path), &self.files[*file].synced).unwrap();
            }
        }
    }
}
