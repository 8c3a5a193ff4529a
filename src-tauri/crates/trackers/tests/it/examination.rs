//! What can be found out about a site, and that nothing is written while finding out.

use callboard_model::{EntityKey, EntityRef, EntityType};
use callboard_practice::PracticeArgs;
use callboard_trackers::{Account, Permission, SiteCard, Tracker, TrackerError, VersionLinks};
use serde_json::{Value, json};

use crate::production::Stage;
use crate::site::{Answer, Site, error, records, task_record, text};

fn kind(name: &str) -> EntityType {
    EntityType::from(name)
}

fn answered(data: &Value) -> Answer {
    text(200, json!({"data": data, "links": {"self": "x"}}).to_string())
}

/// An error document with a detail, as a missing record has it.
fn missing(detail: &str) -> Answer {
    let error = json!({"status": 404, "code": 104, "title": "Not Found", "source": null, "detail": detail});
    text(404, json!({"errors": [error]}).to_string())
}

#[tokio::test]
async fn a_site_says_what_it_is_without_a_key() {
    let card = json!({"shotgun_version": "v8.89.0.9724 (build 1)", "user_authentication_method": "oxygen"});
    let site = Site::raw(move |_, _| answered(&card)).await;
    let client = site.client();
    let expected = SiteCard {
        version: "v8.89.0.9724 (build 1)".into(),
        sign_in: Some("oxygen".into()),
    };
    assert_eq!(client.examination().unwrap().card().await, Ok(expected));
    let asked = site.asked();
    assert_eq!(
        (asked.len(), asked[0].method.as_str(), asked[0].path.as_str()),
        (1, "GET", "/api/v1")
    );
    assert_eq!((asked[0].authorization.as_str(), asked[0].body.as_str()), ("", ""));
}

