//! What the client makes of a live site's own bytes.

use callboard_model::{EntityKey, EntityRef, EntityType, StatusCode, Subscription, Surroundings, WebhookDraft};
use callboard_trackers::shotgrid::STATUS_FIELD;
use callboard_trackers::{SiteCard, Tracker, TrackerError};
use serde_json::{Value, json};

use crate::recorded::{Exchange, recording, replay};
use crate::site::text;

const BOTH: &str =
    "Entities-search-logical_operator-when_the_logical_operator_is_specified-apply_the_right_logical_operator";
const NONE: &str = "Entities-search-logical_operator-applies_and_by_default";
const ALL: &str = "Entities-search-when_there_s_no_errors-returns_an_array_of_entities";

fn asset(id: i64) -> EntityKey {
    EntityKey::new("Asset", id)
}

/// What was asked for beside the token.
fn last(name: &str) -> Vec<Exchange> {
    let mut all = recording(name);
    all.split_off(all.len() - 1)
}

#[tokio::test]
async fn the_live_site_says_what_it_is() {
    for (name, sign_in) in [
        (
            "ServerInfo-get_server_infos-parses_the_server_infos_from_shotgrid",
            "oxygen",
        ),
        ("Auth-with_client_id_and_client_secret-connects", "oxygen"),
        ("Auth-with_username_and_password-connects", "default"),
    ] {
        let site = replay(last(name)).await;
        let card = site.client().examination().unwrap().card().await.unwrap();
        let expected = SiteCard {
            version: "v8.26.0.8069 (build b48e91a)".into(),
            sign_in: Some(sign_in.into()),
        };
        assert_eq!(card, expected, "{name}");
    }
}

#[tokio::test]
async fn the_live_sites_token_is_carried_and_kept() {
    let site = replay([last(ALL), last(ALL)].concat()).await;
    let client = site.client();
    let keys = [asset(1412), asset(1413), asset(1414)];
    client.statuses(&keys).await.unwrap();
    site.clock.forward(539);
    let statuses = client.statuses(&keys).await.unwrap();
    assert_eq!(statuses[&asset(1413)], Some(StatusCode::from("wtg")));
    assert_eq!(statuses.len(), 3);
    assert_eq!(site.mintings(), 1, "ten minutes less one");
    assert!(
        site.calls()
            .iter()
            .all(|call| call.authorization == "Bearer <ACCESS_TOKEN>")
    );
}

#[tokio::test]
async fn a_masked_token_names_nobody_and_that_is_told() {
    let site = replay(Vec::new()).await;
    let error = site.client().me().await.unwrap_err();
    assert!(matches!(error, TrackerError::Unreadable { .. }), "{error}");
}

#[tokio::test]
async fn the_live_sites_records_are_entities() {
    let site = replay(last(BOTH)).await;
    let found = site.client().read(&[asset(1226), asset(1227)]).await.unwrap();
    assert_eq!(
        site.calls().len(),
        1,
        "there is always a next page, and never anything on it"
    );
    let [alice, anders] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(
        (alice.name.as_deref(), &alice.status),
        (Some("Alice"), &Some("fin".into()))
    );
    assert_eq!(
        (anders.key.clone(), anders.name.as_deref()),
        (asset(1227), Some("Anders"))
    );
    for one in [alice, anders] {
        assert_eq!(
            one.project,
            Some(EntityRef::new("Project", 70).named("Demo: Animation"))
        );
        assert_eq!(one.created_at, "2015-12-01T14:07:51Z".parse().ok());
        assert_eq!((&one.parent, &one.task), (&None, &None));
    }
}

#[tokio::test]
async fn the_live_sites_empty_page_is_the_end_though_it_names_a_next_one() {
    assert!(last(NONE)[0].json()["links"]["next"].is_string());
    let site = replay(last(NONE)).await;
    assert!(site.client().read(&[asset(1226)]).await.unwrap().is_empty());
    assert_eq!(site.calls().len(), 1);
}

#[tokio::test]
async fn an_entity_that_only_the_live_sites_trash_has_is_read_from_there() {
    let retired = last("Entities-search-retired-returns_retired_assets");
    let trashed = retired[0].json()["data"].as_array().unwrap().len();
    let site = replay([last(NONE), retired].concat()).await;
    let found = site
        .client()
        .around(&asset(1415), &Surroundings::default())
        .await
        .unwrap();
    assert_eq!(
        (found.len(), found[0].name.as_deref()),
        (trashed, Some("New Asset 1415"))
    );
    assert_eq!(site.calls()[1].json()["options"], json!({"return_only": "retired"}));
}

