//! One event: what is it, what stands around it, what do the rules say.

use std::sync::Arc;
use std::time::Duration;

use callboard_journal::{Decision, Echo, NewIssue, Outcome, Settled, Waiting};
use callboard_model::{
    AlertKind, ChangeState, Entity, EntityRef, Event, HookName, Operation, Place, Plan, Production, Road, Skip,
    StatusCode, as_text, holds,
};
use callboard_rules::{Arrival, apply_event, needs};
use callboard_trackers::shotgrid::payload_at;
use callboard_trackers::{TrackerError, creative_force};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::desk::{Desk, LiveRuleSet, Stopped};
use crate::elsewhere;
use crate::settle::read;
use crate::site::Site;

/// An echo is raised by the write, so by the site's clock it cannot be much older than our record of the write: this much
/// allows for two clocks that differ.
const ECHO_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// How long an event in hand may go on after the program was told to stop.
const LAST_CALL: Duration = Duration::from_millis(2_500);

impl Desk {
    /// Takes an event as far as it goes. When the program stops, or lets the site go, what is in hand has a moment to come to its end; cut off
    /// after that, it is finished at the next start, as after a crash.
    pub(crate) async fn work_on(&self, site: &Site, waiting: Waiting) {
        let seq = waiting.seq;
        let last_call = async {
            site.stop.cancelled().await;
            tokio::time::sleep(LAST_CALL).await;
        };
        tokio::select! {
            done = Box::pin(self.decide_and_settle(site, waiting)) => match done {
                Ok(()) => {}
                Err(Stopped) => tracing::debug!(seq, "engine: stopped while an event was in hand"),
            },
            () = last_call => tracing::info!(seq, "engine: an event was in hand for too long at the end"),
        }
    }

    pub(crate) async fn decide_and_settle(&self, site: &Site, waiting: Waiting) -> Result<(), Stopped> {
        let Waiting {
            seq,
            mut event,
            changes,
            received_at,
        } = waiting;
        if !changes.is_empty() {
            return self.settle(site, seq, &event, changes).await;
        }
        let ended = match event.operation {
            Operation::HookStatus => {
                self.health.site_says(&event, self.clock.now()).await;
                Some(None)
            }
            Operation::Test => Some(Some("The site tried this hook's address, and it works".to_owned())),
            Operation::NotUnderstood => Some(None),
            Operation::Create
            | Operation::Update
            | Operation::Delete
            | Operation::Revive
            | Operation::Note
            | Operation::Custom => None,
        };
        if let Some(why) = ended {
            self.close(seq, Outcome::Nothing, why).await;
            return Ok(());
        }
        let Some(live) = self.live() else {
            self.close(seq, Outcome::Nothing, Some("No rule set is live".into()))
                .await;
            return Ok(());
        };
        if self.is_echo(site, seq, &event, received_at).await? {
            return Ok(());
        }
        if let Some(at) = self.told_already(site, &event).await {
            let why = format!(
                "The statuses were compared after this happened ({}), and what came of it was decided then",
                at.strftime("%H:%M:%S UTC")
            );
            self.close(seq, Outcome::Nothing, Some(why)).await;
            return Ok(());
        }
        if let Some(why) = self.leaves_out(site, &event).await {
            self.close(seq, Outcome::Nothing, Some(why)).await;
            return Ok(());
        }
        let rules = live.rules_for(&site.name);
        if !rules.fires_on(&event) {
            let why = Arrival::of(&event).map(|arrival| {
                format!(
                    "Rule \"{}\" is set aside, or not live any more as it was when this was handed over",
                    arrival.name
                )
            });
            self.close(seq, Outcome::Nothing, why).await;
            return Ok(());
        }
        if let Some((outcome, why)) = self.no_longer_so(site, seq, &event).await? {
            self.close(seq, outcome, Some(why)).await;
            return Ok(());
        }
        if rules.asks_for_the_received() {
            event.received = self.received(seq, &event).await;
        }
        let Some(made) = self.plan(site, seq, &event, &live).await? else {
            return Ok(());
        };
        self.report(site, &live, &made).await;
        let (made, carries) = self.to_hand_over(&live, made);
        let changes = self.outbox(site, &event, &live, made).await;
        let outcome = match (changes.is_empty(), elsewhere::outcome(&carries)) {
            (true, outcome) => outcome,
            (false, _) => Outcome::Waiting,
        };
        let decision = Decision {
            outcome,
            why: None,
            cascade: Some((live.revision, live.document.name.clone(), changes)),
        };
        let decided = self
            .kept(|| {
                let (decision, carries) = (decision.clone(), carries.clone());
                self.journal.decide_and_carry(seq, decision, carries, self.clock.now())
            })
            .await;
        self.tell_not_handed_over(seq, &carries).await;
        if decided.changes.is_empty() {
            return Ok(());
        }
        self.tell_would_set(site, seq, &event, &decided.changes).await;
        if decided.passed_over || decided.changes.iter().any(|c| c.skip == Some(Skip::Asks)) {
            self.tell_inbox().await;
        }
        self.settle(site, seq, &event, decided.changes).await
    }

