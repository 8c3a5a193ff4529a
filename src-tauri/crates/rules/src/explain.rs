use std::borrow::Cow;
use std::collections::HashMap;

use callboard_model::{ActorKind, Cause, EntityId, EntityRef, EntityType, Event, Production, RuleId, StatusCode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::CompiledRules;
use crate::compile::{ReadyCondition, ReadyRule};
use crate::document::{ChangedBy, Moment, Rule, Target};
use crate::matching::{Miss, Mover, SiblingsMiss, TriggerMiss};
use crate::plan::{Fate, Witness, plan_before};
use crate::scene::{Happening, Held};
use crate::sentence::{join, mover, project, whose, with_article};
use crate::wish::Leave;

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
        seen: Option<StatusCode>,
    },
    /// There is nothing to set.
    NoTarget {
        /// What the rule would set.
        target: Target,
    },
    /// Another field changed.
    Field {
        /// The rule's; none: the status.
        wanted: Option<String>,
        /// The one that changed; none: the status.
        seen: Option<String>,
    },
    /// An event of another name, or a rule's change, which has none.
    EventType {
        /// The rule's.
        wanted: Vec<String>,
        /// What it was.
        seen: Option<String>,
    },
    /// The entity that moved is in another status.
    StatusIs {
        /// The rule's.
        wanted: Vec<StatusCode>,
        /// What it has.
        seen: Option<StatusCode>,
    },
    /// The entity that moved is in a status that the rule leaves out.
    StatusIsNot {
        /// What it has.
        seen: Option<StatusCode>,
    },
    /// It belongs to another type of entity, or to none.
    BelongsTo {
        /// The rule's.
        wanted: Vec<EntityType>,
        /// What it belongs to.
        seen: Option<EntityType>,
    },
    /// It is not the first Version of its Task.
    FirstVersion,
    /// A field has another value.
    FieldIs {
        /// The field.
        field: String,
        /// The rule's values.
        wanted: Vec<String>,
        /// What it has.
        seen: Option<String>,
    },
    /// A field has a value that the rule leaves out.
    FieldIsNot {
        /// The field.
        field: String,
        /// What it has.
        seen: String,
    },
    /// None of the words stands in the text.
    Text {
        /// The rule's.
        wanted: Vec<String>,
        /// The text; none where there is none.
        seen: Option<String>,
    },
    /// Words that the rule leaves out stand in the text.
    TextNot {
        /// Those found.
        seen: String,
    },
    /// The expression does not hold.
    Filter {
        /// The rule's.
        wanted: String,
        /// What was seen, in words; none where nothing was received that it could be held against.
        seen: Option<String>,
    },
    /// The siblings stand otherwise.
    Siblings {
        /// The first that was not as wanted, where one can be named.
        entity: Option<EntityRef>,
        /// Its status.
        seen: Option<StatusCode>,
        /// What was not so.
        why: SiblingsWhy,
    },
    /// A field of what would be set has another value.
    TargetFieldIs {
        /// What would be set.
        target: EntityRef,
        /// The field.
        field: String,
        /// The rule's values.
        wanted: Vec<String>,
        /// What it has.
        seen: Option<String>,
    },
    /// A field of what would be set has a value that the rule leaves out.
    TargetFieldIsNot {
        /// What would be set.
        target: EntityRef,
        /// The field.
        field: String,
        /// What it has.
        seen: String,
    },
    /// What would be set would go back in its column's order.
    Backwards {
        /// What would be set.
        target: EntityRef,
        /// What it has.
        seen: StatusCode,
    },
    /// Something that comes before is not done.
    NotYet {
        /// Which one.
        entity: EntityRef,
        /// The status that it has.
        seen: Option<StatusCode>,
    },
    /// It applies, and wants nothing of this entity.
    Leaves {
        /// What it would set.
        target: EntityRef,
        /// Why.
        why: String,
    },
    /// It is set aside.
    SetAside {
        /// Why.
        why: String,
    },
    /// The entity that moved is not known.
    Unknown {
        /// Which one.
        entity: EntityRef,
    },
}

/// How a set of siblings was not as wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SiblingsWhy {
    /// There was none to look at.
    NoneLeft,
    /// One is in another status, and all had to be in the wanted ones.
    NotAll,
    /// None is in a wanted status, and one had to be.
    NotAny,
    /// One is in a status in which none may be.
    NotNone,
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
    let mut verdict = |rule: &Rule| {
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
    rules.every().map(|(_, ready)| verdict(&ready.rule)).collect()
}

