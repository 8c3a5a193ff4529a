//! The engine before a practice ftrack: deliveries with a secret in a header, cascades over the operations API, Automations.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use callboard_engine::api::{Ask, DoctorCode, DoctorLevel};
use callboard_engine::{
    Engine, EngineOptions, HookSettings, KeepIn, Safe, Secret, Settings, SiteSettings, WriteMode, examine,
};
use callboard_journal::{FeedFilter, FeedRow, Outcome, Reader};
use callboard_model::SystemClock;
use callboard_practice::{FtrackControl, Practice, PracticeArgs};
use callboard_rules::RuleSet;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stage::{all_confirmed, http, story};

/// Longer than anything here takes on a busy machine. Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(45);
const SECRET: &str = "0d5cc0a4b5f94a4c8f1de1a9b6c3f7a2";
/// The Shot that has every step.
const SHOT: &str = "SQ010_0010";

struct Lab {
    practice: Practice,
    people: FtrackControl,
    engine: Engine,
    reader: Reader,
    _data: TempDir,
}

/// A Version that is approved approves its Task, and that its Shot.
fn rules(approved: &str) -> RuleSet {
    let codes = json!([{ "code": approved, "name": "Approved", "class": "done" }]);
    let text = json!({
        "callboard": 1, "name": "ftrack",
        "statuses": { "version": codes, "task": codes, "shot": codes },
        "rules": [
            { "id": "task", "name": "Task", "when": { "entity": "Version", "becomes": [approved] }, "then": { "set": "task", "to": [approved] } },
            { "id": "shot", "name": "Shot", "when": { "entity": "Task", "becomes": [approved] }, "then": { "set": "shot", "to": [approved] } },
        ],
    });
    RuleSet::parse(text.to_string().as_bytes()).expect("a rule set")
}

fn site(practice: &Practice) -> SiteSettings {
    let ready = practice.ready_line();
    let of = |name: &str| {
        ready["ftrack"][name]
            .as_str()
            .expect("the ready line says it")
            .to_owned()
    };
    SiteSettings {
        write: WriteMode::Act,
        practice: true,
        ..SiteSettings::ftrack("lab", &of("url"), &of("user"), Secret::Plain(of("api_key")))
    }
}

impl Lab {
    /// `hook`: whether a webhook is there from the start, and whether what it says is looked up.
    async fn open(hook: Option<bool>) -> Self {
        let data = TempDir::new().unwrap();
        let practice = Practice::start(PracticeArgs::default()).await.unwrap();
        let people = practice.control().ftrack();
        let hooks = hook.map(|read_back| HookSettings {
            read_back,
            ..HookSettings::signed("status", "lab", Secret::Plain(SECRET.into()))
        });
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let engine = Engine::start(EngineOptions {
            data: data.path().to_owned(),
            listen: anywhere,
            api: None,
            settings: Settings {
                sites: vec![site(&practice)],
                hooks: hooks.into_iter().collect(),
                ..Settings::default()
            },
            settings_file: None,
            secrets: KeepIn::Memory,
            rules: Some(rules(&people.status_id("Approved"))),
            author: "a test".into(),
            clock: Arc::new(SystemClock),
            practice: None,
        })
        .await
        .unwrap();
        let reader = Reader::open(data.path()).unwrap();
        let lab = Self {
            practice,
            people,
            engine,
            reader,
            _data: data,
        };
        if hook.is_some() {
            lab.people.subscribe(&lab.hook(), Some(SECRET)).unwrap();
        }
        lab.until("the site has been read", |l| l.reader.statuses().unwrap().len() >= 3)
            .await;
        lab
    }

    fn hook(&self) -> String {
        format!("{}/hooks/status", self.engine.receiver_url())
    }

