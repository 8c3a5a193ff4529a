//! Every row of the contract's table of answers.

use callboard_model::Refusal;

use crate::door::{Door, SECRET, SMALL, change};
use crate::wire::{Answer, Request, Wire};

const OK: &str = r#"{"ok":true}"#;
const NOT_OK: &str = r#"{"ok":false}"#;

/// A length that a head says, beside the chunks that its body comes in.
enum Length {
    Nought,
    /// That of the body without what chunks it.
    Body,
    /// That of all that is sent, another request with it.
    Everything,
}

fn good(entry: i64) -> Request {
    Request::delivery(SECRET, change(entry))
}

/// Nothing in an answer helps an attacker.
fn says_nothing(answer: &Answer) {
    assert!(answer.body.len() < 100, "{answer:?}");
    let known = [
        "content-type",
        "content-length",
        "date",
        "connection",
        "allow",
        "retry-after",
    ];
    for (name, value) in &answer.headers {
        assert!(known.contains(&name.as_str()), "{name}: {value}");
    }
    let text = format!("{answer:?}").to_lowercase();
    for secret in [
        SECRET,
        "hyper",
        "axum",
        "callboard",
        "0.1",
        "/hooks",
        "sqlite",
        "error",
        "invalid",
        "panic",
    ] {
        assert!(!text.contains(secret), "{secret:?} in {answer:?}");
    }
}

#[tokio::test]
async fn a_good_signature_is_answered_ok_and_all_of_it_is_kept() {
    let door = Door::open().await;
    let answer = door.ask(&good(1)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, OK));
    says_nothing(&answer);
    assert_eq!(door.rows()[0].event_log_entry_id, Some(1));
    assert_eq!(door.count("delivery"), 1);
    assert!(door.refused().is_empty());
}

#[tokio::test]
async fn every_bad_signature_gets_the_same_401_and_leaves_nothing_behind() {
    let door = Door::open().await;
    let body = change(1);
    let right = callboard_trackers::shotgrid::sign(SECRET, body.as_bytes());
    let wrong = callboard_trackers::shotgrid::sign("another", body.as_bytes());
    let digest = right.trim_start_matches("sha1=").to_owned();
    let missing = [None, Some(String::new()), Some("   ".into())];
    let malformed = [
        "sha1=",
        "sha1=abc",
        &digest,
        &format!("sha256={digest}"),
        &format!("sha1={digest}00"),
        "sha1=zzzz",
        &right[..44],
        &format!("{right},{right}"),
        &format!("Bearer {right}"),
        "\u{7f}",
    ]
    .map(|s| Some(s.to_owned()));
    let all: Vec<Option<String>> = missing.into_iter().chain(malformed).chain([Some(wrong)]).collect();
    let mut answers = Vec::new();
    for header in &all {
        let request = Request::unsigned(body.as_bytes());
        let request = match header {
            Some(value) => request.with("X-SG-Signature", value),
            None => request,
        };
        let mut answer = door.ask(&request).await;
        says_nothing(&answer);
        answer.headers.retain(|(name, _)| name != "date");
        answers.push((header, answer));
    }
    let (_, first) = &answers[0];
    assert_eq!((first.status, first.body.as_str()), (401, NOT_OK));
    for (header, answer) in answers.iter().filter(|(h, _)| h.as_deref() != Some("\u{7f}")) {
        assert_eq!(answer, first, "{header:?}");
    }
    for table in ["delivery", "event", "refusal"] {
        assert_eq!(door.count(table), 0, "{table}");
    }
    let status = "status".to_owned();
    assert_eq!(
        door.refused(),
        [
            (status.clone(), Refusal::SignatureMalformed, 9),
            (status.clone(), Refusal::SignatureMissing, 3),
            (status, Refusal::SignatureWrong, 1),
        ]
    );
    assert!(door.refused().is_empty(), "drained is drained");
}

#[tokio::test]
async fn two_signature_headers_are_refused_even_when_one_is_good() {
    let door = Door::open().await;
    let bad = format!("sha1={}", "0".repeat(40));
    let good_header = callboard_trackers::shotgrid::sign(SECRET, change(1).as_bytes());
    for (first, second) in [(&good_header, &good_header), (&good_header, &bad), (&bad, &good_header)] {
        let request = Request::unsigned(change(1))
            .with("x-sg-signature", first)
            .with("X-SG-Signature", second);
        assert_eq!(door.ask(&request).await.status, 401);
    }
    assert_eq!(door.refused(), [("status".to_owned(), Refusal::SignatureMalformed, 3)]);
    assert_eq!(door.count("event"), 0);
}

