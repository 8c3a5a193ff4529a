//! Who set an entity's status to what, and when: so that a replay knows how things stood at its beginning, and what a person
//! did afterwards.

use std::num::NonZero;

use callboard_journal::{JournalError, Reader, Said, Word};
use callboard_model::{ActorKind, EntityKey, EntityRef, StatusCode};
use foldhash::{HashMap, HashSet};
use jiff::{SignedDuration, Timestamp};

/// A write that came later than this after its decision waited for something: an outage, a pause. Any other counts as done
/// when it was decided, because an event of the same Shot waits for it.
const PROMPT: SignedDuration = SignedDuration::from_mins(1);

/// The words of one site.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Boxed, as the production's entities are: its table is half empty.
    lines: HashMap<EntityKey, Box<Line>>,
    codes: Codes,
    people: People,
    /// Writes that came late, or were taken back, oldest first.
    pub(super) late_writes: Vec<LateWrite>,
    /// The changes that those writes are of, by event and entity.
    waited: HashSet<(i64, EntityKey)>,
    /// Events that came after a later one about the same status.
    late: HashSet<i64>,
    /// The first word within the span.
    first: Option<i64>,
}

/// A write that came late, or was taken back.
#[derive(Debug)]
pub(super) struct LateWrite {
    /// When.
    pub(super) at: Timestamp,
    /// Whose.
    pub(super) entity: EntityKey,
    /// What it then was.
    pub(super) status: Option<StatusCode>,
    /// The event that it followed from.
    event: i64,
}

/// What became of one entity.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// The last word before the span.
    before: Option<Before>,
    /// What it was before the first word from then on. The outer option: whether there is one.
    first: Option<Code>,
    /// Those words, as they came about in the site; echoes of our own writes left out, which stand for themselves.
    words: Vec<Spoken>,
    /// The site's number of the latest.
    last_entry: i64,
    /// Whether it was made within the span or after it.
    pub(super) is_made: bool,
    /// Whether it was in the trash when the span began.
    pub(super) in_trash: bool,
    /// Whether anything was told of its life within the span.
    life_told: bool,
}

#[derive(Clone, Copy, Debug)]
struct Before {
    at: Timestamp,
    entry: Option<i64>,
    code: Code,
}

/// As small as can be: there are a million.
#[derive(Clone, Copy, Debug)]
struct Spoken {
    seq: i64,
    /// The site's number; zero: it has none. Of our own write that came late, the number of its event, negative.
    entry: i64,
    /// In microseconds.
    at: i64,
    new: Code,
    by: By,
}

/// Who spoke: a person or a client, by place in [`People`], or one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct By(u32);

impl By {
    const US: Self = Self(u32::MAX);
    /// A script, or nobody knows.
    const OTHER: Self = Self(u32::MAX - 1);
    const MOST_PEOPLE: u32 = u32::MAX - 2;
}

/// What a person set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hand {
    pub(super) seq: i64,
    pub(super) to: Option<StatusCode>,
    pub(super) at: Timestamp,
    person: u32,
}

/// When an event was, among those of an entity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) seq: i64,
    pub(super) entry: Option<i64>,
}

/// Where a span begins: with the journal, at a time, or with an event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beginning {
    pub(super) at: Option<Timestamp>,
    /// The event, where it begins with one; `at` is then when it came.
    pub(super) seq: Option<i64>,
}

impl Beginning {
    fn is_before(self, at: Timestamp) -> bool {
        self.at.is_some_and(|since| at < since)
    }

    fn is_before_event(self, seq: i64, at: Timestamp) -> bool {
        self.seq.map_or_else(|| self.is_before(at), |first| seq < first)
    }
}

