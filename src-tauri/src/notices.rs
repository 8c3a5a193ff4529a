//! Native notifications: what the engine wants told, in the system's own way.

use std::collections::HashMap;

use callboard_engine::Alert;
use callboard_model::Place;
use notify_rust::{Notification, NotificationHandle};
use tauri::AppHandle;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::places;

/// Longest title and body, in characters: names come from outside.
const TITLE: usize = 100;
const BODY: usize = 400;
/// Groups whose last notification is remembered. Beyond it all are forgotten: the next of each stands beside the last.
const GROUPS: usize = 256;

/// Tells until the engine ends. What is told of one thing takes the place of what was told of it before.
pub(crate) async fn tell(app: AppHandle, mut alerts: Receiver<Alert>) {
    let mut shown: HashMap<String, u32> = HashMap::new();
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
        let app = app.clone();
        match tokio::task::spawn_blocking(move || show(app, &alert, before)).await {
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
    let (title, body) = (title.to_owned(), body.to_owned());
    tauri::async_runtime::spawn_blocking(move || match notification(&title, &body).show() {
        Ok(handle) => wait_for_click(app, handle, None),
        Err(error) => tracing::warn!(%error, "notices: the desktop takes no notifications"),
    });
}

/// Shows it, in place of the one before. Answers the number under which the next can take its place.
fn show(app: AppHandle, alert: &Alert, before: Option<u32>) -> Result<Option<u32>, notify_rust::error::Error> {
    let mut notification = notification(&alert.title, &alert.body);
    if let Some(before) = before {
        notification.id(before);
    }
    let handle = notification.show()?;
    #[cfg(all(unix, not(target_os = "macos")))]
    let id = Some(handle.id());
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    let id = None;
    wait_for_click(app, handle, Some(alert.place.clone()));
    Ok(id)
}

fn notification(title: &str, body: &str) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname("Callboard")
        .summary(&short(title, TITLE))
        .body(&plain(&short(body, BODY)))
        .action("default", "Open");
    #[cfg(all(unix, not(target_os = "macos")))]
    notification.hint(notify_rust::Hint::DesktopEntry("callboard-desktop".into()));
    notification
}

/// The thread ends when the notification does.
fn wait_for_click(app: AppHandle, handle: NotificationHandle, place: Option<Place>) {
    std::thread::spawn(move || {
        handle.wait_for_action(|action| {
            if action == "default" {
                match place {
                    Some(place) => places::go(&app, place),
                    None => places::show(&app),
                }
            }
        });
    });
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
        let told = notification(&outside, &outside);
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
}
