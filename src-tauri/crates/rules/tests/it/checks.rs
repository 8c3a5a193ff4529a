//! What the check finds, and what it leaves in peace.

use callboard_model::EntityType;
use callboard_rules::{Finding, FindingCode, Level, RuleSet, SiteStatuses, check, template};
use serde_json::{Value, json};

use crate::made::{find, link};

fn with_statuses(rules: Value) -> RuleSet {
    let statuses = |codes: &[&str]| -> Vec<Value> {
        codes
            .iter()
            .map(|c| json!({ "code": c, "name": c.to_uppercase(), "color": "#123456" }))
            .collect()
    };
    let text = json!({
        "callboard": 1, "name": "Test", "rules": rules,
        "statuses": { "version": statuses(&["a", "b"]), "task": statuses(&["a", "b", "c"]), "shot": statuses(&["a", "b"]) },
    });
    RuleSet::parse(text.to_string().as_bytes()).expect("a rule set")
}

fn errors(set: &RuleSet) -> Vec<(FindingCode, String)> {
    let findings = check(set, None).into_iter().filter(|f| f.level == Level::Error);
    findings.map(|f| (f.code, f.message)).collect()
}

fn warnings(set: &RuleSet) -> Vec<FindingCode> {
    let findings = check(set, None).into_iter().filter(|f| f.level == Level::Warning);
    findings.map(|f| f.code).collect()
}

#[test]
fn the_overhaul_goes_live_and_says_what_it_leaves_out() {
    let set = template("status-overhaul").expect("the template is there");
    let found: Vec<(Level, FindingCode, String)> = check(&set, None)
        .into_iter()
        .map(|f: Finding| (f.level, f.code, f.message))
        .collect();
    let warning = |code, message: &str| (Level::Warning, code, message.to_owned());
    assert_eq!(
        found,
        [
            warning(
                FindingCode::Unmapped,
                "Nothing follows from these Version statuses: N/A (na), Ready for QC (rqc)."
            ),
            warning(
                FindingCode::Dead,
                "And no rule leads to these Version statuses either, so the rules pass them by: Ready for QC (rqc)."
            ),
            warning(
                FindingCode::Unmapped,
                "Nothing follows from these Task statuses: Waiting to Start (wtg), New Media (nwmdia), Needs Prep (ndrp), Prep Request Approved (reqapv)."
            ),
            warning(
                FindingCode::Dead,
                "And no rule leads to these Task statuses either, so the rules pass them by: Waiting to Start (wtg), New Media (nwmdia), Needs Prep (ndrp), Prep Request Approved (reqapv)."
            ),
            warning(
                FindingCode::Unreachable,
                "No rule leads to these Shot statuses, people set them: Bidding (bid), Re-Pull (repull), Awaiting Media (media), Awaiting Assignment (awa), Final (final)."
            ),
        ]
    );
}

#[test]
fn a_blank_set_is_only_empty() {
    let set = template("blank").expect("the template is there");
    assert_eq!(
        check(&set, None).iter().map(|f| f.code).collect::<Vec<_>>(),
        [FindingCode::NoRules]
    );
}

#[test]
fn statuses_that_are_not_there() {
    let set = with_statuses(json!([
        link("one", "Version", &["a", "zz"], json!("task"), &["b"]),
        link("two", "Task", &["a"], json!("shot"), &["zz"]),
    ]));
    assert_eq!(
        errors(&set),
        [
            (
                FindingCode::UnknownStatus,
                "The rule \"one\" names a status not in the list of Version statuses: zz.".to_owned()
            ),
            (
                FindingCode::UnknownStatus,
                "The rule \"two\" names a status not in the list of Shot statuses: zz.".to_owned()
            ),
        ]
    );
}

#[test]
fn statuses_that_the_site_does_not_have() {
    let set = with_statuses(json!([link("one", "Version", &["a"], json!("task"), &["b"])]));
    let mut site = SiteStatuses::default();
    site.insert(&EntityType::from(EntityType::TASK), ["a", "c"].map(Into::into));
    let found: Vec<_> = check(&set, Some(&site))
        .into_iter()
        .map(|f| (f.level, f.code, f.message))
        .collect();
    assert_eq!(
        found[0],
        (
            Level::Error,
            FindingCode::UnknownStatus,
            "The rule \"one\" names a status that the site does not have for Task: B (b).".to_owned()
        )
    );
    assert!(found.iter().any(|(_, code, _)| *code == FindingCode::NotOnSite));
}

