//! Notices: alerts after a person's choices. What comes in quiet hours is kept on disk and told in one message at their end.

mod digest;
mod quiet;
pub(crate) mod text;

use std::time::Duration;

use callboard_journal::Reader;
use jiff::tz::TimeZone;
use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};
use tokio::sync::watch;

use self::digest::digest;
use self::quiet::Quiet;
use crate::desk::Desk;
use crate::health::Alert;
use crate::settings::Settings;

/// How often it is looked whether the quiet hours are over, while something waits for that. A machine that slept notices soon.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The longest title and body, in characters: names come from outside, and a notification is small.
const TITLE: usize = 100;
const BODY: usize = 400;

/// Tells notices until the program stops.
pub(crate) async fn run(
    desk: &Desk,
    mut alerts: Receiver<Alert>,
    mut settings: watch::Receiver<Settings>,
    notices: &Sender<Alert>,
) {
    let zone = TimeZone::system();
    loop {
        let now = settings.borrow_and_update().clone();
        let waits = tell_held(desk, &now, &zone, notices).await;
        tokio::select! {
            biased;
            heard = alerts.recv() => match heard {
                Ok(alert) => {
                    let now = settings.borrow().clone();
                    take(desk, &now, &zone, notices, alert).await;
                }
                // The lost ones stand among the issues.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            },
            changed = settings.changed() => if changed.is_err() { break },
            () = tokio::time::sleep(LOOK_EVERY), if waits => {}
            () = desk.stop.cancelled() => break,
        }
    }
}

/// Tells of an alert, or keeps it until the quiet hours are over.
async fn take(desk: &Desk, settings: &Settings, zone: &TimeZone, notices: &Sender<Alert>, alert: Alert) {
    if settings.notify.off.contains(&alert.kind) {
        return;
    }
    if !is_quiet(desk, settings, zone) {
        // What was held back is older.
        tell_held(desk, settings, zone, notices).await;
        tell(notices, alert);
        return;
    }
    match serde_json::to_string(&alert) {
        Ok(text) => {
            let topic = alert.group;
            desk.kept(|| desk.journal.hold_notice(topic.clone(), text.clone()))
                .await;
        }
        Err(error) => tracing::error!(%error, "notices: an alert cannot be kept for later"),
    }
}

/// Tells what was held back, once the quiet hours are over. Answers whether something waits for that.
async fn tell_held(desk: &Desk, settings: &Settings, zone: &TimeZone, notices: &Sender<Alert>) -> bool {
    let held = desk.read(Reader::held_notices).await;
    let Some((last, _)) = held.last() else { return false };
    if is_quiet(desk, settings, zone) {
        return true;
    }
    let alerts: Vec<Alert> = held
        .iter()
        .filter_map(|(_, text)| serde_json::from_str(text).ok())
        .collect();
    let open = desk.read(Reader::issues_view).await.open;
    if let Some(digest) = digest(&alerts, &settings.notify.off, &open) {
        tell(notices, digest);
    }
    let last = *last;
    desk.kept(|| desk.journal.drop_notices(last)).await;
    false
}

fn is_quiet(desk: &Desk, settings: &Settings, zone: &TimeZone) -> bool {
    let hours = settings.notify.choices().quiet;
    // Settings that are no settings never come here.
    let quiet = hours.and_then(|hours| Quiet::new(&hours).ok());
    quiet.is_some_and(|quiet| quiet.until(desk.clock.now(), zone).is_some())
}

fn tell(notices: &Sender<Alert>, alert: Alert) {
    let alert = Alert {
        title: text::one_line(&alert.title, TITLE),
        body: text::lines(&alert.body, BODY),
        ..alert
    };
    // Nobody need be listening.
    drop(notices.send(alert));
}
