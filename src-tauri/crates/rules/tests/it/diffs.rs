//! What is said of the way from one rule set to another.

use callboard_rules::{ColumnName, RuleChangeKind, RuleSet, StatusChangeKind, diff, sentence, template, templates};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::made::find;

fn overhaul() -> RuleSet {
    template("status-overhaul").expect("the template is there")
}

/// The one rule that is different, and what is said of it.
fn said(change: impl FnOnce(&mut RuleSet)) -> (RuleChangeKind, Vec<String>) {
    let mut after = overhaul();
    change(&mut after);
    let found = diff(&overhaul(), &after);
    assert_eq!(found.rules.len(), 1, "one rule is different: {:?}", found.rules);
    let only = found.rules.into_iter().next().expect("there is one");
    (only.kind, only.parts)
}

/// The same, where the rule is written anew as JSON.
fn edited(id: &str, edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let (kind, parts) = said(|set| {
        let rule = find(set, id);
        let mut json = serde_json::to_value(&*rule).expect("a rule has a JSON form");
        edit(&mut json);
        *rule = serde_json::from_value(json).expect("the edited rule is one");
    });
    assert_eq!(kind, RuleChangeKind::Changed);
    parts
}

#[test]
fn a_rule_that_says_something_else_is_told_part_by_part() {
    assert_eq!(
        edited("task-review", |rule| {
            rule["when"]["becomes"] = json!(["rev", "hld"]);
            rule["limit"] = json!(20);
        }),
        ["also when the Task becomes On Hold", "limit 20 instead of 100"]
    );
    assert_eq!(
        edited("task-active", |rule| {
            rule["when"]["becomes"] = json!([]);
            rule["when"]["on"] = json!(["updated", "created"]);
            rule["when"]["from"] = json!(["wtg"]);
        }),
        [
            "also when the Task is made",
            "whatever the Task becomes",
            "only when it was Waiting to Start before"
        ]
    );
    assert_eq!(
        edited(
            "task-omit",
            |rule| rule["if"] =
                json!([{ "changed_by": "callboard" }, { "step": ["Composite"], "never_backwards": true }])
        ),
        [
            "where its step is Composite, instead of where its step is Composite or Secondary Composite",
            "only where what it sets does not go backwards",
        ]
    );
    assert_eq!(
        edited("task-omit", |rule| rule["if"] = json!([{ "changed_by": "callboard" }])),
        ["no longer where its step is Composite or Secondary Composite"]
    );
    assert_eq!(
        edited(
            "version-check",
            |rule| rule["if"] =
                json!({ "siblings": { "all": ["stcomp"], "ignoring": ["omt"] }, "target_is_not": ["hld"] })
        ),
        ["only where of the Tasks around it all are Step Completed (leaving out Omit) and what it sets is not On Hold"]
    );
    assert_eq!(
        edited("new-version-na", |rule| rule["then"] =
            json!({ "set": "task", "to": ["omt", "hld"] })),
        [
            "sets its Task instead of it",
            "to Omit instead of N/A",
            "leaving it also where it is On Hold"
        ]
    );
    assert_eq!(
        edited("task-approved", |rule| rule["then"]["to"] = json!("same")),
        ["to the same status instead of Client Approved"]
    );
    assert_eq!(
        edited("task-approved", |rule| {
            rule["name"] = json!("Approved");
            rule["note"] = json!("Why not.");
        }),
        [
            "called \"Approved\" instead of \"An approved Task approves the Shot\"",
            "it has a note"
        ]
    );
}

#[test]
fn a_roll_up_is_told_row_by_row() {
    let before = template("roll-up").expect("the template is there");
    let mut after = before.clone();
    let mut json = serde_json::to_value(find(&mut after, "shot-from-tasks")).expect("a rule has a JSON form");
    let roll_up = &mut json["then"]["to"]["roll_up"];
    roll_up["rows"][2] = json!({ "any": ["hld"], "to": ["hld"] });
    roll_up["ignoring"] = json!(["na"]);
    *find(&mut after, "shot-from-tasks") = serde_json::from_value(json.clone()).expect("the edited rule is one");
    assert_eq!(
        diff(&before, &after).rules[0].parts,
        [
            "leaving out also those that are N/A",
            "no longer leaving out those that are any omitted status",
            "also On Hold when one is On Hold",
            "no longer any blocked status when one is any blocked status",
        ]
    );
    json["then"]["to"]["roll_up"]["rows"]
        .as_array_mut()
        .expect("rows")
        .swap(0, 1);
    let mut later = after.clone();
    *find(&mut later, "shot-from-tasks") = serde_json::from_value(json).expect("the edited rule is one");
    assert_eq!(
        diff(&after, &later).rules[0].parts,
        ["its rows are asked in another order"]
    );
}

