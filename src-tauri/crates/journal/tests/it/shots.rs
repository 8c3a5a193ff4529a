//! The feed narrowed, counted and by Shot, and a Shot's own history.

use callboard_journal::{About, FeedFilter, Known, Outcome, Settled, SpanBy};
use callboard_model::{Actor, ActorKind, Cause, ChangeState, EntityKey, EntityRef, SiteName};
use serde_json::json;

use crate::made::{Kept, at, becomes, change, decision, delivery, event, of_write, person, site};

fn found(kept: &Kept, filter: &FeedFilter) -> Vec<i64> {
    let rows = kept.reader().feed(None, 500, filter).unwrap().rows;
    rows.iter().filter_map(|r| r.event_log_entry_id).collect()
}

fn about(kind: &str, id: i64) -> FeedFilter {
    FeedFilter {
        about: Some(About {
            site: site(),
            entity: EntityKey::new(kind, id),
        }),
        ..FeedFilter::default()
    }
}

async fn belongs(kept: &Kept, members: &[(&str, i64, &str, i64)]) {
    let known = members.iter().map(|(kind, id, name, shot)| Known {
        entity: EntityRef::new(*kind, *id).named(*name),
        parent: Some(EntityKey::new("Shot", *shot)),
    });
    kept.learn(site(), known.collect()).await.unwrap();
}

/// Two Shots with a Task each, and a Version of the first; entries 1 to 6.
async fn two_shots() -> Kept {
    let kept = Kept::new();
    kept.know(&[
        ("Shot", 1, "sh010"),
        ("Shot", 2, "sh020"),
        ("HumanUser", 88, "Ada"),
        ("HumanUser", 89, "Ben"),
        ("Project", 122, "Buck"),
    ])
    .await;
    belongs(
        &kept,
        &[
            ("Task", 11, "Comp", 1),
            ("Task", 21, "Comp", 2),
            ("Version", 12, "sh010_v1", 1),
        ],
    )
    .await;
    let mut by_ben = becomes(4, "Task", 21, "rev");
    by_ben.actor = Some(person(89));
    kept.accept(delivery(vec![
        becomes(1, "Task", 11, "ip"),
        becomes(2, "Version", 12, "rev"),
        becomes(3, "Shot", 2, "ip"),
        by_ben,
        becomes(5, "Task", 11, "rev"),
        becomes(6, "Shot", 1, "rev"),
    ]))
    .await
    .unwrap();
    kept
}

#[tokio::test]
async fn a_shot_s_events_are_its_own_and_those_of_its_tasks_and_versions() {
    let kept = two_shots().await;
    assert_eq!(found(&kept, &about("Shot", 1)), [6, 5, 2, 1]);
    assert_eq!(found(&kept, &about("Shot", 2)), [4, 3]);
    assert_eq!(found(&kept, &about("Task", 11)), [5, 1]);
    assert_eq!(found(&kept, &about("Shot", 3)), [0; 0]);
    let elsewhere = FeedFilter {
        about: Some(About {
            site: SiteName::from("other"),
            entity: EntityKey::new("Shot", 1),
        }),
        ..FeedFilter::default()
    };
    assert_eq!(found(&kept, &elsewhere), [0; 0]);
}

#[tokio::test]
async fn the_feed_is_narrowed_by_person_site_and_time() {
    let kept = two_shots().await;
    let mut late = delivery(vec![event(7)]);
    late.received_at = at(60);
    kept.accept(late).await.unwrap();
    let by = |people: &[&str]| FeedFilter {
        people: people.iter().map(ToString::to_string).collect(),
        ..FeedFilter::default()
    };
    assert_eq!(found(&kept, &by(&["Ben"])), [4]);
    assert_eq!(found(&kept, &by(&["Ada", "Ben"])).len(), 7);
    let time = |since: Option<i64>, until: Option<i64>| FeedFilter {
        since: since.map(at),
        until: until.map(at),
        ..FeedFilter::default()
    };
    assert_eq!(
        found(&kept, &time(Some(60), None)),
        [7],
        "from then on, that moment too"
    );
    assert_eq!(found(&kept, &time(None, Some(60))).len(), 6, "before then");
    let of = |name: &str| FeedFilter {
        sites: vec![SiteName::from(name)],
        ..FeedFilter::default()
    };
    assert_eq!(found(&kept, &of("practice")).len(), 7);
    assert_eq!(found(&kept, &of("other")), [0; 0]);
}

#[tokio::test]
async fn each_choice_is_counted_under_the_rest_of_the_filter() {
    let kept = two_shots().await;
    let count = |filter: &FeedFilter| kept.reader().feed_counts(filter).unwrap();
    let pairs = |facet: &[callboard_journal::FacetCount]| -> Vec<(String, u32)> {
        facet.iter().map(|f| (f.value.clone(), f.count)).collect()
    };
    let all = count(&FeedFilter::default());
    assert_eq!((all.total, all.capped), (6, false));
    assert_eq!(
        pairs(&all.entity_types),
        [("Task".into(), 3), ("Shot".into(), 2), ("Version".into(), 1)]
    );
    assert_eq!(pairs(&all.people), [("Ada".into(), 5), ("Ben".into(), 1)]);
    assert_eq!(pairs(&all.projects), [("Buck".into(), 6)]);
    assert_eq!(pairs(&all.sites), [("practice".into(), 6)]);
    assert_eq!(all.outcomes.len(), 1);
    assert_eq!((all.outcomes[0].value, all.outcomes[0].count), (Outcome::Waiting, 6));

    let tasks = count(&FeedFilter {
        entity_types: vec!["Task".into()],
        ..FeedFilter::default()
    });
    assert_eq!(tasks.total, 3);
    assert_eq!(
        tasks.entity_types, all.entity_types,
        "what the others would show is still told"
    );
    assert_eq!(pairs(&tasks.people), [("Ada".into(), 2), ("Ben".into(), 1)]);
}

