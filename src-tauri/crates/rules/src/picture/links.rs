//! What the rules draw between the pills.

use callboard_model::{EntityType, StatusCode};

use super::asked::{asked, begins_with};
use super::layout::Column;
use crate::classes::spelt_out;
use crate::document::{Moment, Pick, RollUp, Rule, RuleSet, Status, Wanted, WantedWord};
use crate::sentence::plural;

/// Of more rules that draw one line it is only said how many they are.
const MOST_RULES: usize = 3;

/// A rule as far as the picture tells it: a status leads to a status.
pub(super) struct Link {
    pub(super) from: EntityType,
    pub(super) code: StatusCode,
    pub(super) to: EntityType,
    pub(super) wanted: StatusCode,
    pub(super) enabled: bool,
    /// When it holds, a line an alternative; empty: always.
    pub(super) asked: Vec<String>,
    /// The rules that draw it: whether each is on, and when it holds.
    by: Vec<(bool, Vec<String>)>,
}

/// A rule that begins with something new: a mark beside the column, with a line to the status it comes to.
pub(super) struct Entry {
    pub(super) kind: EntityType,
    pub(super) to: EntityType,
    pub(super) wanted: StatusCode,
    pub(super) enabled: bool,
    pub(super) lines: Vec<String>,
}

/// Which way a link runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Onward,
    Back,
    Within,
}

/// All that is drawn, and the rules of which nothing is.
pub(super) struct Drawn<'a> {
    pub(super) links: Vec<Link>,
    pub(super) entries: Vec<Entry>,
    pub(super) others: Vec<&'a Rule>,
}

pub(super) fn drawn<'a>(set: &'a RuleSet, columns: &[Column<'_>]) -> Drawn<'a> {
    let is_there = |kind: &EntityType, code: &StatusCode| {
        let column = columns.iter().find(|c| c.kind == *kind);
        column.is_some_and(|c| c.pill(code).is_some())
    };
    let mut drawn = Drawn {
        links: Vec::new(),
        entries: Vec::new(),
        others: Vec::new(),
    };
    for rule in &set.rules {
        let spelt = spelt_out(rule, set);
        // Another field than the status has no pill to lead to.
        let drew = if rule.then.field.is_some() {
            false
        } else if is_entry(rule) {
            let entry = entry(set, rule, &spelt).filter(|e| is_there(&e.to, &e.wanted));
            let drew = entry.is_some();
            drawn.entries.extend(entry);
            drew
        } else {
            let links = links(set, rule, &spelt);
            // A status that leads to itself has nothing to draw.
            let links = links.into_iter().filter(|link| {
                (link.from != link.to || link.code != link.wanted)
                    && is_there(&link.from, &link.code)
                    && is_there(&link.to, &link.wanted)
            });
            let mut drew = false;
            for link in links {
                drew = true;
                // What is drawn once need not be drawn again.
                match drawn.links.iter_mut().find(|l| l.ends() == link.ends()) {
                    Some(told) => told.by.extend(link.by),
                    None => drawn.links.push(link),
                }
            }
            drew
        };
        if !drew {
            drawn.others.push(rule);
        }
    }
    drawn.links.iter_mut().for_each(Link::settle);
    drawn
}

fn entry(set: &RuleSet, rule: &Rule, spelt: &Rule) -> Option<Entry> {
    let Wanted::OneOf(codes) = &spelt.then.to else {
        return None;
    };
    let mut lines = vec![begins_with(rule)];
    lines.extend(asked(set, rule));
    Some(Entry {
        kind: rule.when.entity.clone(),
        to: rule.target_type(),
        wanted: codes.first()?.clone(),
        enabled: rule.enabled,
        lines,
    })
}

/// Whether a rule begins with something other than a status: something made, a note, a field.
fn is_entry(rule: &Rule) -> bool {
    let by_status = rule.when.on.contains(&Moment::Updated) && rule.when.field.is_none();
    let names_none = rule.when.becomes.is_empty() && rule.when.from.is_empty();
    rule.rolls_up().is_none() && !by_status && (names_none || rule.when.field.is_some())
}

fn links(set: &RuleSet, rule: &Rule, spelt: &Rule) -> Vec<Link> {
    let said = asked(set, rule);
    let to = rule.target_type();
    let link = |from: &EntityType, code: &StatusCode, wanted: &StatusCode, of_set: Option<String>| Link {
        from: from.clone(),
        code: code.clone(),
        to: to.clone(),
        wanted: wanted.clone(),
        enabled: rule.enabled,
        asked: Vec::new(),
        by: vec![(rule.enabled, of_set.into_iter().chain(said.iter().cloned()).collect())],
    };
    if let Some((of, roll_up)) = spelt.rolls_up() {
        let ends = rolled_up(set, of, roll_up, &to);
        return ends
            .into_iter()
            .map(|(code, wanted, words)| link(of, code, wanted, Some(words)))
            .collect();
    }
    let entity = &spelt.when.entity;
    let named = if spelt.when.becomes.is_empty() {
        &spelt.when.from
    } else {
        &spelt.when.becomes
    };
    let all = set.statuses_of(entity).iter().map(|status| &status.code);
    let sources: Vec<&StatusCode> = if named.is_empty() {
        all.collect()
    } else {
        named.iter().collect()
    };
    let wanted = |code: &'_ StatusCode| match &spelt.then.to {
        Wanted::OneOf(codes) => codes.first().cloned(),
        Wanted::Word(WantedWord::Same) => Some(code.clone()),
        Wanted::Word(WantedWord::SameClass) => alike(set, entity, code, &to).map(|status| status.code.clone()),
        Wanted::Word(WantedWord::Cleared) | Wanted::RollUp { .. } => None,
    };
    sources
        .into_iter()
        .filter_map(|code| Some(link(entity, code, &wanted(code)?, None)))
        .collect()
}

