//! What was said: notes read from the site, and notes that a person enters.

use callboard_model::{Actor, ActorKind, EntityId, EntityKey, EntityRef, Event, Note, Operation, Road, SiteName};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::write::{Accepted, Came, insert_event, seen_again};
use crate::{Journal, JournalError, Outcome, Touched};

/// What a note entered by hand is called, as trackers call their events.
const EVENT_TYPE: &str = "Callboard_Note";
/// The type of somebody of whom only the name is known. No tracker calls a type so; the name stands for the id.
pub const SOMEBODY: &str = "Callboard_Person";

/// A note that somebody enters: a row of a client's notes.
#[derive(Clone, Debug)]
pub struct HandNote {
    /// What it is about.
    pub entity: EntityRef,
    /// In which project.
    pub project: Option<EntityRef>,
    /// The words.
    pub text: String,
    /// Who said it, where the note says so: the client.
    pub author: Option<String>,
    /// Who enters it.
    pub entered_by: String,
    /// The import's id. A row of an import is taken once.
    pub batch: String,
    /// Its row.
    pub row: u32,
    /// The file's name, or `pasted`.
    pub source: String,
}

impl Journal {
    /// Takes notes that a person enters, each as an event that waits. A row of a batch that was taken before is counted and
    /// otherwise left alone. Who did it is the author, or whoever entered it where there is none: a person without an account.
    pub async fn accept_by_hand(
        &self,
        site: SiteName,
        notes: Vec<HandNote>,
        at: Timestamp,
    ) -> Result<Accepted, JournalError> {
        self.writer.run(move |c| accept_by_hand(c, &site, &notes, at)).await
    }

    /// Keeps what was said, for an event that is a note and has been read.
    pub async fn put_note(&self, event_seq: i64, note: Note) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                let about = serde_json::to_string(&note.about)?;
                let changed = c
                    .prepare_cached(
                        "UPDATE event SET note = ?2, note_about = ?3
                         WHERE seq = ?1 AND (note, note_about) IS NOT (?2, ?3)",
                    )?
                    .execute(params![event_seq, note.text, about])?;
                let touched = if changed > 0 {
                    Touched::events(vec![event_seq])
                } else {
                    Touched::nothing()
                };
                Ok(((), touched))
            })
            .await
    }
}

fn accept_by_hand(
    c: &Connection,
    site: &SiteName,
    notes: &[HandNote],
    at: Timestamp,
) -> Result<(Accepted, Touched), JournalError> {
    let mut accepted = Accepted::default();
    for note in notes {
        let who = note
            .author
            .as_deref()
            .filter(|a| !a.is_empty())
            .unwrap_or(&note.entered_by);
        let came = Came {
            received_at: at,
            delivery: None,
            place: i64::from(note.row),
            is_status: false,
            by_hand: Some((&note.entered_by, &note.source)),
        };
        let event = event(site, note, who, at);
        match insert_event(c, &event, &came, Outcome::Waiting)? {
            Some(seq) => accepted.new.push(seq),
            None => {
                accepted.seen += 1;
                seen_again(c, &event)?;
            }
        }
        // Names are shown, and found, by what is known of them.
        c.prepare_cached(
            "INSERT INTO entity (site, entity_type, entity_id, name) VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute([site.as_str(), SOMEBODY, who])?;
    }
    let touched = Touched {
        events: accepted.new.clone(),
        overview: false,
        work: !accepted.new.is_empty(),
    };
    Ok((accepted, touched))
}

fn event(site: &SiteName, note: &HandNote, who: &str, at: Timestamp) -> Event {
    let somebody = EntityKey::new(SOMEBODY, EntityId::Text(who.to_owned()));
    Event {
        site: site.clone(),
        key: format!("hand:{}:{}", note.batch, note.row).into(),
        road: Road::Hand,
        hook: None,
        event_log_entry_id: None,
        event_type: EVENT_TYPE.into(),
        operation: Operation::Note,
        entity: Some(note.entity.clone()),
        field: None,
        old: None,
        new: None,
        in_create: false,
        actor: Some(Actor {
            kind: ActorKind::Person,
            entity: EntityRef {
                key: somebody,
                name: Some(who.to_owned()),
            },
        }),
        project: note.project.clone(),
        occurred_at: Some(at),
        session_uuid: None,
        warning: None,
        hook_word: None,
        id: None,
        note: Some(Note {
            text: note.text.clone(),
            about: vec![note.entity.clone()],
        }),
        received: None,
    }
}
