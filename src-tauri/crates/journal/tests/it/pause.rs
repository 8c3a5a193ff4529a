//! The red pause and its end.

use std::collections::HashSet;

use callboard_journal::{NewChange, Outcome, Pause, Resumed, Settled};
use callboard_model::{Cause, Change, ChangeState, Skip};

use crate::made::{Kept, at, change, decision, delivery, event, site};

fn held(kind: &str, id: i64, to: &str, cause: Cause) -> NewChange {
    NewChange {
        state: ChangeState::Skipped,
        skip: Some(Skip::Paused),
        reason: Some("Ada stopped all writing".into()),
        ..change(kind, id, to, cause)
    }
}

/// Decides an event so, and closes it as the engine would.
async fn decide(kept: &Kept, seq: i64, changes: Vec<NewChange>, seconds: i64) -> Vec<Change> {
    let decided = kept.decide(seq, decision(changes), at(seconds)).await.unwrap().changes;
    kept.close_event(seq, Outcome::of(&decided), None).await.unwrap();
    decided
}

fn changes(kept: &Kept, seq: i64) -> Vec<Change> {
    kept.row(seq).cascade.unwrap().changes
}

async fn events(kept: &Kept, number: i64) -> Vec<i64> {
    kept.accept(delivery((1..=number).map(event).collect()))
        .await
        .unwrap()
        .new
}

