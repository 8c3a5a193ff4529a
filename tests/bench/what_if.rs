//! A changed rule set over a long journal.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use callboard_engine::{Span, what_if};
use callboard_journal::{Journal, Reader};
use callboard_model::{
    Actor, ActorKind, Clock as _, Entity, EntityKey, EntityRef, EntityType, Event, EventKey, Operation, Road, SiteName,
    StatusCode, Step, SystemClock,
};
use callboard_rules::{CompiledRules, DEFAULT_STATUS_FIELD, RuleSet, Simulation, Wanted, template};
use rusqlite::{Connection, Statement, params};
use serde_json::{Value, json};

use crate::planning::{RULES, STEPS, for_many_shows};
use crate::receiver::folder;
use crate::table::{Row, Table, counted, median};
use crate::{feed, made};

const EVENTS: i64 = 1_000_000;
const SHOTS: i64 = 4_000;
/// One event in so many is about something else than a status.
const OTHER: i64 = 5;
/// Between two events of people, in microseconds: a million of them take some weeks.
const EVERY: i64 = 3_000_000;
const TIMES: usize = 3;
const REACH: f64 = 5.0;

/// The row of the what-if.
pub(crate) async fn measure(table: &mut Table) {
    let data = folder();
    let journal = Journal::open(data.path()).unwrap();
    let live = for_many_shows(&template("status-overhaul").unwrap());
    let site = SiteName::from("practice");
    let entities: Vec<Entity> = production();
    let now = SystemClock.now();
    journal
        .publish_rules("Live".into(), live.to_json_pretty(), "bench".into(), String::new(), now)
        .await
        .unwrap();
    journal
        .learn_entities(site.clone(), entities.clone(), now)
        .await
        .unwrap();
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
    fill(data.path(), &live, entities);
    let reader = Reader::open(data.path()).unwrap();
    let draft = changed(&live);
    let mut taken = Vec::new();
    let mut last = None;
    for _ in 0..TIMES {
        let begun = Instant::now();
        let mut beats = 0_u64;
        let summary = what_if(&reader, &draft, &|_, rules| rules, Span::default(), &mut |_| {
            beats += 1;
            ControlFlow::Continue(())
        });
        taken.push(begun.elapsed().as_secs_f64());
        last = Some((summary.unwrap(), beats));
    }
    let took = median(&mut taken);
    let bare = feed::bare(data.path(), "SELECT * FROM event ORDER BY seq") / 1000.0;
    table.row(Row {
        what: format!("what-if, {RULES} rules over {} events", counted(EVENTS as f64)),
        figure: format!("{took:.2} s"),
        against: format!("SQLite, reading the same events once: {bare:.2} s"),
        ratio: took / bare,
        reach: format!("≤ {REACH:.0} s"),
        reached: took <= REACH,
    });
    let (summary, beats) = last.unwrap();
    table.note(format!(
        "What-if: of {} events the tried rules would change something after {}; {} changes alike, {} otherwise. It told how \
         far it was {beats} times.",
        counted(summary.events as f64),
        counted(summary.would_change as f64),
        counted(summary.same as f64),
        counted(summary.differ as f64),
    ));
}

/// The live rules with one rule of each show setting something else.
pub(crate) fn changed(live: &RuleSet) -> RuleSet {
    let mut draft = live.clone();
    for rule in draft.rules.iter_mut().step_by(16) {
        let codes = live_codes(live, &rule.target_type());
        if let Wanted::OneOf(wanted) = &mut rule.then.to {
            let other = codes.into_iter().find(|code| !wanted.contains(code));
            *wanted = other.into_iter().collect();
        }
    }
    draft
}

fn live_codes(set: &RuleSet, kind: &EntityType) -> Vec<callboard_model::StatusCode> {
    set.statuses_of(kind).iter().map(|s| s.code.clone()).collect()
}

