//! One event: what is it, what stands around it, what do the rules say.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use callboard_journal::{Decision, Journal, JournalError, NewChange, NewIssue, Outcome, Reader, Settled, Waiting};
use callboard_model::{
    ChangeState, Clock, EntityKey, EntityRef, Event, Operation, Plan, PlannedSkip, Production, SiteName, Skip,
    SkipReason,
};
use callboard_rules::{CompiledRules, RuleSet, apply_event, needs, plan};
use callboard_trackers::TrackerError;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backoff;
use crate::health::{Alert, Health};
use crate::settings::WriteMode;
use crate::site::Site;

/// An echo is raised by the write, so by the site's clock it cannot be much older than our record of the write: this much
/// allows for two clocks that differ.
const ECHO_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// How long an event in hand may go on after the program was told to stop.
const LAST_CALL: Duration = Duration::from_millis(2_500);

/// The live rules, ready to be asked.
pub(crate) struct LiveRuleSet {
    pub(crate) revision: i64,
    pub(crate) document: RuleSet,
    pub(crate) compiled: CompiledRules,
}

impl LiveRuleSet {
    pub(crate) fn new(revision: i64, document: RuleSet) -> Self {
        Self {
            revision,
            compiled: CompiledRules::new(&document),
            document,
        }
    }

    fn rule_name(&self, id: &callboard_model::RuleId) -> String {
        self.document
            .rules
            .iter()
            .find(|r| &r.id == id)
            .map_or_else(|| id.to_string(), |r| r.name.clone())
    }
}

/// Where events are worked on: everything that a decision needs.
pub(crate) struct Desk {
    pub(crate) journal: Journal,
    pub(crate) sites: HashMap<SiteName, Arc<Site>>,
    pub(crate) rules: RwLock<Option<Arc<LiveRuleSet>>>,
    pub(crate) health: Health,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stop: CancellationToken,
    pub(crate) in_hand: TaskTracker,
}

/// Why work on an event ended before its end: the program stops. The journal has all that is needed to go on.
pub(crate) struct Stopped;

