//! Whether SQLite will read all of a write-ahead log. It ends at the first frame that is not whole and says nothing: right where
//! power failed in the middle of a commit, which nobody was told of, and wrong where whole commits lie behind.
//!
//! The format is that of <https://www.sqlite.org/fileformat2.html#walformat>.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const HEADER: usize = 32;
const FRAME: usize = 24;
/// Its lowest bit says in which order the bytes of a checksum are taken.
const MAGIC: u32 = 0x377f_0682;

/// What is wrong with the log in this file, if something is. One that is missing or holds nothing is well.
pub(crate) fn fault(file: &Path) -> io::Result<Option<&'static str>> {
    let file = match File::open(file) {
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
            return Ok(goes_on(&mut log, &header, &mut frame, sum, frames - number - 1)?
                .then_some("a page of its log was overwritten, and what came after it cannot be read"));
        }
    }
    Ok(None)
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
