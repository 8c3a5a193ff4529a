//! A run over a span of the journal.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use callboard_journal::{JournalError, Outcome, Past, PastChange, Reader};
use callboard_model::{
    EntityKey, EntityRef, EntityType, Event, Plan, PlannedChange, Production, SiteName, SkipReason, StatusCode,
};
use callboard_rules::{ARRIVAL, CompiledRules, RuleSet, plan};
use foldhash::HashMap;
use jiff::Timestamp;

use super::asked::{Asked, ever_read};
use super::history::{Beginning, Hand, History, Moment};
use super::live;
use super::world::World;
use crate::api::{AgreesWith, Difference, HandChange, WhatIfMove, WhatIfSummary};
use crate::decide::as_received;

/// How often a run tells how far it is.
const TELL_EVERY: Duration = Duration::from_millis(50);
/// Events after which it does so in any case.
const TELL_AFTER: u64 = 20_000;
/// Events between looks at the clock.
const LOOK_EVERY: u64 = 256;

/// Which events: those received from `since` on and before `until`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// From when on; none: from the beginning.
    pub since: Option<Timestamp>,
    /// Before when; none: to the end.
    pub until: Option<Timestamp>,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Events looked at.
    pub events: u64,
    /// Events in all.
    pub of: u64,
    /// Differences found since it told the last time, in the order of their events.
    pub differences: Vec<Difference>,
}

