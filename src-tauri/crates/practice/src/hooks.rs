//! Webhook subscriptions: what each hears of, and how it is. ShotGrid REST: webhooks.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use crate::bad_days::BadDay;
use crate::clock;
use crate::crowd::with_ids_as_text;
use crate::deliveries::{Load, Pending};
use crate::errors::Refusal;
use crate::rows::Row;
use crate::world::World;

/// So many failed deliveries within a day are the end of a hook.
const FAILURES_ALLOWED: usize = 100;
/// At so many events a hook fails on a day of failed hooks.
const FAILS_AT: u32 = 5;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How a hook is, as the site says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Active,
    Unstable,
    Failed,
    Disabled,
}

impl Health {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Unstable => "unstable",
            Self::Failed => "failed",
            Self::Disabled => "disabled",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::Unstable, Self::Failed, Self::Disabled]
            .into_iter()
            .find(|health| health.name() == name)
    }

    /// Are deliveries still attempted?
    fn delivers(self) -> bool {
        matches!(self, Self::Active | Self::Unstable)
    }
}

/// The four things that a subscription can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
    Revive,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Revive => "revive",
        }
    }
}

/// One event on its way to the hooks.
#[derive(Debug)]
pub(crate) struct Happening<'r> {
    pub(crate) event_log_entry_id: i64,
    /// None for a custom event, which is no change of a record.
    pub(crate) operation: Option<Operation>,
    pub(crate) kind: &'static str,
    pub(crate) row: &'r Row,
}

/// One subscription.
pub(crate) struct Hook {
    pub(crate) id: String,
    pub(crate) url: String,
    entity_types: Map<String, Value>,
    event_type: Option<String>,
    pub(crate) health: Health,
    projects: Vec<i64>,
    pub(crate) num_deliveries: u64,
    validate_ssl_cert: bool,
    pub(crate) batched: bool,
    pub(crate) token: Option<String>,
    pub(crate) name: String,
    description: String,
    pub(crate) deleted: bool,
    pub(crate) pending: VecDeque<Pending>,
    pub(crate) in_flight: usize,
    pub(crate) failures: VecDeque<Timestamp>,
    pub(crate) wake: Arc<Notify>,
}

/// What `--hook` subscribes to: every lifecycle event of what Callboard reads. Fields are named, as they must be on a
/// real site, and more than the status so that a receiver also meets changes it has to ignore.
pub(crate) fn everything() -> Map<String, Value> {
    let fields = json!([
        "sg_status_list",
        "sg_client_state",
        "sg_sort_order",
        "sg_bid_days",
        "description",
        "sg_description",
        "code",
        "content",
        "due_date",
        "start_date",
        "sg_task",
        "entity",
        "task_assignees",
        "upstream_tasks",
        "downstream_tasks",
        "sg_sequence",
        "episode",
        "sg_asset_type",
    ]);
    let all = json!({"create": [], "update": fields, "delete": [], "revive": []});
    ["Version", "Task", "Shot", "Asset", "Sequence", "Episode", "Note"]
        .map(|kind| (kind.to_owned(), all.clone()))
        .into_iter()
        .collect()
}

impl Hook {
    pub(crate) fn new(id: String, url: String, token: Option<String>, batched: bool) -> Self {
        Self {
            id,
            url,
            entity_types: Map::new(),
            event_type: None,
            health: Health::Active,
            projects: Vec::new(),
            num_deliveries: 0,
            validate_ssl_cert: true,
            batched,
            token: token.filter(|token| !token.is_empty()),
            name: "practice".to_owned(),
            description: String::new(),
            deleted: false,
            pending: VecDeque::new(),
            in_flight: 0,
            failures: VecDeque::new(),
            wake: Arc::new(Notify::new()),
        }
    }

    pub(crate) fn subscribed_to(mut self, entity_types: Map<String, Value>) -> Self {
        self.entity_types = entity_types;
        self
    }

