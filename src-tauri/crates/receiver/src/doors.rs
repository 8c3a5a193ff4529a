//! Which hooks there are, and under which names they are reached. Both may change while the receiver runs.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use callboard_model::HookName;

use crate::knocks::Knocks;
use crate::{HookDoor, is_ours};

/// The doors of a receiver. Clones share them.
#[derive(Clone, Default)]
pub struct Doors {
    open: Arc<RwLock<Open>>,
    knocks: Arc<Knocks>,
}

#[derive(Default)]
struct Open {
    doors: HashMap<String, Arc<HookDoor>>,
    /// Names besides loopback that a request's `Host` may carry.
    public_names: Vec<String>,
}

impl Doors {
    /// Doors for these hooks. `public_names` are the host names under which a proxy or tunnel reaches this machine.
    #[must_use]
    pub fn new(hooks: impl IntoIterator<Item = HookDoor>, public_names: Vec<String>) -> Self {
        let doors = Self::default();
        for hook in hooks {
            doors.put(hook);
        }
        doors.set_public_names(public_names);
        doors
    }

    /// Opens a door, or changes the one of that name.
    pub fn put(&self, door: HookDoor) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.doors.insert(door.name.as_str().to_owned(), Arc::new(door));
    }

    /// Closes a door. Deliveries under way are still taken.
    pub fn remove(&self, name: &HookName) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.doors.remove(name.as_str());
    }

    /// Sets the names under which a proxy or tunnel reaches this machine.
    pub fn set_public_names(&self, names: Vec<String>) {
        self.open.write().unwrap_or_else(PoisonError::into_inner).public_names = names;
    }

    /// Those names.
    #[must_use]
    pub fn public_names(&self) -> Vec<String> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.public_names.clone()
    }

    /// Whether a `Host` value names this machine.
    #[must_use]
    pub fn answers_to(&self, host: &str) -> bool {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        is_ours(host, &open.public_names)
    }

    /// What has knocked at the receiver and is no delivery.
    #[must_use]
    pub fn knocks(&self) -> &Knocks {
        &self.knocks
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<HookDoor>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.doors.get(name).cloned()
    }
}
