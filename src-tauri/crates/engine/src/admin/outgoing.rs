//! Who is told, set up while the engine runs.

use callboard_model::SiteName;

use super::{not_found, other_name, refused, stopping};
use crate::api::{ApiError, KeyText, OutgoingIn, OutgoingSet, OutgoingTest, OutgoingView};
use crate::outgoing::{Message, Sent, Signer, address};
use crate::settings::{OutgoingSettings, Secret, Settings, SettingsChange};
use crate::start::Engine;

impl Engine {
    /// Who is told, and what waits for them.
    pub(crate) async fn outgoing(&self) -> Result<Vec<OutgoingView>, ApiError> {
        let settings = self.settings();
        self.read(move |reader| {
            let receivers = settings.outgoing.iter();
            receivers
                .map(|receiver| {
                    let queue = reader.outgoing_queue(&receiver.name)?;
                    Ok(OutgoingView {
                        name: receiver.name.clone(),
                        url: receiver.url.clone(),
                        on: receiver.on.clone(),
                        secret_kept: receiver.secret.strength().to_owned(),
                        waiting: queue.waiting,
                        waiting_since: queue.since,
                        trouble: queue.why,
                    })
                })
                .collect()
        })
        .await
    }

    /// Tells somebody from now on, or otherwise than before.
    pub(crate) async fn set_outgoing(&self, entered: OutgoingIn) -> Result<OutgoingSet, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let made = engine.keep_outgoing(&entered).await?;
            Ok(OutgoingSet {
                outgoing: engine.outgoing().await?,
                secret: made,
            })
        })
        .await
    }

    /// Keeps a receiver. The answer is the secret that was made for it, where none was entered.
    async fn keep_outgoing(&self, entered: &OutgoingIn) -> Result<Option<String>, ApiError> {
        SiteName::new(&entered.name).map_err(|e| refused(e.to_string()))?;
        let mut keeping = self.keeping().lock().await;
        let known = find(keeping.settings(), &entered.name).cloned();
        let typed = entered
            .secret
            .as_ref()
            .map(KeyText::text)
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let mut receiver = OutgoingSettings {
            name: entered.name.clone(),
            url: entered.url.trim().to_owned(),
            // What is wrong with the rest is found before anything is kept.
            secret: Secret::Plain(typed.map_or_else(made, |text| Ok(text.to_owned()))?),
            on: entered.on.clone(),
        };
        receiver.check()?;
        let Secret::Plain(text) = receiver.secret.clone() else {
            return Err(stopping());
        };
        let stays = known
            .as_ref()
            .filter(|known| typed.is_none() && is_one_host(known, &receiver));
        let mut new = None;
        match stays {
            Some(known) => receiver.secret = known.secret.clone(),
            None => {
                let before = known.as_ref().map(|known| &known.secret);
                let name = other_name(format!("outgoing:{}", entered.name), before);
                receiver.secret = keeping.keep(name, text.clone()).await?;
                new = Some(receiver.secret.clone());
            }
        }
        if let Err(error) = keeping.change(&SettingsChange::PutOutgoing(receiver)) {
            keeping.forget(new).await;
            return Err(error.into());
        }
        let is_new = new.is_some();
        keeping.forget(known.map(|known| known.secret).filter(|_| is_new)).await;
        Ok(Some(text).filter(|_| is_new && typed.is_none()))
    }

    /// Tells somebody no more. What waits for them is let go.
    pub(crate) async fn remove_outgoing(&self, name: String) -> Result<Vec<OutgoingView>, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let mut keeping = engine.keeping().lock().await;
            let known = find(keeping.settings(), &name).cloned().ok_or_else(|| nobody(&name))?;
            keeping.change(&SettingsChange::RemoveOutgoing(name))?;
            keeping.forget([known.secret]).await;
            drop(keeping);
            engine.outgoing().await
        })
        .await
    }

    /// Sends a test at once, and says what came of it.
    pub(crate) async fn test_outgoing(&self, name: &str) -> Result<OutgoingTest, ApiError> {
        let (receiver, safe) = {
            let keeping = self.keeping().lock().await;
            let receiver = find(keeping.settings(), name).cloned().ok_or_else(|| nobody(name))?;
            (receiver, keeping.safe().clone())
        };
        let address = address(&receiver, safe).await?;
        let now = self.desk().clock.now();
        let message = Message::test(now);
        let body = message.body();
        let sent = address.send(&message.id, &body, now);
        let sent = self.desk().stop.run_until_cancelled(sent).await.ok_or_else(stopping)?;
        Ok(match sent {
            Sent::Taken(status) => OutgoingTest {
                delivered: true,
                status: Some(status),
                trouble: None,
            },
            Sent::NoMore => OutgoingTest {
                delivered: false,
                status: Some(410),
                trouble: Some("It answers that it wants no more. Remove it, or enter its new address".into()),
            },
            Sent::Not { why, status, .. } => OutgoingTest {
                delivered: false,
                status,
                trouble: Some(why),
            },
        })
    }
}

fn find<'a>(settings: &'a Settings, name: &str) -> Option<&'a OutgoingSettings> {
    settings.outgoing.iter().find(|receiver| receiver.name == name)
}

fn nobody(name: &str) -> ApiError {
    not_found(format!("There is no outgoing webhook named \"{name}\""))
}

fn made() -> Result<String, ApiError> {
    Signer::make().map_err(|e| refused(format!("No secret could be made: {e}")))
}

/// Whether both are sent to one host: a kept secret goes to no other.
fn is_one_host(one: &OutgoingSettings, other: &OutgoingSettings) -> bool {
    let origin = |of: &OutgoingSettings| of.address().ok().map(|url| url.origin());
    origin(one).is_some_and(|one| origin(other) == Some(one))
}
