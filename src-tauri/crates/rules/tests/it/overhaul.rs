//! The template `status-overhaul` against the oracle: every case that its rules can tell apart, and those beside them.

use callboard_model::{ActorKind, Entity, EntityRef, EntityType, Event, Operation, Production};
use callboard_rules::{CompiledRules, Level, RuleSet, Simulation, apply_event, check, plan, template};

use crate::made::{FIELD, becomes, by, event, shot, task, version};
use crate::oracle::{Decision, TaskThere, World, task_became, version_became, version_made};

const VERSION: [&str; 15] = [
    "na", "cnv", "bkdn", "stcomp", "sndwip", "sndv0", "sndcli", "rqc", "qckbk", "rev", "note", "hero", "apv", "pdrr",
    "odd",
];
const TASK: [&str; 21] = [
    "omt", "hld", "wtg", "rdy", "per", "ip", "ncl", "nwmdia", "ndrp", "reqapv", "ofr", "bfr", "cnv", "adn", "stcomp",
    "sndcli", "qckbk", "rev", "apv", "di", "odd",
];
const SHOT: [&str; 11] = [
    "omt", "bid", "hld", "repull", "media", "awa", "actv", "rev", "apv", "di", "final",
];
const STEPS: [Option<&str>; 9] = [
    None,
    Some("Prep"),
    Some("Composite"),
    Some("Secondary Composite"),
    Some("Computer Graphics"),
    Some("Rotoscoping"),
    Some("Paint"),
    Some("composite"),
    Some("Comp"),
];
const ACTORS: [Option<ActorKind>; 5] = [
    None,
    Some(ActorKind::Person),
    Some(ActorKind::Client),
    Some(ActorKind::Script),
    Some(ActorKind::Other),
];

fn overhaul() -> RuleSet {
    template("status-overhaul").expect("the template is there")
}

/// The worlds in which the decisions could differ: what the Task is like, and whether it belongs to a Shot.
fn worlds(task_statuses: &[&str]) -> Vec<World> {
    let mut worlds = vec![World { task: None }];
    for step in STEPS {
        for status in task_statuses {
            let there = TaskThere {
                step: step.map(str::to_owned),
                status: (*status).to_owned(),
                shot: None,
            };
            worlds.push(World {
                task: Some(there.clone()),
            });
            for shot in SHOT {
                worlds.push(World {
                    task: Some(TaskThere {
                        shot: Some(shot.to_owned()),
                        ..there.clone()
                    }),
                });
            }
        }
    }
    worlds
}

/// The same world as entities, with a Version of that status.
fn production(world: &World, version_status: &str) -> Production {
    let of = world.task.as_ref().map(|_| 1);
    let mut version = version(1, of, version_status);
    let mut entities = Vec::new();
    if let Some(there) = &world.task {
        let mut task = task(1, there.step.as_deref(), &there.status);
        match &there.shot {
            Some(status) => entities.push(shot(1, status)),
            None => {
                let asset = EntityRef::new("Asset", 1);
                task.parent = Some(asset.clone());
                version.parent = Some(asset);
                // An Asset of the same number as a Shot is no Shot.
                entities.push(shot(1, "bid"));
                entities.push(Entity {
                    status: None,
                    ..crate::made::entity("Asset", 1, "bid")
                });
            }
        }
        entities.push(task);
    }
    entities.push(version);
    entities.into_iter().collect()
}

