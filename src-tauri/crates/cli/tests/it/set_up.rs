//! A site set up from the command line: examined, connected, its hooks made and tried.

use std::path::Path;
use std::process::Stdio;

use callboard_engine::{KeepIn, Safe, Secret};
use serde_json::Value;

use crate::run::{Desk, Ran, Running, SCRIPT_KEY, Serving, callboard, callboard_with_key, text};

/// A practice site that runs, and its address.
fn practice() -> (Running, String) {
    let practice = Running::start(&["practice"], Stdio::null());
    let ready: Value = serde_json::from_str(&practice.line()).unwrap();
    let url = ready["url"].as_str().unwrap().to_owned();
    (practice, url)
}

/// A command to the engine that serves.
fn tell(serving: &Serving, key: &str, command: &[&str]) -> Ran {
    let (api, token) = (
        serving.ready["api"].as_str().unwrap(),
        serving.ready["token"].as_str().unwrap(),
    );
    callboard_with_key(key, &[command, &["--api", api, "--token", token]].concat())
}

fn level<'a>(lines: &'a [Value], code: &str) -> &'a str {
    let found = lines.iter().find(|line| line["code"] == code);
    found.and_then(|line| line["level"].as_str()).unwrap()
}

#[test]
fn the_doctor_says_a_line_a_finding_and_fails_on_a_problem() {
    let (_practice, url) = practice();
    let doctor = ["doctor", "--url", &url, "--script-name", "practice"];
    let good = callboard_with_key("practice", &doctor);
    assert_eq!(good.code, Some(0), "{good:?}");
    assert_eq!(level(&good.lines(), "key"), "good");
    let said = good.lines();
    let codes: Vec<&str> = said.iter().filter_map(|line| line["code"].as_str()).collect();
    assert_eq!(codes[..3], ["address", "certificate", "key"]);
    let bad = callboard_with_key("wrong-key-of-somebody", &doctor);
    assert_eq!(bad.code, Some(1), "{bad:?}");
    assert_eq!(
        (level(&bad.lines(), "key"), level(&bad.lines(), "writing")),
        ("problem", "unknown")
    );
    assert!(!format!("{bad:?}").contains("wrong-key-of-somebody"));

    // From a file, of a site that does not answer.
    let desk = Desk::new();
    let settings = desk.settings();
    let ran = callboard(&["doctor", "--config", text(&settings), "--site", "practice"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(level(&ran.lines(), "address"), "problem");
    let ran = callboard(&["doctor", "--config", text(&settings), "--site", "other"]);
    assert!(ran.is_one_mistake().contains("no site named \"other\""));
    assert!(callboard(&["doctor"]).is_one_mistake().contains("--config"));
}

#[test]
fn a_site_and_its_hook_are_set_up_by_a_script_and_no_secret_is_told() {
    let (_practice, url) = practice();
    let desk = Desk::new();
    // Nothing is set up yet.
    std::fs::write(desk.settings(), "# Ours.\n").unwrap();
    let serving = desk.serve_loudly();
    let receiver = serving.ready["receiver"].as_str().unwrap().to_owned();
    let mut told = String::new();
    let mut run = |key: &str, code: i32, command: &[&str]| -> Vec<Value> {
        let ran = tell(&serving, key, command);
        assert_eq!(ran.code, Some(code), "{command:?}: {ran:?}");
        told.push_str(&ran.out);
        told.push_str(&ran.err);
        ran.lines()
    };
    let put = [
        "site",
        "put",
        "show",
        "--url",
        &url,
        "--script-name",
        "practice",
        "--write",
        "act",
    ];
    let site = &run("practice", 0, &put)[0];
    assert!(site["key_kept"].as_str().unwrap().contains("encrypted file") && site["script_key"].is_null());
    // One that never answers, with a key that would be noticed anywhere.
    run(
        SCRIPT_KEY,
        0,
        &[
            "site",
            "put",
            "other",
            "--url",
            "http://127.0.0.1:9",
            "--script-name",
            "x",
        ],
    );
    assert_eq!(run("", 0, &["site", "list"]).len(), 2);
    let reach = run("", 0, &["reach", &receiver, "--set"]);
    assert_eq!(reach.last().unwrap()["public_address"], receiver);

    run(
        "",
        2,
        &[
            "hook",
            "create",
            "status",
            "--site",
            "show",
            "--on",
            "Task:update=sg_status_lst",
        ],
    );
    let hears = ["--on", "Task:update=sg_status_list", "--on", "Version:create"];
    let made = &run(
        "",
        0,
        &[&["hook", "create", "status", "--site", "show"][..], &hears].concat(),
    )[0];
    assert_eq!(
        (&made["is_signed"], &made["webhook"]["is_signed"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
    let changed = &run(
        "",
        0,
        &["hook", "change", "status", "--batched", "true", "--new-secret"],
    )[0];
    assert_eq!(changed["webhook"]["batched"], true);
    assert_eq!(changed["webhook"]["subscription"], made["webhook"]["subscription"]);
    let tested = run("", 0, &["hook", "test", "status"]);
    assert_eq!(tested.last().unwrap()["arrived"], true);
    run("", 0, &["hook", "switch-off", "status"]);
    assert_eq!(
        run("", 1, &["hook", "test", "status"]).last().unwrap()["arrived"],
        false
    );
    run("", 0, &["hook", "switch-on", "status"]);

    let (code, _) = serving.running.terminate();
    assert_eq!(code, Some(0));
    let secrets = secrets(&desk.data());
    assert_eq!(secrets.len(), 2);
    told.push_str(&std::fs::read_to_string(desk.errors()).unwrap());
    let mut places = vec![("what was told".to_owned(), told.into_bytes())];
    for folder in [desk.data(), desk.folder.path().to_owned()] {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        places.extend(
            files
                .filter(|path| path.is_file())
                .map(|path| (path.display().to_string(), std::fs::read(path).unwrap())),
        );
    }
    assert!(
        places.len() >= 6,
        "the journal, the settings, the secrets and their key, the log"
    );
    for (place, bytes) in &places {
        for secret in secrets.iter().map(String::as_bytes).chain([SCRIPT_KEY.as_bytes()]) {
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret),
                "a secret stands in {place}"
            );
        }
    }

    // The next run finds it all.
    let serving = desk.serve();
    let kept = tell(&serving, "", &["site", "list"]).lines();
    assert_eq!(
        (kept[0]["name"].clone(), kept[0]["write"].clone()),
        ("show".into(), "act".into())
    );
    let deleted = tell(&serving, "", &["hook", "delete", "status"]);
    assert_eq!(deleted.lines()[0]["deleted"], "status", "{deleted:?}");
    let removed = tell(&serving, "", &["site", "remove", "show"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    let text = std::fs::read_to_string(desk.settings()).unwrap();
    assert!(
        text.starts_with("# Ours.") && !text.contains("show") && text.contains("other"),
        "{text}"
    );
}

/// The secrets of the hook, the new one and the one before it.
fn secrets(data: &Path) -> Vec<String> {
    let safe = Safe::new(data, KeepIn::File);
    let names = ["hook:status", "hook:status:2"];
    let secrets = names.map(|name| Secret::File { file: name.into() }.reveal(&safe).unwrap());
    secrets.to_vec()
}

#[test]
fn where_changes_may_be_written_is_shown_and_set_project_by_project() {
    let (_practice, url) = practice();
    let desk = Desk::new();
    std::fs::write(desk.settings(), "# Ours.\n").unwrap();
    let serving = desk.serve_loudly();
    let put = ["site", "put", "show", "--url", &url, "--script-name", "practice"];
    assert_eq!(tell(&serving, "practice", &put).code, Some(0));
    let modes = |more: &[&str]| -> Vec<String> {
        let ran = tell(&serving, "", &[&["site", "projects", "show"], more].concat());
        assert_eq!(ran.code, Some(0), "{more:?}: {ran:?}");
        let said = |line: &Value| format!("{} {} {} {}", line["id"], line["name"], line["write"], line["listed"]);
        ran.lines().iter().map(said).collect()
    };
    let as_site = [
        r#"122 "Northlight" "watch" false"#,
        r#"123 "Paper Lantern" "watch" false"#,
    ];
    assert_eq!(modes(&[]), as_site);
    let set = modes(&["--set", "122=act", "--set", "123=ask"]);
    assert_eq!(
        set,
        [r#"122 "Northlight" "act" true"#, r#"123 "Paper Lantern" "ask" true"#]
    );
    let only = modes(&["--set", "123=site", "--only-listed", "true"]);
    assert_eq!(
        only,
        [r#"122 "Northlight" "act" true"#, r#"123 "Paper Lantern" "off" false"#]
    );
    assert_eq!(modes(&[]), only);
    let text = std::fs::read_to_string(desk.settings()).unwrap();
    let listed = "\n[[site.project]]\nid = 122\nname = \"Northlight\"\nwrite = \"act\"\n";
    assert!(
        text.starts_with("# Ours.\n") && text.contains(listed) && text.contains("only_listed = true"),
        "{text}"
    );

    let mistake = |command: &[&str]| tell(&serving, "", command).is_one_mistake().to_owned();
    assert!(mistake(&["site", "projects", "show", "--set", "122=on"]).contains("on is none of off"));
    assert!(mistake(&["site", "projects", "show", "--set", "9=act"]).contains("no project 9"));
    assert!(mistake(&["site", "projects", "nowhere"]).contains("no site named nowhere"));
}