#[tokio::test]
async fn a_signature_in_capitals_is_still_one() {
    let door = Door::open().await;
    let digest = callboard_trackers::shotgrid::sign(SECRET, change(1).as_bytes())
        .to_uppercase()
        .replace("SHA1=", "sha1=");
    let request = Request::unsigned(change(1)).with("X-Sg-Signature", &digest);
    assert_eq!(door.ask(&request).await.status, 200);
}

#[tokio::test]
async fn bytes_that_were_changed_on_the_way_are_refused() {
    let door = Door::open().await;
    let signature = callboard_trackers::shotgrid::sign(SECRET, change(1).as_bytes());
    let request = Request::unsigned(change(1).replace("apv", "fin")).with("x-sg-signature", &signature);
    assert_eq!(door.ask(&request).await.status, 401);
}

#[tokio::test]
async fn headers_that_are_not_signed_change_nothing() {
    let door = Door::open().await;
    let request = good(1)
        .with("x-sg-delivery-id", "another")
        .with("x-sg-webhook-id", "another")
        .with("x-sg-webhook-site-url", "https://evil.example/")
        .with("x-forwarded-for", "10.0.0.1");
    assert_eq!(door.ask(&good(1)).await.status, 200);
    assert_eq!(door.ask(&request).await.status, 200);
    assert_eq!((door.count("event"), door.rows()[0].seen_again), (1, 1));
}

#[tokio::test]
async fn a_body_over_the_hooks_limit_is_413() {
    let door = Door::open().await;
    let at_limit = Request::delivery(SECRET, "x".repeat(SMALL)).to("/hooks/small");
    assert_eq!(door.ask(&at_limit).await.status, 200);
    let over = Request::delivery(SECRET, "x".repeat(SMALL + 1)).to("/hooks/small");
    let answer = door.ask(&over).await;
    assert_eq!(
        (answer.status, answer.body.as_str(), answer.closes()),
        (413, NOT_OK, true)
    );
    says_nothing(&answer);
    assert_eq!(door.refused(), [("small".to_owned(), Refusal::TooLarge, 1)]);
    assert_eq!(door.count("event"), 1);
}

#[tokio::test]
async fn a_content_type_that_is_not_json_is_415() {
    let door = Door::open().await;
    let types = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "json",
        "application/jsonp",
        "",
        "application/xml; application/json",
        "image/svg+json",
    ];
    for kind in types {
        let answer = door.ask(&good(1).instead("Content-Type", kind)).await;
        assert_eq!((answer.status, answer.body.as_str()), (415, NOT_OK), "{kind:?}");
        says_nothing(&answer);
    }
    assert_eq!(door.ask(&good(1).without("Content-Type")).await.status, 415);
    assert_eq!(
        door.refused(),
        [("status".to_owned(), Refusal::NotJsonType, types.len() as u64 + 1)]
    );
    assert_eq!(door.count("event"), 0);
}

#[tokio::test]
async fn json_by_any_of_its_names_is_taken() {
    let door = Door::open().await;
    let types = [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=UTF-8",
        " application/json ; x=y",
        "application/vnd.x+json",
    ];
    for (entry, kind) in (1..).zip(types) {
        assert_eq!(
            door.ask(&good(entry).instead("Content-Type", kind)).await.status,
            200,
            "{kind}"
        );
    }
}

#[tokio::test]
async fn an_encoded_body_is_415_and_one_that_says_it_is_plain_is_not() {
    let door = Door::open().await;
    for encoding in ["gzip", "br", "deflate", "zstd", "gzip, identity", "x", ""] {
        assert_eq!(
            door.ask(&good(1).with("Content-Encoding", encoding)).await.status,
            415,
            "{encoding:?}"
        );
    }
    assert_eq!(
        door.ask(&good(1).with("Content-Encoding", "identity")).await.status,
        200
    );
    assert_eq!(door.refused(), [("status".to_owned(), Refusal::NotJsonType, 7)]);
}

