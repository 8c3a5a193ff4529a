//! One request to one receiver, and when to try again.

use std::error::Error as _;
use std::time::Duration;

use callboard_trackers::{guarded, is_this_machine};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, StatusCode, Url, header, redirect};

use super::sign::Signer;
use crate::secrets::Safe;
use crate::settings::{OutgoingSettings, SettingsError};

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(15);
/// How long a message is tried before it is given up.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Seconds between tries of one message. The last goes on.
const WAITS: [i64; 8] = [1, 5, 30, 120, 600, 1_800, 3_600, 7_200];
/// A receiver may ask for a while, not for ever.
const ASKED_AT_MOST: i64 = 7_200;

/// Somebody who is told, ready to be sent to.
#[derive(Clone)]
pub(crate) struct Address {
    client: Client,
    url: Url,
    signer: Signer,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It was taken, with this status.
    Taken(u16),
    /// The receiver says that it wants no more.
    NoMore,
    /// It was not taken: why, as a sentence, and for how long the receiver asks to be left alone.
    Not {
        /// Why.
        why: String,
        /// The HTTP status, where there was one.
        status: Option<u16>,
        /// In seconds.
        wait: Option<i64>,
    },
}

impl Address {
    /// Reads the secret. Errors when it is not where the settings say, or is none.
    pub(crate) fn new(settings: &OutgoingSettings, safe: &Safe) -> Result<Self, SettingsError> {
        let url = settings.address()?;
        let signer = Signer::new(&settings.secret.reveal(safe)?).map_err(|why| settings.wrong(why))?;
        // Another provider may be installed already; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            // A message goes to no other host than the one that was chosen.
            .redirect(redirect::Policy::none())
            .timeout(WITHIN)
            .user_agent(concat!("Callboard/", env!("CARGO_PKG_VERSION")));
        let client = if is_this_machine(&url) {
            client.no_proxy()
        } else {
            client
        };
        let client = guarded(&url, client).map_err(|why| settings.wrong(why))?;
        let client = client.build().map_err(|e| settings.wrong(e.to_string()))?;
        Ok(Self { client, url, signer })
    }

    /// Sends a message.
    pub(crate) async fn send(&self, id: &str, body: &str, now: Timestamp) -> Sent {
        let timestamp = now.as_second();
        let request = self
            .client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", self.signer.sign(id, timestamp, body))
            .body(body.to_owned());
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                return Sent::Not {
                    why: self.no_answer(&error),
                    status: None,
                    wait: None,
                };
            }
        };
        let status = answer.status();
        let why = match status {
            _ if status.is_success() => return Sent::Taken(status.as_u16()),
            StatusCode::GONE => return Sent::NoMore,
            _ if status.is_redirection() => format!(
                "{} answers that it has moved ({status}). Enter the new address where it is the right one",
                self.host()
            ),
            _ => format!("{} answers {status}", self.host()),
        };
        let asked = answer.headers().get(header::RETRY_AFTER);
        let asked = asked.and_then(|value| value.to_str().ok()?.trim().parse::<i64>().ok());
        Sent::Not {
            why,
            status: Some(status.as_u16()),
            wait: asked.filter(|seconds| *seconds > 0),
        }
    }

    fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }

    fn no_answer(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("{} did not answer within {} s", self.host(), WITHIN.as_secs());
        }
        // The deepest cause: what reqwest itself says names the whole address, which may hold a secret.
        let mut cause = error.source();
        let mut said = "no connection".to_owned();
        while let Some(deeper) = cause {
            said = deeper.to_string();
            cause = deeper.source();
        }
        format!("{} cannot be reached: {said}", self.host())
    }
}

/// When a message that was sent in vain `tries` times is sent again; none: it is given up.
pub(crate) fn again(made_at: Timestamp, tries: u32, asked: Option<i64>, now: Timestamp) -> Option<Timestamp> {
    if now.duration_since(made_at) >= GIVEN_UP_AFTER {
        return None;
    }
    let place = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    let own = WAITS.get(place).or(WAITS.last()).copied().unwrap_or(ASKED_AT_MOST);
    let wait = asked.map_or(own, |asked| own.max(asked.min(ASKED_AT_MOST)));
    now.checked_add(SignedDuration::from_secs(wait)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn waits_grow_for_a_day_and_then_it_is_given_up() {
        let (mut now, mut tries, mut waits) = (at(0), 1, Vec::new());
        while let Some(next) = again(at(0), tries, None, now) {
            waits.push(next.as_second() - now.as_second());
            (now, tries) = (next, tries + 1);
        }
        assert!(waits.is_sorted() && waits.first() == Some(&1), "{waits:?}");
        assert!(
            (15..30).contains(&waits.len()) && now >= at(86_400),
            "{} {now}",
            waits.len()
        );
    }

    #[test]
    fn a_receiver_that_asks_for_longer_gets_it_within_reason() {
        assert_eq!(again(at(0), 1, Some(60), at(0)), Some(at(60)));
        assert_eq!(again(at(0), 4, Some(1), at(0)), Some(at(120)));
        assert_eq!(again(at(0), 1, Some(1_000_000), at(0)), Some(at(7_200)));
    }
}
