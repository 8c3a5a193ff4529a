use std::collections::HashMap;

use callboard_model::{ActorKind, Cause, EntityId, EntityRef, EntityType, Event, Production, RuleId, StatusCode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::CompiledRules;
use crate::document::{ChangedBy, Condition, Moment, Rule, Target};
use crate::matching::{self, Miss, Mover, TriggerMiss};
use crate::plan::{Fate, Witness, plan_before};
use crate::scene::{self, Happening};
use crate::sentence::{join, mover, project, whose, with_article};

/// How one rule fared with one event and all that followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RuleVerdict {
    /// The rule.
    pub rule: RuleId,
    /// Its name.
    pub name: String,
    /// Whether it applied. What came of it stands in the plan.
    pub fired: bool,
    /// Where it came closest: at the event or at a change of the plan.
    pub cause: Cause,
    /// What did not hold there: the first part that failed, for each alternative of its `if`.
    pub failed: Vec<FailedCondition>,
    /// The same in words.
    pub sentence: String,
}

/// A part of a rule that did not hold, and what was seen instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "condition", rename_all = "snake_case")]
#[ts(export)]
pub enum FailedCondition {
    /// The event is neither a change of status nor something made.
    NoStatus,
    /// Another type of entity.
    Entity {
        /// The rule's.
        wanted: EntityType,
        /// The one that moved.
        seen: EntityType,
    },
    /// Another moment.
    Moment {
        /// The rule's.
        wanted: Vec<Moment>,
        /// What happened.
        seen: Moment,
    },
    /// It came to another status.
    Becomes {
        /// The rule's.
        wanted: Vec<StatusCode>,
        /// What it came to; none: it was cleared, or has none.
        seen: Option<StatusCode>,
    },
    /// It came from another status.
    From {
        /// The rule's.
        wanted: Vec<StatusCode>,
        /// What it was.
        seen: Option<StatusCode>,
    },
    /// Another step, or none.
    Step {
        /// The rule's.
        wanted: Vec<String>,
        /// What it is.
        seen: Option<String>,
    },
    /// A step that the rule leaves out.
    StepNot {
        /// The rule's.
        wanted: Vec<String>,
        /// What it is.
        seen: String,
    },
    /// Another project, or none.
    Project {
        /// The rule's.
        wanted: Vec<EntityId>,
        /// What it is.
        seen: Option<String>,
    },
    /// Somebody else.
    ChangedBy {
        /// The rule's.
        wanted: ChangedBy,
        /// Who it was; none where the site did not say.
        seen: Option<ChangedBy>,
    },
    /// What would be set has another status.
    TargetIs {
        /// What would be set.
        target: EntityRef,
        /// The rule's.
        wanted: Vec<StatusCode>,
        /// What it has.
        seen: Option<StatusCode>,
    },
    /// What would be set has a status that the rule leaves alone.
    TargetIsNot {
        /// What would be set.
        target: EntityRef,
        /// The rule's.
        wanted: Vec<StatusCode>,
        /// What it has.
        seen: StatusCode,
    },
    /// There is nothing to set.
    NoTarget {
        /// What the rule would set.
        target: Target,
    },
    /// The entity that moved is not known.
    Unknown {
        /// Which one.
        entity: EntityRef,
    },
}

/// Why each rule did or did not fire, in the order of the document; those that are switched off are left out.
///
/// A rule is asked at the event and again at each change that follows from it; its verdict is of where it came closest.
#[must_use]
pub fn explain(rules: &CompiledRules, event: &Event, production: &Production) -> Vec<RuleVerdict> {
    let mut recorder = Recorder {
        rules,
        production,
        closest: HashMap::new(),
    };
    plan_before(rules, event, production, &mut recorder);
    let mut closest = recorder.closest;
    let verdict = |rule: &Rule| {
        closest.remove(&rule.id).map_or_else(
            || RuleVerdict {
                rule: rule.id.clone(),
                name: rule.name.clone(),
                fired: false,
                cause: Cause::Event,
                failed: vec![FailedCondition::NoStatus],
                sentence: "The event is no change of status.".to_owned(),
            },
            |(_, verdict)| verdict,
        )
    };
    rules.every().map(verdict).collect()
}

struct Recorder<'a> {
    rules: &'a CompiledRules,
    production: &'a Production,
    closest: HashMap<RuleId, (u8, RuleVerdict)>,
}

