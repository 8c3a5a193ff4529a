//! The production: the same seed gives the same ids, names, people and statuses.

use std::cmp::Ordering;
use std::collections::HashMap;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::statuses;
use crate::tables::{Kind, named};
use crate::world::{Actor, Fields, Record, World, link};

/// The production that most happens in, and a small one beside it so that a filter by project means something.
pub(crate) const PROJECT: i64 = 122;
pub(crate) const SECOND_PROJECT: i64 = 123;

/// The script that Callboard signs in as.
pub(crate) const SCRIPT: i64 = 93;
pub(crate) const SCRIPT_NAME: &str = "practice";
pub(crate) const SCRIPT_KEY: &str = "practice";

const SUPERVISORS: [i64; 2] = [80, 81];
/// The first of two coordinators.
pub(crate) const COORDINATOR: i64 = 82;
const COORDINATORS: [i64; 2] = [COORDINATOR, 83];
const PRODUCER: i64 = 84;
const CLIENT: i64 = 85;

/// First name, last name, title, the steps that an artist works on.
const PEOPLE: [(&str, &str, &str, &[&str]); 16] = [
    ("Noor", "Haddad", "VFX Supervisor", &[]),
    ("Tomasz", "Wierzbicki", "Compositing Supervisor", &[]),
    ("Amara", "Okafor", "Production Coordinator", &[]),
    ("Luis", "Ferreira", "Production Coordinator", &[]),
    ("Hanneke", "de Vries", "VFX Producer", &[]),
    ("Ruth", "Abelson", "Client, Meridian Pictures", &[]),
    ("Kenji", "Morita", "Prep Artist", &["Prep", "Paint"]),
    ("Salome", "Gelashvili", "Matchmove Artist", &["Matchmove"]),
    ("Priya", "Raghunathan", "Roto Artist", &["Rotoscoping", "Prep"]),
    ("Mateo", "Quispe", "Roto and Paint Artist", &["Rotoscoping", "Paint"]),
    ("Ingrid", "Solheim", "Paint Artist", &["Paint"]),
    (
        "Dembe",
        "Nakato",
        "CG Artist",
        &["Computer Graphics", "Matchmove", "Modeling"],
    ),
    ("Yasmin", "Karimi", "CG Artist", &["Computer Graphics", "Lookdev"]),
    (
        "Claire",
        "Beaumont",
        "Compositor",
        &["Composite", "Secondary Composite"],
    ),
    ("Minh", "Tran", "Compositor", &["Composite"]),
    (
        "Zoe",
        "Papadopoulos",
        "Senior Compositor",
        &["Composite", "Secondary Composite"],
    ),
];
const FIRST_PERSON: i64 = 80;
const FIRST_EPISODE: i64 = 301;

/// A pipeline step, and the steps whose work it waits for.
struct Step {
    id: i64,
    name: &'static str,
    short: &'static str,
    color: &'static str,
    on: &'static str,
    waits_for: &'static [&'static str],
}

const fn step(
    id: i64,
    on: &'static str,
    name: &'static str,
    short: &'static str,
    color: &'static str,
    waits_for: &'static [&'static str],
) -> Step {
    Step {
        id,
        name,
        short,
        color,
        on,
        waits_for,
    }
}

const STEPS: [Step; 9] = [
    step(1, "Shot", "Prep", "PRP", "120,160,200", &[]),
    step(2, "Shot", "Matchmove", "MMV", "90,180,170", &["Prep"]),
    step(3, "Shot", "Rotoscoping", "ROT", "200,170,90", &["Prep"]),
    step(4, "Shot", "Paint", "PNT", "210,130,150", &["Prep"]),
    step(5, "Shot", "Computer Graphics", "CG", "140,130,210", &["Matchmove"]),
    step(
        6,
        "Shot",
        "Composite",
        "CMP",
        "110,190,110",
        &["Rotoscoping", "Paint", "Computer Graphics"],
    ),
    step(7, "Shot", "Secondary Composite", "CMP2", "80,150,80", &["Composite"]),
    step(20, "Asset", "Modeling", "MDL", "180,150,120", &[]),
    step(21, "Asset", "Lookdev", "LKD", "190,120,90", &["Modeling"]),
];

const ASSETS: [(&str, &str); 4] = [
    ("research_vessel", "Vehicle"),
    ("aurora_sky", "Environment"),
    ("harbor_crane", "Prop"),
    ("sled_dog", "Character"),
];