#[test]
fn rules_come_go_and_are_switched() {
    let (kind, parts) = said(|set| find(set, "shot-omit").enabled = true);
    assert_eq!(
        (kind, parts),
        (RuleChangeKind::SwitchedOn, vec!["switched on".to_owned()])
    );
    let (kind, parts) = said(|set| find(set, "task-hold").enabled = false);
    assert_eq!(
        (kind, parts),
        (RuleChangeKind::SwitchedOff, vec!["switched off".to_owned()])
    );
    let (kind, parts) = said(|set| {
        find(set, "task-hold").enabled = false;
        find(set, "task-hold").limit = Some(1);
    });
    assert_eq!(kind, RuleChangeKind::Changed);
    assert_eq!(parts, ["switched off", "limit 1 instead of 100"]);

    let before = overhaul();
    let mut after = before.clone();
    let mut taken = after.rules.remove(3);
    let gone = sentence(&before, &taken);
    taken.id = "another".into();
    let new = sentence(&after, &taken);
    after.rules.insert(3, taken);
    let found = diff(&before, &after);
    let told: Vec<_> = found
        .rules
        .iter()
        .map(|r| (r.kind, r.id.as_str(), r.before.clone(), r.after.clone()))
        .collect();
    assert_eq!(
        told,
        [
            (RuleChangeKind::Added, "another", None, Some(new)),
            (RuleChangeKind::Removed, "version-check", Some(gone), None),
        ]
    );
}

#[test]
fn as_few_rules_as_can_be_are_said_to_have_moved() {
    let (kind, parts) = said(|set| {
        let rule = set.rules.remove(9);
        set.rules.insert(0, rule);
    });
    assert_eq!(kind, RuleChangeKind::Moved);
    assert_eq!(parts, ["moved up, before \"A new Version waits for its check\""]);
    let (_, parts) = said(|set| {
        let rule = set.rules.remove(0);
        set.rules.insert(5, rule);
    });
    assert_eq!(parts, ["moved down, after \"A finished step finishes the Task's\""]);
    let (_, parts) = said(|set| {
        let rule = set.rules.remove(0);
        set.rules.push(rule);
    });
    assert_eq!(
        parts,
        ["moved down, after \"Finished roto or paint hands the Shot to comp\""]
    );

    let mut after = overhaul();
    after.rules.reverse();
    let moved = diff(&overhaul(), &after).rules;
    assert_eq!(
        moved.len(),
        after.rules.len() - 1,
        "one of them can be said to have stayed"
    );
}

#[test]
fn statuses_are_told_by_column_and_code() {
    let mut after = overhaul();
    let tasks = after
        .statuses
        .get_mut(&ColumnName::from("task"))
        .expect("there are Task statuses");
    tasks[1].name = "Held".to_owned();
    tasks[1].color = "#000000".to_owned();
    tasks[2].group = String::new();
    tasks[3].class = None;
    let gone = tasks.remove(6);
    let moved = tasks.pop().expect("there is a last one");
    tasks.insert(0, moved);
    let shots = after
        .statuses
        .get_mut(&ColumnName::from("shot"))
        .expect("there are Shot statuses");
    shots.push(gone);
    after.statuses.insert(ColumnName::from("asset"), Vec::new());
    let found = diff(&overhaul(), &after);
    let told: Vec<_> = found
        .statuses
        .iter()
        .map(|s| (s.kind, s.column.as_str(), s.words.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                StatusChangeKind::Moved,
                "task",
                "Delivered to DI (di) moved up, before \"Omit\""
            ),
            (
                StatusChangeKind::Renamed,
                "task",
                "On Hold (hld) is called \"Held\" now"
            ),
            (
                StatusChangeKind::Recoloured,
                "task",
                "On Hold (hld) is #000000 instead of #929aa8"
            ),
            (
                StatusChangeKind::Regrouped,
                "task",
                "Waiting to Start (wtg) stands under no heading instead of \"Getting ready\""
            ),
            (
                StatusChangeKind::Reclassed,
                "task",
                "Ready to Start (rdy) counts as no class instead of not started"
            ),
            (StatusChangeKind::Removed, "task", "Needs Clarification (ncl)"),
            (StatusChangeKind::Added, "shot", "Needs Clarification (ncl)"),
        ]
    );
    assert_eq!(found.other, ["There is a column of Asset statuses now."]);
    assert!(
        found.rules.is_empty(),
        "a status that is called otherwise changes no rule"
    );
}

