//! What rules hand over to other sites: found there by its key, and taken there as an event that the rule has set something by.
//!
//! A plan's carries stand in the journal with its decision. Here each site takes those that are meant for it, in the order in
//! which they were decided. So a site that is down keeps nothing on another site waiting, and what was cut off goes on at the next
//! start. From then on the event is decided like any other of its site.

use std::sync::Arc;

use callboard_journal::{Arriving, CarryState, CarryView, NewCarry, NewIssue, OpenCarry, Outcome, SOMEBODY};
use callboard_model::{
    Actor, ActorKind, AlertKind, Change, ChangeState, EntityId, EntityKey, EntityRef, Event, EventKey, Operation,
    Place, Plan, Road, RuleId, SiteName, Skip,
};
use callboard_rules::{ARRIVAL, Arrival};
use callboard_trackers::TrackerError;
use tokio::sync::broadcast;

use crate::backoff;
use crate::desk::{Desk, LiveRuleSet, waits_for};
use crate::site::Site;

/// Carries taken from the journal at a time.
const BATCH: u32 = 50;
/// Who hands over.
const CALLBOARD: &str = "Callboard";

/// Takes what other sites hand over to this one, until the program stops or lets the site go.
pub(crate) async fn run(desk: Arc<Desk>, site: Arc<Site>) {
    let mut news = desk.journal.subscribe();
    loop {
        let open = desk.read(|reader| reader.open_carries(site.name.as_str(), BATCH)).await;
        let more = !open.is_empty();
        for one in open {
            if !take(&desk, &site, one).await {
                return;
            }
        }
        if more {
            continue;
        }
        loop {
            match site.or_stop(news.recv()).await {
                Some(Ok(touched)) if touched.events.is_empty() => {}
                Some(Ok(_) | Err(broadcast::error::RecvError::Lagged(_))) => break,
                Some(Err(broadcast::error::RecvError::Closed)) | None => return,
            }
        }
    }
}

/// Takes one. False when the program stops, or lets the site go.
async fn take(desk: &Desk, site: &Site, mut open: OpenCarry) -> bool {
    let mut tries = 0;
    loop {
        if open.parent.as_ref().is_some_and(does_not_stand) {
            let why = "What it follows from was not written";
            desk.end_carry(&open, CarryState::Skipped, why.to_owned()).await;
            return true;
        }
        let mut through = Arrival::of(&open.event).map_or_else(Vec::new, |arrival| arrival.through);
        through.push(open.event.site.clone());
        if through.contains(&site.name) {
            let why = format!(
                "It came from {} in the first place, and nothing is carried back to where it came from",
                site.name
            );
            desk.end_carry(&open, CarryState::Skipped, why).await;
            return true;
        }
        let Some(key) = open.carry.key.clone() else {
            desk.fail_carry(&open, without_a_key(&open.carry)).await;
            return true;
        };
        match found(site, &open.carry, &key).await.as_deref() {
            Err(error) if waits_for(error) => {
                tries += 1;
                let wait = backoff::wait(tries, error.retry_after());
                let why = format!("{error}, {}", backoff::words(wait, tries));
                desk.kept(|| desk.journal.carry_waits(open.carry.id, why.clone())).await;
                if !site.pause(wait).await {
                    return false;
                }
                // What it follows from may have been taken back meanwhile.
                let still_open = desk.read(|reader| reader.open_carries(site.name.as_str(), BATCH)).await;
                match still_open.into_iter().find(|other| other.carry.id == open.carry.id) {
                    Some(now) => open = now,
                    None => return true,
                }
                continue;
            }
            Ok([only]) => desk.arrive(site, &open, only.clone(), through).await,
            Ok(several) => {
                let why = not_one(&open.carry, &key, several.len());
                desk.fail_carry(&open, why).await;
            }
            Err(error) => {
                let why = format!("{} could not be asked: {error}", site.name);
                desk.fail_carry(&open, why).await;
            }
        }
        return true;
    }
}

/// Whether a change was not written, or was taken back since, so that nothing follows from it.
fn does_not_stand(change: &Change) -> bool {
    matches!(change.state, ChangeState::Failed | ChangeState::Undone)
        || change.skip.is_some_and(Skip::ends_what_follows)
}

async fn found(site: &Site, carry: &CarryView, key: &str) -> Result<Vec<EntityRef>, TrackerError> {
    match &carry.find_by {
        Some(field) => site.call(site.tracker.find_by(&carry.kind, field, key)).await,
        None => {
            let names = [key.to_owned()];
            let found = site.call(site.tracker.find(&carry.kind, &names, None)).await?;
            Ok(found.into_iter().flat_map(|(_, found)| found).collect())
        }
    }
}

fn without_a_key(carry: &CarryView) -> String {
    let what = carry.key_field.as_ref().map_or("name", String::as_str);
    format!("{} has no {what}, so nothing can be found by it", called(&carry.entity))
}

