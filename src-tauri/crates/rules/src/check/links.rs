//! Rules by themselves and in pairs, and the statuses that they leave out.

use std::collections::HashMap;

use callboard_model::{EntityType, StatusCode};

use super::{Finding, FindingCode, list_of_statuses};
use crate::document::{Conditions, Moment, Rule, RuleSet, Target, Wanted};

pub(super) fn check(set: &RuleSet, findings: &mut Vec<Finding>) {
    if set.enabled_rules().next().is_none() {
        let message = "No rule is switched on, so nothing will ever be set.";
        findings.push(Finding::warning(FindingCode::NoRules, message, &[]));
    }
    check_ids(set, findings);
    for rule in set.enabled_rules() {
        check_alone(rule, findings);
    }
    let rules: Vec<&Rule> = set.enabled_rules().collect();
    for (place, later) in rules.iter().enumerate() {
        if let Some(finding) = rules
            .iter()
            .take(place)
            .find_map(|earlier| repeats(set, earlier, later))
        {
            findings.push(finding);
        }
    }
    check_left_out(set, findings);
}

fn check_ids(set: &RuleSet, findings: &mut Vec<Finding>) {
    let mut first: HashMap<&str, &Rule> = HashMap::new();
    for rule in &set.rules {
        if let Some(other) = first.insert(rule.id.as_str(), rule) {
            let message = format!(
                "\"{}\" and \"{}\" have the same id, {}.",
                other.name, rule.name, rule.id
            );
            findings.push(Finding::error(FindingCode::DuplicateRule, message, &[rule]));
        }
    }
}

fn check_alone(rule: &Rule, findings: &mut Vec<Finding>) {
    let subject = &rule.when.entity;
    let name = &rule.name;
    if matches!(&rule.then.to, Wanted::OneOf(codes) if codes.is_empty()) {
        let message = format!("The rule \"{name}\" names no status to set.");
        findings.push(Finding::error(FindingCode::EmptyTo, message, &[rule]));
    }
    let is_known = [EntityType::VERSION, EntityType::TASK, EntityType::SHOT]
        .iter()
        .any(|k| subject.is(k));
    let has_target = match rule.then.set {
        Target::Itself => true,
        Target::Task => subject.is(EntityType::VERSION),
        Target::Shot => is_known && !subject.is(EntityType::SHOT),
        Target::TasksOfShot(_) => is_known,
    };
    if !has_target {
        let target = match rule.then.set {
            Target::Itself => "itself",
            Target::Task => "Task",
            Target::Shot => "Shot",
            Target::TasksOfShot(_) => "Tasks of its Shot",
        };
        let message = format!("The rule \"{name}\" would set a {subject}'s {target}, which there is none of.");
        findings.push(Finding::error(FindingCode::NoSuchTarget, message, &[rule]));
    }
    let has_step = subject.is(EntityType::VERSION) || subject.is(EntityType::TASK);
    let alternatives = rule.conditions.alternatives();
    if rule.when.on.is_empty() {
        let message = format!("The rule \"{name}\" is asked at no moment: its \"on\" is empty.");
        findings.push(Finding::warning(FindingCode::NeverFires, message, &[rule]));
    } else if !rule.when.from.is_empty() && !rule.when.on.contains(&Moment::Updated) {
        let message = format!("The rule \"{name}\" never fires: what was just made has no status before.");
        findings.push(Finding::warning(FindingCode::NeverFires, message, &[rule]));
    } else if !has_step && !alternatives.is_empty() && alternatives.iter().all(|c| !c.step.is_empty()) {
        let message = format!("The rule \"{name}\" never fires: it asks for a step, and a {subject} has none.");
        findings.push(Finding::warning(FindingCode::NeverFires, message, &[rule]));
    }
}

/// Whether all or some of what a later rule does is done by an earlier one.
fn repeats(set: &RuleSet, earlier: &Rule, later: &Rule) -> Option<Finding> {
    let same_end = earlier.when.entity == later.when.entity && earlier.then == later.then;
    let asks_no_more = earlier.conditions.is_empty() || asks_the_same(&earlier.conditions, &later.conditions);
    let when_too = later.when.on.iter().all(|moment| earlier.when.on.contains(moment));
    if !(same_end && asks_no_more && when_too && covers(&earlier.when.from, &later.when.from)) {
        return None;
    }
    if covers(&earlier.when.becomes, &later.when.becomes) {
        let message = format!(
            "\"{}\" adds nothing: \"{}\" does all of it already.",
            later.name, earlier.name
        );
        return Some(Finding::warning(FindingCode::Shadowed, message, &[later, earlier]));
    }
    let is_shared = |code: &&StatusCode| earlier.when.becomes.contains(code);
    let shared: Vec<StatusCode> = later.when.becomes.iter().filter(is_shared).cloned().collect();
    (!shared.is_empty()).then(|| {
        let list = list_of_statuses(set, &later.when.entity, &shared);
        let message = format!(
            "\"{}\" and \"{}\" draw the same link from {list}.",
            earlier.name, later.name
        );
        Finding::warning(FindingCode::DuplicateLink, message, &[later, earlier])
    })
}

/// Whether one list of codes takes in another; an empty list takes in everything.
fn covers(wide: &[StatusCode], narrow: &[StatusCode]) -> bool {
    wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|code| wide.contains(code)))
}

fn asks_the_same(one: &Conditions, other: &Conditions) -> bool {
    one.alternatives() == other.alternatives()
}

fn check_left_out(set: &RuleSet, findings: &mut Vec<Finding>) {
    for (column, statuses) in &set.statuses {
        let kind = column.entity_type();
        let codes: Vec<StatusCode> = statuses.iter().map(|s| s.code.clone()).collect();
        let moves = |r: &&Rule| r.when.entity == kind && r.when.on.contains(&Moment::Updated);
        let from_here: Vec<&Rule> = set.enabled_rules().filter(moves).collect();
        let to_here: Vec<&Rule> = set.enabled_rules().filter(|r| r.target_type() == kind).collect();
        if from_here.is_empty() {
            // The end of the line: here it matters what leads in. Elsewhere people set statuses, and that is no fault.
            let is_reached = |code: &StatusCode| to_here.iter().any(|r| leads_to(r, code));
            let left: Vec<_> = codes.into_iter().filter(|code| !is_reached(code)).collect();
            if !left.is_empty() && !to_here.is_empty() {
                let list = list_of_statuses(set, &kind, &left);
                let message = format!(
                    "No rule leads to these {} statuses, people set them: {list}.",
                    column.title()
                );
                findings.push(Finding::warning(FindingCode::Unreachable, message, &[]));
            }
        } else {
            let is_mapped = |code: &StatusCode| {
                from_here
                    .iter()
                    .any(|r| covers(&r.when.becomes, std::slice::from_ref(code)))
            };
            let left: Vec<_> = codes.into_iter().filter(|code| !is_mapped(code)).collect();
            if !left.is_empty() {
                let list = list_of_statuses(set, &kind, &left);
                let message = format!("Nothing follows from these {} statuses: {list}.", column.title());
                findings.push(Finding::warning(FindingCode::Unmapped, message, &[]));
            }
        }
    }
}

fn leads_to(rule: &Rule, code: &StatusCode) -> bool {
    match &rule.then.to {
        Wanted::OneOf(codes) => codes.first() == Some(code),
        Wanted::Same(_) => covers(&rule.when.becomes, std::slice::from_ref(code)),
    }
}
