//! The API that a browser uses: for this machine's own page, with the token.

use callboard_engine::api::Ask;
use serde_json::Value;

use crate::stage::{Stage, http};

#[tokio::test(flavor = "multi_thread")]
async fn answers_only_with_the_token_and_only_its_own_page() {
    let stage = Stage::open().await;
    let ask = format!("{}/api/ask", stage.engine.api_url().unwrap());
    let body = serde_json::to_string(&Ask::Overview).unwrap();
    let post = || http().post(&ask).body(body.clone());
    let token = format!("Bearer {}", stage.engine.token());
    assert_eq!(post().send().await.unwrap().status(), 401);
    assert_eq!(
        post()
            .header("authorization", "Bearer x")
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    let good = post().header("authorization", &token).send().await.unwrap();
    assert_eq!(good.status(), 200);
    let overview: Value = good.json().await.unwrap();
    assert_eq!(overview["sites"][0]["name"], "practice");
    assert_eq!(overview["hooks"][0]["state"], "active");
    assert_eq!(overview["statuses"]["Task"][0]["code"], "omt");
    assert!(!overview.to_string().contains("mytoken"));
    let foreign = post()
        .header("authorization", &token)
        .header("origin", "http://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let rebound = post().header("authorization", &token).header("host", "evil.example");
    assert_eq!(rebound.send().await.unwrap().status(), 421);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_ours_is_421_on_every_path_of_both_ports() {
    let stage = Stage::open().await;
    let token = format!("Bearer {}", stage.engine.token());
    for base in [stage.engine.api_url().unwrap(), stage.engine.receiver_url()] {
        for path in [
            "/",
            "/index.html",
            "/nosuch",
            "/api/ask",
            "/api/news",
            "/metrics",
            "/healthz",
            "/hooks/status",
            "/hooks/nosuch",
        ] {
            for name in [
                "evil.example",
                "evil.example:8788",
                "localhost.evil.example",
                "10.0.0.7",
            ] {
                for method in [reqwest::Method::GET, reqwest::Method::POST, reqwest::Method::OPTIONS] {
                    let request = http()
                        .request(method.clone(), format!("{base}{path}"))
                        .header("authorization", &token)
                        .header("host", name);
                    let answer = request.body("{}").send().await.unwrap();
                    assert_eq!(answer.status(), 421, "{method} {path} of {name} at {base}");
                }
            }
        }
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_may_load_nothing_but_itself_and_no_get_changes_anything() {
    let stage = Stage::open().await;
    let api = stage.engine.api_url().unwrap().to_owned();
    let token = format!("Bearer {}", stage.engine.token());
    for path in [
        "/",
        "/index.html",
        "/nosuch",
        "/../../etc/passwd",
        "/api/ask",
        "/api/ask?ask=pause",
        "/metrics",
    ] {
        for method in [reqwest::Method::GET, reqwest::Method::HEAD, reqwest::Method::OPTIONS] {
            let request = http().request(method.clone(), format!("{api}{path}"));
            let answer = request.header("authorization", &token).send().await.unwrap();
            let header = |name: &str| {
                answer
                    .headers()
                    .get(name)
                    .map(|value| value.to_str().unwrap().to_owned())
            };
            let csp = header("content-security-policy").unwrap();
            assert!(
                csp.starts_with("default-src 'self';") && !csp.contains("script-src") && !csp.contains("eval"),
                "{csp}"
            );
            for part in [
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
            ] {
                assert!(csp.contains(part), "{part} in {csp}");
            }
            assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"));
            assert_eq!(header("access-control-allow-origin"), None);
            if path.starts_with("/api/ask") {
                assert_eq!(answer.status(), 405, "{method} {path}");
            }
        }
    }
    let refused = http()
        .post(format!("{api}/api/ask"))
        .body(r#"{"ask":"pause"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401, "a page's form cannot show the token");
    let on_the_receiver = http().post(format!("{}/api/ask", stage.engine.receiver_url()));
    let answer = on_the_receiver
        .header("authorization", &token)
        .body(r#"{"ask":"pause"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    assert!(stage.reader.paused().unwrap().is_none());
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_an_event_come_without_asking() {
    let stage = Stage::open().await;
    let news = format!("{}/api/news", stage.engine.api_url().unwrap());
    let mut stream = http()
        .get(&news)
        .bearer_auth(stage.engine.token())
        .send()
        .await
        .unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    stage
        .site
        .set_status_as_person("Task", stage.task(1000, "Composite"), "hld");
    let mut heard = String::new();
    while !heard.contains("\"confirmed\"") {
        let chunk = stream.chunk().await.unwrap().expect("the stream goes on");
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(heard.contains("\"news\":\"rows\""));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_happened() {
    let stage = Stage::open().await;
    stage.version(1000, "Composite").await;
    let metrics = format!("{}/metrics", stage.engine.api_url().unwrap());
    let text = http().get(metrics).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("callboard_deliveries_total 1"), "{text}");
    assert!(
        text.contains("callboard_journal_events{outcome=\"changed\"} 1"),
        "{text}"
    );
    stage.close().await;
}
