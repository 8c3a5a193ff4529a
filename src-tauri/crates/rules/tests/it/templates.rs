//! The rule sets that come with the program: each goes live as it is, and does what its story says.

use callboard_model::{Entity, EntityRef, EntityType, Step};
use callboard_rules::{Level, RuleSet, check, sentence, svg, template, templates};

use crate::made::{entity, find, shot, task, version};
use crate::story::{NOTHING, Story};

fn named(name: &str) -> RuleSet {
    template(name).expect("the template is there")
}

/// The same rule set with these rules switched on, or off.
fn switched(mut set: RuleSet, rules: &[&str], on: bool) -> RuleSet {
    for id in rules {
        find(&mut set, id).enabled = on;
    }
    set
}

/// A Task of that step, whose place among the steps is its first number.
fn in_step(id: i64, step: &str, status: &str) -> Entity {
    let place = [
        "Concept",
        "Storyboard",
        "Layout",
        "Animation",
        "Lighting",
        "Compositing",
    ];
    Entity {
        step: Some(Step {
            name: Some(step.to_owned()),
            short_name: None,
            order: place
                .iter()
                .position(|s| *s == step)
                .map(|at| i64::try_from(at).expect("few steps")),
        }),
        ..task(id, None, status)
    }
}

/// The same, of Asset 1.
fn of_asset(entity: Entity) -> Entity {
    Entity {
        parent: Some(EntityRef::new("Asset", 1)),
        ..entity
    }
}

fn waits_for(tasks: &[i64], entity: Entity) -> Entity {
    Entity {
        upstream: tasks.iter().map(|id| EntityRef::new(EntityType::TASK, *id)).collect(),
        ..entity
    }
}

#[test]
fn each_goes_live_as_it_is_with_few_warnings() {
    for listed in templates() {
        let set = named(listed.name);
        let findings = check(&set, None);
        let errors: Vec<_> = findings.iter().filter(|f| f.level == Level::Error).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", listed.name);
        assert!(findings.len() <= 5, "{}: {findings:?}", listed.name);
        assert!(
            listed.story.len() <= 110 && !listed.story.ends_with('.'),
            "a line: {}",
            listed.story
        );
        assert!(svg(&set).ends_with("</svg>\n"));
    }
}

#[test]
fn every_rule_says_in_words_what_it_does() {
    for listed in templates().iter().filter(|t| t.name != "blank") {
        let set = named(listed.name);
        for rule in &set.rules {
            let said = sentence(&set, rule);
            assert!(said.ends_with('.') && !said.contains('@'), "{}: {said}", rule.id);
            let is_told = listed.name == "status-overhaul" || rule.note.is_some();
            assert!(is_told, "{} says why it is there", rule.id);
        }
    }
}

#[test]
fn a_shot_says_how_far_its_tasks_are() {
    let tasks = [
        task(1, Some("Roto"), "wtg"),
        task(2, Some("Comp"), "wtg"),
        task(3, Some("Paint"), "na"),
    ];
    let mut story = Story::of(&named("roll-up"), tasks.into_iter().chain([shot(1, "wtg")]));
    assert_eq!(story.task(1, "rdy"), NOTHING, "all are still not begun");
    assert_eq!(story.task(1, "ip"), ["Shot 1 -> ip"]);
    assert_eq!(story.task(2, "hld"), ["Shot 1 -> hld"], "one that is blocked blocks it");
    assert_eq!(story.task(2, "rdy"), ["Shot 1 -> ip"]);
    assert_eq!(
        story.task(1, "apr"),
        NOTHING,
        "one done and one not begun leave it as it is"
    );
    assert_eq!(story.task(2, "rev"), NOTHING);
    assert_eq!(story.task(2, "fin"), ["Shot 1 -> fin"], "the N/A Task is not looked at");
}

#[test]
fn a_final_shot_is_reopened_when_a_task_leaves_final() {
    let all_done = || [task(1, None, "fin"), task(2, None, "fin"), shot(1, "fin")];
    let mut story = Story::of(&named("roll-up"), all_done());
    assert_eq!(story.task(1, "ip"), ["Shot 1 -> ip"]);
    assert_eq!(story.task(1, "fin"), ["Shot 1 -> fin"]);
    assert_eq!(
        story.task(1, "rdy"),
        ["Shot 1 -> ip"],
        "and when it only waits to be begun again"
    );
    assert_eq!(story.task(1, "apr"), ["Shot 1 -> fin"]);
    assert_eq!(story.task(1, "fin"), NOTHING, "from done to done");
    assert_eq!(story.task(1, "hld"), ["Shot 1 -> hld"]);

    let mut alone = Story::of(&named("roll-up"), [task(1, None, "fin"), shot(1, "fin")]);
    assert_eq!(
        alone.task(1, "wtg"),
        ["Shot 1 -> wtg"],
        "none of its Tasks is done any more"
    );
}

