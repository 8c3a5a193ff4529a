//! What a webhook must deliver for a rule set to hear all that it goes by.

use std::collections::BTreeMap;

use callboard_model::{EntityType, Lifecycle};

use crate::CompiledRules;
use crate::document::Moment;

/// The links by which an entity comes under another, by type: when one changes, what the rules know of it is old (ShotGrid's names).
const MOVING: [(&str, &[&str]); 2] = [
    (EntityType::VERSION, &["entity", "sg_task"]),
    (EntityType::TASK, &["entity"]),
];

/// What a rule set hears of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listening {
    /// The lives of entities: what the rules go by; what they set, so that the echo of a write and a person's hand over it are heard;
    /// and the links that move entities.
    pub kinds: BTreeMap<EntityType, Lifecycle>,
    /// The custom events that the rules go by, in order. Each needs a webhook of its own.
    pub custom: Vec<String>,
    /// Whether nothing but custom events sets a rule off.
    pub only_custom: bool,
}

/// What a rule set hears of.
#[must_use]
pub fn listens_to(rules: &CompiledRules) -> Listening {
    let mut kinds: BTreeMap<EntityType, Lifecycle> = BTreeMap::new();
    let mut custom = Vec::new();
    let mut only_custom = true;
    let field_of = |field: &Option<String>| field.clone().unwrap_or_else(|| rules.status_field().to_owned());
    for ready in rules.of_here() {
        let (when, then) = (&ready.rule.when, &ready.rule.then);
        // What another site hands over comes by no webhook.
        for moment in when.on.iter().filter(|_| !ready.arrives) {
            let kind = match moment {
                // What is said about an entity is a Note that is made.
                Moment::NoteAdded => EntityType::from(EntityType::NOTE),
                Moment::Custom => {
                    custom.extend(when.event_type.iter().cloned());
                    continue;
                }
                Moment::Updated | Moment::Created | Moment::Deleted | Moment::Revived => when.entity.clone(),
            };
            only_custom = false;
            let life = kinds.entry(kind).or_default();
            match moment {
                Moment::Updated => set(life, field_of(&when.field)),
                Moment::Created | Moment::NoteAdded => life.create = true,
                Moment::Deleted => life.delete = true,
                Moment::Revived => life.revive = true,
                Moment::Custom => {}
            }
        }
        if ready.carries_to().is_none() {
            set(
                kinds.entry(ready.rule.target_type()).or_default(),
                field_of(&then.field),
            );
        }
    }
    for (kind, links) in MOVING {
        if let Some(life) = kinds.get_mut(&EntityType::from(kind)) {
            links.iter().for_each(|link| set(life, (*link).to_owned()));
        }
    }
    for life in kinds.values_mut() {
        life.update.iter_mut().for_each(|fields| fields.sort());
    }
    custom.sort();
    custom.dedup();
    Listening {
        kinds,
        custom,
        only_custom,
    }
}

fn set(lifecycle: &mut Lifecycle, field: String) {
    let fields = lifecycle.update.get_or_insert_default();
    if !fields.contains(&field) {
        fields.push(field);
    }
}
