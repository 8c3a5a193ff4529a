use callboard_model::{EntityId, EntityType, StatusCode};

use crate::classes::{NO_STATUS, class_named};
use crate::document::{
    ChangedBy, Condition, Elsewhere, Moment, NextBy, Pick, Relatives, RollUp, RollUpRow, Rule, RuleSet, Siblings,
    StateClass, Target, Then, Wanted, WantedWord, When, WhichVersions,
};

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
        .map(|c| about_subject(set, subject, c))
        .collect();
    let any_asked = asked.iter().any(|words| !words.is_empty());
    // An alternative that asks nothing of the entity that moved makes the others idle.
    if any_asked && asked.iter().all(|words| !words.is_empty()) {
        said.push_str(if asked.len() > 1 { ", and either " } else { " and " });
        said.push_str(&join(&asked, "or"));
    }
    said.push_str(", set ");
    said.push_str(&what(subject, &rule.then));
    said.push_str(" to ");
    match &rule.then.to {
        wanted if rule.then.field.is_some() => said.push_str(&value(wanted)),
        Wanted::Word(WantedWord::Same) => said.push_str("the same status"),
        Wanted::Word(WantedWord::SameClass) => said.push_str("the first status of the same class"),
        Wanted::Word(WantedWord::Cleared) => said.push_str("no status"),
        Wanted::OneOf(codes) => said.push_str(&first_of(set, &target, codes)),
        Wanted::RollUp { roll_up } => said.push_str(&rolled_up(set, rule, roll_up)),
    }
    let about_target: Vec<String> = rule
        .conditions
        .alternatives()
        .iter()
        .map(|c| about_target(set, &target, c))
        .filter(|words| !words.is_empty())
        .collect();
    if let Target::NextTasks(next) = &rule.then.set {
        if !next.when_all.is_empty() {
            let all = names(set, &target, &next.when_all);
            said.push_str(&format!(", once all that come before are {all}"));
        }
        if !next.through.is_empty() {
            said.push_str(&format!(", stepping over {}", names(set, &target, &next.through)));
        }
    }
    if !about_target.is_empty() {
        said.push_str(", ");
        said.push_str(&join(&about_target, "or"));
    }
    said.push('.');
    said
}

/// What a rule sets, seen from the entity that moved: whose status, or which field of whom.
pub(crate) fn what(subject: &EntityType, then: &Then) -> String {
    let whose = whose(subject, &then.set);
    match (&then.field, &then.set) {
        (None, _) => whose,
        (Some(field), Target::Itself) => format!("its field {field}"),
        (Some(field), Target::Task | Target::Shot | Target::Parent(_)) => format!("{whose}'s field {field}"),
        (Some(field), _) => format!("the field {field} of {whose}"),
    }
}

/// What a rule sets a field to.
pub(crate) fn value(wanted: &Wanted) -> String {
    match wanted {
        Wanted::OneOf(values) => {
            let quoted: Vec<String> = values.iter().map(quoted).collect();
            match quoted.split_first() {
                None => "nothing".to_owned(),
                Some((first, [])) => first.clone(),
                Some((first, others)) => format!("{first}, leaving it where it is {}", join(others, "or")),
            }
        }
        Wanted::Word(WantedWord::Same) => "the same".to_owned(),
        Wanted::Word(WantedWord::Cleared) => "nothing".to_owned(),
        // No field can be set to these, which the check says.
        Wanted::Word(WantedWord::SameClass) => "the same class".to_owned(),
        Wanted::RollUp { .. } => "what it rolls up to".to_owned(),
    }
}

/// A field's value, which is no status and has no name.
pub(crate) fn quoted(value: &StatusCode) -> String {
    format!("\"{value}\"")
}

/// The first of several statuses, and which others are good enough.
fn first_of(set: &RuleSet, target: &EntityType, codes: &[StatusCode]) -> String {
    if let Some((class, others)) = codes.split_first().and_then(|(c, o)| Some((class_named(c)??, o))) {
        let class = format!("the first {} status", class_word(class));
        return match others {
            [] => class,
            others => format!("{class}, leaving it where it is {}", names(set, target, others)),
        };
    }
    match codes.split_first() {
        None => "nothing".to_owned(),
        Some((first, [])) => name(set, target, first),
        Some((first, others)) => format!(
            "{}, leaving it where it is {}",
            name(set, target, first),
            names(set, target, others)
        ),
    }
}

