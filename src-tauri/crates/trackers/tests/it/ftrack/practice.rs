//! The client and the decoder against the practice workspace, which was written from the protocol and shares nothing with them.

use std::collections::BTreeSet;
use std::sync::Arc;

use callboard_model::{Entity, EntityType, Lifecycle, StatusCode, Subscription, Surroundings, SystemClock};
use callboard_practice::{FtrackControl, Practice, PracticeArgs};
use callboard_trackers::ftrack::{Ftrack, UserKey, decode};
use callboard_trackers::{Tracker, TrackerError, Webhooks};
use serde_json::{Value, json};

use super::site::key;
use super::triggers::draft;

const SHOT: &str = "SQ010_0010";

struct Stage {
    client: Ftrack,
    people: FtrackControl,
    practice: Practice,
}

impl Stage {
    async fn open() -> Self {
        let practice = Practice::start(PracticeArgs::default()).await.unwrap();
        let ready = practice.ready_line();
        let of = |name: &str| ready["ftrack"][name].as_str().unwrap().to_owned();
        let who = UserKey {
            user: of("user"),
            key: of("api_key"),
        };
        Self {
            client: Ftrack::new(&of("url"), who, Arc::new(SystemClock)).unwrap(),
            people: practice.control().ftrack(),
            practice,
        }
    }

    fn entity(&self, kind: &str, is: impl Fn(&Value) -> bool) -> Value {
        self.people.entities(kind).into_iter().find(is).expect("there is one")
    }

    fn shot(&self) -> Value {
        self.entity("Shot", |shot| shot["name"] == SHOT)
    }

    fn code(&self, name: &str) -> StatusCode {
        StatusCode::from(self.people.status_id(name))
    }
}

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap()
}

fn keys<'e>(found: impl IntoIterator<Item = &'e Entity>, kind: &str) -> BTreeSet<String> {
    let of_kind = found.into_iter().filter(|e| e.key.kind.is(kind));
    of_kind.map(|e| e.key.id.to_string()).collect()
}

#[tokio::test]
async fn around_a_version_comes_what_the_workspace_has_there_and_nothing_else() {
    let stage = Stage::open().await;
    let shot = stage.shot();
    let task = stage.people.task(SHOT, "Composite");
    let version = stage.people.create_version_as_person(&task, None);
    let needed = Surroundings {
        entity: true,
        task: true,
        owner: true,
        above_owner: true,
        sibling_tasks: true,
        below: BTreeSet::from([("Task".into(), "Version".into())]),
        ..Surroundings::default()
    };
    let found = stage.client.around(&key("Version", &version), &needed).await.unwrap();
    assert_eq!(found[0].key, key("Version", &version));
    assert_eq!(found[0].parent.as_ref().unwrap().key, key("Shot", id(&shot)));
    assert_eq!(found[0].task.as_ref().unwrap().key, key("Task", &task));
    let tasks = stage.people.entities("Task");
    let of_shot = tasks.iter().filter(|task| task["parent_id"] == shot["id"]);
    assert_eq!(keys(&found, "Task"), of_shot.map(|task| id(task).to_owned()).collect());
    assert_eq!(keys(&found, "Shot"), BTreeSet::from([id(&shot).to_owned()]));
    assert_eq!(keys(&found, "Sequence").len(), 1);
    let tasks_read = keys(&found, "Task");
    let versions = stage.people.entities("AssetVersion");
    let of_tasks = versions
        .iter()
        .filter(|v| v["task_id"].as_str().is_some_and(|task| tasks_read.contains(task)));
    assert_eq!(keys(&found, "Version"), of_tasks.map(|v| id(v).to_owned()).collect());
    // Each Task has its step, and steps have an order, however often a type comes in one answer.
    for task in found.iter().filter(|e| e.key.kind.is("Task")) {
        let step = task.step.as_ref().expect("a step");
        assert!(step.name.is_some() && step.order.is_some(), "{step:?}");
    }
    // What Tasks wait for is told with them.
    let links = stage.people.entities("TypedContextLink");
    let waiting = links
        .iter()
        .find(|link| tasks_read.contains(link["to_id"].as_str().unwrap()));
    if let Some(link) = waiting {
        let to = link["to_id"].as_str().unwrap();
        let read = stage.client.read(&[key("Task", to)]).await.unwrap();
        let before: BTreeSet<String> = read[0].upstream.iter().map(|one| one.key.id.to_string()).collect();
        let told = links.iter().filter(|link| link["to_id"] == to);
        assert_eq!(
            before,
            told.map(|link| link["from_id"].as_str().unwrap().to_owned()).collect()
        );
    }
    stage.practice.stop().await;
}

