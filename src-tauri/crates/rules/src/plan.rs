use callboard_model::{
    Cause, Entity, EntityRef, Event, Plan, PlannedChange, PlannedSkip, Production, RuleId, SkipReason, StatusCode,
};

use crate::CompiledRules;
use crate::document::{Condition, Moment, Rule, Wanted};
use crate::matching::{self, Mover, TriggerMiss};
use crate::scene::{self, Happening, Reach};

/// How many changes may hang beneath one another. A Version, its Task, a hand-off or two and the Shot are five.
pub const MAX_DEPTH: usize = 16;

/// What the rules say should change for one event.
///
/// The event has been applied to `production` already (see [`apply_event`](crate::apply_event)): a new status stands there,
/// a created entity is in it, a retired one is out. A linked entity that is not in it counts as one that the site does not
/// have, so whoever gathers must fail, not plan, when a read failed.
///
/// The plan follows its own changes, breadth first, to their end. Each entity is set at most once. Of two rules that want
/// different statuses for one entity the first has its way and the second is a [`SkipReason::Conflict`]; what a person
/// just set is never taken back by what followed from it, which is a conflict too.
#[must_use]
pub fn plan(rules: &CompiledRules, event: &Event, production: &Production) -> Plan {
    if !rules.knows(event) {
        return Plan::default();
    }
    plan_before(rules, event, production, &mut Unwatched)
}

/// Sees how each rule fared, for those who want to know more than the plan.
pub(crate) trait Witness {
    /// Whether rules that cannot match are to be asked all the same.
    const ASKS_EVERY_RULE: bool;

    /// How a rule fared at one happening.
    fn saw(&mut self, rule: &Rule, happening: &Happening<'_>, fate: &Fate<'_>);
}

/// How a rule fared.
#[derive(Debug)]
pub(crate) enum Fate<'a> {
    /// `when` was not so.
    NotAsked(TriggerMiss),
    /// No alternative of `if` held. The entity, for the values it has.
    Unmet(&'a Entity),
    /// The entity itself is not in the production.
    Unknown,
    /// There is nothing that it could set.
    NoTarget,
    /// It would set this entity, were it in another status.
    TargetUnmet(&'a Entity, Option<StatusCode>),
    /// It applied.
    Fired,
}

struct Unwatched;

impl Witness for Unwatched {
    const ASKS_EVERY_RULE: bool = false;

    fn saw(&mut self, _: &Rule, _: &Happening<'_>, _: &Fate<'_>) {}
}

pub(crate) fn plan_before<W: Witness>(
    rules: &CompiledRules,
    event: &Event,
    production: &Production,
    witness: &mut W,
) -> Plan {
    let Some(entity) = &event.entity else {
        return Plan::default();
    };
    let Some((moment, named)) = scene::moment_of(event, rules.status_field()) else {
        return Plan::default();
    };
    let at_birth = production.get(&entity.key).and_then(|e| e.status.clone());
    let from = event.old_status();
    let to = if moment == Moment::Created { at_birth } else { named };
    let start = Happening {
        entity,
        moment,
        from: from.as_ref().filter(|_| moment == Moment::Updated),
        to: to.as_ref(),
        mover: Mover::of(event.actor.as_ref()),
        project: event.project.as_ref(),
        cause: Cause::Event,
        depth: 0,
    };
    let mut planner = Planner {
        rules,
        production,
        start,
        plan: Plan::default(),
        depths: Vec::new(),
        witness,
    };
    planner.ask(&start);

    // The list of changes is its own queue: what a change causes is put behind it.
    let mut next = 0;
    while let (Some(change), Some(depth)) = (planner.plan.changes.get(next).cloned(), planner.depths.get(next)) {
        let happening = Happening {
            entity: &change.entity,
            moment: Moment::Updated,
            from: change.from.as_ref(),
            to: change.to.as_ref(),
            mover: Mover::Rule,
            project: event.project.as_ref(),
            cause: Cause::Change(next),
            depth: *depth,
        };
        planner.ask(&happening);
        next += 1;
    }
    planner.plan
}

struct Planner<'r, 'p, 'w, W> {
    rules: &'r CompiledRules,
    production: &'p Production,
    start: Happening<'p>,
    plan: Plan,
    /// By place in `plan.changes`: how many changes lie above it, itself included.
    depths: Vec<usize>,
    witness: &'w mut W,
}