/// The first status of another column that is as far as this one.
fn alike<'a>(set: &'a RuleSet, of: &EntityType, code: &StatusCode, to: &EntityType) -> Option<&'a Status> {
    let class = set.status(of, code)?.class?;
    set.statuses_of(to).iter().find(|status| status.class == Some(class))
}

/// The lines of a roll-up: from each status that a row asks about to the one that the row comes to.
fn rolled_up<'a>(
    set: &'a RuleSet,
    of: &EntityType,
    roll_up: &'a RollUp,
    target: &EntityType,
) -> Vec<(&'a StatusCode, &'a StatusCode, String)> {
    let all_of = plural(of);
    let picked = roll_up.pick.map(|pick| match pick {
        Pick::LeastAdvanced => format!("the least far of the {all_of}"),
        Pick::MostAdvanced => format!("the farthest of the {all_of}"),
    });
    if let (Some(picked), true) = (&picked, roll_up.rows.is_empty()) {
        let ends = set.statuses_of(of).iter().filter_map(|status| {
            let same = set.status(target, &status.code);
            let wanted = same.or_else(|| alike(set, of, &status.code, target))?;
            Some((&status.code, &wanted.code, picked.clone()))
        });
        return ends.collect();
    }
    let rows = roll_up.rows.iter().filter_map(|row| Some((row, row.to.first()?)));
    rows.flat_map(|(row, to)| {
        let said = |words: String| picked.clone().unwrap_or(words);
        let (all, any) = (said(format!("all {all_of}")), said(format!("any of the {all_of}")));
        let all = row.all.iter().map(move |code| (code, to, all.clone()));
        all.chain(row.any.iter().map(move |code| (code, to, any.clone())))
    })
    .collect()
}

impl Link {
    fn ends(&self) -> (&EntityType, &StatusCode, &EntityType, &StatusCode) {
        (&self.from, &self.code, &self.to, &self.wanted)
    }

    /// Several rules may draw one line: it is on where one of them is, and asks nothing where one of those asks nothing.
    fn settle(&mut self) {
        self.enabled = self.by.iter().any(|(enabled, _)| *enabled);
        let mut said: Vec<Vec<String>> = Vec::new();
        for (_, lines) in self.by.iter().filter(|(enabled, _)| *enabled == self.enabled) {
            if lines.is_empty() {
                return;
            }
            if !said.contains(lines) {
                said.push(lines.clone());
            }
        }
        if let [only] = said.as_slice() {
            self.asked.clone_from(only);
            return;
        }
        let more = said.len().saturating_sub(MOST_RULES);
        let one_line = |(place, lines): (usize, &Vec<String>)| {
            let word = if place == 0 { "" } else { "or " };
            format!("{word}{}", lines.join(" \u{b7} "))
        };
        self.asked = said.iter().take(MOST_RULES).enumerate().map(one_line).collect();
        if more > 0 {
            self.asked.push(format!("or as {more} more rules say"));
        }
    }

    pub(super) fn way(&self, columns: &[Column<'_>]) -> Option<Way> {
        let (from, to) = self.places(columns)?;
        Some(match from.cmp(&to) {
            std::cmp::Ordering::Less => Way::Onward,
            std::cmp::Ordering::Equal => Way::Within,
            std::cmp::Ordering::Greater => Way::Back,
        })
    }

    /// The columns that it leads from and to.
    pub(super) fn places(&self, columns: &[Column<'_>]) -> Option<(usize, usize)> {
        let place = |kind: &EntityType| columns.iter().position(|c| c.kind == *kind);
        Some((place(&self.from)?, place(&self.to)?))
    }

    /// The gap in which it begins, by the place of the column on the gap's right; none: it stays in its column.
    pub(super) fn gap(&self, columns: &[Column<'_>]) -> Option<usize> {
        let (from, to) = self.places(columns)?;
        match from.cmp(&to) {
            std::cmp::Ordering::Less => Some(from + 1),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(from),
        }
    }
}
