//! Statuses and fields as they are written.

use callboard_model::StatusCode;
use callboard_trackers::{Tracker, TrackerError};
use serde_json::json;

use super::site::{Asked, Site, answer, complaint, key, rows};

#[tokio::test]
async fn a_status_is_an_update_of_its_column() {
    let site = Site::start(|asked, _| rows(asked, &[])).await;
    let client = site.client();
    let done = StatusCode::from("44de097a-4164-11df-9218-0019bb4983d8");
    client
        .set_status(&key("Task", "t1"), Some(&done), Some("a session"))
        .await
        .unwrap();
    client.set_status(&key("Version", "v1"), None, None).await.unwrap();
    let expected = [
        json!({
            "action": "update", "entity_type": "Task", "entity_key": ["t1"],
            "entity_data": {"__entity_type__": "Task", "status_id": "44de097a-4164-11df-9218-0019bb4983d8"},
        }),
        json!({
            "action": "update", "entity_type": "AssetVersion", "entity_key": ["v1"],
            "entity_data": {"__entity_type__": "AssetVersion", "status_id": null},
        }),
    ];
    assert_eq!(site.written(), expected);
}

#[tokio::test]
async fn a_status_outside_the_workflow_is_refused_in_the_sites_words() {
    let site = Site::start(|_, _| complaint(400, "ValidationError", "Status is not valid for the object type.")).await;
    let error = site
        .client()
        .set_status(&key("Shot", "s1"), Some(&"done".into()), None)
        .await
        .unwrap_err();
    assert_eq!(
        error,
        TrackerError::Refused("Status is not valid for the object type.".into())
    );
    assert!(!error.passing() && !error.of_the_site());
}

#[tokio::test]
async fn a_field_is_set_in_its_own_type_and_what_rules_do_not_set_is_said() {
    let site = Site::start(|asked: &Asked, _| {
        if asked.operations[0]["action"] == "query_schemas" {
            let properties = json!({
                "bid": {"type": "number"}, "description": {"type": "string"}, "name": {"type": "string"},
                "priority_id": {"type": "string", "format": "foreign_key"}, "id": {"type": "string"},
            });
            return answer(&json!([[{"id": "Task", "immutable": ["id"], "properties": properties}]]));
        }
        rows(
            asked,
            &[(
                "from TypedContext where id in (\"t1\")",
                json!([{"id": "t1", "bid": 7200}]),
            )],
        )
    })
    .await;
    let client = site.client();
    let task = key("Task", "t1");
    client.set_field(&task, "bid", Some("3600"), None).await.unwrap();
    client.set_field(&task, "description", None, None).await.unwrap();
    let written: Vec<_> = site
        .written()
        .iter()
        .map(|operation| operation["entity_data"].clone())
        .collect();
    assert_eq!(written[0]["bid"], json!(3600));
    assert_eq!(written[1]["description"], json!(null));
    for (field, text) in [
        ("bid", "soon"),
        ("status_id", "wip"),
        ("priority_id", "p"),
        ("id", "t2"),
        ("sg_status_list", "ip"),
    ] {
        let error = client.set_field(&task, field, Some(text), None).await.unwrap_err();
        assert!(matches!(error, TrackerError::NotSettable { .. }), "{field}: {error}");
    }
    assert_eq!(site.written().len(), 2);
    let values = client.values(std::slice::from_ref(&task), "bid").await.unwrap();
    assert_eq!(values[&task], json!(7200));
    let gone = client.statuses(&[key("Task", "gone")]).await.unwrap();
    assert!(gone.is_empty());
}
