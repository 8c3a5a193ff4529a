//! A practice production started from inside the program, and ended again.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use callboard_engine::api::{ApiError, ApiErrorCode, Ask, HooksView, Overview, SiteIn};
use callboard_engine::{Engine, EngineOptions, KeepIn, Settings};
use callboard_journal::{FeedFilter, FeedRow, Reader};
use callboard_model::{SiteName, SystemClock};
use callboard_playhouse::Playhouse;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::stage::{all_confirmed, http};

/// Longer than anything here takes on a busy machine. Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(45);

/// An engine of a studio that has set nothing up yet.
struct Empty {
    engine: Engine,
    data: TempDir,
}

async fn start(data: &Path, has_house: bool) -> Engine {
    let house = Playhouse { rate: 20.0 };
    Engine::start(EngineOptions {
        data: data.to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        api: None,
        settings: Settings::of(data, None).unwrap(),
        settings_file: Some(Settings::path(data, None)),
        secrets: KeepIn::File,
        rules: None,
        author: "a test".into(),
        clock: Arc::new(SystemClock),
        practice: if has_house { Some(Arc::new(house)) } else { None },
    })
    .await
    .unwrap()
}

impl Empty {
    async fn open() -> Self {
        let data = TempDir::new().unwrap();
        let engine = start(data.path(), true).await;
        Self { engine, data }
    }

    async fn ask<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, ApiError> {
        let answer = self.engine.ask(ask).await?;
        Ok(serde_json::from_value(answer).unwrap())
    }

    async fn overview(&self) -> Overview {
        self.ask(Ask::Overview).await.unwrap()
    }

    async fn end(&self) -> Overview {
        let site = SiteName::from("practice");
        self.ask(Ask::RemoveSite { site }).await.unwrap()
    }

    fn rows_after(&self, seq: i64) -> Vec<FeedRow> {
        let reader = Reader::open(self.data.path()).unwrap();
        reader.rows_after(seq, 100_000, &FeedFilter::default()).unwrap()
    }

