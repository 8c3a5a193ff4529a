//! What the journal holds after an answer.

use callboard_journal::Outcome;
use callboard_model::Refusal;
use serde_json::json;

use crate::door::{Door, SECRET, change, data};
use crate::wire::{Request, Wire};

async fn deliver(door: &Door, body: impl Into<Vec<u8>>) -> u16 {
    door.ask(&Request::delivery(SECRET, body)).await.status
}

#[tokio::test]
async fn a_duplicate_is_answered_ok_and_counted() {
    let door = Door::open().await;
    for _ in 0..3 {
        assert_eq!(deliver(&door, change(1)).await, 200);
    }
    let batch = json!({"timestamp": "2024-05-01T09:00:01.140Z", "data": {"deliveries": [data(1), data(2), data(2)]}});
    assert_eq!(deliver(&door, batch.to_string()).await, 200);
    let rows = door.rows();
    let seen: Vec<_> = rows.iter().map(|r| (r.event_log_entry_id, r.seen_again)).collect();
    assert_eq!(seen, [(Some(2), 1), (Some(1), 3)]);
    assert_eq!(door.count("delivery"), 2);
    assert!(door.counted("callboard_deliveries_total 4"));
    assert!(door.counted("callboard_events_total 2"));
    assert!(door.counted("callboard_events_seen_again_total 4"));
}

#[tokio::test]
async fn what_is_signed_and_not_understood_is_kept_whole() {
    let door = Door::open().await;
    let bodies: [&[u8]; 6] = [
        b"not json",
        b"",
        b"[]",
        b"{\"data\":{}}",
        b"\xff\x00\xfe",
        b"{\"data\":{\"deliveries\":[]}}",
    ];
    for body in bodies {
        assert_eq!(deliver(&door, body).await, 200, "{}", body.escape_ascii());
    }
    let rows = door.rows();
    assert_eq!(rows.len(), bodies.len());
    for (row, sent) in rows.iter().rev().zip(bodies) {
        assert_eq!(row.outcome, Outcome::NotUnderstood);
        let (view, body, _) = door.journal.reader().delivery_of(row.seq).unwrap().unwrap();
        assert_eq!((body.as_slice(), view.verdict.as_str()), (sent, "Signature good"));
    }
}

#[tokio::test]
async fn a_delivery_is_kept_to_the_byte_with_its_headers_and_without_their_secrets() {
    let door = Door::open().await;
    let body = format!("\u{feff} {} \n", change(1));
    let request = Request::delivery(SECRET, body.clone())
        .with("x-sg-webhook-id", "4f0e")
        .with("Authorization", "Bearer hunter2")
        .with("Cookie", "session=hunter3")
        .with("Proxy-Authorization", "Basic hunter4")
        .with("cf-access-jwt-assertion", "hunter5")
        .with("x-api-key", "hunter6")
        .with("x-callboard-secret", "hunter7");
    assert_eq!(door.ask(&request).await.status, 200);
    let (view, kept, place) = door.journal.reader().delivery_of(door.rows()[0].seq).unwrap().unwrap();
    assert_eq!((kept, place), (body.into_bytes(), 0));
    let header = |name: &str| view.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!(header("x-sg-webhook-id"), Some("4f0e"));
    assert_eq!(header("user-agent"), Some("SG event-pipeline"));
    assert!(!format!("{:?}", view.headers).contains("hunter"));
}

#[tokio::test]
async fn a_verdict_says_which_secret_signed() {
    let door = Door::open().await;
    let to = |secret: &str, entry| Request::delivery(secret, change(entry)).to("/hooks/turning");
    assert_eq!(door.ask(&to("new", 1)).await.status, 200);
    assert_eq!(door.ask(&to("old", 2)).await.status, 200);
    assert_eq!(door.ask(&to("older", 3)).await.status, 401);
    assert_eq!(
        door.ask(&Request::unsigned(change(4)).to("/hooks/open")).await.status,
        200
    );
    let verdict = |seq| door.journal.reader().delivery_of(seq).unwrap().unwrap().0.verdict;
    let verdicts: Vec<String> = door.rows().iter().rev().map(|r| verdict(r.seq)).collect();
    assert_eq!(verdicts[0], "Signature good");
    assert!(verdicts[1].contains("previous secret"));
    assert!(verdicts[2].contains("Not signed"));
    assert_eq!(verdicts.len(), 3);
}