    /// Is anything sent to it?
    pub(crate) fn delivers(&self) -> bool {
        !self.deleted && self.health.delivers()
    }

    pub(crate) fn queue(&mut self, pending: Pending) {
        self.pending.push_back(pending);
        self.wake.notify_one();
    }

    fn wants(&self, event: &Happening<'_>) -> bool {
        let project = event.row.project;
        if !self.projects.is_empty() && project.is_none_or(|project| !self.projects.contains(&project)) {
            return false;
        }
        if let Some(event_type) = &self.event_type {
            return *event_type == event.row.event_type;
        }
        let asked = event.operation.and_then(|operation| {
            let fields = self.entity_types.get(event.kind)?.get(operation.name())?;
            Some((operation, fields))
        });
        let Some((operation, fields)) = asked else {
            return false;
        };
        // Names are compared, never checked: a typo makes a silent hook, as it does on a real site.
        let named = |field: &str| {
            fields
                .as_array()
                .is_some_and(|fields| fields.iter().any(|name| name == field))
        };
        let any = fields.as_array().is_none_or(Vec::is_empty);
        operation != Operation::Update || any || event.row.attribute.is_some_and(named)
    }

    /// The record that the administration shows. The token is write-only.
    pub(crate) fn shown(&self) -> Value {
        let entity_types = if self.entity_types.is_empty() {
            Value::Null
        } else {
            json!(self.entity_types)
        };
        json!({
            "id": self.id,
            "url": self.url,
            "entity_types": entity_types,
            "event_type": self.event_type,
            "status": self.health.name(),
            "projects": self.projects,
            "num_deliveries": self.num_deliveries,
            "validate_ssl_cert": self.validate_ssl_cert,
            "batch_deliveries": self.batched,
            "is_token_set": self.token.is_some(),
            "name": self.name,
            "description": self.description,
        })
    }

    pub(crate) fn set(&mut self, body: &Map<String, Value>) {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(url) = text("url") {
            self.url = url;
        }
        if let Some(Value::Object(entity_types)) = body.get("entity_types") {
            self.entity_types = entity_types.clone();
            self.event_type = None;
        }
        if let Some(event_type) = text("event_type") {
            self.event_type = Some(event_type);
            self.entity_types.clear();
        }
        if let Some(Value::Array(projects)) = body.get("projects") {
            self.projects = projects.iter().filter_map(Value::as_i64).collect();
        }
        if let Some(token) = body.get("token") {
            self.token = token.as_str().filter(|token| !token.is_empty()).map(str::to_owned);
        }
        if let Some(name) = text("name") {
            self.name = name;
        }
        if let Some(description) = text("description") {
            self.description = description;
        }
        if let Some(validate) = body.get("validate_ssl_cert").and_then(Value::as_bool) {
            self.validate_ssl_cert = validate;
        }
        if let Some(batched) = body.get("batch_deliveries").and_then(Value::as_bool) {
            self.batched = batched;
        }
    }
}

