//! What hooks hear of besides records, how time heals them, and how much of the site's time they may take.

use std::time::Duration;

use callboard_practice::{CUSTOM_EVENTS, PracticeArgs};
use serde_json::{Value, json};

use crate::support::{ARRAY, Receiver, Signed, eventually};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn hooked(receiver: &Receiver) -> Signed {
    Signed::start(PracticeArgs {
        hook: vec![receiver.url.clone()],
        ..PracticeArgs::default()
    })
    .await
}

#[tokio::test]
async fn every_custom_event_stands_in_the_log_and_reaches_the_hook_for_its_type() {
    let (logins, everything) = (Receiver::start().await, Receiver::start().await);
    let site = hooked(&everything).await;
    let body = json!({"url": logins.url, "event_type": "Shotgun_User_Login", "projects": []});
    let (status, answer) = site.post("/webhook/hooks", body).await;
    assert_eq!(
        (status, &answer["data"]["event_type"]),
        (201, &json!("Shotgun_User_Login"))
    );
    assert_eq!(answer["data"]["entity_types"], Value::Null);
    for event_type in CUSTOM_EVENTS {
        assert_ne!(
            site.control.custom_event(event_type, None, json!({})),
            0,
            "{event_type}"
        );
    }
    assert_eq!(site.control.custom_event("Shotgun_Nonsense", None, json!({})), 0);
    assert_eq!(
        site.control
            .custom_event("Shotgun_User_Login", Some(("Task", 1)), json!({})),
        0
    );
    let about = Some(("Version", 6001));
    let viewed = site
        .control
        .custom_event("Shotgun_Review_Tools_Version_View", about, json!({"type": "view"}));
    let logged: Vec<Value> = site
        .control
        .event_log()
        .into_iter()
        .map(|row| row["event_type"].clone())
        .collect();
    assert_eq!(logged.len(), 41);
    assert!(CUSTOM_EVENTS.iter().all(|name| logged.contains(&json!(name))));
    let row = site.control.event_log().pop().unwrap();
    assert_eq!((&row["id"], &row["entity"]["id"]), (&json!(viewed), &json!(6001)));
    assert_eq!(
        (&row["project"]["id"], &row["meta"]["type"]),
        (&json!(122), &json!("view"))
    );

    logins.wait_for(1).await;
    let event = logins.events().remove(0);
    assert_eq!(event["event_type"], "Shotgun_User_Login");
    assert_eq!((&event["operation"], &event["entity"]), (&Value::Null, &Value::Null));
    assert_eq!(event["user"]["type"], "HumanUser");
    eventually("quiet", || site.control.is_all_delivered()).await;
    assert_eq!(logins.got().len(), 1, "and of no other event");
    assert!(
        everything.got().is_empty(),
        "a hook for records hears of no custom event"
    );
}

#[tokio::test]
async fn a_hook_for_an_event_type_in_a_project_hears_of_that_project_only() {
    let receiver = Receiver::start().await;
    let site = Signed::plain().await;
    let body = json!({"url": receiver.url, "event_type": "Shotgun_Task_Change", "projects": [123]});
    assert_eq!(site.post("/webhook/hooks", body).await.0, 201);
    let tasks = site.control.entities("Task");
    let of = |project: i64| {
        let task = tasks.iter().find(|task| task["project"]["id"] == project).unwrap();
        task["id"].as_i64().unwrap()
    };
    assert!(site.control.set_status_as_person("Task", of(122), "hld"));
    assert!(site.control.set_status_as_person("Task", of(123), "hld"));
    receiver.wait_for(1).await;
    eventually("quiet", || site.control.is_all_delivered()).await;
    let heard: Vec<Value> = receiver
        .events()
        .into_iter()
        .map(|event| event["entity"]["id"].clone())
        .collect();
    assert_eq!(heard, [json!(of(123))]);
}