struct Recorder<'a> {
    rules: &'a CompiledRules,
    production: &'a Production,
    closest: HashMap<RuleId, (u8, RuleVerdict)>,
}

impl Witness for Recorder<'_> {
    const ASKS_EVERY_RULE: bool = true;

    fn saw(&mut self, ready: &ReadyRule, happening: &Happening<'_>, fate: &Fate<'_>) {
        let rule = &ready.rule;
        let closeness = closeness(fate);
        let before = self.closest.get(&rule.id).map(|(before, _)| *before);
        if before.is_none_or(|before| before < closeness) {
            let verdict = verdict(self.rules, self.production, rule, happening, fate);
            self.closest.insert(rule.id.clone(), (closeness, verdict));
        }
    }
}

pub(crate) fn closeness(fate: &Fate<'_>) -> u8 {
    match fate {
        Fate::SetAside(_) => 0,
        Fate::NotAsked(TriggerMiss::Entity) => 1,
        Fate::NotAsked(TriggerMiss::Moment) => 2,
        Fate::NotAsked(TriggerMiss::Field) => 3,
        Fate::NotAsked(TriggerMiss::Becomes) => 4,
        Fate::NotAsked(TriggerMiss::From) => 5,
        Fate::NotAsked(TriggerMiss::EventType) => 6,
        Fate::Unmet(_) => 7,
        Fate::Unknown | Fate::NoTarget => 8,
        Fate::NotYet(_) | Fate::TargetUnmet(..) | Fate::Leaves(..) => 9,
        Fate::Fired => 10,
    }
}

/// How a rule fared at one happening, in conditions and in words.
pub(crate) fn verdict(
    rules: &CompiledRules,
    production: &Production,
    rule: &Rule,
    happening: &Happening<'_>,
    fate: &Fate<'_>,
) -> RuleVerdict {
    let failed = failed(production, rule, happening, fate);
    let sentence = if failed.is_empty() {
        "It applied.".to_owned()
    } else {
        let teller = Teller { rules };
        let reasons: Vec<String> = failed.iter().map(|f| teller.in_words(rule, f)).collect();
        capitalised(&reasons.join(", and ")) + "."
    };
    RuleVerdict {
        rule: rule.id.clone(),
        name: rule.name.clone(),
        fired: matches!(fate, Fate::Fired),
        cause: happening.cause,
        failed,
        sentence,
    }
}

