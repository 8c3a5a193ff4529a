//! What stands around every view: hooks, issues, rule sets, statuses, refusals, counts.

use callboard_journal::{Counts, Decision, Known, NewChange, Outcome, StatusView};
use callboard_model::{
    Badge, Cause, ChangeState, EntityKey, EntityRef, HookHealth, HookName, HookState, Refusal, Skip,
};

use crate::made::{Kept, at, delivery, event, site};

fn health(name: &str, state: HookState) -> HookHealth {
    HookHealth {
        name: HookName::from(name),
        site: site(),
        state,
        badges: vec![Badge::Unsigned, Badge::HeavyLoad],
        since: at(1),
        why: Some("Because".into()),
    }
}

#[tokio::test]
async fn a_hook_is_put_and_says_what_it_was() {
    let kept = Kept::new();
    let (active, failed) = (health("b", HookState::Active), health("b", HookState::Failed));
    assert_eq!(kept.set_hook(active.clone()).await.unwrap(), None);
    assert_eq!(kept.set_hook(failed.clone()).await.unwrap(), Some(active));
    assert_eq!(kept.set_hook(failed.clone()).await.unwrap(), Some(failed.clone()));
    kept.set_hook(health("a", HookState::Deaf)).await.unwrap();
    assert_eq!(
        kept.reader().hooks().unwrap(),
        [health("a", HookState::Deaf), failed.clone()]
    );
    assert_eq!(kept.reader().hook(&"b".into()).unwrap(), Some(failed));
    kept.keep_hooks(vec!["a".into(), "c".into()]).await.unwrap();
    assert_eq!(kept.reader().hook(&"b".into()).unwrap(), None);
    kept.keep_hooks(vec![]).await.unwrap();
    assert!(kept.reader().hooks().unwrap().is_empty());
}

#[tokio::test]
async fn a_rule_set_is_a_new_revision_only_when_it_is_another_document() {
    let kept = Kept::new();
    assert!(kept.reader().live_rules().unwrap().is_none());
    let publish = |document: &str, seconds| {
        kept.publish_rules("Name".into(), document.into(), "Ada".into(), "note".into(), at(seconds))
    };
    assert_eq!(publish("{}", 1).await.unwrap(), 1);
    assert_eq!(publish("{}", 2).await.unwrap(), 1);
    assert_eq!(kept.reader().live_rules().unwrap().unwrap().0.since, at(1));
    assert_eq!(publish("{ }", 3).await.unwrap(), 2);
    assert_eq!(
        publish("{}", 4).await.unwrap(),
        3,
        "going back is a revision of its own"
    );
    let (live, document) = kept.reader().live_rules().unwrap().unwrap();
    assert_eq!(
        (live.revision, live.name.as_str(), live.since, document.as_str()),
        (3, "Name", at(4), "{}")
    );
    assert_eq!(kept.reader().rules_of(2).unwrap().as_deref(), Some("{ }"));
    assert_eq!(kept.reader().rules_of(9).unwrap(), None);
}

#[tokio::test]
async fn statuses_keep_the_sites_order_and_the_last_reading_stands() {
    let kept = Kept::new();
    let status = |code: &str, name: &str| StatusView {
        code: code.into(),
        name: name.into(),
        color: Some("#ffcc00".into()),
    };
    let put = |list: Vec<StatusView>| kept.put_statuses(site(), "Task".into(), list);
    put(vec![status("old", "Old")]).await.unwrap();
    put(vec![
        status("wtg", "Waiting"),
        status("ip", "In Progress"),
        status("wtg", "Twice"),
    ])
    .await
    .unwrap();
    kept.put_statuses("another".into(), "Task".into(), vec![status("wtg", "Theirs")])
        .await
        .unwrap();
    kept.put_statuses(site(), "Shot".into(), vec![status("act", "Active")])
        .await
        .unwrap();
    let found = kept.reader().statuses().unwrap();
    let codes: Vec<&str> = found["Task"].iter().map(|s| s.code.as_str()).collect();
    assert_eq!(codes, ["wtg", "ip"]);
    assert_eq!(found["Shot"], [status("act", "Active")]);
}

