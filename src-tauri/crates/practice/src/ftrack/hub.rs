//! The event hub: socket.io 0.9 over a websocket, which tells whoever listens what changes, and remembers nothing. ftrack: event
//! hub.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokio::sync::broadcast;
use uuid::Uuid;

use super::api::signed_in;
use super::operations::{Happening, Operation};
use super::schema::legacy;
use super::show::{Show, column, text};
use super::types::CONTEXTS;
use crate::site::Site;

const HEARTBEAT: Duration = Duration::from_secs(25);
/// Events that a slow listener may be behind.
const BEHIND: usize = 4_096;

/// What goes to the listeners.
#[derive(Clone, Debug)]
enum Word {
    Event(Arc<str>),
    /// The line is cut.
    Cut,
}

/// Who has knocked, and the way to all who listen.
#[derive(Debug)]
pub(super) struct Hub {
    sessions: HashSet<String>,
    words: broadcast::Sender<Word>,
    /// Nobody gets in.
    pub(super) closed: bool,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            sessions: HashSet::new(),
            words: broadcast::Sender::new(BEHIND),
            closed: false,
        }
    }
}

impl Hub {
    pub(super) fn listeners(&self) -> usize {
        self.words.receiver_count()
    }

    /// Cuts every connection.
    pub(super) fn cut(&self) {
        let _ = self.words.send(Word::Cut);
    }

    /// Tells what happened, with the names that columns have here.
    pub(super) fn tell(&self, show: &Show, who: &str, happening: &Happening) {
        if self.listeners() == 0 {
            return;
        }
        let is_there = happening.operation != Operation::Delete;
        let row = if is_there { &happening.new } else { &happening.old };
        let names = happening
            .new
            .iter()
            .chain(&happening.old)
            .map(|(name, _)| name.as_str());
        let mut changes = Map::new();
        for name in names {
            let (old, new) = (column(&happening.old, name), column(&happening.new, name));
            if old != new {
                changes.insert(legacy(name).to_owned(), json!({"old": old, "new": new}));
            }
        }
        let entity_type = match (happening.kind.table, happening.kind.name) {
            (CONTEXTS, _) => "task".to_owned(),
            (_, "Project") => "show".to_owned(),
            (_, name) => name.to_lowercase(),
        };
        let action = match happening.operation {
            Operation::Create => "add",
            Operation::Update => "update",
            Operation::Delete => "remove",
        };
        let parent = if entity_type == "assetversion" {
            column(row, "asset_id")
        } else {
            column(row, "parent_id")
        };
        let user = show.find("User", who);
        let username = user.map(|user| text(user.row, "username")).unwrap_or_default();
        let name = user.map(|user| format!("{} {}", text(user.row, "first_name"), text(user.row, "last_name")));
        let event = json!({
            "id": Uuid::new_v4().simple().to_string(), "topic": "ftrack.update", "target": "", "inReplyToEvent": null,
            "source": {"id": "practice", "user": {"id": who, "username": username}},
            "data": {
                "user": {"userid": who, "name": name.as_deref().map(str::trim)},
                "entities": [{
                    "entityType": entity_type, "entity_type": happening.kind.name, "entityId": column(row, "id"),
                    "objectTypeId": column(row, "object_type_id"), "parentId": parent, "action": action,
                    "keys": changes.keys().collect::<Vec<_>>(), "changes": changes,
                    "parents": parents(show, happening, row),
                }],
            },
        });
        let frame = format!("5:::{}", json!({"name": "ftrack.event", "args": [event]}));
        let _ = self.words.send(Word::Event(frame.into()));
    }
}

/// The entity and what stands above it, up to the project.
fn parents(show: &Show, happening: &Happening, row: &super::show::Row) -> Value {
    let mut steps = vec![
        json!({"entityId": column(row, "id"), "entityType": happening.kind.name.to_lowercase(),
        "parentId": column(row, "parent_id")}),
    ];
    let mut at = show.find("Context", text(row, "parent_id"));
    while let Some(found) = at {
        let entity_type = if found.kind.table == CONTEXTS { "task" } else { "show" };
        steps.push(
            json!({"entityId": found.id(), "entityType": entity_type, "parentId": column(found.row, "parent_id")}),
        );
        at = show.find("Context", text(found.row, "parent_id"));
    }
    Value::Array(steps)
}

/// `GET /socket.io/1/`: a session for whoever has the key, in the headers or in the query.
pub(crate) async fn handshake(
    State(site): State<Arc<Site>>,
    Query(query): Query<std::collections::HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if site.lock().faults.down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let told = |name: &str| {
        let header = headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        header.or_else(|| query.get(name).cloned()).unwrap_or_default()
    };
    let mut workspace = site.ftrack.lock();
    if workspace.hub.closed {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if signed_in(&workspace, &told("ftrack-user"), &told("ftrack-api-key")).is_err() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let session = Uuid::new_v4().simple().to_string();
    workspace.hub.sessions.insert(session.clone());
    format!("{session}:60:60:websocket,xhr-polling").into_response()
}

/// `GET /socket.io/1/websocket/SESSION`.
pub(crate) async fn socket(
    State(site): State<Arc<Site>>,
    Path(session): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !site.ftrack.lock().hub.sessions.remove(&session) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    upgrade.on_upgrade(move |socket| serve(site, socket))
}

async fn serve(site: Arc<Site>, mut socket: WebSocket) {
    if socket.send(Message::text("1::")).await.is_err() {
        return;
    }
    // Nobody is told anything before they have subscribed.
    let mut words: Option<broadcast::Receiver<Word>> = None;
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    loop {
        let word = async {
            match &mut words {
                Some(words) => words.recv().await,
                None => std::future::pending().await,
            }
        };
        let answer = tokio::select! {
            word = word => match word {
                Ok(Word::Event(frame)) => Some(frame.to_string()),
                Ok(Word::Cut) | Err(broadcast::error::RecvError::Closed) => return,
                // What a slow listener missed is gone.
                Err(broadcast::error::RecvError::Lagged(_)) => None,
            },
            _ = heartbeat.tick() => Some("2::".to_owned()),
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    if words.is_none() && subscribes(&text) {
                        words = Some(site.ftrack.lock().hub.words.subscribe());
                    }
                    taken(&text)
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => None,
            },
            () = site.cancel.cancelled() => return,
        };
        if let Some(answer) = answer
            && socket.send(Message::text(answer)).await.is_err()
        {
            return;
        }
    }
}

/// Does this frame ask for what changes?
fn subscribes(frame: &str) -> bool {
    let data = frame.splitn(4, ':').nth(3).filter(|_| frame.starts_with('5'));
    let packet: Option<Value> = data.and_then(|data| serde_json::from_str(data).ok());
    let event = packet.as_ref().and_then(|packet| packet.pointer("/args/0"));
    let is = |event: &Value| {
        let subscription = event
            .pointer("/data/subscription")
            .and_then(Value::as_str)
            .unwrap_or_default();
        event.get("topic") == Some(&json!("ftrack.meta.subscribe"))
            && (subscription.contains("topic=ftrack.update") || subscription.contains("topic=*"))
    };
    event.is_some_and(is)
}

/// The acknowledgement of a packet that asks for one.
fn taken(frame: &str) -> Option<String> {
    let number = frame.strip_prefix("5:")?.split(':').next()?.strip_suffix('+')?;
    Some(format!("6:::{number}+{}", json!([{"success": true}])))
}