impl World {
    /// Queues an event at each hook that asked for it. A failed or disabled hook never hears of it.
    pub(crate) fn dispatch(&mut self, event: &Happening<'_>) {
        // Events of one change share the front of their id and differ in the last part.
        let (burst, part) = (self.burst, self.burst_events);
        self.burst_events += 1;
        if self.faults.hooks_unheard {
            return;
        }
        let mut data = None;
        let mut failing = Vec::new();
        for (index, hook) in self.hooks.iter_mut().enumerate() {
            if !hook.delivers() || !hook.wants(event) {
                continue;
            }
            if self.days.is(BadDay::FailedHook) {
                let heard = self.days.heard.entry(index).or_default();
                *heard += 1;
                if *heard == FAILS_AT {
                    failing.push(index);
                }
            }
            if self.days.strikes(BadDay::LostDeliveries) {
                continue;
            }
            let data = data.get_or_insert_with(|| {
                json!({
                    "id": format!("{}.{}.{part}", 11_777 + burst / 10_000, 3_065 + burst % 10_000),
                    "event_log_entry_id": event.event_log_entry_id,
                    "event_type": event.row.event_type,
                    "operation": event.operation.map(Operation::name),
                    "user": event.row.user(),
                    "entity": event.row.entity(),
                    "project": event.row.project(),
                    "meta": event.row.meta.value(),
                    "created_at": clock::spaced(event.row.at),
                    "attribute_name": event.row.attribute,
                    "session_uuid": event.row.session_uuid,
                })
            });
            let data = if self.days.strikes(BadDay::OddValues) {
                with_ids_as_text(data)
            } else {
                data.clone()
            };
            let held = self.days.strikes(BadDay::Reordering).then(|| {
                let millis = self.days.pick(BadDay::Reordering, &(100..=1_500));
                Instant::now() + Duration::from_millis(millis)
            });
            hook.queue(Pending {
                load: Load::Event {
                    data,
                    about_itself: false,
                },
                due: held,
            });
        }
        for index in failing {
            if let Some(hook) = self.hooks.get_mut(index) {
                hook.failures = std::iter::repeat_n(clock::now(), FAILURES_ALLOWED).collect();
            }
            self.judge(index);
        }
    }

    /// Moves a hook to another state and lets it know, as the site does: `Webhook_Status_Change`.
    pub(crate) fn set_health(&mut self, index: usize, health: Health, announce: bool) {
        let Some(hook) = self.hooks.get_mut(index).filter(|hook| hook.health != health) else {
            return;
        };
        let previous = std::mem::replace(&mut hook.health, health);
        if health == Health::Active {
            hook.failures.clear();
        }
        if !health.delivers() {
            hook.pending.clear();
        }
        if announce {
            let data = json!({
                "id": "0",
                "event_log_entry_id": 0,
                "event_type": "Webhook_Status_Change",
                "operation": "update",
                "user": null,
                "entity": null,
                "project": null,
                "webhook_id": hook.id,
                "webhook_status": health.name(),
                "previous_webhook_status": previous.name(),
                "meta": {"type": "webhook_status_change"},
                "created_at": clock::spaced(clock::now()),
                "attribute_name": null,
                "session_uuid": null,
            });
            hook.queue(Pending::now(Load::Event {
                data,
                about_itself: true,
            }));
        }
        tracing::debug!(hook = %hook.id, from = previous.name(), to = health.name(), "hook status");
    }

    /// Judges a hook by its last day: one failure makes it unstable, a hundred make it fail, none make it well again.
    pub(crate) fn judge(&mut self, index: usize) {
        let Some(hook) = self.hooks.get_mut(index) else { return };
        let now = clock::now();
        while hook.failures.front().is_some_and(|at| now.duration_since(*at) > DAY) {
            hook.failures.pop_front();
        }
        match (hook.health, hook.failures.len()) {
            // Failed means silence, so not even this is announced.
            (Health::Active | Health::Unstable, FAILURES_ALLOWED..) => self.set_health(index, Health::Failed, false),
            (Health::Active, 1..) => self.set_health(index, Health::Unstable, true),
            (Health::Unstable, 0) => self.set_health(index, Health::Active, true),
            _ => {}
        }
    }

    /// The hook with this uuid: 404 either way, with another code where it is no uuid at all.
    pub(crate) fn hook(&self, id: &str) -> Result<usize, Refusal> {
        if Uuid::parse_str(id).is_err() {
            return Err(Refusal::no_route());
        }
        let found = self.hooks.iter().position(|hook| hook.id == id && !hook.deleted);
        found.ok_or_else(|| Refusal::no_such("hook", id))
    }

    pub(crate) fn shown_hook(&self, index: usize) -> Value {
        self.hooks.get(index).map_or(Value::Null, Hook::shown)
    }
}
