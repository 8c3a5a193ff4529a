//! Taking back what was written, where nobody has changed it since.

use callboard_journal::Written;
use callboard_model::{ChangeState, StatusCode, as_text};
use callboard_trackers::TrackerError;

use crate::admin::stopping;
use crate::api::{ApiError, ApiErrorCode, NotUndone, Undone};
use crate::settle::{is_at, read, write};
use crate::site::Site;
use crate::start::Engine;

impl Engine {
    /// Takes back one change. Refused with the reason as a sentence.
    pub(crate) async fn undo(&self, change: i64, by: Option<String>) -> Result<Undone, ApiError> {
        let by = by.unwrap_or_else(|| self.author().to_owned());
        let engine = self.clone();
        self.in_full(async move {
            engine.take_back(change, &by).await?;
            Ok(Undone {
                undone: vec![change],
                left: Vec::new(),
            })
        })
        .await
    }

    /// Takes back all that an event caused, last first. One that may not be taken back does not keep the others; refused when
    /// that goes for all of them.
    pub(crate) async fn undo_cascade(&self, event: i64, by: Option<String>) -> Result<Undone, ApiError> {
        let by = by.unwrap_or_else(|| self.author().to_owned());
        let changes = self.read(move |reader| Ok(reader.changes_of(event)?)).await?;
        let written = changes.into_iter().filter(|c| was_written(c.state)).map(|c| c.id);
        let written: Vec<i64> = written.rev().collect();
        if written.is_empty() {
            return Err(conflict(
                "Nothing that this event caused stands as it was written: there is nothing to undo",
            ));
        }
        let engine = self.clone();
        self.in_full(async move {
            let mut done = Undone::default();
            let mut refused: Option<ApiError> = None;
            for change in written {
                // A site that does not answer is not asked for each.
                let answer = match &refused {
                    Some(error) if error.code != ApiErrorCode::Conflict => Err(error.clone()),
                    _ => engine.take_back(change, &by).await,
                };
                match answer {
                    Ok(()) => done.undone.push(change),
                    Err(error) => {
                        let why = error.message.clone();
                        done.left.push(NotUndone { change, why });
                        refused = Some(error);
                    }
                }
            }
            match refused {
                Some(error) if done.undone.is_empty() => Err(error),
                _ => Ok(done),
            }
        })
        .await
    }

    async fn take_back(&self, id: i64, by: &str) -> Result<(), ApiError> {
        let desk = self.desk();
        let _one = desk.undoing.lock().await;
        let written = desk.read(|reader| reader.change(id)).await;
        let written = written.ok_or_else(|| ApiError {
            code: ApiErrorCode::NotFound,
            message: "There is no such change in the journal".into(),
        })?;
        let site = desk.site(&written.site);
        let site = site.ok_or_else(|| conflict(format!("{} is not connected", written.site)))?;
        let change = &written.change;
        if change.state == ChangeState::Undone {
            let said = change.reason.as_deref().unwrap_or("It was undone");
            return Err(conflict(format!("There is nothing left to undo: {said}")));
        }
        if !was_written(change.state) {
            return Err(conflict("It was not written, so there is nothing to undo"));
        }
        let project = desk
            .project_of_change(&site, &change.entity.key, written.event_seq)
            .await;
        if let Some(why) = site.kept_from(project.as_ref()) {
            return Err(conflict(why));
        }
        if let Some(who) = desk.paused_by() {
            return Err(conflict(format!(
                "Writing is paused by {who}. Nothing is undone until it goes on"
            )));
        }
        let (key, field) = (&change.entity.key, change.field.as_deref());
        let stands = or_stop(&site, read(&site, std::slice::from_ref(key), field)).await?;
        let stands = stands.get(key);
        let stands = stands.ok_or_else(|| conflict("It is gone from the site"))?;
        let now = desk.clock.now();
        if written.undoing && is_at(stands, change.from.as_ref()) {
            // An undo whose end nobody saw: it arrived.
            desk.kept(|| desk.journal.end_undo(id, true, now)).await;
            return Ok(());
        }
        if !is_at(stands, change.to.as_ref()) {
            let said = as_text(stands);
            return Err(conflict(format!(
                "It was set to {} since",
                said.as_deref().unwrap_or("nothing")
            )));
        }
        let me = or_stop(&site, site.me()).await?;
        if let Some(later) = desk.read(|reader| reader.set_since(&written, Some(&me))).await {
            let who = later.who.unwrap_or_else(|| "A later change".into());
            return Err(conflict(format!(
                "{who} set it again since, at {}",
                later.at.strftime("%H:%M:%S UTC")
            )));
        }
        let said = format!("{by} undid it at {}", now.strftime("%Y-%m-%d %H:%M UTC"));
        if !desk.kept(|| desk.journal.begin_undo(id, said.clone(), now)).await {
            return Err(conflict("It was changed meanwhile. Look at it again"));
        }
        self.write_back(&site, &written).await
    }

    /// Writes what stood there before. The journal has it that this was begun.
    async fn write_back(&self, site: &Site, written: &Written) -> Result<(), ApiError> {
        let desk = self.desk();
        let change = &written.change;
        let answer = site.or_stop(write(site, change, change.from.as_ref(), None)).await;
        match answer.ok_or_else(stopping)? {
            Ok(()) => {
                desk.kept(|| desk.journal.end_undo(change.id, true, desk.clock.now()))
                    .await;
                Ok(())
            }
            // A write that timed out may have arrived: its echo, or whoever asks again, will tell.
            Err(error) if error.of_the_site() => Err(error.into()),
            Err(error) => {
                desk.kept(|| desk.journal.end_undo(change.id, false, desk.clock.now()))
                    .await;
                Err(match error {
                    TrackerError::NotFound => conflict("It is gone from the site"),
                    error => {
                        let before = change.from.as_ref().map_or("nothing", StatusCode::as_str);
                        conflict(format!("It could not be set back to {before}: {error}"))
                    }
                })
            }
        }
    }
}

/// Whether the site has it from us, and it was not taken back.
fn was_written(state: ChangeState) -> bool {
    matches!(state, ChangeState::Applied | ChangeState::Confirmed)
}

/// Asks the site, unless the program stops meanwhile.
pub(crate) async fn or_stop<T>(
    site: &Site,
    call: impl Future<Output = Result<T, TrackerError>>,
) -> Result<T, ApiError> {
    Ok(site.or_stop(call).await.ok_or_else(stopping)??)
}

pub(crate) fn conflict(message: impl Into<String>) -> ApiError {
    ApiError {
        code: ApiErrorCode::Conflict,
        message: message.into(),
    }
}
