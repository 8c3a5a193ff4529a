//! What windows may ask of sites: examine, connect, change.

use callboard_model::{EntityId, SiteName};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One thing that an examination looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DoctorFinding {
    /// What was looked at: what a program may act on.
    pub code: DoctorCode,
    /// How it is.
    pub level: DoctorLevel,
    /// What was found, as a sentence.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// What to do; none where nothing is to be done.
    pub remedy: Option<String>,
}

/// How a thing that was looked at is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DoctorLevel {
    /// As it should be.
    Good,
    /// It works, and something is worth knowing.
    Advice,
    /// It will not work like this.
    Problem,
    /// It could not be found out.
    Unknown,
}

/// What an examination looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DoctorCode {
    /// Whether the address is a site of that kind, and answers.
    Address,
    /// Whether the certificate of the site is trusted here.
    Certificate,
    /// Whether the key works.
    Key,
    /// Whether the production can be read.
    Reading,
    /// Whether statuses may be written, by type.
    Writing,
    /// Whether the event log can be read.
    Log,
    /// Whether webhooks may be administered.
    Webhooks,
    /// Whether writes of our script leave event log entries.
    OwnEntries,
    /// Whether the latest Versions name their Task.
    VersionTask,
    /// Statuses that projects hide, and statuses that the live rules speak of and the site lacks.
    Statuses,
    /// Whether the names of fields in a subscription are names of the site.
    Fields,
    /// Whether the public address leads here.
    Reach,
    /// Whether a test from the site arrives.
    Arrival,
    /// Whether the hook has the state that it needs.
    HookState,
}

/// A key, or what may hold one, as a person enters it. It shows in no log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyText(String);

impl KeyText {
    /// The key itself.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl From<&str> for KeyText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyText(…)")
    }
}

/// A site as a person enters it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SiteIn {
    /// Its name: letters, digits, `-` and `_`.
    pub name: SiteName,
    /// Its kind: `shotgrid`, `ftrack` or `creative_force`.
    pub kind: String,
    /// Its address. Creative Force: none is needed.
    pub url: String,
    /// The script's name; of ftrack, the user's. Creative Force: empty.
    pub script_name: String,
    /// The script's key; of ftrack, the user's API key. Left out: the one that is kept.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub script_key: Option<KeyText>,
    /// How well the key is kept, as a sentence; only in answers.
    #[serde(default)]
    #[ts(optional)]
    pub key_kept: Option<String>,
    /// Where changes may be written, of what belongs to no listed project: `watch`, `ask` or `act`.
    pub write: String,
    /// Projects for which something else holds.
    #[serde(default)]
    pub projects: Vec<ProjectMode>,
    /// Whether what belongs to no listed project is left out.
    #[serde(default)]
    pub only_listed: bool,
    /// Whether the event log is read.
    pub event_log: bool,
    /// Seconds between readings of it; at least 1.
    pub poll_seconds: u32,
    /// Whether outcomes are written back into deliveries.
    pub acknowledge: bool,
    /// Whether open pages of the site refresh after our writes.
    pub refresh_pages: bool,
    /// A file with the studio's own certificate authority, in PEM.
    #[serde(default)]
    #[ts(optional)]
    pub ca_file: Option<String>,
    /// An HTTP proxy to go through. A password in it is not shown in answers; sent back as it was shown, it stays.
    #[serde(default)]
    #[ts(optional, as = "Option<String>")]
    pub proxy: Option<KeyText>,
}

impl SiteIn {
    /// An ftrack workspace with everything else as it is where nobody says otherwise: watched, not written to.
    #[must_use]
    pub fn ftrack(name: SiteName, url: &str, user: &str) -> Self {
        Self {
            kind: "ftrack".into(),
            ..Self::shotgrid(name, url, user)
        }
    }

    /// A ShotGrid site with everything else as it is where nobody says otherwise: watched, not written to.
    #[must_use]
    pub fn shotgrid(name: SiteName, url: &str, script_name: &str) -> Self {
        Self {
            name,
            kind: "shotgrid".into(),
            url: url.into(),
            script_name: script_name.into(),
            script_key: None,
            key_kept: None,
            write: "watch".into(),
            projects: Vec::new(),
            only_listed: false,
            event_log: true,
            poll_seconds: 5,
            acknowledge: true,
            refresh_pages: true,
            ca_file: None,
            proxy: None,
        }
    }
}

impl SiteIn {
    /// A Creative Force studio. It is listened to, and nothing is asked of it.
    #[must_use]
    pub fn creative_force(name: SiteName, url: &str) -> Self {
        Self {
            kind: "creative_force".into(),
            event_log: false,
            acknowledge: false,
            refresh_pages: false,
            ..Self::shotgrid(name, url, "")
        }
    }
}

/// Where changes may be written in one project of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProjectMode {
    /// The project's id.
    pub id: EntityId,
    /// Its name.
    pub name: String,
    /// `off`: no rule runs for it, and nothing is written there. `watch`, `ask` or `act`: as of a site.
    pub write: String,
}

/// A project, as its site has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SiteProject {
    /// Its id.
    pub id: EntityId,
    /// Its name.
    pub name: String,
    /// Whether it is archived on the site.
    pub archived: bool,
}

/// What an examination found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Examined {
    /// The findings, in the order in which they build on each other.
    pub findings: Vec<DoctorFinding>,
    /// Whether nothing stands in the way of connecting.
    pub ready: bool,
}
