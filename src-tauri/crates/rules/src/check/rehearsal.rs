//! Fights and cycles, found by planning made-up events in a made-up Shot: what the check reports is what would happen.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use callboard_model::{
    Actor, ActorKind, Cause, Entity, EntityId, EntityKey, EntityRef, EntityType, Event, EventKey, Note, Operation,
    Plan, PlannedSkip, Production, Road, RuleId, SiteName, SkipReason, StatusCode, Step,
};
use serde_json::Value;

use super::{Finding, FindingCode, status_words};
use crate::classes::NO_STATUS;
use crate::document::{ChangedBy, Condition, Conditions, Moment, Rule, RuleSet, Target};
use crate::sentence::{quoted, with_article};
use crate::{CompiledRules, DEFAULT_STATUS_FIELD, apply_event, plan};

/// Enough for every real rule set many times over, and still answered while somebody draws.
const MOST_CASES: usize = 30_000;

pub(super) fn check(set: &RuleSet, findings: &mut Vec<Finding>) {
    let mut told = HashSet::new();
    let mut cases = 0;
    for cast in on_each_site(set).iter().flat_map(casts) {
        let rules = CompiledRules::new(&cast);
        let stage = Stage::of(&cast);
        for scene in stage.scenes() {
            for moment in &stage.moments {
                if cases == MOST_CASES {
                    let message = format!(
                        "The rules name so many steps and statuses that only the first {MOST_CASES} cases were tried; fights and cycles beyond them would not be seen."
                    );
                    findings.push(Finding::warning(FindingCode::Incomplete, message, &[]));
                    return;
                }
                cases += 1;
                let (event, production) = scene.play(&stage, moment);
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
}

/// The rules as they are asked on each site that they name, and on any other. What is set on another site meets nothing here.
fn on_each_site(set: &RuleSet) -> Vec<RuleSet> {
    let sites = none_and_each(set.enabled_rules().filter_map(|rule| rule.when.site.clone()));
    let on = |site: &Option<SiteName>| {
        let is_here = |rule: &&Rule| rule.when.site.is_none() || rule.when.site == *site;
        let asked = set.enabled_rules().filter(|rule| rule.elsewhere().is_none());
        let rules = asked.filter(is_here).cloned().map(|mut rule| {
            rule.when.site = None;
            rule
        });
        RuleSet {
            rules: rules.collect(),
            ..set.clone()
        }
    };
    sites.iter().map(on).collect()
}

/// The rules as they would be asked where no filter holds, and where each filter holds alone. Which events a filter lets
/// through cannot be told from the rules.
fn casts(set: &RuleSet) -> Vec<RuleSet> {
    let conditions = set.enabled_rules().flat_map(|r| r.conditions.alternatives());
    let filters = none_and_each(conditions.filter_map(|c| c.filter.clone()));
    let cast = |holds: &Option<String>| {
        let rules = set.enabled_rules().filter_map(|rule| {
            let asked = |c: &&Condition| c.filter.is_none() || c.filter == *holds;
            let left: Vec<Condition> = rule.conditions.alternatives().iter().filter(asked).cloned().collect();
            if left.is_empty() && !rule.conditions.is_empty() {
                return None;
            }
            let without_filter = |c: Condition| Condition { filter: None, ..c };
            let conditions = Conditions::Any(left.into_iter().map(without_filter).collect());
            Some(Rule {
                conditions,
                ..rule.clone()
            })
        });
        RuleSet {
            rules: rules.collect(),
            ..set.clone()
        }
    };
    filters.iter().map(cast).collect()
}

/// What the rules tell apart; nothing else needs to be tried.
struct Stage {
    moments: Vec<MadeUp>,
    steps: Vec<Option<String>>,
    projects: Vec<Option<EntityId>>,
    actors: Vec<Option<ActorKind>>,
    /// The status of every entity but the one that moves.
    elsewhere: Vec<Option<StatusCode>>,
    /// What Tasks and Versions belong to.
    owners: Vec<EntityType>,
    /// Fields of every entity.
    fields: Vec<BTreeMap<String, Value>>,
    /// The entity type above each, as far as the rules speak of it.
    above: BTreeMap<EntityType, EntityType>,
}

/// What happens to whom.
#[derive(Clone, PartialEq)]
struct MadeUp {
    kind: EntityType,
    moment: Moment,
    field: Option<String>,
    event_type: Option<String>,
    from: Option<StatusCode>,
    to: Option<StatusCode>,
    text: Option<String>,
}

struct Scene {
    own_step: Option<String>,
    other_step: Option<String>,
    project: Option<EntityId>,
    actor: Option<ActorKind>,
    elsewhere: Option<StatusCode>,
    owner: EntityType,
    fields: BTreeMap<String, Value>,
}

impl Stage {
    fn of(set: &RuleSet) -> Self {
        let conditions: Vec<&Condition> = set.enabled_rules().flat_map(|r| r.conditions.alternatives()).collect();
        let projects = conditions.iter().flat_map(|c| &c.project).cloned();
        let actors = conditions.iter().filter_map(|c| match c.changed_by? {
            ChangedBy::Person => Some(ActorKind::Person),
            ChangedBy::Client => Some(ActorKind::Client),
            ChangedBy::Script => Some(ActorKind::Script),
            ChangedBy::Callboard | ChangedBy::Outside | ChangedBy::Anyone => None,
        });
        let mut fields = vec![BTreeMap::new()];
        let asked = conditions.iter().flat_map(|c| [&c.field_is, &c.target_field_is]);
        for asked in asked.filter(|asked| !asked.is_empty()) {
            let values = asked.iter();
            let first = |(name, values): (&String, &Vec<String>)| Some((name.clone(), values.first()?.clone().into()));
            let these: BTreeMap<String, Value> = values.filter_map(first).collect();
            if !fields.contains(&these) {
                fields.push(these);
            }
        }
        Self {
            moments: moments(set),
            steps: steps(set, &conditions),
            projects: none_and_each(projects),
            actors: none_and_each(actors),
            elsewhere: none_and_each(elsewhere(set, &conditions)),
            owners: owners(set, &conditions),
            fields,
            above: above_in(set),
        }
    }

    fn scenes(&self) -> impl Iterator<Item = Scene> {
        // Plain loops, the innermost last: a case that is told apart by one thing alone comes early.
        self.elsewhere.iter().flat_map(move |elsewhere| {
            self.owners.iter().flat_map(move |owner| {
                self.fields.iter().flat_map(move |fields| {
                    self.projects.iter().flat_map(move |project| {
                        self.actors.iter().flat_map(move |actor| {
                            self.steps.iter().flat_map(move |other_step| {
                                self.steps.iter().map(move |own_step| Scene {
                                    own_step: own_step.clone(),
                                    other_step: other_step.clone(),
                                    project: project.clone(),
                                    actor: *actor,
                                    elsewhere: elsewhere.clone(),
                                    owner: owner.clone(),
                                    fields: fields.clone(),
                                })
                            })
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
    let around = conditions.iter().filter_map(|c| Some(&c.siblings.as_ref()?.steps));
    let set_to = set.enabled_rules().flat_map(|r| {
        let below = match &r.then.set {
            Target::TasksOfShot(which) => Some(&which.steps),
            Target::Children(which) => Some(&which.steps),
            Target::NextTasks(next) => Some(&next.steps),
            Target::Itself
            | Target::Task
            | Target::Shot
            | Target::Parent(_)
            | Target::Versions(_)
            | Target::Elsewhere(_) => None,
        };
        let rolled = r.rolls_up().map(|(_, roll_up)| &roll_up.steps);
        below.into_iter().chain(rolled)
    });
    let lists: BTreeSet<&Vec<String>> = asked
        .chain(around)
        .chain(set_to)
        .filter(|list| !list.is_empty())
        .collect();
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

/// Statuses that rules ask of others than the one that moves: one of each list is enough.
fn elsewhere(set: &RuleSet, conditions: &[&Condition]) -> impl Iterator<Item = StatusCode> {
    let of_targets = conditions.iter().flat_map(|c| &c.target_is).cloned();
    let of_siblings = conditions
        .iter()
        .filter_map(|c| c.siblings.as_ref())
        .flat_map(|s| [s.all.first(), s.any.first()])
        .flatten()
        .cloned();
    let of_rules = set.enabled_rules().flat_map(|rule| {
        let mut codes: Vec<StatusCode> = Vec::new();
        if let Target::NextTasks(next) = &rule.then.set {
            codes.extend(next.when_all.first().into_iter().chain(next.through.first()).cloned());
        }
        if let Some((_, roll_up)) = rule.rolls_up() {
            let rows = roll_up.rows.iter();
            codes.extend(
                rows.flat_map(|row| [row.all.first(), row.any.first()])
                    .flatten()
                    .cloned(),
            );
        }
        codes
    });
    let all: Vec<StatusCode> = of_targets
        .chain(of_siblings)
        .chain(of_rules)
        .filter(|code| code.as_str() != NO_STATUS)
        .collect();
    all.into_iter()
}

/// What Tasks and Versions may belong to: a Shot, and whatever else the rules speak of.
fn owners(set: &RuleSet, conditions: &[&Condition]) -> Vec<EntityType> {
    let mut kinds = vec![EntityType::from(EntityType::SHOT)];
    let asked = conditions.iter().flat_map(|c| &c.belongs_to);
    let asset = EntityType::from("Asset");
    let speaks_of_assets = set
        .enabled_rules()
        .any(|r| r.when.entity == asset || r.target_type() == asset);
    for kind in asked.chain(speaks_of_assets.then_some(&asset)) {
        if !kinds.contains(kind) {
            kinds.push(kind.clone());
        }
    }
    kinds
}

/// Which type stands above which: the usual order, and what the rules say of types that stand in none.
fn above_in(set: &RuleSet) -> BTreeMap<EntityType, EntityType> {
    let kind = EntityType::from;
    let mut above = BTreeMap::from([
        (kind(EntityType::SHOT), kind("Sequence")),
        (kind("Sequence"), kind("Episode")),
    ]);
    for rule in set.enabled_rules() {
        let (below, over) = match &rule.then.set {
            Target::Parent(over) => (rule.when.entity.clone(), over.clone()),
            Target::Children(which) => (
                which.kind.clone(),
                which.of.clone().unwrap_or_else(|| rule.when.entity.clone()),
            ),
            _ => continue,
        };
        let is_part = below.is(EntityType::TASK) || below.is(EntityType::VERSION);
        if !is_part && !above.contains_key(&below) && !above.contains_key(&over) {
            above.insert(below, over);
        }
    }
    above
}

fn moments(set: &RuleSet) -> Vec<MadeUp> {
    let mut found: Vec<MadeUp> = Vec::new();
    let sets_fields = set.enabled_rules().any(|r| r.then.field.is_some());
    for rule in set.enabled_rules() {
        let when = &rule.when;
        // A rule that takes any status is tried with each that the column has.
        let of_column = set.statuses_of(&when.entity).iter().map(|s| s.code.clone());
        let codes: Vec<Option<StatusCode>> = if !when.becomes.is_empty() {
            when.becomes.iter().cloned().map(Some).collect()
        } else if when.field.is_some() && sets_fields {
            // What is cleared clears nothing else: where it could come back by another rule, some value must be tried.
            vec![None, Some("a value".into())]
        } else if when.field.is_some() {
            vec![None]
        } else {
            of_column.map(Some).chain([None]).collect()
        };
        let said = rule.conditions.alternatives().iter().flat_map(|c| &c.text).cloned();
        let texts = none_and_each(said);
        let froms = none_and_each(when.from.iter().cloned());
        for moment in &when.on {
            let updated = *moment == Moment::Updated;
            let of_field = updated && when.field.is_some();
            for code in &codes {
                for from in froms.iter().filter(|from| updated || from.is_none()) {
                    for text in texts
                        .iter()
                        .filter(|t| t.is_none() || of_field || *moment == Moment::NoteAdded)
                    {
                        let is_none = |code: &StatusCode| code.as_str() == NO_STATUS;
                        let made_up = MadeUp {
                            kind: when.entity.clone(),
                            moment: *moment,
                            field: when.field.clone().filter(|_| updated),
                            event_type: when.event_type.first().cloned(),
                            from: from.clone().filter(|c| !is_none(c)),
                            to: code.clone().filter(|c| !is_none(c)),
                            text: text.clone(),
                        };
                        if !found.contains(&made_up) {
                            found.push(made_up);
                        }
                    }
                }
            }
        }
    }
    found
}

impl Scene {
    /// A Shot (or an Asset) with two Tasks and two Versions and what stands above it, and the event that happens to one of
    /// them.
    fn play(&self, stage: &Stage, moment: &MadeUp) -> (Event, Production) {
        let project = self.project.as_ref().map(|id| match id {
            EntityId::Number(_) => EntityRef::new("Project", id.clone()),
            EntityId::Text(name) => EntityRef::new("Project", 1).named(name.clone()),
        });
        let step = |name: &Option<String>, order| {
            Some(Step {
                name: name.clone(),
                short_name: None,
                order: Some(order),
            })
        };
        let entity = |kind: &EntityType, id: i64| Entity {
            status: self.elsewhere.clone(),
            project: project.clone(),
            fields: self.fields.clone(),
            ..Entity::bare(EntityKey::new(kind.clone(), id))
        };
        let (task, version) = (
            EntityType::from(EntityType::TASK),
            EntityType::from(EntityType::VERSION),
        );
        let owner = || Some(EntityRef::new(self.owner.clone(), 1));
        let first = EntityRef::new(EntityType::TASK, 1);
        let mut production = Production::default();
        production.put(entity(&self.owner, 1));
        production.put(Entity {
            parent: owner(),
            step: step(&self.own_step, 1),
            ..entity(&task, 1)
        });
        production.put(Entity {
            parent: owner(),
            step: step(&self.other_step, 2),
            upstream: vec![first.clone()],
            ..entity(&task, 2)
        });
        for id in [1, 2] {
            production.put(Entity {
                parent: owner(),
                task: Some(first.clone()),
                ..entity(&version, id)
            });
        }
        let moved = EntityKey::new(moment.kind.clone(), 1);
        for kind in stage.above.keys().chain(stage.above.values()).chain([&moment.kind]) {
            if production.get(&EntityKey::new(kind.clone(), 1)).is_none() {
                production.put(entity(kind, 1));
            }
        }
        for (below, over) in &stage.above {
            if let Some(mut one) = production.get(&EntityKey::new(below.clone(), 1)).cloned() {
                one.parent = Some(EntityRef::new(over.clone(), 1));
                production.put(one);
            }
        }
        if let Some(mut one) = production.get(&moved).cloned() {
            match &moment.field {
                None => one.status.clone_from(&moment.to),
                Some(field) => {
                    let text = moment.text.as_deref().or(moment.to.as_ref().map(StatusCode::as_str));
                    one.fields.insert(field.clone(), text.map_or(Value::Null, Value::from));
                }
            }
            production.put(one);
        }
        let event = self.event(moment, moved);
        if moment.moment == Moment::Deleted {
            apply_event(&mut production, &event, None, DEFAULT_STATUS_FIELD);
        }
        (event, production)
    }

    fn event(&self, moment: &MadeUp, key: EntityKey) -> Event {
        let value = |code: &Option<StatusCode>| code.as_ref().map(|c| Value::from(c.as_str()));
        let said = moment.text.as_ref().filter(|_| moment.field.is_some());
        let entity = EntityRef { key, name: None };
        let operation = match moment.moment {
            Moment::Updated => Operation::Update,
            Moment::Created => Operation::Create,
            Moment::Deleted => Operation::Delete,
            Moment::Revived => Operation::Revive,
            Moment::NoteAdded => Operation::Note,
            Moment::Custom => Operation::Custom,
        };
        let name = "rehearsal";
        let event_type = moment.event_type.clone().unwrap_or_else(|| name.to_owned());
        Event {
            field: Some(moment.field.clone().unwrap_or_else(|| DEFAULT_STATUS_FIELD.to_owned())),
            old: value(&moment.from),
            new: said
                .map(|text| Value::from(text.as_str()))
                .or_else(|| value(&moment.to)),
            actor: self.actor.map(|kind| Actor {
                kind,
                entity: EntityRef::new("HumanUser", 1),
            }),
            note: (moment.moment == Moment::NoteAdded).then(|| Note {
                text: moment.text.clone().unwrap_or_default(),
                about: vec![entity.clone()],
            }),
            entity: Some(entity),
            ..Event::bare(
                SiteName::from(name),
                EventKey::from(name),
                Road::Log,
                event_type,
                operation,
            )
        }
    }
}

fn conflict(set: &RuleSet, moment: &MadeUp, plan: &Plan, skip: &PlannedSkip) -> Option<Finding> {
    let rule = find(set, &skip.rule)?;
    let above = above(plan, skip.cause);
    let set_before = plan
        .changes
        .iter()
        .position(|c| c.entity.key == skip.entity.key && c.field == skip.field);
    let goes_round = skip.against.is_none() || set_before.is_some_and(|place| above.contains(&place));
    if goes_round {
        let changes = above.iter().rev().filter_map(|place| plan.changes.get(*place));
        let mut path = vec![stop(set, &moment.kind, moment.field.as_deref(), moment.to.as_ref())];
        let mut rules = Vec::new();
        for change in changes {
            let kind = &change.entity.key.kind;
            path.push(stop(set, kind, change.field.as_deref(), change.to.as_ref()));
            rules.extend(find(set, &change.rule));
        }
        let kind = &skip.entity.key.kind;
        path.push(stop(set, kind, skip.field.as_deref(), skip.to.as_ref()));
        rules.push(rule);
        let message = format!(
            "The rules come back to what they started from and want it otherwise: {}.",
            path.join(" → ")
        );
        return Some(Finding::error(FindingCode::Cycle, message, &rules));
    }
    let against = find(set, skip.against.as_ref()?)?;
    let kind = &skip.entity.key.kind;
    let said = |code: Option<&StatusCode>| match (code, &skip.field) {
        (Some(code), None) => status_words(set, kind, code),
        (None, None) => "no status".to_owned(),
        (Some(value), Some(_)) => quoted(value),
        (None, Some(_)) => "nothing".to_owned(),
    };
    let (first, second) = (said(skip.from.as_ref()), said(skip.to.as_ref()));
    let what = match &skip.field {
        Some(field) => format!("{kind}'s {field}"),
        None => kind.to_string(),
    };
    let happens = happens(set, moment);
    let message = format!(
        "When {} {happens}, \"{}\" sets the {what} to {first} and \"{}\" to {second}.",
        with_article(moment.kind.as_str()),
        against.name,
        rule.name,
    );
    Some(Finding::error(FindingCode::Fighting, message, &[against, rule]))
}

/// What happens in a made-up moment: `becomes Client Note (note)`.
fn happens(set: &RuleSet, moment: &MadeUp) -> String {
    let to = || match &moment.to {
        Some(code) => status_words(set, &moment.kind, code),
        None => "no status".to_owned(),
    };
    match moment.moment {
        Moment::Updated => match (&moment.field, &moment.text, &moment.to) {
            (None, ..) => format!("becomes {}", to()),
            (Some(field), Some(text), _) => format!("has its {field} set to \"{text}\""),
            (Some(field), None, Some(value)) => format!("has its {field} set to {value}"),
            (Some(field), None, None) => format!("has its {field} changed"),
        },
        Moment::Created => format!("is made as {}", to()),
        Moment::Deleted => format!("is put in the trash as {}", to()),
        Moment::Revived => format!("is taken out of the trash as {}", to()),
        Moment::NoteAdded => match &moment.text {
            Some(text) => format!("gets the note \"{text}\""),
            None => "gets a note".to_owned(),
        },
        Moment::Custom => "has a custom event".to_owned(),
    }
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

fn stop(set: &RuleSet, kind: &EntityType, field: Option<&str>, code: Option<&StatusCode>) -> String {
    if let Some(field) = field {
        return format!("{kind} {field} {}", code.map_or_else(|| "empty".to_owned(), quoted));
    }
    let status = code.map_or_else(|| "none".to_owned(), |code| status_words(set, kind, code));
    format!("{kind} {status}")
}

fn find<'a>(set: &'a RuleSet, id: &RuleId) -> Option<&'a Rule> {
    set.rules.iter().find(|r| r.id == *id)
}
