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

const TEMPLATES: [Template; 6] = [
    Template {
        name: "status-overhaul",
        story: "A studio's review: Versions drive Tasks, Tasks drive Shots, new Versions wait for a check",
        json: include_str!("templates/status-overhaul.json"),
    },
    Template {
        name: "roll-up",
        story: "A Shot's status follows all of its Tasks: Final once all are done, In Progress as soon as one is",
        json: include_str!("templates/roll-up.json"),
    },
    Template {
        name: "next-task",
        story: "When all Tasks of a step are done, those of the next step go from Waiting to Start to Ready to Start",
        json: include_str!("templates/next-task.json"),
    },
    Template {
        name: "kitsu-like",
        story: "Step by step as in Kitsu: Layout done makes Animation ready, and so on down the line",
        json: include_str!("templates/kitsu-like.json"),
    },
    Template {
        name: "ayon-like",
        story: "As with AYON or ftrack: Versions and Tasks keep each other in step, and Shots and Assets follow",
        json: include_str!("templates/ayon-like.json"),
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
