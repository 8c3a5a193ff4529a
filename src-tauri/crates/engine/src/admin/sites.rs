//! Sites connected, changed and let go while the engine runs.

use std::path::PathBuf;
use std::sync::Arc;

use callboard_model::SiteName;
use callboard_trackers::ListedProject;
use reqwest::Url;

use super::{ask, not_found, other_name, refused, stopping};
use crate::api::{ApiError, KeyText, Overview, ProjectMode, SiteIn, SiteProject};
use crate::keeping::Keeping;
use crate::settings::{
    HookSettings, ProjectSettings, ProjectWrite, Secret, SettingsChange, SiteKind, SiteSettings, WriteMode,
};
use crate::site::Site;
use crate::start::Engine;

impl SiteIn {
    fn of(site: &SiteSettings) -> Self {
        Self {
            name: SiteName::from(site.name.as_str()),
            kind: site.kind.as_str().to_owned(),
            url: site.url.clone(),
            script_name: site.script_name.clone().unwrap_or_default(),
            script_key: None,
            key_kept: site.script_key.as_ref().map(|key| key.strength().to_owned()),
            write: site.write.as_str().to_owned(),
            projects: site.projects.iter().map(ProjectMode::of).collect(),
            only_listed: site.only_listed,
            event_log: site.event_log,
            poll_seconds: site.poll_seconds,
            acknowledge: site.acknowledge,
            refresh_pages: site.refresh_pages,
            ca_file: site.ca_file.as_ref().map(|path| path.display().to_string()),
            proxy: site
                .proxy
                .as_deref()
                .map(|proxy| KeyText::from(without_password(proxy).as_str())),
        }
    }

    /// The site as settings say it, with the key that was entered or the one that is kept. A kept key goes to no other address than the
    /// one that it was entered for.
    fn to_settings(&self, known: Option<&SiteSettings>) -> Result<SiteSettings, ApiError> {
        let name = SiteName::new(self.name.as_str()).map_err(|e| refused(e.to_string()))?;
        let kind = SiteKind::ALL.into_iter().find(|kind| kind.as_str() == self.kind);
        let kind = kind.ok_or_else(|| refused(format!("\"{}\" is no kind of site", self.kind)))?;
        let write = WriteMode::ALL.into_iter().find(|mode| mode.as_str() == self.write);
        let write = write.ok_or_else(|| refused(format!("\"{}\" is none of watch, ask and act", self.write)))?;
        let whose = match kind {
            SiteKind::Ftrack => "user",
            _ => "script",
        };
        let projects: Vec<ProjectSettings> = self
            .projects
            .iter()
            .map(ProjectMode::to_settings)
            .collect::<Result<_, _>>()?;
        if kind == SiteKind::CreativeForce {
            return Ok(SiteSettings {
                write,
                projects,
                only_listed: self.only_listed,
                ..SiteSettings::creative_force(name.as_str(), self.url.trim())
            });
        }
        let key = match (
            self.script_key
                .as_ref()
                .map(KeyText::text)
                .filter(|key| !key.is_empty()),
            known,
        ) {
            (Some(key), _) => Secret::Plain(key.to_owned()),
            (None, Some(known)) if is_one_site(&known.url, &self.url) => known
                .script_key
                .clone()
                .ok_or_else(|| refused(format!("Enter the {whose}'s key")))?,
            (None, Some(_)) => {
                return Err(refused(format!(
                    "The address is another one than before: enter the {whose}'s key again, since a key goes to no other address"
                )));
            }
            (None, None) => return Err(refused(format!("Enter the {whose}'s key"))),
        };
        let filled = |text: &Option<String>| {
            text.as_deref()
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        };
        let usual = SiteSettings::shotgrid(name.as_str(), self.url.trim(), self.script_name.trim(), key);
        let site = SiteSettings {
            kind,
            write,
            projects,
            only_listed: self.only_listed,
            practice: known.is_some_and(|known| known.practice && is_one_site(&known.url, &self.url)),
            event_log: self.event_log,
            poll_seconds: self.poll_seconds,
            // What is not entered in a window stays as the file has it.
            deaf_after: known.map_or(usual.deaf_after, |known| known.deaf_after),
            writes_a_minute: known.map_or(usual.writes_a_minute, |known| known.writes_a_minute),
            acknowledge: self.acknowledge,
            refresh_pages: self.refresh_pages,
            ca_file: filled(&self.ca_file).map(PathBuf::from),
            proxy: proxy(self.proxy.as_ref(), known.and_then(|known| known.proxy.as_deref())),
            ..usual
        };
        if site.script_name.as_ref().is_some_and(String::is_empty) {
            return Err(refused(format!("Enter the {whose}'s name")));
        }
        Ok(site)
    }
}

