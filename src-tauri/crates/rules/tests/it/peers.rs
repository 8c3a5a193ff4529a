//! What others' rules can say, said in ours: one rule set for each row of the dossier's list of peers.

use std::sync::Arc;

use callboard_model::{ActorKind, Entity, EntityId, EntityRef, EntityType, Event, Note, Operation, Step};
use callboard_rules::{CompiledRules, Level, RuleSet, SiteStatuses, apply_event, check, plan};
use serde_json::{Value, json};

use crate::made::{becomes, by, changes, entity, event, shot, task, version};
use crate::story::{NOTHING, Story};

/// Rules with the statuses `code:class` of each column; they must be good enough to go live.
fn says(statuses: Value, rules: Value) -> RuleSet {
    let column = |list: &Value| -> Value {
        let words = list.as_str().expect("a list of words").split_whitespace();
        let status = words.map(|word| {
            let (code, class) = word.split_once(':').unwrap_or((word, ""));
            let mut status = json!({ "code": code, "name": code });
            if !class.is_empty() {
                status["class"] = json!(class);
            }
            status
        });
        status.collect()
    };
    let columns = statuses.as_object().expect("columns").iter();
    let columns: Value = columns.map(|(name, list)| (name.clone(), column(list))).collect();
    let mut document = json!({ "callboard": 1, "name": "A peer's", "statuses": columns, "rules": rules });
    for (n, rule) in document["rules"].as_array_mut().expect("rules").iter_mut().enumerate() {
        rule["id"] = json!(format!("r{n}"));
        rule["name"] = json!(format!("Rule {n}"));
    }
    let set = RuleSet::parse(document.to_string().as_bytes()).expect("it can be said");
    let errors: Vec<_> = check(&set, None)
        .into_iter()
        .filter(|f| f.level == Level::Error)
        .collect();
    assert_eq!(errors, []);
    set
}

const TASK: &str = "na:omitted wtg:not_started rdy:not_started ip:in_progress hld:blocked fin:done";
const SHOT: &str = "wtg:not_started ip:in_progress hld:blocked fin:done";

fn tasks_and_shots(rules: Value) -> RuleSet {
    says(json!({ "task": TASK, "shot": SHOT }), rules)
}

fn numbered(id: i64, status: &str) -> Entity {
    Entity {
        name: Some(format!("sh010_comp_v{id:03}")),
        ..version(id, Some(1), status)
    }
}

fn waits_for(tasks: &[i64], entity: Entity) -> Entity {
    Entity {
        upstream: tasks.iter().map(|id| EntityRef::new(EntityType::TASK, *id)).collect(),
        ..entity
    }
}

fn in_step(id: i64, step: &str, order: i64, status: &str) -> Entity {
    Entity {
        step: Some(Step {
            name: Some(step.to_owned()),
            short_name: None,
            order: Some(order),
        }),
        ..task(id, None, status)
    }
}

fn with_field(mut entity: Entity, field: &str, value: Value) -> Entity {
    entity.fields.insert(field.to_owned(), value);
    entity
}

// AYON and OpenPype.

#[test]
fn ayon_status_task_to_parent() {
    // First what all Tasks are, then what the one that moved is. The second row asks for at least one Task outside the first
    // list, so that the first has its way; and its old status must be one, so that a new Task moves nothing.
    let set = tasks_and_shots(json!([
        {
            "when": { "entity": "Task" },
            "then": { "set": "shot", "to": { "roll_up": { "rows": [
                { "all": ["fin", "na"], "to": ["fin"] },
                { "all": ["hld"], "to": ["hld"] },
            ] } } },
        },
        {
            "when": { "entity": "Task", "becomes": ["ip", "rdy"], "from": ["na", "wtg", "rdy", "ip", "hld", "fin"] },
            "if": { "siblings": { "any": ["wtg", "rdy", "ip"] } },
            "then": { "set": "shot", "to": ["ip"] },
        },
    ]));
    let mut story = Story::of(&set, [task(1, None, "wtg"), task(2, None, "fin"), shot(1, "wtg")]);
    assert_eq!(story.task(1, "ip"), ["Shot 1 -> ip"]);
    assert_eq!(story.task(1, "na"), ["Shot 1 -> fin"]);
    assert_eq!(story.task(2, "hld"), NOTHING);
    assert_eq!(story.task(1, "hld"), ["Shot 1 -> hld"]);
    let mut none_before = becomes("Task", 1, "ip");
    none_before.old = None;
    assert_eq!(story.happens(&none_before, None), NOTHING, "it had no status before");
}

