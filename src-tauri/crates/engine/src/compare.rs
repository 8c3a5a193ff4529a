//! What a site says that it delivered, held against what arrived; and getting what is missing.

use std::collections::{HashMap, HashSet};

use callboard_journal::{KeptDelivery, LogPageIn};
use callboard_model::{HookName, SiteDelivery, SiteName};
use callboard_trackers::DeliveriesAsked;
use jiff::{SignedDuration, Timestamp};

use crate::api::{ApiError, ApiErrorCode, Backfilled, Compared, ComparedDeliveries, ComparedDelivery};
use crate::road::page;
use crate::site::Site;
use crate::start::Engine;

/// The site keeps a delivery's record so long (ShotGrid documentation, Webhooks, "Deliveries").
const KEPT_DAYS: u32 = 7;
/// Deliveries looked at, at most: a page that can be read, and a few calls.
const MOST: usize = 2_000;
/// Rows asked for in one call.
const PAGE: usize = 500;
/// What one command may ask for.
const MOST_ASKED: usize = 5_000;

impl Engine {
    /// The deliveries of a hook by both records.
    pub(crate) async fn compare_deliveries(&self, hook: &HookName, days: u32) -> Result<ComparedDeliveries, ApiError> {
        let site = self.site_of(hook)?;
        let now = self.desk().clock.now();
        let span = SignedDuration::from_hours(24 * i64::from(days.clamp(1, KEPT_DAYS)));
        let from = now.checked_sub(span).unwrap_or(Timestamp::MIN);
        let asked = DeliveriesAsked {
            from: Some(from),
            failed: false,
            most: MOST,
        };
        let theirs = match (self.webhook_id(hook), site.tracker.webhooks()) {
            (Ok(id), Some(webhooks)) => site
                .call(webhooks.deliveries(&id, &asked))
                .await
                .map_err(|e| e.to_string()),
            (Err(why), _) => Err(why.message),
            (_, None) => Err("This tracker keeps no record of its deliveries".to_owned()),
        };
        let (theirs, more, trouble) = match theirs {
            Ok(found) => (found.list, found.more, None),
            Err(why) => (Vec::new(), false, Some(why)),
        };
        // Where the site has more than was read, ours older than the oldest of theirs say nothing.
        let from = match theirs.last().filter(|_| more) {
            Some(oldest) => oldest.at,
            None => from,
        };
        let (name, of_hook) = (site.name.clone(), hook.clone());
        let (ours, known) = self
            .read({
                let entries: Vec<i64> = theirs.iter().flat_map(|d| d.entries.iter().copied()).collect();
                move |reader| {
                    let ours = reader.deliveries(&of_hook, from, MOST)?;
                    Ok((ours, reader.entries(&name, entries)?))
                }
            })
            .await?;
        let known = known.into_iter().map(|(entry, seq, _)| (entry, seq)).collect();
        let rows = compared(theirs, ours, &known, trouble.is_some());
        let number = |verdict| u32::try_from(rows.iter().filter(|r| r.verdict == verdict).count()).unwrap_or(u32::MAX);
        Ok(ComparedDeliveries {
            missing_here: number(Compared::Missing),
            missing_there: if trouble.is_some() {
                0
            } else {
                number(Compared::OnlyHere)
            },
            rows,
            from,
            more,
            trouble,
        })
    }

    /// Asks the site to make deliveries once more, one after the other. Answers how many it took on.
    pub(crate) async fn redeliver(&self, hook: &HookName, deliveries: &[String]) -> Result<u32, ApiError> {
        let site = self.site_of(hook)?;
        let webhooks = site.tracker.webhooks().ok_or_else(no_webhooks)?;
        bounded(deliveries.len())?;
        let mut asked = 0;
        for delivery in deliveries {
            site.call(webhooks.redeliver(delivery)).await?;
            asked += 1;
        }
        Ok(asked)
    }

    /// Reads event log entries from the site's log, whether or not a hook should have brought them.
    pub(crate) async fn backfill(&self, site: &SiteName, mut entries: Vec<i64>) -> Result<Backfilled, ApiError> {
        let site = self.site(site)?;
        let log = site.tracker.log().ok_or_else(|| ApiError {
            code: ApiErrorCode::BadRequest,
            message: format!("{} has no event log to read from", site.name),
        })?;
        bounded(entries.len())?;
        entries.sort_unstable();
        entries.dedup();
        let mut filled = Backfilled {
            new: 0,
            known: 0,
            gone: Vec::new(),
        };
        for some in entries.chunks(PAGE) {
            let rows = site.call(log.rows(&site.name, some)).await?;
            let came: HashSet<i64> = rows.iter().map(|row| row.id).collect();
            filled.gone.extend(some.iter().copied().filter(|id| !came.contains(id)));
            let page = LogPageIn {
                settled: came.into_iter().collect(),
                ..page(self.desk(), &site, rows, None)
            };
            let taken = self.desk().journal.take_log(page).await?;
            filled.new += u32::try_from(taken.new.len()).unwrap_or(u32::MAX);
            filled.known += u32::try_from(taken.known.len()).unwrap_or(u32::MAX);
        }
        Ok(filled)
    }

