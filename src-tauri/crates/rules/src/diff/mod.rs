//! What is different between two rule sets, in words.

mod parts;

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use callboard_model::{RuleId, StatusCode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ColumnName;
use crate::document::{Rule, RuleSet, StateClass, Status};
use crate::sentence::{join, sentence};

/// What became of a rule set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RuleSetDiff {
    /// It is called otherwise.
    pub name: Option<TextChange>,
    /// It is described otherwise.
    pub description: Option<TextChange>,
    /// Its steps are others, or stand in another order.
    pub steps: Option<StepsChange>,
    /// What became of its statuses, column by column.
    pub statuses: Vec<StatusChange>,
    /// What became of its rules: in the order of the later set, then those that are gone.
    pub rules: Vec<RuleChange>,
    /// What else is different, in sentences.
    pub other: Vec<String>,
}

/// A text that is another now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TextChange {
    /// What it was; none where there was none.
    pub before: Option<String>,
    /// What it is; none where there is none any more.
    pub after: Option<String>,
}

/// The order of the steps that is another now. Empty: the site's own order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StepsChange {
    /// What it was.
    pub before: Vec<String>,
    /// What it is.
    pub after: Vec<String>,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RuleChange {
    /// Its id, by which it is known.
    pub id: RuleId,
    /// Its name, the later one where it changed.
    pub name: String,
    /// What became of it. Of several things the one that tells most; the others stand in `parts`.
    pub kind: RuleChangeKind,
    /// What it said.
    pub before: Option<String>,
    /// What it says.
    pub after: Option<String>,
    /// What changed in it, each in a few words: "also when the Task becomes On Hold". Never empty but for a rule that was
    /// added or removed.
    pub parts: Vec<String>,
}

/// What can become of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RuleChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else, or is called otherwise.
    Changed,
    /// It counts now.
    SwitchedOn,
    /// It does not count any more.
    SwitchedOff,
    /// It is asked earlier or later than others now. Of rules that disagree, the earlier has its way.
    Moved,
}

/// What became of a status. One that changed in several ways stands there once for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StatusChange {
    /// Its column.
    pub column: ColumnName,
    /// Its code, by which it is known.
    pub code: StatusCode,
    /// What became of it.
    pub kind: StatusChangeKind,
    /// The same in words: `On Hold is called "Held" now`.
    pub words: String,
}

/// What can become of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StatusChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is called otherwise.
    Renamed,
    /// It has another colour.
    Recoloured,
    /// It stands under another heading.
    Regrouped,
    /// It says otherwise how far the work is.
    Reclassed,
    /// It stands elsewhere in its column's order.
    Moved,
}

/// What became of `before` on the way to `after`. A rule is known by its id, a status by its column and code.
#[must_use]
pub fn diff(before: &RuleSet, after: &RuleSet) -> RuleSetDiff {
    let mut found = RuleSetDiff {
        name: (before.name != after.name).then(|| TextChange {
            before: Some(before.name.clone()),
            after: Some(after.name.clone()),
        }),
        description: (before.description != after.description).then(|| TextChange {
            before: before.description.clone(),
            after: after.description.clone(),
        }),
        steps: (before.steps != after.steps).then(|| StepsChange {
            before: before.steps.clone(),
            after: after.steps.clone(),
        }),
        statuses: statuses(before, after),
        rules: rules(before, after),
        other: Vec::new(),
    };
    if before.callboard != after.callboard {
        let message = format!(
            "The file is of version {} instead of {}.",
            after.callboard, before.callboard
        );
        found.other.push(message);
    }
    let has = |set: &RuleSet, column: &ColumnName| set.statuses.contains_key(column);
    for column in after.statuses.keys().filter(|column| !has(before, column)) {
        found
            .other
            .push(format!("There is a column of {} statuses now.", column.title()));
    }
    for column in before.statuses.keys().filter(|column| !has(after, column)) {
        found
            .other
            .push(format!("There is no column of {} statuses any more.", column.title()));
    }
    let names: BTreeSet<&String> = before.groups.keys().chain(after.groups.keys()).collect();
    for name in names {
        let message = match (before.groups.get(name), after.groups.get(name)) {
            (was, is) if was == is => continue,
            (_, Some(look)) => format!("The group \"{name}\" has the colour {} now.", look.color),
            (_, None) => format!("The group \"{name}\" has no colour any more."),
        };
        found.other.push(message);
    }
    let not_of_rules =
        |set: &RuleSet| -> Vec<_> { set.beyond.iter().filter(|p| p.rule().is_none()).cloned().collect() };
    if not_of_rules(before) != not_of_rules(after) {
        let message = "What a newer Callboard wrote into the file, which this one does not know, is different.";
        found.other.push(message.to_owned());
    }
    if found.is_empty() && before != after {
        found.other.push("They are written differently.".to_owned());
    }
    found
}

