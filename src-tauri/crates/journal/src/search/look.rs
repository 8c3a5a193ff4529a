//! Looking: newest first, in the index where it stands, and by reading the events where it does not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, params_from_iter, types::Value as Sql};

use crate::rows::{EVENT, text};
use crate::search::block::{BLOCK, Bits, place_of};
use crate::search::document::{self, PERSON, PROJECT, mark};
use crate::search::{fold, indexing};
use crate::{FeedFilter, JournalError};

/// Events that one answer may read in vain: as many as do not keep anybody waiting. What is further down is asked for with the
/// place where the answer stopped.
const IN_VAIN: i64 = 512;
/// Events that are read at once.
const AT_ONCE: i64 = 128;
/// One event in so many is so seldom that reading all of them is more than looking those up.
const FEW: u64 = 8;
/// Above every letter.
const ABOVE: char = char::MAX;
/// Events that have moved since they were put in the index, as many as are read beside it.
const MOVED: i64 = 10_000;

/// Events of which the index knows: those that have any of these.
pub(crate) struct Group {
    /// A word that begins so.
    beginning: Option<String>,
    marks: BTreeSet<String>,
}

impl Group {
    /// Events with one of these marks.
    fn marked(marks: impl IntoIterator<Item = String>) -> Self {
        Self {
            beginning: None,
            marks: marks.into_iter().collect(),
        }
    }

    /// All there are: each event is of some site.
    fn all() -> Self {
        Self {
            beginning: Some(mark::site("")),
            marks: BTreeSet::new(),
        }
    }

    /// What a filter narrows to, in so far as the index knows it; with the words that it asks for.
    pub(crate) fn of(c: &Connection, filter: &FeedFilter) -> Result<(Vec<Self>, Vec<String>), JournalError> {
        let typed = fold::typed(&filter.text);
        let mut groups = Vec::new();
        if !filter.entity_types.is_empty() {
            groups.push(Self::marked(filter.entity_types.iter().map(|kind| mark::kind(kind))));
        }
        if !filter.outcomes.is_empty() {
            let outcomes = filter.outcomes.iter().map(|outcome| mark::outcome(outcome.as_str()));
            groups.push(Self::marked(outcomes));
        }
        if !filter.projects.is_empty() {
            let projects = named(c, PROJECT, |name| filter.projects.iter().any(|project| project == name))?;
            groups.push(Self::marked(projects));
        }
        if !filter.people.is_empty() {
            let people = named(c, PERSON, |name| filter.people.iter().any(|person| person == name))?;
            groups.push(Self::marked(people));
        }
        if !filter.sites.is_empty() {
            groups.push(Self::marked(filter.sites.iter().map(|site| mark::site(site.as_str()))));
        }
        for word in &typed {
            groups.push(Self::word(c, word)?);
        }
        // The fewer there are to look for, the sooner a block is done with.
        groups.sort_by_key(|group| {
            (
                group.marks.len(),
                group.beginning.as_ref().map_or(0, |word| usize::MAX - word.len()),
            )
        });
        Ok((groups, typed))
    }

    fn word(c: &Connection, typed: &str) -> Result<Self, JournalError> {
        let begins = |name: &str| fold::has(name, typed);
        let mut marks = named(c, PERSON, begins)?;
        marks.extend(named(c, PROJECT, begins)?);
        let mut statuses = c.prepare_cached("SELECT site, entity_type, code, name FROM status")?;
        let mut statuses = statuses.query([])?;
        while let Some(row) = statuses.next()? {
            if begins(text(row, 3)?) {
                marks.insert(mark::status(text(row, 0)?, text(row, 1)?, text(row, 2)?));
            }
        }
        Ok(Self {
            beginning: Some(typed.to_owned()),
            marks,
        })
    }

    fn bits(&self, c: &Connection, block: i64) -> Result<Bits, JournalError> {
        let mut bits = Bits::NONE;
        if let Some(word) = &self.beginning {
            let mut rows = c.prepare_cached("SELECT events FROM word WHERE block = ?1 AND word >= ?2 AND word < ?3")?;
            let mut rows = rows.query(rusqlite::params![block, word, format!("{word}{ABOVE}")])?;
            while let Some(row) = rows.next()? {
                bits.add(row.get_ref(0)?.as_blob()?)?;
            }
        }
        // Marks are few in a block, and stand together.
        if let (Some(first), Some(last)) = (self.marks.first(), self.marks.last()) {
            let mut rows =
                c.prepare_cached("SELECT word, events FROM word WHERE block = ?1 AND word BETWEEN ?2 AND ?3")?;
            let mut rows = rows.query(rusqlite::params![block, first, last])?;
            while let Some(row) = rows.next()? {
                if self.marks.contains(text(row, 0)?) {
                    bits.add(row.get_ref(1)?.as_blob()?)?;
                }
            }
        }
        Ok(bits)
    }
}

