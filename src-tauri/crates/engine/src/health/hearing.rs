//! Whether hooks hear what they should: the site's log held against what they delivered.

use std::collections::{HashMap, HashSet};

use callboard_model::{EntityId, Event, HookName, Operation, SiteName, Subscription};
use jiff::Timestamp;
use tokio::time::{Duration, Instant};

/// What one hook heard.
#[derive(Debug)]
struct Heard {
    site: SiteName,
    /// The site's number of the newest event that it delivered since the program started.
    newest: Option<i64>,
    /// What it delivers, by the site's word.
    asked: Option<(Subscription, Vec<EntityId>)>,
    /// What it has delivered: event types with the field. Where the site's word is not known, this tells what it delivers.
    kinds: HashSet<(String, Option<String>)>,
    /// The first event of the log that it should have delivered and has not, nor any after it.
    unheard: Option<Unheard>,
}

/// An event that a hook should have delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unheard {
    entry: i64,
    seen: Instant,
    /// Whether it was so when the program started.
    resumed: bool,
    /// When it happened.
    pub(crate) at: Option<Timestamp>,
    /// What happened: `Version 6001, Shotgun_Version_Change`.
    pub(crate) what: String,
    /// The field that the webhook's filter should name and does not.
    pub(crate) unnamed: Option<String>,
}

/// An event that the log tells.
pub(crate) struct Told<'e> {
    /// The event.
    pub(crate) event: &'e Event,
    /// The hook that had delivered it before, where one had.
    pub(crate) came_by: Option<HookName>,
    /// Whether the live rules go by it.
    pub(crate) wanted: bool,
}

/// What the hooks of all sites heard.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    hooks: HashMap<HookName, Heard>,
}

impl Hearing {
    fn of(&mut self, hook: &HookName, site: &SiteName) -> &mut Heard {
        self.hooks.entry(hook.clone()).or_insert_with(|| Heard {
            site: site.clone(),
            newest: None,
            asked: None,
            kinds: HashSet::new(),
            unheard: None,
        })
    }

    /// A hook is there.
    pub(crate) fn watch(&mut self, hook: &HookName, site: &SiteName) {
        self.of(hook, site);
    }

    /// A hook is gone.
    pub(crate) fn forget(&mut self, hook: &HookName) {
        self.hooks.remove(hook);
    }

    /// A hook was deaf when the program ended, which read the log up to this number: only a delivery of something later says that it
    /// hears again.
    pub(crate) fn resume_deaf(&mut self, hook: &HookName, site: &SiteName, entry: i64, now: Instant) {
        self.of(hook, site).unheard = Some(Unheard {
            entry,
            seen: now,
            resumed: true,
            at: None,
            what: "events from before this program started".to_owned(),
            unnamed: None,
        });
    }

    /// The site says what a hook delivers; none where it does not say, or has no such hook.
    pub(crate) fn asks_for(&mut self, hook: &HookName, site: &SiteName, asked: Option<(Subscription, Vec<EntityId>)>) {
        let heard = self.of(hook, site);
        // Something else is asked for now: what was missed before may not have been asked for.
        if heard.asked.is_some() && heard.asked != asked {
            heard.unheard = None;
        }
        heard.asked = asked;
    }

    /// A hook delivered events up to this number.
    pub(crate) fn delivered(&mut self, hook: &HookName, newest: i64) {
        if let Some(heard) = self.hooks.get_mut(hook) {
            heard.newest = heard.newest.max(Some(newest));
            if heard.unheard.as_ref().is_some_and(|u| heard.newest >= Some(u.entry)) {
                heard.unheard = None;
            }
        }
    }

    /// The log tells an event. `live`: it has only just happened.
    pub(crate) fn told(&mut self, site: &SiteName, told: &Told<'_>, live: bool, now: Instant) {
        let Told { event, came_by, wanted } = told;
        let came_by = came_by.as_ref();
        let Some(entry) = event.event_log_entry_id else { return };
        let alone = self.hooks.values().filter(|heard| heard.site == *site).count() == 1;
        let kind = || (event.event_type.clone(), event.field.clone());
        for (name, heard) in self.hooks.iter_mut().filter(|(_, heard)| heard.site == *site) {
            if came_by == Some(name) {
                heard.kinds.insert(kind());
                continue;
            }
            if !live || came_by.is_some() || heard.unheard.is_some() || heard.newest >= Some(entry) {
                continue;
            }
            let delivered_such = heard.kinds.contains(&kind());
            let (should, unnamed) = match &heard.asked {
                Some((subscription, projects)) => {
                    let unnamed = unnamed(subscription, event).filter(|_| *wanted || delivered_such);
                    (subscription.covers(event, projects) || unnamed.is_some(), unnamed)
                }
                // The site does not say what it asks for. One that is alone is there for what the rules go by.
                None => (delivered_such || (*wanted && alone), None),
            };
            if should && event.operation != Operation::HookStatus {
                let about = event.entity.as_ref().map(|e| format!("{}, ", e.key));
                heard.unheard = Some(Unheard {
                    entry,
                    seen: now,
                    resumed: false,
                    at: event.occurred_at,
                    what: format!("{}{}", about.unwrap_or_default(), event.event_type),
                    unnamed,
                });
            }
        }
    }

