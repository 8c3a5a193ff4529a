//! Writes on behalf of the browser session that they follow from, so that its open pages refresh.

use std::sync::Mutex;

use callboard_practice::{Practice, PracticeArgs};
use callboard_trackers::shotgrid::{ScriptKey, ShotGrid};
use callboard_trackers::{Tracker, TrackerError};

use crate::site::{Answer, Asked, Hands, KEY, Site, bearer, error, minted, records, task, task_record, text};

const SESSION: &str = "dd6a1d6a-83a0-11ec-8826-0242ac110006";

fn mints(asked: &Asked) -> bool {
    asked.path.ends_with("access_token")
}

fn mints_for_a_session(asked: &Asked) -> bool {
    mints(asked) && asked.body.contains("session_uuid=")
}

fn done(_: &Asked, _: usize) -> Answer {
    text(200, format!("{{\"data\":{}}}", task_record(5001, "rev")))
}

/// What was asked, as `token` with the session or `PUT 1` with the number of the token it carried.
fn told(site: &Site) -> Vec<String> {
    let all = site.asked();
    let numbered = |one: &Asked| (0..=all.len()).find(|n| one.authorization == format!("Bearer {}", bearer(*n)));
    all.iter()
        .map(|one| match one.body.split_once("session_uuid=") {
            Some((_, session)) if mints(one) => format!("token {session}"),
            _ if mints(one) => "token".to_owned(),
            _ => format!("{} {}", one.method, numbered(one).unwrap()),
        })
        .collect()
}

#[tokio::test]
async fn a_write_carries_a_token_of_its_session_and_reading_the_plain_one() {
    let site = Site::start(|asked, before| match asked.method.as_str() {
        "POST" => records(&[]),
        _ => done(asked, before),
    })
    .await;
    let client = site.client();
    client
        .set_status(&task(5001), Some(&"rev".into()), Some(SESSION))
        .await
        .unwrap();
    client.set_status(&task(5002), None, Some(SESSION)).await.unwrap();
    client.statuses(&[task(5001)]).await.unwrap();
    client.set_status(&task(5003), None, None).await.unwrap();
    let session = format!("token {SESSION}");
    assert_eq!(
        told(&site),
        [session.as_str(), "PUT 1", "PUT 1", "token", "POST 2", "PUT 2"]
    );
    let form = format!("grant_type=client_credentials&client_id=callboard&client_secret={KEY}&session_uuid={SESSION}");
    assert_eq!(site.asked()[0].body, form);
    site.clock.forward(540);
    client.set_status(&task(5001), None, Some(SESSION)).await.unwrap();
    assert_eq!(told(&site)[6..], [session.as_str(), "PUT 3"], "until it ends");
}

