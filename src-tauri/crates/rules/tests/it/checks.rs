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
