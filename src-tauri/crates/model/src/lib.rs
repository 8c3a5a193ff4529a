#![doc = include_str!("../README.md")]

mod cascade;
mod clock;
mod entity;
mod event;
mod hook;
mod issue;
mod names;
mod webhook;

pub use cascade::{Carried, Cause, Change, ChangeState, Plan, PlannedChange, PlannedSkip, Skip, SkipReason};
pub use clock::{Clock, SystemClock};
pub use entity::{Entity, Production, Step, Surroundings};
pub use event::{Actor, ActorKind, Event, HookWord, Note, Operation, Road, as_text, as_value, holds};
pub use hook::{Badge, HookHealth, HookState, Refusal};
pub use issue::{AlertKind, Place};
pub use names::{
    EntityId, EntityKey, EntityRef, EntityType, EventKey, HookName, NameError, RuleId, SiteName, StatusCode,
};
pub use webhook::{AnswerTimes, Lifecycle, SiteDelivery, SiteWebhook, Subscription, WebhookDraft};