#[tokio::test]
async fn an_unknown_hook_and_an_unknown_path_cannot_be_told_apart() {
    let door = Door::open().await;
    let paths = [
        "/hooks/nosuch",
        "/hooks/",
        "/hooks",
        "/",
        "/nosuch",
        "/hooks/status/",
        "/hooks/status/x",
        "/hooks//status",
        "/Hooks/status",
        "/hooks/Status",
        "/hooks/status%2f",
        "/hooks/status%00",
        "/hooks/%ff",
        "/hooks/..%2fstatus",
        "/hooks/status.json",
        "/api/ask",
        "/metrics",
        "/.env",
        "/hooks/%C0%AF",
        "/hooks/status;x",
    ];
    let mut first = None;
    for path in paths {
        let mut answer = door.ask(&good(1).to(path)).await;
        says_nothing(&answer);
        answer.headers.retain(|(name, _)| name != "date");
        assert_eq!((answer.status, answer.body.as_str()), (404, NOT_OK), "{path}");
        assert_eq!(&answer, first.get_or_insert_with(|| answer.clone()), "{path}");
    }
    assert!(door.refused().is_empty(), "no hook of ours refused anything");
    assert!(
        door.counted(&format!("callboard_strangers_total {}", paths.len())),
        "{}",
        door.tally.prometheus()
    );
    assert_eq!(door.count("event"), 0);
}

#[tokio::test]
async fn another_method_is_405_whether_the_hook_is_there_or_not() {
    let door = Door::open().await;
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW"] {
        let mut seen = Vec::new();
        for path in ["/hooks/status", "/hooks/nosuch"] {
            let answer = door.ask(&Request::new(method, path).with("Connection", "close")).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert!(answer.header("access-control-allow-origin").is_none());
            says_nothing(&answer);
            seen.push((answer.status, answer.body.clone()));
        }
        assert_eq!(seen[0], seen[1]);
    }
    assert_eq!(
        door.ask(&Request::new("POST", "/healthz").with("Content-Length", "0"))
            .await
            .status,
        405
    );
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_421() {
    let door = Door::open().await;
    let strangers = [
        "evil.example",
        "evil.example:8787",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.5",
        "192.168.1.7:80",
        "0.0.0.0",
        "[fe80::1]",
        "localhost:",
        "localhost:80a",
        "127.0.0.1:",
        "",
        "localhost@evil.example",
        "[::1]evil.example",
        "[::1]:",
        "callboard.studio.example.evil.example",
        "studio.example",
        "xn--callboard",
    ];
    for host in strangers {
        let answer = door.ask(&good(1).instead("Host", host)).await;
        assert_eq!((answer.status, answer.body.as_str()), (421, NOT_OK), "{host:?}");
        says_nothing(&answer);
    }
    assert_eq!(door.ask(&good(1).without("Host")).await.status, 421);
    assert_eq!(
        door.ask(&Request::new("GET", "/healthz").instead("Host", "evil.example"))
            .await
            .status,
        421
    );
    assert!(door.counted(&format!("callboard_strangers_total {}", strangers.len() + 2)));
    assert_eq!(door.count("event"), 0);
}

#[tokio::test]
async fn a_host_that_is_ours_is_ours_by_any_spelling() {
    let door = Door::open().await;
    let ours = [
        "localhost",
        "LOCALHOST:8787",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.9.9.9",
        "[::1]",
        "[::1]:8787",
        "callboard.studio.example",
        "Callboard.Studio.Example:443",
    ];
    for (entry, host) in (1..).zip(ours) {
        assert_eq!(door.ask(&good(entry).instead("Host", host)).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_web_pages_script_is_403_whatever_it_sends() {
    let door = Door::open().await;
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost",
        "http://127.0.0.1",
        "",
    ] {
        let answer = door.ask(&good(1).with("Origin", origin)).await;
        assert_eq!((answer.status, answer.body.as_str()), (403, NOT_OK), "{origin:?}");
        says_nothing(&answer);
    }
    assert_eq!(
        door.ask(&Request::new("GET", "/healthz").with("Origin", "null"))
            .await
            .status,
        403
    );
    assert_eq!(
        door.ask(&Request::new("OPTIONS", "/hooks/status").with("Origin", "null"))
            .await
            .status,
        403
    );
    assert_eq!(door.count("event"), 0);
}

#[tokio::test]
async fn health_is_ok_while_the_journal_takes_things_and_503_with_a_reason_while_it_does_not() {
    let door = Door::open().await;
    let healthz = Request::new("GET", "/healthz");
    let answer = door.ask(&healthz).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, OK));
    let other = door.another();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let answer = door.ask(&healthz).await;
    assert_eq!(answer.status, 503);
    assert!(
        answer.body.contains("\"reason\":") && answer.body.len() < 100,
        "{}",
        answer.body
    );
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(door.ask(&healthz).await.status, 200);
}

