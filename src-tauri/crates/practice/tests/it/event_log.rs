//! The event log: whose changes it shows, which rows a change makes, and when they can be read.

use std::time::Duration;

use callboard_practice::PracticeArgs;
use serde_json::{Value, json};

use crate::support::{ARRAY, Signed};

#[tokio::test]
async fn a_script_is_invisible_until_it_asks_to_be_seen() {
    let site = Signed::plain().await;
    site.control.log_delay(Duration::ZERO);
    site.put("/entity/tasks/5002", json!({"sg_status_list": "ip"})).await;
    assert!(site.control.event_log().is_empty());
    let (_, answer) = site.get("/entity/api_users/93").await;
    assert_eq!(answer["data"]["attributes"]["generate_event_log_entries"], false);
    assert_eq!(
        site.put("/entity/api_users/93", json!({"generate_event_log_entries": true}))
            .await
            .0,
        200
    );
    let seen = site.control.event_log().len();
    site.put("/entity/tasks/5002", json!({"sg_status_list": "ncl"})).await;
    let log = site.control.event_log();
    assert_eq!(log.len(), seen + 1);
    let row = log.last().unwrap();
    assert_eq!(row["event_type"], "Shotgun_Task_Change");
    assert_eq!(row["user"]["name"], "practice 1.0");
    assert_eq!(row["session_uuid"], Value::Null, "scripts have no session");
    assert_eq!(
        (&row["meta"]["old_value"], &row["meta"]["new_value"]),
        (&json!("ip"), &json!("ncl"))
    );
}

#[tokio::test]
async fn a_create_is_one_new_row_and_a_change_row_a_field() {
    let site = Signed::start(PracticeArgs {
        generate_event_log_entries: true,
        ..PracticeArgs::default()
    })
    .await;
    let body = json!({"code": "x_v001", "project": {"type": "Project", "id": 122}, "sg_status_list": "cnv"});
    let (_, answer) = site.post("/entity/versions", body).await;
    let id = answer["data"]["id"].clone();
    let log = site.control.event_log();
    let first = log.first().unwrap();
    assert_eq!(
        (&first["event_type"], &first["meta"]["type"]),
        (&json!("Shotgun_Version_New"), &json!("new_entity"))
    );
    assert_eq!(first["attribute_name"], Value::Null);
    let fields: Vec<&str> = log[1..]
        .iter()
        .map(|row| row["attribute_name"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["code", "project", "sg_status_list"]);
    assert!(
        log[1..]
            .iter()
            .all(|row| row["meta"]["in_create"] == true && row["meta"]["entity_id"] == id)
    );

    site.call("DELETE", &format!("/entity/versions/{id}"), None).await;
    let log = site.control.event_log();
    let types: Vec<&str> = log[4..].iter().map(|row| row["event_type"].as_str().unwrap()).collect();
    assert_eq!(types, ["Shotgun_Version_Retirement", "Shotgun_Version_Change"]);
    assert!(
        log.iter().all(|row| row["entity"].is_null()),
        "rows of what is gone lose their link"
    );
}

#[tokio::test]
async fn rows_of_the_log_are_readable_a_moment_later() {
    let site = Signed::plain().await;
    assert!(site.control.set_status_as_person("Task", 5003, "hld"));
    let written = site.control.event_log();
    assert_eq!(written.len(), 1);
    let last = written[0]["id"].as_i64().unwrap() - 1;
    let filters = json!([["id", "greater_than", last]]);
    assert!(
        site.find("event_log_entries", filters.clone(), "event_type,meta,entity")
            .await
            .is_empty()
    );
    let reading = async {
        loop {
            let rows = site
                .find("event_log_entries", filters.clone(), "event_type,meta,entity")
                .await;
            if let Some(row) = rows.first() {
                return row.clone();
            }
        }
    };
    let row = tokio::time::timeout(Duration::from_secs(10), reading).await.unwrap();
    assert_eq!(row["attributes"]["meta"]["new_value"], "hld");
    assert_eq!(row["relationships"]["entity"]["data"]["type"], "Task");
    let by_meta = json!({"filters": [["meta", "is", "x"]]});
    assert_eq!(
        site.call("POST", "/entity/EventLogEntry/_search", Some((ARRAY, by_meta)))
            .await
            .0,
        400
    );
}
