//! Threads that runs are carried out on.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// Threads that stay, and of those that are free the one that was busy last is taken. A run holds much memory for a short time, and an
/// allocator keeps it for the thread that held it: on ever other threads each would keep as much.
#[derive(Default)]
pub(super) struct Threads {
    free: Arc<Mutex<Vec<Sender<Work>>>>,
}

impl Threads {
    /// Carries out what blocks. Errors when no thread can be begun; what comes answers an error where the work broke.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<oneshot::Receiver<T>> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let thread = match free {
            Some(thread) => thread,
            None => begin()?,
        };
        let (sender, answer) = oneshot::channel();
        let (free, again) = (self.free.clone(), thread.clone());
        let whole: Work = Box::new(move || {
            let done = work();
            // Before anybody hears of it, so that who comes next finds it.
            free.lock().unwrap_or_else(PoisonError::into_inner).push(again);
            // Nobody may wait any more.
            drop(sender.send(done));
        });
        // A thread that waits takes whatever comes; one whose work broke has ended, and is not among the free.
        thread
            .send(whole)
            .map_err(|_| io::Error::other("the thread has ended"))?;
        Ok(answer)
    }
}

/// A thread that waits for work until nobody can give it any.
fn begin() -> io::Result<Sender<Work>> {
    let (sender, work) = channel::<Work>();
    thread::Builder::new().name("what-if".into()).spawn(move || {
        for work in work {
            work();
        }
    })?;
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use std::thread::{ThreadId, current};

    use super::*;

    async fn thread_of(threads: &Threads) -> ThreadId {
        threads.run(|| current().id()).unwrap().await.unwrap()
    }

    #[tokio::test]
    async fn who_comes_one_after_the_other_has_the_same_thread() {
        let threads = Threads::default();
        let first = thread_of(&threads).await;
        for _ in 0..20 {
            assert_eq!(thread_of(&threads).await, first);
        }
    }

    #[tokio::test]
    async fn who_comes_meanwhile_does_not_wait() {
        let threads = Threads::default();
        let (go, may_go) = channel();
        let long = threads.run(move || may_go.recv()).unwrap();
        thread_of(&threads).await;
        go.send(()).unwrap();
        assert_eq!(long.await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn work_that_breaks_is_answered_with_an_error_and_leaves_the_others_alone() {
        let threads = Threads::default();
        thread_of(&threads).await;
        threads.run(|| panic!("a rule broke")).unwrap().await.unwrap_err();
        thread_of(&threads).await;
    }
}
