//! Setting a status, and what a site has to say of itself.

use callboard_model::{EntityKey, EntityRef, EntityType, StatusCode};
use callboard_trackers::{SiteStatus, Tracker, TrackerError};
use serde_json::{Value, json};

use crate::site::{Site, error, records, task, task_record, text};

#[tokio::test]
async fn a_status_is_put_and_nothing_beside_it() {
    let site = Site::start(|_, _| text(200, json!({"data": task_record(5001, "rev")}).to_string())).await;
    site.client()
        .set_status(&task(5001), Some(&StatusCode::from("rev")), None)
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
    site.client().set_status(&task(5001), None, None).await.unwrap();
    assert_eq!(site.calls()[0].json(), json!({"sg_status_list": null}));
}

/// A site whose fields are all of one type.
async fn of_type(data_type: &'static str) -> Site {
    Site::start(move |asked, _| {
        if asked.method == "GET" {
            text(
                200,
                json!({"data": {"data_type": {"value": data_type, "editable": false}}}).to_string(),
            )
        } else {
            text(200, json!({"data": {}}).to_string())
        }
    })
    .await
}

#[tokio::test]
async fn a_field_is_put_in_its_own_type() {
    for (data_type, to, put) in [
        ("text", Some("sent"), json!("sent")),
        ("text", Some("7"), json!("7")),
        ("text", None, Value::Null),
        ("list", Some("Client"), json!("Client")),
        // Another status list than the status is a list like any other.
        ("status_list", Some("apv"), json!("apv")),
        ("date", Some("2026-11-21"), json!("2026-11-21")),
        ("number", Some("7"), json!(7)),
        ("number", None, Value::Null),
        ("float", Some("7"), json!(7.0)),
        ("checkbox", Some("True"), json!(true)),
        ("checkbox", Some("false"), json!(false)),
        // A type that nobody here has heard of.
        ("newest", Some("x"), json!("x")),
    ] {
        let site = of_type(data_type).await;
        site.client().set_field(&task(5001), "sg_x", to, None).await.unwrap();
        let calls = site.calls();
        assert_eq!(calls[0].path, "/api/v1/schema/Task/fields/sg_x");
        assert_eq!(
            (calls[1].method.as_str(), calls[1].path.as_str(), calls[1].json()),
            ("PUT", "/api/v1/entity/Task/5001", json!({ "sg_x": put })),
            "{data_type}"
        );
        assert_eq!(calls.len(), 2);
    }
}

#[tokio::test]
async fn what_a_field_cannot_hold_is_said_and_never_put() {
    for (data_type, to, said) in [
        (
            "entity",
            Some("Ada"),
            "The field sg_x cannot be set: it links to other entities, and rules do not set links",
        ),
        (
            "multi_entity",
            None,
            "The field sg_x cannot be set: it links to other entities, and rules do not set links",
        ),
        (
            "image",
            Some("x"),
            "The field sg_x cannot be set: it is of the type image, which rules do not set",
        ),
        (
            "number",
            Some("many"),
            "The field sg_x cannot be set: it holds a number, and \"many\" is none",
        ),
        (
            "checkbox",
            Some("maybe"),
            "The field sg_x cannot be set: it is a checkbox, so \"maybe\" must be true or false",
        ),
        (
            "checkbox",
            None,
            "The field sg_x cannot be set: it is a checkbox, which is never empty. Set it to false",
        ),
    ] {
        let site = of_type(data_type).await;
        let refused = site
            .client()
            .set_field(&task(5001), "sg_x", to, None)
            .await
            .unwrap_err();
        assert_eq!(refused.to_string(), said);
        assert!(!refused.passing());
        assert!(site.calls().iter().all(|call| call.method == "GET"), "{data_type}");
    }
}

#[tokio::test]
async fn the_status_and_what_is_no_field_are_not_put_as_fields() {
    let site = Site::start(|_, _| error(404, 103, "Not Found")).await;
    let client = site.client();
    let status = client.set_field(&task(5001), "sg_status_list", Some("fin"), None).await;
    assert!(matches!(status, Err(TrackerError::NotSettable { .. })), "{status:?}");
    let dotted = client.set_field(&task(5001), "entity.Shot.code", Some("x"), None).await;
    assert!(matches!(dotted, Err(TrackerError::NotSettable { .. })), "{dotted:?}");
    assert!(site.calls().is_empty());
    let unknown = client
        .set_field(&task(5001), "sg_nosuch", Some("x"), None)
        .await
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "The field sg_nosuch cannot be set: the site has no such field for a Task. Check its name in the rule"
    );
}

#[tokio::test]
async fn values_are_read_in_the_field_s_own_type() {
    let site = Site::start(|_, _| {
        let record = |id: i64, value: Value| json!({"type": "Task", "attributes": {"sg_x": value}, "relationships": {}, "id": id});
        records(&[
            record(1, json!("sent")),
            record(2, json!(7.0)),
            record(3, json!("")),
            json!({"type": "Task", "attributes": {}, "relationships": {"sg_x": {"data": {"type": "Shot", "id": 1, "name": "sh010"}}}, "id": 4}),
            json!({"type": "Task", "attributes": {}, "relationships": {}, "id": 5}),
        ])
    })
    .await;
    let keys: Vec<EntityKey> = (1..=6).map(task).collect();
    let values = site.client().values(&keys, "sg_x").await.unwrap();
    let value = |id: i64| values.get(&task(id));
    assert_eq!(value(1), Some(&json!("sent")));
    assert_eq!(value(2), Some(&json!(7.0)));
    assert_eq!(value(3), Some(&json!("")));
    let link = value(4).and_then(callboard_model::as_text);
    assert_eq!(link.as_deref(), Some("sh010"));
    assert_eq!(value(5), Some(&Value::Null));
    assert_eq!(value(6), None, "it is gone");
    assert_eq!(site.calls().len(), 1);
}

#[tokio::test]
async fn an_answer_without_content_is_an_answer() {
    let site = Site::start(|_, _| text(204, "")).await;
    assert_eq!(site.client().set_status(&task(5001), None, None).await, Ok(()));
}

#[tokio::test]
async fn a_status_that_the_site_does_not_have_is_refused_with_the_ones_it_has() {
    let title = "Update failed for [Task.sg_status_list]: 'Final' is not a valid status. Valid statuses: wtg, ip, fin";
    let site = Site::start(move |_, _| error(400, 104, title)).await;
    let refused = site.client().set_status(&task(5001), Some(&"Final".into()), None).await;
    assert_eq!(refused, Err(TrackerError::Refused(title.into())));
}

#[tokio::test]
async fn an_entity_that_is_gone_is_not_found() {
    let site = Site::start(|_, _| error(404, 104, "Not Found")).await;
    let gone = site
        .client()
        .set_status(&task(400_000), Some(&"rev".into()), None)
        .await;
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
        client.set_status(&EntityKey { kind, id: 1.into() }, None, None).await,
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
