//! The hooks with all that is known of them.

use callboard_model::HookHealth;

use super::ask;
use super::webhook::{Found, find};
use crate::api::{ApiError, HookLoad, HookView, HooksView};
use crate::start::Engine;

impl Engine {
    /// The hooks with all that is known of them.
    pub(crate) async fn hooks_view(&self) -> Result<HooksView, ApiError> {
        let health = self.read(|r| Ok(r.hooks()?)).await?;
        let mut hooks = Vec::with_capacity(health.len());
        for health in health {
            hooks.push(self.hook_view(health).await);
        }
        Ok(HooksView {
            hooks,
            logs: Vec::new(),
        })
    }

    async fn hook_view(&self, health: HookHealth) -> HookView {
        let (hook, public_address) = {
            let keeping = self.keeping().lock().await;
            let settings = keeping.settings();
            (settings.hook(&health.name).cloned(), settings.address_of(&health.name))
        };
        let site = self.desk().site(&health.site);
        let (webhook, webhook_unknown) = match site.as_ref().and_then(|s| Some((s, s.tracker.webhooks()?))) {
            None => (None, None),
            Some((site, webhooks)) => match ask(site, webhooks.list()).await {
                Err(error) => (None, Some(error.message)),
                Ok(list) => match hook.as_ref().map(|hook| find(hook, public_address.as_deref(), &list)) {
                    Some(Found::Ours(webhook) | Found::Elsewhere(webhook)) => (Some(webhook), None),
                    Some(Found::Nowhere) | None => (None, None),
                },
            },
        };
        HookView {
            address: format!("{}/hooks/{}", self.receiver_url(), health.name),
            public_address,
            is_signed: hook.is_some_and(|hook| hook.secret.is_some()),
            webhook,
            webhook_unknown,
            load: HookLoad::default(),
            forecast: None,
            last_at: None,
            days: Vec::new(),
            strip: Vec::new(),
            health,
        }
    }
}
