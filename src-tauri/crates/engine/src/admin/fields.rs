//! The names in a subscription held against the site's own: the site checks none, and a misspelt one makes a silent webhook.

use callboard_journal::FeedFilter;
use callboard_model::{EntityType, SiteName, Subscription, WebhookDraft};
use callboard_rules::{CompiledRules, LINK_FIELDS, listens_to};
use callboard_trackers::{DeliveryFilter, Examination, Offered, TrackerError, Webhooks};
use serde_json::Value;

use super::{ask, refused};
use crate::api::{ApiError, DoctorCode, DoctorFinding};
use crate::settings::SiteKind;
use crate::site::Site;
use crate::start::Engine;

/// Recorded events that a filter is tried on.
const TRIED: u32 = 500;

/// Why names matter.
const WHY: &str = "The site checks no names: a webhook with a misspelt one is made, and then stays silent";
/// The custom events that webhooks may ask for (ShotGrid documentation, Webhooks, "Custom events available for Webhook subscriptions").
const CUSTOM_EVENTS: [&str; 40] = [
    "ClientUser_FailedLogin",
    "ClientUser_Login",
    "ClientUser_Logout",
    "CRS_HumanUser_Thumbnail_Access_By_Client",
    "CRS_PlaylistShare_Create",
    "CRS_PlaylistShare_Revoke",
    "CRS_Preferences_Change",
    "CRS_Version_Media_Download",
    "CRS_Version_Thumbnail_Access_By_Client",
    "SG_RV_Session_Validate_Success",
    "ShotGrid_Invitation",
    "ShotGrid_PAT_Added",
    "ShotGrid_PAT_Exchanged",
    "ShotGrid_PAT_Removed",
    "Shotgun_ActionMenuItem_Triggered",
    "Shotgun_CutSupportDataMigration_data_migration",
    "Shotgun_CutSupportDataMigration_disable_cutversionconnection",
    "Shotgun_CutSupportDataMigration_schema_cleanup",
    "Shotgun_DisplayColumn_Delete",
    "Shotgun_ImportApp_Complete",
    "Shotgun_ImportApp_Failed",
    "Shotgun_ImportApp_Start",
    "Shotgun_NotesApp_Summary_Email",
    "Shotgun_Nsx_Support_Ticket",
    "Shotgun_PageSetting_Change",
    "Shotgun_PermissionRuleSet_ChangeRule",
    "Shotgun_PermissionRuleSet_DeleteRule",
    "Shotgun_PermissionRuleSet_NewRule",
    "Shotgun_Preferences_Change",
    "Shotgun_ProjectConfiguration_Update",
    "Shotgun_Reading_Change",
    "Shotgun_Review_Tools_Version_View",
    "Shotgun_User_FailedLogin",
    "Shotgun_User_Login",
    "Shotgun_User_Logout",
    "Shotgun_User_PasswordChange",
    "Shotgun_ValidationRule_Create",
    "Shotgun_Webhook_Created",
    "Shotgun_Webhook_Deleted",
    "Shotgun_Webhook_Updated",
];

impl Engine {
    /// What a hook of a site should deliver, by what the live rules go by and set.
    pub(crate) fn suggest_subscription(&self, name: &SiteName) -> Result<Subscription, ApiError> {
        let site = self.connected(name)?;
        let live = self.desk().live();
        let live = live.ok_or_else(|| {
            refused("No rule set is live: make one live first, so that there is something to listen to")
        })?;
        let offered = site.tracker.webhooks().map_or(Offered::ALL, Webhooks::offered);
        suggestion(live.rules_for(name), site.settings.kind, offered)
            .ok_or_else(|| refused("The live rule set has no rules, so there is nothing to listen to"))
    }

    /// Checks a subscription against the site's schema.
    pub(crate) async fn check_subscription(
        &self,
        name: &SiteName,
        subscription: &Subscription,
    ) -> Result<Vec<DoctorFinding>, ApiError> {
        let site = self.connected(name)?;
        let mut findings = check(&site, subscription).await?;
        if let Some(filter) = filter(&site, subscription).await? {
            findings.push(match filter {
                Ok(filter) => self.tried(&site, filter).await?,
                Err(why) => no_filter(&why),
            });
        }
        Ok(findings)
    }

