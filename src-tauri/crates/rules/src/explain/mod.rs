//! Why, and why not: how each rule fared with an event.

mod teller;
mod verdict;

use std::borrow::Cow;
use std::collections::HashMap;

use callboard_model::{ActorKind, Cause, EntityRef, Event, Production, RuleId};

use self::teller::{Teller, capitalised};
pub use self::verdict::{FailedCondition, RuleVerdict, SiblingsWhy};
use crate::CompiledRules;
use crate::compile::{ReadyCondition, ReadyRule};
use crate::document::{ChangedBy, Rule};
use crate::matching::{Miss, Mover, SiblingsMiss, TriggerMiss};
use crate::plan::{Fate, Witness, plan_before};
use crate::scene::{Happening, Held};
use crate::wish::Leave;

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
    let in_order = rules.every().filter(|(_, ready)| !ready.arrives);
    in_order.map(|(_, ready)| verdict(&ready.rule)).collect()
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
        Fate::NotAsked(TriggerMiss::Site) => 1,
        Fate::NotAsked(TriggerMiss::Entity) => 2,
        Fate::NotAsked(TriggerMiss::Moment) => 3,
        Fate::NotAsked(TriggerMiss::Field) => 4,
        Fate::NotAsked(TriggerMiss::Becomes) => 5,
        Fate::NotAsked(TriggerMiss::From) => 6,
        Fate::NotAsked(TriggerMiss::EventType) => 7,
        Fate::Unmet(_) => 8,
        Fate::Unknown | Fate::NoTarget => 9,
        Fate::NotYet(_) | Fate::TargetUnmet(..) | Fate::Leaves(..) => 10,
        Fate::Fired => 11,
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
        Fate::NotAsked(TriggerMiss::Site) => FailedCondition::Site {
            wanted: when.site.clone(),
            seen: happening.site.clone(),
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
        Leave::BadElsewhere => "it cannot be set like that on another site, as the check says",
        Leave::NoLike => "no status here is like the one picked",
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
