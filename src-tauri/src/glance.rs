//! How things stand, at a glance: what the tray shows.

use callboard_engine::api::Overview;
use callboard_model::{AlertKind, HookState};

use crate::words::Words;

/// How things stand, by the most pressing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Nothing asks for a person.
    Well,
    /// Somebody should look when there is time.
    Look,
    /// Something does not work.
    Broken,
    /// A person stopped all writing.
    Paused,
}

/// The tray's icon and what stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glance {
    pub(crate) mood: Mood,
    pub(crate) words: String,
    /// Changes that were not written because writing is paused.
    pub(crate) held: u64,
}

impl Glance {
    pub(crate) fn of(overview: &Overview, said: &Words) -> Self {
        let mut broken = Vec::new();
        let mut look = Vec::new();
        for hook in &overview.hooks {
            match hook.state {
                HookState::Active => {}
                HookState::Unstable => look.push((said.unstable)(hook.name.as_str())),
                HookState::Disabled => look.push((said.switched_off)(hook.name.as_str())),
                HookState::Failed => broken.push((said.failed)(hook.name.as_str())),
                HookState::Deaf => broken.push((said.deaf)(hook.name.as_str())),
            }
        }
        for site in overview.sites.iter().filter(|site| site.trouble.is_some()) {
            broken.push((said.no_answer)(site.name.as_str()));
        }
        for rule in &overview.set_aside {
            look.push((said.set_aside)(&rule.name));
        }
        if overview.waiting_for_you > 0 {
            look.push((said.waiting)(overview.waiting_for_you));
        }
        let issues = other_issues(overview);
        if issues > 0 {
            look.push((said.issues)(issues));
        }
        let mood = match (&overview.paused, broken.is_empty(), look.is_empty()) {
            (Some(_), ..) => Mood::Paused,
            (None, false, _) => Mood::Broken,
            (None, true, false) => Mood::Look,
            (None, true, true) => Mood::Well,
        };
        broken.extend(look);
        let words = match (&overview.paused, broken.as_slice()) {
            (Some(pause), _) => (said.paused_by)(&pause.by),
            (None, []) => said.well.to_owned(),
            (None, [one]) => one.clone(),
            (None, [first, rest @ ..]) => (said.and_more)(first, rest.len()),
        };
        Self {
            mood,
            words: short(&words),
            held: overview.paused.as_ref().map_or(0, |pause| pause.held),
        }
    }
}

/// Issues that nobody has acknowledged and that nothing else here stands for.
fn other_issues(overview: &Overview) -> u32 {
    let others = overview.issues_by_kind.iter().filter(|(kind, _)| match kind {
        AlertKind::HookUnstable
        | AlertKind::HookFailed
        | AlertKind::HookDisabled
        | AlertKind::HookDeaf
        | AlertKind::HookRecovered
        | AlertKind::RuleSetAside
        | AlertKind::Approvals => false,
        AlertKind::WriteGivenUp
        | AlertKind::Conflict
        | AlertKind::Digest
        | AlertKind::Mail
        | AlertKind::Outgoing
        | AlertKind::Site
        | AlertKind::Journal => true,
    });
    others.map(|(_, number)| number).sum()
}

