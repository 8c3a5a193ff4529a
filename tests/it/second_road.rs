//! The second road of ftrack, which keeps no log: what its webhooks did not bring is found by comparing statuses, at once where the
//! event hub rings, and a day that goes badly ends as a good one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callboard_engine::api::Ask;
use callboard_engine::{Engine, EngineOptions, HookSettings, KeepIn, Secret, Settings, SiteSettings, WriteMode};
use callboard_journal::{FeedFilter, FeedRow, Outcome, Reader};
use callboard_model::{Road, SystemClock};
use callboard_practice::{BadDay, FtrackControl, Practice, PracticeArgs};
use callboard_rules::RuleSet;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than anything here takes on a busy machine. Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(90);
const SECRET: &str = "0d5cc0a4b5f94a4c8f1de1a9b6c3f7a2";
/// The status that a Version comes to, and what its Task and its Shot follow with.
const FOLLOWS: [(&str, &str, &str); 3] = [
    ("Client Note", "Address New Notes", "Active"),
    ("Approved", "Approved", "Approved"),
    ("Pending review", "Pending review", "Pending review"),
];

struct Lab {
    practice: Practice,
    people: FtrackControl,
    engine: Engine,
    reader: Reader,
    data: TempDir,
}

fn rules(people: &FtrackControl) -> RuleSet {
    let codes = |column: fn(&(&'static str, &'static str, &'static str)) -> &'static str| -> Vec<Value> {
        let mut names: Vec<&str> = FOLLOWS.iter().map(column).collect();
        names.dedup();
        names
            .iter()
            .map(|name| json!({"code": people.status_id(name), "name": name}))
            .collect()
    };
    let mut rules = Vec::new();
    for (number, (version, task, shot)) in FOLLOWS.iter().enumerate() {
        let [version, task, shot] = [version, task, shot].map(|name| people.status_id(name));
        rules.push(
            json!({"id": format!("task{number}"), "name": "Task", "when": {"entity": "Version", "becomes": [version]},
            "then": {"set": "task", "to": [task]}}),
        );
        rules.push(
            json!({"id": format!("shot{number}"), "name": "Shot", "when": {"entity": "Task", "becomes": [task]},
            "then": {"set": "shot", "to": [shot]}}),
        );
    }
    let text = json!({"callboard": 1, "name": "ftrack", "rules": rules, "statuses": {
        "version": codes(|row| row.0), "task": codes(|row| row.1), "shot": codes(|row| row.2)}});
    RuleSet::parse(text.to_string().as_bytes()).unwrap()
}

async fn engine(practice: &Practice, data: &Path) -> Engine {
    let ready = practice.ready_line();
    let of = |name: &str| ready["ftrack"][name].as_str().unwrap().to_owned();
    let site = SiteSettings {
        write: WriteMode::Act,
        practice: true,
        poll_seconds: 1,
        ..SiteSettings::ftrack("lab", &of("url"), &of("user"), Secret::Plain(of("api_key")))
    };
    Engine::start(EngineOptions {
        data: data.to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        api: None,
        settings: Settings {
            sites: vec![site],
            hooks: vec![HookSettings::signed("status", "lab", Secret::Plain(SECRET.into()))],
            ..Settings::default()
        },
        settings_file: None,
        secrets: KeepIn::Memory,
        rules: Some(rules(&practice.control().ftrack())),
        author: "a test".into(),
        clock: Arc::new(SystemClock),
        practice: None,
    })
    .await
    .unwrap()
}

impl Lab {
    async fn open() -> Self {
        let data = TempDir::new().unwrap();
        let practice = Practice::start(PracticeArgs::default()).await.unwrap();
        let people = practice.control().ftrack();
        let engine = engine(&practice, data.path()).await;
        people
            .subscribe(&format!("{}/hooks/status", engine.receiver_url()), Some(SECRET))
            .unwrap();
        let reader = Reader::open(data.path()).unwrap();
        let lab = Self {
            practice,
            people,
            engine,
            reader,
            data,
        };
        lab.until("somebody listens and all is compared", |lab| {
            lab.people.hub_listeners() == 1
        })
        .await;
        lab.compared().await;
        lab
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

    /// How the comparing goes.
    async fn log(&self) -> Value {
        let asked: Ask = serde_json::from_value(json!({"ask": "hooks"})).unwrap();
        self.engine.ask(asked).await.unwrap()["logs"][0].clone()
    }

    /// Waits until all has been compared at least once.
    async fn compared(&self) {
        let begun = tokio::time::Instant::now();
        loop {
            let log = self.log().await;
            if log["state"] == "live" {
                return;
            }
            assert!(begun.elapsed() < DEADLINE, "{log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn rows(&self) -> Vec<FeedRow> {
        self.reader.rows_after(0, 100_000, &FeedFilter::default()).unwrap()
    }

    fn came_to(&self, id: &str, status: &str, road: Road) -> Option<FeedRow> {
        let status = json!(self.people.status_id(status));
        self.rows().into_iter().find(|row| {
            row.road == road
                && row.is_status
                && row.new.as_ref() == Some(&status)
                && row
                    .entity
                    .as_ref()
                    .is_some_and(|entity| entity.key.id.to_string() == id)
        })
    }

    /// The newest Version of a Task, the Task, and its Shot.
    fn of(&self, shot: &str) -> [String; 3] {
        let task = self.people.task(shot, "Composite");
        let version = self.people.create_version_as_person(&task, Some("Check New Version"));
        let shots = self.people.entities("Shot");
        let shot = shots.iter().find(|found| found["name"] == shot).unwrap();
        [version, task, shot["id"].as_str().unwrap().to_owned()]
    }

    fn set(&self, version: &str, status: &str) {
        assert!(
            self.people.set_status_as_person("AssetVersion", version, status),
            "{status}"
        );
    }

    fn status(&self, kind: &str, id: &str) -> String {
        self.people.status(kind, id).unwrap_or_default()
    }

    async fn close(self) {
        self.engine.stop().await;
        self.practice.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_no_delivery_brought_is_found_where_the_hub_rings_and_who_did_it_is_known() {
    let lab = Lab::open().await;
    let [version, task, shot] = lab.of("SQ010_0010");
    lab.people.lose_deliveries(1);
    lab.set(&version, "Approved");
    lab.until("it is found and followed", |lab| {
        lab.status("Shot", &shot) == "Approved"
    })
    .await;
    assert_eq!(lab.status("Task", &task), "Approved");
    let row = lab
        .came_to(&version, "Approved", Road::Log)
        .expect("found by comparing");
    assert_eq!(row.old, Some(json!(lab.people.status_id("Check New Version"))));
    assert_eq!(
        row.actor.and_then(|actor| actor.entity.name).as_deref(),
        Some("Amara Okafor")
    );
    assert!(lab.came_to(&version, "Approved", Road::Hook).is_none());
    let log = lab.log().await;
    assert!(log["limits"].as_str().unwrap().contains("keeps no log"), "{log}");
    lab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_hub_it_is_found_at_the_next_comparison_and_a_lost_birth_too() {
    let lab = Lab::open().await;
    lab.people.close_hub(true);
    lab.people.lose_deliveries(2);
    let [version, task, _] = lab.of("SQ010_0020");
    lab.set(&version, "Client Note");
    lab.until("the birth is found", |lab| {
        lab.rows().iter().any(|row| {
            row.road == Road::Log
                && !row.is_status
                && row.entity.as_ref().is_some_and(|e| e.key.id.to_string() == version)
        })
    })
    .await;
    // What it was born with is not known: as it is found it stands, and what it comes to next is news again.
    lab.people.lose_deliveries(1);
    lab.set(&version, "Approved");
    lab.until("it is followed", |lab| lab.status("Task", &task) == "Approved")
        .await;
    let row = lab.came_to(&version, "Approved", Road::Log).unwrap();
    assert!(row.actor.is_none(), "nobody told who it was");
    lab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_comes_late_is_seen_as_told_and_nothing_is_done_twice() {
    let lab = Lab::open().await;
    let [version, task, shot] = lab.of("SQ010_0030");
    lab.until("its birth is told", |lab| !lab.rows().is_empty()).await;
    lab.people.hold_deliveries(true);
    lab.set(&version, "Client Note");
    lab.set(&version, "Approved");
    lab.until("it is found and followed", |lab| {
        lab.status("Shot", &shot) == "Approved"
    })
    .await;
    let writes = lab.people.writes().len();
    lab.people.hold_deliveries(false);
    for status in ["Client Note", "Approved"] {
        let told = |lab: &Lab| {
            lab.came_to(&version, status, Road::Hook)
                .filter(|row| row.outcome != Outcome::Waiting)
        };
        lab.until("the late delivery is closed", |lab| told(lab).is_some())
            .await;
        let row = told(&lab).unwrap();
        assert_eq!(row.outcome, Outcome::Nothing, "{row:?}");
        assert!(
            row.why
                .as_deref()
                .unwrap()
                .starts_with("The statuses were compared after this happened"),
            "{row:?}"
        );
    }
    assert_eq!(lab.status("Task", &task), "Approved");
    assert_eq!(lab.people.writes().len(), writes);
    // What follows from there is news, and acted on by its own delivery.
    lab.set(&version, "Client Note");
    lab.until("the next is followed", |lab| {
        lab.status("Task", &task) == "Address New Notes"
    })
    .await;
    assert!(lab.came_to(&version, "Client Note", Road::Hook).is_some());
    lab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_while_the_engine_was_off_is_found_at_the_next_start() {
    let lab = Lab::open().await;
    let [version, task, _] = lab.of("SQ010_0040");
    lab.set(&version, "Client Note");
    lab.until("it is followed", |lab| lab.status("Task", &task) == "Address New Notes")
        .await;
    lab.until("all is decided", |lab| {
        lab.rows().iter().all(|row| row.outcome != Outcome::Waiting)
    })
    .await;
    lab.engine.stop().await;
    assert!(lab.people.set_status_as_person("AssetVersion", &version, "Approved"));
    let lab = Lab {
        engine: engine(&lab.practice, lab.data.path()).await,
        ..lab
    };
    lab.until("it is found", |lab| lab.status("Task", &task) == "Approved")
        .await;
    assert_eq!(
        lab.came_to(&version, "Approved", Road::Log).unwrap().old,
        Some(json!(lab.people.status_id("Client Note")))
    );
    lab.close().await;
}

/// What people do on a day, each Shot's in order. The last word on each Version is the same whatever goes wrong.
async fn a_day(day: &str) -> BTreeMap<(String, String), String> {
    let lab = Lab::open().await;
    let control = lab.practice.control();
    let shots = [
        "SQ010_0010",
        "SQ010_0020",
        "SQ010_0030",
        "SQ010_0040",
        "SQ010_0050",
        "SQ010_0060",
    ];
    match day {
        "lost" => control.begin(BadDay::LostDeliveries),
        "twice" => control.begin(BadDay::Duplicates),
        "reordered" => control.begin(BadDay::Reordering),
        "errors" => control.begin(BadDay::Errors),
        "tunnel" => control.begin(BadDay::DeadTunnel),
        _ => {}
    }
    let versions: Vec<[String; 3]> = shots.iter().map(|shot| lab.of(shot)).collect();
    if day == "down" {
        control.set_down(true);
    }
    let words = ["Client Note", "Pending review", "Approved"];
    for (round, _) in words.iter().enumerate() {
        for (place, [version, ..]) in versions.iter().enumerate() {
            lab.set(version, words[(round + place) % words.len()]);
        }
    }
    control.set_down(false);
    if day == "reordered" {
        // Ending the day hands out at once what it holds back, in the right order.
        lab.until("what was held back has arrived", |lab| lab.people.is_all_delivered())
            .await;
    }
    control.end_bad_days();
    let is_done = |lab: &Lab| {
        let at_rest = lab.rows().iter().all(|row| row.outcome != Outcome::Waiting);
        at_rest
            && lab.people.is_all_delivered()
            && versions.iter().all(|[version, task, shot]| {
                let word = lab.status("AssetVersion", version);
                let (_, of_task, of_shot) = FOLLOWS.iter().find(|(of, ..)| *of == word).unwrap();
                lab.status("Task", task) == *of_task && lab.status("Shot", shot) == *of_shot
            })
    };
    lab.until(&format!("a day of kind {day} has ended well"), is_done).await;
    // And it stays so: another comparison finds nothing to put right.
    let ids: Vec<String> = versions.iter().flat_map(|ids| ids.iter().cloned()).collect();
    let all = lab.people.statuses().into_iter();
    let mut end: BTreeMap<(String, String), String> = all.filter(|((_, id), _)| ids.contains(id)).collect();
    // Versions are new each day: they are compared by their Task.
    for [version, task, _] in &versions {
        if let Some(status) = end.remove(&("AssetVersion".to_owned(), version.clone())) {
            end.insert(("AssetVersion of Task".to_owned(), task.clone()), status);
        }
    }
    lab.close().await;
    end
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_day_ends_as_a_good_one() {
    let good = a_day("good").await;
    assert_eq!(good.len(), 18);
    for day in ["lost", "twice", "reordered", "errors", "tunnel", "down"] {
        assert_eq!(a_day(day).await, good, "{day}");
    }
}
