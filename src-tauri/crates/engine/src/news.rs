//! What windows hear without asking: the journal's commits, gathered so that a burst is one message.

use std::sync::Arc;
use std::time::Duration;

use callboard_journal::Touched;
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::api::News;
use crate::start::Engine;

/// Commits within this time are told together: quicker than the eye, slower than a burst.
const GATHER: Duration = Duration::from_millis(60);
/// In a rush of more events than this a message, messages come less often: nobody reads each row then, and a window that draws all the
/// time is slow to type in.
const RUSH: usize = 8;
const GATHER_IN_A_RUSH: Duration = Duration::from_millis(120);
/// How often counts may be told anew.
const OVERVIEW_EVERY: Duration = Duration::from_millis(1_000);
/// And counting takes at most this part of the time, however much there is to count.
const AT_MOST_ONE_IN: u32 = 20;
/// Rows in one message.
const ROWS: usize = 500;

/// Tells until the program stops.
pub(crate) async fn tell(engine: Engine) {
    let mut commits = engine.desk().journal.subscribe();
    let mut overview_due = false;
    let mut overview_at_once = false;
    let mut next_overview = Instant::now();
    // One at most: rows do not wait for it.
    let mut overviews = JoinSet::new();
    loop {
        let mut touched = Touched::default();
        let mut missed = false;
        let first = tokio::select! {
            commit = commits.recv() => Some(commit),
            () = engine.sites_changed().notified() => None,
            () = tokio::time::sleep_until(next_overview), if overview_due && overviews.is_empty() => None,
            Some(told) = overviews.join_next() => {
                let rest = told.map_or(OVERVIEW_EVERY, |took| OVERVIEW_EVERY.max(took * AT_MOST_ONE_IN));
                next_overview = Instant::now() + if overview_at_once { Duration::ZERO } else { rest };
                continue;
            }
            () = engine.desk().stop.cancelled() => break,
        };
        match first {
            Some(commit) => {
                take(commit, &mut touched, &mut missed);
                tokio::time::sleep(GATHER).await;
                take_all(&mut commits, &mut touched, &mut missed);
                if touched.events.len() > RUSH {
                    tokio::time::sleep(GATHER_IN_A_RUSH).await;
                    take_all(&mut commits, &mut touched, &mut missed);
                }
            }
            None => overview_due = true,
        }
        if engine.listeners() == 0 {
            (overview_due, overview_at_once) = (false, false);
            continue;
        }
        if missed {
            engine.send(News::Missed);
        }
        touched.events.sort_unstable();
        touched.events.dedup();
        overview_due |= touched.overview || !touched.events.is_empty();
        for seqs in touched.events.chunks(ROWS) {
            let seqs = seqs.to_vec();
            let reader = engine.windows().clone();
            match tokio::task::spawn_blocking(move || reader.rows(&seqs)).await {
                Ok(Ok(rows)) => engine.send(News::Rows { rows }),
                Ok(Err(error)) => tracing::error!(%error, "news: rows cannot be read"),
                Err(_) => return,
            }
        }
        overview_at_once |= touched.overview;
        if overview_due && overviews.is_empty() && (overview_at_once || Instant::now() >= next_overview) {
            (overview_due, overview_at_once) = (false, false);
            overviews.spawn(tell_overview(engine.clone()));
        }
    }
}

/// Answers how long it took.
async fn tell_overview(engine: Engine) -> Duration {
    let begun = Instant::now();
    match engine.overview().await {
        Ok(overview) => engine.send(News::Overview {
            overview: Box::new(overview),
        }),
        Err(error) => tracing::error!(error = %error.message, "news: the overview cannot be read"),
    }
    begun.elapsed()
}

fn take_all(commits: &mut broadcast::Receiver<Touched>, into: &mut Touched, missed: &mut bool) {
    loop {
        match commits.try_recv() {
            Ok(commit) => take(Ok(commit), into, missed),
            Err(broadcast::error::TryRecvError::Lagged(_)) => *missed = true,
            Err(_) => break,
        }
    }
}

fn take(commit: Result<Touched, broadcast::error::RecvError>, into: &mut Touched, missed: &mut bool) {
    match commit {
        Ok(commit) => {
            into.events.extend(commit.events);
            into.overview |= commit.overview;
        }
        Err(_) => *missed = true,
    }
}

/// One window's ear.
pub struct Listener {
    pub(crate) news: broadcast::Receiver<Arc<News>>,
}

impl Listener {
    /// The next news; none when the engine has ended.
    pub async fn next(&mut self) -> Option<Arc<News>> {
        match self.news.recv().await {
            Ok(news) => Some(news),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Arc::new(News::Missed)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
