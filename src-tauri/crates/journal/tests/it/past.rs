//! What a what-if asks: facts, history, and how often a rule set a status.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use callboard_journal::{NewChange, Outcome, PastChange, PastEvents, Said, Settled, Word};
use callboard_model::{
    Cause, Change, ChangeState, Entity, EntityKey, EntityRef, Event, Operation, Road, Skip, StatusCode, Step,
};
use jiff::Timestamp;
use serde_json::json;

use crate::made::{Kept, at, becomes, change, decision, delivery, event, site};

fn task() -> Entity {
    Entity {
        name: Some("Composite".into()),
        status: Some("ip".into()),
        step: Some(Step {
            name: Some("Composite".into()),
            short_name: None,
            order: Some(4),
        }),
        parent: Some(EntityRef::new("Shot", 862).named("sh010")),
        upstream: vec![EntityRef::new("Task", 5000).named("Roto")],
        project: Some(EntityRef::new("Project", 122)),
        created_at: Some(at(-1000)),
        fields: BTreeMap::from([
            ("sg_priority".into(), json!("high")),
            ("sg_link".into(), json!({"type": "Shot", "id": 1})),
        ]),
        ..Entity::bare(EntityKey::new("Task", 5001))
    }
}

async fn learn(kept: &Kept, entity: Entity, seconds: i64) {
    kept.learn_entities(site(), vec![entity], at(seconds)).await.unwrap();
}

#[tokio::test]
async fn an_entity_comes_back_as_it_was_read() {
    let kept = Kept::new();
    let version = Entity {
        task: Some(EntityRef::new("Task", 5001)),
        ..Entity::bare(EntityKey::new("Version", 6001))
    };
    kept.learn_entities(site(), vec![task(), version.clone()], at(1))
        .await
        .unwrap();
    let facts = kept.reader().facts(&site()).unwrap();
    let found: Vec<(&Entity, Timestamp)> = facts.iter().map(|f| (&f.entity, f.seen_at)).collect();
    assert_eq!(found, [(&task(), at(1)), (&version, at(1))]);
    assert!(kept.reader().facts(&"another".into()).unwrap().is_empty());
    assert!(
        !kept.reader().knows(&site(), &task().key).unwrap(),
        "names for showing are learnt apart"
    );
}

#[tokio::test]
async fn reading_the_same_again_writes_nothing() {
    let kept = Kept::new();
    learn(&kept, task(), 1).await;
    let other = kept.another();
    let moved = || -> i64 { other.query_row("PRAGMA data_version", [], |r| r.get(0)).unwrap() };
    let before = moved();
    learn(&kept, task(), 2).await;
    let mut poorer = task();
    (poorer.name, poorer.step, poorer.parent) = (None, None, None);
    (poorer.fields, poorer.upstream) = (BTreeMap::new(), vec![]);
    learn(&kept, poorer, 3).await;
    assert_eq!(moved(), before);
    assert_eq!(kept.reader().facts(&site()).unwrap()[0].seen_at, at(1));
    let mut richer = task();
    richer.status = None;
    richer.fields = BTreeMap::from([("sg_priority".into(), json!(null)), ("sg_cut".into(), json!(7))]);
    learn(&kept, richer, 4).await;
    assert_ne!(moved(), before);
    let fact = kept.reader().facts(&site()).unwrap().remove(0);
    assert_eq!((fact.entity.status, fact.seen_at), (None, at(4)));
    let fields = json!({"sg_cut": 7, "sg_link": {"type": "Shot", "id": 1}, "sg_priority": null});
    assert_eq!(
        json!(fact.entity.fields),
        fields,
        "a field that was not asked for this time stays"
    );
    assert_eq!(fact.entity.upstream, task().upstream);
}

pub(crate) fn snapshot(kept: &Kept) -> PastEvents {
    kept.reader().past().unwrap()
}

