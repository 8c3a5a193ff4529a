//! Lines of a log in which nothing that came from outside begins a line of its own or steers the terminal that shows it.

use std::io::{self, Write};

use crate::notices::text::{capped, is_unseen};

/// The longest line, in characters: names, refusals and the words of sites come from outside.
const LONGEST: usize = 4_000;

/// A log to write lines into, one in each call of `write_all`, as `tracing_subscriber` writes an event.
pub struct PlainLines<W>(pub W);

impl<W: Write> Write for PlainLines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(plain(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    for c in line.strip_suffix('\n').unwrap_or(line).chars() {
        if is_unseen(c) {
            plain.extend(c.escape_debug());
        } else {
            plain.push(c);
        }
    }
    format!("{}\n", capped(&plain, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_stays_in_its_line_and_steers_no_terminal() {
        let mut log = Vec::new();
        let mut lines = PlainLines(&mut log);
        for said in [
            "WARN Shot \u{1b}]0;mine\u{7}\u{1b}[2J set\r\n2026-01-01 ERROR made up\n",
            "WARN \u{202e}nimda\u{2066} \u{9b}31m \u{feff}x\u{85}y\u{2028}z\n",
            "WARN Kompositing für Größe 日本 \u{1f3ac}\n",
        ] {
            lines.write_all(said.as_bytes()).unwrap();
        }
        lines
            .write_all(&[&b"WARN "[..], &[b'x'; 100_000], b"\n"].concat())
            .unwrap();
        let log = String::from_utf8(log).unwrap();
        let written: Vec<&str> = log.split_terminator('\n').collect();
        assert_eq!(written.len(), 4, "{log}");
        assert!(log.chars().all(|c| c == '\n' || !is_unseen(c)));
        assert_eq!(
            written[0],
            r"WARN Shot \u{1b}]0;mine\u{7}\u{1b}[2J set\r\n2026-01-01 ERROR made up"
        );
        assert_eq!(written[2], "WARN Kompositing für Größe 日本 \u{1f3ac}");
        assert_eq!(written[3].chars().count(), LONGEST);
    }
}
