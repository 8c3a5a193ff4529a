//! `[[outgoing]]`: whom Callboard tells what it decides, writes and worries about.

use callboard_model::{AlertKind, SiteName};
use callboard_trackers::judge_number;
use reqwest::Url;
use serde::Deserialize;

use super::{Secret, SettingsError};
use crate::outgoing::Signer;

/// One `[[outgoing]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutgoingSettings {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// Where it is told. A private or loopback address is allowed: whoever configures it chooses it.
    pub url: String,
    /// What messages are signed with: `whsec_` and 24 to 64 bytes in Base64.
    pub secret: Secret,
    /// What it is told of: kinds of alerts, and `would_set`, `confirmed` or `failed` for changes. Empty: everything.
    #[serde(default)]
    pub on: Vec<String>,
}

impl OutgoingSettings {
    /// What may be said of a change.
    pub const CHANGES: [&'static str; 3] = ["would_set", "confirmed", "failed"];

    /// Whether it is told of something.
    #[must_use]
    pub fn wants(&self, what: &str) -> bool {
        self.on.is_empty() || self.on.iter().any(|wanted| wanted == what)
    }

    /// Its address. Errors when it is no web address, or carries a name and password.
    pub(crate) fn address(&self) -> Result<Url, SettingsError> {
        let bad = || {
            self.wrong(format!(
                "\"{}\" is not an address to send to. Enter it as https://host/path",
                self.url
            ))
        };
        let url = Url::parse(self.url.trim()).map_err(|_| bad())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(self.wrong("its address must hold no name and no password. Enter it as https://host/path"));
        }
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || url.fragment().is_some() {
            return Err(bad());
        }
        judge_number(&url).map_err(|why| self.wrong(why))?;
        Ok(url)
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        SiteName::new(&self.name)?;
        self.address()?;
        if let Secret::Plain(text) = &self.secret {
            Signer::new(text).map_err(|why| self.wrong(why))?;
        }
        let is_known = |what: &&String| {
            Self::CHANGES.contains(&what.as_str()) || AlertKind::ALL.iter().any(|kind| kind.as_str() == what.as_str())
        };
        if let Some(unknown) = self.on.iter().find(|what| !is_known(what)) {
            let kinds = AlertKind::ALL.map(AlertKind::as_str).join(", ");
            return Err(self.wrong(format!(
                "\"{unknown}\" is nothing that it can be told of. Choose among {} and {kinds}",
                Self::CHANGES.join(", ")
            )));
        }
        Ok(())
    }

    pub(crate) fn wrong(&self, why: impl Into<String>) -> SettingsError {
        SettingsError::Outgoing {
            name: self.name.clone(),
            why: why.into(),
        }
    }
}
