//! Setting a status, and what a site has to say of itself.

use callboard_model::{EntityKey, EntityRef, EntityType, HookState, StatusCode};
use callboard_trackers::{RemoteHook, SiteStatus, Tracker, TrackerError};
use serde_json::{Value, json};

use crate::site::{Site, error, records, task, task_record, text};

#[tokio::test]
async fn a_status_is_put_and_nothing_beside_it() {
    let site = Site::start(|_, _| text(200, json!({"data": task_record(5001, "rev")}).to_string())).await;
    site.client()
        .set_status(&task(5001), Some(&StatusCode::from("rev")))
        .await
        .unwrap();
    let call = &site.calls()[0];
    assert_eq!(
        (call.method.as_str(), call.path.as_str()),
        ("PUT", "/api/v1/entity/Task/5001")
    );
    assert_eq!(call.content_type, "application/json");
    assert_eq!(call.json(), json!({"sg_status_list": "rev"}));
}

#[tokio::test]
async fn a_status_is_cleared_by_null() {
    let site = Site::start(|_, _| text(200, json!({"data": {}}).to_string())).await;
    site.client().set_status(&task(5001), None).await.unwrap();
    assert_eq!(site.calls()[0].json(), json!({"sg_status_list": null}));
}

#[tokio::test]
async fn an_answer_without_content_is_an_answer() {
    let site = Site::start(|_, _| text(204, "")).await;
    assert_eq!(site.client().set_status(&task(5001), None).await, Ok(()));
}

#[tokio::test]
async fn a_status_that_the_site_does_not_have_is_refused_with_the_ones_it_has() {
    let title = "Update failed for [Task.sg_status_list]: 'Final' is not a valid status. Valid statuses: wtg, ip, fin";
    let site = Site::start(move |_, _| error(400, 104, title)).await;
    let refused = site.client().set_status(&task(5001), Some(&"Final".into())).await;
    assert_eq!(refused, Err(TrackerError::Refused(title.into())));
}

#[tokio::test]
async fn an_entity_that_is_gone_is_not_found() {
    let site = Site::start(|_, _| error(404, 104, "Not Found")).await;
    let gone = site.client().set_status(&task(400_000), Some(&"rev".into())).await;
    assert_eq!(gone, Err(TrackerError::NotFound));
}

fn status_row(code: &str, name: &str, color: &Value) -> Value {
    json!({"type": "Status", "attributes": {"code": code, "name": name, "bg_color": color}, "relationships": {}, "id": 1})
}

fn schema(properties: &Value) -> String {
    json!({"data": {"name": {"value": "Status", "editable": true}, "properties": properties}, "links": {"self": "/x"}})
        .to_string()
}

#[tokio::test]
async fn statuses_come_in_the_sites_order_with_labels_and_hex_colours() {
    let site = Site::start(|asked, _| {
        if asked.path == "/api/v1/schema/Task/fields/sg_status_list" {
            text(
                200,
                schema(&json!({
                    "default_value": {"value": "wtg", "editable": true},
                    "valid_values": {"value": ["wtg", "ip", "fin", "odd", "new"], "editable": true},
                    "display_values": {"value": {"wtg": "Waiting to Start", "ip": "In Progress"}, "editable": false},
                    "hidden_values": {"value": ["fin", "nosuch"], "editable": true},
                })),
            )
        } else {
            records(&[
                status_row("fin", "Final", &json!("34,160,91")),
                status_row("ip", "In progress of the stock", &json!("255,204,0")),
                status_row("wtg", "Waiting", &Value::Null),
                status_row("odd", "Odd", &json!("300,0")),
            ])
        }
    })
    .await;
    let list = site.client().status_list(&EntityType::from("Task")).await.unwrap();
    let status = |code: &str, name: &str, color: Option<&str>, hidden| SiteStatus {
        code: code.into(),
        name: name.into(),
        color: color.map(Into::into),
        hidden,
    };
    assert_eq!(
        list,
        [
            status("wtg", "Waiting to Start", None, false),
            status("ip", "In Progress", Some("#ffcc00"), false),
            status("fin", "Final", Some("#22a05b"), true),
            status("odd", "Odd", None, false),
            status("new", "new", None, false),
        ]
    );
}

#[tokio::test]
async fn a_colour_is_hex_or_none() {
    let colors = [
        (json!("0,0,0"), Some("#000000")),
        (json!("255, 255 ,255"), Some("#ffffff")),
        (json!("1,2,3"), Some("#010203")),
        (json!("256,0,0"), None),
        (json!("-1,0,0"), None),
        (json!("1,2,3,4"), None),
        (json!("#ffcc00"), None),
        (json!(""), None),
        (json!(7), None),
    ];
    for (said, expected) in colors {
        let row = status_row("ip", "In Progress", &said);
        let site = Site::start(move |asked, _| {
            if asked.path.contains("/schema/") {
                text(200, schema(&json!({"valid_values": {"value": ["ip"]}})))
            } else {
                records(std::slice::from_ref(&row))
            }
        })
        .await;
        let list = site.client().status_list(&EntityType::from("Task")).await.unwrap();
        assert_eq!(list[0].color.as_deref(), expected, "{said}");
    }
}