    /// When a comparison of statuses told what this delivery brings late. None where it is news.
    async fn told_already(&self, site: &Site, event: &Event) -> Option<Timestamp> {
        let is_late = event.road == Road::Hook && event.new_status(site.tracker.status_field()).is_some();
        if !is_late || site.tracker.comparison().is_none() {
            return None;
        }
        self.read(|reader| reader.told_by_comparison(event)).await
    }

    pub(crate) async fn close(&self, seq: i64, outcome: Outcome, why: Option<String>) {
        self.kept(|| self.journal.close_event(seq, outcome, why.clone())).await;
    }

    pub(crate) async fn postpone(&self, seq: i64, why: String) {
        self.logged(self.journal.postpone(seq, why).await);
    }

    /// Whether the event was raised by our own write. If so that write is confirmed, and nothing starts.
    pub(crate) async fn is_echo(
        &self,
        site: &Site,
        seq: i64,
        event: &Event,
        received_at: Timestamp,
    ) -> Result<bool, Stopped> {
        // What a person enters is nobody's echo, be it a replay of something that our account did.
        if event.road == Road::Hand {
            return Ok(false);
        }
        let (Some(actor), Some(entity)) = (&event.actor, &event.entity) else {
            return Ok(false);
        };
        let is_status = event.field.as_deref() == Some(site.tracker.status_field());
        let field = event.field.as_deref().filter(|_| !is_status);
        let changed = match field {
            None => event.new_status(site.tracker.status_field()).is_some(),
            Some(_) => event.new_text().is_some(),
        };
        if !changed {
            return Ok(false);
        }
        let new = event.new.as_ref().unwrap_or(&Value::Null);
        let is_it = |to: Option<&StatusCode>| holds(new, to.map(StatusCode::as_str));
        // Where our clock is behind the site's, what happened after our write seems to be received before it happened.
        let happened = event.occurred_at.map_or(received_at, |at| at.min(received_at));
        let since = happened.checked_sub(ECHO_WITHIN).unwrap_or(Timestamp::MIN);
        let ours = || self.read(|reader| reader.echo_of(&site.name, (&entity.key, field), is_it, since));
        // Fields change all day long that no rule has to do with: the site is asked for none of them who we are.
        if field.is_some() && ours().await.is_none() {
            return Ok(false);
        }
        let me = self.until_it_answers(seq, || site.me()).await?;
        if !me.is_ok_and(|me| me == actor.entity.key) {
            return Ok(false);
        }
        let Some(echo) = ours().await else { return Ok(false) };
        let change = match echo {
            Echo::Write(change) => change,
            Echo::Undo(change) => {
                // The program may have ended between the undo and its record.
                self.kept(|| self.journal.end_undo(change.id, true, self.clock.now()))
                    .await;
                self.close(seq, Outcome::Echo, None).await;
                return Ok(true);
            }
        };
        if change.state.is_open() {
            let settled = Settled {
                state: ChangeState::Confirmed,
                reason: None,
                ..Settled::of(&change)
            };
            self.kept(|| self.journal.settle(vec![settled.clone()], self.clock.now()))
                .await;
        }
        self.close(seq, Outcome::Echo, None).await;
        Ok(true)
    }

