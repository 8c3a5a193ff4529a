//! Where secrets are kept: the system's keychain or, where there is none, an encrypted file in the data folder.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};

use crate::settings::{Secret, SettingsError};

/// The keychain's name for this program.
const SERVICE: &str = "callboard";
/// The environment variable that holds the file's key: 64 hex digits.
const KEY_VARIABLE: &str = "CALLBOARD_SECRETS_KEY";
/// The file of secrets and, where no variable is set, the file of its key.
const FILE: &str = "secrets.json";
const KEY_FILE: &str = "secrets.key";

/// Where new secrets go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepIn {
    /// The system's keychain; the encrypted file where there is none.
    #[default]
    Keychain,
    /// The encrypted file.
    File,
    /// The settings of this run, with which they are forgotten: nothing is written anywhere.
    Memory,
}

impl FromStr for KeepIn {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "keychain" => Ok(Self::Keychain),
            "file" => Ok(Self::File),
            other => Err(format!("\"{other}\" is neither keychain nor file")),
        }
    }
}

/// Where secrets are kept.
#[derive(Clone, Debug)]
pub struct Safe {
    folder: PathBuf,
    keep_in: KeepIn,
    keychain: Keychain,
}

/// Looks up the entry of a name in a keychain.
type Keychain = fn(&str) -> keyring::Result<keyring::Entry>;

fn keychain_of_the_system(name: &str) -> keyring::Result<keyring::Entry> {
    keyring::Entry::new(SERVICE, name)
}

/// The file: each secret with a nonce of its own, bound to its name.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    callboard: u32,
    secrets: BTreeMap<String, String>,
}

impl Safe {
    /// How well the encrypted file keeps a secret, for whoever entered it.
    pub const FILE_STRENGTH: &'static str = "It is in an encrypted file in the data folder, because no keychain could be used or the file was chosen. A copy of \
         that file alone tells nothing. Unless CALLBOARD_SECRETS_KEY is set, the key lies beside it, so whoever can read the whole folder can \
         read the secret";

    /// The safe of a data folder.
    #[must_use]
    pub fn new(folder: &Path, keep_in: KeepIn) -> Self {
        Self {
            folder: folder.to_owned(),
            keep_in,
            keychain: keychain_of_the_system,
        }
    }

    /// Keeps a secret under a name, in place of what was kept there. The answer is what the settings say.
    pub(crate) fn keep(&self, name: &str, secret: &str) -> Result<Secret, SettingsError> {
        match self.keep_in {
            KeepIn::Memory => return Ok(Secret::Plain(secret.to_owned())),
            KeepIn::Keychain => {
                let put = (self.keychain)(name).and_then(|entry| entry.set_password(secret));
                match put {
                    Ok(()) => {
                        return Ok(Secret::Keychain {
                            keychain: name.to_owned(),
                        });
                    }
                    Err(error) => tracing::info!(%error, "secrets: no keychain here, the encrypted file is used"),
                }
            }
            KeepIn::File => {}
        }
        let put = self.change(|kept, cipher| {
            kept.secrets.insert(name.to_owned(), seal(cipher, name, secret)?);
            Ok(())
        });
        put.map_err(|why| SettingsError::NotKept {
            name: name.to_owned(),
            why,
        })?;
        Ok(Secret::File { file: name.to_owned() })
    }

    /// Forgets a secret that was kept here. One that cannot be forgotten is left: nothing names it any more.
    pub(crate) fn forget(&self, secret: &Secret) {
        let forgotten = match secret {
            Secret::Plain(_) | Secret::Env { .. } => Ok(()),
            Secret::Keychain { keychain } => (self.keychain)(keychain)
                .and_then(|entry| entry.delete_credential())
                .map_err(|e| e.to_string()),
            Secret::File { file } => self.change(|kept, _| {
                kept.secrets.remove(file);
                Ok(())
            }),
        };
        if let Err(error) = forgotten {
            tracing::warn!(%error, "secrets: a secret that is no longer used could not be removed");
        }
    }

    pub(crate) fn in_keychain(&self, name: &str) -> Result<String, SettingsError> {
        (self.keychain)(name)
            .and_then(|entry| entry.get_password())
            .map_err(|e| SettingsError::Keychain {
                name: name.to_owned(),
                why: e.to_string(),
            })
    }

