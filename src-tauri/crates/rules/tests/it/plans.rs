//! What a plan does beyond the studio's rules.

use callboard_model::{ActorKind, Cause, EntityType, Production, RuleId};
use callboard_rules::{CompiledRules, MAX_DEPTH, needs, plan};
use serde_json::json;

use crate::made::{becomes, by, changes, link, planned, rule_set, shot, skips, task, version};

fn small() -> Production {
    [
        shot(1, "bid"),
        task(1, Some("Comp"), "wtg"),
        task(2, Some("Roto"), "wtg"),
        version(1, Some(1), "na"),
    ]
    .into_iter()
    .collect()
}

#[test]
fn where_it_is_any_of_the_accepted_already_it_stays() {
    let set = rule_set(json!([link(
        "a",
        "Shot",
        &["actv"],
        json!({ "tasks_of_shot": {} }),
        &["ip", "rdy"]
    )]));
    let mut production = small();
    production.set_status(&task(2, None, "").key, Some("rdy".into()));
    let plan = planned(&set, &mut production, &becomes("Shot", 1, "actv"));
    assert_eq!(changes(&plan), ["Task 1 -> ip"]);
    assert_eq!(skips(&plan), ["Task 2 already_there a"]);
}

#[test]
fn of_two_rules_that_disagree_the_first_has_its_way() {
    let set = rule_set(json!([
        link("a", "Task", &["apv"], json!("shot"), &["apv"]),
        link("b", "Task", &["apv"], json!("shot"), &["final"]),
        link("c", "Task", &["apv"], json!("shot"), &["apv"]),
    ]));
    let mut production = small();
    let first = planned(&set, &mut production, &becomes("Task", 1, "apv"));
    assert_eq!(changes(&first), ["Shot 1 -> apv"]);
    assert_eq!(
        skips(&first),
        ["Shot 1 conflict b/a"],
        "and the third, of the same mind, adds nothing"
    );

    callboard_rules::apply_plan(&mut production, &first);
    let again = planned(&set, &mut production, &becomes("Task", 1, "apv"));
    assert_eq!(changes(&again), Vec::<String>::new());
    assert_eq!(
        skips(&again),
        ["Shot 1 already_there a", "Shot 1 conflict b/a"],
        "whatever it was before"
    );
}

#[test]
fn what_a_person_just_set_is_not_taken_back_by_what_follows() {
    let set = rule_set(json!([
        link("up", "Task", &["ip"], json!("shot"), &["actv"]),
        link("down", "Shot", &["actv"], json!({ "tasks_of_shot": {} }), &["rdy"]),
    ]));
    let plan = planned(&set, &mut small(), &becomes("Task", 1, "ip"));
    assert_eq!(changes(&plan), ["Shot 1 -> actv", "Task 2 -> rdy"]);
    assert_eq!(skips(&plan), ["Task 1 conflict down"]);
    assert_eq!(plan.changes[1].cause, Cause::Change(0));
    assert_eq!(plan.skipped[0].against, None, "it is the event that it is against");
}

#[test]
fn a_cascade_that_goes_on_for_ever_is_cut() {
    let count = i64::try_from(MAX_DEPTH).expect("a small number") + 3;
    let rules: Vec<_> = (0..count)
        .map(|n| {
            let next = format!("s{}", n + 1);
            let steps = json!({ "tasks_of_shot": { "steps": [next] } });
            link(&format!("r{n}"), "Task", &[&format!("s{n}")], steps, &[&next])
        })
        .collect();
    let set = rule_set(json!(rules));
    let tasks = (0..=count).map(|n| task(n, Some(&format!("s{n}")), "wtg"));
    let mut production: Production = tasks.chain([shot(1, "bid")]).collect();
    let plan = planned(&set, &mut production, &becomes("Task", 0, "s0"));
    assert_eq!(plan.changes.len(), MAX_DEPTH);
    assert_eq!(skips(&plan), [format!("Task {} too_deep r{MAX_DEPTH}", MAX_DEPTH + 1)]);
}

#[test]
fn conditions_on_the_target_are_asked_of_each_target() {
    let set = rule_set(json!([{
        "id": "a", "name": "a",
        "when": { "entity": "Shot", "becomes": ["omt"] },
        "if": { "target_is_not": ["hld"] },
        "then": { "set": { "tasks_of_shot": {} }, "to": "same" },
    }]));
    let mut production = small();
    production.set_status(&task(1, None, "").key, Some("hld".into()));
    let plan = planned(&set, &mut production, &becomes("Shot", 1, "omt"));
    assert_eq!(changes(&plan), ["Task 2 -> omt"]);
    assert!(plan.skipped.is_empty());
}

#[test]
fn who_moved_it_matters() {
    let moved_by = |who: &str| {
        rule_set(json!([{
            "id": "a", "name": "a", "when": { "entity": "Task" },
            "if": { "changed_by": who }, "then": { "set": "shot", "to": ["x"] },
        }]))
    };
    let cases = [
        (
            "anyone",
            vec![
                None,
                Some(ActorKind::Person),
                Some(ActorKind::Client),
                Some(ActorKind::Script),
            ],
        ),
        ("person", vec![Some(ActorKind::Person), Some(ActorKind::Client)]),
        ("client", vec![Some(ActorKind::Client)]),
        ("script", vec![Some(ActorKind::Script)]),
        ("callboard", vec![]),
    ];
    for (who, takes) in cases {
        for actor in [
            None,
            Some(ActorKind::Person),
            Some(ActorKind::Client),
            Some(ActorKind::Script),
        ] {
            let plan = planned(&moved_by(who), &mut small(), &by(becomes("Task", 1, "ip"), actor));
            assert_eq!(
                plan.changes.len(),
                usize::from(takes.contains(&actor)),
                "{who} and {actor:?}"
            );
        }
    }
}

