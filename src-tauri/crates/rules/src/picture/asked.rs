//! When a rule holds, in a few words with the names of statuses.

use callboard_model::{EntityType, StatusCode};

use crate::classes::{NO_STATUS, class_named};
use crate::document::{ChangedBy, Condition, Moment, NextBy, Relatives, Rule, RuleSet, Siblings, Target};
use crate::sentence::{join, mover, plural, project, with_article};

/// More of one kind are counted, not told.
const MOST_NAMES: usize = 4;

/// When a rule holds, a line an alternative; empty: always.
pub(super) fn asked(set: &RuleSet, rule: &Rule) -> Vec<String> {
    let on_site = rule.when.site.as_ref().map(|site| format!("if it is on {site}"));
    on_site.into_iter().chain(asked_of_entities(set, rule)).collect()
}

fn asked_of_entities(set: &RuleSet, rule: &Rule) -> Vec<String> {
    let of_target = of_target(set, rule);
    let lines: Vec<String> = rule
        .conditions
        .alternatives()
        .iter()
        .map(|condition| asked_by(set, rule, condition))
        .collect();
    if lines.iter().any(String::is_empty) || lines.is_empty() {
        return of_target.into_iter().collect();
    }
    let word = |place| if place == 0 { "if" } else { "or if" };
    let said = lines
        .iter()
        .enumerate()
        .map(|(place, line)| format!("{} {line}", word(place)));
    said.chain(of_target).collect()
}

/// What the rule begins with, where that is not a status.
pub(super) fn begins_with(rule: &Rule) -> String {
    let kind = &rule.when.entity;
    match (&rule.when.field, rule.when.on.first()) {
        (Some(field), _) => format!("{field} of {}", with_article(kind.as_str())),
        (None, Some(Moment::Created)) => format!("new {kind}"),
        (None, Some(Moment::NoteAdded)) => format!("note on {}", with_article(kind.as_str())),
        (None, Some(Moment::Deleted)) => format!("{kind} deleted"),
        (None, Some(Moment::Revived)) => format!("{kind} revived"),
        (None, Some(Moment::Custom | Moment::Updated) | None) => format!("{kind} event"),
    }
}

/// Which of several are set, where that is not all that the line says.
fn of_target(set: &RuleSet, rule: &Rule) -> Option<String> {
    let steps = |steps: &[String]| some_of(steps.to_vec(), "or");
    match &rule.then.set {
        Target::TasksOfShot(which) if !which.steps.is_empty() => Some(format!("for Tasks of {}", steps(&which.steps))),
        Target::Children(which) if !which.steps.is_empty() => Some(format!("for Tasks of {}", steps(&which.steps))),
        Target::NextTasks(next) => {
            let which = match next.by {
                NextBy::Steps => "for the Tasks of the next step",
                NextBy::Dependency => "for the Tasks that wait for it",
                NextBy::Name => "for the next Task by name",
            };
            let once = if next.when_all.is_empty() {
                String::new()
            } else {
                let all = names(set, &rule.target_type(), &next.when_all);
                format!(", once all before are {all}")
            };
            Some(format!("{which}{once}"))
        }
        Target::Elsewhere(there) => Some(format!("for the {} on {}", there.kind, there.site)),
        _ => None,
    }
}

fn asked_by(set: &RuleSet, rule: &Rule, condition: &Condition) -> String {
    let (entity, target) = (&rule.when.entity, &rule.target_type());
    let mut parts = Vec::new();
    let mut add = |label: &str, list: Vec<String>| {
        if !list.is_empty() {
            parts.push(format!("{label} {}", some_of(list, "or")));
        }
    };
    let codes = |kind: &EntityType, codes: &[StatusCode]| -> Vec<String> {
        codes.iter().map(|code| name(set, kind, code)).collect()
    };
    let quoted = |words: &[String]| words.iter().map(|w| format!("\u{201c}{w}\u{201d}")).collect();
    let is_itself = matches!(rule.then.set, Target::Itself);
    let whose = if is_itself {
        "it is".to_owned()
    } else {
        format!("the {target} is")
    };
    add("step", condition.step.clone());
    add("step not", condition.step_not.clone());
    add("project", condition.project.iter().map(project).collect());
    if let Some(by) = condition.changed_by.filter(|by| *by != ChangedBy::Anyone) {
        add("moved by", vec![mover(by).to_owned()]);
    }
    add(
        "of",
        condition.belongs_to.iter().map(|k| with_article(k.as_str())).collect(),
    );
    add("it is", codes(entity, &condition.status_is));
    add("it is not", codes(entity, &condition.status_is_not));
    add(&whose, codes(target, &condition.target_is));
    add(&format!("{whose} not"), codes(target, &condition.target_is_not));
    for (field, values) in &condition.field_is {
        add(&format!("{field} is"), values.clone());
    }
    for (field, values) in &condition.field_is_not {
        add(&format!("{field} is not"), values.clone());
    }
    for (field, values) in &condition.target_field_is {
        add(&format!("its {target}\u{2019}s {field} is"), values.clone());
    }
    for (field, values) in &condition.target_field_is_not {
        add(&format!("its {target}\u{2019}s {field} is not"), values.clone());
    }
    add("it says", quoted(&condition.text));
    add("it does not say", quoted(&condition.text_not));
    if condition.first_version {
        parts.push("first Version".to_owned());
    }
    if condition.never_backwards {
        parts.push("never backwards".to_owned());
    }
    if let Some(siblings) = &condition.siblings {
        parts.extend(around(set, entity, siblings));
    }
    if condition.filter.is_some() {
        parts.push("its filter holds".to_owned());
    }
    parts.join(" \u{b7} ")
}

/// What is asked of the entities around.
fn around(set: &RuleSet, entity: &EntityType, siblings: &Siblings) -> Vec<String> {
    let kind = siblings.kind(entity);
    let of = match &siblings.of {
        Relatives::Tasks => "Tasks".to_owned(),
        Relatives::Versions => "Versions".to_owned(),
        Relatives::Upstream => "Tasks before it".to_owned(),
        Relatives::SameKind => format!("{} around it", plural(&kind)),
        Relatives::Below(kind) => plural(kind),
    };
    let steps = if siblings.steps.is_empty() {
        String::new()
    } else {
        format!(" of {}", some_of(siblings.steps.clone(), "or"))
    };
    let said = |quantity: &str, verb: &str, codes: &[StatusCode]| {
        (!codes.is_empty()).then(|| format!("{quantity} {of}{steps} {verb} {}", names(set, &kind, codes)))
    };
    let parts = [
        said("all", "are", &siblings.all),
        said("any of the", "is", &siblings.any),
        said("none of the", "is", &siblings.none),
    ];
    parts.into_iter().flatten().collect()
}

pub(super) fn names(set: &RuleSet, kind: &EntityType, codes: &[StatusCode]) -> String {
    some_of(codes.iter().map(|code| name(set, kind, code)).collect(), "or")
}

fn some_of(mut words: Vec<String>, last: &str) -> String {
    let more = words.len().saturating_sub(MOST_NAMES);
    if more < 2 {
        return join(&words, last);
    }
    words.truncate(MOST_NAMES);
    format!("{} {last} {more} more", words.join(", "))
}

fn name(set: &RuleSet, kind: &EntityType, code: &StatusCode) -> String {
    if code.as_str() == NO_STATUS {
        return "without a status".to_owned();
    }
    match class_named(code) {
        Some(Some(class)) => class.as_str().replace('_', " "),
        _ => set
            .status(kind, code)
            .map_or_else(|| code.to_string(), |s| s.name.clone()),
    }
}
