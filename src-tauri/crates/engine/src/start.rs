//! Starting and ending the engine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use callboard_journal::{Journal, JournalError, Reader};
use callboard_model::{Clock, SiteName};
use callboard_receiver::{Doors, HookDoor, Limits, Receiver, Tally, serve};
use callboard_rules::{Level, RuleSet, check};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::News;
use crate::backoff;
use crate::desk::Desk;
use crate::health::{Alert, Health, Watched};
use crate::keeping::Keeping;
use crate::mail::{self, Post};
use crate::news::{self, Listener};
use crate::practice::{PracticeHouse, Practising};
use crate::secrets::{KeepIn, Safe};
use crate::settings::{Settings, SettingsError, SettingsFile};
use crate::site::Site;
use crate::strength::avoidable;
use crate::what_if::Runs;
use crate::{acknowledge, elsewhere, host, lanes, notices, opened, outgoing, retention, road, storing, sweep};

/// News that a slow window may fall behind before it must ask anew.
const NEWS: usize = 256;
/// Notices that a slow listener may fall behind.
const NOTICES: usize = 64;
/// How often a site is asked for its hooks.
const ASK_HOOKS_EVERY: Duration = Duration::from_secs(60);
/// How often a site's statuses are read again.
const LEARN_STATUSES_EVERY: Duration = Duration::from_secs(600);

/// How long what is in hand may take once the engine is told to stop: a service manager that gives it five seconds kills it then.
const ENDS_WITHIN: Duration = Duration::from_secs(4);

/// What an engine needs to start.
pub struct EngineOptions {
    /// The folder of the journal; made if missing.
    pub data: PathBuf,
    /// Where the receiver listens.
    pub listen: SocketAddr,
    /// Where the UI and API listen; none when a window asks in process.
    pub api: Option<SocketAddr>,
    /// Sites and hooks.
    pub settings: Settings,
    /// The file that changes of them are written to; none: they last until the end.
    pub settings_file: Option<PathBuf>,
    /// Where secrets go that are entered or made meanwhile.
    pub secrets: KeepIn,
    /// A rule set to make live at start.
    pub rules: Option<RuleSet>,
    /// Who made it live.
    pub author: String,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
    /// Where practice productions are opened; none: there are none.
    pub practice: Option<Arc<dyn PracticeHouse>>,
}

/// Why the engine cannot start. The sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal.
    #[error("{0}")]
    Journal(#[from] JournalError),
    /// The settings.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// An address that cannot be listened on.
    #[error("Cannot listen on {address}: {why}. Another program may hold it: stop that one, or choose another address")]
    Address {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        why: String,
    },
    /// Rules with errors do not go live.
    #[error("The rules cannot go live: {0}")]
    Rules(String),
}

/// A running engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inside: Arc<Inside>,
}

struct Inside {
    desk: Arc<Desk>,
    tally: Arc<Tally>,
    doors: Doors,
    keeping: Mutex<Keeping>,
    settings: watch::Receiver<Settings>,
    /// Apart from the engine's own: a long search must not keep the engine from reading.
    windows: Reader,
    news: broadcast::Sender<Arc<News>>,
    sites_changed: Arc<Notify>,
    receiver_url: String,
    api_url: Option<String>,
    token: String,
    author: String,
    what_ifs: Runs,
    practising: Practising,
    running: TaskTracker,
    notices: broadcast::Sender<Alert>,
    /// Hears what is told before anybody has asked: a digest of the night may be told at once.
    first_notices: std::sync::Mutex<Option<broadcast::Receiver<Alert>>>,
}

