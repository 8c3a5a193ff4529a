//! Rules by themselves and in pairs, and the statuses that they leave out.

use std::collections::HashMap;

use callboard_model::{EntityType, StatusCode};

use super::{Finding, FindingCode, list_of_statuses};
use crate::classes::Column;
use crate::document::{
    Condition, Conditions, Moment, RollUpRow, Rule, RuleSet, Siblings, Target, Wanted, WantedWord, WhichVersions,
};
use crate::filter::Filter;
use crate::{elsewhere, settable};

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
    if let Some(fault) = elsewhere::fault(rule) {
        let message = format!("The rule \"{name}\" {fault}.");
        findings.push(Finding::error(FindingCode::BadElsewhere, message, &[rule]));
    } else if let Some(fault) = settable::fault(rule) {
        let message = format!("The rule \"{name}\" {fault}.");
        findings.push(Finding::error(FindingCode::BadField, message, &[rule]));
    } else if let Some(what) = sets_nothing(rule) {
        let message = format!("The rule \"{name}\" {what}.");
        findings.push(Finding::error(FindingCode::EmptyTo, message, &[rule]));
    }
    if let Some(target) = missing_target(rule) {
        let message = format!("The rule \"{name}\" would set a {subject}'s {target}, which there is none of.");
        findings.push(Finding::error(FindingCode::NoSuchTarget, message, &[rule]));
    }
    for filter in rule
        .conditions
        .alternatives()
        .iter()
        .filter_map(|c| c.filter.as_deref())
    {
        if let Err(error) = Filter::parse(filter) {
            let message = format!("The filter of the rule \"{name}\" cannot be read: {error}.");
            findings.push(Finding::error(FindingCode::BadFilter, message, &[rule]));
        }
    }
    if let Some(why) = never_fires(rule) {
        let message = format!("The rule \"{name}\" never fires: {why}.");
        findings.push(Finding::warning(FindingCode::NeverFires, message, &[rule]));
    }
}

fn sets_nothing(rule: &Rule) -> Option<&'static str> {
    match &rule.then.to {
        Wanted::OneOf(values) if values.is_empty() && rule.then.field.is_some() => Some("names no value to set"),
        Wanted::OneOf(codes) if codes.is_empty() => Some("names no status to set"),
        Wanted::RollUp { roll_up } if roll_up.rows.is_empty() && roll_up.pick.is_none() => {
            Some("rolls up without a row and without picking one, so it never comes to a status")
        }
        Wanted::RollUp { roll_up } if !roll_up.rows.is_empty() && roll_up.rows.iter().all(|r| r.to.is_empty()) => {
            Some("rolls up and no row of it names a status to set")
        }
        Wanted::OneOf(_) | Wanted::Word(_) | Wanted::RollUp { .. } => None,
    }
}

/// What such an entity does not have and a rule would set.
fn missing_target(rule: &Rule) -> Option<String> {
    let subject = &rule.when.entity;
    let is_part = subject.is(EntityType::VERSION) || subject.is(EntityType::TASK);
    match &rule.then.set {
        Target::Itself | Target::Elsewhere(_) => None,
        Target::Task => (!subject.is(EntityType::VERSION)).then(|| "Task".to_owned()),
        Target::Shot => (!is_part).then(|| "Shot".to_owned()),
        Target::TasksOfShot(_) => (!is_part && !subject.is(EntityType::SHOT)).then(|| "Tasks of its Shot".to_owned()),
        Target::Parent(kind) if kind == subject => Some(format!("{kind}, being one itself")),
        Target::Parent(kind) if kind.is(EntityType::VERSION) => Some("Version above it".to_owned()),
        Target::Parent(kind) if kind.is(EntityType::TASK) && !subject.is(EntityType::VERSION) => {
            Some("Task above it".to_owned())
        }
        Target::NextTasks(_) if !subject.is(EntityType::TASK) => Some("next Tasks".to_owned()),
        Target::Versions(WhichVersions::Others) if !subject.is(EntityType::VERSION) => {
            Some("other Versions".to_owned())
        }
        Target::Parent(_) | Target::Children(_) | Target::Versions(_) | Target::NextTasks(_) => None,
    }
}

