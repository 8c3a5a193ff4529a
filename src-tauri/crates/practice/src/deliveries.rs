//! Deliveries: how a request is formed, sent and remembered. ShotGrid REST: deliveries.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::clock;
use crate::errors::Refusal;
use crate::rest::Call;
use crate::search::Page;
use crate::signature::signature;
use crate::site::Site;
use crate::webhooks::Health;
use crate::world::World;

/// Requests in flight at once for one hook: the site promises no order.
const AT_ONCE: u32 = 4;
const LARGEST_BATCH: usize = 50;
const LARGEST_PAYLOAD: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(6);
const FAILURES_ALLOWED: usize = 100;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A real site keeps deliveries seven days; this one keeps as many as fit.
const KEPT: usize = 20_000;

/// Something that a hook has yet to send.
pub(crate) enum Pending {
    Event { data: Value, about_itself: bool },
    Again(u64),
}

/// One request to a receiver, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) hook: usize,
    pub(crate) at: Timestamp,
    pub(crate) events: Vec<Value>,
    /// None while nobody has answered yet.
    pub(crate) delivered: Option<bool>,
    pub(crate) about_itself: bool,
    pub(crate) process_time: f64,
    pub(crate) response_code: u16,
    pub(crate) response_headers: BTreeMap<String, String>,
    pub(crate) response_body: String,
    pub(crate) acknowledgement: Option<String>,
    pub(crate) request_headers: BTreeMap<String, String>,
    pub(crate) request_body: String,
}

impl Delivery {
    pub(crate) fn state(&self) -> &'static str {
        match self.delivered {
            None => "pending",
            Some(true) => "delivered",
            Some(false) => "failed",
        }
    }

    fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "event_time": self.at.as_second(),
            "status": self.state(),
            "process_time": self.process_time,
            "body": self.response_body,
            "response_code": self.response_code,
            "acknowledgement": self.acknowledgement,
            "request_headers": self.request_headers,
            "request_body": self.request_body,
            "response_headers": self.response_headers,
        })
    }

    fn is_about(&self, entity_type: Option<&str>, entity_id: Option<i64>) -> bool {
        let is_about = |entity: &Value| {
            entity_type.is_none_or(|kind| entity.get("type").and_then(Value::as_str) == Some(kind))
                && entity_id.is_none_or(|id| entity.get("id").and_then(Value::as_i64) == Some(id))
        };
        (entity_type.is_none() && entity_id.is_none()) || self.events.iter().any(is_about)
    }
}

/// The delivery log.
#[derive(Default)]
pub(crate) struct Outbox {
    next: u64,
    pub(crate) deliveries: BTreeMap<u64, Delivery>,
}

impl Outbox {
    fn keep(&mut self, delivery: Delivery) -> u64 {
        self.next += 1;
        self.deliveries.insert(self.next, delivery);
        if self.deliveries.len() > KEPT {
            self.deliveries.pop_first();
        }
        self.next
    }

    fn find(&mut self, id: &str) -> Result<(u64, &mut Delivery), Refusal> {
        let found = self.deliveries.iter_mut().rev().find(|(_, delivery)| delivery.id == id);
        found
            .map(|(key, delivery)| (*key, delivery))
            .ok_or_else(|| Refusal::no_such("delivery", id))
    }
}

/// A request ready to go.
struct Outgoing {
    key: u64,
    url: String,
    headers: BTreeMap<String, String>,
    body: String,
    patience: Duration,
}

/// What a receiver answered; code 0 means that nobody did.
struct Answer {
    code: u16,
    headers: BTreeMap<String, String>,
    body: String,
    seconds: f64,
}

