//! What deliveries brought is put together once it has lain for a while: it takes less, and reads as it came.

use callboard_journal::{DeliveryIn, FeedFilter, Journal, LogPageIn, LogPosition, Outcome};
use callboard_model::{Event, Road};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::made::{FIELD, Kept, at, becomes, delivery, site};

const DAY: i64 = 24 * 60 * 60;

/// What stands where nothing can be foreseen: a signature, an id.
fn random(entry: i64, salt: &str) -> String {
    let digest = Sha256::digest(format!("{salt}{entry}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A delivery as ShotGrid sends it, with the headers that it has.
fn of_shotgrid(entry: i64) -> DeliveryIn {
    let (version, person) = (6_000 + entry * 7_919 % 5_000, 80 + entry % 16);
    let codes = ["rev", "note", "apv", "cnv", "sndcli", "rqc", "bkdn"];
    let of = |n: i64| codes[usize::try_from(n % 7).unwrap()];
    let (old, new) = (of(entry / 7), of(entry));
    let time = Timestamp::from_microsecond(1_714_564_800_523_887 + entry * 17_345_678).unwrap();
    let id = random(entry, "id");
    let body = format!(
        r#"{{"data":{{"id":"{}.{}.0","event_log_entry_id":{},"event_type":"Shotgun_Version_Change","operation":"update","user":{{"type":"HumanUser","id":{person}}},"entity":{{"type":"Version","id":{version}}},"project":{{"type":"Project","id":{}}},"meta":{{"type":"attribute_change","attribute_name":"sg_status_list","entity_type":"Version","entity_id":{version},"field_data_type":"status_list","old_value":"{old}","new_value":"{new}"}},"created_at":"{}","attribute_name":"sg_status_list","session_uuid":"{}-{}-11f1-9d3b-0242ac110004","delivery_id":"{}-{}-4{}-a{}-{}"}},"timestamp":"{}"}}"#,
        11_777 + entry / 1_000,
        entry % 4_000,
        700_000 + entry,
        122 + version % 4,
        time.strftime("%Y-%m-%d %H:%M:%S%.6f"),
        &random(person + entry / 50, "session")[..8],
        &random(person, "session")[8..12],
        &id[..8],
        &id[8..12],
        &id[13..16],
        &id[17..20],
        &id[20..32],
        time.strftime("%Y-%m-%dT%H:%M:%SZ"),
    );
    let header = |name: &str, value: String| (name.to_owned(), value);
    let mut one = delivery(vec![Event {
        key: format!("log:{}", 700_000 + entry).into(),
        event_log_entry_id: Some(700_000 + entry),
        ..becomes(entry, "Version", version, new)
    }]);
    one.headers = vec![
        header("host", "hooks.studio.example".into()),
        header("user-agent", "Ruby".into()),
        header("accept", "*/*".into()),
        header("accept-encoding", "gzip;q=1.0,deflate;q=0.6,identity;q=0.3".into()),
        header("content-type", "application/json; charset=utf-8".into()),
        header("content-length", body.len().to_string()),
        header("x-sg-webhook-id", "3e5a4b8c-6d2f-4d1e-9a53-7f0c2b1a8e44".into()),
        header("x-sg-delivery-id", id[32..].to_owned()),
        header("x-sg-webhook-site-url", "https://studio.shotgrid.autodesk.com/".into()),
        header("x-sg-event-batch-size", "1".into()),
        header("x-sg-signature", format!("sha1={}", &random(entry, "signature")[..40])),
    ];
    one.body = body.into_bytes();
    one
}

async fn take(kept: &Kept, deliveries: impl IntoIterator<Item = DeliveryIn>) {
    for one in deliveries {
        assert_eq!(kept.accept(one).await.unwrap().new.len(), 1);
    }
}

async fn index(kept: &Kept) {
    let journal: Journal = kept.journal.clone();
    tokio::task::spawn_blocking(move || journal.index())
        .await
        .unwrap()
        .unwrap();
}

/// Bytes of the file that are in use.
fn used(kept: &Kept) -> u64 {
    kept.reader().size().unwrap()
}

#[tokio::test]
async fn what_is_packed_reads_as_it_came() {
    let kept = Kept::new();
    let strange = |entry: i64| {
        let mut one = of_shotgrid(entry);
        match entry % 5 {
            0 => one.body = vec![0xff; usize::try_from(entry).unwrap()],
            1 => one.body.clear(),
            2 => one.headers.clear(),
            _ => {}
        }
        one
    };
    take(&kept, (0..800).map(strange)).await;
    let by_the_log = |entry: i64| Event {
        road: Road::Log,
        hook: None,
        ..becomes(entry, "Task", entry, "rev")
    };
    let row = |entry: i64| format!("{{\"row\": {entry}, \"said\": \"word{entry}\"}}");
    let page = LogPageIn {
        site: site(),
        received_at: at(0),
        status_field: FIELD,
        rows: (1..=800).map(|entry| (by_the_log(entry), row(entry))).collect(),
        position: Some(LogPosition { entry: 800, at: None }),
        missing: Vec::new(),
        settled: Vec::new(),
    };
    let logged = kept.take_log(page).await.unwrap().new;
    index(&kept).await;
    assert!(kept.count("delivery_pack") >= 2 && kept.count("log_pack") >= 2);
    assert_eq!((kept.count("delivery"), kept.count("event")), (800, 1_600));
    assert!(kept.count("log_row") < 600, "what is packed is not kept twice");
    let reader = kept.reader();
    // In another order than theirs.
    for entry in (0..800).map(|n| n * 389 % 800) {
        let sent = strange(entry);
        let row = kept.row(entry + 1);
        assert_eq!(row.event_log_entry_id, Some(700_000 + entry));
        let (view, body, _) = reader.delivery_of(row.seq).unwrap().unwrap();
        assert_eq!((&view.headers, &body), (&sent.headers, &sent.body), "{entry}");
        assert_eq!((view.bytes, &view.verdict), (sent.body.len() as u64, &sent.verdict));
        assert_eq!(reader.payload_of(view.seq).unwrap().as_ref(), Some(&sent.body));
        assert_eq!(reader.received_of(row.seq).unwrap(), Some((sent.body, 0)));
    }
    for (entry, seq) in (1..).zip(logged) {
        assert_eq!(reader.received_of(seq).unwrap(), Some((row(entry).into_bytes(), 0)));
    }
    assert_eq!(reader.payload_of(5_000).unwrap(), None);
    for text in ["word1", "6d2f"] {
        let filter = FeedFilter {
            text: text.into(),
            ..FeedFilter::default()
        };
        assert_eq!(
            reader.feed(None, 3, &filter).unwrap().rows.len(),
            if text == "word1" { 3 } else { 0 }
        );
    }
    // What is noted of a delivery later stands on its row.
    kept.acknowledged(3, at(9)).await.unwrap();
    assert_eq!(reader.delivery_of(3).unwrap().unwrap().0.seq, 3);
    let said: String = kept
        .another()
        .query_row("PRAGMA integrity_check", [], |r| r.get(0))
        .unwrap();
    assert_eq!(said, "ok");
    assert!(
        kept.another()
            .prepare("PRAGMA foreign_key_check")
            .unwrap()
            .query([])
            .unwrap()
            .next()
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn large_deliveries_are_packed_while_they_are_few_and_the_newest_of_them_stay() {
    let kept = Kept::new();
    let large = |entry: i64| {
        let mut one = of_shotgrid(entry);
        one.body = one.body.repeat(30_000 / one.body.len());
        one
    };
    take(&kept, (0..60).map(large)).await;
    index(&kept).await;
    assert!(kept.count("delivery_pack") >= 1, "1.8 MB are enough");
    let loose: u32 = kept
        .another()
        .query_row("SELECT count(*) FROM delivery WHERE headers <> ''", [], |r| r.get(0))
        .unwrap();
    assert!((13..30).contains(&loose), "{loose}");
    for entry in 0..60 {
        assert_eq!(kept.reader().payload_of(entry + 1).unwrap(), Some(large(entry).body));
    }
}

#[tokio::test]
async fn a_journal_of_single_deliveries_takes_at_most_one_and_a_half_times_their_bytes() {
    const EVENTS: i64 = 4_000;
    let kept = Kept::new();
    let empty = used(&kept);
    let mut sent = 0;
    let of_many = (0..EVENTS).map(|entry| {
        let one = of_shotgrid(entry);
        sent += one.body.len() as u64;
        kept.accept(one)
    });
    futures::future::try_join_all(of_many).await.unwrap();
    let nothing = (1..=EVENTS).map(|seq| kept.close_event(seq, Outcome::Nothing, None));
    futures::future::try_join_all(nothing).await.unwrap();
    index(&kept).await;
    let ratio = (used(&kept) - empty) as f64 / sent as f64;
    assert!(
        ratio <= 1.5,
        "{ratio} of {} bytes an event",
        sent / EVENTS.cast_unsigned()
    );
}

#[tokio::test]
async fn a_pack_goes_with_the_last_of_what_it_holds() {
    let kept = Kept::new();
    take(&kept, (0..800).map(of_shotgrid)).await;
    for seq in (1..=800).filter(|seq| *seq != 10) {
        kept.close_event(seq, Outcome::Nothing, None).await.unwrap();
    }
    index(&kept).await;
    let packs = kept.count("delivery_pack");
    assert!(packs >= 2, "{packs}");
    while kept.let_go(at(30 * DAY), 100).await.unwrap() > 0 {}
    assert_eq!(
        (kept.count("event"), kept.count("delivery")),
        (2, 2),
        "one waits, and the newest stays"
    );
    assert_eq!(kept.count("delivery_pack"), 1, "the one that waits is in it");
    assert_eq!(kept.reader().delivery_of(10).unwrap().unwrap().1, of_shotgrid(9).body);
    kept.close_event(10, Outcome::Nothing, None).await.unwrap();
    assert_eq!(kept.let_go(at(30 * DAY), 100).await.unwrap(), 1);
    assert_eq!(kept.count("delivery_pack"), 0);
}
