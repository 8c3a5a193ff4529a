//! The REST API as the engine needs it. Facts: ShotGrid REST API reference, `/api/v1`, held against recordings of a live site.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use callboard_model::{Clock, Entity, EntityKey, EntityRef, EntityType, Note, StatusCode, Surroundings, as_value};
use serde_json::{Value, json};

use super::STATUS_FIELD;
use super::around::Walk;
use super::fields::{filter_link, name_field, read_one, read_with_links, with_links};
use super::note::{NOTE_FIELDS, note_from_flat};
use super::record::key;
use super::search::Search;
use super::wire::{Call, ScriptKey, Wire, in_address};
use crate::{Examination, ListedProject, Network, SiteLog, SiteStatus, Tracker, TrackerError, Webhooks};

/// Names that one filter asks for.
const NAMES_AT_ONCE: usize = 100;

/// One site's REST API.
pub struct ShotGrid {
    pub(super) wire: Wire,
}

impl ShotGrid {
    /// A client for the site at `url`. Errors when that is no web address. Nothing is sent yet.
    pub fn new(url: &str, script: ScriptKey, clock: Arc<dyn Clock>) -> Result<Self, TrackerError> {
        Self::with_network(url, script, &Network::default(), clock)
    }

    /// As [`Self::new`], where the site has a certificate authority or a proxy of its own. Errors too when these cannot be used.
    pub fn with_network(
        url: &str,
        script: ScriptKey,
        network: &Network,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TrackerError> {
        Ok(Self {
            wire: Wire::new(url, script, network, clock)?,
        })
    }

    /// The schema of a type's field, as one project sees it or as all do.
    pub(super) async fn schema(
        &self,
        kind: &EntityType,
        field: &str,
        project: Option<i64>,
    ) -> Result<Value, TrackerError> {
        let path = format!("/schema/{}/fields/{}", in_address(kind.as_str())?, in_address(field)?);
        let mut call = Call::get(&path);
        if let Some(project) = project {
            call = call.query("project_id", &project);
        }
        self.wire.data(call).await
    }

    async fn put(
        &self,
        entity: &EntityKey,
        field: &str,
        value: Value,
        session: Option<&str>,
    ) -> Result<(), TrackerError> {
        let id = entity.id.as_number().ok_or(TrackerError::NotFound)?;
        let path = format!("/entity/{}/{id}", in_address(entity.kind.as_str())?);
        let call = Call::put(&path, json!({ field: value })).session(session);
        self.wire.call(call).await.map(drop)
    }

    /// What a type's entities of these names are, by the names that they have.
    async fn named(
        &self,
        kind: &EntityType,
        names: &[&str],
        project: Option<&EntityKey>,
        exactly: bool,
    ) -> Result<Vec<EntityRef>, TrackerError> {
        let field = name_field(kind);
        let fields = [field.to_owned()];
        let in_project = project.and_then(filter_link).map(|link| json!(["project", "is", link]));
        let mut found = Vec::new();
        for some in names.chunks(NAMES_AT_ONCE) {
            // `in` and `is` may mind the case, `contains` does not.
            let named = if exactly {
                json!([field, "in", some])
            } else {
                let any: Vec<Value> = some.iter().map(|name| json!([field, "contains", name])).collect();
                json!({"logical_operator": "or", "conditions": any})
            };
            let conditions: Vec<&Value> = std::iter::once(&named).chain(&in_project).collect();
            let filters = if exactly {
                json!(conditions)
            } else {
                json!({"logical_operator": "and", "conditions": conditions})
            };
            let records = self.search(&Search::new(kind.as_str(), filters, &fields)).await?;
            found.extend(records.iter().filter_map(|record| {
                Some(EntityRef {
                    key: key(record)?,
                    name: Some(record.get(field)?.as_str()?.to_owned()),
                })
            }));
        }
        Ok(found)
    }
}

#[async_trait]
impl Tracker for ShotGrid {
    fn status_field(&self) -> &'static str {
        STATUS_FIELD
    }

