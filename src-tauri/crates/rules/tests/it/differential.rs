//! The crate against the interpreter: both decide the same, change for change and skip for skip.

use std::collections::{BTreeMap, BTreeSet};

use callboard_model::{Cause, Entity, EntityRef, Plan, RuleId, SkipReason};
use callboard_rules::{Rule, RuleSet, explain, plan};
use proptest::prelude::{prop_assert_eq, proptest};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cases::{Case, cases, config, fixed_cases};
use crate::interpreter::{Decided, Site, World, decide};
use crate::made::{FIELD, becomes, link, rule_set, shot, task};

fn decided(case: &Case) -> Decided {
    decide(&case.set, &case.site, &case.event, &case.world())
}

/// A plan a line a decision, so that a failing test can be read.
fn told(plan: &Plan) -> Vec<String> {
    let changes = plan.changes.iter().map(|change| format!("{change:?}"));
    changes
        .chain(plan.skipped.iter().map(|skip| format!("{skip:?}")))
        .collect()
}

proptest! {
    #![proptest_config(config(4_000))]

    #[test]
    fn a_plan_is_what_the_document_says(case in cases()) {
        let decided = decided(&case);
        let production = case.world().production();
        prop_assert_eq!(told(&plan(&case.compiled(), &case.event, &production)), told(&decided.plan));

        let verdicts = explain(&case.compiled(), &case.event, &production);
        let fired: BTreeSet<_> = verdicts.into_iter().filter(|v| v.fired).map(|v| v.rule).collect();
        prop_assert_eq!(fired, decided.fired);
    }
}

/// The parts of a rule that may be left out, the order of the steps, and what is known of the site.
const PARTS: [&str; 56] = [
    "enabled",
    "if",
    "if.belongs_to",
    "if.changed_by",
    "if.field_is",
    "if.field_is_not",
    "if.filter",
    "if.first_version",
    "if.never_backwards",
    "if.project",
    "if.siblings",
    "if.siblings.all",
    "if.siblings.any",
    "if.siblings.if_none_left",
    "if.siblings.ignoring",
    "if.siblings.none",
    "if.siblings.of",
    "if.siblings.steps",
    "if.status_is",
    "if.status_is_not",
    "if.step",
    "if.step_not",
    "if.target_field_is",
    "if.target_field_is_not",
    "if.target_is",
    "if.target_is_not",
    "if.text",
    "if.text_not",
    "limit",
    "site aside",
    "site hidden",
    "site valid",
    "steps",
    "then.field",
    "then.set.children.of",
    "then.set.children.steps",
    "then.set.next_tasks.by",
    "then.set.next_tasks.steps",
    "then.set.next_tasks.through",
    "then.set.next_tasks.when_all",
    "then.set.tasks_of_shot.steps",
    "then.to.roll_up.ignoring",
    "then.to.roll_up.of",
    "then.to.roll_up.pick",
    "then.to.roll_up.rows",
    "then.to.roll_up.rows.all",
    "then.to.roll_up.rows.any",
    "then.to.roll_up.rows.none",
    "then.to.roll_up.steps",
    "when.becomes",
    "when.event_type",
    "when.field",
    "when.from",
    "when.on",
    "when.site",
    "classes",
];

/// A Shot of so many Tasks, each of which waits for the one before, and a rule for what follows from the first.
fn row_of_tasks(many: i64, set: Value) -> Case {
    let rule = link("r", "Task", &["ip"], set, &["ip"]);
    let tasks = (1..=many).map(|id| Entity {
        upstream: vec![EntityRef::new("Task", id - 1)],
        ..task(id, None, "wtg")
    });
    Case {
        set: rule_set(json!([rule])),
        site: Site {
            status_field: FIELD.to_owned(),
            valid: BTreeMap::new(),
            hidden: BTreeSet::new(),
            aside: BTreeSet::new(),
        },
        event: becomes("Task", 1, "ip"),
        before: World {
            live: tasks.chain([shot(1, "wtg")]).collect(),
            trash: Vec::new(),
        },
        made: None,
    }
}

/// What chance seldom makes: more than any real production has.
#[test]
fn what_goes_too_far_is_cut_where_the_document_says() {
    for (many, set, changes, reason) in [
        (
            19,
            json!({ "next_tasks": { "by": "dependency" } }),
            16,
            Some("too_deep"),
        ),
        (101, json!({ "tasks_of_shot": {} }), 100, None),
        (102, json!({ "tasks_of_shot": {} }), 0, Some("over_limit")),
    ] {
        let case = row_of_tasks(many, set);
        let plan = plan(&case.compiled(), &case.event, &case.world().production());
        assert_eq!(told(&plan), told(&decided(&case).plan));
        let reasons: Vec<&str> = plan.skipped.iter().map(|skip| skip.reason.as_str()).collect();
        let cut = reasons
            .iter()
            .find(|reason| **reason != "already_there" && **reason != "conflict");
        assert_eq!((plan.changes.len(), cut.copied()), (changes, reason), "{reasons:?}");
    }
}

