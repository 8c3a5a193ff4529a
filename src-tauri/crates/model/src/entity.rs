use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{EntityKey, EntityRef, EntityType, StatusCode};

/// A pipeline step: Roto, Paint, Composite …
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Step {
    /// Its name, as people say it.
    pub name: Option<String>,
    /// Its short name (`CMP`), where the site gave one.
    #[serde(default)]
    pub short_name: Option<String>,
}

impl Step {
    /// Whether a rule that names `text` means this step, by name or short name.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.name.as_deref() == Some(text) || self.short_name.as_deref() == Some(text)
    }
}

/// An entity as it was read from the site: what rules may look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Which one.
    pub key: EntityKey,
    /// What people call it.
    pub name: Option<String>,
    /// Its status; none where the site holds none.
    pub status: Option<StatusCode>,
    /// A Task's pipeline step.
    pub step: Option<Step>,
    /// What a Task or Version belongs to: a Shot, an Asset …
    pub parent: Option<EntityRef>,
    /// A Version's Task.
    pub task: Option<EntityRef>,
    /// The project it is in.
    pub project: Option<EntityRef>,
    /// When it was made, where the site said.
    pub created_at: Option<Timestamp>,
}

impl Entity {
    /// An entity of which nothing but its key is known.
    #[must_use]
    pub fn bare(key: EntityKey) -> Self {
        Self {
            key,
            name: None,
            status: None,
            step: None,
            parent: None,
            task: None,
            project: None,
            created_at: None,
        }
    }

    /// A reference to it, with its name.
    #[must_use]
    pub fn to_ref(&self) -> EntityRef {
        EntityRef {
            key: self.key.clone(),
            name: self.name.clone(),
        }
    }
}

/// The entities that a plan may look at: one event's surroundings, or a whole production in a simulation.
#[derive(Clone, Debug, Default)]
pub struct Production {
    entities: HashMap<EntityKey, Entity>,
    /// Tasks by what they belong to, and Versions by their Task, in the order they were put in.
    below: HashMap<EntityKey, Vec<EntityKey>>,
}

impl Production {
    /// Puts an entity in, in place of what was known of it.
    pub fn put(&mut self, entity: Entity) {
        self.remove(&entity.key);
        if let Some(owner) = owner(&entity) {
            self.below.entry(owner).or_default().push(entity.key.clone());
        }
        self.entities.insert(entity.key.clone(), entity);
    }

    /// Takes an entity out: it was retired.
    pub fn remove(&mut self, key: &EntityKey) -> Option<Entity> {
        let gone = self.entities.remove(key)?;
        if let Some(list) = owner(&gone).and_then(|o| self.below.get_mut(&o)) {
            list.retain(|k| k != key);
        }
        Some(gone)
    }

    /// What is known of an entity.
    #[must_use]
    pub fn get(&self, key: &EntityKey) -> Option<&Entity> {
        self.entities.get(key)
    }

    /// Sets a status; an entity that is not known stays unknown. Answers whether it is known.
    pub fn set_status(&mut self, key: &EntityKey, status: Option<StatusCode>) -> bool {
        self.entities.get_mut(key).map(|e| e.status = status).is_some()
    }

    /// The Tasks of a Shot or Asset.
    pub fn tasks_of(&self, parent: &EntityKey) -> impl Iterator<Item = &Entity> {
        self.below(parent, EntityType::TASK)
    }

    /// The Versions of a Task.
    pub fn versions_of(&self, task: &EntityKey) -> impl Iterator<Item = &Entity> {
        self.below(task, EntityType::VERSION)
    }

    /// Every entity, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values()
    }

    fn below<'a>(&'a self, owner: &EntityKey, kind: &'static str) -> impl Iterator<Item = &'a Entity> + use<'a> {
        let keys = self.below.get(owner).map_or(&[][..], Vec::as_slice);
        keys.iter()
            .filter(move |k| k.kind.is(kind))
            .filter_map(|k| self.entities.get(k))
    }
}

fn owner(entity: &Entity) -> Option<EntityKey> {
    let of = if entity.key.kind.is(EntityType::VERSION) {
        &entity.task
    } else {
        &entity.parent
    };
    of.as_ref().map(|r| r.key.clone())
}

impl FromIterator<Entity> for Production {
    fn from_iter<I: IntoIterator<Item = Entity>>(entities: I) -> Self {
        let mut production = Self::default();
        for entity in entities {
            production.put(entity);
        }
        production
    }
}
