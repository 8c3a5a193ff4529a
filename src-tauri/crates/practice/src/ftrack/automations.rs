//! Automations: what may be set up, what each hears of, and the requests that come of it. ftrack: webhooks.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::errors::Fault;
use super::operations::{Happening, Operation};
use super::schema::named;
use super::show::{Found, Row, Show, column, text};
use super::trigger;
use super::types::SHOT;
use crate::clock;
use crate::weather::Weather;

/// So many automations may be enabled at the same time.
const ENABLED_AT_MOST: usize = 10;
/// Requests of one automation that are on their way at once: nothing documents an order.
const AT_ONCE: usize = 4;
/// The newest of so many deliveries are remembered.
const REMEMBERED: usize = 10_000;

/// One delivery, waiting, on its way or answered.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) automation: String,
    pub(super) url: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
    /// None where nobody answered, and while nobody has yet.
    pub(super) response_code: Option<u16>,
    pub(super) is_over: bool,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    automation: String,
    due: Option<Instant>,
}

/// What the courier does next.
pub(super) enum Next {
    Send(u64, Delivery),
    Wait(Option<Instant>),
}

/// The deliveries of all automations.
#[derive(Debug, Default)]
pub(super) struct Courier {
    waiting: VecDeque<Waiting>,
    in_flight: BTreeMap<String, usize>,
    deliveries: BTreeMap<u64, Delivery>,
    last: u64,
    pub(super) held: bool,
    /// So many of the next deliveries are never sent.
    pub(super) lose: u32,
    pub(super) wake: Arc<Notify>,
}

impl Courier {
    pub(super) fn all(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.values()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.values().all(|count| *count == 0)
    }

    fn add(&mut self, delivery: &Delivery, weather: Weather) {
        if self.lose > 0 {
            self.lose -= 1;
            return;
        }
        if weather.is_lost {
            return;
        }
        let due = weather.late_by.map(|by| Instant::now() + by);
        for _ in 0..if weather.is_twice { 2 } else { 1 } {
            self.last += 1;
            self.waiting.push_back(Waiting {
                number: self.last,
                automation: delivery.automation.clone(),
                due,
            });
            self.deliveries.insert(self.last, delivery.clone());
        }
        while self.deliveries.len() > REMEMBERED
            && self.deliveries.first_key_value().is_some_and(|(_, old)| old.is_over)
        {
            self.deliveries.pop_first();
        }
        self.wake.notify_one();
    }

    /// The same bytes once more. False where there is no such delivery.
    pub(super) fn again(&mut self, index: usize) -> bool {
        let Some(delivery) = self.deliveries.values().nth(index).cloned() else {
            return false;
        };
        let fresh = Delivery {
            response_code: None,
            is_over: false,
            ..delivery
        };
        self.add(&fresh, Weather::default());
        true
    }

    /// Whatever was to come later comes now.
    pub(super) fn hurry(&mut self) {
        for waiting in &mut self.waiting {
            waiting.due = None;
        }
        self.wake.notify_one();
    }

    pub(super) fn next(&mut self) -> Next {
        if self.held {
            return Next::Wait(None);
        }
        let now = Instant::now();
        let may_go = |waiting: &Waiting| {
            let busy = self.in_flight.get(&waiting.automation).copied().unwrap_or(0);
            waiting.due.is_none_or(|due| due <= now) && busy < AT_ONCE
        };
        let Some(place) = self.waiting.iter().position(may_go) else {
            let later = self
                .waiting
                .iter()
                .filter_map(|waiting| waiting.due)
                .filter(|due| *due > now);
            return Next::Wait(later.min());
        };
        let going = self.waiting.remove(place);
        let found = going.and_then(|waiting| Some((waiting.number, self.deliveries.get(&waiting.number)?.clone())));
        match found {
            Some((number, delivery)) => {
                *self.in_flight.entry(delivery.automation.clone()).or_default() += 1;
                Next::Send(number, delivery)
            }
            None => Next::Wait(Some(now)),
        }
    }

    pub(super) fn answered(&mut self, number: u64, code: Option<u16>) {
        if let Some(delivery) = self.deliveries.get_mut(&number) {
            delivery.response_code = code;
            delivery.is_over = true;
            if let Some(busy) = self.in_flight.get_mut(&delivery.automation) {
                *busy = busy.saturating_sub(1);
            }
        }
        self.wake.notify_one();
    }
}

