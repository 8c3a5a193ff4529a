//! Plans for made-up events, on one core.

use std::hint::black_box;
use std::time::{Duration, Instant};

use callboard_model::{
    Entity, EntityKey, EntityRef, EntityType, Event, HookName, Production, SiteName, StatusCode, Step,
};
use callboard_rules::{CompiledRules, Condition, Conditions, Rule, RuleSet, apply_event, plan, template};
use callboard_trackers::shotgrid::decode;

use crate::made;
use crate::table::{Row, Table, counted};

const SHOTS: u64 = 400;
pub(crate) const STEPS: [&str; 5] = ["Rotoscoping", "Paint", "Prep", "Composite", "Secondary Composite"];
const EVENTS: u64 = 20_000;
pub(crate) const RULES: usize = 60;
const FOR: Duration = Duration::from_secs(1);
const REACH: f64 = 500_000.0;

/// The rows of the rules.
pub(crate) fn measure(table: &mut Table) {
    let overhaul = template("status-overhaul").unwrap();
    let bodies = bodies(&overhaul);
    let (site, hook) = (SiteName::from("practice"), HookName::from("status"));
    let decoded = |body: &String| decode(&site, &hook, body.as_bytes());
    let events: Vec<Event> = bodies.iter().flat_map(decoded).collect();

    let decoding = per_second(|| bodies.iter().for_each(|body| drop(black_box(decoded(body)))));
    let few = planning(&CompiledRules::new(&overhaul), &events);
    let rules = CompiledRules::new(&for_many_shows(&overhaul));
    let many = planning(&rules, &events);
    let reach = || format!("≥ {}/s for {RULES} rules", counted(REACH));
    table.row(Row {
        what: format!("plan, status-overhaul ({} rules)", CompiledRules::new(&overhaul).len()),
        figure: format!("{} events/s", counted(few)),
        against: format!("decoding the same deliveries: {}/s", counted(decoding)),
        ratio: few / decoding,
        reach: reach(),
        reached: few >= REACH,
    });
    table.row(Row {
        what: format!("plan, {} rules", rules.len()),
        figure: format!("{} events/s", counted(many)),
        against: format!("status-overhaul: {}/s", counted(few)),
        ratio: many / few,
        reach: reach(),
        reached: many >= REACH,
    });
    let changes: usize = changes(&rules, &events);
    table.note(format!(
        "Rules: one core; {EVENTS} made-up events, each a status change, over {SHOTS} Shots; {:.1} changes an event; the event is \
         applied to the production within the time.",
        changes as f64 / events.len() as f64
    ));
}

/// One status change after another, all over the production.
fn bodies(set: &RuleSet) -> Vec<String> {
    let codes = |kind: &str| -> Vec<StatusCode> {
        set.statuses_of(&EntityType::from(kind))
            .iter()
            .map(|s| s.code.clone())
            .collect()
    };
    let kinds = [EntityType::VERSION, EntityType::TASK, EntityType::SHOT].map(|kind| (kind, codes(kind)));
    let tasks = SHOTS * STEPS.len() as u64;
    (0..EVENTS)
        .map(|n| {
            // Of seven changes four are a Version's, two a Task's and one a Shot's.
            let of = [0, 1, 0, 2, 0, 1, 0].get((n % 7) as usize).copied().unwrap_or(0);
            let (kind, codes) = kinds.get(of).unwrap();
            let among = if of == 2 { SHOTS } else { tasks };
            let id = n * 7919 % among;
            let code = |n: u64| codes.get((n % codes.len() as u64) as usize).unwrap().as_str();
            made::single(&made::event(
                1_000_000 + n,
                kind,
                id,
                code(n * 31 + 5),
                code(n * 31),
                "",
            ))
        })
        .collect()
}

/// A Task of each step for every Shot, and a Version for every Task.
fn production() -> Production {
    let id = |n: u64| i64::try_from(n).unwrap();
    let entity = |kind: &str, n: u64, status: &str| Entity {
        name: Some(format!("{kind} {n}")),
        status: Some(status.into()),
        project: Some(EntityRef::new("Project", id(1 + n % made::PROJECTS))),
        ..Entity::bare(EntityKey::new(kind, id(n)))
    };
    let shots = (0..SHOTS).map(|n| entity(EntityType::SHOT, n, "wtg"));
    let of_tasks = (0..SHOTS).flat_map(|shot| {
        (0..)
            .zip(STEPS)
            .map(move |(place, step)| (shot, shot + place * SHOTS, step))
    });
    let below = of_tasks.flat_map(|(shot, n, step)| {
        let parent = Some(EntityRef::new(EntityType::SHOT, id(shot)));
        let task = Entity {
            parent: parent.clone(),
            step: Some(Step {
                name: Some(step.to_owned()),
                ..Step::default()
            }),
            ..entity(EntityType::TASK, n, "ip")
        };
        let version = Entity {
            parent,
            task: Some(task.to_ref()),
            ..entity(EntityType::VERSION, n, "na")
        };
        [task, version]
    });
    shots.chain(below).collect()
}

/// Each rule once for every show, until there are enough: a studio whose shows each have their own.
pub(crate) fn for_many_shows(set: &RuleSet) -> RuleSet {
    let for_show = |rule: &Rule, show: u64| {
        let of_show = |condition: &Condition| Condition {
            project: vec![i64::try_from(show).unwrap().into()],
            ..condition.clone()
        };
        let mut alternatives: Vec<Condition> = rule.conditions.alternatives().iter().map(of_show).collect();
        if alternatives.is_empty() {
            alternatives.push(of_show(&Condition::default()));
        }
        Rule {
            id: format!("{}-{show}", rule.id).into(),
            enabled: true,
            conditions: Conditions::Any(alternatives),
            ..rule.clone()
        }
    };
    let every = (1..).flat_map(|show| set.rules.iter().map(move |rule| for_show(rule, show)));
    let mut many = set.clone();
    many.rules = every.take(RULES).collect();
    many
}

fn planning(rules: &CompiledRules, events: &[Event]) -> f64 {
    let mut production = production();
    per_second(|| {
        for event in events {
            apply_event(&mut production, event, None, rules.status_field());
            black_box(plan(rules, event, &production));
        }
    })
}

fn changes(rules: &CompiledRules, events: &[Event]) -> usize {
    let mut production = production();
    let planned = events.iter().map(|event| {
        apply_event(&mut production, event, None, rules.status_field());
        plan(rules, event, &production).changes.len()
    });
    planned.sum()
}

/// How many events a second, when `pass` goes over all of them.
fn per_second(mut pass: impl FnMut()) -> f64 {
    let begun = Instant::now();
    let mut passes = 0;
    while begun.elapsed() < FOR {
        pass();
        passes += EVENTS;
    }
    passes as f64 / begun.elapsed().as_secs_f64()
}
