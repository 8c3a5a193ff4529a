//! Fifty events a second for an hour, with a year of history behind them, the window open and what-if asked over and over: whether it
//! stays small and quick, and whether anything is lost, kept twice or left undecided.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use callboard_journal::{DraftIn, Journal};
use callboard_model::{Clock as _, SystemClock};
use callboard_practice::{Control, Practice, PracticeArgs};
use callboard_rules::template;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::asking::what_if;
use crate::feed;
use crate::receiver::folder;
use crate::screen::{Screen, free_port};
use crate::table::{Row, Table, counted, median, percentile};
use crate::what_if::changed;
use crate::window::{self, Held, memory};

/// Events a second that the people of the site make. Each is one delivery.
const RATE: f64 = 50.0;
/// Shots of the site: so many that people seldom set one Shot back again and again, for which its rule would be set aside.
const SHOTS: usize = 2_000;
const SECRET: &str = "mytoken";
/// How long an unused connection to the hook is kept: not as long as the receiver keeps it, or a delivery could be sent just as it is closed.
const KEPT_OPEN: Duration = Duration::from_secs(5);
/// How often everything is looked at. The feed is shown for one half of that, and what-if runs for the other.
const SAMPLE: Duration = Duration::from_secs(10);
/// How often the window is asked whether a run has ended.
const LOOK: Duration = Duration::from_millis(250);
/// So long nothing happens before memory at rest is looked at: allocators give back by and by what they hold for the next rush.
const AT_REST: Duration = Duration::from_secs(45);
/// After the last event. Reached only when something is never decided.
const TAIL: Duration = Duration::from_secs(300);
/// One part in so many of the time is left out at the start: caches fill, the page is laid out.
const WARMING: f64 = 12.0;
/// One part in so many is compared: the last of all, and the first after that.
const COMPARED: f64 = 6.0;

/// What one look found.
struct Sample {
    /// Seconds since the start.
    at: f64,
    held: Held,
    /// Bytes.
    journal: u64,
    wal: u64,
    /// What-if runs that have ended so far.
    runs: u64,
}

/// One delivery and its answer.
#[derive(Clone, Copy)]
struct Answered {
    /// Seconds since the start.
    at: f64,
    milliseconds: f64,
    /// The event's own number.
    entry: i64,
    /// 0: nobody answered.
    status: u16,
}

/// Stands between the site and the hook, changes nothing, and writes down what was answered.
struct Between {
    to: String,
    http: reqwest::Client,
    begun: Instant,
    answered: Mutex<Vec<Answered>>,
}

