use callboard_model::{EntityId, EntityType, StatusCode};

use crate::document::{ChangedBy, Condition, Moment, Rule, RuleSet, Target, Wanted};

/// A rule in English, with the names of statuses: "When a Version becomes Client Note, set its Task to Address New Notes."
#[must_use]
pub fn sentence(set: &RuleSet, rule: &Rule) -> String {
    let subject = &rule.when.entity;
    let target = rule.target_type();
    let mut said = format!("When {}", trigger(set, rule));
    let asked: Vec<String> = rule
        .conditions
        .alternatives()
        .iter()
        .map(|c| about_subject(subject, c))
        .collect();
    let any_asked = asked.iter().any(|words| !words.is_empty());
    // An alternative that asks nothing of the entity that moved makes the others idle.
    if any_asked && asked.iter().all(|words| !words.is_empty()) {
        said.push_str(if asked.len() > 1 { ", and either " } else { " and " });
        said.push_str(&join(&asked, "or"));
    }
    said.push_str(", set ");
    said.push_str(&whose(subject, &rule.then.set));
    said.push_str(" to ");
    match &rule.then.to {
        Wanted::Same(_) => said.push_str("the same status"),
        Wanted::OneOf(codes) => match codes.split_first() {
            None => said.push_str("nothing"),
            Some((first, others)) => {
                said.push_str(&name(set, &target, first));
                if !others.is_empty() {
                    said.push_str(&format!(", leaving it where it is {}", names(set, &target, others)));
                }
            }
        },
    }
    let about_target: Vec<String> = rule
        .conditions
        .alternatives()
        .iter()
        .map(|c| about_target(set, &target, c))
        .filter(|words| !words.is_empty())
        .collect();
    if !about_target.is_empty() {
        said.push_str(", ");
        said.push_str(&join(&about_target, "or"));
    }
    said.push('.');
    said
}

/// `a, b or c`.
pub(crate) fn join(words: &[String], last: &str) -> String {
    match words.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
    }
}

/// The names of several statuses, as alternatives.
pub(crate) fn names(set: &RuleSet, kind: &EntityType, codes: &[StatusCode]) -> String {
    let names: Vec<String> = codes.iter().map(|code| name(set, kind, code)).collect();
    join(&names, "or")
}

/// A status's name; the code where the set does not know it.
pub(crate) fn name(set: &RuleSet, kind: &EntityType, code: &StatusCode) -> String {
    set.status(kind, code)
        .map_or_else(|| code.to_string(), |s| s.name.clone())
}

/// `a Version`, `an Asset`.
pub(crate) fn with_article(noun: &str) -> String {
    let vowel = noun.chars().next().is_some_and(|c| "AEIOUaeiou".contains(c));
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// Whose status a rule sets, seen from the entity that moved.
pub(crate) fn whose(subject: &EntityType, target: &Target) -> String {
    let is_shot = subject.is(EntityType::SHOT);
    match target {
        Target::Itself => "it".to_owned(),
        Target::Task => "its Task".to_owned(),
        Target::Shot => "its Shot".to_owned(),
        Target::TasksOfShot(which) if which.steps.is_empty() => if is_shot {
            "its Tasks"
        } else {
            "the other Tasks of its Shot"
        }
        .to_owned(),
        Target::TasksOfShot(which) => {
            let steps = join(&which.steps, "and");
            if is_shot {
                format!("its {steps} Tasks")
            } else {
                format!("the {steps} Tasks of its Shot")
            }
        }
    }
}

pub(crate) fn mover(by: ChangedBy) -> &'static str {
    match by {
        ChangedBy::Person => "a person",
        ChangedBy::Client => "a client",
        ChangedBy::Script => "a script",
        ChangedBy::Callboard => "a rule",
        ChangedBy::Anyone => "anyone",
    }
}

pub(crate) fn project(id: &EntityId) -> String {
    match id {
        EntityId::Number(n) => format!("number {n}"),
        EntityId::Text(name) => name.clone(),
    }
}

fn trigger(set: &RuleSet, rule: &Rule) -> String {
    let when = &rule.when;
    let kind = &when.entity;
    let entity = with_article(kind.as_str());
    let becomes = names(set, kind, &when.becomes);
    let from = names(set, kind, &when.from);
    let born = when.on.contains(&Moment::Created);
    let moved = when.on.contains(&Moment::Updated);
    match (born, moved, becomes.is_empty(), from.is_empty()) {
        (true, false, true, _) => format!("{entity} is made"),
        (true, false, false, _) => format!("{entity} is made as {becomes}"),
        (true, true, true, true) => format!("{entity} is made or changes status"),
        (true, true, false, true) => format!("{entity} is made as or becomes {becomes}"),
        (true, true, true, false) => format!("{entity} is made or leaves {from}"),
        (true, true, false, false) => format!("{entity} is made as {becomes}, or goes there from {from}"),
        (false, true, true, true) => format!("{entity} changes status"),
        (false, true, false, true) => format!("{entity} becomes {becomes}"),
        (false, true, true, false) => format!("{entity} leaves {from}"),
        (false, true, false, false) => format!("{entity} goes from {from} to {becomes}"),
        (false, false, _, _) => "nothing happens".to_owned(),
    }
}

fn about_subject(subject: &EntityType, condition: &Condition) -> String {
    let mut parts = Vec::new();
    let step = if subject.is(EntityType::VERSION) {
        "its Task's step"
    } else {
        "its step"
    };
    if !condition.step.is_empty() {
        parts.push(format!("{step} is {}", join(&condition.step, "or")));
    }
    if !condition.step_not.is_empty() {
        parts.push(format!("{step} is not {}", join(&condition.step_not, "or")));
    }
    if !condition.project.is_empty() {
        let projects: Vec<String> = condition.project.iter().map(project).collect();
        parts.push(format!("its project is {}", join(&projects, "or")));
    }
    if let Some(by) = condition.changed_by.filter(|by| *by != ChangedBy::Anyone) {
        parts.push(format!("{} moved it", mover(by)));
    }
    join(&parts, "and")
}

fn about_target(set: &RuleSet, target: &EntityType, condition: &Condition) -> String {
    let mut parts = Vec::new();
    if !condition.target_is.is_empty() {
        parts.push(format!(
            "only where that is {} now",
            names(set, target, &condition.target_is)
        ));
    }
    if !condition.target_is_not.is_empty() {
        parts.push(format!(
            "unless that is {}",
            names(set, target, &condition.target_is_not)
        ));
    }
    join(&parts, "and")
}
