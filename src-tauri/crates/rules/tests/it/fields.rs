//! Rules that set another field than the status.

use std::collections::BTreeSet;

use callboard_model::{Entity, EntityKey, EntityRef, EntityType, Event, Production, StatusCode};
use callboard_rules::{
    CompiledRules, FindingCode, Level, RuleSet, SiteStatuses, check, diff, explain, needs, plan, sentence, svg,
};
use serde_json::{Value, json};

use crate::made::{becomes, changes, link, planned, rule_set, shot, skips, task, version};
use crate::story::{NOTHING, Story};

const STATE: &str = "sg_client_state";

fn sets(id: &str, when: Value, set: Value, field: &str, to: Value) -> Value {
    json!({ "id": id, "name": id, "when": when, "then": { "set": set, "field": field, "to": to } })
}

fn holding(mut entity: Entity, field: &str, value: Value) -> Entity {
    entity.fields.insert(field.to_owned(), value);
    entity
}

fn field_becomes(kind: &str, id: i64, field: &str, value: Value) -> Event {
    Event {
        field: Some(field.to_owned()),
        old: None,
        new: Some(value),
        ..becomes(kind, id, "")
    }
}

fn approved() -> Value {
    json!({ "entity": "Version", "becomes": ["apv"] })
}

fn told(set: &RuleSet, there: impl IntoIterator<Item = Entity>, event: &Event) -> (Vec<String>, Vec<String>) {
    let plan = planned(set, &mut there.into_iter().collect(), event);
    (changes(&plan), skips(&plan))
}

#[test]
fn a_field_is_set_to_the_first_value_unless_it_has_one_of_them() {
    let set = rule_set(json!([sets(
        "a",
        approved(),
        json!("task"),
        STATE,
        json!(["sent", "seen"])
    )]));
    for (held, changed, skipped) in [
        (json!("open"), vec!["Task 1 sg_client_state -> sent"], vec![]),
        (Value::Null, vec!["Task 1 sg_client_state -> sent"], vec![]),
        (json!("seen"), vec![], vec!["Task 1 already_there a"]),
        // A link is compared by its name, a list by all of it.
        (
            json!({ "type": "X", "id": 1, "name": "sent" }),
            vec![],
            vec!["Task 1 already_there a"],
        ),
        (json!(["sent", "seen"]), vec!["Task 1 sg_client_state -> sent"], vec![]),
    ] {
        let there = [
            version(1, Some(1), "rev"),
            holding(task(1, None, "ip"), STATE, held.clone()),
        ];
        let (changes, skips) = told(&set, there, &becomes("Version", 1, "apv"));
        assert_eq!((changes, skips), (strings(changed), strings(skipped)), "{held}");
    }
}

fn strings(of: Vec<&str>) -> Vec<String> {
    of.into_iter().map(str::to_owned).collect()
}

#[test]
fn a_value_is_said_as_the_field_says_it() {
    let there = |held: Value| [holding(task(1, None, "ip"), "sg_n", held)];
    for (held, to, becomes_it) in [
        (json!(3), "7", Some("7")),
        (json!(7), "7", None),
        (json!(3.5), "7", Some("7.0")),
        (json!(7.0), "7", None),
        (json!(false), "TRUE", Some("true")),
        (json!(true), "True", None),
        (json!("x"), "TRUE", Some("TRUE")),
        (json!(3), "many", Some("many")),
    ] {
        let when = json!({ "entity": "Task", "becomes": ["apv"] });
        let set = rule_set(json!([sets("a", when, json!("itself"), "sg_n", json!([to]))]));
        let mut production: Production = there(held.clone()).into_iter().collect();
        let plan = planned(&set, &mut production, &becomes("Task", 1, "apv"));
        let changed: Option<&str> = plan.changes.first().and_then(|c| c.to.as_ref()).map(StatusCode::as_str);
        assert_eq!(changed, becomes_it, "{held} to {to}");
        // Written, it is of the kind that it was, and right.
        callboard_rules::apply_plan(&mut production, &plan);
        let again = planned(&set, &mut production, &becomes("Task", 1, "apv"));
        assert_eq!(skips(&again), ["Task 1 already_there a"], "{held} to {to}");
    }
}

