//! The administration of a site's webhooks.

use async_trait::async_trait;
use callboard_model::{AnswerTimes, SiteDelivery, SiteWebhook, WebhookDraft};
use jiff::Timestamp;

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

/// The webhooks of a site that lets us administer them (ShotGrid REST: `/webhook`). All of it needs the permission that the site
/// calls "Show Webhooks".
#[async_trait]
pub trait Webhooks: Send + Sync {
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
}

/// The longest acknowledgement that a site takes, in bytes (ShotGrid documentation, Webhooks, "Acknowledgement size").
pub const MOST_ACKNOWLEDGED: usize = 4096;