#[test]
fn ayon_several_tasks_changed_together() {
    // ftrack hands AYON several Tasks in one event, and the lowest row that one of them is in decides. Here an event is one
    // change, so the rows are held against all Tasks: whichever of the changes comes last, the lowest row decides.
    let set = tasks_and_shots(json!([{
        "when": { "entity": "Task", "from": ["na", "wtg", "rdy", "ip", "hld", "fin"] },
        "then": { "set": "shot", "to": { "roll_up": { "rows": [
            { "any": ["hld"], "to": ["hld"] },
            { "any": ["ip", "rdy"], "to": ["ip"] },
            { "any": ["fin"], "to": ["fin"] },
        ] } } },
    }]));
    let orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];
    for order in orders {
        let mut story = Story::of(
            &set,
            [1, 2, 3]
                .map(|id| task(id, None, "wtg"))
                .into_iter()
                .chain([shot(1, "wtg")]),
        );
        let changes: Vec<_> = order
            .into_iter()
            .flat_map(|id| story.task(id, ["fin", "hld", "ip"][usize::try_from(id).unwrap() - 1]))
            .collect();
        assert_eq!(changes.last().map(String::as_str), Some("Shot 1 -> hld"), "{order:?}");
    }
}

#[test]
fn ayon_statuses_by_name_in_any_capitals() {
    let named = |code: &str, name: &str| json!({ "code": code, "name": name });
    let file = json!({
        "callboard": 1,
        "name": "By name",
        "statuses": { "task": [named("ip", "In Progress"), named("apr", "Approved")], "shot": [named("APPROVED", "Done")] },
        "rules": [{
            "id": "r", "name": "r", "when": { "entity": "Task", "becomes": ["approved"] },
            "then": { "set": "shot", "to": ["Approved"] },
        }],
    });
    let set = RuleSet::from_file(file.to_string().as_bytes()).unwrap();
    let mut story = Story::of(&set, [task(1, None, "ip"), shot(1, "wtg")]);
    assert_eq!(story.task(1, "apr"), ["Shot 1 -> APPROVED"]);
}

#[test]
fn ayon_status_version_to_task() {
    // Of several mapped names the first that the site has, even where the Task has a later one; the same name for what is
    // not mapped; not for some types of asset.
    let set = says(
        json!({ "version": "Review Approved Retake", "task": "Review Pending Approved Done Retake" }),
        json!([
            {
                "when": { "entity": "Version", "becomes": ["Approved"] },
                "if": { "target_is": ["Approved"], "field_is_not": { "asset_type": ["workfile"] } },
                "then": { "set": "task", "to": ["Done"] },
            },
            {
                "when": { "entity": "Version", "becomes": ["Approved"] },
                "if": { "field_is_not": { "asset_type": ["workfile"] } },
                "then": { "set": "task", "to": ["Done", "Approved"] },
            },
            {
                "when": { "entity": "Version" },
                "if": { "status_is_not": ["Approved"], "field_is_not": { "asset_type": ["workfile"] } },
                "then": { "set": "task", "to": "same" },
            },
        ]),
    );
    let decided = |site: Option<&[&str]>, of_task: &str, asset_type: &str, becoming: &str| {
        let mut rules = CompiledRules::new(&set);
        if let Some(codes) = site {
            let mut statuses = SiteStatuses::default();
            statuses.insert(&EntityType::from("Task"), codes.iter().map(|c| (*c).into()));
            rules = rules.with_site(statuses);
        }
        let moved = with_field(
            version(1, Some(1), "x"),
            "asset_type",
            json!({ "type": "AssetType", "id": 3, "name": asset_type }),
        );
        let mut production = [moved, task(1, None, of_task)].into_iter().collect();
        let event = becomes("Version", 1, becoming);
        apply_event(&mut production, &event, None, "sg_status_list");
        changes(&plan(&rules, &event, &production))
    };
    let all: &[&str] = &["Review", "Pending", "Approved", "Done", "Retake"];
    let without_done: &[&str] = &["Review", "Approved"];
    assert_eq!(decided(Some(all), "Review", "render", "Approved"), ["Task 1 -> Done"]);
    assert_eq!(decided(Some(all), "Approved", "render", "Approved"), ["Task 1 -> Done"]);
    assert_eq!(
        decided(Some(without_done), "Review", "render", "Approved"),
        ["Task 1 -> Approved"]
    );
    assert_eq!(decided(Some(without_done), "Approved", "render", "Approved"), NOTHING);
    assert_eq!(
        decided(Some(all), "Review", "render", "Retake"),
        ["Task 1 -> Retake"],
        "the same name"
    );
    assert_eq!(
        decided(Some(without_done), "Review", "render", "Retake"),
        NOTHING,
        "where the Task can have it"
    );
    assert_eq!(decided(Some(all), "Review", "workfile", "Approved"), NOTHING);
}

