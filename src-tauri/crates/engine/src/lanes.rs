//! Events about one Shot one after the other, different Shots side by side.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use callboard_journal::Waiting;
use callboard_model::{EntityId, EntityKey, EntityType, Event, Operation};
use tokio::sync::{broadcast, mpsc};

use crate::backoff;
use crate::decide::{Desk, waits_for};
use crate::site::Site;

/// Events taken from the journal at a time.
const BATCH: usize = 200;
/// Events held in lanes at once. A longer backlog waits in the journal, where it costs no memory.
const HELD: usize = 2_000;

/// What keeps events in order: the Shot they are about, or the entity itself where there is no Shot.
type Lane = EntityKey;

/// Takes a site's waiting events from the journal, oldest first, and lets each lane work through its own. One runs for each site, so
/// that a site that is down keeps no other waiting; events of a site that is not in the settings wait until it is. Ends at the
/// desk's stop, after the events in hand.
pub(crate) async fn run(desk: Arc<Desk>, site: Arc<Site>) {
    let mut news = desk.journal.subscribe();
    let (done, mut freed) = mpsc::unbounded_channel::<Lane>();
    let mut lanes: HashMap<Lane, VecDeque<Waiting>> = HashMap::new();
    let mut held = 0_usize;
    let mut after = 0_i64;
    let mut more = true;
    loop {
        if more && held < HELD {
            let Some(batch) = take(&desk, &site, after).await else {
                break;
            };
            more = batch.len() == BATCH;
            after = batch.last().map_or(after, |w| w.seq);
            let Some(sorted) = desk.or_stop(sort_into_lanes(&desk, &site, batch)).await else {
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

async fn take(desk: &Desk, site: &Site, after: i64) -> Option<Vec<Waiting>> {
    loop {
        let (reader, name) = (desk.journal.reader().clone(), site.name.clone());
        match tokio::task::spawn_blocking(move || reader.waiting(&name, after, BATCH)).await {
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
async fn sort_into_lanes(desk: &Desk, site: &Site, batch: Vec<Waiting>) -> Vec<(Lane, Waiting)> {
    learn_links(desk, site, &batch).await;
    let mut sorted = Vec::with_capacity(batch.len());
    for waiting in batch {
        let lane = match (&waiting.event.entity, &waiting.event.hook) {
            (Some(entity), _) => shot_of(desk, site, &entity.key).await,
            // What a site says of its hook has an order too.
            (None, Some(hook)) => EntityKey::new("", EntityId::Text(hook.to_string())),
            (None, None) => EntityKey::new("", waiting.seq),
        };
        sorted.push((lane, waiting));
    }
    sorted
}

async fn shot_of(desk: &Desk, site: &Site, key: &EntityKey) -> EntityKey {
    if !in_a_shot(key) {
        return key.clone();
    }
    let parent = desk.read(|reader| reader.parent_of(&site.name, key)).await;
    parent.unwrap_or_else(|| key.clone())
}

fn in_a_shot(key: &EntityKey) -> bool {
    key.kind.is(EntityType::TASK) || key.kind.is(EntityType::VERSION)
}

/// Reads what the batch's entities belong to, unless the journal knows, and keeps it. Where that decides a lane it waits for the
/// site: while it is down nothing can be decided anyhow. Other types are read for their names alone, once.
async fn learn_links(desk: &Desk, site: &Site, batch: &[Waiting]) {
    let mut unknown: Vec<EntityKey> = Vec::new();
    for event in batch.iter().map(|w| &w.event) {
        if let Some(key) = lifeline(event)
            && !unknown.contains(key)
            && (relinks(event) || !desk.read(|reader| reader.knows(&site.name, key)).await)
        {
            unknown.push(key.clone());
        }
    }
    for kind in kinds(&unknown) {
        let keys: Vec<EntityKey> = unknown.iter().filter(|k| k.kind == kind).cloned().collect();
        let mut tries = 0;
        loop {
            match site.call(site.tracker.read(&keys)).await {
                Ok(entities) => {
                    desk.logged(site.learn(&desk.journal, &entities).await);
                    break;
                }
                Err(error) if waits_for(&error) && keys.first().is_some_and(in_a_shot) => {
                    tries += 1;
                    let wait = backoff::wait(tries, error.retry_after());
                    if let Some(first) = batch.first() {
                        desk.postpone(first.seq, format!("{error}, {}", backoff::words(wait, tries)))
                            .await;
                    }
                    if !desk.pause(wait).await {
                        return;
                    }
                }
                // A type that the site does not have, or the key may not see: shown without a name.
                Err(error) => {
                    tracing::debug!(%kind, %error, "lanes: names cannot be read");
                    break;
                }
            }
        }
    }
    let people = batch
        .iter()
        .filter_map(|w| w.event.actor.as_ref().map(|a| a.entity.clone()));
    let projects = batch.iter().filter_map(|w| w.event.project.clone());
    site.learn_names(&desk.journal, people.chain(projects)).await;
}

fn kinds(keys: &[EntityKey]) -> BTreeSet<EntityType> {
    keys.iter().map(|k| k.kind.clone()).collect()
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
