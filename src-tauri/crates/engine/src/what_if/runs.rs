//! Runs that windows have begun.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use callboard_rules::{CompiledRules, RuleSet, SiteStatuses};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::threads::Threads;
use super::{Span, Told, what_if};
use crate::api::{ApiError, ApiErrorCode, Difference, News, WhatIfProgress, WhatIfSummary, Which};
use crate::start::Engine;

/// Runs at once: each reads the journal as fast as it can.
const AT_ONCE: usize = 4;
/// How often a run is told of.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// Differences in one message.
const IN_ONE: usize = 500;
/// Differences told in all: more than anybody reads, and a window that tries one draft after the other holds few of them at a time. The
/// summary counts every one.
const MOST: usize = 2_000;

/// What-if runs under way.
#[derive(Default)]
pub(crate) struct Runs {
    under_way: Mutex<UnderWay>,
    threads: Threads,
}

#[derive(Default)]
struct UnderWay {
    last: u32,
    runs: HashMap<u32, CancellationToken>,
}

impl Runs {
    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Begins a run; what it finds comes as news. Answers its number.
    pub(crate) async fn begin_what_if(
        &self,
        which: Which,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<u32, ApiError> {
        let set = self.rule_set(which).await?;
        let stop = self.desk().stop.child_token();
        let run = {
            let mut under_way = self.what_ifs().lock();
            if under_way.runs.len() >= AT_ONCE {
                return Err(ApiError {
                    code: ApiErrorCode::BadRequest,
                    message: format!("{AT_ONCE} runs are under way already: wait for one, or end it"),
                });
            }
            under_way.last = under_way.last.wrapping_add(1);
            let run = under_way.last;
            under_way.runs.insert(run, stop.clone());
            run
        };
        let engine = self.clone();
        let span = Span { since, until };
        tokio::spawn(async move {
            let inside = engine.clone();
            let work = engine
                .what_ifs()
                .threads
                .run(move || inside.run_what_if(run, &set, span, &stop));
            let ended = match work {
                Ok(work) => work.await.map_err(|_| "A rule broke while it was tried".to_owned()),
                Err(error) => Err(format!("It could not be begun: {error}")),
            };
            let last = ended.unwrap_or_else(|why| WhatIfProgress {
                run,
                events: 0,
                of: 0,
                differences: Vec::new(),
                summary: None,
                error: Some(why),
            });
            engine.what_ifs().lock().runs.remove(&run);
            engine.tell_of_run(last);
        });
        Ok(run)
    }

    /// Ends a run. Answers whether it was under way.
    pub(crate) fn end_what_if(&self, run: u32) -> bool {
        let under_way = self.what_ifs().lock();
        let stop = under_way.runs.get(&run);
        stop.map(CancellationToken::cancel).is_some()
    }

    /// Blocking. Tells how far it is, and answers the last that is to be told.
    fn run_what_if(&self, run: u32, set: &RuleSet, span: Span, stop: &CancellationToken) -> WhatIfProgress {
        let sites: HashMap<String, (&'static str, SiteStatuses)> = self
            .desk()
            .sites()
            .iter()
            .map(|site| {
                let way = (site.tracker.status_field(), site.known_statuses());
                (site.name.to_string(), way)
            })
            .collect();
        let way = |site: &str, rules: CompiledRules| match sites.get(site) {
            Some((field, statuses)) => rules.with_status_field(*field).with_site(statuses.clone()),
            None => rules,
        };
        let mut telling = Telling {
            progress: WhatIfProgress {
                run,
                events: 0,
                of: 0,
                differences: Vec::new(),
                summary: None,
                error: None,
            },
            held: Vec::new(),
            told: 0,
            last: None,
        };
        let ended = what_if(self.windows(), set, &way, span, &mut |told| {
            if let Some(news) = telling.take(told) {
                self.tell_of_run(news);
            }
            if stop.is_cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let outcome = match ended {
            _ if stop.is_cancelled() => Err("It was ended".to_owned()),
            Ok(summary) => Ok(summary),
            Err(error) => Err(error.to_string()),
        };
        while telling.held.len() > IN_ONE {
            let news = telling.next();
            self.tell_of_run(news);
        }
        telling.last(outcome)
    }

    fn tell_of_run(&self, progress: WhatIfProgress) {
        self.send(News::WhatIf {
            progress: Box::new(progress),
        });
    }
}

/// What windows hear of a run: not too often, and not too much at once.
struct Telling {
    progress: WhatIfProgress,
    held: Vec<Difference>,
    told: usize,
    last: Option<Instant>,
}

impl Telling {
    fn take(&mut self, told: Told) -> Option<WhatIfProgress> {
        (self.progress.events, self.progress.of) = (told.events, told.of);
        let room = MOST.saturating_sub(self.told + self.held.len());
        self.held.extend(told.differences.into_iter().take(room));
        let is_due = self.last.is_none_or(|last| last.elapsed() >= TELL_EVERY);
        is_due.then(|| self.next())
    }

    fn next(&mut self) -> WhatIfProgress {
        self.last = Some(Instant::now());
        let some = self.held.len().min(IN_ONE);
        self.told += some;
        WhatIfProgress {
            differences: self.held.drain(..some).collect(),
            ..self.progress.clone()
        }
    }

    fn last(mut self, outcome: Result<WhatIfSummary, String>) -> WhatIfProgress {
        let last = self.next();
        let (summary, error) = match outcome {
            Ok(summary) => (Some(summary), None),
            Err(error) => (None, Some(error)),
        };
        WhatIfProgress { summary, error, ..last }
    }
}
