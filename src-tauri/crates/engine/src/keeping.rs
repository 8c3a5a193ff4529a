//! The settings as they are now, with the file and the safe that they are kept in.

use callboard_model::{HookName, SiteName};
use callboard_receiver::{CreativeForceDoor, HookDoor, Protocol};
use callboard_trackers::ftrack::{HeaderSecret, SECRET_HEADER};
use callboard_trackers::{creative_force, shotgrid};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::health::Watched;
use crate::secrets::Safe;
use crate::settings::{HookSettings, Secret, Settings, SettingsChange, SettingsError, SettingsFile, SiteKind};
use crate::site::Site;
use crate::strength::SecretMark;

/// How long the secret before the current one is taken: as long as ShotGrid keeps deliveries that can be sent again.
const PREVIOUS_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The settings as they are now. Whoever changes them holds the lock for the whole of it, the site's part too.
pub(crate) struct Keeping {
    settings: Settings,
    /// For those who only look and must not wait for a change under way.
    shown: watch::Sender<Settings>,
    /// None: what is changed lasts until the program ends.
    file: Option<SettingsFile>,
    safe: Safe,
    /// A site that lasts until the program ends: nothing of it comes into the file.
    passing: Option<SiteName>,
}

/// How settings were before a change.
pub(crate) struct Before {
    settings: Settings,
    /// The file's text, where there is a file to keep them in; the inner one where there was one then.
    text: Option<Option<String>>,
}

impl Keeping {
    pub(crate) fn new(settings: Settings, file: Option<SettingsFile>, safe: Safe) -> Self {
        let shown = watch::Sender::new(settings.clone());
        Self {
            settings,
            shown,
            file,
            safe,
            passing: None,
        }
    }

    /// The settings as they are whenever it is looked at.
    pub(crate) fn watch(&self) -> watch::Receiver<Settings> {
        self.shown.subscribe()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn safe(&self) -> &Safe {
        &self.safe
    }

    /// Keeps a secret. Errors when it cannot be kept anywhere.
    pub(crate) async fn keep(&self, name: String, secret: String) -> Result<Secret, SettingsError> {
        // A keychain may ask its person first.
        let (safe, asked) = (self.safe.clone(), name.clone());
        let kept = tokio::task::spawn_blocking(move || safe.keep(&asked, &secret)).await;
        kept.unwrap_or_else(|e| {
            Err(SettingsError::NotKept {
                name,
                why: e.to_string(),
            })
        })
    }

    /// Forgets secrets that were kept here and that the settings name no more.
    pub(crate) async fn forget(&self, secrets: impl IntoIterator<Item = Secret>) {
        for secret in secrets {
            let safe = self.safe.clone();
            let is_used = self.names(&secret);
            if !is_used && tokio::task::spawn_blocking(move || safe.forget(&secret)).await.is_err() {
                tracing::warn!("secrets: a secret that is no longer used could not be removed");
            }
        }
    }

    fn names(&self, secret: &Secret) -> bool {
        let of_sites = self.settings.sites.iter().filter_map(|site| site.script_key.as_ref());
        let of_hooks = self.settings.hooks.iter().flat_map(HookSettings::secrets);
        let of_mail = self.settings.mail.iter().filter_map(|mail| mail.password.as_ref());
        let of_outgoing = self.settings.outgoing.iter().map(|receiver| &receiver.secret);
        let mut named = of_sites.chain(of_hooks).chain(of_mail).chain(of_outgoing);
        named.any(|named| named == secret)
    }

    /// Makes a change, in the file first. Errors when the file cannot be written; nothing is changed then.
    pub(crate) fn change(&mut self, change: &SettingsChange) -> Result<Before, SettingsError> {
        let mut changed = self.settings.clone();
        change.apply(&mut changed);
        changed.check()?;
        let text = match self.file.as_ref().filter(|_| !self.passes(change)) {
            Some(file) => Some(file.write(change)?),
            None => None,
        };
        self.shown.send_replace(changed.clone());
        Ok(Before {
            settings: std::mem::replace(&mut self.settings, changed),
            text,
        })
    }

    /// From now on nothing of this site comes into the file.
    pub(crate) fn begin_passing(&mut self, site: &SiteName) {
        self.passing = Some(site.clone());
    }

    /// What was not to come into the file is gone, from memory too.
    pub(crate) fn end_passing(&mut self) {
        if let Some(site) = self.passing.take() {
            SettingsChange::RemoveSite(site.to_string()).apply(&mut self.settings);
            self.shown.send_replace(self.settings.clone());
        }
    }

    /// Whether a site is one of which nothing comes into the file.
    pub(crate) fn is_passing(&self, site: &SiteName) -> bool {
        self.passing.as_ref() == Some(site)
    }

    fn passes(&self, change: &SettingsChange) -> bool {
        let Some(passing) = self.passing.as_ref().map(SiteName::as_str) else {
            return false;
        };
        match change {
            SettingsChange::PutSite(site) => site.name == passing,
            SettingsChange::RemoveSite(name) => name == passing,
            SettingsChange::PutHook(hook) => hook.site == passing,
            SettingsChange::RemoveHook(name) => self
                .settings
                .hook(&HookName::from(name.as_str()))
                .is_some_and(|hook| hook.site == passing),
            SettingsChange::PutOutgoing(_)
            | SettingsChange::RemoveOutgoing(_)
            | SettingsChange::PublicAddress(_)
            | SettingsChange::Preferences(_) => false,
        }
    }

    /// Takes a change back.
    pub(crate) fn restore(&mut self, before: Before) {
        self.shown.send_replace(before.settings.clone());
        self.settings = before.settings;
        if let (Some(file), Some(text)) = (&self.file, &before.text)
            && let Err(error) = file.restore(text.as_deref())
        {
            tracing::error!(%error, "settings: a change that came to nothing is still in the file");
        }
    }
}

impl HookSettings {
    /// The secrets that it names.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let signing = [&self.secret, &self.previous_secret].into_iter().flatten();
        signing.chain(self.headers.values())
    }