impl RuleSetDiff {
    /// Whether nothing is different.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.description.is_none()
            && self.steps.is_none()
            && self.statuses.is_empty()
            && self.rules.is_empty()
            && self.other.is_empty()
    }

    /// The same as lines of text: `+` is new, `-` is gone, `~` is different.
    #[must_use]
    pub fn to_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let texts = [("called", &self.name), ("described as", &self.description)];
        for (what, change) in texts
            .into_iter()
            .filter_map(|(what, change)| Some((what, change.as_ref()?)))
        {
            let quoted = |text: &Option<String>| text.as_ref().map_or("nothing".to_owned(), |t| format!("\"{t}\""));
            lines.push(format!(
                "~ {what} {} instead of {}",
                quoted(&change.after),
                quoted(&change.before)
            ));
        }
        if let Some(change) = &self.steps {
            let listed = |steps: &[String]| {
                if steps.is_empty() {
                    "the site's own order".to_owned()
                } else {
                    steps.join(", ")
                }
            };
            lines.push(format!(
                "~ steps: {} instead of {}",
                listed(&change.after),
                listed(&change.before)
            ));
        }
        for change in &self.statuses {
            let sign = match change.kind {
                StatusChangeKind::Added => '+',
                StatusChangeKind::Removed => '-',
                _ => '~',
            };
            lines.push(format!("{sign} {} status: {}", change.column.title(), change.words));
        }
        for change in &self.rules {
            let (sign, words) = match (change.kind, &change.before, &change.after) {
                (RuleChangeKind::Added, _, Some(after)) => ('+', after.clone()),
                (RuleChangeKind::Removed, Some(before), _) => ('-', before.clone()),
                _ => ('~', change.parts.join("; ")),
            };
            lines.push(format!("{sign} rule \"{}\" ({}): {words}", change.name, change.id));
        }
        lines.extend(self.other.iter().map(|sentence| format!("~ {sentence}")));
        lines
    }
}

