//! Where changes may be written in one project of a site.

use std::collections::HashSet;

use callboard_model::EntityId;
use serde::Deserialize;

use super::{SettingsError, SiteSettings, WriteMode};

/// One `[[site.project]]`: what holds for it in place of the site's own `write`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSettings {
    /// The site's id of the project.
    pub id: EntityId,
    /// What people call it; only for reading the file and for sentences.
    #[serde(default)]
    pub name: String,
    /// Where changes may be written.
    pub write: ProjectWrite,
}

/// What Callboard may do to what belongs to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectWrite {
    /// Keep and show its events, and run no rule for them. Nothing is written there.
    Off,
    /// Decide and show, write nothing.
    Watch,
    /// Write what a person has accepted.
    Ask,
    /// Write.
    Act,
}

impl ProjectWrite {
    /// Every mode there is.
    pub const ALL: [Self; 4] = [Self::Off, Self::Watch, Self::Ask, Self::Act];

    /// The mode as the settings spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Watch => "watch",
            Self::Ask => "ask",
            Self::Act => "act",
        }
    }
}

impl From<WriteMode> for ProjectWrite {
    fn from(mode: WriteMode) -> Self {
        match mode {
            WriteMode::Watch => Self::Watch,
            WriteMode::Ask => Self::Ask,
            WriteMode::Act => Self::Act,
        }
    }
}

impl SiteSettings {
    /// A project that is listed.
    pub(crate) fn project(&self, id: &EntityId) -> Option<&ProjectSettings> {
        self.projects.iter().find(|project| project.id == *id)
    }

    /// The mode that holds for what belongs to a project; none: to no project, or to one that is not known.
    pub(crate) fn mode_of(&self, project: Option<&EntityId>) -> ProjectWrite {
        match project.and_then(|id| self.project(id)) {
            Some(listed) => listed.write,
            None if self.only_listed => ProjectWrite::Off,
            None => self.write.into(),
        }
    }

    pub(super) fn check_projects(&self) -> Result<(), SettingsError> {
        let mut seen = HashSet::new();
        match self.projects.iter().find(|project| !seen.insert(&project.id)) {
            Some(twice) => Err(SettingsError::ProjectTwice {
                site: self.name.clone(),
                project: twice.id.to_string(),
            }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    const LISTED: &str = r#"
        [[site]]
        name = "show"
        kind = "shotgrid"
        url = "https://show.example"
        script_name = "c"
        script_key = "k"
        write = "ask"

        [[site.project]]
        id = 122
        name = "Northlight"
        write = "act"

        [[site.project]]
        id = "b8e2"
        write = "off"
    "#;

    fn mode(text: &str, project: Option<&EntityId>) -> ProjectWrite {
        Settings::parse(text).unwrap().sites[0].mode_of(project)
    }

    #[test]
    fn what_is_said_of_a_project_wins_over_its_site() {
        assert_eq!(mode(LISTED, Some(&122.into())), ProjectWrite::Act);
        assert_eq!(mode(LISTED, Some(&EntityId::Text("b8e2".into()))), ProjectWrite::Off);
        assert_eq!(mode(LISTED, Some(&123.into())), ProjectWrite::Ask);
        assert_eq!(mode(LISTED, None), ProjectWrite::Ask);
    }

    #[test]
    fn with_only_those_listed_everything_else_is_left_out() {
        let only = LISTED.replace("write = \"ask\"", "write = \"ask\"\nonly_listed = true");
        assert_eq!(mode(&only, Some(&122.into())), ProjectWrite::Act);
        assert_eq!(mode(&only, Some(&123.into())), ProjectWrite::Off);
        assert_eq!(mode(&only, None), ProjectWrite::Off);
    }

    #[test]
    fn a_project_stands_once_and_has_a_mode_that_there_is() {
        let twice = LISTED.replace("\"b8e2\"", "122");
        let told = Settings::parse(&twice).unwrap_err().to_string();
        assert!(told.contains("122") && told.contains("show"), "{told}");
        let told = Settings::parse(&LISTED.replace("\"off\"", "\"of\""))
            .unwrap_err()
            .to_string();
        assert!(told.contains("of") && told.contains("watch"), "{told}");
    }
}
