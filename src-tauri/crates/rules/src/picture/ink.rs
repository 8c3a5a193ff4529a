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

/// The same for code.
pub(super) fn code_fitted(text: &str, size: f64, room: f64) -> String {
    if code_width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if code_width(&kept, size) + 2.0 * size > room {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// The text in lines that fit, broken between words.
pub(super) fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line, size) + width(" ", size) + width(word, size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fitted(word, size, room)),
        }
    }
    lines
}

/// A colour thinned until black letters are read on it with ease.
pub(super) fn tinted(text: &str) -> String {
    hex(parts(text).map(|part| (part + 254 * 7) / 8))
}

/// A colour as a thin line on white has it: a pale one is darkened until the line is seen.
pub(super) fn line_color(text: &str) -> String {
    let rgb = parts(text);
    let [r, g, b] = rgb;
    // Of 255, about as bright as it looks.
    let bright = (2 * r + 7 * g + b) / 10;
    if bright <= PALE {
        return hex(rgb);
    }
    hex(rgb.map(|part| part * PALE / bright.max(1)))
}

const PALE: u16 = 195;

fn parts(text: &str) -> [u16; 3] {
    let hex = color(text).trim_start_matches('#');
    [0, 2, 4].map(|at| {
        let part = hex.get(at..at + 2).unwrap_or("99");
        u16::from_str_radix(part, 16).unwrap_or(0x99)
    })
}

fn hex([r, g, b]: [u16; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
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
    fn a_pale_line_is_darkened_and_a_band_is_thinned() {
        assert_eq!(line_color("#2f6fed"), "#2f6fed");
        assert_eq!(line_color("#f5f5f5"), "#c3c3c3");
        assert_eq!(tinted("#22a05b"), "#e2f2e9");
        assert_eq!(tinted("what"), "#f1f2f4");
    }

    #[test]
    fn a_text_is_broken_between_words() {
        let lines = wrapped("one two  three", 12.0, 60.0);
        assert_eq!(lines, ["one two", "three"]);
        assert!(wrapped("", 12.0, 50.0).is_empty());
        assert!(
            wrapped(&"w".repeat(80), 12.0, 100.0)
                .iter()
                .all(|l| width(l, 12.0) <= 100.0)
        );
    }

    #[test]
    fn a_text_is_cut_to_its_room() {
        assert_eq!(fitted("Short", 13.0, 200.0), "Short");
        let cut = fitted("A very long name indeed for a status", 13.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 13.0) <= 100.0, "{cut}");
    }
}
