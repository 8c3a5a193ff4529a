//! Tokens: minted once, in time, and for nobody else.

use callboard_model::EntityKey;
use callboard_trackers::shotgrid::{ScriptKey, ShotGrid};
use callboard_trackers::{Tracker, TrackerError};

use crate::site::{Answer, Asked, KEY, Site, bearer, error, minted, records, task, task_record, text};

fn a_task(_: &Asked, _: usize) -> Answer {
    records(&[task_record(5001, "ip")])
}

#[tokio::test]
async fn one_token_serves_many_calls() {
    let site = Site::start(a_task).await;
    let client = site.client();
    for _ in 0..3 {
        client.statuses(&[task(5001)]).await.unwrap();
    }
    assert_eq!(site.mintings(), 1);
    let expected = format!("Bearer {}", bearer(1));
    assert!(site.calls().iter().all(|c| c.authorization == expected));
}

#[tokio::test]
async fn callers_at_once_share_one_minting() {
    let site = Site::start(a_task).await;
    let client = site.client();
    let key = [task(5001)];
    let (a, b, c, d) = tokio::join!(
        client.statuses(&key),
        client.statuses(&key),
        client.statuses(&key),
        client.me()
    );
    assert!(a.is_ok() && b.is_ok() && c.is_ok() && d.is_ok());
    assert_eq!(site.mintings(), 1);
}

#[tokio::test]
async fn the_minting_is_a_form_as_recorded() {
    let site = Site::start(a_task).await;
    site.client().statuses(&[task(5001)]).await.unwrap();
    let minting = &site.asked()[0];
    assert_eq!(
        (minting.method.as_str(), minting.path.as_str()),
        ("POST", "/api/v1/auth/access_token")
    );
    assert_eq!(minting.content_type, "application/x-www-form-urlencoded");
    assert_eq!(minting.accept, "application/json");
    assert_eq!(
        minting.body,
        format!("grant_type=client_credentials&client_id=callboard&client_secret={KEY}")
    );
    assert_eq!(minting.authorization, "");
}

#[tokio::test]
async fn a_token_is_minted_anew_a_minute_before_it_ends() {
    let site = Site::start(a_task).await;
    let client = site.client();
    client.statuses(&[task(5001)]).await.unwrap();
    site.clock.forward(539);
    client.statuses(&[task(5001)]).await.unwrap();
    assert_eq!(site.mintings(), 1);
    site.clock.forward(1);
    client.statuses(&[task(5001)]).await.unwrap();
    assert_eq!(site.mintings(), 2);
    assert_eq!(
        site.calls().last().unwrap().authorization,
        format!("Bearer {}", bearer(2))
    );
}

#[tokio::test]
async fn a_token_of_seconds_is_used_for_half_of_them() {
    let site = Site::raw(|asked, n| {
        if asked.path.ends_with("access_token") {
            minted(n, 20)
        } else {
            records(&[])
        }
    })
    .await;
    let client = site.client();
    client.statuses(&[task(5001)]).await.unwrap();
    site.clock.forward(9);
    client.statuses(&[task(5001)]).await.unwrap();
    assert_eq!(site.mintings(), 1);
    site.clock.forward(1);
    client.statuses(&[task(5001)]).await.unwrap();
    assert_eq!(site.mintings(), 2);
}

#[tokio::test]
async fn a_token_that_the_site_no_longer_takes_is_minted_anew_and_the_call_made_again() {
    let site = Site::start(|asked, _| {
        if asked.authorization == format!("Bearer {}", bearer(1)) {
            error(401, 0, "Unauthorized")
        } else {
            records(&[task_record(5001, "ip")])
        }
    })
    .await;
    let statuses = site.client().statuses(&[task(5001)]).await.unwrap();
    assert_eq!(statuses[&task(5001)], Some("ip".into()));
    assert_eq!((site.mintings(), site.calls().len()), (2, 2));
}

#[tokio::test]
async fn a_site_that_takes_no_token_at_all_is_asked_twice_and_no_more() {
    let site = Site::start(|_, _| error(401, 0, "Unauthorized")).await;
    let refused = site.client().statuses(&[task(5001)]).await.unwrap_err();
    assert!(
        matches!(&refused, TrackerError::KeyRefused { why, .. } if why == "Unauthorized"),
        "{refused}"
    );
    assert!(!refused.passing(), "somebody must do something");
    assert_eq!((site.mintings(), site.calls().len()), (2, 2));
}