#[test]
fn the_same_is_what_the_rule_goes_by_and_cleared_is_nothing() {
    let set = rule_set(json!([
        sets(
            "status",
            json!({ "entity": "Version" }),
            json!("task"),
            STATE,
            json!("same")
        ),
        sets(
            "field",
            json!({ "entity": "Version", "field": "sg_note" }),
            json!("task"),
            "sg_last",
            json!("same")
        ),
        sets(
            "off",
            json!({ "entity": "Shot", "becomes": ["omt"] }),
            json!({ "tasks_of_shot": {} }),
            STATE,
            json!("cleared")
        ),
    ]));
    let mut story = Story::of(&set, [version(1, Some(1), "rev"), task(1, None, "ip"), shot(1, "ip")]);
    assert_eq!(story.set("Shot", 1, "omt"), NOTHING, "nothing stands there");
    assert_eq!(story.set("Version", 1, "apv"), ["Task 1 sg_client_state -> apv"]);
    let noted = |words: Value| field_becomes("Version", 1, "sg_note", words);
    assert_eq!(story.happens(&noted(json!("nice")), None), ["Task 1 sg_last -> nice"]);
    assert_eq!(
        story.happens(&noted(Value::Null), None),
        NOTHING,
        "what is cleared clears nothing else"
    );
    assert_eq!(story.set("Shot", 1, "omt"), ["Task 1 sg_client_state -> -"]);
}

#[test]
fn rules_about_that_field_follow_and_rules_about_the_status_do_not() {
    let set = rule_set(json!([
        sets("first", approved(), json!("task"), STATE, json!(["sent"])),
        sets(
            "second",
            json!({ "entity": "Task", "field": STATE, "becomes": ["sent"] }),
            json!("shot"), "sg_delivery", json!("same")
        ),
        link("by field", "Shot", &[], json!("itself"), &["dlv"]),
        link("status", "Task", &["sent"], json!("shot"), &["wrong"]),
        { "id": "third", "name": "third", "when": { "entity": "Shot", "field": "sg_delivery" },
          "if": { "text": ["sent"], "changed_by": "callboard" }, "then": { "set": "itself", "to": ["dlv"] } },
    ]));
    let there = [version(1, Some(1), "rev"), task(1, None, "ip"), shot(1, "ip")];
    let (changes, skips) = told(&set, there, &becomes("Version", 1, "apv"));
    assert_eq!(
        changes,
        [
            "Task 1 sg_client_state -> sent",
            "Shot 1 sg_delivery -> sent",
            "Shot 1 -> dlv"
        ]
    );
    assert_eq!(
        skips, NOTHING,
        "the status that was set so is what the rule about it wants"
    );
}

#[test]
fn a_status_and_each_field_are_set_once_and_rules_that_disagree_about_one_conflict() {
    let set = rule_set(json!([
        link("status", "Version", &["apv"], json!("task"), &["fin"]),
        sets("a", approved(), json!("task"), STATE, json!(["sent"])),
        sets("b", approved(), json!("task"), STATE, json!(["seen"])),
        sets("c", approved(), json!("task"), STATE, json!(["sent"])),
        sets("other", approved(), json!("task"), "sg_other", json!(["seen"])),
    ]));
    let there = [version(1, Some(1), "rev"), task(1, None, "ip")];
    let (changes, skips) = told(&set, there, &becomes("Version", 1, "apv"));
    assert_eq!(
        changes,
        [
            "Task 1 -> fin",
            "Task 1 sg_client_state -> sent",
            "Task 1 sg_other -> seen"
        ]
    );
    assert_eq!(skips, ["Task 1 conflict b/a"]);
}

#[test]
fn what_a_person_set_is_not_taken_back_by_what_follows_from_it() {
    let when = |field: &str| json!({ "entity": "Task", "field": field });
    let set = rule_set(json!([
        sets("there", when("sg_one"), json!("itself"), "sg_two", json!(["x"])),
        sets("back", when("sg_two"), json!("itself"), "sg_one", json!(["no"])),
    ]));
    let there = [holding(task(1, None, "ip"), "sg_one", json!("yes"))];
    let (changes, skips) = told(&set, there, &field_becomes("Task", 1, "sg_one", json!("yes")));
    assert_eq!(changes, ["Task 1 sg_two -> x"]);
    assert_eq!(skips, ["Task 1 conflict back"]);
}

