//! People are told once a change of state, after their choices and quiet hours, and say what they have seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use callboard_engine::api::{ApiError, ApiErrorCode, Keep, News, NotifyChoices, Preferences, QuietHours};
use callboard_engine::{Alert, NotifySettings};
use callboard_journal::{IssueState, IssuesView, Outcome};
use callboard_model::{AlertKind, ChangeState, Clock, HookState, Place, SystemClock};
use callboard_rules::RuleSet;
use callboard_trackers::shotgrid::sign;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;

use crate::fresh::Fresh;
use crate::stage::{SECRET, Stage, Wishes, http};

/// The Shot that has every step.
const SHOT: i64 = 1000;

async fn next(alerts: &mut Receiver<Alert>) -> Alert {
    tokio::time::timeout(Duration::from_secs(30), alerts.recv())
        .await
        .expect("somebody is told")
        .unwrap()
}

fn state(stage: &Stage) -> HookState {
    stage.reader.hooks().unwrap()[0].state
}

async fn ask(stage: &Stage, ask: Value) -> Result<Value, ApiError> {
    stage.engine.ask(serde_json::from_value(ask).unwrap()).await
}

async fn issues(stage: &Stage, question: Value) -> IssuesView {
    serde_json::from_value(ask(stage, question).await.unwrap()).unwrap()
}

async fn prefer(stage: &Stage, preferences: Preferences) {
    let answer = ask(stage, json!({ "ask": "set_preferences", "preferences": preferences })).await;
    assert_eq!(answer.unwrap(), serde_json::to_value(&preferences).unwrap());
}

fn quiet_nights() -> NotifySettings {
    NotifySettings {
        quiet_from: Some("19:00".into()),
        quiet_until: Some("08:00".into()),
        ..NotifySettings::default()
    }
}

/// The machine's clock, put forward or back.
struct Moved(AtomicI64);

impl Moved {
    /// A clock that goes on from a time of day here, on the machine's own day.
    fn to(hour: i8) -> Arc<Self> {
        let now = SystemClock.now();
        let here = now.to_zoned(TimeZone::system());
        let then = here.date().at(hour, 0, 0, 0).to_zoned(TimeZone::system()).unwrap();
        Arc::new(Self(AtomicI64::new(then.timestamp().as_second() - now.as_second())))
    }