    /// A filter tried on the events that the site's hooks have brought lately: what it lets through, and whether it keeps out any that
    /// the live rules go by.
    async fn tried(&self, site: &Site, filter: DeliveryFilter) -> Result<DoctorFinding, ApiError> {
        let (name, live) = (site.name.clone(), self.desk().live());
        let of_site = FeedFilter {
            sites: vec![name.clone()],
            ..FeedFilter::default()
        };
        self.read(move |reader| {
            let rules = live.as_ref().map(|live| live.rules_for(&name));
            let (mut tried, mut passed, mut wanted, mut kept_out) = (0, 0, 0, 0);
            for row in reader.feed(None, TRIED, &of_site)?.rows {
                let Some((_, body, _)) = reader.delivery_of(row.seq)? else {
                    continue;
                };
                let Ok(received) = serde_json::from_slice::<Value>(&body) else {
                    continue;
                };
                let recorded = reader.event(row.seq)?;
                let is_wanted = recorded.is_some_and(|r| rules.is_some_and(|rules| rules.fires_on(&r.event)));
                let passes = filter.lets_through(&received);
                tried += 1;
                passed += u32::from(passes);
                wanted += u32::from(is_wanted);
                kept_out += u32::from(is_wanted && !passes);
            }
            Ok(tried_words(filter.text(), [tried, passed, wanted, kept_out]))
        })
        .await
    }
}

/// The filter that a webhook of such a subscription would have on a site that has filters, or why there can be none.
async fn filter(site: &Site, wanted: &Subscription) -> Result<Option<Result<DeliveryFilter, String>>, ApiError> {
    let Some(webhooks) = site.tracker.webhooks() else {
        return Ok(None);
    };
    let draft = WebhookDraft {
        name: String::new(),
        description: String::new(),
        url: String::new(),
        subscription: wanted.clone(),
        projects: Vec::new(),
        batched: false,
        validates_certificate: true,
    };
    let made = site.or_stop(site.call(webhooks.filter(&draft))).await;
    match made.ok_or_else(super::stopping)? {
        Ok(filter) => Ok(filter.map(Ok)),
        Err(TrackerError::NotSettable { why, .. }) => Ok(Some(Err(why))),
        Err(error) => Err(error.into()),
    }
}

const WHY_FILTER: &str =
    "The site holds every event against the webhook's filter and delivers those alone that satisfy it";

fn no_filter(why: &str) -> DoctorFinding {
    DoctorFinding::problem(
        DoctorCode::Fields,
        format!("There can be no such webhook: {why}"),
        WHY_FILTER,
        "Choose types, moments and columns that the site has",
    )
}

/// `[tried, passed, wanted, kept_out]`: events tried, those let through, those that the rules go by, and of these those kept out.
fn tried_words(filter: &str, [tried, passed, wanted, kept_out]: [u32; 4]) -> DoctorFinding {
    if tried == 0 {
        return DoctorFinding::good(
            DoctorCode::Fields,
            format!("The filter is: {filter}"),
            "It is tried on recorded events once there are any",
        );
    }
    if kept_out > 0 {
        return DoctorFinding::problem(
            DoctorCode::Fields,
            format!(
                "Of the last {tried} recorded events the live rules go by {wanted}, and the filter would keep {kept_out} of them out: {filter}"
            ),
            WHY_FILTER,
            "Have the webhook deliver what the live rules ask for",
        );
    }
    DoctorFinding::good(
        DoctorCode::Fields,
        format!(
            "Of the last {tried} recorded events the filter lets {passed} through, all {wanted} among them that the live rules go by: {filter}"
        ),
        WHY_FILTER,
    )
}

/// Custom events need a webhook each, so one is suggested only where the rules go by nothing else.
fn suggestion(rules: &CompiledRules, kind: SiteKind, offered: Offered) -> Option<Subscription> {
    let mut listening = listens_to(rules);
    if kind == SiteKind::Ftrack {
        for life in listening.kinds.values_mut() {
            life.delete &= offered.deletions;
            life.revive &= offered.deletions;
            // Links by another tracker's names; what moves things here is read with them each time.
            let own = |fields: &mut Vec<String>| fields.retain(|field| !LINK_FIELDS.contains(&field.as_str()));
            life.update.iter_mut().for_each(own);
            life.update = life.update.take().filter(|fields| !fields.is_empty());
        }
        listening.kinds.retain(|_, life| life.create || life.update.is_some());
        return (!listening.kinds.is_empty()).then_some(Subscription::Entities(listening.kinds));
    }
    match listening.custom.into_iter().next() {
        Some(event) if listening.only_custom => Some(Subscription::Custom(event)),
        _ => (!listening.kinds.is_empty()).then_some(Subscription::Entities(listening.kinds)),
    }
}

