//! How many events each choice of a filter would show.

use std::collections::HashMap;
use std::hash::Hash;

use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::filter::Query;
use crate::read::narrowed;
use crate::rows::{NAMES, from_word, maybe, text};
use crate::search::{Group, Look, PERSON, PROJECT, mark};
use crate::{FeedFilter, JournalError, Outcome, Reader};

/// Only so many of the newest matching events are counted: a number that comes late helps nobody who is choosing.
const COUNTED: usize = 100_000;
/// How often looking for words goes on where it stopped.
const ROUNDS: u32 = 8;
/// Choices of one kind that are named.
const NAMED: usize = 30;

/// How many events each choice of a filter would show, most first. Each kind of choice is counted under the filter without its
/// own part, so that a number says what choosing would add.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FeedCounts {
    /// Events under the whole filter.
    pub total: u32,
    /// Set when there are more than were counted: the numbers are of the newest 100,000.
    pub capped: bool,
    /// By entity type.
    pub entity_types: Vec<FacetCount>,
    /// By project.
    pub projects: Vec<FacetCount>,
    /// By what came of them.
    pub outcomes: Vec<OutcomeCount>,
    /// By person.
    pub people: Vec<FacetCount>,
    /// By site.
    pub sites: Vec<FacetCount>,
}

/// How many events one choice would show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FacetCount {
    /// The choice, as it stands in a filter.
    pub value: String,
    /// How many.
    pub count: u32,
}

/// How many events had an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OutcomeCount {
    /// The outcome.
    pub value: Outcome,
    /// How many.
    pub count: u32,
}

/// An entity as the columns spell it: site, type, id.
type Spelled = (String, String, String);

/// What one look over the events counted.
#[derive(Default)]
struct Tally {
    total: usize,
    capped: bool,
    kinds: HashMap<String, u32>,
    projects: HashMap<Spelled, u32>,
    outcomes: HashMap<String, u32>,
    people: HashMap<Spelled, u32>,
    sites: HashMap<String, u32>,
}

impl Reader {
    /// Counts what each choice of a filter would show, among the newest 100,000 that match.
    pub fn feed_counts(&self, filter: &FeedFilter) -> Result<FeedCounts, JournalError> {
        let c = self.connection()?;
        // Index and events are of one time.
        let c = c.unchecked_transaction()?;
        let whole = tally(&c, filter)?;
        let without = |part: fn(&mut FeedFilter)| {
            let mut rest = filter.clone();
            part(&mut rest);
            if rest == *filter {
                Ok(None)
            } else {
                tally(&c, &rest).map(Some)
            }
        };
        let kinds = without(|f| f.entity_types.clear())?;
        let projects = without(|f| f.projects.clear())?;
        let outcomes = without(|f| f.outcomes.clear())?;
        let people = without(|f| f.people.clear())?;
        let sites = without(|f| f.sites.clear())?;
        let mut by_outcome = Vec::new();
        for (word, count) in ranked(outcomes.as_ref().unwrap_or(&whole).outcomes.clone()) {
            by_outcome.push(OutcomeCount {
                value: from_word(&word)?,
                count,
            });
        }
        Ok(FeedCounts {
            total: u32::try_from(whole.total).unwrap_or(u32::MAX),
            capped: whole.capped,
            entity_types: facet(kinds.as_ref().unwrap_or(&whole).kinds.clone()),
            projects: named(&c, &projects.as_ref().unwrap_or(&whole).projects)?,
            outcomes: by_outcome,
            people: named(&c, &people.as_ref().unwrap_or(&whole).people)?,
            sites: facet(sites.as_ref().unwrap_or(&whole).sites.clone()),
        })
    }
}

fn tally(c: &Connection, filter: &FeedFilter) -> Result<Tally, JournalError> {
    // The index knows nothing of times and of what belongs to what.
    if filter.about.is_none()
        && filter.since.is_none()
        && filter.until.is_none()
        && let Some(told) = by_the_index(c, filter)?
    {
        return Ok(told);
    }
    let (asked, stopped) = narrowed(c, None, (COUNTED + 1, ROUNDS), filter)?;
    let mut told = Tally {
        capped: stopped.is_some(),
        ..Tally::default()
    };
    told.read(c, asked)?;
    Ok(told)
}

