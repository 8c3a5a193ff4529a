use std::collections::VecDeque;

use callboard_model::{
    Carried, Cause, Entity, EntityRef, Event, Operation, Plan, PlannedChange, PlannedSkip, Production, RuleId,
    SkipReason, StatusCode, as_text, as_value,
};
use serde_json::Value;

use crate::CompiledRules;
use crate::compile::{ReadyCondition, ReadyRule, is_note, moment_of};
use crate::document::{Elsewhere, Moment, Rule};
use crate::elsewhere::{self, Arrival};
use crate::matching::{self, Miss, Mover, TriggerMiss};
use crate::scene::{self, Happening, Held, Reach, Sight};
use crate::wish::{self, Leave, Wish};

/// How many changes may hang beneath one another. A Version, its Task, a hand-off or two, the Shot, the Sequence and the
/// Episode are seven.
pub const MAX_DEPTH: usize = 16;

/// What the rules say should change for one event.
///
/// The event has been applied to `production` already (see [`apply_event`](crate::apply_event)): a new status stands there,
/// a created entity is in it, a retired one is in the trash. A linked entity that is not in it counts as one that the site
/// does not have, so whoever gathers must fail, not plan, when a read failed.
///
/// The plan follows its own changes, breadth first, to their end. Rules that look at how several entities stand together
/// are asked when nothing else is left to follow, one after the other as they came up, so that they see where everything
/// came to. Each status, and each other field, of an entity is set at most once. Of two rules that want it otherwise the one
/// asked first has its way and the other is a [`SkipReason::Conflict`]; what a person just set is never taken back by what
/// followed from it, which is a conflict too. A rule that would set more entities than its limit sets no more of them
/// ([`SkipReason::OverLimit`]).
#[must_use]
pub fn plan(rules: &CompiledRules, event: &Event, production: &Production) -> Plan {
    if !rules.knows(event) {
        return Plan::default();
    }
    plan_before(rules, event, production, &mut Unwatched)
}

/// Sees how each rule fared, for those who want to know more than the plan.
pub(crate) trait Witness {
    /// Whether rules that cannot match are to be asked all the same, and every reason is wanted.
    const ASKS_EVERY_RULE: bool;

    /// How a rule fared at one happening.
    fn saw(&mut self, rule: &ReadyRule, happening: &Happening<'_>, fate: &Fate<'_>);
}

