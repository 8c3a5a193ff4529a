//! A plan on its way to the site: what of it is written, and why not what is not.

use callboard_journal::NewChange;
use callboard_model::{ChangeState, EntityKey, Event, Plan, PlannedChange, PlannedSkip, Skip, SkipReason};

use crate::desk::{Desk, LiveRuleSet};
use crate::settings::WriteMode;
use crate::site::Site;

impl Desk {
    /// A plan as it goes into the outbox, with what is skipped from the start.
    pub(crate) async fn outbox(&self, site: &Site, event: &Event, live: &LiveRuleSet, plan: Plan) -> Vec<NewChange> {
        let me = site.known_me();
        let mut changes: Vec<NewChange> = Vec::with_capacity(plan.changes.len() + plan.skipped.len());
        for change in plan.changes {
            let kept_back = self.kept_back(site, event, live, &change, me.as_ref()).await;
            let state = if kept_back.is_some() {
                ChangeState::Skipped
            } else {
                ChangeState::Planned
            };
            let (skip, reason) = kept_back.unzip();
            let rule_name = live.rule_name(&change.rule);
            changes.push(NewChange {
                entity: change.entity,
                field: change.field,
                from: change.from,
                to: change.to,
                rule: change.rule,
                rule_name,
                cause: change.cause,
                state,
                skip,
                reason,
            });
        }
        for skip in plan.skipped {
            changes.push(skipped(live, skip));
        }
        changes
    }

    /// Why a change is not written, where that is clear before the site is asked.
    pub(crate) async fn kept_back(
        &self,
        site: &Site,
        event: &Event,
        live: &LiveRuleSet,
        change: &PlannedChange,
        me: Option<&EntityKey>,
    ) -> Option<(Skip, String)> {
        if site.write == WriteMode::Watch {
            return Some((Skip::NotAllowed, watched(site)));
        }
        let place = (&change.entity.key, change.field.as_deref());
        if let Some(reason) = self.later_word(site, event, place, me).await {
            return Some((Skip::LaterWord, reason));
        }
        if site.write == WriteMode::Ask {
            // Whoever accepts it meets the pause, and is the brake for what a rule sets again and again.
            return Some((Skip::Asks, format!("{} asks first: it waits for a person", site.name)));
        }
        if let Some(by) = self.paused_by() {
            return Some((Skip::Paused, held_by(&by)));
        }
        let flips = self.flips(site, live, change).await?;
        Some((Skip::SetAside, flips))
    }

    /// Whether somebody changed this status, or this field, after the event: a later word stands over an earlier one, however late the
    /// earlier one reaches us. What follows from the earlier one still follows, as it would have at its time.
    pub(crate) async fn later_word(
        &self,
        site: &Site,
        event: &Event,
        target: (&EntityKey, Option<&str>),
        me: Option<&EntityKey>,
    ) -> Option<String> {
        let entry = event.event_log_entry_id?;
        let later = self
            .read(|reader| reader.later_word(&site.name, target, entry, me))
            .await?;
        let who = later.who.unwrap_or_else(|| "A later event".into());
        Some(format!(
            "{who} changed it after this event, at {}",
            later.at.strftime("%H:%M:%S UTC")
        ))
    }
}

/// `Task comp`, `sg_state of Task comp`.
pub(crate) fn of_field(field: Option<&str>, entity: String) -> String {
    match field {
        Some(field) => format!("{field} of {entity}"),
        None => entity,
    }
}

/// Why a rule that applies sets nothing, as a sentence. `against`: the name of the rule that came first.
pub(crate) fn skip_words(reason: SkipReason, against: Option<&str>) -> String {
    match reason {
        SkipReason::AlreadyThere => "already there".to_owned(),
        SkipReason::NotFound => "It could not be read from the site".to_owned(),
        SkipReason::Conflict => {
            let against = against.map_or_else(|| "Another rule".to_owned(), |name| format!("Rule \"{name}\""));
            format!("{against} set it to something else in the same cascade")
        }
        SkipReason::TooDeep => "The cascade went on for longer than any real one does".to_owned(),
        SkipReason::OverLimit => "The rule would set more entities than its limit allows, so it sets none".to_owned(),
        SkipReason::NotValid => "The site has none of the wanted statuses for it".to_owned(),
    }
}

pub(crate) fn skipped(live: &LiveRuleSet, skip: PlannedSkip) -> NewChange {
    let against = skip.against.as_ref().map(|id| live.rule_name(id));
    let reason = skip_words(skip.reason, against.as_deref());
    let rule_name = live.rule_name(&skip.rule);
    NewChange {
        entity: skip.entity,
        field: skip.field,
        from: skip.from,
        to: skip.to,
        rule: skip.rule,
        rule_name,
        cause: skip.cause,
        state: ChangeState::Skipped,
        skip: Some(skip.reason.into()),
        reason: Some(reason),
    }
}

/// Why nothing is written on a site that is watched.
pub(crate) fn watched(site: &Site) -> String {
    format!("{} is watch only: nothing is written there", site.name)
}

/// Why a change is not written while writing is paused.
pub(crate) fn held_by(who: &str) -> String {
    format!("Writing is paused by {who}")
}
