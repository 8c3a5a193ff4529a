//! What a rule sees: the production with the changes that the plan has made so far laid over it.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashSet;

use callboard_model::{
    Cause, Entity, EntityKey, EntityRef, EntityType, PlannedChange, Production, RuleId, SiteName, StatusCode, Step,
    as_text,
};
use serde_json::Value;

use crate::CompiledRules;
use crate::classes::names;
use crate::document::{Moment, NextBy, NextTasks, Relatives, Siblings, Target, WhichVersions};
use crate::matching::{self, Asked, Mover};

/// More steps up than any production has between a Version and its top.
const HIGHEST: usize = 8;

/// Something that rules are asked about: the event, or a change that this plan made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Happening<'a> {
    pub(crate) site: &'a SiteName,
    /// The rule for which another site handed something over, where that is what happened.
    pub(crate) arrived_for: Option<&'a RuleId>,
    pub(crate) entity: &'a EntityRef,
    pub(crate) moment: Moment,
    /// The field that changed, where it is not the status.
    pub(crate) field: Option<&'a str>,
    /// The tracker's name of the event; none for a rule's change.
    pub(crate) event_type: Option<&'a str>,
    pub(crate) from: Option<&'a StatusCode>,
    pub(crate) to: Option<&'a StatusCode>,
    /// What the field holds that a rule names and that was not changed; the outer option is none where no rule does.
    pub(crate) held: Option<Option<&'a StatusCode>>,
    /// What was said, or the new value of the field.
    pub(crate) text: Option<&'a str>,
    pub(crate) received: Option<&'a Value>,
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

    /// The same for a rule that goes by a field that was not changed, where it does: what it holds takes the status's place.
    pub(crate) fn come_to<'b>(&self, held: Option<&'b Option<StatusCode>>) -> Happening<'b>
    where
        'a: 'b,
    {
        Happening {
            held: held.map(Option::as_ref),
            ..*self
        }
    }

    /// What a rule goes by: the status or the value that it came to, or what the field that the rule names holds.
    pub(crate) fn code(&self) -> Option<&'a StatusCode> {
        self.held.unwrap_or(self.to)
    }

    /// What a rule's `when` is held against.
    pub(crate) fn asked(&self) -> Asked<'a> {
        Asked {
            site: self.site,
            arrived_for: self.arrived_for,
            kind: &self.entity.key.kind,
            moment: self.moment,
            field: self.field,
            event_type: self.event_type,
            from: self.from,
            to: self.code(),
        }
    }
}

/// What there is to see, and the order in which statuses and steps stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight<'a> {
    pub(crate) rules: &'a CompiledRules,
    pub(crate) production: &'a Production,
    pub(crate) changes: &'a [PlannedChange],
}

