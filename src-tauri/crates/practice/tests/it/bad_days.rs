//! Bad days: each does what its story says, and ends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use callboard_practice::{BadDay, PracticeArgs};
use serde_json::{Value, json};

use crate::support::{ARRAY, Receiver, Signed, eventually};

async fn hooked(receiver: &Receiver, batched: bool) -> Signed {
    let site = Signed::start(PracticeArgs {
        hook: vec![receiver.url.clone()],
        secret: Some("mytoken".to_owned()),
        batched,
        ..PracticeArgs::default()
    })
    .await;
    site.control.log_gaps(0);
    site.control.log_delay(Duration::ZERO);
    site
}

/// So many changes of one Task's status, each a real one.
fn change(site: &Signed, times: usize) {
    for _ in 0..times {
        let is_held = site.control.status("Task", 5001).as_deref() == Some("hld");
        let code = if is_held { "ip" } else { "hld" };
        assert!(site.control.set_status_as_person("Task", 5001, code));
    }
}

fn entry_ids(events: &[Value]) -> Vec<i64> {
    events
        .iter()
        .map(|event| event["event_log_entry_id"].as_i64().unwrap())
        .collect()
}

fn logged(site: &Signed) -> BTreeSet<i64> {
    let log = site.control.event_log();
    log.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

async fn quiet(site: &Signed) {
    eventually("quiet", || site.control.is_all_delivered()).await;
}

#[test]
fn bad_days_go_by_their_names() {
    let names: BTreeSet<&str> = BadDay::ALL.into_iter().map(BadDay::name).collect();
    assert_eq!(names.len(), BadDay::ALL.len(), "no two have the same");
    for day in BadDay::ALL {
        assert_eq!(day.name().parse::<BadDay>().unwrap(), day);
        assert!(day.story().ends_with('.') && !day.story().contains('\n'), "{day}");
    }
    let error = "monday".parse::<BadDay>().unwrap_err().to_string();
    assert!(error.contains("monday") && error.contains("--bad-day list"), "{error}");
}

#[tokio::test]
async fn duplicates_come_as_they_were_and_as_new_deliveries() {
    for batched in [false, true] {
        let receiver = Receiver::start().await;
        let site = hooked(&receiver, batched).await;
        site.control.begin(BadDay::Duplicates);
        for _ in 0..30 {
            change(&site, 1);
            quiet(&site).await;
        }
        let mut seen: BTreeMap<i64, usize> = BTreeMap::new();
        for id in entry_ids(&receiver.events()) {
            *seen.entry(id).or_default() += 1;
        }
        assert_eq!(seen.len(), 30, "nothing is missing");
        let twice = seen.values().filter(|count| **count > 1).count();
        assert!(twice >= 5, "{twice} of 30 came more than once");
        let bodies: Vec<Vec<u8>> = receiver.got().into_iter().map(|got| got.bytes).collect();
        let different: BTreeSet<&Vec<u8>> = bodies.iter().collect();
        assert!(different.len() < bodies.len(), "some came byte for byte");
        assert!(different.len() > 30, "and some in another delivery");
        site.control.end_bad_days();
        let before = receiver.got().len();
        change(&site, 6);
        quiet(&site).await;
        let after: BTreeSet<i64> = entry_ids(&receiver.events()).into_iter().collect();
        assert_eq!(after.len(), 36);
        assert!(receiver.got().len() <= before + 6, "and no more twice");
    }
}

#[tokio::test]
async fn deliveries_overtake_one_another_and_all_arrive() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    site.control.begin(BadDay::Reordering);
    change(&site, 20);
    receiver.wait_for(20).await;
    let came = entry_ids(&receiver.events());
    assert!(!came.is_sorted(), "{came:?}");
    assert_eq!(came.into_iter().collect::<BTreeSet<_>>(), logged(&site));
}

#[tokio::test]
async fn lost_deliveries_stand_in_the_log_and_hurt_no_hook() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    site.control.begin(BadDay::LostDeliveries);
    change(&site, 40);
    quiet(&site).await;
    let came: BTreeSet<i64> = entry_ids(&receiver.events()).into_iter().collect();
    let log = logged(&site);
    assert_eq!(log.len(), 40);
    assert!(came.is_subset(&log) && came.len() < 36, "{} of 40 came", came.len());
    assert!(came.len() > 15, "{} of 40 came", came.len());
    assert_eq!(site.control.hook_status(0), "active");
    let readable = json!([["id", "greater_than", 700_000]]);
    assert_eq!(site.find("event_log_entries", readable, "meta").await.len(), 40);
}

