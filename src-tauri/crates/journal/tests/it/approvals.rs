//! The inbox, and what is taken back.

use callboard_journal::{DeliveryIn, Echo, NewChange, Outcome, Settled};
use callboard_model::{Cause, Change, ChangeState, EntityKey, EntityRef, Skip};

use crate::made::{Kept, at, becomes, change, decision, delivery, event, of_write, site};

fn asked(kind: &str, id: i64, to: &str, cause: Cause) -> NewChange {
    NewChange {
        state: ChangeState::Skipped,
        skip: Some(Skip::Asks),
        reason: Some("practice asks first".into()),
        ..change(kind, id, to, cause)
    }
}

/// Decides an event so, and closes it as the engine would.
async fn decide(kept: &Kept, seq: i64, changes: Vec<NewChange>, seconds: i64) -> Vec<Change> {
    let decided = kept.decide(seq, decision(changes), at(seconds)).await.unwrap().changes;
    kept.end_cascade(seq, Outcome::of(&decided)).await.unwrap();
    decided
}

async fn events(kept: &Kept, entries: &[i64]) -> Vec<i64> {
    let events = entries.iter().map(|entry| event(*entry)).collect();
    kept.accept(delivery(events)).await.unwrap().new
}

fn changes(kept: &Kept, seq: i64) -> Vec<Change> {
    kept.row(seq).cascade.unwrap().changes
}

fn skips(kept: &Kept, seq: i64) -> Vec<Option<Skip>> {
    changes(kept, seq).iter().map(|c| c.skip).collect()
}

fn confirmed(change: &Change) -> Settled {
    Settled {
        state: ChangeState::Confirmed,
        ..Settled::of(change)
    }
}

fn waiting(kept: &Kept) -> Vec<i64> {
    kept.reader().inbox().unwrap().iter().map(|w| w.change).collect()
}

#[tokio::test]
async fn the_inbox_names_what_waits_and_whom_it_follows_from() {
    let kept = Kept::new();
    assert!(waiting(&kept).is_empty());
    let seq = events(&kept, &[7]).await[0];
    kept.know(&[("Task", 5001, "Composite"), ("HumanUser", 88, "Ada")])
        .await;
    let field = NewChange {
        field: Some("sg_state".into()),
        ..asked("Shot", 1, "sent", Cause::Change(0))
    };
    let planned = decide(&kept, seq, vec![asked("Task", 5001, "rev", Cause::Event), field], 1).await;
    let [task, shot] = &kept.reader().inbox().unwrap()[..] else {
        panic!("two wait")
    };
    assert_eq!((task.change, task.seq, &task.site), (planned[0].id, seq, &site()));
    assert_eq!(task.entity, EntityRef::new("Task", 5001).named("Composite"));
    assert_eq!(
        (task.from.as_ref().unwrap().as_str(), task.to.as_ref().unwrap().as_str()),
        ("ip", "rev")
    );
    assert_eq!(task.actor.as_ref().unwrap().entity.name.as_deref(), Some("Ada"));
    assert_eq!(
        (task.at, task.rule_name.as_str(), task.follows_from),
        (at(7), "A rule", None)
    );
    assert_eq!(
        (shot.field.as_deref(), shot.follows_from),
        (Some("sg_state"), Some(task.change))
    );
    assert_eq!(kept.reader().waiting_for_a_person().unwrap(), 2);
    assert_eq!(kept.row(seq).outcome, Outcome::Skipped);
}

#[tokio::test]
async fn what_is_accepted_is_planned_with_its_causes_and_its_event_waits_again() {
    let kept = Kept::new();
    let seq = events(&kept, &[1]).await[0];
    let planned = vec![
        asked("Version", 1, "rev", Cause::Event),
        asked("Task", 1, "rev", Cause::Change(0)),
        asked("Shot", 1, "rev", Cause::Change(1)),
        asked("Task", 2, "rev", Cause::Event),
    ];
    let planned = decide(&kept, seq, planned, 1).await;
    let accepted = kept.accept_changes(vec![planned[1].id, 999], "Ada".into(), at(2)).await;
    assert_eq!(accepted.unwrap(), 2, "with its cause, and without what follows from it");
    assert_eq!(skips(&kept, seq), [None, None, Some(Skip::Asks), Some(Skip::Asks)]);
    let after = &changes(&kept, seq)[1];
    assert_eq!(
        (after.state, after.reason.as_deref(), after.settled_at),
        (ChangeState::Planned, None, at(2))
    );
    assert_eq!(after.accepted_by.as_deref(), Some("Ada"));
    assert_eq!(kept.row(seq).outcome, Outcome::Waiting);
    assert_eq!(
        kept.accept_changes(vec![planned[1].id], "Ada".into(), at(3))
            .await
            .unwrap(),
        0
    );

    assert!(
        !kept.end_cascade(seq, Outcome::Skipped).await.unwrap(),
        "two are still to be written"
    );
    assert_eq!(kept.row(seq).outcome, Outcome::Waiting);
    let written = changes(&kept, seq).into_iter().take(2);
    let written = written.map(|c| confirmed(&c)).collect();
    kept.settle(written, at(4)).await.unwrap();
    assert!(kept.end_cascade(seq, Outcome::Changed).await.unwrap());
    assert_eq!(kept.row(seq).outcome, Outcome::Changed);
}

