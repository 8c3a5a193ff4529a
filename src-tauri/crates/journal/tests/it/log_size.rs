//! The write-ahead log stays short, whatever is written and whoever reads meanwhile.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use callboard_journal::Journal;

use crate::made::{Kept, becomes, delivery, event};

/// What the log stays under, in bytes: 16 MB where it is written back although somebody waits, and what a reader holds meanwhile.
const BOUND: u64 = 32_000_000;
const LARGE: usize = 100_000;

fn log_size(kept: &Kept) -> u64 {
    let file = Journal::file(kept.path());
    std::fs::metadata(format!("{}-wal", file.display())).unwrap().len()
}

/// Reached only when a test fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// Takes so many large deliveries, and answers the most that the log came to meanwhile.
async fn write(kept: &Kept, first: i64, number: i64) -> u64 {
    let mut most = 0;
    for entry in first..first + number {
        let mut large = delivery(vec![event(entry)]);
        large.body = vec![b'x'; LARGE];
        kept.accept(large).await.unwrap();
        most = most.max(log_size(kept));
    }
    most
}

#[tokio::test]
async fn the_log_stays_short_however_much_is_written() {
    let kept = Kept::new();
    let most = write(&kept, 0, 500).await;
    assert!(most < BOUND, "{most} of 50 MB");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_stays_short_in_a_rush() {
    let kept = std::sync::Arc::new(Kept::new());
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..16 {
        let kept = kept.clone();
        senders.spawn(async move { write(&kept, sender * 1_000, 32).await });
    }
    let most = senders.join_all().await.into_iter().max().unwrap();
    assert!(most < BOUND, "{most} of 51 MB");
}

#[tokio::test]
async fn the_log_shrinks_again_after_somebody_has_read_in_it_for_long() {
    let kept = Kept::new();
    kept.accept_one(event(1)).await;
    let reader = kept.another();
    reader.execute_batch("BEGIN; SELECT count(*) FROM event").unwrap();
    let long = write(&kept, 10, 500).await;
    assert!(long > BOUND, "it was held: {long}");
    reader.execute_batch("ROLLBACK").unwrap();
    let begun = Instant::now();
    let mut entry = 10_000;
    while log_size(&kept) > 16_000_000 {
        assert!(begun.elapsed() < DEADLINE, "it stays at {}", log_size(&kept));
        write(&kept, entry, 1).await;
        entry += 1;
    }
    assert_eq!(kept.count("event"), 501 + entry - 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_all_of_the_past_told_slowly_does_not_hold_the_log() {
    let kept = Kept::new();
    let events: Vec<_> = (1..=12_000).map(|n| becomes(n, "Task", n % 97, "rev")).collect();
    for some in events.chunks(2_000) {
        kept.accept(delivery(some.to_vec())).await.unwrap();
    }
    let here = tokio::runtime::Handle::current();
    let most = tokio::task::spawn_blocking(move || {
        let mut past = kept.reader().past().unwrap();
        let (mut told, mut most) = (0, 0);
        past.replay(None, None, &mut |_| {
            told += 1;
            if told % 500 == 0 {
                most = most.max(here.block_on(write(&kept, 100_000 + told, 20)));
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(told, 12_000, "what comes meanwhile is not told");
        most
    })
    .await
    .unwrap();
    assert!(most < BOUND, "{most} of 48 MB");
}
