//! One event with all that is known of it, and a Shot's history.

use callboard_journal::{FeedRow, History, Reader};
use callboard_model::{EntityKey, Road, SiteName};
use callboard_receiver::TAKEN;
use callboard_rules::{RuleSet, sentence};
use callboard_trackers::creative_force::masked;
use callboard_trackers::shotgrid::payload_at;

use crate::acknowledge::outcome_of;
use crate::api::{Acknowledgement, ApiError, ApiErrorCode, EventDetail, FiredRule, PreviousPayload, SentAnswer};
use crate::settings::SiteKind;
use crate::start::Engine;

impl Engine {
    /// One event with all that is known of it.
    pub(crate) async fn event(&self, seq: i64) -> Result<EventDetail, ApiError> {
        let acknowledging: Vec<SiteName> = self
            .desk()
            .sites()
            .into_iter()
            .filter(|site| site.acknowledges())
            .map(|site| site.name.clone())
            .collect();
        let sites = self.desk().sites();
        let plain = sites
            .iter()
            .filter(|site| site.settings.kind != SiteKind::CreativeForce);
        let plain: Vec<SiteName> = plain.map(|site| site.name.clone()).collect();
        self.read(move |r| detail(r, seq, &acknowledging, &plain)).await
    }

    /// The history of a Shot, an Asset … or of what a Task or Version belongs to.
    pub(crate) async fn history(&self, site: SiteName, entity: EntityKey) -> Result<History, ApiError> {
        self.read(move |r| {
            r.history(&site, &entity)?.ok_or_else(|| ApiError {
                code: ApiErrorCode::NotFound,
                message: format!("The journal has heard nothing of {} {}", entity.kind, entity.id),
            })
        })
        .await
    }
}

/// `plain`: the sites whose payloads are shown as they came. In those of others people's mail addresses are masked; so they are where a
/// site is no longer connected, and nobody knows of which kind it was.
fn detail(reader: &Reader, seq: i64, acknowledging: &[SiteName], plain: &[SiteName]) -> Result<EventDetail, ApiError> {
    let row = row_of(reader, seq)?.ok_or_else(|| ApiError {
        code: ApiErrorCode::NotFound,
        message: "There is no such event in the journal".into(),
    })?;
    let shown = |text: String| if plain.contains(&row.site) { text } else { masked(&text) };
    let delivery = reader.delivery_of(seq)?.map(|(view, ..)| view);
    let previous = match reader.event_before(seq)? {
        Some(before) => row_of(reader, before)?
            .map(|row| {
                Ok::<_, ApiError>(PreviousPayload {
                    seq: row.seq,
                    received_at: row.received_at,
                    payload: shown(payload(reader, before)?),
                })
            })
            .transpose()?,
        None => None,
    };
    let answer = (row.road == Road::Hook && delivery.is_some()).then(|| SentAnswer {
        status: TAKEN.0,
        body: TAKEN.1.to_owned(),
    });
    let acknowledgement = match reader.delivery_to_acknowledge(seq)? {
        Some((delivery, _, at)) if at.is_some() || acknowledging.contains(&row.site) => Some(Acknowledgement {
            at,
            text: outcome_of(&reader.events_in(delivery)?),
        }),
        _ => None,
    };
    Ok(EventDetail {
        payload: shown(payload(reader, seq)?),
        previous,
        answer,
        acknowledgement,
        revision_then: reader.revision_at(row.received_at)?,
        rules: fired(reader, &row)?,
        delivery,
        row,
    })
}

fn row_of(reader: &Reader, seq: i64) -> Result<Option<FeedRow>, ApiError> {
    Ok(reader.rows(&[seq])?.pop())
}

fn payload(reader: &Reader, seq: i64) -> Result<String, ApiError> {
    let received = reader.received_of(seq)?;
    Ok(received.map_or_else(String::new, |(body, place)| payload_at(&body, place)))
}

/// The rules that fired, as they were then.
fn fired(reader: &Reader, row: &FeedRow) -> Result<Vec<FiredRule>, ApiError> {
    let Some(cascade) = &row.cascade else {
        return Ok(Vec::new());
    };
    let set = reader
        .rules_of(cascade.revision)?
        .and_then(|text| RuleSet::parse(text.as_bytes()).ok());
    let mut fired: Vec<FiredRule> = Vec::new();
    let changed = cascade.changes.iter().map(|c| (&c.rule, &c.rule_name));
    let carried = cascade.carried.iter().map(|c| (&c.rule, &c.rule_name));
    for (id, name) in changed.chain(carried) {
        if fired.iter().all(|f| f.id != *id) {
            let rule = set
                .as_ref()
                .and_then(|s| s.rules.iter().find(|r| r.id == *id).map(|r| (s, r)));
            fired.push(FiredRule {
                id: id.clone(),
                name: name.clone(),
                sentence: rule.map(|(set, rule)| sentence(set, rule)).unwrap_or_default(),
            });
        }
    }
    Ok(fired)
}
