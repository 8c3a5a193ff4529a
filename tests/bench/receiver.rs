//! Signed deliveries in, answers out, against a handler that only answers.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::routing::post;
use axum::{Json, Router};
use callboard_journal::Journal;
use callboard_model::SystemClock;
use callboard_receiver::{Doors, HookDoor, Limits, Protocol, Receiver, Tally, serve};
use callboard_trackers::shotgrid::{Secrets, sign};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::table::{Row, Table, counted, median};
use crate::{batches, beside_webhook, made};

/// How the bench calls itself with slowed syncs.
pub(crate) const SLOWED: &str = "--slowed";
pub(crate) const SECRET: &str = "mytoken";
pub(crate) const CONNECTIONS: usize = 64;
const BODY: usize = 1024;
/// Each of the two is measured this often, by turns, and the median counts.
const ROUNDS: usize = 3;
const SECONDS: &str = "2s";
/// Single deliveries for each thread of `wrk`.
const EACH: u64 = 260_000;

/// What is measured lies on the disk that things are built on, never in memory.
pub(crate) fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Requests as they go over the wire, all of one length, in a file.
pub(crate) struct Requests {
    path: PathBuf,
    size: u64,
    each: u64,
}

impl Requests {
    /// `each` of them for every thread of `wrk`: more than it can send in a round.
    pub(crate) fn write(path: PathBuf, each: u64, request: impl Fn(u64) -> String) -> Self {
        let mut file = BufWriter::new(File::create(&path).unwrap());
        for n in 0..each * threads() {
            file.write_all(request(n).as_bytes()).unwrap();
        }
        // Otherwise the disk would still be busy with it while the journal is measured.
        file.into_inner().unwrap().sync_all().unwrap();
        Self::at(path, each)
    }

    fn at(path: PathBuf, each: u64) -> Self {
        let bytes = std::fs::metadata(&path).unwrap().len();
        let size = bytes / (each * threads());
        Self { path, size, each }
    }
}

/// The client gets half of the machine.
fn threads() -> u64 {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    (cores as u64 / 2).clamp(1, 4)
}

/// An event of which all numbers have as many digits at the end as at the start.
pub(crate) fn event(n: u64, more: &str) -> String {
    made::event(1_000_000_000 + n, "Version", 100_000 + n % 20_000, "rev", "apv", more)
}

fn request(n: u64) -> String {
    let body = |more: &str| made::single(&event(n, more));
    signed(n, 1, &body(&"x".repeat(BODY - body("").len())))
}

/// A request as ShotGrid sends it, with a body of so many events.
pub(crate) fn signed(n: u64, events: usize, body: &str) -> String {
    let (entry, length) = (1_000_000_000 + n, body.len());
    let signature = sign(SECRET, body.as_bytes());
    format!(
        "POST /hooks/status HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\
         Content-Type: application/json; charset=utf-8\r\nUser-Agent: SG event-pipeline\r\n\
         x-sg-webhook-id: 8b1c2d3e-4f50-4161-8273-8495a6b7c8d9\r\nx-sg-delivery-id: 0d1e2f30-4152-4637-8495-{entry:012}\r\n\
         x-sg-event-batch-size: {events}\r\nx-sg-event-batch-index: 0\r\nx-sg-signature: {signature}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// What a client saw: answers a second, and the slowest of a hundred in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) rate: f64,
    pub(crate) p99: f64,
}

struct Pair {
    bare: Seen,
    ours: Seen,
    /// One write of 4 KB to its sync on that disk, in milliseconds.
    sync: f64,
}

pub(crate) async fn wrk(requests: &Requests, url: &str) -> (Seen, u64) {
    let output = Command::new("wrk")
        .args(["-d", SECONDS, "--timeout", "5s"])
        .args(["-t", &threads().to_string(), "-c", &CONNECTIONS.to_string()])
        .args(["-s", concat!(env!("CARGO_MANIFEST_DIR"), "/requests.lua"), url, "--"])
        .arg(&requests.path)
        .args([requests.size.to_string(), requests.each.to_string()])
        .env_remove("LD_PRELOAD")
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers = text.lines().find_map(|line| line.strip_prefix("RESULT "));
    let numbers: Vec<u64> = numbers
        .into_iter()
        .flat_map(|line| line.split_whitespace())
        .map(|word| word.parse().unwrap())
        .collect();
    let &[answered, micros, _, p99, errors, left] = numbers.as_slice() else {
        panic!("wrk said no figures: {text}{}", String::from_utf8_lossy(&output.stderr));
    };
    assert_eq!(errors, 0, "not every request was answered with 200: {text}");
    assert_ne!(
        left, 0,
        "the prepared requests ran out: there are too few for this machine"
    );
    let seen = Seen {
        rate: answered as f64 * 1e6 / micros as f64,
        p99: p99 as f64 / 1000.0,
    };
    (seen, answered)
}

/// Serves as the engine does, measures, and stops.
async fn served(requests: &Requests, routes: Router) -> (Seen, u64) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/status", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, routes, Limits::default(), stop.clone()));
    let seen = wrk(requests, &url).await;
    stop.cancel();
    serving.await.unwrap();
    seen
}

async fn bare(requests: &Requests) -> Seen {
    let answer = |_: Bytes| async { Json(json!({"ok": true})) };
    served(requests, Router::new().route("/hooks/{name}", post(answer)))
        .await
        .0
}

