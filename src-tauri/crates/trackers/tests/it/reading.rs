//! Entities around an event, in as few calls as the API allows.

use std::collections::HashMap;

use callboard_model::{Entity, EntityKey, EntityRef, Step, Surroundings};
use callboard_trackers::shotgrid::entity_from_flat;
use callboard_trackers::{Tracker, TrackerError};
use serde_json::{Value, json};

use crate::site::{Site, records, task, task_record};

fn version() -> EntityKey {
    EntityKey::new("Version", 6001)
}

/// What a rule from Version to Task to Shot needs.
fn upward() -> Surroundings {
    Surroundings {
        entity: true,
        task: true,
        owner: true,
        ..Surroundings::default()
    }
}

fn with_siblings() -> Surroundings {
    Surroundings {
        sibling_tasks: true,
        ..upward()
    }
}

fn link(kind: &str, id: i64, name: &str) -> Value {
    json!({
        "data": {"id": id, "name": name, "type": kind},
        "links": {"self": "/api/v1/entity/versions/6001/relationships/x", "related": format!("/api/v1/entity/x/{id}")},
    })
}

/// A Version as the API gives it: dotted fields flat in attributes, entity-valued ones under relationships.
fn version_record() -> Value {
    json!({
        "type": "Version",
        "attributes": {
            "code": "sh010_comp_v003", "sg_status_list": "rev", "created_at": "2024-05-01T09:00:00Z",
            "sg_task.Task.content": "Composite", "sg_task.Task.sg_status_list": "ip",
            "sg_task.Task.step.Step.short_name": "CMP", "sg_task.Task.step.Step.list_order": 60, "sg_task.Task.entity.Shot.code": "sh010",
            "sg_task.Task.entity.Shot.sg_status_list": "act", "entity.Shot.code": "sh010",
            "entity.Shot.sg_status_list": "act",
        },
        "relationships": {
            "entity": link("Shot", 862, "sh010"),
            "sg_task": link("Task", 5001, "Composite"),
            "project": link("Project", 122, "Bunny"),
            "sg_task.Task.step": link("Step", 4, "Composite"),
            "sg_task.Task.entity": link("Shot", 862, "sh010"),
            "sg_task.Task.project": link("Project", 122, "Bunny"),
        },
        "id": 6001, "links": {"self": "/api/v1/entity/versions/6001"},
    })
}

fn by_key(entities: Vec<Entity>) -> HashMap<String, Entity> {
    entities.into_iter().map(|e| (e.key.to_string(), e)).collect()
}

fn moved(mut record: Value, from: &str, to: &str, field: &str) -> Value {
    let value = record[from].as_object_mut().unwrap().remove(field).unwrap();
    record[to][field] = value.get("data").cloned().unwrap_or(value);
    record
}

#[tokio::test]
async fn a_version_its_task_and_its_shot_come_in_one_request() {
    let site = Site::start(|_, _| records(&[version_record()])).await;
    let found = by_key(site.client().around(&version(), &upward()).await.unwrap());
    assert_eq!(site.calls().len(), 1);
    let (version, task, shot) = (&found["Version 6001"], &found["Task 5001"], &found["Shot 862"]);
    assert_eq!(found.len(), 3);
    assert_eq!(version.status, Some("rev".into()));
    assert_eq!(version.task, Some(EntityRef::new("Task", 5001).named("Composite")));
    assert_eq!(version.parent, Some(EntityRef::new("Shot", 862).named("sh010")));
    assert_eq!(version.created_at, Some("2024-05-01T09:00:00Z".parse().unwrap()));
    assert_eq!(
        (task.status.clone(), task.name.as_deref()),
        (Some("ip".into()), Some("Composite"))
    );
    let step = Step {
        name: Some("Composite".into()),
        short_name: Some("CMP".into()),
        order: Some(60),
    };
    assert_eq!(task.step, Some(step));
    assert_eq!(task.parent, Some(EntityRef::new("Shot", 862).named("sh010")));
    assert_eq!(task.project, Some(EntityRef::new("Project", 122).named("Bunny")));
    assert_eq!(
        (shot.status.clone(), shot.name.as_deref()),
        (Some("act".into()), Some("sh010"))
    );
}

#[tokio::test]
async fn entity_valued_dotted_fields_may_stand_in_attributes_too() {
    let mut record = version_record();
    for field in ["sg_task.Task.step", "sg_task.Task.entity", "sg_task.Task.project"] {
        record = moved(record, "relationships", "attributes", field);
    }
    let site = Site::start(move |_, _| records(std::slice::from_ref(&record))).await;
    let found = by_key(site.client().around(&version(), &upward()).await.unwrap());
    assert_eq!(site.calls().len(), 1);
    assert_eq!(
        found["Task 5001"].parent,
        Some(EntityRef::new("Shot", 862).named("sh010"))
    );
    assert_eq!(
        found["Task 5001"].step.as_ref().unwrap().name.as_deref(),
        Some("Composite")
    );
}