#[tokio::test]
async fn rows_are_late_and_appear() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    site.control.begin(BadDay::LateRows);
    change(&site, 40);
    let filters = json!([["id", "greater_than", 700_000]]);
    let early = site.find("event_log_entries", filters.clone(), "meta").await;
    assert!((10..40).contains(&early.len()), "{} of 40 at once", early.len());
    let early: Vec<i64> = early.iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert!(
        early.windows(2).any(|pair| pair[1] > pair[0] + 1),
        "with holes: {early:?}"
    );
    let all = async {
        while site.find("event_log_entries", filters.clone(), "meta").await.len() < 40 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.unwrap();
}

#[tokio::test]
async fn gaps_are_many_and_at_times_wide() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    site.control.begin(BadDay::Gaps);
    change(&site, 300);
    let log: Vec<i64> = logged(&site).into_iter().collect();
    let gaps: Vec<i64> = log
        .windows(2)
        .map(|pair| pair[1] - pair[0] - 1)
        .filter(|gap| *gap > 0)
        .collect();
    assert!(gaps.len() > 50, "{}", gaps.len());
    assert!(gaps.iter().any(|gap| *gap >= 40), "{gaps:?}");
    assert_eq!(log.len(), 300);
}

#[tokio::test]
async fn a_hundred_tasks_change_at_once() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, true).await;
    let before: BTreeMap<i64, Value> = tasks(&site);
    site.control.begin(BadDay::Bursts);
    assert_eq!(site.control.event_log().len(), 100);
    let after = tasks(&site);
    let changed: Vec<&Value> = after
        .iter()
        .filter(|(id, status)| before[id] != **status)
        .map(|(_, status)| status)
        .collect();
    assert_eq!(changed.len(), 100);
    assert!(changed.windows(2).all(|pair| pair[0] == pair[1]), "to one status");
    eventually("all of them", || receiver.events().len() == 100).await;
}

fn tasks(site: &Signed) -> BTreeMap<i64, Value> {
    let tasks = site.control.entities("Task");
    tasks
        .into_iter()
        .map(|task| (task["id"].as_i64().unwrap(), task["sg_status_list"].clone()))
        .collect()
}

#[tokio::test]
async fn people_make_trouble_while_they_work() {
    let receiver = Receiver::start().await;
    let site = Signed::start(PracticeArgs {
        hook: vec![receiver.url.clone()],
        rate: 100.0,
        bad_day: vec![BadDay::Bursts, BadDay::OddValues],
        ..PracticeArgs::default()
    })
    .await;
    assert_eq!(site.control.bad_days(), [BadDay::Bursts, BadDay::OddValues]);
    let bursts = || {
        let mut by_time: BTreeMap<String, usize> = BTreeMap::new();
        for row in site.control.event_log() {
            *by_time
                .entry(row["meta"]["new_value"].to_string() + &row["created_at"].to_string())
                .or_default() += 1;
        }
        by_time.values().any(|count| *count >= 90)
    };
    eventually("a burst", bursts).await;
    let cleared = || {
        site.control
            .event_log()
            .iter()
            .any(|row| row["meta"]["new_value"].is_null() && row["attribute_name"] == "sg_status_list")
    };
    eventually("a cleared status", cleared).await;
}

#[tokio::test]
async fn answers_are_slow_and_right() {
    let site = Signed::plain().await;
    site.control.begin(BadDay::Slow);
    let began = Instant::now();
    for _ in 0..5 {
        assert_eq!(site.get("/entity/tasks/5001").await.0, 200);
    }
    assert!(began.elapsed() > Duration::from_millis(900), "{:?}", began.elapsed());
}

#[tokio::test]
async fn errors_come_in_bursts_and_do_nothing() {
    let site = Signed::plain().await;
    site.control.begin(BadDay::Errors);
    let before = site.control.status("Task", 5001);
    let mut statuses = Vec::new();
    for _ in 0..120 {
        let code = if site.control.status("Task", 5001).as_deref() == Some("hld") {
            "ip"
        } else {
            "hld"
        };
        let was = site.control.status("Task", 5001);
        let (status, _) = site.put("/entity/tasks/5001", json!({"sg_status_list": code})).await;
        let is = site.control.status("Task", 5001);
        match status {
            200 => assert_eq!(is.as_deref(), Some(code)),
            502..=504 => assert_eq!(is, was, "what failed has done nothing"),
            other => panic!("{other}"),
        }
        statuses.push(status);
    }
    let runs: Vec<usize> = statuses
        .split(|status| *status == 200)
        .map(<[u16]>::len)
        .filter(|run| *run > 0)
        .collect();
    assert!(runs.len() >= 3 && runs.iter().all(|run| *run <= 5), "{runs:?}");
    assert!(statuses.contains(&502) && statuses.contains(&503), "{statuses:?}");
    assert!(before.is_some());
    site.control.end_bad_days();
    for _ in 0..40 {
        assert_eq!(site.get("/entity/tasks/5001").await.0, 200);
    }
}