fn failed(production: &Production, rule: &Rule, happening: &Happening<'_>, fate: &Fate<'_>) -> Vec<FailedCondition> {
    let when = &rule.when;
    let one = match fate {
        Fate::Fired => return Vec::new(),
        Fate::Unmet(misses) => {
            let described = misses.iter().map(|(c, miss)| described(c, *miss, happening, None));
            return described.collect();
        }
        Fate::TargetUnmet(target, misses) => {
            let target = target.to_ref();
            let described = misses
                .iter()
                .map(|(c, miss)| described(c, *miss, happening, Some(&target)));
            return described.collect();
        }
        Fate::SetAside(why) => FailedCondition::SetAside { why: (*why).to_owned() },
        Fate::NotYet(before) => FailedCondition::NotYet {
            entity: (*before).clone(),
            seen: production.get(&before.key).and_then(|e| e.status.clone()),
        },
        Fate::Leaves(target, why) => FailedCondition::Leaves {
            target: target.to_ref(),
            why: leaves(*why).to_owned(),
        },
        Fate::NotAsked(TriggerMiss::Entity) => FailedCondition::Entity {
            wanted: when.entity.clone(),
            seen: happening.entity.key.kind.clone(),
        },
        Fate::NotAsked(TriggerMiss::Moment) => FailedCondition::Moment {
            wanted: when.on.clone(),
            seen: happening.moment,
        },
        Fate::NotAsked(TriggerMiss::Field) => FailedCondition::Field {
            wanted: when.field.clone(),
            seen: happening.field.map(str::to_owned),
        },
        Fate::NotAsked(TriggerMiss::EventType) => FailedCondition::EventType {
            wanted: when.event_type.clone(),
            seen: happening.event_type.map(str::to_owned),
        },
        Fate::NotAsked(TriggerMiss::Becomes) => FailedCondition::Becomes {
            wanted: when.becomes.clone(),
            seen: happening.code().cloned(),
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

fn leaves(why: Leave) -> &'static str {
    match why {
        Leave::NoneNamed => "the rule names no status",
        Leave::NoCode => "the other status was cleared, and that clears nothing else",
        Leave::NoClass => "no status here is of that class",
        Leave::NoneLeft => "there is nothing below it to look at",
        Leave::NoRow => "no row of the roll-up holds",
        Leave::BadField => "its field cannot be set like that, as the check says",
        Leave::NoLike => "no status here is like the one picked",
    }
}

/// Says failed conditions with the names of statuses.
struct Teller<'a> {
    rules: &'a CompiledRules,
}

impl Teller<'_> {
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
            FailedCondition::Moment { wanted, seen } => {
                let wanted: Vec<String> = wanted.iter().map(|m| moment(*m).to_owned()).collect();
                format!("{}, and the rule asks whether {}", moment(*seen), join(&wanted, "or"))
            }
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
                format!(
                    "{} is {}, which the rule leaves alone",
                    called(target),
                    status(&target_type, seen)
                )
            }
            FailedCondition::NoTarget { target } => {
                format!("there is nothing to set: {} does not exist", whose(subject, target))
            }
            FailedCondition::Field { wanted, seen } => {
                let name = |field: &Option<String>| match field {
                    Some(field) => format!("its {field}"),
                    None => "its status".to_owned(),
                };
                format!("{} changed, not {}", name(seen), name(wanted))
            }
            FailedCondition::EventType { wanted, seen } => format!(
                "the event is {}, not {}",
                seen.as_deref().unwrap_or("a rule's change"),
                join(wanted, "or")
            ),
            FailedCondition::StatusIs { wanted, seen } => {
                format!("it is {}, not {}", status(subject, seen), names(subject, wanted))
            }
            FailedCondition::StatusIsNot { seen } => {
                format!("it is {}, which the rule leaves out", status(subject, seen))
            }
            FailedCondition::BelongsTo { wanted, seen } => {
                let wanted: Vec<String> = wanted.iter().map(|k| with_article(k.as_str())).collect();
                let seen = seen
                    .as_ref()
                    .map_or_else(|| "nothing".to_owned(), |k| with_article(k.as_str()));
                format!("it belongs to {seen}, not to {}", join(&wanted, "or"))
            }
            FailedCondition::FirstVersion => "it is not the first Version of its Task".to_owned(),
            FailedCondition::FieldIs { field, wanted, seen } => format!(
                "{field} is {}, not {}",
                seen.as_deref().unwrap_or("empty"),
                join(wanted, "or")
            ),
            FailedCondition::FieldIsNot { field, seen } => format!("{field} is {seen}, which the rule leaves out"),
            FailedCondition::Text { wanted, seen: None } => {
                format!("nothing was said, so not {}", join(&quoted(wanted), "or"))
            }
            FailedCondition::Text { wanted, .. } => format!("it does not say {}", join(&quoted(wanted), "or")),
            FailedCondition::TextNot { seen } => format!("it says \"{seen}\", which the rule leaves out"),
            FailedCondition::Filter { seen: None, .. } => {
                "a rule set it, so there is no event for the filter to look at".to_owned()
            }
            FailedCondition::Filter { seen: Some(seen), .. } => format!("the filter does not hold: {seen}"),
            FailedCondition::Siblings { entity, seen, why } => {
                let kind = entity.as_ref().map_or(subject, |e| &e.key.kind);
                let which = entity.as_ref().map_or_else(|| "one".to_owned(), called);
                match why {
                    SiblingsWhy::NoneLeft => "there is none around it to look at".to_owned(),
                    SiblingsWhy::NotAll => {
                        format!("not all are where they should be: {which} is {}", status(kind, seen))
                    }
                    SiblingsWhy::NotAny => "none around it is where one should be".to_owned(),
                    SiblingsWhy::NotNone => {
                        format!("one is where none should be: {which} is {}", status(kind, seen))
                    }
                }
            }
            FailedCondition::TargetFieldIs {
                target,
                field,
                wanted,
                seen,
            } => format!(
                "{field} of {} is {}, not {}",
                called(target),
                seen.as_deref().unwrap_or("empty"),
                join(wanted, "or")
            ),
            FailedCondition::TargetFieldIsNot { target, field, seen } => {
                format!("{field} of {} is {seen}, which the rule leaves out", called(target))
            }
            FailedCondition::Backwards { target, seen } => {
                let seen = self.rules.status_name(&target_type, seen);
                format!("{} is {seen} already, and would go back", called(target))
            }
            FailedCondition::NotYet { entity, seen } => format!(
                "{} comes before and is {}",
                called(entity),
                status(&entity.key.kind, seen)
            ),
            FailedCondition::Leaves { target, why } => format!("{} is left as it is: {why}", called(target)),
            FailedCondition::SetAside { why } => format!("it is set aside: {why}"),
            FailedCondition::Unknown { entity } => format!("{} is not known", called(entity)),
        }
    }
}