#[test]
fn what_is_asked_of_the_target_is_asked_of_its_status_and_of_its_fields_as_they_come_to_stand() {
    let mut guarded = sets("a", approved(), json!("task"), STATE, json!(["sent"]));
    guarded["if"] = json!({ "target_is_not": ["hld", "sent"], "never_backwards": true });
    let mut after = sets("b", approved(), json!("task"), "sg_other", json!(["x"]));
    after["if"] = json!({ "target_field_is": { STATE: ["sent"] } });
    let mut set = rule_set(json!([guarded, after]));
    let status = |code: &str| json!({ "code": code, "name": code });
    set.statuses =
        serde_json::from_value(json!({ "task": [status("ip"), status("sent"), status("hld")] })).expect("a column");
    let there = |status: &str, held: &str| {
        [
            version(1, Some(1), "rev"),
            holding(task(1, None, status), STATE, json!(held)),
        ]
    };
    let event = becomes("Version", 1, "apv");
    let both = ["Task 1 sg_client_state -> sent", "Task 1 sg_other -> x"];
    assert_eq!(told(&set, there("ip", "hld"), &event).0, both);
    assert_eq!(told(&set, there("hld", "open"), &event).0, NOTHING);
    let verdicts = explain(
        &CompiledRules::new(&set),
        &event,
        &there("hld", "open").into_iter().collect(),
    );
    assert_eq!(verdicts[1].sentence, "Sg_client_state of Task task1 is open, not sent.");
}

#[test]
fn the_site_s_statuses_say_nothing_of_a_field() {
    let set = rule_set(json!([sets("a", approved(), json!("task"), STATE, json!(["sent"]))]));
    let mut statuses = SiteStatuses::default();
    statuses.insert(&EntityType::from("Task"), ["ip".into()]);
    let production: Production = [version(1, Some(1), "apv"), task(1, None, "ip")].into_iter().collect();
    let rules = CompiledRules::new(&set).with_site(statuses.clone());
    let plan = plan(&rules, &becomes("Version", 1, "apv"), &production);
    assert_eq!(changes(&plan), ["Task 1 sg_client_state -> sent"]);
    assert_eq!(found(&set, Some(&statuses)), []);
}

#[test]
fn the_field_is_read_before_it_is_set_and_so_is_that_of_what_follows() {
    let set = rule_set(json!([
        sets("a", approved(), json!("task"), STATE, json!(["sent"])),
        sets(
            "b",
            json!({ "entity": "Task", "field": STATE }),
            json!("shot"),
            "sg_delivery",
            json!("same")
        ),
    ]));
    let needed = needs(&CompiledRules::new(&set), &becomes("Version", 1, "apv"));
    let fields = |kind: &str| needed.fields.get(&EntityType::from(kind)).cloned().unwrap_or_default();
    assert_eq!(fields("Task"), BTreeSet::from([STATE.to_owned()]));
    assert_eq!(fields("Shot"), BTreeSet::from(["sg_delivery".to_owned()]));
    assert!(needed.task && needed.owner);
}

fn found(set: &RuleSet, site: Option<&SiteStatuses>) -> Vec<(FindingCode, String)> {
    let errors = check(set, site).into_iter().filter(|f| f.level == Level::Error);
    // The tests' rules name statuses that no column has.
    let of_fields = errors.filter(|f| f.code != FindingCode::UnknownStatus);
    of_fields.map(|f| (f.code, f.message)).collect()
}

