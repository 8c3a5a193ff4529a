//! The settings file: sites and hooks, in TOML.

use std::collections::HashSet;
use std::path::Path;

use callboard_model::{HookName, SiteName};
use serde::Deserialize;

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
}

/// One `[[site]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSettings {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// Its kind.
    pub kind: SiteKind,
    /// Its address.
    pub url: String,
    /// ShotGrid: the script's name.
    pub script_name: Option<String>,
    /// ShotGrid: the script's key.
    pub script_key: Option<Secret>,
    /// Where changes may be written.
    #[serde(default)]
    pub write: WriteMode,
    /// Whether its event log is read: what hooks miss is found there.
    #[serde(default = "yes")]
    pub event_log: bool,
    /// Seconds between two readings of it, at least 1.
    #[serde(default = "SiteSettings::poll_seconds")]
    pub poll_seconds: u32,
    /// Seconds that a hook may miss what the log tells before it counts as deaf.
    #[serde(default = "SiteSettings::deaf_after")]
    pub deaf_after: u32,
    /// Whether outcomes are written back into the site's record of deliveries.
    #[serde(default = "yes")]
    pub acknowledge: bool,
    /// Whether open pages of the site refresh after our writes: the session of an event goes with them.
    #[serde(default = "yes")]
    pub refresh_pages: bool,
    /// Nothing there is real: shown as such.
    #[serde(default)]
    pub practice: bool,
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
}

fn yes() -> bool {
    true
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
            event_log: true,
            poll_seconds: Self::poll_seconds(),
            deaf_after: Self::deaf_after(),
            acknowledge: true,
            refresh_pages: true,
            practice: false,
        }
    }

    fn poll_seconds() -> u32 {
        5
    }

    fn deaf_after() -> u32 {
        90
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
#[derive(Clone, Debug, Deserialize)]
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
    /// The largest body it takes, in bytes.
    pub max_body: Option<usize>,
}

/// A secret, or where it is kept.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub enum Secret {
    /// As it is.
    Plain(String),
    /// In an environment variable.
    Env {
        /// The variable's name.
        env: String,
    },
    /// In the system's keychain, under the service `callboard`.
    Keychain {
        /// The entry's name.
        keychain: String,
    },
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The secret itself. Errors when it is not where the settings say.
    pub fn reveal(&self) -> Result<String, SettingsError> {
        match self {
            Self::Plain(text) => Ok(text.clone()),
            Self::Env { env } => std::env::var(env).map_err(|_| SettingsError::NoVariable(env.clone())),
            Self::Keychain { keychain } => keyring::Entry::new("callboard", keychain)
                .and_then(|entry| entry.get_password())
                .map_err(|e| SettingsError::Keychain {
                    name: keychain.clone(),
                    why: e.to_string(),
                }),
        }
    }
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("The settings file {path} cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        why: String,
    },
    /// It is not what it should be.
    #[error("The settings file has a mistake: {0}")]
    Malformed(String),
    /// A name that cannot stand in an address.
    #[error("{0}")]
    Name(#[from] callboard_model::NameError),
    /// Two of one name.
    #[error("There are two {what}s named \"{name}\": give one of them another name")]
    Twice {
        /// `site` or `hook`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A hook of a site that is not there.
    #[error("Hook \"{hook}\" belongs to site \"{site}\", which is not in the settings")]
    NoSite {
        /// The hook.
        hook: String,
        /// The site it names.
        site: String,
    },
    /// A kind that this version does not speak.
    #[error("Site \"{site}\": this version speaks shotgrid, not {kind} yet")]
    Kind {
        /// The site.
        site: String,
        /// The kind.
        kind: &'static str,
    },
    /// A site without what it needs to sign in.
    #[error("Site \"{site}\" needs {what}")]
    Missing {
        /// The site.
        site: String,
        /// What is missing.
        what: &'static str,
    },
    /// A previous secret without a current one.
    #[error("Hook \"{0}\" has a previous_secret and no secret: without one its deliveries would not be checked at all")]
    PreviousAlone(String),
    /// An empty secret signs nothing.
    #[error("The secret of hook \"{0}\" is empty: leave the line out to say that deliveries are not signed")]
    EmptySecret(String),
    /// An environment variable that is not set.
    #[error("The environment variable {0}, which should hold a secret, is not set")]
    NoVariable(String),
    /// The keychain does not have it.
    #[error("The keychain has no secret \"{name}\" for callboard: {why}")]
    Keychain {
        /// The entry.
        name: String,
        /// What the keychain said.
        why: String,
    },
    /// The site's address is not one.
    #[error("Site \"{site}\": {why}")]
    Address {
        /// The site.
        site: String,
        /// Why.
        why: String,
    },
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

    fn check(&self) -> Result<(), SettingsError> {
        let mut sites = HashSet::new();
        for site in &self.sites {
            SiteName::new(&site.name)?;
            if !sites.insert(site.name.as_str()) {
                return Err(SettingsError::Twice {
                    what: "site",
                    name: site.name.clone(),
                });
            }
            if site.kind != SiteKind::Shotgrid {
                return Err(SettingsError::Kind {
                    site: site.name.clone(),
                    kind: site.kind.as_str(),
                });
            }
            let missing = |what| SettingsError::Missing {
                site: site.name.clone(),
                what,
            };
            site.script_name.as_ref().ok_or_else(|| missing("script_name"))?;
            site.script_key.as_ref().ok_or_else(|| missing("script_key"))?;
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
            if hook.secret.is_none() && hook.previous_secret.is_some() {
                return Err(SettingsError::PreviousAlone(hook.name.clone()));
            }
            for secret in [&hook.secret, &hook.previous_secret].into_iter().flatten() {
                if matches!(secret, Secret::Plain(text) if text.is_empty()) {
                    return Err(SettingsError::EmptySecret(hook.name.clone()));
                }
            }
        }
        Ok(())
    }
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
        assert_eq!(settings.hooks[0].secret.as_ref().unwrap().reveal().unwrap(), "mytoken");
    }

    #[test]
    fn watches_until_told_to_act() {
        let settings = Settings::parse(&GOOD.replace("write = \"act\"", "")).unwrap();
        assert_eq!(settings.sites[0].write, WriteMode::Watch);
    }

    #[test]
    fn mistakes_are_named() {
        let told = |text: &str| Settings::parse(text).unwrap_err().to_string();
        assert!(told(&GOOD.replace("secret =", "sekret =")).contains("sekret"));
        assert!(told(&GOOD.replace("site = \"practice\"", "site = \"other\"")).contains("\"other\""));
        assert!(told(&GOOD.replace("name = \"status\"", "name = \"a/b\"")).contains("a/b"));
        assert!(told(&GOOD.replace("\"mytoken\"", "\"\"")).contains("empty"));
        assert!(told(&GOOD.replace("secret = ", "previous_secret = \"\"\nsecret = ")).contains("empty"));
        assert!(told(&GOOD.replace("secret = ", "previous_secret = ")).contains("previous_secret"));
        assert!(told(&GOOD.replace("script_name = \"practice\"", "")).contains("script_name"));
        assert!(told(&format!("{GOOD}{}", GOOD.split("[[hook]]").next().unwrap())).contains("two sites"));
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
