//! The window on a display, and what the desktop was told.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use thirtyfour::Capabilities;
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::{By, ElementQueryable, WebDriver, WebElement};
use tokio::sync::{Mutex, MutexGuard};

/// Longer than a slow machine needs to draw a window. Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(90);

/// Whether something is drawn where a click meets it, and stays there from one frame to the next. Where it is out of sight it is
/// brought there first, as the driver itself would.
const AT_REST: &str = "const [css, done] = arguments; \
     const it = document.querySelector(css); \
     if (!it) return done(false); \
     it.scrollIntoView({ block: 'nearest', inline: 'nearest' }); \
     const box = () => it.getBoundingClientRect(); \
     const place = () => JSON.stringify(box()); \
     const before = place(); \
     requestAnimationFrame(() => requestAnimationFrame(() => { \
       const { x, y, width, height } = box(); \
       const top = document.elementFromPoint(x + width / 2, y + height / 2); \
       done(before === place() && width > 0 && height > 0 && it.contains(top)); \
     }));";

/// WebKitWebDriver drives one window at a time.
static ONE_WINDOW: Mutex<()> = Mutex::const_new(());

/// Waits until no other test has a window on the display.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    ONE_WINDOW.lock().await
}

/// A process that ends with the test, however it ends.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        // tauri-driver ends its own WebKitWebDriver when it is asked to end, not when it is killed.
        let _ = Command::new("kill").arg(self.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// tauri-driver.
struct Driver(Process);

impl Driver {
    /// The window's programs that run beneath it (proc(5): `exe`, and the parent in `stat`).
    fn programs(&self) -> Vec<u32> {
        let application = std::fs::canonicalize(application()).unwrap();
        let ours = |pid: &u32| exe(*pid).is_some_and(|exe| exe == application);
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(ours).filter(|pid| self.is_above(*pid)).collect()
    }

    fn is_above(&self, mut pid: u32) -> bool {
        while let Some(parent) = parent(pid) {
            if parent == self.0.id() {
                return true;
            }
            pid = parent;
        }
        false
    }
}

impl Drop for Driver {
    /// Where a test breaks off, nobody has told the window to end.
    fn drop(&mut self) {
        for program in self.programs() {
            let _ = Command::new("kill").arg(program.to_string()).status();
        }
    }
}

/// None for one that has ended, also while nobody has asked how.
fn exe(pid: u32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/exe")).ok()
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold spaces; the fields after it do not.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

pub(crate) struct Screen {
    pub(crate) window: WebDriver,
    driver: Driver,
    _alone: MutexGuard<'static, ()>,
}

impl Screen {
    /// Opens the window with these arguments.
    pub(crate) async fn open(args: &[&str]) -> Self {
        Self::open_on(args, &[]).await
    }

    /// Opens it on a desktop of which something is different.
    pub(crate) async fn open_on(args: &[&str], desktop: &[(&str, PathBuf)]) -> Self {
        let alone = alone().await;
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (port, native) = (free_port(), free_port());
        let driver = Command::new(std::env::var("TAURI_DRIVER").unwrap_or_else(|_| "tauri-driver".into()))
            .args(["--port", &port.to_string(), "--native-port", &native.to_string()])
            .envs(desktop.iter().map(|(name, place)| (name, place)))
            .stdout(Stdio::null())
            .spawn()
            .expect("tauri-driver is installed: run the tests by `make test`");
        let driver = Driver(Process(driver));
        let mut capabilities = Capabilities::new();
        capabilities
            .set("tauri:options", json!({"application": application(), "args": args}))
            .unwrap();
        let address = format!("http://127.0.0.1:{port}");
        let begun = tokio::time::Instant::now();
        let window = loop {
            match WebDriver::new(&address, capabilities.clone()).await {
                Ok(window) => break window,
                // The driver is a process of its own and takes a moment until it listens.
                Err(error)
                    if matches!(error.as_inner(), WebDriverErrorInner::HttpError(_)) && begun.elapsed() < DEADLINE =>
                {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => panic!("the window does not open: {error}"),
            }
        };
        Self {
            window,
            driver,
            _alone: alone,
        }
    }

    /// The process of its program; none once that has ended.
    pub(crate) fn programs(&self) -> Vec<u32> {
        self.driver.programs()
    }

    /// Waits until something is there.
    pub(crate) async fn sees(&self, css: &str) -> WebElement {
        let found = self
            .window
            .query(By::Css(css))
            .wait(DEADLINE, Duration::from_millis(50))
            .first()
            .await;
        match found {
            Ok(element) => element,
            Err(error) => {
                self.picture("failed").await;
                panic!(
                    "{css} does not appear: {error}. The page: {}",
                    self.window.source().await.unwrap_or_default()
                )
            }
        }
    }

    /// Presses something as soon as a hand could: it is drawn, at rest, nothing lies above it, and it takes a click.
    pub(crate) async fn press(&self, css: &str) {
        let button = format!("{css}:not(:disabled)");
        self.sees(&button).await;
        until(&format!("{button} can be pressed"), || async {
            let answer = self.window.execute_async(AT_REST, vec![button.as_str().into()]).await;
            answer.unwrap().json().as_bool() == Some(true)
        })
        .await;
        self.sees(&button).await.click().await.unwrap();
    }

    /// What stands in an element. Also when it is scrolled out of sight.
    pub(crate) async fn text(&self, element: &WebElement) -> String {
        element.prop("textContent").await.unwrap().unwrap_or_default()
    }

    /// Waits until an element says this.
    pub(crate) async fn says(&self, element: &WebElement, words: &str) {
        until(words, || async { self.text(element).await.contains(words) }).await;
    }

    /// Keeps a picture of the screen where `CALLBOARD_PICTURES` says. The driver's own never comes where WebKit draws plainly.
    pub(crate) async fn picture(&self, name: &str) {
        if let Ok(folder) = std::env::var("CALLBOARD_PICTURES") {
            let _ = std::fs::create_dir_all(&folder);
            let file = PathBuf::from(folder).join(format!("{name}.png"));
            let mut import = tokio::process::Command::new("import");
            let _ = import.args(["-window", "root"]).arg(file).status().await;
        }
    }

    /// Closes the window, and waits until its program has ended: the driver ends it only after it has answered, and does not when it is
    /// itself ended before.
    pub(crate) async fn close(self) {
        let programs = self.programs();
        self.window.quit().await.unwrap();
        until("the window's program has ended", || async {
            programs.iter().all(|program| exe(*program).is_none())
        })
        .await;
    }
}

/// The program under test, built by `make test` before this runs.
pub(crate) fn application() -> PathBuf {
    let told = std::env::var_os("CALLBOARD_DESKTOP").map(PathBuf::from);
    let program = told.unwrap_or_else(|| {
        let profile = std::env::current_exe()
            .unwrap()
            .parent()
            .unwrap()
            .parent()
            .unwrap()
            .to_owned();
        profile.join(format!("callboard-desktop{}", std::env::consts::EXE_SUFFIX))
    });
    assert!(program.is_file(), "{} is not built", program.display());
    program
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits for a condition.
pub(crate) async fn until<F, Fut>(what: &str, condition: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = bool>,
{
    let begun = tokio::time::Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < DEADLINE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// dunst, and what it was asked to show.
pub(crate) struct Notices {
    _daemon: Process,
}

impl Notices {
    /// Starts dunst on this session's bus.
    pub(crate) async fn start() -> Self {
        let daemon = Command::new("dunst")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let notices = Self {
            _daemon: Process(daemon.expect("dunst is installed: run the tests by `make test`")),
        };
        until("dunst answers", || async { notices.ask(&["count"]).is_some() }).await;
        notices
    }

    fn ask(&self, args: &[&str]) -> Option<String> {
        let answer = Command::new("dunstctl").args(args).output().ok()?;
        answer
            .status
            .success()
            .then(|| String::from_utf8_lossy(&answer.stdout).into_owned())
    }

    /// Notifications shown since the start: on screen, waiting, or gone.
    pub(crate) fn shown(&self) -> usize {
        let count = self.ask(&["count"]).unwrap_or_default();
        count
            .lines()
            .filter_map(|l| l.rsplit(':').next()?.trim().parse::<usize>().ok())
            .sum()
    }

    /// Notifications that stand on the screen.
    pub(crate) fn on_screen(&self) -> usize {
        let count = self.ask(&["count", "displayed"]).unwrap_or_default();
        count.trim().parse().unwrap_or_default()
    }

    /// Clicks the newest one on the screen.
    pub(crate) fn click(&self) {
        self.ask(&["action", "0"]).unwrap();
    }

    /// What they said. Closes those on screen, so that dunst counts them as history.
    pub(crate) fn history(&self) -> String {
        let _ = self.ask(&["close-all"]);
        self.ask(&["history"]).unwrap_or_default()
    }
}
