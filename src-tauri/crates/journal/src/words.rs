//! What moved an entity's status, word by word: what a replay asks about the time before an event, and after it.

use std::ops::ControlFlow;

use callboard_model::{ActorKind, EntityKey, Operation, SiteName, StatusCode};
use jiff::Timestamp;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
use rusqlite::{Connection, Row, Rows};

use crate::ahead::ahead;
use crate::replay::{code, in_slices};
use crate::rows::{self, from_word, maybe, text, time};
use crate::{JournalError, PastEvents, Reader};

/// Something that moved an entity's status, or began or ended its life.
#[derive(Clone, Debug)]
pub struct Word {
    /// The event's number; of a status that we wrote, the event that it followed from.
    pub seq: i64,
    /// The site.
    pub site: SiteName,
    /// Whose word it is.
    pub entity: EntityKey,
    /// When it reached us; of a status that we wrote, when it was planned.
    pub at: Timestamp,
    /// What it says.
    pub said: Said,
}

/// What a [`Word`] says.
#[derive(Clone, Debug)]
pub enum Said {
    /// An event told a status.
    Told {
        /// The site's own number of the event.
        entry: Option<i64>,
        /// The status before, where the event says so.
        old: Option<StatusCode>,
        /// The status after; none: cleared.
        new: Option<StatusCode>,
        /// Set while the entity was being made.
        in_create: bool,
        /// The echo of our own write.
        echo: bool,
        /// Who did it; not of an echo.
        by: Option<(ActorKind, EntityKey)>,
    },
    /// We wrote a status.
    Written {
        /// The status before, as the plan saw it.
        from: Option<StatusCode>,
        /// The status after.
        to: Option<StatusCode>,
        /// When it came to the state that it has: when it was written, or taken back.
        settled_at: Timestamp,
        /// Whether it was taken back since.
        undone: bool,
    },
    /// The entity was made.
    Made,
    /// It went to the trash.
    Retired,
    /// It came out of the trash.
    Revived,
}

impl PastEvents {
    /// Tells every word about them in the order of its events, until `each` breaks off. What we wrote comes right after the
    /// event that it followed from. They are read ahead on another thread.
    pub fn words(&mut self, each: &mut dyn FnMut(&Word) -> ControlFlow<()>) -> Result<(), JournalError> {
        let last = self.last;
        let connection: &mut Connection = &mut self.connection;
        let read = move |put: &mut dyn FnMut(Word) -> ControlFlow<()>| {
            let c: &Connection = connection;
            let first = c.query_row("SELECT coalesce(min(seq), 0) FROM event", [], |r| r.get(0))?;
            let read = |c: &Connection, from: i64, upto: i64, slice: &mut Vec<Word>| {
                let mut told = c.prepare_cached(&format!("{TOLD} AND seq BETWEEN ?1 AND ?2 ORDER BY seq"))?;
                let mut written = c.prepare_cached(&format!(
                    "{WRITTEN} AND k.event_seq BETWEEN ?1 AND ?2 ORDER BY k.event_seq, c.id"
                ))?;
                tell(told.query([from, upto])?, written.query([from, upto])?, &mut |word| {
                    slice.push(word);
                    ControlFlow::Continue(())
                })
            };
            in_slices(c, first, last, read, put)
        };
        ahead(read, each)
    }
}

impl Reader {
    /// Tells the words about one entity, in the same order.
    pub fn words_of(
        &self,
        site: &SiteName,
        entity: &EntityKey,
        each: &mut dyn FnMut(&Word) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let c = self.connection()?;
        let c = c.unchecked_transaction()?;
        let of = [site.as_str(), entity.kind.as_str(), &entity.id.to_string()];
        let mut told = c.prepare_cached(&format!(
            "{TOLD} AND site = ?1 AND entity_type = ?2 AND entity_id = ?3 ORDER BY seq"
        ))?;
        let mut written = c.prepare_cached(&format!(
            "{WRITTEN} AND c.site = ?1 AND c.entity_type = ?2 AND c.entity_id = ?3 ORDER BY k.event_seq, c.id"
        ))?;
        tell(told.query(of)?, written.query(of)?, &mut |word| each(&word))
    }
}

/// A replay tells nothing that its event has not told. A warning beside a missing value means that it was dropped, which is not the same as cleared.
const TOLD: &str = "
    SELECT seq, site, entity_type, entity_id, received_at, operation, entry_id, old, new, in_create, outcome, actor_kind,
        actor_type, actor_id
    FROM event
    WHERE (is_status AND operation = 'update' AND (new IS NOT NULL OR warning IS NULL)
           OR operation IN ('create', 'delete', 'revive'))
      AND road <> 'hand' AND entity_type IS NOT NULL AND entity_id IS NOT NULL";

const WRITTEN: &str = "
    SELECT k.event_seq, c.site, c.entity_type, c.entity_id, c.planned_at, c.from_code, c.to_code, c.settled_at, c.state
    FROM change c JOIN cascade k ON k.seq = c.cascade_seq
    WHERE c.state IN ('applied', 'confirmed', 'undone') AND c.field IS NULL";

fn tell(
    mut told: Rows<'_>,
    mut written: Rows<'_>,
    each: &mut dyn FnMut(Word) -> ControlFlow<()>,
) -> Result<(), JournalError> {
    let mut next_written = of_event(written.next()?)?;
    loop {
        let row = told.next()?;
        let seq = of_event(row)?;
        while next_written.is_some_and(|ours| seq.is_none_or(|seq| ours < seq)) {
            let Some(row) = written.get() else { break };
            if each(word(row, written_by_us(row)?)?).is_break() {
                return Ok(());
            }
            next_written = of_event(written.next()?)?;
        }
        let Some(row) = told.get() else { return Ok(()) };
        if each(word(row, told_by(row)?)?).is_break() {
            return Ok(());
        }
    }
}

fn of_event(row: Option<&Row<'_>>) -> Result<Option<i64>, JournalError> {
    Ok(row.map(|row| row.get(0)).transpose()?)
}

fn word(row: &Row<'_>, said: Said) -> Result<Word, JournalError> {
    Ok(Word {
        seq: row.get(0)?,
        site: text(row, 1)?.into(),
        entity: rows::key(text(row, 2)?, text(row, 3)?),
        at: time(row.get(4)?)?,
        said,
    })
}

fn told_by(row: &Row<'_>) -> Result<Said, JournalError> {
    match from_word(text(row, 5)?)? {
        Operation::Create => return Ok(Said::Made),
        Operation::Delete => return Ok(Said::Retired),
        Operation::Revive => return Ok(Said::Revived),
        _ => {}
    }
    let status = |column| {
        let code = code(maybe(row, column)?)?;
        Ok::<_, JournalError>(code.map(|code| StatusCode::from(code.as_ref())))
    };
    let echo = text(row, 10)? == crate::Outcome::Echo.as_str();
    let by = match (maybe(row, 11)?, maybe(row, 12)?, maybe(row, 13)?) {
        (Some(kind), Some(of), Some(id)) if !echo => Some((from_word(kind)?, rows::key(of, id))),
        _ => None,
    };
    Ok(Said::Told {
        entry: row.get(6)?,
        old: status(7)?,
        new: status(8)?,
        in_create: row.get(9)?,
        echo,
        by,
    })
}

fn written_by_us(row: &Row<'_>) -> Result<Said, JournalError> {
    Ok(Said::Written {
        from: maybe(row, 5)?.map(Into::into),
        to: maybe(row, 6)?.map(Into::into),
        settled_at: time(row.get(7)?)?,
        undone: text(row, 8)? == callboard_model::ChangeState::Undone.as_str(),
    })
}
