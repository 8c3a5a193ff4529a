//! The rule set as a picture that can be dropped on a slide.

mod ink;
mod layout;
mod links;
mod marks;

use std::fmt::{self, Write};

use callboard_model::EntityType;

use self::ink::{Escaped, color, fitted, width};
use self::layout::{CODE_SIZE, Card, Column, NAME_SIZE, PILL_HEIGHT, Pill, name_room};
use self::links::{Entry, Link, MARK_LINE, MARK_SIZE, Way, arrow, curve, mark_height, mark_width};
use self::marks::{Arrival, Mark, Number};
use crate::RuleSet;

const MARGIN: f64 = 44.0;
const NARROWEST_GAP: f64 = 150.0;
/// Room between an arrival's mark and the column.
const ARRIVAL_RUN: f64 = 46.0;

/// The picture of a rule set: columns of statuses with the rules drawn between them, as an SVG that needs nothing else.
///
/// Links have the colour of the status they come from. Rules that are switched off are dashed and faint.
#[must_use]
pub fn svg(set: &RuleSet) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = draw(&mut out, set);
    out
}

fn draw(out: &mut String, set: &RuleSet) -> fmt::Result {
    let entries = links::entries(set);
    // Which links there are hangs on which statuses there are, not on where they stand.
    let unplaced = layout::columns(set, 0.0, |_| 0.0);
    let links = links::links(set, &unplaced);
    let rooms: Vec<f64> = unplaced
        .iter()
        .map(|column| arrival_room(&entries, &column.kind))
        .collect();
    let gaps: Vec<f64> = (0..unplaced.len())
        .map(|place| gap_before(place, &links, &unplaced, &rooms))
        .collect();

    let told = set.description.as_deref().unwrap_or_default();
    let title_bottom = if told.is_empty() { 76.0 } else { 98.0 };
    let marks_height = highest_marks(&links, &unplaced);
    let top = title_bottom + f64::max(52.0, marks_height + 26.0);
    let columns = layout::columns(set, top, |place| gaps.get(place).copied().unwrap_or(MARGIN));

    let right = columns.last().map_or(MARGIN, Column::right) + MARGIN;
    let full = right.max(MARGIN * 2.0 + width(&set.name, 24.0)).max(720.0);
    let bottom = columns.iter().map(|c| c.bottom).fold(top, f64::max);
    let height = bottom + 74.0;

    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{full:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {full:.0} {height:.0}\" role=\"img\" aria-label=\"{}\" font-family=\"Inter, system-ui, sans-serif\">",
        Escaped(&set.name)
    )?;
    writeln!(out, "<title>{}</title>", Escaped(&set.name))?;
    writeln!(out, "<rect width=\"100%\" height=\"100%\" fill=\"#f6f8fa\"/>")?;
    text(
        out,
        MARGIN,
        56.0,
        24.0,
        "#111827",
        "font-weight=\"700\" letter-spacing=\"-.3\"",
        &set.name,
    )?;
    if !told.is_empty() {
        text(
            out,
            MARGIN,
            80.0,
            13.0,
            "#66707f",
            "",
            &fitted(told, 13.0, full - 2.0 * MARGIN),
        )?;
    }
    for column in &columns {
        draw_cards(out, column, top)?;
    }
    // Those that are off lie beneath those that are on.
    for enabled in [false, true] {
        for link in links.iter().filter(|l| l.enabled == enabled) {
            draw_link(out, link, &columns)?;
        }
    }
    let room = |kind: &EntityType| {
        columns
            .iter()
            .position(|c| c.kind == *kind)
            .and_then(|place| rooms.get(place).copied())
    };
    for column in &columns {
        let here: Vec<Entry> = links::entries(set)
            .into_iter()
            .filter(|e| e.kind == column.kind)
            .collect();
        for arrival in marks::arrivals(&here, &columns, room(&column.kind).unwrap_or_default()) {
            draw_arrival(out, &arrival)?;
        }
    }
    for pill in columns.iter().flat_map(|c| {
        c.cards
            .iter()
            .flat_map(move |card| card.pills.iter().map(move |p| (c, p)))
    }) {
        draw_pill(out, pill.0, pill.1)?;
    }
    let (between, numbers) = marks::between(&links, &columns, top - 14.0);
    for mark in between.iter().chain(&marks::within(&links, &columns)) {
        draw_mark(out, mark)?;
    }
    for number in &numbers {
        draw_number(out, number)?;
    }
    draw_legend(out, set, &links, full, height)?;
    writeln!(out, "</svg>")
}

/// How much room the marks of a column's arrivals need on its left; none: nothing arrives there.
fn arrival_room(entries: &[Entry], kind: &EntityType) -> f64 {
    let widest = entries
        .iter()
        .filter(|e| e.kind == *kind)
        .map(|e| mark_width(&e.lines))
        .fold(0.0, f64::max);
    if widest > 0.0 { widest + ARRIVAL_RUN } else { 0.0 }
}

