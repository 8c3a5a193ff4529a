//! The client and the decoder against the practice site, which was written from the protocol and shares nothing with them.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use callboard_model::{Entity, EntityKey, EntityRef, EntityType, Event, Operation, Surroundings};
use callboard_practice::{Control, Practice, PracticeArgs};
use callboard_trackers::shotgrid::{ScriptKey, ShotGrid, decode};
use callboard_trackers::{Tracker, TrackerError};
use serde_json::{Value, json};

use crate::site::{Hands, task};

/// A practice site and a client of it.
pub(crate) struct Stage {
    pub(crate) client: ShotGrid,
    pub(crate) control: Control,
    pub(crate) practice: Practice,
}

impl Stage {
    async fn open() -> Self {
        Self::with(PracticeArgs::default()).await
    }

    pub(crate) async fn with(args: PracticeArgs) -> Self {
        let practice = Practice::start(args).await.unwrap();
        let key = ScriptKey {
            name: "practice".into(),
            key: "practice".into(),
        };
        let client = ShotGrid::new(&practice.url(), key, Hands::stopped()).unwrap();
        Self {
            client,
            control: practice.control(),
            practice,
        }
    }

    async fn around(&self, kind: &str, id: i64, needed: &Surroundings) -> HashMap<String, Entity> {
        let found = self.client.around(&EntityKey::new(kind, id), needed).await.unwrap();
        let first = found.first().map(|e| e.key.to_string());
        assert!(first.is_none_or(|first| first == format!("{kind} {id}")), "{found:?}");
        let count = found.len();
        let found: HashMap<String, Entity> = found.into_iter().map(|e| (e.key.to_string(), e)).collect();
        assert_eq!(found.len(), count, "nothing comes twice");
        found
    }

    /// Calls for records so far.
    fn calls(&self) -> u64 {
        let paths = self.control.requests_by_path().into_iter();
        paths
            .filter(|(path, _)| path.contains("/entity/"))
            .map(|(_, count)| count)
            .sum()
    }

    /// Every record of a type whose link leads to an entity.
    fn linked(&self, kind: &str, field: &str, to: (&str, i64)) -> BTreeSet<String> {
        let records = self.control.entities(kind).into_iter();
        let linked = records.filter(|r| r[field]["type"] == to.0 && r[field]["id"] == to.1);
        linked.map(|r| format!("{kind} {}", r["id"])).collect()
    }

    fn task_of(&self, kind: &str, step: &str) -> i64 {
        let tasks = self.control.entities("Task");
        let found = tasks
            .iter()
            .find(|t| t["entity"]["type"] == kind && t["content"] == step);
        found.unwrap()["id"].as_i64().unwrap()
    }
}

fn keys(found: &HashMap<String, Entity>, kind: &str) -> BTreeSet<String> {
    let of_kind = found.values().filter(|e| e.key.kind.is(kind));
    of_kind.map(|e| e.key.to_string()).collect()
}

fn upward() -> Surroundings {
    Surroundings {
        entity: true,
        task: true,
        owner: true,
        ..Surroundings::default()
    }
}

fn to_the_top() -> Surroundings {
    Surroundings {
        above_owner: true,
        ..upward()
    }
}

fn below(pairs: &[(&str, &str)]) -> Surroundings {
    let pairs = pairs.iter().map(|(owner, child)| ((*owner).into(), (*child).into()));
    Surroundings {
        below: pairs.collect(),
        ..Surroundings::default()
    }
}

#[tokio::test]
async fn a_version_its_task_and_what_that_is_for_are_one_call() {
    let stage = Stage::open().await;
    for (kind, step) in [("Shot", "Composite"), ("Asset", "Modeling")] {
        let task = stage.task_of(kind, step);
        let version = stage.control.create_version_as_person(Some(task), "rev");
        let before = stage.calls();
        let found = stage.around("Version", version, &upward()).await;
        assert_eq!(stage.calls() - before, 1, "{kind}");
        let task = &found[&format!("Task {task}")];
        let owner = &found[&task.parent.as_ref().unwrap().key.to_string()];
        assert!(
            owner.key.kind.is(kind) && owner.status.is_some() && owner.name.is_some(),
            "{owner:?}"
        );
        assert_eq!(task.step.as_ref().unwrap().name.as_deref(), Some(step));
        assert_eq!(found.len(), 3);
    }
}

