//! What the rules draw between the pills, and the marks that say when.

use callboard_model::{EntityId, EntityType, StatusCode};

use super::ink::{color, width};
use super::layout::Column;
use crate::document::{ChangedBy, Condition, Moment, Relatives, Rule, RuleSet, Siblings, Wanted, WantedWord};
use crate::sentence::mover;

pub(super) const MARK_SIZE: f64 = 11.0;
pub(super) const MARK_LINE: f64 = 15.0;

/// A rule as far as the picture tells it: a status leads to a status.
pub(super) struct Link {
    pub(super) from: EntityType,
    pub(super) code: StatusCode,
    pub(super) to: EntityType,
    pub(super) wanted: StatusCode,
    pub(super) enabled: bool,
    /// When it holds, a line an alternative; empty: always.
    pub(super) asked: Vec<String>,
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

pub(super) fn links(set: &RuleSet, columns: &[Column<'_>]) -> Vec<Link> {
    let mut drawn: Vec<Link> = Vec::new();
    for rule in set.rules.iter().filter(|rule| sets_a_status(rule) && !is_entry(rule)) {
        let Some(column) = columns.iter().find(|c| c.kind == rule.when.entity) else {
            continue;
        };
        let sources: Vec<&StatusCode> = if rule.when.becomes.is_empty() {
            column.codes().collect()
        } else {
            rule.when.becomes.iter().collect()
        };
        let simple = sources
            .into_iter()
            .filter_map(|code| Some((&rule.when.entity, code, wanted(rule, code)?, None)));
        for (from, code, wanted, of_set) in simple.chain(rolled_up(rule)) {
            let link = Link {
                from: from.clone(),
                code: code.clone(),
                to: rule.target_type(),
                wanted: wanted.clone(),
                enabled: rule.enabled,
                asked: of_set.map(str::to_owned).into_iter().chain(asked(rule)).collect(),
            };
            // A status that leads to itself has nothing to draw, and what is drawn once need not be drawn again.
            let told =
                |l: &Link| (&l.from, &l.code, &l.to, &l.wanted) == (&link.from, &link.code, &link.to, &link.wanted);
            match drawn.iter_mut().find(|l| told(l)) {
                Some(before) => before.join(&link),
                None if link.from == link.to && link.code == link.wanted => {}
                None => drawn.push(link),
            }
        }
    }
    drawn
}

pub(super) fn entries(set: &RuleSet) -> Vec<Entry> {
    let entry = |rule: &Rule| {
        let Wanted::OneOf(codes) = &rule.then.to else {
            return None;
        };
        let mut lines = vec![begins_with(rule)];
        lines.extend(asked(rule));
        Some(Entry {
            kind: rule.when.entity.clone(),
            to: rule.target_type(),
            wanted: codes.first()?.clone(),
            enabled: rule.enabled,
            lines,
        })
    };
    set.rules
        .iter()
        .filter(|rule| sets_a_status(rule) && is_entry(rule))
        .filter_map(entry)
        .collect()
}

/// Whether a rule leads to a pill. Another field has none.
fn sets_a_status(rule: &Rule) -> bool {
    rule.then.field.is_none()
}

/// Whether a rule begins with something other than a status: something made, a note, a field.
fn is_entry(rule: &Rule) -> bool {
    let by_status = rule.when.on.contains(&Moment::Updated) && rule.when.field.is_none();
    rule.rolls_up().is_none() && !by_status && (rule.when.becomes.is_empty() || rule.when.field.is_some())
}

fn begins_with(rule: &Rule) -> String {
    let kind = &rule.when.entity;
    match (&rule.when.field, rule.when.on.first()) {
        (Some(field), _) => format!("{kind} {field}"),
        (None, Some(Moment::Created)) => format!("new {kind}"),
        (None, Some(Moment::NoteAdded)) => format!("note on {kind}"),
        (None, Some(Moment::Deleted)) => format!("{kind} deleted"),
        (None, Some(Moment::Revived)) => format!("{kind} revived"),
        (None, Some(Moment::Custom | Moment::Updated) | None) => format!("{kind} event"),
    }
}

fn wanted<'a>(rule: &'a Rule, code: &'a StatusCode) -> Option<&'a StatusCode> {
    match &rule.then.to {
        Wanted::OneOf(codes) => codes.first(),
        Wanted::Word(WantedWord::Same) => Some(code),
        Wanted::Word(WantedWord::SameClass | WantedWord::Cleared) | Wanted::RollUp { .. } => None,
    }
}

/// The lines of a roll-up: from each status that a row asks about to the one that the row comes to.
fn rolled_up(rule: &Rule) -> Vec<(&EntityType, &StatusCode, &StatusCode, Option<&'static str>)> {
    let Some((of, roll_up)) = rule.rolls_up() else {
        return Vec::new();
    };
    let rows = roll_up.rows.iter().filter_map(|row| Some((row, row.to.first()?)));
    rows.flat_map(|(row, to)| {
        let all = row.all.iter().map(move |code| (of, code, to, Some("all")));
        all.chain(row.any.iter().map(move |code| (of, code, to, Some("any"))))
    })
    .collect()
}

impl Link {
    /// Two rules draw one line: it is on where either is, and asks nothing where either asks nothing.
    fn join(&mut self, other: &Self) {
        if other.enabled && (!self.enabled || other.asked.is_empty()) {
            self.asked.clone_from(&other.asked);
        }
        self.enabled |= other.enabled;
    }

    pub(super) fn way(&self, columns: &[Column<'_>]) -> Option<Way> {
        let place = |kind: &EntityType| columns.iter().position(|c| c.kind == *kind);
        Some(match place(&self.from)?.cmp(&place(&self.to)?) {
            std::cmp::Ordering::Less => Way::Onward,
            std::cmp::Ordering::Equal => Way::Within,
            std::cmp::Ordering::Greater => Way::Back,
        })
    }
}

/// The line from one pill to another, and its arrow head.
pub(super) struct Curve {
    pub(super) path: String,
    pub(super) head: String,
    pub(super) color: String,
}

/// None where one of the two statuses is not in the picture.
pub(super) fn curve(link: &Link, columns: &[Column<'_>]) -> Option<Curve> {
    let source = columns.iter().find(|c| c.kind == link.from)?;
    let target = columns.iter().find(|c| c.kind == link.to)?;
    let (pill, goal) = (source.pill(&link.code)?, target.pill(&link.wanted)?);
    let (y1, y2) = (pill.middle(), goal.middle());
    let (path, head) = match link.way(columns)? {
        Way::Onward => {
            let (x1, x2) = (source.inner_right() + 2.0, target.inner_left() - 2.0);
            (between(x1, y1, x2 - HEAD, y2), arrow(x2, y2, 1.0))
        }
        Way::Back => {
            let (x1, x2) = (source.inner_left() - 2.0, target.inner_right() + 2.0);
            let (y1, y2) = (y1 + BACK_DROP, y2 + BACK_DROP);
            (between(x1, y1, x2 + HEAD, y2), arrow(x2, y2, -1.0))
        }
        Way::Within => {
            let x = source.inner_left() - 2.0;
            let out = x - bulge(y1, y2);
            (
                format!(
                    "M{x:.1} {y1:.1}C{out:.1} {y1:.1} {out:.1} {y2:.1} {:.1} {y2:.1}",
                    x - HEAD
                ),
                arrow(x, y2, 1.0),
            )
        }
    };
    Some(Curve {
        path,
        head,
        color: color(&pill.status.color).to_owned(),
    })
}

const HEAD: f64 = 6.0;
/// How much lower links run back than onward: between two pills there may be both.
pub(super) const BACK_DROP: f64 = 6.0;

/// How far an arc within a column reaches out.
pub(super) fn bulge(y1: f64, y2: f64) -> f64 {
    ((y1 - y2).abs() * 0.35).clamp(34.0, 64.0)
}

pub(super) fn between(x1: f64, y1: f64, x2: f64, y2: f64) -> String {
    let reach = (x2 - x1) * 0.5;
    format!(
        "M{x1:.1} {y1:.1}C{:.1} {y1:.1} {:.1} {y2:.1} {x2:.1} {y2:.1}",
        x1 + reach,
        x2 - reach
    )
}

/// A small triangle whose point is at x, y; it points right, or left with `-1`.
pub(super) fn arrow(x: f64, y: f64, way: f64) -> String {
    let back = x - way * (HEAD + 1.0);
    format!("M{x:.1} {y:.1}L{back:.1} {:.1}L{back:.1} {:.1}Z", y - 3.6, y + 3.6)
}

/// When a rule holds, a line an alternative.
fn asked(rule: &Rule) -> Vec<String> {
    let lines: Vec<String> = rule.conditions.alternatives().iter().map(asked_by).collect();
    if lines.iter().any(String::is_empty) {
        return Vec::new();
    }
    let word = |place| if place == 0 { "if" } else { "or" };
    lines
        .iter()
        .enumerate()
        .map(|(place, line)| format!("{} {line}", word(place)))
        .collect()
}

/// What is asked of the siblings, in a word or two.
fn around(siblings: &Siblings) -> String {
    let quantity = match (siblings.all.is_empty(), siblings.any.is_empty()) {
        (false, _) => "all",
        (true, false) => "any",
        (true, true) => "none",
    };
    let of = match &siblings.of {
        Relatives::Tasks => "Tasks",
        Relatives::Versions => "Versions",
        Relatives::Upstream => "before it",
        Relatives::SameKind => "around it",
        Relatives::Below(_) => "below it",
    };
    format!("{quantity} {of}")
}

fn asked_by(condition: &Condition) -> String {
    let first_and_more = |label: &str, names: Vec<&str>| {
        let (first, others) = names.split_first()?;
        let more = if others.is_empty() {
            String::new()
        } else {
            format!(" +{}", others.len())
        };
        Some(format!("{label}: {first}{more}"))
    };
    let projects: Vec<String> = condition.project.iter().map(project).collect();
    let codes = |codes: &'_ [StatusCode]| codes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (target_is, target_is_not) = (codes(&condition.target_is), codes(&condition.target_is_not));
    let (status_is, status_is_not) = (codes(&condition.status_is), codes(&condition.status_is_not));
    let parts = [
        first_and_more("step", condition.step.iter().map(String::as_str).collect()),
        first_and_more("step not", condition.step_not.iter().map(String::as_str).collect()),
        first_and_more("project", projects.iter().map(String::as_str).collect()),
        condition
            .changed_by
            .filter(|by| *by != ChangedBy::Anyone)
            .map(|by| format!("moved by {}", mover(by))),
        first_and_more("target", target_is.iter().map(String::as_str).collect()),
        first_and_more("target not", target_is_not.iter().map(String::as_str).collect()),
        condition.never_backwards.then(|| "never backwards".to_owned()),
        first_and_more("now", status_is.iter().map(String::as_str).collect()),
        first_and_more("not now", status_is_not.iter().map(String::as_str).collect()),
        first_and_more("of", condition.belongs_to.iter().map(EntityType::as_str).collect()),
        condition.first_version.then(|| "first Version".to_owned()),
        first_and_more("field", condition.field_is.keys().map(String::as_str).collect()),
        first_and_more("field not", condition.field_is_not.keys().map(String::as_str).collect()),
        first_and_more(
            "target field",
            condition.target_field_is.keys().map(String::as_str).collect(),
        ),
        first_and_more(
            "target field not",
            condition.target_field_is_not.keys().map(String::as_str).collect(),
        ),
        first_and_more("says", condition.text.iter().map(String::as_str).collect()),
        first_and_more("says not", condition.text_not.iter().map(String::as_str).collect()),
        condition.filter.as_ref().map(|_| "filter".to_owned()),
        condition.siblings.as_ref().map(around),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn project(id: &EntityId) -> String {
    id.to_string()
}

/// How wide a mark is that says these lines.
pub(super) fn mark_width(lines: &[String]) -> f64 {
    lines.iter().map(|line| width(line, MARK_SIZE)).fold(0.0, f64::max) + 18.0
}

pub(super) fn mark_height(lines: &[String]) -> f64 {
    lines.iter().map(|_| MARK_LINE).sum::<f64>() + 7.0
}
