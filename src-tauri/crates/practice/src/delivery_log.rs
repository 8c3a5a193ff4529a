//! The delivery log: what was sent, what came of it, and what a receiver has to say about it. ShotGrid REST: webhook
//! administration.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::clock;
use crate::deliveries::{Load, Pending};
use crate::errors::Refusal;
use crate::rest::Call;
use crate::search::Page;
use crate::world::World;

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A real site keeps seven days of deliveries; this one also no more than fit.
const KEPT: usize = 20_000;
const LONGEST_ACKNOWLEDGEMENT: usize = 4096;

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
    pub(crate) fn keep(&mut self, delivery: Delivery) -> u64 {
        self.next += 1;
        self.deliveries.insert(self.next, delivery);
        if self.deliveries.len() > KEPT {
            self.deliveries.pop_first();
        }
        self.next
    }

    /// Deliveries older than seven days are gone, and nothing brings them back.
    fn forget(&mut self) {
        let now = clock::now();
        let is_old = |delivery: &Delivery| now.duration_since(delivery.at) > WEEK;
        while self
            .deliveries
            .first_key_value()
            .is_some_and(|(_, oldest)| is_old(oldest))
        {
            self.deliveries.pop_first();
        }
    }

    fn find(&mut self, id: &str) -> Result<(u64, &mut Delivery), Refusal> {
        self.forget();
        let found = self.deliveries.iter_mut().rev().find(|(_, delivery)| delivery.id == id);
        found
            .map(|(key, delivery)| (*key, delivery))
            .ok_or_else(|| Refusal::no_such("delivery", id))
    }
}

impl World {
    /// One delivery by its id.
    pub(crate) fn delivery(&mut self, id: &str) -> Result<Value, Refusal> {
        self.outbox.find(id).map(|(_, delivery)| delivery.shown())
    }

    /// Keeps what a receiver has to say about a delivery: at most 4096 bytes.
    pub(crate) fn acknowledge(&mut self, id: &str, text: &str) -> Result<Value, Refusal> {
        let (_, delivery) = self.outbox.find(id)?;
        if text.len() > LONGEST_ACKNOWLEDGEMENT {
            let message = format!("acknowledgement is too long (maximum is {LONGEST_ACKNOWLEDGEMENT} bytes)");
            return Err(Refusal::invalid(json!({"acknowledgement": [message]})));
        }
        delivery.acknowledgement = Some(text.to_owned());
        Ok(delivery.shown())
    }

    /// Queues a delivery once more. A hook that is failed, disabled or gone stays silent all the same.
    pub(crate) fn redeliver(&mut self, id: &str) -> Result<(), Refusal> {
        let (key, delivery) = self.outbox.find(id)?;
        let index = delivery.hook;
        if let Some(hook) = self.hooks.get_mut(index).filter(|hook| hook.delivers()) {
            hook.queue(Pending::now(Load::Again(key)));
        }
        Ok(())
    }

    /// `GET /hooks/{uuid}/deliveries`, newest first, with the figures that the site judges a hook by.
    pub(crate) fn delivery_log(&mut self, index: usize, call: &Call) -> Result<Value, Refusal> {
        let as_value = |name: &str| call.query(name).map(|text| json!(text));
        let page = Page::asked(as_value("page[number]").as_ref(), as_value("page[size]").as_ref())?;
        let (status, entity_type) = (call.query("status"), call.query("entity_type"));
        let entity_id = call.query("entity_id").and_then(|id| id.parse().ok());
        let from: Option<i64> = call.query("from").and_then(|from| from.parse().ok());
        let words = call.query("acknowledgement");
        self.outbox.forget();
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
