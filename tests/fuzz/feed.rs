//! What somebody types into the feed's search, and any filter of it.

use std::collections::BTreeSet;

use callboard_journal::{DeliveryIn, FeedFilter, Journal, Known, Reader, StatusView};
use callboard_model::{Clock as _, EntityRef, Event, HookName, SiteName, SystemClock};
use callboard_trackers::ftrack::ObjectTypes;
use callboard_trackers::{creative_force, ftrack, shotgrid};
use proptest::{prop_assert, prop_assert_eq};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::trying::{Outcome, files, fuzz, much_is_read_and_much_is_refused};

/// More pages than a journal of so few events has.
const PAGES: usize = 200;

/// A journal of what the corpora of bodies hold, three times over; the index knows of the first two.
struct Feed {
    journal: Journal,
    _folder: TempDir,
}

impl Feed {
    fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let runtime = Runtime::new().unwrap();
        for round in 0..3 {
            runtime.block_on(fill(&journal, round));
            if round == 1 {
                journal.index().unwrap();
            }
        }
        Self {
            journal,
            _folder: folder,
        }
    }

    fn reader(&self) -> &Reader {
        self.journal.reader()
    }

    /// What a filter finds by the index, page by page.
    fn found(&self, filter: &FeedFilter) -> Result<BTreeSet<i64>, proptest::test_runner::TestCaseError> {
        let mut found = BTreeSet::new();
        let mut before = None;
        for _ in 0..PAGES {
            let page = self.reader().feed(before, 7, filter).unwrap();
            prop_assert!(page.rows.is_sorted_by(|one, next| one.seq > next.seq));
            for row in &page.rows {
                prop_assert!(before.is_none_or(|before| row.seq < before) && found.insert(row.seq));
            }
            if !page.more {
                return Ok(found);
            }
            prop_assert!(
                page.before.is_some() && (before.is_none() || page.before < before),
                "it goes on"
            );
            before = page.before;
        }
        Err(proptest::test_runner::TestCaseError::fail("the pages have no end"))
    }

    /// What it finds by reading every event.
    fn read(&self, filter: &FeedFilter) -> BTreeSet<i64> {
        let rows = self.reader().rows_after(0, 100_000, filter).unwrap();
        rows.into_iter().map(|row| row.seq).collect()
    }

    fn a_filter_is_answered(&self, filter: &FeedFilter) -> Outcome {
        let found = self.found(filter)?;
        prop_assert_eq!(&found, &self.read(filter), "the index says otherwise than the events");
        let counts = self.reader().feed_counts(filter).unwrap();
        prop_assert_eq!(counts.total as usize, found.len());
        let groups = self.reader().feed_groups(None, 100, filter).unwrap();
        prop_assert_eq!(groups.groups.is_empty() && !groups.more, found.is_empty());
        Ok(())
    }
}

async fn fill(journal: &Journal, round: usize) {
    let now = SystemClock.now();
    let sites = ["practice", "lab", "studio"];
    for (site, corpus) in sites.into_iter().zip(["shotgrid", "ftrack", "creative-force"]) {
        let site = SiteName::from(site);
        let hook = HookName::from("status");
        for (name, file) in files(corpus) {
            let mut body = file.0;
            let mut events: Vec<Event> = match corpus {
                "shotgrid" => shotgrid::decode(&site, &hook, &body),
                "ftrack" => ftrack::decode(&site, &hook, &ObjectTypes::default(), &body),
                _ => vec![creative_force::decode(&site, &hook, &body).event],
            };
            for event in &mut events {
                event.key = format!("{}:{name}:{round}", event.key).as_str().into();
            }
            let named = |place: usize, entity: &EntityRef| Known {
                entity: entity
                    .clone()
                    .named(format!("SH0{place}0_Compositing É{place} n/a 承認待ち")),
                parent: None,
            };
            let entities = events.iter().flat_map(|event| {
                let person = event.actor.as_ref().map(|actor| &actor.entity);
                event.entity.iter().chain(person).chain(&event.project)
            });
            let known = entities
                .enumerate()
                .map(|(place, entity)| named(place, entity))
                .collect();
            journal.learn(site.clone(), known).await.unwrap();
            body.truncate(4_096);
            let delivery = DeliveryIn {
                hook: hook.clone(),
                site: site.clone(),
                tracker_id: None,
                received_at: now,
                verdict: "Signature good".to_owned(),
                headers: Vec::new(),
                body,
                events,
                status_field: shotgrid::STATUS_FIELD,
                heard: Vec::new(),
                left_out: None,
            };
            journal.accept(delivery).await.unwrap();
        }
        let approved = StatusView {
            code: "apv".into(),
            name: "Approved by client".to_owned(),
            color: None,
        };
        journal
            .put_statuses(site, "Version".into(), vec![approved])
            .await
            .unwrap();
    }
}

fn a_search_is_answered(feed: &Feed, bytes: &[u8]) -> Outcome {
    let search = |text: String| FeedFilter {
        text,
        ..FeedFilter::default()
    };
    let text = String::from_utf8_lossy(bytes).into_owned();
    let filter = search(text.clone());
    feed.a_filter_is_answered(&filter)?;
    let found = feed.found(&filter)?;
    prop_assert_eq!(
        &found,
        &feed.found(&search(format!("  {text}\t")))?,
        "spaces around it say nothing"
    );
    let narrower = feed.found(&search(format!("{text} sh0")))?;
    prop_assert!(narrower.is_subset(&found), "another word finds no more");
    Ok(())
}

#[test]
fn any_search_is_answered_by_the_index_as_by_reading_every_event() {
    let feed = Feed::open();
    fuzz("searches", 60, |bytes| a_search_is_answered(&feed, bytes));
}

#[test]
fn any_filter_of_the_feed_is_answered_by_the_index_as_by_reading_every_event() {
    let feed = Feed::open();
    fuzz("feed-filters", 100, |bytes| match serde_json::from_slice(bytes) {
        Ok(filter) => feed.a_filter_is_answered(&filter),
        Err(_) => Ok(()),
    });
}

#[test]
fn much_of_what_is_tried_of_filters_of_the_feed_is_one() {
    much_is_read_and_much_is_refused("feed-filters", |bytes| {
        serde_json::from_slice::<FeedFilter>(bytes).is_ok()
    });
}
