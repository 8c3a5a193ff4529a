//! Whether a rule applies: the one place that decides it, for plans, explanations and checks alike.

use std::collections::BTreeMap;

use callboard_model::{
    Actor, ActorKind, Entity, EntityId, EntityRef, EntityType, RuleId, SiteName, StatusCode, Step, as_text,
};

use crate::classes::names;
use crate::compile::{ReadyCondition, ReadyRule};
use crate::document::{ChangedBy, Moment, Siblings, When};
use crate::scene::{self, Happening, Held, Sight};
use crate::words::Words;

/// Who moved the entity that a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mover {
    /// The event's actor, where the site said who it was.
    Outside(Option<ActorKind>),
    /// A rule, earlier in this cascade.
    Rule,
}

/// What a rule's `when` is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) site: &'a SiteName,
    /// The rule for which another site handed something over, where that is what happened.
    pub(crate) arrived_for: Option<&'a RuleId>,
    pub(crate) kind: &'a EntityType,
    pub(crate) moment: Moment,
    /// The field that changed, where it is not the status.
    pub(crate) field: Option<&'a str>,
    /// None: a rule's change, for which the tracker has no name yet.
    pub(crate) event_type: Option<&'a str>,
    pub(crate) from: Option<&'a StatusCode>,
    pub(crate) to: Option<&'a StatusCode>,
}