#[test]
fn ayon_status_task_to_version() {
    let set = says(
        json!({ "version": "Review Approved", "task": "Review Approved" }),
        json!([
            { "when": { "entity": "Version" }, "then": { "set": "task", "to": "same" } },
            {
                "when": { "entity": "Task", "becomes": ["Approved"] },
                "if": [{ "changed_by": "person" }, { "changed_by": "script" }],
                "then": { "set": { "versions": "highest_number" }, "to": ["Approved"] },
            },
        ]),
    );
    let there = [numbered(1, "Review"), numbered(2, "Review"), task(1, None, "Review")];
    let mut story = Story::of(&set, there.clone());
    assert_eq!(story.task(1, "Approved"), ["Version 2 -> Approved"]);
    let mut story = Story::of(&set, there);
    assert_eq!(
        story.set("Version", 1, "Approved"),
        ["Task 1 -> Approved"],
        "a rule moved the Task: no loop"
    );
}

#[test]
fn ayon_next_task_update() {
    // A row of the mapping is a rule. Ignored statuses count as done.
    let next = |by: &str, from: &str, to: &str| {
        let mut next = json!({ "by": by, "through": ["na"] });
        if by == "steps" {
            next["when_all"] = json!(["@done"]);
        }
        json!({
            "when": { "entity": "Task", "becomes": ["@done"] }, "if": { "target_is": [from] },
            "then": { "set": { "next_tasks": next }, "to": [to] },
        })
    };
    let set = tasks_and_shots(json!([next("steps", "wtg", "rdy"), next("steps", "hld", "ip")]));
    let mut story = Story::of(
        &set,
        [
            in_step(1, "Modeling", 10, "ip"),
            in_step(2, "Modeling", 10, "ip"),
            in_step(3, "Lookdev", 20, "na"),
            in_step(4, "Rigging", 30, "wtg"),
            in_step(5, "Rigging", 30, "hld"),
        ],
    );
    assert_eq!(story.task(1, "fin"), NOTHING);
    assert_eq!(story.task(2, "fin"), ["Task 4 -> rdy", "Task 5 -> ip"]);

    let set = tasks_and_shots(json!([next("name", "wtg", "rdy")]));
    let called = |id, name: &str, status: &str| Entity {
        name: Some(name.to_owned()),
        ..task(id, None, status)
    };
    let mut story = Story::of(
        &set,
        [
            called(1, "a", "ip"),
            called(2, "C", "wtg"),
            called(3, "b", "na"),
            called(4, "d", "wtg"),
        ],
    );
    assert_eq!(story.task(1, "fin"), ["Task 2 -> rdy"], "b is stepped over");
}

#[test]
fn ayon_first_version_status() {
    // By the Task's name, by its type; before the Task follows the Version.
    let set = says(
        json!({ "version": "ip Review Internal", "task": "ip Review Internal" }),
        json!([
            {
                "when": { "entity": "Version", "on": ["created"] },
                "if": { "first_version": true, "field_is": { "sg_task": ["hero comp"] } },
                "then": { "set": "itself", "to": ["Internal"] },
            },
            {
                "when": { "entity": "Version", "on": ["created"] },
                "if": { "first_version": true, "step": ["Comp"], "field_is_not": { "sg_task": ["hero comp"] } },
                "then": { "set": "itself", "to": ["Review"] },
            },
            { "when": { "entity": "Version", "on": ["updated"] }, "then": { "set": "task", "to": "same" } },
        ]),
    );
    let of = |id, task: i64, name: &str| {
        let link = json!({ "type": "Task", "id": task, "name": name });
        with_field(version(id, Some(task), "ip"), "sg_task", link)
    };
    let tasks = [
        task(1, Some("Comp"), "ip"),
        task(2, Some("Comp"), "ip"),
        task(3, Some("Roto"), "ip"),
    ];
    let mut story = Story::of(&set, tasks);
    assert_eq!(
        story.made(of(1, 1, "hero comp")),
        ["Version 1 -> Internal", "Task 1 -> Internal"]
    );
    assert_eq!(
        story.made(of(2, 2, "comp")),
        ["Version 2 -> Review", "Task 2 -> Review"]
    );
    assert_eq!(story.made(of(3, 2, "comp")), NOTHING);
    assert_eq!(story.made(of(4, 3, "roto")), NOTHING);
}

// ftrack.

#[test]
fn ftrack_cascade_to_the_parent_by_state() {
    let set = tasks_and_shots(json!([{
        "when": { "entity": "Task" },
        "then": { "set": { "parent": "Shot" }, "to": { "roll_up": { "rows": [
            { "all": ["@done"], "to": ["@done"] },
            { "all": ["@not_started"], "to": ["@not_started"] },
            { "any": ["@blocked"], "to": ["@blocked"] },
            { "any": ["@in_progress"], "to": ["@in_progress"] },
        ] } } },
    }]));
    let mut story = Story::of(&set, [task(1, None, "wtg"), task(2, None, "wtg"), shot(1, "hld")]);
    assert_eq!(
        story.task(1, "rdy"),
        ["Shot 1 -> wtg"],
        "the first status of that state"
    );
    assert_eq!(story.task(1, "ip"), ["Shot 1 -> ip"]);
    assert_eq!(story.task(2, "hld"), ["Shot 1 -> hld"]);
    assert_eq!(story.task(2, "fin"), ["Shot 1 -> ip"]);
    assert_eq!(story.task(1, "wtg"), NOTHING, "done and not started: left as it is");
    assert_eq!(story.task(1, "fin"), ["Shot 1 -> fin"]);
}

