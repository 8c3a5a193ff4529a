//! Events about one Shot one after the other, different Shots side by side.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use callboard_journal::Waiting;
use callboard_model::{EntityId, EntityKey, EntityType, Event, Operation};
use callboard_rules::ARRIVAL;
use tokio::sync::{broadcast, mpsc};
use tokio_util::task::TaskTracker;

use crate::backoff;
use crate::desk::{Desk, Stopped, waits_for};
use crate::site::Site;

/// Events taken from the journal at a time.
const BATCH: usize = 200;
/// Events held in lanes at once. A longer backlog waits in the journal, where it costs no memory.
const HELD: usize = 2_000;

/// More steps up than any production has between a Version and its top.
const HIGHEST: usize = 8;

/// What keeps events in order: the Shot they are about, or the entity itself where there is no Shot.
type Lane = EntityKey;

/// Takes a site's waiting events from the journal, in the order of the site's own numbers, and lets each lane work through its own. One runs for each site, so
/// that a site that is down keeps no other waiting; events of a site that is not in the settings wait until it is. Ends when the
/// site's work is to stop, after the events in hand.
pub(crate) async fn run(desk: Arc<Desk>, site: Arc<Site>) {
    let mut news = desk.journal.subscribe();
    let (done, mut freed) = mpsc::unbounded_channel::<Lane>();
    let mut lanes: HashMap<Lane, VecDeque<Waiting>> = HashMap::new();
    // By number, those in lanes.
    let mut held: HashSet<i64> = HashSet::new();
    // Of those, the ones that wait again: a person reopened them while they were in hand.
    let mut once_more: HashSet<i64> = HashSet::new();
    let mut reopened = desk.reopened.subscribe();
    let mut more = true;
    let in_hand = TaskTracker::new();
    loop {
        if more && held.len() < HELD {
            let Some(batch) = take(&desk, &site, &held).await else {
                break;
            };
            more = batch.len() == BATCH;
            let Some(sorted) = site.or_stop(sort_into_lanes(&desk, &site, batch)).await else {
                break;
            };
            for (lane, waiting) in sorted {
                held.insert(waiting.seq);
                let queue = lanes.entry(lane.clone()).or_default();
                queue.push_back(waiting);
                if queue.len() == 1 {
                    start(&desk, &site, &lane, queue, &done, &in_hand);
                }
            }
            if more {
                continue;
            }
        }
        tokio::select! {
            () = site.stop.cancelled() => break,
            touched = news.recv() => match touched {
                Ok(touched) => {
                    more |= touched.work;
                    if touched.work {
                        once_more.extend(touched.events.iter().filter(|seq| held.contains(seq)));
                    }
                }
                // News were lost, so there may be work among them.
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    more = true;
                    once_more.extend(&held);
                }
                Err(broadcast::error::RecvError::Closed) => break,
            },
            // The sender lives as long as the desk.
            _ = reopened.changed() => more = true,
            Some(lane) = freed.recv() => {
                if let Some(queue) = lanes.get_mut(&lane) {
                    if let Some(done_with) = queue.pop_front() {
                        held.remove(&done_with.seq);
                        more |= once_more.remove(&done_with.seq);
                    }
                    if queue.is_empty() {
                        lanes.remove(&lane);
                    } else {
                        start(&desk, &site, &lane, queue, &done, &in_hand);
                    }
                }
            }
        }
    }
    in_hand.close();
    in_hand.wait().await;
}

async fn take(desk: &Desk, site: &Site, held: &HashSet<i64>) -> Option<Vec<Waiting>> {
    loop {
        let (reader, name) = (desk.journal.reader().clone(), site.name.clone());
        let (held, up_to) = (held.clone(), site.road.hold(desk.clock.now()));
        match tokio::task::spawn_blocking(move || reader.waiting(&name, &held, up_to, BATCH)).await {
            Ok(Ok(batch)) => return Some(batch),
            Ok(Err(error)) => tracing::error!(%error, "lanes: waiting events cannot be read"),
            Err(_) => return None,
        }
        if !site.pause(backoff::wait(4, None)).await {
            return None;
        }
    }
}

fn start(
    desk: &Arc<Desk>,
    site: &Arc<Site>,
    lane: &Lane,
    queue: &VecDeque<Waiting>,
    done: &mpsc::UnboundedSender<Lane>,
    in_hand: &TaskTracker,
) {
    let Some(waiting) = queue.front().cloned() else { return };
    let (desk, site, lane, done) = (desk.clone(), site.clone(), lane.clone(), done.clone());
    in_hand.spawn(async move {
        desk.work_on(&site, waiting).await;
        // The dispatcher has ended: so has the program.
        drop(done.send(lane));
    });
}

/// Finds the Shot of each event. Links that no earlier read has told are read now, for the whole batch at once.
async fn sort_into_lanes(desk: &Desk, site: &Site, mut batch: Vec<Waiting>) -> Vec<(Lane, Waiting)> {
    let live = desk.live();
    let wide = live
        .as_ref()
        .is_some_and(|live| live.rules_for(&site.name).look_above_shots());
    for waiting in &mut batch {
        if live
            .as_ref()
            .is_some_and(|live| live.rules_for(&site.name).fires_on(&waiting.event))
        {
            learn_note(desk, site, waiting).await;
        }
    }
    learn_links(desk, site, &batch, wide).await;
    let mut sorted = Vec::with_capacity(batch.len());
    for waiting in batch {
        let about = waiting.event.note.iter().find_map(|note| note.about.first());
        let lane = match (about.or(waiting.event.entity.as_ref()), &waiting.event.hook) {
            (Some(entity), _) => top_of(desk, site, &entity.key, wide).await,
            // What a site says of its hook has an order too.
            (None, Some(hook)) => EntityKey::new("", EntityId::Text(hook.to_string())),
            (None, None) => EntityKey::new("", waiting.seq),
        };
        sorted.push((lane, waiting));
    }
    sorted
}

