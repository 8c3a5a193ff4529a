//! The door of a Creative Force hook: its secret, its custom headers, its filter.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use callboard_model::{HookName, Refusal, SiteName};
use callboard_trackers::creative_force::{self, Filter, SIGNATURE_HEADER, Secrets};
use subtle::ConstantTimeEq;

use crate::hook::{Decoded, Verdict, values};

/// How a Creative Force hook speaks.
#[derive(Clone)]
pub struct CreativeForceDoor {
    /// Its secret, and in which form it signs; none says that deliveries are not signed.
    pub secrets: Option<Secrets>,
    /// Headers that each delivery must have, with their values.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Which deliveries are worked on. The others are kept.
    pub filter: Filter,
}

impl std::fmt::Debug for CreativeForceDoor {
    /// Without the values of headers, which may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&HeaderName> = self.headers.iter().map(|(name, _)| name).collect();
        let mut shown = f.debug_struct("CreativeForceDoor");
        shown.field("secrets", &self.secrets).field("headers", &names);
        shown.field("filter", &self.filter).finish()
    }
}

impl CreativeForceDoor {
    /// Whether its custom headers are there, and a signature that may be good.
    pub(crate) fn glance(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        // All of them are compared whatever the first says, so that the time does not tell which one is wrong.
        let wrong = self.headers.iter().filter(|(name, value)| !has(headers, name, value));
        if wrong.count() > 0 {
            return Err(Refusal::HeaderWrong);
        }
        match &self.secrets {
            Some(_) => creative_force::shown(values(headers, SIGNATURE_HEADER)).map(drop),
            None => Ok(()),
        }
    }

    pub(crate) fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Verdict, Refusal> {
        self.glance(headers)?;
        let Some(secrets) = &self.secrets else {
            return Ok(Verdict::plain("Not signed: this hook has no secret"));
        };
        creative_force::verify(secrets, values(headers, SIGNATURE_HEADER), body).map(|verified| Verdict {
            sentence: verified.sentence(),
            by_previous: verified.previous,
        })
    }

    pub(crate) fn decode(&self, site: &SiteName, hook: &HookName, body: &[u8]) -> Decoded {
        let told = creative_force::decode(site, hook, body);
        Decoded {
            left_out: self.filter.leaves_out(&told),
            events: vec![told.event],
            heard: told.entities,
        }
    }

    /// Whether a header is one of its own, whose value may be a secret.
    pub(crate) fn asks_for(&self, name: &HeaderName) -> bool {
        self.headers.iter().any(|(asked, _)| asked == name)
    }
}

/// Whether a header is there once and says this.
fn has(headers: &HeaderMap, name: &HeaderName, value: &HeaderValue) -> bool {
    let mut said = headers.get_all(name).iter();
    let is_it = said
        .next()
        .is_some_and(|said| said.as_bytes().ct_eq(value.as_bytes()).into());
    is_it && said.next().is_none()
}
