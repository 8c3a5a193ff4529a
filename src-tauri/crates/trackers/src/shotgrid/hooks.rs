//! The administration of webhooks (ShotGrid REST: `/webhook`). Bodies are plain JSON; the API refuses its vendor types here.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use callboard_model::{
    AnswerTimes, EntityId, EntityType, HookName, HookState, Lifecycle, Operation, SiteDelivery, SiteName, SiteWebhook,
    Subscription, WebhookDraft,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::client::ShotGrid;
use super::decode::decode;
use super::search::PAGE;
use super::wire::{Call, JSON};
use crate::{Deliveries, DeliveriesAsked, MOST_ACKNOWLEDGED, TrackerError, Webhooks};

impl ShotGrid {
    async fn changed(&self, id: &str, body: Value) -> Result<SiteWebhook, TrackerError> {
        let path = format!("/webhook/hooks/{}", id_in_address(id)?);
        let record = self.wire.data(Call::put(&path, body)).await?;
        webhook(&record).ok_or_else(|| self.wire.unreadable("no webhook"))
    }
}

#[async_trait]
impl Webhooks for ShotGrid {
    async fn list(&self) -> Result<Vec<SiteWebhook>, TrackerError> {
        let mut found: Vec<SiteWebhook> = Vec::new();
        let mut seen = BTreeSet::new();
        for number in 1_usize.. {
            let call = Call::get("/webhook/hooks")
                .query("page[size]", &PAGE)
                .query("page[number]", &number);
            let page = self.wire.list(call).await?;
            let before = seen.len();
            let known = page.iter().filter_map(webhook);
            found.extend(known.filter(|hook| seen.insert(hook.id.clone())));
            if page.len() < PAGE || seen.len() == before {
                break;
            }
        }
        Ok(found)
    }

    async fn create(&self, draft: &WebhookDraft, secret: Option<&str>) -> Result<SiteWebhook, TrackerError> {
        let mut body = body(draft, secret)?;
        if draft.projects.is_empty() {
            body.remove("projects");
        }
        let call = Call::post("/webhook/hooks").body(JSON, Value::Object(body));
        let record = self.wire.data(call).await?;
        webhook(&record).ok_or_else(|| self.wire.unreadable("no webhook"))
    }

    async fn change(&self, id: &str, draft: &WebhookDraft, secret: Option<&str>) -> Result<SiteWebhook, TrackerError> {
        self.changed(id, Value::Object(body(draft, secret)?)).await
    }

    async fn switch(&self, id: &str, on: bool) -> Result<SiteWebhook, TrackerError> {
        let status = if on { HookState::Active } else { HookState::Disabled };
        self.changed(id, json!({"status": status.as_str()})).await
    }

    async fn delete(&self, id: &str) -> Result<(), TrackerError> {
        let path = format!("/webhook/hooks/{}", id_in_address(id)?);
        self.wire.call(Call::delete(&path)).await.map(drop)
    }

    async fn test(&self, id: &str) -> Result<(), TrackerError> {
        let path = format!("/webhook/hooks/{}/test_connection", id_in_address(id)?);
        self.wire.call(Call::post(&path).body(JSON, json!({}))).await.map(drop)
    }

    async fn deliveries(&self, id: &str, asked: &DeliveriesAsked) -> Result<Deliveries, TrackerError> {
        let path = format!("/webhook/hooks/{}/deliveries", id_in_address(id)?);
        // One more than is wanted tells whether there are more.
        let size = asked.most.saturating_add(1).min(PAGE);
        let mut deliveries = Deliveries::default();
        let mut seen = BTreeSet::new();
        for number in 1_usize.. {
            let mut call = Call::get(&path)
                .query("page[size]", &size)
                .query("page[number]", &number);
            if let Some(from) = asked.from {
                call = call.query("from", &from.as_second());
            }
            if asked.failed {
                call = call.query("status", &"failed");
            }
            let answer = self.wire.call(call).await?;
            let page = answer.get("data").and_then(Value::as_array);
            let page = page.ok_or_else(|| self.wire.unreadable("no list of data"))?;
            if number == 1 {
                deliveries.times = answer.get("performance_metrics").map(times).unwrap_or_default();
            }
            // While pages are read, new deliveries push others onto the next one.
            let before = seen.len();
            let known = page.iter().filter_map(delivery);
            deliveries.list.extend(known.filter(|one| seen.insert(one.id.clone())));
            if page.len() < size || seen.len() == before || deliveries.list.len() > asked.most {
                break;
            }
        }
        deliveries.list.sort_by_key(|one| std::cmp::Reverse(one.at));
        deliveries.more = deliveries.list.len() > asked.most;
        deliveries.list.truncate(asked.most);
        Ok(deliveries)
    }

