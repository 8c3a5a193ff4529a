//! A hook of ftrack: a secret in a header opens it, and nothing else.

use callboard_model::Refusal;
use serde_json::json;

use crate::door::{Door, SECRET};
use crate::wire::Request;

fn delivery(id: &str) -> Request {
    let row = |status: &str| json!({"id": "t1", "object_type_id": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", "status_id": status});
    let body = json!({
        "id": id, "fez_id": "ftrack_entity_event_v1", "metadata": {"resource_id": "u1"},
        "entity": {"id": ["t1"], "entity_type": "Task", "operation": "update", "new": row("done"), "old": row("wip")},
    });
    Request::unsigned(body.to_string()).to("/hooks/lab")
}

#[tokio::test]
async fn a_delivery_that_shows_the_secret_or_the_one_before_it_is_taken_once() {
    let door = Door::open().await;
    for (id, secret) in [("e1", SECRET), ("e2", "old"), ("e1", SECRET)] {
        let answer = door.ask(&delivery(id).with("X-Callboard-Secret", secret)).await;
        assert_eq!(answer.status, 200, "{id}");
    }
    let rows = door.rows();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.is_status, row.seen_again, row.field.as_deref()))
        .collect();
    assert_eq!(told, [(true, 0, Some("status_id")), (true, 1, Some("status_id"))]);
    let verdicts: Vec<String> = rows
        .iter()
        .map(|row| door.journal.reader().delivery_of(row.seq).unwrap().unwrap().0.verdict)
        .collect();
    assert!(
        verdicts[0].contains("previous secret") && verdicts[1].contains("signs nothing"),
        "{verdicts:?}"
    );
}

#[tokio::test]
async fn anything_else_is_turned_away_and_counted() {
    let door = Door::open().await;
    let refused = [
        (delivery("e1"), Refusal::SignatureMissing),
        (delivery("e1").with("x-callboard-secret", ""), Refusal::SignatureMissing),
        (
            delivery("e1").with("x-callboard-secret", "guess"),
            Refusal::SignatureWrong,
        ),
        (delivery("e1").with("authorization", SECRET), Refusal::SignatureMissing),
        (
            delivery("e1")
                .with("x-callboard-secret", SECRET)
                .with("x-callboard-secret", "guess"),
            Refusal::SignatureMalformed,
        ),
    ];
    for (request, why) in refused {
        let answer = door.ask(&request).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"ok":false}"#));
        assert_eq!(door.refused(), [("lab".to_owned(), why, 1)]);
    }
    assert!(door.rows().is_empty());
}

#[tokio::test]
async fn the_secret_is_not_kept_with_the_delivery() {
    let door = Door::open().await;
    let request = delivery("e1")
        .with("X-CALLBOARD-SECRET", SECRET)
        .with("x-request-id", "7");
    assert_eq!(door.ask(&request).await.status, 200);
    let seq = door.rows()[0].seq;
    let (view, ..) = door.journal.reader().delivery_of(seq).unwrap().unwrap();
    let kept = format!("{view:?}");
    assert!(kept.contains("x-request-id") && !kept.contains(SECRET), "{kept}");
    let file = std::fs::read(callboard_journal::Journal::file(door.folder.path())).unwrap();
    assert!(!file.windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes()));
}

#[tokio::test]
async fn a_hook_without_a_secret_says_so_of_each_delivery() {
    let door = Door::open().await;
    assert_eq!(door.ask(&delivery("e1").to("/hooks/bare")).await.status, 200);
    let (view, ..) = door.journal.reader().delivery_of(door.rows()[0].seq).unwrap().unwrap();
    assert!(view.verdict.contains("No secret is asked for"), "{}", view.verdict);
}