#[test]
fn ftrack_linked_tasks() {
    let set = tasks_and_shots(json!([{
        "when": { "entity": "Task", "becomes": ["fin"] },
        "if": { "target_is": ["@not_started"] },
        "then": { "set": { "next_tasks": { "by": "dependency" } }, "to": ["rdy"] },
    }]));
    let tasks = [
        task(1, None, "ip"),
        task(2, None, "ip"),
        waits_for(&[1, 2], task(3, None, "wtg")),
        waits_for(&[1], task(4, None, "ip")),
    ];
    let mut story = Story::of(&set, tasks);
    assert_eq!(story.task(1, "fin"), ["Task 3 -> rdy"], "whatever else it waits for");
}

// The studio of the seed.

#[test]
fn the_studio_s_three_maps() {
    let set = says(
        json!({ "version": "note apv", "task": "omt wtg rdy ip adn apv", "shot": "omt actv apv" }),
        json!([
            { "when": { "entity": "Version", "becomes": ["note"] }, "then": { "set": "task", "to": ["adn"] } },
            { "when": { "entity": "Version", "becomes": ["apv"] }, "then": { "set": "task", "to": ["apv"] } },
            { "when": { "entity": "Task", "becomes": ["rdy", "ip", "adn"] }, "then": { "set": "shot", "to": ["actv"] } },
            { "when": { "entity": "Task", "becomes": ["apv"] }, "then": { "set": "shot", "to": ["apv"] } },
            {
                "when": { "entity": "Shot", "becomes": ["actv"] }, "if": { "changed_by": "person" },
                "then": { "set": { "tasks_of_shot": {} }, "to": ["rdy", "ip", "adn"] },
            },
            {
                "when": { "entity": "Shot", "becomes": ["omt"] }, "if": { "changed_by": "person" },
                "then": { "set": { "tasks_of_shot": {} }, "to": ["omt"] },
            },
        ]),
    );
    let there = [
        version(1, Some(1), "x"),
        task(1, None, "wtg"),
        task(2, None, "ip"),
        shot(1, "omt"),
    ];
    let mut story = Story::of(&set, there);
    assert_eq!(story.set("Version", 1, "note"), ["Task 1 -> adn", "Shot 1 -> actv"]);
    assert_eq!(story.set("Version", 1, "apv"), ["Task 1 -> apv", "Shot 1 -> apv"]);
    assert_eq!(
        story.set("Shot", 1, "actv"),
        ["Task 1 -> rdy"],
        "what works already keeps its own status"
    );
    assert_eq!(story.set("Shot", 1, "omt"), ["Task 1 -> omt", "Task 2 -> omt"]);
    let by_script = by(becomes("Shot", 1, "actv"), Some(ActorKind::Script));
    assert_eq!(story.happens(&by_script, None), NOTHING, "only what people do");
}

#[test]
fn the_studio_s_later_port() {
    let set = says(
        json!({ "version": "na rev", "task": "ip stcomp bfr", "shot": "bid actv" }),
        json!([
            {
                "when": { "entity": "Version", "on": ["created"] }, "if": { "step": ["Comp"] },
                "then": { "set": "itself", "to": ["rev"] },
            },
            {
                "when": { "entity": "Version", "on": ["created"] }, "if": { "step_not": ["Comp"] },
                "then": { "set": "itself", "to": ["na"] },
            },
            {
                "when": { "entity": "Task", "becomes": ["ip"] }, "if": { "step": ["Comp"] },
                "then": { "set": "shot", "to": ["actv"] },
            },
            {
                "when": { "entity": "Task", "becomes": ["stcomp"] }, "if": { "step": ["Roto", "Paint"] },
                "then": { "set": { "tasks_of_shot": { "steps": ["Comp"] } }, "to": ["bfr"] },
            },
        ]),
    );
    let there = [task(1, Some("Roto"), "x"), task(2, Some("Comp"), "x"), shot(1, "bid")];
    let mut story = Story::of(&set, there);
    assert_eq!(story.made(version(1, Some(1), "x")), ["Version 1 -> na"]);
    assert_eq!(story.made(version(2, Some(2), "x")), ["Version 2 -> rev"]);
    assert_eq!(story.task(1, "ip"), NOTHING, "only some steps drive the Shot");
    assert_eq!(story.task(1, "stcomp"), ["Task 2 -> bfr"]);
    assert_eq!(story.task(2, "ip"), ["Shot 1 -> actv"]);
}

