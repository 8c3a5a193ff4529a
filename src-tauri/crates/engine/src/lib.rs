#![doc = include_str!("../README.md")]

mod acknowledge;
mod admin;
pub mod api;
mod approvals;
mod ask;
mod backoff;
mod compare;
mod decide;
mod desk;
mod health;
mod hooks_view;
mod host;
mod keeping;
mod lanes;
mod mail;
mod news;
mod notes;
mod outbox;
mod practice;
mod projects;
mod quarantine;
mod refusals;
mod replay;
mod road;
mod rule_sets;
mod secrets;
mod settings;
mod settle;
mod site;
mod start;
mod trial;
mod undo;
mod what_if;

pub use admin::examine;
pub use health::Alert;
pub use mail::{MailTest, mail_test};
pub use practice::{PracticeHouse, PracticeProduction, PracticeWish};
pub use rule_sets::read_rules;
pub use secrets::{KeepIn, Safe};
pub use settings::{
    HookSettings, MailSettings, MailTls, ProjectSettings, ProjectWrite, Secret, Settings, SettingsError, SiteKind,
    SiteSettings, WriteMode,
};
pub use start::{Engine, EngineOptions, StartError, account};
pub use trial::try_recorded;
pub use what_if::{Span, Told, what_if};
