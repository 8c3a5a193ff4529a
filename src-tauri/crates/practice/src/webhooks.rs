//! Webhook subscriptions: what each hears of, how it is, and their administration. ShotGrid REST: webhooks.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::clock;
use crate::deliveries::Pending;
use crate::errors::Refusal;
use crate::log::Row;
use crate::rest::{Call, ok};
use crate::search::Page;
use crate::site::Site;
use crate::world::World;

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
    pub(crate) operation: Operation,
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
    name: String,
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

    fn wants(&self, event: &Happening<'_>) -> bool {
        let project = event.row.project.get("id").and_then(Value::as_i64);
        if !self.projects.is_empty() && project.is_none_or(|project| !self.projects.contains(&project)) {
            return false;
        }
        let Some(fields) = self
            .entity_types
            .get(event.kind)
            .and_then(|kind| kind.get(event.operation.name()))
        else {
            return false;
        };
        // Names are compared, never checked: a typo makes a silent hook, as it does on a real site.
        let named = |field: &str| {
            fields
                .as_array()
                .is_some_and(|fields| fields.iter().any(|name| name == field))
        };
        let any = fields.as_array().is_none_or(Vec::is_empty);
        event.operation != Operation::Update || any || event.row.attribute.is_some_and(named)
    }

    /// The record that the administration shows. The token is write-only.
    fn shown(&self) -> Value {
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

    fn set(&mut self, body: &Map<String, Value>) {
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
        let mut data = None;
        for hook in &mut self.hooks {
            if hook.deleted || !hook.health.delivers() || !hook.wants(event) {
                continue;
            }
            let data = data.get_or_insert_with(|| {
                json!({
                    "id": format!("{}.{}.{part}", 11_777 + burst / 10_000, 3_065 + burst % 10_000),
                    "event_log_entry_id": event.event_log_entry_id,
                    "event_type": event.row.event_type,
                    "operation": event.operation.name(),
                    "user": event.row.user,
                    "entity": event.row.entity,
                    "project": event.row.project,
                    "meta": event.row.meta,
                    "created_at": clock::spaced(event.row.at),
                    "attribute_name": event.row.attribute,
                    "session_uuid": event.row.session_uuid,
                })
            });
            hook.pending.push_back(Pending::Event {
                data: data.clone(),
                about_itself: false,
            });
            hook.wake.notify_one();
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
            hook.pending.push_back(Pending::Event {
                data,
                about_itself: true,
            });
            hook.wake.notify_one();
        }
        tracing::debug!(hook = %hook.id, from = previous.name(), to = health.name(), "hook status");
    }

    fn hook(&self, id: &str) -> Result<usize, Refusal> {
        if Uuid::parse_str(id).is_err() {
            return Err(Refusal::no_route());
        }
        let found = self.hooks.iter().position(|hook| hook.id == id && !hook.deleted);
        found.ok_or_else(|| Refusal::no_such("hook", id))
    }

    fn shown_hook(&self, index: usize) -> Value {
        self.hooks.get(index).map_or(Value::Null, Hook::shown)
    }
}

