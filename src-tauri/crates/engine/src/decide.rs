//! One event: what is it, what stands around it, what do the rules say.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use callboard_journal::{
    Decision, DeliveryView, Journal, JournalError, NewChange, NewIssue, Outcome, Reader, Settled, Waiting,
};
use callboard_model::{
    ChangeState, Clock, Entity, EntityKey, EntityRef, EntityType, Event, Operation, Plan, PlannedChange, PlannedSkip,
    Production, RuleId, SiteName, Skip, SkipReason, StatusCode,
};
use callboard_rules::{ColumnName, CompiledRules, Rule, RuleSet, apply_event, needs, plan};
use callboard_trackers::TrackerError;
use callboard_trackers::shotgrid::payload_at;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backoff;
use crate::health::{Alert, Health};
use crate::refusals::Refusals;
use crate::settings::WriteMode;
use crate::site::Site;

/// An echo is raised by the write, so by the site's clock it cannot be much older than our record of the write: this much
/// allows for two clocks that differ.
const ECHO_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// How long an event in hand may go on after the program was told to stop.
const LAST_CALL: Duration = Duration::from_millis(2_500);

/// How often a rule may set one entity to one status within [`FLIPS_WITHIN`]. A person who changes her mind does it twice or
/// three times; two programs that undo each other do it as fast as the site answers.
const MOST_FLIPS: u64 = 5;
const FLIPS_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// The live rules, ready to be asked.
pub(crate) struct LiveRuleSet {
    pub(crate) revision: i64,
    pub(crate) document: RuleSet,
    /// By site: each has statuses of its own.
    compiled: HashMap<SiteName, CompiledRules>,
    nothing: CompiledRules,
}

impl LiveRuleSet {
    fn rule_name(&self, id: &RuleId) -> String {
        self.rule(id).map_or_else(|| id.to_string(), |r| r.name.clone())
    }

    pub(crate) fn rule(&self, id: &RuleId) -> Option<&Rule> {
        self.document.rules.iter().find(|r| &r.id == id)
    }

    /// The entity types that it has statuses for.
    pub(crate) fn kinds(&self) -> Vec<EntityType> {
        self.document.statuses.keys().map(ColumnName::entity_type).collect()
    }

    /// The rules as they hold for a site.
    pub(crate) fn rules_for(&self, site: &SiteName) -> &CompiledRules {
        self.compiled.get(site).unwrap_or(&self.nothing)
    }
}

/// Where events are worked on: everything that a decision needs.
pub(crate) struct Desk {
    pub(crate) journal: Journal,
    pub(crate) sites: HashMap<SiteName, Arc<Site>>,
    pub(crate) rules: RwLock<Option<Arc<LiveRuleSet>>>,
    /// One making of new rules at a time, so that the last one made is made from what is on disk.
    pub(crate) making: tokio::sync::Mutex<()>,
    /// Set when a person stopped all writing: who.
    pub(crate) paused: RwLock<Option<String>>,
    /// Told when events that were done with wait again.
    pub(crate) reopened: tokio::sync::watch::Sender<u64>,
    pub(crate) refusals: Refusals,
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

