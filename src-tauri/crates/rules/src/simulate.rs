use std::collections::HashMap;

use callboard_model::{Entity, EntityKey, Event, Operation, Plan, Production};

use crate::{CompiledRules, apply_event, apply_plan, plan};

/// A production without a site: events go in one after the other, and every plan is carried out at once.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The rules that are tried.
    pub rules: CompiledRules,
    /// How the production stands now.
    pub production: Production,
    /// What is in the trash, as it was when it went there.
    retired: HashMap<EntityKey, Entity>,
}

impl Simulation {
    /// A production as it stands before the first event.
    #[must_use]
    pub fn new(rules: CompiledRules, production: Production) -> Self {
        Self {
            rules,
            production,
            retired: HashMap::new(),
        }
    }

    /// Applies an event, plans for it, applies the plan and hands it out. `created` is the new entity, when one was made.
    pub fn step(&mut self, event: &Event, created: Option<Entity>) -> Plan {
        let key = event.entity.as_ref().map(|e| &e.key);
        let revived = match (event.operation, key) {
            (Operation::Delete, Some(key)) => {
                if let Some(entity) = self.production.get(key) {
                    self.retired.insert(key.clone(), entity.clone());
                }
                None
            }
            (Operation::Revive, Some(key)) => self.retired.remove(key),
            _ => None,
        };
        apply_event(
            &mut self.production,
            event,
            created.or(revived),
            self.rules.status_field(),
        );
        let plan = plan(&self.rules, event, &self.production);
        apply_plan(&mut self.production, &plan);
        plan
    }
}
