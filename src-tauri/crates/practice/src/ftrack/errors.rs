//! What the API says when it refuses: an object in the place of the list of results. ftrack: API transport.

use serde_json::{Value, json};

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    exception: &'static str,
    content: String,
    error_code: Option<&'static str>,
    status: u16,
}

impl Fault {
    /// What was asked for makes no sense to the schema or to the workflow.
    pub(super) fn invalid(content: impl Into<String>) -> Self {
        Self {
            exception: "ValidationError",
            content: content.into(),
            error_code: None,
            status: 400,
        }
    }

    /// A query that cannot be read.
    pub(super) fn unreadable(content: impl Into<String>) -> Self {
        Self {
            exception: "ParseError",
            ..Self::invalid(content)
        }
    }

    pub(super) fn credentials() -> Self {
        Self {
            exception: "InvalidCredentialsError",
            content: "The supplied API key is not valid.".to_owned(),
            error_code: Some("api_credentials_invalid"),
            status: 401,
        }
    }

    pub(super) fn forbidden(content: impl Into<String>) -> Self {
        Self {
            exception: "PermissionError",
            content: content.into(),
            error_code: None,
            status: 403,
        }
    }

    pub(super) fn no_such(kind: &str, key: &str) -> Self {
        Self::invalid(format!("No {kind} found with primary key [{key}]."))
    }

    pub(super) fn content(&self) -> &str {
        &self.content
    }

    /// 200 unless the caller asked for strict answers.
    pub(super) fn status(&self, strict: bool) -> u16 {
        if strict { self.status } else { 200 }
    }

    pub(super) fn document(&self) -> Value {
        json!({"exception": self.exception, "content": self.content, "error_code": self.error_code})
    }
}
