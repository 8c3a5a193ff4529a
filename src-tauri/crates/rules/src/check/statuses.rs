//! The statuses that a set lists and those that its rules name.

use std::collections::{BTreeMap, HashSet};

use callboard_model::{EntityType, SiteName, StatusCode};

use super::{Finding, FindingCode, Known, Level, SiteStatuses, status_words};
use crate::classes::{self, NO_STATUS};
use crate::document::{Rule, RuleSet, Status, Target, Wanted};

pub(super) fn check(set: &RuleSet, sites: &[Known<'_>], findings: &mut Vec<Finding>) {
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
            let kind = column.entity_type();
            let mut had = sites
                .iter()
                .filter_map(|(_, site)| site.has(&kind, &status.code))
                .peekable();
            if had.peek().is_some() && !had.any(|has| has) {
                let who = if sites.len() > 1 {
                    "No site has a"
                } else {
                    "The site has no"
                };
                let message = format!("{who} {} status {said}.", column.title());
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
    for one in &named(set) {
        check_named(set, sites, one, findings);
    }
}

fn check_named(set: &RuleSet, sites: &[Known<'_>], named: &Named<'_>, findings: &mut Vec<Finding>) {
    let Named { kind, code, is_set, .. } = named;
    let rules = &named.rules(None);
    let finding = |code, message| Finding::error(code, message, rules);
    if let Some(class) = classes::class_named(code) {
        let is_none = code.as_str() == NO_STATUS;
        let nothing = class.is_some_and(|class| set.statuses_of(kind).iter().all(|s| s.class != Some(class)));
        let message = match class {
            None if is_none && *is_set => format!(
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
    if set.status(kind, code).is_none() {
        let message = format!(
            "{} not in the list of {kind} statuses: {code}.",
            names_it(rules, "names a status")
        );
        findings.push(finding(FindingCode::UnknownStatus, message).about(kind, [code]));
        return;
    }
    for (name, site) in sites {
        let rules = named.rules(*name);
        if rules.is_empty() {
            continue;
        }
        // Of several sites, one that lacks it is no fault of a rule that is about another just as well.
        let others = sites.iter().filter(|(other, _)| other != name);
        let is_elsewhere = others
            .map(|(_, site)| site)
            .any(|other| other.has(kind, code) == Some(true));
        let called = name.filter(|_| sites.len() > 1);
        check_on_site(set, (called, site), named, &rules, is_elsewhere, findings);
    }
}

/// A status that rules name, held against a site where they do; that site's name, where there are several.
fn check_on_site(
    set: &RuleSet,
    (called, site): (Option<&SiteName>, &SiteStatuses),
    named: &Named<'_>,
    rules: &[&Rule],
    is_elsewhere: bool,
    findings: &mut Vec<Finding>,
) {
    let Named { kind, code, .. } = named;
    let word = status_words(set, kind, code);
    let the_site = called.map_or_else(|| "the site".to_owned(), ToString::to_string);
    if site.has(kind, code) == Some(false) {
        let level = if is_elsewhere
            && rules
                .iter()
                .all(|rule| rule.when.site.is_none() && rule.elsewhere().is_none())
        {
            Level::Warning
        } else {
            Level::Error
        };
        let others: Vec<String> = site.types_with(code).map(|k| k.to_string()).collect();
        let (found, message) = if others.is_empty() {
            let message = format!(
                "{} that {the_site} does not have for {kind}: {word}.",
                names_it(rules, "names a status")
            );
            (FindingCode::UnknownStatus, message)
        } else {
            let message = format!(
                "{} that {the_site} has for {}, not for {kind}: {word}.",
                names_it(rules, "names a status"),
                others.join(" and ")
            );
            (FindingCode::NotValid, message)
        };
        findings.push(Finding::new(level, found, message, rules).about(kind, [code]));
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
    /// The rules, each with the site on which it does; none: on any.
    by: Vec<(&'a Rule, Option<&'a SiteName>)>,
    /// Whether a rule would set it.
    is_set: bool,
}

impl<'a> Named<'a> {
    /// The rules that name it on a site; none: on any.
    fn rules(&self, site: Option<&SiteName>) -> Vec<&'a Rule> {
        let mut rules: Vec<&Rule> = Vec::new();
        for (rule, at) in &self.by {
            let is_there = site.is_none() || at.is_none() || *at == site;
            if is_there && !rules.iter().any(|r| r.id == rule.id) {
                rules.push(rule);
            }
        }
        rules
    }
}

/// Every status that a rule names, with the rules that do, in the order of the document.
fn named(set: &RuleSet) -> Vec<Named<'_>> {
    let mut places = BTreeMap::new();
    let mut found: Vec<Named<'_>> = Vec::new();
    for rule in set.enabled_rules() {
        for Spoken {
            kind,
            code,
            is_set,
            is_target,
        } in codes_of(rule)
        {
            let there = rule.elsewhere().filter(|_| is_target).map(|there| &there.site);
            let at = there.or(rule.when.site.as_ref());
            let place = *places.entry((kind.clone(), code.clone())).or_insert_with(|| {
                found.push(Named {
                    kind: kind.clone(),
                    code: code.clone(),
                    by: Vec::new(),
                    is_set,
                });
                found.len() - 1
            });
            if let Some(named) = found.get_mut(place) {
                named.is_set |= is_set;
                named.by.push((rule, at));
            }
        }
    }
    found
}

/// A status as one place of a rule names it.
struct Spoken<'a> {
    /// The type of entity that it would be a status of.
    kind: EntityType,
    code: &'a StatusCode,
    is_set: bool,
    /// Whether it is one of what the rule sets, which may stand on another site.
    is_target: bool,
}

/// Every status that a rule names.
fn codes_of(rule: &Rule) -> Vec<Spoken<'_>> {
    let subject = &rule.when.entity;
    let target = rule.target_type();
    let mut codes: Vec<Spoken<'_>> = Vec::new();
    let asked = |kind: &EntityType, code| Spoken {
        kind: kind.clone(),
        code,
        is_set: false,
        is_target: false,
    };
    let of_target = |code, is_set| Spoken {
        kind: target.clone(),
        code,
        is_set,
        is_target: true,
    };
    let when = [&rule.when.becomes, &rule.when.from];
    // The values of another field are no statuses.
    let of_subject = when.into_iter().filter(|_| rule.when.field.is_none());
    codes.extend(of_subject.flatten().map(|code| asked(subject, code)));
    for condition in rule.conditions.alternatives() {
        let own = condition.status_is.iter().chain(&condition.status_is_not);
        codes.extend(own.map(|code| asked(subject, code)));
        let targets = condition.target_is.iter().chain(&condition.target_is_not);
        codes.extend(targets.map(|code| of_target(code, false)));
        if let Some(siblings) = &condition.siblings {
            let kind = siblings.kind(subject);
            let lists = [&siblings.all, &siblings.any, &siblings.none, &siblings.ignoring];
            codes.extend(lists.into_iter().flatten().map(|code| asked(&kind, code)));
        }
    }
    if let Target::NextTasks(next) = &rule.then.set {
        let lists = next.when_all.iter().chain(&next.through);
        codes.extend(lists.map(|code| of_target(code, false)));
    }
    if let Some((kind, roll_up)) = rule.rolls_up() {
        codes.extend(roll_up.ignoring.iter().map(|code| asked(kind, code)));
        for row in &roll_up.rows {
            let lists = [&row.all, &row.any, &row.none].into_iter().flatten();
            codes.extend(lists.map(|code| asked(kind, code)));
        }
    }
    let is_field = rule.when.field.is_some();
    let wanted = rule.wanted_codes().into_iter();
    // The same code as another field's value is whatever comes.
    let wanted = wanted.filter(|_| !(is_field && matches!(rule.then.to, Wanted::Word(_))));
    codes.extend(wanted.map(|code| of_target(code, true)));
    codes
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
