//! Events about one Shot one after the other, different Shots side by side.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use callboard_journal::Waiting;
use callboard_model::{EntityKey, EntityType, Event, Operation, SiteName};
use tokio::sync::{broadcast, mpsc};

use crate::backoff;
use crate::decide::Desk;
use crate::site::Site;

/// Events taken from the journal at a time.
const BATCH: usize = 200;
/// Events held in lanes at once. A longer backlog waits in the journal, where it costs no memory.
const HELD: usize = 2_000;

/// What keeps events in order: the Shot they are about, or the entity itself where there is no Shot.
type Lane = (SiteName, EntityKey);

/// Takes waiting events from the journal, oldest first, and lets each lane work through its own. Ends at the desk's stop, after
/// the events in hand.
pub(crate) async fn run(desk: Arc<Desk>) {
    let mut news = desk.journal.subscribe();
    let (done, mut freed) = mpsc::unbounded_channel::<Lane>();
    let mut lanes: HashMap<Lane, VecDeque<Waiting>> = HashMap::new();
    let mut held = 0_usize;
    let mut after = 0_i64;
    let mut more = true;
    loop {
        if more && held < HELD {
            let Some(batch) = take(&desk, after).await else { break };
            more = batch.len() == BATCH;
            after = batch.last().map_or(after, |w| w.seq);
            let Some(sorted) = desk.or_stop(sort_into_lanes(&desk, batch)).await else {
                break;
            };
            for (lane, waiting) in sorted {
                held += 1;
                let queue = lanes.entry(lane.clone()).or_default();
                queue.push_back(waiting);
                if queue.len() == 1 {
                    start(&desk, &lane, queue, &done);
                }
            }
            if more {
                continue;
            }
        }
        tokio::select! {
            () = desk.stop.cancelled() => break,
            touched = news.recv() => match touched {
                Ok(touched) => more |= touched.work,
                // News were lost, so there may be work among them.
                Err(broadcast::error::RecvError::Lagged(_)) => more = true,
                Err(broadcast::error::RecvError::Closed) => break,
            },
            Some(lane) = freed.recv() => {
                held -= 1;
                if let Some(queue) = lanes.get_mut(&lane) {
                    queue.pop_front();
                    if queue.is_empty() {
                        lanes.remove(&lane);
                    } else {
                        start(&desk, &lane, queue, &done);
                    }
                }
            }
        }
    }
    desk.in_hand.close();
    desk.in_hand.wait().await;
}

async fn take(desk: &Desk, after: i64) -> Option<Vec<Waiting>> {
    loop {
        let reader = desk.journal.reader().clone();
        match tokio::task::spawn_blocking(move || reader.waiting(after, BATCH)).await {
            Ok(Ok(batch)) => return Some(batch),
            Ok(Err(error)) => tracing::error!(%error, "lanes: waiting events cannot be read"),
            Err(_) => return None,
        }
        if !desk.pause(backoff::wait(4, None)).await {
            return None;
        }
    }
}

fn start(desk: &Arc<Desk>, lane: &Lane, queue: &VecDeque<Waiting>, done: &mpsc::UnboundedSender<Lane>) {
    let Some(waiting) = queue.front().cloned() else { return };
    let (desk, lane, done) = (desk.clone(), lane.clone(), done.clone());
    let tracker = desk.in_hand.clone();
    tracker.spawn(async move {
        desk.work_on(waiting).await;
        // The dispatcher has ended: so has the program.
        drop(done.send(lane));
    });
}

/// Finds the Shot of each event. Links that no earlier read has told are read now, for the whole batch at once.
async fn sort_into_lanes(desk: &Desk, batch: Vec<Waiting>) -> Vec<(Lane, Waiting)> {
    for site in desk.sites.values() {
        learn_links(desk, site, &batch).await;
    }
    let mut sorted = Vec::with_capacity(batch.len());
    for waiting in batch {
        let key = match &waiting.event.entity {
            Some(entity) => shot_of(desk, &waiting.event.site, &entity.key).unwrap_or_else(|| entity.key.clone()),
            // Nothing to be in order with.
            None => EntityKey::new("", waiting.seq),
        };
        sorted.push(((waiting.event.site.clone(), key), waiting));
    }
    sorted
}

fn shot_of(desk: &Desk, site: &SiteName, key: &EntityKey) -> Option<EntityKey> {
    if !in_a_shot(key) {
        return None;
    }
    desk.journal.reader().parent_of(site, key).unwrap_or_else(|error| {
        tracing::error!(%error, "lanes: a link cannot be read");
        None
    })
}

fn in_a_shot(key: &EntityKey) -> bool {
    key.kind.is(EntityType::TASK) || key.kind.is(EntityType::VERSION)
}

/// Reads what the batch's entities belong to, unless the journal knows, and keeps it. While the site is down nothing can be
/// decided anyhow, so this waits for it rather than guess an order.
async fn learn_links(desk: &Desk, site: &Arc<Site>, batch: &[Waiting]) {
    let of_site = || batch.iter().filter(|w| w.event.site == site.name);
    let reader = desk.journal.reader();
    let mut unknown: Vec<EntityKey> = Vec::new();
    for event in of_site().map(|w| &w.event) {
        if let Some(key) = lifeline(event)
            && !unknown.contains(key)
            && (!reader.knows(&site.name, key).unwrap_or(false) || relinks(event))
        {
            unknown.push(key.clone());
        }
    }
    let mut tries = 0;
    while !unknown.is_empty() {
        match site.note(site.tracker.read(&unknown).await) {
            Ok(entities) => {
                if let Err(error) = site.learn(&desk.journal, &entities).await {
                    tracing::error!(%error, "lanes: links cannot be kept");
                }
                break;
            }
            Err(error) => {
                tries += 1;
                let wait = backoff::wait(tries, error.retry_after());
                let why = format!("{error}, {}", backoff::words(wait, tries));
                for waiting in of_site() {
                    desk.postpone(waiting.seq, why.clone()).await;
                }
                if !desk.pause(wait).await {
                    return;
                }
            }
        }
    }
    let people = of_site().filter_map(|w| w.event.actor.as_ref().map(|a| a.entity.clone()));
    let projects = of_site().filter_map(|w| w.event.project.clone());
    site.learn_names(&desk.journal, people.chain(projects)).await;
}

/// The entity whose name and link an event needs; none where it has none or is gone.
fn lifeline(event: &Event) -> Option<&EntityKey> {
    let alive = matches!(
        event.operation,
        Operation::Create | Operation::Update | Operation::Revive
    );
    event.entity.as_ref().map(|e| &e.key).filter(|_| alive)
}

/// Whether an event moves its entity to another Task or Shot, or renames it.
fn relinks(event: &Event) -> bool {
    matches!(event.field.as_deref(), Some("entity" | "sg_task" | "code" | "content"))
}
