//! Both roads of the practice site: its log against what its webhooks deliver, and the administration of those webhooks.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use callboard_model::{
    Clock as _, EntityId, EntityType, Event, HookState, Lifecycle, Road, SiteDelivery, Subscription, SystemClock,
    WebhookDraft,
};
use callboard_practice::PracticeArgs;
use callboard_trackers::shotgrid::decode;
use callboard_trackers::{Deliveries, DeliveriesAsked, LogRow, SiteLog, Tracker, TrackerError, Webhooks};

use crate::log::{by_either_road, site_name};
use crate::production::Stage;

/// Nobody is there to answer; what was sent is known all the same.
const NOBODY: &str = "http://127.0.0.1:9/hooks/status";

async fn staged(hooked: bool) -> Stage {
    let stage = Stage::with(PracticeArgs {
        hook: hooked.then(|| NOBODY.to_owned()).into_iter().collect(),
        ..PracticeArgs::default()
    })
    .await;
    stage.control.log_delay(Duration::ZERO);
    stage
}

fn log(stage: &Stage) -> &dyn SiteLog {
    stage.client.log().unwrap()
}

fn hooks(stage: &Stage) -> &dyn Webhooks {
    stage.client.webhooks().unwrap()
}

/// Waits for something to be so.
async fn until<T>(mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = found().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap()
}

#[tokio::test]
async fn every_delivery_is_an_event_of_the_log_and_the_same_one() {
    let stage = staged(true).await;
    let before = log(&stage).newest(&site_name()).await.unwrap().map_or(0, |row| row.id);
    let version = stage.control.create_version_as_person(Some(5006), "rev");
    assert!(stage.control.set_status_as_person("Version", version, "apv"));
    assert!(stage.control.set_status_as_person("Task", 5006, "rev"));
    assert!(stage.control.retire_as_person("Version", version));
    assert!(stage.control.revive_as_person("Version", version));
    stage.control.create_note_as_person(&[("Shot", 1000)], "", "nice");
    let delivered: HashMap<String, Event> = until(async || {
        let deliveries = stage.control.deliveries();
        let events = deliveries
            .iter()
            .flat_map(|one| decode(&site_name(), &"status".into(), one.request_body.as_bytes()))
            // The hook's own state changes too, as nobody answers.
            .filter(|event| event.event_log_entry_id.is_some())
            .map(|event| (event.key.to_string(), event));
        Some(events.collect::<HashMap<_, _>>()).filter(|events| events.len() == 6)
    })
    .await;

    let rows = log(&stage).after(&site_name(), before, 500).await.unwrap();
    assert!(
        rows.len() > 10,
        "fields set while making, and the date of the retirement"
    );
    assert!(rows.is_sorted_by(|one, next| one.id < next.id));
    let logged: HashMap<String, Event> = rows
        .iter()
        .filter_map(|row| row.event.clone())
        .map(|event| (event.key.to_string(), event))
        .collect();
    assert_eq!(logged.len(), delivered.len());
    for (key, event) in delivered {
        let row = logged[&key].clone();
        assert_eq!(row.road, Road::Log);
        assert_eq!(by_either_road(row), by_either_road(event));
    }
    stage.practice.stop().await;
}

#[tokio::test]
async fn the_log_is_read_in_pages_by_number_and_by_time() {
    let stage = staged(false).await;
    let start = SystemClock.now();
    let first = log(&stage).newest(&site_name()).await.unwrap().map_or(0, |row| row.id);
    for status in ["ip", "rev", "wtg", "ip"] {
        assert!(stage.control.set_status_as_person("Task", 5006, status));
    }
    let ids = |rows: &[LogRow]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    let all = log(&stage).after(&site_name(), first, 500).await.unwrap();
    assert_eq!(all.len(), 4);
    let two = log(&stage).after(&site_name(), first, 2).await.unwrap();
    let others = log(&stage).after(&site_name(), two[1].id, 2).await.unwrap();
    assert_eq!([two, others].concat(), all);
    let all = ids(&all);
    assert_eq!(log(&stage).newest(&site_name()).await.unwrap().unwrap().id, all[3]);
    let asked = [all[2], all[0], i64::MAX];
    let some = log(&stage).rows(&site_name(), &asked).await.unwrap();
    assert_eq!(ids(&some), [all[0], all[2]]);
    assert_eq!(log(&stage).ids_since(start, all[2]).await.unwrap(), all[..3]);
    let later = start + Duration::from_secs(3600);
    assert_eq!(log(&stage).ids_since(later, i64::MAX).await.unwrap(), Vec::<i64>::new());
    stage.practice.stop().await;
}

fn draft(url: &str) -> WebhookDraft {
    let lifecycle = Lifecycle {
        update: Some(vec!["sg_status_list".into()]),
        ..Lifecycle::default()
    };
    WebhookDraft {
        name: "Statuses".into(),
        description: String::new(),
        url: url.into(),
        subscription: Subscription::Entities(BTreeMap::from([(EntityType::from("Task"), lifecycle)])),
        projects: vec![EntityId::Number(122)],
        batched: false,
        validates_certificate: false,
    }
}

