//! A connected site: its client, and how it is.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use callboard_journal::{Journal, JournalError, Known, Reader, StatusView};
use callboard_model::{Clock, Entity, EntityKey, EntityRef, EntityType, SiteName};
use callboard_rules::SiteStatuses;
use callboard_trackers::ftrack::{Ftrack, UserKey};
use callboard_trackers::shotgrid::{ScriptKey, ShotGrid};
use callboard_trackers::{Network, Tracker, TrackerError, Webhooks};
use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::acknowledge;
use crate::api::SiteView;
use crate::heard::HeardSite;
use crate::pace::Pace;
use crate::road::Road;
use crate::secrets::Safe;
use crate::settings::{SettingsError, SiteKind, SiteSettings};

/// Calls to one site at once. The API costs about a third of a second a call and has no published
/// limit: few enough to be polite, enough that one slow Shot does not hold up the rest.
const CALLS_AT_ONCE: usize = 4;
/// Projects whose hidden statuses are read: one call each and type.
const MOST_PROJECTS: usize = 20;
/// The types whose statuses are read when a site is connected.
const COLUMNS: [&str; 3] = [EntityType::VERSION, EntityType::TASK, EntityType::SHOT];

/// A site as the engine works with it.
pub(crate) struct Site {
    pub(crate) name: SiteName,
    pub(crate) tracker: Arc<dyn Tracker>,
    /// How it was set up.
    pub(crate) settings: SiteSettings,
    /// Held for a call, not for an event: one that waits for a bad answer to pass must not keep others from the site.
    calls: Semaphore,
    /// How often it is written.
    pub(crate) pace: Pace,
    view: SiteView,
    trouble: Mutex<Option<String>>,
    me: RwLock<Option<EntityKey>>,
    /// What the site takes, as far as it has been read.
    statuses: RwLock<SiteStatuses>,
    /// Accounts and projects whose name has been asked for: one that has none is not asked for again.
    asked: Mutex<HashSet<EntityKey>>,
    /// Entities that were asked for what they belong to: one that belongs to nothing is not asked again.
    asked_above: Mutex<HashSet<EntityKey>>,
    pub(crate) changed: Arc<Notify>,
    /// How its log is read.
    pub(crate) road: Road,
    /// How long a hook may miss what the log tells before it counts as deaf.
    pub(crate) deaf_after: Duration,
    /// Whether an event's session goes with what is written because of it.
    pub(crate) refresh_pages: bool,
    /// Events whose cascade has come to its end, for those who write outcomes back; none: nobody does.
    settled: Option<mpsc::Sender<i64>>,
    to_acknowledge: Mutex<Option<mpsc::Receiver<i64>>>,
    /// Changes that an earlier run left unfinished: they may have been written. Known by their numbers, because a clock may be set back
    /// between two runs.
    pub(crate) unfinished: HashSet<i64>,
    /// Told when the program stops or lets the site go.
    pub(crate) stop: CancellationToken,
    /// What runs for the site.
    pub(crate) running: TaskTracker,
}

