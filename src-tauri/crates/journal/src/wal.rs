//! Whether SQLite will read all of a write-ahead log. It ends at the first frame that is not whole and says nothing: right where
//! power failed before what lies there was synced, which nobody was told of, and wrong where it had been. Commits are written while those
//! before them are synced, so whole ones may lie behind one that is not; how far the log was synced stands in a file beside it.
//!
//! The format is that of <https://www.sqlite.org/fileformat2.html#walformat>.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::lasting::sync_name;
use crate::opening::{beside, private};

const HEADER: usize = 32;
const FRAME: usize = 24;
/// Its lowest bit says in which order the bytes of a checksum are taken.
const MAGIC: u32 = 0x377f_0682;

/// How much of a log is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Synced {
    /// What the log's header says in every frame, until the log begins anew.
    salts: [u8; 8],
    /// Frames from its beginning.
    frames: u64,
}

impl Synced {
    /// The file that says it of a journal's log.
    pub(crate) fn file(journal: &Path) -> PathBuf {
        beside(journal, "-synced")
    }

    /// Opens that file, and makes it where there is none: lasting, so that it cannot be missing where a log has been written since.
    pub(crate) fn open(journal: &Path) -> io::Result<File> {
        let path = Self::file(journal);
        let was_there = path.exists();
        let file = File::options().create(true).truncate(false).write(true).open(&path)?;
        if !was_there {
            private(&path)?;
            file.sync_all()?;
            sync_name(&path)?;
        }
        Ok(file)
    }

    /// As far as the log of these frames goes, once it is synced. None while it has no header.
    pub(crate) fn through(mut log: &File, frames: i64) -> Option<Self> {
        let mut salts = [0; 8];
        log.seek(SeekFrom::Start(16)).ok()?;
        log.read_exact(&mut salts).ok()?;
        let frames = u64::try_from(frames).ok()?;
        Some(Self { salts, frames })
    }

    /// Says so in that file. It need not be synced itself: what is lost of it says less, and never what is not so.
    pub(crate) fn write(self, mut file: &File) -> io::Result<()> {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&self.bytes())
    }

    fn bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.salts);
        bytes[8..16].copy_from_slice(&self.frames.to_be_bytes());
        let mut sum = Checksum {
            big_endian: true,
            sum: (0, 0),
        };
        sum.add(&bytes[..16]);
        bytes[16..20].copy_from_slice(&sum.sum.0.to_be_bytes());
        bytes[20..].copy_from_slice(&sum.sum.1.to_be_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let synced = Self {
            salts: bytes.get(..8)?.try_into().ok()?,
            frames: u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?),
        };
        (synced.bytes() == bytes).then_some(synced)
    }
}

/// What is known of how far a log was synced.
enum Known {
    /// No program has said it: it is older, or the log was brought here without that file.
    Nothing,
    /// So many frames at least.
    Frames(u64),
}

impl Known {
    fn of(journal: &Path, header: &[u8; HEADER]) -> io::Result<Self> {
        match std::fs::read(Synced::file(journal)) {
            Ok(bytes) => {
                // That of a log before this one says nothing of it.
                let synced = Synced::read(&bytes).filter(|synced| synced.salts == header[16..24]);
                Ok(Self::Frames(synced.map_or(0, |synced| synced.frames)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::Nothing),
            Err(error) => Err(error),
        }
    }
}

/// What is wrong with the log of this journal, if something is. One that is missing or holds nothing is well.
pub(crate) fn fault(journal: &Path) -> io::Result<Option<&'static str>> {
    let file = match File::open(beside(journal, "-wal")) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let mut log = BufReader::new(file);
    let mut header = [0; HEADER];
    // The header is on disk before the first frame is written.
    if length <= HEADER as u64 {
        return Ok(None);
    }
    log.read_exact(&mut header)?;
    let mut sum = Checksum {
        big_endian: word(&header, 0) & 1 == 1,
        sum: (0, 0),
    };
    sum.add(&header[..24]);
    let page = word(&header, 8) as usize;
    let known = word(&header, 0) & !1 == MAGIC && page.is_power_of_two() && (512..=65_536).contains(&page);
    if !known || sum.sum != (word(&header, 24), word(&header, 28)) {
        return Ok(Some("the beginning of its log was overwritten"));
    }
    let frames = (length - HEADER as u64) / (FRAME + page) as u64;
    let mut frame = vec![0; FRAME + page];
    for number in 0..frames {
        log.read_exact(&mut frame)?;
        sum.add(&frame[..8]);
        sum.add(&frame[FRAME..]);
        let is_whole = frame[8..16] == header[16..24] && sum.sum == stored(&frame);
        if !is_whole {
            let is_lost = match Known::of(journal, &header)? {
                Known::Frames(synced) => number < synced,
                Known::Nothing => goes_on(&mut log, &header, &mut frame, sum, frames - number - 1)?,
            };
            return Ok(is_lost.then_some("a page of its log was overwritten, and what came after it cannot be read"));
        }
    }
    let is_short = matches!(Known::of(journal, &header)?, Known::Frames(synced) if frames < synced);
    Ok(is_short.then_some("the end of its log is missing"))
}

/// Whether the log goes on behind a frame that is not whole: with a frame that follows from one that ended a commit. What a commit
/// that failed has left there follows from nothing, and ends with its own commit.
fn goes_on(
    log: &mut impl Read,
    header: &[u8; HEADER],
    frame: &mut [u8],
    mut sum: Checksum,
    left: u64,
) -> io::Result<bool> {
    let mut ended = ends_commit(frame, header);
    sum.sum = stored(frame);
    for _ in 0..left {
        log.read_exact(frame)?;
        sum.add(&frame[..8]);
        sum.add(&frame[FRAME..]);
        if ended && frame[8..16] == header[16..24] && sum.sum == stored(frame) {
            return Ok(true);
        }
        ended = ends_commit(frame, header);
        sum.sum = stored(frame);
    }
    Ok(false)
}

fn ends_commit(frame: &[u8], header: &[u8; HEADER]) -> bool {
    frame[8..16] == header[16..24] && word(frame, 4) != 0
}

/// The checksum that a frame has.
fn stored(frame: &[u8]) -> (u32, u32) {
    (word(frame, 16), word(frame, 20))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_be_bytes(word)
}

/// The sum over all that came before.
struct Checksum {
    big_endian: bool,
    sum: (u32, u32),
}

impl Checksum {
    fn add(&mut self, bytes: &[u8]) {
        let take = |bytes: &[u8]| {
            let word = word(bytes, 0);
            if self.big_endian { word } else { word.swap_bytes() }
        };
        for pair in bytes.chunks_exact(8) {
            let (first, second) = pair.split_at(4);
            self.sum.0 = self.sum.0.wrapping_add(take(first)).wrapping_add(self.sum.1);
            self.sum.1 = self.sum.1.wrapping_add(take(second)).wrapping_add(self.sum.0);
        }
    }
}
