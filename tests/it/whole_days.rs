//! Bad days from morning to evening: the same people do the same things on a day without faults and on each bad one, and in
//! the evening the site stands as on the good one. Nothing is missed, and nothing is written twice.

use std::collections::BTreeMap;
use std::time::Duration;

use callboard_journal::{FeedRow, Outcome};
use callboard_model::{ChangeState, SiteName};
use callboard_practice::BadDay;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::stage::{Stage, Wishes, changes};
use crate::two_roads::live;

const SHOTS: std::ops::Range<i64> = 1000..1006;
const WAY: [&str; 7] = ["bkdn", "cnv", "stcomp", "sndcli", "rev", "note", "apv"];
const ROUNDS: usize = 6;
/// On a day on which every call may take seconds people do less, so that the evening comes.
const FEW: usize = 2;
/// On such a day the evening is long.
const EVENING: Duration = Duration::from_secs(240);
/// People are quick, and not all at once.
const BETWEEN: Duration = Duration::from_millis(25);

/// The statuses of everything that the day touched, by type and id.
type Evening = BTreeMap<(String, i64), Option<String>>;

static GOOD_DAY: OnceCell<Evening> = OnceCell::const_new();
static SHORT_DAY: OnceCell<Evening> = OnceCell::const_new();

async fn morning(bad_days: &[BadDay]) -> (Stage, Vec<i64>) {
    let mut wishes = Wishes {
        event_log: true,
        ..Wishes::default()
    };
    wishes.practice.generate_event_log_entries = true;
    let stage = Stage::with(wishes).await;
    live(&stage).await;
    let mut versions = Vec::new();
    for shot in SHOTS {
        versions.push(stage.version(shot, "Composite").await.0);
    }
    for day in bad_days {
        stage.site.begin(*day);
    }
    (stage, versions)
}

/// What the people do, always the same.
async fn work(stage: &Stage, versions: &[i64], rounds: usize) {
    for round in 0..rounds {
        for (place, version) in versions.iter().enumerate() {
            let code = WAY[(round * 5 + place * 3) % WAY.len()];
            stage.site.set_status_as_person("Version", *version, code);
            tokio::time::sleep(BETWEEN).await;
        }
    }
}

/// The log's rows that tell of a status that a person set on a Version, by number.
fn told(stage: &Stage) -> Vec<i64> {
    let is = |row: &&Value| {
        row["event_type"] == "Shotgun_Version_Change"
            && row["attribute_name"] == "sg_status_list"
            && row["meta"]["in_create"] != true
            && row["user"]["type"] == "HumanUser"
    };
    let log = stage.site.event_log();
    log.iter().filter(is).filter_map(|row| row["id"].as_i64()).collect()
}

async fn evening(stage: &Stage) -> Evening {
    stage
        .within(EVENING, "everything that happened is known and decided", |s| {
            let rows = s.rows();
            let known: Vec<i64> = rows.iter().filter_map(|row| row.event_log_entry_id).collect();
            told(s).iter().all(|id| known.contains(id)) && rows.iter().all(|row| row.outcome != Outcome::Waiting)
        })
        .await;
    let mut evening = Evening::new();
    for kind in ["Version", "Task", "Shot"] {
        for entity in stage.site.entities(kind) {
            let id = entity["id"].as_i64().unwrap();
            evening.insert((kind.to_owned(), id), stage.site.status(kind, id));
        }
    }
    evening
}

/// Each event once, and each change that the journal calls confirmed written once.
fn once(stage: &Stage) {
    let rows = stage.rows();
    let mut entries: Vec<i64> = rows.iter().filter_map(|row| row.event_log_entry_id).collect();
    let all = entries.len();
    entries.sort_unstable();
    entries.dedup();
    assert_eq!(entries.len(), all, "an event stands twice in the journal");
    let mut confirmed: BTreeMap<(String, i64, String), usize> = BTreeMap::new();
    let done = |row: &FeedRow| -> Vec<(String, i64, String)> {
        let done = changes(row).iter().filter(|c| c.state == ChangeState::Confirmed);
        done.map(|c| {
            let to = c.to.as_ref().map(ToString::to_string).unwrap_or_default();
            (c.entity.key.kind.to_string(), c.entity.key.id.as_number().unwrap(), to)
        })
        .collect()
    };
    for place in rows.iter().flat_map(done) {
        *confirmed.entry(place).or_default() += 1;
    }
    let mut written: BTreeMap<(String, i64, String), usize> = BTreeMap::new();
    for write in stage.site.writes().into_iter().filter(|w| w.user_type == "ApiUser") {
        let to = write.value.as_str().unwrap_or_default().to_owned();
        *written.entry((write.kind, write.id, to)).or_default() += 1;
    }
    assert_eq!(written, confirmed, "what was written, and what the journal says of it");
}

