//! The outbox: each change read again, written, read back.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use callboard_journal::{Alike, NewIssue, Outcome, Settled};
use callboard_model::{
    AlertKind, Change, ChangeState, EntityKey, EntityType, Event, SiteName, Skip, StatusCode, as_text, holds,
};
use callboard_trackers::TrackerError;
use serde_json::{Value, json};

use crate::backoff;
use crate::desk::{Desk, Stopped, waits_for};
use crate::notices::text::capped;
use crate::outbox::held_by;
use crate::site::Site;

/// What a change is of: an entity's status, or the field that is named.
type Place = (EntityKey, Option<String>);

/// Statuses and values as the site gave them, or its refusal of that one in its words. What is gone is missing.
type Looked = HashMap<Place, Result<Value, String>>;

/// How old a reading may be when a write goes by it: people are quick, and a site that is slow makes a list of writes long.
const FRESH_FOR: Duration = Duration::from_millis(500);
/// Changes read, written and read back together. The statuses were read a moment before the last of them is written.
const TOGETHER: usize = 10;
/// The longest that what a site said is in the key of an issue, in characters.
const KEY: usize = 120;

impl Desk {
    /// Brings every open change of a cascade to an end, causes before what follows from them. An earlier run may have written
    /// some of them without living to say so.
    pub(crate) async fn settle(
        &self,
        site: &Site,
        seq: i64,
        event: &Event,
        mut changes: Vec<Change>,
    ) -> Result<(), Stopped> {
        // What had come to its end before has been told before.
        let ended = |change: &Change| matches!(change.state, ChangeState::Confirmed | ChangeState::Failed);
        let told: Vec<i64> = changes.iter().filter(|c| ended(c)).map(|c| c.id).collect();
        let outcome = loop {
            self.go_by_modes(site, seq, event, &mut changes).await?;
            self.skip_what_follows_from_nothing(&mut changes).await;
            if let Some(by) = self.paused_by() {
                self.hold(&mut changes, &by).await;
            }
            let ready: Vec<usize> = changes
                .iter()
                .enumerate()
                .filter(|(_, c)| c.state.is_open() && !waits_for_cause(c, &changes))
                .map(|(place, _)| place)
                .take(TOGETHER)
                .collect();
            if ready.is_empty() {
                let outcome = Outcome::of(&changes);
                if self.kept(|| self.journal.end_cascade(seq, outcome)).await {
                    break outcome;
                }
                // A person accepted more of it meanwhile.
                changes = self.read(|reader| reader.changes_of(seq)).await;
                continue;
            }
            self.write_until_done(site, seq, &mut changes, &ready, event.session_uuid.as_deref())
                .await?;
        };
        site.settled(seq);
        let new = changes.iter().filter(|c| ended(c) && !told.contains(&c.id));
        self.tell_changes(seq, event, new).await;
        if let Some(live) = self.live() {
            for change in &changes {
                if let Some(why) = self.refusals.note(change) {
                    self.set_aside(&live, &change.rule, why).await;
                }
            }
        }
        if outcome == Outcome::Failed {
            self.tell_of_failure(seq, event, &changes, &told).await;
        }
        Ok(())
    }

    /// Nothing more is written while a person has paused writing. What the site took already stays.
    async fn hold(&self, changes: &mut [Change], by: &str) {
        let mut held = Vec::new();
        for change in changes.iter_mut().filter(|c| c.state == ChangeState::Planned) {
            change.state = ChangeState::Skipped;
            change.skip = Some(Skip::Paused);
            change.reason = Some(held_by(by));
            held.push(Settled::of(change));
        }
        if !held.is_empty() {
            self.kept(|| self.journal.settle(held.clone(), self.clock.now())).await;
        }
    }

    /// A change whose cause was not written, because a person came first or the site refused, has no reason any more.
    async fn skip_what_follows_from_nothing(&self, changes: &mut [Change]) {
        let mut settled = Vec::new();
        let mut waited = false;
        for place in 0..changes.len() {
            let Some(change) = changes.get(place) else { break };
            let cause = change.parent.and_then(|id| changes.iter().find(|c| c.id == id));
            let lost =
                cause.is_some_and(|c| c.state == ChangeState::Failed || c.skip.is_some_and(Skip::ends_what_follows));
            let wanted = |c: &&mut Change| c.state.is_open() || c.skip == Some(Skip::Asks);
            if let Some(change) = changes.get_mut(place).filter(|c| lost && wanted(c)) {
                waited |= change.skip == Some(Skip::Asks);
                change.state = ChangeState::Skipped;
                change.skip = Some(Skip::CauseLost);
                change.reason = Some("What it follows from was not written".to_owned());
                settled.push(Settled::of(change));
            }
        }
        if !settled.is_empty() {
            self.kept(|| self.journal.settle(settled.clone(), self.clock.now()))
                .await;
        }
        if waited {
            self.tell_inbox().await;
        }
    }

