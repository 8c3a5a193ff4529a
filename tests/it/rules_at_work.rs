//! What rules can say, on a real site: sets of Tasks, Sequences, notes, trash; and what happens when a rule breaks.

use std::ops::ControlFlow;

use callboard_engine::api::{Ask, WhatIfMove};
use callboard_engine::{Span, what_if};
use callboard_journal::{FeedRow, Outcome};
use callboard_model::{AlertKind, Place, Skip};
use callboard_practice::PracticeArgs;
use callboard_rules::RuleSet;
use serde_json::{Value, json};

use crate::stage::{Stage, Wishes, changes, story};

/// The Shot that has every step.
const SHOT: i64 = 1000;

fn rule_set(rules: &Value) -> RuleSet {
    let of = |codes: &[&str]| -> Vec<Value> { codes.iter().map(|c| json!({ "code": c, "name": c })).collect() };
    let task = [
        ("wtg", "not_started"),
        ("rdy", "not_started"),
        ("ip", "in_progress"),
        ("rev", "in_progress"),
        ("apv", "done"),
        ("omt", "omitted"),
    ];
    let task: Vec<Value> = task
        .iter()
        .map(|(code, class)| json!({ "code": code, "name": code, "class": class }))
        .collect();
    let text = json!({
        "callboard": 1, "name": "Test", "rules": rules,
        "statuses": {
            "version": of(&["cnv", "rev", "note", "apv"]), "task": task,
            "shot": of(&["omt", "hld", "actv", "rev", "apv", "final"]),
            "sequence": of(&["wtg", "ip", "apv", "fin"]),
        },
    });
    RuleSet::parse(text.to_string().as_bytes()).expect("a rule set")
}

async fn with_rules(rules: Value) -> Stage {
    Stage::with(Wishes {
        rules: rule_set(&rules),
        ..Wishes::default()
    })
    .await
}

fn ids(stage: &Stage, kind: &str, field: &str, of: i64) -> Vec<i64> {
    let is_of = |e: &&Value| e[field]["id"] == of;
    stage
        .site
        .entities(kind)
        .iter()
        .filter(is_of)
        .filter_map(|e| e["id"].as_i64())
        .collect()
}

/// Waits until all that has arrived is decided and done.
async fn quiet(stage: &Stage) {
    stage
        .until("everything is delivered and settled", |s| {
            s.site.is_all_delivered() && s.rows().iter().all(|r| r.outcome != Outcome::Waiting)
        })
        .await;
}

