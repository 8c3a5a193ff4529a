//! Files that people keep, pictures and rules: put among their downloads, never over another file.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The largest file that is kept. A picture of the largest rule set has a tenth of it.
pub(crate) const MAX_BYTES: usize = 64 * 1024 * 1024;
const MAX_NAME: usize = 120;
const MAX_ENDING: usize = 12;
/// So many files of one name are enough.
const MAX_SAME: u32 = 1_000;

/// Puts a file into a folder under its name, or under the first free one after it. Its path.
pub(crate) fn keep(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let name = plain(name);
    for number in 1..=MAX_SAME {
        let path = folder.join(numbered(&name, number));
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
            drop(file);
            // Half a file would be taken for a whole one.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        return Ok(path);
    }
    Err(io::Error::new(
        ErrorKind::AlreadyExists,
        "too many files have that name",
    ))
}

/// A name that is one in every file system, whatever a window sends.
fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_plain = |c: &char| !c.is_control() && !"<>:\"|?*".contains(*c);
    let kept: String = last.chars().filter(is_plain).collect();
    let kept = kept.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let (stem, ending) = split(kept);
    let room = MAX_NAME - ending.chars().count();
    let stem: String = stem.chars().take(room).collect();
    let stem = stem.trim_end();
    if stem.is_empty() {
        return format!("callboard{ending}");
    }
    if is_device(stem) {
        return format!("{stem}-{ending}");
    }
    format!("{stem}{ending}")
}

/// The name and its ending with the dot; what is long is no ending.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= MAX_ENDING => name.split_at(at),
        _ => (name, ""),
    }
}

/// Names that Windows keeps for itself, with any ending.
fn is_device(stem: &str) -> bool {
    let stem = stem.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |word: &str| {
        let rest = stem.strip_prefix(word);
        rest.is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// `name.svg`, `name (2).svg` …
fn numbered(name: &str, number: u32) -> String {
    if number < 2 {
        return name.to_owned();
    }
    let (stem, ending) = split(name);
    format!("{stem} ({number}){ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder_and_is_one_everywhere() {
        assert_eq!(plain("status-overhaul-draft.svg"), "status-overhaul-draft.svg");
        assert_eq!(plain("../../etc/passwd"), "passwd");
        assert_eq!(plain("C:\\Windows\\x.png"), "x.png");
        assert_eq!(plain(".."), "callboard");
        assert_eq!(plain(""), "callboard");
        assert_eq!(plain(".bashrc"), "bashrc");
        assert_eq!(plain("a\u{0}b\n<c>:\"d\"|?*.json "), "abcd.json");
        assert_eq!(plain("nul.svg"), "nul-.svg");
        assert_eq!(plain("COM1"), "COM1-");
        let long = plain(&format!("{}.json", "ü".repeat(400)));
        assert!(long.ends_with("ü.json") && long.chars().count() == MAX_NAME);
    }

    #[test]
    fn no_file_is_written_over_another() {
        let folder = std::env::temp_dir().join(format!("callboard-keep-{}", std::process::id()));
        let names: Vec<String> = ["one", "two", "three"]
            .into_iter()
            .map(|said| {
                let path = keep(&folder, "rules.json", said.as_bytes()).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), said);
                path.file_name().unwrap().to_string_lossy().into_owned()
            })
            .collect();
        assert_eq!(names, ["rules.json", "rules (2).json", "rules (3).json"]);
        assert_eq!(fs::read_to_string(folder.join("rules.json")).unwrap(), "one");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn where_nothing_can_be_written_it_says_so() {
        let file = std::env::temp_dir().join(format!("callboard-keep-file-{}", std::process::id()));
        fs::write(&file, "not a folder").unwrap();
        assert!(keep(&file, "rules.json", b"x").is_err());
        fs::remove_file(&file).unwrap();
    }
}
