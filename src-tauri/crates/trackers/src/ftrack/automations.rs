//! The administration of webhooks, which ftrack makes of three things: an Automation with a name, a Trigger with a filter and a
//! WebhookAction with an address and headers (ftrack documentation, Webhooks).

use std::collections::BTreeMap;

use async_trait::async_trait;
use callboard_model::{EntityRef, HookState, SiteWebhook, Subscription, WebhookDraft};
use reqwest::Url;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Ftrack, project};
use super::header::SECRET_HEADER;
use super::query::Query;
use super::record::{id, text};
use super::trigger::{Trigger, compose, understood};
use super::types::PROJECT;
use super::wire::{Row, create, delete, update};
use crate::{Deliveries, DeliveriesAsked, DeliveryFilter, Offered, TrackerError, Webhooks};

const AUTOMATION: &str = "Automation";
const TRIGGER: &str = "Trigger";
const ACTION: &str = "WebhookAction";
/// Webhooks that may be switched on at the same time (ftrack documentation, Webhooks, "Limitations").
const MOST_ENABLED: usize = 10;
/// What the column may be called that says whether an Automation is switched on: its schema tells which.
const SWITCHES: [&str; 3] = ["is_enabled", "enabled", "is_active"];

/// An Automation with what belongs to it.
struct Whole {
    automation: Row,
    triggers: Vec<Row>,
    actions: Vec<Row>,
}

impl Ftrack {
    /// The column that switches an Automation on and off; none where the site has no such column. Errors where it has no webhooks.
    async fn switch_column(&self) -> Result<Option<&'static str>, TrackerError> {
        let tables = self.tables().await?;
        let table = tables.get(AUTOMATION).ok_or(TrackerError::NotOffered(
            "webhooks before version 24.6 of its cloud-hosted edition",
        ))?;
        Ok(SWITCHES.into_iter().find(|name| table.has(name)))
    }

    async fn automations(&self, switch: Option<&str>) -> Result<Vec<Whole>, TrackerError> {
        let mut fields = vec!["id", "name"];
        fields.extend(switch);
        let queries = vec![
            Query::select(&fields, AUTOMATION)?,
            Query::select(&["id", "automation_id", "filter"], TRIGGER)?,
            Query::select(&["id", "automation_id", "webhook_url", "headers"], ACTION)?,
            Query::select(&["id", "name"], "ObjectType")?,
        ];
        let answers = self.wire.rows_of(queries).await?;
        let Ok([automations, triggers, actions, types]) = <[Vec<Row>; 4]>::try_from(answers) else {
            return Err(self.wire.unreadable("it did not answer every query"));
        };
        for row in &types {
            if let (Some(id), Some(name)) = (id(row), text(row, "name")) {
                self.types.learn(id, name);
            }
        }
        let mut wholes: BTreeMap<String, Whole> = BTreeMap::new();
        for automation in automations {
            if let Some(id) = id(&automation).map(ToOwned::to_owned) {
                let (triggers, actions) = (Vec::new(), Vec::new());
                wholes.insert(
                    id,
                    Whole {
                        automation,
                        triggers,
                        actions,
                    },
                );
            }
        }
        for (row, is_trigger) in triggers
            .into_iter()
            .map(|row| (row, true))
            .chain(actions.into_iter().map(|row| (row, false)))
        {
            if let Some(whole) = text(&row, "automation_id").and_then(|id| wholes.get_mut(id)) {
                if is_trigger {
                    whole.triggers.push(row);
                } else {
                    whole.actions.push(row);
                }
            }
        }
        Ok(wholes.into_values().collect())
    }

    fn webhook(&self, whole: &Whole, switch: Option<&str>) -> Option<SiteWebhook> {
        let action = whole.actions.first()?;
        let filters: Vec<&str> = whole.triggers.iter().filter_map(|row| text(row, "filter")).collect();
        let (subscription, projects) = match filters[..] {
            [only] => understood(only, &self.types),
            // Any of them will do for the site.
            _ => (Subscription::Custom(filters.join(" or ")), Vec::new()),
        };
        let is_on = switch.is_none_or(|column| whole.automation.get(column).and_then(Value::as_bool) != Some(false));
        Some(SiteWebhook {
            id: id(&whole.automation)?.to_owned(),
            state: if is_on { HookState::Active } else { HookState::Disabled },
            is_signed: !headers(action).is_empty(),
            draft: WebhookDraft {
                name: text(&whole.automation, "name").unwrap_or_default().to_owned(),
                description: String::new(),
                url: text(action, "webhook_url")?.to_owned(),
                subscription,
                projects,
                batched: false,
                validates_certificate: true,
            },
        })
    }

    /// The one of that id, among all.
    async fn whole(&self, id_wanted: &str) -> Result<(Whole, Vec<Whole>, Option<&'static str>), TrackerError> {
        let switch = self.switch_column().await?;
        let mut all = self.automations(switch).await?;
        let place = all.iter().position(|whole| id(&whole.automation) == Some(id_wanted));
        let whole = all.swap_remove(place.ok_or(TrackerError::NotFound)?);
        Ok((whole, all, switch))
    }

    /// Errors where one more could not be switched on beside these.
    fn refuse_too_many(&self, others: &[Whole], switch: Option<&str>) -> Result<(), TrackerError> {
        let webhooks = others.iter().filter_map(|whole| self.webhook(whole, switch));
        if webhooks.filter(|webhook| webhook.state == HookState::Active).count() < MOST_ENABLED {
            return Ok(());
        }
        Err(TrackerError::Refused(format!(
            "ftrack allows {MOST_ENABLED} webhooks that are switched on at the same time, and there are as many. Switch one off, in its \
             System settings, Advanced, Webhooks"
        )))
    }
}

