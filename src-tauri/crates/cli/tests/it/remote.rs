//! Commands to a running engine, and those that read its rule sets.

use serde_json::{Value, json};

use std::process::Stdio;

use crate::run::{Desk, Ran, Running, Serving, callboard, text};

/// A command to the engine that serves.
fn tell(serving: &Serving, command: &[&str], more: &[&str]) -> Ran {
    let (api, token) = (
        serving.ready["api"].as_str().unwrap(),
        serving.ready["token"].as_str().unwrap(),
    );
    callboard(&[command, &["--api", api, "--token", token], more].concat())
}

fn rules(to: &str) -> String {
    let statuses = |codes: &[&str]| -> Vec<Value> { codes.iter().map(|c| json!({ "code": c, "name": c })).collect() };
    json!({
        "callboard": 1, "name": "Mine",
        "statuses": { "task": statuses(&["ip", "apv"]), "shot": statuses(&["actv", "apv"]) },
        "rules": [{
            "id": "up", "name": "Up", "when": { "entity": "Task", "becomes": ["apv"] }, "then": { "set": "shot", "to": [to] },
        }],
    })
    .to_string()
}

#[test]
fn rules_are_made_live_listed_exported_and_rolled_back() {
    let desk = Desk::new();
    let serving = desk.serve();
    let (data, first, second) = (
        desk.data(),
        desk.file("1.json", rules("apv")),
        desk.file("2.json", rules("actv")),
    );
    for (file, note) in [(&first, "The first"), (&second, "Calmer")] {
        let ran = tell(
            &serving,
            &["rules", "publish", text(file)],
            &["--note", note, "--by", "Ada"],
        );
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(ran.lines()[0]["name"], "Mine");
    }
    let ran = tell(
        &serving,
        &["rules", "roll-back", "1"],
        &["--note", "Too calm", "--by", "Grace"],
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");

    let revisions = callboard(&["rules", "revisions", "--data", text(&data)]).lines();
    let said: Vec<(i64, &str, &str, bool)> = revisions
        .iter()
        .map(|r| {
            let text = |name: &str| r[name].as_str().unwrap();
            (
                r["revision"].as_i64().unwrap(),
                text("author"),
                text("note"),
                r["live"] == true,
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            (3, "Grace", "Too calm", true),
            (2, "Ada", "Calmer", false),
            (1, "Ada", "The first", false)
        ]
    );
    assert_eq!(revisions[0]["rolled_back_from"], 1);

    let second_again = callboard(&["rules", "export", "--data", text(&data), "--revision", "2"]);
    let live = callboard(&["rules", "export", "--data", text(&data)]);
    let (two, three) = (desk.file("r2.json", second_again.out), desk.file("live.json", live.out));
    let same = callboard(&["rules", "diff", text(&first), text(&three)]);
    assert_eq!(
        (same.code, same.out.as_str()),
        (Some(0), ""),
        "nothing differs, nothing is said"
    );
    let diff = callboard(&["rules", "diff", text(&two), text(&three)]);
    assert!(diff.out.contains("Up"), "{}", diff.out);
    let none = callboard(&["rules", "export", "--data", text(&data), "--draft"]);
    assert!(none.is_one_mistake().contains("there is no draft"));
}

#[test]
fn rules_with_errors_do_not_go_live_and_leave_no_draft_behind() {
    let desk = Desk::new();
    let serving = desk.serve();
    let file = desk.file("bad.json", rules("nowhere"));
    let ran = tell(&serving, &["rules", "publish", text(&file)], &["--note", "No"]);
    assert!(ran.is_one_mistake().contains("nowhere"), "{ran:?}");
    let data = desk.data();
    assert_eq!(callboard(&["rules", "revisions", "--data", text(&data)]).out, "");
    let draft = callboard(&["rules", "export", "--data", text(&data), "--draft"]);
    assert!(draft.is_one_mistake().contains("there is no draft"));
}

#[test]
fn writing_is_paused_and_resumed_from_a_script_and_the_pause_outlives_the_engine() {
    let desk = Desk::new();
    let serving = desk.serve();
    let ran = tell(&serving, &["pause"], &["--why", "Moving house", "--by", "Ada"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(
        (&ran.lines()[0]["by"], &ran.lines()[0]["why"]),
        (&json!("Ada"), &json!("Moving house"))
    );
    serving.running.terminate();

    let serving = desk.serve();
    let again = tell(&serving, &["pause"], &["--by", "Grace"]);
    assert_eq!(again.lines()[0]["by"], "Ada", "who came first stands there");
    let ran = tell(&serving, &["resume"], &["--write-held"]);
    assert_eq!((ran.code, &ran.lines()[0]["reopened"]), (Some(0), &json!(0)), "{ran:?}");
    let ran = tell(&serving, &["release", "nothing"], &[]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "[]\n"), "{ran:?}");
}

#[test]
fn an_engine_that_is_not_there_or_does_not_know_the_token_is_one_line() {
    let desk = Desk::new();
    let serving = desk.serve();
    let api = serving.ready["api"].as_str().unwrap();
    let wrong = callboard(&["pause", "--api", api, "--token", "guess"]);
    assert!(wrong.is_one_mistake().contains("token"), "{wrong:?}");
    let nobody = callboard(&["pause", "--api", "http://127.0.0.1:9", "--token", "t"]);
    assert!(nobody.is_one_mistake().contains("did not answer"), "{nobody:?}");
}

#[test]
fn a_studio_s_yaml_becomes_rules() {
    let desk = Desk::new();
    let yaml = "\
version_statuses:\n  - {key: rev, label: Pending Review}\n  - {key: apv, label: Approved}\n\
task_statuses:\n  - {key: ip, label: In Progress}\n  - {key: apv, label: Approved}\n\
shot_statuses:\n  - {key: actv, label: Active}\n  - {key: apv, label: Approved}\n\
version_to_task:\n  rev: [ip]\n  apv: [apv]\ntask_to_shot:\n  ip: [actv]\n  apv: [apv]\n";
    let file = desk.file("statuses.yaml", yaml);
    let ran = callboard(&["rules", "import", text(&file), "--name", "Ours"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let set: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(set["name"], "Ours");
    assert_eq!(set["statuses"]["shot"].as_array().unwrap().len(), 2);
    let imported = desk.file("imported.json", ran.out);
    let check = callboard(&["rules", "check", text(&imported)]);
    assert_eq!(check.code, Some(0), "{check:?}");
    let nonsense = desk.file("nonsense.yaml", "version_to_task: [1, 2");
    assert!(
        callboard(&["rules", "import", text(&nonsense)])
            .is_one_mistake()
            .contains("nonsense.yaml")
    );
}

#[test]
fn an_event_that_is_not_there_cannot_be_tried() {
    let desk = Desk::new();
    desk.serve().running.terminate();
    let (data, file) = (desk.data(), desk.file("rules.json", rules("apv")));
    let ran = callboard(&["try", "--data", text(&data), "--rules", text(&file)]);
    assert!(ran.is_one_mistake().contains("no event in the journal yet"), "{ran:?}");
    let ran = callboard(&["try", "--data", text(&data), "--rules", text(&file), "--event", "7"]);
    assert!(ran.is_one_mistake().contains("no event 7"), "{ran:?}");
}

/// A day on the practice site: what the engine did is in the journal, and another rule set is held against it.
#[test]
fn the_past_is_tried_with_other_rules_while_the_engine_serves() {
    let desk = Desk::new();
    let rules = desk.file("rules.json", callboard(&["rules", "template", "status-overhaul"]).out);
    let (receiver, practice) = (free_port(), free_port());
    let settings = std::fs::read_to_string(desk.settings())
        .unwrap()
        .replace("http://127.0.0.1:9", &format!("http://{practice}"))
        .replace(crate::run::SCRIPT_KEY, "practice")
        .replace("script_name", "write = \"act\"\nscript_name");
    std::fs::write(desk.settings(), settings).unwrap();
    let (data, config) = (desk.data(), desk.settings());
    let serve = [
        "serve",
        "--data",
        text(&data),
        "--listen",
        &receiver,
        "--api",
        "127.0.0.1:0",
    ];
    let engine = Running::start(
        &[&serve[..], &["--config", text(&config), "--rules", text(&rules)]].concat(),
        Stdio::inherit(),
    );
    let hook = format!("http://{receiver}/hooks/status");
    let site = [
        "practice",
        "--listen",
        &practice,
        "--hook",
        &hook,
        "--secret",
        crate::run::SECRET,
    ];
    let people = ["--rate", "25", "--seconds", "4"];
    // It ends by itself once the last delivery has been taken.
    let day = callboard(&[&site[..], &people[..]].concat());
    assert_eq!(day.code, Some(0), "{day:?}");
    // What the site said last is decided a moment after it was taken.
    let decided = || {
        let metrics: i64 = desk
            .journal()
            .query_row("SELECT count(*) FROM event WHERE outcome = 'waiting'", [], |r| r.get(0))
            .unwrap();
        metrics == 0
    };
    let begun = std::time::Instant::now();
    while !decided() {
        assert!(begun.elapsed() < crate::run::DEADLINE, "events are still waiting");
        let _ = engine.line_by(std::time::Duration::from_millis(20));
    }

    let what_if = |rules: &std::path::Path, more: &[&str]| {
        let ran = callboard(&[&["what-if", "--data", text(&data), "--rules", text(rules)], more].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let mut lines = ran.lines();
        let summary = lines.pop().unwrap();
        (lines, summary)
    };
    let (differences, summary) = what_if(&rules, &[]);
    assert_eq!(
        differences,
        Vec::<Value>::new(),
        "the rules that were live would do the same"
    );
    assert!(summary["events"].as_i64().unwrap() > 60, "{summary}");
    assert!(summary["same"].as_i64().unwrap() > 10, "{summary}");
    assert_eq!(summary["differ"], 0);

    let blank = desk.file("blank.json", callboard(&["rules", "template", "blank"]).out);
    let (differences, summary) = what_if(&blank, &[]);
    assert_eq!(differences.len() as u64, summary["differ"].as_u64().unwrap());
    assert!(differences.len() > 10, "{summary}");
    assert_eq!((&summary["would_change"], &summary["same"]), (&json!(0), &json!(0)));
    assert!(
        differences
            .iter()
            .all(|d| d["draft"].is_null() && d["live"]["rule"].is_string()),
        "{}",
        differences[0]
    );

    let (_, nothing) = what_if(&rules, &["--until", "2001-01-01"]);
    assert_eq!(nothing["events"], 0);
    let wrong = callboard(&[
        "what-if",
        "--data",
        text(&data),
        "--rules",
        text(&rules),
        "--since",
        "yesterday",
    ]);
    assert!(wrong.is_one_mistake().contains("yesterday"));
}

fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
