//! Whether a rule applies: the one place that decides it, for plans, explanations and checks alike.

use callboard_model::{Actor, ActorKind, Entity, EntityId, EntityRef, EntityType, StatusCode, Step};

use crate::document::{ChangedBy, Condition, Moment, When};

/// Who moved the entity that a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mover {
    /// The event's actor, where the site said who it was.
    Outside(Option<ActorKind>),
    /// A rule, earlier in this cascade.
    Rule,
}

/// The first part of a rule's `when` that was not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TriggerMiss {
    Entity,
    Moment,
    Becomes,
    From,
}

/// The first part of a condition that did not hold, and what was seen instead.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Miss<'a> {
    Step(Option<&'a Step>),
    StepNot(&'a Step),
    Project(Option<&'a EntityRef>),
    ChangedBy(Mover),
    TargetIs(Option<&'a StatusCode>),
    TargetIsNot(&'a StatusCode),
}

impl Mover {
    pub(crate) fn of(actor: Option<&Actor>) -> Self {
        Self::Outside(actor.map(|a| a.kind))
    }

    fn is(self, wanted: ChangedBy) -> bool {
        match wanted {
            ChangedBy::Anyone => true,
            ChangedBy::Callboard => self == Self::Rule,
            ChangedBy::Person => matches!(self, Self::Outside(Some(ActorKind::Person | ActorKind::Client))),
            ChangedBy::Client => self == Self::Outside(Some(ActorKind::Client)),
            ChangedBy::Script => self == Self::Outside(Some(ActorKind::Script)),
        }
    }
}

/// The part of `when` that rules are looked up by.
pub(crate) fn moment_and_code(
    when: &When,
    kind: &EntityType,
    moment: Moment,
    to: Option<&StatusCode>,
) -> Result<(), TriggerMiss> {
    if when.entity != *kind {
        Err(TriggerMiss::Entity)
    } else if !when.on.contains(&moment) {
        Err(TriggerMiss::Moment)
    } else if !when.becomes.is_empty() && !to.is_some_and(|code| when.becomes.contains(code)) {
        Err(TriggerMiss::Becomes)
    } else {
        Ok(())
    }
}

/// All of `when`.
pub(crate) fn trigger(
    when: &When,
    kind: &EntityType,
    moment: Moment,
    from: Option<&StatusCode>,
    to: Option<&StatusCode>,
) -> Result<(), TriggerMiss> {
    moment_and_code(when, kind, moment, to)?;
    if !when.from.is_empty() && !from.is_some_and(|code| when.from.contains(code)) {
        return Err(TriggerMiss::From);
    }
    Ok(())
}

/// The parts of a condition that are about the entity that moved.
pub(crate) fn holds_for_subject<'a>(
    condition: &Condition,
    step: Option<&'a Step>,
    project: Option<&'a EntityRef>,
    mover: Mover,
) -> Result<(), Miss<'a>> {
    if !condition.step.is_empty() && !step.is_some_and(|s| is_any(s, &condition.step)) {
        return Err(Miss::Step(step));
    }
    if let Some(step) = step.filter(|s| is_any(s, &condition.step_not)) {
        return Err(Miss::StepNot(step));
    }
    if !condition.project.is_empty()
        && !project.is_some_and(|p| condition.project.iter().any(|wanted| is_project(p, wanted)))
    {
        return Err(Miss::Project(project));
    }
    if condition.changed_by.is_some_and(|wanted| !mover.is(wanted)) {
        return Err(Miss::ChangedBy(mover));
    }
    Ok(())
}

/// The parts of a condition that are about the entity to be set.
pub(crate) fn holds_for_target<'a>(condition: &Condition, status: Option<&'a StatusCode>) -> Result<(), Miss<'a>> {
    if !condition.target_is.is_empty() && !status.is_some_and(|s| condition.target_is.contains(s)) {
        return Err(Miss::TargetIs(status));
    }
    match status.filter(|s| condition.target_is_not.contains(s)) {
        Some(status) => Err(Miss::TargetIsNot(status)),
        None => Ok(()),
    }
}

/// Whether a Task is of one of these steps; an empty list means all.
pub(crate) fn is_of_steps(task: &Entity, steps: &[String]) -> bool {
    steps.is_empty() || task.step.as_ref().is_some_and(|s| is_any(s, steps))
}

fn is_any(step: &Step, names: &[String]) -> bool {
    names.iter().any(|name| step.is(name))
}

fn is_project(project: &EntityRef, wanted: &EntityId) -> bool {
    match wanted {
        EntityId::Number(_) => project.key.id == *wanted,
        EntityId::Text(name) => project.name.as_ref() == Some(name) || project.key.id == *wanted,
    }
}