/// Tries a rule set on the past, without writing: what would it have done otherwise than the rules that were live?
///
/// Each event is tried against how things really stood at its time, never against what the tried rules would have made of
/// earlier ones: links, steps and names as last read, statuses as they were, moved forward by every event and by every change
/// that the live rules wrote. `way` makes rules ready for a site: its status field, the statuses that it takes. `told` hears
/// how far it is and what was found; when it breaks off, the run ends with what it has.
///
/// Decisions are compared, not what came of them. Echoes of our own writes start nothing, and an event that is still to be
/// decided is not compared.
pub fn what_if(
    reader: &Reader,
    set: &RuleSet,
    way: &dyn Fn(&str, CompiledRules) -> CompiledRules,
    span: Span,
    told: &mut dyn FnMut(Told) -> ControlFlow<()>,
) -> Result<WhatIfSummary, JournalError> {
    let mut journal = reader.past()?;
    let mut pulse = Pulse {
        told,
        of: journal.count_events(span.since, span.until)?,
        events: 0,
        said_at: 0,
        last: Instant::now(),
        found: Vec::new(),
    };
    let begins = Beginning {
        at: span.since,
        seq: None,
    };
    let mut summary = WhatIfSummary::default();
    if pulse.tell().is_break() {
        return Ok(summary);
    }
    let mut histories: HashMap<SiteName, History> = HashMap::default();
    let mut ended = false;
    let mut looked = 0_u64;
    journal.words(&mut |word| {
        let history = match histories.get_mut(&word.site) {
            Some(history) => history,
            None => histories.entry(word.site.clone()).or_default(),
        };
        history.take(word, begins);
        looked += 1;
        if looked.is_multiple_of(LOOK_EVERY) && pulse.beat().is_break() {
            ended = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    if ended {
        return Ok(summary);
    }
    let read = ever_read(reader)?;
    let mut sites: Vec<(SiteName, Tried<'_>)> = Vec::new();
    let mut failed = None;
    journal.replay(span.since, span.until, &mut |past| {
        let mut step = || -> Result<(), JournalError> {
            let place = sites.iter().position(|(name, _)| *name == past.site);
            let tried = match place.and_then(|place| sites.get_mut(place)) {
                Some((_, tried)) => tried,
                None => {
                    let mut history = histories.remove(&past.site).unwrap_or_default();
                    history.close();
                    let tried = Tried {
                        world: World::at_the_beginning(reader, &past.site, history, span.since)?,
                        asked: Asked::new(set, |rules| way(past.site.as_str(), rules), &read),
                        reader,
                    };
                    &mut sites.push_mut((past.site.clone(), tried)).1
                }
            };
            tried.step(past, &mut summary, &mut pulse.found)
        };
        if let Err(error) = step() {
            failed = Some(error);
            return ControlFlow::Break(());
        }
        pulse.events += 1;
        if pulse.events.is_multiple_of(LOOK_EVERY) && pulse.beat().is_break() {
            ended = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    summary.events = pulse.events;
    if !ended {
        // Nothing is left to break off.
        let _ = pulse.tell();
    }
    Ok(summary)
}

struct Pulse<'t> {
    told: &'t mut dyn FnMut(Told) -> ControlFlow<()>,
    of: u64,
    events: u64,
    said_at: u64,
    last: Instant,
    found: Vec<Difference>,
}

impl Pulse<'_> {
    fn beat(&mut self) -> ControlFlow<()> {
        if self.events - self.said_at < TELL_AFTER && self.last.elapsed() < TELL_EVERY {
            return ControlFlow::Continue(());
        }
        self.tell()
    }

    fn tell(&mut self) -> ControlFlow<()> {
        self.last = Instant::now();
        self.said_at = self.events;
        (self.told)(Told {
            events: self.events,
            of: self.of,
            differences: std::mem::take(&mut self.found),
        })
    }
}

/// The rules that are tried on one site.
struct Tried<'r> {
    world: World,
    asked: Asked,
    reader: &'r Reader,
}

impl Tried<'_> {
    fn step(
        &mut self,
        past: &Past,
        summary: &mut WhatIfSummary,
        found: &mut Vec<Difference>,
    ) -> Result<(), JournalError> {
        self.world.bring_up_to(past.received_at);
        let compared = match past.outcome {
            Outcome::Echo | Outcome::NotUnderstood => false,
            Outcome::Waiting => past.revision.is_some(),
            Outcome::Changed | Outcome::Skipped | Outcome::Failed | Outcome::Nothing => true,
        };
        // What one site hands over to another is tried on neither: whom it would find there is not known of that time.
        let compared = compared && past.event_type() != ARRIVAL;
        let class = if compared { Some(self.asked.class(past)?) } else { None };
        let class = class.filter(|class| class.fires || past.changes.iter().any(|c| live::is_decision(c.skip)));
        let Some(class) = class else {
            self.world.move_on(past, self.asked.rules.status_field())?;
            self.world.write(past);
            return Ok(());
        };
        let mut event = past.to_event()?;
        if class.fires && self.asked.for_the_received() {
            let received = self.reader.received_of(past.seq)?;
            // What came by another road is held against filters as the journal has it.
            let kept = match &received {
                None => self.reader.event(past.seq)?,
                Some(_) => None,
            };
            event.received = as_received(received, kept.as_ref().map_or(&event, |kept| &kept.event));
        }
        let own = event.entity.as_ref().map(|e| e.key.clone());
        if let Some(own) = &own {
            self.world.is_there(own);
        }
        let is_late = self.world.history.is_late(past.seq);
        let stood = own.as_ref().filter(|_| is_late).and_then(|own| {
            let entity = self.world.production.get(own)?;
            Some(entity.status.clone())
        });
        self.world.apply(&event, self.asked.rules.status_field());
        self.world.correct(past);
        let made = if class.fires {
            plan(&self.asked.rules, &event, &self.world.production)
        } else {
            Plan::default()
        };
        summary.would_change += u64::from(!made.changes.is_empty());
        let guess = class.fires && self.is_guess(past, &event, &made, class);
        summary.unknown += u64::from(guess);
        self.compare(past, &event, &made, guess, summary, found)?;
        if let (Some(own), Some(stood)) = (&own, stood) {
            self.world.production.set_status(own, stood);
        }
        self.world.write(past);
        Ok(())
    }

    /// Whether a rule asked for more than is known of that time.
    fn is_guess(&self, past: &Past, event: &Event, made: &Plan, class: super::asked::Class) -> bool {
        let live_missed = |key: &EntityKey| {
            let missed = |c: &PastChange| c.skip == Some(callboard_model::Skip::NotFound) && c.entity == *key;
            past.changes.iter().any(missed)
        };
        let missed = |s: &callboard_model::PlannedSkip| s.reason == SkipReason::NotFound && !live_missed(&s.entity.key);
        made.skipped.iter().any(missed)
            || ((class.looks_beyond || class.leads_beyond(event, &self.world.production))
                && self.asked.rules.fires_on(event))
    }

    fn compare(
        &mut self,
        past: &Past,
        event: &Event,
        made: &Plan,
        guess: bool,
        summary: &mut WhatIfSummary,
        found: &mut Vec<Difference>,
    ) -> Result<(), JournalError> {
        let moment = Moment {
            seq: past.seq,
            entry: event.event_log_entry_id,
        };
        for change in &made.changes {
            let of = |c: &&PastChange| c.entity == change.entity.key && c.field == change.field;
            let live = past.changes.iter().filter(|c| live::is_decision(c.skip)).find(of);
            // Where it stood there already when it was to be written, the rules had decided it.
            let stood = |c: &PastChange| of(&c) && live::stood_already(c.skip) && c.to == change.to;
            let draft = Some(WhatIfMove {
                to: change.to.clone(),
                rule: change.rule.clone(),
            });
            match live {
                Some(live) if live.to == change.to => {
                    summary.same += 1;
                    self.weigh_what_is_the_same(live, moment, summary);
                }
                None if past.changes.iter().any(stood) => summary.same += 1,
                live => {
                    let place = (&change.entity, change.field.as_deref());
                    let told = self.difference(past, moment, place, change.from.clone(), live, draft)?;
                    count(&told, summary);
                    found.push(Difference { guess, ..told });
                }
            }
        }
        for live in past.changes.iter().filter(|c| live::is_decision(c.skip)) {
            let is_same = |c: &PlannedChange| c.entity.key == live.entity && c.field == live.field;
            if made.changes.iter().any(is_same) {
                continue;
            }
            let entity = EntityRef {
                key: live.entity.clone(),
                name: None,
            };
            let place = (&entity, live.field.as_deref());
            let told = self.difference(past, moment, place, live.from.clone(), Some(live), None)?;
            count(&told, summary);
            found.push(Difference { guess, ..told });
        }
        Ok(())
    }

    fn difference(
        &mut self,
        past: &Past,
        moment: Moment,
        (entity, field): (&EntityRef, Option<&str>),
        from: Option<StatusCode>,
        live: Option<&PastChange>,
        draft: Option<WhatIfMove>,
    ) -> Result<Difference, JournalError> {
        let stands = stands_after(live, from.as_ref());
        let hand = match field {
            None => self.world.history.by_hand(&entity.key, moment, stands),
            Some(_) => None,
        };
        let live = live.map(|live| WhatIfMove {
            to: live.to.clone(),
            rule: live.rule.clone(),
        });
        let people_agree_with = hand
            .as_ref()
            .map(|hand| agrees(hand, from.as_ref(), live.as_ref(), draft.as_ref()));
        let by_hand = match hand {
            Some(hand) => Some(HandChange {
                seq: hand.seq,
                who: self.world.history.who(&hand, self.reader)?,
                to: hand.to,
                at: hand.at,
            }),
            None => None,
        };
        let production = &self.world.production;
        let known = production.get_or_retired(&entity.key);
        Ok(Difference {
            seq: past.seq,
            event_log_entry_id: moment.entry,
            at: past.received_at,
            entity: EntityRef {
                key: entity.key.clone(),
                name: known.and_then(|e| e.name.clone()).or_else(|| entity.name.clone()),
            },
            field: field.map(str::to_owned),
            group: group_of(production, &entity.key),
            from,
            live,
            draft,
            by_hand,
            people_agree_with,
            guess: false,
        })
    }

    /// Where both decide alike, what a person does next says whether both are wrong.
    fn weigh_what_is_the_same(&mut self, live: &PastChange, moment: Moment, summary: &mut WhatIfSummary) {
        if live.field.is_some() {
            return;
        }
        let stands = stands_after(Some(live), live.from.as_ref());
        let Some(hand) = self.world.history.by_hand(&live.entity, moment, stands) else {
            return;
        };
        if live::was_written(live.state) {
            summary.taken_back += u64::from(hand.to == live.from);
        } else {
            summary.done_by_hand += u64::from(hand.to == live.to);
        }
    }
}

/// What an entity's status really was after the live rules had done with the event.
fn stands_after<'a>(live: Option<&'a PastChange>, from: Option<&'a StatusCode>) -> Option<&'a StatusCode> {
    live.filter(|l| live::was_written(l.state))
        .map_or(from, |l| l.to.as_ref())
}

/// With whom a person's hand agrees. Rules that leave an entity alone leave it at what it was.
fn agrees(hand: &Hand, from: Option<&StatusCode>, live: Option<&WhatIfMove>, draft: Option<&WhatIfMove>) -> AgreesWith {
    let outcome = |of: Option<&WhatIfMove>| of.map_or_else(|| from.cloned(), |m| m.to.clone());
    let (live, draft) = (outcome(live), outcome(draft));
    if live == draft {
        AgreesWith::Neither
    } else if hand.to == draft {
        AgreesWith::Draft
    } else if hand.to == live {
        AgreesWith::Live
    } else {
        AgreesWith::Neither
    }
}

fn count(difference: &Difference, summary: &mut WhatIfSummary) {
    summary.differ += 1;
    match difference.people_agree_with {
        Some(AgreesWith::Draft) => summary.people_agree += 1,
        Some(AgreesWith::Live) => summary.people_disagree += 1,
        Some(AgreesWith::Neither) | None => {}
    }
}

/// The Shot or Asset that an entity is or belongs to.
fn group_of(production: &Production, key: &EntityKey) -> Option<EntityRef> {
    let entity = production.get_or_retired(key)?;
    if !key.kind.is(EntityType::VERSION) && !key.kind.is(EntityType::TASK) {
        return Some(entity.to_ref());
    }
    let task = entity.task.as_ref().and_then(|task| production.get(&task.key));
    let link = entity.parent.as_ref().or_else(|| task?.parent.as_ref())?;
    let known = production.get_or_retired(&link.key);
    Some(known.map_or_else(|| link.clone(), callboard_model::Entity::to_ref))
}