/// Wide enough for the curves and for every mark that stands there.
fn gap_before(place: usize, links: &[Link], columns: &[Column<'_>], rooms: &[f64]) -> f64 {
    let room = rooms.get(place).copied().unwrap_or_default();
    let Some(column) = columns.get(place) else {
        return MARGIN;
    };
    let before = place.checked_sub(1).and_then(|p| columns.get(p));
    let touches = |l: &&Link| match l.way(columns) {
        Some(Way::Onward) => before.is_some_and(|b| b.kind == l.from),
        Some(Way::Back) => l.from == column.kind,
        Some(Way::Within) | None => false,
    };
    let said = links
        .iter()
        .filter(touches)
        .map(|l| mark_width(&l.asked) + 44.0)
        .fold(0.0, f64::max);
    let is_within = |l: &&Link| l.way(columns) == Some(Way::Within) && l.from == column.kind;
    let arcs = links
        .iter()
        .filter(is_within)
        .map(|l| mark_width(&l.asked) + 72.0)
        .fold(0.0, f64::max);
    let least = if before.is_some() { NARROWEST_GAP } else { MARGIN };
    let own = said.max(arcs).max(least);
    if room > 0.0 {
        own.max(room + MARGIN) + if arcs > 0.0 && before.is_none() { arcs } else { 0.0 }
    } else {
        own
    }
}

fn highest_marks(links: &[Link], columns: &[Column<'_>]) -> f64 {
    let stack = |kind: &EntityType, way: Way| {
        let mut said: Vec<&Vec<String>> = Vec::new();
        for link in links
            .iter()
            .filter(|l| l.from == *kind && l.way(columns) == Some(way) && !l.asked.is_empty())
        {
            if !said.contains(&&link.asked) {
                said.push(&link.asked);
            }
        }
        said.iter().map(|lines| mark_height(lines) + 5.0).sum::<f64>()
    };
    let mut highest = 0.0;
    for pair in columns.windows(2) {
        if let [left, right] = pair {
            highest = f64::max(highest, stack(&left.kind, Way::Onward) + stack(&right.kind, Way::Back));
        }
    }
    highest
}

fn draw_cards(out: &mut String, column: &Column<'_>, top: f64) -> fmt::Result {
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
        writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"11\" fill=\"#fdfefe\" stroke=\"#e2e7ee\"/>",
            column.left, column.width
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
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" rx=\"2.5\" fill=\"{}\"/>",
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
        status.code.as_str(),
    )
}

fn draw_link(out: &mut String, link: &Link, columns: &[Column<'_>]) -> fmt::Result {
    let Some(curve) = curve(link, columns) else {
        return Ok(());
    };
    stroke(out, &curve.path, &curve.head, &curve.color, link.enabled)
}

fn draw_arrival(out: &mut String, arrival: &Arrival) -> fmt::Result {
    let ((x1, y1), (x2, y2)) = (arrival.start, arrival.goal);
    let path = links::between(x1, y1, x2 - 6.0, y2);
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
    let mut left = mark.left + 9.0;
    if let Some(number) = mark.number {
        draw_number(
            out,
            &Number {
                x: left + 5.0,
                y: mark.top + mark.height() / 2.0,
                number,
                enabled: mark.enabled,
            },
        )?;
        left += 20.0;
    }
    let mut baseline = mark.top + 14.5;
    for (place, line) in mark.lines.iter().enumerate() {
        let weight = if place == 0 && line.starts_with("new ") {
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
    let Number { x, y, number, enabled } = number;
    let fill = if *enabled { "#4a5463" } else { "#aab2be" };
    writeln!(
        out,
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6.5\" fill=\"{fill}\" stroke=\"#fff\"/>"
    )?;
    let ends = "font-weight=\"650\" text-anchor=\"middle\"";
    text(out, *x, y + 3.2, 9.0, "#fff", ends, &number.to_string())
}

fn draw_legend(out: &mut String, set: &RuleSet, links: &[Link], full: f64, height: f64) -> fmt::Result {
    let y = height - 34.0;
    writeln!(
        out,
        "<path d=\"M{MARGIN} {:.1}H{:.1}\" stroke=\"#e2e7ee\"/>",
        y - 22.0,
        full - MARGIN
    )?;
    let mut x = MARGIN;
    let mut item = |out: &mut String, said: &str, enabled: bool| -> fmt::Result {
        let path = format!("M{x:.1} {:.1}H{:.1}", y - 4.0, x + 24.0);
        stroke(out, &path, &arrow(x + 30.0, y - 4.0, 1.0), "#5b6675", enabled)?;
        text(out, x + 38.0, y, 12.0, "#66707f", "", said)?;
        x += 38.0 + width(said, 12.0) + 26.0;
        Ok(())
    };
    item(out, "sets the status", true)?;
    if links.iter().any(|l| !l.enabled) {
        item(out, "switched off", false)?;
    }
    let off = set.rules.iter().filter(|r| !r.enabled).count();
    let counted = match (set.rules.len(), off) {
        (1, 0) => "1 rule".to_owned(),
        (all, 0) => format!("{all} rules"),
        (all, off) => format!("{all} rules, {off} switched off"),
    };
    let room = full - MARGIN - x - width(&counted, 12.0) - 30.0;
    let said = if room > 60.0 {
        format!("{} · {counted}", fitted(&set.name, 12.0, room))
    } else {
        counted
    };
    text(out, full - MARGIN, y, 12.0, "#66707f", "text-anchor=\"end\"", &said)
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
