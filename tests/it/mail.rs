//! Alerts by mail: each once, to those who should get it, and later where the server is away.

use std::net::{Ipv4Addr, TcpListener};

use callboard_engine::{Alert, Settings};
use callboard_rules::RuleSet;
use serde_json::json;
use tokio::sync::broadcast::Receiver;

use crate::mailbox::{Mailbox, Manners};
use crate::stage::{Stage, Wishes};

const HERE: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// The Shot that has every step.
const SHOT: i64 = 1000;

async fn stage(settings: &str) -> Stage {
    stage_with(settings, Wishes::default().rules).await
}

async fn stage_with(settings: &str, rules: RuleSet) -> Stage {
    Stage::with(Wishes {
        mail: Settings::parse(settings).unwrap().mail,
        rules,
        ..Wishes::default()
    })
    .await
}

/// Rules of these names, each of which is set aside when the Shot is omitted.
fn floods(names: &[&str]) -> RuleSet {
    let rules: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            json!({
                "id": format!("flood{n}"), "name": name, "limit": 2,
                "when": { "entity": "Shot", "becomes": ["omt"] },
                "then": { "set": { "tasks_of_shot": {} }, "to": ["omt"] },
            })
        })
        .collect();
    let set = json!({
        "callboard": 1, "name": "Test", "rules": rules,
        "statuses": {
            "version": [{ "code": "rev", "name": "rev" }],
            "task": [{ "code": "omt", "name": "omt", "class": "omitted" }],
            "shot": [{ "code": "omt", "name": "omt" }],
        },
    });
    RuleSet::parse(set.to_string().as_bytes()).unwrap()
}

/// Waits for so many alerts.
async fn told(alerts: &mut Receiver<Alert>, number: usize) -> Vec<Alert> {
    let mut told = Vec::new();
    while told.len() < number {
        let next = tokio::time::timeout(std::time::Duration::from_secs(30), alerts.recv()).await;
        told.push(next.expect("somebody is told").unwrap());
    }
    told
}

