//! What a site says when it does not do as it is asked, and what becomes of the key.

use std::time::Duration;

use callboard_trackers::{Tracker, TrackerError};

use crate::site::{KEY, Site, error, records, task, task_record, text};

#[tokio::test]
async fn a_busy_site_says_how_long_to_leave_it_alone() {
    for status in [503, 429] {
        let site = Site::start(move |_, _| text(status, "busy").with("retry-after", "7")).await;
        let down = site.client().statuses(&[task(1)]).await.unwrap_err();
        assert_eq!(down.retry_after(), Some(Duration::from_secs(7)));
        assert!(matches!(down, TrackerError::Down { status: s, .. } if s == status));
        assert!(down.passing());
        assert_eq!(site.calls().len(), 1, "when to try again is not the client's to decide");
    }
}

#[tokio::test]
async fn a_site_that_is_down_without_a_word_is_down() {
    for (status, wait) in [(500, ""), (502, "soon"), (504, "Wed, 21 Oct 2026 07:28:00 GMT")] {
        let site = Site::start(move |_, _| text(status, "<html>Bad gateway</html>").with("retry-after", wait)).await;
        let down = site.client().statuses(&[task(1)]).await.unwrap_err();
        assert!(
            matches!(down, TrackerError::Down { status: s, retry_after: None, .. } if s == status),
            "{down}"
        );
    }
}

#[tokio::test]
async fn a_site_that_is_down_while_the_token_is_minted_is_down_and_its_key_is_not_refused() {
    let site = Site::raw(|_, _| text(503, "maintenance")).await;
    let down = site.client().statuses(&[task(1)]).await.unwrap_err();
    assert!(matches!(down, TrackerError::Down { status: 503, .. }), "{down}");
}

#[tokio::test]
async fn an_address_where_nobody_listens_cannot_be_reached() {
    let mut site = Site::start(|_, _| records(&[])).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    site.url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let error = site.client().statuses(&[task(1)]).await.unwrap_err();
    assert!(matches!(error, TrackerError::Unreachable { .. }), "{error}");
    assert!(error.passing());
    assert!(!format!("{error:?}").contains(KEY));
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed_and_takes_no_key_along() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Site::start(|_, _| records(&[])).await;
        let there = elsewhere.url.clone();
        let site = Site::raw(move |asked, _| text(status, "").with("location", format!("{there}{}", asked.path))).await;
        let error = site.client().statuses(&[task(1)]).await.unwrap_err();
        assert_eq!(error, TrackerError::Redirected(site.url.clone()));
        assert!(!error.passing());
        assert!(elsewhere.asked().is_empty(), "{status}: nothing of ours goes there");
    }
}

#[tokio::test]
async fn a_redirect_of_a_call_takes_no_token_along_either() {
    let elsewhere = Site::start(|_, _| records(&[])).await;
    let there = elsewhere.url.clone();
    let site = Site::start(move |asked, _| text(307, "").with("location", format!("{there}{}", asked.path))).await;
    let error = site.client().statuses(&[task(1)]).await.unwrap_err();
    assert_eq!(error, TrackerError::Redirected(site.url.clone()));
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_redirect_to_the_same_host_by_another_scheme_is_another_address() {
    let site = Site::start(|asked, _| {
        let location = format!("https://{}{}", asked.host, asked.path);
        text(307, "").with("location", location)
    })
    .await;
    let error = site.client().statuses(&[task(1)]).await.unwrap_err();
    assert_eq!(error, TrackerError::Redirected(site.url.clone()));
}

#[tokio::test]
async fn a_redirect_within_the_site_is_followed() {
    let site = Site::start(|asked, _| {
        if asked.path.contains("/tasks/") {
            records(&[task_record(1, "ip")])
        } else {
            text(307, "").with("location", "/api/v1/entity/tasks/_search")
        }
    })
    .await;
    let statuses = site.client().statuses(&[task(1)]).await.unwrap();
    assert_eq!(statuses[&task(1)], Some("ip".into()));
}

#[tokio::test]
async fn a_redirect_without_end_ends() {
    let site = Site::start(|asked, _| text(307, "").with("location", asked.path.clone())).await;
    let error = site.client().statuses(&[task(1)]).await.unwrap_err();
    assert_eq!(error, TrackerError::Redirected(site.url.clone()));
    assert!(site.calls().len() <= 6);
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_unreadable() {
    let answers = [
        "",
        "<html><body>Sign in to the studio's wifi</body></html>",
        "{\"data\":",
        "\u{feff}nope",
    ];
    for answer in answers {
        let site = Site::start(move |_, _| text(200, answer)).await;
        let error = site.client().statuses(&[task(1)]).await.unwrap_err();
        assert!(matches!(error, TrackerError::Unreadable { .. }), "{answer}: {error}");
        assert!(error.passing(), "a hotel's sign-in page goes away by itself");
    }
}

#[tokio::test]
async fn json_of_another_shape_is_unreadable_too() {
    for answer in [
        "{}",
        "[]",
        "null",
        r#"{"data":null}"#,
        r#"{"data":{}}"#,
        r#"{"data":"x"}"#,
    ] {
        let site = Site::start(move |_, _| text(200, answer)).await;
        let error = site.client().read(&[task(1)]).await.unwrap_err();
        assert!(matches!(error, TrackerError::Unreadable { .. }), "{answer}: {error}");
    }
}

#[tokio::test]
async fn a_refused_search_is_told_in_the_sites_own_words() {
    let title = "API read() Task.not_existing_field doesn't exist.";
    let site = Site::start(move |_, _| error(400, 103, title)).await;
    let refused = site.client().statuses(&[task(1)]).await.unwrap_err();
    assert_eq!(refused, TrackerError::Refused(title.into()));
    assert!(!refused.passing());
}

#[tokio::test]
async fn an_error_document_without_a_title_is_told_by_its_detail_or_its_number() {
    let site = Site::start(|_, _| text(400, r#"{"errors":[{"title":null,"detail":"Nope"}]}"#)).await;
    let refused = site.client().statuses(&[task(1)]).await.unwrap_err();
    assert_eq!(refused, TrackerError::Refused("Nope".into()));
    for body in [
        "{}",
        r#"{"errors":[]}"#,
        r#"{"errors":null}"#,
        r#"{"errors":[{"title":7}]}"#,
    ] {
        let site = Site::start(move |_, _| text(400, body)).await;
        let refused = site.client().statuses(&[task(1)]).await.unwrap_err();
        assert!(
            matches!(&refused, TrackerError::Refused(why) if why.contains("400")),
            "{refused}"
        );
    }
}