/// The client of a site. Nothing is sent yet. Errors when its key is not where the settings say, or its address is none.
pub(crate) fn tracker_of(
    settings: &SiteSettings,
    safe: &Safe,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Tracker>, SettingsError> {
    let missing = |what| SettingsError::Missing {
        site: settings.name.clone(),
        what,
    };
    let (account, key) = settings.kind.account();
    let secret = settings.script_key.as_ref().ok_or_else(|| missing(key))?;
    let name = settings.script_name.clone().ok_or_else(|| missing(account))?;
    let key = secret.reveal(safe)?;
    let site = settings.name.clone();
    let studio_ca = match &settings.ca_file {
        None => None,
        Some(path) => Some(std::fs::read(path).map_err(|e| SettingsError::Network {
            site: site.clone(),
            why: format!("The file {} cannot be read: {e}", path.display()),
        })?),
    };
    let network = Network {
        studio_ca,
        proxy: settings.proxy.clone(),
    };
    let url = &settings.url;
    let made: Result<Arc<dyn Tracker>, TrackerError> = match settings.kind {
        SiteKind::Shotgrid => {
            let script = ScriptKey { name, key };
            ShotGrid::with_network(url, script, &network, clock).map(|client| Arc::new(client) as Arc<dyn Tracker>)
        }
        SiteKind::Ftrack => {
            let who = UserKey { user: name, key };
            Ftrack::with_network(url, who, &network, clock).map(|client| Arc::new(client) as Arc<dyn Tracker>)
        }
        SiteKind::CreativeForce | SiteKind::Kitsu => {
            let kind = settings.kind.as_str();
            return Err(SettingsError::Kind { site, kind });
        }
    };
    made.map_err(|error| {
        let why = error.to_string();
        match error {
            TrackerError::BadAuthority(_) | TrackerError::BadProxy => SettingsError::Network { site, why },
            _ => SettingsError::Address { site, why },
        }
    })
}

impl Site {
    pub(crate) fn new(
        settings: &SiteSettings,
        safe: &Safe,
        clock: Arc<dyn Clock>,
        changed: Arc<Notify>,
        stop: CancellationToken,
        reader: &Reader,
    ) -> Result<Self, SettingsError> {
        let name = SiteName::new(&settings.name)?;
        let unfinished = reader.unfinished(&name).unwrap_or_else(|error| {
            tracing::error!(site = %name, %error, "site: what an earlier run left unfinished cannot be read");
            HashSet::new()
        });
        let tracker: Arc<dyn Tracker> = match settings.kind {
            SiteKind::CreativeForce => Arc::new(HeardSite::new(name.clone(), reader.clone())),
            SiteKind::Shotgrid | SiteKind::Ftrack | SiteKind::Kitsu => tracker_of(settings, safe, clock)?,
        };
        let reads_log = settings.event_log && tracker.log().is_some();
        let every = Duration::from_secs(settings.poll_seconds.max(1).into());
        let compares = settings.event_log && tracker.comparison().is_some();
        let road = if tracker.comparison().is_some() {
            Road::compared_only(name.clone(), compares.then_some(every))
        } else {
            Road::new(name.clone(), reads_log.then_some(every))
        };
        let takes_outcomes = |webhooks: &dyn Webhooks| webhooks.offered().acknowledgements;
        let (settled, to_acknowledge) = if settings.acknowledge && tracker.webhooks().is_some_and(takes_outcomes) {
            let (sender, receiver) = mpsc::channel(acknowledge::WAITING);
            (Some(sender), Some(receiver))
        } else {
            (None, None)
        };
        Ok(Self {
            view: SiteView {
                name: name.clone(),
                kind: settings.kind.as_str().to_owned(),
                url: settings.url.clone(),
                write: settings.write.as_str().to_owned(),
                trouble: None,
                log: None,
            },
            name,
            tracker,
            settings: settings.clone(),
            calls: Semaphore::new(CALLS_AT_ONCE),
            pace: Pace::new(settings.writes_a_minute),
            trouble: Mutex::new(None),
            me: RwLock::new(None),
            statuses: RwLock::default(),
            asked: Mutex::new(HashSet::new()),
            asked_above: Mutex::new(HashSet::new()),
            changed,
            road,
            deaf_after: Duration::from_secs(settings.deaf_after.into()),
            refresh_pages: settings.refresh_pages,
            settled,
            to_acknowledge: Mutex::new(to_acknowledge),
            unfinished,
            stop,
            running: TaskTracker::new(),
        })
    }

    /// Works until the program stops or lets the site go: a site that takes a call and never answers must not hold up the end.
    pub(crate) async fn or_stop<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.stop.run_until_cancelled(work).await
    }

    /// Waits. False when the program stops or lets the site go meanwhile.
    pub(crate) async fn pause(&self, how_long: Duration) -> bool {
        self.or_stop(tokio::time::sleep(how_long)).await.is_some()
    }

    /// Notes that an event's cascade has come to its end.
    pub(crate) fn settled(&self, seq: i64) {
        if let Some(settled) = &self.settled {
            // Where too many wait, this one is not written back.
            let _ = settled.try_send(seq);
        }
    }

    /// The events whose outcome is to be written back; none where that is switched off, or somebody has taken them.
    pub(crate) fn to_acknowledge(&self) -> Option<mpsc::Receiver<i64>> {
        self.to_acknowledge
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Whether outcomes are written back to the site's record of deliveries.
    pub(crate) fn acknowledges(&self) -> bool {
        self.settled.is_some()
    }

    /// Whether an entity is still to be asked for what it belongs to; it counts as asked from then on.
    pub(crate) fn asks_above(&self, key: &EntityKey) -> bool {
        let mut asked = self.asked_above.lock().unwrap_or_else(PoisonError::into_inner);
        asked.insert(key.clone())
    }

    pub(crate) fn view(&self) -> SiteView {
        SiteView {
            trouble: self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            log: (self.tracker.log().is_some() || self.tracker.comparison().is_some()).then(|| self.road.view()),
            ..self.view.clone()
        }
    }

    pub(crate) fn is_practice(&self) -> bool {
        self.settings.practice
    }

    /// Calls the site, politely, and notes how it went for the windows.
    pub(crate) async fn call<T>(&self, call: impl Future<Output = Result<T, TrackerError>>) -> Result<T, TrackerError> {
        // The semaphore is never closed.
        let _place = self.calls.acquire().await;
        self.note(call.await)
    }

    fn note<T>(&self, result: Result<T, TrackerError>) -> Result<T, TrackerError> {
        let trouble = match &result {
            Err(e) if e.of_the_site() => Some(e.to_string()),
            _ => None,
        };
        let mut held = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if *held != trouble {
            match &trouble {
                Some(why) => tracing::warn!(site = %self.name, "site: {why}"),
                None => tracing::info!(site = %self.name, "site: answers again"),
            }
            *held = trouble;
            self.changed.notify_one();
        }
        result
    }

    /// The account of our own writes; none until the site has answered once.
    pub(crate) fn known_me(&self) -> Option<EntityKey> {
        self.me.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn me(&self) -> Result<EntityKey, TrackerError> {
        if let Some(me) = self.known_me() {
            return Ok(me);
        }
        let me = self.call(self.tracker.me()).await?;
        *self.me.write().unwrap_or_else(PoisonError::into_inner) = Some(me.clone());
        Ok(me)
    }

    /// The statuses that the site takes, as far as they have been read.
    pub(crate) fn known_statuses(&self) -> SiteStatuses {
        self.statuses.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the site's statuses with their names and colours into the journal, of the usual types and of those that the
    /// rules speak of, and which of them projects hide. Answers whether anything is new.
    pub(crate) async fn learn_statuses(&self, journal: &Journal, rules: &[EntityType]) -> Result<bool, TrackerError> {
        // What was heard is kept as it is heard, and a status that was not may be there all the same.
        if !self.tracker.is_read() {
            return Ok(false);
        }
        let usual = COLUMNS.map(EntityType::from);
        let mut kinds: Vec<EntityType> = usual.to_vec();
        kinds.extend(rules.iter().filter(|kind| !usual.contains(kind)).cloned());
        let projects = match self.call(self.tracker.projects()).await {
            Ok(projects) => projects,
            Err(error) if error.passing() => return Err(error),
            // A key that may not list projects still reads statuses.
            Err(_) => Vec::new(),
        };
        let mut known = SiteStatuses::default();
        let mut shown = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let list = match self.call(self.tracker.status_list(&kind)).await {
                Ok(list) => list,
                // A type that the rules speak of and the site does not have: the check says so.
                Err(TrackerError::NotFound) => continue,
                Err(error) if error.passing() || usual.contains(&kind) => return Err(error),
                Err(_) => continue,
            };
            known.insert(&kind, list.iter().map(|s| s.code.clone()));
            for project in projects.iter().take(MOST_PROJECTS) {
                if let Ok(hidden) = self.call(self.tracker.hidden(&kind, &project.key)).await {
                    let name = project.name.clone().unwrap_or_else(|| project.key.id.to_string());
                    known.hide(&project.key.id, &name, &kind, hidden);
                }
            }
            let views = list.into_iter().map(|s| StatusView {
                code: s.code,
                name: s.name,
                color: s.color,
            });
            shown.push((kind, views.collect()));
        }
        for (kind, views) in shown {
            if let Err(error) = journal.put_statuses(self.name.clone(), kind, views).await {
                tracing::warn!(site = %self.name, %error, "site: statuses could not be kept");
            }
        }
        let mut held = self.statuses.write().unwrap_or_else(PoisonError::into_inner);
        let new = *held != known;
        *held = known;
        Ok(new)
    }

    /// Keeps what was read: its names and links for showing and for lanes, the rest for trying rules on the past.
    pub(crate) async fn learn(
        &self,
        journal: &Journal,
        entities: &[Entity],
        at: Timestamp,
    ) -> Result<(), JournalError> {
        // The journal is where it came from, and may have heard more since.
        if !self.tracker.is_read() {
            return Ok(());
        }
        let mut known: Vec<Known> = Vec::with_capacity(entities.len() * 2);
        let mut read: Vec<Entity> = Vec::with_capacity(entities.len());
        for entity in entities {
            // A Version is shown with its Shot, and shares its lane.
            let task = entity.task.as_ref();
            let through_task = task.and_then(|task| entities.iter().find(|e| e.key == task.key));
            let parent = through_task
                .and_then(|t| t.parent.clone())
                .or_else(|| entity.parent.clone());
            known.push(Known {
                entity: entity.to_ref(),
                parent: parent.as_ref().map(|p| p.key.clone()),
            });
            known.extend(entity.project.clone().map(|project| Known {
                entity: project,
                parent: None,
            }));
            read.push(Entity {
                parent,
                ..entity.clone()
            });
        }
        // Together, so that they share a commit.
        let (names, facts) = tokio::join!(
            journal.learn(self.name.clone(), known),
            journal.learn_entities(self.name.clone(), read, at)
        );
        names.and(facts)
    }

    /// Asks for the names of people and projects that no event has told, once each. A failure only leaves them nameless.
    pub(crate) async fn learn_names(&self, journal: &Journal, refs: impl Iterator<Item = EntityRef>) {
        let wanted: Vec<EntityKey> = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            refs.filter(|r| r.name.is_none())
                .map(|r| r.key)
                .filter(|key| asked.insert(key.clone()))
                .collect()
        };
        if wanted.is_empty() {
            return;
        }
        match self.call(self.tracker.names(&wanted)).await {
            Ok(names) => {
                let known = names.into_iter().map(|entity| Known { entity, parent: None }).collect();
                if let Err(error) = journal.learn(self.name.clone(), known).await {
                    tracing::warn!(site = %self.name, %error, "site: names could not be kept");
                }
            }
            Err(_) => {
                let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
                for key in wanted {
                    asked.remove(&key);
                }
            }
        }
    }
}