    /// Where the event's hook wants each change looked up before anything follows from it: why nothing follows. None where it is as
    /// the event says.
    async fn no_longer_so(&self, site: &Site, seq: i64, event: &Event) -> Result<Option<(Outcome, String)>, Stopped> {
        let wants = |hook: &HookName| self.health.watched(hook).is_some_and(|hook| hook.read_back);
        let (Some(field), Some(entity)) = (&event.field, &event.entity) else {
            return Ok(None);
        };
        if event.operation != Operation::Update || !event.hook.as_ref().is_some_and(wants) {
            return Ok(None);
        }
        let keys = [entity.key.clone()];
        let field = Some(field.as_str()).filter(|field| *field != site.tracker.status_field());
        let looked = self.until_it_answers(seq, || read(site, &keys, field)).await?;
        let new = event.new.as_ref().and_then(as_text);
        let said = match looked.map(|found| found.into_iter().next()) {
            Ok(Some((_, value))) if holds(&value, new.as_deref()) => return Ok(None),
            Ok(Some(_)) => "The site does not hold it as this delivery says (any more), so nothing follows from it",
            Ok(None) => "The site has no such entity (any more), so nothing follows from it",
            Err(error) => {
                self.tell_unread(site, entity, &error).await;
                return Ok(Some((Outcome::Failed, error.to_string())));
            }
        };
        Ok(Some((Outcome::Nothing, said.to_owned())))
    }

    /// The event as it was received, for filters. An event that came by no delivery has the journal's own form.
    pub(crate) async fn received(&self, seq: i64, event: &Event) -> Option<Arc<Value>> {
        let received = self.read(|reader| reader.received_of(seq)).await;
        as_received(received, event)
    }

    /// Reads what stands around the event and asks the rules. None when there is nothing to plan for, and the event is closed.
    pub(crate) async fn plan(
        &self,
        site: &Site,
        seq: i64,
        event: &Event,
        live: &LiveRuleSet,
    ) -> Result<Option<Plan>, Stopped> {
        let rules = live.rules_for(&site.name);
        let Some(entity) = &event.entity else {
            self.close(seq, Outcome::Nothing, None).await;
            return Ok(None);
        };
        let needed = needs(rules, event);
        let mut entities: Vec<Entity> = Vec::new();
        for about in subjects(event) {
            let around = || async { site.call(site.tracker.around(&about.key, &needed)).await };
            match self.until_it_answers(seq, around).await? {
                Ok(more) => {
                    for one in more {
                        if entities.iter().all(|e| e.key != one.key) {
                            entities.push(one);
                        }
                    }
                }
                Err(error) => {
                    self.tell_unread(site, about, &error).await;
                    self.close(seq, Outcome::Failed, Some(error.to_string())).await;
                    return Ok(None);
                }
            }
        }
        self.logged(site.learn(&self.journal, &entities, self.clock.now()).await);
        let created = entities.iter().find(|e| e.key == entity.key).cloned();
        if created.is_none() && event.note.is_none() {
            self.close(seq, Outcome::Nothing, Some("It is gone from the site by now".into()))
                .await;
            return Ok(None);
        }
        let mut production: Production = entities.into_iter().collect();
        let made = matches!(event.operation, Operation::Create | Operation::Revive);
        apply_event(&mut production, event, created.filter(|_| made), rules.status_field());
        Ok(Some(self.plan_guarded(live, rules, event, &production).await))
    }

    /// An entity that the key may not read decides nothing: somebody must hear of that.
    pub(crate) async fn tell_unread(&self, site: &Site, entity: &EntityRef, error: &TrackerError) {
        self.raise(NewIssue {
            key: format!("read:{}:{}", site.name, entity.key.kind),
            kind: AlertKind::Site,
            place: Place::Site {
                site: site.name.clone(),
            },
            title: format!("{} cannot be read on {}", entity.key, site.name),
            remedy: error.to_string(),
        })
        .await;
    }
}

/// The entities that an event is about: its own, and those that a note is about.
pub(crate) fn subjects(event: &Event) -> Vec<&EntityRef> {
    let mut all: Vec<&EntityRef> = event.entity.iter().collect();
    for one in event.note.iter().flat_map(|note| &note.about) {
        if all.iter().all(|e| e.key != one.key) {
            all.push(one);
        }
    }
    all
}

/// The event as received: its part of the delivery, without the envelope around it, or its row of the site's log.
pub(crate) fn as_received(received: Option<(Vec<u8>, usize)>, event: &Event) -> Option<Arc<Value>> {
    let Some((body, place)) = received else {
        return serde_json::to_value(event).ok().map(Arc::new);
    };
    let mut value: Value = serde_json::from_str(&payload_at(&body, place)).ok()?;
    if let Some(data) = value.get_mut("data").filter(|data| data.is_object()) {
        value = data.take();
    } else if creative_force::is_payload(&value) {
        value = creative_force::opened(value);
    }
    Some(Arc::new(value))
}