#[test]
fn what_no_rule_may_set_is_said_and_never_planned() {
    let roll_up = json!({ "roll_up": { "pick": "least_advanced" } });
    for (field, to, said) in [
        (
            "sg_status_list",
            json!(["x"]),
            "sets the field \"sg_status_list\", which is the status; leave \"field\" out to set the status",
        ),
        (
            "status",
            json!(["x"]),
            "sets the field \"status\", which is the status; leave \"field\" out to set the status",
        ),
        (
            "",
            json!(["x"]),
            "names no field to set; write the site's name of the field, or leave \"field\" out to set the status",
        ),
        (
            "entity",
            json!("cleared"),
            "sets the field \"entity\", which says what an entity is called or belongs to; rules do not set that, so choose another field",
        ),
        (
            "content",
            json!(["x"]),
            "sets the field \"content\", which says what an entity is called or belongs to; rules do not set that, so choose another field",
        ),
        (
            STATE,
            json!("same_class"),
            "sets the field \"sg_client_state\" to the same class, and only statuses have classes; write a list of values, \"same\" or \"cleared\"",
        ),
        (
            STATE,
            roll_up,
            "rolls up into the field \"sg_client_state\", and only statuses are rolled up; write a list of values, \"same\" or \"cleared\"",
        ),
        (
            STATE,
            json!(["x", "@done"]),
            "sets the field \"sg_client_state\" to @done, and only statuses have classes; write the value itself, or \"cleared\" to empty the field",
        ),
        (
            STATE,
            json!(["@none"]),
            "sets the field \"sg_client_state\" to @none, and only statuses have classes; write the value itself, or \"cleared\" to empty the field",
        ),
        (
            STATE,
            json!([""]),
            "sets the field \"sg_client_state\" to an empty text; to empty it, write \"cleared\"",
        ),
    ] {
        let set = rule_set(json!([sets("a", approved(), json!("task"), field, to.clone())]));
        assert_eq!(
            found(&set, None),
            [(FindingCode::BadField, format!("The rule \"a\" {said}."))]
        );
        let there = [version(1, Some(1), "rev"), task(1, None, "ip")];
        assert_eq!(
            told(&set, there, &becomes("Version", 1, "apv")),
            (vec![], vec![]),
            "{field} {to}"
        );
    }
    let nothing = rule_set(json!([sets("a", approved(), json!("task"), STATE, json!([]))]));
    assert_eq!(
        found(&nothing, None),
        [(FindingCode::EmptyTo, "The rule \"a\" names no value to set.".to_owned())]
    );
    // What looks like a class and is none is a value: a person's handle.
    let handle = rule_set(json!([sets("a", approved(), json!("task"), STATE, json!(["@ada"]))]));
    assert_eq!(found(&handle, None), []);
    // What a tracker calls its status field is known when the rules are made ready for it.
    let elsewhere = rule_set(json!([sets("a", approved(), json!("task"), "status_id", json!(["x"]))]));
    let production: Production = [version(1, Some(1), "apv"), task(1, None, "ip")].into_iter().collect();
    let rules = CompiledRules::new(&elsewhere).with_status_field("status_id");
    let event = Event {
        field: Some("status_id".to_owned()),
        ..becomes("Version", 1, "apv")
    };
    assert_eq!(plan(&rules, &event, &production).changes, []);
}

#[test]
fn fights_and_cycles_of_fields_are_found_and_named() {
    let fight = rule_set(json!([
        sets("a", approved(), json!("task"), STATE, json!(["sent"])),
        sets("b", approved(), json!("task"), STATE, json!("cleared")),
        sets("c", approved(), json!("task"), "sg_other", json!(["seen"])),
    ]));
    assert_eq!(
        found(&fight, None),
        [(
            FindingCode::Fighting,
            "When a Version becomes apv, \"a\" sets the Task's sg_client_state to \"sent\" and \"b\" to nothing."
                .to_owned()
        )]
    );
    let when = |becomes: &str| json!({ "entity": "Task", "field": STATE, "becomes": [becomes] });
    let cycle = rule_set(json!([
        sets("a", when("one"), json!("itself"), "sg_other", json!(["x"])),
        sets(
            "b",
            json!({ "entity": "Task", "field": "sg_other" }),
            json!("itself"),
            STATE,
            json!(["two"])
        ),
    ]));
    assert_eq!(
        found(&cycle, None),
        [(
            FindingCode::Cycle,
            "The rules come back to what they started from and want it otherwise: Task sg_client_state \"one\" → Task sg_other \"x\" → Task sg_client_state \"two\".".to_owned()
        )]
    );
}

#[test]
fn a_field_that_comes_back_by_way_of_the_same_is_found() {
    let when = |field: &str| json!({ "entity": "Task", "field": field });
    let cycle = rule_set(json!([
        sets("a", when(STATE), json!("itself"), "sg_other", json!("same")),
        sets("b", when("sg_other"), json!("itself"), STATE, json!(["two"])),
    ]));
    let codes: Vec<FindingCode> = found(&cycle, None).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [FindingCode::Cycle]);
}

