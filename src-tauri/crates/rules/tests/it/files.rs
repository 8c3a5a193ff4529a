//! Rule set files: what is read, and what is said of what is not.

use callboard_rules::{CompiledRules, FindingCode, MAX_FILE_BYTES, RuleFileError, RuleSet, check, schema};
use serde_json::{Value, json};

fn refusal(text: &str) -> String {
    RuleSet::parse(text.as_bytes())
        .expect_err("this is not a rule set")
        .to_string()
}

fn with_rule(rule: &str) -> String {
    format!("{{\"callboard\":1,\"name\":\"N\",\"rules\":[\n{rule}]}}")
}

#[test]
fn a_misspelt_field_is_named_with_what_was_meant() {
    let text =
        with_rule(r#"{"id":"a","name":"A","when":{"entity":"Task","becoms":["x"]},"then":{"set":"shot","to":["y"]}}"#);
    assert_eq!(
        refusal(&text),
        "line 2, column 53: there is no field \"becoms\", did you mean \"becomes\"? (in rules[0].when.becoms)"
    );
}

#[test]
fn a_misspelt_condition_is_not_passed_over() {
    let text = with_rule(
        r#"{"id":"a","name":"A","when":{"entity":"Task"},"if":{"steps":["x"]},"then":{"set":"shot","to":["y"]}}"#,
    );
    let said = refusal(&text);
    assert!(
        said.contains("there is no field \"steps\", did you mean \"step\"?"),
        "{said}"
    );
    assert!(said.ends_with("(in rules[0].if.steps)"), "{said}");
    let one_of_two = text.replace(r#"{"steps":["x"]}"#, r#"[{"step":["x"]},{"chnged_by":"person"}]"#);
    let said = refusal(&one_of_two);
    assert!(said.contains("\"chnged_by\", did you mean \"changed_by\"?"), "{said}");
}

#[test]
fn a_misspelt_word_is_named_too() {
    let text = with_rule(r#"{"id":"a","name":"A","when":{"entity":"Task"},"then":{"set":"shots","to":["y"]}}"#);
    let said = refusal(&text);
    assert!(
        said.contains("\"shots\" is not one of the words that may stand here, did you mean \"shot\"?"),
        "{said}"
    );
    let far = refusal(&text.replace("shots", "universe"));
    assert!(
        far.contains("(there are itself, task, shot, parent, tasks_of_shot, "),
        "{far}"
    );
}

#[test]
fn what_is_missing_or_of_another_kind_is_said() {
    let said = refusal(&with_rule(r#"{"id":"a","name":"A","when":{"entity":"Task"}}"#));
    assert!(said.contains("the field \"then\" is missing (in rules[0])"), "{said}");
    let said = refusal(&with_rule(
        r#"{"id":"a","name":"A","when":{"entity":"Task"},"then":{"set":"shot","to":"apv"}}"#,
    ));
    assert!(said.contains("expected a list of status codes, \"same\", "), "{said}");
    let said = refusal(r#"{"callboard":1,"name":"N","statuses":{"task":[],"task":[]}}"#);
    assert!(said.contains("the statuses of task stand there twice"), "{said}");
}

#[test]
fn files_that_are_no_rule_set_are_called_what_they_are() {
    assert_eq!(
        refusal("{\"callboard\": 1,"),
        "line 1, column 16: this is not JSON, EOF while parsing a value"
    );
    for other in ["{}", "[]", "7", "{\"callboard\":\"one\"}", "{\"callboard\":0}"] {
        assert_eq!(
            RuleSet::parse(other.as_bytes()),
            Err(RuleFileError::NotARuleSet),
            "{other}"
        );
    }
    assert_eq!(RuleSet::parse(b"{\"a\xff"), Err(RuleFileError::NotUtf8 { at: 3 }));
    let large = vec![b' '; MAX_FILE_BYTES + 1];
    assert_eq!(
        RuleSet::parse(&large),
        Err(RuleFileError::TooLarge {
            bytes: MAX_FILE_BYTES + 1
        })
    );
}

#[test]
fn every_rule_has_an_id_of_its_own() {
    let rule = r#"{"id":"a","name":"A","when":{"entity":"Task"},"then":{"set":"shot","to":["y"]}}"#;
    let twice = with_rule(&format!("{rule},{rule}"));
    assert_eq!(refusal(&twice), "two rules have the id \"a\"; every rule needs its own");
    let none = with_rule(&rule.replace("\"id\":\"a\"", "\"id\":\"\""));
    assert_eq!(
        refusal(&none),
        "the rule \"A\" has an empty id; every rule needs its own"
    );
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    let set = RuleSet::parse("\u{feff}{\"callboard\":1,\"name\":\"N\"}".as_bytes()).expect("the mark is passed over");
    assert_eq!(set.name, "N");
}

#[test]
fn columns_are_written_in_the_order_of_the_house_whatever_order_they_came_in() {
    let text = r#"{"callboard":1,"name":"N","statuses":{"shot":[],"asset":[],"version":[],"task":[]}}"#;
    let written = RuleSet::parse(text.as_bytes()).expect("a rule set").to_json_pretty();
    let places: Vec<_> = ["version", "task", "shot", "asset"]
        .map(|c| written.find(&format!("\"{c}\"")))
        .into();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{written}");
}

#[test]
fn the_schema_speaks_the_file_s_words() {
    let schema = schema();
    let rule = &schema["$defs"]["Rule"];
    assert_eq!(rule["additionalProperties"], json!(false));
    for field in ["id", "name", "enabled", "note", "when", "if", "then"] {
        assert!(rule["properties"][field].is_object(), "{field} is in {rule}");
    }
    assert_eq!(rule["required"], json!(["id", "name", "when", "then"]));
    let condition = &schema["$defs"]["Condition"]["properties"];
    assert!(condition["changed_by"] != Value::Null && condition["target_is_not"] != Value::Null);
}

#[test]
fn what_a_newer_program_wrote_comes_through_unharmed_and_does_not_go_live() {
    let newer = json!({
        "callboard": 3, "name": "N", "wonder": { "deep": [1, 2] },
        "statuses": { "task": [{ "code": "ip", "name": "In Progress", "group": "", "color": "#123456", "icon": "hammer" }] },
        "rules": [
            { "id": "gone", "name": "Gone", "when": { "entity": "Task" }, "then": { "set": { "moon": 1 }, "to": ["x"] } },
            {
                "id": "half", "name": "Half", "when": { "entity": "Task", "phase": "full" },
                "if": [{ "step": ["Roto"] }, { "weather": "rain" }],
                "then": { "set": "itself", "to": ["ip"], "softly": true },
            },
            { "id": "whole", "name": "Whole", "when": { "entity": "Task" }, "then": { "set": "itself", "to": ["ip"] } },
        ],
    });
    let set = RuleSet::parse(newer.to_string().as_bytes()).expect("it opens");
    assert_eq!(set.rules.len(), 2, "one cannot be read at all");
    let written: Value = serde_json::from_str(&set.to_json_pretty()).expect("it is written");
    assert_eq!(written, newer, "nothing is lost");
    let again = RuleSet::parse(set.to_json_pretty().as_bytes()).expect("it opens again");
    assert_eq!(again, set);

    let errors: Vec<String> = check(&set, None)
        .into_iter()
        .filter(|f| f.code == FindingCode::NotUnderstood)
        .map(|f| f.message)
        .collect();
    assert_eq!(errors.len(), 6, "{errors:?}");
    assert!(
        errors
            .iter()
            .any(|e| e.contains("the part \"weather\" of the rule \"Half\"")),
        "{errors:?}"
    );
    assert!(errors.iter().any(|e| e.contains("the rule \"Gone\"")), "{errors:?}");
    assert_eq!(
        CompiledRules::new(&set).len(),
        1,
        "half a rule is another rule, and is not asked"
    );

    let mut edited = set.clone();
    edited.rules.retain(|r| r.id.as_str() != "half");
    let written: Value = serde_json::from_str(&edited.to_json_pretty()).expect("it is written");
    assert_eq!(
        written["rules"].as_array().map(Vec::len),
        Some(2),
        "what belonged to it went with it"
    );
    assert_eq!(written["wonder"], newer["wonder"]);
}

#[test]
fn a_newer_file_that_is_wrong_in_a_known_part_is_still_wrong() {
    let said = refusal(r#"{"callboard":2,"name":7}"#);
    assert!(said.contains("expected a string"), "{said}");
}