/// A Task of each step for every Shot, and a Version for every Task.
fn production() -> Vec<Entity> {
    let steps = i64::try_from(STEPS.len()).unwrap();
    let projects = i64::try_from(made::PROJECTS).unwrap();
    let entity = |kind: &str, id: i64, shot: i64, status: &str| Entity {
        name: Some(format!("{kind} {id}")),
        status: Some(status.into()),
        project: Some(EntityRef::new("Project", 1 + shot % projects).named(format!("Show {}", shot % projects))),
        ..Entity::bare(EntityKey::new(kind, id))
    };
    let mut all = Vec::new();
    for shot in 0..SHOTS {
        all.push(entity(EntityType::SHOT, shot, shot, "wtg"));
        for (place, step) in (0..).zip(STEPS) {
            let id = shot * steps + place;
            let parent = Some(EntityRef::new(EntityType::SHOT, shot).named(format!("Shot {shot}")));
            let task = Entity {
                parent: parent.clone(),
                step: Some(Step {
                    name: Some(step.to_owned()),
                    ..Step::default()
                }),
                ..entity(EntityType::TASK, id, shot, "ip")
            };
            all.push(Entity {
                parent,
                task: Some(task.to_ref()),
                ..entity(EntityType::VERSION, id, shot, "na")
            });
            all.push(task);
        }
    }
    all
}

/// What people did, what the live rules made of it, and the echoes of their writes: as an engine would have kept it.
fn fill(data: &Path, live: &RuleSet, entities: Vec<Entity>) {
    let mut connection = Connection::open(Journal::file(data)).unwrap();
    connection.pragma_update(None, "synchronous", "OFF").unwrap();
    let transaction = connection.transaction().unwrap();
    {
        let mut past = Filling {
            event: transaction.prepare(INSERT_EVENT).unwrap(),
            cascade: transaction
                .prepare("INSERT INTO cascade (event_seq, revision, rule_set, decided_at) VALUES (?1, 1, 'Live', ?2)")
                .unwrap(),
            change: transaction.prepare(INSERT_CHANGE).unwrap(),
            simulation: Simulation::new(CompiledRules::new(live), entities.into_iter().collect()),
            next: 1,
            cascades: 0,
        };
        let kinds = [EntityType::VERSION, EntityType::TASK, EntityType::SHOT];
        let codes = kinds.map(|kind| live_codes(live, &EntityType::from(kind)));
        let parts = SHOTS * i64::try_from(STEPS.len()).unwrap();
        let mut n = 0;
        while past.next <= EVENTS {
            // Of seven changes four are a Version's, two a Task's and one a Shot's.
            let of = [0, 1, 0, 2, 0, 1, 0][usize::try_from(n % 7).unwrap()];
            let id = n * 7919 % if of == 2 { SHOTS } else { parts };
            let code = codes[of][usize::try_from(n * 31 % 1_000_003).unwrap() % codes[of].len()].as_str();
            past.one(n, kinds[of], id, (n % OTHER != 0).then_some(code));
            n += 1;
        }
    }
    transaction.commit().unwrap();
    connection
        .execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);")
        .unwrap();
}

const INSERT_EVENT: &str = "
    INSERT INTO event (seq, site, key, road, hook, entry_id, event_type, operation, entity_type, entity_id, field, is_status,
        in_create, old, new, actor_kind, actor_type, actor_id, project_type, project_id, occurred_at, received_at, session_uuid,
        outcome)
    VALUES (?1, 'practice', 'log:' || ?1, 'hook', 'status', ?1, 'Shotgun_' || ?2 || '_Change', 'update', ?2, ?3, ?4, ?5, 0, ?6,
        ?7, ?8, ?9, ?10, 'Project', ?11, ?12, ?12, '2f9e8f3c-07a6-11f1-9d3b-0242ac110004', ?13)";

const INSERT_CHANGE: &str = "
    INSERT INTO change (cascade_seq, site, entity_type, entity_id, from_code, to_code, rule, rule_name, state, attempts,
        planned_at, settled_at)
    VALUES (?1, 'practice', ?2, ?3, ?4, ?5, ?6, 'A rule of the live set', 'confirmed', 1, ?7, ?7)";