#[tokio::test]
async fn some_records_refuse_a_script_always_and_people_never() {
    let site = Signed::plain().await;
    site.control.begin(BadDay::Refusals);
    let mut refused = Vec::new();
    for id in 5001..=5024 {
        let body = json!({"sg_status_list": "hld"});
        let (status, answer) = site.put(&format!("/entity/tasks/{id}"), body.clone()).await;
        if status == 400 {
            let title = answer["errors"][0]["title"].as_str().unwrap();
            assert!(
                title.contains("Task.sg_status_list") && title.contains("rule"),
                "{title}"
            );
            assert_eq!(site.put(&format!("/entity/tasks/{id}"), body).await.0, 400, "and again");
            refused.push(id);
        }
    }
    assert_eq!(refused.len(), 4, "one in six: {refused:?}");
    assert!(site.control.set_status_as_person("Task", refused[0], "ip"));
    let description = json!({"sg_description": "See editorial."});
    assert_eq!(
        site.put(&format!("/entity/tasks/{}", refused[0]), description).await.0,
        200
    );
    site.control.end_bad_days();
    let body = json!({"sg_status_list": "rdy"});
    assert_eq!(site.put(&format!("/entity/tasks/{}", refused[0]), body).await.0, 200);
}

#[tokio::test]
async fn a_write_whose_answer_never_comes_is_done() {
    let site = Signed::plain().await;
    site.control.begin(BadDay::Timeouts);
    site.control.gateway_patience(Duration::from_millis(50));
    let mut vanished = 0;
    for _ in 0..30 {
        let code = if site.control.status("Task", 5001).as_deref() == Some("hld") {
            "ip"
        } else {
            "hld"
        };
        let (status, _) = site.put("/entity/tasks/5001", json!({"sg_status_list": code})).await;
        assert!(matches!(status, 200 | 504), "{status}");
        assert_eq!(
            site.control.status("Task", 5001).as_deref(),
            Some(code),
            "done all the same"
        );
        vanished += usize::from(status == 504);
        assert_eq!(site.get("/entity/tasks/5001").await.0, 200, "reading is not touched");
    }
    assert!((2..10).contains(&vanished), "{vanished}");

    site.control.gateway_patience(Duration::from_secs(60));
    let impatient = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    let mut gave_up = 0;
    for round in 0..20 {
        let code = if round % 2 == 0 { "ncl" } else { "rdy" };
        let call = impatient
            .put(format!("{}/api/v1/entity/tasks/5002", site.practice.url()))
            .bearer_auth(&site.token)
            .json(&json!({"sg_status_list": code}));
        gave_up += usize::from(call.send().await.is_err_and(|error| error.is_timeout()));
        assert_eq!(site.control.status("Task", 5002).as_deref(), Some(code));
    }
    assert!(gave_up >= 1, "a caller waits in vain");
}

#[tokio::test]
async fn a_dead_tunnel_lets_nothing_through_while_the_log_goes_on() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    site.control.begin(BadDay::DeadTunnel);
    change(&site, 3);
    eventually("unstable", || site.control.hook_status(0) == "unstable").await;
    change(&site, 100);
    eventually("failed", || site.control.hook_status(0) == "failed").await;
    assert!(receiver.got().is_empty(), "nothing arrived");
    assert_eq!(site.control.event_log().len(), 103);
    let delivery = site.control.deliveries().remove(0);
    assert_eq!((delivery.status.as_str(), delivery.response_code), ("failed", 502));
    site.control.end_bad_days();
    let path = format!("/webhook/hooks/{}", site.control.hook_id(0));
    site.put(&path, json!({"status": "active"})).await;
    change(&site, 1);
    receiver.wait_for(2).await;
    eventually("active", || site.control.hook_status(0) == "active").await;
}

#[tokio::test]
async fn a_hook_fails_at_its_fifth_event_once_a_day() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    site.control.begin(BadDay::FailedHook);
    for _ in 0..4 {
        change(&site, 1);
        quiet(&site).await;
    }
    assert_eq!(
        (site.control.hook_status(0).as_str(), receiver.got().len()),
        ("active", 4)
    );
    change(&site, 10);
    assert_eq!(site.control.hook_status(0), "failed");
    quiet(&site).await;
    assert_eq!(receiver.got().len(), 4, "and says nothing of it");
    assert_eq!(site.control.event_log().len(), 14);
    let path = format!("/webhook/hooks/{}", site.control.hook_id(0));
    assert_eq!(site.get(&path).await.1["data"]["status"], "failed");
    site.put(&path, json!({"status": "active"})).await;
    change(&site, 10);
    receiver.wait_for(4 + 1 + 10).await;
    assert_eq!(site.control.hook_status(0), "active");
}

