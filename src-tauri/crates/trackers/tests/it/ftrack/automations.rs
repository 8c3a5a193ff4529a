//! Webhooks administered: an Automation, its Trigger and its WebhookAction.

use callboard_model::{EntityType, HookState, Lifecycle, Subscription};
use callboard_trackers::{DeliveriesAsked, Tracker, TrackerError, Webhooks};
use serde_json::{Value, json};

use super::site::{Answer, Asked, Site, answer, rows};
use super::triggers::draft;

fn subscription() -> Subscription {
    let update = |create| Lifecycle {
        create,
        update: Some(vec!["status_id".into()]),
        ..Lifecycle::default()
    };
    let kinds = [("Shot", false), ("Task", false), ("Version", true)];
    Subscription::Entities(
        kinds
            .into_iter()
            .map(|(kind, create)| (EntityType::from(kind), update(create)))
            .collect(),
    )
}

fn schemas(columns: &Value) -> Answer {
    answer(&json!([[{"id": "Automation", "properties": columns}, {"id": "Trigger"}, {"id": "WebhookAction"}]]))
}

fn with_switch() -> Answer {
    schemas(&json!({"id": {"type": "string"}, "name": {"type": "string"}, "is_enabled": {"type": "boolean"}}))
}

/// A site with what has been created in it, and `others` more webhooks that are switched on.
async fn workspace(others: usize) -> Site {
    let made = std::sync::Mutex::new(std::collections::BTreeMap::<(String, String), Value>::new());
    for n in 0..others {
        let of = |kind: &str| (kind.to_owned(), format!("other{n}"));
        let mut made = made.lock().unwrap();
        made.insert(
            of("Automation"),
            json!({"id": format!("other{n}"), "name": "Other", "is_enabled": true}),
        );
        made.insert(of("WebhookAction"), json!({"id": format!("other{n}"), "automation_id": format!("other{n}"), "webhook_url": "https://zapier.example/x", "headers": ""}));
        made.insert(of("Trigger"), json!({"id": format!("other{n}"), "automation_id": format!("other{n}"), "filter": "entity.entity_type = AssetVersion"}));
    }
    Site::start(move |asked: &Asked, _| {
        if asked.operations[0]["action"] == "query_schemas" {
            return with_switch();
        }
        let mut made = made.lock().unwrap();
        for operation in &asked.operations {
            let of = |name: &str| operation[name].as_str().unwrap_or_default().to_owned();
            let at = (
                of("entity_type"),
                operation["entity_key"][0].as_str().unwrap_or_default().to_owned(),
            );
            match operation["action"].as_str().unwrap() {
                "create" => drop(made.insert(at, operation["entity_data"].clone())),
                "update" => {
                    let row = made.get_mut(&at).unwrap().as_object_mut().unwrap();
                    row.extend(operation["entity_data"].as_object().unwrap().clone());
                }
                "delete" => drop(made.remove(&at).unwrap()),
                _ => {}
            }
        }
        let table = |kind: &str| {
            Value::from_iter(
                made.iter()
                    .filter(|((of, _), _)| of == kind)
                    .map(|(_, row)| row.clone()),
            )
        };
        let types = json!([
            {"id": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", "name": "Task"},
            {"id": "bad911de-3bd6-47b9-8b46-3476e237cb36", "name": "Shot"},
        ]);
        rows(
            asked,
            &[
                ("from Automation ", table("Automation")),
                ("from Trigger ", table("Trigger")),
                ("from WebhookAction ", table("WebhookAction")),
                ("from ObjectType ", types),
            ],
        )
    })
    .await
}

#[tokio::test]
async fn a_webhook_is_made_in_one_call_with_its_secret_in_a_header_and_read_back_as_it_was_wanted() {
    let site = workspace(1).await;
    let client = site.client();
    let wanted = draft(subscription(), &["p1", "p2"]);
    let made = client.create(&wanted, Some("s3cret")).await.unwrap();
    assert_eq!(made.draft, wanted);
    assert_eq!((made.state, made.is_signed), (HookState::Active, true));
    let writes: Vec<Asked> = site
        .asked()
        .into_iter()
        .filter(|asked| asked.operations[0]["action"] == "create")
        .collect();
    let [call] = &writes[..] else { panic!("{writes:#?}") };
    let kinds: Vec<&str> = call
        .operations
        .iter()
        .map(|o| o["entity_type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Automation", "Trigger", "WebhookAction"]);
    for operation in &call.operations {
        assert_eq!(operation["entity_key"][0], operation["entity_data"]["id"]);
    }
    let action = &call.operations[2]["entity_data"];
    assert_eq!(action["automation_id"], call.operations[0]["entity_data"]["id"]);
    let headers: Value = serde_json::from_str(action["headers"].as_str().unwrap()).unwrap();
    assert_eq!(headers, json!({"x-callboard-secret": "s3cret"}));
    let listed = client.list().await.unwrap();
    assert_eq!(listed.len(), 2);
    let other = listed.iter().find(|webhook| webhook.id == "other0").unwrap();
    assert_eq!(
        other.draft.subscription,
        Subscription::Custom("entity.entity_type = AssetVersion".into())
    );
    assert!(!other.is_signed);
}

#[tokio::test]
async fn it_is_changed_switched_off_and_deleted_as_a_whole() {
    let site = workspace(0).await;
    let client = site.client();
    let made = client.create(&draft(subscription(), &[]), Some("old")).await.unwrap();
    let only_created = Lifecycle {
        create: true,
        ..Lifecycle::default()
    };
    let only_versions = Subscription::Entities([(EntityType::from("Version"), only_created)].into());
    let changed = client
        .change(&made.id, &draft(only_versions.clone(), &[]), Some("new"))
        .await
        .unwrap();
    assert_eq!(
        (changed.id.as_str(), &changed.draft.subscription),
        (made.id.as_str(), &only_versions)
    );
    let headers = |site: &Site| {
        let of_action = site
            .written()
            .into_iter()
            .rev()
            .find(|o| o["entity_data"]["headers"].is_string())
            .unwrap();
        of_action["entity_data"]["headers"].as_str().unwrap().to_owned()
    };
    assert_eq!(headers(&site), r#"{"x-callboard-secret":"new"}"#);
    // Without a new secret the headers are left alone.
    let before = site.written().len();
    client
        .change(&made.id, &draft(subscription(), &[]), None)
        .await
        .unwrap();
    assert!(
        site.written()[before..]
            .iter()
            .all(|o| o["entity_data"].get("headers").is_none())
    );
    assert_eq!(client.switch(&made.id, false).await.unwrap().state, HookState::Disabled);
    assert_eq!(client.switch(&made.id, true).await.unwrap().state, HookState::Active);
    Webhooks::delete(&client, &made.id).await.unwrap();
    assert!(client.list().await.unwrap().is_empty());
    let deleted: Vec<Value> = site
        .written()
        .into_iter()
        .rev()
        .take(3)
        .map(|o| o["entity_type"].clone())
        .collect();
    assert_eq!(deleted, [json!("Automation"), json!("Trigger"), json!("WebhookAction")]);
    assert_eq!(
        Webhooks::delete(&client, &made.id).await.unwrap_err(),
        TrackerError::NotFound
    );
}

#[tokio::test]
async fn the_sites_limits_are_said_before_the_site_refuses() {
    let site = workspace(10).await;
    let client = site.client();
    let error = client
        .create(&draft(subscription(), &[]), Some("s"))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("10 webhooks"), "{error}");
    client.switch("other3", false).await.unwrap();
    client.create(&draft(subscription(), &[]), Some("s")).await.unwrap();
    let error = client.switch("other3", true).await.unwrap_err().to_string();
    assert!(error.contains("10 webhooks"), "{error}");
    let refused = async |change: &dyn Fn(&mut callboard_model::WebhookDraft)| {
        let mut wanted = draft(subscription(), &[]);
        change(&mut wanted);
        client.create(&wanted, None).await.unwrap_err().to_string()
    };
    assert!(
        refused(&|d| d.url = "http://callboard.studio.example/hooks/status".into())
            .await
            .contains("https://")
    );
    assert!(refused(&|d| d.url = "nonsense".into()).await.contains("https://"));
    assert!(refused(&|d| d.batched = true).await.contains("each event by itself"));
    assert!(
        refused(&|d| d.validates_certificate = false)
            .await
            .contains("always checks")
    );
}

#[tokio::test]
async fn what_the_site_does_not_have_is_said_and_is_no_trouble() {
    let site = workspace(1).await;
    let client = site.client();
    let offered = client.offered();
    assert!(
        !offered.tests && !offered.record && !offered.acknowledgements && !offered.deletions && !offered.signatures
    );
    let deliveries = client.deliveries("other0", &DeliveriesAsked::default()).await.map(drop);
    for answer in [
        client.test("other0").await,
        client.redeliver("d").await,
        client.acknowledge("d", "done").await,
        deliveries,
    ] {
        let error = answer.unwrap_err();
        assert!(
            matches!(error, TrackerError::NotOffered(_)) && !error.of_the_site(),
            "{error}"
        );
        assert!(error.to_string().starts_with("ftrack has no "));
    }
    assert!(site.asked().is_empty(), "nobody is asked for what is not there");
    let old = Site::start(|_, _| answer(&json!([[{"id": "Task"}]]))).await;
    let error = old.client().list().await.unwrap_err().to_string();
    assert!(error.contains("24.6"), "{error}");
    let without = Site::start(|asked, _| {
        if asked.operations[0]["action"] == "query_schemas" {
            return schemas(&json!({"id": {"type": "string"}}));
        }
        let one = json!([{"id": "a1", "name": "x", "automation_id": "a1", "webhook_url": "https://x.example", "filter": "a = b"}]);
        rows(asked, &[("from Automation ", one.clone()), ("from Trigger ", one.clone()), ("from WebhookAction ", one)])
    })
    .await;
    assert_eq!(without.client().list().await.unwrap()[0].state, HookState::Active);
    assert!(matches!(
        without.client().switch("a1", false).await,
        Err(TrackerError::NotOffered(_))
    ));
}

#[tokio::test]
async fn private_projects_are_told_because_the_sites_webhooks_do_not_see_them() {
    let site = Site::start(|asked, _| {
        let shows = json!([
            {"id": "p1", "full_name": "Open", "is_private": false}, {"id": "p2", "full_name": "Secret", "is_private": true},
        ]);
        rows(asked, &[("from Project", shows)])
    })
    .await;
    let client = site.client();
    let left_out = client.webhooks().unwrap().left_out().await.unwrap();
    let names: Vec<_> = left_out.into_iter().filter_map(|one| one.name).collect();
    assert_eq!(names, ["Secret"]);
}
