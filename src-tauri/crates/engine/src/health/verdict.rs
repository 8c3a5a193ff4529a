//! From the signs to a hook's state, its marks, and the words for both.

use callboard_model::{AnswerTimes, Badge, HookState, Refusal};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::hearing::Unheard;
use crate::api::Forecast;
use crate::settings::SiteKind;

/// A failure makes a hook unstable for this long (ShotGrid documentation, Webhooks, "Webhook status").
pub(super) const UNSTABLE_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Failures in that time after which the site gives a hook up (as above).
pub(super) const FAILURES_ALLOWED: u32 = 100;
/// Fewer failures than this are told by the hour: a site sends some deliveries side by side, and one stumble is no pace.
const FEW: usize = 5;
/// A pace is taken over no less than this.
const SHORTEST: SignedDuration = SignedDuration::from_mins(5);
/// A mean answer above this is slow (ShotGrid documentation, Webhooks, "Slow responses and heavy loads"), in seconds.
const SLOW: f64 = 0.5;
/// The shares of the site's time above which a load is heavy, very heavy, and throttled (as above).
const LOADS: [(f64, Badge); 3] = [
    (1.0, Badge::Throttled),
    (0.5, Badge::VeryHeavyLoad),
    (0.1, Badge::HeavyLoad),
];

/// What speaks for and against a hook.
#[derive(Clone, Debug, Default)]
pub(super) struct Signs {
    pub(super) site_says: Option<HookState>,
    pub(super) deaf: Option<Unheard>,
    pub(super) refused: Option<(Refusal, Timestamp)>,
    /// The answer times by our own clock and by the site's.
    pub(super) ours: AnswerTimes,
    pub(super) site_times: Option<AnswerTimes>,
    /// When deliveries failed, by the site's record of the past 24 hours, the newest first.
    pub(super) failures: Vec<Timestamp>,
}

/// The state that the signs make, with what is wrong and what to do. What the site says of its hook counts before what we infer.
pub(super) fn state_of(signs: &Signs, kind: SiteKind, now: Timestamp) -> (HookState, Option<String>) {
    let refused = signs
        .refused
        .filter(|(_, at)| now.duration_since(*at) < UNSTABLE_FOR)
        .map(|(reason, _)| reason);
    let state = match (signs.site_says, &signs.deaf, refused) {
        (Some(worse @ (HookState::Failed | HookState::Disabled | HookState::Unstable)), ..) => worse,
        (_, Some(_), _) => HookState::Deaf,
        (.., Some(_)) => HookState::Unstable,
        (.., None) => HookState::Active,
    };
    let cause = refused.map(|reason| format!("{}.", sentence(reason.remedy())));
    let cause = cause.unwrap_or_else(|| {
        "The site could not reach this machine, or waited more than 6 s. Check the tunnel or proxy, and that this machine does not sleep.".into()
    });
    let deaf = signs.deaf.as_ref();
    let why = match state {
        HookState::Active => None,
        // Nobody here can ask how its webhook is, and it never gives one up.
        HookState::Unstable if kind == SiteKind::CreativeForce => Some(format!(
            "Deliveries failed in the past 24 hours. Each is tried three times more, 5 to 10 minutes after the one before, and then it is lost. {cause}"
        )),
        HookState::Unstable => {
            let nothing = deaf.map_or("", |_| " Nothing arrives at all now.");
            let forecast = forecast(&signs.failures, now).map_or_else(String::new, |f| format!(" {}", forecast_words(&f)));
            let limit = match kind {
                SiteKind::Ftrack => "; ftrack says neither whether it sends them again nor when it gives up.".to_owned(),
                _ => format!("; after {FAILURES_ALLOWED} the site switches the hook off."),
            };
            Some(format!("Deliveries failed in the past 24 hours{limit}{forecast}{nothing} {cause}"))
        }
        HookState::Failed => Some(format!(
            "The site gave up after {FAILURES_ALLOWED} failures and delivers nothing any more. {cause} Then activate the webhook again, here in Hooks or on the site's Webhooks page."
        )),
        HookState::Disabled => Some(
            "Somebody switched it off on the site, so nothing is delivered. Activate it again, here in Hooks or there, when that was not meant."
                .into(),
        ),
        HookState::Deaf => deaf.map(deaf_words),
    };
    (state, why)
}

fn sentence(words: &str) -> String {
    let mut sentence = words.to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}

