//! The second road: a site's own log, read from where we stopped. With webhooks it is the ledger behind the doorbell; on a
//! machine that no site can reach it is enough by itself.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use callboard_journal::{LogPageIn, LogPosition};
use callboard_model::SiteName;
use callboard_trackers::{LogRow, SiteLog, TrackerError};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::api::{LogState, LogView};
use crate::backoff;
use crate::desk::Desk;
use crate::health::Told;
use crate::site::Site;
use crate::sweep;

/// Rows of one reading: the most that the site gives at a time in the event daemon's experience.
const PAGE: usize = 500;
/// A number that is missing beside a new row is waited for this long: a transaction that has not ended by then was rolled back.
const MISSING_FOR: SignedDuration = SignedDuration::from_mins(5);
/// Beside a row that is older than this, whatever was to come has come: a missing number is asked for once.
const OLD: SignedDuration = SignedDuration::from_mins(15);
/// Missing numbers that are waited for beside one row. A longer jump is the site's counter, not transactions.
const MOST_MISSING: i64 = 5_000;
/// How often rows are looked for that were committed late, below what has been read.
const LOOK_BACK_EVERY: Duration = Duration::from_secs(60);
/// How far back.
const LOOK_BACK: SignedDuration = SignedDuration::from_mins(10);
/// Numbers remembered, so that looking back does not read again what was read.
const REMEMBERED: usize = 50_000;
/// A reading may take this long beside its usual time before it counts as overdue: as long as a site may take to answer.
const SLACK: SignedDuration = SignedDuration::from_secs(30);
/// Full pages between two askings of how much there is.
const ASK_NEWEST_EVERY: u32 = 10;
/// A log that the key may not read is tried again after this long: somebody may have given the permission.
const TRY_REFUSED_AFTER: Duration = Duration::from_secs(300);

/// How the reading of a site's log goes, for windows and for those who must wait for it.
pub(crate) struct Road {
    /// None: the settings say not to read it, or the site has none.
    pub(crate) every: Option<Duration>,
    state: Mutex<State>,
}

struct State {
    view: LogView,
    /// Set while catching up: events above it wait, because what came before them has not been read yet.
    hold: Option<i64>,
}

impl Road {
    pub(crate) fn new(site: SiteName, every: Option<Duration>) -> Self {
        let view = LogView {
            site,
            state: every.map_or(LogState::Off, |_| LogState::CatchingUp),
            position: None,
            position_at: None,
            behind: 0,
            caught_up: 0,
            gaps: 0,
            read_at: None,
            every: every.map_or(0, |every| u32::try_from(every.as_secs()).unwrap_or(u32::MAX)),
            trouble: None,
            limits: None,
        };
        // Until the first reading nobody knows what was missed.
        let hold = every.map(|_| 0);
        Self {
            every,
            state: Mutex::new(State { view, hold }),
        }
    }

    /// The road of a site that has no log and is compared: nothing has a number there, so nothing waits for one.
    pub(crate) fn compared_only(site: SiteName, every: Option<Duration>) -> Self {
        let road = Self::new(site, every);
        {
            let mut state = road.lock();
            state.hold = None;
            state.view.limits = Some(sweep::LIMITS.to_owned());
        }
        road
    }

    /// Notes that a comparison was made, and how much nobody had told.
    pub(crate) fn compared(&self, at: Timestamp, changed: usize) {
        let mut state = self.lock();
        state.view.state = LogState::Live;
        state.view.read_at = Some(at);
        state.view.caught_up = u32::try_from(changed).unwrap_or(u32::MAX);
        state.view.trouble = None;
    }