#[test]
fn what_is_wrong_with_a_status_says_which() {
    let status =
        |code: &str, group: &str, color: &str| json!({ "code": code, "name": code, "group": group, "color": color });
    let (good, bad) = ("#123456", "pink");
    let text = json!({
        "callboard": 1, "name": "Test", "rules": [],
        "statuses": {
            "task": [status("a", "G", good), status("b", "", bad), status("b", "", good)],
            "shot": [status("c", "H", good), status("d", "G", good)],
            "custom_entity_x": [status("e", "", good)],
        },
        "groups": { "G": { "color": "green" }, "H": { "color": good }, "nobody": { "color": "blue" } },
    });
    let set = RuleSet::parse(text.to_string().as_bytes()).expect("a rule set");
    let mut site = SiteStatuses::default();
    site.insert(&EntityType::from(EntityType::SHOT), ["c"].map(Into::into));
    site.insert(&EntityType::from("CustomEntityX"), []);
    let found: Vec<(FindingCode, Vec<String>)> = check(&set, Some(&site))
        .into_iter()
        .filter(|f| f.code != FindingCode::NoRules)
        .map(|f| {
            let at = f.statuses.iter().map(|s| format!("{} {}", s.column, s.code));
            (f.code, at.collect())
        })
        .collect();
    let expected = [
        (FindingCode::DuplicateStatus, vec!["task b"]),
        (FindingCode::BadColor, vec!["task b"]),
        (FindingCode::NotOnSite, vec!["shot d"]),
        (FindingCode::NotOnSite, vec!["custom_entity_x e"]),
        (FindingCode::BadColor, vec!["task a", "shot d"]),
        (FindingCode::BadColor, vec![]),
    ];
    assert_eq!(
        found,
        expected.map(|(code, at)| (code, at.into_iter().map(str::to_owned).collect::<Vec<_>>()))
    );
}

#[test]
fn rules_that_fight_are_named_with_the_moment() {
    let set = with_statuses(json!([
        link("one", "Task", &["a", "b"], json!("shot"), &["a"]),
        link("two", "Task", &["b"], json!("shot"), &["b"]),
    ]));
    let said = "When a Task becomes B (b), \"one\" sets the Shot to A (a) and \"two\" to B (b).";
    assert_eq!(errors(&set), [(FindingCode::Fighting, said.to_owned())]);
}

#[test]
fn guards_that_never_hold_together_keep_the_peace() {
    let guarded = |id: &str, condition: Value, to: &str| {
        json!({
            "id": id, "name": id, "when": { "entity": "Task", "becomes": ["a"] }, "if": condition,
            "then": { "set": "shot", "to": [to] },
        })
    };
    let apart = [
        (json!({ "step": ["Roto"] }), json!({ "step": ["Comp"] })),
        (json!({ "step": ["Roto"] }), json!({ "step_not": ["Roto"] })),
        (json!({ "changed_by": "person" }), json!({ "changed_by": "script" })),
        (json!({ "project": ["X"] }), json!({ "project": ["Y"] })),
        (json!({ "target_is": ["a"] }), json!({ "target_is_not": ["a"] })),
    ];
    for (one, two) in apart {
        let set = with_statuses(json!([
            guarded("one", one.clone(), "a"),
            guarded("two", two.clone(), "b")
        ]));
        assert_eq!(errors(&set), [], "{one} and {two}");
    }
    let over = (
        json!({ "step": ["Roto", "Comp"] }),
        json!([{ "step": ["Comp"] }, { "changed_by": "client" }]),
    );
    let set = with_statuses(json!([guarded("one", over.0, "a"), guarded("two", over.1, "b")]));
    assert_eq!(errors(&set).len(), 1);
}

#[test]
fn a_cycle_is_told_as_a_path() {
    let set = with_statuses(json!([
        link("up", "Task", &["a"], json!("shot"), &["b"]),
        link("down", "Shot", &["b"], json!({ "tasks_of_shot": {} }), &["c"]),
    ]));
    let said =
        "The rules come back to what they started from and want it otherwise: Task A (a) → Shot B (b) → Task C (c).";
    assert_eq!(errors(&set), [(FindingCode::Cycle, said.to_owned())]);

    let settles = with_statuses(json!([
        link("up", "Task", &["a"], json!("shot"), &["b"]),
        link("down", "Shot", &["b"], json!({ "tasks_of_shot": {} }), &["c", "a"]),
    ]));
    assert_eq!(errors(&settles), [], "the Task may stay where it is");
}

#[test]
fn what_cannot_be_set_or_never_fires() {
    let set = with_statuses(json!([
        link("task of a shot", "Shot", &["a"], json!("task"), &["a"]),
        { "id": "empty", "name": "empty", "when": { "entity": "Task", "becomes": ["a"] }, "then": { "set": "shot", "to": [] } },
        {
            "id": "step of a shot", "name": "step of a shot", "when": { "entity": "Shot", "becomes": ["a"] },
            "if": { "step": ["Roto"] }, "then": { "set": { "tasks_of_shot": {} }, "to": ["a"] },
        },
    ]));
    let codes: Vec<_> = errors(&set).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [FindingCode::NoSuchTarget, FindingCode::EmptyTo]);
    assert!(warnings(&set).contains(&FindingCode::NeverFires));
}

