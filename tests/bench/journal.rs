//! What a journal takes of the disk, and what the engine takes of the memory with a long one.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use callboard_engine::{Engine, EngineOptions, HookSettings, KeepIn, Secret, Settings, SiteSettings, WriteMode};
use callboard_journal::{Decision, DeliveryIn, Journal, Outcome, Reader};
use callboard_model::{Clock as _, HookName, SiteName, SystemClock};
use callboard_practice::{Practice, PracticeArgs};
use callboard_rules::template;
use callboard_trackers::shotgrid::{STATUS_FIELD, decode, sign};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::receiver::folder;
use crate::table::{Row, Table, counted};
use crate::{feed, made};

/// The argument of the process whose memory is measured.
pub(crate) const ENGINE: &str = "--engine";
const SECRET: &str = "mytoken";
/// Events of the journal whose bytes are counted.
const EVENTS: u64 = 20_000;
const TOGETHER: u64 = 500;
const TIMES_ITS_BYTES: f64 = 1.5;
/// Events that people cause before memory is looked at, and questions that windows ask.
const TRAFFIC: usize = 5_000;
const ASKED: usize = 50;
const MEGABYTES: f64 = 80.0;
/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(300);

/// The rows of the journal's sizes.
pub(crate) async fn measure(table: &mut Table) {
    bytes(table, "one event a delivery", 1).await;
    bytes(table, "fifty events a delivery", 50).await;
    memory(table).await;
}

/// Letters and digits where nothing can be foreseen: what signatures and ids are made of.
fn random(n: u64, salt: &str) -> String {
    sign(salt, &n.to_le_bytes()).trim_start_matches("sha1=").to_owned()
}

/// An event as ShotGrid sends it: what differs between two of them differs here.
fn event(n: u64) -> String {
    let codes = ["rev", "note", "apv", "cnv", "sndcli", "rqc", "bkdn"];
    let code = |n: u64| codes.get((n % 7) as usize).unwrap();
    let (second, micro) = (n * 17 % 86_400, n * 345_679 % 1_000_000);
    let (session, id) = (random(n % 16 + n / 50, "session"), random(n, "id"));
    made::event(1_700_000 + n, "Version", n * 7919 % 5_000, code(n / 7), code(n), "")
        .replace(
            "11777.3065.1",
            &format!("{}.{}.{}", 11_777 + n / 1_000, n % 4_000, n % 3),
        )
        .replace(
            "2026-05-01 09:00:00.523887",
            &format!(
                "2026-05-{:02} {:02}:{:02}:{:02}.{micro:06}",
                1 + n / 800 % 28,
                second / 3_600,
                second / 60 % 60,
                second % 60
            ),
        )
        .replace(
            "2f9e8f3c-07a6-11f1-9d3b-0242ac110004",
            &format!("{}-{}-11f1-9d3b-0242ac110004", &session[..8], &session[8..12]),
        )
        .replace(
            r#","more":"""#,
            &format!(
                r#","delivery_id":"{}-{}-4{}-a{}-{}""#,
                &id[..8],
                &id[8..12],
                &id[12..15],
                &id[15..18],
                &id[18..30]
            ),
        )
}

fn delivery(first: u64, number: u64) -> DeliveryIn {
    let (site, hook) = (SiteName::from("practice"), HookName::from("status"));
    let events: Vec<String> = (first..first + number).map(event).collect();
    let body = match events.as_slice() {
        [one] => made::single(one),
        many => made::batch(many),
    };
    let body = body.into_bytes();
    let header = |name: &str, value: String| (name.to_owned(), value);
    DeliveryIn {
        tracker_id: Some(random(first, "delivery")[..32].to_owned()),
        events: decode(&site, &hook, &body),
        hook,
        site,
        received_at: SystemClock.now(),
        verdict: "Signature good".into(),
        headers: vec![
            header("host", "hooks.studio.example".into()),
            header("accept", "application/json".into()),
            header("content-type", "application/json; charset=utf-8".into()),
            header("content-length", body.len().to_string()),
            header("user-agent", "SG event-pipeline".into()),
            header("x-sg-webhook-id", "8b1c2d3e-4f50-4161-8273-8495a6b7c8d9".into()),
            header("x-sg-delivery-id", random(first, "delivery")[..36].to_owned()),
            header("x-sg-event-batch-size", number.to_string()),
            header("x-sg-event-batch-index", "0".into()),
            header("x-sg-signature", sign(SECRET, &body)),
        ],
        body,
        status_field: STATUS_FIELD,
        heard: Vec::new(),
        left_out: None,
    }
}