/// A subscription's names held against the site's. Errors when the site cannot be asked.
pub(super) async fn check(site: &Site, subscription: &Subscription) -> Result<Vec<DoctorFinding>, ApiError> {
    let kinds = match subscription {
        // A filter of one's own: whether it can be read is said where it is made.
        Subscription::Custom(_) if site.settings.kind == SiteKind::Ftrack => return Ok(Vec::new()),
        Subscription::Custom(event) => return Ok(vec![custom_event(event)]),
        Subscription::Entities(kinds) if kinds.is_empty() => {
            return Ok(vec![DoctorFinding::problem(
                DoctorCode::Fields,
                "The webhook would deliver nothing",
                "No type of entity is chosen",
                "Choose at least one type, and what of it is to be heard",
            )]);
        }
        Subscription::Entities(kinds) => kinds,
    };
    let Some(examination) = site.tracker.examination() else {
        return Ok(Vec::new());
    };
    let known = ask(site, examination.kinds()).await?;
    let offered = site.tracker.webhooks().map_or(Offered::ALL, Webhooks::offered);
    let mut findings = Vec::new();
    for (kind, life) in kinds {
        if (life.delete || life.revive) && !offered.deletions {
            findings.push(DoctorFinding::problem(
                DoctorCode::Fields,
                format!("The site does not deliver that a {kind} was deleted"),
                "ftrack's webhooks tell what was made and what changed, so far nothing else",
                format!("Leave the deletion of {kind} out"),
            ));
        } else if !life.create && !life.delete && !life.revive && life.update.is_none() {
            findings.push(DoctorFinding::problem(
                DoctorCode::Fields,
                format!("Nothing of {kind} would be heard"),
                "A type without a moment of its life is refused or stays silent",
                format!("Choose what of {kind} is to be heard, or leave it out"),
            ));
        } else if is_never_delivered(kind) {
            findings.push(DoctorFinding::problem(
                DoctorCode::Fields,
                format!("The site has no webhooks for {kind}"),
                "It leaves out script users, event log entries and the types that only connect others",
                format!("Leave {kind} out"),
            ));
        } else if !known.contains(kind) {
            let names = known.iter().map(EntityType::as_str);
            findings.push(unknown_name("type of entity", kind.as_str(), names));
        } else {
            findings.extend(check_fields(site, examination, kind, life.update.as_deref().unwrap_or_default()).await?);
        }
    }
    Ok(findings)
}

async fn check_fields(
    site: &Site,
    examination: &dyn Examination,
    kind: &EntityType,
    wanted: &[String],
) -> Result<Vec<DoctorFinding>, ApiError> {
    let known = if wanted.is_empty() {
        Vec::new()
    } else {
        ask(site, examination.fields(kind)).await?
    };
    let unknown = wanted.iter().filter(|field| !known.contains(field));
    let what = format!("field of {kind}");
    let mut findings: Vec<_> = unknown
        .map(|field| unknown_name(&what, field, known.iter().map(String::as_str)))
        .collect();
    if findings.is_empty() {
        let title = match wanted {
            [] => format!("{kind} is a type of this site"),
            [field] => format!("{kind} has the field {field}"),
            several => format!("{kind} has all {} fields", several.len()),
        };
        findings.push(DoctorFinding::good(DoctorCode::Fields, title, WHY));
    }
    Ok(findings)
}

/// Errors with the first name that the site does not know.
pub(super) async fn refuse_unknown(site: &Site, subscription: &Subscription) -> Result<(), ApiError> {
    let findings = check(site, subscription).await?;
    match findings.into_iter().find(DoctorFinding::is_problem) {
        None => Ok(()),
        Some(found) => Err(refused(format!(
            "{}. {}",
            found.title,
            found.remedy.unwrap_or_default()
        ))),
    }
}

