//! An ftrack workspace from the command line: examined, connected, its hooks made, a delivery sent.

use std::process::Stdio;

use serde_json::Value;

use crate::run::{Desk, Ran, Running, Serving, callboard, callboard_with_key, text};

/// A practice site that runs, and the address of its ftrack side with a user and that user's key.
fn practice() -> (Running, [String; 3]) {
    let practice = Running::start(&["practice"], Stdio::null());
    let ready: Value = serde_json::from_str(&practice.line()).unwrap();
    let of = |name: &str| ready["ftrack"][name].as_str().unwrap().to_owned();
    (practice, [of("url"), of("user"), of("api_key")])
}

fn tell(serving: &Serving, key: &str, command: &[&str]) -> Ran {
    let of = |name: &str| serving.ready[name].as_str().unwrap();
    callboard_with_key(key, &[command, &["--api", of("api"), "--token", of("token")]].concat())
}

#[test]
fn a_workspace_is_examined_connected_and_its_hook_is_made_and_deleted() {
    let (_practice, [url, user, key]) = practice();
    let doctor = ["doctor", "--kind", "ftrack", "--url", &url, "--user", &user];
    let good = callboard_with_key(&key, &doctor);
    assert_eq!(good.code, Some(0), "{good:?}");
    let lines = good.lines();
    let said: Vec<&str> = lines.iter().filter_map(|line| line["title"].as_str()).collect();
    assert!(said[0].contains("is an ftrack workspace"), "{said:?}");
    assert!(
        said.iter().any(|title| title.contains("ftrack signs nothing")),
        "{said:?}"
    );
    assert_eq!(callboard_with_key("wrong", &doctor).code, Some(1));

    let desk = Desk::new();
    std::fs::write(desk.settings(), "# Ours.\n").unwrap();
    let serving = desk.serve();
    let put = [
        "site", "put", "lab", "--kind", "ftrack", "--url", &url, "--user", &user, "--write", "act",
    ];
    let site = tell(&serving, &key, &put);
    assert_eq!(site.code, Some(0), "{site:?}");
    assert_eq!(site.lines()[0]["kind"], "ftrack");
    let written = std::fs::read_to_string(desk.settings()).unwrap();
    let has = |text: &str| written.contains(text);
    assert!(
        has("kind = \"ftrack\"") && has("user = ") && has("api_key = ") && !has("script_"),
        "{written}"
    );
    let without = ["site", "put", "other", "--kind", "ftrack", "--url", &url];
    assert!(tell(&serving, &key, &without).is_one_mistake().contains("--user"));

    let projects = tell(&serving, "", &["site", "projects", "lab"]).lines();
    let project = projects[0]["id"].as_str().unwrap();
    let hears = [
        "--on",
        "Task:update=status_id",
        "--on",
        "Version:create",
        "--project",
        project,
    ];
    let create = [&["hook", "create", "status", "--site", "lab"][..], &hears].concat();
    let made = tell(&serving, "", &create);
    assert_eq!(made.code, Some(0), "{made:?}");
    let made = &made.lines()[0];
    assert_eq!(made["webhook"]["projects"][0], project);
    assert_eq!(made["webhook"]["subscription"]["entities"]["Version"]["create"], true);
    assert_eq!(
        (&made["is_signed"], &made["offered"]["tests"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
    let deletes = ["hook", "create", "gone", "--site", "lab", "--on", "Task:delete"];
    assert!(tell(&serving, "", &deletes).is_one_mistake().contains("deleted"));
    let misspelt = [
        "hook",
        "create",
        "gone",
        "--site",
        "lab",
        "--on",
        "Task:update=status_if",
    ];
    assert!(tell(&serving, "", &misspelt).is_one_mistake().contains("status_id"));
    let changed = tell(
        &serving,
        "",
        &["hook", "change", "status", "--new-secret", "--all-projects"],
    );
    assert_eq!(changed.code, Some(0), "{changed:?}");
    assert_eq!(changed.lines()[0]["webhook"]["projects"], Value::Array(Vec::new()));
    // Nothing has arrived yet, and the site cannot be asked to send anything: a check that has not passed, and no trouble.
    let tested = tell(&serving, "", &["hook", "test", "status"]);
    assert_eq!(tested.code, Some(1), "{tested:?}");
    assert!(
        tested.lines().iter().all(|line| line["level"] != "problem"),
        "{tested:?}"
    );
    assert_eq!(tell(&serving, "", &["hook", "switch-off", "status"]).code, Some(0));
    assert_eq!(tell(&serving, "", &["hook", "switch-on", "status"]).code, Some(0));
    assert_eq!(
        tell(&serving, "", &["hook", "delete", "status"]).lines()[0]["deleted"],
        "status"
    );
    assert_eq!(serving.running.terminate().0, Some(0));
}

#[test]
fn a_secret_is_shown_in_a_header_as_the_site_would() {
    let desk = Desk::new();
    let settings = r#"
[[site]]
name = "lab"
kind = "ftrack"
url = "http://127.0.0.1:9"
user = "callboard"
api_key = "practice"

[[hook]]
name = "status"
site = "lab"
secret = "a-long-secret"
header = "ftrack-secret"
"#;
    std::fs::write(desk.settings(), settings).unwrap();
    let serving = desk.serve();
    let hook = serving.hook();
    let send = |secret: &str, more: &[&str]| {
        callboard(&[&["send", "--kind", "ftrack", "--to", &hook, "--secret", secret], more].concat())
    };
    let named = ["--secret-header", "ftrack-secret"];
    let sent = send("a-long-secret", &named);
    assert_eq!(
        (sent.code, sent.lines()[0]["status"].as_u64()),
        (Some(0), Some(200)),
        "{sent:?}"
    );
    assert_eq!(send("another", &named).lines()[0]["status"], 401);
    assert_eq!(send("a-long-secret", &[]).lines()[0]["status"], 401);
    let sample = desk.file(
        "sample.json",
        include_str!("../../../trackers/tests/it/ftrack/seed.json"),
    );
    let sent = send(
        "a-long-secret",
        &["--secret-header", "ftrack-secret", "--file", text(&sample)],
    );
    assert_eq!(sent.lines()[0]["status"], 200, "{sent:?}");
    let events = desk.read("events", &[]).lines();
    let told: Vec<(&str, bool)> = events
        .iter()
        .map(|event| (event["operation"].as_str().unwrap(), event["field"] == "status_id"))
        .collect();
    assert_eq!(told, [("update", false), ("update", true)], "{events:#?}");
    assert_eq!(serving.running.terminate().0, Some(0));
}
