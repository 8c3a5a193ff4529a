//! The administration of webhooks, byte for byte.

use std::collections::BTreeMap;

use callboard_model::{
    AnswerTimes, EntityId, EntityType, HookState, Lifecycle, SiteDelivery, SiteWebhook, Subscription, WebhookDraft,
};
use callboard_trackers::{DeliveriesAsked, MOST_ACKNOWLEDGED, Tracker, TrackerError};
use serde_json::{Value, json};

use crate::deliveries::change;
use crate::site::{Site, error, text};

pub(crate) const HOOK: &str = "4f0e1c2d-0000-4000-8000-000000000001";

/// A hook's record as the API gives it.
fn hook(id: &str, status: &Value) -> Value {
    json!({
        "id": id, "url": "https://relay.example/hooks/status",
        "entity_types": {"Version": {"create": [], "update": ["sg_status_list"], "revive": null}},
        "event_type": null, "status": status, "projects": [122], "num_deliveries": 0, "validate_ssl_cert": true,
        "batch_deliveries": false, "is_token_set": true, "name": "Statuses", "description": "For Callboard",
    })
}

fn draft() -> WebhookDraft {
    let lifecycle = Lifecycle {
        create: true,
        update: Some(vec!["sg_status_list".into()]),
        ..Lifecycle::default()
    };
    WebhookDraft {
        name: "Statuses".into(),
        description: "For Callboard".into(),
        url: "https://relay.example/hooks/status".into(),
        subscription: Subscription::Entities(BTreeMap::from([(EntityType::from("Version"), lifecycle)])),
        projects: vec![EntityId::Number(122)],
        batched: false,
        validates_certificate: true,
    }
}

fn webhook(id: &str, state: HookState) -> SiteWebhook {
    SiteWebhook {
        id: id.into(),
        state,
        is_signed: true,
        draft: draft(),
    }
}

fn answered(data: &Value) -> crate::site::Answer {
    text(200, json!({"data": data, "links": {}}).to_string())
}

#[tokio::test]
async fn the_sites_own_hooks_are_read_and_unknown_states_passed_over() {
    let list = ["active", "unstable", "failed", "disabled", "melted", "deaf"].map(|s| hook(s, &json!(s)));
    let site = Site::start(move |_, _| {
        let mut list = list.to_vec();
        list.extend([
            hook("null", &Value::Null),
            json!({}),
            Value::Null,
            json!({"id": null, "url": null, "status": "active"}),
            json!({"id": "no address", "url": null, "status": "active"}),
        ]);
        answered(&json!(list))
    })
    .await;
    let found = site.client().webhooks().unwrap().list().await.unwrap();
    assert_eq!(
        found,
        [
            webhook("active", HookState::Active),
            webhook("unstable", HookState::Unstable),
            webhook("failed", HookState::Failed),
            webhook("disabled", HookState::Disabled),
        ]
    );
    let call = &site.calls()[0];
    assert_eq!(call.method, "GET");
    assert_eq!(call.path, "/api/v1/webhook/hooks?page%5Bsize%5D=500&page%5Bnumber%5D=1");
}

