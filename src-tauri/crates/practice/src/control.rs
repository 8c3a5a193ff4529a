//! The handle by which a test plays the people, looks at the site from inside, and makes it misbehave.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde_json::{Value, json};

use crate::changes::Change;
use crate::custom_events::{CUSTOM_EVENTS, CustomEvent};
use crate::log::FIRST_ROW;
use crate::people::version_of;
use crate::seed::{COORDINATOR, PROJECT};
use crate::site::Site;
use crate::tables::{Kind, in_path, named};
use crate::world::{Actor, Fields, IdRange, Record, World, link};

/// A cheap handle on a running site.
#[derive(Clone)]
pub struct Control {
    pub(crate) site: Arc<Site>,
}

/// One status write that came over REST or JSON-RPC.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Write {
    /// The entity type, as in `Task`.
    pub kind: String,
    /// The entity's id.
    pub id: i64,
    /// The field that was written.
    pub field: String,
    /// What was written; a write of what was there already is kept too.
    pub value: Value,
    /// `ApiUser` or `HumanUser`.
    pub user_type: String,
    /// Who wrote.
    pub user_id: i64,
    /// The session of the site's pages that the writer named, by its token or with its call.
    pub session_uuid: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// One request to a receiver and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeliveryView {
    /// The delivery's uuid.
    pub id: String,
    /// Which hook, counted from 0 in the order of creation.
    pub hook: usize,
    /// `pending`, `delivered` or `failed`.
    pub status: String,
    /// The receiver's answer; 0 when nobody answered.
    pub response_code: u16,
    /// The first 100 characters of the answer's body.
    pub response_body: String,
    /// Seconds until the answer.
    pub process_time: f64,
    /// What a receiver wrote back over REST.
    pub acknowledgement: Option<String>,
    /// The headers of the request.
    pub request_headers: BTreeMap<String, String>,
    /// The exact body of the request.
    pub request_body: String,
}

impl Control {
    pub(crate) fn new(site: Arc<Site>) -> Self {
        Self { site }
    }

    /// The status of a record; none where there is no such record or no status.
    pub fn status(&self, kind: &str, id: i64) -> Option<String> {
        let world = self.site.lock();
        world
            .active(in_path(kind)?, id)?
            .text("sg_status_list")
            .map(str::to_owned)
    }

    /// A person sets a status at the site's own pages: a row in the event log, and deliveries. False where the site refuses.
    pub fn set_status_as_person(&self, kind: &str, id: i64, code: &str) -> bool {
        self.set_field_as_person(kind, id, "sg_status_list", json!(code))
    }

    /// A person sets any field. False where the site refuses.
    pub fn set_field_as_person(&self, kind: &str, id: i64, field: &str, value: Value) -> bool {
        let fields: Fields = [(field.to_owned(), value)].into_iter().collect();
        in_path(kind).is_some_and(|kind| self.as_person(Change::Update { kind, id, fields }))
    }

    /// A person submits a Version, for a Task or for none. An empty status leaves the default to the site. Returns its id;
    /// 0 where the site refuses.
    pub fn create_version_as_person(&self, task_id: Option<i64>, status: &str) -> i64 {
        let mut world = self.site.lock();
        let Some(kind) = named("Version") else { return 0 };
        let status = Some(status).filter(|status| !status.is_empty());
        let change = match task_id {
            Some(task) => version_of(
                &world,
                task,
                version_number(&world, kind, task),
                COORDINATOR,
                status,
                false,
            ),
            None => {
                let mut fields = Fields::new();
                fields.insert("code".to_owned(), json!("lookdev_wedge_v001"));
                fields.insert("project".to_owned(), link("Project", PROJECT));
                if let Some(status) = status {
                    fields.insert("sg_status_list".to_owned(), json!(status));
                }
                Some(Change::Create { kind, fields })
            }
        };
        change
            .and_then(|change| world.change(&Actor::person(COORDINATOR), change).ok())
            .unwrap_or(0)
    }

    /// A person writes a note about entities: Tasks stand under its `tasks`, all others under its `note_links`, and it is in
    /// the project of the first. Returns its id; 0 where the site refuses.
    pub fn create_note_as_person(&self, about: &[(&str, i64)], subject: &str, content: &str) -> i64 {
        let mut world = self.site.lock();
        let Some(kind) = named("Note") else { return 0 };
        let first = about.first().and_then(|(on, id)| world.active(in_path(on)?, *id));
        let project = first.and_then(|record| record.fields.get("project")).cloned();
        let links = |tasks: bool| -> Value {
            let wanted = about.iter().filter(|(on, _)| (*on == "Task") == tasks);
            wanted.map(|(on, id)| link(on, *id)).collect()
        };
        let fields: Fields = [
            ("subject", json!(subject)),
            ("content", json!(content)),
            ("user", link("HumanUser", COORDINATOR)),
            ("project", project.unwrap_or_else(|| link("Project", PROJECT))),
            ("note_links", links(false)),
            ("tasks", links(true)),
        ]
        .into_iter()
        .filter(|(_, value)| *value != json!(""))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        world
            .change(&Actor::person(COORDINATOR), Change::Create { kind, fields })
            .unwrap_or(0)
    }

