//! How many events each choice of a filter would show.

use std::collections::HashMap;
use std::hash::Hash;

use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::read::narrowed;
use crate::rows::{NAMES, from_word, maybe, text};
use crate::{FeedFilter, JournalError, Outcome, Reader};

/// Only so many of the newest matching events are counted: a number that comes late helps nobody who is choosing.
const COUNTED: u32 = 100_000;
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
    total: u32,
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
            total: whole.total,
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
    let (asked, stopped) = narrowed(c, None, (COUNTED as usize + 1, ROUNDS), filter)?;
    let sql = format!(
        "SELECT e.site, e.entity_type, e.project_type, e.project_id, e.outcome, e.actor_type, e.actor_id
         FROM event e {NAMES}
         WHERE {} ORDER BY e.seq DESC LIMIT {}",
        asked.condition,
        COUNTED + 1
    );
    let mut q = c.prepare_cached(&sql)?;
    let mut rows = q.query(params_from_iter(asked.values))?;
    let mut told = Tally {
        capped: stopped.is_some(),
        ..Tally::default()
    };
    while let Some(row) = rows.next()? {
        if told.total == COUNTED {
            told.capped = true;
            break;
        }
        told.total += 1;
        let site = text(row, 0)?;
        add_text(&mut told.sites, site);
        if let Some(kind) = maybe(row, 1)? {
            add_text(&mut told.kinds, kind);
        }
        if let (Some(kind), Some(id)) = (maybe(row, 2)?, maybe(row, 3)?) {
            add(&mut told.projects, (site.into(), kind.into(), id.into()));
        }
        add_text(&mut told.outcomes, text(row, 4)?);
        if let (Some(kind), Some(id)) = (maybe(row, 5)?, maybe(row, 6)?) {
            add(&mut told.people, (site.into(), kind.into(), id.into()));
        }
    }
    Ok(told)
}

fn add<K: Eq + Hash>(counts: &mut HashMap<K, u32>, key: K) {
    *counts.entry(key).or_default() += 1;
}

/// Most are there already: no new text for each row.
fn add_text(counts: &mut HashMap<String, u32>, key: &str) {
    match counts.get_mut(key) {
        Some(count) => *count += 1,
        None => add(counts, key.to_owned()),
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