#[tokio::test]
async fn a_schema_without_properties_has_no_statuses() {
    for properties in [
        Value::Null,
        json!({}),
        json!({"valid_values": null}),
        json!({"valid_values": {"value": null}}),
    ] {
        let site = Site::start(move |asked, _| {
            if asked.path.contains("/schema/") {
                text(200, schema(&properties))
            } else {
                records(&[])
            }
        })
        .await;
        assert!(
            site.client()
                .status_list(&EntityType::from("Task"))
                .await
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn what_one_project_hides_is_asked_of_its_schema() {
    let site = Site::start(|asked, _| {
        assert_eq!(asked.path, "/api/v1/schema/Task/fields/sg_status_list?project_id=123");
        text(
            200,
            schema(&json!({"hidden_values": {"value": ["fin", "nosuch", 7], "editable": true}})),
        )
    })
    .await;
    let (kind, project) = (EntityType::from("Task"), EntityKey::new("Project", 123));
    let hidden = site.client().hidden(&kind, &project).await.unwrap();
    assert_eq!(hidden, ["fin".into(), "nosuch".into()].into());
}

#[tokio::test]
async fn a_type_that_is_none_goes_into_no_address() {
    let site = Site::start(|_, _| records(&[])).await;
    let kind = EntityType::from("Task/../../auth");
    let client = site.client();
    let project = EntityKey::new("Project", 123);
    assert_eq!(client.status_list(&kind).await, Err(TrackerError::NotFound));
    assert_eq!(client.hidden(&kind, &project).await, Err(TrackerError::NotFound));
    assert_eq!(
        client.find(&kind, &["x".into()], None).await,
        Err(TrackerError::NotFound)
    );
    assert_eq!(
        client.set_status(&EntityKey { kind, id: 1.into() }, None).await,
        Err(TrackerError::NotFound)
    );
    assert!(site.calls().is_empty());
}

#[tokio::test]
async fn names_are_read_in_one_call_a_type() {
    let site = Site::start(|asked, _| {
        if asked.path.contains("HumanUser") {
            records(&[json!({"type": "HumanUser", "attributes": {"name": "Ada", "firstname": "A"}, "id": 88})])
        } else {
            records(&[task_record(1, "ip"), task_record(2, "ip")])
        }
    })
    .await;
    let keys = [task(1), EntityKey::new("HumanUser", 88), task(2)];
    let mut names = site.client().names(&keys).await.unwrap();
    names.sort_by_key(|n| n.key.clone());
    assert_eq!(
        names,
        [
            EntityRef::new("HumanUser", 88).named("Ada"),
            EntityRef::new("Task", 1).named("task 1"),
            EntityRef::new("Task", 2).named("task 2"),
        ]
    );
    assert_eq!(site.calls().len(), 2);
}

#[tokio::test]
async fn the_sites_own_hooks_are_read_and_unknown_states_passed_over() {
    let hook = |id: &str, status: Value| {
        json!({
            "id": id, "url": "https://relay.example/hooks/status", "entity_types": {"Version": {"update": ["sg_status_list"]}},
            "event_type": null, "status": status, "projects": [122], "num_deliveries": 0, "is_token_set": true, "name": null,
        })
    };
    let list = ["active", "unstable", "failed", "disabled", "melted"].map(|s| hook(s, json!(s)));
    let site = Site::start(move |_, _| {
        let mut list = list.to_vec();
        list.extend([
            hook("null", Value::Null),
            json!({}),
            Value::Null,
            json!({"id": null, "url": null, "status": "active"}),
        ]);
        text(200, json!({"data": list, "links": {}}).to_string())
    })
    .await;
    let found = site.client().hooks().await.unwrap();
    let remote = |id: &str, state| RemoteHook {
        id: id.into(),
        url: "https://relay.example/hooks/status".into(),
        state,
    };
    assert_eq!(
        found,
        [
            remote("active", HookState::Active),
            remote("unstable", HookState::Unstable),
            remote("failed", HookState::Failed),
            remote("disabled", HookState::Disabled),
        ]
    );
    let call = &site.calls()[0];
    assert_eq!(
        (call.method.as_str(), call.path.as_str()),
        ("GET", "/api/v1/webhook/hooks")
    );
}
