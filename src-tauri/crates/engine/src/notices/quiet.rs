//! When people are left alone: from the choice, a time and a time zone, whether it is quiet and until when.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::api::QuietHours;
use crate::settings::{SettingsError, time_of_day};

/// Spells that may touch: a Friday's night, the weekend, a Sunday's night, and one more where a clock is set forward between them.
const TOUCHING: usize = 8;

/// Quiet hours by the time of day of some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quiet {
    from: Time,
    until: Time,
    weekends: bool,
}

impl Quiet {
    /// Errors when a time is none.
    pub(crate) fn new(hours: &QuietHours) -> Result<Self, SettingsError> {
        Ok(Self {
            from: time_of_day(&hours.from)?,
            until: time_of_day(&hours.until)?,
            weekends: hours.weekends,
        })
    }

    /// When the quiet that holds `now` ends; none: it is not quiet.
    ///
    /// Where a clock is set back, an hour comes twice and the first of it counts, so that a night ends once. A time that is left out
    /// where a clock is set forward is as much later.
    pub(crate) fn until(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut end = now;
        for _ in 0..TOUCHING {
            match self
                .spells(end, zone)
                .find(|(from, until)| (*from..*until).contains(&end))
            {
                Some((_, until)) => end = until,
                None => break,
            }
        }
        (end > now).then_some(end)
    }

    /// The spells of quiet that a time may be in.
    fn spells(self, at: Timestamp, zone: &TimeZone) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = at.to_zoned(zone.clone()).date();
        let days = [today.yesterday().ok(), Some(today), today.tomorrow().ok()];
        let zone = zone.clone();
        days.into_iter().flatten().flat_map(move |day| {
            let night = if self.from < self.until {
                Some(day)
            } else {
                day.tomorrow().ok()
            };
            let night =
                night.and_then(|next| Some((instant(day, self.from, &zone)?, instant(next, self.until, &zone)?)));
            let weekend = (self.weekends && day.weekday() == Weekday::Saturday)
                .then(|| {
                    let monday = day.checked_add(2.days()).ok()?;
                    Some((
                        instant(day, Time::midnight(), &zone)?,
                        instant(monday, Time::midnight(), &zone)?,
                    ))
                })
                .flatten();
            [night, weekend].into_iter().flatten()
        })
    }
}

