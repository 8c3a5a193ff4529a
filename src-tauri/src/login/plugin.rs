//! What the system starts at login, by `tauri-plugin-autostart`: a launch agent on macOS, the registry on Windows.

use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Wry};
use tauri_plugin_autostart::{Builder, Error, ManagerExt};

use super::arguments;
use crate::Args;

/// Knows what to start at login, once the program is set up.
pub(crate) fn plugin(args: &Args) -> TauriPlugin<Wry> {
    Builder::new().args(arguments(args).into_iter().map(as_one)).build()
}

/// The registry holds one line; a launch agent holds words.
fn as_one(word: String) -> String {
    if cfg!(windows) { format!("\"{word}\"") } else { word }
}

/// Whether it starts at login.
pub(crate) fn is_on(app: &AppHandle) -> Result<bool, Error> {
    app.autolaunch().is_enabled()
}

/// Has it started at login, or not any more.
pub(crate) fn turn(app: &AppHandle, on: bool) -> Result<(), Error> {
    if on {
        app.autolaunch().enable()
    } else {
        app.autolaunch().disable()
    }
}