impl Engine {
    /// Opens the journal, listens, and takes up what an earlier run left undone. Sites need not answer yet.
    pub async fn start(options: EngineOptions) -> Result<Self, StartError> {
        let listener = bind(options.listen).await?;
        let api = match options.api {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        for (what, listener) in [("receiver", Some(&listener)), ("API", api.as_ref())] {
            let at = listener.and_then(|listener| listener.local_addr().ok());
            if let Some(at) = at.filter(|at| is_open_to_others(*at)) {
                tracing::warn!(
                    "The {what} listens on {at}, where other machines reach it without encryption. Unless that is meant, listen on 127.0.0.1 \
                     and have a tunnel or a proxy in front"
                );
            }
        }
        let folder = options.data.clone();
        // A file that is large takes its time to be copied or made anew.
        let opening = tokio::task::spawn_blocking(move || Journal::open(&folder)).await;
        let journal = opening.map_err(|e| JournalError::Database(e.to_string()))??;
        let names = options
            .settings
            .sites
            .iter()
            .map(|site| SiteName::from(site.name.as_str()));
        journal.read_again(names.collect()).await?;
        let sites_changed = Arc::new(Notify::new());
        let stop = CancellationToken::new();
        let safe = Safe::new(&options.data, options.secrets);
        let mut sites = Vec::new();
        for settings in &options.settings.sites {
            let site = Site::new(
                settings,
                &safe,
                options.clock.clone(),
                sites_changed.clone(),
                stop.child_token(),
                journal.reader(),
            )?;
            sites.push(Arc::new(site));
        }
        let post = options.settings.mail.as_ref();
        let post = post.map(|mail| Post::new(mail, &safe)).transpose()?;
        let (doors, watched) = hooks(&options.settings, &sites, &safe)?;
        let doors = Doors::new(doors, options.settings.hosts());
        for hook in &watched {
            for weakness in avoidable(hook, &watched) {
                tracing::warn!(hook = %hook.name, "hooks: {weakness}");
            }
        }
        let live = live_rules(&journal, &options).await?;
        let file = options.settings_file.as_deref().map(SettingsFile::new);
        let paused = journal.reader().paused()?.map(|pause| pause.by);
        let tally = Arc::new(Tally::default());
        let health = Health::new(journal.clone(), watched);
        // Heard from here on: what has changed since the last run is told below.
        let post = post.map(|post| (post, health.alerts()));
        let (alerts, told_alerts) = (health.alerts(), health.alerts());
        if post.is_none() {
            journal.resolve(mail::ISSUE.to_owned(), options.clock.now()).await?;
        }
        let desk = Arc::new(Desk::new(journal.clone(), health, paused, options.clock.clone(), stop));
        for site in sites {
            desk.put_site(site);
        }
        if let Some((revision, set)) = live {
            desk.set_live(revision, set).await;
        }
        opened::tell(&desk).await;
        desk.health.resume(options.clock.now()).await;
        desk.tell_inbox().await;
        let keeping = Keeping::new(options.settings, file, safe.clone());
        let (notices, first_notices) = broadcast::channel(NOTICES);
        let engine = Self {
            inside: Arc::new(Inside {
                desk,
                tally: tally.clone(),
                doors,
                settings: keeping.watch(),
                keeping: Mutex::new(keeping),
                windows: Reader::open(&options.data)?,
                news: broadcast::Sender::new(NEWS),
                sites_changed,
                receiver_url: url_of(&listener)?,
                api_url: api.as_ref().map(url_of).transpose()?,
                token: uuid::Uuid::new_v4().simple().to_string(),
                author: options.author.clone(),
                what_ifs: Runs::default(),
                practising: Practising::new(options.practice),
                running: TaskTracker::new(),
                notices,
                first_notices: std::sync::Mutex::new(Some(first_notices)),
            }),
        };
        let receiver = Receiver::new(journal, engine.inside.doors.clone(), tally, options.clock);
        engine.run(listener, receiver, api);
        engine.run_notices(alerts);
        engine.inside.running.spawn(outgoing::run(
            engine.inside.desk.clone(),
            safe,
            engine.inside.settings.clone(),
            told_alerts,
        ));
        if let Some((post, alerts)) = post {
            let desk = engine.inside.desk.clone();
            let running = &engine.inside.running;
            running.spawn(async move { mail::run(&desk, &post, alerts).await });
        }
        Ok(engine)
    }

    fn run(&self, listener: TcpListener, receiver: Receiver, api: Option<TcpListener>) {
        let running = &self.inside.running;
        let stop = self.desk().stop.clone();
        running.spawn(serve(listener, receiver.routes(), Limits::default(), stop.clone()));
        if let Some(api) = api {
            let routes = host::routes(self.clone(), self.inside.doors.clone());
            running.spawn(serve(api, routes, Limits::default(), stop));
        }
        running.spawn(news::tell(self.clone()));
        running.spawn({
            let (desk, tally) = (self.inside.desk.clone(), self.inside.tally.clone());
            async move {
                desk.health
                    .watch_refusals(&tally, desk.clock.as_ref(), &desk.stop)
                    .await;
            }
        });
        running.spawn({
            let (desk, tally) = (self.inside.desk.clone(), self.inside.tally.clone());
            async move {
                let deaf_after = |site: &SiteName| desk.site(site).map_or(Duration::MAX, |site| site.deaf_after);
                desk.health
                    .listen(&tally, deaf_after, desk.clock.as_ref(), &desk.stop)
                    .await;
            }
        });
        running.spawn({
            let desk = self.inside.desk.clone();
            async move { opened::watch(&desk).await }
        });
        for site in self.desk().sites() {
            self.run_site(&site);
        }
    }

    /// Tells people, and lets old history go.
    fn run_notices(&self, alerts: broadcast::Receiver<Alert>) {
        let running = &self.inside.running;
        let desk = self.inside.desk.clone();
        running.spawn(async move { storing::run(&desk).await });
        let (desk, settings) = (self.inside.desk.clone(), self.inside.settings.clone());
        let told = self.inside.notices.clone();
        running.spawn(async move { notices::run(&desk, alerts, settings, &told).await });
        let (desk, settings) = (self.inside.desk.clone(), self.inside.settings.clone());
        running.spawn(async move { retention::run(&desk, settings).await });
    }

    /// Begins the work on a site that has been put on the desk.
    pub(crate) fn run_site(&self, site: &Arc<Site>) {
        let desk = &self.inside.desk;
        site.running.spawn(lanes::run(desk.clone(), site.clone()));
        site.running.spawn(road::run(desk.clone(), site.clone()));
        site.running.spawn(sweep::run(desk.clone(), site.clone()));
        site.running.spawn(elsewhere::run(desk.clone(), site.clone()));
        if let Some(settled) = site.to_acknowledge() {
            site.running
                .spawn(acknowledge::run(desk.clone(), site.clone(), settled));
        }
        site.running.spawn({
            let (desk, site) = (desk.clone(), site.clone());
            async move { site.or_stop(keep_statuses(&desk, &site)).await }
        });
        site.running.spawn({
            let (desk, site) = (desk.clone(), site.clone());
            async move {
                let asking = desk.health.ask_site(&site, ASK_HOOKS_EVERY, desk.clock.as_ref());
                site.or_stop(asking).await
            }
        });
        site.running.close();
        let running = site.running.clone();
        self.inside.running.spawn(async move { running.wait().await });
    }

    /// Ends the work on a site that is no longer on the desk, what is in hand with it.
    pub(crate) async fn end_site(&self, site: &Site) {
        site.stop.cancel();
        site.running.wait().await;
    }

    /// Finishes what is in hand and closes the journal. What cannot be finished now is finished at the next start.
    pub async fn stop(self) {
        self.desk().stop.cancel();
        self.inside.running.close();
        // Whoever waits for a journal that takes nothing would wait for ever.
        if tokio::time::timeout(ENDS_WITHIN, self.inside.running.wait())
            .await
            .is_err()
        {
            tracing::warn!("engine: not all that is in hand could be finished; it is taken up at the next start");
        }
        self.inside.practising.end().await;
        let journal = self.desk().journal.clone();
        drop(self);
        if tokio::task::spawn_blocking(move || journal.close()).await.is_err() {
            tracing::error!("engine: the journal could not be closed");
        }
    }

    /// The receiver's address: `http://127.0.0.1:8787`.
    #[must_use]
    pub fn receiver_url(&self) -> &str {
        &self.inside.receiver_url
    }

    /// The address of UI and API, if they are served.
    #[must_use]
    pub fn api_url(&self) -> Option<&str> {
        self.inside.api_url.as_deref()
    }

    /// What a browser must show to use the API. Made anew at every start.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.inside.token
    }