fn open_issue(stage: &Stage) -> Option<String> {
    let issues = stage.reader.issues().unwrap();
    let issue = issues.into_iter().find(|issue| issue.title.contains("mailed"))?;
    (issue.state == "open").then_some(issue.remedy)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_turns_unstable_is_one_mail_and_its_recovery_another() {
    let mailbox = Mailbox::open();
    let stage = stage(&mailbox.settings()).await;
    stage.site.set_hook_status(0, "unstable");
    stage.until("the mail is there", |_| mailbox.mails().len() == 1).await;
    let mail = mailbox.mails().remove(0);
    assert_eq!(mail.header("Subject").unwrap(), "Webhook status is unstable");
    assert_eq!(mail.header("To").unwrap(), "ana@studio.example");
    assert_eq!(mail.to, ["ana@studio.example"]);
    let from = mail.header("From").unwrap();
    assert!(
        from.contains("Callboard") && from.contains("<callboard@studio.example>"),
        "{from}"
    );
    assert_eq!(mail.header("Auto-Submitted").unwrap(), "auto-generated");
    assert!(mail.header("Content-Type").unwrap().starts_with("text/plain"));
    assert!(mail.header("Message-ID").unwrap().ends_with("@studio.example>"));
    assert!(mail.text().contains("Check"), "it says what to do: {}", mail.text());

    stage.site.set_hook_status(0, "active");
    stage.until("the next is there", |_| mailbox.mails().len() == 2).await;
    assert_eq!(
        mailbox.mails()[1].header("Subject").unwrap(),
        "Webhook status is active again"
    );
    stage.close().await;
    assert_eq!(mailbox.mails().len(), 2, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_one_mail_that_has_all_of_it() {
    let mailbox = Mailbox::open();
    let names = ["One", "Two", "Three", "Four", "Five"];
    let stage = stage_with(&mailbox.settings(), floods(&names)).await;
    let mut alerts = stage.engine.alerts();
    stage.site.set_status_as_person("Shot", SHOT, "omt");
    told(&mut alerts, names.len()).await;
    // The end does not wait for what is still gathered, and leaves none of it behind.
    stage.close().await;
    let mails = mailbox.mails();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let subject = mails[0].header("Subject").unwrap();
    assert!(subject.ends_with(" is set aside, and 4 more"), "{subject}");
    for name in names {
        let title = format!("Rule \"{name}\" is set aside");
        let text = mails[0].text();
        assert_eq!(text.lines().filter(|line| *line == title).count(), 1, "{name}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_while_the_server_is_away_is_mailed_when_it_is_back() {
    let address = TcpListener::bind(HERE).unwrap().local_addr().unwrap();
    let away = format!(
        "[mail]\nserver = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"c@b.example\"\nto = [\"ana@studio.example\"]\n",
        address.port()
    );
    let stage = stage_with(&away, floods(&["One", "Two"])).await;
    stage.site.set_hook_status(0, "unstable");
    stage.until("the issue is open", |s| open_issue(s).is_some()).await;
    let why = open_issue(&stage).unwrap();
    assert!(why.contains(&address.to_string()), "{why}");
    let mut alerts = stage.engine.alerts();
    stage.site.set_status_as_person("Shot", SHOT, "omt");
    // Two rules, and the hook, whose deliveries arrive.
    let told = told(&mut alerts, 3).await;

    // It is busy with other things at first.
    let mailbox = Mailbox::at(
        address,
        Manners {
            later: 1,
            ..Manners::default()
        },
    );
    stage
        .until("both mails are there", |_| mailbox.mails().len() == 2)
        .await;
    let mails = mailbox.mails();
    let subjects: Vec<_> = mails.iter().filter_map(|mail| mail.header("Subject")).collect();
    let digest = format!("{}, and 2 more", told[0].title);
    assert_eq!(subjects, ["Webhook status is unstable", &digest]);
    stage.until("the issue is done with", |s| open_issue(s).is_none()).await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_is_refused_keeps_nothing_from_the_others() {
    let mailbox = Mailbox::at(
        HERE,
        Manners {
            refuses: Some("gone@studio.example".into()),
            ..Manners::default()
        },
    );
    let three = "\"gone@studio.example\", \"Ana <ana@studio.example>\", \"bo@studio.example\"";
    let stage = stage(&mailbox.settings().replace("\"ana@studio.example\"", three)).await;
    stage.site.set_hook_status(0, "unstable");
    stage.until("the issue is open", |s| open_issue(s).is_some()).await;
    let why = open_issue(&stage).unwrap();
    assert!(why.contains("gone@studio.example") && why.contains("550"), "{why}");
    let mut got: Vec<_> = mailbox.mails().into_iter().flat_map(|mail| mail.to).collect();
    got.sort();
    assert_eq!(got, ["ana@studio.example", "bo@studio.example"]);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_title_of_an_alert_cannot_begin_a_header() {
    let mailbox = Mailbox::open();
    let stage = stage_with(
        &mailbox.settings(),
        floods(&["Flood\r\nBcc: eve@studio.example\r\n\r\nHello"]),
    )
    .await;
    stage.site.set_status_as_person("Shot", SHOT, "omt");
    stage.until("the mail is there", |_| mailbox.mails().len() == 1).await;
    let mail = mailbox.mails().remove(0);
    assert_eq!(mail.header("Bcc"), None, "{}", mail.whole);
    assert_eq!(mail.to, ["ana@studio.example"]);
    assert_eq!(
        mail.header("Subject").unwrap(),
        "Rule \"Flood Bcc: eve@studio.example Hello\" is set aside"
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_repeats_the_password_gets_it_into_no_issue() {
    let mailbox = Mailbox::at(
        HERE,
        Manners {
            wants: Some("AGNhbGxib2FyZAByaWdodA==".into()),
            ..Manners::default()
        },
    );
    let settings = |password: &str| {
        format!(
            "{}user = \"callboard\"\npassword = \"{password}\"\n",
            mailbox.settings()
        )
    };
    let wrong = stage(&settings("hunter2")).await;
    wrong.site.set_hook_status(0, "unstable");
    wrong.until("the issue is open", |s| open_issue(s).is_some()).await;
    let why = open_issue(&wrong).unwrap();
    assert!(why.contains("user and password (535)"), "{why}");
    assert!(
        !why.contains("hunter2") && !why.contains("AGNhbGxib2FyZABodW50ZXIy"),
        "{why}"
    );
    wrong.close().await;
    assert!(mailbox.mails().is_empty());

    let right = stage(&settings("right")).await;
    right.site.set_hook_status(0, "unstable");
    right.until("the mail is there", |_| mailbox.mails().len() == 1).await;
    right.close().await;
}
