//! The settings file: sites, hooks and mail, in TOML.

mod error;
mod file;
mod heard;
mod mail;
mod outgoing;
mod preferences;
mod projects;
mod secret;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use callboard_model::{HookName, SiteName};
use jiff::Timestamp;
use reqwest::Url;
use serde::Deserialize;

pub use error::SettingsError;
pub(crate) use file::{SettingsChange, SettingsFile};
pub use mail::{MailSettings, MailTls};
pub use outgoing::OutgoingSettings;
pub(crate) use preferences::{DAYS_AT_LEAST, time_of_day};
pub use preferences::{KeepSettings, NotifySettings};
pub use projects::{ProjectSettings, ProjectWrite};
pub use secret::Secret;

/// Everything that must be known before the engine starts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The sites.
    #[serde(default, rename = "site")]
    pub sites: Vec<SiteSettings>,
    /// The hooks.
    #[serde(default, rename = "hook")]
    pub hooks: Vec<HookSettings>,
    /// Host names under which a proxy or tunnel reaches this machine.
    #[serde(default)]
    pub public_names: Vec<String>,
    /// The address under which sites reach the receiver: `https://callboard.studio.example`. Its host counts as a public name.
    #[serde(default)]
    pub public_address: Option<String>,
    /// Where alerts are mailed to; left out, nowhere.
    #[serde(default)]
    pub mail: Option<MailSettings>,
    /// Who else is told, by signed webhooks.
    #[serde(default)]
    pub outgoing: Vec<OutgoingSettings>,
    /// What people are told of, and when.
    #[serde(default)]
    pub notify: NotifySettings,
    /// How long history is kept.
    #[serde(default)]
    pub keep: KeepSettings,
}

/// One `[[site]]`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSettings {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// Its kind.
    pub kind: SiteKind,
    /// Its address. Creative Force: none is needed, since nothing is asked of it.
    #[serde(default)]
    pub url: String,
    /// ShotGrid: the script's name. ftrack: the user's, written as `user`.
    #[serde(alias = "user")]
    pub script_name: Option<String>,
    /// ShotGrid: the script's key. ftrack: the user's, written as `api_key`.
    #[serde(alias = "api_key")]
    pub script_key: Option<Secret>,
    /// Where changes may be written, of what belongs to no listed project.
    #[serde(default)]
    pub write: WriteMode,
    /// Projects for which something else holds.
    #[serde(default, rename = "project")]
    pub projects: Vec<ProjectSettings>,
    /// Whether what belongs to no listed project is left out.
    #[serde(default)]
    pub only_listed: bool,
    /// Whether its event log is read: what hooks miss is found there.
    #[serde(default = "yes")]
    pub event_log: bool,
    /// Seconds between two readings of it, at least 1.
    #[serde(default = "SiteSettings::poll_seconds")]
    pub poll_seconds: u32,
    /// Seconds that a hook may miss what the log tells before it counts as deaf.
    #[serde(default = "SiteSettings::deaf_after")]
    pub deaf_after: u32,
    /// How many statuses and fields are set there within a minute at most, at least 1; further ones wait their turn.
    #[serde(default = "SiteSettings::writes_a_minute")]
    pub writes_a_minute: u32,
    /// Whether outcomes are written back into the site's record of deliveries.
    #[serde(default = "yes")]
    pub acknowledge: bool,
    /// Whether open pages of the site refresh after our writes: the session of an event goes with them.
    #[serde(default = "yes")]
    pub refresh_pages: bool,
    /// Nothing there is real: shown as such.
    #[serde(default)]
    pub practice: bool,
    /// A file with the studio's own certificate authority, in PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// An HTTP proxy to go through.
    #[serde(default)]
    pub proxy: Option<String>,
}

fn yes() -> bool {
    true
}

/// Which tracker a site is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// ShotGrid, also called Flow Production Tracking.
    Shotgrid,
    /// ftrack.
    Ftrack,
    /// Creative Force.
    CreativeForce,
    /// Kitsu.
    Kitsu,
}

impl SiteKind {
    /// Every kind there is.
    pub const ALL: [Self; 4] = [Self::Shotgrid, Self::Ftrack, Self::CreativeForce, Self::Kitsu];

    /// The kind as the settings spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shotgrid => "shotgrid",
            Self::Ftrack => "ftrack",
            Self::CreativeForce => "creative_force",
            Self::Kitsu => "kitsu",
        }
    }

    /// What the settings call the name and the key of the account that a site is asked as.
    pub(crate) fn account(self) -> (&'static str, &'static str) {
        match self {
            Self::Ftrack => ("user", "api_key"),
            Self::Shotgrid | Self::CreativeForce | Self::Kitsu => ("script_name", "script_key"),
        }
    }
}