// Plugins of the event daemon, and other studios' code.

#[test]
fn plugin_version_status_update_task_status() {
    let set = says(
        json!({ "version": "rev apr", "task": "rev fin" }),
        json!([
            { "when": { "entity": "Version", "becomes": ["rev"] }, "then": { "set": "task", "to": ["rev"] } },
            { "when": { "entity": "Version", "becomes": ["apr"] }, "then": { "set": "task", "to": ["fin"] } },
        ]),
    );
    let mut story = Story::of(&set, [version(1, Some(1), "x"), task(1, None, "ip")]);
    assert_eq!(story.set("Version", 1, "apr"), ["Task 1 -> fin"]);
    assert_eq!(story.set("Version", 1, "rev"), ["Task 1 -> rev"]);
}

#[test]
fn plugin_task_status_update_version_status() {
    let set = says(
        json!({ "version": "rev apr", "task": "rev fin" }),
        json!([{ "when": { "entity": "Task", "becomes": ["fin"] }, "then": { "set": { "versions": "latest" }, "to": ["apr"] } }]),
    );
    let made_at = |id, at: &str| Entity {
        created_at: Some(at.parse().expect("a time")),
        ..version(id, Some(1), "rev")
    };
    let there = [
        made_at(1, "2024-05-02T10:00:00Z"),
        made_at(2, "2024-05-01T10:00:00Z"),
        task(1, None, "rev"),
    ];
    assert_eq!(
        Story::of(&set, there).task(1, "fin"),
        ["Version 1 -> apr"],
        "by when it was made"
    );
}

#[test]
fn plugin_task_status_update_entity_status() {
    // The last row: a Task that leaves final reopens what was final.
    let set = tasks_and_shots(json!([
        {
            "when": { "entity": "Task" },
            "then": { "set": "shot", "to": { "roll_up": { "ignoring": ["na"], "rows": [
                { "all": ["fin"], "to": ["fin"] },
                { "any": ["ip"], "to": ["ip"] },
            ] } } },
        },
        {
            "when": { "entity": "Task", "from": ["fin"], "becomes": ["wtg", "rdy", "hld"] },
            "if": { "target_is": ["fin"], "siblings": { "none": ["ip"] } },
            "then": { "set": "shot", "to": ["ip"] },
        },
    ]));
    let mut story = Story::of(&set, [task(1, None, "wtg"), task(2, None, "na"), shot(1, "wtg")]);
    assert_eq!(story.task(1, "ip"), ["Shot 1 -> ip"]);
    assert_eq!(story.task(1, "fin"), ["Shot 1 -> fin"], "n/a is not looked at");
    assert_eq!(story.task(1, "hld"), ["Shot 1 -> ip"], "it left final");
    assert_eq!(story.task(1, "na"), NOTHING, "all are n/a");
}

#[test]
fn plugin_tasks_approved() {
    let set = tasks_and_shots(json!([{
        "when": { "entity": "Task", "becomes": ["fin", "na"] },
        "if": { "target_is": ["wtg"] },
        "then": {
            "set": { "next_tasks": { "by": "dependency", "when_all": ["fin"], "through": ["na"] } },
            "to": ["ip"],
        },
    }]));
    let tasks = [
        task(1, None, "ip"),
        task(2, None, "ip"),
        waits_for(&[1], task(3, None, "na")),
        waits_for(&[3], task(4, None, "na")),
        waits_for(&[2, 4], task(5, None, "wtg")),
    ];
    let mut story = Story::of(&set, tasks.clone());
    assert_eq!(
        story.task(2, "fin"),
        NOTHING,
        "through two n/a Tasks it waits for the first"
    );
    assert_eq!(story.task(1, "fin"), ["Task 5 -> ip"]);
    let mut story = Story::of(&set, tasks);
    assert_eq!(story.task(1, "fin"), NOTHING);
    assert_eq!(story.task(2, "fin"), ["Task 5 -> ip"]);
}

#[test]
fn plugin_version_finaled() {
    let set = says(
        json!({ "version": "rev sup fin" }),
        json!([
            { "when": { "entity": "Version", "becomes": ["fin"] }, "then": { "set": { "versions": "others" }, "to": ["sup"] } },
        ]),
    );
    let there = [
        version(1, Some(1), "rev"),
        version(2, Some(1), "rev"),
        version(3, Some(1), "sup"),
        task(1, None, "ip"),
    ];
    let mut story = Story::of(&set, there);
    assert_eq!(
        story.set("Version", 2, "fin"),
        ["Version 1 -> sup"],
        "and what follows does not start it again"
    );
}

