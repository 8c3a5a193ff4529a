use callboard_model::{Entity, EntityId, EntityRef, EntityType, Event, Operation, Plan, Production, StatusCode, Step};
use serde_json::Value;

/// Brings a production to where it is after an event: a new status or link stands, a created entity is in, a retired one in the trash.
///
/// `created` is the entity as it was read when it was made or taken out of the trash; without it a new entity stays unknown.
pub fn apply_event(production: &mut Production, event: &Event, created: Option<Entity>, status_field: &str) {
    let Some(key) = event.entity.as_ref().map(|e| &e.key) else {
        return;
    };
    match event.operation {
        Operation::Create => {
            if let Some(entity) = created {
                production.put(entity);
            }
        }
        Operation::Revive => match created {
            Some(entity) => production.put(entity),
            // It comes back as it was when it went.
            None => {
                production.revive(key);
            }
        },
        Operation::Delete => production.retire(key),
        Operation::Update => {
            if let Some(status) = event.new_status(status_field) {
                production.set_status(key, status);
            } else if !event.in_create && event.warning.is_none() {
                apply_link(production, event);
            }
        }
        Operation::Note | Operation::Custom | Operation::Test | Operation::HookStatus | Operation::NotUnderstood => {}
    }
}

/// Brings a production to where it is when all of a plan has been written.
pub fn apply_plan(production: &mut Production, plan: &Plan) {
    for change in &plan.changes {
        match &change.field {
            None => production.set_status(&change.entity.key, change.to.clone()),
            Some(field) => production.set_field(&change.entity.key, field, change.to.as_ref().map(StatusCode::as_str)),
        };
    }
}

/// The fields that say what an entity is called, what it belongs to and what it waits for, by ShotGrid's names for them.
pub const LINK_FIELDS: [&str; 10] = [
    "sg_task",
    "entity",
    "project",
    "step",
    "sg_sequence",
    "episode",
    "sg_episode",
    "upstream_tasks",
    "code",
    "content",
];

/// What a Version's Task is, what a Task belongs to and which step it is in decide where later events lead.
fn apply_link(production: &mut Production, event: &Event) {
    let (Some(field), Some(key)) = (event.field.as_deref(), event.entity.as_ref().map(|e| &e.key)) else {
        return;
    };
    let is_link = LINK_FIELDS.contains(&field);
    let Some(mut entity) = production
        .get(key)
        .filter(|e| is_link || e.fields.contains_key(field))
        .cloned()
    else {
        return;
    };
    let new = event.new.as_ref();
    let link = new.and_then(as_ref);
    match field {
        // A value that is there and is no reference is one of a shape we do not know: better the old link than none.
        "sg_task" | "entity" | "project" | "step" | "sg_sequence" | "episode" | "sg_episode"
            if link.is_none() && new.is_some_and(|v| !v.is_null()) =>
        {
            return;
        }
        "sg_task" if key.kind.is(EntityType::VERSION) => entity.task = link,
        "entity" => entity.parent = link,
        "sg_sequence" if key.kind.is(EntityType::SHOT) => entity.parent = link,
        "episode" | "sg_episode" if key.kind.is("Sequence") => entity.parent = link,
        // A Shot stands under its Sequence, or under its Episode where the site has no Sequences.
        "episode" | "sg_episode"
            if key.kind.is(EntityType::SHOT) && entity.parent.as_ref().is_none_or(|p| !p.key.kind.is("Sequence")) =>
        {
            entity.parent = link;
        }
        // A list's change names what went and what came, not the whole list.
        "upstream_tasks" => {
            let links = |value: Option<&Value>| -> Vec<EntityRef> {
                let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                list.iter().filter_map(as_ref).collect()
            };
            let gone = links(event.old.as_ref());
            entity.upstream.retain(|task| !gone.iter().any(|g| g.key == task.key));
            for task in links(new) {
                if !entity.upstream.iter().any(|t| t.key == task.key) {
                    entity.upstream.push(task);
                }
            }
        }
        "project" => entity.project = link,
        // The event says its name alone; a step that was read already is known better.
        "step" if entity.step.as_ref().and_then(|s| s.name.as_ref()) == link.as_ref().and_then(|l| l.name.as_ref()) => {
        }
        "step" => {
            entity.step = link.map(|step| Step {
                name: step.name,
                ..Step::default()
            });
        }
        "code" | "content" => entity.name = new.and_then(Value::as_str).map(str::to_owned),
        _ => {}
    }
    // Only what some rule asks about is kept.
    if let Some(kept) = entity.fields.get_mut(field) {
        *kept = new.cloned().unwrap_or_default();
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