    /// Hears news from now on.
    #[must_use]
    pub fn listen(&self) -> Listener {
        Listener {
            news: self.inside.news.subscribe(),
        }
    }

    /// Hears what people should be told after their choices and quiet hours: what a notification shows. Whoever asks first hears
    /// everything since the start, others what comes from now on.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Alert> {
        let first = self.inside.first_notices.lock();
        let first = first.unwrap_or_else(PoisonError::into_inner).take();
        first.unwrap_or_else(|| self.inside.notices.subscribe())
    }

    /// Hears everything that people should be told, whatever they chose, from now on.
    #[must_use]
    pub fn alerts(&self) -> broadcast::Receiver<Alert> {
        self.desk().health.alerts()
    }

    /// Counters in Prometheus' text format.
    pub async fn metrics(&self) -> String {
        let reader = self.desk().journal.reader().clone();
        let totals = tokio::task::spawn_blocking(move || reader.totals()).await;
        let mut text = self.inside.tally.prometheus();
        if let Ok(Ok(totals)) = totals {
            text.push_str("# TYPE callboard_journal_events gauge\n");
            for (outcome, number) in totals {
                text.push_str(&format!("callboard_journal_events{{outcome=\"{outcome}\"}} {number}\n"));
            }
        }
        text
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.inside.desk
    }

    /// The settings, to be changed by one at a time.
    pub(crate) fn keeping(&self) -> &Mutex<Keeping> {
        &self.inside.keeping
    }

    /// The settings as they are, for those who only look: a change under way holds them up for as long as a site takes.
    pub(crate) fn settings(&self) -> Settings {
        self.inside.settings.borrow().clone()
    }

    pub(crate) fn doors(&self) -> &Doors {
        &self.inside.doors
    }

    pub(crate) fn windows(&self) -> &Reader {
        &self.inside.windows
    }

    /// Who commands come from, where they do not say.
    pub(crate) fn author(&self) -> &str {
        &self.inside.author
    }

    pub(crate) fn what_ifs(&self) -> &Runs {
        &self.inside.what_ifs
    }

    pub(crate) fn practising(&self) -> &Practising {
        &self.inside.practising
    }

    pub(crate) fn running(&self) -> &TaskTracker {
        &self.inside.running
    }

    pub(crate) fn sites_changed(&self) -> &Arc<Notify> {
        &self.inside.sites_changed
    }

    pub(crate) fn listeners(&self) -> usize {
        self.inside.news.receiver_count()
    }

    pub(crate) fn send(&self, news: News) {
        // A window that closed meanwhile is no error.
        drop(self.inside.news.send(Arc::new(news)));
    }
}