    /// Notes that statuses cannot be compared.
    pub(crate) fn cannot_compare(&self, error: &TrackerError) {
        let mut state = self.lock();
        state.view.state = LogState::Trouble;
        state.view.trouble = Some(format!("Statuses cannot be compared: {error}"));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn view(&self) -> LogView {
        self.lock().view.clone()
    }

    /// The number up to which events may be decided now; none: all of them. A machine that has slept is behind before it knows.
    pub(crate) fn hold(&self, now: Timestamp) -> Option<i64> {
        let state = self.lock();
        state
            .hold
            .or_else(|| state.view.position.filter(|_| self.is_stale(&state.view, now)))
    }

    /// Whether the log has not been read for so long that something kept the machine from it: sleep, most likely.
    fn is_stale(&self, view: &LogView, now: Timestamp) -> bool {
        let usual = self.every.and_then(|every| SignedDuration::try_from(every * 2).ok());
        let patience = usual.map(|usual| usual.saturating_add(SLACK));
        let ago = view.read_at.map(|at| now.duration_since(at));
        view.state == LogState::Live && ago.zip(patience).is_some_and(|(ago, patience)| ago > patience)
    }
}

/// Reads a site's log until the program stops or lets the site go.
pub(crate) async fn run(desk: Arc<Desk>, site: Arc<Site>) {
    let (Some(every), Some(log)) = (site.road.every, site.tracker.log()) else {
        return;
    };
    let begun = begin(&desk, &site, log).await;
    let Some(position) = begun else { return };
    let mut reading = Reading {
        desk: &desk,
        site: &site,
        log,
        position,
        seen: BTreeSet::new(),
        looked_back: None,
        full_pages: 0,
    };
    let mut tries = 0;
    loop {
        let wait = match reading.round().await {
            Ok(true) => {
                tries = 0;
                continue;
            }
            Ok(false) => {
                tries = 0;
                every
            }
            Err(error) => {
                tries += 1;
                trouble(&desk, &site, &error, tries)
            }
        };
        if !site.pause(wait).await {
            return;
        }
    }
}

/// Where the reading begins: where it stopped, or with the newest row when there was none before. History is not replayed, and is
/// read only where it was known and got lost.
async fn begin(desk: &Desk, site: &Site, log: &dyn SiteLog) -> Option<LogPosition> {
    if let Some(position) = desk.read(|reader| reader.log_position(&site.name)).await {
        return Some(position);
    }
    let again = desk.read(|reader| reader.reread(&site.name)).await;
    if again.is_none() {
        // Before the first reading nothing was missed.
        site.road.lock().hold = None;
        desk.wait_again();
    }
    let mut tries = 0;
    loop {
        let last_read = async {
            let newest = log.newest(&site.name).await?;
            match (again, newest) {
                (Some((since, first)), Some(newest)) => last_before(site, log, since, first, newest.id).await,
                (_, newest) => Ok(LogPosition {
                    entry: newest.as_ref().map_or(0, |row| row.id),
                    at: newest.and_then(|row| row.at),
                }),
            }
        };
        match site.or_stop(site.call(last_read)).await? {
            Ok(position) => {
                let page = page(desk, site, Vec::new(), Some(position));
                desk.kept(|| desk.journal.take_log(page.clone())).await;
                return Some(position);
            }
            Err(error) => {
                tries += 1;
                let wait = trouble(desk, site, &error, tries);
                if !site.pause(wait).await {
                    return None;
                }
            }
        }
    }
}

/// The number before the first row that happened at a time or later, not below `first`. Numbers rise with the time, nearly.
async fn last_before(
    site: &Site,
    log: &dyn SiteLog,
    since: Timestamp,
    first: i64,
    newest: i64,
) -> Result<LogPosition, TrackerError> {
    let (mut before, mut upto) = (first, newest);
    while before < upto {
        let middle = before + (upto - before) / 2;
        let row = log.after(&site.name, middle, 1).await?.pop();
        match row {
            Some(row) if row.at.is_none_or(|at| at < since) => before = row.id,
            _ => upto = middle,
        }
    }
    Ok(LogPosition {
        entry: before,
        at: None,
    })
}

/// Notes that the log cannot be read, and answers when to try again.
fn trouble(desk: &Desk, site: &Site, error: &TrackerError, tries: u32) -> Duration {
    // A site that is down decides nothing either, so what came by hooks goes on waiting. A refusal may last: what hooks bring is
    // then all there is.
    let waits = crate::desk::waits_for(error);
    {
        let mut state = site.road.lock();
        if !waits {
            state.hold = None;
        }
        state.view.state = LogState::Trouble;
        state.view.trouble = Some(format!(
            "The event log cannot be read: {error}{}",
            if waits {
                ""
            } else {
                ". Give the script permission to see Event Log Entries, or switch the log off for this site"
            }
        ));
    }
    site.changed.notify_one();
    desk.wait_again();
    if waits {
        backoff::wait(tries, error.retry_after())
    } else {
        TRY_REFUSED_AFTER
    }
}

/// Rows as the journal takes them. `position`: how far the log has been read with them, where it was read in its order.
pub(crate) fn page(desk: &Desk, site: &Site, rows: Vec<LogRow>, position: Option<LogPosition>) -> LogPageIn {
    LogPageIn {
        site: site.name.clone(),
        received_at: desk.clock.now(),
        status_field: site.tracker.status_field(),
        rows: rows
            .into_iter()
            .filter_map(|row| Some((row.event?, row.text)))
            .collect(),
        position,
        missing: Vec::new(),
        settled: Vec::new(),
    }
}

struct Reading<'r> {
    desk: &'r Desk,
    site: &'r Site,
    log: &'r dyn SiteLog,
    position: LogPosition,
    /// Numbers read lately.
    seen: BTreeSet<i64>,
    looked_back: Option<Instant>,
    full_pages: u32,
}

