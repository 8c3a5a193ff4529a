//! A draft from its first link to the day it is rolled back, in the real window.

use std::path::Path;

use callboard_practice::{Practice, PracticeArgs};
use callboard_rules::template;
use tempfile::TempDir;
use thirtyfour::prelude::{By, Key};

use crate::SECRET;
use crate::screen::{Screen, free_port, until};

async fn count(screen: &Screen, css: &str) -> usize {
    screen.window.find_all(By::Css(css)).await.unwrap().len()
}

/// Waits until no sheet lies over the view any more.
async fn uncovered(screen: &Screen) {
    let free = "return document.querySelector('[role=dialog]') === null && getComputedStyle(document.body).pointerEvents !== 'none';";
    until("no sheet lies over the view", || async {
        screen.window.execute(free, Vec::new()).await.unwrap().json().as_bool() == Some(true)
    })
    .await;
}

/// The one file in a folder that ends like this, once it is whole.
async fn kept(folder: &Path, ending: &str) -> Vec<u8> {
    let found = || {
        let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
        let mut files = files.map(|file| file.path());
        let path = files.find(|path| path.extension().is_some_and(|e| e == ending))?;
        std::fs::read(path).ok().filter(|bytes| !bytes.is_empty())
    };
    until(&format!("a .{ending} is kept"), || async { found().is_some() }).await;
    found().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_outlives_the_window_is_tried_compared_shared_made_live_and_rolled_back() {
    let data = TempDir::new().unwrap();
    let port = free_port();
    let practice = Practice::start(PracticeArgs {
        hook: vec![format!("http://127.0.0.1:{port}/hooks/review")],
        secret: Some(SECRET.into()),
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let site = practice.control();
    let path = |name: &str| data.path().join(name);
    let text = format!(
        "[[site]]\nname = \"studio\"\nkind = \"shotgrid\"\nurl = \"{}\"\nscript_name = \"practice\"\nscript_key = \"practice\"\nwrite = \"act\"\n\
         [[hook]]\nname = \"review\"\nsite = \"studio\"\nsecret = \"{SECRET}\"\n",
        practice.url()
    );
    std::fs::write(path("callboard.toml"), text).unwrap();
    std::fs::write(
        path("rules.json"),
        template("status-overhaul").unwrap().to_json_pretty(),
    )
    .unwrap();
    // What is kept goes where the desktop says that downloads go.
    let downloads = path("downloads");
    std::fs::create_dir_all(path("config")).unwrap();
    std::fs::write(
        path("config/user-dirs.dirs"),
        format!("XDG_DOWNLOAD_DIR=\"{}\"\n", downloads.display()),
    )
    .unwrap();
    let desktop = [("XDG_CONFIG_HOME", path("config"))];
    let listen = format!("127.0.0.1:{port}");
    let said = |path: &Path| path.to_str().unwrap().to_owned();
    let (config, rules, folder) = (
        said(&path("callboard.toml")),
        said(&path("rules.json")),
        said(data.path()),
    );
    let again = ["--config", &config, "--listen", &listen, "--data", &folder];
    let first = [&again[..], &["--rules", &rules]].concat();

    let screen = Screen::open_on(&first, &desktop).await;
    screen.press("[data-testid='nav-rules']").await;
    let port_of = screen.sees("[data-port='Version:na'].right").await;
    let target = screen.sees("[data-pill='Task:hld']").await;
    let drag = screen.window.action_chain();
    drag.move_to_element_center(&port_of)
        .click_and_hold()
        .move_to_element_center(&target)
        .release()
        .perform()
        .await
        .unwrap();
    let link = "[data-testid='rule-link'][data-id='Version:na>Task:hld']";
    screen.sees(link).await;
    screen.sees("[data-testid='draft-state'][data-state='saved']").await;
    screen.close().await;

    let screen = Screen::open_on(&again, &desktop).await;
    screen.press("[data-testid='nav-rules']").await;
    screen.sees("[data-testid='draft-state'][data-state='saved']").await;
    screen.sees(link).await;

    screen.press("[data-testid='panel-compare']").await;
    screen.sees("[data-testid='links-added'][data-count='1']").await;
    screen.sees("[data-testid='diff-rule'][data-kind='added']").await;
    screen.press("[data-testid='beside']").await;
    until("two pictures stand side by side", || async {
        count(&screen, "[data-testid='rules-canvas']").await == 2
    })
    .await;
    assert_eq!(count(&screen, link).await, 1, "only the draft has the link");
    screen.picture("compare").await;

    let version = site
        .entities("Version")
        .into_iter()
        .find(|one| one["sg_status_list"] != "na" && one["sg_task"]["id"].is_i64())
        .unwrap();
    let (version, task) = (
        version["id"].as_i64().unwrap(),
        version["sg_task"]["id"].as_i64().unwrap(),
    );
    site.set_status_as_person("Task", task, "ip");
    site.set_status_as_person("Version", version, "na");
    screen.press("[data-testid='panel-try']").await;
    screen
        .sees("[data-testid='try-search']")
        .await
        .send_keys("N/A")
        .await
        .unwrap();
    let found = "const rows = [...document.querySelectorAll('[data-testid=try-event]')]; \
                 return rows.length > 0 && rows.every(row => row.textContent.includes('N/A'));";
    until("only what became N/A is listed", || async {
        screen.window.execute(found, Vec::new()).await.unwrap().json().as_bool() == Some(true)
    })
    .await;
    screen.press("[data-testid='try-event']").await;
    until("it stops at the Version, the Task and the Shot", || async {
        count(&screen, "[data-testid='try-stop']").await == 3
    })
    .await;
    let stops = screen.sees("[data-testid='try-panel']").await;
    screen.says(&stops, "On Hold").await;
    screen.sees("[data-pill='Task:hld'] .stop").await;
    screen.picture("try").await;

    screen.press("[data-testid='panel-what_if']").await;
    screen.press("[data-testid='what-if-span-all']").await;
    screen.press("[data-testid='what-if-run']").await;
    screen.sees("[data-testid='what-if-summary'][data-differ='2']").await;
    let row = screen.sees("[data-testid='what-if-row']").await;
    screen.says(&row, "On Hold").await;
    assert_eq!(site.status("Task", task).as_deref(), Some("ip"), "nothing was written");
    screen.picture("what-if").await;

    screen.press("[data-testid='share']").await;
    screen.sees("[data-testid='share-picture']").await;
    screen.picture("share").await;
    screen.press("[data-testid='share-png']").await;
    assert!(kept(&downloads, "png").await.starts_with(b"\x89PNG"));
    screen.press("[data-testid='share-svg']").await;
    let svg = String::from_utf8(kept(&downloads, "svg").await).unwrap();
    assert!(
        svg.starts_with("<svg") && svg.contains("not live"),
        "the draft says that it is one"
    );
    screen.press("[data-testid='share-rules']").await;
    let file = kept(&downloads, "json").await;
    let shared = callboard_rules::RuleSet::parse(&file).unwrap();
    assert_eq!(shared.rules.len(), 19);
    screen
        .window
        .action_chain()
        .send_keys(Key::Escape)
        .perform()
        .await
        .unwrap();

    uncovered(&screen).await;
    screen.press("[data-testid='panel-compare']").await;
    screen.press("[data-testid='discard']").await;
    screen.press("[data-testid='discard-confirm']").await;
    screen.sees("[data-testid='draft-state'][data-state='live']").await;
    screen.press("[data-testid='undo']").await;
    screen.sees("[data-testid='draft-state'][data-state='saved']").await;
    screen.sees(link).await;

    screen.press("[data-testid='go-live']").await;
    screen
        .sees("[data-testid='go-live-note']")
        .await
        .send_keys("N/A holds")
        .await
        .unwrap();
    screen.press("[data-testid='go-live-confirm']").await;
    screen.sees("[data-testid='draft-state'][data-state='live']").await;
    uncovered(&screen).await;
    site.set_status_as_person("Version", version, "cnv");
    until("the Task waits for the check", || async {
        site.status("Task", task).as_deref() == Some("cnv")
    })
    .await;
    site.set_status_as_person("Version", version, "na");
    until("the Task is on hold", || async {
        site.status("Task", task).as_deref() == Some("hld")
    })
    .await;

    screen.press("[data-testid='panel-revisions']").await;
    until("there are two revisions", || async {
        count(&screen, "[data-testid='revision']").await == 2
    })
    .await;
    screen.picture("revisions").await;
    screen.press("[data-testid='revision'][data-revision='1']").await;
    screen.press("[data-testid='roll-back']").await;
    screen
        .sees("[data-testid='roll-back-note']")
        .await
        .send_keys("Too eager")
        .await
        .unwrap();
    screen.press("[data-testid='roll-back-confirm']").await;
    until("the earlier rules are revision 3", || async {
        count(&screen, "[data-testid='revision']").await == 3
    })
    .await;
    uncovered(&screen).await;
    until("the link is gone", || async { count(&screen, link).await == 0 }).await;

    screen.press("[data-testid='import']").await;
    screen.sees("[data-testid='import-text']").await;
    let paste = "const field = document.querySelector('[data-testid=import-text]'); \
                 field.value = arguments[0]; field.dispatchEvent(new Event('input', { bubbles: true }));";
    let text = String::from_utf8(file).unwrap();
    screen.window.execute(paste, vec![text.into()]).await.unwrap();
    screen.press("[data-testid='import-read']").await;
    let preview = screen.sees("[data-testid='import-preview']").await;
    screen.says(&preview, "Task On Hold").await;
    assert_eq!(count(&screen, link).await, 0, "a file is seen before it takes");
    screen.press("[data-testid='import-take']").await;
    screen.sees(link).await;
    screen.close().await;
    practice.stop().await;
}
