//! The picture: well-formed, and nothing on top of anything else.

use callboard_rules::{RuleSet, svg, template};
use serde_json::{Value, json};

/// The boxes of that kind, told by their stroke: left, top, right, bottom.
fn boxes(picture: &str, stroke: &str) -> Vec<[f64; 4]> {
    let number = |line: &str, name: &str| -> f64 {
        let value = line
            .split(&format!(" {name}=\""))
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        value.and_then(|v| v.parse().ok()).expect("a box has numbers")
    };
    let of_kind = picture
        .lines()
        .filter(|l| l.starts_with("<rect") && l.contains(&format!("stroke=\"{stroke}\"")));
    of_kind
        .map(|line| {
            let (x, y) = (number(line, "x"), number(line, "y"));
            [x, y, x + number(line, "width"), y + number(line, "height")]
        })
        .collect()
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

const PILL: &str = "#dfe4ec";
const MARK: &str = "#d5dce6";
const CARD: &str = "#e2e7ee";

fn is_tidy(set: &RuleSet) -> String {
    let picture = svg(set);
    let (pills, marks, cards) = (boxes(&picture, PILL), boxes(&picture, MARK), boxes(&picture, CARD));
    for (kind, all) in [("pills", &pills), ("marks", &marks), ("cards", &cards)] {
        for (place, one) in all.iter().enumerate() {
            assert!(one[0] >= 0.0 && one[1] >= 0.0, "{kind} stay in the picture: {one:?}");
            assert!(
                !all.iter().skip(place + 1).any(|other| overlap(one, other)),
                "{kind} overlap at {one:?}"
            );
        }
    }
    for mark in &marks {
        assert!(
            !cards.iter().any(|card| overlap(mark, card)),
            "a mark covers a card at {mark:?}"
        );
    }
    assert_eq!(
        pills.len(),
        set.statuses.values().map(Vec::len).sum::<usize>(),
        "a pill a status"
    );
    assert!(
        !picture.contains("NaN") && !picture.contains("inf"),
        "every number is one"
    );
    picture
}

#[test]
fn the_templates_are_tidy() {
    let overhaul = template("status-overhaul").expect("the template is there");
    let picture = is_tidy(&overhaul);
    assert!(picture.contains("Check New Version") && picture.contains("18 rules, 2 switched off"));
    assert_eq!(
        picture.matches("stroke-dasharray=\"4 4\"").count(),
        3,
        "two links that are off, and the legend's"
    );
    is_tidy(&template("blank").expect("the template is there"));
}

#[test]
fn conditions_that_differ_are_numbered_on_their_links() {
    let statuses = |names: &[&str]| -> Vec<Value> {
        let status =
            |n: &&str| json!({ "code": n, "name": format!("Status {n}"), "group": &n[..1], "color": "#2f66dd" });
        names.iter().map(status).collect()
    };
    let rule = |id: &str, kind: &str, code: &str, condition: Value, set: Value, to: Value| json!({ "id": id, "name": id, "when": { "entity": kind, "becomes": [code] }, "if": condition, "then": { "set": set, "to": to } });
    let text = json!({
        "callboard": 1, "name": "Mixed <&> \"quoted\"",
        "statuses": {
            "version": statuses(&["a1", "a2", "b1"]), "task": statuses(&["a1", "a2", "b1", "b2"]),
            "shot": statuses(&["a1", "b1"]), "asset": statuses(&["a1"]),
        },
        "rules": [
            rule("1", "Task", "a1", json!({ "step": ["Roto", "Paint"] }), json!("shot"), json!(["a1"])),
            rule("2", "Task", "a1", json!({ "project": ["Show"] }), json!("shot"), json!(["b1"])),
            rule("3", "Task", "b1", json!([]), json!("shot"), json!(["b1"])),
            rule("4", "Shot", "b1", json!({ "target_is_not": ["a1", "a2"] }), json!({ "tasks_of_shot": {} }), json!(["b2"])),
            rule("5", "Task", "a1", json!({ "step": ["Roto"] }), json!({ "tasks_of_shot": {} }), json!(["b2"])),
            rule("6", "Task", "a2", json!({ "step": ["Paint"] }), json!({ "tasks_of_shot": {} }), json!(["b1"])),
            rule("7", "Version", "a1", json!([{ "changed_by": "client" }, { "step": ["Comp"] }]), json!("shot"), json!("same")),
            rule("8", "Asset", "a1", json!([]), json!("itself"), json!("same")),
        ],
    });
    let set = RuleSet::parse(text.to_string().as_bytes()).expect("a rule set");
    let picture = is_tidy(&set);
    assert!(picture.contains("Mixed &lt;&amp;&gt; &quot;quoted&quot;"));
    for said in [
        "if step: Roto +1",
        "if project: Show",
        "if target not: a1 +1",
        "if moved by a client",
        "or step: Comp",
    ] {
        assert!(picture.contains(said), "{said} is in the picture");
    }
    if let Some(path) = std::env::var_os("CALLBOARD_PICTURE") {
        std::fs::write(path, picture).expect("the picture is written");
    }
}

#[test]
fn a_set_without_anything_has_a_picture_too() {
    let picture = is_tidy(&RuleSet::new("Nothing"));
    assert!(picture.contains("0 rules"));
}