fn rules(before: &RuleSet, after: &RuleSet) -> Vec<RuleChange> {
    let pairing = Pairing::of(&before.rules, &after.rules, |rule| &rule.id);
    let mut found = Vec::new();
    for (place, rule) in after.rules.iter().enumerate() {
        let Some(was) = pairing.of_after(place).and_then(|place| before.rules.get(place)) else {
            found.push(RuleChange {
                id: rule.id.clone(),
                name: rule.name.clone(),
                kind: RuleChangeKind::Added,
                before: None,
                after: Some(sentence(after, rule)),
                parts: whether_it_counts(rule),
            });
            continue;
        };
        let mut parts = parts::of_rule(before, was, after, rule);
        let of_rule = |set: &RuleSet| -> Vec<_> {
            set.beyond
                .iter()
                .filter(|p| p.rule() == Some(&rule.id))
                .cloned()
                .collect()
        };
        if of_rule(before) != of_rule(after) {
            parts.push("another part of it that a newer Callboard wrote".to_owned());
        }
        let as_before = Rule {
            enabled: rule.enabled,
            ..was.clone()
        };
        if parts.is_empty() && as_before != *rule {
            parts.push("written differently".to_owned());
        }
        let switched = match (was.enabled, rule.enabled) {
            (false, true) => Some((RuleChangeKind::SwitchedOn, "switched on")),
            (true, false) => Some((RuleChangeKind::SwitchedOff, "switched off")),
            _ => None,
        };
        let mut kind = (!parts.is_empty()).then_some(RuleChangeKind::Changed);
        if let Some((switched, words)) = switched {
            kind = kind.or(Some(switched));
            parts.insert(0, words.to_owned());
        }
        if let Some(words) = pairing.moved(place, &after.rules, |rule| &rule.name) {
            kind = kind.or(Some(RuleChangeKind::Moved));
            parts.push(words);
        }
        if let Some(kind) = kind {
            found.push(RuleChange {
                id: rule.id.clone(),
                name: rule.name.clone(),
                kind,
                before: Some(sentence(before, was)),
                after: Some(sentence(after, rule)),
                parts,
            });
        }
    }
    let gone = before
        .rules
        .iter()
        .enumerate()
        .filter(|(place, _)| !pairing.is_kept(*place));
    found.extend(gone.map(|(_, rule)| RuleChange {
        id: rule.id.clone(),
        name: rule.name.clone(),
        kind: RuleChangeKind::Removed,
        before: Some(sentence(before, rule)),
        after: None,
        parts: whether_it_counts(rule),
    }));
    found
}

fn whether_it_counts(rule: &Rule) -> Vec<String> {
    let off = (!rule.enabled).then(|| "switched off".to_owned());
    off.into_iter().collect()
}

fn statuses(before: &RuleSet, after: &RuleSet) -> Vec<StatusChange> {
    let mut columns: Vec<&ColumnName> = before.statuses.keys().chain(after.statuses.keys()).collect();
    columns.sort();
    columns.dedup();
    let mut found = Vec::new();
    for column in columns {
        let of = |set: &'_ RuleSet| set.statuses.get(column).cloned().unwrap_or_default();
        in_column(column, &of(before), &of(after), &mut found);
    }
    found
}

fn in_column(column: &ColumnName, before: &[Status], after: &[Status], found: &mut Vec<StatusChange>) {
    let pairing = Pairing::of(before, after, |status| &status.code);
    let mut tell = |status: &Status, kind: StatusChangeKind, words: String| {
        found.push(StatusChange {
            column: column.clone(),
            code: status.code.clone(),
            kind,
            words,
        });
    };
    for (place, status) in after.iter().enumerate() {
        let said = known_as(status);
        let Some(was) = pairing.of_after(place).and_then(|place| before.get(place)) else {
            tell(status, StatusChangeKind::Added, said);
            continue;
        };
        let said = known_as(was);
        if was.name != status.name {
            tell(
                status,
                StatusChangeKind::Renamed,
                format!("{said} is called \"{}\" now", status.name),
            );
        }
        if was.color != status.color {
            let words = format!("{said} is {} instead of {}", status.color, was.color);
            tell(status, StatusChangeKind::Recoloured, words);
        }
        if was.group != status.group {
            let heading = |group: &str| {
                if group.is_empty() {
                    "no heading".to_owned()
                } else {
                    format!("\"{group}\"")
                }
            };
            let words = format!(
                "{said} stands under {} instead of {}",
                heading(&status.group),
                heading(&was.group)
            );
            tell(status, StatusChangeKind::Regrouped, words);
        }
        if was.class != status.class {
            let class =
                |class: Option<StateClass>| class.map_or("no class".to_owned(), |c| c.as_str().replace('_', " "));
            let words = format!(
                "{said} counts as {} instead of {}",
                class(status.class),
                class(was.class)
            );
            tell(status, StatusChangeKind::Reclassed, words);
        }
        if let Some(moved) = pairing.moved(place, after, |status| &status.name) {
            tell(status, StatusChangeKind::Moved, format!("{said} {moved}"));
        }
    }
    for (place, status) in before.iter().enumerate() {
        if !pairing.is_kept(place) {
            tell(status, StatusChangeKind::Removed, known_as(status));
        }
    }
}

