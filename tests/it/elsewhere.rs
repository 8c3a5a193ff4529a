//! Two sites at once: what is done on the one is set on the other, once, and what cannot be found there is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use callboard_engine::api::{Ask, Trial};
use callboard_engine::{Engine, EngineOptions, HookSettings, KeepIn, Secret, Settings, SiteSettings, WriteMode};
use callboard_journal::{CarryState, CarryView, FeedFilter, FeedRow, Outcome, Reader};
use callboard_model::{AlertKind, Place, Road, Skip, SystemClock};
use callboard_practice::{Control, Practice, PracticeArgs};
use callboard_rules::{ARRIVAL, RuleSet};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stage::{SECRET, all_confirmed, changes, story};

/// Longer than anything here takes on a busy machine. Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(45);
/// The Shot that has every step.
const SHOT: i64 = 1000;

/// A Task of `stills` that is approved approves the Task of `show` with the same key, unless that is on hold, and its Shot with it.
fn rules(more: &[Value]) -> RuleSet {
    let of = |codes: &[&str]| -> Vec<Value> { codes.iter().map(|c| json!({ "code": c, "name": c })).collect() };
    let mut rules = vec![
        json!({
            "id": "over", "name": "Approved there too",
            "when": { "site": "stills", "entity": "Task", "becomes": ["apv"] }, "if": { "target_is_not": ["hld"] },
            "then": {
                "set": { "elsewhere": {
                    "site": "show", "type": "Task", "find_by": "sg_client_state", "key": "sg_description",
                } },
                "to": ["apv"],
            },
        }),
        json!({
            "id": "up", "name": "Task approved", "when": { "site": "show", "entity": "Task", "becomes": ["apv"] },
            "then": { "set": "shot", "to": ["apv"] },
        }),
    ];
    rules.extend(more.iter().cloned());
    let text = json!({
        "callboard": 1, "name": "Test", "rules": rules,
        "statuses": {
            "version": of(&["rev"]), "task": of(&["hld", "ip", "rev", "apv"]), "shot": of(&["hld", "actv", "rev", "apv"]),
        },
    });
    RuleSet::parse(text.to_string().as_bytes()).expect("a rule set")
}

struct Two {
    practices: Vec<Practice>,
    stills: Control,
    show: Control,
    engine: Engine,
    reader: Reader,
    data: TempDir,
    rules: RuleSet,
    write: WriteMode,
    /// The Task of `stills` that moves, and the one of `show` with the same key.
    task: i64,
    there: i64,
}

fn composite(site: &Control) -> i64 {
    let is = |t: &Value| t["entity"]["id"] == SHOT && t["step"]["name"] == "Composite";
    let tasks = site.entities("Task");
    tasks.iter().find(|t| is(t)).and_then(|t| t["id"].as_i64()).unwrap()
}

async fn engine(practices: &[Practice], rules: &RuleSet, write: WriteMode, data: &TempDir) -> Engine {
    let names = ["stills", "show"];
    let site = |(practice, name): (&Practice, &str)| SiteSettings {
        write: if name == "show" { write } else { WriteMode::Act },
        event_log: false,
        practice: true,
        ..SiteSettings::shotgrid(name, &practice.url(), "practice", Secret::Plain("practice".into()))
    };
    let hook = |name: &str| HookSettings::signed(name, name, Secret::Plain(SECRET.into()));
    let settings = Settings {
        sites: practices.iter().zip(names).map(site).collect(),
        hooks: names.map(hook).into_iter().collect(),
        ..Settings::default()
    };
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let engine = Engine::start(EngineOptions {
        data: data.path().to_owned(),
        listen: anywhere,
        api: None,
        settings,
        settings_file: None,
        secrets: KeepIn::Memory,
        rules: Some(rules.clone()),
        author: "a test".into(),
        clock: Arc::new(SystemClock),
        practice: None,
    })
    .await
    .unwrap();
    for (practice, name) in practices.iter().zip(names) {
        let url = format!("{}/hooks/{name}", engine.receiver_url());
        practice.control().retarget_hook(0, &url);
    }
    engine
}

