//! The hooks as windows show them: health, load, history, and how each site's log is read.

use std::collections::BTreeMap;

use callboard_journal::{HookFigures, Reader};
use callboard_model::{HookHealth, HookName, HookState};
use callboard_trackers::creative_force::{STEPS, address_trouble};
use callboard_trackers::ftrack::HEADER_STRENGTH;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::api::{ApiError, HeardHook, HookDay, HookOffers, HookStep, HookView, HooksView};
use crate::health::Watched;
use crate::settings::HookSettings;
use crate::start::Engine;
use crate::strength::weaknesses;

/// Days of the strip.
const DAYS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The span of the chart.
const STRIP: SignedDuration = SignedDuration::from_hours(24);

/// A step of it, in seconds.
const STEP: i64 = 600;

/// What the journal knows of a hook over time.
struct Past {
    health: Option<HookHealth>,
    days: Vec<HookDay>,
    strip: Vec<HookStep>,
    last_at: Option<Timestamp>,
}

impl Engine {
    /// The hooks with all that is known of them.
    pub(crate) async fn hooks_view(&self) -> Result<HooksView, ApiError> {
        let now = self.desk().clock.now();
        let watched = self.desk().health.of_site(None);
        let names: Vec<HookName> = watched.iter().map(|hook| hook.name.clone()).collect();
        let pasts = self
            .read(move |reader| {
                names
                    .iter()
                    .map(|name| past(reader, name, now))
                    .collect::<Result<Vec<_>, _>>()
            })
            .await?;
        let settings = self.settings();
        let hooks = watched.iter().zip(pasts).map(|(hook, past)| {
            let address = self.address_for(&settings, &hook.name, &hook.site);
            let entered = settings.hook(&hook.name);
            self.hook_view(hook, &watched, entered, past, address, now)
        });
        let hooks = hooks.collect();
        let sites = self.desk().sites();
        Ok(HooksView {
            hooks,
            logs: sites.iter().filter_map(|site| site.view().log).collect(),
            public_address: settings.public_address,
        })
    }

    /// The same, after the sites have been asked what they have.
    pub(crate) async fn fresh_hooks_view(&self) -> Result<HooksView, ApiError> {
        let desk = self.desk();
        for site in desk.sites() {
            if let Some(webhooks) = site.tracker.webhooks() {
                site.or_stop(desk.health.ask_once(&site, webhooks, desk.clock.as_ref()))
                    .await;
            }
        }
        self.hooks_view().await
    }

    fn hook_view(
        &self,
        hook: &Watched,
        all: &[Watched],
        entered: Option<&HookSettings>,
        past: Past,
        public_address: Option<String>,
        now: Timestamp,
    ) -> HookView {
        let health = &self.desk().health;
        let remote = health.remote(&hook.name);
        let site = self.desk().site(&hook.site);
        let offered = site.as_ref().and_then(|site| Some(site.tracker.webhooks()?.offered()));
        let address = format!("{}/hooks/{}", self.receiver_url(), hook.name);
        let is_heard = site.as_ref().is_some_and(|site| !site.tracker.is_read());
        let address_trouble = match &public_address {
            _ if !is_heard => None,
            Some(address) => address_trouble(address),
            None => address_trouble(&address),
        };
        HookView {
            health: past.health.unwrap_or_else(|| HookHealth {
                name: hook.name.clone(),
                site: hook.site.clone(),
                state: HookState::Active,
                badges: Vec::new(),
                since: now,
                why: None,
            }),
            address,
            address_trouble,
            heard: entered.filter(|_| is_heard).map(|entered| HeardHook {
                workspaces: entered.workspaces.clone(),
                steps: entered.steps.clone(),
                headers: entered.headers.keys().cloned().collect(),
                all_steps: STEPS.map(str::to_owned).to_vec(),
            }),
            public_address,
            is_signed: hook.secret.is_some(),
            weaknesses: weaknesses(hook, all),
            strength: offered
                .filter(|offered| !offered.signatures)
                .map(|_| HEADER_STRENGTH.to_owned()),
            offered: offered.map(|offered| HookOffers {
                tests: offered.tests,
                record: offered.record,
                acknowledgements: offered.acknowledgements,
            }),
            webhook: remote.webhook,
            webhook_unknown: remote.unknown,
            load: health.load(&hook.name, now),
            forecast: health.forecast(&hook.name, now),
            last_at: past.last_at,
            days: past.days,
            strip: with_failures(past.strip, &health.failures(&hook.name), now),
        }
    }
}

fn past(reader: &Reader, hook: &HookName, now: Timestamp) -> Result<Past, ApiError> {
    let since = now.checked_sub(DAYS).unwrap_or(Timestamp::MIN);
    let figures = reader.figures(hook, since)?;
    let states = reader.hook_states(hook)?;
    let strip_from = now.checked_sub(STRIP).unwrap_or(Timestamp::MIN);
    let strip = figures.iter().filter(|step| step.at >= strip_from).map(step).collect();
    Ok(Past {
        health: reader.hook(hook)?,
        days: days(&states, &figures, since, now),
        strip,
        last_at: reader.last_delivery(hook)?,
    })
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn step(figures: &HookFigures) -> HookStep {
    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds of ten minutes are far below 2^52"
    )]
    let millis = |micros: u64| micros as f64 / 1000.0;
    HookStep {
        at: figures.at,
        deliveries: small(figures.deliveries),
        events: small(figures.events),
        refused: small(figures.refused),
        failed: 0,
        mean_ms: millis(figures.took) / f64::from(small(figures.deliveries.max(1))),
        longest_ms: millis(figures.longest),
    }
}

