//! The names that things go by.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use ts_rs::TS;

/// Such words are short and stand everywhere, in a replay a million times over: up to 23 bytes are held in place, and no word is
/// copied on the heap.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, TS)]
        #[ts(export)]
        pub struct $name(
            #[schemars(with = "String")]
            #[ts(as = "String")]
            SmolStr,
        );

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

word! {
    /// An entity type as the tracker spells it: `Version`, `Task`, `Shot`, `Asset`, `CustomEntity03` …
    EntityType
}
word! {
    /// A status code as the site knows it (`rev`, `apv`). Compared byte for byte, never by its label.
    StatusCode
}
word! {
    /// A site's name in the settings: letters, digits, `-` and `_`.
    SiteName
}
word! {
    /// A hook's name: the last part of its address, `POST /hooks/NAME`.
    HookName
}
word! {
    /// What makes an event one event, within its site, whichever road it came by. Made from signed bytes only.
    EventKey
}
word! {
    /// A rule's id within its rule set. Stands on every change that the rule caused.
    RuleId
}

impl EntityType {
    /// `Version`: a piece of work submitted for review.
    pub const VERSION: &'static str = "Version";
    /// `Task`: work of one pipeline step on a Shot or Asset.
    pub const TASK: &'static str = "Task";
    /// `Shot`: what the tasks are for.
    pub const SHOT: &'static str = "Shot";

    /// `Note`: something said about other entities.
    pub const NOTE: &'static str = "Note";

    /// Whether this is the type of that name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.0 == name
    }
}

/// Why a site's or hook's name cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct NameError(String);

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" cannot be a name: use 1 to 64 letters, digits, - and _",
            self.0
        )
    }
}

impl std::error::Error for NameError {}

fn address_part(text: &str) -> Result<String, NameError> {
    let fits = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fits {
        Ok(text.to_owned())
    } else {
        Err(NameError(text.to_owned()))
    }
}

impl SiteName {
    /// A checked name. Errors when it holds anything but letters, digits, `-` and `_`, or is not 1 to 64 long.
    pub fn new(text: &str) -> Result<Self, NameError> {
        address_part(text).map(Self::from)
    }
}

impl HookName {
    /// A checked name. Errors when it holds anything but letters, digits, `-` and `_`, or is not 1 to 64 long.
    pub fn new(text: &str) -> Result<Self, NameError> {
        address_part(text).map(Self::from)
    }
}

/// An entity's id: ShotGrid counts, ftrack and Kitsu use UUIDs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, TS)]
#[serde(untagged)]
#[ts(export)]
pub enum EntityId {
    /// A number, as ShotGrid has.
    Number(#[ts(type = "number")] i64),
    /// A text, as ftrack and Kitsu have.
    Text(String),
}

impl EntityId {
    /// The number, where it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<i64> {
        match self {
            Self::Number(n) => Some(*n),
            Self::Text(_) => None,
        }
    }
}

impl From<i64> for EntityId {
    fn from(n: i64) -> Self {
        Self::Number(n)
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => write!(f, "{n}"),
            Self::Text(t) => f.write_str(t),
        }
    }
}

/// Which entity, and nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, TS)]
#[ts(export)]
pub struct EntityKey {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// Its id.
    pub id: EntityId,
}

impl EntityKey {
    /// The entity of that type and id.
    pub fn new(kind: impl Into<EntityType>, id: impl Into<EntityId>) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
        }
    }
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// Which entity, with its name where somebody said it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EntityRef {
    /// Type and id.
    #[serde(flatten)]
    pub key: EntityKey,
    /// What people call it; none until it has been read from the site.
    #[serde(default)]
    pub name: Option<String>,
}

impl EntityRef {
    /// A reference without a name.
    pub fn new(kind: impl Into<EntityType>, id: impl Into<EntityId>) -> Self {
        Self {
            key: EntityKey::new(kind, id),
            name: None,
        }
    }

    /// The same, with this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}
