//! The rule set as a picture that can be dropped on a slide.

mod asked;
mod curves;
mod ink;
mod layout;
mod legend;
mod links;
mod marks;

use std::fmt::{self, Write};

use callboard_model::EntityType;

use self::curves::{Curve, Lanes, arrow, between, curve};
use self::ink::{Escaped, color, fitted, tinted, width, wrapped};
use self::layout::{CODE_SIZE, Card, Column, NAME_SIZE, PILL_HEIGHT, Pill, code_told, name_room};
use self::legend::Legend;
use self::links::{Drawn, Way, drawn};
use self::marks::{Arrival, MARK_LINE, MARK_SIZE, Mark, Number, broken, mark_height, mark_width};
use crate::RuleSet;
use crate::document::GroupLook;

const MARGIN: f64 = 44.0;
const NARROWEST_GAP: f64 = 160.0;
const WIDEST_GAP: f64 = 280.0;
const NARROWEST: f64 = 720.0;
const WIDEST_TITLE: f64 = 900.0;
/// Room between an arrival's mark and the column.
const ARRIVAL_RUN: f64 = 46.0;
/// Room for an arc within a column.
const ARC_ROOM: f64 = 76.0;

/// Which rules a picture shows; it is said beneath.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// Which of them; none: that is not said.
    pub standing: Option<Standing>,
    /// Since when they are that, as people write a day.
    pub day: Option<String>,
}

/// What a rule set is in its production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A revision that is or was live.
    Revision(i64),
    /// The draft.
    Draft,
}

/// The picture of a rule set: columns of statuses with the rules drawn between them, as an SVG that needs nothing else.
///
/// Links have the colour of the status they come from. Rules that are switched off are dashed and faint.
#[must_use]
pub fn svg(set: &RuleSet) -> String {
    svg_of(set, &Caption::default())
}

/// The same, with what it shows said beneath.
#[must_use]
pub fn svg_of(set: &RuleSet, caption: &Caption) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = draw(&mut out, set, caption);
    out
}

fn draw(out: &mut String, set: &RuleSet, caption: &Caption) -> fmt::Result {
    // Which links there are hangs on which statuses there are, not on where they stand.
    let unplaced = layout::columns(set, 0.0, |_| 0.0);
    let drawn = drawn(set, &unplaced);
    let rooms: Vec<f64> = unplaced
        .iter()
        .map(|column| arrival_room(&drawn, &column.kind))
        .collect();
    let gaps: Vec<f64> = (0..unplaced.len())
        .map(|place| gap_before(place, &drawn, &unplaced, &rooms))
        .collect();
    let wide = gaps.iter().sum::<f64>() + unplaced.iter().map(|c| c.width).sum::<f64>() + MARGIN;
    let title = width(&set.name, 24.0).min(WIDEST_TITLE) + MARGIN * 2.0;
    let full = wide.max(title).max(NARROWEST);

    let story = set.description.as_deref().unwrap_or_default();
    let mut story = wrapped(story, 13.0, (full - 2.0 * MARGIN).min(WIDEST_TITLE));
    story.truncate(3);
    let title_bottom = 76.0 + story.iter().map(|_| 20.0).sum::<f64>();
    let label = |gap: usize| marks::asked_alike(&drawn.links, &unplaced, gap).map(|lines| mark_height(&broken(&lines)));
    let labels = (1..unplaced.len()).filter_map(label).fold(0.0, f64::max);
    let top = title_bottom + f64::max(56.0, labels + 26.0);

    // What is narrower than the sheet stands in its middle.
    let aside = ((full - wide) / 2.0).max(0.0);
    let columns = layout::columns(set, top, |place| {
        let gap = gaps.get(place).copied().unwrap_or(MARGIN);
        if place == 0 { gap + aside } else { gap }
    });
    let lanes = Lanes::of(&drawn.links, &columns);
    let curves: Vec<Option<Curve>> = drawn.links.iter().map(|link| curve(link, &columns, &lanes)).collect();
    let arrivals = marks::arrivals(&drawn.entries, &columns, &rooms);
    let (numbers, key) = marks::numbered(&drawn.links, &curves, &columns, &arrivals);
    let ways: Vec<Way> = drawn.links.iter().filter_map(|link| link.way(&columns)).collect();
    let legend = Legend::of(set, &drawn, &ways, !numbers.is_empty(), caption, full);
    let parts = legend::parts(set, &drawn, key, full);

    let pictured = columns
        .iter()
        .map(|c| c.bottom)
        .chain(arrivals.iter().map(|a| a.mark.top + a.mark.height() + 12.0))
        .fold(top.max(lanes.bottom()), f64::max);
    let parts_top = pictured + 12.0;
    let legend_top = parts_top + legend::height(&parts);
    let height = legend_top + legend.height() + 22.0;

    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{full:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {full:.0} {height:.0}\" role=\"img\" aria-label=\"{}\" font-family=\"Inter, 'Inter Variable', system-ui, sans-serif\">",
        Escaped(&set.name)
    )?;
    writeln!(out, "<title>{}</title>", Escaped(&set.name))?;
    writeln!(out, "<rect width=\"100%\" height=\"100%\" fill=\"#f6f8fa\"/>")?;
    let name = fitted(&set.name, 24.0, full - 2.0 * MARGIN);
    let bold = "font-weight=\"700\" letter-spacing=\"-.3\"";
    text(out, MARGIN, 56.0, 24.0, "#111827", bold, &name)?;
    let mut baseline = 80.0;
    for line in &story {
        text(out, MARGIN, baseline, 13.0, "#66707f", "", line)?;
        baseline += 20.0;
    }
    for column in &columns {
        draw_cards(out, set, column, top)?;
    }
    // Those that are off lie beneath those that are on.
    for enabled in [false, true] {
        let of_kind = drawn.links.iter().zip(&curves).filter(|(l, _)| l.enabled == enabled);
        for curve in of_kind.filter_map(|(_, curve)| curve.as_ref()) {
            stroke(out, &curve.path, &curve.head, &curve.color, enabled)?;
        }
    }
    for arrival in &arrivals {
        draw_arrival(out, arrival)?;
    }
    for column in &columns {
        for pill in column.cards.iter().flat_map(|card| &card.pills) {
            draw_pill(out, column, pill)?;
        }
    }
    for mark in &marks::above(&drawn.links, &columns, top - 14.0) {
        draw_mark(out, mark)?;
    }
    for number in &numbers {
        draw_number(out, number)?;
    }
    legend::draw_parts(out, &parts, parts_top)?;
    legend.draw(out, legend_top, full)?;
    writeln!(out, "</svg>")
}