    /// Signs with another secret from now on. The one before is taken for [`PREVIOUS_FOR`]: whoever signs may not have been changed over.
    pub(crate) fn replace_secret(&mut self, new: Secret, now: Timestamp) {
        self.previous_secret = self.secret.replace(new);
        let until = now.checked_add(PREVIOUS_FOR).unwrap_or(Timestamp::MAX);
        self.previous_until = self.previous_secret.as_ref().map(|_| until);
    }

    /// Its door to a site and what is watched of it. Errors when a secret is not where the settings say, or nobody can speak as the site
    /// does.
    pub(crate) fn door(&self, of: &Site, safe: &Safe) -> Result<(HookDoor, Watched), SettingsError> {
        let name = HookName::new(&self.name)?;
        let site = of.name.clone();
        let current = self.secret.as_ref().map(|s| s.reveal(safe)).transpose()?;
        let previous = self.previous_secret.as_ref().map(|s| s.reveal(safe)).transpose()?;
        // Anybody can sign with an empty key.
        if [&current, &previous].into_iter().flatten().any(String::is_empty) {
            return Err(SettingsError::EmptySecret(self.name.clone()));
        }
        let previous = previous.as_deref();
        let kind = of.settings.kind;
        let watched = Watched {
            name: name.clone(),
            site: site.clone(),
            secret: current.as_deref().map(SecretMark::of),
            kind,
            read_back: self.read_back,
        };
        let protocol = match kind {
            SiteKind::Shotgrid => Protocol::ShotGrid(current.map(|token| shotgrid::Secrets::new(&token, previous))),
            SiteKind::Ftrack => {
                let header = self.header.as_deref().unwrap_or(SECRET_HEADER);
                let secret = current.map(|secret| HeaderSecret::new(header, &secret, previous));
                Protocol::Ftrack(secret, of.tracker.object_types().unwrap_or_default())
            }
            SiteKind::CreativeForce => Protocol::CreativeForce(CreativeForceDoor {
                secrets: current.map(|secret| creative_force::Secrets::new(&secret, previous)),
                headers: self
                    .headers
                    .iter()
                    .map(|(name, value)| Ok((self.header_name(name)?, self.header_value(name, &value.reveal(safe)?)?)))
                    .collect::<Result<_, SettingsError>>()?,
                filter: self.filter()?,
            }),
            SiteKind::Kitsu => {
                return Err(SettingsError::Kind {
                    site: site.to_string(),
                    kind: kind.as_str(),
                });
            }
        };
        let door = HookDoor {
            name,
            site,
            protocol,
            max_body: self.max_body.unwrap_or(HookDoor::MAX_BODY),
            previous_until: self.previous_until,
        };
        Ok((door, watched))
    }
}
