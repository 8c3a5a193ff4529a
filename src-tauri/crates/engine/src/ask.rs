//! Answers to what windows ask, from the journal.

use std::collections::HashMap;

use callboard_journal::{FeedPage, JournalError, Reader};
use callboard_model::RuleId;
use callboard_rules::{diff, svg_of};
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::api::{ApiError, ApiErrorCode, Ask, Overview, SetAsideRule, Which};
use crate::rule_sets::live_name;
use crate::start::Engine;

impl From<JournalError> for ApiError {
    fn from(error: JournalError) -> Self {
        let code = match &error {
            JournalError::DraftMoved => ApiErrorCode::Conflict,
            JournalError::Damaged(_) => ApiErrorCode::Damaged,
            _ => ApiErrorCode::Journal,
        };
        Self {
            code,
            message: error.to_string(),
        }
    }
}

impl Engine {
    /// Answers a question. The answer's type stands at each kind of [`Ask`].
    pub async fn ask(&self, ask: Ask) -> Result<Value, ApiError> {
        let answer = match ask {
            Ask::Overview => to_value(&self.overview().await?),
            Ask::Feed { before, limit, filter } => {
                to_value::<FeedPage>(&self.read(move |r| Ok(r.feed(before, limit, &filter)?)).await?)
            }
            Ask::FeedCounts { filter } => to_value(&self.read(move |r| Ok(r.feed_counts(&filter)?)).await?),
            Ask::FeedGroups { before, limit, filter } => {
                to_value(&self.read(move |r| Ok(r.feed_groups(before, limit, &filter)?)).await?)
            }
            Ask::History { site, entity } => to_value(&self.history(site, entity).await?),
            Ask::Event { seq } => to_value(&self.event(seq).await?),
            Ask::Rules => to_value(&self.live_rules().await?),
            Ask::Revisions => to_value(&self.read(|r| Ok(r.revisions()?)).await?),
            Ask::RuleSet { which } => {
                let set = self.rule_set(which).await?;
                to_value(&self.rules_view(set))
            }
            Ask::ExportRules { which } => to_value(&self.rule_set(which).await?.to_json_pretty()),
            Ask::Picture { which } => {
                let caption = self.caption(&which).await?;
                to_value(&svg_of(&self.rule_set(which).await?, &caption))
            }
            Ask::CompareRules { before, after } => {
                let (before, after) = (self.rule_set(before).await?, self.rule_set(after).await?);
                to_value(&diff(&before, &after))
            }
            Ask::ImportRules { text, name } => to_value(&self.import_rules(&text, &name).await?),
            Ask::CheckRules { document } => {
                let set = self.rule_set(Which::Document(document)).await?;
                to_value(&self.rules_view(set))
            }
            Ask::Draft => to_value(&self.draft().await?),
            Ask::SaveDraft { document, expected, by } => to_value(&self.save_draft(&document, expected, by).await?),
            Ask::DiscardDraft => to_value(&self.desk().journal.discard_draft().await?),
            Ask::GoLive { version, note, by } => to_value(&self.go_live(version, note, by).await?),
            Ask::RollBack { revision, note, by } => to_value(&self.roll_back(revision, note, by).await?),
            Ask::Pause { why, by } => {
                let by = by.unwrap_or_else(|| self.author().to_owned());
                self.desk().pause_writing(by, why).await?;
                to_value(&self.overview().await?)
            }
            Ask::Resume { write_held } => to_value(&self.desk().resume_writing(write_held).await?),
            Ask::Inbox => to_value(&self.inbox().await?),
            Ask::Accept { changes, by } => to_value(&self.accept(changes, by).await?),
            Ask::Decline { changes, why, by } => to_value(&self.decline(changes, why, by).await?),
            Ask::Undo { change, by } => to_value(&self.undo(change, by).await?),
            Ask::UndoCascade { event, by } => to_value(&self.undo_cascade(event, by).await?),
            Ask::Replay { seq, by } => to_value(&self.replay(seq, by).await?),
            Ask::Issues => to_value(&self.issues().await?),
            Ask::AcknowledgeIssue { key, by } => to_value(&self.acknowledge_issue(key, by).await?),
            Ask::ResolveIssue { key, by } => to_value(&self.resolve_issue(key, by).await?),
            Ask::Preferences => to_value(&self.preferences()),
            Ask::SetPreferences { preferences } => to_value(&self.set_preferences(preferences).await?),
            Ask::Release { rule } => {
                self.desk().release(&rule).await;
                to_value(&self.overview().await?)
            }
            Ask::Try { which, event } => to_value(&self.try_event(which, event).await?),
            Ask::WhatIf { which, since, until } => to_value(&self.begin_what_if(which, since, until).await?),
            Ask::EndWhatIf { run } => to_value(&self.end_what_if(run)),
            Ask::PreviewNotes { notes, which } => to_value(&self.preview_notes(notes, which).await?),
            Ask::EnterNotes { notes, rows, batch } => to_value(&self.enter_notes(notes, &rows, batch).await?),
            Ask::Hooks => to_value(&self.hooks_view().await?),
            Ask::CompareDeliveries { hook, days } => to_value(&self.compare_deliveries(&hook, days).await?),
            Ask::Redeliver { hook, deliveries } => to_value(&self.redeliver(&hook, &deliveries).await?),
            Ask::Backfill { site, entries } => to_value(&self.backfill(&site, entries).await?),
            Ask::SuggestSubscription { site } => to_value(&self.suggest_subscription(&site)?),
            Ask::CheckSubscription { site, subscription } => {
                to_value(&self.check_subscription(&site, &subscription).await?)
            }
            Ask::CreateHook { hook } => to_value(&self.create_hook(hook).await?),
            Ask::PutHook { hook } => to_value(&self.put_hook(hook).await?),
            Ask::ChangeHook { hook, new_secret } => to_value(&self.change_hook(hook, new_secret).await?),
            Ask::SwitchHook { hook, on } => to_value(&self.switch_hook(hook, on).await?),
            Ask::DeleteHook { hook } => to_value(&self.delete_hook(hook).await?),
            Ask::TestHook { hook } => to_value(&self.test(&hook).await?),
            Ask::Examine { site } => to_value(&self.examine_site(&site).await?),
            Ask::Sites => to_value(&self.sites_as_entered()),
            Ask::PutSite { site } => to_value(&self.put_site(site).await?),
            Ask::SiteProjects { site } => to_value(&self.site_projects(&site).await?),
            Ask::StartPractice => to_value(&self.start_practice().await?),
            Ask::RemoveSite { site } => to_value(&self.let_site_go(site).await?),
            Ask::Outgoing => to_value(&self.outgoing().await?),
            Ask::SetOutgoing { outgoing } => to_value(&self.set_outgoing(outgoing).await?),
            Ask::RemoveOutgoing { name } => to_value(&self.remove_outgoing(name).await?),
            Ask::TestOutgoing { name } => to_value(&self.test_outgoing(&name).await?),
            Ask::CheckReach { address } => to_value(&self.check_reach(&address).await?),
            Ask::SetPublicAddress { address } => to_value(&self.set_public_address(address).await?),
        };
        answer.map_err(|e| ApiError {
            code: ApiErrorCode::Journal,
            message: e.to_string(),
        })
    }