/// How much room the marks of a column's arrivals need on its left; none: nothing arrives there.
fn arrival_room(drawn: &Drawn<'_>, kind: &EntityType) -> f64 {
    let here = drawn.entries.iter().filter(|e| e.kind == *kind);
    let widest = here.map(|e| mark_width(&broken(&e.lines))).fold(0.0, f64::max);
    if widest > 0.0 { widest + ARRIVAL_RUN } else { 0.0 }
}

/// Wide enough for the curves and for every mark that stands there.
fn gap_before(place: usize, drawn: &Drawn<'_>, columns: &[Column<'_>], rooms: &[f64]) -> f64 {
    let room = rooms.get(place).copied().unwrap_or_default();
    let Some(column) = columns.get(place) else {
        return MARGIN;
    };
    let is_arc = |link: &&links::Link| link.way(columns) == Some(Way::Within) && link.from == column.kind;
    let arcs = if drawn.links.iter().any(|link| is_arc(&link)) {
        ARC_ROOM
    } else {
        0.0
    };
    if place == 0 {
        return MARGIN + room.max(arcs);
    }
    let crossing = drawn.links.iter().filter(|link| link.gap(columns) == Some(place));
    let own = crossing.fold(NARROWEST_GAP, |wide, _| wide + 2.0).min(WIDEST_GAP);
    let label = marks::asked_alike(&drawn.links, columns, place).map(|lines| mark_width(&broken(&lines)) + 24.0);
    let own = own.max(label.unwrap_or_default()) + arcs / 2.0;
    if room > 0.0 { own.max(room + MARGIN) } else { own }
}

