//! The site's third face: a photo studio on Creative Force, of which nothing but its webhooks can be seen.

mod control;
mod events;
mod sending;
mod studio;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::sync::Semaphore;

use crate::site::Site;

pub use control::{CreativeForceControl, CreativeForceDelivery};
pub use events::CREATIVE_FORCE_EVENTS;
pub(crate) use studio::work as people_work;

/// Requests that are on their way at once.
const AT_ONCE: usize = 4;
/// The newest of so many deliveries are remembered.
const REMEMBERED: usize = 10_000;

/// The hex digest that stands in `X-CF-Signature`: HMAC-SHA256 of the body, with the secret's characters as the key.
pub fn creative_force_signature(secret: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// One webhook of the studio.
#[derive(Clone, Debug)]
struct Hook {
    url: String,
    secret: Option<String>,
}

/// The studio and what it has sent.
pub(crate) struct House {
    hooks: Vec<Hook>,
    studio: studio::Studio,
    /// By the number of the delivery.
    sent: BTreeMap<u64, sending::Sent>,
    last: u64,
    /// How long until a delivery that was not taken is tried again, instead of 5 to 10 minutes.
    retry_after: Option<Duration>,
    people_paused: bool,
}

/// The house behind its lock, which is never held across an await.
pub(crate) struct Side {
    house: Mutex<House>,
    permits: Arc<Semaphore>,
}

impl Side {
    pub(crate) fn new(seed: u64, urls: &[String], secret: Option<&str>) -> Self {
        let hooks = urls.iter().map(|url| Hook {
            url: url.clone(),
            secret: secret.map(str::to_owned),
        });
        Self {
            house: Mutex::new(House {
                hooks: hooks.collect(),
                studio: studio::Studio::new(seed),
                sent: BTreeMap::new(),
                last: 0,
                retry_after: None,
                people_paused: false,
            }),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, House> {
        self.house.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl House {
    fn remember(&mut self, sent: sending::Sent) -> u64 {
        self.last += 1;
        self.sent.insert(self.last, sent);
        while self.sent.len() > REMEMBERED && self.sent.first_key_value().is_some_and(|(_, old)| old.is_over) {
            self.sent.pop_first();
        }
        self.last
    }

    /// Has every delivery been taken or given up?
    pub(crate) fn is_all_delivered(&self) -> bool {
        self.sent.values().all(|sent| sent.is_over)
    }
}

impl Site {
    /// One of each kind of event, as the studio of the seed would tell it.
    pub(crate) fn send_every_creative_force_event(self: &Arc<Self>) {
        let events: Vec<Value> = {
            let mut house = self.creative_force.lock();
            let studio = &mut house.studio;
            events::CREATIVE_FORCE_EVENTS
                .iter()
                .map(|(group, action)| studio.told(group, action))
                .collect()
        };
        for event in events {
            self.send_creative_force(&event);
        }
    }
}
