//! A journal in a folder of its own, and what goes into it.

use std::ops::Deref;
use std::path::Path;

use callboard_journal::{Decision, DeliveryIn, Echo, FeedFilter, FeedRow, Journal, Known, NewChange, Outcome};
use callboard_model::{
    Actor, ActorKind, Cause, Change, ChangeState, EntityRef, Event, HookName, Operation, Road, SiteName,
};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

pub(crate) const FIELD: &str = "sg_status_list";

/// A journal whose folder goes with it.
pub(crate) struct Kept {
    pub(crate) journal: Journal,
    pub(crate) folder: TempDir,
}

impl Kept {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            journal: Journal::open(folder.path()).unwrap(),
            folder,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Another program's connection to the file.
    pub(crate) fn another(&self) -> Connection {
        Connection::open(Journal::file(self.path())).unwrap()
    }

    pub(crate) fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.another().query_row(&sql, [], |r| r.get(0)).unwrap()
    }

    pub(crate) async fn accept_one(&self, event: Event) -> i64 {
        self.accept(delivery(vec![event])).await.unwrap().new[0]
    }

    /// All rows, newest first.
    pub(crate) fn feed(&self) -> Vec<FeedRow> {
        self.reader().feed(None, 500, &FeedFilter::default()).unwrap().rows
    }

    pub(crate) fn row(&self, seq: i64) -> FeedRow {
        self.reader().rows(&[seq]).unwrap().remove(0)
    }

    pub(crate) async fn know(&self, names: &[(&str, i64, &str)]) {
        let known = |(kind, id, name): &(&str, i64, &str)| Known {
            entity: EntityRef::new(*kind, *id).named(*name),
            parent: None,
        };
        self.learn(site(), names.iter().map(known).collect()).await.unwrap();
    }
}

impl Deref for Kept {
    type Target = Journal;

    fn deref(&self) -> &Journal {
        &self.journal
    }
}

pub(crate) fn site() -> SiteName {
    SiteName::from("practice")
}

/// Seconds after a day's noon.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_714_564_800 + seconds).unwrap()
}

/// A Task's status change, number `entry` in the site's log.
pub(crate) fn event(entry: i64) -> Event {
    becomes(entry, "Task", 5001, "rev")
}

pub(crate) fn becomes(entry: i64, kind: &str, id: i64, code: &str) -> Event {
    Event {
        site: site(),
        key: format!("log:{entry}").into(),
        road: Road::Hook,
        hook: Some(HookName::from("status")),
        event_log_entry_id: Some(entry),
        event_type: format!("Shotgun_{kind}_Change"),
        operation: Operation::Update,
        entity: Some(EntityRef::new(kind, id)),
        field: Some(FIELD.into()),
        old: Some(json!("ip")),
        new: Some(json!(code)),
        in_create: false,
        actor: Some(person(88)),
        project: Some(EntityRef::new("Project", 122)),
        occurred_at: Some(at(entry)),
        session_uuid: None,
        warning: None,
        hook_word: None,
        id: None,
        note: None,
        received: None,
    }
}

pub(crate) fn person(id: i64) -> Actor {
    Actor {
        kind: ActorKind::Person,
        entity: EntityRef::new("HumanUser", id),
    }
}

pub(crate) fn delivery(events: Vec<Event>) -> DeliveryIn {
    DeliveryIn {
        tracker_id: None,
        hook: HookName::from("status"),
        site: site(),
        received_at: at(0),
        verdict: "Signature good".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: b"{\"the\":\"body\"}\xff".to_vec(),
        events,
        status_field: FIELD,
        heard: Vec::new(),
        left_out: None,
    }
}

pub(crate) fn change(kind: &str, id: i64, to: &str, cause: Cause) -> NewChange {
    NewChange {
        entity: EntityRef::new(kind, id),
        field: None,
        from: Some("ip".into()),
        to: Some(to.into()),
        rule: "r".into(),
        rule_name: "A rule".into(),
        cause,
        state: ChangeState::Planned,
        skip: None,
        reason: None,
    }
}

pub(crate) fn decision(changes: Vec<NewChange>) -> Decision {
    Decision {
        outcome: Outcome::Waiting,
        why: None,
        cascade: Some((3, "Status overhaul".into(), changes)),
    }
}

/// The change whose writing was heard back.
pub(crate) fn of_write(echo: Echo) -> Change {
    match echo {
        Echo::Write(change) => change,
        Echo::Undo(change) => panic!("the echo of an undo of {change:?}"),
    }
}