    async fn me(&self) -> Result<EntityKey, TrackerError> {
        let user = self.wire.token().await?.user;
        user.ok_or_else(|| self.wire.unreadable("the token names no user"))
    }

    async fn around(&self, entity: &EntityKey, needed: &Surroundings) -> Result<Vec<Entity>, TrackerError> {
        Walk::new(self, needed, entity).all().await
    }

    async fn read(&self, keys: &[EntityKey]) -> Result<Vec<Entity>, TrackerError> {
        let nothing_more = Surroundings::default();
        let mut entities: Vec<Entity> = Vec::new();
        for (kind, ids) in by_kind(keys) {
            let fields = with_links(&kind.into(), &nothing_more);
            for record in self.by_ids(kind, &ids, &fields).await? {
                for entity in read_with_links(&record, &nothing_more) {
                    if entities.iter().all(|e| e.key != entity.key) {
                        entities.push(entity);
                    }
                }
            }
        }
        Ok(entities)
    }

    async fn note(&self, key: &EntityKey) -> Result<Option<Note>, TrackerError> {
        let Some(id) = key.id.as_number().filter(|_| key.kind.is(EntityType::NOTE)) else {
            return Ok(None);
        };
        let fields = NOTE_FIELDS.map(ToOwned::to_owned);
        let found = self.by_ids(EntityType::NOTE, &[id], &fields).await?;
        Ok(found.first().and_then(note_from_flat))
    }

    async fn find(
        &self,
        kind: &EntityType,
        names: &[String],
        project: Option<&EntityKey>,
    ) -> Result<Vec<(String, Vec<EntityRef>)>, TrackerError> {
        let asked: BTreeSet<&str> = names.iter().map(|name| name.trim()).filter(|n| !n.is_empty()).collect();
        let asked: Vec<&str> = asked.into_iter().collect();
        let exact = self.named(kind, &asked, project, true).await?;
        let is_found = |name: &str| exact.iter().any(|found| found.name.as_deref() == Some(name));
        let others: Vec<&str> = asked.into_iter().filter(|name| !is_found(name)).collect();
        let loose = self.named(kind, &others, project, false).await?;
        let answers = names.iter().map(|name| {
            let wanted = name.trim();
            let is_wanted = |found: &&EntityRef| found.name.as_deref() == Some(wanted);
            let is_nearly = |found: &&EntityRef| {
                let lower = found.name.as_deref().map(str::to_lowercase);
                !wanted.is_empty() && lower == Some(wanted.to_lowercase())
            };
            let mut found: Vec<EntityRef> = exact.iter().filter(is_wanted).cloned().collect();
            if found.is_empty() {
                found = loose.iter().filter(is_nearly).cloned().collect();
            }
            (name.clone(), found)
        });
        Ok(answers.collect())
    }