#[tokio::test]
async fn what_is_above_is_read_to_the_top() {
    let stage = Stage::open().await;
    let found = stage.around("Task", 5006, &to_the_top()).await;
    let parents = ["Task 5006", "Shot 1000", "Sequence 200", "Episode 301"];
    assert_eq!(found.len(), parents.len(), "{found:?}");
    for pair in parents.windows(2) {
        let parent = found[pair[0]].parent.as_ref().unwrap();
        assert_eq!(parent.key.to_string(), pair[1]);
    }
    assert_eq!(found["Episode 301"].parent, None);
    assert!(found["Sequence 200"].status.is_some() && found["Episode 301"].status.is_some());
    assert_eq!(found["Task 5006"].step.as_ref().unwrap().order, Some(60));

    let calls = stage.calls();
    let found = stage.around("Shot", 100_000, &to_the_top()).await;
    assert_eq!(keys(&found, "Sequence"), ["Sequence 10000".to_owned()].into());
    assert_eq!(
        (found.len(), stage.calls() - calls),
        (2, 2),
        "the small project has no Episodes"
    );

    let modeling = stage.task_of("Asset", "Modeling");
    let found = stage.around("Task", modeling, &to_the_top()).await;
    assert_eq!(found.len(), 2, "an Asset is the top: {found:?}");
}

#[tokio::test]
async fn a_shots_other_tasks_are_read_and_an_assets_too() {
    let stage = Stage::open().await;
    let needed = Surroundings {
        sibling_tasks: true,
        ..upward()
    };
    let version = stage.control.create_version_as_person(Some(5006), "rev");
    let calls = stage.calls();
    let found = stage.around("Version", version, &needed).await;
    assert_eq!(
        keys(&found, "Task"),
        (5001..=5007).map(|id| format!("Task {id}")).collect()
    );
    assert_eq!(stage.calls() - calls, 2);
    let modeling = stage.task_of("Asset", "Modeling");
    let found = stage.around("Task", modeling, &needed).await;
    assert_eq!(keys(&found, "Task").len(), 2);
    // One that is linked to a Shot and to no Task has a right to the Shot's Tasks as well.
    assert!(
        stage
            .control
            .set_field_as_person("Version", version, "sg_task", Value::Null)
    );
    let found = stage.around("Version", version, &needed).await;
    assert_eq!(keys(&found, "Task").len(), 7);
}

#[tokio::test]
async fn what_is_below_is_read_to_the_bottom_in_one_call_a_level() {
    let stage = Stage::open().await;
    let pairs = [("Sequence", "Shot"), ("Shot", "Task"), ("Task", "Version")];
    let found = stage.around("Sequence", 200, &below(&pairs)).await;
    assert_eq!(stage.calls(), 4);
    let shots = stage.linked("Shot", "sg_sequence", ("Sequence", 200));
    assert_eq!((keys(&found, "Shot"), shots.len()), (shots.clone(), 8));
    let tasks: BTreeSet<String> = (1000..1008)
        .flat_map(|shot| stage.linked("Task", "entity", ("Shot", shot)))
        .collect();
    assert_eq!(keys(&found, "Task"), tasks);
    let all_versions = stage.control.entities("Version").len();
    let versions = keys(&found, "Version");
    assert!(!versions.is_empty() && versions.len() < all_versions);
    let entity = |e: &&Entity| e.key.kind.is("Version") && !tasks.contains(&e.task.as_ref().unwrap().key.to_string());
    assert_eq!(found.values().find(entity), None);
}

#[tokio::test]
async fn links_that_this_site_does_not_have_lead_nowhere() {
    let stage = Stage::open().await;
    // The practice site has neither `Sequence.sg_episode` nor an Episode on its Shots, nor any Reels.
    let pairs = [
        ("Episode", "Sequence"),
        ("Episode", "Shot"),
        ("Episode", "Reel"),
        ("Episode", "Version"),
        ("Sequence", "Shot"),
        ("Sequence", "Asset"),
    ];
    let found = stage.around("Episode", 301, &below(&pairs)).await;
    assert_eq!(
        keys(&found, "Sequence"),
        ["Sequence 200".to_owned(), "Sequence 201".to_owned()].into()
    );
    assert_eq!(keys(&found, "Shot").len(), 16);
    assert_eq!(found.len(), 1 + 2 + 16);
    assert_eq!(
        stage.client.around(&EntityKey::new("Reel", 1), &upward()).await,
        Err(TrackerError::NotFound)
    );
}

