//! Hooks made, changed, switched and deleted, here and on their site.

use std::sync::Arc;

use callboard_model::{HookName, SiteName, SiteWebhook, WebhookDraft};
use callboard_trackers::TrackerError;

use super::fields::refuse_unknown;
use super::webhook::{Found, find, is_same};
use super::{ask, not_found, other_name, refused, stopping, webhooks_of};
use crate::api::{ApiError, ApiErrorCode, HooksView, NewHook};
use crate::keeping::Keeping;
use crate::secrets::random_hex;
use crate::settings::{HookSettings, Secret, SettingsChange};
use crate::site::Site;
use crate::start::Engine;

/// What a webhook of ours is called on the site's page.
const DESCRIPTION: &str = "Made by Callboard, which keeps statuses in step";

impl Engine {
    /// Makes a hook, here and on its site. What the site refuses leaves nothing behind.
    pub(crate) async fn create_hook(&self, new: NewHook) -> Result<HooksView, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let mut keeping = engine.keeping().lock().await;
            engine.make(&mut keeping, &new).await?;
            drop(keeping);
            engine.fresh_hooks_view().await
        })
        .await
    }

    async fn make(&self, keeping: &mut Keeping, new: &NewHook) -> Result<(), ApiError> {
        let name = checked(&new.name)?;
        if keeping.settings().hook(&name).is_some() {
            return Err(ApiError {
                code: ApiErrorCode::Conflict,
                message: format!("There is a hook named {name} already: give this one another name"),
            });
        }
        let site = self.connected(&new.site)?;
        let webhooks = webhooks_of(&site)?;
        let draft = self.webhook_draft(keeping, new)?;
        refuse_unknown(&site, &new.subscription).await?;
        let list = ask(&site, webhooks.list()).await?;
        if list.iter().any(|webhook| is_same(&webhook.draft.url, &draft.url)) {
            return Err(refused(format!(
                "The site has a webhook for {} already. Delete it on the site's Webhooks page, or give this hook another name",
                draft.url
            )));
        }
        let token = new_token()?;
        let secret = keeping.keep(secret_name(&name, None), token.clone()).await?;
        let mut hook = HookSettings {
            name: name.to_string(),
            site: new.site.to_string(),
            secret: Some(secret.clone()),
            ..HookSettings::default()
        };
        let before = match keeping.change(&SettingsChange::PutHook(hook.clone())) {
            Ok(before) => before,
            Err(error) => {
                keeping.forget([secret]).await;
                return Err(error.into());
            }
        };
        match self.make_on_site(keeping, &hook, &site, &draft, &token).await {
            Ok(webhook) => {
                hook.webhook = Some(webhook.id);
                keeping.change(&SettingsChange::PutHook(hook))?;
                Ok(())
            }
            Err(error) => {
                if let Err(left) = self.close_door(&name).await {
                    tracing::error!(error = %left.message, "hooks: a hook that was not made could not be let go");
                }
                keeping.restore(before);
                keeping.forget([secret]).await;
                Err(error)
            }
        }
    }

    async fn make_on_site(
        &self,
        keeping: &Keeping,
        hook: &HookSettings,
        site: &Arc<Site>,
        draft: &WebhookDraft,
        token: &str,
    ) -> Result<SiteWebhook, ApiError> {
        // Before the site hears of it: it may deliver at once.
        self.open_door(keeping, hook, site).await?;
        let webhooks = webhooks_of(site)?;
        match site.or_stop(site.call(webhooks.create(draft, Some(token)))).await {
            None => Err(stopping()),
            Some(Ok(webhook)) => Ok(webhook),
            // A site that does not answer may have made it all the same.
            Some(Err(error)) if error.passing() => {
                let list = ask(site, webhooks.list()).await.unwrap_or_default();
                let found = list.into_iter().find(|webhook| is_same(&webhook.draft.url, &draft.url));
                found.ok_or_else(|| error.into())
            }
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Changes what a hook delivers, and its secret where a new one is wanted.
    pub(crate) async fn change_hook(&self, new: NewHook, new_secret: bool) -> Result<HooksView, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let mut keeping = engine.keeping().lock().await;
            engine.alter(&mut keeping, &new, new_secret).await?;
            drop(keeping);
            engine.fresh_hooks_view().await
        })
        .await
    }

    async fn alter(&self, keeping: &mut Keeping, new: &NewHook, new_secret: bool) -> Result<(), ApiError> {
        let (hook, site) = self.hook_and_site(keeping, &new.name)?;
        if hook.site != new.site.as_str() {
            return Err(refused(format!(
                "Hook {} belongs to site {}: delete it and make another for {}",
                new.name, hook.site, new.site
            )));
        }
        let draft = self.webhook_draft(keeping, new)?;
        refuse_unknown(&site, &new.subscription).await?;
        let webhook = self.on_site(keeping, &hook, &site).await?;
        let draft = WebhookDraft {
            name: webhook.draft.name.clone(),
            description: webhook.draft.description.clone(),
            ..draft
        };
        let token = if new_secret { Some(new_token()?) } else { None };
        let mut changed = HookSettings {
            webhook: Some(webhook.id.clone()),
            ..hook.clone()
        };
        if let Some(token) = &token {
            let name = secret_name(&new.name, hook.secret.as_ref());
            let new = keeping.keep(name, token.clone()).await?;
            changed.replace_secret(new, self.desk().clock.now());
        }
        let made: Vec<Secret> = changed.secret.iter().filter(|_| token.is_some()).cloned().collect();
        let before = match keeping.change(&SettingsChange::PutHook(changed.clone())) {
            Ok(before) => before,
            Err(error) => {
                keeping.forget(made).await;
                return Err(error.into());
            }
        };
        if token.is_some() {
            self.open_door(keeping, &changed, &site).await?;
        }
        let change = webhooks_of(&site)?.change(&webhook.id, &draft, token.as_deref());
        match site.or_stop(site.call(change)).await {
            Some(Ok(_)) => {
                keeping.forget(hook.previous_secret.filter(|_| token.is_some())).await;
                Ok(())
            }
            // It may sign with the new one from now on: both are taken.
            Some(Err(error)) if error.passing() => Err(error.into()),
            None => Err(stopping()),
            Some(Err(error)) => {
                keeping.restore(before);
                self.open_door(keeping, &hook, &site).await?;
                keeping.forget(made).await;
                Err(error.into())
            }
        }
    }

    /// Switches a hook on or off. One that is switched on is proven by a test that arrives.
    pub(crate) async fn switch_hook(&self, name: HookName, on: bool) -> Result<HooksView, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let keeping = engine.keeping().lock().await;
            let (hook, site) = engine.hook_and_site(&keeping, &name)?;
            let webhook = engine.on_site(&keeping, &hook, &site).await?;
            ask(&site, webhooks_of(&site)?.switch(&webhook.id, on)).await?;
            drop(keeping);
            if on {
                engine.proven(&name).await?;
            }
            engine.fresh_hooks_view().await
        })
        .await
    }

    /// Deletes a hook: on its site first, so that nothing is delivered to a closed door.
    pub(crate) async fn delete_hook(&self, name: HookName) -> Result<HooksView, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let mut keeping = engine.keeping().lock().await;
            let (hook, site) = engine.hook_and_site(&keeping, &name)?;
            engine.delete_on_site(&keeping, &hook, &site).await?;
            engine
                .drop_hooks(&mut keeping, vec![hook], &SettingsChange::RemoveHook(name.to_string()))
                .await?;
            drop(keeping);
            engine.fresh_hooks_view().await
        })
        .await
    }

    async fn delete_on_site(&self, keeping: &Keeping, hook: &HookSettings, site: &Site) -> Result<(), ApiError> {
        // Where none can be administered, whoever made it there deletes it there.
        let Some(webhooks) = site.tracker.webhooks() else {
            return Ok(());
        };
        let list = ask(site, webhooks.list()).await?;
        let address = self.address_for(keeping.settings(), &HookName::from(hook.name.as_str()), &site.name);
        // One at another address may be another machine's: it is left alone.
        let Found::Ours(webhook) = find(hook, address.as_deref(), &list) else {
            return Ok(());
        };
        match site.or_stop(site.call(webhooks.delete(&webhook.id))).await {
            None => Err(stopping()),
            Some(Ok(()) | Err(TrackerError::NotFound)) => Ok(()),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Lets hooks go here, with the change that says so.
    pub(super) async fn drop_hooks(
        &self,
        keeping: &mut Keeping,
        hooks: Vec<HookSettings>,
        change: &SettingsChange,
    ) -> Result<(), ApiError> {
        keeping.change(change)?;
        for hook in &hooks {
            self.close_door(&HookName::from(hook.name.as_str())).await?;
        }
        let secrets: Vec<Secret> = hooks.iter().flat_map(HookSettings::secrets).cloned().collect();
        keeping.forget(secrets).await;
        Ok(())
    }

    pub(crate) async fn open_door(
        &self,
        keeping: &Keeping,
        hook: &HookSettings,
        site: &Arc<Site>,
    ) -> Result<(), ApiError> {
        let (hook, site, safe) = (hook.clone(), site.clone(), keeping.safe().clone());
        let door = tokio::task::spawn_blocking(move || hook.door(&site, &safe)).await;
        let (door, watched) = door.map_err(|_| stopping())??;
        self.doors().put(door);
        self.desk().health.watch(watched, self.desk().clock.now()).await;
        Ok(())
    }

    async fn close_door(&self, name: &HookName) -> Result<(), ApiError> {
        self.doors().remove(name);
        Ok(self.desk().health.forget(name, self.desk().clock.now()).await?)
    }

    pub(super) fn hook_and_site(
        &self,
        keeping: &Keeping,
        name: &HookName,
    ) -> Result<(HookSettings, Arc<Site>), ApiError> {
        let hook = keeping.settings().hook(name).cloned();
        let hook = hook.ok_or_else(|| not_found(format!("There is no hook named {name}")))?;
        let site = self.connected(&SiteName::from(hook.site.as_str()))?;
        Ok((hook, site))
    }

    /// The site's record of a hook. Errors where it has none that is surely ours.
    async fn on_site(&self, keeping: &Keeping, hook: &HookSettings, site: &Site) -> Result<SiteWebhook, ApiError> {
        let list = ask(site, webhooks_of(site)?.list()).await?;
        let address = self.address_for(keeping.settings(), &HookName::from(hook.name.as_str()), &site.name);
        match find(hook, address.as_deref(), &list) {
            Found::Ours(webhook) => Ok(webhook),
            Found::Elsewhere(webhook) => Err(not_found(format!(
                "The site has no webhook for hook {} at this address; the one for {} may be another machine's. \
                 Set the public address to the one that it has, or make the hook anew",
                hook.name, webhook.draft.url
            ))),
            Found::Nowhere => Err(not_found(format!(
                "The site has no webhook for hook {}: delete the hook here and make it anew",
                hook.name
            ))),
        }
    }

    fn webhook_draft(&self, keeping: &Keeping, new: &NewHook) -> Result<WebhookDraft, ApiError> {
        let url = self.address_for(keeping.settings(), &new.name, &new.site);
        let url = url.ok_or_else(|| {
            refused(
                "The site cannot reach Callboard yet: set the public address first, under which it is reached from outside",
            )
        })?;
        Ok(WebhookDraft {
            name: format!("Callboard {}", new.name),
            description: DESCRIPTION.into(),
            url,
            subscription: new.subscription.clone(),
            projects: new.projects.clone(),
            batched: new.batched,
            validates_certificate: new.validates_certificate,
        })
    }
}

fn checked(name: &HookName) -> Result<HookName, ApiError> {
    HookName::new(name.as_str()).map_err(|e| refused(e.to_string()))
}

/// A secret that nobody has seen and nobody will be shown: 256 random bits.
pub(crate) fn new_token() -> Result<String, ApiError> {
    random_hex().map_err(|e| refused(format!("No secret could be made: {e}")))
}

/// Under which name a hook's new secret is kept: never that of the one before it, which is still taken.
fn secret_name(hook: &HookName, before: Option<&Secret>) -> String {
    other_name(format!("hook:{hook}"), before)
}
