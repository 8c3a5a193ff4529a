//! The handle by which a test plays the people, looks at the site from inside, and makes it misbehave.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::changes::Change;
use crate::people::version_of;
use crate::seed::{COORDINATOR, PROJECT};
use crate::site::Site;
use crate::tables::{Kind, in_path, named};
use crate::webhooks::Health;
use crate::world::{Actor, Fields, World, link};

/// A cheap handle on a running site.
#[derive(Clone)]
pub struct Control {
    site: Arc<Site>,
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

    /// The whole REST API answers 503 while this is on.
    pub fn set_down(&self, down: bool) {
        self.site.lock().faults.down = down;
    }

    /// The next `count` calls under `/entity/` answer this HTTP status.
    pub fn fail_next(&self, count: u32, http_status: u16) {
        self.site.lock().faults.fail_next = Some((count, http_status));
    }

    /// Every answer comes this much later, after the work is done.
    pub fn slow(&self, delay: Duration) {
        self.site.lock().faults.slow = delay;
    }

    /// Writes of this field are refused for lack of permission.
    pub fn forbid_writes(&self, kind: &str, field: &str) {
        self.site
            .lock()
            .faults
            .forbidden
            .push((kind.to_owned(), field.to_owned()));
    }

    /// Searches that name this field are refused for lack of permission.
    pub fn forbid_reads(&self, kind: &str, field: &str) {
        self.site
            .lock()
            .faults
            .unreadable
            .push((kind.to_owned(), field.to_owned()));
    }

    /// How long until an event log row is readable, instead of 0.3 to 0.4 s.
    pub fn log_delay(&self, delay: Duration) {
        self.site.lock().faults.log_delay = Some(delay);
    }

    /// Tokens minted from now on live this long.
    pub fn token_lifetime(&self, seconds: i64) {
        self.site.lock().auth.lifetime = seconds;
    }

    /// Script keys and tokens are worthless from now on.
    pub fn revoke_key(&self) {
        self.site.lock().auth.revoked = true;
    }

    /// Sends a hook's deliveries elsewhere.
    pub fn retarget_hook(&self, index: usize, url: &str) {
        if let Some(hook) = self.site.lock().hooks.get_mut(index) {
            hook.url = url.to_owned();
        }
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

    /// Moves a hook to a status and sends it the `Webhook_Status_Change`. An unknown status changes nothing.
    pub fn set_hook_status(&self, index: usize, status: &str) {
        if let Some(health) = Health::named(status) {
            self.site.lock().set_health(index, health, true);
        }
    }

    /// Keeps deliveries back, or lets them go: what piled up meanwhile fills batches.
    pub fn hold_deliveries(&self, hold: bool) {
        let mut world = self.site.lock();
        world.faults.hold_deliveries = hold;
        for hook in &world.hooks {
            hook.wake.notify_one();
        }
    }

    /// Sends a delivery once more, byte for byte: deliveries may come twice. False where there is no such delivery.
    pub fn redeliver(&self, id: &str) -> bool {
        self.site.lock().redeliver(id).is_ok()
    }

    /// Every delivery so far, oldest first.
    pub fn deliveries(&self) -> Vec<DeliveryView> {
        let world = self.site.lock();
        let view = |delivery: &crate::deliveries::Delivery| DeliveryView {
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

    /// Every row of the event log, also those not yet readable over REST.
    pub fn event_log(&self) -> Vec<Value> {
        self.entities("EventLogEntry")
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

    /// Stops the simulated people, or lets them go on.
    pub fn people_pause(&self, pause: bool) {
        self.site.lock().faults.people_paused = pause;
    }

    /// How many requests have come.
    pub fn requests(&self) -> u64 {
        self.site.lock().traffic.total
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
