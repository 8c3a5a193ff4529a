//! From a delivery's bytes to its event and to what it says of entities. Never fails: what is not understood is an event that says
//! so.

use callboard_model::{
    Actor, ActorKind, Entity, EntityId, EntityKey, EntityRef, Event, EventKey, HookName, Operation, Road, SiteName,
    StatusCode, Step,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::actions::{Group, Meaning};
use super::fields::Fields;
use super::filter::place_of_step;
use super::mask::in_text;
use super::{ACTION_FIELD, STATUS_FIELD};
use crate::unambiguous;

/// What a delivery tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// What happened.
    pub event: Event,
    /// The entities that it speaks of, as far as it says how they are: status, step, links, names. What an entity lacks was not said.
    pub entities: Vec<Entity>,
}

/// What a signed body tells: one event, and the entities that it names (Creative Force help, "Webhooks").
///
/// An event of an action that may move a status, with the name of that status in it, is a change of the field `status` to that name; what
/// it was before is not said. Every other event is a change of the field `Action`, so that rules can go by it; but what was made or
/// deleted is made or deleted.
#[must_use]
pub fn decode(site: &SiteName, hook: &HookName, body: &[u8]) -> Told {
    let payload = match unambiguous::parse(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).map(Value::from) {
        Ok(Value::Object(payload)) => payload,
        Ok(_) => return not_understood(site, hook, body, "The body is not a JSON object"),
        Err(error) => {
            let place = || {
                format!(
                    "The body is not valid JSON, at line {} sign {}",
                    error.line(),
                    error.column()
                )
            };
            let why = unambiguous::why_not(&error).map_or_else(place, str::to_owned);
            return not_understood(site, hook, body, &why);
        }
    };
    let fields = Fields::of(&payload);
    let group = fields.text("EventGroupName").and_then(|name| Group::named(&name));
    let Some((group, action)) = group.zip(fields.text("Action")) else {
        let why = "It names none of the seven groups of events, or no action";
        return not_understood(site, hook, body, why);
    };
    let (action, meaning) = group.action(&action);
    let told = Telling { fields: &fields, group };
    let key = fields
        .text("PayloadId")
        .map(|id| EventKey::from(format!("payload:{id}")));
    let key = key.unwrap_or_else(|| by_bytes(body));
    let event_type = format!("{} {action}", group.entity_type());
    let mut event = Event::bare(site.clone(), key, Road::Hook, event_type, Operation::Custom);
    event.hook = Some(hook.clone());
    event.id = fields.id("PayloadId");
    event.occurred_at = fields.time("EventDatetimeUtc");
    event.actor = fields.object("Actor").and_then(|actor| person(&actor));
    event.project = told.client();
    let entities = told.entities();
    event.entity = told.subject(&entities);
    let status = told.status(group).filter(|_| event.entity.is_some());
    let said = |field: &str, new: &str| (Operation::Update, Some(field.to_owned()), Some(Value::from(new)));
    (event.operation, event.field, event.new) = match (meaning, &status) {
        (Meaning::Made, _) => (Operation::Create, None, None),
        (Meaning::Deleted, _) => (Operation::Delete, None, None),
        (Meaning::Status, Some(status)) => said(STATUS_FIELD, status.as_str()),
        _ => said(ACTION_FIELD, &action),
    };
    Told { event, entities }
}

/// A payload with its group, being read.
struct Telling<'a> {
    fields: &'a Fields<'a>,
    group: Group,
}