#[tokio::test]
async fn the_previous_secret_is_taken_until_its_time_is_over() {
    let door = Door::open().await;
    let to = |hook: &str, secret: &str, entry| Request::delivery(secret, change(entry)).to(&format!("/hooks/{hook}"));
    assert_eq!(door.ask(&to("turning-still", "old", 1)).await.status, 200);
    let (view, ..) = door.journal.reader().delivery_of(door.rows()[0].seq).unwrap().unwrap();
    assert!(view.verdict.contains("previous secret"), "{}", view.verdict);
    assert_eq!(door.ask(&to("turned", "old", 2)).await.status, 401);
    assert_eq!(door.refused(), [("turned".to_owned(), Refusal::SignatureWrong, 1)]);
    assert_eq!(door.ask(&to("turned", "new", 2)).await.status, 200);
    assert_eq!(door.count("event"), 2);
}

#[tokio::test]
async fn a_signed_body_that_is_sent_to_another_hook_of_its_site_is_the_same_event() {
    let door = Door::open().await;
    assert_eq!(deliver(&door, change(1)).await, 200);
    assert_eq!(
        door.ask(&Request::delivery(SECRET, change(1)).to("/hooks/small"))
            .await
            .status,
        200
    );
    assert_eq!(
        (door.count("event"), door.count("delivery"), door.rows()[0].seen_again),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn bombs_of_keys_digits_and_depth_are_kept_not_understood_and_harm_nothing() {
    let door = Door::open().await;
    let keys: Vec<String> = (0..1_000_000).map(|n| format!("\"{n}\":0")).collect();
    let bombs = [
        format!("{{\"data\":{{{}}}}}", keys.join(",")),
        format!("{{\"data\":{{\"event_log_entry_id\":{}}}}}", "9".repeat(10_000_000)),
        format!("{{\"data\":{}", "[".repeat(1_000_000)),
        format!("{{\"data\":\"{}\"}}", "\\u0000".repeat(1_000_000)),
    ];
    for (number, bomb) in (1..).zip(&bombs) {
        assert_eq!(deliver(&door, bomb.as_bytes()).await, 200);
        let row = &door.rows()[0];
        assert_eq!((row.seq, row.outcome), (number, Outcome::NotUnderstood));
        let (_, kept, _) = door.journal.reader().delivery_of(row.seq).unwrap().unwrap();
        assert_eq!(kept.len(), bomb.len());
    }
    assert_eq!(deliver(&door, change(1)).await, 200);
}

#[tokio::test]
async fn a_small_delivery_is_taken_while_a_bomb_comes_and_before_it_has_been_read() {
    let door = Door::open().await;
    let keys: Vec<String> = (0..1_000_000).map(|n| format!("\"{n}\":0")).collect();
    let bomb = Request::delivery(SECRET, format!("{{\"data\":{{{}}}}}", keys.join(","))).bytes();
    let (most, last) = bomb.split_at(bomb.len() - 1);
    let mut wire = Wire::open(door.at).await;
    wire.send(most).await;
    for entry in 1..=10 {
        assert_eq!(deliver(&door, change(entry)).await, 200);
    }
    // All of it has come before the next is sent.
    wire.send(last).await;
    assert_eq!(deliver(&door, change(11)).await, 200);
    assert_eq!(wire.answer().await.status, 200);
    let newest = &door.rows()[..2];
    let in_order = newest.iter().map(|row| (row.outcome, row.event_log_entry_id));
    assert_eq!(
        in_order.collect::<Vec<_>>(),
        [(Outcome::NotUnderstood, None), (Outcome::Waiting, Some(11))]
    );
}

#[tokio::test]
async fn a_body_in_which_a_key_stands_twice_is_kept_and_nothing_comes_of_it() {
    let door = Door::open().await;
    let body = change(1).replacen("\"new_value\":", "\"new_value\":\"fin\",\"new_value\":", 1);
    assert_eq!(deliver(&door, body.as_bytes()).await, 200);
    let row = &door.rows()[0];
    assert_eq!((row.outcome, row.event_log_entry_id), (Outcome::NotUnderstood, None));
    let (_, kept, _) = door.journal.reader().delivery_of(row.seq).unwrap().unwrap();
    assert_eq!(kept, body.into_bytes());
}

#[tokio::test]
async fn a_flood_of_bad_signatures_takes_no_line_of_the_journal() {
    let door = Door::open().await;
    let mut wire = Wire::open(door.at).await;
    let refused = Request::delivery("another", change(1)).bytes();
    for _ in 0..20 {
        wire.send(refused.repeat(100)).await;
        for _ in 0..100 {
            assert_eq!(wire.answer().await.status, 401);
        }
    }
    for table in ["delivery", "event", "refusal"] {
        assert_eq!(door.count(table), 0, "{table}");
    }
    assert_eq!(door.refused(), [("status".to_owned(), Refusal::SignatureWrong, 2_000)]);
    assert_eq!(deliver(&door, change(1)).await, 200);
}

#[tokio::test]
async fn a_body_in_chunks_of_one_byte_is_the_same_body() {
    let door = Door::open().await;
    let body = change(1);
    let request = Request::delivery(SECRET, body.clone())
        .without("Content-Length")
        .with("Transfer-Encoding", "chunked");
    let mut wire = Wire::open(door.at).await;
    wire.send(request.head()).await;
    for byte in body.bytes() {
        wire.send([b"1\r\n", &[byte][..], b"\r\n"].concat()).await;
    }
    assert_eq!(wire.ask(b"0\r\n\r\n").await.status, 200);
    assert_eq!(door.rows()[0].event_log_entry_id, Some(1));
}

#[tokio::test]
async fn a_sender_that_asks_before_it_sends_is_told_to_go_on() {
    let door = Door::open().await;
    let request = Request::delivery(SECRET, change(1)).with("Expect", "100-continue");
    let mut wire = Wire::open(door.at).await;
    assert_eq!(wire.ask(request.head()).await.status, 100);
    assert_eq!(wire.ask(change(1)).await.status, 200);
}

#[tokio::test]
async fn a_large_batch_is_taken_whole() {
    let door = Door::open().await;
    let list: Vec<_> = (1..=50)
        .map(|entry| {
            let mut one = data(entry);
            one["meta"]["new_value"] = json!("x".repeat(20_000));
            one
        })
        .collect();
    let body = json!({"timestamp": "2024-05-01T09:00:01.140Z", "data": {"deliveries": list}}).to_string();
    assert_eq!(deliver(&door, body).await, 200);
    assert_eq!((door.count("event"), door.count("delivery")), (50, 1));
}

#[tokio::test]
async fn senders_at_once_each_have_what_they_were_answered_for() {
    let door = Door::open().await;
    let senders: Vec<_> = (0..16_i64)
        .map(|n| {
            let at = door.at;
            tokio::spawn(async move {
                let mut wire = Wire::open(at).await;
                for i in 1..=10 {
                    let answer = wire.ask(Request::delivery(SECRET, change(n * 10 + i)).bytes()).await;
                    assert_eq!(answer.status, 200);
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    assert_eq!(door.count("event"), 160);
}

#[tokio::test]
async fn refusals_wake_whoever_waits_for_them() {
    let door = Door::open().await;
    assert_eq!(door.ask(&Request::unsigned(change(1))).await.status, 401);
    tokio::time::timeout(crate::wire::DEADLINE, door.tally.refusals())
        .await
        .unwrap();
    let seen = door.tally.drain();
    assert_eq!((seen.len(), seen[0].number), (1, 1));
    assert!(door.counted("callboard_refused_total{reason=\"signature_missing\"} 1"));
}
