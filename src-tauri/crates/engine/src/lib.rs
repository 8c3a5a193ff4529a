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
mod detail;
mod elsewhere;
mod health;
mod heard;
mod hooks_view;
mod host;
mod issues;
mod keeping;
mod lanes;
mod mail;
mod news;
mod notes;
mod notices;
mod opened;
mod outbox;
mod outgoing;
mod pace;
mod plain_lines;
mod practice;
mod preferences;
mod projects;
mod quarantine;
mod refusals;
mod replay;
mod retention;
mod road;
mod rule_sets;
mod secrets;
mod settings;
mod settle;
mod site;
mod start;
mod storing;
mod strength;
mod sweep;
mod trial;
mod undo;
mod what_if;

pub use admin::examine;
pub use callboard_model::{AlertKind, Place};
pub use health::Alert;
pub use mail::{MailTest, mail_test};
pub use plain_lines::PlainLines;
pub use practice::{PracticeHouse, PracticeProduction, PracticeWish};
pub use rule_sets::read_rules;
pub use secrets::{KeepIn, Safe};
pub use settings::{
    HookSettings, KeepSettings, MailSettings, MailTls, NotifySettings, OutgoingSettings, ProjectSettings, ProjectWrite,
    Secret, Settings, SettingsError, SiteKind, SiteSettings, WriteMode,
};
pub use start::{Engine, EngineOptions, StartError, account};
pub use trial::try_recorded;
pub use what_if::{Span, Told, what_if};