#[test]
fn plugin_entity_status_update_task_status() {
    let rule = |entity: &str| {
        json!({
            "when": { "entity": entity, "becomes": ["hld"] }, "if": { "target_is_not": ["fin", "na"] },
            "then": { "set": { "children": { "type": "Task" } }, "to": ["hld"] },
        })
    };
    let set = says(
        json!({ "task": TASK, "shot": SHOT, "asset": SHOT }),
        json!([rule("Shot"), rule("Asset")]),
    );
    let of_asset = |entity: Entity| Entity {
        parent: Some(EntityRef::new("Asset", 1)),
        ..entity
    };
    let there = [
        task(1, None, "ip"),
        task(2, None, "fin"),
        shot(1, "ip"),
        of_asset(task(3, None, "ip")),
        entity("Asset", 1, "ip"),
    ];
    let mut story = Story::of(&set, there);
    assert_eq!(story.set("Shot", 1, "hld"), ["Task 1 -> hld"]);
    assert_eq!(story.set("Asset", 1, "hld"), ["Task 3 -> hld"]);
}

#[test]
fn plugin_update_status_when_note_is_created() {
    let set = says(
        json!({ "version": "rev vwd apr" }),
        json!([{
            "when": { "entity": "Version", "on": ["note_added"], "becomes": ["rev"] },
            "then": { "set": "itself", "to": ["vwd"] },
        }]),
    );
    let mut story = Story::of(&set, [version(1, None, "rev"), version(2, None, "apr")]);
    let note = |about: i64| Event {
        note: Some(Note {
            text: "Nice.".to_owned(),
            about: vec![EntityRef::new("Version", about)],
        }),
        ..event(Operation::Create, EntityType::NOTE, 9)
    };
    assert_eq!(story.happens(&note(1), None), ["Version 1 -> vwd"]);
    assert_eq!(story.happens(&note(2), None), NOTHING);
}

#[test]
fn variant_the_same_name_where_it_is_valid() {
    let set = says(
        json!({ "version": "rev apr", "task": "rev" }),
        json!([{ "when": { "entity": "Version" }, "then": { "set": "task", "to": "same" } }]),
    );
    let mut site = SiteStatuses::default();
    site.insert(&EntityType::from("Task"), ["rev".into()]);
    let rules = CompiledRules::new(&set).with_site(site);
    let decided = |code: &str| {
        let mut production = [version(1, Some(1), "x"), task(1, None, "ip")].into_iter().collect();
        let event = becomes("Version", 1, code);
        apply_event(&mut production, &event, None, "sg_status_list");
        changes(&plan(&rules, &event, &production))
    };
    assert_eq!(decided("rev"), ["Task 1 -> rev"]);
    assert_eq!(decided("apr"), NOTHING);
}

#[test]
fn cobopipe_ready_when_all_others_are_approved() {
    let set = tasks_and_shots(json!([{
        "when": { "entity": "Task", "becomes": ["fin"] },
        "if": { "target_is": ["wtg"] },
        "then": { "set": { "next_tasks": { "by": "dependency", "when_all": ["fin"] } }, "to": ["rdy"] },
    }]));
    let tasks = [
        task(1, None, "ip"),
        task(2, None, "ip"),
        waits_for(&[1, 2], task(3, None, "wtg")),
    ];
    let mut story = Story::of(&set, tasks);
    assert_eq!(story.task(1, "fin"), NOTHING);
    assert_eq!(story.task(2, "fin"), ["Task 3 -> rdy"]);
}

#[test]
fn slingshot_blocks_of_trigger_values() {
    // `Version/update/sg_status_list` and another field; SELF and a type with a filter; `$new_value`.
    let set = says(
        json!({ "version": "rev apr", "task": TASK }),
        json!([
            {
                "when": { "entity": "Version", "event_type": ["Shotgun_Version_Change"], "becomes": ["apr"] },
                "then": { "set": { "children": { "type": "Task", "of": "Shot", "steps": ["Comp"] } }, "to": ["fin"] },
            },
            {
                "when": { "entity": "Version", "field": "sg_client_status", "becomes": ["rev", "apr"] },
                "then": { "set": "itself", "to": "same" },
            },
        ]),
    );
    let there = [
        version(1, Some(1), "rev"),
        task(1, Some("Roto"), "ip"),
        task(2, Some("Comp"), "ip"),
        shot(1, "ip"),
    ];
    let mut story = Story::of(&set, there);
    assert_eq!(story.set("Version", 1, "apr"), ["Task 2 -> fin"]);
    let client_says = |code: &str| Event {
        field: Some("sg_client_status".to_owned()),
        ..becomes("Version", 1, code)
    };
    assert_eq!(story.happens(&client_says("rev"), None), ["Version 1 -> rev"]);
    assert_eq!(story.happens(&client_says("na"), None), NOTHING);
}