    /// What a hook has not heard for longer than that.
    pub(crate) fn deaf_to(&self, hook: &HookName, after: Duration, now: Instant) -> Option<Unheard> {
        let unheard = self.hooks.get(hook)?.unheard.as_ref()?;
        (unheard.resumed || now.duration_since(unheard.seen) >= after).then(|| unheard.clone())
    }
}

/// The field of a change that a webhook's filter on that type of entity does not name, though it names others: most likely one is
/// misspelt, which the site does not check.
fn unnamed(subscription: &Subscription, event: &Event) -> Option<String> {
    let Subscription::Entities(kinds) = subscription else {
        return None;
    };
    let field = event.field.as_ref().filter(|_| event.operation == Operation::Update)?;
    let named = kinds.get(&event.entity.as_ref()?.key.kind)?.update.as_ref()?;
    (!named.is_empty() && !named.contains(field)).then(|| field.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use callboard_model::{EntityRef, EventKey, Lifecycle, Road};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(90);

    fn change(entry: i64, field: &str) -> Event {
        Event {
            event_log_entry_id: Some(entry),
            entity: Some(EntityRef::new("Task", 5001)),
            field: Some(field.to_owned()),
            ..Event::bare(
                "practice".into(),
                EventKey::from(format!("log:{entry}")),
                Road::Log,
                "Shotgun_Task_Change",
                Operation::Update,
            )
        }
    }

    fn statuses_of_tasks() -> Option<(Subscription, Vec<EntityId>)> {
        let update = Lifecycle {
            update: Some(vec!["sg_status_list".into()]),
            ..Lifecycle::default()
        };
        Some((
            Subscription::Entities(BTreeMap::from([("Task".into(), update)])),
            Vec::new(),
        ))
    }

    fn told<'e>(event: &'e Event, came_by: Option<&HookName>, wanted: bool) -> Told<'e> {
        Told {
            event,
            came_by: came_by.cloned(),
            wanted,
        }
    }

    fn hearing() -> (Hearing, HookName, SiteName, Instant) {
        let (hook, site) = (HookName::from("status"), SiteName::from("practice"));
        let mut hearing = Hearing::default();
        hearing.watch(&hook, &site);
        (hearing, hook, site, Instant::now())
    }

    #[test]
    fn what_it_asks_for_and_does_not_deliver_makes_it_deaf() {
        let (mut hearing, hook, site, now) = hearing();
        hearing.asks_for(&hook, &site, statuses_of_tasks());
        hearing.told(&site, &told(&change(7, "description"), None, false), true, now);
        assert_eq!(hearing.deaf_to(&hook, PATIENCE, now + PATIENCE), None);
        hearing.told(&site, &told(&change(8, "sg_status_list"), None, false), true, now);
        assert_eq!(hearing.deaf_to(&hook, PATIENCE, now + PATIENCE / 2), None);
        let unheard = hearing.deaf_to(&hook, PATIENCE, now + PATIENCE).unwrap();
        assert!(unheard.what.contains("Task 5001"), "{}", unheard.what);
        hearing.delivered(&hook, 7);
        assert!(hearing.deaf_to(&hook, PATIENCE, now + PATIENCE).is_some());
        hearing.delivered(&hook, 9);
        assert_eq!(hearing.deaf_to(&hook, PATIENCE, now + PATIENCE), None);
    }

    #[test]
    fn what_happened_while_nobody_listened_is_no_ones_fault() {
        let (mut hearing, hook, site, now) = hearing();
        hearing.asks_for(&hook, &site, statuses_of_tasks());
        hearing.told(&site, &told(&change(8, "sg_status_list"), None, true), false, now);
        assert_eq!(hearing.deaf_to(&hook, PATIENCE, now + PATIENCE), None);
    }

    #[test]
    fn where_the_site_does_not_say_what_it_asks_for_what_it_delivered_tells() {
        let (mut hearing, hook, site, now) = hearing();
        hearing.told(&site, &told(&change(8, "sg_status_list"), None, false), true, now);
        assert_eq!(hearing.deaf_to(&hook, PATIENCE, now + PATIENCE), None);
        hearing.told(
            &site,
            &told(&change(9, "sg_status_list"), Some(&hook), false),
            true,
            now,
        );
        hearing.told(&site, &told(&change(10, "sg_status_list"), None, false), true, now);
        assert!(hearing.deaf_to(&hook, PATIENCE, now + PATIENCE).is_some());
    }

    #[test]
    fn a_misspelt_field_is_found_where_the_rules_go_by_the_right_one() {
        let (mut hearing, hook, site, now) = hearing();
        let misspelt = Lifecycle {
            update: Some(vec!["sg_status_lst".into()]),
            ..Lifecycle::default()
        };
        let asked = Subscription::Entities(BTreeMap::from([("Task".into(), misspelt)]));
        hearing.asks_for(&hook, &site, Some((asked, Vec::new())));
        hearing.told(&site, &told(&change(8, "description"), None, false), true, now);
        assert_eq!(hearing.deaf_to(&hook, PATIENCE, now + PATIENCE), None);
        hearing.told(&site, &told(&change(9, "sg_status_list"), None, true), true, now);
        let unheard = hearing.deaf_to(&hook, PATIENCE, now + PATIENCE).unwrap();
        assert_eq!(unheard.unnamed.as_deref(), Some("sg_status_list"));
    }
}
