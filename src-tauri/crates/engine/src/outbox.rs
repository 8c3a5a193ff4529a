//! A plan on its way to the site: what of it is written, and why not what is not.

use callboard_journal::{After, NewChange};
use callboard_model::{Cause, ChangeState, EntityKey, Event, Plan, PlannedChange, PlannedSkip, Skip, SkipReason};

use crate::desk::{Desk, LiveRuleSet};
use crate::settings::ProjectWrite;
use crate::site::Site;

/// How what a change follows from stands with its modes.
#[derive(Clone, Copy, Default)]
struct Standing {
    /// Something above it is not written, because it may not be.
    barred: bool,
    /// Something above it waits for a person.
    waits: bool,
}

impl Standing {
    fn under(self, skip: Option<Skip>) -> Self {
        Self {
            barred: self.barred || matches!(skip, Some(Skip::NotAllowed | Skip::CauseLost)),
            waits: self.waits || skip == Some(Skip::Asks),
        }
    }
}

impl Desk {
    /// A plan as it goes into the outbox, with what is skipped from the start.
    pub(crate) async fn outbox(&self, site: &Site, event: &Event, live: &LiveRuleSet, plan: Plan) -> Vec<NewChange> {
        let me = site.known_me();
        let mut changes: Vec<NewChange> = Vec::with_capacity(plan.changes.len() + plan.skipped.len());
        let mut standings: Vec<Standing> = Vec::with_capacity(plan.changes.len());
        for change in plan.changes {
            let above = match change.cause {
                Cause::Event => Standing::default(),
                Cause::Change(place) => standings.get(place).copied().unwrap_or_default(),
            };
            let kept_back = self.kept_back(site, event, live, (&change, above), me.as_ref()).await;
            standings.push(above.under(kept_back.as_ref().map(|(skip, _)| *skip)));
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
    async fn kept_back(
        &self,
        site: &Site,
        event: &Event,
        live: &LiveRuleSet,
        (change, above): (&PlannedChange, Standing),
        me: Option<&EntityKey>,
    ) -> Option<(Skip, String)> {
        let project = self.project_of(site, &change.entity.key, event.project.as_ref()).await;
        let project = project.as_ref();
        if let Some(why) = site.kept_from(project) {
            return Some((Skip::NotAllowed, why));
        }
        if above.barred {
            return Some((Skip::CauseLost, "What it follows from is not written".to_owned()));
        }
        let place = (&change.entity.key, change.field.as_deref());
        if let Some(reason) = self.later_word(site, event, place, me).await {
            return Some((Skip::LaterWord, reason));
        }
        // Whoever accepts it meets the pause, and is the brake for what a rule sets again and again.
        if site.mode_of(project) == ProjectWrite::Ask {
            return Some((Skip::Asks, site.asks_first(project)));
        }
        if above.waits {
            let why = "It follows from a change that waits for a person, and waits with it";
            return Some((Skip::Asks, why.to_owned()));
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
        let after = After::of(event)?;
        let later = self
            .read(|reader| reader.later_word(&site.name, target, after, me))
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

/// Why a change is not written while writing is paused.
pub(crate) fn held_by(who: &str) -> String {
    format!("Writing is paused by {who}")
}
