//! What stands around an entity, read in rounds: each asks for everything that the rounds before it made known to be needed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use callboard_model::{Entity, EntityId, EntityKey, EntityType, Surroundings};

use super::client::Ftrack;
use super::reading::{By, ids};
use crate::TrackerError;

/// A plan that looks at more than this would hold up everything else.
const MOST: usize = 5000;

/// What has been read so far, and what of it has been followed already.
pub(super) struct Walk<'a> {
    site: &'a Ftrack,
    needed: &'a Surroundings,
    from: &'a EntityKey,
    entities: Vec<Entity>,
    places: HashMap<EntityKey, usize>,
    /// Tasks that are read only because another one waits for them: nothing is followed from these but what they wait for.
    beside: HashSet<EntityKey>,
    asked_for: HashSet<EntityId>,
    children_asked: HashSet<(EntityKey, EntityType)>,
    downstream_asked: HashSet<EntityKey>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(site: &'a Ftrack, needed: &'a Surroundings, from: &'a EntityKey) -> Self {
        Self {
            site,
            needed,
            from,
            entities: Vec::new(),
            places: HashMap::new(),
            beside: HashSet::new(),
            asked_for: HashSet::from([from.id.clone()]),
            children_asked: HashSet::new(),
            downstream_asked: HashSet::new(),
        }
    }

    /// Reads until nothing is missing.
    pub(super) async fn all(mut self) -> Result<Vec<Entity>, TrackerError> {
        let (contexts, versions) = ids([self.from]);
        let by = if versions.is_empty() {
            By::Contexts
        } else {
            By::Versions
        };
        let of = if versions.is_empty() { contexts } else { versions };
        let mut first = self.site.entities(by, &of, None, self.needed).await?;
        for entity in &mut first {
            // It is the one that was asked for, whatever the site calls its type.
            entity.key.kind = self.from.kind.clone();
        }
        self.add(first, false).await?;
        while self.links().await? || self.children().await? || self.downstream().await? || self.upstream().await? {}
        Ok(self.entities)
    }

    /// What entities link to: a Version's Task, the owner, what is above it.
    async fn links(&mut self) -> Result<bool, TrackerError> {
        let mut wanted: Vec<EntityKey> = Vec::new();
        for entity in self.followed() {
            let (task, parent) = (entity.task.as_ref(), entity.parent.as_ref());
            let is_version = entity.key.kind.is(EntityType::VERSION);
            let owned = is_version || entity.key.kind.is(EntityType::TASK);
            let owner = self.needed.above_owner || (owned && self.needed.owner);
            // A Version that belongs to nothing itself belongs to what its Task belongs to.
            let through_task = owner && is_version && parent.is_none();
            wanted.extend(task.filter(|_| self.needed.task || through_task).map(|l| l.key.clone()));
            wanted.extend(parent.filter(|_| owner).map(|l| l.key.clone()));
        }
        self.read(wanted, false).await
    }

    /// Those that belong to the same as an entity, and those that belong to it.
    async fn children(&mut self) -> Result<bool, TrackerError> {
        let task = EntityType::from(EntityType::TASK);
        let mut wanted: BTreeMap<(EntityType, bool), BTreeSet<EntityKey>> = BTreeMap::new();
        let mut want = |owner: &EntityKey, child: &EntityType| {
            if !self.children_asked.contains(&(owner.clone(), child.clone())) {
                let of_task = owner.kind.is(EntityType::TASK);
                wanted
                    .entry((child.clone(), of_task))
                    .or_default()
                    .insert(owner.clone());
            }
        };
        for entity in self.followed() {
            let kind = &entity.key.kind;
            if let Some(parent) = &entity.parent {
                if self.needed.sibling_tasks && (*kind == task || kind.is(EntityType::VERSION)) {
                    want(&parent.key, &task);
                }
                if self.needed.same_kind.contains(kind) {
                    want(&parent.key, kind);
                }
            }
            for (_, child) in self.needed.below.iter().filter(|(owner, _)| owner == kind) {
                want(&entity.key, child);
            }
        }
        let is_more = !wanted.is_empty();
        for ((child, of_task), owners) in wanted {
            let asked = owners.iter().map(|owner| (owner.clone(), child.clone()));
            self.children_asked.extend(asked);
            let by = match (child.is(EntityType::VERSION), of_task) {
                (true, true) => By::Tasks,
                (true, false) => By::AssetsOf,
                (false, _) => By::Parents,
            };
            let (of, _) = ids(&owners);
            let found = self.site.entities(by, &of, Some(&child), self.needed).await?;
            self.add(found, false).await?;
        }
        Ok(is_more)
    }

    /// The Tasks that wait for Tasks.
    async fn downstream(&mut self) -> Result<bool, TrackerError> {
        if !self.needed.dependencies {
            return Ok(false);
        }
        let tasks = self.followed().map(|e| &e.key);
        let tasks = tasks.filter(|key| key.kind.is(EntityType::TASK));
        let wanted: Vec<EntityKey> = tasks
            .filter(|key| !self.downstream_asked.contains(*key))
            .cloned()
            .collect();
        self.downstream_asked.extend(wanted.iter().cloned());
        let ids: Vec<String> = wanted.iter().map(|key| key.id.to_string()).collect();
        let later = self.site.links("from_id", &ids).await?.into_iter().map(|(_, to)| to);
        let later = later.map(|id| EntityKey::new(EntityType::TASK, EntityId::Text(id)));
        self.read(later.collect(), false).await?;
        Ok(!wanted.is_empty())
    }

    /// The Tasks that Tasks wait for.
    async fn upstream(&mut self) -> Result<bool, TrackerError> {
        if !self.needed.dependencies {
            return Ok(false);
        }
        let links = self.entities.iter().flat_map(|e| &e.upstream);
        let links: Vec<EntityKey> = links.map(|link| link.key.clone()).collect();
        self.read(links, true).await
    }

    /// Reads entities by their keys, those that nobody has asked for yet. Answers whether there was anything to do.
    async fn read(&mut self, wanted: Vec<EntityKey>, beside: bool) -> Result<bool, TrackerError> {
        let mut is_more = false;
        let mut asked: Vec<EntityKey> = Vec::new();
        for key in wanted {
            if !beside {
                is_more |= self.beside.remove(&key);
            }
            if !self.places.contains_key(&key) && self.asked_for.insert(key.id.clone()) {
                asked.push(key);
            }
        }
        let (contexts, versions) = ids(&asked);
        for (by, of) in [(By::Contexts, contexts), (By::Versions, versions)] {
            if of.is_empty() {
                continue;
            }
            is_more = true;
            let found = self.site.entities(by, &of, None, self.needed).await?;
            self.add(found, beside).await?;
        }
        Ok(is_more)
    }

    fn followed(&self) -> impl Iterator<Item = &Entity> {
        self.entities.iter().filter(|e| !self.beside.contains(&e.key))
    }

    /// Puts entities in, what Tasks wait for in them where that is needed; what was read first stands.
    async fn add(&mut self, mut found: Vec<Entity>, beside: bool) -> Result<(), TrackerError> {
        for entity in found.iter().filter(|_| !beside) {
            self.beside.remove(&entity.key);
        }
        found.retain(|entity| !self.places.contains_key(&entity.key));
        if self.needed.dependencies {
            self.site.settle_upstream(&mut found).await?;
        }
        for entity in found {
            if self.places.contains_key(&entity.key) {
                continue;
            }
            if self.entities.len() == MOST {
                return Err(TrackerError::TooMany {
                    what: self.from.to_string(),
                    most: MOST,
                });
            }
            if beside {
                self.beside.insert(entity.key.clone());
            }
            self.asked_for.insert(entity.key.id.clone());
            self.places.insert(entity.key.clone(), self.entities.len());
            self.entities.push(entity);
        }
        Ok(())
    }
}
