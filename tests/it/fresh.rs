//! An engine that nobody has set up yet, beside a practice site.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callboard_engine::api::{ApiError, Ask, DoctorCode, DoctorFinding, HookTest, HooksView, KeyText, NewHook, SiteIn};
use callboard_engine::{Engine, EngineOptions, KeepIn, Settings};
use callboard_journal::{FeedFilter, FeedRow, Reader};
use callboard_model::{HookName, SiteName, SystemClock};
use callboard_practice::{Control, Practice, PracticeArgs};
use callboard_rules::template;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;

use crate::stage::http;

/// Longer than anything here takes on a busy machine. Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(45);

/// An engine that nobody has set up yet, beside a practice site that has no webhooks.
pub(crate) struct Fresh {
    pub(crate) practice: Practice,
    pub(crate) site: Control,
    pub(crate) engine: Engine,
    pub(crate) data: TempDir,
}

impl Fresh {
    pub(crate) async fn open() -> Self {
        let data = TempDir::new().unwrap();
        let practice = Practice::start(PracticeArgs::default()).await.unwrap();
        let engine = start(data.path()).await;
        Self {
            site: practice.control(),
            practice,
            engine,
            data,
        }
    }

    /// The same with the site connected and a public address.
    pub(crate) async fn connected() -> Self {
        let fresh = Self::open().await;
        fresh.put(fresh.entered()).await.unwrap();
        let address = Some(fresh.engine.receiver_url().to_owned());
        fresh.ask::<Value>(Ask::SetPublicAddress { address }).await.unwrap();
        fresh
    }

    /// The site as a person enters it.
    pub(crate) fn entered(&self) -> SiteIn {
        SiteIn {
            name: SiteName::new("practice").unwrap(),
            kind: "shotgrid".into(),
            url: self.practice.url(),
            script_name: "practice".into(),
            script_key: Some(KeyText::from("practice")),
            key_kept: None,
            write: "act".into(),
            projects: Vec::new(),
            only_listed: false,
            event_log: false,
            poll_seconds: 5,
            acknowledge: true,
            refresh_pages: true,
            ca_file: None,
            proxy: None,
        }
    }

    pub(crate) async fn put(&self, site: SiteIn) -> Result<Value, ApiError> {
        self.ask(Ask::PutSite { site }).await
    }

    pub(crate) async fn ask<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, ApiError> {
        let answer = self.engine.ask(ask).await?;
        Ok(serde_json::from_value(answer).unwrap())
    }

    /// The public address becomes this one, and the site's first webhook delivers there.
    pub(crate) async fn moved_to(&self, address: &str) {
        let public = Some(address.to_owned());
        self.ask::<Value>(Ask::SetPublicAddress { address: public })
            .await
            .unwrap();
        self.site.retarget_hook(0, &format!("{address}/hooks/status"));
    }

    /// The hook that the live rules ask for.
    pub(crate) async fn suggested(&self, name: &str) -> NewHook {
        let site = SiteName::new("practice").unwrap();
        let subscription = self.ask(Ask::SuggestSubscription { site: site.clone() }).await.unwrap();
        NewHook {
            name: HookName::new(name).unwrap(),
            site,
            subscription,
            projects: Vec::new(),
            batched: false,
            validates_certificate: true,
        }
    }

    pub(crate) async fn create(&self, name: &str) -> HooksView {
        let hook = self.suggested(name).await;
        self.ask(Ask::CreateHook { hook }).await.unwrap()
    }

    pub(crate) async fn test(&self, name: &str) -> HookTest {
        let hook = HookName::new(name).unwrap();
        self.ask(Ask::TestHook { hook }).await.unwrap()
    }

    pub(crate) fn rows(&self) -> Vec<FeedRow> {
        let reader = Reader::open(self.data.path()).unwrap();
        reader.rows_after(0, 100_000, &FeedFilter::default()).unwrap()
    }

    pub(crate) async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let begun = tokio::time::Instant::now();
        while !condition(self) {
            assert!(
                begun.elapsed() < DEADLINE,
                "waited in vain until {what}: {:#?}",
                self.rows()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn settings_text(&self) -> String {
        std::fs::read_to_string(self.data.path().join(Settings::FILE)).unwrap_or_default()
    }

    /// The site's webhooks, by its own REST API.
    pub(crate) async fn webhooks(&self) -> Vec<Value> {
        let hooks = self.by_hand(Method::GET, "/hooks", &Value::Null).await;
        hooks["data"].as_array().unwrap().clone()
    }

    /// Somebody administers a webhook on the site's own page.
    pub(crate) async fn by_hand(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = self.practice.url();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "practice"),
            ("client_secret", "practice"),
        ];
        let token = http()
            .post(format!("{url}/api/v1/auth/access_token"))
            .form(&form)
            .send()
            .await
            .unwrap();
        let token: Value = token.json().await.unwrap();
        let bearer = token["access_token"].as_str().unwrap().to_owned();
        let call = http()
            .request(method, format!("{url}/api/v1/webhook{path}"))
            .bearer_auth(bearer);
        let call = if body.is_null() { call } else { call.json(body) };
        let answer = call.send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        answer.json().await.unwrap_or_default()
    }

    pub(crate) async fn close(self) -> TempDir {
        self.engine.stop().await;
        self.practice.stop().await;
        self.data
    }

    pub(crate) async fn restart(self) -> Self {
        self.engine.stop().await;
        let engine = start(self.data.path()).await;
        Self { engine, ..self }
    }
}

pub(crate) async fn start(data: &Path) -> Engine {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    Engine::start(EngineOptions {
        data: data.to_owned(),
        listen: anywhere,
        api: None,
        settings: Settings::of(data, None).unwrap(),
        settings_file: Some(Settings::path(data, None)),
        secrets: KeepIn::File,
        rules: template("status-overhaul"),
        author: "a test".into(),
        clock: Arc::new(SystemClock),
        practice: None,
    })
    .await
    .unwrap()
}

pub(crate) fn found(findings: &[DoctorFinding], code: DoctorCode) -> &DoctorFinding {
    findings.iter().find(|f| f.code == code).expect("it was looked at")
}
