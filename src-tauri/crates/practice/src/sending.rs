//! Sending: one worker a hook, which never has more on its way than the site would. ShotGrid REST: deliveries.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::deliveries::{Answer, Next, Outgoing};
use crate::site::Site;

/// Requests in flight at once for one hook: the site promises no order.
const AT_ONCE: u32 = 4;

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
            let until = match site.next_request(index) {
                Next::Send(request) => break request,
                Next::Wait(until) => until,
            };
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
    fn next_request(&self, index: usize) -> Next {
        self.lock().next_request(index, &self.url)
    }
}

async fn send(site: &Site, request: Outgoing) -> Answer {
    if site.lock().days.is_tunnel_dead() {
        // The tunnel's own edge answers, and at once: nobody is behind it.
        return Answer {
            code: 502,
            headers: BTreeMap::new(),
            body: "error code: 502".to_owned(),
            seconds: 0.02,
        };
    }
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
