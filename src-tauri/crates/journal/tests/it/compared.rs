//! Statuses compared with what the journal knows.

use std::collections::HashMap;

use callboard_journal::{ComparisonIn, Outcome};
use callboard_model::{Actor, Entity, EntityKey, EntityType, Event, Operation, Road, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use crate::made::{FIELD, Kept, at, becomes, person, site};

fn task(id: i64, status: &str) -> Entity {
    Entity {
        status: Some(StatusCode::from(status)),
        ..Entity::bare(EntityKey::new("Task", id))
    }
}

fn comparison(read_at: Timestamp, entities: Vec<Entity>) -> ComparisonIn {
    ComparisonIn {
        site: site(),
        read_at,
        status_field: FIELD,
        entities,
        whole: vec![EntityType::from("Task")],
        by: HashMap::new(),
        was: HashMap::new(),
    }
}

async fn compare(kept: &Kept, seconds: i64, entities: Vec<Entity>) -> Vec<Event> {
    kept.take_comparison(comparison(at(seconds), entities)).await.unwrap()
}

/// As a delivery tells it, received when it happened.
async fn told(kept: &Kept, entry: i64, old: &str, new: &str) {
    let event = Event {
        old: Some(json!(old)),
        ..becomes(entry, "Task", 5001, new)
    };
    let delivery = callboard_journal::DeliveryIn {
        received_at: at(entry),
        ..crate::made::delivery(vec![event])
    };
    kept.accept(delivery).await.unwrap();
}

#[tokio::test]
async fn the_first_comparison_tells_nothing_and_the_next_what_nobody_told() {
    let kept = Kept::new();
    assert!(
        compare(&kept, 0, vec![task(5001, "ip"), task(5002, "ip")])
            .await
            .is_empty()
    );
    assert!(
        compare(&kept, 10, vec![task(5001, "ip"), task(5002, "ip")])
            .await
            .is_empty()
    );
    let changed = vec![task(5001, "rev"), task(5002, "ip")];
    let differing = kept.reader().differing(&site(), &changed).unwrap();
    assert_eq!(differing, [EntityKey::new("Task", 5001)]);
    let events = compare(&kept, 20, changed.clone()).await;
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((event.road, event.operation), (Road::Log, Operation::Update));
    assert_eq!((&event.old, &event.new), (&Some(json!("ip")), &Some(json!("rev"))));
    let known = at(0).as_microsecond();
    assert_eq!(event.key.as_str(), format!("compared/Task/5001/ip/rev/{known}"));
    assert!(compare(&kept, 30, changed).await.is_empty(), "once");
    assert_eq!(kept.count("event"), 1);
}

#[tokio::test]
async fn what_a_delivery_told_is_not_told_again_and_what_it_changed_from_is_what_was_told() {
    let kept = Kept::new();
    compare(&kept, 0, vec![task(5001, "ip")]).await;
    told(&kept, 5, "ip", "rev").await;
    assert!(compare(&kept, 10, vec![task(5001, "rev")]).await.is_empty());
    let events = compare(&kept, 20, vec![task(5001, "apv")]).await;
    assert_eq!(events[0].old, Some(json!("rev")));
    assert!(
        events[0]
            .key
            .as_str()
            .ends_with(&format!("/rev/apv/{}", at(5).as_microsecond()))
    );
}

#[tokio::test]
async fn who_did_it_stands_with_it_where_that_is_known() {
    let kept = Kept::new();
    compare(&kept, 0, vec![task(5001, "ip")]).await;
    let by: HashMap<EntityKey, Actor> = [(EntityKey::new("Task", 5001), person(88))].into();
    let events = kept
        .take_comparison(ComparisonIn {
            by,
            ..comparison(at(10), vec![task(5001, "rev")])
        })
        .await
        .unwrap();
    assert_eq!(events[0].actor, Some(person(88)));
}

#[tokio::test]
async fn a_birth_that_nobody_told_is_news_only_after_the_first_comparison() {
    let kept = Kept::new();
    let born = |id: i64, seconds: i64| Entity {
        created_at: Some(at(seconds)),
        ..task(id, "ip")
    };
    assert!(compare(&kept, 10, vec![born(1, 5)]).await.is_empty());
    let events = compare(&kept, 20, vec![born(1, 5), born(2, 5), born(3, 15)]).await;
    assert_eq!(events.len(), 1, "one that is older has come into view");
    assert_eq!(events[0].operation, Operation::Create);
    assert_eq!(events[0].key.as_str(), "compared/Task/3/created");
    assert!(
        compare(&kept, 30, vec![born(1, 5), born(2, 5), born(3, 15)])
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_late_delivery_was_told_unless_it_follows_from_what_was_compared() {
    let kept = Kept::new();
    compare(&kept, 0, vec![task(5001, "ip")]).await;
    compare(&kept, 20, vec![task(5001, "apv")]).await;
    let change = |entry: i64, old: &str, new: &str| Event {
        old: Some(json!(old)),
        ..becomes(entry, "Task", 5001, new)
    };
    let is_told = |event: Event| kept.reader().told_by_comparison(&event).unwrap();
    assert_eq!(is_told(change(10, "ip", "rev")), Some(at(20)), "one in between");
    assert_eq!(is_told(change(12, "rev", "apv")), Some(at(20)), "the last of them");
    assert_eq!(
        is_told(change(18, "apv", "ip")),
        None,
        "what follows from it, be the clocks as they are"
    );
    assert_eq!(is_told(change(60, "rev", "hld")), None, "later than the comparison");
    assert_eq!(is_told(becomes(10, "Task", 5002, "rev")), None, "another");
}

#[tokio::test]
async fn what_a_doorbell_says_of_a_thing_counts_until_it_has_been_compared() {
    let kept = Kept::new();
    let rung = |seconds: i64, status: &str| ComparisonIn {
        was: [(EntityKey::new("Task", 5001), Some(StatusCode::from("ip")))].into(),
        ..comparison(at(seconds), vec![task(5001, status)])
    };
    let events = kept.take_comparison(rung(10, "rev")).await.unwrap();
    assert_eq!(
        (&events[0].old, &events[0].new),
        (&Some(json!("ip")), &Some(json!("rev")))
    );
    assert!(kept.take_comparison(rung(20, "rev")).await.unwrap().is_empty(), "once");
    let other = Kept::new();
    told(&other, 5, "ip", "rev").await;
    assert!(
        other.take_comparison(rung(10, "rev")).await.unwrap().is_empty(),
        "a delivery told it"
    );
}

#[tokio::test]
async fn a_birth_and_what_a_doorbell_says_came_of_it_are_both_told() {
    let kept = Kept::new();
    assert!(compare(&kept, 10, vec![task(1, "ip")]).await.is_empty());
    let born = Entity {
        created_at: Some(at(12)),
        ..task(2, "rev")
    };
    let rung = ComparisonIn {
        whole: Vec::new(),
        was: [(born.key.clone(), Some(StatusCode::from("ip")))].into(),
        ..comparison(at(15), vec![born])
    };
    let events = kept.take_comparison(rung.clone()).await.unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.operation, event.new.clone()))
        .collect();
    assert_eq!(
        told,
        [(Operation::Create, None), (Operation::Update, Some(json!("rev")))]
    );
    assert!(kept.take_comparison(rung).await.unwrap().is_empty(), "once");
}

#[tokio::test]
async fn what_the_first_comparison_after_a_rebuilt_journal_finds_is_only_shown() {
    let kept = Kept::new();
    compare(&kept, 0, vec![task(5001, "ip")]).await;
    let until = at(100).as_microsecond();
    kept.another()
        .execute(
            "INSERT INTO doubt (one, since, until, noted) VALUES (1, 0, ?1, 1)",
            [until],
        )
        .unwrap();
    assert_eq!(compare(&kept, 200, vec![task(5001, "rev")]).await.len(), 1);
    assert_eq!(compare(&kept, 300, vec![task(5001, "apv")]).await.len(), 1);
    let outcomes: Vec<_> = kept.feed().iter().rev().map(|row| row.outcome).collect();
    assert_eq!(outcomes, [Outcome::Nothing, Outcome::Waiting]);
}