#[tokio::test]
async fn what_the_workflow_allows_is_set_and_read_back_and_what_it_does_not_is_hidden_and_refused() {
    let stage = Stage::open().await;
    let shot = stage.shot();
    let shot_key = key("Shot", id(&shot));
    let project = key("Project", shot["project_id"].as_str().unwrap());
    let kind = EntityType::from("Shot");
    let hidden = stage.client.hidden(&kind, &project).await.unwrap();
    let list = stage.client.status_list(&kind).await.unwrap();
    assert!(!hidden.is_empty() && !list.is_empty());
    for status in &list {
        let set = stage.client.set_status(&shot_key, Some(&status.code), None).await;
        let is_hidden = hidden.contains(&status.code);
        assert_eq!(set.is_err(), is_hidden, "{}: {set:?}", status.name);
        if !is_hidden {
            let read = stage.client.statuses(std::slice::from_ref(&shot_key)).await.unwrap();
            assert_eq!(read[&shot_key].as_ref(), Some(&status.code));
        }
    }
    let forbidden = hidden.iter().next().unwrap();
    let error = stage
        .client
        .set_status(&shot_key, Some(forbidden), None)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, TrackerError::Refused(why) if why.contains("workflow")),
        "{error}"
    );
    stage.people.forbid_writes("Shot", "status_id");
    let error = stage
        .client
        .set_status(&shot_key, Some(&list[0].code), None)
        .await
        .unwrap_err();
    assert!(matches!(error, TrackerError::Refused(_)), "{error}");
    stage.practice.stop().await;
}

#[tokio::test]
async fn names_projects_fields_and_ourselves_are_read_and_a_field_is_set() {
    let stage = Stage::open().await;
    let shot = stage.shot();
    let names = ["sq010_0010".to_owned(), SHOT.to_owned(), "nothing".to_owned()];
    let found = stage.client.find(&"Shot".into(), &names, None).await.unwrap();
    assert_eq!(found[1].1[0].key, key("Shot", id(&shot)));
    assert!(found[2].1.is_empty());
    let active = stage.client.projects().await.unwrap();
    let all = stage.client.all_projects().await.unwrap();
    assert!(active.len() <= all.len() && active.iter().all(|one| one.name.is_some()));
    let me = stage.client.me().await.unwrap();
    assert!(me.kind.is("User"));
    let names = stage.client.names(&[me, key("Shot", id(&shot))]).await.unwrap();
    assert!(
        names.iter().all(|one| one.name.is_some()) && names.len() == 2,
        "{names:?}"
    );
    let shot_key = key("Shot", id(&shot));
    stage
        .client
        .set_field(&shot_key, "description", Some("late"), None)
        .await
        .unwrap();
    let values = stage
        .client
        .values(std::slice::from_ref(&shot_key), "description")
        .await
        .unwrap();
    assert_eq!(values[&shot_key], json!("late"));
    let task = stage.people.task(SHOT, "Composite");
    let version = stage.people.create_version_as_person(&task, None);
    let read = stage.client.read(&[key("Version", &version)]).await.unwrap();
    let name = read[0].name.clone().unwrap();
    let found = stage
        .client
        .find(&"Version".into(), &[name.replace(" v0", "_V")], None)
        .await
        .unwrap();
    assert!(
        found[0].1.iter().any(|one| one.key == key("Version", &version)),
        "{name}: {found:?}"
    );
    assert!(stage.client.read(&[key("Task", "gone")]).await.unwrap().is_empty());
    stage.practice.stop().await;
}

#[tokio::test]
async fn a_webhook_that_was_made_delivers_what_it_was_made_for() {
    let stage = Stage::open().await;
    let update = Lifecycle {
        update: Some(vec!["status_id".into()]),
        ..Lifecycle::default()
    };
    let kinds = ["Shot", "AssetBuild"].map(|kind| (EntityType::from(kind), update.clone()));
    let mut wanted = draft(Subscription::Entities(kinds.into()), &[]);
    // Nobody listens there: what is delivered shows on the site itself.
    wanted.url = "http://127.0.0.1:9/hooks/status".into();
    let made = stage.client.create(&wanted, Some("s3cret")).await.unwrap();
    assert_eq!((&made.draft, made.is_signed), (&wanted, true));
    let (shot, build) = (stage.shot(), stage.entity("AssetBuild", |_| true));
    let task = stage.people.task(SHOT, "Composite");
    assert!(
        stage
            .people
            .set_as_person("Shot", id(&shot), "description", json!("late"))
    );
    let approved = json!(stage.code("Approved").as_str());
    assert!(stage.people.set_as_person("Task", &task, "status_id", approved));
    for (kind, entity) in [("Shot", &shot), ("AssetBuild", &build)] {
        let list = stage.client.status_list(&kind.into()).await.unwrap();
        let project = key("Project", entity["project_id"].as_str().unwrap());
        let hidden = stage.client.hidden(&kind.into(), &project).await.unwrap();
        let other = list
            .iter()
            .find(|status| !hidden.contains(&status.code) && entity["status_id"] != status.code.as_str());
        let other = json!(other.unwrap().code.as_str());
        assert!(
            stage.people.set_as_person(kind, id(entity), "status_id", other),
            "{kind}"
        );
    }
    let deliveries = stage.people.deliveries();
    let delivered: Vec<Value> = deliveries
        .iter()
        .map(|d| serde_json::from_str(&d.body).unwrap())
        .collect();
    let about: Vec<&Value> = delivered.iter().map(|body| &body["entity"]["id"][0]).collect();
    assert_eq!(about, [&shot["id"], &build["id"]]);
    assert!(deliveries.iter().all(|d| d.headers["x-callboard-secret"] == "s3cret"));
    // What the site's own object types are called has been learned by then.
    let types = stage.client.object_types().unwrap();
    let events = decode(&"lab".into(), &"status".into(), &types, deliveries[1].body.as_bytes());
    assert_eq!(events[0].entity.as_ref().unwrap().key, key("AssetBuild", id(&build)));
    Webhooks::delete(&stage.client, &made.id).await.unwrap();
    assert!(stage.client.list().await.unwrap().is_empty());
    stage.practice.stop().await;
}