impl World {
    /// Forms the next request of a hook: one event, or for a batched hook up to fifty of what is pending now.
    fn next_request(&mut self, index: usize, site_url: &str) -> Option<Outgoing> {
        if self.faults.hold_deliveries || self.hooks.get(index)?.pending.is_empty() {
            return None;
        }
        let delivery_id = self.uuid();
        let batch_id = (0..8)
            .map(|_| format!("{:07}", self.dice(10_000_000)))
            .collect::<String>();
        let hook = self.hooks.get_mut(index)?;
        let (events, about_itself) = match hook.pending.pop_front()? {
            Pending::Again(key) => {
                hook.in_flight += 1;
                let url = hook.url.clone();
                return self.again(key, url).or_else(|| self.nothing_in_flight(index));
            }
            Pending::Event { data, about_itself } if !hook.batched => (vec![data], about_itself),
            Pending::Event { data, mut about_itself } => {
                let mut events = vec![data];
                while events.len() < LARGEST_BATCH
                    && let Some(Pending::Event { .. }) = hook.pending.front()
                    && let Some(Pending::Event {
                        data,
                        about_itself: own,
                    }) = hook.pending.pop_front()
                {
                    events.push(data);
                    about_itself &= own;
                }
                (events, about_itself)
            }
        };
        hook.in_flight += 1;
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
        let patience = PATIENCE.max(Duration::from_secs(size as u64));
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
            patience,
        })
    }

    /// The same bytes once more.
    fn again(&self, key: u64, url: String) -> Option<Outgoing> {
        let delivery = self.outbox.deliveries.get(&key)?;
        Some(Outgoing {
            key,
            url,
            headers: delivery.request_headers.clone(),
            body: delivery.request_body.clone(),
            patience: PATIENCE.max(Duration::from_secs(delivery.events.len() as u64)),
        })
    }

    fn nothing_in_flight(&mut self, index: usize) -> Option<Outgoing> {
        if let Some(hook) = self.hooks.get_mut(index) {
            hook.in_flight = hook.in_flight.saturating_sub(1);
        }
        None
    }

    /// Takes note of an answer and of what it says about the hook. Nothing documents a retry, so there is none.
    fn answered(&mut self, index: usize, key: u64, answer: Answer) {
        let good = answer.code != 0 && answer.code < 400;
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
        let now = clock::now();
        while hook.failures.front().is_some_and(|at| now.duration_since(*at) > DAY) {
            hook.failures.pop_front();
        }
        // A message about the hook's own state says nothing new about that state.
        if about_itself {
            return;
        }
        if !good {
            hook.failures.push_back(now);
        }
        match (hook.health, hook.failures.len()) {
            // Failed means silence, so not even this is announced.
            (Health::Active | Health::Unstable, FAILURES_ALLOWED..) => self.set_health(index, Health::Failed, false),
            (Health::Active, 1..) => self.set_health(index, Health::Unstable, true),
            (Health::Unstable, 0) => self.set_health(index, Health::Active, true),
            _ => {}
        }
    }

    /// The ping of `test_connection`: an entity without a type.
    pub(crate) fn ping(&mut self, index: usize) {
        let Some(hook) = self.hooks.get_mut(index) else { return };
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
        hook.pending.push_back(Pending::Event {
            data,
            about_itself: false,
        });
        hook.wake.notify_one();
    }

    /// One delivery by its id.
    pub(crate) fn delivery(&mut self, id: &str) -> Result<Value, Refusal> {
        self.outbox.find(id).map(|(_, delivery)| delivery.shown())
    }

    /// Keeps what a receiver has to say about a delivery: at most 4096 bytes.
    pub(crate) fn acknowledge(&mut self, id: &str, text: &str) -> Result<Value, Refusal> {
        let (_, delivery) = self.outbox.find(id)?;
        if text.len() > 4096 {
            let message = "acknowledgement is too long (maximum is 4096 bytes)";
            return Err(Refusal::invalid(json!({"acknowledgement": [message]})));
        }
        delivery.acknowledgement = Some(text.to_owned());
        Ok(delivery.shown())
    }

    /// Queues a delivery once more.
    pub(crate) fn redeliver(&mut self, id: &str) -> Result<(), Refusal> {
        let (key, delivery) = self.outbox.find(id)?;
        let index = delivery.hook;
        if let Some(hook) = self.hooks.get_mut(index) {
            hook.pending.push_back(Pending::Again(key));
            hook.wake.notify_one();
        }
        Ok(())
    }

    /// `GET /hooks/{uuid}/deliveries`, newest first, with the figures that the site judges a hook by.
    pub(crate) fn delivery_log(&self, index: usize, call: &Call) -> Result<Value, Refusal> {
        let as_value = |name: &str| call.query(name).map(|text| json!(text));
        let page = Page::asked(as_value("page[number]").as_ref(), as_value("page[size]").as_ref())?;
        let (status, entity_type) = (call.query("status"), call.query("entity_type"));
        let entity_id = call.query("entity_id").and_then(|id| id.parse().ok());
        let from: Option<i64> = call.query("from").and_then(|from| from.parse().ok());
        let words = call.query("acknowledgement");
        let matching: Vec<&Delivery> = self
            .outbox
            .deliveries
            .values()
            .rev()
            .filter(|delivery| delivery.hook == index && delivery.delivered.is_some())
            .filter(|delivery| status.is_none_or(|status| status == delivery.state()))
            .filter(|delivery| delivery.is_about(entity_type, entity_id))
            .filter(|delivery| from.is_none_or(|from| delivery.at.as_second() >= from))
            .filter(|delivery| {
                words.is_none_or(|words| {
                    delivery
                        .acknowledgement
                        .as_deref()
                        .is_some_and(|text| text.contains(words))
                })
            })
            .collect();
        let metrics = performance(&matching);
        let skip = page.size.saturating_mul(page.number - 1);
        let data: Vec<Value> = matching
            .into_iter()
            .skip(skip)
            .take(page.size)
            .map(Delivery::shown)
            .collect();
        Ok(json!({"data": data, "included": [], "performance_metrics": metrics, "links": {"self": call.path}}))
    }

    /// Has every delivery been answered?
    pub(crate) fn is_all_delivered(&self) -> bool {
        self.hooks
            .iter()
            .all(|hook| hook.in_flight == 0 && (hook.deleted || hook.pending.is_empty()))
    }
}