/// What a hook's address leads to, with this journal behind it.
pub(crate) fn receiver(journal: &Journal) -> Router {
    let door = HookDoor {
        name: "status".into(),
        site: "practice".into(),
        protocol: Protocol::ShotGrid(Some(Secrets::new(SECRET, None))),
        max_body: HookDoor::MAX_BODY,
        previous_until: None,
    };
    let clock = Arc::new(SystemClock);
    let doors = Doors::new([door], Vec::new());
    Receiver::new(journal.clone(), doors, Arc::new(Tally::default()), clock).routes()
}

/// With deliveries of so many events.
pub(crate) async fn ours(requests: &Requests, events: u64) -> Seen {
    let data = folder();
    let journal = Journal::open(data.path()).unwrap();
    let (seen, answered) = served(requests, receiver(&journal)).await;
    let stored: u64 = journal.reader().totals().unwrap().values().sum();
    assert!(
        stored >= answered * events,
        "{answered} of {events} were answered with 200, {stored} events are on disk"
    );
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
    seen
}

async fn pair(requests: &Requests) -> Pair {
    let (mut theirs, mut own) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(bare(requests).await);
        own.push(ours(requests, 1).await);
    }
    let middle = |seen: &[Seen]| Seen {
        rate: median(&mut seen.iter().map(|s| s.rate).collect::<Vec<_>>()),
        p99: median(&mut seen.iter().map(|s| s.p99).collect::<Vec<_>>()),
    };
    Pair {
        bare: middle(&theirs),
        ours: middle(&own),
        sync: sync_takes(),
    }
}

fn sync_takes() -> f64 {
    let folder = folder();
    let mut file = File::create(folder.path().join("sync")).unwrap();
    let mut taken: Vec<f64> = (0..100)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[1; 4096]).unwrap();
            file.sync_data().unwrap();
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    median(&mut taken)
}

/// The rows of the receiver.
pub(crate) async fn measure(table: &mut Table) {
    if Command::new("wrk")
        .arg("-v")
        .stdout(Stdio::null())
        .status()
        .await
        .is_err()
    {
        table.note("Left out: the receiver. The client that measures it, wrk, is not here".to_owned());
        return;
    }
    let folder = folder();
    let requests = Requests::write(folder.path().join("requests"), EACH, request);
    let native = pair(&requests).await;
    row(table, "receiver: verify, once, synced commit", &native, 0.55);
    table.row(Row {
        what: "the same: p99".into(),
        figure: format!("{:.1} ms", native.ours.p99),
        against: format!("p99 of the bare handler: {:.1} ms", native.bare.p99),
        ratio: native.ours.p99 / native.bare.p99,
        reach: "≤ 5".into(),
        reached: native.ours.p99 <= native.bare.p99 * 5.0,
    });
    beside_webhook::measure(table, &requests, native.ours).await;
    match slowed_pair(folder.path(), &requests).await {
        Ok(slow) => {
            row(table, "the same, every sync 1.64 ms slower", &slow, 0.25);
            table.note(format!(
                "Receiver: {CONNECTIONS} connections, bodies of {BODY} bytes, each id sent once; medians of {ROUNDS} rounds of {SECONDS}, by turns; \
                 wrk has {} of the cores. A sync of 4 KB takes {:.2} ms here, {:.2} ms slowed; p99 slowed {:.1} ms.",
                threads(),
                native.sync,
                slow.sync,
                slow.ours.p99
            ));
        }
        Err(why) => table.note(format!("Left out: the receiver with slowed syncs. {why}")),
    }
    batches::measure(table, folder.path()).await;
}

fn row(table: &mut Table, what: &str, pair: &Pair, reach: f64) {
    let ratio = pair.ours.rate / pair.bare.rate;
    table.row(Row {
        what: what.to_owned(),
        figure: format!("{} requests/s", counted(pair.ours.rate)),
        against: format!("a bare axum handler: {} requests/s", counted(pair.bare.rate)),
        ratio,
        reach: format!("≥ {reach}"),
        reached: ratio >= reach,
    });
}

/// This program once more, with a library before libc that waits before each sync.
#[cfg(target_os = "linux")]
async fn slowed_pair(folder: &Path, requests: &Requests) -> Result<Pair, String> {
    let library = folder.join("slow-disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/slow-disk.c");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-O2", source, "-ldl", "-o"])
        .arg(&library);
    let compiled = compiler.status().await.map_err(|e| format!("cc: {e}"))?;
    if !compiled.success() {
        return Err(format!("cc: {compiled}"));
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(SLOWED)
        .arg(&requests.path)
        .env("LD_PRELOAD", &library)
        .stderr(Stdio::inherit())
        .output()
        .await
        .map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let &[bare_rate, bare_p99, our_rate, our_p99, sync] = numbers.as_slice() else {
        return Err(format!("The slowed run ended with {} and said: {text}", output.status));
    };
    let seen = |rate, p99| Seen { rate, p99 };
    Ok(Pair {
        bare: seen(bare_rate, bare_p99),
        ours: seen(our_rate, our_p99),
        sync,
    })
}

#[cfg(not(target_os = "linux"))]
async fn slowed_pair(_: &Path, _: &Requests) -> Result<Pair, String> {
    Err("Syncs can be slowed on Linux only".to_owned())
}

/// What the slowed run does and says.
pub(crate) async fn slowed(requests: &Path) {
    let pair = pair(&Requests::at(requests.to_owned(), EACH)).await;
    let Pair { bare, ours, sync } = pair;
    println!("{} {} {} {} {sync}", bare.rate, bare.p99, ours.rate, ours.p99);
}
