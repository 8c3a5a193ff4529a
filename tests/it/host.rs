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
