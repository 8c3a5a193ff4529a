//! The people of the workspace: they start, publish, review and deliver, as those of the ShotGrid side do.

use std::sync::Arc;
use std::time::Duration;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::schema::named;
use super::seed::id_for;
use super::show::{Found, Show, text};
use super::workspace::{Call, Workspace};
use crate::site::Site;

/// Tasks looked at before nobody finds anything to do.
const LOOKED_AT: usize = 60;

/// The simulated people.
pub(crate) struct People {
    rng: ChaCha8Rng,
    published: u64,
}

impl People {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(2);
        Self { rng, published: 0 }
    }

    fn chance(&mut self, share: f64) -> bool {
        self.rng.random_bool(share)
    }

    /// One thing that one person does: who, and the operations of it.
    fn act(&mut self, workspace: &Workspace) -> Option<(String, Vec<Value>)> {
        let show = &workspace.show;
        let active = |task: &Found<'_>| {
            let project = show.find("Project", text(task.row, "project_id"));
            project.is_some_and(|project| text(project.row, "status") == "active")
        };
        let tasks: Vec<Found<'_>> = show.all(named("Task")?).filter(active).collect();
        (0..LOOKED_AT).find_map(|_| {
            let task = *tasks.choose(&mut self.rng)?;
            let next = self.next(workspace, task)?;
            let artist = show.with("Appointment", "context_id", task.id()).next();
            let artist = artist.map(|artist| text(artist.row, "resource_id").to_owned());
            Some((artist.unwrap_or_else(|| workspace.names.coordinator.clone()), next))
        })
    }

    fn next(&mut self, workspace: &Workspace, task: Found<'_>) -> Option<Vec<Value>> {
        let show = &workspace.show;
        let code = |found: Found<'_>| {
            let status = text(found.row, "status_id");
            let mut codes = workspace.names.statuses.iter();
            codes
                .find(|(_, id)| id.as_str() == status)
                .map_or("wtg", |(code, _)| *code)
        };
        let set = |found: Found<'_>, code: &str| {
            let status = workspace.names.status(code);
            let is_allowed = show
                .allowed(found.kind, found.row)
                .is_some_and(|allowed| allowed.contains(&status));
            let operation = json!({"action": "update", "entity_type": found.kind.name, "entity_key": [found.id()],
                "entity_data": {"status_id": status}});
            is_allowed.then(|| vec![operation])
        };
        let number = |version: &Found<'_>| version.row.get("version").and_then(Value::as_i64);
        let latest = show.with("AssetVersion", "task_id", task.id()).max_by_key(number);
        if let Some(version) = latest.filter(|_| !matches!(code(task), "hld" | "omt" | "di")) {
            let verdicts: &[&str] = match code(version) {
                "cnv" => &["bkdn", "sndcli", "sndcli", "stcomp", "rqc"],
                "rqc" => &["sndcli", "qckbk"],
                "sndcli" | "sndwip" | "sndv0" => &["rev"],
                "rev" | "pdrr" => &["note", "note", "apv", "apv"],
                _ => &[],
            };
            if let Some(verdict) = verdicts.choose(&mut self.rng) {
                return set(version, verdict);
            }
        }
        match code(task) {
            "hld" if self.chance(0.3) => set(task, "rdy"),
            "wtg" if is_ready(show, task, code) => set(task, "rdy"),
            "rdy" | "bfr" | "qckbk" => set(task, "ip"),
            "per" | "nwmdia" => set(task, "rdy"),
            "adn" | "ncl" => set(task, "ip"),
            "apv" if self.chance(0.5) => set(task, "di"),
            "di" if self.chance(0.05) => set(task, "nwmdia"),
            "hld" | "omt" | "di" | "apv" | "wtg" => None,
            "ip" if self.chance(0.05) => set(task, "hld"),
            _ => {
                self.published += 1;
                let status = workspace.names.status(if self.chance(0.7) { "cnv" } else { "rev" });
                let words = format!("published/{}/{}", task.id(), self.published);
                publish(show, task.id(), Some(&status), &id_for(&words)).map(|(_, operations)| operations)
            }
        }
    }
}

/// Has everything that the Task waits for been done?
fn is_ready<'w>(show: &'w Show, task: Found<'w>, code: impl Fn(Found<'w>) -> &'static str) -> bool {
    let mut upstream = show
        .with("TypedContextLink", "to_id", text(task.row, "id"))
        .filter_map(|link| show.find("Task", text(link.row, "from_id")));
    upstream.all(|upstream| matches!(code(upstream), "stcomp" | "apv" | "di" | "omt" | "rev"))
}

/// The operations that publish the next Version of a Task, and its id; its Asset too where it has none yet.
pub(super) fn publish(show: &Show, task: &str, status: Option<&str>, id: &str) -> Option<(String, Vec<Value>)> {
    let task = show.find("Task", task)?;
    let create = |kind: &str, id: &str, data: Value| json!({"action": "create", "entity_type": kind, "entity_key": [id], "entity_data": data});
    let mut operations = Vec::new();
    let before = show.with("AssetVersion", "task_id", task.id()).next();
    let asset = match before {
        Some(version) => text(version.row, "asset_id").to_owned(),
        None => {
            let asset = id_for(&format!("{id}/asset"));
            let name = text(task.row, "name").to_lowercase();
            operations.push(create(
                "Asset",
                &asset,
                json!({"id": asset, "name": name, "context_id": text(task.row, "parent_id"),
                    "type_id": id_for("AssetType/Upload")}),
            ));
            asset
        }
    };
    let mut data = json!({"id": id, "asset_id": asset, "task_id": task.id()});
    if let Some(status) = status {
        data["status_id"] = json!(status);
    }
    operations.push(create("AssetVersion", id, data));
    Some((id.to_owned(), operations))
}

/// Works `rate` actions a second, evenly.
pub(crate) async fn work(site: Arc<Site>, mut people: People, rate: f64, limit: Option<Duration>) {
    let started = Instant::now();
    let mut slots = 0_u64;
    loop {
        let seconds = (slots as f64 + people.rng.random_range(0.0..1.0)) / rate;
        let Ok(due) = Duration::try_from_secs_f64(seconds) else {
            return;
        };
        if limit.is_some_and(|limit| due > limit) {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep_until(started + due) => {}
            () = site.cancel.cancelled() => return,
        }
        slots += 1;
        let mut workspace = site.ftrack.lock();
        if workspace.people_paused {
            continue;
        }
        let Some((who, operations)) = people.act(&workspace) else {
            continue;
        };
        let call = Call {
            operations: &operations,
            who: &who,
            by_api: false,
            repeats: false,
            url: &site.url,
        };
        if let Err(fault) = workspace.commit(&call, || site.weather()) {
            tracing::warn!(refusal = fault.content(), "a simulated person was refused");
        }
    }
}
