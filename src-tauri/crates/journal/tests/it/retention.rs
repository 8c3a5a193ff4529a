//! Old events go with all that hangs on them; what is not finished stays, and what has gone is not acted on again.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use callboard_journal::{FeedFilter, Journal, LogPageIn, LogPosition, NewIssue, Outcome, Settled};
use callboard_model::{AlertKind, Cause, ChangeState, EntityKey, Event, Place, Road, Skip};
use jiff::Timestamp;

use crate::made::{FIELD, Kept, at, becomes, change, decision, delivery, event, site};

const DAY: i64 = 86_400;
/// Where the child that is killed finds the journal.
const CHILD: &str = "CALLBOARD_TEST_JOURNAL";

/// An event of a Task of its own that happened and was received on a day, by a hook.
async fn on_day(kept: &Journal, entry: i64, day: i64) -> i64 {
    let event = Event {
        occurred_at: Some(at(day * DAY)),
        ..becomes(entry, "Task", entry, "rev")
    };
    let mut delivery = delivery(vec![event]);
    delivery.received_at = at(day * DAY);
    kept.accept(delivery).await.unwrap().new[0]
}

/// The same, with what came of it: a Shot set and read back.
async fn done_on_day(kept: &Journal, entry: i64, day: i64) -> i64 {
    let seq = on_day(kept, entry, day).await;
    settle(kept, seq, 10_000 + entry, ChangeState::Confirmed, day).await;
    seq
}

async fn settle(kept: &Journal, seq: i64, shot: i64, state: ChangeState, day: i64) {
    let asked = decision(vec![change("Shot", shot, "ip", Cause::Event)]);
    let mut changes = kept.decide(seq, asked, at(day * DAY)).await.unwrap().changes;
    changes[0].state = state;
    if state == ChangeState::Skipped {
        changes[0].skip = Some(Skip::Asks);
    }
    kept.settle(vec![Settled::of(&changes[0])], at(day * DAY))
        .await
        .unwrap();
    kept.end_cascade(seq, Outcome::Changed).await.unwrap();
}

/// What the site's log tells, read up to a number.
fn log_page(received_at: Timestamp, rows: Vec<(Event, String)>, entry: i64) -> LogPageIn {
    LogPageIn {
        site: site(),
        received_at,
        status_field: FIELD,
        rows,
        position: Some(LogPosition { entry, at: None }),
        missing: Vec::new(),
        settled: Vec::new(),
    }
}

async fn all_before(kept: &Journal, day: i64) -> u32 {
    let mut gone = 0;
    loop {
        let number = kept.let_go(at(day * DAY), 3).await.unwrap();
        gone += number;
        if number == 0 {
            return gone;
        }
    }
}

fn seqs(kept: &Kept) -> Vec<i64> {
    let mut seqs: Vec<i64> = kept.feed().iter().map(|row| row.seq).collect();
    seqs.sort_unstable();
    seqs
}

/// Nothing refers to what is not there, and nothing is there that nobody refers to.
fn is_whole(kept: &Journal, folder: &std::path::Path) {
    let c = rusqlite::Connection::open(Journal::file(folder)).unwrap();
    let none = |sql: &str| {
        let found: i64 = c.query_row(sql, [], |r| r.get(0)).unwrap();
        assert_eq!(found, 0, "{sql}");
    };
    none("SELECT count(*) FROM pragma_foreign_key_check");
    none(
        "SELECT count(*) FROM delivery WHERE seq NOT IN (SELECT delivery_seq FROM event WHERE delivery_seq IS NOT NULL)",
    );
    none("SELECT count(*) FROM event WHERE road = 'hook' AND delivery_seq NOT IN (SELECT seq FROM delivery)");
    none(
        "SELECT count(*) FROM event e WHERE outcome = 'changed' AND NOT EXISTS (SELECT 1 FROM cascade WHERE event_seq = e.seq)",
    );
    none("SELECT count(*) FROM cascade k WHERE NOT EXISTS (SELECT 1 FROM change WHERE cascade_seq = k.seq)");
    let said: String = c.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!(said, "ok");
    kept.reader().feed(None, 500, &FeedFilter::default()).unwrap();
}

