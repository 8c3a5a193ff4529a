//! `callboard events`, `cascades`, `hooks`, `issues`, while `serve` runs on the same folder.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::run::{Desk, Running, Serving, change, client, deliver, text};

async fn with_events(entries: &[i64]) -> (Desk, Serving) {
    let desk = Desk::new();
    let serving = desk.serve();
    send(&serving, entries).await;
    (desk, serving)
}

async fn send(serving: &Serving, entries: &[i64]) {
    let http = client();
    for entry in entries {
        let answer = deliver(&http, &serving.hook(), change(*entry).to_string().into_bytes()).await;
        assert_eq!(answer, Some(200));
    }
}

fn entries(lines: &[Value]) -> Vec<i64> {
    lines.iter().filter_map(|l| l["event_log_entry_id"].as_i64()).collect()
}

#[tokio::test]
async fn an_event_has_the_contracts_fields() {
    let (desk, _serving) = with_events(&[700_001]).await;
    let line = desk.read("events", &[]).lines().remove(0);
    let expected = json!({
        "seq": 1, "site": "practice", "road": "hook", "event_log_entry_id": 700_001, "event_type": "Shotgun_Version_Change",
        "entity": {"type": "Version", "id": 6001, "name": null}, "field": "sg_status_list", "old": "rev", "new": "apv",
        "occurred_at": "2024-05-01T09:00:00.523887Z",
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&line[field], value, "{field}");
    }
    assert_eq!(
        (&line["user"]["type"], &line["user"]["id"]),
        (&json!("HumanUser"), &json!(88))
    );
    assert_eq!(
        (&line["project"]["type"], &line["project"]["id"]),
        (&json!("Project"), &json!(122))
    );
    let received: jiff::Timestamp = line["received_at"].as_str().unwrap().parse().unwrap();
    assert!(line["received_at"].as_str().unwrap().ends_with('Z') && received.as_second() > 0);
}

#[tokio::test]
async fn events_come_oldest_first_and_a_limit_keeps_the_newest() {
    let (desk, _serving) = with_events(&[11, 12, 13, 14]).await;
    assert_eq!(entries(&desk.read("events", &[]).lines()), [11, 12, 13, 14]);
    assert_eq!(entries(&desk.read("events", &["--limit", "2"]).lines()), [13, 14]);
    assert_eq!(
        entries(&desk.read("events", &["--limit", "9"]).lines()),
        [11, 12, 13, 14]
    );
    assert!(desk.read("events", &["--limit", "0"]).lines().is_empty());
}

#[tokio::test]
async fn a_search_keeps_what_holds_the_words() {
    let (desk, _serving) = with_events(&[1_234_501, 1_234_502, 999]).await;
    assert_eq!(
        entries(&desk.read("events", &["--search", "12345"]).lines()),
        [1_234_501, 1_234_502]
    );
    assert_eq!(
        entries(&desk.read("events", &["--search", "12345", "--limit", "1"]).lines()),
        [1_234_502]
    );
    assert_eq!(
        entries(&desk.read("events", &["--search", "%"]).lines()),
        [1_234_501, 1_234_502, 999],
        "a sign alone is no word"
    );
    let none = desk.read("events", &["--search", "nosuch"]);
    assert_eq!((none.code, none.out.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn following_prints_what_is_new_and_ends_well_when_told() {
    let (desk, serving) = with_events(&[1, 2]).await;
    let data = desk.data();
    let follow = Running::start(
        &["events", "--data", text(&data), "--follow", "--limit", "1"],
        Stdio::null(),
    );
    let entry = |line: String| serde_json::from_str::<Value>(&line).unwrap()["event_log_entry_id"].clone();
    assert_eq!(entry(follow.line()), 2);
    send(&serving, &[3, 4]).await;
    assert_eq!((entry(follow.line()), entry(follow.line())), (json!(3), json!(4)));
    send(&serving, &[4]).await;
    let (code, more) = follow.terminate();
    assert_eq!((code, more.len()), (Some(0), 0), "a repeat is no new line");
}

#[tokio::test]
async fn following_without_any_older_line_prints_only_what_is_new() {
    let (desk, serving) = with_events(&[1, 2]).await;
    let data = desk.data();
    let args = [
        "events",
        "--data",
        text(&data),
        "--follow",
        "--limit",
        "0",
        "--search",
        "Shotgun",
    ];
    let follow = Running::start(&args, Stdio::null());
    // It looks where the journal ends once it runs, so it may miss an event that comes before that, but never show an old one.
    let mut entry = 3;
    let first = loop {
        send(&serving, &[entry]).await;
        if let Some(line) = follow.line_by(std::time::Duration::from_millis(300)) {
            break line;
        }
        entry += 1;
    };
    let first = serde_json::from_str::<Value>(&first).unwrap();
    assert!(first["event_log_entry_id"].as_i64().unwrap() >= 3, "{first}");
    assert_eq!(follow.terminate().0, Some(0));
}

#[tokio::test]
async fn a_hook_has_the_contracts_fields() {
    let (desk, _serving) = with_events(&[]).await;
    let hooks = desk.read("hooks", &[]).lines();
    assert_eq!(hooks.len(), 1);
    let hook = hooks[0].as_object().unwrap();
    assert_eq!(
        (&hook["name"], &hook["site"], &hook["state"]),
        (&json!("status"), &json!("practice"), &json!("active"))
    );
    assert!(hook["badges"].is_array() && hook.contains_key("why"));
    assert!(hook["since"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn what_was_written_is_read_after_serve_has_gone() {
    let (desk, serving) = with_events(&[1, 2]).await;
    assert_eq!(serving.running.terminate().0, Some(0));
    assert_eq!(entries(&desk.read("events", &[]).lines()), [1, 2]);
    for command in ["cascades", "issues"] {
        assert_eq!(desk.read(command, &[]).code, Some(0), "{command}");
    }
}

#[test]
fn a_folder_without_a_journal_is_one_line_and_stays_as_it_is() {
    let desk = Desk::new();
    for command in ["events", "cascades", "hooks", "issues"] {
        let ran = desk.read(command, &[]);
        assert!(ran.is_one_mistake().contains("no journal"), "{}", ran.err);
    }
    assert!(!desk.data().exists());
}

#[test]
fn a_file_that_is_no_journal_is_one_line() {
    let desk = Desk::new();
    std::fs::create_dir(desk.data()).unwrap();
    std::fs::write(desk.data().join("journal.sqlite"), "not a database ".repeat(500)).unwrap();
    for command in ["events", "hooks"] {
        assert!(desk.read(command, &[]).is_one_mistake().contains("not a database"));
    }
}
