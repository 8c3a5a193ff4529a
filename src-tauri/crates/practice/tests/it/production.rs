//! The production and its people.

use std::collections::BTreeSet;
use std::time::Duration;

use callboard_practice::{Practice, PracticeArgs, PracticeError};
use clap::Parser;
use serde_json::{Value, json};

use crate::support::{Receiver, Signed, eventually};

const KINDS: [&str; 9] = [
    "Project",
    "Episode",
    "Sequence",
    "Shot",
    "Asset",
    "Task",
    "Version",
    "HumanUser",
    "Status",
];

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: PracticeArgs,
}

#[test]
fn the_default_is_what_the_command_line_says() {
    let parsed = Cli::try_parse_from(["practice"]).unwrap().args;
    assert_eq!(format!("{parsed:?}"), format!("{:?}", PracticeArgs::default()));
}

#[tokio::test]
async fn its_events_may_go_on_from_those_of_another() {
    let site = Practice::start(PracticeArgs {
        first_event: 812_345,
        ..PracticeArgs::default()
    })
    .await
    .unwrap();
    let control = site.control();
    assert!(control.set_status_as_person("Shot", 1000, "hld"));
    let log = control.event_log();
    let newest = log.iter().filter_map(|row| row["id"].as_i64()).max();
    assert!(newest.is_some_and(|id| (812_345..812_400).contains(&id)), "{newest:?}");
}

#[tokio::test]
async fn the_same_seed_is_the_same_production() {
    let seeded = async |seed: u64| {
        let site = Practice::start(PracticeArgs {
            seed,
            ..PracticeArgs::default()
        })
        .await
        .unwrap();
        let control = site.control();
        KINDS.map(|kind| control.entities(kind))
    };
    let one = seeded(1).await;
    assert_eq!(one, seeded(1).await);
    assert_ne!(one, seeded(2).await);
}