#[test]
fn slingshot_data_of_any_field() {
    // `data: {sg_client_status: $new_value, sg_client_round: "2"}` on SELF and on what it is linked to; and a field that is
    // set is a trigger like any other.
    let set = says(
        json!({ "version": "rev apr", "task": TASK }),
        json!([
            {
                "when": { "entity": "Version", "becomes": ["rev", "apr"] },
                "then": { "set": "itself", "field": "sg_client_status", "to": "same" },
            },
            {
                "when": { "entity": "Version", "becomes": ["rev"] },
                "then": { "set": "task", "field": "sg_client_round", "to": ["2"] },
            },
            {
                "when": { "entity": "Version", "field": "sg_client_status", "becomes": ["apr"] },
                "then": { "set": "task", "field": "sg_client_round", "to": "cleared" },
            },
        ]),
    );
    let round = with_field(task(1, Some("Comp"), "ip"), "sg_client_round", json!(1));
    let mut story = Story::of(&set, [version(1, Some(1), "apr"), round, shot(1, "ip")]);
    assert_eq!(
        story.set("Version", 1, "rev"),
        ["Version 1 sg_client_status -> rev", "Task 1 sg_client_round -> 2"]
    );
    assert_eq!(
        story.set("Version", 1, "apr"),
        ["Version 1 sg_client_status -> apr", "Task 1 sg_client_round -> -"]
    );
}

#[test]
fn kitsu_ready_for() {
    // (Modeling, done) -> the Asset is ready for Rigging, whatever its status; Kitsu exempts this from its check for cycles.
    let set = says(
        json!({ "task": TASK }),
        json!([{
            "when": { "entity": "Task", "becomes": ["fin"] },
            "if": { "step": ["Modeling"] },
            "then": { "set": { "parent": "Asset" }, "field": "ready_for", "to": ["Rigging"] },
        }]),
    );
    let of_asset = |task: Entity| Entity {
        parent: Some(EntityRef::new("Asset", 5)),
        ..task
    };
    let there = [
        of_asset(task(1, Some("Modeling"), "ip")),
        of_asset(task(2, Some("Shading"), "ip")),
        entity("Asset", 5, "ip"),
    ];
    let mut story = Story::of(&set, there);
    assert_eq!(story.task(2, "fin"), NOTHING);
    assert_eq!(story.task(1, "fin"), ["Asset 5 ready_for -> Rigging"]);
    assert_eq!(story.task(1, "fin"), NOTHING, "it is already");
}

#[test]
fn groundtruth_decides_over_all_siblings() {
    // All in the done set, and not: none in the others.
    let set = tasks_and_shots(json!([{
        "when": { "entity": "Task", "becomes": ["fin", "na"] },
        "if": { "siblings": { "all": ["fin", "na"] } },
        "then": { "set": "shot", "to": ["fin"] },
    }]));
    let unknown = Entity {
        status: None,
        ..task(3, None, "")
    };
    let mut story = Story::of(
        &set,
        [task(1, None, "ip"), task(2, None, "fin"), unknown, shot(1, "ip")],
    );
    assert_eq!(story.task(1, "fin"), NOTHING, "one has no status, which is not done");
    assert_eq!(story.task(3, "na"), ["Shot 1 -> fin"]);
}

// What all of them together need.

#[test]
fn union_triggers() {
    let when = |when: Value, condition: Value| {
        tasks_and_shots(json!([{ "when": when, "if": condition, "then": { "set": "shot", "to": ["ip"] } }]))
    };
    let there = || {
        [
            Entity {
                project: Some(EntityRef::new("Project", 7).named("Demo")),
                ..task(1, Some("Comp"), "wtg")
            },
            shot(1, "wtg"),
        ]
    };
    let fires = |set: &RuleSet, event: &Event| Story::of(set, there()).happens(event, None) == ["Shot 1 -> ip"];
    let became = |old: &str| Event {
        old: Some(json!(old)),
        ..by(becomes("Task", 1, "ip"), Some(ActorKind::Client))
    };
    for (when_is, condition, old, expected) in [
        (json!({ "entity": "Task", "becomes": ["ip"] }), json!([]), "wtg", true),
        (json!({ "entity": "Task", "becomes": ["fin"] }), json!([]), "wtg", false),
        (
            json!({ "entity": "Task", "becomes": ["ip"], "from": ["wtg"] }),
            json!([]),
            "wtg",
            true,
        ),
        (
            json!({ "entity": "Task", "becomes": ["ip"], "from": ["wtg"] }),
            json!([]),
            "hld",
            false,
        ),
        (json!({ "entity": "Task" }), json!({ "project": ["Demo"] }), "wtg", true),
        (json!({ "entity": "Task" }), json!({ "project": [8] }), "wtg", false),
        (json!({ "entity": "Task" }), json!({ "step": ["Comp"] }), "wtg", true),
        (
            json!({ "entity": "Task" }),
            json!({ "step_not": ["Comp"] }),
            "wtg",
            false,
        ),
        (
            json!({ "entity": "Task" }),
            json!({ "changed_by": "client" }),
            "wtg",
            true,
        ),
        (
            json!({ "entity": "Task" }),
            json!({ "changed_by": "script" }),
            "wtg",
            false,
        ),
        (json!({ "entity": "Task", "on": ["created"] }), json!([]), "wtg", false),
        (
            json!({ "entity": "Task" }),
            json!({ "field_is": { "tag": ["hero"] } }),
            "wtg",
            false,
        ),
    ] {
        let set = when(when_is, condition);
        assert_eq!(fires(&set, &became(old)), expected, "{:?}", set.rules[0]);
    }
    let filtered = when(
        json!({ "entity": "Task" }),
        json!({ "filter": "new.code = \"ip\" and priority > 3" }),
    );
    let received = |priority: i64| Event {
        received: Some(Arc::new(json!({ "new": { "code": "ip" }, "priority": priority }))),
        ..became("wtg")
    };
    assert!(fires(&filtered, &received(4)) && !fires(&filtered, &received(3)));
}

