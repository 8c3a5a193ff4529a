//! The receiver on a real socket: any bytes, and any body that is signed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use callboard_journal::{FeedFilter, FeedRow, Journal};
use callboard_model::{HookName, SiteName, SystemClock};
use callboard_receiver::{CreativeForceDoor, Doors, HookDoor, Limits, Protocol, Receiver, Tally, serve};
use callboard_trackers::ftrack::{HeaderSecret, ObjectTypes, SECRET_HEADER};
use callboard_trackers::{creative_force, shotgrid};
use proptest::test_runner::TestCaseError;
use proptest::{prop_assert, prop_assert_eq};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::trying::{Outcome, files, fuzz};

/// Signs what the corpus of requests has signed. No request of it shows the secret itself.
const SECRET: &str = "callboard-test-token";
/// The bodies that are signed in the corpus of requests.
const SIGNED: [&str; 3] = [
    r#"{"data":{"event_log_entry_id":7,"event_type":"Shotgun_Version_Change","operation":"update","entity":{"type":"Version","id":6001}},"timestamp":"2024-05-01T09:00:01Z"}"#,
    r#"{"timestamp":"2024-05-01T09:00:01Z","data":{"deliveries":[{"event_log_entry_id":8,"event_type":"x","operation":"create","entity":{"type":"Task","id":1}}]}}"#,
    r#"{"Action":"Completed","EventGroupName":"task","TaskId":5}"#,
];
/// What a request may be answered with (contract, "The receiver's answers"; RFC 9110 for what is no request).
const ANSWERS: [u16; 14] = [100, 200, 400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 421, 431];
/// Who has said nothing for so long waits for more. Nothing hangs on it but how many answers are seen.
const QUIET: Duration = Duration::from_millis(30);
/// What is answered to what is taken.
const OK: &[u8] = br#"{"ok":true}"#;
/// After this long, an answer is not coming.
const DEADLINE: Duration = Duration::from_secs(60);

/// A receiver with a hook of each tracker, and its journal.
struct Door {
    runtime: Runtime,
    at: SocketAddr,
    journal: Journal,
    _folder: TempDir,
    _ends: DropGuard,
}

impl Door {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let folder = TempDir::new().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let door = |name: &str, protocol| HookDoor {
            name: HookName::from(name),
            site: SiteName::from(name),
            protocol,
            max_body: HookDoor::MAX_BODY,
            previous_until: None,
        };
        let shown = HeaderSecret::new(SECRET_HEADER, SECRET, None);
        let doors = [
            door("status", Protocol::ShotGrid(Some(shotgrid::Secrets::new(SECRET, None)))),
            door("lab", Protocol::Ftrack(Some(shown), ObjectTypes::default())),
            door(
                "studio",
                Protocol::CreativeForce(CreativeForceDoor {
                    secrets: Some(creative_force::Secrets::new(SECRET, None)),
                    headers: Vec::new(),
                    filter: creative_force::Filter::new(&[], &[]).unwrap(),
                }),
            ),
        ];
        let doors = Doors::new(doors, Vec::new());
        let receiver = Receiver::new(
            journal.clone(),
            doors,
            Arc::new(Tally::default()),
            Arc::new(SystemClock),
        );
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        runtime.spawn(serve(listener, receiver.routes(), Limits::default(), stop.clone()));
        Self {
            runtime,
            at,
            journal,
            _folder: folder,
            _ends: stop.drop_guard(),
        }
    }

    /// Everything that comes back for these bytes, until the receiver hangs up; where it has nothing to say for a while, because it
    /// waits for more, the end of the bytes is told first.
    fn said_to(&self, bytes: &[u8], waits: bool) -> Vec<u8> {
        let exchange = async {
            let mut stream = TcpStream::connect(self.at).await.unwrap();
            let (mut from, mut to) = stream.split();
            let mut said = Vec::new();
            // Whoever is refused is hung up on: the bytes need not all be taken.
            let _ = to.write_all(bytes).await;
            if waits {
                while let Ok(read) = tokio::time::timeout(QUIET, from.read_buf(&mut said)).await {
                    if !matches!(read, Ok(1..)) {
                        return said;
                    }
                }
                let _ = to.shutdown().await;
            }
            let _ = from.read_to_end(&mut said).await;
            said
        };
        let said = self
            .runtime
            .block_on(async { tokio::time::timeout(DEADLINE, exchange).await });
        said.expect("the receiver answers or hangs up")
    }

    fn rows_after(&self, seq: i64) -> Vec<FeedRow> {
        let reader = self.journal.reader();
        reader.rows_after(seq, 1_000, &FeedFilter::default()).unwrap()
    }

    fn newest(&self) -> i64 {
        let page = self.journal.reader().feed(None, 1, &FeedFilter::default()).unwrap();
        page.rows.first().map_or(0, |row| row.seq)
    }
}

