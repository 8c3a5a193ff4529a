//! Deliveries: what waits to be sent, how a request is formed, and what its answer means. ShotGrid REST: deliveries.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::bad_days::BadDay;
use crate::clock;
use crate::delivery_log::Delivery;
use crate::signature::signature;
use crate::world::World;

const LARGEST_BATCH: usize = 50;
const LARGEST_PAYLOAD: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(6);
/// A site may keep its receivers busy for a minute a minute.
const BUDGET: Duration = Duration::from_secs(60);

/// What a hook has yet to send.
#[derive(Clone)]
pub(crate) enum Load {
    Event { data: Value, about_itself: bool },
    Again(u64),
}

/// A load, and from when on it may go.
pub(crate) struct Pending {
    pub(crate) load: Load,
    pub(crate) due: Option<Instant>,
}

impl Pending {
    pub(crate) fn now(load: Load) -> Self {
        Self { load, due: None }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }
}

/// A request ready to go.
pub(crate) struct Outgoing {
    pub(crate) key: u64,
    pub(crate) url: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) patience: Duration,
}

/// What a hook's worker does next.
pub(crate) enum Next {
    Send(Outgoing),
    /// Nothing until the hook is woken, or until this moment.
    Wait(Option<Instant>),
}

/// What a receiver answered; code 0 means that nobody did.
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) seconds: f64,
}

impl Answer {
    pub(crate) fn is_good(&self) -> bool {
        self.code != 0 && self.code < 400
    }
}

/// The response times of the last minute, of all hooks.
#[derive(Default)]
pub(crate) struct Spent(VecDeque<(Instant, Duration)>);

impl Spent {
    fn add(&mut self, seconds: f64) {
        let now = Instant::now();
        while self.0.front().is_some_and(|(at, _)| now.duration_since(*at) > BUDGET) {
            self.0.pop_front();
        }
        self.0
            .push_back((now, Duration::try_from_secs_f64(seconds).unwrap_or_default()));
    }

    /// Until when the budget is spent; none while there is some left.
    fn until(&self, now: Instant) -> Option<Instant> {
        let recent = self.0.iter().filter(|(at, _)| now.duration_since(*at) < BUDGET);
        let mut spent: Duration = recent.clone().map(|(_, time)| *time).sum();
        let mut until = None;
        for (at, time) in recent {
            if spent < BUDGET {
                break;
            }
            spent -= *time;
            until = Some(*at + BUDGET);
        }
        until
    }
}

impl World {
    /// Forms the next request of a hook: one event, or for a batched hook up to fifty of what is pending now.
    pub(crate) fn next_request(&mut self, index: usize, site_url: &str) -> Next {
        let now = Instant::now();
        let Some(hook) = self.hooks.get(index).filter(|hook| !hook.pending.is_empty()) else {
            return Next::Wait(None);
        };
        if self.faults.hold_deliveries {
            return Next::Wait(None);
        }
        if let Some(until) = self.spent.until(now).filter(|_| self.is_throttled()) {
            return Next::Wait(Some(until));
        }
        let Some(first) = hook.pending.iter().position(|pending| pending.is_due(now)) else {
            return Next::Wait(hook.pending.iter().filter_map(|pending| pending.due).min());
        };
        let request = match self.take(index, first) {
            Some(Load::Again(key)) => self.again(index, key),
            Some(Load::Event { data, about_itself }) => self.request(index, now, data, about_itself, site_url),
            None => None,
        };
        match request {
            Some(request) => {
                if let Some(hook) = self.hooks.get_mut(index) {
                    hook.in_flight += 1;
                }
                Next::Send(request)
            }
            // What it was about has been forgotten meanwhile: the next one, at once.
            None => Next::Wait(Some(now)),
        }
    }

    fn is_throttled(&self) -> bool {
        self.faults.throttle || self.days.is(BadDay::Throttled)
    }

    fn take(&mut self, index: usize, at: usize) -> Option<Load> {
        let pending = self.hooks.get_mut(index)?.pending.remove(at)?;
        Some(pending.load)
    }

    fn request(
        &mut self,
        index: usize,
        now: Instant,
        data: Value,
        mut about_itself: bool,
        site_url: &str,
    ) -> Option<Outgoing> {
        let delivery_id = self.uuid();
        let batch_id = (0..8)
            .map(|_| format!("{:07}", self.dice(10_000_000)))
            .collect::<String>();
        let hook = self.hooks.get_mut(index)?;
        let mut events = vec![data];
        let is_event = |pending: &Pending| pending.is_due(now) && matches!(pending.load, Load::Event { .. });
        while hook.batched
            && events.len() < LARGEST_BATCH
            && let Some(at) = hook.pending.iter().position(is_event)
            && let Some(Pending {
                load: Load::Event {
                    data,
                    about_itself: own,
                },
                ..
            }) = hook.pending.remove(at)
        {
            events.push(data);
            about_itself &= own;
        }
        let size = events.len();
        let entities = events
            .iter()
            .map(|event| event.get("entity").cloned().unwrap_or(Value::Null))
            .collect();
        let body = body(events, hook.batched, &delivery_id);
        let mut headers = BTreeMap::from([
            ("accept", "application/json".to_owned()),
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("user-agent", "SG event-pipeline".to_owned()),
            ("x-sg-webhook-id", hook.id.clone()),
            ("x-sg-delivery-id", delivery_id.clone()),
            ("x-sg-event-batch-id", batch_id),
            ("x-sg-event-batch-size", size.to_string()),
            ("x-sg-event-batch-index", "0".to_owned()),
            ("x-sg-webhook-site-url", format!("{site_url}/")),
        ]);
        if let Some(token) = &hook.token {
            headers.insert("x-sg-signature", signature(token, body.as_bytes()));
        }
        let headers: BTreeMap<String, String> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let url = hook.url.clone();
        let key = self.outbox.keep(Delivery {
            id: delivery_id,
            hook: index,
            at: clock::now(),
            events: entities,
            delivered: None,
            about_itself,
            process_time: 0.0,
            response_code: 0,
            response_headers: BTreeMap::new(),
            response_body: String::new(),
            acknowledgement: None,
            request_headers: headers.clone(),
            request_body: body.clone(),
        });
        Some(Outgoing {
            key,
            url,
            headers,
            body,
            patience: patience(size),
        })
    }

