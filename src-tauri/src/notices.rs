//! Native notifications: what the engine wants told, in the system's own way.

use callboard_engine::Alert;
use notify_rust::Notification;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Longest title and body, in characters: names come from outside.
const TITLE: usize = 100;
const BODY: usize = 400;

pub(crate) async fn tell(mut alerts: Receiver<Alert>) {
    loop {
        let alert = match alerts.recv().await {
            Ok(alert) => alert,
            // The lost ones stand among the issues.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => break,
        };
        let shown = tokio::task::spawn_blocking(move || show(&alert)).await;
        if let Ok(Err(error)) = shown {
            tracing::warn!(%error, "notices: the desktop takes no notifications");
        }
    }
}

fn show(alert: &Alert) -> Result<(), notify_rust::error::Error> {
    let mut notification = Notification::new();
    notification
        .appname("Callboard")
        .summary(&short(&alert.title, TITLE))
        .body(&plain(&short(&alert.body, BODY)));
    #[cfg(all(unix, not(target_os = "macos")))]
    notification.hint(notify_rust::Hint::DesktopEntry("callboard-desktop".into()));
    notification.show().map(drop)
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