#[async_trait]
impl Webhooks for Ftrack {
    fn offered(&self) -> Offered {
        Offered {
            tests: false,
            record: false,
            acknowledgements: false,
            deletions: false,
            signatures: false,
        }
    }

    async fn list(&self) -> Result<Vec<SiteWebhook>, TrackerError> {
        let switch = self.switch_column().await?;
        let all = self.automations(switch).await?;
        Ok(all.iter().filter_map(|whole| self.webhook(whole, switch)).collect())
    }

    async fn create(&self, draft: &WebhookDraft, secret: Option<&str>) -> Result<SiteWebhook, TrackerError> {
        check(draft)?;
        let switch = self.switch_column().await?;
        let others = self.automations(switch).await?;
        self.refuse_too_many(&others, switch)?;
        let filter = compose(&draft.subscription, &draft.projects, &self.types)?.to_string();
        let new = || Uuid::new_v4().to_string();
        let (automation, trigger, action) = (new(), new(), new());
        let data = |pairs: Value| pairs.as_object().cloned().unwrap_or_default();
        let mut headers = BTreeMap::new();
        if let Some(secret) = secret {
            headers.insert(SECRET_HEADER.to_owned(), Value::from(secret));
        }
        let of_action =
            json!({"automation_id": automation, "webhook_url": draft.url, "headers": json!(headers).to_string()});
        self.wire
            .ask(vec![
                create(AUTOMATION, &automation, data(json!({"name": draft.name}))),
                create(
                    TRIGGER,
                    &trigger,
                    data(json!({"automation_id": automation, "filter": filter})),
                ),
                create(ACTION, &action, data(of_action)),
            ])
            .await?;
        let (whole, _, switch) = self.whole(&automation).await?;
        self.webhook(&whole, switch)
            .ok_or_else(|| self.wire.unreadable("no webhook"))
    }

