//! The older interface, as `shotgun_api3` speaks it. ShotGrid REST: JSON-RPC; errors come with HTTP 200.

use serde_json::{Map, Value, json};

use crate::changes::Change;
use crate::errors::Refusal;
use crate::filters::Filter;
use crate::paths::Path;
use crate::schema;
use crate::search::{Page, Query, sort_keys};
use crate::summaries::summarize;
use crate::tables::{Kind, TABLES, named};
use crate::world::{Actor, Fields, Record, World};

/// Answers one call.
pub(crate) fn answer(world: &mut World, body: &[u8]) -> Value {
    let outcome = serde_json::from_slice::<Value>(body)
        .map_err(|_| Refusal::bad("Invalid JSON body"))
        .and_then(|call| method(world, &call));
    match outcome {
        Ok(results) => json!({"results": results}),
        Err(refusal) => {
            json!({"exception": true, "message": refusal.message(), "error_code": refusal.code.unwrap_or(100)})
        }
    }
}

fn method(world: &mut World, call: &Value) -> Result<Value, Refusal> {
    let params = call
        .get("params")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let name = call.get("method_name").and_then(Value::as_str).unwrap_or_default();
    if name == "info" {
        return Ok(json!({
            "version": [8, 89, 0],
            "full_version": [8, 89, 0, 9724],
            "api_max_entities_per_page": 500,
            "user_authentication_method": "default",
            "unified_login_flow_enabled": true,
            "s3_uploads_enabled": false,
        }));
    }
    let actor = authenticated(world, params.first().unwrap_or(&Value::Null))?;
    let payload = params.get(1).unwrap_or(&Value::Null);
    match name {
        "read" => read(world, payload),
        "summarize" => {
            let kind = kind_of(payload)?;
            summarize(
                world,
                kind,
                &filter_of(kind, payload)?,
                list(payload, "summaries"),
                list(payload, "grouping"),
            )
        }
        "create" | "update" | "delete" | "revive" => {
            let change = change(name, payload)?;
            world.check(&actor, &change)?;
            Ok(applied(world, &actor, change, payload))
        }
        "batch" => batch(world, &actor, payload),
        "schema_entity_read" => Ok(schema::entities()),
        "schema_read" => {
            let fields = |kind: Kind| (kind.name.to_owned(), schema::fields(world, kind, project_of(payload)));
            Ok(Value::Object(TABLES.iter().map(fields).collect()))
        }
        "schema_field_read" => schema_field_read(world, payload),
        _ => Err(Refusal::bad(format!("API {name}() is not known here."))),
    }
}

fn authenticated(world: &World, auth: &Value) -> Result<Actor, Refusal> {
    let text = |name: &str| auth.get(name).and_then(Value::as_str);
    let session = text("session_uuid").map(str::to_owned);
    if let (Some(name), Some(key)) = (text("script_name"), text("script_key")) {
        let id = world.script(name, key)?;
        return Ok(Actor {
            kind: "ApiUser",
            id,
            session,
            by_api: true,
        });
    }
    if let (Some(login), Some(password)) = (text("user_login"), text("user_password")) {
        let id = world.login(login, password)?;
        return Ok(Actor {
            kind: "HumanUser",
            id,
            session,
            by_api: true,
        });
    }
    Err(Refusal::authentication("Missing or invalid authentication arguments"))
}

fn list<'p>(payload: &'p Value, name: &str) -> &'p [Value] {
    payload
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn kind_of(payload: &Value) -> Result<Kind, Refusal> {
    let name = payload.get("type").and_then(Value::as_str).unwrap_or_default();
    named(name).ok_or_else(|| Refusal::no_type(name))
}

fn filter_of(kind: Kind, payload: &Value) -> Result<Filter, Refusal> {
    match payload.get("filters") {
        None | Some(Value::Null) => Ok(Filter::All(Vec::new())),
        Some(filters) => Filter::hash(kind, filters),
    }
}

fn project_of(payload: &Value) -> Option<i64> {
    payload.get("project")?.get("id")?.as_i64()
}

/// The named fields of a record, flat, with its type and id.
fn flat(world: &World, kind: Kind, record: &Record, names: &[Value]) -> Value {
    let mut flat = Map::new();
    for name in names.iter().filter_map(Value::as_str) {
        if let Some(path) = Path::parse(kind, name).filter(|path| !path.fans_out()) {
            flat.insert(name.to_owned(), path.shown(world, kind, record));
        }
    }
    flat.insert("type".to_owned(), json!(kind.name));
    flat.insert("id".to_owned(), json!(record.id));
    Value::Object(flat)
}

