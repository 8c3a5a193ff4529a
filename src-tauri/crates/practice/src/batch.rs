//! `POST /entity/_batch`: all or nothing. ShotGrid REST: batch.

use serde_json::{Value, json};

use crate::changes::Change;
use crate::errors::Refusal;
use crate::records::{kind_of, thin, whole};
use crate::rest::Call;
use crate::world::{Actor, Fields, World};

/// Reads every request, checks every one, and only then applies any.
pub(crate) fn answer(world: &mut World, call: &Call, actor: &Actor) -> Result<Value, Refusal> {
    let body = call.json_object()?;
    let Some(Value::Array(requests)) = body.get("requests") else {
        return Err(Refusal::invalid(json!({"requests": ["requests is missing"]})));
    };
    let changes = requests.iter().map(change).collect::<Result<Vec<_>, _>>()?;
    changes.iter().try_for_each(|change| world.check(actor, change))?;
    let data: Vec<Value> = changes
        .into_iter()
        .map(|change| applied(world, call, actor, change))
        .collect();
    Ok(json!({"data": data}))
}

fn change(request: &Value) -> Result<Change, Refusal> {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let kind = kind_of(text("entity").unwrap_or_default())?;
    // An absent key reads as 0, so a caller that writes `entity_id` is told that record 0 does not exist.
    let id = request.get("record_id").and_then(Value::as_i64).unwrap_or(0);
    let fields: Fields = request
        .get("data")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    match text("request_type") {
        Some("create") => Ok(Change::Create { kind, fields }),
        Some("update") => Ok(Change::Update { kind, id, fields }),
        Some("delete") => Ok(Change::Delete { kind, id }),
        _ => Err(Refusal::invalid(
            json!({"requests": {"request_type": ["request_type must be one of: create, update, delete"]}}),
        )),
    }
}

fn applied(world: &mut World, call: &Call, actor: &Actor, change: Change) -> Value {
    match change {
        Change::Create { kind, fields } => {
            let sent: Vec<String> = fields.keys().cloned().collect();
            let id = world.apply(actor, Change::Create { kind, fields });
            let record = world.record(kind, id);
            json!({"data": record.map(|record| thin(world, &call.prefix, kind, record, &sent))})
        }
        Change::Update { kind, id, .. } => {
            world.apply(actor, change);
            let record = world.record(kind, id);
            let own = format!("{}/entity/{}/{id}", call.prefix, kind.path);
            json!({
                "data": record.map(|record| whole(world, &call.prefix, kind, record)),
                "links": {"self": own},
                "status": 200,
            })
        }
        Change::Delete { kind, id } | Change::Revive { kind, id } => {
            world.apply(actor, change);
            let uuid = world.uuid();
            json!({"request_type": "delete", "type": kind.name, "id": id, "uuid": uuid, "did_delete": true})
        }
    }
}