    async fn find_by(&self, kind: &EntityType, field: &str, text: &str) -> Result<Vec<EntityRef>, TrackerError> {
        let name = name_field(kind);
        let fields = [name.to_owned()];
        let number = text.parse::<i64>().ok().map(Value::from);
        let (mut refused, mut answered) = (None, false);
        // The site tells a number from its text, and nobody here knows which of them the field holds.
        for value in std::iter::once(Value::from(text)).chain(number) {
            let mut search = Search::new(kind.as_str(), json!([[field, "is", value]]), &fields);
            search.most = 1;
            match self.search(&search).await {
                Ok(found) if found.is_empty() => answered = true,
                Ok(found) => {
                    let found = found.iter().filter_map(|record| {
                        Some(EntityRef {
                            key: key(record)?,
                            name: record.get(name).and_then(Value::as_str).map(ToOwned::to_owned),
                        })
                    });
                    return Ok(found.collect());
                }
                Err(error @ TrackerError::Refused(_)) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match refused {
            Some(error) if !answered => Err(error),
            _ => Ok(Vec::new()),
        }
    }

    async fn projects(&self) -> Result<Vec<EntityRef>, TrackerError> {
        let filters = json!([["archived", "is_not", true], ["is_template", "is_not", true]]);
        let fields = ["name".to_owned()];
        let found = self.search(&Search::new("Project", filters, &fields)).await?;
        let mut projects: Vec<EntityRef> = found
            .iter()
            .filter_map(|record| {
                Some(EntityRef {
                    key: key(record)?,
                    name: record.get("name").and_then(Value::as_str).map(ToOwned::to_owned),
                })
            })
            .collect();
        projects.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(projects)
    }

    async fn all_projects(&self) -> Result<Vec<ListedProject>, TrackerError> {
        let filters = json!([["is_template", "is_not", true]]);
        let fields = ["name", "archived"].map(ToOwned::to_owned);
        let found = self.search(&Search::new("Project", filters, &fields)).await?;
        let projects = found.iter().filter_map(|record| {
            let name = record.get("name").and_then(Value::as_str).map(ToOwned::to_owned);
            Some(ListedProject {
                project: EntityRef {
                    key: key(record)?,
                    name,
                },
                archived: record.get("archived").and_then(Value::as_bool) == Some(true),
            })
        });
        Ok(projects.collect())
    }

    async fn statuses(&self, keys: &[EntityKey]) -> Result<HashMap<EntityKey, Option<StatusCode>>, TrackerError> {
        let mut found = HashMap::with_capacity(keys.len());
        let nothing_more = Surroundings::default();
        for (kind, ids) in by_kind(keys) {
            for record in self.by_ids(kind, &ids, &[STATUS_FIELD.to_owned()]).await? {
                if let Some(entity) = read_one(&record, &nothing_more) {
                    found.insert(
                        EntityKey {
                            kind: kind.into(),
                            id: entity.key.id,
                        },
                        entity.status,
                    );
                }
            }
        }
        Ok(found)
    }

    async fn set_status(
        &self,
        entity: &EntityKey,
        to: Option<&StatusCode>,
        session: Option<&str>,
    ) -> Result<(), TrackerError> {
        let code = json!(to.map(StatusCode::as_str));
        self.put(entity, STATUS_FIELD, code, session).await
    }

    async fn values(&self, keys: &[EntityKey], field: &str) -> Result<HashMap<EntityKey, Value>, TrackerError> {
        let mut found = HashMap::with_capacity(keys.len());
        for (kind, ids) in by_kind(keys) {
            for record in self.by_ids(kind, &ids, &[field.to_owned()]).await? {
                if let Some(key) = key(&record) {
                    let kind = kind.into();
                    let value = record.get(field).cloned().unwrap_or_default();
                    found.insert(EntityKey { kind, id: key.id }, value);
                }
            }
        }
        Ok(found)
    }

    async fn set_field(
        &self,
        entity: &EntityKey,
        field: &str,
        to: Option<&str>,
        session: Option<&str>,
    ) -> Result<(), TrackerError> {
        let not = |why: &str| TrackerError::NotSettable {
            field: field.to_owned(),
            why: why.to_owned(),
        };
        if field == STATUS_FIELD {
            return Err(not("it is the status, which has a way of its own"));
        }
        // Asked each time: a field's type decides what is written, and an empty one does not show it.
        let schema = match self.schema(&entity.kind, field, None).await {
            Err(TrackerError::NotFound) => {
                let why = format!(
                    "the site has no such field for a {}. Check its name in the rule",
                    entity.kind
                );
                return Err(not(&why));
            }
            answered => answered?,
        };
        let data_type = schema
            .get("data_type")
            .and_then(|t| t.get("value"))
            .and_then(Value::as_str);
        let value = in_type(data_type.unwrap_or_default(), to).map_err(|why| not(&why))?;
        self.put(entity, field, value, session).await
    }

    async fn names(&self, keys: &[EntityKey]) -> Result<Vec<EntityRef>, TrackerError> {
        let mut names = Vec::with_capacity(keys.len());
        let nothing_more = Surroundings::default();
        let fields = ["name", "code", "content", "firstname", "cached_display_name"].map(ToOwned::to_owned);
        for (kind, ids) in by_kind(keys) {
            for record in self.by_ids(kind, &ids, &fields).await? {
                if let Some(entity) = read_one(&record, &nothing_more) {
                    names.push(EntityRef {
                        key: EntityKey {
                            kind: kind.into(),
                            id: entity.key.id,
                        },
                        name: entity.name,
                    });
                }
            }
        }
        Ok(names)
    }

    async fn status_list(&self, kind: &EntityType) -> Result<Vec<SiteStatus>, TrackerError> {
        let field = self.schema(kind, STATUS_FIELD, None).await?;
        let property = |name: &str| property(&field, name);
        let codes = property("valid_values")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let fields = ["code", "name", "bg_color"].map(ToOwned::to_owned);
        let rows = self.search(&Search::new("Status", json!([]), &fields)).await?;
        let list = codes.iter().filter_map(Value::as_str).map(|code| {
            let row = rows
                .iter()
                .find(|r| r.get("code").and_then(Value::as_str) == Some(code));
            let label = property("display_values")
                .and_then(|d| d.get(code))
                .and_then(Value::as_str);
            let name = label.or_else(|| row?.get("name")?.as_str()).unwrap_or(code);
            let hidden = property("hidden_values")
                .and_then(Value::as_array)
                .is_some_and(|h| h.iter().any(|c| c == code));
            let color = row.and_then(|r| r.get("bg_color")?.as_str()).and_then(hex_color);
            SiteStatus {
                code: code.into(),
                name: name.to_owned(),
                color,
                hidden,
            }
        });
        Ok(list.collect())
    }

    async fn hidden(&self, kind: &EntityType, project: &EntityKey) -> Result<BTreeSet<StatusCode>, TrackerError> {
        let project = project.id.as_number().ok_or(TrackerError::NotFound)?;
        let field = self.schema(kind, STATUS_FIELD, Some(project)).await?;
        let codes = property(&field, "hidden_values").and_then(Value::as_array);
        let codes = codes.into_iter().flatten().filter_map(Value::as_str);
        Ok(codes.map(StatusCode::from).collect())
    }

    fn log(&self) -> Option<&dyn SiteLog> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        Some(self)
    }

    fn examination(&self) -> Option<&dyn Examination> {
        Some(self)
    }
}

/// Text as a field of this data type takes it. The error goes on from the field's name.
fn in_type(data_type: &str, text: Option<&str>) -> Result<Value, String> {
    let like = match data_type {
        "entity" | "multi_entity" => return Err("it links to other entities, and rules do not set links".to_owned()),
        "image" | "url" | "serializable" | "tag_list" | "password" | "pivot_column" | "summary"
        | "system_task_type" => {
            return Err(format!("it is of the type {data_type}, which rules do not set"));
        }
        "checkbox" => Value::Bool(false),
        "number" | "duration" | "percent" | "timecode" => json!(0),
        "float" | "currency" => json!(0.0),
        _ => return Ok(json!(text)),
    };
    let Some(text) = text else {
        return match like {
            Value::Bool(_) => Err("it is a checkbox, which is never empty. Set it to false".to_owned()),
            _ => Ok(Value::Null),
        };
    };
    match as_value(text, Some(&like)) {
        Value::String(_) if like.is_boolean() => Err(format!("it is a checkbox, so \"{text}\" must be true or false")),
        Value::String(_) => Err(format!("it holds a number, and \"{text}\" is none")),
        value => Ok(value),
    }
}

/// A property of a field, as the schema wraps it.
pub(super) fn property<'a>(field: &'a Value, name: &str) -> Option<&'a Value> {
    field.get("properties")?.get(name)?.get("value")
}

fn by_kind(keys: &[EntityKey]) -> BTreeMap<&str, Vec<i64>> {
    let mut kinds: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for key in keys {
        if let Some(id) = key.id.as_number() {
            kinds.entry(key.kind.as_str()).or_default().push(id);
        }
    }
    kinds
}

/// `"255,204,0"` as `#ffcc00`.
fn hex_color(decimal: &str) -> Option<String> {
    let parts: Vec<u8> = decimal
        .split(',')
        .map(|p| p.trim().parse())
        .collect::<Result<_, _>>()
        .ok()?;
    let [r, g, b] = parts[..] else { return None };
    Some(format!("#{r:02x}{g:02x}{b:02x}"))
}
