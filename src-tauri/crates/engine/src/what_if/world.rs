//! A site's production as it stood at one time, moved forward event by event.

use callboard_journal::{JournalError, Past, Reader};
use callboard_model::{Entity, EntityKey, Event, Operation, Production, SiteName, StatusCode, as_text};
use callboard_rules::{LINK_FIELDS, apply_event};
use foldhash::{HashMap, HashSet};
use jiff::Timestamp;

use super::history::History;
use super::live;

pub(super) struct World {
    pub(super) production: Production,
    pub(super) history: History,
    /// Entities that are made later, and by when they are there at the latest, the latest first. Boxed as in the production: where the
    /// span is all there is, nearly every entity begins here, and moves over without being copied.
    unborn: HashMap<EntityKey, Box<Entity>>,
    births: Vec<(Timestamp, EntityKey)>,
    /// How many of the history's late writes have been made.
    written: usize,
    /// Fields beyond the usual ones that have been read of some entity.
    kept_fields: HashSet<String>,
}

impl World {
    /// The production as it stood when the span began: links, steps and names as last read, statuses as they were.
    pub(super) fn at_the_beginning(
        reader: &Reader,
        site: &SiteName,
        history: History,
        since: Option<Timestamp>,
    ) -> Result<Self, JournalError> {
        let mut production = Production::default();
        let mut unborn: HashMap<EntityKey, Box<Entity>> = HashMap::default();
        let mut births = Vec::new();
        let mut kept_fields = HashSet::default();
        reader.each_fact(site, &mut |fact| {
            let mut entity = fact.entity;
            if let Some(status) = history.at_the_beginning(&entity.key) {
                entity.status = status;
            }
            for field in entity.fields.keys() {
                if !kept_fields.contains(field) {
                    kept_fields.insert(field.clone());
                }
            }
            let line = history.line(&entity.key);
            let (is_made, in_trash) = line.map_or((false, false), |l| (l.is_made, l.in_trash));
            let born_at = entity.created_at.filter(|at| since.is_none_or(|since| *at > since));
            if is_made || born_at.is_some() {
                births.extend(born_at.map(|at| (at, entity.key.clone())));
                unborn.insert(entity.key.clone(), Box::new(entity));
                return;
            }
            let key = in_trash.then(|| entity.key.clone());
            production.put(entity);
            if let Some(key) = key {
                production.retire(&key);
            }
        })?;
        births.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        births.shrink_to_fit();
        Ok(Self {
            production,
            history,
            unborn,
            births,
            written: 0,
            kept_fields,
        })
    }

    /// Brings in what happened in the meantime without an event of its own.
    pub(super) fn bring_up_to(&mut self, now: Timestamp) {
        while let Some((_, key)) = self.births.pop_if(|(at, _)| *at <= now) {
            self.is_there(&key);
        }
        while let Some(write) = self
            .history
            .late_writes
            .get(self.written)
            .filter(|write| write.at <= now)
        {
            self.production.set_status(&write.entity, write.status.clone());
            self.written += 1;
        }
    }

    /// What something happens to is there, whatever is known of when it was made.
    pub(super) fn is_there(&mut self, key: &EntityKey) {
        if let Some(entity) = self.born(key) {
            self.production.put(entity);
        }
    }

    /// Takes out what is born, for the production. What is left takes no more room than it needs, since the production's table grows
    /// meanwhile.
    fn born(&mut self, key: &EntityKey) -> Option<Box<Entity>> {
        if self.unborn.is_empty() {
            return None;
        }
        let entity = self.unborn.remove(key)?;
        if self.unborn.len() < self.unborn.capacity() / 4 {
            self.unborn.shrink_to_fit();
            self.births.shrink_to_fit();
        }
        Some(entity)
    }

    /// An event that no rule is asked about.
    pub(super) fn move_on(&mut self, past: &Past, status_field: &str) -> Result<(), JournalError> {
        if let Some(status) = &past.new_status {
            if let Some(key) = past.entity.as_ref().filter(|_| !self.history.is_late(past.seq)) {
                self.is_there(key);
                self.production.set_status(key, status.clone());
            }
            return Ok(());
        }
        let is_link = |field: &str| LINK_FIELDS.contains(&field) || self.kept_fields.contains(field);
        match past.operation {
            Operation::Update if !past.in_create && past.field.as_deref().is_some_and(is_link) => {
                self.apply(&past.to_event()?, status_field);
            }
            Operation::Create | Operation::Delete | Operation::Revive => {
                self.apply(&past.to_event()?, status_field);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn apply(&mut self, event: &Event, status_field: &str) {
        let made = event.entity.as_ref().filter(|_| event.operation == Operation::Create);
        let created = made.and_then(|entity| {
            let unborn = self.born(&entity.key).map(|unborn| *unborn);
            unborn.or_else(|| self.production.get(&entity.key).cloned())
        });
        apply_event(&mut self.production, event, created, status_field);
    }

    /// The live rules' plan tells what the site said when they were asked.
    pub(super) fn correct(&mut self, past: &Past) {
        for change in past.changes.iter().filter(|c| live::tells_what_was(c.skip)) {
            self.is_there(&change.entity);
            match &change.field {
                None => {
                    let known = self.production.get(&change.entity);
                    if known.is_some_and(|e| e.status != change.from) {
                        self.production.set_status(&change.entity, change.from.clone());
                    }
                }
                Some(field) => {
                    set_field(&mut self.production, &change.entity, field, change.from.as_ref());
                }
            }
        }
    }

    /// What the live rules wrote for this event is so from now on.
    pub(super) fn write(&mut self, past: &Past) {
        for change in past.changes.iter().filter(|c| live::was_written(c.state)) {
            match &change.field {
                None if self.history.waited(past.seq, &change.entity) => {}
                None => {
                    self.production.set_status(&change.entity, change.to.clone());
                }
                // Of fields the journal's words tell nothing: they stand as the live rules left them.
                Some(field) => set_field(&mut self.production, &change.entity, field, change.to.as_ref()),
            }
        }
    }
}

/// Sets a field unless it says so already: what the site said is more than the text of it.
pub(super) fn set_field(production: &mut Production, key: &EntityKey, field: &str, to: Option<&StatusCode>) {
    let to = to.map(StatusCode::as_str);
    let held = production.get(key).and_then(|e| e.fields.get(field)).and_then(as_text);
    if held.as_deref() != to {
        production.set_field(key, field, to);
    }
}
