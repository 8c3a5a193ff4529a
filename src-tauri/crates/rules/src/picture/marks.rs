//! The small labels in the gaps between columns: when a link holds, and what is new.

use super::layout::Column;
use super::links::{BACK_DROP, Entry, Link, Way, bulge, mark_height, mark_width};

/// A label, its box and whether it stands for rules that are on.
pub(super) struct Mark {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) lines: Vec<String>,
    pub(super) enabled: bool,
    /// The number by which links refer to it, where a gap has several.
    pub(super) number: Option<usize>,
}

/// A number on a link, beside the pill it comes from.
pub(super) struct Number {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) number: usize,
    pub(super) enabled: bool,
}

/// A new entity's mark and the line from it to the status that it comes to.
pub(super) struct Arrival {
    pub(super) mark: Mark,
    pub(super) start: (f64, f64),
    pub(super) goal: (f64, f64),
}

impl Mark {
    pub(super) fn width(&self) -> f64 {
        mark_width(&self.lines) + if self.number.is_some() { 20.0 } else { 0.0 }
    }

    pub(super) fn height(&self) -> f64 {
        mark_height(&self.lines)
    }
}

/// The conditions of the links between two columns, each said once, from `top` upward so that they end above the cards.
///
/// Where all links of a gap ask the same, the label alone says so. Where they differ, labels and links are numbered.
pub(super) fn between(links: &[Link], columns: &[Column<'_>], top: f64) -> (Vec<Mark>, Vec<Number>) {
    let (mut marks, mut numbers) = (Vec::new(), Vec::new());
    let mut count = 0;
    for pair in columns.windows(2) {
        let [left, right] = pair else { continue };
        // A link that passes over a column is told in the gap where it begins.
        let here = |l: &&Link| match l.way(columns) {
            Some(Way::Onward) => l.from == left.kind,
            Some(Way::Back) => l.from == right.kind,
            Some(Way::Within) | None => false,
        };
        let of_gap: Vec<&Link> = links.iter().filter(here).collect();
        let mut said: Vec<(&[String], bool)> = Vec::new();
        for link in of_gap.iter().filter(|l| !l.asked.is_empty()) {
            match said.iter_mut().find(|(lines, _)| *lines == link.asked) {
                Some((_, enabled)) => *enabled |= link.enabled,
                None => said.push((&link.asked, link.enabled)),
            }
        }
        let all_alike = said.len() == 1 && of_gap.iter().filter(|l| l.enabled).all(|l| !l.asked.is_empty());
        let mut bottom = top;
        // Stacked from the cards upward, numbered from the top downward.
        let first = count + 1;
        count += if all_alike { 0 } else { said.len() };
        for (place, (lines, enabled)) in said.into_iter().enumerate().rev() {
            let number = first + place;
            let mut mark = Mark {
                left: 0.0,
                top: bottom - mark_height(lines),
                lines: lines.to_vec(),
                enabled,
                number: (!all_alike).then_some(number),
            };
            mark.left = (left.right() + right.left - mark.width()) / 2.0;
            bottom = mark.top - 5.0;
            for link in of_gap.iter().filter(|l| !all_alike && l.asked == lines) {
                let column = if link.from == left.kind { left } else { right };
                let Some(pill) = column.pill(&link.code) else { continue };
                let x = if link.from == left.kind {
                    left.right() + 12.0
                } else {
                    right.left - 12.0
                };
                numbers.push(Number {
                    x,
                    y: pill.middle() + if link.from == left.kind { 0.0 } else { BACK_DROP },
                    number,
                    enabled: link.enabled,
                });
            }
            marks.push(mark);
        }
    }
    // Two conditions from one pill stand beside each other.
    for place in 1..numbers.len() {
        let (before, rest) = numbers.split_at_mut(place);
        let Some(this) = rest.first_mut() else { continue };
        while before
            .iter()
            .any(|n| (n.x - this.x).abs() < 13.0 && (n.y - this.y).abs() < 13.0)
        {
            this.x += 15.0;
        }
    }
    (marks, numbers)
}

/// The conditions of hand-offs, beside their arcs on the column's left.
pub(super) fn within(links: &[Link], columns: &[Column<'_>]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let is_within = |l: &&Link| l.way(columns) == Some(Way::Within);
    for link in links.iter().filter(is_within).filter(|l| !l.asked.is_empty()) {
        let here: Vec<&Link> = links.iter().filter(is_within).filter(|l| l.from == link.from).collect();
        let Some(column) = columns.iter().find(|c| c.kind == link.from) else {
            continue;
        };
        let (Some(pill), Some(goal)) = (column.pill(&link.code), column.pill(&link.wanted)) else {
            continue;
        };
        // Left of the widest arc, so that a mark covers none of the others.
        let widest = here
            .iter()
            .filter_map(|l| Some(bulge(column.pill(&l.code)?.middle(), column.pill(&l.wanted)?.middle())));
        let reach = widest.fold(0.0, f64::max) * 0.75;
        let mut mark = Mark {
            left: 0.0,
            top: (pill.middle() + goal.middle()) / 2.0 - mark_height(&link.asked) / 2.0,
            lines: link.asked.clone(),
            enabled: link.enabled,
            number: None,
        };
        mark.left = column.inner_left() - reach - mark.width() - 4.0;
        if marks
            .iter()
            .any(|m| m.lines == mark.lines && (m.top - mark.top).abs() < 40.0)
        {
            continue;
        }
        make_way(&mut mark, &marks);
        marks.push(mark);
    }
    marks
}

/// What is new, left of the column it comes into.
pub(super) fn arrivals(entries: &[Entry], columns: &[Column<'_>], room: f64) -> Vec<Arrival> {
    let mut arrivals: Vec<Arrival> = Vec::new();
    let mut wanted: Vec<(&Entry, f64, (f64, f64))> = Vec::new();
    for entry in entries {
        let Some(column) = columns.iter().find(|c| c.kind == entry.kind) else {
            continue;
        };
        let Some(target) = columns.iter().find(|c| c.kind == entry.to) else {
            continue;
        };
        let Some(goal) = target.pill(&entry.wanted) else {
            continue;
        };
        wanted.push((entry, column.left - room, (target.inner_left() - 2.0, goal.middle())));
    }
    wanted.sort_by(|a, b| a.2.1.total_cmp(&b.2.1));
    let mut free = f64::MIN;
    for (entry, left, goal) in wanted {
        let height = mark_height(&entry.lines);
        let top = (goal.1 - height / 2.0).max(free);
        free = top + height + 8.0;
        let mark = Mark {
            left,
            top,
            lines: entry.lines.clone(),
            enabled: entry.enabled,
            number: None,
        };
        let start = (left + mark.width(), top + height / 2.0);
        arrivals.push(Arrival { mark, start, goal });
    }
    arrivals
}

/// Moves a mark down until it covers no other.
fn make_way(mark: &mut Mark, others: &[Mark]) {
    while let Some(other) = others.iter().find(|o| overlap(o, mark)) {
        mark.top = other.top + other.height() + 4.0;
    }
}

fn overlap(a: &Mark, b: &Mark) -> bool {
    a.left < b.left + b.width()
        && b.left < a.left + a.width()
        && a.top < b.top + b.height()
        && b.top < a.top + a.height()
}
