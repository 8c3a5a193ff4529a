//! Whether a file is a workbook, and one that can be unpacked and read without taking much more room than it should.
//!
//! Calamine trusts what a workbook says of itself, and a few kilobytes of archive can stand for gigabytes.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::TableError;

/// How much a workbook may unpack to.
const MAX_UNPACKED: u64 = 128 * 1024 * 1024;

/// How many parts a workbook may have.
const MAX_PARTS: usize = 10_000;

/// How many texts a workbook may say that its cells share: room is made for as many.
const MAX_TEXTS: usize = 2_000_000;

/// How many elements those texts may have; each could be an empty text.
const MAX_TEXT_ELEMENTS: usize = 2 * MAX_TEXTS;

/// How much room the styles of cells may take.
const MAX_STYLES: usize = 256 * 1024 * 1024;

/// How much room a style takes without its texts.
const STYLE: usize = 512;

/// Whether this is an archive, as workbooks are. Errors when it is a file of Office that is none: an old workbook, or one with
/// a password.
pub(super) fn is_package(bytes: &[u8]) -> Result<bool, TableError> {
    if !bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Ok(bytes.starts_with(b"PK\x03\x04"));
    }
    let locked: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(locked.len()).any(|window| window == locked) {
        return Err(TableError::Encrypted);
    }
    Err(TableError::not_a_table(
        "a workbook (.xls) or document of an old Office",
    ))
}

/// Errors when an archive is no workbook, is broken, or would unpack to more than a table of notes ever does.
pub(super) fn check(bytes: &[u8]) -> Result<(), TableError> {
    if claimed_parts(bytes).any(|parts| parts > MAX_PARTS as u64) {
        return Err(TableError::TooMuch);
    }
    let broken = |e: &dyn std::error::Error| TableError::damaged(e.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    if archive.len() > MAX_PARTS {
        return Err(TableError::TooMuch);
    }
    let mut is_workbook = false;
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|e| broken(&e))?;
        let name = part.name().map_err(|e| broken(&e))?.to_ascii_lowercase();
        is_workbook |= name.ends_with("workbook.xml");
        if part.size() > left {
            return Err(TableError::TooMuch);
        }
        let mut content = Vec::new();
        let read = part.take(left + 1).read_to_end(&mut content);
        left = left.checked_sub(content.len() as u64).ok_or(TableError::TooMuch)?;
        read.map_err(|e| broken(&e))?;
        if name.ends_with("sharedstrings.xml") {
            check_texts(&plain(&content)?)?;
        } else if name.ends_with("styles.xml") {
            check_styles(&plain(&content)?)?;
        }
    }
    if is_workbook {
        Ok(())
    } else {
        Err(TableError::not_a_table("an archive or a document of another kind"))
    }
}

/// How many parts the directory of a large archive claims to have: room is made for as many.
fn claimed_parts(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let ends = bytes.windows(40).filter(|window| window.starts_with(b"PK\x06\x06"));
    ends.filter_map(|end| end.last_chunk().map(|count| u64::from_le_bytes(*count)))
}

/// A part as text. Errors when it is written in an encoding that hides what it says.
fn plain(part: &[u8]) -> Result<Cow<'_, str>, TableError> {
    if part.iter().any(|b| *b < b' ' && !b.is_ascii_whitespace()) {
        return Err(TableError::damaged("one of its parts is not written in UTF-8"));
    }
    Ok(String::from_utf8_lossy(part))
}

/// Errors when the cells share too many texts, or are said to.
fn check_texts(part: &str) -> Result<(), TableError> {
    let claims_too_many = part.split("uniqueCount").skip(1).any(|after| {
        let digits = after.trim_start_matches(|c: char| !c.is_ascii_digit());
        let digits = digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits
            .parse()
            .map_or(!digits.is_empty(), |count: usize| count > MAX_TEXTS)
    });
    if claims_too_many || part.matches('<').count() > MAX_TEXT_ELEMENTS {
        return Err(TableError::TooMuch);
    }
    Ok(())
}

/// Errors when the styles of the cells take too much room: each gets copies of the font's name and the number's format.
fn check_styles(part: &str) -> Result<(), TableError> {
    let longest = part.split('<').map(str::len).max().unwrap_or_default();
    let styles = part.matches('<').count();
    if styles.saturating_mul(longest + STYLE) > MAX_STYLES {
        return Err(TableError::TooMuch);
    }
    Ok(())
}
