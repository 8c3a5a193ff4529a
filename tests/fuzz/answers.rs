//! What sites answer to a client: taken, or an error that says so, in a bounded number of questions.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use callboard_model::{EntityId, EntityKey, EntityType, SiteName, Surroundings, SystemClock};
use callboard_trackers::ftrack::{Ftrack, UserKey};
use callboard_trackers::shotgrid::{ScriptKey, ShotGrid};
use callboard_trackers::{DeliveriesAsked, Tracker, TrackerError};
use jiff::Timestamp;
use proptest::prop_assert;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::trying::{Outcome, fuzz};

/// More requests than any one question to a client is worth: pages without end must end.
const MOST_REQUESTS: usize = 200;
/// A token that says nothing of itself.
const TOKEN: &str = r#"{"token_type":"Bearer","access_token":"a.b.c","expires_in":600,"refresh_token":"d"}"#;

/// A site that answers everything but the minting of tokens with the same bytes.
struct Site {
    runtime: Runtime,
    url: String,
    told: Arc<Told>,
}

#[derive(Default)]
struct Told {
    answer: Mutex<(u16, Vec<u8>)>,
    requests: AtomicUsize,
}

async fn answer(State(told): State<Arc<Told>>, uri: Uri) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    if uri.path() == "/api/v1/auth/access_token" {
        return (json, TOKEN).into_response();
    }
    told.requests.fetch_add(1, Ordering::Relaxed);
    let (status, body) = told.answer.lock().unwrap().clone();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, json, body).into_response()
}

impl Site {
    fn open() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let told: Arc<Told> = Arc::default();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(told.clone());
        runtime.spawn(async { axum::serve(listener, routes).await });
        Self { runtime, url, told }
    }

    /// The first line is the status, where it is one; the rest is the body.
    fn answers(&self, input: &[u8]) {
        let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
        let status = std::str::from_utf8(&input[..end])
            .ok()
            .and_then(|line| line.parse().ok());
        // Redirects are followed nowhere, and what is no final answer is none.
        let status = status.filter(|status: &u16| (200..600).contains(status)).unwrap_or(200);
        let body = input.get(end + 1..).unwrap_or_default().to_vec();
        *self.told.answer.lock().unwrap() = (status, body);
    }

    /// What a question comes to.
    fn asked<T>(
        &self,
        what: &str,
        question: impl Future<Output = Result<T, TrackerError>>,
    ) -> Result<Option<T>, proptest::test_runner::TestCaseError> {
        self.told.requests.store(0, Ordering::Relaxed);
        let outcome = self.runtime.block_on(question);
        let requests = self.told.requests.load(Ordering::Relaxed);
        prop_assert!(requests <= MOST_REQUESTS, "{} took {} requests", what, requests);
        match outcome {
            Ok(found) => Ok(Some(found)),
            Err(error) => {
                prop_assert!(!matches!(error, TrackerError::BadAddress(_)), "{}: {}", what, error);
                prop_assert!(!error.to_string().is_empty());
                Ok(None)
            }
        }
    }

    /// What can be asked of any tracker.
    fn is_asked(&self, tracker: &dyn Tracker, task: &EntityKey, project: &EntityKey) -> Outcome {
        let everything = Surroundings {
            task: true,
            owner: true,
            sibling_tasks: true,
            dependencies: true,
            ..Surroundings::default()
        };
        let kind = EntityType::from("Task");
        let keys = std::slice::from_ref(task);
        self.asked("me", tracker.me())?;
        self.asked("around", tracker.around(task, &everything))?;
        self.asked("read", tracker.read(keys))?;
        self.asked("note", tracker.note(task))?;
        self.asked("find", tracker.find(&kind, &["Comp".to_owned()], Some(project)))?;
        self.asked("find by", tracker.find_by(&kind, "code", "x"))?;
        self.asked("projects", tracker.projects())?;
        self.asked("all projects", tracker.all_projects())?;
        self.asked("statuses", tracker.statuses(keys))?;
        self.asked("values", tracker.values(keys, "sg_ok"))?;
        self.asked("names", tracker.names(keys))?;
        self.asked("status list", tracker.status_list(&kind))?;
        self.asked("hidden", tracker.hidden(&kind, project))?;
        if let Some(log) = tracker.log() {
            let site = SiteName::from("practice");
            self.asked("newest", log.newest(&site))?;
            let after = self.asked("after", log.after(&site, 1, 500))?;
            prop_assert!(after.is_none_or(|rows| rows.len() <= 500));
            self.asked("rows", log.rows(&site, &[1, 2, 3]))?;
            self.asked("ids since", log.ids_since(Timestamp::UNIX_EPOCH, 10))?;
        }
        if let Some(comparison) = tracker.comparison() {
            self.asked("standing", comparison.standing(std::slice::from_ref(&kind)))?;
        }
        if let Some(hooks) = tracker.webhooks() {
            let list = self.asked("hooks", hooks.list())?;
            prop_assert!(list.into_iter().flatten().all(|hook| !hook.id.is_empty()));
            let most = DeliveriesAsked {
                most: 40,
                ..DeliveriesAsked::default()
            };
            let found = self.asked(
                "deliveries",
                hooks.deliveries("00000000-0000-4000-8000-000000000000", &most),
            )?;
            for delivery in found.into_iter().flat_map(|found| found.list) {
                prop_assert!(!delivery.id.is_empty() && delivery.seconds.is_finite() && delivery.seconds >= 0.0);
            }
            self.asked("left out", hooks.left_out())?;
        }
        if let Some(examination) = tracker.examination() {
            self.asked("card", examination.card())?;
            self.asked("account", examination.account())?;
            self.asked("newest of", examination.newest_of(&kind))?;
            self.asked("version links", examination.version_links())?;
            self.asked("fields", examination.fields(&kind))?;
            self.asked("kinds", examination.kinds())?;
            self.asked("shown statuses", examination.shown_statuses(&kind, project))?;
        }
        Ok(())
    }
}

#[test]
fn whatever_a_shotgrid_site_answers_a_client_ends_in_an_answer_or_an_error() {
    let site = Site::open();
    let script = || ScriptKey {
        name: "callboard".into(),
        key: "k3y".into(),
    };
    let (task, project) = (EntityKey::new("Task", 5), EntityKey::new("Project", 122));
    fuzz("shotgrid-answers", 60, |input| {
        site.answers(input);
        let client = ShotGrid::new(&site.url, script(), Arc::new(SystemClock)).unwrap();
        site.is_asked(&client, &task, &project)
    });
}

#[test]
fn whatever_an_ftrack_site_answers_a_client_ends_in_an_answer_or_an_error() {
    let site = Site::open();
    let who = || UserKey {
        user: "ada@studio.example".into(),
        key: "k3y".into(),
    };
    let key = |kind: &str| EntityKey::new(kind, EntityId::Text("t1".into()));
    fuzz("ftrack-answers", 60, |input| {
        site.answers(input);
        let client = Ftrack::new(&site.url, who(), Arc::new(SystemClock)).unwrap();
        site.is_asked(&client, &key("Task"), &key("Project"))
    });
}