#[tokio::test]
async fn all_that_belong_to_the_same_are_read() {
    let stage = Stage::open().await;
    let needed = Surroundings {
        same_kind: ["Shot".into()].into(),
        ..to_the_top()
    };
    let version = stage.control.create_version_as_person(Some(5006), "rev");
    let calls = stage.calls();
    let found = stage.around("Version", version, &needed).await;
    assert_eq!(
        keys(&found, "Shot"),
        stage.linked("Shot", "sg_sequence", ("Sequence", 200))
    );
    assert!(found.contains_key("Episode 301"));
    assert_eq!(
        stage.calls() - calls,
        4,
        "the Version, its Sequence, its Episode, the Shots"
    );
}

#[tokio::test]
async fn dependencies_are_followed_to_their_ends_and_around_a_ring() {
    let stage = Stage::open().await;
    let needed = Surroundings {
        dependencies: true,
        ..Surroundings::default()
    };
    let all: BTreeSet<String> = (5001..=5007).map(|id| format!("Task {id}")).collect();
    let found = stage.around("Task", 5004, &needed).await;
    assert_eq!(
        keys(&found, "Task"),
        all,
        "what waits for Paint waits for all the others too"
    );
    let upstream: BTreeSet<String> = found["Task 5006"].upstream.iter().map(|l| l.key.to_string()).collect();
    assert_eq!(upstream, [5003, 5004, 5005].map(|id| format!("Task {id}")).into());

    let link = |id: i64| json!({"type": "Task", "id": id});
    assert!(
        stage
            .control
            .set_field_as_person("Task", 5001, "upstream_tasks", json!([link(5007)]))
    );
    let found = stage.around("Task", 5004, &needed).await;
    assert_eq!(keys(&found, "Task"), all);
    assert!(
        stage
            .control
            .set_field_as_person("Task", 5001, "upstream_tasks", json!([link(5001)]))
    );
    let version = stage.control.create_version_as_person(Some(5001), "rev");
    let needed = Surroundings { task: true, ..needed };
    let found = stage.around("Version", version, &needed).await;
    assert_eq!(keys(&found, "Task"), all);
}

#[tokio::test]
async fn what_else_waits_for_the_same_task_is_none_of_our_business() {
    let stage = Stage::open().await;
    let modeling = stage.task_of("Asset", "Modeling");
    let upstream: Vec<Value> = [5003, 5004, 5005, modeling]
        .map(|id| json!({"type": "Task", "id": id}))
        .to_vec();
    assert!(
        stage
            .control
            .set_field_as_person("Task", 5006, "upstream_tasks", json!(upstream))
    );
    let needed = Surroundings {
        dependencies: true,
        sibling_tasks: true,
        ..upward()
    };
    let found = stage.around("Task", 5004, &needed).await;
    let mut expected: BTreeSet<String> = (5001..=5007).map(|id| format!("Task {id}")).collect();
    expected.insert(format!("Task {modeling}"));
    assert_eq!(keys(&found, "Task"), expected);
    assert_eq!(keys(&found, "Asset"), BTreeSet::new());
    let found = stage.around("Task", modeling, &needed).await;
    let lookdev = stage.task_of("Asset", "Lookdev");
    for key in [format!("Task {lookdev}"), "Task 5006".into(), "Shot 1000".into()] {
        assert!(found.contains_key(&key), "{key} follows from Modeling");
    }
}

#[tokio::test]
async fn the_fields_that_rules_ask_about_are_kept_by_their_names() {
    let stage = Stage::open().await;
    let modeling = stage.task_of("Asset", "Modeling");
    let version = stage.control.create_version_as_person(Some(modeling), "rev");
    let mut needed = upward();
    let ask = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
    needed.fields = [
        (
            EntityType::from("Task"),
            ask(&[
                "entity.Asset.sg_asset_type",
                "due_date",
                "sg_description",
                "task_assignees",
            ]),
        ),
        (EntityType::from("Asset"), ask(&["sg_asset_type"])),
        (EntityType::from("Version"), ask(&["user", "sg_nowhere"])),
    ]
    .into();
    let calls = stage.calls();
    let found = stage.around("Version", version, &needed).await;
    assert_eq!(stage.calls() - calls, 1);
    let task = &found[&format!("Task {modeling}")].fields;
    assert_eq!(task["entity.Asset.sg_asset_type"], "Vehicle");
    assert!(task["due_date"].as_str().unwrap().starts_with("2026-12-"));
    assert_eq!(task["sg_description"], Value::Null, "asked, and empty");
    assert!(task["task_assignees"][0]["name"].is_string());
    assert_eq!(found["Asset 1400"].fields["sg_asset_type"], "Vehicle");
    let version = &found[&format!("Version {version}")].fields;
    assert_eq!(version["user"]["name"], "Amara Okafor");
    assert!(!version.contains_key("sg_nowhere"), "the site has no such field");

    let found = stage.around("Task", modeling, &needed).await;
    assert_eq!(found[&format!("Task {modeling}")].fields, *task);
}

