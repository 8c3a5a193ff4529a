//! What is wrong with a filter, said so that whoever wrote it can put it right.

use thiserror::Error;
use winnow::error::{AddContext, ParserError};
use winnow::stream::{Location, Offset, Stream};

use super::grammar::{Input, MAX_FILTER_BYTES, MAX_FILTER_DEPTH, is_symbol};
use super::tree::{continues_name, is_keyword};

/// Why a text is not a filter, and where. Its text is one sentence for whoever wrote the filter.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("column {column}: {mistake}")]
pub struct FilterError {
    /// The place, in characters, counted from 1. A line break is a character like any other.
    pub column: usize,
    /// What is wrong there.
    pub mistake: FilterMistake,
}

/// What is wrong at a place of a filter.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FilterMistake {
    /// Longer than any sensible filter. The column is the first that is too much.
    #[error("a filter may have {MAX_FILTER_BYTES} bytes, and this one has {bytes}")]
    TooLong {
        /// How long it is, in bytes.
        bytes: usize,
    },
    /// Too many parentheses and `not` around each other.
    #[error("more than {MAX_FILTER_DEPTH} parentheses and \"not\" stand around this; take some away")]
    TooDeep,
    /// Something else must stand here.
    #[error("expected {expected} here, and {}{}", there_is(found), did_you_mean(*meant))]
    Unexpected {
        /// What may stand here, in words.
        expected: &'static str,
        /// What stands here instead. Empty where the filter ends.
        found: String,
        /// The keyword that `found` is nearly.
        meant: Option<&'static str>,
    },
    /// No operator goes by this name.
    #[error("there is no operator {found}; there are {OPERATORS}{}", did_you_mean(*meant))]
    UnknownOperator {
        /// The name.
        found: String,
        /// The operator that is nearly called that.
        meant: Option<&'static str>,
    },
    /// A habit from another language.
    #[error("write {instead} instead of {found}")]
    Foreign {
        /// What stands here.
        found: String,
        /// What it is called in a filter.
        instead: &'static str,
    },
    /// The column is the quote's.
    #[error("the quote {quote} that begins here is not closed")]
    UnclosedQuote {
        /// `"`, `'` or a backtick.
        quote: char,
    },
    /// The column is the parenthesis'.
    #[error("the parenthesis that opens here is not closed")]
    UnclosedParenthesis,
    /// A backslash before something that needs none.
    #[error("\\{} means nothing in quotes; write \\\\ for a backslash", escaped.escape_debug())]
    UnknownEscape {
        /// What follows the backslash.
        escaped: char,
    },
    /// It begins like a number and is none.
    #[error("{written} is not a number; if it is a text, write it in quotes")]
    NotANumber {
        /// All of it.
        written: String,
    },
}

const OPERATORS: &str = "=, !=, <, <=, >, >=, in, not_in, like and not_like";

/// What the grammar wants at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Term,
    Operand,
    Operator,
    InOrLike,
    List,
    NextInList,
    Text,
    Name,
    Junction,
    JunctionInParentheses,
}

impl Expected {
    fn in_words(self) -> &'static str {
        match self {
            Self::Term => "a value, a path or \"(\"",
            Self::Operand => "a value or a path",
            Self::Operator => "an operator such as = or !=",
            Self::InOrLike => "\"in\" or \"like\" after \"not\"",
            Self::List => "a list such as (\"a\", \"b\")",
            Self::NextInList => "\",\" or \")\"",
            Self::Text => "a text in quotes",
            Self::Name => "a name, a list index or a name in backticks",
            Self::Junction => "\"and\", \"or\" or the end",
            Self::JunctionInParentheses => "\"and\", \"or\" or \")\"",
        }
    }

    /// The keywords that may stand here.
    fn keywords(self) -> &'static [&'static str] {
        match self {
            Self::Operator => &[
                "is",
                "is_not",
                "in",
                "not_in",
                "like",
                "not_like",
                "before",
                "after",
                "less_than",
                "greater_than",
            ],
            Self::InOrLike => &["in", "like"],
            Self::Junction | Self::JunctionInParentheses => &["and", "or"],
            Self::Term | Self::Operand | Self::List | Self::NextInList | Self::Text | Self::Name => &[],
        }
    }

    fn mistake(self, rest: &str) -> FilterMistake {
        let found = first_token(rest);
        if let Some((found, instead)) = self.foreign(found) {
            let found = found.to_owned();
            return FilterMistake::Foreign { found, instead };
        }
        let meant = nearest(found, self.keywords());
        let found = shortened(found);
        if self == Self::Operator && rest.starts_with(|c| is_symbol(c) || continues_name(c)) && !is_keyword(&found) {
            return FilterMistake::UnknownOperator { found, meant };
        }
        FilterMistake::Unexpected {
            expected: self.in_words(),
            found,
            meant,
        }
    }

    /// What people write who know other languages, and what it is here.
    fn foreign(self, found: &str) -> Option<(&str, &'static str)> {
        let instead = match (found, self) {
            ("==" | "===", _) => "=",
            ("<>" | "!==" | "≠", _) => "!=",
            ("=<" | "≤", _) => "<=",
            ("=>" | "≥", _) => ">=",
            ("~" | "=~" | "~=", _) => "like",
            ("&" | "&&", _) => "and",
            ("|" | "||", _) => "or",
            ("!", _) => "not",
            ("“" | "”" | "„", _) => "\"",
            ("‘" | "’" | "‚", _) => "'",
            ("[", Self::List) => "(",
            ("[", Self::Operator) => return Some(("[0]", ".0")),
            ("\"" | "'", Self::Name) => "a backtick",
            (word, Self::Operator) if word.eq_ignore_ascii_case("equals") => "=",
            (word, Self::Operator) if word.eq_ignore_ascii_case("contains") => "like, with % around the text,",
            _ => return None,
        };
        Some((found, instead))
    }
}

