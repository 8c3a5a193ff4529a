//! Native notifications: what the engine wants told, in the system's own way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use callboard_engine::Alert;
use callboard_model::Place;
use notify_rust::{Notification, NotificationHandle};
use tauri::AppHandle;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::{language, places};

/// Longest title and body, in characters: names come from outside.
const TITLE: usize = 100;
const BODY: usize = 400;
/// Groups whose last notification is remembered. Beyond it all are forgotten: the next of each stands beside the last.
const GROUPS: usize = 256;

/// Where a click on a notification leads, by its number. One that takes another's place has its number, and whoever waited for a click on
/// the first hears the click on the second as well.
#[derive(Clone, Default)]
struct Clicks(Arc<Mutex<HashMap<u32, Place>>>);

impl Clicks {
    fn places(&self) -> MutexGuard<'_, HashMap<u32, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lead(&self, id: u32, place: Place) {
        self.places().insert(id, place);
    }

    /// It was clicked, or is gone. Only the first who hears of it is given the place.
    fn take(&self, id: u32) -> Option<Place> {
        self.places().remove(&id)
    }
}

/// Tells until the engine ends. What is told of one thing takes the place of what was told of it before.
pub(crate) async fn tell(app: AppHandle, mut alerts: Receiver<Alert>) {
    let mut shown: HashMap<String, u32> = HashMap::new();
    let clicks = Clicks::default();
    loop {
        let alert = match alerts.recv().await {
            Ok(alert) => alert,
            // The lost ones stand among the issues.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => break,
        };
        if shown.len() >= GROUPS {
            shown.clear();
        }
        let before = shown.get(&alert.group).copied();
        let group = alert.group.clone();
        let (app, clicks) = (app.clone(), clicks.clone());
        match tokio::task::spawn_blocking(move || show(app, clicks, alert, before)).await {
            Ok(Ok(id)) => {
                shown.extend(id.map(|id| (group, id)));
            }
            Ok(Err(error)) => tracing::warn!(%error, "notices: the desktop takes no notifications"),
            Err(_) => {}
        }
    }
}

/// Says something that is no alert of the engine's.
pub(crate) fn say(app: AppHandle, title: &str, body: &str) {
    let notification = notification(&app, title, body);
    tauri::async_runtime::spawn_blocking(move || match notification.show() {
        Ok(handle) => wait_for_end(handle, move |clicked| {
            if clicked {
                places::show(&app);
            }
        }),
        Err(error) => tracing::warn!(%error, "notices: the desktop takes no notifications"),
    });
}

/// Shows it, in place of the one before. Answers the number under which the next can take its place.
fn show(
    app: AppHandle,
    clicks: Clicks,
    alert: Alert,
    before: Option<u32>,
) -> Result<Option<u32>, notify_rust::error::Error> {
    let mut notification = notification(&app, &alert.title, &alert.body);
    if let Some(before) = before {
        notification.id(before);
    }
    let handle = notification.show()?;
    #[cfg(all(unix, not(target_os = "macos")))]
    let id = Some(handle.id());
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    let id: Option<u32> = None;
    match id {
        Some(id) => {
            clicks.lead(id, alert.place);
            wait_for_end(handle, move |clicked| {
                if let Some(place) = clicks.take(id).filter(|_| clicked) {
                    places::go(&app, place);
                }
            });
        }
        None => wait_for_end(handle, move |clicked| {
            if clicked {
                places::go(&app, alert.place);
            }
        }),
    }
    Ok(id)
}

fn notification(app: &AppHandle, title: &str, body: &str) -> Notification {
    let mut notification = written(title, body);
    notification.action("default", language::words(app).open_notice);
    notification
}

fn written(title: &str, body: &str) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname("Callboard")
        .summary(&short(title, TITLE))
        .body(&plain(&short(body, BODY)));
    #[cfg(all(unix, not(target_os = "macos")))]
    notification.hint(notify_rust::Hint::DesktopEntry("callboard-desktop".into()));
    notification
}

/// The thread ends when the notification does. `ended` hears whether somebody clicked it.
fn wait_for_end(handle: NotificationHandle, ended: impl FnOnce(bool) + Send + 'static) {
    std::thread::spawn(move || handle.wait_for_action(|action| ended(action == "default")));
}

fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// Notification servers on Linux read a body as mark-up; elsewhere it is text.
fn plain(text: &str) -> String {
    if cfg!(all(unix, not(target_os = "macos"))) {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_notified_is_short_and_no_mark_up() {
        let outside = "<a href=\"https://evil.example\">Shot</a> & <img src=x>".repeat(100);
        let told = written(&outside, &outside);
        assert_eq!(told.summary.chars().count(), TITLE);
        // A summary is text by the specification of the desktop's notifications; a body is mark-up.
        if cfg!(all(unix, not(target_os = "macos"))) {
            assert!(!told.body.contains(['<', '>']), "{}", told.body);
            assert!(told.body.starts_with("&lt;a href="), "{}", told.body);
            let read = told
                .body
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&");
            assert_eq!(read.chars().count(), BODY);
        }
    }
    #[test]
    fn one_click_leads_once_and_to_what_was_told_last() {
        let clicks = Clicks::default();
        let hook = |name: &str| Place::Hook { hook: name.into() };
        clicks.lead(7, hook("earlier"));
        clicks.lead(8, hook("another"));
        clicks.lead(7, hook("later"));
        // Both who wait for a click on this number hear of it.
        assert_eq!(clicks.take(7), Some(hook("later")));
        assert_eq!(clicks.take(7), None);
        assert_eq!(clicks.take(8), Some(hook("another")));
        assert!(clicks.places().is_empty(), "what is gone leads nowhere");
    }
}
