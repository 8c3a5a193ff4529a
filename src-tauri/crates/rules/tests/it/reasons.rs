//! Why a rule did or did not fire, and what a rule says.

use callboard_model::{ActorKind, Cause, Production};
use callboard_rules::{CompiledRules, FailedCondition, RuleSet, RuleVerdict, explain, sentence, template, trace};
use serde_json::json;

use crate::made::{becomes, by, changes, link, rule_set, shot, task, version};

fn overhaul() -> RuleSet {
    template("status-overhaul").expect("the template is there")
}

fn verdict(set: &RuleSet, event: &callboard_model::Event, production: &Production, rule: &str) -> RuleVerdict {
    let verdicts = explain(&CompiledRules::new(set), event, production);
    verdicts
        .into_iter()
        .find(|v| v.rule.as_str() == rule)
        .expect("every rule that is on has a verdict")
}

fn roto() -> Production {
    [
        shot(1, "bid"),
        task(1, Some("Rotoscoping"), "ip"),
        version(1, Some(1), "rev"),
    ]
    .into_iter()
    .collect()
}

#[test]
fn the_step_is_another() {
    let event = by(becomes("Task", 1, "ip"), Some(ActorKind::Person));
    let said = verdict(&overhaul(), &event, &roto(), "task-active");
    assert_eq!(
        said.sentence,
        "A person moved it, not a rule, and the step is Rotoscoping, not Composite or Secondary Composite."
    );
    assert_eq!(said.failed.len(), 2, "one for each alternative");
    assert!(matches!(&said.failed[1], FailedCondition::Step { seen: Some(step), .. } if step == "Rotoscoping"));
}

#[test]
fn a_rule_further_down_is_told_from_where_it_came_closest() {
    let event = becomes("Version", 1, "apv");
    let said = verdict(&overhaul(), &event, &roto(), "task-approved");
    assert!(said.fired);
    assert_eq!(said.cause, Cause::Change(0), "at the Task that the first rule moved");
    let said = verdict(&overhaul(), &event, &roto(), "task-review");
    assert_eq!(said.sentence, "It became Client Approved, not Pending Client Review.");
    let said = verdict(&overhaul(), &event, &roto(), "version-note");
    assert_eq!(said.sentence, "It became Client Approved, not BKD Note or Client Note.");
    let said = verdict(&overhaul(), &event, &roto(), "new-version-na");
    assert_eq!(
        said.sentence,
        "Its status changed, and the rule asks whether it was made."
    );
}

#[test]
fn targets_and_missing_links_are_told() {
    let set = rule_set(json!([
        {
            "id": "guarded", "name": "g", "when": { "entity": "Task" }, "if": { "target_is_not": ["bid", "hld"] },
            "then": { "set": "shot", "to": ["x"] },
        },
        { "id": "stray", "name": "s", "when": { "entity": "Task" }, "then": { "set": "task", "to": ["x"] } },
    ]));
    let event = becomes("Task", 1, "ip");
    assert_eq!(
        verdict(&set, &event, &roto(), "guarded").sentence,
        "Shot shot1 is bid, which the rule leaves alone."
    );
    assert_eq!(
        verdict(&set, &event, &roto(), "stray").sentence,
        "There is nothing to set: its Task does not exist."
    );
    let mut other = event.clone();
    other.field = Some("description".to_owned());
    assert_eq!(
        verdict(&set, &other, &roto(), "stray").sentence,
        "Its description changed, not its status."
    );
    other.in_create = true;
    assert_eq!(
        verdict(&set, &other, &roto(), "stray").failed,
        [FailedCondition::NoStatus],
        "set while it was being made"
    );
}

#[test]
fn rules_read_as_english() {
    let set = overhaul();
    let said = |id: &str| {
        let rule = set
            .rules
            .iter()
            .find(|r| r.id.as_str() == id)
            .expect("the rule is there");
        sentence(&set, rule)
    };
    assert_eq!(
        said("version-note"),
        "When a Version becomes BKD Note or Client Note, set its Task to Address New Notes."
    );
    assert_eq!(
        said("new-version-na"),
        "When a Version is made and its Task's step is not Prep, Composite or Computer Graphics, set it to N/A."
    );
    assert_eq!(
        said("task-approved"),
        "When a Task becomes Client Approved, and either a rule moved it or its step is Composite or Secondary Composite, set its Shot to Client Approved."
    );
    assert_eq!(said("shot-omit"), "When a Shot becomes Omit, set its Tasks to Omit.");
    assert_eq!(
        said("roto-paint-handoff"),
        "When a Task becomes Step Completed and its step is Rotoscoping or Paint, set the Composite and Secondary Composite Tasks of its Shot to Back From Prep."
    );
    let other = rule_set(json!([{
        "id": "a", "name": "a", "when": { "entity": "Asset", "from": ["x"], "becomes": ["y"] },
        "if": { "target_is_not": ["hld"], "project": [122] },
        "then": { "set": "itself", "to": ["p", "q", "r"] },
    }]));
    assert_eq!(
        sentence(&other, &other.rules[0]),
        "When an Asset goes from x to y and its project is number 122, set it to p, leaving it where it is q or r, unless that is hld."
    );
}

#[test]
fn a_rule_that_is_set_aside_or_switched_off_says_so_where_it_would_apply() {
    let mut off = link("off", "Task", &["ip"], json!("shot"), &["x"]);
    off["enabled"] = json!(false);
    let set = rule_set(json!([
        off,
        link("aside", "Task", &["ip"], json!("shot"), &["x"]),
        link("on", "Task", &["ip"], json!("shot"), &["y"]),
        link("next", "Shot", &["y"], json!("itself"), &["y"]),
    ]));
    let aside = [("aside".into(), "it broke".to_owned())].into();
    let rules = CompiledRules::new(&set).with_set_aside(aside);
    let (plan, stops) = trace(&rules, &becomes("Task", 1, "ip"), &roto());
    assert_eq!(changes(&plan), ["Shot 1 -> y"]);
    let told = |stop: usize| -> Vec<(&str, &str)> {
        let verdicts = stops[stop].verdicts.iter();
        verdicts.map(|v| (v.rule.as_str(), v.sentence.as_str())).collect()
    };
    assert_eq!(
        told(0),
        [
            ("aside", "It is set aside: it broke."),
            ("on", "It applied."),
            ("next", "It is a Task, not a Shot."),
            ("off", "It is switched off."),
        ]
    );
    assert_eq!(stops[0].verdicts[3].failed, [FailedCondition::SwitchedOff]);
    assert!(
        told(1).iter().all(|(rule, _)| *rule != "off"),
        "once is enough: {:?}",
        told(1)
    );
}