impl Between {
    /// Its own address, once it listens.
    async fn listen(to: String) -> (String, Arc<Self>) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let between = Arc::new(Self {
            to,
            http: reqwest::Client::builder()
                .no_proxy()
                .pool_idle_timeout(KEPT_OPEN)
                .build()
                .unwrap(),
            begun: Instant::now(),
            answered: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let routes = Router::new().fallback(pass_on).with_state(between.clone());
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        (address, between)
    }

    fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    fn answered(&self) -> Vec<Answered> {
        self.answered.lock().unwrap().clone()
    }
}

async fn pass_on(State(between): State<Arc<Between>>, mut headers: HeaderMap, body: Bytes) -> (StatusCode, Bytes) {
    let read: Value = serde_json::from_slice(&body).unwrap_or_default();
    let entry = read["data"]["event_log_entry_id"].as_i64().unwrap_or_default();
    headers.remove(header::HOST);
    let (at, sent) = (between.seconds(), Instant::now());
    let answer = between.http.post(&between.to).headers(headers).body(body).send().await;
    let (status, body) = match answer {
        Ok(answer) => (answer.status(), answer.bytes().await.unwrap_or_default()),
        Err(_) => (StatusCode::BAD_GATEWAY, Bytes::new()),
    };
    let answered = Answered {
        at,
        milliseconds: sent.elapsed().as_secs_f64() * 1000.0,
        entry,
        status: status.as_u16(),
    };
    between.answered.lock().unwrap().push(answered);
    (status, body)
}

/// The rows of the soak. Answers whether every delivery that was acknowledged was kept once and decided.
pub(crate) async fn measure(table: &mut Table) -> bool {
    let told = std::env::var("MINUTES").ok().and_then(|minutes| minutes.parse().ok());
    let lasts = told.unwrap_or(60.0_f64) * 60.0;
    let data = folder();
    // What-if over an empty journal would grow with it, and say nothing of what stays behind.
    feed::million(data.path()).await;
    begin_journal(data.path()).await;
    let port = free_port();
    let hook = format!("http://127.0.0.1:{port}/hooks/status");
    let (address, between) = Between::listen(hook).await;
    let practice = Practice::start(PracticeArgs {
        hook: vec![address],
        secret: Some(SECRET.into()),
        rate: RATE,
        shots: SHOTS,
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let site = practice.control();
    site.people_pause(true);
    fs::write(
        data.path().join("callboard.toml"),
        format!(
            "[[site]]\nname = \"studio\"\nkind = \"shotgrid\"\nurl = \"{}\"\nscript_name = \"practice\"\n\
             script_key = \"practice\"\nwrite = \"act\"\n[[hook]]\nname = \"status\"\nsite = \"studio\"\nsecret = \"{SECRET}\"\n",
            practice.url()
        ),
    )
    .unwrap();
    let listen = format!("127.0.0.1:{port}");
    let screen = Screen::open(&["--data", data.path().to_str().unwrap(), "--listen", &listen]).await;
    let program = window::program(data.path());
    screen.sees("[data-testid=nav-feed]").await;

    site.people_pause(false);
    let began = between.seconds();
    let bare = BareSyncs::beside(data.path(), between.begun);
    let mut samples: Vec<Sample> = Vec::new();
    let mut runs = 0;
    let mut warm = None;
    while between.seconds() - began < lasts {
        if warm.is_none() && between.seconds() - began > lasts / WARMING {
            // What grows with the production is known, and would hide what should not grow.
            site.people_make_nothing_new(true);
            warm = Some(at_rest(&site, data.path(), program).await);
            site.people_pause(false);
        }
        watch(&screen, &mut runs).await;
        samples.push(Sample {
            at: between.seconds() - began,
            held: memory(&[program]),
            journal: size(&Journal::file(data.path())),
            wal: size(&wal(data.path())),
            runs,
        });
        if samples.len().is_multiple_of(6) {
            eprintln!("{}", minute(&samples, &between.answered(), &bare, began));
        }
    }
    let rested = at_rest(&site, data.path(), program).await;
    let answered: Vec<Answered> = between.answered();
    let kept = Kept::of(data.path(), &answered);
    screen.close().await;
    practice.stop().await;

    let csv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("soak.csv");
    fs::write(&csv, all(&samples)).unwrap();
    let soak = Soak {
        lasts,
        began,
        samples,
        rests: warm.map(|warm| [warm, rested]),
        answered,
        bare,
    };
    soak.rows(table);
    kept.row(table);
    table.note(format!("Soak: every look at it stands in {}.", csv.display()));
    kept.is_whole()
}

/// A journal whose rules are live, and a draft that would do otherwise.
async fn begin_journal(data: &Path) {
    let journal = Journal::open(data).unwrap();
    let live = template("status-overhaul").unwrap();
    let (name, by, now) = (live.name.clone(), "soak".to_owned(), SystemClock.now());
    let revision = journal
        .publish_rules(name, live.to_json_pretty(), by.clone(), String::new(), now)
        .await
        .unwrap();
    let draft = DraftIn {
        document: changed(&live).to_json_pretty(),
        author: by,
        based_on: Some(revision),
    };
    journal.save_draft(draft, None, now).await.unwrap();
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
}

/// Stops the people, and looks at what is held once all is decided and nothing has happened for a while.
async fn at_rest(site: &Control, data: &Path, program: u32) -> Held {
    site.people_pause(true);
    let begun = Instant::now();
    while !(site.is_all_delivered() && count(data, WAITING) == 0) && begun.elapsed() < TAIL {
        tokio::time::sleep(LOOK).await;
    }
    tokio::time::sleep(AT_REST).await;
    memory(&[program])
}

/// The feed for a while, then what-if again and again.
async fn watch(screen: &Screen, runs: &mut u64) {
    let begun = Instant::now();
    let feed = "document.querySelector('[data-testid=nav-feed]').click();";
    screen.window.execute(feed, Vec::new()).await.unwrap();
    tokio::time::sleep(SAMPLE / 2).await;
    while begun.elapsed() < SAMPLE {
        *runs += u64::from(what_if(screen).await);
        tokio::time::sleep(LOOK).await;
    }
}

fn wal(data: &Path) -> PathBuf {
    let mut wal = Journal::file(data).into_os_string();
    wal.push("-wal");
    wal.into()
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |found| found.len())
}

const WAITING: &str = "SELECT (SELECT count(*) FROM event WHERE outcome = 'waiting') \
                       + (SELECT count(*) FROM change WHERE state IN ('planned', 'applied'))";

fn count(data: &Path, query: &str) -> i64 {
    let journal = Connection::open_with_flags(Journal::file(data), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    journal.query_row(query, [], |row| row.get(0)).unwrap()
}

/// What became of the deliveries that were answered with 200.
struct Kept {
    acknowledged: usize,
    refused: usize,
    lost: usize,
    twice: i64,
    undecided: i64,
}

impl Kept {
    fn of(data: &Path, answered: &[Answered]) -> Self {
        let journal = Connection::open_with_flags(Journal::file(data), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let mut query = journal
            .prepare("SELECT entry_id FROM event WHERE site = 'studio' AND entry_id IS NOT NULL")
            .unwrap();
        let found = query.query_map([], |row| row.get(0)).unwrap();
        let in_journal: HashSet<i64> = found.map(Result::unwrap).collect();
        let (good, refused): (Vec<&Answered>, Vec<&Answered>) = answered.iter().partition(|a| a.status == 200);
        // What the site says of the hook itself is no event of its log, and has no number.
        let acknowledged: HashSet<i64> = good.iter().map(|a| a.entry).filter(|entry| *entry > 0).collect();
        Self {
            acknowledged: acknowledged.len(),
            refused: refused.len(),
            lost: acknowledged.difference(&in_journal).count(),
            twice: count(
                data,
                "SELECT count(entry_id) - count(DISTINCT entry_id) FROM event WHERE site = 'studio'",
            ),
            undecided: count(data, WAITING),
        }
    }

    fn is_whole(&self) -> bool {
        self.acknowledged > 0 && (self.refused, self.lost, self.twice, self.undecided) == (0, 0, 0, 0)
    }

    fn row(&self, table: &mut Table) {
        let Self {
            acknowledged,
            refused,
            lost,
            twice,
            undecided,
        } = self;
        table.row(Row {
            what: "soak: refused, lost, kept twice, undecided".into(),
            figure: format!("{refused}, {lost}, {twice}, {undecided}"),
            against: format!("acknowledged: {}", counted(*acknowledged as f64)),
            ratio: (*refused as f64 + *lost as f64 + *twice as f64 + *undecided as f64) / *acknowledged as f64,
            reach: "0".into(),
            reached: self.is_whole(),
        });
    }
}

/// The disk without anything of ours: 4 KB written and synced ten times a second in a file beside the journal. When this waits, so
/// does everything that is synced.
struct BareSyncs {
    /// When each began, in seconds since the start, and the milliseconds that it took.
    took: Arc<Mutex<Vec<(f64, f64)>>>,
    /// The other end hears when it is dropped.
    _ended: mpsc::Sender<()>,
}

impl BareSyncs {
    /// From now on until this is dropped. `begun`: the start.
    fn beside(data: &Path, begun: Instant) -> Self {
        const EVERY: Duration = Duration::from_millis(100);
        let file = fs::File::create(data.join("bare")).unwrap();
        let took = Arc::new(Mutex::new(Vec::new()));
        let (ended, end) = mpsc::channel();
        let noted = took.clone();
        std::thread::spawn(move || {
            while end.recv_timeout(EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
                let (at, sent) = (begun.elapsed().as_secs_f64(), Instant::now());
                (&file).write_all(&[0; 4096]).unwrap();
                file.sync_data().unwrap();
                noted.lock().unwrap().push((at, sent.elapsed().as_secs_f64() * 1000.0));
            }
        });
        Self { took, _ended: ended }
    }

    /// What those took that began within these seconds since the start, in milliseconds.
    fn within(&self, from: f64, to: f64) -> Vec<f64> {
        let took = self.took.lock().unwrap();
        let within = took.iter().filter(|(at, _)| (from..to).contains(at));
        within.map(|(_, milliseconds)| *milliseconds).collect()
    }
}

/// Everything that was measured.
struct Soak {
    /// Seconds.
    lasts: f64,
    /// When, on the clock of the answers.
    began: f64,
    samples: Vec<Sample>,
    /// With nothing to do: after warming up, and at the end.
    rests: Option<[Held; 2]>,
    answered: Vec<Answered>,
    bare: BareSyncs,
}

impl Soak {
    /// From when to when the first part goes, and the last.
    fn parts(&self) -> [(f64, f64); 2] {
        let (warm, part) = (self.lasts / WARMING, self.lasts / COMPARED);
        [(warm, warm + part), (self.lasts - part, f64::INFINITY)]
    }

    fn rows(&self, table: &mut Table) {
        let memory = |of: fn(&Held) -> f64| {
            self.parts().map(|(from, to)| {
                let within = self.samples.iter().filter(|s| (from..to).contains(&s.at));
                median(&mut within.map(|s| of(&s.held)).collect::<Vec<_>>())
            })
        };
        let times = |percent| {
            self.parts()
                .map(|(from, to)| percentile(&mut self.milliseconds(from, to), percent))
        };
        let megabytes = |bytes: f64| format!("{:.0} MB", bytes / 1e6);
        let milliseconds = |time: f64| format!("{time:.2} ms");
        let minutes = self.lasts / 60.0;
        let mut row = |what: String, [first, last]: [f64; 2], shown: &dyn Fn(f64) -> String, reach: f64| {
            table.row(Row {
                what,
                figure: shown(last),
                against: format!("after warming up: {}", shown(first)),
                ratio: last / first,
                reach: format!("≤ {reach}"),
                reached: last / first <= reach,
            });
        };
        row(
            format!("soak, {minutes:.0} min: memory of the whole app"),
            memory(Held::all),
            &megabytes,
            1.2,
        );
        row(
            "the same: the program".into(),
            memory(|held| held.program),
            &megabytes,
            1.2,
        );
        row("the same: its page".into(), memory(|held| held.page), &megabytes, 1.2);
        if let Some(rests) = &self.rests {
            let at_rest = |of: fn(&Held) -> f64| [of(&rests[0]), of(&rests[1])];
            let program = at_rest(|held| held.program);
            row("the program once nothing happens".into(), program, &megabytes, 1.2);
            let page = at_rest(|held| held.page);
            row("its page once nothing happens".into(), page, &megabytes, 1.2);
        }
        row("soak: delivery → 200, p50".into(), times(50), &milliseconds, 1.5);
        row("the same: p99".into(), times(99), &milliseconds, 1.5);
        let bare = self
            .parts()
            .map(|(from, to)| percentile(&mut self.bare.within(self.began + from, self.began + to), 99));
        table.note(format!(
            "Soak: beside it, a sync of 4 KB by itself took {:.2} ms after warming up and {:.2} ms at the end, at p99.",
            bare[0], bare[1]
        ));
        let runs = self.samples.last().map_or(0, |sample| sample.runs);
        let largest = self.samples.iter().map(|sample| sample.wal).max().unwrap_or(0);
        table.note(format!(
            "Soak: {:.1} deliveries/s for {minutes:.0} min, the feed and what-if over all of it by turns ({runs} runs to their end); \
             memory of the whole app grew by {:.1} MB an hour (least squares, after warming up); the WAL was never above {:.1} MB, \
             the journal is {:.0} MB.",
            self.answered.len() as f64 / self.lasts,
            self.slope() * 3600.0 / 1e6,
            largest as f64 / 1e6,
            self.samples.last().map_or(0, |sample| sample.journal) as f64 / 1e6,
        ));
        let refused: Vec<String> = self
            .answered
            .iter()
            .filter(|a| a.status != 200)
            .take(20)
            .map(|a| {
                let at = a.at - self.began;
                format!("{} after {at:.1} s, in {:.0} ms", a.status, a.milliseconds)
            })
            .collect();
        if !refused.is_empty() {
            table.note(format!("Soak: refused, the first of them: {}.", refused.join("; ")));
        }
    }

    fn milliseconds(&self, from: f64, to: f64) -> Vec<f64> {
        let within = self
            .answered
            .iter()
            .filter(|a| (from..to).contains(&(a.at - self.began)));
        within.map(|a| a.milliseconds).collect()
    }

    /// Bytes a second, of the line that is nearest to all samples after warming up.
    fn slope(&self) -> f64 {
        let warm = self.samples.iter().filter(|s| s.at >= self.lasts / WARMING);
        let points: Vec<(f64, f64)> = warm.map(|s| (s.at, s.held.all())).collect();
        let number = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / number;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        let above: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
        let below: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
        above / below
    }
}

/// The minute that has just ended, in one line.
fn minute(samples: &[Sample], answered: &[Answered], bare: &BareSyncs, began: f64) -> String {
    let Some(last) = samples.last() else {
        return String::new();
    };
    let from = began + last.at - 60.0;
    let recent = answered.iter().rev().take_while(|a| a.at >= from);
    let mut times: Vec<f64> = recent.map(|a| a.milliseconds).collect();
    let number = times.len();
    let (p50, p99) = if times.is_empty() {
        (f64::NAN, f64::NAN)
    } else {
        (percentile(&mut times, 50), percentile(&mut times, 99))
    };
    let bare = percentile(&mut bare.within(from, f64::INFINITY), 99);
    format!(
        "{:5.1} min  {number:5} deliveries  p50 {p50:7.2} ms  p99 {p99:8.2} ms  bare sync {bare:7.2} ms  \
         program {:6.1} MB  page {:6.1} MB  journal {:6.1} MB  WAL {:5.1} MB  {} what-ifs",
        last.at / 60.0,
        last.held.program / 1e6,
        last.held.page / 1e6,
        last.journal as f64 / 1e6,
        last.wal as f64 / 1e6,
        last.runs
    )
}

/// All samples, a line each.
fn all(samples: &[Sample]) -> String {
    let mut text = String::from("second,program_bytes,page_bytes,journal_bytes,wal_bytes,what_ifs\n");
    for Sample {
        at,
        held,
        journal,
        wal,
        runs,
    } in samples
    {
        let (program, page) = (held.program, held.page);
        writeln!(text, "{at:.1},{program:.0},{page:.0},{journal},{wal},{runs}").unwrap();
    }
    text
}
