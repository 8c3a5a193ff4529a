//! `callboard rules …`.

use serde_json::{Value, json};

use crate::run::{Desk, callboard, text};

fn template() -> Value {
    serde_json::from_str(&callboard(&["rules", "template", "status-overhaul"]).out).unwrap()
}

#[test]
fn templates_are_listed_a_line_each() {
    let ran = callboard(&["rules", "template"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let names: Vec<String> = ran
        .lines()
        .iter()
        .map(|l| l["name"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        names.contains(&"status-overhaul".into()) && names.contains(&"blank".into()),
        "{names:?}"
    );
}

#[test]
fn every_template_passes_its_own_check() {
    let desk = Desk::new();
    for line in callboard(&["rules", "template"]).lines() {
        let name = line["name"].as_str().unwrap();
        let file = desk.file(name, callboard(&["rules", "template", name]).out);
        let ran = callboard(&["rules", "check", text(&file)]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{name}: {ran:?}");
        for finding in ran.lines() {
            assert_eq!(finding["level"], "warning", "{name}: {finding}");
        }
    }
}

#[test]
fn an_unknown_template_is_a_mistake_that_lists_those_there_are() {
    let ran = callboard(&["rules", "template", "nosuch"]);
    let said = ran.is_one_mistake();
    assert!(
        said.contains("nosuch") && said.contains("status-overhaul") && said.contains("blank"),
        "{said}"
    );
}

#[test]
fn a_misspelt_field_is_a_mistake_that_names_it_and_the_file() {
    let desk = Desk::new();
    let mut rules = template();
    let when = rules["rules"][0]["when"].as_object_mut().unwrap();
    let entity = when.remove("entity").unwrap();
    when.insert("entty".into(), entity);
    let file = desk.file("typo.json", rules.to_string());
    for args in [
        &["rules", "check", text(&file)][..],
        &["rules", "show", text(&file), "--svg", "/dev/null"],
    ] {
        let ran = callboard(args);
        let said = ran.is_one_mistake();
        assert!(said.contains("entty") && said.contains("typo.json"), "{said}");
    }
}

#[test]
fn a_file_may_call_statuses_by_name() {
    let desk = Desk::new();
    let rules = |review: &str, done: &str| {
        let statuses = json!([{"code": "rev", "name": "In Review"}, {"code": "apv", "name": "Approved"}]);
        let rule = json!({"id": "r", "name": "r", "when": {"entity": "Task", "becomes": [review]}, "then": {"set": "itself", "to": [done]}});
        json!({"callboard": 1, "name": "n", "statuses": {"task": statuses}, "rules": [rule]}).to_string()
    };
    let named = desk.file("named.json", rules("in review", "Approved"));
    let coded = desk.file("coded.json", rules("rev", "apv"));
    let ran = callboard(&["rules", "check", text(&named)]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = callboard(&["rules", "diff", text(&named), text(&coded)]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{ran:?}");
    let ran = callboard(&["rules", "import", text(&named)]);
    let set: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        json!([set["rules"][0]["when"]["becomes"], set["rules"][0]["then"]["to"]]),
        json!([["rev"], ["apv"]])
    );
}

#[test]
fn files_that_are_no_rule_sets_are_mistakes() {
    let desk = Desk::new();
    for (name, content) in [
        ("empty.json", ""),
        ("list.json", "[]"),
        ("words.json", "no rules"),
        ("newer.json", r#"{"callboard":99}"#),
    ] {
        let file = desk.file(name, content);
        assert!(
            callboard(&["rules", "check", text(&file)])
                .is_one_mistake()
                .contains(name)
        );
    }
    assert!(
        callboard(&["rules", "check", "/nosuch/rules.json"])
            .is_one_mistake()
            .contains("/nosuch/rules.json")
    );
}

#[test]
fn an_error_in_the_rules_is_a_line_and_exit_code_1() {
    let desk = Desk::new();
    let statuses = json!([{"code": "a", "name": "A"}, {"code": "b", "name": "B"}]);
    let rule = |id: &str, from: &str, to: &str| json!({"id": id, "name": id, "when": {"entity": "Task", "becomes": [from]}, "then": {"set": "itself", "to": [to]}});
    let rules = json!({
        "callboard": 1, "name": "Round and round", "statuses": {"task": statuses}, "rules": [rule("there", "a", "b"), rule("back", "b", "a")],
    });
    let ran = callboard(&["rules", "check", text(&desk.file("cycle.json", rules.to_string()))]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""), "{ran:?}");
    let errors: Vec<Value> = ran.lines().into_iter().filter(|f| f["level"] == "error").collect();
    assert!(!errors.is_empty(), "{ran:?}");
    for error in &errors {
        assert!(
            error["code"].is_string() && error["message"].is_string() && error["rules"].is_array(),
            "{error}"
        );
    }
    assert!(errors.iter().any(|e| e["code"] == "cycle"), "{ran:?}");
}

#[test]
fn a_rule_set_with_an_error_does_not_go_live() {
    let desk = Desk::new();
    let rule = |id: &str, from: &str, to: &str| json!({"id": id, "name": id, "when": {"entity": "Task", "becomes": [from]}, "then": {"set": "itself", "to": [to]}});
    let rules = json!({"callboard": 1, "name": "Round", "rules": [rule("there", "a", "b"), rule("back", "b", "a")]});
    let (file, data) = (desk.file("cycle.json", rules.to_string()), desk.data());
    let args = [
        "serve",
        "--data",
        text(&data),
        "--listen",
        "127.0.0.1:0",
        "--api",
        "127.0.0.1:0",
        "--rules",
        text(&file),
    ];
    assert!(callboard(&args).is_one_mistake().contains("cannot go live"));
}

#[test]
fn the_schema_is_json_schema_and_takes_the_templates() {
    let ran = callboard(&["rules", "schema"]);
    assert_eq!(ran.code, Some(0));
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in callboard(&["rules", "template"]).lines() {
        let name = line["name"].as_str().unwrap();
        let document: Value = serde_json::from_str(&callboard(&["rules", "template", name]).out).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
    let mut typo = template();
    typo["ruels"] = json!([]);
    assert!(!validator.is_valid(&typo));
    assert!(!validator.is_valid(&json!({"callboard": 1})));
    assert!(!validator.is_valid(&json!([])));
}

#[test]
fn the_picture_is_an_svg_that_says_every_status_name() {
    let desk = Desk::new();
    let file = desk.file("rules.json", template().to_string());
    let picture = desk.folder.path().join("out.svg");
    let ran = callboard(&["rules", "show", text(&file), "--svg", text(&picture)]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
    let svg = std::fs::read_to_string(&picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    for name in ["Check New Version", "Pending Client Review", "Back From Prep"] {
        assert!(svg.contains(name), "{name}");
    }
    let ran = callboard(&["rules", "show", text(&file), "--svg", "/nosuch/folder/out.svg"]);
    assert!(ran.is_one_mistake().contains("/nosuch/folder/out.svg"));
}