#[tokio::test]
async fn a_hook_of_which_little_is_told_is_still_a_hook() {
    let bare = json!({"id": HOOK, "url": "https://relay.example/x", "status": "active"});
    let custom = json!({
        "id": "custom", "url": "https://relay.example/x", "status": "active", "event_type": "Shotgun_User_Login",
        "entity_types": null, "projects": [{"type": "Project", "id": 7}, "x", null], "is_token_set": false,
        "validate_ssl_cert": false, "batch_deliveries": true, "name": null, "description": null,
    });
    let every = json!({
        "id": "every", "url": "https://relay.example/x", "status": "active",
        "entity_types": {"Task": {"update": [], "delete": [], "revive": []}, "Shot": null},
    });
    let list = json!([bare, custom, every]);
    let site = Site::start(move |_, _| answered(&list)).await;
    let found = site.client().webhooks().unwrap().list().await.unwrap();
    assert_eq!(found[0].draft.subscription, Subscription::Entities(BTreeMap::new()));
    assert!(!found[0].is_signed && found[0].draft.validates_certificate && found[0].draft.name.is_empty());
    assert_eq!(
        found[1].draft.subscription,
        Subscription::Custom("Shotgun_User_Login".into())
    );
    assert_eq!(found[1].draft.projects, [EntityId::Number(7)]);
    assert!(found[1].draft.batched && !found[1].draft.validates_certificate);
    let of_task = Lifecycle {
        create: false,
        update: Some(Vec::new()),
        delete: true,
        revive: true,
    };
    let kinds = BTreeMap::from([
        (EntityType::from("Shot"), Lifecycle::default()),
        (EntityType::from("Task"), of_task),
    ]);
    assert_eq!(found[2].draft.subscription, Subscription::Entities(kinds));
}

#[tokio::test]
async fn many_hooks_are_read_page_by_page() {
    let page = |from: usize, count: usize| -> Value {
        (from..from + count)
            .map(|n| hook(&format!("hook-{n}"), &json!("active")))
            .collect()
    };
    let site = Site::start(move |_, before| answered(&page(before * 500, if before == 0 { 500 } else { 3 }))).await;
    assert_eq!(site.client().webhooks().unwrap().list().await.unwrap().len(), 503);
    assert!(site.calls()[1].path.ends_with("page%5Bnumber%5D=2"));

    let site = Site::start(move |_, _| answered(&page(0, 500))).await;
    assert_eq!(site.client().webhooks().unwrap().list().await.unwrap().len(), 500);
    assert_eq!(
        site.calls().len(),
        2,
        "a site that knows no pages gives the same one for ever"
    );
}

#[tokio::test]
async fn answers_that_hold_no_hook_are_unreadable() {
    for answer in [
        "{}",
        "[]",
        "null",
        r#"{"data":null}"#,
        r#"{"data":{}}"#,
        r#"{"data":"x"}"#,
    ] {
        let site = Site::start(move |_, _| text(200, answer)).await;
        let client = site.client();
        let hooks = client.webhooks().unwrap();
        for error in [
            hooks.list().await.unwrap_err(),
            hooks.create(&draft(), None).await.unwrap_err(),
            hooks.switch(HOOK, true).await.unwrap_err(),
            hooks
                .deliveries(
                    HOOK,
                    &DeliveriesAsked {
                        most: 5,
                        ..DeliveriesAsked::default()
                    },
                )
                .await
                .unwrap_err(),
        ] {
            assert!(matches!(error, TrackerError::Unreadable { .. }), "{answer}: {error}");
        }
    }
}

