//! A journal that is damaged, or is an older version's, before `serve` starts and while it runs.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::run::{DEADLINE, Desk, change, client, deliver};

/// Bytes that mean nothing.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|n| u8::try_from(n * n % 251).unwrap() | 1).collect()
}

fn journal(desk: &Desk) -> PathBuf {
    desk.data().join("journal.sqlite")
}

/// What is in the data folder under such a name, without the logs of databases.
fn beside(desk: &Desk, part: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(desk.data()).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| {
        let path = path.to_str().unwrap();
        path.contains(part) && !path.ends_with("-wal")
    };
    all.filter(named).collect()
}

async fn said(desk: &Desk, what: &str) {
    let waiting = async {
        while !fs::read_to_string(desk.errors()).unwrap().contains(what) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let heard = tokio::time::timeout(DEADLINE, waiting).await;
    assert!(heard.is_ok(), "{what}: {}", fs::read_to_string(desk.errors()).unwrap());
}

async fn health(serving: &crate::run::Serving) -> u16 {
    let url = format!("{}/healthz", serving.ready["receiver"].as_str().unwrap());
    client().get(url).send().await.unwrap().status().as_u16()
}

/// Everything but the first page.
fn spoil(file: &Path) {
    let length = usize::try_from(fs::metadata(file).unwrap().len()).unwrap();
    let mut file = File::options().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&noise(length - 4096)).unwrap();
}

#[tokio::test]
async fn serve_sets_a_damaged_journal_aside_says_so_and_goes_on() {
    let desk = Desk::new();
    let serving = desk.serve();
    let http = client();
    for entry in 1..=5 {
        let body = change(entry).to_string().into_bytes();
        assert_eq!(deliver(&http, &serving.hook(), body).await, Some(200));
    }
    assert_eq!(serving.running.terminate().0, Some(0));
    fs::write(journal(&desk), noise(50_000)).unwrap();
    assert!(desk.read("events", &[]).is_one_mistake().contains("is damaged"));

    let serving = desk.serve();
    said(&desk, "The journal was damaged and has been rebuilt").await;
    let aside = beside(&desk, ".corrupt-");
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert!(fs::read(&aside[0]).unwrap() == noise(50_000));
    let issues = desk.read("issues", &[]).lines();
    let about = |issue: &&serde_json::Value| issue["kind"] == "journal" && issue["state"] == "open";
    let issue = issues.iter().find(about).expect("it stands among the issues");
    let name = aside[0].file_name().unwrap().to_str().unwrap();
    assert!(issue["remedy"].as_str().unwrap().contains(name), "{issue}");

    // What was known before comes again: it is taken, shown, and not acted on.
    let again = change(3).to_string().into_bytes();
    assert_eq!(deliver(&http, &serving.hook(), again).await, Some(200));
    assert_eq!(health(&serving).await, 200);
    let events = desk.read("events", &[]).lines();
    assert_eq!(
        (events.len(), &events[0]["outcome"]),
        (1, &"nothing".into()),
        "{events:?}"
    );
    assert_eq!(serving.running.terminate().0, Some(0));
}

#[tokio::test]
async fn damage_that_is_met_while_serving_is_a_503_and_a_restart_mends_it() {
    let desk = Desk::new();
    let http = client();
    let serving = desk.serve();
    let large = |entry: i64| {
        let mut body = change(entry);
        body["data"]["padding"] = "x".repeat(20_000).into();
        body.to_string().into_bytes()
    };
    for entry in 1..=50 {
        assert_eq!(deliver(&http, &serving.hook(), large(entry)).await, Some(200));
    }
    assert_eq!(serving.running.terminate().0, Some(0));
    let serving = desk.serve();
    spoil(&journal(&desk));
    assert_eq!(deliver(&http, &serving.hook(), large(51)).await, Some(503));
    assert_eq!(health(&serving).await, 503);
    said(&desk, "Start Callboard anew").await;
    assert_eq!(serving.running.terminate().0, Some(0));

    let serving = desk.serve();
    assert_eq!(deliver(&http, &serving.hook(), large(51)).await, Some(200));
    assert_eq!(health(&serving).await, 200);
    assert_eq!(beside(&desk, ".corrupt-").len(), 1);
    assert_eq!(serving.running.terminate().0, Some(0));
}

#[tokio::test]
async fn serve_copies_the_journal_of_an_older_version_and_says_where() {
    let desk = Desk::new();
    fs::create_dir_all(desk.data()).unwrap();
    desk.journal()
        .execute_batch(include_str!("../../../journal/src/schema/0001.sql"))
        .unwrap();
    desk.journal().execute_batch("PRAGMA user_version = 1").unwrap();
    assert!(desk.read("events", &[]).is_one_mistake().contains("older Callboard"));
    let serving = desk.serve();
    let copies = beside(&desk, "journal.sqlite.v1-");
    assert_eq!(copies.len(), 1);
    said(&desk, copies[0].to_str().unwrap()).await;
    let issues = desk.read("issues", &[]).lines();
    let about = |issue: &serde_json::Value| {
        issue["state"] == "resolved" && issue["remedy"].as_str().unwrap().contains(copies[0].to_str().unwrap())
    };
    assert!(issues.iter().any(about), "{issues:?}");
    let body = change(1).to_string().into_bytes();
    assert_eq!(deliver(&client(), &serving.hook(), body).await, Some(200));
    assert_eq!(serving.running.terminate().0, Some(0));
}
