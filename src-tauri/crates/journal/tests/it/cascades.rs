//! Decisions, the outbox, and what came of it.

use std::collections::HashSet;

use callboard_journal::{After, Decision, NewChange, Outcome, Settled};
use callboard_model::{Cause, Change, ChangeState, EntityKey, EntityRef, Event, Road, Skip};

use crate::made::{Kept, at, becomes, change, decision, delivery, event, of_write, site};

fn no_cascade(outcome: Outcome) -> Decision {
    Decision {
        outcome,
        why: Some("because".into()),
        cascade: None,
    }
}

fn settled(change: &Change, state: ChangeState, reason: Option<&str>) -> Settled {
    Settled {
        change: change.id,
        state,
        skip: (state == ChangeState::Skipped).then_some(Skip::Overruled),
        reason: reason.map(Into::into),
        attempts: 1,
    }
}

#[tokio::test]
async fn a_decision_is_a_tree_under_its_event() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    let changes = vec![
        change("Task", 1, "rev", Cause::Event),
        change("Shot", 2, "act", Cause::Change(0)),
        change("Task", 3, "rdy", Cause::Change(1)),
    ];
    let decided = kept.decide(seq, decision(changes), at(5)).await.unwrap().changes;
    let parents: Vec<Option<i64>> = decided.iter().map(|c| c.parent).collect();
    assert_eq!(parents, [None, Some(decided[0].id), Some(decided[1].id)]);
    assert!(
        decided
            .iter()
            .all(|c| c.state == ChangeState::Planned && c.planned_at == at(5) && c.attempts == 0)
    );
    let cascade = kept.row(seq).cascade.unwrap();
    assert_eq!(
        (cascade.revision, cascade.rule_set.as_str(), cascade.decided_at),
        (3, "Status overhaul", at(5))
    );
    assert_eq!(cascade.changes, decided);
}

#[tokio::test]
async fn deciding_twice_changes_nothing_and_answers_what_stands_there() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    let first = kept
        .decide(seq, decision(vec![change("Task", 1, "rev", Cause::Event)]), at(5))
        .await
        .unwrap()
        .changes;
    let again = vec![
        change("Task", 9, "fin", Cause::Event),
        change("Shot", 9, "fin", Cause::Event),
    ];
    let second = kept.decide(seq, decision(again), at(6)).await.unwrap().changes;
    assert_eq!(first, second);
    let row = kept.row(seq);
    kept.decide(seq, no_cascade(Outcome::Echo), at(7)).await.unwrap();
    assert_eq!(kept.row(seq), row);
    assert_eq!((kept.count("cascade"), kept.count("change")), (1, 1));
}

#[tokio::test]
async fn an_event_of_which_nothing_came_is_not_decided_again() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    kept.decide(seq, no_cascade(Outcome::Echo), at(5)).await.unwrap();
    let later = kept
        .decide(seq, decision(vec![change("Task", 1, "rev", Cause::Event)]), at(6))
        .await
        .unwrap();
    assert!(later.changes.is_empty());
    let row = kept.row(seq);
    assert_eq!((row.outcome, row.why.as_deref()), (Outcome::Echo, Some("because")));
    assert_eq!(row.cascade, None);
}