fn instant(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(day.to_datetime(time)).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Zoned;
    use jiff::civil::time;
    use proptest::prelude::*;

    use super::*;

    const ZONES: [&str; 6] = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Asia/Beirut",
    ];

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse::<Zoned>().unwrap().timestamp()
    }

    fn nights(from: Time, until: Time, weekends: bool) -> Quiet {
        Quiet { from, until, weekends }
    }

    fn end_of(quiet: Quiet, when: &str) -> Option<String> {
        let zoned: Zoned = when.parse().unwrap();
        let end = quiet.until(zoned.timestamp(), zoned.time_zone());
        end.map(|end| {
            end.to_zoned(zoned.time_zone().clone())
                .strftime("%a %d %H:%M")
                .to_string()
        })
    }

    #[test]
    fn a_night_goes_over_midnight_and_a_siesta_does_not() {
        let night = nights(time(19, 0, 0, 0), time(8, 0, 0, 0), false);
        // 2026-11-26 is a Thursday.
        assert_eq!(end_of(night, "2026-11-26T18:59:59[Europe/Berlin]"), None);
        assert_eq!(
            end_of(night, "2026-11-26T19:00[Europe/Berlin]").unwrap(),
            "Fri 27 08:00"
        );
        assert_eq!(
            end_of(night, "2026-11-27T00:00[Europe/Berlin]").unwrap(),
            "Fri 27 08:00"
        );
        assert_eq!(end_of(night, "2026-11-27T08:00[Europe/Berlin]"), None);
        let siesta = nights(time(13, 0, 0, 0), time(14, 30, 0, 0), false);
        assert_eq!(
            end_of(siesta, "2026-11-26T13:10[Europe/Berlin]").unwrap(),
            "Thu 26 14:30"
        );
        assert_eq!(end_of(siesta, "2026-11-26T02:00[Europe/Berlin]"), None);
    }

    #[test]
    fn a_quiet_weekend_joins_the_nights_around_it() {
        let night = nights(time(19, 0, 0, 0), time(8, 0, 0, 0), true);
        assert_eq!(
            end_of(night, "2026-11-27T20:00[Europe/Berlin]").unwrap(),
            "Mon 30 08:00"
        );
        assert_eq!(
            end_of(night, "2026-11-28T12:00[Europe/Berlin]").unwrap(),
            "Mon 30 08:00"
        );
        assert_eq!(end_of(night, "2026-11-30T09:00[Europe/Berlin]"), None);
        let siesta = nights(time(13, 0, 0, 0), time(14, 0, 0, 0), true);
        assert_eq!(
            end_of(siesta, "2026-11-29T23:00[Europe/Berlin]").unwrap(),
            "Mon 30 00:00"
        );
    }

    #[test]
    fn a_night_ends_once_where_the_clock_is_set_back_and_ends_where_it_is_set_forward() {
        let night = nights(time(22, 0, 0, 0), time(2, 30, 0, 0), false);
        // Berlin: 03:00 becomes 02:00 on 25 October 2026, and 02:00 becomes 03:00 on 29 March 2026.
        let first = at("2026-10-25T02:29+02:00[Europe/Berlin]");
        let second = at("2026-10-25T02:29+01:00[Europe/Berlin]");
        let berlin = zone("Europe/Berlin");
        assert_eq!(
            night.until(first, &berlin),
            Some(at("2026-10-25T02:30+02:00[Europe/Berlin]"))
        );
        assert_eq!(night.until(second, &berlin), None);
        let spring = at("2026-03-29T01:59[Europe/Berlin]");
        assert_eq!(
            night.until(spring, &berlin),
            Some(at("2026-03-29T03:30[Europe/Berlin]"))
        );
    }

    fn times() -> impl Strategy<Value = (Time, Time)> {
        let minute = || 0_i8..60;
        let hour = || 0_i8..24;
        (hour(), minute(), hour(), minute())
            .prop_map(|(h, m, other, minutes)| (time(h, m, 0, 0), time(other, minutes, 0, 0)))
            .prop_filter("they have a length", |(from, until)| from != until)
    }

    /// Whether it is quiet by the hands of a clock, which is right wherever no clock is changed near by.
    fn by_the_hands(quiet: Quiet, local: &Zoned) -> bool {
        let (day, time) = (local.weekday(), local.time());
        let night = if quiet.from < quiet.until {
            quiet.from <= time && time < quiet.until
        } else {
            time >= quiet.from || time < quiet.until
        };
        night || quiet.weekends && matches!(day, Weekday::Saturday | Weekday::Sunday)
    }

    proptest! {
        #[test]
        fn it_is_quiet_as_the_clock_on_the_wall_says(
            (from, until) in times(), weekends: bool, second in 1_700_000_000_i64..1_900_000_000, place in 0..ZONES.len()
        ) {
            let (quiet, zone) = (nights(from, until, weekends), zone(ZONES[place]));
            let now = Timestamp::from_second(second).unwrap();
            let local = now.to_zoned(zone.clone());
            let offset = |days: i64| {
                let then = local.checked_add(days.days()).unwrap();
                then.offset()
            };
            prop_assume!(offset(-2) == offset(2));
            prop_assert_eq!(quiet.until(now, &zone).is_some(), by_the_hands(quiet, &local));
        }

        #[test]
        fn every_quiet_ends_and_is_the_same_until_its_end_and_is_over_then(
            (from, until) in times(), weekends: bool, second in 1_700_000_000_i64..1_900_000_000, place in 0..ZONES.len(), part in 0.0..1.0
        ) {
            let (quiet, zone) = (nights(from, until, weekends), zone(ZONES[place]));
            let now = Timestamp::from_second(second).unwrap();
            let Some(end) = quiet.until(now, &zone) else { return Ok(()) };
            prop_assert!(end.duration_since(now).as_hours() < 24 * 5, "{now} to {end}");
            prop_assert_eq!(quiet.until(end, &zone), None);
            #[expect(clippy::cast_possible_truncation, reason = "a part of some days in seconds")]
            let within = (end.duration_since(now).as_secs_f64() * part) as i64;
            let between = now.checked_add(within.seconds()).unwrap();
            prop_assert_eq!(quiet.until(between, &zone), Some(end));
        }
    }

    proptest! {
        // Each looks at every minute of weeks.
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn each_night_has_one_quiet_where_clocks_are_changed_too(
            (from, until) in times(), place in 0..ZONES.len(), year in 2024_i16..2030, month in prop::sample::select(vec![3_i8, 10])
        ) {
            const DAYS: i32 = 40;
            let (quiet, zone) = (nights(from, until, false), zone(ZONES[place]));
            let first = jiff::civil::date(year, month, 1);
            // By the calendar: so many times 24 hours reach into one day more where a clock is set forward.
            let [begin, end] = [first, first.checked_add(DAYS.days()).unwrap()]
                .map(|day| instant(day, Time::midnight(), &zone).unwrap());
            let (mut spells, mut at) = (0, begin);
            while at < end {
                at = match quiet.until(at, &zone) {
                    Some(over) => { spells += 1; over }
                    None => at.checked_add(jiff::SignedDuration::from_mins(1)).unwrap(),
                };
            }
            // One may go over either end, and one may have no room where a clock is set forward.
            prop_assert!((DAYS - 1..=DAYS + 1).contains(&spells), "{spells}");
        }
    }
}
