//! Leading the window to what somebody clicked elsewhere: a notification, the tray, a second start.

use std::sync::{Mutex, PoisonError};

use callboard_model::Place;
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager, State};

/// Where the window hears of places.
#[derive(Default)]
pub(crate) struct Places {
    state: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    window: Option<Channel<Place>>,
    /// Where to go once the window hears.
    place: Option<Place>,
}

/// The window hears from now on where it should go.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "commands are given what they ask for")]
pub(crate) fn hear_places(places: State<'_, Places>, channel: Channel<Place>) {
    let mut state = places.state.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = state.place.take() {
        // A window that has gone already asks again when it is there.
        let _ = channel.send(place);
    }
    state.window = Some(channel);
}

/// Brings the window to the front.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window("main") else {
        return;
    };
    for step in [window.show(), window.unminimize(), window.set_focus()] {
        if let Err(error) = step {
            tracing::warn!(%error, "window: it does not come to the front");
        }
    }
}

/// Brings the window to the front, and to a place.
pub(crate) fn go(app: &AppHandle, place: Place) {
    show(app);
    let Some(places) = app.try_state::<Places>() else {
        return;
    };
    let mut state = places.state.lock().unwrap_or_else(PoisonError::into_inner);
    let heard = state
        .window
        .as_ref()
        .is_some_and(|window| window.send(place.clone()).is_ok());
    if !heard {
        state.place = Some(place);
    }
}