impl<W: Witness> Planner<'_, '_, '_, W> {
    fn ask(&mut self, happening: &Happening<'_>) {
        let rules = self.rules;
        if W::ASKS_EVERY_RULE {
            rules.every().for_each(|rule| self.judge(rule, happening));
        } else {
            let candidates = rules.candidates(&happening.entity.key.kind, happening.moment, happening.to);
            candidates.for_each(|rule| self.judge(rule, happening));
        }
    }

    fn judge(&mut self, rule: &Rule, happening: &Happening<'_>) {
        let asked = matching::trigger(
            &rule.when,
            &happening.entity.key.kind,
            happening.moment,
            happening.from,
            happening.to,
        );
        if let Err(miss) = asked {
            return self.witness.saw(rule, happening, &Fate::NotAsked(miss));
        }
        let Some(wanted) = wanted(rule, happening) else {
            return self.witness.saw(rule, happening, &Fate::NoTarget);
        };
        let production = self.production;
        let Some(subject) = production.get(&happening.entity.key) else {
            self.skip(
                happening.entity,
                None,
                rule,
                wanted,
                SkipReason::NotFound,
                None,
                happening.cause,
            );
            return self.witness.saw(rule, happening, &Fate::Unknown);
        };
        let step = scene::step_of(production, subject);
        let holds = |c: &Condition| {
            matching::holds_for_subject(c, step, happening.project_of(subject), happening.mover).is_ok()
        };
        let unconditional = rule.conditions.is_empty();
        if !unconditional && !rule.conditions.alternatives().iter().any(holds) {
            return self.witness.saw(rule, happening, &Fate::Unmet(subject));
        }

        let set_if_met = |planner: &mut Self, target: &Entity| {
            let now = scene::status_now(production, &planner.plan.changes, &target.key).cloned();
            let met = |c: &Condition| holds(c) && matching::holds_for_target(c, now.as_ref()).is_ok();
            if unconditional || rule.conditions.alternatives().iter().any(met) {
                planner.settle(rule, happening, target, now, wanted);
                planner.witness.saw(rule, happening, &Fate::Fired);
            } else {
                planner.witness.saw(rule, happening, &Fate::TargetUnmet(target, now));
            }
        };
        match scene::reach(production, subject, &rule.then.set) {
            Reach::Nothing => self.witness.saw(rule, happening, &Fate::NoTarget),
            Reach::Missing(link) => {
                self.skip(&link, None, rule, wanted, SkipReason::NotFound, None, happening.cause);
                self.witness.saw(rule, happening, &Fate::Fired);
            }
            Reach::One(target) => set_if_met(self, target),
            Reach::Several(targets) if targets.is_empty() => self.witness.saw(rule, happening, &Fate::NoTarget),
            Reach::Several(targets) => targets.into_iter().for_each(|target| set_if_met(self, target)),
        }
    }

    /// Decides what becomes of one entity that a rule wants to set.
    fn settle(
        &mut self,
        rule: &Rule,
        happening: &Happening<'_>,
        target: &Entity,
        now: Option<StatusCode>,
        wanted: &[StatusCode],
    ) {
        let Some(first) = wanted.first() else { return };
        let already = now.as_ref().is_some_and(|code| wanted.contains(code));
        let spoken_for = self.spoken_for(target, happening);
        let (reason, against) = match spoken_for {
            // Set by this plan or found right by it: a second rule of the same mind adds nothing.
            Some(Some(_)) if already => return,
            Some(against) if !already => (SkipReason::Conflict, against),
            _ if already => (SkipReason::AlreadyThere, None),
            _ if happening.depth >= MAX_DEPTH => (SkipReason::TooDeep, None),
            _ => {
                self.plan.changes.push(PlannedChange {
                    entity: target.to_ref(),
                    from: now,
                    to: Some(first.clone()),
                    rule: rule.id.clone(),
                    cause: happening.cause,
                });
                self.depths.push(happening.depth + 1);
                return;
            }
        };
        self.skip(&target.to_ref(), now, rule, wanted, reason, against, happening.cause);
    }

    /// Whether this cascade has decided on an entity already; the inner option is the rule that did, none for the event.
    ///
    /// An entity that was found to be right counts too. Otherwise the outcome of two rules that disagree would hang on what
    /// the status happened to be before, and an event seen twice would end otherwise than one seen once.
    fn spoken_for(&self, target: &Entity, happening: &Happening<'_>) -> Option<Option<RuleId>> {
        let changed = self
            .plan
            .changes
            .iter()
            .find(|c| c.entity.key == target.key)
            .map(|c| &c.rule);
        let is_skip = |s: &&PlannedSkip| s.reason == SkipReason::AlreadyThere && s.entity.key == target.key;
        let decided = changed.or_else(|| self.plan.skipped.iter().find(is_skip).map(|s| &s.rule));
        if let Some(rule) = decided {
            return Some(Some(rule.clone()));
        }
        let taken_back =
            happening.depth > 0 && self.start.moment == Moment::Updated && self.start.entity.key == target.key;
        taken_back.then_some(None)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "they are the fields of the skip, and the only caller with fewer is no clearer"
    )]
    fn skip(
        &mut self,
        entity: &EntityRef,
        from: Option<StatusCode>,
        rule: &Rule,
        wanted: &[StatusCode],
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
            from,
            to: wanted.first().cloned(),
            rule: rule.id.clone(),
            reason,
            against,
            cause,
        });
    }
}

/// The statuses a rule accepts, the one to set first. None where it wants the same code and there is none: a status that was
/// cleared clears nothing else.
fn wanted<'a>(rule: &'a Rule, happening: &Happening<'a>) -> Option<&'a [StatusCode]> {
    match &rule.then.to {
        Wanted::OneOf(codes) => Some(codes).filter(|c| !c.is_empty()).map(Vec::as_slice),
        Wanted::Same(_) => happening.to.map(std::slice::from_ref),
    }
}