#[tokio::test]
async fn a_field_is_set_on_behalf_of_a_session_too() {
    let site = Site::start(|asked, before| match asked.method.as_str() {
        "GET" => text(200, r#"{"data":{"data_type":{"value":"text"}}}"#),
        _ => done(asked, before),
    })
    .await;
    let client = site.client();
    client
        .set_field(&task(5001), "sg_x", Some("y"), Some(SESSION))
        .await
        .unwrap();
    assert_eq!(told(&site), ["token", "GET 1", &format!("token {SESSION}"), "PUT 2"]);
}

#[tokio::test]
async fn writes_of_one_session_at_once_share_one_minting() {
    let site = Site::start(done).await;
    let client = site.client();
    let (one, two, three) = (task(1), task(2), task(3));
    let (a, b, c) = tokio::join!(
        client.set_status(&one, None, Some(SESSION)),
        client.set_status(&two, None, Some(SESSION)),
        client.set_status(&three, None, Some(SESSION)),
    );
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!((site.mintings(), site.calls().len()), (1, 3));
}

#[tokio::test]
async fn the_least_recently_used_of_many_sessions_is_forgotten() {
    let site = Site::start(done).await;
    let client = site.client();
    let write = async |n: usize| {
        let session = format!("{SESSION}-{n}");
        client.set_status(&task(5001), None, Some(&session)).await.unwrap();
    };
    for n in 0..16 {
        write(n).await;
    }
    write(0).await;
    assert_eq!(site.mintings(), 16, "all are held");
    write(16).await;
    write(0).await;
    assert_eq!(site.mintings(), 17, "the one that was used is held yet");
    write(1).await;
    assert_eq!(site.mintings(), 18, "the one that was not is not");
}

#[tokio::test]
async fn a_site_that_mints_none_for_a_session_is_written_to_by_the_plain_token() {
    let refused = || error(400, 103, "Missing or invalid authentication arguments");
    let answers: [fn() -> Answer; 3] = [refused, || text(404, "<html>Not found</html>"), || text(200, "{}")];
    for refusal in answers {
        let count = Mutex::new(0);
        let site = Site::raw(move |asked, before| {
            if mints_for_a_session(asked) {
                return refusal();
            }
            if mints(asked) {
                *count.lock().unwrap() += 1;
                return minted(*count.lock().unwrap(), 600);
            }
            done(asked, before)
        })
        .await;
        let client = site.client();
        for _ in 0..2 {
            client.set_status(&task(5001), None, Some(SESSION)).await.unwrap();
        }
        let session = format!("token {SESSION}");
        assert_eq!(
            told(&site),
            [session.as_str(), "token", "PUT 1", "PUT 1"],
            "asked once for it"
        );
        site.clock.forward(600);
        client.set_status(&task(5001), None, Some(SESSION)).await.unwrap();
        assert_eq!(
            told(&site)[4..],
            [session.as_str(), "token", "PUT 2"],
            "and after a while again"
        );
    }
}

#[tokio::test]
async fn a_site_that_does_not_take_a_sessions_token_is_written_to_once_by_the_plain_one() {
    let site = Site::start(|asked, before| {
        if asked.authorization == format!("Bearer {}", bearer(1)) {
            error(401, 0, "Unauthorized")
        } else {
            done(asked, before)
        }
    })
    .await;
    let client = site.client();
    for _ in 0..2 {
        client.set_status(&task(5001), None, Some(SESSION)).await.unwrap();
    }
    assert_eq!(
        told(&site),
        [&format!("token {SESSION}"), "PUT 1", "token", "PUT 2", "PUT 2"]
    );
}

#[tokio::test]
async fn a_key_that_is_refused_is_refused_with_a_session_too() {
    let site = Site::raw(|_, _| error(400, 102, "Can't authenticate script 'callboard'")).await;
    let refused = site.client().set_status(&task(5001), None, Some(SESSION)).await;
    assert!(matches!(refused, Err(TrackerError::KeyRefused { .. })), "{refused:?}");
    assert_eq!(site.mintings(), 2);
    let site = Site::start(|_, _| error(401, 0, "Unauthorized")).await;
    let refused = site.client().set_status(&task(5001), None, Some(SESSION)).await;
    assert!(matches!(refused, Err(TrackerError::KeyRefused { .. })), "{refused:?}");
    assert_eq!(site.calls().len(), 3);
}

#[tokio::test]
async fn a_write_whose_outcome_is_unknown_is_not_made_again() {
    for status in [500, 502, 503, 429] {
        let site = Site::start(move |_, _| text(status, "busy")).await;
        let down = site.client().set_status(&task(5001), None, Some(SESSION)).await;
        assert!(matches!(down, Err(TrackerError::Down { .. })), "{down:?}");
        assert_eq!((site.mintings(), site.calls().len()), (1, 1));
    }
}

#[tokio::test]
async fn a_site_that_is_down_while_a_session_s_token_is_minted_is_down() {
    let site = Site::raw(|asked, n| {
        if mints_for_a_session(asked) {
            text(503, "maintenance")
        } else if mints(asked) {
            minted(n, 600)
        } else {
            text(200, "{}")
        }
    })
    .await;
    let down = site.client().set_status(&task(5001), None, Some(SESSION)).await;
    assert!(matches!(down, Err(TrackerError::Down { status: 503, .. })), "{down:?}");
    assert_eq!(site.asked().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_a_session_is_passed_over() {
    let site = Site::start(done).await;
    let client = site.client();
    let long = "a".repeat(65);
    for session in ["", "a b", "a&scope=sudo_as_login:noor", "é", &long] {
        client.set_status(&task(5001), None, Some(session)).await.unwrap();
    }
    assert_eq!(site.mintings(), 1);
    assert!(!site.asked().iter().any(mints_for_a_session));
}

#[tokio::test]
async fn the_practice_site_takes_writes_of_sessions() {
    let practice = Practice::start(PracticeArgs::default()).await.unwrap();
    let script = ScriptKey {
        name: "practice".into(),
        key: "practice".into(),
    };
    let client = ShotGrid::new(&practice.url(), script, Hands::stopped()).unwrap();
    for (status, session) in [("rev", Some(SESSION)), ("ip", None), ("wtg", Some(SESSION))] {
        client
            .set_status(&task(5006), Some(&status.into()), session)
            .await
            .unwrap();
        assert_eq!(practice.control().status("Task", 5006).as_deref(), Some(status));
    }
    assert_eq!(practice.control().requests_by_path()["/api/v1/auth/access_token"], 2);
    practice.stop().await;
}