impl std::fmt::Debug for SiteSettings {
    /// Without the proxy, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("SiteSettings");
        shown
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("url", &self.url);
        shown
            .field("script_name", &self.script_name)
            .field("write", &self.write);
        shown.finish_non_exhaustive()
    }
}

impl SiteSettings {
    /// A ShotGrid site as it is when nothing more is said of it: watched only.
    #[must_use]
    pub fn shotgrid(name: &str, url: &str, script_name: &str, script_key: Secret) -> Self {
        Self {
            name: name.to_owned(),
            kind: SiteKind::Shotgrid,
            url: url.to_owned(),
            script_name: Some(script_name.to_owned()),
            script_key: Some(script_key),
            write: WriteMode::Watch,
            projects: Vec::new(),
            only_listed: false,
            event_log: true,
            poll_seconds: Self::poll_seconds(),
            deaf_after: Self::deaf_after(),
            writes_a_minute: Self::writes_a_minute(),
            acknowledge: true,
            refresh_pages: true,
            practice: false,
            ca_file: None,
            proxy: None,
        }
    }

    /// An ftrack workspace as it is when nothing more is said of it: watched only.
    #[must_use]
    pub fn ftrack(name: &str, url: &str, user: &str, api_key: Secret) -> Self {
        Self {
            kind: SiteKind::Ftrack,
            ..Self::shotgrid(name, url, user, api_key)
        }
    }

    /// A Creative Force studio: it is listened to, and nothing else.
    #[must_use]
    pub fn creative_force(name: &str, url: &str) -> Self {
        Self {
            kind: SiteKind::CreativeForce,
            script_name: None,
            script_key: None,
            event_log: false,
            acknowledge: false,
            refresh_pages: false,
            ..Self::shotgrid(name, url, "", Secret::Plain(String::new()))
        }
    }

    fn poll_seconds() -> u32 {
        5
    }

    fn deaf_after() -> u32 {
        90
    }

    /// A hundred a second for a whole minute: more than rules come to on any day that was meant.
    fn writes_a_minute() -> u32 {
        6_000
    }
}

/// What Callboard may do to a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteMode {
    /// Decide and show, write nothing.
    #[default]
    Watch,
    /// Write what a person has accepted.
    Ask,
    /// Write.
    Act,
}

impl WriteMode {
    /// Every mode there is.
    pub const ALL: [Self; 3] = [Self::Watch, Self::Ask, Self::Act];

    /// The mode as the settings spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Ask => "ask",
            Self::Act => "act",
        }
    }
}

/// One `[[hook]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookSettings {
    /// Its name, the last part of its address.
    pub name: String,
    /// The site it belongs to.
    pub site: String,
    /// The secret token; left out only to say that deliveries are not signed.
    pub secret: Option<Secret>,
    /// The token before it, while the tracker may still sign with that one.
    pub previous_secret: Option<Secret>,
    /// Until when that one is taken; left out: until there is another.
    pub previous_until: Option<Timestamp>,
    /// The largest body it takes, in bytes.
    pub max_body: Option<usize>,
    /// The site's id of the webhook, where it was made from here.
    pub webhook: Option<String>,
    /// ftrack: the header that carries the secret; `x-callboard-secret` where it is not said.
    pub header: Option<String>,
    /// Whether a change is looked up on the site before anything follows from it.
    #[serde(default)]
    pub read_back: bool,
    /// Creative Force: the names or ids of the workspaces (clients) of which deliveries are worked on. Empty: all.
    #[serde(default)]
    pub workspaces: Vec<String>,
    /// Creative Force: the production steps of which Task events are worked on. Empty: all.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Creative Force: custom headers that each delivery must have, with their values.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
}

impl HookSettings {
    /// A hook whose deliveries are signed.
    #[must_use]
    pub fn signed(name: &str, site: &str, secret: Secret) -> Self {
        Self {
            name: name.to_owned(),
            site: site.to_owned(),
            secret: Some(secret),
            ..Self::default()
        }
    }
}

impl Settings {
    /// The settings' name in the data folder.
    pub const FILE: &'static str = "callboard.toml";

    /// The settings of a run: the file that was named, else the one in the data folder, else none.
    pub fn of(data: &Path, named: Option<&Path>) -> Result<Self, SettingsError> {
        let kept = data.join(Self::FILE);
        match named {
            Some(path) => Self::read(path),
            None if kept.is_file() => Self::read(&kept),
            None => Ok(Self::default()),
        }
    }

    /// The file that [`Self::of`] reads and that changes are kept in.
    #[must_use]
    pub fn path(data: &Path, named: Option<&Path>) -> PathBuf {
        named.map_or_else(|| data.join(Self::FILE), Path::to_owned)
    }