impl Two {
    async fn open(rules: RuleSet, write: WriteMode) -> Self {
        let data = TempDir::new().unwrap();
        let mut practices = Vec::new();
        for seed in [1, 2] {
            let args = PracticeArgs {
                seed,
                hook: vec!["http://127.0.0.1:9/hooks/none".into()],
                secret: Some(SECRET.into()),
                generate_event_log_entries: true,
                ..PracticeArgs::default()
            };
            practices.push(Practice::start(args).await.unwrap());
        }
        let controls: Vec<Control> = practices.iter().map(Practice::control).collect();
        let [stills, show] = <[Control; 2]>::try_from(controls).ok().unwrap();
        let (task, there) = (composite(&stills), composite(&show));
        let engine = engine(&practices, &rules, write, &data).await;
        let reader = Reader::open(data.path()).unwrap();
        let two = Self {
            practices,
            stills,
            show,
            engine,
            reader,
            data,
            rules,
            write,
            task,
            there,
        };
        let (stills, show) = (&two.stills, &two.show);
        assert!(stills.set_field_as_person("Task", task, "sg_description", json!("SKU-7")));
        assert!(show.set_field_as_person("Task", there, "sg_client_state", json!("SKU-7")));
        for (site, task) in [(stills, task), (show, there)] {
            site.set_status_as_person("Shot", SHOT, "hld");
            site.set_status_as_person("Task", task, "hld");
            site.set_status_as_person("Task", task, "ip");
        }
        two.quiet().await;
        two
    }

    /// The engine ends, something happens, and the engine starts again.
    async fn again_after(self, meanwhile: impl FnOnce(&Control)) -> Self {
        self.engine.stop().await;
        meanwhile(&self.show);
        let engine = engine(&self.practices, &self.rules, self.write, &self.data).await;
        let reader = Reader::open(self.data.path()).unwrap();
        Self { engine, reader, ..self }
    }