    async fn redeliver(&self, delivery: &str) -> Result<(), TrackerError> {
        let path = format!("/webhook/deliveries/{}/redeliver", id_in_address(delivery)?);
        self.wire.call(Call::post(&path).body(JSON, json!({}))).await.map(drop)
    }

    async fn acknowledge(&self, delivery: &str, text: &str) -> Result<(), TrackerError> {
        let path = format!("/webhook/deliveries/{}", id_in_address(delivery)?);
        if text.len() > MOST_ACKNOWLEDGED {
            return Err(TrackerError::NotSettable {
                field: "acknowledgement".to_owned(),
                why: format!("it has more than {MOST_ACKNOWLEDGED} bytes"),
            });
        }
        let call = Call::put(&path, json!({"acknowledgement": text}));
        self.wire.call(call).await.map(drop)
    }
}

/// A UUID, or whatever a site has instead. It comes from outside and goes into an address.
fn id_in_address(id: &str) -> Result<&str, TrackerError> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !id.is_empty() && id.bytes().all(fits) {
        Ok(id)
    } else {
        Err(TrackerError::NotFound)
    }
}

/// A draft as the API takes it.
fn body(draft: &WebhookDraft, secret: Option<&str>) -> Result<Map<String, Value>, TrackerError> {
    let projects: Option<Vec<i64>> = draft.projects.iter().map(EntityId::as_number).collect();
    // Without the ones that are no numbers it would hear of other projects too.
    let projects = projects.ok_or_else(|| TrackerError::NotSettable {
        field: "projects".to_owned(),
        why: "a project's id is a number here".to_owned(),
    })?;
    let mut body = Map::new();
    body.insert("name".into(), json!(draft.name));
    body.insert("description".into(), json!(draft.description));
    body.insert("url".into(), json!(draft.url));
    body.insert("projects".into(), json!(projects));
    body.insert("batch_deliveries".into(), json!(draft.batched));
    body.insert("validate_ssl_cert".into(), json!(draft.validates_certificate));
    match &draft.subscription {
        Subscription::Entities(kinds) => {
            let kinds: BTreeMap<&str, Value> = kinds.iter().map(|(k, l)| (k.as_str(), lifecycle_body(l))).collect();
            body.insert("entity_types".into(), json!(kinds));
        }
        Subscription::Custom(event_type) => {
            body.insert("event_type".into(), json!(event_type));
        }
    }
    body.extend(secret.map(|secret| ("token".to_owned(), json!(secret))));
    Ok(body)
}

fn lifecycle_body(lifecycle: &Lifecycle) -> Value {
    let mut asked = Map::new();
    for (word, is_asked) in [
        ("create", lifecycle.create),
        ("delete", lifecycle.delete),
        ("revive", lifecycle.revive),
    ] {
        if is_asked {
            asked.insert(word.to_owned(), json!([]));
        }
    }
    asked.extend(
        lifecycle
            .update
            .as_ref()
            .map(|fields| ("update".to_owned(), json!(fields))),
    );
    Value::Object(asked)
}

