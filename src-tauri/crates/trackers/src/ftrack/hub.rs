//! The event hub: a socket.io 0.9 connection that rings when something changes. It remembers nothing, so it is a doorbell and no
//! ledger: what it rings for is read from the API. Facts: ftrack's own Python client.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callboard_model::{EntityId, EntityKey, EntityRef, EntityType, StatusCode};
use futures::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use uuid::Uuid;

use super::record::reference;
use super::types::USER;
use super::wire::Wire;
use crate::TrackerError;
use crate::comparison::{Ring, Rung};

/// A hub that is silent for longer than this is gone: it sends a heartbeat every minute at least.
const SILENT_FOR: Duration = Duration::from_secs(150);
const EVENT: &str = "ftrack.event";
const TOPIC: &str = "ftrack.update";

/// What a frame of socket.io 0.9 says, `code:id:endpoint:data`.
#[derive(Debug, PartialEq, Eq)]
pub enum HubFrame<'f> {
    /// The hub is there, and waits for a subscription.
    Connected,
    /// It is to be answered.
    Heartbeat,
    /// Statuses were changed; none where the event is of something else.
    Rang(Vec<Rung>),
    /// The packet of this number was taken.
    Taken(&'f str),
    /// The hub ends the connection.
    Gone,
    /// Something that is for others.
    Other,
}

/// Reads a frame of the event hub. What is none is [`HubFrame::Other`].
#[must_use]
pub fn hub_frame(text: &str) -> HubFrame<'_> {
    let mut parts = text.splitn(4, ':');
    let code = parts.next().unwrap_or_default();
    let data = parts.nth(2).unwrap_or_default();
    match code {
        "0" | "7" => HubFrame::Gone,
        "1" => HubFrame::Connected,
        "2" => HubFrame::Heartbeat,
        "5" => serde_json::from_str(data).map_or(HubFrame::Other, |event| HubFrame::Rang(rung(&event))),
        "6" => HubFrame::Taken(data.split('+').next().unwrap_or_default()),
        _ => HubFrame::Other,
    }
}

/// What is rung for: the things whose status an event says was changed.
fn rung(data: &Value) -> Vec<Rung> {
    let event = data.pointer("/args/0").unwrap_or(&Value::Null);
    if event.get("topic").and_then(Value::as_str) != Some(TOPIC) {
        return Vec::new();
    }
    let id_of = |at: &str| event.pointer(at).and_then(Value::as_str).filter(|id| !id.is_empty());
    let by = id_of("/data/user/userid").or_else(|| id_of("/source/user/id"));
    let by: Option<EntityRef> = by.map(|id| match id_of("/data/user/name") {
        Some(name) => reference(USER, id).named(name),
        None => reference(USER, id),
    });
    let entities = event.pointer("/data/entities").and_then(Value::as_array);
    let changed = |entity: &Value| {
        let text = |name: &str| entity.get(name).and_then(Value::as_str);
        let change = entity
            .pointer("/changes/statusid")
            .filter(|_| text("action") == Some("update"))?;
        let kind = match text("entityType")? {
            "assetversion" => EntityType::VERSION,
            "task" => text("entity_type")?,
            _ => return None,
        };
        Some(Rung {
            entity: EntityKey::new(kind, EntityId::Text(text("entityId")?.to_owned())),
            was: change.get("old").and_then(Value::as_str).map(StatusCode::from),
            status: change.get("new").and_then(Value::as_str).map(StatusCode::from),
            by: by.clone(),
        })
    };
    entities.into_iter().flatten().filter_map(changed).collect()
}