    pub(crate) fn in_file(&self, name: &str) -> Result<String, SettingsError> {
        let read = || {
            let kept = self.read()?;
            let sealed = kept.secrets.get(name).ok_or("it is not there")?;
            open(&self.cipher()?, name, sealed)
        };
        read().map_err(|why: String| SettingsError::File {
            name: name.to_owned(),
            path: self.folder.join(FILE).display().to_string(),
            why,
        })
    }

    fn read(&self) -> Result<Kept, String> {
        match std::fs::read(self.folder.join(FILE)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| "the file is damaged".to_owned()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Kept {
                callboard: 1,
                ..Kept::default()
            }),
            Err(e) => Err(e.to_string()),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Kept, &XChaCha20Poly1305) -> Result<(), String>) -> Result<(), String> {
        let mut kept = self.read()?;
        change(&mut kept, &self.cipher()?)?;
        let text = serde_json::to_vec_pretty(&kept).map_err(|e| e.to_string())?;
        write_private(&self.folder.join(FILE), &text).map_err(|e| e.to_string())
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305, String> {
        let path = self.folder.join(KEY_FILE);
        let digits = match std::env::var(KEY_VARIABLE) {
            Ok(digits) => digits,
            Err(_) => match std::fs::read_to_string(&path) {
                Ok(digits) => digits,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    let digits = random_hex().map_err(|e| e.to_string())?;
                    write_private(&path, digits.as_bytes()).map_err(|e| e.to_string())?;
                    digits
                }
                Err(e) => return Err(e.to_string()),
            },
        };
        let bytes: [u8; 32] = hex::decode(digits.trim())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| format!("the key in {KEY_VARIABLE} or {KEY_FILE} is not 64 hex digits"))?;
        Ok(XChaCha20Poly1305::new(&Key::from(bytes)))
    }
}

/// 256 random bits as 64 hex digits.
pub(crate) fn random_hex() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

fn seal(cipher: &XChaCha20Poly1305, name: &str, secret: &str) -> Result<String, String> {
    let mut nonce = [0_u8; 24];
    getrandom::fill(&mut nonce).map_err(|e| e.to_string())?;
    let bound = Payload {
        msg: secret.as_bytes(),
        aad: name.as_bytes(),
    };
    let sealed = cipher.encrypt(&XNonce::from(nonce), bound);
    let sealed = sealed.map_err(|_| "it cannot be encrypted".to_owned())?;
    Ok(STANDARD.encode([&nonce[..], &sealed].concat()))
}

fn open(cipher: &XChaCha20Poly1305, name: &str, sealed: &str) -> Result<String, String> {
    let damaged = || "it is damaged, or was encrypted with another key".to_owned();
    let bytes = STANDARD.decode(sealed).map_err(|_| damaged())?;
    let (nonce, sealed) = bytes.split_first_chunk::<24>().ok_or_else(damaged)?;
    let bound = Payload {
        msg: sealed,
        aad: name.as_bytes(),
    };
    let opened = cipher.decrypt(&XNonce::from(*nonce), bound).map_err(|_| damaged())?;
    String::from_utf8(opened).map_err(|_| damaged())
}

