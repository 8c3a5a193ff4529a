//! What stands beneath the picture: the conditions by number, the rules without a line, the shapes, and which rules these are.

use std::fmt::{self, Write};

use super::curves::{arrow, between};
use super::ink::{fitted, width, wrapped};
use super::links::{Drawn, Way};
use super::marks::{Key, Number};
use super::{Caption, MARGIN, Standing, draw_number, stroke, text};
use crate::document::RuleSet;
use crate::sentence;

const SIZE: f64 = 12.0;
const LINE: f64 = 17.0;
const NARROWEST: f64 = 300.0;
const BETWEEN: f64 = 28.0;
const INDENT: f64 = 22.0;
const INK: &str = "#4a5463";
const QUIET: &str = "#66707f";
/// Of rules without a line, more are counted, not told.
const MOST_OTHERS: usize = 12;

/// One paragraph beneath the picture.
struct Item {
    number: Option<usize>,
    lines: Vec<String>,
    enabled: bool,
}

/// Paragraphs in columns, under a heading.
pub(super) struct Part {
    title: &'static str,
    columns: Vec<Vec<Item>>,
    step: f64,
    height: f64,
}

impl Part {
    fn of(title: &'static str, full: f64, said: Vec<(Option<usize>, Vec<String>, bool)>) -> Option<Self> {
        if said.is_empty() {
            return None;
        }
        let room = full - 2.0 * MARGIN;
        let mut many = 1_usize;
        let step = |many: usize| room / u16::try_from(many).map_or(1.0, f64::from);
        while many < 4 && many < said.len() && step(many + 1) >= NARROWEST {
            many += 1;
        }
        let step = step(many);
        let wide = step - BETWEEN - INDENT;
        let items: Vec<Item> = said
            .into_iter()
            .map(|(number, lines, enabled)| Item {
                number,
                lines: lines.iter().flat_map(|line| wrapped(line, SIZE, wide)).collect(),
                enabled,
            })
            .collect();
        let share = items.iter().map(Item::height).sum::<f64>() / step_count(many);
        let mut columns: Vec<Vec<Item>> = vec![Vec::new()];
        let mut used = 0.0;
        for item in items {
            let height = item.height();
            if used > 0.0 && used + height / 2.0 > share && columns.len() < many {
                columns.push(Vec::new());
                used = 0.0;
            }
            used += height;
            if let Some(column) = columns.last_mut() {
                column.push(item);
            }
        }
        let high = columns.iter().map(|c| c.iter().map(Item::height).sum::<f64>());
        Some(Self {
            title,
            height: high.fold(0.0, f64::max) + 30.0,
            columns,
            step,
        })
    }

    fn draw(&self, out: &mut String, top: f64) -> fmt::Result {
        text(
            out,
            MARGIN,
            top + 14.0,
            SIZE,
            "#111827",
            "font-weight=\"650\"",
            self.title,
        )?;
        let mut left = MARGIN;
        for column in &self.columns {
            let mut y = top + 38.0;
            for item in column {
                let ink = if item.enabled { INK } else { "#8b94a3" };
                if let Some(number) = item.number {
                    let number = Number {
                        at: (left + 7.0, y - 4.0),
                        number,
                        enabled: item.enabled,
                    };
                    draw_number(out, &number)?;
                }
                let indent = if item.number.is_some() { INDENT } else { 0.0 };
                for (place, line) in item.lines.iter().enumerate() {
                    text(out, left + indent, y + LINE * step_count(place), SIZE, ink, "", line)?;
                }
                y += item.height();
            }
            left += self.step;
        }
        Ok(())
    }
}

impl Item {
    fn height(&self) -> f64 {
        self.lines.iter().map(|_| LINE).sum::<f64>() + 5.0
    }
}

fn step_count(many: usize) -> f64 {
    u16::try_from(many).map_or(1.0, f64::from)
}

/// The conditions by number, and the rules that draw nothing.
pub(super) fn parts(set: &RuleSet, drawn: &Drawn<'_>, key: Vec<Key>, full: f64) -> Vec<Part> {
    let numbered = key.into_iter().enumerate().map(|(place, told)| {
        let off = (!told.enabled).then(|| "(switched off)".to_owned());
        (
            Some(place + 1),
            told.lines.iter().map(|line| under_heading(line)).chain(off).collect(),
            told.enabled,
        )
    });
    let mut others: Vec<_> = drawn
        .others
        .iter()
        .take(MOST_OTHERS)
        .map(|rule| {
            let off = if rule.enabled { "" } else { " (switched off)" };
            (None, vec![format!("{}{off}", sentence(set, rule))], rule.enabled)
        })
        .collect();
    let more = drawn.others.len().saturating_sub(MOST_OTHERS);
    if more > 0 {
        others.push((None, vec![format!("and {more} more")], true));
    }
    let parts = [
        Part::of("Only if", full, numbered.collect()),
        Part::of("Rules without a line", full, others),
    ];
    parts.into_iter().flatten().collect()
}

/// "Only if" stands above all of them already.
fn under_heading(line: &str) -> String {
    let line = line.strip_prefix("if ").unwrap_or(line);
    line.replacen("or if ", "or ", 1)
}

pub(super) fn height(parts: &[Part]) -> f64 {
    parts.iter().map(|part| part.height + 14.0).sum()
}

pub(super) fn draw_parts(out: &mut String, parts: &[Part], mut top: f64) -> fmt::Result {
    for part in parts {
        part.draw(out, top)?;
        top += part.height + 14.0;
    }
    Ok(())
}

