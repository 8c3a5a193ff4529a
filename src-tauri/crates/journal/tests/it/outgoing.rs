//! What is to be told to others, from the moment that it is kept until it has arrived.

use callboard_journal::{Journal, NewOutgoing, Outgoing};
use tempfile::TempDir;

use crate::made::at;

fn message(receiver: &str, id: &str) -> NewOutgoing {
    NewOutgoing {
        receiver: receiver.into(),
        id: id.into(),
        body: format!("{{\"id\":\"{id}\"}}"),
    }
}

fn next(journal: &Journal, receiver: &str) -> Option<Outgoing> {
    journal.reader().next_outgoing(receiver).unwrap()
}

#[tokio::test]
async fn a_message_is_one_by_its_id_and_waits_in_its_order() {
    let folder = TempDir::new().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let posted = vec![
        message("tools", "1"),
        message("tools", "2"),
        message("chat", "1"),
        message("tools", "1"),
    ];
    assert_eq!(journal.post(posted, at(10)).await.unwrap(), 0);
    journal.post(vec![message("tools", "2")], at(11)).await.unwrap();
    let first = next(&journal, "tools").unwrap();
    assert_eq!((first.id.as_str(), first.tries, first.made_at), ("1", 0, at(10)));
    journal.post_later(first.seq, at(60), "away".into()).await.unwrap();
    let second = next(&journal, "tools").unwrap();
    assert_eq!(second.id, "2");
    journal.posted(second.seq).await.unwrap();
    let first = next(&journal, "tools").unwrap();
    assert_eq!((first.id.as_str(), first.tries, first.next_at), ("1", 1, at(60)));
    let queue = journal.reader().outgoing_queue("tools").unwrap();
    assert_eq!(
        (queue.waiting, queue.since, queue.why.as_deref()),
        (1, Some(at(10)), Some("away"))
    );
    journal.keep_outgoing(vec!["chat".into()]).await.unwrap();
    assert_eq!(
        (next(&journal, "tools"), next(&journal, "chat").unwrap().id),
        (None, "1".into())
    );
    assert_eq!(journal.drop_outgoing("chat".into()).await.unwrap(), 1);
    assert_eq!(journal.reader().outgoing_queue("chat").unwrap().waiting, 0);
}

#[tokio::test]
async fn of_more_than_can_wait_the_oldest_go() {
    let folder = TempDir::new().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let many = |range: std::ops::Range<u32>| range.map(|n| message("tools", &n.to_string())).collect::<Vec<_>>();
    assert_eq!(journal.post(many(0..10_000), at(0)).await.unwrap(), 0);
    assert_eq!(journal.post(many(10_000..10_003), at(1)).await.unwrap(), 3);
    assert_eq!(journal.reader().outgoing_queue("tools").unwrap().waiting, 10_000);
    assert_eq!(next(&journal, "tools").unwrap().id, "3");
}