/// Puts a file in the place of another, whole or not at all, to be read by this account alone.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // A link stays a link: what it leads to is written.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    // Temporary files are made for this account alone.
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use keyring_core::CredentialStore;
    use keyring_core::mock::{Cred, Store};

    use super::*;

    /// A keychain in memory, for all tests together.
    fn in_memory(name: &str) -> keyring::Result<keyring::Entry> {
        static STORE: LazyLock<Arc<CredentialStore>> = LazyLock::new(|| Store::new().unwrap());
        let inner = STORE.build(SERVICE, name, None)?;
        Ok(keyring::Entry { inner })
    }

    fn with_keychain(folder: &Path, keychain: Keychain) -> Safe {
        Safe {
            keychain,
            ..Safe::new(folder, KeepIn::Keychain)
        }
    }

    impl Safe {
        /// For secrets that need no safe.
        pub(crate) fn nowhere() -> Self {
            Self::new(Path::new("/nonexistent"), KeepIn::Memory)
        }
    }

    #[test]
    fn the_file_gives_back_what_it_was_given_and_shows_none_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let safe = Safe::new(folder.path(), KeepIn::File);
        let kept = safe.keep("site:practice", "a-key-of-a-script").unwrap();
        let other = safe.keep("hook:status", "another").unwrap();
        assert_eq!(kept.reveal(&safe).unwrap(), "a-key-of-a-script");
        assert_eq!(other.reveal(&safe).unwrap(), "another");
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!text.contains("a-key-of-a-script"), "{text}");
        assert!(!text.contains(&STANDARD.encode("a-key-of-a-script")), "{text}");
        safe.forget(&other);
        assert!(other.reveal(&safe).is_err());
        assert!(kept.reveal(&safe).is_ok());
    }

    #[test]
    fn where_there_is_a_keychain_it_has_the_secret_and_no_file_does() {
        let folder = tempfile::tempdir().unwrap();
        let safe = with_keychain(folder.path(), in_memory);
        let kept = safe.keep("site:kept", "a-key-of-a-script").unwrap();
        let keychain = "site:kept".to_owned();
        assert_eq!(kept, Secret::Keychain { keychain });
        assert_eq!(kept.strength(), "It is in the system's keychain");
        assert_eq!(kept.reveal(&safe).unwrap(), "a-key-of-a-script");
        assert_eq!(
            in_memory("site:kept").unwrap().get_password().unwrap(),
            "a-key-of-a-script"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        safe.forget(&kept);
        let told = kept.reveal(&safe).unwrap_err().to_string();
        assert!(told.contains("site:kept") && !told.contains("a-key"), "{told}");
        assert!(in_memory("site:kept").unwrap().get_password().is_err());
    }

    #[test]
    fn where_the_keychain_takes_nothing_the_encrypted_file_has_the_secret_and_it_is_said() {
        fn nowhere(_: &str) -> keyring::Result<keyring::Entry> {
            Err(keyring::Error::NoDefaultStore)
        }
        fn locked(name: &str) -> keyring::Result<keyring::Entry> {
            let entry = in_memory(name)?;
            let cred: &Cred = entry.inner.as_any().downcast_ref().unwrap();
            cred.set_error(keyring::Error::NoStorageAccess("it is locked".into()));
            Ok(entry)
        }
        for keychain in [nowhere as Keychain, locked] {
            let folder = tempfile::tempdir().unwrap();
            let safe = with_keychain(folder.path(), keychain);
            let kept = safe.keep("site:refused", "a-key-of-a-script").unwrap();
            let file = "site:refused".to_owned();
            assert_eq!(kept, Secret::File { file });
            let said = kept.strength();
            assert!(
                said.contains("an encrypted file") && said.contains("no keychain could be used"),
                "{said}"
            );
            assert_eq!(kept.reveal(&safe).unwrap(), "a-key-of-a-script");
            let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
            assert!(text.contains("site:refused") && !text.contains("a-key"), "{text}");
            assert!(in_memory("site:refused").unwrap().get_password().is_err());
        }
    }

    #[test]
    fn a_secret_cannot_be_passed_off_under_another_name_or_with_another_key() {
        let folder = tempfile::tempdir().unwrap();
        let safe = Safe::new(folder.path(), KeepIn::File);
        safe.keep("site:one", "a-key-of-a-script").unwrap();
        let path = folder.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("site:one", "site:two")).unwrap();
        let told = safe.in_file("site:two").unwrap_err().to_string();
        assert!(told.contains("another key") && !told.contains("a-key"), "{told}");
        std::fs::write(&path, text).unwrap();
        assert!(safe.in_file("site:one").is_ok());
        std::fs::write(folder.path().join(KEY_FILE), random_hex().unwrap()).unwrap();
        assert!(safe.in_file("site:one").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_what_is_written_and_a_link_stays_one() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        Safe::new(folder.path(), KeepIn::File).keep("site:one", "x").unwrap();
        for name in [FILE, KEY_FILE] {
            let mode = std::fs::metadata(folder.path().join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join(FILE), &link).unwrap();
        write_private(&link, b"{}").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(folder.path().join(FILE)).unwrap(), b"{}");
    }
}