impl ProjectMode {
    fn of(project: &ProjectSettings) -> Self {
        Self {
            id: project.id.clone(),
            name: project.name.clone(),
            write: project.write.as_str().to_owned(),
        }
    }

    fn to_settings(&self) -> Result<ProjectSettings, ApiError> {
        let write = ProjectWrite::ALL.into_iter().find(|mode| mode.as_str() == self.write);
        let write = write.ok_or_else(|| refused(format!("\"{}\" is none of off, watch, ask and act", self.write)))?;
        Ok(ProjectSettings {
            id: self.id.clone(),
            name: self.name.trim().to_owned(),
            write,
        })
    }
}

impl Engine {
    /// The projects of a site, read from it: those that are being worked on first, then by name.
    pub(crate) async fn site_projects(&self, name: &SiteName) -> Result<Vec<SiteProject>, ApiError> {
        let site = self.connected(name)?;
        let listed = ask(&site, site.tracker.all_projects()).await?;
        let project = |one: ListedProject| SiteProject {
            name: one.project.name.unwrap_or_else(|| one.project.key.id.to_string()),
            id: one.project.key.id,
            archived: one.archived,
        };
        let mut projects: Vec<SiteProject> = listed.into_iter().map(project).collect();
        projects.sort_by(|one, other| (one.archived, &one.name).cmp(&(other.archived, &other.name)));
        Ok(projects)
    }

    /// The sites as they are set up, without their secrets.
    pub(crate) fn sites_as_entered(&self) -> Vec<SiteIn> {
        self.settings().sites.iter().map(SiteIn::of).collect()
    }

    /// A site that was entered, as settings say it, to be looked at.
    pub(super) fn candidate(&self, entered: &SiteIn) -> Result<SiteSettings, ApiError> {
        entered.to_settings(self.settings().site(&entered.name))
    }

    /// Connects a site, or changes one.
    pub(crate) async fn put_site(&self, entered: SiteIn) -> Result<Overview, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let mut keeping = engine.keeping().lock().await;
            engine.connect(&mut keeping, &entered).await?;
            drop(keeping);
            engine.overview().await
        })
        .await
    }

    async fn connect(&self, keeping: &mut Keeping, entered: &SiteIn) -> Result<(), ApiError> {
        let known = keeping.settings().site(&entered.name).cloned();
        let mut settings = entered.to_settings(known.as_ref())?;
        let is_passing = keeping.is_passing(&entered.name);
        if is_passing && !settings.practice {
            return Err(refused(
                "This is the practice production, at an address of its own: give your site another name",
            ));
        }
        // What is wrong with the address or the certificate file is found before anything is kept.
        let site = self.new_site(keeping, &settings).await?;
        let entered_key = entered
            .script_key
            .as_ref()
            .map(KeyText::text)
            .filter(|key| !key.is_empty());
        let before = known.as_ref().and_then(|known| known.script_key.clone());
        if let Some(key) = entered_key.filter(|_| !is_passing) {
            let name = secret_name(&entered.name, before.as_ref());
            settings.script_key = Some(keeping.keep(name, key.to_owned()).await?);
        }
        if let Err(error) = keeping.change(&SettingsChange::PutSite(settings.clone())) {
            keeping
                .forget(settings.script_key.filter(|_| entered_key.is_some()))
                .await;
            return Err(error.into());
        }
        keeping.forget(before.filter(|_| entered_key.is_some())).await;
        self.exchange(&entered.name, Some(Arc::new(site))).await;
        Ok(())
    }

    /// Lets a site go, with its hooks here. What the journal holds of it stays.
    pub(crate) async fn let_site_go(&self, name: SiteName) -> Result<Overview, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let mut keeping = engine.keeping().lock().await;
            let settings = keeping.settings();
            let site = settings.site(&name).cloned();
            let site = site.ok_or_else(|| not_found(format!("No site named \"{name}\" is connected")))?;
            let of_site = settings.hooks.iter().filter(|hook| hook.site == site.name);
            let hooks: Vec<HookSettings> = of_site.cloned().collect();
            let change = SettingsChange::RemoveSite(name.to_string());
            engine.drop_hooks(&mut keeping, hooks, &change).await?;
            keeping.forget(site.script_key).await;
            engine.exchange(&name, None).await;
            engine.end_practice(&mut keeping, &name).await;
            drop(keeping);
            engine.overview().await
        })
        .await
    }

    pub(crate) async fn new_site(&self, keeping: &Keeping, settings: &SiteSettings) -> Result<Site, ApiError> {
        let (settings, safe) = (settings.clone(), keeping.safe().clone());
        let (clock, changed) = (self.desk().clock.clone(), self.sites_changed().clone());
        let stop = self.desk().stop.child_token();
        let reader = self.desk().journal.reader().clone();
        let made =
            tokio::task::spawn_blocking(move || Site::new(&settings, &safe, clock, changed, stop, &reader)).await;
        Ok(made.map_err(|_| stopping())??)
    }

    /// Ends the work on a site, and begins it anew with another in its place. Never both at once: events of one Shot would be worked on
    /// twice.
    pub(crate) async fn exchange(&self, name: &SiteName, new: Option<Arc<Site>>) {
        if let Some(old) = self.desk().remove_site(name) {
            self.end_site(&old).await;
        }
        if let Some(site) = &new {
            self.desk().put_site(site.clone());
        }
        self.desk().renew_live().await;
        if let Some(site) = &new {
            self.run_site(site);
        }
        self.sites_changed().notify_one();
    }
}