/// What a rule's target or wanted status is, in a word.
fn kind_of(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Object(named) => {
            let (name, inner) = named.iter().next().expect("it has a name");
            let which = inner.as_str().or_else(|| inner.get("by").and_then(Value::as_str));
            match (name.as_str(), which) {
                ("parent", _) | (_, None) => name.clone(),
                (name, Some(which)) => format!("{name} {which}"),
            }
        }
        _ => "codes".to_owned(),
    }
}

fn json(what: &impl Serialize) -> Value {
    serde_json::to_value(what).expect("it has a JSON form")
}

fn missing<'a>(counts: &BTreeMap<String, usize>, wanted: &[(&'a str, usize)]) -> Vec<(&'a str, usize)> {
    let count = |what: &str| counts.get(what).copied().unwrap_or(0);
    let short = wanted.iter().filter(|(what, least)| count(what) < *least);
    short.map(|(what, _)| (*what, count(what))).collect()
}

#[test]
fn the_generator_reaches_every_outcome() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for case in fixed_cases(2_000) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let Decided { plan, fired } = decided(&case);
        let rule = |id: &RuleId| {
            case.set
                .rules
                .iter()
                .find(|r| r.id == *id)
                .expect("the rule is in the set")
        };
        let mut depths: Vec<usize> = Vec::new();
        for change in &plan.changes {
            let depth = match change.cause {
                Cause::Event => 1,
                Cause::Change(place) => depths[place] + 1,
            };
            depths.push(depth);
            let rule = rule(&change.rule);
            seen.insert(format!("depth {}", depth.min(4)));
            seen.insert(format!("sets by {}", kind_of(&json(&rule.then.set))));
            seen.insert(format!("sets {}", change.entity.key.kind));
            seen.insert(format!("to {}", kind_of(&json(&rule.then.to))));
            seen.insert(format!("from {}", rule.when.entity));
            if change.cause == Cause::Event {
                seen.insert(format!("after {:?}", case.event.operation));
            }
            if rule.when.field.is_some() {
                seen.insert("after a field".to_owned());
            }
            if change.field.is_some() {
                seen.insert("sets a field".to_owned());
                seen.insert(format!("a field to {}", kind_of(&json(&rule.then.to))));
            }
            if rule.when.field.is_some() && change.cause != Cause::Event {
                seen.insert("after a field that a rule set".to_owned());
            }
        }
        for skip in &plan.skipped {
            seen.insert(skip.reason.as_str().to_owned());
            if skip.field.is_some() {
                seen.insert(format!("a field {}", skip.reason.as_str()));
            }
            if skip.reason == SkipReason::Conflict && skip.against.is_none() {
                seen.insert("conflict with the event".to_owned());
            }
        }
        seen.insert(format!("changes {}", plan.changes.len().min(6)));
        seen.insert(if fired.is_empty() { "nothing fires" } else { "fires" }.to_owned());
        for what in seen {
            *counts.entry(what).or_default() += 1;
        }
    }
    let wanted = [
        ("fires", 1_000),
        ("nothing fires", 200),
        ("changes 0", 300),
        ("changes 1", 300),
        ("changes 2", 100),
        ("changes 3", 60),
        ("changes 4", 30),
        ("changes 5", 20),
        ("changes 6", 20),
        ("depth 1", 700),
        ("depth 2", 100),
        ("depth 3", 10),
        ("depth 4", 1),
        ("already_there", 300),
        ("conflict", 200),
        ("conflict with the event", 20),
        ("not_found", 80),
        ("over_limit", 30),
        ("not_valid", 20),
        ("from Task", 300),
        ("from Version", 150),
        ("from Shot", 100),
        ("from Asset", 3),
        ("from Sequence", 10),
        ("sets Task", 300),
        ("sets Version", 150),
        ("sets Shot", 150),
        ("sets Asset", 3),
        ("sets Sequence", 20),
        ("sets Episode", 4),
        ("sets by itself", 80),
        ("sets by task", 80),
        ("sets by shot", 100),
        ("sets by tasks_of_shot", 100),
        ("sets by parent", 40),
        ("sets by children", 80),
        ("sets by versions latest", 30),
        ("sets by versions highest_number", 30),
        ("sets by versions all", 30),
        ("sets by versions others", 20),
        ("sets by next_tasks", 15),
        ("sets by next_tasks dependency", 25),
        ("sets by next_tasks name", 15),
        ("to codes", 400),
        ("to same", 70),
        ("to same_class", 40),
        ("to cleared", 40),
        ("to roll_up", 40),
        ("after Update", 300),
        ("after Create", 60),
        ("after Delete", 15),
        ("after Revive", 15),
        ("after Note", 25),
        ("after Custom", 8),
        ("after a field", 50),
        ("sets a field", 100),
        ("after a field that a rule set", 10),
        ("a field to codes", 100),
        ("a field to same", 10),
        ("a field to cleared", 10),
        ("a field already_there", 10),
        ("a field conflict", 10),
        ("a field over_limit", 2),
    ];
    assert_eq!(missing(&counts, &wanted), [], "of {counts:#?}");
}

