//! Sites and hooks set up from inside the program, against a practice site.

use std::collections::BTreeMap;
use std::time::Duration;

use callboard_engine::api::{
    Ask, DoctorCode, DoctorFinding, DoctorLevel, Examined, HookTest, HooksView, KeyText, NewHook, SiteIn,
};
use callboard_engine::{KeepIn, Safe, Secret, Settings};
use callboard_journal::{FeedRow, Outcome};
use callboard_model::{EntityType, HookName, Lifecycle, Operation, SiteName, Subscription};
use callboard_practice::{BadDay, Practice, PracticeArgs};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::fresh::{Fresh, found};
use crate::stage::{all_confirmed, http};

const SHOT: i64 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn from_url_and_key_to_a_cascade_without_leaving_the_program() {
    let fresh = Fresh::open().await;
    let examined: Examined = fresh.ask(Ask::Examine { site: fresh.entered() }).await.unwrap();
    assert!(examined.ready, "{examined:#?}");
    fresh.put(fresh.entered()).await.unwrap();
    let address = fresh.engine.receiver_url().to_owned();
    let reach: Vec<DoctorFinding> = fresh
        .ask(Ask::CheckReach {
            address: address.clone(),
        })
        .await
        .unwrap();
    assert!(reach.iter().all(|f| f.level != DoctorLevel::Problem), "{reach:#?}");
    assert!(reach.last().unwrap().title.contains("this Callboard"), "{reach:#?}");
    let address = Some(address);
    fresh.ask::<Value>(Ask::SetPublicAddress { address }).await.unwrap();
    let view = fresh.create("status").await;
    assert_eq!(view.hooks.len(), 1);
    let webhook = view.hooks[0].webhook.as_ref().expect("the site has it");
    assert!(webhook.is_signed && view.hooks[0].is_signed);

    let test = fresh.test("status").await;
    assert!(test.arrived && test.took_ms.is_some(), "{test:#?}");
    assert!(test.steps.iter().all(|s| s.level == DoctorLevel::Good), "{test:#?}");
    let is_ping =
        |r: &FeedRow| r.operation == Operation::Test && r.hook.as_ref().is_some_and(|h| h.as_str() == "status");
    assert!(fresh.rows().iter().any(is_ping));

    let is_comp = |t: &Value| t["entity"]["id"] == SHOT && t["step"]["name"] == "Composite";
    let task = fresh.site.entities("Task").into_iter().find(is_comp).unwrap();
    let task = task["id"].as_i64().unwrap();
    fresh.site.set_status_as_person("Task", task, "hld");
    let settled = |f: &Fresh| {
        f.rows()
            .iter()
            .any(|r| r.new == Some("hld".into()) && r.outcome == Outcome::Changed && all_confirmed(r))
    };
    fresh.until("the cascade is confirmed", settled).await;
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misspelt_field_is_refused_before_anything_is_made() {
    let fresh = Fresh::connected().await;
    let settings = fresh.settings_text();
    let life = Lifecycle {
        update: Some(vec!["sg_status_lst".into()]),
        ..Lifecycle::default()
    };
    let subscription = Subscription::Entities(BTreeMap::from([(EntityType::from("Task"), life)]));
    let hook = NewHook {
        subscription: subscription.clone(),
        ..fresh.suggested("status").await
    };
    let site = hook.site.clone();
    let said: Vec<DoctorFinding> = fresh.ask(Ask::CheckSubscription { site, subscription }).await.unwrap();
    assert!(said[0].remedy.as_ref().unwrap().contains("sg_status_list"), "{said:#?}");
    let refused = fresh.ask::<Value>(Ask::CreateHook { hook }).await.unwrap_err();
    assert!(refused.message.contains("sg_status_list"), "{}", refused.message);
    assert!(fresh.webhooks().await.is_empty());
    assert_eq!(fresh.settings_text(), settings);
    let good = fresh.suggested("status").await;
    let asked = Ask::CheckSubscription {
        site: good.site.clone(),
        subscription: good.subscription,
    };
    let said: Vec<DoctorFinding> = fresh.ask(asked).await.unwrap();
    assert!(said.iter().all(|f| f.level == DoctorLevel::Good), "{said:#?}");
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_site_refuses_leaves_nothing_behind() {
    let fresh = Fresh::connected().await;
    let settings = fresh.settings_text();
    let secrets = std::fs::read_to_string(fresh.data.path().join("secrets.json")).unwrap();
    let hook = fresh.suggested("status").await;
    fresh.site.set_down(true);
    fresh.ask::<Value>(Ask::CreateHook { hook }).await.unwrap_err();
    fresh.site.set_down(false);
    assert_eq!(fresh.settings_text(), settings);
    assert_eq!(
        std::fs::read_to_string(fresh.data.path().join("secrets.json")).unwrap(),
        secrets
    );
    let view: HooksView = fresh.ask(Ask::Hooks).await.unwrap();
    assert!(view.hooks.is_empty() && fresh.webhooks().await.is_empty());
    let door = format!("{}/hooks/status", fresh.engine.receiver_url());
    assert_eq!(http().post(door).json(&Value::Null).send().await.unwrap().status(), 404);
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_written_change_nothing_on_the_site() {
    let fresh = Fresh::connected().await;
    let hook = fresh.suggested("status").await;
    let file = fresh.data.path().join(Settings::FILE);
    let mut permissions = std::fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&file, permissions).unwrap();
    let refused = fresh.ask::<Value>(Ask::CreateHook { hook }).await.unwrap_err();
    assert!(refused.message.contains("read-only"), "{}", refused.message);
    assert!(fresh.webhooks().await.is_empty());
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_is_changed_and_its_secret_with_it_and_deleted_on_both_sides() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    let before = fresh.webhooks().await;
    let mut hook = fresh.suggested("status").await;
    hook.batched = true;
    for _ in 0..2 {
        let ask = Ask::ChangeHook {
            hook: hook.clone(),
            new_secret: true,
        };
        let view: HooksView = fresh.ask(ask).await.unwrap();
        assert!(view.hooks[0].webhook.as_ref().unwrap().draft.batched);
        let test = fresh.test("status").await;
        assert!(test.arrived, "{test:#?}");
    }
    let after = fresh.webhooks().await;
    assert_eq!((before[0]["id"].clone(), after.len()), (after[0]["id"].clone(), 1));
    let name = HookName::new("status").unwrap();
    let view: HooksView = fresh.ask(Ask::DeleteHook { hook: name.clone() }).await.unwrap();
    assert!(view.hooks.is_empty() && fresh.webhooks().await.is_empty());
    assert!(!fresh.settings_text().contains("[[hook]]"));
    fresh.ask::<Value>(Ask::DeleteHook { hook: name }).await.unwrap_err();
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_the_site_no_longer_has_is_deleted_here() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    let name = HookName::new("status").unwrap();
    let there = format!("/hooks/{}", fresh.site.hook_id(0));
    fresh.by_hand(Method::DELETE, &there, &Value::Null).await;
    let test = fresh.test("status").await;
    assert!(!test.arrived);
    assert!(test.steps.last().unwrap().title.contains("no webhook"), "{test:#?}");
    let view: HooksView = fresh.ask(Ask::DeleteHook { hook: name }).await.unwrap();
    assert!(view.hooks.is_empty());
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_hook_is_switched_on_and_proven() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    fresh.site.set_hook_status(0, "failed");
    let test = fresh.test("status").await;
    assert!(!test.arrived);
    assert_eq!(found(&test.steps, DoctorCode::HookState).level, DoctorLevel::Problem);
    let hook = HookName::new("status").unwrap();
    let on = |on| Ask::SwitchHook { hook: hook.clone(), on };
    fresh.ask::<Value>(on(true)).await.unwrap();
    assert_eq!(fresh.site.hook_status(0), "active");
    fresh.ask::<Value>(on(false)).await.unwrap();
    assert_eq!(fresh.site.hook_status(0), "disabled");
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_does_not_arrive_names_what_was_seen() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    let last = |test: HookTest| test.steps.last().unwrap().clone();

    // Somebody has changed the secret on the site's own page.
    let there = format!("/hooks/{}", fresh.site.hook_id(0));
    fresh.by_hand(Method::PUT, &there, &json!({"token": "another"})).await;
    let said = last(fresh.test("status").await);
    assert!(said.remedy.as_ref().unwrap().contains("another secret"), "{said:#?}");

    fresh.site.retarget_hook(0, "http://127.0.0.1:9/hooks/status");
    let test = fresh.test("status").await;
    let wrong = found(&test.steps, DoctorCode::Reach);
    assert!(
        wrong.title.contains("127.0.0.1:9") && wrong.level == DoctorLevel::Problem,
        "{test:#?}"
    );
    let said = last(test);
    assert!(
        said.title
            .contains("Nobody answers the site at http://127.0.0.1:9/hooks/status"),
        "{said:#?}"
    );
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_dies_in_the_tunnel_is_told_by_the_sites_record() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    fresh.site.begin(BadDay::DeadTunnel);
    let test = fresh.test("status").await;
    let said = test.steps.last().unwrap();
    assert!(
        !test.arrived && said.title.contains("proxy or tunnel") && said.title.contains("it answered 502"),
        "{test:#?}"
    );
    assert!(
        said.level == DoctorLevel::Problem && said.why.contains("own record"),
        "{said:#?}"
    );
    // The practice site's tunnel is in nobody's way but its own.
    let open = |step: &DoctorFinding| step.title.contains("this Callboard that answers");
    assert!(test.steps.iter().any(open), "{test:#?}");
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_to_where_nobody_listens_is_told_by_our_own_knock() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    fresh.moved_to("http://127.0.0.1:9").await;
    let test = fresh.test("status").await;
    let said = test.steps.last().unwrap();
    assert!(
        !test.arrived && said.title.starts_with("Nobody answers at 127.0.0.1"),
        "{test:#?}"
    );
    assert!(said.remedy.as_ref().unwrap().contains("Start the tunnel"), "{said:#?}");
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_another_program_takes_is_told_so() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", other.local_addr().unwrap());
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    fresh.moved_to(&address).await;
    let answering = async {
        let anything = axum::Router::new().fallback(|| async { "fine" });
        axum::serve(other, anything).await.unwrap();
    };
    let test = tokio::select! {
        test = fresh.test("status") => test,
        () = answering => unreachable!("it goes on until the test ends"),
    };
    let said = test.steps.last().unwrap();
    assert!(
        !test.arrived && said.title.contains("Something else answers") && said.title.contains("it answered 200"),
        "{test:#?}"
    );
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_the_site_holds_back_is_told_from_one_that_was_lost() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    fresh.site.hold_deliveries(true);
    let test = fresh.test("status").await;
    let said = test.steps.last().unwrap();
    assert!(!test.arrived && said.title.contains("not through yet"), "{test:#?}");
    fresh.site.hold_deliveries(false);
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_under_a_wrong_name_is_told_with_the_name() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    fresh.site.retarget_hook(0, "http://127.0.0.1:9/hooks/status");
    // What a proxy would pass on that gives the machine another name.
    let door = format!("{}/hooks/status", fresh.engine.receiver_url());
    let by_proxy = async {
        let wrong = || {
            http()
                .post(&door)
                .header("host", "render01.studio.lan")
                .json(&Value::Null)
        };
        loop {
            assert_eq!(wrong().send().await.unwrap().status(), 421);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let test = tokio::select! {
        test = fresh.test("status") => test,
        () = by_proxy => unreachable!("it goes on until the test ends"),
    };
    let said = test.steps.last().unwrap();
    assert!(!test.arrived && said.title.contains("render01.studio.lan"), "{said:#?}");
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_leads_elsewhere_is_told_from_one_that_leads_here() {
    let fresh = Fresh::open().await;
    let reach = async |address: String| fresh.ask::<Vec<DoctorFinding>>(Ask::CheckReach { address }).await;
    // A site is no receiver of ours.
    let other = reach(fresh.practice.url()).await.unwrap();
    let last = other.last().unwrap();
    assert!(
        last.level == DoctorLevel::Problem && last.title.contains("nothing arrived here"),
        "{last:#?}"
    );
    let nobody = reach("http://127.0.0.1:9".into()).await.unwrap();
    assert!(nobody.last().unwrap().title.contains("Nobody answers"), "{nobody:#?}");
    let unknown = reach("https://callboard.invalid".into()).await.unwrap();
    assert!(unknown.last().unwrap().title.contains("is not known"), "{unknown:#?}");
    reach("callboard".into()).await.unwrap_err();
    // The receiver says no more for being asked.
    let healthz = format!("{}/healthz?knock=x", fresh.engine.receiver_url());
    assert_eq!(
        http().get(healthz).send().await.unwrap().text().await.unwrap(),
        r#"{"ok":true}"#
    );
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_up_is_there_after_a_restart() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    let fresh = fresh.restart().await;
    let sites: Vec<SiteIn> = fresh.ask(Ask::Sites).await.unwrap();
    assert_eq!(sites[0].write, "act");
    assert!(sites[0].script_key.is_none() && sites[0].key_kept.as_ref().unwrap().contains("encrypted file"));
    // The port is another one, as after a move to another machine: saving the hook takes the webhook along.
    let address = Some(fresh.engine.receiver_url().to_owned());
    fresh.ask::<Value>(Ask::SetPublicAddress { address }).await.unwrap();
    let hook = fresh.suggested("status").await;
    let ask = Ask::ChangeHook {
        hook,
        new_secret: false,
    };
    fresh.ask::<Value>(ask).await.unwrap();
    let test = fresh.test("status").await;
    assert!(test.arrived, "{test:#?}");
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_takes_a_new_key_while_events_are_in_hand_and_none_is_worked_on_twice() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    let tasks: Vec<i64> = fresh
        .site
        .entities("Task")
        .iter()
        .filter_map(|t| t["id"].as_i64())
        .take(60)
        .collect();
    for (number, task) in tasks.iter().enumerate() {
        fresh.site.set_status_as_person("Task", *task, "hld");
        if number % 15 == 7 {
            let mut site = fresh.entered();
            site.poll_seconds = 5 + u32::try_from(number).unwrap();
            fresh.put(site).await.unwrap();
        }
    }
    let all_done = |f: &Fresh| {
        let rows = f.rows();
        let by_us = rows
            .iter()
            .filter(|r| r.new == Some("hld".into()) && r.operation == Operation::Update);
        let people = by_us.filter(|r| {
            tasks
                .iter()
                .any(|t| r.entity.as_ref().is_some_and(|e| e.key.id.as_number() == Some(*t)))
        });
        people.clone().count() >= tasks.len() && people.into_iter().all(|r| r.outcome != Outcome::Waiting)
    };
    fresh.until("every event is decided", all_done).await;
    let mut writes: Vec<_> = fresh
        .site
        .writes()
        .into_iter()
        .filter(|w| w.user_type == "ApiUser")
        .map(|w| (w.kind, w.id, w.value.to_string()))
        .collect();
    let all = writes.len();
    writes.sort();
    writes.dedup();
    assert_eq!(writes.len(), all, "something was written twice");
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_to_no_other_address_and_a_site_goes_with_its_hooks() {
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    let other = Practice::start(PracticeArgs::default()).await.unwrap();
    let moved = SiteIn {
        url: other.url(),
        script_key: None,
        ..fresh.entered()
    };
    let refused = fresh.put(moved.clone()).await.unwrap_err();
    assert!(
        refused.message.contains("enter the script's key again"),
        "{}",
        refused.message
    );
    fresh.ask::<Value>(Ask::Examine { site: moved }).await.unwrap_err();
    assert_eq!(other.control().requests(), 0);
    let site = SiteName::new("practice").unwrap();
    let overview: Value = fresh.ask(Ask::RemoveSite { site }).await.unwrap();
    assert_eq!((&overview["sites"], &overview["hooks"]), (&json!([]), &json!([])));
    assert!(Settings::parse(&fresh.settings_text()).unwrap().hooks.is_empty());
    other.stop().await;
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_examination_says_what_is_wrong_and_stops_where_nothing_more_can_be_known() {
    let fresh = Fresh::open().await;
    let examine = |site: SiteIn| fresh.ask::<Examined>(Ask::Examine { site });
    let wrong_key = SiteIn {
        script_key: Some(KeyText::from("wrong")),
        ..fresh.entered()
    };
    let examined = examine(wrong_key).await.unwrap();
    assert!(!examined.ready);
    assert_eq!(found(&examined.findings, DoctorCode::Address).level, DoctorLevel::Good);
    assert_eq!(found(&examined.findings, DoctorCode::Key).level, DoctorLevel::Problem);
    assert_eq!(
        found(&examined.findings, DoctorCode::Writing).level,
        DoctorLevel::Unknown
    );
    let nobody = SiteIn {
        url: "http://127.0.0.1:9".into(),
        ..fresh.entered()
    };
    let examined = examine(nobody).await.unwrap();
    assert_eq!(
        found(&examined.findings, DoctorCode::Address).level,
        DoctorLevel::Problem
    );
    assert_eq!(found(&examined.findings, DoctorCode::Key).level, DoctorLevel::Unknown);
    // Our own receiver answers, and is no site.
    let no_site = SiteIn {
        url: fresh.engine.receiver_url().to_owned(),
        ..fresh.entered()
    };
    let examined = examine(no_site).await.unwrap();
    assert!(
        found(&examined.findings, DoctorCode::Address)
            .title
            .contains("no ShotGrid site"),
        "{examined:#?}"
    );
    fresh.site.forbid_writes("Task", "sg_status_list");
    let examined = examine(fresh.entered()).await.unwrap();
    let writing = found(&examined.findings, DoctorCode::Writing);
    assert!(
        writing.level == DoctorLevel::Problem && writing.title.contains("Tasks"),
        "{writing:#?}"
    );
    assert_eq!(
        found(&examined.findings, DoctorCode::OwnEntries).level,
        DoctorLevel::Advice
    );
    assert!(fresh.site.writes().is_empty(), "an examination writes nothing");
    fresh.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_nowhere_to_be_read() {
    const KEY: &str = "practice-key-that-nobody-may-see";
    let fresh = Fresh::connected().await;
    fresh.create("status").await;
    let wrong = SiteIn {
        script_key: Some(KeyText::from(KEY)),
        ..fresh.entered()
    };
    let mut told = format!("{wrong:?}");
    let examined: Examined = fresh.ask(Ask::Examine { site: wrong.clone() }).await.unwrap();
    told.push_str(&serde_json::to_string(&examined).unwrap());
    told.push_str(&fresh.put(wrong).await.unwrap().to_string());
    for ask in [Ask::Sites, Ask::Hooks, Ask::Overview] {
        told.push_str(&fresh.ask::<Value>(ask).await.unwrap().to_string());
    }
    assert!(!told.contains(KEY));
    let safe = Safe::new(fresh.data.path(), KeepIn::File);
    let token = Secret::File {
        file: "hook:status".into(),
    };
    let token = token.reveal(&safe).unwrap();
    assert_eq!(token.len(), 64);
    assert!(!told.contains(&token));
    let data = fresh.close().await;
    let mut files = 0;
    for entry in std::fs::read_dir(data.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for secret in [KEY.as_bytes(), token.as_bytes()] {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!is_there, "a secret stands in {}", path.display());
        }
        files += 1;
    }
    assert!(files >= 4, "the journal, the settings, the secrets and their key");
}