/// The first part of a rule's `when` that was not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TriggerMiss {
    Site,
    Entity,
    Moment,
    Field,
    EventType,
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
    StatusIs(Option<&'a StatusCode>),
    StatusIsNot(Option<&'a StatusCode>),
    BelongsTo(Option<&'a EntityType>),
    FirstVersion,
    FieldIs(&'a str, Option<Held<'a>>),
    FieldIsNot(&'a str, Held<'a>),
    /// No word of these; none: there is no text.
    Text(Option<&'a str>),
    TextNot(&'a str),
    Filter,
    /// There is no event as received to hold it against.
    NothingReceived,
    Siblings(SiblingsMiss<'a>),
    TargetIs(Option<&'a StatusCode>),
    TargetIsNot(Option<&'a StatusCode>),
    TargetFieldIs(&'a str, Option<Held<'a>>),
    TargetFieldIsNot(&'a str, Held<'a>),
    Backwards(&'a StatusCode),
}

/// How a set of siblings was not as asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SiblingsMiss<'a> {
    /// There was none to look at.
    NoneLeft,
    /// This one is in none of the wanted statuses.
    NotAll(&'a Entity, Option<&'a StatusCode>),
    /// None of them is in a wanted status.
    NotAny,
    /// This one is in a status that none should have.
    NotNone(&'a Entity, Option<&'a StatusCode>),
}

impl Mover {
    pub(crate) fn of(actor: Option<&Actor>) -> Self {
        Self::Outside(actor.map(|a| a.kind))
    }

    fn is(self, wanted: ChangedBy) -> bool {
        match wanted {
            ChangedBy::Anyone => true,
            ChangedBy::Callboard => self == Self::Rule,
            ChangedBy::Outside => self != Self::Rule,
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
    field: Option<&str>,
    to: Option<&StatusCode>,
) -> Result<(), TriggerMiss> {
    if when.entity != *kind {
        Err(TriggerMiss::Entity)
    } else if !when.on.contains(&moment) {
        Err(TriggerMiss::Moment)
    } else if moment == Moment::Updated && when.field.as_deref() != field {
        Err(TriggerMiss::Field)
    } else if moment != Moment::Updated && when.field.is_some() {
        // What the field holds is not known from the event alone.
        Ok(())
    } else {
        becomes(when, to)
    }
}

fn becomes(when: &When, to: Option<&StatusCode>) -> Result<(), TriggerMiss> {
    if when.becomes.is_empty() || names(&when.becomes, to) {
        Ok(())
    } else {
        Err(TriggerMiss::Becomes)
    }
}

/// All of `when`. What one rule hands over to another site is nothing to any other rule.
pub(crate) fn trigger(ready: &ReadyRule, asked: &Asked<'_>) -> Result<(), TriggerMiss> {
    let when = &ready.rule.when;
    if !ready.may_be_asked_on(asked.site) {
        return Err(TriggerMiss::Site);
    }
    moment_and_code(when, asked.kind, asked.moment, asked.field, asked.to)?;
    becomes(when, asked.to)?;
    if !when.from.is_empty() && (asked.moment != Moment::Updated || !names(&when.from, asked.from)) {
        return Err(TriggerMiss::From);
    }
    if !when.event_type.is_empty()
        && !asked
            .event_type
            .is_some_and(|name| when.event_type.iter().any(|t| t == name))
    {
        return Err(TriggerMiss::EventType);
    }
    if asked.arrived_for != ready.arrives.then_some(&ready.rule.id) {
        return Err(TriggerMiss::EventType);
    }
    Ok(())
}

/// The parts of a condition that are about the entity that moved, and what stands around it.
pub(crate) fn holds_for_subject<'a>(
    ready: &'a ReadyCondition,
    sight: &Sight<'a>,
    subject: &'a Entity,
    happening: &Happening<'a>,
) -> Result<(), Miss<'a>> {
    let condition = &ready.condition;
    if !condition.step.is_empty() || !condition.step_not.is_empty() {
        let step = scene::step_of(sight.production, subject);
        if !condition.step.is_empty() && !step.is_some_and(|s| is_any(s, &condition.step)) {
            return Err(Miss::Step(step));
        }
        if let Some(step) = step.filter(|s| is_any(s, &condition.step_not)) {
            return Err(Miss::StepNot(step));
        }
    }
    if !condition.project.is_empty() {
        let project = happening.project_of(subject);
        if !project.is_some_and(|p| condition.project.iter().any(|wanted| is_project(p, wanted))) {
            return Err(Miss::Project(project));
        }
    }
    if condition.changed_by.is_some_and(|wanted| !happening.mover.is(wanted)) {
        return Err(Miss::ChangedBy(happening.mover));
    }
    if !condition.status_is.is_empty() || !condition.status_is_not.is_empty() {
        let status = sight.status(&subject.key);
        if !condition.status_is.is_empty() && !names(&condition.status_is, status) {
            return Err(Miss::StatusIs(status));
        }
        if names(&condition.status_is_not, status) {
            return Err(Miss::StatusIsNot(status));
        }
    }
    if !condition.belongs_to.is_empty() {
        let owner = scene::owner_of(sight.production, subject);
        let kind = owner.ok().flatten().map(|o| &o.key.kind);
        if !kind.is_some_and(|k| condition.belongs_to.contains(k)) {
            return Err(Miss::BelongsTo(kind));
        }
    }
    if condition.first_version && !scene::is_first_version(sight.production, subject) {
        return Err(Miss::FirstVersion);
    }
    field_is(&condition.field_is, sight, subject).map_err(|(field, seen)| Miss::FieldIs(field, seen))?;
    field_is_not(&condition.field_is_not, sight, subject).map_err(|(field, seen)| Miss::FieldIsNot(field, seen))?;
    holds_for_text(ready, happening.text)?;
    match (&ready.filter, happening.received) {
        (None, _) => {}
        (Some(_), None) => return Err(Miss::NothingReceived),
        (Some(Ok(filter)), Some(received)) if filter.holds(received) => {}
        (Some(_), Some(_)) => return Err(Miss::Filter),
    }
    match &condition.siblings {
        Some(siblings) => holds_for_siblings(siblings, sight, subject).map_err(Miss::Siblings),
        None => Ok(()),
    }
}

fn holds_for_text<'a>(ready: &'a ReadyCondition, text: Option<&'a str>) -> Result<(), Miss<'a>> {
    if ready.text.is_empty() && ready.text_not.is_empty() {
        return Ok(());
    }
    let words = Words::of(text.unwrap_or_default());
    if !ready.text.is_empty() && !ready.text.iter().any(|phrase| words.have(phrase)) {
        return Err(Miss::Text(text));
    }
    let phrases = ready.condition.text_not.iter().zip(&ready.text_not);
    match phrases.into_iter().find(|(_, phrase)| words.have(phrase)) {
        Some((said, _)) => Err(Miss::TextNot(said)),
        None => Ok(()),
    }
}

fn holds_for_siblings<'a>(
    siblings: &'a Siblings,
    sight: &Sight<'a>,
    subject: &'a Entity,
) -> Result<(), SiblingsMiss<'a>> {
    let all = scene::relatives(sight.production, subject, siblings);
    let looked_at = || {
        all.iter()
            .map(|&one| (one, sight.status(&one.key)))
            .filter(|(_, status)| !names(&siblings.ignoring, *status))
    };
    if looked_at().next().is_none() {
        return if siblings.if_none_left {
            Ok(())
        } else {
            Err(SiblingsMiss::NoneLeft)
        };
    }
    if !siblings.all.is_empty()
        && let Some((one, status)) = looked_at().find(|(_, status)| !names(&siblings.all, *status))
    {
        return Err(SiblingsMiss::NotAll(one, status));
    }
    if !siblings.any.is_empty() && !looked_at().any(|(_, status)| names(&siblings.any, status)) {
        return Err(SiblingsMiss::NotAny);
    }
    match looked_at().find(|(_, status)| names(&siblings.none, *status)) {
        Some((one, status)) => Err(SiblingsMiss::NotNone(one, status)),
        None => Ok(()),
    }
}

/// The parts of a condition that are about the entity to be set: `now` is its status, `to` the one that it would get.
pub(crate) fn holds_for_target<'a>(
    ready: &'a ReadyCondition,
    sight: &Sight<'a>,
    target: &'a Entity,
    now: Option<&'a StatusCode>,
    to: Option<&StatusCode>,
) -> Result<(), Miss<'a>> {
    let condition = &ready.condition;
    if !condition.target_is.is_empty() && !names(&condition.target_is, now) {
        return Err(Miss::TargetIs(now));
    }
    if names(&condition.target_is_not, now) {
        return Err(Miss::TargetIsNot(now));
    }
    field_is(&condition.target_field_is, sight, target).map_err(|(field, seen)| Miss::TargetFieldIs(field, seen))?;
    field_is_not(&condition.target_field_is_not, sight, target)
        .map_err(|(field, seen)| Miss::TargetFieldIsNot(field, seen))?;
    let kind = &target.key.kind;
    if condition.never_backwards
        && let Some(now) = now
        && let Some(here) = sight.rules.place(kind, now)
        && to
            .and_then(|to| sight.rules.place(kind, to))
            .is_none_or(|there| there < here)
    {
        return Err(Miss::Backwards(now));
    }
    Ok(())
}

/// The error is the first field that has none of its values, and what it has.
fn field_is<'a>(
    wanted: &'a BTreeMap<String, Vec<String>>,
    sight: &Sight<'a>,
    entity: &'a Entity,
) -> Result<(), (&'a str, Option<Held<'a>>)> {
    let seen = |field: &String| sight.field(entity, field);
    let mut fields = wanted.iter();
    match fields.find(|(field, values)| !seen(field).is_some_and(|held| holds_one(held, values))) {
        Some((field, _)) => Err((field, seen(field))),
        None => Ok(()),
    }
}

/// The error is the first field that has one of its values, and what it has.
fn field_is_not<'a>(
    unwanted: &'a BTreeMap<String, Vec<String>>,
    sight: &Sight<'a>,
    entity: &'a Entity,
) -> Result<(), (&'a str, Held<'a>)> {
    let seen = |(field, values): (&'a String, &'a Vec<String>)| {
        let held = sight.field(entity, field).filter(|held| holds_one(*held, values))?;
        Some((field.as_str(), held))
    };
    unwanted.iter().find_map(seen).map_or(Ok(()), Err)
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

fn holds_one(held: Held<'_>, wanted: &[String]) -> bool {
    match held {
        Held::Read(value) => is_value(value, wanted),
        Held::Set(text) => wanted.iter().any(|w| w == text.as_str()),
    }
}

/// Whether a field's value is one of these; of a list, whether any element is.
fn is_value(value: &serde_json::Value, wanted: &[String]) -> bool {
    match value {
        serde_json::Value::Array(list) => list.iter().any(|one| is_value(one, wanted)),
        one => as_text(one).is_some_and(|text| wanted.iter().any(|w| *w == text)),
    }
}