#[tokio::test]
async fn what_is_declined_takes_along_what_follows_from_it_and_nothing_else() {
    let kept = Kept::new();
    let seq = events(&kept, &[1]).await[0];
    let planned = vec![
        asked("Task", 1, "rev", Cause::Event),
        asked("Shot", 1, "rev", Cause::Change(0)),
        asked("Sequence", 1, "rev", Cause::Change(1)),
        asked("Task", 2, "rev", Cause::Event),
    ];
    let planned = decide(&kept, seq, planned, 1).await;
    let said = "Ada declined it".to_owned();
    assert_eq!(
        kept.decline_changes(vec![planned[1].id], said.clone(), at(2))
            .await
            .unwrap(),
        1
    );
    let lost = Some(Skip::CauseLost);
    assert_eq!(
        skips(&kept, seq),
        [Some(Skip::Asks), Some(Skip::Declined), lost, Some(Skip::Asks)]
    );
    assert_eq!(changes(&kept, seq)[1].reason.as_deref(), Some("Ada declined it"));
    assert_eq!(
        kept.decline_changes(vec![planned[1].id, planned[2].id], said, at(3))
            .await
            .unwrap(),
        0
    );
    assert_eq!(waiting(&kept), [planned[0].id, planned[3].id]);
}

#[tokio::test]
async fn one_change_of_each_status_and_field_waits_the_latest_by_the_sites_log() {
    let kept = Kept::new();
    let seqs = events(&kept, &[5, 6, 4]).await;
    let field = |to: &str| NewChange {
        field: Some("sg_state".into()),
        ..asked("Task", 1, to, Cause::Event)
    };
    decide(
        &kept,
        seqs[0],
        vec![asked("Task", 1, "rev", Cause::Event), field("sent")],
        1,
    )
    .await;
    let decided = kept
        .decide(seqs[1], decision(vec![asked("Task", 1, "fin", Cause::Event)]), at(2))
        .await;
    assert!(decided.unwrap().passed_over);
    assert_eq!(skips(&kept, seqs[0]), [Some(Skip::Replaced), Some(Skip::Asks)]);
    // Delivered last, and it happened first.
    decide(
        &kept,
        seqs[2],
        vec![asked("Task", 1, "ip", Cause::Event), field("seen")],
        3,
    )
    .await;
    assert_eq!(skips(&kept, seqs[2]), [Some(Skip::Replaced), Some(Skip::Replaced)]);
    assert_eq!(waiting(&kept).len(), 2);
    let reason = changes(&kept, seqs[2])[0].reason.clone().unwrap();
    assert!(reason.contains("later change"), "{reason}");
}

#[tokio::test]
async fn a_later_event_that_finds_it_done_or_has_it_written_takes_the_place_of_what_waits() {
    let kept = Kept::new();
    let seqs = events(&kept, &[1, 2, 3, 4]).await;
    decide(
        &kept,
        seqs[0],
        vec![
            asked("Task", 1, "rev", Cause::Event),
            asked("Task", 2, "rev", Cause::Event),
        ],
        1,
    )
    .await;
    let there = NewChange {
        skip: Some(Skip::AlreadyThere),
        ..asked("Task", 1, "ip", Cause::Event)
    };
    decide(&kept, seqs[1], vec![there], 2).await;
    assert_eq!(skips(&kept, seqs[0]), [Some(Skip::Replaced), Some(Skip::Asks)]);
    let not_allowed = NewChange {
        skip: Some(Skip::NotAllowed),
        ..asked("Task", 2, "ip", Cause::Event)
    };
    decide(&kept, seqs[2], vec![not_allowed], 3).await;
    assert_eq!(waiting(&kept).len(), 1, "what is not written takes no place");
    kept.decide(seqs[3], decision(vec![change("Task", 2, "fin", Cause::Event)]), at(4))
        .await
        .unwrap();
    assert!(waiting(&kept).is_empty());
}

/// A change that was written, and its number.
async fn written(kept: &Kept, seconds: i64) -> (i64, Change) {
    let seq = events(kept, &[1]).await[0];
    let planned = kept
        .decide(seq, decision(vec![change("Task", 1, "rev", Cause::Event)]), at(seconds))
        .await;
    let planned = planned.unwrap().changes;
    kept.settle(vec![confirmed(&planned[0])], at(seconds)).await.unwrap();
    kept.end_cascade(seq, Outcome::Changed).await.unwrap();
    (seq, changes(kept, seq).remove(0))
}