    async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let begun = tokio::time::Instant::now();
        while !condition(self) {
            assert!(
                begun.elapsed() < DEADLINE,
                "waited in vain until {what}. The feed: {:#?}",
                self.rows()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn rows(&self) -> Vec<FeedRow> {
        self.reader.rows_after(0, 100_000, &FeedFilter::default()).unwrap()
    }

    /// Approves the Task of `stills`, and waits until it is settled what is handed over.
    async fn approve(&self) -> (FeedRow, CarryView) {
        let before = self.origin().map(|row| row.seq);
        self.stills.set_status_as_person("Task", self.task, "apv");
        self.until("it is handed over, or cannot be", |two| {
            two.origin().map(|row| row.seq) > before
                && two.carry().is_some_and(|carry| carry.state != CarryState::Planned)
        })
        .await;
        self.quiet().await;
        (self.origin().unwrap(), self.carry().unwrap())
    }

    /// The newest event of `stills` that hands something over.
    fn origin(&self) -> Option<FeedRow> {
        let carries = |row: &FeedRow| row.cascade.as_ref().is_some_and(|c| !c.carried.is_empty());
        let rows = self.rows().into_iter().rev();
        rows.filter(|row| row.site.as_str() == "stills").find(carries)
    }

    fn carry(&self) -> Option<CarryView> {
        self.origin()?.cascade?.carried.into_iter().next()
    }

    /// What arrived on a site.
    fn arrived(&self, site: &str) -> Vec<FeedRow> {
        let is = |row: &FeedRow| row.site.as_str() == site && row.event_type == ARRIVAL;
        self.rows().into_iter().filter(is).collect()
    }

    async fn quiet(&self) {
        self.until("everything is delivered and settled", |two| {
            two.stills.is_all_delivered()
                && two.show.is_all_delivered()
                && two.rows().iter().all(|r| r.outcome != Outcome::Waiting)
        })
        .await;
    }

    /// What our script wrote on `show`.
    fn written(&self) -> Vec<String> {
        let ours = self.show.writes().into_iter().filter(|w| w.user_type == "ApiUser");
        ours.map(|w| format!("{} {}", w.kind, w.value.as_str().unwrap_or_default()))
            .collect()
    }

    async fn ask(&self, question: Value) -> Value {
        let question: Ask = serde_json::from_value(question).unwrap();
        self.engine.ask(question).await.unwrap()
    }

    /// The issue that tells of what could not be handed over.
    fn issue(&self) -> Option<callboard_journal::Issue> {
        let issues = self.reader.issues().unwrap();
        issues.into_iter().find(|issue| issue.key == "elsewhere:over:show")
    }

    async fn close(self) {
        self.engine.stop().await;
        for practice in self.practices {
            practice.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_done_on_one_site_sets_the_task_of_the_same_key_on_the_other() {
    let two = Two::open(rules(&[]), WriteMode::Act).await;
    let (origin, carry) = two.approve().await;
    assert_eq!(carry.state, CarryState::Carried, "{:?}", carry.reason);
    assert_eq!((carry.key.as_deref(), carry.site.as_str()), (Some("SKU-7"), "show"));
    let found = carry.found.expect("it was found");
    assert_eq!(found.key.id.as_number(), Some(two.there));
    assert!(found.name.is_some(), "it is shown by name");
    assert_eq!(origin.outcome, Outcome::Changed, "something came of it");

    let [arrived] = two.arrived("show").try_into().unwrap();
    assert_eq!(Some(arrived.seq), carry.event, "the one leads to the other");
    assert_eq!(story(&arrived), ["Task ip>apv confirmed", "Shot hld>apv confirmed"]);
    assert_eq!((arrived.road, arrived.outcome), (Road::Hand, Outcome::Changed));
    let by_hand = arrived.by_hand.clone().unwrap();
    assert_eq!(
        by_hand.source,
        format!("rule \"Approved there too\", from event {} of stills", origin.seq)
    );
    let who = |row: &FeedRow| row.actor.as_ref().and_then(|a| a.entity.name.clone());
    assert!(
        who(&origin).is_some() && who(&arrived) == who(&origin),
        "whoever did it is named there too"
    );
    assert_eq!(two.written(), ["Task apv", "Shot apv"]);
    assert_eq!(two.show.status("Task", two.there).as_deref(), Some("apv"));
    assert_eq!(
        two.stills.writes().iter().filter(|w| w.user_type == "ApiUser").count(),
        0
    );

    // The same event seen again hands over nothing.
    let delivery = two.stills.deliveries().into_iter().next_back().unwrap();
    assert!(two.stills.redeliver(&delivery.id));
    two.until("it is seen again", |two| {
        two.rows().iter().any(|row| row.seen_again > 0)
    })
    .await;
    two.quiet().await;
    assert_eq!(two.arrived("show").len(), 1);
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_over_to_a_site_that_is_down_arrives_once_when_both_are_back() {
    let two = Two::open(rules(&[]), WriteMode::Act).await;
    two.show.set_down(true);
    two.stills.set_status_as_person("Task", two.task, "apv");
    two.until("it says what it waits for", |two| {
        two.carry().is_some_and(|c| c.reason.is_some())
    })
    .await;
    let carry = two.carry().unwrap();
    assert_eq!(carry.state, CarryState::Planned);
    assert!(carry.reason.unwrap().contains("trying again"));
    // The site where it happened waits for nobody.
    two.stills.set_status_as_person("Task", two.task, "rev");
    two.until("the next event is done with", |two| {
        let is = |r: &FeedRow| r.new == Some("rev".into()) && r.outcome != Outcome::Waiting;
        two.rows().iter().any(is)
    })
    .await;
    let two = two.again_after(|show| show.set_down(false)).await;
    two.until("it arrives after the restart", |two| two.arrived("show").len() == 1)
        .await;
    two.quiet().await;
    let two = two.again_after(|_| {}).await;
    two.quiet().await;
    assert_eq!(two.arrived("show").len(), 1);
    assert_eq!(two.written(), ["Task apv", "Shot apv"]);
    assert_eq!(two.carry().unwrap().state, CarryState::Carried);
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_before_the_other_site_is_there_is_not_handed_over() {
    let follows = [
        json!({
            "id": "still", "name": "Task in review", "when": { "site": "stills", "entity": "Task", "becomes": ["rev"] },
            "then": { "set": "shot", "to": ["rev"] },
        }),
        json!({
            "id": "shot", "name": "Shot there too", "when": { "site": "stills", "entity": "Shot", "becomes": ["rev"] },
            "then": { "set": { "elsewhere": { "site": "show", "type": "Shot" } }, "to": ["rev"] },
        }),
    ];
    let two = Two::open(rules(&follows), WriteMode::Act).await;
    two.show.set_down(true);
    two.stills.set_status_as_person("Task", two.task, "rev");
    two.until("it waits for the other site", |two| {
        two.carry().is_some_and(|carry| carry.reason.is_some())
    })
    .await;
    let origin = two.origin().unwrap();
    let [to_shot] = changes(&origin) else {
        panic!("{:?}", story(&origin))
    };
    assert_eq!(
        two.carry().unwrap().parent,
        Some(to_shot.id),
        "it hangs beneath the Shot"
    );
    two.ask(json!({ "ask": "undo", "change": to_shot.id, "by": "Grace" }))
        .await;
    two.until("the Shot is set back", |two| {
        two.stills.status("Shot", SHOT).as_deref() == Some("hld")
    })
    .await;
    two.show.set_down(false);
    two.until("it is over", |two| {
        two.carry().is_some_and(|carry| carry.state != CarryState::Planned)
    })
    .await;
    let carry = two.carry().unwrap();
    assert_eq!(
        (carry.state, carry.reason.as_deref()),
        (CarryState::Skipped, Some("What it follows from was not written"))
    );
    two.quiet().await;
    assert!(two.arrived("show").is_empty() && two.written().is_empty());
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_none_or_several_are_found_nothing_is_set_and_somebody_is_told() {
    let two = Two::open(rules(&[]), WriteMode::Act).await;
    let mut alerts = two.engine.alerts();
    two.show
        .set_field_as_person("Task", two.there, "sg_client_state", json!("SKU-8"));
    let (origin, carry) = two.approve().await;
    assert_eq!(carry.state, CarryState::Failed);
    let why = carry.reason.unwrap();
    assert_eq!(why, "There is no Task on show whose sg_client_state is SKU-7");
    assert_eq!(origin.outcome, Outcome::Failed);
    let issue = two.issue().expect("it is an issue");
    assert_eq!(issue.title, "Rule \"Approved there too\" found nothing to set on show");
    assert!(issue.remedy.starts_with(&why), "{}", issue.remedy);
    assert_eq!(
        (issue.kind, issue.place),
        (AlertKind::WriteGivenUp, Some(Place::Event { seq: origin.seq }))
    );
    let told = async { while alerts.recv().await.unwrap().title != issue.title {} };
    tokio::time::timeout(DEADLINE, told).await.expect("somebody is told");

    // Two of the same key: nobody can say which is meant.
    let other = two
        .show
        .entities("Task")
        .iter()
        .filter_map(|t| t["id"].as_i64())
        .find(|id| *id != two.there);
    for task in [two.there, other.unwrap()] {
        two.show
            .set_field_as_person("Task", task, "sg_client_state", json!("SKU-7"));
    }
    two.stills.set_status_as_person("Task", two.task, "rev");
    two.quiet().await;
    let (again, carry) = two.approve().await;
    assert!(again.seq > origin.seq);
    assert_eq!(
        carry.reason.as_deref(),
        Some("There are several Tasks on show whose sg_client_state is SKU-7, and nobody can say which is meant")
    );
    // Without a key nothing is looked for.
    two.stills
        .set_field_as_person("Task", two.task, "sg_description", Value::Null);
    two.stills.set_status_as_person("Task", two.task, "rev");
    two.quiet().await;
    let (_, carry) = two.approve().await;
    assert!(
        carry
            .reason
            .unwrap()
            .ends_with("has no sg_description, so nothing can be found by it")
    );
    assert_eq!(two.written(), [""; 0]);
    assert!(two.arrived("show").is_empty());

    // Put right and replayed, it arrives.
    two.stills
        .set_field_as_person("Task", two.task, "sg_description", json!("SKU-7"));
    two.show
        .set_field_as_person("Task", other.unwrap(), "sg_client_state", json!(""));
    two.quiet().await;
    let last = two.origin().unwrap();
    two.ask(json!({ "ask": "replay", "seq": last.seq, "by": "Ada" })).await;
    two.until("it arrives", |two| two.arrived("show").len() == 1).await;
    two.quiet().await;
    assert_eq!(two.written(), ["Task apv", "Shot apv"]);
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guards_modes_and_the_pause_of_the_other_site_hold_there() {
    let two = Two::open(rules(&[]), WriteMode::Watch).await;
    two.approve().await;
    let [arrived] = two.arrived("show").try_into().unwrap();
    assert_eq!(changes(&arrived)[0].skip, Some(Skip::NotAllowed));
    assert!(changes(&arrived)[0].reason.as_deref().unwrap().contains("watch only"));
    assert_eq!(two.written(), [""; 0]);
    two.close().await;

    let two = Two::open(rules(&[]), WriteMode::Act).await;
    two.show.set_status_as_person("Task", two.there, "hld");
    let (_, carry) = two.approve().await;
    assert_eq!(carry.state, CarryState::Carried);
    let [arrived] = two.arrived("show").try_into().unwrap();
    assert_eq!(
        (arrived.outcome, story(&arrived).len()),
        (Outcome::Nothing, 0),
        "it is on hold there"
    );

    two.show.set_status_as_person("Task", two.there, "ip");
    two.stills.set_status_as_person("Task", two.task, "rev");
    two.quiet().await;
    two.ask(json!({ "ask": "pause", "by": "Ada" })).await;
    two.approve().await;
    let held = two.arrived("show").pop().unwrap();
    assert_eq!(changes(&held)[0].skip, Some(Skip::Paused));
    two.ask(json!({ "ask": "resume", "write_held": true })).await;
    two.until("what was held is written", |two| {
        two.arrived("show").pop().is_some_and(|row| all_confirmed(&row))
    })
    .await;
    assert_eq!(two.written(), ["Task apv", "Shot apv"]);
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_there_is_undone_there_and_nothing_goes_back_to_where_it_came_from() {
    let back = json!({
        "id": "back", "name": "And back", "when": { "site": "show", "entity": "Shot", "becomes": ["apv"] },
        "then": { "set": { "elsewhere": { "site": "stills", "type": "Shot" } }, "to": ["rev"] },
    });
    let two = Two::open(rules(&[back]), WriteMode::Act).await;
    two.approve().await;
    two.until("the way back is decided", |two| {
        let carried = |row: FeedRow| Some(row.cascade?.carried.first()?.state != CarryState::Planned);
        two.arrived("show").pop().and_then(carried) == Some(true)
    })
    .await;
    let arrived = two.arrived("show").pop().unwrap();
    let way_back = arrived.cascade.as_ref().unwrap().carried.first().unwrap();
    assert_eq!(way_back.state, CarryState::Skipped);
    assert!(
        way_back.reason.as_deref().unwrap().contains("nothing is carried back"),
        "{:?}",
        way_back.reason
    );
    assert_eq!(
        way_back.parent,
        Some(changes(&arrived)[1].id),
        "it hangs beneath the Shot"
    );
    assert!(two.arrived("stills").is_empty());

    let to_task = &changes(&arrived)[0];
    two.ask(json!({ "ask": "undo", "change": to_task.id, "by": "Grace" }))
        .await;
    two.until("it is set back", |two| {
        two.show.status("Task", two.there).as_deref() == Some("ip")
    })
    .await;
    two.quiet().await;
    assert_eq!(
        two.stills.status("Task", two.task).as_deref(),
        Some("apv"),
        "where it came from it stays"
    );
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trying_it_tells_what_would_be_handed_over() {
    let two = Two::open(rules(&[]), WriteMode::Act).await;
    two.approve().await;
    let tried = two
        .ask(json!({
            "ask": "try", "which": "live",
            "event": { "made_up": { "site": "stills", "entity": { "type": "Task", "id": two.task }, "moment": "updated", "to": "apv" } },
        }))
        .await;
    let trial: Trial = serde_json::from_value(tried).unwrap();
    assert!(trial.changes.is_empty());
    let [carried] = trial.carried.try_into().unwrap();
    assert_eq!(carried.rule_name, "Approved there too");
    assert_eq!(carried.carried.key.as_deref(), Some("SKU-7"));
    two.close().await;
}
