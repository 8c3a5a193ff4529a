//! Filters: composed, read, and held against deliveries.

use std::collections::BTreeMap;

use callboard_model::{EntityId, EntityType, Lifecycle, Subscription, WebhookDraft};
use callboard_trackers::Tracker;
use callboard_trackers::ftrack::Trigger;
use proptest::prelude::{Strategy, any, prop_assert_eq, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::deliveries::{SHOT_TYPE, events, seed};
use super::site::{Site, object_types};

fn holds(filter: &str, event: &Value) -> bool {
    Trigger::parse(filter).unwrap().holds(event)
}

#[test]
fn the_documented_filters_hold_for_what_they_say() {
    let event = seed();
    assert!(!holds(
        r#"entity.entity_type = "Task" and entity.operation = "create""#,
        &event
    ));
    let changed = r#"entity.entity_type = "Task" and entity.operation = "update" and entity.new.status_id != entity.old.status_id and entity.new.status_id = "44ddd0fe-4164-11df-9218-0019bb4983d8""#;
    assert!(holds(changed, &event));
    assert!(!holds(&changed.replace("\"44ddd0fe", "\"54ddd0fe"), &event));
    // `and` binds more tightly.
    assert!(holds(
        r#"entity.operation = "update" or entity.operation = "x" and entity.operation = "y""#,
        &event
    ));
    assert!(!holds(
        r#"(entity.operation = "update" or entity.operation = "x") and entity.operation = "y""#,
        &event
    ));
    // The vendor's own example compares with a path that leads nowhere.
    assert!(!holds("entity.entity_type = AssetVersion", &event));
    assert!(holds("entity.new.start_date = entity.new.not_there", &event));
    assert!(holds(
        r#"entity.new.name = "Task name" AND entity.new.bid != "0""#,
        &event
    ));
}

#[test]
fn a_mistake_is_said_with_its_place() {
    for (source, at) in [
        ("", 1),
        ("entity.new", 11),
        (r#"entity.new = "a"#, 16),
        (r#"(a = "b""#, 9),
        (r#"a = "b" and"#, 12),
        (r#"a = "b" nor c = "d""#, 9),
        (r#"a < "b""#, 3),
        (r#"a..b = "c""#, 1),
        ("and = or", 1),
    ] {
        let mistake = Trigger::parse(source).unwrap_err();
        assert_eq!(mistake.at, at, "{source}: {mistake}");
    }
    let deep = format!("{}a = \"b\"{}", "(".repeat(100), ")".repeat(100));
    assert!(Trigger::parse(&deep).is_err());
    assert!(Trigger::parse(&format!("a = \"{}\"", "x".repeat(70_000))).is_err());
}

fn statuses_of(kinds: &[&str]) -> Subscription {
    let life = Lifecycle {
        update: Some(vec!["status_id".into()]),
        ..Lifecycle::default()
    };
    Subscription::Entities(
        kinds
            .iter()
            .map(|kind| (EntityType::from(*kind), life.clone()))
            .collect(),
    )
}

pub(crate) fn draft(subscription: Subscription, projects: &[&str]) -> WebhookDraft {
    WebhookDraft {
        name: "Callboard status".into(),
        description: String::new(),
        url: "https://callboard.studio.example/hooks/status".into(),
        subscription,
        projects: projects.iter().map(|id| EntityId::Text((*id).to_owned())).collect(),
        batched: false,
        validates_certificate: true,
    }
}

async fn composed(subscription: Subscription, projects: &[&str]) -> Result<String, String> {
    let site = Site::start(|_, _| object_types()).await;
    let filter = site
        .client()
        .webhooks()
        .unwrap()
        .filter(&draft(subscription, projects))
        .await;
    Ok(filter.map_err(|e| e.to_string())?.unwrap().text().to_owned())
}

#[tokio::test]
async fn a_filter_lets_through_what_is_to_be_heard_and_nothing_else() {
    let filter = composed(statuses_of(&["Shot", "Task", "Version"]), &[]).await.unwrap();
    let event = |kind: &str, object_type: Option<&str>, operation: &str, column: &str| {
        let mut new = json!({"status_id": "a", "name": "x", "object_type_id": object_type});
        let old = new.clone();
        new[column] = json!("other");
        json!({"entity": {"entity_type": kind, "operation": operation, "new": new, "old": old}})
    };
    let task = Some("11c137c0-ee7e-4f9c-91c5-8c77cec22b2c");
    assert!(holds(&filter, &event("Task", task, "update", "status_id")));
    assert!(holds(
        &filter,
        &event("TypedContext", Some(SHOT_TYPE), "update", "status_id")
    ));
    assert!(holds(&filter, &event("AssetVersion", None, "update", "status_id")));
    assert!(!holds(&filter, &event("Task", task, "update", "name")));
    assert!(!holds(&filter, &event("Task", task, "create", "status_id")));
    assert!(!holds(&filter, &event("Task", Some("cafe"), "update", "status_id")));
    assert!(!holds(&filter, &event("Asset", None, "update", "status_id")));
}

#[tokio::test]
async fn what_ftrack_does_not_deliver_or_does_not_have_is_said_before_it_is_asked() {
    let life = |kind: &str, life: Lifecycle| Subscription::Entities(BTreeMap::from([(EntityType::from(kind), life)]));
    let deleted = life(
        "Task",
        Lifecycle {
            delete: true,
            ..Lifecycle::default()
        },
    );
    assert!(
        composed(deleted, &[])
            .await
            .unwrap_err()
            .contains("not yet that it was deleted")
    );
    let told = composed(statuses_of(&["Asset"]), &[]).await.unwrap_err();
    assert!(told.contains("no object type Asset"), "{told}");
    let made = Lifecycle {
        create: true,
        ..Lifecycle::default()
    };
    assert!(composed(life("Task\" or \"a\" = \"a", made), &[]).await.is_err());
    let odd = Lifecycle {
        update: Some(vec!["status_id or".into()]),
        ..Lifecycle::default()
    };
    assert!(composed(life("Task", odd), &[]).await.is_err());
    assert!(composed(life("Task", Lifecycle::default()), &[]).await.is_err());
    assert!(composed(Subscription::Entities(BTreeMap::new()), &[]).await.is_err());
    let own = Subscription::Custom(r#"entity.operation = "create""#.into());
    assert_eq!(composed(own, &[]).await.unwrap(), r#"entity.operation = "create""#);
    let broken = composed(Subscription::Custom("entity.operation =".into()), &[])
        .await
        .unwrap_err();
    assert!(broken.contains("character 19"), "{broken}");
}

/// A filter delivers an event exactly where the subscription that it was made from covers what the event is decoded to.
#[test]
fn a_filter_and_the_subscription_that_it_was_made_from_agree_on_every_delivery() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let site = runtime.block_on(Site::start(|_, _| object_types()));
    let client = site.client();
    let columns = || proptest::sample::subsequence(vec!["bid", "description", "name", "status_id"], 0..=3);
    let update = prop_oneof![
        1 => proptest::strategy::Just(None),
        3 => columns().prop_map(|names| Some(names.into_iter().map(str::to_owned).collect::<Vec<_>>())),
    ];
    let life = (any::<bool>(), update)
        .prop_filter("something is heard", |(create, update)| *create || update.is_some())
        .prop_map(|(create, update)| Lifecycle {
            create,
            update,
            ..Lifecycle::default()
        });
    let kinds = proptest::collection::btree_map(
        proptest::sample::select(vec!["Task", "Shot", "Version", "AssetBuild", "Note"]).prop_map(EntityType::from),
        life,
        1..5,
    );
    let of = proptest::sample::select(vec![
        ("Task", Some("11c137c0-ee7e-4f9c-91c5-8c77cec22b2c")),
        ("TypedContext", Some(SHOT_TYPE)),
        ("AssetBuild", Some("0b000000-0000-4000-8000-00000000000b")),
        ("AssetVersion", None),
        ("Note", None),
        ("User", None),
    ]);
    let change = proptest::sample::subsequence(vec!["bid", "description", "name", "status_id"], 0..=4);
    let asked = (kinds, of, proptest::sample::select(vec!["create", "update"]), change);
    let mut runner = TestRunner::new(Config {
        cases: 200,
        ..Config::default()
    });
    let run = runner.run(&asked, |(kinds, (kind, object_type), operation, changed)| {
        let subscription = Subscription::Entities(kinds);
        let wanted = draft(subscription.clone(), &[]);
        let filter = runtime.block_on(client.webhooks().unwrap().filter(&wanted)).unwrap().unwrap();
        let old = json!({"id": "x", "object_type_id": object_type, "status_id": "a", "name": "n", "bid": 1, "description": "d"});
        let mut new = old.clone();
        for column in changed {
            new[column] = json!("other");
        }
        let old = if operation == "create" { Value::Null } else { old };
        let delivery = json!({
            "id": "e", "fez_id": "ftrack_entity_event_v1", "metadata": {},
            "entity": {"id": ["x"], "entity_type": kind, "operation": operation, "new": new, "old": old},
        });
        let covered = events(delivery.to_string().as_bytes()).iter().any(|event| subscription.covers(event, &[]));
        prop_assert_eq!(filter.lets_through(&delivery), covered, "{} on {}", filter.text(), delivery);
        Ok(())
    });
    run.unwrap();
}
