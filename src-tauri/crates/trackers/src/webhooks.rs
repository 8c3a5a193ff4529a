//! The administration of a site's webhooks.

use async_trait::async_trait;
use callboard_model::{AnswerTimes, EntityRef, SiteDelivery, SiteWebhook, WebhookDraft};
use jiff::Timestamp;
use serde_json::Value;

use crate::TrackerError;

/// What is asked of a webhook's deliveries.
#[derive(Clone, Debug, Default)]
pub struct DeliveriesAsked {
    /// Only those made from then on.
    pub from: Option<Timestamp>,
    /// Only those that failed.
    pub failed: bool,
    /// At most so many, the newest; the site keeps seven days.
    pub most: usize,
}

/// Deliveries of one webhook by the site's record.
#[derive(Clone, Debug, Default)]
pub struct Deliveries {
    /// The newest first.
    pub list: Vec<SiteDelivery>,
    /// What the site measured of their answers.
    pub times: AnswerTimes,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// What a site offers for its webhooks beside making, changing and deleting them. What it does not offer errors with `NotOffered`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Tests that it sends when it is asked to.
    pub tests: bool,
    /// A record of its deliveries, from which one can be made again.
    pub record: bool,
    /// A place in that record for what came of a delivery.
    pub acknowledgements: bool,
    /// That something was deleted, or came back.
    pub deletions: bool,
    /// Signatures: that a delivery's text is as the site sent it can be proven.
    pub signatures: bool,
}

impl Offered {
    /// All of it.
    pub const ALL: Self = Self {
        tests: true,
        record: true,
        acknowledgements: true,
        deletions: true,
        signatures: true,
    };
}

/// What the site would hold an event against before it delivers it.
pub struct DeliveryFilter {
    text: String,
    holds: Box<dyn Fn(&Value) -> bool + Send + Sync>,
}

impl DeliveryFilter {
    pub(crate) fn new(text: String, holds: impl Fn(&Value) -> bool + Send + Sync + 'static) -> Self {
        let holds = Box::new(holds);
        Self { text, holds }
    }

    /// The filter in the site's own language.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether an event, as it was received, would be delivered.
    #[must_use]
    pub fn lets_through(&self, received: &Value) -> bool {
        (self.holds)(received)
    }
}

impl std::fmt::Debug for DeliveryFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeliveryFilter({})", self.text)
    }
}

/// The webhooks of a site that lets us administer them (ShotGrid REST: `/webhook`; ftrack: Automations). ShotGrid wants the permission
/// that it calls "Show Webhooks" for all of it.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// What the site offers beside.
    fn offered(&self) -> Offered {
        Offered::ALL
    }

    /// All webhooks of the site, ours and others'.
    async fn list(&self) -> Result<Vec<SiteWebhook>, TrackerError>;

    /// Makes one. `secret`: what its deliveries are signed with.
    async fn create(&self, draft: &WebhookDraft, secret: Option<&str>) -> Result<SiteWebhook, TrackerError>;

    /// Changes one as a whole; its secret only where one is given.
    async fn change(&self, id: &str, draft: &WebhookDraft, secret: Option<&str>) -> Result<SiteWebhook, TrackerError>;

    /// Switches one on or off. Switching on also revives one that failed.
    async fn switch(&self, id: &str, on: bool) -> Result<SiteWebhook, TrackerError>;

    /// Deletes one, with its record of deliveries.
    async fn delete(&self, id: &str) -> Result<(), TrackerError>;

    /// Asks the site to send a test. That it says yes proves nothing: only the test that arrives does.
    async fn test(&self, id: &str) -> Result<(), TrackerError>;

    /// What the site delivered.
    async fn deliveries(&self, id: &str, asked: &DeliveriesAsked) -> Result<Deliveries, TrackerError>;

    /// Asks the site to make a delivery once more.
    async fn redeliver(&self, delivery: &str) -> Result<(), TrackerError>;

    /// Writes a short outcome (up to [`MOST_ACKNOWLEDGED`] bytes, no secrets) into a delivery's record.
    async fn acknowledge(&self, delivery: &str, text: &str) -> Result<(), TrackerError>;

    /// The filter that a webhook would have, where a site has such. Nothing is made. Errors where there can be none.
    async fn filter(&self, _draft: &WebhookDraft) -> Result<Option<DeliveryFilter>, TrackerError> {
        Ok(None)
    }

    /// Projects of which nothing is delivered unless somebody lets the site's webhooks in.
    async fn left_out(&self) -> Result<Vec<EntityRef>, TrackerError> {
        Ok(Vec::new())
    }
}

/// The longest acknowledgement that a site takes, in bytes (ShotGrid documentation, Webhooks, "Acknowledgement size").
pub const MOST_ACKNOWLEDGED: usize = 4096;
