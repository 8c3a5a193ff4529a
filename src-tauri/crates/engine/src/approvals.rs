//! Changes of sites that ask first: they wait in the inbox until a person accepts or declines them.

use callboard_journal::{NewIssue, Reader, WaitingChange};
use callboard_model::{AlertKind, Place};

use crate::api::{ApiError, ApiErrorCode, Inbox};
use crate::desk::Desk;
use crate::start::Engine;

/// The issue that stands for what waits in the inbox.
const INBOX: &str = "inbox";

/// What to do with what waits.
const REMEDY: &str = "Their site asks before anything is written. Accept or decline them in the inbox";

impl Engine {
    /// What waits for a person.
    pub(crate) async fn inbox(&self) -> Result<Inbox, ApiError> {
        let waiting = self.read(|reader| Ok(reader.inbox()?)).await?;
        Ok(Inbox { waiting })
    }

    pub(crate) async fn accept(&self, changes: Vec<i64>, by: Option<String>) -> Result<Inbox, ApiError> {
        let desk = self.desk();
        for waiting in self.inbox().await?.waiting {
            if changes.contains(&waiting.change) {
                may_be_written(desk, &waiting).await?;
            }
        }
        let by = by.unwrap_or_else(|| self.author().to_owned());
        let accepted = desk.journal.accept_changes(changes, by, desk.clock.now()).await?;
        self.judged(accepted).await
    }

    pub(crate) async fn decline(
        &self,
        changes: Vec<i64>,
        why: Option<String>,
        by: Option<String>,
    ) -> Result<Inbox, ApiError> {
        let desk = self.desk();
        let by = by.unwrap_or_else(|| self.author().to_owned());
        let now = desk.clock.now();
        let why = why.filter(|why| !why.trim().is_empty());
        let said = format!(
            "{by} declined it at {}{}",
            now.strftime("%Y-%m-%d %H:%M UTC"),
            why.map_or_else(String::new, |why| format!(": {why}"))
        );
        let declined = desk.journal.decline_changes(changes, said, now).await?;
        self.judged(declined).await
    }

    async fn judged(&self, number: u64) -> Result<Inbox, ApiError> {
        self.desk().tell_inbox().await;
        if number == 0 {
            return Err(ApiError {
                code: ApiErrorCode::Conflict,
                message:
                    "None of these changes waits any more: somebody was quicker, or a later change took their place"
                        .to_owned(),
            });
        }
        self.inbox().await
    }
}

/// Whether an accepted change would be written. The mode counts as it is now, not as it was when the change was decided.
async fn may_be_written(desk: &Desk, waiting: &WaitingChange) -> Result<(), ApiError> {
    let refused = match desk.site(&waiting.site) {
        None => format!("{} is not connected. Connect it, or decline its changes", waiting.site),
        Some(site) => {
            let project = desk.project_of_change(&site, &waiting.entity.key, waiting.seq).await;
            match site.kept_from(project.as_ref()) {
                Some(why) => format!("{why}. Decline its changes"),
                None => return Ok(()),
            }
        }
    };
    Err(ApiError {
        code: ApiErrorCode::Conflict,
        message: refused,
    })
}

impl Desk {
    /// Keeps the issue of the inbox as the inbox is. People are told once, when something begins to wait.
    pub(crate) async fn tell_inbox(&self) {
        let _one = self.telling_inbox.lock().await;
        let number = self.read(Reader::waiting_for_a_person).await;
        let open = self.read(Reader::issues).await;
        let told = open.into_iter().find(|i| i.key == INBOX && i.state == "open");
        if number == 0 {
            if told.is_some() {
                self.kept(|| self.journal.resolve(INBOX.to_owned(), self.clock.now()))
                    .await;
            }
            return;
        }
        let title = match number {
            1 => "1 change waits for you".to_owned(),
            n => format!("{n} changes wait for you"),
        };
        if told.is_some_and(|told| told.title == title) {
            return;
        }
        self.raise(NewIssue {
            key: INBOX.to_owned(),
            kind: AlertKind::Approvals,
            place: Place::Inbox,
            title,
            remedy: REMEDY.to_owned(),
        })
        .await;
    }
}