    /// Waits for an event after `seq` whose cascade the site has confirmed; the number of the newest by then.
    async fn cascade_after(&self, seq: i64) -> i64 {
        let begun = tokio::time::Instant::now();
        loop {
            let rows = self.rows_after(seq);
            if rows.iter().any(all_confirmed) {
                return rows.last().map_or(seq, |row| row.seq);
            }
            assert!(begun.elapsed() < DEADLINE, "waited in vain for a cascade: {rows:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn has_settings(&self) -> bool {
        self.data.path().join(Settings::FILE).exists()
    }
}

fn is_refused<T: std::fmt::Debug>(answer: Result<T, ApiError>, part: &str) {
    let error = answer.expect_err("it is refused");
    assert_eq!(error.code, ApiErrorCode::BadRequest, "{}", error.message);
    assert!(error.message.contains(part), "{}", error.message);
}

async fn answers(url: &str) -> bool {
    http().get(format!("{url}/api/v1")).send().await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_nothing_to_a_first_cascade_with_one_press_and_again() {
    let empty = Empty::open().await;
    let before = empty.overview().await;
    assert!(before.can_practice && !before.practice && before.live.is_none());
    let overview: Overview = empty.ask(Ask::StartPractice).await.unwrap();
    assert!(overview.practice && !overview.can_practice);
    assert_eq!(overview.live.as_ref().map(|live| live.revision), Some(1));
    assert_eq!(
        (overview.sites[0].name.as_str(), overview.sites[0].write.as_str()),
        ("practice", "act")
    );
    assert_eq!(overview.hooks[0].name.as_str(), "status");
    let first = overview.sites[0].url.clone();
    let newest = empty.cascade_after(0).await;
    is_refused(empty.ask::<Overview>(Ask::StartPractice).await, "runs already");
    let view: HooksView = empty.ask(Ask::Hooks).await.unwrap();
    assert!(
        view.hooks[0].is_signed && view.hooks[0].webhook.is_some(),
        "the site has it, and it is ours"
    );
    assert!(!empty.has_settings(), "nothing of it is kept");

    let ended = empty.end().await;
    assert!(ended.can_practice && !ended.practice && ended.sites.is_empty() && ended.hooks.is_empty());
    assert!(!answers(&first).await, "the production is gone");
    assert!(!empty.has_settings());

    // What happened in the first is no reason to take the second's for seen before.
    let newest = newest.max(empty.rows_after(0).last().map_or(0, |row| row.seq));
    let again: Overview = empty.ask(Ask::StartPractice).await.unwrap();
    assert_eq!(
        again.live.map(|live| live.revision),
        Some(1),
        "the rules that are live stay"
    );
    empty.cascade_after(newest).await;
    let second = again.sites[0].url.clone();
    assert!(answers(&second).await);
    let Empty { engine, data } = empty;
    engine.stop().await;
    assert!(!answers(&second).await, "it ends with the engine");

    let engine = start(data.path(), true).await;
    let next = Empty { engine, data };
    let overview = next.overview().await;
    assert!(
        overview.sites.is_empty() && overview.can_practice,
        "gone at the next start"
    );
    next.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_of_it_is_not_kept_either_and_what_waited_there_waits_no_more() {
    let empty = Empty::open().await;
    let _: Overview = empty.ask(Ask::StartPractice).await.unwrap();
    let sites: Vec<SiteIn> = empty.ask(Ask::Sites).await.unwrap();
    let mut site = sites[0].clone();
    site.write = "ask".into();
    let overview: Overview = empty.ask(Ask::PutSite { site: site.clone() }).await.unwrap();
    assert!(overview.practice && overview.sites[0].write == "ask");
    let begun = tokio::time::Instant::now();
    while empty.overview().await.waiting_for_you == 0 {
        assert!(begun.elapsed() < DEADLINE, "nothing waits");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    site.url = "https://show.example".into();
    site.script_key = Some("key-of-the-show".into());
    is_refused(empty.ask::<Overview>(Ask::PutSite { site }).await, "another name");
    let address = Some("https://callboard.studio.example".to_owned());
    let _: HooksView = empty.ask(Ask::SetPublicAddress { address }).await.unwrap();
    let text = std::fs::read_to_string(empty.data.path().join(Settings::FILE)).unwrap();
    assert_eq!(
        text, "public_address = \"https://callboard.studio.example\"\n",
        "what is the studio's own is kept"
    );

    assert_eq!(empty.end().await.waiting_for_you, 0);
    empty.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_no_name_from_a_site_of_the_studio() {
    let empty = Empty::open().await;
    let url = "https://show.example";
    let named = |name: &str| SiteIn {
        script_key: Some("key".into()),
        ..SiteIn::shotgrid(SiteName::from(name), url, "callboard")
    };
    let site = named("practice");
    let overview: Overview = empty.ask(Ask::PutSite { site }).await.unwrap();
    assert!(!overview.can_practice);
    is_refused(
        empty.ask::<Overview>(Ask::StartPractice).await,
        "A site named practice is connected",
    );
    empty.end().await;
    let site = named("show");
    let overview: Overview = empty.ask(Ask::PutSite { site }).await.unwrap();
    assert!(overview.can_practice);
    let overview: Overview = empty.ask(Ask::StartPractice).await.unwrap();
    assert_eq!(overview.sites.len(), 2);
    let text = std::fs::read_to_string(empty.data.path().join(Settings::FILE)).unwrap();
    assert!(text.contains("show") && !text.contains("practice"), "{text}");
    empty.engine.stop().await;

    let data = TempDir::new().unwrap();
    let engine = start(data.path(), false).await;
    let without = Empty { engine, data };
    assert!(!without.overview().await.can_practice);
    is_refused(
        without.ask::<Overview>(Ask::StartPractice).await,
        "without a practice production",
    );
    without.engine.stop().await;
}
