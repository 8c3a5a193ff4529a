//! A site examined: facts in the order in which they build on each other. Nothing is written.

use std::sync::Arc;

use callboard_model::{Clock, EntityType, SiteName};
use callboard_rules::{FindingCode, RuleSet, SiteStatuses, check_at};
use callboard_trackers::ftrack::HEADER_STRENGTH;
use callboard_trackers::{Examination, Permission, Tracker, TrackerError};

use super::examined::{self as said, UNKNOWN_AFTER};
use super::heard;
use super::words::{Words, words};
use crate::api::{ApiError, DoctorCode, DoctorFinding, DoctorLevel, Examined, SiteIn};
use crate::secrets::Safe;
use crate::settings::{Settings, SettingsError, SiteKind, SiteSettings, WriteMode};
use crate::site::tracker_of;
use crate::start::Engine;

/// The types of which Callboard keeps the statuses in step.
const COLUMNS: [&str; 3] = [EntityType::VERSION, EntityType::TASK, EntityType::SHOT];
/// Projects whose hidden statuses are read: one call each and type.
const MOST_PROJECTS: usize = 20;

/// What stands in the way of connecting when it is a problem; the rest can be mended afterwards.
const IN_THE_WAY: [DoctorCode; 5] = [
    DoctorCode::Address,
    DoctorCode::Certificate,
    DoctorCode::Key,
    DoctorCode::Reading,
    DoctorCode::Webhooks,
];

/// Examines a site: whether it is one, whether the key works, and what may be done with it. Nothing is written. `rules`: the rule set
/// whose statuses are held against the site's. `settings`: those that the site stands in, with its hooks. Errors when the settings lack something or name a secret that is not there.
pub async fn examine(
    site: &SiteSettings,
    settings: &Settings,
    safe: &Safe,
    rules: Option<&RuleSet>,
    clock: Arc<dyn Clock>,
) -> Result<Examined, SettingsError> {
    if site.kind == SiteKind::CreativeForce {
        return Ok(heard::examined(site, settings));
    }
    let (settings, safe) = (site.clone(), safe.clone());
    let made = tokio::task::spawn_blocking(move || tracker_of(&settings, &safe, clock)).await;
    let tracker = match made.unwrap_or_else(|e| Err(SettingsError::Malformed(e.to_string()))) {
        Ok(tracker) => tracker,
        Err(SettingsError::Address { why, .. }) => {
            return Ok(with_the_rest(vec![said::no_address(words(site.kind), &why)]));
        }
        Err(SettingsError::Network { why, .. }) => return Ok(with_the_rest(vec![said::no_way(&why)])),
        Err(error) => return Err(error),
    };
    let name = SiteName::from(site.name.as_str());
    let examining = Examining {
        tracker: tracker.as_ref(),
        name,
        url: &site.url,
        write: site.write,
        words: words(site.kind),
        rules,
    };
    Ok(examining.examine().await)
}

impl Engine {
    /// Examines a site that is connected, or one that is to be.
    pub(crate) async fn examine_site(&self, entered: &SiteIn) -> Result<Examined, ApiError> {
        let site = self.candidate(entered)?;
        let safe = self.keeping().lock().await.safe().clone();
        let live = self.desk().live();
        let rules = live.as_ref().map(|live| &live.document);
        let clock = self.desk().clock.clone();
        let examined = self
            .desk()
            .stop
            .run_until_cancelled(examine(&site, &self.settings(), &safe, rules, clock))
            .await;
        Ok(examined.ok_or_else(super::stopping)??)
    }
}

struct Examining<'a> {
    tracker: &'a dyn Tracker,
    name: SiteName,
    url: &'a str,
    write: WriteMode,
    words: &'static Words,
    rules: Option<&'a RuleSet>,
}

