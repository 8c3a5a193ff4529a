//! What a test tells the site to do wrong, or to have gone through already.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use crate::bad_days::BadDay;
use crate::changes::Change;
use crate::control::Control;
use crate::hooks::Health;
use crate::seed::COORDINATOR;
use crate::statuses;
use crate::tables::{Kind, named};
use crate::world::{Actor, Fields};

/// So many events are written before anybody else gets a turn.
const AT_A_TIME: usize = 500;

impl Control {
    /// The whole REST API answers 503 while this is on.
    pub fn set_down(&self, down: bool) {
        self.site.lock().faults.down = down;
    }

    /// The next `count` calls under `/entity/` answer this HTTP status.
    pub fn fail_next(&self, count: u32, http_status: u16) {
        self.site.lock().faults.fail_next = Some((count, http_status));
    }

    /// Every answer comes this much later, after the work is done.
    pub fn slow(&self, delay: Duration) {
        self.site.lock().faults.slow = delay;
    }

    /// Writes of this field are refused for lack of permission.
    pub fn forbid_writes(&self, kind: &str, field: &str) {
        self.site
            .lock()
            .faults
            .forbidden
            .push((kind.to_owned(), field.to_owned()));
    }

    /// Searches that name this field are refused for lack of permission.
    pub fn forbid_reads(&self, kind: &str, field: &str) {
        self.site
            .lock()
            .faults
            .unreadable
            .push((kind.to_owned(), field.to_owned()));
    }

    /// How long until an event log row is readable, instead of 0.3 to 0.4 s.
    pub fn log_delay(&self, delay: Duration) {
        self.site.lock().ledger.usual_delay = Some(delay);
    }

    /// Before one row in `one_in`, one or two ids are rolled back and never appear; 0 for never. Without this, 12.
    pub fn log_gaps(&self, one_in: u64) {
        self.site.lock().ledger.gaps = one_in;
    }

    /// So many ids never appear: the next row comes after them.
    pub fn roll_back(&self, ids: u32) {
        self.site.lock().ledger.leave_out += i64::from(ids);
    }

    /// One row in `one_in` becomes readable two to six seconds late, after rows with higher ids; 0, as without this, for
    /// none.
    pub fn late_rows(&self, one_in: u64) {
        self.site.lock().ledger.late = one_in;
    }

    /// The next row becomes readable later by so much.
    pub fn next_row_is_late(&self, by: Duration) {
        self.site.lock().ledger.next_is_late = Some(by);
    }

    /// People work so many events through, at once and without a pause: each a real change of status, of a Version, a Task
    /// or a Shot, with its row in the event log, readable at once. Hooks hear of them only if `deliver` says so. Returns
    /// the first and the last id of the rows; a range without anything in it where nothing could be changed.
    pub fn write_backlog(&self, events: usize, deliver: bool) -> RangeInclusive<i64> {
        let columns: Vec<(Kind, Vec<i64>)> = {
            let world = self.site.lock();
            let ids = |kind| world.actives(kind).map(|record| record.id).collect::<Vec<_>>();
            let kinds = ["Version", "Task", "Shot"].into_iter().filter_map(named);
            kinds
                .map(|kind| (kind, ids(kind)))
                .filter(|(_, ids)| !ids.is_empty())
                .collect()
        };
        // One of each in turn, each column from its first record to its last and around.
        let mut turn = (0..).flat_map(|round| {
            columns
                .iter()
                .map(move |(kind, ids)| (*kind, ids.get(round % ids.len())))
        });
        let (mut first, mut last, mut left) = (0, -1, events);
        while left > 0 && !columns.is_empty() {
            let mut world = self.site.lock();
            let was_silent = std::mem::replace(&mut world.faults.hooks_unheard, !deliver);
            let delay = world.ledger.usual_delay.replace(Duration::ZERO);
            let now = AT_A_TIME.min(left);
            left -= now;
            for (kind, id) in turn.by_ref().take(now) {
                let (Some(id), Some((valid, _))) = (id.copied(), statuses::of(kind.name)) else {
                    continue;
                };
                let status = world.record(kind, id).and_then(|record| record.text("sg_status_list"));
                let place = valid.iter().position(|valid| Some(valid.code) == status).unwrap_or(0);
                let next = valid.get((place + 1) % valid.len()).map(|status| status.code);
                let fields: Fields = [("sg_status_list".to_owned(), json!(next))].into_iter().collect();
                if world
                    .change(&Actor::person(COORDINATOR), Change::Update { kind, id, fields })
                    .is_ok()
                {
                    last = world.last_row();
                    first = if first == 0 { last } else { first };
                }
            }
            world.faults.hooks_unheard = was_silent;
            world.ledger.usual_delay = delay;
        }
        first..=last
    }

