//! Where changes may be written: by the mode of the project that an entity belongs to, else of its site.
//!
//! What counts is the project of the entity that would be set, as it was last read; of one whose project nobody has told, that
//! of the event. So where a cascade crosses from one project into another,
//!
//! - an event of a project that is left out starts nothing anywhere, whatever would be set elsewhere;
//! - what it would set in a project that is left out or watched is not written, and neither is what follows from that, in
//!   whichever project: its cause never comes to be;
//! - what follows from something that waits for a person waits with it, also where its own project would be written at once.
//!
//! The mode is looked at when a change is decided, and again right before it is written, accepted or undone: whatever was
//! decided under another mode goes by the one that holds now.

use callboard_journal::Settled;
use callboard_model::{Change, ChangeState, EntityKey, EntityRef, Event, Skip};

use crate::desk::{Desk, Stopped};
use crate::settings::ProjectWrite;
use crate::settle::{is_at, read};
use crate::site::Site;

/// The type of entity that a project is.
const PROJECT: &str = "Project";

impl Site {
    /// What Callboard may do to what belongs to a project; none: to no project, or to one that is not known.
    pub(crate) fn mode_of(&self, project: Option<&EntityRef>) -> ProjectWrite {
        self.settings.mode_of(project.map(|project| &project.key.id))
    }

    /// Whether something else holds for one project than for another.
    fn has_modes(&self) -> bool {
        self.settings.only_listed || !self.settings.projects.is_empty()
    }

    /// `Project Northlight`.
    fn said(&self, project: &EntityRef) -> String {
        let listed = self
            .settings
            .project(&project.key.id)
            .map(|listed| listed.name.as_str());
        let name = listed.filter(|name| !name.is_empty()).or(project.name.as_deref());
        match name {
            Some(name) => format!("Project {name}"),
            None => format!("Project {}", project.key.id),
        }
    }

    /// Whose mode holds: that of the project, where it is listed, or of the site.
    fn whose(&self, project: Option<&EntityRef>) -> String {
        match project.filter(|project| self.settings.project(&project.key.id).is_some()) {
            Some(project) => self.said(project),
            None => self.name.to_string(),
        }
    }

    /// Why nothing is written of what belongs to a project, where nothing may be.
    pub(crate) fn kept_from(&self, project: Option<&EntityRef>) -> Option<String> {
        match self.mode_of(project) {
            ProjectWrite::Off => Some(self.left_out(project)),
            ProjectWrite::Watch if !self.tracker.is_read() => Some(format!(
                "It would be set: {} is only listened to, and nothing can be written there",
                self.name
            )),
            ProjectWrite::Watch => Some(format!(
                "{} is watch only: nothing is written there",
                self.whose(project)
            )),
            ProjectWrite::Ask | ProjectWrite::Act => None,
        }
    }

    /// Why no rule runs for what belongs to a project that is left out.
    pub(crate) fn left_out(&self, project: Option<&EntityRef>) -> String {
        match project {
            Some(project) => format!("{} is left out of Callboard's work", self.said(project)),
            None => format!(
                "It belongs to no project, and Callboard works on the listed projects of {} alone",
                self.name
            ),
        }
    }

    /// Why a change waits for a person, where its project or site asks first.
    pub(crate) fn asks_first(&self, project: Option<&EntityRef>) -> String {
        format!("{} asks first: it waits for a person", self.whose(project))
    }
}

impl Desk {
    /// The project that an entity belongs to, as it was last read; where nobody has told, that of the event. None where all of
    /// a site is treated alike, and nobody has to know.
    pub(crate) async fn project_of(
        &self,
        site: &Site,
        entity: &EntityKey,
        of_event: Option<&EntityRef>,
    ) -> Option<EntityRef> {
        if !site.has_modes() {
            return None;
        }
        if entity.kind.is(PROJECT) {
            return Some(EntityRef {
                key: entity.clone(),
                name: None,
            });
        }
        let read = self.read(|reader| reader.project_of(&site.name, entity)).await;
        read.or_else(|| of_event.cloned())
    }

    /// The project of what a change of the journal sets.
    pub(crate) async fn project_of_change(&self, site: &Site, entity: &EntityKey, event_seq: i64) -> Option<EntityRef> {
        if !site.has_modes() {
            return None;
        }
        let recorded = self.read(|reader| reader.event(event_seq)).await;
        let of_event = recorded.and_then(|recorded| recorded.event.project);
        self.project_of(site, entity, of_event.as_ref()).await
    }

    /// The project of an event: its own, or that of what it is about.
    pub(crate) async fn project_of_event(&self, site: &Site, event: &Event) -> Option<EntityRef> {
        if event.project.is_some() {
            return event.project.clone();
        }
        let said_of = event.note.iter().flat_map(|note| &note.about);
        for about in event.entity.iter().chain(said_of) {
            let project = self.project_of(site, &about.key, None).await;
            if project.is_some() {
                return project;
            }
        }
        None
    }

    /// Why no rule runs for an event; none: rules run.
    pub(crate) async fn leaves_out(&self, site: &Site, event: &Event) -> Option<String> {
        if !site.has_modes() {
            return None;
        }
        let project = self.project_of_event(site, event).await;
        let is_off = site.mode_of(project.as_ref()) == ProjectWrite::Off;
        is_off.then(|| site.left_out(project.as_ref()))
    }

    /// Keeps open changes from being written that were decided under another mode than the one that holds now.
    pub(crate) async fn go_by_modes(
        &self,
        site: &Site,
        seq: i64,
        event: &Event,
        changes: &mut [Change],
    ) -> Result<(), Stopped> {
        let mut kept_back = Vec::new();
        let mut waits = false;
        for change in changes.iter_mut().filter(|c| c.state == ChangeState::Planned) {
            let project = self.project_of(site, &change.entity.key, event.project.as_ref()).await;
            let project = project.as_ref();
            let asks = site.mode_of(project) == ProjectWrite::Ask && change.accepted_by.is_none();
            let (skip, why) = match site.kept_from(project) {
                Some(why) => (Skip::NotAllowed, why),
                None if asks => (Skip::Asks, site.asks_first(project)),
                None => continue,
            };
            if change.attempts > 0 && self.has_arrived(site, seq, change).await? {
                change.state = ChangeState::Applied;
                change.reason = None;
            } else {
                waits |= skip == Skip::Asks;
                change.state = ChangeState::Skipped;
                change.skip = Some(skip);
                change.reason = Some(why);
            }
            kept_back.push(Settled::of(change));
        }
        if !kept_back.is_empty() {
            self.kept(|| self.journal.settle(kept_back.clone(), self.clock.now()))
                .await;
        }
        if waits {
            self.tell_inbox().await;
        }
        Ok(())
    }

    /// Whether a write that was tried, and whose answer nobody heard, came to the site.
    async fn has_arrived(&self, site: &Site, seq: i64, change: &Change) -> Result<bool, Stopped> {
        let key = &change.entity.key;
        let look = || read(site, std::slice::from_ref(key), change.field.as_deref());
        let found = self.until_it_answers(seq, look).await?;
        Ok(found.is_ok_and(|found| found.get(key).is_some_and(|value| is_at(value, change.to.as_ref()))))
    }
}