/// What a deaf hook missed, and the causes worth checking, the likeliest first.
fn deaf_words(unheard: &Unheard) -> String {
    let at = unheard.at.map_or_else(String::new, |at| {
        format!(" at {}", at.to_zoned(TimeZone::system()).strftime("%H:%M"))
    });
    let cause = unheard.unnamed.as_ref().map_or_else(String::new, |field| {
        format!(" The webhook's filter does not name the field {field}: most likely one of its fields is misspelt.")
    });
    format!(
        "The site's event log has {}{at}, which this hook should have delivered, and nothing has come since.{cause} Events still arrive by \
         the log, only later. Worth checking, in this order: the tunnel or proxy to this machine; a misspelt field or a missing \
         project in the webhook's filter; whether it was switched off on the site; and, where a script made the change, that its \
         generate_event_log_entries is on. Send a test from Hooks: it tells which.",
        unheard.what
    )
}

/// The marks beside the state.
pub(super) fn badges(signs: &Signs, is_signed: bool) -> Vec<Badge> {
    let mut badges = Vec::new();
    if !is_signed {
        badges.push(Badge::Unsigned);
    }
    let times = [Some(signs.ours), signs.site_times];
    let mean = times.iter().flatten().map(|t| t.mean).fold(0.0, f64::max);
    if mean > SLOW {
        badges.push(Badge::SlowResponse);
    }
    if let Some(share) = share(signs) {
        badges.extend(LOADS.iter().find(|(above, _)| share > *above).map(|(_, badge)| *badge));
    }
    badges
}

/// The share of the site's one minute of response time a minute: the worse of what we and what the site measured.
pub(super) fn share(signs: &Signs) -> Option<f64> {
    let times = [Some(signs.ours), signs.site_times];
    times.iter().flatten().filter_map(AnswerTimes::ratio).reduce(f64::max)
}

/// When the site would give the hook up, at the pace since the first failure of the past hour. None without a failure in the past 24
/// hours. `failures`: the newest first.
pub(super) fn forecast(failures: &[Timestamp], now: Timestamp) -> Option<Forecast> {
    let hour = SignedDuration::from_hours(1);
    let ages = || failures.iter().map(|at| now.duration_since(*at));
    let failed = u32::try_from(ages().filter(|age| *age < UNSTABLE_FOR).count()).unwrap_or(u32::MAX);
    if failed == 0 {
        return None;
    }
    let left = FAILURES_ALLOWED.saturating_sub(failed);
    let at = ages().filter(|age| *age < hour).max().map(|first| {
        let recent = ages().filter(|age| *age < hour).count();
        let span = if recent < FEW { hour } else { first.max(SHORTEST) };
        #[expect(clippy::cast_precision_loss, reason = "a count of failures is far below 2^52")]
        let seconds = f64::from(left) * span.as_secs_f64() / recent as f64;
        let wait = SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX);
        now.checked_add(wait).unwrap_or(Timestamp::MAX)
    });
    // What takes longer than a day never adds up: the first failures are forgotten by then.
    let at = at.filter(|at| at.duration_since(now) < UNSTABLE_FOR);
    Some(Forecast {
        failures: failed,
        limit: FAILURES_ALLOWED,
        at,
    })
}