/// The steps with what failed in them, also where nothing of it arrived.
fn with_failures(strip: Vec<HookStep>, failures: &[Timestamp], now: Timestamp) -> Vec<HookStep> {
    let begin = |at: Timestamp| at.as_second().div_euclid(STEP) * STEP;
    let mut steps: BTreeMap<i64, HookStep> = strip.into_iter().map(|step| (begin(step.at), step)).collect();
    for failed in failures.iter().filter(|at| now.duration_since(**at) <= STRIP) {
        let begun = begin(*failed);
        let Ok(at) = Timestamp::from_second(begun) else {
            continue;
        };
        let step = steps.entry(begun).or_insert(HookStep {
            at,
            deliveries: 0,
            events: 0,
            refused: 0,
            failed: 0,
            mean_ms: 0.0,
            longest_ms: 0.0,
        });
        step.failed += 1;
    }
    steps.into_values().collect()
}

/// The days that something is known of: which states the hook was in, and what it took.
fn days(states: &[(Timestamp, HookState)], figures: &[HookFigures], since: Timestamp, now: Timestamp) -> Vec<HookDay> {
    let mut days: BTreeMap<String, HookDay> = BTreeMap::new();
    let ends = states.iter().skip(1).map(|(at, _)| *at).chain([now]);
    for ((begun, state), ended) in states.iter().zip(ends) {
        let mut from = (*begun).max(since);
        while from < ended {
            let midnight = next_midnight(from);
            let until = midnight.min(ended);
            let seconds = u32::try_from(until.duration_since(from).as_secs()).unwrap_or(0);
            let day = of_day(&mut days, from);
            if severity(*state) > severity(day.worst) {
                day.worst = *state;
            }
            day.known_seconds += seconds;
            if *state == HookState::Active {
                day.active_seconds += seconds;
            }
            from = until;
        }
    }
    for step in figures {
        let day = of_day(&mut days, step.at);
        day.deliveries = day.deliveries.saturating_add(small(step.deliveries));
        day.refused = day.refused.saturating_add(small(step.refused));
    }
    days.into_values().collect()
}

fn of_day(days: &mut BTreeMap<String, HookDay>, at: Timestamp) -> &mut HookDay {
    let day = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string();
    days.entry(day.clone()).or_insert(HookDay {
        day,
        worst: HookState::Active,
        active_seconds: 0,
        known_seconds: 0,
        deliveries: 0,
        refused: 0,
    })
}

fn next_midnight(at: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400;
    Timestamp::from_second((at.as_second().div_euclid(DAY) + 1) * DAY).unwrap_or(Timestamp::MAX)
}

fn severity(state: HookState) -> u8 {
    match state {
        HookState::Active => 0,
        HookState::Unstable => 1,
        HookState::Deaf => 2,
        HookState::Disabled => 3,
        HookState::Failed => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * 3600).unwrap()
    }

    #[test]
    fn what_failed_is_told_also_where_nothing_arrived_and_no_longer_than_a_day() {
        let arrived = HookStep {
            at: at(40),
            deliveries: 7,
            events: 7,
            refused: 0,
            failed: 0,
            mean_ms: 1.0,
            longest_ms: 2.0,
        };
        let later = |hours: i64, seconds: i64| Timestamp::from_second(hours * 3600 + seconds).unwrap();
        let failures = [later(41, 599), later(41, 0), later(40, 1), at(10)];
        let told = with_failures(vec![arrived], &failures, at(42));
        let told: Vec<_> = told
            .iter()
            .map(|step| (step.at, step.deliveries, step.failed))
            .collect();
        assert_eq!(told, [(at(40), 7, 1), (at(41), 0, 2)]);
    }

    #[test]
    fn a_day_tells_its_worst_state_and_how_long_all_was_well() {
        // Active from hour 30 (06:00 of the second day), failed at 40, active at 50 (02:00 of the third day), now is 52.
        let states = [
            (at(30), HookState::Active),
            (at(40), HookState::Failed),
            (at(50), HookState::Active),
        ];
        let told = days(&states, &[], at(0), at(52));
        let told: Vec<_> = told
            .iter()
            .map(|d| (d.day.as_str(), d.worst, d.active_seconds / 3600, d.known_seconds / 3600))
            .collect();
        assert_eq!(
            told,
            [
                ("1970-01-02", HookState::Failed, 10, 18),
                ("1970-01-03", HookState::Failed, 2, 4)
            ]
        );
    }

    #[test]
    fn nothing_known_is_no_day() {
        assert_eq!(days(&[], &[], at(0), at(52)), []);
        let step = HookFigures {
            hook: "status".into(),
            at: at(25),
            deliveries: 3,
            events: 4,
            refused: 1,
            took: 9_000,
            longest: 5_000,
        };
        let told = days(&[], &[step], at(0), at(52));
        assert_eq!(
            (told.len(), told[0].deliveries, told[0].refused, told[0].known_seconds),
            (1, 3, 1, 0)
        );
    }
}