/// What a replay tells, with the events as rules are asked about them.
pub(crate) fn replay(
    kept: &Kept,
    since: Option<i64>,
    until: Option<i64>,
) -> Vec<(i64, Event, Option<i64>, Vec<PastChange>)> {
    let mut told = Vec::new();
    snapshot(kept)
        .replay(since.map(at), until.map(at), &mut |past| {
            told.push((past.seq, past.to_event().unwrap(), past.revision, past.changes.clone()));
            ControlFlow::Continue(())
        })
        .unwrap();
    told
}

/// What rules look at: nothing of how an event came, and no names but the project's.
pub(crate) fn for_rules(mut event: Event) -> Event {
    (event.key, event.road) = ("".into(), Road::Log);
    (event.hook, event.id, event.hook_word) = (None, None, None);
    (event.occurred_at, event.session_uuid) = (None, None);
    for named in event
        .entity
        .iter_mut()
        .chain(event.actor.as_mut().map(|a| &mut a.entity))
    {
        named.name = None;
    }
    event
}

pub(crate) async fn accept_at(kept: &Kept, events: Vec<Event>, seconds: i64) -> Vec<i64> {
    let mut delivery = delivery(events);
    delivery.received_at = at(seconds);
    kept.accept(delivery).await.unwrap().new
}

pub(crate) fn of(entity: (&str, i64), to: &str) -> PastChange {
    PastChange {
        entity: EntityKey::new(entity.0, entity.1),
        field: None,
        from: Some("ip".into()),
        to: Some(to.into()),
        rule: "r".into(),
        state: ChangeState::Planned,
        skip: None,
    }
}

#[tokio::test]
async fn a_replay_tells_each_event_in_order_with_what_was_made_of_it() {
    let kept = Kept::new();
    kept.know(&[
        ("Project", 122, "Bunny"),
        ("HumanUser", 88, "Ada"),
        ("Task", 5001, "Comp"),
    ])
    .await;
    let mut odd = becomes(3, "Asset", 9, "fin");
    odd.id = Some(callboard_model::EntityId::Text("a-uuid".into()));
    odd.old = Some(json!({"deep": [1, null, "ü"]}));
    (odd.actor, odd.project, odd.hook) = (None, None, None);
    odd.hook_word = Some(callboard_model::HookWord {
        status: "active".into(),
        previous: None,
    });
    let seqs = accept_at(&kept, vec![event(1), event(2), odd.clone(), event(4), event(5)], 0).await;
    // Decided out of their order, as side by side lanes do.
    let skipped = NewChange {
        state: ChangeState::Skipped,
        skip: Some(Skip::Conflict),
        ..change("Shot", 2, "act", Cause::Change(0))
    };
    for (seq, changes) in [
        (seqs[3], vec![change("Task", 4, "d", Cause::Event)]),
        (seqs[0], vec![change("Task", 1, "a", Cause::Event), skipped]),
        (seqs[1], vec![]),
    ] {
        kept.decide(seq, decision(changes), at(5)).await.unwrap();
    }
    let told = replay(&kept, None, None);
    assert_eq!(told.iter().map(|t| t.0).collect::<Vec<_>>(), seqs);
    let conflict = PastChange {
        state: ChangeState::Skipped,
        skip: Some(Skip::Conflict),
        ..of(("Shot", 2), "act")
    };
    let made: Vec<_> = told.iter().map(|t| (t.2, t.3.clone())).collect();
    assert_eq!(
        made,
        [
            (Some(3), vec![of(("Task", 1), "a"), conflict]),
            (Some(3), vec![]),
            (None, vec![]),
            (Some(3), vec![of(("Task", 4), "d")]),
            (None, vec![]),
        ]
    );
    assert_eq!(kept.reader().event(seqs[2]).unwrap().unwrap().event, odd);
    let waiting = kept.reader().waiting(&site(), &HashSet::new(), None, 10).unwrap();
    for (told, waiting) in told.iter().zip(waiting) {
        let same = "a replayed event is the event that was decided, as far as rules look at it";
        assert_eq!(told.1, for_rules(waiting.event), "{same}");
    }
    let project = told[0].1.project.clone().unwrap();
    assert_eq!(project.name.as_deref(), Some("Bunny"));
}

