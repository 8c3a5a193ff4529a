//! Callboard's receiver beside Debian's `webhook`, which verifies the same secret, starts a program and stores nothing.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::receiver::{Requests, SECRET, Seen, folder, wrk};
use crate::table::{Row, Table, counted};

const TIMES: f64 = 4.0;
/// Longer than it takes to start.
const DEADLINE: Duration = Duration::from_secs(10);

/// The row of what the receiver does against it.
pub(crate) async fn measure(table: &mut Table, requests: &Requests, ours: Seen) {
    match theirs(requests).await {
        Ok(theirs) => table.row(Row {
            what: "the same against Debian's webhook".into(),
            figure: format!("{} requests/s", counted(ours.rate)),
            against: format!("webhook, which stores nothing: {} requests/s", counted(theirs.rate)),
            ratio: ours.rate / theirs.rate,
            reach: format!("≥ {TIMES:.0}"),
            reached: ours.rate >= theirs.rate * TIMES,
        }),
        Err(why) => table.note(format!("Left out: Debian's webhook. {why}")),
    }
}

async fn theirs(requests: &Requests) -> Result<Seen, String> {
    let folder = folder();
    let hooks = folder.path().join("hooks.json");
    let signature = json!({"source": "header", "name": "X-Sg-Signature"});
    let hook = json!([{
        "id": "status",
        "execute-command": "/bin/true",
        "trigger-rule": {"match": {"type": "payload-hmac-sha1", "secret": SECRET, "parameter": signature}},
    }]);
    std::fs::write(&hooks, hook.to_string()).map_err(|e| e.to_string())?;
    // A port that is free now: it takes none by itself.
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .map_err(|e| e.to_string())?
        .port();
    let mut running = Command::new("webhook")
        .arg("-hooks")
        .arg(&hooks)
        .args(["-ip", "127.0.0.1", "-port", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| format!("It is not here ({e})"))?;
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        if begun.elapsed() > DEADLINE {
            return Err("It does not answer".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (seen, _) = wrk(requests, &format!("http://127.0.0.1:{port}/hooks/status")).await;
    running.kill().await.map_err(|e| e.to_string())?;
    Ok(seen)
}