#[test]
fn all_of_it_can_be_read_on_a_command_line() {
    let before = overhaul();
    let mut after = before.clone();
    after.name = "Overhaul 2".to_owned();
    after.description = None;
    after.steps = vec!["Roto".to_owned(), "Comp".to_owned()];
    after.rules.remove(16);
    find(&mut after, "task-review").when.becomes.push("hld".into());
    find(&mut after, "roto-paint-handoff").enabled = true;
    assert_eq!(
        diff(&before, &after).to_lines(),
        [
            "~ called \"Overhaul 2\" instead of \"Status overhaul\"",
            "~ described as nothing instead of \"Version statuses drive review, Task statuses drive artists and coordinators, Shot statuses tell clients and executives.\"",
            "~ steps: Roto, Comp instead of the site's own order",
            "~ rule \"A Task with the client shows on the Shot\" (task-review): also when the Task becomes On Hold",
            "~ rule \"Finished roto or paint hands the Shot to comp\" (roto-paint-handoff): switched on",
            "- rule \"An omitted Shot omits its Tasks\" (shot-omit): When a Shot becomes Omit, set its Tasks to Omit.",
        ]
    );
    let lines = diff(&after, &before).to_lines();
    assert!(
        lines.contains(
            &"+ rule \"An omitted Shot omits its Tasks\" (shot-omit): When a Shot becomes Omit, set its Tasks to Omit."
                .to_owned()
        ),
        "{lines:?}"
    );
}

#[test]
fn what_a_newer_callboard_wrote_counts_too() {
    let with = |rule_field: &str, field: &str| {
        let text = format!(
            "{{\"callboard\":2,\"name\":\"x\",\"rules\":[{{\"id\":\"a\",\"name\":\"a\",\"when\":{{\"entity\":\"Task\"}},\"then\":{{\"set\":\"shot\",\"to\":[\"x\"]}},\"weather\":\"{rule_field}\"}}],\"moon\":\"{field}\"}}"
        );
        RuleSet::parse(text.as_bytes()).expect("a newer file is read")
    };
    let (one, of_rule, of_set) = (with("fair", "new"), with("foul", "new"), with("fair", "full"));
    assert!(diff(&one, &one).is_empty());
    assert_eq!(
        diff(&one, &of_rule).rules[0].parts,
        ["another part of it that a newer Callboard wrote"]
    );
    assert_eq!(
        diff(&one, &of_set).to_lines(),
        ["~ What a newer Callboard wrote into the file, which this one does not know, is different."]
    );
}

/// One place of a JSON document that something is done to.
#[derive(Clone, Debug)]
enum Edit {
    Remove(Index),
    Double(Index),
    Swap(Index, Index),
    Put(Index, Value),
    Into(Index, Value),
}

fn edits() -> impl Strategy<Value = Edit> {
    let value = || {
        select(vec![
            json!("apv"),
            json!("same"),
            json!("cleared"),
            json!(["rev", "hld"]),
            json!([]),
            json!({}),
            json!([{}]),
            json!(true),
            json!(7),
            json!(100),
            json!({ "step": ["Comp"] }),
            json!([{ "changed_by": "person" }, { "never_backwards": true, "filter": "entity.x = 1" }]),
            json!({ "siblings": { "of": "versions", "any": ["apv"], "if_none_left": true } }),
            json!({ "parent": "Sequence" }),
            json!({ "versions": "latest" }),
            json!({ "children": { "type": "Task", "of": "Shot", "steps": ["Comp"] } }),
            json!({ "next_tasks": { "by": "dependency", "when_all": ["apv"], "through": ["omt"] } }),
            json!({ "roll_up": { "of": "Task", "pick": "least_advanced" } }),
            json!({ "roll_up": { "rows": [{ "all": ["apv"], "to": ["apv"] }, { "to": [] }] } }),
            json!(["created", "updated"]),
            json!("Version"),
        ])
    };
    let key = || {
        select(vec![
            "limit",
            "if",
            "note",
            "on",
            "from",
            "field",
            "event_type",
            "enabled",
            "description",
            "steps",
            "class",
            "text",
            "becomes",
        ])
    };
    proptest::prop_oneof![
        any::<Index>().prop_map(Edit::Remove),
        any::<Index>().prop_map(Edit::Double),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Edit::Swap(a, b)),
        (any::<Index>(), value()).prop_map(|(at, value)| Edit::Put(at, value)),
        (any::<Index>(), key(), value()).prop_map(|(at, key, value)| Edit::Into(at, json!([key, value]))),
    ]
}

