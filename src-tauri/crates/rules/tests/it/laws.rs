//! What holds for any rule set whatever.

use std::collections::HashSet;

use callboard_model::Production;
use callboard_rules::{CompiledRules, RuleSet, apply_event, apply_plan, check, explain, needs, plan, sentence, svg};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::made::{FIELD, becomes, by, rule_set, shot, task, version};

const CODES: [&str; 4] = ["a", "b", "c", "d"];
const STEPS: [&str; 3] = ["Roto", "Paint", "Comp"];
const KINDS: [&str; 3] = ["Version", "Task", "Shot"];

fn target() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("itself")),
        Just(json!("task")),
        Just(json!("shot")),
        subsequence(STEPS.to_vec(), 0..=3).prop_map(|steps| json!({ "tasks_of_shot": { "steps": steps } })),
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!([])),
        subsequence(STEPS.to_vec(), 1..=2).prop_map(|steps| json!({ "step": steps })),
        subsequence(STEPS.to_vec(), 1..=2).prop_map(|steps| json!([{ "step_not": steps }, { "changed_by": "person" }])),
        Just(json!({ "changed_by": "callboard" })),
    ]
}

/// Rules that lead anywhere, back to where they came from above all.
fn rule_sets() -> impl Strategy<Value = RuleSet> {
    let to = prop_oneof![
        subsequence(CODES.to_vec(), 1..=2)
            .prop_shuffle()
            .prop_map(|codes| json!(codes)),
        Just(json!("same")),
    ];
    let rule = (
        select(&KINDS[..]),
        subsequence(CODES.to_vec(), 0..=3),
        condition(),
        target(),
        to,
        any::<bool>(),
    );
    proptest::collection::vec(rule, 0..12).prop_map(|rules| {
        let rules: Vec<Value> = rules
            .into_iter()
            .enumerate()
            .map(|(n, (kind, becomes, condition, set, to, born))| {
                let on = if born && kind == "Version" {
                    json!(["updated", "created"])
                } else {
                    json!(["updated"])
                };
                json!({
                    "id": format!("r{n}"), "name": format!("Rule {n}"), "enabled": n % 7 != 6,
                    "when": { "entity": kind, "becomes": becomes, "on": on }, "if": condition,
                    "then": { "set": set, "to": to },
                })
            })
            .collect();
        rule_set(json!(rules))
    })
}

fn productions() -> impl Strategy<Value = Production> {
    let code = || select(&CODES[..]);
    let tasks = proptest::collection::vec((select(&STEPS[..]), code()), 1..5);
    (code(), code(), tasks).prop_map(|(of_shot, of_version, tasks)| {
        let tasks = (1..)
            .zip(tasks)
            .map(|(id, (step, status))| task(id, Some(step), status));
        tasks
            .chain([shot(1, of_shot), version(1, Some(1), of_version)])
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_is_a_function_and_comes_to_an_end(
        set in rule_sets(), production in productions(), kind in select(&KINDS[..]), code in select(&CODES[..]),
    ) {
        let mut production = production;
        let event = by(becomes(kind, 1, code), None);
        apply_event(&mut production, &event, None, FIELD);
        let rules = CompiledRules::new(&set);
        let first = plan(&rules, &event, &production);
        prop_assert_eq!(&first, &plan(&CompiledRules::new(&set), &event, &production.iter().cloned().collect_in_order()));

        let mut seen = HashSet::new();
        for change in &first.changes {
            prop_assert!(seen.insert(&change.entity.key), "{} is set twice", change.entity.key);
            prop_assert!(change.from != change.to, "{} is set to what it is", change.entity.key);
        }
        if !rules.fires_on(&event) {
            prop_assert!(first.changes.is_empty() && first.skipped.is_empty());
        }
        let needed = needs(&rules, &event);
        for change in &first.changes {
            let kind = change.entity.key.kind.as_str();
            prop_assert!(needed.entity);
            prop_assert!(kind != "Shot" || needed.shot || event.entity.as_ref().is_some_and(|e| e.key == change.entity.key));
        }

        apply_plan(&mut production, &first);
        let again = plan(&rules, &event, &production);
        prop_assert!(again.changes.is_empty(), "the same event once more sets {:?}", again.changes);
    }

    #[test]
    fn every_rule_that_is_on_is_explained(
        set in rule_sets(), production in productions(), kind in select(&KINDS[..]), code in select(&CODES[..]),
    ) {
        let event = becomes(kind, 1, code);
        let mut production = production;
        apply_event(&mut production, &event, None, FIELD);
        let rules = CompiledRules::new(&set);
        let plan = plan(&rules, &event, &production);
        let verdicts = explain(&rules, &event, &production);
        let told: Vec<_> = verdicts.iter().map(|v| &v.rule).collect();
        let on: Vec<_> = set.enabled_rules().map(|r| &r.id).collect();
        prop_assert_eq!(told, on);
        for verdict in &verdicts {
            prop_assert_eq!(verdict.fired, verdict.failed.is_empty());
            prop_assert!(verdict.sentence.ends_with('.'));
        }
        for rule in plan.changes.iter().map(|c| &c.rule).chain(plan.skipped.iter().map(|s| &s.rule)) {
            let verdict = verdicts.iter().find(|v| v.rule == *rule);
            prop_assert!(verdict.is_some_and(|v| v.fired || !v.failed.is_empty()));
        }
    }

    #[test]
    fn what_is_written_is_read_back(set in rule_sets()) {
        let text = set.to_json_pretty();
        prop_assert_eq!(RuleSet::parse(text.as_bytes()).map(|s| s.to_json_pretty()), Ok(text));
    }

    #[test]
    fn a_parser_never_falls_over(text in ".{0,200}") {
        let _ = RuleSet::parse(text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_rules_they_can_be_checked_said_and_drawn(set in rule_sets()) {
        for finding in check(&set, None) {
            prop_assert!(finding.message.ends_with('.'), "{}", finding.message);
        }
        for rule in &set.rules {
            let said = sentence(&set, rule);
            prop_assert!(said.starts_with("When ") && said.ends_with('.'), "{}", said);
        }
        prop_assert!(svg(&set).ends_with("</svg>\n"));
    }
}

/// A production with its entities put in by their key: the order of Tasks must be the site's, not a hash map's.
trait CollectInOrder: Iterator {
    fn collect_in_order(self) -> Production;
}

impl<I: Iterator<Item = callboard_model::Entity>> CollectInOrder for I {
    fn collect_in_order(self) -> Production {
        let mut entities: Vec<_> = self.collect();
        entities.sort_by(|a, b| a.key.cmp(&b.key));
        entities.into_iter().collect()
    }
}
