//! How the hooks are, and telling people when that changes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use callboard_journal::{Journal, JournalError, NewIssue};
use callboard_model::{Badge, Clock, Event, HookHealth, HookName, HookState, Refusal, SiteName, SiteWebhook};
use callboard_receiver::Tally;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::site::Site;

/// A failure makes a hook unstable for this long (ShotGrid documentation, Webhooks, "Webhook status").
const UNSTABLE_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Refusals of a burst are counted together.
const GATHER: Duration = Duration::from_millis(200);
/// Notices that a slow listener may fall behind.
const ALERTS: usize = 64;

/// Something that a person should be told once, wherever they are looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What happened, with the name.
    pub title: String,
    /// Why, and what to do.
    pub body: String,
}

/// What speaks for and against a hook.
#[derive(Clone, Debug, Default)]
struct Signs {
    site_says: Option<HookState>,
    refused: Option<(Refusal, Timestamp)>,
}

/// A hook as it was configured.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) name: HookName,
    pub(crate) site: SiteName,
    pub(crate) signed: bool,
}

/// Judges hooks from the site's word, its list of hooks, and what the receiver refused.
pub(crate) struct Health {
    journal: Journal,
    hooks: RwLock<HashMap<HookName, Watched>>,
    signs: Mutex<HashMap<HookName, Signs>>,
    alerts: broadcast::Sender<Alert>,
    /// One judgement at a time, so that none is made from signs that are older than what is on disk.
    judging: tokio::sync::Mutex<()>,
}