    async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let begun = tokio::time::Instant::now();
        while !condition(self) {
            if begun.elapsed() > DEADLINE {
                panic!("waited in vain until {what}. The feed: {:#?}", self.rows());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn rows(&self) -> Vec<FeedRow> {
        self.reader.rows_after(0, 100_000, &FeedFilter::default()).unwrap()
    }

    /// The events that say that this entity came to that status.
    fn came_to(&self, id: &str, status: &str) -> Vec<FeedRow> {
        let status = json!(self.people.status_id(status));
        let is_it = |row: &FeedRow| {
            let of = row.entity.as_ref().map(|entity| entity.key.id.to_string());
            of.as_deref() == Some(id) && row.is_status && row.new.as_ref() == Some(&status)
        };
        self.rows().into_iter().filter(is_it).collect()
    }

    /// Waits until nothing is left to do for that event, and gives what came of it.
    async fn settled(&self, id: &str, status: &str) -> FeedRow {
        let is_done = |row: &FeedRow| row.outcome != Outcome::Waiting;
        self.until(&format!("{id} → {status} is settled"), |l| {
            l.came_to(id, status).iter().any(is_done)
        })
        .await;
        self.came_to(id, status).remove(0)
    }

    async fn ask(&self, ask: Value) -> Value {
        let ask: Ask = serde_json::from_value(ask).expect("a question");
        self.engine.ask(ask).await.expect("an answer")
    }

    async fn refused(&self, ask: Value) -> String {
        let ask: Ask = serde_json::from_value(ask).expect("a question");
        self.engine.ask(ask).await.expect_err("a refusal").message
    }

    /// A Version of a Task of the Shot, and that Task.
    async fn version(&self, step: &str) -> (String, String) {
        let task = self.people.task(SHOT, step);
        let version = self.people.create_version_as_person(&task, None);
        assert!(!task.is_empty() && !version.is_empty());
        (version, task)
    }

    fn shot(&self) -> String {
        let shots = self.people.entities("Shot");
        let shot = shots.iter().find(|shot| shot["name"] == SHOT).expect("the Shot");
        shot["id"].as_str().expect("its id").to_owned()
    }

    async fn close(self) {
        self.engine.stop().await;
        self.practice.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_becomes_a_cascade_that_is_confirmed_and_its_echo_starts_nothing() {
    let lab = Lab::open(Some(false)).await;
    let (version, task) = lab.version("Composite").await;
    assert!(lab.people.set_status_as_person("AssetVersion", &version, "Approved"));
    let row = lab.settled(&version, "Approved").await;
    assert!(all_confirmed(&row), "{:?} {:?}", story(&row), row.why);
    assert_eq!(row.outcome, Outcome::Changed);
    let kinds: Vec<String> = row
        .cascade
        .as_ref()
        .unwrap()
        .changes
        .iter()
        .map(|c| c.entity.key.kind.to_string())
        .collect();
    assert_eq!(kinds, ["Task", "Shot"]);
    assert_eq!(lab.people.status("Task", &task).as_deref(), Some("Approved"));
    assert_eq!(lab.people.status("Shot", &lab.shot()).as_deref(), Some("Approved"));
    for id in [&task, &lab.shot()] {
        let echo = lab.settled(id, "Approved").await;
        assert_eq!((echo.outcome, echo.cascade.is_none()), (Outcome::Echo, true));
    }
    assert_eq!(lab.people.writes().len(), 2, "{:#?}", lab.people.writes());
    lab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shot_is_one_whatever_its_deliveries_call_it() {
    let lab = Lab::open(Some(false)).await;
    lab.people.tell_shots_as("Task");
    let shot = lab.shot();
    assert!(lab.people.set_status_as_person("Shot", &shot, "On Hold"));
    let row = lab.settled(&shot, "On Hold").await;
    assert!(row.entity.as_ref().unwrap().key.kind.is("Shot"));
    lab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_comes_again_is_counted_and_nothing_more() {
    let lab = Lab::open(Some(false)).await;
    let (version, _) = lab.version("Composite").await;
    lab.people.set_status_as_person("AssetVersion", &version, "Approved");
    lab.settled(&version, "Approved").await;
    let writes = lab.people.writes();
    let approved = lab.people.status_id("Approved");
    let place = lab.people.deliveries().iter().position(|d| {
        let body: Value = serde_json::from_str(&d.body).unwrap();
        body["entity"]["id"][0] == json!(version) && body["entity"]["new"]["status_id"] == json!(approved)
    });
    assert!(lab.people.redeliver(place.expect("it was delivered")));
    lab.until("it was seen again", |l| {
        l.came_to(&version, "Approved").iter().any(|row| row.seen_again == 1)
    })
    .await;
    assert_eq!(lab.came_to(&version, "Approved").len(), 1);
    assert_eq!(lab.people.writes(), writes);
    lab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_secret_nobody_is_let_in_and_the_secret_is_kept_nowhere() {
    let lab = Lab::open(Some(false)).await;
    let body = json!({
        "id": "forged", "fez_id": "ftrack_entity_event_v1", "metadata": {},
        "entity": {"id": ["x"], "entity_type": "Task", "operation": "update", "new": {"status_id": "a"}, "old": {"status_id": "b"}},
    });
    let send = |headers: Vec<(&'static str, String)>| {
        let request = headers
            .into_iter()
            .fold(http().post(lab.hook()), |request, (name, value)| {
                request.header(name, value)
            });
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(send(vec![]).await, 401);
    assert_eq!(send(vec![("x-callboard-secret", "guess".into())]).await, 401);
    assert_eq!(send(vec![("x-callboard-secret", String::new())]).await, 401);
    assert_eq!(send(vec![("ftrack-secret", SECRET.into())]).await, 401);
    assert!(lab.rows().is_empty());
    assert_eq!(send(vec![("x-callboard-secret", SECRET.into())]).await, 200);
    lab.until("it is in the feed", |l| l.rows().len() == 1).await;
    let seq = lab.rows()[0].seq;
    let (delivery, ..) = lab.reader.delivery_of(seq).unwrap().unwrap();
    assert!(!format!("{delivery:?}").contains(SECRET));
    lab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_to_be_looked_up_and_does_not_stand_any_more_starts_nothing() {
    let lab = Lab::open(Some(true)).await;
    let (version, task) = lab.version("Composite").await;
    let before = lab.people.status("Task", &task);
    lab.people.hold_deliveries(true);
    assert!(lab.people.set_status_as_person("AssetVersion", &version, "Approved"));
    assert!(
        lab.people
            .set_status_as_person("AssetVersion", &version, "Pending review")
    );
    lab.people.hold_deliveries(false);
    let row = lab.settled(&version, "Approved").await;
    assert_eq!(row.outcome, Outcome::Nothing);
    assert!(
        row.why.as_ref().is_some_and(|why| why.contains("does not hold it")),
        "{:?}",
        row.why
    );
    assert_eq!(lab.people.status("Task", &task), before);
    // What stands is acted on.
    assert!(lab.people.set_status_as_person("AssetVersion", &version, "Approved"));
    lab.until("the second approval is settled", |l| {
        l.came_to(&version, "Approved")
            .iter()
            .any(|row| row.outcome == Outcome::Changed)
    })
    .await;
    assert_eq!(lab.people.status("Task", &task).as_deref(), Some("Approved"));
    lab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_is_made_from_here_delivers_what_the_rules_need_and_goes_again() {
    let lab = Lab::open(None).await;
    let suggested = lab.ask(json!({"ask": "suggest_subscription", "site": "lab"})).await;
    let kinds = suggested["entities"].as_object().unwrap();
    assert_eq!(kinds.keys().collect::<Vec<_>>(), ["Shot", "Task", "Version"]);
    assert!(
        kinds.values().all(|life| life["update"] == json!(["status_id"])),
        "{suggested}"
    );
    let checked = lab
        .ask(json!({"ask": "check_subscription", "site": "lab", "subscription": suggested}))
        .await;
    assert!(
        checked.as_array().unwrap().iter().all(|found| found["level"] == "good"),
        "{checked:#}"
    );
    assert!(
        checked
            .to_string()
            .contains("entity.new.status_id != entity.old.status_id"),
        "{checked:#}"
    );
    let hook = json!({"name": "status", "site": "lab", "subscription": suggested, "validates_certificate": true});
    let view = lab.ask(json!({"ask": "create_hook", "hook": hook})).await;
    let made = &view["hooks"][0];
    assert_eq!(made["webhook"]["subscription"], suggested);
    assert_eq!(
        made["offered"],
        json!({"tests": false, "record": false, "acknowledgements": false})
    );
    assert!(made["strength"].as_str().unwrap().contains("ftrack signs nothing"));

    // What was delivered with the secret before this one, and what comes with the new one, are both let in.
    lab.ask(json!({"ask": "change_hook", "hook": hook, "new_secret": true}))
        .await;
    let (version, task) = lab.version("Composite").await;
    assert!(lab.people.set_as_person("Task", &task, "description", json!("late")));
    assert!(lab.people.set_status_as_person("AssetVersion", &version, "Approved"));
    let row = lab.settled(&version, "Approved").await;
    assert!(all_confirmed(&row), "{:?} {:?}", story(&row), row.why);
    lab.settled(&lab.shot(), "Approved").await;
    assert!(lab.rows().iter().all(|row| row.is_status), "nothing else was delivered");

    // What the site has no such thing of is said, and is no trouble.
    let test = lab.ask(json!({"ask": "test_hook", "hook": "status"})).await;
    assert!(
        test["steps"]
            .as_array()
            .unwrap()
            .iter()
            .all(|step| step["level"] != "problem"),
        "{test:#}"
    );
    let compared = lab
        .ask(json!({"ask": "compare_deliveries", "hook": "status", "days": 1}))
        .await;
    assert_eq!(compared["trouble"], "ftrack has no record of its deliveries");
    let told = lab
        .refused(json!({"ask": "redeliver", "hook": "status", "deliveries": ["x"]}))
        .await;
    assert!(told.contains("no record"), "{told}");
    let deleted = json!({"entities": {"Task": {"delete": true}}});
    let hook = json!({"name": "other", "site": "lab", "subscription": deleted, "validates_certificate": true});
    let told = lab.refused(json!({"ask": "create_hook", "hook": hook})).await;
    assert!(told.contains("deleted"), "{told}");

    let off = lab
        .ask(json!({"ask": "switch_hook", "hook": "status", "on": false}))
        .await;
    assert_eq!(off["hooks"][0]["webhook"]["state"], "disabled");
    let on = lab
        .ask(json!({"ask": "switch_hook", "hook": "status", "on": true}))
        .await;
    assert_eq!(on["hooks"][0]["webhook"]["state"], "active");
    lab.ask(json!({"ask": "delete_hook", "hook": "status"})).await;
    assert!(lab.people.entities("Automation").is_empty() && lab.people.entities("WebhookAction").is_empty());
    lab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_examined_in_words_of_its_own() {
    let practice = Practice::start(PracticeArgs::default()).await.unwrap();
    let people = practice.control().ftrack();
    let safe = Safe::new(std::path::Path::new("."), KeepIn::Memory);
    let rules = rules(&people.status_id("Approved"));
    let examined = examine(
        &site(&practice),
        &Settings::default(),
        &safe,
        Some(&rules),
        Arc::new(SystemClock),
    )
    .await
    .unwrap();
    let said = |code: DoctorCode| -> Vec<(DoctorLevel, String)> {
        let of_code = examined.findings.iter().filter(|found| found.code == code);
        of_code.map(|found| (found.level, found.title.clone())).collect()
    };
    assert!(examined.ready, "{:#?}", examined.findings);
    assert!(
        examined
            .findings
            .iter()
            .all(|found| found.level != DoctorLevel::Problem),
        "{:#?}",
        examined.findings
    );
    assert!(said(DoctorCode::Address)[0].1.contains("an ftrack workspace, version"));
    for code in [
        DoctorCode::Key,
        DoctorCode::Reading,
        DoctorCode::Writing,
        DoctorCode::OwnEntries,
        DoctorCode::Statuses,
    ] {
        assert_eq!(said(code)[0].0, DoctorLevel::Good, "{:?}", said(code));
    }
    assert!(
        said(DoctorCode::Webhooks)
            .iter()
            .any(|(_, title)| title.contains("signs nothing"))
    );
    let text: String = examined.findings.iter().map(|found| format!("{found:?}")).collect();
    assert!(
        !text.contains("ShotGrid") && !text.contains("sg_") && !text.contains("script"),
        "{text}"
    );
    assert!(
        people
            .writes()
            .iter()
            .all(|write| Some(&write.status_id) != Some(&people.status_id("Approved")))
    );
    let wrong = SiteSettings {
        script_key: Some(Secret::Plain("wrong".into())),
        ..site(&practice)
    };
    let examined = examine(&wrong, &Settings::default(), &safe, None, Arc::new(SystemClock))
        .await
        .unwrap();
    assert!(!examined.ready);
    let key = examined
        .findings
        .iter()
        .find(|found| found.code == DoctorCode::Key)
        .unwrap();
    assert_eq!(key.level, DoctorLevel::Problem);
    practice.stop().await;
}