fn known_as(status: &Status) -> String {
    if status.name == status.code.as_str() {
        status.name.clone()
    } else {
        format!("{} ({})", status.name, status.code)
    }
}

/// Which thing of one list is which of another, and which had to move.
struct Pairing {
    /// By place in the later list: the place in the earlier one.
    before: Vec<Option<usize>>,
    /// By place in the earlier list: whether it is in the later one.
    kept: Vec<bool>,
    /// By place in the later list: whether it kept its place among the others.
    stayed: Vec<bool>,
}

impl Pairing {
    /// Of several with one key, the first is the first and the second the second.
    fn of<T, K: Eq + Hash>(before: &[T], after: &[T], key: impl Fn(&T) -> &K) -> Self {
        let mut places: HashMap<&K, Vec<usize>> = HashMap::new();
        for (place, one) in before.iter().enumerate().rev() {
            places.entry(key(one)).or_default().push(place);
        }
        let mut kept = vec![false; before.len()];
        let before: Vec<Option<usize>> = after
            .iter()
            .map(|one| {
                let place = places.get_mut(key(one))?.pop()?;
                if let Some(kept) = kept.get_mut(place) {
                    *kept = true;
                }
                Some(place)
            })
            .collect();
        let stayed = longest_rise(&before);
        Self { before, kept, stayed }
    }

    fn of_after(&self, place: usize) -> Option<usize> {
        self.before.get(place).copied().flatten()
    }

    fn is_kept(&self, place: usize) -> bool {
        self.kept.get(place).copied().unwrap_or(false)
    }

    /// Where something went that did not keep its place among those that are in both lists.
    fn moved<T>(&self, place: usize, after: &[T], name: impl Fn(&T) -> &String) -> Option<String> {
        let was = self.of_after(place)?;
        if self.stayed.get(place).copied().unwrap_or(true) {
            return None;
        }
        let before_it = self.before.iter().take(place).flatten();
        // Everything that it came past stands on its other side now.
        let went_up = before_it.filter(|other| **other > was).count() <= self.behind(place, was);
        let named = |place: usize| after.get(place).map(|one| name(one).as_str());
        Some(if went_up {
            match named(place + 1) {
                Some(next) => format!("moved up, before \"{next}\""),
                None => "moved to the end".to_owned(),
            }
        } else {
            match place.checked_sub(1).and_then(named) {
                Some(last) => format!("moved down, after \"{last}\""),
                None => "moved to the top".to_owned(),
            }
        })
    }

    /// How many that stood before something stand behind it now.
    fn behind(&self, place: usize, was: usize) -> usize {
        self.before
            .iter()
            .skip(place + 1)
            .flatten()
            .filter(|other| **other < was)
            .count()
    }
}

/// The most places that can be kept while they rise. What is not paired has none to keep.
fn longest_rise(places: &[Option<usize>]) -> Vec<bool> {
    // By length of a rise less one: where the one with the lowest end ends. And before each place: where its rise came from.
    let mut ends: Vec<usize> = Vec::new();
    let mut came_from: Vec<Option<usize>> = vec![None; places.len()];
    let at = |index: usize| places.get(index).copied().flatten();
    for (index, place) in places.iter().enumerate() {
        let Some(place) = place else { continue };
        let length = ends.partition_point(|end| at(*end) < Some(*place));
        if let (Some(slot), Some(last)) = (came_from.get_mut(index), length.checked_sub(1)) {
            *slot = ends.get(last).copied();
        }
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut stayed = vec![false; places.len()];
    let mut here = ends.last().copied();
    while let Some(index) = here {
        if let Some(stays) = stayed.get_mut(index) {
            *stays = true;
        }
        here = came_from.get(index).copied().flatten();
    }
    stayed
}

/// `a, b and c`.
fn listed(words: &[String]) -> String {
    join(words, "and")
}
