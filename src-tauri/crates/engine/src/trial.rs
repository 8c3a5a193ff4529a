//! One event through a rule set, real or made up, without a write.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use callboard_journal::{JournalError, Reader};
use callboard_model::{
    Actor, ActorKind, EntityKey, EntityRef, Event, EventKey, Note, Operation, Plan, PlannedChange, PlannedSkip,
    Production, Road, RuleId, SiteName, StatusCode,
};
use callboard_rules::{CompiledRules, Moment, RuleSet, apply_event, needs, trace};
use jiff::Timestamp;
use serde_json::Value;

use crate::api::{ApiError, ApiErrorCode, Trial, TriedCarry, TriedChange, TriedEvent, Which};
use crate::decide::{as_received, subjects};
use crate::outbox::skip_words;
use crate::site::Site;
use crate::start::Engine;
use crate::what_if::world_at;

impl Engine {
    pub(crate) async fn try_event(&self, which: Which, event: TriedEvent) -> Result<Trial, ApiError> {
        let aside = match which {
            Which::Live => Aside::Now,
            Which::Revision(_) => Aside::Then,
            Which::Draft | Which::Template(_) | Which::Document(_) => Aside::None,
        };
        let set = self.rule_set(which).await?;
        match event {
            TriedEvent::Recorded { seq } => self.try_recorded(set, seq, aside).await,
            TriedEvent::MadeUp {
                site,
                entity,
                moment,
                field,
                to,
                text,
                by,
            } => {
                let made_up = MadeUp {
                    entity,
                    moment,
                    field,
                    to,
                    text,
                    by,
                };
                self.try_made_up(&set, &site, made_up, aside).await
            }
        }
    }

    async fn try_recorded(&self, set: RuleSet, seq: i64, aside: Aside) -> Result<Trial, ApiError> {
        let fields: HashMap<SiteName, &'static str> = self
            .desk()
            .sites()
            .iter()
            .map(|s| (s.name.clone(), s.tracker.status_field()))
            .collect();
        self.read(move |reader| {
            tried(reader, &set, seq, Some(&fields), aside)?.ok_or_else(|| ApiError {
                code: ApiErrorCode::NotFound,
                message: "There is no such event in the journal".to_owned(),
            })
        })
        .await
    }

    async fn try_made_up(
        &self,
        set: &RuleSet,
        site: &SiteName,
        made_up: MadeUp,
        aside: Aside,
    ) -> Result<Trial, ApiError> {
        let site = self.site(site)?;
        let aside = self
            .read(move |reader| Ok(aside.rules(reader, Timestamp::MAX)?))
            .await?;
        let rules = CompiledRules::new(set)
            .with_set_aside(aside)
            .with_status_field(site.tracker.status_field())
            .with_site(site.known_statuses());
        let mut event = made_up.event(&site, rules.status_field());
        let mut production = Production::default();
        // Read first without the old value, which is then known.
        let needed = needs(&rules, &event);
        for about in subjects(&event) {
            let around = site.call(site.tracker.around(&about.key, &needed)).await;
            let around = around.map_err(|e| ApiError {
                code: ApiErrorCode::Site,
                message: e.to_string(),
            })?;
            around.into_iter().for_each(|entity| production.put(entity));
        }
        let Some(mut entity) = production.get(&made_up.entity).cloned() else {
            return Err(ApiError {
                code: ApiErrorCode::NotFound,
                message: format!("{} is not on {}", made_up.entity, site.name),
            });
        };
        event.entity = Some(entity.to_ref());
        if event.operation == Operation::Update && made_up.field.is_none() {
            event.old = entity.status.as_ref().map(|code| Value::from(code.as_str()));
        }
        let created = (event.operation == Operation::Create).then(|| {
            entity.status = made_up.to.clone().or(entity.status.clone());
            entity
        });
        apply_event(&mut production, &event, created, rules.status_field());
        Ok(trial(set, &rules, &event, &production))
    }

    /// A connected site by name.
    pub(crate) fn site(&self, name: &SiteName) -> Result<Arc<Site>, ApiError> {
        self.desk().site(name).ok_or_else(|| ApiError {
            code: ApiErrorCode::NotFound,
            message: format!("There is no site called {name}"),
        })
    }
}

/// One event of the journal through a rule set, in the surroundings that it had then as far as the journal knows them; none
/// where there is no such event. No rule counts as set aside. `fields`: each site's status field, where it is not ShotGrid's.
pub fn try_recorded(
    reader: &Reader,
    set: &RuleSet,
    seq: i64,
    fields: Option<&HashMap<SiteName, &'static str>>,
) -> Result<Option<Trial>, JournalError> {
    tried(reader, set, seq, fields, Aside::None)
}