impl Wire {
    /// Listens until the connection ends. Errors when there is none to be had.
    pub(super) async fn listen(&self, to: &mpsc::Sender<Ring>) -> Result<(), TrackerError> {
        let request = self.signed(self.http().request(Method::GET, "/socket.io/1/"))?;
        let response = self.http().send(request).await?;
        if let Some(down) = self.http().down(&response) {
            return Err(down);
        }
        let told = response
            .text()
            .await
            .map_err(|_| self.unreadable("the hub's answer broke off"))?;
        let mut parts = told.split(':');
        let session = parts
            .next()
            .filter(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'));
        let (Some(session), true) = (session, told.contains("websocket")) else {
            return Err(self.unreadable("the hub has no websocket"));
        };
        let key = STANDARD.encode(Uuid::new_v4().as_bytes());
        let request = self.signed(self.http().upgrade(&format!("/socket.io/1/websocket/{session}"), &key))?;
        let response = self.http().send(request).await?;
        let upgraded = response
            .upgrade()
            .await
            .map_err(|_| self.unreadable("the hub does not take a websocket"))?;
        let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await;
        loop {
            let Ok(Some(Ok(message))) = tokio::time::timeout(SILENT_FOR, socket.next()).await else {
                return Ok(());
            };
            let Message::Text(text) = message else { continue };
            let answer = match hub_frame(&text) {
                HubFrame::Connected => Some(self.subscription()),
                HubFrame::Heartbeat => Some("2::".to_owned()),
                HubFrame::Taken("1") => {
                    if to.send(Ring::Open).await.is_err() {
                        return Ok(());
                    }
                    None
                }
                HubFrame::Rang(rung) => {
                    if !rung.is_empty() && to.send(Ring::Changed(rung)).await.is_err() {
                        return Ok(());
                    }
                    None
                }
                HubFrame::Gone => return Ok(()),
                HubFrame::Taken(_) | HubFrame::Other => None,
            };
            if let Some(answer) = answer
                && socket.send(Message::text(answer)).await.is_err()
            {
                return Ok(());
            }
        }
    }

    fn subscription(&self) -> String {
        let id = Uuid::new_v4().simple().to_string();
        let event = json!({
            "topic": "ftrack.meta.subscribe", "id": Uuid::new_v4().simple().to_string(), "target": "",
            "inReplyToEvent": null, "source": {"id": id, "user": {"username": self.user()}},
            "data": {"subscriber": {"id": id}, "subscription": format!("topic={TOPIC}")},
        });
        format!("5:1+::{}", json!({"name": EVENT, "args": [event]}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(entity: &Value) -> Value {
        json!({"name": EVENT, "args": [{"topic": TOPIC, "data": {"user": {"userid": "u1", "name": "Amara Okafor"},
            "entities": [entity]}}]})
    }

    #[test]
    fn a_change_of_status_rings_for_what_changed_and_says_who_it_was() {
        let change = json!({"statusid": {"old": "a", "new": "b"}});
        for (entity_type, own, kind) in [
            ("task", "Shot", "Shot"),
            ("task", "Task", "Task"),
            ("assetversion", "AssetVersion", "Version"),
        ] {
            let event = update(
                &json!({"entityType": entity_type, "entity_type": own, "entityId": "x", "action": "update",
                "keys": ["statusid"], "changes": change}),
            );
            let rung = rung(&event);
            assert_eq!(rung.len(), 1, "{event}");
            assert_eq!(rung[0].entity, EntityKey::new(kind, EntityId::Text("x".into())));
            assert_eq!(rung[0].was, Some(StatusCode::from("a")));
            assert_eq!(rung[0].status, Some(StatusCode::from("b")));
            assert_eq!(
                rung[0].by.as_ref().and_then(|by| by.name.as_deref()),
                Some("Amara Okafor")
            );
        }
    }

    #[test]
    fn nothing_else_rings() {
        let other = json!({"entityType": "task", "entity_type": "Task", "entityId": "x", "action": "update",
            "keys": ["name"], "changes": {"name": {"old": "a", "new": "b"}}});
        assert!(rung(&update(&other)).is_empty());
        let made = json!({"entityType": "task", "entity_type": "Task", "entityId": "x", "action": "add",
            "changes": {"statusid": {"new": "b"}}});
        assert!(rung(&update(&made)).is_empty());
        assert!(rung(&json!({"name": EVENT, "args": []})).is_empty());
    }

    #[test]
    fn frames_are_told_apart() {
        assert_eq!(hub_frame("1::"), HubFrame::Connected);
        assert_eq!(hub_frame("2::"), HubFrame::Heartbeat);
        assert_eq!(hub_frame("6:::1+[{\"success\":true}]"), HubFrame::Taken("1"));
        assert_eq!(hub_frame("5:::{\"a\":\"b:c\"}"), HubFrame::Rang(Vec::new()));
        assert_eq!(hub_frame("0::"), HubFrame::Gone);
        assert_eq!(hub_frame("5:::no"), HubFrame::Other);
        assert_eq!(hub_frame(""), HubFrame::Other);
    }
}