/// The places of a document, as JSON pointers.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| places(value, &format!("{here}/{key}"), found)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(n, value)| places(value, &format!("{here}/{n}"), found)),
        _ => {}
    }
}

fn edit(document: &mut Value, edit: Edit) {
    let mut found = Vec::new();
    places(document, "", &mut found);
    let at = |index: Index| index.get(&found).clone();
    match edit {
        Edit::Remove(index) => {
            let place = at(index);
            let Some((above, last)) = place.rsplit_once('/') else {
                return;
            };
            match document.pointer_mut(above) {
                Some(Value::Object(map)) => {
                    map.remove(last);
                }
                Some(Value::Array(list)) => {
                    list.remove(last.parse().expect("a place in a list"));
                }
                _ => {}
            }
        }
        Edit::Double(index) => {
            let place = at(index);
            let Some((above, _)) = place.rsplit_once('/') else {
                return;
            };
            let copy = document.pointer(&place).cloned().expect("the place is there");
            if let Some(Value::Array(list)) = document.pointer_mut(above) {
                list.push(copy);
            }
        }
        Edit::Swap(one, other) => {
            let place = at(one);
            let Some((above, last)) = place.rsplit_once('/') else {
                return;
            };
            if let Some(Value::Array(list)) = document.pointer_mut(above) {
                let other = other.index(list.len());
                list.swap(last.parse().expect("a place in a list"), other);
            }
        }
        Edit::Put(index, value) => *document.pointer_mut(&at(index)).expect("the place is there") = value,
        Edit::Into(index, entry) => {
            if let Some(Value::Object(map)) = document.pointer_mut(&at(index)) {
                map.insert(entry[0].as_str().expect("a key").to_owned(), entry[1].clone());
            }
        }
    }
}

fn documents() -> impl Strategy<Value = (RuleSet, RuleSet)> {
    let any_of = || {
        select(
            templates()
                .iter()
                .map(|t| template(t.name).expect("it is there"))
                .collect::<Vec<_>>(),
        )
    };
    let edited = (any_of(), proptest::collection::vec(edits(), 1..6)).prop_map(|(set, edits)| {
        let mut good = set.clone();
        for one in edits {
            let mut document = serde_json::to_value(&good).expect("a rule set has a JSON form");
            edit(&mut document, one);
            // What is a rule set no more is taken back.
            if let Ok(still) = serde_json::from_value(document) {
                good = still;
            }
        }
        (set, good)
    });
    proptest::prop_oneof![9 => edited, 1 => (any_of(), any_of())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 768, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_difference_is_never_passed_over((one, other) in documents()) {
        prop_assert!(diff(&one, &one).is_empty());
        prop_assert!(diff(&other, &other).is_empty());
        let json = |set: &RuleSet| set.to_json_pretty();
        for (before, after) in [(&one, &other), (&other, &one)] {
            let found = diff(before, after);
            prop_assert_eq!(found.is_empty(), json(before) == json(after), "{:?}", found);
            prop_assert_eq!(found.to_lines().is_empty(), found.is_empty());
            for rule in &found.rules {
                let is_whole = matches!(rule.kind, RuleChangeKind::Added | RuleChangeKind::Removed);
                prop_assert!(is_whole || !rule.parts.is_empty(), "{:?}", rule);
                prop_assert_eq!(rule.before.is_none(), rule.kind == RuleChangeKind::Added);
                prop_assert_eq!(rule.after.is_none(), rule.kind == RuleChangeKind::Removed);
            }
            let text = serde_json::to_string(&found).expect("a difference has a JSON form");
            prop_assert_eq!(serde_json::from_str::<callboard_rules::RuleSetDiff>(&text).ok(), Some(found));
        }
    }
}
