use std::cmp::Ordering;
use std::fmt;

use callboard_model::EntityType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An entity type as a rule set file spells it: lower case, words joined by `_` (`version`, `custom_entity03`).
///
/// They sort as a production reads them: Version, Task, Shot, then the others by name. So a file that has been through
/// the program keeps its columns in that order, whatever carried it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS)]
#[schemars(extend("pattern" = "^[a-z][a-z0-9_]*$"))]
#[ts(export)]
pub struct ColumnName(String);

impl ColumnName {
    /// The column that holds this entity type's statuses.
    #[must_use]
    pub fn of(kind: &EntityType) -> Self {
        let mut name = String::with_capacity(kind.as_str().len() + 2);
        for c in kind.as_str().chars() {
            if c.is_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.extend(c.to_lowercase());
        }
        Self(name)
    }

    /// The name as it stands in the file.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The entity type as a tracker spells it.
    #[must_use]
    pub fn entity_type(&self) -> EntityType {
        let words = self.0.split('_').filter(|w| !w.is_empty());
        let joined: String = words
            .flat_map(|word| {
                let mut letters = word.chars();
                let first = letters.next().into_iter().flat_map(char::to_uppercase);
                first.chain(letters).collect::<Vec<_>>()
            })
            .collect();
        EntityType::from(joined)
    }

    /// What people call it: `Version`, `Custom Entity03`.
    #[must_use]
    pub fn title(&self) -> String {
        let words: Vec<_> = self
            .0
            .split('_')
            .map(|w| Self(w.to_owned()).entity_type().to_string())
            .collect();
        words.join(" ")
    }

    fn rank(&self) -> u8 {
        match self.as_str() {
            "version" => 0,
            "task" => 1,
            "shot" => 2,
            _ => 3,
        }
    }
}

impl From<&str> for ColumnName {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for ColumnName {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.rank(), &self.0).cmp(&(other.rank(), &other.0))
    }
}

impl PartialOrd for ColumnName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_to_the_tracker_and_back() {
        for (column, kind, title) in [
            ("version", "Version", "Version"),
            ("custom_entity03", "CustomEntity03", "Custom Entity03"),
            ("asset_build", "AssetBuild", "Asset Build"),
        ] {
            let name = ColumnName::from(column);
            assert_eq!(name.entity_type(), EntityType::from(kind));
            assert_eq!(ColumnName::of(&EntityType::from(kind)), name);
            assert_eq!(name.title(), title);
        }
    }

    #[test]
    fn columns_stand_in_the_order_of_the_house() {
        let mut names: Vec<_> = ["asset", "shot", "task", "version"].map(ColumnName::from).into();
        names.sort();
        assert_eq!(names, ["version", "task", "shot", "asset"].map(ColumnName::from));
    }
}