#[tokio::test]
async fn what_is_open_waits_with_its_changes_and_what_is_closed_does_not() {
    let kept = Kept::new();
    let seqs = kept
        .accept(delivery(vec![event(1), event(2), event(3)]))
        .await
        .unwrap()
        .new;
    let changes = kept
        .decide(seqs[0], decision(vec![change("Task", 1, "rev", Cause::Event)]), at(5))
        .await
        .unwrap()
        .changes;
    kept.close_event(seqs[1], Outcome::Nothing, None).await.unwrap();
    kept.postpone(seqs[2], "the site is down".into()).await.unwrap();
    let waiting = kept
        .reader()
        .waiting(&crate::made::site(), &HashSet::new(), None, 10)
        .unwrap();
    assert_eq!(waiting.iter().map(|w| w.seq).collect::<Vec<_>>(), [seqs[0], seqs[2]]);
    assert_eq!(waiting[0].changes, changes);
    assert_eq!(kept.row(seqs[2]).why.as_deref(), Some("the site is down"));
    assert_eq!(
        kept.reader()
            .waiting(&crate::made::site(), &HashSet::from([seqs[0]]), None, 10)
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        kept.reader()
            .waiting(&crate::made::site(), &HashSet::new(), None, 1)
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn changes_settle_together_or_not_at_all() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    let planned = vec![
        change("Task", 1, "rev", Cause::Event),
        change("Shot", 2, "act", Cause::Event),
    ];
    let changes = kept.decide(seq, decision(planned), at(5)).await.unwrap().changes;
    let good = settled(&changes[0], ChangeState::Confirmed, None);
    let mut nobody = settled(&changes[1], ChangeState::Confirmed, None);
    nobody.change = 99;
    assert!(kept.settle(vec![good.clone(), nobody], at(6)).await.is_err());
    assert_eq!(kept.row(seq).cascade.unwrap().changes, changes);

    let skipped = settled(&changes[1], ChangeState::Skipped, Some("Ada set it to hld"));
    kept.settle(vec![good, skipped], at(7)).await.unwrap();
    let after = kept.row(seq).cascade.unwrap().changes;
    assert_eq!(
        (after[0].state, after[0].settled_at, after[0].attempts),
        (ChangeState::Confirmed, at(7), 1)
    );
    assert_eq!(
        (after[1].state, after[1].skip, after[1].reason.as_deref()),
        (ChangeState::Skipped, Some(Skip::Overruled), Some("Ada set it to hld"))
    );
}

#[tokio::test]
async fn an_outcome_is_the_worst_of_its_changes() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    let planned = (1..=2).map(|id| change("Task", id, "rev", Cause::Event)).collect();
    let made = kept.decide(seq, decision(planned), at(5)).await.unwrap().changes;
    let of = |first: (ChangeState, Option<Skip>), second: (ChangeState, Option<Skip>)| {
        let mut changes = made.clone();
        for (change, (state, skip)) in changes.iter_mut().zip([first, second]) {
            change.state = state;
            change.skip = skip;
        }
        Outcome::of(&changes)
    };
    use ChangeState::{Applied, Confirmed, Failed, Planned, Skipped, Undone};
    let (overruled, there) = (Some(Skip::Overruled), Some(Skip::AlreadyThere));
    assert_eq!(of((Confirmed, None), (Planned, None)), Outcome::Waiting);
    assert_eq!(of((Failed, None), (Applied, None)), Outcome::Waiting);
    assert_eq!(of((Failed, None), (Confirmed, None)), Outcome::Failed);
    assert_eq!(of((Skipped, overruled), (Failed, None)), Outcome::Failed);
    assert_eq!(of((Skipped, overruled), (Confirmed, None)), Outcome::Skipped);
    assert_eq!(of((Skipped, there), (Confirmed, None)), Outcome::Changed);
    assert_eq!(of((Skipped, there), (Skipped, there)), Outcome::Nothing);
    assert_eq!(of((Undone, None), (Confirmed, None)), Outcome::Changed);
    assert_eq!(Outcome::of(&[]), Outcome::Nothing);
}

#[tokio::test]
async fn our_own_change_is_found_by_its_entity_status_and_time() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    let planned = vec![
        change("Task", 1, "rev", Cause::Event),
        change("Task", 1, "fin", Cause::Event),
    ];
    let changes = kept.decide(seq, decision(planned), at(5)).await.unwrap().changes;
    let task = EntityKey::new("Task", 1);
    let find = |to: &str, since| {
        kept.reader()
            .echo_of(&site(), (&task, None), |code| code == Some(&to.into()), since)
            .unwrap()
            .map(of_write)
    };
    assert_eq!(find("rev", at(5)).map(|c| c.id), Some(changes[0].id));
    let open = find("rev", at(9)).map(|c| c.id);
    assert_eq!(
        open,
        Some(changes[0].id),
        "one that still waits for its site has its echo before it"
    );
    assert_eq!(find("hld", at(0)), None);
    let cleared = kept
        .reader()
        .echo_of(&site(), (&task, None), |code| code.is_none(), at(0));
    assert!(cleared.unwrap().is_none());
    let elsewhere = kept.reader().echo_of(&"another".into(), (&task, None), |_| true, at(0));
    assert!(elsewhere.unwrap().is_none());
    kept.settle(vec![settled(&changes[0], ChangeState::Skipped, None)], at(7))
        .await
        .unwrap();
    assert_eq!(find("rev", at(5)), None, "what was not written has no echo");
    kept.settle(vec![settled(&changes[1], ChangeState::Confirmed, None)], at(7))
        .await
        .unwrap();
    assert_eq!(find("fin", at(7)).map(|c| c.id), Some(changes[1].id));
    assert_eq!(
        find("fin", at(8)),
        None,
        "an event after the write was not raised by it"
    );
}

