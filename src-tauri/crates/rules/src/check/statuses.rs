//! The statuses that a set lists and those that its rules name.

use std::collections::{BTreeMap, HashSet};

use callboard_model::{EntityType, StatusCode};

use super::{Finding, FindingCode, SiteStatuses, status_words};
use crate::classes::{self, NO_STATUS};
use crate::document::{Rule, RuleSet, Status, Target, Wanted};

pub(super) fn check(set: &RuleSet, site: Option<&SiteStatuses>, findings: &mut Vec<Finding>) {
    for (column, statuses) in &set.statuses {
        let mut seen = HashSet::new();
        for status in statuses {
            let said = format!("{} ({})", status.name, status.code);
            if !seen.insert(&status.code) {
                let message = format!("The {} statuses list the code {} twice.", column.title(), status.code);
                findings.push(Finding::error(FindingCode::DuplicateStatus, message, &[]).at(column, [&status.code]));
            }
            if !is_color(&status.color) {
                let message = format!(
                    "The {} status {said} has the colour \"{}\"; a colour is written #rrggbb.",
                    column.title(),
                    status.color
                );
                findings.push(Finding::warning(FindingCode::BadColor, message, &[]).at(column, [&status.code]));
            }
            if site.and_then(|s| s.has(&column.entity_type(), &status.code)) == Some(false) {
                let message = format!("The site has no {} status {said}.", column.title());
                findings.push(Finding::warning(FindingCode::NotOnSite, message, &[]).at(column, [&status.code]));
            }
        }
    }
    for (name, look) in &set.groups {
        if !is_color(&look.color) {
            let message = format!(
                "The group \"{name}\" has the colour \"{}\"; a colour is written #rrggbb.",
                look.color
            );
            let in_group = |status: &&Status| status.group == *name;
            let finding = Finding::warning(FindingCode::BadColor, message, &[]);
            findings.push(set.statuses.iter().fold(finding, |finding, (column, statuses)| {
                finding.at(column, statuses.iter().filter(in_group).map(|status| &status.code))
            }));
        }
    }
    for Named {
        kind,
        code,
        rules,
        is_set,
    } in named(set)
    {
        check_named(set, site, (&kind, &code), &rules, is_set, findings);
    }
}

fn check_named(
    set: &RuleSet,
    site: Option<&SiteStatuses>,
    (kind, code): (&EntityType, &StatusCode),
    rules: &[&Rule],
    is_set: bool,
    findings: &mut Vec<Finding>,
) {
    let finding = |code, message| Finding::error(code, message, rules);
    if let Some(class) = classes::class_named(code) {
        let is_none = code.as_str() == NO_STATUS;
        let nothing = class.is_some_and(|class| set.statuses_of(kind).iter().all(|s| s.class != Some(class)));
        let message = match class {
            None if is_none && is_set => format!(
                "{} \"@none\" to be set; to clear a status, write \"cleared\".",
                names_it(rules, "names")
            ),
            None if is_none => return,
            None => format!(
                "{} the class {code}, and there is no such class.",
                names_it(rules, "names")
            ),
            Some(_) if nothing => format!(
                "{} the class {code}, and no {kind} status has that class.",
                names_it(rules, "names")
            ),
            Some(_) => return,
        };
        findings.push(finding(FindingCode::UnknownClass, message));
        return;
    }
    let word = status_words(set, kind, code);
    if set.status(kind, code).is_none() {
        let message = format!(
            "{} not in the list of {kind} statuses: {code}.",
            names_it(rules, "names a status")
        );
        findings.push(finding(FindingCode::UnknownStatus, message).about(kind, [code]));
        return;
    }
    let Some(site) = site else { return };
    if site.has(kind, code) == Some(false) {
        let others: Vec<String> = site.types_with(code).map(|k| k.to_string()).collect();
        let found = if others.is_empty() {
            let message = format!(
                "{} that the site does not have for {kind}: {word}.",
                names_it(rules, "names a status")
            );
            finding(FindingCode::UnknownStatus, message)
        } else {
            let message = format!(
                "{} that the site has for {}, not for {kind}: {word}.",
                names_it(rules, "names a status"),
                others.join(" and ")
            );
            finding(FindingCode::NotValid, message)
        };
        findings.push(found.about(kind, [code]));
    }
    let hidden: Vec<&str> = site.hidden_in(kind, code).collect();
    if !hidden.is_empty() {
        let message = format!(
            "{} that {} hides for {kind}: {word}. It is not set there.",
            names_it(rules, "names a status"),
            hidden.join(" and ")
        );
        findings.push(Finding::warning(FindingCode::Hidden, message, rules).about(kind, [code]));
    }
}

