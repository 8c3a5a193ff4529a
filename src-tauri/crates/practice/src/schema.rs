//! The schema and its status lists. ShotGrid REST: schema and statuses; every leaf is `{"value","editable"}`.

use serde_json::{Map, Value, json};

use crate::errors::Refusal;
use crate::records::kind_of;
use crate::rest::Call;
use crate::statuses;
use crate::tables::{Data, Field, Kind, TABLES};
use crate::world::World;

fn leaf(value: &Value) -> Value {
    json!({"value": value, "editable": false})
}

/// `GET /schema…`, optionally as one project sees it.
pub(crate) fn answer(world: &World, call: &Call, segments: &[&str]) -> Result<Value, Refusal> {
    let project = call.query("project_id").and_then(|id| id.parse().ok());
    let data = match segments {
        [] => entities(),
        [kind] => entity(kind_of(kind)?),
        [kind, "fields"] => fields(world, kind_of(kind)?, project),
        [kind, "fields", name] => {
            let kind = kind_of(kind)?;
            let field = kind
                .field(name)
                .ok_or_else(|| Refusal::no_such(&format!("{} field", kind.name), name))?;
            document(world, kind, field, project)
        }
        _ => return Err(Refusal::no_route()),
    };
    Ok(json!({"data": data, "links": {"self": call.path}}))
}

/// All types.
pub(crate) fn entities() -> Value {
    Value::Object(TABLES.iter().map(|kind| (kind.name.to_owned(), entity(kind))).collect())
}

/// One type.
pub(crate) fn entity(kind: Kind) -> Value {
    json!({"name": leaf(&json!(kind.label)), "visible": leaf(&json!(true))})
}

/// All fields of a type.
pub(crate) fn fields(world: &World, kind: Kind, project: Option<i64>) -> Value {
    let fields: Map<String, Value> = kind
        .fields()
        .map(|field| (field.name.to_owned(), document(world, kind, field, project)))
        .collect();
    Value::Object(fields)
}

/// One field. A status list carries codes in display order, a label for each, and what the project hides.
pub(crate) fn document(world: &World, kind: Kind, field: &Field, project: Option<i64>) -> Value {
    let mut properties = json!({
        "default_value": leaf(&Value::Null),
        "summary_default": leaf(&json!("none")),
    });
    if field.data.is_link() {
        properties["valid_types"] = leaf(&json!(field.links));
    }
    if let (Data::StatusList, Some((valid, default))) = (field.data, statuses::of(kind.name)) {
        let codes: Vec<&str> = valid.iter().map(|status| status.code).collect();
        let labels: Map<String, Value> = valid
            .iter()
            .map(|status| (status.code.to_owned(), json!(status.name)))
            .collect();
        let hidden = project
            .map(|project| statuses::hidden(kind.name, project))
            .unwrap_or_default();
        properties["default_value"] = leaf(&json!(default));
        properties["summary_default"] = leaf(&json!("status_list"));
        properties["valid_values"] = json!({"value": codes, "editable": true});
        properties["display_values"] = leaf(&Value::Object(labels));
        properties["hidden_values"] = leaf(&json!(hidden));
    }
    if let (Data::List, "sg_asset_type") = (field.data, field.name) {
        properties["valid_values"] = leaf(&json!(["Character", "Environment", "Prop", "Vehicle"]));
    }
    let forbidden = world
        .faults
        .forbidden
        .iter()
        .any(|(on, of)| on == kind.name && of == field.name);
    json!({
        "name": leaf(&json!(field.label)),
        "description": leaf(&json!("")),
        "custom_metadata": leaf(&json!("")),
        "entity_type": leaf(&json!(kind.name)),
        "data_type": leaf(&json!(field.data.name())),
        "editable": leaf(&json!(field.editable && !forbidden)),
        "mandatory": leaf(&json!(field.name == "project" && kind.in_project())),
        "unique": leaf(&json!(field.name == "id")),
        "properties": properties,
        "visible": leaf(&json!(true)),
        "ui_value_displayable": leaf(&json!(true)),
    })
}
