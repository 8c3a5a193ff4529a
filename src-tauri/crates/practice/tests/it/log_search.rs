//! Reading the event log: gaps, late rows, and the searches that a reader of it makes.

use std::time::Duration;

use callboard_practice::{PracticeArgs, signature};
use serde_json::{Value, json};

use crate::support::{ARRAY, Receiver, Signed};

/// A site whose rows are readable at once and have no gaps but those that a test makes.
async fn prompt() -> Signed {
    let site = Signed::plain().await;
    site.control.log_delay(Duration::ZERO);
    site.control.log_gaps(0);
    site
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

async fn search(site: &Signed, body: Value) -> Vec<Value> {
    let (status, answer) = site
        .call("POST", "/entity/event_log_entries/_search", Some((ARRAY, body)))
        .await;
    assert_eq!(status, 200, "{answer}");
    answer["data"].as_array().unwrap().clone()
}

fn change(site: &Signed, times: usize) {
    for _ in 0..times {
        let is_held = site.control.status("Task", 5001).as_deref() == Some("hld");
        assert!(
            site.control
                .set_status_as_person("Task", 5001, if is_held { "ip" } else { "hld" })
        );
    }
}

#[tokio::test]
async fn a_new_site_has_a_past_to_begin_from() {
    let site = prompt().await;
    assert!(site.control.event_log().is_empty(), "nothing has happened yet");
    let body = json!({"filters": [], "sort": "-id", "page": {"size": 1}});
    assert_eq!(ids(&search(&site, body).await), [700_000]);
}

#[tokio::test]
async fn ids_that_were_rolled_back_never_appear() {
    let site = prompt().await;
    change(&site, 1);
    site.control.roll_back(3);
    change(&site, 1);
    let log = ids(&site.control.event_log());
    assert_eq!(log, [700_001, 700_005]);
    let missing = json!([["id", "in", [700_002, 700_003, 700_004]]]);
    assert!(site.find("event_log_entries", missing, "event_type").await.is_empty());
}

#[tokio::test]
async fn the_same_seed_leaves_out_the_same_ids() {
    let gapped = async |seed: u64| {
        let site = Signed::start(PracticeArgs {
            seed,
            ..PracticeArgs::default()
        })
        .await;
        site.control.log_gaps(3);
        change(&site, 40);
        ids(&site.control.event_log())
    };
    let first = gapped(5).await;
    assert!(first.last().unwrap() - first[0] > 40, "some are left out: {first:?}");
    assert_eq!(first, gapped(5).await);
    assert_ne!(first, gapped(6).await);
}

#[tokio::test]
async fn a_late_row_appears_after_rows_with_higher_ids() {
    let site = prompt().await;
    site.control.next_row_is_late(Duration::from_secs(2));
    change(&site, 3);
    let filters = json!([["id", "greater_than", 700_000]]);
    let fields = "event_type,created_at";
    let early = site.find("event_log_entries", filters.clone(), fields).await;
    assert_eq!(ids(&early), [700_002, 700_003]);
    let one = site.get("/entity/event_log_entries/700001").await;
    assert_eq!(one.0, 404, "nor by its id");
    let reading = async {
        loop {
            let rows = site.find("event_log_entries", filters.clone(), fields).await;
            if rows.len() == 3 {
                return rows;
            }
        }
    };
    let rows = tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap();
    assert_eq!(ids(&rows), [700_001, 700_002, 700_003]);
    let times: Vec<&str> = rows
        .iter()
        .map(|row| row["attributes"]["created_at"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted(), "it bears the time at which it was begun: {times:?}");
}

#[tokio::test]
async fn every_second_row_can_be_late() {
    let site = prompt().await;
    site.control.late_rows(2);
    change(&site, 40);
    let seen = site
        .find("event_log_entries", json!([["id", "greater_than", 700_000]]), "meta")
        .await;
    assert!((5..35).contains(&seen.len()), "{} of 40 at once", seen.len());
}

#[tokio::test]
async fn the_log_is_searched_by_id_and_time_as_a_reader_needs() {
    let site = prompt().await;
    change(&site, 30);
    let by = async |filters: Value, sort: &str| {
        let body = json!({"filters": filters, "sort": sort, "fields": ["created_at"], "page": {"size": 500}});
        ids(&search(&site, body).await)
    };
    let all: Vec<i64> = (700_001..=700_030).collect();
    assert_eq!(by(json!([["id", "greater_than", 700_000]]), "id").await, all);
    let back: Vec<i64> = all.iter().rev().copied().collect();
    assert_eq!(by(json!([["id", "greater_than", 700_000]]), "-id").await, back);
    assert_eq!(
        by(json!([["id", "less_than", 700_003]]), "id").await,
        [700_000, 700_001, 700_002]
    );
    assert_eq!(
        by(json!([["id", "between", 700_003, 700_005]]), "id").await,
        [700_003, 700_004, 700_005]
    );
    assert!(by(json!([["id", "between", 700_005, 700_003]]), "id").await.is_empty());
    assert_eq!(
        by(json!([["id", "in", [700_030, 700_002]]]), "id").await,
        [700_002, 700_030]
    );
    let both = json!([["id", "greater_than", 700_010], ["id", "less_than", 700_012]]);
    assert_eq!(by(both, "-id").await, [700_011]);

    let body = json!({"filters": [["id", "is", 700_001]], "fields": ["created_at"]});
    let created = search(&site, body).await[0]["attributes"]["created_at"].clone();
    assert_eq!(by(json!([["created_at", "in_last", 1, "HOUR"]]), "id").await, all);
    let between = json!([["created_at", "between", created, "2100-01-01T00:00:00Z"]]);
    assert_eq!(by(between, "id").await, all);
    assert_eq!(
        by(json!([["created_at", "greater_than", "2026-02-01T00:00:00Z"]]), "id").await,
        all
    );
    assert!(
        by(json!([["created_at", "greater_than", "2100-01-01T00:00:00Z"]]), "id")
            .await
            .is_empty()
    );
    assert_eq!(
        by(json!([["created_at", "less_than", "2026-02-01T00:00:00Z"]]), "id").await,
        [700_000]
    );

    let retired = json!({"filters": [["id", "greater_than", 700_000]], "options": {"return_only": "retired"}});
    assert!(search(&site, retired).await.is_empty());
    let third = json!({"filters": [["id", "greater_than", 700_000]], "sort": "id", "page": {"size": 10, "number": 3}});
    assert_eq!(ids(&search(&site, third).await), all[20..]);
}

#[tokio::test]
async fn a_page_of_a_long_log_is_found_by_its_ids_and_not_by_looking_through_it() {
    let site = prompt().await;
    assert_eq!(site.control.write_backlog(20_000, false), 700_001..=720_000);
    let looked_at = async |filters: Value, sort: &str| {
        let before = site.control.records_examined();
        let body = json!({"filters": filters, "sort": sort, "page": {"size": 500},
            "fields": ["id", "event_type", "attribute_name", "meta", "entity", "project", "user", "created_at"]});
        let rows = search(&site, body).await;
        (rows, site.control.records_examined() - before)
    };
    let (rows, looked) = looked_at(json!([["id", "greater_than", 710_000]]), "id").await;
    assert_eq!((rows.len(), &rows[0]["id"]), (500, &json!(710_001)));
    assert_eq!(looked, 501, "a page, and one more to know whether there is more");
    let (rows, looked) = looked_at(json!([["id", "less_than", 710_000]]), "-id").await;
    assert_eq!((&rows[0]["id"], looked), (&json!(709_999), 501));
    let (rows, looked) = looked_at(json!([["id", "in", [705_000, 705_004]]]), "id").await;
    assert_eq!((rows.len(), looked), (2, 5));
    let (rows, looked) = looked_at(json!([["id", "between", 705_000, 705_009]]), "").await;
    assert_eq!((rows.len(), looked), (10, 10));
    let (rows, looked) = looked_at(json!([["created_at", "greater_than", "2100-01-01T00:00:00Z"]]), "id").await;
    assert_eq!((rows.len(), looked), (0, 0));
}

#[tokio::test]
async fn a_backlog_is_real_changes_by_people_and_reaches_hooks_only_when_told() {
    let receiver = Receiver::start().await;
    let site = Signed::start(PracticeArgs {
        hook: vec![receiver.url.clone()],
        secret: Some("mytoken".to_owned()),
        batched: true,
        ..PracticeArgs::default()
    })
    .await;
    let quiet = site.control.write_backlog(300, false);
    assert!(site.control.is_all_delivered() && receiver.got().is_empty());
    let heard = site.control.write_backlog(200, true);
    assert!(heard.start() > quiet.end());
    let log = site.control.event_log();
    assert_eq!(log.len(), 500);
    let mut kinds = std::collections::BTreeSet::new();
    for row in &log {
        assert_ne!(row["meta"]["old_value"], row["meta"]["new_value"]);
        assert_eq!(
            (&row["user"]["type"], &row["attribute_name"]),
            (&json!("HumanUser"), &json!("sg_status_list"))
        );
        kinds.insert(row["meta"]["entity_type"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["Shot", "Task", "Version"]);
    let last = log.last().unwrap();
    let status = site.control.status(
        last["meta"]["entity_type"].as_str().unwrap(),
        last["meta"]["entity_id"].as_i64().unwrap(),
    );
    assert_eq!(json!(status), last["meta"]["new_value"]);
    crate::support::eventually("200 events", || receiver.events().len() == 200).await;
    let first = receiver.got().remove(0);
    assert_eq!(first.headers["x-sg-signature"], signature("mytoken", &first.bytes));
}
