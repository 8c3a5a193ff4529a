//! The people of the production. Each action is one person's, on a real entity, and leads on from what is there: an
//! artist starts, submits, is reviewed, the client has notes, the next version follows, the work is delivered.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::changes::Change;
use crate::seed::{Part, SECOND_PROJECT, step_token};
use crate::site::Site;
use crate::tables::{Kind, named};
use crate::world::{Actor, Fields, IdRange, Record, World, link};

/// Tasks looked at before somebody goes back to a finished one.
const LOOKED_AT: usize = 60;

const INTERNAL_NOTES: [&str; 5] = [
    "Edge on frame left is still chattering, please take another look.",
    "Grain does not match the plate in the shadows.",
    "The extension slides from 1040 on, check the track.",
    "Blacks are lifted against the neighbouring shot.",
    "Nice. Soften the reflection a touch before it goes out.",
];

const CLIENT_NOTES: [&str; 5] = [
    "Love the mood. Can the aurora build a little slower?",
    "Make it suck less around the sail.",
    "The smoke feels too dense, bring back the hull.",
    "Could we see more of the crane at the head?",
    "Almost final, one more pass on the snow please.",
];

/// The simulated people.
pub(crate) struct People {
    rng: ChaCha8Rng,
    tasks: Vec<i64>,
    /// The newest Version of each Task, and how many it has had.
    latest: HashMap<i64, (i64, u32)>,
    versions_seen: i64,
    /// Notes that go with a verdict already given: version, author.
    notes_to_write: VecDeque<(i64, i64, &'static str)>,
}

/// One thing that one person does.
enum Action {
    Set {
        who: i64,
        kind: Kind,
        id: i64,
        field: &'static str,
        value: Value,
    },
    Submit {
        who: i64,
        task: i64,
    },
}

impl People {
    pub(crate) fn new(world: &World, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // The production itself was drawn from stream 0.
        rng.set_stream(1);
        let tasks = named("Task")
            .map(|kind| world.actives(kind).map(|record| record.id).collect())
            .unwrap_or_default();
        Self {
            rng,
            tasks,
            latest: HashMap::new(),
            versions_seen: 0,
            notes_to_write: VecDeque::new(),
        }
    }

    fn chance(&mut self, share: f64) -> bool {
        self.rng.random_bool(share)
    }

