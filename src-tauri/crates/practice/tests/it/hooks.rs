//! Webhooks: their administration, their deliveries, their health.

use std::time::Duration;

use callboard_practice::{PracticeArgs, signature};
use serde_json::{Value, json};

use crate::support::{Receiver, Signed, eventually};

async fn hooked(receiver: &Receiver, batched: bool) -> Signed {
    let args = PracticeArgs {
        hook: vec![receiver.url.clone()],
        secret: Some("mytoken".to_owned()),
        batched,
        ..PracticeArgs::default()
    };
    Signed::start(args).await
}

#[test]
fn signatures_match_the_vectors() {
    let single =
        br#"{"data":{"id":"101.7.0","event_type":"Shotgun_Version_Change"},"timestamp":"2024-05-01T09:00:00Z"}"#;
    assert_eq!(
        signature("callboard-test-token", single),
        "sha1=f16af4d428caa5afd1f8296a071656e9b45ef1a8"
    );
    let accents = "{\"name\":\"Café — vue\"}";
    assert_eq!(
        signature("clé", accents.as_bytes()),
        "sha1=5ac932a05d23468f4301c36dcf183ad126756772"
    );
    assert_eq!(
        signature("callboard-test-token", b""),
        "sha1=0211ea0c938b37202ff7b5aca5fc437da9864e7f"
    );
    assert_eq!(
        signature("mytoken", b"<json body>"),
        "sha1=257f05231b479019c2d723cfaf6c7d4d5121a2a9"
    );
}

#[tokio::test]
async fn a_single_delivery_is_signed_and_shaped_as_documented() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    let before = site.control.status("Task", 5004);
    assert!(site.control.set_status_as_person("Task", 5004, "hld"));
    let got = receiver.wait_for(1).await.remove(0);
    assert_eq!(got.headers["x-sg-signature"], signature("mytoken", &got.bytes));
    assert_eq!(got.headers["x-sg-webhook-id"], site.control.hook_id(0));
    assert_eq!(got.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(got.headers["user-agent"], "SG event-pipeline");
    assert_eq!(
        got.headers["x-sg-webhook-site-url"],
        format!("{}/", site.practice.url())
    );
    assert_eq!(got.headers["x-sg-event-batch-id"].len(), 56);
    let body = got.json();
    let data = &body["data"];
    assert_eq!(data["delivery_id"], got.headers["x-sg-delivery-id"]);
    assert_eq!(
        (&data["event_type"], &data["operation"]),
        (&json!("Shotgun_Task_Change"), &json!("update"))
    );
    assert_eq!(data["entity"], json!({"type": "Task", "id": 5004}));
    assert_eq!(data["project"], json!({"type": "Project", "id": 122}));
    assert_eq!(data["user"]["type"], "HumanUser");
    assert_eq!(data["meta"]["old_value"], json!(before));
    assert_eq!(data["meta"]["field_data_type"], "status_list");
    assert_eq!(data["event_log_entry_id"], site.control.event_log()[0]["id"]);
    let created = data["created_at"].as_str().unwrap();
    assert_eq!((created.len(), &created[10..11]), (26, " "), "{created}");
    assert_eq!(body["timestamp"].as_str().unwrap().len(), 20);
}

#[tokio::test]
async fn a_create_is_one_delivery_and_carries_no_status() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    let id = site.control.create_version_as_person(Some(5001), "cnv");
    assert!(site.control.set_status_as_person("Version", id, "bkdn"));
    receiver.wait_for(2).await;
    let events = receiver.events();
    let created = events.iter().find(|event| event["operation"] == "create").unwrap();
    assert_eq!(created["event_type"], "Shotgun_Version_New");
    assert_eq!(
        created["meta"],
        json!({"type": "new_entity", "entity_type": "Version", "entity_id": id})
    );
    assert_eq!(created["attribute_name"], Value::Null);
    assert_eq!(
        events.iter().filter(|event| event["operation"] == "update").count(),
        1,
        "fields set at birth are silent"
    );
}

#[tokio::test]
async fn an_old_value_is_null_where_there_was_none() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    site.put("/entity/tasks/5005", json!({"sg_status_list": null})).await;
    assert!(site.control.set_status_as_person("Task", 5005, "ip"));
    receiver.wait_for(1).await;
    let event = receiver.events().remove(0);
    assert_eq!(event["meta"]["old_value"], Value::Null);
    assert_eq!(
        event["meta"]["new_value"], "ip",
        "and the script's own write was not heard"
    );
}