#[tokio::test]
async fn what_is_no_such_site_is_told() {
    for (status, body) in [
        (200, "<html>Welcome to nginx</html>"),
        (404, "<html>Not found</html>"),
        (404, r#"{"errors":[{"title":"Not Found"}]}"#),
        (404, r#"{"data":{"shotgun_version":"v8"}}"#),
        (200, r#"{"data":{"version":"1.0"}}"#),
        (200, r#"{"data":{"shotgun_version":""}}"#),
        (200, "[]"),
    ] {
        let site = Site::raw(move |_, _| text(status, body)).await;
        let error = site.client().examination().unwrap().card().await.unwrap_err();
        assert!(matches!(error, TrackerError::Unreadable { .. }), "{body}: {error}");
    }
}

#[tokio::test]
async fn the_account_is_told_with_its_name_and_whether_its_writes_leave_entries() {
    let script = EntityRef::new("ApiUser", 41);
    for (record, name, leaves) in [
        (
            json!({"firstname": "callboard_prod", "generate_event_log_entries": true}),
            "callboard_prod",
            Some(true),
        ),
        (
            json!({"firstname": "", "cached_display_name": "cb 1.0", "generate_event_log_entries": false}),
            "cb 1.0",
            Some(false),
        ),
        (json!({"generate_event_log_entries": null}), "callboard", None),
    ] {
        let site = Site::start(move |_, _| {
            answered(&json!({"type": "ApiUser", "id": 41, "attributes": record, "relationships": {}}))
        })
        .await;
        let account = Account {
            entity: script.clone().named(name),
            leaves_entries: leaves,
        };
        assert_eq!(site.client().examination().unwrap().account().await, Ok(account));
        let path = &site.calls()[0].path;
        assert!(path.starts_with("/api/v1/entity/ApiUser/41?fields=firstname"), "{path}");
        assert!(path.ends_with("generate_event_log_entries"));
    }
    for refusal in [400, 404] {
        let site = Site::start(move |_, _| error(refusal, 104, "API user may not read API users")).await;
        let account = Account {
            entity: script.clone().named("callboard"),
            leaves_entries: None,
        };
        assert_eq!(
            site.client().examination().unwrap().account().await,
            Ok(account),
            "{refusal}"
        );
    }
    let site = Site::raw(|_, _| error(400, 102, "Can't authenticate script 'callboard'")).await;
    let refused = site.client().examination().unwrap().account().await;
    assert!(matches!(refused, Err(TrackerError::KeyRefused { .. })), "{refused:?}");
}

/// What a batch answers, and what is then said of the permission.
async fn permission(batch: impl Fn() -> Answer + Send + Sync + 'static) -> Result<Permission, TrackerError> {
    let site = Site::start(move |asked, _| {
        if asked.path.ends_with("/_batch") {
            batch()
        } else {
            records(&[task_record(5001, "ip")])
        }
    })
    .await;
    let client = site.client();
    let said = client
        .examination()
        .unwrap()
        .may_set(&kind("Task"), "sg_status_list")
        .await;
    let calls = site.calls();
    assert_eq!(calls.len(), 2);
    let update = |id: i64| json!({"request_type": "update", "entity": "Task", "record_id": id, "data": {"sg_status_list": "ip"}});
    assert_eq!(calls[1].path, "/api/v1/entity/_batch");
    assert_eq!(calls[1].content_type, "application/json");
    assert_eq!(
        calls[1].json(),
        json!({"requests": [update(5001), update(999_999_999)]})
    );
    said
}

#[tokio::test]
async fn a_permission_is_tried_by_a_batch_that_cannot_succeed() {
    let nobody = || missing("Entity of type [Task] with id=999999999 does not exist.");
    assert_eq!(permission(nobody).await, Ok(Permission::Allowed));
    let rule = "Update failed for [Task.sg_status_list]: rule 'update_field' does not allow it.";
    assert_eq!(
        permission(move || error(400, 104, rule)).await,
        Ok(Permission::Refused(rule.into()))
    );
    let gone = || missing("Entity of type [Task] with id=5001 does not exist.");
    assert_eq!(permission(gone).await, Err(TrackerError::NotFound), "it went meanwhile");
    let down = permission(|| text(503, "maintenance")).await;
    assert!(matches!(down, Err(TrackerError::Down { .. })), "{down:?}");
    assert_eq!(
        permission(|| text(200, r#"{"data":[]}"#)).await,
        Ok(Permission::Allowed)
    );
}

#[tokio::test]
async fn a_link_is_tried_as_it_is_written() {
    let site = Site::start(|asked, _| {
        if asked.path.ends_with("/_batch") {
            return missing("Entity of type [Version] with id=2000000005 does not exist.");
        }
        let record = json!({"type": "Version", "id": 1_999_000_005_i64, "attributes": {}, "relationships": {
            "sg_task": {"data": {"type": "Task", "id": 7, "name": "Comp"}},
        }});
        records(&[record])
    })
    .await;
    let client = site.client();
    let said = client.examination().unwrap().may_set(&kind("Version"), "sg_task").await;
    assert_eq!(said, Ok(Permission::Allowed));
    let requests = &site.calls()[1].json()["requests"];
    assert_eq!(requests[0]["data"], json!({"sg_task": {"type": "Task", "id": 7}}));
    assert_eq!(
        requests[1]["record_id"], 2_000_000_005_i64,
        "no number that an entity may have"
    );
}

#[tokio::test]
async fn where_there_is_nothing_there_is_nothing_to_try() {
    let site = Site::start(|_, _| records(&[])).await;
    let client = site.client();
    let examination = client.examination().unwrap();
    assert_eq!(
        examination.may_set(&kind("Shot"), "sg_status_list").await,
        Ok(Permission::NothingToTry)
    );
    assert_eq!(examination.newest_of(&kind("Shot")).await, Ok(None));
    assert_eq!(examination.version_links().await, Ok(VersionLinks::default()));
    assert_eq!(
        examination.may_set(&kind("Shot"), "../x").await,
        Err(TrackerError::NotFound)
    );
    assert_eq!(examination.fields(&kind("")).await, Err(TrackerError::NotFound));
}

#[tokio::test]
async fn the_latest_versions_are_counted_by_whether_they_name_their_task() {
    let version = |id: i64, task: Value| json!({"type": "Version", "id": id, "attributes": {}, "relationships": {"sg_task": {"data": task}}});
    let site = Site::start(move |_, _| {
        records(&[
            version(9, json!({"type": "Task", "id": 1, "name": "Comp"})),
            version(8, Value::Null),
            version(7, json!({"type": "Task", "id": 2})),
            json!({"type": "Version", "id": 6, "attributes": {}, "relationships": {}}),
        ])
    })
    .await;
    let links = site.client().examination().unwrap().version_links().await;
    assert_eq!(
        links,
        Ok(VersionLinks {
            looked: 4,
            with_task: 2
        })
    );
    let body = site.calls()[0].json();
    assert_eq!(
        (&body["sort"], &body["page"]),
        (&json!("-id"), &json!({"size": 100, "number": 1}))
    );
}

#[tokio::test]
async fn types_and_fields_are_read_by_their_names() {
    let shown = |visible: bool| json!({"name": {"value": "x"}, "visible": {"value": visible, "editable": false}});
    let site = Site::start(move |asked, _| match asked.path.as_str() {
        "/api/v1/schema" => {
            answered(&json!({"Shot": shown(true), "CustomEntity07": shown(false), "Task": {"name": {"value": "Task"}}}))
        }
        "/api/v1/schema/Shot/fields" => answered(&json!({"code": {}, "sg_status_list": {}})),
        _ => error(404, 104, "Not Found"),
    })
    .await;
    let client = site.client();
    let examination = client.examination().unwrap();
    assert_eq!(examination.kinds().await, Ok(vec![kind("Shot"), kind("Task")]));
    let fields = ["code", "sg_status_list"].map(ToOwned::to_owned);
    assert_eq!(examination.fields(&kind("Shot")).await, Ok(fields.to_vec()));
    assert_eq!(examination.fields(&kind("Nowhere")).await, Err(TrackerError::NotFound));
    let site = Site::start(|_, _| answered(&json!(["Shot"]))).await;
    let odd = site.client().examination().unwrap().kinds().await;
    assert!(matches!(odd, Err(TrackerError::Unreadable { .. })), "{odd:?}");
}

#[tokio::test]
async fn a_project_shows_the_statuses_it_does_not_hide_in_the_sites_order() {
    let site = Site::start(|_, _| {
        answered(&json!({"properties": {
            "valid_values": {"value": ["wtg", "rdy", "ip", "fin", null]}, "hidden_values": {"value": ["rdy", "gone"]},
        }}))
    })
    .await;
    let shown = site
        .client()
        .examination()
        .unwrap()
        .shown_statuses(&kind("Task"), &EntityKey::new("Project", 122))
        .await;
    assert_eq!(shown, Ok(["wtg", "ip", "fin"].map(Into::into).to_vec()));
    assert_eq!(
        site.calls()[0].path,
        "/api/v1/schema/Task/fields/sg_status_list?project_id=122"
    );
}

#[tokio::test]
async fn the_practice_site_is_examined_and_nothing_in_it_is_changed() {
    for leaves in [true, false] {
        let stage = Stage::with(PracticeArgs {
            generate_event_log_entries: leaves,
            ..PracticeArgs::default()
        })
        .await;
        let examination = stage.client.examination().unwrap();
        let log = stage.control.event_log().len();
        assert!(examination.card().await.unwrap().version.starts_with('v'));
        let account = examination.account().await.unwrap();
        assert_eq!(
            (account.entity.name.as_deref(), account.leaves_entries),
            (Some("practice"), Some(leaves))
        );
        assert_eq!(Ok(account.entity.key), stage.client.me().await);

        stage.control.forbid_writes("Shot", "sg_status_list");
        for (name, allowed) in [("Task", true), ("Version", true), ("Shot", false)] {
            let said = examination.may_set(&kind(name), "sg_status_list").await.unwrap();
            assert_eq!(matches!(said, Permission::Allowed), allowed, "{name}: {said:?}");
            assert_eq!(matches!(said, Permission::Refused(_)), !allowed, "{name}: {said:?}");
            let newest = examination.newest_of(&kind(name)).await.unwrap().unwrap();
            let last = stage
                .control
                .entities(name)
                .iter()
                .filter_map(|e| e["id"].as_i64())
                .max();
            assert_eq!(newest, EntityKey::new(name, last.unwrap()));
        }
        let unknown = examination.may_set(&kind("Task"), "sg_nowhere").await.unwrap();
        assert!(matches!(unknown, Permission::Refused(_)), "{unknown:?}");
        assert_eq!(
            examination.newest_of(&kind("Nowhere")).await,
            Err(TrackerError::NotFound)
        );

        let version = stage.control.create_version_as_person(None, "rev");
        let links = examination.version_links().await.unwrap();
        assert_eq!(
            examination.newest_of(&kind("Version")).await,
            Ok(Some(EntityKey::new("Version", version)))
        );
        assert!(links.looked > 1 && links.with_task < links.looked, "{links:?}");
        assert!(examination.kinds().await.unwrap().contains(&kind("Shot")));
        assert!(
            examination
                .fields(&kind("Shot"))
                .await
                .unwrap()
                .contains(&"sg_status_list".to_owned())
        );
        let project = EntityKey::new("Project", 122);
        let shown = examination.shown_statuses(&kind("Task"), &project).await.unwrap();
        let hidden = stage.client.hidden(&kind("Task"), &project).await.unwrap();
        assert!(!shown.is_empty() && shown.iter().all(|code| !hidden.contains(code)));

        let after: Vec<Value> = stage.control.event_log().split_off(log);
        assert!(after.iter().all(|row| row["meta"]["entity_id"] == version), "{after:?}");
        assert!(stage.control.writes().is_empty());
        stage.practice.stop().await;
    }
}