fn names_it(rules: &[&Rule], what: &str) -> String {
    match rules {
        [only] => format!("The rule \"{}\" {what}", only.name),
        several => format!("{} rules {}", several.len(), what.replacen("names", "name", 1)),
    }
}

/// A status that rules name.
struct Named<'a> {
    kind: EntityType,
    code: StatusCode,
    rules: Vec<&'a Rule>,
    /// Whether a rule would set it.
    is_set: bool,
}

/// Every status that a rule names, with the rules that do, in the order of the document.
fn named(set: &RuleSet) -> Vec<Named<'_>> {
    let mut places = BTreeMap::new();
    let mut found: Vec<Named<'_>> = Vec::new();
    for rule in set.enabled_rules() {
        for (kind, code, is_set) in codes_of(rule) {
            let place = *places.entry((kind.clone(), code.clone())).or_insert_with(|| {
                found.push(Named {
                    kind: kind.clone(),
                    code: code.clone(),
                    rules: Vec::new(),
                    is_set,
                });
                found.len() - 1
            });
            if let Some(named) = found.get_mut(place) {
                named.is_set |= is_set;
                if !named.rules.iter().any(|r| r.id == rule.id) {
                    named.rules.push(rule);
                }
            }
        }
    }
    found
}

/// Every status that a rule names, with the type of entity it would be a status of, and whether it would be set.
fn codes_of(rule: &Rule) -> Vec<(EntityType, &StatusCode, bool)> {
    let subject = &rule.when.entity;
    let target = rule.target_type();
    let mut codes: Vec<(EntityType, &StatusCode, bool)> = Vec::new();
    let when = [&rule.when.becomes, &rule.when.from];
    // The values of another field are no statuses.
    let of_subject = when.into_iter().filter(|_| rule.when.field.is_none());
    codes.extend(of_subject.flatten().map(|code| (subject.clone(), code, false)));
    for condition in rule.conditions.alternatives() {
        let own = condition.status_is.iter().chain(&condition.status_is_not);
        codes.extend(own.map(|code| (subject.clone(), code, false)));
        let of_target = condition.target_is.iter().chain(&condition.target_is_not);
        codes.extend(of_target.map(|code| (target.clone(), code, false)));
        if let Some(siblings) = &condition.siblings {
            let kind = siblings.kind(subject);
            let lists = [&siblings.all, &siblings.any, &siblings.none, &siblings.ignoring];
            codes.extend(lists.into_iter().flatten().map(|code| (kind.clone(), code, false)));
        }
    }
    if let Target::NextTasks(next) = &rule.then.set {
        let asked = next.when_all.iter().chain(&next.through);
        codes.extend(asked.map(|code| (target.clone(), code, false)));
    }
    if let Some((kind, roll_up)) = rule.rolls_up() {
        codes.extend(roll_up.ignoring.iter().map(|code| (kind.clone(), code, false)));
        for row in &roll_up.rows {
            let asked = [&row.all, &row.any, &row.none].into_iter().flatten();
            codes.extend(asked.map(|code| (kind.clone(), code, false)));
        }
    }
    let is_field = rule.when.field.is_some();
    let wanted = rule.wanted_codes().into_iter();
    // The same code as another field's value is whatever comes.
    let wanted = wanted.filter(|_| !(is_field && matches!(rule.then.to, Wanted::Word(_))));
    codes.extend(wanted.map(|code| (target.clone(), code, true)));
    codes
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