#[tokio::test]
async fn a_search_is_asked_for_as_the_api_wants_it() {
    let site = Site::start(|_, _| records(&[version_record()])).await;
    site.client().around(&version(), &upward()).await.unwrap();
    let call = &site.calls()[0];
    assert_eq!(
        (call.method.as_str(), call.path.as_str()),
        ("POST", "/api/v1/entity/Version/_search")
    );
    assert_eq!(call.content_type, "application/vnd+shotgun.api3_array+json");
    assert_eq!(call.accept, "application/json");
    let body = call.json();
    assert_eq!(body["filters"], json!([["id", "in", [6001]]]));
    assert_eq!(body["page"], json!({"size": 500, "number": 1}));
}

#[tokio::test]
async fn a_task_whose_dotted_fields_the_site_left_out_is_read_by_itself() {
    let site = Site::start(|asked, _| {
        if asked.path.contains("/Version/") {
            let mut record = version_record();
            let keep = |fields: &mut Value| fields.as_object_mut().unwrap().retain(|name, _| !name.contains('.'));
            keep(&mut record["attributes"]);
            keep(&mut record["relationships"]);
            records(&[record])
        } else if asked.path.contains("/Task/") {
            records(&[task_record(5001, "ip")])
        } else {
            records(&[json!({"type": "Shot", "attributes": {"code": "sh010", "sg_status_list": "act"}, "id": 862})])
        }
    })
    .await;
    let found = by_key(site.client().around(&version(), &upward()).await.unwrap());
    assert_eq!(found["Task 5001"].status, Some("ip".into()));
    assert_eq!(found["Shot 862"].status, Some("act".into()));
}

#[tokio::test]
async fn the_shots_other_tasks_come_when_they_are_asked_for() {
    let site = Site::start(|asked, _| {
        if asked.path.contains("/Version/") {
            records(&[version_record()])
        } else {
            assert_eq!(
                asked.json()["filters"],
                json!([["entity", "is", {"type": "Shot", "id": 862}]])
            );
            records(&[task_record(5001, "fin"), task_record(5002, "wtg")])
        }
    })
    .await;
    let found = by_key(site.client().around(&version(), &with_siblings()).await.unwrap());
    assert_eq!(site.calls().len(), 2);
    assert_eq!(found["Task 5002"].status, Some("wtg".into()));
    assert_eq!(
        found["Task 5001"].status,
        Some("ip".into()),
        "what was read first stands"
    );
}

