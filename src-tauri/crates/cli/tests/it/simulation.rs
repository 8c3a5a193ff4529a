//! `callboard simulate`.

use serde_json::{Value, json};

use crate::run::{Desk, Ran, callboard, text};

fn rules() -> Value {
    let rule = |id: &str, when: Value, condition: Value, then: Value| json!({"id": id, "name": id, "when": when, "if": condition, "then": then});
    json!({"callboard": 1, "name": "Small", "rules": [
        rule("new", json!({"entity": "Version", "on": ["created"]}), json!({"step": ["Composite"]}), json!({"set": "itself", "to": ["cnv"]})),
        rule("task", json!({"entity": "Version", "becomes": ["cnv", "apv"]}), json!({}), json!({"set": "task", "to": "same"})),
        rule("shot", json!({"entity": "Task", "becomes": ["apv"]}), json!({}), json!({"set": "shot", "to": ["done"]})),
    ]})
}

fn state() -> Value {
    json!([
        {"type": "Shot", "id": 1000, "code": "sh010", "sg_status_list": "act", "project": {"type": "Project", "id": 122}},
        {"type": "Task", "id": 5001, "content": "Composite", "sg_status_list": "ip",
         "step": {"type": "Step", "id": 4, "name": "Composite"}, "entity": {"type": "Shot", "id": 1000},
         "project": {"type": "Project", "id": 122}},
    ])
}

fn created(entry: i64, id: i64, step: i64) -> Value {
    json!({
        "event": {"data": {
            "event_log_entry_id": entry, "event_type": "Shotgun_Version_New", "operation": "create",
            "entity": {"type": "Version", "id": id}, "meta": {"type": "new_entity", "entity_type": "Version", "entity_id": id},
        }, "timestamp": "2024-05-01T09:00:01Z"},
        "entity": {
            "type": "Version", "id": id, "code": "v001", "sg_status_list": "rev", "sg_task": {"type": "Task", "id": step},
            "entity": {"type": "Shot", "id": 1000}, "project": {"type": "Project", "id": 122},
        },
    })
}

fn becomes(entry: i64, id: i64, code: &str) -> Value {
    json!({
        "event_log_entry_id": entry, "event_type": "Shotgun_Version_Change", "operation": "update",
        "entity": {"type": "Version", "id": id}, "attribute_name": "sg_status_list",
        "meta": {"type": "attribute_change", "attribute_name": "sg_status_list", "old_value": "x", "new_value": code},
    })
}

fn simulate(events: &str) -> Ran {
    simulate_with(&rules(), events)
}

fn simulate_with(rules: &Value, events: &str) -> Ran {
    let desk = Desk::new();
    let rules = desk.file("rules.json", rules.to_string());
    let state = desk.file("state.json", state().to_string());
    let events = desk.file("events.jsonl", events);
    callboard(&[
        "simulate",
        "--rules",
        text(&rules),
        "--state",
        text(&state),
        "--events",
        text(&events),
    ])
}

fn lines(events: &[Value]) -> String {
    events.iter().map(|e| format!("{e}\n")).collect()
}

#[test]
fn a_line_says_which_field_is_set_where_it_is_not_the_status() {
    let rule = |id: &str, when: Value, then: Value| json!({"id": id, "name": id, "when": when, "then": then});
    let rules = json!({"callboard": 1, "name": "Fields", "rules": [
        rule("status", json!({"entity": "Version", "becomes": ["apv"]}), json!({"set": "task", "to": ["fin"]})),
        rule("field", json!({"entity": "Version", "becomes": ["apv"]}), json!({"set": "task", "field": "sg_state", "to": ["sent"]})),
        rule("next", json!({"entity": "Task", "field": "sg_state"}), json!({"set": "shot", "field": "sg_state", "to": "same"})),
    ]});
    let events = lines(&[
        created(700_001, 6001, 5001),
        json!({"event": becomes(700_002, 6001, "apv")}),
        json!({"event": becomes(700_003, 6001, "apv")}),
    ]);
    let ran = simulate_with(&rules, &events);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let expected = [
        r#"{"event_log_entry_id":700001,"changes":[],"skipped":[]}"#,
        r#"{"event_log_entry_id":700002,"changes":[{"type":"Task","id":5001,"from":"ip","to":"fin","rule":"status"},{"type":"Task","id":5001,"from":null,"to":"sent","rule":"field","field":"sg_state"},{"type":"Shot","id":1000,"from":null,"to":"sent","rule":"next","field":"sg_state"}],"skipped":[]}"#,
        r#"{"event_log_entry_id":700003,"changes":[],"skipped":[{"type":"Task","id":5001,"to":"fin","reason":"already_there","rule":"status","against":null},{"type":"Task","id":5001,"to":"sent","reason":"already_there","rule":"field","against":null,"field":"sg_state"}]}"#,
    ];
    let expected: Vec<Value> = expected.iter().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(ran.lines(), expected);
}