/// A status and another field of one entity may come to the same word; neither is the other.
#[tokio::test]
async fn a_change_of_a_field_is_found_by_that_field_alone() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    let of_field = |field: &str| NewChange {
        field: Some(field.into()),
        ..change("Task", 5001, "rev", Cause::Event)
    };
    let planned = vec![
        change("Task", 5001, "rev", Cause::Event),
        of_field("sg_state"),
        NewChange {
            to: None,
            ..of_field("sg_other")
        },
    ];
    let changes = kept.decide(seq, decision(planned), at(5)).await.unwrap().changes;
    let fields: Vec<_> = changes.iter().map(|c| c.field.as_deref()).collect();
    assert_eq!(fields, [None, Some("sg_state"), Some("sg_other")]);
    assert_eq!(
        kept.row(seq).cascade.unwrap().changes,
        changes,
        "the feed shows the same"
    );

    let task = EntityKey::new("Task", 5001);
    let find = |field: Option<&str>, to: Option<&str>| {
        let to = to.map(callboard_model::StatusCode::from);
        let is_it = |code: Option<&callboard_model::StatusCode>| code == to.as_ref();
        let found = kept.reader().echo_of(&site(), (&task, field), is_it, at(5));
        found.unwrap().map(|echo| of_write(echo).id)
    };
    assert_eq!(find(None, Some("rev")), Some(changes[0].id));
    assert_eq!(find(Some("sg_state"), Some("rev")), Some(changes[1].id));
    assert_eq!(find(Some("sg_other"), None), Some(changes[2].id));
    assert_eq!(find(Some("sg_other"), Some("rev")), None);
    assert_eq!(find(Some("sg_third"), Some("rev")), None);

    let written = changes[1..].iter().map(|c| settled(c, ChangeState::Confirmed, None));
    kept.settle(written.collect(), at(6)).await.unwrap();
    let rule = changes[1].rule.clone();
    let times = |field| {
        let reader = kept.reader();
        reader
            .times_set(&site(), &rule, (&task, field), Some(&"rev".into()), at(0))
            .unwrap()
    };
    assert_eq!(
        (times(None), times(Some("sg_state")), times(Some("sg_other"))),
        (0, 1, 0)
    );
    let statuses = kept.reader().history_before(at(100)).unwrap();
    let status = statuses
        .iter()
        .find(|word| word.entity == task)
        .map(|word| &word.status);
    assert_eq!(
        status,
        Some(&Some("rev".into())),
        "a field that was cleared cleared no status"
    );
}

#[tokio::test]
async fn a_later_word_on_a_field_is_of_that_field() {
    let kept = Kept::new();
    let (task, me) = (EntityKey::new("Task", 5001), EntityKey::new("ApiUser", 41));
    let later = |field: Option<&str>, entry: i64| {
        let found = kept
            .reader()
            .later_word(&site(), (&task, field), After::Entry(entry), Some(&me));
        found.unwrap().map(|word| word.at)
    };
    kept.accept_one(event(10)).await;
    let mut other_field = event(12);
    other_field.field = Some("sg_state".into());
    let seq = kept.accept_one(other_field).await;
    assert_eq!(later(Some("sg_state"), 9), Some(at(12)));
    assert_eq!(later(Some("sg_state"), 12), None);
    assert_eq!(later(Some("sg_other"), 9), None);
    assert_eq!(later(None, 10), None);
    let ours = NewChange {
        field: Some("sg_other".into()),
        ..change("Task", 5001, "x", Cause::Event)
    };
    kept.decide(seq, decision(vec![ours]), at(13)).await.unwrap();
    assert_eq!(later(Some("sg_other"), 11), Some(at(13)), "ours for a later event");
    assert_eq!(later(None, 11), None);
}

