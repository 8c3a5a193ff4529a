//! Entities and statuses as a client reads them.

use std::collections::BTreeSet;

use callboard_model::{EntityType, Surroundings};
use callboard_trackers::{Tracker, TrackerError};
use serde_json::{Value, json};

use super::site::{Answer, Asked, KEY, Site, answer, complaint, key, rows, shot, task, version};

#[tokio::test]
async fn a_call_is_an_array_of_operations_by_a_user_in_strict_mode() {
    let site = Site::start(|asked, _| rows(asked, &[])).await;
    site.client().projects().await.unwrap();
    let asked = site.asked().remove(0);
    assert_eq!(asked.path, "POST /api");
    assert_eq!(
        (asked.user.as_str(), asked.key.as_str(), asked.strict.as_str()),
        ("ada@studio.example", KEY, "true")
    );
    assert_eq!(asked.options, "strict:1;denormalize:1");
    assert_eq!(asked.operations.len(), 1);
    let expression = &asked.expressions()[0];
    assert_eq!(
        expression,
        "select id, name, full_name, status from Project where status is \"active\" offset 0 limit 500"
    );
}

#[tokio::test]
async fn pages_are_read_to_the_end_and_a_page_that_comes_again_ends_it() {
    let page = |next: Value, id: usize| {
        let row = json!({"__entity_type__": "Project", "id": format!("p{id}"), "full_name": format!("Show {id}"), "status": "active"});
        answer(&json!([{"action": "query", "data": [row], "metadata": {"next": {"offset": next}}}]))
    };
    let site = Site::start(move |_, before| {
        if before < 2 {
            page(json!((before + 1) * 500), before)
        } else {
            page(json!(null), before)
        }
    })
    .await;
    let names: Vec<_> = site
        .client()
        .projects()
        .await
        .unwrap()
        .into_iter()
        .filter_map(|p| p.name)
        .collect();
    assert_eq!(names, ["Show 0", "Show 1", "Show 2"]);
    let offsets: Vec<String> = site.asked().iter().flat_map(Asked::expressions).collect();
    assert!(offsets[1].ends_with("offset 500 limit 500") && offsets[2].ends_with("offset 1000 limit 500"));
    let site = Site::start(move |_, before| page(json!(500), before)).await;
    assert_eq!(site.client().projects().await.unwrap().len(), 2);
}

fn production(asked: &Asked, _: usize) -> Answer {
    rows(
        asked,
        &[
            (
                "from Task where parent_id in (\"s1\")",
                json!([task("t1", "s1", "Comp", 30), task("t2", "s1", "Roto", 10)]),
            ),
            (
                "from AssetVersion where id in (\"v3\")",
                json!([version("v3", 3, Some("t1"))]),
            ),
            (
                "from AssetVersion where id in (\"v0\")",
                json!([version("v0", 1, None)]),
            ),
            (
                "from AssetVersion where task_id in (\"t1\")",
                json!([version("v2", 2, Some("t1")), version("v3", 3, Some("t1"))]),
            ),
            (
                "where id in (\"t1\", \"s1\")",
                json!([task("t1", "s1", "Comp", 30), shot("s1", "sh010")]),
            ),
            ("where id in (\"t1\")", json!([task("t1", "s1", "Comp", 30)])),
            ("where id in (\"t2\")", json!([task("t2", "s1", "Roto", 10)])),
            ("where id in (\"s1\")", json!([shot("s1", "sh010")])),
            (
                "TypedContextLink where to_id in (\"t1\")",
                json!([{"from_id": "t2", "to_id": "t1"}]),
            ),
            (
                "TypedContextLink where from_id in (\"t2\")",
                json!([{"from_id": "t2", "to_id": "t1"}]),
            ),
            (
                "TypedContextLink where to_id in (\"t1\", \"t2\")",
                json!([{"from_id": "t2", "to_id": "t1"}]),
            ),
        ],
    )
}

