use std::collections::HashMap;

use callboard_model::{Cause, EntityRef, Event, Plan, Production, RuleId, StatusCode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::CompiledRules;
use crate::compile::ReadyRule;
use crate::document::Moment;
use crate::explain::{FailedCondition, RuleVerdict, closeness, verdict};
use crate::plan::{Fate, Witness, plan_before};
use crate::scene::Happening;

/// An event's way through the rules, stop by stop: the event, then each change that followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TraceStop {
    /// The event, or which change of the plan.
    pub cause: Cause,
    /// What happened to the entity there.
    pub moment: Moment,
    /// The entity that moved.
    pub entity: EntityRef,
    /// The field that changed, where it is not the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub field: Option<String>,
    /// The status, or the field's value, before.
    pub from: Option<StatusCode>,
    /// The status, or the field's value, after.
    pub to: Option<StatusCode>,
    /// Every rule that is on, in the document's order: whether it applied there, or why not. At the event, those that are switched off
    /// follow.
    pub verdicts: Vec<RuleVerdict>,
}

/// Follows an event through the rules as [`plan`](crate::plan) does, and tells at each stop how every rule fared.
#[must_use]
pub fn trace(rules: &CompiledRules, event: &Event, production: &Production) -> (Plan, Vec<TraceStop>) {
    let mut tracer = Tracer {
        rules,
        production,
        stops: Vec::new(),
    };
    let plan = plan_before(rules, event, production, &mut tracer);
    let stops = tracer.stops.into_iter().map(|open| {
        let mut fared = open.fared;
        let in_order = rules.every().filter(|(_, ready)| !ready.arrives);
        let on = in_order.filter_map(|(_, ready)| Some(fared.remove(&ready.rule.id)?.1));
        let off = rules.off().iter().filter(|_| open.stop.cause == Cause::Event);
        TraceStop {
            verdicts: on.chain(off.map(|(rule, name)| switched_off(rule, name))).collect(),
            ..open.stop
        }
    });
    (plan, stops.collect())
}

fn switched_off(rule: &RuleId, name: &str) -> RuleVerdict {
    RuleVerdict {
        rule: rule.clone(),
        name: name.to_owned(),
        fired: false,
        cause: Cause::Event,
        failed: vec![FailedCondition::SwitchedOff],
        sentence: "It is switched off.".to_owned(),
    }
}

struct Tracer<'a> {
    rules: &'a CompiledRules,
    production: &'a Production,
    stops: Vec<OpenStop>,
}

struct OpenStop {
    stop: TraceStop,
    /// By rule: the closest that it came there, of several entities that it could set.
    fared: HashMap<RuleId, (u8, RuleVerdict)>,
}

impl Witness for Tracer<'_> {
    const ASKS_EVERY_RULE: bool = true;

    fn saw(&mut self, ready: &ReadyRule, happening: &Happening<'_>, fate: &Fate<'_>) {
        let is_here = |s: &OpenStop| {
            s.stop.cause == happening.cause
                && s.stop.entity.key == happening.entity.key
                && s.stop.moment == happening.moment
        };
        let place = self.stops.iter().position(is_here).unwrap_or_else(|| {
            self.stops.push(OpenStop {
                stop: TraceStop {
                    cause: happening.cause,
                    moment: happening.moment,
                    entity: happening.entity.clone(),
                    field: happening.field.map(str::to_owned),
                    from: happening.from.cloned(),
                    to: happening.to.cloned(),
                    verdicts: Vec::new(),
                },
                fared: HashMap::new(),
            });
            self.stops.len() - 1
        });
        let Some(stop) = self.stops.get_mut(place) else { return };
        let rule = &ready.rule;
        let closeness = closeness(fate);
        if stop.fared.get(&rule.id).is_none_or(|(before, _)| *before < closeness) {
            let verdict = verdict(self.rules, self.production, rule, happening, fate);
            stop.fared.insert(rule.id.clone(), (closeness, verdict));
        }
    }
}
