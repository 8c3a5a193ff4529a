//! What rules hand over to other sites: on disk with the decision, and over there once.

use callboard_journal::{Arriving, CarryState, Decision, NewCarry, OpenCarry, Outcome, SOMEBODY, Settled};
use callboard_model::{
    Actor, ActorKind, Carried, Cause, Change, ChangeState, EntityId, EntityKey, EntityRef, Event, EventKey, Operation,
    Road, Skip,
};
use serde_json::json;

use crate::made::{Kept, at, change, decision, event};

fn carry(cause: Cause) -> NewCarry {
    NewCarry {
        carried: Carried {
            rule: "over".into(),
            entity: EntityRef::new("Task", 5001),
            site: "show".into(),
            kind: "Task".into(),
            find_by: Some("sg_sku".into()),
            key_field: None,
            key: Some("SKU-7".into()),
            to: Some("apv".into()),
            cause,
        },
        rule_name: "Done there too".into(),
        reason: None,
    }
}

fn arriving(key: &str) -> Arriving {
    let somebody = EntityKey::new(SOMEBODY, EntityId::Text("Ada".into()));
    Arriving {
        event: Event {
            entity: Some(EntityRef::new("Task", 9).named("Composite")),
            new: Some(json!({ "type": "Rule", "id": "over", "name": "Done there too" })),
            actor: Some(Actor {
                kind: ActorKind::Person,
                entity: EntityRef {
                    key: somebody,
                    name: Some("Ada".into()),
                },
            }),
            ..Event::bare(
                "show".into(),
                EventKey::from(key),
                Road::Hand,
                "Callboard_Elsewhere",
                Operation::Custom,
            )
        },
        entered_by: "Callboard".into(),
        source: "rule \"Done there too\", from event 1 of practice".into(),
    }
}

fn open(kept: &Kept) -> Vec<OpenCarry> {
    kept.reader().open_carries("show", 10).unwrap()
}

async fn settle(kept: &Kept, change: &Change, state: ChangeState, skip: Option<Skip>) {
    let settled = Settled {
        state,
        skip,
        ..Settled::of(change)
    };
    kept.settle(vec![settled], at(6)).await.unwrap();
}

#[tokio::test]
async fn what_is_handed_over_waits_for_its_site_and_goes_over_once() {
    let kept = Kept::new();
    kept.know(&[("Task", 5001, "comp")]).await;
    let seq = kept.accept_one(event(1)).await;
    let only = Decision {
        outcome: Outcome::Changed,
        ..decision(Vec::new())
    };
    for _ in 0..2 {
        let decided = kept
            .decide_and_carry(seq, only.clone(), vec![carry(Cause::Event)], at(5))
            .await;
        assert!(decided.unwrap().changes.is_empty());
    }
    assert!(kept.reader().open_carries("practice", 10).unwrap().is_empty());
    let [one] = open(&kept).try_into().expect("decided twice, it stands there once");
    assert_eq!((one.seq, one.event.key.as_str()), (seq, "log:1"));
    assert!(one.parent.is_none());
    assert_eq!(one.carry.entity, EntityRef::new("Task", 5001).named("comp"));

    kept.carry_waits(one.carry.id, "show is down".into()).await.unwrap();
    let waiting = kept.row(seq).cascade.unwrap().carried.remove(0);
    assert_eq!(
        (waiting.state, waiting.reason.as_deref()),
        (CarryState::Planned, Some("show is down"))
    );

    let mut news = kept.subscribe();
    let there = kept
        .carry_arrives(one.carry.id, arriving("elsewhere:1"), at(7))
        .await
        .unwrap();
    let touched = news.recv().await.unwrap();
    assert_eq!((touched.events, touched.work), (vec![seq, there], true));
    let again = kept
        .carry_arrives(one.carry.id, arriving("elsewhere:1"), at(8))
        .await
        .unwrap();
    assert_eq!(again, there);
    assert_eq!(kept.count("event"), 2);
    assert!(open(&kept).is_empty());
    // What has gone over is not given up any more.
    kept.carry_ends(one.carry.id, CarryState::Failed, "too late".into(), at(9))
        .await
        .unwrap();

    let carried = kept.row(seq).cascade.unwrap().carried.remove(0);
    assert_eq!(
        (carried.state, carried.event, carried.reason),
        (CarryState::Carried, Some(there), None)
    );
    assert_eq!(
        (carried.found, carried.settled_at),
        (Some(EntityRef::new("Task", 9).named("Composite")), at(7))
    );
    let row = kept.row(there);
    assert_eq!((row.site.as_str(), row.outcome), ("show", Outcome::Waiting));
    assert_eq!(row.actor.unwrap().entity.name.as_deref(), Some("Ada"));
    let by_hand = row.by_hand.unwrap();
    assert_eq!(by_hand.source, "rule \"Done there too\", from event 1 of practice");
}

