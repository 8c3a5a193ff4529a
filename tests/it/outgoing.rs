//! Others who are told by signed webhooks: each once, in time, and never at the cost of anything else.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use callboard_engine::api::{ApiError, Ask, KeyText, OutgoingIn, OutgoingSet, OutgoingView};
use callboard_engine::{AlertKind, OutgoingSettings, Secret};
use callboard_model::{Clock, SystemClock};
use jiff::{SignedDuration, Timestamp};

use crate::ears::{Answer, Ears, is_signed};
use crate::stage::{Stage, Wishes};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The Shot that has every step.
const SHOT: i64 = 1000;

/// A clock that can be put forward.
#[derive(Default)]
struct Forward(Mutex<SignedDuration>);

impl Forward {
    fn put(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Forward {
    fn now(&self) -> Timestamp {
        SystemClock.now() + *self.0.lock().unwrap()
    }
}

fn told(name: &str, url: &str, on: &[&str]) -> OutgoingSettings {
    OutgoingSettings {
        name: name.into(),
        url: url.into(),
        secret: Secret::Plain(SECRET.into()),
        on: on.iter().map(|&what| what.to_owned()).collect(),
    }
}

async fn stage(outgoing: Vec<OutgoingSettings>, clock: Arc<dyn Clock>) -> Stage {
    Stage::with(Wishes {
        outgoing,
        clock,
        ..Wishes::default()
    })
    .await
}

/// A Version that is approved, and what is written because of it.
async fn approve(stage: &Stage) {
    let (version, _) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "apv");
    stage.settled("Version", version, "apv").await;
}

#[tokio::test]
async fn what_was_written_is_told_and_what_was_not_asked_for_is_not() {
    let (one, other) = (Ears::open().await, Ears::open().await);
    let receivers = vec![
        told("one", &one.url, &["confirmed"]),
        told("other", &other.url, &["hook_failed"]),
    ];
    let stage = stage(receivers, Arc::new(SystemClock)).await;
    approve(&stage).await;
    let heard = one.hears(1).await;
    assert!(
        heard
            .iter()
            .all(|message| is_signed(message, SECRET) && message.body["type"] == "change.confirmed")
    );
    let data = &heard[0].body["data"];
    assert!(
        data["rule"]["name"].is_string() && data["event"]["seq"].is_i64() && data["to"].is_string(),
        "{data}"
    );
    assert!(other.heard().is_empty());
    stage.close().await;
}

#[tokio::test]
async fn a_receiver_that_is_away_is_told_later_under_the_same_id_and_holds_up_nobody() {
    let (away, well) = (Ears::open().await, Ears::open().await);
    away.answer(Some(Answer::status(503)));
    let receivers = vec![
        told("away", &away.url, &["confirmed"]),
        told("well", &well.url, &["confirmed"]),
    ];
    let stage = stage(receivers, Arc::new(SystemClock)).await;
    approve(&stage).await;
    let first = well.hears(1).await.remove(0);
    away.hears(1).await;
    let waiting: Vec<OutgoingView> = serde_json::from_value(stage.engine.ask(Ask::Outgoing).await.unwrap()).unwrap();
    assert!(
        waiting[0].waiting > 0 && waiting[0].waiting_since.is_some(),
        "{waiting:?}"
    );
    away.answer(None);
    let is_first = |message: &crate::ears::Heard| message.id == first.id;
    stage
        .until("what was away has been told", |_| {
            away.heard().iter().filter(|m| is_first(m)).count() >= 2
        })
        .await;
    let again: Vec<_> = away.heard().into_iter().filter(is_first).collect();
    assert_eq!(again[0].text, again[1].text);
    assert!(again.iter().all(|message| is_signed(message, SECRET)));
    stage
        .until("nothing waits", |s| {
            s.reader.outgoing_queue("away").unwrap().waiting == 0
        })
        .await;
    stage.close().await;
}

#[tokio::test]
async fn after_a_day_a_message_is_given_up_with_an_issue() {
    let ears = Ears::open().await;
    ears.answer(Some(Answer::status(500)));
    let clock = Arc::new(Forward::default());
    let stage = stage(vec![told("tools", &ears.url, &["confirmed"])], clock.clone()).await;
    approve(&stage).await;
    ears.hears(1).await;
    clock.put(SignedDuration::from_hours(25));
    let has_issue = |s: &Stage| {
        let open = s.reader.issues_view().unwrap().open;
        open.iter()
            .any(|issue| issue.key == "outgoing:tools" && issue.kind == AlertKind::Outgoing)
    };
    stage.within(Duration::from_secs(90), "it is given up", has_issue).await;
    stage.close().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (ears, elsewhere) = (Ears::open().await, Ears::open().await);
    ears.answer(Some(Answer {
        location: Some(elsewhere.url.clone()),
        ..Answer::status(307)
    }));
    let stage = stage(vec![told("tools", &ears.url, &["confirmed"])], Arc::new(SystemClock)).await;
    approve(&stage).await;
    ears.hears(1).await;
    let why = |s: &Stage| s.reader.outgoing_queue("tools").unwrap().why;
    stage
        .until("it is noted", |s| why(s).is_some_and(|why| why.contains("moved")))
        .await;
    assert!(elsewhere.heard().is_empty());
    stage.close().await;
}

#[tokio::test]
async fn a_receiver_that_wants_no_more_is_left_alone() {
    let ears = Ears::open().await;
    ears.answer(Some(Answer::status(410)));
    let stage = stage(vec![told("tools", &ears.url, &["confirmed"])], Arc::new(SystemClock)).await;
    approve(&stage).await;
    ears.hears(1).await;
    let has_issue = |s: &Stage| {
        s.reader
            .issues_view()
            .unwrap()
            .open
            .iter()
            .any(|i| i.key == "outgoing:tools")
    };
    stage.until("an issue says so", has_issue).await;
    let before = ears.heard().len();
    ears.answer(None);
    approve(&stage).await;
    assert_eq!(ears.heard().len(), before);
    stage.close().await;
}

#[tokio::test]
async fn what_waits_is_told_after_a_restart() {
    let ears = Ears::open().await;
    ears.answer(Some(Answer::status(503)));
    let receivers = || vec![told("tools", &ears.url, &["confirmed"])];
    let stage = stage(receivers(), Arc::new(SystemClock)).await;
    approve(&stage).await;
    let first = ears.hears(1).await.remove(0);
    let away = stage.without_engine().await;
    ears.answer(None);
    let before = ears.heard().len();
    let wishes = Wishes {
        outgoing: receivers(),
        ..Wishes::default()
    };
    let stage = away.back(&wishes).await;
    let came = |ears: &Ears| ears.heard().iter().skip(before).any(|message| message.id == first.id);
    stage.until("what waited has been told", |_| came(&ears)).await;
    stage.close().await;
}

#[tokio::test]
async fn somebody_is_told_from_the_moment_that_they_are_set_and_their_secret_is_shown_once() {
    let (ears, elsewhere) = (Ears::open().await, Ears::open().await);
    let stage = stage(Vec::new(), Arc::new(SystemClock)).await;
    let set = |url: &str, secret: Option<&str>| Ask::SetOutgoing {
        outgoing: OutgoingIn {
            name: "tools".into(),
            url: url.into(),
            secret: secret.map(KeyText::from),
            on: vec!["confirmed".into()],
        },
    };
    let asked = async |ask: Ask| -> Result<OutgoingSet, ApiError> {
        stage
            .engine
            .ask(ask)
            .await
            .map(|answer| serde_json::from_value(answer).unwrap())
    };
    let made = asked(set(&ears.url, None)).await.unwrap();
    let secret = made.secret.unwrap();
    assert_eq!(made.outgoing.len(), 1);
    assert_eq!(asked(set(&ears.url, None)).await.unwrap().secret, None);
    approve(&stage).await;
    let heard = ears.hears(1).await;
    assert!(is_signed(&heard[0], &secret));
    let other = asked(set(&elsewhere.url, None)).await.unwrap().secret.unwrap();
    assert_ne!(other, secret, "a kept secret goes to no other host");
    approve(&stage).await;
    assert!(is_signed(&elsewhere.hears(1).await[0], &other));
    let wrong = asked(set(&ears.url, Some("hunter2"))).await.unwrap_err();
    assert!(wrong.message.contains("whsec_") && !wrong.message.contains("hunter2"));
    let gone = stage
        .engine
        .ask(Ask::RemoveOutgoing { name: "tools".into() })
        .await
        .unwrap();
    assert_eq!(gone, serde_json::json!([]));
    let before = elsewhere.heard().len();
    approve(&stage).await;
    assert_eq!(elsewhere.heard().len(), before);
    stage.close().await;
}

#[tokio::test]
async fn alerts_are_told_with_what_to_do() {
    let ears = Ears::open().await;
    let stage = stage(
        vec![told("tools", &ears.url, &["hook_unstable"])],
        Arc::new(SystemClock),
    )
    .await;
    let delivery = crate::stage::http().post(format!("{}/hooks/status", stage.engine.receiver_url()));
    let delivery = delivery
        .header("content-type", "application/json")
        .header("x-sg-signature", "sha1=00");
    assert_eq!(delivery.body("{}").send().await.unwrap().status().as_u16(), 401);
    let heard = ears.hears(1).await;
    assert!(is_signed(&heard[0], SECRET));
    assert_eq!(heard[0].body["type"], "alert.hook_unstable");
    assert!(
        heard[0].body["data"]["body"].as_str().unwrap().contains("signature"),
        "{}",
        heard[0].text
    );
    stage.close().await;
}
