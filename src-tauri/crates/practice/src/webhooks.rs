//! The administration of webhooks. ShotGrid REST: webhook administration.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::errors::Refusal;
use crate::hooks::{Health, Hook};
use crate::rest::{Call, ok};
use crate::search::Page;
use crate::site::Site;
use crate::world::{Actor, World};

/// All calls under `/webhook`.
pub(crate) fn answer(
    site: &Arc<Site>,
    world: &mut World,
    call: &Call,
    actor: &Actor,
    segments: &[&str],
) -> Result<Response, Refusal> {
    if world.faults.webhooks_hidden && actor.kind == "ApiUser" {
        return Err(Refusal::refused(
            "API webhooks: this user lacks the permission 'Show Webhooks'.",
        ));
    }
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