    fn of(&mut self, choices: &[&'static str]) -> &'static str {
        choices.choose(&mut self.rng).copied().unwrap_or("rev")
    }

    /// Does exactly one thing.
    pub(crate) fn act(&mut self, world: &mut World) {
        let (Some(tasks), Some(versions)) = (named("Task"), named("Version")) else {
            return;
        };
        self.catch_up(world, versions);
        if world.people_make_trouble() {
            return;
        }
        if world.faults.nothing_new {
            self.notes_to_write.clear();
        }
        if let Some((version, author, text)) = self.notes_to_write.pop_front()
            && let Some(record) = world.active(versions, version).cloned()
        {
            write_note(world, &record, author, text);
            return;
        }
        let mut action = if self.chance(0.08) {
            self.interruption(world, tasks)
        } else {
            None
        };
        for _ in 0..LOOKED_AT {
            if action.is_some() {
                break;
            }
            let task = self.tasks.choose(&mut self.rng).and_then(|id| world.active(tasks, *id));
            action = task.and_then(|task| self.next_step(world, tasks, versions, task));
        }
        if let Some(action) = action.or_else(|| self.reopened(world, tasks)) {
            self.carry_out(world, action);
        }
    }

    /// Versions may also come from a script or a test.
    fn catch_up(&mut self, world: &World, versions: Kind) {
        for record in world.records_within(versions, IdRange::from(self.versions_seen + 1)) {
            self.versions_seen = record.id;
            if let Some(task) = record.link_id("sg_task") {
                let count = self.latest.get(&task).map_or(0, |(_, count)| *count);
                self.latest.insert(task, (record.id, count + 1));
            }
        }
    }

    /// What would somebody do next about this Task?
    fn next_step(&mut self, world: &World, tasks: Kind, versions: Kind, task: &Record) -> Option<Action> {
        let artist = artist_of(task);
        let set = |who: i64, code: &str| Some(status(tasks, task.id, who, code));
        let latest = self
            .latest
            .get(&task.id)
            .and_then(|(id, _)| world.active(versions, *id));
        let state = task.text("sg_status_list").unwrap_or("wtg");
        if matches!(state, "omt" | "di") {
            return None;
        }
        if let Some(version) = latest.filter(|_| state != "hld")
            && let Some(action) = self.review(versions, version)
        {
            return Some(action);
        }
        let verdict = latest
            .and_then(|version| version.text("sg_status_list"))
            .unwrap_or("na");
        let composites = ["Composite", "Secondary Composite"];
        match state {
            // What the supervisor calls complete in comp goes on to the client.
            "stcomp" if verdict == "stcomp" && is_step(world, task, &composites) => {
                latest.map(|version| status(versions, version.id, Part::Coordinator.one(&mut self.rng), "sndcli"))
            }
            "hld" if self.chance(0.3) => set(Part::Producer.one(&mut self.rng), "rdy"),
            "hld" => None,
            "wtg" if is_ready(world, tasks, task) => set(Part::Coordinator.one(&mut self.rng), "rdy"),
            "wtg" => None,
            "apv" => set(Part::Coordinator.one(&mut self.rng), "di"),
            "stcomp" => None,
            "rdy" | "bfr" | "qckbk" => set(artist, "ip"),
            "per" | "nwmdia" => set(Part::Coordinator.one(&mut self.rng), "rdy"),
            "ndrp" | "reqapv" => set(Part::Coordinator.one(&mut self.rng), "ofr").filter(|_| shows(task, "ofr")),
            "ofr" => set(Part::Coordinator.one(&mut self.rng), "bfr"),
            "ncl" => set(Part::Supervisor.one(&mut self.rng), "ip"),
            "adn" if self.chance(0.5) => set(artist, "ip"),
            // Whatever was said of its Version, the same is submitted once more.
            "ip" if world.faults.nothing_new => match latest {
                Some(version) => Some(status(versions, version.id, artist, "cnv")),
                None => set(artist, "stcomp"),
            },
            // Without Callboard nobody has moved the Task: somebody does it by hand.
            _ if matches!(verdict, "apv" | "hero") => set(Part::Coordinator.one(&mut self.rng), "apv"),
            _ if verdict == "stcomp" => set(Part::Supervisor.one(&mut self.rng), "stcomp"),
            "ip" if is_step(world, task, &["Rotoscoping", "Paint"]) && self.chance(0.3) => set(artist, "stcomp"),
            "ip" if self.chance(0.03) => set(artist, "ncl"),
            _ if world.faults.nothing_new => None,
            _ => Some(Action::Submit {
                who: artist,
                task: task.id,
            }),
        }
    }

    /// What happens to a Version that waits for somebody.
    fn review(&mut self, versions: Kind, version: &Record) -> Option<Action> {
        let narrow = version.link_id("project") == Some(SECOND_PROJECT);
        let (who, code) = match version.text("sg_status_list").unwrap_or("na") {
            "cnv" => {
                let code = self.of(&[
                    "bkdn", "bkdn", "bkdn", "stcomp", "sndcli", "sndcli", "sndcli", "sndwip", "rqc",
                ]);
                (Part::Supervisor, code)
            }
            "rqc" => (Part::Coordinator, self.of(&["sndcli", "sndcli", "sndcli", "qckbk"])),
            "sndcli" | "sndwip" | "sndv0" => (Part::Coordinator, "rev"),
            "rev" if narrow => (Part::Client, self.of(&["note", "apv"])),
            "rev" => (
                Part::Client,
                self.of(&["note", "note", "note", "note", "apv", "apv", "apv", "hero", "pdrr"]),
            ),
            "pdrr" => (Part::Client, self.of(&["note", "apv"])),
            _ => return None,
        };
        let who = who.one(&mut self.rng);
        match code {
            "bkdn" => {
                let text = INTERNAL_NOTES.choose(&mut self.rng).copied().unwrap_or_default();
                self.notes_to_write.push_back((version.id, who, text));
            }
            "note" => {
                let text = CLIENT_NOTES.choose(&mut self.rng).copied().unwrap_or_default();
                self.notes_to_write.push_back((version.id, who, text));
            }
            _ => {}
        }
        Some(status(versions, version.id, who, code))
    }

    /// What comes in between: holds, questions, omits, and changes that are no status at all.
    fn interruption(&mut self, world: &World, tasks: Kind) -> Option<Action> {
        let task = self
            .tasks
            .choose(&mut self.rng)
            .and_then(|id| world.active(tasks, *id))?;
        let state = task.text("sg_status_list").unwrap_or("wtg");
        let coordinator = Part::Coordinator.one(&mut self.rng);
        let set = |field: &'static str, value: Value| Action::Set {
            who: coordinator,
            kind: tasks,
            id: task.id,
            field,
            value,
        };
        let roll = self.rng.random_range(0..100);
        match (roll, state) {
            (0..35, _) => {
                let due = format!("2026-12-{:02}", self.rng.random_range(1..=31));
                Some(set("due_date", json!(due)))
            }
            (35..65, _) => {
                let number: u32 = self.rng.random_range(1..1000);
                Some(set(
                    "sg_description",
                    json!(format!("See editorial turnover {number} before starting.")),
                ))
            }
            (65..75, "ip") => Some(status(tasks, task.id, artist_of(task), "ncl")),
            (75..83, "ip" | "rdy") => Some(status(tasks, task.id, Part::Producer.one(&mut self.rng), "hld")),
            (83..88, "rdy") => Some(set("sg_status_list", json!("per"))),
            (88..92, "wtg" | "rdy") => Some(set("sg_status_list", json!("ndrp"))),
            (92..94, _) => {
                let shots = named("Shot")?;
                let shot = world.active(shots, task.link_id("entity").filter(|_| is_on(task, "Shot"))?)?;
                let code = if shot.text("sg_status_list") == Some("omt") {
                    "actv"
                } else {
                    "omt"
                };
                Some(status(shots, shot.id, Part::Producer.one(&mut self.rng), code))
            }
            _ => None,
        }
    }

    /// Nothing is left to do, so something comes back: new media for a finished Task, and its review starts afresh.
    fn reopened(&mut self, world: &World, tasks: Kind) -> Option<Action> {
        let is_finished = |task: &&Record| matches!(task.text("sg_status_list"), Some("di" | "apv" | "stcomp" | "omt"));
        let mut looked_at = (0..LOOKED_AT).filter_map(|_| self.tasks.choose(&mut self.rng));
        let task = looked_at.find_map(|id| world.active(tasks, *id).filter(is_finished))?;
        if !world.faults.nothing_new
            && let Some((version, _)) = self.latest.get_mut(&task.id)
        {
            *version = 0;
        }
        Some(status(tasks, task.id, Part::Coordinator.one(&mut self.rng), "nwmdia"))
    }

    fn carry_out(&mut self, world: &mut World, action: Action) {
        let (who, change) = match action {
            Action::Set {
                who,
                kind,
                id,
                field,
                value,
            } => {
                let fields: Fields = [(field.to_owned(), value)].into_iter().collect();
                (who, Change::Update { kind, id, fields })
            }
            Action::Submit { who, task } => {
                let status = match self.rng.random_range(0..10) {
                    0..4 => Some("cnv"),
                    4..6 => Some("rev"),
                    _ => None,
                };
                let number = self.latest.get(&task).map_or(0, |(_, count)| *count) + 1;
                match version_of(world, task, number, who, status, self.chance(0.04)) {
                    Some(change) => (who, change),
                    None => return,
                }
            }
        };
        if let Err(refusal) = world.change(&Actor::person(who), change) {
            tracing::warn!(refusal = refusal.message(), "a simulated person was refused");
        }
    }
}

fn status(kind: Kind, id: i64, who: i64, code: &str) -> Action {
    Action::Set {
        who,
        kind,
        id,
        field: "sg_status_list",
        value: json!(code),
    }
}

fn artist_of(task: &Record) -> i64 {
    let first = task.fields.get("task_assignees").and_then(|people| people.get(0));
    first
        .and_then(|person| person.get("id"))
        .and_then(Value::as_i64)
        .unwrap_or(crate::seed::COORDINATOR)
}

fn is_on(task: &Record, kind: &str) -> bool {
    task.fields
        .get("entity")
        .and_then(|entity| entity.get("type"))
        .and_then(Value::as_str)
        == Some(kind)
}

fn shows(task: &Record, code: &str) -> bool {
    let project = task.link_id("project").unwrap_or(0);
    !crate::statuses::hidden("Task", project).contains(&code)
}

fn is_step(world: &World, task: &Record, names: &[&str]) -> bool {
    let step = named("Step")
        .zip(task.link_id("step"))
        .and_then(|(kind, id)| world.active(kind, id));
    step.and_then(|step| step.text("code"))
        .is_some_and(|name| names.contains(&name))
}

/// Has everything that the Task waits for been done?
fn is_ready(world: &World, tasks: Kind, task: &Record) -> bool {
    let upstream = task
        .fields
        .get("upstream_tasks")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    upstream
        .iter()
        .filter_map(|link| world.active(tasks, link.get("id")?.as_i64()?))
        .all(|upstream| {
            matches!(
                upstream.text("sg_status_list"),
                Some("stcomp" | "apv" | "di" | "omt" | "rev")
            )
        })
}

/// The next Version of a Task, named as the studio names them. A few forget to say which Task it is for.
pub(crate) fn version_of(
    world: &World,
    task: i64,
    number: u32,
    who: i64,
    status: Option<&str>,
    forgetful: bool,
) -> Option<Change> {
    let record = world.active(named("Task")?, task)?;
    let entity = world.shown_link(record.fields.get("entity")?);
    let step = world.shown_link(record.fields.get("step")?);
    let name = |link: &Value| link.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = format!("{}_{}_v{number:03}", name(&entity), step_token(&name(&step)));
    let mut fields = Fields::new();
    fields.insert("code".to_owned(), json!(code));
    fields.insert("entity".to_owned(), entity);
    fields.insert("project".to_owned(), record.fields.get("project")?.clone());
    fields.insert("user".to_owned(), link("HumanUser", who));
    fields.insert(
        "sg_path_to_movie".to_owned(),
        json!(format!("/jobs/northlight/review/{code}.mov")),
    );
    if !forgetful {
        fields.insert("sg_task".to_owned(), link("Task", task));
    }
    if let Some(status) = status {
        fields.insert("sg_status_list".to_owned(), json!(status));
    }
    Some(Change::Create {
        kind: named("Version")?,
        fields,
    })
}

fn write_note(world: &mut World, version: &Record, author: i64, text: &str) {
    let Some(kind) = named("Note") else { return };
    let mut fields = Fields::new();
    let of_version = |field: &str| version.fields.get(field).cloned().unwrap_or(Value::Null);
    let tasks: Vec<Value> = version
        .fields
        .get("sg_task")
        .filter(|task| !task.is_null())
        .cloned()
        .into_iter()
        .collect();
    for (name, value) in [
        (
            "subject",
            json!(format!("Notes on {}", version.text("code").unwrap_or_default())),
        ),
        ("content", json!(text)),
        ("user", link("HumanUser", author)),
        ("project", of_version("project")),
        ("note_links", json!([link("Version", version.id)])),
        ("tasks", json!(tasks)),
        ("addressings_to", json!([of_version("user")])),
    ] {
        fields.insert(name.to_owned(), value);
    }
    if let Err(refusal) = world.change(&Actor::person(author), Change::Create { kind, fields }) {
        tracing::warn!(refusal = refusal.message(), "a note was refused");
    }
}

/// Works `rate` actions a second: each falls somewhere in its own slot, so the count keeps up with the clock.
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
        let mut world = site.lock();
        if !world.faults.people_paused {
            people.act(&mut world);
        }
    }
}
