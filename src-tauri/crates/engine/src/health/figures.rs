//! What the receiver saw of each hook, gathered every so often: how it does over time, and whether it still hears.

use std::collections::HashMap;
use std::time::Duration;

use callboard_journal::HookFigures;
use callboard_model::{AnswerTimes, Clock, HookName, SiteName};
use callboard_receiver::Tally;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Health;
use super::verdict::{badges, share};
use crate::api::HookLoad;

/// How often what the receiver saw is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is written down: seldom enough to cost nothing beside the deliveries.
const KEEP_EVERY: Duration = Duration::from_secs(10);
/// How long steps are kept.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 400);
/// Our own answer times are those of this span.
const SPAN: SignedDuration = SignedDuration::from_hours(1);

impl Health {
    /// Looks at what the receiver saw until the program stops. `deaf_after`: how long a hook of that site may miss what the log tells.
    pub(crate) async fn listen(
        &self,
        tally: &Tally,
        deaf_after: impl Fn(&SiteName) -> Duration,
        clock: &dyn Clock,
        stop: &CancellationToken,
    ) {
        let mut kept_at = Instant::now();
        let mut gathered: HashMap<HookName, HookFigures> = HashMap::new();
        loop {
            let stops = stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none();
            let now = clock.now();
            for (hook, seen) in tally.answers() {
                if let Some(newest) = seen.newest {
                    self.hearing().delivered(&hook, newest);
                }
                let figures = gathered.entry(hook.clone()).or_insert_with(|| HookFigures {
                    hook,
                    at: now,
                    deliveries: 0,
                    events: 0,
                    refused: 0,
                    took: 0,
                    longest: 0,
                });
                figures.deliveries += seen.deliveries;
                figures.events += seen.events;
                figures.refused += seen.refused;
                figures.took += seen.micros;
                figures.longest = figures.longest.max(seen.longest);
            }
            self.judge_hearing(&deaf_after, now).await;
            if stops || kept_at.elapsed() >= KEEP_EVERY {
                kept_at = Instant::now();
                let figures: Vec<_> = gathered.drain().map(|(_, figures)| figures).collect();
                if !figures.is_empty() {
                    let keep_from = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
                    if let Err(error) = self.journal.add_figures(figures.clone(), keep_from).await {
                        tracing::error!(%error, "health: a hook's figures cannot be kept");
                    }
                    for one in figures {
                        self.judge_load(&one.hook, now).await;
                    }
                }
            }
            if stops {
                return;
            }
        }
    }

    async fn judge_hearing(&self, deaf_after: &impl Fn(&SiteName) -> Duration, now: Timestamp) {
        for hook in self.of_site(None) {
            let deaf = self
                .hearing()
                .deaf_to(&hook.name, deaf_after(&hook.site), Instant::now());
            let mut changed = false;
            self.sign(&hook.name, |signs| {
                changed = signs.deaf != deaf;
                signs.deaf = deaf;
            });
            if changed {
                self.judge(&hook.name, now).await;
            }
        }
    }

    async fn judge_load(&self, hook: &HookName, now: Timestamp) {
        let ours = self.our_times(hook, now);
        let Some(watched) = self.watched(hook) else { return };
        let mut changed = false;
        self.sign(hook, |signs| {
            let before = badges(signs, watched.secret.is_some());
            signs.ours = ours;
            changed = badges(signs, watched.secret.is_some()) != before;
        });
        if changed {
            self.judge(hook, now).await;
        }
    }

    /// Our answer times of the past hour.
    fn our_times(&self, hook: &HookName, now: Timestamp) -> AnswerTimes {
        let since = now.checked_sub(SPAN).unwrap_or(Timestamp::MIN);
        let steps = self.journal.reader().figures(hook, since).unwrap_or_else(|error| {
            tracing::error!(%error, "health: a hook's figures cannot be read");
            Vec::new()
        });
        answer_times(&steps, now)
    }

    /// How much of the site's patience a hook takes.
    pub(crate) fn load(&self, hook: &HookName, now: Timestamp) -> HookLoad {
        let ours = self.our_times(hook, now);
        let mut load = HookLoad::default();
        self.sign(hook, |signs| {
            signs.ours = ours;
            load = HookLoad {
                ours,
                site: signs.site_times,
                share: share(signs),
            };
        });
        load
    }
}

/// Steps as one measure. Deliveries are answered side by side, and the site counts the time of each.
pub(crate) fn answer_times(steps: &[HookFigures], now: Timestamp) -> AnswerTimes {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of one hour are far below 2^52")]
    let seconds = |micros: u64| micros as f64 / 1e6;
    let deliveries: u64 = steps.iter().map(|step| step.deliveries).sum();
    let took = seconds(steps.iter().map(|step| step.took).sum());
    let Some(first) = steps.first().filter(|_| deliveries > 0) else {
        return AnswerTimes::default();
    };
    #[expect(clippy::cast_precision_loss, reason = "a count of deliveries is far below 2^52")]
    let mean = took / deliveries as f64;
    AnswerTimes {
        events: steps.iter().map(|step| step.events).sum(),
        span: now.duration_since(first.at).as_secs_f64().max(1.0),
        sum: took,
        mean,
        longest: seconds(steps.iter().map(|step| step.longest).max().unwrap_or(0)),
    }
}