async fn ask(stage: &Stage, ask: Value) -> Value {
    let ask: Ask = serde_json::from_value(ask).expect("a question");
    stage.engine.ask(ask).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shot_is_rolled_up_from_all_its_tasks_and_its_sequence_from_all_its_shots() {
    let stage = with_rules(json!([
        {
            "id": "shot", "name": "Shot from its Tasks",
            "when": { "entity": "Task", "on": ["updated", "deleted"] },
            "then": { "set": "shot", "to": { "roll_up": { "ignoring": ["@omitted"], "rows": [
                { "all": ["@done"], "to": ["apv"] }, { "any": ["@in_progress"], "to": ["actv"] },
            ] } } },
        },
        {
            "id": "sequence", "name": "Sequence from its Shots", "when": { "entity": "Shot" },
            "then": { "set": { "parent": "Sequence" }, "to": { "roll_up": { "rows": [
                { "all": ["apv", "final", "omt"], "to": ["fin"] }, { "any": ["actv"], "to": ["ip"] },
            ] } } },
        },
    ]))
    .await;
    let sequence = stage.site.entities("Shot").iter().find(|s| s["id"] == SHOT).unwrap()["sg_sequence"]["id"]
        .as_i64()
        .unwrap();
    let shots = ids(&stage, "Shot", "sg_sequence", sequence);
    assert!(shots.len() > 1, "a Sequence of several Shots");
    for shot in shots.iter().filter(|id| **id != SHOT) {
        stage.site.set_status_as_person("Shot", *shot, "final");
    }
    let tasks = ids(&stage, "Task", "entity", SHOT);
    let (last, others) = tasks.split_last().unwrap();
    stage.site.set_status_as_person("Task", *last, "ip");
    for task in others {
        stage.site.set_status_as_person("Task", *task, "apv");
    }
    quiet(&stage).await;
    assert_eq!(
        stage.site.status("Shot", SHOT).as_deref(),
        Some("actv"),
        "one is in progress"
    );
    assert_eq!(stage.site.status("Sequence", sequence).as_deref(), Some("ip"));

    // The last one goes: all that are left are done, and so are all Shots.
    stage.site.retire_as_person("Task", *last);
    quiet(&stage).await;
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("apv"));
    assert_eq!(stage.site.status("Sequence", sequence).as_deref(), Some("fin"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_shots_that_are_done_at_once_do_not_lose_their_sequence() {
    let stage = with_rules(json!([
        { "id": "shot", "name": "Shot", "when": { "entity": "Task", "becomes": ["apv"] }, "then": { "set": "shot", "to": ["apv"] } },
        {
            "id": "sequence", "name": "Sequence", "when": { "entity": "Shot" },
            "then": { "set": { "parent": "Sequence" }, "to": { "roll_up": { "rows": [{ "all": ["apv"], "to": ["fin"] }] } } },
        },
    ]))
    .await;
    let sequence = stage.site.entities("Shot").iter().find(|s| s["id"] == SHOT).unwrap()["sg_sequence"]["id"]
        .as_i64()
        .unwrap();
    // Each Shot's own lane would see the others not done yet.
    for shot in ids(&stage, "Shot", "sg_sequence", sequence) {
        let task = *ids(&stage, "Task", "entity", shot).first().unwrap();
        stage.site.set_status_as_person("Task", task, "ip");
        stage.site.set_status_as_person("Task", task, "apv");
    }
    quiet(&stage).await;
    assert_eq!(stage.site.status("Sequence", sequence).as_deref(), Some("fin"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_s_words_become_statuses() {
    let stage = with_rules(json!([
        {
            "id": "final", "name": "Final", "when": { "entity": "Version", "on": ["note_added"] },
            "if": { "text": ["final", "good"], "text_not": ["not final", "not good"] },
            "then": { "set": "itself", "to": ["apv"] },
        },
        {
            "id": "again", "name": "Again", "when": { "entity": "Version", "on": ["note_added"] },
            "if": { "text": ["make it suck less"] }, "then": { "set": "itself", "to": ["note"] },
        },
        { "id": "task", "name": "Task", "when": { "entity": "Version", "becomes": ["apv"] }, "then": { "set": "task", "to": ["apv"] } },
    ]))
    .await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage
        .site
        .create_note_as_person(&[("Version", version)], "Client", "Please make it suck less.");
    quiet(&stage).await;
    assert_eq!(stage.site.status("Version", version).as_deref(), Some("note"));
    stage.site.create_note_as_person(
        &[("Version", version), ("Shot", SHOT)],
        "Client",
        "Not final yet, sorry",
    );
    quiet(&stage).await;
    assert_eq!(
        stage.site.status("Version", version).as_deref(),
        Some("note"),
        "\"not final\" is not final"
    );
    stage
        .site
        .create_note_as_person(&[("Version", version), ("Shot", SHOT)], "Client", "FINAL!");
    quiet(&stage).await;
    assert_eq!(stage.site.status("Version", version).as_deref(), Some("apv"));
    assert_eq!(
        stage.site.status("Task", task).as_deref(),
        Some("apv"),
        "and what follows follows"
    );
    let noted = stage
        .rows()
        .into_iter()
        .rev()
        .find(|r| r.event_type == "Shotgun_Note_New")
        .unwrap();
    assert!(
        noted.note.as_deref().unwrap().contains("FINAL!"),
        "the feed says what was said"
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_notes_is_shown_before_it_is_entered_and_entered_once() {
    let stage = with_rules(json!([
        {
            "id": "final", "name": "Final", "when": { "entity": "Shot", "on": ["note_added"] }, "if": { "text": ["final"] },
            "then": { "set": "itself", "to": ["final"] },
        },
    ]))
    .await;
    let name = |id: i64| {
        let shots = stage.site.entities("Shot");
        shots.iter().find(|s| s["id"] == id).unwrap()["code"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let table = format!(
        "Shot,Client Notes\n{},\"This is final, thanks\"\n{},Too dark\nnowhere_9999,final\n",
        name(SHOT),
        name(SHOT + 1)
    );
    let notes = json!({ "site": "practice", "project": 122, "source": "notes.csv", "text": table });
    let before = stage.site.writes().len();
    let preview = ask(&stage, json!({ "ask": "preview_notes", "notes": notes })).await;
    let rows = preview["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "{preview:#}");
    assert_eq!(rows[0]["entity"]["id"], SHOT);
    assert_eq!(rows[0]["changes"][0]["to"], "final");
    assert_eq!(rows[1]["changes"], json!([]));
    assert_eq!(rows[1]["why"], "No rule knows these words");
    assert_eq!(rows[2]["why"], "Nothing on the site is called nowhere_9999");
    assert_eq!(stage.site.writes().len(), before, "a preview changes nothing");
    assert_eq!(
        stage.rows().iter().filter(|r| r.event_type == "Callboard_Note").count(),
        0
    );

    let enter = json!({ "ask": "enter_notes", "notes": notes, "rows": [2, 3], "batch": "b1" });
    let entered = ask(&stage, enter.clone()).await;
    assert_eq!(entered.as_array().unwrap().len(), 2);
    assert_eq!(ask(&stage, enter).await, json!([]), "once");
    quiet(&stage).await;
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("final"));
    let row = stage
        .rows()
        .into_iter()
        .find(|r| r.event_type == "Callboard_Note")
        .unwrap();
    assert_eq!(story(&row).len(), 1, "{row:#?}");
    let by_hand = row.by_hand.unwrap();
    assert_eq!(
        (by_hand.entered_by.as_str(), by_hand.source.as_str(), by_hand.row),
        ("a test", "notes.csv", 2)
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_looks_at_the_event_as_it_was_received() {
    let stage = with_rules(json!([{
        "id": "a", "name": "Only from the web page", "when": { "entity": "Task", "becomes": ["apv"] },
        "if": { "filter": "event_type = \"Shotgun_Task_Change\" and meta.new_value in (\"apv\", \"rev\") and not meta.old_value = \"rev\"" },
        "then": { "set": "shot", "to": ["apv"] },
    }]))
    .await;
    let task = stage.task(SHOT, "Composite");
    stage.site.set_status_as_person("Shot", SHOT, "hld");
    stage.site.set_status_as_person("Task", task, "rev");
    stage.site.set_status_as_person("Task", task, "apv");
    quiet(&stage).await;
    assert_eq!(
        stage.site.status("Shot", SHOT).as_deref(),
        Some("hld"),
        "it came from rev"
    );
    stage.site.set_status_as_person("Task", task, "ip");
    stage.site.set_status_as_person("Task", task, "apv");
    quiet(&stage).await;
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("apv"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pause_stops_every_write_and_deciding_goes_on() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Shot", SHOT, "rev");
    stage.settled("Shot", SHOT, "rev").await;
    let before = stage.written("Task", task).len();
    let overview = ask(
        &stage,
        json!({ "ask": "pause", "why": "Something is wrong", "by": "Ada" }),
    )
    .await;
    assert_eq!(overview["paused"]["by"], "Ada");
    for code in ["note", "apv"] {
        stage.site.set_status_as_person("Version", version, code);
    }
    quiet(&stage).await;
    assert_eq!(stage.written("Task", task).len(), before, "nothing is written");
    let row = stage.row("Version", version, "apv").unwrap();
    assert!(!changes(&row).is_empty(), "but it was decided");
    assert!(
        changes(&row).iter().all(|c| c.skip == Some(Skip::Paused)),
        "{:?}",
        story(&row)
    );
    assert_eq!(changes(&row)[0].reason.as_deref(), Some("Writing is paused by Ada"));
    let held = stage.reader.paused().unwrap().unwrap().held;
    assert_eq!(held, 4, "two cascades of a Task and a Shot");

    let resumed = ask(&stage, json!({ "ask": "resume", "write_held": true })).await;
    assert_eq!(resumed["reopened"], 2, "each entity once, to where it came last");
    quiet(&stage).await;
    assert_eq!(stage.written("Task", task).split_off(before), ["apv"]);
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("apv"));
    assert!(stage.reader.paused().unwrap().is_none());
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_written_no_more_often_than_it_may_be_and_the_pause_ends_the_waiting() {
    let stage = Stage::with(Wishes {
        writes_a_minute: 1,
        ..Wishes::default()
    })
    .await;
    // Its Version is checked first, and its Shot with it: two writes.
    let task = stage.task(SHOT, "Composite");
    stage.site.create_version_as_person(Some(task), "rqc");
    let is_said = |s: &Stage| {
        let issues = s.reader.issues().unwrap();
        issues.iter().any(|issue| issue.title.contains("as often as it may be"))
    };
    stage.until("it is said that writing waits", is_said).await;
    let ours = |s: &Stage| s.site.writes().iter().filter(|w| w.user_type == "ApiUser").count();
    assert_eq!(ours(&stage), 1);
    ask(&stage, json!({ "ask": "pause" })).await;
    let is_held = |row: &FeedRow| changes(row).iter().any(|c| c.skip == Some(Skip::Paused));
    stage
        .until("what waits is held", |s| s.rows().iter().any(is_held))
        .await;
    assert_eq!(ours(&stage), 1, "nothing more was written");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_held_by_a_pause_stays_unwritten_where_that_is_wanted() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    let before = stage.site.status("Task", task);
    ask(&stage, json!({ "ask": "pause" })).await;
    stage.site.set_status_as_person("Version", version, "apv");
    quiet(&stage).await;
    ask(&stage, json!({ "ask": "resume", "write_held": false })).await;
    stage.site.set_status_as_person("Shot", SHOT, "rev");
    quiet(&stage).await;
    assert_eq!(stage.site.status("Task", task), before);
    stage.site.set_status_as_person("Version", version, "note");
    quiet(&stage).await;
    assert_eq!(
        stage.site.status("Task", task).as_deref(),
        Some("adn"),
        "and it writes again"
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_would_set_too_much_is_set_aside_alone_and_brought_back() {
    let stage = with_rules(json!([
        {
            "id": "flood", "name": "Flood", "when": { "entity": "Shot", "becomes": ["omt"] }, "limit": 2,
            "then": { "set": { "tasks_of_shot": {} }, "to": ["omt"] },
        },
        { "id": "up", "name": "Up", "when": { "entity": "Task", "becomes": ["rev"] }, "then": { "set": "shot", "to": ["rev"] } },
    ]))
    .await;
    let mut alerts = stage.engine.alerts();
    stage.site.set_status_as_person("Shot", SHOT, "omt");
    quiet(&stage).await;
    let tasks = ids(&stage, "Task", "entity", SHOT);
    assert!(
        tasks
            .iter()
            .all(|t| stage.site.status("Task", *t).as_deref() != Some("omt")),
        "it set none"
    );
    let aside = stage.reader.set_aside().unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].rule.as_str(), "flood");
    let alert = alerts.try_recv().expect("somebody is told");
    assert_eq!(alert.title, "Rule \"Flood\" is set aside");
    assert_eq!(
        (alert.kind, alert.group.as_str()),
        (AlertKind::RuleSetAside, "rule:flood")
    );
    assert_eq!(alert.place, Place::Rule { rule: "flood".into() });
    assert!(alert.body.contains("more than 2 entities"), "{}", alert.body);
    assert!(alert.body.contains("Bring back"), "{}", alert.body);
    let issues = stage.reader.issues().unwrap();
    assert!(issues.iter().any(|i| i.key == "rule:flood" && i.state == "open"));

    // The other rule goes on.
    stage.site.set_status_as_person("Task", tasks[0], "rev");
    quiet(&stage).await;
    assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("rev"));

    let overview = ask(&stage, json!({ "ask": "release", "rule": "flood" })).await;
    assert_eq!(overview["set_aside"], json!([]));
    let issues = stage.reader.issues().unwrap();
    assert!(issues.iter().any(|i| i.key == "rule:flood" && i.state == "resolved"));
    stage.close().await;
}

/// What is said of a rule when it is asked why it had no part in an event.
async fn said_of(stage: &Stage, rule: &str, which: Value, seq: i64) -> String {
    let trial = ask(
        stage,
        json!({ "ask": "try", "which": which, "event": { "recorded": { "seq": seq } } }),
    )
    .await;
    let verdicts = trial["stops"][0]["verdicts"].as_array().unwrap();
    let verdict = verdicts.iter().find(|v| v["rule"] == rule).unwrap();
    verdict["sentence"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn why_not_is_asked_of_the_rules_as_they_were_with_what_was_set_aside_or_switched_off() {
    let stage = with_rules(json!([
        {
            "id": "flood", "name": "Flood", "when": { "entity": "Shot", "becomes": ["omt"] }, "limit": 2,
            "then": { "set": { "tasks_of_shot": {} }, "to": ["omt"] },
        },
        { "id": "up", "name": "Up", "when": { "entity": "Task", "becomes": ["rev"] }, "then": { "set": "shot", "to": ["rev"] } },
        {
            "id": "off", "name": "Off", "enabled": false, "when": { "entity": "Task", "becomes": ["rev"] },
            "then": { "set": "itself", "to": ["apv"] },
        },
    ]))
    .await;
    let task = ids(&stage, "Task", "entity", SHOT)[0];
    stage.site.set_status_as_person("Task", task, "rev");
    quiet(&stage).await;
    let before = stage.row("Task", task, "rev").unwrap();
    stage.site.set_status_as_person("Shot", SHOT, "omt");
    quiet(&stage).await;
    assert_eq!(stage.reader.set_aside().unwrap().len(), 1);
    let flooding = stage.row("Shot", SHOT, "omt").unwrap();
    let then = json!({ "revision": before.cascade.unwrap().revision });
    let live = json!("live");

    let aside = "It is set aside: it would have set more than 2 entities for one event, and set none.";
    assert_eq!(said_of(&stage, "flood", live.clone(), flooding.seq).await, aside);
    assert_eq!(said_of(&stage, "flood", live.clone(), before.seq).await, aside);
    assert_eq!(
        said_of(&stage, "flood", then.clone(), before.seq).await,
        "It is a Task, not a Shot.",
        "it was not set aside when that was decided"
    );
    for which in [&live, &then] {
        assert_eq!(
            said_of(&stage, "off", which.clone(), before.seq).await,
            "It is switched off."
        );
        assert_eq!(said_of(&stage, "up", which.clone(), before.seq).await, "It applied.");
    }
    let made_up = json!({
        "made_up": { "site": "practice", "entity": { "type": "Shot", "id": SHOT }, "moment": "updated", "to": "omt" },
    });
    let trial = ask(&stage, json!({ "ask": "try", "which": "live", "event": made_up })).await;
    assert_eq!(trial["changes"], json!([]), "nor does what is made up go by it");

    // Brought back since, it was aside all the same.
    stage.site.set_status_as_person("Shot", SHOT, "hld");
    quiet(&stage).await;
    stage.site.set_status_as_person("Shot", SHOT, "omt");
    quiet(&stage).await;
    let again = stage.row("Shot", SHOT, "omt").unwrap();
    assert!(again.seq > flooding.seq);
    ask(&stage, json!({ "ask": "release", "rule": "flood" })).await;
    assert_eq!(said_of(&stage, "flood", then.clone(), again.seq).await, aside);
    assert_ne!(said_of(&stage, "flood", live.clone(), again.seq).await, aside);

    // What went live since is not what decided.
    let fewer = rule_set(&json!([{
        "id": "off", "name": "Off", "when": { "entity": "Task", "becomes": ["rev"] },
        "then": { "set": "itself", "to": ["apv"] },
    }]));
    let draft = ask(
        &stage,
        json!({ "ask": "save_draft", "document": fewer, "expected": null }),
    )
    .await;
    ask(
        &stage,
        json!({ "ask": "go_live", "version": draft["version"], "note": "a test" }),
    )
    .await;
    assert_eq!(said_of(&stage, "off", then, before.seq).await, "It is switched off.");
    assert_eq!(said_of(&stage, "off", live, before.seq).await, "It applied.");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_undone_again_and_again_is_set_aside() {
    let stage = with_rules(json!([
        { "id": "tug", "name": "Tug", "when": { "entity": "Shot", "becomes": ["hld"] }, "then": { "set": "itself", "to": ["actv"] } },
    ]))
    .await;
    // Another program that wants it otherwise, and answers every time.
    for round in 0..8 {
        stage.site.set_status_as_person("Shot", SHOT, "hld");
        quiet(&stage).await;
        if !stage.reader.set_aside().unwrap().is_empty() {
            assert_eq!(round, 5, "a person may change her mind a few times");
            break;
        }
        assert_eq!(stage.site.status("Shot", SHOT).as_deref(), Some("actv"));
    }
    assert_eq!(
        stage.site.status("Shot", SHOT).as_deref(),
        Some("hld"),
        "the other one has its way"
    );
    let aside = stage.reader.set_aside().unwrap();
    assert!(aside[0].why.contains("5 times within 10 minutes"), "{}", aside[0].why);
    let row = stage.row("Shot", SHOT, "hld").unwrap();
    assert_eq!(changes(&row)[0].skip, Some(Skip::SetAside));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_whose_writes_the_site_refuses_is_set_aside() {
    let stage = with_rules(json!([
        { "id": "up", "name": "Up", "when": { "entity": "Task", "becomes": ["rev"] }, "then": { "set": "shot", "to": ["rev"] } },
    ]))
    .await;
    stage.site.forbid_writes("Shot", "sg_status_list");
    for shot in SHOT..SHOT + 6 {
        let task = *ids(&stage, "Task", "entity", shot).first().unwrap();
        stage.site.set_status_as_person("Shot", shot, "hld");
        stage.site.set_status_as_person("Task", task, "rev");
        quiet(&stage).await;
    }
    let aside = stage.reader.set_aside().unwrap();
    assert_eq!(aside.len(), 1, "{:?}", stage.rows());
    assert!(
        aside[0].why.contains("refused what it sets 5 times in a row"),
        "{}",
        aside[0].why
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rules_that_contradict_each_other_are_reported_with_both_names() {
    let stage = with_rules(json!([
        {
            "id": "a", "name": "First", "when": { "entity": "Task", "becomes": ["apv"] },
            "if": { "filter": "meta.new_value = \"apv\"" }, "then": { "set": "shot", "to": ["apv"] },
        },
        // That both filters hold at once cannot be told from the rules.
        {
            "id": "b", "name": "Second", "when": { "entity": "Task", "becomes": ["apv"] },
            "if": { "filter": "event_type = \"Shotgun_Task_Change\"" }, "then": { "set": "shot", "to": ["final"] },
        },
    ]))
    .await;
    let task = stage.task(SHOT, "Composite");
    stage.site.set_status_as_person("Task", task, "apv");
    let row = stage.settled("Task", task, "apv").await;
    assert_eq!(
        stage.site.status("Shot", SHOT).as_deref(),
        Some("apv"),
        "the first has its way"
    );
    assert!(
        changes(&row).iter().any(|c| c.skip == Some(Skip::Conflict)),
        "{:?}",
        story(&row)
    );
    let issues = stage.reader.issues().unwrap();
    let conflict = issues
        .iter()
        .find(|i| i.key.starts_with("conflict:"))
        .expect("a person hears of it");
    assert_eq!(conflict.title, "Rules \"First\" and \"Second\" contradict each other");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_goes_live_is_compared_and_rolled_back() {
    let stage = with_rules(json!([
        { "id": "up", "name": "Up", "when": { "entity": "Task", "becomes": ["rev"] }, "then": { "set": "shot", "to": ["rev"] } },
    ]))
    .await;
    let live = ask(&stage, json!({ "ask": "rules" })).await;
    let mut document = live["document"].clone();
    document["rules"][0]["then"]["to"] = json!(["actv"]);
    let draft = ask(
        &stage,
        json!({ "ask": "save_draft", "document": document, "expected": null }),
    )
    .await;
    assert_eq!(draft["diff"]["rules"].as_array().unwrap().len(), 1, "{draft:#}");
    let again: Ask =
        serde_json::from_value(json!({ "ask": "save_draft", "document": document, "expected": 77 })).unwrap();
    let refused = stage.engine.ask(again).await.unwrap_err();
    assert_eq!(
        serde_json::to_value(refused.code).unwrap(),
        "conflict",
        "two windows do not overwrite each other"
    );

    let went = ask(
        &stage,
        json!({ "ask": "go_live", "version": draft["version"], "note": "Calmer", "by": "Ada" }),
    )
    .await;
    assert_eq!(went["live"]["revision"], 2);
    assert_eq!(ask(&stage, json!({ "ask": "draft" })).await, Value::Null);
    let task = stage.task(SHOT, "Composite");
    stage.site.set_status_as_person("Shot", SHOT, "hld");
    stage.site.set_status_as_person("Task", task, "rev");
    quiet(&stage).await;
    assert_eq!(
        stage.site.status("Shot", SHOT).as_deref(),
        Some("actv"),
        "by the new rules"
    );
    let row = stage.row("Task", task, "rev").unwrap();
    assert_eq!(row.cascade.unwrap().revision, 2);

    let back = ask(&stage, json!({ "ask": "roll_back", "revision": 1, "note": "Too calm" })).await;
    assert_eq!(back["live"]["revision"], 3);
    stage.site.set_status_as_person("Task", task, "ip");
    stage.site.set_status_as_person("Task", task, "rev");
    quiet(&stage).await;
    assert_eq!(
        stage.site.status("Shot", SHOT).as_deref(),
        Some("rev"),
        "by the old rules"
    );
    let revisions = ask(&stage, json!({ "ask": "revisions" })).await;
    let said: Vec<(i64, &str, &str)> = revisions
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            (
                r["revision"].as_i64().unwrap(),
                r["author"].as_str().unwrap(),
                r["note"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            (3, "a test", "Too calm"),
            (2, "Ada", "Calmer"),
            (1, "a test", "Given at start")
        ]
    );
    stage.close().await;
}

/// Otherwise a rule whose status is taken away would come to mean another one, whose name happens to be that code.
#[tokio::test(flavor = "multi_thread")]
async fn statuses_are_called_by_name_in_a_file_and_in_no_draft() {
    let stage = with_rules(json!([
        { "id": "up", "name": "Up", "when": { "entity": "Task", "becomes": ["rev"] }, "then": { "set": "shot", "to": ["rev"] } },
    ]))
    .await;
    let live = ask(&stage, json!({ "ask": "rules" })).await;
    let mut document = live["document"].clone();
    let parked = document["statuses"]["task"].as_array_mut().unwrap();
    parked.retain(|status| status["code"] != "rev");
    parked[0]["name"] = json!("Rev");

    let draft = ask(
        &stage,
        json!({ "ask": "save_draft", "document": document, "expected": null }),
    )
    .await;
    let named = |said: &Value| said["document"]["rules"][0]["when"]["becomes"].clone();
    let unknown = |said: &Value| {
        let findings = said["findings"].as_array().unwrap();
        findings.iter().any(|finding| finding["code"] == "unknown_status")
    };
    for draft in [&draft, &ask(&stage, json!({ "ask": "draft" })).await] {
        assert_eq!(named(&draft["rules"]), json!(["rev"]), "as the window said it");
        assert!(unknown(&draft["rules"]), "and the check says that it is gone");
    }
    let text = document.to_string();
    let imported = ask(&stage, json!({ "ask": "import_rules", "text": text, "name": "x" })).await;
    assert_eq!(named(&imported["rules"]), json!(["wtg"]), "a file calls it by its name");
    assert!(!unknown(&imported["rules"]));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_with_errors_does_not_go_live() {
    let stage = with_rules(json!([])).await;
    let live = ask(&stage, json!({ "ask": "rules" })).await;
    let mut document = live["document"].clone();
    document["rules"] = json!([
        { "id": "a", "name": "a", "when": { "entity": "Task", "becomes": ["ip"] }, "then": { "set": "shot", "to": ["nowhere"] } },
    ]);
    let draft = ask(
        &stage,
        json!({ "ask": "save_draft", "document": document, "expected": null }),
    )
    .await;
    assert_eq!(draft["rules"]["findings"][0]["code"], "unknown_status");
    let go: Ask = serde_json::from_value(json!({ "ask": "go_live", "version": draft["version"], "note": "" })).unwrap();
    let refused = stage.engine.ask(go).await.unwrap_err();
    assert_eq!(serde_json::to_value(refused.code).unwrap(), "not_live");
    assert!(refused.message.contains("nowhere"), "{}", refused.message);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_tried_step_by_step_without_a_write() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    let writes = stage.site.writes().len();
    let made_up = json!({ "made_up": {
        "site": "practice", "entity": { "type": "Version", "id": version }, "moment": "updated", "to": "apv",
    } });
    let trial = ask(&stage, json!({ "ask": "try", "which": "live", "event": made_up })).await;
    let to: Vec<(&str, &str)> = trial["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["entity"]["type"].as_str().unwrap(), c["to"].as_str().unwrap()))
        .collect();
    assert_eq!(to, [("Task", "apv"), ("Shot", "apv")], "{trial:#}");
    assert_eq!(
        trial["stops"].as_array().unwrap().len(),
        3,
        "the Version, its Task, its Shot"
    );
    assert!(
        trial["stops"][0]["verdicts"]
            .as_array()
            .unwrap()
            .iter()
            .any(|v| v["fired"] == false),
        "why not"
    );
    assert_eq!(stage.site.writes().len(), writes);
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("cnv"));

    stage.site.set_status_as_person("Version", version, "note");
    let row = stage.settled("Version", version, "note").await;
    let blank = json!({ "ask": "try", "which": { "template": "blank" }, "event": { "recorded": { "seq": row.seq } } });
    assert_eq!(ask(&stage, blank).await["changes"], json!([]), "no rules, no changes");
    let again = json!({ "ask": "try", "which": "live", "event": { "recorded": { "seq": row.seq } } });
    let again = ask(&stage, again).await;
    assert_eq!(
        again["changes"][0]["to"], "adn",
        "as it was then, not as it is now: {again:#}"
    );
    stage.close().await;
}

/// A site whose scripts' writes raise events, as ours do where a studio wants to see them.
async fn audible(rules: Value) -> Stage {
    let wishes = Wishes::default();
    Stage::with(Wishes {
        rules: rule_set(&rules),
        practice: PracticeArgs {
            generate_event_log_entries: true,
            ..wishes.practice
        },
        ..wishes
    })
    .await
}

fn value(stage: &Stage, kind: &str, id: i64, field: &str) -> Value {
    let all = stage.site.entities(kind);
    all.iter().find(|e| e["id"] == id).expect("it is there")[field].clone()
}

/// The events about a field, as the feed has them, and whether anything followed.
fn told_of(stage: &Stage, kind: &str, field: &str) -> Vec<(Outcome, usize)> {
    let rows = stage.rows().into_iter();
    let is_of = |r: &callboard_journal::FeedRow| {
        r.field.as_deref() == Some(field) && r.entity.as_ref().is_some_and(|e| e.key.kind.is(kind))
    };
    rows.filter(is_of).map(|r| (r.outcome, changes(&r).len())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_set_what_goes_by_it_follows_and_its_echo_starts_nothing() {
    let state = "sg_client_state";
    // The value is a Task's status too: it is none here.
    let stage = audible(json!([
        {
            "id": "sent", "name": "Sent", "when": { "entity": "Version", "becomes": ["apv"] },
            "then": { "set": "task", "field": state, "to": ["rev"] },
        },
        {
            "id": "shot", "name": "Shot", "when": { "entity": "Task", "field": state, "becomes": ["rev"] },
            "then": { "set": "shot", "field": state, "to": "same" },
        },
        {
            "id": "order", "name": "Order", "when": { "entity": "Shot", "field": state },
            "then": { "set": { "tasks_of_shot": { "steps": ["Composite"] } }, "field": "sg_sort_order", "to": ["7"] },
        },
        {
            "id": "status", "name": "No status", "when": { "entity": "Task", "becomes": ["rev"] },
            "then": { "set": "shot", "to": ["hld"] },
        },
    ]))
    .await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    let order = value(&stage, "Task", task, "sg_sort_order");
    let status = stage.site.status("Shot", SHOT);
    stage.site.set_status_as_person("Version", version, "apv");
    quiet(&stage).await;
    let row = stage.row("Version", version, "apv").unwrap();
    let order = callboard_model::as_text(&order).map_or("-".to_owned(), Into::into);
    assert_eq!(
        story(&row),
        [
            "Task sg_client_state ->rev confirmed".to_owned(),
            "Shot sg_client_state ->rev confirmed".to_owned(),
            format!("Task sg_sort_order {order}>7 confirmed"),
        ]
    );
    assert_eq!(value(&stage, "Task", task, state), "rev");
    assert_eq!(value(&stage, "Shot", SHOT, state), "rev");
    assert_eq!(
        value(&stage, "Task", task, "sg_sort_order"),
        7,
        "a number, not its text"
    );
    assert_eq!(stage.site.status("Shot", SHOT), status);
    let reasons: Vec<_> = changes(&row).iter().map(|c| c.reason.as_deref()).collect();
    assert_eq!(reasons, [None, None, None]);

    stage
        .until("all three writes are told", |s| {
            [("Task", state), ("Shot", state), ("Task", "sg_sort_order")]
                .iter()
                .all(|(kind, field)| !told_of(s, kind, field).is_empty())
        })
        .await;
    quiet(&stage).await;
    for (kind, field) in [("Task", state), ("Shot", state), ("Task", "sg_sort_order")] {
        assert_eq!(told_of(&stage, kind, field), [(Outcome::Echo, 0)], "{kind} {field}");
    }

    // What a person sets to the same value is no echo: the rule about it is asked.
    assert!(stage.site.set_field_as_person("Task", task, state, json!("open")));
    quiet(&stage).await;
    assert!(stage.site.set_field_as_person("Task", task, state, json!("rev")));
    quiet(&stage).await;
    let told = told_of(&stage, "Task", state);
    assert_eq!(
        told,
        [(Outcome::Echo, 0), (Outcome::Nothing, 0), (Outcome::Nothing, 1)],
        "the Shot has it already"
    );
    let writes = stage.site.event_log().len();
    stage.site.set_status_as_person("Version", version, "apv");
    quiet(&stage).await;
    assert_eq!(
        stage.site.event_log().len(),
        writes,
        "nothing changed, so nothing is written"
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_field_that_holds_fractions_is_set_and_its_echo_starts_nothing() {
    let days = "sg_bid_days";
    let stage = audible(json!([
        {
            "id": "bid", "name": "Bid", "when": { "entity": "Version", "becomes": ["apv"] },
            "then": { "set": "task", "field": days, "to": ["7"] },
        },
    ]))
    .await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    assert_eq!(value(&stage, "Task", task, days), Value::Null, "nothing tells its type");
    stage.site.set_status_as_person("Version", version, "apv");
    let row = stage.settled("Version", version, "apv").await;
    assert_eq!(story(&row), ["Task sg_bid_days ->7 confirmed"]);
    assert_eq!(changes(&row)[0].reason, None, "nobody set it to anything else");
    assert_eq!(value(&stage, "Task", task, days), json!(7.0));
    stage
        .until("the write is told", |s| !told_of(s, "Task", days).is_empty())
        .await;
    quiet(&stage).await;
    assert_eq!(told_of(&stage, "Task", days), [(Outcome::Echo, 0)]);

    // Where a value stands, the plan says the new one as the field would.
    assert!(stage.site.set_field_as_person("Task", task, days, json!(2.5)));
    quiet(&stage).await;
    stage.site.set_status_as_person("Version", version, "cnv");
    stage.site.set_status_as_person("Version", version, "apv");
    quiet(&stage).await;
    let row = stage.row("Version", version, "apv").unwrap();
    assert_eq!(story(&row), ["Task sg_bid_days 2.5>7.0 confirmed"]);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_may_not_be_read_holds_up_no_other_write() {
    let state = "sg_client_state";
    let stage = with_rules(json!([
        {
            "id": "sent", "name": "Sent", "when": { "entity": "Version", "becomes": ["apv"] },
            "then": { "set": "task", "field": state, "to": ["sent"] },
        },
        {
            "id": "order", "name": "Order", "when": { "entity": "Version", "becomes": ["apv"] },
            "then": { "set": "task", "field": "sg_sort_order", "to": ["7"] },
        },
        {
            "id": "status", "name": "Status", "when": { "entity": "Version", "becomes": ["apv"] },
            "then": { "set": "task", "to": ["apv"] },
        },
    ]))
    .await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    ask(&stage, json!({ "ask": "pause" })).await;
    stage.site.set_status_as_person("Version", version, "apv");
    quiet(&stage).await;
    // Decided while it could be read: only then is there something to write.
    stage.site.forbid_reads("Task", state);
    ask(&stage, json!({ "ask": "resume", "write_held": true })).await;
    quiet(&stage).await;
    let row = stage.row("Version", version, "apv").unwrap();
    let states: Vec<&str> = changes(&row).iter().map(|c| c.state.as_str()).collect();
    assert_eq!(states, ["failed", "confirmed", "confirmed"], "{:?}", story(&row));
    assert_eq!(
        changes(&row)[0].reason.as_deref(),
        Some("The site refused: API read() Task.sg_client_state is not readable by this user.")
    );
    assert_eq!(
        value(&stage, "Task", task, state),
        Value::Null,
        "and not written unseen"
    );
    assert_eq!(value(&stage, "Task", task, "sg_sort_order"), 7);
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("apv"));
    assert_eq!(row.outcome, Outcome::Failed);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_sets_the_field_meanwhile_has_the_last_word() {
    let state = "sg_client_state";
    let stage = with_rules(json!([
        {
            "id": "sent", "name": "Sent", "when": { "entity": "Version", "becomes": ["apv"] },
            "then": { "set": "task", "field": state, "to": ["sent"] },
        },
        {
            "id": "status", "name": "Status", "when": { "entity": "Version", "becomes": ["apv"] },
            "then": { "set": "task", "to": ["apv"] },
        },
        {
            "id": "follows", "name": "Follows", "when": { "entity": "Task", "field": state },
            "then": { "set": "shot", "field": state, "to": "same" },
        },
    ]))
    .await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    ask(&stage, json!({ "ask": "pause", "by": "Ada" })).await;
    stage.site.set_status_as_person("Version", version, "apv");
    quiet(&stage).await;
    assert_eq!(stage.reader.paused().unwrap().unwrap().held, 3);
    let heard = stage.rows().len();
    assert!(stage.site.set_field_as_person("Task", task, state, json!("by hand")));
    stage.until("that is heard", |s| s.rows().len() > heard).await;
    quiet(&stage).await;
    let resumed = ask(&stage, json!({ "ask": "resume", "write_held": true })).await;
    quiet(&stage).await;
    assert_eq!(
        resumed["reopened"], 3,
        "the later value of the Shot's field, and not the earlier"
    );
    assert_eq!(value(&stage, "Task", task, state), "by hand");
    assert_eq!(value(&stage, "Shot", SHOT, state), "by hand");
    assert_eq!(
        stage.site.status("Task", task).as_deref(),
        Some("apv"),
        "the status was nobody's else"
    );
    let row = stage.row("Version", version, "apv").unwrap();
    assert_eq!(changes(&row)[0].skip, Some(Skip::Overruled), "{:?}", story(&row));
    assert_eq!(
        changes(&row)[0].reason.as_deref(),
        Some("Somebody set it to by hand first")
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_field_cannot_hold_is_told_by_the_field_s_name() {
    let stage = with_rules(json!([
        {
            "id": "pin", "name": "Pin", "when": { "entity": "Version", "becomes": ["apv"] },
            "then": { "set": "task", "field": "task_assignees", "to": ["Ada"] },
        },
        {
            "id": "none", "name": "None", "when": { "entity": "Version", "becomes": ["apv"] },
            "then": { "set": "task", "field": "sg_nosuch", "to": ["x"] },
        },
    ]))
    .await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    let assigned = value(&stage, "Task", task, "task_assignees");
    stage.site.set_status_as_person("Version", version, "apv");
    let row = stage.settled("Version", version, "apv").await;
    let reasons: Vec<&str> = changes(&row).iter().filter_map(|c| c.reason.as_deref()).collect();
    assert_eq!(
        reasons,
        [
            "The field task_assignees cannot be set: it links to other entities, and rules do not set links",
            "The field sg_nosuch cannot be set: the site has no such field for a Task. Check its name in the rule",
        ]
    );
    assert_eq!(row.outcome, Outcome::Failed);
    assert_eq!(value(&stage, "Task", task, "task_assignees"), assigned);
    let issues = stage.reader.issues().unwrap();
    let titles: Vec<&str> = issues.iter().map(|i| i.title.as_str()).collect();
    for field in ["task_assignees", "sg_nosuch"] {
        let title = titles.iter().find(|title| title.contains(field));
        assert!(
            title.is_some_and(|t| t.starts_with("The field ") && t.ends_with(" could not be set")),
            "{titles:?}"
        );
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_set_back_again_and_again_sets_the_rule_aside() {
    let state = "sg_client_state";
    let stage = with_rules(json!([
        {
            "id": "tug", "name": "Tug", "when": { "entity": "Shot", "field": state, "becomes": ["no"] },
            "then": { "set": "itself", "field": state, "to": ["yes"] },
        },
    ]))
    .await;
    for round in 0..8 {
        assert!(stage.site.set_field_as_person("Shot", SHOT, state, json!("no")));
        quiet(&stage).await;
        if !stage.reader.set_aside().unwrap().is_empty() {
            assert_eq!(round, 5, "a person may change her mind a few times");
            break;
        }
        assert_eq!(value(&stage, "Shot", SHOT, state), "yes");
    }
    let aside = stage.reader.set_aside().unwrap();
    assert!(
        aside[0].why.contains("it set sg_client_state of Shot"),
        "{}",
        aside[0].why
    );
    assert!(
        aside[0].why.contains("to yes 5 times within 10 minutes"),
        "{}",
        aside[0].why
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_values_of_a_field_are_tried_on_what_happened() {
    let state = "sg_client_state";
    let rules = |to: &str| {
        json!([
            {
                "id": "sent", "name": "Sent", "when": { "entity": "Version", "becomes": ["apv"] },
                "then": { "set": "task", "field": state, "to": [to] },
            },
            {
                "id": "status", "name": "Status", "when": { "entity": "Version", "becomes": ["apv"] },
                "then": { "set": "task", "to": ["apv"] },
            },
        ])
    };
    let stage = with_rules(rules("sent")).await;
    let (version, _) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "apv");
    stage.settled("Version", version, "apv").await;
    let tried = |draft: RuleSet| {
        let mut found = Vec::new();
        let summary = what_if(&stage.reader, &draft, &|_, rules| rules, Span::default(), &mut |told| {
            found.extend(told.differences);
            ControlFlow::Continue(())
        });
        (found, summary.unwrap())
    };
    let (found, summary) = tried(rule_set(&rules("sent")));
    assert_eq!((found.len(), summary.same), (0, 2), "the status and the field");
    let (found, summary) = tried(rule_set(&rules("seen")));
    assert_eq!((summary.same, summary.differ), (1, 1));
    let said = |one: &Option<WhatIfMove>| one.as_ref().and_then(|m| m.to.clone()).map(|to| to.to_string());
    assert_eq!(found[0].field.as_deref(), Some(state));
    assert_eq!(
        (said(&found[0].live), said(&found[0].draft)),
        (Some("sent".to_owned()), Some("seen".to_owned()))
    );
    assert_eq!(found[0].from, None, "as it stood before, not as the live rules left it");
    stage.close().await;
}