#[tokio::test]
async fn what_is_in_the_trash_can_still_be_read_with_what_hung_on_it() {
    let stage = Stage::open().await;
    let version = stage.control.create_version_as_person(Some(5006), "rev");
    let alive = stage.around("Version", version, &upward()).await;
    assert!(stage.control.retire_as_person("Version", version));
    let trashed = stage.around("Version", version, &upward()).await;
    assert_eq!(trashed, alive);

    assert!(stage.control.retire_as_person("Task", 5006));
    let version = stage.around("Version", version, &upward()).await;
    assert_eq!(
        keys(&version, "Task"),
        BTreeSet::new(),
        "of what is around it nothing comes from the trash"
    );
    let needed = Surroundings {
        dependencies: true,
        ..below(&[("Task", "Version")])
    };
    let found = stage.around("Task", 5006, &needed).await;
    let composite = EntityRef::new("Task", 5006).key;
    assert!(found["Task 5007"].upstream.iter().any(|link| link.key == composite));
    assert!(found["Task 5006"].status.is_some());

    assert!(stage.control.retire_as_person("Shot", 1000));
    let found = stage.around("Shot", 1000, &below(&[("Shot", "Task")])).await;
    assert_eq!(keys(&found, "Task").len(), 6);
    assert_eq!(found["Task 5001"].parent, Some(EntityRef::new("Shot", 1000)));

    assert!(stage.control.revive_as_person("Shot", 1000));
    let calls = stage.calls();
    assert_eq!(stage.around("Shot", 1000, &upward()).await.len(), 1);
    assert_eq!(
        stage.calls() - calls,
        1,
        "the trash is looked into only when nothing else is found"
    );
    assert!(stage.around("Shot", 999_999, &upward()).await.is_empty());
}

#[tokio::test]
async fn a_note_is_read_with_what_it_is_about() {
    let stage = Stage::open().await;
    let version = stage.control.create_version_as_person(Some(5006), "rev");
    let about = [("Version", version), ("Shot", 1000), ("Task", 5006)];
    let id = stage
        .control
        .create_note_as_person(&about, "From the client", "This is final.");
    let key = EntityKey::new("Note", id);
    let note = stage.client.note(&key).await.unwrap().unwrap();
    assert_eq!(note.text, "From the client\nThis is final.");
    let keys: Vec<String> = note.about.iter().map(|e| e.key.to_string()).collect();
    assert_eq!(
        keys,
        [format!("Version {version}"), "Shot 1000".into(), "Task 5006".into()]
    );
    assert_eq!(note.about[1].name.as_deref(), Some("SQ010_0010"));
    assert_eq!(stage.client.note(&task(5006)).await, Ok(None));
    assert!(stage.control.retire_as_person("Note", id));
    assert_eq!(stage.client.note(&key).await, Ok(None));
}

