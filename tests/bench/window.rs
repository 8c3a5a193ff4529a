//! The real window with a million events behind it: how soon it shows them, how soon it answers a key, and whether it stays
//! smooth and small while events arrive.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use callboard_journal::{FeedFilter, Reader};
use callboard_practice::{Practice, PracticeArgs};
use serde_json::Value;

use crate::feed;
use crate::receiver::folder;
use crate::screen::{Screen, free_port};
use crate::table::{Row, Table, percentile};

/// Events a second that the people of the site make, and for how long.
const RATE: f64 = 200.0;
const ARRIVING: Duration = Duration::from_secs(60);
/// How often the window is opened.
const OPENED: usize = 5;
/// How often a search is typed.
const TYPED: u64 = 100;
const SECRET: &str = "mytoken";

/// The rows of the window.
pub(crate) async fn measure(table: &mut Table) {
    let empty = folder();
    let (mut nothing, screen) = opened(&["--data", path(empty.path()), "--listen", "127.0.0.1:0"], "wizard").await;
    screen.close().await;

    let data = folder();
    feed::million(data.path()).await;
    let port = free_port();
    let practice = Practice::start(PracticeArgs {
        hook: vec![format!("http://127.0.0.1:{port}/hooks/status")],
        secret: Some(SECRET.into()),
        rate: RATE,
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    practice.control().people_pause(true);
    std::fs::write(
        data.path().join("callboard.toml"),
        format!(
            "[[site]]\nname = \"studio\"\nkind = \"shotgrid\"\nurl = \"{}\"\nscript_name = \"practice\"\n\
             script_key = \"practice\"\nwrite = \"watch\"\n[[hook]]\nname = \"status\"\nsite = \"studio\"\nsecret = \"{SECRET}\"\n",
            practice.url()
        ),
    )
    .unwrap();
    let listen = format!("127.0.0.1:{port}");
    let args = ["--data", path(data.path()), "--listen", &listen];
    let (mut first, screen) = opened(&args, "rows").await;
    let (middle, longest, nothing) = (
        percentile(&mut first, 50),
        percentile(&mut first, 100),
        percentile(&mut nothing, 50),
    );
    table.row(Row {
        what: "window: start to first rows, 1.0 M events".into(),
        figure: format!("{middle:.2} s, longest of {OPENED} {longest:.2} s"),
        against: format!("to the wizard, nothing in the journal: {nothing:.2} s"),
        ratio: middle / nothing,
        reach: "≤ 1.5 s".into(),
        reached: longest <= 1.5,
    });

    let mut took = typed(&screen).await;
    let (p50, p95, longest) = (
        percentile(&mut took, 50),
        percentile(&mut took, 95),
        percentile(&mut took, 100),
    );
    table.row(Row {
        what: "window: a key in the search to its rows, the oldest event's word".into(),
        figure: format!("{p50:.0} ms, p95 {p95:.0} ms, longest {longest:.0} ms"),
        against: "a frame of 60 in a second: 17 ms".into(),
        ratio: p50 / 16.7,
        reach: "p95 ≤ 100 ms".into(),
        reached: p95 <= 100.0,
    });

    let before = memory(&ours()).all();
    let frames = arriving(&screen, &practice).await;
    let after = memory(&ours()).all();
    let mut apart: Vec<f64> = frames["apart"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    let (p50, p99) = (percentile(&mut apart, 50), percentile(&mut apart, 99));
    table.row(Row {
        what: "window: frames while 200 events/s arrive and somebody types, apart".into(),
        figure: format!("{p50:.0} ms, p99 {p99:.0} ms"),
        against: "a frame of 60 in a second: 17 ms".into(),
        ratio: p99 / 16.7,
        reach: "p99 ≤ 50 ms".into(),
        reached: p99 <= 50.0,
    });
    table.row(Row {
        what: "window: memory of the whole app after that minute".into(),
        figure: format!("{:.0} MB", after / 1e6),
        against: format!("before it: {:.0} MB", before / 1e6),
        ratio: after / before,
        reach: "≤ 1.2".into(),
        reached: after / before <= 1.2,
    });
    let (shown, kept) = same(&screen, data.path()).await;
    table.note(format!(
        "Window: {} events arrived in that minute; rows out of order in any of {} looks: {}; afterwards the first {} rows shown are \
         {} the journal's.",
        frames["arrived"], frames["looks"], frames["disorder"], shown.len(),
        if shown == kept { "exactly" } else { "NOT" },
    ));
    if shown != kept {
        table.note(format!("Shown: {shown:?}. Of the journal: {kept:?}."));
    }
    screen.close().await;
    practice.stop().await;
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Opens the window again and again until it has marked that something is shown (`ui/src/frame/shown.ts`). Seconds, on the page's own
/// clock, from the start of the program: the driver and its questions are not the user's. The window that was opened last stays.
async fn opened(args: &[&str], mark: &str) -> (Vec<f64>, Screen) {
    let mut took = Vec::new();
    loop {
        let screen = Screen::open(args).await;
        let [program] = screen.programs()[..] else {
            panic!("one program runs");
        };
        let script = "
            const [mark, done] = arguments;
            const look = () => {
                const [shown] = performance.getEntriesByName(mark);
                if (!shown) return setTimeout(look, 5);
                done([performance.timeOrigin + shown.startTime, performance.timeOrigin + performance.now()]);
            };
            look();";
        let told = screen
            .window
            .execute_async(script, vec![Value::from(mark)])
            .await
            .unwrap();
        let age = age(program).as_secs_f64();
        let [shown, now] = [0, 1].map(|place| told.json()[place].as_f64().expect("a time"));
        took.push(age - (now - shown) / 1000.0);
        if took.len() == OPENED {
            return (took, screen);
        }
        screen.close().await;
    }
}

/// Types the word of the oldest event and clears it again, in the page itself: milliseconds from the key to the frame with its row.
async fn typed(screen: &Screen) -> Vec<f64> {
    let script = "
        const [word, done] = arguments;
        const box = document.querySelector('[data-testid=search]');
        const rows = () => document.querySelectorAll('[data-testid=feed-row]').length;
        const frame = () => new Promise((ready) => requestAnimationFrame(ready));
        const type = async (text, there) => {
            const begun = performance.now();
            box.value = text;
            box.dispatchEvent(new InputEvent('input', { bubbles: true }));
            while (!there()) {
                if (performance.now() - begun > 20000) throw new Error('nothing comes for ' + text);
                await frame();
            }
            await frame();
            return performance.now() - begun;
        };
        (async () => {
            const took = await type(word, () => rows() === 1);
            await type('', () => rows() > 5);
            done(took);
        })().catch((error) => done(String(error)));";
    let mut took = Vec::new();
    for _ in 0..TYPED {
        let word = vec![Value::from(feed::RARE)];
        let answer = screen.window.execute_async(script, word).await.unwrap();
        took.push(answer.json().as_f64().unwrap_or_else(|| panic!("{}", answer.json())));
    }
    took
}

/// Watches a minute: how far frames are apart, and whether rows ever stand out of order. Somebody types now and then.
async fn arriving(screen: &Screen, practice: &Practice) -> Value {
    let people = practice.control();
    let begin = "
        const box = document.querySelector('[data-testid=search]');
        const told = { apart: [], looks: 0, disorder: 0, first: null, last: null };
        window.told = told;
        let last = performance.now();
        const texts = ['c', 'co', 'com', 'comp', ''];
        const seqs = () => [...document.querySelectorAll('[data-testid=feed-row]')].map((row) => Number(row.dataset.seq));
        const step = (now) => {
            told.apart.push(now - last);
            last = now;
            if (told.apart.length % 20 === 0) {
                const shown = seqs();
                told.looks += 1;
                if (shown.some((seq, i) => i > 0 && seq >= shown[i - 1])) told.disorder += 1;
            }
            if (told.apart.length % 30 === 0) {
                box.value = texts[(told.apart.length / 30) % texts.length];
                box.dispatchEvent(new InputEvent('input', { bubbles: true }));
            }
            if (!told.over) requestAnimationFrame(step);
        };
        told.first = Math.max(...seqs());
        requestAnimationFrame((now) => { last = now; requestAnimationFrame(step); });";
    screen.window.execute(begin, Vec::new()).await.unwrap();
    people.people_pause(false);
    tokio::time::sleep(ARRIVING).await;
    people.people_pause(true);
    let end = "
        const told = window.told;
        told.over = true;
        const box = document.querySelector('[data-testid=search]');
        box.value = '';
        box.dispatchEvent(new InputEvent('input', { bubbles: true }));
        return told;";
    let mut told = screen.window.execute(end, Vec::new()).await.unwrap().json().clone();
    let newest = newest(screen).await;
    told["arrived"] = Value::from(newest - told["first"].as_f64().unwrap());
    told
}

/// The highest number shown, once no more come.
async fn newest(screen: &Screen) -> f64 {
    let script = "return Math.max(...[...document.querySelectorAll('[data-testid=feed-row]')].map((row) => Number(row.dataset.seq)))";
    let mut before = f64::NAN;
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = screen.window.execute(script, Vec::new()).await.unwrap();
        let now = now.json().as_f64().unwrap();
        if (now - before).abs() < 0.5 {
            return now;
        }
        before = now;
    }
}

/// The numbers of the first rows as the window shows them, and as many of the journal's.
async fn same(screen: &Screen, data: &Path) -> (Vec<i64>, Vec<i64>) {
    let script =
        "return [...document.querySelectorAll('[data-testid=feed-row]')].map((row) => Number(row.dataset.seq))";
    let shown = screen.window.execute(script, Vec::new()).await.unwrap();
    let shown: Vec<i64> = shown
        .json()
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_i64)
        .collect();
    let page = Reader::open(data)
        .unwrap()
        .feed(None, 500, &FeedFilter::default())
        .unwrap();
    let kept = page.rows.iter().map(|row| row.seq).take(shown.len()).collect();
    (shown, kept)
}

/// The window's programs that run.
fn ours() -> Vec<u32> {
    let named = |pid: &u32| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm"));
        name.is_ok_and(|name| name.starts_with("callboard-deskt"))
    };
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(named).collect()
}

/// How long ago a program was started, to a hundredth of a second (proc(5): field 22 of `stat`, in ticks since the start of the machine).
fn age(pid: u32) -> Duration {
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name may hold spaces; the fields after it do not.
    let fields = stat.rsplit_once(')').unwrap().1;
    let started: f64 = fields.split_whitespace().nth(19).unwrap().parse().unwrap();
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    let now: f64 = uptime.split_whitespace().next().unwrap().parse().unwrap();
    Duration::from_secs_f64((now - started / TICKS).max(0.0))
}

/// The window's program that works on this folder.
pub(crate) fn program(data: &Path) -> u32 {
    let names = |pid: &u32| {
        let told = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        told.split(|byte| *byte == 0).any(|word| word == path(data).as_bytes())
    };
    ours().into_iter().find(names).expect("the window's program runs")
}

/// Bytes that processes hold for themselves.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    /// The window's own.
    pub(crate) program: f64,
    /// Those of its page, which are its children.
    pub(crate) page: f64,
}

