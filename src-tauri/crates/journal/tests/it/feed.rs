//! The feed: pages, filters, words.

use callboard_journal::{Decision, FeedFilter, Known, NewChange, Outcome, StatusView};
use callboard_model::{Cause, ChangeState, EntityKey, EntityRef, Operation};
use serde_json::json;

use crate::made::{FIELD, Kept, at, becomes, delivery, event, site};

fn words(text: &str) -> FeedFilter {
    FeedFilter {
        text: text.into(),
        ..FeedFilter::default()
    }
}

fn found(kept: &Kept, filter: &FeedFilter) -> Vec<i64> {
    let rows = kept.reader().feed(None, 500, filter).unwrap().rows;
    rows.iter().filter_map(|r| r.event_log_entry_id).collect()
}

#[tokio::test]
async fn pages_go_down_without_a_gap_or_a_repeat() {
    let kept = Kept::new();
    kept.accept(delivery((1..=23).map(event).collect())).await.unwrap();
    let (mut before, mut all) = (None, Vec::new());
    loop {
        let page = kept.reader().feed(before, 5, &FeedFilter::default()).unwrap();
        all.extend(page.rows.iter().filter_map(|r| r.event_log_entry_id));
        before = page.rows.last().map(|r| r.seq);
        assert_eq!(page.more, all.len() < 23);
        if !page.more {
            break;
        }
    }
    assert_eq!(all, (1..=23).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_that_fits_exactly_is_the_last() {
    let kept = Kept::new();
    kept.accept(delivery((1..=5).map(event).collect())).await.unwrap();
    assert!(!kept.reader().feed(None, 5, &FeedFilter::default()).unwrap().more);
    assert!(kept.reader().feed(None, 4, &FeedFilter::default()).unwrap().more);
    assert_eq!(
        kept.reader().feed(None, 0, &FeedFilter::default()).unwrap().rows.len(),
        1,
        "at least one"
    );
}

#[tokio::test]
async fn an_empty_journal_has_an_empty_page() {
    let kept = Kept::new();
    let page = kept.reader().feed(None, 50, &FeedFilter::default()).unwrap();
    assert!(page.rows.is_empty() && !page.more);
}

#[tokio::test]
async fn rows_after_come_oldest_first() {
    let kept = Kept::new();
    let seqs = kept.accept(delivery((1..=6).map(event).collect())).await.unwrap().new;
    let rows = kept.reader().rows_after(seqs[1], 3, &FeedFilter::default()).unwrap();
    assert_eq!(rows.iter().map(|r| r.seq).collect::<Vec<_>>(), seqs[2..5]);
    let some = kept.reader().rows(&[seqs[4], seqs[0], 99]).unwrap();
    assert_eq!(some.iter().map(|r| r.seq).collect::<Vec<_>>(), [seqs[0], seqs[4]]);
}

#[tokio::test]
async fn names_learnt_later_stand_on_earlier_rows() {
    let kept = Kept::new();
    let seq = kept.accept_one(event(1)).await;
    assert_eq!(kept.row(seq).entity.unwrap().name, None);
    let known = Known {
        entity: EntityRef::new("Task", 5001).named("Composite"),
        parent: Some(EntityKey::new("Shot", 862)),
    };
    kept.learn(site(), vec![known]).await.unwrap();
    kept.know(&[
        ("Shot", 862, "sh010"),
        ("HumanUser", 88, "Ada"),
        ("Project", 122, "Bunny"),
    ])
    .await;
    let row = kept.row(seq);
    assert_eq!(row.entity.unwrap().name.as_deref(), Some("Composite"));
    assert_eq!(row.parent, Some(EntityRef::new("Shot", 862).named("sh010")));
    assert_eq!(row.actor.unwrap().entity.name.as_deref(), Some("Ada"));
    assert_eq!(row.project.unwrap().name.as_deref(), Some("Bunny"));
}

#[tokio::test]
async fn filters_narrow_by_type_project_and_outcome() {
    let kept = Kept::new();
    kept.know(&[("Project", 122, "Bunny"), ("Project", 123, "Sintel")])
        .await;
    let mut elsewhere = becomes(3, "Shot", 1, "act");
    elsewhere.project = Some(EntityRef::new("Project", 123));
    let seqs = kept
        .accept(delivery(vec![event(1), becomes(2, "Version", 1, "rev"), elsewhere]))
        .await
        .unwrap()
        .new;
    kept.close_event(seqs[0], Outcome::Nothing, None).await.unwrap();
    let filter = |kinds: &[&str], projects: &[&str], outcomes: &[Outcome]| FeedFilter {
        entity_types: kinds.iter().map(|&k| k.into()).collect(),
        projects: projects.iter().map(|&p| p.into()).collect(),
        outcomes: outcomes.to_vec(),
        ..FeedFilter::default()
    };
    assert_eq!(found(&kept, &filter(&["Version", "Shot"], &[], &[])), [3, 2]);
    assert_eq!(found(&kept, &filter(&[], &["Bunny"], &[])), [2, 1]);
    assert_eq!(found(&kept, &filter(&[], &[], &[Outcome::Nothing])), [1]);
    assert_eq!(found(&kept, &filter(&["Shot"], &["Sintel"], &[Outcome::Waiting])), [3]);
    assert!(found(&kept, &filter(&["Shot"], &["Bunny"], &[])).is_empty());
    assert!(found(&kept, &filter(&["Shot' OR 1=1 --"], &["\"; DROP TABLE event"], &[])).is_empty());
    let (projects, kinds) = kept.reader().filters().unwrap();
    assert_eq!(projects, ["Bunny", "Sintel"]);
    assert_eq!(kinds, ["Shot", "Task", "Version"]);
}

#[tokio::test]
async fn types_of_several_sites_and_events_without_an_entity_make_one_list() {
    let kept = Kept::new();
    let mut bare = event(1);
    bare.entity = None;
    bare.operation = Operation::Custom;
    let mut elsewhere = becomes(2, "Asset", 1, "fin");
    elsewhere.site = "another".into();
    kept.accept(delivery(vec![bare, elsewhere, event(3)])).await.unwrap();
    assert_eq!(kept.reader().filters().unwrap().1, ["Asset", "Task"]);
}

#[tokio::test]
async fn words_are_found_wherever_a_row_shows_them() {
    let kept = Kept::new();
    let known = Known {
        entity: EntityRef::new("Version", 6001).named("sh010_comp_v003"),
        parent: Some(EntityKey::new("Shot", 862)),
    };
    kept.learn(site(), vec![known]).await.unwrap();
    kept.know(&[
        ("Shot", 862, "Rabbit hole"),
        ("HumanUser", 88, "Ada Lovelace"),
        ("Project", 122, "Bunny"),
    ])
    .await;
    let status = StatusView {
        code: "apv".into(),
        name: "Client Approved".into(),
        color: None,
    };
    kept.put_statuses(site(), "Version".into(), vec![status]).await.unwrap();
    let seq = kept.accept_one(becomes(545_175, "Version", 6001, "apv")).await;
    let mut noise = becomes(9, "Asset", 1, "fin");
    (noise.actor, noise.project, noise.old, noise.field) = (None, None, None, None);
    kept.accept_one(noise).await;
    let changes = vec![NewChange {
        entity: EntityRef::new("Task", 1),
        field: None,
        from: None,
        to: Some("sndcli".into()),
        rule: "r".into(),
        rule_name: "An approved Version sends its Task".into(),
        cause: Cause::Event,
        state: ChangeState::Skipped,
        skip: None,
        reason: Some("Grace was first".into()),
    }];
    let decision = Decision {
        outcome: Outcome::Skipped,
        why: None,
        cascade: Some((1, "Overhaul".into(), changes)),
    };
    kept.decide(seq, decision, at(1)).await.unwrap();
    for text in [
        "comp_v003",
        "COMP",
        "ada love",
        "lovelace ada",
        "bunny",
        "rabbit",
        "Version_Change",
        FIELD,
        "apv",
        "\"ip\"",
        "client approved",
        "5451",
        "003",
        "v0",
        "ADÁ",
        "sndcli",
        "sends its",
        "grace",
        "ada bunny apv grace",
    ] {
        assert_eq!(found(&kept, &words(text)), [545_175], "{text}");
    }
    // A word is found by its beginning, and by its number's, not by what is in the middle of it.
    for text in ["grace hopper", "nosuch", "ada nosuch", "omp", "45175", "h010"] {
        assert!(found(&kept, &words(text)).is_empty(), "{text}");
    }
    assert_eq!(found(&kept, &words("   ")).len(), 2);
}

#[tokio::test]
async fn signs_that_mean_something_to_sql_are_plain_text() {
    let kept = Kept::new();
    let names = [
        "100% done",
        "a_b",
        "back\\slash",
        "o'brien",
        "axb",
        "quote\"d",
        "[set]",
        "star*",
    ];
    for (id, name) in names.iter().enumerate() {
        let id = i64::try_from(id).unwrap() + 1;
        kept.know(&[("Shot", id, name)]).await;
        let mut event = becomes(id, "Shot", id, "x");
        (event.field, event.event_type, event.old, event.new) = (None, "E".into(), None, Some(json!(1)));
        kept.accept_one(event).await;
    }
    let expect = [
        ("100%", 1),
        ("a_b", 2),
        ("back\\", 3),
        ("o'b", 4),
        ("quote\"", 6),
        ("[set]", 7),
        ("star*", 8),
    ];
    for (text, id) in expect {
        assert_eq!(found(&kept, &words(text)), [id], "{text}");
    }
    for text in ["%", "_", "\\", "'", "\"", "*"] {
        assert_eq!(
            found(&kept, &words(text)).len(),
            names.len(),
            "signs alone are no words: {text}"
        );
    }
    assert_eq!(found(&kept, &words("a b")), [2], "both begin words, in any order");
}