impl<'a> Sight<'a> {
    /// What another field of an entity holds, with the plan's changes laid over the production.
    pub(crate) fn field(&self, entity: &'a Entity, field: &str) -> Option<Held<'a>> {
        let is_it = |c: &&PlannedChange| c.field.as_deref() == Some(field) && c.entity.key == entity.key;
        match self.changes.iter().find(is_it) {
            Some(change) => change.to.as_ref().map(Held::Set),
            None => entity.fields.get(field).map(Held::Read),
        }
    }

    /// A status with the plan's changes laid over the production.
    pub(crate) fn status(&self, key: &EntityKey) -> Option<&'a StatusCode> {
        let is_it = |c: &&PlannedChange| c.field.is_none() && c.entity.key == *key;
        match self.changes.iter().find(is_it) {
            Some(change) => change.to.as_ref(),
            None => self.production.get_or_retired(key).and_then(|e| e.status.as_ref()),
        }
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held<'a> {
    /// As the site said.
    Read(&'a Value),
    /// As this plan sets it.
    Set(&'a StatusCode),
}

impl<'a> Held<'a> {
    /// The value as a person would say it.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Read(value) => as_text(value),
            Self::Set(text) => Some(Cow::Borrowed(text.as_str())),
        }
    }
}

/// What a rule's target comes to.
#[derive(Debug)]
pub(crate) enum Reach<'p> {
    /// There is no such link.
    Nothing,
    /// There is a link, and what it leads to is not in the production.
    Missing(EntityRef),
    /// Something that comes before is not done yet: this one.
    NotYet(EntityRef),
    One(&'p Entity),
    Several(Vec<&'p Entity>),
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
pub(crate) fn reach<'p>(sight: &Sight<'p>, subject: &'p Entity, target: &'p Target) -> Reach<'p> {
    let production = sight.production;
    match target {
        // Nothing can be set in the trash.
        Target::Itself => follow(production, Some(&subject.to_ref())),
        Target::Task if subject.key.kind.is(EntityType::VERSION) => follow(production, subject.task.as_ref()),
        Target::Task => Reach::Nothing,
        Target::Shot => match shot_of(production, subject) {
            Ok(shot) => follow(production, shot),
            Err(task) => Reach::Missing(task.clone()),
        },
        Target::Parent(kind) => parent_of(production, subject, kind),
        Target::TasksOfShot(which) => {
            let shot = if subject.key.kind.is(EntityType::SHOT) {
                &subject.key
            } else {
                match shot_of(production, subject) {
                    Ok(Some(shot)) if production.get(&shot.key).is_some() => &shot.key,
                    Ok(None) => return Reach::Nothing,
                    Ok(Some(missing)) | Err(missing) => return Reach::Missing(missing.clone()),
                }
            };
            let tasks = production.tasks_of(shot);
            let others = tasks.filter(|task| task.key != subject.key && matching::is_of_steps(task, &which.steps));
            Reach::Several(others.collect())
        }
        Target::Children(which) => {
            let of = match &which.of {
                Some(kind) if *kind != subject.key.kind => match parent_of(production, subject, kind) {
                    Reach::One(parent) => parent,
                    otherwise => return otherwise,
                },
                _ => subject,
            };
            let children = production.below(&of.key, which.kind.as_str());
            let others = children.filter(|c| c.key != subject.key && matching::is_of_steps(c, &which.steps));
            Reach::Several(others.collect())
        }
        Target::Versions(which) => versions(production, subject, *which),
        Target::NextTasks(next) if subject.key.kind.is(EntityType::TASK) => match next.by {
            NextBy::Steps => next_by_steps(sight, subject, next),
            NextBy::Dependency => next_by_dependency(sight, subject, next),
            NextBy::Name => next_by_name(sight, subject, next),
        },
        // Nothing of this site is set.
        Target::NextTasks(_) | Target::Elsewhere(_) => Reach::Nothing,
    }
}

/// The set of entities that a condition on siblings looks at. A link to what the site does not have counts for nothing.
pub(crate) fn relatives<'p>(
    production: &'p Production,
    subject: &'p Entity,
    siblings: &'p Siblings,
) -> Vec<&'p Entity> {
    let is_of_steps = |e: &&Entity| matching::is_of_steps(e, &siblings.steps);
    match &siblings.of {
        Relatives::Tasks => {
            let is_part = subject.key.kind.is(EntityType::TASK) || subject.key.kind.is(EntityType::VERSION);
            let owner = if is_part {
                owner_of(production, subject).ok().flatten().map(|o| &o.key)
            } else {
                Some(&subject.key)
            };
            let tasks = owner.into_iter().flat_map(|key| production.tasks_of(key));
            tasks.filter(is_of_steps).collect()
        }
        Relatives::Versions => {
            let of = if subject.key.kind.is(EntityType::VERSION) {
                let task = subject.task.as_ref().and_then(|t| production.get(&t.key));
                task.map(|t| &t.key)
            } else {
                Some(&subject.key)
            };
            of.into_iter().flat_map(|key| production.versions_of(key)).collect()
        }
        Relatives::Upstream => {
            let tasks = subject.upstream.iter().filter_map(|task| production.get(&task.key));
            tasks.filter(is_of_steps).collect()
        }
        Relatives::SameKind => {
            let parent = subject.parent.as_ref().map(|p| &p.key);
            let kind = subject.key.kind.as_str();
            parent.into_iter().flat_map(|key| production.below(key, kind)).collect()
        }
        Relatives::Below(kind) => production
            .below(&subject.key, kind.as_str())
            .filter(is_of_steps)
            .collect(),
    }
}

