//! What was measured, as one table.

/// One figure and what it is held against.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) figure: String,
    pub(crate) against: String,
    pub(crate) ratio: f64,
    pub(crate) reach: String,
    pub(crate) reached: bool,
}

#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Something to know when reading the rows, or why one is missing.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(crate) fn print(&self) {
        let head = ["what", "figure", "against", "ratio", "reach", "reached"].map(str::to_owned);
        let rows = self.rows.iter().map(|r| {
            let reached = if r.reached { "yes" } else { "no" };
            let (what, figure, against) = (r.what.clone(), r.figure.clone(), r.against.clone());
            [
                what,
                figure,
                against,
                short(r.ratio),
                r.reach.clone(),
                reached.to_owned(),
            ]
        });
        let lines: Vec<[String; 6]> = std::iter::once(head).chain(rows).collect();
        let widest = |column: usize| {
            lines
                .iter()
                .filter_map(|l| l.get(column))
                .map(|c| c.chars().count())
                .max()
        };
        for line in &lines {
            let padded = line.iter().enumerate().map(|(column, cell)| {
                let width = widest(column).unwrap_or(0);
                format!("{cell:width$}")
            });
            println!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
        }
        println!();
        for note in &self.notes {
            println!("{note}");
        }
    }
}

fn short(ratio: f64) -> String {
    if ratio < 10.0 {
        format!("{ratio:.2}")
    } else {
        format!("{ratio:.0}")
    }
}

/// `123,456`
pub(crate) fn counted(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The value that `percent` of all are not above.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(place).copied().expect("something was measured")
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    percentile(values, 50)
}
