//! When a link holds, and what is new: labels beside the columns, and numbers that the key beneath tells.

use super::curves::{Curve, Point, along};
use super::ink::{width, wrapped};
use super::layout::Column;
use super::links::{Entry, Link, Way};

pub(super) const MARK_SIZE: f64 = 11.0;
pub(super) const MARK_LINE: f64 = 15.0;
/// Longer lines of a label are broken.
const WIDEST_LINE: f64 = 210.0;
const BADGE: f64 = 14.0;

/// A label, its box and whether it stands for rules that are on.
pub(super) struct Mark {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) lines: Vec<String>,
    pub(super) enabled: bool,
}

/// A number on a link; the key beneath says what it stands for.
pub(super) struct Number {
    pub(super) at: Point,
    pub(super) number: usize,
    pub(super) enabled: bool,
}

/// A line of the key: when the links with its number hold.
pub(super) struct Key {
    pub(super) lines: Vec<String>,
    pub(super) enabled: bool,
}

/// A new entity's mark and the line from it to the status that it comes to.
pub(super) struct Arrival {
    pub(super) mark: Mark,
    pub(super) start: Point,
    pub(super) goal: Point,
}

impl Mark {
    pub(super) fn width(&self) -> f64 {
        mark_width(&self.lines)
    }

    pub(super) fn height(&self) -> f64 {
        mark_height(&self.lines)
    }
}

/// The lines of a label, broken where they are long.
pub(super) fn broken(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .flat_map(|line| wrapped(line, MARK_SIZE, WIDEST_LINE))
        .collect()
}

