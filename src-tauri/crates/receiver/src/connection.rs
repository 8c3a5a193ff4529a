//! Connections, with the timers that `axum::serve` does not set.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Bounds of a server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a request's headers may take, and how long a connection may lie idle.
    pub headers_within: Duration,
    /// How long a request's body may take.
    pub body_within: Duration,
    /// How long an answer may find no room on its way: a sender that does not read is cut off after that.
    pub answers_within: Duration,
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// Connections at once from one address of another machine; further ones are closed. Whatever comes through a tunnel or proxy on
    /// this machine comes from one address, so that one has no bound of its own.
    pub connections_each: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers_within: Duration::from_secs(10),
            body_within: Duration::from_secs(30),
            answers_within: Duration::from_secs(10),
            connections: 512,
            connections_each: 64,
        }
    }
}

/// What is held of a connection before it is understood, in bytes: of the head of a request, and of its body as it comes.
const BUFFER: usize = 64 * 1024;

/// How long a refused sender may go on sending before it is cut off. A connection that is closed on unread bytes is reset,
/// and a reset can take the answer with it.
const LINGER: Duration = Duration::from_secs(2);

/// How long a request in hand may take to finish once the server is told to stop: longer than the journal waits for a lock, and
/// with [`LINGER`] less than a service manager waits before it kills.
const GRACE: Duration = Duration::from_millis(2_500);

/// How long to wait where a connection could not be accepted: again at once would spin.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Whether a server has handles for new connections.
#[derive(Clone, Debug)]
pub(crate) struct Accepts(Arc<AtomicBool>);

impl Accepts {
    /// Whether the last one that came was accepted, or none waits.
    pub(crate) fn now(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Notes it, and answers what was noted before.
    fn note(&self, now: bool) -> bool {
        self.0.swap(now, Ordering::Relaxed)
    }
}

/// Serves until `stop`, then lets requests in hand finish. HTTP/1 only: no tracker needs more, and it has fewer ways to be abused.
pub async fn serve(listener: TcpListener, routes: Router, limits: Limits, stop: CancellationToken) {
    let accepts = Accepts(Arc::new(AtomicBool::new(true)));
    let routes = routes.layer(Extension(limits)).layer(Extension(accepts.clone()));
    let places = Arc::new(Semaphore::new(limits.connections));
    let visitors = Visitors::default();
    let open = TaskTracker::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // None is waiting, so none is kept waiting.
            () = tokio::time::sleep(ACCEPT_AGAIN), if !accepts.now() => {
                accepts.note(true);
                continue;
            }
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                accepts.note(true);
                let Some(visit) = Visit::begin(&visitors, peer.ip(), limits.connections_each) else {
                    continue;
                };
                let (routes, stop) = (routes.clone(), stop.clone());
                open.spawn(async move {
                    talk(stream, routes, limits, stop).await;
                    drop((place, visit));
                });
            }
            Err(error) => {
                // Out of file handles, mostly. Said once, however long it lasts.
                if accepts.note(false) {
                    tracing::warn!(%error, "receiver: cannot accept a connection");
                }
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    open.close();
    open.wait().await;
}

/// How many connections each address has, as long as it has any.
type Visitors = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// One connection of an address, counted until it ends.
struct Visit {
    visitors: Visitors,
    from: IpAddr,
}

impl Visit {
    /// Counts a connection; none where its address has as many as it may.
    fn begin(visitors: &Visitors, from: IpAddr, most: usize) -> Option<Self> {
        // An IPv4 address is one, whichever way the socket writes it.
        let from = from.to_canonical();
        let is_here = from == Ipv4Addr::LOCALHOST || from == Ipv6Addr::LOCALHOST;
        let mut counted = visitors.lock().unwrap_or_else(PoisonError::into_inner);
        let number = counted.entry(from).or_default();
        if *number >= most && !is_here {
            return None;
        }
        *number += 1;
        drop(counted);
        Some(Self {
            visitors: visitors.clone(),
            from,
        })
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut counted = self.visitors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut number) = counted.entry(self.from) {
            *number.get_mut() -= 1;
            if *number.get() == 0 {
                number.remove();
            }
        }
    }
}

async fn talk(stream: TcpStream, routes: Router, limits: Limits, stop: CancellationToken) {
    // An answer is one small packet: waiting to fill it would cost the tracker's budget.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    // Hyper asks for no next request until its answer is sent, and for that it would wait for ever.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.answers_within));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers_within)
        .max_headers(64)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(routes));
    let ended_well = tokio::select! {
        ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => ended.is_ok(),
        () = stop.cancelled() => {
            Pin::new(&mut connection).graceful_shutdown();
            let rest = poll_fn(|cx| connection.poll_without_shutdown(cx));
            matches!(tokio::time::timeout(GRACE, rest).await, Ok(Ok(())))
        }
    };
    if ended_well {
        let mut stream = connection.into_parts().io.into_inner();
        if stream.shutdown().await.is_ok() {
            let mut sink = vec![0_u8; 16 * 1024];
            let drained = async { while matches!(stream.read(sink.as_mut_slice()).await, Ok(n) if n > 0) {} };
            // Cut off or done: either way the connection ends here.
            drop(tokio::time::timeout(LINGER, drained).await);
        }
    }
}