fn rolled_up(set: &RuleSet, rule: &Rule, roll_up: &RollUp) -> String {
    let kind = roll_up.of.as_ref().unwrap_or(&rule.when.entity);
    let target = rule.target_type();
    let steps = if roll_up.steps.is_empty() {
        String::new()
    } else {
        format!("{} ", join(&roll_up.steps, "and"))
    };
    let ignoring = if roll_up.ignoring.is_empty() {
        String::new()
    } else {
        format!(" (leaving out {})", names(set, kind, &roll_up.ignoring))
    };
    let picked = roll_up.pick.map(|pick| match pick {
        Pick::LeastAdvanced => "least advanced",
        Pick::MostAdvanced => "most advanced",
    });
    if roll_up.rows.is_empty() {
        let picked = picked.unwrap_or("picked");
        return format!("the status of the {picked} of its {steps}{}{ignoring}", plural(kind));
    }
    let rows = roll_up.rows.iter().map(|row| {
        let to = if row.to.is_empty() {
            "what it is".to_owned()
        } else {
            first_of(set, &target, &row.to)
        };
        match (picked, in_a_row(set, kind, row)) {
            (_, None) => format!("{to} otherwise"),
            (Some(picked), Some(_)) => {
                let codes: Vec<StatusCode> = row.all.iter().chain(&row.any).cloned().collect();
                format!(
                    "{to} when the {picked} of its {steps}{} is {}",
                    plural(kind),
                    names(set, kind, &codes)
                )
            }
            (None, Some(asked)) => format!("{to} when {asked} of its {steps}{}{ignoring}", plural(kind)),
        }
    });
    let rows: Vec<String> = rows.collect();
    rows.join(", else to ")
}

/// What a row asks of the set, up to "of its Tasks": `all are Done`. None: nothing.
fn in_a_row(set: &RuleSet, kind: &EntityType, row: &RollUpRow) -> Option<String> {
    asked_of_set(set, kind, &row.all, &row.any, &row.none)
}

fn asked_of_set(
    set: &RuleSet,
    kind: &EntityType,
    all: &[StatusCode],
    any: &[StatusCode],
    none: &[StatusCode],
) -> Option<String> {
    let part = |codes: &[StatusCode], words: &str| {
        (!codes.is_empty()).then(|| format!("{words} in {}", names(set, kind, codes)))
    };
    let parts: Vec<String> = [part(all, "all are"), part(any, "one is"), part(none, "none is")]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| join(&parts, "and"))
}

/// `Tasks`, `Shots`, `Entries`.
pub(crate) fn plural(kind: &EntityType) -> String {
    let word = kind.as_str();
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(|c| "aeiou".contains(c)) => format!("{stem}ies"),
        _ => format!("{word}s"),
    }
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

/// A status's name; the code where the set does not know it. `@done` is "any done status".
pub(crate) fn name(set: &RuleSet, kind: &EntityType, code: &StatusCode) -> String {
    if code.as_str() == NO_STATUS {
        return "no status".to_owned();
    }
    if let Some(Some(class)) = class_named(code) {
        return format!("any {} status", class_word(class));
    }
    set.status(kind, code)
        .map_or_else(|| code.to_string(), |s| s.name.clone())
}