#[tokio::test]
async fn scripts_without_show_webhooks_are_refused_by_name() {
    let site = Signed::start(PracticeArgs {
        hide_webhooks: true,
        ..PracticeArgs::default()
    })
    .await;
    let (status, answer) = site.get("/webhook/hooks").await;
    assert_eq!(status, 400, "not 403");
    let title = answer["errors"][0]["title"].as_str().unwrap();
    assert!(title.contains("Show Webhooks"), "{title}");
    let nobody = "/webhook/hooks/00000000-0000-4000-8000-000000000000/test_connection";
    assert_eq!(site.call("POST", nobody, None).await.0, 400);
    site.control.show_webhooks(true);
    assert_eq!(site.get("/webhook/hooks").await.0, 200);
}

#[tokio::test]
async fn a_day_without_a_failure_makes_a_hook_well_again() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver).await;
    receiver.answers(500);
    site.control.set_status_as_person("Task", 5001, "hld");
    eventually("unstable", || site.control.hook_status(0) == "unstable").await;
    eventually("quiet", || site.control.is_all_delivered()).await;
    receiver.answers(200);
    site.control.age_deliveries(DAY / 2);
    assert_eq!(site.control.hook_status(0), "unstable", "half a day is not enough");
    site.control.age_deliveries(DAY / 2 + Duration::from_secs(60));
    assert_eq!(site.control.hook_status(0), "active");
    let told = |from: &str, to: &str| {
        receiver
            .events()
            .iter()
            .any(|event| event["previous_webhook_status"] == from && event["webhook_status"] == to)
    };
    eventually("the announcement", || told("unstable", "active")).await;
    assert!(told("active", "unstable"));
}

#[tokio::test]
async fn a_failed_or_disabled_hook_is_silent_until_it_is_put_active() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver).await;
    let path = format!("/webhook/hooks/{}", site.control.hook_id(0));
    site.control.set_status_as_person("Task", 5001, "hld");
    eventually("one delivery", || {
        site.control.deliveries().len() == 1 && site.control.is_all_delivered()
    })
    .await;
    let delivery = site.control.deliveries().remove(0).id;
    for state in ["failed", "disabled"] {
        site.control.set_hook_status(0, state);
        eventually("quiet", || site.control.is_all_delivered()).await;
        let before = receiver.got().len();
        site.control.set_status_as_person("Task", 5001, "ip");
        assert_eq!(site.call("POST", &format!("{path}/test_connection"), None).await.0, 204);
        let again = format!("/webhook/deliveries/{delivery}/redeliver");
        assert_eq!(site.call("POST", &again, None).await.0, 204);
        assert!(site.control.is_all_delivered(), "{state}: nothing waits to be sent");
        assert_eq!(receiver.got().len(), before);
        assert_eq!(
            site.put(&path, json!({"status": "active"})).await.1["data"]["status"],
            "active"
        );
        site.control.set_status_as_person("Task", 5001, "hld");
        receiver.wait_for(before + 2).await;
        eventually("quiet", || site.control.is_all_delivered()).await;
    }
    let (_, listed) = site.get("/webhook/hooks?status=active").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(site.get("/webhook/hooks?status=nonsense").await.1["data"], json!([]));
}

#[tokio::test]
async fn the_delivery_log_is_paged_filtered_and_seven_days_long() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver).await;
    for (task, code) in [(5001, "hld"), (5002, "hld"), (5001, "ip")] {
        site.control.set_status_as_person("Task", task, code);
    }
    site.control.set_status_as_person("Version", 6001, "rqc");
    receiver.wait_for(4).await;
    eventually("answers", || site.control.is_all_delivered()).await;
    let path = format!("/webhook/hooks/{}/deliveries", site.control.hook_id(0));
    let of = async |query: &str| {
        let (status, answer) = site.get(&format!("{path}{query}")).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].as_array().unwrap().clone()
    };
    assert_eq!(of("").await.len(), 4);
    let pages = [of("?page[size]=3").await, of("?page[size]=3&page[number]=2").await];
    assert_eq!((pages[0].len(), pages[1].len()), (3, 1));
    assert!(!pages[0].contains(&pages[1][0]));
    assert_eq!(of("?entity_type=Task").await.len(), 3);
    assert_eq!(of("?entity_type=Task&entity_id=5001").await.len(), 2);
    assert_eq!(of("?status=failed").await.len(), 0);
    let one = of("?entity_type=Version").await.remove(0);
    let own = format!("/webhook/deliveries/{}", one["id"].as_str().unwrap());
    site.put(&own, json!({"acknowledgement": "2 changes, 1 skipped"})).await;
    assert_eq!(of("?acknowledgement=skipped").await.len(), 1);
    assert_eq!(of("?acknowledgement=nothing").await.len(), 0);
    let at = one["event_time"].as_i64().unwrap();
    assert_eq!(of(&format!("?from={}", at + 60)).await.len(), 0);
    assert_eq!(of(&format!("?from={}", at - 60)).await.len(), 4);
    let metrics = site.get(&path).await.1["performance_metrics"].clone();
    assert_eq!(metrics["event_count"], 4);
    assert!(metrics["max_process_time"].as_f64() >= metrics["mean_process_time"].as_f64());

    site.control.age_deliveries(6 * DAY);
    assert_eq!(of("").await.len(), 4);
    site.control.age_deliveries(DAY + Duration::from_secs(60));
    assert_eq!(of("").await.len(), 0, "nothing is older than seven days");
    assert_eq!(site.get(&own).await.0, 404);
}

