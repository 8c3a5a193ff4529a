//! The site's other face: an ftrack workspace with the same show, its API under `/api`, and its webhooks.

mod api;
mod automations;
mod control;
mod courier;
mod errors;
mod hub;
mod operations;
mod people;
mod query;
mod schema;
mod search;
mod seed;
mod show;
mod trigger;
mod types;
mod workflows;
mod workspace;

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::weather::Weather;
use crate::world::World;

pub(crate) use api::answer;
pub use control::{FtrackControl, FtrackDelivery, FtrackWrite};
pub(crate) use courier::work;
pub(crate) use hub::{handshake, socket};
pub(crate) use people::{People, work as people_work};
pub(crate) use seed::{API_KEY, USER};
pub(crate) use workspace::Workspace;

/// The workspace behind its lock, which is never held across an await. Who holds it may take the world's lock too, and
/// never the other way round.
pub(crate) struct Side(Mutex<Workspace>);

impl Side {
    pub(crate) fn new(world: &World, seed: u64) -> Self {
        let (show, names) = seed::workspace(world, seed);
        Self(Mutex::new(Workspace {
            show,
            names,
            courier: automations::Courier::default(),
            writes: Vec::new(),
            hub: hub::Hub::default(),
            let_in: HashSet::new(),
            shots_as: "Shot".to_owned(),
            people_paused: false,
            forbidden: HashSet::new(),
        }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Workspace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workspace {
    /// Have all deliveries been sent and answered?
    pub(crate) fn is_all_delivered(&self) -> bool {
        self.courier.is_idle()
    }

    /// Sends at once what was to be late.
    pub(crate) fn hurry(&mut self) {
        self.courier.hurry();
    }

    /// An Automation for everything that Callboard listens to, with a secret in a header of its own.
    pub(crate) fn subscribe(&mut self, url: &str, secret: Option<&str>) -> Result<(), String> {
        let automation = seed::id_for(&format!("Automation/{url}"));
        let kinds = ["Task", "Shot", "AssetBuild", "Sequence", "AssetVersion", "Note"];
        let filter: Vec<String> = kinds
            .iter()
            .map(|kind| format!("entity.entity_type = \"{kind}\""))
            .collect();
        let headers = secret.map(|secret| json!({"x-callboard-secret": secret}).to_string());
        let create = |kind: &str, id: &str, data: Value| json!({"action": "create", "entity_type": kind, "entity_key": [id], "entity_data": data});
        let (trigger, action) = (
            seed::id_for(&format!("Trigger/{url}")),
            seed::id_for(&format!("Action/{url}")),
        );
        let operations = [
            create(
                "Automation",
                &automation,
                json!({"id": automation, "name": "Callboard"}),
            ),
            create(
                "Trigger",
                &trigger,
                json!({"id": trigger, "automation_id": automation, "filter": filter.join(" or ")}),
            ),
            create(
                "WebhookAction",
                &action,
                json!({"id": action, "automation_id": automation, "webhook_url": url, "headers": headers}),
            ),
        ];
        let who = self.names.coordinator.clone();
        let call = workspace::Call {
            operations: &operations,
            who: &who,
            by_api: false,
            repeats: false,
            url: "",
        };
        let done = self.commit(&call, Weather::default);
        done.map(|_| ()).map_err(|fault| fault.content().to_owned())
    }
}