/// A menu is narrow, and names come from outside.
fn short(words: &str) -> String {
    const MOST: usize = 60;
    if words.chars().count() <= MOST {
        return words.to_owned();
    }
    words.chars().take(MOST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use callboard_engine::api::SetAsideRule;
    use callboard_journal::Pause;
    use callboard_model::{HookHealth, HookName};
    use jiff::Timestamp;

    use super::*;
    use crate::words::{ENGLISH, GERMAN};

    fn calm() -> Overview {
        serde_json::from_value(serde_json::json!({
            "version": "0", "receiver": "http://127.0.0.1:1", "practice": false, "sites": [], "hooks": [],
            "today": {"events": 0, "changes": 0, "skipped": 0, "failed": 0, "waiting": 0}, "live": null, "paused": null,
            "waiting_for_you": 0, "set_aside": [], "issues": 0, "can_practice": false, "has_draft": false, "projects": [], "entity_types": [],
            "statuses": {},
        }))
        .unwrap()
    }

    fn hook(name: &str, state: HookState) -> HookHealth {
        HookHealth {
            name: HookName::from(name),
            site: "practice".into(),
            state,
            badges: Vec::new(),
            since: Timestamp::UNIX_EPOCH,
            why: None,
        }
    }

    fn glance(change: impl FnOnce(&mut Overview)) -> (Mood, String) {
        let mut overview = calm();
        change(&mut overview);
        let glance = Glance::of(&overview, &ENGLISH);
        (glance.mood, glance.words)
    }

    #[test]
    fn the_most_pressing_thing_is_said_first() {
        assert_eq!(glance(|_| {}), (Mood::Well, "All is well".into()));
        let both = glance(|o| {
            o.hooks = vec![hook("comp", HookState::Unstable), hook("roto", HookState::Failed)];
        });
        assert_eq!(both, (Mood::Broken, "roto has failed, and 1 more".into()));
        let one = glance(|o| o.hooks = vec![hook("comp", HookState::Active), hook("roto", HookState::Unstable)]);
        assert_eq!(one, (Mood::Look, "roto is unstable".into()));
        let asked = glance(|o| o.waiting_for_you = 3);
        assert_eq!(asked, (Mood::Look, "3 waiting for you".into()));
    }

    #[test]
    fn an_issue_that_nothing_else_stands_for_is_no_calm() {
        let needs = |issues: &[(AlertKind, u32)]| {
            glance(|o| {
                o.issues = issues.iter().map(|(_, number)| number).sum();
                o.issues_by_kind = issues.iter().copied().collect();
            })
        };
        let given_up = needs(&[(AlertKind::WriteGivenUp, 1)]);
        assert_eq!(given_up, (Mood::Look, "1 issue needs you".into()));
        let more = needs(&[
            (AlertKind::Conflict, 1),
            (AlertKind::Site, 2),
            (AlertKind::HookFailed, 4),
        ]);
        assert_eq!(more, (Mood::Look, "3 issues need you".into()));
        let told_already = needs(&[
            (AlertKind::HookUnstable, 1),
            (AlertKind::RuleSetAside, 1),
            (AlertKind::Approvals, 1),
        ]);
        assert_eq!(told_already, (Mood::Well, "All is well".into()));
        let beside = glance(|o| {
            o.hooks = vec![hook("roto", HookState::Failed)];
            o.issues_by_kind = [(AlertKind::HookFailed, 1), (AlertKind::Journal, 1)].into();
        });
        assert_eq!(beside, (Mood::Broken, "roto has failed, and 1 more".into()));
    }

    #[test]
    fn it_is_said_in_the_language_of_the_window() {
        let mut overview = calm();
        assert_eq!(Glance::of(&overview, &GERMAN).words, "Alles in Ordnung");
        overview.hooks = vec![hook("roto", HookState::Deaf), hook("comp", HookState::Unstable)];
        assert_eq!(Glance::of(&overview, &GERMAN).words, "roto ist taub und 1 mehr");
    }

    #[test]
    fn a_pause_stands_above_all() {
        let paused = glance(|o| {
            o.hooks = vec![hook("roto", HookState::Failed)];
            o.paused = Some(Pause {
                by: "Ada".into(),
                why: None,
                since: Timestamp::UNIX_EPOCH,
                held: 2,
            });
        });
        assert_eq!(paused, (Mood::Paused, "Writing is paused by Ada".into()));
    }

    #[test]
    fn a_long_name_does_not_widen_the_menu() {
        let (_, words) = glance(|o| {
            o.set_aside = vec![SetAsideRule {
                rule: "r".into(),
                name: "ü".repeat(200),
                why: String::new(),
                since: Timestamp::UNIX_EPOCH,
            }];
        });
        assert_eq!(words.chars().count(), 60);
    }
}