/// Refuses what a workspace refuses: too many automations, an address that is not https, a filter that cannot be read.
pub(super) fn check(show: &Show, happenings: &[Happening]) -> Result<(), Fault> {
    for happening in happenings
        .iter()
        .filter(|happening| happening.operation != Operation::Delete)
    {
        match happening.kind.name {
            "Trigger" => {
                trigger::read(text(&happening.new, "filter"))?;
            }
            "WebhookAction" => {
                check_address(text(&happening.new, "webhook_url"))?;
                headers(&happening.new)?;
            }
            "Automation" if enabled(show).count() > ENABLED_AT_MOST => {
                return Err(Fault::invalid(format!(
                    "Only {ENABLED_AT_MOST} webhooks can be enabled at the same time."
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

/// `https://` only. A practice site is on this machine and so are its receivers, so loopback passes here.
fn check_address(url: &str) -> Result<(), Fault> {
    let is_loopback = reqwest::Url::parse(url)
        .is_ok_and(|url| url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")));
    if url.starts_with("https://") || is_loopback {
        return Ok(());
    }
    Err(Fault::invalid("The address of a webhook must start with https://"))
}

fn headers(action: &Row) -> Result<BTreeMap<String, String>, Fault> {
    let written = text(action, "headers");
    if written.is_empty() {
        return Ok(BTreeMap::new());
    }
    serde_json::from_str(written)
        .map_err(|_| Fault::invalid("The headers of a WebhookAction are not a JSON object of texts."))
}

fn enabled(show: &Show) -> impl Iterator<Item = Found<'_>> {
    let kind = named("Automation");
    kind.into_iter()
        .flat_map(|kind| show.all(kind))
        .filter(|automation| column(automation.row, "is_enabled") == json!(true))
}

/// Hands what happened to every automation that wants to hear of it.
pub(super) fn tell(show: &Show, courier: &mut Courier, telling: &Telling<'_>, happening: &Happening, weather: Weather) {
    let operation = match happening.operation {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Delete => return,
    };
    let project = show.project_of(happening.kind, &happening.new);
    let is_hidden = project.is_some_and(|project| {
        column(project.row, "is_private") == json!(true) && !telling.let_in.contains(project.id())
    });
    if is_hidden {
        return;
    }
    let entity_type = match text(&happening.new, "object_type_id") {
        SHOT if happening.kind.name == "Shot" => telling.shots_as,
        _ => happening.kind.name,
    };
    let entity = json!({
        "id": happening.kind.key.iter().map(|part| column(&happening.new, part)).collect::<Vec<_>>(),
        "entity_type": entity_type, "operation": operation,
        "new": told(happening, &happening.new),
        "old": if happening.operation == Operation::Create { Value::Null } else { told(happening, &happening.old) },
    });
    let id = Uuid::new_v4().to_string();
    for automation in enabled(show) {
        for action in show.with("WebhookAction", "automation_id", automation.id()) {
            let event = json!({
                "id": id,
                "metadata": {
                    "date": clock::now().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string(),
                    "resource_id": telling.who,
                    "server_url": format!("{}/", telling.url),
                    "configuration_hash": configuration_hash(show, automation),
                },
                "fez_id": "ftrack_entity_event_v1",
                "entity": entity,
            });
            let wants = |trigger: Found<'_>| {
                trigger::read(text(trigger.row, "filter")).is_ok_and(|filter| filter.holds(&event))
            };
            if !show.with("Trigger", "automation_id", automation.id()).any(wants) {
                continue;
            }
            let mut headers = headers(action.row).unwrap_or_default();
            headers.insert("content-type".to_owned(), "application/json".to_owned());
            headers.insert("user-agent".to_owned(), "ftrack-webhooks/1.0".to_owned());
            let delivery = Delivery {
                automation: automation.id().to_owned(),
                url: text(action.row, "webhook_url").to_owned(),
                headers,
                body: event.to_string(),
                response_code: None,
                is_over: false,
            };
            courier.add(&delivery, weather);
        }
    }
}

/// Who tells, and how.
pub(super) struct Telling<'t> {
    /// The id of the user who did it.
    pub(super) who: &'t str,
    pub(super) url: &'t str,
    /// The private projects that the service user has been let into.
    pub(super) let_in: &'t HashSet<String>,
    /// What a Shot's entity type is called: nothing shows what a real site says.
    pub(super) shots_as: &'t str,
}

/// The direct columns of an entity, without what is worked out.
fn told(happening: &Happening, row: &Row) -> Value {
    let columns = happening
        .kind
        .attributes
        .iter()
        .filter(|attribute| attribute.is_column() && !attribute.untold);
    let told: Map<String, Value> = columns
        .map(|attribute| (attribute.name.to_owned(), column(row, attribute.name)))
        .collect();
    Value::Object(told)
}

fn configuration_hash(show: &Show, automation: Found<'_>) -> String {
    let mut digest = Sha256::new();
    digest.update(Value::Object(automation.row.clone()).to_string());
    for kind in ["Trigger", "WebhookAction"] {
        for part in show.with(kind, "automation_id", automation.id()) {
            digest.update(Value::Object(part.row.clone()).to_string());
        }
    }
    hex::encode(digest.finalize())
}