fn described(
    ready: &ReadyCondition,
    miss: Miss<'_>,
    happening: &Happening<'_>,
    target: Option<&EntityRef>,
) -> FailedCondition {
    let condition = &ready.condition;
    let target = || target.unwrap_or(happening.entity).clone();
    let step_name = |step: &callboard_model::Step| {
        step.name
            .clone()
            .or_else(|| step.short_name.clone())
            .unwrap_or_else(|| "without a name".to_owned())
    };
    let value = |held: Held<'_>| held.text().map_or_else(String::new, Cow::into_owned);
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
        Miss::StatusIs(seen) => FailedCondition::StatusIs {
            wanted: condition.status_is.clone(),
            seen: seen.cloned(),
        },
        Miss::StatusIsNot(seen) => FailedCondition::StatusIsNot { seen: seen.cloned() },
        Miss::BelongsTo(seen) => FailedCondition::BelongsTo {
            wanted: condition.belongs_to.clone(),
            seen: seen.cloned(),
        },
        Miss::FirstVersion => FailedCondition::FirstVersion,
        Miss::FieldIs(field, seen) => FailedCondition::FieldIs {
            field: field.to_owned(),
            wanted: condition.field_is.get(field).cloned().unwrap_or_default(),
            seen: seen.map(value).filter(|text| !text.is_empty()),
        },
        Miss::FieldIsNot(field, seen) => FailedCondition::FieldIsNot {
            field: field.to_owned(),
            seen: value(seen),
        },
        Miss::Text(seen) => FailedCondition::Text {
            wanted: condition.text.clone(),
            seen: seen.map(str::to_owned),
        },
        Miss::TextNot(seen) => FailedCondition::TextNot { seen: seen.to_owned() },
        Miss::NothingReceived => FailedCondition::Filter {
            wanted: condition.filter.clone().unwrap_or_default(),
            seen: None,
        },
        Miss::Filter => FailedCondition::Filter {
            wanted: condition.filter.clone().unwrap_or_default(),
            seen: Some(match (&ready.filter, happening.received) {
                (Some(Ok(filter)), Some(received)) => {
                    let seen = filter.explain(received);
                    seen.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
                }
                (Some(Err(error)), _) => error.to_string(),
                _ => String::new(),
            }),
        },
        Miss::Siblings(miss) => {
            let (entity, seen, why) = match miss {
                SiblingsMiss::NoneLeft => (None, None, SiblingsWhy::NoneLeft),
                SiblingsMiss::NotAll(one, seen) => (Some(one), seen, SiblingsWhy::NotAll),
                SiblingsMiss::NotAny => (None, None, SiblingsWhy::NotAny),
                SiblingsMiss::NotNone(one, seen) => (Some(one), seen, SiblingsWhy::NotNone),
            };
            FailedCondition::Siblings {
                entity: entity.map(callboard_model::Entity::to_ref),
                seen: seen.cloned(),
                why,
            }
        }
        Miss::TargetIs(seen) => FailedCondition::TargetIs {
            target: target(),
            wanted: condition.target_is.clone(),
            seen: seen.cloned(),
        },
        Miss::TargetIsNot(seen) => FailedCondition::TargetIsNot {
            target: target(),
            wanted: condition.target_is_not.clone(),
            seen: seen.cloned(),
        },
        Miss::TargetFieldIs(field, seen) => FailedCondition::TargetFieldIs {
            target: target(),
            field: field.to_owned(),
            wanted: condition.target_field_is.get(field).cloned().unwrap_or_default(),
            seen: seen.map(value).filter(|text| !text.is_empty()),
        },
        Miss::TargetFieldIsNot(field, seen) => FailedCondition::TargetFieldIsNot {
            target: target(),
            field: field.to_owned(),
            seen: value(seen),
        },
        Miss::Backwards(seen) => FailedCondition::Backwards {
            target: target(),
            seen: seen.clone(),
        },
    }
}

fn quoted(words: &[String]) -> Vec<String> {
    words.iter().map(|w| format!("\"{w}\"")).collect()
}

fn moment(moment: Moment) -> &'static str {
    match moment {
        Moment::Updated => "its status changed",
        Moment::Created => "it was made",
        Moment::Deleted => "it was put in the trash",
        Moment::Revived => "it was taken out of the trash",
        Moment::NoteAdded => "a note was written about it",
        Moment::Custom => "the tracker said something else of it",
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
