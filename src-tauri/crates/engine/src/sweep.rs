//! The second road of a site that keeps no log: its statuses are compared with what the journal knows, and what nobody told
//! becomes an event. A doorbell, where the site has one, says when that is worth while at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use callboard_journal::ComparisonIn;
use callboard_model::{Actor, ActorKind, Entity, EntityKey, EntityType, Event};
use callboard_trackers::{Comparison, Ring, Rung, TrackerError};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backoff;
use crate::desk::Desk;
use crate::health::Told;
use crate::site::Site;

/// A whole comparison comes every so many polls: it asks for all that is being worked on.
const POLLS: u32 = 12;
/// And takes at most this part of the time, however large the site is.
const AT_MOST_ONE_IN: u32 = 20;
/// What differs is looked at again after this long: a delivery may be on its way, or a write of our own in hand.
const GRACE: Duration = Duration::from_secs(3);
/// Rings that may wait.
const RINGS: usize = 1_000;
/// What is compared while no rules say what they are about.
const USUAL: [&str; 3] = [EntityType::VERSION, EntityType::TASK, EntityType::SHOT];

/// What this road cannot bring back, for people.
pub(crate) const LIMITS: &str = "This site keeps no log of what it delivers. What a webhook did not bring is found by comparing \
    statuses: that a status changed, and to what. Who changed it, when, and the statuses in between are told only where its event hub was \
    listened to";

/// Compares until the program stops or lets the site go.
pub(crate) async fn run(desk: Arc<Desk>, site: Arc<Site>) {
    let (Some(every), Some(comparison)) = (site.road.every, site.tracker.comparison()) else {
        return;
    };
    let (rung, rings) = mpsc::channel(RINGS);
    let sweep = Sweep {
        desk: &desk,
        site: &site,
        comparison,
        every,
    };
    let both = async {
        tokio::join!(sweep.listen(rung), sweep.compare(rings));
    };
    site.or_stop(both).await;
}

/// What the doorbell has rung for and nobody has looked at.
fn waiting(rings: &mut mpsc::Receiver<Ring>) -> Vec<Rung> {
    let mut all = Vec::new();
    while let Ok(ring) = rings.try_recv() {
        if let Ring::Changed(more) = ring {
            all.extend(more);
        }
    }
    all
}

struct Sweep<'s> {
    desk: &'s Desk,
    site: &'s Site,
    comparison: &'s dyn Comparison,
    every: Duration,
}

