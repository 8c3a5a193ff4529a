//! The language of what the shell itself says: the window's. It is kept, because the icon in the panel is there before any page, and at
//! login without one.

use std::fs;
use std::path::{Path, PathBuf};

use tauri::{AppHandle, Manager, State};
use tokio::sync::watch;

use crate::words::{ENGLISH, GERMAN, Words};

/// Lies in the data folder: the language by its code.
const KEPT: &str = "language";

/// A language that the window speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    German,
}

impl Language {
    const ALL: [Self; 2] = [Self::English, Self::German];

    fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// As the window calls it.
    fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

/// What is spoken now, and where that is kept.
pub(crate) struct Spoken {
    file: PathBuf,
    now: watch::Sender<Language>,
}

impl Spoken {
    /// As the window spoke last on this data folder; English where it never did.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let file = folder.join(KEPT);
        let kept = fs::read_to_string(&file).ok();
        let now = kept.and_then(|code| Language::of(code.trim())).unwrap_or_default();
        Self {
            file,
            now: watch::Sender::new(now),
        }
    }

    /// Hears when another is spoken.
    pub(crate) fn hear(&self) -> watch::Receiver<Language> {
        self.now.subscribe()
    }

    fn speak(&self, language: Language) {
        let is_new = self
            .now
            .send_if_modified(|now| std::mem::replace(now, language) != language);
        if is_new && let Err(error) = fs::write(&self.file, language.code()) {
            tracing::warn!(%error, "language: it cannot be kept");
        }
    }
}

/// The window says which language it speaks. One that the shell has no words in changes nothing.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they ask for")]
pub(crate) fn speak(spoken: State<'_, Spoken>, language: String) {
    if let Some(language) = Language::of(&language) {
        spoken.speak(language);
    }
}

/// What the shell says, in the language that is spoken now.
pub(crate) fn words(app: &AppHandle) -> &'static Words {
    let spoken = app.try_state::<Spoken>();
    let now = spoken.map_or_else(Language::default, |spoken| *spoken.now.borrow());
    now.words()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_window_spoke_last_is_spoken_at_the_next_start() {
        let folder = std::env::temp_dir().join(format!("callboard-language-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let spoken = Spoken::in_folder(&folder);
        let mut heard = spoken.hear();
        assert_eq!(*heard.borrow_and_update(), Language::English, "nobody has chosen");
        spoken.speak(Language::German);
        assert!(heard.has_changed().unwrap(), "the icon hears of it at once");
        assert_eq!(*heard.borrow_and_update(), Language::German);
        spoken.speak(Language::German);
        assert!(!heard.has_changed().unwrap(), "each page says it anew");

        let again = Spoken::in_folder(&folder);
        assert_eq!(*again.hear().borrow(), Language::German);
        again.speak(Language::English);
        assert_eq!(*Spoken::in_folder(&folder).hear().borrow(), Language::English);
        fs::write(folder.join(KEPT), "nosuch").unwrap();
        assert_eq!(*Spoken::in_folder(&folder).hear().borrow(), Language::English);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_language_is_called_what_the_window_calls_it() {
        let window = include_str!("../../ui/src/language.ts");
        let (list, _) = window.split_once("] as const").unwrap();
        assert_eq!(list.matches("code: '").count(), Language::ALL.len());
        for language in Language::ALL {
            assert!(list.contains(&format!("code: '{}'", language.code())), "{language:?}");
        }
    }
}
