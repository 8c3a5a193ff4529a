//! From one column to another and back: a round trip that ends elsewhere drifts a little further every time.

use super::{Finding, FindingCode, status_words};
use crate::document::{Moment, Rule, RuleSet, Wanted};
use crate::sentence::with_article;

pub(super) fn check(set: &RuleSet, findings: &mut Vec<Finding>) {
    let maps: Vec<&Rule> = set.enabled_rules().filter(|r| is_map(r)).collect();
    for there in &maps {
        for back in maps.iter().filter(|back| is_way_back(there, back)) {
            if let Some(finding) = drift(set, there, back)
                && !findings.iter().any(|f| says_it_already(f, there, back))
            {
                findings.push(finding);
            }
        }
    }
}

/// Whether a rule leads from a status to a status.
fn is_map(rule: &Rule) -> bool {
    let by_status = rule.when.on.contains(&Moment::Updated) && rule.when.field.is_none();
    by_status && rule.elsewhere().is_none() && rule.then.field.is_none() && matches!(rule.then.to, Wanted::OneOf(_))
}

fn is_way_back(there: &Rule, back: &Rule) -> bool {
    let one_site = there.when.site.is_none() || back.when.site.is_none() || there.when.site == back.when.site;
    one_site
        && there.when.entity != there.target_type()
        && back.when.entity == there.target_type()
        && back.target_type() == there.when.entity
}

/// The first status that does not come back to itself.
fn drift(set: &RuleSet, there: &Rule, back: &Rule) -> Option<Finding> {
    let (Wanted::OneOf(to), Wanted::OneOf(home)) = (&there.then.to, &back.then.to) else {
        return None;
    };
    let (far, near) = (to.first()?, home.first()?);
    if !back.when.becomes.contains(far) {
        return None;
    }
    let from = there.when.becomes.iter().find(|code| !home.contains(code))?;
    let (subject, target) = (&there.when.entity, &back.when.entity);
    let message = format!(
        "{} that becomes {} makes its {target} {}, and {} that becomes {} makes its {subject} {}.",
        capital(&with_article(subject.as_str())),
        status_words(set, subject, from),
        status_words(set, target, far),
        with_article(target.as_str()),
        status_words(set, target, far),
        status_words(set, subject, near),
    );
    let finding = Finding::warning(FindingCode::RoundTrip, message, &[there, back]);
    Some(finding.about(subject, [from, near]).about(target, [far]))
}

/// A cycle through both rules says it louder.
fn says_it_already(finding: &Finding, there: &Rule, back: &Rule) -> bool {
    finding.code == FindingCode::Cycle && finding.rules.contains(&there.id) && finding.rules.contains(&back.id)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
