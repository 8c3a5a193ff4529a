//! How the hooks are, and telling people when that changes.

mod asking;
mod figures;
mod hearing;
mod verdict;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use callboard_journal::{Journal, JournalError, NewIssue};
use callboard_model::{AlertKind, Clock, Event, HookHealth, HookName, HookState, Place, Refusal, SiteName};
use callboard_receiver::Tally;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::asking::Remote;
pub(crate) use self::hearing::Told;

use self::hearing::Hearing;
use self::verdict::{Signs, UNSTABLE_FOR, badges, forecast, state_of};
use crate::api::Forecast;
use crate::settings::SiteKind;
use crate::strength::SecretMark;

/// Refusals of a burst are counted together.
const GATHER: Duration = Duration::from_millis(200);
/// Notices that a slow listener may fall behind.
const ALERTS: usize = 64;

/// Something that a person should be told once, wherever they are looking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What sort of thing it is.
    pub kind: AlertKind,
    /// What happened, with the name.
    pub title: String,
    /// Why, and what to do.
    pub body: String,
    /// What it is about: a later alert of the same group takes the place of an earlier one. `hook:status`.
    pub group: String,
    /// Where it is seen to.
    pub place: Place,
}

impl Alert {
    /// Tells of an issue.
    pub(crate) fn of(issue: &NewIssue) -> Self {
        Self {
            kind: issue.kind,
            title: issue.title.clone(),
            body: issue.remedy.clone(),
            group: issue.key.clone(),
            place: issue.place.clone(),
        }
    }
}

/// The issue that stands for what is wrong with a hook.
fn hook_issue(name: &HookName) -> String {
    format!("hook:{name}")
}

/// What there is to say of a hook, which was in that state before.
fn issue_of(health: &HookHealth, before: HookState) -> NewIssue {
    let name = &health.name;
    let (kind, title) = match health.state {
        HookState::Active => (AlertKind::HookRecovered, format!("Webhook {name} is active again")),
        HookState::Unstable => (AlertKind::HookUnstable, format!("Webhook {name} is unstable")),
        HookState::Failed => (AlertKind::HookFailed, format!("Webhook {name} has failed")),
        HookState::Disabled => (AlertKind::HookDisabled, format!("Webhook {name} was switched off")),
        HookState::Deaf => (AlertKind::HookDeaf, format!("Webhook {name} hears nothing")),
    };
    let over = match before {
        HookState::Failed | HookState::Disabled => "It was activated again: the site delivers to it.",
        HookState::Deaf => "What it should deliver arrives again.",
        HookState::Unstable | HookState::Active => "What made it unstable is over.",
    };
    NewIssue {
        key: hook_issue(name),
        kind,
        place: Place::Hook { hook: name.clone() },
        title,
        remedy: health.why.clone().unwrap_or_else(|| over.into()),
    }
}

/// A hook as it was configured.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) name: HookName,
    pub(crate) site: SiteName,
    /// What deliveries must be signed with, or show; none: anybody who knows the address is believed.
    pub(crate) secret: Option<SecretMark>,
    /// What sends them.
    pub(crate) kind: SiteKind,
    /// Whether a change is looked up on the site before anything follows from it.
    pub(crate) read_back: bool,
}

/// Judges hooks from the site's word, its list of hooks, and what the receiver refused.
pub(crate) struct Health {
    journal: Journal,
    hooks: RwLock<HashMap<HookName, Watched>>,
    signs: Mutex<HashMap<HookName, Signs>>,
    hearing: Mutex<Hearing>,
    remotes: Mutex<HashMap<HookName, Remote>>,
    /// Told when the sites are to be asked for their hooks before it is time.
    pub(crate) ask_now: Notify,
    alerts: broadcast::Sender<Alert>,
    /// One judgement at a time, so that none is made from signs that are older than what is on disk.
    judging: tokio::sync::Mutex<()>,
}

