//! The real window, driven by WebDriver, and the real notification daemon. Needs a display (Xvfb), a session bus, tauri-driver,
//! WebKitWebDriver and dunst: `make test` provides them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say so and stop"
)]

mod asking;
mod busy;
mod connecting;
mod desktop;
mod display;
mod drawing;
mod panel;
mod revising;
mod screen;
mod staying;
mod studio;
mod tray;

use std::path::Path;

use callboard_practice::{Practice, PracticeArgs};
use screen::{Notices, Screen, free_port, until};
use studio::Studio;
use thirtyfour::By;

const SECRET: &str = "mytoken";

/// The window on a practice production whose people make so many changes a second.
async fn on_practice(data: &Path, rate: &str) -> Screen {
    let data = data.to_str().unwrap();
    Screen::open(&["--practice", "--rate", rate, "--listen", "127.0.0.1:0", "--data", data]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_sees_a_cascade_its_reason_and_the_rules_that_made_it() {
    let data = tempfile::TempDir::new().unwrap();
    let screen = on_practice(data.path(), "4").await;
    let window = &screen.window;

    screen.sees("[data-testid=practice-banner]").await;
    let confirmed = screen.sees("[data-testid=change][data-state=confirmed]").await;
    assert!(screen.text(&confirmed).await.contains("confirmed"));
    let health = screen.sees("[data-testid=hook-health]").await;
    screen.says(&health, "active").await;

    // Rows must stay where they are while one of them is read.
    screen.press("[data-testid=pause]").await;
    let row = screen.sees("[data-testid=feed-row]:has([data-state=confirmed])").await;
    let seq = row.attr("data-seq").await.unwrap().unwrap();
    screen.press(&format!("[data-testid=feed-row][data-seq='{seq}']")).await;
    let drawer = screen.sees("[data-testid=drawer]").await;
    // The row is drawn at once; what only the journal knows follows.
    screen.says(&drawer, "Signature good").await;
    screen.says(&drawer, "When a").await;
    screen.picture("drawer").await;
    screen.press("[data-testid=tab-payload]").await;
    let payload = screen.sees("[data-testid=drawer-payload]").await;
    screen.says(&payload, "event_log_entry_id").await;
    let same = window
        .find(By::Css(format!("[data-testid=feed-row][data-seq='{seq}']")))
        .await;
    assert!(same.is_ok(), "the row is still there while the feed is paused");

    screen.press("[data-testid=nav-rules]").await;
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
    let screen = on_practice(data.path(), "8").await;
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
async fn a_word_that_stands_in_one_payload_alone_finds_its_event() {
    let studio = Studio::open("watch").await;
    let screen = studio.window().await;
    studio.version_is_sent_back();
    let site = studio.site();
    until("both events are delivered", || async {
        site.is_all_delivered() && site.deliveries().len() == 2
    })
    .await;
    let body: serde_json::Value = serde_json::from_str(&site.deliveries()[0].request_body).unwrap();
    let rows = async || {
        let rows = screen.window.find_all(By::Css("[data-testid=feed-row]")).await;
        rows.unwrap().len()
    };
    until("both are shown", || async { rows().await == 2 }).await;
    // In no row it can be read.
    let word = body["data"]["delivery_id"].as_str().unwrap();
    screen.sees("[data-testid=search]").await.send_keys(word).await.unwrap();
    until("one is left", || async { rows().await == 1 }).await;
    screen.press("[data-testid=feed-row]").await;
    screen.press("[data-testid=tab-payload]").await;
    let payload = screen.sees("[data-testid=drawer-payload]").await;
    screen.says(&payload, word).await;
    screen.close().await;
    studio.practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_turns_unstable_is_notified_once_and_shown_in_the_header() {
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
    // While this window has the screen, no other test has a daemon on the bus.
    let notices = Notices::start().await;
    let health = screen.sees("[data-testid=hook-health]").await;
    screen.says(&health, "active").await;

    practice.control().set_hook_status(0, "unstable");
    // Nothing else that is told meanwhile must be in the way.
    until("the desktop was notified", || async {
        notices.history().contains("Webhook review is unstable")
    })
    .await;
    let said = notices.history();
    assert!(said.contains("Check"), "it says what to do: {said}");
    screen.says(&health, "unstable").await;
    screen.picture("unstable").await;

    practice.control().set_hook_status(0, "unstable");
    practice.control().set_hook_status(0, "active");
    until("recovery was notified", || async {
        notices.history().contains("Webhook review is active again")
    })
    .await;
    let said = notices.history();
    for told in ["Webhook review is unstable", "Webhook review is active again"] {
        let times = said.matches(&format!("\"data\" : \"{told}\"")).count();
        assert_eq!(times, 1, "once a change of state: {said}");
    }
    drop(notices);
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

/// Two rules that read notes, and one whose limit is soon reached.
const READERS: &str = r#"{
  "callboard": 1, "name": "Readers",
  "statuses": {
    "task": [{ "code": "omt", "name": "Omit" }, { "code": "ip", "name": "In Progress" }],
    "shot": [{ "code": "omt", "name": "Omit" }, { "code": "actv", "name": "Active" }, { "code": "final", "name": "Final" }]
  },
  "rules": [
    { "id": "final", "name": "Final words", "when": { "entity": "Shot", "on": ["note_added"] }, "if": { "text": ["final"] },
      "then": { "set": "itself", "to": ["final"] } },
    { "id": "flood", "name": "Omit all Tasks", "when": { "entity": "Shot", "becomes": ["omt"] }, "limit": 2,
      "then": { "set": { "tasks_of_shot": {} }, "to": ["omt"] } }
  ]
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_s_table_is_seen_before_it_is_entered_writing_is_paused_and_a_rule_is_brought_back() {
    let data = tempfile::TempDir::new().unwrap();
    let port = free_port();
    let practice = Practice::start(PracticeArgs {
        hook: vec![format!("http://127.0.0.1:{port}/hooks/review")],
        secret: Some(SECRET.into()),
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let site = practice.control();
    let (config, rules) = (data.path().join("callboard.toml"), data.path().join("rules.json"));
    let text = format!(
        "[[site]]\nname = \"studio\"\nkind = \"shotgrid\"\nurl = \"{}\"\nscript_name = \"practice\"\nscript_key = \"practice\"\nwrite = \"act\"\n\
         [[hook]]\nname = \"review\"\nsite = \"studio\"\nsecret = \"{SECRET}\"\n",
        practice.url()
    );
    std::fs::write(&config, text).unwrap();
    std::fs::write(&rules, READERS).unwrap();
    let listen = format!("127.0.0.1:{port}");
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let (config, rules, journal) = (path(&config), path(&rules), path(data.path()));
    let args = [
        "--config", &config, "--rules", &rules, "--listen", &listen, "--data", &journal,
    ];
    let screen = Screen::open(&args).await;
    // While this window has the screen, no other test has a daemon on the bus.
    let notices = Notices::start().await;
    let shots = site.entities("Shot");
    let named = |id: i64| {
        shots.iter().find(|s| s["id"] == id).unwrap()["code"]
            .as_str()
            .unwrap()
            .to_owned()
    };

    screen.press("[data-testid=client-notes]").await;
    let table = format!("Shot\tNote\n{}\tThis is final\n{}\tToo dark", named(1000), named(1001));
    screen.sees("[data-testid=notes-text]").await;
    // As pasting does: WebDriver's keys would leave the field at a tab and lose the ends of lines.
    let paste = "const field = document.querySelector('[data-testid=notes-text]'); \
                 field.value = arguments[0]; field.dispatchEvent(new Event('input', { bubbles: true }));";
    screen.window.execute(paste, vec![table.into()]).await.unwrap();
    screen.press("[data-testid=notes-preview]").await;
    let rows = screen.sees("[data-testid=notes-rows]").await;
    screen.says(&rows, "Final").await;
    screen.says(&rows, "No rule knows these words").await;
    assert_ne!(
        site.status("Shot", 1000).as_deref(),
        Some("final"),
        "a preview changes nothing"
    );
    screen.picture("notes").await;
    screen.press("[data-testid=notes-enter]").await;
    screen.sees("[data-testid=notes-entered]").await;
    until("the Shot is final", || async {
        site.status("Shot", 1000).as_deref() == Some("final")
    })
    .await;
    screen.press("[data-testid=notes-see]").await;
    screen.sees("[data-testid=change][data-state=confirmed]").await;

    screen.press("[data-testid=pause-writing]").await;
    let banner = screen.sees("[data-testid=paused-banner]").await;
    site.create_note_as_person(&[("Shot", 1001)], "Client", "Final!");
    screen.says(&banner, "1 change is held").await;
    assert_ne!(site.status("Shot", 1001).as_deref(), Some("final"));
    screen.picture("paused").await;
    screen.press("[data-testid=write-again]").await;
    screen.press("[data-testid=write-held]").await;
    until("what was held is written", || async {
        site.status("Shot", 1001).as_deref() == Some("final")
    })
    .await;

    site.set_status_as_person("Shot", 1002, "omt");
    until("the desktop was notified", || async { notices.shown() == 1 }).await;
    let said = notices.history();
    assert!(said.contains("Omit all Tasks") && said.contains("set aside"), "{said}");
    screen.press("[data-testid=nav-rules]").await;
    let aside = screen.sees("[data-testid=set-aside]").await;
    screen.says(&aside, "Omit all Tasks").await;
    screen.picture("set-aside").await;
    screen.press("[data-testid=bring-back]").await;
    until("the rule applies again", || async {
        screen.window.find(By::Css("[data-testid=set-aside]")).await.is_err()
    })
    .await;
    drop(notices);
    screen.close().await;
    practice.stop().await;
}