async fn pause(kept: &Kept, seconds: i64) -> bool {
    kept.pause("Ada".into(), Some("A client is here".into()), at(seconds))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_held_status_and_a_held_field_of_one_entity_are_both_written() {
    let kept = Kept::new();
    let events = events(&kept, 2).await;
    pause(&kept, 1).await;
    let field = |to: &str| NewChange {
        field: Some("sg_state".into()),
        ..held("Task", 1, to, Cause::Event)
    };
    decide(
        &kept,
        events[0],
        vec![held("Task", 1, "fin", Cause::Event), field("sent")],
        2,
    )
    .await;
    decide(&kept, events[1], vec![field("seen")], 3).await;
    assert_eq!(kept.resume(at(4), true).await.unwrap().reopened, 2);
    let states: Vec<_> = events
        .iter()
        .flat_map(|seq| changes(&kept, *seq))
        .map(|c| c.state)
        .collect();
    assert_eq!(
        states,
        [ChangeState::Planned, ChangeState::Skipped, ChangeState::Planned],
        "of the two values of the field the later one"
    );
}

#[tokio::test]
async fn a_pause_says_who_why_since_when_and_how_much_it_holds() {
    let kept = Kept::new();
    assert_eq!(kept.reader().paused().unwrap(), None);
    assert!(pause(&kept, 1).await);
    assert!(!kept.pause("Grace".into(), None, at(2)).await.unwrap());
    let expected = |held| Pause {
        by: "Ada".into(),
        why: Some("A client is here".into()),
        since: at(1),
        held,
    };
    assert_eq!(kept.reader().paused().unwrap(), Some(expected(0)));
    kept.pause("Grace".into(), Some("A client is still here".into()), at(2))
        .await
        .unwrap();
    let expected = |held| Pause {
        why: Some("A client is still here".into()),
        ..expected(held)
    };
    assert_eq!(
        kept.reader().paused().unwrap(),
        Some(expected(0)),
        "a reason may be given afterwards"
    );
    let seqs = events(&kept, 2).await;
    decide(&kept, seqs[0], vec![held("Task", 1, "rev", Cause::Event)], 3).await;
    let planned = kept
        .decide(
            seqs[1],
            decision(vec![
                change("Task", 2, "rev", Cause::Event),
                change("Task", 3, "rev", Cause::Event),
            ]),
            at(3),
        )
        .await
        .unwrap()
        .changes;
    let met = |change: &Change, skip| Settled {
        state: ChangeState::Skipped,
        skip: Some(skip),
        ..Settled::of(change)
    };
    let settled = vec![met(&planned[0], Skip::Paused), met(&planned[1], Skip::Overruled)];
    kept.settle(settled, at(4)).await.unwrap();
    assert_eq!(kept.reader().paused().unwrap(), Some(expected(2)));
    let resumed = kept.resume(at(5), false).await.unwrap();
    assert_eq!(resumed, Resumed::default());
    assert_eq!(kept.reader().paused().unwrap(), None);
}

#[tokio::test]
async fn without_a_pause_there_is_nothing_to_resume() {
    let kept = Kept::new();
    let mut news = kept.subscribe();
    assert_eq!(kept.resume(at(1), true).await.unwrap(), Resumed::default());
    assert!(news.try_recv().is_err());
}

#[tokio::test]
async fn what_a_pause_held_waits_again_and_of_several_the_last_for_each_entity() {
    let kept = Kept::new();
    pause(&kept, 1).await;
    let seqs = events(&kept, 3).await;
    let tree = vec![
        held("Task", 1, "rev", Cause::Event),
        held("Shot", 1, "act", Cause::Change(0)),
    ];
    decide(&kept, seqs[0], tree, 2).await;
    decide(&kept, seqs[1], vec![held("Task", 1, "apv", Cause::Event)], 3).await;
    decide(&kept, seqs[2], vec![held("Task", 1, "fin", Cause::Event)], 3).await;
    assert_eq!(kept.row(seqs[0]).outcome, Outcome::Skipped);
    assert!(
        kept.reader()
            .waiting(&site(), &HashSet::new(), None, 10)
            .unwrap()
            .is_empty()
    );

    let mut news = kept.subscribe();
    let resumed = kept.resume(at(9), true).await.unwrap();
    let expected = Resumed {
        reopened: 2,
        events: vec![seqs[0], seqs[2]],
    };
    assert_eq!(resumed, expected);
    let touched = news.recv().await.unwrap();
    assert!(touched.work && touched.overview && seqs.iter().all(|s| touched.events.contains(s)));

    let first = changes(&kept, seqs[0]);
    let later = "A later change of the same pause took its place";
    assert_eq!(
        (first[0].state, first[0].skip, first[0].reason.as_deref()),
        (ChangeState::Skipped, Some(Skip::Paused), Some(later))
    );
    assert_eq!(
        (
            first[1].state,
            first[1].skip,
            first[1].reason.as_deref(),
            first[1].settled_at
        ),
        (ChangeState::Planned, None, None, at(9))
    );
    assert_eq!(changes(&kept, seqs[1])[0].reason.as_deref(), Some(later));
    let waiting = kept.reader().waiting(&site(), &HashSet::new(), None, 10).unwrap();
    assert_eq!(waiting.iter().map(|w| w.seq).collect::<Vec<_>>(), [seqs[0], seqs[2]]);
    assert_eq!(
        waiting[1].changes[0].state,
        ChangeState::Planned,
        "it is taken up as one cut in half"
    );
    assert_eq!(kept.row(seqs[1]).outcome, Outcome::Skipped);
}

#[tokio::test]
async fn what_a_later_event_found_right_is_not_set_back_by_what_was_held() {
    let kept = Kept::new();
    pause(&kept, 1).await;
    let seqs = events(&kept, 2).await;
    decide(&kept, seqs[0], vec![held("Task", 1, "rev", Cause::Event)], 2).await;
    let there = NewChange {
        skip: Some(Skip::AlreadyThere),
        ..held("Task", 1, "ip", Cause::Event)
    };
    decide(&kept, seqs[1], vec![there], 3).await;
    assert_eq!(kept.resume(at(9), true).await.unwrap().reopened, 0);
    assert_eq!(changes(&kept, seqs[0])[0].skip, Some(Skip::Paused));
}

#[tokio::test]
async fn a_pause_reopens_what_it_held_itself_and_no_other() {
    let kept = Kept::new();
    let seqs = events(&kept, 3).await;
    let skipped = NewChange {
        skip: Some(Skip::Overruled),
        ..held("Task", 4, "rev", Cause::Event)
    };
    pause(&kept, 1).await;
    decide(&kept, seqs[0], vec![held("Task", 1, "rev", Cause::Event)], 1).await;
    kept.resume(at(1), false).await.unwrap();
    // At the same instant: it is not the clock that says which pause held a change.
    pause(&kept, 1).await;
    assert_eq!(kept.reader().paused().unwrap().unwrap().held, 0);
    decide(&kept, seqs[1], vec![held("Task", 2, "rev", Cause::Event), skipped], 1).await;
    let resumed = kept.resume(at(1), true).await.unwrap();
    assert_eq!(resumed.events, [seqs[1]]);
    assert_eq!(changes(&kept, seqs[0])[0].state, ChangeState::Skipped);
    assert_eq!(changes(&kept, seqs[1])[1].skip, Some(Skip::Overruled));
    assert_eq!(kept.resume(at(2), true).await.unwrap().reopened, 0, "once");
}

#[tokio::test]
async fn of_two_that_overtook_each_other_the_one_that_the_site_s_log_has_later_is_written() {
    let kept = Kept::new();
    pause(&kept, 1).await;
    // The delivery of entry 2 came before that of entry 1.
    let seqs = kept.accept(delivery(vec![event(2), event(1)])).await.unwrap().new;
    decide(&kept, seqs[0], vec![held("Task", 1, "apv", Cause::Event)], 2).await;
    decide(&kept, seqs[1], vec![held("Task", 1, "rev", Cause::Event)], 3).await;
    let resumed = kept.resume(at(4), true).await.unwrap();
    assert_eq!(resumed.events, [seqs[0]]);
    assert_eq!(changes(&kept, seqs[0])[0].state, ChangeState::Planned);
    assert_eq!(changes(&kept, seqs[1])[0].skip, Some(Skip::Paused));
}
