//! An event decided once more, by the rules as they are now, and written as its site allows.
//!
//! It is a new event of the same number in the site's log, so that everything which goes by that order still does: what
//! somebody set after the first of the two is a later word than both.

use callboard_journal::{Outcome, Recorded};
use callboard_model::{EntityKey, Event, Operation, as_text, holds};
use serde_json::Value;

use crate::api::{ApiError, ApiErrorCode};
use crate::settle::read;
use crate::site::Site;
use crate::start::Engine;
use crate::undo::{conflict, or_stop};

impl Engine {
    /// Replays an event. Asked twice within a moment, it is replayed once. Answers the new event's number.
    pub(crate) async fn replay(&self, seq: i64, by: Option<String>) -> Result<i64, ApiError> {
        let by = by.unwrap_or_else(|| self.author().to_owned());
        let engine = self.clone();
        self.in_full(async move { engine.once_more(seq, by).await }).await
    }

    async fn once_more(&self, seq: i64, by: String) -> Result<i64, ApiError> {
        let desk = self.desk();
        let recorded = desk.read(|reader| reader.event(seq)).await;
        let recorded = recorded.ok_or_else(|| ApiError {
            code: ApiErrorCode::NotFound,
            message: "There is no such event in the journal".into(),
        })?;
        let now = desk.clock.now();
        let moment_ago = desk.read(|reader| reader.replayed_just_now(seq, now)).await;
        if let Some(replay) = moment_ago {
            return Ok(replay);
        }
        if let Some(why) = starts_nothing(&recorded) {
            return Err(conflict(why));
        }
        if desk.live().is_none() {
            return Err(conflict(
                "No rules are live, so nothing would follow. Make rules live first",
            ));
        }
        if let Some(who) = desk.paused_by() {
            return Err(conflict(format!(
                "Writing is paused by {who}. Nothing is replayed until it goes on"
            )));
        }
        let event = &recorded.event;
        let site = desk.site(&event.site);
        let site = site.ok_or_else(|| conflict(format!("{} is not connected", event.site)))?;
        if let Some(why) = desk.leaves_out(&site, event).await {
            return Err(conflict(why));
        }
        still_stands(&site, &recorded).await?;
        Ok(desk.journal.accept_again(seq, by, desk.clock.now()).await?)
    }
}

/// Why nothing can follow from an event, whatever the rules say.
fn starts_nothing(recorded: &Recorded) -> Option<&'static str> {
    match recorded.outcome {
        Outcome::Echo => return Some("It is the echo of what Callboard wrote itself, and starts nothing"),
        Outcome::NotUnderstood => return Some("It was not understood, so no rule can go by it"),
        Outcome::Waiting => return Some("It is not done with yet. Wait until it is"),
        Outcome::Nothing | Outcome::Changed | Outcome::Skipped | Outcome::Failed => {}
    }
    match recorded.event.operation {
        Operation::Test | Operation::HookStatus => Some("It is about the hook itself, and no rule goes by that"),
        Operation::NotUnderstood => Some("It was not understood, so no rule can go by it"),
        Operation::Create
        | Operation::Update
        | Operation::Delete
        | Operation::Revive
        | Operation::Note
        | Operation::Custom => None,
    }
}

/// Whether the site still is as the event made it. People win: what has moved on since is not decided by what was before.
async fn still_stands(site: &Site, recorded: &Recorded) -> Result<(), ApiError> {
    let event = &recorded.event;
    let Some(entity) = &event.entity else { return Ok(()) };
    let key = &entity.key;
    match event.operation {
        Operation::Update => field_stands(site, event, key, recorded.is_status).await,
        Operation::Delete => match is_there(site, key).await? {
            true => Err(conflict(
                "It is out of the trash again, so that it was deleted decides nothing",
            )),
            false => Ok(()),
        },
        _ => match is_there(site, key).await? {
            true => Ok(()),
            false => Err(conflict("It is gone from the site")),
        },
    }
}

async fn field_stands(site: &Site, event: &Event, key: &EntityKey, is_status: bool) -> Result<(), ApiError> {
    if event.new.is_none() && event.warning.is_some() {
        return Err(conflict(
            "The site left the value out of this event, so nobody can say whether it still stands",
        ));
    }
    let field = event.field.as_deref().filter(|_| !is_status);
    let found = or_stop(site, read(site, std::slice::from_ref(key), field)).await?;
    let stands = found.get(key).ok_or_else(|| conflict("It is gone from the site"))?;
    let made = as_text(event.new.as_ref().unwrap_or(&Value::Null));
    if holds(stands, made.as_deref()) {
        return Ok(());
    }
    let said = as_text(stands);
    Err(conflict(format!(
        "It has moved on: this event set it to {}, and it is {} now. Replay what happened last to it",
        made.as_deref().unwrap_or("nothing"),
        said.as_deref().unwrap_or("nothing")
    )))
}

async fn is_there(site: &Site, key: &EntityKey) -> Result<bool, ApiError> {
    let call = site.call(site.tracker.read(std::slice::from_ref(key)));
    let found = or_stop(site, call).await?;
    Ok(found.iter().any(|entity| entity.key == *key))
}
