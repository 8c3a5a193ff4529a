//! Which of a site's webhooks is the one of a hook here.

use callboard_model::{HookName, HookState, SiteName, SiteWebhook};

use super::reachable::{Kind, kind_of};
use crate::settings::{HookSettings, Settings, SettingsError, public_url};
use crate::start::Engine;

/// The webhook of a hook, among those of its site.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// It is this one.
    Ours(SiteWebhook),
    /// One that ends in the hook's path, at another address: it may be another machine's.
    Elsewhere(SiteWebhook),
    /// The site has none.
    Nowhere,
}

/// Finds it: by the id that it was made under, else by its address. Of several, the one that is in use.
pub(super) fn find(hook: &HookSettings, address: Option<&str>, list: &[SiteWebhook]) -> Found {
    if let Some(ours) = list.iter().find(|webhook| hook.webhook.as_ref() == Some(&webhook.id)) {
        return Found::Ours(ours.clone());
    }
    let best = |is: &dyn Fn(&SiteWebhook) -> bool| {
        let fitting = list.iter().filter(|webhook| is(webhook));
        fitting.min_by_key(|webhook| !delivers(webhook.state)).cloned()
    };
    if let Some(ours) = best(&|webhook| address.is_some_and(|address| is_same(address, &webhook.draft.url))) {
        return Found::Ours(ours);
    }
    let path = format!("/hooks/{}", hook.name);
    match best(&|webhook| bare(&webhook.draft.url).ends_with(&path)) {
        Some(other) => Found::Elsewhere(other),
        None => Found::Nowhere,
    }
}

/// Whether the site still sends it anything.
pub(super) fn delivers(state: HookState) -> bool {
    matches!(state, HookState::Active | HookState::Unstable | HookState::Deaf)
}

/// Whether two addresses are one.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let parsed = |address: &str| public_url(address).map(|url| bare(url.as_str()).to_owned()).ok();
    parsed(one).is_some_and(|one| parsed(other) == Some(one))
}

fn bare(address: &str) -> &str {
    address
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .trim_end_matches('/')
}

impl Settings {
    /// A hook's address as its site reaches it; none while no public address is set.
    pub(crate) fn address_of(&self, hook: &HookName) -> Option<String> {
        let address = self.public_address.as_deref()?;
        Some(format!("{}/hooks/{hook}", address.trim_end_matches('/')))
    }
}

impl Engine {
    /// A hook's address as its site reaches it. A site on this machine needs no public one. None where there is none.
    pub(crate) fn address_for(&self, settings: &Settings, hook: &HookName, site: &SiteName) -> Option<String> {
        let is_here = || {
            settings
                .site(site)
                .is_some_and(|site| public_url(&site.url).is_ok_and(|url| kind_of(&url) == Kind::Loopback))
        };
        settings
            .address_of(hook)
            .or_else(|| is_here().then(|| format!("{}/hooks/{hook}", self.receiver_url())))
    }
}

/// A public address as it is kept. Errors when it is none.
pub(super) fn as_kept(address: &str) -> Result<String, SettingsError> {
    Ok(bare(public_url(address)?.as_str()).to_owned())
}

#[cfg(test)]
mod tests {
    use callboard_model::{Subscription, WebhookDraft};

    use super::*;

    fn webhook(id: &str, url: &str, state: HookState) -> SiteWebhook {
        SiteWebhook {
            id: id.into(),
            state,
            is_signed: true,
            draft: WebhookDraft {
                name: "Callboard".into(),
                description: String::new(),
                url: url.into(),
                subscription: Subscription::Custom("Shotgun_User_Login".into()),
                projects: Vec::new(),
                batched: false,
                validates_certificate: true,
            },
        }
    }

    fn hook(id: Option<&str>) -> HookSettings {
        HookSettings {
            name: "status".into(),
            site: "show".into(),
            webhook: id.map(str::to_owned),
            ..HookSettings::default()
        }
    }

    #[test]
    fn a_webhook_is_ours_by_its_id_or_its_whole_address() {
        let ours = "https://relay.example/hooks/status";
        let list = [
            webhook("other", "https://other.example/hooks/status", HookState::Active),
            webhook("off", "https://relay.example/hooks/status/", HookState::Disabled),
            webhook("on", "https://RELAY.example:443/hooks/status", HookState::Unstable),
        ];
        let id_of = |found| match found {
            Found::Ours(webhook) => webhook.id,
            other => panic!("{other:?}"),
        };
        assert_eq!(id_of(find(&hook(None), Some(ours), &list)), "on");
        assert_eq!(id_of(find(&hook(Some("off")), Some(ours), &list)), "off");
    }

    #[test]
    fn one_at_another_address_is_not_taken_for_ours() {
        let list = [webhook(
            "other",
            "https://other.example/hooks/status",
            HookState::Active,
        )];
        let found = find(&hook(None), Some("https://relay.example/hooks/status"), &list);
        assert_eq!(found, Found::Elsewhere(list[0].clone()));
        assert_eq!(find(&hook(None), None, &list), Found::Elsewhere(list[0].clone()));
        assert_eq!(find(&hook(None), None, &[]), Found::Nowhere);
    }
}
