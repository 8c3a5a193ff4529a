use callboard_model::{Entity, Event, Plan, Production};

use crate::{CompiledRules, apply_event, apply_plan, plan};

/// A production without a site: events go in one after the other, and every plan is carried out at once.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The rules that are tried.
    pub rules: CompiledRules,
    /// How the production stands now.
    pub production: Production,
}

impl Simulation {
    /// A production as it stands before the first event.
    #[must_use]
    pub fn new(rules: CompiledRules, production: Production) -> Self {
        Self { rules, production }
    }

    /// Applies an event, plans for it, applies the plan and hands it out. `created` is the new entity, when one was made.
    pub fn step(&mut self, event: &Event, created: Option<Entity>) -> Plan {
        apply_event(&mut self.production, event, created, self.rules.status_field());
        let plan = plan(&self.rules, event, &self.production);
        apply_plan(&mut self.production, &plan);
        plan
    }
}
