//! The workspace's production: the same show as on the ShotGrid side, with the same people, in ftrack's shape.

use std::collections::HashMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::schema::named;
use super::show::Show;
use super::types::{ASSET_BUILD, EPISODE, FOLDER, SEQUENCE, SHOT, TASK};
use crate::seed::{SECOND_PROJECT, step_token};
use crate::statuses;
use crate::tables;
use crate::world::{Record, World};

/// The user that Callboard signs in as, and the global API key that lets anybody in.
pub(crate) const USER: &str = "callboard";
pub(crate) const API_KEY: &str = "practice";
/// Who sends the webhooks.
pub(super) const SERVICE_USER: &str = "webhook.service";

const NO_PRIORITY: &str = "9661b320-3a0c-11e2-81c1-0800200c9a66";

/// The stock statuses of every workspace, by the code that the ShotGrid side has for them.
const STOCK: [(&str, &str, &str); 5] = [
    ("wtg", "Not started", "44dd9fb2-4164-11df-9218-0019bb4983d8"),
    ("ip", "In progress", "44ddd0fe-4164-11df-9218-0019bb4983d8"),
    ("rev", "Pending review", "44dded64-4164-11df-9218-0019bb4983d8"),
    ("apv", "Approved", "44de097a-4164-11df-9218-0019bb4983d8"),
    ("hld", "On Hold", "a0bc2444-15e2-11e1-b21a-0019bb4983d8"),
];

/// A small workflow that Roto Tasks have instead of the one for all.
const ROTO: [&str; 11] = [
    "omt", "hld", "wtg", "rdy", "ip", "ncl", "cnv", "adn", "stcomp", "apv", "di",
];

/// An id that the same words always give.
pub(super) fn id_for(words: &str) -> String {
    let digest = Sha256::digest(words);
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
    uuid::Builder::from_sha1_bytes(bytes).into_uuid().to_string()
}

/// The ids of what tests and people speak of by name.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By the ShotGrid side's code.
    pub(super) statuses: HashMap<&'static str, String>,
    /// The user who plays the coordinator.
    pub(super) coordinator: String,
}

impl Names {
    pub(super) fn status(&self, code: &str) -> String {
        self.statuses.get(code).cloned().unwrap_or_default()
    }
}

struct Seeding<'w> {
    world: &'w World,
    seed: u64,
    show: Show,
    names: Names,
}

/// Builds the workspace after the ShotGrid side's production.
pub(super) fn workspace(world: &World, seed: u64) -> (Show, Names) {
    let mut seeding = Seeding {
        world,
        seed,
        show: Show::default(),
        names: Names::default(),
    };
    seeding.statuses();
    seeding.object_types();
    seeding.schema("VFX", 0);
    seeding.schema("Commercials", SECOND_PROJECT);
    seeding.people();
    seeding.projects();
    for kind in ["Episode", "Sequence", "Shot", "Asset"] {
        seeding.contexts(kind);
    }
    seeding.tasks();
    seeding.versions();
    seeding.archive();
    seeding.show.keep();
    (seeding.show, seeding.names)
}

fn state(code: &str) -> &'static str {
    match code {
        "wtg" | "rdy" | "bid" | "media" | "awa" | "na" => "NOT_STARTED",
        "hld" | "omt" | "ncl" | "per" => "BLOCKED",
        "apv" | "di" | "stcomp" | "final" | "fin" | "hero" => "DONE",
        _ => "IN_PROGRESS",
    }
}

/// `"98,168,229"` as `#62a8e5`.
fn hex_colour(decimal: &str) -> String {
    let parts = decimal.split(',').filter_map(|part| part.trim().parse::<u8>().ok());
    parts.fold("#".to_owned(), |colour, part| format!("{colour}{part:02x}"))
}