impl Desk {
    pub(crate) fn live(&self) -> Option<Arc<LiveRuleSet>> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits. False when the program stops meanwhile.
    pub(crate) async fn pause(&self, how_long: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(how_long) => true,
            () = self.stop.cancelled() => false,
        }
    }

    /// Works until the program stops: a site that takes a call and never answers must not hold up the end.
    pub(crate) async fn or_stop<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.stop.run_until_cancelled(work).await
    }

    pub(crate) async fn postpone(&self, seq: i64, why: String) {
        self.logged(self.journal.postpone(seq, why).await);
    }

    /// A step that need not happen: what it says is said again soon, or only for showing.
    pub(crate) fn logged<T>(&self, result: Result<T, JournalError>) -> Option<T> {
        result
            .inspect_err(|error| tracing::error!(%error, "engine: the journal did not take a step"))
            .ok()
    }

    /// A step that must happen before the next: tried until the journal takes it. Every such step may be taken twice.
    pub(crate) async fn kept<T, Fut>(&self, step: impl Fn() -> Fut) -> T
    where
        Fut: Future<Output = Result<T, JournalError>>,
    {
        let mut tries = 0;
        loop {
            match step().await {
                Ok(value) => return value,
                Err(error) => {
                    tries += 1;
                    tracing::error!(%error, tries, "engine: the journal did not take a step, trying again");
                    tokio::time::sleep(backoff::wait(tries, None)).await;
                }
            }
        }
    }

    /// The same for reading. These look-ups go by an index and take microseconds.
    pub(crate) async fn read<T>(&self, look_up: impl Fn(&Reader) -> Result<T, JournalError>) -> T {
        self.kept(|| std::future::ready(look_up(self.journal.reader()))).await
    }

    /// Takes an event as far as it goes. When the program stops, what is in hand has a moment to come to its end; cut off
    /// after that, it is finished at the next start, as after a crash.
    pub(crate) async fn work_on(&self, waiting: Waiting) {
        let seq = waiting.seq;
        let last_call = async {
            self.stop.cancelled().await;
            tokio::time::sleep(LAST_CALL).await;
        };
        tokio::select! {
            done = Box::pin(self.decide_and_settle(waiting)) => match done {
                Ok(()) => {}
                Err(Stopped) => tracing::debug!(seq, "engine: stopped while an event was in hand"),
            },
            () = last_call => tracing::info!(seq, "engine: an event was in hand for too long at the end"),
        }
    }

    async fn decide_and_settle(&self, waiting: Waiting) -> Result<(), Stopped> {
        let Waiting {
            seq, event, changes, ..
        } = waiting;
        // Only events of sites in the settings are taken from the journal.
        let Some(site) = self.sites.get(&event.site).cloned() else {
            return Ok(());
        };
        if !changes.is_empty() {
            return self.settle(&site, seq, &event, changes, true).await;
        }
        let ended = match event.operation {
            Operation::HookStatus => {
                self.health.site_says(&event, self.clock.now()).await;
                Some(None)
            }
            Operation::Test => Some(Some("The site tried this hook's address, and it works".to_owned())),
            Operation::Custom | Operation::NotUnderstood => Some(None),
            Operation::Create | Operation::Update | Operation::Delete | Operation::Revive => None,
        };
        if let Some(why) = ended {
            self.close(seq, Outcome::Nothing, why).await;
            return Ok(());
        }
        let Some(live) = self.live() else {
            self.close(seq, Outcome::Nothing, Some("No rule set is live".into()))
                .await;
            return Ok(());
        };
        if self.is_echo(&site, seq, &event).await? {
            return Ok(());
        }
        if !live.compiled.fires_on(&event) {
            self.close(seq, Outcome::Nothing, None).await;
            return Ok(());
        }
        let Some(made) = self.plan(&site, seq, &event, &live).await? else {
            return Ok(());
        };
        let changes = self.outbox(&site, &event, &live, made).await;
        let outcome = if changes.is_empty() {
            Outcome::Nothing
        } else {
            Outcome::Waiting
        };
        let decision = Decision {
            outcome,
            why: None,
            cascade: Some((live.revision, live.document.name.clone(), changes)),
        };
        let decided = self
            .kept(|| self.journal.decide(seq, decision.clone(), self.clock.now()))
            .await;
        if decided.changes.is_empty() {
            return Ok(());
        }
        self.settle(&site, seq, &event, decided.changes, false).await
    }

    pub(crate) async fn close(&self, seq: i64, outcome: Outcome, why: Option<String>) {
        self.kept(|| self.journal.close_event(seq, outcome, why.clone())).await;
    }

    /// Whether the event was raised by our own write. If so that write is confirmed, and nothing starts.
    async fn is_echo(&self, site: &Site, seq: i64, event: &Event) -> Result<bool, Stopped> {
        let (Some(actor), Some(entity)) = (&event.actor, &event.entity) else {
            return Ok(false);
        };
        let Some(to) = event.new_status(site.tracker.status_field()) else {
            return Ok(false);
        };
        let me = self.until_it_answers(seq, || site.me()).await?;
        if !me.is_ok_and(|me| me == actor.entity.key) {
            return Ok(false);
        }
        let happened = event.occurred_at.unwrap_or_else(|| self.clock.now());
        let since = happened.checked_sub(ECHO_WITHIN).unwrap_or(Timestamp::MIN);
        let found = self
            .read(|reader| reader.change_to(&site.name, &entity.key, to.as_ref(), since))
            .await;
        let Some(change) = found else { return Ok(false) };
        if change.state.is_open() {
            let settled = Settled {
                state: ChangeState::Confirmed,
                reason: None,
                ..Settled::of(&change)
            };
            self.kept(|| self.journal.settle(vec![settled.clone()], self.clock.now()))
                .await;
        }
        self.close(seq, Outcome::Echo, None).await;
        Ok(true)
    }

    /// Reads what stands around the event and asks the rules. None when there is nothing to plan for, and the event is closed.
    async fn plan(&self, site: &Site, seq: i64, event: &Event, live: &LiveRuleSet) -> Result<Option<Plan>, Stopped> {
        let Some(entity) = &event.entity else {
            self.close(seq, Outcome::Nothing, None).await;
            return Ok(None);
        };
        let needed = needs(&live.compiled, event);
        let around = || async { site.call(site.tracker.around(&entity.key, needed.sibling_tasks)).await };
        let entities = match self.until_it_answers(seq, around).await? {
            Ok(entities) => entities,
            Err(error) => {
                self.tell_unread(site, entity, &error).await;
                self.close(seq, Outcome::Failed, Some(error.to_string())).await;
                return Ok(None);
            }
        };
        self.logged(site.learn(&self.journal, &entities).await);
        let created = entities.iter().find(|e| e.key == entity.key).cloned();
        let Some(created) = created else {
            self.close(seq, Outcome::Nothing, Some("It is gone from the site by now".into()))
                .await;
            return Ok(None);
        };
        let mut production: Production = entities.into_iter().collect();
        let created = (event.operation == Operation::Create).then_some(created);
        apply_event(&mut production, event, created, live.compiled.status_field());
        Ok(Some(plan(&live.compiled, event, &production)))
    }

    /// An entity that the key may not read decides nothing: somebody must hear of that.
    async fn tell_unread(&self, site: &Site, entity: &EntityRef, error: &TrackerError) {
        let title = format!("{} cannot be read on {}", entity.key, site.name);
        let issue = NewIssue {
            key: format!("read:{}:{}", site.name, entity.key.kind),
            title: title.clone(),
            remedy: error.to_string(),
        };
        if self.kept(|| self.journal.raise(issue.clone(), self.clock.now())).await {
            self.health.tell(Alert {
                title,
                body: error.to_string(),
            });
        }
    }

    /// A plan as it goes into the outbox, with what is skipped from the start.
    async fn outbox(&self, site: &Site, event: &Event, live: &LiveRuleSet, plan: Plan) -> Vec<NewChange> {
        let me = site.known_me();
        let mut changes: Vec<NewChange> = Vec::with_capacity(plan.changes.len() + plan.skipped.len());
        for change in plan.changes {
            let kept_back = match site.write {
                WriteMode::Watch => Some((
                    Skip::NotAllowed,
                    format!("{} is watch only: nothing is written there", site.name),
                )),
                WriteMode::Ask => Some((
                    Skip::NotAllowed,
                    format!("{} asks first: nothing is written there without a person", site.name),
                )),
                WriteMode::Act => {
                    let later = self.later_word(site, event, &change.entity.key, me.as_ref()).await;
                    later.map(|reason| (Skip::LaterWord, reason))
                }
            };
            let state = if kept_back.is_some() {
                ChangeState::Skipped
            } else {
                ChangeState::Planned
            };
            let (skip, reason) = kept_back.unzip();
            let rule_name = live.rule_name(&change.rule);
            changes.push(NewChange {
                entity: change.entity,
                from: change.from,
                to: change.to,
                rule: change.rule,
                rule_name,
                cause: change.cause,
                state,
                skip,
                reason,
            });
        }
        for skip in plan.skipped {
            changes.push(skipped(live, skip));
        }
        changes
    }

    /// Whether somebody changed this status after the event: a later word stands over an earlier one, however late the
    /// earlier one reaches us. What follows from the earlier one still follows, as it would have at its time.
    async fn later_word(
        &self,
        site: &Site,
        event: &Event,
        target: &EntityKey,
        me: Option<&EntityKey>,
    ) -> Option<String> {
        let entry = event.event_log_entry_id?;
        let later = self
            .read(|reader| reader.later_word(&site.name, target, entry, me))
            .await?;
        let who = later.who.unwrap_or_else(|| "A later event".into());
        Some(format!(
            "{who} changed it after this event, at {}",
            later.at.strftime("%H:%M:%S UTC")
        ))
    }

    /// Calls the site until it answers, saying meanwhile what the event waits for. Answers that no waiting will mend come back.
    pub(crate) async fn until_it_answers<T, F, Fut>(
        &self,
        seq: i64,
        call: F,
    ) -> Result<Result<T, TrackerError>, Stopped>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, TrackerError>>,
    {
        let mut tries = 0;
        loop {
            let error = match call().await {
                Ok(value) => return Ok(Ok(value)),
                Err(error) if waits_for(&error) => error,
                Err(error) => return Ok(Err(error)),
            };
            tries += 1;
            let wait = backoff::wait(tries, error.retry_after());
            self.postpone(seq, format!("{error}, {}", backoff::words(wait, tries)))
                .await;
            if !self.pause(wait).await {
                return Err(Stopped);
            }
        }
    }
}

/// A refused key is mended by a person sooner or later; until then nothing may be given up.
pub(crate) fn waits_for(error: &TrackerError) -> bool {
    error.passing() || matches!(error, TrackerError::KeyRefused { .. } | TrackerError::Redirected(_))
}

fn skipped(live: &LiveRuleSet, skip: PlannedSkip) -> NewChange {
    let reason = match skip.reason {
        SkipReason::AlreadyThere => "already there".to_owned(),
        SkipReason::NotFound => "It could not be read from the site".to_owned(),
        SkipReason::Conflict => {
            let against = skip.against.as_ref().map_or_else(
                || "Another rule".to_owned(),
                |id| format!("Rule \"{}\"", live.rule_name(id)),
            );
            format!("{against} set it to something else in the same cascade")
        }
        SkipReason::TooDeep => "The cascade went on for longer than any real one does".to_owned(),
    };
    let rule_name = live.rule_name(&skip.rule);
    NewChange {
        entity: skip.entity,
        from: skip.from,
        to: skip.to,
        rule: skip.rule,
        rule_name,
        cause: skip.cause,
        state: ChangeState::Skipped,
        skip: Some(skip.reason.into()),
        reason: Some(reason),
    }
}
