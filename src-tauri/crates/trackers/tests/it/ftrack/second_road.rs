//! What stands in a workspace, and its doorbell, as the practice site has them.

use std::sync::Arc;
use std::time::Duration;

use callboard_model::{Clock, EntityId, EntityKey, EntityType, SystemClock};
use callboard_practice::{FtrackControl, Practice, PracticeArgs};
use callboard_trackers::ftrack::{Ftrack, UserKey};
use callboard_trackers::{Comparison, Ring, Tracker, TrackerError};
use tokio::sync::mpsc;

async fn workspace(key: &str) -> (Practice, FtrackControl, Arc<Ftrack>) {
    let practice = Practice::start(PracticeArgs::default()).await.unwrap();
    let people = practice.control().ftrack();
    let who = UserKey {
        user: "callboard".to_owned(),
        key: key.to_owned(),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let site = Arc::new(Ftrack::new(&practice.url(), who, clock).unwrap());
    (practice, people, site)
}

#[tokio::test]
async fn everything_that_is_worked_on_stands_there_with_its_status() {
    let (practice, people, site) = workspace("practice").await;
    let kinds = ["Version", "Task", "Shot", "AssetBuild", "Nothing"].map(EntityType::from);
    let comparison = site.comparison().expect("it is compared");
    let standing = comparison.standing(&kinds).await.unwrap();
    let of = |kind: &str| standing.iter().filter(|entity| entity.key.kind.is(kind)).count();
    // One Task and one Shot are in a project that is over.
    assert_eq!(of("Task"), people.entities("Task").len() - 1);
    assert_eq!(of("Shot"), people.entities("Shot").len() - 1);
    assert_eq!(of("AssetBuild"), people.entities("AssetBuild").len());
    assert_eq!(of("Version"), people.entities("AssetVersion").len());
    for entity in &standing {
        let kind = if entity.key.kind.is("Version") {
            "AssetVersion"
        } else {
            entity.key.kind.as_str()
        };
        let status = people.status(kind, &entity.key.id.to_string()).unwrap();
        assert_eq!(
            entity.status.as_ref().map(ToString::to_string),
            Some(people.status_id(&status))
        );
        assert!(entity.project.is_some() && entity.name.is_some(), "{entity:?}");
    }
    practice.stop().await;
}

#[tokio::test]
async fn the_doorbell_rings_for_statuses_and_ends_when_the_line_is_cut() {
    let (practice, people, site) = workspace("practice").await;
    let (sender, mut rings) = mpsc::channel(10);
    let listening = tokio::spawn({
        let site = Arc::clone(&site);
        async move { site.listen(&sender).await }
    });
    assert_eq!(rings.recv().await, Some(Ring::Open));
    let task = people.task("SQ010_0010", "Composite");
    assert!(people.set_as_person("Task", &task, "description", "Soften the edge".into()));
    assert!(people.set_status_as_person("Task", &task, "On Hold"));
    let Some(Ring::Changed(rung)) = rings.recv().await else {
        panic!("it rings")
    };
    assert_eq!(rung.len(), 1);
    assert_eq!(rung[0].entity, EntityKey::new("Task", EntityId::Text(task)));
    assert_eq!(
        rung[0].status.as_ref().map(ToString::to_string),
        Some(people.status_id("On Hold"))
    );
    assert_eq!(
        rung[0].by.as_ref().and_then(|by| by.name.as_deref()),
        Some("Amara Okafor")
    );
    people.close_hub(true);
    let ended = tokio::time::timeout(Duration::from_secs(20), listening).await.unwrap();
    assert!(ended.unwrap().is_ok());
    let (sender, _rings) = mpsc::channel(1);
    assert!(matches!(site.listen(&sender).await, Err(TrackerError::Down { .. })));
    practice.stop().await;
}

#[tokio::test]
async fn the_doorbell_opens_to_nobody_without_the_key() {
    let (practice, people, site) = workspace("wrong").await;
    let (sender, _rings) = mpsc::channel(1);
    assert!(site.listen(&sender).await.is_err());
    assert_eq!(people.hub_listeners(), 0);
    practice.stop().await;
}
