//! Senders that are slow, endless or too many.

use std::time::{Duration, Instant};

use callboard_model::Refusal;
use callboard_receiver::Limits;

use crate::door::{Door, SECRET, SMALL, change, eventually};
use crate::wire::{DEADLINE, Request, Wire};

const SHORT: Duration = Duration::from_millis(200);

fn good(entry: i64) -> Vec<u8> {
    Request::delivery(SECRET, change(entry)).bytes()
}

fn short_headers() -> Limits {
    Limits {
        headers_within: SHORT,
        ..Limits::default()
    }
}

fn short_body() -> Limits {
    Limits {
        body_within: SHORT,
        ..Limits::default()
    }
}

#[test]
fn the_bounds_are_the_contracts() {
    let limits = Limits::default();
    assert_eq!(limits.headers_within, Duration::from_secs(10));
    assert_eq!(limits.body_within, Duration::from_secs(30));
    assert_eq!(limits.answers_within, Duration::from_secs(10));
    assert_eq!((limits.connections, limits.connections_each), (512, 64));
}

#[tokio::test]
async fn headers_that_do_not_come_are_not_waited_for() {
    let door = Door::within(short_headers()).await;
    for begun in [
        "",
        "POST /hooks/sta",
        "POST /hooks/status HTTP/1.1\r\nHost: localhost\r\nx-sg-",
    ] {
        let mut wire = Wire::open(door.at).await;
        wire.send(begun).await;
        let rest = wire.rest().await;
        assert!(!rest.starts_with(b"HTTP/1.1 200"), "{}", rest.escape_ascii());
    }
    assert_eq!(door.count("event"), 0);
}

#[tokio::test]
async fn headers_that_come_a_byte_at_a_time_are_not_waited_for_either() {
    let door = Door::within(short_headers()).await;
    let mut wire = Wire::open(door.at).await;
    let dripping = async {
        loop {
            wire.send_what_is_taken(b"x").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            if wire.is_closed().await {
                break;
            }
        }
    };
    tokio::time::timeout(DEADLINE, dripping).await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let door = Door::within(short_headers()).await;
    let mut wire = Wire::open(door.at).await;
    assert_eq!(wire.ask(good(1)).await.status, 200);
    assert_eq!(wire.rest().await, b"");
}

#[tokio::test]
async fn half_a_body_and_then_silence_is_ended_and_counted() {
    let door = Door::within(short_body()).await;
    let mut wire = Wire::open(door.at).await;
    let request = good(1);
    wire.send(&request[..request.len() - 10]).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.closes()), (408, true));
    assert_eq!(door.refused(), [("status".to_owned(), Refusal::TooSlow, 1)]);
    assert_eq!(door.count("event"), 0);
}

