//! From nothing to a first cascade, in the window: a site is examined, connected and given a hook; then its hook is looked after.

use callboard_practice::{Practice, PracticeArgs};
use callboard_rules::template;
use serde_json::Value;

use crate::screen::{Screen, free_port, until};

/// Goes on in the wizard until it is at a step. Each step's one button leads on as soon as the step is done.
async fn to_step(screen: &Screen, step: &str) {
    let script = "const wizard = document.querySelector('[data-testid=wizard]'); \
                  const at = wizard?.dataset.step; \
                  if (at !== arguments[0]) document.querySelector('[data-testid=wizard-next]:not(:disabled)')?.click(); \
                  return at;";
    until(&format!("the wizard is at {step}"), || async {
        let at = screen.window.execute(script, vec![Value::from(step)]).await.unwrap();
        at.json().as_str() == Some(step)
    })
    .await;
}

async fn writes(screen: &Screen, field: &str, text: &str) {
    let field = screen.sees(&format!("[data-testid={field}]")).await;
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

async fn presses(screen: &Screen, what: &str) {
    screen
        .sees(&format!("[data-testid={what}]"))
        .await
        .click()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_connects_a_site_from_nothing_and_looks_after_its_hook() {
    let data = tempfile::TempDir::new().unwrap();
    let practice = Practice::start(PracticeArgs::default()).await.unwrap();
    let site = practice.control();
    let rules = data.path().join("rules.json");
    std::fs::write(&rules, template("status-overhaul").unwrap().to_json_pretty()).unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let args = [
        "--listen",
        &listen,
        "--data",
        data.path().to_str().unwrap(),
        "--rules",
        rules.to_str().unwrap(),
        "--secrets",
        "file",
    ];
    let screen = Screen::open(&args).await;

    // The wizard opens by itself where no site is connected.
    screen.sees("[data-testid=wizard][data-step=address]").await;
    writes(&screen, "site-url", &practice.url()).await;
    writes(&screen, "site-name", "studio").await;
    to_step(&screen, "key").await;
    writes(&screen, "site-script", "practice").await;
    writes(&screen, "site-key", "practice").await;
    to_step(&screen, "examine").await;
    let findings = screen.sees("[data-testid=findings][aria-busy=false]").await;
    assert!(
        screen.text(&findings).await.contains("Task"),
        "it says what was looked at"
    );
    screen.picture("examined").await;
    to_step(&screen, "write").await;
    presses(&screen, "write-act").await;
    to_step(&screen, "reach").await;
    to_step(&screen, "hook").await;
    screen.picture("hook-step").await;
    to_step(&screen, "first").await;
    until("the site delivers to it", || async { site.hook_status(0) == "active" }).await;

    let task = site
        .entities("Task")
        .iter()
        .find(|t| t["step"]["name"] == "Composite")
        .cloned()
        .unwrap();
    let version = site.create_version_as_person(task["id"].as_i64(), "rqc");
    site.set_status_as_person("Version", version, "apv");
    screen.sees("[data-testid=first-event][data-came=true]").await;
    screen.picture("first-event").await;
    presses(&screen, "wizard-next").await;
    screen.sees("[data-testid=change][data-state=confirmed]").await;
    until("the Task follows", || async {
        site.status("Task", task["id"].as_i64().unwrap()).as_deref() == Some("apv")
    })
    .await;

    // The key is nowhere in what is kept.
    for file in ["callboard.toml", "secrets.json"] {
        let kept = std::fs::read_to_string(data.path().join(file)).unwrap();
        let key = kept
            .lines()
            .find(|line| line.contains("script_key") && line.contains("\"practice\""));
        assert_eq!(key, None, "{file}");
    }

    // The hook turns bad, says so, is revived, and is well again.
    presses(&screen, "nav-hooks").await;
    screen.sees("[data-testid=hook-detail]").await;
    screen.sees("[data-testid=hook-state][data-state=active]").await;
    site.set_hook_status(0, "unstable");
    screen.sees("[data-testid=hook-trouble]").await;
    screen.picture("hook-unstable").await;
    site.set_hook_status(0, "active");
    screen.sees("[data-testid=hook-well]").await;
    presses(&screen, "hook-test").await;
    screen.sees("[data-testid=hook-test-result][data-arrived=true]").await;
    screen.sees("[data-testid=delivery-row]").await;
    screen.picture("hook-tested").await;

    presses(&screen, "nav-sites").await;
    screen.sees("[data-testid=site-detail]").await;
    screen.sees("[data-testid=log-card][data-state=live]").await;
    screen.picture("sites").await;
    screen.close().await;
    practice.stop().await;
}