async fn bytes(table: &mut Table, what: &str, together: u64) {
    let data = folder();
    let journal = Journal::open(data.path()).unwrap();
    let empty = journal.reader().size().unwrap();
    let now = SystemClock.now();
    let mut brought = 0;
    for some in (0..EVENTS).step_by(usize::try_from(TOGETHER).unwrap()) {
        let mut taking = JoinSet::new();
        for first in (some..some + TOGETHER).step_by(usize::try_from(together).unwrap()) {
            let (journal, delivery) = (journal.clone(), delivery(first, together));
            brought += delivery.body.len();
            taking.spawn(async move {
                for seq in journal.accept(delivery).await.unwrap().new {
                    let nothing = Decision {
                        outcome: Outcome::Nothing,
                        why: None,
                        cascade: None,
                    };
                    journal.decide(seq, nothing, now).await.unwrap();
                }
            });
        }
        taking.join_all().await;
    }
    let mine = journal.clone();
    tokio::task::spawn_blocking(move || mine.index())
        .await
        .unwrap()
        .unwrap();
    #[expect(clippy::cast_precision_loss, reason = "sizes of files are far below 2^52")]
    let (taken, brought) = ((journal.reader().size().unwrap() - empty) as f64, brought as f64);
    table.row(Row {
        what: format!("journal: bytes an event, {what}"),
        figure: format!("{:.0}", taken / EVENTS as f64),
        against: format!("its own bytes in the delivery: {:.0}", brought / EVENTS as f64),
        ratio: taken / brought,
        reach: format!("≤ {TIMES_ITS_BYTES} ×"),
        reached: taken / brought <= TIMES_ITS_BYTES,
    });
    table.note(format!("Journal, {what}: {}", parts(data.path())));
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
}

/// What each table and index takes, an event.
fn parts(data: &Path) -> String {
    let connection = rusqlite::Connection::open(Journal::file(data)).unwrap();
    let mut sizes = connection
        .prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 12")
        .unwrap();
    let sizes = sizes
        .query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, f64>(1)?)))
        .unwrap();
    let said = sizes.map(|size| {
        let (name, bytes) = size.unwrap();
        format!("{name} {:.0}", bytes / EVENTS as f64)
    });
    said.collect::<Vec<_>>().join(", ")
}

async fn memory(table: &mut Table) {
    let data = folder();
    feed::million(data.path()).await;
    let practice = Practice::start(PracticeArgs {
        hook: vec!["http://127.0.0.1:9/hooks/status".into()],
        secret: Some(SECRET.into()),
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let site = practice.control();
    let mut engine = Command::new(std::env::current_exe().unwrap())
        .arg(ENGINE)
        .args([data.path().as_os_str(), practice.url().as_ref()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(engine.stdout.take().unwrap()).lines();
    let ready: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let at_rest = resident(engine.id().unwrap());
    site.retarget_hook(0, &format!("{}/hooks/status", ready["receiver"].as_str().unwrap()));
    let reader = Reader::open(data.path()).unwrap();
    let before = reader.totals().unwrap().values().sum::<u64>();
    let traffic = u64::try_from(TRAFFIC).unwrap();
    site.write_backlog(TRAFFIC, true);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for number in 0..ASKED {
        let word = ["apv", "comp bkdn", feed::RARE, "nosuch"][number % 4];
        let filter = json!({"text": word});
        for ask in [
            json!({"ask": "feed", "before": null, "limit": 100, "filter": filter}),
            json!({"ask": "feed_counts", "filter": {}}),
            json!({"ask": "overview"}),
        ] {
            let request = http
                .post(format!("{}/api/ask", ready["api"].as_str().unwrap()))
                .bearer_auth(ready["token"].as_str().unwrap());
            let answer = request.json(&ask).send().await.unwrap();
            assert!(answer.status().is_success(), "{ask}: {}", answer.text().await.unwrap());
            answer.bytes().await.unwrap();
        }
    }
    let begun = Instant::now();
    let site_name = SiteName::from("practice");
    let done = || {
        let all = reader.totals().unwrap().values().sum::<u64>();
        let waiting = reader
            .waiting(&site_name, &std::collections::HashSet::new(), None, 1)
            .unwrap();
        all >= before + traffic && waiting.is_empty()
    };
    while !done() {
        assert!(begun.elapsed() < DEADLINE, "waited in vain for the engine");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let pid = engine.id().unwrap();
    let (now, most) = (resident(pid), status(pid, "VmHWM"));
    table.row(Row {
        what: format!("memory of the engine with {} events", counted(1_000_000.0)),
        figure: format!("{now:.0} MB, {most:.0} MB at most"),
        against: format!("the same when it has just started: {at_rest:.0} MB"),
        ratio: now / at_rest,
        reach: format!("≤ {MEGABYTES:.0} MB"),
        reached: now <= MEGABYTES,
    });
    // It ends when nobody holds the other end.
    drop(engine.stdin.take());
    engine.wait().await.unwrap();
    practice.stop().await;
}

/// What a process holds in memory, in megabytes.
fn resident(pid: u32) -> f64 {
    status(pid, "VmRSS")
}

fn status(pid: u32, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    let kilobytes: Option<f64> = line.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}

/// The process whose memory is measured: what `callboard serve` runs.
pub(crate) async fn engine(data: &Path, site: &str) {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let engine = Engine::start(EngineOptions {
        data: data.to_owned(),
        listen: anywhere,
        api: Some(anywhere),
        settings: Settings {
            sites: vec![SiteSettings {
                write: WriteMode::Act,
                practice: true,
                ..SiteSettings::shotgrid("practice", site, "practice", Secret::Plain("practice".into()))
            }],
            hooks: vec![HookSettings::signed("status", "practice", Secret::Plain(SECRET.into()))],
            ..Settings::default()
        },
        settings_file: None,
        secrets: KeepIn::Memory,
        rules: template("status-overhaul"),
        author: "a benchmark".into(),
        clock: Arc::new(SystemClock),
        practice: None,
    })
    .await
    .unwrap();
    println!(
        "{}",
        json!({"receiver": engine.receiver_url(), "api": engine.api_url(), "token": engine.token()})
    );
    let mut ends = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(_)) = ends.next_line().await {}
    engine.stop().await;
}