/// A hook's record. None without an id, an address and a state that we know.
fn webhook(record: &Value) -> Option<SiteWebhook> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let flag = |name: &str| record.get(name).and_then(Value::as_bool);
    // That one is deaf is for us to say.
    let state = HookState::from_word(record.get("status")?.as_str()?).filter(|state| *state != HookState::Deaf)?;
    let custom = record
        .get("event_type")
        .and_then(Value::as_str)
        .filter(|t| !t.is_empty());
    let kinds = record.get("entity_types").and_then(Value::as_object);
    let projects = record.get("projects").and_then(Value::as_array);
    let project = |one: &Value| one.as_i64().or_else(|| one.get("id")?.as_i64()).map(EntityId::Number);
    Some(SiteWebhook {
        id: Some(text("id")).filter(|id| !id.is_empty())?,
        state,
        is_signed: flag("is_token_set").unwrap_or_default(),
        draft: WebhookDraft {
            name: text("name"),
            description: text("description"),
            url: Some(text("url")).filter(|url| !url.is_empty())?,
            subscription: match custom {
                Some(event_type) => Subscription::Custom(event_type.to_owned()),
                None => Subscription::Entities(
                    kinds
                        .into_iter()
                        .flatten()
                        .map(|(kind, asked)| (EntityType::from(kind.as_str()), lifecycle(asked)))
                        .collect(),
                ),
            },
            projects: projects.into_iter().flatten().filter_map(project).collect(),
            batched: flag("batch_deliveries").unwrap_or_default(),
            validates_certificate: flag("validate_ssl_cert").unwrap_or(true),
        },
    })
}

fn lifecycle(asked: &Value) -> Lifecycle {
    let is_asked = |word: &str| asked.get(word).is_some_and(|list| !list.is_null());
    let fields = |list: &Value| -> Vec<String> {
        let names = list.as_array().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(ToOwned::to_owned)).collect()
    };
    Lifecycle {
        create: is_asked("create"),
        update: asked.get("update").filter(|list| !list.is_null()).map(fields),
        delete: is_asked("delete"),
        revive: is_asked("revive"),
    }
}

/// A delivery's record. None without an id and a time.
fn delivery(record: &Value) -> Option<SiteDelivery> {
    let answer = record.get("response_code").and_then(number).unwrap_or_default();
    let answer = u16::try_from(answer.clamp(0.0, 999.0) as i64).unwrap_or_default();
    let body = match record.get("request_body") {
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(body) => body.to_string().into_bytes(),
        None => Vec::new(),
    };
    // The names stand for nothing: only the numbers and what is told are kept.
    let events = decode(&SiteName::from("site"), &HookName::from("hook"), &body);
    let is_about_itself = |operation| matches!(operation, Operation::Test | Operation::HookStatus);
    Some(SiteDelivery {
        id: record.get("id")?.as_str().filter(|id| !id.is_empty())?.to_owned(),
        at: moment(record.get("event_time")?)?,
        delivered: match record.get("status").and_then(Value::as_str) {
            Some("delivered") => true,
            Some("failed") => false,
            _ => (1..400).contains(&answer),
        },
        seconds: record.get("process_time").and_then(number).unwrap_or_default(),
        answer,
        entries: events.iter().filter_map(|event| event.event_log_entry_id).collect(),
        about_itself: events.iter().all(|event| is_about_itself(event.operation)),
        acknowledgement: record
            .get("acknowledgement")
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(ToOwned::to_owned),
    })
}

fn times(metrics: &Value) -> AnswerTimes {
    let seconds = |name: &str| metrics.get(name).and_then(number).unwrap_or_default();
    AnswerTimes {
        events: metrics.get("event_count").and_then(Value::as_u64).unwrap_or_default(),
        span: seconds("event_time_span"),
        sum: seconds("process_time_sum"),
        mean: seconds("mean_process_time"),
        longest: seconds("max_process_time"),
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite() && *number >= 0.0)
}

/// Seconds since 1970, as a number or as text, or a time written out.
fn moment(value: &Value) -> Option<Timestamp> {
    match number(value) {
        Some(seconds) => Timestamp::from_microsecond((seconds * 1e6) as i64).ok(),
        None => value.as_str()?.parse().ok(),
    }
}