#[tokio::test]
async fn entities_are_found_by_name_exactly_first_and_then_in_any_capitals() {
    let stage = Stage::open().await;
    let shots = EntityType::from("Shot");
    let names = [
        "SQ010_0010",
        "sq010_0020",
        " SQ010_0030 ",
        "SQ010",
        "nowhere",
        "",
        "SQ010_0010",
    ]
    .map(str::to_owned);
    let found = stage.client.find(&shots, &names, None).await.unwrap();
    let ids: Vec<(&str, Vec<String>)> = found
        .iter()
        .map(|(name, refs)| (name.as_str(), refs.iter().map(|r| r.key.id.to_string()).collect()))
        .collect();
    let expected: [(&str, &[&str]); 7] = [
        ("SQ010_0010", &["1000"]),
        ("sq010_0020", &["1001"]),
        (" SQ010_0030 ", &["1002"]),
        ("SQ010", &[]),
        ("nowhere", &[]),
        ("", &[]),
        ("SQ010_0010", &["1000"]),
    ];
    assert_eq!(
        ids,
        expected.map(|(name, ids)| (name, ids.iter().map(ToString::to_string).collect()))
    );
    assert_eq!(
        found[1].1[0].name.as_deref(),
        Some("SQ010_0020"),
        "as the site spells it"
    );

    // A name that is there in both ways means the one that is spelled so.
    assert!(
        stage
            .control
            .set_field_as_person("Shot", 1005, "code", json!("sq010_0010"))
    );
    let found = stage.client.find(&shots, &names[..2], None).await.unwrap();
    assert_eq!(found[0].1, [EntityRef::new("Shot", 1000).named("SQ010_0010")]);

    let tasks = EntityType::from("Task");
    let composite = ["composite".to_owned()];
    let project = EntityKey::new("Project", 123);
    let all = stage.client.find(&tasks, &composite, None).await.unwrap();
    let of_project = stage.client.find(&tasks, &composite, Some(&project)).await.unwrap();
    assert_eq!((all[0].1.len(), of_project[0].1.len()), (27, 3));
    let calls = stage.calls();
    assert!(stage.client.find(&tasks, &[], None).await.unwrap().is_empty());
    assert_eq!(stage.calls(), calls);
}

#[tokio::test]
async fn entities_are_found_by_what_a_field_of_them_holds() {
    let stage = Stage::open().await;
    let shots = EntityType::from("Shot");
    let control = &stage.control;
    assert!(control.set_field_as_person("Shot", 1000, "sg_client_state", json!("SKU-7")));
    assert!(control.set_field_as_person("Shot", 1001, "sg_client_state", json!("7")));
    for shot in [1002, 1003] {
        assert!(control.set_field_as_person("Shot", shot, "sg_cut_in", json!(20_071)));
    }
    let found = async |field: &str, text: &str| {
        let mut found = stage.client.find_by(&shots, field, text).await?;
        found.sort_by(|one, other| one.key.cmp(&other.key));
        Ok::<_, TrackerError>(found)
    };
    assert_eq!(
        found("sg_client_state", "SKU-7").await.unwrap(),
        [EntityRef::new("Shot", 1000).named("SQ010_0010")]
    );
    assert_eq!(
        found("sg_client_state", "7").await.unwrap().len(),
        1,
        "text that is a number is text there"
    );
    let by_number: Vec<EntityKey> = found("sg_cut_in", "20071")
        .await
        .unwrap()
        .into_iter()
        .map(|e| e.key)
        .collect();
    assert_eq!(by_number, [1002, 1003].map(|id| EntityKey::new("Shot", id)));
    assert!(found("sg_client_state", "SKU-8").await.unwrap().is_empty());
    assert!(control.retire_as_person("Shot", 1000));
    assert!(
        found("sg_client_state", "SKU-7").await.unwrap().is_empty(),
        "what is in the trash is none"
    );
    assert!(matches!(
        found("sg_no_such_field", "x").await,
        Err(TrackerError::Refused(_))
    ));
}

#[tokio::test]
async fn projects_are_those_being_worked_on() {
    let stage = Stage::open().await;
    let both = [
        EntityRef::new("Project", 122).named("Northlight"),
        EntityRef::new("Project", 123).named("Paper Lantern"),
    ];
    assert_eq!(stage.client.projects().await.unwrap(), both);
    assert!(
        stage
            .control
            .set_field_as_person("Project", 123, "archived", json!(true))
    );
    assert_eq!(stage.client.projects().await.unwrap(), both[..1]);
    let mut all = stage.client.all_projects().await.unwrap();
    all.sort_by(|one, other| one.project.name.cmp(&other.project.name));
    let told: Vec<(&EntityRef, bool)> = all.iter().map(|listed| (&listed.project, listed.archived)).collect();
    assert_eq!(told, [(&both[0], false), (&both[1], true)]);
}