/// Whether so few events are in all of these groups that looking them up is less than reading events until there are `most`. False
/// where the index lacks much: that is read anyway.
pub(crate) fn are_few(c: &Connection, groups: &[Group], most: usize) -> Result<bool, JournalError> {
    let Some((oldest, newest)) = indexing::span(c)? else {
        return Ok(false);
    };
    let place = indexing::Place::read(c)?;
    if groups.is_empty() || place.first > oldest || newest - place.upto > IN_VAIN {
        return Ok(false);
    }
    let mut found = 0;
    for block in place_of(oldest).0..=place_of(place.upto).0 {
        let mut have = Bits::between(block, place.first, place.upto);
        for group in groups {
            have.and(&group.bits(c, block)?);
            if have.is_empty() {
                break;
            }
        }
        found += have.count();
    }
    let all = newest.abs_diff(oldest) + 1;
    Ok(found < most as u64 || found * FEW < all)
}

/// How many events there are, by outcome.
pub(crate) fn by_outcome(c: &Connection) -> Result<BTreeMap<String, u64>, JournalError> {
    let place = indexing::Place::read(c)?;
    let mut totals: BTreeMap<String, u64> = c
        .prepare_cached(
            "SELECT outcome, count(*) FROM event WHERE seq < ?1 OR seq > ?2 OR seq IN (SELECT seq FROM word_again) GROUP BY outcome",
        )?
        .query_and_then([place.first, place.upto], |r| Ok::<_, JournalError>((r.get(0)?, r.get(1)?)))?
        .collect::<Result<_, _>>()?;
    if place.first > place.upto {
        return Ok(totals);
    }
    let mut marks = c.prepare_cached("SELECT word, events FROM word WHERE block = ?1 AND word >= ?2 AND word < ?3")?;
    let any = mark::outcome("");
    for block in place_of(place.first).0..=place_of(place.upto).0 {
        let again = again(c, block)?;
        let mut rows = marks.query(rusqlite::params![block, any, format!("{any}{ABOVE}")])?;
        while let Some(row) = rows.next()? {
            let mut events = Bits::NONE;
            events.add(row.get_ref(1)?.as_blob()?)?;
            events.without(&again);
            let number = events.count();
            if number > 0 {
                let outcome = text(row, 0)?.strip_prefix(any.as_str()).unwrap_or_default();
                *totals.entry(outcome.to_owned()).or_default() += number;
            }
        }
    }
    Ok(totals)
}

/// The events of a block that are no longer what the index says.
fn again(c: &Connection, block: i64) -> Result<Bits, JournalError> {
    let mut again = Bits::NONE;
    let mut rows = c.prepare_cached("SELECT seq FROM word_again WHERE seq BETWEEN ?1 AND ?2")?;
    let mut rows = rows.query([block * BLOCK, block * BLOCK + BLOCK - 1])?;
    while let Some(row) = rows.next()? {
        again.set(place_of(row.get(0)?).1);
    }
    Ok(again)
}

/// The marks of those, in this role, whose name is such.
pub(crate) fn named(c: &Connection, role: &str, such: impl Fn(&str) -> bool) -> Result<BTreeSet<String>, JournalError> {
    let mut rows = c.prepare_cached(
        "SELECT w.site, w.entity_type, w.entity_id, n.name FROM word_named w
         JOIN entity n ON n.site = w.site AND n.entity_type = w.entity_type AND n.entity_id = w.entity_id WHERE w.role = ?1",
    )?;
    let mut rows = rows.query([role])?;
    let mut marks = BTreeSet::new();
    while let Some(row) = rows.next()? {
        if such(text(row, 3)?) {
            marks.insert(mark::named(role, &[row.get(0)?, row.get(1)?, row.get(2)?]));
        }
    }
    Ok(marks)
}

/// The events at these places of a block, the newest first.
fn seqs_of(block: i64, bits: &Bits) -> Vec<i64> {
    let places = bits.newest_first();
    places.map(|place| block * BLOCK + i64::from(place)).collect()
}

/// What the index counted.
#[derive(Default)]
pub(crate) struct Counted {
    /// Events in all.
    pub(crate) total: usize,
    /// Whether there are more.
    pub(crate) capped: bool,
    /// How many of them have a mark, without the others.
    pub(crate) marks: HashMap<String, u32>,
    /// Those of them of which the index does not know.
    pub(crate) others: Vec<i64>,
}

