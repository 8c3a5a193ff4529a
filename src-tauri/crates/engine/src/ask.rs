//! Answers to what windows ask, from the journal.

use std::collections::BTreeMap;

use callboard_journal::{FeedPage, JournalError, LiveName, Reader};
use callboard_rules::{RuleSet, check, sentence};
use callboard_trackers::shotgrid::payload_at;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::api::{ApiError, ApiErrorCode, Ask, EventDetail, FiredRule, LiveRules, Overview};
use crate::start::Engine;

impl From<JournalError> for ApiError {
    fn from(error: JournalError) -> Self {
        Self {
            code: ApiErrorCode::Journal,
            message: error.to_string(),
        }
    }
}

impl Engine {
    /// Answers a question. The answer's type stands at each kind of [`Ask`].
    pub async fn ask(&self, ask: Ask) -> Result<Value, ApiError> {
        let answer = match ask {
            Ask::Overview => to_value(&self.overview().await?),
            Ask::Feed { before, limit, filter } => {
                to_value::<FeedPage>(&self.read(move |r| Ok(r.feed(before, limit, &filter)?)).await?)
            }
            Ask::Event { seq } => to_value(&self.read(move |r| detail(r, seq)).await?),
            Ask::Rules => to_value(&self.read(live_rules).await?),
        };
        answer.map_err(|e| ApiError {
            code: ApiErrorCode::Journal,
            message: e.to_string(),
        })
    }

    /// What stands around every view.
    pub(crate) async fn overview(&self) -> Result<Overview, ApiError> {
        let now = self.desk().clock.now();
        let midnight = now
            .to_zoned(TimeZone::system())
            .start_of_day()
            .map_or(now, |day| day.timestamp());
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let receiver = self.receiver_url().to_owned();
        let sites: Vec<_> = self.desk().sites.values().map(|s| s.view()).collect();
        let practice = self.desk().sites.values().any(|s| s.is_practice());
        self.read(move |r| {
            let (projects, entity_types) = r.filters()?;
            let live = r.live_rules()?.map(|(live, _)| live);
            Ok(Overview {
                version,
                receiver,
                practice,
                sites,
                hooks: r.hooks()?,
                today: r.counts(midnight)?,
                live,
                projects,
                entity_types,
                statuses: r.statuses()?,
            })
        })
        .await
    }

    async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Reader) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let reader = self.windows().clone();
        tokio::task::spawn_blocking(move || f(&reader))
            .await
            .map_err(|e| ApiError {
                code: ApiErrorCode::Journal,
                message: e.to_string(),
            })?
    }
}

fn to_value<T: serde::Serialize>(value: &T) -> serde_json::Result<Value> {
    serde_json::to_value(value)
}

fn detail(reader: &Reader, seq: i64) -> Result<EventDetail, ApiError> {
    let row = reader.rows(&[seq])?.pop().ok_or_else(|| ApiError {
        code: ApiErrorCode::NotFound,
        message: "There is no such event in the journal".into(),
    })?;
    let (delivery, payload) = match reader.delivery_of(seq)? {
        Some((view, body, place)) => (Some(view), payload_at(&body, place)),
        None => (None, String::new()),
    };
    let rules = match &row.cascade {
        Some(cascade) => {
            let set = reader
                .rules_of(cascade.revision)?
                .and_then(|text| RuleSet::parse(text.as_bytes()).ok());
            let mut fired: Vec<FiredRule> = Vec::new();
            for change in &cascade.changes {
                if fired.iter().all(|f| f.id != change.rule) {
                    let rule = set
                        .as_ref()
                        .and_then(|s| s.rules.iter().find(|r| r.id == change.rule).map(|r| (s, r)));
                    fired.push(FiredRule {
                        id: change.rule.clone(),
                        name: change.rule_name.clone(),
                        sentence: rule.map(|(set, rule)| sentence(set, rule)).unwrap_or_default(),
                    });
                }
            }
            fired
        }
        None => Vec::new(),
    };
    Ok(EventDetail {
        row,
        delivery,
        payload,
        rules,
    })
}

fn live_rules(reader: &Reader) -> Result<Option<LiveRules>, ApiError> {
    let Some((live, text)) = reader.live_rules()? else {
        return Ok(None);
    };
    let LiveName { revision, .. } = live;
    let document = RuleSet::parse(text.as_bytes()).map_err(|e| ApiError {
        code: ApiErrorCode::Journal,
        message: format!("Revision {revision} of the rules cannot be read: {e}"),
    })?;
    let sentences: BTreeMap<String, String> = document
        .rules
        .iter()
        .map(|rule| (rule.id.to_string(), sentence(&document, rule)))
        .collect();
    let findings = check(&document, None);
    Ok(Some(LiveRules {
        live,
        document,
        sentences,
        findings,
    }))
}
