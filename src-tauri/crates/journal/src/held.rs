//! What people are told of later: alerts of the quiet hours, kept until these end.

use rusqlite::params;

use crate::{Journal, JournalError, Reader, Touched};

impl Journal {
    /// Keeps an alert for later, as text. Of each topic the first and the last are kept: what it was, and what it has come to.
    pub async fn hold_notice(&self, topic: String, alert: String) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.prepare_cached(
                    "DELETE FROM held_notice WHERE topic = ?1 AND seq > (SELECT min(seq) FROM held_notice WHERE topic = ?1)",
                )?
                .execute([&topic])?;
                c.prepare_cached("INSERT INTO held_notice (topic, alert) VALUES (?1, ?2)")?
                    .execute(params![topic, alert])?;
                Ok(((), Touched::nothing()))
            })
            .await
    }

    /// Lets go what was kept for later, up to the number that was read last.
    pub async fn drop_notices(&self, up_to: i64) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.execute("DELETE FROM held_notice WHERE seq <= ?1", [up_to])?;
                Ok(((), Touched::nothing()))
            })
            .await
    }
}

impl Reader {
    /// What was kept for later, with its numbers, in the order in which it came.
    pub fn held_notices(&self) -> Result<Vec<(i64, String)>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached("SELECT seq, alert FROM held_notice ORDER BY seq")?;
        q.query_and_then([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect()
    }
}
