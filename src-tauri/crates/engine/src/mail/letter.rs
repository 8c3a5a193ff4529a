//! What a mail says.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::health::Alert;
use crate::notices::text::{capped, lines, one_line};

/// Alerts that wait while no mail can be sent. With more, the oldest give way.
const WAITING: usize = 100;
/// The longest subject, in characters.
const SUBJECT: usize = 200;
/// The longest text of one alert, in characters.
pub(crate) const BODY: usize = 2_000;

/// Alerts that wait to be mailed, oldest first.
#[derive(Default)]
pub(crate) struct Waiting {
    alerts: VecDeque<(Alert, Timestamp)>,
    missed: u64,
}

/// What a mail says, in characters that change nothing but what is read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Waiting {
    pub(crate) fn put(&mut self, alert: Alert, at: Timestamp) {
        if self.alerts.len() == WAITING {
            self.alerts.pop_front();
            self.missed += 1;
        }
        self.alerts.push_back((alert, at));
    }

    /// So many came and were not heard.
    pub(crate) fn miss(&mut self, number: u64) {
        self.missed += number;
    }

    /// All of it as one letter, after which nothing waits; none, where nothing did.
    pub(crate) fn letter(&mut self) -> Option<Letter> {
        let Self { alerts, missed } = std::mem::take(self);
        let (first, _) = alerts.front()?;
        let others = alerts.len() - 1;
        let subject = match others {
            0 => one_line(&first.title, SUBJECT),
            n => {
                let more = format!(", and {n} more");
                let title = capped(&one_line(&first.title, SUBJECT), SUBJECT - more.len());
                format!("{title}{more}")
            }
        };
        let mut parts = Vec::new();
        for (alert, at) in &alerts {
            let body = lines(&alert.body, BODY);
            let at = at.strftime("%Y-%m-%d %H:%M:%S UTC");
            parts.push(match others {
                0 => format!("{body}\n\n{at}\n"),
                _ => format!("{}\n{body}\n{at}\n", one_line(&alert.title, SUBJECT)),
            });
        }
        if missed > 0 {
            parts.push(format!(
                "{missed} earlier ones are not in this mail. What is still open stands in Callboard under Issues.\n"
            ));
        }
        Some(Letter {
            subject,
            text: parts.join("\n"),
        })
    }
}

#[cfg(test)]
mod tests {
    use callboard_model::{AlertKind, Place};

    use super::*;

    const AT: Timestamp = Timestamp::constant(1_795_892_726, 0);

    fn alert(title: &str, body: &str) -> Alert {
        Alert {
            kind: AlertKind::HookUnstable,
            title: title.into(),
            body: body.into(),
            group: "hook:status".into(),
            place: Place::Issues,
        }
    }

    fn letter(alerts: &[(&str, &str)]) -> Letter {
        let mut waiting = Waiting::default();
        for (title, body) in alerts {
            waiting.put(alert(title, body), AT);
        }
        let letter = waiting.letter().unwrap();
        assert!(waiting.letter().is_none(), "nothing is mailed twice");
        letter
    }

    #[test]
    fn one_alert_is_its_title_and_its_remedy() {
        let letter = letter(&[("Webhook status is unstable", "Check the address.\nThen wait.")]);
        assert_eq!(letter.subject, "Webhook status is unstable");
        assert!(
            letter.text.starts_with("Check the address.\nThen wait.\n\n20"),
            "{}",
            letter.text
        );
        assert!(letter.text.ends_with(" UTC\n"), "{}", letter.text);
    }

    #[test]
    fn many_are_one_letter_that_has_each() {
        let letter = letter(&[("A", "do this"), ("B", "do that"), ("A", "do this")]);
        assert_eq!(letter.subject, "A, and 2 more");
        assert_eq!(letter.text.matches("A\ndo this\n").count(), 2);
        assert!(letter.text.contains("B\ndo that\n"), "{}", letter.text);
    }

    #[test]
    fn what_is_not_seen_is_left_out_and_a_subject_is_one_line() {
        let letter = letter(&[(
            "A\r\nBcc: eve@b.example\r\n\r\nx\u{2028}y\u{202e}z\0",
            "one\r\ntwo\u{1b}[31m\rthree\u{2066}\tfour",
        )]);
        assert_eq!(letter.subject, "A Bcc: eve@b.example x y z");
        assert!(letter.text.starts_with("one\ntwo[31mthree four\n"), "{:?}", letter.text);
    }

    #[test]
    fn long_texts_end_early_and_say_so() {
        let long = "é".repeat(50_000);
        let one = letter(&[(&long, &long)]);
        assert_eq!(one.subject.chars().count(), SUBJECT);
        assert!(one.subject.ends_with('…') && one.text.chars().count() < BODY + 50);
        let two = letter(&[(&long, ""), ("B", "")]);
        assert!(two.subject.ends_with("…, and 1 more") && two.subject.chars().count() == SUBJECT);
    }

    #[test]
    fn of_too_many_the_newest_are_kept_and_the_others_counted() {
        let mut waiting = Waiting::default();
        for n in 0..WAITING + 7 {
            waiting.put(alert(&format!("Nr {n}."), ""), AT);
        }
        waiting.miss(3);
        let letter = waiting.letter().unwrap();
        assert_eq!(letter.subject, "Nr 7., and 99 more");
        assert!(letter.text.contains("Nr 106.") && !letter.text.contains("Nr 6."));
        assert!(letter.text.contains("10 earlier ones"), "{}", letter.text);
    }
}