fn by_the_index(c: &Connection, filter: &FeedFilter) -> Result<Option<Tally>, JournalError> {
    let mut asked = Query::new();
    asked.filter(filter);
    let known = Group::of(c, filter)?;
    let Some(counted) = Look::new(c, known, (&asked.condition, &asked.values), COUNTED).count()? else {
        return Ok(None);
    };
    let mut told = Tally::default();
    told.read(c, Query::of(&counted.others)?)?;
    told.total = counted.total;
    told.capped = counted.capped;
    for (marked, number) in counted.marks {
        match mark::read(&marked) {
            Some(mark::Says::Kind(kind)) => add_text(&mut told.kinds, kind, number),
            Some(mark::Says::Outcome(outcome)) => add_text(&mut told.outcomes, outcome, number),
            Some(mark::Says::Site(site)) => add_text(&mut told.sites, site, number),
            Some(mark::Says::Named { role, who }) => {
                let who = who.map(str::to_owned).into();
                match role {
                    PROJECT => add(&mut told.projects, who, number),
                    PERSON => add(&mut told.people, who, number),
                    _ => {}
                }
            }
            None => {}
        }
    }
    Ok(Some(told))
}

impl Tally {
    /// Adds the newest events of those that are asked for.
    fn read(&mut self, c: &Connection, asked: Query) -> Result<(), JournalError> {
        let sql = format!(
            "SELECT e.site, e.entity_type, e.project_type, e.project_id, e.outcome, e.actor_type, e.actor_id
             FROM event e {NAMES}
             WHERE {} ORDER BY e.seq DESC LIMIT {}",
            asked.condition,
            COUNTED + 1
        );
        let mut q = c.prepare_cached(&sql)?;
        let mut rows = q.query(params_from_iter(asked.values))?;
        while let Some(row) = rows.next()? {
            if self.total == COUNTED {
                self.capped = true;
                break;
            }
            self.total += 1;
            let site = text(row, 0)?;
            add_text(&mut self.sites, site, 1);
            if let Some(kind) = maybe(row, 1)? {
                add_text(&mut self.kinds, kind, 1);
            }
            if let (Some(kind), Some(id)) = (maybe(row, 2)?, maybe(row, 3)?) {
                add(&mut self.projects, (site.into(), kind.into(), id.into()), 1);
            }
            add_text(&mut self.outcomes, text(row, 4)?, 1);
            if let (Some(kind), Some(id)) = (maybe(row, 5)?, maybe(row, 6)?) {
                add(&mut self.people, (site.into(), kind.into(), id.into()), 1);
            }
        }
        Ok(())
    }
}

fn add<K: Eq + Hash>(counts: &mut HashMap<K, u32>, key: K, number: u32) {
    *counts.entry(key).or_default() += number;
}

/// Most are there already: no new text for each row.
fn add_text(counts: &mut HashMap<String, u32>, key: &str, number: u32) {
    match counts.get_mut(key) {
        Some(count) => *count += number,
        None => add(counts, key.to_owned(), number),
    }
}

fn ranked(counts: HashMap<String, u32>) -> Vec<(String, u32)> {
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort_by(|(one, n), (other, m)| m.cmp(n).then_with(|| one.cmp(other)));
    all
}

fn facet(counts: HashMap<String, u32>) -> Vec<FacetCount> {
    let all = ranked(counts).into_iter().take(NAMED);
    all.map(|(value, count)| FacetCount { value, count }).collect()
}

/// By name, as a filter has it: two of one name are one choice. Those without a name cannot be chosen.
fn named(c: &Connection, counts: &HashMap<Spelled, u32>) -> Result<Vec<FacetCount>, JournalError> {
    let mut name =
        c.prepare_cached("SELECT name FROM entity WHERE site = ?1 AND entity_type = ?2 AND entity_id = ?3")?;
    let mut by_name: HashMap<String, u32> = HashMap::new();
    for ((site, kind, id), count) in counts {
        let known: Option<String> = name.query_row(params![site, kind, id], |r| r.get(0)).optional()?;
        if let Some(known) = known {
            *by_name.entry(known).or_default() += count;
        }
    }
    Ok(facet(by_name))
}
