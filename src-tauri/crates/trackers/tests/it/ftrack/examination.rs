//! What is found out before a site is trusted.

use callboard_trackers::{Examination, Permission, TrackerError};
use serde_json::json;

use super::site::{Answer, Asked, Site, answer, complaint, rows};

#[tokio::test]
async fn a_site_says_what_it_is_and_one_that_refuses_the_key_says_so_by_that() {
    let site = Site::start(|_, _| answer(&json!([{"version": "25.3.1", "schema_hash": "x"}]))).await;
    assert_eq!(site.client().card().await.unwrap().version, "25.3.1");
    let site = Site::start(|_, _| complaint(401, "InvalidCredentialsError", "No")).await;
    assert!(site.client().card().await.unwrap().version.contains("not told"));
    assert!(matches!(
        site.client().account().await,
        Err(TrackerError::KeyRefused { .. })
    ));
    let site = Site::start(|_, _| Answer {
        status: 200,
        body: "<html>shop</html>".into(),
    })
    .await;
    assert!(matches!(
        site.client().card().await,
        Err(TrackerError::Unreadable { .. })
    ));
    let site = Site::start(|_, _| answer(&json!([{"hello": 1}]))).await;
    assert!(matches!(
        site.client().card().await,
        Err(TrackerError::Unreadable { .. })
    ));
}

#[tokio::test]
async fn whether_a_status_may_be_set_is_tried_with_what_it_holds_and_with_a_change_of_nothing() {
    let tried = async |write: fn() -> Answer| {
        let site = Site::start(move |asked: &Asked, _| {
            if asked.operations[0]["action"] == "update" {
                return write();
            }
            rows(
                asked,
                &[("from Shot limit 1", json!([{"id": "s1", "status_id": "wip"}]))],
            )
        })
        .await;
        let may = site.client().may_set(&"Shot".into(), "status_id").await;
        let written = site.written();
        assert_eq!(written.len(), 2);
        assert_eq!(
            (&written[0]["entity_key"][0], &written[0]["entity_data"]["status_id"]),
            (&json!("s1"), &json!("wip"))
        );
        may
    };
    let refused = tried(|| complaint(403, "PermissionError", "You may not edit shots")).await;
    assert_eq!(refused.unwrap(), Permission::Refused("You may not edit shots".into()));
    let nobody = || complaint(400, "ValidationError", "No Shot 00000000-0000-4000-8000-000000000000");
    assert_eq!(tried(nobody).await.unwrap(), Permission::Allowed);
    assert_eq!(
        tried(|| complaint(404, "EntityNotFoundError", "gone")).await.unwrap(),
        Permission::Allowed
    );
    assert!(
        tried(|| Answer {
            status: 502,
            body: String::new()
        })
        .await
        .unwrap_err()
        .passing()
    );
    let empty = Site::start(|asked, _| rows(asked, &[])).await;
    assert_eq!(
        empty.client().may_set(&"Shot".into(), "status_id").await.unwrap(),
        Permission::NothingToTry
    );
}

#[tokio::test]
async fn its_types_its_columns_and_its_versions_without_a_task_are_told() {
    let site = Site::start(|asked: &Asked, _| {
        if asked.operations[0]["action"] == "query_schemas" {
            let properties = json!({
                "status_id": {"type": "string", "format": "foreign_key"}, "status": {"$ref": "Status"}, "name": {"type": "string"},
            });
            let schema = |id: &str| json!({"id": id, "properties": properties});
            return answer(&json!([[schema("AssetVersion"), schema("TypedContext")]]));
        }
        let versions = json!([{"id": "v1", "task_id": "t1"}, {"id": "v2", "task_id": null}]);
        let types = json!([{"id": "o1", "name": "Asset Build"}, {"id": "o2", "name": "Shot"}]);
        rows(asked, &[("from AssetVersion order by date descending limit 100", versions), ("from ObjectType", types)])
    })
    .await;
    let client = site.client();
    let kinds: Vec<String> = client.kinds().await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(kinds, ["AssetBuild", "Shot", "Version", "Note"]);
    assert_eq!(client.fields(&"Version".into()).await.unwrap(), ["name", "status_id"]);
    assert_eq!(client.fields(&"Shot".into()).await.unwrap(), ["name", "status_id"]);
    let links = client.version_links().await.unwrap();
    assert_eq!((links.looked, links.with_task), (2, 1));
}