/// What a Task or Version belongs to: a Shot, an Asset. A Version that is linked to none itself is asked through its Task; the
/// error is the Task that would have to be known for that.
pub(crate) fn owner_of<'p>(
    production: &'p Production,
    subject: &'p Entity,
) -> Result<Option<&'p EntityRef>, &'p EntityRef> {
    match (&subject.parent, &subject.task) {
        (None, Some(task)) => Ok(production.get(&task.key).ok_or(task)?.parent.as_ref()),
        (parent, _) => Ok(parent.as_ref()),
    }
}

fn shot_of<'p>(production: &'p Production, subject: &'p Entity) -> Result<Option<&'p EntityRef>, &'p EntityRef> {
    let owner = owner_of(production, subject)?;
    Ok(owner.filter(|p| p.key.kind.is(EntityType::SHOT)))
}

/// The entity of a type that this one belongs to, however far up. Where the way ends before, there is none.
fn parent_of<'p>(production: &'p Production, subject: &'p Entity, kind: &EntityType) -> Reach<'p> {
    if kind.is(EntityType::TASK) {
        return follow(production, subject.task.as_ref());
    }
    let mut here = subject;
    for _ in 0..HIGHEST {
        let link = match owner_of(production, here) {
            Ok(Some(link)) => link,
            Ok(None) => return Reach::Nothing,
            Err(task) => return Reach::Missing(task.clone()),
        };
        match production.get(&link.key) {
            Some(parent) if parent.key.kind == *kind => return Reach::One(parent),
            Some(parent) => here = parent,
            None if link.key.kind == *kind => return Reach::Missing(link.clone()),
            None => return Reach::Nothing,
        }
    }
    Reach::Nothing
}

fn versions<'p>(production: &'p Production, subject: &'p Entity, which: WhichVersions) -> Reach<'p> {
    let task = if subject.key.kind.is(EntityType::VERSION) {
        match follow(production, subject.task.as_ref()) {
            Reach::One(task) => &task.key,
            otherwise => return otherwise,
        }
    } else {
        &subject.key
    };
    let all: Vec<&Entity> = production.versions_of(task).collect();
    let latest = || all.iter().copied().max_by_key(|v| age(v)).into_iter().collect();
    Reach::Several(match which {
        WhichVersions::All => all,
        WhichVersions::Others => all.into_iter().filter(|v| v.key != subject.key).collect(),
        WhichVersions::Latest => latest(),
        WhichVersions::HighestNumber => match all.iter().filter_map(|v| version_number(v)).max() {
            None => latest(),
            Some(highest) => all
                .iter()
                .copied()
                .filter(|v| version_number(v) == Some(highest))
                .collect(),
        },
    })
}

/// Whether no Version of its Task is older.
pub(crate) fn is_first_version(production: &Production, subject: &Entity) -> bool {
    let link = subject
        .task
        .as_ref()
        .filter(|_| subject.key.kind.is(EntityType::VERSION));
    let Some(task) = link.and_then(|t| production.get(&t.key)) else {
        return false;
    };
    production.versions_of(&task.key).all(|v| age(v) >= age(subject))
}

/// Sorts Versions by when they were made.
fn age(version: &Entity) -> impl Ord + use<'_> {
    (version.created_at, &version.key.id)
}

/// The number that a Version's name ends with after a `v`: 12 of `sh010_comp_v012`.
fn version_number(version: &Entity) -> Option<u64> {
    let name = version.name.as_deref()?.to_lowercase();
    let mut numbers = name.match_indices('v').filter_map(|(at, _)| {
        let after = name.get(at + 1..)?;
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        after.get(..end)?.parse().ok()
    });
    numbers.next_back()
}