impl Telling<'_> {
    fn client(&self) -> Option<EntityRef> {
        let client = EntityRef::new("Project", self.fields.id("ClientId")?);
        Some(EntityRef {
            name: self.fields.text("ClientName"),
            ..client
        })
    }

    fn status(&self, of: Group) -> Option<StatusCode> {
        let name = match of {
            Group::Task => "StepStatusName",
            Group::WorkUnit => "WorkUnitStatusName",
            Group::Product => "ProductStatusName",
            Group::Job => "JobStatusName",
            Group::Sample | Group::User | Group::Session => return None,
        };
        self.fields.text(name).map(StatusCode::from)
    }

    /// The id of what a group's events are about. The documented sample of a work unit names none: it is known there by its product
    /// and its production type, of which a product has one work unit each.
    fn id(&self, of: Group) -> Option<EntityId> {
        let name = match of {
            Group::Product => "ProductId",
            Group::Sample => "SampleId",
            Group::User => "UserId",
            Group::Task => "TaskId",
            Group::WorkUnit => "WorkUnitId",
            Group::Job => "JobId",
            Group::Session => "SessionId",
        };
        self.fields.id(name).or_else(|| {
            let product = self.fields.id("ProductId").filter(|_| self.group == Group::WorkUnit)?;
            let kind = self.fields.id("ProductionTypeId").filter(|_| of == Group::WorkUnit)?;
            Some(EntityId::Text(format!("{product}/{kind}")))
        })
    }

    /// What people call it. A name may be somebody's mail address.
    fn name(&self, of: Group) -> Option<String> {
        let text = |name: &str| self.fields.text(name).map(|name| in_text(&name));
        match of {
            Group::Product => text("ProductCode"),
            Group::Sample => text("SampleCode"),
            // Only the id of a person is ever sent.
            Group::User => None,
            Group::Task => text("StepName"),
            Group::Job => text("JobName").or_else(|| text("JobCode")),
            Group::Session => text("SessionName").or_else(|| text("SessionCode")),
            Group::WorkUnit => {
                let kind = text("ProductionTypeName").or_else(|| text("ShootingTypeName"))?;
                Some(match text("ProductCode") {
                    Some(product) => format!("{product} {kind}"),
                    None => kind,
                })
            }
        }
    }

    fn reference(&self, of: Group) -> Option<EntityRef> {
        let entity = EntityRef::new(of.entity_type(), self.id(of)?);
        Some(EntityRef {
            name: self.name(of),
            ..entity
        })
    }

    fn parent(&self, of: Group) -> Option<EntityRef> {
        match of {
            Group::Task => self
                .reference(Group::WorkUnit)
                .or_else(|| self.reference(Group::Product)),
            Group::WorkUnit => self.reference(Group::Product),
            Group::Product => self.reference(Group::Job),
            // A piece of several products belongs to none of them more than to the others.
            Group::Sample => match self.products().as_slice() {
                [one] => Some(one.clone()),
                _ => None,
            },
            Group::User | Group::Job | Group::Session => None,
        }
    }

    /// The products of a sample.
    fn products(&self) -> Vec<EntityRef> {
        let product = |fields: Map<String, Value>| {
            let fields = Fields::of(&fields);
            let product = EntityRef::new(Group::Product.entity_type(), fields.id("ProductId")?);
            Some(EntityRef {
                name: fields.text("ProductCode"),
                ..product
            })
        };
        self.fields.list("Products").into_iter().filter_map(product).collect()
    }

    /// The entities that are named, each with what is said of it. The one that the event is about comes first.
    fn entities(&self) -> Vec<Entity> {
        let mut entities: Vec<Entity> = Vec::new();
        let others = [Group::Task, Group::WorkUnit, Group::Product, Group::Job, Group::Session];
        let others = others.into_iter().filter(|group| *group != self.group);
        for group in [self.group].into_iter().chain(others) {
            let Some(about) = self.reference(group) else { continue };
            let mut entity = self.known(about);
            entity.status = self.status(group);
            entity.parent = self.parent(group);
            if group == Group::Task {
                entity.step = entity.name.as_ref().map(|name| Step {
                    name: Some(name.clone()),
                    short_name: None,
                    order: place_of_step(name),
                });
            }
            if group == self.group {
                entity.fields = self.fields.plain();
                if let Some(person) = self.fields.object("Assignee").and_then(|one| person(&one)) {
                    entity
                        .fields
                        .insert("Assignee".into(), Value::from(person.entity.key.id.to_string()));
                }
            }
            entities.push(entity);
        }
        for product in self.products() {
            if entities.iter().all(|entity| entity.key != product.key) {
                entities.push(self.known(product));
            }
        }
        entities
    }

    fn known(&self, about: EntityRef) -> Entity {
        Entity {
            name: about.name,
            project: self.client(),
            ..Entity::bare(about.key)
        }
    }

    fn subject(&self, entities: &[Entity]) -> Option<EntityRef> {
        let key = EntityKey::new(self.group.entity_type(), self.id(self.group)?);
        entities.iter().find(|entity| entity.key == key).map(Entity::to_ref)
    }
}

/// Who is meant by `{"UserId": …}`; nobody where a background service did it.
fn person(fields: &Map<String, Value>) -> Option<Actor> {
    let entity = EntityRef::new(Group::User.entity_type(), Fields::of(fields).id("UserId")?);
    Some(Actor {
        kind: ActorKind::Person,
        entity,
    })
}

fn not_understood(site: &SiteName, hook: &HookName, body: &[u8], why: &str) -> Told {
    let mut event = Event::bare(
        site.clone(),
        by_bytes(body),
        Road::Hook,
        "Not understood",
        Operation::NotUnderstood,
    );
    event.hook = Some(hook.clone());
    event.warning = Some(why.to_owned());
    Told {
        event,
        entities: Vec::new(),
    }
}

fn by_bytes(body: &[u8]) -> EventKey {
    EventKey::from(format!("bytes:{}", hex::encode(Sha256::digest(body))))
}