/// Under which name a site's key is kept: never that of the one before it, which holds until everything else is done.
fn secret_name(site: &SiteName, before: Option<&Secret>) -> String {
    other_name(format!("site:{site}"), before)
}

/// A proxy as it was entered, or the one that is kept where it came back as it was shown.
fn proxy(entered: Option<&KeyText>, known: Option<&str>) -> Option<String> {
    let entered = entered.map(|text| text.text().trim()).filter(|text| !text.is_empty())?;
    let is_as_shown = |known: &&str| without_password(known) == entered;
    Some(known.filter(is_as_shown).unwrap_or(entered).to_owned())
}

/// A proxy's address as it is shown.
fn without_password(proxy: &str) -> String {
    let Some((sign_in, host)) = proxy.rsplit_once('@') else {
        return proxy.to_owned();
    };
    let start = sign_in.find("://").map_or(0, |at| at + 3);
    match sign_in.get(start..).and_then(|name| name.split_once(':')) {
        Some((name, _)) => format!("{}{name}:…@{host}", sign_in.get(..start).unwrap_or_default()),
        None => proxy.to_owned(),
    }
}

/// Whether two addresses are of one site: scheme, host and port.
fn is_one_site(one: &str, other: &str) -> bool {
    let origin = |address: &str| Url::parse(address.trim()).ok().map(|url| url.origin());
    origin(one).is_some_and(|one| origin(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(url: &str, key: Option<&str>) -> SiteIn {
        SiteIn {
            url: url.into(),
            script_key: key.map(KeyText::from),
            ..SiteIn::of(&SiteSettings::shotgrid(
                "show",
                url,
                "callboard",
                Secret::Plain("old".into()),
            ))
        }
    }

    #[test]
    fn a_kept_key_goes_to_no_other_address() {
        let known = SiteSettings::shotgrid("show", "https://show.example", "callboard", Secret::Plain("old".into()));
        let key = |site: &SiteIn| site.to_settings(Some(&known)).map(|site| site.script_key.unwrap());
        assert!(key(&entered("https://show.example/", None)).unwrap() == Secret::Plain("old".into()));
        assert!(
            key(&entered("https://evil.example", None))
                .unwrap_err()
                .message
                .contains("enter the script's key again")
        );
        assert!(key(&entered("http://show.example", None)).is_err());
        assert!(key(&entered("https://evil.example", Some("new"))).unwrap() == Secret::Plain("new".into()));
        assert!(entered("https://show.example", None).to_settings(None).is_err());
    }

    #[test]
    fn a_proxys_password_is_not_shown_and_stays_where_it_comes_back_unseen() {
        let kept = "http://ada:s3cret@proxy.studio.example:3128";
        let mut known =
            SiteSettings::shotgrid("show", "https://show.example", "callboard", Secret::Plain("old".into()));
        known.proxy = Some(kept.into());
        let mut entered = SiteIn::of(&known);
        assert_eq!(
            entered.proxy.as_ref().map(KeyText::text),
            Some("http://ada:…@proxy.studio.example:3128")
        );
        assert!(!format!("{entered:?}{known:?}").contains("s3cret"));
        assert_eq!(entered.to_settings(Some(&known)).unwrap().proxy.as_deref(), Some(kept));
        entered.proxy = Some(KeyText::from("http://other:3128"));
        assert_eq!(
            entered.to_settings(Some(&known)).unwrap().proxy.as_deref(),
            Some("http://other:3128")
        );
        entered.proxy = None;
        assert_eq!(entered.to_settings(Some(&known)).unwrap().proxy, None);
    }

    #[test]
    fn a_key_that_was_entered_never_shows() {
        let shown = format!("{:?}", entered("https://show.example", Some("a-key-of-a-script")));
        assert!(!shown.contains("a-key-of-a-script"), "{shown}");
    }
}
