//! Deliveries as they are held against the site's own record of them.

use callboard_model::HookName;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::rows::{micros, time};
use crate::{FeedRow, Journal, JournalError, Reader, Touched};

/// A delivery that was kept, with what it brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDelivery {
    /// Its number.
    pub seq: i64,
    /// The site's id of it, where it said one.
    pub tracker_id: Option<String>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Its events, by their number, with the event log entry of each.
    pub events: Vec<(i64, Option<i64>)>,
}

impl Journal {
    /// Notes that a delivery's outcome was written back.
    pub async fn acknowledged(&self, delivery: i64, at: Timestamp) -> Result<(), JournalError> {
        self.writer
            .run(move |c| {
                c.prepare_cached("UPDATE delivery SET acknowledged_at = ?2 WHERE seq = ?1")?
                    .execute(params![delivery, micros(at)])?;
                Ok(((), Touched::nothing()))
            })
            .await
    }
}

impl Reader {
    /// A hook's deliveries from a time on, newest first, at most `most`.
    pub fn deliveries(
        &self,
        hook: &HookName,
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<KeptDelivery>, JournalError> {
        let c = self.connection()?;
        let mut kept = c.prepare_cached(
            "SELECT seq, tracker_id, received_at FROM delivery WHERE hook = ?1 AND received_at >= ?2
             ORDER BY received_at DESC LIMIT ?3",
        )?;
        let mut inside = c.prepare_cached("SELECT seq, entry_id FROM event WHERE delivery_seq = ?1 ORDER BY place")?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = kept.query_and_then(params![hook.as_str(), micros(since), most], |r| {
            Ok::<_, JournalError>((r.get(0)?, r.get(1)?, time(r.get(2)?)?))
        })?;
        rows.map(|row| {
            let (seq, tracker_id, received_at) = row?;
            let events = inside.query_map([seq], |r| Ok((r.get(0)?, r.get(1)?)))?;
            Ok(KeptDelivery {
                seq,
                tracker_id,
                received_at,
                events: events.collect::<Result<_, _>>()?,
            })
        })
        .collect()
    }

    /// The delivery that an event came in, by its number and the site's id of it, and when its outcome was written back. None
    /// where it came by none, or by one without an id.
    pub fn delivery_to_acknowledge(&self, seq: i64) -> Result<Option<(i64, String, Option<Timestamp>)>, JournalError> {
        let c = self.connection()?;
        let found = c
            .prepare_cached(
                "SELECT d.seq, d.tracker_id, d.acknowledged_at FROM event e JOIN delivery d ON d.seq = e.delivery_seq
                 WHERE e.seq = ?1 AND d.tracker_id IS NOT NULL",
            )?
            .query_row([seq], |r| Ok((r.get(0)?, r.get(1)?, r.get::<_, Option<i64>>(2)?)))
            .optional()?;
        found
            .map(|(delivery, id, at)| Ok((delivery, id, at.map(time).transpose()?)))
            .transpose()
    }

    /// The number of the last event before this one on the same entity.
    pub fn event_before(&self, seq: i64) -> Result<Option<i64>, JournalError> {
        let c = self.connection()?;
        Ok(c.prepare_cached(
            "SELECT b.seq FROM event e JOIN event b ON b.site = e.site AND b.entity_type = e.entity_type
                 AND b.entity_id = e.entity_id AND b.seq < e.seq WHERE e.seq = ?1 ORDER BY b.seq DESC LIMIT 1",
        )?
        .query_row([seq], |r| r.get(0))
        .optional()?)
    }

    /// The events of a delivery with their cascades, in its order.
    pub fn events_in(&self, delivery: i64) -> Result<Vec<FeedRow>, JournalError> {
        let c = self.connection()?;
        let mut q = c.prepare_cached("SELECT seq FROM event WHERE delivery_seq = ?1 ORDER BY place")?;
        let seqs: Vec<i64> = q.query_map([delivery], |r| r.get(0))?.collect::<Result<_, _>>()?;
        drop(q);
        drop(c);
        self.rows(&seqs)
    }
}
