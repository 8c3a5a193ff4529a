//! Notes: entered by hand, and read from the site.

use std::collections::HashSet;

use callboard_journal::{Accepted, ByHand, FeedFilter, HandNote, Outcome};
use callboard_model::{ActorKind, EntityRef, Note, Operation, Road};

use crate::made::{Kept, at, event, site};

fn note(row: u32, text: &str) -> HandNote {
    HandNote {
        entity: EntityRef::new("Version", 6001),
        project: Some(EntityRef::new("Project", 122)),
        text: text.into(),
        author: Some("Client Carla".into()),
        entered_by: "Ada".into(),
        batch: "b1".into(),
        row,
        source: "notes.csv".into(),
    }
}

#[tokio::test]
async fn a_note_entered_by_hand_waits_as_an_event_of_a_person() {
    let kept = Kept::new();
    let accepted = kept
        .accept_by_hand(site(), vec![note(4, "Sky is final")], at(5))
        .await
        .unwrap();
    let waiting = kept.reader().waiting(&site(), &HashSet::new(), None, 10).unwrap();
    assert_eq!((waiting.len(), waiting[0].seq), (1, accepted.new[0]));
    assert_eq!(waiting[0].received_at, at(5));
    let event = &waiting[0].event;
    assert_eq!(
        (
            event.road,
            event.operation,
            event.event_type.as_str(),
            event.key.as_str()
        ),
        (Road::Hand, Operation::Note, "Callboard_Note", "hand:b1:4")
    );
    let about = EntityRef::new("Version", 6001);
    assert_eq!(event.entity, Some(about.clone()));
    assert_eq!(event.project, Some(EntityRef::new("Project", 122)));
    let said = Note {
        text: "Sky is final".into(),
        about: vec![about],
    };
    assert_eq!(event.note, Some(said));
    let actor = event.actor.clone().unwrap();
    assert_eq!(
        (actor.kind, actor.entity.name.as_deref()),
        (ActorKind::Person, Some("Client Carla"))
    );
    let row = kept.row(waiting[0].seq);
    let by_hand = ByHand {
        entered_by: "Ada".into(),
        source: "notes.csv".into(),
        row: 4,
    };
    assert_eq!(
        (row.note.as_deref(), row.by_hand),
        (Some("Sky is final"), Some(by_hand))
    );
    assert_eq!((row.outcome, row.is_status, row.hook), (Outcome::Waiting, false, None));
    assert!(kept.reader().delivery_of(waiting[0].seq).unwrap().is_none());
}

#[tokio::test]
async fn without_an_author_it_is_whoever_entered_it() {
    let kept = Kept::new();
    let nobody = HandNote {
        author: None,
        ..note(1, "Good")
    };
    let empty = HandNote {
        author: Some(String::new()),
        ..note(2, "Good")
    };
    kept.accept_by_hand(site(), vec![nobody, empty], at(5)).await.unwrap();
    for row in kept.feed() {
        assert_eq!(row.actor.unwrap().entity.name.as_deref(), Some("Ada"));
    }
}

#[tokio::test]
async fn a_row_of_an_import_is_taken_once() {
    let kept = Kept::new();
    let take = |notes| kept.accept_by_hand(site(), notes, at(5));
    let first = take(vec![note(1, "one"), note(2, "two")]).await.unwrap();
    assert_eq!((first.new.len(), first.seen), (2, 0));
    let again = take(vec![note(1, "one"), note(2, "changed"), note(3, "three")])
        .await
        .unwrap();
    assert_eq!((again.new.len(), again.seen), (1, 2));
    assert_eq!(kept.row(first.new[1]).note.as_deref(), Some("two"));
    assert_eq!(kept.row(first.new[1]).seen_again, 1);
    let other = HandNote {
        batch: "b2".into(),
        ..note(1, "one")
    };
    assert_eq!(take(vec![other]).await.unwrap().new.len(), 1, "another import");
    assert_eq!(take(vec![]).await.unwrap(), Accepted::default());
}

#[tokio::test]
async fn what_a_note_says_is_kept_with_its_event_and_found() {
    let kept = Kept::new();
    let mut read = event(1);
    read.operation = Operation::Create;
    read.entity = Some(EntityRef::new("Note", 9));
    let seq = kept.accept_one(read).await;
    assert_eq!(kept.row(seq).note, None);
    let said = Note {
        text: "Client: the 100% rabbit".into(),
        about: vec![EntityRef::new("Version", 1).named("v001"), EntityRef::new("Shot", 2)],
    };
    kept.put_note(seq, said.clone()).await.unwrap();
    let waiting = kept.reader().waiting(&site(), &HashSet::new(), None, 10).unwrap();
    assert_eq!(waiting[0].event.note, Some(said.clone()));
    assert_eq!(kept.row(seq).note.as_deref(), Some("Client: the 100% rabbit"));
    assert_eq!(
        kept.reader().event(seq).unwrap().unwrap().event.note,
        Some(said.clone())
    );
    let words = FeedFilter {
        text: "100% rab".into(),
        ..FeedFilter::default()
    };
    assert_eq!(kept.reader().feed(None, 10, &words).unwrap().rows.len(), 1);
    let mut news = kept.subscribe();
    kept.put_note(seq, said).await.unwrap();
    kept.put_note(
        99,
        Note {
            text: String::new(),
            about: vec![],
        },
    )
    .await
    .unwrap();
    assert!(news.try_recv().is_err(), "the same note is no news, nor one of nothing");
}

#[tokio::test]
async fn an_event_that_comes_with_its_note_keeps_it() {
    let kept = Kept::new();
    let mut read = event(1);
    read.operation = Operation::Note;
    read.note = Some(Note {
        text: "Final".into(),
        about: vec![],
    });
    kept.accept_one(read.clone()).await;
    assert_eq!(
        kept.reader().waiting(&site(), &HashSet::new(), None, 10).unwrap()[0].event,
        read
    );
}