const ABOUT: [&str; 8] = [
    "Vessel enters frame left; replace the horizon and add sea smoke.",
    "Remove rig and wires, extend the ice shelf to camera right.",
    "Aurora over the harbour, reflections in the water.",
    "Set extension behind the crane, snow in three layers.",
    "Screen insert on the sonar display, hand-held.",
    "Crowd on the quay, twelve extras to sixty.",
    "Split of takes 3 and 5, blend at the door.",
    "Full CG wide, storm builds through the shot.",
];

/// Who plays which part.
pub(crate) enum Part {
    Supervisor,
    Coordinator,
    Producer,
    Client,
}

impl Part {
    pub(crate) fn one(&self, rng: &mut ChaCha8Rng) -> i64 {
        let of = |people: &[i64], rng: &mut ChaCha8Rng| people.choose(rng).copied().unwrap_or(PRODUCER);
        match self {
            Self::Supervisor => of(&SUPERVISORS, rng),
            Self::Coordinator => of(&COORDINATORS, rng),
            Self::Producer => PRODUCER,
            Self::Client => CLIENT,
        }
    }
}

/// The short name of a step, as version names carry it.
pub(crate) fn step_token(name: &str) -> String {
    let short = STEPS
        .iter()
        .find(|step| step.name == name)
        .map_or("work", |step| step.short);
    short.to_lowercase()
}

/// Builds the whole site.
pub(crate) fn production(seed: u64, shots: usize, audible: bool, first_row: i64) -> World {
    let mut world = World::new(seed);
    let mut seeding = Seeding {
        rng: ChaCha8Rng::seed_from_u64(seed),
        hour: 0,
        task: 5001,
        version: 6001,
    };
    seeding.accounts(&mut world, audible);
    seeding.steps_and_statuses(&mut world);
    for (id, name, code) in [(PROJECT, "Northlight", "nlt"), (SECOND_PROJECT, "Paper Lantern", "plt")] {
        let people: Vec<Value> = (0..PEOPLE.len()).map(person_link).collect();
        let fields = json!({"name": name, "code": code, "sg_status": "Active", "archived": false,
            "is_template": false, "users": people});
        seeding.put(&mut world, "Project", id, fields);
    }
    seeding.shots(&mut world, PROJECT, "SQ", 1000, 200, shots);
    seeding.shots(&mut world, SECOND_PROJECT, "LAN", 100_000, 10_000, shots.min(3));
    seeding.assets(&mut world);
    // Last, and without dice: what was here before these keeps its ids, its times and its people's day.
    seeding.episodes(&mut world);
    if let Ok(past) = seeding.stamp().parse() {
        world.log_the_past(&Actor::person(COORDINATOR), past, first_row);
    }
    world
}

fn person_link(index: usize) -> Value {
    link("HumanUser", FIRST_PERSON + i64::try_from(index).unwrap_or(0))
}

/// What the Tasks of one Shot or Asset are made for.
struct Work<'a> {
    project: i64,
    kind: &'a str,
    entity: i64,
    code: &'a str,
    /// How many of its steps are done.
    progress: usize,
    secondary: bool,
}

struct Seeding {
    rng: ChaCha8Rng,
    hour: i64,
    task: i64,
    version: i64,
}

impl Seeding {
    fn pick<'c, T>(&mut self, choices: &'c [T], otherwise: &'c T) -> &'c T {
        choices.choose(&mut self.rng).unwrap_or(otherwise)
    }

    /// Seeded records come from a fixed past, one an hour, so that the same seed is the same to the byte.
    fn stamp(&mut self) -> String {
        self.hour += 1;
        let at = jiff::Timestamp::from_second(1_767_603_600 + self.hour * 600);
        at.map(crate::clock::plain).unwrap_or_default()
    }

    fn put(&mut self, world: &mut World, kind: &str, id: i64, fields: Value) {
        let (Some(kind), Value::Object(mut fields)) = (named(kind), fields) else {
            return;
        };
        let stamp = self.stamp();
        for name in ["created_at", "updated_at"] {
            fields.insert(name.to_owned(), json!(stamp));
        }
        for name in ["created_by", "updated_by"] {
            fields.entry(name).or_insert_with(|| link("HumanUser", COORDINATOR));
        }
        world.insert(
            kind,
            Record {
                id,
                fields,
                ..Record::default()
            },
        );
    }

