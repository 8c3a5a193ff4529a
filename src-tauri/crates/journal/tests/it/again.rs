//! Events replayed.

use std::collections::HashSet;

use callboard_journal::Outcome;
use callboard_model::Road;

use crate::made::{Kept, at, event, site};

#[tokio::test]
async fn a_replay_is_a_new_event_of_the_same_content_that_waits() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(7)).await;
    kept.close_event(seq, Outcome::Nothing, None).await.unwrap();
    let again = kept.accept_again(seq, "Ada".into(), at(5)).await.unwrap();
    let waiting = kept.reader().waiting(&site(), &HashSet::new(), None, 10).unwrap();
    assert_eq!((waiting.len(), waiting[0].seq), (1, again));
    let (new, old) = (&waiting[0].event, event(7));
    assert_eq!(
        (new.road, new.hook.as_ref(), new.key.as_str()),
        (Road::Hand, None, format!("replay:{seq}:1").as_str())
    );
    assert_eq!(
        (
            &new.entity,
            &new.field,
            &new.old,
            &new.new,
            new.occurred_at,
            new.event_log_entry_id
        ),
        (
            &old.entity,
            &old.field,
            &old.old,
            &old.new,
            old.occurred_at,
            old.event_log_entry_id
        )
    );
    let row = kept.row(again);
    let by_hand = row.by_hand.unwrap();
    assert_eq!(
        (by_hand.entered_by, by_hand.source),
        ("Ada".into(), format!("replay of {seq}"))
    );
    assert!(row.is_status);
    let reader = kept.reader();
    assert_eq!(reader.received_of(again).unwrap(), reader.received_of(seq).unwrap());
    assert!(reader.received_of(seq).unwrap().is_some());
    assert_eq!(kept.row(seq).outcome, Outcome::Nothing);
}

#[tokio::test]
async fn asked_twice_within_a_moment_or_while_it_waits_it_is_one() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(7)).await;
    let other = kept.accept_one(event(70)).await;
    let again = async |seq: i64, seconds: i64| kept.accept_again(seq, "Ada".into(), at(seconds)).await.unwrap();
    let first = again(seq, 10).await;
    assert_eq!(kept.reader().replayed_just_now(seq, at(10)).unwrap(), Some(first));
    assert_eq!(again(seq, 100).await, first, "it still waits");
    kept.close_event(first, Outcome::Changed, None).await.unwrap();
    assert_eq!(again(seq, 11).await, first, "a moment later");
    assert_ne!(again(other, 11).await, first, "that is another event");
    let second = again(seq, 13).await;
    assert_ne!(second, first, "somebody asks anew");
    let deeper = again(second, 13).await;
    assert!(deeper > second);
    let reader = kept.reader();
    assert_eq!(reader.received_of(deeper).unwrap(), reader.received_of(seq).unwrap());
}

#[tokio::test]
async fn a_replay_is_no_word_of_its_own() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(7)).await;
    kept.close_event(seq, Outcome::Nothing, None).await.unwrap();
    let words = || {
        let mut told = Vec::new();
        let mut each = |word: &callboard_journal::Word| {
            told.push(word.seq);
            std::ops::ControlFlow::Continue(())
        };
        kept.reader().past().unwrap().words(&mut each).unwrap();
        told
    };
    let before = (words(), kept.reader().history_before(at(1_000)).unwrap());
    kept.accept_again(seq, "Ada".into(), at(500)).await.unwrap();
    assert_eq!((words(), kept.reader().history_before(at(1_000)).unwrap()), before);
}
