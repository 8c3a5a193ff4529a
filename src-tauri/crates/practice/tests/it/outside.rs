//! A program that nobody here wrote, against the site.

use std::process::Stdio;
use std::time::Duration;

use callboard_practice::{BadDay, Practice, PracticeArgs};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// The unmodified `shotgun_api3` from PyPI, with the interpreter that `CALLBOARD_PYTHON` names.
#[tokio::test]
async fn shotgun_api3_reads_and_writes() {
    let Ok(python) = std::env::var("CALLBOARD_PYTHON") else {
        eprintln!("skipped: CALLBOARD_PYTHON names no interpreter with shotgun_api3");
        return;
    };
    let site = Practice::start(PracticeArgs {
        generate_event_log_entries: true,
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shotgun_api3_check.py");
    let output = tokio::process::Command::new(python)
        .args([script, &site.url()])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let written: Vec<_> = site.control().writes().into_iter().map(|write| write.kind).collect();
    assert_eq!(written, ["Version", "Task", "Task", "Version"]);
    site.stop().await;
}

/// The calls of `shotgunEventDaemon.py`: from the newest row on, batches of 500 without a pause, gaps kept in mind, late
/// rows taken, and the session of an event passed on.
#[tokio::test]
async fn the_event_daemons_calls_miss_nothing_on_a_day_of_gaps_and_late_rows() {
    let Ok(python) = std::env::var("CALLBOARD_PYTHON") else {
        eprintln!("skipped: CALLBOARD_PYTHON names no interpreter with shotgun_api3");
        return;
    };
    let site = Practice::start(PracticeArgs::default()).await.unwrap();
    let control = site.control();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/event_daemon_check.py");
    let mut daemon = tokio::process::Command::new(python)
        .args([script, &site.url()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(daemon.stdout.take().unwrap()).lines();
    let mut line = async || -> Value {
        let line = said.next_line().await.unwrap().expect("the script says why on stderr");
        serde_json::from_str(&line).unwrap()
    };
    assert_eq!(
        line().await,
        json!({"ready": 700_000}),
        "the site has a past to begin from"
    );

    // Without gaps: one that is younger than five minutes holds the daemon back, for it asks again from there, and the
    // five hundred rows that it then gets are all that it gets.
    control.log_gaps(0);
    control.write_backlog(1_200, false);
    control.begin(BadDay::Gaps);
    control.begin(BadDay::LateRows);
    for round in 0..30 {
        control.set_status_as_person("Task", 5001, if round % 2 == 0 { "hld" } else { "ip" });
    }
    control.next_row_is_late(Duration::from_secs(1));
    control.set_status_as_person("Task", 5002, "hld");
    let rows: Vec<Value> = control.event_log().into_iter().map(|row| row["id"].clone()).collect();
    let told = format!("{}\n", json!(rows));
    daemon.stdin.take().unwrap().write_all(told.as_bytes()).await.unwrap();
    let report = line().await;
    let answers = report["answers"].as_array().unwrap();
    assert_eq!(answers[..2], [500, 500], "{report}");
    assert!(answers.len() > 4, "it came back for what was late: {report}");
    assert!(daemon.wait().await.unwrap().success());
    let written = control.writes();
    assert_eq!(written.len(), 1);
    assert_eq!(json!(written[0].session_uuid), report["session"]);
    site.stop().await;
}
