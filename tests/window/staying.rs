//! What a coordinator does from day to day, and that Callboard stays: undo, the inbox, the tray's place, starting twice.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::display::{Display, Place};
use crate::panel::Panel;
use crate::screen::{Notices, Process, Screen, alone, application, until};
use crate::studio::Studio;

/// Longer than a click needs to lead somewhere.
const CLICKED: Duration = Duration::from_secs(5);

/// The row of a Version's being sent back, once what it led to is confirmed. The row of its making is another: a person's later word
/// has overtaken that, whichever of the two is delivered first, and it is told as skipped.
const SENT_BACK: &str = "[data-testid=feed-row][data-outcome=changed]:has([data-state=confirmed])";

const UNDONE: &str = "[data-testid=feed-row]:has([data-state=undone])";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_set_is_undone_in_the_window_and_stands_there_after_a_restart() {
    let studio = Studio::open("act").await;
    let screen = studio.window().await;
    let (task, _) = studio.version_is_sent_back();
    let site = studio.site();
    until("the Task is sent back", || async {
        site.status("Task", task).as_deref() == Some("adn")
    })
    .await;
    // Its making may have led to something too.
    let settled = "const there = (css) => document.querySelectorAll(css).length; \
                   return there('[data-testid=feed-row]') === 2 && there('[data-state=planned], [data-state=applied]') === 0;";
    until("both events are done with", || async {
        screen
            .window
            .execute(settled, Vec::new())
            .await
            .unwrap()
            .json()
            .as_bool()
            == Some(true)
    })
    .await;
    screen.press(SENT_BACK).await;
    screen.sees("[data-testid=drawer]").await;
    // Once to say so, once to mean it.
    screen.press("[data-testid=undo]").await;
    screen.press("[data-testid=undo]").await;
    screen.sees(UNDONE).await;
    until("the Task is as it was", || async {
        site.status("Task", task).as_deref() != Some("adn")
    })
    .await;
    screen.picture("undone").await;
    screen.close().await;

    let screen = studio.window().await;
    screen.sees(UNDONE).await;
    screen.close().await;
    studio.practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_site_asks_first_a_change_waits_in_the_inbox_until_it_is_accepted() {
    let studio = Studio::open("ask").await;
    let screen = studio.window().await;
    let site = studio.site();
    let (task, before) = studio.version_is_sent_back();
    screen.press("[data-testid=open-inbox]").await;
    screen.sees("[data-testid=waiting-change]").await;
    screen.picture("inbox").await;
    assert_eq!(
        site.status("Task", task),
        before,
        "nothing is written before somebody says so"
    );
    screen.press("[data-testid=accept-one]").await;
    until("the Task is written", || async { site.status("Task", task) != before }).await;
    screen.close().await;
    studio.practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_practice_production_starts_from_nothing_with_one_press_and_ends_with_two() {
    let data = TempDir::new().unwrap();
    let args = [
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.path().to_str().unwrap(),
        "--secrets",
        "file",
    ];
    let screen = Screen::open(&args).await;
    screen.press("[data-testid=start-practice]").await;
    screen.sees("[data-testid=practice-banner]").await;
    screen.press("[data-testid=nav-feed]").await;
    screen.sees("[data-testid=change][data-state=confirmed]").await;
    screen.picture("practice").await;
    screen.press("[data-testid=end-practice]").await;
    screen.press("[data-testid=end-practice]").await;
    let gone = "return document.querySelector('[data-testid=practice-banner]') === null";
    until("the banner goes", || async {
        screen.window.execute(gone, Vec::new()).await.unwrap().json().as_bool() == Some(true)
    })
    .await;
    screen.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_it_works_on_says_so_once_and_a_second_start_brings_it_back() {
    let studio = Studio::open("act").await;
    let screen = studio.window().await;
    let notices = Notices::start().await;
    let panel = Panel::start().await;
    let icon = panel.icon_of(studio.data.path()).await;
    let display = Display::open();
    let visible = || display.visible_of(icon.process());
    until("the window is there", || async { visible().len() == 1 }).await;

    display.close(visible()[0]);
    until("the window is closed", || async { visible().is_empty() }).await;
    until("it is said that it works on", || async {
        notices.history().contains("Callboard works on")
    })
    .await;
    let site = studio.site();
    let (task, before) = studio.version_is_sent_back();
    until("the Task is written all the same", || async {
        site.status("Task", task) != before
    })
    .await;

    let again = Command::new(application())
        .args(studio.args())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(again.success(), "a second start hands over and ends");
    until("the window is back", || async { visible().len() == 1 }).await;
    screen.sees("[data-testid=feed-row]:has([data-state=confirmed])").await;

    display.close(visible()[0]);
    until("the window is closed again", || async { visible().is_empty() }).await;
    let said = notices.history();
    let times = said.matches("\"data\" : \"Callboard works on\"").count();
    assert_eq!(times, 1, "said once: {said}");
    drop((notices, panel));
    screen.close().await;
    studio.practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_opens_again_where_it_stood_and_as_large() {
    let elsewhere = Place {
        x: 230,
        y: 110,
        width: 1_310,
        height: 790,
    };
    let studio = Studio::open("act").await;
    let display = Display::open();
    let screen = studio.window().await;
    let panel = Panel::start().await;
    let program = panel.icon_of(studio.data.path()).await.process();
    let visible = || display.visible_of(program);
    until("the window is there", || async { visible().len() == 1 }).await;
    let window = visible()[0];
    assert_ne!(display.place(window), elsewhere);
    display.put(window, elsewhere);
    let width = "return window.innerWidth";
    until("its page is as wide", || async {
        let told = screen.window.execute(width, Vec::new()).await.unwrap();
        told.json().as_u64() == Some(elsewhere.width.into())
    })
    .await;
    display.close(window);
    until("the window is closed", || async { visible().is_empty() }).await;
    drop(panel);
    screen.close().await;

    let screen = studio.window().await;
    let panel = Panel::start().await;
    let program = panel.icon_of(studio.data.path()).await.process();
    let visible = || display.visible_of(program);
    until("it stands where it stood", || async {
        visible().first().map(|window| display.place(*window)) == Some(elsewhere)
    })
    .await;
    drop(panel);
    screen.close().await;
    studio.practice.stop().await;
}

/// Started at login too: nobody would see that nothing listens.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_without_an_engine_shows_itself_and_ends_when_it_is_closed() {
    let _alone = alone().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let display = Display::open();
    for at_login in [None, Some("--hidden")] {
        let data = TempDir::new().unwrap();
        let window = Command::new(application())
            .args(["--listen", &listen, "--data", data.path().to_str().unwrap()])
            .args(at_login)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let window = Process(window.unwrap());
        let visible = || display.visible_of(window.id());
        until("the window is there", || async { !visible().is_empty() }).await;
        display.close(visible()[0]);
        let window = std::sync::Mutex::new(window);
        until("the program has ended", || async { window.lock().unwrap().has_ended() }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_a_notification_leads_to_what_it_is_about() {
    let studio = Studio::open("act").await;
    let screen = studio.window().await;
    let notices = Notices::start().await;
    // What other tests had shown is closed.
    notices.history();
    let there = "return document.querySelector('[data-testid=hook-detail][data-hook=review]') !== null";
    let mut led = false;
    // No hand is as quick as this one: a click in the very moment in which a notification appears may come before the program
    // hears of clicks. Each change of state is told anew.
    for state in ["failed", "active", "failed", "active"] {
        studio.site().set_hook_status(0, state);
        until("the notification stands on the screen", || async {
            notices.on_screen() > 0
        })
        .await;
        notices.click();
        let begun = Instant::now();
        while !led && begun.elapsed() < CLICKED {
            let answer = screen.window.execute(there, Vec::new()).await.unwrap();
            led = answer.json().as_bool() == Some(true);
        }
        if led {
            break;
        }
    }
    assert!(led, "the window goes to the hook");
    let view: Value = screen
        .window
        .execute("return location.hash", Vec::new())
        .await
        .unwrap()
        .json()
        .clone();
    assert!(view.as_str().is_some_and(|hash| hash.contains("hooks")), "{view}");
    screen.picture("led-to-the-hook").await;
    drop(notices);
    screen.close().await;
    studio.practice.stop().await;
}
