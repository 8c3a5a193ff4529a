//! The past is read ahead on another thread: all of it comes, once and in order, and no more is read than was asked for.

use std::ops::ControlFlow;

use callboard_journal::PastChange;
use callboard_model::{Cause, EntityKey, Event};

use crate::made::{Kept, at, becomes, change, decision, delivery, event};
use crate::past::{accept_at, for_rules, of, replay, snapshot};

/// More than is ever read ahead.
const MANY: i64 = 10_000;

/// A journal of many events of several sites by turns; of some something was made.
async fn many() -> (Kept, Vec<Event>) {
    let kept = Kept::new();
    let events: Vec<Event> = (1..=MANY)
        .map(|n| Event {
            site: ["practice", "another", "third"][usize::try_from(n % 3).unwrap()].into(),
            ..becomes(n, "Task", n % 97, if n % 2 == 0 { "rev" } else { "apv" })
        })
        .collect();
    let seqs = kept.accept(delivery(events.clone())).await.unwrap().new;
    for seq in seqs.iter().step_by(30) {
        let one = vec![change("Shot", *seq, "act", Cause::Event)];
        kept.decide(*seq, decision(one), at(5)).await.unwrap();
    }
    (kept, events)
}

#[tokio::test]
async fn a_long_replay_tells_every_event_once_and_in_order() {
    let (kept, events) = many().await;
    let told = replay(&kept, None, None);
    assert_eq!(told.len(), events.len());
    for ((n, event), (seq, told, revision, changes)) in (1..).zip(events).zip(told) {
        assert_eq!((seq, told), (n, for_rules(event)));
        let made: Vec<PastChange> = (n % 30 == 1).then(|| of(("Shot", n), "act")).into_iter().collect();
        assert_eq!((revision.is_some(), changes), (n % 30 == 1, made));
    }
    let mut next = 1;
    snapshot(&kept)
        .words(&mut |word| {
            assert_eq!((word.seq, &word.entity), (next, &EntityKey::new("Task", next % 97)));
            next += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(next, MANY + 1);
}

#[tokio::test]
async fn what_is_broken_off_is_not_read_to_the_end() {
    let (kept, _) = many().await;
    let spoil = "UPDATE event SET received_at = 9223372036854775806 WHERE seq = (SELECT max(seq) FROM event)";
    assert_eq!(kept.another().execute(spoil, []).unwrap(), 1);
    let ends_after = |wanted: i64| {
        let mut left = wanted;
        move || {
            left -= 1;
            if left == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    };
    let replayed = |wanted| {
        let mut ends = ends_after(wanted);
        snapshot(&kept).replay(None, None, &mut |_| ends())
    };
    let spoken = |wanted| {
        let mut ends = ends_after(wanted);
        snapshot(&kept).words(&mut |_| ends())
    };
    // The last cannot be read, which only those find out who come there.
    assert!(replayed(MANY).is_err() && spoken(MANY).is_err());
    replayed(1_000).unwrap();
    spoken(1_000).unwrap();
    replayed(1).unwrap();
    spoken(1).unwrap();
}

#[tokio::test]
async fn reading_ends_with_whoever_fails_at_what_was_read() {
    let (kept, _) = many().await;
    let mut before = snapshot(&kept);
    let failing = || before.replay(None, None, &mut |past| panic!("cannot bear event {}", past.seq));
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(failing));
    assert!(failed.is_err());
    assert_eq!(before.count_events(None, None).unwrap(), MANY.cast_unsigned());
}

#[tokio::test]
async fn the_past_tells_no_event_that_comes_while_it_is_read() {
    let kept = Kept::new();
    let first = accept_at(&kept, vec![event(1), event(2)], 10).await;
    let mut before = snapshot(&kept);
    let later = accept_at(&kept, vec![event(3)], 11).await;
    let mut words = Vec::new();
    before
        .words(&mut |word| {
            words.push(word.seq);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(words, first);
    let mut told = Vec::new();
    before
        .replay(None, None, &mut |past| {
            told.push(past.seq);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(told, first);
    assert_eq!(before.count_events(None, None).unwrap(), 2);
    drop(before);
    assert_eq!(snapshot(&kept).count_events(None, None).unwrap(), 3);
    assert_eq!(replay(&kept, None, None).last().map(|t| t.0), later.last().copied());
}