/// `not started`, `in progress` …
fn class_word(class: StateClass) -> String {
    class.as_str().replace('_', " ")
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
        Target::Parent(kind) => format!("its {kind}"),
        Target::Elsewhere(there) => elsewhere(there),
        Target::Children(which) => {
            let steps = if which.steps.is_empty() {
                String::new()
            } else {
                format!("{} ", join(&which.steps, "and"))
            };
            match which.of.as_ref().filter(|of| *of != subject) {
                Some(of) => format!("the {steps}{} of its {of}", plural(&which.kind)),
                None => format!("its {steps}{}", plural(&which.kind)),
            }
        }
        Target::Versions(which) => {
            let versions = match which {
                WhichVersions::Latest => "the latest Version",
                WhichVersions::HighestNumber => "the Versions with the highest number",
                WhichVersions::All => "all Versions",
                WhichVersions::Others => "the other Versions",
            };
            if subject.is(EntityType::VERSION) {
                format!("{versions} of its Task")
            } else if subject.is(EntityType::TASK) {
                format!("its {}", versions.trim_start_matches("the "))
            } else {
                format!("{versions} of it")
            }
        }
        Target::NextTasks(next) => {
            let steps = if next.steps.is_empty() {
                String::new()
            } else {
                format!("{} ", join(&next.steps, "and"))
            };
            match next.by {
                NextBy::Steps => format!("the {steps}Tasks of the next step"),
                NextBy::Dependency => format!("the {steps}Tasks that wait for it"),
                NextBy::Name => format!("the next {steps}Task by name"),
            }
        }
    }
}

/// An entity on another site, and how it is found: `the Task on show whose sg_sku is its code`.
fn elsewhere(there: &Elsewhere) -> String {
    let Elsewhere {
        site,
        kind,
        find_by,
        key,
    } = there;
    match (find_by, key) {
        (None, None) => format!("the {kind} of the same name on {site}"),
        (Some(field), None) => format!("the {kind} on {site} whose {field} is its name"),
        (None, Some(key)) => format!("the {kind} on {site} whose name is its {key}"),
        (Some(field), Some(key)) => format!("the {kind} on {site} whose {field} is its {key}"),
    }
}

pub(crate) fn mover(by: ChangedBy) -> &'static str {
    match by {
        ChangedBy::Person => "a person",
        ChangedBy::Client => "a client",
        ChangedBy::Script => "a script",
        ChangedBy::Callboard => "a rule",
        ChangedBy::Outside => "somebody other than a rule",
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
    let mut entity = with_article(kind.as_str());
    if let Some(site) = &when.site {
        entity.push_str(&format!(" on {site}"));
    }
    let ways: Vec<String> = match &when.field {
        Some(field) => vec![field_changed(when, field)],
        None => status_ways(set, rule),
    };
    if ways.is_empty() {
        return "nothing happens".to_owned();
    }
    let mut said = format!("{entity} {}", join(&ways, "or"));
    if !when.event_type.is_empty() {
        said.push_str(&format!(" (as {})", join(&when.event_type, "or")));
    }
    said
}

fn field_changed(when: &When, field: &str) -> String {
    let codes = |codes: &[StatusCode]| {
        let words: Vec<String> = codes.iter().map(ToString::to_string).collect();
        join(&words, "or")
    };
    let mut said = format!("has its {field} changed");
    if !when.from.is_empty() {
        said.push_str(&format!(" from {}", codes(&when.from)));
    }
    if !when.becomes.is_empty() {
        said.push_str(&format!(" to {}", codes(&when.becomes)));
    }
    said
}

fn status_ways(set: &RuleSet, rule: &Rule) -> Vec<String> {
    let when = &rule.when;
    let kind = &when.entity;
    let becomes = names(set, kind, &when.becomes);
    let from = names(set, kind, &when.from);
    let mut moments: Vec<Moment> = Vec::new();
    for moment in &when.on {
        if !moments.contains(moment) {
            moments.push(*moment);
        }
    }
    // The usual order of a life, whatever the file has.
    moments.sort_by_key(|moment| (*moment == Moment::Updated, *moment));
    let as_it_is = |verb: &str| {
        if becomes.is_empty() {
            verb.to_owned()
        } else {
            format!("{verb} as {becomes}")
        }
    };
    let said = moments.into_iter().map(|moment| match moment {
        Moment::Updated => match (becomes.is_empty(), from.is_empty()) {
            (true, true) => "changes status".to_owned(),
            (false, true) => format!("becomes {becomes}"),
            (true, false) => format!("leaves {from}"),
            (false, false) => format!("goes from {from} to {becomes}"),
        },
        Moment::Created => as_it_is("is made"),
        Moment::Deleted => as_it_is("is put in the trash"),
        Moment::Revived => as_it_is("is taken out of the trash"),
        Moment::NoteAdded if becomes.is_empty() => "gets a note".to_owned(),
        Moment::NoteAdded => format!("gets a note while it is {becomes}"),
        Moment::Custom if becomes.is_empty() => "has a custom event".to_owned(),
        Moment::Custom => format!("has a custom event while it is {becomes}"),
    });
    said.collect()
}

