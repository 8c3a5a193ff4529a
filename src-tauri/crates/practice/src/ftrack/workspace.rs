//! The workspace as it runs: calls are committed to it, and what they change is told.

use std::collections::HashSet;

use serde_json::Value;

use super::automations::{self, Courier, Telling};
use super::control::FtrackWrite;
use super::errors::Fault;
use super::hub::Hub;
use super::operations::Transaction;
use super::schema::{documents, hash};
use super::seed::Names;
use super::show::{Show, column, text};
use crate::weather::Weather;

/// Everything that the ftrack side of the site knows.
pub(crate) struct Workspace {
    pub(super) show: Show,
    pub(super) names: Names,
    pub(super) courier: Courier,
    pub(super) hub: Hub,
    pub(super) writes: Vec<FtrackWrite>,
    /// The private projects that the service user of the webhooks has been let into.
    pub(super) let_in: HashSet<String>,
    pub(super) shots_as: String,
    pub(super) people_paused: bool,
    /// Columns that nobody may write: type and name.
    pub(super) forbidden: HashSet<(String, String)>,
}

/// A call: what it asks for, who asks, and under which circumstances.
pub(super) struct Call<'c> {
    pub(super) operations: &'c [Value],
    /// The id of the user.
    pub(super) who: &'c str,
    pub(super) by_api: bool,
    /// The caller asked for every entity in full, however often it comes up.
    pub(super) repeats: bool,
    pub(super) url: &'c str,
}

impl Workspace {
    /// All operations of a call, or none. What they changed is told once all of them are done.
    pub(super) fn commit(&mut self, call: &Call<'_>, mut weather: impl FnMut() -> Weather) -> Result<Value, Fault> {
        let mut transaction = Transaction {
            show: &mut self.show,
            who: call.who.to_owned(),
            happenings: Vec::new(),
        };
        let mut results = Vec::new();
        let mut done = Ok(());
        for operation in call.operations {
            let result = match operation.get("action").and_then(Value::as_str).unwrap_or_default() {
                "query" => {
                    let expression = operation.get("expression").and_then(Value::as_str).unwrap_or_default();
                    transaction.show.query(expression, call.repeats)
                }
                "query_server_information" => Ok(server_information()),
                "query_schemas" => Ok(documents()),
                "create" => transaction.create(operation),
                "update" => forbidden(&self.forbidden, operation).and_then(|()| transaction.update(operation)),
                "delete" => transaction.delete(operation),
                other => Err(Fault::invalid(format!("There is no action \"{other}\"."))),
            };
            match result {
                Ok(result) => results.push(result),
                Err(fault) => {
                    done = Err(fault);
                    break;
                }
            }
        }
        let happenings = std::mem::take(&mut transaction.happenings);
        let done = done.and_then(|()| automations::check(&self.show, &happenings));
        if let Err(fault) = done {
            self.show.undo();
            return Err(fault);
        }
        self.show.keep();
        if call.by_api {
            self.writes.extend(
                call.operations
                    .iter()
                    .filter_map(|operation| FtrackWrite::of(operation, call.who)),
            );
        }
        let telling = Telling {
            who: call.who,
            url: call.url,
            let_in: &self.let_in,
            shots_as: &self.shots_as,
        };
        for happening in &happenings {
            self.hub.tell(&self.show, call.who, happening);
            automations::tell(&self.show, &mut self.courier, &telling, happening, weather());
        }
        Ok(Value::Array(results))
    }

    /// The id of the active user with this name.
    pub(super) fn user(&self, username: &str) -> Option<String> {
        let mut users = self.show.with("User", "username", username);
        let user = users.find(|user| column(user.row, "is_active") == Value::Bool(true))?;
        Some(user.id().to_owned())
    }

    /// The name of the status of an entity, and its id.
    pub(super) fn status(&self, kind: &str, id: &str) -> Option<(String, String)> {
        let status = text(self.show.find(kind, id)?.row, "status_id");
        let found = self.show.find("Status", status)?;
        Some((status.to_owned(), text(found.row, "name").to_owned()))
    }
}

fn forbidden(columns: &HashSet<(String, String)>, operation: &Value) -> Result<(), Fault> {
    let kind = operation.get("entity_type").and_then(Value::as_str).unwrap_or_default();
    let data = operation.get("entity_data").and_then(Value::as_object);
    for name in data.into_iter().flat_map(serde_json::Map::keys) {
        if columns.contains(&(kind.to_owned(), name.clone())) {
            return Err(Fault::forbidden(format!(
                "You are not permitted to update {name} of a {kind}."
            )));
        }
    }
    Ok(())
}

fn server_information() -> Value {
    serde_json::json!({
        "version": "25.10.0", "schema_hash": hash(), "is_timezone_support_enabled": true,
        "storage_scenario": {"scenario": "ftrack.automatic", "data": {}},
    })
}

/// Does a call change anything?
pub(super) fn writes(operations: &[Value]) -> bool {
    let is_write = |operation: &Value| {
        matches!(
            operation.get("action").and_then(Value::as_str),
            Some("create" | "update" | "delete")
        )
    };
    operations.iter().any(is_write)
}