    /// The site of a hook.
    pub(crate) fn site_of(&self, hook: &HookName) -> Result<std::sync::Arc<Site>, ApiError> {
        let watched = self.desk().health.watched(hook).ok_or_else(|| ApiError {
            code: ApiErrorCode::NotFound,
            message: format!("There is no hook called {hook}"),
        })?;
        self.site(&watched.site)
    }

    /// The site's id of a hook.
    pub(crate) fn webhook_id(&self, hook: &HookName) -> Result<String, ApiError> {
        let remote = self.desk().health.remote(hook);
        remote.webhook.map(|webhook| webhook.id).ok_or_else(|| ApiError {
            code: ApiErrorCode::Site,
            message: remote.unknown.unwrap_or_else(|| {
                "The site has not been asked for its webhooks yet. Try again in a moment".to_owned()
            }),
        })
    }
}

fn no_webhooks() -> ApiError {
    ApiError {
        code: ApiErrorCode::BadRequest,
        message: "This tracker does not let webhooks be administered from here".into(),
    }
}

fn bounded(number: usize) -> Result<(), ApiError> {
    if number > MOST_ASKED {
        return Err(ApiError {
            code: ApiErrorCode::BadRequest,
            message: format!("That is more than {MOST_ASKED} at once. Choose fewer"),
        });
    }
    Ok(())
}

/// Both records as one list, the newest first. `known`: the events of these event log entries that are in the journal.
fn compared(
    theirs: Vec<SiteDelivery>,
    ours: Vec<KeptDelivery>,
    known: &HashMap<i64, i64>,
    ours_alone: bool,
) -> Vec<ComparedDelivery> {
    let by_id: HashMap<&str, &KeptDelivery> = ours
        .iter()
        .filter_map(|kept| Some((kept.tracker_id.as_deref()?, kept)))
        .collect();
    let mut told: HashSet<String> = HashSet::new();
    let mut rows: Vec<ComparedDelivery> = Vec::with_capacity(theirs.len());
    for delivery in theirs {
        let kept = by_id.get(delivery.id.as_str());
        let events: Vec<i64> = delivery
            .entries
            .iter()
            .filter_map(|entry| known.get(entry).copied())
            .collect();
        let all_known = events.len() == delivery.entries.len();
        let verdict = match kept {
            _ if delivery.about_itself => Compared::AboutItself,
            Some(_) => Compared::Both,
            None if all_known => Compared::KnownAnyway,
            None => Compared::Missing,
        };
        told.insert(delivery.id.clone());
        rows.push(ComparedDelivery {
            id: Some(delivery.id.clone()),
            at: delivery.at,
            events,
            entries: delivery.entries.clone(),
            verdict,
            site: Some(delivery),
        });
    }
    for kept in ours {
        if kept.tracker_id.as_ref().is_some_and(|id| told.contains(id)) {
            continue;
        }
        rows.push(ComparedDelivery {
            id: kept.tracker_id,
            at: kept.received_at,
            site: None,
            events: kept.events.iter().map(|(seq, _)| *seq).collect(),
            entries: kept.events.iter().filter_map(|(_, entry)| *entry).collect(),
            verdict: if ours_alone { Compared::Both } else { Compared::OnlyHere },
        });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn theirs(id: &str, second: i64, entries: &[i64]) -> SiteDelivery {
        SiteDelivery {
            id: id.to_owned(),
            at: at(second),
            delivered: true,
            seconds: 0.1,
            answer: 200,
            entries: entries.to_vec(),
            about_itself: false,
            acknowledgement: None,
        }
    }

    fn ours(id: Option<&str>, second: i64, events: &[(i64, Option<i64>)]) -> KeptDelivery {
        KeptDelivery {
            seq: second,
            tracker_id: id.map(ToOwned::to_owned),
            received_at: at(second),
            events: events.to_vec(),
        }
    }

    #[test]
    fn each_delivery_stands_once_with_what_both_say() {
        let site = vec![
            theirs("a", 1, &[100]),
            theirs("b", 2, &[101, 102]),
            theirs("c", 3, &[103]),
        ];
        let here = vec![
            ours(Some("a"), 1, &[(1, Some(100))]),
            ours(Some("x"), 5, &[(9, Some(300))]),
            ours(None, 6, &[(10, None)]),
        ];
        let known = HashMap::from([(100, 1), (101, 2), (103, 4)]);
        let rows = compared(site, here, &known, false);
        let told: Vec<_> = rows
            .iter()
            .map(|r| (r.id.as_deref(), r.verdict, r.events.clone()))
            .collect();
        assert_eq!(
            told,
            [
                (None, Compared::OnlyHere, vec![10]),
                (Some("x"), Compared::OnlyHere, vec![9]),
                (Some("c"), Compared::KnownAnyway, vec![4]),
                (Some("b"), Compared::Missing, vec![2]),
                (Some("a"), Compared::Both, vec![1]),
            ]
        );
    }

    #[test]
    fn without_the_sites_record_nothing_is_called_missing_there() {
        let rows = compared(
            Vec::new(),
            vec![ours(Some("a"), 1, &[(1, Some(100))])],
            &HashMap::new(),
            true,
        );
        assert_eq!(rows[0].verdict, Compared::Both);
    }
}