#[tokio::test]
async fn around_a_version_stand_its_task_its_shot_the_tasks_of_that_and_the_versions_beside_it() {
    let site = Site::start(production).await;
    let needed = Surroundings {
        entity: true,
        task: true,
        owner: true,
        sibling_tasks: true,
        below: BTreeSet::from([("Task".into(), "Version".into())]),
        ..Surroundings::default()
    };
    let found = site.client().around(&key("Version", "v3"), &needed).await.unwrap();
    let mut keys: Vec<String> = found.iter().map(|e| e.key.to_string()).collect();
    assert_eq!(keys.remove(0), "Version v3");
    keys.sort();
    assert_eq!(keys, ["Shot s1", "Task t1", "Task t2", "Version v2"]);
    let of = |key: &str| found.iter().find(|e| e.key.to_string() == key).unwrap();
    let version = of("Version v3");
    assert_eq!(version.name.as_deref(), Some("comp v003"));
    assert_eq!(version.task.as_ref().unwrap().key, key("Task", "t1"));
    assert_eq!(version.parent.as_ref().unwrap().key, key("Shot", "s1"));
    assert_eq!(version.project.as_ref().unwrap().key, key("Project", "p1"));
    assert_eq!(version.created_at.unwrap().to_string(), "2024-05-01T09:00:00Z");
    let task = of("Task t1");
    let step = task.step.as_ref().unwrap();
    assert_eq!((step.name.as_deref(), step.order), (Some("Comp"), Some(30)));
    assert_eq!(task.status.as_ref().unwrap().as_str(), "wip");
    assert_eq!(of("Shot s1").parent.as_ref().unwrap().key, key("Sequence", "seq1"));
    assert_eq!(of("Shot s1").step, None);
}

#[tokio::test]
async fn what_waits_for_a_task_and_what_that_waits_for_are_read_where_rules_look_there() {
    let site = Site::start(production).await;
    let needed = Surroundings {
        entity: true,
        dependencies: true,
        ..Surroundings::default()
    };
    let found = site.client().around(&key("Task", "t2"), &needed).await.unwrap();
    let keys: Vec<String> = found.iter().map(|e| e.key.to_string()).collect();
    assert_eq!(keys, ["Task t2", "Task t1"]);
    assert_eq!(found[1].upstream[0].key, key("Task", "t2"));
    // Without such rules nobody asks.
    let needed = Surroundings {
        entity: true,
        ..Surroundings::default()
    };
    let before = site.asked().len();
    site.client().around(&key("Task", "t2"), &needed).await.unwrap();
    assert_eq!(site.asked().len(), before + 1);
}

#[tokio::test]
async fn what_hangs_on_the_project_itself_belongs_to_nothing_and_an_unclear_owner_is_looked_up() {
    let site = Site::start(|asked, _| {
        let mut alone = task("t1", "p1", "Comp", 30);
        alone["parent"] = json!({"__entity_type__": "Project", "id": "p1", "name": "show"});
        let mut unclear = task("t2", "b1", "Model", 10);
        unclear["parent"] = json!({"__entity_type__": "Context", "id": "b1"});
        let build = json!([{"__entity_type__": "AssetBuild", "id": "b1", "name": "hero", "project_id": "p1"}]);
        rows(
            asked,
            &[
                ("where id in (\"t1\", \"t2\")", json!([alone, unclear])),
                ("where id in (\"b1\")", build),
            ],
        )
    })
    .await;
    let found = site
        .client()
        .read(&[key("Task", "t1"), key("Task", "t2")])
        .await
        .unwrap();
    assert_eq!(found[0].parent, None);
    let owner = found[1].parent.as_ref().unwrap();
    assert_eq!(
        (&owner.key, owner.name.as_deref()),
        (&key("AssetBuild", "b1"), Some("hero"))
    );
}

#[tokio::test]
async fn a_field_that_the_site_lacks_is_not_asked_for() {
    let site = Site::start(|asked, _| {
        if asked.operations[0]["action"] == "query_schemas" {
            let properties = json!({"id": {"type": "string"}, "description": {"type": "string"}});
            return answer(&json!([[{"id": "TypedContext", "properties": properties}]]));
        }
        let mut told = task("t1", "s1", "Comp", 30);
        told["description"] = json!("late");
        rows(asked, &[("where id in (\"t1\")", json!([told]))])
    })
    .await;
    let fields = ["description", "sg_client_state"].map(str::to_owned).into();
    let needed = Surroundings {
        entity: true,
        fields: [("Task".into(), fields)].into(),
        ..Surroundings::default()
    };
    let client = site.client();
    let found = client.around(&key("Task", "t1"), &needed).await.unwrap();
    assert_eq!(found[0].fields["description"], json!("late"));
    assert!(!found[0].fields.contains_key("sg_client_state"));
    client.around(&key("Task", "t1"), &needed).await.unwrap();
    let schemas = site
        .asked()
        .iter()
        .filter(|asked| asked.operations[0]["action"] == "query_schemas")
        .count();
    assert_eq!(schemas, 1, "the description of the tables is not asked for each time");
}

