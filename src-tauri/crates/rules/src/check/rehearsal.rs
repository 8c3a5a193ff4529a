//! Fights and cycles, found by planning made-up events in a made-up Shot: what the check reports is what would happen.

use std::collections::{BTreeSet, HashSet};

use callboard_model::{
    Actor, ActorKind, Cause, Entity, EntityId, EntityKey, EntityRef, EntityType, Event, EventKey, Operation, Plan,
    PlannedSkip, Production, Road, RuleId, SiteName, SkipReason, StatusCode, Step,
};
use serde_json::Value;

use super::{Finding, FindingCode, status_words};
use crate::document::{ChangedBy, Condition, Moment, Rule, RuleSet, Target};
use crate::sentence::with_article;
use crate::{CompiledRules, DEFAULT_STATUS_FIELD, plan};

/// Enough for every real rule set many times over, and still answered while somebody draws.
const MOST_CASES: usize = 30_000;

pub(super) fn check(set: &RuleSet, findings: &mut Vec<Finding>) {
    let rules = CompiledRules::new(set);
    let stage = Stage::of(set);
    let mut told = HashSet::new();
    let mut cases = 0;
    for scene in stage.scenes() {
        for moment in stage.moments() {
            if cases == MOST_CASES {
                let message = format!(
                    "The rules name so many steps and statuses that only the first {MOST_CASES} cases were tried; fights and cycles beyond them would not be seen."
                );
                findings.push(Finding::warning(FindingCode::Incomplete, message, &[]));
                return;
            }
            cases += 1;
            let (event, production) = scene.play(moment);
            let plan = plan(&rules, &event, &production);
            for skip in plan.skipped.iter().filter(|s| s.reason == SkipReason::Conflict) {
                if let Some(finding) = conflict(set, moment, &plan, skip)
                    && told.insert((finding.code, finding.rules.iter().cloned().collect::<BTreeSet<_>>()))
                {
                    findings.push(finding);
                }
            }
        }
    }
}

/// What the rules tell apart; nothing else needs to be tried.
struct Stage {
    moments: Vec<MadeUp>,
    steps: Vec<Option<String>>,
    projects: Vec<Option<EntityId>>,
    actors: Vec<Option<ActorKind>>,
    /// The status of every entity but the one that moves.
    elsewhere: Vec<Option<StatusCode>>,
}

/// What happens to whom.
struct MadeUp {
    kind: EntityType,
    moment: Moment,
    from: Option<StatusCode>,
    to: Option<StatusCode>,
}

struct Scene {
    own_step: Option<String>,
    other_step: Option<String>,
    project: Option<EntityId>,
    actor: Option<ActorKind>,
    elsewhere: Option<StatusCode>,
}

impl Stage {
    fn of(set: &RuleSet) -> Self {
        let conditions: Vec<&Condition> = set.enabled_rules().flat_map(|r| r.conditions.alternatives()).collect();
        let projects = conditions.iter().flat_map(|c| &c.project).cloned();
        let actors = conditions.iter().filter_map(|c| match c.changed_by? {
            ChangedBy::Person => Some(ActorKind::Person),
            ChangedBy::Client => Some(ActorKind::Client),
            ChangedBy::Script => Some(ActorKind::Script),
            ChangedBy::Callboard | ChangedBy::Anyone => None,
        });
        let elsewhere = conditions.iter().flat_map(|c| &c.target_is).cloned();
        Self {
            moments: moments(set),
            steps: steps(set, &conditions),
            projects: none_and_each(projects),
            actors: none_and_each(actors),
            elsewhere: none_and_each(elsewhere),
        }
    }

    fn moments(&self) -> impl Iterator<Item = &MadeUp> {
        self.moments.iter()
    }

