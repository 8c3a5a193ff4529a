//! What a site says of its hooks: asked every so often.

use callboard_model::{Clock, HookState, SiteName, SiteWebhook};
use callboard_trackers::{DeliveriesAsked, TrackerError, Webhooks};
use jiff::Timestamp;
use tokio::time::{Duration, Instant};

use super::verdict::UNSTABLE_FOR;
use super::{Health, Watched};
use crate::settings::SiteKind;
use crate::site::Site;

/// How often a site is asked for the record of a hook that is well.
const ASK_RECORD_EVERY: Duration = Duration::from_secs(300);
/// Failures that are read: as many as the site takes before it gives up.
const FAILURES: usize = 100;

/// What is known of a site's own record of its hooks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remote {
    pub(crate) webhook: Option<SiteWebhook>,
    /// Why it is not known.
    pub(crate) unknown: Option<String>,
    asked_at: Option<Instant>,
}

impl Health {
    /// Asks a site for its hooks every so often.
    pub(crate) async fn ask_site(&self, site: &Site, every: Duration, clock: &dyn Clock) {
        let Some(webhooks) = site.tracker.webhooks() else {
            return;
        };
        loop {
            self.ask_once(site, webhooks, clock).await;
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = self.ask_now.notified() => {}
            }
        }
    }

    /// Asks a site for its hooks now.
    pub(crate) async fn ask_once(&self, site: &Site, webhooks: &dyn Webhooks, clock: &dyn Clock) {
        match site.call(webhooks.list()).await {
            Ok(list) => {
                self.site_lists(&site.name, &list, clock.now()).await;
                for hook in self
                    .of_site(Some(&site.name))
                    .iter()
                    .filter(|_| webhooks.offered().record)
                {
                    self.ask_record(site, webhooks, hook, clock.now()).await;
                }
            }
            Err(error) => {
                // Not every key may see webhooks. What the receiver sees and the site delivers still counts.
                tracing::debug!(site = %site.name, %error, "health: the site's hooks cannot be listed");
                self.site_is_silent(&site.name, &error, clock.now()).await;
            }
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
            let remote = list.iter().filter(ours).min_by_key(|remote| severity(remote.state));
            if let Some(remote) = remote {
                self.hear(&hook.name, remote.state);
            }
            let asked = remote.map(|remote| (remote.draft.subscription.clone(), remote.draft.projects.clone()));
            self.hearing().asks_for(&hook.name, site, asked);
            {
                let mut remotes = self.remotes();
                let known = remotes.entry(hook.name.clone()).or_default();
                known.webhook = remote.cloned();
                known.unknown = remote.is_none().then(|| {
                    format!(
                        "The site has no webhook that delivers to /hooks/{}. Create it here, or on the site's Webhooks page",
                        hook.name
                    )
                });
            }
            self.judge(&hook.name, now).await;
        }
    }

    async fn site_is_silent(&self, site: &SiteName, error: &TrackerError, now: Timestamp) {
        for hook in self.of_site(Some(site)) {
            {
                let mut remotes = self.remotes();
                let known = remotes.entry(hook.name.clone()).or_default();
                if !error.passing() {
                    known.webhook = None;
                }
                let remedy = match hook.kind {
                    SiteKind::Ftrack => "The user needs a role that may open System settings, Advanced, Webhooks",
                    _ => "The script needs the permission \"Show Webhooks\"",
                };
                known.unknown = Some(format!("The site does not show its webhooks: {error}. {remedy}"));
            }
            self.judge(&hook.name, now).await;
        }
    }

    /// Asks for the site's figures of a hook, and for its failures of the past day.
    async fn ask_record(&self, site: &Site, webhooks: &dyn Webhooks, hook: &Watched, now: Timestamp) {
        let id = {
            let mut remotes = self.remotes();
            let Some(known) = remotes.get_mut(&hook.name) else {
                return;
            };
            let Some(webhook) = &known.webhook else { return };
            let is_well = webhook.state == HookState::Active;
            if is_well && known.asked_at.is_some_and(|at| at.elapsed() < ASK_RECORD_EVERY) {
                return;
            }
            known.asked_at = Some(Instant::now());
            webhook.id.clone()
        };
        let failed = DeliveriesAsked {
            from: now.checked_sub(UNSTABLE_FOR).ok(),
            failed: true,
            most: FAILURES,
        };
        let all = DeliveriesAsked {
            from: failed.from,
            failed: false,
            most: 1,
        };
        let (failed, all) = (
            site.call(webhooks.deliveries(&id, &failed)).await,
            site.call(webhooks.deliveries(&id, &all)).await,
        );
        let (Ok(failed), Ok(all)) = (failed, all) else { return };
        let mut goes_on = false;
        self.sign(&hook.name, |signs| {
            let last = signs.failures.iter().max().copied();
            signs.failures = failed.list.iter().map(|delivery| delivery.at).collect();
            signs.site_times = (all.times.events > 0).then_some(all.times);
            // What was there when this was asked first is known from the state.
            goes_on = last.is_some() && signs.failures.iter().max() > last.as_ref();
        });
        self.judge_again(&hook.name, goes_on, now).await;
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
