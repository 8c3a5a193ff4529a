//! What has knocked and is no delivery: questions that we sent to our own public address, and deliveries under a wrong name.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The longest host name that is kept: no name of the DNS is longer.
const LONGEST_NAME: usize = 253;

/// Requests whose `Host` is no name of ours, at the address of a hook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnedAway {
    /// How many since the start.
    pub number: u64,
    /// The name that the last one came under.
    pub last_name: String,
}

/// What has knocked. Nothing of it is ever answered with: the sender learns no more than without it.
#[derive(Debug, Default)]
pub struct Knocks {
    /// The knocks that are waited for, and whether they have come.
    expected: Mutex<HashMap<String, bool>>,
    turned_away: Mutex<TurnedAway>,
}

impl Knocks {
    /// The name of the parameter by which `GET /healthz` knocks.
    pub const PARAMETER: &'static str = "knock";

    /// Waits for a knock from now on: a random word that nobody else can know.
    pub fn expect(&self, word: &str) {
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        expected.insert(word.to_owned(), false);
    }

    /// Waits for it no longer. Whether it has come.
    pub fn has_come(&self, word: &str) -> bool {
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        expected.remove(word).unwrap_or_default()
    }

    /// The requests that came under a wrong name.
    #[must_use]
    pub fn under_wrong_name(&self) -> TurnedAway {
        self.turned_away.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn heard(&self, query: Option<&str>) {
        let pairs = query
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        for (_, word) in pairs.filter(|(name, _)| *name == Self::PARAMETER) {
            let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
            // Only what is waited for is remembered: a flood of others takes no memory.
            if let Some(has_come) = expected.get_mut(word) {
                *has_come = true;
            }
        }
    }

    pub(crate) fn turned_away(&self, host: &str) {
        let is_of_a_name = |c: &char| c.is_ascii_alphanumeric() || ".-_:[]".contains(*c);
        let mut turned_away = self.turned_away.lock().unwrap_or_else(PoisonError::into_inner);
        turned_away.number += 1;
        turned_away.last_name = host.chars().filter(is_of_a_name).take(LONGEST_NAME).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_that_is_waited_for_counts_and_nothing_else_takes_memory() {
        let knocks = Knocks::default();
        knocks.expect("word");
        for query in [None, Some("knock=other"), Some("word"), Some("x=word"), Some("knock")] {
            knocks.heard(query);
        }
        assert_eq!(knocks.expected.lock().unwrap().len(), 1);
        assert!(!knocks.has_come("word"));
        knocks.heard(Some("knock=word"));
        assert!(!knocks.has_come("word"), "it is waited for no longer");
        knocks.expect("word");
        knocks.heard(Some("a=b&knock=word"));
        assert!(knocks.has_come("word"));
        assert!(knocks.expected.lock().unwrap().is_empty());
    }

    #[test]
    fn a_wrong_name_is_kept_short_and_plain() {
        let knocks = Knocks::default();
        knocks.turned_away("evil.example<script>\n");
        knocks.turned_away(&"x".repeat(10_000));
        let last = knocks.under_wrong_name();
        assert_eq!((last.number, last.last_name.len()), (2, LONGEST_NAME));
        knocks.turned_away("evil.example<script>\n");
        assert_eq!(knocks.under_wrong_name().last_name, "evil.examplescript");
    }
}