#[test]
fn what_a_rule_hands_over_to_another_site_is_said_and_rules_of_other_sites_are_not_asked() {
    let rules = json!({"callboard": 1, "name": "Sites", "rules": [
        {"id": "over", "name": "over", "when": {"site": "stills", "entity": "Version", "becomes": ["apv"]},
         "then": {"set": {"elsewhere": {"site": "show", "type": "Shot", "find_by": "sg_sku"}}, "to": ["fin"]}},
    ]});
    let desk = Desk::new();
    let (rules, state) = (
        desk.file("r.json", rules.to_string()),
        desk.file("s.json", state().to_string()),
    );
    let events = lines(&[
        created(700_001, 6001, 5001),
        json!({"event": becomes(700_002, 6001, "apv")}),
    ]);
    let events = desk.file("e.jsonl", events);
    let ran = |site: &[&str]| {
        let mut said = vec![
            "simulate",
            "--rules",
            text(&rules),
            "--state",
            text(&state),
            "--events",
            text(&events),
        ];
        said.extend(site);
        let ran = callboard(&said);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
        ran.lines()
    };
    let nothing = |entry| json!({"event_log_entry_id": entry, "changes": [], "skipped": []});
    let mut carried = nothing(700_002);
    carried["carried"] = json!([{"type": "Shot", "site": "show", "find_by": "sg_sku", "key": "v001", "to": "fin", "rule": "over",
        "from": {"type": "Version", "id": 6001}}]);
    assert_eq!(ran(&["--site", "stills"]), [nothing(700_001), carried]);
    assert_eq!(ran(&[]), [nothing(700_001), nothing(700_002)]);
}

#[test]
fn each_event_builds_on_what_the_ones_before_it_changed() {
    let ran = simulate(&lines(&[
        created(700_001, 6001, 5001),
        json!({"event": {"data": becomes(700_002, 6001, "apv"), "timestamp": "t"}}),
        json!({"event": {"data": becomes(700_003, 6001, "apv"), "timestamp": "t"}}),
    ]));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let expected = [
        r#"{"event_log_entry_id":700001,"changes":[{"type":"Version","id":6001,"from":"rev","to":"cnv","rule":"new"},{"type":"Task","id":5001,"from":"ip","to":"cnv","rule":"task"}],"skipped":[]}"#,
        r#"{"event_log_entry_id":700002,"changes":[{"type":"Task","id":5001,"from":"cnv","to":"apv","rule":"task"},{"type":"Shot","id":1000,"from":"act","to":"done","rule":"shot"}],"skipped":[]}"#,
        r#"{"event_log_entry_id":700003,"changes":[],"skipped":[{"type":"Task","id":5001,"to":"apv","reason":"already_there","rule":"task","against":null}]}"#,
    ];
    let expected: Vec<Value> = expected.iter().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(ran.lines(), expected);
}

#[test]
fn a_version_of_a_step_or_task_that_is_not_known_starts_nothing() {
    let ran = simulate(&lines(&[created(1, 6001, 9999)]));
    assert_eq!(
        ran.lines(),
        [json!({"event_log_entry_id": 1, "changes": [], "skipped": []})]
    );
}

#[test]
fn a_batched_line_is_an_answer_an_event_in_its_order() {
    let batch = json!({"event": {"timestamp": "t", "data": {"deliveries": [becomes(11, 6001, "cnv"), becomes(12, 6001, "apv")]}}});
    let ran = simulate(&lines(&[created(10, 6001, 5001), batch]));
    let entries: Vec<Value> = ran.lines().iter().map(|l| l["event_log_entry_id"].clone()).collect();
    assert_eq!(entries, [10, 11, 12]);
    assert_eq!(ran.lines()[1]["skipped"][0]["reason"], "already_there");
    assert_eq!(ran.lines()[2]["changes"][1]["to"], "done");
}

#[test]
fn empty_lines_are_passed_over_and_an_event_without_its_envelope_is_taken() {
    let ran = simulate(&format!("\n{}\n   \n", json!({"event": becomes(5, 6001, "x")})));
    assert_eq!(
        ran.lines(),
        [json!({"event_log_entry_id": 5, "changes": [], "skipped": []})]
    );
}

#[test]
fn what_is_not_understood_has_its_line_too() {
    let ran = simulate(&lines(&[json!({"event": {"data": {}}}), json!({"event": 7})]));
    assert_eq!(ran.code, Some(0));
    let nothing = json!({"event_log_entry_id": null, "changes": [], "skipped": []});
    assert_eq!(ran.lines(), [nothing.clone(), nothing]);
}

#[test]
fn a_bad_line_is_named_by_its_number_after_what_came_before_it() {
    for bad in ["not json", "{}", "[]", r#"{"evnt":{}}"#] {
        let ran = simulate(&format!("{}\n{bad}\n", json!({"event": becomes(5, 6001, "x")})));
        assert_eq!(ran.code, Some(2), "{bad}");
        assert_eq!(ran.err.trim_end().lines().count(), 1, "{}", ran.err);
        assert!(ran.err.contains("events.jsonl, line 2:"), "{}", ran.err);
        assert_eq!(ran.lines().len(), 1);
    }
}

#[test]
fn a_state_that_is_none_is_a_mistake_that_names_the_file() {
    let desk = Desk::new();
    let rules = desk.file("rules.json", rules().to_string());
    let events = desk.file("events.jsonl", "");
    for content in ["", "{}", "[7]", r#"[{"type":"Task"}]"#, r#"[{"type":"Task","id":"x"}]"#] {
        let state = desk.file("state.json", content);
        let ran = callboard(&[
            "simulate",
            "--rules",
            text(&rules),
            "--state",
            text(&state),
            "--events",
            text(&events),
        ]);
        assert!(ran.is_one_mistake().contains("state.json"), "{content}");
    }
    let ran = callboard(&[
        "simulate",
        "--rules",
        text(&rules),
        "--state",
        "/nosuch.json",
        "--events",
        text(&events),
    ]);
    assert!(ran.is_one_mistake().contains("/nosuch.json"));
}
