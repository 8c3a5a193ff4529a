//! Statuses that a file calls by their names, read as their codes.

use std::collections::HashMap;

use callboard_model::{EntityType, StatusCode};

use crate::RuleSet;
use crate::classes::each_list;
use crate::document::Status;

/// Puts its code where a rule calls a status by name, or by a code in other capitals. What a column has as it stands, what
/// could be two statuses, and what it does not have at all, stays.
pub(crate) fn by_code(set: &mut RuleSet) {
    let mut meant: HashMap<EntityType, HashMap<String, Option<StatusCode>>> = HashMap::new();
    let mut rules = std::mem::take(&mut set.rules);
    for rule in &mut rules {
        each_list(rule, |list, kind, _| {
            let statuses = set.statuses_of(kind);
            for code in list.iter_mut() {
                if code.as_str().starts_with('@') || statuses.iter().any(|status| status.code == *code) {
                    continue;
                }
                let words = meant.entry(kind.clone()).or_insert_with(|| words_for(statuses));
                if let Some(Some(known)) = words.get(&folded(code.as_str())) {
                    *code = known.clone();
                }
            }
        });
    }
    set.rules = rules;
}

/// By how people may write it, the status meant; none where it could be several. Codes come before names.
fn words_for(statuses: &[Status]) -> HashMap<String, Option<StatusCode>> {
    let mut words = HashMap::new();
    let mut add = |word: String, code: &StatusCode| {
        words
            .entry(word)
            .and_modify(|one: &mut Option<StatusCode>| {
                if one.as_ref() != Some(code) {
                    *one = None;
                }
            })
            .or_insert_with(|| Some(code.clone()));
    };
    for status in statuses {
        add(folded(status.code.as_str()), &status.code);
    }
    let by_code: Vec<String> = statuses.iter().map(|status| folded(status.code.as_str())).collect();
    for status in statuses {
        let name = folded(&status.name);
        if !by_code.contains(&name) {
            add(name, &status.code);
        }
    }
    words
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use crate::RuleSet;

    fn read(becomes: &str) -> String {
        let file = format!(
            r#"{{"callboard":1,"name":"n","statuses":{{"task":[
                {{"code":"Approved","name":"Approved by Client"}},{{"code":"rev","name":"In Review"}},
                {{"code":"x","name":"Twice"}},{{"code":"y","name":"twice"}},{{"code":"REV","name":"rev"}}]}},
              "rules":[{{"id":"r","name":"r","when":{{"entity":"Task","becomes":["{becomes}"]}},
                "then":{{"set":"itself","to":["{becomes}"]}}}}]}}"#
        );
        let set = RuleSet::from_file(file.as_bytes()).unwrap();
        let rule = set.rules.first().unwrap();
        assert_eq!(
            serde_json::json!(rule.when.becomes),
            serde_json::to_value(&rule.then.to).unwrap()
        );
        rule.when.becomes.first().unwrap().to_string()
    }

    #[test]
    fn what_the_program_keeps_is_read_by_codes_alone() {
        let kept = r#"{"callboard":1,"name":"n","statuses":{"task":[{"code":"x","name":"Review"}]},
            "rules":[{"id":"r","name":"r","when":{"entity":"Task","becomes":["review"]},
              "then":{"set":"itself","to":["X"]}}]}"#;
        let codes = |set: RuleSet| {
            let rule = set.rules.into_iter().next().unwrap();
            serde_json::json!([rule.when.becomes, rule.then.to])
        };
        let by_code = serde_json::json!([["review"], ["X"]]);
        assert_eq!(codes(RuleSet::parse(kept.as_bytes()).unwrap()), by_code);
        let by_name = serde_json::json!([["x"], ["x"]]);
        assert_eq!(codes(RuleSet::from_file(kept.as_bytes()).unwrap()), by_name);
    }

    #[test]
    fn a_status_may_be_called_by_its_name_in_any_capitals() {
        for (written, read_as) in [
            ("approved", "Approved"),
            ("APPROVED BY CLIENT", "Approved"),
            (" in review ", "rev"),
            // Exactly as it stands comes first, and what could be two stays for the check to report.
            ("rev", "rev"),
            ("REV", "REV"),
            ("Rev", "Rev"),
            ("twice", "twice"),
            ("nowhere", "nowhere"),
            ("@done", "@done"),
        ] {
            assert_eq!(read(written), read_as, "{written}");
        }
    }
}