fn never_fires(rule: &Rule) -> Option<String> {
    let when = &rule.when;
    let subject = &when.entity;
    let alternatives = rule.conditions.alternatives();
    let all = |holds: fn(&Condition) -> bool| !alternatives.is_empty() && alternatives.iter().all(holds);
    let updated_only = when.on == [Moment::Updated];
    let has_step = subject.is(EntityType::VERSION) || subject.is(EntityType::TASK);
    let has_text = when.field.is_some() || when.on.contains(&Moment::NoteAdded);
    if when.on.is_empty() {
        return Some("it is asked at no moment, its \"on\" is empty".to_owned());
    }
    if rule.limit == Some(0) {
        return Some("its limit is 0".to_owned());
    }
    if !when.from.is_empty() && !when.on.contains(&Moment::Updated) {
        return Some("where nothing changed there is no status before".to_owned());
    }
    if updated_only && !when.from.is_empty() && when.from == when.becomes && when.from.len() == 1 {
        return Some("it leaves the status that it comes to".to_owned());
    }
    if when.field.is_some() && !when.on.contains(&Moment::Updated) {
        return Some("it names a field and does not ask about changes".to_owned());
    }
    if !has_step && all(|c| !c.step.is_empty()) {
        return Some(format!("it asks for a step, and a {subject} has none"));
    }
    if all(|c| !c.step.is_empty() && c.step.iter().all(|s| c.step_not.contains(s))) {
        return Some("it asks for steps that it leaves out".to_owned());
    }
    if !has_text && all(|c| !c.text.is_empty()) {
        return Some("it asks for words, and there is no text: only notes and fields have one".to_owned());
    }
    if !subject.is(EntityType::VERSION) && all(|c| c.first_version) {
        return Some(format!("it asks for the first Version, and a {subject} is none"));
    }
    if updated_only
        && when.field.is_none()
        && !when.becomes.is_empty()
        && !alternatives.is_empty()
        && alternatives.iter().all(|c| {
            let left = |code: &&StatusCode| {
                (c.status_is.is_empty() || c.status_is.contains(code)) && !c.status_is_not.contains(code)
            };
            !when.becomes.iter().any(|code| left(&code))
        })
    {
        return Some("it asks for a status that it does not come to".to_owned());
    }
    if all(|c| !c.target_is.is_empty() && c.target_is.iter().all(|code| c.target_is_not.contains(code))) {
        return Some("it asks for statuses of what it sets that it leaves out".to_owned());
    }
    if all(|c| c.siblings.as_ref().is_some_and(asks_the_impossible)) {
        return Some("no siblings can stand as it asks".to_owned());
    }
    if let Wanted::OneOf(codes) = &rule.then.to
        && rule.then.field.is_none()
        && !codes.is_empty()
        && !alternatives.is_empty()
        && alternatives
            .iter()
            .all(|c| !c.target_is.is_empty() && c.target_is.iter().all(|code| codes.contains(code)))
    {
        return Some("what it sets is always where it should be already".to_owned());
    }
    None
}

fn asks_the_impossible(siblings: &Siblings) -> bool {
    let never = |codes: &[StatusCode]| {
        !codes.is_empty()
            && codes
                .iter()
                .all(|code| siblings.none.contains(code) || siblings.ignoring.contains(code))
    };
    !siblings.if_none_left && (never(&siblings.all) || never(&siblings.any))
}

/// Whether all or some of what a later rule does is done by an earlier one.
fn repeats(set: &RuleSet, earlier: &Rule, later: &Rule) -> Option<Finding> {
    let same_end = earlier.when.entity == later.when.entity && earlier.then == later.then;
    let asks_no_more = earlier.conditions.is_empty() || asks_the_same(&earlier.conditions, &later.conditions);
    let when_too = later.when.on.iter().all(|moment| earlier.when.on.contains(moment));
    let same_site = earlier.when.site.is_none() || earlier.when.site == later.when.site;
    let same_event =
        same_site && earlier.when.field == later.when.field && covers(&earlier.when.event_type, &later.when.event_type);
    if !(same_end && same_event && asks_no_more && when_too && covers(&earlier.when.from, &later.when.from)) {
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
        let list = list_of_statuses(set, &later.when.entity, &shared.iter().collect::<Vec<_>>());
        let message = format!(
            "\"{}\" and \"{}\" draw the same link from {list}.",
            earlier.name, later.name
        );
        Finding::warning(FindingCode::DuplicateLink, message, &[later, earlier]).about(&later.when.entity, &shared)
    })
}