fn read(world: &World, payload: &Value) -> Result<Value, Refusal> {
    let kind = kind_of(payload)?;
    let paging = payload.get("paging");
    let names: Vec<String> = list(payload, "sorts")
        .iter()
        .filter_map(|sort| {
            let name = sort.get("field_name")?.as_str()?;
            let descending = sort.get("direction").and_then(Value::as_str) == Some("desc");
            Some(if descending {
                format!("-{name}")
            } else {
                name.to_owned()
            })
        })
        .collect();
    let query = Query {
        filter: filter_of(kind, payload)?,
        sort: sort_keys(kind, names.iter().map(String::as_str)),
        page: Page::asked(
            paging.and_then(|paging| paging.get("current_page")),
            paging.and_then(|paging| paging.get("entities_per_page")),
        )?,
        retired: payload.get("return_only").and_then(Value::as_str) == Some("retired"),
    };
    let (found, more) = world.search(kind, &query);
    let fields = list(payload, "return_fields");
    let entities: Vec<Value> = found
        .into_iter()
        .map(|record| flat(world, kind, record, fields))
        .collect();
    let mut info = json!({
        "current_page": query.page.number,
        "entities_per_page": query.page.size,
        "has_next_page": more,
    });
    if payload.get("return_paging_info") == Some(&json!(true)) {
        let count = world.matching(kind, &query.filter, query.retired).count();
        info["entity_count"] = json!(count);
        info["page_count"] = json!(count.div_ceil(query.page.size));
    }
    Ok(json!({"entities": entities, "paging_info": info}))
}

fn change(request: &str, payload: &Value) -> Result<Change, Refusal> {
    let kind = kind_of(payload)?;
    let id = payload.get("id").and_then(Value::as_i64).unwrap_or(0);
    let mut fields = Fields::new();
    for field in list(payload, "fields") {
        let name = field.get("field_name").and_then(Value::as_str).unwrap_or_default();
        let value = field.get("value").cloned().unwrap_or(Value::Null);
        let value = match field.get("multi_entity_update_mode") {
            Some(mode) if value.is_array() => json!({"multi_entity_update_mode": mode, "value": value}),
            _ => value,
        };
        fields.insert(name.to_owned(), value);
    }
    match request {
        "create" => Ok(Change::Create { kind, fields }),
        "update" => Ok(Change::Update { kind, id, fields }),
        "delete" => Ok(Change::Delete { kind, id }),
        "revive" => Ok(Change::Revive { kind, id }),
        other => Err(Refusal::bad(format!(
            "API batch() request_type '{other}' is not known."
        ))),
    }
}

/// Applies a checked change; the answer carries what was sent and what was asked back.
fn applied(world: &mut World, actor: &Actor, change: Change, payload: &Value) -> Value {
    let (kind, sent) = match &change {
        Change::Create { kind, fields } | Change::Update { kind, fields, .. } => (*kind, fields),
        Change::Delete { .. } => {
            world.apply(actor, change);
            return json!(true);
        }
        Change::Revive { kind, id } => {
            let was_retired = world.record(kind, *id).is_some_and(|record| record.retired);
            world.apply(actor, change);
            return json!(was_retired);
        }
    };
    let mut names: Vec<Value> = sent.keys().map(|name| json!(name)).collect();
    names.extend_from_slice(list(payload, "return_fields"));
    let id = world.apply(actor, change);
    world
        .record(kind, id)
        .map_or(Value::Null, |record| flat(world, kind, record, &names))
}

fn batch(world: &mut World, actor: &Actor, payload: &Value) -> Result<Value, Refusal> {
    let requests = payload.as_array().map(Vec::as_slice).unwrap_or_default();
    let changes = requests
        .iter()
        .map(|request| {
            change(
                request.get("request_type").and_then(Value::as_str).unwrap_or_default(),
                request,
            )
        })
        .collect::<Result<Vec<_>, _>>()?;
    changes.iter().try_for_each(|change| world.check(actor, change))?;
    Ok(changes
        .into_iter()
        .zip(requests)
        .map(|(change, request)| applied(world, actor, change, request))
        .collect())
}

fn schema_field_read(world: &World, payload: &Value) -> Result<Value, Refusal> {
    let kind = kind_of(payload)?;
    let project = project_of(payload);
    match payload.get("field_name").and_then(Value::as_str) {
        None => Ok(schema::fields(world, kind, project)),
        Some(name) => {
            let field = kind
                .field(name)
                .ok_or_else(|| Refusal::bad(format!("API schema_field_read() {}.{name} doesn't exist.", kind.name)))?;
            Ok(json!({name: schema::document(world, kind, field, project)}))
        }
    }
}