impl Sweep<'_> {
    /// Listens at the doorbell, and goes back to it when it falls silent. Without one, comparing goes on as ever.
    async fn listen(&self, rung: mpsc::Sender<Ring>) {
        let mut tries = 0;
        loop {
            let begun = Instant::now();
            let ended = self.comparison.listen(&rung).await;
            if let Err(error) = &ended {
                tracing::debug!(site = %self.site.name, %error, "hub: not reached");
            }
            tries = if begun.elapsed() > Duration::from_secs(60) {
                0
            } else {
                tries + 1
            };
            tokio::time::sleep(backoff::wait(
                tries.max(1),
                ended.err().and_then(|error| error.retry_after()),
            ))
            .await;
        }
    }

    async fn compare(&self, mut rings: mpsc::Receiver<Ring>) {
        let mut tries = 0;
        let mut due = Instant::now();
        loop {
            let ring = tokio::select! {
                ring = rings.recv() => ring,
                () = tokio::time::sleep_until(due) => None,
            };
            let begun = Instant::now();
            let done = match ring {
                Some(Ring::Changed(changed)) => {
                    let mut all = changed;
                    all.extend(waiting(&mut rings));
                    self.some(&all).await
                }
                // Whatever happened before somebody listened may have been missed.
                Some(Ring::Open) | None => {
                    let mut rested = Duration::ZERO;
                    let done = self.whole(&mut rings, &mut rested).await;
                    // Its rests ask nothing of the site.
                    let took = begun.elapsed().saturating_sub(rested) * AT_MOST_ONE_IN;
                    due = Instant::now() + (self.every * POLLS).max(took);
                    done
                }
            };
            match done {
                Ok(changed) => {
                    tries = 0;
                    self.site.road.compared(self.desk.clock.now(), changed);
                }
                Err(error) => {
                    tries += 1;
                    self.site.road.cannot_compare(&error);
                    due = Instant::now() + backoff::wait(tries, error.retry_after());
                }
            }
            self.site.changed.notify_one();
        }
    }

    /// Everything that rules are about, in all that is being worked on. Answers how many changes nobody had told. `rested`: how long of it
    /// passed in waiting.
    async fn whole(&self, rings: &mut mpsc::Receiver<Ring>, rested: &mut Duration) -> Result<usize, TrackerError> {
        let mut kinds = self.desk.live().map(|live| live.kinds()).unwrap_or_default();
        if kinds.is_empty() {
            kinds = USUAL.map(EntityType::from).to_vec();
        }
        let read_at = self.desk.clock.now();
        let mut entities = self.site.call(self.comparison.standing(&kinds)).await?;
        let differing = self
            .desk
            .read(|reader| reader.differing(&self.site.name, &entities))
            .await;
        let mut looked_at = None;
        if !differing.is_empty() {
            tokio::time::sleep(GRACE).await;
            *rested += GRACE;
            looked_at = Some((self.desk.clock.now(), self.read_again(&differing).await?));
        }
        // What is seen for the first time has a past only where the doorbell tells it.
        let rung = waiting(rings);
        let mut number = 0;
        if let Some((at, again)) = looked_at {
            entities.retain(|entity| !differing.contains(&entity.key));
            number += self.take(at, again, Vec::new(), &rung).await;
        }
        number += self.take(read_at, entities, kinds, &rung).await;
        // Some of it may have changed after the reading.
        if !rung.is_empty() {
            *rested += GRACE;
            number += self.some(&rung).await?;
        }
        Ok(number)
    }

    /// What the doorbell rang for.
    async fn some(&self, changed: &[Rung]) -> Result<usize, TrackerError> {
        tokio::time::sleep(GRACE).await;
        let read_at = self.desk.clock.now();
        let mut keys: Vec<EntityKey> = Vec::new();
        for rung in changed {
            if !keys.contains(&rung.entity) {
                keys.push(rung.entity.clone());
            }
        }
        let entities = self.read_again(&keys).await?;
        Ok(self.take(read_at, entities, Vec::new(), changed).await)
    }

    async fn read_again(&self, keys: &[EntityKey]) -> Result<Vec<Entity>, TrackerError> {
        self.site.call(self.site.tracker.read(keys)).await
    }

    async fn take(&self, read_at: Timestamp, entities: Vec<Entity>, whole: Vec<EntityType>, rung: &[Rung]) -> usize {
        // Who did it is who set what stands there now.
        let mut by = HashMap::new();
        for ring in rung {
            let stands = entities.iter().find(|entity| entity.key == ring.entity);
            if let (Some(entity), Some(who)) = (stands, &ring.by)
                && entity.status == ring.status
            {
                let actor = Actor {
                    kind: ActorKind::Person,
                    entity: who.clone(),
                };
                by.insert(ring.entity.clone(), actor);
            }
        }
        // The first ring for a thing says what it was before all of them.
        let mut was = HashMap::new();
        for ring in rung {
            was.entry(ring.entity.clone()).or_insert_with(|| ring.was.clone());
        }
        let comparison = ComparisonIn {
            site: self.site.name.clone(),
            read_at,
            status_field: self.site.tracker.status_field(),
            entities,
            whole,
            by,
            was,
        };
        let events = self
            .desk
            .kept(|| self.desk.journal.take_comparison(comparison.clone()))
            .await;
        self.tell_health(&events);
        events.len()
    }

    /// A hook that rules wanted to hear this by, and did not.
    fn tell_health(&self, events: &[Event]) {
        let live = self.desk.live();
        let rules = live.as_ref().map(|live| live.rules_for(&self.site.name));
        let told: Vec<Told<'_>> = events
            .iter()
            .map(|event| Told {
                event,
                came_by: None,
                wanted: rules.is_some_and(|rules| rules.fires_on(event)),
            })
            .collect();
        if !told.is_empty() {
            self.desk.health.log_told(&self.site.name, &told, true);
        }
    }
}