    /// Tokens minted from now on live this long.
    pub fn token_lifetime(&self, seconds: i64) {
        self.site.lock().auth.lifetime = seconds;
    }

    /// Script keys and tokens are worthless from now on.
    pub fn revoke_key(&self) {
        self.site.lock().auth.revoked = true;
    }

    /// Sends a hook's deliveries elsewhere.
    pub fn retarget_hook(&self, index: usize, url: &str) {
        if let Some(hook) = self.site.lock().hooks.get_mut(index) {
            hook.url = url.to_owned();
        }
    }

    /// Moves a hook to a status and sends it the `Webhook_Status_Change`. An unknown status changes nothing.
    pub fn set_hook_status(&self, index: usize, status: &str) {
        if let Some(health) = Health::named(status) {
            self.site.lock().set_health(index, health, true);
        }
    }

    /// Lets scripts see and change webhooks, or takes the permission "Show Webhooks" from them.
    pub fn show_webhooks(&self, may: bool) {
        self.site.lock().faults.webhooks_hidden = !may;
    }

    /// Holds the site to its budget, one minute of response time a minute over all hooks, or lets it send as it likes.
    pub fn throttle(&self, on: bool) {
        let mut world = self.site.lock();
        world.faults.throttle = on;
        for hook in &world.hooks {
            hook.wake.notify_one();
        }
    }

    /// Begins a bad day. Where people make it so, they make trouble once at once, and again and again while they work.
    pub fn begin(&self, day: BadDay) {
        let mut world = self.site.lock();
        world.begin_bad_day(day);
        world.make_trouble(day);
    }

    /// Ends all bad days: the site is well from now on, and what it held back is sent.
    pub fn end_bad_days(&self) {
        self.site.lock().end_bad_days();
        self.site.ftrack.lock().hurry();
    }

    /// The bad days that have begun and not ended.
    pub fn bad_days(&self) -> Vec<BadDay> {
        self.site.lock().days.begun().collect()
    }

    /// How long a gateway waits before it answers 504 for an answer that never comes, instead of 35 s.
    pub fn gateway_patience(&self, patience: Duration) {
        self.site.lock().faults.gateway_patience = Some(patience);
    }

    /// Time passes for the delivery log and for the failures that hooks are judged by: as if all of it were so much older.
    pub fn age_deliveries(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        let mut world = self.site.lock();
        for delivery in world.outbox.deliveries.values_mut() {
            delivery.at = delivery.at.saturating_sub(by).unwrap_or(delivery.at);
        }
        for index in 0..world.hooks.len() {
            if let Some(hook) = world.hooks.get_mut(index) {
                for at in &mut hook.failures {
                    *at = at.saturating_sub(by).unwrap_or(*at);
                }
            }
            world.judge(index);
        }
    }

    /// Keeps deliveries back, or lets them go: what piled up meanwhile fills batches.
    pub fn hold_deliveries(&self, hold: bool) {
        let mut world = self.site.lock();
        world.faults.hold_deliveries = hold;
        for hook in &world.hooks {
            hook.wake.notify_one();
        }
    }

    /// Stops the simulated people, or lets them go on.
    pub fn people_pause(&self, pause: bool) {
        self.site.lock().faults.people_paused = pause;
    }

    /// Has the simulated people make no Versions and Notes from now on, or again: of a Task with a Version that one is submitted once
    /// more, any other is done without. The production stays as large as it is.
    pub fn people_make_nothing_new(&self, nothing: bool) {
        self.site.lock().faults.nothing_new = nothing;
    }
}