/// How a rule fared.
#[derive(Debug)]
pub(crate) enum Fate<'a> {
    /// It is set aside.
    SetAside(&'a str),
    /// `when` was not so.
    NotAsked(TriggerMiss),
    /// No alternative of `if` held; why, for each, where reasons are wanted.
    Unmet(Vec<(&'a ReadyCondition, Miss<'a>)>),
    /// The entity itself is not in the production.
    Unknown,
    /// There is nothing that it could set.
    NoTarget,
    /// Something that comes before is not done: this one.
    NotYet(&'a EntityRef),
    /// It would set this entity, were it in another status.
    TargetUnmet(&'a Entity, Vec<(&'a ReadyCondition, Miss<'a>)>),
    /// It applies, and wants nothing of this entity.
    Leaves(&'a Entity, Leave),
    /// It applied.
    Fired,
}

struct Unwatched;

impl Witness for Unwatched {
    const ASKS_EVERY_RULE: bool = false;

    fn saw(&mut self, _: &ReadyRule, _: &Happening<'_>, _: &Fate<'_>) {}
}

/// What the event is to the rules: one moment of one entity, or of each that a note is about.
struct Start {
    entity: EntityRef,
    moment: Moment,
    field: Option<String>,
    from: Option<StatusCode>,
    to: Option<StatusCode>,
    text: Option<String>,
}

/// Where a happening stands in the plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Start(usize),
    Change(usize),
}

pub(crate) fn plan_before<W: Witness>(
    rules: &CompiledRules,
    event: &Event,
    production: &Production,
    witness: &mut W,
) -> Plan {
    let starts = starts(rules, event, production);
    let arrived_for = Arrival::of(event).map(|arrival| arrival.rule);
    let mut planner = Planner {
        rules,
        event,
        production,
        arrived_for: arrived_for.as_ref(),
        starts: &starts,
        plan: Plan::default(),
        depths: Vec::new(),
        later: VecDeque::new(),
        witness,
    };
    for place in 0..starts.len() {
        planner.ask(Source::Start(place));
    }
    // The list of changes is its own queue: what a change causes is put behind it.
    let mut next = 0;
    loop {
        if next < planner.plan.changes.len() {
            planner.ask(Source::Change(next));
            next += 1;
        } else if let Some((rule, source)) = planner.later.pop_front() {
            planner.judge_later(rule, source);
        } else {
            return planner.plan;
        }
    }
}

fn starts(rules: &CompiledRules, event: &Event, production: &Production) -> Vec<Start> {
    let mut starts = Vec::new();
    if let (Some(entity), Some(moment)) = (&event.entity, moment_of(event.operation))
        && event.operation != Operation::Note
    {
        let status_now = || production.get_or_retired(&entity.key).and_then(|e| e.status.clone());
        let code = |text: std::borrow::Cow<'_, str>| StatusCode::from(text.as_ref());
        let field = event.field.as_deref();
        let is_status = moment != Moment::Updated || field == Some(rules.status_field());
        let changed = match moment {
            Moment::Updated if is_status => event.new_status(rules.status_field()),
            // A change that names no field is none.
            Moment::Updated => event.new_text().filter(|_| field.is_some()).map(|text| text.map(code)),
            _ => Some(status_now()),
        };
        if let Some(to) = changed {
            let from = match moment {
                Moment::Updated if is_status => event.old_status(),
                Moment::Updated => event.old_text().map(code),
                _ => None,
            };
            starts.push(Start {
                entity: entity.clone(),
                moment,
                field: field.filter(|_| !is_status).map(str::to_owned),
                from,
                text: to.as_ref().filter(|_| !is_status).map(ToString::to_string),
                to,
            });
        }
    }
    if let Some(note) = event.note.as_ref().filter(|_| is_note(event)) {
        starts.extend(note.about.iter().map(|entity| Start {
            entity: entity.clone(),
            moment: Moment::NoteAdded,
            field: None,
            from: None,
            to: production.get_or_retired(&entity.key).and_then(|e| e.status.clone()),
            text: Some(note.text.clone()),
        }));
    }
    starts
}

struct Planner<'p, 'w, W> {
    rules: &'p CompiledRules,
    event: &'p Event,
    production: &'p Production,
    /// The rule for which another site handed the event over, where one did.
    arrived_for: Option<&'p RuleId>,
    starts: &'p [Start],
    plan: Plan,
    /// By place in `plan.changes`: how many changes lie above it, itself included.
    depths: Vec<usize>,
    /// Rules that look at sets, by place, and where they came up.
    later: VecDeque<(usize, Source)>,
    witness: &'w mut W,
}

/// What a rule that applies would do to one entity.
struct Intent {
    target: EntityRef,
    /// None: the status.
    field: Option<String>,
    aim: Aim,
}

/// Where a status or another field would come to.
struct Aim {
    now: Option<StatusCode>,
    already: bool,
    /// The status or value to set; none clears it.
    to: Option<StatusCode>,
    /// Whether the site takes any status that is wanted.
    valid: bool,
}

/// The site alone knows which values a field takes. They are compared as text, and said as the field would say them: where a
/// number stands, as a number.
fn aim_of_field(wish: &Wish<'_>, held: Option<Held<'_>>, read: Option<&Value>) -> Aim {
    let as_there = |text: &StatusCode| match as_text(&as_value(text.as_str(), read)) {
        Some(there) => StatusCode::from(there.as_ref()),
        None => text.clone(),
    };
    let wish = match wish {
        Wish::OneOf(texts) => Wish::OneOf(texts.iter().map(as_there).collect()),
        other => other.clone(),
    };
    let now = held.and_then(Held::text).map(|text| StatusCode::from(text.as_ref()));
    Aim {
        already: wish.is_met_by(now.as_ref()),
        now,
        to: wish.first(|_| true),
        valid: true,
    }
}

impl<'p, W: Witness> Planner<'p, '_, W> {
    /// Asks all rules about what happened at `source`; those that look at sets are kept for later.
    fn ask(&mut self, source: Source) {
        let held = self.change_at(source);
        let Some(happening) = self.happening(source, held.as_ref()) else {
            return;
        };
        let rules = self.rules;
        if W::ASKS_EVERY_RULE {
            // A rule that sets something on another site stands there twice: as it leaves, and as it arrives.
            let here = |ready: &ReadyRule| ready.arrives == (happening.arrived_for == Some(&ready.rule.id));
            for (place, ready) in rules.every().filter(|(_, ready)| here(ready)) {
                self.ask_one(place, ready, source, &happening);
            }
        } else {
            let kind = &happening.entity.key.kind;
            for (place, ready) in rules.candidates(kind, happening.moment, happening.field, happening.to) {
                self.ask_one(place, ready, source, &happening);
            }
        }
    }

    fn ask_one(&mut self, place: usize, ready: &ReadyRule, source: Source, happening: &Happening<'_>) {
        if let Some(why) = self.rules.set_aside(&ready.rule.id) {
            self.witness.saw(ready, happening, &Fate::SetAside(why));
            return;
        }
        let held = self.field_now(&ready.rule, happening);
        let happening = &happening.come_to(held.as_ref());
        if let Err(miss) = matching::trigger(ready, &happening.asked()) {
            self.witness.saw(ready, happening, &Fate::NotAsked(miss));
        } else if ready.looks_at_sets {
            self.later.push_back((place, source));
        } else {
            self.judge(ready, happening);
        }
    }

    /// What a field that a rule names holds where it was not changed; the outer option is none where that is not asked.
    fn field_now(&self, rule: &Rule, happening: &Happening<'_>) -> Option<Option<StatusCode>> {
        let field = rule
            .when
            .field
            .as_ref()
            .filter(|_| happening.moment != Moment::Updated)?;
        let entity = self.production.get_or_retired(&happening.entity.key);
        let value = entity.and_then(|e| e.fields.get(field)).and_then(as_text);
        Some(value.map(|text| StatusCode::from(text.as_ref())))
    }

    fn judge_later(&mut self, place: usize, source: Source) {
        let held = self.change_at(source);
        let rules = self.rules;
        if let (Some(happening), Some(ready)) = (self.happening(source, held.as_ref()), rules.rule(place)) {
            let held = self.field_now(&ready.rule, &happening);
            self.judge(ready, &happening.come_to(held.as_ref()));
        }
    }

    /// The change that a source is, apart from the plan, which grows while rules are asked about it.
    fn change_at(&self, source: Source) -> Option<PlannedChange> {
        match source {
            Source::Start(_) => None,
            Source::Change(place) => self.plan.changes.get(place).cloned(),
        }
    }

    fn happening<'a>(&self, source: Source, change: Option<&'a PlannedChange>) -> Option<Happening<'a>>
    where
        'p: 'a,
    {
        let event = self.event;
        match source {
            Source::Start(place) => {
                let start = self.starts.get(place)?;
                Some(Happening {
                    site: &event.site,
                    arrived_for: self.arrived_for,
                    entity: &start.entity,
                    moment: start.moment,
                    field: start.field.as_deref(),
                    event_type: Some(&event.event_type),
                    from: start.from.as_ref(),
                    to: start.to.as_ref(),
                    held: None,
                    text: start.text.as_deref(),
                    received: event.received.as_deref(),
                    mover: Mover::of(event.actor.as_ref()),
                    project: event.project.as_ref(),
                    cause: Cause::Event,
                    depth: 0,
                })
            }
            Source::Change(place) => {
                let change = change?;
                Some(Happening {
                    site: &event.site,
                    arrived_for: None,
                    entity: &change.entity,
                    moment: Moment::Updated,
                    field: change.field.as_deref(),
                    event_type: None,
                    from: change.from.as_ref(),
                    to: change.to.as_ref(),
                    held: None,
                    text: change
                        .to
                        .as_ref()
                        .filter(|_| change.field.is_some())
                        .map(StatusCode::as_str),
                    received: None,
                    mover: Mover::Rule,
                    project: event.project.as_ref(),
                    cause: Cause::Change(place),
                    depth: self.depths.get(place).copied().unwrap_or(MAX_DEPTH),
                })
            }
        }
    }

    fn sight(&self) -> Sight<'_> {
        Sight {
            rules: self.rules,
            production: self.production,
            changes: &self.plan.changes,
        }
    }

    /// A rule whose `when` is so.
    fn judge(&mut self, ready: &ReadyRule, happening: &Happening<'_>) {
        let rule = &ready.rule;
        let production = self.production;
        let Some(subject) = production.get_or_retired(&happening.entity.key) else {
            let sight = self.sight();
            let first = wish::wish_of_all(rule, happening, &sight).and_then(|w| w.first(|_| true));
            self.skip(
                happening.entity,
                None,
                first,
                rule,
                SkipReason::NotFound,
                None,
                happening.cause,
            );
            return self.witness.saw(ready, happening, &Fate::Unknown);
        };
        let sight = Sight {
            rules: self.rules,
            production,
            changes: &self.plan.changes,
        };
        let mut unmet = Vec::new();
        let mut met = Vec::new();
        for alternative in &ready.alternatives {
            match matching::holds_for_subject(alternative, &sight, subject, happening) {
                Ok(()) => met.push(alternative),
                Err(miss) if W::ASKS_EVERY_RULE => unmet.push((alternative, miss)),
                Err(_) => {}
            }
        }
        if met.is_empty() && !ready.alternatives.is_empty() {
            return self.witness.saw(ready, happening, &Fate::Unmet(unmet));
        }
        if let Some(there) = rule.elsewhere() {
            if elsewhere::fault(rule).is_some() {
                return self
                    .witness
                    .saw(ready, happening, &Fate::Leaves(subject, Leave::BadElsewhere));
            }
            self.carry(rule, there, subject, happening.cause);
            return self.witness.saw(ready, happening, &Fate::Fired);
        }
        let targets = match scene::reach(&sight, subject, &rule.then.set) {
            Reach::One(target) => vec![target],
            Reach::Several(targets) if !targets.is_empty() => targets,
            Reach::Several(_) | Reach::Nothing => return self.witness.saw(ready, happening, &Fate::NoTarget),
            Reach::NotYet(before) => return self.witness.saw(ready, happening, &Fate::NotYet(&before)),
            Reach::Missing(link) => {
                let first = wish::wish_of_all(rule, happening, &sight).and_then(|w| w.first(|_| true));
                self.skip(&link, None, first, rule, SkipReason::NotFound, None, happening.cause);
                return self.witness.saw(ready, happening, &Fate::Fired);
            }
        };
        let common = wish::wish_of_all(rule, happening, &sight);
        let mut intents = Vec::with_capacity(targets.len());
        for target in targets {
            let own;
            let wish = match &common {
                Some(wish) => wish,
                None => {
                    own = wish::wish_of(rule, &sight, target);
                    &own
                }
            };
            if let Wish::Leave(why) = wish {
                self.witness.saw(ready, happening, &Fate::Leaves(target, *why));
                continue;
            }
            let status = sight.status(&target.key);
            let aim = match &rule.then.field {
                None => self.aim_of_status(wish, target, status, happening),
                Some(field) => aim_of_field(wish, sight.field(target, field), target.fields.get(field)),
            };
            // What a rule asks of its target's status goes by the status, whatever it sets.
            let to = match &rule.then.field {
                Some(_) => status,
                None if aim.already => status,
                None => aim.to.as_ref(),
            };
            let mut unmet = Vec::new();
            let is_met = met.iter().any(|alternative| {
                let held = matching::holds_for_target(alternative, &sight, target, status, to);
                if let (Err(miss), true) = (held, W::ASKS_EVERY_RULE) {
                    unmet.push((*alternative, miss));
                }
                held.is_ok()
            });
            if !is_met && !met.is_empty() {
                self.witness.saw(ready, happening, &Fate::TargetUnmet(target, unmet));
                continue;
            }
            intents.push(Intent {
                target: target.to_ref(),
                field: rule.then.field.clone(),
                aim,
            });
        }
        if !intents.is_empty() {
            self.carry_out(ready, happening, intents);
            self.witness.saw(ready, happening, &Fate::Fired);
        }
    }

    /// Hands over to another site what a rule sets there. Whom it sets is found out there.
    fn carry(&mut self, rule: &Rule, there: &Elsewhere, subject: &Entity, cause: Cause) {
        let key = match &there.key {
            None => subject.name.clone().filter(|name| !name.is_empty()),
            Some(field) => {
                let held = self.sight().field(subject, field).and_then(Held::text);
                held.map(std::borrow::Cow::into_owned)
            }
        };
        let told = |c: &Carried| c.rule == rule.id && c.entity.key == subject.key && c.key == key;
        if self.plan.carried.iter().any(told) {
            return;
        }
        self.plan.carried.push(Carried {
            rule: rule.id.clone(),
            entity: subject.to_ref(),
            site: there.site.clone(),
            kind: there.kind.clone(),
            find_by: there.find_by.clone(),
            key_field: there.key.clone(),
            key,
            to: rule.wanted_codes().first().map(|code| (*code).clone()),
            cause,
        });
    }

    fn aim_of_status(
        &self,
        wish: &Wish<'_>,
        target: &Entity,
        now: Option<&StatusCode>,
        happening: &Happening<'_>,
    ) -> Aim {
        let project = target.project.as_ref().or(happening.project);
        let to = wish.first(|code| self.rules.is_valid(&target.key.kind, project, code));
        Aim {
            already: wish.is_met_by(now),
            now: now.cloned(),
            valid: to.is_some() || *wish == Wish::Cleared,
            to,
        }
    }

    fn carry_out(&mut self, ready: &ReadyRule, happening: &Happening<'_>, intents: Vec<Intent>) {
        let rule = &ready.rule;
        let wanted = intents.iter().filter(|i| {
            !i.aim.already && i.aim.valid && self.spoken_for(&i.target, i.field.as_deref(), happening).is_none()
        });
        let (mut wanted, so_far) = (
            wanted.peekable(),
            self.plan.changes.iter().filter(|c| c.rule == rule.id),
        );
        if let Some(first) = wanted.peek().copied()
            && so_far.count() + wanted.count() > ready.limit
        {
            let (target, now, to) = (first.target.clone(), first.aim.now.clone(), first.aim.to.clone());
            return self.skip(&target, now, to, rule, SkipReason::OverLimit, None, happening.cause);
        }
        for intent in intents {
            self.settle(rule, happening, intent);
        }
    }

    /// Decides what becomes of one entity that a rule wants to set.
    fn settle(&mut self, rule: &Rule, happening: &Happening<'_>, intent: Intent) {
        let Intent {
            target,
            field,
            aim:
                Aim {
                    now,
                    already,
                    to,
                    valid,
                },
        } = intent;
        let (reason, against) = match self.spoken_for(&target, field.as_deref(), happening) {
            // Set by this plan or found right by it: a second rule of the same mind adds nothing.
            Some(Some(_)) if already => return,
            Some(against) if !already => (SkipReason::Conflict, against),
            _ if already => (SkipReason::AlreadyThere, None),
            _ if !valid => (SkipReason::NotValid, None),
            _ if happening.depth >= MAX_DEPTH => (SkipReason::TooDeep, None),
            _ => {
                self.plan.changes.push(PlannedChange {
                    entity: target,
                    field,
                    from: now,
                    to,
                    rule: rule.id.clone(),
                    cause: happening.cause,
                });
                self.depths.push(happening.depth + 1);
                return;
            }
        };
        self.skip(&target, now, to, rule, reason, against, happening.cause);
    }

    /// Whether this cascade has decided on an entity's status, or on that field of it, already; the inner option is the rule that did, none for the event.
    ///
    /// An entity that was found to be right counts too. Otherwise the outcome of two rules that disagree would hang on what
    /// the status happened to be before, and an event seen twice would end otherwise than one seen once.
    fn spoken_for(&self, target: &EntityRef, field: Option<&str>, happening: &Happening<'_>) -> Option<Option<RuleId>> {
        let is_change = |c: &&PlannedChange| c.entity.key == target.key && c.field.as_deref() == field;
        let changed = self.plan.changes.iter().find(is_change).map(|c| &c.rule);
        let is_skip = |s: &&PlannedSkip| {
            s.reason == SkipReason::AlreadyThere && s.entity.key == target.key && s.field.as_deref() == field
        };
        let decided = changed.or_else(|| self.plan.skipped.iter().find(is_skip).map(|s| &s.rule));
        if let Some(rule) = decided {
            return Some(Some(rule.clone()));
        }
        let was_set = |start: &Start| {
            start.moment == Moment::Updated && start.field.as_deref() == field && start.entity.key == target.key
        };
        (happening.depth > 0 && self.starts.iter().any(was_set)).then_some(None)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "they are the fields of the skip, and the only caller with fewer is no clearer"
    )]
    fn skip(
        &mut self,
        entity: &EntityRef,
        from: Option<StatusCode>,
        to: Option<StatusCode>,
        rule: &Rule,
        reason: SkipReason,
        against: Option<RuleId>,
        cause: Cause,
    ) {
        let told = |s: &PlannedSkip| s.entity.key == entity.key && s.rule == rule.id && s.reason == reason;
        if self.plan.skipped.iter().any(told) {
            return;
        }
        self.plan.skipped.push(PlannedSkip {
            entity: entity.clone(),
            field: rule.then.field.clone(),
            from,
            to,
            rule: rule.id.clone(),
            reason,
            against,
            cause,
        });
    }
}
