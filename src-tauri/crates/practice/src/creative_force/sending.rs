//! Sending: signed, and again up to three times where the answer is not 2xx. Creative Force: webhooks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::creative_force_signature;
use super::events::phrase;
use crate::site::Site;

const RETRIES: u32 = 3;
/// A retry comes this long after the try before it, in seconds.
const RETRY_AFTER: (u64, u64) = (300, 600);
const PATIENCE: Duration = Duration::from_secs(10);

/// One delivery and what came of it.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) url: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
    /// What was answered to each try; none where nobody answered.
    pub(super) answers: Vec<Option<u16>>,
    pub(super) is_over: bool,
}

fn field<'e>(event: &'e Value, name: &str) -> &'e str {
    event.get(name).and_then(Value::as_str).unwrap_or_default()
}

impl Site {
    /// Hands an event to every hook.
    pub(crate) fn send_creative_force(self: &Arc<Self>, event: &Value) {
        let hooks = self.creative_force.lock().hooks.clone();
        for hook in hooks {
            let body = event.to_string();
            let mut headers = BTreeMap::from([
                ("content-type".to_owned(), "application/json".to_owned()),
                (
                    "x-cf-event".to_owned(),
                    phrase(field(event, "EventGroupName"), field(event, "Action")),
                ),
            ]);
            if let Some(secret) = &hook.secret {
                headers.insert(
                    "x-cf-signature".to_owned(),
                    creative_force_signature(secret, body.as_bytes()),
                );
            }
            self.dispatch_creative_force(&Sent {
                url: hook.url,
                headers,
                body,
                answers: Vec::new(),
                is_over: false,
            });
        }
    }

    /// Sends a delivery, as the day has it.
    pub(super) fn dispatch_creative_force(self: &Arc<Self>, sent: &Sent) {
        let weather = self.weather();
        if weather.is_lost {
            return;
        }
        for _ in 0..if weather.is_twice { 2 } else { 1 } {
            let place = self.creative_force.lock().remember(sent.clone());
            self.tasks
                .spawn(deliver(Arc::clone(self), sent.clone(), place, weather.late_by));
        }
    }
}

async fn deliver(site: Arc<Site>, sent: Sent, place: u64, late_by: Option<Duration>) {
    let work = async {
        tokio::time::sleep(late_by.unwrap_or_default()).await;
        for round in 0..=RETRIES {
            let answer = post(&site, &sent).await;
            let is_over = round == RETRIES || answer.is_some_and(|code| (200..300).contains(&code));
            let wait = {
                let mut house = site.creative_force.lock();
                if let Some(sent) = house.sent.get_mut(&place) {
                    sent.answers.push(answer);
                    sent.is_over = is_over;
                }
                house
                    .retry_after
                    .unwrap_or_else(|| Duration::from_secs(house.studio.between(RETRY_AFTER)))
            };
            if is_over {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = site.cancel.cancelled() => {}
    }
}

async fn post(site: &Site, sent: &Sent) -> Option<u16> {
    let permit = Arc::clone(&site.creative_force.permits).acquire_owned().await;
    if site.lock().days.is_tunnel_dead() {
        return Some(502);
    }
    let mut request = site.http.post(&sent.url).timeout(PATIENCE);
    for (name, value) in &sent.headers {
        request = request.header(name, value);
    }
    let answer = request.body(sent.body.clone()).send().await;
    drop(permit);
    match answer {
        Ok(response) => Some(response.status().as_u16()),
        Err(error) => {
            tracing::debug!(%error, "a delivery of the practice studio was not answered");
            None
        }
    }
}
