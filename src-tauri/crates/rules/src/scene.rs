//! What a rule sees: the production with the changes that the plan has made so far laid over it.

use callboard_model::{
    Cause, Entity, EntityKey, EntityRef, EntityType, Event, Operation, PlannedChange, Production, StatusCode, Step,
};

use crate::document::{Moment, Target};
use crate::matching::{self, Mover};

/// Something that rules are asked about: the event, or a change that this plan made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Happening<'a> {
    pub(crate) entity: &'a EntityRef,
    pub(crate) moment: Moment,
    pub(crate) from: Option<&'a StatusCode>,
    pub(crate) to: Option<&'a StatusCode>,
    pub(crate) mover: Mover,
    /// The event's project: what the site may leave out of the entity it still says with the event.
    pub(crate) project: Option<&'a EntityRef>,
    pub(crate) cause: Cause,
    /// How many changes lie between it and the event.
    pub(crate) depth: usize,
}

impl<'a> Happening<'a> {
    /// The project that the entity which moved is in.
    pub(crate) fn project_of(&self, subject: &'a Entity) -> Option<&'a EntityRef> {
        subject.project.as_ref().or(self.project)
    }
}

/// What a rule's target comes to.
#[derive(Debug)]
pub(crate) enum Reach<'p> {
    /// There is no such link.
    Nothing,
    /// There is a link, and what it leads to is not in the production.
    Missing(EntityRef),
    One(&'p Entity),
    Several(Vec<&'p Entity>),
}

/// Which moment an event is, and the status it names. A new entity's event names none: its status stands in the entity.
pub(crate) fn moment_of(event: &Event, status_field: &str) -> Option<(Moment, Option<StatusCode>)> {
    match event.operation {
        Operation::Create => Some((Moment::Created, None)),
        Operation::Update => event.new_status(status_field).map(|to| (Moment::Updated, to)),
        _ => None,
    }
}

/// A status with the plan's changes laid over the production.
pub(crate) fn status_now<'a>(
    production: &'a Production,
    changes: &'a [PlannedChange],
    key: &EntityKey,
) -> Option<&'a StatusCode> {
    match changes.iter().find(|c| c.entity.key == *key) {
        Some(change) => change.to.as_ref(),
        None => production.get(key).and_then(|e| e.status.as_ref()),
    }
}

/// The step an entity is in; a Version is in its Task's.
pub(crate) fn step_of<'p>(production: &'p Production, entity: &'p Entity) -> Option<&'p Step> {
    let bearer = if entity.key.kind.is(EntityType::VERSION) {
        production.get(&entity.task.as_ref()?.key)?
    } else {
        entity
    };
    bearer.step.as_ref()
}

/// The entities that a rule would set.
pub(crate) fn reach<'p>(production: &'p Production, subject: &'p Entity, target: &Target) -> Reach<'p> {
    match target {
        Target::Itself => Reach::One(subject),
        Target::Task if subject.key.kind.is(EntityType::VERSION) => follow(production, subject.task.as_ref()),
        Target::Task => Reach::Nothing,
        Target::Shot => match shot_of(production, subject) {
            Ok(shot) => follow(production, shot),
            Err(task) => Reach::Missing(task.clone()),
        },
        Target::TasksOfShot(which) => {
            let shot = if subject.key.kind.is(EntityType::SHOT) {
                &subject.key
            } else {
                match shot_of(production, subject) {
                    Ok(Some(shot)) => &shot.key,
                    Ok(None) => return Reach::Nothing,
                    Err(task) => return Reach::Missing(task.clone()),
                }
            };
            let tasks = production.tasks_of(shot);
            let others = tasks.filter(|task| task.key != subject.key && matching::is_of_steps(task, &which.steps));
            Reach::Several(others.collect())
        }
    }
}

/// The Shot that a Task or Version belongs to. A Version that is linked to none itself is asked through its Task; the error
/// is the Task that would have to be known for that.
fn shot_of<'p>(production: &'p Production, subject: &'p Entity) -> Result<Option<&'p EntityRef>, &'p EntityRef> {
    let parent = match (&subject.parent, &subject.task) {
        (None, Some(task)) => production.get(&task.key).ok_or(task)?.parent.as_ref(),
        (parent, _) => parent.as_ref(),
    };
    Ok(parent.filter(|p| p.key.kind.is(EntityType::SHOT)))
}

fn follow<'p>(production: &'p Production, link: Option<&EntityRef>) -> Reach<'p> {
    let Some(link) = link else { return Reach::Nothing };
    production
        .get(&link.key)
        .map_or_else(|| Reach::Missing(link.clone()), Reach::One)
}
