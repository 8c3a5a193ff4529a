//! What a script can find out and say: the session that it writes for, and what it may write, without writing.

use std::time::Duration;

use callboard_practice::PracticeArgs;
use serde_json::{Value, json};

use crate::support::{Receiver, Signed};

const SESSION: &str = "dd6a1d6a-83a0-11ec-8826-0242ac110006";

async fn audible(receiver: Option<&Receiver>) -> Signed {
    let site = Signed::start(PracticeArgs {
        generate_event_log_entries: true,
        hook: receiver.map(|receiver| receiver.url.clone()).into_iter().collect(),
        ..PracticeArgs::default()
    })
    .await;
    site.control.log_delay(Duration::ZERO);
    site
}

#[tokio::test]
async fn a_session_given_with_the_key_goes_with_what_is_written() {
    let receiver = Receiver::start().await;
    let mut site = audible(Some(&receiver)).await;
    site.put("/entity/tasks/5001", json!({"sg_status_list": "hld"})).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "practice"),
        ("client_secret", "practice"),
        ("session_uuid", SESSION),
    ];
    let address = format!("{}/api/v1/auth/access_token", site.practice.url());
    let answer = site.http.post(address).form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    site.token = answer["access_token"].as_str().unwrap().to_owned();
    let batch = json!({"requests": [{"request_type": "update", "entity": "Task", "record_id": 5002,
        "data": {"sg_status_list": "hld"}}]});
    assert_eq!(site.post("/entity/_batch", batch).await.0, 200);
    let call = json!({"method_name": "update", "params": [
        {"script_name": "practice", "script_key": "practice", "session_uuid": SESSION},
        {"type": "Task", "id": 5003, "fields": [{"field_name": "sg_status_list", "value": "hld"}]}]});
    let address = format!("{}/api3/json", site.practice.url());
    site.http.post(address).json(&call).send().await.unwrap();

    let wrote: Vec<Option<String>> = site
        .control
        .writes()
        .into_iter()
        .map(|write| write.session_uuid)
        .collect();
    assert_eq!(wrote, [None, Some(SESSION.to_owned()), Some(SESSION.to_owned())]);
    let rows: Vec<Value> = site
        .control
        .event_log()
        .into_iter()
        .map(|row| row["session_uuid"].clone())
        .collect();
    assert_eq!(rows, [Value::Null, json!(SESSION), json!(SESSION)]);
    receiver.wait_for(3).await;
    let mut heard: Vec<(i64, Value)> = receiver
        .events()
        .into_iter()
        .map(|event| (event["entity"]["id"].as_i64().unwrap(), event["session_uuid"].clone()))
        .collect();
    heard.sort_by_key(|(id, _)| *id);
    assert_eq!(
        heard,
        [(5001, Value::Null), (5002, json!(SESSION)), (5003, json!(SESSION))]
    );
}

#[tokio::test]
async fn a_script_is_told_what_it_may_write_without_writing() {
    let site = audible(None).await;
    let asked = async |fields: Value| {
        let update =
            |id: i64, data: Value| json!({"request_type": "update", "entity": "Task", "record_id": id, "data": data});
        let requests =
            json!({"requests": [update(5001, fields), update(999_999_999, json!({"sg_status_list": "ip"}))]});
        let (status, answer) = site.post("/entity/_batch", requests).await;
        (status, answer["errors"][0].clone())
    };
    let before = site.control.status("Task", 5001);
    let (status, error) = asked(json!({"sg_status_list": "ip"})).await;
    assert_eq!(status, 404, "allowed: the sentinel is what was missing");
    assert!(error["detail"].as_str().unwrap().contains("id=999999999"), "{error}");
    site.control.forbid_writes("Task", "sg_status_list");
    let (status, error) = asked(json!({"sg_status_list": "ip"})).await;
    assert_eq!(status, 400, "forbidden, and not 403");
    let title = error["title"].as_str().unwrap();
    assert!(
        title.contains("Task.sg_status_list") && title.contains("rule"),
        "{title}"
    );
    assert_eq!(asked(json!({"sg_status_list": "Final"})).await.0, 400);
    assert_eq!(site.control.status("Task", 5001), before);
    assert!(site.control.event_log().is_empty() && site.control.writes().is_empty());
}

#[tokio::test]
async fn a_script_turns_its_own_traces_on_and_off() {
    let site = audible(None).await;
    let path = "/entity/api_users/93";
    site.put(path, json!({"generate_event_log_entries": false})).await;
    let seen = site.control.event_log().len();
    site.put("/entity/tasks/5001", json!({"sg_status_list": "hld"})).await;
    assert_eq!(site.control.event_log().len(), seen);
    let (_, answer) = site.get(&format!("{path}?fields=generate_event_log_entries")).await;
    assert_eq!(answer["data"]["attributes"]["generate_event_log_entries"], false);
    site.put(path, json!({"generate_event_log_entries": true})).await;
    let seen = site.control.event_log().len();
    site.put("/entity/tasks/5001", json!({"sg_status_list": "ip"})).await;
    assert_eq!(site.control.event_log().len(), seen + 1);
}