#[test]
fn it_is_said_in_english() {
    let said = |when: Value, set: Value, to: Value| {
        let set = rule_set(json!([sets("a", when, set, STATE, to)]));
        sentence(&set, &set.rules[0])
    };
    let version = || json!({ "entity": "Version", "becomes": ["apv"] });
    assert_eq!(
        said(version(), json!("task"), json!(["sent"])),
        "When a Version becomes apv, set its Task's field sg_client_state to \"sent\"."
    );
    assert_eq!(
        said(version(), json!("itself"), json!(["sent", "seen", "done"])),
        "When a Version becomes apv, set its field sg_client_state to \"sent\", leaving it where it is \"seen\" or \"done\"."
    );
    assert_eq!(
        said(version(), json!({ "versions": "others" }), json!("same")),
        "When a Version becomes apv, set the field sg_client_state of the other Versions of its Task to the same."
    );
    assert_eq!(
        said(version(), json!({ "parent": "Asset" }), json!("cleared")),
        "When a Version becomes apv, set its Asset's field sg_client_state to nothing."
    );
}

#[test]
fn what_is_different_is_said() {
    let of = |then: Value| rule_set(json!([{ "id": "a", "name": "a", "when": approved(), "then": then }]));
    let status = of(json!({ "set": "task", "to": ["sent"] }));
    let field = of(json!({ "set": "task", "field": STATE, "to": ["sent"] }));
    let other = of(json!({ "set": "task", "field": STATE, "to": ["seen", "sent"] }));
    let parts = |was: &RuleSet, is: &RuleSet| format!("{:?}", diff(was, is).rules);
    let told = parts(&status, &field);
    assert!(
        told.contains("sets the field sg_client_state instead of the status"),
        "{told}"
    );
    let told = parts(&field, &other);
    assert!(
        told.contains(r#"to \"seen\", leaving it where it is \"sent\" instead of \"sent\""#),
        "{told}"
    );
}

#[test]
fn the_picture_draws_no_link_to_a_status_of_that_name() {
    let drawn = |then: Value| {
        let mut set = rule_set(json!([{ "id": "a", "name": "a", "when": approved(), "then": then }]));
        let column = |code: &str| json!([{ "code": code, "name": code }]);
        set.statuses =
            serde_json::from_value(json!({ "version": column("apv"), "task": column("sent") })).expect("columns");
        svg(&set)
    };
    let mut none = rule_set(json!([]));
    let column = |code: &str| json!([{ "code": code, "name": code }]);
    none.statuses =
        serde_json::from_value(json!({ "version": column("apv"), "task": column("sent") })).expect("columns");
    assert_ne!(drawn(json!({ "set": "task", "to": ["sent"] })), svg(&none));
    let paths = |picture: &str| picture.matches("<path").count();
    assert_eq!(
        paths(&drawn(json!({ "set": "task", "field": STATE, "to": ["sent"] }))),
        paths(&svg(&none))
    );
}

#[test]
fn the_file_says_it_in_one_word_more_and_nothing_where_it_is_the_status() {
    let set = rule_set(json!([
        sets("a", approved(), json!("task"), STATE, json!(["sent"])),
        link("b", "Task", &["apv"], json!("shot"), &["apv"]),
    ]));
    let text = serde_json::to_value(&set).expect("it is JSON");
    assert_eq!(
        text["rules"][0]["then"],
        json!({ "set": "task", "field": STATE, "to": ["sent"] })
    );
    assert_eq!(text["rules"][1]["then"], json!({ "set": "shot", "to": ["apv"] }));
    let change = |field: Option<&str>| callboard_model::PlannedChange {
        entity: EntityRef {
            key: EntityKey::new("Task", 1),
            name: None,
        },
        field: field.map(str::to_owned),
        from: None,
        to: None,
        rule: "a".into(),
        cause: callboard_model::Cause::Event,
    };
    let has_field = |field| {
        serde_json::to_value(change(field))
            .expect("JSON")
            .get("field")
            .is_some()
    };
    assert_eq!((has_field(None), has_field(Some(STATE))), (false, true));
}
