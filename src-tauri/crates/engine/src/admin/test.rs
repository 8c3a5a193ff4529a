//! A test of a hook: what the site says of it, and whether what it sends arrives.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use callboard_model::{HookName, Operation, Refusal, SiteWebhook};
use callboard_receiver::TurnedAway;
use callboard_trackers::{DeliveriesAsked, Offered};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::arrival;
use super::cause::{Record, Seen, causes, in_record};
use super::reach::Reached;
use super::webhook::{Found, delivers, find, is_same};
use super::{ask, stopping, webhooks_of};
use crate::api::{ApiError, ApiErrorCode, DoctorFinding, HookTest};
use crate::settings::HookSettings;
use crate::site::Site;
use crate::start::Engine;

/// How long a test may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(15);
/// How much longer is waited once something was refused: it was probably the test.
const AFTER_A_REFUSAL: Duration = Duration::from_secs(2);
/// How often refusals are looked for, which no news tell of.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Rows looked at in one go.
const ROWS: u32 = 500;
/// Deliveries of the site's record that are looked at: more than go out while a test is waited for.
const RECORD: DeliveriesAsked = DeliveriesAsked {
    from: None,
    failed: false,
    most: 50,
};

impl Engine {
    /// Has the site send a test, and waits for it to arrive.
    pub(crate) async fn test(&self, name: &HookName) -> Result<HookTest, ApiError> {
        let (hook, site, address) = {
            let keeping = self.keeping().lock().await;
            let (hook, site) = self.hook_and_site(&keeping, name)?;
            let address = self.address_for(keeping.settings(), name, &site.name);
            (hook, site, address)
        };
        let mut steps = Vec::new();
        let hook_name = name.clone();
        let webhooks = webhooks_of(&site)?;
        let list = match ask(&site, webhooks.list()).await {
            Ok(list) => list,
            Err(error) => {
                steps.push(arrival::unlisted(&error.message));
                return Ok(ended(steps));
            }
        };
        let webhook = match find(&hook, address.as_deref(), &list) {
            Found::Ours(webhook) => webhook,
            Found::Elsewhere(other) => {
                steps.push(arrival::elsewhere(&other.draft.url, address.as_deref()));
                return Ok(ended(steps));
            }
            Found::Nowhere => {
                steps.push(arrival::nowhere());
                return Ok(ended(steps));
            }
        };
        steps.extend(of_record(&hook, &webhook, address.as_deref(), webhooks.offered()));
        if !delivers(webhook.state) {
            return Ok(ended(steps));
        }
        if !webhooks.offered().tests {
            let last = self.read(move |reader| Ok(reader.last_delivery(&hook_name)?)).await?;
            steps.push(arrival::no_tests(last));
            return Ok(HookTest {
                arrived: last.is_some(),
                ..ended(steps)
            });
        }
        self.send_and_wait(&site, name, &webhook, address.as_deref(), steps)
            .await
    }

    async fn send_and_wait(
        &self,
        site: &Site,
        name: &HookName,
        webhook: &SiteWebhook,
        address: Option<&str>,
        mut steps: Vec<DoctorFinding>,
    ) -> Result<HookTest, ApiError> {
        let mut news = self.desk().journal.subscribe();
        let mut after = self
            .read(|r| {
                Ok(r.feed(None, 1, &Default::default())?
                    .rows
                    .first()
                    .map_or(0, |row| row.seq))
            })
            .await?;
        let refused_before = self.refusals_of(name).await?;
        let wrong_before = self.doors().knocks().under_wrong_name();
        // By its ids, for the site's clock may not be ours.
        let on_record = ask(site, webhooks_of(site)?.deliveries(&webhook.id, &RECORD))
            .await
            .ok();
        let on_record = on_record.map(|record| record.list.into_iter().map(|one| one.id).collect());
        let begun = Instant::now();
        if let Err(error) = ask(site, webhooks_of(site)?.test(&webhook.id)).await {
            steps.push(arrival::not_sent(&error.message));
            return Ok(ended(steps));
        }
        let mut until = begun + ARRIVES_WITHIN;
        let mut seen = Seen::default();
        loop {
            if self.test_arrived(name, &mut after).await? {
                let took = begun.elapsed();
                steps.push(arrival::arrived(took));
                return Ok(HookTest {
                    arrived: true,
                    took_ms: Some(u32::try_from(took.as_millis()).unwrap_or(u32::MAX)),
                    steps,
                });
            }
            if seen.is_nothing() {
                seen = Seen {
                    refused: newly(&refused_before, &self.refusals_of(name).await?),
                    wrong_name: since(&wrong_before, self.doors().knocks().under_wrong_name()),
                };
                if !seen.is_nothing() {
                    until = until.min(Instant::now() + AFTER_A_REFUSAL);
                }
            }
            if Instant::now() >= until {
                break;
            }
            tokio::select! {
                heard = news.recv() => if matches!(heard, Err(RecvError::Closed)) { break },
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = site.stop.cancelled() => return Err(stopping()),
            }
        }
        let (record, reached) = if seen.is_nothing() {
            let ours = address.filter(|address| is_same(address, &webhook.draft.url));
            let (record, reached) = tokio::join!(self.record_of(site, webhook, on_record), self.reach_of(name, ours));
            (record?, reached?)
        } else {
            (Record::Unread, None)
        };
        steps.extend(causes(&seen, &webhook.draft.url, &record, reached));
        Ok(ended(steps))
    }