impl History {
    /// Takes one word of what happened before the span and from then on.
    pub(super) fn take(&mut self, word: &Word, span: Beginning) {
        let line = match self.lines.get_mut(&word.entity) {
            Some(line) => line,
            None => self.lines.entry(word.entity.clone()).or_default(),
        };
        let is_before = span.is_before_event(word.seq, word.at);
        match &word.said {
            Said::Made | Said::Retired | Said::Revived if is_before => {
                line.in_trash = matches!(word.said, Said::Retired);
            }
            Said::Made => {
                line.is_made |= !line.life_told;
                line.life_told = true;
            }
            Said::Revived => {
                // It was gone before.
                line.in_trash |= !line.life_told;
                line.life_told = true;
            }
            Said::Retired => line.life_told = true,
            Said::Told {
                entry,
                old,
                new,
                in_create,
                echo,
                by,
            } => {
                let new = self.codes.place(new.as_ref());
                if is_before {
                    let entry = *entry;
                    let is_older = |b: Before| entry.zip(b.entry).is_some_and(|(this, that)| this < that);
                    if !line.before.is_some_and(is_older) {
                        line.before = Some(Before {
                            at: word.at,
                            entry,
                            code: new,
                        });
                    }
                    return;
                }
                self.first.get_or_insert(word.seq);
                let entry = entry.unwrap_or(0);
                if line.first.is_none() {
                    let old = if *in_create {
                        new
                    } else {
                        self.codes.place(old.as_ref())
                    };
                    line.first = Some(old);
                }
                let is_late = entry != 0 && entry < line.last_entry;
                if is_late {
                    self.late.insert(word.seq);
                }
                line.last_entry = line.last_entry.max(entry);
                let by = match by {
                    _ if *echo => return,
                    Some((ActorKind::Person | ActorKind::Client, person)) => self.people.place(person, word.seq),
                    _ => By::OTHER,
                };
                let spoken = Spoken {
                    seq: word.seq,
                    entry,
                    at: word.at.as_microsecond(),
                    new,
                    by,
                };
                let later = |w: &&Spoken| w.entry > entry;
                let later = if is_late {
                    line.words.iter().rev().take_while(later).count()
                } else {
                    0
                };
                line.words.insert(line.words.len() - later, spoken);
            }
            Said::Written {
                from,
                to,
                settled_at,
                undone,
            } => {
                let (old, new) = (self.codes.place(from.as_ref()), self.codes.place(to.as_ref()));
                let waited = settled_at.duration_since(word.at) > PROMPT && !undone;
                // Known by its event, which has been taken already where it is in the span.
                let is_before = match (span.seq, span.at, self.first) {
                    (Some(_), ..) => is_before,
                    (None, None, _) => false,
                    (None, Some(_), first) => first.is_none_or(|first| word.seq < first),
                };
                let is_over = span.is_before(*settled_at);
                if !is_over && (waited || *undone) {
                    let entity = word.entity.clone();
                    let status = self.codes.code(if *undone { old } else { new });
                    if waited {
                        self.waited.insert((word.seq, entity.clone()));
                    }
                    self.late_writes.push(LateWrite {
                        at: *settled_at,
                        entity,
                        status,
                        event: word.seq,
                    });
                }
                if !is_before {
                    line.first.get_or_insert(old);
                    if !waited {
                        line.words.push(Spoken {
                            seq: word.seq,
                            entry: 0,
                            at: word.at.as_microsecond(),
                            new,
                            by: By::US,
                        });
                    }
                } else if is_over || !waited {
                    let (code, at) = match (is_over, undone) {
                        (true, true) => (old, *settled_at),
                        (true, false) => (new, *settled_at),
                        (false, _) => (new, word.at),
                    };
                    if line.before.is_none_or(|before| before.at <= at) {
                        line.before = Some(Before { at, entry: None, code });
                    }
                }
            }
        }
    }

    /// To be called when all words are in.
    pub(super) fn close(&mut self) {
        self.late_writes.sort_by_key(|write| write.at);
        let late = std::mem::take(&mut self.late_writes);
        for write in &late {
            let new = self.codes.place(write.status.as_ref());
            let at = write.at.as_microsecond();
            if let Some(line) = self.lines.get_mut(&write.entity) {
                let place = line.words.partition_point(|word| word.at <= at);
                let before = place.checked_sub(1).and_then(|place| line.words.get(place));
                let word = Spoken {
                    // Right after what came before it.
                    seq: before.map_or(write.event, |word| word.seq),
                    entry: -write.event,
                    at,
                    new,
                    by: By::US,
                };
                line.words.insert(place, word);
            }
        }
        self.late_writes = late;
        for line in self.lines.values_mut() {
            line.words.shrink_to_fit();
        }
        self.lines.shrink_to_fit();
    }

