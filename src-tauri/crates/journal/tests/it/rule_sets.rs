//! Revisions, the draft, and rules that are set aside.

use callboard_journal::{DraftIn, DraftView, JournalError, Publication, SetAside};

use crate::made::{Kept, at};

fn draft(document: &str) -> DraftIn {
    DraftIn {
        document: document.into(),
        author: "Ada".into(),
        based_on: Some(1),
    }
}

fn publication(document: &str) -> Publication {
    Publication {
        name: "Name".into(),
        document: document.into(),
        author: "Ada".into(),
        note: "Why".into(),
        ..Publication::default()
    }
}

#[tokio::test]
async fn revisions_are_listed_newest_first_and_one_is_live() {
    let kept = Kept::new();
    assert!(kept.reader().revisions().unwrap().is_empty());
    kept.publish(publication("one"), at(1)).await.unwrap();
    kept.publish(publication("two"), at(2)).await.unwrap();
    let back = Publication {
        rolled_back_from: Some(1),
        ..publication("one")
    };
    assert_eq!(kept.publish(back, at(3)).await.unwrap(), 3);
    let revisions = kept.reader().revisions().unwrap();
    let told: Vec<_> = revisions
        .iter()
        .map(|r| (r.revision, r.at, r.live, r.rolled_back_from))
        .collect();
    assert_eq!(
        told,
        [
            (3, at(3), true, Some(1)),
            (2, at(2), false, None),
            (1, at(1), false, None)
        ]
    );
    let first = &revisions[2];
    assert_eq!(
        (first.name.as_str(), first.author.as_str(), first.note.as_str()),
        ("Name", "Ada", "Why")
    );
    assert_eq!(kept.reader().live_rules().unwrap().unwrap().1, "one");
}

#[tokio::test]
async fn a_draft_is_saved_read_and_thrown_away() {
    let kept = Kept::new();
    assert_eq!(kept.reader().draft().unwrap(), None);
    assert!(!kept.discard_draft().await.unwrap());
    let version = kept.save_draft(draft("{"), None, at(1)).await.unwrap();
    let expected = DraftView {
        version,
        document: "{".into(),
        author: "Ada".into(),
        based_on: Some(1),
        saved_at: at(1),
    };
    assert_eq!(kept.reader().draft().unwrap(), Some(expected.clone()));
    assert_eq!(
        kept.save_draft(draft("{"), Some(version), at(2)).await.unwrap(),
        version
    );
    assert_eq!(kept.reader().draft().unwrap(), Some(expected), "the same is no news");
    let next = kept.save_draft(draft("{}"), Some(version), at(3)).await.unwrap();
    assert!(next > version);
    assert_eq!(kept.count("draft"), 1);
    assert!(kept.discard_draft().await.unwrap());
    assert_eq!(kept.reader().draft().unwrap(), None);
}

#[tokio::test]
async fn two_windows_do_not_overwrite_each_others_draft() {
    let kept = Kept::new();
    let read = kept.save_draft(draft("first"), None, at(1)).await.unwrap();
    let theirs = kept.save_draft(draft("theirs"), Some(read), at(2)).await.unwrap();
    for expected in [None, Some(read)] {
        let refused = kept.save_draft(draft("mine"), expected, at(3)).await.unwrap_err();
        assert!(matches!(refused, JournalError::DraftMoved), "{refused:?}");
    }
    assert_eq!(kept.reader().draft().unwrap().unwrap().document, "theirs");
    kept.discard_draft().await.unwrap();
    let refused = kept.save_draft(draft("mine"), Some(theirs), at(4)).await.unwrap_err();
    assert!(refused.to_string().contains("another window"), "{refused}");
    let anew = kept.save_draft(draft("anew"), None, at(5)).await.unwrap();
    assert!(anew > theirs, "a version is never used again");
}

#[tokio::test]
async fn a_draft_that_goes_live_is_a_draft_no_longer_and_one_saved_since_stays() {
    let kept = Kept::new();
    let publish = |document: &str, draft: i64, seconds| {
        let publication = Publication {
            draft: Some(draft),
            ..publication(document)
        };
        kept.publish(publication, at(seconds))
    };
    let version = kept.save_draft(draft("one"), None, at(1)).await.unwrap();
    kept.publish(publication("other"), at(2)).await.unwrap();
    assert!(
        kept.reader().draft().unwrap().is_some(),
        "what went live was not the draft"
    );
    publish("one", version, 3).await.unwrap();
    assert_eq!(kept.reader().draft().unwrap(), None);

    let seen = kept.save_draft(draft("two"), None, at(4)).await.unwrap();
    kept.save_draft(draft("three"), Some(seen), at(5)).await.unwrap();
    publish("two", seen, 6).await.unwrap();
    assert_eq!(kept.reader().draft().unwrap().unwrap().document, "three");

    let same = kept.reader().draft().unwrap().unwrap().version;
    let live = kept.reader().live_rules().unwrap().unwrap().0.revision;
    assert_eq!(publish("two", same, 7).await.unwrap(), live);
    assert_eq!(kept.reader().draft().unwrap(), None, "although it was no new revision");
}

#[tokio::test]
async fn a_rule_is_set_aside_once_and_released_once() {
    let kept = Kept::new();
    let aside = |rule: &str, why: &str, seconds| kept.set_aside(rule.into(), why.into(), 3, at(seconds));
    assert!(aside("b", "It flips", 1).await.unwrap());
    assert!(!aside("b", "It flips again", 2).await.unwrap());
    assert!(aside("a", "Too many", 2).await.unwrap());
    let row = |rule: &str, why: &str, seconds| SetAside {
        rule: rule.into(),
        why: why.into(),
        revision: 3,
        since: at(seconds),
    };
    assert_eq!(
        kept.reader().set_aside().unwrap(),
        [row("b", "It flips", 1), row("a", "Too many", 2)]
    );
    assert!(kept.release("b".into(), at(3)).await.unwrap());
    assert!(!kept.release("b".into(), at(4)).await.unwrap());
    assert_eq!(kept.reader().set_aside().unwrap(), [row("a", "Too many", 2)]);
    assert!(aside("b", "It broke", 5).await.unwrap());
    let was_aside = |seconds| kept.reader().set_aside_at(at(seconds)).unwrap();
    assert_eq!(was_aside(0), []);
    assert_eq!(was_aside(1), [row("b", "It flips", 1)]);
    assert_eq!(was_aside(2), [row("b", "It flips", 1), row("a", "Too many", 2)]);
    assert_eq!(was_aside(3), [row("a", "Too many", 2)]);
    assert_eq!(was_aside(6), [row("a", "Too many", 2), row("b", "It broke", 5)]);
    let mut news = kept.subscribe();
    kept.release("nosuch".into(), at(7)).await.unwrap();
    kept.release("a".into(), at(7)).await.unwrap();
    assert!(news.recv().await.unwrap().overview);
    assert!(news.try_recv().is_err(), "what changes nothing is no news");
}
