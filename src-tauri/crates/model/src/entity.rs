use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::{EntityKey, EntityRef, EntityType, StatusCode, as_value};

/// A pipeline step: Roto, Paint, Composite …
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Step {
    /// Its name, as people say it.
    pub name: Option<String>,
    /// Its short name (`CMP`), where the site gave one.
    #[serde(default)]
    pub short_name: Option<String>,
    /// Its place in the site's order of steps, lower first, where the site gave one.
    #[serde(default)]
    pub order: Option<i64>,
}

impl Step {
    /// Whether a rule that names `text` means this step, by name or short name.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.name.as_deref() == Some(text) || self.short_name.as_deref() == Some(text)
    }
}

/// An entity as it was read from the site: what rules may look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Which one.
    pub key: EntityKey,
    /// What people call it.
    pub name: Option<String>,
    /// Its status; none where the site holds none.
    pub status: Option<StatusCode>,
    /// A Task's pipeline step.
    pub step: Option<Step>,
    /// What it belongs to: a Task or Version to a Shot or Asset, a Shot to a Sequence, a Sequence to an Episode.
    pub parent: Option<EntityRef>,
    /// A Version's Task.
    pub task: Option<EntityRef>,
    /// The Tasks that a Task waits for.
    pub upstream: Vec<EntityRef>,
    /// The project it is in.
    pub project: Option<EntityRef>,
    /// When it was made, where the site said.
    pub created_at: Option<Timestamp>,
    /// Other fields, by the site's names for them: those that some rule asks about.
    pub fields: BTreeMap<String, Value>,
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
            upstream: Vec::new(),
            project: None,
            created_at: None,
            fields: BTreeMap::new(),
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
    /// Boxed: a large production's table is half empty, and grows by doubling.
    entities: HashMap<EntityKey, Box<Entity>>,
    /// By what they belong to, in the order they were put in; a Version stands under its Task and under its Shot.
    below: HashMap<EntityKey, Vec<EntityKey>>,
    /// Tasks by the Task that they wait for.
    downstream: HashMap<EntityKey, Vec<EntityKey>>,
    /// What is in the trash, as it was when it went there.
    retired: HashMap<EntityKey, Box<Entity>>,
}

impl Production {
    /// Puts an entity in, in place of what was known of it.
    pub fn put(&mut self, entity: impl Into<Box<Entity>>) {
        let entity = entity.into();
        self.take(&entity.key);
        self.retired.remove(&entity.key);
        for owner in owners(&entity) {
            add_key(&mut self.below, owner, &entity.key);
        }
        for task in &entity.upstream {
            add_key(&mut self.downstream, &task.key, &entity.key);
        }
        self.entities.insert(entity.key.clone(), entity);
    }

    /// Takes an entity out.
    pub fn remove(&mut self, key: &EntityKey) -> Option<Entity> {
        self.take(key).map(|gone| *gone)
    }

    fn take(&mut self, key: &EntityKey) -> Option<Box<Entity>> {
        let gone = self.entities.remove(key)?;
        for owner in owners(&gone) {
            drop_key(&mut self.below, owner, key);
        }
        for task in &gone.upstream {
            drop_key(&mut self.downstream, &task.key, key);
        }
        Some(gone)
    }

    /// Puts an entity in the trash: it counts nowhere any more, and what it was can still be asked.
    pub fn retire(&mut self, key: &EntityKey) {
        if let Some(gone) = self.take(key) {
            self.retired.insert(key.clone(), gone);
        }
    }

    /// Takes an entity out of the trash. Answers whether it was there.
    pub fn revive(&mut self, key: &EntityKey) -> bool {
        let back = self.retired.remove(key);
        back.map(|entity| self.put(entity)).is_some()
    }

    /// What is known of an entity.
    #[must_use]
    pub fn get(&self, key: &EntityKey) -> Option<&Entity> {
        self.entities.get(key).map(Box::as_ref)
    }

