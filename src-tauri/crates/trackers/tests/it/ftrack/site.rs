//! A site that answers operations as a test tells it to, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use callboard_model::{Clock, EntityId, EntityKey, SystemClock};
use callboard_trackers::ftrack::{Ftrack, UserKey};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "k3y-of-the-user";

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) user: String,
    pub(crate) key: String,
    pub(crate) strict: String,
    pub(crate) options: String,
    pub(crate) operations: Vec<Value>,
}

impl Asked {
    /// The expressions among its operations.
    pub(crate) fn expressions(&self) -> Vec<String> {
        let text = |operation: &Value| Some(operation.get("expression")?.as_str()?.to_owned());
        self.operations.iter().filter_map(text).collect()
    }
}

/// What it answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

pub(crate) fn answer(body: &Value) -> Answer {
    Answer {
        status: 200,
        body: body.to_string(),
    }
}

/// An error object, as the site has it.
pub(crate) fn complaint(status: u16, exception: &str, content: &str) -> Answer {
    let body = json!({"exception": exception, "content": content, "error_code": null}).to_string();
    Answer { status, body }
}

/// Rows for each query by a part of its expression, the first that fits; an empty list for any other. What is no query is done.
pub(crate) fn rows(asked: &Asked, of: &[(&str, Value)]) -> Answer {
    let results = asked.operations.iter().map(|operation| {
        let Some(expression) = operation["expression"].as_str() else {
            return json!({"action": operation["action"], "data": operation["entity_data"]});
        };
        let found = of.iter().find(|(part, _)| expression.contains(part));
        let data = found.map_or_else(|| json!([]), |(_, rows)| rows.clone());
        json!({"action": "query", "data": data, "metadata": {"next": {"offset": null}}})
    });
    answer(&results.collect())
}

/// A site that has these object types and nothing else.
pub(crate) fn object_types() -> Answer {
    let data = json!([
        {"__entity_type__": "ObjectType", "id": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", "name": "Task"},
        {"__entity_type__": "ObjectType", "id": "bad911de-3bd6-47b9-8b46-3476e237cb36", "name": "Shot"},
        {"__entity_type__": "ObjectType", "id": "0b000000-0000-4000-8000-00000000000b", "name": "Asset Build"},
    ]);
    answer(&json!([{"action": "query", "data": data, "metadata": {"next": {"offset": null}}}]))
}

pub(crate) struct Site {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Site {
    /// Answers by `answer`, which also hears how many requests came before.
    pub(crate) async fn start(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (heard, answer) = (Arc::clone(&asked), Arc::new(answer));
        let router = Router::new().fallback(move |request: Request| {
            let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
            async move {
                let one = take(request).await;
                let before = {
                    let mut heard = heard.lock().unwrap();
                    heard.push(one.clone());
                    heard.len() - 1
                };
                let answer = answer(&one, before);
                let response = Response::builder().status(answer.status);
                let response = response.header("content-type", "application/json");
                response.body(axum::body::Body::from(answer.body)).unwrap()
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    pub(crate) fn client(&self) -> Ftrack {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let who = UserKey {
            user: "ada@studio.example".into(),
            key: KEY.into(),
        };
        Ftrack::new(&self.url, who, clock).unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Everything that was asked besides queries.
    pub(crate) fn written(&self) -> Vec<Value> {
        let operations = self.asked().into_iter().flat_map(|asked| asked.operations);
        operations
            .filter(|operation| operation["action"] != "query" && operation["action"] != "query_schemas")
            .collect()
    }
}

async fn take(request: Request) -> Asked {
    let (head, body) = request.into_parts();
    let header = |name: &str| {
        head.headers
            .get(name)
            .map(|v| v.to_str().unwrap().to_owned())
            .unwrap_or_default()
    };
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Asked {
        path: format!("{} {}", head.method, head.uri.path()),
        user: header("ftrack-user"),
        key: header("ftrack-api-key"),
        strict: header("ftrack-strict-api"),
        options: header("ftrack-api-options"),
        operations: serde_json::from_slice(&bytes).unwrap(),
    }
}

pub(crate) fn key(kind: &str, id: &str) -> EntityKey {
    EntityKey::new(kind, EntityId::Text(id.into()))
}

pub(crate) fn task(id: &str, parent: &str, step: &str, order: i64) -> Value {
    json!({
        "__entity_type__": "Task", "id": id, "name": step, "status_id": "wip", "type_id": format!("type-{step}"),
        "type": {"__entity_type__": "Type", "id": format!("type-{step}"), "name": step, "sort": order},
        "object_type_id": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", "project_id": "p1", "parent_id": parent,
        "parent": {"__entity_type__": "Shot", "id": parent, "name": "sh010"},
    })
}

pub(crate) fn shot(id: &str, name: &str) -> Value {
    json!({
        "__entity_type__": "Shot", "id": id, "name": name, "status_id": "wip", "type_id": null, "type": null,
        "object_type_id": "bad911de-3bd6-47b9-8b46-3476e237cb36", "project_id": "p1", "parent_id": "seq1",
        "parent": {"__entity_type__": "Sequence", "id": "seq1", "name": "sq010"},
    })
}

pub(crate) fn version(id: &str, number: i64, task: Option<&str>) -> Value {
    json!({
        "__entity_type__": "AssetVersion", "id": id, "version": number, "status_id": "rev", "task_id": task,
        "date": {"__type__": "datetime", "value": "2024-05-01T09:00:00"},
        "task": task.map(|id| json!({"__entity_type__": "Task", "id": id, "project_id": "p1"})),
        "asset": {
            "__entity_type__": "Asset", "name": "comp", "context_id": "s1",
            "parent": {"__entity_type__": "Shot", "id": "s1", "name": "sh010"},
        },
    })
}