#[test]
fn a_rule_that_adds_nothing() {
    let set = with_statuses(json!([
        link("wide", "Task", &["a", "b"], json!("shot"), &["a"]),
        link("narrow", "Task", &["b"], json!("shot"), &["a"]),
        link("across", "Task", &["b", "c"], json!("shot"), &["a"]),
    ]));
    let found: Vec<_> = check(&set, None).into_iter().map(|f| (f.code, f.message)).collect();
    assert!(found.contains(&(
        FindingCode::Shadowed,
        "\"narrow\" adds nothing: \"wide\" does all of it already.".to_owned()
    )));
    assert!(found.contains(&(
        FindingCode::DuplicateLink,
        "\"wide\" and \"across\" draw the same link from B (b).".to_owned()
    )));
}

#[test]
fn an_id_twice() {
    let mut set = with_statuses(json!([
        link("one", "Task", &["a"], json!("shot"), &["a"]),
        link("two", "Task", &["b"], json!("shot"), &["a"]),
    ]));
    find(&mut set, "two").id = "one".into();
    assert_eq!(
        errors(&set),
        [(
            FindingCode::DuplicateRule,
            "\"one\" and \"two\" have the same id, one.".to_owned()
        )]
    );
}

/// A rule of Tasks with one condition, and what it sets.
fn asked(id: &str, on: &str, condition: Value, to: &str) -> Value {
    json!({
        "id": id, "name": id, "when": { "entity": "Task", "on": [on] }, "if": condition,
        "then": { "set": "shot", "to": [to] },
    })
}

#[test]
fn classes_and_filters_that_mean_nothing_do_not_go_live() {
    let set = with_statuses(json!([
        { "id": "no such", "name": "no such", "when": { "entity": "Task", "becomes": ["@finished"] }, "then": { "set": "shot", "to": ["a"] } },
        { "id": "none has it", "name": "none has it", "when": { "entity": "Task", "becomes": ["a"] }, "then": { "set": "shot", "to": ["@done"] } },
        { "id": "clears", "name": "clears", "when": { "entity": "Task", "becomes": ["b"] }, "then": { "set": "shot", "to": ["@none"] } },
        {
            "id": "reads", "name": "reads", "when": { "entity": "Task", "becomes": ["c"] },
            "if": { "filter": "project.name == \"Demo\"" }, "then": { "set": "shot", "to": ["a"] },
        },
    ]));
    let found = errors(&set);
    let said = |code: FindingCode, words: &str| found.iter().any(|(c, message)| *c == code && message.contains(words));
    assert!(
        said(
            FindingCode::UnknownClass,
            "\"no such\" names the class @finished, and there is no such class"
        ),
        "{found:?}"
    );
    assert!(
        said(FindingCode::UnknownClass, "no Shot status has that class"),
        "{found:?}"
    );
    assert!(
        said(FindingCode::UnknownClass, "to clear a status, write \"cleared\""),
        "{found:?}"
    );
    assert!(said(FindingCode::BadFilter, "column 14"), "{found:?}");
}

#[test]
fn statuses_of_another_type_and_hidden_ones_are_told_with_where() {
    let set = with_statuses(json!([link("one", "Task", &["a"], json!("shot"), &["b"])]));
    let (task, shot) = (EntityType::from(EntityType::TASK), EntityType::from(EntityType::SHOT));
    let mut site = SiteStatuses::default();
    site.insert(&task, ["a", "b", "c"].map(Into::into));
    site.insert(&shot, ["a"].map(Into::into));
    site.hide(
        &callboard_model::EntityId::Number(123),
        "Small Show",
        &task,
        ["a"].map(Into::into),
    );
    let found = check(&set, Some(&site));
    let not_valid = found
        .iter()
        .find(|f| f.code == FindingCode::NotValid)
        .expect("it is told");
    assert_eq!(not_valid.level, Level::Error);
    assert_eq!(
        not_valid.message,
        "The rule \"one\" names a status that the site has for Task, not for Shot: B (b)."
    );
    let hidden = found
        .iter()
        .find(|f| f.code == FindingCode::Hidden)
        .expect("it is told");
    assert_eq!(
        (hidden.level, hidden.message.as_str()),
        (
            Level::Warning,
            "The rule \"one\" names a status that Small Show hides for Task: A (a). It is not set there."
        )
    );
    assert_eq!(hidden.statuses[0].code.as_str(), "a", "it says which pill it sits on");
}

