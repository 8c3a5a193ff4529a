//! `callboard send`.

use std::path::PathBuf;

use callboard_model::{Clock, SystemClock};
use callboard_trackers::{creative_force, ftrack, shotgrid};
use clap::ValueEnum;
use serde_json::json;

use crate::{Failure, mistake, print};

#[derive(clap::Args)]
pub(crate) struct SendArgs {
    /// The hook's address: http://127.0.0.1:8787/hooks/NAME
    #[arg(long)]
    to: String,
    /// The hook's secret token
    #[arg(long, env = "CALLBOARD_SECRET", hide_env_values = true)]
    secret: String,
    /// The body, sent byte for byte; without it, what the site's test button sends, or where it has none, an event that starts nothing
    #[arg(long)]
    file: Option<PathBuf>,
    /// A custom header to send with it, as NAME=VALUE (repeatable)
    #[arg(long = "header", value_name = "NAME=VALUE")]
    headers: Vec<String>,
    /// Whose signature, or whose way to show a secret
    #[arg(long, value_enum, default_value_t = Kind::Shotgrid)]
    kind: Kind,
    /// ftrack: the header that carries the secret
    #[arg(long, default_value = ftrack::SECRET_HEADER)]
    secret_header: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Shotgrid,
    Ftrack,
    #[value(name = "creative_force")]
    CreativeForce,
}

pub(crate) async fn run(args: SendArgs) -> Result<(), Failure> {
    let body = match &args.file {
        Some(path) => std::fs::read(path).map_err(|e| mistake(format!("{} cannot be read: {e}", path.display())))?,
        None => match args.kind {
            Kind::Shotgrid => test_connection(),
            Kind::Ftrack => change_of_nothing(),
            Kind::CreativeForce => logged_in(),
        },
    };
    let (header, shown) = match args.kind {
        Kind::Shotgrid => (shotgrid::SIGNATURE_HEADER, shotgrid::sign(&args.secret, &body)),
        Kind::Ftrack => (args.secret_header.as_str(), args.secret.clone()),
        Kind::CreativeForce => (
            creative_force::SIGNATURE_HEADER,
            creative_force::sign(&args.secret, &body),
        ),
    };
    // Another provider may be installed already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut request = reqwest::Client::new()
        .post(&args.to)
        .header("content-type", "application/json; charset=utf-8")
        .header(header, shown);
    for header in &args.headers {
        let pair = header.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) = pair.ok_or_else(|| mistake(format!("\"{header}\" is not NAME=VALUE")))?;
        request = request.header(name, value);
    }
    let answer = request
        .body(body)
        .send()
        .await
        .map_err(|e| mistake(format!("{} did not answer: {}", args.to, cause(&e))))?;
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    print(
        &mut std::io::stdout(),
        &json!({"status": status.as_u16(), "body": text}),
    )?;
    if status.is_success() {
        Ok(())
    } else {
        Err(Failure::Check)
    }
}

pub(crate) fn cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), cause)
}

/// Creative Force has no test button: the least that its people do.
fn logged_in() -> Vec<u8> {
    let nobody = uuid::Uuid::nil();
    json!({
        "Action": "UserLoggedIn", "EventGroupName": "user", "PayloadId": uuid::Uuid::new_v4(),
        "EventDatetimeUtc": SystemClock.now().as_millisecond(), "UserId": nobody, "Actor": {"UserId": nobody},
    })
    .to_string()
    .into_bytes()
}

fn test_connection() -> Vec<u8> {
    let now = SystemClock.now();
    let delivery = uuid::Uuid::new_v4();
    json!({
        "data": {
            "id": "0.0.0", "event_log_entry_id": 0, "event_type": "Test_Connection", "operation": "update",
            "meta": {"type": "test_connection"}, "delivery_id": delivery,
            "created_at": now.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string(),
        },
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
    .to_string()
    .into_bytes()
}

/// ftrack has no test: a Task that nobody has, of which nothing changed, starts nothing.
fn change_of_nothing() -> Vec<u8> {
    let id = uuid::Uuid::new_v4();
    let row = json!({"id": id, "object_type_id": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", "name": "callboard send"});
    json!({
        "id": uuid::Uuid::new_v4(), "fez_id": "ftrack_entity_event_v1",
        "metadata": {"date": SystemClock.now().to_string()},
        "entity": {"id": [id], "entity_type": "Task", "operation": "update", "new": row, "old": row},
    })
    .to_string()
    .into_bytes()
}
