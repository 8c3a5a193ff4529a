//! Where the columns, their groups and their pills stand.

use callboard_model::{EntityType, StatusCode};

use super::ink::{code_fitted, code_width, width};
use crate::document::{RuleSet, Status};

pub(super) const PILL_HEIGHT: f64 = 24.0;
const PILL_STEP: f64 = 29.0;
const CARD_PAD: f64 = 10.0;
const CARD_HEAD: f64 = 30.0;
const CARD_GAP: f64 = 12.0;
const WIDEST_NAME: f64 = 240.0;
const WIDEST_CODE: f64 = 120.0;
pub(super) const NAME_SIZE: f64 = 13.0;
pub(super) const CODE_SIZE: f64 = 11.0;

/// One entity type's statuses.
pub(super) struct Column<'a> {
    pub(super) kind: EntityType,
    pub(super) title: String,
    pub(super) left: f64,
    pub(super) width: f64,
    pub(super) bottom: f64,
    pub(super) cards: Vec<Card<'a>>,
}

/// Statuses of one group that stand together.
pub(super) struct Card<'a> {
    pub(super) group: &'a str,
    pub(super) top: f64,
    pub(super) height: f64,
    pub(super) pills: Vec<Pill<'a>>,
}

pub(super) struct Pill<'a> {
    pub(super) status: &'a Status,
    pub(super) top: f64,
}

impl Pill<'_> {
    pub(super) fn middle(&self) -> f64 {
        self.top + PILL_HEIGHT / 2.0
    }
}

impl<'a> Column<'a> {
    /// The pills' left edge.
    pub(super) fn inner_left(&self) -> f64 {
        self.left + CARD_PAD
    }

    /// The pills' right edge.
    pub(super) fn inner_right(&self) -> f64 {
        self.left + self.width - CARD_PAD
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn pill(&self, code: &StatusCode) -> Option<&Pill<'a>> {
        self.cards
            .iter()
            .flat_map(|card| &card.pills)
            .find(|pill| pill.status.code == *code)
    }
}

/// The columns one beside the other; `gap_before` says how much room a column needs on its left.
pub(super) fn columns<'a>(set: &'a RuleSet, top: f64, gap_before: impl Fn(usize) -> f64) -> Vec<Column<'a>> {
    let mut left = 0.0;
    let mut columns = Vec::new();
    for (place, (name, statuses)) in set.statuses.iter().enumerate() {
        left += gap_before(place);
        let (cards, bottom) = cards(statuses, top);
        let width = column_width(statuses);
        columns.push(Column {
            kind: name.entity_type(),
            title: name.title(),
            left,
            width,
            bottom,
            cards,
        });
        left += width;
    }
    columns
}

fn cards(statuses: &[Status], mut top: f64) -> (Vec<Card<'_>>, f64) {
    let mut cards = Vec::new();
    for together in statuses.chunk_by(|a, b| a.group == b.group) {
        let group = together.first().map_or("", |s| s.group.as_str());
        let head = if group.is_empty() { CARD_PAD } else { CARD_HEAD };
        let mut pill_top = top + head;
        let mut pills = Vec::new();
        for status in together {
            pills.push(Pill { status, top: pill_top });
            pill_top += PILL_STEP;
        }
        let height = pill_top - (PILL_STEP - PILL_HEIGHT) + CARD_PAD - top;
        cards.push(Card {
            group,
            top,
            height,
            pills,
        });
        top += height + CARD_GAP;
    }
    (cards, top)
}

fn column_width(statuses: &[Status]) -> f64 {
    let widest = statuses
        .iter()
        .map(|s| name_room(s) + code_width(&code_told(s), CODE_SIZE))
        .fold(150.0, f64::max);
    widest + 2.0 * CARD_PAD + 60.0
}

/// How much room a status's name gets.
pub(super) fn name_room(status: &Status) -> f64 {
    width(&status.name, NAME_SIZE).min(WIDEST_NAME)
}

/// The code, where it says more than the name.
pub(super) fn code_told(status: &Status) -> String {
    if status.code.as_str() == status.name {
        return String::new();
    }
    code_fitted(status.code.as_str(), CODE_SIZE, WIDEST_CODE)
}