#[tokio::test]
async fn events_go_by_their_age_with_deliveries_cascades_and_changes() {
    let kept = Kept::new();
    for day in 0..10 {
        done_on_day(&kept, 100 + day, day).await;
    }
    assert_eq!(all_before(&kept, 4).await, 4, "those of the days 0 to 3");
    assert_eq!(seqs(&kept), [5, 6, 7, 8, 9, 10]);
    for table in ["event", "delivery", "cascade", "change"] {
        assert_eq!(kept.count(table), 6, "{table}");
    }
    is_whole(&kept, kept.path());
    assert_eq!(all_before(&kept, 4).await, 0);
}

#[tokio::test]
async fn an_event_that_only_seems_old_by_one_of_its_times_stays() {
    let kept = Kept::new();
    let received_in_the_past = Event {
        occurred_at: Some(at(9 * DAY)),
        ..event(1)
    };
    kept.accept_one(received_in_the_past).await;
    kept.close_event(1, Outcome::Nothing, None).await.unwrap();
    done_on_day(&kept, 2, 9).await;
    assert_eq!(all_before(&kept, 5).await, 0);
}

#[tokio::test]
async fn what_is_not_finished_stays_however_old_it_is() {
    let kept = Kept::new();
    let waiting = on_day(&kept, 1, 0).await;
    let asks = on_day(&kept, 2, 0).await;
    settle(&kept, asks, 862, ChangeState::Skipped, 0).await;
    let applied = on_day(&kept, 4, 0).await;
    kept.decide(applied, decision(vec![change("Shot", 900, "ip", Cause::Event)]), at(0))
        .await
        .unwrap();
    let undoing = done_on_day(&kept, 5, 0).await;
    let undo = kept.row(undoing).cascade.unwrap().changes[0].id;
    assert!(kept.begin_undo(undo, "Ada took it back".into(), at(1)).await.unwrap());
    let same_task = Event {
        occurred_at: Some(at(0)),
        ..becomes(6, "Task", 1, "hld")
    };
    let beside_what_waits = kept.accept_one(same_task).await;
    kept.close_event(beside_what_waits, Outcome::Nothing, None)
        .await
        .unwrap();
    let finished = done_on_day(&kept, 7, 0).await;
    let newest = done_on_day(&kept, 8, 30).await;
    assert_eq!(all_before(&kept, 20).await, 1, "{:?}", seqs(&kept));
    assert_eq!(
        seqs(&kept),
        [waiting, asks, applied, undoing, beside_what_waits, newest],
        "all but {finished}"
    );
    kept.end_undo(undo, true, at(2)).await.unwrap();
    assert_eq!(all_before(&kept, 20).await, 1, "what has been taken back is finished");
}

#[tokio::test]
async fn what_a_pause_holds_back_stays_until_it_is_over() {
    let kept = Kept::new();
    kept.pause("Ada".into(), None, at(0)).await.unwrap();
    let held = on_day(&kept, 1, 0).await;
    let mut changes = vec![change("Shot", 862, "ip", Cause::Event)];
    changes[0].state = ChangeState::Skipped;
    changes[0].skip = Some(Skip::Paused);
    kept.decide(held, decision(changes), at(0)).await.unwrap();
    kept.end_cascade(held, Outcome::Nothing).await.unwrap();
    // A later event found its status there: that is what tells that the one held back is out of date.
    let found = on_day(&kept, 2, 0).await;
    let mut changes = vec![change("Shot", 862, "rev", Cause::Event)];
    changes[0].state = ChangeState::Skipped;
    changes[0].skip = Some(Skip::AlreadyThere);
    kept.decide(found, decision(changes), at(0)).await.unwrap();
    kept.end_cascade(found, Outcome::Nothing).await.unwrap();
    done_on_day(&kept, 3, 30).await;
    assert_eq!(all_before(&kept, 20).await, 0);
    kept.resume(at(DAY), false).await.unwrap();
    assert_eq!(all_before(&kept, 20).await, 2);
}

