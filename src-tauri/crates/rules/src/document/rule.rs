//! A rule: when something happens, and if conditions hold, then set something.

use callboard_model::{EntityType, RuleId, SiteName, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Conditions, Elsewhere, RollUp, Target, Then, Wanted, WantedWord};

/// When something happens, and if the conditions hold, then set a status or another field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Rule {
    /// Stands on every change that the rule causes; the same through all revisions.
    pub id: RuleId,
    /// A short name for people.
    pub name: String,
    /// Whether it counts. A rule that is switched off stays in the document and in the picture.
    #[serde(default = "switched_on", skip_serializing_if = "Clone::clone")]
    #[ts(as = "Option<bool>", optional)]
    pub enabled: bool,
    /// Why it is there, for the next person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub note: Option<String>,
    /// What must happen.
    pub when: When,
    /// What must hold: one condition, or a list of which any may hold. Left out: always.
    #[serde(default, rename = "if", skip_serializing_if = "Conditions::is_empty")]
    #[ts(as = "Option<Conditions>", optional)]
    pub conditions: Conditions,
    /// What is then set.
    pub then: Then,
    /// The most entities that it may set for one event; wanting more sets it aside. Left out: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub limit: Option<u32>,
}

/// What must happen for a rule to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct When {
    /// On which site, by its name in the settings. Left out: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub site: Option<SiteName>,
    /// To which type of entity: `Version`, `Task`, `Shot`, `Asset`, `Sequence` … any that the site has.
    pub entity: EntityType,
    /// Its status was changed, or it was made … Left out: its status was changed.
    #[serde(default = "updated_only", skip_serializing_if = "is_updated_only")]
    #[ts(as = "Option<Vec<Moment>>", optional)]
    pub on: Vec<Moment>,
    /// The field whose change is meant, by the site's name for it. Left out: the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    /// The tracker's own name of the event is one of these: `Shotgun_Version_Change`, a custom event. Left out: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<String>>", optional)]
    pub event_type: Vec<String>,
    /// The status, or the field, became one of these; where it was not changed: it is one of these now. Left out: whatever it
    /// is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub becomes: Vec<StatusCode>,
    /// The status, or the field, was one of these before. Left out: whatever it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<StatusCode>>", optional)]
    pub from: Vec<StatusCode>,
}

/// A moment in an entity's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Moment {
    /// Its status changed, or the field that the rule names.
    Updated,
    /// It was made.
    Created,
    /// It was put in the trash.
    Deleted,
    /// It was taken out of the trash.
    Revived,
    /// A note about it was written.
    NoteAdded,
    /// An event of the tracker that is none of these.
    Custom,
}

impl Rule {
    /// The most entities that a rule may set for one event, where it names no limit of its own.
    pub const LIMIT: u32 = 100;

    /// The entity type whose status it sets.
    #[must_use]
    pub fn target_type(&self) -> EntityType {
        match &self.then.set {
            Target::Itself => self.when.entity.clone(),
            Target::Task | Target::TasksOfShot(_) | Target::NextTasks(_) => EntityType::from(EntityType::TASK),
            Target::Shot => EntityType::from(EntityType::SHOT),
            Target::Versions(_) => EntityType::from(EntityType::VERSION),
            Target::Parent(kind) => kind.clone(),
            Target::Children(which) => which.kind.clone(),
            Target::Elsewhere(there) => there.kind.clone(),
        }
    }

    /// What it sets on another site; none where it sets something on the site where it happened.
    #[must_use]
    pub fn elsewhere(&self) -> Option<&Elsewhere> {
        match &self.then.set {
            Target::Elsewhere(there) => Some(there),
            _ => None,
        }
    }

    /// Whether it has anything to do on a site: it may be asked about what happens there, or sets something there.
    #[must_use]
    pub fn concerns(&self, site: &SiteName) -> bool {
        self.when.site.as_ref().is_none_or(|named| named == site)
            || self.elsewhere().is_some_and(|there| there.site == *site)
    }

    /// The entity type whose statuses a roll-up looks at; none where it wants something else.
    #[must_use]
    pub fn rolls_up(&self) -> Option<(&EntityType, &RollUp)> {
        match &self.then.to {
            Wanted::RollUp { roll_up } => Some((roll_up.of.as_ref().unwrap_or(&self.when.entity), roll_up)),
            Wanted::OneOf(_) | Wanted::Word(_) => None,
        }
    }

    /// Every status that it may set or accept, where the document says so: what it names, or for `same` what it was asked with.
    #[must_use]
    pub fn wanted_codes(&self) -> Vec<&StatusCode> {
        match &self.then.to {
            _ if self.then.field.is_some() => Vec::new(),
            Wanted::OneOf(codes) => codes.iter().collect(),
            Wanted::Word(WantedWord::Same) => self.when.becomes.iter().collect(),
            Wanted::Word(WantedWord::SameClass | WantedWord::Cleared) => Vec::new(),
            Wanted::RollUp { roll_up } => roll_up.rows.iter().flat_map(|row| &row.to).collect(),
        }
    }

    /// Whether it looks at how several entities stand together. Such a rule is asked when everything else has moved.
    #[must_use]
    pub fn looks_at_sets(&self) -> bool {
        self.rolls_up().is_some()
            || matches!(&self.then.set, Target::NextTasks(next) if !next.when_all.is_empty())
            || self.conditions.alternatives().iter().any(|c| c.siblings.is_some())
    }
}

fn switched_on() -> bool {
    true
}

fn updated_only() -> Vec<Moment> {
    vec![Moment::Updated]
}

fn is_updated_only(on: &[Moment]) -> bool {
    on == [Moment::Updated]
}