#[tokio::test]
async fn each_project_hides_what_it_hides() {
    let stage = Stage::open().await;
    let hidden = async |kind: &str, project: i64| {
        let project = EntityKey::new("Project", project);
        let codes = stage.client.hidden(&kind.into(), &project).await.unwrap();
        codes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(hidden("Task", 122).await, [""; 0]);
    assert_eq!(hidden("Task", 123).await, ["ofr", "reqapv"]);
    assert_eq!(hidden("Version", 123).await, ["pdrr", "sndv0"]);
    let of_all = stage.client.status_list(&"Sequence".into()).await.unwrap();
    assert!(
        of_all
            .iter()
            .any(|status| status.code.as_str() == "ip" && !status.hidden)
    );
}

/// The events of everything that was sent, once there are so many.
async fn sent(stage: &Stage, count: usize) -> Vec<Event> {
    let waiting = async {
        while stage.control.deliveries().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap();
    let decoded = |body: String| decode(&"northlight".into(), &"status".into(), body.as_bytes());
    let deliveries = stage.control.deliveries().into_iter();
    deliveries.flat_map(|delivery| decoded(delivery.request_body)).collect()
}

#[tokio::test]
async fn the_life_of_any_entity_is_decoded_from_what_a_site_sends() {
    // Nobody is there to answer; what was sent is known all the same.
    let stage = Stage::with(PracticeArgs {
        hook: vec!["http://127.0.0.1:9/hooks/status".into()],
        ..PracticeArgs::default()
    })
    .await;
    let entities = [
        ("Asset", 1400),
        ("Sequence", 200),
        ("Episode", 301),
        ("Shot", 1000),
        ("Task", 5006),
    ];
    for (kind, id) in entities {
        assert!(
            stage.control.set_status_as_person(kind, id, "omt") || stage.control.set_status_as_person(kind, id, "wtg")
        );
        assert!(stage.control.retire_as_person(kind, id));
        assert!(stage.control.revive_as_person(kind, id));
    }
    let note = stage.control.create_note_as_person(&[("Asset", 1400)], "", "nice");
    let events = sent(&stage, entities.len() * 3 + 1).await;
    for (kind, id) in entities {
        let of_entity: Vec<&Event> = events
            .iter()
            .filter(|e| e.entity.as_ref().is_some_and(|one| one.key == EntityKey::new(kind, id)))
            .collect();
        let lived: BTreeSet<(String, String)> = of_entity
            .iter()
            .map(|e| (e.event_type.clone(), format!("{:?}", e.operation)))
            .collect();
        let expected = [("Change", "Update"), ("Retirement", "Delete"), ("Revival", "Revive")];
        let expected = expected.map(|(event, operation)| (format!("Shotgun_{kind}_{event}"), operation.to_owned()));
        assert_eq!(lived, expected.into());
        assert!(of_entity.iter().any(|e| e.new_status("sg_status_list").is_some()));
    }
    let made = events.iter().find(|e| e.event_type == "Shotgun_Note_New").unwrap();
    assert_eq!(made.operation, Operation::Create);
    assert_eq!(made.entity.as_ref().unwrap().key, EntityKey::new("Note", note));
    assert_eq!((&made.note, &made.received), (&None, &None), "a note has to be read");
    stage.practice.stop().await;
}

#[tokio::test]
async fn a_field_is_set_in_its_type_and_told_as_an_event_like_a_status() {
    let stage = Stage::with(PracticeArgs {
        generate_event_log_entries: true,
        ..PracticeArgs::default()
    })
    .await;
    let task = task(stage.task_of("Shot", "Composite"));
    for (field, to, told) in [
        ("sg_client_state", Some("sent"), json!("sent")),
        ("sg_sort_order", Some("70"), json!(70)),
        ("sg_bid_days", Some("7"), json!(7.0)),
        ("pinned", Some("true"), json!(true)),
        ("sg_client_state", None, Value::Null),
    ] {
        stage.client.set_field(&task, field, to, None).await.unwrap();
        let held = stage.client.values(std::slice::from_ref(&task), field).await.unwrap();
        assert_eq!(held[&task], told, "{field}");
        let newest = stage.control.event_log().pop().unwrap();
        assert_eq!(
            (&newest["attribute_name"], &newest["meta"]["new_value"]),
            (&json!(field), &told)
        );
    }
    for (field, why) in [
        ("entity", "links"),
        ("task_assignees", "links"),
        ("sg_status_list", "status"),
        ("sg_nosuch", "no such field"),
        ("due_date", "refused"),
    ] {
        let refused = stage
            .client
            .set_field(&task, field, Some("x"), None)
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains(why), "{field}: {refused}");
    }
}