struct Filling<'c> {
    event: Statement<'c>,
    cascade: Statement<'c>,
    change: Statement<'c>,
    simulation: Simulation,
    next: i64,
    cascades: i64,
}

impl Filling<'_> {
    /// One thing that a person did, and all that followed from it.
    fn one(&mut self, n: i64, kind: &str, id: i64, code: Option<&str>) {
        let at = 1_700_000_000_000_000 + n * EVERY;
        let entity = EntityKey::new(kind, id);
        let known = self.simulation.production.get(&entity);
        let old = known.and_then(|e| e.status.clone()).map(|s| json!(s.as_str()));
        let project = known.and_then(|e| e.project.clone()).unwrap();
        let (field, old, new) = match code {
            Some(code) => (DEFAULT_STATUS_FIELD, old, json!(code)),
            None => ("description", Some(json!("as it was")), json!("said anew")),
        };
        let event = event(self.next, &entity, field, old.clone(), new.clone(), project.clone());
        let plan = self.simulation.step(&event, None);
        let outcome = if plan.changes.is_empty() { "nothing" } else { "changed" };
        let person = (ActorKind::Person, "HumanUser", 80 + n % 16);
        self.event(&entity, &project, (field, old, new), person, at, outcome);
        if plan.changes.is_empty() {
            return;
        }
        self.cascade.execute(params![self.next - 1, at]).unwrap();
        self.cascades += 1;
        for change in &plan.changes {
            let (from, to) = (change.from.as_ref(), change.to.as_ref());
            let (from, to) = (from.map(StatusCode::as_str), to.map(StatusCode::as_str));
            let key = &change.entity.key;
            self.change
                .execute(params![
                    self.cascades,
                    key.kind.as_str(),
                    key.id.to_string(),
                    from,
                    to,
                    change.rule.as_str(),
                    at + 5_000
                ])
                .unwrap();
        }
        for change in plan.changes {
            let (from, to) = (
                change.from.map(|c| json!(c.as_str())),
                change.to.map(|c| json!(c.as_str())),
            );
            let script = (ActorKind::Script, "ApiUser", 1);
            let told = (DEFAULT_STATUS_FIELD, from, to.unwrap_or_default());
            self.event(&change.entity.key, &project, told, script, at + 10_000, "echo");
        }
    }

    fn event(
        &mut self,
        entity: &EntityKey,
        project: &EntityRef,
        (field, old, new): (&str, Option<Value>, Value),
        (kind, of, id): (ActorKind, &str, i64),
        at: i64,
        outcome: &str,
    ) {
        let kind = if kind == ActorKind::Person { "person" } else { "script" };
        self.event
            .execute(params![
                self.next,
                entity.kind.as_str(),
                entity.id.to_string(),
                field,
                field == DEFAULT_STATUS_FIELD,
                old.map(|v| v.to_string()),
                new.to_string(),
                kind,
                of,
                id.to_string(),
                project.key.id.to_string(),
                at,
                outcome
            ])
            .unwrap();
        self.next += 1;
    }
}

fn event(entry: i64, entity: &EntityKey, field: &str, old: Option<Value>, new: Value, project: EntityRef) -> Event {
    Event {
        site: SiteName::from("practice"),
        key: EventKey::from(format!("log:{entry}")),
        road: Road::Hook,
        hook: None,
        event_log_entry_id: Some(entry),
        event_type: format!("Shotgun_{}_Change", entity.kind),
        operation: Operation::Update,
        entity: Some(EntityRef {
            key: entity.clone(),
            name: None,
        }),
        field: Some(field.to_owned()),
        old,
        new: Some(new),
        in_create: false,
        actor: Some(Actor {
            kind: ActorKind::Person,
            entity: EntityRef::new("HumanUser", 80),
        }),
        project: Some(project),
        occurred_at: None,
        session_uuid: None,
        warning: None,
        hook_word: None,
        id: None,
        note: None,
        received: None,
    }
}