#[tokio::test]
async fn the_feed_by_shot_goes_by_the_newest_event_and_pages_without_a_repeat() {
    let kept = two_shots().await;
    let page = kept.reader().feed_groups(None, 10, &FeedFilter::default()).unwrap();
    assert!(!page.more);
    let told: Vec<_> = page
        .groups
        .iter()
        .map(|g| {
            let name = g.entity.as_ref().and_then(|e| e.name.clone()).unwrap();
            (
                name,
                g.events,
                g.rows.iter().filter_map(|r| r.event_log_entry_id).collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("sh010".into(), 4, vec![6, 5, 2]), ("sh020".into(), 2, vec![4, 3])]
    );
    let first = kept.reader().feed_groups(None, 1, &FeedFilter::default()).unwrap();
    assert!(first.more && first.groups.len() == 1);
    let second = kept
        .reader()
        .feed_groups(first.before, 1, &FeedFilter::default())
        .unwrap();
    let names = |page: &callboard_journal::FeedGroups| -> Vec<_> {
        page.groups.iter().filter_map(|g| g.entity.clone()?.name).collect()
    };
    assert_eq!(names(&second), ["sh020"]);
    let mut before = second.before;
    while let Some(next) = before {
        let page = kept
            .reader()
            .feed_groups(Some(next), 1, &FeedFilter::default())
            .unwrap();
        assert!(page.groups.is_empty(), "{:?} stood above already", names(&page));
        before = page.before;
    }
    let versions = FeedFilter {
        entity_types: vec!["Version".into()],
        ..FeedFilter::default()
    };
    let only = kept.reader().feed_groups(None, 10, &versions).unwrap();
    assert_eq!((names(&only), only.groups[0].events), (vec!["sh010".to_owned()], 1));
}

#[tokio::test]
async fn a_group_has_its_newest_rows_however_far_down_and_a_thousand_of_its_events_are_counted() {
    let kept = Kept::new();
    let events = (1..=4_000).map(|n| becomes(n, "Shot", if n <= 2 { 1 } else { 2 }, "rev"));
    kept.accept(delivery(events.collect())).await.unwrap();
    let journal = kept.journal.clone();
    tokio::task::spawn_blocking(move || journal.index())
        .await
        .unwrap()
        .unwrap();
    let of_the_site = FeedFilter {
        sites: vec![site()],
        ..FeedFilter::default()
    };
    let by_a_word = FeedFilter {
        text: "rev".into(),
        ..FeedFilter::default()
    };
    for filter in [FeedFilter::default(), of_the_site, by_a_word] {
        let page = kept.reader().feed_groups(None, 10, &filter).unwrap();
        let told: Vec<_> = page
            .groups
            .iter()
            .map(|group| {
                let rows: Vec<_> = group.rows.iter().filter_map(|row| row.event_log_entry_id).collect();
                (group.events, group.capped, rows)
            })
            .collect();
        let shots = [(1_000, true, vec![4_000, 3_999, 3_998]), (2, false, vec![2, 1])];
        assert_eq!(told, shots, "{filter:?}");
    }
}

#[tokio::test]
async fn a_history_says_what_each_was_and_whose_hand_it_was() {
    let kept = two_shots().await;
    let cause = kept
        .feed()
        .iter()
        .find(|r| r.event_log_entry_id == Some(5))
        .unwrap()
        .seq;
    let mut changes = kept
        .decide(cause, decision(vec![change("Task", 11, "fin", Cause::Event)]), at(6))
        .await
        .unwrap()
        .changes;
    changes[0].state = ChangeState::Applied;
    kept.settle(vec![Settled::of(&changes[0])], at(7)).await.unwrap();
    let mut echo = becomes(7, "Task", 11, "fin");
    echo.old = Some(json!("rev"));
    echo.actor = Some(Actor {
        kind: ActorKind::Script,
        entity: EntityRef::new("ApiUser", 5),
    });
    let seq = kept.accept_one(echo).await;
    let heard = kept
        .reader()
        .echo_of(
            &site(),
            (&EntityKey::new("Task", 11), None),
            |to| to == Some(&"fin".into()),
            at(0),
        )
        .unwrap()
        .unwrap();
    assert_eq!(of_write(heard).id, changes[0].id);
    kept.close_event(seq, Outcome::Echo, None).await.unwrap();

    for asked in [EntityKey::new("Shot", 1), EntityKey::new("Version", 12)] {
        let history = kept.reader().history(&site(), &asked).unwrap().unwrap();
        assert_eq!(history.entity.name.as_deref(), Some("sh010"));
        let lanes: Vec<_> = history.lanes.iter().filter_map(|l| l.entity.name.as_deref()).collect();
        assert_eq!(lanes, ["sh010", "Comp", "sh010_v1"]);
        let comp = &history.lanes[1].spans;
        let codes: Vec<_> = comp
            .iter()
            .map(|s| s.status.as_ref().map(ToString::to_string).unwrap())
            .collect();
        assert_eq!(codes, ["ip", "rev", "fin"]);
        assert_eq!(comp[0].until, Some(comp[1].from));
        assert_eq!((comp[1].by, comp[1].rule.as_deref()), (Some(SpanBy::Person), None));
        assert_eq!(
            (comp[2].by, comp[2].rule.as_deref(), comp[2].cause, comp[2].until),
            (Some(SpanBy::Callboard), Some("A rule"), Some(cause), None)
        );
    }
    assert!(
        kept.reader()
            .history(&site(), &EntityKey::new("Shot", 99))
            .unwrap()
            .is_none()
    );
}