impl Counted {
    fn add_marks(&mut self, c: &Connection, block: i64, have: &Bits) -> Result<(), JournalError> {
        let mut marks =
            c.prepare_cached("SELECT word, events FROM word WHERE block = ?1 AND word >= ?2 AND word < ?3")?;
        let mut marks = marks.query(rusqlite::params![block, mark::FROM, mark::BELOW])?;
        while let Some(row) = marks.next()? {
            let mut events = Bits::NONE;
            events.add(row.get_ref(1)?.as_blob()?)?;
            events.and(have);
            let number = u32::try_from(events.count()).unwrap_or_default();
            if number > 0 {
                *self.marks.entry(text(row, 0)?.to_owned()).or_default() += number;
            }
        }
        Ok(())
    }
}

/// What was found.
pub(crate) struct Found {
    /// Events, the newest first.
    pub(crate) seqs: Vec<i64>,
    /// Where looking stopped before the end of the journal without finding as many as were wanted: what is below this number was
    /// not looked at.
    pub(crate) stopped: Option<i64>,
}

/// One look through the journal. The connection is in a transaction, so that index and events are of one time.
pub(crate) struct Look<'a> {
    c: &'a Connection,
    groups: Vec<Group>,
    typed: Vec<String>,
    /// What else an event must be, of `e` and the names beside it, with what is bound in it.
    condition: &'a str,
    values: &'a [Sql],
    wanted: usize,
    found: Found,
    in_vain: i64,
}

impl<'a> Look<'a> {
    /// Looks for as many events as are `wanted` among those in `groups` that have the words and fulfil the condition.
    pub(crate) fn new(
        c: &'a Connection,
        (groups, typed): (Vec<Group>, Vec<String>),
        (condition, values): (&'a str, &'a [Sql]),
        wanted: usize,
    ) -> Self {
        Self {
            c,
            groups,
            typed,
            condition,
            values,
            wanted,
            found: Found {
                seqs: Vec::new(),
                stopped: None,
            },
            in_vain: 0,
        }
    }

    /// The newest of them, below the number `before`.
    pub(crate) fn newest(mut self, before: Option<i64>) -> Result<Found, JournalError> {
        let Some((oldest, newest)) = indexing::span(self.c)? else {
            return Ok(self.found);
        };
        let from = before.map_or(newest, |before| newest.min(before.saturating_sub(1)));
        let place = indexing::Place::read(self.c)?;
        self.read(from, oldest.max(place.upto + 1))?;
        self.look_up(from.min(place.upto), oldest.max(place.first))?;
        self.read(from.min(place.first - 1), oldest)?;
        Ok(self.found)
    }