#[tokio::test]
async fn a_hook_is_made_as_the_api_takes_it_and_its_secret_goes_only_where_it_is_given() {
    let site = Site::start(|asked, _| {
        let status = if asked.method == "POST" { 201 } else { 200 };
        text(status, json!({"data": hook(HOOK, &json!("active"))}).to_string())
    })
    .await;
    let client = site.client();
    let hooks = client.webhooks().unwrap();
    let made = hooks.create(&draft(), Some("s3cret")).await.unwrap();
    assert_eq!(made, webhook(HOOK, HookState::Active));
    let everywhere = WebhookDraft {
        projects: Vec::new(),
        subscription: Subscription::Custom("Shotgun_User_Login".into()),
        ..draft()
    };
    hooks.create(&everywhere, None).await.unwrap();
    hooks.change(HOOK, &everywhere, None).await.unwrap();
    hooks.switch(HOOK, true).await.unwrap();
    hooks.switch(HOOK, false).await.unwrap();

    let calls = site.calls();
    assert!(
        calls
            .iter()
            .all(|call| call.content_type == "application/json" && call.accept == "application/json")
    );
    let path = format!("/api/v1/webhook/hooks/{HOOK}");
    let told: Vec<(&str, &str)> = calls.iter().map(|c| (c.method.as_str(), c.path.as_str())).collect();
    let (post, put) = (("POST", "/api/v1/webhook/hooks"), ("PUT", path.as_str()));
    assert_eq!(told, [post, post, put, put, put]);
    assert_eq!(
        calls[0].json(),
        json!({
            "url": "https://relay.example/hooks/status", "name": "Statuses", "description": "For Callboard",
            "entity_types": {"Version": {"create": [], "update": ["sg_status_list"]}}, "projects": [122],
            "token": "s3cret", "validate_ssl_cert": true, "batch_deliveries": false,
        })
    );
    let custom = json!({
        "url": "https://relay.example/hooks/status", "name": "Statuses", "description": "For Callboard",
        "event_type": "Shotgun_User_Login", "validate_ssl_cert": true, "batch_deliveries": false,
    });
    assert_eq!(calls[1].json(), custom);
    let mut changed = custom;
    changed["projects"] = json!([]);
    assert_eq!(
        calls[2].json(),
        changed,
        "from all projects again, and with the secret it had"
    );
    assert_eq!(calls[3].json(), json!({"status": "active"}));
    assert_eq!(calls[4].json(), json!({"status": "disabled"}));
}

#[tokio::test]
async fn a_refused_address_is_told_with_the_sites_reason() {
    let why = "url should be a valid url, not a shotgun site or reserved/internal ip address";
    let site = Site::start(move |_, _| {
        let error =
            json!({"status": 400, "code": 103, "title": "Request Parameters invalid.", "source": {"url": [why]}});
        text(400, json!({"errors": [error]}).to_string())
    })
    .await;
    let refused = site.client().webhooks().unwrap().create(&draft(), None).await;
    let said = format!("Request Parameters invalid: {why}");
    assert_eq!(refused, Err(TrackerError::Refused(said)));
}

#[tokio::test]
async fn a_project_that_the_site_cannot_have_makes_no_hook_of_all_projects() {
    let site = Site::start(|_, _| answered(&json!([]))).await;
    let draft = WebhookDraft {
        projects: vec![EntityId::Text("b4c8e1c2".into())],
        ..draft()
    };
    let refused = site.client().webhooks().unwrap().create(&draft, None).await;
    assert!(
        matches!(&refused, Err(TrackerError::NotSettable { field, .. }) if field == "projects"),
        "{refused:?}"
    );
    assert!(site.asked().is_empty());
}

#[tokio::test]
async fn what_has_no_answer_is_asked_for_at_its_address() {
    let site = Site::start(|asked, _| match asked.method.as_str() {
        "PUT" => answered(&json!({"id": HOOK})),
        _ => text(204, ""),
    })
    .await;
    let client = site.client();
    let hooks = client.webhooks().unwrap();
    hooks.test(HOOK).await.unwrap();
    hooks.redeliver(HOOK).await.unwrap();
    hooks.acknowledge(HOOK, "Task 5001: ip to rev").await.unwrap();
    hooks.delete(HOOK).await.unwrap();
    let calls = site.calls();
    let told: Vec<String> = calls.iter().map(|c| format!("{} {}", c.method, c.path)).collect();
    assert_eq!(
        told,
        [
            format!("POST /api/v1/webhook/hooks/{HOOK}/test_connection"),
            format!("POST /api/v1/webhook/deliveries/{HOOK}/redeliver"),
            format!("PUT /api/v1/webhook/deliveries/{HOOK}"),
            format!("DELETE /api/v1/webhook/hooks/{HOOK}"),
        ]
    );
    assert_eq!(calls[2].json(), json!({"acknowledgement": "Task 5001: ip to rev"}));

    let longest = "x".repeat(MOST_ACKNOWLEDGED);
    assert_eq!(hooks.acknowledge(HOOK, &longest).await, Ok(()));
    let longer = hooks.acknowledge(HOOK, &format!("{longest}é")).await;
    assert!(matches!(longer, Err(TrackerError::NotSettable { .. })), "{longer:?}");
    assert_eq!(site.calls().len(), 5);
}

