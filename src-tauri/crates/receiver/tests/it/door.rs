//! A receiver on a port of its own, with a journal in a folder of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use callboard_journal::{FeedFilter, FeedRow, Journal};
use callboard_model::{HookName, Refusal, SiteName, SystemClock};
use callboard_receiver::{CreativeForceDoor, Doors, HookDoor, Limits, Protocol, Receiver, Tally, serve};
use callboard_trackers::creative_force;
use callboard_trackers::ftrack::{HeaderSecret, ObjectTypes, SECRET_HEADER};
use callboard_trackers::shotgrid::Secrets;
use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::wire::{Answer, Request, ask};

pub(crate) const SECRET: &str = "callboard-test-token";
/// The limit of hook `small`.
pub(crate) const SMALL: usize = 1000;

/// Hooks: `status` is signed, `small` too and takes little, `turning` has two secrets, `turning-still` for years to come and `turned` no
/// longer, `open` has none. `lab` is ftrack's, with two
/// secrets in a header, and `bare` ftrack's without any. `studio` speaks Creative Force, with a custom header and a filter.
pub(crate) struct Door {
    pub(crate) at: SocketAddr,
    pub(crate) journal: Journal,
    pub(crate) tally: Arc<Tally>,
    pub(crate) folder: TempDir,
    pub(crate) stop: CancellationToken,
    pub(crate) serving: Option<tokio::task::JoinHandle<()>>,
    _ends: DropGuard,
}

impl Door {
    pub(crate) async fn open() -> Self {
        Self::within(Limits::default()).await
    }

    pub(crate) async fn within(limits: Limits) -> Self {
        Self::with(limits, None).await
    }

    /// With so many bytes of room for large bodies.
    pub(crate) async fn with_room(bytes: usize) -> Self {
        Self::with(Limits::default(), Some(bytes)).await
    }

    pub(crate) async fn with(limits: Limits, room: Option<usize>) -> Self {
        let folder = TempDir::new().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let tally = Arc::new(Tally::default());
        let signed = |current: &str, previous| Protocol::ShotGrid(Some(Secrets::new(current, previous)));
        let shown = |previous| {
            let secret = HeaderSecret::new(SECRET_HEADER, SECRET, previous);
            Protocol::Ftrack(Some(secret), ObjectTypes::default())
        };
        let door = |name: &str, protocol, max_body| HookDoor {
            name: HookName::from(name),
            site: SiteName::from("practice"),
            protocol,
            max_body,
            previous_until: None,
        };
        let turned = |name: &str, until: &str| HookDoor {
            previous_until: Some(until.parse().unwrap()),
            ..door(name, signed("new", Some("old")), HookDoor::MAX_BODY)
        };
        let doors = [
            door("status", signed(SECRET, None), HookDoor::MAX_BODY),
            door("small", signed(SECRET, None), SMALL),
            door("turning", signed("new", Some("old")), HookDoor::MAX_BODY),
            turned("turning-still", "9999-01-01T00:00:00Z"),
            turned("turned", "2024-05-01T00:00:00Z"),
            door("open", Protocol::ShotGrid(None), HookDoor::MAX_BODY),
            door("lab", shown(Some("old")), HookDoor::MAX_BODY),
            door(
                "bare",
                Protocol::Ftrack(None, ObjectTypes::default()),
                HookDoor::MAX_BODY,
            ),
            door("studio", Protocol::CreativeForce(studio()), HookDoor::MAX_BODY),
        ];
        let names = vec!["callboard.studio.example".to_owned()];
        let receiver = Receiver::new(
            journal.clone(),
            Doors::new(doors, names),
            tally.clone(),
            Arc::new(SystemClock),
        );
        let receiver = match room {
            Some(bytes) => receiver.with_room(bytes),
            None => receiver,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = Some(tokio::spawn(serve(listener, receiver.routes(), limits, stop.clone())));
        Self {
            at,
            journal,
            tally,
            folder,
            _ends: stop.clone().drop_guard(),
            stop,
            serving,
        }
    }

    pub(crate) async fn ask(&self, request: &Request) -> Answer {
        ask(self.at, request.bytes()).await
    }

    /// All rows, newest first.
    pub(crate) fn rows(&self) -> Vec<FeedRow> {
        self.journal
            .reader()
            .feed(None, 500, &FeedFilter::default())
            .unwrap()
            .rows
    }

    /// Rows of a table, counted by another connection.
    pub(crate) fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.another().query_row(&sql, [], |r| r.get(0)).unwrap()
    }

    pub(crate) fn another(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(Journal::file(self.folder.path())).unwrap()
    }

    /// What was refused since the last look: hook, reason, number.
    pub(crate) fn refused(&self) -> Vec<(String, Refusal, u64)> {
        let mut seen: Vec<_> = self
            .tally
            .drain()
            .into_iter()
            .map(|s| (s.hook.to_string(), s.reason, s.number))
            .collect();
        seen.sort_by_key(|(hook, reason, _)| (hook.clone(), reason.as_str()));
        seen
    }

    /// How many were refused since the program started.
    pub(crate) fn count_refused(&self) -> u64 {
        let text = self.tally.prometheus();
        let numbers = text.lines().filter_map(|l| {
            l.strip_prefix("callboard_refused_total{")?
                .rsplit(' ')
                .next()?
                .parse::<u64>()
                .ok()
        });
        numbers.sum()
    }

    pub(crate) fn counted(&self, line: &str) -> bool {
        self.tally.prometheus().lines().any(|l| l == line)
    }
}

/// Deliveries of the client "North" and of its capture alone.
fn studio() -> CreativeForceDoor {
    CreativeForceDoor {
        secrets: Some(creative_force::Secrets::new(SECRET, None)),
        headers: vec![("x-studio-key".parse().unwrap(), "hunter2".parse().unwrap())],
        filter: creative_force::Filter::new(&["North".into()], &["Capture".into()]).unwrap(),
    }
}

/// A status change, number `entry` in the site's log.
pub(crate) fn change(entry: i64) -> String {
    json!({"data": data(entry), "timestamp": "2024-05-01T09:00:01Z"}).to_string()
}

pub(crate) fn data(entry: i64) -> serde_json::Value {
    json!({
        "id": format!("11777.{entry}.0"), "event_log_entry_id": entry, "event_type": "Shotgun_Version_Change",
        "operation": "update", "user": {"type": "HumanUser", "id": 88}, "entity": {"type": "Version", "id": 6001},
        "project": {"type": "Project", "id": 122},
        "meta": {"type": "attribute_change", "attribute_name": "sg_status_list", "old_value": "rev", "new_value": "apv"},
        "created_at": "2024-05-01 09:00:00.523887", "attribute_name": "sg_status_list",
    })
}

/// Waits for a condition, not for luck.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(crate::wire::DEADLINE, waiting).await.is_ok(),
        "{what} never came"
    );
}
