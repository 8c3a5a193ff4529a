//! What stands around an entity, read in rounds: each asks for everything that the rounds before it made known to be needed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use callboard_model::{Entity, EntityKey, EntityRef, EntityType, Surroundings};
use serde_json::{Map, Value, json};

use super::client::ShotGrid;
use super::fields::{belonging, filter_link, own, read_one, read_with_links, with_links};
use super::search::Search;
use crate::TrackerError;

/// A plan that looks at more than this would hold up everything else.
const MOST: usize = 5000;
/// Links in one filter.
const AT_ONCE: usize = 500;

/// What has been read so far, and what of it has been followed already.
pub(super) struct Walk<'a> {
    site: &'a ShotGrid,
    needed: &'a Surroundings,
    from: &'a EntityKey,
    entities: Vec<Entity>,
    places: HashMap<EntityKey, usize>,
    /// Tasks that are read only because another one waits for them: nothing is followed from these but what they wait for.
    beside: HashSet<EntityKey>,
    in_trash: bool,
    asked_for: HashSet<EntityKey>,
    children_asked: HashSet<(EntityKey, EntityType)>,
    downstream_asked: HashSet<EntityKey>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(site: &'a ShotGrid, needed: &'a Surroundings, from: &'a EntityKey) -> Self {
        Self {
            site,
            needed,
            from,
            entities: Vec::new(),
            places: HashMap::new(),
            beside: HashSet::new(),
            in_trash: false,
            asked_for: HashSet::from([from.clone()]),
            children_asked: HashSet::new(),
            downstream_asked: HashSet::new(),
        }
    }

    /// Reads until nothing is missing.
    pub(super) async fn all(mut self) -> Result<Vec<Entity>, TrackerError> {
        self.first().await?;
        while self.links().await? || self.children().await? || self.downstream().await? || self.upstream().await? {}
        Ok(self.entities)
    }

    async fn first(&mut self) -> Result<(), TrackerError> {
        let Some(id) = self.from.id.as_number() else {
            return Ok(());
        };
        let fields = with_links(&self.from.kind, self.needed);
        let mut search = Search::new(self.from.kind.as_str(), json!([["id", "in", [id]]]), &fields);
        let mut found = self.site.search(&search).await?;
        if found.is_empty() {
            search.retired = true;
            found = self.site.search(&search).await?;
            self.in_trash = !found.is_empty();
        }
        for record in &found {
            for entity in read_with_links(record, self.needed) {
                self.add(entity)?;
            }
        }
        Ok(())
    }

    /// What entities link to: a Version's Task, the owner, what is above it.
    async fn links(&mut self) -> Result<bool, TrackerError> {
        let mut wanted: Vec<EntityKey> = Vec::new();
        for entity in self.followed() {
            let (task, parent) = (entity.task.as_ref(), entity.parent.as_ref());
            let is_version = entity.key.kind.is(EntityType::VERSION);
            let owned = is_version || entity.key.kind.is(EntityType::TASK);
            let owner = self.needed.above_owner || (owned && self.needed.owner);
            // A Version that is linked to nothing itself belongs to what its Task belongs to.
            let through_task = owner && is_version && parent.is_none();
            wanted.extend(task.filter(|_| self.needed.task || through_task).map(|l| l.key.clone()));
            wanted.extend(parent.filter(|_| owner).map(|l| l.key.clone()));
        }
        self.read(wanted, false).await
    }

    /// Those that belong to the same as an entity, and those that belong to it.
    async fn children(&mut self) -> Result<bool, TrackerError> {
        let task = EntityType::from(EntityType::TASK);
        let mut wanted: BTreeMap<(EntityType, EntityType), BTreeSet<EntityKey>> = BTreeMap::new();
        let mut want = |owner: &EntityKey, child: &EntityType| {
            if !self.children_asked.contains(&(owner.clone(), child.clone())) {
                let pair = (child.clone(), owner.kind.clone());
                wanted.entry(pair).or_default().insert(owner.clone());
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
        for ((child, kind), owners) in wanted {
            self.children_asked
                .extend(owners.iter().map(|owner| (owner.clone(), child.clone())));
            for field in belonging(&child, &kind) {
                for some in self.batches(owners.iter()) {
                    self.belonging_to(&child, field, &some).await?;
                }
            }
        }
        Ok(is_more)
    }

    async fn belonging_to(
        &mut self,
        child: &EntityType,
        field: &str,
        owners: &[EntityKey],
    ) -> Result<(), TrackerError> {
        let of_task = field == "sg_task";
        for record in self.linking(child, field, owners).await? {
            let Some(mut entity) = read_one(&record, self.needed) else {
                continue;
            };
            let link = if of_task { &mut entity.task } else { &mut entity.parent };
            match (link.as_ref(), owners) {
                (Some(there), _) if !owners.contains(&there.key) => continue,
                // A link to what is in the trash is not told, but it was found by it.
                (None, [only]) => *link = Some(unnamed(only)),
                _ => {}
            }
            self.add(entity)?;
        }
        Ok(())
    }

    /// The Tasks that wait for Tasks.
    async fn downstream(&mut self) -> Result<bool, TrackerError> {
        if !self.needed.dependencies {
            return Ok(false);
        }
        let tasks = self
            .followed()
            .map(|e| &e.key)
            .filter(|key| key.kind.is(EntityType::TASK));
        let wanted: Vec<EntityKey> = tasks
            .filter(|key| !self.downstream_asked.contains(*key))
            .cloned()
            .collect();
        self.downstream_asked.extend(wanted.iter().cloned());
        let task = EntityType::from(EntityType::TASK);
        for some in self.batches(wanted.iter()) {
            for record in self.linking(&task, "upstream_tasks", &some).await? {
                let Some(mut entity) = read_one(&record, self.needed) else {
                    continue;
                };
                if let [only] = &some[..]
                    && entity.upstream.iter().all(|link| link.key != *only)
                {
                    entity.upstream.push(unnamed(only));
                }
                self.add(entity)?;
            }
        }
        Ok(!wanted.is_empty())
    }

    /// The Tasks that Tasks wait for.
    async fn upstream(&mut self) -> Result<bool, TrackerError> {
        if !self.needed.dependencies {
            return Ok(false);
        }
        let links = self
            .entities
            .iter()
            .flat_map(|e| &e.upstream)
            .map(|link| link.key.clone());
        self.read(links.collect(), true).await
    }

    /// Reads entities by their keys, those that nobody has asked for yet. Answers whether there was anything to do.
    async fn read(&mut self, wanted: Vec<EntityKey>, beside: bool) -> Result<bool, TrackerError> {
        let mut is_more = false;
        let mut kinds: BTreeMap<EntityType, BTreeSet<i64>> = BTreeMap::new();
        for key in wanted {
            if !beside {
                is_more |= self.beside.remove(&key);
            }
            let Some(id) = key.id.as_number() else { continue };
            if !self.places.contains_key(&key) && self.asked_for.insert(key.clone()) {
                if beside {
                    self.beside.insert(key.clone());
                }
                kinds.entry(key.kind).or_default().insert(id);
            }
        }
        for (kind, ids) in kinds {
            is_more = true;
            let fields = own(&kind, self.needed);
            let search = Search::new(kind.as_str(), json!([["id", "in", ids]]), &fields);
            for record in none_of_an_unknown_type(self.site.search(&search).await)? {
                if let Some(entity) = read_one(&record, self.needed) {
                    self.put(entity)?;
                }
            }
        }
        Ok(is_more)
    }

    /// Records of a type that link to one of some entities.
    async fn linking(
        &self,
        kind: &EntityType,
        field: &str,
        to: &[EntityKey],
    ) -> Result<Vec<Map<String, Value>>, TrackerError> {
        let links: Vec<Value> = to.iter().filter_map(filter_link).collect();
        let filters = match links.as_slice() {
            [] => return Ok(Vec::new()),
            [only] => json!([[field, "is", only]]),
            several => json!([[field, "in", several]]),
        };
        let fields = own(kind, self.needed);
        let mut search = Search::new(kind.as_str(), filters, &fields);
        search.most = MOST;
        match none_of_an_unknown_type(self.site.search(&search).await) {
            // Sites differ in which links they have: by one that this site does not have, nothing belongs to anything.
            Err(TrackerError::Refused(why)) if why.contains(&format!("{kind}.{field} doesn't exist")) => Ok(Vec::new()),
            found => found,
        }
    }

    /// Entities that a filter takes at once. What is in the trash is asked about alone: what is found does not tell of it.
    fn batches<'k>(&self, keys: impl Iterator<Item = &'k EntityKey>) -> Vec<Vec<EntityKey>> {
        let (trashed, live): (Vec<EntityKey>, Vec<EntityKey>) =
            keys.cloned().partition(|key| self.in_trash && key == self.from);
        let live = live.chunks(AT_ONCE).map(<[EntityKey]>::to_vec);
        live.chain(Some(trashed).filter(|t| !t.is_empty())).collect()
    }

    fn followed(&self) -> impl Iterator<Item = &Entity> {
        self.entities.iter().filter(|e| !self.beside.contains(&e.key))
    }

    /// Puts an entity in that everything is to be followed from.
    fn add(&mut self, entity: Entity) -> Result<(), TrackerError> {
        self.beside.remove(&entity.key);
        self.put(entity)
    }

    /// Puts an entity in; what was read first stands.
    fn put(&mut self, entity: Entity) -> Result<(), TrackerError> {
        if self.places.contains_key(&entity.key) {
            return Ok(());
        }
        if self.entities.len() == MOST {
            return Err(TrackerError::TooMany {
                what: self.from.to_string(),
                most: MOST,
            });
        }
        self.places.insert(entity.key.clone(), self.entities.len());
        self.entities.push(entity);
        Ok(())
    }
}

fn unnamed(key: &EntityKey) -> EntityRef {
    EntityRef {
        key: key.clone(),
        name: None,
    }
}

/// A site may have no entities of a type at all, as one without Episodes.
fn none_of_an_unknown_type(
    found: Result<Vec<Map<String, Value>>, TrackerError>,
) -> Result<Vec<Map<String, Value>>, TrackerError> {
    match found {
        Err(TrackerError::NotFound) => Ok(Vec::new()),
        found => found,
    }
}