impl Reading<'_> {
    /// Reads what is new, once, then what is missing. Answers whether there is more.
    async fn round(&mut self) -> Result<bool, TrackerError> {
        let rows = self
            .call(self.log.after(&self.site.name, self.position.entry, PAGE))
            .await?;
        let full = rows.len() >= PAGE;
        if full {
            self.say_how_much().await?;
        }
        let was_live = self.was_live();
        if let Some(last) = rows.last() {
            let missing = self.missing(&rows, was_live);
            let position = LogPosition {
                entry: last.id,
                at: last.at,
            };
            self.remember(rows.iter().map(|row| row.id));
            let number = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            let page = LogPageIn {
                missing,
                ..page(self.desk, self.site, rows, Some(position))
            };
            self.take(page, was_live && !full).await;
            self.position = position;
            self.moved(number, full);
        }
        let gaps = self.ask_for_missing().await?;
        if !full {
            self.look_back().await?;
            self.all_read(gaps);
        }
        Ok(full)
    }

    /// Whether all was read until a moment ago. What happened while this machine slept is no fault of a hook's.
    fn was_live(&self) -> bool {
        let view = self.site.road.view();
        view.state == LogState::Live && !self.site.road.is_stale(&view, self.desk.clock.now())
    }

    async fn call<T>(&self, call: impl Future<Output = Result<T, TrackerError>>) -> Result<T, TrackerError> {
        self.site.call(call).await
    }

    /// Puts rows into the journal and says what they tell of the hooks.
    async fn take(&self, page: LogPageIn, live: bool) {
        let taken = self.desk.kept(|| self.desk.journal.take_log(page.clone())).await;
        let live_rules = self.desk.live();
        let rules = live_rules
            .as_ref()
            .map(|live_rules| live_rules.rules_for(&self.site.name));
        let events = page.rows.iter().map(|(event, _)| event);
        let mut told: Vec<Told<'_>> = events
            .map(|event| Told {
                event,
                came_by: None,
                wanted: rules.is_some_and(|rules| rules.fires_on(event)),
            })
            .collect();
        for (place, hook) in taken.known {
            if let Some(entry) = told.get_mut(place) {
                entry.came_by = hook;
            }
        }
        self.desk.health.log_told(&self.site.name, &told, live);
    }

    fn remember(&mut self, ids: impl IntoIterator<Item = i64>) {
        self.seen.extend(ids);
        while self.seen.len() > REMEMBERED {
            self.seen.pop_first();
        }
    }

    /// The numbers that are not there and may still come, each with until when it is waited for.
    fn missing(&self, rows: &[LogRow], live: bool) -> Vec<(i64, Timestamp)> {
        let now = self.desk.clock.now();
        let mut missing = Vec::new();
        let mut before = self.position.entry;
        for row in rows {
            let is_old = !live && row.at.is_some_and(|at| now.duration_since(at) > OLD);
            let until = if is_old {
                now
            } else {
                now.checked_add(MISSING_FOR).unwrap_or(now)
            };
            let first = (before + 1).max(row.id.saturating_sub(MOST_MISSING));
            // A site that begins its numbers somewhere has none missing before the first.
            if before > 0 {
                missing.extend((first..row.id).map(|id| (id, until)));
            }
            before = row.id;
        }
        missing
    }

    /// Asks for numbers that are waited for, lets those go whose time is over, and answers how many are left.
    async fn ask_for_missing(&mut self) -> Result<u32, TrackerError> {
        let gaps = self.desk.read(|reader| reader.log_gaps(&self.site.name)).await;
        let asked: Vec<i64> = gaps.iter().take(PAGE).map(|(id, _)| *id).collect();
        if asked.is_empty() {
            return Ok(0);
        }
        let rows = self.call(self.log.rows(&self.site.name, &asked)).await?;
        let now = self.desk.clock.now();
        let came: BTreeSet<i64> = rows.iter().map(|row| row.id).collect();
        let settled: Vec<i64> = gaps
            .iter()
            .take(PAGE)
            .filter(|(id, until)| came.contains(id) || *until <= now)
            .map(|(id, _)| *id)
            .collect();
        let left = gaps.len() - settled.len();
        if !settled.is_empty() {
            tracing::debug!(site = %self.site.name, came = came.len(), gone = settled.len() - came.len(), "log: missing numbers");
            self.remember(came);
            let page = LogPageIn {
                settled,
                ..page(self.desk, self.site, rows, None)
            };
            self.take(page, false).await;
        }
        Ok(u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// Looks for rows below what has been read that were committed late and that no gap waited for.
    async fn look_back(&mut self) -> Result<(), TrackerError> {
        if self.looked_back.is_some_and(|at| at.elapsed() < LOOK_BACK_EVERY) {
            return Ok(());
        }
        self.looked_back = Some(Instant::now());
        let newest = self.position.at.unwrap_or_else(|| self.desk.clock.now());
        let Ok(since) = newest.checked_sub(LOOK_BACK) else {
            return Ok(());
        };
        let ids = self.call(self.log.ids_since(since, self.position.entry)).await?;
        // What was there before the reading began is history, which is not replayed.
        let begun = self
            .desk
            .read(|reader| reader.log_begun(&self.site.name))
            .await
            .unwrap_or(0);
        let unread: Vec<i64> = ids
            .into_iter()
            .filter(|id| *id > begun && !self.seen.contains(id))
            .collect();
        let known = self
            .desk
            .read(|reader| reader.entries(&self.site.name, unread.iter().copied()))
            .await;
        let known: BTreeSet<i64> = known.into_iter().map(|(entry, ..)| entry).collect();
        let late: Vec<i64> = unread.iter().copied().filter(|id| !known.contains(id)).collect();
        for some in late.chunks(PAGE) {
            let rows = self.call(self.log.rows(&self.site.name, some)).await?;
            let page = page(self.desk, self.site, rows, None);
            self.take(page, false).await;
        }
        self.remember(unread);
        Ok(())
    }

    /// Asks, now and then, how much there is to read.
    async fn say_how_much(&mut self) -> Result<(), TrackerError> {
        if self.full_pages.is_multiple_of(ASK_NEWEST_EVERY) {
            let newest = self.call(self.log.newest(&self.site.name)).await?;
            let behind = newest.map_or(0, |row| row.id.saturating_sub(self.position.entry).max(0));
            let mut state = self.site.road.lock();
            state.view.behind = u32::try_from(behind).unwrap_or(u32::MAX);
            if state.view.state != LogState::CatchingUp {
                state.view.state = LogState::CatchingUp;
                state.view.caught_up = 0;
            }
            state.hold = Some(self.position.entry);
        }
        self.full_pages += 1;
        Ok(())
    }

    /// Says how far the reading is.
    fn moved(&self, number: u32, full: bool) {
        {
            let mut state = self.site.road.lock();
            let State { view, hold } = &mut *state;
            view.position = Some(self.position.entry);
            view.position_at = self.position.at;
            view.read_at = Some(self.desk.clock.now());
            view.trouble = None;
            if view.state != LogState::Live {
                view.state = LogState::CatchingUp;
                view.behind = view.behind.saturating_sub(number);
                view.caught_up = view.caught_up.saturating_add(number);
            }
            if full || hold.is_some() {
                *hold = Some(self.position.entry);
            }
        }
        self.site.changed.notify_one();
        self.desk.wait_again();
    }

    /// Everything is read: nothing waits for what came before it any more.
    fn all_read(&mut self, gaps: u32) {
        self.full_pages = 0;
        let was_live = self.was_live();
        let was = {
            let mut state = self.site.road.lock();
            let State { view, hold } = &mut *state;
            let was = view.clone();
            *hold = None;
            view.state = LogState::Live;
            view.behind = 0;
            view.gaps = gaps;
            view.position = Some(self.position.entry);
            view.position_at = self.position.at;
            view.read_at = Some(self.desk.clock.now());
            view.trouble = None;
            was
        };
        if was.state != LogState::Live {
            if was.caught_up > 0 {
                tracing::info!(site = %self.site.name, rows = was.caught_up, "log: caught up");
            }
            self.site.changed.notify_one();
            self.desk.wait_again();
        } else if !was_live {
            self.desk.wait_again();
        } else if was.gaps != gaps {
            self.site.changed.notify_one();
        }
    }
}
