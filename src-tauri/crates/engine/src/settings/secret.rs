//! A secret as the settings name it.

use serde::Deserialize;

use super::SettingsError;
use crate::secrets::Safe;

/// A secret, or where it is kept.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Secret {
    /// As it is.
    Plain(String),
    /// In an environment variable.
    Env {
        /// The variable's name.
        env: String,
    },
    /// In the system's keychain, under the service `callboard`.
    Keychain {
        /// The entry's name.
        keychain: String,
    },
    /// In the encrypted file in the data folder.
    File {
        /// The secret's name there.
        file: String,
    },
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The secret itself. Errors when it is not where the settings say.
    pub fn reveal(&self, safe: &Safe) -> Result<String, SettingsError> {
        match self {
            Self::Plain(text) => Ok(text.clone()),
            Self::Env { env } => std::env::var(env).map_err(|_| SettingsError::NoVariable(env.clone())),
            Self::Keychain { keychain } => safe.in_keychain(keychain),
            Self::File { file } => safe.in_file(file),
        }
    }

    /// How well it is kept there, for whoever entered it.
    #[must_use]
    pub fn strength(&self) -> &'static str {
        match self {
            Self::Plain(_) => "It stands in the settings file as it is: whoever can read that file has it",
            Self::Env { .. } => "It comes from an environment variable of whoever starts Callboard",
            Self::Keychain { .. } => "It is in the system's keychain",
            Self::File { .. } => Safe::FILE_STRENGTH,
        }
    }
}
