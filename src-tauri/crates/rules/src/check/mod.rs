//! What is wrong with a rule set, said before it goes live.

mod links;
mod rehearsal;
mod statuses;

use std::collections::{BTreeMap, BTreeSet};

use callboard_model::{EntityType, RuleId, StatusCode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ColumnName;
use crate::document::{Rule, RuleSet};

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Level {
    /// The rule set must not go live.
    Error,
    /// Worth a look.
    Warning,
}

/// What kind of finding it is, for whoever acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum FindingCode {
    /// A rule names a status that its column, or the site, does not have.
    UnknownStatus,
    /// A column has one code twice.
    DuplicateStatus,
    /// Two rules have one id.
    DuplicateRule,
    /// A rule names no status to set.
    EmptyTo,
    /// A rule sets what such an entity does not have: a Shot's Task.
    NoSuchTarget,
    /// A rule whose `when` or `if` can never hold.
    NeverFires,
    /// Two rules want different statuses for one entity at the same moment.
    Fighting,
    /// The rules lead back to where they began, with another status.
    Cycle,
    /// Another rule does all that this one does.
    Shadowed,
    /// Two rules draw the same link.
    DuplicateLink,
    /// Statuses from which nothing follows.
    Unmapped,
    /// Statuses to which no rule leads.
    Unreachable,
    /// No rule is switched on.
    NoRules,
    /// The set lists a status that the site does not have.
    NotOnSite,
    /// A colour that is not `#rrggbb`.
    BadColor,
    /// There were too many cases to rehearse them all.
    Incomplete,
}

/// Something that a rule set's author should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Finding {
    /// How grave it is.
    pub level: Level,
    /// What kind it is.
    pub code: FindingCode,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The rules it is about; empty when it is about the set.
    pub rules: Vec<RuleId>,
}

/// The statuses that a site has, by entity type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteStatuses(BTreeMap<ColumnName, BTreeSet<StatusCode>>);

impl SiteStatuses {
    /// Adds the codes that are valid for an entity type.
    pub fn insert(&mut self, kind: &EntityType, codes: impl IntoIterator<Item = StatusCode>) {
        self.0.entry(ColumnName::of(kind)).or_default().extend(codes);
    }

    /// Whether the site has this status for this type; none where nothing is known of the type.
    #[must_use]
    pub fn has(&self, kind: &EntityType, code: &StatusCode) -> Option<bool> {
        self.0.get(&ColumnName::of(kind)).map(|codes| codes.contains(code))
    }
}

/// What is wrong with a rule set, errors first. With `site`, its statuses are held against those that the site has.
#[must_use]
pub fn check(set: &RuleSet, site: Option<&SiteStatuses>) -> Vec<Finding> {
    let mut findings = Vec::new();
    statuses::check(set, site, &mut findings);
    links::check(set, &mut findings);
    rehearsal::check(set, &mut findings);
    findings.sort_by_key(|finding| finding.level);
    findings
}

impl Finding {
    fn error(code: FindingCode, message: impl Into<String>, rules: &[&Rule]) -> Self {
        Self::new(Level::Error, code, message, rules)
    }

    fn warning(code: FindingCode, message: impl Into<String>, rules: &[&Rule]) -> Self {
        Self::new(Level::Warning, code, message, rules)
    }

    fn new(level: Level, code: FindingCode, message: impl Into<String>, rules: &[&Rule]) -> Self {
        let rules = rules.iter().map(|r| r.id.clone()).collect();
        Self {
            level,
            code,
            message: message.into(),
            rules,
        }
    }
}

/// `Client Note (note)`; the bare code where the set has no such status.
fn status_words(set: &RuleSet, kind: &EntityType, code: &StatusCode) -> String {
    set.status(kind, code)
        .map_or_else(|| code.to_string(), |s| format!("{} ({code})", s.name))
}

fn list_of_statuses(set: &RuleSet, kind: &EntityType, codes: &[StatusCode]) -> String {
    let words: Vec<String> = codes.iter().map(|code| status_words(set, kind, code)).collect();
    words.join(", ")
}