impl Health {
    pub(crate) fn new(journal: Journal, hooks: Vec<Watched>) -> Self {
        let mut hearing = Hearing::default();
        for hook in &hooks {
            hearing.watch(&hook.name, &hook.site);
        }
        Self {
            journal,
            hooks: RwLock::new(hooks.into_iter().map(|h| (h.name.clone(), h)).collect()),
            signs: Mutex::new(HashMap::new()),
            hearing: Mutex::new(hearing),
            remotes: Mutex::default(),
            ask_now: Notify::new(),
            alerts: broadcast::Sender::new(ALERTS),
            judging: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn alerts(&self) -> broadcast::Receiver<Alert> {
        self.alerts.subscribe()
    }

    fn hearing(&self) -> MutexGuard<'_, Hearing> {
        self.hearing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remotes(&self) -> MutexGuard<'_, HashMap<HookName, Remote>> {
        self.remotes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign(&self, name: &HookName, change: impl FnOnce(&mut Signs)) {
        let mut signs = self.signs.lock().unwrap_or_else(PoisonError::into_inner);
        change(signs.entry(name.clone()).or_default());
    }

    /// The log of a site tells events: what a hook should have delivered and has not makes it deaf after a while. `live`: they have
    /// only just happened.
    pub(crate) fn log_told(&self, site: &SiteName, told: &[Told<'_>], live: bool) {
        let mut hearing = self.hearing();
        for one in told {
            hearing.told(site, one, live, Instant::now());
        }
    }

    /// When a hook's deliveries failed, by the site's record, and what follows if they go on like this.
    pub(crate) fn forecast(&self, name: &HookName, now: Timestamp) -> Option<Forecast> {
        let mut told = None;
        self.sign(name, |signs| told = forecast(&signs.failures, now));
        told
    }

    /// When a hook's deliveries failed of late, by the site's record.
    pub(crate) fn failures(&self, name: &HookName) -> Vec<Timestamp> {
        let signs = self.signs.lock().unwrap_or_else(PoisonError::into_inner);
        signs.get(name).map(|signs| signs.failures.clone()).unwrap_or_default()
    }

    /// What the site says of a hook.
    pub(crate) fn remote(&self, name: &HookName) -> Remote {
        self.remotes().get(name).cloned().unwrap_or_default()
    }

    fn names(&self) -> Vec<HookName> {
        let hooks = self.hooks.read().unwrap_or_else(PoisonError::into_inner);
        hooks.keys().cloned().collect()
    }

    /// A hook as it was configured.
    pub(crate) fn watched(&self, name: &HookName) -> Option<Watched> {
        let hooks = self.hooks.read().unwrap_or_else(PoisonError::into_inner);
        hooks.get(name).cloned()
    }

    /// The hooks of a site, or all, by name.
    pub(crate) fn of_site(&self, site: Option<&SiteName>) -> Vec<Watched> {
        let hooks = self.hooks.read().unwrap_or_else(PoisonError::into_inner);
        let mut of: Vec<_> = hooks
            .values()
            .filter(|h| site.is_none_or(|site| h.site == *site))
            .cloned()
            .collect();
        of.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
        of
    }

    /// Watches a hook from now on, or knows it anew.
    pub(crate) async fn watch(&self, hook: Watched, now: Timestamp) {
        let name = hook.name.clone();
        self.hearing().watch(&name, &hook.site);
        self.hooks
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone(), hook);
        self.judge(&name, now).await;
    }

    /// Lets a hook go.
    pub(crate) async fn forget(&self, name: &HookName, now: Timestamp) -> Result<(), JournalError> {
        self.hearing().forget(name);
        self.remotes().remove(name);
        self.hooks.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        self.signs.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        self.journal.resolve(hook_issue(name), now).await?;
        self.journal.keep_hooks(self.names()).await
    }

    pub(crate) fn tell(&self, alert: Alert) {
        tracing::warn!("{}: {}", alert.title, alert.body);
        // Nobody need be listening: a headless engine has its log and its issues.
        drop(self.alerts.send(alert));
    }

    /// Takes up where the last run left off.
    pub(crate) async fn resume(&self, now: Timestamp) {
        let names = self.names();
        let before = self.journal.keep_hooks(names.clone()).await.and_then(|()| {
            let reader = self.journal.reader();
            Ok((reader.hooks()?, reader.refusals()?))
        });
        match before {
            Ok((hooks, refusals)) => {
                let mut signs = self.signs.lock().unwrap_or_else(PoisonError::into_inner);
                for hook in hooks {
                    if hook.state == HookState::Deaf {
                        let position = self.journal.reader().log_position(&hook.site).ok().flatten();
                        let entry = position.map_or(0, |position| position.entry);
                        self.hearing()
                            .resume_deaf(&hook.name, &hook.site, entry, Instant::now());
                        signs.entry(hook.name.clone()).or_default().deaf =
                            self.hearing().deaf_to(&hook.name, Duration::MAX, Instant::now());
                    }
                    // An unstable that refusals of our own explain ends with them, and whether a hook is deaf is seen anew; any other
                    // is the site's word.
                    let explained = hook.state == HookState::Deaf
                        || hook.state == HookState::Unstable
                            && refusals.iter().any(|(name, _, _, at)| {
                                *name == hook.name.as_str() && now.duration_since(*at) < UNSTABLE_FOR
                            });
                    signs.entry(hook.name).or_default().site_says = Some(hook.state).filter(|_| !explained);
                }
                for (hook, reason, _, at) in refusals {
                    let reason = Refusal::ALL.into_iter().find(|r| r.as_str() == reason);
                    if let Some(reason) = reason.filter(|_| names.iter().any(|name| name.as_str() == hook)) {
                        let refused = &mut signs.entry(HookName::from(hook)).or_default().refused;
                        if refused.is_none_or(|(_, before)| before < at) {
                            *refused = Some((reason, at));
                        }
                    }
                }
            }
            Err(error) => tracing::error!(%error, "health: the hooks' last state cannot be read"),
        }
        for name in &names {
            self.judge(name, now).await;
        }
    }

    /// The site delivered a word about the hook itself.
    pub(crate) async fn site_says(&self, event: &Event, now: Timestamp) {
        let state = event.hook_word.as_ref().and_then(|w| HookState::from_word(&w.status));
        if let (Some(name), Some(state)) = (&event.hook, state) {
            self.hear(name, state);
            self.judge(name, now).await;
        }
    }

    fn hear(&self, name: &HookName, state: HookState) {
        let mut signs = self.signs.lock().unwrap_or_else(PoisonError::into_inner);
        let signs = signs.entry(name.clone()).or_default();
        // Only a recovery speaks against refusals of our own: a site that never counted them has nothing to say of them.
        if state == HookState::Active && signs.site_says.is_some_and(|before| before != HookState::Active) {
            signs.refused = None;
        }
        signs.site_says = Some(state);
    }

    async fn refused(&self, name: &HookName, reason: Refusal, at: Timestamp, now: Timestamp) {
        self.signs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(name.clone())
            .or_default()
            .refused = Some((reason, at));
        self.judge_again(name, true, now).await;
    }

    /// Puts the hook's state on disk and tells of it, if it is another one than before.
    pub(crate) async fn judge(&self, name: &HookName, now: Timestamp) {
        self.judge_again(name, false, now).await;
    }

    /// The same. `failed`: a delivery has failed, so that what is wrong with the hook, if something is, was met once more.
    async fn judge_again(&self, name: &HookName, failed: bool, now: Timestamp) {
        let Some(hook) = self.watched(name) else { return };
        let _alone = self.judging.lock().await;
        let signs = self
            .signs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
            .unwrap_or_default();
        let (state, why) = state_of(&signs, hook.kind, now);
        let before = match self.journal.reader().hook(name) {
            Ok(before) => before,
            Err(error) => {
                tracing::error!(%error, "health: a hook's state cannot be read");
                return;
            }
        };
        let since = before.as_ref().filter(|b| b.state == state).map_or(now, |b| b.since);
        let badges = badges(&signs, hook.secret.is_some());
        let health = HookHealth {
            name: name.clone(),
            site: hook.site.clone(),
            state,
            badges,
            since,
            why,
        };
        match self.journal.set_hook(health.clone()).await {
            // What the writer found there counts, not what was read above: only one of two judges may tell.
            Ok(before) => {
                let before = before.map_or(HookState::Active, |b| b.state);
                if before != state {
                    self.announce(&health, before, now).await;
                } else if state != HookState::Active {
                    self.goes_on(&health, failed, now).await;
                }
            }
            Err(error) => tracing::error!(%error, "health: a hook's state cannot be kept"),
        }
    }

    async fn announce(&self, health: &HookHealth, before: HookState, now: Timestamp) {
        let issue = issue_of(health, before);
        let alert = Alert::of(&issue);
        let kept = if health.state == HookState::Active {
            self.journal.resolve(issue.key, now).await
        } else {
            self.journal.raise(issue, now).await.map(drop)
        };
        if let Err(error) = kept {
            tracing::error!(%error, "health: an issue cannot be kept");
        }
        self.tell(alert);
    }

    /// What is wrong with a hook is wrong still.
    async fn goes_on(&self, health: &HookHealth, failed: bool, now: Timestamp) {
        let issue = issue_of(health, health.state);
        let alert = Alert::of(&issue);
        match self.journal.keep_up(issue, failed, now).await {
            Ok(true) => self.tell(alert),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "health: an issue cannot be kept"),
        }
    }

    /// Counts what the receiver refused, until the program stops.
    pub(crate) async fn watch_refusals(&self, tally: &Tally, clock: &dyn Clock, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = tally.refusals() => {}
                () = stop.cancelled() => break,
            }
            tokio::select! {
                () = tokio::time::sleep(GATHER) => {}
                () = stop.cancelled() => {}
            }
            for seen in tally.drain() {
                let counted = self
                    .journal
                    .refuse(seen.hook.to_string(), seen.reason, seen.number, seen.last_at)
                    .await;
                if let Err(error) = counted {
                    tracing::error!(%error, "health: refusals cannot be counted");
                }
                self.refused(&seen.hook, seen.reason, seen.last_at, clock.now()).await;
            }
        }
    }
}