impl Witness for Recorder<'_> {
    const ASKS_EVERY_RULE: bool = true;

    fn saw(&mut self, rule: &Rule, happening: &Happening<'_>, fate: &Fate<'_>) {
        let closeness = closeness(fate);
        if self
            .closest
            .get(&rule.id)
            .is_some_and(|(before, _)| *before >= closeness)
        {
            return;
        }
        let failed = self.failed(rule, happening, fate);
        let sentence = if failed.is_empty() {
            "It applied.".to_owned()
        } else {
            let reasons: Vec<String> = failed.iter().map(|f| self.in_words(rule, f)).collect();
            capitalised(&reasons.join(", and ")) + "."
        };
        let verdict = RuleVerdict {
            rule: rule.id.clone(),
            name: rule.name.clone(),
            fired: matches!(fate, Fate::Fired),
            cause: happening.cause,
            failed,
            sentence,
        };
        self.closest.insert(rule.id.clone(), (closeness, verdict));
    }
}

fn closeness(fate: &Fate<'_>) -> u8 {
    match fate {
        Fate::NotAsked(TriggerMiss::Entity) => 0,
        Fate::NotAsked(TriggerMiss::Moment) => 1,
        Fate::NotAsked(TriggerMiss::Becomes) => 2,
        Fate::NotAsked(TriggerMiss::From) => 3,
        Fate::Unmet(_) => 4,
        Fate::Unknown | Fate::NoTarget => 5,
        Fate::TargetUnmet(..) => 6,
        Fate::Fired => 7,
    }
}

impl Recorder<'_> {
    fn failed(&self, rule: &Rule, happening: &Happening<'_>, fate: &Fate<'_>) -> Vec<FailedCondition> {
        let when = &rule.when;
        let one = match fate {
            Fate::Fired => return Vec::new(),
            Fate::Unmet(subject) => {
                let step = scene::step_of(self.production, subject);
                let miss = |condition| {
                    matching::holds_for_subject(condition, step, happening.project_of(subject), happening.mover).err()
                };
                let alternatives = rule.conditions.alternatives().iter();
                return alternatives
                    .filter_map(|c| Some(described(c, miss(c)?, happening.entity)))
                    .collect();
            }
            Fate::TargetUnmet(target, now) => {
                let target_ref = target.to_ref();
                let alternatives = rule.conditions.alternatives().iter();
                let miss = |c| {
                    Some(described(
                        c,
                        matching::holds_for_target(c, now.as_ref()).err()?,
                        &target_ref,
                    ))
                };
                return alternatives.filter_map(miss).collect();
            }
            Fate::NotAsked(TriggerMiss::Entity) => FailedCondition::Entity {
                wanted: when.entity.clone(),
                seen: happening.entity.key.kind.clone(),
            },
            Fate::NotAsked(TriggerMiss::Moment) => FailedCondition::Moment {
                wanted: when.on.clone(),
                seen: happening.moment,
            },
            Fate::NotAsked(TriggerMiss::Becomes) => FailedCondition::Becomes {
                wanted: when.becomes.clone(),
                seen: happening.to.cloned(),
            },
            Fate::NotAsked(TriggerMiss::From) => FailedCondition::From {
                wanted: when.from.clone(),
                seen: happening.from.cloned(),
            },
            Fate::NoTarget => FailedCondition::NoTarget {
                target: rule.then.set.clone(),
            },
            Fate::Unknown => FailedCondition::Unknown {
                entity: happening.entity.clone(),
            },
        };
        vec![one]
    }

    fn in_words(&self, rule: &Rule, failed: &FailedCondition) -> String {
        let subject = &rule.when.entity;
        let target_type = rule.target_type();
        let names = |kind: &EntityType, codes: &[StatusCode]| {
            let names: Vec<String> = codes
                .iter()
                .map(|c| self.rules.status_name(kind, c).to_owned())
                .collect();
            join(&names, "or")
        };
        let status = |kind: &EntityType, code: &Option<StatusCode>| {
            code.as_ref()
                .map_or_else(|| "none".to_owned(), |c| self.rules.status_name(kind, c).to_owned())
        };
        match failed {
            FailedCondition::NoStatus => "the event is no change of status".to_owned(),
            FailedCondition::Entity { wanted, seen } => {
                format!(
                    "it is {}, not {}",
                    with_article(seen.as_str()),
                    with_article(wanted.as_str())
                )
            }
            FailedCondition::Moment {
                seen: Moment::Created, ..
            } => "it was just made, its status did not change".to_owned(),
            FailedCondition::Moment {
                seen: Moment::Updated, ..
            } => "its status changed, it was not just made".to_owned(),
            FailedCondition::Becomes { wanted, seen: None } => {
                format!("it has no status, not {}", names(subject, wanted))
            }
            FailedCondition::Becomes { wanted, seen } => {
                format!("it became {}, not {}", status(subject, seen), names(subject, wanted))
            }
            FailedCondition::From { wanted, seen } => {
                format!(
                    "it was {} before, not {}",
                    status(subject, seen),
                    names(subject, wanted)
                )
            }
            FailedCondition::Step { wanted, seen: None } => format!("there is no step, so not {}", join(wanted, "or")),
            FailedCondition::Step {
                wanted,
                seen: Some(seen),
            } => format!("the step is {seen}, not {}", join(wanted, "or")),
            FailedCondition::StepNot { wanted, seen } => {
                format!("the step is {seen}, and the rule leaves out {}", join(wanted, "and"))
            }
            FailedCondition::Project { wanted, seen } => {
                let wanted: Vec<String> = wanted.iter().map(project).collect();
                format!(
                    "the project is {}, not {}",
                    seen.as_deref().unwrap_or("none"),
                    join(&wanted, "or")
                )
            }
            FailedCondition::ChangedBy { wanted, seen } => {
                format!(
                    "{} moved it, not {}",
                    seen.map_or("somebody unnamed", mover),
                    mover(*wanted)
                )
            }
            FailedCondition::TargetIs { target, wanted, seen } => {
                format!(
                    "{} is {}, not {}",
                    called(target),
                    status(&target_type, seen),
                    names(&target_type, wanted)
                )
            }
            FailedCondition::TargetIsNot { target, seen, .. } => {
                let seen = self.rules.status_name(&target_type, seen);
                format!("{} is {seen}, which the rule leaves alone", called(target))
            }
            FailedCondition::NoTarget { target } => {
                format!("there is nothing to set: {} does not exist", whose(subject, target))
            }
            FailedCondition::Unknown { entity } => format!("{} is not known", called(entity)),
        }
    }
}

