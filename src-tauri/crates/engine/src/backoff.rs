//! When to try again.

use std::time::Duration;

/// Waits between tries, in milliseconds. The last one goes on.
const WAITS_MS: [u64; 9] = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

/// How long to wait before try number `tries + 1`, or longer when the site asks for it.
pub(crate) fn wait(tries: u32, site_asks: Option<Duration>) -> Duration {
    let place = usize::try_from(tries.saturating_sub(1))
        .unwrap_or(usize::MAX)
        .min(WAITS_MS.len() - 1);
    let own = Duration::from_millis(WAITS_MS.get(place).copied().unwrap_or(60_000));
    // A site may ask for a while, not for ever.
    site_asks.map_or(own, |asked| own.max(asked.min(Duration::from_secs(600))))
}

/// "trying again in 8 s (3rd time)".
pub(crate) fn words(wait: Duration, tries: u32) -> String {
    let when = if wait < Duration::from_secs(1) {
        "at once".to_owned()
    } else {
        format!("in {} s", wait.as_secs())
    };
    let ending = match (tries % 10, tries % 100) {
        (1, n) if n != 11 => "st",
        (2, n) if n != 12 => "nd",
        (3, n) if n != 13 => "rd",
        _ => "th",
    };
    format!("trying again {when} ({tries}{ending} time)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_stay_there() {
        assert_eq!(wait(1, None), Duration::from_millis(250));
        assert_eq!(wait(5, None), Duration::from_secs(4));
        assert_eq!(wait(100, None), Duration::from_secs(60));
    }

    #[test]
    fn a_site_that_asks_for_longer_gets_it_within_reason() {
        assert_eq!(wait(1, Some(Duration::from_secs(20))), Duration::from_secs(20));
        assert_eq!(wait(1, Some(Duration::from_secs(86_400))), Duration::from_secs(600));
    }

    #[test]
    fn tries_are_counted_as_people_count() {
        assert_eq!(words(Duration::from_secs(8), 3), "trying again in 8 s (3rd time)");
        assert_eq!(
            words(Duration::from_millis(250), 11),
            "trying again at once (11th time)"
        );
    }
}
