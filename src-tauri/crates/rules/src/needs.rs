use callboard_model::{EntityType, Event, StatusCode};

use crate::document::{Moment, Rule, Target, Wanted};
use crate::{CompiledRules, matching, scene};

/// What must be read from the site, besides the event's own entity, before a plan for it can be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Whether a rule may fire at all. If not, not even the event's own entity is needed.
    pub entity: bool,
    /// A Version's Task.
    pub task: bool,
    /// The Shot that it belongs to, itself or through its Task.
    pub shot: bool,
    /// All Tasks of that Shot.
    pub sibling_tasks: bool,
}

/// What a plan for this event may look at, following every rule as far as it could lead.
///
/// Conditions on step or project are taken to hold, since nobody knows better before reading; statuses are followed exactly.
#[must_use]
pub fn needs(rules: &CompiledRules, event: &Event) -> Surroundings {
    let mut needed = Surroundings::default();
    let entity = event.entity.as_ref().filter(|_| rules.fires_on(event));
    let Some((entity, (moment, to))) = entity.zip(scene::moment_of(event, rules.status_field())) else {
        return needed;
    };
    needed.entity = true;
    let mut reached = vec![Reached {
        kind: entity.key.kind.clone(),
        moment,
        code: to,
    }];
    let mut next = 0;
    while let Some(here) = reached.get(next).cloned() {
        next += 1;
        for rule in rules.every().filter(|rule| here.may_fire(rule)) {
            needed.add(rule);
            for there in here.leads_to(rule) {
                if !reached.contains(&there) {
                    reached.push(there);
                }
            }
        }
    }
    needed
}

/// A type of entity that has come to a status. No code: it is not known yet, as with an entity just made.
#[derive(Clone, PartialEq, Eq)]
struct Reached {
    kind: EntityType,
    moment: Moment,
    code: Option<StatusCode>,
}

impl Reached {
    fn may_fire(&self, rule: &Rule) -> bool {
        match &self.code {
            Some(code) => matching::moment_and_code(&rule.when, &self.kind, self.moment, Some(code)).is_ok(),
            None => rule.when.entity == self.kind && rule.when.on.contains(&self.moment),
        }
    }

    fn leads_to(&self, rule: &Rule) -> Vec<Self> {
        let at = |code: Option<StatusCode>| Self {
            kind: rule.target_type(),
            moment: Moment::Updated,
            code,
        };
        match &rule.then.to {
            Wanted::OneOf(codes) => codes.first().map(|code| at(Some(code.clone()))).into_iter().collect(),
            Wanted::Same(_) if self.code.is_none() && !rule.when.becomes.is_empty() => {
                rule.when.becomes.iter().map(|code| at(Some(code.clone()))).collect()
            }
            Wanted::Same(_) => vec![at(self.code.clone())],
        }
    }
}

impl Surroundings {
    fn add(&mut self, rule: &Rule) {
        let of_version = rule.when.entity.is(EntityType::VERSION);
        let asks_step = rule
            .conditions
            .alternatives()
            .iter()
            .any(|c| !c.step.is_empty() || !c.step_not.is_empty());
        // A Version without a link of its own is asked for its Shot through its Task.
        self.task |= of_version && (asks_step || rule.then.set != Target::Itself);
        self.shot |= rule.then.set == Target::Shot;
        self.sibling_tasks |= matches!(rule.then.set, Target::TasksOfShot(_));
    }
}
