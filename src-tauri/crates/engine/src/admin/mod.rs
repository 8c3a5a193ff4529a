//! Sites and hooks set up from inside the program: examined, connected, changed, tried.

mod arrival;
mod cause;
mod examine;
mod examined;
mod fields;
mod finding;
mod heard;
mod hooks;
mod outgoing;
mod put_hook;
mod reach;
mod reachable;
mod sites;
mod test;
mod webhook;
mod words;

use std::sync::Arc;

use callboard_model::SiteName;
use callboard_trackers::{TrackerError, Webhooks};

use crate::api::{ApiError, ApiErrorCode};
use crate::settings::{Secret, SettingsError};
use crate::site::Site;
use crate::start::Engine;

pub use examine::examine;
pub(crate) use hooks::new_token;

impl From<SettingsError> for ApiError {
    fn from(error: SettingsError) -> Self {
        refused(error.to_string())
    }
}

impl From<TrackerError> for ApiError {
    fn from(error: TrackerError) -> Self {
        Self {
            code: ApiErrorCode::Site,
            message: error.to_string(),
        }
    }
}

/// What is asked cannot be done: the message says why, and what to do.
pub(crate) fn refused(message: impl Into<String>) -> ApiError {
    ApiError {
        code: ApiErrorCode::BadRequest,
        message: message.into(),
    }
}

fn not_found(message: impl Into<String>) -> ApiError {
    ApiError {
        code: ApiErrorCode::NotFound,
        message: message.into(),
    }
}

pub(crate) fn stopping() -> ApiError {
    ApiError {
        code: ApiErrorCode::NotStarted,
        message: "Callboard is being stopped, or lets the site go: ask again when it runs".into(),
    }
}

impl Engine {
    fn connected(&self, name: &SiteName) -> Result<Arc<Site>, ApiError> {
        let site = self.desk().site(name);
        site.ok_or_else(|| not_found(format!("No site named \"{name}\" is connected")))
    }

    /// Does a piece of work to its end, even where whoever asked for it has gone meanwhile: half a hook is worse than none.
    pub(crate) async fn in_full<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    ) -> Result<T, ApiError> {
        let done = self.running().spawn(work).await;
        done.unwrap_or_else(|_| Err(stopping()))
    }
}

/// Asks a site, politely, unless the program stops meanwhile.
async fn ask<T>(site: &Site, call: impl Future<Output = Result<T, TrackerError>>) -> Result<T, ApiError> {
    Ok(site.or_stop(site.call(call)).await.ok_or_else(stopping)??)
}

/// The administration of a site's webhooks.
fn webhooks_of(site: &Site) -> Result<&dyn Webhooks, ApiError> {
    let webhooks = site.tracker.webhooks();
    webhooks.ok_or_else(|| refused(format!("The webhooks of {} cannot be set up from here", site.name)))
}

/// A name in the safe, or its second where a secret stands under the first.
fn other_name(first: String, before: Option<&Secret>) -> String {
    let is_taken = match before {
        Some(Secret::Keychain { keychain: name } | Secret::File { file: name }) => *name == first,
        Some(Secret::Plain(_) | Secret::Env { .. }) | None => false,
    };
    if is_taken { format!("{first}:2") } else { first }
}