#[tokio::test]
async fn an_entity_that_is_gone_is_missing_and_no_error() {
    let site = Site::start(|_, _| records(&[])).await;
    let client = site.client();
    assert!(client.around(&version(), &with_siblings()).await.unwrap().is_empty());
    assert!(client.read(&[version(), task(1)]).await.unwrap().is_empty());
    assert!(client.statuses(&[task(1)]).await.unwrap().is_empty());
    assert!(client.names(&[task(1)]).await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_asked_about_nobody() {
    let site = Site::start(|_, _| records(&[])).await;
    let client = site.client();
    assert!(client.read(&[]).await.unwrap().is_empty());
    let text_id = EntityKey::new("Task", callboard_model::EntityId::Text("a-uuid".into()));
    assert!(client.statuses(&[text_id]).await.unwrap().is_empty());
    assert!(site.asked().is_empty());
}

#[tokio::test]
async fn a_version_of_an_asset_has_no_shot() {
    let mut record = version_record();
    let asset = link("Asset", 1412, "Alice");
    record["relationships"]["entity"] = asset.clone();
    record["relationships"]["sg_task.Task.entity"] = asset;
    for field in [
        "entity.Shot.code",
        "entity.Shot.sg_status_list",
        "sg_task.Task.entity.Shot.code",
        "sg_task.Task.entity.Shot.sg_status_list",
    ] {
        record["attributes"][field] = Value::Null;
    }
    let site = Site::start(move |_, _| records(std::slice::from_ref(&record))).await;
    let found = by_key(site.client().around(&version(), &with_siblings()).await.unwrap());
    assert_eq!(found.len(), 2);
    assert_eq!(
        found["Version 6001"].parent,
        Some(EntityRef::new("Asset", 1412).named("Alice"))
    );
    assert_eq!(
        found["Task 5001"].parent,
        Some(EntityRef::new("Asset", 1412).named("Alice"))
    );
}

#[tokio::test]
async fn nulls_everywhere_are_not_known() {
    let mut record = version_record();
    for group in ["attributes", "relationships"] {
        for value in record[group].as_object_mut().unwrap().values_mut() {
            *value = if group == "attributes" {
                Value::Null
            } else {
                json!({"data": null, "links": {"self": "/x"}})
            };
        }
    }
    let site = Site::start(move |_, _| records(std::slice::from_ref(&record))).await;
    let found = site.client().around(&version(), &with_siblings()).await.unwrap();
    assert_eq!(found, [Entity::bare(version())]);
    assert_eq!(site.client().statuses(&[version()]).await.unwrap()[&version()], None);
}

#[tokio::test]
async fn records_that_are_hardly_records_are_passed_over() {
    let list = [
        Value::Null,
        json!(7),
        json!({}),
        json!({"type": "Task"}),
        json!({"type": "Task", "id": null}),
        json!({"type": null, "id": 3}),
        json!({"type": "Task", "id": "4"}),
        json!({"type": "Task", "id": 5, "attributes": null, "relationships": null}),
        json!({"type": "Task", "id": 6, "attributes": [], "relationships": {"step": null, "entity": []}}),
        json!({"type": "Task", "id": 7, "attributes": {"sg_status_list": 7, "created_at": "2021-06-16 08:55:29 UTC"}}),
    ];
    let site = Site::start(move |_, _| records(&list)).await;
    let found = site.client().read(&[task(5), task(6), task(7)]).await.unwrap();
    assert_eq!(found, [5, 6, 7].map(|id| Entity::bare(task(id))));
}

#[tokio::test]
async fn a_short_page_is_the_last_though_there_is_a_next_link() {
    let keys: Vec<EntityKey> = (0..3).map(task).collect();
    let site = Site::start(|_, _| records(&[task_record(0, "ip"), task_record(1, "ip")])).await;
    assert_eq!(site.client().statuses(&keys).await.unwrap().len(), 2);
    assert_eq!(site.calls().len(), 1);
}

#[tokio::test]
async fn pages_are_read_until_a_short_or_empty_one() {
    for last in [0_i64, 3] {
        let site = Site::start(move |asked, _| {
            let number = asked.json()["page"]["number"].as_i64().unwrap();
            let size = if number < 3 { 500 } else { last };
            let page: Vec<Value> = (0..size).map(|n| task_record((number - 1) * 500 + n, "ip")).collect();
            records(&page)
        })
        .await;
        let keys: Vec<EntityKey> = (0..1000 + last).map(task).collect();
        let found = site.client().statuses(&keys).await.unwrap();
        assert_eq!(found.len(), keys.len());
        assert_eq!(site.calls().len(), 3);
    }
}

#[tokio::test]
async fn keys_of_several_types_are_read_in_one_call_a_type() {
    let site = Site::start(|asked, _| {
        if asked.path.contains("/Task/") {
            records(&[task_record(1, "ip"), task_record(2, "rev")])
        } else {
            records(&[json!({"type": "Shot", "attributes": {"sg_status_list": "act"}, "id": 862})])
        }
    })
    .await;
    let shot = EntityKey::new("Shot", 862);
    let found = site.client().statuses(&[task(1), shot.clone(), task(2)]).await.unwrap();
    assert_eq!(site.calls().len(), 2);
    assert_eq!(found[&shot], Some("act".into()));
    assert_eq!(found[&task(2)], Some("rev".into()));
}

#[test]
fn an_entity_is_read_from_a_flat_record() {
    let record = json!({
        "type": "Task", "id": 5001, "content": "Composite", "sg_status_list": "ip",
        "step": {"type": "Step", "id": 4, "name": "Composite"}, "entity": {"type": "Shot", "id": 1000},
        "project": {"type": "Project", "id": 122},
    });
    let entity = entity_from_flat(record.as_object().unwrap()).unwrap();
    assert_eq!(entity.key, task(5001));
    assert_eq!(entity.status, Some("ip".into()));
    assert!(entity.step.unwrap().is("Composite"));
    assert_eq!(entity.parent, Some(EntityRef::new("Shot", 1000)));
    assert_eq!(entity.fields["content"], "Composite", "a rule may ask about any field");
    assert!(
        !entity.fields.contains_key("sg_status_list"),
        "the status changes elsewhere"
    );
    for odd in [
        json!({}),
        json!({"type": "Task"}),
        json!({"id": 1}),
        json!({"type": 1, "id": 1}),
        json!({"type": "Task", "id": "1"}),
    ] {
        assert_eq!(entity_from_flat(odd.as_object().unwrap()), None, "{odd}");
    }
}

fn flat(record: &Value) -> Entity {
    entity_from_flat(record.as_object().unwrap()).unwrap()
}

#[test]
fn what_an_entity_belongs_to_stands_in_a_field_of_its_type() {
    let (sequence, episode) = (
        json!({"type": "Sequence", "id": 200}),
        json!({"type": "Episode", "id": 301}),
    );
    let shot = flat(&json!({"type": "Shot", "id": 1, "sg_sequence": sequence, "sg_episode": episode}));
    assert_eq!(shot.parent, Some(EntityRef::new("Sequence", 200)));
    for field in ["sg_episode", "episode"] {
        for kind in ["Shot", "Sequence"] {
            let one = flat(&json!({"type": kind, "id": 1, "sg_sequence": null, field: episode}));
            assert_eq!(one.parent, Some(EntityRef::new("Episode", 301)), "{kind}.{field}");
        }
    }
    let asset = flat(&json!({"type": "Asset", "id": 1, "entity": sequence, "episode": episode}));
    assert_eq!(asset.parent, None);
    let other = flat(&json!({"type": "PublishedFile", "id": 1, "entity": {"type": "Shot", "id": 2}}));
    assert_eq!(other.parent, Some(EntityRef::new("Shot", 2)));
}

#[test]
fn a_tasks_dependencies_and_its_steps_order_are_read_from_a_flat_record() {
    let upstream = json!([{"type": "Task", "id": 5, "name": "Paint"}, null, {"type": "Task", "id": 6}]);
    let dotted = json!({"type": "Task", "id": 7, "upstream_tasks": upstream, "step": {"type": "Step", "id": 4, "name": "Comp"},
        "step.Step.list_order": 60});
    let task = flat(&dotted);
    assert_eq!(
        task.upstream,
        [EntityRef::new("Task", 5).named("Paint"), EntityRef::new("Task", 6)]
    );
    assert_eq!(task.step.unwrap().order, Some(60));
    let nested = json!({"type": "Task", "id": 7, "step": {"type": "Step", "id": 4, "name": "Comp", "list_order": 50}});
    assert_eq!(flat(&nested).step.unwrap().order, Some(50));
    let shot = flat(&json!({"type": "Shot", "id": 7, "upstream_tasks": upstream}));
    assert_eq!(shot.upstream, []);
}

#[tokio::test]
async fn what_no_rule_needs_is_not_read_by_a_call_of_its_own() {
    let site = Site::start(|asked, _| {
        assert!(asked.path.contains("/Version/"), "{}", asked.path);
        let mut record = version_record();
        for group in ["attributes", "relationships"] {
            record[group]
                .as_object_mut()
                .unwrap()
                .retain(|name, _| !name.contains('.'));
        }
        records(&[record])
    })
    .await;
    let found = site
        .client()
        .around(&version(), &Surroundings::default())
        .await
        .unwrap();
    assert_eq!((found.len(), site.calls().len()), (1, 1));
}

#[tokio::test]
async fn a_linked_entity_that_lacks_a_field_which_a_rule_asks_about_is_read_by_itself() {
    let site = Site::start(|asked, _| {
        if asked.path.contains("/Version/") {
            records(&[version_record()])
        } else {
            let mut task = task_record(5001, "ip");
            task["attributes"]["sg_priority_1"] = json!("high");
            task["relationships"]["entity"] = link("Shot", 862, "sh010");
            records(&[task])
        }
    })
    .await;
    let mut needed = upward();
    needed.fields.insert(
        "Task".into(),
        ["sg_priority_1".to_owned(), "sg_nowhere".to_owned()].into(),
    );
    let found = by_key(site.client().around(&version(), &needed).await.unwrap());
    assert_eq!(
        found["Task 5001"].fields,
        [("sg_priority_1".to_owned(), json!("high"))].into()
    );
    let fields = site.calls()[0].json()["fields"].clone();
    assert!(
        fields
            .as_array()
            .unwrap()
            .contains(&json!("sg_task.Task.sg_priority_1"))
    );
    assert_eq!(site.calls().len(), 2);
}

#[tokio::test]
async fn more_than_a_plan_can_look_at_is_an_error_in_words() {
    let site = Site::start(|asked, _| {
        if asked.path.contains("/Shot/") {
            return records(&[json!({"type": "Shot", "attributes": {"sg_status_list": "act"}, "id": 862})]);
        }
        let number = asked.json()["page"]["number"].as_i64().unwrap();
        let page: Vec<Value> = (0..500).map(|n| task_record(number * 500 + n, "ip")).collect();
        records(&page)
    })
    .await;
    let needed = Surroundings {
        below: [("Shot".into(), "Task".into())].into(),
        ..Surroundings::default()
    };
    let shot = EntityKey::new("Shot", 862);
    let error = site.client().around(&shot, &needed).await.unwrap_err();
    assert!(matches!(error, TrackerError::TooMany { most: 5000, .. }), "{error:?}");
    assert!(
        error.to_string().contains("more than 5000 entities around Shot 862"),
        "{error}"
    );
    assert!(!error.passing());
    assert_eq!(site.calls().len(), 12, "no page is asked for that nobody will look at");
}