#[tokio::test]
async fn a_silenced_script_writes_and_leaves_no_trace() {
    let receiver = Receiver::start().await;
    let site = Signed::start(PracticeArgs {
        hook: vec![receiver.url.clone()],
        generate_event_log_entries: true,
        ..PracticeArgs::default()
    })
    .await;
    let write = async |code: &str| {
        assert_eq!(
            site.put("/entity/tasks/5001", json!({"sg_status_list": code})).await.0,
            200
        );
        assert_eq!(site.control.status("Task", 5001).as_deref(), Some(code));
        site.control.event_log().len()
    };
    assert_eq!(write("hld").await, 1);
    site.control.begin(BadDay::ScriptSilence);
    assert_eq!(write("ip").await, 1);
    let (_, answer) = site.get("/entity/api_users/93").await;
    assert_eq!(
        answer["data"]["attributes"]["generate_event_log_entries"], false,
        "as a script can see"
    );
    site.control.end_bad_days();
    assert_eq!(write("ncl").await, 2);
    receiver.wait_for(2).await;
    quiet(&site).await;
    assert_eq!(receiver.got().len(), 2);
}

#[tokio::test]
async fn a_token_ends_early_and_a_new_one_works() {
    let mut site = Signed::plain().await;
    site.control.begin(BadDay::ExpiredTokens);
    let mut ended = 0;
    for _ in 0..100 {
        let (status, _) = site.get("/entity/tasks/5001").await;
        if status == 401 {
            assert_eq!(site.get("/entity/tasks/5001").await.0, 401, "it stays worthless");
            ended += 1;
            site.sign_in().await;
            assert_eq!(site.get("/entity/tasks/5001").await.0, 200);
        } else {
            assert_eq!(status, 200);
        }
    }
    assert!((3..14).contains(&ended), "{ended}");
}

#[tokio::test]
async fn a_long_text_is_delivered_without_its_values_and_stands_in_the_log() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    for _ in 0..12 {
        site.control.begin(BadDay::BigPayloads);
    }
    quiet(&site).await;
    assert_eq!(
        site.control.event_log().len(),
        8,
        "and no more of them than there is memory for"
    );
    let events = receiver.events();
    let event = events
        .iter()
        .find(|event| event["event_log_entry_id"] == 700_001)
        .unwrap();
    assert!(event["warning"].as_str().unwrap().contains("EventLogEntry 700001"));
    assert!(event["meta"].get("new_value").is_none());
    let body = json!({"filters": [["id", "is", 700_001]], "fields": ["meta"]});
    let (_, answer) = site
        .call("POST", "/entity/event_log_entries/_search", Some((ARRAY, body)))
        .await;
    let text = answer["data"][0]["attributes"]["meta"]["new_value"].as_str().unwrap();
    assert!(text.len() > 1024 * 1024);
}

#[tokio::test]
async fn ids_come_as_text_and_old_values_as_nothing() {
    let receiver = Receiver::start().await;
    let site = hooked(&receiver, false).await;
    site.control.begin(BadDay::OddValues);
    let log = site.control.event_log();
    assert_eq!(log.len(), 2, "one Task's status is cleared and set again");
    assert!(log[0]["meta"]["new_value"].is_null() && log[1]["meta"]["old_value"].is_null());
    assert_eq!(log[0]["meta"]["old_value"], log[1]["meta"]["new_value"]);
    change(&site, 20);
    quiet(&site).await;
    let events = receiver.events();
    assert_eq!(events.len(), 22);
    let (text, plain): (Vec<&Value>, Vec<&Value>) =
        events.iter().partition(|event| event["event_log_entry_id"].is_string());
    assert!(
        text.len() >= 4 && plain.len() >= 4,
        "{} as text, {} plain",
        text.len(),
        plain.len()
    );
    assert!(
        text.iter()
            .all(|event| event["entity"]["id"].is_string() && event["meta"]["entity_id"].is_string())
    );
    assert!(
        site.control.event_log().iter().all(|row| row["id"].is_i64()),
        "never in the log"
    );
}

#[tokio::test]
async fn the_same_seed_has_the_same_bad_day() {
    let lost = async |seed: u64| {
        let receiver = Receiver::start().await;
        let site = Signed::start(PracticeArgs {
            hook: vec![receiver.url.clone()],
            seed,
            bad_day: vec![BadDay::LostDeliveries, BadDay::Gaps],
            ..PracticeArgs::default()
        })
        .await;
        change(&site, 40);
        quiet(&site).await;
        entry_ids(&receiver.events()).into_iter().collect::<BTreeSet<_>>()
    };
    let first = lost(3).await;
    assert_eq!(first, lost(3).await);
    assert_ne!(first, lost(4).await);
}