#[tokio::test]
async fn a_hook_lives_as_it_is_told() {
    let stage = staged(false).await;
    let hooks = hooks(&stage);
    let made = hooks.create(&draft(NOBODY), Some("s3cret")).await.unwrap();
    assert_eq!(
        (made.state, made.is_signed, &made.draft),
        (HookState::Active, true, &draft(NOBODY))
    );
    assert_eq!(hooks.list().await.unwrap(), std::slice::from_ref(&made));

    let changed = WebhookDraft {
        name: "All logins".into(),
        subscription: Subscription::Custom("Shotgun_User_Login".into()),
        projects: Vec::new(),
        batched: true,
        validates_certificate: true,
        ..draft(NOBODY)
    };
    let answered = hooks.change(&made.id, &changed, None).await.unwrap();
    assert_eq!(
        (&answered.draft, answered.is_signed),
        (&changed, true),
        "with the secret it had"
    );
    assert_eq!(hooks.switch(&made.id, false).await.unwrap().state, HookState::Disabled);
    stage.control.set_hook_status(0, "failed");
    assert_eq!(hooks.list().await.unwrap()[0].state, HookState::Failed);
    assert_eq!(hooks.switch(&made.id, true).await.unwrap().state, HookState::Active);

    hooks.delete(&made.id).await.unwrap();
    assert!(hooks.list().await.unwrap().is_empty());
    assert_eq!(hooks.delete(&made.id).await, Err(TrackerError::NotFound));
    assert_eq!(hooks.switch(&made.id, true).await, Err(TrackerError::NotFound));
    let refused = hooks.create(&draft("nowhere"), None).await.unwrap_err().to_string();
    assert!(refused.contains("url should be a valid url"), "{refused}");
    stage.practice.stop().await;
}

/// A hook's deliveries, once there are so many.
async fn delivered(stage: &Stage, id: &str, count: usize) -> Deliveries {
    until(async || {
        let asked = DeliveriesAsked {
            most: 50,
            ..DeliveriesAsked::default()
        };
        let found = hooks(stage).deliveries(id, &asked).await.unwrap();
        Some(found).filter(|found| found.list.len() >= count)
    })
    .await
}

#[tokio::test]
async fn what_a_hook_delivered_is_told_by_the_site_and_can_be_had_again_and_answered() {
    let stage = staged(false).await;
    let hook = hooks(&stage).create(&draft(NOBODY), None).await.unwrap();
    let start = SystemClock.now();
    assert!(stage.control.set_status_as_person("Task", 5006, "rev"));
    let found = delivered(&stage, &hook.id, 1).await;
    let change: SiteDelivery = found.list.iter().find(|one| !one.about_itself).unwrap().clone();
    let entry = stage.control.event_log().pop().unwrap()["id"].as_i64();
    assert_eq!(change.entries.first().copied(), entry);
    assert_eq!(
        (change.delivered, change.answer, &change.acknowledgement),
        (false, 0, &None)
    );
    assert!(found.times.events >= 1 && !found.more);

    // A failure makes it unstable, of which the hook hears too.
    let found = delivered(&stage, &hook.id, 2).await;
    assert!(found.list.iter().any(|one| one.about_itself && one.entries.is_empty()));
    let before = found.list.len();
    hooks(&stage).test(&hook.id).await.unwrap();
    let found = delivered(&stage, &hook.id, before + 1).await;
    assert_eq!(found.list.iter().filter(|one| one.about_itself).count(), before);

    hooks(&stage).acknowledge(&change.id, "Task 5006: rev").await.unwrap();
    let one = |found: &Deliveries| found.list.iter().find(|one| one.id == change.id).unwrap().clone();
    let held = one(&delivered(&stage, &hook.id, before + 1).await);
    assert_eq!(held.acknowledgement.as_deref(), Some("Task 5006: rev"));

    stage.control.set_hook_status(0, "active");
    hooks(&stage).redeliver(&change.id).await.unwrap();
    until(async || stage.control.is_all_delivered().then_some(())).await;
    let asked = DeliveriesAsked {
        from: Some(start - Duration::from_secs(2)),
        failed: true,
        most: 1,
    };
    let newest = hooks(&stage).deliveries(&hook.id, &asked).await.unwrap();
    assert_eq!((newest.list.len(), newest.more), (1, true));
    let tomorrow = DeliveriesAsked {
        from: Some(start + Duration::from_secs(86_400)),
        most: 5,
        ..DeliveriesAsked::default()
    };
    assert!(
        hooks(&stage)
            .deliveries(&hook.id, &tomorrow)
            .await
            .unwrap()
            .list
            .is_empty()
    );
    assert_eq!(
        hooks(&stage).redeliver("b4c8e1c2-0000-4000-8000-000000000001").await,
        Err(TrackerError::NotFound)
    );
    stage.practice.stop().await;
}
