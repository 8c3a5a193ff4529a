use crate::RuleSet;

/// A rule set that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// The name it is asked for by.
    pub name: &'static str,
    /// What it is, in a line.
    pub story: &'static str,
    json: &'static str,
}

const TEMPLATES: [Template; 2] = [
    Template {
        name: "status-overhaul",
        story: "A studio's review: Versions drive Tasks, Tasks drive Shots, new Versions wait for a check",
        json: include_str!("templates/status-overhaul.json"),
    },
    Template {
        name: "blank",
        story: "ShotGrid's stock statuses and no rules yet",
        json: include_str!("templates/blank.json"),
    },
];

/// The rule sets that come with the program.
#[must_use]
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

/// A rule set that comes with the program, by name.
#[must_use]
pub fn template(name: &str) -> Option<RuleSet> {
    let found = TEMPLATES.iter().find(|t| t.name == name)?;
    RuleSet::parse(found.json.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_template_is_a_rule_set_in_its_own_form() {
        for listed in templates() {
            let set = RuleSet::parse(listed.json.as_bytes()).expect("a template is a rule set");
            let again = RuleSet::parse(set.to_json_pretty().as_bytes()).expect("so is what it is written as");
            assert_eq!(set, again, "{} comes back as it was", listed.name);
        }
        assert_eq!(
            template("status-overhaul").map(|s| s.name),
            Some("Status overhaul".to_owned())
        );
        assert_eq!(template("nothing"), None);
    }
}
