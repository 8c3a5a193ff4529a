//! Good deliveries while a flood of others comes whose signature is wrong.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use callboard_journal::Journal;
use callboard_receiver::{Limits, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
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
    /// How long each waited for its answer, in milliseconds, from the moment on when it was to be sent.
    async fn run(self, to: SocketAddr, first: u64, request: fn(u64) -> String) -> Vec<f64> {
        let mut senders = JoinSet::new();
        for connection in 0..self.connections {
            senders.spawn(async move {
                let mut stream = TcpStream::connect(to).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let number = self.each * FOR.as_secs();
                let requests: Vec<String> = (0..number).map(|n| request(first + connection * number + n)).collect();
                let mut ticks = tokio::time::interval(Duration::from_secs(1) / u32::try_from(self.each).unwrap());
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
    let one_round = GOOD.connections * GOOD.each * FOR.as_secs();
    for round in 0..ROUNDS {
        let first = 2 * round * one_round;
        quiet.extend(GOOD.run(to, first, good).await);
        let (good, _) = tokio::join!(GOOD.run(to, first + one_round, good), BAD.run(to, 0, bad));
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