/// What all links of a gap ask, where they all ask the same.
pub(super) fn asked_alike(links: &[Link], columns: &[Column<'_>], gap: usize) -> Option<Vec<String>> {
    let here: Vec<&Link> = links.iter().filter(|l| l.gap(columns) == Some(gap)).collect();
    let first = here.iter().find(|l| !l.asked.is_empty())?;
    let asks = |l: &&&Link| !l.asked.is_empty();
    let alike = here.iter().filter(asks).all(|l| l.asked == first.asked);
    let on = |l: &&&Link| l.enabled;
    let all_ask = here.iter().filter(on).all(|l| !l.asked.is_empty());
    let is_on = here.iter().filter(asks).any(|l| l.enabled);
    (alike && all_ask && is_on).then(|| first.asked.clone())
}

/// The labels above the gaps in which every link asks the same; they end at `bottom`.
pub(super) fn above(links: &[Link], columns: &[Column<'_>], bottom: f64) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (place, pair) in columns.windows(2).enumerate() {
        let [left, right] = pair else { continue };
        let Some(lines) = asked_alike(links, columns, place + 1) else {
            continue;
        };
        let lines = broken(&lines);
        let middle = f64::midpoint(left.right(), right.left);
        marks.push(Mark {
            left: middle - mark_width(&lines) / 2.0,
            top: bottom - mark_height(&lines),
            lines,
            enabled: true,
        });
    }
    marks
}

/// Numbers on the links that hold under a condition, and what they stand for.
pub(super) fn numbered(
    links: &[Link],
    curves: &[Option<Curve>],
    columns: &[Column<'_>],
    arrivals: &[Arrival],
) -> (Vec<Number>, Vec<Key>) {
    let (mut numbers, mut key): (Vec<Number>, Vec<Key>) = (Vec::new(), Vec::new());
    let told_above = |link: &Link| {
        let gap = link.gap(columns);
        gap.is_some_and(|gap| asked_alike(links, columns, gap).is_some())
    };
    // In the order of the columns, so that the numbers are read as the picture is.
    let mut order: Vec<(f64, f64, &Link, &Curve)> = links
        .iter()
        .zip(curves)
        .filter_map(|(link, curve)| Some((link, curve.as_ref()?)))
        .filter(|(link, _)| !link.asked.is_empty() && !told_above(link))
        .map(|(link, curve)| (curve.bend[0].0, curve.bend[0].1, link, curve))
        .collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut single: Vec<(&Link, usize, &Curve)> = Vec::new();
    let mut apart = Vec::new();
    for (_, _, link, curve) in order {
        let number = match key.iter_mut().position(|k| k.lines == link.asked) {
            Some(place) => place + 1,
            None => {
                key.push(Key {
                    lines: link.asked.clone(),
                    enabled: false,
                });
                key.len()
            }
        };
        if let Some(told) = key.get_mut(number - 1) {
            told.enabled |= link.enabled;
        }
        let beside = |l: &&Link| l.from == link.from && l.code == link.code && l.way(columns) == link.way(columns);
        let alike = links.iter().filter(beside).all(|l| l.asked == link.asked);
        if !alike || link.way(columns) == Some(Way::Within) {
            apart.push((link, number, curve));
        } else if !single.iter().any(|(l, _, _)| beside(l)) {
            single.push((link, number, curve));
        }
    }
    // Where all that leaves a pill asks the same, the number stands where it leaves.
    for (link, number, curve) in single {
        let (x, y) = curve.bend[0];
        let way = if link.way(columns) == Some(Way::Back) {
            -1.0
        } else {
            1.0
        };
        numbers.push(Number {
            at: (x + way * 20.0, y),
            number,
            enabled: link.enabled,
        });
    }
    for (link, number, curve) in apart {
        let tries: &[f64] = if link.way(columns) == Some(Way::Within) {
            &[0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78]
        } else {
            &[0.2, 0.28, 0.36, 0.44, 0.52, 0.6, 0.68, 0.76, 0.84]
        };
        let free = |at: &Point| {
            let near = |n: &Number| (n.at.0 - at.0).abs() < BADGE && (n.at.1 - at.1).abs() < BADGE;
            !numbers.iter().any(near) && !arrivals.iter().any(|a| a.mark.holds(*at))
        };
        let mut places = tries.iter().map(|t| along(&curve.bend, *t));
        let at = places.find(free).unwrap_or_else(|| along(&curve.bend, 0.5));
        numbers.push(Number {
            at,
            number,
            enabled: link.enabled,
        });
    }
    (numbers, key)
}

impl Mark {
    /// Whether a number there would lie over it.
    fn holds(&self, (x, y): Point) -> bool {
        let by = BADGE / 2.0;
        x > self.left - by
            && x < self.left + self.width() + by
            && y > self.top - by
            && y < self.top + self.height() + by
    }
}

/// What is new, left of the column it comes into.
pub(super) fn arrivals(entries: &[Entry], columns: &[Column<'_>], rooms: &[f64]) -> Vec<Arrival> {
    let mut arrivals: Vec<Arrival> = Vec::new();
    for (column, room) in columns.iter().zip(rooms) {
        let mut wanted: Vec<(&Entry, Point)> = Vec::new();
        for entry in entries.iter().filter(|e| e.kind == column.kind) {
            let Some(target) = columns.iter().find(|c| c.kind == entry.to) else {
                continue;
            };
            if let Some(goal) = target.pill(&entry.wanted) {
                wanted.push((entry, (target.inner_left() - 2.0, goal.middle())));
            }
        }
        wanted.sort_by(|a, b| a.1.1.total_cmp(&b.1.1));
        let mut free = f64::MIN;
        for (entry, goal) in wanted {
            let lines = broken(&entry.lines);
            let height = mark_height(&lines);
            let top = (goal.1 - height / 2.0).max(free);
            free = top + height + 8.0;
            let mark = Mark {
                left: column.left - room,
                top,
                lines,
                enabled: entry.enabled,
            };
            let start = (mark.left + mark.width(), top + height / 2.0);
            arrivals.push(Arrival { mark, start, goal });
        }
    }
    arrivals
}

/// How wide a mark is that says these lines.
pub(super) fn mark_width(lines: &[String]) -> f64 {
    lines.iter().map(|line| width(line, MARK_SIZE)).fold(0.0, f64::max) + 18.0
}

pub(super) fn mark_height(lines: &[String]) -> f64 {
    lines.iter().map(|_| MARK_LINE).sum::<f64>() + 7.0
}
