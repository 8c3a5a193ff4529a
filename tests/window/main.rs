//! The real window, driven by WebDriver, and the real notification daemon. Needs a display (Xvfb), a session bus, tauri-driver,
//! WebKitWebDriver and dunst: `make test` provides them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say so and stop"
)]

mod screen;

use callboard_practice::{Practice, PracticeArgs};
use screen::{Notices, Screen, free_port, until};
use thirtyfour::By;

const SECRET: &str = "mytoken";

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_sees_a_cascade_its_reason_and_the_rules_that_made_it() {
    let data = tempfile::TempDir::new().unwrap();
    let args = [
        "--practice",
        "--rate",
        "4",
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.path().to_str().unwrap(),
    ];
    let screen = Screen::open(&args).await;
    let window = &screen.window;

    screen.sees("[data-testid=practice-banner]").await;
    let confirmed = screen.sees("[data-testid=change][data-state=confirmed]").await;
    assert!(screen.text(&confirmed).await.contains("confirmed"));
    let health = screen.sees("[data-testid=hook-health]").await;
    screen.says(&health, "active").await;

    // Rows must stay where they are while one of them is read.
    screen.sees("[data-testid=pause]").await.click().await.unwrap();
    let row = screen.sees("[data-testid=feed-row]:has([data-state=confirmed])").await;
    let seq = row.attr("data-seq").await.unwrap().unwrap();
    row.click().await.unwrap();
    let drawer = screen.sees("[data-testid=drawer]").await;
    // The row is drawn at once; what only the journal knows follows.
    screen.says(&drawer, "Signature good").await;
    screen.says(&drawer, "When a").await;
    screen.picture("drawer").await;
    screen.sees("[data-testid=tab-payload]").await.click().await.unwrap();
    let payload = screen.sees("[data-testid=drawer-payload]").await;
    screen.says(&payload, "event_log_entry_id").await;
    let same = window
        .find(By::Css(format!("[data-testid=feed-row][data-seq='{seq}']")))
        .await;
    assert!(same.is_ok(), "the row is still there while the feed is paused");

    screen.sees("[data-testid=nav-rules]").await.click().await.unwrap();
    screen.sees("[data-testid=rules-canvas]").await;
    screen.sees("[data-testid=rule-link]").await;
    let pills = window
        .find_all(By::Css("[data-testid=rules-canvas] [data-testid=status-pill]"))
        .await
        .unwrap();
    assert!(pills.len() > 40, "{} pills", pills.len());
    screen.picture("rules").await;
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_and_a_search_leave_only_what_was_asked_for() {
    let data = tempfile::TempDir::new().unwrap();
    let args = [
        "--practice",
        "--rate",
        "8",
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.path().to_str().unwrap(),
    ];
    let screen = Screen::open(&args).await;
    screen.sees("[data-testid=change][data-state=confirmed]").await;
    let row = screen.sees("[data-testid=feed-row]:has([data-state=confirmed])").await;
    let who = row.find(By::Css("[data-testid=row-who]")).await.unwrap();
    let who = screen.text(&who).await;
    screen.sees("[data-testid=search]").await.send_keys(&who).await.unwrap();
    let only = format!(
        "const rows = [...document.querySelectorAll('[data-testid=feed-row] [data-testid=row-who]')]; \
         return rows.length > 0 && rows.every(r => r.textContent.includes({}));",
        serde_json::to_string(&who).unwrap()
    );
    until("the feed shows that person's events alone", || async {
        screen.window.execute(&only, Vec::new()).await.unwrap().json().as_bool() == Some(true)
    })
    .await;
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_turns_unstable_is_notified_once_and_shown_in_the_header() {
    let notices = Notices::start().await;
    let data = tempfile::TempDir::new().unwrap();
    let port = free_port();
    let hook = format!("http://127.0.0.1:{port}/hooks/review");
    let practice = Practice::start(PracticeArgs {
        hook: vec![hook],
        secret: Some(SECRET.into()),
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let config = data.path().join("callboard.toml");
    let text = format!(
        "[[site]]\nname = \"studio\"\nkind = \"shotgrid\"\nurl = \"{}\"\nscript_name = \"practice\"\nscript_key = \"practice\"\nwrite = \"act\"\n\
         [[hook]]\nname = \"review\"\nsite = \"studio\"\nsecret = \"{SECRET}\"\n",
        practice.url()
    );
    std::fs::write(&config, text).unwrap();
    let listen = format!("127.0.0.1:{port}");
    let args = [
        "--config",
        config.to_str().unwrap(),
        "--listen",
        &listen,
        "--data",
        data.path().to_str().unwrap(),
    ];
    let screen = Screen::open(&args).await;
    let health = screen.sees("[data-testid=hook-health]").await;
    screen.says(&health, "active").await;

    practice.control().set_hook_status(0, "unstable");
    until("the desktop was notified", || async { notices.shown() == 1 }).await;
    let said = notices.history();
    assert!(said.contains("Webhook review is unstable"), "{said}");
    assert!(said.contains("Check"), "it says what to do: {said}");
    screen.says(&health, "unstable").await;
    screen.picture("unstable").await;

    practice.control().set_hook_status(0, "unstable");
    practice.control().set_hook_status(0, "active");
    until("recovery was notified", || async {
        notices.history().contains("Webhook review is active again")
    })
    .await;
    assert_eq!(notices.shown(), 2, "once a change of state");
    screen.close().await;
    practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_cannot_start_its_engine_says_what_to_do() {
    let data = tempfile::TempDir::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let screen = Screen::open(&["--listen", &listen, "--data", data.path().to_str().unwrap()]).await;
    let banner = screen.sees("[data-testid=error-banner]").await;
    screen.says(&banner, "choose another address").await;
    screen.picture("taken-port").await;
    screen.close().await;
}