#[tokio::test]
async fn a_later_word_is_somebodys_newer_status_or_our_own_for_a_newer_event() {
    let kept = Kept::new();
    let (task, me) = (EntityKey::new("Task", 5001), EntityKey::new("ApiUser", 41));
    let later = |entry: i64| {
        kept.reader()
            .later_word(&site(), (&task, None), After::Entry(entry), Some(&me))
            .unwrap()
    };
    kept.know(&[("HumanUser", 88, "Ada")]).await;
    kept.accept_one(event(10)).await;
    assert_eq!(later(10), None, "the event itself is not later than itself");
    let word = later(9).unwrap();
    assert_eq!((word.who.as_deref(), word.at), (Some("Ada"), at(10)));

    let mut echo = event(11);
    echo.actor = Some(callboard_model::Actor {
        kind: callboard_model::ActorKind::Script,
        entity: EntityRef::new("ApiUser", 41),
    });
    let mut other_field = event(12);
    other_field.field = Some("description".into());
    let mut in_create = event(13);
    in_create.in_create = true;
    let another_task = becomes(14, "Task", 5002, "rev");
    kept.accept(delivery(vec![echo, other_field, in_create, another_task]))
        .await
        .unwrap();
    assert_eq!(
        later(10),
        None,
        "neither an echo, another field, a birth nor another Task"
    );

    let mut nobody = event(15);
    nobody.actor = None;
    kept.accept_one(nobody).await;
    assert_eq!(later(10).unwrap().who, None);

    let cause = kept.accept_one(becomes(20, "Version", 1, "apv")).await;
    kept.decide(cause, decision(vec![change("Task", 5001, "apv", Cause::Event)]), at(30))
        .await
        .unwrap();
    let ours = later(15).unwrap();
    assert_eq!((ours.who, ours.at), (None, at(30)));
    assert_eq!(later(20), None);
}

#[tokio::test]
async fn where_a_site_numbers_nothing_later_is_what_happened_later_in_whatever_order_it_came() {
    let kept = Kept::new();
    let task = EntityKey::new("Task", 5001);
    let unnumbered = |event: Event| Event {
        event_log_entry_id: None,
        ..event
    };
    let after = |event: &Event| {
        let after = After::of(event)?;
        kept.reader().later_word(&site(), (&task, None), after, None).unwrap()
    };
    let late = unnumbered(becomes(20, "Version", 1, "rev"));
    assert_eq!(after(&late), None);
    let cause = kept.accept_one(unnumbered(becomes(30, "Version", 1, "apv"))).await;
    kept.decide(cause, decision(vec![change("Task", 5001, "apv", Cause::Event)]), at(31))
        .await
        .unwrap();
    kept.accept_one(late.clone()).await;
    assert_eq!(after(&late).unwrap().at, at(31), "ours, for what happened later");
    assert_eq!(after(&unnumbered(becomes(30, "Version", 1, "apv"))), None);

    let somebody = unnumbered(event(40));
    kept.accept_one(somebody.clone()).await;
    assert_eq!(after(&late).unwrap().at, at(40), "somebody's");
    let entered = Event {
        road: Road::Hand,
        ..late
    };
    assert_eq!(after(&entered), None, "what a person enters happens when it is entered");
}

#[tokio::test]
async fn commits_tell_what_they_touched() {
    let kept = Kept::new();
    let mut news = kept.subscribe();
    let seq = kept.accept_one(event(1)).await;
    let touched = news.recv().await.unwrap();
    assert_eq!(
        (touched.events, touched.overview, touched.work),
        (vec![seq], false, true)
    );
    kept.accept(delivery(vec![event(1)])).await.unwrap();
    kept.close_event(seq, Outcome::Nothing, None).await.unwrap();
    let touched = news.recv().await.unwrap();
    assert_eq!(
        (touched.events, touched.work),
        (vec![seq], false),
        "a repeat is no news"
    );
}
