//! The statuses that a set lists and those that its rules name.

use std::collections::{BTreeMap, HashSet};

use callboard_model::{EntityType, StatusCode};

use super::{Finding, FindingCode, SiteStatuses, status_words};
use crate::document::{Rule, RuleSet};

pub(super) fn check(set: &RuleSet, site: Option<&SiteStatuses>, findings: &mut Vec<Finding>) {
    for (column, statuses) in &set.statuses {
        let mut seen = HashSet::new();
        for status in statuses {
            let said = format!("{} ({})", status.name, status.code);
            if !seen.insert(&status.code) {
                let message = format!("The {} statuses list the code {} twice.", column.title(), status.code);
                findings.push(Finding::error(FindingCode::DuplicateStatus, message, &[]));
            }
            if !is_color(&status.color) {
                let message = format!(
                    "The {} status {said} has the colour \"{}\"; a colour is written #rrggbb.",
                    column.title(),
                    status.color
                );
                findings.push(Finding::warning(FindingCode::BadColor, message, &[]));
            }
            if site.and_then(|s| s.has(&column.entity_type(), &status.code)) == Some(false) {
                let message = format!("The site has no {} status {said}.", column.title());
                findings.push(Finding::warning(FindingCode::NotOnSite, message, &[]));
            }
        }
    }
    for (kind, code, rules) in named(set) {
        let word = status_words(set, &kind, &code);
        if set.status(&kind, &code).is_none() {
            let message = format!("{} not in the list of {kind} statuses: {code}.", names_it(&rules));
            findings.push(Finding::error(FindingCode::UnknownStatus, message, &rules));
        } else if site.and_then(|s| s.has(&kind, &code)) == Some(false) {
            let message = format!("{} that the site does not have for {kind}: {word}.", names_it(&rules));
            findings.push(Finding::error(FindingCode::UnknownStatus, message, &rules));
        }
    }
}

fn names_it(rules: &[&Rule]) -> String {
    match rules {
        [only] => format!("The rule \"{}\" names a status", only.name),
        several => format!("{} rules name a status", several.len()),
    }
}

/// Every status that a rule names, with the rules that do, in the order of the document.
fn named(set: &RuleSet) -> Vec<(EntityType, StatusCode, Vec<&Rule>)> {
    let mut places = BTreeMap::new();
    let mut found: Vec<(EntityType, StatusCode, Vec<&Rule>)> = Vec::new();
    for rule in set.enabled_rules() {
        let subject = &rule.when.entity;
        let target = rule.target_type();
        let of_subject = rule
            .when
            .becomes
            .iter()
            .chain(&rule.when.from)
            .map(|code| (subject, code));
        let wanted = rule.wanted_codes();
        let asked = rule
            .conditions
            .alternatives()
            .iter()
            .flat_map(|c| c.target_is.iter().chain(&c.target_is_not));
        let of_target = wanted.iter().chain(asked).map(|code| (&target, code));
        for (kind, code) in of_subject.chain(of_target) {
            let place = *places.entry((kind.clone(), code.clone())).or_insert_with(|| {
                found.push((kind.clone(), code.clone(), Vec::new()));
                found.len() - 1
            });
            if let Some((_, _, rules)) = found.get_mut(place)
                && !rules.iter().any(|r| r.id == rule.id)
            {
                rules.push(rule);
            }
        }
    }
    found
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
