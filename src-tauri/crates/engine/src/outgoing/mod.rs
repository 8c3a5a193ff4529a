//! Others who are told: a signed webhook to each, with alerts and with what became of changes. Messages stand in the journal until they
//! have arrived or a day has passed, so that neither a receiver that is away nor a restart loses one, and nobody waits for them.

mod message;
mod post;
mod sign;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use callboard_journal::{NewIssue, NewOutgoing, Outgoing};
use callboard_model::{AlertKind, Change, ChangeState, Event, Place, Skip};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::desk::Desk;
use crate::health::Alert;
use crate::secrets::Safe;
use crate::settings::{OutgoingSettings, ProjectWrite, Settings, SettingsError};
use crate::site::Site;

pub(crate) use self::message::Message;
pub(crate) use self::post::{Address, Sent};
pub(crate) use self::sign::Signer;

/// After a receiver failed so often in a row, it is left alone for this many seconds between two messages.
const PAUSES: [u64; 6] = [1, 2, 5, 15, 30, 60];
/// How long a message is slept over at most, by a clock that may be set.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// How long a message may still take when the program is told to stop.
const LAST_MOMENT: Duration = Duration::from_millis(1_500);

/// Who is told of what, and that there is something to send.
pub(crate) struct Telling {
    receivers: RwLock<Vec<OutgoingSettings>>,
    posted: watch::Sender<u64>,
}

impl Default for Telling {
    fn default() -> Self {
        Self {
            receivers: RwLock::default(),
            posted: watch::Sender::new(0),
        }
    }
}

impl Telling {
    fn set(&self, receivers: &[OutgoingSettings]) {
        let mut held = self.receivers.write().unwrap_or_else(PoisonError::into_inner);
        held.clear();
        held.extend_from_slice(receivers);
    }

    fn is_needed(&self) -> bool {
        let held = self.receivers.read().unwrap_or_else(PoisonError::into_inner);
        !held.is_empty()
    }

    /// The messages by whom they are for.
    fn addressed(&self, messages: &[Message]) -> Vec<NewOutgoing> {
        let held = self.receivers.read().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        for message in messages {
            all.extend(
                held.iter()
                    .filter(|one| one.wants(message.what))
                    .map(|one| NewOutgoing {
                        receiver: one.name.clone(),
                        id: message.id.clone(),
                        body: message.body(),
                    }),
            );
        }
        all
    }
}

/// The issue that says that somebody cannot be told.
fn issue(name: &str) -> String {
    format!("outgoing:{name}")
}

impl Desk {
    /// Tells of changes that an event caused, as far as they have come.
    pub(crate) async fn tell_changes<'a>(
        &self,
        seq: i64,
        event: &Event,
        changes: impl IntoIterator<Item = &'a Change>,
    ) {
        if !self.telling.is_needed() {
            return;
        }
        let now = self.clock.now();
        let told = changes
            .into_iter()
            .filter_map(|change| Message::of_change(change, seq, event, now));
        self.tell_others(&told.collect::<Vec<_>>()).await;
    }

    /// Tells of what a plan would set and does not, because a site or project is only watched.
    pub(crate) async fn tell_would_set(&self, site: &Site, seq: i64, event: &Event, changes: &[Change]) {
        if !self.telling.is_needed() {
            return;
        }
        let mut told = Vec::new();
        for change in would_set(changes) {
            let project = self.project_of(site, &change.entity.key, event.project.as_ref()).await;
            // What is left out of the work is nobody's wish.
            if site.mode_of(project.as_ref()) != ProjectWrite::Off {
                told.push(change);
            }
        }
        self.tell_changes(seq, event, &told).await;
    }

    async fn tell_others(&self, messages: &[Message]) {
        let addressed = self.telling.addressed(messages);
        if addressed.is_empty() {
            return;
        }
        let posted = self.logged(self.journal.post(addressed, self.clock.now()).await);
        if posted.is_some_and(|dropped| dropped > 0) {
            tracing::warn!("outgoing: a receiver takes nothing for so long that the oldest messages had to go");
        }
        self.telling.posted.send_modify(|times| *times += 1);
    }
}