    /// A hook.
    #[must_use]
    pub fn hook(&self, name: &HookName) -> Option<&HookSettings> {
        self.hooks.iter().find(|h| h.name == name.as_str())
    }

    /// A site.
    #[must_use]
    pub fn site(&self, name: &SiteName) -> Option<&SiteSettings> {
        self.sites.iter().find(|s| s.name == name.as_str())
    }

    /// The names besides loopback that a request's `Host` may carry.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let mut names = self.public_names.clone();
        let address = self.public_address.as_deref().and_then(|a| public_url(a).ok());
        let host = address.and_then(|url| url.host_str().map(str::to_owned));
        names.extend(host.filter(|host| !self.public_names.contains(host)));
        names
    }

    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|e| SettingsError::Unreadable {
            path: path.display().to_string(),
            why: e.to_string(),
        })?;
        Self::parse(&text)
    }

    /// Parses and checks the settings' text.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let settings: Self = toml::from_str(text).map_err(|e| malformed(text, &e))?;
        settings.check()?;
        Ok(settings)
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        if let Some(address) = &self.public_address {
            public_url(address)?;
        }
        if let Some(mail) = &self.mail {
            mail.check()?;
        }
        self.notify.check()?;
        self.keep.check()?;
        let mut sites = HashSet::new();
        for site in &self.sites {
            SiteName::new(&site.name)?;
            if !sites.insert(site.name.as_str()) {
                return Err(SettingsError::Twice {
                    what: "site",
                    name: site.name.clone(),
                });
            }
            let missing = |what| SettingsError::Missing {
                site: site.name.clone(),
                what,
            };
            match site.kind {
                SiteKind::Shotgrid | SiteKind::Ftrack => {
                    if site.url.is_empty() {
                        return Err(missing("url"));
                    }
                    let (name, key) = site.kind.account();
                    site.script_name.as_ref().ok_or_else(|| missing(name))?;
                    site.script_key.as_ref().ok_or_else(|| missing(key))?;
                }
                SiteKind::CreativeForce => site.check_heard()?,
                SiteKind::Kitsu => {
                    return Err(SettingsError::Kind {
                        site: site.name.clone(),
                        kind: site.kind.as_str(),
                    });
                }
            }
            if site.poll_seconds == 0 {
                return Err(SettingsError::TooOften(site.name.clone()));
            }
            if site.writes_a_minute == 0 {
                return Err(SettingsError::TooSeldom(site.name.clone()));
            }
            site.check_projects()?;
        }
        let mut hooks = HashSet::new();
        for hook in &self.hooks {
            HookName::new(&hook.name)?;
            if !hooks.insert(hook.name.as_str()) {
                return Err(SettingsError::Twice {
                    what: "hook",
                    name: hook.name.clone(),
                });
            }
            if !sites.contains(hook.site.as_str()) {
                return Err(SettingsError::NoSite {
                    hook: hook.name.clone(),
                    site: hook.site.clone(),
                });
            }
            if hook.previous_secret.is_none() && hook.previous_until.is_some() {
                return Err(SettingsError::Hook {
                    hook: hook.name.clone(),
                    why: "previous_until says how long previous_secret is taken, and there is none".into(),
                });
            }
            if hook.secret.is_none() && hook.previous_secret.is_some() {
                return Err(SettingsError::PreviousAlone(hook.name.clone()));
            }
            for secret in [&hook.secret, &hook.previous_secret].into_iter().flatten() {
                if matches!(secret, Secret::Plain(text) if text.is_empty()) {
                    return Err(SettingsError::EmptySecret(hook.name.clone()));
                }
            }
            if let Some(header) = &hook.header
                && axum::http::HeaderName::from_bytes(header.as_bytes()).is_err()
            {
                return Err(SettingsError::Header {
                    hook: hook.name.clone(),
                    header: header.clone(),
                });
            }
            if let Some(site) = self.sites.iter().find(|site| site.name == hook.site) {
                hook.check_heard(site.kind)?;
            }
        }
        let mut outgoing = HashSet::new();
        for receiver in &self.outgoing {
            receiver.check()?;
            if !outgoing.insert(receiver.name.as_str()) {
                return Err(SettingsError::Twice {
                    what: "outgoing webhook",
                    name: receiver.name.clone(),
                });
            }
        }
        Ok(())
    }
}

/// A public address as it is compared and added to: http or https, nothing but a host, a port and perhaps a path.
pub(crate) fn public_url(address: &str) -> Result<Url, SettingsError> {
    let bad = || SettingsError::PublicAddress(address.to_owned());
    let url = Url::parse(address.trim()).map_err(|_| bad())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SettingsError::PublicAddress("https://…@…".to_owned()));
    }
    let is_plain = url.query().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !is_plain || url.fragment().is_some() {
        return Err(bad());
    }
    Ok(url)
}

