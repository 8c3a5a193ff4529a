//! Alerts of the quiet hours wait on disk.

use callboard_journal::Journal;

use crate::made::Kept;

fn texts(journal: &Journal) -> Vec<String> {
    let held = journal.reader().held_notices().unwrap();
    held.into_iter().map(|(_, text)| text).collect()
}

#[tokio::test]
async fn of_each_topic_the_first_and_the_last_wait_until_they_are_dropped() {
    let kept = Kept::new();
    for (topic, text) in [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4"), ("b", "5"), ("a", "6")] {
        kept.hold_notice(topic.into(), text.into()).await.unwrap();
    }
    assert_eq!(texts(&kept), ["1", "2", "5", "6"]);
    let Kept { journal, folder } = kept;
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let held = journal.reader().held_notices().unwrap();
    assert_eq!(held.len(), 4, "they outlive a restart");
    journal.hold_notice("c".into(), "7".into()).await.unwrap();
    journal.drop_notices(held[3].0).await.unwrap();
    assert_eq!(texts(&journal), ["7"], "what came meanwhile goes on waiting");
}