    /// Makes a rule set the one that decides, in each site's way and without the rules that are set aside.
    pub(crate) async fn set_live(&self, revision: i64, document: RuleSet) {
        let aside = self.read(Reader::set_aside).await;
        let aside: BTreeMap<RuleId, String> = aside.into_iter().map(|a| (a.rule, a.why)).collect();
        let rules = CompiledRules::new(&document).with_set_aside(aside);
        let compiled = self.sites.values().map(|site| {
            let rules = rules.clone().with_status_field(site.tracker.status_field());
            (site.name.clone(), rules.with_site(site.known_statuses()))
        });
        let live = LiveRuleSet {
            revision,
            compiled: compiled.collect(),
            nothing: CompiledRules::new(&RuleSet::new("")),
            document,
        };
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(live));
    }

    /// The same rule set, after something that it is held against has changed: statuses of a site, rules set aside.
    pub(crate) async fn renew_live(&self) {
        let _one = self.making.lock().await;
        if let Some(live) = self.live() {
            self.set_live(live.revision, live.document.clone()).await;
        }
    }

    /// Who stopped all writing, if somebody did.
    pub(crate) fn paused_by(&self) -> Option<String> {
        self.paused.read().unwrap_or_else(PoisonError::into_inner).clone()
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
            seq,
            mut event,
            changes,
            ..
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
            Operation::NotUnderstood => Some(None),
            Operation::Create
            | Operation::Update
            | Operation::Delete
            | Operation::Revive
            | Operation::Note
            | Operation::Custom => None,
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
        let rules = live.rules_for(&site.name);
        if !rules.fires_on(&event) {
            self.close(seq, Outcome::Nothing, None).await;
            return Ok(());
        }
        if rules.asks_for_the_received() {
            event.received = self.received(seq, &event).await;
        }
        let Some(made) = self.plan(&site, seq, &event, &live).await? else {
            return Ok(());
        };
        self.report(&site, &live, &made).await;
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
        let is_status = event.field.as_deref() == Some(site.tracker.status_field());
        let field = event.field.as_deref().filter(|_| !is_status);
        let to = match field {
            None => event.new_status(site.tracker.status_field()),
            Some(_) => event
                .new_text()
                .map(|text| text.map(|text| StatusCode::from(text.as_ref()))),
        };
        let Some(to) = to else { return Ok(false) };
        let happened = event.occurred_at.unwrap_or_else(|| self.clock.now());
        let since = happened.checked_sub(ECHO_WITHIN).unwrap_or(Timestamp::MIN);
        let ours = || self.read(|reader| reader.change_to(&site.name, (&entity.key, field), to.as_ref(), since));
        // Fields change all day long that no rule has to do with: the site is asked for none of them who we are.
        if field.is_some() && ours().await.is_none() {
            return Ok(false);
        }
        let me = self.until_it_answers(seq, || site.me()).await?;
        if !me.is_ok_and(|me| me == actor.entity.key) {
            return Ok(false);
        }
        let Some(change) = ours().await else { return Ok(false) };
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

    /// The event as it was received, for filters. An event that came by no delivery has the journal's own form.
    pub(crate) async fn received(&self, seq: i64, event: &Event) -> Option<Arc<Value>> {
        let delivery = self.read(|reader| reader.delivery_of(seq)).await;
        as_received(delivery, event)
    }

    /// Reads what stands around the event and asks the rules. None when there is nothing to plan for, and the event is closed.
    async fn plan(&self, site: &Site, seq: i64, event: &Event, live: &LiveRuleSet) -> Result<Option<Plan>, Stopped> {
        let rules = live.rules_for(&site.name);
        let Some(entity) = &event.entity else {
            self.close(seq, Outcome::Nothing, None).await;
            return Ok(None);
        };
        let needed = needs(rules, event);
        let mut entities: Vec<Entity> = Vec::new();
        for about in subjects(event) {
            let around = || async { site.call(site.tracker.around(&about.key, &needed)).await };
            match self.until_it_answers(seq, around).await? {
                Ok(more) => {
                    for one in more {
                        if entities.iter().all(|e| e.key != one.key) {
                            entities.push(one);
                        }
                    }
                }
                Err(error) => {
                    self.tell_unread(site, about, &error).await;
                    self.close(seq, Outcome::Failed, Some(error.to_string())).await;
                    return Ok(None);
                }
            }
        }
        self.logged(site.learn(&self.journal, &entities, self.clock.now()).await);
        let created = entities.iter().find(|e| e.key == entity.key).cloned();
        if created.is_none() && event.note.is_none() {
            self.close(seq, Outcome::Nothing, Some("It is gone from the site by now".into()))
                .await;
            return Ok(None);
        }
        let mut production: Production = entities.into_iter().collect();
        let made = matches!(event.operation, Operation::Create | Operation::Revive);
        apply_event(&mut production, event, created.filter(|_| made), rules.status_field());
        Ok(Some(self.plan_guarded(live, rules, event, &production).await))
    }

    /// A plan, even where a rule breaks: that rule is found, set aside, and the rest go on.
    async fn plan_guarded(
        &self,
        live: &LiveRuleSet,
        rules: &CompiledRules,
        event: &Event,
        production: &Production,
    ) -> Plan {
        if let Ok(made) = catch_unwind(AssertUnwindSafe(|| plan(rules, event, production))) {
            return made;
        }
        let (made, broken) = without_broken(&live.document, |set| {
            let rules = CompiledRules::new(set).with_status_field(rules.status_field());
            plan(&rules, event, production)
        });
        for rule in broken {
            self.set_aside(live, &rule, "it broke while it was asked".to_owned())
                .await;
        }
        made
    }

    /// What of a plan somebody must hear of: rules that contradict each other, and rules that would set too much.
    async fn report(&self, site: &Site, live: &LiveRuleSet, plan: &Plan) {
        for skip in &plan.skipped {
            match skip.reason {
                SkipReason::OverLimit => {
                    let limit = live.rule(&skip.rule).and_then(|r| r.limit).unwrap_or(Rule::LIMIT);
                    let why = format!("it would have set more than {limit} entities for one event, and set none");
                    self.set_aside(live, &skip.rule, why).await;
                }
                SkipReason::Conflict => self.tell_conflict(site, live, skip).await,
                SkipReason::AlreadyThere | SkipReason::NotFound | SkipReason::TooDeep | SkipReason::NotValid => {}
            }
        }
    }

    /// Two rules that want different statuses for one entity: the first had its way, and a person should know.
    async fn tell_conflict(&self, site: &Site, live: &LiveRuleSet, skip: &PlannedSkip) {
        let name = live.rule_name(&skip.rule);
        let entity = skip.entity.name.clone().unwrap_or_else(|| skip.entity.key.to_string());
        let to = skip.to.as_ref().map_or("none", StatusCode::as_str);
        let what = of_field(skip.field.as_deref(), format!("{} {entity}", skip.entity.key.kind));
        let (other, title) = match &skip.against {
            Some(against) => {
                let other = live.rule_name(against);
                let title = format!("Rules \"{other}\" and \"{name}\" contradict each other");
                (against.as_str(), title)
            }
            None => ("", format!("Rule \"{name}\" would take back what started it")),
        };
        let issue = NewIssue {
            key: format!("conflict:{}:{other}:{}", site.name, skip.rule),
            title,
            remedy: format!(
                "\"{name}\" wanted {what} to become {to}, and it was not done. Change one of the rules so that only one of them applies"
            ),
        };
        self.kept(|| self.journal.raise(issue.clone(), self.clock.now())).await;
    }

    /// Sets a rule aside alone, and tells how it is brought back.
    pub(crate) async fn set_aside(&self, live: &LiveRuleSet, rule: &RuleId, why: String) {
        let (revision, now) = (live.revision, self.clock.now());
        let newly = self
            .kept(|| self.journal.set_aside(rule.clone(), why.clone(), revision, now))
            .await;
        if !newly {
            return;
        }
        self.renew_live().await;
        let title = format!("Rule \"{}\" is set aside", live.rule_name(rule));
        let body = format!(
            "{}. The other rules go on. Look at it in Rules; \"Bring back\" there lets it apply again",
            capitalised(&why)
        );
        let issue = NewIssue {
            key: aside_key(rule),
            title: title.clone(),
            remedy: body.clone(),
        };
        self.kept(|| self.journal.raise(issue.clone(), now)).await;
        self.health.tell(Alert { title, body });
    }

    /// Whether a rule sets an entity to a status, or a field to a value, again and again, because somebody or something sets it back.
    async fn flips(&self, site: &Site, live: &LiveRuleSet, change: &PlannedChange) -> Option<String> {
        let since = self.clock.now().checked_sub(FLIPS_WITHIN).unwrap_or(Timestamp::MIN);
        let times = self
            .read(|reader| {
                let place = (&change.entity.key, change.field.as_deref());
                reader.times_set(&site.name, &change.rule, place, change.to.as_ref(), since)
            })
            .await;
        if times < MOST_FLIPS {
            return None;
        }
        let name = change
            .entity
            .name
            .clone()
            .unwrap_or_else(|| change.entity.key.to_string());
        let to = change.to.as_ref().map_or("none", StatusCode::as_str);
        let what = of_field(change.field.as_deref(), format!("{} {name}", change.entity.key.kind));
        let why = format!(
            "it set {what} to {to} {times} times within {} minutes, and each time it was set back",
            FLIPS_WITHIN.as_mins()
        );
        self.set_aside(live, &change.rule, why.clone()).await;
        Some(format!("The rule is set aside: {why}"))
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
            let kept_back = self.kept_back(site, event, live, &change, me.as_ref()).await;
            let state = if kept_back.is_some() {
                ChangeState::Skipped
            } else {
                ChangeState::Planned
            };
            let (skip, reason) = kept_back.unzip();
            let rule_name = live.rule_name(&change.rule);
            changes.push(NewChange {
                entity: change.entity,
                field: change.field,
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

    /// Why a change is not written, where that is clear before the site is asked.
    async fn kept_back(
        &self,
        site: &Site,
        event: &Event,
        live: &LiveRuleSet,
        change: &PlannedChange,
        me: Option<&EntityKey>,
    ) -> Option<(Skip, String)> {
        match site.write {
            WriteMode::Watch => {
                let why = format!("{} is watch only: nothing is written there", site.name);
                return Some((Skip::NotAllowed, why));
            }
            WriteMode::Ask => {
                let why = format!("{} asks first: nothing is written there without a person", site.name);
                return Some((Skip::NotAllowed, why));
            }
            WriteMode::Act => {}
        }
        let place = (&change.entity.key, change.field.as_deref());
        if let Some(reason) = self.later_word(site, event, place, me).await {
            return Some((Skip::LaterWord, reason));
        }
        if let Some(by) = self.paused_by() {
            return Some((Skip::Paused, held_by(&by)));
        }
        let flips = self.flips(site, live, change).await?;
        Some((Skip::SetAside, flips))
    }

    /// Whether somebody changed this status, or this field, after the event: a later word stands over an earlier one, however late the
    /// earlier one reaches us. What follows from the earlier one still follows, as it would have at its time.
    async fn later_word(
        &self,
        site: &Site,
        event: &Event,
        target: (&EntityKey, Option<&str>),
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

/// `Task comp`, `sg_state of Task comp`.
fn of_field(field: Option<&str>, entity: String) -> String {
    match field {
        Some(field) => format!("{field} of {entity}"),
        None => entity,
    }
}

/// Why a rule that applies sets nothing, as a sentence. `against`: the name of the rule that came first.
pub(crate) fn skip_words(reason: SkipReason, against: Option<&str>) -> String {
    match reason {
        SkipReason::AlreadyThere => "already there".to_owned(),
        SkipReason::NotFound => "It could not be read from the site".to_owned(),
        SkipReason::Conflict => {
            let against = against.map_or_else(|| "Another rule".to_owned(), |name| format!("Rule \"{name}\""));
            format!("{against} set it to something else in the same cascade")
        }
        SkipReason::TooDeep => "The cascade went on for longer than any real one does".to_owned(),
        SkipReason::OverLimit => "The rule would set more entities than its limit allows, so it sets none".to_owned(),
        SkipReason::NotValid => "The site has none of the wanted statuses for it".to_owned(),
    }
}

fn skipped(live: &LiveRuleSet, skip: PlannedSkip) -> NewChange {
    let against = skip.against.as_ref().map(|id| live.rule_name(id));
    let reason = skip_words(skip.reason, against.as_deref());
    let rule_name = live.rule_name(&skip.rule);
    NewChange {
        entity: skip.entity,
        field: skip.field,
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

/// A plan without the rules that break when they are asked alone, and which those are.
fn without_broken(set: &RuleSet, attempt: impl Fn(&RuleSet) -> Plan) -> (Plan, Vec<RuleId>) {
    let attempt = |set: &RuleSet| catch_unwind(AssertUnwindSafe(|| attempt(set)));
    let mut alone = set.clone();
    let mut left = set.clone();
    let mut broken = Vec::new();
    for rule in set.enabled_rules() {
        alone.rules = vec![rule.clone()];
        if attempt(&alone).is_err() {
            left.rules.retain(|r| r.id != rule.id);
            broken.push(rule.id.clone());
        }
    }
    (attempt(&left).unwrap_or_default(), broken)
}

/// The issue that stands for a rule that is set aside.
pub(crate) fn aside_key(rule: &RuleId) -> String {
    format!("rule:{rule}")
}

/// Why a change is not written while writing is paused.
pub(crate) fn held_by(who: &str) -> String {
    format!("Writing is paused by {who}")
}

/// The entities that an event is about: its own, and those that a note is about.
pub(crate) fn subjects(event: &Event) -> Vec<&EntityRef> {
    let mut all: Vec<&EntityRef> = event.entity.iter().collect();
    for one in event.note.iter().flat_map(|note| &note.about) {
        if all.iter().all(|e| e.key != one.key) {
            all.push(one);
        }
    }
    all
}

/// The event as received: its part of the delivery, without the envelope around it.
pub(crate) fn as_received(delivery: Option<(DeliveryView, Vec<u8>, usize)>, event: &Event) -> Option<Arc<Value>> {
    let Some((_, body, place)) = delivery else {
        return serde_json::to_value(event).ok().map(Arc::new);
    };
    let mut value: Value = serde_json::from_str(&payload_at(&body, place)).ok()?;
    if let Some(data) = value.get_mut("data").filter(|data| data.is_object()) {
        value = data.take();
    }
    Some(Arc::new(value))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use callboard_model::{Cause, PlannedChange};

    use super::*;

    #[test]
    fn the_rule_that_breaks_is_found_and_the_others_go_on() {
        let rule = |id: &str| {
            let text = format!(
                r#"{{"id":"{id}","name":"{id}","when":{{"entity":"Task"}},"then":{{"set":"itself","to":["x"]}}}}"#
            );
            serde_json::from_str::<Rule>(&text).expect("a rule")
        };
        let mut set = RuleSet::new("Test");
        set.rules = vec![rule("good"), rule("bad"), rule("fine")];
        let attempt = |set: &RuleSet| {
            let changes = set.rules.iter().map(|rule| {
                assert!(rule.id.as_str() != "bad", "a defect in the program");
                PlannedChange {
                    entity: EntityRef::new("Task", 1),
                    field: None,
                    from: None,
                    to: None,
                    rule: rule.id.clone(),
                    cause: Cause::Event,
                }
            });
            Plan {
                changes: changes.collect(),
                skipped: Vec::new(),
            }
        };
        let (plan, broken) = without_broken(&set, attempt);
        assert_eq!(broken, [RuleId::from("bad")]);
        let by: Vec<&str> = plan.changes.iter().map(|c| c.rule.as_str()).collect();
        assert_eq!(by, ["good", "fine"]);
    }
}
