//! Text made into words: those that an event has, and those that somebody types.

use std::collections::HashSet;

use icu_normalizer::DecomposingNormalizer;

/// Letters of a word that count. Nobody types more, and what is longer is no word.
const LONGEST: usize = 24;
/// A UUID is known by its first part.
const UUID_PART: usize = 8;
const UUID: usize = 36;

/// Puts the words of a text beside those that are there: each run of letters and digits, and what is left of it from every place
/// where letters meet digits. `SH010` is `sh010` and `010`, so that a beginning of either finds it.
pub(crate) fn put(text: &str, words: &mut HashSet<String>) {
    let text = folded(text);
    for part in text.split(|c: char| c.is_whitespace() || c == '_') {
        if let Some(word) = of_single_letters(part) {
            put_word(word, words);
        }
    }
    each_run(&text, |run| match run {
        Run::Uuid(word) => put_word(word, words),
        Run::Letters(run) => {
            let mut before = None;
            for (place, letter) in run.char_indices() {
                let kind = Kind::of(letter);
                if before.is_none_or(|before| before != kind || kind == Kind::Whole) {
                    put_word(beginning(run.get(place..).unwrap_or_default()), words);
                }
                before = Some(kind);
            }
        }
    });
}

/// The words that somebody types: an event is found when each of them is the beginning of one of its own.
pub(crate) fn typed(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut add = |word: &str| {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    };
    let text = folded(text);
    for part in text.split_whitespace() {
        match of_single_letters(part) {
            Some(word) => add(word),
            None => each_run(part, |run| match run {
                Run::Uuid(word) => add(word),
                Run::Letters(run) => add(beginning(run)),
            }),
        }
    }
    words
}

/// `n/a`, `r&d`: single letters or digits with a sign between them are one word, because alone they say nothing.
fn of_single_letters(part: &str) -> Option<&str> {
    let word = part.trim_matches(|c: char| !c.is_alphanumeric());
    let mut count = 0;
    for (place, letter) in word.chars().enumerate() {
        let fits = if place % 2 == 0 {
            letter.is_alphanumeric()
        } else {
            matches!(letter, '/' | '&' | '+')
        };
        if !fits {
            return None;
        }
        count += 1;
    }
    (3..=LONGEST).contains(&count).then_some(word)
}

/// Whether a text has a word that begins so.
pub(crate) fn has(text: &str, typed: &str) -> bool {
    let mut words = HashSet::new();
    put(text, &mut words);
    words.iter().any(|word| word.starts_with(typed))
}

enum Run<'a> {
    Letters(&'a str),
    Uuid(&'a str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    /// A sign that is a word by itself, in writing that does not part its words.
    Whole,
}

impl Kind {
    fn of(letter: char) -> Self {
        match letter {
            '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => {
                Self::Whole
            }
            _ if letter.is_numeric() => Self::Digit,
            _ => Self::Letter,
        }
    }
}

fn put_word(word: &str, words: &mut HashSet<String>) {
    if !words.contains(word) {
        words.insert(word.to_owned());
    }
}

fn beginning(run: &str) -> &str {
    match run.char_indices().nth(LONGEST) {
        Some((end, _)) => run.get(..end).unwrap_or(run),
        None => run,
    }
}

fn each_run(text: &str, mut each: impl FnMut(Run<'_>)) {
    let mut rest = text;
    while let Some(start) = rest.find(char::is_alphanumeric) {
        rest = rest.get(start..).unwrap_or_default();
        if let Some(uuid) = uuid_at(rest) {
            each(Run::Uuid(uuid));
            rest = rest.get(UUID..).unwrap_or_default();
            continue;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        each(Run::Letters(run));
        rest = after;
    }
}

/// The first part of the UUID that a text begins with.
fn uuid_at(text: &str) -> Option<&str> {
    let bytes = text.as_bytes().get(..UUID)?;
    let dashed = bytes.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let ends = text.get(UUID..)?.chars().next().is_none_or(|c| !c.is_alphanumeric());
    text.get(..UUID_PART).filter(|_| dashed && ends)
}

/// Small letters without what stands over or under them.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let apart = DecomposingNormalizer::new_nfd().normalize(text);
    apart
        .chars()
        .filter(|c| !matches!(c, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}'))
        .flat_map(char::to_lowercase)
        .filter(|c| !matches!(c, '\u{300}'..='\u{36f}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = HashSet::new();
        put(text, &mut words);
        let mut words: Vec<String> = words.into_iter().collect();
        words.sort();
        words
    }

    #[test]
    fn a_name_is_found_by_its_number_and_by_its_letters() {
        assert_eq!(
            words("SQ010_SH020_comp_v003"),
            ["003", "010", "020", "comp", "sh020", "sq010", "v003"]
        );
        assert_eq!(typed("SH0 comp"), ["sh0", "comp"]);
        assert_eq!(typed("sh010"), ["sh010"], "what is typed is not taken apart");
    }

    #[test]
    fn single_letters_with_signs_between_them_are_one_word() {
        assert_eq!(words("Shot is N/A"), ["a", "is", "n", "n/a", "shot"]);
        assert_eq!(typed("N/A"), ["n/a"]);
        assert_eq!(typed("(n/a) comp"), ["n/a", "comp"]);
        assert_eq!(typed("n/"), ["n"], "while it is being typed");
        assert_eq!(typed("v1.2 a_b o'b"), ["v1", "2", "a", "b", "o"]);
    }

    #[test]
    fn letters_are_folded() {
        assert_eq!(words("Škoda ÉTÉ Ångström"), ["angstrom", "ete", "skoda"]);
        assert_eq!(typed("İstanbul"), ["istanbul"]);
    }

    #[test]
    fn a_uuid_is_one_word() {
        let uuid = "2F9E8F3C-07a6-11f1-9d3b-0242ac110004";
        assert_eq!(words(uuid), ["2f9e8f3c"]);
        assert_eq!(typed(uuid), ["2f9e8f3c"]);
        assert!(
            words("2f9e8f3c-07a6-11f1-9d3b-0242ac1100045").contains(&"9d3b".to_owned()),
            "this is none"
        );
    }

    #[test]
    fn signs_are_no_words() {
        assert!(typed(" % _ \\ * \" ' ").is_empty());
        assert_eq!(typed("\"ip\"* ip"), ["ip"]);
    }

    #[test]
    fn writing_without_spaces_is_found_from_every_sign() {
        assert_eq!(words("承認待ち"), ["ち", "待ち", "承認待ち", "認待ち"]);
    }
}