fn not_one(carry: &CarryView, key: &str, many: usize) -> String {
    let CarryView { site, kind, .. } = carry;
    let how = match &carry.find_by {
        Some(field) => format!("whose {field} is {key}"),
        None => format!("called {key}"),
    };
    match many {
        0 => format!("There is no {kind} on {site} {how}"),
        _ => format!("There are several {kind}s on {site} {how}, and nobody can say which is meant"),
    }
}

fn called(entity: &EntityRef) -> String {
    match &entity.name {
        Some(name) => format!("{} {name}", entity.key.kind),
        None => entity.key.to_string(),
    }
}

/// What becomes of an event that changes nothing on its own site and hands these over.
pub(crate) fn outcome(carries: &[NewCarry]) -> Outcome {
    match carries {
        [] => Outcome::Nothing,
        some if some.iter().any(|carry| carry.reason.is_some()) => Outcome::Failed,
        _ => Outcome::Changed,
    }
}

impl Desk {
    /// Takes out of a plan what is to be handed over, as it goes into the journal.
    pub(crate) fn to_hand_over(&self, live: &LiveRuleSet, mut plan: Plan) -> (Plan, Vec<NewCarry>) {
        let carried = std::mem::take(&mut plan.carried);
        let carries = carried.into_iter().map(|carried| NewCarry {
            rule_name: live.rule_name(&carried.rule),
            reason: self.site(&carried.site).is_none().then(|| {
                let site = &carried.site;
                format!("No site called {site} is connected")
            }),
            carried,
        });
        (plan, carries.collect())
    }

    /// Tells of what cannot be handed over from the start.
    pub(crate) async fn tell_not_handed_over(&self, seq: i64, carries: &[NewCarry]) {
        for NewCarry {
            carried,
            rule_name,
            reason,
        } in carries
        {
            if let Some(why) = reason {
                self.tell_failed_carry(seq, (&carried.rule, rule_name), &carried.site, why)
                    .await;
            }
        }
    }

    async fn arrive(&self, site: &Site, open: &OpenCarry, found: EntityRef, through: Vec<SiteName>) {
        let OpenCarry { carry, seq, event, .. } = open;
        let key = format!(
            "elsewhere:{}:{}:{}:{}",
            event.site,
            event.key.as_str(),
            carry.rule,
            carry.entity.key
        );
        let arrival = Arrival::new(carry.rule.clone(), carry.rule_name.clone(), through, *seq);
        let arriving = Arriving {
            event: Event {
                entity: Some(found),
                new: Some(arrival.value()),
                actor: Some(somebody(event)),
                occurred_at: event.occurred_at,
                ..Event::bare(
                    site.name.clone(),
                    EventKey::from(key),
                    Road::Hand,
                    ARRIVAL,
                    Operation::Custom,
                )
            },
            entered_by: CALLBOARD.to_owned(),
            source: format!("rule \"{}\", from event {seq} of {}", carry.rule_name, event.site),
        };
        self.kept(|| self.journal.carry_arrives(carry.id, arriving.clone(), self.clock.now()))
            .await;
    }

    async fn end_carry(&self, open: &OpenCarry, state: CarryState, why: String) {
        self.kept(|| {
            self.journal
                .carry_ends(open.carry.id, state, why.clone(), self.clock.now())
        })
        .await;
    }

    /// People are told before it is over, so that nobody misses it when the program ends in between.
    async fn fail_carry(&self, open: &OpenCarry, why: String) {
        let CarryView {
            rule, rule_name, site, ..
        } = &open.carry;
        self.tell_failed_carry(open.seq, (rule, rule_name), site, &why).await;
        self.end_carry(open, CarryState::Failed, why).await;
    }

    async fn tell_failed_carry(&self, seq: i64, (rule, name): (&RuleId, &str), site: &SiteName, why: &str) {
        self.raise(NewIssue {
            key: format!("elsewhere:{rule}:{site}"),
            kind: AlertKind::WriteGivenUp,
            place: Place::Event { seq },
            title: format!("Rule \"{name}\" found nothing to set on {site}"),
            remedy: format!(
                "{why}. Put the key right on one of the two sites, or how the rule finds it; then replay the event"
            ),
        })
        .await;
    }
}

/// Whoever started it, as the other site can know them: by name. A rule where nobody is known.
fn somebody(event: &Event) -> Actor {
    let known = event.actor.as_ref().and_then(|actor| actor.entity.name.clone());
    let who = known.unwrap_or_else(|| CALLBOARD.to_owned());
    let kind = event.actor.as_ref().map_or(ActorKind::Other, |actor| actor.kind);
    Actor {
        kind,
        entity: EntityRef {
            key: EntityKey::new(SOMEBODY, EntityId::Text(who.clone())),
            name: Some(who),
        },
    }
}