fn performance(deliveries: &[&Delivery]) -> Value {
    let times = || deliveries.iter().map(|delivery| delivery.process_time);
    let count = deliveries.len().max(1) as f64;
    let sum: f64 = times().sum();
    let start = deliveries.iter().map(|delivery| delivery.at).min();
    let end = deliveries.iter().map(|delivery| delivery.at).max();
    let span = start
        .zip(end)
        .map_or(0.0, |(start, end)| end.duration_since(start).as_secs_f64());
    json!({
        "event_count": deliveries.len(),
        "event_time_span": span,
        "process_time_sum": sum,
        "mean_process_time": sum / count,
        "max_process_time": times().reduce(f64::max).unwrap_or(0.0),
        "min_process_time": times().reduce(f64::min).unwrap_or(0.0),
        "start_event_time": start.map(Timestamp::as_second),
        "end_event_time": end.map(Timestamp::as_second),
        "process_time_ratio": if span > 0.0 { sum / span } else { 0.0 },
    })
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

/// Sends what a hook has, until the site stops.
pub(crate) async fn worker(site: Arc<Site>, index: usize) {
    let permits = Arc::new(Semaphore::new(AT_ONCE as usize));
    let Some(wake) = site.lock().hooks.get(index).map(|hook| Arc::clone(&hook.wake)) else {
        return;
    };
    loop {
        // A batched hook has one request in flight: what happens meanwhile is the next batch.
        let batched = site.lock().hooks.get(index).is_some_and(|hook| hook.batched);
        let count = if batched { AT_ONCE } else { 1 };
        let Ok(permit) = Arc::clone(&permits).acquire_many_owned(count).await else {
            return;
        };
        let request = loop {
            if let Some(request) = site.next_request(index) {
                break request;
            }
            tokio::select! {
                () = wake.notified() => {}
                () = site.cancel.cancelled() => return,
            }
        };
        let site = Arc::clone(&site);
        let tracker = site.tasks.clone();
        tracker.spawn(async move {
            let key = request.key;
            tokio::select! {
                answer = send(&site, request) => site.lock().answered(index, key, answer),
                () = site.cancel.cancelled() => {}
            }
            drop(permit);
        });
    }
}

impl Site {
    fn next_request(&self, index: usize) -> Option<Outgoing> {
        self.lock().next_request(index, &self.url)
    }
}

async fn send(site: &Site, request: Outgoing) -> Answer {
    let started = Instant::now();
    let mut builder = site.http.post(&request.url).timeout(request.patience);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let mut answer = Answer {
        code: 0,
        headers: BTreeMap::new(),
        body: String::new(),
        seconds: 0.0,
    };
    match builder.body(request.body).send().await {
        Ok(response) => {
            answer.code = response.status().as_u16();
            answer.headers = response
                .headers()
                .iter()
                .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
                .collect();
            // A body that does not end in time makes the whole answer late.
            match response.text().await {
                Ok(text) => answer.body = text.chars().take(100).collect(),
                Err(_) => answer.code = 0,
            }
        }
        Err(error) => tracing::debug!(%error, "delivery not answered"),
    }
    answer.seconds = started.elapsed().as_secs_f64();
    answer
}