#[tokio::test]
async fn an_id_that_is_none_goes_into_no_address() {
    let site = Site::start(|_, _| text(204, "")).await;
    let client = site.client();
    let hooks = client.webhooks().unwrap();
    for id in ["", "../entity/tasks/1", "a?b", "a b", "é", "%2e%2e"] {
        let results = [
            hooks.delete(id).await,
            hooks.test(id).await,
            hooks.redeliver(id).await,
            hooks.acknowledge(id, "x").await,
            hooks.switch(id, true).await.map(drop),
            hooks.change(id, &draft(), None).await.map(drop),
            hooks.deliveries(id, &DeliveriesAsked::default()).await.map(drop),
        ];
        assert!(
            results.iter().all(|r| *r == Err(TrackerError::NotFound)),
            "{id}: {results:?}"
        );
    }
    assert!(site.asked().is_empty());
}

#[tokio::test]
async fn a_hook_that_is_gone_and_a_missing_permission_are_told_apart() {
    let site = Site::start(|_, _| error(404, 104, "Not Found")).await;
    assert_eq!(
        site.client().webhooks().unwrap().delete(HOOK).await,
        Err(TrackerError::NotFound)
    );
    let site = Site::start(|_, _| error(400, 104, "API user does not have permission to show webhooks")).await;
    let refused = site.client().webhooks().unwrap().list().await;
    assert!(matches!(refused, Err(TrackerError::Refused(_))), "{refused:?}");
}

/// A delivery's record as the API gives it.
pub(crate) fn delivery(id: &str, at: i64, body: &Value) -> Value {
    json!({
        "id": id, "event_time": at, "status": "delivered", "process_time": 0.25, "body": "ok", "response_code": 200,
        "acknowledgement": null, "request_headers": {"x-sg-delivery-id": id}, "request_body": body.to_string(),
        "response_headers": {},
    })
}

