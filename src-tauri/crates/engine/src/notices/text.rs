//! Text from outside made fit to be shown: of a sensible length, and without what is not seen.

/// One line, so that nothing in it can begin another, of at most so many characters.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || is_unseen(c))
        .filter(|w| !w.is_empty())
        .collect();
    capped(&words.join(" "), most)
}

/// Lines, of at most so many characters in all.
pub(crate) fn lines(text: &str, most: usize) -> String {
    let lines = text.lines().map(|line| {
        let seen: String = line
            .chars()
            .map(|c| if c == '\t' { ' ' } else { c })
            .filter(|c| !is_unseen(*c))
            .collect();
        seen.trim_end().to_owned()
    });
    let lines: Vec<String> = lines.collect();
    capped(lines.join("\n").trim(), most)
}

/// At most so many characters. What is cut off is seen to be.
pub(crate) fn capped(text: &str, at: usize) -> String {
    if text.chars().count() <= at {
        return text.to_owned();
    }
    let kept: String = text.chars().take(at.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Control characters, ends of line that are not `\n`, and marks that turn the order of reading.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