    /// A new secret goes into the header that is there, or into ours where there is none or several; other headers stay.
    async fn change(
        &self,
        id_wanted: &str,
        draft: &WebhookDraft,
        secret: Option<&str>,
    ) -> Result<SiteWebhook, TrackerError> {
        check(draft)?;
        let (whole, ..) = self.whole(id_wanted).await?;
        let filter = compose(&draft.subscription, &draft.projects, &self.types)?.to_string();
        let one = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), Value::from(*v)))
                .collect::<Row>()
        };
        let mut operations = vec![update(AUTOMATION, id_wanted, one(&[("name", &draft.name)]))];
        match whole.triggers.first().and_then(id) {
            Some(trigger) => operations.push(update(TRIGGER, trigger, one(&[("filter", &filter)]))),
            None => {
                let data = one(&[("automation_id", id_wanted), ("filter", &filter)]);
                operations.push(create(TRIGGER, &Uuid::new_v4().to_string(), data));
            }
        }
        // Any filter of an Automation sets it off: a second one would let through what is not wanted any more.
        let others = whole.triggers.iter().skip(1).filter_map(id);
        operations.extend(others.map(|trigger| delete(TRIGGER, trigger)));
        let action = whole.actions.first().ok_or(TrackerError::NotFound)?;
        let action_id = id(action).ok_or(TrackerError::NotFound)?;
        let mut data = one(&[("webhook_url", &draft.url)]);
        if let Some(secret) = secret {
            data.insert("headers".into(), with_secret(headers(action), secret).into());
        }
        operations.push(update(ACTION, action_id, data));
        self.wire.ask(operations).await?;
        let (whole, _, switch) = self.whole(id_wanted).await?;
        self.webhook(&whole, switch)
            .ok_or_else(|| self.wire.unreadable("no webhook"))
    }

    async fn switch(&self, id_wanted: &str, on: bool) -> Result<SiteWebhook, TrackerError> {
        let (_, others, switch) = self.whole(id_wanted).await?;
        let column = switch.ok_or(TrackerError::NotOffered(
            "switch for a webhook that could be reached from here. Switch it there, in System settings, Advanced, Webhooks",
        ))?;
        if on {
            self.refuse_too_many(&others, switch)?;
        }
        let data = Row::from_iter([(column.to_owned(), Value::Bool(on))]);
        self.wire.ask(vec![update(AUTOMATION, id_wanted, data)]).await?;
        let (whole, ..) = self.whole(id_wanted).await?;
        self.webhook(&whole, switch)
            .ok_or_else(|| self.wire.unreadable("no webhook"))
    }

    async fn delete(&self, id_wanted: &str) -> Result<(), TrackerError> {
        let (whole, ..) = self.whole(id_wanted).await?;
        let actions = whole.actions.iter().filter_map(id).map(|one| delete(ACTION, one));
        let triggers = whole.triggers.iter().filter_map(id).map(|one| delete(TRIGGER, one));
        let automation = delete(AUTOMATION, id_wanted);
        self.wire
            .ask(actions.chain(triggers).chain([automation]).collect())
            .await
            .map(drop)
    }

    async fn test(&self, _id: &str) -> Result<(), TrackerError> {
        Err(TrackerError::NotOffered(
            "test deliveries. Change a status there and see whether it arrives",
        ))
    }

    async fn deliveries(&self, _id: &str, _asked: &DeliveriesAsked) -> Result<Deliveries, TrackerError> {
        Err(TrackerError::NotOffered("record of its deliveries"))
    }

    async fn redeliver(&self, _delivery: &str) -> Result<(), TrackerError> {
        Err(TrackerError::NotOffered(
            "record of its deliveries, from which one could be made again",
        ))
    }

    async fn acknowledge(&self, _delivery: &str, _text: &str) -> Result<(), TrackerError> {
        Err(TrackerError::NotOffered(
            "record of its deliveries, to which an outcome could be written",
        ))
    }

    async fn filter(&self, draft: &WebhookDraft) -> Result<Option<DeliveryFilter>, TrackerError> {
        let types = Query::select(&["id", "name"], "ObjectType")?;
        for row in self.wire.rows(types).await? {
            if let (Some(id), Some(name)) = (id(&row), text(&row, "name")) {
                self.types.learn(id, name);
            }
        }
        let trigger = compose(&draft.subscription, &draft.projects, &self.types)?;
        let text = trigger.to_string();
        // What is sent is what the site will read, so that is what is tried.
        let read = Trigger::parse(&text).map_err(|mistake| TrackerError::NotSettable {
            field: "filter".to_owned(),
            why: mistake.to_string(),
        })?;
        Ok(Some(DeliveryFilter::new(text, move |event| read.holds(event))))
    }

    /// Private projects: the user that ftrack made for its webhooks sees none unless it is let in.
    async fn left_out(&self) -> Result<Vec<EntityRef>, TrackerError> {
        let query = Query::select(&["id", "name", "full_name", "is_private"], PROJECT)?.is("status", "active");
        let rows = self.wire.rows(query).await?;
        let private = rows
            .iter()
            .filter(|row| row.get("is_private").and_then(Value::as_bool) == Some(true));
        Ok(private.filter_map(project).collect())
    }
}

/// What the site would refuse, in words of what to do.
fn check(draft: &WebhookDraft) -> Result<(), TrackerError> {
    let not = |field: &str, why: &str| {
        Err(TrackerError::NotSettable {
            field: field.to_owned(),
            why: why.to_owned(),
        })
    };
    let url = Url::parse(&draft.url).ok();
    let is_safe = url.as_ref().is_some_and(|url| url.scheme() == "https");
    // A practice site on this very machine takes its own.
    let is_here = url.as_ref().and_then(Url::host_str).is_some_and(|host| {
        let address: Option<std::net::IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        host == "localhost" || address.is_some_and(|address| address.is_loopback())
    });
    if !is_safe && !is_here {
        return not(
            "address",
            "ftrack delivers to https:// addresses alone. Set a public address that begins so",
        );
    }
    if draft.batched {
        return not("batched", "ftrack sends each event by itself");
    }
    if !draft.validates_certificate {
        return not(
            "certificate check",
            "ftrack always checks the certificate of the address",
        );
    }
    Ok(())
}

/// The headers of an action, which stand in it as a text that holds JSON.
fn headers(action: &Row) -> BTreeMap<String, Value> {
    match action.get("headers") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(Value::Object(headers)) => headers.clone().into_iter().collect(),
        _ => BTreeMap::new(),
    }
}

fn with_secret(mut headers: BTreeMap<String, Value>, secret: &str) -> String {
    let ours = headers
        .keys()
        .find(|name| name.eq_ignore_ascii_case(SECRET_HEADER))
        .cloned();
    let only = headers.keys().next().filter(|_| headers.len() == 1).cloned();
    let name = ours.or(only).unwrap_or_else(|| SECRET_HEADER.to_owned());
    headers.insert(name, secret.into());
    json!(headers).to_string()
}