/// Every part of a rule that may be left out decides: without it, another plan comes of some case.
#[test]
fn the_generator_makes_every_part_of_a_rule_decide() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for case in fixed_cases(1_600) {
        let world = case.world();
        let decided = |set: &RuleSet, site: &Site| decide(set, site, &case.event, &world).plan;
        let with = decided(&case.set, &case.site);
        let mut decides =
            |name: String, without: &Plan| *counts.entry(name).or_default() += usize::from(*without != with);
        for (place, rule) in case.set.rules.iter().enumerate() {
            for (name, without) in with_a_part_less(rule) {
                let mut set = case.set.clone();
                set.rules[place] = without;
                decides(name, &decided(&set, &case.site));
            }
        }
        let mut site = case.site.clone();
        site.valid.clear();
        decides("site valid".to_owned(), &decided(&case.set, &site));
        let mut site = case.site.clone();
        site.hidden.clear();
        decides("site hidden".to_owned(), &decided(&case.set, &site));
        let mut site = case.site.clone();
        site.aside.clear();
        decides("site aside".to_owned(), &decided(&case.set, &site));
        let mut set = case.set.clone();
        set.steps.clear();
        decides("steps".to_owned(), &decided(&set, &case.site));
        let mut set = case.set.clone();
        set.statuses
            .values_mut()
            .flatten()
            .for_each(|status| status.class = None);
        decides("classes".to_owned(), &decided(&set, &case.site));
    }
    let wanted: Vec<(&str, usize)> = PARTS.iter().map(|part| (*part, 1)).collect();
    assert_eq!(missing(&counts, &wanted), [], "of {counts:#?}");
}

/// What the document's schema knows and `PARTS` does not name would be decided unseen.
#[test]
fn every_part_that_the_document_has_is_counted() {
    let schema = callboard_rules::schema();
    let kinds = [
        "Rule",
        "When",
        "Then",
        "Condition",
        "Siblings",
        "TasksOfShot",
        "Children",
        "NextTasks",
        "RollUp",
        "RollUpRow",
    ];
    for kind in kinds {
        let fields = schema
            .pointer(&format!("/$defs/{kind}/properties"))
            .and_then(Value::as_object);
        for name in fields.expect("the schema has it").keys() {
            let is_counted = PARTS.iter().any(|part| part.rsplit('.').next() == Some(name));
            let must_be_there = ["id", "when", "then", "entity", "type", "set", "to"].contains(&name.as_str());
            let decides_nothing = ["name", "note"].contains(&name.as_str());
            assert!(is_counted || must_be_there || decides_nothing, "{kind}.{name}");
        }
    }
}

/// A rule without one of its parts, for each that may be left out, with the part's name.
fn with_a_part_less(rule: &Rule) -> Vec<(String, Rule)> {
    let whole = json(rule);
    let mut less = Vec::new();
    for (path, name) in parts(&whole) {
        let (last, above) = path.split_last().expect("it has a name");
        let mut rule = whole.clone();
        let object = rule.pointer_mut(&above.concat()).and_then(Value::as_object_mut);
        object.expect("it stands there").remove(last.trim_start_matches('/'));
        less.extend(serde_json::from_value(rule).ok().map(|rule| (name, rule)));
    }
    less
}

/// Every named part with the way to it, and its name without places in lists.
fn parts(document: &Value) -> Vec<(Vec<String>, String)> {
    fn walk(value: &Value, at: &mut Vec<String>, named: &str, found: &mut Vec<(Vec<String>, String)>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    at.push(format!("/{name}"));
                    let named = format!("{named}.{name}").trim_start_matches('.').to_owned();
                    found.push((at.clone(), named.clone()));
                    walk(value, at, &named, found);
                    at.pop();
                }
            }
            Value::Array(list) => {
                for (place, value) in list.iter().enumerate() {
                    at.push(format!("/{place}"));
                    walk(value, at, named, found);
                    at.pop();
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(document, &mut Vec::new(), "", &mut found);
    found
}