#[tokio::test]
async fn a_refused_key_is_told_in_the_sites_own_words_and_without_the_key() {
    let site = Site::raw(|_, _| error(400, 102, "Can't authenticate script 'callboard'")).await;
    let refused = site.client().me().await.unwrap_err();
    let TrackerError::KeyRefused { script, why, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(
        (script.as_str(), why.as_str()),
        ("callboard", "Can't authenticate script 'callboard'")
    );
    assert!(!refused.passing());
    assert!(!format!("{refused} {refused:?}").contains(KEY));
}

#[tokio::test]
async fn the_account_of_our_writes_is_named_by_the_token() {
    let site = Site::start(a_task).await;
    assert_eq!(site.client().me().await.unwrap(), EntityKey::new("ApiUser", 41));
    assert!(site.calls().is_empty());
}

#[tokio::test]
async fn a_token_that_names_nobody_is_unreadable() {
    for token in ["opaque", "a.b.c", "..", "", "x.eyJ1c2VyIjp7fX0.y"] {
        let site = Site::raw(move |_, _| text(200, format!(r#"{{"access_token":"{token}","expires_in":600}}"#))).await;
        let error = site.client().me().await.unwrap_err();
        assert!(matches!(error, TrackerError::Unreadable { .. }), "{token:?}: {error}");
    }
}

#[tokio::test]
async fn a_token_answer_without_a_token_is_unreadable() {
    for body in [
        "{}",
        r#"{"access_token":null}"#,
        r#"{"access_token":7}"#,
        "[]",
        "<html>Sign in</html>",
    ] {
        let site = Site::raw(move |_, _| text(200, body)).await;
        let error = site.client().me().await.unwrap_err();
        assert!(matches!(error, TrackerError::Unreadable { .. }), "{body}: {error}");
    }
}

#[test]
fn a_script_key_does_not_show_in_debug() {
    let script = ScriptKey {
        name: "callboard".into(),
        key: KEY.into(),
    };
    assert!(!format!("{script:?}").contains(KEY));
}

#[tokio::test]
async fn addresses_that_are_none_are_refused_before_anything_is_sent() {
    let site = Site::start(a_task).await;
    let refused = |url: &str| {
        let script = ScriptKey {
            name: "callboard".into(),
            key: KEY.into(),
        };
        ShotGrid::new(url, script, site.clock.clone()).err()
    };
    for url in [
        "",
        "studio",
        "studio.example",
        "//studio.example",
        "ftp://studio.example",
        "file:///etc/passwd",
        "data:text/plain,x",
        "https://",
        "javascript:alert(1)",
    ] {
        assert_eq!(refused(url), Some(TrackerError::BadAddress(url.into())), "{url}");
    }
    for url in [
        "http://user@studio.example",
        "http://user:password@studio.example",
        "http://:password@studio.example",
    ] {
        assert_eq!(refused(url), Some(TrackerError::AddressWithPassword), "{url}");
        assert!(!refused(url).unwrap().to_string().contains("user"), "{url}");
    }
    for url in [
        "http://169.254.169.254",
        "http://[::ffff:169.254.169.254]",
        "http://0xa9fea9fe",
        "http://0.0.0.0:80",
        "https://[fe80::1]",
        "https://[fd00:ec2::254]",
        "http://224.0.0.1",
    ] {
        assert!(matches!(refused(url), Some(TrackerError::NoSiteThere(_))), "{url}");
    }
    for url in [
        "http://127.0.0.1:7080",
        "http://10.0.0.7",
        "https://[fd00::7]",
        "https://studio.example",
    ] {
        assert_eq!(refused(url), None, "{url}");
    }
    assert!(site.asked().is_empty());
}

#[tokio::test]
async fn a_path_after_the_sites_address_is_of_no_matter() {
    let site = Site::start(a_task).await;
    let script = ScriptKey {
        name: "callboard".into(),
        key: KEY.into(),
    };
    let client = ShotGrid::new(&format!("{}/page/5?x=1#top", site.url), script, site.clock.clone()).unwrap();
    client.statuses(&[task(5001)]).await.unwrap();
    assert_eq!(site.asked()[0].path, "/api/v1/auth/access_token");
}
