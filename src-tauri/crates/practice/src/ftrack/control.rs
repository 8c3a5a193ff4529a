//! The handle by which a test plays the people of the workspace, looks at it from inside, and makes it misbehave.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::schema::named;
use super::seed::id_for;
use super::show::text;
use super::workspace::Call;
use crate::control::Control;
use crate::site::Site;

/// A handle on the ftrack side of a running site.
#[derive(Clone)]
pub struct FtrackControl {
    site: Arc<Site>,
}

/// One status write that came over the API.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FtrackWrite {
    /// The entity type, as in `Task`.
    pub kind: String,
    /// The entity's id.
    pub id: String,
    /// The id of the status that was written, also where it was there already.
    pub status_id: String,
    /// The id of the user who wrote.
    pub user_id: String,
}

impl FtrackWrite {
    pub(super) fn of(operation: &Value, who: &str) -> Option<Self> {
        if operation.get("action")? != "update" {
            return None;
        }
        let data = operation.get("entity_data")?;
        let status = data.get("status_id").or_else(|| data.get("status")?.get("id"))?;
        Some(Self {
            kind: operation.get("entity_type")?.as_str()?.to_owned(),
            id: operation.get("entity_key")?.get(0)?.as_str()?.to_owned(),
            status_id: status.as_str()?.to_owned(),
            user_id: who.to_owned(),
        })
    }
}

/// One delivery of a webhook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FtrackDelivery {
    /// The id of the Automation.
    pub automation: String,
    /// Where it went, or goes.
    pub url: String,
    /// The headers of the request.
    pub headers: BTreeMap<String, String>,
    /// The exact body of the request.
    pub body: String,
    /// What the receiver answered; none where nobody did, or has yet.
    pub response_code: Option<u16>,
}

impl Control {
    /// The same for the site's ftrack side.
    pub fn ftrack(&self) -> FtrackControl {
        FtrackControl {
            site: Arc::clone(&self.site),
        }
    }
}

impl FtrackControl {
    fn as_person(&self, operations: &[Value]) -> bool {
        let mut workspace = self.site.ftrack.lock();
        let who = workspace.names.coordinator.clone();
        let call = Call {
            operations,
            who: &who,
            by_api: false,
            repeats: false,
            url: &self.site.url,
        };
        workspace.commit(&call, || self.site.weather()).is_ok()
    }

    /// The id of the status with this name; empty where there is none.
    pub fn status_id(&self, name: &str) -> String {
        let workspace = self.site.ftrack.lock();
        let found = workspace.show.with("Status", "name", name).next();
        found.map(|status| status.id().to_owned()).unwrap_or_default()
    }

    /// The name of an entity's status; none where there is no such entity or no status.
    pub fn status(&self, kind: &str, id: &str) -> Option<String> {
        self.site.ftrack.lock().status(kind, id).map(|(_, name)| name)
    }

    /// The names of the statuses of everything that has one, by type and id: what two days are compared by.
    pub fn statuses(&self) -> BTreeMap<(String, String), String> {
        let workspace = self.site.ftrack.lock();
        let kinds = ["Task", "Shot", "AssetBuild", "Sequence", "AssetVersion"];
        let all = kinds
            .iter()
            .filter_map(|kind| named(kind))
            .flat_map(|kind| workspace.show.all(kind));
        all.filter_map(|found| {
            let (_, name) = workspace.status(found.kind.name, found.id())?;
            Some(((found.kind.name.to_owned(), found.id().to_owned()), name))
        })
        .collect()
    }

    /// All columns of all entities of a type, in the order of creation.
    pub fn entities(&self, kind: &str) -> Vec<Value> {
        let workspace = self.site.ftrack.lock();
        let all = named(kind).into_iter().flat_map(|kind| workspace.show.all(kind));
        all.map(|found| Value::Object(found.row.clone())).collect()
    }