fn decided(rules: &CompiledRules, event: &Event, production: &mut Production, created: Option<Entity>) -> Decision {
    apply_event(production, event, created, FIELD);
    let plan = plan(rules, event, production);
    let kind = |e: &EntityRef| match e.key.kind.as_str() {
        EntityType::VERSION => "Version",
        EntityType::TASK => "Task",
        _ => "Shot",
    };
    plan.changes
        .iter()
        .map(|c| {
            (
                kind(&c.entity),
                c.to.clone().map(|to| to.to_string()).unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn a_version_that_moves_decides_as_the_studio_did() {
    let rules = CompiledRules::new(&overhaul());
    for world in worlds(&TASK) {
        for code in VERSION {
            let expected = version_became(&world, code);
            for actor in ACTORS {
                let event = by(becomes(EntityType::VERSION, 1, code), actor);
                let found = decided(&rules, &event, &mut production(&world, "before"), None);
                assert_eq!(found, expected, "Version becomes {code} by {actor:?} in {world:?}");
            }
        }
    }
}

#[test]
fn a_task_that_moves_decides_as_the_studio_did() {
    let rules = CompiledRules::new(&overhaul());
    for world in worlds(&["before"]).into_iter().filter(|w| w.task.is_some()) {
        for code in TASK {
            let expected = task_became(&world, code);
            for actor in ACTORS {
                let event = by(becomes(EntityType::TASK, 1, code), actor);
                let found = decided(&rules, &event, &mut production(&world, "rev"), None);
                assert_eq!(found, expected, "Task becomes {code} by {actor:?} in {world:?}");
            }
        }
    }
}

#[test]
fn a_version_that_is_made_decides_as_the_studio_did() {
    let rules = CompiledRules::new(&overhaul());
    for world in worlds(&TASK) {
        for birth in VERSION {
            let expected = version_made(&world, birth);
            let mut production = production(&world, birth);
            let made = production.remove(&version(1, None, birth).key);
            let event = event(Operation::Create, EntityType::VERSION, 1);
            let found = decided(&rules, &event, &mut production, made);
            assert_eq!(found, expected, "a Version is made as {birth} in {world:?}");
        }
    }
}

#[test]
fn a_shot_that_moves_moves_nothing() {
    let rules = CompiledRules::new(&overhaul());
    for code in SHOT {
        let world = World {
            task: Some(TaskThere {
                step: Some("Composite".to_owned()),
                status: "ip".to_owned(),
                shot: Some("bid".to_owned()),
            }),
        };
        let event = becomes(EntityType::SHOT, 1, code);
        assert_eq!(
            decided(&rules, &event, &mut production(&world, "cnv"), None),
            [],
            "Shot becomes {code}"
        );
        assert!(!rules.fires_on(&event), "and that is known before anything is read");
    }
}

#[test]
fn other_fields_and_the_fields_of_a_birth_are_passed_over() {
    let rules = CompiledRules::new(&overhaul());
    let world = World {
        task: Some(TaskThere {
            step: Some("Composite".to_owned()),
            status: "ip".to_owned(),
            shot: Some("bid".to_owned()),
        }),
    };
    let mut other = becomes(EntityType::VERSION, 1, "apv");
    other.field = Some("description".to_owned());
    let mut birth = becomes(EntityType::VERSION, 1, "apv");
    birth.in_create = true;
    let mut cleared = becomes(EntityType::VERSION, 1, "apv");
    cleared.new = None;
    for event in [other, birth, cleared] {
        assert!(!rules.fires_on(&event), "{event:?}");
        assert_eq!(
            decided(&rules, &event, &mut production(&world, "rev"), None),
            [],
            "{event:?}"
        );
    }
}

#[test]
fn what_is_switched_off_works_once_it_is_on() {
    let mut set = overhaul();
    for rule in &mut set.rules {
        rule.enabled = true;
    }
    let rules = CompiledRules::new(&set);
    let shot_1 = |roto: &str, comp: &str| -> Production {
        [
            shot(1, "bid"),
            task(1, Some("Rotoscoping"), roto),
            task(2, Some("Composite"), comp),
        ]
        .into_iter()
        .collect()
    };
    let omitted = becomes(EntityType::SHOT, 1, "omt");
    let both = vec![("Task", "omt".to_owned()), ("Task", "omt".to_owned())];
    assert_eq!(decided(&rules, &omitted, &mut shot_1("ip", "wtg"), None), both);

    let finished = becomes(EntityType::TASK, 1, "stcomp");
    let handed_on = vec![("Task", "bfr".to_owned()), ("Shot", "actv".to_owned())];
    assert_eq!(decided(&rules, &finished, &mut shot_1("ip", "ofr"), None), handed_on);
    let errors: Vec<_> = check(&set, None)
        .into_iter()
        .filter(|f| f.level == Level::Error)
        .collect();
    assert_eq!(errors, []);
}

#[test]
fn a_simulation_follows_links_and_the_trash() {
    let world = World {
        task: Some(TaskThere {
            step: Some("Composite".to_owned()),
            status: "ip".to_owned(),
            shot: Some("bid".to_owned()),
        }),
    };
    let mut simulation = Simulation::new(CompiledRules::new(&overhaul()), production(&world, "rev"));
    let made = simulation.step(
        &event(Operation::Create, EntityType::VERSION, 2),
        Some(version(2, Some(1), "rev")),
    );
    assert_eq!(
        crate::made::changes(&made),
        ["Version 2 -> cnv", "Task 1 -> cnv", "Shot 1 -> actv"]
    );

    simulation.step(&event(Operation::Delete, EntityType::SHOT, 1), None);
    let orphaned = simulation.step(&becomes(EntityType::VERSION, 1, "apv"), None);
    assert_eq!(crate::made::changes(&orphaned), ["Task 1 -> apv"]);
    assert_eq!(crate::made::skips(&orphaned), ["Shot 1 not_found task-approved"]);

    simulation.step(&event(Operation::Revive, EntityType::SHOT, 1), None);
    let moved = Event {
        field: Some("sg_task".to_owned()),
        new: Some(serde_json::json!({ "type": "Task", "id": 2, "name": "Paint" })),
        ..becomes(EntityType::VERSION, 1, "")
    };
    simulation.production.put(task(2, Some("Paint"), "ip"));
    simulation.step(&moved, None);
    let followed = simulation.step(&becomes(EntityType::VERSION, 1, "note"), None);
    assert_eq!(crate::made::changes(&followed), ["Task 2 -> adn"]);
    assert_eq!(crate::made::skips(&followed), ["Shot 1 already_there task-active"]);
}