#[test]
fn union_sets_and_guards() {
    // Siblings of every kind, with nothing left to look at as the rule wants it.
    let upstream = |if_none_left: bool| {
        tasks_and_shots(json!([{
            "when": { "entity": "Task", "becomes": ["rdy"] },
            "if": { "siblings": { "of": "upstream", "all": ["@done"], "ignoring": ["na"], "if_none_left": if_none_left } },
            "then": { "set": "itself", "to": ["ip"] },
        }]))
    };
    for (status, if_none_left, expected) in [
        ("fin", false, true),
        ("ip", true, false),
        ("na", false, false),
        ("na", true, true),
    ] {
        let tasks = [task(1, None, status), waits_for(&[1], task(2, None, "wtg"))];
        let moved = Story::of(&upstream(if_none_left), tasks).task(2, "rdy");
        assert_eq!(moved == ["Task 2 -> ip"], expected, "{status} {if_none_left}");
    }

    // The least and the most advanced, by the order of the column.
    let picked = |pick: &str| {
        tasks_and_shots(json!([{
            "when": { "entity": "Task" },
            "then": { "set": "shot", "to": { "roll_up": { "pick": pick, "ignoring": ["na"] } } },
        }]))
    };
    let tasks = || {
        [
            task(1, None, "na"),
            task(2, None, "fin"),
            task(3, None, "wtg"),
            shot(1, "hld"),
        ]
    };
    assert_eq!(
        Story::of(&picked("least_advanced"), tasks()).task(3, "ip"),
        ["Shot 1 -> ip"]
    );
    assert_eq!(
        Story::of(&picked("most_advanced"), tasks()).task(3, "ip"),
        ["Shot 1 -> fin"]
    );

    // Never backwards, never what is on hold, never too many.
    let set = tasks_and_shots(json!([{
        "when": { "entity": "Shot" }, "limit": 2,
        "if": { "never_backwards": true, "target_is_not": ["hld"] },
        "then": { "set": { "tasks_of_shot": {} }, "to": ["ip"] },
    }]));
    let few = [
        task(1, None, "wtg"),
        task(2, None, "fin"),
        task(3, None, "hld"),
        shot(1, "wtg"),
    ];
    assert_eq!(Story::of(&set, few).set("Shot", 1, "ip"), ["Task 1 -> ip"]);
    let many = (1..4).map(|id| task(id, None, "wtg")).chain([shot(1, "wtg")]);
    assert_eq!(Story::of(&set, many).set("Shot", 1, "ip"), NOTHING);

    // Not where the project hides the status.
    let set = tasks_and_shots(json!([{
        "when": { "entity": "Task", "becomes": ["fin"] }, "then": { "set": "shot", "to": ["fin", "ip"] },
    }]));
    let mut site = SiteStatuses::default();
    let shots = EntityType::from("Shot");
    site.insert(&shots, ["wtg".into(), "ip".into(), "fin".into()]);
    site.hide(&EntityId::from(7), "Demo", &shots, ["fin".into()]);
    let in_project = Entity {
        project: Some(EntityRef::new("Project", 7)),
        ..shot(1, "wtg")
    };
    let mut production = [task(1, None, "ip"), in_project].into_iter().collect();
    let event = becomes("Task", 1, "fin");
    apply_event(&mut production, &event, None, "sg_status_list");
    let decided = plan(&CompiledRules::new(&set).with_site(site), &event, &production);
    assert_eq!(changes(&decided), ["Shot 1 -> ip"]);
}
