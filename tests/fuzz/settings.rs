//! The settings file.

use callboard_engine::Settings;
use proptest::{prop_assert, prop_assert_eq};

use crate::trying::{Outcome, fuzz, much_is_read_and_much_is_refused};

/// Stands in the corpus wherever a secret does.
const SECRET: &str = "s3cret";
/// After these keys a secret stands.
const KEYS: [&str; 5] = ["secret", "previous_secret", "script_key", "api_key", "password"];

/// Whether every secret stands where a secret belongs: on a line of its own key, in a text of one line.
fn is_in_its_place(text: &str) -> bool {
    let is_placed = |line: &str| {
        let key = line.split_once('=').map(|(key, _)| key.trim());
        !line.contains(SECRET) || (key.is_some_and(|key| KEYS.contains(&key)) && line.matches('=').count() == 1)
    };
    !text.contains("\"\"\"") && !text.contains("'''") && text.lines().all(is_placed)
}

fn settings_are_read_or_refused(bytes: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(bytes);
    let told = match Settings::parse(&text) {
        Ok(settings) => {
            let again = Settings::parse(&text).map(|again| format!("{again:?}"));
            let shown = format!("{settings:?}");
            prop_assert_eq!(again.ok(), Some(shown.clone()));
            prop_assert!(settings.hosts().len() >= settings.public_names.len());
            shown
        }
        Err(error) => {
            let told = error.to_string();
            prop_assert!(!told.is_empty() && !told.contains('\n'), "{}", told);
            told
        }
    };
    prop_assert!(!told.contains(SECRET) || !is_in_its_place(&text), "{}", told);
    Ok(())
}

#[test]
fn settings_of_any_text_are_read_or_refused_and_no_secret_is_told() {
    fuzz("settings", 1_500, settings_are_read_or_refused);
}

#[test]
fn much_of_what_is_tried_of_settings_is_read_and_much_is_refused() {
    much_is_read_and_much_is_refused("settings", |bytes| {
        Settings::parse(&String::from_utf8_lossy(bytes)).is_ok()
    });
}