#[test]
fn a_link_that_leads_nowhere_is_said_and_no_link_is_not() {
    let set = rule_set(json!([
        link("a", "Version", &["apv"], json!("task"), &["apv"]),
        link("b", "Version", &["apv"], json!("shot"), &["apv"]),
    ]));
    let mut lost: Production = [version(1, Some(9), "na")].into_iter().collect();
    let plan = planned(&set, &mut lost, &becomes("Version", 1, "apv"));
    assert_eq!(skips(&plan), ["Task 9 not_found a", "Shot 1 not_found b"]);

    let mut alone = version(1, None, "na");
    alone.parent = None;
    let plan = planned(&set, &mut [alone].into_iter().collect(), &becomes("Version", 1, "apv"));
    assert_eq!((plan.changes.len(), plan.skipped.len()), (0, 0));

    let plan = planned(&set, &mut Production::default(), &becomes("Version", 1, "apv"));
    assert_eq!(skips(&plan), ["Version 1 not_found a", "Version 1 not_found b"]);
}

#[test]
fn a_cleared_status_fires_only_what_names_no_code() {
    let set = rule_set(json!([
        { "id": "any", "name": "any", "when": { "entity": "Task" }, "then": { "set": "shot", "to": ["x"] } },
        { "id": "same", "name": "same", "when": { "entity": "Task" }, "then": { "set": "shot", "to": "same" } },
        link("named", "Task", &["ip"], json!("shot"), &["y"]),
    ]));
    let mut event = becomes("Task", 1, "ip");
    event.new = None;
    let plan = planned(&set, &mut small(), &event);
    assert_eq!(changes(&plan), ["Shot 1 -> x"]);
    assert_eq!(plan.changes[0].rule, RuleId::from("any"));
    assert!(plan.skipped.is_empty(), "\"same\" as nothing sets nothing");
}

#[test]
fn another_tracker_calls_its_status_otherwise() {
    let set = rule_set(json!([link("a", "Task", &["ip"], json!("shot"), &["actv"])]));
    let mut event = becomes("Task", 1, "ip");
    event.field = Some("task_status".to_owned());
    let production = small();
    let rules = CompiledRules::new(&set);
    assert!(plan(&rules, &event, &production).changes.is_empty());
    let rules = rules.with_status_field("task_status");
    assert_eq!(changes(&plan(&rules, &event, &production)), ["Shot 1 -> actv"]);
}

#[test]
fn no_more_is_read_than_a_plan_could_look_at() {
    let tasks_of_shot = |needed: &callboard_model::Surroundings| {
        let pair = (EntityType::from(EntityType::SHOT), EntityType::from(EntityType::TASK));
        needed.below.contains(&pair)
    };
    let set = callboard_rules::template("status-overhaul").expect("the template is there");
    let rules = CompiledRules::new(&set);
    let read = |event| {
        let needed = needs(&rules, &event);
        (needed.entity, needed.task, needed.owner, tasks_of_shot(&needed))
    };
    assert_eq!(
        read(becomes(EntityType::VERSION, 1, "rqc")),
        (false, false, false, false)
    );
    assert_eq!(read(becomes(EntityType::VERSION, 1, "apv")), (true, true, true, false));
    assert_eq!(read(becomes(EntityType::TASK, 1, "apv")), (true, false, true, false));
    assert_eq!(read(becomes(EntityType::TASK, 1, "wtg")), (false, false, false, false));
    let mut all = set.clone();
    all.rules.iter_mut().for_each(|r| r.enabled = true);
    let rules = CompiledRules::new(&all);
    assert!(tasks_of_shot(&needs(&rules, &becomes(EntityType::SHOT, 1, "omt"))));
    assert!(
        tasks_of_shot(&needs(&rules, &becomes(EntityType::VERSION, 1, "stcomp"))),
        "by way of its Task"
    );
}

#[test]
fn the_project_is_the_entity_s_or_else_the_event_s() {
    let of = |project: serde_json::Value| {
        rule_set(json!([{
            "id": "a", "name": "a", "when": { "entity": "Task" },
            "if": { "project": [project] }, "then": { "set": "shot", "to": ["x"] },
        }]))
    };
    let mut event = becomes("Task", 1, "ip");
    event.project = Some(callboard_model::EntityRef::new("Project", 122).named("Show"));
    let moves =
        |set: &callboard_rules::RuleSet, production: &mut Production| planned(set, production, &event).changes.len();
    for (project, takes) in [(json!(122), 1), (json!("Show"), 1), (json!(123), 0), (json!("show"), 0)] {
        assert_eq!(moves(&of(project.clone()), &mut small()), takes, "{project}");
    }
    let mut elsewhere = small();
    let project = Some(callboard_model::EntityRef::new("Project", 9));
    elsewhere.put(callboard_model::Entity {
        project,
        ..task(1, None, "wtg")
    });
    assert_eq!(moves(&of(json!(122)), &mut elsewhere), 0);
}