/// toml's own words quote the line, and the line may hold a secret.
fn malformed(text: &str, error: &toml::de::Error) -> SettingsError {
    let before = error.span().and_then(|span| text.get(..span.start));
    let place = before.map_or_else(String::new, |b| format!("line {}: ", b.matches('\n').count() + 1));
    SettingsError::Malformed(format!("{place}{}", error.message().lines().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Safe;

    const GOOD: &str = r#"
        [[site]]
        name = "practice"
        kind = "shotgrid"
        url = "http://127.0.0.1:7080"
        script_name = "practice"
        script_key = { env = "KEY" }
        write = "act"

        [[hook]]
        name = "status"
        site = "practice"
        secret = "mytoken"
    "#;

    #[test]
    fn reads_what_the_contract_shows() {
        let settings = Settings::parse(GOOD).unwrap();
        assert_eq!(settings.sites[0].write, WriteMode::Act);
        assert_eq!(
            settings.hooks[0]
                .secret
                .as_ref()
                .unwrap()
                .reveal(&Safe::nowhere())
                .unwrap(),
            "mytoken"
        );
    }

    #[test]
    fn watches_until_told_to_act() {
        let settings = Settings::parse(&GOOD.replace("write = \"act\"", "")).unwrap();
        assert_eq!(settings.sites[0].write, WriteMode::Watch);
    }

    #[test]
    fn mistakes_are_named() {
        let told = |text: &str| Settings::parse(text).unwrap_err().to_string();
        let until = "previous_until = \"2026-12-06T09:00:00Z\"\nsecret =";
        assert!(told(&GOOD.replace("secret =", until)).contains("previous_secret"));
        assert!(told(&GOOD.replace("secret =", "previous_until = \"soon\"\nsecret =")).contains("line"));
        assert!(told(&GOOD.replace("secret =", "sekret =")).contains("sekret"));
        assert!(told(&GOOD.replace("site = \"practice\"", "site = \"other\"")).contains("\"other\""));
        assert!(told(&GOOD.replace("name = \"status\"", "name = \"a/b\"")).contains("a/b"));
        assert!(told(&GOOD.replace("\"mytoken\"", "\"\"")).contains("empty"));
        assert!(told(&GOOD.replace("secret = ", "previous_secret = \"\"\nsecret = ")).contains("empty"));
        assert!(told(&GOOD.replace("secret = ", "previous_secret = ")).contains("previous_secret"));
        assert!(told(&GOOD.replace("script_name = \"practice\"", "")).contains("script_name"));
        assert!(told(&format!("{GOOD}{}", GOOD.split("[[hook]]").next().unwrap())).contains("two sites"));
    }

    const FTRACK: &str = r#"
        [[site]]
        name = "lab"
        kind = "ftrack"
        url = "https://lab.ftrackapp.com"
        user = "ada@studio.example"
        api_key = { env = "KEY" }

        [[hook]]
        name = "status"
        site = "lab"
        secret = "mytoken"
        header = "ftrack-secret"
        read_back = true
    "#;

    #[test]
    fn an_ftrack_site_has_a_user_and_a_key_and_its_hooks_a_header() {
        let settings = Settings::parse(FTRACK).unwrap();
        assert_eq!(settings.sites[0].kind, SiteKind::Ftrack);
        assert_eq!(settings.sites[0].script_name.as_deref(), Some("ada@studio.example"));
        assert_eq!(settings.hooks[0].header.as_deref(), Some("ftrack-secret"));
        assert!(settings.hooks[0].read_back);
        let told = |text: &str| Settings::parse(text).unwrap_err().to_string();
        assert!(told(&FTRACK.replace("user = ", "proxy = ")).contains("needs user"));
        assert!(told(&FTRACK.replace("api_key = ", "# ")).contains("needs api_key"));
        assert!(told(&FTRACK.replace("ftrack-secret", "no header")).contains("\"no header\""));
        assert!(told(&FTRACK.replace("\"ftrack\"", "\"kitsu\"")).contains("kitsu"));
    }

    #[test]
    fn a_mistake_is_one_line_and_never_quotes_a_secret() {
        let told = Settings::parse(&GOOD.replace("\"mytoken\"", "\"mytoken"))
            .unwrap_err()
            .to_string();
        assert!(
            told.contains("line 13") && !told.contains("mytoken") && !told.contains('\n'),
            "{told}"
        );
    }

    #[test]
    fn a_secret_never_shows_in_debug() {
        assert!(!format!("{:?}", Settings::parse(GOOD).unwrap()).contains("mytoken"));
    }
}