#[tokio::test]
async fn a_batch_may_take_a_second_an_event() {
    let receiver = Receiver::start().await;
    let site = Signed::start(PracticeArgs {
        hook: vec![receiver.url.clone()],
        batched: true,
        ..PracticeArgs::default()
    })
    .await;
    receiver.takes(Duration::from_millis(6_400));
    site.control.hold_deliveries(true);
    for round in 0..8 {
        let code = if round % 2 == 0 { "hld" } else { "ip" };
        site.control.set_status_as_person("Task", 5001, code);
    }
    site.control.hold_deliveries(false);
    eventually("an answer", || {
        site.control.deliveries().iter().any(|one| one.status != "pending")
    })
    .await;
    let delivery = site.control.deliveries().remove(0);
    assert_eq!((delivery.status.as_str(), delivery.response_code), ("delivered", 200));
    assert!(delivery.process_time > 6.0, "{}", delivery.process_time);
    assert_eq!(site.control.hook_status(0), "active");
}

/// Sixteen answers of four seconds, four at a time to each of four hooks, are more than a minute.
#[tokio::test]
async fn a_site_that_has_spent_its_minute_waits() {
    let receiver = Receiver::start().await;
    let site = Signed::start(PracticeArgs {
        hook: vec![receiver.url.clone(); 4],
        ..PracticeArgs::default()
    })
    .await;
    site.control.throttle(true);
    receiver.takes(Duration::from_secs(4));
    for round in 0..10 {
        let code = if round % 2 == 0 { "hld" } else { "ip" };
        site.control.set_status_as_person("Task", 5001, code);
    }
    let answered = || {
        let deliveries = site.control.deliveries();
        let spent: f64 = deliveries.iter().map(|delivery| delivery.process_time).sum();
        let waiting = deliveries
            .iter()
            .filter(|delivery| delivery.status == "pending")
            .count();
        (spent, waiting)
    };
    eventually("a minute spent", || answered().0 >= 60.0 && answered().1 == 0).await;
    assert!(!site.control.is_all_delivered(), "the rest has to wait");
    assert!(receiver.got().len() < 40);
    site.control.throttle(false);
    receiver.takes(Duration::ZERO);
    receiver.wait_for(40).await;
}

#[tokio::test]
async fn a_row_of_a_custom_event_is_read_like_any_other() {
    let site = Signed::plain().await;
    site.control.log_delay(Duration::ZERO);
    let id = site.control.custom_event(
        "Shotgun_ActionMenuItem_Triggered",
        Some(("Shot", 1000)),
        json!({"title": "Publish"}),
    );
    let body = json!({"filters": [["event_type", "is", "Shotgun_ActionMenuItem_Triggered"]],
        "fields": ["event_type", "meta", "entity", "user"]});
    let (_, answer) = site
        .call("POST", "/entity/EventLogEntry/_search", Some((ARRAY, body)))
        .await;
    let row = &answer["data"][0];
    assert_eq!(
        (&row["id"], &row["attributes"]["meta"]["title"]),
        (&json!(id), &json!("Publish"))
    );
    assert_eq!(row["relationships"]["entity"]["data"]["type"], "Shot");
}