    async fn write_until_done(
        &self,
        site: &Site,
        seq: i64,
        changes: &mut [Change],
        ready: &[usize],
        session: Option<&str>,
    ) -> Result<(), Stopped> {
        let session = session.filter(|_| site.refresh_pages);
        let mut again = false;
        let mut tries = 0;
        loop {
            match self.write_once(site, changes, ready, again, session).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    // A write that timed out may have arrived: from here on, finding the wanted status means that it did.
                    again = true;
                    tries += 1;
                    let wait = backoff::wait(tries, error.retry_after());
                    let why = format!("{error}, {}", backoff::words(wait, tries));
                    self.say_waiting(seq, changes, ready, &why).await;
                    if !site.pause(wait).await {
                        return Err(Stopped);
                    }
                    if self.paused_by().is_some() {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn say_waiting(&self, seq: i64, changes: &mut [Change], ready: &[usize], why: &str) {
        let mut waiting = Vec::new();
        for place in ready {
            if let Some(change) = changes.get_mut(*place).filter(|c| c.state.is_open()) {
                change.attempts += 1;
                change.reason = Some(why.to_owned());
                waiting.push(Settled::of(change));
            }
        }
        self.kept(|| self.journal.settle(waiting.clone(), self.clock.now()))
            .await;
        self.postpone(seq, why.to_owned()).await;
    }

    /// Reads, writes and reads back. An error is one that waiting may mend; everything else is settled.
    async fn write_once(
        &self,
        site: &Site,
        changes: &mut [Change],
        ready: &[usize],
        again: bool,
        session: Option<&str>,
    ) -> Result<(), TrackerError> {
        let places = open_places(changes, ready);
        if places.is_empty() {
            return Ok(());
        }
        let mut now = look(site, &places).await?;
        let mut looked = tokio::time::Instant::now();
        for place in ready {
            let Some(change) = changes.get_mut(*place).filter(|c| c.state == ChangeState::Planned) else {
                continue;
            };
            // Before the last look, not after it: a turn may be long in coming, and people come first.
            if !self.may_write(site).await {
                break;
            }
            if looked.elapsed() > FRESH_FOR {
                now.extend(look(site, &[place_of(change)]).await?);
                looked = tokio::time::Instant::now();
            }
            let again = again || change.attempts > 0 || site.unfinished.contains(&change.id);
            let stands = now.get(&place_of(change));
            let skip = match stands {
                None => Some(Skip::Gone),
                // What may not be read before it is written is not written.
                Some(Err(refused)) => {
                    change.state = ChangeState::Failed;
                    change.reason = Some(refused.clone());
                    continue;
                }
                Some(Ok(value)) if is_at(value, change.to.as_ref()) && again => None,
                Some(Ok(value)) if is_at(value, change.to.as_ref()) => Some(Skip::AlreadyThere),
                Some(Ok(value)) if !is_at(value, change.from.as_ref()) => Some(Skip::Overruled),
                Some(Ok(_)) => match write(site, change, change.to.as_ref(), session).await {
                    Ok(()) => None,
                    Err(error) if waits_for(&error) => {
                        self.confirm(site, changes, ready).await?;
                        return Err(error);
                    }
                    Err(TrackerError::NotFound) => Some(Skip::Gone),
                    Err(error) => {
                        change.state = ChangeState::Failed;
                        change.reason = Some(error.to_string());
                        change.attempts += 1;
                        continue;
                    }
                },
            };
            change.state = if skip.is_some() {
                ChangeState::Skipped
            } else {
                ChangeState::Applied
            };
            change.skip = skip;
            change.reason = match skip {
                Some(Skip::AlreadyThere) => Some("already there".to_owned()),
                Some(Skip::Overruled) => Some(overruled(stands.and_then(|stands| stands.as_ref().ok()))),
                Some(_) => Some("It is gone from the site".to_owned()),
                None => None,
            };
            change.attempts += 1;
        }
        self.confirm(site, changes, ready).await
    }

    /// Reads back what was written and puts everything on disk.
    async fn confirm(&self, site: &Site, changes: &mut [Change], ready: &[usize]) -> Result<(), TrackerError> {
        let applied: Vec<Place> = ready
            .iter()
            .filter_map(|place| changes.get(*place))
            .filter(|c| c.state == ChangeState::Applied)
            .map(place_of)
            .collect();
        let seen = if applied.is_empty() {
            Ok(HashMap::new())
        } else {
            look(site, &applied).await
        };
        let mut settled = Vec::with_capacity(ready.len());
        for place in ready {
            let Some(change) = changes.get_mut(*place).filter(|c| c.state != ChangeState::Planned) else {
                continue;
            };
            if change.state == ChangeState::Applied {
                change.reason = match &seen {
                    // Not known yet: the change stays applied and is looked at again.
                    Err(_) => None,
                    Ok(seen) => match seen.get(&place_of(change)) {
                        Some(Err(refused)) => Some(format!("The site took it, and cannot be asked: {refused}")),
                        Some(Ok(value)) if is_at(value, change.to.as_ref()) => None,
                        // The site answered the write with the new value, so it stood for a moment.
                        Some(Ok(value)) => Some(format!("{} a moment later", overruled(Some(value)))),
                        None => Some("It is gone from the site since".into()),
                    },
                };
                if seen.is_ok() {
                    change.state = ChangeState::Confirmed;
                }
            }
            settled.push(Settled::of(change));
        }
        if !settled.is_empty() {
            self.kept(|| self.journal.settle(settled.clone(), self.clock.now()))
                .await;
        }
        seen.map(drop)
    }

    /// A site that refuses what a rule sets often refuses it a hundred times: that is one issue, and people are told once. `told`: what
    /// an earlier run gave up, which it may not have lived to tell.
    async fn tell_of_failure(&self, seq: i64, event: &Event, changes: &[Change], told: &[i64]) {
        let mut refusals: BTreeMap<String, Vec<&Change>> = BTreeMap::new();
        for change in changes.iter().filter(|c| c.state == ChangeState::Failed) {
            refusals.entry(refusal(&event.site, change)).or_default().push(change);
        }
        for (key, mut changes) in refusals {
            let met_at = self.read(|reader| reader.issue_met_at(&key)).await;
            changes.retain(|c| !told.contains(&c.id) || met_at.is_none_or(|at| at < c.settled_at));
            let Some(last) = changes.last() else { continue };
            let name = last.entity.name.clone().unwrap_or_else(|| last.entity.key.to_string());
            let what = format!("{} {name}", last.entity.key.kind);
            let title = match &last.field {
                None => format!("{what} could not be set"),
                Some(field) => format!("The field {field} of {what} could not be set"),
            };
            let issue = NewIssue {
                key,
                kind: AlertKind::WriteGivenUp,
                place: callboard_model::Place::Event { seq },
                title,
                remedy: last.reason.clone().unwrap_or_default(),
            };
            let alike = Alike {
                number: changes.len().try_into().unwrap_or(u64::MAX),
                title: format!(
                    "changes could not be written: rule \"{}\" on {}",
                    last.rule_name, event.site
                ),
            };
            self.raise_alike(issue, alike).await;
        }
    }
}

/// What makes refusals one issue: the site, the rule, and what the site said, without what is only of the entity that it was said of.
fn refusal(site: &SiteName, change: &Change) -> String {
    let reason = change.reason.as_deref().unwrap_or_default();
    // A name of a letter or two is part of other words.
    let name = change.entity.name.as_deref().filter(|name| name.chars().count() > 2);
    let said = name.map_or_else(|| reason.to_owned(), |name| reason.replace(name, ""));
    let words = said.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    // Ids, and names of entities with a number in them.
    let words = words.filter(|word| !word.is_empty() && !word.contains(|c: char| c.is_ascii_digit()));
    let words: Vec<&str> = words.collect();
    format!("write:{site}:{}:{}", change.rule, capped(&words.join(" "), KEY))
}

fn open_places(changes: &[Change], ready: &[usize]) -> Vec<Place> {
    ready
        .iter()
        .filter_map(|place| changes.get(*place))
        .filter(|c| c.state.is_open())
        .map(place_of)
        .collect()
}

fn place_of(change: &Change) -> Place {
    (change.entity.key.clone(), change.field.clone())
}

/// What stands at these places: of each type, all statuses in one call and each field in another, so that what the site
/// refuses of one field is refused of no other. The error passes.
async fn look(site: &Site, places: &[Place]) -> Result<Looked, TrackerError> {
    let mut by_field: BTreeMap<(&EntityType, Option<&str>), Vec<EntityKey>> = BTreeMap::new();
    for (key, field) in places {
        let of_field = by_field.entry((&key.kind, field.as_deref())).or_default();
        of_field.push(key.clone());
    }
    let mut found = HashMap::with_capacity(places.len());
    for ((_, field), keys) in by_field {
        let place = |key: EntityKey| (key, field.map(ToOwned::to_owned));
        match read(site, &keys, field).await {
            Ok(values) => found.extend(values.into_iter().map(|(key, value)| (place(key), Ok(value)))),
            Err(error) if waits_for(&error) => return Err(error),
            Err(error) => found.extend(keys.into_iter().map(|key| (place(key), Err(error.to_string())))),
        }
    }
    Ok(found)
}

pub(crate) async fn read(
    site: &Site,
    keys: &[EntityKey],
    field: Option<&str>,
) -> Result<HashMap<EntityKey, Value>, TrackerError> {
    let Some(field) = field else {
        let statuses = site.call(site.tracker.statuses(keys)).await?;
        return Ok(statuses.into_iter().map(|(key, status)| (key, json!(status))).collect());
    };
    site.call(site.tracker.values(keys, field)).await
}

pub(crate) async fn write(
    site: &Site,
    change: &Change,
    to: Option<&StatusCode>,
    session: Option<&str>,
) -> Result<(), TrackerError> {
    let key = &change.entity.key;
    match &change.field {
        None => site.call(site.tracker.set_status(key, to, session)).await,
        Some(field) => {
            let text = to.map(StatusCode::as_str);
            site.call(site.tracker.set_field(key, field, text, session)).await
        }
    }
}

fn waits_for_cause(change: &Change, changes: &[Change]) -> bool {
    change
        .parent
        .is_some_and(|id| changes.iter().any(|c| c.id == id && c.state.is_open()))
}

pub(crate) fn is_at(value: &Value, code: Option<&StatusCode>) -> bool {
    holds(value, code.map(StatusCode::as_str))
}

fn overruled(value: Option<&Value>) -> String {
    let said = value.and_then(as_text);
    format!("Somebody set it to {} first", said.as_deref().unwrap_or("nothing"))
}

#[cfg(test)]
mod tests {
    use callboard_model::{EntityRef, RuleId};
    use jiff::Timestamp;

    use super::*;

    fn refused(rule: &str, (id, name): (i64, &str), reason: &str) -> Change {
        Change {
            id,
            entity: EntityRef {
                name: Some(name.into()),
                ..EntityRef::new("Shot", id)
            },
            field: None,
            from: None,
            to: None,
            rule: RuleId::from(rule),
            rule_name: rule.into(),
            parent: None,
            state: ChangeState::Failed,
            skip: None,
            reason: Some(reason.into()),
            accepted_by: None,
            attempts: 1,
            planned_at: Timestamp::UNIX_EPOCH,
            settled_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn refusals_are_one_where_the_site_says_the_same_of_other_entities() {
        let of = |site: &str, change: &Change| refusal(&site.into(), change);
        let may_not = refused(
            "up",
            (7, "sq010_0010"),
            "The site refused: Shot 7 (sq010_0010) is locked [1f3a-77]",
        );
        let other = refused(
            "up",
            (12, "Tree A"),
            "The site refused: Shot 12 (Tree A) is locked [9b2c-01]",
        );
        assert_eq!(of("main", &may_not), of("main", &other));
        assert_ne!(of("main", &may_not), of("west", &may_not));
        let by_another = refused(
            "down",
            (7, "sq010_0010"),
            "The site refused: Shot 7 (sq010_0010) is locked [1f3a-77]",
        );
        assert_ne!(of("main", &may_not), of("main", &by_another));
        let otherwise = refused(
            "up",
            (7, "sq010_0010"),
            "The site refused: Shot 7 has no status of that name",
        );
        assert_ne!(of("main", &may_not), of("main", &otherwise));
        let long = refused("up", (7, "a"), &"a word ".repeat(100));
        assert!(of("main", &long).chars().count() < 2 * KEY, "a site may say much");
    }
}