    pub(super) fn line(&self, entity: &EntityKey) -> Option<&Line> {
        self.lines.get(entity).map(Box::as_ref)
    }

    /// The status that an entity had when the span began, as far as its words tell. The outer option: whether they do.
    pub(super) fn at_the_beginning(&self, entity: &EntityKey) -> Option<Option<StatusCode>> {
        let line = self.line(entity)?;
        let code = line.before.map(|before| before.code).or(line.first)?;
        Some(self.codes.code(code))
    }

    /// Whether an event came after a later one about the same status.
    pub(super) fn is_late(&self, seq: i64) -> bool {
        !self.late.is_empty() && self.late.contains(&seq)
    }

    /// Whether the write of a change came long after it was decided.
    pub(super) fn waited(&self, seq: i64, entity: &EntityKey) -> bool {
        !self.waited.is_empty() && self.waited.contains(&(seq, entity.clone()))
    }

    /// What a person set an entity's status to after an event, before anything else did. `stands`: what it was after the event.
    pub(super) fn by_hand(&self, entity: &EntityKey, event: Moment, stands: Option<&StatusCode>) -> Option<Hand> {
        let stands = self.codes.known(stands);
        let line = self.line(entity)?;
        let from = line.words.partition_point(|word| !word.is_after(event));
        for word in line.words.iter().skip(from) {
            match word.by {
                By::OTHER if Some(word.new) == stands => {}
                By::US if word.entry == -event.seq => {}
                By::US | By::OTHER => return None,
                By(person) => {
                    return Some(Hand {
                        seq: word.seq,
                        to: self.codes.code(word.new),
                        at: Timestamp::from_microsecond(word.at).unwrap_or_default(),
                        person,
                    });
                }
            }
        }
        None
    }

    /// Who that was.
    pub(super) fn who(&mut self, hand: &Hand, reader: &Reader) -> Result<Option<EntityRef>, JournalError> {
        let Some(person) = self.people.known.get_mut(hand.person as usize) else {
            return Ok(None);
        };
        if person.named.is_none() {
            let event = reader.event(person.seq)?.map(|found| found.event);
            person.named = event.and_then(|event| event.actor).map(|actor| actor.entity);
        }
        Ok(person.named.clone())
    }
}

impl Spoken {
    fn is_after(&self, event: Moment) -> bool {
        match event.entry {
            Some(entry) if self.entry > 0 => self.entry > entry,
            _ => self.seq > event.seq,
        }
    }
}

/// Status codes by number: there are few, and a million words.
#[derive(Debug, Default)]
struct Codes {
    places: HashMap<StatusCode, Code>,
    known: Vec<StatusCode>,
}

/// A status by its place, from one on; none: no status.
type Code = Option<NonZero<u32>>;

impl Codes {
    fn place(&mut self, code: Option<&StatusCode>) -> Code {
        let code = code?;
        if let Some(place) = self.places.get(code) {
            return *place;
        }
        self.known.push(code.clone());
        let place = u32::try_from(self.known.len()).ok().and_then(NonZero::new);
        self.places.insert(code.clone(), place);
        place
    }

    /// The outer option: whether any word has it.
    fn known(&self, code: Option<&StatusCode>) -> Option<Code> {
        match code {
            None => Some(None),
            Some(code) => self.places.get(code).copied(),
        }
    }

    fn code(&self, place: Code) -> Option<StatusCode> {
        self.known.get(place?.get() as usize - 1).cloned()
    }
}

#[derive(Debug, Default)]
struct People {
    places: HashMap<EntityKey, u32>,
    known: Vec<Person>,
}

#[derive(Debug)]
struct Person {
    /// An event of theirs, where their name can be asked for.
    seq: i64,
    named: Option<EntityRef>,
}

impl People {
    fn place(&mut self, person: &EntityKey, seq: i64) -> By {
        if let Some(place) = self.places.get(person) {
            return By(*place);
        }
        let place = u32::try_from(self.known.len())
            .unwrap_or(By::MOST_PEOPLE)
            .min(By::MOST_PEOPLE);
        self.known.push(Person { seq, named: None });
        self.places.insert(person.clone(), place);
        By(place)
    }
}