impl Held {
    pub(crate) fn all(&self) -> f64 {
        self.program + self.page
    }
}

/// What the window's processes and those of their pages hold, by the system's account (proc(5), `RssAnon`).
pub(crate) fn memory(roots: &[u32]) -> Held {
    let mut parents: HashMap<u32, u32> = HashMap::new();
    let mut held: HashMap<u32, f64> = HashMap::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(status) = std::fs::read_to_string(entry.path().join("status")) else {
            continue;
        };
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.map(|rest| rest.trim().trim_end_matches(" kB").to_owned())
        };
        if let Some(parent) = field("PPid:").and_then(|p| p.parse().ok()) {
            parents.insert(pid, parent);
        }
        let kilobytes = field("RssAnon:").and_then(|kb| kb.parse::<f64>().ok());
        held.insert(pid, kilobytes.unwrap_or_default() * 1024.0);
    }
    let is_ours = |mut pid: u32| loop {
        if roots.contains(&pid) {
            return true;
        }
        match parents.get(&pid) {
            Some(&parent) if parent != 0 => pid = parent,
            _ => return false,
        }
    };
    let sum = |of: &dyn Fn(u32) -> bool| held.iter().filter(|(pid, _)| of(**pid)).map(|(_, bytes)| bytes).sum();
    Held {
        program: sum(&|pid| roots.contains(&pid)),
        page: sum(&|pid| !roots.contains(&pid) && is_ours(pid)),
    }
}