fn draw_cards(out: &mut String, set: &RuleSet, column: &Column<'_>, top: f64) -> fmt::Result {
    let middle = column.left + column.width / 2.0;
    text(
        out,
        middle,
        top - 34.0,
        15.0,
        "#111827",
        "font-weight=\"650\" text-anchor=\"middle\"",
        &column.title,
    )?;
    let purpose = match column.kind.as_str() {
        EntityType::VERSION => "for review",
        EntityType::TASK => "for artists and coordinators",
        EntityType::SHOT => "for clients and executives",
        _ => "",
    };
    text(
        out,
        middle,
        top - 15.0,
        12.0,
        "#7a8494",
        "text-anchor=\"middle\"",
        purpose,
    )?;
    for Card { group, top, height, .. } in &column.cards {
        let look = set.groups.get(*group).map(|GroupLook { color }| tinted(color));
        writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"11\" fill=\"{}\" stroke=\"#e2e7ee\"/>",
            column.left,
            column.width,
            look.as_deref().unwrap_or("#fdfefe")
        )?;
        let fit = fitted(group, 12.0, column.width - 24.0);
        text(out, column.inner_left() + 1.0, top + 20.0, 12.0, "#66707f", "", &fit)?;
    }
    Ok(())
}

fn draw_pill(out: &mut String, column: &Column<'_>, pill: &Pill<'_>) -> fmt::Result {
    let Pill { status, top } = pill;
    let (left, right) = (column.inner_left(), column.inner_right());
    writeln!(
        out,
        "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{PILL_HEIGHT}\" rx=\"6\" fill=\"#fff\" stroke=\"#dfe4ec\"/>",
        right - left
    )?;
    writeln!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" rx=\"2.5\" fill=\"{}\" stroke=\"#101828\" stroke-opacity=\".14\"/>",
        left + 9.0,
        top + 7.0,
        color(&status.color)
    )?;
    let name = fitted(&status.name, NAME_SIZE, name_room(status) + 1.0);
    text(out, left + 27.0, top + 16.5, NAME_SIZE, "#1b2432", "", &name)?;
    let mono = "font-family=\"ui-monospace, 'JetBrains Mono', Menlo, Consolas, monospace\" text-anchor=\"end\"";
    text(
        out,
        right - 9.0,
        top + 16.0,
        CODE_SIZE,
        "#7a8494",
        mono,
        &code_told(status),
    )
}

fn draw_arrival(out: &mut String, arrival: &Arrival) -> fmt::Result {
    let (x2, y2) = arrival.goal;
    let path = between(arrival.start, (x2 - 6.0, y2));
    stroke(out, &path, &arrow(x2, y2, 1.0), "#5b6675", arrival.mark.enabled)?;
    draw_mark(out, &arrival.mark)
}

fn stroke(out: &mut String, path: &str, head: &str, color: &str, enabled: bool) -> fmt::Result {
    let (opacity, dash) = if enabled {
        (".78", "")
    } else {
        (".5", " stroke-dasharray=\"4 4\"")
    };
    writeln!(
        out,
        "<g opacity=\"{opacity}\"><path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.7\"{dash}/><path d=\"{head}\" fill=\"{color}\"/></g>"
    )
}

fn draw_mark(out: &mut String, mark: &Mark) -> fmt::Result {
    let dash = if mark.enabled { "" } else { " stroke-dasharray=\"3 3\"" };
    let ink = if mark.enabled { "#4a5463" } else { "#8b94a3" };
    writeln!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"6\" fill=\"#fff\" stroke=\"#d5dce6\"{dash}/>",
        mark.left,
        mark.top,
        mark.width(),
        mark.height()
    )?;
    let left = mark.left + 9.0;
    let mut baseline = mark.top + 14.5;
    for (place, line) in mark.lines.iter().enumerate() {
        let weight = if place == 0 && !line.starts_with("if ") {
            "font-weight=\"650\""
        } else {
            ""
        };
        text(out, left, baseline, MARK_SIZE, ink, weight, line)?;
        baseline += MARK_LINE;
    }
    Ok(())
}

fn draw_number(out: &mut String, number: &Number) -> fmt::Result {
    let Number {
        at: (x, y),
        number,
        enabled,
    } = number;
    let fill = if *enabled { "#4a5463" } else { "#aab2be" };
    writeln!(
        out,
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{}\" fill=\"{fill}\" stroke=\"#fff\"/>",
        if *number > 9 { 7.5 } else { 6.5 }
    )?;
    let ends = "font-weight=\"650\" text-anchor=\"middle\"";
    let size = if *number > 9 { 8.5 } else { 9.0 };
    text(out, *x, y + 3.2, size, "#fff", ends, &number.to_string())
}

fn text(out: &mut String, x: f64, y: f64, size: f64, ink: &str, more: &str, said: &str) -> fmt::Result {
    if said.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{ink}\" {more}>{}</text>",
        Escaped(said)
    )
}
