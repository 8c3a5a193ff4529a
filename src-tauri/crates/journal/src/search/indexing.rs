//! Writing the index, after the events and beside them: whoever brings or decides an event waits for none of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};

use crate::pack;
use crate::search::block::{BLOCK, Bits, place_of};
use crate::search::document::{self, Document};
use crate::writer::Writer;
use crate::{JournalError, Reader, Touched};

/// Events in one commit: few enough that the writer is free again in milliseconds.
const LOT: i64 = 256;
/// Rows of a block that has gone that are taken out in one commit.
const GONE: i64 = 2_000;
/// Between two looks for something to do. An event is put in when it was there at the look before: most are settled by then.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest rest after a commit.
const BREATH: Duration = Duration::from_millis(5);
/// Events between two looks that are so many that the machine is left to them.
const RUSH: i64 = 1_000;
/// Jobs before the writer that have precedence.
const QUEUED: usize = 64;

/// Which events are in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    low: i64,
    /// The first.
    pub(crate) first: i64,
    /// The last.
    pub(crate) upto: i64,
    high: i64,
}

impl Place {
    pub(crate) fn read(c: &Connection) -> Result<Self, JournalError> {
        Ok(c.prepare_cached("SELECT low, first, upto, high FROM word_place")?
            .query_row([], |r| {
                Ok(Self {
                    low: r.get(0)?,
                    first: r.get(1)?,
                    upto: r.get(2)?,
                    high: r.get(3)?,
                })
            })?)
    }

    fn write(self, c: &Connection) -> Result<(), JournalError> {
        c.prepare_cached("UPDATE word_place SET low = ?1, first = ?2, upto = ?3, high = ?4")?
            .execute([self.low, self.first, self.upto, self.high])?;
        Ok(())
    }
}

