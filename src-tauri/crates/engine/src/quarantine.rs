//! Rules that break, flip or fight: set aside alone, and announced.

use std::panic::{AssertUnwindSafe, catch_unwind};

use callboard_journal::NewIssue;
use callboard_model::{
    AlertKind, Event, Place, Plan, PlannedChange, PlannedSkip, Production, RuleId, SkipReason, StatusCode,
};
use callboard_rules::{CompiledRules, Rule, RuleSet, plan};
use jiff::{SignedDuration, Timestamp};

use crate::desk::{Desk, LiveRuleSet};
use crate::outbox::of_field;
use crate::site::Site;

/// How often a rule may set one entity to one status within [`FLIPS_WITHIN`]. A person who changes her mind does it twice or
/// three times; two programs that undo each other do it as fast as the site answers.
const MOST_FLIPS: u64 = 5;
const FLIPS_WITHIN: SignedDuration = SignedDuration::from_mins(10);

impl Desk {
    /// A plan, even where a rule breaks: that rule is found, set aside, and the rest go on.
    pub(crate) async fn plan_guarded(
        &self,
        live: &LiveRuleSet,
        rules: &CompiledRules,
        event: &Event,
        production: &Production,
    ) -> Plan {
        if let Ok(made) = catch_unwind(AssertUnwindSafe(|| plan(rules, event, production))) {
            return made;
        }
        let (made, broken) = without_broken(&live.document, |set| {
            let rules = CompiledRules::new(set).with_status_field(rules.status_field());
            plan(&rules, event, production)
        });
        for rule in broken {
            self.set_aside(live, &rule, "it broke while it was asked".to_owned())
                .await;
        }
        made
    }

    /// What of a plan somebody must hear of: rules that contradict each other, and rules that would set too much.
    pub(crate) async fn report(&self, site: &Site, live: &LiveRuleSet, plan: &Plan) {
        for skip in &plan.skipped {
            match skip.reason {
                SkipReason::OverLimit => {
                    let limit = live.rule(&skip.rule).and_then(|r| r.limit).unwrap_or(Rule::LIMIT);
                    let why = format!("it would have set more than {limit} entities for one event, and set none");
                    self.set_aside(live, &skip.rule, why).await;
                }
                SkipReason::Conflict => self.tell_conflict(site, live, skip).await,
                SkipReason::AlreadyThere | SkipReason::NotFound | SkipReason::TooDeep | SkipReason::NotValid => {}
            }
        }
    }

    /// Two rules that want different statuses for one entity: the first had its way, and a person should know.
    pub(crate) async fn tell_conflict(&self, site: &Site, live: &LiveRuleSet, skip: &PlannedSkip) {
        let name = live.rule_name(&skip.rule);
        let entity = skip.entity.name.clone().unwrap_or_else(|| skip.entity.key.to_string());
        let to = skip.to.as_ref().map_or("none", StatusCode::as_str);
        let what = of_field(skip.field.as_deref(), format!("{} {entity}", skip.entity.key.kind));
        let (other, title) = match &skip.against {
            Some(against) => {
                let other = live.rule_name(against);
                let title = format!("Rules \"{other}\" and \"{name}\" contradict each other");
                (against.as_str(), title)
            }
            None => ("", format!("Rule \"{name}\" would take back what started it")),
        };
        self.raise(NewIssue {
            key: format!("conflict:{}:{other}:{}", site.name, skip.rule),
            kind: AlertKind::Conflict,
            place: Place::Rule { rule: skip.rule.clone() },
            title,
            remedy: format!(
                "\"{name}\" wanted {what} to become {to}, and it was not done. Change one of the rules so that only one of them applies"
            ),
        })
        .await;
    }