#[tokio::test]
async fn a_batch_takes_what_is_pending_up_to_fifty() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, true).await;
    site.control.hold_deliveries(true);
    for round in 0..60 {
        assert!(
            site.control
                .set_status_as_person("Task", 5006, if round % 2 == 0 { "hld" } else { "ip" })
        );
    }
    site.control.hold_deliveries(false);
    let got = receiver.wait_for(2).await;
    let sizes: Vec<usize> = got
        .iter()
        .map(|got| got.json()["data"]["deliveries"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [50, 10]);
    let first = got[0].json();
    assert_eq!(
        first["timestamp"].as_str().unwrap().len(),
        24,
        "milliseconds when batched"
    );
    assert!(first["data"]["deliveries"][0].get("delivery_id").is_none());
    assert_eq!(got[0].headers["x-sg-signature"], signature("mytoken", &got[0].bytes));
    assert_eq!(got[0].headers["x-sg-event-batch-size"], "50");
    let ids: std::collections::BTreeSet<String> =
        receiver.events().iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(ids.len(), 60, "every event has an id of its own");
    assert!(site.control.set_status_as_person("Task", 5006, "ncl"));
    let alone = receiver.wait_for(3).await;
    assert_eq!(
        alone[2].json()["data"]["deliveries"].as_array().unwrap().len(),
        1,
        "the list is there around one event"
    );
}

#[tokio::test]
async fn a_payload_over_a_megabyte_drops_its_values_and_says_so() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    let long = "fog ".repeat(300_000);
    assert!(
        site.control
            .set_field_as_person("Shot", 1000, "description", json!(long))
    );
    receiver.wait_for(1).await;
    let event = receiver.events().remove(0);
    assert!(event["meta"].get("new_value").is_none() && event["meta"].get("old_value").is_none());
    assert!(event["warning"].as_str().unwrap().contains("1 MB"));
    assert_eq!(event["attribute_name"], "description");
}

#[tokio::test]
async fn a_hook_turns_unstable_then_fails_and_falls_silent() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    receiver.answers(500);
    site.control.set_status_as_person("Task", 5001, "hld");
    eventually("unstable", || site.control.hook_status(0) == "unstable").await;
    eventually("the announcement", || {
        receiver
            .events()
            .iter()
            .any(|event| event["webhook_status"] == "unstable")
    })
    .await;
    let announced = receiver
        .events()
        .into_iter()
        .find(|event| event["event_type"] == "Webhook_Status_Change")
        .unwrap();
    assert_eq!(
        (&announced["id"], &announced["event_log_entry_id"]),
        (&json!("0"), &json!(0))
    );
    assert_eq!(announced["previous_webhook_status"], "active");
    for round in 0..99 {
        site.control
            .set_status_as_person("Task", 5001, if round % 2 == 0 { "ip" } else { "hld" });
    }
    eventually("failed", || site.control.hook_status(0) == "failed").await;
    eventually("quiet", || site.control.is_all_delivered()).await;
    let before = receiver.got().len();
    site.control.set_status_as_person("Task", 5001, "ncl");
    assert!(site.control.is_all_delivered(), "a failed hook hears nothing");

    receiver.answers(200);
    let path = format!("/webhook/hooks/{}", site.control.hook_id(0));
    let (status, answer) = site.put(&path, json!({"status": "active"})).await;
    assert_eq!((status, &answer["data"]["status"]), (200, &json!("active")));
    receiver.wait_for(before + 1).await;
    let last = receiver.events().pop().unwrap();
    assert_eq!(
        (&last["webhook_status"], &last["previous_webhook_status"]),
        (&json!("active"), &json!("failed"))
    );
    let (status, _) = site.put(&path, json!({"status": "failed"})).await;
    assert_eq!(status, 400, "only active and disabled can be set");
}

#[tokio::test]
async fn a_dead_address_is_a_failure_with_code_zero() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    site.control.retarget_hook(0, &format!("http://{address}/"));
    site.control.set_status_as_person("Task", 5001, "hld");
    eventually("unstable", || site.control.hook_status(0) == "unstable").await;
    let delivery = site.control.deliveries().remove(0);
    assert_eq!((delivery.status.as_str(), delivery.response_code), ("failed", 0));
}

#[tokio::test]
async fn an_answer_later_than_six_seconds_is_none() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    receiver.hangs();
    site.control.set_status_as_person("Task", 5001, "hld");
    eventually("giving up", || site.control.hook_status(0) == "unstable").await;
    let delivery = site.control.deliveries().remove(0);
    assert_eq!(delivery.response_code, 0);
    assert!(delivery.process_time >= 5.9, "{}", delivery.process_time);
}

