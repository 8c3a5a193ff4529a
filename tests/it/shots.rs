//! What windows show of a Shot: the feed by Shot, its history, and what stands around one event.

use callboard_engine::api::{Ask, EventDetail};
use callboard_journal::{About, FeedCounts, FeedFilter, FeedGroups, FeedPage, History, Outcome, SpanBy};
use callboard_model::EntityKey;

use crate::stage::Stage;
use crate::the_site::ask;

/// The Shot that has every step.
const SHOT: i64 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_shot_tells_its_own_history_and_an_event_what_stands_around_it() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Shot", SHOT, "rev");
    stage.settled("Shot", SHOT, "rev").await;
    stage.site.set_status_as_person("Version", version, "note");
    let row = stage.settled("Version", version, "note").await;
    let site = row.site.clone();
    let history: History = ask(
        &stage,
        Ask::History {
            site: site.clone(),
            entity: EntityKey::new("Version", version),
        },
    )
    .await;
    assert_eq!(history.entity.key, EntityKey::new("Shot", SHOT), "that of its Shot");
    let lane = |kind: &str, id: i64| {
        let key = EntityKey::new(kind, id);
        history.lanes.iter().find(|l| l.entity.key == key).unwrap()
    };
    assert_eq!(lane("Task", task).step.as_deref(), Some("Composite"));
    let sent_back = lane("Task", task).spans.last().unwrap();
    assert_eq!(
        sent_back.status.as_ref().map(ToString::to_string).as_deref(),
        Some("adn")
    );
    assert_eq!(
        (sent_back.by, sent_back.cause),
        (Some(SpanBy::Callboard), Some(row.seq))
    );
    assert!(sent_back.rule.is_some());
    let shot = &lane("Shot", SHOT).spans;
    assert_eq!(shot.last().unwrap().by, Some(SpanBy::Callboard));
    assert_eq!(shot[shot.len() - 2].by, Some(SpanBy::Person));

    let about = FeedFilter {
        about: Some(About {
            site: site.clone(),
            entity: EntityKey::new("Shot", SHOT),
        }),
        ..FeedFilter::default()
    };
    let groups: FeedGroups = ask(
        &stage,
        Ask::FeedGroups {
            before: None,
            limit: 10,
            filter: FeedFilter::default(),
        },
    )
    .await;
    let page: FeedPage = ask(
        &stage,
        Ask::Feed {
            before: None,
            limit: 500,
            filter: about.clone(),
        },
    )
    .await;
    let group = &groups.groups[0];
    assert_eq!(group.entity.as_ref().unwrap().key, EntityKey::new("Shot", SHOT));
    assert_eq!(group.events as usize, page.rows.len());
    assert!(group.changes >= 2, "the Task and the Shot were set");
    let counts: FeedCounts = ask(&stage, Ask::FeedCounts { filter: about }).await;
    assert_eq!(counts.total as usize, page.rows.len());
    assert!(
        counts
            .outcomes
            .iter()
            .any(|o| o.value == Outcome::Changed && o.count >= 1)
    );

    stage
        .until("the outcome is written back", |s| {
            let delivery = s.reader.delivery_to_acknowledge(row.seq).unwrap();
            delivery.is_some_and(|(_, _, at)| at.is_some())
        })
        .await;
    let detail: EventDetail = ask(&stage, Ask::Event { seq: row.seq }).await;
    let previous = detail.previous.unwrap();
    assert!(previous.seq < row.seq && previous.payload.contains(&version.to_string()));
    assert_ne!(previous.payload, detail.payload);
    let answer = detail.answer.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "{\"ok\":true}"));
    assert!(detail.acknowledgement.unwrap().text.contains("adn, set and confirmed"));
    assert_eq!(detail.revision_then, Some(row.cascade.unwrap().revision));
    stage.close().await;
}
