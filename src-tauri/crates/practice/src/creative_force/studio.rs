//! The photo studio: jobs of two clients, their products, a work unit for each way of shooting, and a task for each step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::clock;
use crate::site::Site;

const CLIENTS: [&str; 2] = ["Nordvik Outdoor", "Maison Clair"];
const JOBS: [(&str, usize); 3] = [("Autumn 2026", 0), ("Winter 2026", 0), ("Pre-collection", 1)];
const PRODUCTS_A_JOB: usize = 6;
/// The ways of shooting a product, and the ids that they go by.
const SHOOTING: [(i64, &str); 2] = [(1, "On Model"), (2, "Still Life")];
const STEPS: [(i64, &str); 6] = [
    (1, "Capture"),
    (2, "Final Selection"),
    (3, "Photo Review"),
    (7, "Internal Post"),
    (8, "Internal Post QC"),
    (14, "Asset Delivery"),
];
const LOCATIONS: [&str; 3] = ["Studio centre", "Rail 4", "Outbound"];

/// A status with the id that goes with it.
type Status = (i64, &'static str);
const TO_DO: Status = (1000, "To Do");
const IN_PROGRESS: Status = (3000, "In Progress");
const REJECTED: Status = (4000, "Rejected");
const DONE: Status = (9000, "Done");
/// What a work unit calls it.
const UNIT_IN_PROGRESS: Status = (3000, "InProgress");

/// How far a work unit is.
#[derive(Clone, Debug)]
struct Unit {
    id: String,
    product: usize,
    shooting: Status,
    /// The tasks of its steps so far, the last being worked on.
    tasks: Vec<(String, Status)>,
    status: Status,
}

#[derive(Clone, Debug)]
struct Product {
    id: String,
    code: String,
    job: usize,
    status: Status,
}

/// The studio.
pub(super) struct Studio {
    rng: ChaCha8Rng,
    clients: Vec<String>,
    jobs: Vec<(String, Status)>,
    products: Vec<Product>,
    units: Vec<Unit>,
    people: Vec<String>,
    /// When the last event was told, in milliseconds since 1970.
    told_at: i64,
}

fn guid(rng: &mut ChaCha8Rng) -> String {
    let mut bytes = [0_u8; 16];
    rng.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

impl Studio {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(3);
        let clients = CLIENTS.iter().map(|_| guid(&mut rng)).collect();
        let people = (0..6).map(|_| guid(&mut rng)).collect();
        let jobs = JOBS.iter().map(|_| (guid(&mut rng), TO_DO)).collect();
        let (mut products, mut units) = (Vec::new(), Vec::new());
        for job in 0..JOBS.len() {
            for number in 0..PRODUCTS_A_JOB {
                products.push(Product {
                    id: guid(&mut rng),
                    code: format!("NVK-{}{:04}", job + 1, 30 + number * 7),
                    job,
                    status: TO_DO,
                });
                // Some are shot in one way only.
                let ways = if number % 3 == 2 { 1 } else { SHOOTING.len() };
                for shooting in SHOOTING.iter().take(ways) {
                    units.push(Unit {
                        id: guid(&mut rng),
                        product: products.len() - 1,
                        shooting: *shooting,
                        tasks: Vec::new(),
                        status: TO_DO,
                    });
                }
            }
        }
        Self {
            rng,
            clients,
            jobs,
            products,
            units,
            people,
            told_at: 0,
        }
    }

    /// A number of seconds within bounds.
    pub(super) fn between(&mut self, (least, most): (u64, u64)) -> u64 {
        self.rng.random_range(least..=most)
    }

    pub(super) fn statuses(&self) -> BTreeMap<(String, String), String> {
        let mut all = BTreeMap::new();
        let mut add = |kind: &str, id: &str, status: Status| {
            all.insert((kind.to_owned(), id.to_owned()), status.1.to_owned());
        };
        for product in self.products.iter().filter(|product| product.status != TO_DO) {
            add("Product", &product.id, product.status);
        }
        for unit in &self.units {
            if unit.status != TO_DO {
                add("WorkUnit", &unit.id, unit.status);
            }
            for (task, status) in &unit.tasks {
                add("Task", task, *status);
            }
        }
        all
    }

    /// One event of any kind, about the first work unit and what stands around it.
    pub(super) fn told(&mut self, group: &str, action: &str) -> Value {
        if self.units.first().is_some_and(|unit| unit.tasks.is_empty()) {
            let task = guid(&mut self.rng);
            if let Some(unit) = self.units.first_mut() {
                unit.tasks.push((task, TO_DO));
            }
        }
        match group {
            "product" => self.product_event(0, action),
            "task" => self.task_event(0, action),
            "work unit" => self.unit_event(0, action),
            "Job" => self.job_event(0, action),
            "sample" => self.sample_event(0, action),
            "session" => self.session_event(0, action),
            _ => self.user_event(action),
        }
    }

    /// What stands in every payload.
    fn base(&mut self, group: &str, action: &str) -> Value {
        let actor = self.people.choose(&mut self.rng).cloned();
        // A background service acts for nobody.
        let actor = if self.rng.random_bool(0.1) {
            json!({})
        } else {
            json!({"UserId": actor})
        };
        // Two things that one person does are never done in the same millisecond, however quick a test is.
        self.told_at = clock::now().as_millisecond().max(self.told_at + 1);
        json!({"Action": action, "Actor": actor, "PayloadId": guid(&mut self.rng), "EventGroupName": group,
            "EventDatetimeUtc": self.told_at})
    }

    fn event(&mut self, group: &str, action: &str, more: &Value) -> Value {
        let mut event = self.base(group, action);
        if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
            event.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        event
    }

    fn of_product(&self, product: usize) -> Value {
        let Some(product) = self.products.get(product) else {
            return json!({});
        };
        let (name, client) = JOBS.get(product.job).copied().unwrap_or(("", 0));
        json!({
            "JobId": self.jobs.get(product.job).map(|(id, _)| id), "JobCode": name,
            "ClientId": self.clients.get(client), "ClientName": CLIENTS.get(client),
            "ProductId": product.id, "ProductCode": product.code,
        })
    }

    fn product_event(&mut self, product: usize, action: &str) -> Value {
        let mut more = self.of_product(product);
        let status = self.products.get(product).map_or(TO_DO, |product| product.status);
        more["ProductStatusId"] = json!(status.0);
        more["ProductStatusName"] = json!(status.1);
        self.event("product", action, &more)
    }

    fn task_event(&mut self, unit: usize, action: &str) -> Value {
        let Some(found) = self.units.get(unit).cloned() else {
            return json!({});
        };
        let step = found.tasks.len().saturating_sub(1);
        let (step_id, step_name) = STEPS.get(step).copied().unwrap_or((1, "Capture"));
        let (task, status) = found.tasks.last().cloned().unwrap_or((String::new(), TO_DO));
        let mut more = self.of_product(found.product);
        // The sample has these as text, the table as numbers: here it is now one, now the other.
        let as_text = self.rng.random_bool(0.5);
        let number = |number: i64| {
            if as_text {
                json!(number.to_string())
            } else {
                json!(number)
            }
        };
        let assignee = self.people.choose(&mut self.rng).cloned();
        for (name, value) in [
            ("TaskId", json!(task)),
            ("Assignee", json!({"UserId": assignee})),
            ("StepId", number(step_id)),
            ("StepName", json!(step_name)),
            ("StepStatusId", number(status.0)),
            ("StepStatusName", json!(status.1)),
            ("ShootingTypeId", number(found.shooting.0)),
            ("ShootingTypeName", json!(found.shooting.1)),
            ("WorkflowId", json!("2b5d3e1b-51aa-4c0e-9f0c-57ab7d6685e9")),
            ("WorkflowName", json!("E-commerce")),
            ("StyleGuideId", json!("2376b9cb-0d11-4f6a-8c5e-89811ed6b087")),
            ("StyleGuideName", json!("Clean, grey background")),
            ("WorkUnitId", json!(found.id)),
        ] {
            more[name] = value;
        }
        self.event("task", action, &more)
    }

    fn unit_event(&mut self, unit: usize, action: &str) -> Value {
        let Some(found) = self.units.get(unit).cloned() else {
            return json!({});
        };
        let mut more = self.of_product(found.product);
        if let Value::Object(more) = &mut more {
            more.remove("JobId");
            more.remove("JobCode");
        }
        for (name, value) in [
            ("ProductionTypeId", json!(found.shooting.0)),
            ("ProductionTypeName", json!(found.shooting.1.replace(' ', ""))),
            ("WorkUnitStatusId", json!(found.status.0)),
            ("WorkUnitStatusName", json!(found.status.1)),
            ("WorkUnitId", json!(found.id)),
        ] {
            more[name] = value;
        }
        self.event("work unit", action, &more)
    }

    fn job_event(&mut self, job: usize, action: &str) -> Value {
        let (name, client) = JOBS.get(job).copied().unwrap_or(("", 0));
        let (id, status) = self.jobs.get(job).cloned().unwrap_or((String::new(), TO_DO));
        let more = json!({
            "JobId": id, "JobName": name, "JobCode": name, "JobStatusId": status.0, "JobStatusName": status.1,
            "ClientId": self.clients.get(client), "ClientName": CLIENTS.get(client),
            "JobDeadlineUtc": clock::now().as_millisecond() + 14 * 86_400_000,
        });
        self.event("Job", action, &more)
    }

    fn sample_event(&mut self, product: usize, action: &str) -> Value {
        let location = LOCATIONS.choose(&mut self.rng).copied();
        let of = self.of_product(product);
        let more = json!({
            "ClientId": of.get("ClientId"), "SampleId": guid(&mut self.rng),
            "SampleCode": self.rng.random_range(10_000_000..99_999_999).to_string(),
            "LocationId": guid(&mut self.rng), "LocationName": location,
            "SubLocationId": "00000000-0000-0000-0000-000000000000", "SubLocationName": "",
            "Products": [{"ProductId": of.get("ProductId"), "ProductCode": of.get("ProductCode")}],
        });
        self.event("sample", action, &more)
    }

    fn user_event(&mut self, action: &str) -> Value {
        let user = self.people.choose(&mut self.rng).cloned();
        self.event("user", action, &json!({"UserId": user}))
    }

    /// Its plans are JSON within texts.
    fn session_event(&mut self, unit: usize, action: &str) -> Value {
        let Some(found) = self.units.get(unit).cloned() else {
            return json!({});
        };
        let of = self.of_product(found.product);
        let slot = json!([{"PlannedStart": "2026-11-30T08:00:00", "PlannedEnd": "2026-11-30T16:00:00"}]);
        let team = json!({"Photographer": "jonas.lind@nordvik.example", "Assistant": "mei+studio@nordvik.example,ole@nordvik.example",
            "HairAndMakeup": "carla@nordvik.example"});
        let (number, planning) = if action.to_lowercase().starts_with("add") {
            (1, "Planned")
        } else {
            (2, "Unplanned")
        };
        let more = json!({
            "ActionSource": "Planner", "ClientId": of.get("ClientId"), "SessionId": guid(&mut self.rng),
            "SessionCode": "SES0417CF", "SessionName": "Monday, set 2", "PlannedTimeSlot": slot.to_string(),
            "PlannedTeam": team.to_string(), "PlannedProducerId": self.people.first(), "PlannedProducerName": "Carla Brandt",
            "PlannedSetId": guid(&mut self.rng), "ProductionItemId": found.id, "WorkUnitId": found.id,
            "PlanningStatus": json!({"PlanningStatusId": number, "PlanningStatus": planning}).to_string(),
            "ShootingTypeId": found.shooting.0, "ShootingTypeName": found.shooting.1,
            "ProductId": of.get("ProductId"), "ProductCode": of.get("ProductCode"),
        });
        self.event("session", action, &more)
    }

    /// Somebody does the next thing to one work unit: what it comes to, in order.
    pub(super) fn work(&mut self) -> Vec<Value> {
        let open: Vec<usize> = (0..self.units.len())
            .filter(|unit| self.units.get(*unit).is_some_and(|unit| unit.status != DONE))
            .collect();
        let Some(unit) = open.choose(&mut self.rng).copied() else {
            return self.begin_again();
        };
        let last = self
            .units
            .get(unit)
            .and_then(|unit| unit.tasks.last())
            .map(|(_, status)| *status);
        let steps = self.units.get(unit).map_or(0, |unit| unit.tasks.len());
        let is_check = matches!(
            STEPS.get(steps.saturating_sub(1)),
            Some((_, "Photo Review" | "Internal Post QC"))
        );
        match last {
            None | Some(DONE) if steps == STEPS.len() => self.unit_done(unit),
            None | Some(DONE) => {
                let task = guid(&mut self.rng);
                if let Some(unit) = self.units.get_mut(unit) {
                    unit.tasks.push((task, TO_DO));
                }
                vec![
                    self.task_event(unit, "Created"),
                    self.task_event(unit, "ReadyToWork"),
                    self.task_event(unit, "Assigned"),
                ]
            }
            Some(IN_PROGRESS) if is_check && self.rng.random_bool(0.3) => {
                vec![self.task_is(unit, REJECTED, "Rejected")]
            }
            Some(IN_PROGRESS) if is_check => {
                vec![
                    self.task_is(unit, DONE, "Approved"),
                    self.task_is(unit, DONE, "Completed"),
                ]
            }
            Some(IN_PROGRESS) => vec![self.task_is(unit, DONE, "Completed")],
            Some(_) => self.task_starts(unit),
        }
    }

    fn task_is(&mut self, unit: usize, status: Status, action: &str) -> Value {
        if let Some((_, held)) = self.units.get_mut(unit).and_then(|unit| unit.tasks.last_mut()) {
            *held = status;
        }
        self.task_event(unit, action)
    }

    fn task_starts(&mut self, unit: usize) -> Vec<Value> {
        let mut events = vec![self.task_is(unit, IN_PROGRESS, "Started")];
        let Some(found) = self.units.get_mut(unit) else {
            return events;
        };
        let product = found.product;
        if found.status == TO_DO {
            found.status = UNIT_IN_PROGRESS;
            events.push(self.unit_event(unit, "WorkUnitStatusChanged"));
            events.extend(self.product_is(product, IN_PROGRESS));
        }
        events
    }

    fn unit_done(&mut self, unit: usize) -> Vec<Value> {
        let Some(found) = self.units.get_mut(unit) else {
            return Vec::new();
        };
        found.status = DONE;
        let product = found.product;
        let mut events = vec![
            self.unit_event(unit, "WorkUnitStatusChanged"),
            self.unit_event(unit, "WorkUnitCompleted"),
        ];
        if self
            .units
            .iter()
            .all(|unit| unit.product != product || unit.status == DONE)
        {
            events.extend(self.product_is(product, DONE));
            events.push(self.product_event(product, "ProductCompleted"));
        }
        events
    }

    /// A product changes, and its job with it where it is the first to begin or the last to end.
    fn product_is(&mut self, product: usize, status: Status) -> Vec<Value> {
        let Some(found) = self
            .products
            .get_mut(product)
            .filter(|product| product.status != status)
        else {
            return Vec::new();
        };
        found.status = status;
        let job = found.job;
        let mut events = vec![self.product_event(product, "StatusChanged")];
        let of_job = |wanted: Status| {
            let mut products = self.products.iter().filter(|product| product.job == job);
            products.all(|product| product.status == wanted)
        };
        let is = if of_job(DONE) { DONE } else { IN_PROGRESS };
        if let Some((_, held)) = self.jobs.get_mut(job).filter(|(_, held)| *held != is) {
            *held = is;
            events.push(self.job_event(job, "StatusChanged"));
        }
        events
    }

    /// All is done: the next season begins with the same products.
    fn begin_again(&mut self) -> Vec<Value> {
        for unit in &mut self.units {
            unit.tasks.clear();
            unit.status = TO_DO;
        }
        for product in &mut self.products {
            product.status = TO_DO;
        }
        (0..self.products.len())
            .map(|product| self.product_event(product, "ProductReset"))
            .collect()
    }
}

/// Works `rate` things a second, evenly.
pub(crate) async fn work(site: Arc<Site>, rate: f64, limit: Option<Duration>) {
    let started = Instant::now();
    let mut slots = 0_u64;
    loop {
        let Ok(due) = Duration::try_from_secs_f64(slots as f64 / rate) else {
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
        let events = {
            let mut house = site.creative_force.lock();
            if house.people_paused {
                Vec::new()
            } else {
                house.studio.work()
            }
        };
        for event in &events {
            site.send_creative_force(event);
        }
    }
}
