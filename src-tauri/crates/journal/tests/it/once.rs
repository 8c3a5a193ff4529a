//! 200 means on disk, and once means once.

use std::collections::{BTreeMap, HashSet};

use callboard_journal::{Accepted, Journal, Outcome};
use callboard_model::{Operation, SiteName};
use proptest::prelude::{ProptestConfig, Strategy, prop_assert, prop_assert_eq, proptest};
use tempfile::TempDir;

use crate::made::{Kept, at, delivery, event};

#[tokio::test]
async fn what_is_accepted_is_on_disk_for_another_program() {
    let kept = Kept::new();
    let accepted = kept.accept(delivery(vec![event(1)])).await.unwrap();
    assert_eq!((accepted.new.len(), accepted.seen), (1, 0));
    let (body, headers, verdict): (Vec<u8>, String, String) = kept
        .another()
        .query_row("SELECT body, headers, verdict FROM delivery", [], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?))
        })
        .unwrap();
    assert_eq!(body, b"{\"the\":\"body\"}\xff");
    assert_eq!(headers, r#"[["content-type","application/json"]]"#);
    assert_eq!(verdict, "Signature good");
    let key: String = kept
        .another()
        .query_row("SELECT key FROM event", [], |r| r.get(0))
        .unwrap();
    assert_eq!(key, "log:1");
}

#[tokio::test]
async fn what_is_answered_stands_in_the_files_and_a_copy_of_them_knows_it() {
    let kept = Kept::new();
    let mode: String = kept
        .another()
        .query_row("PRAGMA journal_mode", [], |r| r.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    // The copy is of what was written, synced or not. That it is synced is shown in cli/tests/it/power_cut.rs.
    kept.accept(delivery(vec![event(1)])).await.unwrap();
    let copy = TempDir::new().unwrap();
    for entry in std::fs::read_dir(kept.path()).unwrap() {
        let from = entry.unwrap().path();
        if from.extension().is_none_or(|e| e != "sqlite-shm") {
            std::fs::copy(&from, copy.path().join(from.file_name().unwrap())).unwrap();
        }
    }
    let again = Journal::open(copy.path()).unwrap();
    assert_eq!(again.accept(delivery(vec![event(1)])).await.unwrap().seen, 1);
}

#[tokio::test]
async fn an_event_comes_back_as_it_went_in() {
    let kept = Kept::new();
    let mut sent = event(7);
    sent.warning = Some("dropped".into());
    sent.session_uuid = Some("a-session".into());
    sent.old = Some(serde_json::json!({"deep": [1, null, "ü"]}));
    sent.in_create = true;
    let seq = kept.accept_one(sent.clone()).await;
    let waiting = kept
        .reader()
        .waiting(&crate::made::site(), &HashSet::new(), None, 10)
        .unwrap();
    assert_eq!(waiting[0].seq, seq);
    assert_eq!(waiting[0].event, sent);
    assert_eq!(waiting[0].received_at, at(0));
    assert!(waiting[0].changes.is_empty());
}

#[tokio::test]
async fn an_event_seen_again_alone_or_in_a_batch_is_counted_and_does_nothing() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    let nothing_new = Accepted { new: vec![], seen: 1 };
    assert_eq!(kept.accept(delivery(vec![event(1)])).await.unwrap(), nothing_new);
    let batch = kept.accept(delivery(vec![event(1), event(2), event(2)])).await.unwrap();
    assert_eq!((batch.new.len(), batch.seen), (1, 2));
    assert_eq!(kept.row(seq).seen_again, 2);
    assert_eq!(kept.row(batch.new[0]).seen_again, 1);
    assert_eq!(
        (kept.count("event"), kept.count("delivery")),
        (2, 2),
        "a delivery with nothing new is not kept"
    );
}