    /// The Task of this Type under the Shot or Asset Build of this name; empty where there is none.
    pub fn task(&self, parent: &str, type_name: &str) -> String {
        let workspace = self.site.ftrack.lock();
        let of_type = |found: &super::show::Found<'_>| {
            let found = workspace.show.find("Type", text(found.row, "type_id"));
            found.is_some_and(|found| text(found.row, "name") == type_name)
        };
        let parents = workspace.show.with("TypedContext", "name", parent);
        let mut tasks = parents.flat_map(|parent| workspace.show.with("Task", "parent_id", parent.id()));
        tasks.find(of_type).map(|task| task.id().to_owned()).unwrap_or_default()
    }

    /// A person sets a status by its name. False where the workspace refuses.
    pub fn set_status_as_person(&self, kind: &str, id: &str, status: &str) -> bool {
        let status = self.status_id(status);
        self.set_as_person(kind, id, "status_id", json!(status))
    }

    /// A person sets any column. False where the workspace refuses.
    pub fn set_as_person(&self, kind: &str, id: &str, column: &str, value: Value) -> bool {
        let mut data = serde_json::Map::new();
        data.insert(column.to_owned(), value);
        self.as_person(&[json!({"action": "update", "entity_type": kind, "entity_key": [id], "entity_data": data})])
    }

    /// A person publishes a Version of a Task, with a status by its name or with the workflow's first. Returns its id; empty
    /// where the workspace refuses.
    pub fn create_version_as_person(&self, task: &str, status: Option<&str>) -> String {
        let status = status.map(|status| self.status_id(status));
        let operations = {
            let workspace = self.site.ftrack.lock();
            super::people::publish(
                &workspace.show,
                task,
                status.as_deref(),
                &id_for(&uuid::Uuid::new_v4().to_string()),
            )
        };
        match operations {
            Some((id, operations)) if self.as_person(&operations) => id,
            _ => String::new(),
        }
    }

    /// Every delivery so far, oldest first.
    pub fn deliveries(&self) -> Vec<FtrackDelivery> {
        let workspace = self.site.ftrack.lock();
        let view = |delivery: &super::automations::Delivery| FtrackDelivery {
            automation: delivery.automation.clone(),
            url: delivery.url.clone(),
            headers: delivery.headers.clone(),
            body: delivery.body.clone(),
            response_code: delivery.response_code,
        };
        workspace.courier.all().map(view).collect()
    }

    /// Has every delivery been sent and answered?
    pub fn is_all_delivered(&self) -> bool {
        self.site.ftrack.lock().is_all_delivered()
    }

    /// Sends a delivery once more, byte for byte, by its place in [`deliveries`](Self::deliveries). False where there is none.
    pub fn redeliver(&self, index: usize) -> bool {
        self.site.ftrack.lock().courier.again(index)
    }

    /// Keeps deliveries back, or lets them go.
    pub fn hold_deliveries(&self, hold: bool) {
        let mut workspace = self.site.ftrack.lock();
        workspace.courier.held = hold;
        workspace.courier.wake.notify_one();
    }

    /// The next deliveries, so many of them, are never sent.
    pub fn lose_deliveries(&self, count: u32) {
        self.site.ftrack.lock().courier.lose = count;
    }

    /// Every status write over the API, in order.
    pub fn writes(&self) -> Vec<FtrackWrite> {
        self.site.ftrack.lock().writes.clone()
    }

    /// Makes an Automation for everything that Callboard listens to. The reason where the workspace refuses.
    pub fn subscribe(&self, url: &str, secret: Option<&str>) -> Result<(), String> {
        self.site.ftrack.lock().subscribe(url, secret)
    }

    /// What webhooks call a Shot's entity type from now on: `Shot`, as without this, `Task` or `TypedContext`.
    pub fn tell_shots_as(&self, name: &str) {
        name.clone_into(&mut self.site.ftrack.lock().shots_as);
    }

    /// The service user of the webhooks gets access to a private project.
    pub fn let_service_user_into(&self, project: &str) {
        self.site.ftrack.lock().let_in.insert(project.to_owned());
    }

    /// Writes of this column over the API are refused for lack of permission.
    pub fn forbid_writes(&self, kind: &str, column: &str) {
        let column = (kind.to_owned(), column.to_owned());
        self.site.ftrack.lock().forbidden.insert(column);
    }

    /// How many listen at the event hub.
    pub fn hub_listeners(&self) -> usize {
        self.site.ftrack.lock().hub.listeners()
    }

    /// Cuts all connections of the event hub and lets nobody in, or opens it again.
    pub fn close_hub(&self, closed: bool) {
        let mut workspace = self.site.ftrack.lock();
        workspace.hub.closed = closed;
        if closed {
            workspace.hub.cut();
        }
    }

    /// Stops the simulated people of the workspace, or lets them go on.
    pub fn people_pause(&self, pause: bool) {
        self.site.ftrack.lock().people_paused = pause;
    }
}
