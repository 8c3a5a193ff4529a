//! Issues: shown, acknowledged and resolved.

use callboard_journal::IssuesView;
use jiff::Timestamp;

use crate::api::{ApiError, ApiErrorCode};
use crate::start::Engine;

impl Engine {
    /// What needs a person, and what lately did.
    pub(crate) async fn issues(&self) -> Result<IssuesView, ApiError> {
        self.read(|reader| Ok(reader.issues_view()?)).await
    }

    /// Somebody has seen that an issue is open.
    pub(crate) async fn acknowledge_issue(&self, key: String, by: Option<String>) -> Result<IssuesView, ApiError> {
        let (by, now) = self.who(by);
        let known = self.desk().journal.acknowledge_issue(key, by, now).await?;
        self.after(known).await
    }

    /// Somebody says that an issue is done with.
    pub(crate) async fn resolve_issue(&self, key: String, by: Option<String>) -> Result<IssuesView, ApiError> {
        let (by, now) = self.who(by);
        let known = self.desk().journal.resolve_by(key, by, now).await?;
        self.after(known).await
    }

    fn who(&self, by: Option<String>) -> (String, Timestamp) {
        let by = by.unwrap_or_else(|| self.author().to_owned());
        (by, self.desk().clock.now())
    }

    async fn after(&self, known: bool) -> Result<IssuesView, ApiError> {
        if known {
            return self.issues().await;
        }
        Err(ApiError {
            code: ApiErrorCode::NotFound,
            message: "There is no such issue in the journal".to_owned(),
        })
    }
}