    /// A person puts a record in the trash. False where the site refuses.
    pub fn retire_as_person(&self, kind: &str, id: i64) -> bool {
        in_path(kind).is_some_and(|kind| self.as_person(Change::Delete { kind, id }))
    }

    /// A person takes a record out of the trash. False where there is no such record, in the trash or out of it.
    pub fn revive_as_person(&self, kind: &str, id: i64) -> bool {
        in_path(kind).is_some_and(|kind| self.as_person(Change::Revive { kind, id }))
    }

    fn as_person(&self, change: Change) -> bool {
        self.site.lock().change(&Actor::person(COORDINATOR), change).is_ok()
    }

    /// `active`, `unstable`, `failed` or `disabled`; empty where there is no such hook.
    pub fn hook_status(&self, index: usize) -> String {
        self.site
            .lock()
            .hooks
            .get(index)
            .map(|hook| hook.health.name().to_owned())
            .unwrap_or_default()
    }

    /// The uuid of a hook; empty where there is no such hook.
    pub fn hook_id(&self, index: usize) -> String {
        self.site
            .lock()
            .hooks
            .get(index)
            .map(|hook| hook.id.clone())
            .unwrap_or_default()
    }

    /// Sends a delivery once more, byte for byte: deliveries may come twice. False where there is no such delivery.
    pub fn redeliver(&self, id: &str) -> bool {
        self.site.lock().redeliver(id).is_ok()
    }

    /// Every delivery so far, oldest first.
    pub fn deliveries(&self) -> Vec<DeliveryView> {
        let world = self.site.lock();
        let view = |delivery: &crate::delivery_log::Delivery| DeliveryView {
            id: delivery.id.clone(),
            hook: delivery.hook,
            status: delivery.state().to_owned(),
            response_code: delivery.response_code,
            response_body: delivery.response_body.clone(),
            process_time: delivery.process_time,
            acknowledgement: delivery.acknowledgement.clone(),
            request_headers: delivery.request_headers.clone(),
            request_body: delivery.request_body.clone(),
        };
        world.outbox.deliveries.values().map(view).collect()
    }

    /// Has every delivery been sent and answered?
    pub fn is_all_delivered(&self) -> bool {
        self.site.lock().is_all_delivered()
    }

    /// Something happens that is no change of a record: one of [`CUSTOM_EVENTS`](crate::CUSTOM_EVENTS), done by a person,
    /// perhaps about a record. Returns the id of its row; 0 where there is no such event or record.
    pub fn custom_event(&self, event_type: &str, about: Option<(&str, i64)>, meta: Value) -> i64 {
        let about = match about {
            None => None,
            Some((kind, id)) => match in_path(kind) {
                None => return 0,
                Some(kind) => Some((kind, id)),
            },
        };
        if !CUSTOM_EVENTS.contains(&event_type) {
            return 0;
        }
        let event = CustomEvent {
            event_type: event_type.to_owned(),
            about,
            meta,
        };
        self.site.lock().log_custom(&Actor::person(COORDINATOR), event)
    }

    /// Every row of the event log since the site opened, also those not yet readable over REST.
    pub fn event_log(&self) -> Vec<Value> {
        let world = self.site.lock();
        let Some(kind) = named("EventLogEntry") else {
            return Vec::new();
        };
        let rows = world.records_within(kind, IdRange::from(FIRST_ROW));
        rows.map(|row| world.flat(kind, row)).collect()
    }

    /// The rows of the event log about one record.
    pub fn event_log_of(&self, on: &str, id: i64) -> Vec<Value> {
        let world = self.site.lock();
        let Some(kind) = named("EventLogEntry") else {
            return Vec::new();
        };
        let Some(entity) = kind.field("entity") else {
            return Vec::new();
        };
        let is_about = |row: &&Record| {
            let about = world.shown(kind, row, entity);
            about["type"] == on && about["id"] == id
        };
        let rows = world.records_within(kind, IdRange::from(FIRST_ROW));
        rows.filter(is_about).map(|row| world.flat(kind, row)).collect()
    }

    /// All records of a type that are not in the trash, flat.
    pub fn entities(&self, kind: &str) -> Vec<Value> {
        let world = self.site.lock();
        let Some(kind) = in_path(kind) else { return Vec::new() };
        world.actives(kind).map(|record| world.flat(kind, record)).collect()
    }

    /// Every status write over REST and JSON-RPC, in order.
    pub fn writes(&self) -> Vec<Write> {
        self.site.lock().writes.clone()
    }

    /// How many requests have come.
    pub fn requests(&self) -> u64 {
        self.site.lock().traffic.total
    }

    /// How many records all searches so far have looked at: tells one that goes by ids from one that looks through all.
    pub fn records_examined(&self) -> u64 {
        self.site.lock().traffic.examined.load(Ordering::Relaxed)
    }

    /// How many requests have come to each path.
    pub fn requests_by_path(&self) -> BTreeMap<String, u64> {
        self.site.lock().traffic.by_path.clone()
    }
}

fn version_number(world: &World, kind: Kind, task: i64) -> u32 {
    let count = world
        .actives(kind)
        .filter(|record| record.link_id("sg_task") == Some(task))
        .count();
    u32::try_from(count).unwrap_or(0) + 1
}
