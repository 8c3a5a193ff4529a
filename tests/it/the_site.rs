//! What goes between the site and us besides changes: custom events, outcomes written back, deliveries held side by side.

use callboard_engine::api::{Ask, Backfilled, Compared, ComparedDeliveries, HooksView};
use callboard_journal::{FeedRow, Outcome};
use callboard_model::{HookName, HookState, Operation, Road, SiteName};
use callboard_practice::CUSTOM_EVENTS;
use callboard_rules::RuleSet;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::stage::{Stage, Wishes, all_confirmed, story};
use crate::two_roads::{live, read_to_the_end};

const SHOT: i64 = 1000;

fn is_about(row: &FeedRow, id: i64) -> bool {
    row.entity.as_ref().and_then(|e| e.key.id.as_number()) == Some(id)
}

pub(crate) async fn ask<T: DeserializeOwned>(stage: &Stage, ask: Ask) -> T {
    serde_json::from_value(stage.engine.ask(ask).await.unwrap()).unwrap()
}

fn hook() -> HookName {
    HookName::from("status")
}

/// Rules that hold a Task as soon as one of these custom events is about it.
fn rules_for(events: &[&str], filter: Option<&str>) -> RuleSet {
    let status = |code: &str| json!({ "code": code, "name": code });
    let document = json!({
        "callboard": 1, "name": "Custom events",
        "statuses": { "task": [status("wtg"), status("ip"), status("hld")] },
        "rules": [{
            "id": "held", "name": "Held",
            "when": { "entity": "Task", "on": ["custom"], "event_type": events },
            "if": filter.map_or_else(|| json!({}), |filter| json!({ "filter": filter })),
            "then": { "set": "itself", "to": ["hld"] },
        }],
    });
    RuleSet::parse(document.to_string().as_bytes()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_custom_event_is_received_shown_and_can_start_a_rule() {
    let stage = Stage::with(Wishes {
        event_log: true,
        rules: rules_for(&CUSTOM_EVENTS, None),
        ..Wishes::default()
    })
    .await;
    live(&stage).await;
    let tasks: Vec<i64> = stage
        .site
        .entities("Task")
        .iter()
        .filter_map(|task| task["id"].as_i64())
        .take(CUSTOM_EVENTS.len())
        .collect();
    for (event, task) in CUSTOM_EVENTS.iter().zip(&tasks) {
        stage.site.custom_event(event, Some(("Task", *task)), json!({}));
    }
    let rows_of = |s: &Stage, event: &str, task: i64| -> Vec<_> {
        let rows = s.rows().into_iter();
        rows.filter(|row| row.event_type == event && is_about(row, task))
            .collect()
    };
    for (event, task) in CUSTOM_EVENTS.iter().zip(&tasks) {
        let settled = |s: &Stage| {
            rows_of(s, event, *task)
                .first()
                .is_some_and(|row| row.outcome != Outcome::Waiting)
        };
        stage.until(&format!("{event} is settled"), settled).await;
        let row = rows_of(&stage, event, *task).remove(0);
        assert_eq!(row.operation, Operation::Custom, "{event}");
        assert!(all_confirmed(&row), "{event}: {:?}, {:?}", row.outcome, story(&row));
        assert_eq!(stage.site.status("Task", *task).as_deref(), Some("hld"), "{event}");
    }
    let filter = callboard_journal::FeedFilter {
        text: "CRS_Version_Media_Download".into(),
        ..callboard_journal::FeedFilter::default()
    };
    assert_eq!(
        stage.reader.feed(None, 10, &filter).unwrap().rows.len(),
        1,
        "found by its name"
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_sees_an_event_of_the_log_as_it_sees_a_delivery() {
    let filter = "event_type = \"Shotgun_ActionMenuItem_Triggered\" and meta.title = \"Hold it\"";
    let stage = Stage::with(Wishes {
        event_log: true,
        rules: rules_for(&["Shotgun_ActionMenuItem_Triggered"], Some(filter)),
        ..Wishes::default()
    })
    .await;
    live(&stage).await;
    let task = stage.task(SHOT, "Composite");
    let other = stage.task(SHOT, "Rotoscoping");
    let event = "Shotgun_ActionMenuItem_Triggered";
    stage
        .site
        .custom_event(event, Some(("Task", other)), json!({ "title": "Something else" }));
    stage
        .site
        .custom_event(event, Some(("Task", task)), json!({ "title": "Hold it" }));
    stage
        .until("the Task is held", |s| {
            s.site.status("Task", task).as_deref() == Some("hld")
        })
        .await;
    assert_ne!(stage.site.status("Task", other).as_deref(), Some("hld"));
    let about_other = |row: &FeedRow| row.event_type == event && is_about(row, other);
    stage
        .until("the other is known too", |s| s.rows().iter().any(about_other))
        .await;
    let row = stage.rows().into_iter().find(about_other).unwrap();
    let detail: Value = ask(&stage, Ask::Event { seq: row.seq }).await;
    let payload: Value = serde_json::from_str(detail["payload"].as_str().unwrap()).unwrap();
    assert_eq!(row.road, Road::Log);
    assert_eq!(payload["meta"]["title"], "Something else", "{payload}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_of_a_cascade_is_written_back_into_the_deliverys_record() {
    let stage = Stage::open().await;
    let (version, _) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "apv");
    let row = stage.settled("Version", version, "apv").await;
    assert!(all_confirmed(&row), "{:?}", story(&row));
    let written = |s: &Stage| {
        let deliveries = s.site.deliveries().into_iter().rev();
        let about = |body: &str| body.contains("\"new_value\":\"apv\"");
        deliveries
            .filter(|d| about(&d.request_body))
            .find_map(|d| d.acknowledgement)
    };
    stage
        .until("the outcome is written back", |s| written(s).is_some())
        .await;
    let text = written(&stage).unwrap();
    assert!(
        text.starts_with("Callboard: Version ") && text.contains("apv, set and confirmed (rule"),
        "{text}"
    );
    assert!(
        text.len() <= 4096 && !text.contains("practice"),
        "short, and no key in it: {text}"
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_that_are_switched_off_or_refused_change_nothing_else() {
    let stage = Stage::with(Wishes {
        acknowledge: false,
        ..Wishes::default()
    })
    .await;
    let (version, _) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "apv");
    assert!(all_confirmed(&stage.settled("Version", version, "apv").await));
    let puts = |s: &Stage| {
        let asked = s.site.requests_by_path().into_iter();
        asked.filter(|(path, _)| path.contains("/webhook/deliveries/")).count()
    };
    assert_eq!(puts(&stage), 0);
    stage.close().await;

    let stage = Stage::open().await;
    stage.site.show_webhooks(false);
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "apv");
    assert!(all_confirmed(&stage.settled("Version", version, "apv").await));
    assert_eq!(stage.site.status("Task", task).as_deref(), Some("apv"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_site_delivered_and_we_never_saw_is_found_and_fetched_in_one_go() {
    let stage = Stage::open().await;
    stage.site.log_delay(std::time::Duration::ZERO);
    stage.site.late_rows(0);
    let (version, _) = stage.version(SHOT, "Composite").await;
    stage
        .until("the site's hooks are known", |s| {
            let known = s.reader.hooks().unwrap();
            known.first().is_some_and(|hook| hook.state == HookState::Active)
        })
        .await;
    let here = format!("{}/hooks/status", stage.engine.receiver_url());
    stage.site.retarget_hook(0, "http://127.0.0.1:9/hooks/status");
    stage.site.set_status_as_person("Version", version, "bkdn");
    stage.site.set_status_as_person("Version", version, "note");
    stage
        .until("two have failed", |s| {
            s.site.deliveries().iter().filter(|d| d.status == "failed").count() >= 2
        })
        .await;
    stage.site.retarget_hook(0, &here);
    stage.site.set_status_as_person("Version", version, "cnv");
    stage.settled("Version", version, "cnv").await;
    let compare = Ask::CompareDeliveries { hook: hook(), days: 7 };
    let compared: ComparedDeliveries = ask(&stage, compare.clone()).await;
    assert_eq!(compared.trouble, None);
    assert_eq!((compared.missing_here, compared.missing_there), (2, 0), "{compared:#?}");
    let missing: Vec<_> = compared
        .rows
        .iter()
        .filter(|row| row.verdict == Compared::Missing)
        .collect();
    assert!(
        missing
            .iter()
            .all(|row| row.site.as_ref().is_some_and(|site| !site.delivered))
    );
    // One again by the site, the other from its log.
    let again = vec![missing[1].id.clone().unwrap()];
    let entries = missing[0].entries.clone();
    let number: u32 = ask(
        &stage,
        Ask::Redeliver {
            hook: hook(),
            deliveries: again,
        },
    )
    .await;
    assert_eq!(number, 1);
    let backfill = Ask::Backfill {
        site: SiteName::from("practice"),
        entries: entries.iter().copied().chain([999_999_999]).collect(),
    };
    let filled: Backfilled = ask(&stage, backfill.clone()).await;
    assert_eq!((filled.new, filled.known, filled.gone), (1, 0, vec![999_999_999]));
    let filled: Backfilled = ask(&stage, backfill).await;
    assert_eq!((filled.new, filled.known), (0, 1), "asked for again, it is known");
    stage.settled("Version", version, "note").await;
    stage.settled("Version", version, "bkdn").await;
    let compared: ComparedDeliveries = ask(&stage, compare).await;
    assert_eq!((compared.missing_here, compared.missing_there), (0, 0), "{compared:#?}");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hooks_view_tells_load_and_forecast_by_both_clocks() {
    let stage = Stage::with(Wishes {
        event_log: true,
        ..Wishes::default()
    })
    .await;
    live(&stage).await;
    let (version, _) = stage.version(SHOT, "Composite").await;
    for code in ["bkdn", "cnv", "apv"] {
        stage.site.set_status_as_person("Version", version, code);
        stage.settled("Version", version, code).await;
    }
    read_to_the_end(&stage).await;
    stage
        .until("figures are kept", |s| {
            let since = jiff::Timestamp::UNIX_EPOCH;
            !s.reader.figures(&hook(), since).unwrap().is_empty()
        })
        .await;
    let view: HooksView = ask(&stage, Ask::Hooks).await;
    let told = &view.hooks[0];
    assert_eq!(told.health.state, HookState::Active);
    assert!(told.webhook.is_some() && told.webhook_unknown.is_none());
    assert!(
        told.load.ours.events >= 4 && told.load.ours.mean > 0.0,
        "{:?}",
        told.load
    );
    assert_eq!(told.forecast, None);
    assert_eq!(
        told.strip.iter().map(|step| step.events).sum::<u32>(),
        u32::try_from(told.load.ours.events).unwrap()
    );
    assert_eq!(told.days.len(), 1);
    assert!(told.last_at.is_some());
    assert_eq!(view.logs[0].site, SiteName::from("practice"));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_of_an_event_goes_with_what_is_written_because_of_it() {
    let stage = Stage::open().await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "apv");
    assert!(all_confirmed(&stage.settled("Version", version, "apv").await));
    let log = stage.site.event_log();
    let session = log.iter().rev().find(|row| row["meta"]["new_value"] == "apv");
    let session = session.and_then(|row| row["session_uuid"].as_str()).unwrap();
    let writes = stage.site.writes();
    let ours = writes
        .iter()
        .find(|write| write.kind == "Task" && write.id == task && write.value == "apv");
    assert_eq!(
        ours.unwrap().session_uuid.as_deref(),
        Some(session),
        "open pages refresh"
    );
    stage.close().await;
}
