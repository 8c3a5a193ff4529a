//! What is wrong with a rule set, said before it goes live.

mod links;
mod rehearsal;
mod round_trips;
mod sites;
mod statuses;

use std::collections::{BTreeMap, BTreeSet};

use callboard_model::{EntityId, EntityType, RuleId, SiteName, StatusCode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::document::{Rule, RuleSet};
use crate::{ColumnName, classes};

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
    /// A rule names no status, or no value of a field, to set.
    EmptyTo,
    /// A rule sets what such an entity does not have: a Shot's Task.
    NoSuchTarget,
    /// A rule whose `when` or `if` can never hold.
    NeverFires,
    /// Two rules want different statuses for one entity, or different values of one of its fields, at the same moment.
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
    /// Statuses in the middle of the flow to which no rule leads and from which nothing follows.
    Dead,
    /// A status leads to one that leads back to another.
    RoundTrip,
    /// A rule names a class that there is not, or that no status of the column has.
    UnknownClass,
    /// A filter expression that cannot be read.
    BadFilter,
    /// The site has the status, and not for this type of entity.
    NotValid,
    /// A project hides a status that a rule names.
    Hidden,
    /// A newer Callboard wrote a part that this one does not know.
    NotUnderstood,
    /// The set lists a status that the site does not have.
    NotOnSite,
    /// A colour that is not `#rrggbb`.
    BadColor,
    /// There were too many cases to rehearse them all.
    Incomplete,
    /// A rule sets a field that no rule may set, or sets a field to what only statuses can be set to.
    BadField,
    /// A rule names a site that is not connected.
    UnknownSite,
    /// A rule sets on another site what no rule may set there, or its own site.
    BadElsewhere,
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
    /// The statuses it is about.
    pub statuses: Vec<StatusAt>,
}

/// A status in its column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StatusAt {
    /// The column.
    pub column: ColumnName,
    /// The code.
    pub code: StatusCode,
}

/// The statuses that a site has, by entity type, and those that its projects hide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteStatuses {
    valid: BTreeMap<ColumnName, BTreeSet<StatusCode>>,
    hidden: BTreeMap<ColumnName, BTreeMap<StatusCode, BTreeMap<EntityId, String>>>,
}

impl SiteStatuses {
    /// Adds the codes that are valid for an entity type.
    pub fn insert(&mut self, kind: &EntityType, codes: impl IntoIterator<Item = StatusCode>) {
        self.valid.entry(ColumnName::of(kind)).or_default().extend(codes);
    }

    /// Adds the codes that a project hides for an entity type. The name is the project's, for people.
    pub fn hide(
        &mut self,
        project: &EntityId,
        name: &str,
        kind: &EntityType,
        codes: impl IntoIterator<Item = StatusCode>,
    ) {
        let of_kind = self.hidden.entry(ColumnName::of(kind)).or_default();
        for code in codes {
            of_kind
                .entry(code)
                .or_default()
                .insert(project.clone(), name.to_owned());
        }
    }

    /// Whether the site has this status for this type; none where nothing is known of the type.
    #[must_use]
    pub fn has(&self, kind: &EntityType, code: &StatusCode) -> Option<bool> {
        self.valid.get(&ColumnName::of(kind)).map(|codes| codes.contains(code))
    }

    /// Whether a project hides this status for this type.
    #[must_use]
    pub fn is_hidden(&self, project: &EntityId, kind: &EntityType, code: &StatusCode) -> bool {
        let of_kind = self.hidden.get(&ColumnName::of(kind));
        of_kind
            .and_then(|codes| codes.get(code))
            .is_some_and(|projects| projects.contains_key(project))
    }

    /// The names of the projects that hide this status for this type.
    pub fn hidden_in(&self, kind: &EntityType, code: &StatusCode) -> impl Iterator<Item = &str> {
        let of_kind = self.hidden.get(&ColumnName::of(kind));
        let projects = of_kind.and_then(|codes| codes.get(code));
        projects.into_iter().flat_map(BTreeMap::values).map(String::as_str)
    }

    /// The types of other entities for which the site has this status.
    pub fn types_with(&self, code: &StatusCode) -> impl Iterator<Item = EntityType> {
        let with = self.valid.iter().filter(move |(_, codes)| codes.contains(code));
        with.map(|(column, _)| column.entity_type())
    }
}

/// A site that a rule set is held against; without a name, it stands for every site that a rule may name.
pub(crate) type Known<'a> = (Option<&'a SiteName>, &'a SiteStatuses);

/// What is wrong with a rule set, errors first. With `site`, its statuses are held against those that the site has.
#[must_use]
pub fn check(set: &RuleSet, site: Option<&SiteStatuses>) -> Vec<Finding> {
    let sites: Vec<Known<'_>> = site.map(|statuses| (None, statuses)).into_iter().collect();
    check_all(set, &sites)
}

/// What is wrong with a rule set, errors first, where these sites are connected: each rule is held against the statuses of
/// those sites where it is asked, or where it sets something. Of a site without statuses, none is known yet.
#[must_use]
pub fn check_at(set: &RuleSet, sites: &[(SiteName, SiteStatuses)]) -> Vec<Finding> {
    let sites: Vec<Known<'_>> = sites.iter().map(|(name, statuses)| (Some(name), statuses)).collect();
    check_all(set, &sites)
}

fn check_all(set: &RuleSet, sites: &[Known<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for part in set.not_understood() {
        let message = format!("A newer Callboard wrote {part}, which this one does not know: it cannot go live here.");
        findings.push(Finding::error(FindingCode::NotUnderstood, message, &[]));
    }
    sites::check(set, sites, &mut findings);
    statuses::check(set, sites, &mut findings);
    // From here on, `@done` and its like stand for the statuses they mean.
    let spelt_out = classes::spelt_out_set(set);
    links::check(&spelt_out, &mut findings);
    rehearsal::check(&spelt_out, &mut findings);
    round_trips::check(&spelt_out, &mut findings);
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
            statuses: Vec::new(),
        }
    }

    fn about<'a>(self, kind: &EntityType, codes: impl IntoIterator<Item = &'a StatusCode>) -> Self {
        self.at(&ColumnName::of(kind), codes)
    }

    fn at<'a>(mut self, column: &ColumnName, codes: impl IntoIterator<Item = &'a StatusCode>) -> Self {
        let at = |code: &StatusCode| StatusAt {
            column: column.clone(),
            code: code.clone(),
        };
        self.statuses.extend(codes.into_iter().map(at));
        self
    }
}

/// `Client Note (note)`; the bare code where the set has no such status.
fn status_words(set: &RuleSet, kind: &EntityType, code: &StatusCode) -> String {
    set.status(kind, code)
        .map_or_else(|| code.to_string(), |s| format!("{} ({code})", s.name))
}

fn list_of_statuses(set: &RuleSet, kind: &EntityType, codes: &[&StatusCode]) -> String {
    let words: Vec<String> = codes.iter().map(|code| status_words(set, kind, code)).collect();
    words.join(", ")
}