impl Seeding<'_> {
    fn put(&mut self, kind: &str, row: Value) {
        if let (Some(kind), Value::Object(mut row)) = (named(kind), row) {
            for attribute in kind.attributes.iter().filter(|attribute| attribute.is_column()) {
                let default = kind.default_of(attribute).unwrap_or(Value::Null);
                row.entry(attribute.name).or_insert(default);
            }
            self.show.put(kind, row);
        }
    }

    fn id(&self, kind: &str, id: i64) -> String {
        id_for(&format!("{}/{kind}/{id}", self.seed))
    }

    fn records(&self, kind: &str) -> Vec<Record> {
        tables::named(kind)
            .map(|kind| self.world.actives(kind).cloned().collect())
            .unwrap_or_default()
    }

    fn statuses(&mut self) {
        for (sort, (short, name)) in [
            ("NOT_STARTED", "Not Started"),
            ("IN_PROGRESS", "In Progress"),
            ("DONE", "Done"),
            ("BLOCKED", "Blocked"),
        ]
        .into_iter()
        .enumerate()
        {
            self.put(
                "State",
                json!({"id": state_id(short), "name": name, "short": short, "sort": sort}),
            );
        }
        for (sort, (code, name, colour)) in statuses::rows().into_iter().enumerate() {
            if matches!(code, "act" | "dis" | "opn" | "clsd") {
                continue;
            }
            let stock = STOCK.iter().find(|(of, ..)| *of == code);
            let (name, id) = stock.map_or_else(
                || (name, id_for(&format!("Status/{name}"))),
                |(_, name, id)| (*name, (*id).to_owned()),
            );
            self.put(
                "Status",
                json!({"id": id, "name": name, "color": hex_colour(colour), "sort": sort,
                    "state_id": state_id(state(code))}),
            );
            self.names.statuses.insert(code, id);
        }
        self.put(
            "Priority",
            json!({"id": NO_PRIORITY, "name": "None", "color": "#acacac", "sort": 0, "value": 0}),
        );
    }

    fn object_types(&mut self) {
        for (sort, (id, name, statusable, leaf)) in [
            (TASK, "Task", true, true),
            (SHOT, "Shot", true, false),
            (ASSET_BUILD, "Asset Build", true, false),
            (SEQUENCE, "Sequence", true, false),
            (EPISODE, "Episode", false, false),
            (FOLDER, "Folder", false, false),
        ]
        .into_iter()
        .enumerate()
        {
            self.put(
                "ObjectType",
                json!({"id": id, "name": name, "sort": sort, "is_statusable": statusable, "is_typeable": statusable,
                    "is_taskable": !leaf, "is_leaf": leaf}),
            );
        }
        for step in self.records("Step") {
            let sort = step.fields.get("list_order").cloned();
            let colour = hex_colour(step.text("color").unwrap_or_default());
            let name = step.text("code").unwrap_or_default().to_owned();
            self.put(
                "Type",
                json!({"id": type_id(&name), "name": name, "sort": sort, "color": colour}),
            );
        }
        for (name, short) in [("Upload", "upload"), ("Render", "render")] {
            self.put(
                "AssetType",
                json!({"id": id_for(&format!("AssetType/{name}")), "name": name, "short": short}),
            );
        }
    }

    /// A project schema with its workflows; what the ShotGrid side hides in a project is left out of that project's.
    fn schema(&mut self, name: &str, project: i64) {
        let id = schema_id(name);
        let (tasks, versions) = (id_for(&format!("{name}/tasks")), id_for(&format!("{name}/versions")));
        let types = id_for(&format!("{name}/types"));
        self.put(
            "ProjectSchema",
            json!({"id": id, "name": name, "task_workflow_schema_id": tasks,
                "asset_version_workflow_schema_id": versions, "task_type_schema_id": types}),
        );
        self.workflow(&tasks, &format!("{name} tasks"), &shown("Task", project));
        self.workflow(&versions, &format!("{name} versions"), &shown("Version", project));
        let roto = id_for(&format!("{name}/roto"));
        self.workflow(&roto, &format!("{name} roto"), &ROTO);
        self.put(
            "ProjectSchemaOverride",
            json!({"id": id_for(&format!("{name}/override")), "project_schema_id": id,
                "type_id": type_id("Rotoscoping"), "workflow_schema_id": roto}),
        );
        self.put("TaskTypeSchema", json!({"id": types, "name": format!("{name} types")}));
        for step in self.records("Step") {
            let type_id = type_id(step.text("code").unwrap_or_default());
            self.put(
                "TaskTypeSchemaType",
                json!({"task_type_schema_id": types, "type_id": type_id}),
            );
        }
        for (object_type, kind) in [(SHOT, "Shot"), (ASSET_BUILD, "Asset"), (SEQUENCE, "Sequence")] {
            let schema = id_for(&format!("{name}/{kind}"));
            self.put(
                "Schema",
                json!({"id": schema, "project_schema_id": id, "object_type_id": object_type, "type_id": object_type}),
            );
            for (sort, code) in shown(kind, project).into_iter().enumerate() {
                let status = self.names.status(code);
                self.put(
                    "SchemaStatus",
                    json!({"schema_id": schema, "status_id": status, "sort": sort}),
                );
            }
        }
    }

    fn workflow(&mut self, id: &str, name: &str, codes: &[&str]) {
        self.put("WorkflowSchema", json!({"id": id, "name": name}));
        for code in codes {
            let status = self.names.status(code);
            self.put(
                "WorkflowSchemaStatus",
                json!({"workflow_schema_id": id, "status_id": status}),
            );
        }
    }

    fn people(&mut self) {
        for person in self.records("HumanUser") {
            let id = self.id("User", person.id);
            if person.id == crate::seed::COORDINATOR {
                self.names.coordinator.clone_from(&id);
            }
            let of = |field: &str| person.text(field).unwrap_or_default().to_owned();
            self.put(
                "User",
                json!({"id": id, "username": of("login"), "email": of("email"), "first_name": of("firstname"),
                    "last_name": of("lastname")}),
            );
        }
        for (username, first_name) in [(USER, "Callboard"), (SERVICE_USER, "Webhooks")] {
            self.put(
                "User",
                json!({"id": id_for(&format!("User/{username}")), "username": username, "first_name": first_name,
                    "last_name": "", "email": "pipeline@northlight.example"}),
            );
        }
    }

    fn projects(&mut self) {
        for project in self.records("Project") {
            let id = self.id("Project", project.id);
            let schema = if project.id == SECOND_PROJECT {
                "Commercials"
            } else {
                "VFX"
            };
            let of = |field: &str| project.text(field).unwrap_or_default().to_owned();
            self.put(
                "Project",
                json!({"id": id, "name": of("code"), "full_name": of("name"), "project_schema_id": schema_id(schema),
                    "project_id": id, "created_at": created(&project)}),
            );
        }
    }

    /// The id of what stands above a record.
    fn above(&self, record: &Record) -> String {
        let up = [("entity", ""), ("sg_sequence", "Sequence"), ("episode", "Episode")];
        let link = up.iter().find_map(|(field, kind)| {
            let id = record.link_id(field)?;
            let of = record
                .fields
                .get(*field)?
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or(kind);
            Some(self.id(of, id))
        });
        link.unwrap_or_else(|| self.id("Project", record.link_id("project").unwrap_or(0)))
    }

    fn contexts(&mut self, kind: &str) {
        let (entity, object_type) = match kind {
            "Episode" => ("Episode", EPISODE),
            "Sequence" => ("Sequence", SEQUENCE),
            "Asset" => ("AssetBuild", ASSET_BUILD),
            _ => ("Shot", SHOT),
        };
        for (sort, record) in self.records(kind).into_iter().enumerate() {
            let status = record.text("sg_status_list").filter(|_| kind != "Episode");
            let status = status.map(|code| self.names.status(code));
            let row = json!({
                "id": self.id(kind, record.id), "name": record.text("code"), "object_type_id": object_type,
                "description": record.text("description").unwrap_or_default(), "status_id": status, "sort": sort,
                "parent_id": self.above(&record), "project_id": self.id("Project", record.link_id("project").unwrap_or(0)),
                "created_at": created(&record), "created_by_id": self.names.coordinator,
            });
            self.put(entity, row);
        }
    }

    fn tasks(&mut self) {
        let steps: HashMap<i64, String> = self
            .records("Step")
            .into_iter()
            .map(|step| (step.id, step.text("code").unwrap_or_default().to_owned()))
            .collect();
        for task in self.records("Task") {
            let step = task
                .link_id("step")
                .and_then(|step| steps.get(&step))
                .cloned()
                .unwrap_or_default();
            let id = self.id("Task", task.id);
            let day = |field: &str| task.text(field).map(|day| format!("{day}T00:00:00"));
            let row = json!({
                "id": id, "name": task.text("content"), "object_type_id": TASK, "type_id": type_id(&step),
                "status_id": self.names.status(task.text("sg_status_list").unwrap_or("wtg")),
                "bid": task.fields.get("duration"), "sort": task.fields.get("sg_sort_order"),
                "start_date": day("start_date"), "end_date": day("due_date"), "parent_id": self.above(&task),
                "project_id": self.id("Project", task.link_id("project").unwrap_or(0)),
                "created_at": created(&task), "created_by_id": self.names.coordinator,
            });
            self.put("Task", row);
            for artist in links(&task, "task_assignees") {
                let row = json!({"id": id_for(&format!("{id}/{artist}")), "context_id": id,
                    "resource_id": self.id("User", artist)});
                self.put("Appointment", row);
            }
            for upstream in links(&task, "upstream_tasks") {
                let row = json!({"id": id_for(&format!("{upstream}>{id}")), "from_id": self.id("Task", upstream),
                    "to_id": id});
                self.put("TypedContextLink", row);
            }
        }
    }

    /// One Asset a Task, with the Task's Versions.
    fn versions(&mut self) {
        let tasks: HashMap<i64, String> = self
            .records("Task")
            .into_iter()
            .map(|task| (task.id, task.text("content").unwrap_or_default().to_owned()))
            .collect();
        let mut counts: HashMap<i64, u32> = HashMap::new();
        for version in self.records("Version") {
            let Some(task) = version.link_id("sg_task") else {
                continue;
            };
            let number = counts.entry(task).or_default();
            *number += 1;
            let number = *number;
            let asset = self.id("Asset of Task", task);
            if number == 1 {
                let name = tasks.get(&task).map(|step| step_token(step)).unwrap_or_default();
                let row = json!({"id": asset, "name": name, "context_id": self.above(&version),
                    "type_id": id_for("AssetType/Upload")});
                self.put("Asset", row);
            }
            let row = json!({
                "id": self.id("Version", version.id), "version": number, "asset_id": asset, "task_id": self.id("Task", task),
                "status_id": self.names.status(version.text("sg_status_list").unwrap_or("rev")),
                "user_id": self.id("User", version.link_id("user").unwrap_or(0)), "date": created(&version),
            });
            self.put("AssetVersion", row);
        }
    }

    /// A project that is over: what asks for the active ones must not find it.
    fn archive(&mut self) {
        let [project, shot, task] =
            ["Project", "Shot", "Task"].map(|kind| id_for(&format!("{}/archive/{kind}", self.seed)));
        self.put(
            "Project",
            json!({"id": project, "name": "ohb", "full_name": "Old Harbour", "status": "hidden",
                "project_schema_id": schema_id("VFX"), "project_id": project}),
        );
        self.put(
            "Shot",
            json!({"id": shot, "name": "OHB010_0010", "object_type_id": SHOT, "status_id": self.names.status("final"),
                "parent_id": project, "project_id": project}),
        );
        self.put(
            "Task",
            json!({"id": task, "name": "Composite", "object_type_id": TASK, "type_id": type_id("Composite"),
                "status_id": self.names.status("di"), "parent_id": shot, "project_id": project}),
        );
    }
}

fn created(record: &Record) -> Option<String> {
    record.text("created_at").map(|at| at.trim_end_matches('Z').to_owned())
}

fn links(record: &Record, field: &str) -> Vec<i64> {
    let all = record
        .fields
        .get(field)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    all.iter().filter_map(|link| link.get("id")?.as_i64()).collect()
}

fn shown(kind: &str, project: i64) -> Vec<&'static str> {
    let hidden = statuses::hidden(kind, project);
    let all = statuses::of(kind).map(|(column, _)| column).unwrap_or_default();
    all.iter()
        .map(|status| status.code)
        .filter(|code| !hidden.contains(code))
        .collect()
}

fn state_id(short: &str) -> String {
    match short {
        "NOT_STARTED" => "6c59abf8-4dbf-11e1-9902-f23c91df25eb".to_owned(),
        other => id_for(&format!("State/{other}")),
    }
}

fn type_id(name: &str) -> String {
    id_for(&format!("Type/{name}"))
}

fn schema_id(name: &str) -> String {
    id_for(&format!("ProjectSchema/{name}"))
}