#[tokio::test]
async fn a_replay_tells_what_a_rule_is_asked_by_without_making_the_event() {
    let kept = Kept::new();
    let status = |new: serde_json::Value, warning: Option<&str>, entry| {
        let mut event = event(entry);
        (event.new, event.warning) = (Some(new).filter(|n| !n.is_null()), warning.map(Into::into));
        event
    };
    let mut born = event(6);
    born.in_create = true;
    let mut other = event(7);
    other.field = Some("description".into());
    let mut bare = event(8);
    (bare.entity, bare.operation) = (None, Operation::Custom);
    let events = vec![
        status(json!("rev"), None, 1),
        status(json!("a \"b\" \\ü"), None, 2),
        status(json!(null), None, 3),
        status(json!(null), Some("dropped"), 4),
        status(json!({"id": 1}), None, 5),
        born,
        other,
        bare,
    ];
    kept.accept(delivery(events)).await.unwrap();
    let mut places = Vec::new();
    snapshot(&kept)
        .replay(None, None, &mut |past| {
            let event = past.to_event().unwrap();
            assert_eq!(past.new_status, event.new_status(crate::made::FIELD), "{event:?}");
            assert_eq!(past.entity.as_ref(), event.entity.as_ref().map(|e| &e.key));
            assert_eq!(past.site, site());
            assert_eq!((past.operation, past.in_create), (event.operation, event.in_create));
            assert_eq!((past.outcome, past.received_at), (Outcome::Waiting, at(0)));
            let recorded = kept.reader().event(past.seq).unwrap().unwrap();
            assert_eq!(event, for_rules(recorded.event));
            places.push(recorded.delivery.unwrap());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(places, (0..8).map(|place| (1, place)).collect::<Vec<_>>());
    let body = kept.reader().payload_of(1).unwrap();
    assert_eq!(body.as_deref(), Some(&b"{\"the\":\"body\"}\xff"[..]));
    assert_eq!(kept.reader().payload_of(2).unwrap(), None);
}

#[tokio::test]
async fn a_replay_keeps_to_its_time_and_ends_when_told() {
    let kept = Kept::new();
    let first = accept_at(&kept, vec![event(1), event(2)], 10).await;
    // The machine's clock was set back for a while.
    let back = accept_at(&kept, vec![event(3)], 5).await;
    let last = accept_at(&kept, vec![event(4)], 20).await;
    for seq in first.iter().chain(&back).chain(&last) {
        let one = vec![change("Task", *seq, "rev", Cause::Event)];
        kept.decide(*seq, decision(one), at(30)).await.unwrap();
    }
    let seqs = |since, until| -> Vec<i64> {
        let told = replay(&kept, since, until);
        for (seq, _, _, changes) in &told {
            assert_eq!(changes[..], [of(("Task", *seq), "rev")]);
        }
        let number = snapshot(&kept).count_events(since.map(at), until.map(at)).unwrap();
        assert_eq!(number, told.len() as u64);
        told.iter().map(|t| t.0).collect()
    };
    assert_eq!(seqs(None, None), [first[0], first[1], back[0], last[0]]);
    assert_eq!(seqs(Some(10), None), [first[0], first[1], last[0]]);
    assert_eq!(seqs(Some(10), Some(20)), first);
    assert_eq!(seqs(None, Some(10)), back);
    assert!(seqs(Some(21), None).is_empty());
    let mut told = 0;
    snapshot(&kept)
        .replay(None, None, &mut |_| {
            told += 1;
            if told == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert_eq!(told, 2);
}

#[tokio::test]
async fn one_event_is_told_with_what_was_made_of_it() {
    let kept = Kept::new();
    let seqs = kept.accept(delivery(vec![event(1), event(2)])).await.unwrap().new;
    let changes = kept
        .decide(seqs[1], decision(vec![change("Task", 1, "rev", Cause::Event)]), at(5))
        .await
        .unwrap()
        .changes;
    let found = kept.reader().event(seqs[1]).unwrap().unwrap();
    assert_eq!((found.seq, &found.event), (seqs[1], &event(2)));
    assert_eq!(
        (found.delivery, found.revision, found.outcome, found.is_status),
        (Some((1, 1)), Some(3), Outcome::Waiting, true)
    );
    assert_eq!(found.changes, changes);
    assert_eq!(kept.reader().event(seqs[0]).unwrap().unwrap().revision, None);
    assert_eq!(kept.reader().event(99).unwrap(), None);
}

fn settled(change: &Change, state: ChangeState) -> Settled {
    Settled {
        state,
        ..Settled::of(change)
    }
}

#[tokio::test]
async fn history_before_a_time_is_the_last_word_on_each_status() {
    let kept = Kept::new();
    let mut cleared = becomes(3, "Shot", 2, "");
    cleared.new = None;
    let mut dropped = becomes(4, "Task", 1, "");
    (dropped.new, dropped.warning) = (None, Some("dropped".into()));
    let mut other = becomes(5, "Task", 1, "x");
    other.field = Some("description".into());
    let mut elsewhere = becomes(6, "Task", 1, "hld");
    elsewhere.site = "another".into();
    let mut born = becomes(7, "Task", 7, "wtg");
    born.in_create = true;
    let batch = vec![
        becomes(1, "Task", 1, "ip"),
        becomes(2, "Task", 1, "rev"),
        cleared,
        dropped,
        other,
        elsewhere,
        born,
    ];
    let seqs = accept_at(&kept, batch, 10).await;
    let planned = (3..=6).map(|id| change("Task", id, "apv", Cause::Event)).collect();
    let ours = kept.decide(seqs[0], decision(planned), at(11)).await.unwrap().changes;
    for (change, state, seconds) in [
        (&ours[0], ChangeState::Confirmed, 20),
        (&ours[1], ChangeState::Failed, 20),
        (&ours[2], ChangeState::Undone, 20),
        (&ours[3], ChangeState::Confirmed, 40),
    ] {
        kept.settle(vec![settled(change, state)], at(seconds)).await.unwrap();
    }
    accept_at(
        &kept,
        vec![becomes(8, "Task", 3, "fin"), becomes(9, "Task", 6, "fin")],
        30,
    )
    .await;
    accept_at(&kept, vec![becomes(10, "Task", 1, "omt")], 50).await;
    let stood = |seconds: i64| -> Vec<String> {
        let words = kept.reader().history_before(at(seconds)).unwrap();
        let told = words.iter().map(|w| {
            let code = w.status.as_ref().map_or("-", StatusCode::as_str);
            format!(
                "{} {} {code} {}",
                w.site,
                w.entity,
                w.at.as_second() - at(0).as_second()
            )
        });
        let mut told: Vec<String> = told.collect();
        told.sort();
        told
    };
    assert!(stood(10).is_empty());
    let early = [
        "another Task 1 hld 10",
        "practice Shot 2 - 10",
        "practice Task 1 rev 10",
        "practice Task 7 wtg 10",
    ];
    assert_eq!(stood(11), early);
    let late = [
        "another Task 1 hld 10",
        "practice Shot 2 - 10",
        "practice Task 1 rev 10",
        "practice Task 3 fin 30",
        "practice Task 5 ip 20",
        "practice Task 6 apv 40",
        "practice Task 7 wtg 10",
    ];
    assert_eq!(stood(50), late);
    assert_eq!(stood(25)[3], "practice Task 3 apv 20");
}

#[tokio::test]
async fn a_rule_that_flips_a_status_is_counted() {
    let kept = Kept::new();
    let seqs = kept.accept(delivery((1..=6).map(event).collect())).await.unwrap().new;
    for (place, (to, state)) in [
        ("rev", ChangeState::Confirmed),
        ("ip", ChangeState::Confirmed),
        ("rev", ChangeState::Applied),
        ("rev", ChangeState::Failed),
        ("rev", ChangeState::Confirmed),
    ]
    .into_iter()
    .enumerate()
    {
        let one = vec![change("Task", 1, to, Cause::Event), change("Task", 2, to, Cause::Event)];
        let made = kept.decide(seqs[place], decision(one), at(1)).await.unwrap().changes;
        let seconds = i64::try_from(place).unwrap() * 10;
        kept.settle(vec![settled(&made[0], state)], at(seconds)).await.unwrap();
    }
    let times = |rule: &str, id: i64, to: Option<&str>, seconds: i64| {
        let (entity, to) = (EntityKey::new("Task", id), to.map(StatusCode::from));
        kept.reader()
            .times_set(&site(), &rule.into(), (&entity, None), to.as_ref(), at(seconds))
            .unwrap()
    };
    assert_eq!(times("r", 1, Some("rev"), 0), 3);
    assert_eq!(times("r", 1, Some("rev"), 20), 2);
    assert_eq!(times("r", 1, Some("ip"), 0), 1);
    assert_eq!(times("r", 1, None, 0), 0);
    assert_eq!(times("another", 1, Some("rev"), 0), 0);
    assert_eq!(times("r", 2, Some("rev"), 0), 0, "planned is not set");
}

#[tokio::test]
async fn words_tell_what_moved_a_status_in_the_order_of_the_events() {
    let kept = Kept::new();
    let mut dropped = becomes(4, "Task", 1, "");
    (dropped.new, dropped.warning) = (None, Some("dropped".into()));
    let mut other = becomes(5, "Task", 1, "x");
    other.field = Some("description".into());
    let mut born = becomes(6, "Task", 7, "wtg");
    born.in_create = true;
    let mut made = event(7);
    (made.operation, made.field) = (Operation::Create, None);
    let batch = vec![
        becomes(1, "Task", 1, "ip"),
        becomes(2, "Shot", 2, "hld"),
        dropped,
        other,
        born,
        made,
    ];
    let seqs = accept_at(&kept, batch, 10).await;
    // The second event is decided before the first.
    for (seq, id) in [(seqs[1], 1), (seqs[0], 3)] {
        let planned = (id..id + 2).map(|id| change("Task", id, "apv", Cause::Event)).collect();
        let ours = kept.decide(seq, decision(planned), at(11)).await.unwrap().changes;
        let state = if id == 1 {
            ChangeState::Confirmed
        } else {
            ChangeState::Undone
        };
        kept.settle(vec![settled(&ours[0], state)], at(20)).await.unwrap();
    }
    kept.close_event(seqs[1], Outcome::Echo, None).await.unwrap();
    let code = |code: &Option<StatusCode>| code.as_ref().map(ToString::to_string);
    let said = |word: &Word| {
        let what = match &word.said {
            Said::Told {
                entry,
                old,
                new,
                in_create,
                echo,
                by,
            } => {
                let by = by
                    .as_ref()
                    .map_or("nobody".to_owned(), |(kind, of)| format!("{kind:?} {of}"));
                let (old, new) = (code(old), code(new));
                format!("{entry:?} {old:?} {new:?} {in_create} {echo} {by}")
            }
            Said::Written {
                from,
                to,
                settled_at,
                undone,
            } => {
                assert_eq!(*settled_at, at(20));
                format!("{:?} {:?} {undone}", code(from), code(to))
            }
            Said::Made | Said::Retired | Said::Revived => format!("{:?}", word.said),
        };
        format!("{} {} {what}", word.seq, word.entity)
    };
    let mut told = Vec::new();
    snapshot(&kept)
        .words(&mut |word| {
            told.push(said(word));
            ControlFlow::Continue(())
        })
        .unwrap();
    let expected = [
        r#"1 Task 1 Some(1) Some("ip") Some("ip") false false Person HumanUser 88"#,
        r#"1 Task 3 Some("ip") Some("apv") true"#,
        r#"2 Shot 2 Some(2) Some("ip") Some("hld") false true nobody"#,
        r#"2 Task 1 Some("ip") Some("apv") false"#,
        r#"5 Task 7 Some(6) Some("ip") Some("wtg") true false Person HumanUser 88"#,
        "6 Task 5001 Made",
    ];
    assert_eq!(told, expected);
    let mut of_one = Vec::new();
    kept.reader()
        .words_of(&site(), &EntityKey::new("Task", 1), &mut |word| {
            of_one.push(said(word));
            if word.seq == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert_eq!(of_one, [expected[0], expected[3]]);
}