#[test]
fn a_round_trip_that_ends_elsewhere_is_told_where_no_cascade_would_show_it() {
    let back = |to: &[&str]| {
        with_statuses(json!([
            link("down", "Shot", &["b"], json!({ "tasks_of_shot": {} }), &["c"]),
            {
                "id": "up", "name": "up", "when": { "entity": "Task", "becomes": ["c"] }, "if": { "changed_by": "person" },
                "then": { "set": "shot", "to": to },
            },
        ]))
    };
    let drifts = check(&back(&["a"]), None);
    let found = drifts
        .iter()
        .find(|f| f.code == FindingCode::RoundTrip)
        .expect("it drifts");
    assert_eq!(
        found.message,
        "A Shot that becomes B (b) makes its Task C (c), and a Task that becomes C (c) makes its Shot A (a)."
    );
    assert!(
        !warnings(&back(&["b", "a"])).contains(&FindingCode::RoundTrip),
        "it comes back to itself"
    );
}

#[test]
fn notes_fields_and_sets_are_rehearsed_too() {
    let said = |id: &str, words: &[&str], to: &str| {
        json!({
            "id": id, "name": id, "when": { "entity": "Shot", "on": ["note_added"] }, "if": { "text": words },
            "then": { "set": "itself", "to": [to] },
        })
    };
    let apart = with_statuses(json!([said("one", &["final"], "a"), said("two", &["too dark"], "b")]));
    assert_eq!(errors(&apart), [], "other words");
    let over = with_statuses(json!([
        said("one", &["final"], "a"),
        said("two", &["final version"], "b")
    ]));
    assert_eq!(errors(&over)[0].0, FindingCode::Fighting, "a note may say both");
    assert!(
        errors(&over)[0].1.contains("gets the note \"final version\""),
        "{:?}",
        errors(&over)
    );

    let filtered = |two: &str| {
        with_statuses(json!([
            asked("one", "updated", json!({ "filter": "project.name = \"Demo\"" }), "a"),
            asked("two", "updated", json!({ "filter": two }), "b"),
        ]))
    };
    assert_eq!(
        errors(&filtered("project.name = \"Test\"")),
        [],
        "whether both hold cannot be told"
    );
    assert_eq!(errors(&filtered("project.name = \"Demo\""))[0].0, FindingCode::Fighting);

    let roll_up = json!({ "roll_up": { "rows": [{ "all": ["c"], "to": ["b"] }] } });
    let rolled = with_statuses(json!([
        link("one", "Task", &["c"], json!("shot"), &["a"]),
        { "id": "two", "name": "two", "when": { "entity": "Task" }, "then": { "set": "shot", "to": roll_up } },
    ]));
    assert_eq!(
        errors(&rolled)[0].0,
        FindingCode::Fighting,
        "once all Tasks are there, both apply"
    );
}

#[test]
fn rules_that_can_never_fire_say_why() {
    let why = |rule: Value| {
        let set = with_statuses(json!([rule]));
        let found = check(&set, None)
            .into_iter()
            .find(|f| f.code == FindingCode::NeverFires);
        found.map(|f| f.message)
    };
    let cases = [
        (
            asked("r", "updated", json!({ "text": ["final"] }), "a"),
            "there is no text",
        ),
        (
            asked("r", "created", json!({ "first_version": true }), "a"),
            "a Task is none",
        ),
        (
            asked("r", "updated", json!({ "step": ["Roto"], "step_not": ["Roto"] }), "a"),
            "steps that it leaves out",
        ),
        (
            asked(
                "r",
                "updated",
                json!({ "target_is": ["a"], "target_is_not": ["a"] }),
                "a",
            ),
            "that it leaves out",
        ),
        (
            asked("r", "updated", json!({ "target_is": ["a"] }), "a"),
            "always where it should be already",
        ),
        (
            asked(
                "r",
                "updated",
                json!({ "siblings": { "all": ["a"], "none": ["a"] } }),
                "a",
            ),
            "no siblings can stand",
        ),
        (
            json!({
                "id": "r", "name": "r", "when": { "entity": "Task", "becomes": ["a"] }, "if": { "status_is": ["b"] },
                "then": { "set": "shot", "to": ["a"] },
            }),
            "a status that it does not come to",
        ),
        (
            json!({ "id": "r", "name": "r", "when": { "entity": "Task" }, "limit": 0, "then": { "set": "shot", "to": ["a"] } }),
            "its limit is 0",
        ),
    ];
    for (rule, words) in cases {
        let said = why(rule.clone()).unwrap_or_default();
        assert!(said.contains(words), "{rule}: {said}");
    }
    assert_eq!(why(asked("r", "note_added", json!({ "text": ["final"] }), "a")), None);
}