fn described(condition: &Condition, miss: Miss<'_>, entity: &EntityRef) -> FailedCondition {
    let step_name = |step: &callboard_model::Step| {
        step.name
            .clone()
            .or_else(|| step.short_name.clone())
            .unwrap_or_else(|| "without a name".to_owned())
    };
    match miss {
        Miss::Step(seen) => FailedCondition::Step {
            wanted: condition.step.clone(),
            seen: seen.map(step_name),
        },
        Miss::StepNot(seen) => FailedCondition::StepNot {
            wanted: condition.step_not.clone(),
            seen: step_name(seen),
        },
        Miss::Project(seen) => FailedCondition::Project {
            wanted: condition.project.clone(),
            seen: seen.map(|p| p.name.clone().unwrap_or_else(|| p.key.id.to_string())),
        },
        Miss::ChangedBy(seen) => FailedCondition::ChangedBy {
            wanted: condition.changed_by.unwrap_or(ChangedBy::Anyone),
            seen: match seen {
                Mover::Rule => Some(ChangedBy::Callboard),
                Mover::Outside(Some(ActorKind::Person)) => Some(ChangedBy::Person),
                Mover::Outside(Some(ActorKind::Client)) => Some(ChangedBy::Client),
                Mover::Outside(Some(ActorKind::Script)) => Some(ChangedBy::Script),
                Mover::Outside(Some(ActorKind::Other) | None) => None,
            },
        },
        Miss::TargetIs(seen) => FailedCondition::TargetIs {
            target: entity.clone(),
            wanted: condition.target_is.clone(),
            seen: seen.cloned(),
        },
        Miss::TargetIsNot(seen) => FailedCondition::TargetIsNot {
            target: entity.clone(),
            wanted: condition.target_is_not.clone(),
            seen: seen.clone(),
        },
    }
}

fn called(entity: &EntityRef) -> String {
    entity
        .name
        .as_ref()
        .map_or_else(|| entity.key.to_string(), |name| format!("{} {name}", entity.key.kind))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}
