//! What can be found out about a ShotGrid site before it is trusted.

use async_trait::async_trait;
use callboard_model::{EntityKey, EntityRef, EntityType, StatusCode};
use reqwest::StatusCode as Http;
use serde_json::{Map, Value, json};

use super::STATUS_FIELD;
use super::client::{ShotGrid, property};
use super::record::{flat, key, link};
use super::search::Search;
use super::wire::{Call, JSON, in_address, title};
use crate::{Account, Examination, Permission, SiteCard, Tracker, TrackerError, VersionLinks};

/// An id that no entity has: a batch that holds it always rolls back (ShotGrid REST: batch).
const NOBODY: i64 = 999_999_999;
/// Versions that are looked at for their Tasks.
const VERSIONS: usize = 100;

impl ShotGrid {
    /// The newest entities of a type, as flat records.
    async fn newest(&self, kind: &str, field: &str, count: usize) -> Result<Vec<Map<String, Value>>, TrackerError> {
        let fields = [field.to_owned()];
        let mut search = Search::new(kind, json!([]), &fields);
        search.sort = Some("-id");
        search.page = count;
        Ok(self.page(&search, 1).await?.iter().filter_map(flat).collect())
    }

    /// The names under which a part of the schema stands.
    async fn schema_names(&self, path: &str) -> Result<Map<String, Value>, TrackerError> {
        match self.wire.data(Call::get(path)).await? {
            Value::Object(names) => Ok(names),
            _ => Err(self.wire.unreadable("no schema")),
        }
    }
}

#[async_trait]
impl Examination for ShotGrid {
    async fn card(&self) -> Result<SiteCard, TrackerError> {
        let (status, answer) = self.wire.ask_openly("").await?;
        let told = |name: &str| Some(answer.get("data")?.get(name)?.as_str()?.to_owned());
        let version = told("shotgun_version").filter(|version| status.is_success() && !version.is_empty());
        Ok(SiteCard {
            version: version.ok_or_else(|| self.wire.unreadable("it does not say its ShotGrid version"))?,
            sign_in: told("user_authentication_method"),
        })
    }

    async fn account(&self) -> Result<Account, TrackerError> {
        let me = self.me().await?;
        let id = me.id.as_number().ok_or(TrackerError::NotFound)?;
        let path = format!("/entity/{}/{id}", in_address(me.kind.as_str())?);
        let fields = "firstname,name,cached_display_name,generate_event_log_entries";
        let record = match self.wire.data(Call::get(&path).query("fields", &fields)).await {
            Ok(record) => flat(&record).unwrap_or_default(),
            // A script that may not read itself is still one.
            Err(TrackerError::NotFound | TrackerError::Refused(_)) => Map::new(),
            Err(error) => return Err(error),
        };
        let text = |name: &str| record.get(name)?.as_str().filter(|text| !text.is_empty());
        let name = ["firstname", "name", "cached_display_name"].into_iter().find_map(text);
        Ok(Account {
            entity: EntityRef {
                name: Some(name.unwrap_or(self.wire.script_name()).to_owned()),
                key: me,
            },
            leaves_entries: record.get("generate_event_log_entries").and_then(Value::as_bool),
        })
    }

    /// The newest entity is set to what it holds already, so that nothing would change even if a site did not roll back.
    async fn may_set(&self, kind: &EntityType, field: &str) -> Result<Permission, TrackerError> {
        let newest = self.newest(kind.as_str(), in_address(field)?, 1).await?;
        let Some((record, id)) = newest.first().and_then(|r| Some((r, key(r)?.id.as_number()?))) else {
            return Ok(Permission::NothingToTry);
        };
        let value = record.get(field).map(as_written).unwrap_or_default();
        let nobody = NOBODY.max(id.saturating_add(1_000_000));
        let update =
            |id: i64| json!({"request_type": "update", "entity": kind, "record_id": id, "data": {field: value}});
        let body = json!({"requests": [update(id), update(nobody)]});
        let (status, answer) = self.wire.ask(Call::post("/entity/_batch").body(JSON, body)).await?;
        if status.is_success() || (status == Http::NOT_FOUND && names(&answer, nobody)) {
            return Ok(Permission::Allowed);
        }
        match self.wire.judged(status, answer) {
            Err(TrackerError::Refused(why)) => Ok(Permission::Refused(why)),
            Err(error) => Err(error),
            Ok(_) => Ok(Permission::Allowed),
        }
    }

    async fn newest_of(&self, kind: &EntityType) -> Result<Option<EntityKey>, TrackerError> {
        let newest = self.newest(kind.as_str(), "id", 1).await?;
        let id = newest.first().and_then(key).map(|key| key.id);
        Ok(id.map(|id| EntityKey { kind: kind.clone(), id }))
    }

    async fn version_links(&self) -> Result<VersionLinks, TrackerError> {
        let versions = self.newest(EntityType::VERSION, "sg_task", VERSIONS).await?;
        let with_task = versions.iter().filter(|v| v.get("sg_task").and_then(link).is_some());
        Ok(VersionLinks {
            looked: versions.len(),
            with_task: with_task.count(),
        })
    }

    async fn fields(&self, kind: &EntityType) -> Result<Vec<String>, TrackerError> {
        let path = format!("/schema/{}/fields", in_address(kind.as_str())?);
        let fields = self.schema_names(&path).await?;
        Ok(fields.into_iter().map(|(name, _)| name).collect())
    }

    async fn kinds(&self) -> Result<Vec<EntityType>, TrackerError> {
        let kinds = self.schema_names("/schema").await?.into_iter();
        let is_hidden = |kind: &Value| kind.get("visible").and_then(|v| v.get("value")) == Some(&Value::Bool(false));
        Ok(kinds
            .filter(|(_, kind)| !is_hidden(kind))
            .map(|(name, _)| EntityType::from(name))
            .collect())
    }

    async fn shown_statuses(&self, kind: &EntityType, project: &EntityKey) -> Result<Vec<StatusCode>, TrackerError> {
        let project = project.id.as_number().ok_or(TrackerError::NotFound)?;
        let field = self.schema(kind, STATUS_FIELD, Some(project)).await?;
        let codes = |name: &str| -> Vec<StatusCode> {
            let codes = property(&field, name).and_then(Value::as_array);
            let codes = codes.into_iter().flatten().filter_map(Value::as_str);
            codes.map(StatusCode::from).collect()
        };
        let hidden = codes("hidden_values");
        let mut shown = codes("valid_values");
        shown.retain(|code| !hidden.contains(code));
        Ok(shown)
    }
}

/// A value as it is written: links are read with names and written without.
fn as_written(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(as_written).collect(),
        Value::Object(_) => match link(value) {
            Some(link) => json!({"type": link.key.kind, "id": link.key.id}),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

/// Whether an error document speaks of the entity of that id.
fn names(answer: &Value, id: i64) -> bool {
    let id = id.to_string();
    let error = answer.get("errors").and_then(|errors| errors.get(0));
    let detail = error.and_then(|error| error.get("detail")?.as_str());
    title(answer).is_some_and(|title| title.contains(&id)) || detail.is_some_and(|detail| detail.contains(&id))
}