#[tokio::test]
async fn entities_of_the_live_site_are_found_by_name_and_by_age() {
    let site = replay(last("Entities-search-filter-properly_filters")).await;
    let found = site
        .client()
        .find(&"Asset".into(), &["Test 1".into()], None)
        .await
        .unwrap();
    assert_eq!(
        found,
        [(
            "Test 1".into(),
            vec![EntityRef {
                key: asset(1412),
                name: Some("Test 1".into())
            }]
        )]
    );
    let site = replay(last("Entities-search-sort-sorts_by_the_sorting_param")).await;
    let newest = site.client().examination().unwrap().newest_of(&"Asset".into()).await;
    assert_eq!(newest, Ok(Some(asset(1414))));
    let page = recording("Entities-search-page_and_page_size-returns_the_right_items").remove(1);
    let site = replay(vec![page]).await;
    let values = site.client().values(&[asset(1413)], "description").await.unwrap();
    assert_eq!(values[&asset(1413)], "TEST 2");
}

#[tokio::test]
async fn the_live_site_takes_a_write_with_the_whole_record_for_an_answer() {
    let put = recording("Entities-update-when_the_entity_exists-with_changes-returns_the_changed_entity").remove(2);
    let site = replay(vec![put]).await;
    assert_eq!(
        site.client().set_status(&asset(1479), Some(&"wtg".into()), None).await,
        Ok(())
    );
}

#[tokio::test]
async fn the_live_sites_refusals_are_told_in_its_words() {
    let site = replay(last("Entities-search-when_there_s_an_error-raises_an_error")).await;
    let refused = site.client().read(&[asset(1226)]).await;
    let said = "API read() Asset.not_existing_field doesn't exist.";
    assert_eq!(refused, Err(TrackerError::Refused(said.into())));

    let site = replay(last("Entities-update-when_the_entity_doesn_t_exist-raises_an_error")).await;
    let gone = site.client().set_status(&asset(400_000), None, None).await;
    assert_eq!(gone, Err(TrackerError::NotFound));
}

/// A recorded answer to whatever is asked.
async fn whatever(name: &str) -> crate::site::Site {
    let exchange = last(name).remove(0);
    let status = exchange.json()["errors"][0]["status"].as_u64().unwrap();
    crate::site::Site::start(move |_, _| text(u16::try_from(status).unwrap(), exchange.body.clone())).await
}

#[tokio::test]
async fn the_live_sites_error_documents_are_understood_wherever_they_come_from() {
    let draft = WebhookDraft {
        name: "Statuses".into(),
        description: String::new(),
        url: "https://relay.example/hooks/status".into(),
        subscription: Subscription::Custom("Shotgun_User_Login".into()),
        projects: Vec::new(),
        batched: false,
        validates_certificate: true,
    };
    for (name, said) in [
        (
            "Entities-create-when_there_s_faulty_request-raises_an_error",
            "API create() Asset.not_existing_field doesn't exist.",
        ),
        (
            "Entities_Summarize-summarize-when_there_s_an_error-raise_an_error",
            "Request Parameters invalid: type must be one of: record_count, count, sum, maximum, minimum, average, earliest, \
             latest, percentage, status_percentage, status_list, checked, unchecked",
        ),
    ] {
        let site = whatever(name).await;
        let refused = site.client().webhooks().unwrap().create(&draft, None).await;
        assert_eq!(refused, Err(TrackerError::Refused(said.into())), "{name}");
    }
    let site = whatever("Entities-find-when_the_entity_does_not_exist-raises_an_error").await;
    let gone = site.client().examination().unwrap().fields(&"Asset".into()).await;
    assert_eq!(gone, Err(TrackerError::NotFound));
}

#[tokio::test]
async fn a_deletion_is_answered_with_nothing_and_that_is_an_answer() {
    let mut deletion = last("Entities-delete-when_the_entity_exists-returns_true").remove(0);
    deletion.path = "/api/v1/webhook/hooks/1475".into();
    let site = replay(vec![deletion]).await;
    assert_eq!(site.client().webhooks().unwrap().delete("1475").await, Ok(()));
}

#[tokio::test]
async fn a_type_of_the_live_sites_schema_is_one_that_it_has() {
    let asset = last("Entities_Schema-schema_read-reads_the_schema")[0].json()["data"].clone();
    let site = crate::site::Site::start(move |asked, _| {
        assert_eq!(asked.path, "/api/v1/schema");
        text(200, json!({"data": {"Asset": asset}}).to_string())
    })
    .await;
    let kinds = site.client().examination().unwrap().kinds().await;
    assert_eq!(kinds, Ok(vec![EntityType::from("Asset")]));
}

#[test]
fn every_recorded_record_becomes_an_entity() {
    use callboard_trackers::shotgrid::entity_from_flat;
    let mut records = 0;
    for name in [BOTH, ALL, "Entities-search-filter-properly_filters"] {
        for exchange in recording(name).into_iter().skip(1) {
            for record in exchange.json()["data"].as_array().unwrap() {
                let mut fields = record["attributes"].as_object().unwrap().clone();
                fields.extend([
                    ("type".to_owned(), record["type"].clone()),
                    ("id".to_owned(), record["id"].clone()),
                ]);
                let entity = entity_from_flat(&fields).unwrap();
                assert_eq!(entity.status.is_some(), fields[STATUS_FIELD] != Value::Null);
                assert!(entity.name.is_some() && entity.created_at.is_some());
                records += 1;
            }
        }
    }
    assert_eq!(records, 7);
}
