//! What people do on a bad day: a hundred Tasks at once, a text of a megabyte, a status cleared and set again.

use serde_json::{Value, json};

use crate::bad_days::BadDay;
use crate::changes::Change;
use crate::seed::COORDINATOR;
use crate::tables::{Kind, named};
use crate::world::{Actor, Fields, World};

const AT_ONCE: usize = 100;
/// A text is kept in its record and twice in its row: no more of them than a machine has memory for.
const TEXTS: i64 = 8;

impl World {
    /// Begins a bad day that the site itself causes.
    pub(crate) fn begin_bad_day(&mut self, day: BadDay) {
        self.days.begin(day);
        if day == BadDay::ScriptSilence {
            self.silence_scripts();
        }
    }

    /// Ends all bad days. What they did to records stays; what they did to the site does not.
    pub(crate) fn end_bad_days(&mut self) {
        let silenced = std::mem::take(&mut self.days.silenced);
        for id in silenced {
            self.let_script_be_seen(id, true);
        }
        self.days.end();
        for hook in &mut self.hooks {
            for pending in &mut hook.pending {
                pending.due = None;
            }
            hook.wake.notify_one();
        }
    }

    fn silence_scripts(&mut self) {
        let Some(kind) = named("ApiUser") else { return };
        let is_seen = |script: &&crate::world::Record| {
            script.fields.get("generate_event_log_entries") == Some(&Value::Bool(true))
        };
        let seen: Vec<i64> = self.actives(kind).filter(is_seen).map(|script| script.id).collect();
        for id in &seen {
            self.let_script_be_seen(*id, false);
        }
        self.days.silenced.extend(seen);
    }

    fn let_script_be_seen(&mut self, id: i64, seen: bool) {
        let script = named("ApiUser").and_then(|kind| self.record_mut(kind, id));
        if let Some(script) = script {
            script
                .fields
                .insert("generate_event_log_entries".to_owned(), json!(seen));
        }
    }

    /// Somebody does what makes the day a bad one, where people make it so. False where it is time for ordinary work.
    pub(crate) fn people_make_trouble(&mut self) -> bool {
        if self.days.strikes(BadDay::Bursts) {
            self.change_a_hundred();
        } else if self.days.strikes(BadDay::BigPayloads) {
            self.paste_a_long_text();
        } else if self.days.is(BadDay::OddValues) && self.days.pick(BadDay::OddValues, &(0..=7)) == 0 {
            self.clear_a_status();
        } else {
            return false;
        }
        true
    }

    /// The trouble of a day that people make, once and at once.
    pub(crate) fn make_trouble(&mut self, day: BadDay) {
        match day {
            BadDay::Bursts => self.change_a_hundred(),
            BadDay::BigPayloads => self.paste_a_long_text(),
            BadDay::OddValues => self.clear_a_status(),
            _ => {}
        }
    }

    /// A coordinator selects a hundred Tasks and sets one status on all of them.
    fn change_a_hundred(&mut self) {
        let Some(kind) = named("Task") else { return };
        let choice = self.days.pick(BadDay::Bursts, &(0..=3));
        let code = match choice {
            0 => "rdy",
            1 => "ip",
            2 => "hld",
            _ => "cnv",
        };
        let can_change = |status: Option<&str>| !matches!(status, Some("omt" | "di")) && status != Some(code);
        let mut tasks: Vec<i64> = self
            .actives(kind)
            .filter(|task| can_change(task.text("sg_status_list")))
            .map(|task| task.id)
            .collect();
        let start = self.days.pick(BadDay::Bursts, &(0..=tasks.len().max(1) as u64 - 1));
        let start = usize::try_from(start).unwrap_or(0).min(tasks.len());
        tasks.rotate_left(start);
        for id in tasks.into_iter().take(AT_ONCE) {
            self.set_as_coordinator(kind, id, "sg_status_list", json!(code));
        }
    }

    fn paste_a_long_text(&mut self) {
        let Some(kind) = named("Shot") else { return };
        let texts = self.days.pasted;
        if texts >= TEXTS {
            return;
        }
        let place = usize::try_from(texts).unwrap_or(0);
        let shot = self.actives(kind).nth(place).map(|shot| shot.id);
        if let Some(id) = shot {
            self.days.pasted += 1;
            let text = format!("Turnover {}: {}", texts + 1, "fog ".repeat(300_000));
            self.set_as_coordinator(kind, id, "description", json!(text));
        }
    }

    /// Somebody takes a status away and gives it back: the second change has no old value.
    fn clear_a_status(&mut self) {
        let Some(kind) = named("Task") else { return };
        let tasks: Vec<(i64, Value)> = self
            .actives(kind)
            .filter_map(|task| Some((task.id, json!(task.text("sg_status_list")?))))
            .collect();
        let place = self.days.pick(BadDay::OddValues, &(0..=tasks.len().max(1) as u64 - 1));
        let task = usize::try_from(place)
            .ok()
            .and_then(|place| tasks.into_iter().nth(place));
        if let Some((id, status)) = task {
            self.set_as_coordinator(kind, id, "sg_status_list", Value::Null);
            self.set_as_coordinator(kind, id, "sg_status_list", status);
        }
    }

    fn set_as_coordinator(&mut self, kind: Kind, id: i64, field: &str, value: Value) {
        let fields: Fields = [(field.to_owned(), value)].into_iter().collect();
        if let Err(refusal) = self.change(&Actor::person(COORDINATOR), Change::Update { kind, id, fields }) {
            tracing::warn!(refusal = refusal.message(), "a person was refused");
        }
    }
}

/// The event with its ids as text.
pub(crate) fn with_ids_as_text(event: &Value) -> Value {
    let mut event = event.clone();
    let text = |id: &mut Value| {
        if let Value::Number(number) = id {
            *id = json!(number.to_string());
        }
    };
    for path in [
        "/event_log_entry_id",
        "/entity/id",
        "/project/id",
        "/user/id",
        "/meta/entity_id",
    ] {
        if let Some(id) = event.pointer_mut(path) {
            text(id);
        }
    }
    event
}