/// The status and the body of each answer.
fn answers(mut said: &[u8]) -> Result<Vec<(u16, &[u8])>, TestCaseError> {
    let fail = |why: &str, said: &[u8]| TestCaseError::fail(format!("{why}: {}", said.escape_ascii()));
    let mut found = Vec::new();
    while !said.is_empty() {
        let end = said.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.ok_or_else(|| fail("no end of a head", said))?;
        let head = std::str::from_utf8(&said[..end]).map_err(|_| fail("a head is no text", said))?;
        let status = head
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| head.strip_prefix("HTTP/1.0 "));
        let status = status.and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| fail("no status", said))?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let rest = &said[end + 4..];
        // What answers a HEAD tells a length and has none.
        let length = if rest.starts_with(b"HTTP/1.") {
            0
        } else {
            length.unwrap_or(0_usize).min(rest.len())
        };
        found.push((status, &rest[..length]));
        said = &rest[length..];
    }
    Ok(found)
}

fn any_bytes(door: &Door, bytes: &[u8]) -> Outcome {
    let said = door.said_to(bytes, true);
    for (status, body) in answers(&said)? {
        prop_assert!(ANSWERS.contains(&status), "answered {}", status);
        prop_assert!(body.len() < 100, "{}", body.escape_ascii());
    }
    let rows = door.rows_after(0);
    prop_assert!(rows.len() <= SIGNED.len(), "{} events are kept", rows.len());
    for row in rows {
        let (_, body, _) = door.journal.reader().delivery_of(row.seq).unwrap().unwrap();
        prop_assert!(
            SIGNED.iter().any(|signed| signed.as_bytes() == body),
            "{}",
            body.escape_ascii()
        );
    }
    Ok(())
}

#[test]
fn any_bytes_are_answered_in_the_words_of_the_contract_and_only_what_was_signed_is_kept() {
    let door = Door::open();
    fuzz("requests", 250, |bytes| any_bytes(&door, bytes));
    for (name, file) in files("requests") {
        if name.starts_with("signed-") {
            let said = door.said_to(&file.0, false);
            assert_eq!(answers(&said).unwrap(), vec![(200, OK)], "{name}");
        }
    }
    let kept = door.rows_after(0).len();
    assert_eq!(kept, SIGNED.len(), "what the corpus has signed is kept");
}

/// One delivery of this body to one of the hooks: which one hangs on the bytes.
fn delivery(body: &[u8]) -> Vec<u8> {
    let sum = body.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let (hook, name, value) = match sum % 3 {
        0 => ("status", shotgrid::SIGNATURE_HEADER, shotgrid::sign(SECRET, body)),
        1 => ("lab", SECRET_HEADER, SECRET.to_owned()),
        _ => (
            "studio",
            creative_force::SIGNATURE_HEADER,
            creative_force::sign(SECRET, body),
        ),
    };
    let head = format!(
        "POST /hooks/{hook} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n{name}: {value}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn any_signed_body(door: &Door, body: &[u8]) -> Outcome {
    let before = door.newest();
    let request = delivery(body);
    for _ in 0..2 {
        let said = door.said_to(&request, false);
        prop_assert_eq!(answers(&said)?, vec![(200, OK)]);
    }
    let rows = door.rows_after(before);
    let reader = door.journal.reader();
    for row in &rows {
        let (_, kept, _) = reader.delivery_of(row.seq).unwrap().unwrap();
        prop_assert_eq!(kept.as_slice(), body);
        if let Some(entity) = &row.entity {
            reader.history(&row.site, &entity.key).unwrap();
        }
    }
    let last = rows.last().map_or(before, |row| row.seq);
    door.said_to(&request, false);
    prop_assert_eq!(door.rows_after(last).len(), 0, "a third time adds nothing either");
    reader.feed_counts(&FeedFilter::default()).unwrap();
    Ok(())
}

#[test]
fn any_signed_body_is_answered_200_and_kept_whole_and_once() {
    let door = Door::open();
    fuzz("signed-bodies", 120, |body| any_signed_body(&door, body));
}