/// The account that runs this program, by its name: who commands come from that do not say.
#[must_use]
pub fn account() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    named.unwrap_or_else(|| "Callboard".to_owned())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|e| StartError::Address {
        address,
        why: e.to_string(),
    })
}

/// Whether other machines reach what listens there.
fn is_open_to_others(at: SocketAddr) -> bool {
    !at.ip().to_canonical().is_loopback()
}

fn url_of(listener: &TcpListener) -> Result<String, StartError> {
    let address = listener.local_addr();
    address
        .map(|a| format!("http://{a}"))
        .map_err(|e| StartError::Rules(e.to_string()))
}

fn hooks(
    settings: &Settings,
    sites: &[Arc<Site>],
    safe: &Safe,
) -> Result<(Vec<HookDoor>, Vec<Watched>), SettingsError> {
    let doors = settings.hooks.iter().map(|hook| {
        let site = sites.iter().find(|site| site.name.as_str() == hook.site);
        let site = site.ok_or_else(|| SettingsError::NoSite {
            hook: hook.name.clone(),
            site: hook.site.clone(),
        })?;
        hook.door(site, safe)
    });
    let doors: Result<Vec<_>, SettingsError> = doors.collect();
    Ok(doors?.into_iter().unzip())
}

/// The rule set given at start, or the one that was live before, with its revision.
async fn live_rules(journal: &Journal, options: &EngineOptions) -> Result<Option<(i64, RuleSet)>, StartError> {
    let before = journal.reader().live_rules()?;
    if let Some(set) = &options.rules {
        let errors: Vec<String> = check(set, None)
            .into_iter()
            .filter(|f| f.level == Level::Error)
            .map(|f| f.message)
            .collect();
        if !errors.is_empty() {
            return Err(StartError::Rules(errors.join("; ")));
        }
        let document = set.to_json_pretty();
        // The same file at every start is no new revision.
        if let Some((live, _)) = before.filter(|(_, text)| *text == document) {
            return Ok(Some((live.revision, set.clone())));
        }
        let note = "Given at start".to_owned();
        let revision = journal
            .publish_rules(
                set.name.clone(),
                document,
                options.author.clone(),
                note,
                options.clock.now(),
            )
            .await?;
        return Ok(Some((revision, set.clone())));
    }
    let Some((live, text)) = before else {
        return Ok(None);
    };
    let set = RuleSet::parse(text.as_bytes()).map_err(|e| StartError::Rules(e.to_string()))?;
    Ok(Some((live.revision, set)))
}

async fn keep_statuses(desk: &Desk, site: &Site) {
    let mut tries = 0;
    loop {
        let spoken_of = desk.live().map_or_else(Vec::new, |live| live.kinds());
        let wait = match site.learn_statuses(&desk.journal, &spoken_of).await {
            Ok(new) => {
                if new {
                    desk.renew_live().await;
                }
                tries = 0;
                LEARN_STATUSES_EVERY
            }
            Err(error) => {
                tries += 1;
                backoff::wait(tries, error.retry_after())
            }
        };
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_other_machines_reach_is_told_from_one_of_this_machine() {
        let open = |at: &str| is_open_to_others(at.parse().unwrap());
        for others in [
            "0.0.0.0:8787",
            "192.168.1.7:8787",
            "[::]:8787",
            "[fe80::1]:8787",
            "[::ffff:10.0.0.1]:1",
        ] {
            assert!(open(others), "{others}");
        }
        for here in ["127.0.0.1:8787", "127.9.9.9:1", "[::1]:8787", "[::ffff:127.0.0.1]:1"] {
            assert!(!open(here), "{here}");
        }
    }
}
