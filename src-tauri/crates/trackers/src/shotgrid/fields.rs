//! What is read of an entity, and what is read of its links in the same call.

use std::collections::BTreeSet;

use callboard_model::{Entity, EntityKey, EntityType, Surroundings};
use serde_json::{Map, Value};

use super::STATUS_FIELD;
use super::record::{entity, key, link, parent_fields};

/// Read of every entity. Names that a type does not have are dropped by the site without a word.
const OF_ALL: &[&str] = &["code", "content", "name", STATUS_FIELD, "project", "created_at"];
const OF_TASK: &[&str] = &["step", "step.Step.short_name", "step.Step.list_order", "upstream_tasks"];

/// The fields of an entity itself.
pub(super) fn own(kind: &EntityType, needed: &Surroundings) -> Vec<String> {
    let of_kind: &[&str] = match kind.as_str() {
        EntityType::TASK => OF_TASK,
        EntityType::VERSION => &["sg_task"],
        _ => &[],
    };
    let names = OF_ALL.iter().chain(parent_fields(kind)).chain(of_kind);
    let names = names.map(|name| (*name).to_owned());
    names.chain(asked(kind, needed).iter().cloned()).collect()
}

/// The fields of an entity itself, and those of its links that one call can tell of.
pub(super) fn with_links(kind: &EntityType, needed: &Surroundings) -> Vec<String> {
    let mut names = own(kind, needed);
    for told in told_of(kind) {
        let of_link = told.fields(needed).into_iter();
        names.extend(of_link.map(|name| format!("{}{name}", told.path)));
    }
    names
}

/// The entity of a record.
pub(super) fn read_one(record: &Map<String, Value>, needed: &Surroundings) -> Option<Entity> {
    let key = key(record)?;
    let asked = asked(&key.kind, needed);
    Some(entity(key, record, "", asked))
}

/// The entity of a record and those that its dotted fields tell of.
pub(super) fn read_with_links(record: &Map<String, Value>, needed: &Surroundings) -> Vec<Entity> {
    let Some(first) = read_one(record, needed) else {
        return Vec::new();
    };
    let told = told_of(&first.key.kind)
        .iter()
        .filter_map(|told| told.read(record, needed));
    let linked: Vec<Entity> = told.collect();
    std::iter::once(first).chain(linked).collect()
}

fn asked<'a>(kind: &EntityType, needed: &'a Surroundings) -> &'a BTreeSet<String> {
    static NONE: BTreeSet<String> = BTreeSet::new();
    needed.fields.get(kind).unwrap_or(&NONE)
}

/// A link that an entity's record can tell of by dotted fields.
struct Told {
    /// What stands before the names of its fields.
    path: &'static str,
    /// The field that holds the link, and the type that the path speaks of.
    field: &'static str,
    kind: &'static str,
}

const fn told(path: &'static str, field: &'static str, kind: &'static str) -> Told {
    Told { path, field, kind }
}

const OF_VERSION: &[Told] = &[
    told("sg_task.Task.", "sg_task", EntityType::TASK),
    told("entity.Shot.", "entity", EntityType::SHOT),
    told("entity.Asset.", "entity", "Asset"),
    told("sg_task.Task.entity.Shot.", "sg_task.Task.entity", EntityType::SHOT),
    told("sg_task.Task.entity.Asset.", "sg_task.Task.entity", "Asset"),
];
const OF_TASKS_OWNER: &[Told] = &[
    told("entity.Shot.", "entity", EntityType::SHOT),
    told("entity.Asset.", "entity", "Asset"),
];

fn told_of(kind: &EntityType) -> &'static [Told] {
    match kind.as_str() {
        EntityType::VERSION => OF_VERSION,
        EntityType::TASK => OF_TASKS_OWNER,
        _ => &[],
    }
}

impl Told {
    fn fields(&self, needed: &Surroundings) -> Vec<String> {
        let kind = EntityType::from(self.kind);
        let mut names = vec!["code", STATUS_FIELD, "project"];
        if self.kind == EntityType::TASK {
            names = vec!["content", STATUS_FIELD, "entity", "project"];
            names.extend(
                OF_TASK
                    .iter()
                    .filter(|n| needed.dependencies || **n != "upstream_tasks"),
            );
        } else if goes_higher(needed) {
            names.extend(parent_fields(&kind));
        }
        let names = names.into_iter().map(ToOwned::to_owned);
        names.chain(asked(&kind, needed).iter().cloned()).collect()
    }

    /// None when the site left something out. Half a Task would look like one without a step or a Shot, and that decides: it
    /// is read by itself then.
    fn read(&self, record: &Map<String, Value>, needed: &Surroundings) -> Option<Entity> {
        let there = record.get(self.field).and_then(link)?;
        let kind = EntityType::from(self.kind);
        let asked = asked(&kind, needed);
        let mut decisive: Vec<&str> = asked.iter().map(String::as_str).collect();
        decisive.push(STATUS_FIELD);
        if self.kind == EntityType::TASK {
            decisive.extend(["step", "entity"]);
            decisive.extend(needed.dependencies.then_some("upstream_tasks"));
        } else if goes_higher(needed) {
            // The others are fields that only some sites have.
            decisive.extend(parent_fields(&kind).first());
        }
        let is_told = |name: &str| record.contains_key(&format!("{}{name}", self.path));
        if there.key.kind != kind || !decisive.into_iter().all(is_told) {
            return None;
        }
        let mut linked = entity(there.key, record, self.path, asked);
        linked.name = linked.name.or(there.name);
        linked.project = linked.project.or_else(|| record.get("project").and_then(link));
        Some(linked)
    }
}

/// Whether what a Shot belongs to matters.
fn goes_higher(needed: &Surroundings) -> bool {
    needed.above_owner || !needed.same_kind.is_empty()
}

/// The fields by which entities of one type can belong to one of another. Several where sites differ.
pub(super) fn belonging(child: &EntityType, owner: &EntityType) -> &'static [&'static str] {
    match (child.as_str(), owner.as_str()) {
        (EntityType::VERSION, EntityType::TASK) => &["sg_task"],
        (EntityType::SHOT, "Sequence") => &["sg_sequence"],
        (EntityType::SHOT, "Episode") => &["sg_episode", "episode"],
        (EntityType::SHOT, _) => &[],
        ("Sequence", "Episode") => &["episode", "sg_episode"],
        ("Sequence" | "Asset", _) => &[],
        _ => &["entity"],
    }
}

/// The field that holds what people call an entity of a type.
pub(super) fn name_field(kind: &EntityType) -> &'static str {
    match kind.as_str() {
        EntityType::TASK => "content",
        EntityType::NOTE => "subject",
        "Project" | "HumanUser" => "name",
        "ApiUser" => "firstname",
        _ => "code",
    }
}

/// A link as a filter wants it. None for an id that this tracker cannot have.
pub(super) fn filter_link(key: &EntityKey) -> Option<Value> {
    let id = key.id.as_number()?;
    Some(serde_json::json!({"type": key.kind, "id": id}))
}