#[test]
fn a_shot_with_no_task_left_to_look_at_stays_what_it_is() {
    let mut story = Story::of(
        &named("roll-up"),
        [task(1, None, "ip"), task(2, None, "na"), shot(1, "ip")],
    );
    assert_eq!(story.task(1, "omt"), NOTHING, "all are left out");
    assert_eq!(story.trashed(EntityType::TASK, 1), NOTHING);
    assert_eq!(story.trashed(EntityType::TASK, 2), NOTHING, "there is none");
}

#[test]
fn tasks_that_come_and_go_count() {
    let mut story = Story::of(
        &named("roll-up"),
        [task(1, None, "fin"), task(2, None, "ip"), shot(1, "ip")],
    );
    assert_eq!(story.trashed(EntityType::TASK, 2), ["Shot 1 -> fin"]);
    assert_eq!(story.taken_out(EntityType::TASK, 2), ["Shot 1 -> ip"]);
    assert_eq!(story.task(2, "fin"), ["Shot 1 -> fin"]);
    assert_eq!(story.made(task(3, None, "ip")), ["Shot 1 -> ip"]);
}

#[test]
fn an_omitted_shot_stays_omitted_and_assets_follow_their_own_tasks() {
    let mut story = Story::of(&named("roll-up"), [task(1, None, "wtg"), shot(1, "omt")]);
    assert_eq!(story.task(1, "ip"), NOTHING);

    let asset = entity("Asset", 1, "wtg");
    let of_both = [
        of_asset(task(1, None, "wtg")),
        task(2, None, "wtg"),
        asset,
        shot(1, "wtg"),
    ];
    let mut story = Story::of(&named("roll-up"), of_both);
    assert_eq!(story.task(1, "ip"), ["Asset 1 -> ip"]);
    assert_eq!(story.task(2, "fin"), ["Shot 1 -> fin"]);
    assert_eq!(story.task(1, "fin"), ["Asset 1 -> fin"]);
}

#[test]
fn a_sequence_follows_its_shots_once_that_is_switched_on() {
    let set = switched(named("roll-up"), &["sequence-from-shots"], true);
    let of_sequence = |shot: Entity| Entity {
        parent: Some(EntityRef::new("Sequence", 1)),
        ..shot
    };
    let shots = [
        of_sequence(shot(1, "wtg")),
        of_sequence(shot(2, "wtg")),
        of_sequence(shot(3, "omt")),
    ];
    let rest = [task(1, None, "wtg"), entity("Sequence", 1, "wtg")];
    let mut story = Story::of(&set, shots.into_iter().chain(rest));
    assert_eq!(story.task(1, "ip"), ["Shot 1 -> ip", "Sequence 1 -> ip"]);
    assert_eq!(story.task(1, "fin"), ["Shot 1 -> fin"], "the other one has not begun");
    assert_eq!(story.set(EntityType::SHOT, 2, "fin"), ["Sequence 1 -> fin"]);
    let errors: Vec<_> = check(&set, None)
        .into_iter()
        .filter(|f| f.level == Level::Error)
        .collect();
    assert_eq!(errors, []);
}

#[test]
fn a_finished_step_makes_the_next_one_ready() {
    let tasks = [
        in_step(1, "Layout", "ip"),
        in_step(2, "Layout", "ip"),
        in_step(3, "Animation", "na"),
        in_step(4, "Lighting", "wtg"),
        in_step(5, "Lighting", "hld"),
        in_step(6, "Compositing", "wtg"),
        of_asset(in_step(7, "Lighting", "wtg")),
    ];
    let mut story = Story::of(&named("next-task"), tasks);
    assert_eq!(story.task(1, "fin"), NOTHING, "the other Layout Task is not done");
    assert_eq!(story.task(2, "na"), NOTHING, "what is left out finishes nothing");
    assert_eq!(
        story.task(1, "apr"),
        ["Task 4 -> rdy"],
        "N/A is stepped over, what is on hold or in another place is not touched"
    );
    assert_eq!(story.task(1, "fin"), NOTHING, "it is ready already");
    story.task(4, "ip");
    assert_eq!(story.task(1, "ip"), NOTHING, "nobody takes back what has begun");
    assert_eq!(story.task(4, "fin"), NOTHING, "the one on hold is of the same step");
    assert_eq!(story.task(5, "fin"), ["Task 6 -> rdy"]);
    assert_eq!(story.task(6, "fin"), NOTHING, "the last step");
}

#[test]
fn a_task_is_ready_once_all_that_it_waits_for_is_done() {
    let set = switched(named("next-task"), &["next-by-dependency"], true);
    let set = switched(set, &["next-step"], false);
    let tasks = [
        task(1, None, "ip"),
        task(2, None, "ip"),
        waits_for(&[1], task(3, None, "na")),
        waits_for(&[2, 3], task(4, None, "wtg")),
        waits_for(&[4], task(5, None, "wtg")),
    ];
    let mut story = Story::of(&set, tasks.clone());
    assert_eq!(
        story.task(2, "fin"),
        NOTHING,
        "through the N/A Task it waits for Task 1 too"
    );
    assert_eq!(story.task(1, "fin"), ["Task 4 -> rdy"]);
    assert_eq!(
        story.task(4, "na"),
        ["Task 5 -> rdy"],
        "and nobody waits for what is left out"
    );
    let mut other_way_round = Story::of(&set, tasks);
    assert_eq!(other_way_round.task(1, "fin"), NOTHING);
    assert_eq!(other_way_round.task(2, "na"), ["Task 4 -> rdy"]);
}

