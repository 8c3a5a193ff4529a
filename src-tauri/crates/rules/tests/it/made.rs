//! Entities, events and rules, made short.

use callboard_model::{
    Actor, ActorKind, Entity, EntityKey, EntityRef, EntityType, Event, EventKey, Operation, Plan, Production, Road,
    SiteName, StatusCode, Step,
};
use callboard_rules::{CompiledRules, Rule, RuleSet, apply_event, plan};
use serde_json::{Value, json};

pub(crate) const FIELD: &str = "sg_status_list";

/// An event that nothing is known of but what happened to what.
pub(crate) fn event(operation: Operation, kind: &str, id: i64) -> Event {
    Event {
        event_log_entry_id: Some(1),
        entity: Some(EntityRef::new(kind, id)),
        ..Event::bare(
            SiteName::from("practice"),
            EventKey::from("1"),
            Road::Hook,
            format!("Shotgun_{kind}_Change"),
            operation,
        )
    }
}

/// A status that changed.
pub(crate) fn becomes(kind: &str, id: i64, code: &str) -> Event {
    Event {
        field: Some(FIELD.to_owned()),
        old: Some(Value::from("before")),
        new: Some(Value::from(code)),
        ..event(Operation::Update, kind, id)
    }
}

pub(crate) fn by(mut event: Event, kind: Option<ActorKind>) -> Event {
    event.actor = kind.map(|kind| Actor {
        kind,
        entity: EntityRef::new("HumanUser", 7).named("Ada"),
    });
    event
}

pub(crate) fn entity(kind: &str, id: i64, status: &str) -> Entity {
    Entity {
        status: Some(StatusCode::from(status)),
        name: Some(format!("{}{id}", kind.to_lowercase())),
        ..Entity::bare(EntityKey::new(kind, id))
    }
}

pub(crate) fn shot(id: i64, status: &str) -> Entity {
    entity(EntityType::SHOT, id, status)
}

/// A Task of Shot 1.
pub(crate) fn task(id: i64, step: Option<&str>, status: &str) -> Entity {
    Entity {
        step: step.map(|name| Step {
            name: Some(name.to_owned()),
            short_name: None,
            order: None,
        }),
        parent: Some(EntityRef::new(EntityType::SHOT, 1)),
        ..entity(EntityType::TASK, id, status)
    }
}

/// A Version of that Task, in Shot 1.
pub(crate) fn version(id: i64, of: Option<i64>, status: &str) -> Entity {
    Entity {
        task: of.map(|id| EntityRef::new(EntityType::TASK, id)),
        parent: Some(EntityRef::new(EntityType::SHOT, 1)),
        ..entity(EntityType::VERSION, id, status)
    }
}

pub(crate) fn rule_set(rules: Value) -> RuleSet {
    let text = json!({ "callboard": 1, "name": "Test", "rules": rules }).to_string();
    RuleSet::parse(text.as_bytes()).expect("the test's rules are rules")
}

/// A rule in one line: `Version apv -> task apv`.
pub(crate) fn link(id: &str, kind: &str, becomes: &[&str], set: Value, to: &[&str]) -> Value {
    json!({ "id": id, "name": id, "when": { "entity": kind, "becomes": becomes }, "then": { "set": set, "to": to } })
}

/// Applies the event, then plans, as everybody does.
pub(crate) fn planned(set: &RuleSet, production: &mut Production, event: &Event) -> Plan {
    apply_event(production, event, None, FIELD);
    plan(&CompiledRules::new(set), event, production)
}

/// A plan's changes, short: `Task 1 -> apv`, `Task 1 sg_state -> sent`.
pub(crate) fn changes(plan: &Plan) -> Vec<String> {
    let to = |code: &Option<StatusCode>| code.as_ref().map_or("-".to_owned(), ToString::to_string);
    plan.changes
        .iter()
        .map(|c| match &c.field {
            None => format!("{} -> {}", c.entity.key, to(&c.to)),
            Some(field) => format!("{} {field} -> {}", c.entity.key, to(&c.to)),
        })
        .collect()
}

/// A plan's skips, short: `Shot 1 conflict b/a`.
pub(crate) fn skips(plan: &Plan) -> Vec<String> {
    let against = |rule: Option<&callboard_model::RuleId>| rule.map_or(String::new(), |r| format!("/{r}"));
    let skipped = plan.skipped.iter();
    skipped
        .map(|s| {
            format!(
                "{} {} {}{}",
                s.entity.key,
                s.reason.as_str(),
                s.rule,
                against(s.against.as_ref())
            )
        })
        .collect()
}

pub(crate) fn find<'a>(set: &'a mut RuleSet, id: &str) -> &'a mut Rule {
    set.rules
        .iter_mut()
        .find(|r| r.id.as_str() == id)
        .expect("the rule is in the set")
}