#[tokio::test]
async fn a_batch_goes_with_the_last_of_its_events_and_numbers_are_never_used_again() {
    let kept = Kept::new();
    kept.accept(delivery(vec![event(1), becomes(2, "Task", 2, "rev")]))
        .await
        .unwrap();
    kept.close_event(1, Outcome::Nothing, None).await.unwrap();
    assert_eq!(all_before(&kept, 20).await, 1);
    assert_eq!((kept.count("event"), kept.count("delivery")), (1, 1));
    kept.close_event(2, Outcome::Nothing, None).await.unwrap();
    assert_eq!(all_before(&kept, 20).await, 0, "the newest stays");
    assert_eq!(done_on_day(&kept, 3, 0).await, 3);
    assert_eq!(all_before(&kept, 20).await, 1);
    let before = kept.row(3).cascade.unwrap().changes[0].id;
    assert_eq!(on_day(&kept, 4, 0).await, 4);
    kept.close_event(4, Outcome::Nothing, None).await.unwrap();
    on_day(&kept, 5, 0).await;
    assert_eq!(all_before(&kept, 20).await, 1, "the newest change stays with its event");
    settle(&kept, 5, 862, ChangeState::Confirmed, 0).await;
    assert!(kept.row(5).cascade.unwrap().changes[0].id > before);
}

#[tokio::test]
async fn an_event_that_has_gone_is_not_acted_on_when_it_comes_again_by_either_road() {
    let kept = Kept::new();
    for (entry, day) in [(10, 0), (11, 0), (20, 30)] {
        done_on_day(&kept, entry, day).await;
    }
    assert_eq!(all_before(&kept, 20).await, 2);
    let again = kept
        .accept(delivery(vec![becomes(10, "Task", 10, "rev")]))
        .await
        .unwrap();
    assert_eq!((again.new.len(), again.seen), (1, 0), "what was answered is shown");
    let shown = kept.row(again.new[0]);
    assert_eq!(shown.outcome, Outcome::Nothing);
    assert!(shown.why.as_ref().unwrap().contains("only shown"), "{:?}", shown.why);
    assert_eq!(kept.count("delivery"), 2);
    let again = kept
        .accept(delivery(vec![becomes(10, "Task", 10, "rev")]))
        .await
        .unwrap();
    assert_eq!((again.new.len(), again.seen), (0, 1), "once");
    let by_the_log = |entry| Event {
        road: Road::Log,
        hook: None,
        ..becomes(entry, "Task", entry, "rev")
    };
    let rows = [9, 10, 11, 12, 20, 21].map(|entry| (by_the_log(entry), "{}".into()));
    let page = log_page(at(31 * DAY), rows.into(), 21);
    let taken = kept.take_log(page).await.unwrap();
    let new: Vec<_> = taken
        .new
        .iter()
        .map(|seq| kept.row(*seq).event_log_entry_id.unwrap())
        .collect();
    assert_eq!(new, [12, 21], "what is newer than all that went is new");
    let elsewhere = Event {
        site: "other".into(),
        ..event(10)
    };
    let mut other = delivery(vec![elsewhere]);
    other.site = "other".into();
    assert_eq!(
        kept.accept(other).await.unwrap().new.len(),
        1,
        "another site has numbers of its own"
    );
}

/// Of another copy of the site, say, or by somebody who has the secret.
#[tokio::test]
async fn a_number_that_the_log_has_not_come_to_does_not_have_what_comes_later_taken_for_old() {
    const BEYOND: i64 = 1_000_000_000;
    let kept = Kept::new();
    for (entry, day) in [(10, 0), (BEYOND, 1), (11, 2), (20, 30)] {
        done_on_day(&kept, entry, day).await;
    }
    let page = log_page(at(31 * DAY), Vec::new(), 20);
    kept.take_log(page).await.unwrap();
    assert_eq!(all_before(&kept, 20).await, 2);
    assert!(kept.feed().iter().any(|row| row.event_log_entry_id == Some(BEYOND)));
    for entry in [11, 12, 21] {
        let came = kept
            .accept(delivery(vec![becomes(entry, "Task", entry, "rev")]))
            .await
            .unwrap();
        let outcome = kept.row(came.new[0]).outcome;
        let expected = if entry == 11 {
            Outcome::Nothing
        } else {
            Outcome::Waiting
        };
        assert_eq!(outcome, expected, "{entry}");
    }
}

