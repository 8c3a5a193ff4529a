//! Whole words and phrases in what people write.

/// A text as its words, in small letters: `"It's GOOD, final!"` is `its good final`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words(Vec<String>);

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        // "don't" is one word, and typed as "dont" as often.
        let text = text.replace(['\'', '\u{2019}'], "").to_lowercase();
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        Self(words.map(str::to_owned).collect())
    }

    /// Whether the words of a phrase stand in it, one after the other. A phrase without words stands nowhere.
    pub(crate) fn have(&self, phrase: &Self) -> bool {
        !phrase.0.is_empty() && self.0.windows(phrase.0.len()).any(|w| w == phrase.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_as_whole_words_in_any_case() {
        let has = |text: &str, phrase: &str| Words::of(text).have(&Words::of(phrase));
        assert!(has("Looks FINAL to me!", "final"));
        assert!(has("please make it  suck less.", "Make it suck less"));
        assert!(has("Don\u{2019}t touch", "don't"));
        assert!(!has("finally", "final"), "a part of a word is not the word");
        assert!(!has("make it less", "make it suck less"));
        assert!(!has("anything", ""), "nothing is asked for");
        assert!(has("C'est très BON", "Très bon"));
    }
}
