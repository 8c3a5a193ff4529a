//! How much the secret of a hook is worth, told without telling it.

use callboard_trackers::shotgrid::SIGNATURE_STRENGTH;
use sha2::{Digest, Sha256};

use crate::health::Watched;
use crate::settings::SiteKind;

/// Shorter secrets can be found by trying, with one delivery to try on. In bytes.
const SHORTEST: usize = 16;

/// A secret as far as it must be known to be compared with another.
#[derive(Clone)]
pub(crate) struct SecretMark {
    digest: [u8; 32],
    length: usize,
}

impl std::fmt::Debug for SecretMark {
    /// Without the digest, from which a short secret can be found.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretMark(…)")
    }
}

impl SecretMark {
    pub(crate) fn of(secret: &str) -> Self {
        Self {
            digest: Sha256::digest(secret).into(),
            length: secret.len(),
        }
    }

    fn is(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

/// Which of the other hooks has the same secret: what is signed for one is good for the other.
pub(crate) fn who_shares<'a>(name: &str, secret: &SecretMark, hooks: &'a [Watched]) -> Option<&'a Watched> {
    let mut others = hooks.iter().filter(|other| other.name.as_str() != name);
    others.find(|other| other.secret.as_ref().is_some_and(|of_other| of_other.is(secret)))
}

/// What makes the secret of a hook worth less than it could be, as sentences with what to do.
pub(crate) fn weaknesses(hook: &Watched, hooks: &[Watched]) -> Vec<String> {
    let mut weaknesses = avoidable(hook, hooks);
    if hook.kind == SiteKind::Shotgrid && hook.secret.is_some() {
        weaknesses.push(SIGNATURE_STRENGTH.to_owned());
    }
    weaknesses
}

/// The same without what the vendor imposes.
pub(crate) fn avoidable(hook: &Watched, hooks: &[Watched]) -> Vec<String> {
    let Some(secret) = &hook.secret else {
        return Vec::new();
    };
    let mut weaknesses = Vec::new();
    if let Some(other) = who_shares(hook.name.as_str(), secret, hooks) {
        weaknesses.push(format!(
            "Hook {} has the same secret, so that a delivery to one can be sent to the other as well. Give each a secret of its own",
            other.name
        ));
    }
    if secret.length < SHORTEST {
        weaknesses.push(format!(
            "The secret is shorter than {SHORTEST} bytes and can be found by trying. Give the hook a new one"
        ));
    }
    weaknesses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(name: &str, kind: SiteKind, secret: Option<&str>) -> Watched {
        Watched {
            name: name.into(),
            site: "show".into(),
            secret: secret.map(SecretMark::of),
            kind,
            read_back: false,
        }
    }

    #[test]
    fn a_secret_that_is_short_or_another_hooks_is_said_to_be_weak_and_never_told() {
        let long = "0123456789abcdef";
        let hooks = [
            hook("one", SiteKind::CreativeForce, Some(long)),
            hook("two", SiteKind::Shotgrid, Some(long)),
            hook("three", SiteKind::CreativeForce, Some("0123456789abcde")),
            hook("four", SiteKind::Ftrack, Some("fedcba9876543210")),
            hook("open", SiteKind::Shotgrid, None),
        ];
        let told = |n: usize| weaknesses(&hooks[n], &hooks);
        assert!(
            told(0).len() == 1 && told(0)[0].contains("Hook two has the same secret"),
            "{:?}",
            told(0)
        );
        assert!(told(1).len() == 2 && told(1)[0].contains("Hook one"), "{:?}", told(1));
        assert!(told(1)[1].contains("SHA-1"), "{:?}", told(1));
        assert!(told(2).len() == 1 && told(2)[0].contains("16 bytes"), "{:?}", told(2));
        assert_eq!((told(3).len(), told(4).len()), (0, 0));
        let all = format!("{hooks:?}{:?}", (0..5).flat_map(told).collect::<Vec<_>>());
        assert!(!all.contains("0123"), "{all}");
    }
}