#[tokio::test]
async fn a_locked_journal_is_503_with_a_time_to_come_back_and_then_200_again() {
    let door = Door::open().await;
    let other = door.another();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let answer = door.ask(&good(1)).await;
    assert_eq!((answer.status, answer.body.as_str()), (503, NOT_OK));
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    says_nothing(&answer);
    assert_eq!(door.refused(), [("status".to_owned(), Refusal::NotStored, 1)]);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(door.ask(&good(1)).await.status, 200);
    assert_eq!(
        (door.count("event"), door.rows()[0].seen_again),
        (1, 0),
        "what was answered 503 was not kept"
    );
}

#[tokio::test]
async fn a_refused_signature_leaves_the_connection_open_for_the_next() {
    let door = Door::open().await;
    let mut wire = Wire::open(door.at).await;
    for entry in 1..=3 {
        let refused = wire.ask(Request::unsigned(change(entry)).bytes()).await;
        assert_eq!((refused.status, refused.closes()), (401, false));
        assert_eq!(wire.ask(good(entry).bytes()).await.status, 200);
    }
    assert_eq!(door.count("event"), 3);
}

#[tokio::test]
async fn requests_sent_in_one_go_are_answered_in_their_order() {
    let door = Door::open().await;
    let mut wire = Wire::open(door.at).await;
    wire.send([good(1).bytes(), Request::unsigned("{}").bytes(), good(2).bytes()].concat())
        .await;
    let statuses = [
        wire.answer().await.status,
        wire.answer().await.status,
        wire.answer().await.status,
    ];
    assert_eq!(statuses, [200, 401, 200]);
}

#[tokio::test]
async fn what_is_no_http_is_turned_away() {
    let door = Door::open().await;
    let odd: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /hooks/status HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"POST /hooks/status\r\n\r\n",
        b"POST /hooks/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
    ];
    for bytes in odd {
        let mut wire = Wire::open(door.at).await;
        wire.send(bytes).await;
        let rest = String::from_utf8_lossy(&wire.rest().await).into_owned();
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 4"), "{rest}");
    }
    assert_eq!(door.ask(&good(1)).await.status, 200);
}

#[tokio::test]
async fn a_length_and_chunks_in_one_request_do_not_smuggle_another_in() {
    let door = Door::open().await;
    let hidden = [good(1_000), Request::unsigned(change(1_000))].map(|request| request.bytes());
    let mut sent = 0;
    for hidden in hidden {
        for by_length_first in [true, false] {
            for length in [Length::Nought, Length::Body, Length::Everything] {
                sent += 1;
                let body = change(sent);
                let chunks = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
                let length = match length {
                    Length::Nought => 0,
                    Length::Body => body.len(),
                    Length::Everything => chunks.len() + hidden.len(),
                };
                let length = ("Content-Length", length.to_string());
                let chunked = ("Transfer-Encoding", "chunked".to_owned());
                let framing = if by_length_first {
                    [length, chunked]
                } else {
                    [chunked, length]
                };
                let head = framing
                    .iter()
                    .fold(good(sent).without("Content-Length"), |request, (name, value)| {
                        request.with(name, value)
                    })
                    .head();
                let mut wire = Wire::open(door.at).await;
                wire.send_what_is_taken(&[head, chunks.into_bytes(), hidden.clone()].concat())
                    .await;
                let answer = wire.answer().await;
                assert_eq!((answer.status, answer.closes()), (200, true), "{framing:?}");
                assert_eq!(wire.rest().await, b"", "what follows is no request: {framing:?}");
            }
        }
    }
    let kept: Vec<_> = door.rows().iter().rev().map(|r| r.event_log_entry_id).collect();
    assert_eq!(
        kept,
        (1..=sent).map(Some).collect::<Vec<_>>(),
        "the chunks are what was signed"
    );
    assert!(
        door.refused().is_empty(),
        "nor was the signature of what follows judged"
    );
}
