//! How fast a site is written: a rule that runs away, or somebody who drives one, is slowed and told of before the site notices.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use callboard_journal::NewIssue;
use callboard_model::{AlertKind, Place};
use tokio::time::Instant;

use crate::desk::Desk;
use crate::site::Site;

/// What the bound counts over.
const SPAN: Duration = Duration::from_secs(60);
/// How often one that waits for its turn looks whether somebody paused writing.
const LOOK: Duration = Duration::from_millis(200);

/// The writes of the past minute.
pub(crate) struct Pace {
    most: usize,
    written: Mutex<VecDeque<Instant>>,
}

impl Pace {
    pub(crate) fn new(a_minute: u32) -> Self {
        Self {
            most: usize::try_from(a_minute).unwrap_or(usize::MAX),
            written: Mutex::default(),
        }
    }

    /// Takes a turn now, or says for how long there is none.
    fn turn(&self, now: Instant) -> Result<(), Duration> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        while written.front().is_some_and(|at| now.duration_since(*at) >= SPAN) {
            written.pop_front();
        }
        match written.front() {
            Some(first) if written.len() >= self.most => Err(SPAN.saturating_sub(now.duration_since(*first))),
            _ => {
                written.push_back(now);
                Ok(())
            }
        }
    }
}

impl Desk {
    /// Waits until the site may be written once more. False when writing was paused meanwhile.
    pub(crate) async fn may_write(&self, site: &Site) -> bool {
        let mut told = false;
        loop {
            if self.paused_by().is_some() {
                return false;
            }
            let Err(wait) = site.pace.turn(Instant::now()) else {
                return true;
            };
            if !told {
                told = true;
                self.raise(self.too_fast(site)).await;
            }
            tokio::time::sleep(wait.min(LOOK)).await;
        }
    }

    fn too_fast(&self, site: &Site) -> NewIssue {
        NewIssue {
            key: format!("pace:{}", site.name),
            kind: AlertKind::Site,
            place: Place::Site {
                site: site.name.clone(),
            },
            title: format!("{} is written as often as it may be", site.name),
            remedy: format!(
                "Rules set more than {} statuses or fields there within a minute, and the rest waits its turn. If so much was not meant, \
                 pause writing and look in Feed which rule it is; if it was, raise writes_a_minute of the site in the settings",
                site.pace.most
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_any_minute_there_are_no_more_turns_than_the_bound() {
        let pace = Pace::new(3);
        let begun = Instant::now();
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        let taken: Vec<u64> = (0..200).filter(|second| pace.turn(at(*second)).is_ok()).collect();
        assert_eq!(taken, [0, 1, 2, 60, 61, 62, 120, 121, 122, 180, 181, 182]);
        assert_eq!(pace.turn(at(200)), Err(Duration::from_secs(40)));
    }
}
