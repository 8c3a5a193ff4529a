//! People are told of a hook's state, once a change.

use std::time::Duration;

use callboard_engine::Alert;
use callboard_model::HookState;
use tokio::sync::broadcast::Receiver;

use crate::stage::{Stage, Wishes};

async fn next(alerts: &mut Receiver<Alert>) -> Alert {
    tokio::time::timeout(Duration::from_secs(30), alerts.recv())
        .await
        .expect("somebody is told")
        .unwrap()
}

fn state(stage: &Stage) -> HookState {
    stage.reader.hooks().unwrap()[0].state
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sites_own_word_on_its_hook_is_told_once_and_so_is_recovery() {
    let stage = Stage::open().await;
    let mut alerts = stage.engine.alerts();
    stage.site.set_hook_status(0, "unstable");
    let alert = next(&mut alerts).await;
    assert_eq!(alert.title, "Webhook status is unstable");
    assert!(alert.body.contains("Check"), "it says what to do: {}", alert.body);
    assert_eq!(state(&stage), HookState::Unstable);
    assert_eq!(stage.reader.issues().unwrap()[0].state, "open");

    stage.site.set_hook_status(0, "unstable");
    stage.site.set_hook_status(0, "active");
    assert_eq!(next(&mut alerts).await.title, "Webhook status is active again");
    assert_eq!(stage.reader.issues().unwrap()[0].state, "resolved");
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
    stage.close().await;
}