fn about_subject(set: &RuleSet, subject: &EntityType, condition: &Condition) -> String {
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
    parts.extend(about_state(set, subject, condition));
    parts.extend(about_words(condition));
    if let Some(siblings) = &condition.siblings {
        parts.push(about_siblings(set, subject, siblings));
    }
    join(&parts, "and")
}

fn about_state(set: &RuleSet, subject: &EntityType, condition: &Condition) -> Vec<String> {
    let mut parts = Vec::new();
    if !condition.status_is.is_empty() {
        parts.push(format!("it is {}", names(set, subject, &condition.status_is)));
    }
    if !condition.status_is_not.is_empty() {
        parts.push(format!("it is not {}", names(set, subject, &condition.status_is_not)));
    }
    if !condition.belongs_to.is_empty() {
        let kinds: Vec<String> = condition.belongs_to.iter().map(|k| with_article(k.as_str())).collect();
        parts.push(format!("it belongs to {}", join(&kinds, "or")));
    }
    if condition.first_version {
        parts.push("it is the first of its Task".to_owned());
    }
    for (field, values) in &condition.field_is {
        parts.push(format!("its {field} is {}", join(values, "or")));
    }
    for (field, values) in &condition.field_is_not {
        parts.push(format!("its {field} is not {}", join(values, "or")));
    }
    parts
}

fn about_words(condition: &Condition) -> Vec<String> {
    let quoted = |words: &[String]| -> Vec<String> { words.iter().map(|w| format!("\"{w}\"")).collect() };
    let mut parts = Vec::new();
    if !condition.text.is_empty() {
        parts.push(format!("it says {}", join(&quoted(&condition.text), "or")));
    }
    if !condition.text_not.is_empty() {
        parts.push(format!("it does not say {}", join(&quoted(&condition.text_not), "or")));
    }
    if let Some(filter) = &condition.filter {
        parts.push(format!("the event has {filter}"));
    }
    parts
}

fn about_siblings(set: &RuleSet, subject: &EntityType, siblings: &Siblings) -> String {
    let kind = siblings.kind(subject);
    let asked = asked_of_set(set, &kind, &siblings.all, &siblings.any, &siblings.none);
    let steps = if siblings.steps.is_empty() {
        String::new()
    } else {
        format!("{} ", join(&siblings.steps, "and"))
    };
    let is_part = subject.is(EntityType::TASK) || subject.is(EntityType::VERSION);
    let which = match &siblings.of {
        Relatives::Tasks if is_part => format!("the {steps}Tasks around it"),
        Relatives::Tasks => format!("its {steps}Tasks"),
        Relatives::Versions if subject.is(EntityType::VERSION) => "the Versions of its Task".to_owned(),
        Relatives::Versions => "its Versions".to_owned(),
        Relatives::Upstream => format!("the {steps}Tasks that it waits for"),
        Relatives::SameKind => format!("the {} around it", plural(subject)),
        Relatives::Below(kind) => format!("its {steps}{}", plural(kind)),
    };
    let mut said = format!("of {which} {}", asked.unwrap_or_else(|| "there is one".to_owned()));
    if !siblings.ignoring.is_empty() {
        said.push_str(&format!(", leaving out {}", names(set, &kind, &siblings.ignoring)));
    }
    if siblings.if_none_left {
        said.push_str(", or none is left");
    }
    said
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
    for (field, values) in &condition.target_field_is {
        parts.push(format!("only where its {field} is {}", join(values, "or")));
    }
    for (field, values) in &condition.target_field_is_not {
        parts.push(format!("unless its {field} is {}", join(values, "or")));
    }
    if condition.never_backwards {
        parts.push("never backwards".to_owned());
    }
    join(&parts, "and")
}