#[tokio::test]
async fn the_production_is_believable() {
    let site = Signed::plain().await;
    let shots = site.control.entities("Shot");
    assert_eq!(shots.len(), 27, "24 and the small project's 3");
    assert_eq!(shots[0]["code"], "SQ010_0010");
    let tasks = site.control.entities("Task");
    let composite = tasks.iter().find(|task| task["content"] == "Composite").unwrap();
    let upstream: BTreeSet<&str> = composite["upstream_tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["name"].as_str().unwrap())
        .collect();
    assert_eq!(upstream, BTreeSet::from(["Computer Graphics", "Paint", "Rotoscoping"]));
    let paint = tasks.iter().find(|task| task["content"] == "Paint").unwrap();
    assert_eq!(
        paint["downstream_tasks"][0]["name"], "Composite",
        "a dependency is seen from both ends"
    );
    let has_version = |code: &str| {
        site.control
            .entities("Version")
            .iter()
            .any(|version| version["code"] == code)
    };
    assert!(has_version("SQ010_0010_prp_v001") || has_version("SQ010_0020_prp_v001"));
    assert!(
        shots.iter().any(|shot| shot["tasks"].as_array().unwrap().len() == 6),
        "some have no secondary composite"
    );
}

#[tokio::test]
async fn a_series_has_episodes_and_a_film_has_none() {
    let site = Signed::plain().await;
    let sequences = site.control.entities("Sequence");
    let episodes: Vec<(i64, &Value)> = sequences
        .iter()
        .map(|sequence| (sequence["id"].as_i64().unwrap(), &sequence["episode"]["name"]))
        .collect();
    let expected = [
        (200, json!("EP101")),
        (201, json!("EP101")),
        (202, json!("EP102")),
        (10_000, Value::Null),
    ];
    assert_eq!(episodes, expected.each_ref().map(|(id, name)| (*id, name)));
    assert!(sequences.iter().all(|sequence| sequence["sg_status_list"] == "ip"));
    let (_, answer) = site.get("/entity/episodes/301").await;
    let names: Vec<&Value> = answer["data"]["relationships"]["sequences"]["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sequence| &sequence["name"])
        .collect();
    assert_eq!(names, ["SQ010", "SQ020"]);
    assert!(site.control.set_status_as_person("Sequence", 200, "fin"));
    assert!(!site.control.set_status_as_person("Episode", 301, "rev"));
    let asset = site.control.entities("Asset")[0].clone();
    assert_eq!(
        (&asset["id"], asset["tasks"].as_array().unwrap().len()),
        (&json!(1400), 2)
    );
}

#[tokio::test]
async fn people_work_in_turn_and_keep_their_rate() {
    let receiver = Receiver::start().await;
    let args = PracticeArgs {
        hook: vec![receiver.url.clone()],
        rate: 600.0,
        shots: 6,
        seconds: Some(1.0),
        ..PracticeArgs::default()
    };
    let site = Signed::start(args).await;
    tokio::time::timeout(Duration::from_secs(30), site.practice.finished())
        .await
        .unwrap();
    let events = receiver.events();
    assert!((570..=601).contains(&events.len()), "{}", events.len());
    let of = |kind: &str, operation: &str| {
        events
            .iter()
            .filter(|event| event["entity"]["type"] == kind && event["operation"] == operation)
            .count()
    };
    assert!(of("Version", "create") > 20 && of("Version", "update") > 50 && of("Note", "create") > 10);
    assert!(of("Task", "update") > 50);
    let client_acts = |event: &&Value| event["user"]["id"] == 85;
    assert!(events.iter().filter(client_acts).count() > 10, "the client has a say");
    assert!(events.iter().all(|event| event["user"]["type"] == "HumanUser"));
    assert!(
        events.iter().any(|event| event["attribute_name"] == "due_date"),
        "not everything is a status"
    );
    let ids: Vec<i64> = site
        .control
        .event_log()
        .iter()
        .map(|row| row["id"].as_i64().unwrap())
        .collect();
    assert!(ids.windows(2).any(|pair| pair[1] - pair[0] > 1), "ids leave gaps");
}

#[tokio::test]
async fn people_can_be_paused() {
    let site = Signed::start(PracticeArgs {
        rate: 500.0,
        ..PracticeArgs::default()
    })
    .await;
    eventually("work", || !site.control.event_log().is_empty()).await;
    site.control.people_pause(true);
    let count = site.control.event_log().len();
    tokio::task::yield_now().await;
    assert_eq!(site.control.event_log().len(), count);
    site.control.people_pause(false);
    eventually("more work", || site.control.event_log().len() > count).await;
}

#[tokio::test]
async fn people_go_on_and_on_with_what_is_there() {
    let site = Signed::start(PracticeArgs {
        rate: 1_000.0,
        shots: 6,
        ..PracticeArgs::default()
    })
    .await;
    let made = || {
        (
            site.control.entities("Version").len(),
            site.control.entities("Note").len(),
        )
    };
    let submitted = || {
        let log = site.control.event_log();
        let again = |row: &&Value| row["event_type"] == "Shotgun_Version_Change" && row["meta"]["new_value"] == "cnv";
        log.iter().filter(again).count()
    };
    eventually("Versions and Notes", || made().0 > 20 && made().1 > 5).await;
    site.control.people_make_nothing_new(true);
    let (before, had) = (made(), submitted());
    eventually("work of every kind", || submitted() > had + 50).await;
    assert_eq!(made(), before);
    site.control.people_make_nothing_new(false);
    eventually("new ones", || made().0 > before.0).await;
}

#[tokio::test]
async fn a_site_that_cannot_start_says_why() {
    let first = Practice::start(PracticeArgs::default()).await.unwrap();
    let listen = first.url().trim_start_matches("http://").parse().unwrap();
    let Err(taken) = Practice::start(PracticeArgs {
        listen,
        ..PracticeArgs::default()
    })
    .await
    else {
        panic!("the port is taken");
    };
    assert!(matches!(taken, PracticeError::Listen { .. }));
    assert!(taken.to_string().contains("cannot listen on 127.0.0.1"), "{taken}");
    let Err(rate) = Practice::start(PracticeArgs {
        rate: -1.0,
        ..PracticeArgs::default()
    })
    .await
    else {
        panic!("a negative rate");
    };
    assert_eq!(rate.to_string(), "--rate takes a number from 0 up, not -1");
    first.stop().await;
    assert!(
        Practice::start(PracticeArgs {
            listen,
            ..PracticeArgs::default()
        })
        .await
        .is_ok(),
        "the port is free again"
    );
}