#[tokio::test]
async fn hooks_are_made_read_changed_and_tested_over_rest() {
    let receiver = Receiver::start().await;
    let site = Signed::plain().await;
    let source = async |body: Value| {
        let (status, answer) = site.post("/webhook/hooks", body).await;
        assert_eq!(status, 400, "{answer}");
        answer["errors"][0]["source"].clone()
    };
    assert_eq!(source(json!({})).await["url"], json!(["url is missing"]));
    assert!(
        source(json!({"url": "nonsense", "event_type": "x"}))
            .await
            .get("url")
            .is_some()
    );
    assert!(
        source(json!({"url": receiver.url})).await.get("entity_types").is_some(),
        "one kind of subscription is needed"
    );

    let body = json!({"url": receiver.url, "token": "s3cret", "name": "typo", "projects": [122],
        "entity_types": {"Task": {"update": ["sg_statuslist"]}, "Version": {"update": ["sg_status_list"]}}});
    let (status, answer) = site.post("/webhook/hooks", body).await;
    assert_eq!(status, 201);
    let hook = &answer["data"];
    assert_eq!(
        (&hook["status"], &hook["is_token_set"]),
        (&json!("active"), &json!(true))
    );
    assert!(hook.get("token").is_none(), "the token is write-only");
    let path = format!("/webhook/hooks/{}", hook["id"].as_str().unwrap());
    assert_eq!(site.put(&path, json!({})).await.0, 400);
    assert_eq!(
        site.get("/webhook/hooks/00000000-0000-4000-8000-000000000000").await.0,
        404
    );
    assert_eq!(site.get("/webhook/hooks/nonsense").await.1["errors"][0]["code"], 103);
    assert_eq!(site.get("/webhook/hooks?status=disabled").await.1["data"], json!([]));

    site.control.set_status_as_person("Task", 5001, "hld");
    let versions = site.control.entities("Version");
    let elsewhere = versions.iter().find(|version| version["project"]["id"] == 123).unwrap();
    assert!(
        site.control
            .set_status_as_person("Version", elsewhere["id"].as_i64().unwrap(), "rqc")
    );
    assert_eq!(site.call("POST", &format!("{path}/test_connection"), None).await.0, 204);
    receiver.wait_for(1).await;
    let ping = receiver.events().remove(0);
    assert_eq!(
        ping["event_type"], "Test_Connection",
        "a misspelt field and another project are silent"
    );
    assert_eq!(ping["meta"], json!({"type": "test_connection"}));
    assert!(ping["entity"].get("type").is_none() && ping["entity"].get("id").is_some());
    let nobody = "/webhook/hooks/00000000-0000-4000-8000-000000000000/test_connection";
    assert_eq!(site.call("POST", nobody, None).await.0, 204, "204 for any uuid");
}

#[tokio::test]
async fn deliveries_are_logged_acknowledged_and_sent_again() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    site.control.set_status_as_person("Task", 5001, "hld");
    receiver.wait_for(1).await;
    eventually("an answer", || site.control.is_all_delivered()).await;
    let log = format!("/webhook/hooks/{}/deliveries", site.control.hook_id(0));
    let (_, answer) = site
        .get(&format!("{log}?status=delivered&entity_type=Task&entity_id=5001"))
        .await;
    let delivery = &answer["data"][0];
    assert_eq!(
        (&delivery["response_code"], &delivery["body"]),
        (&json!(200), &json!("{\"ok\":true}"))
    );
    assert_eq!(answer["performance_metrics"]["event_count"], 1);
    assert_eq!(site.get(&format!("{log}?status=failed")).await.1["data"], json!([]));
    let path = format!("/webhook/deliveries/{}", delivery["id"].as_str().unwrap());
    let (status, answer) = site.put(&path, json!({"acknowledgement": "3 changes"})).await;
    assert_eq!((status, &answer["data"]["acknowledgement"]), (200, &json!("3 changes")));
    assert_eq!(
        site.put(&path, json!({"acknowledgement": "x".repeat(4096)})).await.0,
        200
    );
    assert_eq!(
        site.put(&path, json!({"acknowledgement": "x".repeat(4097)})).await.0,
        400
    );
    assert_eq!(site.call("POST", &format!("{path}/redeliver"), None).await.0, 204);
    let got = receiver.wait_for(2).await;
    assert_eq!(got[0].bytes, got[1].bytes, "byte for byte");
    assert_eq!(got[0].headers["x-sg-delivery-id"], got[1].headers["x-sg-delivery-id"]);
}

#[tokio::test]
async fn it_keeps_up_with_two_hundred_events_a_second() {
    let receiver = Receiver::start().await;
    let args = PracticeArgs {
        hook: vec![receiver.url.clone()],
        rate: 200.0,
        seconds: Some(2.0),
        ..PracticeArgs::default()
    };
    let site = Signed::start(args).await;
    tokio::time::timeout(Duration::from_secs(30), site.practice.finished())
        .await
        .unwrap();
    assert!(site.control.is_all_delivered(), "all of it was sent and answered");
    let deliveries = receiver.got().len();
    assert!(
        (380..=401).contains(&deliveries),
        "one action is one delivery: {deliveries}"
    );
    assert_eq!(site.control.hook_status(0), "active");
    site.practice.stop().await;
}
