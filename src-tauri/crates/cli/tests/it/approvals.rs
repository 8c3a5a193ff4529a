//! A site that asks first, from a script: what waits is listed, accepted and declined, and what was written is undone.

use std::time::Duration;

use callboard_practice::{Control, Practice, PracticeArgs};
use serde_json::{Value, json};

use crate::run::{DEADLINE, Desk, Ran, SECRET, Serving, callboard, text};

/// A command to the engine that serves.
fn tell(serving: &Serving, command: &[&str]) -> Ran {
    let (api, token) = (
        serving.ready["api"].as_str().unwrap(),
        serving.ready["token"].as_str().unwrap(),
    );
    callboard(&[command, &["--api", api, "--token", token]].concat())
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed() < DEADLINE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn rules() -> String {
    let statuses = |codes: &[&str]| -> Vec<Value> { codes.iter().map(|c| json!({ "code": c, "name": c })).collect() };
    json!({
        "callboard": 1, "name": "Mine",
        "statuses": { "task": statuses(&["ip", "apv"]), "shot": statuses(&["hld", "actv", "apv"]) },
        "rules": [{
            "id": "up", "name": "Up", "when": { "entity": "Task", "becomes": ["apv"] }, "then": { "set": "shot", "to": ["apv"] },
        }],
    })
    .to_string()
}

fn settings(practice: &Practice) -> String {
    format!(
        "[[site]]\nname = \"practice\"\nkind = \"shotgrid\"\nurl = \"{}\"\nscript_name = \"practice\"\n\
         script_key = \"practice\"\nwrite = \"ask\"\n\n[[hook]]\nname = \"status\"\nsite = \"practice\"\nsecret = \"{SECRET}\"\n",
        practice.url()
    )
}

/// Two Tasks of different Shots, which are held.
fn tasks(site: &Control) -> Vec<(i64, i64)> {
    let composite = |task: &&Value| task["step"]["name"] == "Composite";
    let all = site.entities("Task");
    let two = all.iter().filter(composite).take(2);
    let two: Vec<(i64, i64)> = two
        .map(|task| (task["id"].as_i64().unwrap(), task["entity"]["id"].as_i64().unwrap()))
        .collect();
    for (_, shot) in &two {
        site.set_status_as_person("Shot", *shot, "hld");
    }
    two
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_accepted_declined_and_undone_from_a_script() {
    let practice = Practice::start(PracticeArgs {
        hook: vec!["http://127.0.0.1:9/hooks/status".into()],
        secret: Some(SECRET.into()),
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let site = practice.control();
    let desk = Desk::new();
    std::fs::write(desk.settings(), settings(&practice)).unwrap();
    let rules = desk.file("rules.json", rules());
    let serving = desk.serve_with(&["--rules", text(&rules)]);
    site.retarget_hook(0, &serving.hook());
    let none = tell(&serving, &["inbox", "list"]);
    assert_eq!((none.code, none.out.as_str()), (Some(0), ""), "{none:?}");
    assert!(
        tell(&serving, &["inbox", "accept", "--all"])
            .is_one_mistake()
            .contains("nothing waits")
    );

    let [(first, shot), (second, other)] = tasks(&site)[..] else {
        panic!("two Tasks")
    };
    for task in [first, second] {
        site.set_status_as_person("Task", task, "apv");
    }
    let waiting = || tell(&serving, &["inbox", "list"]).lines();
    until("both wait", || waiting().len() == 2).await;
    let lines = waiting();
    let of = |shot: i64| lines.iter().find(|line| line["entity"]["id"] == shot).unwrap();
    assert_eq!((&of(shot)["from"], &of(shot)["to"]), (&json!("hld"), &json!("apv")));
    assert_eq!(of(shot)["rule_name"], "Up");
    let number = |shot: i64| of(shot)["change"].to_string();

    let declined = tell(
        &serving,
        &["inbox", "decline", &number(other), "--why", "Not yet", "--by", "Ada"],
    );
    assert_eq!((declined.code, declined.lines().len()), (Some(0), 1), "{declined:?}");
    assert!(
        tell(&serving, &["undo", &number(other)])
            .is_one_mistake()
            .contains("was not written")
    );
    let accepted = tell(&serving, &["inbox", "accept", "--all", "--by", "Ada"]);
    assert_eq!((accepted.code, accepted.out.as_str()), (Some(0), ""), "{accepted:?}");
    until("it is written", || site.status("Shot", shot).as_deref() == Some("apv")).await;
    let change = |shot: i64| {
        let cascades = desk.read("cascades", &[]).lines();
        let changes = cascades.iter().flat_map(|c| c["changes"].as_array().unwrap().clone());
        let mut of: Vec<Value> = changes.filter(|c| c["id"] == shot).collect();
        of.remove(0)
    };
    until("it is confirmed", || change(shot)["state"] == "confirmed").await;
    assert_eq!(change(shot)["accepted_by"], "Ada");
    assert_eq!(change(other)["skip"], "declined");
    assert!(change(other)["reason"].as_str().unwrap().ends_with(": Not yet"));

    let undone = tell(&serving, &["undo", &number(shot), "--by", "Grace"]);
    assert_eq!(undone.code, Some(0), "{undone:?}");
    assert_eq!(
        undone.lines(),
        [json!({ "change": of(shot)["change"], "undone": true })]
    );
    assert_eq!(site.status("Shot", shot).as_deref(), Some("hld"));
    assert_eq!(change(shot)["state"], "undone");
    let again = tell(&serving, &["undo", "--event", &of(shot)["seq"].to_string()]);
    assert!(again.is_one_mistake().contains("nothing to undo"), "{again:?}");
    serving.running.terminate();
    practice.stop().await;
}
