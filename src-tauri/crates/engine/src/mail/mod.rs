//! Alerts by mail: each once, a burst as one mail, and later where the server is away.

mod letter;
mod post;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use callboard_journal::NewIssue;
use callboard_model::{AlertKind, Clock, Place};
use tokio::sync::Notify;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::letter::{Letter, Waiting};
pub(crate) use self::post::Post;
use self::post::{Mail, Unsent};
use crate::backoff;
use crate::desk::Desk;
use crate::health::Alert;
use crate::secrets::Safe;
use crate::settings::{MailSettings, SettingsError};

/// Alerts within this time are one mail.
const GATHER: Duration = Duration::from_secs(2);
/// The same where mails follow each other: twice as long each time, and no longer than this.
const GATHER_MOST: Duration = Duration::from_secs(300);
/// After this long without one, the next mail follows none.
const QUIET: Duration = Duration::from_secs(60);
/// How long a server that does not accept how we sign in is left alone.
const UNACCEPTED: Duration = Duration::from_secs(600);
/// How long a mail may still take when the program is told to stop.
const LAST_MOMENT: Duration = Duration::from_millis(1_500);
/// How often the log says again that no mail can be sent.
const SAY_EVERY: u32 = 60;
/// The issue that says that no mail can be sent.
pub(crate) const ISSUE: &str = "mail";

/// What a test mail came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailTest {
    /// The server's name and port.
    pub server: String,
    /// Who has got it.
    pub sent: Vec<String>,
    /// Who has not, each with the reason.
    pub unsent: Vec<(String, String)>,
}

/// Sends one mail to everyone who gets alerts. Errors when the settings are not enough for that.
pub async fn mail_test(settings: &MailSettings, safe: &Safe, clock: &dyn Clock) -> Result<MailTest, SettingsError> {
    let post = Post::new(settings, safe)?;
    let letter = Letter {
        subject: "Callboard can send mail".into(),
        text: "This is a test. Alerts of this Callboard come to this address.\n".into(),
    };
    let everyone: Vec<String> = settings.recipients()?.iter().map(|m| m.email.to_string()).collect();
    let unsent: Vec<(String, String)> = match post.seal(&letter, clock.now()) {
        Ok(mut mail) => {
            let sent = post.send(&mut mail).await;
            let why = sent.err().map_or_else(String::new, |unsent| unsent.why().to_owned());
            let left = mail.left.iter().map(|address| (address.to_string(), why.clone()));
            let refused = mail
                .refused
                .iter()
                .map(|(address, why)| (address.to_string(), why.clone()));
            left.chain(refused).collect()
        }
        Err(unsent) => everyone
            .iter()
            .map(|to| (to.clone(), unsent.why().to_owned()))
            .collect(),
    };
    let got = |address: &String| unsent.iter().all(|(other, _)| other != address);
    Ok(MailTest {
        server: post.server().to_owned(),
        sent: everyone.into_iter().filter(got).collect(),
        unsent,
    })
}

/// Mails alerts until the program stops.
pub(crate) async fn run(desk: &Desk, post: &Post, alerts: Receiver<Alert>) {
    let tray = Tray::default();
    tokio::join!(tray.fill(desk, alerts), tray.empty(desk, post));
}

/// What waits to be mailed.
#[derive(Default)]
struct Tray {
    waiting: Mutex<Waiting>,
    filled: Notify,
    /// Nothing more will come.
    ended: CancellationToken,
}

/// How long to gather: longer where mails follow each other, so that something that comes and goes does not fill a mailbox.
#[derive(Default)]
struct Pace {
    last: Option<(Instant, Duration)>,
}

impl Pace {
    fn gather(&self, now: Instant) -> Duration {
        match self.last {
            Some((sent, gathered)) if now.duration_since(sent) < QUIET + gathered => (gathered * 2).min(GATHER_MOST),
            _ => GATHER,
        }
    }
}