#[tokio::test]
async fn names_from_outside_cannot_change_an_expression() {
    let site = Site::start(|asked, _| rows(asked, &[])).await;
    let client = site.client();
    let name = r#"x" or name like "%"#.to_owned();
    client
        .find(&"Shot".into(), std::slice::from_ref(&name), None)
        .await
        .unwrap();
    let expression = site.asked()[0].expressions().remove(0);
    assert!(
        expression.contains(r#"name like "%x\" or name like \"%%""#),
        "{expression}"
    );
    let odd = client.values(&[key("Task", "t1")], "status_id from User").await;
    assert_eq!(odd.unwrap_err(), TrackerError::NotFound);
}

#[tokio::test]
async fn a_name_is_found_exactly_or_else_in_other_capitals() {
    let site = Site::start(|asked, _| {
        let found = [("a", "sh010"), ("b", "SH010"), ("c", "SH020"), ("d", "sh0100")];
        let ids: Vec<Value> = found.iter().map(|(id, _)| json!({"id": id})).collect();
        let shots: Vec<Value> = found.iter().map(|(id, name)| shot(id, name)).collect();
        rows(asked, &[("name like", json!(ids)), ("where id in", json!(shots))])
    })
    .await;
    let names = ["sh010", "sh020", "sh030"].map(str::to_owned);
    let found = site
        .client()
        .find(&"Shot".into(), &names, Some(&key("Project", "p1")))
        .await
        .unwrap();
    let ids = |place: usize| -> Vec<String> { found[place].1.iter().map(|one| one.key.id.to_string()).collect() };
    assert_eq!(
        (ids(0), ids(1), ids(2)),
        (vec!["a".to_owned()], vec!["c".to_owned()], Vec::new())
    );
    assert!(site.asked()[0].expressions()[0].contains("project_id is \"p1\""));
}

#[tokio::test]
async fn what_a_field_holds_finds_things_of_the_one_type() {
    let site = Site::start(|asked, _| {
        let task = json!({"id": "t", "name": "Comp", "object_type_id": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c"});
        rows(
            asked,
            &[
                (r#"description is "AW2130146""#, json!([{"id": "s"}, {"id": "t"}])),
                ("where id in", json!([shot("s", "sh010"), task])),
            ],
        )
    })
    .await;
    let client = site.client();
    let found = client
        .find_by(&"Shot".into(), "description", "AW2130146")
        .await
        .unwrap();
    let ids: Vec<String> = found.iter().map(|one| one.key.id.to_string()).collect();
    assert_eq!(ids, ["s"]);
    let odd = client.find_by(&"Shot".into(), "name is not none or id", "x").await;
    assert_eq!(odd.unwrap_err(), TrackerError::NotFound);
    let nowhere = client.find_by(&"User".into(), "email", "x").await.unwrap_err();
    assert_eq!(nowhere, TrackerError::NotSearchable("email".into()));
}

fn workspace(asked: &Asked, _: usize) -> Answer {
    let status = |id: &str, name: &str, sort: i64| json!({"id": id, "name": name, "color": "#F6A831", "sort": sort, "is_active": true});
    rows(
        asked,
        &[
            (
                "from Status ",
                json!([
                    status("done", "Approved", 3),
                    status("wip", "In progress", 1),
                    status("rev", "Review", 2),
                    status("omt", "Omitted", 9)
                ]),
            ),
            (
                "from ObjectType ",
                json!([{"id": "o-task", "name": "Task"}, {"id": "o-shot", "name": "Shot"}, {"id": "o-build", "name": "Asset Build"}]),
            ),
            ("from Project where", json!([{"id": "p1", "project_schema_id": "ps1"}])),
            (
                "from ProjectSchema ",
                json!([{
                    "id": "ps1", "task_workflow_schema_id": "w-task", "asset_version_workflow_schema_id": "w-version",
                    "_overrides": [{"workflow_schema_id": "w-roto"}],
                }]),
            ),
            (
                "from WorkflowSchema ",
                json!([
                    {"id": "w-task", "statuses": [{"id": "wip"}, {"id": "done"}]},
                    {"id": "w-roto", "statuses": [{"id": "rev"}]},
                    {"id": "w-version", "statuses": [{"id": "rev"}, {"id": "done"}]},
                ]),
            ),
            (
                "from Schema ",
                json!([{"id": "sc-shot", "project_schema_id": "ps1", "object_type_id": "o-shot"}]),
            ),
            (
                "from SchemaStatus ",
                json!([{"schema_id": "sc-shot", "status_id": "wip"}, {"schema_id": "sc-shot", "status_id": "omt"}]),
            ),
        ],
    )
}

#[tokio::test]
async fn statuses_are_those_of_the_workflows_and_a_project_hides_the_others() {
    let site = Site::start(workspace).await;
    let client = site.client();
    let list = async |kind: &str| -> Vec<String> {
        let list = client.status_list(&EntityType::from(kind)).await.unwrap();
        list.into_iter()
            .map(|status| format!("{} {}", status.code, status.name))
            .collect()
    };
    assert_eq!(list("Task").await, ["wip In progress", "rev Review", "done Approved"]);
    assert_eq!(list("Version").await, ["rev Review", "done Approved"]);
    assert_eq!(list("Shot").await, ["wip In progress", "omt Omitted"]);
    // The project says nothing of these: all are possible.
    assert_eq!(list("AssetBuild").await.len(), 4);
    assert_eq!(
        client.status_list(&"Asset".into()).await.unwrap_err(),
        TrackerError::NotFound
    );
    let hidden = client.hidden(&"Version".into(), &key("Project", "p1")).await.unwrap();
    let hidden: Vec<&str> = hidden.iter().map(callboard_model::StatusCode::as_str).collect();
    assert_eq!(hidden, ["omt", "wip"]);
    let color = client.status_list(&"Task".into()).await.unwrap()[0].color.clone();
    assert_eq!(color.as_deref(), Some("#f6a831"));
    assert_eq!(site.asked()[0].operations.len(), 7, "all of it is one call");
}

#[tokio::test]
async fn an_error_object_says_whose_fault_it_is_whatever_its_status_code() {
    for (status, exception, content) in [
        (200, "InvalidCredentialsError", "Invalid API key."),
        (401, "FTAuthenticationError", "No such user."),
        (500, "InvalidCredentialsError", "Invalid API key."),
    ] {
        let site = Site::start(move |_, _| complaint(status, exception, content)).await;
        let error = site.client().projects().await.unwrap_err();
        assert!(
            matches!(&error, TrackerError::KeyRefused { script, .. } if script == "ada@studio.example"),
            "{error}"
        );
        assert!(error.of_the_site() && !error.passing() && !error.to_string().contains(KEY));
    }
    for (status, exception) in [
        (200, "ValidationError"),
        (500, "ValidationError"),
        (400, "ParseError"),
        (403, "PermissionError"),
        (500, "PermissionError"),
    ] {
        let site = Site::start(move |_, _| complaint(status, exception, "not allowed there")).await;
        let error = site.client().projects().await.unwrap_err();
        assert_eq!(
            error,
            TrackerError::Refused("not allowed there".into()),
            "{status} {exception}"
        );
    }
    let site = Site::start(|_, _| complaint(500, "ServerError", "Something broke")).await;
    assert!(site.client().projects().await.unwrap_err().passing());
    let site = Site::start(|_, _| Answer {
        status: 503,
        body: "<html>".into(),
    })
    .await;
    assert!(matches!(
        site.client().projects().await,
        Err(TrackerError::Down { status: 503, .. })
    ));
    let site = Site::start(|_, _| Answer {
        status: 200,
        body: "<html>".into(),
    })
    .await;
    assert!(matches!(
        site.client().projects().await,
        Err(TrackerError::Unreadable { .. })
    ));
    let site = Site::start(|_, _| answer(&json!([]))).await;
    assert!(matches!(
        site.client().projects().await,
        Err(TrackerError::Unreadable { .. })
    ));
}

#[tokio::test]
async fn we_are_the_user_that_the_key_belongs_to_and_people_have_names() {
    let site = Site::start(|asked, _| {
        let ada = json!([{"id": "u1", "username": "ada@studio.example", "first_name": "Ada", "last_name": "Okoye"}]);
        let show = json!([{"id": "p1", "name": "show", "full_name": "The Show"}]);
        rows(
            asked,
            &[
                ("from User", ada),
                ("from Project", show),
                ("from TypedContext where", json!([shot("s1", "sh010")])),
            ],
        )
    })
    .await;
    let client = site.client();
    assert_eq!(client.me().await.unwrap(), key("User", "u1"));
    assert!(site.asked()[0].expressions()[0].contains("where username is \"ada@studio.example\""));
    let names = client
        .names(&[key("User", "u1"), key("Project", "p1"), key("Shot", "s1")])
        .await
        .unwrap();
    let names: Vec<_> = names.into_iter().filter_map(|one| one.name).collect();
    assert_eq!(names, ["Ada Okoye", "The Show", "sh010"]);
}

#[tokio::test]
async fn a_note_says_its_text_and_what_it_hangs_on() {
    let site = Site::start(|asked, _| {
        let note = json!([{"id": "n1", "content": "Fix the edge. ", "parent_id": "v3"}]);
        rows(
            asked,
            &[
                ("from Note", note),
                (
                    "from AssetVersion where id in (\"v3\")",
                    json!([version("v3", 3, Some("t1"))]),
                ),
            ],
        )
    })
    .await;
    let note = site.client().note(&key("Note", "n1")).await.unwrap().unwrap();
    assert_eq!(
        (note.text.as_str(), note.about[0].key.to_string()),
        ("Fix the edge.", "Version v3".into())
    );
    assert_eq!(site.client().note(&key("Task", "t1")).await.unwrap(), None);
}
