//! What is to be said of the journal's file: what opening it came to, and damage that is met while it is open.

use callboard_journal::{Migrated, NewIssue};
use callboard_model::{AlertKind, Place};

use crate::desk::Desk;
use crate::health::Alert;

/// The issue that says where the copy of an older journal is.
const BROUGHT_UP_TO_DATE: &str = "journal_brought_up_to_date";

/// Tells what was done to the file before it could be used.
pub(crate) async fn tell(desk: &Desk) {
    let opened = desk.journal.opened();
    if let Some(rebuilt) = &opened.rebuilt {
        // It stands among the issues since the journal was made anew.
        desk.health.tell(Alert::of(&rebuilt.issue));
    }
    if let Some(migrated) = &opened.migrated {
        let issue = brought_up_to_date(migrated);
        tracing::warn!("{}: {}", issue.title, issue.remedy);
        // There is nothing to do about it: it is there to be found.
        let now = desk.clock.now();
        let (journal, key) = (&desk.journal, issue.key.clone());
        desk.logged(journal.raise(issue, now).await);
        desk.logged(journal.resolve(key, now).await);
    }
}

fn brought_up_to_date(migrated: &Migrated) -> NewIssue {
    NewIssue {
        key: BROUGHT_UP_TO_DATE.to_owned(),
        kind: AlertKind::Journal,
        place: Place::Issues,
        title: "The journal of an older Callboard was brought up to date".to_owned(),
        remedy: format!(
            "As it was before, it is kept at {}. That copy is needed only to go back to the older version",
            migrated.backup.display()
        ),
    }
}

/// Tells people once when the journal is found damaged while it is open. It takes no issue then.
pub(crate) async fn watch(desk: &Desk) {
    tokio::select! {
        damaged = desk.journal.damaged() => desk.health.tell(Alert {
            kind: AlertKind::Journal,
            title: "The journal is damaged".to_owned(),
            body: damaged.to_string(),
            group: "journal_damaged".to_owned(),
            place: Place::Issues,
        }),
        () = desk.stop.cancelled() => {}
    }
}