    fn accounts(&mut self, world: &mut World, audible: bool) {
        for (index, (first, last, title, _)) in PEOPLE.iter().enumerate() {
            let login = format!("{}.{}", first.to_lowercase(), last.to_lowercase().replace(' ', ""));
            let fields = json!({
                "name": format!("{first} {last}"), "firstname": first, "lastname": last, "login": login,
                "email": format!("{login}@northlight.example"), "sg_title": title, "sg_status_list": "act",
                "projects": [link("Project", PROJECT), link("Project", SECOND_PROJECT)],
            });
            self.put(
                world,
                "HumanUser",
                FIRST_PERSON + i64::try_from(index).unwrap_or(0),
                fields,
            );
        }
        for (id, name, about, audible) in [
            (SCRIPT, SCRIPT_NAME, "Callboard keeps statuses in step", audible),
            (SCRIPT + 4, "ingest", "Registers plates and renders", true),
        ] {
            let fields = json!({
                "firstname": name, "lastname": "1.0", "description": about, "email": "pipeline@northlight.example",
                "sg_status_list": "act", "generate_event_log_entries": audible,
            });
            self.put(world, "ApiUser", id, fields);
            world
                .auth
                .scripts
                .insert(name.to_owned(), if id == SCRIPT { SCRIPT_KEY } else { name }.to_owned());
        }
    }

    fn steps_and_statuses(&mut self, world: &mut World) {
        for (order, step) in STEPS.iter().enumerate() {
            let fields = json!({"code": step.name, "short_name": step.short, "color": step.color,
                "entity_type": step.on, "list_order": (order + 1) * 10});
            self.put(world, "Step", step.id, fields);
        }
        for (index, (code, name, color)) in (1..).zip(statuses::rows()) {
            let fields = json!({"code": code, "name": name, "bg_color": color, "system": false, "icon": null,
                "created_by": null});
            self.put(world, "Status", index, fields);
        }
    }

    fn shots(&mut self, world: &mut World, project: i64, prefix: &str, first: i64, first_sequence: i64, count: usize) {
        const A_SEQUENCE: i64 = 8;
        for (index, _) in (0_i64..).zip(0..count) {
            let (sequence, place) = (index / A_SEQUENCE, index % A_SEQUENCE);
            let sequence_code = format!("{prefix}{:03}", (sequence + 1) * 10);
            if place == 0 {
                let fields = json!({"code": sequence_code, "description": "", "project": link("Project", project)});
                self.put(world, "Sequence", first_sequence + sequence, fields);
            }
            let code = format!("{sequence_code}_{:04}", (place + 1) * 10);
            let progress = self.rng.random_range(0..=7_usize);
            let status = match progress {
                0 => *self.pick(&["awa", "media", "bid", "actv"], &"awa"),
                7 => *self.pick(&["rev", "apv", "actv"], &"actv"),
                _ => "actv",
            };
            let length: i64 = self.rng.random_range(24..=180);
            let fields = json!({
                "code": code, "description": self.pick(&ABOUT, &""), "sg_status_list": status, "sg_cut_in": 1001,
                "sg_cut_out": 1001 + length, "sg_sequence": link("Sequence", first_sequence + sequence),
                "project": link("Project", project),
            });
            self.put(world, "Shot", first + index, fields);
            let secondary = self.rng.random_bool(0.3) || index == 0;
            let work = Work {
                project,
                kind: "Shot",
                entity: first + index,
                code: &code,
                progress,
                secondary,
            };
            self.tasks(world, &work);
        }
    }

    /// The main project is a series: two Sequences an Episode. The small one has none.
    fn episodes(&mut self, world: &mut World) {
        let (Some(sequences), Some(shots)) = (named("Sequence"), named("Shot")) else {
            return;
        };
        let all: Vec<(i64, bool)> = world
            .actives(sequences)
            .map(|sequence| (sequence.id, sequence.link_id("project") == Some(PROJECT)))
            .collect();
        for (index, (sequence, is_of_series)) in all.into_iter().enumerate() {
            let is_begun = world
                .actives(shots)
                .filter(|shot| shot.link_id("sg_sequence") == Some(sequence))
                .any(|shot| !matches!(shot.text("sg_status_list"), Some("bid" | "media" | "awa")));
            let status = if is_begun { "ip" } else { "wtg" };
            let episode = FIRST_EPISODE + i64::try_from(index / 2).unwrap_or(0);
            if is_of_series && index % 2 == 0 {
                let fields = json!({"code": format!("EP{}", 101 + index / 2), "description": "", "sg_status_list": status,
                    "project": link("Project", PROJECT)});
                self.put(world, "Episode", episode, fields);
            }
            world.set(sequences, sequence, "sg_status_list", json!(status));
            if is_of_series {
                world.set(sequences, sequence, "episode", link("Episode", episode));
            }
        }
    }

