//! Good deliveries while a flood of others comes whose signature is wrong.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use callboard_journal::Journal;
use callboard_receiver::{Limits, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::made;
use crate::receiver::{event, folder, receiver, signed};
use crate::table::{Row, Table, percentile};

const GOOD: Load = Load {
    connections: 4,
    each: 50,
    answer: "200",
};
const BAD: Load = Load {
    connections: 20,
    each: 250,
    answer: "401",
};
const FOR: Duration = Duration::from_secs(5);
/// Until then all are connected.
const BEFORE: Duration = Duration::from_millis(200);
const ROUNDS: u64 = 3;
const TIMES: f64 = 2.0;

/// Requests at a steady rate.
#[derive(Clone, Copy)]
struct Load {
    connections: u64,
    /// Requests a second on each connection.
    each: u64,
    /// What they are answered with.
    answer: &'static str,
}

impl Load {
    fn number(self) -> u64 {
        self.connections * self.each * FOR.as_secs()
    }

    /// What each connection sends. Made before the time runs: signing keeps a processor busy, and would be measured too.
    fn requests(self, first: u64, request: fn(u64) -> String) -> Vec<Vec<String>> {
        let on_one = self.number() / self.connections;
        let starts = (0..self.connections).map(|connection| first + connection * on_one);
        starts
            .map(|start| (start..start + on_one).map(request).collect())
            .collect()
    }

    /// Sends on a thread of its own, as another machine would, which takes turns with Callboard's by the system's rules and not by those of
    /// one runtime.
    async fn run(self, to: SocketAddr, requests: Vec<Vec<String>>) -> Vec<f64> {
        let sending = move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(self.send(to, requests))
        };
        tokio::task::spawn_blocking(sending).await.unwrap()
    }

    /// How long each waited for its answer, in milliseconds, from the moment on when it was to be sent.
    async fn send(self, to: SocketAddr, requests: Vec<Vec<String>>) -> Vec<f64> {
        let mut senders = JoinSet::new();
        let begin = tokio::time::Instant::now() + BEFORE;
        let between = Duration::from_secs(1) / u32::try_from(self.each).unwrap();
        for (connection, requests) in (0..).zip(requests) {
            // Spread, as senders that know nothing of each other are.
            let begin = begin + between * connection / u32::try_from(self.connections).unwrap();
            senders.spawn(async move {
                let mut stream = TcpStream::connect(to).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut ticks = tokio::time::interval_at(begin, between);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
                let mut waited = Vec::new();
                for request in requests {
                    let due = ticks.tick().await;
                    stream.write_all(request.as_bytes()).await.unwrap();
                    assert_eq!(answer(&mut stream).await, self.answer);
                    waited.push(Instant::now().duration_since(due.into_std()).as_secs_f64() * 1000.0);
                }
                waited
            });
        }
        senders.join_all().await.concat()
    }
}

/// The status of the next answer; its body is read to its end.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut some = [0_u8; 1024];
    while !text.ends_with(b"}") {
        let read = stream.read(&mut some).await.unwrap();
        assert_ne!(read, 0, "the connection was closed");
        text.extend_from_slice(&some[..read]);
    }
    let text = String::from_utf8(text).unwrap();
    text.split(' ').nth(1).unwrap().to_owned()
}

fn good(n: u64) -> String {
    signed(n, 1, &made::single(&event(n, "")))
}

fn bad(n: u64) -> String {
    // As long as a good one, and read to its last byte.
    good(n).replace("\"apv\"", "\"rev\"")
}

/// The row of the flood.
pub(crate) async fn measure(table: &mut Table) {
    let data = folder();
    let journal = Journal::open(data.path()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, receiver(&journal), Limits::default(), stop.clone()));
    let (mut quiet, mut beside) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let first = 2 * round * GOOD.number();
        quiet.extend(GOOD.run(to, GOOD.requests(first, good)).await);
        let (good, bad) = (GOOD.requests(first + GOOD.number(), good), BAD.requests(0, bad));
        let (good, _) = tokio::join!(GOOD.run(to, good), BAD.run(to, bad));
        beside.extend(good);
    }
    stop.cancel();
    serving.await.unwrap();
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
    let (alone, flooded) = (percentile(&mut quiet, 99), percentile(&mut beside, 99));
    table.row(Row {
        what: format!(
            "good deliveries beside {} bad signatures/s: p99",
            BAD.connections * BAD.each
        ),
        figure: format!("{flooded:.1} ms"),
        against: format!("the same without them: {alone:.1} ms"),
        ratio: flooded / alone,
        reach: format!("≤ {TIMES:.0}"),
        reached: flooded <= alone * TIMES,
    });
}