fn next_by_steps<'p>(sight: &Sight<'p>, subject: &'p Entity, next: &NextTasks) -> Reach<'p> {
    let order = |task: &Entity| task.step.as_ref().and_then(|step| sight.rules.step_order(step));
    let (Some(parent), Some(here)) = (&subject.parent, order(subject)) else {
        return Reach::Nothing;
    };
    let of_parent = || sight.production.tasks_of(&parent.key);
    let passed = |task: &&Entity| names(&next.through, sight.status(&task.key));
    if !next.when_all.is_empty() {
        let is_done = |task: &Entity| names(&next.when_all, sight.status(&task.key)) || passed(&task);
        if let Some(task) = of_parent().filter(|t| order(t) == Some(here)).find(|t| !is_done(t)) {
            return Reach::NotYet(task.to_ref());
        }
    }
    let next_order = of_parent()
        .filter(|task| !passed(task))
        .filter_map(order)
        .filter(|there| *there > here)
        .min();
    let Some(there) = next_order else { return Reach::Nothing };
    let tasks = of_parent().filter(|task| order(task) == Some(there) && !passed(task));
    Reach::Several(tasks.filter(|t| matching::is_of_steps(t, &next.steps)).collect())
}

fn next_by_name<'p>(sight: &Sight<'p>, subject: &'p Entity, next: &NextTasks) -> Reach<'p> {
    let Some(parent) = &subject.parent else {
        return Reach::Nothing;
    };
    let by_name = |task: &Entity| {
        (
            task.name.clone().unwrap_or_default().to_lowercase(),
            task.key.id.clone(),
        )
    };
    let status = sight.status(&subject.key);
    if !next.when_all.is_empty() && !names(&next.when_all, status) && !names(&next.through, status) {
        return Reach::NotYet(subject.to_ref());
    }
    let here = by_name(subject);
    let later = sight
        .production
        .tasks_of(&parent.key)
        .filter(|task| by_name(task) > here && !names(&next.through, sight.status(&task.key)));
    let first = later.min_by_key(|task| by_name(task));
    Reach::Several(
        first
            .filter(|task| matching::is_of_steps(task, &next.steps))
            .into_iter()
            .collect(),
    )
}

fn next_by_dependency<'p>(sight: &Sight<'p>, subject: &'p Entity, next: &NextTasks) -> Reach<'p> {
    let mut found: Vec<&Entity> = Vec::new();
    let mut held_up: Option<&Entity> = None;
    let mut seen: HashSet<&EntityKey> = HashSet::from([&subject.key]);
    let mut at = vec![subject];
    while let Some(task) = at.pop() {
        let mut waiting: Vec<&Entity> = sight.production.downstream_of(&task.key).collect();
        waiting.sort_by_key(|t| Reverse(&t.key));
        for one in waiting.into_iter().filter(|t| seen.insert(&t.key)) {
            if !next.when_all.is_empty()
                && let Some(before) = holds_up(sight, one, next, &mut HashSet::new())
            {
                // Another way may lead to it once more, and it is asked then.
                held_up = Some(before);
            } else if names(&next.through, sight.status(&one.key)) {
                at.push(one);
            } else if matching::is_of_steps(one, &next.steps) {
                found.push(one);
            }
        }
    }
    found.sort_by_key(|t| &t.key);
    match held_up {
        Some(before) if found.is_empty() => Reach::NotYet(before.to_ref()),
        _ => Reach::Several(found),
    }
}

/// The first of the Tasks that this one waits for which is not done. What is stepped over is done when what it waits for is.
fn holds_up<'p>(
    sight: &Sight<'p>,
    task: &'p Entity,
    next: &NextTasks,
    seen: &mut HashSet<&'p EntityKey>,
) -> Option<&'p Entity> {
    let mut at = vec![task];
    while let Some(task) = at.pop() {
        let before = task.upstream.iter().filter_map(|link| sight.production.get(&link.key));
        for one in before {
            let status = sight.status(&one.key);
            if names(&next.through, status) {
                if seen.insert(&one.key) {
                    at.push(one);
                }
            } else if !names(&next.when_all, status) {
                return Some(one);
            }
        }
    }
    None
}

fn follow<'p>(production: &'p Production, link: Option<&EntityRef>) -> Reach<'p> {
    let Some(link) = link else { return Reach::Nothing };
    production
        .get(&link.key)
        .map_or_else(|| Reach::Missing(link.clone()), Reach::One)
}
