//! How the next delivery goes on a day like this one, where a side of the site has no log to tell it by afterwards.

use std::time::Duration;

use crate::bad_days::BadDay;
use crate::site::Site;

/// What becomes of one delivery.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    pub(crate) is_lost: bool,
    pub(crate) is_twice: bool,
    pub(crate) late_by: Option<Duration>,
}

impl Site {
    /// The weather for one delivery. Takes the world's lock.
    pub(crate) fn weather(&self) -> Weather {
        let mut world = self.lock();
        let days = &mut world.days;
        let is_late = days.strikes(BadDay::Reordering);
        Weather {
            is_lost: days.strikes(BadDay::LostDeliveries),
            is_twice: days.strikes(BadDay::Duplicates),
            late_by: is_late.then(|| Duration::from_millis(days.pick(BadDay::Reordering, &(200..=1_500)))),
        }
    }
}