/// What came after it was read for the last time goes as if there were no log.
#[tokio::test]
async fn a_log_that_is_not_read_any_more_keeps_nothing() {
    let kept = Kept::new();
    let page = log_page(at(0), Vec::new(), 20);
    kept.take_log(page).await.unwrap();
    for (entry, day) in [(30, 1), (31, 2), (32, 30)] {
        done_on_day(&kept, entry, day).await;
    }
    assert_eq!(all_before(&kept, 20).await, 2);
}

#[tokio::test]
async fn the_names_and_facts_of_what_has_gone_stay_and_an_issue_leads_nowhere() {
    let kept = Kept::new();
    kept.know(&[("Task", 1, "Composite"), ("Shot", 10_001, "sq010")]).await;
    let seq = done_on_day(&kept, 1, 0).await;
    let issue = NewIssue {
        key: "write:practice:Shot 10001".into(),
        kind: AlertKind::WriteGivenUp,
        place: Place::Event { seq },
        title: "A".into(),
        remedy: "B".into(),
    };
    kept.raise(issue, at(0)).await.unwrap();
    done_on_day(&kept, 2, 30).await;
    assert_eq!(all_before(&kept, 20).await, 1);
    assert_eq!(kept.count("entity"), 2);
    let open = kept.reader().issues_view().unwrap().open;
    assert_eq!((open.len(), &open[0].place), (1, &None));
    let echo = kept
        .reader()
        .echo_of(
            &site(),
            (&EntityKey::new("Shot", 10_001), None),
            |_| true,
            Timestamp::MIN,
        )
        .unwrap();
    assert!(echo.is_none());
}

#[tokio::test]
async fn the_size_falls_and_the_pages_go_back_to_the_disk() {
    let kept = Kept::new();
    for entry in 0..200 {
        let event = Event {
            occurred_at: Some(at(0)),
            ..becomes(entry, "Task", entry, "rev")
        };
        let mut large = delivery(vec![event]);
        large.body = vec![b'x'; 20_000];
        let seq = kept.accept(large).await.unwrap().new[0];
        kept.close_event(seq, Outcome::Nothing, None).await.unwrap();
    }
    let pages = || {
        let c = kept.another();
        c.query_row("PRAGMA page_count", [], |r| r.get::<_, i64>(0)).unwrap()
    };
    let (size, all) = (kept.reader().size().unwrap(), pages());
    assert!(size > 4_000_000, "{size}");
    assert_eq!(kept.let_go(at(DAY), 150).await.unwrap(), 150);
    let less = kept.reader().size().unwrap();
    assert!(less < size / 3, "{less} of {size}");
    let mut steps = 1;
    while kept.give_back().await.unwrap() {
        steps += 1;
    }
    assert!(steps > 1, "in small steps");
    assert!(pages() < all / 3, "{} of {all}", pages());
    is_whole(&kept, kept.path());
}

/// Not a test of its own: lets everything go until it is killed.
#[tokio::test]
async fn child_that_lets_go() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let journal = Journal::open(folder.as_ref()).unwrap();
    while journal.let_go(at(DAY), 5).await.unwrap() > 0 {
        journal.give_back().await.unwrap();
    }
}

#[tokio::test]
async fn killed_in_the_middle_the_journal_is_whole_and_the_rest_goes_later() {
    const EVENTS: i64 = 1_000;
    let kept = Kept::new();
    for entry in 0..EVENTS {
        done_on_day(&kept, entry, 0).await;
    }
    let Kept { journal, folder } = kept;
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "retention::child_that_lets_go"])
        .env(CHILD, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let left = || {
        let c = rusqlite::Connection::open(Journal::file(folder.path())).unwrap();
        c.busy_timeout(Duration::from_secs(5)).unwrap();
        c.query_row("SELECT count(*) FROM event", [], |r| r.get::<_, i64>(0))
            .unwrap()
    };
    let begun = Instant::now();
    while left() > EVENTS - 50 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it lets nothing go");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let number = left();
    assert!(number > 1 && number <= EVENTS - 50, "killed in the middle: {number}");
    assert_eq!(number, EVENTS - (EVENTS - number) / 5 * 5, "in whole batches");
    let journal = Journal::open(folder.path()).unwrap();
    is_whole(&journal, folder.path());
    all_before(&journal, 1).await;
    assert_eq!(left(), 1);
    is_whole(&journal, folder.path());
}