    fn forward(&self, hours: i64) {
        self.0.fetch_add(hours * 3600, Ordering::SeqCst);
    }
}

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        let moved = SignedDuration::from_secs(self.0.load(Ordering::SeqCst));
        SystemClock.now().checked_add(moved).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sites_own_word_on_its_hook_is_told_once_and_so_is_recovery() {
    let stage = Stage::open().await;
    let mut alerts = stage.engine.alerts();
    let mut notices = stage.engine.notices();
    stage.site.set_hook_status(0, "unstable");
    let alert = next(&mut alerts).await;
    assert_eq!(alert.title, "Webhook status is unstable");
    assert!(alert.body.contains("Check"), "it says what to do: {}", alert.body);
    assert_eq!(
        (alert.kind, alert.group.as_str()),
        (AlertKind::HookUnstable, "hook:status")
    );
    assert_eq!(alert.place, Place::Hook { hook: "status".into() });
    assert_eq!(next(&mut notices).await.title, alert.title);
    assert_eq!(state(&stage), HookState::Unstable);
    assert_eq!(stage.reader.issues().unwrap()[0].state, "open");

    stage.site.set_hook_status(0, "unstable");
    stage.site.set_hook_status(0, "active");
    let alert = next(&mut alerts).await;
    assert_eq!(alert.title, "Webhook status is active again");
    assert_eq!(
        (alert.kind, alert.group.as_str()),
        (AlertKind::HookRecovered, "hook:status")
    );
    assert_eq!(next(&mut notices).await.kind, AlertKind::HookRecovered);
    assert_eq!(stage.reader.issues().unwrap()[0].state, "resolved");
    for (word, kind) in [("failed", AlertKind::HookFailed), ("disabled", AlertKind::HookDisabled)] {
        stage.site.set_hook_status(0, word);
        let alert = next(&mut alerts).await;
        assert_eq!((alert.kind, alert.group.as_str()), (kind, "hook:status"));
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_signed_with_another_secret_make_the_hook_unstable_and_say_why() {
    let stage = Stage::with(Wishes {
        secret: "another",
        ..Wishes::default()
    })
    .await;
    let mut alerts = stage.engine.alerts();
    let task = stage.task(1000, "Composite");
    for code in ["hld", "ip", "hld", "ip"] {
        stage.site.set_status_as_person("Task", task, code);
    }
    let alert = next(&mut alerts).await;
    assert_eq!(alert.title, "Webhook status is unstable");
    assert!(alert.body.contains("signed with another secret"), "{}", alert.body);
    stage
        .until("all four are counted", |s| {
            s.reader
                .refusals()
                .unwrap()
                .iter()
                .any(|(hook, why, n, _)| hook == "status" && why == "signature_wrong" && *n >= 4)
        })
        .await;
    assert!(alerts.try_recv().is_err(), "once a change of state");
    assert!(stage.rows().is_empty(), "nothing of them is kept");

    // Somebody says it is done with, and it is not.
    let done = issues(&stage, json!({ "ask": "resolve_issue", "key": "hook:status" })).await;
    assert!(done.open.is_empty());
    stage.site.set_status_as_person("Task", task, "hld");
    assert_eq!(next(&mut alerts).await.title, "Webhook status is unstable");
    let open = issues(&stage, json!({ "ask": "issues" })).await.open;
    assert_eq!((open[0].key.as_str(), open[0].number), ("hook:status", 2));
    stage.close().await;
}

/// Two rules that cannot both have their way.
fn at_odds() -> RuleSet {
    let of = |codes: &[&str]| -> Vec<Value> { codes.iter().map(|c| json!({ "code": c, "name": c })).collect() };
    let text = json!({
        "callboard": 1, "name": "Test",
        "rules": [
            {
                "id": "a", "name": "First", "when": { "entity": "Task", "becomes": ["apv"] },
                "if": { "filter": "meta.new_value = \"apv\"" }, "then": { "set": "shot", "to": ["apv"] },
            },
            {
                "id": "b", "name": "Second", "when": { "entity": "Task", "becomes": ["apv"] },
                "if": { "filter": "event_type = \"Shotgun_Task_Change\"" }, "then": { "set": "shot", "to": ["final"] },
            },
            { "id": "c", "name": "Up", "when": { "entity": "Task", "becomes": ["rev"] }, "then": { "set": "shot", "to": ["rev"] } },
        ],
        "statuses": {
            "version": of(&["rev"]), "task": of(&["hld", "ip", "rev", "apv"]), "shot": of(&["actv", "rev", "apv", "final"]),
        },
    });
    RuleSet::parse(text.to_string().as_bytes()).expect("a rule set")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_and_a_write_given_up_are_told_once_and_again_when_somebody_had_resolved_them() {
    let stage = Stage::with(Wishes {
        rules: at_odds(),
        ..Wishes::default()
    })
    .await;
    let mut notices = stage.engine.notices();
    let task = stage.task(SHOT, "Composite");
    stage.site.set_status_as_person("Task", task, "apv");
    stage.settled("Task", task, "apv").await;
    let alert = next(&mut notices).await;
    assert_eq!(alert.title, "Rules \"First\" and \"Second\" contradict each other");
    assert_eq!(
        (alert.kind, alert.place),
        (AlertKind::Conflict, Place::Rule { rule: "b".into() })
    );

    stage.site.forbid_writes("Shot", "sg_status_list");
    stage.site.set_status_as_person("Task", task, "rev");
    let row = stage.settled("Task", task, "rev").await;
    assert_eq!(row.outcome, Outcome::Failed);
    let alert = next(&mut notices).await;
    assert!(alert.title.ends_with("could not be set"), "{}", alert.title);
    assert_eq!(
        (alert.kind, alert.place),
        (AlertKind::WriteGivenUp, Place::Event { seq: row.seq })
    );

    let again = |code: &'static str| {
        let before = stage.rows().last().unwrap().seq;
        stage.site.set_status_as_person("Task", task, code);
        (before, code)
    };
    let settled = async |(before, code): (i64, &str)| {
        stage
            .until("it is settled", |s| {
                s.row("Task", task, code)
                    .is_some_and(|row| row.seq > before && row.outcome != Outcome::Waiting)
            })
            .await;
    };
    settled(again("ip")).await;
    settled(again("rev")).await;
    let met_twice = |s: &Stage| {
        let open = s.reader.issues_view().unwrap().open;
        open.iter()
            .any(|issue| issue.kind == AlertKind::WriteGivenUp && issue.number == 2)
    };
    stage.until("it is counted", met_twice).await;
    let open = issues(&stage, json!({ "ask": "issues" })).await.open;
    let write = open.iter().find(|issue| issue.kind == AlertKind::WriteGivenUp).unwrap();
    assert_eq!(write.title, "2 changes could not be written: rule \"Up\" on practice");
    assert!(notices.try_recv().is_err(), "once a change of state");
    let key = write.key.clone();
    issues(&stage, json!({ "ask": "resolve_issue", "key": key })).await;
    settled(again("ip")).await;
    settled(again("rev")).await;
    assert_eq!(next(&mut notices).await.kind, AlertKind::WriteGivenUp);
    stage.close().await;
}

/// Holds all Tasks of a Shot with it.
fn holds_all() -> RuleSet {
    let of = |codes: &[&str]| -> Vec<Value> { codes.iter().map(|c| json!({ "code": c, "name": c })).collect() };
    let text = json!({
        "callboard": 1, "name": "Test",
        "rules": [{
            "id": "hold", "name": "Hold", "when": { "entity": "Shot", "becomes": ["hld"] },
            "then": { "set": { "tasks_of_shot": {} }, "to": ["hld"] },
        }],
        "statuses": { "version": of(&["rev"]), "task": of(&["hld", "ip"]), "shot": of(&["actv", "hld"]) },
    });
    RuleSet::parse(text.to_string().as_bytes()).expect("a rule set")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_refusals_is_one_issue_that_is_told_once_and_says_how_many() {
    let stage = Stage::with(Wishes {
        rules: holds_all(),
        ..Wishes::default()
    })
    .await;
    let mut notices = stage.engine.notices();
    stage.site.forbid_writes("Task", "sg_status_list");
    // Each time the site refuses so many in a row that the rule is set aside as well.
    let refused = async || {
        for code in ["actv", "hld"] {
            // What is so already is no event.
            if stage.site.status("Shot", SHOT).as_deref() == Some(code) {
                continue;
            }
            let before = stage.rows().last().map_or(0, |row| row.seq);
            stage.site.set_status_as_person("Shot", SHOT, code);
            stage
                .until("it is settled", |s| {
                    s.row("Shot", SHOT, code)
                        .is_some_and(|row| row.seq > before && row.outcome != Outcome::Waiting)
                })
                .await;
        }
        let row = stage.row("Shot", SHOT, "hld").unwrap();
        let changes = row.cascade.as_ref().unwrap().changes.clone();
        for change in &changes {
            let reason = change.reason.as_deref().unwrap_or_default();
            assert_eq!(change.state, ChangeState::Failed);
            assert!(reason.contains("is not editable"), "each says why: {reason}");
        }
        (row.seq, changes.len() as u64)
    };
    let stands = async |number: u64| {
        stage
            .until("it is counted", |s| {
                let open = s.reader.issues_view().unwrap().open;
                let given_up: Vec<_> = open.iter().filter(|i| i.kind == AlertKind::WriteGivenUp).collect();
                given_up.len() == 1 && given_up[0].number == number
            })
            .await;
        let open = stage.reader.issues_view().unwrap().open;
        open.into_iter().find(|i| i.kind == AlertKind::WriteGivenUp).unwrap()
    };
    let title = |number: u64| format!("{number} changes could not be written: rule \"Hold\" on practice");
    let again = json!({ "ask": "release", "rule": "hold" });

    let (seq, number) = refused().await;
    assert!(number > 5, "it is a burst: {number}");
    assert_eq!(next(&mut notices).await.kind, AlertKind::RuleSetAside);
    let told = next(&mut notices).await;
    assert_eq!((told.kind, told.title), (AlertKind::WriteGivenUp, title(number)));
    assert!(told.body.contains("is not editable"), "{}", told.body);
    assert_eq!(told.place, Place::Event { seq });

    // It goes on: counted, and not told again.
    ask(&stage, again.clone()).await.unwrap();
    let (seq, _) = refused().await;
    assert_eq!(next(&mut notices).await.kind, AlertKind::RuleSetAside);
    let issue = stands(2 * number).await;
    assert_eq!(issue.title, title(2 * number));
    assert_eq!(issue.place, Some(Place::Event { seq }), "where it was met last");

    // Resolved, it is counted anew and told once more.
    issues(&stage, json!({ "ask": "resolve_issue", "key": issue.key })).await;
    ask(&stage, again).await.unwrap();
    refused().await;
    assert_eq!(next(&mut notices).await.kind, AlertKind::RuleSetAside);
    let told = next(&mut notices).await;
    assert_eq!((told.kind, told.title), (AlertKind::WriteGivenUp, title(number)));
    assert_eq!(stands(3 * number).await.title, title(number));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_are_acknowledged_and_resolved_and_windows_hear_of_it() {
    let stage = Stage::open().await;
    let mut alerts = stage.engine.alerts();
    let mut news = stage.engine.listen();
    stage.site.set_hook_status(0, "unstable");
    next(&mut alerts).await;
    let mut heard = async |number: u32| {
        let told = async {
            loop {
                match news.next().await.as_deref() {
                    Some(News::Overview { overview }) if overview.issues == number => return,
                    Some(_) => {}
                    None => panic!("the engine has ended"),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), told)
            .await
            .expect("windows hear");
    };
    heard(1).await;
    let open = issues(&stage, json!({ "ask": "issues" })).await.open;
    assert_eq!((open[0].key.as_str(), open[0].state), ("hook:status", IssueState::Open));

    let seen = issues(
        &stage,
        json!({ "ask": "acknowledge_issue", "key": "hook:status", "by": "Ada" }),
    )
    .await;
    assert_eq!(seen.open[0].state, IssueState::Acknowledged);
    assert_eq!(seen.open[0].acknowledged_by.as_deref(), Some("Ada"));
    heard(0).await;
    let done = issues(&stage, json!({ "ask": "resolve_issue", "key": "hook:status" })).await;
    assert!(done.open.is_empty());
    assert_eq!(done.resolved[0].resolved_by.as_deref(), Some("a test"));

    stage.site.set_hook_status(0, "active");
    next(&mut alerts).await;
    stage.site.set_hook_status(0, "unstable");
    next(&mut alerts).await;
    let open = issues(&stage, json!({ "ask": "issues" })).await.open;
    assert_eq!(
        (open[0].state, open[0].number),
        (IssueState::Open, 2),
        "it opens by itself"
    );
    heard(1).await;

    for question in ["acknowledge_issue", "resolve_issue"] {
        let refused = ask(&stage, json!({ "ask": question, "key": "nosuch" }))
            .await
            .unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::NotFound);
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_quiet_hours_nothing_is_told_and_at_their_end_one_digest_even_after_a_restart() {
    let clock = Moved::to(23);
    let wishes = || Wishes {
        rules: at_odds(),
        notify: quiet_nights(),
        clock: clock.clone(),
        ..Wishes::default()
    };
    let stage = Stage::with(wishes()).await;
    let (mut alerts, mut notices) = (stage.engine.alerts(), stage.engine.notices());
    // A delivery that arrives makes the site think better of its hook, so this comes first.
    let task = stage.task(SHOT, "Composite");
    stage.site.set_status_as_person("Task", task, "apv");
    assert_eq!(next(&mut alerts).await.kind, AlertKind::Conflict);
    stage.settled("Task", task, "apv").await;
    for word in ["unstable", "active", "unstable"] {
        stage.site.set_hook_status(0, word);
        next(&mut alerts).await;
    }
    stage
        .until("all of it is on disk", |s| s.reader.held_notices().unwrap().len() == 3)
        .await;
    assert!(notices.try_recv().is_err(), "it is quiet");

    let stage = stage.without_engine().await.back(&wishes()).await;
    let mut notices = stage.engine.notices();
    clock.forward(8);
    stage
        .until("it is quiet until eight", |s| {
            s.reader.held_notices().unwrap().len() == 3
        })
        .await;
    assert!(notices.try_recv().is_err(), "it is seven");
    clock.forward(2);
    let digest = next(&mut notices).await;
    assert_eq!(digest.kind, AlertKind::Digest);
    assert_eq!(digest.title, "While it was quiet, 2 things changed");
    assert_eq!(
        digest.body,
        "Rules \"First\" and \"Second\" contradict each other\nWebhook status is unstable"
    );
    assert_eq!(digest.place, Place::Issues);
    stage
        .until("nothing is held back", |s| s.reader.held_notices().unwrap().is_empty())
        .await;
    assert!(notices.try_recv().is_err(), "one digest");
    stage.site.set_hook_status(0, "active");
    assert_eq!(
        next(&mut notices).await.kind,
        AlertKind::HookRecovered,
        "by day at once"
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_and_goes_in_the_night_is_not_told_and_a_change_of_the_hours_counts_at_once() {
    let clock = Moved::to(23);
    let stage = Stage::with(Wishes {
        notify: quiet_nights(),
        clock,
        ..Wishes::default()
    })
    .await;
    let (mut alerts, mut notices) = (stage.engine.alerts(), stage.engine.notices());
    for word in ["unstable", "active"] {
        stage.site.set_hook_status(0, word);
        next(&mut alerts).await;
    }
    stage
        .until("both are on disk", |s| s.reader.held_notices().unwrap().len() == 2)
        .await;
    let off = |off: &[AlertKind]| Preferences {
        notify: NotifyChoices {
            off: off.to_vec(),
            quiet: None,
        },
        keep: Keep::default(),
    };
    prefer(&stage, off(&[AlertKind::HookUnstable])).await;
    stage
        .until("the quiet hours are over", |s| {
            s.reader.held_notices().unwrap().is_empty()
        })
        .await;
    for word in ["unstable", "active"] {
        stage.site.set_hook_status(0, word);
        next(&mut alerts).await;
    }
    let told = next(&mut notices).await;
    assert_eq!(
        told.kind,
        AlertKind::HookRecovered,
        "no digest, and nothing of what is off"
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn preferences_are_kept_in_the_file_and_bad_ones_are_refused_in_words() {
    let fresh = Fresh::connected().await;
    let before = fresh.settings_text();
    let set =
        |preferences: Preferences| fresh.ask::<Preferences>(callboard_engine::api::Ask::SetPreferences { preferences });
    let hours = |from: &str, until: &str| Preferences {
        notify: NotifyChoices {
            off: vec![AlertKind::HookRecovered, AlertKind::Conflict],
            quiet: Some(QuietHours {
                from: from.into(),
                until: until.into(),
                weekends: true,
            }),
        },
        keep: Keep {
            days: Some(400),
            megabytes: None,
        },
    };
    let few_days = Preferences {
        keep: Keep {
            days: Some(3),
            megabytes: None,
        },
        ..Preferences::default()
    };
    let tiny = Preferences {
        keep: Keep {
            days: None,
            megabytes: Some(1),
        },
        ..Preferences::default()
    };
    for (bad, says) in [
        (hours("25:00", "08:00"), "\"25:00\" is no time of day"),
        (hours("08:00", "08:00"), "no length"),
        (few_days, "at least 8 days"),
        (tiny, "at least 10 megabytes"),
    ] {
        let refused = set(bad).await.unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::BadRequest);
        assert!(refused.message.contains(says), "{}", refused.message);
    }
    assert_eq!(fresh.settings_text(), before);

    let good = set(hours("19:00", "08:00")).await.unwrap();
    let added = "\n[notify]\noff = [\"hook_recovered\", \"conflict\"]\nquiet_from = \"19:00\"\nquiet_until = \"08:00\"\n\
                 quiet_weekends = true\n\n[keep]\ndays = 400\n";
    assert_eq!(fresh.settings_text(), format!("{before}{added}"));
    let fresh = fresh.restart().await;
    let read: Preferences = fresh.ask(callboard_engine::api::Ask::Preferences).await.unwrap();
    assert_eq!(read, good);
    let preferences = Preferences::default();
    let none: Preferences = fresh
        .ask(callboard_engine::api::Ask::SetPreferences { preferences })
        .await
        .unwrap();
    assert_eq!(none, Preferences::default());
    assert!(!fresh.settings_text().contains("19:00"), "{}", fresh.settings_text());
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_go_and_one_that_is_delivered_again_afterwards_changes_nothing() {
    let clock = Moved::to(12);
    let stage = Stage::with(Wishes {
        clock: clock.clone(),
        ..Wishes::default()
    })
    .await;
    let (version, task) = stage.version(SHOT, "Composite").await;
    stage.site.set_status_as_person("Version", version, "bkdn");
    let old = stage.settled("Version", version, "bkdn").await;
    let written = stage.written("Task", task);
    assert!(!written.is_empty());
    let deliveries = stage.site.deliveries();
    let brought = deliveries.iter().rev().find(|d| d.request_body.contains("bkdn"));
    let delivery = brought.unwrap().id.clone();
    clock.forward(24 * 9);
    let (later, _) = stage.version(SHOT, "Rotoscoping").await;
    stage.site.set_status_as_person("Version", later, "bkdn");
    let newest = stage.settled("Version", later, "bkdn").await;
    let keep = Keep {
        days: Some(8),
        megabytes: None,
    };
    prefer(
        &stage,
        Preferences {
            keep,
            ..Preferences::default()
        },
    )
    .await;
    stage
        .until("the old ones are gone", |s| {
            s.rows().iter().all(|row| row.seq > old.seq)
        })
        .await;
    assert_eq!(stage.row("Version", later, "bkdn").unwrap(), newest);

    let rows = stage.rows().len();
    assert!(stage.site.redeliver(&delivery));
    stage.until("it has come again", |s| s.site.is_all_delivered()).await;
    let shown = stage.rows();
    assert_eq!(shown.len(), rows + 1, "what was answered is shown");
    let again = shown.iter().max_by_key(|row| row.seq).unwrap();
    assert_eq!(again.outcome, Outcome::Nothing);
    assert!(again.why.as_ref().unwrap().contains("only shown"), "{:?}", again.why);
    assert_eq!(stage.written("Task", task), written);
    stage.close().await;
}

/// Bytes of no meaning that cannot be packed, others for each seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(next).flatten().take(length).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_events_go_while_the_journal_is_larger_than_wanted_and_no_longer() {
    const OLD: usize = 260;
    const BYTES: usize = 60_000;
    const MOST: u64 = 10_000_000;
    /// What goes at once.
    const BATCH: usize = 200;
    let clock = Moved::to(12);
    let stage = Stage::with(Wishes {
        clock: clock.clone(),
        ..Wishes::default()
    })
    .await;
    let hook = format!("{}/hooks/status", stage.engine.receiver_url());
    let deliver = async |seed: usize| {
        let body = noise(seed as u64, BYTES);
        let delivery = http().post(&hook).header("content-type", "application/json");
        let delivery = delivery.header("x-sg-signature", sign(SECRET, &body)).body(body);
        assert_eq!(delivery.send().await.unwrap().status(), 200);
    };
    for seed in 0..OLD {
        deliver(seed).await;
    }
    clock.forward(24 * 9);
    deliver(OLD).await;
    let before: Vec<i64> = stage.rows().iter().map(|row| row.seq).collect();
    assert_eq!(before.len(), OLD + 1);
    assert!(stage.reader.size().unwrap() > MOST);

    let keep = Keep {
        days: None,
        megabytes: Some(10),
    };
    prefer(
        &stage,
        Preferences {
            keep,
            ..Preferences::default()
        },
    )
    .await;
    stage
        .until("it is small enough", |s| s.reader.size().unwrap() <= MOST)
        .await;
    // What is written after it comes after whatever else would have gone.
    deliver(OLD + 1).await;
    let mut after: Vec<i64> = stage.rows().iter().map(|row| row.seq).collect();
    assert!(after.pop() > before.last().copied());
    assert_eq!(after, before[BATCH..], "the oldest, and no more than had to");
    stage.close().await;
}
