//! The icon in the panel: what it shows, and what its menu does.

use crate::display::Display;
use crate::panel::Panel;
use crate::screen::until;
use crate::studio::Studio;

const OPEN: &str = "Open Callboard";
const PAUSE: &str = "Pause writing";
const WRITE_AGAIN: &str = "Write again";

#[tokio::test(flavor = "multi_thread")]
async fn the_icon_in_the_panel_changes_when_a_hook_fails_and_again_when_it_is_well() {
    let studio = Studio::open("act").await;
    let screen = studio.window().await;
    let panel = Panel::start().await;
    let icon = panel.icon_of(studio.data.path()).await;
    icon.says("All is well").await;
    assert_eq!(icon.menu().await, ["All is well", OPEN, PAUSE, "Quit"]);
    let well = icon.picture().await;

    studio.site().set_hook_status(0, "failed");
    icon.says("review has failed").await;
    let failed = icon.picture().await;
    assert_ne!(failed, well, "it is another picture");

    studio.site().set_hook_status(0, "active");
    icon.says("All is well").await;
    assert_eq!(icon.picture().await, well, "it is the first picture again");
    screen.close().await;
    studio.practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_is_paused_from_the_panel_and_what_was_held_meanwhile_is_asked_about_in_the_window() {
    let studio = Studio::open("act").await;
    let screen = studio.window().await;
    let panel = Panel::start().await;
    let icon = panel.icon_of(studio.data.path()).await;
    let display = Display::open();
    let visible = || display.visible_of(icon.process());
    until("the window is there", || async { visible().len() == 1 }).await;

    icon.says(PAUSE).await;
    icon.click(PAUSE).await;
    let banner = screen.sees("[data-testid=paused-banner]").await;
    icon.says(WRITE_AGAIN).await;
    assert!(
        icon.menu().await[0].starts_with("Writing is paused by "),
        "it says who paused"
    );
    icon.click(WRITE_AGAIN).await;
    icon.says(PAUSE).await;
    until("the banner goes", || async {
        banner.is_present().await.is_ok_and(|there| !there)
    })
    .await;

    icon.click(PAUSE).await;
    let held = screen.sees("[data-testid=held]").await;
    screen.says(&held, "No change is held yet").await;
    let (task, before) = studio.version_is_sent_back();
    until("changes are held", || async {
        !screen.text(&held).await.contains("No change")
    })
    .await;
    assert_eq!(studio.site().status("Task", task), before, "nothing is written");
    display.close(visible()[0]);
    until("the window is closed", || async { visible().is_empty() }).await;
    icon.click(WRITE_AGAIN).await;
    until("the window is back", || async { visible().len() == 1 }).await;
    assert_eq!(
        studio.site().status("Task", task),
        before,
        "nothing is written before somebody says so"
    );
    screen.press("[data-testid=write-again]").await;
    screen.press("[data-testid=write-held]").await;
    until("what was held is written", || async {
        studio.site().status("Task", task) != before
    })
    .await;
    icon.says(PAUSE).await;
    screen.close().await;
    studio.practice.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_icon_speaks_the_language_that_the_window_says_it_speaks() {
    let studio = Studio::open("act").await;
    let screen = studio.window().await;
    let panel = Panel::start().await;
    let icon = panel.icon_of(studio.data.path()).await;
    icon.says("All is well").await;
    let speak = async |language: &str| {
        let ask = "const [language, done] = arguments; \
                   window.__TAURI_INTERNALS__.invoke('speak', { language }).then(() => done('said'), (error) => done(String(error)));";
        let answer = screen.window.execute_async(ask, vec![language.into()]).await.unwrap();
        assert_eq!(answer.json(), "said");
    };
    speak("de").await;
    icon.says("Alles in Ordnung").await;
    assert_eq!(
        icon.menu().await,
        ["Alles in Ordnung", "Callboard öffnen", "Schreiben anhalten", "Beenden"]
    );
    let kept = std::fs::read_to_string(studio.data.path().join("language")).unwrap();
    assert_eq!(kept, "de", "the next start begins with it");
    studio.site().set_hook_status(0, "failed");
    icon.says("review ist ausgefallen").await;

    speak("en").await;
    icon.says("review has failed").await;
    assert_eq!(icon.menu().await[1..], [OPEN, PAUSE, "Quit"]);
    screen.close().await;
    studio.practice.stop().await;
}