#[tokio::test]
async fn refusals_add_up_by_hook_and_reason_over_the_days() {
    let kept = Kept::new();
    let day = 24 * 60 * 60;
    let refuse = |hook: &str, reason, number, seconds| kept.refuse(hook.into(), reason, number, at(seconds));
    refuse("status", Refusal::SignatureWrong, 3, 0).await.unwrap();
    refuse("status", Refusal::SignatureWrong, 2, 10).await.unwrap();
    refuse("status", Refusal::SignatureWrong, 1, day).await.unwrap();
    refuse("status", Refusal::TooLarge, 1, 5).await.unwrap();
    refuse("", Refusal::SignatureMissing, 7, 5).await.unwrap();
    let row = |hook: &str, reason: Refusal, number, seconds| {
        (hook.to_owned(), reason.as_str().to_owned(), number, at(seconds))
    };
    assert_eq!(
        kept.reader().refusals().unwrap(),
        [
            row("", Refusal::SignatureMissing, 7, 5),
            row("status", Refusal::SignatureWrong, 6, day),
            row("status", Refusal::TooLarge, 1, 5),
        ]
    );
    assert_eq!(kept.count("refusal"), 4, "a row a day");
}

async fn decided(kept: &Kept, seq: i64, state: ChangeState, skip: Option<Skip>, seconds: i64) {
    let change = NewChange {
        entity: EntityRef::new("Task", seq),
        field: None,
        from: None,
        to: Some("rev".into()),
        rule: "r".into(),
        rule_name: "A rule".into(),
        cause: Cause::Event,
        state,
        skip,
        reason: None,
    };
    let decision = Decision {
        outcome: Outcome::Changed,
        why: None,
        cascade: Some((1, "Rules".into(), vec![change])),
    };
    kept.decide(seq, decision, at(seconds)).await.unwrap();
}

#[tokio::test]
async fn a_day_counts_what_came_and_what_was_made_of_it() {
    let kept = Kept::new();
    let mut yesterday = delivery(vec![event(1), event(2)]);
    yesterday.received_at = at(-100);
    let old = kept.accept(yesterday).await.unwrap().new;
    let mut today = delivery((3..=8).map(event).collect());
    today.received_at = at(100);
    let new = kept.accept(today).await.unwrap().new;
    decided(&kept, old[0], ChangeState::Confirmed, None, -100).await;
    decided(&kept, new[0], ChangeState::Confirmed, None, 101).await;
    decided(&kept, new[1], ChangeState::Skipped, Some(Skip::Overruled), 101).await;
    decided(&kept, new[2], ChangeState::Skipped, Some(Skip::AlreadyThere), 101).await;
    decided(&kept, new[3], ChangeState::Failed, None, 101).await;
    let counts = kept.reader().counts(at(0)).unwrap();
    let expected = Counts {
        events: 6,
        changes: 1,
        skipped: 1,
        failed: 1,
        waiting: 3,
    };
    assert_eq!(counts, expected);
    assert_eq!(
        kept.reader().totals().unwrap(),
        [("changed".to_owned(), 5), ("waiting".to_owned(), 3)].into()
    );
}

#[tokio::test]
async fn what_still_waits_counts_on_a_day_on_which_nothing_came() {
    let kept = Kept::new();
    kept.accept(delivery(vec![event(1), event(2)])).await.unwrap();
    let counts = kept.reader().counts(at(1000)).unwrap();
    assert_eq!((counts.events, counts.waiting), (0, 2));
}

#[tokio::test]
async fn what_is_learnt_of_an_entity_is_not_lost_to_a_poorer_reading() {
    let kept = Kept::new();
    let (task, shot) = (EntityKey::new("Task", 1), EntityKey::new("Shot", 2));
    let known = |name: Option<&str>, parent: Option<&EntityKey>| Known {
        entity: EntityRef {
            key: task.clone(),
            name: name.map(Into::into),
        },
        parent: parent.cloned(),
    };
    let learn = |one: Known| kept.learn(site(), vec![one]);
    learn(known(None, Some(&shot))).await.unwrap();
    assert!(
        !kept.reader().knows(&site(), &task).unwrap(),
        "without a name there is nothing to show"
    );
    learn(known(Some("Composite"), Some(&shot))).await.unwrap();
    learn(known(Some("Comp"), None)).await.unwrap();
    assert!(kept.reader().knows(&site(), &task).unwrap());
    assert!(!kept.reader().knows(&"another".into(), &task).unwrap());
    assert_eq!(kept.reader().parent_of(&site(), &task).unwrap(), Some(shot));
    let moved = EntityKey::new("Asset", 2);
    learn(known(Some("Comp"), Some(&moved))).await.unwrap();
    assert_eq!(
        kept.reader().parent_of(&site(), &task).unwrap(),
        Some(moved),
        "the same number of another type"
    );
}
