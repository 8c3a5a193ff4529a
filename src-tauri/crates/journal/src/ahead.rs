//! Reading ahead: one thread reads while another works on what was read.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::JournalError;

/// Rows that are handed over at once: many enough that handing over costs nothing, few enough to stay in a processor's cache.
const LOT: usize = 256;
/// Lots that may lie ready. Then reading waits, so that memory stays bounded however slow the other is.
const READY: usize = 8;

/// Has `read` read on a thread of its own, and gives `each` all that it read, in its order, on this one. When `each` breaks
/// off, so does `read`, after a few lots at most. Errors are those of `read`.
pub(crate) fn ahead<T: Send>(
    read: impl FnOnce(&mut dyn FnMut(T) -> ControlFlow<()>) -> Result<(), JournalError> + Send,
    each: &mut dyn FnMut(&T) -> ControlFlow<()>,
) -> Result<(), JournalError> {
    thread::scope(|scope| {
        let (ready, lots) = sync_channel(READY);
        let reading = scope.spawn(move || {
            let mut lot = Vec::with_capacity(LOT);
            read(&mut |one| {
                lot.push(one);
                if lot.len() < LOT {
                    return ControlFlow::Continue(());
                }
                let full = std::mem::replace(&mut lot, Vec::with_capacity(LOT));
                // Nobody takes any more when the other has broken off.
                ready.send(full).map_or(ControlFlow::Break(()), ControlFlow::Continue)
            })?;
            let _ = ready.send(lot);
            Ok(())
        });
        let _ = lots
            .iter()
            .try_for_each(|lot: Vec<T>| lot.iter().try_for_each(&mut *each));
        drop(lots);
        reading.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