/// What of a plan would be set and is not, because nothing may be written there; with it what would follow.
fn would_set(changes: &[Change]) -> Vec<Change> {
    let follows = |change: &Change| {
        let mut above = change.parent;
        while let Some(parent) = above.and_then(|id| changes.iter().find(|one| one.id == id)) {
            if parent.skip == Some(Skip::NotAllowed) {
                return true;
            }
            above = parent.parent;
        }
        false
    };
    let would = |change: &&Change| {
        change.state == ChangeState::Skipped
            && match change.skip {
                Some(Skip::NotAllowed) => true,
                Some(Skip::CauseLost) => follows(change),
                _ => false,
            }
    };
    let told = |change: &Change| Change {
        skip: Some(Skip::NotAllowed),
        ..change.clone()
    };
    changes.iter().filter(would).map(told).collect()
}

/// Sends what is to be sent, to whoever is in the settings, until the program stops.
pub(crate) async fn run(
    desk: Arc<Desk>,
    safe: Safe,
    mut settings: watch::Receiver<Settings>,
    mut alerts: Receiver<Alert>,
) {
    let mut senders: HashMap<String, (OutgoingSettings, CancellationToken)> = HashMap::new();
    let running = TaskTracker::new();
    loop {
        let wanted = settings.borrow_and_update().outgoing.clone();
        desk.telling.set(&wanted);
        for (name, stop) in gone(&mut senders, &wanted) {
            stop.cancel();
            desk.logged(desk.journal.resolve(issue(&name), desk.clock.now()).await);
        }
        let names = wanted.iter().map(|one| one.name.clone()).collect();
        desk.logged(desk.journal.keep_outgoing(names).await);
        for receiver in wanted {
            if senders.contains_key(&receiver.name) {
                continue;
            }
            let stop = desk.stop.child_token();
            senders.insert(receiver.name.clone(), (receiver.clone(), stop.clone()));
            let (desk, safe) = (desk.clone(), safe.clone());
            running.spawn(async move { send_all(&desk, &receiver, safe, &stop).await });
        }
        loop {
            tokio::select! {
                biased;
                heard = alerts.recv() => match heard {
                    Ok(alert) => {
                        let message = Message::of_alert(&alert, desk.clock.now());
                        desk.tell_others(&[message]).await;
                    }
                    Err(RecvError::Lagged(number)) => tracing::warn!(number, "outgoing: alerts came too fast to be told"),
                    Err(RecvError::Closed) => break,
                },
                () = desk.stop.cancelled() => break,
                changed = settings.changed() => match changed {
                    Ok(()) => break,
                    // The settings last as long as the engine.
                    Err(_) => desk.stop.cancelled().await,
                },
            }
        }
        if desk.stop.is_cancelled() {
            break;
        }
    }
    running.close();
    running.wait().await;
}

/// Those that are no longer as they were.
fn gone(
    senders: &mut HashMap<String, (OutgoingSettings, CancellationToken)>,
    wanted: &[OutgoingSettings],
) -> Vec<(String, CancellationToken)> {
    let gone = senders.extract_if(|_, (before, _)| !wanted.contains(before));
    gone.map(|(name, (_, stop))| (name, stop)).collect()
}

