//! What everything works at: the journal, the sites, the live rules, and whether to stop.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use callboard_journal::{Alike, Journal, JournalError, NewIssue, Reader};
use callboard_model::{Clock, EntityType, RuleId, SiteName};
use callboard_rules::{ColumnName, CompiledRules, Rule, RuleSet};
use callboard_trackers::TrackerError;
use tokio_util::sync::CancellationToken;

use crate::backoff;
use crate::health::{Alert, Health};
use crate::outgoing::Telling;
use crate::refusals::Refusals;
use crate::site::Site;

/// The live rules, ready to be asked.
pub(crate) struct LiveRuleSet {
    pub(crate) revision: i64,
    pub(crate) document: RuleSet,
    /// By site: each has statuses of its own.
    compiled: HashMap<SiteName, CompiledRules>,
    nothing: CompiledRules,
}

impl LiveRuleSet {
    pub(crate) fn rule_name(&self, id: &RuleId) -> String {
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
    sites: RwLock<HashMap<SiteName, Arc<Site>>>,
    pub(crate) rules: RwLock<Option<Arc<LiveRuleSet>>>,
    /// One making of new rules at a time, so that the last one made is made from what is on disk.
    pub(crate) making: tokio::sync::Mutex<()>,
    /// Set when a person stopped all writing: who.
    pub(crate) paused: RwLock<Option<String>>,
    /// One telling of the inbox at a time, so that what is told last is what stands.
    pub(crate) telling_inbox: tokio::sync::Mutex<()>,
    /// One undo at a time, so that two cannot both find what we wrote.
    pub(crate) undoing: tokio::sync::Mutex<()>,
    /// Told when events that were done with wait again.
    pub(crate) reopened: tokio::sync::watch::Sender<u64>,
    pub(crate) refusals: Refusals,
    /// Who else is told.
    pub(crate) telling: Telling,
    pub(crate) health: Health,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stop: CancellationToken,
}

/// Why work on an event ended before its end: the program stops. The journal has all that is needed to go on.
pub(crate) struct Stopped;

impl Desk {
    /// A desk of no sites and no rules yet.
    pub(crate) fn new(
        journal: Journal,
        health: Health,
        paused: Option<String>,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            journal,
            sites: RwLock::default(),
            rules: RwLock::new(None),
            making: tokio::sync::Mutex::new(()),
            paused: RwLock::new(paused),
            telling_inbox: tokio::sync::Mutex::default(),
            undoing: tokio::sync::Mutex::default(),
            reopened: tokio::sync::watch::Sender::new(0),
            refusals: Refusals::default(),
            telling: Telling::default(),
            health,
            clock,
            stop,
        }
    }

    /// A connected site.
    pub(crate) fn site(&self, name: &SiteName) -> Option<Arc<Site>> {
        let sites = self.sites.read().unwrap_or_else(PoisonError::into_inner);
        sites.get(name).cloned()
    }

    /// The connected sites, by name.
    pub(crate) fn sites(&self) -> Vec<Arc<Site>> {
        let sites = self.sites.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = sites.values().cloned().collect();
        all.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
        all
    }

    /// Connects a site, in place of one of its name.
    pub(crate) fn put_site(&self, site: Arc<Site>) {
        let mut sites = self.sites.write().unwrap_or_else(PoisonError::into_inner);
        sites.insert(site.name.clone(), site);
    }

    /// Lets a site go.
    pub(crate) fn remove_site(&self, name: &SiteName) -> Option<Arc<Site>> {
        let mut sites = self.sites.write().unwrap_or_else(PoisonError::into_inner);
        sites.remove(name)
    }

    pub(crate) fn live(&self) -> Option<Arc<LiveRuleSet>> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has what waits looked at again: something that it waited for has changed.
    pub(crate) fn wait_again(&self) {
        self.reopened.send_modify(|times| *times += 1);
    }

    /// Makes a rule set the one that decides, in each site's way and without the rules that are set aside.
    pub(crate) async fn set_live(&self, revision: i64, document: RuleSet) {
        let aside = self.read(Reader::set_aside).await;
        let aside: BTreeMap<RuleId, String> = aside.into_iter().map(|a| (a.rule, a.why)).collect();
        let rules = CompiledRules::new(&document).with_set_aside(aside);
        let compiled = self.sites().into_iter().map(|site| {
            let rules = rules
                .clone()
                .for_site(&site.name)
                .with_status_field(site.tracker.status_field());
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

    /// A step that need not happen: what it says is said again soon, or only for showing.
    pub(crate) fn logged<T>(&self, result: Result<T, JournalError>) -> Option<T> {
        result
            .inspect_err(|error| {
                self.journal.note(error);
                tracing::error!(%error, "engine: the journal did not take a step");
            })
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
                    self.journal.note(&error);
                    tracing::error!(%error, tries, "engine: the journal did not take a step, trying again");
                    tokio::time::sleep(backoff::wait(tries, None)).await;
                }
            }
        }
    }

    /// Opens an issue, and tells of it where that is news.
    pub(crate) async fn raise(&self, issue: NewIssue) {
        if self.kept(|| self.journal.raise(issue.clone(), self.clock.now())).await {
            self.health.tell(Alert::of(&issue));
        }
    }

    /// The same for what is met many times over: once it stands, what is like it is counted and told no more.
    pub(crate) async fn raise_alike(&self, issue: NewIssue, alike: Alike) {
        let raise = || self.journal.raise_alike(issue.clone(), alike.clone(), self.clock.now());
        if let Some(title) = self.kept(raise).await {
            self.health.tell(Alert::of(&NewIssue { title, ..issue }));
        }
    }

    /// A look-up, tried until the journal answers. These go by an index and take microseconds.
    pub(crate) async fn read<T>(&self, look_up: impl Fn(&Reader) -> Result<T, JournalError>) -> T {
        self.kept(|| std::future::ready(look_up(self.journal.reader()))).await
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
    error.of_the_site()
}