#[tokio::test]
async fn deliveries_are_read_with_what_was_in_them() {
    let batch = json!({"timestamp": "2024-05-01T09:00:01Z", "data": {"deliveries": [change()["data"], {
        "event_log_entry_id": 545_176, "event_type": "Shotgun_Task_Change", "operation": "update",
    }]}});
    let ping = json!({"data": {"event_type": "Test_Connection", "event_log_entry_id": 0}});
    let word =
        json!({"data": {"event_type": "Webhook_Status_Change", "event_log_entry_id": 0, "webhook_status": "failed"}});
    let mut failed = delivery("failed", 1_714_554_004, &change());
    failed["status"] = json!("failed");
    failed["response_code"] = json!(0);
    failed["process_time"] = json!(6.0);
    failed["acknowledgement"] = json!("Task 5001: ip to rev");
    let mut as_object = delivery("object", 1_714_554_000, &Value::Null);
    as_object["request_body"] = change();
    as_object["event_time"] = json!("2024-05-01T09:00:00Z");
    let list = json!([
        failed,
        delivery("batch", 1_714_554_003, &batch),
        delivery("ping", 1_714_554_002, &ping),
        delivery("word", 1_714_554_001, &word),
        as_object,
        {"id": "thin", "event_time": "1714553999.5", "status": "teleported", "response_code": 302},
        {"id": "no time"}, {"event_time": 5}, null, 7,
    ]);
    let site = Site::start(move |_, _| {
        let metrics = json!({
            "event_count": 6, "event_time_span": 12.5, "process_time_sum": 7.0, "mean_process_time": 1.2,
            "max_process_time": 6.0, "min_process_time": 0.25, "process_time_ratio": 0.56,
        });
        text(
            200,
            json!({"data": list, "included": [], "performance_metrics": metrics, "links": {}}).to_string(),
        )
    })
    .await;
    let asked = DeliveriesAsked {
        from: Some("2024-05-01T08:00:00Z".parse().unwrap()),
        failed: true,
        most: 50,
    };
    let found = site
        .client()
        .webhooks()
        .unwrap()
        .deliveries(HOOK, &asked)
        .await
        .unwrap();
    let one = |id: &str, at: &str, entries: &[i64], about_itself: bool| SiteDelivery {
        id: id.into(),
        at: at.parse().unwrap(),
        delivered: true,
        seconds: 0.25,
        answer: 200,
        entries: entries.to_vec(),
        about_itself,
        acknowledgement: None,
    };
    let expected = [
        SiteDelivery {
            delivered: false,
            seconds: 6.0,
            answer: 0,
            acknowledgement: Some("Task 5001: ip to rev".into()),
            ..one("failed", "2024-05-01T09:00:04Z", &[545_175], false)
        },
        one("batch", "2024-05-01T09:00:03Z", &[545_175, 545_176], false),
        one("ping", "2024-05-01T09:00:02Z", &[], true),
        one("word", "2024-05-01T09:00:01Z", &[], true),
        one("object", "2024-05-01T09:00:00Z", &[545_175], false),
        SiteDelivery {
            seconds: 0.0,
            answer: 302,
            ..one("thin", "2024-05-01T08:59:59.5Z", &[], false)
        },
    ];
    assert_eq!(found.list, expected);
    assert!(!found.more);
    let times = AnswerTimes {
        events: 6,
        span: 12.5,
        sum: 7.0,
        mean: 1.2,
        longest: 6.0,
    };
    assert_eq!(found.times, times);
    assert_eq!(
        times.ratio(),
        Some(7.0 / 60.0),
        "12.5 s of answers are held against a minute"
    );
    assert_eq!(
        site.calls()[0].path,
        format!(
            "/api/v1/webhook/hooks/{HOOK}/deliveries?page%5Bsize%5D=51&page%5Bnumber%5D=1&from=1714550400&status=failed"
        )
    );
}

/// A site with so many deliveries of which each page but the first begins with the last `pushed` of the page before: new ones
/// have come meanwhile.
async fn with_deliveries(count: usize, size: usize, pushed: usize) -> Site {
    Site::start(move |_, before| {
        let from = (before * size).saturating_sub(pushed);
        let list: Vec<Value> = (from..(from + size).min(count))
            .map(|n| delivery(&format!("d{n}"), 1_714_554_000 - i64::try_from(n).unwrap(), &change()))
            .collect();
        text(200, json!({"data": list}).to_string())
    })
    .await
}

#[tokio::test]
async fn no_more_deliveries_are_read_than_are_asked_for() {
    for (size, pushed, most, read, more, calls) in [
        (4, 0, 3, 3, true, 1),
        (500, 2, 998, 998, true, 3),
        (500, 0, 1200, 1200, false, 3),
        (500, 2, 5000, 1200, false, 3),
        (1, 0, 0, 0, true, 1),
    ] {
        let site = with_deliveries(1200, size, pushed).await;
        let asked = DeliveriesAsked {
            most,
            ..DeliveriesAsked::default()
        };
        let found = site
            .client()
            .webhooks()
            .unwrap()
            .deliveries(HOOK, &asked)
            .await
            .unwrap();
        assert_eq!(
            (found.list.len(), found.more, site.calls().len()),
            (read, more, calls),
            "{most}"
        );
        assert!(
            found.list.is_sorted_by(|newer, older| newer.at > older.at),
            "each once, the newest first"
        );
        assert_eq!(
            found.times,
            AnswerTimes::default(),
            "nothing was measured, or nothing said"
        );
    }
}
