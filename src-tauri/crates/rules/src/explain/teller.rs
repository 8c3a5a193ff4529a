//! A verdict in words.

use callboard_model::{EntityRef, EntityType, StatusCode};

use super::{FailedCondition, SiblingsWhy};
use crate::CompiledRules;
use crate::document::{Moment, Rule};
use crate::sentence::{join, mover, project, whose, with_article};

/// Says failed conditions with the names of statuses.
pub(super) struct Teller<'a> {
    pub(super) rules: &'a CompiledRules,
}

impl Teller<'_> {
    pub(super) fn in_words(&self, rule: &Rule, failed: &FailedCondition) -> String {
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
            FailedCondition::Site {
                wanted: Some(wanted),
                seen,
            } => format!("it happened on {seen}, not on {wanted}"),
            FailedCondition::Site { wanted: None, seen } => {
                format!("it happened on {seen}, where the rule sets what others come to")
            }
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
            FailedCondition::EventType { wanted, .. } if wanted.is_empty() => {
                "another site handed this over for another rule".to_owned()
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
            FailedCondition::SwitchedOff => "it is switched off".to_owned(),
            FailedCondition::SetAside { why } => format!("it is set aside: {why}"),
            FailedCondition::Unknown { entity } => format!("{} is not known", called(entity)),
        }
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

pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}
