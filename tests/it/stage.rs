//! A practice site and an engine that hears it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callboard_engine::{
    Engine, EngineOptions, HookSettings, KeepIn, MailSettings, NotifySettings, OutgoingSettings, Secret, Settings,
    SiteSettings, WriteMode,
};
use callboard_journal::{FeedFilter, FeedRow, Outcome, Reader};
use callboard_model::{Change, ChangeState, Clock, SystemClock};
use callboard_practice::{Control, Practice, PracticeArgs};
use callboard_rules::{RuleSet, template};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here takes on a busy machine. Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(45);
/// Where nobody listens, until the engine does.
const NOWHERE: &str = "http://127.0.0.1:9/hooks/status";
pub(crate) const SECRET: &str = "mytoken";

/// What a test may want otherwise.
pub(crate) struct Wishes {
    pub(crate) write: WriteMode,
    /// How many statuses and fields may be set within a minute.
    pub(crate) writes_a_minute: u32,
    /// Whether the site's log is read too, every second. Off, what a hook does not bring never comes.
    pub(crate) event_log: bool,
    /// Seconds that a hook may miss what the log tells.
    pub(crate) deaf_after: u32,
    /// Whether outcomes are written back.
    pub(crate) acknowledge: bool,
    pub(crate) secret: &'static str,
    /// Where alerts are mailed to.
    pub(crate) mail: Option<MailSettings>,
    pub(crate) notify: NotifySettings,
    /// Who else is told.
    pub(crate) outgoing: Vec<OutgoingSettings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) practice: PracticeArgs,
    pub(crate) rules: RuleSet,
}

impl Default for Wishes {
    fn default() -> Self {
        let practice = PracticeArgs {
            hook: vec![NOWHERE.into()],
            secret: Some(SECRET.into()),
            ..PracticeArgs::default()
        };
        Self {
            write: WriteMode::Act,
            writes_a_minute: 6_000,
            event_log: false,
            deaf_after: 90,
            acknowledge: true,
            secret: SECRET,
            mail: None,
            notify: NotifySettings::default(),
            outgoing: Vec::new(),
            clock: Arc::new(SystemClock),
            practice,
            rules: template("status-overhaul").unwrap(),
        }
    }
}

pub(crate) struct Stage {
    pub(crate) practice: Practice,
    pub(crate) site: Control,
    pub(crate) engine: Engine,
    /// Removed when the stage is closed, and not before.
    pub(crate) _data: TempDir,
    pub(crate) reader: Reader,
}

impl Stage {
    pub(crate) async fn open() -> Self {
        Self::with(Wishes::default()).await
    }

    pub(crate) async fn with(wishes: Wishes) -> Self {
        let data = TempDir::new().unwrap();
        let practice = Practice::start(wishes.practice.clone()).await.unwrap();
        let engine = engine(&practice, &wishes, data.path()).await;
        let site = practice.control();
        site.retarget_hook(0, &format!("{}/hooks/status", engine.receiver_url()));
        let reader = Reader::open(data.path()).unwrap();
        let stage = Self {
            practice,
            site,
            engine,
            _data: data,
            reader,
        };
        // Statuses and hooks are read once at the start; what a test counts begins after that.
        stage
            .until("the site has been read", |s| s.reader.statuses().unwrap().len() >= 3)
            .await;
        stage
    }

