//! What Callboard has of the desktop around it: starting at login, and a browser for pages.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::display::Display;
use crate::panel::Panel;
use crate::screen::{Screen, alone, free_port, until};
use crate::studio::Studio;

/// Ends the program that a session started, however the test ends.
struct Started(u32);

impl Started {
    fn runs(&self) -> bool {
        Path::new(&format!("/proc/{}", self.0)).exists()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if self.runs() {
            let _ = Command::new("kill").arg(self.0.to_string()).status();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_login_it_starts_hidden_on_the_same_journal_and_listens_until_it_is_switched_off() {
    let config = TempDir::new().unwrap();
    let shows = TempDir::new().unwrap();
    // A path that neither a shell nor a desktop entry takes as it is.
    let data = shows.path().join("the \"show\" at 100 % of $HOME");
    fs::create_dir(&data).unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let args = [
        "--listen",
        &listen,
        "--data",
        data.to_str().unwrap(),
        "--secrets",
        "file",
    ];
    let desktop = [("XDG_CONFIG_HOME", config.path().to_owned())];
    let entry = config.path().join("autostart/Callboard.desktop");
    let turn = async |screen: &Screen, on: bool| {
        // Where no site is connected the wizard opens by itself; what is pressed before that is over.
        screen.sees("[data-testid=wizard]").await;
        screen.press("[data-testid=open-preferences]").await;
        // What is above the switch is there: it moves no more.
        screen.sees("[data-testid=preferences-told]").await;
        screen
            .press(&format!(
                "[data-testid=start-at-login]{}",
                if on { ":not(:checked)" } else { ":checked" }
            ))
            .await;
        until("the entry is there or gone", || async { entry.is_file() == on }).await;
    };

    let screen = Screen::open_on(&args, &desktop).await;
    turn(&screen, true).await;
    screen.picture("start-at-login").await;
    screen.close().await;

    let alone = alone().await;
    let panel = Panel::start().await;
    let started = Command::new("gio")
        .arg("launch")
        .arg(&entry)
        .current_dir("/")
        .env("XDG_CONFIG_HOME", config.path())
        .status();
    assert!(started.unwrap().success(), "the session takes the entry");
    let icon = panel.icon_of(&data).await;
    let started = Started(icon.process());
    until("it listens where it did", || async { is_well(&listen).await }).await;
    let display = Display::open();
    let visible = || display.visible_of(icon.process());
    assert!(visible().is_empty(), "no window is in anybody's way");
    icon.click("Open Callboard").await;
    until("the window is there", || async { visible().len() == 1 }).await;
    icon.click("Quit").await;
    until("the program has ended", || async { !started.runs() }).await;
    assert!(!is_well(&listen).await, "nobody listens any more");
    drop(panel);
    drop(alone);

    let screen = Screen::open_on(&args, &desktop).await;
    turn(&screen, false).await;
    screen.close().await;
}

/// What WebKit draws for a graphics card that is not there costs time and memory; what it draws plainly must come to the screen all the
/// same, which the driver's own pictures of the page do not tell.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_graphics_card_the_page_is_drawn_plainly_and_stands_on_the_screen() {
    let data = TempDir::new().unwrap();
    let screen = crate::on_practice(data.path(), "0").await;
    screen.sees("[data-testid=practice-banner]").await;
    let [program] = screen.programs()[..] else {
        panic!("one program runs");
    };
    let environment = fs::read(format!("/proc/{program}/environ")).unwrap();
    let plainly = environment
        .split(|byte| *byte == 0)
        .any(|variable| variable == b"WEBKIT_DISABLE_COMPOSITING_MODE=1");
    let nodes = fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let card = nodes
        .map(|node| node.file_name())
        .any(|name| name.as_encoded_bytes().starts_with(b"renderD"))
        || ["/dev/nvidiactl", "/dev/dxg"]
            .iter()
            .any(|device| Path::new(device).exists());
    assert_eq!(plainly, !card);

    let display = Display::open();
    until("the window can be seen", || async {
        !display.visible_of(program).is_empty()
    })
    .await;
    let window = display.visible_of(program)[0];
    let place = display.place(window);
    let seen = || {
        display.pixels(
            window,
            place.width.try_into().unwrap(),
            place.height.try_into().unwrap(),
        )
    };
    until("more than a blank page stands on the screen", || async {
        seen().into_iter().collect::<HashSet<_>>().len() > 50
    })
    .await;
    let feed = seen();
    screen.press("[data-testid=nav-rules]").await;
    until("the rules stand where the feed did", || async {
        let other = seen().iter().zip(&feed).filter(|(now, before)| now != before).count();
        other > feed.len() / 50
    })
    .await;
    screen.close().await;
}

async fn is_well(listen: &str) -> bool {
    let answer = reqwest::get(format!("http://{listen}/healthz")).await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_connected_site_opens_in_the_browser_and_no_other_page_does() {
    let studio = Studio::open("act").await;
    let (path, opened) = browser(studio.data.path());
    let screen = studio.window_on(&[("PATH", path)]).await;
    studio.version_is_sent_back();
    let row = "[data-testid=feed-row]:has([data-state=confirmed])";
    screen.press(row).await;

    let ask = "const [url, done] = arguments; \
               window.__TAURI_INTERNALS__.invoke('open_page', { url }).then(() => done('opened'), (error) => done(error.message));";
    let elsewhere = studio.practice.url().replace("127.0.0.1", "localhost");
    for page in ["https://evil.example/", "file:///etc/passwd", &elsewhere] {
        let answer = screen.window.execute_async(ask, vec![Value::from(page)]).await.unwrap();
        assert_eq!(answer.json(), "That is no page of a connected site", "{page}");
    }
    screen.press("[data-testid=open-in-tracker]").await;
    let told = || fs::read_to_string(&opened).unwrap_or_default();
    until("the browser is told", || async { told().ends_with('\n') }).await;
    let versions = studio.site().entities("Version");
    let sent_back = versions
        .iter()
        .filter_map(|version| version["id"].as_i64())
        .max()
        .unwrap();
    let page = format!("{}/detail/Version/{sent_back}\n", studio.practice.url());
    assert_eq!(told(), page, "the page of what the event is about, and no other");
    screen.close().await;
    studio.practice.stop().await;
}

/// A folder with a browser, in front of the programs that there are: it writes down, a line each, which pages it was told to open.
fn browser(folder: &Path) -> (PathBuf, PathBuf) {
    let (programs, opened) = (folder.join("bin"), folder.join("opened"));
    fs::create_dir(&programs).unwrap();
    let browser = programs.join("xdg-open");
    fs::write(
        &browser,
        format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", opened.display()),
    )
    .unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let mut path = OsString::from(programs);
    path.push(":");
    path.push(others);
    (path.into(), opened)
}