/// Sends to one receiver what waits for it.
async fn send_all(desk: &Desk, receiver: &OutgoingSettings, safe: Safe, stop: &CancellationToken) {
    let address = match address(receiver, safe).await {
        Ok(address) => address,
        Err(error) => {
            raise(desk, receiver, "cannot be told", error.to_string()).await;
            return;
        }
    };
    let mut posted = desk.telling.posted.subscribe();
    let mut failures = 0;
    while !stop.is_cancelled() {
        posted.borrow_and_update();
        let next = desk.read(|reader| reader.next_outgoing(&receiver.name)).await;
        let now = desk.clock.now();
        let wait = match &next {
            None => None,
            Some(message) if message.next_at > now => {
                let wait = Duration::try_from(message.next_at.duration_since(now)).unwrap_or_default();
                Some(wait.min(LOOK_AGAIN))
            }
            Some(_) => Some(Duration::ZERO),
        };
        match (next, wait) {
            (Some(message), Some(Duration::ZERO)) => {
                let Some(failed) = deliver(desk, receiver, &address, &message, stop).await else {
                    return;
                };
                failures = if failed { failures + 1 } else { 0 };
                if failed
                    && stop
                        .run_until_cancelled(tokio::time::sleep(pause(failures)))
                        .await
                        .is_none()
                {
                    return;
                }
            }
            (_, wait) => {
                let due = async {
                    match wait {
                        Some(wait) => tokio::time::sleep(wait).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = due => {}
                    // The sender lives as long as the desk.
                    _ = posted.changed() => {}
                    () = stop.cancelled() => return,
                }
            }
        }
    }
}

/// Reads where and with which secret somebody is told. A keychain may ask its person first.
pub(crate) async fn address(receiver: &OutgoingSettings, safe: Safe) -> Result<Address, SettingsError> {
    let asked = receiver.clone();
    let made = tokio::task::spawn_blocking(move || Address::new(&asked, &safe)).await;
    made.unwrap_or_else(|error| Err(receiver.wrong(error.to_string())))
}

fn pause(failures: usize) -> Duration {
    let place = failures.saturating_sub(1);
    Duration::from_secs(PAUSES.get(place).or(PAUSES.last()).copied().unwrap_or(60))
}

/// Sends one message. Answers whether it failed; none when nothing more is to be sent.
async fn deliver(
    desk: &Desk,
    receiver: &OutgoingSettings,
    address: &Address,
    message: &Outgoing,
    stop: &CancellationToken,
) -> Option<bool> {
    let last_moment = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_MOMENT).await;
    };
    let now = desk.clock.now();
    let sent = tokio::select! {
        sent = address.send(&message.id, &message.body, now) => sent,
        // It is sent again at the next start, under the same id.
        () = last_moment => return None,
    };
    let (why, status, asked) = match sent {
        Sent::Taken(_) => {
            desk.logged(desk.journal.posted(message.seq).await);
            desk.logged(desk.journal.resolve(issue(&receiver.name), desk.clock.now()).await);
            return Some(false);
        }
        Sent::NoMore => {
            let dropped = desk.logged(desk.journal.drop_outgoing(receiver.name.clone()).await);
            let why = format!(
                "It answers that it wants no more (410); {} messages were let go. Remove it, or enter its new address",
                dropped.unwrap_or_default()
            );
            raise(desk, receiver, "wants to be told nothing more", why).await;
            return None;
        }
        Sent::Not { why, status, wait } => (why, status, wait),
    };
    tracing::warn!(receiver = %receiver.name, tries = message.tries + 1, ?status, "outgoing: {why}");
    let now = desk.clock.now();
    match post::again(message.made_at, message.tries + 1, asked, now) {
        Some(next) => {
            desk.logged(desk.journal.post_later(message.seq, next, why).await);
        }
        None => {
            desk.logged(desk.journal.posted(message.seq).await);
            let why =
                format!("{why}. What could not be told for a day is let go. Check the address, and whether it runs");
            raise(desk, receiver, "could not be told", why).await;
        }
    }
    Some(true)
}

/// Raises an issue, and no alert: that would have to be told.
async fn raise(desk: &Desk, receiver: &OutgoingSettings, what: &str, remedy: String) {
    let issue = NewIssue {
        key: issue(&receiver.name),
        kind: AlertKind::Outgoing,
        place: Place::Issues,
        title: format!("Outgoing webhook {} {what}", receiver.name),
        remedy,
    };
    if let Err(error) = desk.journal.raise(issue, desk.clock.now()).await {
        tracing::error!(%error, "outgoing: an issue cannot be kept");
    }
}
