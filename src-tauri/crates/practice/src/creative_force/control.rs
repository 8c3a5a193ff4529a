//! The handle by which a test makes the studio work, and looks at what it sent.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::control::Control;
use crate::site::Site;

/// A handle on the Creative Force side of a running site.
#[derive(Clone)]
pub struct CreativeForceControl {
    site: Arc<Site>,
}

/// One delivery and the tries that it took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CreativeForceDelivery {
    /// Where it went.
    pub url: String,
    /// The headers of the request, which are the same at each try.
    pub headers: BTreeMap<String, String>,
    /// The exact body of the request.
    pub body: String,
    /// What was answered to each try; none where nobody answered.
    pub answers: Vec<Option<u16>>,
    /// Was it taken, or given up after the third retry?
    pub is_over: bool,
}

impl Control {
    /// The same for the site's Creative Force side.
    pub fn creative_force(&self) -> CreativeForceControl {
        CreativeForceControl {
            site: Arc::clone(&self.site),
        }
    }
}

impl CreativeForceControl {
    /// Sends one of each of [`CREATIVE_FORCE_EVENTS`](crate::CREATIVE_FORCE_EVENTS).
    pub fn send_every_kind(&self) {
        self.site.send_every_creative_force_event();
    }

    /// Sends one event of this group and action about the studio's first product. Returns its payload.
    pub fn send(&self, group: &str, action: &str) -> Value {
        let event = self.site.creative_force.lock().studio.told(group, action);
        self.site.send_creative_force(&event);
        event
    }

    /// Sends any payload, signed: for shapes that the studio itself never tells.
    pub fn send_as_it_is(&self, event: &Value) {
        self.site.send_creative_force(event);
    }

    /// Somebody in the studio does the next thing. Returns the payloads of what comes of it, in order.
    pub fn work(&self) -> Vec<Value> {
        let events = self.site.creative_force.lock().studio.work();
        for event in &events {
            self.site.send_creative_force(event);
        }
        events
    }

    /// Every delivery so far, oldest first.
    pub fn deliveries(&self) -> Vec<CreativeForceDelivery> {
        let house = self.site.creative_force.lock();
        let view = |sent: &super::sending::Sent| CreativeForceDelivery {
            url: sent.url.clone(),
            headers: sent.headers.clone(),
            body: sent.body.clone(),
            answers: sent.answers.clone(),
            is_over: sent.is_over,
        };
        house.sent.values().map(view).collect()
    }

    /// Has every delivery been taken or given up?
    pub fn is_all_delivered(&self) -> bool {
        self.site.creative_force.lock().is_all_delivered()
    }

    /// Sends a delivery once more, byte for byte, by its place in [`deliveries`](Self::deliveries). False where there is none.
    pub fn redeliver(&self, index: usize) -> bool {
        let sent = self.site.creative_force.lock().sent.values().nth(index).cloned();
        let fresh = sent.map(|sent| super::sending::Sent {
            answers: Vec::new(),
            is_over: false,
            ..sent
        });
        let is_there = fresh.is_some();
        if let Some(sent) = fresh {
            self.site.dispatch_creative_force(&sent);
        }
        is_there
    }

    /// How long until a delivery that was not taken is tried again, instead of 5 to 10 minutes.
    pub fn retry_after(&self, wait: Duration) {
        self.site.creative_force.lock().retry_after = Some(wait);
    }

    /// The status names of all tasks, work units and products as last told, by kind and id.
    pub fn statuses(&self) -> BTreeMap<(String, String), String> {
        self.site.creative_force.lock().studio.statuses()
    }

    /// Stops the simulated people of the studio, or lets them go on.
    pub fn people_pause(&self, pause: bool) {
        self.site.creative_force.lock().people_paused = pause;
    }
}