/// The numbers of the oldest and the newest event; none in an empty journal.
pub(crate) fn span(c: &Connection) -> Result<Option<(i64, i64)>, JournalError> {
    let mut ends = c.prepare_cached("SELECT (SELECT min(seq) FROM event), (SELECT max(seq) FROM event)")?;
    let (oldest, newest): (Option<i64>, Option<i64>) = ends.query_row([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(oldest.zip(newest))
}

/// Whoever writes the index: one at a time.
pub(crate) struct Indexing {
    reader: Reader,
    writer: Writer,
    /// The newest event at the last look, and at the one before.
    looked: Option<(Instant, i64, i64)>,
}

/// What one block's rows become.
struct Lot {
    block: i64,
    /// Each word with its events; without any, its row goes.
    rows: Vec<(String, Vec<u8>)>,
    named: BTreeSet<(&'static str, [String; 3])>,
}

/// The thread that writes the index. It ends when it is told to, and when nobody is left to tell it.
pub(crate) struct IndexThread {
    thread: JoinHandle<()>,
    tell: Sender<()>,
}

impl IndexThread {
    pub(crate) fn start(indexing: &Arc<Mutex<Indexing>>) -> Result<Self, JournalError> {
        let (tell, told) = channel();
        let indexing = Arc::clone(indexing);
        let thread = std::thread::Builder::new()
            .name("journal-index".into())
            .spawn(move || write(&indexing, &told))
            .map_err(|e| JournalError::Database(e.to_string()))?;
        Ok(Self { thread, tell })
    }

    pub(crate) fn end(self) {
        // It may have ended already.
        drop(self.tell);
        if self.thread.join().is_err() {
            tracing::error!("journal: the writer of the index ended badly");
        }
    }
}

fn write(indexing: &Arc<Mutex<Indexing>>, ends: &Receiver<()>) {
    let mut failing = false;
    loop {
        let begun = Instant::now();
        let done = indexing.lock().unwrap_or_else(PoisonError::into_inner).turn();
        let rest = match done {
            // Half of the time at most, so that others have the other half.
            Ok(true) => begun.elapsed().max(BREATH),
            Ok(false) => LOOK,
            Err(JournalError::Closed) => return,
            Err(_) => LOOK,
        };
        if let Err(error) = &done
            && !failing
        {
            tracing::warn!(%error, "journal: the words of events cannot be written now; this is tried again");
        }
        failing = done.is_err();
        if ends.recv_timeout(rest) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

impl Indexing {
    pub(crate) fn new(reader: Reader, writer: Writer) -> Self {
        Self {
            reader,
            writer,
            looked: None,
        }
    }

    /// Puts in all that there is.
    pub(crate) fn all(&mut self) -> Result<(), JournalError> {
        while self.some(i64::MAX)? || pack::some(&self.reader, &self.writer)? {}
        Ok(())
    }

    /// Puts some in, and answers whether there is more.
    fn turn(&mut self) -> Result<bool, JournalError> {
        if self.writer.queued() > QUEUED {
            return Ok(true);
        }
        let newest = span(&*self.reader.connection()?)?.map_or(0, |(_, newest)| newest);
        let (at, last, before) = self.looked.unwrap_or_else(|| (Instant::now(), newest, 0));
        let looked = if self.looked.is_none() || at.elapsed() >= LOOK {
            (Instant::now(), newest, last)
        } else {
            (at, last, before)
        };
        self.looked = Some(looked);
        let (_, last, before) = looked;
        if last - before > RUSH {
            return Ok(false);
        }
        // What is put together is read once more for that, and is in the index then.
        Ok(self.some(before)? || pack::some(&self.reader, &self.writer)?)
    }

    /// Puts some in, of what came after the last no more than up to `settled`. Answers whether there is more.
    fn some(&mut self, settled: i64) -> Result<bool, JournalError> {
        let moved = self.moved()?;
        let newer = self.newer(settled)?;
        Ok(moved || newer || self.older()?)
    }

    /// Puts in again what has changed, of one block.
    fn moved(&mut self) -> Result<bool, JournalError> {
        let c = self.reader.connection()?;
        let last: Option<(i64, i64)> = c
            .prepare_cached("SELECT (SELECT max(id) FROM word_again), max(seq) FROM word_again")?
            .query_row([], |r| Ok(r.get::<_, Option<i64>>(0)?.zip(r.get::<_, Option<i64>>(1)?)))
            .optional()?
            .flatten();
        let Some((id, newest)) = last else { return Ok(false) };
        let block = place_of(newest).0;
        let begin = block * BLOCK;
        if span(&c)?.is_none_or(|(oldest, _)| begin + BLOCK <= oldest) {
            drop(c);
            return self.gone(block);
        }
        let seqs: Vec<i64> = c
            .prepare_cached(
                "SELECT DISTINCT seq FROM word_again WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq DESC LIMIT ?3",
            )?
            .query_map([begin, newest, LOT], |r| r.get(0))?
            .collect::<Result<_, _>>()?;
        let mut again = Bits::NONE;
        seqs.iter().for_each(|seq| again.set(place_of(*seq).1));
        let lot = Lot::new(&c, block, &document::of(&c, &seqs)?, &again)?;
        drop(c);
        self.writer.run_blocking(move |c| {
            lot.write(c)?;
            let seqs = serde_json::to_string(&seqs)?;
            c.prepare_cached("DELETE FROM word_again WHERE id <= ?1 AND seq IN (SELECT value FROM json_each(?2))")?
                .execute(params![id, seqs])?;
            Ok(((), Touched::default()))
        })?;
        Ok(true)
    }

    /// Takes a block out of which no event is left.
    fn gone(&mut self, block: i64) -> Result<bool, JournalError> {
        self.writer.run_blocking(move |c| {
            let begin = block * BLOCK;
            let events: bool = c
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM event WHERE seq BETWEEN ?1 AND ?2)")?
                .query_row([begin, begin + BLOCK - 1], |r| r.get(0))?;
            if events {
                return Ok(((), Touched::default()));
            }
            let rows = c
                .prepare_cached(
                    "DELETE FROM word WHERE block = ?1 AND word IN (SELECT word FROM word WHERE block = ?1 LIMIT ?2)",
                )?
                .execute([block, GONE])?;
            if i64::try_from(rows).unwrap_or(GONE) < GONE {
                c.prepare_cached("DELETE FROM word_again WHERE seq BETWEEN ?1 AND ?2")?
                    .execute([begin, begin + BLOCK - 1])?;
            }
            Ok(((), Touched::default()))
        })?;
        Ok(true)
    }

    /// Puts in what came after the last, up to `settled`.
    fn newer(&mut self, settled: i64) -> Result<bool, JournalError> {
        let c = self.reader.connection()?;
        let Some((oldest, newest)) = span(&c)? else {
            return Ok(false);
        };
        let place = Place::read(&c)?;
        let from = oldest.max(place.upto + 1);
        let settled = newest.min(settled);
        if from > settled {
            return Ok(false);
        }
        let upto = settled.min(from + LOT - 1).min(place_of(from).0 * BLOCK + BLOCK - 1);
        let claimed = Place { high: upto, ..place };
        let done = Place { upto, ..claimed };
        drop(c);
        self.put(place, claimed, done, from, upto)
    }

    /// Puts in what was there before the first.
    fn older(&mut self) -> Result<bool, JournalError> {
        let c = self.reader.connection()?;
        let Some((oldest, _)) = span(&c)? else { return Ok(false) };
        let place = Place::read(&c)?;
        if place.first <= oldest {
            return Ok(false);
        }
        let upto = place.first - 1;
        let from = oldest.max(upto - LOT + 1).max(place_of(upto).0 * BLOCK);
        let claimed = Place { low: from, ..place };
        let done = Place { first: from, ..claimed };
        drop(c);
        self.put(place, claimed, done, from, upto)
    }

    /// Puts in the events from `from` to `upto`, all of one block. They are claimed first, so that whatever changes them while they
    /// are read is noted.
    fn put(&mut self, was: Place, claimed: Place, done: Place, from: i64, upto: i64) -> Result<bool, JournalError> {
        let still = self.writer.run_blocking(move |c| {
            let still = Place::read(c)? == was;
            if still {
                claimed.write(c)?;
            }
            Ok((still, Touched::default()))
        })?;
        if !still {
            return Ok(true);
        }
        let c = self.reader.connection()?;
        let lot = Lot::new(&c, place_of(from).0, &document::between(&c, from, upto)?, &Bits::NONE)?;
        drop(c);
        self.writer.run_blocking(move |c| {
            // Events may have gone meanwhile, and with them what was claimed.
            if Place::read(c)? == claimed {
                lot.write(c)?;
                done.write(c)?;
            }
            Ok(((), Touched::default()))
        })?;
        Ok(true)
    }
}

impl Lot {
    /// What a block's rows become when these documents are put in, and what stands there of the events in `again` is taken out.
    fn new(c: &Connection, block: i64, documents: &[Document], again: &Bits) -> Result<Self, JournalError> {
        let mut words: BTreeMap<&str, Bits> = BTreeMap::new();
        for document in documents {
            let place = place_of(document.seq).1;
            for word in document.words.iter().chain(&document.marks) {
                words.entry(word).or_insert(Bits::NONE).set(place);
            }
        }
        let mut rows = Vec::new();
        let mut changed = |word: &str, was: &Bits, new: Option<&Bits>| {
            let mut bits = *was;
            bits.without(again);
            if let Some(new) = new {
                bits.or(new);
            }
            if bits != *was {
                rows.push((word.to_owned(), bits.stored()));
            }
        };
        if again.is_empty() {
            let mut known = c.prepare_cached("SELECT events FROM word WHERE block = ?1 AND word = ?2")?;
            for (word, new) in &words {
                let mut was = Bits::NONE;
                let mut known = known.query(params![block, word])?;
                if let Some(row) = known.next()? {
                    was.add(row.get_ref(0)?.as_blob()?)?;
                }
                changed(word, &was, Some(new));
            }
        } else {
            let mut known = c.prepare_cached("SELECT word, events FROM word WHERE block = ?1")?;
            let mut known = known.query([block])?;
            while let Some(row) = known.next()? {
                let mut was = Bits::NONE;
                was.add(row.get_ref(1)?.as_blob()?)?;
                let word = crate::rows::text(row, 0)?;
                changed(word, &was, words.remove(word).as_ref());
            }
            for (word, new) in &words {
                changed(word, &Bits::NONE, Some(new));
            }
        }
        let named = documents
            .iter()
            .flat_map(|document| document.named.iter().cloned())
            .collect();
        Ok(Self { block, rows, named })
    }

    fn write(&self, c: &Connection) -> Result<(), JournalError> {
        let mut put = c.prepare_cached("INSERT OR REPLACE INTO word (block, word, events) VALUES (?1, ?2, ?3)")?;
        let mut take = c.prepare_cached("DELETE FROM word WHERE block = ?1 AND word = ?2")?;
        for (word, events) in &self.rows {
            if events.is_empty() {
                take.execute(params![self.block, word])?;
            } else {
                put.execute(params![self.block, word, events])?;
            }
        }
        let mut named = c.prepare_cached(
            "INSERT OR IGNORE INTO word_named (role, site, entity_type, entity_id) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for (role, [site, kind, id]) in &self.named {
            named.execute(params![role, site, kind, id])?;
        }
        Ok(())
    }
}