impl Examining<'_> {
    async fn examine(&self) -> Examined {
        let Some(examination) = self.tracker.examination() else {
            return with_the_rest(Vec::new());
        };
        let card = examination.card().await;
        let mut findings = said::card(self.words, self.url, &card);
        if card.is_err() {
            return with_the_rest(findings);
        }
        let account = examination.account().await;
        findings.push(said::account(self.words, &account));
        let Ok(account) = account else {
            return with_the_rest(findings);
        };
        findings.push(self.reading(examination).await);
        let log = match self.tracker.log() {
            Some(log) => Some(log.newest(&self.name).await.map(|row| row.is_some())),
            None => None,
        };
        let webhooks = match self.tracker.webhooks() {
            Some(webhooks) => Some(webhooks.list().await.map(|list| list.len())),
            None => None,
        };
        findings.extend(said::roads(self.words, log.as_ref(), webhooks.as_ref()));
        if let Some(webhooks) = self.tracker.webhooks() {
            let left_out = webhooks.left_out().await;
            findings.extend(said::of_webhooks(webhooks.offered(), HEADER_STRENGTH, &left_out));
        }
        findings.push(self.writing(examination).await);
        findings.push(said::own_entries(self.words, &account));
        findings.push(said::version_links(self.words, &examination.version_links().await));
        findings.push(self.statuses().await);
        with_the_rest(findings)
    }

    async fn reading(&self, examination: &dyn Examination) -> DoctorFinding {
        let mut read = Vec::new();
        for kind in COLUMNS {
            let newest = examination.newest_of(&EntityType::from(kind)).await;
            read.push((kind, newest.map(|key| key.is_some())));
        }
        said::reading(self.words, &read)
    }

    async fn writing(&self, examination: &dyn Examination) -> DoctorFinding {
        let field = self.tracker.status_field();
        let mut tried: Vec<(&str, Result<Permission, TrackerError>)> = Vec::new();
        for kind in COLUMNS {
            tried.push((kind, examination.may_set(&EntityType::from(kind), field).await));
        }
        said::writing(self.words, &tried, self.write == WriteMode::Watch)
    }

    async fn statuses(&self) -> DoctorFinding {
        let Some(rules) = self.rules else {
            return said::no_rules();
        };
        let kinds = rules.statuses.keys().map(callboard_rules::ColumnName::entity_type);
        match self.read_statuses(kinds.collect()).await {
            Err(error) => said::statuses_unread(&error),
            Ok(site) => {
                let of_site = [
                    FindingCode::UnknownStatus,
                    FindingCode::NotValid,
                    FindingCode::NotOnSite,
                    FindingCode::Hidden,
                ];
                let found = check_at(rules, &[(self.name.clone(), site)])
                    .into_iter()
                    .filter(|found| of_site.contains(&found.code));
                let (hidden, missing): (Vec<_>, Vec<_>) = found.partition(|found| found.code == FindingCode::Hidden);
                let messages =
                    |found: Vec<callboard_rules::Finding>| found.into_iter().map(|f| f.message).collect::<Vec<_>>();
                said::statuses(&messages(missing), &messages(hidden))
            }
        }
    }

    async fn read_statuses(&self, kinds: Vec<EntityType>) -> Result<SiteStatuses, TrackerError> {
        let mut known = SiteStatuses::default();
        // A key that may not list projects still reads statuses.
        let projects = self.tracker.projects().await.unwrap_or_default();
        for kind in kinds {
            let list = self.tracker.status_list(&kind).await?;
            known.insert(&kind, list.into_iter().map(|status| status.code));
            for project in projects.iter().take(MOST_PROJECTS) {
                if let Ok(hidden) = self.tracker.hidden(&kind, &project.key).await {
                    let name = project.name.clone().unwrap_or_else(|| project.key.id.to_string());
                    known.hide(&project.key.id, &name, &kind, hidden);
                }
            }
        }
        Ok(known)
    }
}

/// The findings, with what could not be looked at any more: said, not left out.
fn with_the_rest(mut findings: Vec<DoctorFinding>) -> Examined {
    for (code, what) in UNKNOWN_AFTER {
        if findings.iter().all(|found| found.code != code) {
            findings.push(said::unknown_after(code, what));
        }
    }
    findings.sort_by_key(|found| UNKNOWN_AFTER.iter().position(|(code, _)| *code == found.code));
    let in_the_way = |found: &DoctorFinding| found.level == DoctorLevel::Problem && IN_THE_WAY.contains(&found.code);
    let knows = |code| {
        findings
            .iter()
            .any(|found| found.code == code && found.level != DoctorLevel::Unknown)
    };
    Examined {
        ready: !findings.iter().any(in_the_way) && knows(DoctorCode::Key),
        findings,
    }
}