fn custom_event(event: &str) -> DoctorFinding {
    if CUSTOM_EVENTS.contains(&event) {
        return DoctorFinding::good(
            DoctorCode::Fields,
            format!("{event} is a custom event that webhooks deliver"),
            WHY,
        );
    }
    match nearest(event, CUSTOM_EVENTS) {
        Some(near) if near.eq_ignore_ascii_case(event) || strsim::jaro_winkler(near, event) > 0.95 => {
            unknown_name("custom event", event, CUSTOM_EVENTS)
        }
        _ => DoctorFinding::advice(
            DoctorCode::Fields,
            format!("{event} is none of the custom events that the site's documentation lists"),
            WHY,
            "Check its name on the site's Webhooks page",
        ),
    }
}

fn unknown_name<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> DoctorFinding {
    let remedy = match nearest(name, known) {
        Some(near) => {
            format!("Did you mean {near}? Names are the site's own: its API's, not those that its pages show")
        }
        None => {
            "Look the name up in the site's fields: it is the one that its API uses, not the one that its pages show"
                .into()
        }
    };
    DoctorFinding::problem(
        DoctorCode::Fields,
        format!("The site knows no {what} named {name}"),
        WHY,
        remedy,
    )
}

/// The known name that is nearest to one, if any is near.
fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let likeness = |other: &str| {
        let other = other.to_lowercase();
        // People leave the prefix of the studio's own fields out.
        strsim::jaro_winkler(&name, &other).max(strsim::jaro_winkler(&name, other.trim_start_matches("sg_")))
    };
    let rated = known.into_iter().map(|other| (likeness(other), other));
    let best = rated.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (best.0 > 0.8).then_some(best.1)
}

fn is_never_delivered(kind: &EntityType) -> bool {
    ["ApiUser", "EventLogEntry"].contains(&kind.as_str()) || kind.as_str().ends_with("Connection")
}

#[cfg(test)]
mod tests {
    use callboard_rules::template;

    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_nothing_is_guessed() {
        let known = ["code", "sg_status_list", "sg_client_state", "entity"];
        assert_eq!(nearest("sg_status_lst", known), Some("sg_status_list"));
        assert_eq!(nearest("status_list", known), Some("sg_status_list"));
        assert_eq!(nearest("Client_State", known), Some("sg_client_state"));
        assert_eq!(nearest("zzz", known), None);
        let said = unknown_name("field of Task", "sg_status_lst", known);
        assert!(said.is_problem());
        assert!(said.remedy.unwrap().starts_with("Did you mean sg_status_list?"));
    }

    #[test]
    fn a_misspelt_custom_event_is_one_and_an_unlisted_one_is_not() {
        assert!(custom_event("Shotgun_User_login").is_problem());
        assert!(!custom_event("Shotgun_User_Login").is_problem());
        assert!(!custom_event("Studio_Something_Else").is_problem());
    }

    #[test]
    fn the_status_overhaul_listens_to_what_it_goes_by_what_it_sets_and_what_moves_entities() {
        let rules = CompiledRules::new(&template("status-overhaul").unwrap());
        let Some(Subscription::Entities(kinds)) = suggestion(&rules, SiteKind::Shotgrid, Offered::ALL) else {
            panic!("it goes by entities");
        };
        let fields = |kind: &str| kinds[&EntityType::from(kind)].update.clone().unwrap();
        assert_eq!(fields("Version"), ["entity", "sg_status_list", "sg_task"]);
        assert_eq!(fields("Task"), ["entity", "sg_status_list"]);
        assert!(fields("Shot").contains(&"sg_status_list".to_owned()));
        let on_ftrack = rules.clone().with_status_field("status_id");
        let offered = Offered {
            deletions: false,
            ..Offered::ALL
        };
        let Some(Subscription::Entities(kinds)) = suggestion(&on_ftrack, SiteKind::Ftrack, offered) else {
            panic!("it goes by entities");
        };
        for (kind, life) in kinds {
            assert!(life.update.is_none_or(|fields| fields == ["status_id"]), "{kind}");
            assert!(!life.delete && !life.revive, "{kind}");
        }
        assert!(
            suggestion(
                &CompiledRules::new(&template("blank").unwrap()),
                SiteKind::Shotgrid,
                Offered::ALL
            )
            .is_none()
        );
    }
}