/// All calls under `/webhook`.
pub(crate) fn answer(site: &Arc<Site>, world: &mut World, call: &Call, segments: &[&str]) -> Result<Response, Refusal> {
    match (call.method.as_str(), segments) {
        ("GET", ["hooks"]) => list(world, call).map(ok),
        ("POST", ["hooks"]) => {
            let index = create(world, &call.json_object()?)?;
            site.start_worker(index);
            Ok((StatusCode::CREATED, Json(json!({"data": world.shown_hook(index)}))).into_response())
        }
        ("GET", ["hooks", id]) => world.hook(id).map(|index| ok(json!({"data": world.shown_hook(index)}))),
        ("PUT", ["hooks", id]) => update(world, call, id).map(ok),
        ("DELETE", ["hooks", id]) => {
            let index = world.hook(id)?;
            if let Some(hook) = world.hooks.get_mut(index) {
                hook.deleted = true;
                hook.pending.clear();
                hook.wake.notify_one();
            }
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        ("POST", ["hooks", id, "test_connection"]) => {
            // 204 for any uuid: it proves nothing, only the ping at the receiver does.
            if Uuid::parse_str(id).is_err() {
                return Err(Refusal::no_route());
            }
            if let Ok(index) = world.hook(id) {
                world.ping(index);
            }
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        ("GET", ["hooks", id, "deliveries"]) => {
            let index = world.hook(id)?;
            world.delivery_log(index, call).map(ok)
        }
        ("GET", ["deliveries", id]) => world.delivery(id).map(|delivery| ok(json!({"data": delivery}))),
        ("PUT", ["deliveries", id]) => {
            let body = call.json_object()?;
            let Some(text) = body.get("acknowledgement").and_then(Value::as_str) else {
                return Err(Refusal::invalid(
                    json!({"acknowledgement": ["acknowledgement is missing"]}),
                ));
            };
            world
                .acknowledge(id, text)
                .map(|delivery| ok(json!({"data": delivery})))
        }
        ("POST", ["deliveries", id, "redeliver"]) => {
            world.redeliver(id)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(Refusal::no_route()),
    }
}

fn list(world: &World, call: &Call) -> Result<Value, Refusal> {
    let as_value = |name: &str| call.query(name).map(|text| json!(text));
    let page = Page::asked(as_value("page[number]").as_ref(), as_value("page[size]").as_ref())?;
    let wanted = call.query("status");
    let hooks: Vec<Value> = world
        .hooks
        .iter()
        .filter(|hook| !hook.deleted && wanted.is_none_or(|status| status == hook.health.name()))
        .skip(page.size.saturating_mul(page.number - 1))
        .take(page.size)
        .map(Hook::shown)
        .collect();
    Ok(json!({"data": hooks, "links": {"self": call.path}}))
}

/// What a body may not say. A loopback address is taken here, which a real site refuses: this is a practice site, and its
/// receivers are on the same machine.
fn checked(body: &Map<String, Value>) -> Result<(), Refusal> {
    let url = body.get("url").filter(|url| !url.is_null());
    let is_url = |url: &Value| {
        url.as_str()
            .and_then(|url| reqwest::Url::parse(url).ok())
            .is_some_and(|url| url.has_host())
    };
    if url.is_some_and(|url| !is_url(url)) {
        let message = "url should be a valid url, not a shotgun site or reserved/internal ip address";
        return Err(Refusal::invalid(json!({"url": [message]})));
    }
    if body
        .get("entity_types")
        .is_some_and(|types| !types.is_object() && !types.is_null())
    {
        return Err(Refusal::invalid(
            json!({"entity_types": ["entity_types must be a hash"]}),
        ));
    }
    Ok(())
}

fn create(world: &mut World, body: &Map<String, Value>) -> Result<usize, Refusal> {
    let given = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
    if !given("url") {
        return Err(Refusal::invalid(json!({"url": ["url is missing"]})));
    }
    checked(body)?;
    if given("entity_types") == given("event_type") {
        return Err(Refusal::invalid(
            json!({"entity_types": ["exactly one of entity_types, event_type is needed"]}),
        ));
    }
    let id = world.uuid();
    let mut hook = Hook::new(id, String::new(), None, false);
    hook.name.clear();
    hook.set(body);
    world.hooks.push(hook);
    Ok(world.hooks.len() - 1)
}

fn update(world: &mut World, call: &Call, id: &str) -> Result<Value, Refusal> {
    let index = world.hook(id)?;
    let body = call.json_object()?;
    if body.is_empty() {
        return Err(Refusal::invalid(
            json!({"ensure_field_present": ["at least one field must be present"]}),
        ));
    }
    checked(&body)?;
    let health = match body.get("status") {
        None => None,
        Some(status) => {
            let health = status.as_str().and_then(Health::named);
            let allowed = health.filter(|health| matches!(health, Health::Active | Health::Disabled));
            let message = "status must be one of: active, disabled";
            Some(allowed.ok_or_else(|| Refusal::invalid(json!({"status": [message]})))?)
        }
    };
    if let Some(hook) = world.hooks.get_mut(index) {
        hook.set(&body);
    }
    if let Some(health) = health {
        world.set_health(index, health, true);
    }
    Ok(json!({"data": world.shown_hook(index)}))
}