async fn good_day(rounds: usize) -> Evening {
    let (stage, versions) = morning(&[]).await;
    work(&stage, &versions, rounds).await;
    let evening = evening(&stage).await;
    once(&stage);
    stage.close().await;
    evening
}

async fn ends_as_a_good_day(bad_days: &[BadDay]) {
    let is_slow = bad_days
        .iter()
        .any(|day| matches!(day, BadDay::Slow | BadDay::Timeouts));
    let (good_day_of, rounds) = if is_slow {
        (&SHORT_DAY, FEW)
    } else {
        (&GOOD_DAY, ROUNDS)
    };
    let good = good_day_of.get_or_init(|| good_day(rounds)).await;
    let (stage, versions) = morning(bad_days).await;
    work(&stage, &versions, rounds).await;
    let evening = evening(&stage).await;
    let differ: Vec<_> = good
        .iter()
        .filter(|(place, status)| evening.get(place) != Some(status))
        .map(|(place, status)| (place, status, evening.get(place)))
        .collect();
    assert!(differ.is_empty(), "{bad_days:?}: {differ:?}");
    once(&stage);
    stage.close().await;
}

macro_rules! days {
    ($($name:ident: $($day:ident)+;)+) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                ends_as_a_good_day(&[$(BadDay::$day),+]).await;
            }
        )+
    };
}

days! {
    deliveries_that_come_twice: Duplicates;
    deliveries_that_overtake_one_another: Reordering;
    deliveries_that_are_never_sent: LostDeliveries;
    rows_that_are_committed_late: LateRows;
    numbers_that_never_appear: Gaps;
    answers_that_take_long: Slow;
    a_gateway_that_fails_in_bursts: Errors;
    writes_whose_answers_never_come: Timeouts;
    a_tunnel_that_dies: DeadTunnel;
    a_hook_that_fails_and_is_silent: FailedHook;
    writes_of_ours_that_leave_no_trace: ScriptSilence;
    tokens_that_end_before_their_time: ExpiredTokens;
    ids_as_text: OddValues;
    a_budget_that_holds: Throttled;
    everything_at_once: Duplicates Reordering LostDeliveries LateRows Gaps Errors Timeouts ExpiredTokens;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_site_refuses_is_given_up_and_the_rest_is_as_on_a_good_day() {
    let good = GOOD_DAY.get_or_init(|| good_day(ROUNDS)).await;
    let (stage, versions) = morning(&[BadDay::Refusals]).await;
    work(&stage, &versions, ROUNDS).await;
    let evening = evening(&stage).await;
    let failed: Vec<(String, i64)> = stage
        .rows()
        .iter()
        .flat_map(|row| changes(row).to_vec())
        .filter(|change| change.state == ChangeState::Failed)
        .map(|change| {
            (
                change.entity.key.kind.to_string(),
                change.entity.key.id.as_number().unwrap(),
            )
        })
        .collect();
    // A Task that could not be set takes its Shot along: what follows from it was not written.
    let below = |shot: i64| {
        failed
            .iter()
            .any(|(kind, id)| kind == "Task" && *id == stage.task(shot, "Composite"))
    };
    for (place, status) in good {
        let excused = failed.contains(place) || (place.0 == "Shot" && below(place.1));
        if !excused {
            assert_eq!(evening.get(place), Some(status), "{place:?}");
        }
    }
    assert!(!failed.is_empty(), "the day refuses something");
    let issues = stage.reader.issues().unwrap();
    assert!(
        issues.iter().any(|issue| issue.key.starts_with("write:practice")),
        "{issues:?}"
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_tasks_changed_at_once_are_a_hundred_events_in_order() {
    let (stage, _) = morning(&[]).await;
    let tasks: Vec<i64> = stage
        .site
        .entities("Task")
        .iter()
        .filter_map(|task| task["id"].as_i64())
        .take(100)
        .collect();
    let heard = stage.rows().len();
    for task in &tasks {
        stage.site.set_status_as_person("Task", *task, "hld");
    }
    stage
        .until("all hundred are decided", |s| {
            let rows = s.rows();
            let new = rows
                .iter()
                .skip(heard)
                .filter(|r| r.is_status && r.new == Some(Value::from("hld")));
            new.filter(|r| r.entity.as_ref().is_some_and(|e| e.key.kind.is("Task")))
                .count()
                >= 100
                && rows.iter().all(|r| r.outcome != Outcome::Waiting)
        })
        .await;
    once(&stage);
    let position = stage.reader.log_position(&SiteName::from("practice")).unwrap();
    assert!(position.is_some());
    stage.close().await;
}
