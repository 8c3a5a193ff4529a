//! Closing the window: the engine works on, and that is said once.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tauri::{Manager, Window};
use tauri_plugin_window_state::{AppHandleExt, StateFlags};

use crate::{language, notices};

/// Lies in the data folder once it was said.
const SAID: &str = "closing-was-explained";

/// What is remembered of the window. Not whether it can be seen: started by hand it always can.
pub(crate) const REMEMBERED: StateFlags = StateFlags::POSITION
    .union(StateFlags::SIZE)
    .union(StateFlags::MAXIMIZED)
    .union(StateFlags::FULLSCREEN);

/// The folder in which it stands whether it was said.
pub(crate) struct SaidIn(pub(crate) PathBuf);

/// Hides the window in place of closing it.
pub(crate) fn hide(window: &Window) {
    if let Err(error) = window.hide() {
        tracing::warn!(%error, "window: it cannot be hidden");
    }
    let app = window.app_handle();
    // Otherwise it is kept only when Callboard ends, and a machine that is switched off asks nobody.
    if let Err(error) = app.save_window_state(REMEMBERED) {
        tracing::warn!(%error, "window: its place cannot be kept");
    }
    if let Some(SaidIn(folder)) = app.try_state::<SaidIn>().as_deref()
        && is_first(folder)
    {
        let words = language::words(app);
        notices::say(app.clone(), words.works_on, words.works_on_why);
    }
}

/// True once for a folder. Where nothing can be written it is said again: better twice than never.
fn is_first(folder: &Path) -> bool {
    let made = OpenOptions::new().write(true).create_new(true).open(folder.join(SAID));
    !matches!(made, Err(error) if error.kind() == ErrorKind::AlreadyExists)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once() {
        let folder = std::env::temp_dir().join(format!("callboard-closing-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert!(is_first(&folder));
        assert!(!is_first(&folder));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(is_first(&folder), "nothing can be written: it is said again");
    }
}