/// A [`FilterError`] while parsing: the place is in bytes, and what is wrong may not be known yet. What is said first
/// stays said, since it was said nearest to the place.
#[derive(Clone, Debug)]
pub(super) struct Mistake {
    at: usize,
    what: Option<What>,
}

#[derive(Clone, Debug)]
enum What {
    Expected(Expected),
    Known(FilterMistake),
}

impl Mistake {
    pub(super) fn new(at: usize, mistake: FilterMistake) -> Self {
        Self {
            at,
            what: Some(What::Known(mistake)),
        }
    }

    pub(super) fn in_source(self, source: &str) -> FilterError {
        let before = source.char_indices().take_while(|(at, _)| *at < self.at).count();
        // Whatever can be missing has its name in the grammar; the end is what is left.
        let mistake = match self.what.unwrap_or(What::Expected(Expected::Junction)) {
            What::Known(mistake) => mistake,
            What::Expected(expected) => expected.mistake(source.get(self.at..).unwrap_or_default()),
        };
        FilterError {
            column: before + 1,
            mistake,
        }
    }
}

impl ParserError<Input<'_>> for Mistake {
    type Inner = Self;

    fn from_input(input: &Input<'_>) -> Self {
        Self {
            at: input.current_token_start(),
            what: None,
        }
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

impl<'s> AddContext<Input<'s>, Expected> for Mistake {
    fn add_context(self, input: &Input<'s>, start: &<Input<'s> as Stream>::Checkpoint, expected: Expected) -> Self {
        let at = input.current_token_start().saturating_sub(input.offset_from(start));
        let what = Some(What::Expected(expected));
        if self.what.is_some() { self } else { Self { at, what } }
    }
}

impl<'s> AddContext<Input<'s>, Self> for Mistake {
    fn add_context(self, _: &Input<'s>, _: &<Input<'s> as Stream>::Checkpoint, known: Self) -> Self {
        if self.what.is_some() { self } else { known }
    }
}

/// The word, the run of symbols or the single character that a text begins with. Empty if the text is.
fn first_token(text: &str) -> &str {
    let end_of = |within: fn(char) -> bool| text.find(|c| !within(c)).unwrap_or(text.len());
    let end = match text.chars().next() {
        Some(c) if continues_name(c) => end_of(continues_name),
        Some(c) if is_symbol(c) => end_of(is_symbol),
        Some(c) => c.len_utf8(),
        None => 0,
    };
    text.get(..end).unwrap_or_default()
}

fn shortened(token: &str) -> String {
    const MOST: usize = 40;
    match token.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", token.get(..end).unwrap_or_default()),
        None => token.to_owned(),
    }
}

fn nearest(word: &str, keywords: &[&'static str]) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    keywords
        .iter()
        .map(|keyword| (strsim::normalized_damerau_levenshtein(&word, keyword), *keyword))
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, keyword)| keyword)
}

fn there_is(found: &str) -> String {
    match found {
        "" => "the filter ends".to_owned(),
        "\"" | "'" => "there is a text in quotes".to_owned(),
        "`" => "there is a name in backticks".to_owned(),
        _ if found.chars().all(char::is_whitespace) => "there is a space".to_owned(),
        _ if found.contains(char::is_control) => "there is a character that cannot be seen".to_owned(),
        _ => format!("there is \"{found}\""),
    }
}

fn did_you_mean(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!("; did you mean \"{meant}\"?"))
}
