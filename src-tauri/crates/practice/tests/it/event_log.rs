//! The event log: whose changes it shows, which rows a change makes, and when they can be read.

use std::time::Duration;

use callboard_practice::PracticeArgs;
use serde_json::{Value, json};

use crate::support::{ARRAY, Receiver, Signed};

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

#[tokio::test]
async fn people_put_things_in_the_trash_and_take_them_out() {
    let receiver = Receiver::start().await;
    let site = Signed::start(PracticeArgs {
        hook: vec![receiver.url.clone()],
        ..PracticeArgs::default()
    })
    .await;
    assert!(site.control.retire_as_person("Shot", 1001));
    assert!(!site.control.retire_as_person("Shot", 1001), "it is gone");
    assert!(!site.control.retire_as_person("Shot", 999_999));
    let filters = json!([["id", "is", 1001]]);
    assert!(site.find("Shot", filters.clone(), "code").await.is_empty());
    let (status, _) = site.get("/entity/shots/1001").await;
    assert_eq!(status, 404);
    let body =
        json!({"filters": filters, "fields": "code,sg_status_list,sg_sequence", "options": {"return_only": "retired"}});
    let (_, answer) = site.call("POST", "/entity/Shot/_search", Some((ARRAY, body))).await;
    assert_eq!(answer["data"][0]["attributes"]["code"], "SQ010_0020");
    assert_eq!(
        answer["data"][0]["relationships"]["sg_sequence"]["data"]["name"],
        "SQ010"
    );
    assert!(site.control.revive_as_person("Shot", 1001));
    assert!(!site.control.revive_as_person("Shot", 999_999));
    let (status, answer) = site.call("POST", "/entity/shots/1001?revive=1", None).await;
    assert_eq!(
        (status, &answer["meta"]["did_revive"]),
        (200, &json!(false)),
        "it was not in the trash"
    );
    receiver.wait_for(2).await;
    let mut events: Vec<(Value, Value, Value)> = receiver
        .events()
        .into_iter()
        .map(|e| {
            (
                e["event_type"].clone(),
                e["operation"].clone(),
                e["meta"]["type"].clone(),
            )
        })
        .collect();
    events.sort_by_key(|(kind, ..)| kind.to_string());
    assert_eq!(
        events,
        [
            (
                json!("Shotgun_Shot_Retirement"),
                json!("delete"),
                json!("entity_retirement")
            ),
            (json!("Shotgun_Shot_Revival"), json!("revive"), json!("entity_revival")),
        ]
    );
}

#[tokio::test]
async fn a_note_is_heard_of_whoever_writes_it() {
    let receiver = Receiver::start().await;
    let site = Signed::start(PracticeArgs {
        hook: vec![receiver.url.clone()],
        generate_event_log_entries: true,
        ..PracticeArgs::default()
    })
    .await;
    let about = [("Version", 6001), ("Task", 5006), ("Sequence", 200)];
    let first = site.control.create_note_as_person(&about, "Dailies", "Final.");
    let notes = site.control.entities("Note");
    assert_eq!(notes[0]["note_links"][1]["name"], "SQ010");
    assert_eq!(notes[0]["tasks"][0]["name"], "Composite");
    assert_eq!(notes[0]["project"]["name"], "Northlight");
    assert_eq!(site.control.create_note_as_person(&[("Shot", 999_999)], "", "x"), 0);
    let link = |kind: &str, id: i64| json!({"type": kind, "id": id});
    let body = json!({"subject": "Client", "content": "Love it.", "project": link("Project", 122),
        "note_links": [link("Asset", 1400)], "tasks": []});
    let (status, answer) = site.post("/entity/notes", body).await;
    assert_eq!(status, 201, "{answer}");
    let second = answer["data"]["id"].as_i64().unwrap();
    receiver.wait_for(2).await;
    let mut heard: Vec<(i64, Value)> = receiver
        .events()
        .into_iter()
        .map(|e| (e["entity"]["id"].as_i64().unwrap(), e["event_type"].clone()))
        .collect();
    heard.sort_by_key(|(id, _)| *id);
    assert_eq!(heard, [first, second].map(|id| (id, json!("Shotgun_Note_New"))));
}
