//! Rules that set something on another site. Where it happens, a plan hands over what is to be found there; there, an event
//! that names the rule has it set.

use std::fmt;

use callboard_model::{Event, Road, RuleId, SiteName};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{Condition, Conditions, Moment, Rule, Target, Wanted, WantedWord, When};

/// What the event is called by which a rule arrives on another site.
pub const ARRIVAL: &str = "Callboard_Elsewhere";

/// What an event says by which a rule arrives on another site, as the event's new value: the rule, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// Always `Rule`, so that the value reads like a link to one.
    #[serde(rename = "type")]
    kind: String,
    /// The rule.
    #[serde(rename = "id")]
    pub rule: RuleId,
    /// Its name.
    pub name: String,
    /// The sites that it came through, the first before the others.
    pub through: Vec<SiteName>,
    /// The event that it comes from, by its number in the journal.
    pub from: i64,
}

impl Arrival {
    /// A rule that comes from an event of the last of these sites.
    #[must_use]
    pub fn new(rule: RuleId, name: String, through: Vec<SiteName>, from: i64) -> Self {
        Self {
            kind: "Rule".to_owned(),
            rule,
            name,
            through,
            from,
        }
    }

    /// What an event says, where it is one by which a rule arrives. What a site sends under the same name is none.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        if event.event_type != ARRIVAL || event.road != Road::Hand {
            return None;
        }
        serde_json::from_value(event.new.clone()?).ok()
    }

    /// The event's new value.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::json!(self)
    }
}

/// The rule as it arrives: an event that names it has the entity set. What it asks of the entity that moved was asked before.
/// None where it sets nothing elsewhere, or cannot.
pub(crate) fn arriving(rule: &Rule) -> Option<Rule> {
    let there = rule.elsewhere().filter(|_| fault(rule).is_none())?;
    let of_target = |asked: &Condition| Condition {
        target_is: asked.target_is.clone(),
        target_is_not: asked.target_is_not.clone(),
        target_field_is: asked.target_field_is.clone(),
        target_field_is_not: asked.target_field_is_not.clone(),
        never_backwards: asked.never_backwards,
        ..Condition::default()
    };
    let conditions = match rule.conditions.alternatives() {
        [only] => Conditions::All(of_target(only)),
        _ => Conditions::default(),
    };
    let mut arriving = Rule {
        when: When {
            site: Some(there.site.clone()),
            entity: there.kind.clone(),
            on: vec![Moment::Custom],
            field: None,
            event_type: vec![ARRIVAL.to_owned()],
            becomes: Vec::new(),
            from: Vec::new(),
        },
        conditions,
        ..rule.clone()
    };
    arriving.then.set = Target::Itself;
    Some(arriving)
}

fn asks_of_target(condition: &Condition) -> bool {
    condition.never_backwards
        || !condition.target_is.is_empty()
        || !condition.target_is_not.is_empty()
        || !condition.target_field_is.is_empty()
        || !condition.target_field_is_not.is_empty()
}

/// Why a rule cannot set what it names on another site. Its text goes on from the rule's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault<'a> {
    NoSite,
    OwnSite(&'a SiteName),
    Field(&'a str),
    /// What is wanted hangs on what cannot be seen from there, in this word.
    Wanted(&'static str),
    EmptyField,
    Alternatives,
}

/// What is wrong with a rule that sets something on another site. None where it sets nothing there.
pub(crate) fn fault(rule: &Rule) -> Option<Fault<'_>> {
    let there = rule.elsewhere()?;
    let is_empty = |field: &Option<String>| field.as_ref().is_some_and(|field| field.trim().is_empty());
    let alternatives = rule.conditions.alternatives();
    if there.site.as_str().is_empty() {
        return Some(Fault::NoSite);
    }
    if rule.when.site.as_ref() == Some(&there.site) {
        return Some(Fault::OwnSite(&there.site));
    }
    if let Some(field) = &rule.then.field {
        return Some(Fault::Field(field));
    }
    match &rule.then.to {
        Wanted::Word(WantedWord::Same) => return Some(Fault::Wanted("the same status")),
        Wanted::Word(WantedWord::SameClass) => return Some(Fault::Wanted("the same class")),
        Wanted::RollUp { .. } => return Some(Fault::Wanted("what it rolls up to")),
        Wanted::OneOf(_) | Wanted::Word(WantedWord::Cleared) => {}
    }
    if is_empty(&there.find_by) || is_empty(&there.key) {
        return Some(Fault::EmptyField);
    }
    (alternatives.len() > 1 && alternatives.iter().any(asks_of_target)).then_some(Fault::Alternatives)
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSite => write!(
                f,
                "sets something on another site and does not name the site; write its name as Sites shows it"
            ),
            Self::OwnSite(site) => write!(
                f,
                "is about {site} and sets something elsewhere on {site} too; choose another site, or what hangs together with the entity that moved"
            ),
            Self::Field(field) => write!(
                f,
                "sets the field \"{field}\" on another site, and only the status is set there; leave \"field\" out"
            ),
            Self::Wanted(what) => write!(
                f,
                "sets something on another site to {what}, and another site has statuses of its own; name the statuses, or write \"cleared\""
            ),
            Self::EmptyField => write!(
                f,
                "finds the entity on another site by a field without a name; write the site's name of the field, or leave it out to go by the name"
            ),
            Self::Alternatives => write!(
                f,
                "sets something on another site under several conditions of which some ask how it stands there; make a rule of each of them"
            ),
        }
    }
}