/// What was said, where an event is a note that has not been read yet: whom it is about decides its lane.
async fn learn_note(desk: &Desk, site: &Site, waiting: &mut Waiting) {
    let Some(key) = unread_note(&waiting.event).cloned() else {
        return;
    };
    let seq = waiting.seq;
    match desk.until_it_answers(seq, || site.call(site.tracker.note(&key))).await {
        Ok(Ok(Some(note))) => {
            desk.kept(|| desk.journal.put_note(seq, note.clone())).await;
            waiting.event.note = Some(note);
        }
        // Gone, or not to be read: nothing is known to be said.
        Ok(Ok(None) | Err(_)) => {}
        Err(Stopped) => {}
    }
}

fn unread_note(event: &Event) -> Option<&EntityKey> {
    let entity = event.entity.as_ref().map(|e| &e.key);
    entity.filter(|key| event.operation == Operation::Create && key.kind.is(EntityType::NOTE) && event.note.is_none())
}

fn in_a_shot(key: &EntityKey) -> bool {
    key.kind.is(EntityType::TASK) || key.kind.is(EntityType::VERSION)
}

/// What an entity's events are kept in order by: its Shot or Asset; where rules look further up, what stands at the top.
async fn top_of(desk: &Desk, site: &Site, key: &EntityKey, wide: bool) -> EntityKey {
    let mut top = key.clone();
    for _ in 0..HIGHEST {
        if !wide && !in_a_shot(&top) {
            break;
        }
        match desk.read(|reader| reader.parent_of(&site.name, &top)).await {
            Some(parent) => top = parent,
            None => break,
        }
    }
    top
}

/// Reads what the batch's entities belong to, unless the journal knows, and keeps it. Where that decides a lane it waits for the
/// site: while it is down nothing can be decided anyhow. Other types are read for their names alone, once.
async fn learn_links(desk: &Desk, site: &Site, batch: &[Waiting], wide: bool) {
    let mut unknown: Vec<EntityKey> = Vec::new();
    for event in batch.iter().map(|w| &w.event) {
        for key in about(event) {
            if !unknown.contains(key) && (relinks(event) || !desk.read(|reader| reader.knows(&site.name, key)).await) {
                unknown.push(key.clone());
            }
        }
    }
    learn_these(desk, site, batch, &unknown, wide).await;
    // Where rules look further up, what is above must be known too, level by level. A Shot that came with its Task has a name,
    // and what it belongs to has not been told.
    for _ in 0..if wide { HIGHEST } else { 0 } {
        let mut tops = Vec::new();
        for key in batch.iter().flat_map(|w| about(&w.event)) {
            let top = top_of(desk, site, key, wide).await;
            if !tops.contains(&top) && site.asks_above(&top) {
                tops.push(top);
            }
        }
        if tops.is_empty() {
            break;
        }
        learn_these(desk, site, batch, &tops, wide).await;
    }
    let people = batch
        .iter()
        .filter_map(|w| w.event.actor.as_ref().map(|a| a.entity.clone()));
    let projects = batch.iter().filter_map(|w| w.event.project.clone());
    site.learn_names(&desk.journal, people.chain(projects)).await;
}

/// The entities that an event is about, as far as they are there.
fn about(event: &Event) -> impl Iterator<Item = &EntityKey> {
    let noted = event.note.iter().flat_map(|note| &note.about).map(|e| &e.key);
    lifeline(event).into_iter().chain(noted)
}

/// Reads these and keeps what they are called and belong to.
async fn learn_these(desk: &Desk, site: &Site, batch: &[Waiting], unknown: &[EntityKey], wide: bool) {
    for kind in kinds(unknown) {
        let keys: Vec<EntityKey> = unknown.iter().filter(|k| k.kind == kind).cloned().collect();
        let mut tries = 0;
        loop {
            match site.call(site.tracker.read(&keys)).await {
                Ok(entities) => {
                    desk.logged(site.learn(&desk.journal, &entities, desk.clock.now()).await);
                    break;
                }
                Err(error) if waits_for(&error) && (wide || keys.first().is_some_and(in_a_shot)) => {
                    tries += 1;
                    let wait = backoff::wait(tries, error.retry_after());
                    if let Some(first) = batch.first() {
                        desk.postpone(first.seq, format!("{error}, {}", backoff::words(wait, tries)))
                            .await;
                    }
                    if !site.pause(wait).await {
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
}

fn kinds(keys: &[EntityKey]) -> BTreeSet<EntityType> {
    keys.iter().map(|k| k.kind.clone()).collect()
}

/// The entity whose name and link an event needs; none where it has none or is gone.
fn lifeline(event: &Event) -> Option<&EntityKey> {
    let alive = matches!(
        event.operation,
        Operation::Create | Operation::Update | Operation::Revive
    ) || event.event_type == ARRIVAL;
    event.entity.as_ref().map(|e| &e.key).filter(|_| alive)
}

/// Whether an event moves its entity to another Task or Shot, or renames it, by whichever tracker's names.
fn relinks(event: &Event) -> bool {
    matches!(
        event.field.as_deref(),
        Some(
            "entity"
                | "sg_task"
                | "sg_sequence"
                | "episode"
                | "sg_episode"
                | "code"
                | "content"
                | "parent_id"
                | "task_id"
                | "asset_id"
                | "name"
        )
    )
}