    /// How many events have which mark, among the newest `wanted`. None where the index lacks much, or much has moved since: then reading
    /// the events is as quick.
    pub(crate) fn count(mut self) -> Result<Option<Counted>, JournalError> {
        let mut counted = Counted::default();
        let Some((oldest, newest)) = indexing::span(self.c)? else {
            return Ok(Some(counted));
        };
        let place = indexing::Place::read(self.c)?;
        let moved: i64 = self
            .c
            .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM word_again LIMIT ?1)")?
            .query_row([MOVED + 1], |r| r.get(0))?;
        if place.first > oldest || newest - place.upto > IN_VAIN || moved > MOVED {
            return Ok(None);
        }
        if self.groups.is_empty() {
            self.groups.push(Group::all());
        }
        self.read(newest, oldest.max(place.upto + 1))?;
        counted.others = std::mem::take(&mut self.found.seqs);
        counted.total = counted.others.len();
        for block in (place_of(oldest).0..=place_of(place.upto).0).rev() {
            let all = Bits::between(block, oldest, place.upto);
            let again = self.again(block, &all, moved > 0)?;
            let mut have = self.of_all_groups(block, all)?;
            have.without(&again);
            let mut others = Bits::NONE;
            if !again.is_empty() {
                let list = Sql::from(serde_json::to_string(&seqs_of(block, &again))?);
                let changed = self.fulfil("e.seq IN (SELECT value FROM json_each(?))", [list])?;
                let changed = self.with_words(changed)?;
                changed.iter().for_each(|seq| others.set(place_of(*seq).1));
            }
            let mut both = have;
            both.or(&others);
            let missing = self.wanted - counted.total;
            counted.capped = both.count() > missing as u64;
            if counted.capped {
                both = both.newest(missing);
                have.and(&both);
                others.and(&both);
            }
            counted.total += usize::try_from(both.count()).unwrap_or_default();
            counted.others.extend(seqs_of(block, &others));
            if !have.is_empty() {
                counted.add_marks(self.c, block, &have)?;
            }
            if counted.capped {
                break;
            }
        }
        Ok(Some(counted))
    }

    fn of_all_groups(&self, block: i64, mut have: Bits) -> Result<Bits, JournalError> {
        for group in &self.groups {
            have.and(&group.bits(self.c, block)?);
            if have.is_empty() {
                break;
            }
        }
        Ok(have)
    }

    /// Those of these events of which the index no longer says what is so.
    fn again(&self, block: i64, among: &Bits, moved: bool) -> Result<Bits, JournalError> {
        let mut again = if moved { again(self.c, block)? } else { Bits::NONE };
        again.and(among);
        Ok(again)
    }

    fn over(&self) -> bool {
        self.found.seqs.len() >= self.wanted || self.found.stopped.is_some()
    }

    /// Whether looking stops here, because too much was read in vain.
    fn stops_at(&mut self, next: i64) -> bool {
        if self.in_vain >= IN_VAIN {
            self.found.stopped = Some(next + 1);
        }
        self.over()
    }

    /// Reads the events from `from` down to `to`.
    fn read(&mut self, mut from: i64, to: i64) -> Result<(), JournalError> {
        while from >= to && !self.stops_at(from) {
            let low = to.max(from - AT_ONCE + 1);
            let seqs = self.fulfil("e.seq BETWEEN ? AND ?", [Sql::from(low), Sql::from(from)])?;
            let seqs = self.with_words(seqs)?;
            self.in_vain += from - low + 1 - i64::try_from(seqs.len()).unwrap_or_default();
            self.found.seqs.extend(seqs);
            self.found.seqs.truncate(self.wanted);
            from = low - 1;
        }
        Ok(())
    }

    /// Looks the events from `from` down to `to` up in the index.
    fn look_up(&mut self, from: i64, to: i64) -> Result<(), JournalError> {
        if from < to {
            return Ok(());
        }
        let moved: bool = self
            .c
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM word_again)")?
            .query_row([], |r| r.get(0))?;
        for block in (place_of(to).0..=place_of(from).0).rev() {
            if self.stops_at(from.min(block * BLOCK + BLOCK - 1)) {
                break;
            }
            let all = Bits::between(block, to, from);
            let mut have = self.of_all_groups(block, all)?;
            let again = self.again(block, &all, moved)?;
            have.without(&again);
            self.take(block, &have, &again)?;
        }
        Ok(())
    }

    /// Takes those that the index has, and those of `again` that are still to be read.
    fn take(&mut self, block: i64, have: &Bits, again: &Bits) -> Result<(), JournalError> {
        let mut all = *have;
        all.or(again);
        let seqs = seqs_of(block, &all);
        let mut rest = seqs.as_slice();
        while let Some(&next) = rest.first()
            && !self.stops_at(next)
        {
            let missing = self.wanted - self.found.seqs.len();
            let (now, later) = rest.split_at(rest.len().min(missing.clamp(32, 1_024)));
            rest = later;
            let mut seqs = if self.condition == ANY && again.is_empty() {
                now.to_vec()
            } else {
                let list = Sql::from(serde_json::to_string(now)?);
                self.fulfil("e.seq IN (SELECT value FROM json_each(?))", [list])?
            };
            if !self.typed.is_empty() && !again.is_empty() {
                let (changed, known): (Vec<i64>, Vec<i64>) =
                    seqs.into_iter().partition(|seq| again.has(place_of(*seq).1));
                seqs = self.with_words(changed)?;
                seqs.extend(known);
                seqs.sort_unstable_by(|a, b| b.cmp(a));
            }
            self.in_vain += i64::try_from(now.len() - seqs.len()).unwrap_or_default();
            self.found.seqs.extend(seqs);
            self.found.seqs.truncate(self.wanted);
        }
        Ok(())
    }

    /// Those of some events that fulfil the condition, the newest first.
    fn fulfil<const N: usize>(&self, which: &str, bound: [Sql; N]) -> Result<Vec<i64>, JournalError> {
        let sql = format!(
            "SELECT seq FROM (SELECT {EVENT} WHERE {} AND {which}) ORDER BY seq DESC",
            self.condition
        );
        let values = self.values.iter().cloned().chain(bound);
        let mut rows = self.c.prepare_cached(&sql)?;
        rows.query_and_then(params_from_iter(values), |r| Ok(r.get(0)?))?
            .collect()
    }

    /// Those of some events that have the words, in their order.
    fn with_words(&self, seqs: Vec<i64>) -> Result<Vec<i64>, JournalError> {
        if self.typed.is_empty() || seqs.is_empty() {
            return Ok(seqs);
        }
        let documents = document::of(self.c, &seqs)?;
        let with = documents.iter().rev().filter(|document| document.has(&self.typed));
        Ok(with.map(|document| document.seq).collect())
    }
}

/// The condition that every event fulfils.
pub(crate) const ANY: &str = "1";