    /// What is known of an entity, in the trash too.
    #[must_use]
    pub fn get_or_retired(&self, key: &EntityKey) -> Option<&Entity> {
        self.get(key).or_else(|| self.retired.get(key).map(Box::as_ref))
    }

    /// Sets a status; an entity that is not known stays unknown. Answers whether it is known.
    pub fn set_status(&mut self, key: &EntityKey, status: Option<StatusCode>) -> bool {
        self.entities.get_mut(key).map(|e| e.status = status).is_some()
    }

    /// Sets another field, to text taken for what stands there now; an entity that is not known stays unknown. Answers whether
    /// it is known.
    pub fn set_field(&mut self, key: &EntityKey, field: &str, text: Option<&str>) -> bool {
        let Some(entity) = self.entities.get_mut(key) else {
            return false;
        };
        let value = text.map_or(Value::Null, |text| as_value(text, entity.fields.get(field)));
        entity.fields.insert(field.to_owned(), value);
        true
    }

    /// The Tasks of a Shot or Asset.
    pub fn tasks_of(&self, parent: &EntityKey) -> impl Iterator<Item = &Entity> {
        self.below(parent, EntityType::TASK)
    }

    /// The Versions of a Task, Shot or Asset.
    pub fn versions_of(&self, owner: &EntityKey) -> impl Iterator<Item = &Entity> {
        self.below(owner, EntityType::VERSION)
    }

    /// The entities of a type that belong to this one.
    pub fn below<'a>(&'a self, owner: &EntityKey, kind: &'a str) -> impl Iterator<Item = &'a Entity> + use<'a> {
        let keys = self.below.get(owner).map_or(&[][..], Vec::as_slice);
        keys.iter().filter(move |k| k.kind.is(kind)).filter_map(|k| self.get(k))
    }

    /// The Tasks that wait for this one.
    pub fn downstream_of<'a>(&'a self, task: &EntityKey) -> impl Iterator<Item = &'a Entity> + use<'a> {
        let keys = self.downstream.get(task).map_or(&[][..], Vec::as_slice);
        keys.iter().filter_map(|k| self.get(k))
    }

    /// Every entity, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values().map(Box::as_ref)
    }
}

fn owners(entity: &Entity) -> impl Iterator<Item = &EntityKey> {
    let task = entity.task.as_ref().filter(|_| entity.key.kind.is(EntityType::VERSION));
    task.into_iter().chain(&entity.parent).map(|owner| &owner.key)
}

/// Grows a list by half, and from one: most have one or two, and by itself the first would take the room of four.
fn add_key(index: &mut HashMap<EntityKey, Vec<EntityKey>>, owner: &EntityKey, key: &EntityKey) {
    let list = match index.get_mut(owner) {
        Some(list) => list,
        None => index.entry(owner.clone()).or_default(),
    };
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 2).max(1));
    }
    list.push(key.clone());
}

fn drop_key(index: &mut HashMap<EntityKey, Vec<EntityKey>>, owner: &EntityKey, key: &EntityKey) {
    if let Some(list) = index.get_mut(owner) {
        list.retain(|k| k != key);
    }
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

/// What must be read from the site around an event before a plan for it can be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Whether a rule may fire at all. If not, not even the event's own entity is needed.
    pub entity: bool,
    /// A Version's Task.
    pub task: bool,
    /// What it belongs to, itself or through its Task: a Shot or an Asset.
    pub owner: bool,
    /// What that belongs to in turn, to the top: Sequence, Episode.
    pub above_owner: bool,
    /// Of each Task that was read: all Tasks of what it belongs to.
    pub sibling_tasks: bool,
    /// Of each entity of these types that was read: all of its type that belong to the same.
    pub same_kind: BTreeSet<EntityType>,
    /// Of each entity of the first type that was read: all entities of the second type that belong to it.
    pub below: BTreeSet<(EntityType, EntityType)>,
    /// The Tasks that wait for a Task that was read, and those that these wait for, to the ends.
    pub dependencies: bool,
    /// Fields beyond the usual ones, by entity type.
    pub fields: BTreeMap<EntityType, BTreeSet<String>>,
}