    /// What the site's record has of a test, by the deliveries that were not `known` before it was asked for.
    async fn record_of(
        &self,
        site: &Site,
        webhook: &SiteWebhook,
        known: Option<HashSet<String>>,
    ) -> Result<Record, ApiError> {
        let Some(known) = known else {
            return Ok(Record::Unread);
        };
        let record = site.or_stop(site.call(webhooks_of(site)?.deliveries(&webhook.id, &RECORD)));
        let Ok(record) = record.await.ok_or_else(stopping)? else {
            return Ok(Record::Unread);
        };
        let newer: Vec<_> = record.list.into_iter().filter(|one| !known.contains(&one.id)).collect();
        Ok(in_record(&newer, webhook.draft.batched))
    }

    /// What our own knock finds where a hook's deliveries should come in. Nothing is asked of an address that is not ours.
    async fn reach_of(&self, name: &HookName, address: Option<&str>) -> Result<Option<Reached>, ApiError> {
        let path = format!("/hooks/{name}");
        match address.and_then(|address| address.strip_suffix(&path)) {
            Some(public) => self.reach(public).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whether a test came by a hook after a row of the journal; that row is then the newest that was looked at.
    async fn test_arrived(&self, name: &HookName, after: &mut i64) -> Result<bool, ApiError> {
        loop {
            let from = *after;
            let rows = self
                .read(move |r| Ok(r.rows_after(from, ROWS, &Default::default())?))
                .await?;
            *after = rows.last().map_or(from, |row| row.seq);
            if rows
                .iter()
                .any(|row| row.operation == Operation::Test && row.hook.as_ref() == Some(name))
            {
                return Ok(true);
            }
            if rows.is_empty() {
                return Ok(false);
            }
        }
    }

    async fn refusals_of(&self, name: &HookName) -> Result<BTreeMap<String, u64>, ApiError> {
        let name = name.clone();
        let all = self.read(|r| Ok(r.refusals()?)).await?;
        let of_hook = all.into_iter().filter(|(hook, ..)| *hook == name.as_str());
        Ok(of_hook.map(|(_, reason, number, _)| (reason, number)).collect())
    }

    /// Errors unless a test arrives. What a site cannot be asked for is not waited for.
    pub(super) async fn proven(&self, name: &HookName) -> Result<(), ApiError> {
        let site = self.site_of(name)?;
        if site
            .tracker
            .webhooks()
            .is_some_and(|webhooks| !webhooks.offered().tests)
        {
            return Ok(());
        }
        let test = self.test(name).await?;
        if test.arrived {
            return Ok(());
        }
        let last = test.steps.last();
        let said = last.map(|step| format!("{}. {}", step.title, step.remedy.clone().unwrap_or_default()));
        Err(ApiError {
            code: ApiErrorCode::Site,
            message: format!(
                "The site has switched {name} on, but it is not proven to work: {}",
                said.unwrap_or_default()
            ),
        })
    }
}

fn ended(steps: Vec<DoctorFinding>) -> HookTest {
    HookTest {
        arrived: false,
        took_ms: None,
        steps,
    }
}

/// What the site's record of a hook says, step by step.
fn of_record(
    hook: &HookSettings,
    webhook: &SiteWebhook,
    address: Option<&str>,
    offered: Offered,
) -> Vec<DoctorFinding> {
    let mut steps = vec![arrival::known(&webhook.draft.name)];
    steps.push(match address {
        Some(address) if is_same(address, &webhook.draft.url) => arrival::right_address(address),
        _ => arrival::elsewhere(&webhook.draft.url, address),
    });
    steps.push(arrival::state(webhook.state));
    steps.push(if offered.signatures {
        arrival::signed(hook.secret.is_some(), webhook.is_signed)
    } else {
        arrival::shows_a_secret(hook.secret.is_some(), webhook.is_signed)
    });
    if webhook.draft.url.starts_with("https:") {
        steps.push(arrival::certificate(webhook.draft.validates_certificate));
    }
    steps
}

/// The reason of which there are more than before, the one with the most.
fn newly(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> Option<Refusal> {
    let more = now
        .iter()
        .map(|(reason, number)| (number - before.get(reason).copied().unwrap_or(0).min(*number), reason));
    let (number, reason) = more.max()?;
    Refusal::ALL.into_iter().find(|r| number > 0 && r.as_str() == reason)
}

fn since(before: &TurnedAway, now: TurnedAway) -> Option<String> {
    (now.number > before.number).then_some(now.last_name)
}
