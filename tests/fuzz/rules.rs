//! Rule files, filters and YAML maps.

use std::collections::HashSet;

use callboard_rules::{CompiledRules, Filter, Imported, RuleSet, Status, check, diff, schema, sentence, svg};
use proptest::{prop_assert, prop_assert_eq};
use serde_json::{Value, json};

use crate::trying::{Outcome, files, fuzz, much_is_read_and_much_is_refused, words};

fn a_rule_set_is_sound(set: &RuleSet) -> Outcome {
    // Of two statuses with one code nobody can tell which one an unknown part belonged to.
    let is_told = set.not_understood().is_empty() || set.statuses.values().all(|column| is_each_once(column));
    if is_told {
        let text = set.to_json_pretty();
        let back = RuleSet::parse(text.as_bytes());
        prop_assert_eq!(back.as_ref(), Ok(set), "{}", &text);
        prop_assert_eq!(back.map(|s| s.to_json_pretty()), Ok(text));
    }
    prop_assert!(diff(set, set).is_empty());
    for rule in &set.rules {
        prop_assert!(!sentence(set, rule).is_empty());
    }
    prop_assert!(svg(set).ends_with("</svg>\n"));
    let compiled = CompiledRules::new(set);
    // A rule of which a newer program wrote a part is left out.
    prop_assert!(compiled.len() <= set.enabled_rules().count());
    Ok(())
}

fn is_each_once(column: &[Status]) -> bool {
    let codes: HashSet<_> = column.iter().map(|status| &status.code).collect();
    codes.len() == column.len()
}

/// The rehearsal of many rules takes a while, and few show as much.
fn few_are_checked(set: &RuleSet) -> Outcome {
    if set.rules.len() <= 3 {
        prop_assert!(check(set, None).iter().all(|finding| !finding.message.is_empty()));
    }
    Ok(())
}

fn a_rule_file_is_read_or_refused(bytes: &[u8]) -> Outcome {
    if let Ok(set) = RuleSet::parse(bytes) {
        a_rule_set_is_sound(&set)?;
    }
    match RuleSet::from_file(bytes) {
        Ok(set) => {
            a_rule_set_is_sound(&set)?;
            few_are_checked(&set)?;
        }
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    Ok(())
}

#[test]
fn rule_files_of_any_bytes_are_read_or_refused() {
    fuzz("rules", 1_000, a_rule_file_is_read_or_refused);
}

#[test]
fn what_the_corpus_has_of_rules_can_be_checked() {
    let sets: Vec<RuleSet> = files("rules")
        .iter()
        .filter_map(|(_, file)| RuleSet::parse(&file.0).ok())
        .collect();
    assert!(sets.len() >= 6, "most of it are rule sets: {}", sets.len());
    for set in &sets {
        a_rule_set_is_sound(set).expect("it is sound");
        assert!(check(set, None).iter().all(|finding| !finding.message.is_empty()));
    }
}

/// Every name of a field in the schema, and every word that may stand in one.
fn words_of(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    match schema {
        Value::Object(fields) => {
            let names = fields.get("properties").and_then(Value::as_object);
            found.extend(names.into_iter().flatten().map(|(name, _)| format!("\"{name}\":")));
            let listed = fields.get("enum").and_then(Value::as_array).into_iter().flatten();
            let words = listed.chain(fields.get("const")).filter_map(Value::as_str);
            found.extend(words.map(|word| format!("\"{word}\"")));
            found.extend(fields.values().flat_map(words_of));
        }
        Value::Array(list) => found.extend(list.iter().flat_map(words_of)),
        _ => {}
    }
    found
}

#[test]
fn every_word_of_the_schema_is_tried_in_rule_files() {
    let known: HashSet<Vec<u8>> = words("rules").into_iter().collect();
    let mut missing = words_of(&schema());
    missing.sort();
    missing.dedup();
    missing.retain(|word| !known.contains(word.as_bytes()));
    assert!(missing.is_empty(), "words/rules.dict is without {}", missing.join(" "));
}

fn a_filter_is_read_or_refused(bytes: &[u8]) -> Outcome {
    let source = String::from_utf8_lossy(bytes);
    let filter = match Filter::parse(&source) {
        Ok(filter) => filter,
        Err(error) => {
            prop_assert!(!error.to_string().is_empty());
            return Ok(());
        }
    };
    prop_assert_eq!(filter.source(), source.as_ref());
    let written = filter.to_string();
    // Spaces that the source did without may take it beyond what is read.
    if written.len() <= callboard_rules::MAX_FILTER_BYTES {
        let back = Filter::parse(&written);
        prop_assert_eq!(back.as_ref(), Ok(&filter), "{}", &written);
        prop_assert_eq!(back.map(|f| f.to_string()), Ok(written));
    }
    let events = [
        Value::Null,
        json!({ "entity": { "entity_type": "Task", "n": -3, "ids": [[1, 2], "x", []], "new": { "status_id": 1 }, "old": {} }, "a": 1 }),
        json!([{ "a": [{ "b1": null }, true] }]),
    ];
    for event in events {
        let holds = filter.holds(&event);
        prop_assert_eq!(holds, filter.holds(&event));
        prop_assert!(!filter.explain(&event).is_empty());
        let negated = Filter::parse(&format!("not ({source})"));
        if let Ok(negated) = negated {
            prop_assert_eq!(negated.holds(&event), !holds, "{}", negated);
        }
    }
    Ok(())
}

#[test]
fn filters_of_any_text_are_read_or_refused() {
    fuzz("filters", 2_000, a_filter_is_read_or_refused);
}

fn a_yaml_map_is_read_or_refused(bytes: &[u8]) -> Outcome {
    match RuleSet::from_yaml(bytes, "Imported") {
        Ok(Imported { set, notes }) => {
            a_rule_set_is_sound(&set)?;
            prop_assert!(notes.iter().all(|note| !note.message.is_empty()));
            few_are_checked(&set)?;
        }
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    Ok(())
}

#[test]
fn yaml_maps_of_any_bytes_are_read_or_refused() {
    fuzz("yaml", 1_500, a_yaml_map_is_read_or_refused);
}

#[test]
fn much_of_what_is_tried_of_rules_is_read_and_much_is_refused() {
    much_is_read_and_much_is_refused("rules", |bytes| RuleSet::parse(bytes).is_ok());
    much_is_read_and_much_is_refused("filters", |bytes| {
        Filter::parse(&String::from_utf8_lossy(bytes)).is_ok()
    });
    much_is_read_and_much_is_refused("yaml", |bytes| RuleSet::from_yaml(bytes, "x").is_ok());
}