#[tokio::test]
async fn an_undo_stands_on_its_change_and_nothing_is_undone_that_was_not_written() {
    let kept = Kept::new();
    let (seq, change) = written(&kept, 1).await;
    let found = kept.reader().change(change.id).unwrap().unwrap();
    assert_eq!((found.site, found.event_seq, found.undoing), (site(), seq, false));
    assert!(kept.reader().change(999).unwrap().is_none());

    kept.end_undo(change.id, true, at(2)).await.unwrap();
    assert_eq!(changes(&kept, seq)[0].state, ChangeState::Confirmed, "it was not begun");
    assert!(kept.begin_undo(change.id, "Ada undid it".into(), at(2)).await.unwrap());
    assert!(kept.reader().change(change.id).unwrap().unwrap().undoing);
    kept.end_undo(change.id, false, at(3)).await.unwrap();
    assert!(
        !kept.reader().change(change.id).unwrap().unwrap().undoing,
        "the site refused it"
    );

    assert!(
        kept.begin_undo(change.id, "Grace undid it".into(), at(4))
            .await
            .unwrap()
    );
    kept.end_undo(change.id, true, at(5)).await.unwrap();
    let after = &changes(&kept, seq)[0];
    assert_eq!(
        (after.state, after.reason.as_deref(), after.settled_at),
        (ChangeState::Undone, Some("Grace undid it"), at(5))
    );
    assert!(!kept.begin_undo(change.id, "Ada undid it".into(), at(6)).await.unwrap());
    // Whoever held it in hand meanwhile does not bring it back.
    kept.settle(vec![confirmed(&change)], at(7)).await.unwrap();
    assert_eq!(changes(&kept, seq)[0].state, ChangeState::Undone);
}

#[tokio::test]
async fn an_undo_has_an_echo_from_before_the_site_hears_of_it_and_so_has_what_it_undoes() {
    let kept = Kept::new();
    let (_, change) = written(&kept, 1).await;
    let task = EntityKey::new("Task", 1);
    let echo = |to: &str, since| {
        let is_it = |code: Option<&callboard_model::StatusCode>| code == Some(&to.into());
        kept.reader().echo_of(&site(), (&task, None), is_it, at(since)).unwrap()
    };
    assert!(echo("ip", 0).is_none(), "nothing has set it to what stood there before");
    kept.begin_undo(change.id, "Ada undid it".into(), at(50)).await.unwrap();
    assert!(matches!(echo("ip", 50), Some(Echo::Undo(c)) if c.id == change.id));
    kept.end_undo(change.id, true, at(51)).await.unwrap();
    assert!(matches!(echo("ip", 50), Some(Echo::Undo(_))));
    assert_eq!(
        echo("rev", 50).map(of_write).map(|c| c.id),
        Some(change.id),
        "its own may be late"
    );
    assert!(
        echo("ip", 52).is_none() && echo("rev", 52).is_none(),
        "too late for either"
    );
    assert!(echo("hld", 0).is_none());
}

#[tokio::test]
async fn what_was_set_again_since_is_known_whoever_did_it() {
    let kept = Kept::new();
    kept.know(&[("HumanUser", 88, "Ada")]).await;
    let (_, change) = written(&kept, 1).await;
    let me = EntityKey::new("ApiUser", 1);
    let since = || {
        let written = kept.reader().change(change.id).unwrap().unwrap();
        kept.reader().set_since(&written, Some(&me)).unwrap()
    };
    let arrives = async |mut event: callboard_model::Event, seconds| {
        event.occurred_at = Some(at(seconds));
        let seq = kept
            .accept(DeliveryIn {
                received_at: at(seconds),
                ..delivery(vec![event])
            })
            .await;
        seq.unwrap().new[0]
    };
    assert_eq!(since(), None);
    // Our own write, heard back; and what the same account did, which is no person's word.
    let mut ours = becomes(10, "Task", 1, "rev");
    ours.actor.as_mut().unwrap().entity = EntityRef::new("ApiUser", 1);
    let echo = arrives(ours, 3).await;
    assert_eq!(since(), None);
    kept.close_event(echo, Outcome::Echo, None).await.unwrap();
    // Before our write by the site's log, though it reaches us later.
    arrives(becomes(9, "Task", 1, "ip"), 4).await;
    arrives(becomes(11, "Task", 2, "ip"), 4).await;
    assert_eq!(since(), None);
    arrives(becomes(12, "Task", 1, "rev"), 5).await;
    let later = since().unwrap();
    assert_eq!((later.who.as_deref(), later.at), (Some("Ada"), at(5)));

    // A later change of ours.
    let seq = arrives(event(20), 6).await;
    let planned = kept
        .decide(
            seq,
            decision(vec![crate::made::change("Task", 1, "rev", Cause::Event)]),
            at(7),
        )
        .await;
    let planned = planned.unwrap().changes;
    kept.settle(vec![confirmed(&planned[0])], at(8)).await.unwrap();
    assert_eq!(since().map(|later| (later.who, later.at)), Some((None, at(8))));
}
