//! How things stood when one event came, from its neighbourhood alone.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use callboard_journal::{JournalError, Reader, Recorded};
use callboard_model::{Entity, EntityKey, EntityType, Production};

use super::history::{Beginning, History};
use super::live;
use super::world::set_field;

/// Entities around an event whose history is asked for: more than this is more than a plan looks at.
const MOST: usize = 5_000;

/// An event of the journal, and how things stood right before it.
pub(crate) struct WorldAt {
    /// The entities around it.
    pub(crate) production: Production,
    /// The event and what became of it.
    pub(crate) recorded: Recorded,
}

/// How things stood when an event came; none: there is no such event. What the journal knows of its neighbourhood only.
pub(crate) fn world_at(reader: &Reader, seq: i64) -> Result<Option<WorldAt>, JournalError> {
    let Some(recorded) = reader.event(seq)? else {
        return Ok(None);
    };
    let site = &recorded.event.site;
    let mut all = Production::default();
    reader.each_fact(site, &mut |fact| all.put(fact.entity))?;
    let mut history = History::default();
    let begins = Beginning {
        at: Some(recorded.received_at),
        seq: Some(seq),
    };
    let around = around(
        &all,
        crate::decide::subjects(&recorded.event).into_iter().map(|s| &s.key),
    );
    for key in &around {
        reader.words_of(site, key, &mut |word| {
            history.take(word, begins);
            ControlFlow::Continue(())
        })?;
    }
    history.close();
    let mut production = Production::default();
    let mut trashed = Vec::new();
    for entity in around.iter().filter_map(|key| all.get(key)) {
        let mut entity = entity.clone();
        let is_own = recorded.event.entity.as_ref().is_some_and(|own| own.key == entity.key);
        if let Some(status) = history.at_the_beginning(&entity.key) {
            entity.status = status;
        }
        let line = history.line(&entity.key);
        let (is_made, in_trash) = line.map_or((false, false), |l| (l.is_made, l.in_trash));
        let is_later = entity.created_at.is_some_and(|at| at > recorded.received_at);
        if (is_made || is_later) && !is_own {
            continue;
        }
        if in_trash {
            trashed.push(entity.key.clone());
        }
        production.put(entity);
    }
    // What the live rules read when they decided is surer than anything that was put together since. Of what the event itself
    // moved they saw where it came to.
    let moved = recorded.event.entity.as_ref().zip(recorded.event.field.as_ref());
    let moved = moved.map(|(entity, field)| (&entity.key, Some(field).filter(|_| !recorded.is_status)));
    for change in &recorded.changes {
        if !live::tells_what_was(change.skip) {
            continue;
        }
        match &change.field {
            _ if moved == Some((&change.entity.key, change.field.as_ref())) => {}
            None => {
                production.set_status(&change.entity.key, change.from.clone());
            }
            Some(field) => set_field(&mut production, &change.entity.key, field, change.from.as_ref()),
        }
    }
    // Last, because in the trash nothing is set: what the event took out of it was in some status there.
    trashed.iter().for_each(|key| production.retire(key));
    Ok(Some(WorldAt { production, recorded }))
}

/// Everything that a rule may look at from these: what they belong to, what belongs to that, and Tasks that wait for each
/// other.
fn around<'a>(all: &Production, from: impl Iterator<Item = &'a EntityKey>) -> Vec<EntityKey> {
    let mut seen: HashSet<EntityKey> = HashSet::new();
    let mut list: Vec<EntityKey> = Vec::new();
    let mut add = |key: &EntityKey, list: &mut Vec<EntityKey>| {
        if list.len() < MOST && !seen.contains(key) {
            seen.insert(key.clone());
            list.push(key.clone());
        }
    };
    for key in from {
        add(key, &mut list);
    }
    // Up to the top.
    let mut next = 0;
    while let Some(entity) = list.get(next).map(|key| all.get(key)) {
        next += 1;
        for link in entity.into_iter().flat_map(|e: &Entity| e.task.iter().chain(&e.parent)) {
            add(&link.key, &mut list);
        }
    }
    let mut below: HashMap<&EntityKey, Vec<&EntityKey>> = HashMap::new();
    for entity in all.iter() {
        let task = entity.task.iter().filter(|_| entity.key.kind.is(EntityType::VERSION));
        for owner in task.chain(&entity.parent) {
            below.entry(&owner.key).or_default().push(&entity.key);
        }
    }
    // Down again, a Shot's Versions with its Tasks; and Tasks by what they wait for.
    let up = list.len();
    for place in 0..up {
        let Some(key) = list.get(place).cloned() else { break };
        let children = below.get(&key).map_or(&[][..], Vec::as_slice);
        for child in children {
            add(child, &mut list);
        }
    }
    let mut next = 0;
    while let Some(key) = list.get(next).cloned() {
        next += 1;
        if !key.kind.is(EntityType::TASK) {
            continue;
        }
        for task in all.downstream_of(&key) {
            add(&task.key, &mut list);
        }
        for task in all.get(&key).iter().flat_map(|task| &task.upstream) {
            add(&task.key, &mut list);
        }
    }
    list.sort();
    list
}