    fn assets(&mut self, world: &mut World) {
        for (index, (code, kind)) in (0_i64..).zip(ASSETS) {
            let progress = self.rng.random_range(0..=2_usize);
            let fields = json!({"code": code, "sg_asset_type": kind, "description": "",
                "sg_status_list": if progress == 2 { "fin" } else { "ip" }, "project": link("Project", PROJECT)});
            self.put(world, "Asset", 1400 + index, fields);
            let work = Work {
                project: PROJECT,
                kind: "Asset",
                entity: 1400 + index,
                code,
                progress,
                secondary: false,
            };
            self.tasks(world, &work);
        }
    }

    fn tasks(&mut self, world: &mut World, work: &Work<'_>) {
        let mut made: HashMap<&str, i64> = HashMap::new();
        let steps = STEPS
            .iter()
            .filter(|step| step.on == work.kind && (work.secondary || step.name != "Secondary Composite"));
        for (order, step) in steps.enumerate() {
            let id = self.task;
            self.task += 1;
            let status = match order.cmp(&work.progress) {
                Ordering::Less => *self.pick(&["stcomp", "apv", "apv", "di"], &"apv"),
                Ordering::Equal => *self.pick(&["rdy", "ip", "ip", "cnv", "adn"], &"ip"),
                Ordering::Greater => *self.pick(&["wtg", "wtg", "wtg", "rdy"], &"wtg"),
            };
            let works_on = |index: &usize| PEOPLE.get(*index).is_some_and(|person| person.3.contains(&step.name));
            let able: Vec<usize> = (0..PEOPLE.len()).filter(works_on).collect();
            let artist = *self.pick(&able, &6);
            let upstream: Vec<Value> = step
                .waits_for
                .iter()
                .filter_map(|name| made.get(name))
                .map(|id| link("Task", *id))
                .collect();
            made.insert(step.name, id);
            let day: i64 = self.rng.random_range(1..=28);
            let fields = json!({
                "content": step.name, "sg_status_list": status, "sg_description": null, "start_date": "2026-10-01",
                "due_date": format!("2026-12-{day:02}"), "duration": 60 * 8 * self.rng.random_range(1..=10_i64),
                "sg_sort_order": order, "pinned": false, "milestone": false, "entity": link(work.kind, work.entity),
                "step": link("Step", step.id), "project": link("Project", work.project), "template_task": null,
                "task_assignees": [person_link(artist)], "upstream_tasks": upstream, "downstream_tasks": [],
            });
            self.put(world, "Task", id, fields);
            for upstream in upstream
                .iter()
                .filter_map(|link| link.get("id"))
                .filter_map(Value::as_i64)
            {
                let record = named("Task").and_then(|kind: Kind| world.record_mut(kind, upstream));
                if let Some(Value::Array(links)) = record.and_then(|record| record.fields.get_mut("downstream_tasks")) {
                    links.push(link("Task", id));
                }
            }
            if order <= work.progress && !matches!(status, "rdy" | "wtg") {
                self.versions(world, id, step.name, work.code, artist, status);
            }
        }
    }

    /// One to three versions: notes on the earlier ones, the last as the Task has it.
    fn versions(&mut self, world: &mut World, task: i64, step: &str, code: &str, artist: usize, status: &str) {
        let Some(record) = named("Task").and_then(|kind| world.record(kind, task)) else {
            return;
        };
        let of_task = |field: &str| record.fields.get(field).cloned().unwrap_or(Value::Null);
        let (entity, project) = (of_task("entity"), of_task("project"));
        let count = self.rng.random_range(1..=3_i64);
        for number in 1..=count {
            let last = match status {
                "stcomp" => "stcomp",
                "cnv" => "cnv",
                "adn" => "note",
                "ip" => "bkdn",
                _ => "apv",
            };
            let status = if number == count {
                last
            } else {
                *self.pick(&["note", "bkdn"], &"note")
            };
            let code = format!("{code}_{}_v{number:03}", step_token(step));
            let mut fields = Fields::new();
            for (name, value) in [
                ("description", json!("")),
                ("sg_status_list", json!(status)),
                ("sg_path_to_movie", json!(format!("/jobs/northlight/review/{code}.mov"))),
                ("code", json!(code)),
                ("frame_count", json!(self.rng.random_range(24..=180_i64))),
                ("entity", entity.clone()),
                ("sg_task", link("Task", task)),
                ("user", person_link(artist)),
                ("created_by", person_link(artist)),
                ("project", project.clone()),
            ] {
                fields.insert(name.to_owned(), value);
            }
            let id = self.version;
            self.version += 1;
            self.put(world, "Version", id, Value::Object(fields));
        }
    }
}