fn forecast_words(forecast: &Forecast) -> String {
    let at = forecast.at.map_or_else(String::new, |at| {
        format!(
            ", and at this pace it will be {} at about {}",
            forecast.limit,
            at.to_zoned(TimeZone::system()).strftime("%H:%M")
        )
    });
    format!("So far {} did{at}.", forecast.failures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hours * 3600).unwrap()
    }

    #[test]
    fn a_refusal_makes_it_unstable_for_a_day() {
        let signs = Signs {
            site_says: Some(HookState::Active),
            refused: Some((Refusal::SignatureWrong, at(0))),
            ..Signs::default()
        };
        let (state, why) = state_of(&signs, SiteKind::Shotgrid, at(1));
        assert_eq!(state, HookState::Unstable);
        let why = why.unwrap();
        assert!(
            why.contains("signed with another secret") && why.contains("switches the hook off"),
            "{why}"
        );
        assert_eq!(state_of(&signs, SiteKind::Shotgrid, at(25)).0, HookState::Active);
        let by_hand = state_of(&signs, SiteKind::CreativeForce, at(1)).1.unwrap();
        assert!(
            by_hand.contains("signed with another secret") && by_hand.contains("three times more"),
            "{by_hand}"
        );
    }

    #[test]
    fn the_sites_word_counts_first() {
        let signs = Signs {
            site_says: Some(HookState::Failed),
            ..Signs::default()
        };
        assert_eq!(state_of(&signs, SiteKind::Shotgrid, at(0)).0, HookState::Failed);
    }

    #[test]
    fn marks_are_the_seeds() {
        let times = |mean, share| AnswerTimes {
            events: 10,
            span: 100.0,
            sum: 100.0 * share,
            mean,
            longest: mean,
        };
        let marks = |ours, site| {
            let signs = Signs {
                ours,
                site_times: site,
                ..Signs::default()
            };
            badges(&signs, true)
        };
        assert_eq!(marks(times(0.5, 0.1), None), []);
        assert_eq!(marks(times(0.51, 0.1), None), [Badge::SlowResponse]);
        assert_eq!(marks(times(0.1, 0.11), None), [Badge::HeavyLoad]);
        assert_eq!(marks(times(0.1, 0.5), None), [Badge::HeavyLoad]);
        assert_eq!(marks(times(0.1, 0.51), None), [Badge::VeryHeavyLoad]);
        assert_eq!(marks(times(0.1, 1.1), None), [Badge::Throttled]);
        let a_burst = AnswerTimes {
            span: 0.1,
            sum: 1.2,
            ..times(0.02, 0.0)
        };
        assert_eq!(marks(a_burst, None), [], "a second of a minute is no load");
        let by_the_site = marks(times(0.01, 0.01), Some(times(2.0, 0.7)));
        assert_eq!(by_the_site, [Badge::SlowResponse, Badge::VeryHeavyLoad]);
        assert_eq!(badges(&Signs::default(), false), [Badge::Unsigned]);
    }

    fn ago(seconds: i64) -> Timestamp {
        at(10).checked_sub(SignedDuration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn the_forecast_goes_by_the_past_hour() {
        let minutes = |n: i64| ago(n * 60);
        assert_eq!(forecast(&[], at(10)), None);
        let old = forecast(&[minutes(600), minutes(1500)], at(10)).unwrap();
        assert_eq!((old.failures, old.at), (1, None));
        // Ten in fifty minutes, ninety to go: seven hours and a half.
        let failures: Vec<_> = (1..=10).map(|n| minutes(n * 5)).collect();
        let told = forecast(&failures, at(10)).unwrap();
        assert_eq!((told.failures, told.at), (10, Some(ago(-7 * 3600 - 1800))));
        // What came before that hour counts, and has no part in the pace.
        let failures: Vec<_> = failures.into_iter().chain((0..80).map(|_| minutes(300))).collect();
        let told = forecast(&failures, at(10)).unwrap();
        assert_eq!((told.failures, told.at), (90, Some(ago(-50 * 60))));
        // One an hour is never a hundred in a day.
        assert_eq!(forecast(&[minutes(5)], at(10)).unwrap().at, None);
    }

    #[test]
    fn the_pace_of_a_tunnel_that_died_minutes_ago_is_not_that_of_an_hour() {
        // Six a minute for eight minutes, and half as many as the site takes are left: eight minutes more, not an hour.
        let failures: Vec<_> = (1..=48).map(|n| ago(n * 10)).collect();
        let told = forecast(&failures, at(10)).unwrap();
        assert_eq!((told.failures, told.at), (48, Some(ago(-520))));
    }

    #[test]
    fn a_stumble_is_no_pace() {
        assert_eq!(forecast(&[ago(0), ago(1)], at(10)).unwrap().at, None);
        assert_eq!(forecast(&[ago(0); 4], at(10)).unwrap().at, None);
        // A clock of the site that is ahead of ours is no pace either.
        assert_eq!(forecast(&[ago(-30), ago(-20)], at(10)).unwrap().at, None);
        // Ten in a second are taken for ten in five minutes, and the longer nothing follows, the less they mean.
        assert_eq!(forecast(&[ago(1); 10], at(10)).unwrap().at, Some(ago(-45 * 60)));
        assert_eq!(
            forecast(&[ago(1800); 10], at(10)).unwrap().at,
            Some(ago(-4 * 3600 - 1800))
        );
        assert_eq!(forecast(&[ago(3600); 10], at(10)).unwrap().at, None);
    }
}
