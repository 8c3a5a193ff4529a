//! A hook of a site that is only heard: made and changed here, entered on the other side by a person.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callboard_model::HookName;

use super::{other_name, refused};
use crate::api::{ApiError, HookIn, HookPut, KeyText};
use crate::keeping::Keeping;
use crate::settings::{HookSettings, Secret, SettingsChange};
use crate::start::Engine;
use crate::strength::{SecretMark, who_shares};

/// Random bytes in a new secret.
const NEW: usize = 32;

impl Engine {
    /// Makes a hook of a site whose webhooks are set up by hand, or changes one.
    pub(crate) async fn put_hook(&self, entered: HookIn) -> Result<HookPut, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let secret = engine.keep_hook(&entered).await?;
            Ok(HookPut {
                hooks: engine.hooks_view().await?,
                secret,
            })
        })
        .await
    }

    /// The answer is the secret that was made, where none was entered and none was kept.
    async fn keep_hook(&self, entered: &HookIn) -> Result<Option<String>, ApiError> {
        let name = HookName::new(entered.name.as_str()).map_err(|e| refused(e.to_string()))?;
        let site = self.connected(&entered.site)?;
        if site.tracker.is_read() {
            return Err(refused(format!(
                "The webhooks of {} are made on the site from here: create the hook instead",
                site.name
            )));
        }
        let mut keeping = self.keeping().lock().await;
        let known = keeping.settings().hook(&name).cloned();
        if known.as_ref().is_some_and(|known| known.site != entered.site.as_str()) {
            return Err(refused(format!(
                "There is a hook named {name} of another site: give this one another name"
            )));
        }
        let before = known.clone().unwrap_or_default();
        let mut hook = HookSettings {
            name: name.to_string(),
            site: entered.site.to_string(),
            workspaces: tidy(&entered.workspaces),
            steps: tidy(&entered.steps),
            headers: BTreeMap::new(),
            ..before.clone()
        };
        // What is wrong with them is found before anything is kept.
        hook.filter()?;
        for (header, value) in &entered.headers {
            hook.header_name(header)?;
            let is_kept = value.text().is_empty() && before.headers.contains_key(header);
            if !is_kept {
                hook.header_value(header, value.text())?;
            }
        }
        let typed = entered
            .secret
            .as_ref()
            .map(KeyText::text)
            .map(str::trim)
            .filter(|text| !text.is_empty());
        if let Some(typed) = typed {
            let hooks = self.desk().health.of_site(None);
            if let Some(other) = who_shares(name.as_str(), &SecretMark::of(typed), &hooks) {
                return Err(refused(format!(
                    "Hook {} has this secret already, and what is signed for one would be good for the other: enter another",
                    other.name
                )));
            }
        }
        let made = match (typed, &before.secret) {
            (None, None) => Some(new_secret()?),
            _ => None,
        };
        let mut kept = Vec::new();
        let done = self.keep_parts(
            &mut keeping,
            &mut hook,
            &before,
            entered,
            typed.or(made.as_deref()),
            &mut kept,
        );
        if let Err(error) = done.await {
            keeping.forget(kept).await;
            return Err(error);
        }
        let stale: Vec<Secret> = before
            .secrets()
            .filter(|old| hook.secrets().all(|new| new != *old))
            .cloned()
            .collect();
        keeping.forget(stale).await;
        self.open_door(&keeping, &hook, &site).await?;
        Ok(made)
    }

    async fn keep_parts(
        &self,
        keeping: &mut Keeping,
        hook: &mut HookSettings,
        before: &HookSettings,
        entered: &HookIn,
        secret: Option<&str>,
        kept: &mut Vec<Secret>,
    ) -> Result<(), ApiError> {
        if let Some(secret) = secret {
            let name = other_name(format!("hook:{}", hook.name), before.secret.as_ref());
            let new = keeping.keep(name, secret.to_owned()).await?;
            kept.push(new.clone());
            // The other side is changed over by a person, and signs with the old one until then.
            hook.replace_secret(new, self.desk().clock.now());
        }
        for (header, value) in &entered.headers {
            let old = before.headers.get(header);
            let secret = match old.filter(|_| value.text().is_empty()) {
                Some(old) => old.clone(),
                None => {
                    let name = other_name(format!("hook:{}:{header}", hook.name), old);
                    let new = keeping.keep(name, value.text().to_owned()).await?;
                    kept.push(new.clone());
                    new
                }
            };
            hook.headers.insert(header.clone(), secret);
        }
        keeping.change(&SettingsChange::PutHook(hook.clone()))?;
        Ok(())
    }
}

fn tidy(names: &[String]) -> Vec<String> {
    names
        .iter()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// A secret as Creative Force has them: Base64.
fn new_secret() -> Result<String, ApiError> {
    let mut bytes = [0_u8; NEW];
    getrandom::fill(&mut bytes).map_err(|e| refused(format!("No secret could be made: {e}")))?;
    Ok(STANDARD.encode(bytes))
}
