//! Preferences: shown, and changed while the program runs.

use crate::api::{ApiError, Preferences};
use crate::settings::SettingsChange;
use crate::start::Engine;

impl Engine {
    /// What is chosen.
    pub(crate) fn preferences(&self) -> Preferences {
        self.settings().preferences()
    }

    /// Chooses otherwise: kept in the settings file, and effective at once.
    pub(crate) async fn set_preferences(&self, preferences: Preferences) -> Result<Preferences, ApiError> {
        let engine = self.clone();
        self.in_full(async move {
            let mut keeping = engine.keeping().lock().await;
            keeping.change(&SettingsChange::Preferences(preferences))?;
            Ok(keeping.settings().preferences())
        })
        .await
    }
}