    /// What stands around every view.
    pub(crate) async fn overview(&self) -> Result<Overview, ApiError> {
        let now = self.desk().clock.now();
        let midnight = now
            .to_zoned(TimeZone::system())
            .start_of_day()
            .map_or(now, |day| day.timestamp());
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let receiver = self.receiver_url().to_owned();
        let connected = self.desk().sites();
        let sites: Vec<_> = connected.iter().map(|s| s.view()).collect();
        let practice = connected.iter().any(|s| s.is_practice());
        let can_practice = self.can_practice();
        let names: HashMap<RuleId, String> = self.desk().live().map_or_else(HashMap::new, |live| {
            let rules = live.document.rules.iter();
            rules.map(|rule| (rule.id.clone(), rule.name.clone())).collect()
        });
        self.read(move |r| {
            let issues_by_kind = r.unseen_issues()?;
            let (projects, entity_types) = r.filters()?;
            let set_aside = r.set_aside()?.into_iter().map(|aside| SetAsideRule {
                name: names
                    .get(&aside.rule)
                    .cloned()
                    .unwrap_or_else(|| aside.rule.to_string()),
                rule: aside.rule,
                why: aside.why,
                since: aside.since,
            });
            Ok(Overview {
                version,
                receiver,
                practice,
                can_practice,
                sites,
                hooks: r.hooks()?,
                today: r.counts(midnight)?,
                live: live_name(r)?,
                paused: r.paused()?,
                waiting_for_you: r.waiting_for_a_person()?,
                issues: issues_by_kind.values().sum(),
                issues_by_kind,
                set_aside: set_aside.collect(),
                has_draft: r.draft()?.is_some(),
                projects,
                entity_types,
                statuses: r.statuses()?,
            })
        })
        .await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Reader) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let reader = self.windows().clone();
        let answer = tokio::task::spawn_blocking(move || f(&reader))
            .await
            .map_err(|e| ApiError {
                code: ApiErrorCode::Journal,
                message: e.to_string(),
            })?;
        if let Err(error) = &answer
            && error.code == ApiErrorCode::Damaged
        {
            let met = JournalError::Damaged("a page of it cannot be read".to_owned());
            self.desk().journal.note(&met);
        }
        answer
    }
}

fn to_value<T: serde::Serialize>(value: &T) -> serde_json::Result<Value> {
    serde_json::to_value(value)
}
