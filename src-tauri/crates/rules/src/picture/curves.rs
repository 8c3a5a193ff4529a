//! The lines from pill to pill.

use callboard_model::{EntityType, StatusCode};

use super::ink::line_color;
use super::layout::Column;
use super::links::{Link, Way};

const HEAD: f64 = 6.0;
/// How much lower links run back than onward: between two pills there may be both.
const BACK_DROP: f64 = 6.0;
/// How far beneath one another lines run that pass under a column.
const LANE: f64 = 7.0;
const MOST_LANES: usize = 14;

pub(super) type Point = (f64, f64);

/// The line from one pill to another, and its arrow head.
pub(super) struct Curve {
    /// The first bend, from where it begins: what a number is put on.
    pub(super) bend: [Point; 4],
    pub(super) path: String,
    pub(super) head: String,
    pub(super) color: String,
}

/// Where lines run that pass under columns, one lane for all that end at the same pill.
pub(super) struct Lanes {
    ends: Vec<(EntityType, StatusCode)>,
    top: f64,
}

impl Lanes {
    pub(super) fn of(links: &[Link], columns: &[Column<'_>]) -> Self {
        let mut lanes = Self {
            ends: Vec::new(),
            top: 0.0,
        };
        for link in links {
            let Some(under) = passed_over(link, columns) else {
                continue;
            };
            let bottom = under.iter().map(|c| c.bottom).fold(0.0, f64::max);
            lanes.top = lanes.top.max(bottom);
            let end = (link.to.clone(), link.wanted.clone());
            if !lanes.ends.contains(&end) {
                lanes.ends.push(end);
            }
        }
        lanes
    }

    fn at(&self, link: &Link) -> f64 {
        let is_end = |(kind, code): &(EntityType, StatusCode)| *kind == link.to && *code == link.wanted;
        let lane = self.ends.iter().position(is_end).unwrap_or_default() % MOST_LANES;
        self.top + LANE * index(lane)
    }

    /// Beneath the last of them.
    pub(super) fn bottom(&self) -> f64 {
        if self.ends.is_empty() {
            return 0.0;
        }
        self.top + LANE * index(self.ends.len().min(MOST_LANES)) + 10.0
    }
}

fn index(place: usize) -> f64 {
    u16::try_from(place).map_or(f64::from(u16::MAX), f64::from)
}

/// The columns between the two that a link joins.
fn passed_over<'a, 'b>(link: &Link, columns: &'a [Column<'b>]) -> Option<&'a [Column<'b>]> {
    let (from, to) = link.places(columns)?;
    let between = columns.get(from.min(to) + 1..from.max(to))?;
    (!between.is_empty()).then_some(between)
}

/// None where one of the two statuses is not in the picture.
pub(super) fn curve(link: &Link, columns: &[Column<'_>], lanes: &Lanes) -> Option<Curve> {
    let source = columns.iter().find(|c| c.kind == link.from)?;
    let target = columns.iter().find(|c| c.kind == link.to)?;
    let (pill, goal) = (source.pill(&link.code)?, target.pill(&link.wanted)?);
    let (y1, y2) = (pill.middle(), goal.middle());
    let (line, head) = match link.way(columns)? {
        Way::Onward => {
            let (x1, x2) = (source.inner_right() + 2.0, target.inner_left() - 2.0);
            let ends = ((x1, y1), (x2 - HEAD, y2));
            (route(link, columns, lanes, ends, 1.0), arrow(x2, y2, 1.0))
        }
        Way::Back => {
            let (x1, x2) = (source.inner_left() - 2.0, target.inner_right() + 2.0);
            let (y1, y2) = (y1 + BACK_DROP, y2 + BACK_DROP);
            let ends = ((x1, y1), (x2 + HEAD, y2));
            (route(link, columns, lanes, ends, -1.0), arrow(x2, y2, -1.0))
        }
        Way::Within => {
            let x = source.inner_left() - 2.0;
            let out = x - bulge(y1, y2);
            let bend = [(x, y1), (out, y1), (out, y2), (x - HEAD, y2)];
            ((bend, drawn(&bend)), arrow(x, y2, 1.0))
        }
    };
    let (bend, path) = line;
    Some(Curve {
        bend,
        path,
        head,
        color: line_color(&pill.status.color),
    })
}

/// Straight over where the columns are neighbours; otherwise down, under the columns between them, and up again.
fn route(
    link: &Link,
    columns: &[Column<'_>],
    lanes: &Lanes,
    (start, end): (Point, Point),
    way: f64,
) -> ([Point; 4], String) {
    let Some(between) = passed_over(link, columns) else {
        let bend = bent(start, end);
        return (bend, drawn(&bend));
    };
    let left = between.first().map_or(start.0, |c| c.left) - 14.0;
    let right = between.last().map_or(end.0, Column::right) + 14.0;
    let (near, far) = if way > 0.0 { (left, right) } else { (right, left) };
    let y = lanes.at(link);
    let bend = bent(start, (near, y));
    let [_, c1, c2, last] = bent((far, y), end);
    let path = format!(
        "{}H{far:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
        drawn(&bend),
        c1.0,
        c1.1,
        c2.0,
        c2.1,
        last.0,
        last.1
    );
    (bend, path)
}

/// How far an arc within a column reaches out.
fn bulge(y1: f64, y2: f64) -> f64 {
    ((y1 - y2).abs() * 0.35).clamp(34.0, 64.0)
}

fn bent((x1, y1): Point, (x2, y2): Point) -> [Point; 4] {
    let reach = (x2 - x1) * 0.5;
    [(x1, y1), (x1 + reach, y1), (x2 - reach, y2), (x2, y2)]
}

fn drawn([from, c1, c2, to]: &[Point; 4]) -> String {
    format!(
        "M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
        from.0, from.1, c1.0, c1.1, c2.0, c2.1, to.0, to.1
    )
}

/// A line to an arrow head.
pub(super) fn between(start: Point, end: Point) -> String {
    drawn(&bent(start, end))
}

/// The point so far along a bend, from 0 to 1.
pub(super) fn along(bend: &[Point; 4], t: f64) -> Point {
    let s = 1.0 - t;
    let [a, b, c, d] = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
    let at = |f: fn(&Point) -> f64| {
        let [p0, p1, p2, p3] = bend.each_ref().map(f);
        a * p0 + b * p1 + c * p2 + d * p3
    };
    (at(|p| p.0), at(|p| p.1))
}

/// A small triangle whose point is at x, y; it points right, or left with `-1`.
pub(super) fn arrow(x: f64, y: f64, way: f64) -> String {
    let back = x - way * (HEAD + 1.0);
    format!("M{x:.1} {y:.1}L{back:.1} {:.1}L{back:.1} {:.1}Z", y - 3.6, y + 3.6)
}
