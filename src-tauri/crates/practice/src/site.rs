//! What all parts of a running site share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::creative_force;
use crate::ftrack;
use crate::sending;
use crate::world::World;

/// A running site: its world behind one lock that is never held across an await.
pub(crate) struct Site {
    world: Mutex<World>,
    pub(crate) ftrack: ftrack::Side,
    pub(crate) creative_force: creative_force::Side,
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) cancel: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Site {
    pub(crate) fn new(
        world: World,
        ftrack: ftrack::Side,
        creative_force: creative_force::Side,
        http: reqwest::Client,
        url: String,
    ) -> Arc<Self> {
        let site = Self {
            world: Mutex::new(world),
            ftrack,
            creative_force,
            http,
            url,
            cancel: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        Arc::new(site)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        // A task that panicked left data behind, not broken memory: the others go on.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to send for a hook. The caller holds the world, so the worker waits its turn.
    pub(crate) fn start_worker(self: &Arc<Self>, index: usize) {
        self.tasks.spawn(sending::worker(Arc::clone(self), index));
    }
}