    fn scenes(&self) -> impl Iterator<Item = Scene> {
        // Plain loops, the innermost last: a case that is told apart by one thing alone comes early.
        self.elsewhere.iter().flat_map(move |elsewhere| {
            self.projects.iter().flat_map(move |project| {
                self.actors.iter().flat_map(move |actor| {
                    self.steps.iter().flat_map(move |other_step| {
                        self.steps.iter().map(move |own_step| Scene {
                            own_step: own_step.clone(),
                            other_step: other_step.clone(),
                            project: project.clone(),
                            actor: *actor,
                            elsewhere: elsewhere.clone(),
                        })
                    })
                })
            })
        })
    }
}

fn none_and_each<T: PartialEq>(each: impl Iterator<Item = T>) -> Vec<Option<T>> {
    let mut all = vec![None];
    for one in each.map(Some) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// One step for each way in which the rules treat steps, and none: steps that always stand together are one case.
fn steps(set: &RuleSet, conditions: &[&Condition]) -> Vec<Option<String>> {
    let asked = conditions.iter().flat_map(|c| [&c.step, &c.step_not]);
    let set_to = set.enabled_rules().filter_map(|r| match &r.then.set {
        Target::TasksOfShot(which) => Some(&which.steps),
        Target::Itself | Target::Task | Target::Shot => None,
    });
    let lists: BTreeSet<&Vec<String>> = asked.chain(set_to).filter(|list| !list.is_empty()).collect();
    let mut treated = HashSet::new();
    let mut kept = vec![None];
    for name in lists.iter().flat_map(|list| list.iter()) {
        let treatment: Vec<bool> = lists.iter().map(|list| list.contains(name)).collect();
        if treated.insert(treatment) {
            kept.push(Some(name.clone()));
        }
    }
    kept
}

fn moments(set: &RuleSet) -> Vec<MadeUp> {
    let mut found: Vec<MadeUp> = Vec::new();
    for rule in set.enabled_rules() {
        let when = &rule.when;
        // A rule that takes any status is tried with each that the column has.
        let of_column = set.statuses_of(&when.entity).iter().map(|s| s.code.clone());
        let codes: Vec<StatusCode> = if when.becomes.is_empty() {
            of_column.collect()
        } else {
            when.becomes.clone()
        };
        let froms = none_and_each(when.from.iter().cloned());
        for moment in &when.on {
            for code in &codes {
                for from in froms.iter().filter(|from| *moment == Moment::Updated || from.is_none()) {
                    let same = |m: &MadeUp| {
                        m.kind == when.entity && m.moment == *moment && m.to.as_ref() == Some(code) && m.from == *from
                    };
                    if !found.iter().any(same) {
                        let (from, to) = (from.clone(), Some(code.clone()));
                        found.push(MadeUp {
                            kind: when.entity.clone(),
                            moment: *moment,
                            from,
                            to,
                        });
                    }
                }
            }
        }
    }
    found
}

impl Scene {
    /// A Shot with two Tasks and a Version, and the event that happens to one of them.
    fn play(&self, moment: &MadeUp) -> (Event, Production) {
        let project = self.project.as_ref().map(|id| match id {
            EntityId::Number(_) => EntityRef::new("Project", id.clone()),
            EntityId::Text(name) => EntityRef::new("Project", 1).named(name.clone()),
        });
        let entity = |kind: &str, id: i64, step: &Option<String>| Entity {
            status: self.elsewhere.clone(),
            step: step.clone().map(|name| Step {
                name: Some(name),
                short_name: None,
            }),
            project: project.clone(),
            ..Entity::bare(EntityKey::new(kind, id))
        };
        let shot = entity(EntityType::SHOT, 1, &None);
        let of_shot = Some(shot.to_ref());
        let task = Entity {
            parent: of_shot.clone(),
            ..entity(EntityType::TASK, 1, &self.own_step)
        };
        let other = Entity {
            parent: of_shot.clone(),
            ..entity(EntityType::TASK, 2, &self.other_step)
        };
        let version = Entity {
            parent: of_shot,
            task: Some(task.to_ref()),
            ..entity(EntityType::VERSION, 1, &None)
        };
        let mut production: Production = [shot, task, other, version].into_iter().collect();
        let key = EntityKey::new(moment.kind.clone(), 1);
        if production.get(&key).is_none() {
            production.put(entity(moment.kind.as_str(), 1, &self.own_step));
        }
        production.set_status(&key, moment.to.clone());
        (self.event(moment, key), production)
    }

    fn event(&self, moment: &MadeUp, key: EntityKey) -> Event {
        let value = |code: &Option<StatusCode>| code.as_ref().map(|c| Value::from(c.as_str()));
        Event {
            site: SiteName::from("rehearsal"),
            key: EventKey::from("rehearsal"),
            road: Road::Log,
            hook: None,
            event_log_entry_id: None,
            event_type: "rehearsal".to_owned(),
            operation: match moment.moment {
                Moment::Updated => Operation::Update,
                Moment::Created => Operation::Create,
            },
            entity: Some(EntityRef { key, name: None }),
            field: Some(DEFAULT_STATUS_FIELD.to_owned()),
            old: value(&moment.from),
            new: value(&moment.to),
            in_create: false,
            actor: self.actor.map(|kind| Actor {
                kind,
                entity: EntityRef::new("HumanUser", 1),
            }),
            project: None,
            occurred_at: None,
            session_uuid: None,
            warning: None,
            hook_word: None,
            id: None,
        }
    }
}

fn conflict(set: &RuleSet, moment: &MadeUp, plan: &Plan, skip: &PlannedSkip) -> Option<Finding> {
    let rule = find(set, &skip.rule)?;
    let above = above(plan, skip.cause);
    let set_before = plan.changes.iter().position(|c| c.entity.key == skip.entity.key);
    let goes_round = skip.against.is_none() || set_before.is_some_and(|place| above.contains(&place));
    if goes_round {
        let changes = above.iter().rev().filter_map(|place| plan.changes.get(*place));
        let mut path = vec![stop(set, &moment.kind, moment.to.as_ref())];
        let mut rules = Vec::new();
        for change in changes {
            path.push(stop(set, &change.entity.key.kind, change.to.as_ref()));
            rules.extend(find(set, &change.rule));
        }
        path.push(stop(set, &skip.entity.key.kind, skip.to.as_ref()));
        rules.push(rule);
        let message = format!(
            "The rules come back to what they started from and want it otherwise: {}.",
            path.join(" → ")
        );
        return Some(Finding::error(FindingCode::Cycle, message, &rules));
    }
    let against = find(set, skip.against.as_ref()?)?;
    let kind = &skip.entity.key.kind;
    let first = skip
        .from
        .as_ref()
        .map_or_else(|| "no status".to_owned(), |code| status_words(set, kind, code));
    let second = skip
        .to
        .as_ref()
        .map_or_else(|| "no status".to_owned(), |code| status_words(set, kind, code));
    let verb = match moment.moment {
        Moment::Updated => "becomes",
        Moment::Created => "is made as",
    };
    let becomes = moment
        .to
        .as_ref()
        .map_or_else(String::new, |code| status_words(set, &moment.kind, code));
    let message = format!(
        "When {} {verb} {becomes}, \"{}\" sets the {kind} to {first} and \"{}\" to {second}.",
        with_article(moment.kind.as_str()),
        against.name,
        rule.name,
    );
    Some(Finding::error(FindingCode::Fighting, message, &[against, rule]))
}

/// The places of the changes between a cause and the event, nearest first.
fn above(plan: &Plan, mut cause: Cause) -> Vec<usize> {
    let mut places = Vec::new();
    while let Cause::Change(place) = cause {
        places.push(place);
        cause = plan.changes.get(place).map_or(Cause::Event, |c| c.cause);
    }
    places
}

fn stop(set: &RuleSet, kind: &EntityType, code: Option<&StatusCode>) -> String {
    let status = code.map_or_else(|| "none".to_owned(), |code| status_words(set, kind, code));
    format!("{kind} {status}")
}

fn find<'a>(set: &'a RuleSet, id: &RuleId) -> Option<&'a Rule> {
    set.rules.iter().find(|r| r.id == *id)
}
