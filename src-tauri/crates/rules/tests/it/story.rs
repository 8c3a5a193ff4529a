//! Productions in which one thing happens after the other, and what rules make of it.

use callboard_model::{ActorKind, Entity, EntityRef, EntityType, Event, Operation, Production};
use callboard_rules::{CompiledRules, RuleSet, Simulation};
use serde_json::Value;

use crate::made::{becomes, by, changes, event, skips};

pub(crate) const NOTHING: [&str; 0] = [];

/// A production in which one thing happens after the other.
pub(crate) struct Story(Simulation);

impl Story {
    pub(crate) fn of(set: &RuleSet, entities: impl IntoIterator<Item = Entity>) -> Self {
        let production: Production = entities.into_iter().collect();
        Self(Simulation::new(CompiledRules::new(set), production))
    }

    /// Somebody sets a status; what follows.
    pub(crate) fn set(&mut self, kind: &str, id: i64, code: &str) -> Vec<String> {
        let before = self.status(kind, id);
        let moved = Event {
            old: before.map(Value::from),
            ..by(becomes(kind, id, code), Some(ActorKind::Person))
        };
        self.happens(&moved, None)
    }

    pub(crate) fn task(&mut self, id: i64, code: &str) -> Vec<String> {
        self.set(EntityType::TASK, id, code)
    }

    /// Something is made; what follows.
    pub(crate) fn made(&mut self, made: Entity) -> Vec<String> {
        let born = Event {
            entity: Some(made.to_ref()),
            ..event(Operation::Create, made.key.kind.as_str(), 0)
        };
        self.happens(&born, Some(made))
    }

    pub(crate) fn trashed(&mut self, kind: &str, id: i64) -> Vec<String> {
        self.happens(&event(Operation::Delete, kind, id), None)
    }

    pub(crate) fn taken_out(&mut self, kind: &str, id: i64) -> Vec<String> {
        self.happens(&event(Operation::Revive, kind, id), None)
    }

    /// Anything else; what follows.
    pub(crate) fn happens(&mut self, event: &Event, made: Option<Entity>) -> Vec<String> {
        let plan = self.0.step(event, made);
        let told = skips(&plan);
        assert!(!told.iter().any(|s| s.contains("conflict")), "{event:?}: {told:?}");
        changes(&plan)
    }

    fn status(&self, kind: &str, id: i64) -> Option<String> {
        let known = self.0.production.get(&EntityRef::new(kind, id).key)?;
        known.status.as_ref().map(ToString::to_string)
    }
}
