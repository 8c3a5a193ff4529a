//! Telling people that nothing can be stored. The journal cannot keep that as an issue, so it is told as it begins and as it ends.

use callboard_model::{AlertKind, Place};

use crate::desk::Desk;
use crate::health::Alert;

/// Tells until the program stops.
pub(crate) async fn run(desk: &Desk) {
    let mut trouble = desk.journal.trouble();
    loop {
        tokio::select! {
            changed = trouble.changed() => if changed.is_err() { break },
            () = desk.stop.cancelled() => break,
        }
        let (title, body) = match trouble.borrow_and_update().as_ref() {
            Some(error) => (
                "Nothing can be stored",
                format!("{error}. Until then deliveries are answered 503, so that the site sends them again"),
            ),
            None => (
                "The journal takes everything again",
                "What was refused meanwhile is sent again by the site, or read from its event log.".to_owned(),
            ),
        };
        desk.health.tell(Alert {
            kind: AlertKind::Journal,
            title: title.to_owned(),
            body,
            group: "journal".to_owned(),
            place: Place::Issues,
        });
    }
}