    /// The same bytes once more.
    fn again(&self, index: usize, key: u64) -> Option<Outgoing> {
        let delivery = self.outbox.deliveries.get(&key)?;
        Some(Outgoing {
            key,
            url: self.hooks.get(index)?.url.clone(),
            headers: delivery.request_headers.clone(),
            body: delivery.request_body.clone(),
            patience: patience(delivery.events.len()),
        })
    }

    /// Takes note of an answer and of what it says about the hook. Nothing documents a retry, so there is none.
    pub(crate) fn answered(&mut self, index: usize, key: u64, answer: Answer) {
        let good = answer.is_good();
        self.spent.add(answer.seconds);
        let mut about_itself = false;
        if let Some(delivery) = self.outbox.deliveries.get_mut(&key) {
            about_itself = delivery.about_itself;
            delivery.delivered = Some(good);
            delivery.process_time = answer.seconds;
            delivery.response_code = answer.code;
            delivery.response_headers = answer.headers;
            delivery.response_body = answer.body;
        }
        let Some(hook) = self.hooks.get_mut(index) else { return };
        hook.in_flight = hook.in_flight.saturating_sub(1);
        hook.num_deliveries += 1;
        // A message about the hook's own state says nothing new about that state.
        if about_itself {
            return;
        }
        if !good {
            hook.failures.push_back(clock::now());
        }
        if self.days.strikes(BadDay::Duplicates) {
            self.send_twice(index, key);
        }
        self.judge(index);
    }

    /// Queues what was sent once more: byte for byte, or its events as a delivery of their own.
    fn send_twice(&mut self, index: usize, key: u64) {
        let as_it_was = self.days.pick(BadDay::Duplicates, &(0..=1)) == 0;
        let Some(delivery) = self.outbox.deliveries.get(&key) else {
            return;
        };
        let loads = if as_it_was {
            vec![Load::Again(key)]
        } else {
            let mut body: Value = serde_json::from_str(&delivery.request_body).unwrap_or_default();
            let events = match body.pointer_mut("/data/deliveries").map(Value::take) {
                Some(Value::Array(events)) => events,
                _ => vec![body.get_mut("data").map(Value::take).unwrap_or_default()],
            };
            let again = |data| Load::Event {
                data,
                about_itself: false,
            };
            events.into_iter().map(again).collect()
        };
        if let Some(hook) = self.hooks.get_mut(index).filter(|hook| hook.delivers()) {
            for load in loads {
                hook.queue(Pending::now(load));
            }
        }
    }

    /// The ping of `test_connection`: an entity without a type. A hook that is failed or disabled stays silent.
    pub(crate) fn ping(&mut self, index: usize) {
        let Some(hook) = self.hooks.get_mut(index).filter(|hook| hook.delivers()) else {
            return;
        };
        let data = json!({
            "id": "0",
            "event_log_entry_id": 0,
            "event_type": "Test_Connection",
            "operation": "test_connection",
            "user": {"type": "HumanUser", "id": crate::seed::COORDINATOR},
            "entity": {"id": 0},
            "project": {"type": "Project", "id": crate::seed::PROJECT},
            "meta": {"type": "test_connection"},
            "created_at": clock::spaced(clock::now()),
            "attribute_name": null,
            "session_uuid": null,
        });
        hook.queue(Pending::now(Load::Event {
            data,
            about_itself: false,
        }));
    }

    /// Has every delivery been answered?
    pub(crate) fn is_all_delivered(&self) -> bool {
        self.hooks
            .iter()
            .all(|hook| hook.in_flight == 0 && (hook.deleted || hook.pending.is_empty()))
    }
}

/// How long a receiver may take for a request: six seconds, or a second an event.
fn patience(events: usize) -> Duration {
    PATIENCE.max(Duration::from_secs(events as u64))
}

/// The exact text of a request: single, or batched with the array even around one event.
fn body(events: Vec<Value>, batched: bool, delivery_id: &str) -> String {
    let now = clock::now();
    if batched {
        // Events in a batch carry no `delivery_id`.
        let deliveries: Vec<Value> = events.into_iter().map(slimmed).collect();
        return json!({"timestamp": clock::millis(now), "data": {"deliveries": deliveries}}).to_string();
    }
    let mut events = events;
    let mut data = events.pop().unwrap_or(Value::Null);
    data["delivery_id"] = json!(delivery_id);
    json!({"data": slimmed(data), "timestamp": clock::plain(now)}).to_string()
}

/// Drops the values of an event that is over 1 MB, and says so.
fn slimmed(mut event: Value) -> Value {
    if event.to_string().len() <= LARGEST_PAYLOAD {
        return event;
    }
    if let Some(Value::Object(meta)) = event.get_mut("meta") {
        let dropped: Map<String, Value> = std::mem::take(meta)
            .into_iter()
            .filter(|(name, _)| name != "old_value" && name != "new_value")
            .collect();
        *meta = dropped;
    }
    let entry = event.get("event_log_entry_id").cloned().unwrap_or(Value::Null);
    event["warning"] = json!(format!(
        "The payload is larger than 1 MB: old_value and new_value were removed. Read EventLogEntry {entry} for both."
    ));
    event
}