impl Tray {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears alerts, whatever becomes of the mail meanwhile.
    async fn fill(&self, desk: &Desk, mut alerts: Receiver<Alert>) {
        loop {
            let heard = tokio::select! {
                biased;
                heard = alerts.recv() => heard,
                () = desk.stop.cancelled() => break,
            };
            match heard {
                Ok(alert) => self.waiting().put(alert, desk.clock.now()),
                Err(RecvError::Lagged(number)) => self.waiting().miss(number),
                Err(RecvError::Closed) => break,
            }
            self.filled.notify_one();
        }
        self.ended.cancel();
    }

    /// Mails what waits.
    async fn empty(&self, desk: &Desk, post: &Post) {
        let mut pace = Pace::default();
        loop {
            tokio::select! {
                () = self.filled.notified() => {}
                () = self.ended.cancelled() => {}
            }
            let gather = pace.gather(Instant::now());
            tokio::select! {
                () = tokio::time::sleep(gather) => {}
                () = self.ended.cancelled() => {}
            }
            let ended = self.ended.is_cancelled();
            let letter = self.waiting().letter();
            let Some(letter) = letter else {
                if ended {
                    break;
                }
                continue;
            };
            match post.seal(&letter, desk.clock.now()) {
                Ok(mail) => self.deliver(desk, post, mail).await,
                Err(unsent) => tracing::error!("mail: {}", unsent.why()),
            }
            pace.last = Some((Instant::now(), gather));
        }
    }

    /// Sends a mail, again and again where the server is away.
    async fn deliver(&self, desk: &Desk, post: &Post, mut mail: Mail) {
        let mut tries = 0;
        loop {
            let sent = tokio::select! {
                sent = post.send(&mut mail) => sent,
                () = self.last_moment() => Err(Unsent::Away(format!("{} answers too slowly", post.server()))),
            };
            let Err(unsent) = sent else { break };
            if self.ended.is_cancelled() {
                tracing::error!("mail: a mail has not gone out before the end: {}", unsent.why());
                return;
            }
            tries += 1;
            if tries % SAY_EVERY == 1 {
                tracing::warn!("mail: {}. What is to be mailed waits", unsent.why());
                raise(
                    desk,
                    "Alerts cannot be mailed",
                    format!("{}. What is to be mailed waits", unsent.why()),
                )
                .await;
            }
            let asked = matches!(unsent, Unsent::Unaccepted(_)).then_some(UNACCEPTED);
            tokio::select! {
                () = tokio::time::sleep(backoff::wait(tries, asked)) => {}
                () = self.ended.cancelled() => {}
            }
        }
        for (address, why) in &mail.refused {
            tracing::error!("mail: nothing can be mailed to {address}: {why}");
            raise(
                desk,
                "Alerts cannot be mailed",
                format!("Nothing can be mailed to {address}: {why}"),
            )
            .await;
        }
        if mail.refused.is_empty()
            && let Err(error) = desk.journal.resolve(ISSUE.into(), desk.clock.now()).await
        {
            tracing::error!(%error, "mail: an issue cannot be resolved");
        }
    }

    /// Resolves when the program was told to stop and has waited long enough.
    async fn last_moment(&self) {
        self.ended.cancelled().await;
        tokio::time::sleep(LAST_MOMENT).await;
    }
}

/// Raises an issue, and no alert: that would have to be mailed.
async fn raise(desk: &Desk, title: &str, remedy: String) {
    let issue = NewIssue {
        key: ISSUE.into(),
        kind: AlertKind::Mail,
        place: Place::Issues,
        title: title.into(),
        remedy,
    };
    if let Err(error) = desk.journal.raise(issue, desk.clock.now()).await {
        tracing::error!(%error, "mail: an issue cannot be kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_that_follow_each_other_come_more_and_more_seldom_until_it_is_quiet() {
        let now = Instant::now();
        let mut pace = Pace::default();
        assert_eq!(pace.gather(now), GATHER);
        let mut waits = Vec::new();
        for _ in 0..10 {
            let gather = pace.gather(now);
            waits.push(gather);
            pace.last = Some((now, gather));
        }
        assert!(waits.is_sorted() && waits.last() == Some(&GATHER_MOST), "{waits:?}");
        assert_eq!(pace.gather(now + QUIET), GATHER_MOST);
        assert_eq!(pace.gather(now + QUIET + GATHER_MOST), GATHER);
    }
}