impl Health {
    pub(crate) fn new(journal: Journal, hooks: Vec<Watched>) -> Self {
        Self {
            journal,
            hooks: RwLock::new(hooks.into_iter().map(|h| (h.name.clone(), h)).collect()),
            signs: Mutex::new(HashMap::new()),
            alerts: broadcast::Sender::new(ALERTS),
            judging: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn alerts(&self) -> broadcast::Receiver<Alert> {
        self.alerts.subscribe()
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
        self.hooks
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone(), hook);
        self.judge(&name, now).await;
    }

    /// Lets a hook go.
    pub(crate) async fn forget(&self, name: &HookName) -> Result<(), JournalError> {
        self.hooks.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        self.signs.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        self.journal.resolve(format!("hook:{name}")).await?;
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
                    // An unstable that refusals of our own explain ends with them; any other is the site's word.
                    let explained = hook.state == HookState::Unstable
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

    /// The site's own list. A hook is ours when its address ends in our path.
    async fn site_lists(&self, site: &SiteName, list: &[SiteWebhook], now: Timestamp) {
        for hook in self.of_site(Some(site)) {
            let ours = |remote: &&SiteWebhook| {
                let path = remote.draft.url.split(['?', '#']).next().unwrap_or_default();
                path.trim_end_matches('/').ends_with(&format!("/hooks/{}", hook.name))
            };
            // An old hook that was switched off may have the same path: the best one is the one in use.
            if let Some(remote) = list.iter().filter(ours).min_by_key(|remote| severity(remote.state)) {
                self.hear(&hook.name, remote.state);
            }
            self.judge(&hook.name, now).await;
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
        self.judge(name, now).await;
    }

    /// Puts the hook's state on disk and tells of it, if it is another one than before.
    async fn judge(&self, name: &HookName, now: Timestamp) {
        let Some(hook) = self.watched(name) else { return };
        let _alone = self.judging.lock().await;
        let signs = self
            .signs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
            .unwrap_or_default();
        let (state, why) = state_of(&signs, now);
        let before = match self.journal.reader().hook(name) {
            Ok(before) => before,
            Err(error) => {
                tracing::error!(%error, "health: a hook's state cannot be read");
                return;
            }
        };
        let since = before.as_ref().filter(|b| b.state == state).map_or(now, |b| b.since);
        let badges = if hook.signed { Vec::new() } else { vec![Badge::Unsigned] };
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
            Ok(before) if before.as_ref().map_or(HookState::Active, |b| b.state) != state => {
                self.announce(&health, now).await;
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "health: a hook's state cannot be kept"),
        }
    }

    async fn announce(&self, health: &HookHealth, now: Timestamp) {
        let key = format!("hook:{}", health.name);
        let title = match health.state {
            HookState::Active => format!("Webhook {} is active again", health.name),
            HookState::Unstable => format!("Webhook {} is unstable", health.name),
            HookState::Failed => format!("Webhook {} has failed", health.name),
            HookState::Disabled => format!("Webhook {} was switched off", health.name),
            HookState::Deaf => format!("Webhook {} hears nothing", health.name),
        };
        let body = health
            .why
            .clone()
            .unwrap_or_else(|| "No delivery has failed in the past 24 hours.".into());
        let kept = if health.state == HookState::Active {
            self.journal.resolve(key).await
        } else {
            let issue = NewIssue {
                key,
                title: title.clone(),
                remedy: body.clone(),
            };
            self.journal.raise(issue, now).await.map(drop)
        };
        if let Err(error) = kept {
            tracing::error!(%error, "health: an issue cannot be kept");
        }
        self.tell(Alert { title, body });
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

    /// Asks a site for its hooks every so often.
    pub(crate) async fn ask_site(&self, site: &Site, every: Duration, clock: &dyn Clock) {
        let Some(webhooks) = site.tracker.webhooks() else {
            return;
        };
        loop {
            match site.call(webhooks.list()).await {
                Ok(list) => self.site_lists(&site.name, &list, clock.now()).await,
                Err(error) => {
                    // Not every key may see webhooks. What the receiver sees and the site delivers still counts.
                    tracing::debug!(site = %site.name, %error, "health: the site's hooks cannot be listed");
                    self.site_lists(&site.name, &[], clock.now()).await;
                }
            }
            tokio::time::sleep(every).await;
        }
    }
}

fn severity(state: HookState) -> u8 {
    match state {
        HookState::Active => 0,
        HookState::Unstable => 1,
        HookState::Deaf => 2,
        HookState::Failed => 3,
        HookState::Disabled => 4,
    }
}

/// The state that the signs make, with what is wrong and what to do. What the site says of its hook counts before what we infer.
fn state_of(signs: &Signs, now: Timestamp) -> (HookState, Option<String>) {
    let refused = signs
        .refused
        .filter(|(_, at)| now.duration_since(*at) < UNSTABLE_FOR)
        .map(|(reason, _)| reason);
    let state = match (signs.site_says, refused) {
        (Some(worse @ (HookState::Failed | HookState::Disabled | HookState::Unstable | HookState::Deaf)), _) => worse,
        (_, Some(_)) => HookState::Unstable,
        (_, None) => HookState::Active,
    };
    let cause = refused.map(|reason| {
        let mut sentence = reason.remedy().to_owned();
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        format!("{sentence}.")
    });
    let cause = cause.unwrap_or_else(|| {
        "The site could not reach this machine, or waited more than 6 s. Check the tunnel or proxy, and that this machine does not sleep.".into()
    });
    let why = match state {
        HookState::Active => None,
        HookState::Unstable => Some(format!(
            "Deliveries failed in the past 24 hours; after 100 the site switches the hook off. {cause}"
        )),
        HookState::Failed => Some(format!(
            "The site gave up after 100 failures and delivers nothing any more. {cause} Then activate the webhook again on the site's Webhooks page."
        )),
        HookState::Disabled => Some(
            "Somebody switched it off on the site, so nothing is delivered. Activate it there when that was not meant."
                .into(),
        ),
        HookState::Deaf => Some(
            "The site's event log moves, and this hook hears nothing. Check its filter on the site's Webhooks page."
                .into(),
        ),
    };
    (state, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hours * 3600).unwrap()
    }

    #[test]
    fn a_refusal_makes_it_unstable_for_a_day() {
        let signs = Signs {
            site_says: Some(HookState::Active),
            refused: Some((Refusal::SignatureWrong, at(0))),
        };
        let (state, why) = state_of(&signs, at(1));
        assert_eq!(state, HookState::Unstable);
        assert!(why.unwrap().contains("signed with another secret"));
        assert_eq!(state_of(&signs, at(25)).0, HookState::Active);
    }

    #[test]
    fn the_sites_word_counts_first() {
        let signs = Signs {
            site_says: Some(HookState::Failed),
            refused: None,
        };
        assert_eq!(state_of(&signs, at(0)).0, HookState::Failed);
    }
}
