//! A photo studio that is only heard: what Creative Force delivers, what the rules would do, and who is told of it.

use std::net::SocketAddr;
use std::sync::Arc;

use callboard_engine::api::{Ask, EventDetail, HooksView, OutgoingTest};
use callboard_engine::{Engine, EngineOptions, KeepIn, Settings};
use callboard_journal::{FeedFilter, FeedRow, Outcome, Reader};
use callboard_model::{ChangeState, EntityId, Skip, SystemClock};
use callboard_rules::RuleSet;
use callboard_trackers::creative_force::{SIGNATURE_HEADER, sign};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::ears::{Ears, is_signed};
use crate::stage::{changes, http};

const SECRET: &str = "Y2FsbGJvYXJkLWNmLXNlY3JldA==";
const OUTGOING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// 2026-05-01, 09:00 UTC.
const MORNING: i64 = 1_777_626_000_000;

struct Studio {
    engine: Engine,
    reader: Reader,
    _data: TempDir,
}

/// A finished capture moves its work unit on, that its product, and that its job.
fn rules() -> RuleSet {
    let column = |codes: &[&str]| {
        codes
            .iter()
            .map(|code| json!({"code": code, "name": code}))
            .collect::<Vec<_>>()
    };
    let set = json!({
        "callboard": 1, "name": "Studio",
        "statuses": {
            "task": column(&["Shooting", "Done"]), "work_unit": column(&["New", "In Post"]),
            "product": column(&["New", "In Progress"]), "job": column(&["Open", "Running"]),
        },
        "rules": [
            {
                "id": "unit", "name": "A finished capture goes to post", "when": {"entity": "Task", "becomes": ["Done"]},
                "if": {"step": ["Capture"]}, "then": {"set": {"parent": "WorkUnit"}, "to": ["In Post"]},
            },
            {
                "id": "product", "name": "What is in post is in progress", "when": {"entity": "WorkUnit", "becomes": ["In Post"]},
                "then": {"set": {"parent": "Product"}, "to": ["In Progress"]},
            },
            {
                "id": "job", "name": "A job runs with its first product", "when": {"entity": "Product", "becomes": ["In Progress"]},
                "then": {"set": {"parent": "Job"}, "to": ["Running"]},
            },
        ],
    });
    RuleSet::parse(set.to_string().as_bytes()).unwrap()
}

impl Studio {
    async fn open(more: &str) -> Self {
        let text = format!(
            r#"
            [[site]]
            name = "studio"
            kind = "creative_force"

            [[hook]]
            name = "cf"
            site = "studio"
            secret = "{SECRET}"
            {more}
            "#
        );
        let data = TempDir::new().unwrap();
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let engine = Engine::start(EngineOptions {
            data: data.path().to_owned(),
            listen: anywhere,
            api: Some(anywhere),
            settings: Settings::parse(&text).unwrap(),
            settings_file: None,
            secrets: KeepIn::Memory,
            rules: Some(rules()),
            author: "a test".into(),
            clock: Arc::new(SystemClock),
            practice: None,
        })
        .await
        .unwrap();
        Self {
            engine,
            reader: Reader::open(data.path()).unwrap(),
            _data: data,
        }
    }

    async fn deliver(&self, body: &Value) -> u16 {
        self.deliver_signed(body, &sign(SECRET, body.to_string().as_bytes()))
            .await
    }

    async fn deliver_signed(&self, body: &Value, signature: &str) -> u16 {
        let request = http().post(format!("{}/hooks/cf", self.engine.receiver_url()));
        let request = request
            .header("content-type", "application/json")
            .header("X-CF-Event", "Task completed");
        let answer = request
            .header(SIGNATURE_HEADER, signature)
            .body(body.to_string())
            .send()
            .await;
        answer.unwrap().status().as_u16()
    }

    fn rows(&self) -> Vec<FeedRow> {
        self.reader.rows_after(0, 1_000, &FeedFilter::default()).unwrap()
    }