    /// Sets a rule aside alone, and tells how it is brought back.
    pub(crate) async fn set_aside(&self, live: &LiveRuleSet, rule: &RuleId, why: String) {
        let (revision, now) = (live.revision, self.clock.now());
        let newly = self
            .kept(|| self.journal.set_aside(rule.clone(), why.clone(), revision, now))
            .await;
        if !newly {
            return;
        }
        self.renew_live().await;
        let title = format!("Rule \"{}\" is set aside", live.rule_name(rule));
        let body = format!(
            "{}. The other rules go on. Look at it in Rules; \"Bring back\" there lets it apply again",
            capitalised(&why)
        );
        self.raise(NewIssue {
            key: aside_key(rule),
            kind: AlertKind::RuleSetAside,
            place: Place::Rule { rule: rule.clone() },
            title,
            remedy: body,
        })
        .await;
    }

    /// Whether a rule sets an entity to a status, or a field to a value, again and again, because somebody or something sets it back.
    pub(crate) async fn flips(&self, site: &Site, live: &LiveRuleSet, change: &PlannedChange) -> Option<String> {
        let since = self.clock.now().checked_sub(FLIPS_WITHIN).unwrap_or(Timestamp::MIN);
        let times = self
            .read(|reader| {
                let place = (&change.entity.key, change.field.as_deref());
                reader.times_set(&site.name, &change.rule, place, change.to.as_ref(), since)
            })
            .await;
        if times < MOST_FLIPS {
            return None;
        }
        let name = change
            .entity
            .name
            .clone()
            .unwrap_or_else(|| change.entity.key.to_string());
        let to = change.to.as_ref().map_or("none", StatusCode::as_str);
        let what = of_field(change.field.as_deref(), format!("{} {name}", change.entity.key.kind));
        let why = format!(
            "it set {what} to {to} {times} times within {} minutes, and each time it was set back",
            FLIPS_WITHIN.as_mins()
        );
        self.set_aside(live, &change.rule, why.clone()).await;
        Some(format!("The rule is set aside: {why}"))
    }
}

/// A plan without the rules that break when they are asked alone, and which those are.
pub(crate) fn without_broken(set: &RuleSet, attempt: impl Fn(&RuleSet) -> Plan) -> (Plan, Vec<RuleId>) {
    let attempt = |set: &RuleSet| catch_unwind(AssertUnwindSafe(|| attempt(set)));
    let mut alone = set.clone();
    let mut left = set.clone();
    let mut broken = Vec::new();
    for rule in set.enabled_rules() {
        alone.rules = vec![rule.clone()];
        if attempt(&alone).is_err() {
            left.rules.retain(|r| r.id != rule.id);
            broken.push(rule.id.clone());
        }
    }
    (attempt(&left).unwrap_or_default(), broken)
}

/// The issue that stands for a rule that is set aside.
pub(crate) fn aside_key(rule: &RuleId) -> String {
    format!("rule:{rule}")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use callboard_model::{Cause, EntityRef, PlannedChange};

    use super::*;

    #[test]
    fn the_rule_that_breaks_is_found_and_the_others_go_on() {
        let rule = |id: &str| {
            let text = format!(
                r#"{{"id":"{id}","name":"{id}","when":{{"entity":"Task"}},"then":{{"set":"itself","to":["x"]}}}}"#
            );
            serde_json::from_str::<Rule>(&text).expect("a rule")
        };
        let mut set = RuleSet::new("Test");
        set.rules = vec![rule("good"), rule("bad"), rule("fine")];
        let attempt = |set: &RuleSet| {
            let changes = set.rules.iter().map(|rule| {
                assert!(rule.id.as_str() != "bad", "a defect in the program");
                PlannedChange {
                    entity: EntityRef::new("Task", 1),
                    field: None,
                    from: None,
                    to: None,
                    rule: rule.id.clone(),
                    cause: Cause::Event,
                }
            });
            Plan {
                changes: changes.collect(),
                ..Plan::default()
            }
        };
        let (plan, broken) = without_broken(&set, attempt);
        assert_eq!(broken, [RuleId::from("bad")]);
        let by: Vec<&str> = plan.changes.iter().map(|c| c.rule.as_str()).collect();
        assert_eq!(by, ["good", "fine"]);
    }
}
