#![doc = include_str!("../README.md")]

pub mod api;
mod ask;
mod backoff;
mod decide;
mod health;
mod host;
mod lanes;
mod news;
mod settings;
mod settle;
mod site;
mod start;

pub use health::Alert;
pub use settings::{HookSettings, Secret, Settings, SettingsError, SiteKind, SiteSettings, WriteMode};
pub use start::{Engine, EngineOptions, StartError};
