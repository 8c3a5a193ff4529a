//! Letters and escapes: what SVG needs and a layout asks about.

use std::fmt;

/// Text that came from a file, as it may stand in SVG.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // XML has no way to write these at all.
                c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => f.write_str(" ")?,
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

/// A colour that may stand in an attribute: anything that is not `#rrggbb` is grey.
pub(super) fn color(text: &str) -> &str {
    let is_hex = text
        .strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if is_hex { text } else { "#9aa3b2" }
}

/// About how wide a text is. Errs on the wide side: the viewer may have another font than Inter.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let ems: f64 = text.chars().map(em).sum();
    ems * size * 1.1
}

/// Code is set in a monospaced font.
pub(super) fn code_width(text: &str, size: f64) -> f64 {
    count(text) * size * 0.62
}

/// The text, cut to fit.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size) + size > room {
            break;
        }
    }
    kept.pop();
    kept.push('…');
    kept
}

fn count(text: &str) -> f64 {
    text.chars().map(|_| 1.0).sum()
}

fn em(c: char) -> f64 {
    match c {
        'i' | 'l' | 'j' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | 'I' => 0.29,
        'f' | 't' | 'r' | ' ' | '(' | ')' | '-' | '/' => 0.37,
        'm' | 'w' | 'M' | 'W' => 0.88,
        'A'..='Z' => 0.69,
        '0'..='9' => 0.63,
        c if c.is_ascii() => 0.58,
        c if u32::from(c) < 0x0500 => 0.66,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_a_file_cannot_leave_its_place() {
        assert_eq!(
            Escaped("<a \"b\" & 'c'>\u{1}").to_string(),
            "&lt;a &quot;b&quot; &amp; &#39;c&#39;&gt; "
        );
        assert_eq!(color("#12aBef"), "#12aBef");
        assert_eq!(color("\" onload=\"x"), "#9aa3b2");
    }

    #[test]
    fn a_text_is_cut_to_its_room() {
        assert_eq!(fitted("Short", 13.0, 200.0), "Short");
        let cut = fitted("A very long name indeed for a status", 13.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 13.0) <= 100.0, "{cut}");
    }
}
