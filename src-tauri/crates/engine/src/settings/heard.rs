//! What the settings of a site that is only heard may say, and those of its hooks.

use axum::http::{HeaderName, HeaderValue};
use callboard_trackers::creative_force::Filter;

use super::{HookSettings, ProjectWrite, SettingsError, SiteKind, SiteSettings, WriteMode};

/// Headers that each delivery has anyway, or that something between may change.
const NOT_CUSTOM: [&str; 7] = [
    "host",
    "content-type",
    "content-length",
    "connection",
    "transfer-encoding",
    "x-cf-event",
    "x-cf-signature",
];

impl SiteSettings {
    /// Nothing can be written there, so nobody may think that something is.
    pub(super) fn check_heard(&self) -> Result<(), SettingsError> {
        let writes = |mode: ProjectWrite| matches!(mode, ProjectWrite::Ask | ProjectWrite::Act);
        if self.write != WriteMode::Watch || self.projects.iter().any(|project| writes(project.write)) {
            return Err(SettingsError::NotWritten(self.name.clone()));
        }
        Ok(())
    }
}

impl HookSettings {
    /// Which deliveries are worked on. Errors where a name is none of those that Creative Force has.
    pub(crate) fn filter(&self) -> Result<Filter, SettingsError> {
        Filter::new(&self.workspaces, &self.steps).map_err(|why| self.wrong(why))
    }

    /// The name of a custom header. Errors where it is none, or one that every delivery has.
    pub(crate) fn header_name(&self, name: &str) -> Result<HeaderName, SettingsError> {
        let parsed = HeaderName::try_from(name).ok();
        let own = parsed.filter(|name| !NOT_CUSTOM.contains(&name.as_str()));
        own.ok_or_else(|| self.wrong(format!("\"{name}\" cannot be the name of a custom header")))
    }

    /// The value of a custom header. Errors where it cannot stand in one, without quoting it.
    pub(crate) fn header_value(&self, name: &str, value: &str) -> Result<HeaderValue, SettingsError> {
        let parsed = HeaderValue::try_from(value).ok().filter(|value| !value.is_empty());
        let mut value = parsed.ok_or_else(|| {
            self.wrong(format!(
                "the value of the custom header {name} is empty, or has signs that no header may have"
            ))
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    pub(super) fn check_heard(&self, kind: SiteKind) -> Result<(), SettingsError> {
        let says_something = !self.workspaces.is_empty() || !self.steps.is_empty() || !self.headers.is_empty();
        if kind != SiteKind::CreativeForce && says_something {
            return Err(self.wrong("workspaces, steps and headers are for hooks of Creative Force alone"));
        }
        self.filter()?;
        for (name, value) in &self.headers {
            self.header_name(name)?;
            if let super::Secret::Plain(text) = value {
                self.header_value(name, text)?;
            }
        }
        Ok(())
    }

    fn wrong(&self, why: impl Into<String>) -> SettingsError {
        SettingsError::Hook {
            hook: self.name.clone(),
            why: why.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    const GOOD: &str = r#"
        [[site]]
        name = "studio"
        kind = "creative_force"

        [[hook]]
        name = "cf"
        site = "studio"
        secret = "a2V5"
        workspaces = ["North"]
        steps = ["capture", "Post-Review"]
        headers = { X-Studio = "hunter2" }

        [[outgoing]]
        name = "tools"
        url = "http://127.0.0.1:9000/callboard"
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        on = ["would_set", "hook_failed"]
    "#;

    fn told(text: &str) -> String {
        Settings::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_studio_needs_no_key_and_is_watched() {
        let settings = Settings::parse(GOOD).unwrap();
        assert_eq!(settings.sites[0].write.as_str(), "watch");
        assert!(settings.outgoing[0].wants("would_set") && !settings.outgoing[0].wants("confirmed"));
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn what_cannot_be_is_said_in_words_that_quote_no_secret() {
        for (good, bad, word) in [
            (
                "kind = \"creative_force\"",
                "kind = \"creative_force\"\nwrite = \"act\"",
                "watch",
            ),
            ("Post-Review", "Photography", "Photography"),
            ("North", "", "workspace"),
            ("X-Studio", "\"X Studio\"", "X Studio"),
            ("X-Studio", "X-CF-Signature", "X-CF-Signature"),
            ("hunter2", "hunter2\\n", "X-Studio"),
            ("http://127.0.0.1:9000/callboard", "ftp://x", "https://"),
            ("http://127.0.0.1:9000/callboard", "https://ann:hunter2@x", "https://"),
            (
                "http://127.0.0.1:9000/callboard",
                "http://169.254.169.254/latest",
                "no site is at",
            ),
            (
                "http://127.0.0.1:9000/callboard",
                "http://[::ffff:a9fe:a9fe]/",
                "no site is at",
            ),
            ("whsec_MfKQ", "MfKQ", "whsec_"),
            ("hook_failed", "everything", "everything"),
            (
                "[[outgoing]]",
                "[[outgoing]]\nname = \"tools\"\nurl = \"http://x\"\nsecret = { env = \"X\" }\n[[outgoing]]",
                "two outgoing",
            ),
        ] {
            let said = told(&GOOD.replace(good, bad));
            assert!(
                said.contains(word) && !said.contains("9r8GK") && !said.contains("hunter2"),
                "{said}"
            );
        }
        let shotgrid = GOOD.replace(
            "creative_force",
            "shotgrid\"\nurl=\"https://x\"\nscript_name=\"a\"\nscript_key=\"b",
        );
        assert!(told(&shotgrid).contains("Creative Force alone"));
    }
}