/// Whether one list takes in another; an empty list takes in everything.
fn covers<T: PartialEq>(wide: &[T], narrow: &[T]) -> bool {
    wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|code| wide.contains(code)))
}

fn asks_the_same(one: &Conditions, other: &Conditions) -> bool {
    one.alternatives() == other.alternatives()
}

fn check_left_out(set: &RuleSet, findings: &mut Vec<Finding>) {
    for (column, statuses) in &set.statuses {
        let kind = column.entity_type();
        let codes = || statuses.iter().map(|s| &s.code);
        let from_here: Vec<&Rule> = set.enabled_rules().filter(|r| looks_at(r, &kind)).collect();
        let to_here: Vec<&Rule> = set
            .enabled_rules()
            .filter(|r| r.target_type() == kind && r.then.field.is_none())
            .collect();
        let is_reached = |code: &StatusCode| to_here.iter().any(|r| leads_to(set, r, code));
        let is_mapped = |code: &StatusCode| from_here.iter().any(|r| follows_from(r, &kind, code));
        let mut tell = |finding: FindingCode, left: Vec<&StatusCode>, words: &str| {
            if !left.is_empty() {
                let list = list_of_statuses(set, &kind, &left);
                let message = format!("{}: {list}.", words.replace("{}", &column.title()));
                findings.push(Finding::warning(finding, message, &[]).about(&kind, left));
            }
        };
        if from_here.is_empty() && !to_here.is_empty() {
            // The end of the line: here it matters what leads in. Elsewhere people set statuses, and that is no fault.
            let left = codes().filter(|code| !is_reached(code)).collect();
            tell(
                FindingCode::Unreachable,
                left,
                "No rule leads to these {} statuses, people set them",
            );
        } else if !from_here.is_empty() {
            let left = codes().filter(|code| !is_mapped(code)).collect();
            tell(FindingCode::Unmapped, left, "Nothing follows from these {} statuses");
            if !to_here.is_empty() {
                let left = codes().filter(|code| !is_mapped(code) && !is_reached(code)).collect();
                tell(
                    FindingCode::Dead,
                    left,
                    "And no rule leads to these {} statuses either, so the rules pass them by",
                );
            }
        }
    }
}

/// Whether a rule goes by the statuses of a type: those that it comes to, or those that it rolls up.
///
/// What it steps over or leaves out it has looked at too.
fn looks_at(rule: &Rule, kind: &EntityType) -> bool {
    let by_status = rule.when.entity == *kind && rule.when.on.contains(&Moment::Updated) && rule.when.field.is_none();
    by_status || rule.rolls_up().is_some_and(|(of, _)| of == kind)
}

fn follows_from(rule: &Rule, kind: &EntityType, code: &StatusCode) -> bool {
    let one = std::slice::from_ref(code);
    let by_status = rule.when.entity == *kind
        && rule.when.on.contains(&Moment::Updated)
        && rule.when.field.is_none()
        && covers(&rule.when.becomes, one);
    let stepped_over = matches!(&rule.then.set, Target::NextTasks(next) if kind.is(EntityType::TASK)
        && (next.through.contains(code) || next.when_all.contains(code)));
    match rule.rolls_up() {
        None => by_status || stepped_over,
        Some((of, roll_up)) if of == kind => {
            let named = |row: &RollUpRow| [&row.all, &row.any, &row.none].into_iter().any(|l| l.contains(code));
            roll_up.rows.is_empty() || roll_up.ignoring.contains(code) || roll_up.rows.iter().any(named)
        }
        Some(_) => by_status,
    }
}

fn leads_to(set: &RuleSet, rule: &Rule, code: &StatusCode) -> bool {
    match &rule.then.to {
        _ if rule.then.field.is_some() => false,
        Wanted::OneOf(codes) => codes.first() == Some(code),
        Wanted::Word(WantedWord::Same) => covers(&rule.when.becomes, std::slice::from_ref(code)),
        Wanted::Word(WantedWord::SameClass) => {
            let target = Column::of(set.statuses_of(&rule.target_type()));
            let class = target.class(code);
            class.is_some_and(|class| target.of_class(class).first() == Some(code))
        }
        Wanted::Word(WantedWord::Cleared) => false,
        Wanted::RollUp { roll_up } => {
            roll_up.rows.is_empty() || roll_up.rows.iter().any(|row| row.to.first() == Some(code))
        }
    }
}
