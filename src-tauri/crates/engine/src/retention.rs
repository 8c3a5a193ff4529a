//! Letting history go that is older or larger than wanted, in small batches between everything else that is written.

use std::time::Duration;

use callboard_journal::{JournalError, NewIssue};
use callboard_model::{AlertKind, Place};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::desk::Desk;
use crate::settings::{DAYS_AT_LEAST, KeepSettings, Settings};

/// How often it is looked whether something is to go.
const EVERY: Duration = Duration::from_secs(3_600);
/// Events in one batch: what is delivered meanwhile waits for no more than this.
const BATCH: u32 = 200;
/// The issue that says that nothing could go.
const ISSUE: &str = "keep";

/// Lets old events go until the program stops: at its start, every hour, and when something else is chosen.
pub(crate) async fn run(desk: &Desk, mut settings: watch::Receiver<Settings>) {
    loop {
        let keep = settings.borrow_and_update().keep;
        match let_go(desk, keep).await {
            Ok(()) => {
                desk.logged(desk.journal.resolve(ISSUE.to_owned(), desk.clock.now()).await);
            }
            Err(error) => tell(desk, &error).await,
        }
        let otherwise = settings.wait_for(|settings| settings.keep != keep);
        tokio::select! {
            changed = otherwise => if changed.is_err() { break },
            () = tokio::time::sleep(EVERY) => {}
            () = desk.stop.cancelled() => break,
        }
    }
}

async fn let_go(desk: &Desk, keep: KeepSettings) -> Result<(), JournalError> {
    let mut gone = 0_u64;
    while let Some(before) = oldest_kept(desk, keep)? {
        let number = desk.journal.let_go(before, BATCH).await?;
        gone += u64::from(number);
        if number == 0 || desk.stop.is_cancelled() {
            break;
        }
    }
    if gone > 0 {
        tracing::info!(events = gone, "retention: old events were let go");
    }
    while !desk.stop.is_cancelled() && desk.journal.give_back().await? {}
    Ok(())
}

/// The time before which events may go now; none: nothing is to go.
fn oldest_kept(desk: &Desk, keep: KeepSettings) -> Result<Option<Timestamp>, JournalError> {
    let size = match keep.megabytes {
        Some(_) => desk.journal.reader().size()?,
        None => 0,
    };
    Ok(cut(keep, size, desk.clock.now()))
}

/// The same from the size of the journal in bytes and the time.
fn cut(keep: KeepSettings, size: u64, now: Timestamp) -> Option<Timestamp> {
    let days_ago = |days: u32| {
        let ago = SignedDuration::from_hours(i64::from(days) * 24);
        now.checked_sub(ago).unwrap_or(Timestamp::MIN)
    };
    let too_large = keep
        .megabytes
        .is_some_and(|megabytes| size > u64::from(megabytes) * 1_000_000);
    if too_large {
        return Some(days_ago(DAYS_AT_LEAST));
    }
    keep.days.map(|days| days_ago(days.max(DAYS_AT_LEAST)))
}

async fn tell(desk: &Desk, error: &JournalError) {
    tracing::error!(%error, "retention: old events cannot be let go");
    let issue = NewIssue {
        key: ISSUE.to_owned(),
        kind: AlertKind::Journal,
        place: Place::Issues,
        title: "Old events cannot be removed".to_owned(),
        remedy: format!("{error}. It is tried again in an hour"),
    };
    // A journal that takes nothing does not take this either: then the log has it.
    if desk.logged(desk.journal.raise(issue.clone(), desk.clock.now()).await) == Some(true) {
        desk.health.tell(crate::health::Alert::of(&issue));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_892_726, 0);

    fn days_ago(days: i64) -> Timestamp {
        NOW.checked_sub(SignedDuration::from_hours(24 * days)).unwrap()
    }

    #[test]
    fn events_go_by_their_age_and_by_the_size_of_the_file_and_never_those_of_the_last_eight_days() {
        let keep = |days, megabytes| KeepSettings { days, megabytes };
        assert_eq!(cut(keep(None, None), u64::MAX, NOW), None);
        assert_eq!(cut(keep(Some(30), None), 0, NOW), Some(days_ago(30)));
        assert_eq!(cut(keep(Some(1), None), 0, NOW), Some(days_ago(8)));
        assert_eq!(cut(keep(None, Some(10)), 10_000_000, NOW), None);
        assert_eq!(cut(keep(None, Some(10)), 10_000_001, NOW), Some(days_ago(8)));
        assert_eq!(cut(keep(Some(30), Some(10)), 10_000_001, NOW), Some(days_ago(8)));
        assert_eq!(cut(keep(Some(u32::MAX), None), 0, NOW), Some(Timestamp::MIN));
    }
}