#[tokio::test]
async fn what_hangs_beneath_a_change_waits_until_that_is_written_or_is_not() {
    for (state, skip, ready) in [
        (ChangeState::Planned, None, false),
        (ChangeState::Applied, None, false),
        (ChangeState::Skipped, Some(Skip::Paused), false),
        (ChangeState::Skipped, Some(Skip::Asks), false),
        (ChangeState::Confirmed, None, true),
        (ChangeState::Failed, None, true),
        (ChangeState::Skipped, Some(Skip::Overruled), true),
        (ChangeState::Skipped, Some(Skip::AlreadyThere), true),
    ] {
        let kept = Kept::new();
        let seq = kept.accept_one(event(1)).await;
        let asked = decision(vec![change("Shot", 2, "act", Cause::Event)]);
        let decided = kept
            .decide_and_carry(seq, asked, vec![carry(Cause::Change(0))], at(5))
            .await;
        let changes = decided.unwrap().changes;
        settle(&kept, &changes[0], state, skip).await;
        let found = open(&kept);
        assert_eq!(!found.is_empty(), ready, "{state:?} {skip:?}");
        if let [one] = found.as_slice() {
            let parent = one.parent.as_ref().unwrap();
            assert_eq!((parent.id, parent.state, parent.skip), (changes[0].id, state, skip));
        }
        let parent = kept.row(seq).cascade.unwrap().carried[0].parent;
        assert_eq!(parent, Some(changes[0].id));
    }
}

#[tokio::test]
async fn an_event_whose_handing_over_fails_has_failed_whichever_ends_first() {
    for carry_first in [true, false] {
        let kept = Kept::new();
        let seq = kept.accept_one(event(1)).await;
        let asked = decision(vec![change("Shot", 2, "act", Cause::Event)]);
        let decided = kept
            .decide_and_carry(seq, asked, vec![carry(Cause::Event)], at(5))
            .await;
        let changes = decided.unwrap().changes;
        let id = open(&kept)[0].carry.id;
        let fail = || kept.carry_ends(id, CarryState::Failed, "None has the key".into(), at(6));
        if carry_first {
            fail().await.unwrap();
            assert_eq!(
                kept.row(seq).outcome,
                Outcome::Waiting,
                "its changes are still to be written"
            );
        }
        settle(&kept, &changes[0], ChangeState::Confirmed, None).await;
        assert!(kept.end_cascade(seq, Outcome::Changed).await.unwrap());
        if !carry_first {
            assert_eq!(kept.row(seq).outcome, Outcome::Changed);
            fail().await.unwrap();
        }
        assert_eq!(kept.row(seq).outcome, Outcome::Failed);
        let carried = kept.row(seq).cascade.unwrap().carried.remove(0);
        assert_eq!(
            (carried.state, carried.reason.as_deref()),
            (CarryState::Failed, Some("None has the key"))
        );
    }
}

#[tokio::test]
async fn what_is_still_to_be_handed_over_keeps_its_event_and_then_goes_with_it() {
    const DAY: i64 = 86_400;
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    let only = Decision {
        outcome: Outcome::Changed,
        ..decision(Vec::new())
    };
    kept.decide_and_carry(seq, only.clone(), vec![carry(Cause::Event)], at(5))
        .await
        .unwrap();
    // The newest cascade stays in any case.
    let newest = kept.accept_one(event(2)).await;
    kept.decide(newest, only, at(5)).await.unwrap();
    assert_eq!(kept.let_go(at(DAY), 10).await.unwrap(), 0);
    let id = open(&kept)[0].carry.id;
    kept.carry_arrives(id, arriving("elsewhere:1"), at(6)).await.unwrap();
    assert_eq!(kept.let_go(at(DAY), 10).await.unwrap(), 1);
    assert_eq!(kept.count("carry"), 0);
}