#[tokio::test]
async fn an_event_seen_again_stays_what_it_became() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    kept.close_event(seq, Outcome::Nothing, None).await.unwrap();
    kept.accept(delivery(vec![event(1)])).await.unwrap();
    assert_eq!(kept.row(seq).outcome, Outcome::Nothing);
    assert!(
        kept.reader()
            .waiting(&crate::made::site(), &HashSet::new(), None, 10)
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_same_key_in_another_site_is_another_event() {
    let kept = Kept::new();
    kept.accept_one(event(1)).await;
    let mut elsewhere = event(1);
    elsewhere.site = SiteName::from("another");
    assert_eq!(kept.accept(delivery(vec![elsewhere])).await.unwrap().new.len(), 1);
}

#[tokio::test]
async fn what_is_not_understood_is_kept_and_does_not_wait() {
    let kept = Kept::new();
    let mut strange = event(1);
    strange.operation = Operation::NotUnderstood;
    let seq = kept.accept_one(strange).await;
    assert_eq!(kept.row(seq).outcome, Outcome::NotUnderstood);
    assert!(
        kept.reader()
            .waiting(&crate::made::site(), &HashSet::new(), None, 10)
            .unwrap()
            .is_empty()
    );
    let (view, body, place) = kept.reader().delivery_of(seq).unwrap().unwrap();
    assert_eq!((view.bytes, body.len(), place), (15, 15, 0));
    assert_eq!(
        view.headers,
        [("content-type".to_owned(), "application/json".to_owned())]
    );
}

#[tokio::test]
async fn a_batched_event_knows_its_place() {
    let kept = Kept::new();
    let accepted = kept.accept(delivery(vec![event(1), event(2), event(3)])).await.unwrap();
    for (place, seq) in accepted.new.iter().enumerate() {
        let (view, _, found) = kept.reader().delivery_of(*seq).unwrap().unwrap();
        assert_eq!((found, view.seq), (place, 1));
    }
    assert!(kept.reader().delivery_of(99).unwrap().is_none());
}

#[tokio::test]
async fn many_at_once_are_all_answered_and_all_there() {
    let kept = Kept::new();
    let senders: Vec<_> = (0..64_i64)
        .map(|n| {
            let journal = kept.journal.clone();
            tokio::spawn(async move {
                let mut new = 0;
                for i in 0..20 {
                    // Every event is sent by two of them.
                    let entry = (n / 2) * 20 + i + 1;
                    new += journal.accept(delivery(vec![event(entry)])).await.unwrap().new.len();
                }
                new
            })
        })
        .collect();
    let mut new = 0;
    for sender in senders {
        new += sender.await.unwrap();
    }
    assert_eq!(new, 640);
    assert_eq!(kept.count("event"), 640);
    let again: i64 = kept
        .another()
        .query_row("SELECT sum(seen_again) FROM event", [], |r| r.get(0))
        .unwrap();
    assert_eq!(again, 640);
}

#[tokio::test]
async fn a_sender_that_goes_away_is_written_all_the_same() {
    let kept = Kept::new();
    for entry in 1..=50 {
        let accepting = kept.accept(delivery(vec![event(entry)]));
        // Polled once, so that it is in the queue, then dropped.
        let _ = tokio::time::timeout(std::time::Duration::ZERO, accepting).await;
    }
    kept.accept(delivery(vec![event(51)])).await.unwrap();
    assert_eq!(kept.count("event"), 51);
}

#[tokio::test]
async fn a_closed_journal_has_everything_and_leaves_no_side_files() {
    let kept = Kept::new();
    kept.accept_one(event(1)).await;
    let Kept { journal, folder } = kept;
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
    let again = Journal::open(folder.path()).unwrap();
    assert_eq!(again.accept(delivery(vec![event(1)])).await.unwrap().seen, 1);
}

fn deliveries() -> impl Strategy<Value = Vec<Vec<i64>>> {
    proptest::collection::vec(proptest::collection::vec(1_i64..8, 0..5), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_delivered_each_event_is_there_once_and_each_repeat_is_counted(deliveries in deliveries(), at_once in proptest::bool::ANY) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let kept = Kept::new();
        let answers: Vec<Accepted> = runtime.block_on(async {
            let mut answers = Vec::new();
            if at_once {
                let journal = &kept.journal;
                let send = |entries: &Vec<i64>| {
                    let journal = journal.clone();
                    let delivery = delivery(entries.iter().copied().map(event).collect());
                    tokio::spawn(async move { journal.accept(delivery).await.unwrap() })
                };
                let sent: Vec<_> = deliveries.iter().map(send).collect();
                for one in sent {
                    answers.push(one.await.unwrap());
                }
            } else {
                for entries in &deliveries {
                    answers.push(kept.accept(delivery(entries.iter().copied().map(event).collect())).await.unwrap());
                }
            }
            answers
        });
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for entry in deliveries.iter().flatten() {
            *times.entry(format!("log:{entry}")).or_default() += 1;
        }
        let found: Vec<(String, u32)> = kept
            .another()
            .prepare("SELECT key, seen_again FROM event ORDER BY key")
            .unwrap()
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let expected: Vec<(String, u32)> = times.iter().map(|(key, n)| (key.clone(), n - 1)).collect();
        prop_assert_eq!(found, expected);
        let new: Vec<i64> = answers.iter().flat_map(|a| a.new.clone()).collect();
        let distinct: std::collections::BTreeSet<i64> = new.iter().copied().collect();
        prop_assert_eq!((new.len(), distinct.len()), (times.len(), times.len()), "each is new to one sender");
        for (entries, answer) in deliveries.iter().zip(&answers) {
            prop_assert_eq!(answer.new.len() + answer.seen, entries.len());
        }
        let with_something_new = answers.iter().filter(|a| !a.new.is_empty()).count();
        prop_assert_eq!(kept.count("delivery"), i64::try_from(with_something_new).unwrap());
        prop_assert!(kept.another().prepare("PRAGMA foreign_key_check").unwrap().query([]).unwrap().next().unwrap().is_none());
    }
}