#[tokio::test]
async fn a_body_that_drips_is_ended_by_its_whole_time_not_its_pauses() {
    let door = Door::within(short_body()).await;
    let request = Request::delivery(SECRET, change(1))
        .without("Content-Length")
        .with("Transfer-Encoding", "chunked");
    let mut wire = Wire::open(door.at).await;
    wire.send(request.head()).await;
    let dripping = async {
        while door.count_refused() == 0 {
            wire.send_what_is_taken(b"1\r\nx\r\n").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, dripping).await.unwrap();
    assert_eq!(wire.answer().await.status, 408);
}

#[tokio::test]
async fn a_sender_that_goes_away_half_way_is_counted_and_leaves_nothing() {
    let door = Door::open().await;
    let mut wire = Wire::open(door.at).await;
    let request = good(1);
    wire.send(&request[..request.len() - 10]).await;
    drop(wire);
    eventually("the refusal", || door.count_refused() == 1).await;
    assert_eq!(door.refused(), [("status".to_owned(), Refusal::TooSlow, 1)]);
    assert_eq!(door.count("event"), 0);
}

#[tokio::test]
async fn a_length_over_the_limit_is_answered_before_any_of_the_body_comes() {
    let door = Door::open().await;
    let request = Request::delivery(SECRET, "").to("/hooks/small");
    for length in [(SMALL + 1).to_string(), "99999999999".into(), u64::MAX.to_string()] {
        let mut wire = Wire::open(door.at).await;
        let head = request.clone().instead("Content-Length", &length).head();
        let said = wire.ask_raw(head).await;
        assert!(
            said.starts_with("HTTP/1.1 413") || length == u64::MAX.to_string() && said.starts_with("HTTP/1.1 4"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_413_reaches_a_sender_that_goes_on_sending() {
    let door = Door::open().await;
    let much = vec![b'x'; 4 * 1024 * 1024];
    let by_length = Request::delivery(SECRET, much.clone()).to("/hooks/small").bytes();
    let chunked = Request::delivery(SECRET, "")
        .to("/hooks/small")
        .without("Content-Length")
        .with("Transfer-Encoding", "chunked");
    let chunk = [
        format!("{:x}\r\n", much.len()).into_bytes(),
        much.clone(),
        b"\r\n".to_vec(),
    ]
    .concat();
    let by_chunks = [chunked.head(), chunk].concat();
    for bytes in [by_length, by_chunks] {
        let mut wire = Wire::open(door.at).await;
        wire.send_what_is_taken(&bytes).await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.closes()), (413, true));
    }
    assert_eq!(door.refused(), [("small".to_owned(), Refusal::TooLarge, 2)]);
}

#[tokio::test]
async fn a_415_reaches_a_sender_that_goes_on_sending() {
    let door = Door::open().await;
    let request = Request::delivery(SECRET, vec![b'x'; 4 * 1024 * 1024]).instead("Content-Type", "text/plain");
    let mut wire = Wire::open(door.at).await;
    wire.send_what_is_taken(&request.bytes()).await;
    assert_eq!(wire.answer().await.status, 415);
}

#[tokio::test]
async fn a_sender_without_end_is_cut_off() {
    let door = Door::open().await;
    let request = Request::delivery(SECRET, "")
        .to("/hooks/small")
        .without("Content-Length")
        .with("Transfer-Encoding", "chunked");
    let mut wire = Wire::open(door.at).await;
    wire.send(request.head()).await;
    let chunk = [b"10000\r\n".to_vec(), vec![b'x'; 0x10000], b"\r\n".to_vec()].concat();
    let sending = async { while wire.try_send(&chunk).await {} };
    assert!(
        tokio::time::timeout(DEADLINE, sending).await.is_ok(),
        "nobody stopped it"
    );
    assert_eq!(door.count("event"), 0);
}

#[tokio::test]
async fn more_headers_than_anybody_needs_are_refused_and_the_next_request_is_not() {
    let door = Door::open().await;
    let mut request = Request::delivery(SECRET, change(1));
    for n in 0..65 {
        request = request.with(&format!("x-{n}"), "y");
    }
    let mut wire = Wire::open(door.at).await;
    let said = wire.ask_raw(request.bytes()).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    for length in [200_000, 1024 * 1024] {
        let long = Request::delivery(SECRET, change(1)).with("x-long", &"y".repeat(length));
        let said = Wire::open(door.at).await.ask_raw(long.bytes()).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
    }
    assert_eq!(door.count("event"), 0);
    assert_eq!(Wire::open(door.at).await.ask(good(1)).await.status, 200);
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_place() {
    let door = Door::within(Limits {
        connections: 2,
        ..Limits::default()
    })
    .await;
    let (mut first, mut second) = (Wire::open(door.at).await, Wire::open(door.at).await);
    assert_eq!(first.ask(good(1)).await.status, 200);
    assert_eq!(second.ask(good(2)).await.status, 200);
    let mut third = Wire::open(door.at).await;
    third.send(good(3)).await;
    let early = tokio::time::timeout(Duration::from_millis(100), third.answer()).await;
    assert!(early.is_err(), "there is no place for it");
    assert_eq!(door.count("event"), 2);
    drop(first);
    assert_eq!(third.answer().await.status, 200);
    assert_eq!(second.ask(good(4)).await.status, 200);
}

/// Answers that are not read fill all that lies between, and the next request is asked for when there is room for its answer.
#[tokio::test]
async fn a_sender_that_reads_no_answer_is_cut_off_and_its_place_is_given_to_another() {
    let door = Door::within(Limits {
        connections: 1,
        answers_within: SHORT,
        ..Limits::default()
    })
    .await;
    let mut deaf = Wire::open(door.at).await;
    let many = Request::new("GET", "/").bytes().repeat(1_000);
    let until_cut_off = async { while deaf.try_send(&many).await {} };
    tokio::time::timeout(DEADLINE, until_cut_off).await.unwrap();
    assert_eq!(Wire::open(door.at).await.ask(good(1)).await.status, 200);
}

#[tokio::test]
async fn large_bodies_share_one_room_and_small_ones_need_none() {
    let door = Door::with_room(1024 * 1024).await;
    let large = Request::delivery(SECRET, vec![b'x'; 900_000]);
    let mut holding = Wire::open(door.at).await;
    let bytes = large.bytes();
    let (most, last) = bytes.split_at(bytes.len() - 10);
    holding.send(most).await;
    let crowded = || async { door.ask(&large).await };
    // Until all of the first has come.
    let full = async {
        while crowded().await.status != 503 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, full).await.unwrap();
    let answer = crowded().await;
    assert_eq!((answer.status, answer.closes()), (503, true));
    assert!(answer.header("retry-after").is_some());
    assert!(door.refused().iter().all(|(_, why, _)| *why == Refusal::NoRoom));
    assert_eq!(door.ask(&Request::delivery(SECRET, change(1))).await.status, 200);
    holding.send(last).await;
    assert_eq!(holding.answer().await.status, 200);
    assert_eq!(crowded().await.status, 200, "the room is given back");
    let chunked = large
        .clone()
        .without("Content-Length")
        .with("Transfer-Encoding", "chunked");
    for promise in [large.clone(), chunked] {
        let mut promising = Wire::open(door.at).await;
        // It is told to go on when its body is waited for.
        let head = promise.with("Expect", "100-continue").head();
        assert_eq!(promising.ask(head).await.status, 100);
        assert_eq!(crowded().await.status, 200, "a promise takes no room");
        drop(promising);
    }
}

/// What it sent is on its way to the journal all the same, and lies in memory until it is there.
#[tokio::test]
async fn a_sender_that_hangs_up_gives_its_place_back_and_not_the_room_of_what_it_sent() {
    /// Longer than a body is verified, and shorter than the journal waits for a lock.
    const LONG: Duration = Duration::from_millis(600);
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let door = Door::with(limits, Some(1024 * 1024)).await;
    let large = |byte| Request::delivery(SECRET, vec![byte; 900_000]);
    let another = door.another();
    let is_held = async |stays: u32| {
        let mut leaving = Wire::open(door.at).await;
        leaving.send(large(b'x').bytes()).await;
        // As long as it takes to come to the journal; who leaves before that leaves nothing behind.
        tokio::time::sleep(stays * SHORT / 4).await;
        drop(leaving);
        // There is one place: what it was is over once this is answered.
        assert_eq!(door.ask(&Request::new("GET", "/")).await.status, 404);
        let left = Instant::now();
        while left.elapsed() < LONG {
            door.refused();
            // One that finds room waits for the journal.
            let next = tokio::time::timeout(SHORT, door.ask(&large(b'z'))).await;
            if next.is_err() || door.refused().iter().any(|(_, why, _)| *why != Refusal::NoRoom) {
                return false;
            }
        }
        true
    };
    let held = async {
        // Not so long that the journal no longer waits for the lock.
        for stays in (1..=16).cycle() {
            another.execute_batch("BEGIN IMMEDIATE").unwrap();
            let is_held = is_held(stays).await;
            another.execute_batch("ROLLBACK").unwrap();
            if is_held {
                break;
            }
        }
    };
    tokio::time::timeout(DEADLINE, held)
        .await
        .expect("those who had gone left their room");
    let taken = async { while door.ask(&large(b'y')).await.status != 200 {} };
    tokio::time::timeout(DEADLINE, taken)
        .await
        .expect("the room is given back");
}

#[tokio::test]
async fn nobody_waits_for_a_large_body_that_is_not_signed() {
    let door = Door::open().await;
    let body = vec![b'x'; 900_000];
    let signed = Request::delivery(SECRET, body.clone());
    for (request, why) in [
        (Request::unsigned(body.clone()), Refusal::SignatureMissing),
        (
            signed.clone().instead("x-sg-signature", "sha1=00"),
            Refusal::SignatureMalformed,
        ),
        (
            Request::unsigned(body.clone())
                .to("/hooks/lab")
                .with("x-callboard-secret", "guessed"),
            Refusal::SignatureWrong,
        ),
        (
            Request::unsigned(body.clone())
                .to("/hooks/studio")
                .with("x-studio-key", "guessed"),
            Refusal::HeaderWrong,
        ),
        (
            Request::unsigned(body.clone())
                .to("/hooks/studio")
                .with("x-studio-key", "hunter2"),
            Refusal::SignatureMissing,
        ),
    ] {
        let mut wire = Wire::open(door.at).await;
        wire.send(request.head()).await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.closes()), (401, true), "{why:?}");
        let refused: Vec<_> = door
            .refused()
            .into_iter()
            .map(|(_, why, number)| (why, number))
            .collect();
        assert_eq!(refused, [(why, 1)]);
    }
    assert_eq!(door.ask(&signed).await.status, 200);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn another_machine_has_a_bound_of_its_own_and_a_tunnel_on_this_one_has_none() {
    let door = Door::within(Limits {
        connections: 100,
        connections_each: 2,
        ..Limits::default()
    })
    .await;
    // Of the loopback addresses, only that which tunnels come from counts as this machine here.
    let another = |n: u8| Wire::open_from(std::net::Ipv4Addr::new(127, 0, 0, n), door.at);
    let (mut first, mut second) = (another(2).await, another(2).await);
    assert_eq!(first.ask(good(1)).await.status, 200);
    assert_eq!(second.ask(good(2)).await.status, 200);
    let mut third = another(2).await;
    third.send_what_is_taken(&good(3)).await;
    assert_eq!(third.rest().await, b"", "it is closed without a word");
    assert_eq!(another(3).await.ask(good(4)).await.status, 200);
    let mut tunnel = Vec::new();
    for entry in 10..20 {
        let mut wire = Wire::open(door.at).await;
        assert_eq!(wire.ask(good(entry)).await.status, 200);
        tunnel.push(wire);
    }
    drop(first);
    let again = async {
        loop {
            let mut wire = another(2).await;
            wire.send_what_is_taken(&good(5)).await;
            if wire.is_answered().await {
                break;
            }
        }
    };
    tokio::time::timeout(DEADLINE, again).await.unwrap();
    assert_eq!(door.count("event"), 14);
}

#[tokio::test]
async fn stopping_ends_idle_connections_and_lets_a_request_in_hand_finish() {
    let mut door = Door::open().await;
    let mut idle = Wire::open(door.at).await;
    assert_eq!(idle.ask(good(1)).await.status, 200);
    let mut busy = Wire::open(door.at).await;
    let request = good(2);
    let (most, last) = request.split_at(request.len() - 10);
    busy.send(most).await;
    // A request is in hand once its head is read; another one on the same server shows that it had its turn.
    assert_eq!(Wire::open(door.at).await.ask(good(3)).await.status, 200);
    door.stop.cancel();
    assert_eq!(idle.rest().await, b"");
    busy.send(last).await;
    let answer = busy.answer().await;
    assert_eq!(answer.status, 200);
    drop(busy);
    tokio::time::timeout(DEADLINE, door.serving.take().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(door.count("event"), 3);
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_body_that_never_comes() {
    let mut door = Door::within(Limits {
        body_within: Duration::from_secs(3600),
        ..Limits::default()
    })
    .await;
    let mut stalled = Wire::open(door.at).await;
    let request = good(1);
    stalled.send(&request[..request.len() - 10]).await;
    assert_eq!(Wire::open(door.at).await.ask(good(2)).await.status, 200);
    door.stop.cancel();
    tokio::time::timeout(DEADLINE, door.serving.take().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stalled.rest().await, b"");
    assert_eq!(door.count("event"), 1);
}
