//! The picture: well-formed, and nothing on top of anything else.

use callboard_rules::{Caption, RuleSet, Standing, svg, svg_of, template, templates};
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

fn attribute(line: &str, name: &str) -> Option<f64> {
    let value = line.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    value.parse().ok()
}

/// Where each text stands, about; numbers on links left out.
fn texts(picture: &str) -> Vec<([f64; 4], String)> {
    let of_text = |line: &str| -> Option<([f64; 4], String)> {
        let (x, y, size) = (
            attribute(line, "x")?,
            attribute(line, "y")?,
            attribute(line, "font-size")?,
        );
        let said = line.split_once('>')?.1.strip_suffix("</text>")?;
        let wide = said.chars().map(|_| size * 0.5).sum::<f64>();
        let left = if line.contains("\"end\"") {
            x - wide
        } else if line.contains("\"middle\"") {
            x - wide / 2.0
        } else {
            x
        };
        (size > 10.0).then(|| ([left, y - size * 0.75, left + wide, y + size * 0.2], said.to_owned()))
    };
    picture
        .lines()
        .filter(|l| l.starts_with("<text"))
        .filter_map(of_text)
        .collect()
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
    let texts = texts(&picture);
    for (place, (one, said)) in texts.iter().enumerate() {
        assert!(one[0] >= 0.0, "{said} stays in the picture");
        let over = texts.iter().skip(place + 1).find(|(other, _)| overlap(one, other));
        assert!(over.is_none(), "{said} is written over {over:?}");
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
    assert!(
        picture.contains(">if moved by a rule<") && picture.contains(">or if step Composite or Secondary<"),
        "what every link of a gap asks stands above it"
    );
    for one in templates() {
        is_tidy(&template(one.name).expect("the template is there"));
    }
}

#[test]
fn a_roll_up_by_classes_is_drawn() {
    let picture = is_tidy(&template("roll-up").expect("the template is there"));
    assert!(picture.matches("stroke-width=\"1.7\"").count() > 12, "links are drawn");
    assert!(picture.contains(">all Tasks<") && picture.contains("the Shot is not omitted"));
    assert!(!picture.contains('@'), "a class is said in words");
}

#[test]
fn the_legend_has_the_shapes_that_are_there_and_no_other() {
    let shapes = [
        "sets the status",
        "goes back down the chain",
        "hands over within a column",
        "when it is new, gets a note",
        "only under a condition",
        "switched off",
    ];
    let shown = |name: &str| -> Vec<&str> {
        let picture = svg(&template(name).expect("the template is there"));
        let legend = picture
            .rsplit("stroke=\"#e2e7ee\"")
            .next()
            .expect("a legend")
            .to_owned();
        shapes.into_iter().filter(|shape| legend.contains(shape)).collect()
    };
    assert_eq!(shown("blank"), Vec::<&str>::new());
    assert_eq!(
        shown("next-task"),
        ["hands over within a column", "only under a condition", "switched off"]
    );
    assert_eq!(shown("status-overhaul").len(), 6);
}

#[test]
fn the_footer_says_which_rules_these_are_and_as_of_when() {
    let set = template("status-overhaul").expect("the template is there");
    let said = |standing, day: Option<&str>| {
        let caption = Caption {
            standing,
            day: day.map(str::to_owned),
        };
        svg_of(&set, &caption)
    };
    let live = said(Some(Standing::Revision(41)), Some("12 November 2026"));
    assert!(
        live.contains("Status overhaul \u{b7} Revision 41 \u{b7} 12 November 2026 \u{b7} 18 rules, 2 switched off")
    );
    assert!(said(Some(Standing::Draft), None).contains("Draft, not live"));
    assert!(!svg(&set).contains("Revision") && !svg(&set).contains("Draft"));
}

#[test]
fn a_group_that_has_a_colour_has_a_band_of_it() {
    let mut text = template("status-overhaul")
        .expect("the template is there")
        .to_json_pretty();
    text = text.replacen(
        "\"statuses\"",
        "\"groups\": { \"Done\": { \"color\": \"#22a05b\" } },\n  \"statuses\"",
        1,
    );
    let set = RuleSet::parse(text.as_bytes()).expect("a rule set");
    let picture = is_tidy(&set);
    assert_eq!(
        picture.matches("fill=\"#e2f2e9\"").count(),
        2,
        "in both columns that have the group"
    );
}

#[test]
fn a_rule_without_a_line_is_said_in_words() {
    let set = json!({
        "callboard": 1, "name": "Words",
        "statuses": { "task": [{ "code": "ip", "name": "In Progress" }], "shot": [{ "code": "actv", "name": "Active" }] },
        "rules": [
            { "id": "1", "name": "Clears", "when": { "entity": "Task", "becomes": ["ip"] }, "then": { "set": "shot", "to": "cleared" } },
            { "id": "2", "name": "Unknown", "enabled": false, "when": { "entity": "Task", "becomes": ["xx"] }, "then": { "set": "shot", "to": ["actv"] } },
        ],
    });
    let picture = is_tidy(&RuleSet::parse(set.to_string().as_bytes()).expect("a rule set"));
    assert!(picture.contains("Rules without a line"));
    assert!(picture.contains(" no status.<") && picture.contains("(switched off)<"));
}

#[test]
fn sixty_statuses_and_a_hundred_and_fifty_rules_are_tidy() {
    let column = |letter: &str, many: usize| -> Vec<Value> {
        let status = |n| json!({ "code": format!("{letter}{n}"), "name": format!("Status {letter} number {n}"), "group": format!("Group {}", n / 5), "color": "#2f66dd" });
        (0..many).map(status).collect()
    };
    let conditions = [
        json!([]),
        json!({ "step": ["Roto", "Paint", "Prep"] }),
        json!({ "changed_by": "client" }),
        json!([{ "step": ["Comp"] }, { "never_backwards": true, "target_is_not": ["s1", "s2", "s3", "s4", "s5", "s6"] }]),
        json!({ "siblings": { "all": ["t20", "t21"] } }),
    ];
    let rules: Vec<Value> = (0..150_usize)
        .map(|n| {
            let (becomes, set, to) = match n % 5 {
                0 | 1 => (
                    ("Version", format!("v{}", n * 7 % 20)),
                    json!("task"),
                    format!("t{}", n * 11 % 24),
                ),
                2 => (
                    ("Task", format!("t{}", n * 7 % 24)),
                    json!("shot"),
                    format!("s{}", n * 5 % 16),
                ),
                3 => (
                    ("Shot", format!("s{}", n * 3 % 16)),
                    json!({ "tasks_of_shot": {} }),
                    format!("t{}", n * 5 % 24),
                ),
                _ => (
                    ("Version", format!("v{}", n * 3 % 20)),
                    json!("shot"),
                    format!("s{}", n * 7 % 16),
                ),
            };
            json!({ "id": format!("r{n}"), "name": "A rule", "when": { "entity": becomes.0, "becomes": [becomes.1] },
                "if": conditions[n % 3 * (n % 2) + n % 2], "then": { "set": set, "to": [to] } })
        })
        .collect();
    let set = json!({
        "callboard": 1, "name": "Sixty ".repeat(40), "description": "As large as anybody has asked for. ".repeat(20),
        "statuses": { "version": column("v", 20), "task": column("t", 24), "shot": column("s", 16) }, "rules": rules,
    });
    is_tidy(&RuleSet::parse(set.to_string().as_bytes()).expect("a rule set"));
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
        ">step Roto or Paint<",
        ">project Show<",
        ">the Task is not Status a1 or Status a2<",
        ">if moved by a client<",
        ">or if step Comp<",
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