/// A shape of the picture, and what it means.
#[derive(Clone, Copy)]
enum Shape {
    Onward,
    Back,
    Within,
    Entry,
    Condition,
    Off,
}

impl Shape {
    fn words(self) -> &'static str {
        match self {
            Self::Onward => "sets the status",
            Self::Back => "goes back down the chain",
            Self::Within => "hands over within a column",
            Self::Entry => "when it is new, gets a note \u{2026}",
            Self::Condition => "only under a condition",
            Self::Off => "switched off",
        }
    }

    fn draw(self, out: &mut String, x: f64, y: f64) -> fmt::Result {
        const GREY: &str = "#5b6675";
        match self {
            Self::Back => {
                let path = between((x + 30.0, y), (x + 6.0, y));
                stroke(out, &path, &arrow(x, y, -1.0), GREY, true)
            }
            Self::Within => {
                let (top, bottom) = (y - 6.0, y + 6.0);
                let path = format!(
                    "M{:.1} {top:.1}C{x:.1} {top:.1} {x:.1} {bottom:.1} {:.1} {bottom:.1}",
                    x + 26.0,
                    x + 22.0
                );
                stroke(out, &path, &arrow(x + 29.0, bottom, 1.0), GREY, true)
            }
            Self::Entry => {
                writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" rx=\"3\" fill=\"#fff\" stroke=\"#aab2be\"/>",
                    y - 6.0
                )?;
                let path = between((x + 12.0, y), (x + 24.0, y));
                stroke(out, &path, &arrow(x + 30.0, y, 1.0), GREY, true)
            }
            Self::Onward | Self::Condition | Self::Off => {
                let path = between((x, y), (x + 24.0, y));
                let on = !matches!(self, Self::Off);
                stroke(out, &path, &arrow(x + 30.0, y, 1.0), GREY, on)?;
                if matches!(self, Self::Condition) {
                    let number = Number {
                        at: (x + 11.0, y),
                        number: 1,
                        enabled: true,
                    };
                    draw_number(out, &number)?;
                }
                Ok(())
            }
        }
    }
}

/// The shapes that are in the picture, and which rules it shows.
pub(super) struct Legend {
    rows: Vec<Vec<(Shape, f64)>>,
    said: String,
    /// Whether what is said has a row of its own.
    apart: bool,
}

const ROW: f64 = 24.0;

impl Legend {
    pub(super) fn of(
        set: &RuleSet,
        drawn: &Drawn<'_>,
        ways: &[Way],
        has_numbers: bool,
        caption: &Caption,
        full: f64,
    ) -> Self {
        let runs = |way| ways.contains(&way);
        let off = drawn.links.iter().any(|link| !link.enabled) || drawn.entries.iter().any(|entry| !entry.enabled);
        let shapes = [
            (runs(Way::Onward), Shape::Onward),
            (runs(Way::Back), Shape::Back),
            (runs(Way::Within), Shape::Within),
            (!drawn.entries.is_empty(), Shape::Entry),
            (has_numbers, Shape::Condition),
            (off, Shape::Off),
        ];
        let room = full - 2.0 * MARGIN;
        let mut rows: Vec<Vec<(Shape, f64)>> = vec![Vec::new()];
        let mut x = 0.0;
        for (_, shape) in shapes.into_iter().filter(|(used, _)| *used) {
            let wide = 40.0 + width(shape.words(), SIZE) + 14.0;
            if x > 0.0 && x + wide > room {
                rows.push(Vec::new());
                x = 0.0;
            }
            if let Some(row) = rows.last_mut() {
                row.push((shape, x));
            }
            x += wide;
        }
        let said = fitted(&said(set, caption), SIZE, room);
        Self {
            rows,
            apart: x + width(&said, SIZE) > room,
            said,
        }
    }

    pub(super) fn height(&self) -> f64 {
        let rows = self.rows.len() + usize::from(self.apart);
        ROW * step_count(rows)
    }

    pub(super) fn draw(&self, out: &mut String, top: f64, full: f64) -> fmt::Result {
        writeln!(
            out,
            "<path d=\"M{MARGIN} {top:.1}H{:.1}\" stroke=\"#e2e7ee\"/>",
            full - MARGIN
        )?;
        let mut y = top + 22.0;
        for (place, row) in self.rows.iter().enumerate() {
            if place > 0 {
                y += ROW;
            }
            for (shape, x) in row {
                shape.draw(out, MARGIN + x, y - 4.0)?;
                text(out, MARGIN + x + 38.0, y, SIZE, QUIET, "", shape.words())?;
            }
        }
        if self.apart {
            y += ROW;
        }
        text(out, full - MARGIN, y, SIZE, QUIET, "text-anchor=\"end\"", &self.said)
    }
}

/// Which rules the picture shows, as of when, and how many.
fn said(set: &RuleSet, caption: &Caption) -> String {
    let off = set.rules.iter().filter(|r| !r.enabled).count();
    let counted = match (set.rules.len(), off) {
        (1, 0) => "1 rule".to_owned(),
        (all, 0) => format!("{all} rules"),
        (all, off) => format!("{all} rules, {off} switched off"),
    };
    let standing = caption.standing.map(|standing| match standing {
        Standing::Revision(revision) => format!("Revision {revision}"),
        Standing::Draft => "Draft, not live".to_owned(),
    });
    let name = fitted(&set.name, SIZE, 320.0);
    let parts = [Some(name), standing, caption.day.clone(), Some(counted)];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(" \u{b7} ")
}