    /// Delivers, and waits until nothing is left to do for it.
    async fn settled(&self, body: &Value) -> FeedRow {
        assert_eq!(self.deliver(body).await, 200);
        let begun = tokio::time::Instant::now();
        loop {
            if let Some(row) = self.rows().pop().filter(|row| row.outcome != Outcome::Waiting) {
                return row;
            }
            assert!(begun.elapsed().as_secs() < 45, "{:#?}", self.rows());
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    async fn ask<T: DeserializeOwned>(&self, ask: Ask) -> T {
        serde_json::from_value(self.engine.ask(ask).await.unwrap()).unwrap()
    }
}

fn task(payload: &str, action: &str, status: &str, at: i64) -> Value {
    json!({
        "Action": action, "EventGroupName": "task", "PayloadId": payload, "EventDatetimeUtc": MORNING + at, "TaskId": "t-1",
        "StepName": "Capture", "StepStatusName": status, "ProductId": "p-1", "ProductCode": "AW21", "WorkUnitId": "w-1",
        "ShootingTypeName": "On Model", "JobId": "j-1", "JobCode": "Summer", "ClientId": "c-1", "ClientName": "North",
        "Actor": {"UserId": "u-1"},
    })
}

fn of_unit(payload: &str, status: &str, at: i64) -> Value {
    json!({
        "Action": "StatusChanged", "EventGroupName": "work unit", "PayloadId": payload, "EventDatetimeUtc": MORNING + at,
        "WorkUnitId": "w-1", "WorkUnitStatusName": status, "ProductId": "p-1", "ProductCode": "AW21",
        "ProductionTypeName": "On Model", "ClientId": "c-1", "ClientName": "North", "Actor": {},
    })
}

fn outgoing(url: &str, on: &str) -> String {
    format!("[[outgoing]]\nname = \"tools\"\nurl = \"{url}\"\nsecret = \"{OUTGOING}\"\non = {on}")
}

#[tokio::test]
async fn what_rules_would_set_is_shown_and_told_to_the_studios_own_tools_in_a_signed_webhook() {
    let ears = Ears::open().await;
    let studio = Studio::open(&outgoing(&ears.url, "[\"would_set\"]")).await;
    studio.settled(&of_unit("1", "New", 0)).await;
    let row = studio.settled(&task("2", "Started", "Shooting", 10)).await;
    assert_eq!((row.outcome, changes(&row).len()), (Outcome::Nothing, 0));
    let row = studio.settled(&task("3", "Completed", "Done", 20)).await;
    assert_eq!(row.old, Some(json!("Shooting")));
    assert_eq!(row.entity.as_ref().unwrap().name.as_deref(), Some("Capture"));
    assert_eq!(row.parent.as_ref().unwrap().name.as_deref(), Some("AW21 On Model"));
    assert_eq!(row.project.as_ref().unwrap().name.as_deref(), Some("North"));
    assert_eq!(row.outcome, Outcome::Skipped);
    let planned: Vec<_> = changes(&row)
        .iter()
        .map(|c| (c.entity.key.kind.as_str(), c.state, c.skip.unwrap()))
        .collect();
    assert_eq!(
        planned,
        [
            ("WorkUnit", ChangeState::Skipped, Skip::NotAllowed),
            ("Product", ChangeState::Skipped, Skip::NotAllowed),
            ("Job", ChangeState::Skipped, Skip::NotAllowed)
        ]
    );
    let heard = ears.hears(3).await;
    assert!(heard.iter().all(|one| is_signed(one, OUTGOING)), "{heard:#?}");
    let unit = &heard[0].body;
    assert_eq!(unit["type"], "change.would_set");
    assert_eq!(
        unit["data"]["entity"],
        json!({"type": "WorkUnit", "id": "w-1", "name": "AW21 On Model"})
    );
    assert_eq!(
        (&unit["data"]["from"], &unit["data"]["to"]),
        (&json!("New"), &json!("In Post"))
    );
    assert_eq!(unit["data"]["rule"]["id"], "unit");
    assert_eq!(unit["data"]["site"], "studio");
    assert_eq!(unit["data"]["event"]["key"], "payload:3");
    assert_eq!(unit["data"]["event"]["entity"]["id"], "t-1");
    let said: Vec<_> = heard
        .iter()
        .map(|one| one.body["data"]["to"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["In Post", "In Progress", "Running"]);
    assert_eq!(heard[1].body["data"]["follows_from"], unit["data"]["change"]);
    let ids: std::collections::BTreeSet<_> = heard.iter().map(|one| &one.id).collect();
    assert_eq!(ids.len(), 3);
    studio.engine.stop().await;
}

#[tokio::test]
async fn a_retried_delivery_counts_once_and_one_that_is_signed_otherwise_never() {
    let studio = Studio::open("").await;
    let body = task("1", "Completed", "Done", 0);
    studio.settled(&body).await;
    for _ in 0..3 {
        assert_eq!(studio.deliver(&body).await, 200);
    }
    assert_eq!(
        studio
            .deliver_signed(&task("2", "Started", "Shooting", 1), &sign("other", b""))
            .await,
        401
    );
    let rows = studio.rows();
    assert_eq!((rows.len(), rows[0].seen_again), (1, 3));
    assert_eq!(changes(&rows[0]).len(), 3, "{rows:#?}");
    studio.engine.stop().await;
}

#[tokio::test]
async fn a_filter_of_the_hook_keeps_rules_from_what_it_leaves_out() {
    let studio = Studio::open("workspaces = [\"South\"]").await;
    let row = studio.settled(&task("1", "Completed", "Done", 0)).await;
    assert_eq!((row.outcome, changes(&row).len()), (Outcome::Nothing, 0));
    assert!(row.why.unwrap().contains("North"));
    studio.engine.stop().await;
}

#[tokio::test]
async fn mail_addresses_are_masked_where_a_payload_is_shown_and_kept_in_the_delivery() {
    let studio = Studio::open("").await;
    let session = json!({
        "Action": "AddedToSession", "EventGroupName": "session", "PayloadId": "1", "SessionId": "s-1", "SessionName": "Monday",
        "PlannedTeam": "{\"Photographer\":\"hanh+dev@studio.example\"}", "ClientId": "c-1",
    });
    let row = studio.settled(&session).await;
    let detail: EventDetail = studio.ask(Ask::Event { seq: row.seq }).await;
    assert!(
        detail.payload.contains("…@studio.example") && !detail.payload.contains("hanh"),
        "{}",
        detail.payload
    );
    let (_, kept, _) = studio.reader.delivery_of(row.seq).unwrap().unwrap();
    assert_eq!(kept, session.to_string().into_bytes());
    assert_eq!(
        detail.delivery.unwrap().verdict,
        "Signature good, made with the secret as it is written"
    );
    studio.engine.stop().await;
}

#[tokio::test]
async fn an_address_that_creative_force_would_refuse_says_so_before_it_is_copied() {
    let studio = Studio::open("").await;
    let view: HooksView = studio.ask(Ask::Hooks).await;
    assert!(view.hooks[0].address_trouble.as_ref().unwrap().contains("https://"));
    let set = |address: &str| Ask::SetPublicAddress {
        address: Some(address.into()),
    };
    let view: HooksView = studio.ask(set("https://relay.internal")).await;
    assert!(view.hooks[0].address_trouble.as_ref().unwrap().contains(".internal"));
    let view: HooksView = studio.ask(set("https://callboard.studio.example")).await;
    assert_eq!(view.hooks[0].address_trouble, None);
    studio.engine.stop().await;
}

#[tokio::test]
async fn statuses_are_those_that_were_heard_and_others_are_not_refused() {
    let studio = Studio::open("").await;
    studio.settled(&of_unit("1", "New", 0)).await;
    let row = studio.settled(&of_unit("2", "In Post", 1)).await;
    assert_eq!(changes(&row)[0].to.as_ref().unwrap().as_str(), "In Progress");
    assert_eq!(changes(&row)[0].skip, Some(Skip::NotAllowed));
    let statuses = studio.reader.statuses().unwrap();
    let heard: Vec<_> = statuses["WorkUnit"].iter().map(|status| status.code.as_str()).collect();
    assert_eq!(heard, ["New", "In Post"]);
    assert_eq!(row.entity.unwrap().key.id, EntityId::Text("w-1".into()));
    studio.engine.stop().await;
}

#[tokio::test]
async fn a_secret_that_another_hook_has_is_refused_and_a_weak_one_is_said_to_be() {
    let studio = Studio::open("").await;
    let put = |name: &str, secret: &str| {
        let hook = json!({"name": name, "site": "studio", "secret": secret});
        serde_json::from_value::<Ask>(json!({"ask": "put_hook", "hook": hook})).unwrap()
    };
    let refused = studio.engine.ask(put("other", SECRET)).await.unwrap_err().message;
    assert!(
        refused.contains("Hook cf has this secret already") && !refused.contains(SECRET),
        "{refused}"
    );
    let weaknesses = |view: &Value| -> Vec<String> {
        let hooks = view["hooks"]["hooks"].as_array().unwrap();
        let other = hooks.iter().find(|hook| hook["health"]["name"] == "other").unwrap();
        serde_json::from_value(other["weaknesses"].clone()).unwrap_or_default()
    };
    let short: Value = studio.ask(put("other", "eleven-byte")).await;
    assert!(
        weaknesses(&short).len() == 1 && weaknesses(&short)[0].contains("16 bytes"),
        "{short}"
    );
    let long: Value = studio.ask(put("other", "a secret of its own")).await;
    assert!(weaknesses(&long).is_empty(), "{long}");
    let same: Value = studio.ask(put("cf", SECRET)).await;
    assert_eq!(
        same["secret"],
        Value::Null,
        "a hook may be given the secret that it has"
    );
    studio.engine.stop().await;
}

#[tokio::test]
async fn a_test_says_whether_it_was_taken() {
    let ears = Ears::open().await;
    let studio = Studio::open(&outgoing(&ears.url, "[]")).await;
    let test = || Ask::TestOutgoing { name: "tools".into() };
    let said: OutgoingTest = studio.ask(test()).await;
    assert_eq!((said.delivered, said.status), (true, Some(204)));
    ears.answer(Some(crate::ears::Answer::status(500)));
    let said: OutgoingTest = studio.ask(test()).await;
    assert!(!said.delivered && said.trouble.unwrap().contains("500"));
    let heard = ears.heard();
    assert!(
        heard
            .iter()
            .all(|one| is_signed(one, OUTGOING) && one.body["type"] == "callboard.test")
    );
    studio.engine.stop().await;
}
