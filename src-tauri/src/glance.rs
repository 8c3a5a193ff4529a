//! How things stand, at a glance: what the tray shows.

use callboard_engine::api::Overview;
use callboard_model::HookState;

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
    pub(crate) fn of(overview: &Overview) -> Self {
        let mut broken = Vec::new();
        let mut look = Vec::new();
        for hook in &overview.hooks {
            match hook.state {
                HookState::Active => {}
                HookState::Unstable => look.push(format!("{} is unstable", hook.name)),
                HookState::Disabled => look.push(format!("{} is switched off", hook.name)),
                HookState::Failed => broken.push(format!("{} has failed", hook.name)),
                HookState::Deaf => broken.push(format!("{} is deaf", hook.name)),
            }
        }
        for site in overview.sites.iter().filter(|site| site.trouble.is_some()) {
            broken.push(format!("{} does not answer", site.name));
        }
        for rule in &overview.set_aside {
            look.push(format!("{} is set aside", rule.name));
        }
        if overview.waiting_for_you > 0 {
            look.push(format!("{} waiting for you", overview.waiting_for_you));
        }
        let mood = match (&overview.paused, broken.is_empty(), look.is_empty()) {
            (Some(_), ..) => Mood::Paused,
            (None, false, _) => Mood::Broken,
            (None, true, false) => Mood::Look,
            (None, true, true) => Mood::Well,
        };
        broken.extend(look);
        let words = match (&overview.paused, broken.as_slice()) {
            (Some(pause), _) => format!("Writing is paused by {}", pause.by),
            (None, []) => "All is well".to_owned(),
            (None, [one]) => one.clone(),
            (None, [first, rest @ ..]) => format!("{first}, and {} more", rest.len()),
        };
        Self {
            mood,
            words: short(&words),
            held: overview.paused.as_ref().map_or(0, |pause| pause.held),
        }
    }
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
        let glance = Glance::of(&overview);
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