#[test]
fn layout_done_makes_animation_ready_as_in_kitsu() {
    let tasks = [
        in_step(1, "Storyboard", "done"),
        in_step(2, "Layout", "wfa"),
        in_step(3, "Animation", "todo"),
        in_step(4, "Lighting", "todo"),
        in_step(5, "FX", "wip"),
        of_asset(in_step(6, "Concept", "wfa")),
        of_asset(in_step(7, "Modeling", "todo")),
        of_asset(in_step(8, "Animation", "todo")),
        shot(1, "standby"),
        entity("Asset", 1, "standby"),
    ];
    let mut story = Story::of(&named("kitsu-like"), tasks);
    assert_eq!(story.task(2, "done"), ["Task 3 -> ready"]);
    story.task(3, "wip");
    assert_eq!(story.task(2, "retake"), NOTHING);
    assert_eq!(story.task(2, "done"), NOTHING, "never backwards");
    assert_eq!(story.task(3, "done"), ["Task 4 -> ready"], "and FX has begun already");
    assert_eq!(story.task(6, "approved"), ["Task 7 -> ready"], "each in its own Asset");
}

#[test]
fn what_kitsu_has_not_can_be_switched_on() {
    let off: Vec<_> = ["retake-animation", "shot-from-tasks"].into();
    let set = switched(named("kitsu-like"), &off, true);
    let tasks = [
        in_step(1, "Animation", "todo"),
        in_step(2, "Lighting", "todo"),
        in_step(3, "Compositing", "neutral"),
        shot(1, "standby"),
    ];
    let mut story = Story::of(&set, tasks);
    assert_eq!(story.task(1, "wip"), ["Shot 1 -> running"]);
    assert_eq!(story.task(1, "done"), ["Task 2 -> ready"]);
    assert_eq!(story.task(1, "retake"), ["Task 2 -> todo"]);
    assert_eq!(story.task(1, "done"), ["Task 2 -> ready"]);
    assert_eq!(
        story.task(2, "done"),
        ["Shot 1 -> complete"],
        "the neutral Task is not touched and not looked at"
    );
    let errors: Vec<_> = check(&set, None)
        .into_iter()
        .filter(|f| f.level == Level::Error)
        .collect();
    assert_eq!(errors, []);
}

fn ayon() -> Vec<Entity> {
    let numbered = |id, status: &str| Entity {
        name: Some(format!("sh010_anim_v{id:03}")),
        ..version(id, Some(1), status)
    };
    vec![
        in_step(1, "Animation", "Ready to start"),
        in_step(2, "Lighting", "Omitted"),
        in_step(3, "Compositing", "Not ready"),
        shot(1, "Not ready"),
        numbered(1, "In progress"),
        numbered(2, "In progress"),
    ]
}

#[test]
fn versions_and_tasks_keep_each_other_in_step_as_in_ayon() {
    let mut story = Story::of(&named("ayon-like"), ayon());
    assert_eq!(
        story.set(EntityType::VERSION, 1, "Pending review"),
        ["Task 1 -> Pending review", "Shot 1 -> In progress"],
        "and the newer Version is left alone, because a rule set the Task"
    );
    assert_eq!(
        story.task(1, "Approved"),
        ["Version 2 -> Approved", "Task 3 -> Ready to start"],
        "a person set it: the newest Version follows, and the next step, past the omitted one"
    );
    assert_eq!(story.task(3, "In progress"), NOTHING);
    assert_eq!(
        story.task(3, "Approved"),
        ["Shot 1 -> Approved"],
        "all are done or omitted"
    );
}

#[test]
fn the_first_version_of_a_task_is_up_for_review() {
    let mut story = Story::of(
        &named("ayon-like"),
        [in_step(1, "Animation", "In progress"), shot(1, "In progress")],
    );
    assert_eq!(
        story.made(version(1, Some(1), "In progress")),
        ["Version 1 -> Pending review", "Task 1 -> Pending review"]
    );
    assert_eq!(
        story.made(version(2, Some(1), "In progress")),
        NOTHING,
        "the second is not"
    );
}

#[test]
fn tasks_follow_by_name_once_that_is_switched_on() {
    let set = switched(named("ayon-like"), &["next-task-by-name"], true);
    let set = switched(set, &["next-task"], false);
    let mut story = Story::of(&set, ayon());
    assert_eq!(
        story.task(1, "Approved"),
        ["Version 2 -> Approved", "Task 3 -> Ready to start"]
    );
    let errors: Vec<_> = check(&set, None)
        .into_iter()
        .filter(|f| f.level == Level::Error)
        .collect();
    assert_eq!(errors, []);
}
