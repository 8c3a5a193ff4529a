use callboard_model::{Entity, EntityId, EntityRef, EntityType, Event, Operation, Plan, Production, Step};
use serde_json::Value;

/// Brings a production to where it is after an event: a new status or link stands, a created entity is in, a retired one out.
///
/// `created` is the entity as it was read when it was made or taken out of the trash; without it a new entity stays unknown.
pub fn apply_event(production: &mut Production, event: &Event, created: Option<Entity>, status_field: &str) {
    let Some(key) = event.entity.as_ref().map(|e| &e.key) else {
        return;
    };
    match event.operation {
        Operation::Create | Operation::Revive => {
            if let Some(entity) = created {
                production.put(entity);
            }
        }
        Operation::Delete => {
            production.remove(key);
        }
        Operation::Update => {
            if let Some(status) = event.new_status(status_field) {
                production.set_status(key, status);
            } else if !event.in_create && event.warning.is_none() {
                apply_link(production, event);
            }
        }
        Operation::Custom | Operation::Test | Operation::HookStatus | Operation::NotUnderstood => {}
    }
}

/// Brings a production to where it is when all of a plan has been written.
pub fn apply_plan(production: &mut Production, plan: &Plan) {
    for change in &plan.changes {
        production.set_status(&change.entity.key, change.to.clone());
    }
}

/// What a Version's Task is, what a Task belongs to and which step it is in decide where later events lead.
fn apply_link(production: &mut Production, event: &Event) {
    let (Some(field), Some(key)) = (event.field.as_deref(), event.entity.as_ref().map(|e| &e.key)) else {
        return;
    };
    let Some(mut entity) = production.get(key).cloned() else {
        return;
    };
    let new = event.new.as_ref();
    let link = new.and_then(as_ref);
    match field {
        // A value that is there and is no reference is one of a shape we do not know: better the old link than none.
        "sg_task" | "entity" | "project" | "step" if link.is_none() && new.is_some_and(|v| !v.is_null()) => return,
        "sg_task" if key.kind.is(EntityType::VERSION) => entity.task = link,
        "entity" => entity.parent = link,
        "project" => entity.project = link,
        "step" => {
            entity.step = link.map(|step| Step {
                name: step.name,
                short_name: None,
            });
        }
        "code" | "content" => entity.name = new.and_then(Value::as_str).map(str::to_owned),
        _ => return,
    }
    production.put(entity);
}

fn as_ref(value: &Value) -> Option<EntityRef> {
    let kind = value.get("type")?.as_str()?;
    let id = match value.get("id")? {
        Value::Number(n) => EntityId::Number(n.as_i64()?),
        Value::String(text) => EntityId::Text(text.clone()),
        _ => return None,
    };
    let name = value.get("name").and_then(Value::as_str).map(str::to_owned);
    Some(EntityRef {
        name,
        ..EntityRef::new(kind, id)
    })
}
