//! Sending: what the automations have for their addresses. Nothing documents a second try, so there is none.

use std::sync::Arc;
use std::time::Duration;

use super::automations::{Delivery, Next};
use crate::site::Site;

/// A receiver that has not answered by then has not answered.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends until the site stops.
pub(crate) async fn work(site: Arc<Site>) {
    let wake = Arc::clone(&site.ftrack.lock().courier.wake);
    loop {
        let next = site.ftrack.lock().courier.next();
        match next {
            Next::Send(number, delivery) => {
                let site = Arc::clone(&site);
                let tracker = site.tasks.clone();
                tracker.spawn(async move {
                    tokio::select! {
                        code = send(&site, delivery) => site.ftrack.lock().courier.answered(number, code),
                        () = site.cancel.cancelled() => {}
                    }
                });
            }
            Next::Wait(until) => {
                let later = async {
                    match until {
                        Some(until) => tokio::time::sleep_until(until).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = wake.notified() => {}
                    () = later => {}
                    () = site.cancel.cancelled() => return,
                }
            }
        }
    }
}

async fn send(site: &Site, delivery: Delivery) -> Option<u16> {
    if site.lock().days.is_tunnel_dead() {
        return Some(502);
    }
    let mut request = site.http.post(&delivery.url).timeout(PATIENCE);
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    match request.body(delivery.body).send().await {
        Ok(response) => Some(response.status().as_u16()),
        Err(error) => {
            tracing::debug!(%error, "a delivery of the practice ftrack was not answered");
            None
        }
    }
}
