//! A practice production in this process: opened, connected as a site, and ended when that site is let go.

use std::sync::Arc;

use async_trait::async_trait;
use callboard_journal::{Publication, Reader};
use callboard_model::{HookName, SiteName};
use callboard_rules::template;
use tokio::sync::Mutex;

use crate::admin::{new_token, refused};
use crate::api::{ApiError, Overview};
use crate::keeping::Keeping;
use crate::settings::{HookSettings, Secret, SettingsChange, SiteSettings, WriteMode};
use crate::start::Engine;

/// The site that a practice production is connected as.
const SITE: &str = "practice";
/// Its hook; the second where a hook has the first name already.
const HOOKS: [&str; 2] = ["status", "practice-status"];
/// The rule set that goes live with it where none is.
const RULES: &str = "status-overhaul";

/// How a practice production is to begin.
#[derive(Clone, Debug)]
pub struct PracticeWish {
    /// The hook that it delivers to.
    pub hook: String,
    /// What it signs its deliveries with.
    pub secret: String,
    /// The number of the last event that an earlier one told: its own go on from there, because an event is known by its
    /// number. None: it is the first.
    pub after: Option<i64>,
}

/// Where practice productions are opened. The engine knows of them no more than this.
#[async_trait]
pub trait PracticeHouse: Send + Sync {
    /// Opens one that answers, and whose people wait. Errors with a sentence.
    async fn open(&self, wish: PracticeWish) -> Result<Box<dyn PracticeProduction>, String>;
}

/// A practice production that answers as a site.
#[async_trait]
pub trait PracticeProduction: Send + Sync {
    /// Its address.
    fn url(&self) -> String;
    /// The script that signs in, and its key.
    fn script(&self) -> (String, String);
    /// Lets its people begin.
    fn begin(&self);
    /// Ends it.
    async fn close(self: Box<Self>);
}

/// Where practice productions come from, where there are any, and the one that runs.
pub(crate) struct Practising {
    house: Option<Arc<dyn PracticeHouse>>,
    running: Mutex<Option<Box<dyn PracticeProduction>>>,
}

impl Practising {
    pub(crate) fn new(house: Option<Arc<dyn PracticeHouse>>) -> Self {
        Self {
            house,
            running: Mutex::new(None),
        }
    }

    /// Ends the one that runs, if one does.
    pub(crate) async fn end(&self) {
        let running = self.running.lock().await.take();
        if let Some(production) = running {
            production.close().await;
        }
    }
}

impl Engine {
    /// Whether a practice production can be started.
    pub(crate) fn can_practice(&self) -> bool {
        self.practising().house.is_some() && self.settings().site(&SiteName::from(SITE)).is_none()
    }

    /// Starts a practice production and connects it. Nothing of it is kept in the settings file.
    pub(crate) async fn start_practice(&self) -> Result<Overview, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let mut keeping = engine.keeping().lock().await;
            engine.practise(&mut keeping).await?;
            drop(keeping);
            engine.overview().await
        })
        .await
    }

    async fn practise(&self, keeping: &mut Keeping) -> Result<(), ApiError> {
        let house = self.practising().house.clone();
        let house = house.ok_or_else(|| refused("This Callboard comes without a practice production"))?;
        let name = SiteName::from(SITE);
        if keeping.is_passing(&name) {
            return Err(refused("The practice production runs already"));
        }
        if keeping.settings().site(&name).is_some() {
            return Err(refused(format!(
                "A site named {SITE} is connected already: let it go first, or give it another name"
            )));
        }
        let is_free = |hook: &&str| keeping.settings().hook(&HookName::from(*hook)).is_none();
        let hook = HOOKS.into_iter().find(is_free);
        let hook = hook.ok_or_else(|| {
            let [one, other] = HOOKS;
            refused(format!(
                "There are hooks named {one} and {other} already: delete one of them first"
            ))
        })?;
        let of_site = name.clone();
        let after = self.read(move |reader| Ok(reader.newest_entry(&of_site)?)).await?;
        let secret = new_token()?;
        let wish = PracticeWish {
            hook: format!("{}/hooks/{hook}", self.receiver_url()),
            secret: secret.clone(),
            after,
        };
        let production = house.open(wish).await;
        let production = production.map_err(|why| refused(format!("The practice production did not start: {why}")))?;
        let (script, key) = production.script();
        let settings = SiteSettings {
            write: WriteMode::Act,
            practice: true,
            ..SiteSettings::shotgrid(SITE, &production.url(), &script, Secret::Plain(key))
        };
        let hook = HookSettings::signed(hook, SITE, Secret::Plain(secret));
        let connected = self.connect_practice(keeping, settings, hook).await;
        if connected.is_err() {
            keeping.end_passing();
            production.close().await;
            return connected;
        }
        production.begin();
        *self.practising().running.lock().await = Some(production);
        Ok(())
    }

    async fn connect_practice(
        &self,
        keeping: &mut Keeping,
        settings: SiteSettings,
        hook: HookSettings,
    ) -> Result<(), ApiError> {
        let site = Arc::new(self.new_site(keeping, &settings).await?);
        self.make_template_live().await?;
        let name = site.name.clone();
        keeping.begin_passing(&name);
        keeping.change(&SettingsChange::PutSite(settings))?;
        keeping.change(&SettingsChange::PutHook(hook.clone()))?;
        self.open_door(keeping, &hook, &site).await?;
        self.exchange(&name, Some(site)).await;
        Ok(())
    }

    /// Makes the usual rules live where none are.
    async fn make_template_live(&self) -> Result<(), ApiError> {
        let desk = self.desk();
        let Some(set) = template(RULES).filter(|_| desk.live().is_none()) else {
            return Ok(());
        };
        let publication = Publication {
            name: set.name.clone(),
            document: set.to_json_pretty(),
            author: self.author().to_owned(),
            note: "Came with the practice production".to_owned(),
            rolled_back_from: None,
            draft: None,
        };
        desk.publish(publication, set).await?;
        Ok(())
    }

    /// Ends the practice production, where it is the site that was let go. What waits for a person there waits no more.
    pub(crate) async fn end_practice(&self, keeping: &mut Keeping, site: &SiteName) {
        if !keeping.is_passing(site) {
            return;
        }
        keeping.end_passing();
        self.practising().end().await;
        let desk = self.desk();
        let waiting = desk.read(Reader::inbox).await.into_iter();
        let of_site: Vec<i64> = waiting.filter(|w| w.site == *site).map(|w| w.change).collect();
        if !of_site.is_empty() {
            let said = "The practice production was ended".to_owned();
            let declined = desk.journal.decline_changes(of_site, said, desk.clock.now()).await;
            desk.logged(declined);
            desk.tell_inbox().await;
        }
    }
}