fn tried(
    reader: &Reader,
    set: &RuleSet,
    seq: i64,
    fields: Option<&HashMap<SiteName, &'static str>>,
    aside: Aside,
) -> Result<Option<Trial>, JournalError> {
    let Some(world) = world_at(reader, seq)? else {
        return Ok(None);
    };
    let (mut production, mut event) = (world.production, world.recorded.event);
    let rows = reader.rows(&[seq])?;
    let decided_at = rows.first().and_then(|row| Some(row.cascade.as_ref()?.decided_at));
    let decided_at = decided_at.unwrap_or(world.recorded.received_at);
    let mut rules = CompiledRules::new(set).with_set_aside(aside.rules(reader, decided_at)?);
    if let Some(field) = fields.and_then(|fields| fields.get(&event.site)) {
        rules = rules.with_status_field(*field);
    }
    if rules.asks_for_the_received() {
        event.received = as_received(reader.received_of(seq)?, &event);
    }
    let created = event.entity.as_ref().and_then(|e| production.get(&e.key)).cloned();
    let made = matches!(event.operation, Operation::Create | Operation::Revive);
    apply_event(&mut production, &event, created.filter(|_| made), rules.status_field());
    Ok(Some(trial(set, &rules, &event, &production)))
}

/// Which rules of a set are tried as set aside.
#[derive(Clone, Copy)]
enum Aside {
    /// None: it decides nothing yet.
    None,
    /// Those that are now.
    Now,
    /// Those that were when the event was decided.
    Then,
}

impl Aside {
    fn rules(self, reader: &Reader, decided_at: Timestamp) -> Result<BTreeMap<RuleId, String>, JournalError> {
        let aside = match self {
            Self::None => Vec::new(),
            Self::Now => reader.set_aside()?,
            Self::Then => reader.set_aside_at(decided_at)?,
        };
        Ok(aside.into_iter().map(|aside| (aside.rule, aside.why)).collect())
    }
}

/// An event that somebody makes up.
struct MadeUp {
    entity: EntityKey,
    moment: Moment,
    field: Option<String>,
    to: Option<StatusCode>,
    text: Option<String>,
    by: Option<ActorKind>,
}

impl MadeUp {
    fn event(&self, site: &Site, status_field: &str) -> Event {
        let entity = EntityRef {
            key: self.entity.clone(),
            name: None,
        };
        let operation = match self.moment {
            Moment::Updated => Operation::Update,
            Moment::Created => Operation::Create,
            Moment::Deleted => Operation::Delete,
            Moment::Revived => Operation::Revive,
            Moment::NoteAdded => Operation::Note,
            Moment::Custom => Operation::Custom,
        };
        let note = Note {
            text: self.text.clone().unwrap_or_default(),
            about: vec![entity.clone()],
        };
        Event {
            field: (operation == Operation::Update)
                .then(|| self.field.clone().unwrap_or_else(|| status_field.to_owned())),
            new: self.to.as_ref().map(|code| Value::from(code.as_str())),
            actor: Some(Actor {
                kind: self.by.unwrap_or(ActorKind::Person),
                entity: EntityRef::new("HumanUser", 0),
            }),
            note: (self.moment == Moment::NoteAdded).then_some(note),
            entity: Some(entity),
            ..Event::bare(
                site.name.clone(),
                EventKey::from("made up"),
                Road::Hand,
                "Callboard_Trial",
                operation,
            )
        }
    }
}

fn trial(set: &RuleSet, rules: &CompiledRules, event: &Event, production: &Production) -> Trial {
    let (plan, stops) = trace(rules, event, production);
    let entity = event.entity.clone().unwrap_or_else(|| EntityRef::new("", 0));
    let entity = EntityRef {
        name: entity
            .name
            .clone()
            .or_else(|| production.get(&entity.key).and_then(|e| e.name.clone())),
        ..entity
    };
    let carried = carried(set, &plan);
    let (changes, skipped) = told(set, plan);
    let links = skipped.iter().filter(|s| production.get(&s.entity.key).is_none());
    let unknown = links.map(|s| s.entity.name.clone().unwrap_or_else(|| s.entity.key.to_string()));
    Trial {
        entity,
        unknown: unknown.collect(),
        changes,
        skipped,
        carried,
        stops,
    }
}

fn name_of(set: &RuleSet, id: &RuleId) -> String {
    let rule = set.rules.iter().find(|r| r.id == *id);
    rule.map_or_else(|| id.to_string(), |r| r.name.clone())
}

/// What a plan hands over to other sites with the names of its rules.
pub(crate) fn carried(set: &RuleSet, plan: &Plan) -> Vec<TriedCarry> {
    let told = plan.carried.iter().map(|carried| TriedCarry {
        rule_name: name_of(set, &carried.rule),
        carried: carried.clone(),
    });
    told.collect()
}

/// A plan's changes and skips with the names of their rules.
pub(crate) fn told(set: &RuleSet, plan: Plan) -> (Vec<TriedChange>, Vec<TriedChange>) {
    let name = |id: &RuleId| name_of(set, id);
    let change = |change: PlannedChange| TriedChange {
        entity: change.entity,
        field: change.field,
        from: change.from,
        to: change.to,
        rule_name: name(&change.rule),
        rule: change.rule,
        cause: change.cause,
        reason: None,
    };
    let skip = |skip: PlannedSkip| TriedChange {
        reason: Some(skip_words(skip.reason, skip.against.as_ref().map(&name).as_deref())),
        entity: skip.entity,
        field: skip.field,
        from: skip.from,
        to: skip.to,
        rule_name: name(&skip.rule),
        rule: skip.rule,
        cause: skip.cause,
    };
    (
        plan.changes.into_iter().map(change).collect(),
        plan.skipped.into_iter().map(skip).collect(),
    )
}