    /// Waits for a condition of the journal or the site.
    pub(crate) async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        self.within(DEADLINE, what, condition).await;
    }

    /// The same for what takes long by itself.
    pub(crate) async fn within(&self, deadline: Duration, what: &str, condition: impl Fn(&Self) -> bool) {
        let begun = tokio::time::Instant::now();
        while !condition(self) {
            if begun.elapsed() > deadline {
                panic!("waited in vain until {what}. The feed: {:#?}", self.rows());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// All events, oldest first.
    pub(crate) fn rows(&self) -> Vec<FeedRow> {
        self.reader.rows_after(0, 100_000, &FeedFilter::default()).unwrap()
    }

    /// The newest event that says this field of this entity became this.
    pub(crate) fn row(&self, kind: &str, id: i64, new: &str) -> Option<FeedRow> {
        self.rows().into_iter().rev().find(|r| {
            r.new.as_ref().and_then(Value::as_str) == Some(new)
                && r.entity
                    .as_ref()
                    .is_some_and(|e| e.key.kind.is(kind) && e.key.id.as_number() == Some(id))
        })
    }

    /// Waits until nothing is left to do for that event, and gives what came of it.
    pub(crate) async fn settled(&self, kind: &str, id: i64, new: &str) -> FeedRow {
        let what = format!("{kind} {id} → {new} is settled");
        self.until(&what, |s| {
            s.row(kind, id, new).is_some_and(|r| r.outcome != Outcome::Waiting)
        })
        .await;
        self.row(kind, id, new).unwrap()
    }

    /// A Shot's Task of a step.
    pub(crate) fn task(&self, shot: i64, step: &str) -> i64 {
        let is = |t: &Value| t["entity"]["id"] == shot && t["step"]["name"] == step;
        self.site
            .entities("Task")
            .iter()
            .find(|t| is(t))
            .and_then(|t| t["id"].as_i64())
            .expect("the Shot has that step")
    }

    /// A Version of a Task of a step, in a status that nothing follows from, with everything around it settled.
    pub(crate) async fn version(&self, shot: i64, step: &str) -> (i64, i64) {
        let task = self.task(shot, step);
        let version = self.site.create_version_as_person(Some(task), "rqc");
        let created = |r: &FeedRow| {
            r.outcome != Outcome::Waiting
                && r.event_type == "Shotgun_Version_New"
                && r.entity.as_ref().is_some_and(|e| e.key.id.as_number() == Some(version))
        };
        self.until("the Version is made", |s| s.rows().iter().any(created))
            .await;
        (version, task)
    }

    /// How often our script wrote a status there.
    pub(crate) fn written(&self, kind: &str, id: i64) -> Vec<String> {
        let ours = self
            .site
            .writes()
            .into_iter()
            .filter(|w| w.user_type == "ApiUser" && w.kind == kind && w.id == id);
        ours.map(|w| w.value.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The engine ends, and the site goes on.
    pub(crate) async fn without_engine(self) -> Away {
        self.engine.stop().await;
        Away {
            practice: self.practice,
            site: self.site,
            data: self._data,
        }
    }

    pub(crate) async fn close(self) {
        self.engine.stop().await;
        self.practice.stop().await;
    }
}

/// A practice site whose engine has ended.
pub(crate) struct Away {
    pub(crate) practice: Practice,
    pub(crate) site: Control,
    pub(crate) data: TempDir,
}

impl Away {
    /// The engine starts again where it ended, at another address.
    pub(crate) async fn back(self, wishes: &Wishes) -> Stage {
        let engine = engine(&self.practice, wishes, self.data.path()).await;
        let url = format!("{}/hooks/status", engine.receiver_url());
        self.site.retarget_hook(0, &url);
        Stage {
            reader: Reader::open(self.data.path()).unwrap(),
            practice: self.practice,
            site: self.site,
            engine,
            _data: self.data,
        }
    }
}

/// An engine for a practice site.
pub(crate) async fn engine(practice: &Practice, wishes: &Wishes, data: &Path) -> Engine {
    let settings = Settings {
        sites: vec![SiteSettings {
            write: wishes.write,
            writes_a_minute: wishes.writes_a_minute,
            event_log: wishes.event_log,
            poll_seconds: 1,
            deaf_after: wishes.deaf_after,
            acknowledge: wishes.acknowledge,
            practice: true,
            ..SiteSettings::shotgrid(
                "practice",
                &practice.url(),
                "practice",
                Secret::Plain("practice".into()),
            )
        }],
        hooks: vec![HookSettings::signed(
            "status",
            "practice",
            Secret::Plain(wishes.secret.into()),
        )],
        mail: wishes.mail.clone(),
        notify: wishes.notify.clone(),
        outgoing: wishes.outgoing.clone(),
        ..Settings::default()
    };
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    Engine::start(EngineOptions {
        data: data.to_owned(),
        listen: anywhere,
        api: Some(anywhere),
        settings,
        settings_file: None,
        secrets: KeepIn::Memory,
        rules: Some(wishes.rules.clone()),
        author: "a test".into(),
        clock: wishes.clock.clone(),
        practice: None,
    })
    .await
    .unwrap()
}

pub(crate) fn changes(row: &FeedRow) -> &[Change] {
    row.cascade.as_ref().map_or(&[], |c| &c.changes)
}

/// What a row caused, as short as it can be said: `Task cnv>adn confirmed`, `Task sg_state ->sent confirmed`.
pub(crate) fn story(row: &FeedRow) -> Vec<String> {
    let code = |c: &Option<callboard_model::StatusCode>| c.as_ref().map_or("-".to_owned(), ToString::to_string);
    changes(row)
        .iter()
        .map(|c| {
            let field = c.field.as_ref().map_or_else(String::new, |field| format!("{field} "));
            format!(
                "{} {field}{}>{} {}",
                c.entity.key.kind,
                code(&c.from),
                code(&c.to),
                c.state.as_str()
            )
        })
        .collect()
}

pub(crate) fn all_confirmed(row: &FeedRow) -> bool {
    !changes(row).is_empty() && changes(row).iter().all(|c| c.state == ChangeState::Confirmed)
}

/// A client of the test's own.
pub(crate) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
