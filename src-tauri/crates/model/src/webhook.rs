//! A webhook as the site has it, and what it asks the site for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{EntityId, EntityType, Event, HookState, Operation};

/// What a webhook delivers. ShotGrid: one webhook is either about the life of entities or about one custom event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Subscription {
    /// The life of entities, by type.
    Entities(BTreeMap<EntityType, Lifecycle>),
    /// One custom event, by the site's name for it: `Shotgun_User_Login`.
    Custom(String),
}

/// Which moments of an entity's life a webhook delivers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Lifecycle {
    /// When one is made.
    #[serde(default)]
    pub create: bool,
    /// When one of these fields changes; an empty list: any field; none: no change at all. The site does not check the names, so a
    /// misspelt one makes a silent webhook.
    #[serde(default)]
    pub update: Option<Vec<String>>,
    /// When one goes to the trash.
    #[serde(default)]
    pub delete: bool,
    /// When one comes out of it.
    #[serde(default)]
    pub revive: bool,
}

impl Subscription {
    /// Whether a webhook that asks for this should have delivered an event. `projects`: only those; empty: all.
    #[must_use]
    pub fn covers(&self, event: &Event, projects: &[EntityId]) -> bool {
        let in_project = event.project.as_ref().is_some_and(|p| projects.contains(&p.key.id));
        if !projects.is_empty() && !in_project {
            return false;
        }
        match self {
            Self::Custom(wanted) => *wanted == event.event_type,
            Self::Entities(kinds) => {
                let kind = event.entity.as_ref().and_then(|e| kinds.get(&e.key.kind));
                kind.is_some_and(|lifecycle| lifecycle.covers(event))
            }
        }
    }
}

impl Lifecycle {
    fn covers(&self, event: &Event) -> bool {
        match event.operation {
            Operation::Create => self.create,
            Operation::Delete => self.delete,
            Operation::Revive => self.revive,
            // Fields set while an entity is being made are never delivered (ShotGrid documentation, Webhooks, "Update events").
            Operation::Update if event.in_create => false,
            Operation::Update => self.update.as_ref().is_some_and(|fields| {
                let named = |field: &String| event.field.as_ref() == Some(field);
                fields.is_empty() || fields.iter().any(named)
            }),
            Operation::Note
            | Operation::Custom
            | Operation::Test
            | Operation::HookStatus
            | Operation::NotUnderstood => false,
        }
    }
}

/// A webhook as a person wants it. The secret goes beside it and is never shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WebhookDraft {
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Where it delivers to.
    pub url: String,
    /// What it delivers.
    pub subscription: Subscription,
    /// Only from these projects; empty: from all.
    #[serde(default)]
    pub projects: Vec<EntityId>,
    /// Whether up to fifty events come in one request.
    #[serde(default)]
    pub batched: bool,
    /// Whether the site checks the certificate of the address.
    #[serde(default = "yes")]
    pub validates_certificate: bool,
}

fn yes() -> bool {
    true
}

/// A webhook as the site has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SiteWebhook {
    /// The site's id of it.
    pub id: String,
    /// How it is, by the site's word.
    pub state: HookState,
    /// Whether its deliveries are signed. The site never shows the secret itself.
    pub is_signed: bool,
    /// What it is.
    #[serde(flatten)]
    pub draft: WebhookDraft,
}

/// One request that a site made to a webhook's address, by the site's own record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SiteDelivery {
    /// The site's id of it.
    pub id: String,
    /// When it was made.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Whether the site counts it as delivered.
    pub delivered: bool,
    /// Seconds until the answer.
    pub seconds: f64,
    /// The answer's status code; 0: nobody answered.
    pub answer: u16,
    /// The event log entries in it.
    pub entries: Vec<i64>,
    /// Whether it is about the webhook itself: a test, or a change of its state.
    pub about_itself: bool,
    /// What was written back to it.
    pub acknowledgement: Option<String>,
}

/// What a site measured of a webhook's answers (ShotGrid: `performance_metrics`). Times in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AnswerTimes {
    /// Events measured.
    pub events: u64,
    /// The time that they span.
    pub span: f64,
    /// Time taken by all answers together.
    pub sum: f64,
    /// Mean time of an answer.
    pub mean: f64,
    /// The longest answer.
    pub longest: f64,
}

impl AnswerTimes {
    /// The share of the time that went into answers: above 0.1 is a heavy load, above 0.5 a very heavy one, above 1 the site
    /// throttles (ShotGrid documentation, Webhooks, "Slow responses and heavy loads"). The site grants a minute of response time a
    /// minute, so a few answers within a moment are held against that minute, not against the moment. None where there is no span.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        const MINUTE: f64 = 60.0;
        (self.span > 0.0).then(|| self.sum / self.span.max(MINUTE))
    }
}
